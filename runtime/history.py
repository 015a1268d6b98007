"""What happened when: the states and rungs of every block, and the batches on every bus. For people to look at.

Times are seconds from the session's begin, but for the batches, which are as the bus noted them.
Kept whole, so it grows with the run; who asks for no picture keeps none. Nothing reads it to decide anything.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from attrs import define, evolve, field, frozen

from runtime.places import Places
from runtime.summary import Progress, State
from transports.bus import Bus, Record

LASTING = (State.UP, State.DEGRADED, State.FAILED, State.STOPPED)


@frozen
class Span:
    """One block in one state, from `start_s` to `end_s`.

    Attributes:
        rung: that it was climbing to, or waited at; of a failed block the one that did not hold.
        detail: of a failed block the reason, of a waiting one what it waited for.
    """

    block: str
    state: State
    rung: str
    start_s: float
    end_s: float
    detail: str = ""


@define(eq=False)
class History:
    """Collects a run: give it to `bring_up`.

    Attributes:
        accesses: collect what goes over the buses too, which is most of it; a trace needs that.
        zero_s: the session's begin, on the clock of the batches.
        batches: what left, on which bus, and how its addresses are called, in the order in which it left.
    """

    accesses: bool = True
    zero_s: float = 0.0
    batches: list[tuple[Places, Record]] = field(factory=list[tuple[Places, Record]])
    _moves: dict[str, list[Progress]] = field(factory=dict[str, list[Progress]])

    def move(self, progress: Progress) -> None:
        """Note that a block moved."""
        self._moves.setdefault(progress.block, []).append(progress)

    def watch(self, bus: Bus, places: Places) -> None:
        """Note every batch that leaves on a bus from now on; `places` names its addresses."""
        if self.accesses:
            bus.observe(lambda record: self.batches.append((places, record)), stamps=True)

    @property
    def end_s(self) -> float:
        """When the last block moved, or the last batch was answered."""
        moved = max((moves[-1].time_s for moves in self._moves.values()), default=0.0)
        return max(moved, self.batches[-1][1].end_s - self.zero_s if self.batches else 0.0)

    def spans(self) -> Mapping[str, tuple[Span, ...]]:
        """Return the spans of each block, in order, without gaps from its first move to the end of the run."""
        return {block: tuple(_spans(moves, self.end_s)) for block, moves in self._moves.items()}


def _spans(moves: list[Progress], end_s: float) -> Iterator[Span]:
    """Yield what a block's moves say; moves at one time leave the last, and equal neighbours are one span."""
    last_at = {move.time_s: move for move in moves}
    began, *later = last_at.values()
    for move in later:
        if (move.state, move.rung) == (began.state, began.rung):
            began = evolve(move, time_s=began.time_s)
        else:
            yield _span(began, move.time_s)
            began = move
    yield _span(began, end_s)


def _span(move: Progress, end_s: float) -> Span:
    return Span(move.block, move.state, move.rung, move.time_s, end_s, move.detail)
