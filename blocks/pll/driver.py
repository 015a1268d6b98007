"""Brings a fractional-N PLL from reset to a locked clock at its output, and back."""

from __future__ import annotations

from math import ceil

from attrs import field, frozen

from blocks.base import Block
from blocks.ladder import US, Act, Condition, Ladder, Rung, Where
from blocks.limits import between
from blocks.pll.regs import BandE, ChargePumpE, LockWindowE, PadSourceE, PllRegs, RefFreqValue
from registers.access import RegisterOp

FRAC_ONE = 1 << 24  # pll.rdl FRAC.frac: the unit of the fractional divider
VCO_HZ_MIN = 800e6  # below, the VCO has no gain and never locks
VCO_HZ_MAX = 3.2e9
PFD_HZ_MIN = 10e6  # the phase detector compares at reference / refdiv; below, the loop filter is unstable
BAND_HZ_MAX = (1.25e9, 1.85e9, 2.55e9, VCO_HZ_MAX)  # pll.rdl band_e: the middle of where a band meets the next
REFERENCE_OFF = 0.02  # of its frequency, how far the reference may be off: REF_FREQ is good to half of that
DEPTH_UNIT = 1e-4  # pll.rdl SSC.depth
PATIENCE = 3.0  # LOCK_LIMIT in usual times of lock: twice the slowest, and over before the climb gives up


@frozen(kw_only=True)
class PllConfig:
    """Which clock to make: reference / refdiv * (fbdiv + frac / 2^24) / (postdiv1 * postdiv2).

    Attributes:
        reference_hz: what arrives at the reference input.
        lock_cycles: reference cycles without a slip before lock is believed.
        lock_window: how far apart edges may be and still not slip.
        slips: slips in a row that end the lock.
        lock_s: time that the loop usually takes before that; the lower its reference, the longer.
        trim: shifts the band of the VCO; 16 does not.
        spread_percent: from end to end of a spread spectrum; 0: none.
        spread_hz: sweeps of it a second.
        spread_down: it lies below the frequency that the dividers make, so that nobody is clocked too fast.
    """

    reference_hz: float = field(default=25e6, validator=between(5e6, 800e6))
    fbdiv: int = field(validator=between(16, 2500))
    frac: int = field(default=0, validator=between(0, FRAC_ONE - 1))
    refdiv: int = field(default=1, validator=between(1, 63))
    postdiv1: int = field(default=1, validator=between(1, 7))
    postdiv2: int = field(default=1, validator=between(1, 7))
    charge_pump: ChargePumpE = ChargePumpE.UA_200
    lock_cycles: int = field(default=256, validator=between(16, 4095))
    lock_window: LockWindowE = LockWindowE.NS_1
    slips: int = field(default=4, validator=between(1, 255))
    lock_s: float = field(default=50e-6, validator=between(1e-6, 10e-3))
    trim: int = field(default=16, validator=between(0, 31))
    spread_percent: float = field(default=0.0, validator=between(0.0, 2.0))
    spread_hz: float = field(default=31.5e3, validator=between(20e3, 100e3))
    spread_down: bool = True

    def __attrs_post_init__(self) -> None:
        if self.reference_hz / self.refdiv < PFD_HZ_MIN:
            raise ValueError(
                f"refdiv leaves {self.reference_hz / self.refdiv / 1e6:g} MHz to compare; expected 10 MHz or more"
            )
        if not VCO_HZ_MIN <= self.vco_hz <= VCO_HZ_MAX:
            raise ValueError(f"fbdiv makes a VCO of {self.vco_hz / 1e6:g} MHz; expected 800..3200 MHz")
        if self.depth and self.lock_window < LockWindowE.NS_2:
            raise ValueError(f"lock_window is {self.lock_window.name}; expected NS_2 or NS_4, which spread passes")

    @property
    def vco_hz(self) -> float:
        """Frequency of the oscillator, not spread."""
        return self.reference_hz / self.refdiv * (self.fbdiv + self.frac / FRAC_ONE)

    @property
    def output_hz(self) -> float:
        """Mean frequency at the output once the PLL drives it."""
        mean = 1 - self.depth * DEPTH_UNIT / 2 if self.spread_down else 1.0
        return self.vco_hz * mean / (self.postdiv1 * self.postdiv2)

    @property
    def depth(self) -> int:
        """The spread in units of 0.01 %."""
        return round(self.spread_percent * 100)

    @property
    def sweep_cycles(self) -> int:
        """Reference cycles of one sweep."""
        return round(self.reference_hz / self.spread_hz) if self.depth else 0

    @property
    def band(self) -> BandE:
        """Where the oscillator runs furthest from the ends of its control voltage."""
        return BandE(next(band for band, top in enumerate(BAND_HZ_MAX) if self.vco_hz <= top))

    @property
    def usual_s(self) -> float:
        """Time that lock usually takes, its detector included."""
        return self.lock_s + self.lock_cycles * self.refdiv / self.reference_hz

    @property
    def limit_cycles(self) -> int:
        """Reference cycles after which the hardware calls lock late."""
        return min(ceil(PATIENCE * self.usual_s * self.reference_hz), (1 << 24) - 1)


