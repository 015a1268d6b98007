"""Generated from crg.rdl by firstlight registers generate; do not edit."""

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
    - `part` [31:16] r, 0x4352 after reset: ASCII 'CR'.
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


class SourceE(IntEnum):
    """Values of source_e."""

    REFERENCE = 0  # The always-on reference.
    PLL = 1  # The cluster's PLL.


class ClkSelRValue(RegisterValue):
    """The word of clk_sel_r."""

    __slots__ = ()

    source = Bits(SourceE)


class ClkSelR(Register):
    """The clock that is wanted. The multiplexer waits for an edge of both clocks.

    - `source` [0] rw, 0x0 after reset: Wanted source.
    """

    __slots__ = ()

    def _value(self, raw: int) -> ClkSelRValue:
        return ClkSelRValue(self.register, raw)

    def read(self) -> RegisterOp[ClkSelRValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, source: SourceE) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write({"source": source})

    def modify(self, *, source: SourceE | None = None) -> RegisterOp[ClkSelRValue]:
        """Change the fields given and no other bit."""
        return self._modify({"source": source}, self._value)

    def check(self, *, source: SourceE | None = None) -> RegisterOp[ClkSelRValue]:
        """Compare the fields given."""
        return self._check({"source": source}, self._value)

    def poll(self, *, timeout_s: float, source: SourceE | None = None) -> RegisterOp[ClkSelRValue]:
        """Wait for the fields given."""
        return self._poll({"source": source}, self._value, timeout_s=timeout_s)


class ClkDivRValue(RegisterValue):
    """The word of clk_div_r."""

    __slots__ = ()

    divider = Bits(int)


class ClkDivR(Register):
    """Divider behind the multiplexer.

    - `divider` [3:0] rw, 0x1 after reset: 1..15.
    """

    __slots__ = ()

    def _value(self, raw: int) -> ClkDivRValue:
        return ClkDivRValue(self.register, raw)

    def read(self) -> RegisterOp[ClkDivRValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, divider: int) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write({"divider": divider})

    def modify(self, *, divider: int | None = None) -> RegisterOp[ClkDivRValue]:
        """Change the fields given and no other bit."""
        return self._modify({"divider": divider}, self._value)

    def check(self, *, divider: int | None = None) -> RegisterOp[ClkDivRValue]:
        """Compare the fields given."""
        return self._check({"divider": divider}, self._value)

    def poll(self, *, timeout_s: float, divider: int | None = None) -> RegisterOp[ClkDivRValue]:
        """Wait for the fields given."""
        return self._poll({"divider": divider}, self._value, timeout_s=timeout_s)


class ClkGateRValue(RegisterValue):
    """The word of clk_gate_r."""

    __slots__ = ()

    noc = Bits(int)
    sram = Bits(int)
    core = Bits(int)


class ClkGateR(Register):
    """1 lets a domain's clock through.

    - `noc` [0] rw, 0x0 after reset: Fabric interface.
    - `sram` [1] rw, 0x0 after reset: Memories.
    - `core` [2] rw, 0x0 after reset: Cores.
    """

    __slots__ = ()

    def _value(self, raw: int) -> ClkGateRValue:
        return ClkGateRValue(self.register, raw)

    def read(self) -> RegisterOp[ClkGateRValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, noc: Bit, sram: Bit, core: Bit) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write({"noc": noc, "sram": sram, "core": core})

    def modify(self, *, noc: Bit | None = None, sram: Bit | None = None, core: Bit | None = None) -> RegisterOp[ClkGateRValue]:
        """Change the fields given and no other bit."""
        return self._modify({"noc": noc, "sram": sram, "core": core}, self._value)

    def check(self, *, noc: Bit | None = None, sram: Bit | None = None, core: Bit | None = None) -> RegisterOp[ClkGateRValue]:
        """Compare the fields given."""
        return self._check({"noc": noc, "sram": sram, "core": core}, self._value)

    def poll(
        self,
        *,
        timeout_s: float,
        noc: Bit | None = None,
        sram: Bit | None = None,
        core: Bit | None = None,
    ) -> RegisterOp[ClkGateRValue]:
        """Wait for the fields given."""
        return self._poll({"noc": noc, "sram": sram, "core": core}, self._value, timeout_s=timeout_s)


class ResetRValue(RegisterValue):
    """The word of reset_r."""

    __slots__ = ()

    noc = Bits(int)
    sram = Bits(int)
    core = Bits(int)


class ResetR(Register):
    """1 holds a domain in reset.

    - `noc` [0] rw, 0x1 after reset: Fabric interface.
    - `sram` [1] rw, 0x1 after reset: Memories.
    - `core` [2] rw, 0x1 after reset: Cores.
    """

    __slots__ = ()

    def _value(self, raw: int) -> ResetRValue:
        return ResetRValue(self.register, raw)

    def read(self) -> RegisterOp[ResetRValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, noc: Bit, sram: Bit, core: Bit) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write({"noc": noc, "sram": sram, "core": core})

    def modify(self, *, noc: Bit | None = None, sram: Bit | None = None, core: Bit | None = None) -> RegisterOp[ResetRValue]:
        """Change the fields given and no other bit."""
        return self._modify({"noc": noc, "sram": sram, "core": core}, self._value)

    def check(self, *, noc: Bit | None = None, sram: Bit | None = None, core: Bit | None = None) -> RegisterOp[ResetRValue]:
        """Compare the fields given."""
        return self._check({"noc": noc, "sram": sram, "core": core}, self._value)

    def poll(
        self,
        *,
        timeout_s: float,
        noc: Bit | None = None,
        sram: Bit | None = None,
        core: Bit | None = None,
    ) -> RegisterOp[ResetRValue]:
        """Wait for the fields given."""
        return self._poll({"noc": noc, "sram": sram, "core": core}, self._value, timeout_s=timeout_s)


