"""The clock and reset generator: its monitor and watchdog, how it fails, what it counts, and what frozen means."""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from attrs import evolve

from blocks.crg.driver import Crg, CrgConfig
from blocks.crg.regs import CauseE, CrgRegs, PointE, SourceE
from blocks.model import Clock
from blocks.sim.chip import SimChip
from registers.compile import compile_rdl
from registers.lint import lint
from runtime.climb import Climbed, Plan
from runtime.fault import Cause, Fault

if TYPE_CHECKING:
    from blocks.chip import Chip
    from tests.blocks.conftest import Controller, Hands, Wire

    Alone = Callable[[Any], Controller]

CRG = "io_crg[1]"  # 250 MHz of 1 GHz
LINE = 12
RDL = Path(__file__).parents[2] / "blocks" / "crg" / "crg.rdl"
FAST = Clock(1.2e9, stable=True, locked=True)


def another(chip: Chip, **values: object) -> Crg:
    """Return the generator with another configuration."""
    block = chip.instances[CRG].block
    return Crg(CRG, block.regs, evolve(block.config, **values))


def resets_of(index: int) -> Callable[[CrgRegs], Any]:
    """Return the read of how often a domain was reset."""
    return lambda r: r.RESETS[index].read()


FAULTS: list[tuple[dict[str, object], str, Cause, str, str]] = [
    # parameters; rung, register, what was wanted
    ({"stuck": True}, "settled", Cause.LATE, "STATUS", "switching=0x0"),
    ({"switch_s": inf}, "settled", Cause.LATE, "STATUS", "switching=0x0"),
    ({"release_s": inf}, "fabric", Cause.LATE, "RESET_STATUS", "noc=0x0"),
    ({"clock": "pll[3].clock"}, "in range", Cause.LATE, "STATUS", "in_range=0x1, out_of_range=0x0"),
]


@pytest.mark.parametrize(("parameters", "rung", "cause", "register", "wanted"), FAULTS)
def test_what_fails_is_named(
    mini: Chip, bringing_up: Controller, wire_to: type[Wire],
    parameters: dict[str, object], rung: str, cause: Cause, register: str, wanted: str,
) -> None:  # fmt: skip
    """Each fault ends the climb at the rung that says so, with evidence, breaking no rule; the others come up."""
    sim = SimChip(mini, overrides={CRG: parameters})
    outcomes = bringing_up.run(wire_to(sim))
    fault = outcomes.pop(CRG)
    assert isinstance(fault, Fault)
    assert (fault.rung, fault.cause, fault.register, fault.wanted) == (rung, cause, register, wanted)
    assert all(isinstance(outcome, Climbed) for outcome in outcomes.values())
    assert sim.violations == []
    assert not sim.model(CRG).serves


@pytest.mark.parametrize("name", ["sys_crg", "crg[3]", CRG])
def test_what_the_hardware_takes_is_what_a_rung_waits_for(live: Hands, name: str) -> None:
    """Each time that the hardware took in bring-up is noted under a rung, and the rung looks from the fastest on."""
    rungs = {rung.name: rung for rung in live.sim.chip.instances[name].block.up()}
    stages = live.sim.model(name).stages
    assert set(stages) == {"selected", "in range", "fabric", "memories", "cores"}
    for stage, seconds in stages.items():
        assert rungs[stage].settles <= seconds <= rungs[stage].within / 2


def test_it_serves_while_its_cluster_runs(
    live: Hands, laying_down: Controller, wire_to: type[Wire], fresh: Hands
) -> None:
    """A cluster is served by a generator that is up, not by one at reset nor by one at rest, and nothing is left on."""
    assert (fresh.sim.model(CRG).serves, live.sim.model(CRG).serves) == (False, True)
    laying_down.run(wire_to(live.sim))
    assert not live.sim.model("sys_crg").serves
    status = live.do("sys_crg", lambda r: r.STATUS.read())
    assert (status.source, status.in_range, status.clock_lost, status.out_of_range) == (SourceE.REFERENCE, 0, 0, 0)
    assert live.broken == []


# ---- locked configuration ----

