"""Generated from hbm_channel.rdl by firstlight registers generate; do not edit."""

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
    - `part` [31:16] r, 0x4843 after reset: ASCII 'HC'.
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

    isolate = Bits(int)
    power_down = Bits(int)


class Ctrl(Register):
    """How the channel stands to what is around it.

    - `isolate` [0] rw, 0x1 after reset: The fabric's port is clamped: requests are refused.
    - `power_down` [1] rw, 0x1 after reset: The PHY sleeps; what training found is kept.
    """

    __slots__ = ()

    def _value(self, raw: int) -> CtrlValue:
        return CtrlValue(self.register, raw)

    def read(self) -> RegisterOp[CtrlValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, isolate: Bit, power_down: Bit) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(("isolate", "power_down"), (isolate, power_down))

    def modify(self, *, isolate: Bit | None = None, power_down: Bit | None = None) -> RegisterOp[CtrlValue]:
        """Change the fields given and no other bit."""
        return self._modify(("isolate", "power_down"), (isolate, power_down), self._value)

    def check(self, *, isolate: Bit | None = None, power_down: Bit | None = None) -> RegisterOp[CtrlValue]:
        """Compare the fields given."""
        return self._check(("isolate", "power_down"), (isolate, power_down), self._value)

    def poll(
        self,
        *,
        timeout_s: float,
        isolate: Bit | None = None,
        power_down: Bit | None = None,
    ) -> RegisterOp[CtrlValue]:
        """Wait until the fields are as given."""
        return self._poll(("isolate", "power_down"), (isolate, power_down), self._value, timeout_s=timeout_s)


class StatusValue(RegisterValue):
    """The word of STATUS."""

    __slots__ = ()

    stack_ready = Bits(int)
    awake = Bits(int)
    trained = Bits(int)
    refreshed = Bits(int)
    self_refresh = Bits(int)
    idle = Bits(int)
    serving = Bits(int)


class Status(Register):
    """What the channel is now.

    - `stack_ready` [0] r, 0x0 after reset: The stack is powered, clocked and calibrated.
    - `awake` [1] r, 0x0 after reset: The PHY is awake.
    - `trained` [2] r, 0x0 after reset: Every phase of training passed.
    - `refreshed` [3] r, 0x0 after reset: Cells are refreshed, by the channel or by themselves.
    - `self_refresh` [4] r, 0x0 after reset: The cells refresh themselves.
    - `idle` [5] r, 0x1 after reset: No request is under way.
    - `serving` [6] r, 0x0 after reset: Requests are carried out.
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
        stack_ready: Bit | None = None,
        awake: Bit | None = None,
        trained: Bit | None = None,
        refreshed: Bit | None = None,
        self_refresh: Bit | None = None,
        idle: Bit | None = None,
        serving: Bit | None = None,
    ) -> RegisterOp[StatusValue]:
        """Compare the fields given."""
        return self._check(
            ("stack_ready", "awake", "trained", "refreshed", "self_refresh", "idle", "serving"),
            (stack_ready, awake, trained, refreshed, self_refresh, idle, serving),
            self._value,
        )

    def poll(
        self,
        *,
        timeout_s: float,
        stack_ready: Bit | None = None,
        awake: Bit | None = None,
        trained: Bit | None = None,
        refreshed: Bit | None = None,
        self_refresh: Bit | None = None,
        idle: Bit | None = None,
        serving: Bit | None = None,
    ) -> RegisterOp[StatusValue]:
        """Wait until the fields are as given."""
        return self._poll(
            ("stack_ready", "awake", "trained", "refreshed", "self_refresh", "idle", "serving"),
            (stack_ready, awake, trained, refreshed, self_refresh, idle, serving),
            self._value,
            timeout_s=timeout_s,
        )


class IntrStatusValue(RegisterValue):
    """The word of INTR_STATUS."""

    __slots__ = ()

    corrected = Bits(int)
    uncorrectable = Bits(int)
    retention = Bits(int)
    stack_lost = Bits(int)
    dll_lost = Bits(int)


class IntrStatus(Register):
    """What happened since it was last asked.

    - `corrected` [0] rw woclr, 0x0 after reset: More errors were corrected than ECC_THRESHOLD.corrected.
    - `uncorrectable` [1] rw woclr, 0x0 after reset: A word could not be corrected; normal mode was left.
    - `retention` [2] rw woclr, 0x0 after reset: Cells were not refreshed in time.
    - `stack_lost` [3] rw woclr, 0x0 after reset: The stack went away in service; normal mode was left.
    - `dll_lost` [4] rw woclr, 0x0 after reset: The clock of the PHY lost its lock in service.
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
        corrected: Bit | None = None,
        uncorrectable: Bit | None = None,
        retention: Bit | None = None,
        stack_lost: Bit | None = None,
        dll_lost: Bit | None = None,
    ) -> RegisterOp[None]:
        """Write the whole register; a field left out does nothing."""
        return self._write(
            ("corrected", "uncorrectable", "retention", "stack_lost", "dll_lost"),
            (corrected, uncorrectable, retention, stack_lost, dll_lost),
        )

    def modify(
        self,
        *,
        corrected: Bit | None = None,
        uncorrectable: Bit | None = None,
        retention: Bit | None = None,
        stack_lost: Bit | None = None,
        dll_lost: Bit | None = None,
    ) -> RegisterOp[IntrStatusValue]:
        """Change the fields given and no other bit."""
        return self._modify(
            ("corrected", "uncorrectable", "retention", "stack_lost", "dll_lost"),
            (corrected, uncorrectable, retention, stack_lost, dll_lost),
            self._value,
        )

    def check(
        self,
        *,
        corrected: Bit | None = None,
        uncorrectable: Bit | None = None,
        retention: Bit | None = None,
        stack_lost: Bit | None = None,
        dll_lost: Bit | None = None,
    ) -> RegisterOp[IntrStatusValue]:
        """Compare the fields given."""
        return self._check(
            ("corrected", "uncorrectable", "retention", "stack_lost", "dll_lost"),
            (corrected, uncorrectable, retention, stack_lost, dll_lost),
            self._value,
        )

    def poll(
        self,
        *,
        timeout_s: float,
        corrected: Bit | None = None,
        uncorrectable: Bit | None = None,
        retention: Bit | None = None,
        stack_lost: Bit | None = None,
        dll_lost: Bit | None = None,
    ) -> RegisterOp[IntrStatusValue]:
        """Wait until the fields are as given."""
        return self._poll(
            ("corrected", "uncorrectable", "retention", "stack_lost", "dll_lost"),
            (corrected, uncorrectable, retention, stack_lost, dll_lost),
            self._value,
            timeout_s=timeout_s,
        )


