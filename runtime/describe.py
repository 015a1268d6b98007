"""Puts an operation into words, with the names of block, register and fields: `write pll[3].DIV fbdiv=0x64 refdiv=0x1`.

A recording knows addresses only; this is the `describe` of a replay (`transports.recorded`).
"""

from __future__ import annotations

from bisect import bisect_right

from blocks.chip import Chip
from registers.model.place import Place, decode
from registers.schema import GroupType, RegisterType
from transports.base import Transport
from transports.batch import (
    Check,
    Delay,
    Fence,
    Modify,
    Operation,
    Poll,
    Read,
    ReadBurst,
    Write,
    WriteBurst,
    ones,
)
from transports.recorded import ReplayTransport, plain_words


class Describer:
    """Words for the operations on a chip's own bus."""

    def __init__(self, chip: Chip) -> None:
        there = [i for i in chip.instances.values() if i.behind is None]
        self._blocks: list[tuple[int, str, GroupType]] = sorted(
            ((i.address, i.name, i.block.regs.group) for i in there), key=lambda block: block[0]
        )
        self._starts = [start for start, _, _ in self._blocks]

    def __call__(self, op: Operation) -> str:
        """Return the operation in words; one where no register stands, with its address."""
        if isinstance(op, (Delay, Fence)):
            return plain_words(op)
        block, place, within = self._find(op.address)
        if place is None:
            return plain_words(op)
        name = f"{block}.{place.path}"
        register = place.type if isinstance(place.type, RegisterType) else None
        lsb = 8 * within
        match op:
            case Read():
                return f"read {name}"
            case ReadBurst():
                return f"read {op.count} words from {name}"
            case WriteBurst():
                return f"write {len(op.values)} words from {name}"
            case Write():
                return f"write {name} {_values(register, op.value, ones(op.width), lsb)}"
            case Modify():
                return f"modify {name} {_values(register, op.value, op.mask, lsb)}"
            case Check():
                return f"check {name} {_values(register, op.value, op.mask, lsb)}"
            case Poll():
                return f"poll {name} {_values(register, op.value, op.mask, lsb)} for {op.timeout_s:g} s"

    def block(self, address: int) -> str:
        """Return the name of the block at an address; empty where none is."""
        return self._find(address)[0]

    def _find(self, address: int) -> tuple[str, Place | None, int]:
        """Return the block, the register, and how many bytes into it an address is."""
        at = bisect_right(self._starts, address) - 1
        if at < 0:
            return "", None, 0
        start, name, group = self._blocks[at]
        place = next(iter(decode(group, address - start)), None)
        return name, place, 0 if place is None else address - start - place.offset


def name_operations(chip: Chip, transport: Transport) -> None:
    """Have a replay compare block by block, and tell its first difference by the chip's names.

    Any other transport stays as it is.
    """
    if isinstance(transport, ReplayTransport):
        transport.describe = describer = Describer(chip)
        transport.home = describer.block


def _values(register: RegisterType | None, value: int, mask: int, lsb: int) -> str:
    """Return the fields that a mask touches, each with its value; the bare word where no field is."""
    value, mask = value << lsb, mask << lsb
    fields = () if register is None else tuple(f for f in register.fields if f.mask & mask)
    said = [f"{f.name}={(value & f.mask) >> f.lsb:#x}" for f in fields]
    return " ".join(said) or f"= {value >> lsb:#x}"
