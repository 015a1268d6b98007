"""A memory stack that is powered in order or minds it, wakes when reset lets it, and runs hot when told to."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from attrs import field, frozen, validators

from blocks.limits import between
from blocks.model import BlockModel, Clock, Event, ModelParams, Net, Simulation, Step, Supply, wire
from registers.model import Cell, RegisterFile, Written

RAILS: Final = ("VPP", "VDDC", "VDDQ")  # JESD235: VPP not below VDDC, VDDC not below VDDQ, on the way up and down
VDDQ: Final = 2
DEVICE_ID, TEMPERATURE, LANE_TEST = 1, 2, 3  # hbm_stack.rdl instruction_e
BROWNOUT, CATTRIP, DLL, CALIBRATE = 1, 2, 3, 4  # hbm_stack.rdl cause_e
CATTRIP_C: Final = 120.0  # of a stack that is told to run away
EVENTS: Final = ("brownout", "cattrip", "dll_lost", "zq_failed", "warm")

LATENCY = between(0.0, float("inf"))


@frozen(kw_only=True)
class HbmStackParams(ModelParams):
    """What this stack is like. Times are typical ones; inf: never.

    Attributes:
        clock: the net of the clock that the PHY's loop follows; empty: a good one that always runs.
        vpp_s, vddc_s, vddq_s: ramps of the supplies.
        discharge_s: until a supply that was switched off holds no charge.
        hold_s: until the counter of RESET_n has run, 200 us at the fastest.
        wake_s: from the release of reset until the stack answers.
        identify_s, measure_s: of the instructions DEVICE_ID and TEMPERATURE.
        dll_s, zq_s, broadcast_s: until the loop locks, the calibration ends, the mode registers are sent.
        trip_s: until a stack that is too hot is switched off.
        never_powers: the supply that never becomes good, "VPP", "VDDC" or "VDDQ".
        never_calibrates: every calibration fails.
        temperature_c: of the stack while it is powered.
        catrip: the stack runs away thermally, and stays hot.
        manufacturer, density_gb, height, serial: of the part that stands there.
    """

    clock: str = wire()
    vpp_s: float = field(default=150e-6, validator=LATENCY)
    vddc_s: float = field(default=250e-6, validator=LATENCY)
    vddq_s: float = field(default=200e-6, validator=LATENCY)
    discharge_s: float = field(default=50e-6, validator=LATENCY)
    hold_s: float = field(default=250e-6, validator=LATENCY)
    wake_s: float = field(default=500e-6, validator=LATENCY)
    identify_s: float = field(default=10e-6, validator=LATENCY)
    measure_s: float = field(default=20e-6, validator=LATENCY)
    dll_s: float = field(default=20e-6, validator=LATENCY)
    zq_s: float = field(default=1e-3, validator=LATENCY)
    broadcast_s: float = field(default=5e-6, validator=LATENCY)
    trip_s: float = field(default=100e-6, validator=LATENCY)
    never_powers: str = field(default="", validator=validators.in_(("", *RAILS)))
    never_calibrates: bool = False
    temperature_c: float = field(default=45.0, validator=between(0.0, 150.0))
    catrip: bool = False
    manufacturer: int = field(default=0x6, validator=between(0, 15))
    density_gb: int = field(default=16, validator=between(0, 255))
    height: int = field(default=8, validator=between(0, 15))
    serial: int = field(default=0x5EED0001, validator=between(0, 0xFFFFFFFF))


class HbmStackModel(BlockModel):
    """Supplies that ramp, a reset that is timed, a clock that locks; whatever fails takes down what stands on it.

    Its net `ready` says to the channels that they have power, an awake stack, a clock, a calibrated interface and the
    mode registers. `users` are the models of those channels.
    """

    params: HbmStackParams

    def __init__(self, name: str, registers: RegisterFile, params: HbmStackParams, sim: Simulation) -> None:
        super().__init__(name, registers, params, sim)
        self.ready = self.net("ready", Supply())
        self.clock: Net[Clock] = Net("not connected", Clock())
        self.users: list[BlockModel] = []
        cell = self.registers.field
        self.enables = [cell(f"RAIL[{i}].CTRL.enable") for i in range(len(RAILS))]
        self.good = [cell(f"RAIL[{i}].STATUS.power_good") for i in range(len(RAILS))]
        self.release, self.dll, self.zq = cell("RESET.release"), cell("DLL_CTRL.enable"), cell("ZQ_CTRL.run")
        self.measuring = cell("TEMP_CTRL.enable")
        self.powered, self.held = cell("STATUS.powered"), cell("STATUS.reset_held")
        self.awake, self.hot = cell("STATUS.awake"), cell("STATUS.hot")
        self.lock, self.calibrated = cell("DLL_STATUS.lock"), cell("ZQ_STATUS.done")
        self.sent, self.known = cell("MODE_STATUS.sent"), cell("DEVICE_ID.valid")

    def connect(self) -> None:
        """Connect the clock, and judge what software writes."""
        self.clock = self.input("clock", Clock(1e9, stable=True, locked=True))
        on_write = self.registers.on_write
        for index in range(len(RAILS)):
            on_write(f"RAIL[{index}].CTRL", self._rail_hook(index))
            on_write(f"RAIL[{index}].LIMIT", self._limited)
        for path in ("CTRL", "TEMP_LIMIT"):
            on_write(path, self._limited)
        for path in ("MODE[*]", "CHANNELS"):
            on_write(path, self._mode_written)
        on_write("RESET", self._reset_written)
        on_write("IEEE1500", self._asked)
        on_write("TEMP_CTRL", self._measured)
        on_write("DLL_CTRL", self._dll_written)
        on_write("ZQ_CTRL", self._zq_written)
        on_write("MODE_CTRL", self._broadcast)
        on_write("TEST", self._tested)
        on_write("INTR_TEST", self._intr_tested)
        on_write("INTR_STATUS", lambda _: self._still_hot())
        self.registers.on_line("INTR_STATUS", lambda level: self.sim.line(self.name, bool(level)))

    def cleared(self) -> None:
        """Nothing is being waited for."""
        self._events: dict[str, Event] = {}

    def steps(self) -> Iterator[Step]:
        """Supplies ramp, reset is held, the stack wakes and answers, the PHY is clocked, calibrated and told."""
        p = self.params
        for index, name in enumerate(RAILS):
            yield Step(name, self._ramp_s(index))
        yield Step("reset held", p.hold_s)
        yield Step("awake", p.wake_s)
        yield Step("known", p.identify_s)
        yield Step("cool", p.measure_s)
        yield Step("clocked", p.dll_s)
        yield Step("calibrated", p.zq_s)
        if not p.never_calibrates:
            yield Step("mode sent", p.broadcast_s)

    def _ramp_s(self, index: int) -> float:
        p = self.params
        return float("inf") if p.never_powers == RAILS[index] else (p.vpp_s, p.vddc_s, p.vddq_s)[index]

    @property
    def serves(self) -> bool:
        """Whether channels may stand on the stack."""
        return self.ready.value.good

    # ---- what software may not do ----

    def _running(self) -> bool:
        return any(user.serves for user in self.users)

    def _judge(self, register: str, *rules: tuple[bool, str]) -> None:
        """Record each rule whose condition is met."""
        for broken, rule in rules:
            if broken:
                self.violate(register, rule)

    def _rail_hook(self, index: int) -> Callable[[Written], None]:
        def written(written: Written) -> None:
            if written.new and not written.old:
                self._switched_on(index)
            elif written.old and not written.new:
                self._switched_off(index)

        return written

    def _switched_on(self, index: int) -> None:
        name, place = RAILS[index], f"RAIL[{index}].CTRL"
        below = RAILS[index - 1]
        target = self.registers.field(f"RAIL[{index}].LIMIT.target").value
        self._judge(
            place,
            (index > 0 and not self.good[index - 1].value, f"{name} switched on before {below} is good"),
            (not target, f"{name} switched on without a target"),
        )
        self.registers.field(f"RAIL[{index}].STATUS.ramping").set(1)
        self.registers.field(f"RAIL[{index}].STATUS.discharged").set(0)
        self._begin(name, self._ramp_s(index), lambda: self._became_good(index, target))

    def _switched_off(self, index: int) -> None:
        name, place = RAILS[index], f"RAIL[{index}].CTRL"
        above = [RAILS[i] for i in range(index + 1, len(RAILS)) if self.enables[i].value]
        self._judge(
            place,
            (bool(above), f"{name} switched off under {', '.join(above)}"),
            (bool(self.release.value), f"{name} switched off while the stack is out of reset"),
            (self._running(), f"{name} switched off while channels run"),
        )
        self._off(index)
        self.update()

    def _limited(self, written: Written) -> None:
        on = any(enable.value for enable in self.enables)
        changed = written.old != written.new
        self._judge(written.path, (on and changed, f"{written.path} changed under power"))
        if written.path == "TEMP_LIMIT":
            warn, trip = written.new & 0xFF, written.new >> 8 & 0xFF
            self._judge("TEMP_LIMIT", (trip <= warn, "trip is not above warn"))

    def _reset_written(self, written: Written) -> None:
        if written.new and not written.old:
            powered, held = self.powered.value, self.held.value
            self._judge(
                "RESET",
                (not powered, "reset released without power"),
                (bool(powered) and not held, "reset released before it was held for 200 us of power"),
            )
            if powered:
                self._begin("awake", self.params.wake_s, self._woke)
        elif written.old and not written.new:
            self._judge("RESET", (self._running(), "reset taken low while channels run"))
            self._asleep()
        self.update()

    def _asked(self, written: Written) -> None:
        if not written.pulsed("start"):
            return
        instruction = self.registers.field("IEEE1500.instruction").value
        busy = self.registers.field("IEEE1500_STATUS.busy")
        self._judge(
            "IEEE1500",
            (not self.awake.value, "instruction sent to a stack that does not answer"),
            (bool(busy.value), "instruction sent while another runs"),
            (instruction == LANE_TEST and self._running(), "lanes tested while channels run"),
            (instruction > LANE_TEST, f"instruction {instruction} does not exist"),
        )
        if self.awake.value and not busy.value:
            busy.set(1)
            stage = "cool" if instruction == TEMPERATURE else "known"
            typical_s = self.params.measure_s if instruction == TEMPERATURE else self.params.identify_s
            self._begin("instruction", typical_s, lambda: self._answered(instruction), stage=stage)

    def _measured(self, written: Written) -> None:
        if written.new and not written.old:
            self._judge("TEMP_CTRL", (not self.awake.value, "sensor started on a stack that does not answer"))
            if self.awake.value:
                self._begin("cool", self.params.measure_s, self._feel)
        elif written.old and not written.new:
            self._stop("cool")
            self.registers.field("TEMPERATURE.valid").set(0)

    def _dll_written(self, written: Written) -> None:
        if written.new and not written.old:
            self._judge(
                "DLL_CTRL",
                (not self.awake.value, "PHY clock started before the stack is awake"),
                (not self._clock_good(), "PHY clock started on a reference that is not stable"),
            )
        elif written.old and not written.new:
            self._judge("DLL_CTRL", (self._running(), "PHY clock stopped while channels run"))
        self.update()

    def _zq_written(self, written: Written) -> None:
        if written.new and not written.old:
            self._judge("ZQ_CTRL", (not self.lock.value, "calibration begun without a locked PHY clock"))
            if self.lock.value:
                self.registers.field("ZQ_STATUS.busy").set(1)
                self._begin("calibrated", self.params.zq_s, self._calibrated)
        elif written.old and not written.new:
            self._judge("ZQ_CTRL", (self._running(), "calibration dropped while channels run"))
            self._uncalibrate()
        self.update()

    def _mode_written(self, written: Written) -> None:
        if written.old != written.new:
            self._judge(written.path, (self._running(), f"{written.path} changed while channels run"))
            self.sent.set(0)
        self.update()

    def _broadcast(self, written: Written) -> None:
        if not written.pulsed("broadcast"):
            return
        busy = self.registers.field("MODE_STATUS.busy")
        self._judge(
            "MODE_CTRL",
            (not self.calibrated.value, "mode registers sent before the interface is calibrated"),
            (bool(busy.value), "mode registers sent while they are being sent"),
            (self._running(), "mode registers sent while channels run"),
        )
        if self.calibrated.value and not busy.value:
            self.sent.set(0)
            busy.set(1)
            self._begin("mode sent", self.params.broadcast_s, self._mode_sent)
        self.update()

    def _tested(self, written: Written) -> None:
        self._judge("TEST", (bool(written.new) and self.serves, "test mode entered in service"))

    def _intr_tested(self, written: Written) -> None:
        for name in EVENTS:
            if written.pulsed(name):
                self.registers.raise_event(f"INTR_STATUS.{name}")

    # ---- what the hardware does ----

    def _begin(self, name: str, typical_s: float, action: Callable[[], object], *, stage: str = "") -> None:
        """Do something after its time, unless it is stopped; the rung that waits for it has its name, or `stage`."""
        self._stop(name)

        def act() -> None:
            del self._events[name]
            action()
            self.update()

        self._events[name] = self.later(stage or name, typical_s, act)

    def _stop(self, name: str) -> None:
        if event := self._events.pop(name, None):
            event.cancel()

    def _clock_good(self) -> bool:
        return self.clock.value.hz > 0 and self.clock.value.stable

    def _became_good(self, index: int, target: int) -> None:
        self.registers.field(f"RAIL[{index}].STATUS.ramping").set(0)
        self.registers.field(f"RAIL[{index}].STATUS.millivolts").set(target)
        self.good[index].set(1)

    def _off(self, index: int) -> None:
        """Take one supply away; its charge takes a while to go."""
        self._stop(RAILS[index])
        self.good[index].set(0)
        self.registers.field(f"RAIL[{index}].STATUS.ramping").set(0)
        self.registers.field(f"RAIL[{index}].STATUS.millivolts").set(0)
        discharged = self.registers.field(f"RAIL[{index}].STATUS.discharged")

        def drained() -> None:
            if not self.enables[index].value:
                discharged.set(1)

        self.after(self.drawn(self.params.discharge_s, f"discharge {RAILS[index]}"), drained)

    def _protect(self) -> None:
        """Switch everything off at once, as the hardware does to save the stack."""
        for index, enable in enumerate(self.enables):
            if enable.value:
                enable.set(0)
                self._off(index)

    def upsets(self) -> Mapping[str, Callable[[], object]]:
        """Its first supply sags."""
        return {"brownout": lambda: self.brown_out(0)}

    def brown_out(self, index: int) -> None:
        """Let a supply leave its window for a moment: for tests and campaigns."""
        if not self.good[index].value:
            return
        self.registers.raise_event("INTR_STATUS.brownout")
        self.registers.increment("EVENTS.brownouts")
        self._note(BROWNOUT, index)
        if self.registers.field("CTRL.protect").value:
            self._protect()
        self.update()

    def _woke(self) -> None:
        self.awake.set(1)
        if self._celsius() >= self.registers.field("TEMP_LIMIT.trip").value:
            self._events["trip"] = self.after(self.drawn(self.params.trip_s, "trip"), self._trip)

    def _trip(self) -> None:
        if not self.registers.field("CTRL.trip").value:
            return
        self.hot.set(1)
        self._still_hot()
        self.registers.increment("EVENTS.trips")
        self._note(CATTRIP, 0)
        self._protect()
        self.update()

    def _still_hot(self) -> None:
        """Say again that the stack is too hot, as long as it is: nobody cools a stack by clearing a bit."""
        if self.hot.value:
            self.registers.raise_event("INTR_STATUS.cattrip")

    def _celsius(self) -> int:
        return round(CATTRIP_C if self.params.catrip else self.params.temperature_c)

    def _feel(self) -> None:
        celsius = self._celsius()
        self.registers.field("TEMPERATURE.celsius").set(celsius)
        self.registers.field("TEMPERATURE.valid").set(1)
        if celsius >= self.registers.field("TEMP_LIMIT.warn").value:
            self.registers.raise_event("INTR_STATUS.warm")

    def _answered(self, instruction: int) -> None:
        self.registers.field("IEEE1500_STATUS.busy").set(0)
        if instruction == TEMPERATURE:
            self._feel()
        elif instruction == DEVICE_ID:
            p = self.params
            told = {"manufacturer": p.manufacturer, "density": p.density_gb, "height": p.height, "serial": p.serial}
            for name, value in told.items():
                self.registers.field(f"DEVICE_ID.{name}").set(value)
            self.known.set(1)

    def _calibrated(self) -> None:
        self.registers.field("ZQ_STATUS.busy").set(0)
        if self.params.never_calibrates:
            self.registers.field("ZQ_STATUS.failed").set(1)
            self.registers.raise_event("INTR_STATUS.zq_failed")
            self._note(CALIBRATE, VDDQ)
            return
        spread = round(8 * self.draw("pull"))
        self.registers.field("ZQ_STATUS.pull_up").set(60 + spread)
        self.registers.field("ZQ_STATUS.pull_down").set(68 - spread)
        self.calibrated.set(1)

    def _uncalibrate(self) -> None:
        self._stop("calibrated")
        for name in ("busy", "done", "failed"):
            self.registers.field(f"ZQ_STATUS.{name}").set(0)

    def _mode_sent(self) -> None:
        self.registers.field("MODE_STATUS.busy").set(0)
        self.sent.set(1)

    def _asleep(self) -> None:
        """Forget what a stack in reset forgets, and stop what needs it awake."""
        for name in ("awake", "instruction", "cool", "mode sent", "trip"):
            self._stop(name)
        self.zq.set(0)
        self._uncalibrate()
        for cell in (self.awake, self.known, self.sent, self.measuring):
            cell.set(0)
        for path in ("IEEE1500_STATUS.busy", "MODE_STATUS.busy", "TEMPERATURE.valid"):
            self.registers.field(path).set(0)

    def _note(self, cause: int, rail: int) -> None:
        """Log what failed first."""
        valid = self.registers.field("ERR_LOG.valid")
        if not valid.value:
            valid.set(1)
            for name, value in {"cause": cause, "rail": rail, "celsius": self._celsius()}.items():
                self.registers.field(f"ERR_LOG.{name}").set(value)

    def update(self) -> None:
        """Follow power, reset and clock up and down, and tell the channels."""
        self._follow_power()
        self._follow_clock()
        ready = all(
            cell.value for cell in (self.powered, self.awake, self.lock, self.calibrated, self.sent)
        ) and not self.hot.value
        self.registers.field("STATUS.ready").set(int(ready))
        self.ready.drive(Supply(ready))

    def _follow_power(self) -> None:
        powered = all(cell.value for cell in self.good)
        if powered == bool(self.powered.value):
            return
        self.powered.set(int(powered))
        if powered:
            self.registers.increment("POWER_CYCLES.count")
            self._begin("reset held", self.params.hold_s, lambda: self.held.set(1))
            return
        self._stop("reset held")
        _clear(self.held, self.release, self.dll)
        self._asleep()

    def _follow_clock(self) -> None:
        good = self._clock_good()
        self.registers.field("STATUS.clock_present").set(int(good))
        runs = bool(self.dll.value) and good
        if runs and not self.lock.value and "clocked" not in self._events:
            self._begin("clocked", self.params.dll_s, self._locked)
        elif not runs:
            self._stop("clocked")
            if self.lock.value:
                self._unlock()

    def _locked(self) -> None:
        self.registers.field("DLL_STATUS.taps").set(100 + round(50 * self.draw("taps")))
        self.lock.set(1)

    def _unlock(self) -> None:
        self.lock.set(0)
        if self.serves and self.dll.value:
            self.registers.raise_event("INTR_STATUS.dll_lost")
            self.registers.increment("EVENTS.unlocks")
            self._note(DLL, 0)


def _clear(*cells: Cell) -> None:
    for cell in cells:
        cell.set(0)
