"""Generated from hbm_stack.rdl by firstlight registers generate; do not edit."""

from __future__ import annotations

from enum import IntEnum

from registers.access import RegisterOp
from registers.handles import ArrayMember, Bit, Bits, Member, Register, RegisterMap, RegisterValue, TopMap


class IdValue(RegisterValue):
    """The word of ID."""

    __slots__ = ()

    version = Bits(int)
    part = Bits(int)


class Id(Register):
    """Says what stands here.

    - `version` [7:0] r, 0x1 after reset: Of this register map.
    - `part` [31:16] r, 0x4853 after reset: ASCII 'HS'.
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

    protect = Bits(int)
    trip = Bits(int)


class Ctrl(Register):
    """How the manager itself behaves.

    - `protect` [0] rw, 0x1 after reset: A supply out of its window switches all supplies off.
    - `trip` [1] rw, 0x1 after reset: Too hot switches all supplies off.
    """

    __slots__ = ()

    def _value(self, raw: int) -> CtrlValue:
        return CtrlValue(self.register, raw)

    def read(self) -> RegisterOp[CtrlValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, protect: Bit, trip: Bit) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(("protect", "trip"), (protect, trip))

    def modify(self, *, protect: Bit | None = None, trip: Bit | None = None) -> RegisterOp[CtrlValue]:
        """Change the fields given and no other bit."""
        return self._modify(("protect", "trip"), (protect, trip), self._value)

    def check(self, *, protect: Bit | None = None, trip: Bit | None = None) -> RegisterOp[CtrlValue]:
        """Compare the fields given."""
        return self._check(("protect", "trip"), (protect, trip), self._value)

    def poll(self, *, timeout_s: float, protect: Bit | None = None, trip: Bit | None = None) -> RegisterOp[CtrlValue]:
        """Wait until the fields are as given."""
        return self._poll(("protect", "trip"), (protect, trip), self._value, timeout_s=timeout_s)


class StatusValue(RegisterValue):
    """The word of STATUS."""

    __slots__ = ()

    powered = Bits(int)
    reset_held = Bits(int)
    awake = Bits(int)
    ready = Bits(int)
    hot = Bits(int)
    clock_present = Bits(int)


class Status(Register):
    """What the stack is now.

    - `powered` [0] r, 0x0 after reset: Every supply is good.
    - `reset_held` [1] r, 0x0 after reset: The time that reset must stay low after power is over.
    - `awake` [2] r, 0x0 after reset: The stack answers: reset was released long enough ago.
    - `ready` [3] r, 0x0 after reset: Everything that channels stand on is there.
    - `hot` [4] r, 0x0 after reset: Hotter than TEMP_LIMIT.trip, now.
    - `clock_present` [5] r, 0x0 after reset: The reference of the PHY clock toggles and is stable.
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
        powered: Bit | None = None,
        reset_held: Bit | None = None,
        awake: Bit | None = None,
        ready: Bit | None = None,
        hot: Bit | None = None,
        clock_present: Bit | None = None,
    ) -> RegisterOp[StatusValue]:
        """Compare the fields given."""
        return self._check(
            ("powered", "reset_held", "awake", "ready", "hot", "clock_present"),
            (powered, reset_held, awake, ready, hot, clock_present),
            self._value,
        )

    def poll(
        self,
        *,
        timeout_s: float,
        powered: Bit | None = None,
        reset_held: Bit | None = None,
        awake: Bit | None = None,
        ready: Bit | None = None,
        hot: Bit | None = None,
        clock_present: Bit | None = None,
    ) -> RegisterOp[StatusValue]:
        """Wait until the fields are as given."""
        return self._poll(
            ("powered", "reset_held", "awake", "ready", "hot", "clock_present"),
            (powered, reset_held, awake, ready, hot, clock_present),
            self._value,
            timeout_s=timeout_s,
        )


class IntrStatusValue(RegisterValue):
    """The word of INTR_STATUS."""

    __slots__ = ()

    brownout = Bits(int)
    cattrip = Bits(int)
    dll_lost = Bits(int)
    zq_failed = Bits(int)
    warm = Bits(int)


