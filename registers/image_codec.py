"""How schema values stand in an image: each as plain data, and back only when it is exactly what it should be.

A record holds what differs from the default, under the attribute's own name, so a reader can be understood by
looking at one. Decoding trusts nothing: whatever is not as described here raises `Malformed`, never another error.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Any, TypeGuard, TypeVar, cast

import msgpack
from attrs import fields, frozen

from registers.schema import (
    NO_PROPERTIES,
    Counter,
    EnumMember,
    FieldType,
    Interrupt,
    Ref,
    SignalType,
    Step,
)
from registers.semantics import Hw, OnRead, OnWrite, Sw

T = TypeVar("T")
E = TypeVar("E", bound=StrEnum)

EXT_REF = 1  # a reference inside a property's value
EXT_BIG = 2  # an integer beyond 64 bits, big-endian with its sign


class Malformed(ValueError):
    """The bytes are sound but do not describe a register map."""


@frozen
class Codec:
    """One attribute's way out and back."""

    encode: Callable[[Any], Any]
    decode: Callable[[Any], Any]


def _same(value: Any) -> Any:
    return value


def require(good: bool, what: str) -> None:
    """Raise `Malformed` unless the data is as it should be."""
    if not good:
        raise Malformed(what)


def _is_list(value: Any) -> TypeGuard[list[Any]]:
    return isinstance(value, (list, tuple))


def _is_mapping(value: Any) -> TypeGuard[Mapping[Any, Any]]:
    return isinstance(value, Mapping)


def text(value: Any) -> str:
    """Return a string, or refuse."""
    if not isinstance(value, str):
        raise Malformed(f"expected text, found {type(value).__name__}")
    return value


def flag(value: Any) -> bool:
    """Return a boolean, or refuse."""
    if not isinstance(value, bool):
        raise Malformed(f"expected true or false, found {type(value).__name__}")
    return value


def number(value: Any) -> int:
    """Return a number that is not negative, or refuse."""
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise Malformed(f"expected a number from 0 up, found {type(value).__name__}")
    return value


def sequence(value: Any) -> list[Any]:
    """Return a list, or refuse."""
    if not _is_list(value):
        raise Malformed(f"expected a list, found {type(value).__name__}")
    return value


def mapping(value: Any) -> dict[str, Any]:
    """Return a mapping from text, or refuse."""
    if not _is_mapping(value):
        raise Malformed(f"expected a mapping, found {type(value).__name__}")
    return {text(key): item for key, item in value.items()}


def record(value: Any, length: int) -> list[Any]:
    """Return a list of `length` items, or refuse."""
    items = sequence(value)
    if len(items) != length:
        raise Malformed(f"expected {length} items, found {len(items)}")
    return items


def numbers(value: Any) -> tuple[int, ...]:
    """Return a tuple of numbers, or refuse."""
    return tuple(number(item) for item in sequence(value))


def _member(kind: type[E]) -> Callable[[Any], E]:
    known = {str(member): member for member in kind}

    def decode(value: Any) -> E:
        found = known.get(text(value))
        if found is None:
            raise Malformed(f"{value!r} is none of {', '.join(known)}")
        return found

    return decode


def _one_of(*known: str) -> Codec:
    def decode(value: Any) -> str:
        require(text(value) in known, f"{value!r} is none of {', '.join(known)}")
        return cast("str", value)

    return Codec(_same, decode)


def _encode_ref(value: Ref | int | bool | None) -> Any:
    if isinstance(value, Ref):
        return [value.up, [[s.name, list(s.indices)] for s in value.path], value.member, value.kind]
    return value


def _decode_ref(value: Any) -> Ref:
    up, path, member, kind = record(value, 4)
    steps = (record(step, 2) for step in sequence(path))
    require(kind in ("field", "register", "signal", "memory", "group"), f"{kind!r} is no kind of reference")
    return Ref(number(up), tuple(Step(text(n), numbers(i)) for n, i in steps), text(member), text(kind))


def _ref_or(*plain: Callable[[Any], Any]) -> Codec:
    """Return the codec of a reference, or of one of the plain kinds (`number`, `flag`) in its place."""

    def decode(value: Any) -> Any:
        if _is_list(value):
            return _decode_ref(value)
        kind = flag if isinstance(value, bool) else number
        if kind not in plain:
            raise Malformed(f"{value!r} cannot stand for a reference here")
        return kind(value)

    return Codec(_encode_ref, decode)


def _open(value: Any) -> Any:
    """Return a property's value as plain data."""
    if isinstance(value, Ref):
        return msgpack.ExtType(EXT_REF, pack(_encode_ref(value)))
    if _is_list(value):
        return [_open(item) for item in value]
    if _is_mapping(value):
        return {key: _open(item) for key, item in value.items()}
    return value


def _close(value: Any) -> Any:
    """Return a property's value as it was before `_open`."""
    if _is_list(value):
        return tuple(_close(item) for item in value)
    if _is_mapping(value):
        return MappingProxyType({key: _close(item) for key, item in mapping(value).items()})
    require(value is None or isinstance(value, (str, bool, int, Ref)), "a property of an unknown kind")
    return value


def _decode_properties(value: Any) -> Mapping[str, object]:
    items = mapping(value)
    return MappingProxyType({key: _close(item) for key, item in items.items()}) if items else NO_PROPERTIES