class Pll(Block[PllRegs]):
    """Fractional-N PLL: reference in, cluster clock out.

    What the loop is made of is frozen before the VCO has power: what locks is what was meant, for as long as it runs.
    """

    config: PllConfig

    def up(self) -> Ladder:
        """Loop made and frozen while bypassed, VCO powered, lock awaited, output switched to it, its loss watched."""
        r, c = self.regs, self.config
        return Ladder(
            *self._sound(),
            *self._made(),
            Rung("frozen", holds=[r.LOCK.check(config=1)], reach=[r.LOCK.write(config=1)], within=5 * US),
            Rung("powered", holds=[r.CTRL.check(power_down=0)], reach=[r.CTRL.modify(power_down=0)], within=5 * US),
            Rung("locked", holds=[r.STATUS.check(lock=1)], settles=c.usual_s, within=4 * c.usual_s),
            Rung("driving", holds=[r.CTRL.check(bypass=0)], reach=[r.CTRL.modify(bypass=0)], within=5 * US),
            Rung(
                "watched",
                holds=[r.INTR_ENABLE.check(lock_lost=1, ref_lost=1)],
                reach=[r.INTR_ENABLE.write(lock_lost=1, ref_lost=1)],
                within=5 * US,
            ),
        )

    def full(self) -> Ladder:
        """The VCO is held well within its band."""
        return Ladder(Rung("centred", holds=[self.regs.VCO.check(low=0, high=0)], within=5 * US))

    def rest(self) -> Ladder:
        """Output back on the reference, then the VCO off; who uses the clock must have left it."""
        r = self.regs
        return Ladder(
            Rung(
                "unwatched",
                holds=[r.INTR_ENABLE.check(lock_lost=0, ref_lost=0)],
                reach=[r.INTR_ENABLE.write(lock_lost=0, ref_lost=0)],
                within=5 * US,
            ),
            Rung("bypassed", holds=[r.CTRL.check(bypass=1)], reach=[r.CTRL.modify(bypass=1)], within=5 * US),
            Rung("down", holds=[r.CTRL.check(power_down=1)], reach=[r.CTRL.modify(power_down=1)], within=5 * US),
        )

    def _sound(self) -> tuple[Rung, ...]:
        """Return the rungs of a PLL that is the one expected, has lost nothing, and is not on a bench."""
        r = self.regs
        return (
            Rung("identified", holds=[r.ID.check(part=0x504C, version=1)], within=5 * US),
            # The output falls back to the reference before the evidence goes: lock, when it returns, is a new one.
            Rung(
                "healthy",
                holds=[r.STATUS.check(lock_lost=0, ref_lost=0)],
                reach=[r.CTRL.modify(bypass=1), r.STATUS.write(lock_lost=1, ref_lost=1)],
                within=5 * US,
                disturbs=True,
            ),
            Rung(
                "out of test",
                holds=[r.TEST.check(drive=0, source=PadSourceE.REFERENCE, open_loop=0, order=0)],
                reach=[
                    r.CTRL.modify(bypass=1),
                    r.TEST.write(drive=0, source=PadSourceE.REFERENCE, open_loop=0, order=0),
                ],
                within=5 * US,
                disturbs=True,
            ),
            Rung("referenced", holds=[_near(r.REF_FREQ.read(), self.config.reference_hz / 1e3)], within=20 * US),
        )

    def _made(self) -> tuple[Rung, ...]:
        """Return the rungs of what the loop is made of, each set while the output is the reference."""
        r, c = self.regs, self.config
        fractional, spread, down = bool(c.frac or c.depth), bool(c.depth), c.spread_down
        return (
            self._still(
                "configured",
                [
                    r.DIV.check(fbdiv=c.fbdiv, refdiv=c.refdiv, postdiv1=c.postdiv1, postdiv2=c.postdiv2),
                    r.FRAC.check(frac=c.frac),
                    r.CTRL.check(fractional=fractional, charge_pump=c.charge_pump),
                    r.BAND.check(search=0, band=c.band, trim=c.trim),
                ],
                [
                    r.CTRL.modify(fractional=fractional, charge_pump=c.charge_pump),
                    r.DIV.write(fbdiv=c.fbdiv, refdiv=c.refdiv, postdiv1=c.postdiv1, postdiv2=c.postdiv2),
                    r.FRAC.write(frac=c.frac),
                    r.BAND.write(search=0, band=c.band, trim=c.trim),
                ],
            ),
            self._still(
                "detecting",
                [
                    r.LOCKDET.check(cycles=c.lock_cycles),
                    r.LOCK_WINDOW.check(width=c.lock_window, slips=c.slips),
                    r.LOCK_LIMIT.check(cycles=c.limit_cycles),
                ],
                [
                    r.LOCKDET.write(cycles=c.lock_cycles),
                    r.LOCK_WINDOW.write(width=c.lock_window, slips=c.slips),
                    r.LOCK_LIMIT.write(cycles=c.limit_cycles),
                ],
            ),
            self._still(
                "spread",
                [r.SSC.check(enable=spread, down=down, depth=c.depth, cycles=c.sweep_cycles)],
                [r.SSC.write(enable=spread, down=down, depth=c.depth, cycles=c.sweep_cycles)],
            ),
        )

    def _still(self, name: str, holds: list[Condition], reach: list[Act]) -> Rung:
        """Return a rung whose act finds the lock open, and changes the loop only while nobody is clocked by it."""
        r = self.regs
        act: list[Act] = [r.LOCK.check(config=0), r.CTRL.modify(bypass=1), *reach]
        return Rung(name, holds=holds, reach=act, within=5 * US, disturbs=True)


def _near(measured: RegisterOp[RefFreqValue], khz: float) -> Condition:
    """Return the condition that the reference has the frequency that the dividers were chosen for."""

    def holds(now: RefFreqValue) -> bool:
        return abs(now.khz - khz) <= REFERENCE_OFF * khz

    return Where(f"within {REFERENCE_OFF:.0%} of {khz:g} kHz", [measured], holds)
