"""The router: its routes, its credits, what fails, and how it says so."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from math import inf
from typing import TYPE_CHECKING, Any

import pytest
from attrs import evolve

from blocks.router.driver import Router, RouterConfig
from blocks.router.model import RouterModel
from blocks.router.port import Link
from blocks.router.regs import ErrorE, PortE
from blocks.sim.chip import SimChip
from runtime.climb import Climbed, Plan
from runtime.fault import Cause, Fault
from transports.errors import DeviceLost

if TYPE_CHECKING:
    from blocks.chip import Chip
    from blocks.ladder import Ladder
    from tests.blocks.conftest import Controller, Hands, Wire

    Climber = Callable[[Callable[[Any], Ladder], Iterable[str]], Controller]

NAME = "router[0][0]"  # the north-west corner: it has an east and a south neighbour
STEP = {PortE.NORTH: (-1, 0), PortE.EAST: (0, 1), PortE.SOUTH: (1, 0), PortE.WEST: (0, -1)}


@pytest.mark.parametrize(("rows", "columns"), [(4, 4), (2, 2), (3, 4), (1, 4), (4, 1), (1, 1)])
def test_every_node_is_reached_by_the_shortest_way(rows: int, columns: int) -> None:
    """From each router of a mesh the routes lead to each node in as few steps as there are, and out of no edge."""
    nodes = [(row, column) for row in range(rows) for column in range(columns)]
    at = {node: RouterConfig(row=node[0], column=node[1], rows=rows, columns=columns) for node in nodes}
    for start in nodes:
        assert all(port is PortE.NONE for n, port in enumerate(at[start].routes) if divmod(n, 4) not in at)
        for goal in nodes:
            here, steps, turned = start, 0, False
            while (port := at[here].routes[goal[0] * 4 + goal[1]]) is not PortE.LOCAL:
                assert port in at[here].ports
                vertical = port in (PortE.NORTH, PortE.SOUTH)
                assert not (turned and not vertical), "a way that turns back into a row can close a circle"
                turned, steps = vertical, steps + 1
                here = (here[0] + STEP[port][0], here[1] + STEP[port][1])
            assert (here, steps) == (goal, abs(goal[0] - start[0]) + abs(goal[1] - start[1]))


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"row": 4, "column": 0}, "row is 4; expected 0..3"),
        ({"row": 0, "column": -1}, "column is -1; expected 0..3"),
        ({"row": 2, "column": 0, "rows": 2}, "row is 2; expected 0..1"),
        ({"row": 0, "column": 3, "columns": 3}, "column is 3; expected 0..2"),
        ({"row": 0, "column": 0, "rows": 5}, "rows is 5; expected 1..4"),
        ({"row": 0, "column": 0, "depth": 0}, "depth is 0; expected 1..64"),
        ({"row": 0, "column": 0, "depth": 65}, "depth is 65; expected 1..64"),
        ({"row": 0, "column": 0, "through": 16}, "through is 16; expected 1..15"),
        ({"row": 0, "column": 0, "timeout_cycles": 65536}, "timeout_cycles is 65536"),
    ],
)
def test_a_place_outside_the_mesh_is_no_configuration(values: dict[str, Any], message: str) -> None:
    """A configuration that no router can have is refused before any register is written."""
    with pytest.raises(ValueError, match=message):
        RouterConfig(**values)


def test_its_place_comes_from_its_indices(mesh: Chip) -> None:
    """A text that is one index and no more becomes a number in the configuration."""
    config = mesh.instances["router[1][0]"].block.config
    assert (config.row, config.column) == (1, 0)
    assert config.ports == {PortE.NORTH, PortE.EAST, PortE.LOCAL}


def test_credits_are_what_the_other_end_offers(live_mesh: Hands) -> None:
    """A port in service holds as many credits as the buffers at its other end; one at the edge holds none."""
    depth = live_mesh.sim.chip.instances[NAME].block.config.depth
    held = [live_mesh.do(NAME, at_port(port, "HELD")).held for port in range(5)]
    assert held == [0, depth, depth, 0, 8]
    status = live_mesh.do(NAME, lambda r: r.PORT[1].STATUS.read())
    assert (status.partner, status.credited, status.open, status.shallow) == (1, 1, 1, 0)


def test_a_router_waits_for_its_neighbours(mesh: Chip, climber: Climber, wire_to: type[Wire]) -> None:
    """A router whose neighbour does not come waits for its credits and says which are missing; later both come up."""
    sim = SimChip(mesh)
    outcome = climber(lambda block: block.up(), [NAME, "router[1][0]"]).run(wire_to(sim))[NAME]
    assert isinstance(outcome, Fault)
    assert (outcome.rung, outcome.cause, outcome.register) == ("credited", Cause.LATE, "CREDITED")
    assert outcome.wanted == "north=0x0, east=0x1, south=0x1, west=0x0, local=0x1"
    assert outcome.last.startswith("north=0x0, east=0x0, south=0x1, west=0x0, local=0x1")
    outcomes = climber(lambda block: block.up(), mesh.instances).run(wire_to(sim))
    assert all(isinstance(outcome, Climbed) for outcome in outcomes.values())
    assert sim.violations == []


def test_a_stuck_port_is_named_and_fails_its_router_alone(mesh: Chip, rising: Controller, wire_to: type[Wire]) -> None:
    """A port that never gets credits fails its own router, naming the port; the neighbour at it comes up."""
    sim = SimChip(mesh, overrides={NAME: {"stuck_port": 1}})
    outcomes = rising.run(wire_to(sim))
    fault = outcomes.pop(NAME)
    assert isinstance(fault, Fault)
    assert (fault.rung, fault.cause, fault.register) == ("credited", Cause.LATE, "CREDITED")
    assert "east=0x0, south=0x1" in fault.last
    assert all(isinstance(outcome, Climbed) for outcome in outcomes.values())
    assert sim.violations == []
    assert not sim.model(NAME).serves


def test_a_table_that_never_takes_effect_is_a_fault(mesh: Chip, rising: Controller, wire_to: type[Wire]) -> None:
    """A commit that does not end fails with what the table's status said."""
    sim = SimChip(mesh, overrides={NAME: {"commit_s": inf}})
    fault = rising.run(wire_to(sim))[NAME]
    assert isinstance(fault, Fault)
    assert (fault.rung, fault.register, fault.wanted) == ("settled", "ROUTE_STATUS", "busy=0x0")
    assert fault.last.startswith("busy=0x1")
    assert sim.violations == []


