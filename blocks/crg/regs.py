"""Generated from crg.rdl by firstlight registers generate; do not edit."""

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
    - `part` [31:16] r, 0x4352 after reset: ASCII 'CR'.
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


class SourceE(IntEnum):
    """Values of source_e."""

    REFERENCE = 0  # The always-on reference.
    PLL = 1  # The cluster's PLL.


class ClkSelValue(RegisterValue):
    """The word of CLK_SEL."""

    __slots__ = ()

    source = Bits(SourceE)


class ClkSel(Register):
    """The clock that is wanted. The multiplexer waits for an edge of both clocks.

    - `source` [0] rw, 0x0 after reset: Wanted source.
    """

    __slots__ = ()

    def _value(self, raw: int) -> ClkSelValue:
        return ClkSelValue(self.register, raw)

    def read(self) -> RegisterOp[ClkSelValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, source: SourceE) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(("source",), (source,))

    def modify(self, *, source: SourceE | None = None) -> RegisterOp[ClkSelValue]:
        """Change the fields given and no other bit."""
        return self._modify(("source",), (source,), self._value)

    def check(self, *, source: SourceE | None = None) -> RegisterOp[ClkSelValue]:
        """Compare the fields given."""
        return self._check(("source",), (source,), self._value)

    def poll(self, *, timeout_s: float, source: SourceE | None = None) -> RegisterOp[ClkSelValue]:
        """Wait until the fields are as given."""
        return self._poll(("source",), (source,), self._value, timeout_s=timeout_s)


class ClkDivValue(RegisterValue):
    """The word of CLK_DIV."""

    __slots__ = ()

    divider = Bits(int)


class ClkDiv(Register):
    """Divider behind the multiplexer.

    - `divider` [3:0] rw, 0x1 after reset: 1..15.
    """

    __slots__ = ()

    def _value(self, raw: int) -> ClkDivValue:
        return ClkDivValue(self.register, raw)

    def read(self) -> RegisterOp[ClkDivValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, divider: int) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(("divider",), (divider,))

    def modify(self, *, divider: int | None = None) -> RegisterOp[ClkDivValue]:
        """Change the fields given and no other bit."""
        return self._modify(("divider",), (divider,), self._value)

    def check(self, *, divider: int | None = None) -> RegisterOp[ClkDivValue]:
        """Compare the fields given."""
        return self._check(("divider",), (divider,), self._value)

    def poll(self, *, timeout_s: float, divider: int | None = None) -> RegisterOp[ClkDivValue]:
        """Wait until the fields are as given."""
        return self._poll(("divider",), (divider,), self._value, timeout_s=timeout_s)


class ClkGateValue(RegisterValue):
    """The word of CLK_GATE."""

    __slots__ = ()

    noc = Bits(int)
    sram = Bits(int)
    core = Bits(int)


class ClkGate(Register):
    """1 lets a domain's clock through.

    - `noc` [0] rw, 0x0 after reset: Fabric interface.
    - `sram` [1] rw, 0x0 after reset: Memories.
    - `core` [2] rw, 0x0 after reset: Cores.
    """

    __slots__ = ()

    def _value(self, raw: int) -> ClkGateValue:
        return ClkGateValue(self.register, raw)

    def read(self) -> RegisterOp[ClkGateValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, noc: Bit, sram: Bit, core: Bit) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(("noc", "sram", "core"), (noc, sram, core))

    def modify(self, *, noc: Bit | None = None, sram: Bit | None = None, core: Bit | None = None) -> RegisterOp[ClkGateValue]:
        """Change the fields given and no other bit."""
        return self._modify(("noc", "sram", "core"), (noc, sram, core), self._value)

    def check(self, *, noc: Bit | None = None, sram: Bit | None = None, core: Bit | None = None) -> RegisterOp[ClkGateValue]:
        """Compare the fields given."""
        return self._check(("noc", "sram", "core"), (noc, sram, core), self._value)

    def poll(
        self,
        *,
        timeout_s: float,
        noc: Bit | None = None,
        sram: Bit | None = None,
        core: Bit | None = None,
    ) -> RegisterOp[ClkGateValue]:
        """Wait until the fields are as given."""
        return self._poll(("noc", "sram", "core"), (noc, sram, core), self._value, timeout_s=timeout_s)


class ResetValue(RegisterValue):
    """The word of RESET."""

    __slots__ = ()

    noc = Bits(int)
    sram = Bits(int)
    core = Bits(int)