class IntrEnableValue(RegisterValue):
    """The word of INTR_ENABLE."""

    __slots__ = ()

    corrected = Bits(int)
    uncorrectable = Bits(int)
    retention = Bits(int)
    stack_lost = Bits(int)
    dll_lost = Bits(int)


class IntrEnable(Register):
    """Which bits of INTR_STATUS raise the line.

    - `corrected` [0] rw, 0x0 after reset: INTR_STATUS.corrected raises the line.
    - `uncorrectable` [1] rw, 0x0 after reset: INTR_STATUS.uncorrectable raises the line.
    - `retention` [2] rw, 0x0 after reset: INTR_STATUS.retention raises the line.
    - `stack_lost` [3] rw, 0x0 after reset: INTR_STATUS.stack_lost raises the line.
    - `dll_lost` [4] rw, 0x0 after reset: INTR_STATUS.dll_lost raises the line.
    """

    __slots__ = ()

    def _value(self, raw: int) -> IntrEnableValue:
        return IntrEnableValue(self.register, raw)

    def read(self) -> RegisterOp[IntrEnableValue]:
        """Read every field."""
        return self._read(self._value)

    def write(
        self,
        *,
        corrected: Bit,
        uncorrectable: Bit,
        retention: Bit,
        stack_lost: Bit,
        dll_lost: Bit,
    ) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(
            ("corrected", "uncorrectable", "retention", "stack_lost", "dll_lost"),
            (corrected, uncorrectable, retention, stack_lost, dll_lost),
        )

    def modify(
        self,
        *,
        corrected: Bit | None = None,
        uncorrectable: Bit | None = None,
        retention: Bit | None = None,
        stack_lost: Bit | None = None,
        dll_lost: Bit | None = None,
    ) -> RegisterOp[IntrEnableValue]:
        """Change the fields given and no other bit."""
        return self._modify(
            ("corrected", "uncorrectable", "retention", "stack_lost", "dll_lost"),
            (corrected, uncorrectable, retention, stack_lost, dll_lost),
            self._value,
        )

    def check(
        self,
        *,
        corrected: Bit | None = None,
        uncorrectable: Bit | None = None,
        retention: Bit | None = None,
        stack_lost: Bit | None = None,
        dll_lost: Bit | None = None,
    ) -> RegisterOp[IntrEnableValue]:
        """Compare the fields given."""
        return self._check(
            ("corrected", "uncorrectable", "retention", "stack_lost", "dll_lost"),
            (corrected, uncorrectable, retention, stack_lost, dll_lost),
            self._value,
        )

    def poll(
        self,
        *,
        timeout_s: float,
        corrected: Bit | None = None,
        uncorrectable: Bit | None = None,
        retention: Bit | None = None,
        stack_lost: Bit | None = None,
        dll_lost: Bit | None = None,
    ) -> RegisterOp[IntrEnableValue]:
        """Wait until the fields are as given."""
        return self._poll(
            ("corrected", "uncorrectable", "retention", "stack_lost", "dll_lost"),
            (corrected, uncorrectable, retention, stack_lost, dll_lost),
            self._value,
            timeout_s=timeout_s,
        )


class IntrTest(Register):
    """Raises bits of INTR_STATUS, to try the line.

    - `corrected` [0] w singlepulse, 0x0 after reset: Raises INTR_STATUS.corrected.
    - `uncorrectable` [1] w singlepulse, 0x0 after reset: Raises INTR_STATUS.uncorrectable.
    - `retention` [2] w singlepulse, 0x0 after reset: Raises INTR_STATUS.retention.
    - `stack_lost` [3] w singlepulse, 0x0 after reset: Raises INTR_STATUS.stack_lost.
    - `dll_lost` [4] w singlepulse, 0x0 after reset: Raises INTR_STATUS.dll_lost.
    """

    __slots__ = ()

    def write(
        self,
        *,
        corrected: Bit | None = None,
        uncorrectable: Bit | None = None,
        retention: Bit | None = None,
        stack_lost: Bit | None = None,
        dll_lost: Bit | None = None,
    ) -> RegisterOp[None]:
        """Write the whole register; a field left out does nothing."""
        return self._write(
            ("corrected", "uncorrectable", "retention", "stack_lost", "dll_lost"),
            (corrected, uncorrectable, retention, stack_lost, dll_lost),
        )


class TestValue(RegisterValue):
    """The word of TEST."""

    __slots__ = ()

    loopback = Bits(int)
    observe = Bits(int)


