"""Generated from engine.rdl by firstlight registers generate; do not edit."""

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
    - `part` [31:16] r, 0x4345 after reset: ASCII 'CE'.
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

    run = Bits(int)


class Ctrl(Register):
    """Whether the core runs.

    - `run` [0] rw, 0x0 after reset: 1 lets it run, from ENTRY the first time; 0 halts it where it is. Falls when the
      core is lost.
    """

    __slots__ = ()

    def _value(self, raw: int) -> CtrlValue:
        return CtrlValue(self.register, raw)

    def read(self) -> RegisterOp[CtrlValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, run: Bit) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(("run",), (run,))

    def modify(self, *, run: Bit | None = None) -> RegisterOp[CtrlValue]:
        """Change the fields given and no other bit."""
        return self._modify(("run",), (run,), self._value)

    def check(self, *, run: Bit | None = None) -> RegisterOp[CtrlValue]:
        """Compare the fields given."""
        return self._check(("run",), (run,), self._value)

    def poll(self, *, timeout_s: float, run: Bit | None = None) -> RegisterOp[CtrlValue]:
        """Wait until the fields are as given."""
        return self._poll(("run",), (run,), self._value, timeout_s=timeout_s)


class StatusValue(RegisterValue):
    """The word of STATUS."""

    __slots__ = ()

    alive = Bits(int)
    running = Bits(int)
    ready = Bits(int)
    repaired = Bits(int)
    lanes = Bits(int)


class Status(Register):
    """What the engine does now.

    - `alive` [0] r, 0x0 after reset: What stands below CORE answers.
    - `running` [1] r, 0x0 after reset: The core runs, or finishes what it began before it was halted.
    - `ready` [2] r, 0x0 after reset: The firmware runs and takes tasks.
    - `repaired` [3] r, 0x0 after reset: A row of a memory failed its test and a spare stands in for it.
    - `lanes` [15:8] r, 0x0 after reset: Lanes that work and are enabled, one bit each.
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
        alive: Bit | None = None,
        running: Bit | None = None,
        ready: Bit | None = None,
        repaired: Bit | None = None,
        lanes: int | None = None,
    ) -> RegisterOp[StatusValue]:
        """Compare the fields given."""
        return self._check(
            ("alive", "running", "ready", "repaired", "lanes"), (alive, running, ready, repaired, lanes), self._value
        )

    def poll(
        self,
        *,
        timeout_s: float,
        alive: Bit | None = None,
        running: Bit | None = None,
        ready: Bit | None = None,
        repaired: Bit | None = None,
        lanes: int | None = None,
    ) -> RegisterOp[StatusValue]:
        """Wait until the fields are as given."""
        return self._poll(
            ("alive", "running", "ready", "repaired", "lanes"),
            (alive, running, ready, repaired, lanes),
            self._value,
            timeout_s=timeout_s,
        )


class IntrStatusValue(RegisterValue):
    """The word of INTR_STATUS."""

    __slots__ = ()

    brownout = Bits(int)
    watchdog = Bits(int)
    clock_lost = Bits(int)
    parity = Bits(int)


class IntrStatus(Register):
    """What happened since it was last cleared.

    - `brownout` [0] rw woclr, 0x0 after reset: The supply behind the gate sagged.
    - `watchdog` [1] rw woclr, 0x0 after reset: The firmware gave no sign of life; the core was halted.
    - `clock_lost` [2] rw woclr, 0x0 after reset: Clock or reset of the cluster went while the core ran.
    - `parity` [3] rw woclr, 0x0 after reset: A task's result left other than it was computed.
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
        watchdog: Bit | None = None,
        clock_lost: Bit | None = None,
        parity: Bit | None = None,
    ) -> RegisterOp[None]:
        """Write the whole register; a field left out does nothing."""
        return self._write(("brownout", "watchdog", "clock_lost", "parity"), (brownout, watchdog, clock_lost, parity))

    def modify(
        self,
        *,
        brownout: Bit | None = None,
        watchdog: Bit | None = None,
        clock_lost: Bit | None = None,
        parity: Bit | None = None,
    ) -> RegisterOp[IntrStatusValue]:
        """Change the fields given and no other bit."""
        return self._modify(
            ("brownout", "watchdog", "clock_lost", "parity"), (brownout, watchdog, clock_lost, parity), self._value
        )

    def check(
        self,
        *,
        brownout: Bit | None = None,
        watchdog: Bit | None = None,
        clock_lost: Bit | None = None,
        parity: Bit | None = None,
    ) -> RegisterOp[IntrStatusValue]:
        """Compare the fields given."""
        return self._check(
            ("brownout", "watchdog", "clock_lost", "parity"), (brownout, watchdog, clock_lost, parity), self._value
        )

    def poll(
        self,
        *,
        timeout_s: float,
        brownout: Bit | None = None,
        watchdog: Bit | None = None,
        clock_lost: Bit | None = None,
        parity: Bit | None = None,
    ) -> RegisterOp[IntrStatusValue]:
        """Wait until the fields are as given."""
        return self._poll(
            ("brownout", "watchdog", "clock_lost", "parity"),
            (brownout, watchdog, clock_lost, parity),
            self._value,
            timeout_s=timeout_s,
        )


class IntrEnableValue(RegisterValue):
    """The word of INTR_ENABLE."""

    __slots__ = ()

    brownout = Bits(int)
    watchdog = Bits(int)
    clock_lost = Bits(int)
    parity = Bits(int)


