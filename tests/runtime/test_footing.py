"""The way to an interrupt controller: never touched before what it stands on was seen to stand, in the same batch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import trio
from attrs import define, evolve

from blocks.aggregator.driver import Aggregator
from blocks.chip import Chip, load_chip
from blocks.ladder import Ladder, Rung
from blocks.port import Port, Submit
from blocks.sim import SimTransport
from blocks.sim.chip import SimChip
from blocks.sim.faults import Fault, LocalReset, Upset
from registers.access import RegisterOp
from runtime import determinism
from runtime.bringup import bring_up
from runtime.climb import Climbed, Plan, Seat, climb, granted
from runtime.clock import VirtualClock
from runtime.drive import BlockPort, drive
from runtime.fault import Fault as Failed
from runtime.footing import Footing, SurePort, standing, sure
from runtime.graph import graph_of
from runtime.guard import Sentries
from runtime.session import Session
from runtime.witness import configures, witness
from transports.batch import Batch, Check, Results
from transports.errors import BusFault, CheckFailed

HUB, BELOW = "die[0].hub", ("die[0].refpll", "die[0].sys_crg")
PLL = "die[0].compute_pll[1]"
FALLS: list[Fault] = [
    LocalReset(block="die[0].sys_crg"),
    Upset(block="die[0].refpll", name="lock_lost"),
]


def part_of(chip: Chip, *blocks: str) -> Chip:
    """Return some blocks of a chip, what they stand on, and who hears their lines: a chip that is made at once."""
    graph, names = graph_of(chip), set[str]()
    found = [*blocks]
    while found:
        name = found.pop()
        line = chip.instances[name].line
        if name not in names:
            names.add(name)
            found += [*graph.blocks_before(name), *([line.controller] if line and line.controller else ())]
    return evolve(chip, instances={name: one for name, one in chip.instances.items() if name in names}, flows=())


CHIP = part_of(load_chip("atlas"), HUB, PLL)


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


@define(eq=False)
class Falling:
    """A bus on which a block, the clock if no other, is reset before the batch of that number."""

    bus: Submit
    sim: SimChip
    at: int | None
    block: str = "die[0].sys_crg"
    batches: int = 0

    async def submit(self, batch: Batch, *, owner: str = "") -> Results:
        self.batches += 1
        if self.batches == self.at:
            self.sim.inject(LocalReset(block=self.block))
        return await self.bus.submit(batch, owner=owner)


def talking(rung: Rung) -> Rung:
    """Return a rung whose act is a dialogue of one batch for each operation."""
    acts: Any = rung.reach

    async def reach(port: Port) -> None:
        for act in acts:
            await port.submit(act)
            await port.sleep(1e-6)

    return evolve(rung, reach=reach if acts else ())


def ladder_of(way: str) -> Ladder:
    """Return a ladder of the PLL: up, the same with dialogues for acts, or to rest."""
    block = CHIP.instances[PLL].block
    if way == "rest":
        return block.rest()
    return block.up() if way == "up" else Ladder(*map(talking, block.up()))


def climbed(
    fall_at: int | None, way: str, *, footed: bool, block: str = "die[0].sys_crg"
) -> tuple[Climbed | Failed, int, SimChip]:
    """Climb with a PLL that was reset, or bring it to rest, and reset a block before the batch of that number.

    Returns:
        What came of it, and how many batches there were.
    """
    sim = SimChip(CHIP)

    async def main() -> tuple[Climbed | Failed, int]:
        transport = SimTransport(sim)
        await bring_up(CHIP, transport, only=PLL)
        session = Session(CHIP, transport, only=PLL)
        if way != "rest":
            sim.inject(LocalReset(block=PLL))
        graph, bus = session.graph, Falling(session.root, sim, fall_at, block)
        sentries = Sentries(graph, lambda name: session.plan(graph.ladders[name]), session.seat)
        steps = climb(Plan(ladder_of(way)), Seat(PLL), trio.current_time(), consent=granted, watching=True)
        if footed:
            ground = sentries.ground(PLL) if way == "rest" else None
            steps = Footing(graph, sentries, session.seat).sure(steps, PLL, ground)
        outcome: Climbed | Failed = await drive(steps, BlockPort(bus, PLL), session.board)
        return outcome, bus.batches

    outcome, batches = determinism.run(main, seed=0, clock=VirtualClock())
    return outcome, batches, sim


WAYS = ("up", "talking", "rest")


@pytest.mark.parametrize("way", WAYS)
def test_a_climb_with_its_ground_is_the_same_climb(way: str) -> None:
    """While the ground stands the looks at it change nothing: the same acts, as many batches, no rule broken."""
    (plain, batches, _), (sure_of_it, as_many, sim) = climbed(None, way, footed=False), climbed(None, way, footed=True)
    assert isinstance(plain, Climbed)
    assert isinstance(sure_of_it, Climbed)
    assert (sure_of_it.acted, as_many) == (plain.acted, batches)
    assert len(plain.acted) > 1
    assert sim.violations == []


@pytest.mark.parametrize("way", WAYS)
def test_a_climb_ends_where_its_ground_falls(way: str) -> None:
    """Whenever what clocks it falls, the block is not touched any more, and the climb says why; without, it is.

    So it is within a dialogue, and on the way to rest; of these a sample of moments is tried.
    """
    _, batches, _ = climbed(None, way, footed=True)
    broken, moments = 0, range(1, batches + 1, 1 if way == "up" else 4)
    for number in moments:
        outcome, _, sim = climbed(number, way, footed=True)
        assert isinstance(outcome, Failed), f"batch {number}"
        assert outcome.reason.startswith("die[0].sys_crg, which it stands on, fell meanwhile"), f"batch {number}"
        assert sim.violations == [], f"batch {number}"
        broken += len(climbed(number, way, footed=False)[2].violations)
    assert broken >= len(moments)


@pytest.mark.parametrize("way", ["up", "talking"])
def test_an_act_is_done_where_the_rungs_below_it_stand(way: str) -> None:
    """Whenever the block itself is reset, its climb breaks no rule: it says so and ends, or looks anew; else it does.

    So it is within a dialogue; a sample of moments is tried.
    """
    _, batches, _ = climbed(None, way, footed=True, block=PLL)
    broken, ended = 0, 0
    for number in range(1, batches + 1, 2 if way == "up" else 5):
        outcome, _, sim = climbed(number, way, footed=True, block=PLL)
        assert sim.violations == [], f"batch {number}"
        if isinstance(outcome, Failed):
            assert outcome.reason.startswith("it fell meanwhile"), f"batch {number}"
            ended += 1
        broken = broken or len(climbed(number, way, footed=False, block=PLL)[2].violations)
    assert ended
    assert broken
