"""The laws of a budget under trio: it is used for trials, whatever takes long, and how far it is used is told."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial

import pytest

from blocks.chip import load_chip
from runtime.faults import budgeted
from runtime.faults.plan import Plan, Points
from runtime.faults.play import Play
from runtime.faults.ran import Ran
from runtime.faults.tally import Tally
from runtime.faults.trial import COMES_BACK, Workload
from transports.faulty.kinds import Kind

DRAWN = 12
GOLDEN_S, TRIAL_S = 5.0, 0.25  # CPU time of a run without a fault, and of one with some


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """CPU time that runs alone take."""
    now = [0.0]
    run = Play.run

    async def ran(self: Play) -> Ran:
        now[0] += TRIAL_S if self.trial.shots else GOLDEN_S
        return await run(self)

    monkeypatch.setattr(Play, "run", ran)
    monkeypatch.setattr(time, "process_time", lambda: now[0])
    return now


def plan(budget_s: float, workload: Workload = Workload.RECOVERY) -> Plan:
    """Return schedules of one fault in recoveries of a block, or in another workload."""
    kinds = (Kind.ERROR, Kind.LATE)
    points = Points.parse(f"seeded:{DRAWN}", "pll[2]")
    mini = partial(load_chip, "mini")
    return Plan(mini, "mini", workload, trio=True, kinds=kinds, points=points, budget_s=budget_s)


def in_one_piece(asked: Plan) -> Tally:
    return budgeted.run(asked, None)[1]


def drawn(tally: Tally) -> int:
    """Return how many trials were drawn at random; others are blocks that lose their state again and again."""
    return tally.trials - tally.there[COMES_BACK]


def test_a_budget_that_all_trials_fit_in_leaves_none(clock: list[float]) -> None:
    """Though the run without a fault takes a fifth of the budget before any trial, all trials run; and each hundredth
    that is done is told once, in order, to the last."""
    told: list[tuple[int, int, int]] = []

    def watch(tally: Tally, done: int, steps: int) -> None:
        told.append((tally.trials, done, steps))

    _, tally = budgeted.run(plan(5 * GOLDEN_S), watch)

    assert clock[0] < 5 * GOLDEN_S
    assert (drawn(tally), tally.left) == (DRAWN, 0)
    assert told[-1] == (tally.trials, 100, 100)
    assert told == sorted(set(told))
    assert len(told) > DRAWN // 2


def test_a_budget_that_is_used_leaves_the_rest(clock: list[float]) -> None:
    """No trial begins when the budget is used, and all that were not run are counted as left."""
    _, tally = budgeted.run(plan(2 * GOLDEN_S + DRAWN * TRIAL_S / 2), None)

    assert clock[0] < 3 * GOLDEN_S + DRAWN * TRIAL_S / 2 + 2 * TRIAL_S  # one before it begins; the last may run twice
    assert 0 < drawn(tally) < DRAWN
    assert drawn(tally) + tally.left == DRAWN


@pytest.mark.parametrize("run", [in_one_piece, budgeted.run_shard])
@pytest.mark.parametrize("workload", list(Workload))
def test_the_run_without_a_fault_is_of_the_budget(
    workload: Workload, run: Callable[[Plan], Tally], clock: list[float]
) -> None:
    """In each workload, in one piece and in a shard, no trial begins once the runs without a fault and the trials have
    taken the budget together; so much CPU time is told."""
    tally = run(plan(GOLDEN_S, workload))

    assert clock[0] == tally.cpu_s >= GOLDEN_S
    assert (tally.trials, tally.left) == (0, DRAWN + tally.there[COMES_BACK])
