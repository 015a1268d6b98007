"""A packet goes where the route tables in effect lead it, and is lost where they lead it astray."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from blocks.chip import Flow
from blocks.router.driver import Router, RouterConfig
from blocks.router.model import RouterModel
from blocks.router.regs import PortE
from blocks.sim.workload import HOPS_MAX, Stream, Way
from runtime.climb import Climbed, Plan
from tests.blocks.mesh.test_mesh import reset

if TYPE_CHECKING:
    from tests.blocks.conftest import Controller, Hands, Wire

Routes = Callable[["Hands", str, "dict[int, PortE]"], None]


class Shelf:
    """An end of a flow, which nobody reaches here."""

    def store(self, slot: int, data: bytes) -> None: ...

    def fetch(self, slot: int) -> bytes | None: ...


class Bent(RouterConfig):
    """As it should be, but for some routes."""

    bends: dict[int, PortE]

    @property
    def routes(self) -> tuple[PortE, ...]:
        return tuple(self.bends.get(node, port) for node, port in enumerate(super().routes))


@pytest.fixture
def bend(bringing_up: Controller, wire_to: type[Wire]) -> Routes:
    """Reset one router, and bring it up with other routes to some nodes, as a driver that is wrong would."""

    def change(hands: Hands, name: str, bends: dict[int, PortE]) -> None:
        old = hands.sim.chip.instances[name].block
        kind = type("Bends", (Bent,), {"bends": bends})
        config = kind(row=old.config.row, column=old.config.column, rows=2, columns=2)
        plan = Plan(Router(name, old.regs, config).up())
        reset(hands.sim, name)
        outcome = type(bringing_up)({name: plan}, {name: ()}).run(wire_to(hands.sim))
        assert isinstance(outcome[name], Climbed)
        hands.wait(10e-6)

    return change


def way(hands: Hands, *names: str) -> Way:
    """Return the way of a packet of dma[0] by some routers."""
    models = tuple(hands.sim.model(name) for name in ("dma[0]", *names))
    return Stream(Flow("dma[0]", names, "", 1.0, 1), models, Shelf(), 0).way()


def names(found: Way) -> list[str]:
    return [model.name for model, _ in found.hops]


def test_a_packet_goes_along_the_row_and_then_along_the_column(live_mesh: Hands) -> None:
    """With the routes that the driver commits it gets from corner to corner, past the router between."""
    found = way(live_mesh, "router[0][0]", "router[1][1]")
    assert names(found) == ["dma[0]", "router[0][0]", "router[0][1]", "router[1][1]"]
    assert (found.astray, found.blocked) == ("", None)


def test_another_table_leads_it_another_way(live_mesh: Hands, bend: Routes) -> None:
    """Routes that go along the column first are as good, and the packet takes them."""
    bend(live_mesh, "router[0][0]", {5: PortE.SOUTH})
    found = way(live_mesh, "router[0][0]", "router[1][1]")
    assert names(found) == ["dma[0]", "router[0][0]", "router[1][0]", "router[1][1]"]
    assert (found.astray, found.blocked) == ("", None)


@pytest.mark.parametrize(
    ("bends", "last", "hops", "why"),
    [
        ({5: PortE.NONE}, "router[0][1]", 2, "packets to node 5 nowhere"),
        ({5: PortE.LOCAL}, "router[0][1]", 2, "packets to node 5 leave at node 1"),
        ({5: PortE.WEST}, "router[0][1]", HOPS_MAX, "tables make a circle"),
    ],
)
def test_a_wrong_table_loses_it_at_its_router(
    live_mesh: Hands, bend: Routes, bends: dict[int, PortE], last: str, hops: int, why: str
) -> None:
    """Led nowhere, to another node or in a circle, a packet gets no further than that, and it is said why."""
    bend(live_mesh, "router[0][1]", bends)
    found = way(live_mesh, "router[0][0]", "router[1][1]")
    assert names(found)[-1] == last
    assert len(found.hops) == 1 + hops
    assert why in found.astray
    assert way(live_mesh, "router[0][0]", "router[0][1]").astray == ""


def test_what_is_not_committed_leads_nobody(live_mesh: Hands) -> None:
    """A table that was written and not committed is in nobody's way."""
    live_mesh.sim.model("router[0][1]").registers.field("ROUTE[5].port").force(PortE.WEST)
    assert way(live_mesh, "router[0][0]", "router[1][1]").astray == ""


def test_a_router_out_of_service_stops_it(live_mesh: Hands) -> None:
    """The way ends at the first router that does not serve: that one is to blame."""
    reset(live_mesh.sim, "router[0][1]")
    found = way(live_mesh, "router[0][0]", "router[1][1]")
    assert found.blocked is not None
    assert found.blocked.name == "router[0][0]"  # its own port has lost its other end
    assert way(live_mesh, "router[0][1]", "router[1][1]").blocked is live_mesh.sim.model("router[0][1]")


def test_a_packet_counts_at_the_port_where_it_leaves(live_mesh: Hands) -> None:
    """The counter of the port that the table says goes up by one; a lost one is counted there as dropped."""
    router = live_mesh.sim.model("router[0][0]")
    assert isinstance(router, RouterModel)
    before = [port.packets.value for port in router.ports]
    assert router.forward(b"packet", 5) == b"packet"
    after = [port.packets.value for port in router.ports]
    assert [now - was for was, now in zip(before, after, strict=True)] == [0, 1, 0, 0, 0]
    router.lose(5)
    assert [port.dropped.value for port in router.ports] == [0, 1, 0, 0, 0]
