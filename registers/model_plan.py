"""What an access does to a register, worked out once a type: masks, so that an access is a few operations on ints."""

from __future__ import annotations

from functools import cache

from attrs import frozen

from registers.schema import FieldType, RegisterType
from registers.semantics import OnRead
from transports.batch import WIDTHS, ones

ROLES = frozenset({"desc", "name", "donttest", "dontcompare"})
UNSUPPORTED = frozenset({"paritycheck", "rsvdsetX", "bigendian", "msb0"})


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
        written: fields that a write can act on, in order.
        read_effects: fields that a read changes, and how.
        simple_write: a write is `storage` and nothing else.
    """

    shift: int
    readable: int
    reserved: int
    storage: int
    written: tuple[FieldType, ...]
    read_effects: tuple[tuple[OnRead, FieldType], ...]
    events: tuple[FieldType, ...]
    simple_write: bool


@frozen(eq=False)
class Plan:
    """A register type's access words, and which of its fields act on their own.

    Attributes:
        latches: fields whose hardware input is latched or followed (interrupts, sticky fields).
        followers: fields that another component drives (`next`, `hwset`, `hwclr`, `incr`, `decr` by reference).
        pulses: bits of singlepulse fields.
    """

    words: tuple[WordPlan, ...]
    readable: bool
    writable: bool
    pulses: int


def stored(f: FieldType) -> bool:
    """Say whether a software write of the field just stores, whatever else is happening."""
    locked = f.swwe or f.swwel
    return f.onwrite is None and not locked and not f.sw.once and not f.singlepulse


def announces(f: FieldType) -> bool:
    """Say whether the field tells the hardware about software's accesses."""
    return bool(f.properties.get("swmod") or f.properties.get("swacc"))


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
    for f in register.fields:
        check_field(register, f)
    shifts = range(0, 8 * register.width, 8 * register.access)
    words = tuple(_word(register, shift, ones(register.access) << shift) for shift in shifts)
    return Plan(
        words=words,
        readable=any(f.sw.readable for f in register.fields),
        writable=any(f.sw.writable for f in register.fields),
        pulses=sum(f.mask for f in register.fields if f.singlepulse),
    )


def _word(register: RegisterType, shift: int, window: int) -> WordPlan:
    inside = [f for f in register.fields if f.mask & window]
    written = tuple(f for f in inside if f.sw.writable)
    events = tuple(f for f in inside if announces(f))
    held = sum(f.mask & window for f in inside)
    return WordPlan(
        shift=shift,
        readable=sum(f.mask & window for f in inside if f.sw.readable),
        reserved=window & ~held,
        storage=sum(f.mask & window for f in written if stored(f)),
        written=written,
        read_effects=tuple((f.onread, f) for f in inside if f.onread is not None),
        events=events,
        simple_write=bool(written) and not events and all(stored(f) for f in written),
    )


def check_field(register: RegisterType, f: FieldType) -> None:
    """Refuse what SystemRDL forbids and what the model does not simulate.

    Raises:
        UnsupportedProperty, ValueError: names the field and the property.
    """
    where = f"{register.name}.{f.name}"
    if f.lsb < 0 or f.width < 1 or f.lsb + f.width > 8 * register.width:
        raise ValueError(f"{where} does not fit the register's {8 * register.width} bits")
    if f.onread is not None and not f.sw.readable:
        raise ValueError(f"{where}: onread={f.onread} on a field that software cannot read (sw={f.sw})")
    if f.onwrite is not None and not f.sw.writable:
        raise ValueError(f"{where}: onwrite={f.onwrite} on a field that software cannot write (sw={f.sw})")
    for name in UNSUPPORTED & set(f.properties):
        if f.properties[name]:
            raise UnsupportedProperty(f"{where}: the model does not simulate {name}")
