"""The register map as values: what an image holds and everything above reads.

Types are rolled (an array is one child with dimensions, never unrolled) and shared (equal subtrees are one object), so
memory follows types and not instances. Types compare by identity; `registers/image.py` makes equal ones the same.
All sizes, widths and strides are in bytes, except a field's `lsb` and `width`, which are bits.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from types import MappingProxyType
from typing import TypeAlias

from attrs import field, frozen

from registers.semantics import Hw, OnRead, OnWrite, Sw

NO_PROPERTIES: Mapping[str, object] = MappingProxyType({})


@frozen
class Step:
    """One level of a path: a child's name, and its indices when it is an array."""

    name: str
    indices: tuple[int, ...] = ()


@frozen
class Ref:
    """A property that names another component, relative to the register that holds the field.

    Attributes:
        up: levels up from the register (0: the register itself, 1: what contains it).
        path: down from there to a register, a field of it, or a signal.
        member: what of the target is meant (`intr`, `halt`, `anded`, `overflow`, ...); empty: its value.
        kind: of the target: "field", "register", "signal", "memory" or "group".
    """

    up: int
    path: tuple[Step, ...]
    member: str = ""
    kind: str = "field"


Switch: TypeAlias = "Ref | bool"  # a boolean property, or the component that drives it


@frozen
class EnumMember:
    """One encoded value."""

    name: str
    value: int
    description: str = ""


@frozen(eq=False)
class EnumType:
    """The encoding of a field (`encode`)."""

    name: str
    members: tuple[EnumMember, ...]


@frozen
class Interrupt:
    """How a field behaves as an interrupt. Source: SystemRDL 2.0, 9.9.

    Attributes:
        edge: "level", "posedge", "negedge" or "bothedge".
        sticky: "stickybit" (each bit latches alone), "sticky" (the field latches as a whole) or "" (nonsticky).
        enable, mask, haltenable, haltmask: the field or signal that gates it.
    """

    edge: str = "level"
    sticky: str = "stickybit"
    enable: Ref | None = None
    mask: Ref | None = None
    haltenable: Ref | None = None
    haltmask: Ref | None = None


@frozen
class Counter:
    """How a field counts. Source: SystemRDL 2.0, 9.8.

    `incr` and `decr` name what triggers it (None: an input of the hardware); a value, width or saturation point is
    a constant or a reference; False where the property is absent.
    """

    incr: Ref | None = None
    decr: Ref | None = None
    incrvalue: Ref | int = 1
    decrvalue: Ref | int = 1
    incrwidth: int = 0
    decrwidth: int = 0
    incrsaturate: Ref | int | bool = False
    decrsaturate: Ref | int | bool = False
    incrthreshold: Ref | int | bool = False
    decrthreshold: Ref | int | bool = False
    up: bool = True
    down: bool = False


@frozen(eq=False, kw_only=True)
class FieldType:
    """Some bits of a register, and what reads and writes do to them."""

    name: str
    lsb: int
    width: int
    sw: Sw = Sw.RW
    hw: Hw = Hw.R
    onread: OnRead | None = None
    onwrite: OnWrite | None = None
    reset: int | Ref | None = None
    singlepulse: bool = False
    volatile: bool = False
    precedence: str = "sw"
    encode: EnumType | None = None
    swwe: Switch | None = None
    swwel: Switch | None = None
    we: Switch | None = None
    wel: Switch | None = None
    hwset: Switch | None = None
    hwclr: Switch | None = None
    hwenable: Ref | None = None
    hwmask: Ref | None = None
    next: Ref | None = None
    resetsignal: Ref | None = None  # None: the nearest `field_reset` signal above, else the nearest `cpuif_reset`
    intr: Interrupt | None = None
    counter: Counter | None = None
    description: str = ""
    properties: Mapping[str, object] = NO_PROPERTIES  # swmod, swacc, anded, ored, xored, donttest, user-defined, ...

    @property
    def mask(self) -> int:
        """The field's bits within the register word."""
        return ((1 << self.width) - 1) << self.lsb

    @property
    def max(self) -> int:
        """The largest value that fits."""
        return (1 << self.width) - 1