class IntrEnable(Register):
    """Which bits of INTR_STATUS raise the line.

    - `brownout` [0] rw, 0x0 after reset: brownout raises the line.
    - `watchdog` [1] rw, 0x0 after reset: watchdog raises the line.
    - `clock_lost` [2] rw, 0x0 after reset: clock_lost raises the line.
    - `parity` [3] rw, 0x0 after reset: parity raises the line.
    """

    __slots__ = ()

    def _value(self, raw: int) -> IntrEnableValue:
        return IntrEnableValue(self.register, raw)

    def read(self) -> RegisterOp[IntrEnableValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, brownout: Bit, watchdog: Bit, clock_lost: Bit, parity: Bit) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(("brownout", "watchdog", "clock_lost", "parity"), (brownout, watchdog, clock_lost, parity))

    def modify(
        self,
        *,
        brownout: Bit | None = None,
        watchdog: Bit | None = None,
        clock_lost: Bit | None = None,
        parity: Bit | None = None,
    ) -> RegisterOp[IntrEnableValue]:
        """Change the fields given and no other bit."""
        return self._modify(
            ("brownout", "watchdog", "clock_lost", "parity"), (brownout, watchdog, clock_lost, parity), self._value
        )

    def check(
        self,
        *,
        brownout: Bit | None = None,
        watchdog: Bit | None = None,
        clock_lost: Bit | None = None,
        parity: Bit | None = None,
    ) -> RegisterOp[IntrEnableValue]:
        """Compare the fields given."""
        return self._check(
            ("brownout", "watchdog", "clock_lost", "parity"), (brownout, watchdog, clock_lost, parity), self._value
        )

    def poll(
        self,
        *,
        timeout_s: float,
        brownout: Bit | None = None,
        watchdog: Bit | None = None,
        clock_lost: Bit | None = None,
        parity: Bit | None = None,
    ) -> RegisterOp[IntrEnableValue]:
        """Wait until the fields are as given."""
        return self._poll(
            ("brownout", "watchdog", "clock_lost", "parity"),
            (brownout, watchdog, clock_lost, parity),
            self._value,
            timeout_s=timeout_s,
        )


class IntrTestValue(RegisterValue):
    """The word of INTR_TEST."""

    __slots__ = ()

    brownout = Bits(int)
    watchdog = Bits(int)
    clock_lost = Bits(int)
    parity = Bits(int)


class IntrTest(Register):
    """Sets bits of INTR_STATUS, as if it had happened.

    - `brownout` [0] rw singlepulse, 0x0 after reset: Sets brownout.
    - `watchdog` [1] rw singlepulse, 0x0 after reset: Sets watchdog.
    - `clock_lost` [2] rw singlepulse, 0x0 after reset: Sets clock_lost.
    - `parity` [3] rw singlepulse, 0x0 after reset: Sets parity.
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
        brownout: Bit | None = None,
        watchdog: Bit | None = None,
        clock_lost: Bit | None = None,
        parity: Bit | None = None,
    ) -> RegisterOp[None]:
        """Write the whole register; a field left out does nothing."""
        return self._write(("brownout", "watchdog", "clock_lost", "parity"), (brownout, watchdog, clock_lost, parity))

    def modify(
        self,
        *,
        brownout: Bit | None = None,
        watchdog: Bit | None = None,
        clock_lost: Bit | None = None,
        parity: Bit | None = None,
    ) -> RegisterOp[IntrTestValue]:
        """Change the fields given and no other bit."""
        return self._modify(
            ("brownout", "watchdog", "clock_lost", "parity"), (brownout, watchdog, clock_lost, parity), self._value
        )

    def check(
        self,
        *,
        brownout: Bit | None = None,
        watchdog: Bit | None = None,
        clock_lost: Bit | None = None,
        parity: Bit | None = None,
    ) -> RegisterOp[IntrTestValue]:
        """Compare the fields given."""
        return self._check(
            ("brownout", "watchdog", "clock_lost", "parity"), (brownout, watchdog, clock_lost, parity), self._value
        )

    def poll(
        self,
        *,
        timeout_s: float,
        brownout: Bit | None = None,
        watchdog: Bit | None = None,
        clock_lost: Bit | None = None,
        parity: Bit | None = None,
    ) -> RegisterOp[IntrTestValue]:
        """Wait until the fields are as given."""
        return self._poll(
            ("brownout", "watchdog", "clock_lost", "parity"),
            (brownout, watchdog, clock_lost, parity),
            self._value,
            timeout_s=timeout_s,
        )


class CauseE(IntEnum):
    """Values of cause_e."""

    NONE = 0  # Nothing was captured.
    BROWNOUT = 1  # The supply behind the gate sagged; the hardware opened the gate.
    WATCHDOG = 2  # The firmware gave no sign of life for WATCHDOG.limit.
    CLOCK = 3  # Clock or reset of the cluster went while the core ran.
    MEMORY = 4  # A memory failed its test.
    PARITY = 5  # A task's result left other than it was computed.


class ErrLogValue(RegisterValue):
    """The word of ERR_LOG."""

    __slots__ = ()

    valid = Bits(int)
    cause = Bits(CauseE)
    banks = Bits(int)


class ErrLog(Register):
    """The first error since the log was last cleared.

    - `valid` [0] rw woclr, 0x0 after reset: The log holds an error.
    - `cause` [6:4] r, 0x0 after reset: Which.
    - `banks` [11:8] r, 0x0 after reset: Banks of memory that failed, one bit each.
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
        valid: Bit | None = None,
        cause: CauseE | None = None,
        banks: int | None = None,
    ) -> RegisterOp[ErrLogValue]:
        """Compare the fields given."""
        return self._check(("valid", "cause", "banks"), (valid, cause, banks), self._value)

    def poll(
        self,
        *,
        timeout_s: float,
        valid: Bit | None = None,
        cause: CauseE | None = None,
        banks: int | None = None,
    ) -> RegisterOp[ErrLogValue]:
        """Wait until the fields are as given."""
        return self._poll(("valid", "cause", "banks"), (valid, cause, banks), self._value, timeout_s=timeout_s)


