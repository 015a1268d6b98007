"""The PLL: its driver keeps every rule of its model, and its model notices each rule that is broken."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import pytest

from blocks.model import Clock
from blocks.pll.driver import PllConfig
from blocks.pll.regs import BandE, ChargePumpE, LockWindowE, PadSourceE, PllRegs
from blocks.sim.chip import SimChip
from registers.access import RegisterOp
from transports.errors import BusFault

if TYPE_CHECKING:
    from blocks.chip import Chip
    from tests.blocks.conftest import Controller, Hands, Wire

LOCK_S = 150e-6  # by then every PLL of mini has lock

Op = Callable[[PllRegs], RegisterOp[Any]]


def power(down: bool) -> Op:
    return lambda r: r.CTRL.modify(power_down=down)


def bypass(on: bool) -> Op:
    return lambda r: r.CTRL.modify(bypass=on)


def divide(fbdiv: int, *, refdiv: int = 1, postdiv1: int = 1) -> Op:
    return lambda r: r.DIV.write(fbdiv=fbdiv, refdiv=refdiv, postdiv1=postdiv1, postdiv2=1)


def band(band: BandE) -> Op:
    return lambda r: r.BAND.write(search=0, band=band, trim=16)


def spread(depth: int = 50, cycles: int = 800) -> Op:
    return lambda r: r.SSC.write(enable=1, down=1, depth=depth, cycles=cycles)


def window(width: LockWindowE) -> Op:
    return lambda r: r.LOCK_WINDOW.write(width=width, slips=4)


def pad(*, open_loop: bool) -> Op:
    return lambda r: r.TEST.write(drive=1, source=PadSourceE.VCO, open_loop=open_loop, order=4)


def fractional(r: PllRegs) -> RegisterOp[Any]:
    return r.CTRL.modify(fractional=1)

# From power-on, on a PLL with a crystal: operations, and the rules that they break.
FROM_RESET: list[tuple[Sequence[Op | float], list[tuple[str, str]]]] = [
    ([power(False), LOCK_S, bypass(False)], []),
    ([power(False), LOCK_S, bypass(False), bypass(True), power(True)], []),
    ([power(False), bypass(False)], [("CTRL", "bypass released without lock")]),
    ([bypass(False)], [("CTRL", "bypass released without lock")]),
    ([lambda r: r.CTRL.modify(power_down=0, bypass=0)], [("CTRL", "bypass released without lock")]),
    ([divide(16), power(False)], [("CTRL", "powered with its VCO at 400 MHz, out of range")]),
    ([divide(129), power(False)], [("CTRL", "powered with its VCO at 3225 MHz, out of range")]),
    ([divide(64, refdiv=0)], [("DIV", "a divider is 0")]),
    ([divide(64, postdiv1=0)], [("DIV", "a divider is 0")]),
    ([divide(0)], [("DIV", "a divider is 0")]),
    ([power(False), LOCK_S, divide(64), bypass(False)], [("CTRL", "bypass released without lock")]),
    ([power(False), LOCK_S, divide(64), LOCK_S, bypass(False)], []),
    ([divide(64), band(BandE.MHZ_1200), power(False), LOCK_S, bypass(False)], []),
    (
        [divide(64), band(BandE.MHZ_1800), power(False)],
        [("CTRL", "powered with its VCO at 1600 MHz in a band of 1800..2600 MHz")],
    ),
    ([fractional, window(LockWindowE.NS_2), spread(), power(False), LOCK_S, bypass(False)], []),
    (
        [window(LockWindowE.NS_2), spread(), power(False)],
        [("CTRL", "powered with spread, and without the fractional modulator that sweeps")],
    ),
    (
        [fractional, spread(), power(False)],
        [("CTRL", "powered with spread, and a lock window that it does not pass")],
    ),
    (
        [fractional, window(LockWindowE.NS_4), spread(depth=201), power(False)],
        [("CTRL", "powered with spread of no length or of no depth that there is")],
    ),
    (
        [fractional, window(LockWindowE.NS_4), spread(cycles=0), power(False)],
        [("CTRL", "powered with spread of no length or of no depth that there is")],
    ),
    ([power(False), LOCK_S, pad(open_loop=True), bypass(False)], [("CTRL", "bypass released without lock")]),
]

# In service, by somebody who froze nothing.
IN_SERVICE: list[tuple[Op, list[tuple[str, str]]]] = [
    (divide(65), [("DIV", "DIV changed while the PLL drives its output")]),
    (lambda r: r.FRAC.write(frac=1), [("FRAC", "FRAC changed while the PLL drives its output")]),
    (lambda r: r.LOCKDET.write(cycles=99), [("LOCKDET", "LOCKDET changed while the PLL drives its output")]),
    (lambda r: r.LOCKDET.write(cycles=256), []),
    (window(LockWindowE.NS_4), [("LOCK_WINDOW", "LOCK_WINDOW changed while the PLL drives its output")]),
    (lambda r: r.LOCK_LIMIT.write(cycles=1), [("LOCK_LIMIT", "LOCK_LIMIT changed while the PLL drives its output")]),
    (band(BandE.MHZ_1800), [("BAND", "BAND changed while the PLL drives its output")]),
    (spread(), [("SSC", "SSC changed while the PLL drives its output")]),
    (fractional, [("CTRL", "fractional changed while it drives its output")]),
    (
        lambda r: r.CTRL.modify(charge_pump=ChargePumpE.UA_400),
        [("CTRL", "charge_pump changed while it drives its output")],
    ),
    (power(True), [("CTRL", "powered down while it drives its output")]),
    (lambda r: r.CTRL.modify(power_down=1, bypass=1), [("CTRL", "powered down while it drives its output")]),
    (pad(open_loop=True), [("TEST", "loop opened while the PLL drives its output")]),
    (pad(open_loop=False), []),
    (lambda r: r.INTR_ENABLE.write(lock_lost=0, ref_lost=0), []),
    (lambda r: r.STATUS.write(lock_lost=1, ref_lost=1), []),
    (lambda r: r.SCRATCH.write(value=7), []),
]

# In service: a write, and the fields that are locked against it.
FROZEN: list[tuple[Op, set[str]]] = [
    (lambda r: r.DIV.write(fbdiv=65, refdiv=2, postdiv1=1, postdiv2=1), {"fbdiv", "refdiv", "postdiv1", "postdiv2"}),
    (lambda r: r.FRAC.write(frac=1), {"frac"}),
    (lambda r: r.LOCKDET.write(cycles=99), {"cycles"}),
    (lambda r: r.LOCK_WINDOW.write(width=LockWindowE.NS_4, slips=9), {"width", "slips"}),
    (lambda r: r.LOCK_LIMIT.write(cycles=1), {"cycles"}),
    (lambda r: r.BAND.write(search=1, band=BandE.MHZ_1800, trim=3), {"search", "band", "trim"}),
    (lambda r: r.SSC.write(enable=1, down=0, depth=5, cycles=9), {"enable", "down", "depth", "cycles"}),
    (lambda r: r.CTRL.modify(fractional=1, charge_pump=ChargePumpE.UA_400), {"fractional", "charge_pump"}),
]


def rules(hands: Hands) -> list[tuple[str, str]]:
    assert all(v.block == "refpll" for v in hands.sim.violations)
    return [(v.register, v.rule) for v in hands.sim.violations]


@pytest.mark.parametrize(("steps", "broken"), FROM_RESET)
def test_rules_from_reset(fresh: Hands, steps: Sequence[Op | float], broken: list[tuple[str, str]]) -> None:
    """Each rule on the way up is noticed when it is broken, and not when it is kept."""
    for step in steps:
        if callable(step):
            fresh.do("refpll", step)
        else:
            fresh.wait(step)
    assert rules(fresh) == broken


@pytest.mark.parametrize(("op", "broken"), IN_SERVICE)
def test_rules_in_service(thawed: Hands, op: Op, broken: list[tuple[str, str]]) -> None:
    """Each change that would disturb a PLL that drives its output is noticed, and nothing else is."""
    thawed.do("refpll", op)
    assert rules(thawed) == broken


@pytest.mark.parametrize(("op", "fields"), FROZEN)
def test_what_is_frozen_takes_no_write(live: Hands, op: Op, fields: set[str]) -> None:
    """The loop of a PLL in service is frozen: a write is a violation, changes nothing, and lock stays."""
    before = live.sim.model("refpll").registers.read
    words = [before(offset) for offset in range(0, 0x58, 4)]
    live.do("refpll", op)
    assert {place.rpartition(".")[2] for place, _ in rules(live)} == fields
    assert {rule for _, rule in rules(live)} == {"locked: written while its lock is closed"}
    assert [before(offset) for offset in range(0, 0x58, 4)] == words


def test_a_violation_says_when_and_where(fresh: Hands) -> None:
    """A violation names time, block, register and rule."""
    fresh.wait(3e-6)
    fresh.do("refpll", bypass(False))
    assert str(fresh.sim.violations[0]) == "3.000 us refpll.CTRL: bypass released without lock"


def test_without_a_clock_or_in_reset_registers_do_not_answer(fresh: Hands) -> None:
    """Touching a PLL whose domain has no clock, or is in reset, is a bus fault and a violation."""
    with pytest.raises(BusFault, match=r"sys_crg\.noc has no clock"):
        fresh.do("pll[0]", lambda r: r.ID.read())
    fresh.do("sys_crg", lambda r: r.CLK_GATE.modify(noc=1))
    with pytest.raises(BusFault, match=r"sys_crg\.noc is in reset"):
        fresh.do("pll[0]", power(False))
    assert fresh.broken == [
        ("pll[0].ID", "touched while its domain sys_crg.noc has no clock"),
        ("pll[0].CTRL", "touched while its domain sys_crg.noc is in reset"),
    ]
    fresh.do("sys_crg", lambda r: r.RESET.modify(noc=0))
    fresh.wait(10e-6)
    assert fresh.do("pll[0]", lambda r: r.CTRL.read()).power_down == 1
    assert len(fresh.broken) == 2


def test_a_reference_must_be_there_and_stable(mini: Chip, hands_on: type[Hands]) -> None:
    """Powering a PLL without a reference, or with one that is not stable, is a violation."""
    dead = hands_on(SimChip(mini, overrides={"refpll": {"reference": "pll[0].clock"}}))
    dead.do("refpll", power(False))
    assert dead.broken == [("refpll.CTRL", "powered without a reference clock")]
    shaky = hands_on(SimChip(mini, overrides={"pll[0]": {"domain": ""}}))
    shaky.do("refpll", power(False))
    shaky.do("refpll", bypass(False))
    shaky.do("pll[0]", power(False))
    assert shaky.broken[1:] == [("pll[0].CTRL", "powered with an unstable reference clock")]


def test_what_no_register_allows_is_a_violation(fresh: Hands) -> None:
    """A write to a read-only register, and an access to a hole or of a wrong width, are violations of the map."""
    fresh.sim.write(0x00, 1, 4, None)
    with pytest.raises(BusFault):
        fresh.sim.read(0x1C, 2)
    assert [place for place, _ in fresh.broken] == ["refpll.ID", "refpll.FREQ"]
    assert [rule.partition(":")[0] for _, rule in fresh.broken] == ["read-only", "width"]


def test_lock_takes_its_time(fresh: Hands) -> None:
    """Lock comes within a fifth of its typical time after the loop was tuned, and a new tuning begins anew."""
    fresh.do("refpll", power(False))
    fresh.wait(0.8 * 80e-6)
    assert fresh.do("refpll", lambda r: r.STATUS.read()).lock == 0
    fresh.do("refpll", divide(64))
    fresh.wait(0.8 * 80e-6)
    assert fresh.do("refpll", lambda r: r.STATUS.read()).lock == 0
    fresh.wait(0.4 * 80e-6 + 11e-6 + 12e-6)  # the loop, its detector, and the band that is searched
    assert fresh.do("refpll", lambda r: r.STATUS.read()).lock == 1
    assert fresh.do("refpll", lambda r: r.STATUS.read()).lock_lost == 0


def test_the_output_is_measured(live: Hands) -> None:
    """The output has the frequency that the configuration promises, and the reference's while bypassed."""
    for name in ("refpll", "pll[0]", "pll[3]"):
        config: PllConfig = live.sim.chip.instances[name].block.config
        assert live.do(name, lambda r: r.FREQ.read()).khz == round(config.output_hz / 1e3)
    live.do("pll[3]", bypass(True))
    assert live.do("pll[3]", lambda r: r.FREQ.read()).khz == 100_000