class Reset(Register):
    """1 holds a domain in reset.

    - `noc` [0] rw, 0x1 after reset: Fabric interface.
    - `sram` [1] rw, 0x1 after reset: Memories.
    - `core` [2] rw, 0x1 after reset: Cores.
    """

    __slots__ = ()

    def _value(self, raw: int) -> ResetValue:
        return ResetValue(self.register, raw)

    def read(self) -> RegisterOp[ResetValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, noc: Bit, sram: Bit, core: Bit) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(("noc", "sram", "core"), (noc, sram, core))

    def modify(self, *, noc: Bit | None = None, sram: Bit | None = None, core: Bit | None = None) -> RegisterOp[ResetValue]:
        """Change the fields given and no other bit."""
        return self._modify(("noc", "sram", "core"), (noc, sram, core), self._value)

    def check(self, *, noc: Bit | None = None, sram: Bit | None = None, core: Bit | None = None) -> RegisterOp[ResetValue]:
        """Compare the fields given."""
        return self._check(("noc", "sram", "core"), (noc, sram, core), self._value)

    def poll(
        self,
        *,
        timeout_s: float,
        noc: Bit | None = None,
        sram: Bit | None = None,
        core: Bit | None = None,
    ) -> RegisterOp[ResetValue]:
        """Wait until the fields are as given."""
        return self._poll(("noc", "sram", "core"), (noc, sram, core), self._value, timeout_s=timeout_s)


class ResetStatusValue(RegisterValue):
    """The word of RESET_STATUS."""

    __slots__ = ()

    noc = Bits(int)
    sram = Bits(int)
    core = Bits(int)


class ResetStatus(Register):
    """1 while a domain is in reset, its synchroniser included.

    - `noc` [0] r, 0x1 after reset: Fabric interface.
    - `sram` [1] r, 0x1 after reset: Memories.
    - `core` [2] r, 0x1 after reset: Cores.
    """

    __slots__ = ()

    def _value(self, raw: int) -> ResetStatusValue:
        return ResetStatusValue(self.register, raw)

    def read(self) -> RegisterOp[ResetStatusValue]:
        """Read every field."""
        return self._read(self._value)

    def check(self, *, noc: Bit | None = None, sram: Bit | None = None, core: Bit | None = None) -> RegisterOp[ResetStatusValue]:
        """Compare the fields given."""
        return self._check(("noc", "sram", "core"), (noc, sram, core), self._value)

    def poll(
        self,
        *,
        timeout_s: float,
        noc: Bit | None = None,
        sram: Bit | None = None,
        core: Bit | None = None,
    ) -> RegisterOp[ResetStatusValue]:
        """Wait until the fields are as given."""
        return self._poll(("noc", "sram", "core"), (noc, sram, core), self._value, timeout_s=timeout_s)


class StatusValue(RegisterValue):
    """The word of STATUS."""

    __slots__ = ()

    source = Bits(SourceE)
    switching = Bits(int)
    toggling = Bits(int)
    in_range = Bits(int)
    clock_lost = Bits(int)
    switch_late = Bits(int)
    out_of_range = Bits(int)


class Status(Register):
    """What clocks and resets do now, and what they did since they were last asked.

    - `source` [0] r, 0x0 after reset: Source that the multiplexer has reached.
    - `switching` [1] r, 0x0 after reset: The multiplexer is on its way.
    - `toggling` [2] r, 0x1 after reset: The selected clock toggles.
    - `in_range` [3] r, 0x0 after reset: The monitor has counted, and between COUNT_MIN and COUNT_MAX.
    - `clock_lost` [8] rw woclr, 0x0 after reset: The selected clock stopped or lost its lock.
    - `switch_late` [9] rw woclr, 0x0 after reset: SWITCH_LIMIT went by and the multiplexer was not there; it goes on
      waiting.
    - `out_of_range` [10] rw woclr, 0x0 after reset: The monitor counted fewer than COUNT_MIN or more than COUNT_MAX.
    """

    __slots__ = ()

    def _value(self, raw: int) -> StatusValue:
        return StatusValue(self.register, raw)

    def read(self) -> RegisterOp[StatusValue]:
        """Read every field."""
        return self._read(self._value)

    def write(
        self,
        *,
        clock_lost: Bit | None = None,
        switch_late: Bit | None = None,
        out_of_range: Bit | None = None,
    ) -> RegisterOp[None]:
        """Write the whole register; a field left out does nothing."""
        return self._write(("clock_lost", "switch_late", "out_of_range"), (clock_lost, switch_late, out_of_range))

    def modify(
        self,
        *,
        clock_lost: Bit | None = None,
        switch_late: Bit | None = None,
        out_of_range: Bit | None = None,
    ) -> RegisterOp[StatusValue]:
        """Change the fields given and no other bit."""
        return self._modify(
            ("clock_lost", "switch_late", "out_of_range"), (clock_lost, switch_late, out_of_range), self._value
        )

    def check(
        self,
        *,
        source: SourceE | None = None,
        switching: Bit | None = None,
        toggling: Bit | None = None,
        in_range: Bit | None = None,
        clock_lost: Bit | None = None,
        switch_late: Bit | None = None,
        out_of_range: Bit | None = None,
    ) -> RegisterOp[StatusValue]:
        """Compare the fields given."""
        return self._check(
            ("source", "switching", "toggling", "in_range", "clock_lost", "switch_late", "out_of_range"),
            (source, switching, toggling, in_range, clock_lost, switch_late, out_of_range),
            self._value,
        )

    def poll(
        self,
        *,
        timeout_s: float,
        source: SourceE | None = None,
        switching: Bit | None = None,
        toggling: Bit | None = None,
        in_range: Bit | None = None,
        clock_lost: Bit | None = None,
        switch_late: Bit | None = None,
        out_of_range: Bit | None = None,
    ) -> RegisterOp[StatusValue]:
        """Wait until the fields are as given."""
        return self._poll(
            ("source", "switching", "toggling", "in_range", "clock_lost", "switch_late", "out_of_range"),
            (source, switching, toggling, in_range, clock_lost, switch_late, out_of_range),
            self._value,
            timeout_s=timeout_s,
        )