class IntrStatus(Register):
    """What happened since it was last asked.

    - `brownout` [0] rw woclr, 0x0 after reset: A supply left its window.
    - `cattrip` [1] rw woclr, 0x0 after reset: The stack was switched off because it was too hot.
    - `dll_lost` [2] rw woclr, 0x0 after reset: The PHY clock lost its lock while the stack was ready.
    - `zq_failed` [3] rw woclr, 0x0 after reset: The calibration found no setting.
    - `warm` [4] rw woclr, 0x0 after reset: The temperature rose over TEMP_LIMIT.warn.
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
        brownout: Bit | None = None,
        cattrip: Bit | None = None,
        dll_lost: Bit | None = None,
        zq_failed: Bit | None = None,
        warm: Bit | None = None,
    ) -> RegisterOp[None]:
        """Write the whole register; a field left out does nothing."""
        return self._write(
            ("brownout", "cattrip", "dll_lost", "zq_failed", "warm"), (brownout, cattrip, dll_lost, zq_failed, warm)
        )

    def modify(
        self,
        *,
        brownout: Bit | None = None,
        cattrip: Bit | None = None,
        dll_lost: Bit | None = None,
        zq_failed: Bit | None = None,
        warm: Bit | None = None,
    ) -> RegisterOp[IntrStatusValue]:
        """Change the fields given and no other bit."""
        return self._modify(
            ("brownout", "cattrip", "dll_lost", "zq_failed", "warm"),
            (brownout, cattrip, dll_lost, zq_failed, warm),
            self._value,
        )

    def check(
        self,
        *,
        brownout: Bit | None = None,
        cattrip: Bit | None = None,
        dll_lost: Bit | None = None,
        zq_failed: Bit | None = None,
        warm: Bit | None = None,
    ) -> RegisterOp[IntrStatusValue]:
        """Compare the fields given."""
        return self._check(
            ("brownout", "cattrip", "dll_lost", "zq_failed", "warm"),
            (brownout, cattrip, dll_lost, zq_failed, warm),
            self._value,
        )

    def poll(
        self,
        *,
        timeout_s: float,
        brownout: Bit | None = None,
        cattrip: Bit | None = None,
        dll_lost: Bit | None = None,
        zq_failed: Bit | None = None,
        warm: Bit | None = None,
    ) -> RegisterOp[IntrStatusValue]:
        """Wait until the fields are as given."""
        return self._poll(
            ("brownout", "cattrip", "dll_lost", "zq_failed", "warm"),
            (brownout, cattrip, dll_lost, zq_failed, warm),
            self._value,
            timeout_s=timeout_s,
        )


class IntrEnableValue(RegisterValue):
    """The word of INTR_ENABLE."""

    __slots__ = ()

    brownout = Bits(int)
    cattrip = Bits(int)
    dll_lost = Bits(int)
    zq_failed = Bits(int)
    warm = Bits(int)


class IntrEnable(Register):
    """Which bits of INTR_STATUS raise the line.

    - `brownout` [0] rw, 0x0 after reset: INTR_STATUS.brownout raises the line.
    - `cattrip` [1] rw, 0x0 after reset: INTR_STATUS.cattrip raises the line.
    - `dll_lost` [2] rw, 0x0 after reset: INTR_STATUS.dll_lost raises the line.
    - `zq_failed` [3] rw, 0x0 after reset: INTR_STATUS.zq_failed raises the line.
    - `warm` [4] rw, 0x0 after reset: INTR_STATUS.warm raises the line.
    """

    __slots__ = ()

    def _value(self, raw: int) -> IntrEnableValue:
        return IntrEnableValue(self.register, raw)

    def read(self) -> RegisterOp[IntrEnableValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, brownout: Bit, cattrip: Bit, dll_lost: Bit, zq_failed: Bit, warm: Bit) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(
            ("brownout", "cattrip", "dll_lost", "zq_failed", "warm"), (brownout, cattrip, dll_lost, zq_failed, warm)
        )

    def modify(
        self,
        *,
        brownout: Bit | None = None,
        cattrip: Bit | None = None,
        dll_lost: Bit | None = None,
        zq_failed: Bit | None = None,
        warm: Bit | None = None,
    ) -> RegisterOp[IntrEnableValue]:
        """Change the fields given and no other bit."""
        return self._modify(
            ("brownout", "cattrip", "dll_lost", "zq_failed", "warm"),
            (brownout, cattrip, dll_lost, zq_failed, warm),
            self._value,
        )

    def check(
        self,
        *,
        brownout: Bit | None = None,
        cattrip: Bit | None = None,
        dll_lost: Bit | None = None,
        zq_failed: Bit | None = None,
        warm: Bit | None = None,
    ) -> RegisterOp[IntrEnableValue]:
        """Compare the fields given."""
        return self._check(
            ("brownout", "cattrip", "dll_lost", "zq_failed", "warm"),
            (brownout, cattrip, dll_lost, zq_failed, warm),
            self._value,
        )

    def poll(
        self,
        *,
        timeout_s: float,
        brownout: Bit | None = None,
        cattrip: Bit | None = None,
        dll_lost: Bit | None = None,
        zq_failed: Bit | None = None,
        warm: Bit | None = None,
    ) -> RegisterOp[IntrEnableValue]:
        """Wait until the fields are as given."""
        return self._poll(
            ("brownout", "cattrip", "dll_lost", "zq_failed", "warm"),
            (brownout, cattrip, dll_lost, zq_failed, warm),
            self._value,
            timeout_s=timeout_s,
        )


class IntrTest(Register):
    """Raises bits of INTR_STATUS, to try the line.

    - `brownout` [0] w singlepulse, 0x0 after reset: Raises INTR_STATUS.brownout.
    - `cattrip` [1] w singlepulse, 0x0 after reset: Raises INTR_STATUS.cattrip.
    - `dll_lost` [2] w singlepulse, 0x0 after reset: Raises INTR_STATUS.dll_lost.
    - `zq_failed` [3] w singlepulse, 0x0 after reset: Raises INTR_STATUS.zq_failed.
    - `warm` [4] w singlepulse, 0x0 after reset: Raises INTR_STATUS.warm.
    """

    __slots__ = ()

    def write(
        self,
        *,
        brownout: Bit | None = None,
        cattrip: Bit | None = None,
        dll_lost: Bit | None = None,
        zq_failed: Bit | None = None,
        warm: Bit | None = None,
    ) -> RegisterOp[None]:
        """Write the whole register; a field left out does nothing."""
        return self._write(
            ("brownout", "cattrip", "dll_lost", "zq_failed", "warm"), (brownout, cattrip, dll_lost, zq_failed, warm)
        )


class TestValue(RegisterValue):
    """The word of TEST."""

    __slots__ = ()

    loopback = Bits(int)
    observe = Bits(int)


class Test(Register):
    """For the tester; all 0 in use.

    - `loopback` [0] rw, 0x0 after reset: Pads return what they are sent.
    - `observe` [7:4] rw, 0x0 after reset: What the test port observes.
    """

    __slots__ = ()

    def _value(self, raw: int) -> TestValue:
        return TestValue(self.register, raw)

    def read(self) -> RegisterOp[TestValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, loopback: Bit, observe: int) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(("loopback", "observe"), (loopback, observe))

    def modify(self, *, loopback: Bit | None = None, observe: int | None = None) -> RegisterOp[TestValue]:
        """Change the fields given and no other bit."""
        return self._modify(("loopback", "observe"), (loopback, observe), self._value)

    def check(self, *, loopback: Bit | None = None, observe: int | None = None) -> RegisterOp[TestValue]:
        """Compare the fields given."""
        return self._check(("loopback", "observe"), (loopback, observe), self._value)

    def poll(self, *, timeout_s: float, loopback: Bit | None = None, observe: int | None = None) -> RegisterOp[TestValue]:
        """Wait until the fields are as given."""
        return self._poll(("loopback", "observe"), (loopback, observe), self._value, timeout_s=timeout_s)


class ScratchValue(RegisterValue):
    """The word of SCRATCH."""

    __slots__ = ()

    value = Bits(int)


class Scratch(Register):
    """For software; the hardware does not look.

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
    """Closes until the next reset.

    - `config` [0] rw woset, 0x0 after reset: Limits, mode registers and the mask of channels take no write.
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


class CauseE(IntEnum):
    """Values of cause_e."""

    NONE = 0  # Nothing failed.
    BROWNOUT = 1  # A supply left its window.
    CATTRIP = 2  # The stack was too hot and was switched off.
    DLL = 3  # The PHY clock lost its lock.
    CALIBRATE = 4  # The calibration found no setting.


class ErrLogValue(RegisterValue):
    """The word of ERR_LOG."""

    __slots__ = ()

    cause = Bits(CauseE)
    rail = Bits(int)
    celsius = Bits(int)
    valid = Bits(int)


class ErrLog(Register):
    """What failed first; kept until valid is cleared.

    - `cause` [3:0] r, 0x0 after reset: What.
    - `rail` [9:8] r, 0x0 after reset: Supply, where it was one.
    - `celsius` [23:16] r, 0x0 after reset: Temperature then, in degrees Celsius.
    - `valid` [31] rw woclr, 0x0 after reset: Something failed.
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

    def check(
        self,
        *,
        cause: CauseE | None = None,
        rail: int | None = None,
        celsius: int | None = None,
        valid: Bit | None = None,
    ) -> RegisterOp[ErrLogValue]:
        """Compare the fields given."""
        return self._check(("cause", "rail", "celsius", "valid"), (cause, rail, celsius, valid), self._value)

    def poll(
        self,
        *,
        timeout_s: float,
        cause: CauseE | None = None,
        rail: int | None = None,
        celsius: int | None = None,
        valid: Bit | None = None,
    ) -> RegisterOp[ErrLogValue]:
        """Wait until the fields are as given."""
        return self._poll(
            ("cause", "rail", "celsius", "valid"), (cause, rail, celsius, valid), self._value, timeout_s=timeout_s
        )


