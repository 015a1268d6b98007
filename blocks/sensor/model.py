"""A sensor that measures the place it stands in, raises alarms, and minds what changes under a conversion."""

from __future__ import annotations

from collections.abc import Iterator
from math import inf
from typing import Final

from attrs import field, frozen

from blocks.limits import between
from blocks.model import BlockModel, Event, ModelParams, Simulation, Step
from registers.model import Cell, RegisterFile, Written

# sensor.rdl, at its top and at the registers.
ZERO_C: Final = -64.0
CODES_PER_C: Final = 8
CODE_MAX: Final = 4095
UNITY: Final = 2048
OFFSET_ZERO: Final = 128
PERIOD_US_MIN: Final = 20
SAMPLES: Final = 8
HIGH, LOW, CRITICAL, VOLTAGE, DROOP = 1, 2, 3, 4, 5  # alarm_e
ALARMS: Final = {"high": HIGH, "low": LOW, "critical": CRITICAL, "voltage": VOLTAGE, "droop": DROOP}
HELD_STILL: Final = (
    "TRIM", "RATE", "LIMIT_HIGH", "LIMIT_LOW", "LIMIT_CRITICAL", "HYSTERESIS", "VOLTAGE_LIMIT", "DROOP_LIMIT", "TEST",
)  # fmt: skip

TIME = between(0.0, inf)


@frozen(kw_only=True)
class SensorParams(ModelParams):
    """What this sensor is like, and what there is to be measured. Times are typical ones; inf: never.

    Attributes:
        bias_s: from power to a bias that has settled.
        first_s: of the first conversion; it includes what settles before.
        stop_s: until the last conversion has ended.
        stuck: it never ends its first conversion.
        gain, offset: the trim that makes this part's readings true.
        temperature_c, millivolts: of the place where it stands.
        drift_c_per_s: how fast its readings leave the truth, from its first conversion on.
        droop_s: from one droop of the supply to the next.
        droop_mv: how deep each goes.
    """

    bias_s: float = field(default=20e-6, validator=TIME)
    first_s: float = field(default=100e-6, validator=TIME)
    stop_s: float = field(default=8e-6, validator=TIME)
    stuck: bool = False
    gain: int = field(default=2012, validator=between(1, 4095))
    offset: int = field(default=5, validator=between(-128, 127))
    temperature_c: float = field(default=55.0, validator=between(-64.0, 447.0))
    millivolts: int = field(default=800, validator=between(0, 4095))
    drift_c_per_s: float = field(default=0.0, validator=between(-1e6, 1e6))
    droop_s: float = field(default=inf, validator=between(1e-6, inf))
    droop_mv: int = field(default=600, validator=between(0, 4095))


