"""How long recoveries took, as SVG: how many in each step of a logarithmic axis.

The steps are a tally's, five to a decade. Large: with its axis, and marks at a half, at 99% and at the longest. Small:
in a row of a table, on an axis that all rows share, so that they can be compared. The colours are those of the page.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from math import ceil, floor, inf

from attrs import frozen

from runtime.faults.report import AT_ONCE, quantile_s
from runtime.faults.tally import STEPS, Cell, seconds_of, step_of
from runtime.views.markup import text
from runtime.words import duration

WIDTH, HIGH = 900, 210.0
LEFT, RIGHT, TOP, BOTTOM = 64, 104, 56, 26  # margins: numbers, the words of the last mark, marks, axis
SMALL_WIDTH, SMALL_HIGH = 180.0, 22.0
BAR_MIN = 1.5  # pixels: one recovery among a million is still seen
MARK_APART = 104.0  # pixels, between the words of marks on one line
MARK_LINE = 16.0
BEFORE = 2  # bars: room for what took no time, and a gap

STYLE = """
.histogram { font: 12px system-ui, sans-serif; color: var(--ink) }
.histogram text { fill: currentColor } .histogram .soft { fill: var(--soft) }
.histogram .line { stroke: var(--line) } .histogram .mark { stroke: var(--path) }
.histogram .bar { fill: var(--climb) } .histogram .base { stroke: var(--line) }
"""


@frozen
class Span:
    """What an axis has room for: the steps of whole decades, and before them, apart, what took no time.

    Attributes:
        first, end: of the steps, from one on, and before the other.
        at_once: some took no time.
    """

    first: int
    end: int
    at_once: bool

    @classmethod
    def of(cls, cells: Iterable[Cell]) -> Span | None:
        """Return the axis on which all of these have room; None: there is no recovery."""
        steps = {step for cell in cells for step in cell.times}
        timed = {step for step in steps if step > AT_ONCE}
        if not steps:
            return None
        first = floor(min(timed, default=0) / STEPS) * STEPS
        return cls(first, ceil((max(timed, default=first - 1) + 1) / STEPS) * STEPS, steps != timed)

    @property
    def slots(self) -> int:
        """How many bars it has room for."""
        return self.end - self.first + (BEFORE if self.at_once else 0)

    def slot(self, step: float) -> float:
        """Return where a step stands, in bars."""
        return 0 if step <= AT_ONCE else step - self.first + (BEFORE if self.at_once else 0)


def histogram(cell: Cell, title: str) -> str:
    """Return the large one; nothing where there is no recovery."""
    span = Span.of([cell])
    return "" if span is None else "".join(_large(cell, span, title))


def _large(cell: Cell, span: Span, title: str) -> Iterator[str]:
    bottom, per = HIGH - BOTTOM, (WIDTH - LEFT - RIGHT) / span.slots
    most = max(cell.times.values())
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="histogram" width="{WIDTH}" height="{HIGH:.0f}" '
        f'viewBox="0 0 {WIDTH} {HIGH:.0f}" role="img" aria-label="{text(title)}"><style>{STYLE}</style>'
    )
    for number, y in ((most, TOP), (0, bottom)):
        yield f'<line class="line" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
        yield f'<text class="soft" x="{LEFT - 10}" y="{y + 4:.1f}" text-anchor="end">{number:,}</text>'
    if span.at_once:
        yield f'<text class="soft" x="{LEFT + per / 2 + 4:.1f}" y="{HIGH - 8:.1f}" text-anchor="end">at once</text>'
    for step in range(span.first, span.end + 1, STEPS) if span.end > span.first else ():
        x = LEFT + span.slot(step) * per
        yield f'<line class="line" x1="{x:.1f}" x2="{x:.1f}" y1="{TOP}" y2="{bottom + 5:.1f}"/>'
        yield f'<text class="soft" x="{x:.1f}" y="{HIGH - 8:.1f}" text-anchor="middle">{_axis(step)}</text>'
    for step, number in sorted(cell.times.items()):
        high = max((bottom - TOP) * number / most, BAR_MIN)
        yield (
            f'<rect class="bar" x="{LEFT + span.slot(step) * per + 1:.2f}" y="{bottom - high:.2f}" '
            f'width="{per - 2:.2f}" height="{high:.2f}"><title>{text(_said(step, number))}</title></rect>'
        )
    yield from _marks(cell, span, per)
    yield "</svg>"


def _marks(cell: Cell, span: Span, per: float) -> Iterator[str]:
    """Mark the middle, the last hundredth and the longest above the bars, each on the lowest line where it has room.

    From the right: the words of each stand behind its mark, above those that they would else run into, and no mark goes
    through the words of another.
    """
    free = [inf, inf, inf]  # where the marks begin that go down through each line
    for name, seconds in (("all", cell.slowest_s), ("99%", quantile_s(cell, 0.99)), ("half", quantile_s(cell, 0.5))):
        if not seconds:  # at once is its own mark
            continue
        x = LEFT + span.slot(_place(seconds)) * per
        line = next((line for line, taken in enumerate(free) if x + MARK_APART <= taken), len(free) - 1)
        free[: line + 1] = [x] * (line + 1)
        y = TOP - 8 - MARK_LINE * line
        yield f'<line class="mark" x1="{x:.1f}" x2="{x:.1f}" y1="{y - 8:.1f}" y2="{HIGH - BOTTOM:.1f}"/>'
        yield f'<text class="said" x="{x + 5:.1f}" y="{y:.1f}">{name} in {duration(seconds)}</text>'


def small(cell: Cell, span: Span) -> str:
    """Return the small one, on an axis that others share."""
    per, most = SMALL_WIDTH / span.slots, max(cell.times.values(), default=1)
    bars: list[str] = []
    for step, number in sorted(cell.times.items()):
        high = max((SMALL_HIGH - 1) * number / most, BAR_MIN)
        bars.append(
            f'<rect class="bar" x="{span.slot(step) * per + 0.3:.2f}" y="{SMALL_HIGH - 1 - high:.2f}" '
            f'width="{max(per - 0.6, 0.8):.2f}" height="{high:.2f}"><title>{text(_said(step, number))}</title></rect>'
        )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="histogram" width="{SMALL_WIDTH:.0f}" '
        f'height="{SMALL_HIGH:.0f}" viewBox="0 0 {SMALL_WIDTH:.0f} {SMALL_HIGH:.0f}" aria-hidden="true">'
        f'<line class="base" x1="0" x2="{SMALL_WIDTH:.0f}" y1="{SMALL_HIGH - 0.5}" y2="{SMALL_HIGH - 0.5}"/>'
        f"{''.join(bars)}</svg>"
    )


def _place(seconds: float) -> float:
    """Return where a time is, in steps: inside its own, whatever the last digit of its logarithm says."""
    step = step_of(seconds)
    inside = (seconds - seconds_of(step)) / (seconds_of(step + 1) - seconds_of(step))
    return step + min(max(inside, 0.0), 1.0)


def _axis(step: int) -> str:
    return duration(seconds_of(step))


def _said(step: int, number: int) -> str:
    when = "at once" if step <= AT_ONCE else f"{_axis(step)} to {_axis(step + 1)}"
    return f"{when}: {number:,} {'recovery' if number == 1 else 'recoveries'}"
