"""Generated from prci.rdl by firstlight registers generate; do not edit."""

from __future__ import annotations

from enum import IntEnum

from registers.access import RegisterOp
from registers.handles import Bit, Bits, Member, Register, RegisterValue, TopMap


class HfxosccfgValue(RegisterValue):
    """The word of HFXOSCCFG."""

    __slots__ = ()

    hfxoscen = Bits(int)
    hfxoscrdy = Bits(int)


class Hfxosccfg(Register):
    """Crystal oscillator. Source: FU540-C000 manual, Clocking and Reset, hfxosccfg.

    - `hfxoscen` [30] rw, 0x1 after reset: The oscillator is driven.
    - `hfxoscrdy` [31] r: Its output is stable.
    """

    __slots__ = ()

    def _value(self, raw: int) -> HfxosccfgValue:
        return HfxosccfgValue(self.register, raw)

    def read(self) -> RegisterOp[HfxosccfgValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, hfxoscen: Bit) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(("hfxoscen",), (hfxoscen,))

    def modify(self, *, hfxoscen: Bit | None = None) -> RegisterOp[HfxosccfgValue]:
        """Change the fields given and no other bit."""
        return self._modify(("hfxoscen",), (hfxoscen,), self._value)

    def check(self, *, hfxoscen: Bit | None = None, hfxoscrdy: Bit | None = None) -> RegisterOp[HfxosccfgValue]:
        """Compare the fields given."""
        return self._check(("hfxoscen", "hfxoscrdy"), (hfxoscen, hfxoscrdy), self._value)

    def poll(
        self,
        *,
        timeout_s: float,
        hfxoscen: Bit | None = None,
        hfxoscrdy: Bit | None = None,
    ) -> RegisterOp[HfxosccfgValue]:
        """Wait until the fields are as given."""
        return self._poll(("hfxoscen", "hfxoscrdy"), (hfxoscen, hfxoscrdy), self._value, timeout_s=timeout_s)


class PllRange(IntEnum):
    """Values of pll_range."""

    FILTER_BYPASS = 0  # The loop filter is bypassed.
    MHZ_7_11 = 1  # 7 to 11 MHz.
    MHZ_11_18 = 2  # 11 to 18 MHz.
    MHZ_18_30 = 3  # 18 to 30 MHz.
    MHZ_30_50 = 4  # 30 to 50 MHz.
    MHZ_50_80 = 5  # 50 to 80 MHz.
    MHZ_80_130 = 6  # 80 to 130 MHz.
    MHZ_130_200 = 7  # 130 to 200 MHz.


class Pllcfg0RValue(RegisterValue):
    """The word of pllcfg0_r."""

    __slots__ = ()

    divr = Bits(int)
    divf = Bits(int)
    divq = Bits(int)
    range = Bits(PllRange)
    bypass = Bits(int)
    fse = Bits(int)
    lock = Bits(int)


