"""Generated from gicv2.rdl by firstlight registers generate; do not edit."""

from __future__ import annotations

from registers.access import RegisterOp
from registers.handles import ArrayMember, Bit, Bits, Member, Register, RegisterMap, RegisterValue, TopMap


class CtlrValue(RegisterValue):
    """The word of CTLR."""

    __slots__ = ()

    group0 = Bits(int)
    group1 = Bits(int)


class Ctlr(Register):
    """Whether anything is forwarded. Source: IHI 0048B 4.3.1.

    - `group0` [0] rw, 0x0 after reset: Sources of group 0 are forwarded.
    - `group1` [1] rw, 0x0 after reset: Sources of group 1 are forwarded.
    """

    __slots__ = ()

    def _value(self, raw: int) -> CtlrValue:
        return CtlrValue(self.register, raw)

    def read(self) -> RegisterOp[CtlrValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, group0: Bit, group1: Bit) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(("group0", "group1"), (group0, group1))

    def modify(self, *, group0: Bit | None = None, group1: Bit | None = None) -> RegisterOp[CtlrValue]:
        """Change the fields given and no other bit."""
        return self._modify(("group0", "group1"), (group0, group1), self._value)

    def check(self, *, group0: Bit | None = None, group1: Bit | None = None) -> RegisterOp[CtlrValue]:
        """Compare the fields given."""
        return self._check(("group0", "group1"), (group0, group1), self._value)

    def poll(self, *, timeout_s: float, group0: Bit | None = None, group1: Bit | None = None) -> RegisterOp[CtlrValue]:
        """Wait until the fields are as given."""
        return self._poll(("group0", "group1"), (group0, group1), self._value, timeout_s=timeout_s)


class TyperValue(RegisterValue):
    """The word of TYPER."""

    __slots__ = ()

    lines = Bits(int)
    cpus = Bits(int)


class Typer(Register):
    """What was built. Source: IHI 0048B 4.3.2.

    - `lines` [4:0] r, 0x8 after reset: Words of 32 sources, less one.
    - `cpus` [7:5] r, 0x1 after reset: Processors, less one.
    """

    __slots__ = ()

    def _value(self, raw: int) -> TyperValue:
        return TyperValue(self.register, raw)

    def read(self) -> RegisterOp[TyperValue]:
        """Read every field."""
        return self._read(self._value)

    def check(self, *, lines: int | None = None, cpus: int | None = None) -> RegisterOp[TyperValue]:
        """Compare the fields given."""
        return self._check(("lines", "cpus"), (lines, cpus), self._value)

    def poll(self, *, timeout_s: float, lines: int | None = None, cpus: int | None = None) -> RegisterOp[TyperValue]:
        """Wait until the fields are as given."""
        return self._poll(("lines", "cpus"), (lines, cpus), self._value, timeout_s=timeout_s)


class IgrouprValue(RegisterValue):
    """The word of IGROUPR."""

    __slots__ = ()

    sources = Bits(int)


class Igroupr(Register):
    """The group of 32 sources. Source: IHI 0048B 4.3.4.

    - `sources` [31:0] rw, 0x0 after reset: Bit n is source n of this word; 1: group 1.
    """

    __slots__ = ()

    def _value(self, raw: int) -> IgrouprValue:
        return IgrouprValue(self.register, raw)

    def read(self) -> RegisterOp[IgrouprValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, sources: int) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(("sources",), (sources,))

    def modify(self, *, sources: int | None = None) -> RegisterOp[IgrouprValue]:
        """Change the fields given and no other bit."""
        return self._modify(("sources",), (sources,), self._value)

    def check(self, *, sources: int | None = None) -> RegisterOp[IgrouprValue]:
        """Compare the fields given."""
        return self._check(("sources",), (sources,), self._value)

    def poll(self, *, timeout_s: float, sources: int | None = None) -> RegisterOp[IgrouprValue]:
        """Wait until the fields are as given."""
        return self._poll(("sources",), (sources,), self._value, timeout_s=timeout_s)


class SetRValue(RegisterValue):
    """The word of set_r."""

    __slots__ = ()

    sources = Bits(int)


