"""Names for generated Python: legal, clear of what the base classes own, and the same for the same map."""

from __future__ import annotations

import keyword
from collections.abc import Iterable
from itertools import chain, count

# What a value, a map or a register has already, and what the generated code itself needs within a class body.
_TAKEN = frozenset(
    "raw register field address path type group records child at memory read write modify check poll "
    "PACKAGE IMAGE self timeout_s int bool None Bits Bit Member ArrayMember Memory Register RegisterMap RegisterOp "
    "RegisterValue TopMap IntEnum l O I".split()
)

# What every member of an IntEnum has, in any Python to come that we know of.
_TAKEN_IN_ENUM = frozenset(
    "name value mro real imag numerator denominator conjugate bit_length bit_count to_bytes from_bytes "
    "as_integer_ratio is_integer l O I".split()
)


def _legal(name: str) -> str:
    """Return a name that Python neither mangles nor takes for its own."""
    if name.startswith("__"):
        name = name.strip("_") + "_"
    if not name or not (name[0].isalpha() or name[0] == "_"):
        name = f"_{name}"
    return f"{name}_" if keyword.iskeyword(name) else name


def identifiers(names: Iterable[str], *, taken: frozenset[str] = _TAKEN) -> dict[str, str]:
    """Return a Python name for each RDL name; where it cannot be the same, it has a trailing underscore or more."""
    given = list(names)
    found: dict[str, str] = {}
    used = set(taken)
    # Names that can stay as they are do so, whatever the order.
    for name in sorted(given, key=lambda n: _legal(n) != n or n in taken):
        made = _legal(name)
        while made in used:
            made += "_"
        used.add(made)
        found[name] = made
    return {name: found[name] for name in given}


def enum_members(names: Iterable[str]) -> dict[str, str]:
    """Return a Python name for each member of an enumeration."""
    given = list(names)
    bare = {name: _bare(name) for name in given}
    found = identifiers(bare.values(), taken=_TAKEN_IN_ENUM)
    if len(found) == len(given):
        return {name: found[bare[name]] for name in given}
    return {name: f"M{index}_{name.strip('_')}" for index, name in enumerate(given)}


def _bare(name: str) -> str:
    """Return the name without outer underscores, which an enumeration takes for its own, and led by a letter."""
    bare = name.strip("_")
    return bare if bare[:1].isalpha() else f"M{bare}"


def camel(name: str) -> str:
    """Return `intr_enable` or `INTR_ENABLE` as `IntrEnable`."""
    parts = [part for part in name.split("_") if part]
    made = "".join(p[0].upper() + (p[1:] if any(c.islower() for c in p) else p[1:].lower()) for p in parts)
    return made if made[:1].isalpha() else f"N{made}"


class ClassNames:
    """Hands out class names of one module, none twice and none that a member of any class has."""

    def __init__(self, members: Iterable[str]) -> None:
        self._used = {*_TAKEN, *members, "access", "annotations"}

    def top(self, name: str) -> str:
        """Take the name of the whole map's class, which drivers are written against and no other class mentions."""
        made = f"{camel(name)}Regs"
        self._used.add(made)
        return made

    def new(self, name: str, *, within: str = "", suffixes: tuple[str, ...] = ("",)) -> str:
        """Return a free name close to `name`; no class is named any of it plus `suffixes` either."""
        wanted = camel(name)
        tries = chain((wanted, camel(within) + wanted), (f"{wanted}{number}" for number in count(2)))
        for made in tries:
            taken = {made + suffix for suffix in suffixes}
            if not taken & self._used and not keyword.iskeyword(made):
                self._used |= taken
                return made
        raise AssertionError("numbers do not end")