class Pllcfg0R(Register):
    """Dividers and state of one PLL: output = reference / (divr + 1) * 2 * (divf + 1) / 2^divq. Source: FU540-C000

    manual, Clocking and Reset, corepllcfg0, ddrpllcfg0, gemgxlpllcfg0.

    - `divr` [5:0] rw, 0x1 after reset: Reference divider, less one.
    - `divf` [14:6] rw, 0x1f after reset: Half the feedback divider, less one.
    - `divq` [17:15] rw, 0x3 after reset: Output divider, as a power of two; 1..6.
    - `range` [20:18] rw, 0x0 after reset: Loop filter.
    - `bypass` [24] rw, 0x1 after reset: The output is the reference.
    - `fse` [25] rw, 0x1 after reset: Internal feedback; the chip has no other.
    - `lock` [31] r: The VCO follows the reference.
    """

    __slots__ = ()

    def _value(self, raw: int) -> Pllcfg0RValue:
        return Pllcfg0RValue(self.register, raw)

    def read(self) -> RegisterOp[Pllcfg0RValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, divr: int, divf: int, divq: int, range: PllRange, bypass: Bit, fse: Bit) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(("divr", "divf", "divq", "range", "bypass", "fse"), (divr, divf, divq, range, bypass, fse))

    def modify(
        self,
        *,
        divr: int | None = None,
        divf: int | None = None,
        divq: int | None = None,
        range: PllRange | None = None,
        bypass: Bit | None = None,
        fse: Bit | None = None,
    ) -> RegisterOp[Pllcfg0RValue]:
        """Change the fields given and no other bit."""
        return self._modify(
            ("divr", "divf", "divq", "range", "bypass", "fse"), (divr, divf, divq, range, bypass, fse), self._value
        )

    def check(
        self,
        *,
        divr: int | None = None,
        divf: int | None = None,
        divq: int | None = None,
        range: PllRange | None = None,
        bypass: Bit | None = None,
        fse: Bit | None = None,
        lock: Bit | None = None,
    ) -> RegisterOp[Pllcfg0RValue]:
        """Compare the fields given."""
        return self._check(
            ("divr", "divf", "divq", "range", "bypass", "fse", "lock"),
            (divr, divf, divq, range, bypass, fse, lock),
            self._value,
        )

    def poll(
        self,
        *,
        timeout_s: float,
        divr: int | None = None,
        divf: int | None = None,
        divq: int | None = None,
        range: PllRange | None = None,
        bypass: Bit | None = None,
        fse: Bit | None = None,
        lock: Bit | None = None,
    ) -> RegisterOp[Pllcfg0RValue]:
        """Wait until the fields are as given."""
        return self._poll(
            ("divr", "divf", "divq", "range", "bypass", "fse", "lock"),
            (divr, divf, divq, range, bypass, fse, lock),
            self._value,
            timeout_s=timeout_s,
        )


class Pllcfg1RValue(RegisterValue):
    """The word of pllcfg1_r."""

    __slots__ = ()

    cke = Bits(int)


class Pllcfg1R(Register):
    """Output gate of one PLL. Source: FU540-C000 manual, Clocking and Reset, ddrpllcfg1, gemgxlpllcfg1.

    - `cke` [31] rw, 0x0 after reset: The output clock is driven.
    """

    __slots__ = ()

    def _value(self, raw: int) -> Pllcfg1RValue:
        return Pllcfg1RValue(self.register, raw)

    def read(self) -> RegisterOp[Pllcfg1RValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, cke: Bit) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(("cke",), (cke,))

    def modify(self, *, cke: Bit | None = None) -> RegisterOp[Pllcfg1RValue]:
        """Change the fields given and no other bit."""
        return self._modify(("cke",), (cke,), self._value)

    def check(self, *, cke: Bit | None = None) -> RegisterOp[Pllcfg1RValue]:
        """Compare the fields given."""
        return self._check(("cke",), (cke,), self._value)

    def poll(self, *, timeout_s: float, cke: Bit | None = None) -> RegisterOp[Pllcfg1RValue]:
        """Wait until the fields are as given."""
        return self._poll(("cke",), (cke,), self._value, timeout_s=timeout_s)


class CoreClock(IntEnum):
    """Values of core_clock."""

    CORE_PLL = 0  # The output of the core PLL.
    HFCLK = 1  # The crystal oscillator itself, 33.33 MHz.


class CoreclkselValue(RegisterValue):
    """The word of CORECLKSEL."""

    __slots__ = ()

    source = Bits(CoreClock)


class Coreclksel(Register):
    """What clocks the cores, and at half the rate the buses. Source: FU540-C000 manual, Clocking and Reset,

    coreclksel.

    - `source` [0] rw, 0x1 after reset: Of the glitch-free mux.
    """

    __slots__ = ()

    def _value(self, raw: int) -> CoreclkselValue:
        return CoreclkselValue(self.register, raw)

    def read(self) -> RegisterOp[CoreclkselValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, source: CoreClock) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(("source",), (source,))

    def modify(self, *, source: CoreClock | None = None) -> RegisterOp[CoreclkselValue]:
        """Change the fields given and no other bit."""
        return self._modify(("source",), (source,), self._value)

    def check(self, *, source: CoreClock | None = None) -> RegisterOp[CoreclkselValue]:
        """Compare the fields given."""
        return self._check(("source",), (source,), self._value)

    def poll(self, *, timeout_s: float, source: CoreClock | None = None) -> RegisterOp[CoreclkselValue]:
        """Wait until the fields are as given."""
        return self._poll(("source",), (source,), self._value, timeout_s=timeout_s)


