"""Brings a fractional-N PLL from reset to a locked clock at its output, and back."""

from __future__ import annotations

from attrs import field, frozen

from blocks.base import Block
from blocks.ladder import US, Ladder, Rung
from blocks.limits import between
from blocks.pll.regs import ChargePumpE, PllRegs

FRAC_ONE = 1 << 24  # pll.rdl FRAC.frac: the unit of the fractional divider
VCO_HZ_MIN = 800e6  # below, the VCO has no gain and never locks
VCO_HZ_MAX = 3.2e9
PFD_HZ_MIN = 10e6  # the phase detector compares at reference / refdiv; below, the loop filter is unstable


@frozen(kw_only=True)
class PllConfig:
    """Which clock to make: reference / refdiv * (fbdiv + frac / 2^24) / (postdiv1 * postdiv2).

    Attributes:
        reference_hz: what arrives at the reference input.
        lock_cycles: reference cycles without a slip before lock is believed.
        lock_s: time that the loop usually takes before that; the lower its reference, the longer.
    """

    reference_hz: float = field(default=25e6, validator=between(5e6, 800e6))
    fbdiv: int = field(validator=between(16, 2500))
    frac: int = field(default=0, validator=between(0, FRAC_ONE - 1))
    refdiv: int = field(default=1, validator=between(1, 63))
    postdiv1: int = field(default=1, validator=between(1, 7))
    postdiv2: int = field(default=1, validator=between(1, 7))
    charge_pump: ChargePumpE = ChargePumpE.UA_200
    lock_cycles: int = field(default=256, validator=between(16, 4095))
    lock_s: float = field(default=50e-6, validator=between(1e-6, 10e-3))

    def __attrs_post_init__(self) -> None:
        if self.reference_hz / self.refdiv < PFD_HZ_MIN:
            raise ValueError(
                f"refdiv leaves {self.reference_hz / self.refdiv / 1e6:g} MHz to compare; expected 10 MHz or more"
            )
        if not VCO_HZ_MIN <= self.vco_hz <= VCO_HZ_MAX:
            raise ValueError(f"fbdiv makes a VCO of {self.vco_hz / 1e6:g} MHz; expected 800..3200 MHz")

    @property
    def vco_hz(self) -> float:
        """Frequency of the oscillator."""
        return self.reference_hz / self.refdiv * (self.fbdiv + self.frac / FRAC_ONE)

    @property
    def output_hz(self) -> float:
        """Frequency at the output once the PLL drives it."""
        return self.vco_hz / (self.postdiv1 * self.postdiv2)


class Pll(Block[PllRegs]):
    """Fractional-N PLL: reference in, cluster clock out."""

    config: PllConfig

    def up(self) -> Ladder:
        """Dividers set while bypassed, VCO powered, lock awaited, output switched to it, loss of lock watched."""
        r, c = self.regs, self.config
        fractional = c.frac != 0
        lock_s = c.lock_s + c.lock_cycles * c.refdiv / c.reference_hz
        return Ladder(
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
                "configured",
                holds=[
                    r.DIV.check(fbdiv=c.fbdiv, refdiv=c.refdiv, postdiv1=c.postdiv1, postdiv2=c.postdiv2),
                    r.FRAC.check(frac=c.frac),
                    r.LOCKDET.check(cycles=c.lock_cycles),
                    r.CTRL.check(fractional=fractional, charge_pump=c.charge_pump),
                ],
                reach=[
                    r.CTRL.modify(bypass=1),
                    r.CTRL.modify(fractional=fractional, charge_pump=c.charge_pump),
                    r.DIV.write(fbdiv=c.fbdiv, refdiv=c.refdiv, postdiv1=c.postdiv1, postdiv2=c.postdiv2),
                    r.FRAC.write(frac=c.frac),
                    r.LOCKDET.write(cycles=c.lock_cycles),
                ],
                within=5 * US,
                disturbs=True,
            ),
            Rung("powered", holds=[r.CTRL.check(power_down=0)], reach=[r.CTRL.modify(power_down=0)], within=5 * US),
            Rung("locked", holds=[r.STATUS.check(lock=1)], settles=lock_s, within=4 * lock_s),
            Rung("driving", holds=[r.CTRL.check(bypass=0)], reach=[r.CTRL.modify(bypass=0)], within=5 * US),
            Rung(
                "watched",
                holds=[r.INTR_ENABLE.check(lock_lost=1, ref_lost=1)],
                reach=[r.INTR_ENABLE.write(lock_lost=1, ref_lost=1)],
                within=5 * US,
            ),
        )

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