class IntrEnableValue(RegisterValue):
    """The word of INTR_ENABLE."""

    __slots__ = ()

    clock_lost = Bits(int)
    switch_late = Bits(int)
    out_of_range = Bits(int)


class IntrEnable(Register):
    """Which sticky bits of STATUS raise the line.

    - `clock_lost` [8] rw, 0x0 after reset: STATUS.clock_lost raises the line.
    - `switch_late` [9] rw, 0x0 after reset: STATUS.switch_late raises the line.
    - `out_of_range` [10] rw, 0x0 after reset: STATUS.out_of_range raises the line.
    """

    __slots__ = ()

    def _value(self, raw: int) -> IntrEnableValue:
        return IntrEnableValue(self.register, raw)

    def read(self) -> RegisterOp[IntrEnableValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, clock_lost: Bit, switch_late: Bit, out_of_range: Bit) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(("clock_lost", "switch_late", "out_of_range"), (clock_lost, switch_late, out_of_range))

    def modify(
        self,
        *,
        clock_lost: Bit | None = None,
        switch_late: Bit | None = None,
        out_of_range: Bit | None = None,
    ) -> RegisterOp[IntrEnableValue]:
        """Change the fields given and no other bit."""
        return self._modify(
            ("clock_lost", "switch_late", "out_of_range"), (clock_lost, switch_late, out_of_range), self._value
        )

    def check(
        self,
        *,
        clock_lost: Bit | None = None,
        switch_late: Bit | None = None,
        out_of_range: Bit | None = None,
    ) -> RegisterOp[IntrEnableValue]:
        """Compare the fields given."""
        return self._check(
            ("clock_lost", "switch_late", "out_of_range"), (clock_lost, switch_late, out_of_range), self._value
        )

    def poll(
        self,
        *,
        timeout_s: float,
        clock_lost: Bit | None = None,
        switch_late: Bit | None = None,
        out_of_range: Bit | None = None,
    ) -> RegisterOp[IntrEnableValue]:
        """Wait until the fields are as given."""
        return self._poll(
            ("clock_lost", "switch_late", "out_of_range"),
            (clock_lost, switch_late, out_of_range),
            self._value,
            timeout_s=timeout_s,
        )


class IntrTest(Register):
    """Raises sticky bits of STATUS, to try the line.

    - `clock_lost` [8] w singlepulse, 0x0 after reset: Raises STATUS.clock_lost.
    - `switch_late` [9] w singlepulse, 0x0 after reset: Raises STATUS.switch_late.
    - `out_of_range` [10] w singlepulse, 0x0 after reset: Raises STATUS.out_of_range.
    """

    __slots__ = ()

    def write(
        self,
        *,
        clock_lost: Bit | None = None,
        switch_late: Bit | None = None,
        out_of_range: Bit | None = None,
    ) -> RegisterOp[None]:
        """Write the whole register; a field left out does nothing."""
        return self._write(("clock_lost", "switch_late", "out_of_range"), (clock_lost, switch_late, out_of_range))


class CtrlValue(RegisterValue):
    """The word of CTRL."""

    __slots__ = ()

    monitor = Bits(int)
    watchdog = Bits(int)


