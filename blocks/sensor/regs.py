"""Generated from sensor.rdl by firstlight registers generate; do not edit."""

from __future__ import annotations

from enum import IntEnum

from registers.access import RegisterOp
from registers.handles import ArrayMember, Bit, Bits, Member, Register, RegisterValue, TopMap


class IdValue(RegisterValue):
    """The word of ID."""

    __slots__ = ()

    version = Bits(int)
    part = Bits(int)


class Id(Register):
    """Says what stands here.

    - `version` [7:0] r, 0x1 after reset: Of this register map.
    - `part` [31:16] r, 0x5345 after reset: ASCII 'SE'.
    """

    __slots__ = ()

    def _value(self, raw: int) -> IdValue:
        return IdValue(self.register, raw)

    def read(self) -> RegisterOp[IdValue]:
        """Read every field."""
        return self._read(self._value)

    def check(self, *, version: int | None = None, part: int | None = None) -> RegisterOp[IdValue]:
        """Compare the fields given."""
        return self._check(("version", "part"), (version, part), self._value)

    def poll(self, *, timeout_s: float, version: int | None = None, part: int | None = None) -> RegisterOp[IdValue]:
        """Wait until the fields are as given."""
        return self._poll(("version", "part"), (version, part), self._value, timeout_s=timeout_s)


class CtrlValue(RegisterValue):
    """The word of CTRL."""

    __slots__ = ()

    power = Bits(int)
    enable = Bits(int)


class Ctrl(Register):
    """What runs.

    - `power` [0] rw, 0x0 after reset: The bias is supplied.
    - `enable` [1] rw, 0x0 after reset: Conversions follow each other, one each RATE.period.
    """

    __slots__ = ()

    def _value(self, raw: int) -> CtrlValue:
        return CtrlValue(self.register, raw)

    def read(self) -> RegisterOp[CtrlValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, power: Bit, enable: Bit) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(("power", "enable"), (power, enable))

    def modify(self, *, power: Bit | None = None, enable: Bit | None = None) -> RegisterOp[CtrlValue]:
        """Change the fields given and no other bit."""
        return self._modify(("power", "enable"), (power, enable), self._value)

    def check(self, *, power: Bit | None = None, enable: Bit | None = None) -> RegisterOp[CtrlValue]:
        """Compare the fields given."""
        return self._check(("power", "enable"), (power, enable), self._value)

    def poll(self, *, timeout_s: float, power: Bit | None = None, enable: Bit | None = None) -> RegisterOp[CtrlValue]:
        """Wait until the fields are as given."""
        return self._poll(("power", "enable"), (power, enable), self._value, timeout_s=timeout_s)


class StatusValue(RegisterValue):
    """The word of STATUS."""

    __slots__ = ()

    biased = Bits(int)
    active = Bits(int)
    ready = Bits(int)
    high = Bits(int)
    low = Bits(int)
    critical = Bits(int)
    voltage = Bits(int)


class Status(Register):
    """What the sensor does and sees now.

    - `biased` [0] r, 0x0 after reset: The bias has settled.
    - `active` [1] r, 0x0 after reset: It converts, or the last conversion has not ended yet.
    - `ready` [2] r, 0x0 after reset: A conversion has ended since it was enabled.
    - `high` [4] r, 0x0 after reset: Temperature reached LIMIT_HIGH, and is not below it by HYSTERESIS yet.
    - `low` [5] r, 0x0 after reset: Temperature fell to LIMIT_LOW, and is not above it by HYSTERESIS yet.
    - `critical` [6] r, 0x0 after reset: Temperature reached LIMIT_CRITICAL, and is not below it by HYSTERESIS yet.
    - `voltage` [7] r, 0x0 after reset: Voltage is outside of VOLTAGE_LIMIT.
    """

    __slots__ = ()

    def _value(self, raw: int) -> StatusValue:
        return StatusValue(self.register, raw)

    def read(self) -> RegisterOp[StatusValue]:
        """Read every field."""
        return self._read(self._value)

    def check(
        self,
        *,
        biased: Bit | None = None,
        active: Bit | None = None,
        ready: Bit | None = None,
        high: Bit | None = None,
        low: Bit | None = None,
        critical: Bit | None = None,
        voltage: Bit | None = None,
    ) -> RegisterOp[StatusValue]:
        """Compare the fields given."""
        return self._check(
            ("biased", "active", "ready", "high", "low", "critical", "voltage"),
            (biased, active, ready, high, low, critical, voltage),
            self._value,
        )

    def poll(
        self,
        *,
        timeout_s: float,
        biased: Bit | None = None,
        active: Bit | None = None,
        ready: Bit | None = None,
        high: Bit | None = None,
        low: Bit | None = None,
        critical: Bit | None = None,
        voltage: Bit | None = None,
    ) -> RegisterOp[StatusValue]:
        """Wait until the fields are as given."""
        return self._poll(
            ("biased", "active", "ready", "high", "low", "critical", "voltage"),
            (biased, active, ready, high, low, critical, voltage),
            self._value,
            timeout_s=timeout_s,
        )


