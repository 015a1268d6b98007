"""A fractional-N PLL that locks when it may, loses lock when it must, and minds being mistreated."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from math import inf
from typing import Final

from attrs import field, frozen

from blocks.limits import between
from blocks.model import BlockModel, Clock, Event, ModelParams, Net, Simulation, Step, wire
from blocks.pll.loop import Loop
from registers.model import RegisterFile, Written

CRYSTAL_HZ: Final = 25e6
LOCK_LOST, REF_LOST, LATE = 1, 2, 3  # pll.rdl cause_e
REFERENCE, COMPARED, VCO = 0, 1, 2  # pll.rdl pad_source_e
EVENTS: Final = ("lock_lost", "ref_lost")
EDGE: Final = 0.05  # of the control voltage: nearer to an end, the VCO says so


@frozen(kw_only=True)
class PllParams(ModelParams):
    """What this PLL is like.

    Attributes:
        reference: the net of its reference clock; empty: a crystal of `crystal_hz` that always runs.
        crystal_hz: of that crystal.
        lock_s: typical time to lock; inf: it never does.
        search_s: typical time to search a band, where the PLL is told to.
        jitter_ns: between edges of reference and feedback; more than the lock window lets pass is no lock.
        drift: how far heat and age have shifted the band, in parts of its width.
    """

    reference: str = wire()
    crystal_hz: float = field(default=CRYSTAL_HZ, validator=between(1e6, 800e6))
    lock_s: float = field(default=50e-6, validator=between(0.0, inf))
    search_s: float = field(default=10e-6, validator=between(0.0, inf))
    jitter_ns: float = field(default=0.3, validator=between(0.0, 100.0))
    drift: float = field(default=0.0, validator=between(-1.0, 1.0))


class PllModel(BlockModel):
    """Locks some time after it is powered with a good reference and a good loop; any change starts that anew.

    Its output is the reference while bypassed, else the VCO's, locked or not.
    """

    params: PllParams

    def __init__(self, name: str, registers: RegisterFile, params: PllParams, sim: Simulation) -> None:
        super().__init__(name, registers, params, sim)
        self.clock = self.net("clock", Clock())
        self.clock.promise(self._clock_due)
        self.reference: Net[Clock] = Net("not connected", Clock())
        self.loop = Loop(registers.field)
        cell = self.registers.field
        self.power_down, self.bypass = cell("CTRL.power_down"), cell("CTRL.bypass")
        self.fractional, self.charge_pump = cell("CTRL.fractional"), cell("CTRL.charge_pump")
        self.lock, self.ref_present, self.late = cell("STATUS.lock"), cell("STATUS.ref_present"), cell("STATUS.late")
        self.events = {name: cell(f"STATUS.{name}") for name in EVENTS}
        self.khz, self.ref_khz, self.test_khz = cell("FREQ.khz"), cell("REF_FREQ.khz"), cell("TEST_FREQ.khz")
        self.limit, self.took = cell("LOCK_LIMIT.cycles"), cell("LOCK_TIME.cycles")
        self.slips = cell("LOCK_WINDOW.slips")
        self.held = {name: cell(f"VCO.{name}") for name in ("band", "low", "high", "control")}
        self.logged = {name: cell(f"ERR_LOG.{name}") for name in ("cause", "driving", "control", "valid")}
        self.test = {name: cell(f"TEST.{name}") for name in ("drive", "source", "open_loop", "order")}

    def connect(self) -> None:
        """Connect the reference, and judge what software writes."""
        self.reference = self.input("reference", Clock(self.params.crystal_hz, stable=True))
        self.registers.on_write("CTRL", self._ctrl_written)
        for register in ("DIV", "FRAC", "LOCKDET", "LOCK_WINDOW", "LOCK_LIMIT", "BAND", "SSC"):
            self.registers.on_write(register, self._tuned)
        self.registers.on_write("TEST", self._tested)
        self.registers.on_write("INTR_TEST", self._intr_tested)
        self.registers.on_line("STATUS", lambda level: self.sim.line(self.name, bool(level)))

    def cleared(self) -> None:
        """Nothing is being waited for."""
        self._locking: Event | None = None
        self._limiting: Event | None = None
        self._began_s = 0.0
        self._tuning: tuple[float, ...] | None = None  # what lock was reached, or is being reached, for

    def steps(self) -> Iterator[Step]:
        """It locks, when its detector has watched it."""
        reference_hz, loop = self.reference.due().hz, Loop(self.intended)
        if reference_hz and loop.reaches(reference_hz, self.params.drift, self.params.jitter_ns):
            yield Step("locked", self._typical_s(loop), loop.detection_s(reference_hz))

    def _clock_due(self) -> Clock:
        reference_hz, loop = self.reference.due().hz, Loop(self.intended)
        return Clock(loop.divided(loop.mean_hz(reference_hz)), stable=True, locked=True)

    @property
    def serves(self) -> bool:
        """Whether users are clocked by the locked VCO."""
        return bool(self.lock.value and not self.bypass.value)

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
        elif problem := self.loop.problem(self.reference.value.hz):
            self.violate("CTRL", f"powered with {problem}")

    def _tuned(self, written: Written) -> None:
        """Judge a change of what the loop is made of, then let it take effect."""
        if written.old != written.new and not self.bypass.value:
            self.violate(written.path, f"{written.path} changed while the PLL drives its output")
        if self.loop.undivided:
            self.violate(written.path, "a divider is 0")
        self.update()

    def _tested(self, _written: Written) -> None:
        if self.test["open_loop"].value and not self.bypass.value:
            self.violate("TEST", "loop opened while the PLL drives its output")
        self.update()

    def _intr_tested(self, written: Written) -> None:
        for name, cell in self.events.items():
            if written.pulsed(name):
                cell.raise_event()

    # ---- what the hardware does ----

    def update(self) -> None:
        """Begin to lock, keep lock or lose it, and drive the output."""
        reference, powered = self.reference.value, not self.power_down.value
        if powered and self.ref_present.value and not reference.hz:
            self.registers.increment("EVENTS.ref_losses")
            self._failed("ref_lost", REF_LOST)
        self.ref_present.set(int(reference.hz > 0))
        runs = powered and reference.stable and not self.test["open_loop"].value
        reaches = runs and self.loop.reaches(reference.hz, self.params.drift, self.params.jitter_ns)
        tuning = (*self.loop.tuning(reference.hz), float(reaches)) if runs else None
        if tuning != self._tuning:
            self._unlock()
            self._tuning = tuning
            if tuning is not None:
                self._begin(reference.hz, reaches=reaches)
        self._drive()

    def _begin(self, reference_hz: float, *, reaches: bool) -> None:
        """Begin to lock, and to count the time that it takes."""
        self._began_s = self.sim.now_s
        if reaches:
            plus_s = self.loop.detection_s(reference_hz)
            self._locking = self.later("locked", self._typical_s(self.loop), self._locked, plus_s=plus_s)
        if self.limit.value:
            self._limiting = self.after(self.limit.value / reference_hz, self._lock_is_late)

    def _typical_s(self, loop: Loop) -> float:
        return self.params.lock_s + (self.params.search_s if loop.search.value else 0.0)

    def _locked(self) -> None:
        self._locking = None
        self._stop_limiting()
        reference_hz = self.reference.value.hz
        elapsed = round((self.sim.now_s - self._began_s) * reference_hz)
        self.took.set(max(1, min(elapsed, self.took.type.max)))
        position = self.loop.position(reference_hz, self.params.drift)
        self.held["band"].set(self.loop.used(reference_hz))
        self.held["control"].set(round(position * self.held["control"].type.max))
        self.held["low"].set(int(position < EDGE))
        self.held["high"].set(int(position > 1 - EDGE))
        self.lock.set(1)
        self._drive()

    def _lock_is_late(self) -> None:
        self._limiting = None
        self.late.set(1)
        self._log(LATE)

    def _stop_limiting(self) -> None:
        if self._limiting is not None:
            self._limiting.cancel()
            self._limiting = None
        self.late.set(0)

    def _unlock(self) -> None:
        if self._locking is not None:
            self._locking.cancel()
            self._locking = None
        self._stop_limiting()
        if self.lock.value:
            self.registers.increment("EVENTS.unlocks")
            if not self.bypass.value:
                self._failed("lock_lost", LOCK_LOST)
        self.lock.set(0)
        for cell in self.held.values():
            cell.set(0)

    def upsets(self) -> Mapping[str, Callable[[], object]]:
        """It loses lock, and begins to lock anew."""
        return {"lock_lost": lambda: self.slip(self.slips.type.max)}

    def slip(self, times: int) -> None:
        """Let edges slip some times in a row, as a shaken board does: for tests and campaigns.

        As many as LOCK_WINDOW.slips end the lock; the loop begins to lock anew at once.
        """
        if self.lock.value and times >= self.slips.value:
            self._unlock()
            self._tuning = None
            self.update()

    def _failed(self, event: str, cause: int) -> None:
        self.events[event].raise_event()
        self._log(cause)

    def _log(self, cause: int) -> None:
        """Log what failed first."""
        if not self.logged["valid"].value:
            for name, value in (
                ("valid", 1), ("cause", cause), ("driving", int(not self.bypass.value)),
                ("control", self.held["control"].value),
            ):  # fmt: skip
                self.logged[name].set(value)

    def _drive(self) -> None:
        """Put on the output what the multiplexer and the dividers make of reference and VCO."""
        reference = self.reference.value
        vco_hz = 0.0 if self.power_down.value or not reference.hz else self.loop.mean_hz(reference.hz)
        if self.bypass.value:
            made = Clock(reference.hz, reference.stable)
        elif not vco_hz:
            made = Clock()
        else:
            made = Clock(self.loop.divided(vco_hz), stable=bool(self.lock.value), locked=bool(self.lock.value))
        at_pad = {REFERENCE: reference.hz, COMPARED: self.loop.compared(reference.hz), VCO: vco_hz}
        pad_hz = at_pad.get(self.test["source"].value, made.hz) / 2 ** self.test["order"].value
        for cell, hz in ((self.khz, made.hz), (self.ref_khz, reference.hz), (self.test_khz, pad_hz)):
            cell.set(min(round(hz / 1e3), cell.type.max))
        if not self.test["drive"].value:
            self.test_khz.set(0)
        self.clock.drive(made)