def test_a_port_with_bad_buffers_is_up_but_not_full(mesh: Chip, rising: Controller, wire_to: type[Wire]) -> None:
    """Half the buffers of one port: the router is up, its neighbour holds fewer credits, and `full` names the port."""
    sim = SimChip(mesh, overrides={NAME: {"bad_port": 2}})
    assert all(isinstance(outcome, Climbed) for outcome in rising.run(wire_to(sim)).values())
    model = sim.model("router[1][0]")
    assert model.registers.field("PORT[0].HELD.held").value == 8
    controller = type(rising)
    full = {name: Plan(mesh.instances[name].block.full()) for name in (NAME, "router[1][0]")}
    outcomes = controller(full, dict.fromkeys(full, ())).run(wire_to(sim))
    fault = outcomes[NAME]
    assert isinstance(fault, Fault)
    assert (fault.rung, fault.register) == ("deep", "SHALLOW")
    assert "south=0x1" in fault.last
    assert isinstance(outcomes["router[1][0]"], Climbed)


def at_port(port: int, register: str) -> Callable[[Any], Any]:
    """Return the read of one register of a port."""
    return lambda r: getattr(r.PORT[port], register).read()


def lose_east(hands: Hands) -> None:
    """Take away what stands at the east port."""
    hands.sim.model(NAME).inputs["east"].drive(Link())


def test_a_neighbour_that_goes_away_is_told(live_mesh: Hands) -> None:
    """An open port whose other end goes away raises the line, and then times out; the first error is captured."""
    lose_east(live_mesh)
    assert not live_mesh.sim.model(NAME).serves
    assert 0 in live_mesh.sim.raised
    status = live_mesh.do(NAME, lambda r: r.INTR_STATUS.read())
    assert (status.link_lost, status.timeout) == (1, 0)
    live_mesh.wait(4096e-9)
    assert live_mesh.do(NAME, lambda r: r.INTR_STATUS.read()).timeout == 1
    log = live_mesh.do(NAME, lambda r: r.ERR_LOG.read())
    assert (log.valid, log.error, log.port) == (1, ErrorE.LINK_LOST, PortE.EAST)
    lost_at = live_mesh.do(NAME, lambda r: r.ERR_LOG_CYCLE.read()).cycle
    assert live_mesh.do(NAME, lambda r: r.CYCLES.read()).count - lost_at == 4096


def test_a_neighbour_that_comes_back_in_time_does_not_time_out(
    live_mesh: Hands, rising: Controller, wire_to: type[Wire]
) -> None:
    """When the other end is back before the time-out, credits are counted anew, and the next climb clears the rest."""
    net = live_mesh.sim.model(NAME).inputs["east"]
    before = net.value
    lose_east(live_mesh)
    live_mesh.wait(1e-6)
    net.drive(before)
    live_mesh.wait(10e-6)
    assert live_mesh.sim.model(NAME).serves
    assert live_mesh.do(NAME, lambda r: r.INTR_STATUS.read()).timeout == 0
    outcome = rising.run(wire_to(live_mesh.sim))[NAME]
    assert isinstance(outcome, Climbed)
    assert outcome.acted == ("healthy",)
    assert live_mesh.broken == []
    assert live_mesh.sim.raised == frozenset()