class EventsValue(RegisterValue):
    """The word of EVENTS."""

    __slots__ = ()

    brownouts = Bits(int)
    trips = Bits(int)
    unlocks = Bits(int)


class Events(Register):
    """How often something happened; saturates, and any write clears it.

    - `brownouts` [7:0] rw wclr, 0x0 after reset: Supplies that left their window.
    - `trips` [15:8] rw wclr, 0x0 after reset: Switched off for heat.
    - `unlocks` [23:16] rw wclr, 0x0 after reset: Times that the PHY clock lost its lock.
    """

    __slots__ = ()

    def _value(self, raw: int) -> EventsValue:
        return EventsValue(self.register, raw)

    def read(self) -> RegisterOp[EventsValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, brownouts: int, trips: int, unlocks: int) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(("brownouts", "trips", "unlocks"), (brownouts, trips, unlocks))

    def modify(self, *, brownouts: int, trips: int, unlocks: int) -> RegisterOp[EventsValue]:
        """Change the fields given and no other bit."""
        return self._modify(("brownouts", "trips", "unlocks"), (brownouts, trips, unlocks), self._value)

    def check(
        self,
        *,
        brownouts: int | None = None,
        trips: int | None = None,
        unlocks: int | None = None,
    ) -> RegisterOp[EventsValue]:
        """Compare the fields given."""
        return self._check(("brownouts", "trips", "unlocks"), (brownouts, trips, unlocks), self._value)

    def poll(
        self,
        *,
        timeout_s: float,
        brownouts: int | None = None,
        trips: int | None = None,
        unlocks: int | None = None,
    ) -> RegisterOp[EventsValue]:
        """Wait until the fields are as given."""
        return self._poll(
            ("brownouts", "trips", "unlocks"), (brownouts, trips, unlocks), self._value, timeout_s=timeout_s
        )


