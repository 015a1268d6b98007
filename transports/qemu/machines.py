"""QEMU machines as data: how each is started, which of its addresses answer, and where its interrupts are heard.

QEMU answers an access to nowhere with 0 and swallows writes; it also drops, silently, an access of a width that the
device model does not implement. So the map stands here, and a batch that would go astray is refused before it starts.
"""

from __future__ import annotations

from bisect import bisect_right

from attrs import field, frozen

from transports.batch import Access, Batch, Delay, Fence, Modify, ReadBurst, Write, WriteBurst
from transports.bounds import excess
from transports.engine import strobed_run
from transports.errors import BusFault, Denied, TransportError
from transports.open import TargetError

ANY_WIDTH = frozenset({1, 2, 4, 8})
WORD = frozenset({4})


@frozen
class Region:
    """One device or memory: `size` bytes from `base` that answer accesses of `widths`."""

    name: str
    base: int
    size: int
    widths: frozenset[int] = WORD
    writable: bool = field(default=True, kw_only=True)

    @property
    def end(self) -> int:
        """First address behind the region."""
        return self.base + self.size

    def __str__(self) -> str:
        return f"{self.name} {self.base:#x}..{self.end - 1:#x}"


def _base(region: Region) -> int:
    return region.base


def _by_address(regions: tuple[Region, ...]) -> tuple[Region, ...]:
    return tuple(sorted(regions, key=_base))


@frozen(kw_only=True)
class Machine:
    """A QEMU machine.

    Attributes:
        program: the QEMU that has it.
        package: the Debian package that brings the program.
        arguments: what is particular to this machine; what all have in common stands in qemu_process.py.
        flash_bytes: size of the flash image, `flash.img` in the machine's directory; 0: none.
        serials: how many serial ports are brought out as sockets.
        intercept: QOM path of the one device whose input pins are heard; QEMU takes one, for its lifetime.
        lines: the pins of it that are of interest.
        regions: what answers, in order of address.
    """

    name: str
    program: str
    package: str
    arguments: tuple[str, ...]
    flash_bytes: int
    serials: int
    intercept: str
    lines: frozenset[int]
    regions: tuple[Region, ...] = field(converter=_by_address)

    def region(self, address: int) -> Region | None:
        """Return what answers at `address`; None: nothing does."""
        position = bisect_right(self.regions, address, key=_base) - 1
        if position >= 0 and address < self.regions[position].end:
            return self.regions[position]
        return None

    def _near(self, address: int) -> str:
        """Return the regions on either side of a hole, for an error's reason."""
        position = bisect_right(self.regions, address, key=_base)
        return " and ".join(str(region) for region in self.regions[max(position - 1, 0) : position + 1])

    def fault(self, batch: Batch) -> TransportError | None:
        """Return what is wrong with the first operation that would go astray; None when all would be answered.

        A hole is a `BusFault`, as the bus of the real chip would answer; what its device cannot do is `Denied`.
        """
        if too_much := excess(batch.operations):
            return too_much
        for index, op in enumerate(batch):
            if not isinstance(op, (Delay, Fence)) and (error := self._refusal(op)):
                return error.at(address=op.address, index=index)
        return None

    def _refusal(self, op: Access) -> TransportError | None:
        """Return why the operation would not be answered as meant."""
        first, last, width = op.address, op.address, op.width
        if isinstance(op, (ReadBurst, WriteBurst)):
            words = op.count if isinstance(op, ReadBurst) else len(op.values)
            last += op.step * max(words - 1, 0)
        elif isinstance(op, Write) and op.strobes is not None:
            run = strobed_run(op.strobes)
            if run is None:
                return Denied(f"byte strobes {op.strobes:#x} are not one aligned run of 1, 2, 4 or 8 bytes")
            first, width = op.address + run[0], run[1]
            last = first
        region = self.region(first)
        if region is None:
            return BusFault(f"nothing answers at {first:#x} of {self.name}; nearest: {self._near(first)}")
        if last + width > region.end:
            return BusFault(f"a burst runs over the end of {region}; nearest: {self._near(region.end)}")
        if width not in region.widths:
            return Denied(f"{region.name} takes accesses of {sorted(region.widths)} bytes, not of {width}")
        if not region.writable and isinstance(op, (Write, WriteBurst, Modify)):
            return Denied(f"{region.name} is read-only")
        return None


def _fu540_regions(ram_bytes: int) -> tuple[Region, ...]:
    """Return the memory map of sifive_u.

    Source: `info mtree -f` of QEMU 7.2.22; widths found by writing and reading back with each (others do nothing;
    8 bytes on a 4-byte device become two accesses, which is no single access).
    """
    return (
        Region("mask ROM", 0x1000, 0xF000, ANY_WIDTH, writable=False),
        Region("CLINT msip", 0x0200_0000, 0x4000),
        Region("CLINT timer", 0x0200_4000, 0x8000, frozenset({4, 8})),
        Region("L2 cache controller", 0x0201_0000, 0x1000),
        Region("PDMA", 0x0300_0000, 0x10_0000, frozenset({4, 8})),
        Region("L2 LIM", 0x0800_0000, 0x200_0000, ANY_WIDTH),
        Region("PLIC", 0x0C00_0000, 0x400_0000),
        Region("PRCI", 0x1000_0000, 0x1000),
        Region("UART0", 0x1001_0000, 0x20),
        Region("UART1", 0x1001_1000, 0x20),
        Region("PWM0", 0x1002_0000, 0x100),
        Region("PWM1", 0x1002_1000, 0x100),
        Region("SPI0", 0x1004_0000, 0x1000),
        Region("SPI2", 0x1005_0000, 0x1000),
        Region("GPIO", 0x1006_0000, 0x100),
        Region("OTP", 0x1007_0000, 0x1000),
        Region("GEM", 0x1009_0000, 0x800),
        Region("GEM management", 0x100A_0000, 0x1000),
        Region("DDR controller", 0x100B_0000, 0x1_0000),
        Region("flash window", 0x2000_0000, 0x1000_0000, ANY_WIDTH),
        Region("RAM", 0x8000_0000, ram_bytes, ANY_WIDTH),
    )


SIFIVE_U = Machine(
    name="sifive_u",
    program="qemu-system-riscv64",
    package="qemu-system-misc",
    arguments=("-M", "sifive_u,serial=0x1234", "-smp", "2", "-m", "256M", "-bios", "none"),
    flash_bytes=32 << 20,  # is25wp256 on SPI0: JEDEC id 9d 70 19
    serials=2,
    # The pins of hart 0: what the PLIC lets through after enable, priority and threshold, as a real pin would show.
    intercept="/machine/soc/e-cluster/e-cpus/harts[0]",
    lines=frozenset({3, 7, 11}),  # machine software, timer and external interrupt
    regions=_fu540_regions(256 << 20),
)

MACHINES = {machine.name: machine for machine in (SIFIVE_U,)}


def machine(name: str) -> Machine:
    """Return the machine called `name`.

    Raises:
        TargetError: there is none; names those there are.
    """
    try:
        return MACHINES[name]
    except KeyError:
        raise TargetError(f"no QEMU machine {name!r} here; there are: {', '.join(sorted(MACHINES))}") from None
