"""The law that campaigns are for: a bug that a person could write is found, and drawing points at random misses it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import pytest

from blocks.chip import Chip
from runtime.faults.campaign import run, run_shard
from runtime.faults.golden import Access
from runtime.faults.plan import Mode, Plan, Points
from runtime.faults.scene import Scene
from runtime.faults.tally import Tally
from runtime.faults.trial import Trial, Workload
from tests.runtime.faults import planted
from transports.faulty.kinds import Kind, Shot

# Of each bug: the fault that shows it, and what is said of it. Of a read one bit is drawn: SEED draws the one it takes.
SEED = 0
ENDLESS = "does not come to an end"
ENDLESS_DRAWN = 12
BUGS: dict[Any, tuple[Kind, *tuple[str, ...]]] = {
    planted.Hasty: (Kind.RESET, "its act failed, 3 times"),
    planted.Loose: (Kind.RESET, "INTR_ENABLE ends as 0x0"),
    planted.Eager: (Kind.RESET, "LOCK_LIMIT ends as"),
    planted.Sibling: (Kind.FLIP, "INTR_ENABLE ends as 0x100"),
    planted.Trusting: (Kind.RESET, f"{planted.PLL} was up, and was written", f"finds {planted.PLL} not up"),
    planted.Meddling: (Kind.RESET, f"{planted.SIBLING} was up, and was written"),
    planted.Nervous: (Kind.ERROR, f"{planted.SIBLING} was up, and was written"),
    planted.Sulking: (Kind.ERROR, "had failed after 5000"),
    planted.Sure: (Kind.DROPPED, "did not hold within"),
    planted.Patient: (Kind.DROPPED, ENDLESS),
    planted.Edge: (Kind.RESET, ENDLESS),
    planted.Timed: (Kind.DROPPED, "safety"),
    planted.Deaf: (Kind.ERROR, "BAND ends as"),
    planted.Stale: (Kind.ONES, "BAND ends as", "CTRL.fractional: locked: written while its lock is closed"),
}


def points_of(kind: Kind) -> Points:
    """Return all points of a kind of fault."""
    return Points(Mode.EXHAUSTIVE if kind is Kind.RESET else Mode.NTH)


@cache
def searched(bug: Any) -> Tally:
    """Return what a campaign of all points of mini finds."""
    kind, *_ = BUGS[bug]
    return run(Plan(planted.planted(bug), "mini", seed=SEED, kinds=(kind,), points=points_of(kind), agree=0)).tally


def drawn(load: Callable[[], Chip], name: str, found: Tally, kind: Kind = Kind.RESET, faults: int = 1) -> Tally:
    """Return what is found at points drawn at random, until as many accesses were made to recover.

    A bug that shows by a climb without an end shows soon, or never: few are drawn, for each costs what a hundred do.

    Args:
        found: what a campaign of all points came to.
        faults: of each schedule.
    """
    number = max(1, found.recovered_accesses // found.accesses)
    if any(ENDLESS in failed.broken for failed in found.failed):
        number = min(number, ENDLESS_DRAWN)
    return run_shard(Plan(load, name, seed=SEED, kinds=(kind,), points=Points(Mode.SEEDED, number, faults), agree=0))


def chance(found: Tally, trials: int = 0) -> float:
    """Return how likely a bug is found by trials at points drawn at random, each of which fails with their share.

    Args:
        trials: so many; default: as many as the campaign made, in parts as well.
    """
    return 1 - (1 - found.failures / found.points) ** (trials or found.trials)


@pytest.mark.parametrize("bug", BUGS)
def test_a_planted_bug_is_found(bug: Any) -> None:
    """The campaign fails at some points and not at all, and says of the block that has the bug what is wrong."""
    _, *said = BUGS[bug]

    tally = searched(bug)

    assert 0 < tally.failures < tally.points
    assert all(planted.PLL in f"{failed.block} {failed.broken}" for failed in tally.failed)
    assert all(any(one in failed.broken for one in said) for failed in tally.failed), tally.failed[0].broken


def test_points_drawn_at_random_miss_bugs_at_the_same_cost() -> None:
    """For as many accesses, points drawn at random find the two that show for long, and no other."""
    tallies = {bug: drawn(planted.planted(bug), "mini", searched(bug), BUGS[bug][0]) for bug in BUGS}

    assert all(tally.points for tally in tallies.values())
    assert [bug for bug, tally in tallies.items() if tally.failures] == [planted.Trusting, planted.Edge]


def test_points_drawn_at_random_miss_bugs_in_as_many_trials() -> None:
    """Of as many trials at points drawn at random, run in parts as the campaign's are, no bug is sure to be found: of
    14 they find 8 on the average."""
    chances = {bug: chance(searched(bug)) for bug in BUGS}

    assert len(BUGS) == 14
    assert round(sum(chances.values())) == 8
    assert max(chances.values()) < 0.99


def between(accesses: Sequence[Access], register: int) -> range:
    """Return the points from the write of a mark of the planted block on to its last write there: twice the number."""
    last = [n for n, access in enumerate(accesses) if access.write and access.address == register][-2:]
    return range(2 * last[0] + 1, 2 * last[1] + 1)


def test_a_bug_that_takes_two_resets_is_found_at_its_points() -> None:
    """An act that fails when it was cut off twice is found by resets of resets, at each pair and at no other."""
    load = planted.planted(planted.Marked)
    scene = Scene(load)
    register = scene.chip.instances[planted.PLL].block.regs.LOCKDET.address
    window = between(scene.golden.accesses, register)
    firsts = [
        state
        for state in scene.golden.states
        if state.block == planted.PLL and 2 * (state.first.number - 1) + state.first.after in window
    ]
    recovery = scene.trial(Trial(Workload.BRINGUP, SEED, (Shot(Kind.RESET, firsts[0].first.number, True),))).after
    seconds = between([access for access in recovery if access.block == planted.PLL], register)

    once = run(Plan(load, "mini", points=Points(only=planted.PLL), agree=0)).tally
    twice = run(Plan(load, "mini", points=Points(Mode.DOUBLE), agree=0)).tally

    assert (once.failures, once.differed) == (0, 0)
    assert twice.failures == sum(state.points for state in firsts) * len(seconds) > 0
    for failed in twice.failed:
        assert (failed.block, failed.type) == (planted.PLL, "pll")
        told = scene.trial(Trial.parse(failed.replay))
        assert told.verdict.broken == failed.broken
        assert "rung detecting: did not hold within" in failed.broken
    random = drawn(load, "mini", twice, faults=2)
    assert (random.complete > 0, random.failures) == (True, 0), "as many accesses, at pairs drawn at random"
    assert chance(twice) < 0.6, "as many trials"


def test_a_bug_in_one_block_of_hundreds_is_found_at_its_points() -> None:
    """Of all accesses of a chip's 324 blocks, one channel of 128 that forgets an interrupt when it is cut off between
    two writes fails between these, and nothing else does anywhere."""
    load = planted.one_of_hundreds
    scene = Scene(load)
    regs = scene.chip.instances[planted.CHANNEL].block.regs
    accesses = scene.golden.accesses
    lock = max(n for n, access in enumerate(accesses, 1) if access.write and access.address == regs.LOCK.address)

    tally = run(Plan(load, "atlas", agree=0), jobs=2).tally

    assert tally.there[Kind.RESET] == 2 * len(accesses) <= tally.points
    assert tally.doubted == 1
    assert [failed.replay for failed in tally.failed] == [f"bring-up:0:reset@{lock}+"]
    assert f"{planted.CHANNEL}.INTR_ENABLE ends as 0x0" in tally.failed[0].broken
    assert tally.failures == 2, "after the one write, and before the other"
    assert chance(tally) < 0.25, "as many trials, at points drawn at random"
    assert chance(tally, tally.recovered_accesses // tally.accesses) < 0.01, "as many accesses, of the whole chip"