class PowerCyclesValue(RegisterValue):
    """The word of POWER_CYCLES."""

    __slots__ = ()

    count = Bits(int)


class PowerCycles(Register):
    """How often all supplies became good since the manager's reset.

    - `count` [15:0] r rclr, 0x0 after reset: Saturates.
    """

    __slots__ = ()

    def _value(self, raw: int) -> PowerCyclesValue:
        return PowerCyclesValue(self.register, raw)

    def read(self) -> RegisterOp[PowerCyclesValue]:
        """Read every field; that changes count."""
        return self._read(self._value)


class RailCtrlValue(RegisterValue):
    """The word of CTRL."""

    __slots__ = ()

    enable = Bits(int)


class RailCtrl(Register):
    """Switches the supply; the hardware switches it off to protect the stack.

    - `enable` [0] rw, 0x0 after reset: The supply is on.
    """

    __slots__ = ()

    def _value(self, raw: int) -> RailCtrlValue:
        return RailCtrlValue(self.register, raw)

    def read(self) -> RegisterOp[RailCtrlValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, enable: Bit) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(("enable",), (enable,))

    def modify(self, *, enable: Bit | None = None) -> RegisterOp[RailCtrlValue]:
        """Change the fields given and no other bit."""
        return self._modify(("enable",), (enable,), self._value)

    def check(self, *, enable: Bit | None = None) -> RegisterOp[RailCtrlValue]:
        """Compare the fields given."""
        return self._check(("enable",), (enable,), self._value)

    def poll(self, *, timeout_s: float, enable: Bit | None = None) -> RegisterOp[RailCtrlValue]:
        """Wait until the fields are as given."""
        return self._poll(("enable",), (enable,), self._value, timeout_s=timeout_s)


class RailStatusValue(RegisterValue):
    """The word of STATUS."""

    __slots__ = ()

    power_good = Bits(int)
    ramping = Bits(int)
    discharged = Bits(int)
    millivolts = Bits(int)


class RailStatus(Register):
    """What the supply does now.

    - `power_good` [0] r, 0x0 after reset: Within its window.
    - `ramping` [1] r, 0x0 after reset: On its way up.
    - `discharged` [2] r, 0x1 after reset: No charge is left.
    - `millivolts` [27:16] r, 0x0 after reset: Measured, in millivolts.
    """

    __slots__ = ()

    def _value(self, raw: int) -> RailStatusValue:
        return RailStatusValue(self.register, raw)

    def read(self) -> RegisterOp[RailStatusValue]:
        """Read every field."""
        return self._read(self._value)

    def check(
        self,
        *,
        power_good: Bit | None = None,
        ramping: Bit | None = None,
        discharged: Bit | None = None,
        millivolts: int | None = None,
    ) -> RegisterOp[RailStatusValue]:
        """Compare the fields given."""
        return self._check(
            ("power_good", "ramping", "discharged", "millivolts"),
            (power_good, ramping, discharged, millivolts),
            self._value,
        )

    def poll(
        self,
        *,
        timeout_s: float,
        power_good: Bit | None = None,
        ramping: Bit | None = None,
        discharged: Bit | None = None,
        millivolts: int | None = None,
    ) -> RegisterOp[RailStatusValue]:
        """Wait until the fields are as given."""
        return self._poll(
            ("power_good", "ramping", "discharged", "millivolts"),
            (power_good, ramping, discharged, millivolts),
            self._value,
            timeout_s=timeout_s,
        )


class LimitValue(RegisterValue):
    """The word of LIMIT."""

    __slots__ = ()

    target = Bits(int)
    window = Bits(int)


class Limit(Register):
    """Where the supply should be.

    - `target` [11:0] rw, 0x0 after reset: In millivolts.
    - `window` [23:16] rw, 0x0 after reset: Half of the window, in millivolts.
    """

    __slots__ = ()

    def _value(self, raw: int) -> LimitValue:
        return LimitValue(self.register, raw)

    def read(self) -> RegisterOp[LimitValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, target: int, window: int) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(("target", "window"), (target, window))

    def modify(self, *, target: int | None = None, window: int | None = None) -> RegisterOp[LimitValue]:
        """Change the fields given and no other bit."""
        return self._modify(("target", "window"), (target, window), self._value)

    def check(self, *, target: int | None = None, window: int | None = None) -> RegisterOp[LimitValue]:
        """Compare the fields given."""
        return self._check(("target", "window"), (target, window), self._value)

    def poll(self, *, timeout_s: float, target: int | None = None, window: int | None = None) -> RegisterOp[LimitValue]:
        """Wait until the fields are as given."""
        return self._poll(("target", "window"), (target, window), self._value, timeout_s=timeout_s)


