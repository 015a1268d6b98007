"""Generated from pll.rdl by firstlight registers generate; do not edit."""

from __future__ import annotations

from enum import IntEnum

from registers.access import RegisterOp
from registers.handles import Bit, Bits, Member, Register, RegisterValue, TopMap


class IdRValue(RegisterValue):
    """The word of id_r."""

    __slots__ = ()

    version = Bits(int)
    part = Bits(int)


class IdR(Register):
    """Says what stands here.

    - `version` [7:0] r, 0x1 after reset: Of this register map.
    - `part` [31:16] r, 0x504c after reset: ASCII 'PL'.
    """

    __slots__ = ()

    def _value(self, raw: int) -> IdRValue:
        return IdRValue(self.register, raw)

    def read(self) -> RegisterOp[IdRValue]:
        """Read every field."""
        return self._read(self._value)

    def check(self, *, version: int | None = None, part: int | None = None) -> RegisterOp[IdRValue]:
        """Compare the fields given."""
        return self._check({"version": version, "part": part}, self._value)

    def poll(self, *, timeout_s: float, version: int | None = None, part: int | None = None) -> RegisterOp[IdRValue]:
        """Wait for the fields given."""
        return self._poll({"version": version, "part": part}, self._value, timeout_s=timeout_s)


class ChargePumpE(IntEnum):
    """Values of charge_pump_e."""

    UA_50 = 0  # 50 uA: least spurs, slow to lock.
    UA_100 = 1  # 100 uA.
    UA_200 = 2  # 200 uA.
    UA_400 = 3  # 400 uA: fast to lock.


class CtrlRValue(RegisterValue):
    """The word of ctrl_r."""

    __slots__ = ()

    power_down = Bits(int)
    bypass = Bits(int)
    fractional = Bits(int)
    charge_pump = Bits(ChargePumpE)


class CtrlR(Register):
    """What runs and what is driven.

    - `power_down` [0] rw, 0x1 after reset: VCO and dividers are off.
    - `bypass` [1] rw, 0x1 after reset: The output is the reference.
    - `fractional` [2] rw, 0x0 after reset: The fractional modulator runs; else frac counts as 0.
    - `charge_pump` [5:4] rw, 0x1 after reset: Current of the charge pump.
    """

    __slots__ = ()

    def _value(self, raw: int) -> CtrlRValue:
        return CtrlRValue(self.register, raw)

    def read(self) -> RegisterOp[CtrlRValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, power_down: Bit, bypass: Bit, fractional: Bit, charge_pump: ChargePumpE) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write({"power_down": power_down, "bypass": bypass, "fractional": fractional, "charge_pump": charge_pump})

    def modify(
        self,
        *,
        power_down: Bit | None = None,
        bypass: Bit | None = None,
        fractional: Bit | None = None,
        charge_pump: ChargePumpE | None = None,
    ) -> RegisterOp[CtrlRValue]:
        """Change the fields given and no other bit."""
        return self._modify({"power_down": power_down, "bypass": bypass, "fractional": fractional, "charge_pump": charge_pump}, self._value)

    def check(
        self,
        *,
        power_down: Bit | None = None,
        bypass: Bit | None = None,
        fractional: Bit | None = None,
        charge_pump: ChargePumpE | None = None,
    ) -> RegisterOp[CtrlRValue]:
        """Compare the fields given."""
        return self._check({"power_down": power_down, "bypass": bypass, "fractional": fractional, "charge_pump": charge_pump}, self._value)

    def poll(
        self,
        *,
        timeout_s: float,
        power_down: Bit | None = None,
        bypass: Bit | None = None,
        fractional: Bit | None = None,
        charge_pump: ChargePumpE | None = None,
    ) -> RegisterOp[CtrlRValue]:
        """Wait for the fields given."""
        return self._poll({"power_down": power_down, "bypass": bypass, "fractional": fractional, "charge_pump": charge_pump}, self._value, timeout_s=timeout_s)


class DivRValue(RegisterValue):
    """The word of div_r."""

    __slots__ = ()

    fbdiv = Bits(int)
    refdiv = Bits(int)
    postdiv1 = Bits(int)
    postdiv2 = Bits(int)


