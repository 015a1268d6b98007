"""The critical path, as the hardware needs it, and as this run climbed it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

from attrs import frozen

from runtime.history import Span
from runtime.summary import State, Summary
from runtime.words import duration

LONGER_MAX = 1.5  # a run that took so much longer than its hardware was held up by something else
JITTER_S = 1e-6  # of a clock's rounding


@frozen
class Leg:
    """One block's part of the critical path: its rungs, in order, each with its seconds."""

    block: str
    rungs: tuple[tuple[str, float], ...]

    def __str__(self) -> str:
        whole = sum(seconds for _, seconds in self.rungs)
        longest, took = max(self.rungs, key=lambda rung: rung[1])
        if len(self.rungs) == 1:
            return f"{self.block} {longest} ({duration(whole)})"
        return f"{self.block} to {self.rungs[-1][0]} ({duration(whole)}, of which {longest} {duration(took)})"


def climbed(path: Sequence[tuple[str, str]], spans: Mapping[str, Sequence[Span]]) -> list[Span]:
    """Return one span for each rung of the critical path that this run climbed, from its first climb to its last."""
    found: list[Span] = []
    for block, rung in path:
        took = [s for s in spans.get(block, ()) if s.state is State.CLIMBING and s.rung == rung]
        if took:
            found.append(Span(block, State.CLIMBING, rung, took[0].start_s, took[-1].end_s))
    return found


def followed(summary: Summary, spans: Mapping[str, Sequence[Span]]) -> tuple[tuple[str, str], ...]:
    """Return the critical path where this run climbed along it, rung after rung and in about its time; else nothing.

    Where a link or a busy machine took most of the time, other blocks held the run up, and the path explains nothing.
    """
    found = climbed(summary.critical_path, spans)
    if not found or any(after.start_s < before.end_s - JITTER_S for before, after in pairwise(found)):
        return ()
    longest_s = LONGER_MAX * summary.critical_path_s + JITTER_S
    return summary.critical_path if found[-1].end_s - found[0].start_s <= longest_s else ()


def needed(summary: Summary) -> list[Leg]:
    """Return the critical path by block, with the seconds that the hardware needs; they add up to the whole."""
    steps = zip(summary.critical_path, summary.critical_path_takes_s, strict=False)
    return _by_block((block, rung, takes_s) for (block, rung), takes_s in steps)


def legs(path: Sequence[tuple[str, str]], spans: Mapping[str, Sequence[Span]]) -> list[Leg]:
    """Return a path by block, with the seconds that this run took."""
    return _by_block((span.block, span.rung, span.end_s - span.start_s) for span in climbed(path, spans))


def _by_block(steps: Iterable[tuple[str, str, float]]) -> list[Leg]:
    found: list[Leg] = []
    for block, rung, seconds in steps:
        if found and found[-1].block == block:
            found[-1] = Leg(block, (*found[-1].rungs, (rung, seconds)))
        else:
            found.append(Leg(block, ((rung, seconds),)))
    return found