class Ctrl(Register):
    """Who looks on.

    - `monitor` [0] rw, 0x0 after reset: The monitor counts, and counts anew when what it counts changes.
    - `watchdog` [1] rw, 0x0 after reset: The multiplexer is held to SWITCH_LIMIT.
    """

    __slots__ = ()

    def _value(self, raw: int) -> CtrlValue:
        return CtrlValue(self.register, raw)

    def read(self) -> RegisterOp[CtrlValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, monitor: Bit, watchdog: Bit) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(("monitor", "watchdog"), (monitor, watchdog))

    def modify(self, *, monitor: Bit | None = None, watchdog: Bit | None = None) -> RegisterOp[CtrlValue]:
        """Change the fields given and no other bit."""
        return self._modify(("monitor", "watchdog"), (monitor, watchdog), self._value)

    def check(self, *, monitor: Bit | None = None, watchdog: Bit | None = None) -> RegisterOp[CtrlValue]:
        """Compare the fields given."""
        return self._check(("monitor", "watchdog"), (monitor, watchdog), self._value)

    def poll(self, *, timeout_s: float, monitor: Bit | None = None, watchdog: Bit | None = None) -> RegisterOp[CtrlValue]:
        """Wait until the fields are as given."""
        return self._poll(("monitor", "watchdog"), (monitor, watchdog), self._value, timeout_s=timeout_s)


class DomainDivValue(RegisterValue):
    """The word of DOMAIN_DIV."""

    __slots__ = ()

    noc = Bits(int)
    sram = Bits(int)
    core = Bits(int)


class DomainDiv(Register):
    """Divider of each domain, behind CLK_DIV.

    - `noc` [3:0] rw, 0x1 after reset: Fabric interface; 1..15.
    - `sram` [11:8] rw, 0x1 after reset: Memories; 1..15.
    - `core` [19:16] rw, 0x1 after reset: Cores; 1..15.
    """

    __slots__ = ()

    def _value(self, raw: int) -> DomainDivValue:
        return DomainDivValue(self.register, raw)

    def read(self) -> RegisterOp[DomainDivValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, noc: int, sram: int, core: int) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(("noc", "sram", "core"), (noc, sram, core))

    def modify(self, *, noc: int | None = None, sram: int | None = None, core: int | None = None) -> RegisterOp[DomainDivValue]:
        """Change the fields given and no other bit."""
        return self._modify(("noc", "sram", "core"), (noc, sram, core), self._value)

    def check(self, *, noc: int | None = None, sram: int | None = None, core: int | None = None) -> RegisterOp[DomainDivValue]:
        """Compare the fields given."""
        return self._check(("noc", "sram", "core"), (noc, sram, core), self._value)

    def poll(
        self,
        *,
        timeout_s: float,
        noc: int | None = None,
        sram: int | None = None,
        core: int | None = None,
    ) -> RegisterOp[DomainDivValue]:
        """Wait until the fields are as given."""
        return self._poll(("noc", "sram", "core"), (noc, sram, core), self._value, timeout_s=timeout_s)


class GateStatusValue(RegisterValue):
    """The word of GATE_STATUS."""

    __slots__ = ()

    noc = Bits(int)
    sram = Bits(int)
    core = Bits(int)


class GateStatus(Register):
    """1 while the clock of a domain toggles behind its gate.

    - `noc` [0] r, 0x0 after reset: Fabric interface.
    - `sram` [1] r, 0x0 after reset: Memories.
    - `core` [2] r, 0x0 after reset: Cores.
    """

    __slots__ = ()

    def _value(self, raw: int) -> GateStatusValue:
        return GateStatusValue(self.register, raw)

    def read(self) -> RegisterOp[GateStatusValue]:
        """Read every field."""
        return self._read(self._value)

    def check(self, *, noc: Bit | None = None, sram: Bit | None = None, core: Bit | None = None) -> RegisterOp[GateStatusValue]:
        """Compare the fields given."""
        return self._check(("noc", "sram", "core"), (noc, sram, core), self._value)

    def poll(
        self,
        *,
        timeout_s: float,
        noc: Bit | None = None,
        sram: Bit | None = None,
        core: Bit | None = None,
    ) -> RegisterOp[GateStatusValue]:
        """Wait until the fields are as given."""
        return self._poll(("noc", "sram", "core"), (noc, sram, core), self._value, timeout_s=timeout_s)


class SwitchLimitValue(RegisterValue):
    """The word of SWITCH_LIMIT."""

    __slots__ = ()

    cycles = Bits(int)


