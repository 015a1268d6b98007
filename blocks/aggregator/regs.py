"""Generated from aggregator.rdl by firstlight registers generate; do not edit."""

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
    - `part` [31:16] r, 0x4941 after reset: ASCII 'IA'.
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

    soft_reset = Bits(int)
    enable = Bits(int)


class Ctrl(Register):
    """What runs.

    - `soft_reset` [0] rw, 0x1 after reset: Lines are not sampled, nothing is pending or shut; configuration, masks and
      the lock stay.
    - `enable` [1] rw, 0x0 after reset: The line says whether CLAIM holds anything.
    """

    __slots__ = ()

    def _value(self, raw: int) -> CtrlValue:
        return CtrlValue(self.register, raw)

    def read(self) -> RegisterOp[CtrlValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, soft_reset: Bit, enable: Bit) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(("soft_reset", "enable"), (soft_reset, enable))

    def modify(self, *, soft_reset: Bit | None = None, enable: Bit | None = None) -> RegisterOp[CtrlValue]:
        """Change the fields given and no other bit."""
        return self._modify(("soft_reset", "enable"), (soft_reset, enable), self._value)

    def check(self, *, soft_reset: Bit | None = None, enable: Bit | None = None) -> RegisterOp[CtrlValue]:
        """Compare the fields given."""
        return self._check(("soft_reset", "enable"), (soft_reset, enable), self._value)

    def poll(self, *, timeout_s: float, soft_reset: Bit | None = None, enable: Bit | None = None) -> RegisterOp[CtrlValue]:
        """Wait until the fields are as given."""
        return self._poll(("soft_reset", "enable"), (soft_reset, enable), self._value, timeout_s=timeout_s)


class StatusValue(RegisterValue):
    """The word of STATUS."""

    __slots__ = ()

    ready = Bits(int)
    active = Bits(int)
    line = Bits(int)
    best = Bits(int)


