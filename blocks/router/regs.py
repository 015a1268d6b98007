"""Generated from router.rdl by firstlight registers generate; do not edit."""

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
    - `part` [31:16] r, 0x4652 after reset: ASCII 'FR'.
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

    drain = Bits(int)
    count = Bits(int)


class Ctrl(Register):
    """What runs.

    - `drain` [0] rw, 0x1 after reset: Nothing more is taken in; what is inside still leaves.
    - `count` [1] rw, 0x0 after reset: The performance counters count.
    """

    __slots__ = ()

    def _value(self, raw: int) -> CtrlValue:
        return CtrlValue(self.register, raw)

    def read(self) -> RegisterOp[CtrlValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, drain: Bit, count: Bit) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(("drain", "count"), (drain, count))

    def modify(self, *, drain: Bit | None = None, count: Bit | None = None) -> RegisterOp[CtrlValue]:
        """Change the fields given and no other bit."""
        return self._modify(("drain", "count"), (drain, count), self._value)

    def check(self, *, drain: Bit | None = None, count: Bit | None = None) -> RegisterOp[CtrlValue]:
        """Compare the fields given."""
        return self._check(("drain", "count"), (drain, count), self._value)

    def poll(self, *, timeout_s: float, drain: Bit | None = None, count: Bit | None = None) -> RegisterOp[CtrlValue]:
        """Wait until the fields are as given."""
        return self._poll(("drain", "count"), (drain, count), self._value, timeout_s=timeout_s)


class StatusValue(RegisterValue):
    """The word of STATUS."""

    __slots__ = ()

    idle = Bits(int)
    passing = Bits(int)


class Status(Register):
    """What the router does now.

    - `idle` [0] r, 0x1 after reset: Nothing is inside.
    - `passing` [1] r, 0x0 after reset: Packets pass between all enabled ports.
    """

    __slots__ = ()

    def _value(self, raw: int) -> StatusValue:
        return StatusValue(self.register, raw)

    def read(self) -> RegisterOp[StatusValue]:
        """Read every field."""
        return self._read(self._value)

    def check(self, *, idle: Bit | None = None, passing: Bit | None = None) -> RegisterOp[StatusValue]:
        """Compare the fields given."""
        return self._check(("idle", "passing"), (idle, passing), self._value)

    def poll(self, *, timeout_s: float, idle: Bit | None = None, passing: Bit | None = None) -> RegisterOp[StatusValue]:
        """Wait until the fields are as given."""
        return self._poll(("idle", "passing"), (idle, passing), self._value, timeout_s=timeout_s)


class IntrStatusValue(RegisterValue):
    """The word of INTR_STATUS."""

    __slots__ = ()

    link_lost = Bits(int)
    timeout = Bits(int)
    parity = Bits(int)