class IntrStatusValue(RegisterValue):
    """The word of INTR_STATUS."""

    __slots__ = ()

    high = Bits(int)
    low = Bits(int)
    critical = Bits(int)
    voltage = Bits(int)
    droop = Bits(int)


class IntrStatus(Register):
    """What happened since it was last cleared.

    - `high` [0] rw woclr, 0x0 after reset: STATUS.high rose.
    - `low` [1] rw woclr, 0x0 after reset: STATUS.low rose.
    - `critical` [2] rw woclr, 0x0 after reset: STATUS.critical rose.
    - `voltage` [3] rw woclr, 0x0 after reset: STATUS.voltage rose.
    - `droop` [4] rw woclr, 0x0 after reset: The voltage dipped below DROOP_LIMIT.
    """

    __slots__ = ()

    def _value(self, raw: int) -> IntrStatusValue:
        return IntrStatusValue(self.register, raw)

    def read(self) -> RegisterOp[IntrStatusValue]:
        """Read every field."""
        return self._read(self._value)

    def write(
        self,
        *,
        high: Bit | None = None,
        low: Bit | None = None,
        critical: Bit | None = None,
        voltage: Bit | None = None,
        droop: Bit | None = None,
    ) -> RegisterOp[None]:
        """Write the whole register; a field left out does nothing."""
        return self._write(("high", "low", "critical", "voltage", "droop"), (high, low, critical, voltage, droop))

    def modify(
        self,
        *,
        high: Bit | None = None,
        low: Bit | None = None,
        critical: Bit | None = None,
        voltage: Bit | None = None,
        droop: Bit | None = None,
    ) -> RegisterOp[IntrStatusValue]:
        """Change the fields given and no other bit."""
        return self._modify(
            ("high", "low", "critical", "voltage", "droop"), (high, low, critical, voltage, droop), self._value
        )

    def check(
        self,
        *,
        high: Bit | None = None,
        low: Bit | None = None,
        critical: Bit | None = None,
        voltage: Bit | None = None,
        droop: Bit | None = None,
    ) -> RegisterOp[IntrStatusValue]:
        """Compare the fields given."""
        return self._check(
            ("high", "low", "critical", "voltage", "droop"), (high, low, critical, voltage, droop), self._value
        )

    def poll(
        self,
        *,
        timeout_s: float,
        high: Bit | None = None,
        low: Bit | None = None,
        critical: Bit | None = None,
        voltage: Bit | None = None,
        droop: Bit | None = None,
    ) -> RegisterOp[IntrStatusValue]:
        """Wait until the fields are as given."""
        return self._poll(
            ("high", "low", "critical", "voltage", "droop"),
            (high, low, critical, voltage, droop),
            self._value,
            timeout_s=timeout_s,
        )


class IntrEnableValue(RegisterValue):
    """The word of INTR_ENABLE."""

    __slots__ = ()

    high = Bits(int)
    low = Bits(int)
    critical = Bits(int)
    voltage = Bits(int)
    droop = Bits(int)


