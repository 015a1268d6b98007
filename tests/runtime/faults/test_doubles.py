"""The laws of resets of resets: a class of like states answers for all of them, or the campaign says that it fails."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from operator import eq

import pytest
from attrs import evolve

from blocks.chip import Chip, load_chip
from blocks.port import Port
from runtime.faults.campaign import run, run_shard
from runtime.faults.doubles import UNTRIED, NotAlike
from runtime.faults.plan import Mode, Plan, Points
from runtime.faults.scene import Scene
from runtime.faults.tally import Tally
from runtime.faults.trial import Trial, Workload
from tests.runtime.faults.planted import PLL, Concealed, Marked, planted
from transports.faulty.kinds import Kind, Shot

PLLS = ("refpll", "pll[0]", "pll[1]", "pll[2]", "pll[3]")
TRIES = 3  # of an act, before its climb has failed


class Somewhere(Marked):
    """The mark that two resets leave, in a driver that all PLLs share: one of them alone is wrong."""

    wrong: Callable[[str], bool]

    async def _detect(self, port: Port) -> None:
        mark = (await port.run(self.regs.LOCKDET.read())).cycles
        if mark == self.again and not self.wrong(self.name):
            await port.run(self.regs.LOCKDET.write(cycles=self.begun))
        await super()._detect(port)


def chip(wrong: Callable[[str], bool]) -> Chip:
    """Return mini, whose PLLs are all driven alike."""
    mini = load_chip("mini")
    kind = type("Somewhere", (Somewhere,), {"wrong": staticmethod(wrong)})
    theirs = {name: mini.instances[name] for name in PLLS}
    changed = {
        name: evolve(one, block=kind(name, one.block.regs, one.block.config), like=None) for name, one in theirs.items()
    }
    return evolve(mini, instances={**mini.instances, **changed})


def doubles(wrong: Callable[[str], bool], only: str = "*pll*") -> dict[str, int]:
    """Return the points that failed, by block."""
    tally = run(Plan(partial(chip, wrong), "mini", points=Points(Mode.DOUBLE, only=only), agree=0)).tally
    found: dict[str, int] = {}
    for failed in tally.failed:
        found[failed.block] = found.get(failed.block, 0) + failed.points
    assert sum(found.values()) == tally.failures
    return found


def test_no_class_answers_for_a_block_that_does_otherwise() -> None:
    """A bug of one block, among those that recover by the same accesses, is found there and nowhere else, whichever it
    is, and at as many points."""
    found = {name: doubles(partial(eq, name)) for name in PLLS}

    points = found["refpll"]["refpll"]
    assert points > 0
    assert found == {name: {name: points} for name in PLLS}
    assert doubles(lambda _: False) == {}


def test_states_that_are_not_alike_end_the_campaign(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a state does not come to what another of its class and part came to, nothing is proved: that is said."""
    monkeypatch.setattr("runtime.faults.doubles.SECOND", 1.0)
    asked: list[str] = []

    def at_first(block: str) -> bool:
        asked.append(block)
        return len(asked) <= TRIES

    with pytest.raises(NotAlike, match="recovers alike"):
        doubles(at_first, only="pll[1]")


def test_what_a_recovery_does_not_look_at_makes_another_class() -> None:
    """A second reset is tried at all that the first may have left, though the recovery between them does not look at
    it: as many pairs fail as there are where each of them is tried with the whole chip."""
    scene = Scene(load := planted(Concealed))
    limit = scene.chip.instances[PLL].block.regs.LOCK_LIMIT.address
    marked = next(n for n, one in enumerate(scene.golden.accesses, 1) if one.write and one.address == limit)
    firsts = [state for state in scene.golden.states if state.first.number == marked]

    def fails(*shots: Shot) -> bool:
        return bool(scene.trial(Trial(Workload.BRINGUP, 0, shots), strict=False).verdict.broken)

    pairs = 0
    for state in firsts:
        first = Shot(Kind.RESET, state.first.number, state.first.after)
        made = sum(one.block == PLL for one in scene.trial(Trial(Workload.BRINGUP, 0, (first,))).after)
        seconds = [Shot(Kind.RESET, n, after, PLL) for n in range(1, made + 1) for after in (False, True)]
        pairs += state.points * sum(fails(first, second) for second in seconds)

    assert run(Plan(load, "mini", points=Points(only=PLL), agree=0)).tally.failures == 0
    assert run(Plan(load, "mini", points=Points(Mode.DOUBLE, only=PLL), agree=0)).tally.failures == pairs > 0


def test_what_is_not_decided_is_the_same_in_shards(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of pairs that are in doubt in their parts the whole chip is asked until so many of a class have failed there: as
    one piece and in any number of shards the same pairs fail, in the same words, and no more trials are run."""
    monkeypatch.setattr("runtime.faults.doubles.FAILED_MAX", 2)
    plan = Plan(partial(chip, lambda _: True), "mini", points=Points(Mode.DOUBLE, only="*pll*"), agree=0)
    one, together = run(plan).tally, Tally()
    for shard in plan.shards(5):
        together.add(run_shard(shard))

    untried = [failed for failed in one.failed if failed.broken.startswith(UNTRIED)]
    assert 0 < len(untried) < len(one.failed)
    assert one.whole == one.doubted - len(untried)
    assert together.failed == one.failed
    assert (together.failures, together.doubted, together.whole) == (one.failures, one.doubted, one.whole)


def test_pairs_of_resets_struck() -> None:
    """A campaign of pairs says that resets struck nothing only where it has no point."""
    report = run(Plan(partial(load_chip, "mini"), "mini", points=Points(Mode.DOUBLE, only="refpll")))
    assert report.tally.points
    assert report.silent == report.to_data()["struck_nothing"] == []
    assert evolve(report, tally=Tally()).silent == ["reset"]
