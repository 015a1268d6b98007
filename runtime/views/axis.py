"""Time on paper: straight pieces of axis, so that a run whose first hundredth is half of what happens can be read.

Most of a bring-up happens early and in microseconds, and its end waits for links and memories for milliseconds. Where
that is so the axis is broken, twice at most; inside each piece equal lengths are equal times.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import pairwise
from math import ceil, floor, log10

from attrs import frozen

BREAKS_MAX = 2
UNEVEN_MIN = 0.35  # how much sooner than evenly the times must come, as a part of all, to be worth a break
LAST_PART = 0.46  # of the width, for the piece after the last break
INSTANT_S = 1e-12  # no hardware is faster, and no axis finer
TICK_PIXELS = 105  # a tick each, about
ROUND = (1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)  # where an axis may break, times a power of ten


@frozen
class Piece:
    """One straight piece of the axis: from `begin_s` at `left` to `end_s` at `right` (pixels)."""

    begin_s: float
    end_s: float
    left: float
    right: float

    def ticks(self) -> Iterator[float]:
        """Yield round times inside the piece, its begin included and its end not."""
        whole = self.end_s - self.begin_s
        if whole < INSTANT_S:
            return
        raw = whole / max((self.right - self.left) / TICK_PIXELS, 1)
        power = 10.0 ** floor(log10(raw))
        step = next(m * power for m in (1, 2, 2.5, 5, 10) if m * power >= raw * 0.999)
        for number in range(ceil(self.begin_s / step * 0.9999), ceil(self.end_s / step * 0.9999)):
            yield number * step


@frozen
class Axis:
    """Seconds since the begin of the run to pixels; pieces follow each other without gap."""

    pieces: tuple[Piece, ...]

    def x(self, time_s: float) -> float:
        """Return where a time stands; one before the begin or after the end stands there."""
        at = bisect_right([piece.begin_s for piece in self.pieces], time_s) - 1
        piece = self.pieces[max(at, 0)]
        whole = piece.end_s - piece.begin_s
        part = (time_s - piece.begin_s) / whole if whole > 0 else 0.0
        return piece.left + (piece.right - piece.left) * min(max(part, 0.0), 1.0)


def axis_of(times: Sequence[float], end_s: float, left: float, right: float) -> Axis:
    """Return an axis from 0 to `end_s` that is broken where `times`, of all that happens, come early."""
    edges = [end_s]
    while len(edges) <= BREAKS_MAX and (early := _early(times, edges[0])) is not None:
        edges.insert(0, early)
    first = (1 - LAST_PART) / (len(edges) - 1) if len(edges) > 1 else 1.0
    places = [left + (right - left) * first * number for number in range(len(edges))]
    spans = zip(pairwise([0.0, *edges]), pairwise([*places, right]), strict=True)
    return Axis(tuple(Piece(begin, end, a, b) for (begin, end), (a, b) in spans))


def _early(times: Sequence[float], end_s: float) -> float | None:
    """Return the round time by which most more of what happens until `end_s` has happened than evenly; None: never."""
    inside = sorted(time for time in times if time <= end_s)
    if not inside or end_s < INSTANT_S:
        return None
    gains = ((number / len(inside) - time / end_s, time) for number, time in enumerate(inside, 1))
    gain, time = max(gains)
    if gain < UNEVEN_MIN or time < INSTANT_S:
        return None
    power = 10.0 ** floor(log10(time))
    rounded = next(m * power for m in ROUND if m * power >= time * 0.9999)
    return rounded if rounded < end_s / 2 else None
