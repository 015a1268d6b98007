"""Generated from crg.rdl by firstlight registers generate; do not edit."""

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
    - `part` [31:16] r, 0x4352 after reset: ASCII 'CR'.
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


class SourceE(IntEnum):
    """Values of source_e."""

    REFERENCE = 0  # The always-on reference.
    PLL = 1  # The cluster's PLL.


class ClkSelValue(RegisterValue):
    """The word of CLK_SEL."""

    __slots__ = ()

    source = Bits(SourceE)


class ClkSel(Register):
    """The clock that is wanted. The multiplexer waits for an edge of both clocks.

    - `source` [0] rw, 0x0 after reset: Wanted source.
    """

    __slots__ = ()

    def _value(self, raw: int) -> ClkSelValue:
        return ClkSelValue(self.register, raw)

    def read(self) -> RegisterOp[ClkSelValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, source: SourceE) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write({"source": source})

    def modify(self, *, source: SourceE | None = None) -> RegisterOp[ClkSelValue]:
        """Change the fields given and no other bit."""
        return self._modify({"source": source}, self._value)

    def check(self, *, source: SourceE | None = None) -> RegisterOp[ClkSelValue]:
        """Compare the fields given."""
        return self._check({"source": source}, self._value)

    def poll(self, *, timeout_s: float, source: SourceE | None = None) -> RegisterOp[ClkSelValue]:
        """Wait until the fields are as given."""
        return self._poll({"source": source}, self._value, timeout_s=timeout_s)


class ClkDivValue(RegisterValue):
    """The word of CLK_DIV."""

    __slots__ = ()

    divider = Bits(int)


class ClkDiv(Register):
    """Divider behind the multiplexer.

    - `divider` [3:0] rw, 0x1 after reset: 1..15.
    """

    __slots__ = ()

    def _value(self, raw: int) -> ClkDivValue:
        return ClkDivValue(self.register, raw)

    def read(self) -> RegisterOp[ClkDivValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, divider: int) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write({"divider": divider})

    def modify(self, *, divider: int | None = None) -> RegisterOp[ClkDivValue]:
        """Change the fields given and no other bit."""
        return self._modify({"divider": divider}, self._value)

    def check(self, *, divider: int | None = None) -> RegisterOp[ClkDivValue]:
        """Compare the fields given."""
        return self._check({"divider": divider}, self._value)

    def poll(self, *, timeout_s: float, divider: int | None = None) -> RegisterOp[ClkDivValue]:
        """Wait until the fields are as given."""
        return self._poll({"divider": divider}, self._value, timeout_s=timeout_s)


class ClkGateValue(RegisterValue):
    """The word of CLK_GATE."""

    __slots__ = ()

    noc = Bits(int)
    sram = Bits(int)
    core = Bits(int)


class ClkGate(Register):
    """1 lets a domain's clock through.

    - `noc` [0] rw, 0x0 after reset: Fabric interface.
    - `sram` [1] rw, 0x0 after reset: Memories.
    - `core` [2] rw, 0x0 after reset: Cores.
    """

    __slots__ = ()

    def _value(self, raw: int) -> ClkGateValue:
        return ClkGateValue(self.register, raw)

    def read(self) -> RegisterOp[ClkGateValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, noc: Bit, sram: Bit, core: Bit) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write({"noc": noc, "sram": sram, "core": core})

    def modify(self, *, noc: Bit | None = None, sram: Bit | None = None, core: Bit | None = None) -> RegisterOp[ClkGateValue]:
        """Change the fields given and no other bit."""
        return self._modify({"noc": noc, "sram": sram, "core": core}, self._value)

    def check(self, *, noc: Bit | None = None, sram: Bit | None = None, core: Bit | None = None) -> RegisterOp[ClkGateValue]:
        """Compare the fields given."""
        return self._check({"noc": noc, "sram": sram, "core": core}, self._value)

    def poll(
        self,
        *,
        timeout_s: float,
        noc: Bit | None = None,
        sram: Bit | None = None,
        core: Bit | None = None,
    ) -> RegisterOp[ClkGateValue]:
        """Wait until the fields are as given."""
        return self._poll({"noc": noc, "sram": sram, "core": core}, self._value, timeout_s=timeout_s)


class ResetValue(RegisterValue):
    """The word of RESET."""

    __slots__ = ()

    noc = Bits(int)
    sram = Bits(int)
    core = Bits(int)


class Reset(Register):
    """1 holds a domain in reset.

    - `noc` [0] rw, 0x1 after reset: Fabric interface.
    - `sram` [1] rw, 0x1 after reset: Memories.
    - `core` [2] rw, 0x1 after reset: Cores.
    """

    __slots__ = ()

    def _value(self, raw: int) -> ResetValue:
        return ResetValue(self.register, raw)

    def read(self) -> RegisterOp[ResetValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, noc: Bit, sram: Bit, core: Bit) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write({"noc": noc, "sram": sram, "core": core})

    def modify(self, *, noc: Bit | None = None, sram: Bit | None = None, core: Bit | None = None) -> RegisterOp[ResetValue]:
        """Change the fields given and no other bit."""
        return self._modify({"noc": noc, "sram": sram, "core": core}, self._value)

    def check(self, *, noc: Bit | None = None, sram: Bit | None = None, core: Bit | None = None) -> RegisterOp[ResetValue]:
        """Compare the fields given."""
        return self._check({"noc": noc, "sram": sram, "core": core}, self._value)

    def poll(
        self,
        *,
        timeout_s: float,
        noc: Bit | None = None,
        sram: Bit | None = None,
        core: Bit | None = None,
    ) -> RegisterOp[ResetValue]:
        """Wait until the fields are as given."""
        return self._poll({"noc": noc, "sram": sram, "core": core}, self._value, timeout_s=timeout_s)