class Rail(RegisterMap):
    """One supply. 0: VPP (pump), 1: VDDC (core), 2: VDDQ (input and output)."""

    __slots__ = ()

    CTRL = Member(RailCtrl)  # 0x0
    STATUS = Member(RailStatus)  # 0x4
    LIMIT = Member(Limit)  # 0x8


class ResetValue(RegisterValue):
    """The word of RESET."""

    __slots__ = ()

    release = Bits(int)


class Reset(Register):
    """RESET_n of the stack; the hardware takes it low when a supply goes.

    - `release` [0] rw, 0x0 after reset: Reset is released.
    """

    __slots__ = ()

    def _value(self, raw: int) -> ResetValue:
        return ResetValue(self.register, raw)

    def read(self) -> RegisterOp[ResetValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, release: Bit) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(("release",), (release,))

    def modify(self, *, release: Bit | None = None) -> RegisterOp[ResetValue]:
        """Change the fields given and no other bit."""
        return self._modify(("release",), (release,), self._value)

    def check(self, *, release: Bit | None = None) -> RegisterOp[ResetValue]:
        """Compare the fields given."""
        return self._check(("release",), (release,), self._value)

    def poll(self, *, timeout_s: float, release: Bit | None = None) -> RegisterOp[ResetValue]:
        """Wait until the fields are as given."""
        return self._poll(("release",), (release,), self._value, timeout_s=timeout_s)


class InstructionE(IntEnum):
    """Values of instruction_e."""

    BYPASS = 0  # Nothing is asked.
    DEVICE_ID = 1  # Read the identification into DEVICE_ID.
    TEMPERATURE = 2  # Read the sensor into TEMPERATURE once.
    LANE_TEST = 3  # Drive test patterns on every lane: never beside traffic.


class Ieee1500Value(RegisterValue):
    """The word of IEEE1500."""

    __slots__ = ()

    instruction = Bits(InstructionE)


class Ieee1500(Register):
    """Serial test port of the stack.

    - `instruction` [3:0] rw, 0x0 after reset: What is asked.
    - `start` [8] w singlepulse, 0x0 after reset: Ask.
    """

    __slots__ = ()

    def _value(self, raw: int) -> Ieee1500Value:
        return Ieee1500Value(self.register, raw)

    def read(self) -> RegisterOp[Ieee1500Value]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, instruction: InstructionE, start: Bit | None = None) -> RegisterOp[None]:
        """Write the whole register; a field left out does nothing."""
        return self._write(("instruction", "start"), (instruction, start))

    def modify(self, *, instruction: InstructionE | None = None, start: Bit | None = None) -> RegisterOp[Ieee1500Value]:
        """Change the fields given and no other bit."""
        return self._modify(("instruction", "start"), (instruction, start), self._value)

    def check(self, *, instruction: InstructionE | None = None) -> RegisterOp[Ieee1500Value]:
        """Compare the fields given."""
        return self._check(("instruction",), (instruction,), self._value)

    def poll(self, *, timeout_s: float, instruction: InstructionE | None = None) -> RegisterOp[Ieee1500Value]:
        """Wait until the fields are as given."""
        return self._poll(("instruction",), (instruction,), self._value, timeout_s=timeout_s)


class Ieee1500StatusValue(RegisterValue):
    """The word of IEEE1500_STATUS."""

    __slots__ = ()

    busy = Bits(int)


class Ieee1500Status(Register):
    """What the test port does.

    - `busy` [0] r, 0x0 after reset: An instruction runs.
    """

    __slots__ = ()

    def _value(self, raw: int) -> Ieee1500StatusValue:
        return Ieee1500StatusValue(self.register, raw)

    def read(self) -> RegisterOp[Ieee1500StatusValue]:
        """Read every field."""
        return self._read(self._value)

    def check(self, *, busy: Bit | None = None) -> RegisterOp[Ieee1500StatusValue]:
        """Compare the fields given."""
        return self._check(("busy",), (busy,), self._value)

    def poll(self, *, timeout_s: float, busy: Bit | None = None) -> RegisterOp[Ieee1500StatusValue]:
        """Wait until the fields are as given."""
        return self._poll(("busy",), (busy,), self._value, timeout_s=timeout_s)


class DeviceIdValue(RegisterValue):
    """The word of DEVICE_ID."""

    __slots__ = ()

    valid = Bits(int)
    manufacturer = Bits(int)
    density = Bits(int)
    height = Bits(int)
    serial = Bits(int)


class DeviceId(Register):
    """Identification, as last read through the test port.

    - `valid` [0] r, 0x0 after reset: It was read since power came.
    - `manufacturer` [7:4] r, 0x0 after reset: Maker.
    - `density` [15:8] r, 0x0 after reset: Gigabytes.
    - `height` [19:16] r, 0x0 after reset: Dies on top of each other.
    - `serial` [63:32] r, 0x0 after reset: Serial number.
    """

    __slots__ = ()

    def _value(self, raw: int) -> DeviceIdValue:
        return DeviceIdValue(self.register, raw)

    def read(self) -> RegisterOp[DeviceIdValue]:
        """Read every field."""
        return self._read(self._value)

    def check(
        self,
        *,
        valid: Bit | None = None,
        manufacturer: int | None = None,
        density: int | None = None,
        height: int | None = None,
        serial: int | None = None,
    ) -> RegisterOp[DeviceIdValue]:
        """Compare the fields given."""
        return self._check(
            ("valid", "manufacturer", "density", "height", "serial"),
            (valid, manufacturer, density, height, serial),
            self._value,
        )

    def poll(
        self,
        *,
        timeout_s: float,
        valid: Bit | None = None,
        manufacturer: int | None = None,
        density: int | None = None,
        height: int | None = None,
        serial: int | None = None,
    ) -> RegisterOp[DeviceIdValue]:
        """Wait until the fields are as given."""
        return self._poll(
            ("valid", "manufacturer", "density", "height", "serial"),
            (valid, manufacturer, density, height, serial),
            self._value,
            timeout_s=timeout_s,
        )


