"""Clocks the cores of the FU540 from the core PLL instead of the crystal.

The cores (and a controller that runs on them) never stop: while the PLL changes they run from the crystal, and the mux
between the two is glitch-free. The DDR and Ethernet PLLs and the device resets stay as they are.
"""

from __future__ import annotations

from typing import Any

from attrs import field, frozen

from blocks.base import Block
from blocks.ladder import US, Ladder, Rung
from blocks.limits import between
from blocks.prci.regs import CoreClock, PrciRegs

# (lowest reference in Hz, range): what the loop filter is set to. Source: FU540-C000 manual, Clocking and Reset.
_RANGES = ((130e6, 7), (80e6, 6), (50e6, 5), (30e6, 4), (18e6, 3), (11e6, 2), (7e6, 1))
_REFERENCE_HZ = (7e6, 200e6)  # behind the reference divider
_VCO_HZ = (2.4e9, 4.8e9)
_CORE_HZ_MAX = 1.5e9  # FU540-C000 datasheet: the cores are specified up to here

LOCK_US = 70  # Linux, drivers/clk/analogbits/wrpll-cln28hpc.c: the PLL locks within 70 us


@frozen(kw_only=True)
class PrciConfig:
    """Dividers of the core PLL: core clock = hfclk / (divr + 1) * 2 * (divf + 1) / 2^divq.

    The default is 1 GHz from the 33.33 MHz crystal: a VCO at 4 GHz, divided by 4.
    """

    hfclk_hz: float = field(default=33_333_333.0, validator=between(1e6, 1e9))
    divr: int = field(default=0, validator=between(0, 63))
    divf: int = field(default=59, validator=between(0, 511))
    divq: int = field(default=2, validator=between(1, 6))

    def __attrs_post_init__(self) -> None:
        bounds = (
            ("divr", "phase detector", self.reference_hz, *_REFERENCE_HZ),
            ("divf", "VCO", self.vco_hz, *_VCO_HZ),
            ("divq", "core clock", self.core_hz, 0.0, _CORE_HZ_MAX),
        )
        for name, what, hz, low, high in bounds:
            if not low <= hz <= high:
                raise ValueError(
                    f"{name} is {getattr(self, name)} and makes a {what} of {hz / 1e6:.1f} MHz; "
                    f"expected one that makes {low / 1e6:.0f}..{high / 1e6:.0f} MHz"
                )

    @property
    def reference_hz(self) -> float:
        """What the phase detector compares with."""
        return self.hfclk_hz / (self.divr + 1)

    @property
    def vco_hz(self) -> float:
        """What the VCO runs at once locked."""
        return self.reference_hz * 2 * (self.divf + 1)

    @property
    def core_hz(self) -> float:
        """What the cores run at."""
        return float(self.vco_hz / 2**self.divq)

    @property
    def range(self) -> int:
        """The setting of the loop filter that fits the reference."""
        return next(setting for lowest, setting in _RANGES if self.reference_hz >= lowest)


class Prci(Block[PrciRegs]):
    """Oscillator, PLLs and clock muxes of the FU540; this drives the core clock.

    Source: FU540-C000 manual, Clocking and Reset (reset and clock initialisation).
    """

    config: PrciConfig

    def up(self) -> Ladder:
        """Crystal running, core PLL locked at its dividers, cores clocked by it."""
        r, c = self.regs, self.config
        dividers: dict[str, Any] = {
            "divr": c.divr, "divf": c.divf, "divq": c.divq, "range": c.range, "bypass": 0, "fse": 1,
        }
        return Ladder(
            Rung(
                "oscillating",
                holds=[r.HFXOSCCFG.check(hfxoscen=1, hfxoscrdy=1)],
                reach=[r.HFXOSCCFG.modify(hfxoscen=1)],
                within=10_000 * US,
            ),
            Rung(
                "configured",
                holds=[r.COREPLLCFG0.check(**dividers)],
                # The cores leave the PLL first: its output means nothing from the next write until it has locked.
                reach=[r.CORECLKSEL.modify(source=CoreClock.HFCLK), r.COREPLLCFG0.modify(**dividers)],
                within=5 * US,
                disturbs=True,
            ),
            Rung("locked", holds=[r.COREPLLCFG0.check(lock=1)], settles=LOCK_US * US, within=1000 * US),
            Rung(
                "driving",
                holds=[r.CORECLKSEL.check(source=CoreClock.CORE_PLL)],
                reach=[r.CORECLKSEL.modify(source=CoreClock.CORE_PLL)],
                within=5 * US,
                disturbs=True,
            ),
        )
