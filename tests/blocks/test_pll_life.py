"""The PLL: what it tells of itself, how it fails, and what frozen means."""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from attrs import evolve

from blocks.model import Clock
from blocks.pll.driver import Pll, PllConfig
from blocks.pll.model import PllModel
from blocks.pll.regs import BandE, CauseE, LockWindowE, PadSourceE, PllRegs
from blocks.sim.chip import SimChip
from registers.compile import compile_rdl
from registers.lint import lint
from runtime.climb import Climbed, Plan
from runtime.fault import Cause, Fault

if TYPE_CHECKING:
    from blocks.chip import Chip
    from tests.blocks.conftest import Controller, Hands, Wire

    Alone = Callable[[Any], Controller]

PLL = "pll[2]"
RDL = Path(__file__).parents[2] / "blocks" / "pll" / "pll.rdl"


def another(chip: Chip, **values: object) -> Pll:
    """Return the PLL with another configuration."""
    block = chip.instances[PLL].block
    return Pll(PLL, block.regs, evolve(block.config, **values))


def model(hands: Hands) -> PllModel:
    found = hands.sim.model(PLL)
    assert isinstance(found, PllModel)
    return found


def flicker(hands: Hands) -> None:
    """Let the reference go for a moment."""
    net = model(hands).inputs["reference"]
    before = net.value
    net.drive(Clock())
    net.drive(before)


FAULTS: list[tuple[dict[str, object], str, str, str]] = [
    # parameters; rung, register, what was wanted
    ({"lock_s": inf}, "locked", "STATUS", "lock=0x1"),
    ({"jitter_ns": 1.5}, "locked", "STATUS", "lock=0x1"),
    ({"drift": 0.9}, "locked", "STATUS", "lock=0x1"),
    ({"drift": -0.5}, "locked", "STATUS", "lock=0x1"),
    ({"reference": "", "crystal_hz": 90e6}, "referenced", "REF_FREQ", "within 2% of 100000 kHz"),
]


@pytest.mark.parametrize(("parameters", "rung", "register", "wanted"), FAULTS)
def test_what_fails_is_named(
    mini: Chip, bringing_up: Controller, wire_to: type[Wire],
    parameters: dict[str, object], rung: str, register: str, wanted: str,
) -> None:  # fmt: skip
    """Each fault ends the climb at the rung that says so, with evidence, breaking no rule."""
    sim = SimChip(mini, overrides={PLL: parameters})
    fault = bringing_up.run(wire_to(sim))[PLL]
    assert isinstance(fault, Fault)
    assert (fault.rung, fault.cause, fault.register, fault.wanted) == (rung, Cause.LATE, register, wanted)
    assert sim.violations == []
    assert not sim.model(PLL).serves


def test_late_lock_is_logged(mini: Chip, bringing_up: Controller, wire_to: type[Wire], hands_on: type[Hands]) -> None:
    """Before a climb gives up a PLL without lock, the hardware says that lock is late; lock takes that back."""
    hands = hands_on(SimChip(mini, overrides={PLL: {"jitter_ns": 1.5}}))
    bringing_up.run(wire_to(hands.sim))
    status, log = hands.do(PLL, lambda r: r.STATUS.read()), hands.do(PLL, lambda r: r.ERR_LOG.read())
    assert (status.lock, status.late, status.lock_lost) == (0, 1, 0)
    assert (log.valid, log.cause, log.driving, log.control) == (1, CauseE.LATE, 0, 0)
    hands.do(PLL, lambda r: r.CTRL.modify(power_down=1))
    assert hands.do(PLL, lambda r: r.STATUS.read()).late == 0


@pytest.mark.parametrize("name", ["refpll", PLL, "pll[3]"])
def test_the_time_of_lock_is_measured_and_noted(live: Hands, name: str) -> None:
    """Lock's time is measured in reference cycles, is what the ladder waits for, and is noted under its rung."""
    block, found = live.sim.chip.instances[name].block, live.sim.model(name)
    rungs = {rung.name: rung for rung in block.up()}
    assert list(found.stages) == ["locked"]
    assert found.stages["locked"] <= rungs["locked"].within / 2
    cycles = live.do(name, lambda r: r.LOCK_TIME.read()).cycles
    assert cycles == round(found.stages["locked"] * block.config.reference_hz)
    assert cycles < block.config.limit_cycles


