"""Routers and DMA engines in whole: they come up, stay up at no cost, and come up from wherever a controller died."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from blocks.sim.chip import SimChip
from registers.compile import compile_rdl
from registers.lint import lint
from runtime.climb import Climbed
from transports.errors import DeviceLost

if TYPE_CHECKING:
    from blocks.chip import Chip
    from blocks.ladder import Ladder
    from registers.access import RegisterOp
    from tests.blocks.conftest import Controller, Hands, Wire

    Climber = Callable[[Callable[[Any], Ladder], Iterable[str]], Controller]

BLOCKS = Path(__file__).parents[3] / "blocks"
ROUTERS = ("router[0][0]", "router[0][1]", "router[1][0]", "router[1][1]")
DMA = ("dma[0]",)


def expect_up(sim: SimChip, names: Iterable[str], outcomes: dict[str, Any]) -> None:
    """Expect that every block climbed to its top and passes traffic, and that no rule was broken."""
    assert {name: type(outcomes[name]) for name in names} == dict.fromkeys(names, Climbed), outcomes
    assert sim.violations == []
    assert [name for name in names if not sim.model(name).in_service] == []


def pulse(event: str, r: Any) -> RegisterOp[None]:
    """Set a bit of INTR_TEST."""
    op: RegisterOp[None] = r.INTR_TEST.write(**{event: 1})
    return op


def clear(event: str, r: Any) -> RegisterOp[None]:
    """Clear a bit of INTR_STATUS."""
    op: RegisterOp[None] = r.INTR_STATUS.write(**{event: 1})
    return op


def reset(sim: SimChip, name: str) -> None:
    """Reset one block alone, so that its neighbours see it."""
    model = sim.model(name)
    for net in model.nets.values():
        net.drive(net.idle)
    model.reset()
    model.update()


@pytest.mark.parametrize("seed", range(12))
def test_it_comes_up_and_a_second_climb_writes_nothing(
    mesh: Chip, rising: Controller, wire_to: type[Wire], seed: int
) -> None:
    """Whatever the latencies, all blocks come up and no rule is broken; then a climb only reads, and takes no time."""
    sim = SimChip(mesh, seed=seed)
    assert not any(sim.model(name).serves for name in mesh.instances)
    expect_up(sim, mesh.instances, rising.run(wire_to(sim)))
    came_up_s = sim.now_s
    again = wire_to(sim)
    expect_up(sim, mesh.instances, rising.run(again))
    assert (again.writes, sim.now_s) == (0, came_up_s)
    assert again.reads < 45 * len(mesh.instances)


@pytest.mark.parametrize(("names", "step"), [(ROUTERS, 7), (DMA, 1)], ids=["routers", "dma"])
def test_from_every_access_on_it_can_be_brought_up(
    mesh: Chip, climber: Climber, wire_to: type[Wire], names: tuple[str, ...], step: int
) -> None:
    """However many accesses a controller made before it died, the next one brings everything up, breaking no rule."""
    sim, up, limit = SimChip(mesh, seed=5), climber(lambda block: block.up(), names), 0
    while True:
        sim.power_on()
        try:
            up.run(wire_to(sim, limit))
        except DeviceLost:
            expect_up(sim, names, up.run(wire_to(sim)))
            limit += step  # four routers climb in turn, and 7 is no multiple of 4: each is met at every place
        else:
            break
    assert limit > 100


@pytest.mark.parametrize("name", ["router[1][0]", "dma[1]"])
def test_from_every_access_on_after_a_reset_all_is_brought_up(
    live_mesh: Hands, rising: Controller, climber: Climber, wire_to: type[Wire], name: str
) -> None:
    """One block is reset in service, a controller brings that one up and dies on the way: the next has all back."""
    sim, up, limit = live_mesh.sim, climber(lambda block: block.up(), [name]), 0
    while True:
        reset(sim, name)
        assert not sim.model(name).serves
        try:
            up.run(wire_to(sim, limit))
        except DeviceLost:
            expect_up(sim, sim.chip.instances, rising.run(wire_to(sim)))
            limit += 1
        else:
            break
    assert limit > 100
    expect_up(sim, sim.chip.instances, rising.run(wire_to(sim)))


@pytest.mark.parametrize("names", [ROUTERS, DMA], ids=["routers", "dma"])
def test_from_every_access_on_the_way_down_it_comes_up_again(
    mesh: Chip, climber: Climber, wire_to: type[Wire], names: tuple[str, ...]
) -> None:
    """However many accesses a controller made on the way to rest before it died, the next one brings everything up."""
    sim, limit = SimChip(mesh, seed=6), 0
    up, down = climber(lambda block: block.up(), names), climber(lambda block: block.rest(), names)
    while True:
        expect_up(sim, names, up.run(wire_to(sim)))
        try:
            down.run(wire_to(sim, limit))
        except DeviceLost:
            limit += 1
        else:
            break
    assert limit > 10
    assert sim.violations == []
    assert not any(sim.model(name).serves for name in names)
    expect_up(sim, names, up.run(wire_to(sim)))


def test_down_again_costs_no_write(live_mesh: Hands, climber: Climber, wire_to: type[Wire]) -> None:
    """A block at rest is left alone by a second climb to rest."""
    down = climber(lambda block: block.rest(), live_mesh.sim.chip.instances)
    down.run(wire_to(live_mesh.sim))
    again = wire_to(live_mesh.sim)
    outcomes = down.run(again)
    assert all(isinstance(outcome, Climbed) for outcome in outcomes.values())
    assert again.writes == 0


@pytest.mark.parametrize("name", ["router[1][1]", "dma[1]"])
def test_what_the_hardware_takes_is_what_a_rung_waits_for(live_mesh: Hands, name: str) -> None:
    """Each time that the hardware took in bring-up is noted under a rung, and the rung looks from the fastest on."""
    rungs = {rung.name: rung for rung in live_mesh.sim.chip.instances[name].block.up()}
    stages = live_mesh.sim.model(name).stages
    assert len(stages) == 2
    for stage, seconds in stages.items():
        assert rungs[stage].settles <= seconds <= rungs[stage].within / 2


@pytest.mark.parametrize("name", ["router[0][1]", "dma[0]"])
def test_an_interrupt_test_raises_the_line(live_mesh: Hands, name: str) -> None:
    """Each bit of INTR_TEST raises the line as the event would, until it is cleared; one that is masked does not."""
    line = live_mesh.sim.chip.instances[name].line
    assert line is not None
    regs = live_mesh.sim.chip.instances[name].block.regs
    events = list(regs.INTR_TEST.type.by_name)
    for event in events:
        live_mesh.do(name, partial(pulse, event))
        assert live_mesh.do(name, lambda r: r.INTR_STATUS.read()).field(event) == 1
        assert (line.source in live_mesh.sim.raised) == (event != "watermark")
        live_mesh.do(name, partial(clear, event))
        assert line.source not in live_mesh.sim.raised


@pytest.mark.parametrize("name", ["router[0][1]", "dma[0]"])
def test_what_was_tested_is_cleared_by_a_climb(
    live_mesh: Hands, name: str, rising: Controller, wire_to: type[Wire]
) -> None:
    """A climb clears what happened, and disturbs nothing by it."""
    event = "timeout" if "router" in name else "window"
    live_mesh.do(name, partial(pulse, event))
    outcome = rising.run(wire_to(live_mesh.sim))[name]
    assert isinstance(outcome, Climbed)
    assert outcome.acted == ("healthy",)
    expect_up(live_mesh.sim, live_mesh.sim.chip.instances, rising.run(wire_to(live_mesh.sim)))
    assert live_mesh.sim.raised == frozenset()


@pytest.mark.parametrize("name", ["router[0][0]", "dma[0]"])
def test_a_test_spoils_packets_and_says_so(live_mesh: Hands, name: str) -> None:
    """While TEST.flip is set, which in service breaks a rule, packets are spoilt, and that is logged."""
    model = live_mesh.sim.model(name)
    assert model.carry(b"\x10\x20") == b"\x10\x20"
    live_mesh.do(name, lambda r: r.TEST.write(flip=1))
    assert len(live_mesh.broken) == 1
    assert live_mesh.broken[0][1].startswith("TEST changed while")
    assert model.carry(b"\x10\x20") == b"\x10\x21"
    assert model.carry(b"") == b""
    log = live_mesh.do(name, lambda r: r.ERR_LOG.read())
    assert (log.valid, log.error.name) == (1, "PARITY")
    assert live_mesh.do(name, lambda r: r.INTR_STATUS.read()).parity == 1
    live_mesh.do(name, lambda r: r.ERR_LOG.write(valid=1))
    assert live_mesh.do(name, lambda r: r.ERR_LOG.read()).valid == 0


@pytest.mark.parametrize("name", ["router", "dma"])
def test_nothing_in_the_description_is_doubtful(name: str) -> None:
    """The lint of registers finds nothing in the description."""
    assert list(lint(compile_rdl(BLOCKS / name / f"{name}.rdl"))) == []


def test_scratch_holds_what_is_put_there(live_mesh: Hands) -> None:
    """SCRATCH keeps a word until the block is reset."""
    for name in ("router[1][0]", "dma[1]"):
        live_mesh.do(name, lambda r: r.SCRATCH.write(value=0xDEADBEEF))
        assert live_mesh.do(name, lambda r: r.SCRATCH.read()).value == 0xDEADBEEF
    live_mesh.sim.power_on()
    assert live_mesh.do("dma[1]", lambda r: r.SCRATCH.read()).value == 0