class IntrEnable(Register):
    """Which bits of INTR_STATUS raise the line.

    - `high` [0] rw, 0x0 after reset: high raises the line.
    - `low` [1] rw, 0x0 after reset: low raises the line.
    - `critical` [2] rw, 0x0 after reset: critical raises the line.
    - `voltage` [3] rw, 0x0 after reset: voltage raises the line.
    - `droop` [4] rw, 0x0 after reset: droop raises the line.
    """

    __slots__ = ()

    def _value(self, raw: int) -> IntrEnableValue:
        return IntrEnableValue(self.register, raw)

    def read(self) -> RegisterOp[IntrEnableValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, high: Bit, low: Bit, critical: Bit, voltage: Bit, droop: Bit) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(("high", "low", "critical", "voltage", "droop"), (high, low, critical, voltage, droop))

    def modify(
        self,
        *,
        high: Bit | None = None,
        low: Bit | None = None,
        critical: Bit | None = None,
        voltage: Bit | None = None,
        droop: Bit | None = None,
    ) -> RegisterOp[IntrEnableValue]:
        """Change the fields given and no other bit."""
        return self._modify(
            ("high", "low", "critical", "voltage", "droop"), (high, low, critical, voltage, droop), self._value
        )

    def check(
        self,
        *,
        high: Bit | None = None,
        low: Bit | None = None,
        critical: Bit | None = None,
        voltage: Bit | None = None,
        droop: Bit | None = None,
    ) -> RegisterOp[IntrEnableValue]:
        """Compare the fields given."""
        return self._check(
            ("high", "low", "critical", "voltage", "droop"), (high, low, critical, voltage, droop), self._value
        )

    def poll(
        self,
        *,
        timeout_s: float,
        high: Bit | None = None,
        low: Bit | None = None,
        critical: Bit | None = None,
        voltage: Bit | None = None,
        droop: Bit | None = None,
    ) -> RegisterOp[IntrEnableValue]:
        """Wait until the fields are as given."""
        return self._poll(
            ("high", "low", "critical", "voltage", "droop"),
            (high, low, critical, voltage, droop),
            self._value,
            timeout_s=timeout_s,
        )


class IntrTestValue(RegisterValue):
    """The word of INTR_TEST."""

    __slots__ = ()

    high = Bits(int)
    low = Bits(int)
    critical = Bits(int)
    voltage = Bits(int)
    droop = Bits(int)


class IntrTest(Register):
    """Sets bits of INTR_STATUS, as if it had happened.

    - `high` [0] rw singlepulse, 0x0 after reset: Sets high.
    - `low` [1] rw singlepulse, 0x0 after reset: Sets low.
    - `critical` [2] rw singlepulse, 0x0 after reset: Sets critical.
    - `voltage` [3] rw singlepulse, 0x0 after reset: Sets voltage.
    - `droop` [4] rw singlepulse, 0x0 after reset: Sets droop.
    """

    __slots__ = ()

    def _value(self, raw: int) -> IntrTestValue:
        return IntrTestValue(self.register, raw)

    def read(self) -> RegisterOp[IntrTestValue]:
        """Read every field."""
        return self._read(self._value)

    def write(
        self,
        *,
        high: Bit | None = None,
        low: Bit | None = None,
        critical: Bit | None = None,
        voltage: Bit | None = None,
        droop: Bit | None = None,
    ) -> RegisterOp[None]:
        """Write the whole register; a field left out does nothing."""
        return self._write(("high", "low", "critical", "voltage", "droop"), (high, low, critical, voltage, droop))

    def modify(
        self,
        *,
        high: Bit | None = None,
        low: Bit | None = None,
        critical: Bit | None = None,
        voltage: Bit | None = None,
        droop: Bit | None = None,
    ) -> RegisterOp[IntrTestValue]:
        """Change the fields given and no other bit."""
        return self._modify(
            ("high", "low", "critical", "voltage", "droop"), (high, low, critical, voltage, droop), self._value
        )

    def check(
        self,
        *,
        high: Bit | None = None,
        low: Bit | None = None,
        critical: Bit | None = None,
        voltage: Bit | None = None,
        droop: Bit | None = None,
    ) -> RegisterOp[IntrTestValue]:
        """Compare the fields given."""
        return self._check(
            ("high", "low", "critical", "voltage", "droop"), (high, low, critical, voltage, droop), self._value
        )

    def poll(
        self,
        *,
        timeout_s: float,
        high: Bit | None = None,
        low: Bit | None = None,
        critical: Bit | None = None,
        voltage: Bit | None = None,
        droop: Bit | None = None,
    ) -> RegisterOp[IntrTestValue]:
        """Wait until the fields are as given."""
        return self._poll(
            ("high", "low", "critical", "voltage", "droop"),
            (high, low, critical, voltage, droop),
            self._value,
            timeout_s=timeout_s,
        )