class Test(Register):
    """For the tester; all 0 in use.

    - `loopback` [0] rw, 0x0 after reset: Lanes return what they are sent.
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

    - `config` [0] rw woset, 0x0 after reset: Times, error correction, fill pattern and repair take no write.
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
    TRAINING = 1  # An attempt at training failed.
    UNCORRECTABLE = 2  # Two bits or more of a word were wrong.
    RETENTION = 3  # Cells were not refreshed in time.
    STACK = 4  # The stack went away in service.
    DLL = 5  # The clock of the PHY lost its lock in service.


class ErrLogValue(RegisterValue):
    """The word of ERR_LOG."""

    __slots__ = ()

    cause = Bits(CauseE)
    phase = Bits(int)
    lanes = Bits(int)
    valid = Bits(int)


class ErrLog(Register):
    """What failed first; kept until valid is cleared.

    - `cause` [3:0] r, 0x0 after reset: What.
    - `phase` [5:4] r, 0x0 after reset: Phase of training, where it was one.
    - `lanes` [23:8] r, 0x0 after reset: Lanes that had part in it.
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
        phase: int | None = None,
        lanes: int | None = None,
        valid: Bit | None = None,
    ) -> RegisterOp[ErrLogValue]:
        """Compare the fields given."""
        return self._check(("cause", "phase", "lanes", "valid"), (cause, phase, lanes, valid), self._value)

    def poll(
        self,
        *,
        timeout_s: float,
        cause: CauseE | None = None,
        phase: int | None = None,
        lanes: int | None = None,
        valid: Bit | None = None,
    ) -> RegisterOp[ErrLogValue]:
        """Wait until the fields are as given."""
        return self._poll(
            ("cause", "phase", "lanes", "valid"), (cause, phase, lanes, valid), self._value, timeout_s=timeout_s
        )


class ErrSlotValue(RegisterValue):
    """The word of ERR_SLOT."""

    __slots__ = ()

    slot = Bits(int)


class ErrSlot(Register):
    """Where the error of ERR_LOG was, where it was in memory.

    - `slot` [31:0] r, 0x0 after reset: Slot.
    """

    __slots__ = ()

    def _value(self, raw: int) -> ErrSlotValue:
        return ErrSlotValue(self.register, raw)

    def read(self) -> RegisterOp[ErrSlotValue]:
        """Read every field."""
        return self._read(self._value)

    def check(self, *, slot: int | None = None) -> RegisterOp[ErrSlotValue]:
        """Compare the fields given."""
        return self._check(("slot",), (slot,), self._value)

    def poll(self, *, timeout_s: float, slot: int | None = None) -> RegisterOp[ErrSlotValue]:
        """Wait until the fields are as given."""
        return self._poll(("slot",), (slot,), self._value, timeout_s=timeout_s)


class EnableValue(RegisterValue):
    """The word of ENABLE."""

    __slots__ = ()

    run = Bits(int)


class Enable(Register):
    """Normal mode; the hardware leaves it when it must.

    - `run` [0] rw, 0x0 after reset: Requests are carried out.
    """

    __slots__ = ()

    def _value(self, raw: int) -> EnableValue:
        return EnableValue(self.register, raw)

    def read(self) -> RegisterOp[EnableValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, run: Bit) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(("run",), (run,))

    def modify(self, *, run: Bit | None = None) -> RegisterOp[EnableValue]:
        """Change the fields given and no other bit."""
        return self._modify(("run",), (run,), self._value)

    def check(self, *, run: Bit | None = None) -> RegisterOp[EnableValue]:
        """Compare the fields given."""
        return self._check(("run",), (run,), self._value)

    def poll(self, *, timeout_s: float, run: Bit | None = None) -> RegisterOp[EnableValue]:
        """Wait until the fields are as given."""
        return self._poll(("run",), (run,), self._value, timeout_s=timeout_s)


class RowTimesValue(RegisterValue):
    """The word of ROW_TIMES."""

    __slots__ = ()

    trcd = Bits(int)
    trp = Bits(int)
    tras = Bits(int)
    trc = Bits(int)


class RowTimes(Register):
    """Rows.

    - `trcd` [7:0] rw, 0x0 after reset: Activate to read or write.
    - `trp` [15:8] rw, 0x0 after reset: Precharge to activate.
    - `tras` [23:16] rw, 0x0 after reset: Activate to precharge.
    - `trc` [31:24] rw, 0x0 after reset: Activate to activate in one bank: tRAS + tRP at least.
    """

    __slots__ = ()

    def _value(self, raw: int) -> RowTimesValue:
        return RowTimesValue(self.register, raw)

    def read(self) -> RegisterOp[RowTimesValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, trcd: int, trp: int, tras: int, trc: int) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(("trcd", "trp", "tras", "trc"), (trcd, trp, tras, trc))

    def modify(
        self,
        *,
        trcd: int | None = None,
        trp: int | None = None,
        tras: int | None = None,
        trc: int | None = None,
    ) -> RegisterOp[RowTimesValue]:
        """Change the fields given and no other bit."""
        return self._modify(("trcd", "trp", "tras", "trc"), (trcd, trp, tras, trc), self._value)

    def check(
        self,
        *,
        trcd: int | None = None,
        trp: int | None = None,
        tras: int | None = None,
        trc: int | None = None,
    ) -> RegisterOp[RowTimesValue]:
        """Compare the fields given."""
        return self._check(("trcd", "trp", "tras", "trc"), (trcd, trp, tras, trc), self._value)

    def poll(
        self,
        *,
        timeout_s: float,
        trcd: int | None = None,
        trp: int | None = None,
        tras: int | None = None,
        trc: int | None = None,
    ) -> RegisterOp[RowTimesValue]:
        """Wait until the fields are as given."""
        return self._poll(("trcd", "trp", "tras", "trc"), (trcd, trp, tras, trc), self._value, timeout_s=timeout_s)