def test_it_serves_while_it_drives(live: Hands, laying_down: Controller, wire_to: type[Wire], fresh: Hands) -> None:
    """Users are served by a PLL that is up, not by one at reset nor by one at rest."""
    assert (fresh.sim.model(PLL).serves, live.sim.model(PLL).serves) == (False, True)
    laying_down.run(wire_to(live.sim))
    assert not live.sim.model(PLL).serves


# ---- locked configuration ----


def test_it_is_frozen_before_it_has_power(mini: Chip) -> None:
    """What locks is what was meant: the configuration is set, then closed, and only then is the VCO powered."""
    names = [rung.name for rung in mini.instances[PLL].block.up()]
    assert names.index("spread") + 1 == names.index("frozen") == names.index("powered") - 1


WRONG: list[tuple[dict[str, object], str, str]] = [
    ({"fbdiv": 21}, "configured", "DIV"),
    ({"trim": 12}, "configured", "BAND"),
    ({"frac": 1}, "configured", "FRAC"),
    ({"lock_cycles": 300}, "detecting", "LOCKDET"),
    ({"slips": 9}, "detecting", "LOCK_WINDOW"),
    ({"spread_down": False}, "spread", "SSC"),
]


@pytest.mark.parametrize(("values", "rung", "register"), WRONG)
def test_frozen_and_wrong_is_a_fault(
    mini: Chip, live: Hands, alone: Alone, wire_to: type[Wire], values: dict[str, object], rung: str, register: str
) -> None:
    """A wrong configuration under the lock ends as a fault that names the lock, writes nothing and disturbs nobody."""
    wire = wire_to(live.sim)
    fault = alone(another(mini, **values)).run(wire)[PLL]
    assert isinstance(fault, Fault)
    assert (fault.rung, fault.cause, fault.register) == (rung, Cause.ACT, "LOCK")
    held = next(r.holds for r in another(mini).up() if r.name == rung)
    assert any(str(condition).startswith(f"check {register}(") for condition in held)
    assert (wire.writes, live.broken, live.sim.model(PLL).serves) == (0, [], True)


@pytest.mark.parametrize(("values", "rung", "register"), WRONG)
def test_what_is_not_frozen_is_set_right(
    mini: Chip, thawed: Hands, alone: Alone, wire_to: type[Wire], values: dict[str, object], rung: str, register: str
) -> None:
    """What somebody else configured and did not freeze is put right while bypassed, and the lock is a new one."""
    outcome = alone(another(mini, **values)).run(wire_to(thawed.sim))[PLL]
    assert isinstance(outcome, Climbed)
    assert (outcome.acted[0], "frozen" in outcome.acted, "driving" in outcome.acted) == (rung, True, True), register
    assert thawed.broken == []
    assert thawed.do(PLL, lambda r: r.STATUS.read()).lock == 1


def test_a_reset_opens_the_lock(live: Hands) -> None:
    """The reset of its domain opens the lock, and a lock is not opened by writing 0."""
    live.do(PLL, lambda r: r.LOCK.write(config=0))
    assert live.do(PLL, lambda r: r.LOCK.read()).config == 1
    live.do("sys_crg", lambda r: r.RESET.write(noc=1, sram=1, core=1))
    live.broke("sys_crg.RESET")
    live.do("sys_crg", lambda r: r.RESET.modify(noc=0))
    live.wait(10e-6)
    assert live.do(PLL, lambda r: r.LOCK.read()).config == 0
    assert live.broken == []


# ---- spread, band, slips ----


