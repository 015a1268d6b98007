"""Generated from dma.rdl by firstlight registers generate; do not edit."""

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
    - `part` [31:16] r, 0x444d after reset: ASCII 'DM'.
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
    pause = Bits(int)


class Ctrl(Register):
    """What runs.

    - `soft_reset` [0] rw, 0x1 after reset: Channels and buffers are held in reset; windows, rings and the lock are not.
    - `enable` [1] rw, 0x0 after reset: Enabled channels may fetch.
    - `pause` [2] rw, 0x0 after reset: Nothing more is sent; what is on its way arrives.
    """

    __slots__ = ()

    def _value(self, raw: int) -> CtrlValue:
        return CtrlValue(self.register, raw)

    def read(self) -> RegisterOp[CtrlValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, soft_reset: Bit, enable: Bit, pause: Bit) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(("soft_reset", "enable", "pause"), (soft_reset, enable, pause))

    def modify(
        self,
        *,
        soft_reset: Bit | None = None,
        enable: Bit | None = None,
        pause: Bit | None = None,
    ) -> RegisterOp[CtrlValue]:
        """Change the fields given and no other bit."""
        return self._modify(("soft_reset", "enable", "pause"), (soft_reset, enable, pause), self._value)

    def check(
        self,
        *,
        soft_reset: Bit | None = None,
        enable: Bit | None = None,
        pause: Bit | None = None,
    ) -> RegisterOp[CtrlValue]:
        """Compare the fields given."""
        return self._check(("soft_reset", "enable", "pause"), (soft_reset, enable, pause), self._value)

    def poll(
        self,
        *,
        timeout_s: float,
        soft_reset: Bit | None = None,
        enable: Bit | None = None,
        pause: Bit | None = None,
    ) -> RegisterOp[CtrlValue]:
        """Wait until the fields are as given."""
        return self._poll(
            ("soft_reset", "enable", "pause"), (soft_reset, enable, pause), self._value, timeout_s=timeout_s
        )


class StatusValue(RegisterValue):
    """The word of STATUS."""

    __slots__ = ()

    ready = Bits(int)
    idle = Bits(int)
    repaired = Bits(int)
    enabled = Bits(int)
    running = Bits(int)


class Status(Register):
    """What the engine does now.

    - `ready` [0] r, 0x0 after reset: Buffers are initialised; channels may be enabled.
    - `idle` [1] r, 0x1 after reset: Nothing is on its way, and nothing will be: paused, or no channel runs.
    - `repaired` [2] r, 0x0 after reset: A buffer failed its test and a spare stands in for it.
    - `enabled` [11:8] r, 0x0 after reset: Channels that are enabled, one bit each.
    - `running` [15:12] r, 0x0 after reset: Channels that have fetched their descriptors and run, one bit each.
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
        idle: Bit | None = None,
        repaired: Bit | None = None,
        enabled: int | None = None,
        running: int | None = None,
    ) -> RegisterOp[StatusValue]:
        """Compare the fields given."""
        return self._check(
            ("ready", "idle", "repaired", "enabled", "running"), (ready, idle, repaired, enabled, running), self._value
        )

    def poll(
        self,
        *,
        timeout_s: float,
        ready: Bit | None = None,
        idle: Bit | None = None,
        repaired: Bit | None = None,
        enabled: int | None = None,
        running: int | None = None,
    ) -> RegisterOp[StatusValue]:
        """Wait until the fields are as given."""
        return self._poll(
            ("ready", "idle", "repaired", "enabled", "running"),
            (ready, idle, repaired, enabled, running),
            self._value,
            timeout_s=timeout_s,
        )


class IntrStatusValue(RegisterValue):
    """The word of INTR_STATUS."""

    __slots__ = ()

    window = Bits(int)
    descriptor = Bits(int)
    parity = Bits(int)
    watermark = Bits(int)


class IntrStatus(Register):
    """What happened since it was last cleared.

    - `window` [0] rw woclr, 0x0 after reset: A channel reached beyond its windows, and halted.
    - `descriptor` [1] rw woclr, 0x0 after reset: A channel was sent beyond its ring, and halted.
    - `parity` [2] rw woclr, 0x0 after reset: A packet left other than it was read.
    - `watermark` [3] rw woclr, 0x0 after reset: A channel has completed WATERMARK.packets more.
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
        window: Bit | None = None,
        descriptor: Bit | None = None,
        parity: Bit | None = None,
        watermark: Bit | None = None,
    ) -> RegisterOp[None]:
        """Write the whole register; a field left out does nothing."""
        return self._write(("window", "descriptor", "parity", "watermark"), (window, descriptor, parity, watermark))

    def modify(
        self,
        *,
        window: Bit | None = None,
        descriptor: Bit | None = None,
        parity: Bit | None = None,
        watermark: Bit | None = None,
    ) -> RegisterOp[IntrStatusValue]:
        """Change the fields given and no other bit."""
        return self._modify(
            ("window", "descriptor", "parity", "watermark"), (window, descriptor, parity, watermark), self._value
        )

    def check(
        self,
        *,
        window: Bit | None = None,
        descriptor: Bit | None = None,
        parity: Bit | None = None,
        watermark: Bit | None = None,
    ) -> RegisterOp[IntrStatusValue]:
        """Compare the fields given."""
        return self._check(
            ("window", "descriptor", "parity", "watermark"), (window, descriptor, parity, watermark), self._value
        )

    def poll(
        self,
        *,
        timeout_s: float,
        window: Bit | None = None,
        descriptor: Bit | None = None,
        parity: Bit | None = None,
        watermark: Bit | None = None,
    ) -> RegisterOp[IntrStatusValue]:
        """Wait until the fields are as given."""
        return self._poll(
            ("window", "descriptor", "parity", "watermark"),
            (window, descriptor, parity, watermark),
            self._value,
            timeout_s=timeout_s,
        )