class ErrPcValue(RegisterValue):
    """The word of ERR_PC."""

    __slots__ = ()

    word = Bits(int)


class ErrPc(Register):
    """Where the core was at the error in the log.

    - `word` [5:0] r, 0x0 after reset: Word of the firmware's memory.
    """

    __slots__ = ()

    def _value(self, raw: int) -> ErrPcValue:
        return ErrPcValue(self.register, raw)

    def read(self) -> RegisterOp[ErrPcValue]:
        """Read every field."""
        return self._read(self._value)

    def check(self, *, word: int | None = None) -> RegisterOp[ErrPcValue]:
        """Compare the fields given."""
        return self._check(("word",), (word,), self._value)

    def poll(self, *, timeout_s: float, word: int | None = None) -> RegisterOp[ErrPcValue]:
        """Wait until the fields are as given."""
        return self._poll(("word",), (word,), self._value, timeout_s=timeout_s)


class PgCtrlValue(RegisterValue):
    """The word of PG_CTRL."""

    __slots__ = ()

    request = Bits(int)


class PgCtrl(Register):
    """Power gate: its switches close in groups, one after the other.

    - `request` [0] rw, 0x0 after reset: Closed is wanted. Falls when the supply sags.
    """

    __slots__ = ()

    def _value(self, raw: int) -> PgCtrlValue:
        return PgCtrlValue(self.register, raw)

    def read(self) -> RegisterOp[PgCtrlValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, request: Bit) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(("request",), (request,))

    def modify(self, *, request: Bit | None = None) -> RegisterOp[PgCtrlValue]:
        """Change the fields given and no other bit."""
        return self._modify(("request",), (request,), self._value)

    def check(self, *, request: Bit | None = None) -> RegisterOp[PgCtrlValue]:
        """Compare the fields given."""
        return self._check(("request",), (request,), self._value)

    def poll(self, *, timeout_s: float, request: Bit | None = None) -> RegisterOp[PgCtrlValue]:
        """Wait until the fields are as given."""
        return self._poll(("request",), (request,), self._value, timeout_s=timeout_s)


class PgStatusValue(RegisterValue):
    """The word of PG_STATUS."""

    __slots__ = ()

    good = Bits(int)
    changing = Bits(int)


class PgStatus(Register):
    """What the power gate does now.

    - `good` [0] r, 0x0 after reset: The supply behind the gate is good.
    - `changing` [1] r, 0x0 after reset: The gate opens or closes; it takes no other request.
    """

    __slots__ = ()

    def _value(self, raw: int) -> PgStatusValue:
        return PgStatusValue(self.register, raw)

    def read(self) -> RegisterOp[PgStatusValue]:
        """Read every field."""
        return self._read(self._value)

    def check(self, *, good: Bit | None = None, changing: Bit | None = None) -> RegisterOp[PgStatusValue]:
        """Compare the fields given."""
        return self._check(("good", "changing"), (good, changing), self._value)

    def poll(self, *, timeout_s: float, good: Bit | None = None, changing: Bit | None = None) -> RegisterOp[PgStatusValue]:
        """Wait until the fields are as given."""
        return self._poll(("good", "changing"), (good, changing), self._value, timeout_s=timeout_s)


class PgTimesValue(RegisterValue):
    """The word of PG_TIMES."""

    __slots__ = ()

    stagger = Bits(int)


class PgTimes(Register):
    """How fast the gate closes.

    - `stagger` [7:0] rw, 0x0 after reset: Cycles from one group of switches to the next; 0 would close all at once.
    """

    __slots__ = ()

    def _value(self, raw: int) -> PgTimesValue:
        return PgTimesValue(self.register, raw)

    def read(self) -> RegisterOp[PgTimesValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, stagger: int) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(("stagger",), (stagger,))

    def modify(self, *, stagger: int | None = None) -> RegisterOp[PgTimesValue]:
        """Change the fields given and no other bit."""
        return self._modify(("stagger",), (stagger,), self._value)

    def check(self, *, stagger: int | None = None) -> RegisterOp[PgTimesValue]:
        """Compare the fields given."""
        return self._check(("stagger",), (stagger,), self._value)

    def poll(self, *, timeout_s: float, stagger: int | None = None) -> RegisterOp[PgTimesValue]:
        """Wait until the fields are as given."""
        return self._poll(("stagger",), (stagger,), self._value, timeout_s=timeout_s)


class IsolationValue(RegisterValue):
    """The word of ISOLATION."""

    __slots__ = ()

    clamp = Bits(int)


class Isolation(Register):
    """Clamps of the signals that leave the core.

    - `clamp` [0] rw, 0x1 after reset: Signals are held at 0. Set when the supply sags.
    """

    __slots__ = ()

    def _value(self, raw: int) -> IsolationValue:
        return IsolationValue(self.register, raw)

    def read(self) -> RegisterOp[IsolationValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, clamp: Bit) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(("clamp",), (clamp,))

    def modify(self, *, clamp: Bit | None = None) -> RegisterOp[IsolationValue]:
        """Change the fields given and no other bit."""
        return self._modify(("clamp",), (clamp,), self._value)

    def check(self, *, clamp: Bit | None = None) -> RegisterOp[IsolationValue]:
        """Compare the fields given."""
        return self._check(("clamp",), (clamp,), self._value)

    def poll(self, *, timeout_s: float, clamp: Bit | None = None) -> RegisterOp[IsolationValue]:
        """Wait until the fields are as given."""
        return self._poll(("clamp",), (clamp,), self._value, timeout_s=timeout_s)


