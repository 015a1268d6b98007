"""The law that campaigns are for: a bug that a person could write is found, and drawing points at random misses it."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest

from runtime.faults.campaign import run
from runtime.faults.plan import Mode, Plan, Points
from runtime.faults.scene import Scene
from runtime.faults.tally import Tally
from tests.runtime.faults import planted
from transports.faulty.kinds import Kind

# Of each bug: the fault that shows it, and what is said of it. Of a read one bit is drawn: SEED draws the one it takes.
SEED = 0
BUGS: dict[Any, tuple[Kind, str]] = {
    planted.Hasty: (Kind.RESET, "its act failed, 3 times"),
    planted.Loose: (Kind.RESET, "INTR_ENABLE ends as 0x0"),
    planted.Eager: (Kind.RESET, "LOCK_LIMIT ends as"),
    planted.Sibling: (Kind.FLIP, "INTR_ENABLE ends as 0x100"),
    planted.Trusting: (Kind.RESET, "was up, and was written"),
    planted.Sure: (Kind.DROPPED, "did not hold within"),
    planted.Patient: (Kind.DROPPED, "does not come to an end"),
    planted.Edge: (Kind.RESET, "does not come to an end"),
    planted.Timed: (Kind.DROPPED, "safety"),
    planted.Deaf: (Kind.ERROR, "BAND ends as"),
    planted.Stale: (Kind.ONES, "BAND ends as"),
}


def points_of(kind: Kind) -> Points:
    """Return all points of a kind of fault."""
    return Points(Mode.EXHAUSTIVE if kind is Kind.RESET else Mode.NTH)


@cache
def searched(bug: Any) -> Tally:
    """Return what a campaign of all points of mini finds."""
    kind, _ = BUGS[bug]
    return run(Plan(planted.planted(bug), "mini", seed=SEED, kinds=(kind,), points=points_of(kind))).tally


@cache
def drawn(bug: Any) -> Tally:
    """Return what is found at points drawn at random, until as many accesses were made to recover."""
    kind, _ = BUGS[bug]
    each = len(Scene(planted.planted(bug), SEED).golden.accesses)
    number = max(1, searched(bug).recovered_accesses // each)
    return run(Plan(planted.planted(bug), "mini", seed=SEED, kinds=(kind,), points=Points(Mode.SEEDED, number))).tally


@pytest.mark.parametrize("bug", BUGS)
def test_a_planted_bug_is_found(bug: Any) -> None:
    """The campaign fails at some points and not at all, and says of the block that has the bug what is wrong."""
    _, said = BUGS[bug]

    tally = searched(bug)

    assert 0 < tally.failures < tally.points
    assert all(planted.PLL in f"{failed.block} {failed.broken}" for failed in tally.failed)
    assert all(said in failed.broken for failed in tally.failed), tally.failed[0].broken


def test_points_drawn_at_random_miss_bugs_at_the_same_cost() -> None:
    """For as many accesses, points drawn at random find fewer of the bugs than all points do."""
    found = [bug for bug in BUGS if drawn(bug).failures]

    assert len(found) < len(BUGS)


def test_a_bug_in_one_block_of_hundreds_is_found_at_its_points() -> None:
    """A channel of 128 that forgets an interrupt when it is cut off between two writes fails there, and only there."""
    scene = Scene(planted.one_of_hundreds)
    regs = scene.chip.instances[planted.CHANNEL].block.regs
    accesses = scene.golden.accesses
    lock = max(n for n, access in enumerate(accesses, 1) if access.write and access.address == regs.LOCK.address)

    tally = run(Plan(planted.one_of_hundreds, "atlas", points=Points(only="die[1].channel[2][*]")), jobs=2).tally

    assert tally.doubted == 1
    assert [failed.replay for failed in tally.failed] == [f"bring-up:0:reset@{lock}+"]
    assert f"{planted.CHANNEL}.INTR_ENABLE ends as 0x0" in tally.failed[0].broken
    assert tally.failures == 2, "after the one write, and before the other"
