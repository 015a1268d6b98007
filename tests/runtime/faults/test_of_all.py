"""The laws of faults that strike the whole device: which accesses they strike, by the points that are asked for."""

from __future__ import annotations

from typing import Never

import pytest
from attrs import evolve

from runtime.cli.main import main
from runtime.faults import campaign
from runtime.faults.campaign import run_shard
from runtime.faults.plan import Mode, Plan, Points
from runtime.faults.tally import Tally
from runtime.faults.trial import CampaignError
from tests.runtime.faults.test_link_down import alone
from transports.faulty.kinds import Kind

PLAN = Plan(alone, "mini", kinds=(Kind.DEVICE, Kind.DOWN), points=Points(Mode.EXHAUSTIVE), agree=0)


def test_exhaustive_strikes_every_access(monkeypatch: pytest.MonkeyPatch) -> None:
    """A reset of the device strikes before and after each access and a link goes down at each, in shards together; of
    `nth` they are a sample. Of both so many are told to be there."""
    monkeypatch.setattr(campaign, "OF_ALL_MAX", 8)
    every = Tally()
    for shard in PLAN.shards(2):
        every.add(run_shard(shard))
    some = run_shard(evolve(PLAN, points=Points(Mode.NTH)))

    there = {Kind.DEVICE: 2 * some.accesses, Kind.DOWN: some.accesses}
    assert every.there == some.there == there
    assert every.sampled == {kind: (number, number) for kind, number in there.items()}
    assert all(0 < tried <= 8 for tried, _ in some.sampled.values())


@pytest.mark.parametrize(("kinds", "more", "mode"), [
    ("reset", [], Mode.EXHAUSTIVE), ("error,late", [], Mode.EXHAUSTIVE), ("all", [], Mode.NTH),
    ("link-down", [], Mode.NTH), ("device-reset", ["--points", "exhaustive"], Mode.EXHAUSTIVE),
])  # fmt: skip
def test_who_says_no_points_has_a_sample_of_them(
    kinds: str, more: list[str], mode: Mode, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each takes the whole chip, so all of them are struck where that was said, and not else."""
    plans: list[Plan] = []

    def ran(plan: Plan, _: object) -> Never:
        plans.append(plan)
        raise CampaignError("that is all")

    monkeypatch.setattr("runtime.cli.faults._ran", ran)

    assert main(["faults", "mini", "--faults", kinds, *more]) == 2
    assert [plan.points.mode for plan in plans] == [mode]