class Status(Register):
    """What the aggregator does now.

    - `ready` [0] r, 0x0 after reset: Its synchronisers are tested, and lines are sampled.
    - `active` [1] r, 0x0 after reset: What it claims is reported: ready and enabled.
    - `line` [2] r, 0x0 after reset: The line is high.
    - `best` [12:8] r, 0x0 after reset: Of what is in CLAIM, the source of the highest priority, then of the lowest
      number; 0 if none.
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
        ready: Bit | None = None,
        active: Bit | None = None,
        line: Bit | None = None,
        best: int | None = None,
    ) -> RegisterOp[StatusValue]:
        """Compare the fields given."""
        return self._check(("ready", "active", "line", "best"), (ready, active, line, best), self._value)

    def poll(
        self,
        *,
        timeout_s: float,
        ready: Bit | None = None,
        active: Bit | None = None,
        line: Bit | None = None,
        best: int | None = None,
    ) -> RegisterOp[StatusValue]:
        """Wait until the fields are as given."""
        return self._poll(
            ("ready", "active", "line", "best"), (ready, active, line, best), self._value, timeout_s=timeout_s
        )


class IntrStatusValue(RegisterValue):
    """The word of INTR_STATUS."""

    __slots__ = ()

    storm = Bits(int)
    lost = Bits(int)


class IntrStatus(Register):
    """What happened since it was last cleared.

    - `storm` [0] rw woclr, 0x0 after reset: A source rose more often than STORM admits, and was shut.
    - `lost` [1] rw woclr, 0x0 after reset: A source rose again while its last edge was still pending.
    """

    __slots__ = ()

    def _value(self, raw: int) -> IntrStatusValue:
        return IntrStatusValue(self.register, raw)

    def read(self) -> RegisterOp[IntrStatusValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, storm: Bit | None = None, lost: Bit | None = None) -> RegisterOp[None]:
        """Write the whole register; a field left out does nothing."""
        return self._write(("storm", "lost"), (storm, lost))

    def modify(self, *, storm: Bit | None = None, lost: Bit | None = None) -> RegisterOp[IntrStatusValue]:
        """Change the fields given and no other bit."""
        return self._modify(("storm", "lost"), (storm, lost), self._value)

    def check(self, *, storm: Bit | None = None, lost: Bit | None = None) -> RegisterOp[IntrStatusValue]:
        """Compare the fields given."""
        return self._check(("storm", "lost"), (storm, lost), self._value)

    def poll(self, *, timeout_s: float, storm: Bit | None = None, lost: Bit | None = None) -> RegisterOp[IntrStatusValue]:
        """Wait until the fields are as given."""
        return self._poll(("storm", "lost"), (storm, lost), self._value, timeout_s=timeout_s)


class IntrEnableValue(RegisterValue):
    """The word of INTR_ENABLE."""

    __slots__ = ()

    storm = Bits(int)
    lost = Bits(int)


class IntrEnable(Register):
    """Which bits of INTR_STATUS raise source 0.

    - `storm` [0] rw, 0x0 after reset: storm raises source 0.
    - `lost` [1] rw, 0x0 after reset: lost raises source 0.
    """

    __slots__ = ()

    def _value(self, raw: int) -> IntrEnableValue:
        return IntrEnableValue(self.register, raw)

    def read(self) -> RegisterOp[IntrEnableValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, storm: Bit, lost: Bit) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(("storm", "lost"), (storm, lost))

    def modify(self, *, storm: Bit | None = None, lost: Bit | None = None) -> RegisterOp[IntrEnableValue]:
        """Change the fields given and no other bit."""
        return self._modify(("storm", "lost"), (storm, lost), self._value)

    def check(self, *, storm: Bit | None = None, lost: Bit | None = None) -> RegisterOp[IntrEnableValue]:
        """Compare the fields given."""
        return self._check(("storm", "lost"), (storm, lost), self._value)

    def poll(self, *, timeout_s: float, storm: Bit | None = None, lost: Bit | None = None) -> RegisterOp[IntrEnableValue]:
        """Wait until the fields are as given."""
        return self._poll(("storm", "lost"), (storm, lost), self._value, timeout_s=timeout_s)


class IntrTestValue(RegisterValue):
    """The word of INTR_TEST."""

    __slots__ = ()

    storm = Bits(int)
    lost = Bits(int)


class IntrTest(Register):
    """Sets bits of INTR_STATUS, as if it had happened.

    - `storm` [0] rw singlepulse, 0x0 after reset: Sets storm.
    - `lost` [1] rw singlepulse, 0x0 after reset: Sets lost.
    """

    __slots__ = ()

    def _value(self, raw: int) -> IntrTestValue:
        return IntrTestValue(self.register, raw)

    def read(self) -> RegisterOp[IntrTestValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, storm: Bit | None = None, lost: Bit | None = None) -> RegisterOp[None]:
        """Write the whole register; a field left out does nothing."""
        return self._write(("storm", "lost"), (storm, lost))

    def modify(self, *, storm: Bit | None = None, lost: Bit | None = None) -> RegisterOp[IntrTestValue]:
        """Change the fields given and no other bit."""
        return self._modify(("storm", "lost"), (storm, lost), self._value)

    def check(self, *, storm: Bit | None = None, lost: Bit | None = None) -> RegisterOp[IntrTestValue]:
        """Compare the fields given."""
        return self._check(("storm", "lost"), (storm, lost), self._value)

    def poll(self, *, timeout_s: float, storm: Bit | None = None, lost: Bit | None = None) -> RegisterOp[IntrTestValue]:
        """Wait until the fields are as given."""
        return self._poll(("storm", "lost"), (storm, lost), self._value, timeout_s=timeout_s)


class ErrorE(IntEnum):
    """Values of error_e."""

    NONE = 0  # Nothing was captured.
    STORM = 1  # A source rose more often than STORM admits, and was shut.
    LOST = 2  # A source rose again while its last edge was still pending.


class ErrLogValue(RegisterValue):
    """The word of ERR_LOG."""

    __slots__ = ()

    valid = Bits(int)
    error = Bits(ErrorE)
    source = Bits(int)


class ErrLog(Register):
    """The first error since the log was last cleared.

    - `valid` [0] rw woclr, 0x0 after reset: The log holds an error.
    - `error` [5:4] r, 0x0 after reset: Which.
    - `source` [12:8] r, 0x0 after reset: Of which source.
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
        error: ErrorE | None = None,
        source: int | None = None,
    ) -> RegisterOp[ErrLogValue]:
        """Compare the fields given."""
        return self._check(("valid", "error", "source"), (valid, error, source), self._value)

    def poll(
        self,
        *,
        timeout_s: float,
        valid: Bit | None = None,
        error: ErrorE | None = None,
        source: int | None = None,
    ) -> RegisterOp[ErrLogValue]:
        """Wait until the fields are as given."""
        return self._poll(("valid", "error", "source"), (valid, error, source), self._value, timeout_s=timeout_s)


