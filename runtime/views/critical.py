"""The critical path, as this run climbed it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from attrs import frozen

from runtime.history import Span
from runtime.summary import State
from runtime.words import duration


@frozen
class Leg:
    """One block's part of the critical path: its rungs, in order, each with the seconds that it took here."""

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


def legs(path: Sequence[tuple[str, str]], spans: Mapping[str, Sequence[Span]]) -> list[Leg]:
    """Return the critical path by block."""
    found: list[Leg] = []
    for span in climbed(path, spans):
        step = (span.rung, span.end_s - span.start_s)
        if found and found[-1].block == span.block:
            found[-1] = Leg(span.block, (*found[-1].rungs, step))
        else:
            found.append(Leg(span.block, (step,)))
    return found