class SetR(Register):
    """Which sources are; ones set. Source: IHI 0048B 4.3.5, 4.3.7, 4.3.9.

    - `sources` [31:0] rw woset, 0x0 after reset: Bit n is source n of this word.
    """

    __slots__ = ()

    def _value(self, raw: int) -> SetRValue:
        return SetRValue(self.register, raw)

    def read(self) -> RegisterOp[SetRValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, sources: int | None = None) -> RegisterOp[None]:
        """Write the whole register; a field left out does nothing."""
        return self._write(("sources",), (sources,))

    def modify(self, *, sources: int | None = None) -> RegisterOp[SetRValue]:
        """Change the fields given and no other bit."""
        return self._modify(("sources",), (sources,), self._value)

    def check(self, *, sources: int | None = None) -> RegisterOp[SetRValue]:
        """Compare the fields given."""
        return self._check(("sources",), (sources,), self._value)

    def poll(self, *, timeout_s: float, sources: int | None = None) -> RegisterOp[SetRValue]:
        """Wait until the fields are as given."""
        return self._poll(("sources",), (sources,), self._value, timeout_s=timeout_s)


class ClearRValue(RegisterValue):
    """The word of clear_r."""

    __slots__ = ()

    sources = Bits(int)


class ClearR(Register):
    """Which sources are, as the set register shows them; ones clear. Source: IHI 0048B 4.3.6, 4.3.8, 4.3.10.

    - `sources` [31:0] rw woclr, 0x0 after reset: Bit n is source n of this word.
    """

    __slots__ = ()

    def _value(self, raw: int) -> ClearRValue:
        return ClearRValue(self.register, raw)

    def read(self) -> RegisterOp[ClearRValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, sources: int | None = None) -> RegisterOp[None]:
        """Write the whole register; a field left out does nothing."""
        return self._write(("sources",), (sources,))

    def modify(self, *, sources: int | None = None) -> RegisterOp[ClearRValue]:
        """Change the fields given and no other bit."""
        return self._modify(("sources",), (sources,), self._value)

    def check(self, *, sources: int | None = None) -> RegisterOp[ClearRValue]:
        """Compare the fields given."""
        return self._check(("sources",), (sources,), self._value)

    def poll(self, *, timeout_s: float, sources: int | None = None) -> RegisterOp[ClearRValue]:
        """Wait until the fields are as given."""
        return self._poll(("sources",), (sources,), self._value, timeout_s=timeout_s)


class IpriorityrValue(RegisterValue):
    """The word of IPRIORITYR."""

    __slots__ = ()

    priority = Bits(int)


class Ipriorityr(Register):
    """Priority of one source. Source: IHI 0048B 4.3.11.

    - `priority` [7:0] rw, 0x0 after reset: 0 goes first. The lowest bits may not be built.
    """

    __slots__ = ()

    def _value(self, raw: int) -> IpriorityrValue:
        return IpriorityrValue(self.register, raw)

    def read(self) -> RegisterOp[IpriorityrValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, priority: int) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(("priority",), (priority,))

    def modify(self, *, priority: int | None = None) -> RegisterOp[IpriorityrValue]:
        """Change the fields given and no other bit."""
        return self._modify(("priority",), (priority,), self._value)

    def check(self, *, priority: int | None = None) -> RegisterOp[IpriorityrValue]:
        """Compare the fields given."""
        return self._check(("priority",), (priority,), self._value)

    def poll(self, *, timeout_s: float, priority: int | None = None) -> RegisterOp[IpriorityrValue]:
        """Wait until the fields are as given."""
        return self._poll(("priority",), (priority,), self._value, timeout_s=timeout_s)


class ItargetsrValue(RegisterValue):
    """The word of ITARGETSR."""

    __slots__ = ()

    cpus = Bits(int)


