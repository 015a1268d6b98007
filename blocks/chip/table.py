"""Reads TOML strictly: every key known, every value of its kind, every complaint with file, path and expectation."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from enum import StrEnum
from typing import TypeVar, cast

from attrs import define, field, frozen

T = TypeVar("T")
E = TypeVar("E", bound=StrEnum)

DEPTH_MAX = 32  # tables and lists within each other; a chip's file needs 5
BITS_MAX = 64  # of a whole number: as wide as a register may be

KINDS: Mapping[type, str] = {
    str: "text",
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    dict: "a table",
    list: "a list",
}


@define
class ChipError(ValueError):
    """A chip's description is wrong.

    Attributes:
        file: the file to mend.
        path: the place inside it, as TOML would spell it: `blocks."pll[*]".config.fbdiv`.
        found: what stands there.
        expected: what should.
    """

    file: str
    path: str
    found: str
    expected: str

    def __str__(self) -> str:
        place = f"{self.file}: {self.path}" if self.path else self.file
        return f"{place}: found {self.found}; expected {self.expected}"


@frozen
class Table:
    """One TOML table, and where it stands."""

    file: str
    path: str
    values: Mapping[str, object] = field(repr=False)

    def error(self, key: str, found: str, expected: str) -> ChipError:
        """Return the complaint about one key (empty: about the whole table)."""
        return ChipError(self.file, joined(self.path, key), found, expected)

    def only(self, *known: str) -> None:
        """Refuse keys that nothing reads.

        Raises:
            ChipError: names the first one, and the key that was probably meant.
        """
        for key in self.values:
            if key not in known:
                raise self.error(key, "an unknown key", choice(key, known))

    def get(self, key: str, kind: type[T], default: T) -> T:
        """Return a value of the kind, or the default when the key is absent.

        Raises:
            ChipError: the value is of another kind.
        """
        return self.need(key, kind) if key in self.values else default

    def need(self, key: str, kind: type[T]) -> T:
        """Return a value of the kind.

        Raises:
            ChipError: it is absent, or of another kind.
        """
        if key not in self.values:
            raise self.error(key, "nothing", KINDS[kind])
        value = self.values[key]
        if isinstance(value, bool) is not (kind is bool) or not isinstance(value, kind):
            raise self.error(key, shown(value), KINDS[kind])
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        """Return a list of texts; empty when the key is absent."""
        texts: list[str] = []
        empty: list[object] = []
        for index, value in enumerate(self.get(key, list, empty)):
            if not isinstance(value, str):
                raise self.error(f"{key}[{index}]", shown(value), KINDS[str])
            texts.append(value)
        return tuple(texts)

    def one_of(self, key: str, default: E, *allowed: E) -> E:
        """Return what a text names, of an enumeration of texts; the default when the key is absent.

        Args:
            allowed: none of the others; default: all.

        Raises:
            ChipError: the value is no text, or no name of those.
        """
        known = {choice.value: choice for choice in allowed or type(default)}
        text = self.get(key, str, default.value)
        if text not in known:
            raise self.error(key, repr(text), f"one of {', '.join(known)}")
        return known[text]

    def table(self, key: str) -> Table:
        """Return the table below a key; empty when the key is absent."""
        empty: dict[str, object] = {}
        return Table(self.file, joined(self.path, key), self.get(key, dict, empty))


def read_table(text: str, file: str) -> Table:
    """Parse a TOML document.

    Raises:
        ChipError: it is not TOML (says at which line), is nested too deep, or has a number that no register holds.
    """
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as problem:
        what, _, place = str(problem).partition(" (at ")
        found = f"a mistake of syntax ({what[:1].lower()}{what[1:]})"
        raise ChipError(file, place.removesuffix(")"), found, "TOML") from problem
    except RecursionError:
        raise ChipError(file, "", "lists or tables within each other without end", _LESS_DEEP) from None
    except ValueError:  # all that TOML itself does not refuse and Python does not convert
        raise ChipError(file, "", "a whole number of thousands of digits", _LESS_WIDE) from None
    _bounded(values, file)
    return Table(file, "", values)


_LESS_DEEP = f"at most {DEPTH_MAX} of them within each other"
_LESS_WIDE = f"one of at most {BITS_MAX} bits"


def _bounded(values: Mapping[str, object], file: str) -> None:
    """Refuse what would be too deep or too wide for whoever reads it; without recursion, for it may be deep."""
    todo: list[tuple[str, object, int]] = [("", values, 0)]
    while todo:
        path, value, depth = todo.pop()
        if depth > DEPTH_MAX:
            raise ChipError(file, shortened(path), "one table or list more", _LESS_DEEP)
        if isinstance(value, dict):
            items = cast("dict[str, object]", value).items()
            todo.extend((joined(path, key), item, depth + 1) for key, item in items)
        elif isinstance(value, list):
            listed = enumerate(cast("list[object]", value))
            todo.extend((f"{path}[{index}]", item, depth + 1) for index, item in listed)
        elif isinstance(value, int) and value.bit_length() > BITS_MAX:
            raise ChipError(file, shortened(path), f"a whole number of {value.bit_length()} bits", _LESS_WIDE)


def joined(path: str, key: str) -> str:
    """Return the path of a key below `path`, quoted as TOML would quote it."""
    if not key:
        return path
    part = key if re.fullmatch(r"[\w-]+(\[\d+\])?", key, re.ASCII) and not path.endswith("blocks") else f'"{key}"'
    return f"{path}.{part}" if path else part


def shown(value: object) -> str:
    """Say what a value is, short."""
    return shortened(str(value).lower() if isinstance(value, bool) else repr(value))


def shortened(text: str) -> str:
    """Return a text, or its beginning where it is long."""
    return text if len(text) <= 60 else f"{text[:57]}..."


def choice(word: str, known: Iterable[str]) -> str:
    """Say what could have stood there instead of `word`."""
    names = sorted(known, key=_naturally)
    if close := get_close_matches(word, names, n=1):
        return f"`{close[0]}`, perhaps"
    if not names:
        return "nothing here"
    listed = names if len(names) <= 12 else [*names[:11], f"... ({len(names)} in all)"]
    return f"one of {', '.join(listed)}"


def _naturally(name: str) -> list[tuple[int, str]]:
    """Order names as people do: `pll[9]` before `pll[10]`."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d+)", name)]