class IntrEnableValue(RegisterValue):
    """The word of INTR_ENABLE."""

    __slots__ = ()

    window = Bits(int)
    descriptor = Bits(int)
    parity = Bits(int)
    watermark = Bits(int)


class IntrEnable(Register):
    """Which bits of INTR_STATUS raise the line.

    - `window` [0] rw, 0x0 after reset: window raises the line.
    - `descriptor` [1] rw, 0x0 after reset: descriptor raises the line.
    - `parity` [2] rw, 0x0 after reset: parity raises the line.
    - `watermark` [3] rw, 0x0 after reset: watermark raises the line.
    """

    __slots__ = ()

    def _value(self, raw: int) -> IntrEnableValue:
        return IntrEnableValue(self.register, raw)

    def read(self) -> RegisterOp[IntrEnableValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, window: Bit, descriptor: Bit, parity: Bit, watermark: Bit) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(("window", "descriptor", "parity", "watermark"), (window, descriptor, parity, watermark))

    def modify(
        self,
        *,
        window: Bit | None = None,
        descriptor: Bit | None = None,
        parity: Bit | None = None,
        watermark: Bit | None = None,
    ) -> RegisterOp[IntrEnableValue]:
        """Change the fields given and no other bit."""
        return self._modify(
            ("window", "descriptor", "parity", "watermark"), (window, descriptor, parity, watermark), self._value
        )

    def check(
        self,
        *,
        window: Bit | None = None,
        descriptor: Bit | None = None,
        parity: Bit | None = None,
        watermark: Bit | None = None,
    ) -> RegisterOp[IntrEnableValue]:
        """Compare the fields given."""
        return self._check(
            ("window", "descriptor", "parity", "watermark"), (window, descriptor, parity, watermark), self._value
        )

    def poll(
        self,
        *,
        timeout_s: float,
        window: Bit | None = None,
        descriptor: Bit | None = None,
        parity: Bit | None = None,
        watermark: Bit | None = None,
    ) -> RegisterOp[IntrEnableValue]:
        """Wait until the fields are as given."""
        return self._poll(
            ("window", "descriptor", "parity", "watermark"),
            (window, descriptor, parity, watermark),
            self._value,
            timeout_s=timeout_s,
        )


class IntrTestValue(RegisterValue):
    """The word of INTR_TEST."""

    __slots__ = ()

    window = Bits(int)
    descriptor = Bits(int)
    parity = Bits(int)
    watermark = Bits(int)


