"""The FU540's clock block: its core PLL takes its time to lock, and minds being changed while it clocks the cores."""

from __future__ import annotations

from typing import Final

from attrs import field, frozen

from blocks.limits import between
from blocks.model import BlockModel, Event, ModelParams, Simulation
from registers.model import RegisterFile, Written

# FU540-C000 manual, Clocking and Reset: what the reference, the loop filter's setting and the VCO may be.
RANGES_HZ: Final = {
    1: (7e6, 11e6), 2: (11e6, 18e6), 3: (18e6, 30e6), 4: (30e6, 50e6),
    5: (50e6, 80e6), 6: (80e6, 130e6), 7: (130e6, 200e6),
}  # fmt: skip
VCO_HZ: Final = (2.4e9, 4.8e9)
CORE_PLL, HFCLK = 0, 1  # prci.rdl core_clock


@frozen(kw_only=True)
class PrciParams(ModelParams):
    """What this chip's clocks are like.

    Attributes:
        hfclk_hz: of the crystal.
        lock_s: typical time to lock; inf: it never does.
    """

    hfclk_hz: float = field(default=33_333_333.0, validator=between(1e6, 1e9))
    lock_s: float = field(default=50e-6, validator=between(0.0, float("inf")))


class PrciModel(BlockModel):
    """Locks some time after the dividers are legal; the cores run from the crystal until the mux is moved."""

    params: PrciParams

    def __init__(self, name: str, registers: RegisterFile, params: PrciParams, sim: Simulation) -> None:
        super().__init__(name, registers, params, sim)
        cell = registers.field
        self.enabled, self.ready = cell("HFXOSCCFG.hfxoscen"), cell("HFXOSCCFG.hfxoscrdy")
        self.divr, self.divf = cell("COREPLLCFG0.divr"), cell("COREPLLCFG0.divf")
        self.range, self.bypass = cell("COREPLLCFG0.range"), cell("COREPLLCFG0.bypass")
        self.lock, self.source = cell("COREPLLCFG0.lock"), cell("CORECLKSEL.source")
        self.status = cell("CLKMUXSTATUS.coreclkpllsel")

    def connect(self) -> None:
        """Judge what software writes."""
        self.registers.on_write("HFXOSCCFG", lambda _written: self.update())
        self.registers.on_write("COREPLLCFG0", self._tuned)
        self.registers.on_write("CORECLKSEL", self._selected)

    def cleared(self) -> None:
        """Nothing is being waited for."""
        self._locking: Event | None = None

    def _tuned(self, written: Written) -> None:
        """Judge new dividers, and begin to lock on them."""
        if not (written.old ^ written.new) & ~self.lock.type.mask:
            return
        if self.source.value == CORE_PLL:
            self.violate("COREPLLCFG0", "changed while it clocks the cores")
        if not self.bypass.value and not self._legal():
            self.violate("COREPLLCFG0", "driven with a reference, filter or VCO out of range")
        if self._locking is not None:
            self._locking.cancel()
        self.lock.set(0)
        if self._legal():
            self._locking = self.after(self.drawn(self.params.lock_s, "lock"), lambda: self.lock.set(1))

    def _legal(self) -> bool:
        """Say whether the PLL can lock."""
        reference = self.params.hfclk_hz / (self.divr.value + 1)
        low, high = RANGES_HZ.get(self.range.value, (1.0, 0.0))
        return low <= reference <= high and VCO_HZ[0] <= reference * 2 * (self.divf.value + 1) <= VCO_HZ[1]

    def _selected(self, _written: Written) -> None:
        if self.source.value == CORE_PLL and (not self.lock.value or self.bypass.value):
            self.violate("CORECLKSEL", "the core PLL selected before it locked")
        self.update()

    def update(self) -> None:
        """Show where the oscillator and the mux stand; both follow at once."""
        self.ready.set(self.enabled.value)
        self.status.set(self.source.value)