class ErrLogRawValue(RegisterValue):
    """The word of ERR_LOG_RAW."""

    __slots__ = ()

    sources = Bits(int)


class ErrLogRaw(Register):
    """What the lines were when the error in the log happened.

    - `sources` [31:0] r, 0x0 after reset: RAW.
    """

    __slots__ = ()

    def _value(self, raw: int) -> ErrLogRawValue:
        return ErrLogRawValue(self.register, raw)

    def read(self) -> RegisterOp[ErrLogRawValue]:
        """Read every field."""
        return self._read(self._value)

    def check(self, *, sources: int | None = None) -> RegisterOp[ErrLogRawValue]:
        """Compare the fields given."""
        return self._check(("sources",), (sources,), self._value)

    def poll(self, *, timeout_s: float, sources: int | None = None) -> RegisterOp[ErrLogRawValue]:
        """Wait until the fields are as given."""
        return self._poll(("sources",), (sources,), self._value, timeout_s=timeout_s)


class ThresholdValue(RegisterValue):
    """The word of THRESHOLD."""

    __slots__ = ()

    priority = Bits(int)


class Threshold(Register):
    """Which sources are held back.

    - `priority` [2:0] rw, 0x0 after reset: Those of this priority and below.
    """

    __slots__ = ()

    def _value(self, raw: int) -> ThresholdValue:
        return ThresholdValue(self.register, raw)

    def read(self) -> RegisterOp[ThresholdValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, priority: int) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(("priority",), (priority,))

    def modify(self, *, priority: int | None = None) -> RegisterOp[ThresholdValue]:
        """Change the fields given and no other bit."""
        return self._modify(("priority",), (priority,), self._value)

    def check(self, *, priority: int | None = None) -> RegisterOp[ThresholdValue]:
        """Compare the fields given."""
        return self._check(("priority",), (priority,), self._value)

    def poll(self, *, timeout_s: float, priority: int | None = None) -> RegisterOp[ThresholdValue]:
        """Wait until the fields are as given."""
        return self._poll(("priority",), (priority,), self._value, timeout_s=timeout_s)


class StormValue(RegisterValue):
    """The word of STORM."""

    __slots__ = ()

    limit = Bits(int)
    window = Bits(int)


class Storm(Register):
    """How often a source may rise before it is shut.

    - `limit` [7:0] rw, 0x0 after reset: Rises in one window; 0: as often as it likes.
    - `window` [31:16] rw, 0x0 after reset: Length of the window, in microseconds.
    """

    __slots__ = ()

    def _value(self, raw: int) -> StormValue:
        return StormValue(self.register, raw)

    def read(self) -> RegisterOp[StormValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, limit: int, window: int) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(("limit", "window"), (limit, window))

    def modify(self, *, limit: int | None = None, window: int | None = None) -> RegisterOp[StormValue]:
        """Change the fields given and no other bit."""
        return self._modify(("limit", "window"), (limit, window), self._value)

    def check(self, *, limit: int | None = None, window: int | None = None) -> RegisterOp[StormValue]:
        """Compare the fields given."""
        return self._check(("limit", "window"), (limit, window), self._value)

    def poll(self, *, timeout_s: float, limit: int | None = None, window: int | None = None) -> RegisterOp[StormValue]:
        """Wait until the fields are as given."""
        return self._poll(("limit", "window"), (limit, window), self._value, timeout_s=timeout_s)


class LiveRValue(RegisterValue):
    """The word of live_r."""

    __slots__ = ()

    sources = Bits(int)


class LiveR(Register):
    """A bit for each source, as the hardware sees it.

    - `sources` [31:0] r, 0x0 after reset: Bit n is source n.
    """

    __slots__ = ()

    def _value(self, raw: int) -> LiveRValue:
        return LiveRValue(self.register, raw)

    def read(self) -> RegisterOp[LiveRValue]:
        """Read every field."""
        return self._read(self._value)

    def check(self, *, sources: int | None = None) -> RegisterOp[LiveRValue]:
        """Compare the fields given."""
        return self._check(("sources",), (sources,), self._value)

    def poll(self, *, timeout_s: float, sources: int | None = None) -> RegisterOp[LiveRValue]:
        """Wait until the fields are as given."""
        return self._poll(("sources",), (sources,), self._value, timeout_s=timeout_s)


