"""Atlas in service under its workload, and one write that takes something away: a rule is broken, and traffic lost."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import pytest

from blocks.router.model import RouterModel
from blocks.router.regs import PortE
from blocks.sim import SimTransport
from blocks.sim.chip import SimChip
from registers.access import RegisterOp
from runtime import determinism
from runtime.bringup import bring_up
from runtime.climb import Climbed, Plan
from runtime.clock import VirtualClock
from runtime.summary import Summary
from tests.blocks.conftest import Controller, Hands, Wire
from tests.chips.test_atlas import CHIP, connected

CLUSTER = ("dma[0][0]", "dma[0][1]", "engine[0][0]", "engine[0][1]", "engine[0][2]", "engine[0][3]")
SOURCES = tuple(f"die[0].{name}" for name in CLUSTER)
EVERY_S = 0.2  # the longest period of a flow


@pytest.fixture
def live() -> Hands:
    """The chip in service, with traffic."""
    sim = SimChip(CHIP, seed=1, workload=True)
    connected(sim, 1)
    sim.advance(sim.now_s + 4 * EVERY_S)
    assert (sim.violations, sim.traffic["lost"]) == ([], 0)
    return Hands(sim)


def rest(sim: SimChip, names: Iterable[str]) -> None:
    """Bring blocks to rest, one behind the other."""
    for name in names:
        plans = {name: Plan(CHIP.instances[name].block.rest())}
        assert isinstance(Controller(plans, {name: ()}).run(Wire(sim))[name], Climbed)


def held(r: Any) -> RegisterOp[None]:
    op: RegisterOp[None] = r.RESET.write(noc=1, sram=1, core=1)
    return op


def off(r: Any) -> RegisterOp[None]:
    op: RegisterOp[None] = r.CTRL.write(soft_reset=0, enable=0, pause=0)
    return op


def halt(r: Any) -> RegisterOp[None]:
    op: RegisterOp[None] = r.CTRL.write(run=0)
    return op


# a write; the registers whose rules it breaks; packets lost in a second
TORN = [
    ("die[0].compute_crg[0]", held, {"die[0].compute_crg[0].RESET"}, 20 + 20 + 4 * 5),
    ("die[0].sys_crg", held, {"die[0].sys_crg.RESET"}, 4 * 20 + 8 * 20 + 16 * 5 + 2 * 20),
    ("die[0].dma[0][0]", off, {"die[0].dma[0][0].CTRL"}, 20),
    ("die[0].engine[0][0]", halt, set[str](), 5),
]


@pytest.mark.parametrize(("name", "write", "broken", "lost"), TORN, ids=[name for name, *_ in TORN])
def test_what_is_taken_away_in_service_breaks_rules_and_loses_traffic(
    live: Hands, name: str, write: Callable[[Any], RegisterOp[None]], broken: set[str], lost: int
) -> None:
    """One write to an atlas in service: its rule is broken, and each packet that was due since then is lost."""
    live.do(name, write)
    assert {f"{v.block}.{v.register}" for v in live.sim.violations} >= broken
    live.sim.advance(live.sim.now_s + 1.0)
    assert live.sim.traffic["lost"] >= lost - 4
    told = {v.block for v in live.sim.violations if v.rule.startswith("traffic lost")}
    assert told
    if not broken:
        assert told == {name}


def test_a_cluster_brought_to_rest_in_order_loses_nothing(live: Hands) -> None:
    """Its sources at rest, then its generator: no rule is broken and no packet lost; nor when it all comes back."""
    rest(live.sim, [*SOURCES, "die[0].compute_crg[0]"])
    live.sim.advance(live.sim.now_s + 1.0)
    assert (live.sim.violations, live.sim.traffic["lost"]) == ([], 0)
    again = connected(live.sim, 1)
    assert (again.well, len(again.up)) == (True, len(CHIP.instances))
    sent = live.sim.traffic["sent"]
    live.sim.advance(live.sim.now_s + 1.0)
    assert live.sim.traffic["sent"] > sent + 500
    assert live.sim.traffic["lost"] == live.sim.traffic["corrupt"] == 0


@pytest.mark.parametrize("rested", [False, True], ids=["in service", "at rest"])
def test_a_chip_that_is_reset_owes_what_was_due(live: Hands, rested: bool) -> None:
    """From a reset of the chip on each packet that is due is lost, but for those of sources that rested before."""
    own = {flow.source: 1 / flow.period_s for flow in CHIP.flows}
    if rested:
        rest(live.sim, SOURCES)
        live.sim.advance(live.sim.now_s + 1.0)
    live.sim.power_on()
    live.sim.advance(live.sim.now_s + 1.0)
    due = sum(packets for source, packets in own.items() if not (rested and source in SOURCES))
    assert live.sim.traffic["lost"] == pytest.approx(due, abs=len(own))

    async def main() -> Summary:
        return await bring_up(CHIP, SimTransport(live.sim), seed=1)

    assert len(determinism.run(main, seed=1, clock=VirtualClock()).up) == len(CHIP.instances)
    live.sim.advance(live.sim.now_s + 1.0)
    before = live.sim.traffic
    live.sim.advance(live.sim.now_s + 8 * EVERY_S)
    assert live.sim.traffic["lost"] == before["lost"]
    assert live.sim.traffic["checked"] > before["checked"]


def test_a_wrong_route_loses_the_packets_that_take_it(live: Hands) -> None:
    """The table of one router sends one node's packets back: they are lost, told with the node, and others not."""
    name = "die[0].router[1][1]"
    router = live.sim.model(name)
    assert isinstance(router, RouterModel)
    wrong = [PortE.WEST if node == 7 else route.value for node, route in enumerate(router.routes)]
    router.lead(wrong)
    live.sim.advance(live.sim.now_s + 1.0)
    told = [violation for violation in live.sim.violations if "node 7" in violation.rule]
    assert told
    assert told == live.sim.violations
    assert {violation.block for violation in told} <= {name, "die[0].router[1][0]"}
    assert 40 <= live.sim.traffic["lost"] <= 60
    assert sum(router.ports[port].dropped.value for port in range(5)) > 0