class IntrTest(Register):
    """Sets bits of INTR_STATUS, as if it had happened.

    - `window` [0] rw singlepulse, 0x0 after reset: Sets window.
    - `descriptor` [1] rw singlepulse, 0x0 after reset: Sets descriptor.
    - `parity` [2] rw singlepulse, 0x0 after reset: Sets parity.
    - `watermark` [3] rw singlepulse, 0x0 after reset: Sets watermark.
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
        window: Bit | None = None,
        descriptor: Bit | None = None,
        parity: Bit | None = None,
        watermark: Bit | None = None,
    ) -> RegisterOp[None]:
        """Write the whole register; a field left out does nothing."""
        return self._write(("window", "descriptor", "parity", "watermark"), (window, descriptor, parity, watermark))

    def modify(
        self,
        *,
        window: Bit | None = None,
        descriptor: Bit | None = None,
        parity: Bit | None = None,
        watermark: Bit | None = None,
    ) -> RegisterOp[IntrTestValue]:
        """Change the fields given and no other bit."""
        return self._modify(
            ("window", "descriptor", "parity", "watermark"), (window, descriptor, parity, watermark), self._value
        )

    def check(
        self,
        *,
        window: Bit | None = None,
        descriptor: Bit | None = None,
        parity: Bit | None = None,
        watermark: Bit | None = None,
    ) -> RegisterOp[IntrTestValue]:
        """Compare the fields given."""
        return self._check(
            ("window", "descriptor", "parity", "watermark"), (window, descriptor, parity, watermark), self._value
        )

    def poll(
        self,
        *,
        timeout_s: float,
        window: Bit | None = None,
        descriptor: Bit | None = None,
        parity: Bit | None = None,
        watermark: Bit | None = None,
    ) -> RegisterOp[IntrTestValue]:
        """Wait until the fields are as given."""
        return self._poll(
            ("window", "descriptor", "parity", "watermark"),
            (window, descriptor, parity, watermark),
            self._value,
            timeout_s=timeout_s,
        )


class ErrorE(IntEnum):
    """Values of error_e."""

    NONE = 0  # Nothing was captured.
    WINDOW = 1  # A channel reached beyond every window that permits it.
    DESCRIPTOR = 2  # A channel was sent to a descriptor beyond the end of its ring.
    PARITY = 3  # A packet left other than it was read.


class ErrLogValue(RegisterValue):
    """The word of ERR_LOG."""

    __slots__ = ()

    valid = Bits(int)
    error = Bits(ErrorE)
    channel = Bits(int)


class ErrLog(Register):
    """The first error since the log was last cleared.

    - `valid` [0] rw woclr, 0x0 after reset: The log holds an error.
    - `error` [5:4] r, 0x0 after reset: Which.
    - `channel` [9:8] r, 0x0 after reset: Of which channel.
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
        channel: int | None = None,
    ) -> RegisterOp[ErrLogValue]:
        """Compare the fields given."""
        return self._check(("valid", "error", "channel"), (valid, error, channel), self._value)

    def poll(
        self,
        *,
        timeout_s: float,
        valid: Bit | None = None,
        error: ErrorE | None = None,
        channel: int | None = None,
    ) -> RegisterOp[ErrLogValue]:
        """Wait until the fields are as given."""
        return self._poll(("valid", "error", "channel"), (valid, error, channel), self._value, timeout_s=timeout_s)


class ErrLogAddressValue(RegisterValue):
    """The word of ERR_LOG_ADDRESS."""

    __slots__ = ()

    descriptor = Bits(int)


class ErrLogAddress(Register):
    """Where the error in the log happened.

    - `descriptor` [63:0] r, 0x0 after reset: Address of the descriptor.
    """

    __slots__ = ()

    def _value(self, raw: int) -> ErrLogAddressValue:
        return ErrLogAddressValue(self.register, raw)

    def read(self) -> RegisterOp[ErrLogAddressValue]:
        """Read every field."""
        return self._read(self._value)

    def check(self, *, descriptor: int | None = None) -> RegisterOp[ErrLogAddressValue]:
        """Compare the fields given."""
        return self._check(("descriptor",), (descriptor,), self._value)


