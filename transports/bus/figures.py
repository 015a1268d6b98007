"""What was done on a bus, as numbers: what a batch is made of is found once a kind of batch, and then only added up.

A batch that came back whole and is run again and again is only counted, and added up when somebody reads the figures:
less than half of what adding up takes each time, of which most is to find what the batch is made of.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from operator import attrgetter

from attrs import define, field, frozen

from transports.batch import (
    Batch,
    Delay,
    Fence,
    Modify,
    Operation,
    Poll,
    Prepared,
    ReadBurst,
    Results,
    Write,
    WriteBurst,
    count_accesses,
)
from transports.errors import BusFault, ConditionError, Indeterminate, TransportError
from transports.joined import joins

SHAPES_MAX = 4096  # kept: batches that come over a wire are each new, and of some hundreds of kinds
LONG = 256  # operations; a longer batch pays for itself
WHOLE_MAX = 512  # kinds of batches that are counted only; then they are added up, since each is kept until that
WHOLE_WORDS_MAX = 64  # of one; what is counted only holds 5 MB at most
_NOT_BY_KIND: frozenset[type[Operation]] = frozenset({ReadBurst, WriteBurst, Delay, Fence})  # no width, or many words
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
        done: for each number of operations from the first on: reads, writes, bytes.
        refused: the same with the next one, which found another value than the wanted one.
    """

    waits: bool
    words: int
    done: tuple[tuple[int, int, int], ...]
    refused: tuple[tuple[int, int, int], ...]


def shape_of(batch: Batch) -> Shape:
    """Return what a batch is made of; worked out once for all that share its operations."""
    return batch.prepared.once(_measure)


def _measure(operations: tuple[Operation, ...]) -> Shape:
    kinds = tuple(map(type, operations))
    if len(kinds) > LONG or not _NOT_BY_KIND.isdisjoint(kinds):
        return _add_up(kinds, [count_accesses((op,)) for op in operations], [_width(op) for op in operations])
    return _by_kinds(kinds, tuple(map(_WIDTH, operations)))


@lru_cache(SHAPES_MAX)
def _by_kinds(kinds: tuple[type[Operation], ...], widths: tuple[int, ...]) -> Shape:
    return _add_up(kinds, [(int(kind is not Write), int(kind in (Write, Modify))) for kind in kinds], widths)


def _add_up(kinds: Sequence[type[Operation]], accesses: Sequence[tuple[int, int]], widths: Sequence[int]) -> Shape:
    reads = writes = size_bytes = 0
    done = [(0, 0, 0)]
    for more, width in zip(accesses, widths, strict=True):
        reads, writes = reads + more[0], writes + more[1]
        size_bytes += sum(more) * width
        done.append((reads, writes, size_bytes))
    refused = tuple(
        [(reads + 1, writes, size + width) for (reads, writes, size), width in zip(done, widths, strict=False)]
    )
    return Shape(Poll in kinds or Delay in kinds, max(len(done) - 1, reads + writes), tuple(done), refused)


@lru_cache(SHAPES_MAX)
def _together(shapes: tuple[Shape, ...]) -> Shape:
    done, refused, before = [(0, 0, 0)], list[tuple[int, int, int]](), (0, 0, 0)
    for shape in shapes:
        done += [_sum(before, each) for each in shape.done[1:]]
        refused += [_sum(before, each) for each in shape.refused]
        before = done[-1]
    words = max(len(done) - 1, before[0] + before[1])
    return Shape(any(shape.waits for shape in shapes), words, tuple(done), tuple(refused))


def _sum(one: tuple[int, int, int], other: tuple[int, int, int]) -> tuple[int, int, int]:
    return one[0] + other[0], one[1] + other[1], one[2] + other[2]


joins(_measure, lambda parts: _together(tuple([shape for shape, _ in parts])))


