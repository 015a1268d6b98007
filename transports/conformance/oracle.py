"""What a batch does to storage memory, said again in the plainest way: the other half of every comparison.

It shares nothing with the engines but the batch: bytes are cut and joined, never indexed through a view.
"""

from __future__ import annotations

from attrs import frozen

from transports.batch import (
    Access,
    Batch,
    Check,
    Delay,
    Fence,
    Modify,
    Poll,
    Read,
    ReadBurst,
    Value,
    Write,
    WriteBurst,
)
from transports.errors import CheckFailed, Denied, PollTimeout, TransportError


@frozen
class Outcome:
    """What must come back: the values, and the kind of what stopped the batch at `index`."""

    values: tuple[Value, ...]
    error: type[TransportError] | None = None
    index: int | None = None


class Oracle:
    """Storage of `size` bytes from `base` on, that answers as the contract says.

    Args:
        memory: the content; changed in place.
        widths: those that exist; an access of another is refused.
        strobes: any byte strobes can be had.
    """

    def __init__(self, memory: bytearray, base: int, *, widths: frozenset[int], strobes: bool) -> None:
        self._memory = memory
        self._base = base
        self._widths = widths
        self._strobes = strobes

    def run(self, batch: Batch) -> Outcome:
        """Do what the batch says, and return what it must bring back."""
        for index, op in enumerate(batch):
            if not isinstance(op, (Delay, Fence)) and not self._allowed(op):
                return Outcome((), Denied, index)
        values: list[Value] = []
        for index, op in enumerate(batch):
            value = None if isinstance(op, (Delay, Fence)) else self._do(op)
            if isinstance(op, (Check, Poll)) and isinstance(value, int) and value & op.mask != op.value:
                return Outcome(tuple(values), CheckFailed if isinstance(op, Check) else PollTimeout, index)
            values.append(value)
        return Outcome(tuple(values))

    def _allowed(self, op: Access) -> bool:
        """Return whether all of the operation is inside, and of a kind that exists."""
        last = max((place + op.width for place in _places(op)), default=op.address)
        inside = self._base <= op.address and last <= self._base + len(self._memory)
        strobed = not isinstance(op, Write) or op.strobes is None or self._strobes or self._is_run(op.strobes)
        return inside and op.width in self._widths and strobed

    def _is_run(self, strobes: int) -> bool:
        """Return whether some narrower access has just these strobes."""
        return any(strobes == ((1 << width) - 1) << offset for width in self._widths for offset in range(0, 8, width))

    def _do(self, op: Access) -> Value:
        """Do one access to its end."""
        places = _places(op)
        before = tuple(self._read(place, op.width) for place in places)
        match op:
            case Read() | Check() | Poll():
                return before[0]
            case ReadBurst():
                return before
            case Write():
                strobes = (1 << op.width) - 1 if op.strobes is None else op.strobes
                self._write(op.address, op.value, op.width, strobes)
                return None
            case Modify():
                self._write(op.address, before[0] & ~op.mask | op.value, op.width, (1 << op.width) - 1)
                return before[0]
            case WriteBurst():
                for place, value in zip(places, op.values, strict=True):
                    self._write(place, value, op.width, (1 << op.width) - 1)
                return None

    def _read(self, address: int, width: int) -> int:
        start = address - self._base
        return int.from_bytes(self._memory[start : start + width], "little")

    def _write(self, address: int, value: int, width: int, strobes: int) -> None:
        for number, byte in enumerate(value.to_bytes(width, "little")):
            if strobes >> number & 1:
                self._memory[address - self._base + number] = byte


def _places(op: Access) -> list[int]:
    """Return the address of each word that the operation reaches."""
    match op:
        case ReadBurst():
            return [op.address + number * op.step for number in range(op.count)]
        case WriteBurst():
            return [op.address + number * op.step for number in range(len(op.values))]
        case _:
            return [op.address]