class TempCtrlValue(RegisterValue):
    """The word of TEMP_CTRL."""

    __slots__ = ()

    enable = Bits(int)


class TempCtrl(Register):
    """The temperature sensor; the hardware stops it when the stack sleeps.

    - `enable` [0] rw, 0x0 after reset: Read the sensor again and again.
    """

    __slots__ = ()

    def _value(self, raw: int) -> TempCtrlValue:
        return TempCtrlValue(self.register, raw)

    def read(self) -> RegisterOp[TempCtrlValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, enable: Bit) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(("enable",), (enable,))

    def modify(self, *, enable: Bit | None = None) -> RegisterOp[TempCtrlValue]:
        """Change the fields given and no other bit."""
        return self._modify(("enable",), (enable,), self._value)

    def check(self, *, enable: Bit | None = None) -> RegisterOp[TempCtrlValue]:
        """Compare the fields given."""
        return self._check(("enable",), (enable,), self._value)

    def poll(self, *, timeout_s: float, enable: Bit | None = None) -> RegisterOp[TempCtrlValue]:
        """Wait until the fields are as given."""
        return self._poll(("enable",), (enable,), self._value, timeout_s=timeout_s)


class TemperatureValue(RegisterValue):
    """The word of TEMPERATURE."""

    __slots__ = ()

    valid = Bits(int)
    celsius = Bits(int)


class Temperature(Register):
    """What the sensor says.

    - `valid` [0] r, 0x0 after reset: It was read since it was enabled.
    - `celsius` [15:8] r, 0x0 after reset: Degrees Celsius.
    """

    __slots__ = ()

    def _value(self, raw: int) -> TemperatureValue:
        return TemperatureValue(self.register, raw)

    def read(self) -> RegisterOp[TemperatureValue]:
        """Read every field."""
        return self._read(self._value)

    def check(self, *, valid: Bit | None = None, celsius: int | None = None) -> RegisterOp[TemperatureValue]:
        """Compare the fields given."""
        return self._check(("valid", "celsius"), (valid, celsius), self._value)

    def poll(self, *, timeout_s: float, valid: Bit | None = None, celsius: int | None = None) -> RegisterOp[TemperatureValue]:
        """Wait until the fields are as given."""
        return self._poll(("valid", "celsius"), (valid, celsius), self._value, timeout_s=timeout_s)


class TempLimitValue(RegisterValue):
    """The word of TEMP_LIMIT."""

    __slots__ = ()

    warn = Bits(int)
    trip = Bits(int)


class TempLimit(Register):
    """When to warn, and when to switch off.

    - `warn` [7:0] rw, 0x55 after reset: Degrees Celsius.
    - `trip` [15:8] rw, 0x69 after reset: Degrees Celsius.
    """

    __slots__ = ()

    def _value(self, raw: int) -> TempLimitValue:
        return TempLimitValue(self.register, raw)

    def read(self) -> RegisterOp[TempLimitValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, warn: int, trip: int) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(("warn", "trip"), (warn, trip))

    def modify(self, *, warn: int | None = None, trip: int | None = None) -> RegisterOp[TempLimitValue]:
        """Change the fields given and no other bit."""
        return self._modify(("warn", "trip"), (warn, trip), self._value)

    def check(self, *, warn: int | None = None, trip: int | None = None) -> RegisterOp[TempLimitValue]:
        """Compare the fields given."""
        return self._check(("warn", "trip"), (warn, trip), self._value)

    def poll(self, *, timeout_s: float, warn: int | None = None, trip: int | None = None) -> RegisterOp[TempLimitValue]:
        """Wait until the fields are as given."""
        return self._poll(("warn", "trip"), (warn, trip), self._value, timeout_s=timeout_s)


class DllCtrlValue(RegisterValue):
    """The word of DLL_CTRL."""

    __slots__ = ()

    enable = Bits(int)


class DllCtrl(Register):
    """Clock of the PHY; the hardware shuts it when power goes.

    - `enable` [0] rw, 0x0 after reset: The delay-locked loop runs.
    """

    __slots__ = ()

    def _value(self, raw: int) -> DllCtrlValue:
        return DllCtrlValue(self.register, raw)

    def read(self) -> RegisterOp[DllCtrlValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, enable: Bit) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(("enable",), (enable,))

    def modify(self, *, enable: Bit | None = None) -> RegisterOp[DllCtrlValue]:
        """Change the fields given and no other bit."""
        return self._modify(("enable",), (enable,), self._value)

    def check(self, *, enable: Bit | None = None) -> RegisterOp[DllCtrlValue]:
        """Compare the fields given."""
        return self._check(("enable",), (enable,), self._value)

    def poll(self, *, timeout_s: float, enable: Bit | None = None) -> RegisterOp[DllCtrlValue]:
        """Wait until the fields are as given."""
        return self._poll(("enable",), (enable,), self._value, timeout_s=timeout_s)


