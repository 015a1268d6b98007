"""A trial under trio that was run again: what came of it, and the accesses around what struck."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from attrs import frozen

from runtime.faults.course import broke_at
from runtime.faults.ran import Ran
from runtime.faults.shown import Names, shown
from runtime.faults.site import LoggedChip, Site
from runtime.faults.trial import Trial
from transports.batch import Batch, Delay, Fence, Results

FIRST = 8  # accesses of a run without a fault that are shown
BATCHES = 4  # before a fault and after it, of a target that tells no accesses


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


def wrong_at(ran: Ran, sim: LoggedChip | None, broken: str) -> list[int]:
    """Return behind which access a rule was broken, or a block written, that a sentence tells of; of others none."""
    if sim is None or not broken:
        return []
    if (at := broke_at(sim, broken)) is not None:
        return [at]
    accesses = enumerate(sim.accesses(ran.first) if " us " in broken else [], ran.first + 1)
    return [at for at, access in accesses if broken.endswith(f": {access}")][:1]


def around(ran: Ran, site: Site, marks: Sequence[int], *, ends: bool = False, every: bool = False) -> Iterable[str]:
    """Return the log around each fault, and around each of some accesses; of none, its begin.

    Args:
        marks: how many accesses there were by then.
        ends: and what was last before the look at the end.
        every: all of it.
    """
    names, sim = Names(site.chip), site.sim
    if sim is None:
        return _batches(ran, names, every=every)
    struck = [
        (at + strike.shot.after - ran.first, names.strike(strike))
        for strike, at in zip(ran.strikes, ran.marks, strict=True)
    ]
    marked = [mark - ran.first for mark in marks]
    accesses = sim.accesses(ran.first)
    if struck or marked:
        last = [(ran.resumed or len(sim.log)) - ran.first] if ends else []
        return shown(names, accesses, struck, marked, beside=last, every=every)
    return shown(names, accesses if every else accesses[:FIRST], [], every=True)


def _batches(ran: Ran, names: Names, *, every: bool) -> Iterator[str]:
    """Yield the batches around each fault and what became of the access that it struck; of none, the last ones."""
    number, turns = len(ran.batches), ran.turns or [len(ran.batches)]
    for at in range(number + 1):
        yield from (
            f"  ---- {names.strike(one)}" for one, turn in zip(ran.strikes, ran.turns, strict=True) if turn == at
        )
        if at < number and (every or any(turn - BATCHES <= at < turn + BATCHES for turn in turns)):
            yield from _lines(*ran.batches[at])


def _lines(batch: Batch, came: Results) -> Iterator[str]:
    for index, op in enumerate(batch):
        if index < len(came):
            what = "" if isinstance(op, (Delay, Fence)) else f": {came.values[index]}"
            yield f"  {op}{what}"
    if came.error is not None:
        yield f"  {came.error}"