class SwitchLimit(Register):
    """How long the multiplexer may take.

    - `cycles` [15:0] rw, 0x0 after reset: Cycles of the reference; 0: any time.
    """

    __slots__ = ()

    def _value(self, raw: int) -> SwitchLimitValue:
        return SwitchLimitValue(self.register, raw)

    def read(self) -> RegisterOp[SwitchLimitValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, cycles: int) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(("cycles",), (cycles,))

    def modify(self, *, cycles: int | None = None) -> RegisterOp[SwitchLimitValue]:
        """Change the fields given and no other bit."""
        return self._modify(("cycles",), (cycles,), self._value)

    def check(self, *, cycles: int | None = None) -> RegisterOp[SwitchLimitValue]:
        """Compare the fields given."""
        return self._check(("cycles",), (cycles,), self._value)

    def poll(self, *, timeout_s: float, cycles: int | None = None) -> RegisterOp[SwitchLimitValue]:
        """Wait until the fields are as given."""
        return self._poll(("cycles",), (cycles,), self._value, timeout_s=timeout_s)


class PointE(IntEnum):
    """Values of point_e."""

    SELECTED = 0  # Behind the multiplexer and its divider.
    NOC = 1  # The fabric interface's, behind its gate.
    SRAM = 2  # The memories', behind their gate.
    CORE = 3  # The cores', behind their gate.


class MonitorValue(RegisterValue):
    """The word of MONITOR."""

    __slots__ = ()

    point = Bits(PointE)
    window = Bits(int)


class Monitor(Register):
    """What the monitor counts, and for how long.

    - `point` [1:0] rw, 0x0 after reset: Where.
    - `window` [15:8] rw, 0x4 after reset: In units of 16 cycles of the reference; 1..255.
    """

    __slots__ = ()

    def _value(self, raw: int) -> MonitorValue:
        return MonitorValue(self.register, raw)

    def read(self) -> RegisterOp[MonitorValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, point: PointE, window: int) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(("point", "window"), (point, window))

    def modify(self, *, point: PointE | None = None, window: int | None = None) -> RegisterOp[MonitorValue]:
        """Change the fields given and no other bit."""
        return self._modify(("point", "window"), (point, window), self._value)

    def check(self, *, point: PointE | None = None, window: int | None = None) -> RegisterOp[MonitorValue]:
        """Compare the fields given."""
        return self._check(("point", "window"), (point, window), self._value)

    def poll(self, *, timeout_s: float, point: PointE | None = None, window: int | None = None) -> RegisterOp[MonitorValue]:
        """Wait until the fields are as given."""
        return self._poll(("point", "window"), (point, window), self._value, timeout_s=timeout_s)


class CountMinValue(RegisterValue):
    """The word of COUNT_MIN."""

    __slots__ = ()

    count = Bits(int)


class CountMin(Register):
    """A limit of what the monitor counts.

    - `count` [23:0] rw, 0x0 after reset: Cycles within the window.
    """

    __slots__ = ()

    def _value(self, raw: int) -> CountMinValue:
        return CountMinValue(self.register, raw)

    def read(self) -> RegisterOp[CountMinValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, count: int) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(("count",), (count,))

    def modify(self, *, count: int | None = None) -> RegisterOp[CountMinValue]:
        """Change the fields given and no other bit."""
        return self._modify(("count",), (count,), self._value)

    def check(self, *, count: int | None = None) -> RegisterOp[CountMinValue]:
        """Compare the fields given."""
        return self._check(("count",), (count,), self._value)

    def poll(self, *, timeout_s: float, count: int | None = None) -> RegisterOp[CountMinValue]:
        """Wait until the fields are as given."""
        return self._poll(("count",), (count,), self._value, timeout_s=timeout_s)


class CountMaxValue(RegisterValue):
    """The word of COUNT_MAX."""

    __slots__ = ()

    count = Bits(int)


class CountMax(Register):
    """A limit of what the monitor counts.

    - `count` [23:0] rw, 0xffffff after reset: Cycles within the window.
    """

    __slots__ = ()

    def _value(self, raw: int) -> CountMaxValue:
        return CountMaxValue(self.register, raw)

    def read(self) -> RegisterOp[CountMaxValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, count: int) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(("count",), (count,))

    def modify(self, *, count: int | None = None) -> RegisterOp[CountMaxValue]:
        """Change the fields given and no other bit."""
        return self._modify(("count",), (count,), self._value)

    def check(self, *, count: int | None = None) -> RegisterOp[CountMaxValue]:
        """Compare the fields given."""
        return self._check(("count",), (count,), self._value)

    def poll(self, *, timeout_s: float, count: int | None = None) -> RegisterOp[CountMaxValue]:
        """Wait until the fields are as given."""
        return self._poll(("count",), (count,), self._value, timeout_s=timeout_s)


class CountValue(RegisterValue):
    """The word of COUNT."""

    __slots__ = ()

    count = Bits(int)
    valid = Bits(int)