class RefreshTimesValue(RegisterValue):
    """The word of REFRESH_TIMES."""

    __slots__ = ()

    trfc = Bits(int)
    trefi = Bits(int)


class RefreshTimes(Register):
    """Refresh.

    - `trfc` [11:0] rw, 0x0 after reset: Refresh to anything.
    - `trefi` [31:16] rw, 0x0 after reset: Refresh to refresh: more than tRFC.
    """

    __slots__ = ()

    def _value(self, raw: int) -> RefreshTimesValue:
        return RefreshTimesValue(self.register, raw)

    def read(self) -> RegisterOp[RefreshTimesValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, trfc: int, trefi: int) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(("trfc", "trefi"), (trfc, trefi))

    def modify(self, *, trfc: int | None = None, trefi: int | None = None) -> RegisterOp[RefreshTimesValue]:
        """Change the fields given and no other bit."""
        return self._modify(("trfc", "trefi"), (trfc, trefi), self._value)

    def check(self, *, trfc: int | None = None, trefi: int | None = None) -> RegisterOp[RefreshTimesValue]:
        """Compare the fields given."""
        return self._check(("trfc", "trefi"), (trfc, trefi), self._value)

    def poll(self, *, timeout_s: float, trfc: int | None = None, trefi: int | None = None) -> RegisterOp[RefreshTimesValue]:
        """Wait until the fields are as given."""
        return self._poll(("trfc", "trefi"), (trfc, trefi), self._value, timeout_s=timeout_s)


class BankTimesValue(RegisterValue):
    """The word of BANK_TIMES."""

    __slots__ = ()

    trrd = Bits(int)
    tfaw = Bits(int)
    tccd = Bits(int)


class BankTimes(Register):
    """Between banks.

    - `trrd` [7:0] rw, 0x0 after reset: Activate to activate.
    - `tfaw` [15:8] rw, 0x0 after reset: Window of four activates: 4 tRRD at least.
    - `tccd` [23:16] rw, 0x0 after reset: Column to column.
    """

    __slots__ = ()

    def _value(self, raw: int) -> BankTimesValue:
        return BankTimesValue(self.register, raw)

    def read(self) -> RegisterOp[BankTimesValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, trrd: int, tfaw: int, tccd: int) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(("trrd", "tfaw", "tccd"), (trrd, tfaw, tccd))

    def modify(
        self,
        *,
        trrd: int | None = None,
        tfaw: int | None = None,
        tccd: int | None = None,
    ) -> RegisterOp[BankTimesValue]:
        """Change the fields given and no other bit."""
        return self._modify(("trrd", "tfaw", "tccd"), (trrd, tfaw, tccd), self._value)

    def check(self, *, trrd: int | None = None, tfaw: int | None = None, tccd: int | None = None) -> RegisterOp[BankTimesValue]:
        """Compare the fields given."""
        return self._check(("trrd", "tfaw", "tccd"), (trrd, tfaw, tccd), self._value)

    def poll(
        self,
        *,
        timeout_s: float,
        trrd: int | None = None,
        tfaw: int | None = None,
        tccd: int | None = None,
    ) -> RegisterOp[BankTimesValue]:
        """Wait until the fields are as given."""
        return self._poll(("trrd", "tfaw", "tccd"), (trrd, tfaw, tccd), self._value, timeout_s=timeout_s)


class TurnTimesValue(RegisterValue):
    """The word of TURN_TIMES."""

    __slots__ = ()

    twr = Bits(int)
    twtr = Bits(int)
    trtp = Bits(int)


class TurnTimes(Register):
    """Turning around.

    - `twr` [7:0] rw, 0x0 after reset: Write to precharge.
    - `twtr` [15:8] rw, 0x0 after reset: Write to read.
    - `trtp` [23:16] rw, 0x0 after reset: Read to precharge.
    """

    __slots__ = ()

    def _value(self, raw: int) -> TurnTimesValue:
        return TurnTimesValue(self.register, raw)

    def read(self) -> RegisterOp[TurnTimesValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, twr: int, twtr: int, trtp: int) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(("twr", "twtr", "trtp"), (twr, twtr, trtp))

    def modify(self, *, twr: int | None = None, twtr: int | None = None, trtp: int | None = None) -> RegisterOp[TurnTimesValue]:
        """Change the fields given and no other bit."""
        return self._modify(("twr", "twtr", "trtp"), (twr, twtr, trtp), self._value)

    def check(self, *, twr: int | None = None, twtr: int | None = None, trtp: int | None = None) -> RegisterOp[TurnTimesValue]:
        """Compare the fields given."""
        return self._check(("twr", "twtr", "trtp"), (twr, twtr, trtp), self._value)

    def poll(
        self,
        *,
        timeout_s: float,
        twr: int | None = None,
        twtr: int | None = None,
        trtp: int | None = None,
    ) -> RegisterOp[TurnTimesValue]:
        """Wait until the fields are as given."""
        return self._poll(("twr", "twtr", "trtp"), (twr, twtr, trtp), self._value, timeout_s=timeout_s)


class LatenciesValue(RegisterValue):
    """The word of LATENCIES."""

    __slots__ = ()

    rl = Bits(int)
    wl = Bits(int)
    txs = Bits(int)


