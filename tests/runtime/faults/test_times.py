"""Times under trio: what a recovery may take is what its hardware takes, and more only where something says why."""

from __future__ import annotations

from functools import partial

import pytest
import trio
from attrs import evolve

from blocks.chip import load_chip
from blocks.ladder import Ladder
from blocks.pll.driver import Pll
from blocks.port import Port
from runtime.faults.campaign import local
from runtime.faults.limits import SWEEP_S
from runtime.faults.live import LiveCampaign
from runtime.faults.trial import Trial, Workload
from runtime.session import Session
from tests.runtime.faults.planted import PLL, planted
from tests.runtime.faults.test_recoveries import all_plls
from transports.errors import TransportError
from transports.faulty.kinds import Kind

SLOW = 25  # times what it usually takes
SULKS_S = 5.0


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
    alone = LiveCampaign(partial(all_plls, Slow), Workload.RECOVERY, 0, kinds).replay(
        Trial.parse("recovery/pll[2].local_reset:0:device-reset@50-")
    )
    assert alone.broken.startswith("without a fault: liveness: pll[2] in service after ")


class Sulking(Pll):
    """A PLL whose act failed, and that says so five seconds later: whoever acts once more finds nothing wrong."""

    def up(self) -> Ladder:
        rungs = {rung.name: rung for rung in super().up()}
        rungs["watched"] = evolve(rungs["watched"], reach=self._watch, within=2 * SULKS_S)
        return Ladder(*rungs.values())

    async def _watch(self, port: Port) -> None:
        try:
            await port.run(self.regs.INTR_ENABLE.write(lock_lost=1, ref_lost=1))
        except TransportError as error:
            await port.sleep(SULKS_S)
            raise ValueError("it sulks") from error


def enabling(running: LiveCampaign, trial: Trial) -> int:
    """Return which access for PLL, since shots are counted, enables its interrupts in a trial."""
    log = [access for access in running.accesses(trial)[running.golden.first :] if access.block == PLL]
    address = load_chip("mini").instances[PLL].block.regs.INTR_ENABLE.address
    return next(number for number, access in enumerate(log, 1) if access.write and access.address == address)


@pytest.mark.parametrize("before", ["bring-up:0:", f"recovery/{PLL}.local_reset:0:", "in-service:0:device-reset@50-,"])
def test_a_climb_that_is_slow_to_fail_is_a_failure(before: str) -> None:
    """A block that waits for five seconds before it fails is found, though the next look at it mends all at once."""
    calm = Trial.parse(f"{before}late@1")
    kinds = frozenset({Kind.ERROR, Kind.DEVICE, Kind.LATE})
    running = LiveCampaign(planted(Sulking), calm.workload, 0, kinds)
    assert running.replay(calm).broken == ""

    error = Trial.parse(f"{before}error@{PLL}:{enabling(running, calm)}-")
    said = running.replay(error)

    assert said.failed
    assert said.broken.startswith("liveness: ")
    assert LiveCampaign(local("mini"), calm.workload, 0, kinds).replay(error).broken == ""


def test_a_look_that_is_struck_as_well_is_followed_by_another() -> None:
    """The time of a bring-up counts from the first look that nothing struck any more."""
    running = LiveCampaign(local("mini"), Workload.BRINGUP, 77, frozenset({Kind.ERROR}))
    said = running.replay(Trial.parse("bring-up:77:error@1-,error@2+"))
    assert said.broken == ""


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