class ResetStatusValue(RegisterValue):
    """The word of RESET_STATUS."""

    __slots__ = ()

    noc = Bits(int)
    sram = Bits(int)
    core = Bits(int)


class ResetStatus(Register):
    """1 while a domain is in reset, its synchroniser included.

    - `noc` [0] r, 0x1 after reset: Fabric interface.
    - `sram` [1] r, 0x1 after reset: Memories.
    - `core` [2] r, 0x1 after reset: Cores.
    """

    __slots__ = ()

    def _value(self, raw: int) -> ResetStatusValue:
        return ResetStatusValue(self.register, raw)

    def read(self) -> RegisterOp[ResetStatusValue]:
        """Read every field."""
        return self._read(self._value)

    def check(self, *, noc: Bit | None = None, sram: Bit | None = None, core: Bit | None = None) -> RegisterOp[ResetStatusValue]:
        """Compare the fields given."""
        return self._check({"noc": noc, "sram": sram, "core": core}, self._value)

    def poll(
        self,
        *,
        timeout_s: float,
        noc: Bit | None = None,
        sram: Bit | None = None,
        core: Bit | None = None,
    ) -> RegisterOp[ResetStatusValue]:
        """Wait until the fields are as given."""
        return self._poll({"noc": noc, "sram": sram, "core": core}, self._value, timeout_s=timeout_s)


class StatusValue(RegisterValue):
    """The word of STATUS."""

    __slots__ = ()

    source = Bits(SourceE)
    switching = Bits(int)
    toggling = Bits(int)
    clock_lost = Bits(int)


class Status(Register):
    """What clocks and resets do now, and what they did since they were last asked.

    - `source` [0] r, 0x0 after reset: Source that the multiplexer has reached.
    - `switching` [1] r, 0x0 after reset: The multiplexer is on its way.
    - `toggling` [2] r, 0x1 after reset: The selected clock toggles.
    - `clock_lost` [8] rw woclr, 0x0 after reset: The selected clock stopped or lost its lock.
    """

    __slots__ = ()

    def _value(self, raw: int) -> StatusValue:
        return StatusValue(self.register, raw)

    def read(self) -> RegisterOp[StatusValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, clock_lost: Bit | None = None) -> RegisterOp[None]:
        """Write the whole register; a field left out does nothing."""
        return self._write({"clock_lost": clock_lost})

    def modify(self, *, clock_lost: Bit | None = None) -> RegisterOp[StatusValue]:
        """Change the fields given and no other bit."""
        return self._modify({"clock_lost": clock_lost}, self._value)

    def check(
        self,
        *,
        source: SourceE | None = None,
        switching: Bit | None = None,
        toggling: Bit | None = None,
        clock_lost: Bit | None = None,
    ) -> RegisterOp[StatusValue]:
        """Compare the fields given."""
        return self._check(
            {"source": source, "switching": switching, "toggling": toggling, "clock_lost": clock_lost}, self._value
        )

    def poll(
        self,
        *,
        timeout_s: float,
        source: SourceE | None = None,
        switching: Bit | None = None,
        toggling: Bit | None = None,
        clock_lost: Bit | None = None,
    ) -> RegisterOp[StatusValue]:
        """Wait until the fields are as given."""
        return self._poll(
            {
                "source": source,
                "switching": switching,
                "toggling": toggling,
                "clock_lost": clock_lost,
            },
            self._value,
            timeout_s=timeout_s,
        )


class IntrEnableValue(RegisterValue):
    """The word of INTR_ENABLE."""

    __slots__ = ()

    clock_lost = Bits(int)


class IntrEnable(Register):
    """Which sticky bits of STATUS raise the line.

    - `clock_lost` [8] rw, 0x0 after reset: STATUS.clock_lost raises the line.
    """

    __slots__ = ()

    def _value(self, raw: int) -> IntrEnableValue:
        return IntrEnableValue(self.register, raw)

    def read(self) -> RegisterOp[IntrEnableValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, clock_lost: Bit) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write({"clock_lost": clock_lost})

    def modify(self, *, clock_lost: Bit | None = None) -> RegisterOp[IntrEnableValue]:
        """Change the fields given and no other bit."""
        return self._modify({"clock_lost": clock_lost}, self._value)

    def check(self, *, clock_lost: Bit | None = None) -> RegisterOp[IntrEnableValue]:
        """Compare the fields given."""
        return self._check({"clock_lost": clock_lost}, self._value)

    def poll(self, *, timeout_s: float, clock_lost: Bit | None = None) -> RegisterOp[IntrEnableValue]:
        """Wait until the fields are as given."""
        return self._poll({"clock_lost": clock_lost}, self._value, timeout_s=timeout_s)


class CrgRegs(TopMap):
    """Clock source, divider, gates and resets of one cluster."""

    __slots__ = ()

    PACKAGE = __name__.rpartition(".")[0]
    IMAGE = "crg.image"

    ID = Member(Id)  # 0x0
    CLK_SEL = Member(ClkSel)  # 0x4
    CLK_DIV = Member(ClkDiv)  # 0x8
    CLK_GATE = Member(ClkGate)  # 0xc
    RESET = Member(Reset)  # 0x10
    RESET_STATUS = Member(ResetStatus)  # 0x14
    STATUS = Member(Status)  # 0x18
    INTR_ENABLE = Member(IntrEnable)  # 0x1c
