"""Generated from msix.rdl by firstlight registers generate; do not edit."""

from __future__ import annotations

from registers.access import RegisterOp
from registers.handles import ArrayMember, Bit, Bits, Member, Register, RegisterMap, RegisterValue, TopMap


class AddressValue(RegisterValue):
    """The word of ADDRESS."""

    __slots__ = ()

    low = Bits(int)


class Address(Register):
    """Where the message is written, lower half.

    - `low` [31:0] rw, 0x0 after reset: A multiple of 4.
    """

    __slots__ = ()

    def _value(self, raw: int) -> AddressValue:
        return AddressValue(self.register, raw)

    def read(self) -> RegisterOp[AddressValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, low: int) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(("low",), (low,))

    def modify(self, *, low: int | None = None) -> RegisterOp[AddressValue]:
        """Change the fields given and no other bit."""
        return self._modify(("low",), (low,), self._value)

    def check(self, *, low: int | None = None) -> RegisterOp[AddressValue]:
        """Compare the fields given."""
        return self._check(("low",), (low,), self._value)

    def poll(self, *, timeout_s: float, low: int | None = None) -> RegisterOp[AddressValue]:
        """Wait until the fields are as given."""
        return self._poll(("low",), (low,), self._value, timeout_s=timeout_s)


class AddressUpperValue(RegisterValue):
    """The word of ADDRESS_UPPER."""

    __slots__ = ()

    high = Bits(int)


class AddressUpper(Register):
    """Where the message is written, upper half.

    - `high` [31:0] rw, 0x0 after reset: 0 below 4 GiB.
    """

    __slots__ = ()

    def _value(self, raw: int) -> AddressUpperValue:
        return AddressUpperValue(self.register, raw)

    def read(self) -> RegisterOp[AddressUpperValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, high: int) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(("high",), (high,))

    def modify(self, *, high: int | None = None) -> RegisterOp[AddressUpperValue]:
        """Change the fields given and no other bit."""
        return self._modify(("high",), (high,), self._value)

    def check(self, *, high: int | None = None) -> RegisterOp[AddressUpperValue]:
        """Compare the fields given."""
        return self._check(("high",), (high,), self._value)

    def poll(self, *, timeout_s: float, high: int | None = None) -> RegisterOp[AddressUpperValue]:
        """Wait until the fields are as given."""
        return self._poll(("high",), (high,), self._value, timeout_s=timeout_s)


class DataValue(RegisterValue):
    """The word of DATA."""

    __slots__ = ()

    data = Bits(int)


class Data(Register):
    """What the message is.

    - `data` [31:0] rw, 0x0 after reset: The word that is written.
    """

    __slots__ = ()

    def _value(self, raw: int) -> DataValue:
        return DataValue(self.register, raw)

    def read(self) -> RegisterOp[DataValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, data: int) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(("data",), (data,))

    def modify(self, *, data: int | None = None) -> RegisterOp[DataValue]:
        """Change the fields given and no other bit."""
        return self._modify(("data",), (data,), self._value)

    def check(self, *, data: int | None = None) -> RegisterOp[DataValue]:
        """Compare the fields given."""
        return self._check(("data",), (data,), self._value)

    def poll(self, *, timeout_s: float, data: int | None = None) -> RegisterOp[DataValue]:
        """Wait until the fields are as given."""
        return self._poll(("data",), (data,), self._value, timeout_s=timeout_s)


class ControlValue(RegisterValue):
    """The word of CONTROL."""

    __slots__ = ()

    mask = Bits(int)


class Control(Register):
    """Whether the vector may send.

    - `mask` [0] rw, 0x1 after reset: It may not; what asks meanwhile is pending.
    """

    __slots__ = ()

    def _value(self, raw: int) -> ControlValue:
        return ControlValue(self.register, raw)

    def read(self) -> RegisterOp[ControlValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, mask: Bit) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(("mask",), (mask,))

    def modify(self, *, mask: Bit | None = None) -> RegisterOp[ControlValue]:
        """Change the fields given and no other bit."""
        return self._modify(("mask",), (mask,), self._value)

    def check(self, *, mask: Bit | None = None) -> RegisterOp[ControlValue]:
        """Compare the fields given."""
        return self._check(("mask",), (mask,), self._value)

    def poll(self, *, timeout_s: float, mask: Bit | None = None) -> RegisterOp[ControlValue]:
        """Wait until the fields are as given."""
        return self._poll(("mask",), (mask,), self._value, timeout_s=timeout_s)


class Vector(RegisterMap):
    """One vector. Source: PCI Express Base 5.0, 7.7.2.5 to 7.7.2.8."""

    __slots__ = ()

    ADDRESS = Member(Address)  # 0x0
    ADDRESS_UPPER = Member(AddressUpper)  # 0x4
    DATA = Member(Data)  # 0x8
    CONTROL = Member(Control)  # 0xc


class PendingValue(RegisterValue):
    """The word of PENDING."""

    __slots__ = ()

    vectors = Bits(int)


class Pending(Register):
    """Source: PCI Express Base 5.0, 7.7.2.9.

    - `vectors` [31:0] r, 0x0 after reset: Bit n is vector n of this word: it asked while it was masked.
    """

    __slots__ = ()

    def _value(self, raw: int) -> PendingValue:
        return PendingValue(self.register, raw)

    def read(self) -> RegisterOp[PendingValue]:
        """Read every field."""
        return self._read(self._value)

    def check(self, *, vectors: int | None = None) -> RegisterOp[PendingValue]:
        """Compare the fields given."""
        return self._check(("vectors",), (vectors,), self._value)

    def poll(self, *, timeout_s: float, vectors: int | None = None) -> RegisterOp[PendingValue]:
        """Wait until the fields are as given."""
        return self._poll(("vectors",), (vectors,), self._value, timeout_s=timeout_s)


class MsixRegs(TopMap):
    """Sends a message for each vector that asks and is not masked. Source: PCI Express Base 5.0, 6.1.4, 7.7.2."""

    __slots__ = ()

    PACKAGE = __name__.rpartition(".")[0]
    IMAGE = "msix.image"

    VECTOR = ArrayMember(Vector)  # 0x0 [64]
    PENDING = ArrayMember(Pending)  # 0x800 [2]
