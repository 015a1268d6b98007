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
        return self._check(("version", "part"), (version, part), self._value)

    def poll(self, *, timeout_s: float, version: int | None = None, part: int | None = None) -> RegisterOp[IdValue]:
        """Wait until the fields are as given."""
        return self._poll(("version", "part"), (version, part), self._value, timeout_s=timeout_s)


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
            ("power_down", "bypass", "fractional", "charge_pump"), (power_down, bypass, fractional, charge_pump)
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
            ("power_down", "bypass", "fractional", "charge_pump"),
            (power_down, bypass, fractional, charge_pump),
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
            ("power_down", "bypass", "fractional", "charge_pump"),
            (power_down, bypass, fractional, charge_pump),
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
            ("power_down", "bypass", "fractional", "charge_pump"),
            (power_down, bypass, fractional, charge_pump),
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
        return self._write(("fbdiv", "refdiv", "postdiv1", "postdiv2"), (fbdiv, refdiv, postdiv1, postdiv2))

    def modify(
        self,
        *,
        fbdiv: int | None = None,
        refdiv: int | None = None,
        postdiv1: int | None = None,
        postdiv2: int | None = None,
    ) -> RegisterOp[DivValue]:
        """Change the fields given and no other bit."""
        return self._modify(
            ("fbdiv", "refdiv", "postdiv1", "postdiv2"), (fbdiv, refdiv, postdiv1, postdiv2), self._value
        )

    def check(
        self,
        *,
        fbdiv: int | None = None,
        refdiv: int | None = None,
        postdiv1: int | None = None,
        postdiv2: int | None = None,
    ) -> RegisterOp[DivValue]:
        """Compare the fields given."""
        return self._check(
            ("fbdiv", "refdiv", "postdiv1", "postdiv2"), (fbdiv, refdiv, postdiv1, postdiv2), self._value
        )

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
            ("fbdiv", "refdiv", "postdiv1", "postdiv2"),
            (fbdiv, refdiv, postdiv1, postdiv2),
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
        return self._write(("frac",), (frac,))

    def modify(self, *, frac: int | None = None) -> RegisterOp[FracValue]:
        """Change the fields given and no other bit."""
        return self._modify(("frac",), (frac,), self._value)

    def check(self, *, frac: int | None = None) -> RegisterOp[FracValue]:
        """Compare the fields given."""
        return self._check(("frac",), (frac,), self._value)

    def poll(self, *, timeout_s: float, frac: int | None = None) -> RegisterOp[FracValue]:
        """Wait until the fields are as given."""
        return self._poll(("frac",), (frac,), self._value, timeout_s=timeout_s)


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
        return self._write(("cycles",), (cycles,))

    def modify(self, *, cycles: int | None = None) -> RegisterOp[LockdetValue]:
        """Change the fields given and no other bit."""
        return self._modify(("cycles",), (cycles,), self._value)

    def check(self, *, cycles: int | None = None) -> RegisterOp[LockdetValue]:
        """Compare the fields given."""
        return self._check(("cycles",), (cycles,), self._value)

    def poll(self, *, timeout_s: float, cycles: int | None = None) -> RegisterOp[LockdetValue]:
        """Wait until the fields are as given."""
        return self._poll(("cycles",), (cycles,), self._value, timeout_s=timeout_s)


class StatusValue(RegisterValue):
    """The word of STATUS."""

    __slots__ = ()

    lock = Bits(int)
    ref_present = Bits(int)
    late = Bits(int)
    lock_lost = Bits(int)
    ref_lost = Bits(int)