TEXT = Codec(_same, text)
FLAG = Codec(_same, flag)
NUMBER = Codec(_same, number)
REF = Codec(_encode_ref, _decode_ref)
SWITCH = _ref_or(flag)
PROPERTIES = Codec(_open, _decode_properties)


def encode_attributes(value: Any, codecs: Mapping[str, Codec]) -> dict[str, Any]:
    """Return an attrs value as a mapping of what differs from the defaults."""
    found: dict[str, Any] = {}
    kind: type[Any] = value.__class__
    for attribute in fields(kind):
        item = getattr(value, attribute.name)
        if item != attribute.default or type(item) is not type(attribute.default):
            found[attribute.name] = codecs[attribute.name].encode(item)
    return found


def decode_attributes(kind: Callable[..., T], data: Any, codecs: Mapping[str, Codec]) -> T:
    """Return the attrs value that `encode_attributes` described, or refuse."""
    if not _is_mapping(data):
        raise Malformed(f"expected a mapping, found {type(data).__name__}")
    values: dict[str, Any] = {}
    for name, item in data.items():
        codec = codecs.get(name)
        if codec is None:
            raise Malformed(f"no attribute is called {name!r}")
        values[name] = codec.decode(item)
    try:
        return kind(**values)
    except TypeError as problem:  # schema values check nothing: what fails is an attribute that is not there
        raise Malformed(str(problem)) from problem


def nested(kind: type[Any], codecs: Mapping[str, Codec]) -> Codec:
    """Return the codec of an attrs value inside another."""
    return Codec(lambda value: encode_attributes(value, codecs), lambda data: decode_attributes(kind, data, codecs))


INTERRUPT: Mapping[str, Codec] = {
    "edge": _one_of("level", "posedge", "negedge", "bothedge"),
    "sticky": _one_of("stickybit", "sticky", ""),
    "enable": REF,
    "mask": REF,
    "haltenable": REF,
    "haltmask": REF,
}

COUNTER: Mapping[str, Codec] = {
    "incr": REF,
    "decr": REF,
    "incrvalue": _ref_or(number),
    "decrvalue": _ref_or(number),
    "incrwidth": NUMBER,
    "decrwidth": NUMBER,
    "incrsaturate": _ref_or(number, flag),
    "decrsaturate": _ref_or(number, flag),
    "incrthreshold": _ref_or(number, flag),
    "decrthreshold": _ref_or(number, flag),
    "up": FLAG,
    "down": FLAG,
}

ENUM_MEMBER: Mapping[str, Codec] = {"name": TEXT, "value": NUMBER, "description": TEXT}

SIGNAL: Mapping[str, Codec] = {
    "name": TEXT,
    "width": NUMBER,
    "active_low": FLAG,
    "asynchronous": FLAG,
    "field_reset": FLAG,
    "cpuif_reset": FLAG,
    "description": TEXT,
    "properties": PROPERTIES,
}

# `encode` is absent: the image refers to the enumeration by its place in a table.
FIELD: Mapping[str, Codec] = {
    "name": TEXT,
    "lsb": NUMBER,
    "width": NUMBER,
    "sw": Codec(str, _member(Sw)),
    "hw": Codec(str, _member(Hw)),
    "onread": Codec(str, _member(OnRead)),
    "onwrite": Codec(str, _member(OnWrite)),
    "reset": _ref_or(number),
    "singlepulse": FLAG,
    "volatile": FLAG,
    "precedence": _one_of("sw", "hw"),
    "swwe": SWITCH,
    "swwel": SWITCH,
    "we": SWITCH,
    "wel": SWITCH,
    "hwset": SWITCH,
    "hwclr": SWITCH,
    "hwenable": REF,
    "hwmask": REF,
    "next": REF,
    "resetsignal": REF,
    "intr": nested(Interrupt, INTERRUPT),
    "counter": nested(Counter, COUNTER),
    "description": TEXT,
    "properties": PROPERTIES,
}

KINDS: Mapping[type[Any], Mapping[str, Codec]] = {
    Interrupt: INTERRUPT,
    Counter: COUNTER,
    EnumMember: ENUM_MEMBER,
    SignalType: SIGNAL,
    FieldType: FIELD,
}


def _default(value: Any) -> Any:
    if isinstance(value, int):
        return msgpack.ExtType(EXT_BIG, value.to_bytes(value.bit_length() // 8 + 1, "big", signed=True))
    raise TypeError(f"{type(value).__name__} has no place in an image")


def pack(data: Any) -> bytes:
    """Return plain data as msgpack; integers may have any size."""
    return msgpack.packb(data, default=_default, use_bin_type=True)


def _ext(code: int, data: bytes) -> Any:
    if code == EXT_BIG:
        return int.from_bytes(data, "big", signed=True)
    require(code == EXT_REF, f"extension {code} is unknown")
    return _decode_ref(unpack(data))


def unpack(data: bytes) -> Any:
    """Return the plain data in msgpack bytes.

    Raises:
        Malformed: the bytes are not msgpack, or hold what no image holds. Lengths are checked against what is there
            before anything of that size is made.
    """
    try:
        return msgpack.unpackb(data, raw=False, strict_map_key=True, ext_hook=_ext)
    except (ValueError, TypeError, OverflowError, RecursionError, msgpack.exceptions.UnpackException) as problem:
        raise Malformed(f"not msgpack ({problem})") from problem
