"""A chip in service comes out of every schedule that is drawn; more seeds by `python -m tests.runtime.hunt`."""

from __future__ import annotations

import pytest

from blocks.chip.supervision import Drift, Level
from blocks.sim.faults import kinds
from blocks.sim.faults.kinds import (
    Answer,
    BitFlip,
    ClusterReset,
    DroppedWrite,
    ErrorResponse,
    InterruptStorm,
    LinkDown,
    LocalReset,
    StuckBit,
    Upset,
)
from runtime.ledger import Ledger
from tests.runtime import schedules
from tests.runtime.hunt import hunt, shrunk
from tests.runtime.schedules import Ask, Kill, Schedule, draw

SEEDS = 48  # of mini, 0.4 s of CPU each; `CHUNK` in a test
CHUNK = 8
ATLAS = (0, 1)  # seeds, some 2 s of CPU each

FOUND = {  # what the hunt once found, made small
    "left as it is, and not at rest where it was told to be": Schedule("mini", (
        (0.0, BitFlip(block="io_crg[0]", register="MONITOR", bit=15)),
        (0.24, Ask("hold", "crg[2]")),
        (1.37, Ask("rest", "pll[0]")),
    )),
    "a drift that had taken the lock along": Schedule("mini", (
        (0.0, BitFlip(block="pll[3]", register="LOCKDET", bit=6)),
    ), {"pll[3]": {"drift": Drift.HOLD}}),
    "a PLL that has left its lock, and may not be reset": Schedule("mini", (
        (0.0, DroppedWrite(block="crg[0]", count=2)),
        (0.01838, BitFlip(block="pll[3]", register="LOCKDET")),
        (0.0193514, LinkDown(for_s=0.0002487)),
    ), {"pll[3]": {"highest": Level.CLIMB}}),
    "users of a clock that cannot be seen": Schedule("mini", (
        (0.0, InterruptStorm(block="pll[3]", count=5, for_s=0.35, every_s=4.3e-05)),
        (0.0, ErrorResponse(block="sys_crg", count=20)),
    )),
    "users of a clock that answers again while the chip is to be reset": Schedule("mini", (
        (0.0, ErrorResponse(block="fabric_crg", for_s=0.04456)),
        (0.001249, LinkDown(for_s=0.0322, answer=Answer.nothing)),
        (0.0022634411123973832, Kill(down_s=0.01969)),
    )),
    "a moment of the chip that rounding leaves no clock to come nearer to": Schedule("mini", (
        (0.0, InterruptStorm(block="crg[3]", for_s=16.34, every_s=0.001)),
        (0.0, LinkDown(for_s=0.03201, answer=Answer.nothing)),
        (0.0, LocalReset(block="refpll")),
        (0.0, Ask("hold", "crg[3]")),
        (0.0, Kill(2.63e-05)),
        (0.0, Kill(0.0004199)),
    )),
    "users of a clock with another identity": Schedule("mini", (
        (0.0, StuckBit(block="sys_crg", register="ID", bit=1, value=1, for_s=0.88)),
        (0.01031, Upset(block="pll[0]", name="lock_lost")),
        (0.01316, Kill(1e-4)),
        (0.018, Ask("rest", "pll[0]")),
    )),
    "a trouble that ended with the link": Schedule("mini", (
        (0.02771, LinkDown(for_s=12.06, answer=Answer.nothing)),
        (1.5093605486936659, Kill(0.0725)),
    )),
    "to rest when the link is lost, and lost again as it returns": Schedule("mini", (
        (0.0, Ask("rest", "pll[0]")),
        (0.0, LinkDown(for_s=0.2, answer=Answer.ones)),
        (0.3105, LinkDown(for_s=0.2, answer=Answer.ones)),
    )),
}  # fmt: skip


def told(schedule: Schedule) -> str:
    """Return what is wrong with the end of a schedule, and the schedule to replay; empty: nothing."""
    wrong = hunt(schedule)
    return "\n".join((*wrong, f"hunt({schedule})")) if wrong else ""


@pytest.mark.parametrize("first", range(0, SEEDS, CHUNK))
def test_mini_comes_out_of_what_is_drawn(first: int) -> None:
    """After faults, requests and deaths of the controller all is up, as it was, watched, and no rule was broken."""
    for seed in range(first, first + CHUNK):
        assert (wrong := told(draw(seed, "mini"))) == "", f"seed {seed}: {wrong}"


@pytest.mark.parametrize("seed", ATLAS)
def test_atlas_comes_out_of_what_is_drawn(seed: int) -> None:
    """So does a corner of atlas, with its tree of interrupt controllers."""
    assert (wrong := told(draw(seed, "atlas"))) == "", f"seed {seed}: {wrong}"


@pytest.mark.parametrize("name", FOUND)
def test_what_was_found_is_mended(name: str) -> None:
    """A schedule that a chip once did not come out of is one that it comes out of."""
    assert told(FOUND[name]) == ""


def test_the_text_of_a_schedule_is_the_schedule() -> None:
    """What a failure prints is Python that makes the same schedule again."""
    names = {**vars(schedules), **vars(kinds)}
    for seed in range(100):
        schedule = draw(seed, "mini")
        assert eval(str(schedule), dict(names)) == schedule


def rises_not(_ledger: Ledger, _block: str) -> None:
    pass


def test_what_is_forgotten_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """A book whose incidents never end is told, and of the schedule only what that takes is left."""
    schedule = Schedule("mini", ((0.0, LocalReset(block="pll[1]")), (0.1, ClusterReset(block="fabric_crg"))))
    monkeypatch.setattr(Ledger, "rose", rises_not)
    monkeypatch.setattr("tests.runtime.hunt.PATIENCE_S", 5.0)
    assert "at the end: incident 1 is open" in hunt(schedule)
    assert len(shrunk(schedule).steps) == 1
