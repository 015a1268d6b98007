"""Generated from spi_nor.rdl by firstlight registers generate; do not edit."""

from __future__ import annotations

from registers.access import RegisterOp
from registers.handles import Bit, Bits, Member, Register, RegisterValue, TopMap


class StatusValue(RegisterValue):
    """The word of STATUS."""

    __slots__ = ()

    wip = Bits(int)
    wel = Bits(int)
    bp = Bits(int)
    qe = Bits(int)
    srwd = Bits(int)


class Status(Register):
    """Command 05h, read status register. Source: IS25WP256 datasheet, status register.

    - `wip` [0] r: A write or an erase is under way.
    - `wel` [1] r: A write is allowed to begin.
    - `bp` [5:2] r: Blocks that are protected.
    - `qe` [6] r: Quad: WP# and HOLD# are data lines.
    - `srwd` [7] r: The status register is locked while WP# is low.
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
        wip: Bit | None = None,
        wel: Bit | None = None,
        bp: int | None = None,
        qe: Bit | None = None,
        srwd: Bit | None = None,
    ) -> RegisterOp[StatusValue]:
        """Compare the fields given."""
        return self._check(("wip", "wel", "bp", "qe", "srwd"), (wip, wel, bp, qe, srwd), self._value)

    def poll(
        self,
        *,
        timeout_s: float,
        wip: Bit | None = None,
        wel: Bit | None = None,
        bp: int | None = None,
        qe: Bit | None = None,
        srwd: Bit | None = None,
    ) -> RegisterOp[StatusValue]:
        """Wait until the fields are as given."""
        return self._poll(
            ("wip", "wel", "bp", "qe", "srwd"), (wip, wel, bp, qe, srwd), self._value, timeout_s=timeout_s
        )


class JedecIdValue(RegisterValue):
    """The word of JEDEC_ID."""

    __slots__ = ()

    manufacturer = Bits(int)
    memory_type = Bits(int)
    capacity = Bits(int)


class JedecId(Register):
    """Command 9Fh, read identification. A fourth byte is read and means nothing. Source: JESD216; JEP106.

    - `manufacturer` [7:0] r: Who made it: JEP106, bank 1.
    - `memory_type` [15:8] r: Family, as the maker numbers them.
    - `capacity` [23:16] r: Size in bytes, as a power of two.
    """

    __slots__ = ()

    def _value(self, raw: int) -> JedecIdValue:
        return JedecIdValue(self.register, raw)

    def read(self) -> RegisterOp[JedecIdValue]:
        """Read every field."""
        return self._read(self._value)

    def check(
        self,
        *,
        manufacturer: int | None = None,
        memory_type: int | None = None,
        capacity: int | None = None,
    ) -> RegisterOp[JedecIdValue]:
        """Compare the fields given."""
        return self._check(
            ("manufacturer", "memory_type", "capacity"), (manufacturer, memory_type, capacity), self._value
        )

    def poll(
        self,
        *,
        timeout_s: float,
        manufacturer: int | None = None,
        memory_type: int | None = None,
        capacity: int | None = None,
    ) -> RegisterOp[JedecIdValue]:
        """Wait until the fields are as given."""
        return self._poll(
            ("manufacturer", "memory_type", "capacity"),
            (manufacturer, memory_type, capacity),
            self._value,
            timeout_s=timeout_s,
        )


class ClockValue(RegisterValue):
    """The word of CLOCK."""

    __slots__ = ()

    divider = Bits(int)


class Clock(Register):
    """The chip select's clock divider, in the controller's own units; it goes back to its reset with the controller.

    - `divider` [11:0] rw, 0x3 after reset: Greater is slower.
    """

    __slots__ = ()

    def _value(self, raw: int) -> ClockValue:
        return ClockValue(self.register, raw)

    def read(self) -> RegisterOp[ClockValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, divider: int) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(("divider",), (divider,))

    def modify(self, *, divider: int | None = None) -> RegisterOp[ClockValue]:
        """Change the fields given and no other bit."""
        return self._modify(("divider",), (divider,), self._value)

    def check(self, *, divider: int | None = None) -> RegisterOp[ClockValue]:
        """Compare the fields given."""
        return self._check(("divider",), (divider,), self._value)

    def poll(self, *, timeout_s: float, divider: int | None = None) -> RegisterOp[ClockValue]:
        """Wait until the fields are as given."""
        return self._poll(("divider",), (divider,), self._value, timeout_s=timeout_s)


class SpiNorRegs(TopMap):
    """What identifies a flash and says how it does. Source: JESD216."""

    __slots__ = ()

    PACKAGE = __name__.rpartition(".")[0]
    IMAGE = "spi_nor.image"

    STATUS = Member(Status)  # 0x28
    JEDEC_ID = Member(JedecId)  # 0x4f8
    CLOCK = Member(Clock)  # 0x1000
