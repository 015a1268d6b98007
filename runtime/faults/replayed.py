"""A trial under trio that was run again: what came of it, and the accesses around what struck."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from attrs import frozen

from runtime.faults.ran import Ran
from runtime.faults.shown import Names, shown
from runtime.faults.site import Site
from runtime.faults.trial import Trial
from transports.batch import Batch, Delay, Fence, Results

TARGETS = 8  # of a target that tells no accesses, the batches that are shown


@frozen
class Replayed:
    """One trial, run again.

    Attributes:
        broken: what must not be, one sentence, or by what the runtime was misled; empty: neither.
        log: the accesses around each fault, oldest first, and a line for the fault; `>` stands before the access that
            made what is wrong. Of a run without a fault its first, and those around what was wrong; of a block that
            loses its state again and again those around each time.
        struck: what became of each access that was struck, as JSON can say it.
        failed: what must not be is so, and somebody could have known better.
        how: it ended where that is not so, in words.
    """

    trial: Trial
    broken: str
    log: tuple[str, ...]
    failed: bool
    how: str = "recovered"
    struck: tuple[dict[str, Any], ...] = ()

    def __str__(self) -> str:
        return "\n".join((f"{self.trial}: {self.broken or self.how}", *self.log))


def around(ran: Ran, site: Site, marks: Sequence[int]) -> Iterable[str]:
    """Return the log around each fault, and around each of some accesses; of none, its begin.

    Args:
        marks: how many accesses there were by then.
    """
    names, sim = Names(site.chip), site.sim
    if sim is None:
        struck = [f"  ---- {names.strike(strike)}" for strike in ran.strikes]
        return struck + [line for batch, came in ran.batches[-TARGETS:] for line in _lines(batch, came)]
    struck = [
        (at + strike.shot.after - ran.first, names.strike(strike))
        for strike, at in zip(ran.strikes, ran.marks, strict=True)
    ]
    marked = [mark - ran.first for mark in marks]
    accesses = sim.accesses(ran.first)
    if struck or marked:
        return shown(names, accesses, struck, marked)
    return shown(names, accesses[:TARGETS], [], every=True)


def _lines(batch: Batch, came: Results) -> Iterator[str]:
    for index, op in enumerate(batch):
        if index < len(came):
            what = "" if isinstance(op, (Delay, Fence)) else f": {came.values[index]}"
            yield f"  {op}{what}"
    if came.error is not None:
        yield f"  {came.error}"