class ArbiterValue(RegisterValue):
    """The word of ARBITER."""

    __slots__ = ()

    weight0 = Bits(int)
    weight1 = Bits(int)
    weight2 = Bits(int)
    weight3 = Bits(int)


class Arbiter(Register):
    """Packets in a row from one channel before the next has its turn.

    - `weight0` [3:0] rw, 0x1 after reset: Of channel 0.
    - `weight1` [7:4] rw, 0x1 after reset: Of channel 1.
    - `weight2` [11:8] rw, 0x1 after reset: Of channel 2.
    - `weight3` [15:12] rw, 0x1 after reset: Of channel 3.
    """

    __slots__ = ()

    def _value(self, raw: int) -> ArbiterValue:
        return ArbiterValue(self.register, raw)

    def read(self) -> RegisterOp[ArbiterValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, weight0: int, weight1: int, weight2: int, weight3: int) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(("weight0", "weight1", "weight2", "weight3"), (weight0, weight1, weight2, weight3))

    def modify(
        self,
        *,
        weight0: int | None = None,
        weight1: int | None = None,
        weight2: int | None = None,
        weight3: int | None = None,
    ) -> RegisterOp[ArbiterValue]:
        """Change the fields given and no other bit."""
        return self._modify(
            ("weight0", "weight1", "weight2", "weight3"), (weight0, weight1, weight2, weight3), self._value
        )

    def check(
        self,
        *,
        weight0: int | None = None,
        weight1: int | None = None,
        weight2: int | None = None,
        weight3: int | None = None,
    ) -> RegisterOp[ArbiterValue]:
        """Compare the fields given."""
        return self._check(
            ("weight0", "weight1", "weight2", "weight3"), (weight0, weight1, weight2, weight3), self._value
        )

    def poll(
        self,
        *,
        timeout_s: float,
        weight0: int | None = None,
        weight1: int | None = None,
        weight2: int | None = None,
        weight3: int | None = None,
    ) -> RegisterOp[ArbiterValue]:
        """Wait until the fields are as given."""
        return self._poll(
            ("weight0", "weight1", "weight2", "weight3"),
            (weight0, weight1, weight2, weight3),
            self._value,
            timeout_s=timeout_s,
        )


class LimitsValue(RegisterValue):
    """The word of LIMITS."""

    __slots__ = ()

    reads = Bits(int)
    writes = Bits(int)


class Limits(Register):
    """How much may be on its way at once.

    - `reads` [6:0] rw, 0x8 after reset: Reads of each channel; 1..64.
    - `writes` [14:8] rw, 0x8 after reset: Writes of each channel; 1..64.
    """

    __slots__ = ()

    def _value(self, raw: int) -> LimitsValue:
        return LimitsValue(self.register, raw)

    def read(self) -> RegisterOp[LimitsValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, reads: int, writes: int) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(("reads", "writes"), (reads, writes))

    def modify(self, *, reads: int | None = None, writes: int | None = None) -> RegisterOp[LimitsValue]:
        """Change the fields given and no other bit."""
        return self._modify(("reads", "writes"), (reads, writes), self._value)

    def check(self, *, reads: int | None = None, writes: int | None = None) -> RegisterOp[LimitsValue]:
        """Compare the fields given."""
        return self._check(("reads", "writes"), (reads, writes), self._value)

    def poll(self, *, timeout_s: float, reads: int | None = None, writes: int | None = None) -> RegisterOp[LimitsValue]:
        """Wait until the fields are as given."""
        return self._poll(("reads", "writes"), (reads, writes), self._value, timeout_s=timeout_s)


class WatermarkValue(RegisterValue):
    """The word of WATERMARK."""

    __slots__ = ()

    packets = Bits(int)