class Status(Register):
    """What the PLL does now, and what it did since it was last asked.

    - `lock` [0] r, 0x0 after reset: The VCO follows the reference.
    - `ref_present` [1] r, 0x0 after reset: The reference toggles.
    - `late` [2] r, 0x0 after reset: LOCK_LIMIT went by without lock, and there is none yet.
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
        return self._write(("lock_lost", "ref_lost"), (lock_lost, ref_lost))

    def modify(self, *, lock_lost: Bit | None = None, ref_lost: Bit | None = None) -> RegisterOp[StatusValue]:
        """Change the fields given and no other bit."""
        return self._modify(("lock_lost", "ref_lost"), (lock_lost, ref_lost), self._value)

    def check(
        self,
        *,
        lock: Bit | None = None,
        ref_present: Bit | None = None,
        late: Bit | None = None,
        lock_lost: Bit | None = None,
        ref_lost: Bit | None = None,
    ) -> RegisterOp[StatusValue]:
        """Compare the fields given."""
        return self._check(
            ("lock", "ref_present", "late", "lock_lost", "ref_lost"),
            (lock, ref_present, late, lock_lost, ref_lost),
            self._value,
        )

    def poll(
        self,
        *,
        timeout_s: float,
        lock: Bit | None = None,
        ref_present: Bit | None = None,
        late: Bit | None = None,
        lock_lost: Bit | None = None,
        ref_lost: Bit | None = None,
    ) -> RegisterOp[StatusValue]:
        """Wait until the fields are as given."""
        return self._poll(
            ("lock", "ref_present", "late", "lock_lost", "ref_lost"),
            (lock, ref_present, late, lock_lost, ref_lost),
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
        return self._write(("lock_lost", "ref_lost"), (lock_lost, ref_lost))

    def modify(self, *, lock_lost: Bit | None = None, ref_lost: Bit | None = None) -> RegisterOp[IntrEnableValue]:
        """Change the fields given and no other bit."""
        return self._modify(("lock_lost", "ref_lost"), (lock_lost, ref_lost), self._value)

    def check(self, *, lock_lost: Bit | None = None, ref_lost: Bit | None = None) -> RegisterOp[IntrEnableValue]:
        """Compare the fields given."""
        return self._check(("lock_lost", "ref_lost"), (lock_lost, ref_lost), self._value)

    def poll(
        self,
        *,
        timeout_s: float,
        lock_lost: Bit | None = None,
        ref_lost: Bit | None = None,
    ) -> RegisterOp[IntrEnableValue]:
        """Wait until the fields are as given."""
        return self._poll(("lock_lost", "ref_lost"), (lock_lost, ref_lost), self._value, timeout_s=timeout_s)


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
        return self._check(("khz",), (khz,), self._value)

    def poll(self, *, timeout_s: float, khz: int | None = None) -> RegisterOp[FreqValue]:
        """Wait until the fields are as given."""
        return self._poll(("khz",), (khz,), self._value, timeout_s=timeout_s)


class IntrTest(Register):
    """Raises sticky bits of STATUS, to try the line.

    - `lock_lost` [8] w singlepulse, 0x0 after reset: Raises STATUS.lock_lost.
    - `ref_lost` [9] w singlepulse, 0x0 after reset: Raises STATUS.ref_lost.
    """

    __slots__ = ()

    def write(self, *, lock_lost: Bit | None = None, ref_lost: Bit | None = None) -> RegisterOp[None]:
        """Write the whole register; a field left out does nothing."""
        return self._write(("lock_lost", "ref_lost"), (lock_lost, ref_lost))


class RefFreqValue(RegisterValue):
    """The word of REF_FREQ."""

    __slots__ = ()

    khz = Bits(int)


class RefFreq(Register):
    """Measured with the PLL's own slow oscillator: good to 1 %.

    - `khz` [19:0] r, 0x0 after reset: Frequency of the reference in kHz; 0 while it does not toggle.
    """

    __slots__ = ()

    def _value(self, raw: int) -> RefFreqValue:
        return RefFreqValue(self.register, raw)

    def read(self) -> RegisterOp[RefFreqValue]:
        """Read every field."""
        return self._read(self._value)

    def check(self, *, khz: int | None = None) -> RegisterOp[RefFreqValue]:
        """Compare the fields given."""
        return self._check(("khz",), (khz,), self._value)

    def poll(self, *, timeout_s: float, khz: int | None = None) -> RegisterOp[RefFreqValue]:
        """Wait until the fields are as given."""
        return self._poll(("khz",), (khz,), self._value, timeout_s=timeout_s)


class LockWindowE(IntEnum):
    """Values of lock_window_e."""

    PS_500 = 0  # 500 ps: a clean reference and no spread.
    NS_1 = 1  # 1 ns.
    NS_2 = 2  # 2 ns: the least that spread passes.
    NS_4 = 3  # 4 ns.


class LockWindowValue(RegisterValue):
    """The word of LOCK_WINDOW."""

    __slots__ = ()

    width = Bits(LockWindowE)
    slips = Bits(int)


class LockWindow(Register):
    """What counts as a slip.

    - `width` [1:0] rw, 0x1 after reset: How far apart edges of reference and feedback may be.
    - `slips` [15:8] rw, 0x4 after reset: Slips in a row that end the lock; 1..255.
    """

    __slots__ = ()

    def _value(self, raw: int) -> LockWindowValue:
        return LockWindowValue(self.register, raw)

    def read(self) -> RegisterOp[LockWindowValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, width: LockWindowE, slips: int) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(("width", "slips"), (width, slips))

    def modify(self, *, width: LockWindowE | None = None, slips: int | None = None) -> RegisterOp[LockWindowValue]:
        """Change the fields given and no other bit."""
        return self._modify(("width", "slips"), (width, slips), self._value)

    def check(self, *, width: LockWindowE | None = None, slips: int | None = None) -> RegisterOp[LockWindowValue]:
        """Compare the fields given."""
        return self._check(("width", "slips"), (width, slips), self._value)

    def poll(
        self,
        *,
        timeout_s: float,
        width: LockWindowE | None = None,
        slips: int | None = None,
    ) -> RegisterOp[LockWindowValue]:
        """Wait until the fields are as given."""
        return self._poll(("width", "slips"), (width, slips), self._value, timeout_s=timeout_s)


class LockLimitValue(RegisterValue):
    """The word of LOCK_LIMIT."""

    __slots__ = ()

    cycles = Bits(int)


class LockLimit(Register):
    """How long lock may take.

    - `cycles` [23:0] rw, 0x0 after reset: Reference cycles; 0: any time.
    """

    __slots__ = ()

    def _value(self, raw: int) -> LockLimitValue:
        return LockLimitValue(self.register, raw)

    def read(self) -> RegisterOp[LockLimitValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, cycles: int) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(("cycles",), (cycles,))

    def modify(self, *, cycles: int | None = None) -> RegisterOp[LockLimitValue]:
        """Change the fields given and no other bit."""
        return self._modify(("cycles",), (cycles,), self._value)

    def check(self, *, cycles: int | None = None) -> RegisterOp[LockLimitValue]:
        """Compare the fields given."""
        return self._check(("cycles",), (cycles,), self._value)

    def poll(self, *, timeout_s: float, cycles: int | None = None) -> RegisterOp[LockLimitValue]:
        """Wait until the fields are as given."""
        return self._poll(("cycles",), (cycles,), self._value, timeout_s=timeout_s)


class LockTimeValue(RegisterValue):
    """The word of LOCK_TIME."""

    __slots__ = ()

    cycles = Bits(int)


class LockTime(Register):
    """How long lock took, the last time.

    - `cycles` [23:0] r, 0x0 after reset: Reference cycles, stays at its end; 0: there was no lock yet.
    """

    __slots__ = ()

    def _value(self, raw: int) -> LockTimeValue:
        return LockTimeValue(self.register, raw)

    def read(self) -> RegisterOp[LockTimeValue]:
        """Read every field."""
        return self._read(self._value)

    def check(self, *, cycles: int | None = None) -> RegisterOp[LockTimeValue]:
        """Compare the fields given."""
        return self._check(("cycles",), (cycles,), self._value)

    def poll(self, *, timeout_s: float, cycles: int | None = None) -> RegisterOp[LockTimeValue]:
        """Wait until the fields are as given."""
        return self._poll(("cycles",), (cycles,), self._value, timeout_s=timeout_s)


class BandE(IntEnum):
    """Values of band_e."""

    MHZ_750 = 0  # 750..1300 MHz.
    MHZ_1200 = 1  # 1200..1900 MHz.
    MHZ_1800 = 2  # 1800..2600 MHz.
    MHZ_2500 = 3  # 2500..3300 MHz.


class BandValue(RegisterValue):
    """The word of BAND."""

    __slots__ = ()

    search = Bits(int)
    band = Bits(BandE)
    trim = Bits(int)


class Band(Register):
    """Which frequencies the VCO reaches.

    - `search` [0] rw, 0x1 after reset: The hardware searches a band before each lock, and does not look at `band`.
    - `band` [5:4] rw, 0x0 after reset: Where the VCO runs.
    - `trim` [12:8] rw, 0x10 after reset: Shifts the band: 16 does not, each step by 1/32 of its width.
    """

    __slots__ = ()

    def _value(self, raw: int) -> BandValue:
        return BandValue(self.register, raw)

    def read(self) -> RegisterOp[BandValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, search: Bit, band: BandE, trim: int) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(("search", "band", "trim"), (search, band, trim))

    def modify(
        self,
        *,
        search: Bit | None = None,
        band: BandE | None = None,
        trim: int | None = None,
    ) -> RegisterOp[BandValue]:
        """Change the fields given and no other bit."""
        return self._modify(("search", "band", "trim"), (search, band, trim), self._value)

    def check(
        self,
        *,
        search: Bit | None = None,
        band: BandE | None = None,
        trim: int | None = None,
    ) -> RegisterOp[BandValue]:
        """Compare the fields given."""
        return self._check(("search", "band", "trim"), (search, band, trim), self._value)

    def poll(
        self,
        *,
        timeout_s: float,
        search: Bit | None = None,
        band: BandE | None = None,
        trim: int | None = None,
    ) -> RegisterOp[BandValue]:
        """Wait until the fields are as given."""
        return self._poll(("search", "band", "trim"), (search, band, trim), self._value, timeout_s=timeout_s)


class VcoValue(RegisterValue):
    """The word of VCO."""

    __slots__ = ()

    band = Bits(BandE)
    low = Bits(int)
    high = Bits(int)
    control = Bits(int)


class Vco(Register):
    """Where in its band the VCO is held; 0 without lock.

    - `band` [1:0] r, 0x0 after reset: The band that is used.
    - `low` [8] r, 0x0 after reset: The control voltage is near its lower end: heat or age will end the lock.
    - `high` [9] r, 0x0 after reset: The control voltage is near its upper end.
    - `control` [25:16] r, 0x0 after reset: Control voltage; 0 and 1023 are the ends.
    """

    __slots__ = ()

    def _value(self, raw: int) -> VcoValue:
        return VcoValue(self.register, raw)

    def read(self) -> RegisterOp[VcoValue]:
        """Read every field."""
        return self._read(self._value)

    def check(
        self,
        *,
        band: BandE | None = None,
        low: Bit | None = None,
        high: Bit | None = None,
        control: int | None = None,
    ) -> RegisterOp[VcoValue]:
        """Compare the fields given."""
        return self._check(("band", "low", "high", "control"), (band, low, high, control), self._value)

    def poll(
        self,
        *,
        timeout_s: float,
        band: BandE | None = None,
        low: Bit | None = None,
        high: Bit | None = None,
        control: int | None = None,
    ) -> RegisterOp[VcoValue]:
        """Wait until the fields are as given."""
        return self._poll(
            ("band", "low", "high", "control"), (band, low, high, control), self._value, timeout_s=timeout_s
        )


class SscValue(RegisterValue):
    """The word of SSC."""

    __slots__ = ()

    enable = Bits(int)
    down = Bits(int)
    depth = Bits(int)
    cycles = Bits(int)


class Ssc(Register):
    """Spread spectrum: the fractional modulator sweeps the frequency in a triangle.

    - `enable` [0] rw, 0x0 after reset: It sweeps.
    - `down` [1] rw, 0x1 after reset: Below the frequency that the dividers make; else around it.
    - `depth` [11:4] rw, 0x0 after reset: From end to end, in units of 0.01 %; 0..200.
    - `cycles` [31:16] rw, 0x0 after reset: Reference cycles of one sweep.
    """

    __slots__ = ()

    def _value(self, raw: int) -> SscValue:
        return SscValue(self.register, raw)

    def read(self) -> RegisterOp[SscValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, enable: Bit, down: Bit, depth: int, cycles: int) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(("enable", "down", "depth", "cycles"), (enable, down, depth, cycles))

    def modify(
        self,
        *,
        enable: Bit | None = None,
        down: Bit | None = None,
        depth: int | None = None,
        cycles: int | None = None,
    ) -> RegisterOp[SscValue]:
        """Change the fields given and no other bit."""
        return self._modify(("enable", "down", "depth", "cycles"), (enable, down, depth, cycles), self._value)

    def check(
        self,
        *,
        enable: Bit | None = None,
        down: Bit | None = None,
        depth: int | None = None,
        cycles: int | None = None,
    ) -> RegisterOp[SscValue]:
        """Compare the fields given."""
        return self._check(("enable", "down", "depth", "cycles"), (enable, down, depth, cycles), self._value)

    def poll(
        self,
        *,
        timeout_s: float,
        enable: Bit | None = None,
        down: Bit | None = None,
        depth: int | None = None,
        cycles: int | None = None,
    ) -> RegisterOp[SscValue]:
        """Wait until the fields are as given."""
        return self._poll(
            ("enable", "down", "depth", "cycles"), (enable, down, depth, cycles), self._value, timeout_s=timeout_s
        )


class EventsValue(RegisterValue):
    """The word of EVENTS."""

    __slots__ = ()

    unlocks = Bits(int)
    ref_losses = Bits(int)


class Events(Register):
    """How often something happened; saturates, and any write clears it.

    - `unlocks` [15:0] rw wclr, 0x0 after reset: Locks that were lost, driving or not.
    - `ref_losses` [31:16] rw wclr, 0x0 after reset: References that were lost under power.
    """

    __slots__ = ()

    def _value(self, raw: int) -> EventsValue:
        return EventsValue(self.register, raw)

    def read(self) -> RegisterOp[EventsValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, unlocks: int, ref_losses: int) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(("unlocks", "ref_losses"), (unlocks, ref_losses))

    def modify(self, *, unlocks: int, ref_losses: int) -> RegisterOp[EventsValue]:
        """Change the fields given and no other bit."""
        return self._modify(("unlocks", "ref_losses"), (unlocks, ref_losses), self._value)

    def check(self, *, unlocks: int | None = None, ref_losses: int | None = None) -> RegisterOp[EventsValue]:
        """Compare the fields given."""
        return self._check(("unlocks", "ref_losses"), (unlocks, ref_losses), self._value)

    def poll(
        self,
        *,
        timeout_s: float,
        unlocks: int | None = None,
        ref_losses: int | None = None,
    ) -> RegisterOp[EventsValue]:
        """Wait until the fields are as given."""
        return self._poll(("unlocks", "ref_losses"), (unlocks, ref_losses), self._value, timeout_s=timeout_s)


class CauseE(IntEnum):
    """Values of cause_e."""

    NONE = 0  # Nothing failed.
    LOCK_LOST = 1  # Lock was lost while the VCO drove the output.
    REF_LOST = 2  # The reference was lost while the VCO was powered.
    LATE = 3  # LOCK_LIMIT went by without lock.


class ErrLogValue(RegisterValue):
    """The word of ERR_LOG."""

    __slots__ = ()

    cause = Bits(CauseE)
    driving = Bits(int)
    control = Bits(int)
    valid = Bits(int)


class ErrLog(Register):
    """What failed first; kept until valid is cleared.

    - `cause` [1:0] r, 0x0 after reset: What.
    - `driving` [8] r, 0x0 after reset: The VCO drove the output then.
    - `control` [25:16] r, 0x0 after reset: Control voltage then, as in VCO.
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
        driving: Bit | None = None,
        control: int | None = None,
        valid: Bit | None = None,
    ) -> RegisterOp[ErrLogValue]:
        """Compare the fields given."""
        return self._check(("cause", "driving", "control", "valid"), (cause, driving, control, valid), self._value)

    def poll(
        self,
        *,
        timeout_s: float,
        cause: CauseE | None = None,
        driving: Bit | None = None,
        control: int | None = None,
        valid: Bit | None = None,
    ) -> RegisterOp[ErrLogValue]:
        """Wait until the fields are as given."""
        return self._poll(
            ("cause", "driving", "control", "valid"), (cause, driving, control, valid), self._value, timeout_s=timeout_s
        )


