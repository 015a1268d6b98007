"""The router's rules: its model notices each one that is broken, and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import pytest

from blocks.router.regs import PortE, RouterRegs
from registers.access import RegisterOp

if TYPE_CHECKING:
    from tests.blocks.conftest import Hands

Op = Callable[[RouterRegs], RegisterOp[Any]]
Broken = list[tuple[str, str]]

NAME = "router[0][0]"  # the north-west corner: it has an east and a south neighbour
SOON = 5e-6  # by then a commit is in effect, and credits are there
NORTH, EAST, SOUTH, LOCAL = PortE.NORTH, PortE.EAST, PortE.SOUTH, PortE.LOCAL
OPEN = "east, south, local"
LOCKED = "locked: written while its lock is closed"


def enable(port: PortE, on: bool = True) -> Op:
    return lambda r: r.PORT[port].CTRL.modify(enable=on)


def isolate(port: PortE, on: bool = True) -> Op:
    return lambda r: r.PORT[port].CTRL.modify(isolate=on)


def route(node: int, port: PortE) -> Op:
    return lambda r: r.ROUTE[node].write(port=port)


def drain(on: bool = True) -> Op:
    return lambda r: r.CTRL.modify(drain=on)


def commit(r: RouterRegs) -> RegisterOp[Any]:
    return r.ROUTE_COMMIT.write(commit=1)


def reset_credits(port: PortE) -> Op:
    return lambda r: r.PORT[port].CTRL.modify(reset_credits=1)


ROUTED: list[Op | float] = [route(0, LOCAL), commit, SOON]
CREDITED: list[Op | float] = [*ROUTED, enable(LOCAL), SOON]
PASSING: list[Op | float] = [*CREDITED, isolate(LOCAL, False), drain(False)]  # and nothing is locked

# From power-on, while the neighbours are idle: operations, and the rules that they break.
FROM_RESET: list[tuple[Sequence[Op | float], Broken]] = [
    (PASSING, []),
    ([*PASSING, drain(), isolate(LOCAL), enable(LOCAL, False), route(0, NORTH), route(0, LOCAL), commit], []),
    ([*CREDITED, reset_credits(LOCAL), SOON, isolate(LOCAL, False)], []),
    ([*CREDITED, reset_credits(LOCAL), isolate(LOCAL, False)], [("PORT[4].CTRL", "port local opened without credits")]),
    ([enable(LOCAL)], [("PORT[4].CTRL", "port local enabled before routes were committed")]),
    ([*ROUTED, enable(NORTH)], [("PORT[0].CTRL", "port north enabled, where nothing is connected")]),
    ([*ROUTED, enable(EAST), SOON, isolate(EAST, False)], [("PORT[1].CTRL", "port east opened without credits")]),
    ([isolate(LOCAL, False)], [("PORT[4].CTRL", "port local opened without credits")]),
    ([commit], [("ROUTE_COMMIT", "routes committed that do not end at the router's own node, 0")]),
    (
        [route(0, LOCAL), route(4, NORTH), commit],
        [("ROUTE_COMMIT", "routes committed that lead node 4 to where nothing is connected")],
    ),
    ([route(0, LOCAL), commit, commit], [("ROUTE_COMMIT", "routes committed while a commit is under way")]),
    ([route(0, LOCAL), commit, route(1, EAST)], [("ROUTE[1]", "route changed while a commit is under way")]),
    ([route(0, LOCAL), commit, route(0, LOCAL)], []),
    ([lambda r: r.PORT[1].CREDITS.write(depth=0)], [("PORT[1].CREDITS", "port east offers no buffers")]),
    ([lambda r: r.PORT[1].CREDITS.write(depth=64)], []),
    (
        [*CREDITED, lambda r: r.PORT[4].CREDITS.write(depth=9)],
        [("PORT[4].CREDITS", "buffers of port local changed while it is enabled")],
    ),
    ([lambda r: r.LOCK.write(config=1)], [("LOCK", "locked before routes were committed")]),
    ([*PASSING, lambda r: r.TIMEOUT.write(cycles=1)], [("TIMEOUT", "TIMEOUT changed while ports are open: local")]),
    ([*PASSING, lambda r: r.TIMEOUT.write(cycles=0x400)], []),
    (
        [*PASSING, lambda r: r.ARBITER.write(through=2, local=1)],
        [("ARBITER", "ARBITER changed while ports are open: local")],
    ),
    (
        [*PASSING, lambda r: r.POSITION.write(row=1, column=0)],
        [("POSITION", "POSITION changed while ports are open: local")],
    ),
    ([*PASSING, route(1, EAST)], [("ROUTE[1]", "ROUTE[1] changed while ports are open: local")]),
    (
        [*PASSING, isolate(LOCAL)],
        [("PORT[4].CTRL", "port local isolated while the router takes packets in: drain first")],
    ),
]

# In service.
IN_SERVICE: list[tuple[Sequence[Op], Broken]] = [
    ([isolate(EAST)], [("PORT[1].CTRL", "port east isolated while the router takes packets in: drain first")]),
    ([drain(), isolate(EAST)], []),
    ([drain(), enable(EAST, False)], [("PORT[1].CTRL", "port east disabled while it is open")]),
    ([drain(), isolate(EAST), enable(EAST, False)], []),
    (
        [drain(), lambda r: r.PORT[1].CTRL.write(enable=0, isolate=1)],
        [("PORT[1].CTRL", "port east disabled while it is open")],
    ),
    ([reset_credits(SOUTH)], [("PORT[2].CTRL", "credits of port south reset while it is open")]),
    ([commit], [("ROUTE_COMMIT", f"routes committed while ports are open: {OPEN}")]),
    ([lambda r: r.TEST.write(flip=1)], [("TEST", f"TEST changed while ports are open: {OPEN}")]),
    ([route(1, NORTH)], [("ROUTE[1].port", LOCKED)]),
    ([route(1, EAST)], []),
    ([lambda r: r.TIMEOUT.write(cycles=1)], [("TIMEOUT.cycles", LOCKED)]),
    ([lambda r: r.POSITION.write(row=3, column=0)], [("POSITION.row", LOCKED)]),
    ([lambda r: r.ARBITER.write(through=4, local=2)], [("ARBITER.local", LOCKED)]),
    ([lambda r: r.PORT[1].CREDITS.write(depth=1)], [("PORT[1].CREDITS.depth", LOCKED)]),
    ([lambda r: r.LOCK.write(config=0), lambda r: r.TIMEOUT.write(cycles=1)], [("TIMEOUT.cycles", LOCKED)]),
    ([lambda r: r.LOCK.write(config=1)], []),
    ([lambda r: r.CTRL.modify(count=0)], []),
    ([lambda r: r.INTR_ENABLE.write(link_lost=0, timeout=0, parity=0)], []),
    ([lambda r: r.PORT[1].PACKETS.read(), lambda r: r.PORT[1].DROPPED.read(), lambda r: r.CYCLES.read()], []),
]


def broken_at(hands: Hands) -> Broken:
    """Return what was violated at the router under test; nothing else may have been."""
    assert {v.block for v in hands.sim.violations} <= {NAME}
    return [(v.register, v.rule) for v in hands.sim.violations]


@pytest.mark.parametrize(("steps", "broken"), FROM_RESET)
def test_rules_from_reset(idle_mesh: Hands, steps: Sequence[Op | float], broken: Broken) -> None:
    """Each rule on the way up is noticed when it is broken, and not when it is kept."""
    for step in steps:
        if callable(step):
            idle_mesh.do(NAME, step)
        else:
            idle_mesh.wait(step)
    assert broken_at(idle_mesh) == broken


@pytest.mark.parametrize(("ops", "broken"), IN_SERVICE)
def test_rules_in_service(live_mesh: Hands, ops: Sequence[Op], broken: Broken) -> None:
    """Each change that would disturb a router which passes packets is noticed, and nothing else is."""
    for op in ops:
        live_mesh.do(NAME, op)
    assert broken_at(live_mesh) == broken


def test_a_lock_is_opened_by_a_reset(live_mesh: Hands) -> None:
    """A locked register holds what it held until the router is reset, and takes writes again then."""
    live_mesh.do(NAME, lambda r: r.TIMEOUT.write(cycles=1))
    assert live_mesh.do(NAME, lambda r: r.TIMEOUT.read()).cycles == 4096
    live_mesh.sim.violations.clear()
    live_mesh.sim.power_on()
    live_mesh.do(NAME, lambda r: r.TIMEOUT.write(cycles=1))
    assert live_mesh.do(NAME, lambda r: r.TIMEOUT.read()).cycles == 1
    assert live_mesh.broken == []