class Watermark(Register):
    """After how many packets a channel says so.

    - `packets` [15:0] rw, 0x0 after reset: 0 never does.
    """

    __slots__ = ()

    def _value(self, raw: int) -> WatermarkValue:
        return WatermarkValue(self.register, raw)

    def read(self) -> RegisterOp[WatermarkValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, packets: int) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(("packets",), (packets,))

    def modify(self, *, packets: int | None = None) -> RegisterOp[WatermarkValue]:
        """Change the fields given and no other bit."""
        return self._modify(("packets",), (packets,), self._value)

    def check(self, *, packets: int | None = None) -> RegisterOp[WatermarkValue]:
        """Compare the fields given."""
        return self._check(("packets",), (packets,), self._value)

    def poll(self, *, timeout_s: float, packets: int | None = None) -> RegisterOp[WatermarkValue]:
        """Wait until the fields are as given."""
        return self._poll(("packets",), (packets,), self._value, timeout_s=timeout_s)


class BaseValue(RegisterValue):
    """The word of BASE."""

    __slots__ = ()

    page = Bits(int)


class Base(Register):
    """Where it begins.

    - `page` [31:0] rw, 0x0 after reset: First page.
    """

    __slots__ = ()

    def _value(self, raw: int) -> BaseValue:
        return BaseValue(self.register, raw)

    def read(self) -> RegisterOp[BaseValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, page: int) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(("page",), (page,))

    def modify(self, *, page: int | None = None) -> RegisterOp[BaseValue]:
        """Change the fields given and no other bit."""
        return self._modify(("page",), (page,), self._value)

    def check(self, *, page: int | None = None) -> RegisterOp[BaseValue]:
        """Compare the fields given."""
        return self._check(("page",), (page,), self._value)

    def poll(self, *, timeout_s: float, page: int | None = None) -> RegisterOp[BaseValue]:
        """Wait until the fields are as given."""
        return self._poll(("page",), (page,), self._value, timeout_s=timeout_s)


class LimitValue(RegisterValue):
    """The word of LIMIT."""

    __slots__ = ()

    page = Bits(int)


class Limit(Register):
    """Where it ends.

    - `page` [31:0] rw, 0x0 after reset: Last page; it belongs to the window.
    """

    __slots__ = ()

    def _value(self, raw: int) -> LimitValue:
        return LimitValue(self.register, raw)

    def read(self) -> RegisterOp[LimitValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, page: int) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(("page",), (page,))

    def modify(self, *, page: int | None = None) -> RegisterOp[LimitValue]:
        """Change the fields given and no other bit."""
        return self._modify(("page",), (page,), self._value)

    def check(self, *, page: int | None = None) -> RegisterOp[LimitValue]:
        """Compare the fields given."""
        return self._check(("page",), (page,), self._value)

    def poll(self, *, timeout_s: float, page: int | None = None) -> RegisterOp[LimitValue]:
        """Wait until the fields are as given."""
        return self._poll(("page",), (page,), self._value, timeout_s=timeout_s)


class PermitValue(RegisterValue):
    """The word of PERMIT."""

    __slots__ = ()

    readable = Bits(int)
    writable = Bits(int)


class Permit(Register):
    """What it permits.

    - `readable` [0] rw, 0x0 after reset: Channels may read there; descriptors are read too.
    - `writable` [1] rw, 0x0 after reset: Channels may write there.
    """

    __slots__ = ()

    def _value(self, raw: int) -> PermitValue:
        return PermitValue(self.register, raw)

    def read(self) -> RegisterOp[PermitValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, readable: Bit, writable: Bit) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(("readable", "writable"), (readable, writable))

    def modify(self, *, readable: Bit | None = None, writable: Bit | None = None) -> RegisterOp[PermitValue]:
        """Change the fields given and no other bit."""
        return self._modify(("readable", "writable"), (readable, writable), self._value)

    def check(self, *, readable: Bit | None = None, writable: Bit | None = None) -> RegisterOp[PermitValue]:
        """Compare the fields given."""
        return self._check(("readable", "writable"), (readable, writable), self._value)

    def poll(self, *, timeout_s: float, readable: Bit | None = None, writable: Bit | None = None) -> RegisterOp[PermitValue]:
        """Wait until the fields are as given."""
        return self._poll(("readable", "writable"), (readable, writable), self._value, timeout_s=timeout_s)


class Window(RegisterMap):
    """One range of addresses, in pages of 4 KiB."""

    __slots__ = ()

    BASE = Member(Base)  # 0x0
    LIMIT = Member(Limit)  # 0x4
    PERMIT = Member(Permit)  # 0x8