class DivR(Register):
    """Dividers. One write changes them all at once.

    - `fbdiv` [11:0] rw, 0x64 after reset: Feedback, integer part; 16..2500.
    - `refdiv` [17:12] rw, 0x1 after reset: Of the reference; 1..63.
    - `postdiv1` [22:20] rw, 0x1 after reset: First divider of the output; 1..7.
    - `postdiv2` [26:24] rw, 0x1 after reset: Second divider of the output; 1..7.
    """

    __slots__ = ()

    def _value(self, raw: int) -> DivRValue:
        return DivRValue(self.register, raw)

    def read(self) -> RegisterOp[DivRValue]:
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
    ) -> RegisterOp[DivRValue]:
        """Change the fields given and no other bit."""
        return self._modify({"fbdiv": fbdiv, "refdiv": refdiv, "postdiv1": postdiv1, "postdiv2": postdiv2}, self._value)

    def check(
        self,
        *,
        fbdiv: int | None = None,
        refdiv: int | None = None,
        postdiv1: int | None = None,
        postdiv2: int | None = None,
    ) -> RegisterOp[DivRValue]:
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
    ) -> RegisterOp[DivRValue]:
        """Wait for the fields given."""
        return self._poll({"fbdiv": fbdiv, "refdiv": refdiv, "postdiv1": postdiv1, "postdiv2": postdiv2}, self._value, timeout_s=timeout_s)


class FracRValue(RegisterValue):
    """The word of frac_r."""

    __slots__ = ()

    frac = Bits(int)


class FracR(Register):
    """Feedback, fractional part.

    - `frac` [23:0] rw, 0x0 after reset: In units of 2^-24.
    """

    __slots__ = ()

    def _value(self, raw: int) -> FracRValue:
        return FracRValue(self.register, raw)

    def read(self) -> RegisterOp[FracRValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, frac: int) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write({"frac": frac})

    def modify(self, *, frac: int | None = None) -> RegisterOp[FracRValue]:
        """Change the fields given and no other bit."""
        return self._modify({"frac": frac}, self._value)

    def check(self, *, frac: int | None = None) -> RegisterOp[FracRValue]:
        """Compare the fields given."""
        return self._check({"frac": frac}, self._value)

    def poll(self, *, timeout_s: float, frac: int | None = None) -> RegisterOp[FracRValue]:
        """Wait for the fields given."""
        return self._poll({"frac": frac}, self._value, timeout_s=timeout_s)


class LockdetRValue(RegisterValue):
    """The word of lockdet_r."""

    __slots__ = ()

    cycles = Bits(int)


class LockdetR(Register):
    """When lock is believed.

    - `cycles` [11:0] rw, 0x100 after reset: Reference cycles in a row without a slip.
    """

    __slots__ = ()

    def _value(self, raw: int) -> LockdetRValue:
        return LockdetRValue(self.register, raw)

    def read(self) -> RegisterOp[LockdetRValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, cycles: int) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write({"cycles": cycles})

    def modify(self, *, cycles: int | None = None) -> RegisterOp[LockdetRValue]:
        """Change the fields given and no other bit."""
        return self._modify({"cycles": cycles}, self._value)

    def check(self, *, cycles: int | None = None) -> RegisterOp[LockdetRValue]:
        """Compare the fields given."""
        return self._check({"cycles": cycles}, self._value)

    def poll(self, *, timeout_s: float, cycles: int | None = None) -> RegisterOp[LockdetRValue]:
        """Wait for the fields given."""
        return self._poll({"cycles": cycles}, self._value, timeout_s=timeout_s)


class StatusRLockLost41ffae74RefLostB6fcad0eValue(RegisterValue):
    """The word of status_r_lock_lost_41ffae74_ref_lost_b6fcad0e."""

    __slots__ = ()

    lock = Bits(int)
    ref_present = Bits(int)
    lock_lost = Bits(int)
    ref_lost = Bits(int)


