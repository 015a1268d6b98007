"""What a register operation is before it has an address: worked out once, then used wherever the type stands.

Firmware does the same few hundred things again and again, on other instances. A `Form` is a verb with certain fields
named, which the rules of `registers.access` have allowed; a `Plan` is a form with values. Both are kept, so that the
second `regs.CTRL.modify(bypass=1)` anywhere costs a look into a dict.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TypeVar

from attrs import define, field

from registers.schema import RegisterType
from transports.batch import Access, Check, Modify, Poll, Read, Write, at

K = TypeVar("K")
V = TypeVar("V")

# A plan and its key take about 1 KB, so 4 MB at most; what did not fit is worked out again, which costs some 3 us.
KEPT_MAX = 4096

PLANS_MAX = 256  # of one form, all bytes: a data register that takes ever new words drives no other plan out


@define(eq=False)
class Plan:
    """One verb with certain values on one register type: its operations, which can be had anywhere.

    Attributes:
        type: the register's.
        verb: "read", "write", "modify", "check" or "poll".
        fields: the values named, by field.
        shifts: for each operation, the bit of the register at which its word begins.
    """

    type: RegisterType
    verb: str
    fields: Mapping[str, int]
    shifts: tuple[int, ...]
    _last: tuple[int, tuple[Access, ...]]

    def at(self, address: int) -> tuple[Access, ...]:
        """Return the operations on the register at `address`; those had last are kept, for who asks again.

        Raises:
            ValueError: there can be no access.
        """
        place, operations = self._last
        if place != address:
            if len(operations) == 1:
                operations = (at(operations[0], operations[0].address - place + address),)
            else:
                operations = tuple([at(op, op.address - place + address) for op in operations])
            self._last = (address, operations)
        return operations


@define(eq=False)
class Form:
    """One verb with certain fields named, whatever their values.

    Attributes:
        fields: (name, lowest bit, largest value) of each.
        base: what is written to the bits that they do not hold.
        words: for each access word involved, the bit at which it begins, and which of its bits are meant.
        plans: how many were made.
    """

    type: RegisterType
    verb: str
    fields: tuple[tuple[str, int, int], ...]
    base: int
    words: tuple[tuple[int, int], ...]
    shifts: tuple[int, ...] = field(init=False)
    plans: int = field(init=False, default=0)

    def __attrs_post_init__(self) -> None:
        self.shifts = tuple([shift for shift, _ in self.words])

    def plan(self, address: int, path: str, values: Mapping[str, int], timeout_s: float | None) -> Plan:
        """Return the form with values, made at an address.

        Args:
            path: the register's, for the error.
            timeout_s: of a poll.

        Raises:
            ValueError: a value does not fit its field, there can be no access, or no such timeout.
        """
        raw = self.base
        for name, lsb, most in self.fields:
            value = values[name]
            if value < 0 or value > most:
                raise out_of_range(path, name, value, most)
            raw |= value << lsb
        operations = tuple(
            [self._operation(address, shift, mask, raw >> shift & mask, timeout_s) for shift, mask in self.words]
        )
        self.plans += 1
        return Plan(self.type, self.verb, MappingProxyType(values), self.shifts, (address, operations))

    def _operation(self, address: int, shift: int, mask: int, value: int, timeout_s: float | None) -> Access:
        at, width = address + shift // 8, self.type.access
        match self.verb:
            case "read":
                return Read(at, width=width)
            case "write":
                return Write(at, value, width=width)
            case "modify":
                return Modify(at, mask, value, width=width)
            case "check":
                return Check(at, mask, value, width=width)
            case _:
                assert timeout_s is not None, "a poll has a timeout"
                return Poll(at, mask, value, width=width, timeout_s=timeout_s)


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