class IntrStatus(Register):
    """What happened since it was last cleared.

    - `link_lost` [0] rw woclr, 0x0 after reset: The other end of an open port went away.
    - `timeout` [1] rw woclr, 0x0 after reset: An open port had no other end for TIMEOUT.cycles.
    - `parity` [2] rw woclr, 0x0 after reset: A packet left other than it came.
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
        link_lost: Bit | None = None,
        timeout: Bit | None = None,
        parity: Bit | None = None,
    ) -> RegisterOp[None]:
        """Write the whole register; a field left out does nothing."""
        return self._write(("link_lost", "timeout", "parity"), (link_lost, timeout, parity))

    def modify(
        self,
        *,
        link_lost: Bit | None = None,
        timeout: Bit | None = None,
        parity: Bit | None = None,
    ) -> RegisterOp[IntrStatusValue]:
        """Change the fields given and no other bit."""
        return self._modify(("link_lost", "timeout", "parity"), (link_lost, timeout, parity), self._value)

    def check(
        self,
        *,
        link_lost: Bit | None = None,
        timeout: Bit | None = None,
        parity: Bit | None = None,
    ) -> RegisterOp[IntrStatusValue]:
        """Compare the fields given."""
        return self._check(("link_lost", "timeout", "parity"), (link_lost, timeout, parity), self._value)

    def poll(
        self,
        *,
        timeout_s: float,
        link_lost: Bit | None = None,
        timeout: Bit | None = None,
        parity: Bit | None = None,
    ) -> RegisterOp[IntrStatusValue]:
        """Wait until the fields are as given."""
        return self._poll(
            ("link_lost", "timeout", "parity"), (link_lost, timeout, parity), self._value, timeout_s=timeout_s
        )


class IntrEnableValue(RegisterValue):
    """The word of INTR_ENABLE."""

    __slots__ = ()

    link_lost = Bits(int)
    timeout = Bits(int)
    parity = Bits(int)


class IntrEnable(Register):
    """Which bits of INTR_STATUS raise the line.

    - `link_lost` [0] rw, 0x0 after reset: link_lost raises the line.
    - `timeout` [1] rw, 0x0 after reset: timeout raises the line.
    - `parity` [2] rw, 0x0 after reset: parity raises the line.
    """

    __slots__ = ()

    def _value(self, raw: int) -> IntrEnableValue:
        return IntrEnableValue(self.register, raw)

    def read(self) -> RegisterOp[IntrEnableValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, link_lost: Bit, timeout: Bit, parity: Bit) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(("link_lost", "timeout", "parity"), (link_lost, timeout, parity))

    def modify(
        self,
        *,
        link_lost: Bit | None = None,
        timeout: Bit | None = None,
        parity: Bit | None = None,
    ) -> RegisterOp[IntrEnableValue]:
        """Change the fields given and no other bit."""
        return self._modify(("link_lost", "timeout", "parity"), (link_lost, timeout, parity), self._value)

    def check(
        self,
        *,
        link_lost: Bit | None = None,
        timeout: Bit | None = None,
        parity: Bit | None = None,
    ) -> RegisterOp[IntrEnableValue]:
        """Compare the fields given."""
        return self._check(("link_lost", "timeout", "parity"), (link_lost, timeout, parity), self._value)

    def poll(
        self,
        *,
        timeout_s: float,
        link_lost: Bit | None = None,
        timeout: Bit | None = None,
        parity: Bit | None = None,
    ) -> RegisterOp[IntrEnableValue]:
        """Wait until the fields are as given."""
        return self._poll(
            ("link_lost", "timeout", "parity"), (link_lost, timeout, parity), self._value, timeout_s=timeout_s
        )


class IntrTestValue(RegisterValue):
    """The word of INTR_TEST."""

    __slots__ = ()

    link_lost = Bits(int)
    timeout = Bits(int)
    parity = Bits(int)


class IntrTest(Register):
    """Sets bits of INTR_STATUS, as if it had happened.

    - `link_lost` [0] rw singlepulse, 0x0 after reset: Sets link_lost.
    - `timeout` [1] rw singlepulse, 0x0 after reset: Sets timeout.
    - `parity` [2] rw singlepulse, 0x0 after reset: Sets parity.
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
        link_lost: Bit | None = None,
        timeout: Bit | None = None,
        parity: Bit | None = None,
    ) -> RegisterOp[None]:
        """Write the whole register; a field left out does nothing."""
        return self._write(("link_lost", "timeout", "parity"), (link_lost, timeout, parity))

    def modify(
        self,
        *,
        link_lost: Bit | None = None,
        timeout: Bit | None = None,
        parity: Bit | None = None,
    ) -> RegisterOp[IntrTestValue]:
        """Change the fields given and no other bit."""
        return self._modify(("link_lost", "timeout", "parity"), (link_lost, timeout, parity), self._value)

    def check(
        self,
        *,
        link_lost: Bit | None = None,
        timeout: Bit | None = None,
        parity: Bit | None = None,
    ) -> RegisterOp[IntrTestValue]:
        """Compare the fields given."""
        return self._check(("link_lost", "timeout", "parity"), (link_lost, timeout, parity), self._value)

    def poll(
        self,
        *,
        timeout_s: float,
        link_lost: Bit | None = None,
        timeout: Bit | None = None,
        parity: Bit | None = None,
    ) -> RegisterOp[IntrTestValue]:
        """Wait until the fields are as given."""
        return self._poll(
            ("link_lost", "timeout", "parity"), (link_lost, timeout, parity), self._value, timeout_s=timeout_s
        )


class ErrorE(IntEnum):
    """Values of error_e."""

    NONE = 0  # Nothing was captured.
    LINK_LOST = 1  # The other end of an open port went away.
    TIMEOUT = 2  # An open port had no other end for too long.
    PARITY = 3  # A packet left other than it came.