WRONG: list[tuple[dict[str, object], str]] = [
    ({"divider": 5}, "divided"),
    ({"core_divider": 2}, "divided"),
    ({"clock_hz": 900e6}, "limited"),
    ({"window": 5}, "limited"),
    ({"reference_hz": 26e6}, "limited"),
]


def test_it_is_frozen_before_the_pll_is_selected(mini: Chip) -> None:
    """What clocks a cluster is closed before it has its clock, and all of it is set by then."""
    names = [rung.name for rung in mini.instances[CRG].block.up()]
    assert names.index("limited") + 1 == names.index("frozen") == names.index("selected") - 1


@pytest.mark.parametrize(("values", "rung"), WRONG)
def test_frozen_and_wrong_is_a_fault(
    mini: Chip, live: Hands, alone: Alone, wire_to: type[Wire], values: dict[str, object], rung: str
) -> None:
    """A wrong configuration under the lock ends as a fault that names the lock, writes nothing and disturbs nobody."""
    wire = wire_to(live.sim)
    fault = alone(another(mini, **values)).run(wire)[CRG]
    assert isinstance(fault, Fault)
    assert (fault.rung, fault.cause, fault.register) == (rung, Cause.ACT, "LOCK")
    assert (wire.writes, live.broken, live.sim.model(CRG).serves) == (0, [], True)


@pytest.mark.parametrize(("values", "rung"), [WRONG[0], WRONG[1], WRONG[3]])
def test_what_is_not_frozen_is_set_right(
    mini: Chip, thawed: Hands, alone: Alone, wire_to: type[Wire], values: dict[str, object], rung: str
) -> None:
    """What somebody else configured and did not freeze is shut, put right and brought up again."""
    outcome = alone(another(mini, **values)).run(wire_to(thawed.sim))[CRG]
    assert isinstance(outcome, Climbed)
    assert (outcome.acted[0], "frozen" in outcome.acted, "cores" in outcome.acted) == (rung, True, True)
    assert (thawed.broken, thawed.sim.model(CRG).serves) == ([], True)


# ---- monitor and watchdog ----


def test_the_limits_hold_the_clock(live: Hands) -> None:
    """What the monitor counted lies between limits that are as far apart as the configuration says."""
    config: CrgConfig = live.sim.chip.instances[CRG].block.config
    assert config.counts == (626, 654)  # 250 MHz for 64 cycles of 25 MHz are 640, of which 2 % are 12.8
    assert live.do(CRG, lambda r: r.COUNT.read()).count == 640
    assert CrgConfig().counts == (1, (1 << 24) - 1)


def test_a_clock_that_leaves_its_range_is_noticed(
    live: Hands, bringing_up: Controller, wire_to: type[Wire]
) -> None:
    """A clock that is too fast in service raises the line a window later, is logged, and ends the climb at its rung."""
    net = live.sim.model(CRG).inputs["clock"]
    before = net.value
    net.drive(FAST)
    live.wait(2.5e-6)
    assert live.do(CRG, lambda r: r.STATUS.read()).out_of_range == 0
    live.wait(0.1e-6)
    status, log = live.do(CRG, lambda r: r.STATUS.read()), live.do(CRG, lambda r: r.ERR_LOG.read())
    assert (status.out_of_range, status.in_range, status.clock_lost) == (1, 0, 0)
    assert LINE in live.sim.raised
    assert (log.valid, log.cause, log.source, log.released) == (1, CauseE.OUT_OF_RANGE, SourceE.PLL, 7)
    assert live.do(CRG, lambda r: r.ERR_COUNT.read()).count == 768
    only = type(bringing_up)({CRG: Plan(live.sim.chip.instances[CRG].block.up())}, {CRG: ()})
    fault = only.run(wire_to(live.sim))[CRG]
    assert isinstance(fault, Fault)
    assert (fault.rung, fault.last) == ("in range", "in_range=0x0, out_of_range=0x1 (word 0x405)")
    net.drive(before)
    outcome = only.run(wire_to(live.sim))[CRG]
    assert isinstance(outcome, Climbed)
    assert outcome.acted == ("in range",)
    assert LINE not in live.sim.raised
    assert live.broken == []