class PendingValue(RegisterValue):
    """The word of PENDING."""

    __slots__ = ()

    sources = Bits(int)


class Pending(Register):
    """A bit for each source that asks: of a level while it is high, of an edge until it is cleared here.

    - `sources` [31:0] rw woclr, 0x0 after reset: Bit n is source n.
    """

    __slots__ = ()

    def _value(self, raw: int) -> PendingValue:
        return PendingValue(self.register, raw)

    def read(self) -> RegisterOp[PendingValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, sources: int | None = None) -> RegisterOp[None]:
        """Write the whole register; a field left out does nothing."""
        return self._write(("sources",), (sources,))

    def modify(self, *, sources: int | None = None) -> RegisterOp[PendingValue]:
        """Change the fields given and no other bit."""
        return self._modify(("sources",), (sources,), self._value)

    def check(self, *, sources: int | None = None) -> RegisterOp[PendingValue]:
        """Compare the fields given."""
        return self._check(("sources",), (sources,), self._value)

    def poll(self, *, timeout_s: float, sources: int | None = None) -> RegisterOp[PendingValue]:
        """Wait until the fields are as given."""
        return self._poll(("sources",), (sources,), self._value, timeout_s=timeout_s)


class EnableValue(RegisterValue):
    """The word of ENABLE."""

    __slots__ = ()

    sources = Bits(int)


class Enable(Register):
    """Which sources may be reported.

    - `sources` [31:0] rw, 0x0 after reset: Bit n is source n.
    """

    __slots__ = ()

    def _value(self, raw: int) -> EnableValue:
        return EnableValue(self.register, raw)

    def read(self) -> RegisterOp[EnableValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, sources: int) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(("sources",), (sources,))

    def modify(self, *, sources: int | None = None) -> RegisterOp[EnableValue]:
        """Change the fields given and no other bit."""
        return self._modify(("sources",), (sources,), self._value)

    def check(self, *, sources: int | None = None) -> RegisterOp[EnableValue]:
        """Compare the fields given."""
        return self._check(("sources",), (sources,), self._value)

    def poll(self, *, timeout_s: float, sources: int | None = None) -> RegisterOp[EnableValue]:
        """Wait until the fields are as given."""
        return self._poll(("sources",), (sources,), self._value, timeout_s=timeout_s)


class MaskSetValue(RegisterValue):
    """The word of MASK_SET."""

    __slots__ = ()

    sources = Bits(int)


class MaskSet(Register):
    """Which sources are masked: pending and not reported. Ones mask.

    - `sources` [31:0] rw woset, 0x0 after reset: Bit n is source n.
    """

    __slots__ = ()

    def _value(self, raw: int) -> MaskSetValue:
        return MaskSetValue(self.register, raw)

    def read(self) -> RegisterOp[MaskSetValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, sources: int | None = None) -> RegisterOp[None]:
        """Write the whole register; a field left out does nothing."""
        return self._write(("sources",), (sources,))

    def modify(self, *, sources: int | None = None) -> RegisterOp[MaskSetValue]:
        """Change the fields given and no other bit."""
        return self._modify(("sources",), (sources,), self._value)

    def check(self, *, sources: int | None = None) -> RegisterOp[MaskSetValue]:
        """Compare the fields given."""
        return self._check(("sources",), (sources,), self._value)

    def poll(self, *, timeout_s: float, sources: int | None = None) -> RegisterOp[MaskSetValue]:
        """Wait until the fields are as given."""
        return self._poll(("sources",), (sources,), self._value, timeout_s=timeout_s)


class MaskClrValue(RegisterValue):
    """The word of MASK_CLR."""

    __slots__ = ()

    sources = Bits(int)


