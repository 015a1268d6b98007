"""The clock and reset generator: its driver keeps every rule of its model, and the model notices each one broken."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import pytest

from blocks.crg.driver import CrgConfig
from blocks.crg.regs import CrgRegs, PointE, SourceE
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


def divide_domains(noc: int, sram: int, core: int) -> Op:
    return lambda r: r.DOMAIN_DIV.write(noc=noc, sram=sram, core=core)


def monitor(on: bool) -> Op:
    return lambda r: r.CTRL.modify(monitor=on)


def count_for(window: int) -> Op:
    return lambda r: r.MONITOR.write(point=PointE.SELECTED, window=window)


def pulse(*, noc: bool = False, sram: bool = False, core: bool = False) -> Op:
    return lambda r: r.SOFT_RESET.write(noc=noc, sram=sram, core=core)


def scan(on: bool) -> Op:
    return lambda r: r.TEST.write(open_gates=on, observe=0)


def fewest(count: int) -> Op:
    return lambda r: r.COUNT_MIN.write(count=count)


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
    ([divide_domains(1, 2, 15), OPEN], []),
    ([divide_domains(1, 0, 1)], [("DOMAIN_DIV", "divider of sram is 0")]),
    ([gate(sram=True), divide_domains(2, 1, 2)], []),
    ([gate(sram=True), divide_domains(1, 2, 1)], [("DOMAIN_DIV", "divider of sram changed under its open gate")]),
    ([scan(on=True), divide_domains(1, 2, 1)], [("DOMAIN_DIV", "divider of sram changed under its open gate")]),
    ([scan(on=True), divide(2)], [("CLK_DIV", "divider changed under the open gates of noc, sram, core")]),
    ([scan(on=True), hold(noc=False), SETTLED_S, scan(on=False)], []),
    ([OPEN, hold(noc=False), scan(on=True)], [("TEST", "every gate opened while noc runs")]),
    ([monitor(on=True), SETTLED_S, OPEN], []),
    ([fewest(65), monitor(on=True), OPEN], []),
    (
        [fewest(65), monitor(on=True), SETTLED_S, gate(sram=True)],
        [("CLK_GATE", "gate of sram opened on a clock that is out of range")],
    ),
    ([monitor(on=True), count_for(5)], [("MONITOR", "MONITOR changed while the monitor counts")]),
    ([monitor(on=True), fewest(5)], [("COUNT_MIN", "COUNT_MIN changed while the monitor counts")]),
    (
        [monitor(on=True), lambda r: r.COUNT_MAX.write(count=5)],
        [("COUNT_MAX", "COUNT_MAX changed while the monitor counts")],
    ),
    ([count_for(0)], [("MONITOR", "the monitor has a window of 0")]),
    ([pulse(core=True)], [("SOFT_RESET", "core pulsed while it is held")]),
]  # fmt: skip

# In service, of a generator that nobody froze.
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
    (divide_domains(2, 1, 1), [("DOMAIN_DIV", "divider of noc changed under its open gate")]),
    (count_for(7), [("MONITOR", "MONITOR changed while the monitor counts")]),
    (pulse(core=True), []),
    (pulse(sram=True), [("SOFT_RESET", "sram pulsed while core runs")]),
    (
        pulse(noc=True),
        [("SOFT_RESET", "noc pulsed while sram runs"), ("SOFT_RESET", "noc pulsed while core runs")],
    ),
    (scan(on=True), [("TEST", "every gate opened while noc, sram, core runs")]),
    (lambda r: r.TEST.write(open_gates=0, observe=3), []),
    (lambda r: r.SCRATCH.write(value=3), []),
]

# In service: a write, and the fields that are locked against it.
FROZEN: list[tuple[Op, set[str]]] = [
    (divide(3), {"CLK_DIV.divider"}),
    (divide_domains(2, 3, 4), {"DOMAIN_DIV.noc", "DOMAIN_DIV.sram", "DOMAIN_DIV.core"}),
    (lambda r: r.SWITCH_LIMIT.write(cycles=3), {"SWITCH_LIMIT.cycles"}),
    (lambda r: r.MONITOR.write(point=PointE.CORE, window=3), {"MONITOR.point", "MONITOR.window"}),
    (fewest(7), {"COUNT_MIN.count"}),
    (lambda r: r.COUNT_MAX.write(count=7), {"COUNT_MAX.count"}),
    (lambda r: r.CTRL.modify(watchdog=0), {"CTRL.watchdog"}),
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
def test_rules_in_service(thawed: Hands, op: Op, broken: Broken) -> None:
    """Each change that would disturb a cluster that runs is noticed, and nothing else is."""
    thawed.do("io_crg[0]", op)
    assert rules(thawed, "io_crg[0]") == broken


@pytest.mark.parametrize(("op", "fields"), FROZEN)
def test_what_is_frozen_takes_no_write(live: Hands, op: Op, fields: set[str]) -> None:
    """What clocks a cluster in service is frozen: a write is a violation, changes nothing, and the cluster runs on."""
    read = live.sim.model("io_crg[0]").registers.read
    words = [read(offset) for offset in range(0, 0x74, 4)]
    live.do("io_crg[0]", op)
    assert {place for place, _ in rules(live, "io_crg[0]")} == fields
    assert {rule for _, rule in rules(live, "io_crg[0]")} == {"locked: written while its lock is closed"}
    assert [read(offset) for offset in range(0, 0x74, 4)] == words
    assert live.sim.model("io_crg[0]").serves


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
    live.do("crg[3]", lambda r: r.STATUS.write(clock_lost=1, switch_late=0, out_of_range=0))
    assert live.sim.raised == frozenset()


def test_the_driver_shuts_a_cluster_before_it_changes_its_clock(
    thawed: Hands, bringing_up: Controller, wire_to: type[Wire]
) -> None:
    """A cluster whose divider was changed is shut, set right and brought up again, without breaking a rule."""
    shut = thawed.sim.chip.instances["io_crg[0]"].block.regs
    thawed.do("io_crg[0]", monitor(on=False))
    thawed.do("io_crg[0]", lambda _: shut.RESET.write(noc=1, sram=1, core=1))
    thawed.do("io_crg[0]", lambda _: shut.CLK_GATE.write(noc=0, sram=0, core=0))
    thawed.do("io_crg[0]", divide(7))
    thawed.do("io_crg[0]", OPEN)
    wire = wire_to(thawed.sim)
    bringing_up.run(wire)
    assert thawed.do("io_crg[0]", lambda r: r.CLK_DIV.read()).divider == 4
    assert wire.writes > 0
    assert thawed.broken == []


def test_a_domain_in_reset_loses_its_registers(live: Hands) -> None:
    """Blocks in a domain that is reset are as after power-on when it is released again; those in service mind it."""
    live.do("sys_crg", hold(noc=True, sram=True, core=True))
    live.do("sys_crg", hold(noc=False))
    live.wait(SETTLED_S)
    assert live.do("pll[2]", lambda r: r.CTRL.read()).power_down == 1
    assert live.do("crg[2]", lambda r: r.RESET.read()).core == 1
    assert live.broken == [("sys_crg.RESET", "noc held while in service: pll[0], pll[1], pll[2] and 6 more")]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"divider": 16}, r"divider is 16; expected 1\.\.15"),
        ({"sram_divider": 0}, r"sram_divider is 0; expected 1\.\.15"),
        ({"clock_hz": 4e9}, "clock_hz is 4000000000.0"),
        ({"off_percent": 0.0}, "off_percent is 0.0"),
        ({"reference_hz": 1e6}, "reference_hz is 1000000.0"),
        ({"window": 256}, "window is 256; expected 1..255"),
    ],
)
def test_what_no_generator_can_do_is_no_configuration(values: dict[str, Any], message: str) -> None:
    """A configuration outside what the generator can do is refused before any register is written."""
    with pytest.raises(ValueError, match=message):
        CrgConfig(**values)
