"""What a register operation is before it has an address: worked out once, then used wherever the type stands.

Firmware does the same few hundred things again and again, on other instances. A `Form` is a verb with certain fields
named, which the rules of `registers.access` have allowed; a `Plan` is a form with values. Both are kept, so that the
second `regs.CTRL.modify(bypass=1)` anywhere costs a look into a dict.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, TypeVar

from attrs import define, field, frozen

from registers.schema import RegisterType
from transports.batch import Check, Modify, Operation, Poll, Read, Write

K = TypeVar("K")
V = TypeVar("V")

# A plan and its key take about 1 KB, so 4 MB at most; what did not fit is worked out again, which costs some 3 us.
KEPT_MAX = 4096

KINDS: Mapping[str, Callable[..., Operation]] = {
    "read": Read, "write": Write, "modify": Modify, "check": Check, "poll": Poll,
}  # fmt: skip


@define(eq=False)
class Plan:
    """One verb with certain values on one register type: an operation but for where it is.

    Attributes:
        type: the register's.
        verb: one of `KINDS`.
        fields: the values named, by field.
        shifts: for each access word involved, the bit of the register at which it begins.
        words: for each of them, what its operation is given after the address.
        more: what each operation is given by name.
    """

    type: RegisterType
    verb: str
    fields: Mapping[str, int]
    shifts: tuple[int, ...]
    words: tuple[tuple[int, ...], ...]
    more: Mapping[str, Any]
    _last: tuple[int, tuple[Operation, ...]] | None = field(init=False, default=None)

    def at(self, address: int) -> tuple[Operation, ...]:
        """Return the operations on the register at `address`; those made last are kept, for who asks again.

        Raises:
            ValueError: there can be no access, or none with such a timeout.
        """
        last = self._last
        if last is not None and last[0] == address:
            return last[1]
        make = KINDS[self.verb]
        found = [
            make(address + shift // 8, *word, **self.more) for shift, word in zip(self.shifts, self.words, strict=True)
        ]
        operations = tuple(found)
        self._last = (address, operations)
        return operations


@frozen(eq=False)
class Form:
    """One verb with certain fields named, whatever their values.

    Attributes:
        fields: (name, lowest bit, largest value) of each.
        base: what is written to the bits that they do not hold.
        words: for each access word involved, the bit at which it begins, and which of its bits are meant.
    """

    type: RegisterType
    verb: str
    fields: tuple[tuple[str, int, int], ...]
    base: int
    words: tuple[tuple[int, int], ...]

    def plan(self, path: str, values: Mapping[str, int], more: Mapping[str, Any]) -> Plan:
        """Return the form with values.

        Args:
            path: the register's, for the error.
            more: what the operations are given by name, besides their width.

        Raises:
            ValueError: a value does not fit its field.
        """
        raw = self.base
        for name, lsb, most in self.fields:
            value = values[name]
            if value < 0 or value > most:
                raise out_of_range(path, name, value, most)
            raw |= value << lsb
        if self.verb == "read":
            words: list[tuple[int, ...]] = [()] * len(self.words)
        elif self.verb == "write":
            words = [(raw >> shift & mask,) for shift, mask in self.words]
        else:
            words = [(mask, raw >> shift & mask) for shift, mask in self.words]
        shifts = tuple([shift for shift, _ in self.words])
        fields = MappingProxyType(dict(values))
        return Plan(self.type, self.verb, fields, shifts, tuple(words), {"width": self.type.access, **more})


def out_of_range(path: str, name: str, value: int, most: int) -> ValueError:
    """Return what is said of a value that does not fit its field."""
    width = most.bit_length()
    return ValueError(f"{path}.{name}: {value:#x} is out of range; expected 0..{most:#x} ({width} bits)")


def keep(kept: dict[K, V], key: K, value: V) -> V:
    """Keep a value, with at most `KEPT_MAX` others, and return it."""
    if len(kept) >= KEPT_MAX:
        kept.clear()
    kept[key] = value
    return value