class Itargetsr(Register):
    """Whom one source is sent to. Source: IHI 0048B 4.3.12.

    - `cpus` [7:0] rw, 0x0 after reset: Bit n is processor n.
    """

    __slots__ = ()

    def _value(self, raw: int) -> ItargetsrValue:
        return ItargetsrValue(self.register, raw)

    def read(self) -> RegisterOp[ItargetsrValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, cpus: int) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(("cpus",), (cpus,))

    def modify(self, *, cpus: int | None = None) -> RegisterOp[ItargetsrValue]:
        """Change the fields given and no other bit."""
        return self._modify(("cpus",), (cpus,), self._value)

    def check(self, *, cpus: int | None = None) -> RegisterOp[ItargetsrValue]:
        """Compare the fields given."""
        return self._check(("cpus",), (cpus,), self._value)

    def poll(self, *, timeout_s: float, cpus: int | None = None) -> RegisterOp[ItargetsrValue]:
        """Wait until the fields are as given."""
        return self._poll(("cpus",), (cpus,), self._value, timeout_s=timeout_s)


class IcfgrValue(RegisterValue):
    """The word of ICFGR."""

    __slots__ = ()

    kinds = Bits(int)


class Icfgr(Register):
    """How 16 sources ask. Source: IHI 0048B 4.3.13.

    - `kinds` [31:0] rw, 0x0 after reset: Bit 2n+1 is source n of this word; 1: by an edge, 0: by its level. Bit 2n
      means nothing.
    """

    __slots__ = ()

    def _value(self, raw: int) -> IcfgrValue:
        return IcfgrValue(self.register, raw)

    def read(self) -> RegisterOp[IcfgrValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, kinds: int) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(("kinds",), (kinds,))

    def modify(self, *, kinds: int | None = None) -> RegisterOp[IcfgrValue]:
        """Change the fields given and no other bit."""
        return self._modify(("kinds",), (kinds,), self._value)

    def check(self, *, kinds: int | None = None) -> RegisterOp[IcfgrValue]:
        """Compare the fields given."""
        return self._check(("kinds",), (kinds,), self._value)

    def poll(self, *, timeout_s: float, kinds: int | None = None) -> RegisterOp[IcfgrValue]:
        """Wait until the fields are as given."""
        return self._poll(("kinds",), (kinds,), self._value, timeout_s=timeout_s)


class Gicd(RegisterMap):
    """The distributor, which all processors share. Source: IHI 0048B 4.3."""

    __slots__ = ()

    CTLR = Member(Ctlr)  # 0x0
    TYPER = Member(Typer)  # 0x4
    IGROUPR = ArrayMember(Igroupr)  # 0x80 [9]
    ISENABLER = ArrayMember(SetR)  # 0x100 [9]
    ICENABLER = ArrayMember(ClearR)  # 0x180 [9]
    ISPENDR = ArrayMember(SetR)  # 0x200 [9]
    ICPENDR = ArrayMember(ClearR)  # 0x280 [9]
    ISACTIVER = ArrayMember(SetR)  # 0x300 [9]
    ICACTIVER = ArrayMember(ClearR)  # 0x380 [9]
    IPRIORITYR = ArrayMember(Ipriorityr)  # 0x400 [288]
    ITARGETSR = ArrayMember(Itargetsr)  # 0x800 [288]
    ICFGR = ArrayMember(Icfgr)  # 0xc00 [18]


class GiccCtlrValue(RegisterValue):
    """The word of CTLR."""

    __slots__ = ()

    group0 = Bits(int)
    group1 = Bits(int)
    ack_both = Bits(int)
    eoi_drops = Bits(int)