class PadSourceE(IntEnum):
    """Values of pad_source_e."""

    REFERENCE = 0  # The reference.
    COMPARED = 1  # The reference behind its divider, as the phase detector sees it.
    VCO = 2  # The VCO.
    OUTPUT = 3  # What the PLL gives to its users.


class TestValue(RegisterValue):
    """The word of TEST."""

    __slots__ = ()

    drive = Bits(int)
    source = Bits(PadSourceE)
    open_loop = Bits(int)
    order = Bits(int)


class Test(Register):
    """For the bench; all 0 in use.

    - `drive` [0] rw, 0x0 after reset: The test pad is driven.
    - `source` [5:4] rw, 0x0 after reset: What with.
    - `open_loop` [8] rw, 0x0 after reset: The loop is open: the VCO runs free, and there is no lock.
    - `order` [15:12] rw, 0x0 after reset: Divider of the test pad, 2^order.
    """

    __slots__ = ()

    def _value(self, raw: int) -> TestValue:
        return TestValue(self.register, raw)

    def read(self) -> RegisterOp[TestValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, drive: Bit, source: PadSourceE, open_loop: Bit, order: int) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(("drive", "source", "open_loop", "order"), (drive, source, open_loop, order))

    def modify(
        self,
        *,
        drive: Bit | None = None,
        source: PadSourceE | None = None,
        open_loop: Bit | None = None,
        order: int | None = None,
    ) -> RegisterOp[TestValue]:
        """Change the fields given and no other bit."""
        return self._modify(("drive", "source", "open_loop", "order"), (drive, source, open_loop, order), self._value)

    def check(
        self,
        *,
        drive: Bit | None = None,
        source: PadSourceE | None = None,
        open_loop: Bit | None = None,
        order: int | None = None,
    ) -> RegisterOp[TestValue]:
        """Compare the fields given."""
        return self._check(("drive", "source", "open_loop", "order"), (drive, source, open_loop, order), self._value)

    def poll(
        self,
        *,
        timeout_s: float,
        drive: Bit | None = None,
        source: PadSourceE | None = None,
        open_loop: Bit | None = None,
        order: int | None = None,
    ) -> RegisterOp[TestValue]:
        """Wait until the fields are as given."""
        return self._poll(
            ("drive", "source", "open_loop", "order"),
            (drive, source, open_loop, order),
            self._value,
            timeout_s=timeout_s,
        )


