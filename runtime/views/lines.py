"""The interrupts of a chip in service, as HTML: how soon all were served, and a table of the lines that asked.

Times are counted in buckets that double, so a bar is twice as long a time as the one before it; what took less than the
first of them was served at once. The small histograms share one axis, so that lines can be compared. The colours are
those of the page.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from attrs import frozen

from interrupts.figures import LineFigures, busiest
from interrupts.tally import BUCKETS, Histogram
from runtime.views.markup import text
from runtime.words import count, duration, took

SHOWN_MAX = 200  # lines: of too many those that were not well, then the busiest
WIDTH, LEFT, RIGHT, TOP, HIGH, APART = 900, 64, 24, 26, 90.0, 50.0  # of the large histograms, which share an axis
SMALL_WIDTH, SMALL_HIGH = 120.0, 20.0
BAR_MIN = 1.5  # pixels: one among a million is still seen
NAMED = 90.0  # pixels that a time needs below the axis
COLUMNS = ("interrupts of", "line", "asked", "lost", "storms", "masked")
TIMES = (("woken", "to its block at work"), ("looked", "until that had looked"))
NOBODY = "nobody: it stays masked"
NUMERIC = ' class="time"'

STYLE = """
.served { font: 12px system-ui, sans-serif; color: var(--ink) }
.served text { fill: currentColor } .served .soft { fill: var(--soft) }
.served .line { stroke: var(--line) } .served .woken { fill: var(--climb) } .served .looked { fill: var(--block) }
"""


@frozen
class Span:
    """The buckets for which an axis has room."""

    first: int
    end: int

    @classmethod
    def of(cls, times: Iterable[Histogram]) -> Span | None:
        """Return the axis on which all of these have room; None: nothing was counted."""
        held = {bucket for one in times for bucket, number in enumerate(one.buckets) if number}
        return cls(min(held), max(held) + 1) if held else None

    def x(self, bucket: float, width: float) -> float:
        """Return where a bucket begins."""
        return width * (bucket - self.first) / (self.end - self.first)


def lines_shown(figures: Sequence[LineFigures]) -> Iterator[str]:
    """Show the lines that spoke, where there are any."""
    lines = busiest(figures)
    if not lines:
        return
    asked = [line.counts.hints for line in lines if line.counts.hints and not line.relays]
    worst = f"; {SHOWN_MAX} of them are shown" if len(lines) > SHOWN_MAX else ""
    yield f"<h2>{count(sum(asked), 'interrupt')} of {count(len(asked), 'line')}{worst}</h2>"
    everything = [_all(line.counts.woken for line in lines), _all(line.counts.looked for line in lines)]
    if (span := Span.of(everything)) is not None:
        yield f'<div class="scroll">{"".join(_large(everything, span))}</div>'
    yield from _table(lines[:SHOWN_MAX], span)


def _all(times: Iterable[Histogram]) -> Histogram:
    total = Histogram()
    for one in times:
        total.merge(one)
    return total


def _large(everything: Sequence[Histogram], span: Span) -> Iterator[str]:
    high = TOP + len(everything) * (HIGH + APART)
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="served" width="{WIDTH}" height="{high:.0f}" '
        f'viewBox="0 0 {WIDTH} {high:.0f}" role="img" aria-label="how soon interrupts were served">'
        f"<style>{STYLE}</style>"
    )
    across = WIDTH - LEFT - RIGHT
    for number, ((kind, said), times) in enumerate(zip(TIMES, everything, strict=True)):
        top = TOP + number * (HIGH + APART)
        title = f"{said}: half {took(times.within_s(0.5))}, 99% {took(times.within_s(0.99))}"
        yield f'<text x="{LEFT}" y="{top - 8:.1f}" font-weight="600">{text(title if times.count else said)}</text>'
        most = max(times.buckets)
        for shown, y in ((most, top), (0, top + HIGH)):
            yield f'<line class="line" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
            yield f'<text class="soft" x="{LEFT - 10}" y="{y + 4:.1f}" text-anchor="end">{shown:,}</text>'
        yield from _bars(times, span, kind, LEFT, top + HIGH, across, HIGH)
        yield from _axis(span, across, top + HIGH)
    yield "</svg>"


def _axis(span: Span, across: float, bottom: float) -> Iterator[str]:
    """Say what time a bucket ends with, as often as there is room."""
    every = max(1, round(NAMED * (span.end - span.first) / across))
    for bucket in range(span.first, span.end, every):
        x = LEFT + span.x(bucket + 0.5, across)
        yield f'<text class="soft" x="{x:.1f}" y="{bottom + 15:.1f}" text-anchor="middle">{_until(bucket)}</text>'


def _bars(
    times: Histogram, span: Span, kind: str, left: float, bottom: float, across: float, high: float
) -> Iterator[str]:
    most, wide = max(times.buckets), across / (span.end - span.first)
    for bucket, number in enumerate(times.buckets):
        if number:
            tall = max(high * number / most, BAR_MIN)
            yield (
                f'<rect class="{kind}" x="{left + span.x(bucket, across) + 0.5:.2f}" y="{bottom - tall:.2f}" '
                f'width="{max(wide - 1, 0.8):.2f}" height="{tall:.2f}">'
                f"<title>{text(f'{_until(bucket)}: {number:,}')}</title></rect>"
            )


def _until(bucket: int) -> str:
    if bucket == BUCKETS - 1:
        return f"over {duration((1 << bucket - 1) / 1e9)}"
    return took((1 << bucket) / 1e9)


def _table(lines: Sequence[LineFigures], span: Span | None) -> Iterator[str]:
    heads = [f"<th{'' if name in COLUMNS[:2] else NUMERIC}>{name}</th>" for name in COLUMNS]
    heads += [f'<th colspan="3">{said}: 50%, 99%</th>' for _, said in TIMES]
    yield f'<div class="scroll"><table class="plain"><thead><tr>{"".join(heads)}</tr></thead><tbody>'
    for line in lines:
        yield f'<tr><td class="name">{text(line.block or NOBODY)}</td><td class="name">{text(line.place)}</td>'
        for number in (line.counts.hints, line.counts.lost, line.counts.storms):
            yield f'<td class="time">{number or ""}</td>'
        yield f'<td class="time">{"yes" if line.masked else ""}</td>'
        for kind, times in (("woken", line.counts.woken), ("looked", line.counts.looked)):
            yield from _times(kind, times, span)
        yield "</tr>"
    yield "</tbody></table></div>"


def _times(kind: str, times: Histogram, span: Span | None) -> Iterator[str]:
    for share in (0.5, 0.99):
        yield f'<td class="time">{took(times.within_s(share)) if times.count else ""}</td>'
    if span is None or not times.count:
        yield "<td></td>"
        return
    yield (
        f'<td><svg xmlns="http://www.w3.org/2000/svg" class="served" width="{SMALL_WIDTH:.0f}" '
        f'height="{SMALL_HIGH:.0f}" viewBox="0 0 {SMALL_WIDTH:.0f} {SMALL_HIGH:.0f}" aria-hidden="true">'
        f'<line class="line" x1="0" x2="{SMALL_WIDTH:.0f}" y1="{SMALL_HIGH - 0.5}" y2="{SMALL_HIGH - 0.5}"/>'
    )
    yield from _bars(times, span, kind, 0, SMALL_HIGH - 1, SMALL_WIDTH, SMALL_HIGH - 2)
    yield "</svg></td>"