@pytest.mark.parametrize(("down", "mhz"), [(True, 997.5), (False, 1000.0)])
def test_spread(
    mini: Chip, alone: Alone, hands_on: type[Hands], wire_to: type[Wire], down: bool, mhz: float
) -> None:
    """A PLL whose frequency is spread locks, and its mean is what the configuration says."""
    hands = hands_on(SimChip(mini))
    block = another(mini, spread_percent=0.5, spread_down=down, lock_window=LockWindowE.NS_2)
    assert isinstance(alone(block).run(wire_to(hands.sim))[PLL], Climbed)
    assert hands.do(PLL, lambda r: r.FREQ.read()).khz == round(block.config.output_hz / 1e3) == mhz * 1e3
    ssc = hands.do(PLL, lambda r: r.SSC.read())
    assert (ssc.enable, ssc.depth, ssc.cycles) == (1, 50, 3175)
    assert hands.do(PLL, lambda r: r.CTRL.read()).fractional == 1
    assert hands.broken == []


@pytest.mark.parametrize(
    ("fbdiv", "band"),
    [(32, BandE.MHZ_750), (50, BandE.MHZ_750), (51, BandE.MHZ_1200), (74, BandE.MHZ_1200), (75, BandE.MHZ_1800),
     (102, BandE.MHZ_1800), (103, BandE.MHZ_2500), (128, BandE.MHZ_2500)],
)  # fmt: skip
def test_each_band_holds_what_it_is_chosen_for(
    mini: Chip, hands_on: type[Hands], fbdiv: int, band: BandE
) -> None:
    """The driver's band reaches the frequency with room to both ends: such a PLL locks, is full, and breaks no rule."""
    hands = hands_on(SimChip(mini))
    config = PllConfig(fbdiv=fbdiv)
    assert config.band is band
    hands.do("refpll", lambda r: r.DIV.write(fbdiv=fbdiv, refdiv=1, postdiv1=1, postdiv2=1))
    hands.do("refpll", lambda r: r.BAND.write(search=0, band=band, trim=16))
    hands.do("refpll", lambda r: r.CTRL.modify(power_down=0))
    hands.wait(200e-6)
    vco = hands.do("refpll", lambda r: r.VCO.read())
    assert (vco.band, vco.low, vco.high) == (band, 0, 0)
    assert 0 < vco.control < 1023
    assert hands.broken == []


@pytest.mark.parametrize(
    ("drift", "trim", "full"), [(0.72, 16, False), (0.72, 4, True), (-0.22, 16, False), (0.3, 16, True)]
)
def test_a_vco_near_the_end_of_its_band_is_up_but_not_full(
    mini: Chip, alone: Alone, bringing_up: Controller, wire_to: type[Wire], drift: float, trim: int, full: bool
) -> None:
    """A PLL that heat has shifted locks near the end of its band and says so; trimmed, it is as good as new."""
    sim, block = SimChip(mini, overrides={PLL: {"drift": drift}}), another(mini, trim=trim)
    assert isinstance(alone(block).run(wire_to(sim))[PLL], Climbed)
    outcome = type(bringing_up)({PLL: Plan(block.full())}, {PLL: ()}).run(wire_to(sim))[PLL]
    assert isinstance(outcome, Climbed) is full
    if isinstance(outcome, Fault):
        assert (outcome.rung, outcome.register) == ("centred", "VCO")


@pytest.mark.parametrize(("slips", "lost"), [(3, 0), (4, 1)])
def test_slips_in_a_row_end_the_lock(live: Hands, slips: int, lost: int) -> None:
    """Fewer slips than LOCK_WINDOW says are passed over; as many end the lock, which comes back by itself."""
    model(live).slip(slips)
    status = live.do(PLL, lambda r: r.STATUS.read())
    assert (status.lock, status.lock_lost) == (1 - lost, lost)
    live.wait(200e-6)
    status = live.do(PLL, lambda r: r.STATUS.read())
    assert (status.lock, status.lock_lost) == (1, lost)
    assert live.do(PLL, lambda r: r.EVENTS.read()).unlocks == lost


# ---- evidence ----