class Count(Register):
    """What the monitor has counted.

    - `count` [23:0] r, 0x0 after reset: Cycles within the window; stays at its end.
    - `valid` [31] r, 0x0 after reset: A window is over since the monitor was started or its clock changed.
    """

    __slots__ = ()

    def _value(self, raw: int) -> CountValue:
        return CountValue(self.register, raw)

    def read(self) -> RegisterOp[CountValue]:
        """Read every field."""
        return self._read(self._value)

    def check(self, *, count: int | None = None, valid: Bit | None = None) -> RegisterOp[CountValue]:
        """Compare the fields given."""
        return self._check(("count", "valid"), (count, valid), self._value)

    def poll(self, *, timeout_s: float, count: int | None = None, valid: Bit | None = None) -> RegisterOp[CountValue]:
        """Wait until the fields are as given."""
        return self._poll(("count", "valid"), (count, valid), self._value, timeout_s=timeout_s)


class ResetCauseValue(RegisterValue):
    """The word of RESET_CAUSE."""

    __slots__ = ()

    generator = Bits(int)
    held = Bits(int)
    pulsed = Bits(int)


class ResetCause(Register):
    """Why domains were in reset since this was last cleared.

    - `generator` [0] rw woclr, 0x1 after reset: The generator itself was reset.
    - `held` [1] rw woclr, 0x0 after reset: Software held a domain.
    - `pulsed` [2] rw woclr, 0x0 after reset: Software pulsed a domain through SOFT_RESET.
    """

    __slots__ = ()

    def _value(self, raw: int) -> ResetCauseValue:
        return ResetCauseValue(self.register, raw)

    def read(self) -> RegisterOp[ResetCauseValue]:
        """Read every field."""
        return self._read(self._value)

    def write(
        self,
        *,
        generator: Bit | None = None,
        held: Bit | None = None,
        pulsed: Bit | None = None,
    ) -> RegisterOp[None]:
        """Write the whole register; a field left out does nothing."""
        return self._write(("generator", "held", "pulsed"), (generator, held, pulsed))

    def modify(
        self,
        *,
        generator: Bit | None = None,
        held: Bit | None = None,
        pulsed: Bit | None = None,
    ) -> RegisterOp[ResetCauseValue]:
        """Change the fields given and no other bit."""
        return self._modify(("generator", "held", "pulsed"), (generator, held, pulsed), self._value)

    def check(
        self,
        *,
        generator: Bit | None = None,
        held: Bit | None = None,
        pulsed: Bit | None = None,
    ) -> RegisterOp[ResetCauseValue]:
        """Compare the fields given."""
        return self._check(("generator", "held", "pulsed"), (generator, held, pulsed), self._value)

    def poll(
        self,
        *,
        timeout_s: float,
        generator: Bit | None = None,
        held: Bit | None = None,
        pulsed: Bit | None = None,
    ) -> RegisterOp[ResetCauseValue]:
        """Wait until the fields are as given."""
        return self._poll(("generator", "held", "pulsed"), (generator, held, pulsed), self._value, timeout_s=timeout_s)


class ResetsValue(RegisterValue):
    """The word of RESETS."""

    __slots__ = ()

    count = Bits(int)


class Resets(Register):
    """How often a domain went into reset; saturates, and any write clears it. 0: noc, 1: sram, 2: core.

    - `count` [15:0] rw wclr, 0x0 after reset: Times.
    """

    __slots__ = ()

    def _value(self, raw: int) -> ResetsValue:
        return ResetsValue(self.register, raw)

    def read(self) -> RegisterOp[ResetsValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, count: int) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(("count",), (count,))

    def modify(self, *, count: int) -> RegisterOp[ResetsValue]:
        """Change the fields given and no other bit."""
        return self._modify(("count",), (count,), self._value)

    def check(self, *, count: int | None = None) -> RegisterOp[ResetsValue]:
        """Compare the fields given."""
        return self._check(("count",), (count,), self._value)

    def poll(self, *, timeout_s: float, count: int | None = None) -> RegisterOp[ResetsValue]:
        """Wait until the fields are as given."""
        return self._poll(("count",), (count,), self._value, timeout_s=timeout_s)


class SoftReset(Register):
    """Resets a running domain for a moment: the hardware releases it again.

    - `noc` [0] w singlepulse, 0x0 after reset: Fabric interface.
    - `sram` [1] w singlepulse, 0x0 after reset: Memories.
    - `core` [2] w singlepulse, 0x0 after reset: Cores.
    """

    __slots__ = ()

    def write(self, *, noc: Bit | None = None, sram: Bit | None = None, core: Bit | None = None) -> RegisterOp[None]:
        """Write the whole register; a field left out does nothing."""
        return self._write(("noc", "sram", "core"), (noc, sram, core))