class ClockValue(RegisterValue):
    """The word of CLOCK."""

    __slots__ = ()

    enable = Bits(int)


class Clock(Register):
    """The core's clock.

    - `enable` [0] rw, 0x0 after reset: It runs. Falls when the supply sags.
    """

    __slots__ = ()

    def _value(self, raw: int) -> ClockValue:
        return ClockValue(self.register, raw)

    def read(self) -> RegisterOp[ClockValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, enable: Bit) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(("enable",), (enable,))

    def modify(self, *, enable: Bit | None = None) -> RegisterOp[ClockValue]:
        """Change the fields given and no other bit."""
        return self._modify(("enable",), (enable,), self._value)

    def check(self, *, enable: Bit | None = None) -> RegisterOp[ClockValue]:
        """Compare the fields given."""
        return self._check(("enable",), (enable,), self._value)

    def poll(self, *, timeout_s: float, enable: Bit | None = None) -> RegisterOp[ClockValue]:
        """Wait until the fields are as given."""
        return self._poll(("enable",), (enable,), self._value, timeout_s=timeout_s)


class ResetValue(RegisterValue):
    """The word of RESET."""

    __slots__ = ()

    hold = Bits(int)


class Reset(Register):
    """The core's reset.

    - `hold` [0] rw, 0x1 after reset: The core is held. Set when the supply sags.
    """

    __slots__ = ()

    def _value(self, raw: int) -> ResetValue:
        return ResetValue(self.register, raw)

    def read(self) -> RegisterOp[ResetValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, hold: Bit) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(("hold",), (hold,))

    def modify(self, *, hold: Bit | None = None) -> RegisterOp[ResetValue]:
        """Change the fields given and no other bit."""
        return self._modify(("hold",), (hold,), self._value)

    def check(self, *, hold: Bit | None = None) -> RegisterOp[ResetValue]:
        """Compare the fields given."""
        return self._check(("hold",), (hold,), self._value)

    def poll(self, *, timeout_s: float, hold: Bit | None = None) -> RegisterOp[ResetValue]:
        """Wait until the fields are as given."""
        return self._poll(("hold",), (hold,), self._value, timeout_s=timeout_s)


class WatchdogValue(RegisterValue):
    """The word of WATCHDOG."""

    __slots__ = ()

    limit = Bits(int)


class Watchdog(Register):
    """When the firmware counts as dead.

    - `limit` [15:0] rw, 0x0 after reset: Microseconds without a sign of life; 0: never.
    """

    __slots__ = ()

    def _value(self, raw: int) -> WatchdogValue:
        return WatchdogValue(self.register, raw)

    def read(self) -> RegisterOp[WatchdogValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, limit: int) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(("limit",), (limit,))

    def modify(self, *, limit: int | None = None) -> RegisterOp[WatchdogValue]:
        """Change the fields given and no other bit."""
        return self._modify(("limit",), (limit,), self._value)

    def check(self, *, limit: int | None = None) -> RegisterOp[WatchdogValue]:
        """Compare the fields given."""
        return self._check(("limit",), (limit,), self._value)

    def poll(self, *, timeout_s: float, limit: int | None = None) -> RegisterOp[WatchdogValue]:
        """Wait until the fields are as given."""
        return self._poll(("limit",), (limit,), self._value, timeout_s=timeout_s)


class EntryValue(RegisterValue):
    """The word of ENTRY."""

    __slots__ = ()

    word = Bits(int)


class Entry(Register):
    """Where the core begins.

    - `word` [5:0] rw, 0x0 after reset: Word of the firmware's memory.
    """

    __slots__ = ()

    def _value(self, raw: int) -> EntryValue:
        return EntryValue(self.register, raw)

    def read(self) -> RegisterOp[EntryValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, word: int) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(("word",), (word,))

    def modify(self, *, word: int | None = None) -> RegisterOp[EntryValue]:
        """Change the fields given and no other bit."""
        return self._modify(("word",), (word,), self._value)

    def check(self, *, word: int | None = None) -> RegisterOp[EntryValue]:
        """Compare the fields given."""
        return self._check(("word",), (word,), self._value)

    def poll(self, *, timeout_s: float, word: int | None = None) -> RegisterOp[EntryValue]:
        """Wait until the fields are as given."""
        return self._poll(("word",), (word,), self._value, timeout_s=timeout_s)


class LanesValue(RegisterValue):
    """The word of LANES."""

    __slots__ = ()

    enable = Bits(int)


class Lanes(Register):
    """Which lanes take part.

    - `enable` [7:0] rw, 0x0 after reset: One bit each.
    """

    __slots__ = ()

    def _value(self, raw: int) -> LanesValue:
        return LanesValue(self.register, raw)

    def read(self) -> RegisterOp[LanesValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, enable: int) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(("enable",), (enable,))

    def modify(self, *, enable: int | None = None) -> RegisterOp[LanesValue]:
        """Change the fields given and no other bit."""
        return self._modify(("enable",), (enable,), self._value)

    def check(self, *, enable: int | None = None) -> RegisterOp[LanesValue]:
        """Compare the fields given."""
        return self._check(("enable",), (enable,), self._value)

    def poll(self, *, timeout_s: float, enable: int | None = None) -> RegisterOp[LanesValue]:
        """Wait until the fields are as given."""
        return self._poll(("enable",), (enable,), self._value, timeout_s=timeout_s)


class ApertureBaseValue(RegisterValue):
    """The word of APERTURE_BASE."""

    __slots__ = ()

    page = Bits(int)


