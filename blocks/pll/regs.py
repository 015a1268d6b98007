"""Generated from pll.rdl by firstlight registers generate; do not edit."""

from __future__ import annotations

from enum import IntEnum

from registers.access import RegisterOp
from registers.handles import Bit, Bits, Member, Register, RegisterValue, TopMap


class IdValue(RegisterValue):
    """The word of ID."""

    __slots__ = ()

    version = Bits(int)
    part = Bits(int)


class Id(Register):
    """Says what stands here.

    - `version` [7:0] r, 0x1 after reset: Of this register map.
    - `part` [31:16] r, 0x504c after reset: ASCII 'PL'.
    """

    __slots__ = ()

    def _value(self, raw: int) -> IdValue:
        return IdValue(self.register, raw)

    def read(self) -> RegisterOp[IdValue]:
        """Read every field."""
        return self._read(self._value)

    def check(self, *, version: int | None = None, part: int | None = None) -> RegisterOp[IdValue]:
        """Compare the fields given."""
        return self._check({"version": version, "part": part}, self._value)

    def poll(self, *, timeout_s: float, version: int | None = None, part: int | None = None) -> RegisterOp[IdValue]:
        """Wait until the fields are as given."""
        return self._poll({"version": version, "part": part}, self._value, timeout_s=timeout_s)


class ChargePumpE(IntEnum):
    """Values of charge_pump_e."""

    UA_50 = 0  # 50 uA: least spurs, slow to lock.
    UA_100 = 1  # 100 uA.
    UA_200 = 2  # 200 uA.
    UA_400 = 3  # 400 uA: fast to lock.


class CtrlValue(RegisterValue):
    """The word of CTRL."""

    __slots__ = ()

    power_down = Bits(int)
    bypass = Bits(int)
    fractional = Bits(int)
    charge_pump = Bits(ChargePumpE)


class Ctrl(Register):
    """What runs and what is driven.

    - `power_down` [0] rw, 0x1 after reset: VCO and dividers are off.
    - `bypass` [1] rw, 0x1 after reset: The output is the reference.
    - `fractional` [2] rw, 0x0 after reset: The fractional modulator runs; else frac counts as 0.
    - `charge_pump` [5:4] rw, 0x1 after reset: Current of the charge pump.
    """

    __slots__ = ()

    def _value(self, raw: int) -> CtrlValue:
        return CtrlValue(self.register, raw)

    def read(self) -> RegisterOp[CtrlValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, power_down: Bit, bypass: Bit, fractional: Bit, charge_pump: ChargePumpE) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(
            {"power_down": power_down, "bypass": bypass, "fractional": fractional, "charge_pump": charge_pump}
        )

    def modify(
        self,
        *,
        power_down: Bit | None = None,
        bypass: Bit | None = None,
        fractional: Bit | None = None,
        charge_pump: ChargePumpE | None = None,
    ) -> RegisterOp[CtrlValue]:
        """Change the fields given and no other bit."""
        return self._modify(
            {
                "power_down": power_down,
                "bypass": bypass,
                "fractional": fractional,
                "charge_pump": charge_pump,
            },
            self._value,
        )

    def check(
        self,
        *,
        power_down: Bit | None = None,
        bypass: Bit | None = None,
        fractional: Bit | None = None,
        charge_pump: ChargePumpE | None = None,
    ) -> RegisterOp[CtrlValue]:
        """Compare the fields given."""
        return self._check(
            {
                "power_down": power_down,
                "bypass": bypass,
                "fractional": fractional,
                "charge_pump": charge_pump,
            },
            self._value,
        )

    def poll(
        self,
        *,
        timeout_s: float,
        power_down: Bit | None = None,
        bypass: Bit | None = None,
        fractional: Bit | None = None,
        charge_pump: ChargePumpE | None = None,
    ) -> RegisterOp[CtrlValue]:
        """Wait until the fields are as given."""
        return self._poll(
            {
                "power_down": power_down,
                "bypass": bypass,
                "fractional": fractional,
                "charge_pump": charge_pump,
            },
            self._value,
            timeout_s=timeout_s,
        )


class DivValue(RegisterValue):
    """The word of DIV."""

    __slots__ = ()

    fbdiv = Bits(int)
    refdiv = Bits(int)
    postdiv1 = Bits(int)
    postdiv2 = Bits(int)