class DllStatusValue(RegisterValue):
    """The word of DLL_STATUS."""

    __slots__ = ()

    lock = Bits(int)
    taps = Bits(int)


class DllStatus(Register):
    """Clock of the PHY, now.

    - `lock` [0] r, 0x0 after reset: Locked.
    - `taps` [15:8] r, 0x0 after reset: Taps of its delay line.
    """

    __slots__ = ()

    def _value(self, raw: int) -> DllStatusValue:
        return DllStatusValue(self.register, raw)

    def read(self) -> RegisterOp[DllStatusValue]:
        """Read every field."""
        return self._read(self._value)

    def check(self, *, lock: Bit | None = None, taps: int | None = None) -> RegisterOp[DllStatusValue]:
        """Compare the fields given."""
        return self._check(("lock", "taps"), (lock, taps), self._value)

    def poll(self, *, timeout_s: float, lock: Bit | None = None, taps: int | None = None) -> RegisterOp[DllStatusValue]:
        """Wait until the fields are as given."""
        return self._poll(("lock", "taps"), (lock, taps), self._value, timeout_s=timeout_s)


class ZqCtrlValue(RegisterValue):
    """The word of ZQ_CTRL."""

    __slots__ = ()

    run = Bits(int)


class ZqCtrl(Register):
    """Impedance calibration; begins when run goes to 1, and its result is lost when run goes to 0.

    - `run` [0] rw, 0x0 after reset: Calibrate, and keep what was found.
    """

    __slots__ = ()

    def _value(self, raw: int) -> ZqCtrlValue:
        return ZqCtrlValue(self.register, raw)

    def read(self) -> RegisterOp[ZqCtrlValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, run: Bit) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(("run",), (run,))

    def modify(self, *, run: Bit | None = None) -> RegisterOp[ZqCtrlValue]:
        """Change the fields given and no other bit."""
        return self._modify(("run",), (run,), self._value)

    def check(self, *, run: Bit | None = None) -> RegisterOp[ZqCtrlValue]:
        """Compare the fields given."""
        return self._check(("run",), (run,), self._value)

    def poll(self, *, timeout_s: float, run: Bit | None = None) -> RegisterOp[ZqCtrlValue]:
        """Wait until the fields are as given."""
        return self._poll(("run",), (run,), self._value, timeout_s=timeout_s)


class ZqStatusValue(RegisterValue):
    """The word of ZQ_STATUS."""

    __slots__ = ()

    busy = Bits(int)
    done = Bits(int)
    failed = Bits(int)
    pull_up = Bits(int)
    pull_down = Bits(int)


class ZqStatus(Register):
    """Impedance calibration, now.

    - `busy` [0] r, 0x0 after reset: Under way.
    - `done` [1] r, 0x0 after reset: Found.
    - `failed` [2] r, 0x0 after reset: Found nothing.
    - `pull_up` [14:8] r, 0x0 after reset: Code of the pull-up.
    - `pull_down` [22:16] r, 0x0 after reset: Code of the pull-down.
    """

    __slots__ = ()

    def _value(self, raw: int) -> ZqStatusValue:
        return ZqStatusValue(self.register, raw)

    def read(self) -> RegisterOp[ZqStatusValue]:
        """Read every field."""
        return self._read(self._value)

    def check(
        self,
        *,
        busy: Bit | None = None,
        done: Bit | None = None,
        failed: Bit | None = None,
        pull_up: int | None = None,
        pull_down: int | None = None,
    ) -> RegisterOp[ZqStatusValue]:
        """Compare the fields given."""
        return self._check(
            ("busy", "done", "failed", "pull_up", "pull_down"), (busy, done, failed, pull_up, pull_down), self._value
        )

    def poll(
        self,
        *,
        timeout_s: float,
        busy: Bit | None = None,
        done: Bit | None = None,
        failed: Bit | None = None,
        pull_up: int | None = None,
        pull_down: int | None = None,
    ) -> RegisterOp[ZqStatusValue]:
        """Wait until the fields are as given."""
        return self._poll(
            ("busy", "done", "failed", "pull_up", "pull_down"),
            (busy, done, failed, pull_up, pull_down),
            self._value,
            timeout_s=timeout_s,
        )


class ChannelsValue(RegisterValue):
    """The word of CHANNELS."""

    __slots__ = ()

    mask = Bits(int)


