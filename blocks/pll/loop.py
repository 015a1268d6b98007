"""The loop of the simulated PLL: what its registers make of a reference, and whether it can hold that."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Protocol

VCO_HZ_MIN: Final = 800e6  # a VCO outside of this range has no lock; the driver's limits are its own business
VCO_HZ_MAX: Final = 3.2e9
# pll.rdl band_e: where each band begins and ends.
BANDS: Final = ((750e6, 1300e6), (1200e6, 1900e6), (1800e6, 2600e6), (2500e6, 3300e6))
TRIM_MIDDLE, TRIM_STEPS = 16, 32
WINDOW_NS: Final = (0.5, 1.0, 2.0, 4.0)  # pll.rdl lock_window_e
SPREAD_NS: Final = 1.0  # how far edges wander apart while the frequency is swept
SPREAD_WINDOW_NS: Final = 2.0
DEPTH_UNIT: Final = 1e-4
DEPTH_MAX: Final = 200


class Field(Protocol):
    """A field of a register, as it is or as it is to be."""

    @property
    def value(self) -> int:
        """What it holds."""
        ...


class Loop:
    """Dividers, modulator, pump, band and lock detector, as the registers have them now, or are to have them.

    `cell` finds a field.
    """

    def __init__(self, cell: Callable[[str], Field]) -> None:
        self.fractional, self.charge_pump = cell("CTRL.fractional"), cell("CTRL.charge_pump")
        self.fbdiv, self.refdiv, self.frac = cell("DIV.fbdiv"), cell("DIV.refdiv"), cell("FRAC.frac")
        self.postdiv1, self.postdiv2 = cell("DIV.postdiv1"), cell("DIV.postdiv2")
        self.cycles, self.window = cell("LOCKDET.cycles"), cell("LOCK_WINDOW.width")
        self.search, self.band, self.trim = cell("BAND.search"), cell("BAND.band"), cell("BAND.trim")
        self.spread, self.down = cell("SSC.enable"), cell("SSC.down")
        self.depth, self.sweep = cell("SSC.depth"), cell("SSC.cycles")

    @property
    def undivided(self) -> bool:
        """Whether a divider is 0."""
        return not all(cell.value for cell in (self.refdiv, self.fbdiv, self.postdiv1, self.postdiv2))

    def compared(self, reference_hz: float) -> float:
        """Return what the phase detector compares at."""
        return reference_hz / (self.refdiv.value or 1)

    def vco_hz(self, reference_hz: float) -> float:
        """Return the frequency of the VCO, not spread."""
        fraction = self.frac.value / 2**24 if self.fractional.value else 0.0
        return self.compared(reference_hz) * (self.fbdiv.value + fraction)

    def mean_hz(self, reference_hz: float) -> float:
        """Return the mean frequency of the VCO."""
        down = self.spread.value and self.down.value
        return self.vco_hz(reference_hz) * (1 - self.depth.value * DEPTH_UNIT / 2 if down else 1.0)

    def divided(self, vco_hz: float) -> float:
        """Return what the output dividers make of the VCO."""
        return vco_hz / ((self.postdiv1.value or 1) * (self.postdiv2.value or 1))

    def used(self, reference_hz: float) -> int:
        """Return the band that the VCO runs in: the one that was told, or that a search finds."""
        if not self.search.value:
            return self.band.value
        vco_hz = self.vco_hz(reference_hz)
        return min(range(len(BANDS)), key=lambda band: abs(sum(BANDS[band]) / 2 - vco_hz))

    def position(self, reference_hz: float, drift: float) -> float:
        """Return where in its band the VCO is held: 0..1 within."""
        low, high = BANDS[self.used(reference_hz)]
        trimmed = (self.trim.value - TRIM_MIDDLE) / TRIM_STEPS
        return (self.vco_hz(reference_hz) - low) / (high - low) + drift + trimmed

    def problem(self, reference_hz: float) -> str:
        """Say what nobody may power the VCO with; empty: nothing."""
        vco_hz = self.vco_hz(reference_hz)
        if not VCO_HZ_MIN <= vco_hz <= VCO_HZ_MAX:
            return f"its VCO at {vco_hz / 1e6:g} MHz, out of range"
        low, high = BANDS[self.used(reference_hz)]
        if not low <= vco_hz <= high:
            return f"its VCO at {vco_hz / 1e6:g} MHz in a band of {low / 1e6:g}..{high / 1e6:g} MHz"
        if not self.spread.value:
            return ""
        if not self.fractional.value:
            return "spread, and without the fractional modulator that sweeps"
        if WINDOW_NS[self.window.value] < SPREAD_WINDOW_NS:
            return "spread, and a lock window that it does not pass"
        if not self.sweep.value or not 0 < self.depth.value <= DEPTH_MAX:
            return "spread of no length or of no depth that there is"
        return ""

    def reaches(self, reference_hz: float, drift: float, jitter_ns: float) -> bool:
        """Say whether the loop locks, in its time."""
        wander_ns = jitter_ns + (SPREAD_NS if self.spread.value else 0.0)
        held = 0.0 <= self.position(reference_hz, drift) <= 1.0
        return held and not self.problem(reference_hz) and wander_ns <= WINDOW_NS[self.window.value]

    def tuning(self, reference_hz: float) -> tuple[float, ...]:
        """Return all that lock depends on: when it changes, lock begins anew."""
        cells = (
            self.refdiv, self.charge_pump, self.cycles, self.window, self.search, self.band, self.trim,
            self.spread, self.down, self.depth, self.sweep,
        )  # fmt: skip
        return (self.vco_hz(reference_hz), *(cell.value for cell in cells))

    def detection_s(self, reference_hz: float) -> float:
        """Return how long the lock detector watches before it believes."""
        return self.cycles.value * self.refdiv.value / reference_hz