class SoftStatusValue(RegisterValue):
    """The word of SOFT_STATUS."""

    __slots__ = ()

    noc = Bits(int)
    sram = Bits(int)
    core = Bits(int)


class SoftStatus(Register):
    """1 while SOFT_RESET resets a domain.

    - `noc` [0] r, 0x0 after reset: Fabric interface.
    - `sram` [1] r, 0x0 after reset: Memories.
    - `core` [2] r, 0x0 after reset: Cores.
    """

    __slots__ = ()

    def _value(self, raw: int) -> SoftStatusValue:
        return SoftStatusValue(self.register, raw)

    def read(self) -> RegisterOp[SoftStatusValue]:
        """Read every field."""
        return self._read(self._value)

    def check(self, *, noc: Bit | None = None, sram: Bit | None = None, core: Bit | None = None) -> RegisterOp[SoftStatusValue]:
        """Compare the fields given."""
        return self._check(("noc", "sram", "core"), (noc, sram, core), self._value)

    def poll(
        self,
        *,
        timeout_s: float,
        noc: Bit | None = None,
        sram: Bit | None = None,
        core: Bit | None = None,
    ) -> RegisterOp[SoftStatusValue]:
        """Wait until the fields are as given."""
        return self._poll(("noc", "sram", "core"), (noc, sram, core), self._value, timeout_s=timeout_s)


class EventsValue(RegisterValue):
    """The word of EVENTS."""

    __slots__ = ()

    clock_losses = Bits(int)
    late_switches = Bits(int)
    misses = Bits(int)


class Events(Register):
    """How often something happened; saturates, and any write clears it.

    - `clock_losses` [7:0] rw wclr, 0x0 after reset: Clocks that were lost.
    - `late_switches` [15:8] rw wclr, 0x0 after reset: Switches that were late.
    - `misses` [23:16] rw wclr, 0x0 after reset: Windows that were out of range.
    """

    __slots__ = ()

    def _value(self, raw: int) -> EventsValue:
        return EventsValue(self.register, raw)

    def read(self) -> RegisterOp[EventsValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, clock_losses: int, late_switches: int, misses: int) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(("clock_losses", "late_switches", "misses"), (clock_losses, late_switches, misses))

    def modify(self, *, clock_losses: int, late_switches: int, misses: int) -> RegisterOp[EventsValue]:
        """Change the fields given and no other bit."""
        return self._modify(
            ("clock_losses", "late_switches", "misses"), (clock_losses, late_switches, misses), self._value
        )

    def check(
        self,
        *,
        clock_losses: int | None = None,
        late_switches: int | None = None,
        misses: int | None = None,
    ) -> RegisterOp[EventsValue]:
        """Compare the fields given."""
        return self._check(
            ("clock_losses", "late_switches", "misses"), (clock_losses, late_switches, misses), self._value
        )

    def poll(
        self,
        *,
        timeout_s: float,
        clock_losses: int | None = None,
        late_switches: int | None = None,
        misses: int | None = None,
    ) -> RegisterOp[EventsValue]:
        """Wait until the fields are as given."""
        return self._poll(
            ("clock_losses", "late_switches", "misses"),
            (clock_losses, late_switches, misses),
            self._value,
            timeout_s=timeout_s,
        )


class CauseE(IntEnum):
    """Values of cause_e."""

    NONE = 0  # Nothing failed.
    CLOCK_LOST = 1  # The selected clock stopped or lost its lock.
    SWITCH_LATE = 2  # SWITCH_LIMIT went by and the multiplexer was not there.
    OUT_OF_RANGE = 3  # The monitor counted fewer or more than it was to.


class ErrLogValue(RegisterValue):
    """The word of ERR_LOG."""

    __slots__ = ()

    cause = Bits(CauseE)
    source = Bits(SourceE)
    released = Bits(int)
    valid = Bits(int)


