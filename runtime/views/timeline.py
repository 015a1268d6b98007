"""A run as one SVG: a row for each block, its rungs over time, grouped by type, the critical path marked.

One file without scripts, light and dark as the viewer's system is. Rows become thin where blocks are many; groups keep
room for their name. Each bar says its block, rung and times when pointed at.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape
from math import ceil, floor, log10

from attrs import frozen

from runtime.history import Span
from runtime.summary import State

WIDTH = 1280
LEFT, RIGHT, TOP, BOTTOM = 190, 24, 64, 34  # margins: names, end, title and axis, legend
ROWS_HEIGHT = 1700  # what all rows may take together, while a row is between the two heights below
ROW_MIN, ROW_MAX = 4.0, 16.0
GROUP_MIN, GROUP_GAP = 16.0, 5.0
BAR_MIN = 0.6  # pixels: what took no time is still seen
TICKS = 8
HUES = 8  # of the colours of rungs, which repeat

STYLE = """
svg { font: 12px system-ui, sans-serif; background: #fff; color: #1b1f24;
  --soft: #6b7280; --line: #e5e7eb; --wait: #eceef1;
  --up: #cfe8d5; --bad: #d1242f; --less: #d4a72c; --path: #b3125a; }
.r0 { fill: #2f6fb7 } .r1 { fill: #57a0d3 } .r2 { fill: #7a5cc0 } .r3 { fill: #b08be0 }
.r4 { fill: #1e8a83 } .r5 { fill: #5cbfae } .r6 { fill: #8a6d3b } .r7 { fill: #c9a66b }
text { fill: currentColor } .soft { fill: var(--soft) } .line { stroke: var(--line) } .waiting { fill: var(--wait) }
.up { fill: var(--up) } .failed, .stopped { fill: var(--bad) } .degraded { fill: var(--less) }
.path { fill: none; stroke: var(--path); stroke-width: 1.6 } .pathtext { fill: var(--path) }
@media (prefers-color-scheme: dark) { svg { background: #14171b; color: #e6e8eb; --soft: #9aa3ad; --line: #2a2f36;
  --wait: #23282f; --up: #1f4a2e; --bad: #f0616d; --less: #e0b84a; --path: #ff6fae; } }
"""


@frozen
class Group:
    """Rows that belong together: the blocks of one type."""

    name: str
    blocks: tuple[str, ...]


def grouped(blocks: Iterable[str], types: Mapping[str, str]) -> tuple[Group, ...]:
    """Return the blocks by type, both in the order of the chip."""
    found: dict[str, list[str]] = {}
    for block in blocks:
        found.setdefault(types.get(block, ""), []).append(block)
    return tuple(Group(name, tuple(members)) for name, members in found.items())


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
        types: of each block.
        critical: the rungs of the critical path, (block, rung), in order.
    """
    begin_s = min((row[0].start_s for row in spans.values() if row), default=0.0)
    end_s = max((row[-1].end_s for row in spans.values() if row), default=0.0)
    scale = Scale(begin_s, end_s)
    body: list[str] = []
    top = float(TOP)
    height = max(ROW_MIN, min(ROW_MAX, ROWS_HEIGHT / max(len(spans), 1)))
    where: dict[str, float] = {}
    for group in grouped(spans, types):
        rows = height * len(group.blocks)
        room = max(rows, GROUP_MIN)
        name = group.blocks[0] if len(group.blocks) == 1 else f"{group.name} ({len(group.blocks)})"
        body.append(
            f'<text x="{LEFT - 8}" y="{top + min(room, 60) / 2 + 4:.1f}" text-anchor="end">{escape(name)}</text>'
        )
        for index, block in enumerate(group.blocks):
            where[block] = top + (room - rows) / 2 + index * height
            body.extend(_row(spans[block], scale, where[block], height))
        top += room + GROUP_GAP
    body.extend(_path(critical, spans, scale, where, height))
    words = _path_words(critical, spans)
    total = top + BOTTOM + 16 * len(words)
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{total:.0f}" '
        f'viewBox="0 0 {WIDTH} {total:.0f}" role="img" aria-label="{escape(title, quote=True)}"><style>{STYLE}</style>'
    )
    return "".join((
        head, f'<text x="{LEFT}" y="22" font-size="15" font-weight="600">{escape(title)}</text>',
        *scale.axis(top), *body, *_legend(top + 20, words), "</svg>\n",
    ))  # fmt: skip


@frozen
class Scale:
    """Seconds of the run to pixels."""

    begin_s: float
    end_s: float

    def x(self, time_s: float) -> float:
        """Return where a time stands."""
        whole = self.end_s - self.begin_s
        return LEFT + (WIDTH - LEFT - RIGHT) * ((time_s - self.begin_s) / whole if whole else 0.0)

    def axis(self, bottom: float) -> Iterator[str]:
        """Yield ticks at round times, with a line down to `bottom`."""
        whole = self.end_s - self.begin_s
        if not whole:
            return
        raw = whole / TICKS
        step = next(m * 10 ** floor(log10(raw)) for m in (1, 2, 5, 10) if m * 10 ** floor(log10(raw)) >= raw * 0.999)
        for count in range(ceil(whole / step * 0.9999)):
            x = self.x(self.begin_s + count * step)
            yield f'<line class="line" x1="{x:.1f}" x2="{x:.1f}" y1="{TOP - 8}" y2="{bottom:.1f}"/>'
            yield f'<text class="soft" x="{x:.1f}" y="{TOP - 13}" text-anchor="middle">{said(count * step)}</text>'


def said(seconds: float) -> str:
    """Return a time in the unit of its size."""
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("us", 1e-6)):
        if seconds >= size * 0.9999:
            return f"{seconds / size:.4g} {unit}"
    return f"{seconds * 1e9:.4g} ns" if seconds else "0"


def _row(row: Sequence[Span], scale: Scale, y: float, height: float) -> Iterator[str]:
    bar = height * (0.86 if height > 6 else 0.9)
    rungs = {name: index for index, name in enumerate(dict.fromkeys(s.rung for s in row if s.state is State.CLIMBING))}
    for span in row:
        x, end = scale.x(span.start_s), scale.x(span.end_s)
        climbing = span.state is State.CLIMBING
        kind = f"r{rungs[span.rung] % HUES}" if climbing else span.state.value
        what = span.rung or "looking" if climbing else f"{span.state.value} {span.rung}".strip()
        times = f"{said(span.start_s - scale.begin_s)} to {said(span.end_s - scale.begin_s)}"
        title = f"{span.block}: {what}, {times}" + (f"; {span.detail}" if span.detail else "")
        yield (
            f'<rect class="{kind}" x="{x:.2f}" y="{y:.2f}" width="{max(end - x, BAR_MIN):.2f}" height="{bar:.2f}">'
            f"<title>{escape(title)}</title></rect>"
        )


def _on_path(critical: Sequence[tuple[str, str]], spans: Mapping[str, Sequence[Span]]) -> list[tuple[str, str, Span]]:
    """Return the rungs of the critical path that this run climbed, with the time they took here."""
    found: list[tuple[str, str, Span]] = []
    for block, rung in critical:
        took = [s for s in spans.get(block, ()) if s.state is State.CLIMBING and s.rung == rung]
        if took:
            whole = Span(block, State.CLIMBING, rung, took[0].start_s, took[-1].end_s)
            found.append((block, rung, whole))
    return found


def _path(
    critical: Sequence[tuple[str, str]],
    spans: Mapping[str, Sequence[Span]],
    scale: Scale,
    where: Mapping[str, float],
    height: float,
) -> Iterator[str]:
    points: list[str] = []
    for block, _, span in _on_path(critical, spans):
        x, end, y = scale.x(span.start_s), scale.x(span.end_s), where[block]
        yield (
            f'<rect class="path" x="{x - 0.5:.2f}" y="{y - 0.8:.2f}" width="{max(end - x, BAR_MIN) + 1:.2f}" '
            f'height="{height + 0.6:.2f}"/>'
        )
        points += [f"{x:.2f},{y + height / 2:.2f}", f"{end:.2f},{y + height / 2:.2f}"]
    if points:
        yield f'<polyline class="path" stroke-dasharray="3 3" points="{" ".join(points)}"/>'


def _path_words(critical: Sequence[tuple[str, str]], spans: Mapping[str, Sequence[Span]]) -> list[str]:
    """Return the critical path in words, in lines that fit."""
    steps = [f"{block} {rung} {said(span.end_s - span.start_s)}" for block, rung, span in _on_path(critical, spans)]
    lines: list[str] = []
    for step in steps:
        if lines and len(lines[-1]) + len(step) < 150:
            lines[-1] += f"  >  {step}"
        else:
            lines.append(step)
    return lines


def _legend(y: float, path: Sequence[str]) -> Iterator[str]:
    x = float(LEFT)
    for kind, name in (("waiting", "waiting"), ("r0", "climbing, a colour a rung"), ("up", "up"),
                       ("degraded", "degraded"), ("failed", "failed")):  # fmt: skip
        yield f'<rect class="{kind}" x="{x:.0f}" y="{y - 9:.0f}" width="12" height="10"/>'
        yield f'<text class="soft" x="{x + 17:.0f}" y="{y:.0f}">{name}</text>'
        x += 40 + 6.6 * len(name)
    yield f'<rect class="path" x="{x:.0f}" y="{y - 9:.0f}" width="12" height="10"/>'
    yield f'<text class="soft" x="{x + 17:.0f}" y="{y:.0f}">critical path</text>'
    for index, line in enumerate(path):
        yield f'<text class="pathtext" x="{LEFT}" y="{y + 18 + 16 * index:.0f}" font-size="11">{escape(line)}</text>'