class TestFreqValue(RegisterValue):
    """The word of TEST_FREQ."""

    __slots__ = ()

    khz = Bits(int)


class TestFreq(Register):
    """Measured at the test pad.

    - `khz` [23:0] r, 0x0 after reset: In kHz; 0 while it is not driven.
    """

    __slots__ = ()

    def _value(self, raw: int) -> TestFreqValue:
        return TestFreqValue(self.register, raw)

    def read(self) -> RegisterOp[TestFreqValue]:
        """Read every field."""
        return self._read(self._value)

    def check(self, *, khz: int | None = None) -> RegisterOp[TestFreqValue]:
        """Compare the fields given."""
        return self._check(("khz",), (khz,), self._value)

    def poll(self, *, timeout_s: float, khz: int | None = None) -> RegisterOp[TestFreqValue]:
        """Wait until the fields are as given."""
        return self._poll(("khz",), (khz,), self._value, timeout_s=timeout_s)


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
    """Closes until the next reset. (That the VCO follows the reference is STATUS.lock.)

    - `config` [0] rw woset, 0x0 after reset: What the loop is made of takes no write: dividers, modulator, pump, lock
      detector, band.
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
    INTR_TEST = Member(IntrTest)  # 0x20
    REF_FREQ = Member(RefFreq)  # 0x24
    LOCK_WINDOW = Member(LockWindow)  # 0x28
    LOCK_LIMIT = Member(LockLimit)  # 0x2c
    LOCK_TIME = Member(LockTime)  # 0x30
    BAND = Member(Band)  # 0x34
    VCO = Member(Vco)  # 0x38
    SSC = Member(Ssc)  # 0x3c
    EVENTS = Member(Events)  # 0x40
    ERR_LOG = Member(ErrLog)  # 0x44
    TEST = Member(Test)  # 0x48
    TEST_FREQ = Member(TestFreq)  # 0x4c
    SCRATCH = Member(Scratch)  # 0x50
    LOCK = Member(Lock)  # 0x54