def test_draining_lets_out_what_is_inside(live_mesh: Hands) -> None:
    """A router that drains takes nothing in at once and is idle a while later; isolating before that drops a packet."""
    model = live_mesh.sim.model(NAME)
    live_mesh.do(NAME, lambda r: r.CTRL.modify(drain=1))
    assert model.serves is False
    assert live_mesh.do(NAME, lambda r: r.STATUS.read()).idle == 0
    live_mesh.do(NAME, lambda r: r.CTRL.modify(drain=0))
    live_mesh.wait(10e-6)
    assert (live_mesh.sim.model(NAME).serves, live_mesh.do(NAME, lambda r: r.STATUS.read()).idle) == (True, 0)
    live_mesh.do(NAME, lambda r: r.CTRL.modify(drain=1))
    live_mesh.do(NAME, lambda r: r.PORT[1].CTRL.modify(isolate=1))
    live_mesh.wait(10e-6)
    assert live_mesh.do(NAME, lambda r: r.STATUS.read()).idle == 1
    live_mesh.do(NAME, lambda r: r.PORT[2].CTRL.modify(isolate=1))
    dropped = [live_mesh.do(NAME, at_port(port, "DROPPED")).count for port in (1, 2)]
    assert dropped == [1, 0]
    assert live_mesh.broken == []


def test_packets_are_counted_at_the_open_ports_in_turn(live_mesh: Hands) -> None:
    """Packets are counted at open ports, a read clears a port's count, and the sum counts only while it is asked to."""
    model = live_mesh.sim.model(NAME)
    for _ in range(6):
        assert model.carry(b"packet") == b"packet"
    packets = [live_mesh.do(NAME, at_port(port, "PACKETS")).count for port in range(5)]
    assert packets == [0, 2, 2, 0, 2]
    live_mesh.do(NAME, lambda r: r.CYCLES.read())
    live_mesh.wait(1e-6)
    assert live_mesh.do(NAME, lambda r: r.PORT[1].PACKETS.read()).count == 0
    live_mesh.do(NAME, lambda r: r.CTRL.modify(count=0))
    live_mesh.wait(1e-6)
    model.carry(b"packet")
    assert live_mesh.do(NAME, lambda r: r.PASSED.read()).count == 6
    assert live_mesh.do(NAME, lambda r: r.CYCLES.read()).count == 1000
    live_mesh.wait(1e-6)
    assert live_mesh.do(NAME, lambda r: r.CYCLES.read()).count == 0


def reconfigured(mesh: Chip, climber: Climber) -> Controller:
    """Return a controller that wants another configuration of one router."""
    block = mesh.instances[NAME].block
    other = Router(NAME, block.regs, evolve(block.config, depth=4, timeout_cycles=100, through=1))
    controller = climber(lambda one: one.up(), [])
    names = {name: mesh.instances[name].block for name in mesh.instances if name.startswith("router")}
    plans = {name: Plan((other if name == NAME else one).up()) for name, one in names.items()}
    return type(controller)(plans, dict.fromkeys(plans, ()))


def test_another_configuration_is_reached_as_long_as_nothing_is_frozen(
    mesh: Chip, climber: Climber, wire_to: type[Wire]
) -> None:
    """From each place on the way up another configuration is reached, or refused by the lock; no rule is broken."""
    sim, limit = SimChip(mesh, seed=9), 0
    up = climber(lambda block: block.up(), [name for name in mesh.instances if name.startswith("router")])
    other = reconfigured(mesh, climber)
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
        limit += 11
    assert ends == {"up", "configured"}
    assert sim.violations == []


def test_out_of_reset_it_offers_nothing(mesh: Chip) -> None:
    """Before it is enabled a router offers its neighbours nothing."""
    model = SimChip(mesh).model(NAME)
    assert isinstance(model, RouterModel)
    assert [net.value.ready for net in model.nets.values()] == [False] * 5


def test_a_time_out_of_nothing_never_comes(idle_mesh: Hands, rising: Controller, wire_to: type[Wire]) -> None:
    """With TIMEOUT.cycles = 0 an open port without another end is told once, and never times out."""
    block = idle_mesh.sim.chip.instances[NAME].block
    patient = Router(NAME, block.regs, evolve(block.config, timeout_cycles=0))
    plans = {**rising.plans, NAME: Plan(patient.up())}
    type(rising)(plans, rising.needs).run(wire_to(idle_mesh.sim))
    lose_east(idle_mesh)
    idle_mesh.wait(1e-3)
    status = idle_mesh.do(NAME, lambda r: r.INTR_STATUS.read())
    assert (status.link_lost, status.timeout) == (1, 0)


def test_a_commit_of_nothing_is_none(idle_mesh: Hands) -> None:
    """Writing 0 to the commit bit commits nothing, and a router with no open port counts no packet."""
    idle_mesh.do(NAME, lambda r: r.ROUTE_COMMIT.write(commit=0))
    assert idle_mesh.do(NAME, lambda r: r.ROUTE_STATUS.read()).busy == 0
    assert idle_mesh.sim.model(NAME).carry(b"stray") == b"stray"
    assert [idle_mesh.do(NAME, at_port(port, "PACKETS")).count for port in range(5)] == [0] * 5
    assert idle_mesh.broken == []
