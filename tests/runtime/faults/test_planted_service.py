"""Bugs that live in a recovery alone: a bring-up does not come to them, and a campaign of a chip in service does."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve

from blocks.chip import load_chip
from blocks.ladder import Ladder
from blocks.pll.driver import Pll
from blocks.port import Port
from runtime.faults.campaign import run_shard
from runtime.faults.live import LiveCampaign
from runtime.faults.plan import Plan, Points
from runtime.faults.trial import Trial, Workload
from tests.runtime.faults import planted
from transports.faulty import Kind

ABOVE = "fabric_crg"  # stands on PLL, and does not fall with it


class Masking(Pll):
    """A recovery that masks who stands on what fell, though that was well, and unmasks it when it is done."""

    def up(self) -> Ladder:
        return Ladder(*(evolve(one, reach=self._heal) if one.name == "healthy" else one for one in super().up()))

    async def _heal(self, port: Port) -> None:
        r, above = self.regs, load_chip("mini").instances[ABOVE].block.regs
        await port.run(above.INTR_ENABLE.write(clock_lost=0, switch_late=0, out_of_range=0))
        await port.submit(r.CTRL.modify(bypass=1), r.STATUS.write(lock_lost=1, ref_lost=1))
        await port.run(above.INTR_ENABLE.write(clock_lost=1, switch_late=1, out_of_range=1))


class Uncleared(Pll):
    """A recovery that forgets to clear what raised its line: it stays high, and the next loss has no edge."""

    def up(self) -> Ladder:
        return Ladder(*(one for one in super().up() if one.name != "healthy"))


@pytest.mark.parametrize("bug", [planted.Cached, planted.Clearing, planted.Listening])
def test_a_bug_of_a_recovery_is_none_of_a_bring_up(bug: Any) -> None:
    """Resets of the controller at all points of a bring-up come through: what is wrong is not acted there."""
    assert run_shard(Plan(planted.planted(bug), "mini", points=Points(only=planted.PLL))).failures == 0


def test_a_value_that_is_cached_in_service_is_found() -> None:
    """Who believes what it saw before the device was reset leaves a register as at reset, wherever that strikes."""
    running = LiveCampaign(planted.planted(planted.Cached), Workload.SERVICE, 0, frozenset({Kind.DEVICE}))

    tally = running.tally("nth", drawn=3)

    assert tally.failures == tally.points == 3
    for failed in tally.failed:
        assert failed.broken.startswith("liveness: "), failed.broken
        assert running.replay(next(one for one in running.trials("nth") if str(one) == failed.replay)).failed


def test_a_recovery_that_clears_a_sibling_is_found() -> None:
    """A lock that is lost has the interrupt of another block shut: the recovery itself fails, and no fault struck."""
    running = LiveCampaign(planted.planted(planted.Clearing), Workload.RECOVERY, 0, frozenset({Kind.LATE}))

    tally = running.tally("nth", 1, only=planted.PLL)

    (failed,) = [one for one in tally.failed if one.replay == f"recovery/{planted.PLL}.lock_lost:0:"]
    assert failed.broken.startswith(f"safety: {planted.SIBLING} was in service")


@pytest.mark.parametrize(("bug", "said"), [
    (Masking, f"safety: {ABOVE} was in service, and was written"),
    (Uncleared, f"liveness: the line of {planted.PLL} is high in the end, and was low before"),
])  # fmt: skip
def test_a_recovery_that_is_wrong_by_itself_is_found(bug: Any, said: str) -> None:
    """What stands on a block that fell, and is well, may not be written for that; and a line must be low again."""
    running = LiveCampaign(planted.planted(bug), Workload.RECOVERY, 0, frozenset({Kind.LATE}))

    assert running.replay(Trial.parse(f"recovery/{planted.PLL}.lock_lost:0:")).broken.startswith(said)


def test_a_recovery_that_waits_without_a_deadline_is_found() -> None:
    """Where the write that clears the evidence is lost, and nowhere else, the recovery is not over in its time."""
    running = LiveCampaign(planted.planted(planted.Listening), Workload.RECOVERY, 0, frozenset({Kind.DROPPED}))

    tally = running.tally("nth", only=planted.PLL)

    assert tally.failures == 1 < tally.points
    (failed,) = tally.failed
    assert failed.replay.startswith(f"recovery/{planted.PLL}.lock_lost:0:dropped-write@")
    assert failed.broken.startswith(f"liveness: incident of {planted.PLL} is not over")