class ApertureBase(Register):
    """Where the core may go, in pages of 4 KiB.

    - `page` [31:0] rw, 0x0 after reset: First page.
    """

    __slots__ = ()

    def _value(self, raw: int) -> ApertureBaseValue:
        return ApertureBaseValue(self.register, raw)

    def read(self) -> RegisterOp[ApertureBaseValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, page: int) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(("page",), (page,))

    def modify(self, *, page: int | None = None) -> RegisterOp[ApertureBaseValue]:
        """Change the fields given and no other bit."""
        return self._modify(("page",), (page,), self._value)

    def check(self, *, page: int | None = None) -> RegisterOp[ApertureBaseValue]:
        """Compare the fields given."""
        return self._check(("page",), (page,), self._value)

    def poll(self, *, timeout_s: float, page: int | None = None) -> RegisterOp[ApertureBaseValue]:
        """Wait until the fields are as given."""
        return self._poll(("page",), (page,), self._value, timeout_s=timeout_s)


class ApertureLimitValue(RegisterValue):
    """The word of APERTURE_LIMIT."""

    __slots__ = ()

    page = Bits(int)


class ApertureLimit(Register):
    """Where the core may go, in pages of 4 KiB.

    - `page` [31:0] rw, 0x0 after reset: Last page; it belongs to the aperture.
    """

    __slots__ = ()

    def _value(self, raw: int) -> ApertureLimitValue:
        return ApertureLimitValue(self.register, raw)

    def read(self) -> RegisterOp[ApertureLimitValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, page: int) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(("page",), (page,))

    def modify(self, *, page: int | None = None) -> RegisterOp[ApertureLimitValue]:
        """Change the fields given and no other bit."""
        return self._modify(("page",), (page,), self._value)

    def check(self, *, page: int | None = None) -> RegisterOp[ApertureLimitValue]:
        """Compare the fields given."""
        return self._check(("page",), (page,), self._value)

    def poll(self, *, timeout_s: float, page: int | None = None) -> RegisterOp[ApertureLimitValue]:
        """Wait until the fields are as given."""
        return self._poll(("page",), (page,), self._value, timeout_s=timeout_s)


class TrafficValue(RegisterValue):
    """The word of TRAFFIC."""

    __slots__ = ()

    priority = Bits(int)
    outstanding = Bits(int)


class Traffic(Register):
    """How the core's requests travel.

    - `priority` [2:0] rw, 0x0 after reset: Of the fabric; 7 is first.
    - `outstanding` [14:8] rw, 0x0 after reset: Requests on their way at once; 1..64.
    """

    __slots__ = ()

    def _value(self, raw: int) -> TrafficValue:
        return TrafficValue(self.register, raw)

    def read(self) -> RegisterOp[TrafficValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, priority: int, outstanding: int) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(("priority", "outstanding"), (priority, outstanding))

    def modify(self, *, priority: int | None = None, outstanding: int | None = None) -> RegisterOp[TrafficValue]:
        """Change the fields given and no other bit."""
        return self._modify(("priority", "outstanding"), (priority, outstanding), self._value)

    def check(self, *, priority: int | None = None, outstanding: int | None = None) -> RegisterOp[TrafficValue]:
        """Compare the fields given."""
        return self._check(("priority", "outstanding"), (priority, outstanding), self._value)

    def poll(
        self,
        *,
        timeout_s: float,
        priority: int | None = None,
        outstanding: int | None = None,
    ) -> RegisterOp[TrafficValue]:
        """Wait until the fields are as given."""
        return self._poll(("priority", "outstanding"), (priority, outstanding), self._value, timeout_s=timeout_s)


class StepValue(RegisterValue):
    """The word of STEP."""

    __slots__ = ()

    once = Bits(int)


class Step(Register):
    """For what must be seen slowly.

    - `once` [0] rw singlepulse, 0x0 after reset: A halted core does one instruction.
    """

    __slots__ = ()

    def _value(self, raw: int) -> StepValue:
        return StepValue(self.register, raw)

    def read(self) -> RegisterOp[StepValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, once: Bit | None = None) -> RegisterOp[None]:
        """Write the whole register; a field left out does nothing."""
        return self._write(("once",), (once,))

    def modify(self, *, once: Bit | None = None) -> RegisterOp[StepValue]:
        """Change the fields given and no other bit."""
        return self._modify(("once",), (once,), self._value)

    def check(self, *, once: Bit | None = None) -> RegisterOp[StepValue]:
        """Compare the fields given."""
        return self._check(("once",), (once,), self._value)

    def poll(self, *, timeout_s: float, once: Bit | None = None) -> RegisterOp[StepValue]:
        """Wait until the fields are as given."""
        return self._poll(("once",), (once,), self._value, timeout_s=timeout_s)


class TestValue(RegisterValue):
    """The word of TEST."""

    __slots__ = ()

    flip = Bits(int)


class Test(Register):
    """For tests of what stands around.

    - `flip` [0] rw, 0x0 after reset: The last bit of each result is turned over.
    """

    __slots__ = ()

    def _value(self, raw: int) -> TestValue:
        return TestValue(self.register, raw)

    def read(self) -> RegisterOp[TestValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, flip: Bit) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(("flip",), (flip,))

    def modify(self, *, flip: Bit | None = None) -> RegisterOp[TestValue]:
        """Change the fields given and no other bit."""
        return self._modify(("flip",), (flip,), self._value)

    def check(self, *, flip: Bit | None = None) -> RegisterOp[TestValue]:
        """Compare the fields given."""
        return self._check(("flip",), (flip,), self._value)

    def poll(self, *, timeout_s: float, flip: Bit | None = None) -> RegisterOp[TestValue]:
        """Wait until the fields are as given."""
        return self._poll(("flip",), (flip,), self._value, timeout_s=timeout_s)


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

    - `config` [0] rw woset, 0x0 after reset: PG_TIMES, WATCHDOG, ENTRY, LANES, APERTURE and TRAFFIC take no write.
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


