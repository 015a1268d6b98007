"""What an access does to a register, worked out once a type: masks, so that an access is a few operations on ints."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache

from attrs import frozen

from registers.schema import FieldType, GroupType, Interrupt, MemoryType, Ref, RegisterType
from registers.semantics import OnRead, OnWrite
from transports.batch import WIDTHS, ones

# True in a description, these change what hardware does in ways that the model has not.
UNSUPPORTED = ("bigendian", "bridge", "shared", "msb0")
_FIELD_REFS = ("next", "hwset", "hwclr", "we", "wel", "hwenable", "hwmask", "swwe", "swwel", "reset")
_INTERRUPT_REFS = ("enable", "mask", "haltenable", "haltmask")
_COUNTER_REFS = (
    "incr decr incrvalue decrvalue incrsaturate decrsaturate incrthreshold decrthreshold"
).split()
DRIVEN = frozenset("next hwset hwclr incr decr".split())
QUALIFIERS = ("we", "wel", "hwenable", "hwmask")
_ACTING = DRIVEN | set(QUALIFIERS)
_LATCHES = {"sticky": Interrupt(sticky="sticky"), "stickybit": Interrupt(sticky="stickybit")}


class UnsupportedProperty(ValueError):
    """The model does not simulate this property; it refuses the whole map rather than ignore it."""


@frozen(eq=False)
class WordPlan:
    """One access word of a register type; every mask is in the register's own bits.

    Attributes:
        shift: the bit of the register at which the word begins.
        readable: bits that a read brings.
        reserved: bits that no field holds.
        storage: bits that a write simply stores.
        free: what a write does to the bits of fields that are never locked: (onwrite, bits).
        guarded: fields that may ignore a write: locked, or written once already.
        read_effects: fields that a read changes, and how.
        events: fields that tell the hardware about accesses (`swmod`, `swacc`).
        simple_read, simple_write: a read has no effects; a write is `storage` and nothing else.
    """

    shift: int
    readable: int
    reserved: int
    storage: int
    free: tuple[tuple[OnWrite | None, int], ...]
    guarded: tuple[FieldType, ...]
    read_effects: tuple[tuple[OnRead, FieldType], ...]
    events: tuple[FieldType, ...]
    simple_read: bool
    simple_write: bool

    @property
    def writable(self) -> bool:
        """A write can act on some field."""
        return bool(self.free or self.guarded)


@frozen(eq=False)
class Plan:
    """A register type's access words, and what it does besides.

    Attributes:
        pulses: bits of singlepulse fields.
        hw_first: bits whose `precedence` is the hardware's.
        latches: fields that keep their hardware input in some way (interrupts and sticky fields).
        follows: bits of fields that something else in the map, or an input that stays, drives.
        referred: bits of those that something else in the map drives.
        reset, unset: what a reset puts into the fields with a plain reset value; the bits of fields without any.
        reset_refs: fields that take their reset value from elsewhere.
        acting: fields that act on their own.
    """

    words: tuple[WordPlan, ...]
    readable: bool
    writable: bool
    pulses: int
    hw_first: int
    latches: Mapping[str, Interrupt]
    follows: int
    referred: int
    reset: int
    unset: int
    reset_refs: tuple[FieldType, ...]
    acting: tuple[FieldType, ...]


@cache
def references(f: FieldType) -> Mapping[str, Ref]:
    """Return every property of a field that names another component, but for its reset signal."""
    owners: tuple[tuple[object, Iterable[str]], ...] = (
        (f, _FIELD_REFS),
        (f.intr, _INTERRUPT_REFS),
        (f.counter, _COUNTER_REFS),
    )
    found: dict[str, Ref] = {}
    for owner, names in owners:
        if owner is None:
            continue
        for name in names:
            value: object = getattr(owner, name)
            if isinstance(value, Ref):
                found[name] = value
    return found


def latch_of(f: FieldType) -> Interrupt | None:
    """Return how a field keeps its hardware input; None where it just stores it."""
    if f.intr is not None:
        return f.intr
    sticky = f.properties.get("sticky")
    return _LATCHES.get(sticky) if isinstance(sticky, str) else None


@cache
def plan(register: RegisterType) -> Plan:
    """Return the plan of a register type.

    Raises:
        UnsupportedProperty: names the property that the model does not simulate.
        ValueError: the description itself is wrong (a field outside the register, an illegal combination).
    """
    if register.access not in WIDTHS or register.width % register.access:
        raise UnsupportedProperty(
            f"{register.name}: accesses of {register.access} bytes to a register of {register.width} bytes"
        )
    _refuse(register.name, register.properties)
    held = 0
    for f in register.fields:
        _check(register, f)
        if held & f.mask:
            raise UnsupportedProperty(f"{register.name}.{f.name} shares bits with another field of the register")
        held |= f.mask
    latches = {f.name: latch for f in register.fields if (latch := latch_of(f)) is not None}
    shifts = range(0, 8 * register.width, 8 * register.access)
    return Plan(
        words=tuple(_word(register, shift, ones(register.access) << shift) for shift in shifts),
        readable=any(f.sw.readable for f in register.fields),
        writable=any(f.sw.writable for f in register.fields),
        pulses=_bits(f for f in register.fields if f.singlepulse),
        hw_first=_bits(f for f in register.fields if f.precedence == "hw"),
        latches=latches,
        follows=_bits(f for f in register.fields if f.name in latches or set(references(f)) & DRIVEN),
        referred=_bits(f for f in register.fields if set(references(f)) & DRIVEN),
        reset=sum(f.reset << f.lsb for f in register.fields if isinstance(f.reset, int)),
        unset=_bits(f for f in register.fields if f.reset is None),
        reset_refs=tuple(f for f in register.fields if isinstance(f.reset, Ref)),
        acting=tuple(
            f for f in register.fields if f.name in latches or f.hwset or f.hwclr or _ACTING & set(references(f))
        ),
    )


def _bits(fields: Iterable[FieldType]) -> int:
    return sum(f.mask for f in fields)


def _word(register: RegisterType, shift: int, window: int) -> WordPlan:
    inside = [f for f in register.fields if f.mask & window]
    written = [f for f in inside if f.sw.writable]
    guarded = [f for f in written if f.swwe or f.swwel or f.sw.once]
    groups: dict[OnWrite | None, int] = {}
    for f in written:
        if f not in guarded:
            groups[f.onwrite] = groups.get(f.onwrite, 0) | f.mask & window
    events = tuple(f for f in inside if f.properties.get("swmod") or f.properties.get("swacc"))
    pulsing = any(f.singlepulse for f in written)
    return WordPlan(
        shift=shift,
        readable=_bits(f for f in inside if f.sw.readable) & window,
        reserved=window & ~_bits(inside),
        storage=groups.get(None, 0),
        free=tuple(groups.items()),
        guarded=tuple(guarded),
        read_effects=tuple((f.onread, f) for f in inside if f.onread is not None),
        events=events,
        simple_read=not events and all(f.onread is None for f in inside),
        simple_write=set(groups) == {None} and not guarded and not events and not pulsing,
    )


def _refuse(where: str, properties: Mapping[str, object]) -> None:
    for name in UNSUPPORTED:
        if properties.get(name):
            raise UnsupportedProperty(f"{where}: the model does not simulate {name}")


def _check(register: RegisterType, f: FieldType) -> None:
    """Refuse what SystemRDL forbids in a field."""
    where = f"{register.name}.{f.name}"
    if f.lsb < 0 or f.width < 1 or f.lsb + f.width > 8 * register.width:
        raise ValueError(f"{where} does not fit the register's {8 * register.width} bits")
    if f.onread is not None and not f.sw.readable:
        raise ValueError(f"{where}: onread={f.onread} on a field that software cannot read (sw={f.sw})")
    if f.onwrite is not None and not f.sw.writable:
        raise ValueError(f"{where}: onwrite={f.onwrite} on a field that software cannot write (sw={f.sw})")
    if isinstance(f.reset, int) and not 0 <= f.reset <= f.max:
        raise ValueError(f"{where}: reset value {f.reset:#x} does not fit {f.width} bits")
    if f.precedence not in ("sw", "hw"):
        raise ValueError(f"{where}: precedence {f.precedence!r} is neither sw nor hw")
    sticky = f.properties.get("sticky")
    if f.intr is None and sticky and not (isinstance(sticky, str) and sticky in _LATCHES):
        raise UnsupportedProperty(f"{where}: sticky is {sticky!r}")
    _refuse(where, f.properties)


def _check_internal(register: RegisterType) -> None:
    for f in register.fields:
        if f.onread is OnRead.RUSER or f.onwrite is OnWrite.WUSER:
            raise ValueError(f"{register.name}.{f.name}: ruser and wuser are for external registers")


@cache
def check_map(group: GroupType, *, external: bool = False) -> None:
    """Refuse a map with anything in it that the model does not simulate, each type once.

    Args:
        external: something above the group says that all below is external.

    Raises:
        UnsupportedProperty, ValueError: names the type and the property.
    """
    _refuse(group.name, group.properties)
    external = external or group.external
    for child in group.children:
        match child.type:
            case RegisterType():
                plan(child.type)
                if not (external or child.type.external):
                    _check_internal(child.type)
                primary = group.by_name.get(child.type.alias_of)
                if child.type.alias_of and (primary is None or primary.dimensions != child.dimensions):
                    raise UnsupportedProperty(f"{group.name}.{child.name} is an alias of {child.type.alias_of!r}, "
                                              "which is no sibling of the same dimensions")
            case MemoryType():
                if child.type.width not in WIDTHS:
                    raise UnsupportedProperty(f"{child.name}: a memory of {child.type.width} bytes a word")
            case GroupType():
                check_map(child.type, external=external)