class DevicesresetValue(RegisterValue):
    """The word of DEVICESRESET."""

    __slots__ = ()

    ddr_ctrl_rst_n = Bits(int)
    ddr_axi_rst_n = Bits(int)
    ddr_ahb_rst_n = Bits(int)
    ddr_phy_rst_n = Bits(int)
    gemgxl_rst_n = Bits(int)


class Devicesreset(Register):
    """Resets of devices, each active low. Source: FU540-C000 manual, Clocking and Reset, devicesresetreg.

    - `ddr_ctrl_rst_n` [0] rw, 0x0 after reset: DDR controller.
    - `ddr_axi_rst_n` [1] rw, 0x0 after reset: DDR controller's AXI port.
    - `ddr_ahb_rst_n` [2] rw, 0x0 after reset: DDR controller's AHB port.
    - `ddr_phy_rst_n` [3] rw, 0x0 after reset: DDR PHY.
    - `gemgxl_rst_n` [5] rw, 0x0 after reset: Gigabit Ethernet.
    """

    __slots__ = ()

    def _value(self, raw: int) -> DevicesresetValue:
        return DevicesresetValue(self.register, raw)

    def read(self) -> RegisterOp[DevicesresetValue]:
        """Read every field."""
        return self._read(self._value)

    def write(
        self,
        *,
        ddr_ctrl_rst_n: Bit,
        ddr_axi_rst_n: Bit,
        ddr_ahb_rst_n: Bit,
        ddr_phy_rst_n: Bit,
        gemgxl_rst_n: Bit,
    ) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(
            ("ddr_ctrl_rst_n", "ddr_axi_rst_n", "ddr_ahb_rst_n", "ddr_phy_rst_n", "gemgxl_rst_n"),
            (ddr_ctrl_rst_n, ddr_axi_rst_n, ddr_ahb_rst_n, ddr_phy_rst_n, gemgxl_rst_n),
        )

    def modify(
        self,
        *,
        ddr_ctrl_rst_n: Bit | None = None,
        ddr_axi_rst_n: Bit | None = None,
        ddr_ahb_rst_n: Bit | None = None,
        ddr_phy_rst_n: Bit | None = None,
        gemgxl_rst_n: Bit | None = None,
    ) -> RegisterOp[DevicesresetValue]:
        """Change the fields given and no other bit."""
        return self._modify(
            ("ddr_ctrl_rst_n", "ddr_axi_rst_n", "ddr_ahb_rst_n", "ddr_phy_rst_n", "gemgxl_rst_n"),
            (ddr_ctrl_rst_n, ddr_axi_rst_n, ddr_ahb_rst_n, ddr_phy_rst_n, gemgxl_rst_n),
            self._value,
        )

    def check(
        self,
        *,
        ddr_ctrl_rst_n: Bit | None = None,
        ddr_axi_rst_n: Bit | None = None,
        ddr_ahb_rst_n: Bit | None = None,
        ddr_phy_rst_n: Bit | None = None,
        gemgxl_rst_n: Bit | None = None,
    ) -> RegisterOp[DevicesresetValue]:
        """Compare the fields given."""
        return self._check(
            ("ddr_ctrl_rst_n", "ddr_axi_rst_n", "ddr_ahb_rst_n", "ddr_phy_rst_n", "gemgxl_rst_n"),
            (ddr_ctrl_rst_n, ddr_axi_rst_n, ddr_ahb_rst_n, ddr_phy_rst_n, gemgxl_rst_n),
            self._value,
        )

    def poll(
        self,
        *,
        timeout_s: float,
        ddr_ctrl_rst_n: Bit | None = None,
        ddr_axi_rst_n: Bit | None = None,
        ddr_ahb_rst_n: Bit | None = None,
        ddr_phy_rst_n: Bit | None = None,
        gemgxl_rst_n: Bit | None = None,
    ) -> RegisterOp[DevicesresetValue]:
        """Wait until the fields are as given."""
        return self._poll(
            ("ddr_ctrl_rst_n", "ddr_axi_rst_n", "ddr_ahb_rst_n", "ddr_phy_rst_n", "gemgxl_rst_n"),
            (ddr_ctrl_rst_n, ddr_axi_rst_n, ddr_ahb_rst_n, ddr_phy_rst_n, gemgxl_rst_n),
            self._value,
            timeout_s=timeout_s,
        )