def test_losses_are_counted_and_the_first_is_logged(live: Hands, bringing_up: Controller, wire_to: type[Wire]) -> None:
    """Each loss counts; the log keeps the first, with what held then, over recovery, until it is cleared."""
    control = live.do(PLL, lambda r: r.VCO.read()).control
    model(live).slip(255)
    bringing_up.run(wire_to(live.sim))
    for _ in range(2):
        flicker(live)
    events, log = live.do(PLL, lambda r: r.EVENTS.read()), live.do(PLL, lambda r: r.ERR_LOG.read())
    assert (events.unlocks, events.ref_losses) == (2, 2)  # the second flicker found no lock to lose
    assert (log.valid, log.cause, log.driving, log.control) == (1, CauseE.LOCK_LOST, 1, control)
    live.do(PLL, lambda r: r.ERR_LOG.write(valid=1))
    live.do(PLL, lambda r: r.EVENTS.write(unlocks=0, ref_losses=0))
    flicker(live)
    events, log = live.do(PLL, lambda r: r.EVENTS.read()), live.do(PLL, lambda r: r.ERR_LOG.read())
    assert (events.unlocks, events.ref_losses, log.cause) == (0, 1, CauseE.REF_LOST)


@pytest.mark.parametrize("event", ["lock_lost", "ref_lost"])
def test_the_line_can_be_tried(live: Hands, event: str) -> None:
    """INTR_TEST raises the line as the event would, and clearing the bit takes it down."""
    line = 2 + 2  # mini.toml: pll[*] from 2 on

    def pulse(r: PllRegs) -> Any:
        return r.INTR_TEST.write(lock_lost=event == "lock_lost", ref_lost=event == "ref_lost")

    live.do(PLL, pulse)
    assert live.sim.raised == {line}
    assert live.do(PLL, lambda r: r.EVENTS.read()).unlocks == 0
    live.do(PLL, lambda r: r.STATUS.write(lock_lost=1, ref_lost=1))
    assert live.sim.raised == frozenset()


@pytest.mark.parametrize(
    ("source", "order", "khz"),
    [
        (PadSourceE.REFERENCE, 0, 100_000),
        (PadSourceE.COMPARED, 1, 50_000),
        (PadSourceE.VCO, 4, 125_000),
        (PadSourceE.OUTPUT, 2, 250_000),
    ],
)
def test_the_pad_shows_what_it_is_told(
    live: Hands, bringing_up: Controller, wire_to: type[Wire], source: PadSourceE, order: int, khz: int
) -> None:
    """The test pad brings out each clock, divided, without disturbing service; the next climb takes it away."""
    assert live.do(PLL, lambda r: r.TEST_FREQ.read()).khz == 0
    live.do(PLL, lambda r: r.TEST.write(drive=1, source=source, open_loop=0, order=order))
    assert live.do(PLL, lambda r: r.TEST_FREQ.read()).khz == khz
    assert live.sim.model(PLL).serves
    outcome = bringing_up.run(wire_to(live.sim))[PLL]
    assert isinstance(outcome, Climbed)
    assert outcome.acted[0] == "out of test"
    assert live.do(PLL, lambda r: r.TEST_FREQ.read()).khz == 0
    assert live.broken == []


def test_an_open_loop_is_closed_again(
    mini: Chip, hands_on: type[Hands], bringing_up: Controller, wire_to: type[Wire]
) -> None:
    """A PLL left on a bench with its loop open is closed, locked and put into service."""
    hands = hands_on(SimChip(mini))
    hands.do("refpll", lambda r: r.TEST.write(drive=0, source=PadSourceE.REFERENCE, open_loop=1, order=0))
    hands.do("refpll", lambda r: r.CTRL.modify(power_down=0))
    hands.wait(1e-3)
    assert hands.do("refpll", lambda r: r.STATUS.read()).lock == 0
    outcome = bringing_up.run(wire_to(hands.sim))["refpll"]
    assert isinstance(outcome, Climbed)
    assert hands.sim.model("refpll").serves
    assert hands.broken == []


def test_nothing_is_wrong_with_its_registers() -> None:
    """Nothing that lint knows of is wrong with the register description, and there are 20 registers and more."""
    image = compile_rdl(RDL)
    assert [str(finding) for finding in lint(image)] == []
    assert len(image.root.children) == 22