class GiccCtlr(Register):
    """What this processor hears. Source: IHI 0048B 4.4.1.

    - `group0` [0] rw, 0x0 after reset: Group 0 is signalled.
    - `group1` [1] rw, 0x0 after reset: Group 1 is signalled.
    - `ack_both` [2] rw, 0x0 after reset: IAR and EOIR serve group 1 as well.
    - `eoi_drops` [9] rw, 0x0 after reset: EOIR lowers the running priority only; the source stays active until it is
      deactivated.
    """

    __slots__ = ()

    def _value(self, raw: int) -> GiccCtlrValue:
        return GiccCtlrValue(self.register, raw)

    def read(self) -> RegisterOp[GiccCtlrValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, group0: Bit, group1: Bit, ack_both: Bit, eoi_drops: Bit) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(("group0", "group1", "ack_both", "eoi_drops"), (group0, group1, ack_both, eoi_drops))

    def modify(
        self,
        *,
        group0: Bit | None = None,
        group1: Bit | None = None,
        ack_both: Bit | None = None,
        eoi_drops: Bit | None = None,
    ) -> RegisterOp[GiccCtlrValue]:
        """Change the fields given and no other bit."""
        return self._modify(
            ("group0", "group1", "ack_both", "eoi_drops"), (group0, group1, ack_both, eoi_drops), self._value
        )

    def check(
        self,
        *,
        group0: Bit | None = None,
        group1: Bit | None = None,
        ack_both: Bit | None = None,
        eoi_drops: Bit | None = None,
    ) -> RegisterOp[GiccCtlrValue]:
        """Compare the fields given."""
        return self._check(
            ("group0", "group1", "ack_both", "eoi_drops"), (group0, group1, ack_both, eoi_drops), self._value
        )

    def poll(
        self,
        *,
        timeout_s: float,
        group0: Bit | None = None,
        group1: Bit | None = None,
        ack_both: Bit | None = None,
        eoi_drops: Bit | None = None,
    ) -> RegisterOp[GiccCtlrValue]:
        """Wait until the fields are as given."""
        return self._poll(
            ("group0", "group1", "ack_both", "eoi_drops"),
            (group0, group1, ack_both, eoi_drops),
            self._value,
            timeout_s=timeout_s,
        )


class PmrValue(RegisterValue):
    """The word of PMR."""

    __slots__ = ()

    priority = Bits(int)


class Pmr(Register):
    """Source: IHI 0048B 4.4.2.

    - `priority` [7:0] rw, 0x0 after reset: Sources of this priority and any larger number are held back.
    """

    __slots__ = ()

    def _value(self, raw: int) -> PmrValue:
        return PmrValue(self.register, raw)

    def read(self) -> RegisterOp[PmrValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, priority: int) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(("priority",), (priority,))

    def modify(self, *, priority: int | None = None) -> RegisterOp[PmrValue]:
        """Change the fields given and no other bit."""
        return self._modify(("priority",), (priority,), self._value)

    def check(self, *, priority: int | None = None) -> RegisterOp[PmrValue]:
        """Compare the fields given."""
        return self._check(("priority",), (priority,), self._value)

    def poll(self, *, timeout_s: float, priority: int | None = None) -> RegisterOp[PmrValue]:
        """Wait until the fields are as given."""
        return self._poll(("priority",), (priority,), self._value, timeout_s=timeout_s)


class IarValue(RegisterValue):
    """The word of IAR."""

    __slots__ = ()

    source = Bits(int)
    cpu = Bits(int)


class Iar(Register):
    """Acknowledges by reading. Source: IHI 0048B 4.4.4.

    - `source` [9:0] r ruser: The source, now active; 1023: nothing asks; 1022: only a group that IAR does not serve.
    - `cpu` [12:10] r: Which processor asked, for sources 0..15.
    """

    __slots__ = ()

    def _value(self, raw: int) -> IarValue:
        return IarValue(self.register, raw)

    def read(self) -> RegisterOp[IarValue]:
        """Read every field; that changes source."""
        return self._read(self._value)


class Eoir(Register):
    """Ends what was acknowledged last. Source: IHI 0048B 4.4.5.

    - `source` [9:0] w wuser: As IAR had it.
    - `cpu` [12:10] w wuser: As IAR had it.
    """

    __slots__ = ()

    def write(self, *, source: int, cpu: int) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(("source", "cpu"), (source, cpu))


class RprValue(RegisterValue):
    """The word of RPR."""

    __slots__ = ()

    priority = Bits(int)