class PortE(IntEnum):
    """Values of port_e."""

    NORTH = 0  # To the row above.
    EAST = 1  # To the next column.
    SOUTH = 2  # To the row below.
    WEST = 3  # To the column before.
    LOCAL = 4  # To what stands at this node.
    NONE = 7  # Nowhere: the packet is dropped.


class ErrLogValue(RegisterValue):
    """The word of ERR_LOG."""

    __slots__ = ()

    valid = Bits(int)
    error = Bits(ErrorE)
    port = Bits(PortE)


class ErrLog(Register):
    """The first error since the log was last cleared.

    - `valid` [0] rw woclr, 0x0 after reset: The log holds an error.
    - `error` [5:4] r, 0x0 after reset: Which.
    - `port` [10:8] r, 0x7 after reset: At which port.
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
        port: PortE | None = None,
    ) -> RegisterOp[ErrLogValue]:
        """Compare the fields given."""
        return self._check(("valid", "error", "port"), (valid, error, port), self._value)

    def poll(
        self,
        *,
        timeout_s: float,
        valid: Bit | None = None,
        error: ErrorE | None = None,
        port: PortE | None = None,
    ) -> RegisterOp[ErrLogValue]:
        """Wait until the fields are as given."""
        return self._poll(("valid", "error", "port"), (valid, error, port), self._value, timeout_s=timeout_s)


class ErrLogCycleValue(RegisterValue):
    """The word of ERR_LOG_CYCLE."""

    __slots__ = ()

    cycle = Bits(int)


class ErrLogCycle(Register):
    """When the error in the log happened.

    - `cycle` [31:0] r, 0x0 after reset: Low word of CYCLES then.
    """

    __slots__ = ()

    def _value(self, raw: int) -> ErrLogCycleValue:
        return ErrLogCycleValue(self.register, raw)

    def read(self) -> RegisterOp[ErrLogCycleValue]:
        """Read every field."""
        return self._read(self._value)

    def check(self, *, cycle: int | None = None) -> RegisterOp[ErrLogCycleValue]:
        """Compare the fields given."""
        return self._check(("cycle",), (cycle,), self._value)

    def poll(self, *, timeout_s: float, cycle: int | None = None) -> RegisterOp[ErrLogCycleValue]:
        """Wait until the fields are as given."""
        return self._poll(("cycle",), (cycle,), self._value, timeout_s=timeout_s)


class PositionValue(RegisterValue):
    """The word of POSITION."""

    __slots__ = ()

    row = Bits(int)
    column = Bits(int)


class Position(Register):
    """Where in the mesh this router stands; its own node is row * 4 + column.

    - `row` [1:0] rw, 0x0 after reset: 0 is the northernmost.
    - `column` [5:4] rw, 0x0 after reset: 0 is the westernmost.
    """

    __slots__ = ()

    def _value(self, raw: int) -> PositionValue:
        return PositionValue(self.register, raw)

    def read(self) -> RegisterOp[PositionValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, row: int, column: int) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(("row", "column"), (row, column))

    def modify(self, *, row: int | None = None, column: int | None = None) -> RegisterOp[PositionValue]:
        """Change the fields given and no other bit."""
        return self._modify(("row", "column"), (row, column), self._value)

    def check(self, *, row: int | None = None, column: int | None = None) -> RegisterOp[PositionValue]:
        """Compare the fields given."""
        return self._check(("row", "column"), (row, column), self._value)

    def poll(self, *, timeout_s: float, row: int | None = None, column: int | None = None) -> RegisterOp[PositionValue]:
        """Wait until the fields are as given."""
        return self._poll(("row", "column"), (row, column), self._value, timeout_s=timeout_s)


class TimeoutValue(RegisterValue):
    """The word of TIMEOUT."""

    __slots__ = ()

    cycles = Bits(int)


class Timeout(Register):
    """How long a packet may wait for a port.

    - `cycles` [15:0] rw, 0x400 after reset: In cycles of the fabric; 0 never times out.
    """

    __slots__ = ()

    def _value(self, raw: int) -> TimeoutValue:
        return TimeoutValue(self.register, raw)

    def read(self) -> RegisterOp[TimeoutValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, cycles: int) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(("cycles",), (cycles,))

    def modify(self, *, cycles: int | None = None) -> RegisterOp[TimeoutValue]:
        """Change the fields given and no other bit."""
        return self._modify(("cycles",), (cycles,), self._value)

    def check(self, *, cycles: int | None = None) -> RegisterOp[TimeoutValue]:
        """Compare the fields given."""
        return self._check(("cycles",), (cycles,), self._value)

    def poll(self, *, timeout_s: float, cycles: int | None = None) -> RegisterOp[TimeoutValue]:
        """Wait until the fields are as given."""
        return self._poll(("cycles",), (cycles,), self._value, timeout_s=timeout_s)


class ArbiterValue(RegisterValue):
    """The word of ARBITER."""

    __slots__ = ()

    through = Bits(int)
    local = Bits(int)


class Arbiter(Register):
    """Who goes first where two ports want a third.

    - `through` [3:0] rw, 0x1 after reset: Packets in a row from one neighbour before the next has its turn.
    - `local` [7:4] rw, 0x1 after reset: The same, from the node itself.
    """

    __slots__ = ()

    def _value(self, raw: int) -> ArbiterValue:
        return ArbiterValue(self.register, raw)

    def read(self) -> RegisterOp[ArbiterValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, through: int, local: int) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(("through", "local"), (through, local))

    def modify(self, *, through: int | None = None, local: int | None = None) -> RegisterOp[ArbiterValue]:
        """Change the fields given and no other bit."""
        return self._modify(("through", "local"), (through, local), self._value)

    def check(self, *, through: int | None = None, local: int | None = None) -> RegisterOp[ArbiterValue]:
        """Compare the fields given."""
        return self._check(("through", "local"), (through, local), self._value)

    def poll(self, *, timeout_s: float, through: int | None = None, local: int | None = None) -> RegisterOp[ArbiterValue]:
        """Wait until the fields are as given."""
        return self._poll(("through", "local"), (through, local), self._value, timeout_s=timeout_s)


class RouteCommitValue(RegisterValue):
    """The word of ROUTE_COMMIT."""

    __slots__ = ()

    commit = Bits(int)


class RouteCommit(Register):
    """Makes the route table effective.

    - `commit` [0] rw singlepulse, 0x0 after reset: All of ROUTE takes effect at once.
    """

    __slots__ = ()

    def _value(self, raw: int) -> RouteCommitValue:
        return RouteCommitValue(self.register, raw)

    def read(self) -> RegisterOp[RouteCommitValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, commit: Bit | None = None) -> RegisterOp[None]:
        """Write the whole register; a field left out does nothing."""
        return self._write(("commit",), (commit,))

    def modify(self, *, commit: Bit | None = None) -> RegisterOp[RouteCommitValue]:
        """Change the fields given and no other bit."""
        return self._modify(("commit",), (commit,), self._value)

    def check(self, *, commit: Bit | None = None) -> RegisterOp[RouteCommitValue]:
        """Compare the fields given."""
        return self._check(("commit",), (commit,), self._value)

    def poll(self, *, timeout_s: float, commit: Bit | None = None) -> RegisterOp[RouteCommitValue]:
        """Wait until the fields are as given."""
        return self._poll(("commit",), (commit,), self._value, timeout_s=timeout_s)


class RouteStatusValue(RegisterValue):
    """The word of ROUTE_STATUS."""

    __slots__ = ()

    valid = Bits(int)
    pending = Bits(int)
    busy = Bits(int)
    commits = Bits(int)


class RouteStatus(Register):
    """Which route table is in effect.

    - `valid` [0] r, 0x0 after reset: A table was committed since reset.
    - `pending` [1] r, 0x0 after reset: ROUTE was written since it was last committed.
    - `busy` [2] r, 0x0 after reset: A commit is under way.
    - `commits` [15:8] r, 0x0 after reset: Commits done since reset.
    """

    __slots__ = ()

    def _value(self, raw: int) -> RouteStatusValue:
        return RouteStatusValue(self.register, raw)

    def read(self) -> RegisterOp[RouteStatusValue]:
        """Read every field."""
        return self._read(self._value)

    def check(
        self,
        *,
        valid: Bit | None = None,
        pending: Bit | None = None,
        busy: Bit | None = None,
        commits: int | None = None,
    ) -> RegisterOp[RouteStatusValue]:
        """Compare the fields given."""
        return self._check(("valid", "pending", "busy", "commits"), (valid, pending, busy, commits), self._value)

    def poll(
        self,
        *,
        timeout_s: float,
        valid: Bit | None = None,
        pending: Bit | None = None,
        busy: Bit | None = None,
        commits: int | None = None,
    ) -> RegisterOp[RouteStatusValue]:
        """Wait until the fields are as given."""
        return self._poll(
            ("valid", "pending", "busy", "commits"), (valid, pending, busy, commits), self._value, timeout_s=timeout_s
        )


class PortsRValue(RegisterValue):
    """The word of ports_r."""

    __slots__ = ()

    north = Bits(int)
    east = Bits(int)
    south = Bits(int)
    west = Bits(int)
    local = Bits(int)


class PortsR(Register):
    """One bit for each port.

    - `north` [0] r, 0x0 after reset: Of NORTH.
    - `east` [1] r, 0x0 after reset: Of EAST.
    - `south` [2] r, 0x0 after reset: Of SOUTH.
    - `west` [3] r, 0x0 after reset: Of WEST.
    - `local` [4] r, 0x0 after reset: Of LOCAL.
    """

    __slots__ = ()

    def _value(self, raw: int) -> PortsRValue:
        return PortsRValue(self.register, raw)

    def read(self) -> RegisterOp[PortsRValue]:
        """Read every field."""
        return self._read(self._value)

    def check(
        self,
        *,
        north: Bit | None = None,
        east: Bit | None = None,
        south: Bit | None = None,
        west: Bit | None = None,
        local: Bit | None = None,
    ) -> RegisterOp[PortsRValue]:
        """Compare the fields given."""
        return self._check(("north", "east", "south", "west", "local"), (north, east, south, west, local), self._value)

    def poll(
        self,
        *,
        timeout_s: float,
        north: Bit | None = None,
        east: Bit | None = None,
        south: Bit | None = None,
        west: Bit | None = None,
        local: Bit | None = None,
    ) -> RegisterOp[PortsRValue]:
        """Wait until the fields are as given."""
        return self._poll(
            ("north", "east", "south", "west", "local"),
            (north, east, south, west, local),
            self._value,
            timeout_s=timeout_s,
        )


class RouteValue(RegisterValue):
    """The word of ROUTE."""

    __slots__ = ()

    port = Bits(PortE)


class Route(Register):
    """Where packets to one node leave; takes effect on commit.

    - `port` [2:0] rw, 0x7 after reset: The port.
    """

    __slots__ = ()

    def _value(self, raw: int) -> RouteValue:
        return RouteValue(self.register, raw)

    def read(self) -> RegisterOp[RouteValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, port: PortE) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(("port",), (port,))

    def modify(self, *, port: PortE | None = None) -> RegisterOp[RouteValue]:
        """Change the fields given and no other bit."""
        return self._modify(("port",), (port,), self._value)

    def check(self, *, port: PortE | None = None) -> RegisterOp[RouteValue]:
        """Compare the fields given."""
        return self._check(("port",), (port,), self._value)

    def poll(self, *, timeout_s: float, port: PortE | None = None) -> RegisterOp[RouteValue]:
        """Wait until the fields are as given."""
        return self._poll(("port",), (port,), self._value, timeout_s=timeout_s)


class Count64RValue(RegisterValue):
    """The word of count64_r."""

    __slots__ = ()

    count = Bits(int)


class Count64R(Register):
    """Counts while CTRL.count is set; stays at its end.

    - `count` [63:0] r rclr, 0x0 after reset: How many; a read of either word brings and clears that word.
    """

    __slots__ = ()

    def _value(self, raw: int) -> Count64RValue:
        return Count64RValue(self.register, raw)

    def read(self) -> RegisterOp[Count64RValue]:
        """Read every field; that changes count."""
        return self._read(self._value)


class PortCtrlValue(RegisterValue):
    """The word of CTRL."""

    __slots__ = ()

    enable = Bits(int)
    isolate = Bits(int)
    reset_credits = Bits(int)


class PortCtrl(Register):
    """What the port may do.

    - `enable` [0] rw, 0x0 after reset: Buffers are offered to the other end, and its credits counted.
    - `isolate` [1] rw, 0x1 after reset: What comes to the port, from either side, is dropped.
    - `reset_credits` [4] rw singlepulse, 0x0 after reset: Credits are forgotten and counted anew.
    """

    __slots__ = ()

    def _value(self, raw: int) -> PortCtrlValue:
        return PortCtrlValue(self.register, raw)

    def read(self) -> RegisterOp[PortCtrlValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, enable: Bit, isolate: Bit, reset_credits: Bit | None = None) -> RegisterOp[None]:
        """Write the whole register; a field left out does nothing."""
        return self._write(("enable", "isolate", "reset_credits"), (enable, isolate, reset_credits))

    def modify(
        self,
        *,
        enable: Bit | None = None,
        isolate: Bit | None = None,
        reset_credits: Bit | None = None,
    ) -> RegisterOp[PortCtrlValue]:
        """Change the fields given and no other bit."""
        return self._modify(("enable", "isolate", "reset_credits"), (enable, isolate, reset_credits), self._value)

    def check(
        self,
        *,
        enable: Bit | None = None,
        isolate: Bit | None = None,
        reset_credits: Bit | None = None,
    ) -> RegisterOp[PortCtrlValue]:
        """Compare the fields given."""
        return self._check(("enable", "isolate", "reset_credits"), (enable, isolate, reset_credits), self._value)

    def poll(
        self,
        *,
        timeout_s: float,
        enable: Bit | None = None,
        isolate: Bit | None = None,
        reset_credits: Bit | None = None,
    ) -> RegisterOp[PortCtrlValue]:
        """Wait until the fields are as given."""
        return self._poll(
            ("enable", "isolate", "reset_credits"), (enable, isolate, reset_credits), self._value, timeout_s=timeout_s
        )


class PortStatusValue(RegisterValue):
    """The word of STATUS."""

    __slots__ = ()

    partner = Bits(int)
    credited = Bits(int)
    open = Bits(int)
    shallow = Bits(int)


class PortStatus(Register):
    """What the port does now.

    - `partner` [0] r, 0x0 after reset: The other end is enabled.
    - `credited` [1] r, 0x0 after reset: The port holds the credits of the other end.
    - `open` [2] r, 0x0 after reset: Packets pass.
    - `shallow` [3] r, 0x0 after reset: Some buffers failed their test and are left out.
    """

    __slots__ = ()

    def _value(self, raw: int) -> PortStatusValue:
        return PortStatusValue(self.register, raw)

    def read(self) -> RegisterOp[PortStatusValue]:
        """Read every field."""
        return self._read(self._value)

    def check(
        self,
        *,
        partner: Bit | None = None,
        credited: Bit | None = None,
        open: Bit | None = None,
        shallow: Bit | None = None,
    ) -> RegisterOp[PortStatusValue]:
        """Compare the fields given."""
        return self._check(("partner", "credited", "open", "shallow"), (partner, credited, open, shallow), self._value)

    def poll(
        self,
        *,
        timeout_s: float,
        partner: Bit | None = None,
        credited: Bit | None = None,
        open: Bit | None = None,
        shallow: Bit | None = None,
    ) -> RegisterOp[PortStatusValue]:
        """Wait until the fields are as given."""
        return self._poll(
            ("partner", "credited", "open", "shallow"),
            (partner, credited, open, shallow),
            self._value,
            timeout_s=timeout_s,
        )


class CreditsValue(RegisterValue):
    """The word of CREDITS."""

    __slots__ = ()

    depth = Bits(int)


class Credits(Register):
    """What is offered to the other end.

    - `depth` [6:0] rw, 0x8 after reset: Flits of buffer; 1..64.
    """

    __slots__ = ()

    def _value(self, raw: int) -> CreditsValue:
        return CreditsValue(self.register, raw)

    def read(self) -> RegisterOp[CreditsValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, depth: int) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(("depth",), (depth,))

    def modify(self, *, depth: int | None = None) -> RegisterOp[CreditsValue]:
        """Change the fields given and no other bit."""
        return self._modify(("depth",), (depth,), self._value)

    def check(self, *, depth: int | None = None) -> RegisterOp[CreditsValue]:
        """Compare the fields given."""
        return self._check(("depth",), (depth,), self._value)

    def poll(self, *, timeout_s: float, depth: int | None = None) -> RegisterOp[CreditsValue]:
        """Wait until the fields are as given."""
        return self._poll(("depth",), (depth,), self._value, timeout_s=timeout_s)


class HeldValue(RegisterValue):
    """The word of HELD."""

    __slots__ = ()

    held = Bits(int)


class Held(Register):
    """What the other end offers.

    - `held` [6:0] r, 0x0 after reset: Credits in hand, in flits.
    """

    __slots__ = ()

    def _value(self, raw: int) -> HeldValue:
        return HeldValue(self.register, raw)

    def read(self) -> RegisterOp[HeldValue]:
        """Read every field."""
        return self._read(self._value)

    def check(self, *, held: int | None = None) -> RegisterOp[HeldValue]:
        """Compare the fields given."""
        return self._check(("held",), (held,), self._value)

    def poll(self, *, timeout_s: float, held: int | None = None) -> RegisterOp[HeldValue]:
        """Wait until the fields are as given."""
        return self._poll(("held",), (held,), self._value, timeout_s=timeout_s)


class CountRValue(RegisterValue):
    """The word of count_r."""

    __slots__ = ()

    count = Bits(int)


class CountR(Register):
    """Counts; a read clears it; stays at its end.

    - `count` [31:0] r rclr, 0x0 after reset: How many.
    """

    __slots__ = ()

    def _value(self, raw: int) -> CountRValue:
        return CountRValue(self.register, raw)

    def read(self) -> RegisterOp[CountRValue]:
        """Read every field; that changes count."""
        return self._read(self._value)


class Port(RegisterMap):
    """One port."""

    __slots__ = ()

    CTRL = Member(PortCtrl)  # 0x0
    STATUS = Member(PortStatus)  # 0x4
    CREDITS = Member(Credits)  # 0x8
    HELD = Member(Held)  # 0xc
    PACKETS = Member(CountR)  # 0x10
    DROPPED = Member(CountR)  # 0x14


class TestValue(RegisterValue):
    """The word of TEST."""

    __slots__ = ()

    flip = Bits(int)


class Test(Register):
    """For tests of what stands around.

    - `flip` [0] rw, 0x0 after reset: The last bit of each packet is turned over.
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
    """Closes what is not to change in service; only a reset opens it.

    - `config` [0] rw woset, 0x0 after reset: Position, routes, buffers, time-out and arbiter take no write.
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


class RouterRegs(TopMap):
    """Passes packets between four neighbours and what stands at its own node."""

    __slots__ = ()

    PACKAGE = __name__.rpartition(".")[0]
    IMAGE = "router.image"

    ID = Member(Id)  # 0x0
    CTRL = Member(Ctrl)  # 0x4
    STATUS = Member(Status)  # 0x8
    INTR_STATUS = Member(IntrStatus)  # 0xc
    INTR_ENABLE = Member(IntrEnable)  # 0x10
    INTR_TEST = Member(IntrTest)  # 0x14
    ERR_LOG = Member(ErrLog)  # 0x18
    ERR_LOG_CYCLE = Member(ErrLogCycle)  # 0x1c
    POSITION = Member(Position)  # 0x20
    TIMEOUT = Member(Timeout)  # 0x24
    ARBITER = Member(Arbiter)  # 0x28
    ROUTE_COMMIT = Member(RouteCommit)  # 0x2c
    ROUTE_STATUS = Member(RouteStatus)  # 0x30
    ENABLED = Member(PortsR)  # 0x34
    CREDITED = Member(PortsR)  # 0x38
    OPEN = Member(PortsR)  # 0x3c
    SHALLOW = Member(PortsR)  # 0x40
    ROUTE = ArrayMember(Route)  # 0x80 [16]
    CYCLES = Member(Count64R)  # 0xc0
    PASSED = Member(Count64R)  # 0xc8
    PORT = ArrayMember(Port)  # 0x100 [5]
    TEST = Member(Test)  # 0xff0
    SCRATCH = Member(Scratch)  # 0xff4
    LOCK = Member(Lock)  # 0xff8
