"""The way to an interrupt controller: never touched before what it stands on was seen to stand, in the same batch."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from blocks.aggregator.driver import Aggregator
from blocks.chip import load_chip
from blocks.ladder import Rung
from blocks.port import Port
from blocks.sim import SimTransport
from blocks.sim.chip import SimChip
from blocks.sim.faults import Fault, LocalReset, Upset
from registers.access import RegisterOp
from runtime import determinism
from runtime.bringup import bring_up
from runtime.clock import VirtualClock
from runtime.footing import SurePort, standing, sure
from runtime.session import Session
from runtime.witness import configures, witness
from transports.batch import Check
from transports.errors import BusFault, CheckFailed

CHIP = load_chip("atlas")
HUB, BELOW = "die[0].hub", ("die[0].refpll", "die[0].sys_crg")
FALLS: list[Fault] = [
    LocalReset(block="die[0].sys_crg"),
    Upset(block="die[0].refpll", name="lock_lost"),
]


def claimed(fault: Fault | None, way: Callable[[Session, str], Port]) -> tuple[object, list[str], SimChip]:
    """Bring up what the hub needs, let a fault strike, and read the hub's CLAIM; return what came, and who was told."""
    sim, told = SimChip(CHIP), list[str]()

    async def main() -> object:
        transport = SimTransport(sim)
        assert len((await bring_up(CHIP, transport, only=HUB)).up) == len(BELOW) + 1
        session = Session(CHIP, transport, only=HUB)
        session.doubt = told.append
        hub, port = CHIP.instances[HUB].block, way(session, HUB)
        assert isinstance(hub, Aggregator)
        assert isinstance(port, SurePort) == (way is sure)
        if fault is not None:
            sim.inject(fault)
        try:
            return (await port.run(hub.regs.CLAIM.read())).sources
        except (BusFault, CheckFailed) as error:
            return error

    return determinism.run(main, seed=0, clock=VirtualClock()), told, sim


def checks_of(rung: Rung) -> list[Check]:
    operations = [op for held in rung.holds if isinstance(held, RegisterOp) for op in held.operations]
    return [op for op in operations if isinstance(op, Check)]


def test_what_stands_is_read_as_ever() -> None:
    """While its ground stands a controller answers as without the look at that, and nobody is told of anything."""
    assert claimed(None, sure)[:2] == claimed(None, Session.port)[:2] == (0, [])


@pytest.mark.parametrize("fault", FALLS, ids=lambda fault: fault.where)
def test_a_controller_without_its_ground_is_not_touched(fault: Fault) -> None:
    """What clocks it fell: the batch ends there, the fallen block is told of, and no rule is broken; else one is."""
    error, told, sim = claimed(fault, sure)
    assert isinstance(error, CheckFailed)
    assert [error.where] == told == [getattr(fault, "block", "")]
    assert sim.violations == []
    assert claimed(fault, Session.port)[2].violations != []


def test_the_ground_is_what_may_fall() -> None:
    """Of each ladder below: every field that hardware moves, and one that a reset clears; each register once."""
    for name in BELOW:
        ladder = CHIP.instances[name].variant.up
        checks = standing(ladder, len(ladder))
        assert len({check.address for check in checks}) == len(checks) < len(ladder)
        masks = {check.address: check.mask for check in checks}
        proof = witness(ladder)
        assert proof is not None
        rungs = [ladder[proof], *(rung for rung in ladder if not configures(rung))]
        wanted = [check for rung in rungs for check in checks_of(rung)]
        assert all(masks[check.address] & check.mask == check.mask for check in wanted)