class StatusRLockLost41ffae74RefLostB6fcad0e(Register):
    """What the PLL does now, and what it did since it was last asked.

    - `lock` [0] r, 0x0 after reset: The VCO follows the reference.
    - `ref_present` [1] r, 0x0 after reset: The reference toggles.
    - `lock_lost` [8] rw woclr, 0x0 after reset: Lock was lost while the VCO drove the output.
    - `ref_lost` [9] rw woclr, 0x0 after reset: The reference was lost while the VCO was powered.
    """

    __slots__ = ()

    def _value(self, raw: int) -> StatusRLockLost41ffae74RefLostB6fcad0eValue:
        return StatusRLockLost41ffae74RefLostB6fcad0eValue(self.register, raw)

    def read(self) -> RegisterOp[StatusRLockLost41ffae74RefLostB6fcad0eValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, lock_lost: Bit | None = None, ref_lost: Bit | None = None) -> RegisterOp[None]:
        """Write the whole register; a field left out does nothing."""
        return self._write({"lock_lost": lock_lost, "ref_lost": ref_lost})

    def modify(self, *, lock_lost: Bit | None = None, ref_lost: Bit | None = None) -> RegisterOp[StatusRLockLost41ffae74RefLostB6fcad0eValue]:
        """Change the fields given and no other bit."""
        return self._modify({"lock_lost": lock_lost, "ref_lost": ref_lost}, self._value)

    def check(
        self,
        *,
        lock: Bit | None = None,
        ref_present: Bit | None = None,
        lock_lost: Bit | None = None,
        ref_lost: Bit | None = None,
    ) -> RegisterOp[StatusRLockLost41ffae74RefLostB6fcad0eValue]:
        """Compare the fields given."""
        return self._check({"lock": lock, "ref_present": ref_present, "lock_lost": lock_lost, "ref_lost": ref_lost}, self._value)

    def poll(
        self,
        *,
        timeout_s: float,
        lock: Bit | None = None,
        ref_present: Bit | None = None,
        lock_lost: Bit | None = None,
        ref_lost: Bit | None = None,
    ) -> RegisterOp[StatusRLockLost41ffae74RefLostB6fcad0eValue]:
        """Wait for the fields given."""
        return self._poll({"lock": lock, "ref_present": ref_present, "lock_lost": lock_lost, "ref_lost": ref_lost}, self._value, timeout_s=timeout_s)


class IntrEnableRValue(RegisterValue):
    """The word of intr_enable_r."""

    __slots__ = ()

    lock_lost = Bits(int)
    ref_lost = Bits(int)


class IntrEnableR(Register):
    """Which sticky bits of STATUS raise the line.

    - `lock_lost` [8] rw, 0x0 after reset: STATUS.lock_lost raises the line.
    - `ref_lost` [9] rw, 0x0 after reset: STATUS.ref_lost raises the line.
    """

    __slots__ = ()

    def _value(self, raw: int) -> IntrEnableRValue:
        return IntrEnableRValue(self.register, raw)

    def read(self) -> RegisterOp[IntrEnableRValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, lock_lost: Bit, ref_lost: Bit) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write({"lock_lost": lock_lost, "ref_lost": ref_lost})

    def modify(self, *, lock_lost: Bit | None = None, ref_lost: Bit | None = None) -> RegisterOp[IntrEnableRValue]:
        """Change the fields given and no other bit."""
        return self._modify({"lock_lost": lock_lost, "ref_lost": ref_lost}, self._value)

    def check(self, *, lock_lost: Bit | None = None, ref_lost: Bit | None = None) -> RegisterOp[IntrEnableRValue]:
        """Compare the fields given."""
        return self._check({"lock_lost": lock_lost, "ref_lost": ref_lost}, self._value)

    def poll(
        self,
        *,
        timeout_s: float,
        lock_lost: Bit | None = None,
        ref_lost: Bit | None = None,
    ) -> RegisterOp[IntrEnableRValue]:
        """Wait for the fields given."""
        return self._poll({"lock_lost": lock_lost, "ref_lost": ref_lost}, self._value, timeout_s=timeout_s)


class FreqRValue(RegisterValue):
    """The word of freq_r."""

    __slots__ = ()

    khz = Bits(int)


class FreqR(Register):
    """Measured, not computed.

    - `khz` [23:0] r, 0x0 after reset: Output frequency in kHz; 0 while it does not toggle.
    """

    __slots__ = ()

    def _value(self, raw: int) -> FreqRValue:
        return FreqRValue(self.register, raw)

    def read(self) -> RegisterOp[FreqRValue]:
        """Read every field."""
        return self._read(self._value)

    def check(self, *, khz: int | None = None) -> RegisterOp[FreqRValue]:
        """Compare the fields given."""
        return self._check({"khz": khz}, self._value)

    def poll(self, *, timeout_s: float, khz: int | None = None) -> RegisterOp[FreqRValue]:
        """Wait for the fields given."""
        return self._poll({"khz": khz}, self._value, timeout_s=timeout_s)


class PllRegs(TopMap):
    """Multiplies a reference clock; the output is the reference itself while bypassed."""

    __slots__ = ()

    PACKAGE = __name__.rpartition(".")[0]
    IMAGE = "pll.image"

    ID = Member(IdR)  # 0x0
    CTRL = Member(CtrlR)  # 0x4
    DIV = Member(DivR)  # 0x8
    FRAC = Member(FracR)  # 0xc
    LOCKDET = Member(LockdetR)  # 0x10
    STATUS = Member(StatusRLockLost41ffae74RefLostB6fcad0e)  # 0x14
    INTR_ENABLE = Member(IntrEnableR)  # 0x18
    FREQ = Member(FreqR)  # 0x1c
