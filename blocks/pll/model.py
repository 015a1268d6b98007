"""A fractional-N PLL that locks when it may, loses lock when it must, and minds being mistreated."""

from __future__ import annotations

from typing import Final

from attrs import field, frozen

from blocks.limits import between
from blocks.model import BlockModel, Clock, Event, ModelParams, Net, Simulation, wire
from registers.model import RegisterFile, Written

# pll.rdl CTRL: a VCO outside this range has no lock; the driver's limits are its own business.
VCO_HZ_MIN: Final = 800e6
VCO_HZ_MAX: Final = 3.2e9
CRYSTAL_HZ: Final = 25e6


@frozen(kw_only=True)
class PllParams(ModelParams):
    """What this PLL is like.

    Attributes:
        reference: the net of its reference clock; empty: a crystal of `crystal_hz` that always runs.
        lock_s: typical time to lock; inf: it never does.
    """

    reference: str = wire()
    crystal_hz: float = field(default=CRYSTAL_HZ, validator=between(1e6, 800e6))
    lock_s: float = field(default=50e-6, validator=between(0.0, float("inf")))


class PllModel(BlockModel):
    """Locks some time after it is powered with a good reference and good dividers; any change starts that anew.

    Its output is the reference while bypassed, else the VCO's, locked or not.
    """

    params: PllParams

    def __init__(self, name: str, registers: RegisterFile, params: PllParams, sim: Simulation) -> None:
        super().__init__(name, registers, params, sim)
        self.clock = self.net("clock", Clock())
        self.reference: Net[Clock] = Net("not connected", Clock())
        cell = self.registers.field
        self.power_down, self.bypass = cell("CTRL.power_down"), cell("CTRL.bypass")
        self.fractional, self.charge_pump = cell("CTRL.fractional"), cell("CTRL.charge_pump")
        self.fbdiv, self.refdiv, self.frac = cell("DIV.fbdiv"), cell("DIV.refdiv"), cell("FRAC.frac")
        self.postdiv1, self.postdiv2 = cell("DIV.postdiv1"), cell("DIV.postdiv2")
        self.cycles = cell("LOCKDET.cycles")
        self.lock, self.ref_present = cell("STATUS.lock"), cell("STATUS.ref_present")
        self.lock_lost, self.ref_lost = cell("STATUS.lock_lost"), cell("STATUS.ref_lost")
        self.khz = cell("FREQ.khz")

    def connect(self) -> None:
        """Connect the reference, and judge what software writes."""
        self.reference = self.input("reference", Clock(self.params.crystal_hz, stable=True))
        self.registers.on_write("CTRL", self._ctrl_written)
        for register in ("DIV", "FRAC", "LOCKDET"):
            self.registers.on_write(register, self._tuned)
        self.registers.on_line("STATUS", lambda level: self.sim.line(self.name, bool(level)))

    def cleared(self) -> None:
        """Nothing is being waited for."""
        self._locking: Event | None = None
        self._tuning: tuple[float, ...] | None = None  # what lock was reached, or is being reached, for

    # ---- what software may not do ----

    def _ctrl_written(self, written: Written) -> None:
        """Judge a change of CTRL, then let it take effect."""
        was, now = self._decoded(written.old), self._decoded(written.new)
        if was["bypass"] and not now["bypass"] and not self.lock.value:
            self.violate("CTRL", "bypass released without lock")
        if now["power_down"] and not was["power_down"] and not (was["bypass"] and now["bypass"]):
            self.violate("CTRL", "powered down while it drives its output")
        if was["power_down"] and not now["power_down"]:
            self._judge_power_up()
        for name in ("fractional", "charge_pump"):
            if was[name] != now[name] and not was["bypass"]:
                self.violate("CTRL", f"{name} changed while it drives its output")
        self.update()

    def _decoded(self, word: int) -> dict[str, int]:
        cells = (self.power_down, self.bypass, self.fractional, self.charge_pump)
        return {cell.type.name: (word & cell.type.mask) >> cell.type.lsb for cell in cells}

    def _judge_power_up(self) -> None:
        if not self.reference.value.hz:
            self.violate("CTRL", "powered without a reference clock")
        elif not self.reference.value.stable:
            self.violate("CTRL", "powered with an unstable reference clock")
        elif not VCO_HZ_MIN <= self._vco_hz() <= VCO_HZ_MAX:
            self.violate("CTRL", f"powered with its VCO at {self._vco_hz() / 1e6:g} MHz, out of range")

    def _tuned(self, written: Written) -> None:
        """Judge a change of what the loop is tuned to, then let it take effect."""
        if written.old != written.new and not self.bypass.value:
            self.violate(written.path, f"{written.path} changed while the PLL drives its output")
        if not self.refdiv.value or not self.fbdiv.value or not self.postdiv1.value or not self.postdiv2.value:
            self.violate(written.path, "a divider is 0")
        self.update()

    # ---- what the hardware does ----

    def _vco_hz(self) -> float:
        fraction = self.frac.value / 2**24 if self.fractional.value else 0.0
        return self.reference.value.hz / (self.refdiv.value or 1) * (self.fbdiv.value + fraction)

    def update(self) -> None:
        """Begin to lock, keep lock or lose it, and drive the output."""
        reference, powered = self.reference.value, not self.power_down.value
        if powered and self.ref_present.value and not reference.hz:
            self.ref_lost.raise_event()
        self.ref_present.set(int(reference.hz > 0))
        vco_hz = self._vco_hz()
        runs = powered and reference.stable and VCO_HZ_MIN <= vco_hz <= VCO_HZ_MAX
        tuning = (vco_hz, self.refdiv.value, self.charge_pump.value, self.cycles.value) if runs else None
        if tuning != self._tuning:
            self._unlock()
            self._tuning = tuning
            if tuning is not None:
                cycles_s = self.cycles.value * self.refdiv.value / reference.hz
                self._locking = self.later("locked", self.params.lock_s, self._locked, plus_s=cycles_s)
        self._drive()

    def _locked(self) -> None:
        self._locking = None
        self.lock.set(1)
        self._drive()

    def _unlock(self) -> None:
        if self._locking is not None:
            self._locking.cancel()
            self._locking = None
        if self.lock.value and not self.bypass.value:
            self.lock_lost.raise_event()
        self.lock.set(0)

    def _drive(self) -> None:
        """Put on the output what the multiplexer and the dividers make of reference and VCO."""
        reference = self.reference.value
        if self.bypass.value:
            made = Clock(reference.hz, reference.stable)
        elif self.power_down.value or not reference.hz:
            made = Clock()
        else:
            hz = self._vco_hz() / ((self.postdiv1.value or 1) * (self.postdiv2.value or 1))
            made = Clock(hz, stable=bool(self.lock.value), locked=bool(self.lock.value))
        self.khz.set(min(round(made.hz / 1e3), self.khz.type.max))
        self.clock.drive(made)