class BistCtrlValue(RegisterValue):
    """The word of BIST_CTRL."""

    __slots__ = ()

    run = Bits(int)


class BistCtrl(Register):
    """Test of the memories, which writes all of them.

    - `run` [0] rw, 0x0 after reset: A rise begins the test.
    """

    __slots__ = ()

    def _value(self, raw: int) -> BistCtrlValue:
        return BistCtrlValue(self.register, raw)

    def read(self) -> RegisterOp[BistCtrlValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, run: Bit) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(("run",), (run,))

    def modify(self, *, run: Bit | None = None) -> RegisterOp[BistCtrlValue]:
        """Change the fields given and no other bit."""
        return self._modify(("run",), (run,), self._value)

    def check(self, *, run: Bit | None = None) -> RegisterOp[BistCtrlValue]:
        """Compare the fields given."""
        return self._check(("run",), (run,), self._value)

    def poll(self, *, timeout_s: float, run: Bit | None = None) -> RegisterOp[BistCtrlValue]:
        """Wait until the fields are as given."""
        return self._poll(("run",), (run,), self._value, timeout_s=timeout_s)


class BistStatusValue(RegisterValue):
    """The word of BIST_STATUS."""

    __slots__ = ()

    busy = Bits(int)
    done = Bits(int)
    failed = Bits(int)
    banks = Bits(int)


class BistStatus(Register):
    """How the test went.

    - `busy` [0] r, 0x0 after reset: It is under way.
    - `done` [1] r, 0x0 after reset: It has ended.
    - `failed` [2] r, 0x0 after reset: A bank failed that cannot be repaired.
    - `banks` [11:8] r, 0x0 after reset: Which banks failed, one bit each.
    """

    __slots__ = ()

    def _value(self, raw: int) -> BistStatusValue:
        return BistStatusValue(self.register, raw)

    def read(self) -> RegisterOp[BistStatusValue]:
        """Read every field."""
        return self._read(self._value)

    def check(
        self,
        *,
        busy: Bit | None = None,
        done: Bit | None = None,
        failed: Bit | None = None,
        banks: int | None = None,
    ) -> RegisterOp[BistStatusValue]:
        """Compare the fields given."""
        return self._check(("busy", "done", "failed", "banks"), (busy, done, failed, banks), self._value)

    def poll(
        self,
        *,
        timeout_s: float,
        busy: Bit | None = None,
        done: Bit | None = None,
        failed: Bit | None = None,
        banks: int | None = None,
    ) -> RegisterOp[BistStatusValue]:
        """Wait until the fields are as given."""
        return self._poll(
            ("busy", "done", "failed", "banks"), (busy, done, failed, banks), self._value, timeout_s=timeout_s
        )


class ImemAddressValue(RegisterValue):
    """The word of IMEM_ADDRESS."""

    __slots__ = ()

    word = Bits(int)


class ImemAddress(Register):
    """Where the next word of firmware goes.

    - `word` [5:0] rw, 0x0 after reset: Word of the memory; rises by itself with each word written.
    """

    __slots__ = ()

    def _value(self, raw: int) -> ImemAddressValue:
        return ImemAddressValue(self.register, raw)

    def read(self) -> RegisterOp[ImemAddressValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, word: int) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(("word",), (word,))

    def modify(self, *, word: int | None = None) -> RegisterOp[ImemAddressValue]:
        """Change the fields given and no other bit."""
        return self._modify(("word",), (word,), self._value)

    def check(self, *, word: int | None = None) -> RegisterOp[ImemAddressValue]:
        """Compare the fields given."""
        return self._check(("word",), (word,), self._value)

    def poll(self, *, timeout_s: float, word: int | None = None) -> RegisterOp[ImemAddressValue]:
        """Wait until the fields are as given."""
        return self._poll(("word",), (word,), self._value, timeout_s=timeout_s)


class ImemData(Register):
    """Writes one word of firmware; it cannot be read back.

    - `word` [31:0] w, 0x0 after reset: The word.
    """

    __slots__ = ()

    def write(self, *, word: int) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(("word",), (word,))


class ImageLengthValue(RegisterValue):
    """The word of IMAGE_LENGTH."""

    __slots__ = ()

    words = Bits(int)


class ImageLength(Register):
    """How long the firmware is.

    - `words` [6:0] rw, 0x0 after reset: Words; 1..64.
    """

    __slots__ = ()

    def _value(self, raw: int) -> ImageLengthValue:
        return ImageLengthValue(self.register, raw)

    def read(self) -> RegisterOp[ImageLengthValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, words: int) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(("words",), (words,))

    def modify(self, *, words: int | None = None) -> RegisterOp[ImageLengthValue]:
        """Change the fields given and no other bit."""
        return self._modify(("words",), (words,), self._value)

    def check(self, *, words: int | None = None) -> RegisterOp[ImageLengthValue]:
        """Compare the fields given."""
        return self._check(("words",), (words,), self._value)

    def poll(self, *, timeout_s: float, words: int | None = None) -> RegisterOp[ImageLengthValue]:
        """Wait until the fields are as given."""
        return self._poll(("words",), (words,), self._value, timeout_s=timeout_s)


class ImageCrcValue(RegisterValue):
    """The word of IMAGE_CRC."""

    __slots__ = ()

    crc = Bits(int)