class ErrLog(Register):
    """What failed first; kept until valid is cleared.

    - `cause` [1:0] r, 0x0 after reset: What.
    - `source` [4] r, 0x0 after reset: Source that the multiplexer had reached then.
    - `released` [10:8] r, 0x0 after reset: Domains that were out of reset then, one bit each: noc, sram, core.
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
        source: SourceE | None = None,
        released: int | None = None,
        valid: Bit | None = None,
    ) -> RegisterOp[ErrLogValue]:
        """Compare the fields given."""
        return self._check(("cause", "source", "released", "valid"), (cause, source, released, valid), self._value)

    def poll(
        self,
        *,
        timeout_s: float,
        cause: CauseE | None = None,
        source: SourceE | None = None,
        released: int | None = None,
        valid: Bit | None = None,
    ) -> RegisterOp[ErrLogValue]:
        """Wait until the fields are as given."""
        return self._poll(
            ("cause", "source", "released", "valid"), (cause, source, released, valid), self._value, timeout_s=timeout_s
        )


class ErrCountValue(RegisterValue):
    """The word of ERR_COUNT."""

    __slots__ = ()

    count = Bits(int)


class ErrCount(Register):
    """What the monitor had counted then.

    - `count` [23:0] r, 0x0 after reset: As in COUNT.
    """

    __slots__ = ()

    def _value(self, raw: int) -> ErrCountValue:
        return ErrCountValue(self.register, raw)

    def read(self) -> RegisterOp[ErrCountValue]:
        """Read every field."""
        return self._read(self._value)

    def check(self, *, count: int | None = None) -> RegisterOp[ErrCountValue]:
        """Compare the fields given."""
        return self._check(("count",), (count,), self._value)

    def poll(self, *, timeout_s: float, count: int | None = None) -> RegisterOp[ErrCountValue]:
        """Wait until the fields are as given."""
        return self._poll(("count",), (count,), self._value, timeout_s=timeout_s)


class TestValue(RegisterValue):
    """The word of TEST."""

    __slots__ = ()

    open_gates = Bits(int)
    observe = Bits(int)


class Test(Register):
    """For the tester; all 0 in use.

    - `open_gates` [0] rw, 0x0 after reset: Every gate is open, whatever CLK_GATE says.
    - `observe` [6:4] rw, 0x0 after reset: What the test pad observes.
    """

    __slots__ = ()

    def _value(self, raw: int) -> TestValue:
        return TestValue(self.register, raw)

    def read(self) -> RegisterOp[TestValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, open_gates: Bit, observe: int) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(("open_gates", "observe"), (open_gates, observe))

    def modify(self, *, open_gates: Bit | None = None, observe: int | None = None) -> RegisterOp[TestValue]:
        """Change the fields given and no other bit."""
        return self._modify(("open_gates", "observe"), (open_gates, observe), self._value)

    def check(self, *, open_gates: Bit | None = None, observe: int | None = None) -> RegisterOp[TestValue]:
        """Compare the fields given."""
        return self._check(("open_gates", "observe"), (open_gates, observe), self._value)

    def poll(
        self,
        *,
        timeout_s: float,
        open_gates: Bit | None = None,
        observe: int | None = None,
    ) -> RegisterOp[TestValue]:
        """Wait until the fields are as given."""
        return self._poll(("open_gates", "observe"), (open_gates, observe), self._value, timeout_s=timeout_s)


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
    """Closes until the next reset of the generator.

    - `config` [0] rw woset, 0x0 after reset: Dividers, limits and what the monitor counts take no write.
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


class CrgRegs(TopMap):
    """Clock source, divider, gates and resets of one cluster."""

    __slots__ = ()

    PACKAGE = __name__.rpartition(".")[0]
    IMAGE = "crg.image"

    ID = Member(Id)  # 0x0
    CLK_SEL = Member(ClkSel)  # 0x4
    CLK_DIV = Member(ClkDiv)  # 0x8
    CLK_GATE = Member(ClkGate)  # 0xc
    RESET = Member(Reset)  # 0x10
    RESET_STATUS = Member(ResetStatus)  # 0x14
    STATUS = Member(Status)  # 0x18
    INTR_ENABLE = Member(IntrEnable)  # 0x1c
    INTR_TEST = Member(IntrTest)  # 0x20
    CTRL = Member(Ctrl)  # 0x24
    DOMAIN_DIV = Member(DomainDiv)  # 0x28
    GATE_STATUS = Member(GateStatus)  # 0x2c
    SWITCH_LIMIT = Member(SwitchLimit)  # 0x30
    MONITOR = Member(Monitor)  # 0x34
    COUNT_MIN = Member(CountMin)  # 0x38
    COUNT_MAX = Member(CountMax)  # 0x3c
    COUNT = Member(Count)  # 0x40
    RESET_CAUSE = Member(ResetCause)  # 0x44
    RESETS = ArrayMember(Resets)  # 0x48 [3]
    SOFT_RESET = Member(SoftReset)  # 0x54
    SOFT_STATUS = Member(SoftStatus)  # 0x58
    EVENTS = Member(Events)  # 0x5c
    ERR_LOG = Member(ErrLog)  # 0x60
    ERR_COUNT = Member(ErrCount)  # 0x64
    TEST = Member(Test)  # 0x68
    SCRATCH = Member(Scratch)  # 0x6c
    LOCK = Member(Lock)  # 0x70