class AlarmE(IntEnum):
    """Values of alarm_e."""

    NONE = 0  # Nothing was captured.
    HIGH = 1  # The temperature reached LIMIT_HIGH.
    LOW = 2  # The temperature fell to LIMIT_LOW.
    CRITICAL = 3  # The temperature reached LIMIT_CRITICAL.
    VOLTAGE = 4  # The voltage left VOLTAGE_LIMIT.
    DROOP = 5  # The voltage dipped below DROOP_LIMIT between two conversions.


class ErrLogValue(RegisterValue):
    """The word of ERR_LOG."""

    __slots__ = ()

    valid = Bits(int)
    alarm = Bits(AlarmE)


class ErrLog(Register):
    """The first alarm since the log was last cleared.

    - `valid` [0] rw woclr, 0x0 after reset: The log holds an alarm.
    - `alarm` [6:4] r, 0x0 after reset: Which.
    """

    __slots__ = ()

    def _value(self, raw: int) -> ErrLogValue:
        return ErrLogValue(self.register, raw)

    def read(self) -> RegisterOp[ErrLogValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, valid: Bit | None = None) -> RegisterOp[None]:
        """Write the whole register; a field left out does nothing."""
        return self._write(("valid",), (valid,))

    def modify(self, *, valid: Bit | None = None) -> RegisterOp[ErrLogValue]:
        """Change the fields given and no other bit."""
        return self._modify(("valid",), (valid,), self._value)

    def check(self, *, valid: Bit | None = None, alarm: AlarmE | None = None) -> RegisterOp[ErrLogValue]:
        """Compare the fields given."""
        return self._check(("valid", "alarm"), (valid, alarm), self._value)

    def poll(self, *, timeout_s: float, valid: Bit | None = None, alarm: AlarmE | None = None) -> RegisterOp[ErrLogValue]:
        """Wait until the fields are as given."""
        return self._poll(("valid", "alarm"), (valid, alarm), self._value, timeout_s=timeout_s)


class ErrLogSampleValue(RegisterValue):
    """The word of ERR_LOG_SAMPLE."""

    __slots__ = ()

    code = Bits(int)
    millivolts = Bits(int)


class ErrLogSample(Register):
    """What was measured at the alarm in the log.

    - `code` [11:0] r, 0x0 after reset: Temperature.
    - `millivolts` [27:16] r, 0x0 after reset: Voltage; of a droop, its deepest.
    """

    __slots__ = ()

    def _value(self, raw: int) -> ErrLogSampleValue:
        return ErrLogSampleValue(self.register, raw)

    def read(self) -> RegisterOp[ErrLogSampleValue]:
        """Read every field."""
        return self._read(self._value)

    def check(self, *, code: int | None = None, millivolts: int | None = None) -> RegisterOp[ErrLogSampleValue]:
        """Compare the fields given."""
        return self._check(("code", "millivolts"), (code, millivolts), self._value)

    def poll(self, *, timeout_s: float, code: int | None = None, millivolts: int | None = None) -> RegisterOp[ErrLogSampleValue]:
        """Wait until the fields are as given."""
        return self._poll(("code", "millivolts"), (code, millivolts), self._value, timeout_s=timeout_s)


class TrimValue(RegisterValue):
    """The word of TRIM."""

    __slots__ = ()

    gain = Bits(int)
    offset = Bits(int)