class Channels(Register):
    """Channels that a broadcast reaches.

    - `mask` [15:0] rw, 0xffff after reset: A bit each.
    """

    __slots__ = ()

    def _value(self, raw: int) -> ChannelsValue:
        return ChannelsValue(self.register, raw)

    def read(self) -> RegisterOp[ChannelsValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, mask: int) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(("mask",), (mask,))

    def modify(self, *, mask: int | None = None) -> RegisterOp[ChannelsValue]:
        """Change the fields given and no other bit."""
        return self._modify(("mask",), (mask,), self._value)

    def check(self, *, mask: int | None = None) -> RegisterOp[ChannelsValue]:
        """Compare the fields given."""
        return self._check(("mask",), (mask,), self._value)

    def poll(self, *, timeout_s: float, mask: int | None = None) -> RegisterOp[ChannelsValue]:
        """Wait until the fields are as given."""
        return self._poll(("mask",), (mask,), self._value, timeout_s=timeout_s)


class ModeCtrl(Register):
    """Mode registers.

    - `broadcast` [0] w singlepulse, 0x0 after reset: Send MODE[0..15] to every channel of CHANNELS.mask.
    """

    __slots__ = ()

    def write(self, *, broadcast: Bit | None = None) -> RegisterOp[None]:
        """Write the whole register; a field left out does nothing."""
        return self._write(("broadcast",), (broadcast,))


class ModeStatusValue(RegisterValue):
    """The word of MODE_STATUS."""

    __slots__ = ()

    busy = Bits(int)
    sent = Bits(int)


class ModeStatus(Register):
    """Mode registers, now.

    - `busy` [0] r, 0x0 after reset: A broadcast is under way.
    - `sent` [1] r, 0x0 after reset: The stack has MODE[0..15] as they stand here.
    """

    __slots__ = ()

    def _value(self, raw: int) -> ModeStatusValue:
        return ModeStatusValue(self.register, raw)

    def read(self) -> RegisterOp[ModeStatusValue]:
        """Read every field."""
        return self._read(self._value)

    def check(self, *, busy: Bit | None = None, sent: Bit | None = None) -> RegisterOp[ModeStatusValue]:
        """Compare the fields given."""
        return self._check(("busy", "sent"), (busy, sent), self._value)

    def poll(self, *, timeout_s: float, busy: Bit | None = None, sent: Bit | None = None) -> RegisterOp[ModeStatusValue]:
        """Wait until the fields are as given."""
        return self._poll(("busy", "sent"), (busy, sent), self._value, timeout_s=timeout_s)


class ModeValue(RegisterValue):
    """The word of MODE."""

    __slots__ = ()

    data = Bits(int)


class Mode(Register):
    """One mode register of the stack, as it is to be.

    - `data` [7:0] rw, 0x0 after reset: JESD235, mode registers.
    """

    __slots__ = ()

    def _value(self, raw: int) -> ModeValue:
        return ModeValue(self.register, raw)

    def read(self) -> RegisterOp[ModeValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, data: int) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(("data",), (data,))

    def modify(self, *, data: int | None = None) -> RegisterOp[ModeValue]:
        """Change the fields given and no other bit."""
        return self._modify(("data",), (data,), self._value)

    def check(self, *, data: int | None = None) -> RegisterOp[ModeValue]:
        """Compare the fields given."""
        return self._check(("data",), (data,), self._value)

    def poll(self, *, timeout_s: float, data: int | None = None) -> RegisterOp[ModeValue]:
        """Wait until the fields are as given."""
        return self._poll(("data",), (data,), self._value, timeout_s=timeout_s)


class HbmStackRegs(TopMap):
    """Powers one memory stack, takes it out of reset, clocks and calibrates its PHY, sets its mode registers."""

    __slots__ = ()

    PACKAGE = __name__.rpartition(".")[0]
    IMAGE = "hbm_stack.image"

    ID = Member(Id)  # 0x0
    CTRL = Member(Ctrl)  # 0x4
    STATUS = Member(Status)  # 0x8
    INTR_STATUS = Member(IntrStatus)  # 0xc
    INTR_ENABLE = Member(IntrEnable)  # 0x10
    INTR_TEST = Member(IntrTest)  # 0x14
    TEST = Member(Test)  # 0x18
    SCRATCH = Member(Scratch)  # 0x1c
    LOCK = Member(Lock)  # 0x20
    ERR_LOG = Member(ErrLog)  # 0x24
    EVENTS = Member(Events)  # 0x28
    POWER_CYCLES = Member(PowerCycles)  # 0x2c
    RAIL = ArrayMember(Rail)  # 0x40 [3]
    RESET = Member(Reset)  # 0x80
    IEEE1500 = Member(Ieee1500)  # 0x84
    IEEE1500_STATUS = Member(Ieee1500Status)  # 0x88
    DEVICE_ID = Member(DeviceId)  # 0x90
    TEMP_CTRL = Member(TempCtrl)  # 0x98
    TEMPERATURE = Member(Temperature)  # 0x9c
    TEMP_LIMIT = Member(TempLimit)  # 0xa0
    DLL_CTRL = Member(DllCtrl)  # 0xa4
    DLL_STATUS = Member(DllStatus)  # 0xa8
    ZQ_CTRL = Member(ZqCtrl)  # 0xac
    ZQ_STATUS = Member(ZqStatus)  # 0xb0
    CHANNELS = Member(Channels)  # 0xb4
    MODE_CTRL = Member(ModeCtrl)  # 0xb8
    MODE_STATUS = Member(ModeStatus)  # 0xbc
    MODE = ArrayMember(Mode)  # 0xc0 [16]