class ImageCrc(Register):
    """Computed by the hardware over the first IMAGE_LENGTH.words of the memory.

    - `crc` [31:0] r, 0x0 after reset: CRC32C, words least significant byte first.
    """

    __slots__ = ()

    def _value(self, raw: int) -> ImageCrcValue:
        return ImageCrcValue(self.register, raw)

    def read(self) -> RegisterOp[ImageCrcValue]:
        """Read every field."""
        return self._read(self._value)

    def check(self, *, crc: int | None = None) -> RegisterOp[ImageCrcValue]:
        """Compare the fields given."""
        return self._check(("crc",), (crc,), self._value)

    def poll(self, *, timeout_s: float, crc: int | None = None) -> RegisterOp[ImageCrcValue]:
        """Wait until the fields are as given."""
        return self._poll(("crc",), (crc,), self._value, timeout_s=timeout_s)


class ImageMarkValue(RegisterValue):
    """The word of IMAGE_MARK."""

    __slots__ = ()

    version = Bits(int)


class ImageMark(Register):
    """Says which firmware is loaded; for software, that writes it last. 0: none.

    - `version` [31:0] rw, 0x0 after reset: Anything; a word written to the memory clears it.
    """

    __slots__ = ()

    def _value(self, raw: int) -> ImageMarkValue:
        return ImageMarkValue(self.register, raw)

    def read(self) -> RegisterOp[ImageMarkValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, version: int) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(("version",), (version,))

    def modify(self, *, version: int | None = None) -> RegisterOp[ImageMarkValue]:
        """Change the fields given and no other bit."""
        return self._modify(("version",), (version,), self._value)

    def check(self, *, version: int | None = None) -> RegisterOp[ImageMarkValue]:
        """Compare the fields given."""
        return self._check(("version",), (version,), self._value)

    def poll(self, *, timeout_s: float, version: int | None = None) -> RegisterOp[ImageMarkValue]:
        """Wait until the fields are as given."""
        return self._poll(("version",), (version,), self._value, timeout_s=timeout_s)


class BootE(IntEnum):
    """Values of boot_e."""

    IDLE = 0  # It was not started since its reset.
    STARTING = 1  # The boot code runs.
    READY = 2  # The firmware runs and takes tasks.
    BAD_HEAD = 3  # What was loaded does not begin as firmware does.
    BAD_SUM = 4  # The firmware's own checksum does not fit.


class RunStatusValue(RegisterValue):
    """The word of RUN_STATUS."""

    __slots__ = ()

    boot = Bits(BootE)
    halted = Bits(int)


class RunStatus(Register):
    """What the core does.

    - `boot` [2:0] r, 0x0 after reset: How far the start went.
    - `halted` [8] r, 0x1 after reset: It stands, and can be stepped.
    """

    __slots__ = ()

    def _value(self, raw: int) -> RunStatusValue:
        return RunStatusValue(self.register, raw)

    def read(self) -> RegisterOp[RunStatusValue]:
        """Read every field."""
        return self._read(self._value)

    def check(self, *, boot: BootE | None = None, halted: Bit | None = None) -> RegisterOp[RunStatusValue]:
        """Compare the fields given."""
        return self._check(("boot", "halted"), (boot, halted), self._value)

    def poll(self, *, timeout_s: float, boot: BootE | None = None, halted: Bit | None = None) -> RegisterOp[RunStatusValue]:
        """Wait until the fields are as given."""
        return self._poll(("boot", "halted"), (boot, halted), self._value, timeout_s=timeout_s)


class PcValue(RegisterValue):
    """The word of PC."""

    __slots__ = ()

    word = Bits(int)


class Pc(Register):
    """Where the core is.

    - `word` [5:0] r, 0x0 after reset: Word of the firmware's memory.
    """

    __slots__ = ()

    def _value(self, raw: int) -> PcValue:
        return PcValue(self.register, raw)

    def read(self) -> RegisterOp[PcValue]:
        """Read every field."""
        return self._read(self._value)

    def check(self, *, word: int | None = None) -> RegisterOp[PcValue]:
        """Compare the fields given."""
        return self._check(("word",), (word,), self._value)

    def poll(self, *, timeout_s: float, word: int | None = None) -> RegisterOp[PcValue]:
        """Wait until the fields are as given."""
        return self._poll(("word",), (word,), self._value, timeout_s=timeout_s)


class HeartbeatValue(RegisterValue):
    """The word of HEARTBEAT."""

    __slots__ = ()

    count = Bits(int)


class Heartbeat(Register):
    """Signs of life that the firmware gave since it was started; begins anew at 0.

    - `count` [31:0] r, 0x0 after reset: How many.
    """

    __slots__ = ()

    def _value(self, raw: int) -> HeartbeatValue:
        return HeartbeatValue(self.register, raw)

    def read(self) -> RegisterOp[HeartbeatValue]:
        """Read every field."""
        return self._read(self._value)

    def check(self, *, count: int | None = None) -> RegisterOp[HeartbeatValue]:
        """Compare the fields given."""
        return self._check(("count",), (count,), self._value)

    def poll(self, *, timeout_s: float, count: int | None = None) -> RegisterOp[HeartbeatValue]:
        """Wait until the fields are as given."""
        return self._poll(("count",), (count,), self._value, timeout_s=timeout_s)


class TasksValue(RegisterValue):
    """The word of TASKS."""

    __slots__ = ()

    count = Bits(int)


class Tasks(Register):
    """Tasks done; stays at its end.

    - `count` [63:0] r rclr, 0x0 after reset: A read of either word brings and clears that word.
    """

    __slots__ = ()

    def _value(self, raw: int) -> TasksValue:
        return TasksValue(self.register, raw)

    def read(self) -> RegisterOp[TasksValue]:
        """Read every field; that changes count."""
        return self._read(self._value)


class BankStatusValue(RegisterValue):
    """The word of STATUS."""

    __slots__ = ()

    failed = Bits(int)
    repaired = Bits(int)
    row = Bits(int)