class Trim(Register):
    """Makes readings of this part true; found when it was tested, 0 before it is set.

    - `gain` [11:0] rw, 0x0 after reset: Of the converter; 2048 is 1, and the codes are multiplied by it.
    - `offset` [23:16] rw, 0x0 after reset: Is added to the codes, less 128.
    """

    __slots__ = ()

    def _value(self, raw: int) -> TrimValue:
        return TrimValue(self.register, raw)

    def read(self) -> RegisterOp[TrimValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, gain: int, offset: int) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(("gain", "offset"), (gain, offset))

    def modify(self, *, gain: int | None = None, offset: int | None = None) -> RegisterOp[TrimValue]:
        """Change the fields given and no other bit."""
        return self._modify(("gain", "offset"), (gain, offset), self._value)

    def check(self, *, gain: int | None = None, offset: int | None = None) -> RegisterOp[TrimValue]:
        """Compare the fields given."""
        return self._check(("gain", "offset"), (gain, offset), self._value)

    def poll(self, *, timeout_s: float, gain: int | None = None, offset: int | None = None) -> RegisterOp[TrimValue]:
        """Wait until the fields are as given."""
        return self._poll(("gain", "offset"), (gain, offset), self._value, timeout_s=timeout_s)


class RateValue(RegisterValue):
    """The word of RATE."""

    __slots__ = ()

    period = Bits(int)


class Rate(Register):
    """How often it measures.

    - `period` [19:0] rw, 0x0 after reset: Microseconds from one conversion to the next; 20 at least.
    """

    __slots__ = ()

    def _value(self, raw: int) -> RateValue:
        return RateValue(self.register, raw)

    def read(self) -> RegisterOp[RateValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, period: int) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(("period",), (period,))

    def modify(self, *, period: int | None = None) -> RegisterOp[RateValue]:
        """Change the fields given and no other bit."""
        return self._modify(("period",), (period,), self._value)

    def check(self, *, period: int | None = None) -> RegisterOp[RateValue]:
        """Compare the fields given."""
        return self._check(("period",), (period,), self._value)

    def poll(self, *, timeout_s: float, period: int | None = None) -> RegisterOp[RateValue]:
        """Wait until the fields are as given."""
        return self._poll(("period",), (period,), self._value, timeout_s=timeout_s)


class LimitRValue(RegisterValue):
    """The word of limit_r."""

    __slots__ = ()

    code = Bits(int)


class LimitR(Register):
    """A limit of temperature.

    - `code` [11:0] rw, 0x0 after reset: Temperature.
    """

    __slots__ = ()

    def _value(self, raw: int) -> LimitRValue:
        return LimitRValue(self.register, raw)

    def read(self) -> RegisterOp[LimitRValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, code: int) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(("code",), (code,))

    def modify(self, *, code: int | None = None) -> RegisterOp[LimitRValue]:
        """Change the fields given and no other bit."""
        return self._modify(("code",), (code,), self._value)

    def check(self, *, code: int | None = None) -> RegisterOp[LimitRValue]:
        """Compare the fields given."""
        return self._check(("code",), (code,), self._value)

    def poll(self, *, timeout_s: float, code: int | None = None) -> RegisterOp[LimitRValue]:
        """Wait until the fields are as given."""
        return self._poll(("code",), (code,), self._value, timeout_s=timeout_s)


class HysteresisValue(RegisterValue):
    """The word of HYSTERESIS."""

    __slots__ = ()

    codes = Bits(int)


class Hysteresis(Register):
    """How far back from a limit is far enough.

    - `codes` [7:0] rw, 0x0 after reset: Codes.
    """

    __slots__ = ()

    def _value(self, raw: int) -> HysteresisValue:
        return HysteresisValue(self.register, raw)

    def read(self) -> RegisterOp[HysteresisValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, codes: int) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(("codes",), (codes,))

    def modify(self, *, codes: int | None = None) -> RegisterOp[HysteresisValue]:
        """Change the fields given and no other bit."""
        return self._modify(("codes",), (codes,), self._value)

    def check(self, *, codes: int | None = None) -> RegisterOp[HysteresisValue]:
        """Compare the fields given."""
        return self._check(("codes",), (codes,), self._value)

    def poll(self, *, timeout_s: float, codes: int | None = None) -> RegisterOp[HysteresisValue]:
        """Wait until the fields are as given."""
        return self._poll(("codes",), (codes,), self._value, timeout_s=timeout_s)