class MaskClr(Register):
    """Which sources are masked, as MASK_SET shows them. Ones unmask.

    - `sources` [31:0] rw woclr, 0x0 after reset: Bit n is source n.
    """

    __slots__ = ()

    def _value(self, raw: int) -> MaskClrValue:
        return MaskClrValue(self.register, raw)

    def read(self) -> RegisterOp[MaskClrValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, sources: int | None = None) -> RegisterOp[None]:
        """Write the whole register; a field left out does nothing."""
        return self._write(("sources",), (sources,))

    def modify(self, *, sources: int | None = None) -> RegisterOp[MaskClrValue]:
        """Change the fields given and no other bit."""
        return self._modify(("sources",), (sources,), self._value)

    def check(self, *, sources: int | None = None) -> RegisterOp[MaskClrValue]:
        """Compare the fields given."""
        return self._check(("sources",), (sources,), self._value)

    def poll(self, *, timeout_s: float, sources: int | None = None) -> RegisterOp[MaskClrValue]:
        """Wait until the fields are as given."""
        return self._poll(("sources",), (sources,), self._value, timeout_s=timeout_s)


class ShutValue(RegisterValue):
    """The word of SHUT."""

    __slots__ = ()

    sources = Bits(int)


class Shut(Register):
    """A bit for each source that stormed; it is not reported until it is cleared here, or by a soft reset.

    - `sources` [31:0] rw woclr, 0x0 after reset: Bit n is source n.
    """

    __slots__ = ()

    def _value(self, raw: int) -> ShutValue:
        return ShutValue(self.register, raw)

    def read(self) -> RegisterOp[ShutValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, sources: int | None = None) -> RegisterOp[None]:
        """Write the whole register; a field left out does nothing."""
        return self._write(("sources",), (sources,))

    def modify(self, *, sources: int | None = None) -> RegisterOp[ShutValue]:
        """Change the fields given and no other bit."""
        return self._modify(("sources",), (sources,), self._value)

    def check(self, *, sources: int | None = None) -> RegisterOp[ShutValue]:
        """Compare the fields given."""
        return self._check(("sources",), (sources,), self._value)

    def poll(self, *, timeout_s: float, sources: int | None = None) -> RegisterOp[ShutValue]:
        """Wait until the fields are as given."""
        return self._poll(("sources",), (sources,), self._value, timeout_s=timeout_s)


class InjectValue(RegisterValue):
    """The word of INJECT."""

    __slots__ = ()

    sources = Bits(int)


class Inject(Register):
    """Raises lines for tests, as if what stands behind them had.

    - `sources` [31:0] rw, 0x0 after reset: Bit n is source n.
    """

    __slots__ = ()

    def _value(self, raw: int) -> InjectValue:
        return InjectValue(self.register, raw)

    def read(self) -> RegisterOp[InjectValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, sources: int) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(("sources",), (sources,))

    def modify(self, *, sources: int | None = None) -> RegisterOp[InjectValue]:
        """Change the fields given and no other bit."""
        return self._modify(("sources",), (sources,), self._value)

    def check(self, *, sources: int | None = None) -> RegisterOp[InjectValue]:
        """Compare the fields given."""
        return self._check(("sources",), (sources,), self._value)

    def poll(self, *, timeout_s: float, sources: int | None = None) -> RegisterOp[InjectValue]:
        """Wait until the fields are as given."""
        return self._poll(("sources",), (sources,), self._value, timeout_s=timeout_s)


class RouteE(IntEnum):
    """Values of route_e."""

    NOWHERE = 0  # The source is not reported.
    LINE = 1  # The source is reported on the line.
    LOCAL = 2  # The source is reported to what stands inside the cluster, and not on the line.


class SourceValue(RegisterValue):
    """The word of SOURCE."""

    __slots__ = ()

    priority = Bits(int)
    route = Bits(RouteE)
    edge = Bits(int)


