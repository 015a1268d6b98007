"""Batches and results as plain data: an operation is a list that begins with its number; words of a burst are bytes.

Nothing that decodes here can ask a transport for more than an answer that fits a frame.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from itertools import compress
from operator import lt
from typing import Any, cast

from attrs import frozen

from transports.batch import (
    WIDTHS,
    Batch,
    Check,
    Delay,
    Fence,
    Modify,
    Operation,
    Poll,
    Read,
    ReadBurst,
    Results,
    Value,
    Write,
    WriteBurst,
)
from transports.errors import Denied, TransportError
from transports.wire.errors import WireError
from transports.wire.frame import pack_item
from transports.wire.plain import error_from, items_of, number, record, seconds

OPERATIONS_MAX = 100_000  # an operation takes 7 items of the 2**20 that a frame may have, its answer 9 bytes of 4 MB
KEPT_OPERATIONS_MAX = 1000  # of a batch whose packed form is kept with it: some 12 KB
# Looks come again and again. Each is decoded once while it is among the last so many, each of so many bytes: 10 MB as
# looks are, 35 MB at the very most. To pack it again and find it takes 2 us of 16 operations, to decode it 30 us.
KNOWN_BATCHES, KNOWN_BYTES, KNOWN_OPERATIONS = 2048, 512, 64
BURST_BYTES_MAX = 2 << 20  # that a batch may read in bursts: half a frame, the other half is for the words

_KNOWN: dict[bytes, Batch] = {}  # what was decoded last, the oldest first

_WORDS = {1: "B", 2: "H", 4: "I", 8: "Q"}

# `+` makes a plain number of an enumeration's member or a truth value, which compare equal and pack otherwise.
_ENCODE: dict[type[Any], Callable[[Any], list[Any]]] = {
    Read: lambda op: [0, +op.address, op.width],
    Write: lambda op: [1, +op.address, op.width, +op.value, op.strobes],
    Modify: lambda op: [2, +op.address, op.width, +op.mask, +op.value],
    Check: lambda op: [3, +op.address, op.width, +op.mask, +op.value],
    Poll: lambda op: [4, +op.address, op.width, +op.mask, +op.value, +op.timeout_s],
    ReadBurst: lambda op: [5, +op.address, op.width, +op.count, op.stride],
    WriteBurst: lambda op: [6, +op.address, op.width, _joined(op.values, op.width), op.stride],
    Delay: lambda op: [7, +op.seconds],
    Fence: lambda _op: [8],
}


def _joined(words: tuple[int, ...], width: int) -> bytes:
    return struct.pack(f"<{len(words)}{_WORDS[width]}", *words)


def _cut(data: Any, width: int) -> tuple[int, ...]:
    """Return the words that stand in bytes."""
    if not isinstance(data, bytes) or len(data) % width:
        raise WireError(f"a burst of {width}-byte words is not whole words")
    return struct.unpack(f"<{len(data) // width}{_WORDS[width]}", data)


def encode_batch(batch: Batch) -> list[Any]:
    """Return the batch as plain data."""
    return [_ENCODE[op.__class__](op) for op in batch.operations]


def pack_batch(batch: Batch) -> bytes:
    """Return what `encode_batch` does as it stands in a frame; of a batch that is run often it is made once.

    Raises:
        Unfit: it holds a number of more than 64 bits.
    """
    if batch.offset or batch.values is not None or len(batch) > KEPT_OPERATIONS_MAX:
        return pack_item(encode_batch(batch))
    return batch.prepared.once(_pack_operations)


def _pack_operations(operations: tuple[Operation, ...]) -> bytes:
    return pack_item([_ENCODE[op.__class__](op) for op in operations])


def refusal(batch: Batch, operations: int = 0, burst_bytes: int = 0) -> Denied | None:
    """Return why a batch, or its answer, cannot be carried; None when it can.

    Args:
        operations: of the batches that go with it; `burst_bytes` what those read in bursts.
    """
    if operations + len(batch) > OPERATIONS_MAX:
        return Denied(f"a batch of {operations + len(batch)} operations; this wire carries {OPERATIONS_MAX}")
    if burst_bytes + burst_bytes_of(batch) <= BURST_BYTES_MAX:
        return None
    for index, op in enumerate(batch.operations):
        if isinstance(op, ReadBurst):
            burst_bytes += op.count * op.width
            if burst_bytes > BURST_BYTES_MAX:
                reason = f"{burst_bytes} bytes read in bursts; this wire carries {BURST_BYTES_MAX} in a batch"
                return Denied(reason, address=op.address, index=index)
    raise AssertionError("the bursts of a batch are more than all of them")


def burst_bytes_of(batch: Batch) -> int:
    """Return how many bytes a batch reads in bursts."""
    return batch.prepared.once(_burst_bytes)


def _burst_bytes(operations: tuple[Operation, ...]) -> int:
    return sum(op.count * op.width for op in operations if isinstance(op, ReadBurst))


def decode_batch(data: Any, *, carried: bool = True) -> Batch:
    """Return the batch that plain data describes.

    Args:
        carried: it is to be run; else it may be one that was refused, of which only the answer is wanted.

    Raises:
        WireError: it describes none.
    """
    found = _batch(data)
    if carried and (refused := refusal(found)):
        raise WireError(refused.reason)
    return found


def decode_batches(data: Any) -> tuple[Batch, ...]:
    """Return the batches that plain data describes, which together ask no more than one may.

    Raises:
        WireError: it describes none.
    """
    found: list[Batch] = []
    operations = burst_bytes = 0
    for item in items_of(data, "batches"):
        batch = _batch(item)
        if refused := refusal(batch, operations, burst_bytes):
            raise WireError(refused.reason)
        operations += len(batch)
        burst_bytes += burst_bytes_of(batch)
        found.append(batch)
    return tuple(found)


def _batch(data: Any) -> Batch:
    items = items_of(data, "a batch")
    if len(items) > KNOWN_OPERATIONS:
        return Batch([_operation(item) for item in items])
    packed = pack_item(items)  # by which what is equal and no number, as true is, is told from one
    found = _KNOWN.get(packed)
    if found is None:
        found = Batch([_operation(item) for item in items])
        if len(packed) <= KNOWN_BYTES:
            if len(_KNOWN) >= KNOWN_BATCHES:
                del _KNOWN[next(iter(_KNOWN))]
            _KNOWN[packed] = found
    return found


def _operation(data: Any) -> Operation:
    items = items_of(data, "an operation")
    kind = items[0] if items else None
    if type(kind) is not int or not 0 <= kind < len(_DECODE):
        raise WireError(f"an operation of unknown kind {kind!r}")
    length, decode = _DECODE[kind]
    if len(items) != length:
        raise WireError(f"an operation of kind {kind} with {len(items)} items, expected {length}")
    try:
        return decode(items)
    except WireError:
        raise
    except ValueError as problem:  # the operation's own guards
        raise WireError(f"an operation that cannot be: {problem}") from problem


def _width(value: Any) -> int:
    width = number(value)
    if width not in WIDTHS:
        raise WireError(f"a width of {width} bytes")
    return width


def _optional(value: Any) -> int | None:
    return None if value is None else number(value)


_DECODE: tuple[tuple[int, Callable[[list[Any]], Operation]], ...] = (
    (3, lambda d: Read(number(d[1]), width=number(d[2]))),
    (5, lambda d: Write(number(d[1]), number(d[3]), width=number(d[2]), strobes=_optional(d[4]))),
    (5, lambda d: Modify(number(d[1]), number(d[3]), number(d[4]), width=number(d[2]))),
    (5, lambda d: Check(number(d[1]), number(d[3]), number(d[4]), width=number(d[2]))),
    (6, lambda d: Poll(number(d[1]), number(d[3]), number(d[4]), width=number(d[2]), timeout_s=seconds(d[5]))),
    (5, lambda d: ReadBurst(number(d[1]), number(d[3]), width=number(d[2]), stride=_optional(d[4]))),
    (5, lambda d: WriteBurst(number(d[1]), _cut(d[3], _width(d[2])), width=number(d[2]), stride=_optional(d[4]))),
    (2, lambda d: Delay(seconds(d[1]))),
    (1, lambda _d: Fence()),
)


_PLAIN = frozenset({int, type(None)})


def encode_results(results: Results) -> list[Any]:
    """Return the results as plain data: values, error, poll_reads."""
    values: Sequence[object] = results.values
    if tuple in map(type, values):
        values = [_encode_value(value) if isinstance(value, tuple) else value for value in results.values]
    return [values, None if results.error is None else results.error.to_data(), results.poll_reads]


def decode_results(data: Any) -> Results:
    """Return the results that plain data describes.

    Raises:
        WireError: it describes none.
    """
    values, error, poll_reads = record(data, 3, "results")
    found: TransportError | None = None if error is None else error_from(error)
    items = items_of(values, "values")
    if not _PLAIN.issuperset(map(type, items)):
        items = [_value(item) for item in items]
    return Results(items, found, number(poll_reads))


def decode_results_of(data: Any) -> tuple[Results, ...]:
    """Return the results of several batches that plain data describes.

    Raises:
        WireError: it describes none.
    """
    return tuple(decode_results(item) for item in items_of(data, "results of batches"))


def _encode_value(words: tuple[int, ...]) -> bytes:
    """Return the words of a burst: how many bytes a word takes, and then each word in so many."""
    longest = max(words, default=0)
    width = next(width for width in WIDTHS if longest < 1 << 8 * width)
    return bytes((width,)) + _joined(words, width)


def _value(data: Any) -> Value:
    if data is None or type(data) is int:
        return data
    if not isinstance(data, bytes) or not data or data[0] not in WIDTHS:
        raise WireError("a value that is neither a word nor the words of a burst")
    return _cut(data[1:], data[0])


def answers(batch: Batch, results: Results) -> bool:
    """Return whether results can be those of a batch: so many, of these kinds, in range."""
    values = results.values
    done = len(values)
    if done > len(batch) or (results.error is None and done < len(batch)):
        return False
    expected = batch.prepared.once(_expect)
    if tuple(map(type, values)) == expected.kinds:  # then no step of Python is needed for each
        words = cast("list[int]", list(compress(values, expected.is_word)))
        below = max(words, default=0) < expected.least or all(map(lt, words, expected.words))
        return below and min(words, default=0) >= 0
    for value, limit in zip(values, expected.limits, strict=False):
        if isinstance(value, int):
            if not 0 <= value < limit:
                return False
        elif limit != (0 if value is None else -1 - len(value)):
            return False
    return True


@frozen
class _Expected:
    """What the results of a batch must be.

    Attributes:
        limits: of each operation, see `_limit`.
        kinds: of the values when all of it completes; None where a burst is among them.
        is_word: which operations bring one word.
        words: the limits of those; `least` the lowest, which is all of them where they are of one width.
    """

    limits: tuple[int, ...]
    kinds: tuple[type[Any], ...] | None
    is_word: tuple[bool, ...]
    words: tuple[int, ...]
    least: int


def _expect(operations: tuple[Operation, ...]) -> _Expected:
    limits = tuple(map(_limit, operations))
    is_word = tuple(limit > 0 for limit in limits)
    kinds = tuple(int if word else type(None) for word in is_word) if min(limits, default=0) >= 0 else None
    words = tuple(compress(limits, is_word))
    return _Expected(limits, kinds, is_word, words, min(words, default=1))


def _limit(op: Operation) -> int:
    """Return what the word of an operation is below; 0 where it brings none; -1 - n for n words of a burst."""
    match op:
        case Read() | Check() | Poll() | Modify():
            return 1 << 8 * op.width
        case ReadBurst():
            return -1 - op.count
        case Write() | WriteBurst() | Delay() | Fence():
            return 0
