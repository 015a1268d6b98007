"""What was done on a bus, as numbers: what a batch is made of is found once a kind of batch, and then only added up."""

from __future__ import annotations

from operator import attrgetter
from typing import Any

from attrs import define, frozen

from transports.batch import (
    Batch,
    Delay,
    Fence,
    Modify,
    Operation,
    Poll,
    ReadBurst,
    Results,
    Write,
    WriteBurst,
    count_accesses,
)
from transports.errors import BusFault, ConditionError, Indeterminate

SHAPES_MAX = 4096  # kept; a program has some hundreds, and one that has no end of them pays for each again
LONG = 256  # operations; of a longer batch the parts cost more than the key

_WIDTH = attrgetter("width")


@frozen
class Statistics:
    """What left so far; a batch counts when it is back.

    Attributes:
        reads, writes: accesses that were made, by what completed and by the error that stopped the rest.
        batches: that left.
        round_trips: that it took to carry them.
        coalesced: batches that shared a round trip with another one.
        size_bytes: of the words that were read and written; a poll counts its last look.
        queue_s: seconds that batches waited for their turn, all together.
    """

    reads: int = 0
    writes: int = 0
    batches: int = 0
    round_trips: int = 0
    coalesced: int = 0
    size_bytes: int = 0
    queue_s: float = 0.0


@frozen(eq=False)
class Shape:
    """What a batch is made of.

    Attributes:
        waits: it holds a `Poll` or a `Delay`.
        words: it makes the device and the way there work as hard as so many single accesses.
    """

    reads: int
    writes: int
    size_bytes: int
    waits: bool
    words: int


def shape_of(batch: Batch) -> Shape:
    """Return what a batch is made of."""
    operations = batch.operations
    kinds = tuple(map(type, operations))
    if len(kinds) > LONG or not _BY_PARTS.isdisjoint(kinds):
        return _measure(operations)
    key = kinds, tuple(map(_WIDTH, operations))
    found = _SHAPES.get(key)
    if found is None:
        if len(_SHAPES) >= SHAPES_MAX:
            _SHAPES.clear()
        found = _SHAPES[key] = _measure(operations)
    return found


_BY_PARTS: frozenset[type[Any]] = frozenset({ReadBurst, WriteBurst, Delay, Fence})  # no width, or more than that
_SHAPES: dict[tuple[tuple[type[Any], ...], tuple[int, ...]], Shape] = {}


def _measure(operations: tuple[Operation, ...]) -> Shape:
    reads, writes = count_accesses(operations)
    size_bytes = sum(_accesses(op) * op.width for op in operations if not isinstance(op, (Delay, Fence)))
    waits = any(isinstance(op, (Poll, Delay)) for op in operations)
    return Shape(reads, writes, size_bytes, waits, max(len(operations), reads + writes))


def _accesses(op: Operation) -> int:
    match op:
        case ReadBurst():
            return op.count
        case WriteBurst():
            return len(op.values)
        case Modify():
            return 2
        case _:
            return 1


@define
class Figures:
    """Counters behind `Statistics`."""

    reads: int = 0
    writes: int = 0
    batches: int = 0
    round_trips: int = 0
    coalesced: int = 0
    size_bytes: int = 0
    queue_s: float = 0.0

    def add(self, batch: Batch, results: Results) -> None:
        """Count a batch that is back."""
        self.batches += 1
        if results.error is None:
            made = shape_of(batch)
            self.reads += made.reads + results.poll_reads
            self.writes += made.writes
            self.size_bytes += made.size_bytes
            return
        reads, writes = accesses_made(batch, results)
        done = len(results.values)
        completed = _measure(batch.operations[:done])
        self.reads += reads
        self.writes += writes
        self.size_bytes += completed.size_bytes
        if done < len(batch):
            last = reads + writes - completed.reads - completed.writes - results.poll_reads
            self.size_bytes += last * getattr(batch.operations[done], "width", 0)

    def read(self) -> Statistics:
        """Return what was counted until now."""
        return Statistics(
            self.reads, self.writes, self.batches, self.round_trips, self.coalesced, self.size_bytes, self.queue_s
        )


def accesses_made(batch: Batch, results: Results) -> tuple[int, int]:
    """Return the (reads, writes) that a batch really made, as far as its results tell.

    The operation that failed counts by its error: a value that was not the wanted one was read; an access that was
    answered with an error was made; a write that may have landed counts; anything else was not made.
    """
    done = len(results.values)
    reads, writes = count_accesses(batch.operations[:done])
    reads += results.poll_reads
    if results.error is None or done == len(batch):
        return reads, writes
    failed = batch.operations[done]
    match results.error, failed:
        case BusFault(address=int(address)), ReadBurst(step=step) if step:
            reads += (address - failed.address) // step + 1
        case BusFault(address=int(address)), WriteBurst(step=step) if step:
            writes += (address - failed.address) // step + 1
        case (BusFault(), Delay() | Fence()):
            pass
        case (BusFault() | Indeterminate(), Write() | WriteBurst()):
            writes += 1
        case Indeterminate(), Modify():
            reads, writes = reads + 1, writes + 1
        case ((ConditionError() | BusFault()), _):
            reads += 1
        case _:
            pass
    return reads, writes