@pytest.mark.parametrize(
    ("point", "count"), [(PointE.SELECTED, 256), (PointE.NOC, 256), (PointE.SRAM, 128), (PointE.CORE, 64)]
)
def test_the_monitor_counts_each_domain(
    mini: Chip, hands_on: type[Hands], alone: Alone, wire_to: type[Wire], point: PointE, count: int
) -> None:
    """Domains have dividers of their own, and the monitor counts behind each gate: 0 while it is shut."""
    hands = hands_on(SimChip(mini))
    clocked = evolve(mini.instances["refpll"].block.config, fbdiv=64)
    assert clocked.output_hz == 100e6
    hands.do("refpll", lambda r: r.DIV.write(fbdiv=64, refdiv=1, postdiv1=4, postdiv2=4))
    hands.do("refpll", lambda r: r.CTRL.modify(power_down=0))
    hands.wait(200e-6)
    hands.do("refpll", lambda r: r.CTRL.modify(bypass=0))
    hands.do("sys_crg", lambda r: r.DOMAIN_DIV.write(noc=1, sram=2, core=4))
    hands.do("sys_crg", lambda r: r.MONITOR.write(point=point, window=4))
    hands.do("sys_crg", lambda r: r.CLK_SEL.write(source=SourceE.PLL))
    hands.wait(10e-6)
    hands.do("sys_crg", lambda r: r.CTRL.modify(monitor=1))
    hands.wait(10e-6)
    shut = hands.do("sys_crg", lambda r: r.COUNT.read())
    assert (shut.valid, shut.count) == (1, count if point is PointE.SELECTED else 0)
    hands.do("sys_crg", lambda r: r.CLK_GATE.write(noc=1, sram=1, core=1))
    hands.wait(10e-6)
    assert hands.do("sys_crg", lambda r: r.COUNT.read()).count == count
    assert hands.broken == []


def test_a_late_switch_is_noticed(
    mini: Chip, bringing_up: Controller, wire_to: type[Wire], hands_on: type[Hands]
) -> None:
    """A multiplexer that does not switch in time raises the line and is logged; it goes on waiting."""
    hands = hands_on(SimChip(mini, overrides={CRG: {"stuck": True}}))
    bringing_up.run(wire_to(hands.sim))
    log = hands.do(CRG, lambda r: r.ERR_LOG.read())
    assert (log.valid, log.cause, log.source, log.released) == (1, CauseE.SWITCH_LATE, SourceE.REFERENCE, 0)
    assert hands.do(CRG, lambda r: r.EVENTS.read()).late_switches == 1
    assert hands.do(CRG, lambda r: r.STATUS.read()).switching == 1


# ---- resets ----


def test_a_pulse_resets_a_domain_for_a_moment(live: Hands) -> None:
    """SOFT_RESET takes a domain into reset and out again by itself, says so meanwhile, and counts."""
    net = live.sim.model(CRG).nets["core"]
    live.do(CRG, lambda r: r.SOFT_RESET.write(noc=0, sram=0, core=1))
    assert not net.value.released
    status, soft = live.do(CRG, lambda r: r.RESET_STATUS.read()), live.do(CRG, lambda r: r.SOFT_STATUS.read())
    assert (status.core, status.sram, soft.core, soft.sram) == (1, 0, 1, 0)
    live.wait(3e-6)
    assert net.value.released
    assert live.do(CRG, lambda r: r.SOFT_STATUS.read()).core == 0
    assert [live.do(CRG, resets_of(index)).count for index in range(3)] == [0, 0, 1]
    cause = live.do(CRG, lambda r: r.RESET_CAUSE.read())
    assert (cause.generator, cause.held, cause.pulsed) == (1, 0, 1)
    assert live.broken == []


def test_a_pulse_that_is_under_way_is_waited_for(live: Hands, bringing_up: Controller, wire_to: type[Wire]) -> None:
    """A climb that finds a domain being pulsed waits for its end, and disturbs nobody."""
    live.do(CRG, lambda r: r.SOFT_RESET.write(noc=0, sram=0, core=1))
    outcome = bringing_up.run(wire_to(live.sim))[CRG]
    assert isinstance(outcome, Climbed)
    assert outcome.acted == ("cores",)
    assert live.broken == []


