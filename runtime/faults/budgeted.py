"""A campaign on the runtime of production, under trio, which may have a budget of CPU time."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import lru_cache
from math import inf
from typing import Any, Literal

from runtime.faults import small
from runtime.faults.live import LiveCampaign
from runtime.faults.plan import Mode, Plan
from runtime.faults.tally import Tally
from runtime.faults.trial import Workload
from transports.faulty.kinds import Kind

SMALL = 0.25  # of the budget, which making failures small may take beside it
ALL = 100  # steps of its progress

Watch = Callable[[Tally, int, int], None]


def run(plan: Plan, watch: Watch | None) -> tuple[float, Tally]:
    """Run a campaign in this process; return what a recovery may take, in seconds, and what came of it.

    The runs without a fault are of the budget.

    Raises:
        CampaignError: the points name no block.
        NotWell: the chip does not come up without a fault.
    """
    tally = _trials(plan, watch)
    return _live(plan).limit_s, tally


def allowed_s(plan: Plan) -> float:
    """Return what a recovery may take, in seconds; what it is found by is kept for the shards."""
    return _live(plan).limit_s


def run_shard(plan: Plan) -> Tally:
    """Run one shard of a campaign; the runs without a fault are kept for the next, and of the budget of this one.

    Raises:
        CampaignError, NotWell: as `run`.
    """
    return _trials(plan)


def make_small(plan: Plan, tally: Tally, watch: small.Watch = small.silent) -> None:
    """Make failing schedules small: see `runtime.faults.small`; with a budget, in a share of that."""
    until_s = time.process_time() + (SMALL * plan.budget_s or inf)
    small.make_small(tally, _live(plan).again, lambda: time.process_time() >= until_s, watch)


def _live(plan: Plan) -> LiveCampaign:
    kinds, url = frozenset(plan.kinds), plan.url or None
    return _campaign(plan.load, plan.workload, plan.seed, kinds, url, plan.down_s)


@lru_cache(maxsize=1)
def _campaign(
    load: Callable[[], Any], workload: Workload, seed: int, kinds: frozenset[Kind], url: str | None, down_s: float
) -> LiveCampaign:
    return LiveCampaign(load, workload, seed, kinds, url, down_s)


def _trials(plan: Plan, watch: Watch | None = None) -> Tally:
    """Run the trials of a plan under trio, and say how far it is, in percent: of them, or of the budget."""
    begun, points, began_s, shown = Tally(), plan.points, time.process_time(), 0
    campaign = _live(plan)
    mode: Literal["nth", "seeded"] = "seeded" if points.mode is Mode.SEEDED else "nth"
    until_s = began_s + plan.budget_s if plan.budget_s else None
    if plan.part[0] == 0:
        begun.add(campaign.escalate(points.only, until_s))

    def step(now: Tally, done: int, steps: int) -> None:
        nonlocal shown
        used = (time.process_time() - began_s) / plan.budget_s if plan.budget_s else 0.0
        if watch is None or (percent := min(ALL - 1, int(ALL * max(used, done / steps)))) <= shown:
            return
        shown = percent
        watch(_sum(begun, now), percent, ALL)

    left_s = None if until_s is None else max(0.0, until_s - time.process_time())
    ran = campaign.tally(mode, points.drawn or None, left_s, plan.part, points.faults, points.only, step)
    tally = _sum(begun, ran)
    tally.cpu_s = time.process_time() - began_s
    if watch is not None:
        watch(tally, ALL, ALL)
    return tally


def _sum(*tallies: Tally) -> Tally:
    whole = Tally()
    for tally in tallies:
        whole.add(tally)
    return whole