class Div(Register):
    """Dividers. One write changes them all at once.

    - `fbdiv` [11:0] rw, 0x64 after reset: Feedback, integer part; 16..2500.
    - `refdiv` [17:12] rw, 0x1 after reset: Of the reference; 1..63.
    - `postdiv1` [22:20] rw, 0x1 after reset: First divider of the output; 1..7.
    - `postdiv2` [26:24] rw, 0x1 after reset: Second divider of the output; 1..7.
    """

    __slots__ = ()

    def _value(self, raw: int) -> DivValue:
        return DivValue(self.register, raw)

    def read(self) -> RegisterOp[DivValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, fbdiv: int, refdiv: int, postdiv1: int, postdiv2: int) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write({"fbdiv": fbdiv, "refdiv": refdiv, "postdiv1": postdiv1, "postdiv2": postdiv2})

    def modify(
        self,
        *,
        fbdiv: int | None = None,
        refdiv: int | None = None,
        postdiv1: int | None = None,
        postdiv2: int | None = None,
    ) -> RegisterOp[DivValue]:
        """Change the fields given and no other bit."""
        return self._modify({"fbdiv": fbdiv, "refdiv": refdiv, "postdiv1": postdiv1, "postdiv2": postdiv2}, self._value)

    def check(
        self,
        *,
        fbdiv: int | None = None,
        refdiv: int | None = None,
        postdiv1: int | None = None,
        postdiv2: int | None = None,
    ) -> RegisterOp[DivValue]:
        """Compare the fields given."""
        return self._check({"fbdiv": fbdiv, "refdiv": refdiv, "postdiv1": postdiv1, "postdiv2": postdiv2}, self._value)

    def poll(
        self,
        *,
        timeout_s: float,
        fbdiv: int | None = None,
        refdiv: int | None = None,
        postdiv1: int | None = None,
        postdiv2: int | None = None,
    ) -> RegisterOp[DivValue]:
        """Wait until the fields are as given."""
        return self._poll(
            {
                "fbdiv": fbdiv,
                "refdiv": refdiv,
                "postdiv1": postdiv1,
                "postdiv2": postdiv2,
            },
            self._value,
            timeout_s=timeout_s,
        )


class FracValue(RegisterValue):
    """The word of FRAC."""

    __slots__ = ()

    frac = Bits(int)


class Frac(Register):
    """Feedback, fractional part.

    - `frac` [23:0] rw, 0x0 after reset: In units of 2^-24.
    """

    __slots__ = ()

    def _value(self, raw: int) -> FracValue:
        return FracValue(self.register, raw)

    def read(self) -> RegisterOp[FracValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, frac: int) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write({"frac": frac})

    def modify(self, *, frac: int | None = None) -> RegisterOp[FracValue]:
        """Change the fields given and no other bit."""
        return self._modify({"frac": frac}, self._value)

    def check(self, *, frac: int | None = None) -> RegisterOp[FracValue]:
        """Compare the fields given."""
        return self._check({"frac": frac}, self._value)

    def poll(self, *, timeout_s: float, frac: int | None = None) -> RegisterOp[FracValue]:
        """Wait until the fields are as given."""
        return self._poll({"frac": frac}, self._value, timeout_s=timeout_s)


class LockdetValue(RegisterValue):
    """The word of LOCKDET."""

    __slots__ = ()

    cycles = Bits(int)


class Lockdet(Register):
    """When lock is believed.

    - `cycles` [11:0] rw, 0x100 after reset: Reference cycles in a row without a slip.
    """

    __slots__ = ()

    def _value(self, raw: int) -> LockdetValue:
        return LockdetValue(self.register, raw)

    def read(self) -> RegisterOp[LockdetValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, cycles: int) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write({"cycles": cycles})

    def modify(self, *, cycles: int | None = None) -> RegisterOp[LockdetValue]:
        """Change the fields given and no other bit."""
        return self._modify({"cycles": cycles}, self._value)

    def check(self, *, cycles: int | None = None) -> RegisterOp[LockdetValue]:
        """Compare the fields given."""
        return self._check({"cycles": cycles}, self._value)

    def poll(self, *, timeout_s: float, cycles: int | None = None) -> RegisterOp[LockdetValue]:
        """Wait until the fields are as given."""
        return self._poll({"cycles": cycles}, self._value, timeout_s=timeout_s)


class StatusValue(RegisterValue):
    """The word of STATUS."""

    __slots__ = ()

    lock = Bits(int)
    ref_present = Bits(int)
    lock_lost = Bits(int)
    ref_lost = Bits(int)