class VoltageLimitValue(RegisterValue):
    """The word of VOLTAGE_LIMIT."""

    __slots__ = ()

    low = Bits(int)
    high = Bits(int)


class VoltageLimit(Register):
    """Between which voltages all is well.

    - `low` [11:0] rw, 0x0 after reset: Lowest that is.
    - `high` [27:16] rw, 0x0 after reset: Highest that is.
    """

    __slots__ = ()

    def _value(self, raw: int) -> VoltageLimitValue:
        return VoltageLimitValue(self.register, raw)

    def read(self) -> RegisterOp[VoltageLimitValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, low: int, high: int) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(("low", "high"), (low, high))

    def modify(self, *, low: int | None = None, high: int | None = None) -> RegisterOp[VoltageLimitValue]:
        """Change the fields given and no other bit."""
        return self._modify(("low", "high"), (low, high), self._value)

    def check(self, *, low: int | None = None, high: int | None = None) -> RegisterOp[VoltageLimitValue]:
        """Compare the fields given."""
        return self._check(("low", "high"), (low, high), self._value)

    def poll(self, *, timeout_s: float, low: int | None = None, high: int | None = None) -> RegisterOp[VoltageLimitValue]:
        """Wait until the fields are as given."""
        return self._poll(("low", "high"), (low, high), self._value, timeout_s=timeout_s)


class DroopLimitValue(RegisterValue):
    """The word of DROOP_LIMIT."""

    __slots__ = ()

    millivolts = Bits(int)


class DroopLimit(Register):
    """What the detector of droops takes for one; it looks all the time, not at conversions only.

    - `millivolts` [11:0] rw, 0x0 after reset: Voltage below which it is one.
    """

    __slots__ = ()

    def _value(self, raw: int) -> DroopLimitValue:
        return DroopLimitValue(self.register, raw)

    def read(self) -> RegisterOp[DroopLimitValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, millivolts: int) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(("millivolts",), (millivolts,))

    def modify(self, *, millivolts: int | None = None) -> RegisterOp[DroopLimitValue]:
        """Change the fields given and no other bit."""
        return self._modify(("millivolts",), (millivolts,), self._value)

    def check(self, *, millivolts: int | None = None) -> RegisterOp[DroopLimitValue]:
        """Compare the fields given."""
        return self._check(("millivolts",), (millivolts,), self._value)

    def poll(self, *, timeout_s: float, millivolts: int | None = None) -> RegisterOp[DroopLimitValue]:
        """Wait until the fields are as given."""
        return self._poll(("millivolts",), (millivolts,), self._value, timeout_s=timeout_s)


class ExtremeRValue(RegisterValue):
    """The word of extreme_r."""

    __slots__ = ()

    value = Bits(int)
    valid = Bits(int)


class ExtremeR(Register):
    """The lowest or the highest since this was last read; a read begins anew.

    - `value` [11:0] r rclr, 0x0 after reset: Temperature or voltage.
    - `valid` [31] r rclr, 0x0 after reset: There was a conversion.
    """

    __slots__ = ()

    def _value(self, raw: int) -> ExtremeRValue:
        return ExtremeRValue(self.register, raw)

    def read(self) -> RegisterOp[ExtremeRValue]:
        """Read every field; that changes value, valid."""
        return self._read(self._value)


class ConversionsValue(RegisterValue):
    """The word of CONVERSIONS."""

    __slots__ = ()

    count = Bits(int)


class Conversions(Register):
    """Conversions since this was last read; stays at its end.

    - `count` [63:0] r rclr, 0x0 after reset: How many; a read of either word brings and clears that word.
    """

    __slots__ = ()

    def _value(self, raw: int) -> ConversionsValue:
        return ConversionsValue(self.register, raw)

    def read(self) -> RegisterOp[ConversionsValue]:
        """Read every field; that changes count."""
        return self._read(self._value)