class ChCtrlValue(RegisterValue):
    """The word of CTRL."""

    __slots__ = ()

    enable = Bits(int)


class ChCtrl(Register):
    """What the channel may do.

    - `enable` [0] rw, 0x0 after reset: It fetches descriptors when its doorbell is rung.
    """

    __slots__ = ()

    def _value(self, raw: int) -> ChCtrlValue:
        return ChCtrlValue(self.register, raw)

    def read(self) -> RegisterOp[ChCtrlValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, enable: Bit) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(("enable",), (enable,))

    def modify(self, *, enable: Bit | None = None) -> RegisterOp[ChCtrlValue]:
        """Change the fields given and no other bit."""
        return self._modify(("enable",), (enable,), self._value)

    def check(self, *, enable: Bit | None = None) -> RegisterOp[ChCtrlValue]:
        """Compare the fields given."""
        return self._check(("enable",), (enable,), self._value)

    def poll(self, *, timeout_s: float, enable: Bit | None = None) -> RegisterOp[ChCtrlValue]:
        """Wait until the fields are as given."""
        return self._poll(("enable",), (enable,), self._value, timeout_s=timeout_s)


class ChStatusValue(RegisterValue):
    """The word of STATUS."""

    __slots__ = ()

    running = Bits(int)
    halted = Bits(int)


class ChStatus(Register):
    """What the channel does now.

    - `running` [0] r, 0x0 after reset: It works through its ring.
    - `halted` [1] r, 0x0 after reset: An error stopped it.
    """

    __slots__ = ()

    def _value(self, raw: int) -> ChStatusValue:
        return ChStatusValue(self.register, raw)

    def read(self) -> RegisterOp[ChStatusValue]:
        """Read every field."""
        return self._read(self._value)

    def check(self, *, running: Bit | None = None, halted: Bit | None = None) -> RegisterOp[ChStatusValue]:
        """Compare the fields given."""
        return self._check(("running", "halted"), (running, halted), self._value)

    def poll(self, *, timeout_s: float, running: Bit | None = None, halted: Bit | None = None) -> RegisterOp[ChStatusValue]:
        """Wait until the fields are as given."""
        return self._poll(("running", "halted"), (running, halted), self._value, timeout_s=timeout_s)


class RingLoValue(RegisterValue):
    """The word of RING_LO."""

    __slots__ = ()

    base = Bits(int)


class RingLo(Register):
    """Where the ring is.

    - `base` [31:0] rw, 0x0 after reset: Low part; a multiple of 64.
    """

    __slots__ = ()

    def _value(self, raw: int) -> RingLoValue:
        return RingLoValue(self.register, raw)

    def read(self) -> RegisterOp[RingLoValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, base: int) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(("base",), (base,))

    def modify(self, *, base: int | None = None) -> RegisterOp[RingLoValue]:
        """Change the fields given and no other bit."""
        return self._modify(("base",), (base,), self._value)

    def check(self, *, base: int | None = None) -> RegisterOp[RingLoValue]:
        """Compare the fields given."""
        return self._check(("base",), (base,), self._value)

    def poll(self, *, timeout_s: float, base: int | None = None) -> RegisterOp[RingLoValue]:
        """Wait until the fields are as given."""
        return self._poll(("base",), (base,), self._value, timeout_s=timeout_s)


class RingHiValue(RegisterValue):
    """The word of RING_HI."""

    __slots__ = ()

    base = Bits(int)


class RingHi(Register):
    """Where the ring is.

    - `base` [15:0] rw, 0x0 after reset: High part.
    """

    __slots__ = ()

    def _value(self, raw: int) -> RingHiValue:
        return RingHiValue(self.register, raw)

    def read(self) -> RegisterOp[RingHiValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, base: int) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(("base",), (base,))

    def modify(self, *, base: int | None = None) -> RegisterOp[RingHiValue]:
        """Change the fields given and no other bit."""
        return self._modify(("base",), (base,), self._value)

    def check(self, *, base: int | None = None) -> RegisterOp[RingHiValue]:
        """Compare the fields given."""
        return self._check(("base",), (base,), self._value)

    def poll(self, *, timeout_s: float, base: int | None = None) -> RegisterOp[RingHiValue]:
        """Wait until the fields are as given."""
        return self._poll(("base",), (base,), self._value, timeout_s=timeout_s)


