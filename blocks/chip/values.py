"""From a TOML table to a configuration: an attrs class with types, ranges and cross checks of its own."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import Any, TypeAlias, TypeVar, Union, cast, get_args, get_origin, get_type_hints

import attrs

from blocks.chip.table import KINDS, ChipError, choice, shown

T = TypeVar("T")

Complain: TypeAlias = Callable[[str, str, str], ChipError]  # (key, found, expected)


class Mismatch(Exception):
    """A value is not of the type that is wanted; the argument says what is."""


def build(kind: type[T], values: Mapping[str, object], complain: Complain) -> T:
    """Return the attrs class made of `values`.

    Args:
        complain: makes the error about one key from what was found and what was expected.

    Raises:
        ChipError: an unknown or missing key, a wrong type, or what a validator of the class refused.
    """
    if kind is NoneType or not attrs.has(kind):
        for key in values:
            raise complain(key, "an unknown key", "nothing here: this block type has no configuration")
        return cast("T", None)
    known = {a.alias: a for a in attrs.fields(kind) if a.init}
    hints = _hints(kind)
    given: dict[str, Any] = {}
    for key, value in values.items():
        if key not in known:
            raise complain(key, "an unknown key", choice(key, known))
        try:
            given[key] = convert(value, hints[known[key].name])
        except Mismatch as mismatch:
            raise complain(key, shown(value), str(mismatch)) from None
    for key, attribute in known.items():
        if attribute.default is attrs.NOTHING and key not in given:
            raise complain(key, "nothing", described(hints[attribute.name]))
    try:
        return cast("Callable[..., T]", kind)(**given)
    except ValueError as problem:
        raise _blamed(str(problem), given, complain) from problem


@cache
def _hints(kind: type[Any]) -> Mapping[str, Any]:
    return get_type_hints(kind)


def _blamed(message: str, given: Mapping[str, object], complain: Complain) -> ChipError:
    """Blame the key that a validator's message begins with: ours, "x is 3; expected 4..5", or attrs', "'x' must be 4".

    Any other message is about the whole table.
    """
    if (ours := re.fullmatch(r"(\w+) (.+); expected (.+)", message, re.DOTALL)) and ours[1] in given:
        key, said = ours[1], ours[2]
        found = said.removeprefix("is ") if said.startswith("is ") else f"{shown(given[key])}, which {said}"
        return complain(key, found, ours[3])
    if (theirs := re.fullmatch(r"'(\w+)' must (.+)", message, re.DOTALL)) and theirs[1] in given:
        wanted = re.sub(r"(: | \(got ).*", "", theirs[2], flags=re.DOTALL).removeprefix("be ")
        return complain(theirs[1], shown(given[theirs[1]]), f"a value for which this holds: {wanted}")
    said, _, wanted = message.partition("; expected ")
    return complain("", f"values that its block type refuses ({said})", wanted or "others")


def convert(value: object, hint: Any) -> Any:
    """Return a TOML value as what the annotation says.

    Raises:
        Mismatch: it is not of that type.
    """
    origin = get_origin(hint)
    if origin in (Union, UnionType):
        return _first_of(value, hint)
    if origin is tuple and isinstance(value, list):
        try:
            return tuple(convert(element, get_args(hint)[0]) for element in cast("list[object]", value))
        except Mismatch:
            raise Mismatch(described(hint)) from None
    if hint is Any or (origin is None and type(value) is hint):
        return value
    if hint is float and type(value) is int:
        return float(value)
    if isinstance(hint, type) and issubclass(hint, Enum) and isinstance(value, str) and value in hint.__members__:
        return hint[value]
    raise Mismatch(described(hint))


def _first_of(value: object, hint: Any) -> Any:
    for option in get_args(hint):
        try:
            return convert(value, option)
        except Mismatch:
            continue
    raise Mismatch(described(hint))


def described(hint: Any) -> str:
    """Say what values an annotation stands for."""
    origin = get_origin(hint)
    if origin in (Union, UnionType):
        return " or ".join(described(option) for option in get_args(hint) if option is not NoneType)
    if origin is tuple:
        return f"a list, each {described(get_args(hint)[0])}"
    if members := getattr(hint, "__members__", None):
        return f"one of {', '.join(members)}"
    return KINDS[hint] if hint in KINDS else str(hint)