class DroopsValue(RegisterValue):
    """The word of DROOPS."""

    __slots__ = ()

    count = Bits(int)


class Droops(Register):
    """Droops since this was last read; stays at its end.

    - `count` [15:0] r rclr, 0x0 after reset: How many.
    """

    __slots__ = ()

    def _value(self, raw: int) -> DroopsValue:
        return DroopsValue(self.register, raw)

    def read(self) -> RegisterOp[DroopsValue]:
        """Read every field; that changes count."""
        return self._read(self._value)


class NewestValue(RegisterValue):
    """The word of NEWEST."""

    __slots__ = ()

    index = Bits(int)


class Newest(Register):
    """Where the newest sample is.

    - `index` [2:0] r, 0x7 after reset: Of SAMPLE.
    """

    __slots__ = ()

    def _value(self, raw: int) -> NewestValue:
        return NewestValue(self.register, raw)

    def read(self) -> RegisterOp[NewestValue]:
        """Read every field."""
        return self._read(self._value)

    def check(self, *, index: int | None = None) -> RegisterOp[NewestValue]:
        """Compare the fields given."""
        return self._check(("index",), (index,), self._value)

    def poll(self, *, timeout_s: float, index: int | None = None) -> RegisterOp[NewestValue]:
        """Wait until the fields are as given."""
        return self._poll(("index",), (index,), self._value, timeout_s=timeout_s)


class SampleValue(RegisterValue):
    """The word of SAMPLE."""

    __slots__ = ()

    code = Bits(int)
    millivolts = Bits(int)
    valid = Bits(int)


class Sample(Register):
    """One conversion; eight are kept, in a ring.

    - `code` [11:0] r, 0x0 after reset: Temperature.
    - `millivolts` [27:16] r, 0x0 after reset: Voltage.
    - `valid` [31] r, 0x0 after reset: It was measured since the sensor was enabled.
    """

    __slots__ = ()

    def _value(self, raw: int) -> SampleValue:
        return SampleValue(self.register, raw)

    def read(self) -> RegisterOp[SampleValue]:
        """Read every field."""
        return self._read(self._value)

    def check(
        self,
        *,
        code: int | None = None,
        millivolts: int | None = None,
        valid: Bit | None = None,
    ) -> RegisterOp[SampleValue]:
        """Compare the fields given."""
        return self._check(("code", "millivolts", "valid"), (code, millivolts, valid), self._value)

    def poll(
        self,
        *,
        timeout_s: float,
        code: int | None = None,
        millivolts: int | None = None,
        valid: Bit | None = None,
    ) -> RegisterOp[SampleValue]:
        """Wait until the fields are as given."""
        return self._poll(("code", "millivolts", "valid"), (code, millivolts, valid), self._value, timeout_s=timeout_s)


class TestValue(RegisterValue):
    """The word of TEST."""

    __slots__ = ()

    code = Bits(int)
    inject = Bits(int)


class Test(Register):
    """For tests of what listens to alarms.

    - `code` [11:0] rw, 0x0 after reset: The temperature that is measured instead of the true one.
    - `inject` [31] rw, 0x0 after reset: It is.
    """

    __slots__ = ()

    def _value(self, raw: int) -> TestValue:
        return TestValue(self.register, raw)

    def read(self) -> RegisterOp[TestValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, code: int, inject: Bit) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(("code", "inject"), (code, inject))

    def modify(self, *, code: int | None = None, inject: Bit | None = None) -> RegisterOp[TestValue]:
        """Change the fields given and no other bit."""
        return self._modify(("code", "inject"), (code, inject), self._value)

    def check(self, *, code: int | None = None, inject: Bit | None = None) -> RegisterOp[TestValue]:
        """Compare the fields given."""
        return self._check(("code", "inject"), (code, inject), self._value)

    def poll(self, *, timeout_s: float, code: int | None = None, inject: Bit | None = None) -> RegisterOp[TestValue]:
        """Wait until the fields are as given."""
        return self._poll(("code", "inject"), (code, inject), self._value, timeout_s=timeout_s)


class ScratchValue(RegisterValue):
    """The word of SCRATCH."""

    __slots__ = ()

    value = Bits(int)