class RingSizeValue(RegisterValue):
    """The word of RING_SIZE."""

    __slots__ = ()

    order = Bits(int)


class RingSize(Register):
    """How long the ring is.

    - `order` [3:0] rw, 0x0 after reset: 2^order descriptors; 1..12.
    """

    __slots__ = ()

    def _value(self, raw: int) -> RingSizeValue:
        return RingSizeValue(self.register, raw)

    def read(self) -> RegisterOp[RingSizeValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, order: int) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(("order",), (order,))

    def modify(self, *, order: int | None = None) -> RegisterOp[RingSizeValue]:
        """Change the fields given and no other bit."""
        return self._modify(("order",), (order,), self._value)

    def check(self, *, order: int | None = None) -> RegisterOp[RingSizeValue]:
        """Compare the fields given."""
        return self._check(("order",), (order,), self._value)

    def poll(self, *, timeout_s: float, order: int | None = None) -> RegisterOp[RingSizeValue]:
        """Wait until the fields are as given."""
        return self._poll(("order",), (order,), self._value, timeout_s=timeout_s)


class DoorbellValue(RegisterValue):
    """The word of DOORBELL."""

    __slots__ = ()

    tail = Bits(int)


class Doorbell(Register):
    """Up to where the channel may work; a write starts it.

    - `tail` [11:0] rw, 0x0 after reset: First descriptor that is not to be worked on.
    """

    __slots__ = ()

    def _value(self, raw: int) -> DoorbellValue:
        return DoorbellValue(self.register, raw)

    def read(self) -> RegisterOp[DoorbellValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, tail: int) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(("tail",), (tail,))

    def modify(self, *, tail: int | None = None) -> RegisterOp[DoorbellValue]:
        """Change the fields given and no other bit."""
        return self._modify(("tail",), (tail,), self._value)

    def check(self, *, tail: int | None = None) -> RegisterOp[DoorbellValue]:
        """Compare the fields given."""
        return self._check(("tail",), (tail,), self._value)

    def poll(self, *, timeout_s: float, tail: int | None = None) -> RegisterOp[DoorbellValue]:
        """Wait until the fields are as given."""
        return self._poll(("tail",), (tail,), self._value, timeout_s=timeout_s)


class HeadValue(RegisterValue):
    """The word of HEAD."""

    __slots__ = ()

    head = Bits(int)


class Head(Register):
    """Where the channel works.

    - `head` [11:0] r, 0x0 after reset: Descriptor.
    """

    __slots__ = ()

    def _value(self, raw: int) -> HeadValue:
        return HeadValue(self.register, raw)

    def read(self) -> RegisterOp[HeadValue]:
        """Read every field."""
        return self._read(self._value)

    def check(self, *, head: int | None = None) -> RegisterOp[HeadValue]:
        """Compare the fields given."""
        return self._check(("head",), (head,), self._value)

    def poll(self, *, timeout_s: float, head: int | None = None) -> RegisterOp[HeadValue]:
        """Wait until the fields are as given."""
        return self._poll(("head",), (head,), self._value, timeout_s=timeout_s)


class ResidueValue(RegisterValue):
    """The word of RESIDUE."""

    __slots__ = ()

    bytes = Bits(int)


class Residue(Register):
    """What is left of the descriptor that is worked on.

    - `bytes` [31:0] r, 0x0 after reset: Bytes.
    """

    __slots__ = ()

    def _value(self, raw: int) -> ResidueValue:
        return ResidueValue(self.register, raw)

    def read(self) -> RegisterOp[ResidueValue]:
        """Read every field."""
        return self._read(self._value)

    def check(self, *, bytes: int | None = None) -> RegisterOp[ResidueValue]:
        """Compare the fields given."""
        return self._check(("bytes",), (bytes,), self._value)

    def poll(self, *, timeout_s: float, bytes: int | None = None) -> RegisterOp[ResidueValue]:
        """Wait until the fields are as given."""
        return self._poll(("bytes",), (bytes,), self._value, timeout_s=timeout_s)


