"""Generated from sifive_gpio.rdl by firstlight registers generate; do not edit."""

from __future__ import annotations

from registers.access import RegisterOp
from registers.handles import Bits, Member, Register, RegisterValue, TopMap


class InputValValue(RegisterValue):
    """The word of INPUT_VAL."""

    __slots__ = ()

    pins = Bits(int)


class InputVal(Register):
    """What the pins read. Source: FU540-C000 manual, GPIO.

    - `pins` [15:0] r: Levels of the pins whose input is enabled.
    """

    __slots__ = ()

    def _value(self, raw: int) -> InputValValue:
        return InputValValue(self.register, raw)

    def read(self) -> RegisterOp[InputValValue]:
        """Read every field."""
        return self._read(self._value)

    def check(self, *, pins: int | None = None) -> RegisterOp[InputValValue]:
        """Compare the fields given."""
        return self._check(("pins",), (pins,), self._value)

    def poll(self, *, timeout_s: float, pins: int | None = None) -> RegisterOp[InputValValue]:
        """Wait until the fields are as given."""
        return self._poll(("pins",), (pins,), self._value, timeout_s=timeout_s)


class PinsRValue(RegisterValue):
    """The word of pins_r."""

    __slots__ = ()

    pins = Bits(int)


class PinsR(Register):
    """One bit a pin, stored. Source: FU540-C000 manual, GPIO.

    - `pins` [15:0] rw, 0x0 after reset: Bit n is pin n.
    """

    __slots__ = ()

    def _value(self, raw: int) -> PinsRValue:
        return PinsRValue(self.register, raw)

    def read(self) -> RegisterOp[PinsRValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, pins: int) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(("pins",), (pins,))

    def modify(self, *, pins: int | None = None) -> RegisterOp[PinsRValue]:
        """Change the fields given and no other bit."""
        return self._modify(("pins",), (pins,), self._value)

    def check(self, *, pins: int | None = None) -> RegisterOp[PinsRValue]:
        """Compare the fields given."""
        return self._check(("pins",), (pins,), self._value)

    def poll(self, *, timeout_s: float, pins: int | None = None) -> RegisterOp[PinsRValue]:
        """Wait until the fields are as given."""
        return self._poll(("pins",), (pins,), self._value, timeout_s=timeout_s)


class OutputEnValue(RegisterValue):
    """The word of OUTPUT_EN."""

    __slots__ = ()

    pins = Bits(int)


class OutputEn(Register):
    """One bit a pin, stored. Source: FU540-C000 manual, GPIO.

    - `pins` [15:0] rw, 0x0 after reset: Bit n is pin n.
    """

    __slots__ = ()

    def _value(self, raw: int) -> OutputEnValue:
        return OutputEnValue(self.register, raw)

    def read(self) -> RegisterOp[OutputEnValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, pins: int) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(("pins",), (pins,))

    def modify(self, *, pins: int | None = None) -> RegisterOp[OutputEnValue]:
        """Change the fields given and no other bit."""
        return self._modify(("pins",), (pins,), self._value)

    def check(self, *, pins: int | None = None) -> RegisterOp[OutputEnValue]:
        """Compare the fields given."""
        return self._check(("pins",), (pins,), self._value)

    def poll(self, *, timeout_s: float, pins: int | None = None) -> RegisterOp[OutputEnValue]:
        """Wait until the fields are as given."""
        return self._poll(("pins",), (pins,), self._value, timeout_s=timeout_s)


class EdgeRValue(RegisterValue):
    """The word of edge_r."""

    __slots__ = ()

    pins = Bits(int)


class EdgeR(Register):
    """Edges seen, until cleared. Source: FU540-C000 manual, GPIO.

    - `pins` [15:0] rw woclr, 0x0 after reset: Write 1 to clear.
    """

    __slots__ = ()

    def _value(self, raw: int) -> EdgeRValue:
        return EdgeRValue(self.register, raw)

    def read(self) -> RegisterOp[EdgeRValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, pins: int | None = None) -> RegisterOp[None]:
        """Write the whole register; a field left out does nothing."""
        return self._write(("pins",), (pins,))

    def modify(self, *, pins: int | None = None) -> RegisterOp[EdgeRValue]:
        """Change the fields given and no other bit."""
        return self._modify(("pins",), (pins,), self._value)

    def check(self, *, pins: int | None = None) -> RegisterOp[EdgeRValue]:
        """Compare the fields given."""
        return self._check(("pins",), (pins,), self._value)

    def poll(self, *, timeout_s: float, pins: int | None = None) -> RegisterOp[EdgeRValue]:
        """Wait until the fields are as given."""
        return self._poll(("pins",), (pins,), self._value, timeout_s=timeout_s)


class LevelRValue(RegisterValue):
    """The word of level_r."""

    __slots__ = ()

    pins = Bits(int)


class LevelR(Register):
    """Levels seen; set again at once while the level lasts. Source: FU540-C000 manual, GPIO.

    - `pins` [15:0] rw woclr: Write 1 to clear.
    """

    __slots__ = ()

    def _value(self, raw: int) -> LevelRValue:
        return LevelRValue(self.register, raw)

    def read(self) -> RegisterOp[LevelRValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, pins: int | None = None) -> RegisterOp[None]:
        """Write the whole register; a field left out does nothing."""
        return self._write(("pins",), (pins,))

    def modify(self, *, pins: int | None = None) -> RegisterOp[LevelRValue]:
        """Change the fields given and no other bit."""
        return self._modify(("pins",), (pins,), self._value)

    def check(self, *, pins: int | None = None) -> RegisterOp[LevelRValue]:
        """Compare the fields given."""
        return self._check(("pins",), (pins,), self._value)

    def poll(self, *, timeout_s: float, pins: int | None = None) -> RegisterOp[LevelRValue]:
        """Wait until the fields are as given."""
        return self._poll(("pins",), (pins,), self._value, timeout_s=timeout_s)


class SifiveGpioRegs(TopMap):
    """16 pins with pull-up, drive strength, inversion and four interrupt conditions each. Source: FU540-C000 manual,

    GPIO.
    """

    __slots__ = ()

    PACKAGE = __name__.rpartition(".")[0]
    IMAGE = "sifive_gpio.image"

    INPUT_VAL = Member(InputVal)  # 0x0
    INPUT_EN = Member(PinsR)  # 0x4
    OUTPUT_EN = Member(OutputEn)  # 0x8
    OUTPUT_VAL = Member(PinsR)  # 0xc
    PUE = Member(PinsR)  # 0x10
    DS = Member(PinsR)  # 0x14
    RISE_IE = Member(PinsR)  # 0x18
    RISE_IP = Member(EdgeR)  # 0x1c
    FALL_IE = Member(PinsR)  # 0x20
    FALL_IP = Member(EdgeR)  # 0x24
    HIGH_IE = Member(PinsR)  # 0x28
    HIGH_IP = Member(LevelR)  # 0x2c
    LOW_IE = Member(PinsR)  # 0x30
    LOW_IP = Member(LevelR)  # 0x34
    OUT_XOR = Member(PinsR)  # 0x40