class SensorModel(BlockModel):
    """Converts once a period while it is enabled; what nobody can have noticed is worked out when somebody looks.

    Attributes:
        temperature_c, millivolts: of the place where it stands; `place` changes them.
    """

    params: SensorParams

    def __init__(self, name: str, registers: RegisterFile, params: SensorParams, sim: Simulation) -> None:
        super().__init__(name, registers, params, sim)
        self.temperature_c, self.millivolts = params.temperature_c, params.millivolts
        cell = self.registers.field
        self.power, self.enable = cell("CTRL.power"), cell("CTRL.enable")
        self.biased, self.active, self.ready = cell("STATUS.biased"), cell("STATUS.active"), cell("STATUS.ready")
        self.beyond = {alarm: cell(f"STATUS.{alarm}") for alarm in ("high", "low", "critical", "voltage")}
        self.alarms = {alarm: cell(f"INTR_STATUS.{alarm}") for alarm in ALARMS}
        self.logged = {name: cell(f"ERR_LOG.{name}") for name in ("valid", "alarm")}
        self.logged_code, self.logged_mv = cell("ERR_LOG_SAMPLE.code"), cell("ERR_LOG_SAMPLE.millivolts")
        self.gain, self.offset, self.period = cell("TRIM.gain"), cell("TRIM.offset"), cell("RATE.period")
        self.high, self.low = cell("LIMIT_HIGH.code"), cell("LIMIT_LOW.code")
        self.critical, self.hysteresis = cell("LIMIT_CRITICAL.code"), cell("HYSTERESIS.codes")
        self.low_mv, self.high_mv = cell("VOLTAGE_LIMIT.low"), cell("VOLTAGE_LIMIT.high")
        self.droop_mv, self.droops = cell("DROOP_LIMIT.millivolts"), cell("DROOPS.count")
        self.conversions, self.newest = cell("CONVERSIONS.count"), cell("NEWEST.index")
        self.samples = [
            tuple(cell(f"SAMPLE[{index}].{name}") for name in ("code", "millivolts", "valid"))
            for index in range(SAMPLES)
        ]
        self.extremes = {
            register: (cell(f"{register}.value"), cell(f"{register}.valid"))
            for register in ("COLDEST", "HOTTEST", "VOLTAGE_LOWEST", "VOLTAGE_HIGHEST")
        }
        self.injected, self.injects = cell("TEST.code"), cell("TEST.inject")

    def connect(self) -> None:
        """Judge what software writes, and bring up to date what it reads."""
        self.registers.on_write("CTRL", self._ctrl_written)
        for register in HELD_STILL:
            self.registers.on_write(register, self._held_still)
        self.registers.on_write("LOCK", self._locked)
        self.registers.on_write("INTR_TEST", self._tested)
        for register in ("NEWEST", "SAMPLE[*]", "CONVERSIONS", *self.extremes):
            self.registers.on_read(register, lambda _reading: self._catch_up())
        self.registers.on_line("INTR_STATUS", lambda level: self.sim.line(self.name, bool(level)))

    def cleared(self) -> None:
        """Nothing is converted."""
        self._biasing: Event | None = None
        self._converting: Event | None = None  # the first, the next to be noticed, or the last ending
        self._drooping: Event | None = None
        self._began_s = 0.0  # when the first conversion ended
        self._done = 0  # conversions behind it that were worked out

    def steps(self) -> Iterator[Step]:
        """The bias settles, then the first conversion ends."""
        yield Step("biased", self.params.bias_s)
        yield Step("measuring", self._first_s)

    @property
    def _first_s(self) -> float:
        return inf if self.params.stuck else self.params.first_s

    # ---- what software may not do ----

    def _ctrl_written(self, written: Written) -> None:
        """Judge a change of CTRL, and let it take effect."""
        rose, fell = written.new & ~written.old, written.old & ~written.new
        power, enable = self.power.type.mask, self.enable.type.mask
        if rose & enable:
            self._judge_start()
        if fell & power and (self.active.value or self.enable.value):
            self.violate("CTRL", "bias taken away under a conversion: stop it, and wait until it is inactive")
        if fell & power:
            self._unbias()
        elif rose & power:
            self._biasing = self.later("biased", self.params.bias_s, self._biased)
        if rose & enable and self.biased.value and not self.active.value:
            self._start()
        if fell & enable and self.active.value:
            self._stop()

    def _judge_start(self) -> None:
        if not self.biased.value:
            self.violate("CTRL", "enabled before its bias has settled")
        if self.active.value:
            self.violate("CTRL", "enabled before the last conversion has ended")
        if not self.gain.value:
            self.violate("CTRL", "enabled before it is trimmed")
        if self.period.value < PERIOD_US_MIN:
            self.violate("CTRL", f"enabled with a period of {self.period.value} us, shorter than a conversion")
        if problem := self._limits_wrong:
            self.violate("CTRL", f"enabled {problem}")

    @property
    def _limits_wrong(self) -> str:
        """What is wrong with the limits; empty: nothing is."""
        low, high, codes = self.low.value, self.high.value, self.hysteresis.value
        if not low < high < self.critical.value:
            return f"with limits out of order: low {low}, high {high}, critical {self.critical.value}"
        if not codes or low + codes >= high - codes:
            return f"with a hysteresis of {codes} between limits of {low} and {high}"
        if not self.low_mv.value < self.high_mv.value:
            return f"with limits of voltage out of order: low {self.low_mv.value}, high {self.high_mv.value}"
        return ""

    def _held_still(self, written: Written) -> None:
        """Judge a change of what a conversion counts on."""
        if written.old != written.new and self.active.value:
            self.violate(written.path, f"{written.path} changed under a conversion")

    def _locked(self, written: Written) -> None:
        if written.new and (problem := self._limits_wrong):
            self.violate("LOCK", f"locked {problem}")
        if written.new and not self.gain.value:
            self.violate("LOCK", "locked before it is trimmed")

    def _tested(self, written: Written) -> None:
        for alarm, cell in self.alarms.items():
            if written.pulsed(alarm):
                cell.raise_event()

    # ---- what the hardware does ----

    def _biased(self) -> None:
        self._biasing = None
        self.biased.set(1)

    def _unbias(self) -> None:
        """Lose the bias, and with it whatever was under way."""
        for event in (self._biasing, self._converting):
            if event is not None:
                event.cancel()
        self._biasing = self._converting = None
        self.biased.set(0)
        self._ended()

    def _start(self) -> None:
        self.active.set(1)
        self._converting = self.later("measuring", self._first_s, self._first)

    def _first(self) -> None:
        """End the first conversion; those behind it follow once a period."""
        self._began_s, self._done = self.sim.now_s, 0
        self.ready.set(1)
        self._convert(0)
        if self.params.droop_s < inf:
            self._drooping = self.after(self.params.droop_s, self._droops)
        self._watch()

    def _watch(self) -> None:
        """Be there when the next conversion ends, where it may see another thing than the last."""
        self._converting = None
        if self.params.drift_c_per_s:
            self._converting = self.after(self._until_next_s, self._noticed)

    def _noticed(self) -> None:
        self._catch_up()
        self._watch()

    @property
    def _period_s(self) -> float:
        return max(self.period.value, PERIOD_US_MIN) * 1e-6

    @property
    def _until_next_s(self) -> float:
        """Seconds until the next conversion ends, and a nanosecond, so that it has."""
        since_s = self.sim.now_s - self._began_s
        return (int(since_s / self._period_s) + 1) * self._period_s - since_s + 1e-9

    def _catch_up(self) -> None:
        if self.ready.value and self.enable.value:
            self._work_out()

    def _work_out(self) -> None:
        """Work out the conversions that ended since the last was, as far as somebody can see them.

        Between two looks readings change in one direction only, so that the first, and the last that the ring keeps,
        hold the extremes.
        """
        due = int((self.sim.now_s - self._began_s) / self._period_s)
        first = max(self._done + 1, due - SAMPLES + 1)
        self.conversions.increment(max(first - self._done - 1, 0))
        if first > self._done + 1:
            self._extend(self._code(self._done + 1))
            self.newest.set((self.newest.value + first - self._done - 1) % SAMPLES)
        for index in range(first, due + 1):
            self._convert(index)
        self._done = max(self._done, due)

    def _code(self, index: int) -> int:
        """Return the reading of one conversion."""
        if self.injects.value:
            return self.injected.value
        drift_c = self.params.drift_c_per_s * index * self._period_s
        raw = (self.temperature_c + drift_c - ZERO_C) * CODES_PER_C * self.gain.value / self.params.gain
        return min(max(round(raw) + self.offset.value - OFFSET_ZERO - self.params.offset, 0), CODE_MAX)

    def _convert(self, index: int) -> None:
        """Keep one conversion, and judge it by the limits."""
        code = self._code(index)
        self.newest.set((self.newest.value + 1) % SAMPLES)
        for cell, value in zip(self.samples[self.newest.value], (code, self.millivolts, 1), strict=True):
            cell.set(value)
        self.conversions.increment()
        self._extend(code)
        back = self.hysteresis.value
        self._judge("high", code >= self.high.value, code < self.high.value - back, code)
        self._judge("low", code <= self.low.value, code > self.low.value + back, code)
        self._judge("critical", code >= self.critical.value, code < self.critical.value - back, code)
        well = self.low_mv.value <= self.millivolts <= self.high_mv.value
        self._judge("voltage", not well, well, code)

    def _extend(self, code: int) -> None:
        """Let what was measured stretch the extremes."""
        for register, value in (("COLDEST", code), ("VOLTAGE_LOWEST", self.millivolts)):
            self._stretch(*self.extremes[register], value, lowest=True)
        for register, value in (("HOTTEST", code), ("VOLTAGE_HIGHEST", self.millivolts)):
            self._stretch(*self.extremes[register], value, lowest=False)

    def _stretch(self, cell: Cell, valid: Cell, value: int, *, lowest: bool) -> None:
        further = value < cell.value if lowest else value > cell.value
        if further or not valid.value:
            cell.set(value)
            valid.set(1)

    def _judge(self, alarm: str, reached: bool, left: bool, code: int) -> None:
        cell = self.beyond[alarm]
        if reached and not cell.value:
            cell.set(1)
            self._raise(alarm, code, self.millivolts)
        elif left:
            cell.set(0)

    def _raise(self, alarm: str, code: int, millivolts: int) -> None:
        """Raise an alarm, and capture it if it is the first."""
        self.alarms[alarm].raise_event()
        if not self.logged["valid"].value:
            self.logged["valid"].set(1)
            self.logged["alarm"].set(ALARMS[alarm])
            self.logged_code.set(code)
            self.logged_mv.set(millivolts)

    def _droops(self) -> None:
        self._drooping = self.after(self.params.droop_s, self._droops)
        self.droop(self.params.droop_mv)

    def _stop(self) -> None:
        if self.ready.value:
            self._work_out()
        if self._converting is not None:
            self._converting.cancel()
        self._converting = self.later("settled", self.params.stop_s, self._ended)

    def _ended(self) -> None:
        """Convert nothing, and know nothing of what is measured."""
        self._converting = None
        if self._drooping is not None:
            self._drooping.cancel()
            self._drooping = None
        for cell in (self.active, self.ready, *self.beyond.values()):
            cell.set(0)
        for _, _, valid in self.samples:
            valid.set(0)

    # ---- the place where it stands ----

    def place(self, *, temperature_c: float | None = None, millivolts: int | None = None) -> None:
        """Let the place get warmer or colder, or its voltage another; the next conversion sees it."""
        self._catch_up()
        self.temperature_c = self.temperature_c if temperature_c is None else temperature_c
        self.millivolts = self.millivolts if millivolts is None else millivolts
        if self.ready.value and self._converting is None:
            self._converting = self.after(self._until_next_s, self._noticed)

    def droop(self, millivolts: int) -> None:
        """Let the voltage dip, between two conversions; only the detector sees that."""
        if self.ready.value and millivolts < self.droop_mv.value:
            self.droops.increment()
            self._catch_up()
            self._raise("droop", self.samples[self.newest.value][0].value, millivolts)

    @property
    def serves(self) -> bool:
        """It measures, and what it says is true."""
        return bool(self.enable.value and self.ready.value and not self.injects.value)
