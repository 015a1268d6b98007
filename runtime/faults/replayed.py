"""A trial under trio that was run again: what came of it, and the accesses around what struck."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from attrs import frozen

from runtime.faults.ran import Ran
from runtime.faults.site import LoggedChip
from runtime.faults.trial import Trial
from transports.batch import Batch, Delay, Fence, Results

AROUND = 8  # accesses before a fault, and after it, that a replay shows


@frozen
class Replayed:
    """One trial, run again.

    Attributes:
        broken: what must not be, one sentence, or by what the runtime was misled; empty: neither.
        log: the accesses around each fault, oldest first; `>` stands before the one after which it struck. Of a run
            without a fault its first, and those around what was wrong; of a block that loses its state again and again
            those around each time.
        failed: what must not be is so, and somebody could have known better.
        how: it ended where that is not so, in words.
    """

    trial: Trial
    broken: str
    log: tuple[str, ...]
    failed: bool
    how: str = "recovered"

    def __str__(self) -> str:
        return "\n".join((f"{self.trial}: {self.broken or self.how}", *self.log))


def around(ran: Ran, sim: LoggedChip | None, marks: Sequence[int]) -> Iterable[str]:
    """Return the log around each of some accesses; of none, its begin.

    Args:
        marks: how many accesses there were by then.
    """
    if sim is None:
        return [line for batch, came in ran.batches[-AROUND:] for line in _lines(batch, came)]
    shown = marks or [ran.first]
    first, last = max(ran.first, min(shown) - AROUND), max(shown) + AROUND
    near = {at for mark in shown for at in range(mark - AROUND, mark + AROUND)}
    accesses = enumerate(sim.accesses(first, last), first)
    return [f"{'>' if at + 1 in marks else ' '} {access}" for at, access in accesses if at in near]


def _lines(batch: Batch, came: Results) -> Iterator[str]:
    for index, op in enumerate(batch):
        if index < len(came):
            what = "" if isinstance(op, (Delay, Fence)) else f": {came.values[index]}"
            yield f"  {op}{what}"
    if came.error is not None:
        yield f"  {came.error}"