class Scratch(Register):
    """Holds what software puts there.

    - `value` [31:0] rw, 0x0 after reset: Anything.
    """

    __slots__ = ()

    def _value(self, raw: int) -> ScratchValue:
        return ScratchValue(self.register, raw)

    def read(self) -> RegisterOp[ScratchValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, value: int) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(("value",), (value,))

    def modify(self, *, value: int | None = None) -> RegisterOp[ScratchValue]:
        """Change the fields given and no other bit."""
        return self._modify(("value",), (value,), self._value)

    def check(self, *, value: int | None = None) -> RegisterOp[ScratchValue]:
        """Compare the fields given."""
        return self._check(("value",), (value,), self._value)

    def poll(self, *, timeout_s: float, value: int | None = None) -> RegisterOp[ScratchValue]:
        """Wait until the fields are as given."""
        return self._poll(("value",), (value,), self._value, timeout_s=timeout_s)


class LockValue(RegisterValue):
    """The word of LOCK."""

    __slots__ = ()

    config = Bits(int)


class Lock(Register):
    """Closes what is not to change in service; only a reset of the whole block opens it.

    - `config` [0] rw woset, 0x0 after reset: Trim, rate and limits take no write.
    """

    __slots__ = ()

    def _value(self, raw: int) -> LockValue:
        return LockValue(self.register, raw)

    def read(self) -> RegisterOp[LockValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, config: Bit | None = None) -> RegisterOp[None]:
        """Write the whole register; a field left out does nothing."""
        return self._write(("config",), (config,))

    def modify(self, *, config: Bit | None = None) -> RegisterOp[LockValue]:
        """Change the fields given and no other bit."""
        return self._modify(("config",), (config,), self._value)

    def check(self, *, config: Bit | None = None) -> RegisterOp[LockValue]:
        """Compare the fields given."""
        return self._check(("config",), (config,), self._value)

    def poll(self, *, timeout_s: float, config: Bit | None = None) -> RegisterOp[LockValue]:
        """Wait until the fields are as given."""
        return self._poll(("config",), (config,), self._value, timeout_s=timeout_s)


class SensorRegs(TopMap):
    """Measures temperature and supply voltage of the place where it stands, and says when they leave their limits."""

    __slots__ = ()

    PACKAGE = __name__.rpartition(".")[0]
    IMAGE = "sensor.image"

    ID = Member(Id)  # 0x0
    CTRL = Member(Ctrl)  # 0x4
    STATUS = Member(Status)  # 0x8
    INTR_STATUS = Member(IntrStatus)  # 0xc
    INTR_ENABLE = Member(IntrEnable)  # 0x10
    INTR_TEST = Member(IntrTest)  # 0x14
    ERR_LOG = Member(ErrLog)  # 0x18
    ERR_LOG_SAMPLE = Member(ErrLogSample)  # 0x1c
    TRIM = Member(Trim)  # 0x20
    RATE = Member(Rate)  # 0x24
    LIMIT_HIGH = Member(LimitR)  # 0x28
    LIMIT_LOW = Member(LimitR)  # 0x2c
    LIMIT_CRITICAL = Member(LimitR)  # 0x30
    HYSTERESIS = Member(Hysteresis)  # 0x34
    VOLTAGE_LIMIT = Member(VoltageLimit)  # 0x38
    DROOP_LIMIT = Member(DroopLimit)  # 0x3c
    COLDEST = Member(ExtremeR)  # 0x40
    HOTTEST = Member(ExtremeR)  # 0x44
    VOLTAGE_LOWEST = Member(ExtremeR)  # 0x48
    VOLTAGE_HIGHEST = Member(ExtremeR)  # 0x4c
    CONVERSIONS = Member(Conversions)  # 0x50
    DROOPS = Member(Droops)  # 0x58
    NEWEST = Member(Newest)  # 0x7c
    SAMPLE = ArrayMember(Sample)  # 0x80 [8]
    TEST = Member(Test)  # 0xff0
    SCRATCH = Member(Scratch)  # 0xff4
    LOCK = Member(Lock)  # 0xff8