def _width(op: Operation) -> int:
    return 0 if isinstance(op, (Delay, Fence)) else op.width


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
    _whole: dict[Prepared, int] = field(factory=dict[Prepared, int], init=False)

    def add(self, batch: Batch, results: Results) -> None:
        """Count a batch that is back."""
        self.batches += 1
        if results.error is not None:
            self._add_part(batch, results, results.error)
            return
        count = self._whole.get(batch.prepared)
        if count is None:
            self._meet(batch.prepared)
        else:
            self._whole[batch.prepared] = count + 1
        if results.poll_reads:
            self.reads += results.poll_reads

    def _meet(self, kind: Prepared) -> None:
        """Count a batch of a kind that is not counted yet, or add it up at once if it is too large to be kept."""
        if kind.once(_measure).words > WHOLE_WORDS_MAX:
            self._add_up(kind, 1)
            return
        if len(self._whole) >= WHOLE_MAX:
            self._fold()
        self._whole[kind] = 1

    def _fold(self) -> None:
        """Add up what is counted only."""
        whole, self._whole = self._whole, {}
        for kind, count in whole.items():
            self._add_up(kind, count)

    def _add_up(self, kind: Prepared, count: int) -> None:
        reads, writes, size_bytes = kind.once(_measure).done[-1]
        self.reads += count * reads
        self.writes += count * writes
        self.size_bytes += count * size_bytes

    def _add_part(self, batch: Batch, results: Results, error: TransportError) -> None:
        """Add what a batch did that was stopped."""
        done, shape = len(results), shape_of(batch)
        if isinstance(error, ConditionError) and done < len(shape.refused):
            reads, writes, size_bytes = shape.refused[done]
        else:
            reads, writes, size_bytes = shape.done[done]
            if done < len(shape.refused):
                failed = batch.prepared.operations[done]
                more = _failed(failed, _at(batch, done), error)
                reads, writes = reads + more[0], writes + more[1]
                size_bytes += 0 if isinstance(failed, (Delay, Fence)) else sum(more) * failed.width
        self.reads += reads + results.poll_reads
        self.writes += writes
        self.size_bytes += size_bytes

    @property
    def kinds(self) -> int:
        """How many kinds of batches are counted only; at most WHOLE_MAX."""
        return len(self._whole)

    def read(self) -> Statistics:
        """Return what was counted until now."""
        self._fold()
        return Statistics(
            self.reads, self.writes, self.batches, self.round_trips, self.coalesced, self.size_bytes, self.queue_s
        )


def accesses_made(batch: Batch, results: Results) -> tuple[int, int]:
    """Return the (reads, writes) that a batch really made, as far as its results tell.

    The operation that failed counts by its error: a value that was not the wanted one was read; an access that was
    answered with an error was made; a write that may have landed counts; anything else was not made.
    """
    done = len(results)
    reads, writes, _ = shape_of(batch).done[done]
    more = (0, 0)
    if results.error is not None and done < len(batch):
        more = _failed(batch.prepared.operations[done], _at(batch, done), results.error)
    return reads + results.poll_reads + more[0], writes + more[1]


def _at(batch: Batch, index: int) -> int:
    """Return the address of an operation; 0 of one that has none."""
    op = batch.prepared.operations[index]
    return 0 if isinstance(op, (Delay, Fence)) else op.address + batch.offset


def _failed(op: Operation, at: int, error: TransportError) -> tuple[int, int]:
    """Return the (reads, writes) of the operation that failed, which stands at an address."""
    match error, op:
        case BusFault(address=int(address)), ReadBurst(step=step) if step:
            return (address - at) // step + 1, 0
        case BusFault(address=int(address)), WriteBurst(step=step) if step:
            return 0, (address - at) // step + 1
        case (BusFault(), Delay() | Fence()):
            return 0, 0
        case (BusFault() | Indeterminate(), Write() | WriteBurst()):
            return 0, 1
        case Indeterminate(), Modify():
            return 1, 1
        case ((ConditionError() | BusFault()), _):
            return 1, 0
        case _:
            return 0, 0