class ErrorValue(RegisterValue):
    """The word of ERROR."""

    __slots__ = ()

    window = Bits(int)
    descriptor = Bits(int)


class Error(Register):
    """Why the channel halted; clear all to let it run again.

    - `window` [0] rw woclr, 0x0 after reset: It reached beyond its windows.
    - `descriptor` [1] rw woclr, 0x0 after reset: It was sent beyond its ring.
    """

    __slots__ = ()

    def _value(self, raw: int) -> ErrorValue:
        return ErrorValue(self.register, raw)

    def read(self) -> RegisterOp[ErrorValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, window: Bit | None = None, descriptor: Bit | None = None) -> RegisterOp[None]:
        """Write the whole register; a field left out does nothing."""
        return self._write(("window", "descriptor"), (window, descriptor))

    def modify(self, *, window: Bit | None = None, descriptor: Bit | None = None) -> RegisterOp[ErrorValue]:
        """Change the fields given and no other bit."""
        return self._modify(("window", "descriptor"), (window, descriptor), self._value)

    def check(self, *, window: Bit | None = None, descriptor: Bit | None = None) -> RegisterOp[ErrorValue]:
        """Compare the fields given."""
        return self._check(("window", "descriptor"), (window, descriptor), self._value)

    def poll(self, *, timeout_s: float, window: Bit | None = None, descriptor: Bit | None = None) -> RegisterOp[ErrorValue]:
        """Wait until the fields are as given."""
        return self._poll(("window", "descriptor"), (window, descriptor), self._value, timeout_s=timeout_s)


class CompletedValue(RegisterValue):
    """The word of COMPLETED."""

    __slots__ = ()

    count = Bits(int)


class Completed(Register):
    """Packets sent; stays at its end.

    - `count` [63:0] r rclr, 0x0 after reset: How many; a read of either word brings and clears that word.
    """

    __slots__ = ()

    def _value(self, raw: int) -> CompletedValue:
        return CompletedValue(self.register, raw)

    def read(self) -> RegisterOp[CompletedValue]:
        """Read every field; that changes count."""
        return self._read(self._value)


class Ch(RegisterMap):
    """One channel."""

    __slots__ = ()

    CTRL = Member(ChCtrl)  # 0x0
    STATUS = Member(ChStatus)  # 0x4
    RING_LO = Member(RingLo)  # 0x8
    RING_HI = Member(RingHi)  # 0xc
    RING_SIZE = Member(RingSize)  # 0x10
    DOORBELL = Member(Doorbell)  # 0x14
    HEAD = Member(Head)  # 0x18
    RESIDUE = Member(Residue)  # 0x1c
    ERROR = Member(Error)  # 0x20
    COMPLETED = Member(Completed)  # 0x28


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
    """Closes what is not to change in service; only a reset of the whole block opens it.

    - `config` [0] rw woset, 0x0 after reset: Windows, rings, arbiter and limits take no write.
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


class DmaRegs(TopMap):
    """Moves blocks of memory as descriptors say, and sends what traffic there is."""

    __slots__ = ()

    PACKAGE = __name__.rpartition(".")[0]
    IMAGE = "dma.image"

    ID = Member(Id)  # 0x0
    CTRL = Member(Ctrl)  # 0x4
    STATUS = Member(Status)  # 0x8
    INTR_STATUS = Member(IntrStatus)  # 0xc
    INTR_ENABLE = Member(IntrEnable)  # 0x10
    INTR_TEST = Member(IntrTest)  # 0x14
    ERR_LOG = Member(ErrLog)  # 0x18
    ERR_LOG_ADDRESS = Member(ErrLogAddress)  # 0x20
    ARBITER = Member(Arbiter)  # 0x28
    LIMITS = Member(Limits)  # 0x2c
    WATERMARK = Member(Watermark)  # 0x30
    WINDOW = ArrayMember(Window)  # 0x80 [4]
    CH = ArrayMember(Ch)  # 0x100 [4]
    TEST = Member(Test)  # 0xff0
    SCRATCH = Member(Scratch)  # 0xff4
    LOCK = Member(Lock)  # 0xff8