class ResetStatusRValue(RegisterValue):
    """The word of reset_status_r."""

    __slots__ = ()

    noc = Bits(int)
    sram = Bits(int)
    core = Bits(int)


class ResetStatusR(Register):
    """1 while a domain is in reset, its synchroniser included.

    - `noc` [0] r, 0x1 after reset: Fabric interface.
    - `sram` [1] r, 0x1 after reset: Memories.
    - `core` [2] r, 0x1 after reset: Cores.
    """

    __slots__ = ()

    def _value(self, raw: int) -> ResetStatusRValue:
        return ResetStatusRValue(self.register, raw)

    def read(self) -> RegisterOp[ResetStatusRValue]:
        """Read every field."""
        return self._read(self._value)

    def check(self, *, noc: Bit | None = None, sram: Bit | None = None, core: Bit | None = None) -> RegisterOp[ResetStatusRValue]:
        """Compare the fields given."""
        return self._check({"noc": noc, "sram": sram, "core": core}, self._value)

    def poll(
        self,
        *,
        timeout_s: float,
        noc: Bit | None = None,
        sram: Bit | None = None,
        core: Bit | None = None,
    ) -> RegisterOp[ResetStatusRValue]:
        """Wait for the fields given."""
        return self._poll({"noc": noc, "sram": sram, "core": core}, self._value, timeout_s=timeout_s)


class StatusRClockLostC0a360d0Value(RegisterValue):
    """The word of status_r_clock_lost_c0a360d0."""

    __slots__ = ()

    source = Bits(SourceE)
    switching = Bits(int)
    toggling = Bits(int)
    clock_lost = Bits(int)


class StatusRClockLostC0a360d0(Register):
    """What clocks and resets do now, and what they did since they were last asked.

    - `source` [0] r, 0x0 after reset: Source that the multiplexer has reached.
    - `switching` [1] r, 0x0 after reset: The multiplexer is on its way.
    - `toggling` [2] r, 0x1 after reset: The selected clock toggles.
    - `clock_lost` [8] rw woclr, 0x0 after reset: The selected clock stopped or lost its lock.
    """

    __slots__ = ()

    def _value(self, raw: int) -> StatusRClockLostC0a360d0Value:
        return StatusRClockLostC0a360d0Value(self.register, raw)

    def read(self) -> RegisterOp[StatusRClockLostC0a360d0Value]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, clock_lost: Bit | None = None) -> RegisterOp[None]:
        """Write the whole register; a field left out does nothing."""
        return self._write({"clock_lost": clock_lost})

    def modify(self, *, clock_lost: Bit | None = None) -> RegisterOp[StatusRClockLostC0a360d0Value]:
        """Change the fields given and no other bit."""
        return self._modify({"clock_lost": clock_lost}, self._value)

    def check(
        self,
        *,
        source: SourceE | None = None,
        switching: Bit | None = None,
        toggling: Bit | None = None,
        clock_lost: Bit | None = None,
    ) -> RegisterOp[StatusRClockLostC0a360d0Value]:
        """Compare the fields given."""
        return self._check({"source": source, "switching": switching, "toggling": toggling, "clock_lost": clock_lost}, self._value)

    def poll(
        self,
        *,
        timeout_s: float,
        source: SourceE | None = None,
        switching: Bit | None = None,
        toggling: Bit | None = None,
        clock_lost: Bit | None = None,
    ) -> RegisterOp[StatusRClockLostC0a360d0Value]:
        """Wait for the fields given."""
        return self._poll({"source": source, "switching": switching, "toggling": toggling, "clock_lost": clock_lost}, self._value, timeout_s=timeout_s)


class IntrEnableRValue(RegisterValue):
    """The word of intr_enable_r."""

    __slots__ = ()

    clock_lost = Bits(int)


class IntrEnableR(Register):
    """Which sticky bits of STATUS raise the line.

    - `clock_lost` [8] rw, 0x0 after reset: STATUS.clock_lost raises the line.
    """

    __slots__ = ()

    def _value(self, raw: int) -> IntrEnableRValue:
        return IntrEnableRValue(self.register, raw)

    def read(self) -> RegisterOp[IntrEnableRValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, clock_lost: Bit) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write({"clock_lost": clock_lost})

    def modify(self, *, clock_lost: Bit | None = None) -> RegisterOp[IntrEnableRValue]:
        """Change the fields given and no other bit."""
        return self._modify({"clock_lost": clock_lost}, self._value)

    def check(self, *, clock_lost: Bit | None = None) -> RegisterOp[IntrEnableRValue]:
        """Compare the fields given."""
        return self._check({"clock_lost": clock_lost}, self._value)

    def poll(self, *, timeout_s: float, clock_lost: Bit | None = None) -> RegisterOp[IntrEnableRValue]:
        """Wait for the fields given."""
        return self._poll({"clock_lost": clock_lost}, self._value, timeout_s=timeout_s)


class CrgRegs(TopMap):
    """Clock source, divider, gates and resets of one cluster."""

    __slots__ = ()

    PACKAGE = __name__.rpartition(".")[0]
    IMAGE = "crg.image"

    ID = Member(IdR)  # 0x0
    CLK_SEL = Member(ClkSelR)  # 0x4
    CLK_DIV = Member(ClkDivR)  # 0x8
    CLK_GATE = Member(ClkGateR)  # 0xc
    RESET = Member(ResetR)  # 0x10
    RESET_STATUS = Member(ResetStatusR)  # 0x14
    STATUS = Member(StatusRClockLostC0a360d0)  # 0x18
    INTR_ENABLE = Member(IntrEnableR)  # 0x1c