class ClkmuxstatusValue(RegisterValue):
    """The word of CLKMUXSTATUS."""

    __slots__ = ()

    coreclkpllsel = Bits(int)
    tlclksel = Bits(int)
    rtcxsel = Bits(int)
    ddrctrlclksel = Bits(int)
    ddrphyclksel = Bits(int)
    gemgxlclksel = Bits(int)
    mainmemclksel = Bits(int)


class Clkmuxstatus(Register):
    """Where each mux stands. Source: FU540-C000 manual, Clocking and Reset, clkmuxstatusreg.

    - `coreclkpllsel` [0] r: Of the core clock.
    - `tlclksel` [1] r: Of the bus clock: 0 half the core clock, 1 the core clock.
    - `rtcxsel` [2] r: Of the real-time clock.
    - `ddrctrlclksel` [3] r: Of the DDR controller's clock.
    - `ddrphyclksel` [4] r: Of the DDR PHY's clock.
    - `gemgxlclksel` [6] r: Of the Ethernet clock.
    - `mainmemclksel` [7] r: Of the main memory's clock.
    """

    __slots__ = ()

    def _value(self, raw: int) -> ClkmuxstatusValue:
        return ClkmuxstatusValue(self.register, raw)

    def read(self) -> RegisterOp[ClkmuxstatusValue]:
        """Read every field."""
        return self._read(self._value)

    def check(
        self,
        *,
        coreclkpllsel: Bit | None = None,
        tlclksel: Bit | None = None,
        rtcxsel: Bit | None = None,
        ddrctrlclksel: Bit | None = None,
        ddrphyclksel: Bit | None = None,
        gemgxlclksel: Bit | None = None,
        mainmemclksel: Bit | None = None,
    ) -> RegisterOp[ClkmuxstatusValue]:
        """Compare the fields given."""
        return self._check(
            ("coreclkpllsel", "tlclksel", "rtcxsel", "ddrctrlclksel", "ddrphyclksel", "gemgxlclksel", "mainmemclksel"),
            (coreclkpllsel, tlclksel, rtcxsel, ddrctrlclksel, ddrphyclksel, gemgxlclksel, mainmemclksel),
            self._value,
        )

    def poll(
        self,
        *,
        timeout_s: float,
        coreclkpllsel: Bit | None = None,
        tlclksel: Bit | None = None,
        rtcxsel: Bit | None = None,
        ddrctrlclksel: Bit | None = None,
        ddrphyclksel: Bit | None = None,
        gemgxlclksel: Bit | None = None,
        mainmemclksel: Bit | None = None,
    ) -> RegisterOp[ClkmuxstatusValue]:
        """Wait until the fields are as given."""
        return self._poll(
            ("coreclkpllsel", "tlclksel", "rtcxsel", "ddrctrlclksel", "ddrphyclksel", "gemgxlclksel", "mainmemclksel"),
            (coreclkpllsel, tlclksel, rtcxsel, ddrctrlclksel, ddrphyclksel, gemgxlclksel, mainmemclksel),
            self._value,
            timeout_s=timeout_s,
        )


class PrciRegs(TopMap):
    """Oscillator, PLLs, clock muxes and device resets of the FU540. Source: FU540-C000 manual, Clocking and Reset."""

    __slots__ = ()

    PACKAGE = __name__.rpartition(".")[0]
    IMAGE = "prci.image"

    HFXOSCCFG = Member(Hfxosccfg)  # 0x0
    COREPLLCFG0 = Member(Pllcfg0R)  # 0x4
    DDRPLLCFG0 = Member(Pllcfg0R)  # 0xc
    DDRPLLCFG1 = Member(Pllcfg1R)  # 0x10
    GEMGXLPLLCFG0 = Member(Pllcfg0R)  # 0x1c
    GEMGXLPLLCFG1 = Member(Pllcfg1R)  # 0x20
    CORECLKSEL = Member(Coreclksel)  # 0x24
    DEVICESRESET = Member(Devicesreset)  # 0x28
    CLKMUXSTATUS = Member(Clkmuxstatus)  # 0x2c