class BankStatus(Register):
    """What the test found.

    - `failed` [0] r, 0x0 after reset: More rows failed than there are spares.
    - `repaired` [1] r, 0x0 after reset: A spare row stands in for the one that failed.
    - `row` [15:8] r, 0x0 after reset: The row that failed.
    """

    __slots__ = ()

    def _value(self, raw: int) -> BankStatusValue:
        return BankStatusValue(self.register, raw)

    def read(self) -> RegisterOp[BankStatusValue]:
        """Read every field."""
        return self._read(self._value)

    def check(
        self,
        *,
        failed: Bit | None = None,
        repaired: Bit | None = None,
        row: int | None = None,
    ) -> RegisterOp[BankStatusValue]:
        """Compare the fields given."""
        return self._check(("failed", "repaired", "row"), (failed, repaired, row), self._value)

    def poll(
        self,
        *,
        timeout_s: float,
        failed: Bit | None = None,
        repaired: Bit | None = None,
        row: int | None = None,
    ) -> RegisterOp[BankStatusValue]:
        """Wait until the fields are as given."""
        return self._poll(("failed", "repaired", "row"), (failed, repaired, row), self._value, timeout_s=timeout_s)


class Bank(RegisterMap):
    """One bank of the core's memory, as its test found it."""

    __slots__ = ()

    STATUS = Member(BankStatus)  # 0x0


class LaneStatusValue(RegisterValue):
    """The word of STATUS."""

    __slots__ = ()

    works = Bits(int)
    active = Bits(int)


class LaneStatus(Register):
    """What the lane does.

    - `works` [0] r, 0x0 after reset: It passed the test.
    - `active` [1] r, 0x0 after reset: It is enabled and takes its part of each task.
    """

    __slots__ = ()

    def _value(self, raw: int) -> LaneStatusValue:
        return LaneStatusValue(self.register, raw)

    def read(self) -> RegisterOp[LaneStatusValue]:
        """Read every field."""
        return self._read(self._value)

    def check(self, *, works: Bit | None = None, active: Bit | None = None) -> RegisterOp[LaneStatusValue]:
        """Compare the fields given."""
        return self._check(("works", "active"), (works, active), self._value)

    def poll(self, *, timeout_s: float, works: Bit | None = None, active: Bit | None = None) -> RegisterOp[LaneStatusValue]:
        """Wait until the fields are as given."""
        return self._poll(("works", "active"), (works, active), self._value, timeout_s=timeout_s)


class OperationsValue(RegisterValue):
    """The word of OPERATIONS."""

    __slots__ = ()

    count = Bits(int)


class Operations(Register):
    """Operations done; stays at its end.

    - `count` [31:0] r rclr, 0x0 after reset: A read clears it.
    """

    __slots__ = ()

    def _value(self, raw: int) -> OperationsValue:
        return OperationsValue(self.register, raw)

    def read(self) -> RegisterOp[OperationsValue]:
        """Read every field; that changes count."""
        return self._read(self._value)


class Lane(RegisterMap):
    """One lane."""

    __slots__ = ()

    STATUS = Member(LaneStatus)  # 0x0
    OPERATIONS = Member(Operations)  # 0x4


class Core(RegisterMap):
    """What is behind the power gate."""

    __slots__ = ()

    BIST_CTRL = Member(BistCtrl)  # 0x0
    BIST_STATUS = Member(BistStatus)  # 0x4
    IMEM_ADDRESS = Member(ImemAddress)  # 0x10
    IMEM_DATA = Member(ImemData)  # 0x14
    IMAGE_LENGTH = Member(ImageLength)  # 0x18
    IMAGE_CRC = Member(ImageCrc)  # 0x1c
    IMAGE_MARK = Member(ImageMark)  # 0x20
    RUN_STATUS = Member(RunStatus)  # 0x30
    PC = Member(Pc)  # 0x34
    HEARTBEAT = Member(Heartbeat)  # 0x38
    TASKS = Member(Tasks)  # 0x40
    BANK = ArrayMember(Bank)  # 0x80 [4]
    LANE = ArrayMember(Lane)  # 0xc0 [8]


class EngineRegs(TopMap):
    """Runs firmware that works through tasks; powered, tested and loaded by the host."""

    __slots__ = ()

    PACKAGE = __name__.rpartition(".")[0]
    IMAGE = "engine.image"

    ID = Member(Id)  # 0x0
    CTRL = Member(Ctrl)  # 0x4
    STATUS = Member(Status)  # 0x8
    INTR_STATUS = Member(IntrStatus)  # 0xc
    INTR_ENABLE = Member(IntrEnable)  # 0x10
    INTR_TEST = Member(IntrTest)  # 0x14
    ERR_LOG = Member(ErrLog)  # 0x18
    ERR_PC = Member(ErrPc)  # 0x1c
    PG_CTRL = Member(PgCtrl)  # 0x20
    PG_STATUS = Member(PgStatus)  # 0x24
    PG_TIMES = Member(PgTimes)  # 0x28
    ISOLATION = Member(Isolation)  # 0x2c
    CLOCK = Member(Clock)  # 0x30
    RESET = Member(Reset)  # 0x34
    WATCHDOG = Member(Watchdog)  # 0x38
    ENTRY = Member(Entry)  # 0x3c
    LANES = Member(Lanes)  # 0x40
    APERTURE_BASE = Member(ApertureBase)  # 0x44
    APERTURE_LIMIT = Member(ApertureLimit)  # 0x48
    TRAFFIC = Member(Traffic)  # 0x4c
    STEP = Member(Step)  # 0x50
    TEST = Member(Test)  # 0x54
    SCRATCH = Member(Scratch)  # 0x58
    LOCK = Member(Lock)  # 0x5c
    CORE = Member(Core)  # 0xf00