@frozen(eq=False, kw_only=True)
class RegisterType:
    """A register: `width` bytes, moved in accesses of `access` bytes, lowest first."""

    name: str
    width: int
    access: int
    fields: tuple[FieldType, ...]
    signals: tuple[SignalType, ...] = ()
    external: bool = False
    alias_of: str = ""  # the sibling register that holds the storage
    description: str = ""
    properties: Mapping[str, object] = NO_PROPERTIES
    source: str = ""  # where it is defined: `pll.rdl:12`

    @cached_property
    def by_name(self) -> Mapping[str, FieldType]:
        """The fields by their names."""
        return {f.name: f for f in self.fields}


@frozen(eq=False, kw_only=True)
class MemoryType:
    """`entries` words of `width` bytes; `children` are the virtual registers that lie over them, if any."""

    name: str
    entries: int
    width: int
    sw: Sw = Sw.RW
    children: tuple[Child, ...] = ()
    external: bool = False
    description: str = ""
    properties: Mapping[str, object] = NO_PROPERTIES
    source: str = ""

    @property
    def size(self) -> int:
        """Bytes of the whole memory."""
        return self.entries * self.width

    @property
    def bits(self) -> int:
        """Bits that one word holds: fewer than its bytes have where `memwidth` says so."""
        bits = self.properties.get("memwidth")
        return bits if isinstance(bits, int) else 8 * self.width

    @cached_property
    def by_name(self) -> Mapping[str, Child]:
        """The virtual registers by their names."""
        return {c.name: c for c in self.children}


@frozen(eq=False, kw_only=True)
class SignalType:
    """A signal: resets, enables and whatever else the description leaves to the hardware."""

    name: str
    width: int = 1
    active_low: bool = False
    asynchronous: bool = False
    field_reset: bool = False
    cpuif_reset: bool = False
    description: str = ""
    properties: Mapping[str, object] = NO_PROPERTIES


@frozen(eq=False, kw_only=True)
class Child:
    """An instance inside a group: one, or an array of `dimensions`, row-major, `stride` bytes apart."""

    name: str
    type: RegisterType | MemoryType | GroupType
    offset: int
    dimensions: tuple[int, ...] = ()
    stride: int = 0

    @property
    def count(self) -> int:
        """How many instances stand here."""
        total = 1
        for dimension in self.dimensions:
            total *= dimension
        return total

    def indices_of(self, flat: int) -> tuple[int, ...]:
        """Return the indices of the element at `flat` in row-major order."""
        indices: list[int] = []
        for dimension in reversed(self.dimensions):
            flat, index = divmod(flat, dimension)
            indices.append(index)
        return tuple(reversed(indices))

    def offset_of(self, indices: tuple[int, ...], above: str = "") -> int:
        """Return the offset of one element from the group's base.

        Args:
            above: the path of the group with its dot, for the error.

        Raises:
            IndexError: names the child, the indices given, and the first and the last element.
        """
        if len(indices) == len(self.dimensions):
            flat = 0
            for index, dimension in zip(indices, self.dimensions, strict=True):
                if not 0 <= index < dimension:
                    break
                flat = flat * dimension + index
            else:
                return self.offset + flat * self.stride
        raise IndexError(self._no_element(indices, above + self.name))

    def _no_element(self, indices: tuple[int, ...], path: str) -> str:
        if not self.dimensions:
            return f"{path} is no array, and takes no index"
        given = "".join(f"[{index}]" for index in indices)
        first = path + "[0]" * len(self.dimensions)
        last = path + "".join(f"[{dimension - 1}]" for dimension in self.dimensions)
        what = f"there is no {path}{given}" if given else f"{path} is an array"
        return f"{what}; expected {first} to {last}"


@frozen(eq=False, kw_only=True)
class GroupType:
    """An address map or a register file: children at offsets, `size` bytes in all."""

    name: str
    kind: str  # "addrmap" or "regfile"
    size: int
    children: tuple[Child, ...]
    signals: tuple[SignalType, ...] = ()
    external: bool = False
    description: str = ""
    properties: Mapping[str, object] = NO_PROPERTIES
    source: str = ""

    @cached_property
    def by_name(self) -> Mapping[str, Child]:
        """The children by their names."""
        return {c.name: c for c in self.children}


NodeType: TypeAlias = RegisterType | MemoryType | GroupType


@frozen
class Image:
    """A compiled register map.

    Attributes:
        root: the top address map.
        source_hash: of every source byte, parameter and compiler version; its first half: of the text alone, which
            says when to compile again (`registers.fresh`).
        source: the file that was compiled, by its name alone.
    """

    root: GroupType
    source_hash: str = ""
    source: str = field(default="")