class Status(Register):
    """What the PLL does now, and what it did since it was last asked.

    - `lock` [0] r, 0x0 after reset: The VCO follows the reference.
    - `ref_present` [1] r, 0x0 after reset: The reference toggles.
    - `lock_lost` [8] rw woclr, 0x0 after reset: Lock was lost while the VCO drove the output.
    - `ref_lost` [9] rw woclr, 0x0 after reset: The reference was lost while the VCO was powered.
    """

    __slots__ = ()

    def _value(self, raw: int) -> StatusValue:
        return StatusValue(self.register, raw)

    def read(self) -> RegisterOp[StatusValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, lock_lost: Bit | None = None, ref_lost: Bit | None = None) -> RegisterOp[None]:
        """Write the whole register; a field left out does nothing."""
        return self._write({"lock_lost": lock_lost, "ref_lost": ref_lost})

    def modify(self, *, lock_lost: Bit | None = None, ref_lost: Bit | None = None) -> RegisterOp[StatusValue]:
        """Change the fields given and no other bit."""
        return self._modify({"lock_lost": lock_lost, "ref_lost": ref_lost}, self._value)

    def check(
        self,
        *,
        lock: Bit | None = None,
        ref_present: Bit | None = None,
        lock_lost: Bit | None = None,
        ref_lost: Bit | None = None,
    ) -> RegisterOp[StatusValue]:
        """Compare the fields given."""
        return self._check(
            {"lock": lock, "ref_present": ref_present, "lock_lost": lock_lost, "ref_lost": ref_lost}, self._value
        )

    def poll(
        self,
        *,
        timeout_s: float,
        lock: Bit | None = None,
        ref_present: Bit | None = None,
        lock_lost: Bit | None = None,
        ref_lost: Bit | None = None,
    ) -> RegisterOp[StatusValue]:
        """Wait until the fields are as given."""
        return self._poll(
            {
                "lock": lock,
                "ref_present": ref_present,
                "lock_lost": lock_lost,
                "ref_lost": ref_lost,
            },
            self._value,
            timeout_s=timeout_s,
        )


class IntrEnableValue(RegisterValue):
    """The word of INTR_ENABLE."""

    __slots__ = ()

    lock_lost = Bits(int)
    ref_lost = Bits(int)


class IntrEnable(Register):
    """Which sticky bits of STATUS raise the line.

    - `lock_lost` [8] rw, 0x0 after reset: STATUS.lock_lost raises the line.
    - `ref_lost` [9] rw, 0x0 after reset: STATUS.ref_lost raises the line.
    """

    __slots__ = ()

    def _value(self, raw: int) -> IntrEnableValue:
        return IntrEnableValue(self.register, raw)

    def read(self) -> RegisterOp[IntrEnableValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, lock_lost: Bit, ref_lost: Bit) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write({"lock_lost": lock_lost, "ref_lost": ref_lost})

    def modify(self, *, lock_lost: Bit | None = None, ref_lost: Bit | None = None) -> RegisterOp[IntrEnableValue]:
        """Change the fields given and no other bit."""
        return self._modify({"lock_lost": lock_lost, "ref_lost": ref_lost}, self._value)

    def check(self, *, lock_lost: Bit | None = None, ref_lost: Bit | None = None) -> RegisterOp[IntrEnableValue]:
        """Compare the fields given."""
        return self._check({"lock_lost": lock_lost, "ref_lost": ref_lost}, self._value)

    def poll(
        self,
        *,
        timeout_s: float,
        lock_lost: Bit | None = None,
        ref_lost: Bit | None = None,
    ) -> RegisterOp[IntrEnableValue]:
        """Wait until the fields are as given."""
        return self._poll({"lock_lost": lock_lost, "ref_lost": ref_lost}, self._value, timeout_s=timeout_s)


class FreqValue(RegisterValue):
    """The word of FREQ."""

    __slots__ = ()

    khz = Bits(int)


class Freq(Register):
    """Measured, not computed.

    - `khz` [23:0] r, 0x0 after reset: Output frequency in kHz; 0 while it does not toggle.
    """

    __slots__ = ()

    def _value(self, raw: int) -> FreqValue:
        return FreqValue(self.register, raw)

    def read(self) -> RegisterOp[FreqValue]:
        """Read every field."""
        return self._read(self._value)

    def check(self, *, khz: int | None = None) -> RegisterOp[FreqValue]:
        """Compare the fields given."""
        return self._check({"khz": khz}, self._value)

    def poll(self, *, timeout_s: float, khz: int | None = None) -> RegisterOp[FreqValue]:
        """Wait until the fields are as given."""
        return self._poll({"khz": khz}, self._value, timeout_s=timeout_s)


class PllRegs(TopMap):
    """Multiplies a reference clock; the output is the reference itself while bypassed."""

    __slots__ = ()

    PACKAGE = __name__.rpartition(".")[0]
    IMAGE = "pll.image"

    ID = Member(Id)  # 0x0
    CTRL = Member(Ctrl)  # 0x4
    DIV = Member(Div)  # 0x8
    FRAC = Member(Frac)  # 0xc
    LOCKDET = Member(Lockdet)  # 0x10
    STATUS = Member(Status)  # 0x14
    INTR_ENABLE = Member(IntrEnable)  # 0x18
    FREQ = Member(Freq)  # 0x1c
