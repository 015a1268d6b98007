"""A run as one SVG: a row for each block, its rungs over time, grouped by type, the critical path marked.

One file without scripts, light and dark as the viewer's system is. Rows become thin where blocks are many; groups keep
room for their name. Each bar says its block, rung and times when pointed at. The axis breaks where most happens early.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from attrs import frozen

from runtime.history import Span
from runtime.summary import State
from runtime.views.axis import Axis, axis_of
from runtime.views.critical import climbed, legs
from runtime.views.markup import text
from runtime.words import duration

WIDTH = 1280
LEFT, RIGHT, TOP, BOTTOM = 170, 20, 74, 34  # margins: names, end, title and axis, legend
ROWS_HEIGHT = 1700  # what all rows may take together, while a row is between the two heights below
ROW_MIN, ROW_MAX = 4.0, 16.0
GROUP_MIN, GROUP_GAP = 16.0, 6.0
BAR_MIN = 0.7  # pixels: what took no time is still seen
BREAK = 7  # pixels, of the mark where the axis breaks
TITLE_MAX = 125  # letters
HUES = 10  # of the colours of rungs, which repeat
LINE, LETTER = 16, 6.1  # pixels, of the text below the rows

STYLE = """
.timeline { font: 12px system-ui, sans-serif; background: var(--paper); color: var(--ink);
  --paper: #fff; --ink: #1b1f24; --soft: #6b7280; --line: #e3e6ea; --wait: #e9ebef; --sheet: #f3f4f6;
  --up: #cfe8d5; --bad: #d1242f; --less: #d4a72c; --path: #b3125a; }
.timeline .r0 { fill: #2f6fb7 } .timeline .r1 { fill: #6fb1dc } .timeline .r2 { fill: #6a4fb3 }
.timeline .r3 { fill: #b294e0 } .timeline .r4 { fill: #1b7f79 } .timeline .r5 { fill: #63c2b3 }
.timeline .r6 { fill: #8a5a2b } .timeline .r7 { fill: #cfa56b } .timeline .r8 { fill: #4b5563 }
.timeline .r9 { fill: #98a2b3 }
.timeline text { fill: currentColor } .timeline .soft { fill: var(--soft) } .timeline .line { stroke: var(--line) }
.timeline .sheet { fill: var(--sheet) } .timeline .gap { fill: var(--paper) }
.timeline .edge { stroke: var(--soft); fill: none } .timeline .waiting, .timeline .down { fill: var(--wait) }
.timeline .up { fill: var(--up) } .timeline .failed, .timeline .stopped { fill: var(--bad) }
.timeline .degraded { fill: var(--less) }
.timeline .path { fill: none; stroke: var(--path); stroke-width: 1.6 } .timeline .said { fill: var(--path) }
@media (prefers-color-scheme: dark) { .timeline { --paper: #14171b; --ink: #e6e8eb; --soft: #9aa3ad; --line: #2a2f36;
  --wait: #262b32; --sheet: #1a1e23; --up: #1f4a2e; --bad: #f0616d; --less: #e0b84a; --path: #ff6fae; } }
"""


@frozen
class Group:
    """Rows that belong together: the blocks of one type.

    Attributes:
        rungs: of the blocks of this type, each with its colour.
    """

    name: str
    blocks: tuple[str, ...]
    rungs: Mapping[str, int]

    @property
    def title(self) -> str:
        """What stands beside the rows."""
        return f"{self.name} ({len(self.blocks)})" if len(self.blocks) > 1 else "".join(self.blocks)


def grouped(spans: Mapping[str, Sequence[Span]], types: Mapping[str, str]) -> tuple[Group, ...]:
    """Return the blocks of a run by type, both in the order of `types`, which is the chip's."""
    found: dict[str, list[str]] = {}
    for block, kind in types.items():
        if block in spans:
            found.setdefault(kind, []).append(block)
    return tuple(Group(name, tuple(blocks), _rungs(spans[b] for b in blocks)) for name, blocks in found.items())


def _rungs(rows: Iterable[Sequence[Span]]) -> dict[str, int]:
    """Return the rungs in the order in which they are climbed, first those of the block that climbed most."""
    names = [list(dict.fromkeys(s.rung for s in row if s.state is State.CLIMBING and s.rung)) for row in rows]
    ordered = dict.fromkeys(name for block in sorted(names, key=len, reverse=True) for name in block)
    return {name: index % HUES for index, name in enumerate(ordered)}


def timeline(
    title: str,
    spans: Mapping[str, Sequence[Span]],
    types: Mapping[str, str],
    critical: Sequence[tuple[str, str]] = (),
) -> str:
    """Return the SVG of a run.

    Args:
        title: what ran where.
        spans: of each block.
        types: of each block, in the order of the chip.
        critical: the rungs of the critical path, (block, rung), in order.
    """
    sheet = _Sheet(spans, grouped(spans, types))
    words = _filled([str(leg) for leg in legs(critical, spans)], "  >  ")
    total = sheet.bottom + BOTTOM + LINE * (len(words) + len(sheet.groups) + 1)
    return "".join((
        f'<svg xmlns="http://www.w3.org/2000/svg" class="timeline" width="{WIDTH}" height="{total:.0f}" '
        f'viewBox="0 0 {WIDTH} {total:.0f}" role="img" aria-label="{text(title)}"><style>{STYLE}</style>',
        f'<text x="{LEFT}" y="22" font-size="15" font-weight="600">{text(shorten(title, TITLE_MAX))}</text>',
        *sheet.pieces(), *sheet.rows(), *sheet.breaks(), *sheet.path(critical),
        *_legend(sheet.bottom + 24, words), *_colours(sheet.bottom + 24 + LINE * (len(words) + 1.3), sheet.groups),
        "</svg>\n",
    ))  # fmt: skip


class _Sheet:
    """The rows on their axis."""

    def __init__(self, spans: Mapping[str, Sequence[Span]], groups: tuple[Group, ...]) -> None:
        self.spans, self.groups = spans, groups
        drawn = [span for row in spans.values() for span in row]
        end_s = max((span.end_s for span in drawn), default=0.0)
        times = [span.start_s for span in drawn]
        self.axis: Axis = axis_of(times, end_s, LEFT, WIDTH - RIGHT)
        self.height = max(ROW_MIN, min(ROW_MAX, ROWS_HEIGHT / max(len(spans), 1)))
        self.tops: dict[str, float] = {}
        self.middles: list[float] = []
        top = float(TOP)
        for group in groups:
            taken = self.height * len(group.blocks)
            room = max(taken, GROUP_MIN)
            self.middles.append(top + min(room, 60) / 2 + 4)
            for index, block in enumerate(group.blocks):
                self.tops[block] = top + (room - taken) / 2 + index * self.height
            top += room + GROUP_GAP
        self.bottom = top

    def x(self, time_s: float) -> float:
        """Return where a time stands."""
        return self.axis.x(time_s)

    def pieces(self) -> Iterator[str]:
        """Draw the axis: what each piece spans, where there are several, and ticks with a line down."""
        for number, piece in enumerate(self.axis.pieces):
            if number % 2:
                yield (
                    f'<rect class="sheet" x="{piece.left:.1f}" y="{TOP - 36}" width="{piece.right - piece.left:.1f}" '
                    f'height="{self.bottom - TOP + 36:.1f}"/>'
                )
            for tick in piece.ticks():
                x = self.axis.x(tick)
                yield f'<line class="line" x1="{x:.1f}" x2="{x:.1f}" y1="{TOP - 8}" y2="{self.bottom:.1f}"/>'
                said = duration(tick) if tick else "0"
                yield f'<text class="soft" x="{x:.1f}" y="{TOP - 13}" text-anchor="middle">{said}</text>'
            if len(self.axis.pieces) > 1:
                said = f"then to {duration(piece.end_s)}" if number else f"the first {duration(piece.end_s)}"
                middle = (piece.left + piece.right) / 2
                yield f'<text x="{middle:.1f}" y="{TOP - 32}" text-anchor="middle" font-style="italic">{said}</text>'

    def rows(self) -> Iterator[str]:
        """Draw each group: its name, and the bars of its blocks."""
        bar = self.height * (0.86 if self.height > 6 else 0.9)
        for group, middle in zip(self.groups, self.middles, strict=True):
            yield f'<text x="{LEFT - 10}" y="{middle:.1f}" text-anchor="end">{text(group.title)}</text>'
            for block in group.blocks:
                for span in self.spans[block]:
                    yield self._bar(span, group, bar)

    def _bar(self, span: Span, group: Group, height: float) -> str:
        x, end = self.x(span.start_s), self.x(span.end_s)
        climbing = span.state is State.CLIMBING
        kind = f"r{group.rungs.get(span.rung, HUES - 1)}" if climbing else span.state.value
        what = span.rung or "first look" if climbing else f"{span.state.value} {span.rung}".strip()
        times = " to ".join(duration(time) for time in (span.start_s, span.end_s))
        said = f"{span.block}: {what}, {times}" + (f"; {span.detail}" if span.detail else "")
        return (
            f'<rect class="{kind}" x="{x:.2f}" y="{self.tops[span.block]:.2f}" width="{max(end - x, BAR_MIN):.2f}" '
            f'height="{height:.2f}"><title>{text(said)}</title></rect>'
        )

    def breaks(self) -> Iterator[str]:
        """Mark where the axis goes on with another scale."""
        for piece in self.axis.pieces[1:]:
            x, y = piece.left, TOP - 6
            yield (
                f'<rect class="gap" x="{x - BREAK / 2:.1f}" y="{y}" width="{BREAK}" height="{self.bottom - y:.1f}"/>'
            )
            for side in (x - BREAK / 2, x + BREAK / 2):
                yield f'<path class="edge" d="M{side - 3:.1f} {y + 4} l6 -8 M{side:.1f} {y} V{self.bottom:.1f}"/>'

    def path(self, critical: Sequence[tuple[str, str]]) -> Iterator[str]:
        """Frame the rungs of the critical path, and join them."""
        points: list[str] = []
        for span in climbed(critical, self.spans):
            x, end, y = self.x(span.start_s), self.x(span.end_s), self.tops[span.block]
            yield (
                f'<rect class="path" x="{x - 0.5:.2f}" y="{y - 0.8:.2f}" width="{max(end - x, BAR_MIN) + 1:.2f}" '
                f'height="{self.height + 0.6:.2f}"/>'
            )
            points += [f"{x:.2f},{y + self.height / 2:.2f}", f"{end:.2f},{y + self.height / 2:.2f}"]
        if points:
            yield f'<polyline class="path" stroke-dasharray="3 3" points="{" ".join(points)}"/>'


def shorten(said: str, letters: int) -> str:
    """Return the text, with its middle left out where it is longer than so many letters."""
    half = (letters - 3) // 2
    return said if len(said) <= letters else f"{said[:half]}...{said[-half:]}"


def _filled(parts: Sequence[str], between: str) -> list[str]:
    """Return the parts in lines that fit below the rows."""
    lines: list[str] = []
    for part in parts:
        if lines and (len(lines[-1]) + len(between) + len(part)) * LETTER < WIDTH - LEFT - RIGHT:
            lines[-1] += between + part
        else:
            lines.append(part)
    return lines


def _swatch(kind: str, name: str, x: float, y: float) -> tuple[str, float]:
    """Return a patch of colour with its name, and where the next one goes."""
    patch = f'<rect class="{kind}" x="{x:.0f}" y="{y - 9:.0f}" width="12" height="10"/>'
    return f'{patch}<text class="soft" x="{x + 17:.0f}" y="{y:.0f}">{text(name)}</text>', x + 38 + LETTER * len(name)


def _legend(y: float, path: Sequence[str]) -> Iterator[str]:
    x = float(LEFT)
    kinds = [(kind, kind) for kind in ("waiting", "up", "degraded", "failed")]
    for kind, name in (*kinds, *([("path", "critical path, as this run climbed it:")] if path else [])):
        drawn, x = _swatch(kind, name, x, y)
        yield drawn
    for number, line in enumerate(path, 1):
        yield f'<text class="said" x="{LEFT}" y="{y + LINE * number:.0f}">{text(line)}</text>'


def _colours(y: float, groups: Sequence[Group]) -> Iterator[str]:
    """Name the rungs of each type beside their colours; those that do not fit into a line are left out."""
    for number, group in enumerate(groups):
        line, x = y + LINE * number, float(LEFT)
        yield f'<text x="{LEFT - 10}" y="{line:.0f}" text-anchor="end">{text(group.name)}</text>'
        for rung, hue in group.rungs.items():
            drawn, following = _swatch(f"r{hue}", rung, x, line)
            if following > WIDTH:
                break
            yield drawn
            x = following