def test_a_domain_that_is_held_ends_its_pulse(live: Hands) -> None:
    """A domain that is held while it is pulsed stays in reset, and is one reset only."""
    live.do(CRG, lambda r: r.SOFT_RESET.write(noc=0, sram=0, core=1))
    live.do(CRG, lambda r: r.RESET.modify(core=1))
    assert live.do(CRG, lambda r: r.SOFT_STATUS.read()).core == 0
    live.wait(10e-6)
    assert live.do(CRG, lambda r: r.RESET_STATUS.read()).core == 1
    assert live.do(CRG, lambda r: r.RESETS[2].read()).count == 1
    assert live.broken == []


def test_resets_are_counted_and_told_apart(live: Hands) -> None:
    """A domain that software holds counts one reset however often it is held, and its cause stays until cleared."""
    for _ in range(2):
        live.do(CRG, lambda r: r.RESET.modify(core=1))
    assert [live.do(CRG, resets_of(index)).count for index in range(3)] == [0, 0, 1]
    live.do(CRG, lambda r: r.RESET_CAUSE.write(generator=1, held=0, pulsed=0))
    cause = live.do(CRG, lambda r: r.RESET_CAUSE.read())
    assert (cause.generator, cause.held, cause.pulsed) == (0, 1, 0)
    live.do(CRG, lambda r: r.RESETS[2].write(count=0))
    assert live.do(CRG, resets_of(2)).count == 0
    assert live.broken == []


# ---- evidence ----


def test_losses_are_counted_and_the_first_is_logged(live: Hands, bringing_up: Controller, wire_to: type[Wire]) -> None:
    """Each lost clock counts; the log keeps the first over recovery until it is cleared."""
    net = live.sim.model(CRG).inputs["clock"]
    before = net.value
    for _ in range(2):
        net.drive(Clock())
        net.drive(before)
        assert isinstance(bringing_up.run(wire_to(live.sim))[CRG], Climbed)
    assert live.do(CRG, lambda r: r.EVENTS.read()).clock_losses == 2
    log = live.do(CRG, lambda r: r.ERR_LOG.read())
    assert (log.valid, log.cause, log.source, log.released) == (1, CauseE.CLOCK_LOST, SourceE.PLL, 7)
    live.do(CRG, lambda r: r.ERR_LOG.write(valid=1))
    live.do(CRG, lambda r: r.EVENTS.write(clock_losses=0, late_switches=0, misses=0))
    assert live.do(CRG, lambda r: r.ERR_LOG.read()).valid == 0
    assert live.do(CRG, lambda r: r.EVENTS.read()).clock_losses == 0
    assert live.broken == []


@pytest.mark.parametrize("event", ["clock_lost", "switch_late", "out_of_range"])
def test_the_line_can_be_tried(live: Hands, event: str) -> None:
    """INTR_TEST raises the line as the event would, and clearing the bit takes it down."""
    bits = {name: name == event for name in ("clock_lost", "switch_late", "out_of_range")}

    def pulse(r: CrgRegs) -> Any:
        return r.INTR_TEST.write(**bits)

    live.do(CRG, pulse)
    assert live.sim.raised == {LINE}
    assert live.do(CRG, lambda r: r.ERR_LOG.read()).valid == 0
    live.do(CRG, lambda r: r.STATUS.write(**bits))
    assert live.sim.raised == frozenset()


def test_the_driver_leaves_test(
    mini: Chip, hands_on: type[Hands], bringing_up: Controller, wire_to: type[Wire]
) -> None:
    """A generator left under scan, all gates open, is shut before its clock changes; and it comes up."""
    hands = hands_on(SimChip(mini))
    hands.do("sys_crg", lambda r: r.TEST.write(open_gates=1, observe=2))
    assert hands.do("sys_crg", lambda r: r.GATE_STATUS.read()).core == 1
    outcome = bringing_up.run(wire_to(hands.sim))["sys_crg"]
    assert isinstance(outcome, Climbed)
    assert hands.do("sys_crg", lambda r: r.TEST.read()).open_gates == 0
    assert hands.broken == []


def test_nothing_is_wrong_with_its_registers() -> None:
    """Nothing that lint knows of is wrong with the register description, and there are 20 registers and more."""
    image = compile_rdl(RDL)
    assert [str(finding) for finding in lint(image)] == []
    assert len(image.root.children) == 27