class Latencies(Register):
    """Latencies.

    - `rl` [7:0] rw, 0x0 after reset: Of a read.
    - `wl` [15:8] rw, 0x0 after reset: Of a write: not more than a read's.
    - `txs` [27:16] rw, 0x0 after reset: Leaving self-refresh: more than tRFC.
    """

    __slots__ = ()

    def _value(self, raw: int) -> LatenciesValue:
        return LatenciesValue(self.register, raw)

    def read(self) -> RegisterOp[LatenciesValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, rl: int, wl: int, txs: int) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(("rl", "wl", "txs"), (rl, wl, txs))

    def modify(self, *, rl: int | None = None, wl: int | None = None, txs: int | None = None) -> RegisterOp[LatenciesValue]:
        """Change the fields given and no other bit."""
        return self._modify(("rl", "wl", "txs"), (rl, wl, txs), self._value)

    def check(self, *, rl: int | None = None, wl: int | None = None, txs: int | None = None) -> RegisterOp[LatenciesValue]:
        """Compare the fields given."""
        return self._check(("rl", "wl", "txs"), (rl, wl, txs), self._value)

    def poll(
        self,
        *,
        timeout_s: float,
        rl: int | None = None,
        wl: int | None = None,
        txs: int | None = None,
    ) -> RegisterOp[LatenciesValue]:
        """Wait until the fields are as given."""
        return self._poll(("rl", "wl", "txs"), (rl, wl, txs), self._value, timeout_s=timeout_s)


class DllCtrlValue(RegisterValue):
    """The word of DLL_CTRL."""

    __slots__ = ()

    enable = Bits(int)