class Source(Register):
    """What is done with one source.

    - `priority` [2:0] rw, 0x0 after reset: 0..7; the higher comes first.
    - `route` [5:4] rw, 0x0 after reset: Where it is reported.
    - `edge` [8] rw, 0x0 after reset: It asks when it rises, once; else while it is high.
    """

    __slots__ = ()

    def _value(self, raw: int) -> SourceValue:
        return SourceValue(self.register, raw)

    def read(self) -> RegisterOp[SourceValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, priority: int, route: RouteE, edge: Bit) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(("priority", "route", "edge"), (priority, route, edge))

    def modify(
        self,
        *,
        priority: int | None = None,
        route: RouteE | None = None,
        edge: Bit | None = None,
    ) -> RegisterOp[SourceValue]:
        """Change the fields given and no other bit."""
        return self._modify(("priority", "route", "edge"), (priority, route, edge), self._value)

    def check(
        self,
        *,
        priority: int | None = None,
        route: RouteE | None = None,
        edge: Bit | None = None,
    ) -> RegisterOp[SourceValue]:
        """Compare the fields given."""
        return self._check(("priority", "route", "edge"), (priority, route, edge), self._value)

    def poll(
        self,
        *,
        timeout_s: float,
        priority: int | None = None,
        route: RouteE | None = None,
        edge: Bit | None = None,
    ) -> RegisterOp[SourceValue]:
        """Wait until the fields are as given."""
        return self._poll(("priority", "route", "edge"), (priority, route, edge), self._value, timeout_s=timeout_s)


class EventsValue(RegisterValue):
    """The word of EVENTS."""

    __slots__ = ()

    count = Bits(int)


class Events(Register):
    """How often one source rose, masked or not; a read clears it, and it stays at its end.

    - `count` [15:0] r rclr, 0x0 after reset: How often.
    """

    __slots__ = ()

    def _value(self, raw: int) -> EventsValue:
        return EventsValue(self.register, raw)

    def read(self) -> RegisterOp[EventsValue]:
        """Read every field; that changes count."""
        return self._read(self._value)


class TestValue(RegisterValue):
    """The word of TEST."""

    __slots__ = ()

    hold = Bits(int)


class Test(Register):
    """For tests of what stands around.

    - `hold` [0] rw, 0x0 after reset: The line stays low, whatever CLAIM holds.
    """

    __slots__ = ()

    def _value(self, raw: int) -> TestValue:
        return TestValue(self.register, raw)

    def read(self) -> RegisterOp[TestValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, hold: Bit) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(("hold",), (hold,))

    def modify(self, *, hold: Bit | None = None) -> RegisterOp[TestValue]:
        """Change the fields given and no other bit."""
        return self._modify(("hold",), (hold,), self._value)

    def check(self, *, hold: Bit | None = None) -> RegisterOp[TestValue]:
        """Compare the fields given."""
        return self._check(("hold",), (hold,), self._value)

    def poll(self, *, timeout_s: float, hold: Bit | None = None) -> RegisterOp[TestValue]:
        """Wait until the fields are as given."""
        return self._poll(("hold",), (hold,), self._value, timeout_s=timeout_s)


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

    - `config` [0] rw woset, 0x0 after reset: Sources, their enables, threshold and storm control take no write.
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


class AggregatorRegs(TopMap):
    """Collects the interrupt lines of a cluster on one; its own line may end at another aggregator."""

    __slots__ = ()

    PACKAGE = __name__.rpartition(".")[0]
    IMAGE = "aggregator.image"

    ID = Member(Id)  # 0x0
    CTRL = Member(Ctrl)  # 0x4
    STATUS = Member(Status)  # 0x8
    INTR_STATUS = Member(IntrStatus)  # 0xc
    INTR_ENABLE = Member(IntrEnable)  # 0x10
    INTR_TEST = Member(IntrTest)  # 0x14
    ERR_LOG = Member(ErrLog)  # 0x18
    ERR_LOG_RAW = Member(ErrLogRaw)  # 0x1c
    THRESHOLD = Member(Threshold)  # 0x20
    STORM = Member(Storm)  # 0x24
    RAW = Member(LiveR)  # 0x40
    PENDING = Member(Pending)  # 0x44
    ENABLE = Member(Enable)  # 0x48
    MASK_SET = Member(MaskSet)  # 0x4c
    MASK_CLR = Member(MaskClr)  # 0x50
    CLAIM = Member(LiveR)  # 0x54
    SHUT = Member(Shut)  # 0x58
    FAULTY = Member(LiveR)  # 0x5c
    INJECT = Member(Inject)  # 0x60
    SOURCE = ArrayMember(Source)  # 0x100 [32]
    EVENTS = ArrayMember(Events)  # 0x180 [32]
    TEST = Member(Test)  # 0xff0
    SCRATCH = Member(Scratch)  # 0xff4
    LOCK = Member(Lock)  # 0xff8
