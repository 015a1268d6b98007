"""A request is data: register operations, the batch that holds them, and the results that come back.

Each operation names an absolute `address`, a `width` in bytes (1, 2, 4, 8) and makes exactly one bus access of
that width (`Modify` two, `Poll` one per look, a burst one per word). A batch stops at the first operation that
fails; the results before it stand, and reading a later one raises what stopped it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, TypeAlias

from attrs import Attribute, evolve, field, frozen

from transports.errors import TransportError

WIDTHS = (1, 2, 4, 8)


def ones(width: int) -> int:
    """Return a word of `width` bytes with every bit set."""
    return (1 << (8 * width)) - 1


def _check_width(_instance: Any, _attribute: Attribute[int], width: int) -> None:
    if width not in WIDTHS:
        raise ValueError(f"width is {width} bytes; expected one of {WIDTHS}")


@frozen
class _Access:
    """What every access has: where, and how wide."""

    address: int
    width: int = field(default=4, kw_only=True, validator=_check_width)

    def __attrs_post_init__(self) -> None:
        if self.address < 0 or self.address % self.width:
            raise ValueError(
                f"address {self.address:#x} is not a multiple of the access width, {self.width} bytes"
            )


def _check_word(instance: _Access, attribute: Attribute[int], word: int) -> None:
    if not 0 <= word <= ones(instance.width):
        raise ValueError(
            f"{attribute.name} {word:#x} at address {instance.address:#x} does not fit {instance.width} bytes"
        )


def _check_within_mask(instance: Modify | Check | Poll, _attribute: Attribute[int], value: int) -> None:
    if value & ~instance.mask:
        raise ValueError(
            f"value {value:#x} at address {instance.address:#x} has bits outside mask {instance.mask:#x}"
        )


def _check_time(_instance: Any, attribute: Attribute[float], seconds: float) -> None:
    if not 0 <= seconds < math.inf:
        raise ValueError(f"{attribute.name} is {seconds} s; expected a finite time, 0 or more")


def _check_stride(instance: _Access, _attribute: Attribute[int | None], stride: int | None) -> None:
    if stride is not None and (stride < 0 or stride % instance.width):
        raise ValueError(f"stride is {stride} bytes; expected a multiple of the width, {instance.width}, or 0")


def _check_count(_instance: Any, _attribute: Attribute[int], count: int) -> None:
    if count < 0:
        raise ValueError(f"count is {count}; expected 0 or more")


@frozen
class Read(_Access):
    """Read one word. Result: the word."""


@frozen
class Write(_Access):
    """Write one word; `strobes` bit k enables byte k (None: all). Result: None."""

    value: int = field(validator=_check_word)
    strobes: int | None = field(default=None, kw_only=True)

    def __attrs_post_init__(self) -> None:
        _Access.__attrs_post_init__(self)
        if self.strobes is not None and not 0 < self.strobes < 1 << self.width:
            raise ValueError(f"strobes {self.strobes:#x} do not fit {self.width} bytes")


@frozen
class Modify(_Access):
    """Read one word, replace the bits of `mask` by those of `value`, write it back. Result: the word before."""

    mask: int = field(validator=_check_word)
    value: int = field(validator=_check_within_mask)


@frozen
class Check(_Access):
    """Read one word and stop the batch unless its bits of `mask` equal `value`. Result: the word."""

    mask: int = field(validator=_check_word)
    value: int = field(validator=_check_within_mask)


@frozen
class Poll(_Access):
    """Read one word again and again until its bits of `mask` equal `value`, for `timeout_s`. Result: the last word."""

    mask: int = field(validator=_check_word)
    value: int = field(validator=_check_within_mask)
    timeout_s: float = field(kw_only=True, validator=_check_time)


@frozen
class ReadBurst(_Access):
    """Read `count` words, `stride` bytes apart (default: the width; 0: a FIFO). Result: a tuple of words."""

    count: int = field(default=1, validator=_check_count)
    stride: int | None = field(default=None, kw_only=True, validator=_check_stride)

    @property
    def step(self) -> int:
        """Bytes from one word to the next."""
        return self.width if self.stride is None else self.stride


@frozen
class WriteBurst(_Access):
    """Write `values`, `stride` bytes apart (default: the width; 0: a FIFO). Result: None."""

    values: tuple[int, ...] = field(converter=tuple[int, ...])
    stride: int | None = field(default=None, kw_only=True, validator=_check_stride)

    def __attrs_post_init__(self) -> None:
        _Access.__attrs_post_init__(self)
        for value in self.values:
            if not 0 <= value <= ones(self.width):
                raise ValueError(f"value {value:#x} at address {self.address:#x} does not fit {self.width} bytes")

    @property
    def step(self) -> int:
        """Bytes from one word to the next."""
        return self.width if self.stride is None else self.stride


@frozen
class Delay:
    """Let at least `seconds` pass. Result: None."""

    seconds: float = field(validator=_check_time)


@frozen
class Fence:
    """All operations before this one have reached the device before any after it. Result: None."""


Access: TypeAlias = Read | Write | Modify | Check | Poll | ReadBurst | WriteBurst
Operation: TypeAlias = Access | Delay | Fence
Value: TypeAlias = int | tuple[int, ...] | None


@frozen
class Batch:
    """An ordered, immutable sequence of operations that a transport runs in one go."""

    operations: tuple[Operation, ...] = field(converter=tuple[Operation, ...])

    def __len__(self) -> int:
        return len(self.operations)

    def __iter__(self) -> Iterator[Operation]:
        return iter(self.operations)

    def rebased(self, offset: int) -> Batch:
        """Return the same batch `offset` bytes further on, as for another instance of the block."""
        return Batch(
            op if isinstance(op, (Delay, Fence)) else evolve(op, address=op.address + offset)
            for op in self.operations
        )


@frozen
class Results:
    """What a batch brought back.

    Attributes:
        values: one for each operation that completed, in order.
        error: what stopped the batch at operation `len(values)`; None when all completed.
        poll_reads: reads that polls made beyond one each.
    """

    values: tuple[Value, ...]
    error: TransportError | None = None
    poll_reads: int = 0

    def __getitem__(self, index: int) -> Value:
        if 0 <= index < len(self.values):
            return self.values[index]
        if self.error is not None:
            raise self.error
        raise IndexError(f"result {index} of a batch of {len(self.values)}")

    def __len__(self) -> int:
        return len(self.values)

    def word(self, index: int) -> int:
        """Return result `index`, which must be one word.

        Raises:
            TransportError: what stopped the batch, when it stopped before that operation completed.
            TypeError: the operation brings no word (a write, a burst).
        """
        value = self[index]
        if not isinstance(value, int):
            raise TypeError(f"result {index} is {value!r}, not one word")
        return value

    def check(self) -> Results:
        """Return self when every operation completed.

        Raises:
            TransportError: what stopped the batch.
        """
        if self.error is not None:
            raise self.error
        return self


def batch(*operations: Operation | Iterable[Operation]) -> Batch:
    """Return a batch of the operations given, flattening iterables of them."""
    flat: list[Operation] = []
    for item in operations:
        if isinstance(item, Iterable):
            flat.extend(item)
        else:
            flat.append(item)
    return Batch(flat)


def count_accesses(operations: Sequence[Operation]) -> tuple[int, int]:
    """Return the (reads, writes) that the operations make when all run; a `Poll` counts one read."""
    reads = writes = 0
    for op in operations:
        match op:
            case Read() | Check() | Poll():
                reads += 1
            case Write():
                writes += 1
            case Modify():
                reads += 1
                writes += 1
            case ReadBurst():
                reads += op.count
            case WriteBurst():
                writes += len(op.values)
            case Delay() | Fence():
                pass
    return reads, writes