class DllCtrl(Register):
    """Clock of the PHY.

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


class BadValue(RegisterValue):
    """The word of BAD."""

    __slots__ = ()

    lanes = Bits(int)
    count = Bits(int)


class Bad(Register):
    """Lanes that failed in two attempts running and are not mapped out.

    - `lanes` [15:0] r, 0x0 after reset: A bit each.
    - `count` [20:16] r, 0x0 after reset: How many.
    """

    __slots__ = ()

    def _value(self, raw: int) -> BadValue:
        return BadValue(self.register, raw)

    def read(self) -> RegisterOp[BadValue]:
        """Read every field."""
        return self._read(self._value)

    def check(self, *, lanes: int | None = None, count: int | None = None) -> RegisterOp[BadValue]:
        """Compare the fields given."""
        return self._check(("lanes", "count"), (lanes, count), self._value)

    def poll(self, *, timeout_s: float, lanes: int | None = None, count: int | None = None) -> RegisterOp[BadValue]:
        """Wait until the fields are as given."""
        return self._poll(("lanes", "count"), (lanes, count), self._value, timeout_s=timeout_s)


class RepairValue(RegisterValue):
    """The word of REPAIR."""

    __slots__ = ()

    used = Bits(int)
    lane = Bits(int)


class Repair(Register):
    """The spare lane. One write says all.

    - `used` [0] rw, 0x0 after reset: The spare stands in for a lane.
    - `lane` [7:4] rw, 0x0 after reset: Which.
    """

    __slots__ = ()

    def _value(self, raw: int) -> RepairValue:
        return RepairValue(self.register, raw)

    def read(self) -> RegisterOp[RepairValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, used: Bit, lane: int) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(("used", "lane"), (used, lane))

    def modify(self, *, used: Bit | None = None, lane: int | None = None) -> RegisterOp[RepairValue]:
        """Change the fields given and no other bit."""
        return self._modify(("used", "lane"), (used, lane), self._value)

    def check(self, *, used: Bit | None = None, lane: int | None = None) -> RegisterOp[RepairValue]:
        """Compare the fields given."""
        return self._check(("used", "lane"), (used, lane), self._value)

    def poll(self, *, timeout_s: float, used: Bit | None = None, lane: int | None = None) -> RegisterOp[RepairValue]:
        """Wait until the fields are as given."""
        return self._poll(("used", "lane"), (used, lane), self._value, timeout_s=timeout_s)


class RetriesValue(RegisterValue):
    """The word of RETRIES."""

    __slots__ = ()

    count = Bits(int)


class Retries(Register):
    """Attempts at training that failed, since it was last cleared; any write clears it.

    - `count` [7:0] rw wclr, 0x0 after reset: Saturates.
    """

    __slots__ = ()

    def _value(self, raw: int) -> RetriesValue:
        return RetriesValue(self.register, raw)

    def read(self) -> RegisterOp[RetriesValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, count: int) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(("count",), (count,))

    def modify(self, *, count: int) -> RegisterOp[RetriesValue]:
        """Change the fields given and no other bit."""
        return self._modify(("count",), (count,), self._value)

    def check(self, *, count: int | None = None) -> RegisterOp[RetriesValue]:
        """Compare the fields given."""
        return self._check(("count",), (count,), self._value)

    def poll(self, *, timeout_s: float, count: int | None = None) -> RegisterOp[RetriesValue]:
        """Wait until the fields are as given."""
        return self._poll(("count",), (count,), self._value, timeout_s=timeout_s)


class RefreshValue(RegisterValue):
    """The word of REFRESH."""

    __slots__ = ()

    enable = Bits(int)
    self_refresh = Bits(int)


class Refresh(Register):
    """Refresh.

    - `enable` [0] rw, 0x0 after reset: The channel refreshes every tREFI.
    - `self_refresh` [1] rw, 0x0 after reset: The cells refresh themselves; no request passes.
    """

    __slots__ = ()

    def _value(self, raw: int) -> RefreshValue:
        return RefreshValue(self.register, raw)

    def read(self) -> RegisterOp[RefreshValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, enable: Bit, self_refresh: Bit) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(("enable", "self_refresh"), (enable, self_refresh))

    def modify(self, *, enable: Bit | None = None, self_refresh: Bit | None = None) -> RegisterOp[RefreshValue]:
        """Change the fields given and no other bit."""
        return self._modify(("enable", "self_refresh"), (enable, self_refresh), self._value)

    def check(self, *, enable: Bit | None = None, self_refresh: Bit | None = None) -> RegisterOp[RefreshValue]:
        """Compare the fields given."""
        return self._check(("enable", "self_refresh"), (enable, self_refresh), self._value)

    def poll(
        self,
        *,
        timeout_s: float,
        enable: Bit | None = None,
        self_refresh: Bit | None = None,
    ) -> RegisterOp[RefreshValue]:
        """Wait until the fields are as given."""
        return self._poll(("enable", "self_refresh"), (enable, self_refresh), self._value, timeout_s=timeout_s)


class InitPatternValue(RegisterValue):
    """The word of INIT_PATTERN."""

    __slots__ = ()

    word = Bits(int)


class InitPattern(Register):
    """What the memory is filled with.

    - `word` [31:0] rw, 0x0 after reset: In every word.
    """

    __slots__ = ()

    def _value(self, raw: int) -> InitPatternValue:
        return InitPatternValue(self.register, raw)

    def read(self) -> RegisterOp[InitPatternValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, word: int) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(("word",), (word,))

    def modify(self, *, word: int | None = None) -> RegisterOp[InitPatternValue]:
        """Change the fields given and no other bit."""
        return self._modify(("word",), (word,), self._value)

    def check(self, *, word: int | None = None) -> RegisterOp[InitPatternValue]:
        """Compare the fields given."""
        return self._check(("word",), (word,), self._value)

    def poll(self, *, timeout_s: float, word: int | None = None) -> RegisterOp[InitPatternValue]:
        """Wait until the fields are as given."""
        return self._poll(("word",), (word,), self._value, timeout_s=timeout_s)


class InitCtrlValue(RegisterValue):
    """The word of INIT_CTRL."""

    __slots__ = ()

    run = Bits(int)


class InitCtrl(Register):
    """Fill of the whole memory; begins when run goes to 1. The hardware clears it when the contents are lost.

    - `run` [0] rw, 0x0 after reset: Fill.
    """

    __slots__ = ()

    def _value(self, raw: int) -> InitCtrlValue:
        return InitCtrlValue(self.register, raw)

    def read(self) -> RegisterOp[InitCtrlValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, run: Bit) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(("run",), (run,))

    def modify(self, *, run: Bit | None = None) -> RegisterOp[InitCtrlValue]:
        """Change the fields given and no other bit."""
        return self._modify(("run",), (run,), self._value)

    def check(self, *, run: Bit | None = None) -> RegisterOp[InitCtrlValue]:
        """Compare the fields given."""
        return self._check(("run",), (run,), self._value)

    def poll(self, *, timeout_s: float, run: Bit | None = None) -> RegisterOp[InitCtrlValue]:
        """Wait until the fields are as given."""
        return self._poll(("run",), (run,), self._value, timeout_s=timeout_s)


class InitStatusValue(RegisterValue):
    """The word of INIT_STATUS."""

    __slots__ = ()

    busy = Bits(int)
    done = Bits(int)


class InitStatus(Register):
    """Fill of the whole memory, now.

    - `busy` [0] r, 0x0 after reset: Under way.
    - `done` [1] r, 0x0 after reset: Every word has good check bits.
    """

    __slots__ = ()

    def _value(self, raw: int) -> InitStatusValue:
        return InitStatusValue(self.register, raw)

    def read(self) -> RegisterOp[InitStatusValue]:
        """Read every field."""
        return self._read(self._value)

    def check(self, *, busy: Bit | None = None, done: Bit | None = None) -> RegisterOp[InitStatusValue]:
        """Compare the fields given."""
        return self._check(("busy", "done"), (busy, done), self._value)

    def poll(self, *, timeout_s: float, busy: Bit | None = None, done: Bit | None = None) -> RegisterOp[InitStatusValue]:
        """Wait until the fields are as given."""
        return self._poll(("busy", "done"), (busy, done), self._value, timeout_s=timeout_s)


class EccCtrlValue(RegisterValue):
    """The word of ECC_CTRL."""

    __slots__ = ()

    enable = Bits(int)
    scrub = Bits(int)


class EccCtrl(Register):
    """Error correction.

    - `enable` [0] rw, 0x0 after reset: Check and correct.
    - `scrub` [1] rw, 0x0 after reset: Write corrected words back.
    """

    __slots__ = ()

    def _value(self, raw: int) -> EccCtrlValue:
        return EccCtrlValue(self.register, raw)

    def read(self) -> RegisterOp[EccCtrlValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, enable: Bit, scrub: Bit) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(("enable", "scrub"), (enable, scrub))

    def modify(self, *, enable: Bit | None = None, scrub: Bit | None = None) -> RegisterOp[EccCtrlValue]:
        """Change the fields given and no other bit."""
        return self._modify(("enable", "scrub"), (enable, scrub), self._value)

    def check(self, *, enable: Bit | None = None, scrub: Bit | None = None) -> RegisterOp[EccCtrlValue]:
        """Compare the fields given."""
        return self._check(("enable", "scrub"), (enable, scrub), self._value)

    def poll(self, *, timeout_s: float, enable: Bit | None = None, scrub: Bit | None = None) -> RegisterOp[EccCtrlValue]:
        """Wait until the fields are as given."""
        return self._poll(("enable", "scrub"), (enable, scrub), self._value, timeout_s=timeout_s)


class EccThresholdValue(RegisterValue):
    """The word of ECC_THRESHOLD."""

    __slots__ = ()

    corrected = Bits(int)


class EccThreshold(Register):
    """When corrected errors are worth an interrupt.

    - `corrected` [15:0] rw, 0xffff after reset: More than so many, since the count was last read.
    """

    __slots__ = ()

    def _value(self, raw: int) -> EccThresholdValue:
        return EccThresholdValue(self.register, raw)

    def read(self) -> RegisterOp[EccThresholdValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, corrected: int) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(("corrected",), (corrected,))

    def modify(self, *, corrected: int | None = None) -> RegisterOp[EccThresholdValue]:
        """Change the fields given and no other bit."""
        return self._modify(("corrected",), (corrected,), self._value)

    def check(self, *, corrected: int | None = None) -> RegisterOp[EccThresholdValue]:
        """Compare the fields given."""
        return self._check(("corrected",), (corrected,), self._value)

    def poll(self, *, timeout_s: float, corrected: int | None = None) -> RegisterOp[EccThresholdValue]:
        """Wait until the fields are as given."""
        return self._poll(("corrected",), (corrected,), self._value, timeout_s=timeout_s)


class EccCorrectedValue(RegisterValue):
    """The word of ECC_CORRECTED."""

    __slots__ = ()

    count = Bits(int)


class EccCorrected(Register):
    """Errors corrected since it was last read.

    - `count` [15:0] r rclr, 0x0 after reset: Saturates.
    """

    __slots__ = ()

    def _value(self, raw: int) -> EccCorrectedValue:
        return EccCorrectedValue(self.register, raw)

    def read(self) -> RegisterOp[EccCorrectedValue]:
        """Read every field; that changes count."""
        return self._read(self._value)


class EccUncorrectableValue(RegisterValue):
    """The word of ECC_UNCORRECTABLE."""

    __slots__ = ()

    count = Bits(int)


class EccUncorrectable(Register):
    """Errors not corrected since it was last read.

    - `count` [15:0] r rclr, 0x0 after reset: Saturates.
    """

    __slots__ = ()

    def _value(self, raw: int) -> EccUncorrectableValue:
        return EccUncorrectableValue(self.register, raw)

    def read(self) -> RegisterOp[EccUncorrectableValue]:
        """Read every field; that changes count."""
        return self._read(self._value)


class TrafficRValue(RegisterValue):
    """The word of traffic_r."""

    __slots__ = ()

    count = Bits(int)


class TrafficR(Register):
    """Requests carried out.

    - `count` [63:0] r, 0x0 after reset: Saturates.
    """

    __slots__ = ()

    def _value(self, raw: int) -> TrafficRValue:
        return TrafficRValue(self.register, raw)

    def read(self) -> RegisterOp[TrafficRValue]:
        """Read every field."""
        return self._read(self._value)

    def check(self, *, count: int | None = None) -> RegisterOp[TrafficRValue]:
        """Compare the fields given."""
        return self._check(("count",), (count,), self._value)


class PhaseCtrlValue(RegisterValue):
    """The word of CTRL."""

    __slots__ = ()

    run = Bits(int)


class PhaseCtrl(Register):
    """Begins when run goes to 1; its result, and those of later phases, are lost when run goes to 0.

    - `run` [0] rw, 0x0 after reset: Train, and keep what was found.
    """

    __slots__ = ()

    def _value(self, raw: int) -> PhaseCtrlValue:
        return PhaseCtrlValue(self.register, raw)

    def read(self) -> RegisterOp[PhaseCtrlValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, run: Bit) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(("run",), (run,))

    def modify(self, *, run: Bit | None = None) -> RegisterOp[PhaseCtrlValue]:
        """Change the fields given and no other bit."""
        return self._modify(("run",), (run,), self._value)

    def check(self, *, run: Bit | None = None) -> RegisterOp[PhaseCtrlValue]:
        """Compare the fields given."""
        return self._check(("run",), (run,), self._value)

    def poll(self, *, timeout_s: float, run: Bit | None = None) -> RegisterOp[PhaseCtrlValue]:
        """Wait until the fields are as given."""
        return self._poll(("run",), (run,), self._value, timeout_s=timeout_s)


class CodeE(IntEnum):
    """Values of code_e."""

    NONE = 0  # Nothing failed.
    LANE = 1  # Lanes have no margin.
    NO_EYE = 2  # No lane answers.
    ABORTED = 3  # Its clock or its stack went away.


class PhaseStatusValue(RegisterValue):
    """The word of STATUS."""

    __slots__ = ()

    busy = Bits(int)
    done = Bits(int)
    failed = Bits(int)
    code = Bits(CodeE)
    lanes = Bits(int)


class PhaseStatus(Register):
    """What came of it.

    - `busy` [0] r, 0x0 after reset: Under way.
    - `done` [1] r, 0x0 after reset: Ended, well or not.
    - `failed` [2] r, 0x0 after reset: Ended not well.
    - `code` [7:4] r, 0x0 after reset: Why.
    - `lanes` [31:16] r, 0x0 after reset: Lanes that failed.
    """

    __slots__ = ()

    def _value(self, raw: int) -> PhaseStatusValue:
        return PhaseStatusValue(self.register, raw)

    def read(self) -> RegisterOp[PhaseStatusValue]:
        """Read every field."""
        return self._read(self._value)

    def check(
        self,
        *,
        busy: Bit | None = None,
        done: Bit | None = None,
        failed: Bit | None = None,
        code: CodeE | None = None,
        lanes: int | None = None,
    ) -> RegisterOp[PhaseStatusValue]:
        """Compare the fields given."""
        return self._check(("busy", "done", "failed", "code", "lanes"), (busy, done, failed, code, lanes), self._value)

    def poll(
        self,
        *,
        timeout_s: float,
        busy: Bit | None = None,
        done: Bit | None = None,
        failed: Bit | None = None,
        code: CodeE | None = None,
        lanes: int | None = None,
    ) -> RegisterOp[PhaseStatusValue]:
        """Wait until the fields are as given."""
        return self._poll(
            ("busy", "done", "failed", "code", "lanes"),
            (busy, done, failed, code, lanes),
            self._value,
            timeout_s=timeout_s,
        )


class Phase(RegisterMap):
    """One phase of training. 0: write levelling, 1: gate, 2: read eye, 3: write eye."""

    __slots__ = ()

    CTRL = Member(PhaseCtrl)  # 0x0
    STATUS = Member(PhaseStatus)  # 0x4


class DelayValue(RegisterValue):
    """The word of DELAY."""

    __slots__ = ()

    tx = Bits(int)
    rx = Bits(int)


class Delay(Register):
    """Delays.

    - `tx` [8:0] r, 0x0 after reset: Of writes, in taps.
    - `rx` [24:16] r, 0x0 after reset: Of reads, in taps.
    """

    __slots__ = ()

    def _value(self, raw: int) -> DelayValue:
        return DelayValue(self.register, raw)

    def read(self) -> RegisterOp[DelayValue]:
        """Read every field."""
        return self._read(self._value)

    def check(self, *, tx: int | None = None, rx: int | None = None) -> RegisterOp[DelayValue]:
        """Compare the fields given."""
        return self._check(("tx", "rx"), (tx, rx), self._value)

    def poll(self, *, timeout_s: float, tx: int | None = None, rx: int | None = None) -> RegisterOp[DelayValue]:
        """Wait until the fields are as given."""
        return self._poll(("tx", "rx"), (tx, rx), self._value, timeout_s=timeout_s)


class EyeValue(RegisterValue):
    """The word of EYE."""

    __slots__ = ()

    rx = Bits(int)
    tx = Bits(int)
    failed = Bits(int)
    mapped = Bits(int)


class Eye(Register):
    """Margins.

    - `rx` [7:0] r, 0x0 after reset: Width of the read eye, in taps.
    - `tx` [15:8] r, 0x0 after reset: Width of the write eye, in taps.
    - `failed` [16] r, 0x0 after reset: It failed in the last attempt.
    - `mapped` [17] r, 0x0 after reset: The spare stands in for it.
    """

    __slots__ = ()

    def _value(self, raw: int) -> EyeValue:
        return EyeValue(self.register, raw)

    def read(self) -> RegisterOp[EyeValue]:
        """Read every field."""
        return self._read(self._value)

    def check(
        self,
        *,
        rx: int | None = None,
        tx: int | None = None,
        failed: Bit | None = None,
        mapped: Bit | None = None,
    ) -> RegisterOp[EyeValue]:
        """Compare the fields given."""
        return self._check(("rx", "tx", "failed", "mapped"), (rx, tx, failed, mapped), self._value)

    def poll(
        self,
        *,
        timeout_s: float,
        rx: int | None = None,
        tx: int | None = None,
        failed: Bit | None = None,
        mapped: Bit | None = None,
    ) -> RegisterOp[EyeValue]:
        """Wait until the fields are as given."""
        return self._poll(("rx", "tx", "failed", "mapped"), (rx, tx, failed, mapped), self._value, timeout_s=timeout_s)


class Lane(RegisterMap):
    """One data lane, as training left it."""

    __slots__ = ()

    DELAY = Member(Delay)  # 0x0
    EYE = Member(Eye)  # 0x4


class HbmChannelRegs(TopMap):
    """Trains its lanes, fills and refreshes the memory behind them, corrects its errors, carries traffic."""

    __slots__ = ()

    PACKAGE = __name__.rpartition(".")[0]
    IMAGE = "hbm_channel.image"

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
    ERR_SLOT = Member(ErrSlot)  # 0x28
    ENABLE = Member(Enable)  # 0x2c
    ROW_TIMES = Member(RowTimes)  # 0x30
    REFRESH_TIMES = Member(RefreshTimes)  # 0x34
    BANK_TIMES = Member(BankTimes)  # 0x38
    TURN_TIMES = Member(TurnTimes)  # 0x3c
    LATENCIES = Member(Latencies)  # 0x40
    DLL_CTRL = Member(DllCtrl)  # 0x44
    DLL_STATUS = Member(DllStatus)  # 0x48
    BAD = Member(Bad)  # 0x4c
    REPAIR = Member(Repair)  # 0x50
    RETRIES = Member(Retries)  # 0x54
    REFRESH = Member(Refresh)  # 0x58
    INIT_PATTERN = Member(InitPattern)  # 0x5c
    INIT_CTRL = Member(InitCtrl)  # 0x60
    INIT_STATUS = Member(InitStatus)  # 0x64
    ECC_CTRL = Member(EccCtrl)  # 0x68
    ECC_THRESHOLD = Member(EccThreshold)  # 0x6c
    ECC_CORRECTED = Member(EccCorrected)  # 0x70
    ECC_UNCORRECTABLE = Member(EccUncorrectable)  # 0x74
    READS = Member(TrafficR)  # 0x78
    WRITES = Member(TrafficR)  # 0x80
    PHASE = ArrayMember(Phase)  # 0xa0 [4]
    LANE = ArrayMember(Lane)  # 0x100 [16]