def test_a_lost_reference_is_remembered_and_raises_the_line(live: Hands) -> None:
    """When the reference goes, lock goes, both losses stick until they are cleared, and the line is high as long."""
    pll = live.sim.model("refpll")
    pll.inputs["reference"].drive(Clock())
    pll.inputs["reference"].drive(Clock(25e6, stable=True))
    status = live.do("refpll", lambda r: r.STATUS.read())
    assert (status.lock, status.ref_present, status.lock_lost, status.ref_lost) == (0, 1, 1, 1)
    assert 0 in live.sim.raised
    live.do("refpll", lambda r: r.STATUS.write(lock_lost=1))
    assert 0 in live.sim.raised
    live.do("refpll", lambda r: r.STATUS.write(ref_lost=1))
    assert 0 not in live.sim.raised


def test_the_driver_mends_a_lost_reference(live: Hands, bringing_up: Controller, wire_to: type[Wire]) -> None:
    """After the reference came back, climbing again brings everything back, and breaks no rule."""
    pll = live.sim.model("refpll")
    pll.inputs["reference"].drive(Clock())
    pll.inputs["reference"].drive(Clock(25e6, stable=True))
    again = bringing_up.run(wire_to(live.sim))
    assert len(again) == len(live.sim.chip.instances)
    assert live.broken == []
    assert live.sim.raised == frozenset()


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"fbdiv": 15}, "fbdiv is 15; expected 16..2500"),
        ({"fbdiv": 31}, "fbdiv makes a VCO of 775 MHz"),
        ({"fbdiv": 129}, "fbdiv makes a VCO of 3225 MHz"),
        ({"fbdiv": 64, "refdiv": 3}, "refdiv leaves 8.33333 MHz to compare"),
        ({"fbdiv": 64, "refdiv": 0}, "refdiv is 0; expected 1..63"),
        ({"fbdiv": 64, "frac": 1 << 24}, "frac is 16777216"),
        ({"fbdiv": 64, "postdiv2": 8}, "postdiv2 is 8"),
        ({"fbdiv": 64, "lock_cycles": 4096}, "lock_cycles is 4096"),
        ({"fbdiv": 64, "reference_hz": 1e6}, "reference_hz is 1000000.0"),
        ({"fbdiv": 64, "slips": 0}, "slips is 0; expected 1..255"),
        ({"fbdiv": 64, "trim": 32}, "trim is 32; expected 0..31"),
        ({"fbdiv": 64, "spread_percent": 0.5}, "lock_window is NS_1; expected NS_2 or NS_4"),
        ({"fbdiv": 64, "spread_percent": 2.1, "lock_window": LockWindowE.NS_4}, "spread_percent is 2.1"),
        ({"fbdiv": 64, "spread_hz": 1e6}, "spread_hz is 1000000.0"),
    ],
)
def test_a_clock_that_cannot_be_made_is_no_configuration(values: dict[str, Any], message: str) -> None:
    """A configuration outside what the PLL can do is refused before any register is written."""
    with pytest.raises(ValueError, match=message):
        PllConfig(**values)
