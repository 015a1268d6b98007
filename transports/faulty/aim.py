"""Counts accesses as words on the bus, and says at which of them a shot strikes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache

from transports.batch import Batch, Delay, Fence, Modify, Operation, Poll, ReadBurst, Results, WriteBurst
from transports.bus.figures import accesses_made
from transports.engine import POLL_S_MAX, POLL_S_MIN, POLL_SHARE
from transports.faulty.kinds import Shot


@lru_cache(1024)
def looks_most(timeout_s: float) -> int:
    """Return how often a poll looks at most that never sees its value: as the engine spaces its looks."""
    looks, waited_s = 2, 0.0  # the first, and one more where a sum of waits falls short of the timeout by rounding
    while waited_s < timeout_s and waited_s * POLL_SHARE < POLL_S_MAX:
        waited_s += max(POLL_S_MIN, waited_s * POLL_SHARE)
        looks += 1
    return looks + max(0, int((timeout_s - waited_s) / POLL_S_MAX) + 1)


def words(op: Operation) -> int:
    """Return how many accesses an operation makes; a poll, how many at least."""
    match op:
        case Delay() | Fence():
            return 0
        case Modify():
            return 2
        case ReadBurst():
            return op.count
        case WriteBurst():
            return len(op.values)
        case _:
            return 1


def words_most(op: Operation) -> int:
    """Return how many accesses an operation makes at most."""
    return looks_most(op.timeout_s) if isinstance(op, Poll) else words(op)


def _all_most(operations: tuple[Operation, ...]) -> int:
    return sum(map(words_most, operations))


class Aim:
    """Where shots strike.

    Args:
        block_of: says at whose registers an address is; needed where a shot names a block.

    Attributes:
        counts: of accesses: of all by "", and of each block that a shot names.
        pending: the shots that have not struck.
    """

    def __init__(self, block_of: Callable[[int], str] | None = None) -> None:
        self.pending: list[Shot] = []
        self.counts: Counter[str] = Counter()
        self._blocks: set[str] = set()
        self._block_of = block_of

    def arm(self, shots: Iterable[Shot]) -> None:
        """Count from now on, and have these strike.

        Raises:
            ValueError: a shot names a block, and nobody tells addresses apart.
        """
        pending = sorted(shots, key=lambda shot: (shot.number, shot))
        blocks = {shot.block for shot in pending if shot.block}
        if blocks and self._block_of is None:
            raise ValueError(f"shots at {', '.join(sorted(blocks))}: expected block_of, to tell addresses apart")
        self.pending, self._blocks = pending, blocks
        self.counts.clear()

    def _keys(self, address: int) -> tuple[str, ...]:
        if self._block_of is None or not self._blocks:
            return ("",)
        block = self._block_of(address)
        return ("", block) if block in self._blocks else ("",)

    @property
    def left(self) -> float:
        """How many accesses there are at least before a shot strikes."""
        return min((shot.number - self.counts[shot.block] - 1 for shot in self.pending), default=float("inf"))

    def together(self, batches: Sequence[Batch]) -> int:
        """Return how many batches, from the first on, no shot can strike."""
        most, left = 0, self.left
        for index, batch in enumerate(batches):
            most += batch.prepared.once(_all_most)
            if most > left:
                return index
        return len(batches)

    def free(self, operations: Sequence[Operation], first: int) -> int:
        """Return the index of the first operation, from one on, that a shot may strike; their number: none."""
        counts = Counter(self.counts)
        for index in range(first, len(operations)):
            op = operations[index]
            if isinstance(op, (Delay, Fence)):
                continue
            for key in self._keys(op.address):
                counts[key] += words_most(op)
                if any(shot.block == key and shot.number <= counts[key] for shot in self.pending):
                    return index
        return len(operations)

    def add(self, ran: Batch, came: Results) -> None:
        """Count what a batch has made that no shot could strike."""
        made = sum(accesses_made(ran, came))
        self.counts[""] += made
        if not self._blocks:
            return
        last = ""
        for op in ran.operations[: len(came) + 1]:
            if isinstance(op, (Delay, Fence)) or made <= 0:
                continue
            last = next(iter(self._keys(op.address)[1:]), "")
            if last:
                self.counts[last] += min(made, words(op))
            made -= min(made, words(op))
        if last:
            self.counts[last] += made  # the further looks of a poll, after which a batch of one block goes on as a rule

    def take(self, address: int) -> list[Shot]:
        """Count one access, and return the shots that strike at it."""
        keys = self._keys(address)
        for key in keys:
            self.counts[key] += 1
        due = [shot for shot in self.pending if shot.block in keys and shot.number <= self.counts[shot.block]]
        self.pending = [shot for shot in self.pending if shot not in due]
        return due