class Rpr(Register):
    """Source: IHI 0048B 4.4.6.

    - `priority` [7:0] r, 0xff after reset: Of what was acknowledged and not ended; 255: nothing.
    """

    __slots__ = ()

    def _value(self, raw: int) -> RprValue:
        return RprValue(self.register, raw)

    def read(self) -> RegisterOp[RprValue]:
        """Read every field."""
        return self._read(self._value)

    def check(self, *, priority: int | None = None) -> RegisterOp[RprValue]:
        """Compare the fields given."""
        return self._check(("priority",), (priority,), self._value)

    def poll(self, *, timeout_s: float, priority: int | None = None) -> RegisterOp[RprValue]:
        """Wait until the fields are as given."""
        return self._poll(("priority",), (priority,), self._value, timeout_s=timeout_s)


class AprValue(RegisterValue):
    """The word of APR."""

    __slots__ = ()

    active = Bits(int)


class Apr(Register):
    """Which priorities are running. Source: IHI 0048B 4.4.15.

    - `active` [31:0] rw, 0x0 after reset: 0: none. Anything else is for a value that was read before.
    """

    __slots__ = ()

    def _value(self, raw: int) -> AprValue:
        return AprValue(self.register, raw)

    def read(self) -> RegisterOp[AprValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, active: int) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(("active",), (active,))

    def modify(self, *, active: int | None = None) -> RegisterOp[AprValue]:
        """Change the fields given and no other bit."""
        return self._modify(("active",), (active,), self._value)

    def check(self, *, active: int | None = None) -> RegisterOp[AprValue]:
        """Compare the fields given."""
        return self._check(("active",), (active,), self._value)

    def poll(self, *, timeout_s: float, active: int | None = None) -> RegisterOp[AprValue]:
        """Wait until the fields are as given."""
        return self._poll(("active",), (active,), self._value, timeout_s=timeout_s)


class Gicc(RegisterMap):
    """The interface of the processor that reads it. Source: IHI 0048B 4.4."""

    __slots__ = ()

    CTLR = Member(GiccCtlr)  # 0x0
    PMR = Member(Pmr)  # 0x4
    IAR = Member(Iar)  # 0xc
    EOIR = Member(Eoir)  # 0x10
    RPR = Member(Rpr)  # 0x14
    APR = ArrayMember(Apr)  # 0xd0 [4]


class MsiTyperValue(RegisterValue):
    """The word of MSI_TYPER."""

    __slots__ = ()

    count = Bits(int)
    first = Bits(int)


class MsiTyper(Register):
    """Which sources messages can raise. Source: DEN0029, MSI_TYPER.

    - `count` [9:0] r, 0x40 after reset: How many.
    - `first` [25:16] r, 0x50 after reset: The first.
    """

    __slots__ = ()

    def _value(self, raw: int) -> MsiTyperValue:
        return MsiTyperValue(self.register, raw)

    def read(self) -> RegisterOp[MsiTyperValue]:
        """Read every field."""
        return self._read(self._value)

    def check(self, *, count: int | None = None, first: int | None = None) -> RegisterOp[MsiTyperValue]:
        """Compare the fields given."""
        return self._check(("count", "first"), (count, first), self._value)

    def poll(self, *, timeout_s: float, count: int | None = None, first: int | None = None) -> RegisterOp[MsiTyperValue]:
        """Wait until the fields are as given."""
        return self._poll(("count", "first"), (count, first), self._value, timeout_s=timeout_s)


class MsiSetspiNs(Register):
    """Source: DEN0029, MSI_SETSPI_NS.

    - `source` [9:0] w wuser: This source has had an edge.
    """

    __slots__ = ()

    def write(self, *, source: int) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(("source",), (source,))


class V2m(RegisterMap):
    """Turns a write into an edge of a source, as a device's message does. Source: DEN0029, GICv2m."""

    __slots__ = ()

    MSI_TYPER = Member(MsiTyper)  # 0x8
    MSI_SETSPI_NS = Member(MsiSetspiNs)  # 0x40


class Gicv2Regs(TopMap):
    """Arbitrates sources by priority and hands them to a processor by acknowledge. Source: ARM IHI 0048B."""

    __slots__ = ()

    PACKAGE = __name__.rpartition(".")[0]
    IMAGE = "gicv2.image"

    GICD = Member(Gicd)  # 0x0
    GICC = Member(Gicc)  # 0x10000
    V2M = Member(V2m)  # 0x20000
