"""The clock and reset generator: its driver keeps every rule of its model, and the model notices each one broken."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import pytest

from blocks.crg.driver import CrgConfig
from blocks.crg.regs import CrgRegs, SourceE
from blocks.model import Clock, Domain
from blocks.sim.chip import SimChip
from registers.access import RegisterOp

if TYPE_CHECKING:
    from blocks.chip import Chip
    from tests.blocks.conftest import Controller, Hands, Wire

Op = Callable[[CrgRegs], RegisterOp[Any]]
Broken = list[tuple[str, str]]

SETTLED_S = 10e-6  # multiplexer and synchronisers of mini are through by then


def select(source: SourceE) -> Op:
    return lambda r: r.CLK_SEL.write(source=source)


def divide(divider: int) -> Op:
    return lambda r: r.CLK_DIV.write(divider=divider)


def gate(**domains: bool) -> Op:
    return lambda r: r.CLK_GATE.modify(**domains)


def hold(**domains: bool) -> Op:
    return lambda r: r.RESET.modify(**domains)


OPEN = gate(noc=True, sram=True, core=True)

# From reset, with a PLL that has lock: operations, and the rules that they break.
FROM_RESET: list[tuple[Sequence[Op | float], Broken]] = [
    ([select(SourceE.PLL), SETTLED_S, OPEN], []),
    ([OPEN, hold(noc=False), SETTLED_S, hold(sram=False), SETTLED_S, hold(core=False)], []),
    ([divide(4), select(SourceE.PLL), SETTLED_S, OPEN], []),
    ([divide(0)], [("CLK_DIV", "divider is 0")]),
    (
        [select(SourceE.PLL), select(SourceE.REFERENCE)],
        [("CLK_SEL", "source changed while the multiplexer switches")],
    ),
    (
        [select(SourceE.PLL), gate(noc=True)],
        [("CLK_GATE", "gate of noc opened on a clock that is not there")],
    ),
    ([hold(noc=False)], [("RESET", "noc released without a clock")]),
    ([OPEN, hold(noc=False), SETTLED_S, hold(sram=False)], []),
    ([OPEN, hold(sram=False)], [("RESET", "sram released while noc is in reset")]),
    (
        [OPEN, hold(noc=False), hold(sram=False)],
        [("RESET", "sram released while noc is in reset")],
    ),
    (
        [OPEN, hold(noc=False), SETTLED_S, hold(sram=False), hold(core=False)],
        [("RESET", "core released while sram is in reset")],
    ),
    (
        [OPEN, hold(noc=False, sram=False, core=False)],
        [
            ("RESET", "sram released while noc is in reset"),
            ("RESET", "core released while noc is in reset"),
            ("RESET", "core released while sram is in reset"),
        ],
    ),
    ([OPEN, hold(noc=False), hold(noc=True), OPEN], []),
]  # fmt: skip

# In service.
IN_SERVICE: list[tuple[Op, Broken]] = [
    (select(SourceE.REFERENCE), [("CLK_SEL", "source changed under the open gates of noc, sram, core")]),
    (select(SourceE.PLL), []),
    (divide(3), [("CLK_DIV", "divider changed under the open gates of noc, sram, core")]),
    (divide(4), []),
    (gate(core=False), [("CLK_GATE", "gate of core shut while the domain runs")]),
    (hold(core=True), []),
    (hold(sram=True), [("RESET", "sram held while core runs")]),
    (hold(noc=True), [("RESET", "noc held while sram runs"), ("RESET", "noc held while core runs")]),
    (hold(noc=True, sram=True, core=True), []),
]


def rules(hands: Hands, block: str) -> Broken:
    assert all(v.block == block for v in hands.sim.violations)
    return [(v.register, v.rule) for v in hands.sim.violations]


@pytest.fixture
def clocked(mini: Chip, hands_on: type[Hands]) -> Hands:
    """Mini, just powered on, with refpll locked and driving: the clock of sys_crg."""
    hands = hands_on(SimChip(mini))
    hands.do("refpll", lambda r: r.CTRL.modify(power_down=0))
    hands.wait(150e-6)
    hands.do("refpll", lambda r: r.CTRL.modify(bypass=0))
    return hands


@pytest.mark.parametrize(("steps", "broken"), FROM_RESET)
def test_rules_from_reset(clocked: Hands, steps: Sequence[Op | float], broken: Broken) -> None:
    """Each rule on the way up is noticed when it is broken, and not when it is kept."""
    for step in steps:
        if callable(step):
            clocked.do("sys_crg", step)
        else:
            clocked.wait(step)
    assert rules(clocked, "sys_crg") == broken


@pytest.mark.parametrize(("op", "broken"), IN_SERVICE)
def test_rules_in_service(live: Hands, op: Op, broken: Broken) -> None:
    """Each change that would disturb a cluster that runs is noticed, and nothing else is."""
    live.do("io_crg[0]", op)
    assert rules(live, "io_crg[0]") == broken


def test_a_pll_without_lock_is_not_selected(fresh: Hands) -> None:
    """Selecting a PLL that has no lock, or is bypassed, is a violation."""
    fresh.do("sys_crg", select(SourceE.PLL))
    assert fresh.broken == [("sys_crg.CLK_SEL", "a PLL selected that is not locked")]


def test_switching_and_release_take_their_time(clocked: Hands) -> None:
    """The multiplexer and the synchronisers say that they are under way, and then that they are through."""
    clocked.do("sys_crg", select(SourceE.PLL))
    clocked.wait(1.5e-6)
    status = clocked.do("sys_crg", lambda r: r.STATUS.read())
    assert (status.source, status.switching) == (SourceE.REFERENCE, 1)
    clocked.wait(1e-6)
    status = clocked.do("sys_crg", lambda r: r.STATUS.read())
    assert (status.source, status.switching) == (SourceE.PLL, 0)
    clocked.do("sys_crg", OPEN)
    clocked.do("sys_crg", hold(noc=False))
    clocked.wait(0.7e-6)
    assert clocked.do("sys_crg", lambda r: r.RESET_STATUS.read()).noc == 1
    clocked.wait(0.6e-6)
    assert clocked.do("sys_crg", lambda r: r.RESET_STATUS.read()).noc == 0


def test_a_multiplexer_waits_for_both_clocks(clocked: Hands) -> None:
    """A switch to a PLL that has stopped does not end until the PLL runs again."""
    clocked.do("sys_crg", select(SourceE.PLL))
    clock = clocked.sim.model("sys_crg").inputs["clock"]
    clock.drive(Clock())
    clocked.wait(1.0)
    assert clocked.do("sys_crg", lambda r: r.STATUS.read()).switching == 1
    clock.drive(Clock(100e6, stable=True, locked=True))
    clocked.wait(SETTLED_S)
    assert clocked.do("sys_crg", lambda r: r.STATUS.read()).source == SourceE.PLL


def test_a_lost_clock_is_remembered_and_takes_the_domains_with_it(live: Hands) -> None:
    """When the selected clock goes, the domains lose it; the loss sticks and holds the line until it is cleared."""
    crg = live.sim.model("crg[3]")
    assert {name: net.value for name, net in crg.nets.items()} == dict.fromkeys(("noc", "sram", "core"), Domain())
    crg.inputs["clock"].drive(Clock(1e9, stable=False))
    assert {net.value.clocked for net in crg.nets.values()} == {False}
    crg.inputs["clock"].drive(Clock(1e9, stable=True, locked=True))
    assert {net.value.clocked for net in crg.nets.values()} == {True}
    status = live.do("crg[3]", lambda r: r.STATUS.read())
    assert (status.clock_lost, status.toggling) == (1, 1)
    assert live.sim.raised == {9}
    live.do("crg[3]", lambda r: r.STATUS.write(clock_lost=1))
    assert live.sim.raised == frozenset()


def test_the_driver_shuts_a_cluster_before_it_changes_its_clock(
    live: Hands, bringing_up: Controller, wire_to: type[Wire]
) -> None:
    """A cluster whose divider was changed is shut, set right and brought up again, without breaking a rule."""
    shut = live.sim.chip.instances["io_crg[0]"].block.regs
    live.do("io_crg[0]", lambda _: shut.RESET.write(noc=1, sram=1, core=1))
    live.do("io_crg[0]", lambda _: shut.CLK_GATE.write(noc=0, sram=0, core=0))
    live.do("io_crg[0]", divide(7))
    live.do("io_crg[0]", OPEN)
    wire = wire_to(live.sim)
    bringing_up.run(wire)
    assert live.do("io_crg[0]", lambda r: r.CLK_DIV.read()).divider == 4
    assert wire.writes > 0
    assert live.broken == []


def test_a_domain_in_reset_loses_its_registers(live: Hands) -> None:
    """Blocks in a domain that is reset are as after power-on when it is released again."""
    live.do("sys_crg", hold(noc=True, sram=True, core=True))
    live.do("sys_crg", hold(noc=False))
    live.wait(SETTLED_S)
    assert live.do("pll[2]", lambda r: r.CTRL.read()).power_down == 1
    assert live.do("crg[2]", lambda r: r.RESET.read()).core == 1
    assert live.broken == []


def test_a_divider_outside_its_bits_is_no_configuration() -> None:
    """A configuration outside what the generator can do is refused before any register is written."""
    with pytest.raises(ValueError, match=r"divider is 16; expected 1\.\.15"):
        CrgConfig(divider=16)
