"""Times under trio: what a recovery may take is what its hardware takes, and more only where something says why."""

from __future__ import annotations

from functools import partial

import pytest
import trio
from attrs import evolve

from blocks.ladder import Ladder
from blocks.pll.driver import Pll
from blocks.port import Port
from runtime.faults.campaign import local
from runtime.faults.limits import SWEEP_S
from runtime.faults.live import LiveCampaign
from runtime.faults.trial import CampaignError, Trial, Workload
from runtime.session import Session
from tests.runtime.faults.test_recoveries import all_plls
from transports.faulty.kinds import Kind

SLOW = 25  # times what it usually takes


class Slow(Pll):
    """A PLL that waits to be sure, for as long as many locks take, and is well within its deadline."""

    def up(self) -> Ladder:
        rungs = {rung.name: rung for rung in super().up()}
        waits_s = SLOW * self.config.usual_s
        rungs["watched"] = evolve(rungs["watched"], reach=self._watch, within=2 * waits_s)
        return Ladder(*rungs.values())

    async def _watch(self, port: Port) -> None:
        await port.sleep(SLOW * self.config.usual_s)
        await port.run(self.regs.INTR_ENABLE.write(lock_lost=1, ref_lost=1))


def test_a_recovery_that_is_too_slow_is_a_failure() -> None:
    """A block that comes back much later than its hardware could is a failure, though each rung holds in its time."""
    reset = Trial.parse("in-service:0:device-reset@50-")
    kinds = frozenset({Kind.DEVICE})

    sound = LiveCampaign(local("mini"), Workload.SERVICE, 0, kinds).replay(reset)
    slow = LiveCampaign(partial(all_plls, Slow), Workload.SERVICE, 0, kinds).replay(reset)

    assert sound.broken == ""
    assert slow.failed
    assert slow.broken.startswith("liveness: refpll in service after ")
    with pytest.raises(CampaignError, match=r"recovery from pll\[2\].local_reset without a fault: liveness: pll\[2\]"):
        LiveCampaign(partial(all_plls, Slow), Workload.RECOVERY, 0, kinds).replay(
            Trial.parse("recovery/pll[2].local_reset:0:device-reset@50-")
        )


def test_a_sweep_is_waited_for_only_where_it_finds_something() -> None:
    """What a sweep did not find has no part of its period; no time that is told is longer than what was allowed."""
    kinds = (Kind.LOST, Kind.DEVICE, Kind.DOWN, Kind.DROPPED)
    running = LiveCampaign(local("mini"), Workload.SERVICE, 0, frozenset(kinds))
    tally = running.tally("nth", drawn=12)

    assert tally.failures == 0
    assert tally.slowest
    for slow in tally.slowest:
        assert slow.elapsed_s <= running.limit_s + slow.patience_s, slow
    for (kind, _), cell in tally.cells.items():
        assert kind == Kind.LOST or cell.patience_s < SWEEP_S / 2, kind


def test_a_controller_that_takes_over_is_timed_from_the_death_of_the_last() -> None:
    """Each reset of the controller has its time, until all is resumed; who then takes too long is a failure."""
    tally = LiveCampaign(local("mini"), Workload.RECOVERY, 0, frozenset({Kind.RESET})).tally("nth", drawn=6)
    assert sum(cell.times.total() for cell in tally.cells.values()) == tally.points == 6
    assert 0.0 < tally.slowest_s, "where the reset came amid a climb"

    slow = LiveCampaign(partial(all_plls, Slow), Workload.SERVICE, 0, frozenset({Kind.DEVICE, Kind.RESET}))
    said = slow.replay(Trial.parse("in-service:0:reset@5-,device-reset@1-")).broken
    assert said.startswith("liveness: resumed after ")


def test_a_stop_that_takes_too_long_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who is told to stop is gone in the time that a recovery may take; that time is told as well."""
    running = LiveCampaign(local("mini"), Workload.STOP, 0, frozenset({Kind.LATE}))
    assert running.tally("nth", drawn=1).slowest
    quiesce = Session.quiesce

    async def slowly(session: Session, why: str) -> None:
        await trio.sleep(2 * running.limit_s)
        await quiesce(session, why)

    monkeypatch.setattr(Session, "quiesce", slowly)
    assert running.replay(Trial.parse("stop:0:late@3")).broken.startswith("liveness: stopped after ")
