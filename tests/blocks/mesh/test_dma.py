"""The DMA engine: how it starts, how it comes to rest, what fails, and how it says so."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from attrs import evolve

from blocks.chip import load_chip
from blocks.dma.driver import Dma, DmaConfig
from blocks.dma.model import DmaModel
from blocks.dma.regs import ErrorE
from blocks.sim.chip import SimChip
from runtime.climb import Climbed, Plan
from runtime.fault import Cause, Fault
from runtime.faults.campaign import run_shard
from runtime.faults.plan import Mode, Points
from runtime.faults.plan import Plan as Campaign
from transports.errors import DeviceLost
from transports.faulty.kinds import LIES

if TYPE_CHECKING:
    from blocks.chip import Chip
    from blocks.ladder import Ladder
    from tests.blocks.conftest import Controller, Hands, Wire

    Climber = Callable[[Callable[[Any], Ladder], Iterable[str]], Controller]

NAME = "dma[0]"


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"ring_base": 0x100020}, "ring_base is 0x100020; expected a multiple of 64"),
        ({"ring_base": 0x200000}, "ring_base puts rings at 0x200000..0x207fff; expected a window that is read"),
        ({"ring_base": 0x1FC000}, "ring_base puts rings at 0x1fc000..0x203fff"),
        ({"ring_base": 1 << 48}, "ring_base is"),
        ({"ring_order": 0}, "ring_order is 0; expected 1..12"),
        ({"ring_order": 13}, "ring_order is 13"),
        ({"windows": ((0x100, 0x1FF, 2),)}, "ring_base puts rings at"),
        ({"windows": ((0x200, 0x100, 1),)}, "expected first <= last page"),
        ({"windows": ((0x100, 0x1FF, 0),)}, "permission 1..3"),
        ({"windows": ((0x100, 0x1FF),)}, "expected up to 4 of"),
        ({"windows": ((0x100, 0x1FF, 1),) * 5}, "expected up to 4 of"),
        ({"weights": (1, 1, 1)}, "expected 4 numbers of 1..15"),
        ({"weights": (1, 1, 1, 0)}, "expected 4 numbers of 1..15"),
        ({"reads": 0}, "reads is 0; expected 1..64"),
        ({"writes": 65}, "writes is 65; expected 1..64"),
        ({"watermark": 65536}, "watermark is 65536"),
    ],
)
def test_what_no_engine_can_do_is_no_configuration(values: dict[str, Any], message: str) -> None:
    """A configuration outside of what the engine can do is refused before any register is written."""
    with pytest.raises(ValueError, match=message):
        DmaConfig(**values)


def test_rings_lie_side_by_side() -> None:
    """Each channel has a ring of its own, and none overlaps another."""
    config = DmaConfig(ring_order=4)
    assert config.rings == (0x100000, 0x100200, 0x100400, 0x100600)


FAULTS: list[tuple[dict[str, object], str, str, str, str]] = [
    # parameters; rung, register, what was wanted, what was there
    ({"hung": True}, "ready", "STATUS", "ready=0x1", "ready=0x0"),
    ({"init_s": inf}, "ready", "STATUS", "ready=0x1", "ready=0x0"),
    ({"fetch_s": inf}, "running", "STATUS", "running=0xf", "running=0x0"),
]


@pytest.mark.parametrize(("parameters", "rung", "register", "wanted", "last"), FAULTS)
def test_what_fails_is_named(
    mesh: Chip, rising: Controller, wire_to: type[Wire],
    parameters: dict[str, object], rung: str, register: str, wanted: str, last: str,
) -> None:  # fmt: skip
    """Each fault ends the climb at the rung that says so, with evidence, breaking no rule; the others come up."""
    sim = SimChip(mesh, overrides={NAME: parameters})
    outcomes = rising.run(wire_to(sim))
    fault = outcomes.pop(NAME)
    assert isinstance(fault, Fault)
    assert (fault.rung, fault.cause, fault.register, fault.wanted) == (rung, Cause.LATE, register, wanted)
    assert fault.last.startswith(last)
    assert all(isinstance(outcome, Climbed) for outcome in outcomes.values())
    assert sim.violations == []
    assert not sim.model(NAME).serves


def test_one_that_never_comes_to_rest_is_not_torn_down(
    mesh: Chip, climber: Climber, rising: Controller, wire_to: type[Wire]
) -> None:
    """What never drains fails on the way to rest, with its channels still enabled; it can be put to work again."""
    sim = SimChip(mesh, overrides={NAME: {"drain_s": inf}})
    rising.run(wire_to(sim))
    fault = climber(lambda block: block.rest(), [NAME]).run(wire_to(sim))[NAME]
    assert isinstance(fault, Fault)
    assert (fault.rung, fault.cause, fault.register, fault.wanted) == ("drained", Cause.LATE, "STATUS", "idle=0x1")
    assert sim.model(NAME).registers.field("STATUS.enabled").value == 0xF
    assert isinstance(rising.run(wire_to(sim))[NAME], Climbed)
    assert sim.model(NAME).serves
    assert sim.violations == []


def test_a_repaired_buffer_is_up_but_not_full(
    mesh: Chip, climber: Climber, rising: Controller, wire_to: type[Wire]
) -> None:
    """An engine that works with a spare buffer is up, and `full` says that it is not as it was made."""
    sim = SimChip(mesh, overrides={NAME: {"repaired": True}})
    assert all(isinstance(outcome, Climbed) for outcome in rising.run(wire_to(sim)).values())
    outcomes = climber(lambda block: block.full(), [NAME, "dma[1]"]).run(wire_to(sim))
    fault = outcomes[NAME]
    assert isinstance(fault, Fault)
    assert (fault.rung, fault.register, fault.wanted) == ("whole", "STATUS", "repaired=0x0")
    assert isinstance(outcomes["dma[1]"], Climbed)


def test_it_is_idle_when_all_has_arrived(live_mesh: Hands) -> None:
    """A paused engine sends no more at once, and is idle only when the packets on their way have arrived as well."""
    model = live_mesh.sim.model(NAME)
    assert isinstance(model, DmaModel)
    model.in_flight = 2
    assert not model.draining
    live_mesh.do(NAME, lambda r: r.CTRL.modify(pause=1))
    assert (model.serves, model.draining) == (False, True)
    live_mesh.wait(15e-6)
    assert live_mesh.do(NAME, lambda r: r.STATUS.read()).idle == 0
    model.in_flight = 0
    assert not model.draining
    assert live_mesh.do(NAME, lambda r: r.STATUS.read()).idle == 1
    live_mesh.do(NAME, lambda r: r.CTRL.modify(pause=0))
    assert (model.serves, live_mesh.do(NAME, lambda r: r.STATUS.read()).idle) == (True, 0)
    assert live_mesh.broken == []


def of_channel(index: int, register: str) -> Callable[[Any], Any]:
    """Return the read of one register of a channel."""
    return lambda r: getattr(r.CH[index], register).read()


def test_packets_are_counted_by_channel_and_weight(
    mesh: Chip, rising: Controller, hands_on: type[Hands], wire_to: type[Wire]
) -> None:
    """Channels take turns as their weights say, descriptors are worked through, and a read clears a count."""
    hands = hands_on(SimChip(mesh))
    block = mesh.instances[NAME].block
    weighted = Dma(NAME, block.regs, evolve(block.config, weights=(3, 1, 1, 1), watermark=2))
    controller = type(rising)({NAME: Plan(weighted.up())}, {NAME: ()})
    controller.run(wire_to(hands.sim))
    model = hands.sim.model(NAME)
    for _ in range(12):
        assert model.carry(bytes(2048)) == bytes(2048)
    counts = [hands.do(NAME, of_channel(k, "COMPLETED")).count for k in range(4)]
    assert counts == [6, 2, 2, 2]
    assert hands.do(NAME, lambda r: r.CH[0].COMPLETED.read()).count == 0
    assert [hands.do(NAME, of_channel(k, "HEAD")).head for k in range(4)] == [3, 1, 1, 1]
    assert hands.do(NAME, lambda r: r.CH[1].RESIDUE.read()).bytes == 4096
    assert hands.do(NAME, lambda r: r.INTR_STATUS.read()).watermark == 1
    assert hands.broken == []


def test_a_halted_channel_is_mended(live_mesh: Hands, rising: Controller, wire_to: type[Wire]) -> None:
    """A channel sent beyond its ring halts, raises the line and is logged; the next climb has it running again."""
    live_mesh.do(NAME, lambda r: r.CH[2].DOORBELL.write(tail=256))
    status = live_mesh.do(NAME, lambda r: r.CH[2].STATUS.read())
    assert (status.running, status.halted) == (0, 1)
    assert live_mesh.do(NAME, lambda r: r.CH[2].ERROR.read()).descriptor == 1
    log = live_mesh.do(NAME, lambda r: r.ERR_LOG.read())
    assert (log.valid, log.error, log.channel) == (1, ErrorE.DESCRIPTOR, 2)
    assert live_mesh.do(NAME, lambda r: r.ERR_LOG_ADDRESS.read()).descriptor == 0x104000
    assert 4 in live_mesh.sim.raised
    live_mesh.sim.violations.clear()
    outcome = rising.run(wire_to(live_mesh.sim))[NAME]
    assert isinstance(outcome, Climbed)
    assert outcome.acted == ("healthy", "running")
    assert live_mesh.do(NAME, lambda r: r.STATUS.read()).running == 0xF
    assert live_mesh.broken == []
    assert live_mesh.sim.raised == frozenset()


def test_a_channel_outside_of_its_windows_halts(idle_mesh: Hands) -> None:
    """A ring that no window permits reading is not fetched: the channel halts and says why, and the log says where."""
    do = idle_mesh.do
    do(NAME, lambda r: r.CTRL.modify(soft_reset=0))
    idle_mesh.wait(30e-6)
    do(NAME, lambda r: r.WINDOW[0].PERMIT.write(readable=1, writable=0))
    do(NAME, lambda r: r.CH[1].RING_LO.write(base=0x4000))
    do(NAME, lambda r: r.CH[1].RING_SIZE.write(order=2))
    do(NAME, lambda r: r.CH[1].CTRL.write(enable=1))
    do(NAME, lambda r: r.CTRL.modify(enable=1))
    do(NAME, lambda r: r.CH[1].DOORBELL.write(tail=3))
    idle_mesh.wait(5e-6)
    assert do(NAME, lambda r: r.CH[1].STATUS.read()).halted == 1
    assert do(NAME, lambda r: r.CH[1].ERROR.read()).window == 1
    assert do(NAME, lambda r: r.ERR_LOG.read()).error == ErrorE.WINDOW
    assert do(NAME, lambda r: r.ERR_LOG_ADDRESS.read()).descriptor == 0x4000
    assert not idle_mesh.sim.model(NAME).serves


def test_another_configuration_is_reached_as_long_as_nothing_is_frozen(
    mesh: Chip, climber: Climber, wire_to: type[Wire]
) -> None:
    """From each place on the way up another configuration is reached, or refused by the lock; no rule is broken."""
    sim, limit = SimChip(mesh, seed=9), 0
    up = climber(lambda block: block.up(), [NAME])
    block = mesh.instances[NAME].block
    config = evolve(block.config, ring_order=4, ring_base=0x20_0000, windows=((0x200, 0x2FF, 3),), reads=3)
    other = type(up)({NAME: Plan(Dma(NAME, block.regs, config).up())}, {NAME: ()})
    ends: set[str] = set()
    while True:
        sim.power_on()
        try:
            up.run(wire_to(sim, limit))
        except DeviceLost:
            pass
        else:
            break
        frozen = bool(sim.model(NAME).registers.field("LOCK.config").value)
        outcome = other.run(wire_to(sim))[NAME]
        ends.add(outcome.rung if isinstance(outcome, Fault) else "up")
        assert isinstance(outcome, Fault) == frozen
        if isinstance(outcome, Fault):
            assert (outcome.cause, outcome.register, outcome.last) == (Cause.ACT, "LOCK", "0x1")
        else:
            assert sim.model(NAME).in_service
        limit += 1
    assert ends == {"up", "windowed"}
    assert sim.violations == []


def test_what_somebody_else_set_to_work_is_let_finish(
    idle_mesh: Hands, rising: Controller, wire_to: type[Wire]
) -> None:
    """Channels that run without being frozen are paused and awaited before they are configured anew."""
    do = idle_mesh.do
    do(NAME, lambda r: r.CTRL.modify(soft_reset=0))
    idle_mesh.wait(30e-6)
    do(NAME, lambda r: r.WINDOW[0].PERMIT.write(readable=1, writable=0))
    do(NAME, lambda r: r.CH[1].RING_SIZE.write(order=2))
    do(NAME, lambda r: r.CH[1].CTRL.write(enable=1))
    do(NAME, lambda r: r.CTRL.modify(enable=1))
    do(NAME, lambda r: r.CH[1].DOORBELL.write(tail=3))
    idle_mesh.wait(5e-6)
    assert idle_mesh.sim.model(NAME).serves
    outcome = rising.run(wire_to(idle_mesh.sim))[NAME]
    assert isinstance(outcome, Climbed)
    assert outcome.acted == ("quiesced", "windowed", "shared", "ringed", "frozen", "enabled", "running", "watched")
    rung = next(r for r in idle_mesh.sim.chip.instances[NAME].block.up() if r.name == "quiesced")
    assert rung.settles <= idle_mesh.sim.model(NAME).stages["quiesced"] <= rung.within / 2
    assert idle_mesh.broken == []


def test_a_soft_reset_begins_the_buffers_anew(idle_mesh: Hands) -> None:
    """A soft reset while the buffers are initialised starts that from the beginning."""
    for word in (0, 1, 0):
        idle_mesh.sim.write(idle_mesh.sim.chip.instances[NAME].block.regs.CTRL.address, word, 4, None)
        idle_mesh.wait(15e-6)
    assert idle_mesh.do(NAME, lambda r: r.STATUS.read()).ready == 0
    idle_mesh.wait(10e-6)
    assert idle_mesh.do(NAME, lambda r: r.STATUS.read()).ready == 1


def test_what_sends_nothing_is_idle_at_once(idle_mesh: Hands) -> None:
    """A pause of an engine with no channel running waits for nothing, and no packet is counted there."""
    idle_mesh.do(NAME, lambda r: r.CTRL.modify(pause=1))
    assert idle_mesh.do(NAME, lambda r: r.STATUS.read()).idle == 1
    assert idle_mesh.sim.model(NAME).stages == {}
    assert idle_mesh.sim.model(NAME).carry(b"stray") == b"stray"
    assert [idle_mesh.do(NAME, of_channel(k, "COMPLETED")).count for k in range(4)] == [0, 0, 0, 0]


def test_the_log_keeps_the_first_error(live_mesh: Hands) -> None:
    """A second error leaves the log as it is, and a channel stays halted until the error that halted it is cleared."""
    live_mesh.do(NAME, lambda r: r.CH[3].DOORBELL.write(tail=4095))
    live_mesh.do(NAME, lambda r: r.CH[1].DOORBELL.write(tail=4095))
    assert live_mesh.do(NAME, lambda r: r.ERR_LOG.read()).channel == 3
    live_mesh.do(NAME, lambda r: r.CH[3].ERROR.write(window=1))
    assert live_mesh.do(NAME, of_channel(3, "STATUS")).halted == 1
    live_mesh.do(NAME, lambda r: r.CH[3].ERROR.write(descriptor=1))
    assert live_mesh.do(NAME, of_channel(3, "STATUS")).halted == 0


def test_who_is_told_too_early_that_the_buffers_are_ready_waits(mesh: Chip) -> None:
    """Whatever read of an engine lies, no channel of it is enabled before its buffers are ready."""
    points = Points(Mode.NTH, only=NAME)
    tally = run_shard(Campaign(lambda: load_chip(Path(mesh.source)), "mesh", kinds=tuple(LIES), points=points))

    assert tally.points > 0
    assert [failed for failed in tally.failed if failed.broken.startswith("safety")] == []
