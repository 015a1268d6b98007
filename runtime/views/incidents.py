"""The incidents of a chip in service as one SVG: where and when, below that how long each took, and what was lost.

One axis of time for all. An incident is over in milliseconds and a picture spans hours, so the first part says where
and when, and how long is a matter of the second, whose scale is logarithmic: from where the fault was noticed to where
all was in service again. The widest recovery is said by colour, and beside the number by its name. The colours are
those of the page.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import ceil, floor, log10

from attrs import frozen

from runtime.incident import Incident
from runtime.views.markup import text
from runtime.words import count, duration

WIDTH = 1280
LEFT, RIGHT, TOP = 150, 24, 34  # margins: names, end, axis
ROW, GAP = 18.0, 8.0  # pixels: of a row of marks, and between lanes
ROWS_MAX = 8  # in a lane; what has no place in any is drawn over the last, without its name
MARK_MIN, MARK_HIGH = 6.0, 12.0
BAR = 4  # pixels, of what an incident cost
LETTER = 6.6  # pixels, of the numbers beside marks
LONG_HIGH, LOST_HIGH, APART = 190.0, 70.0, 44.0  # of the parts below, and above each
SHORTEST_S = 1e-6  # what took less is drawn as that
TICK_PIXELS = 85
STEPS_S = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200, 86400)
LEVELS = ("climb", "block", "cluster", "chip")
SAID = {"climb": "by climbing alone", "block": "reset of the block", "cluster": "of its cluster", "chip": "of the chip"}
CHIP = "the chip"

STYLE = """
.incidents { font: 12px system-ui, sans-serif; color: var(--ink) }
.incidents text { fill: currentColor } .incidents .soft { fill: var(--soft) } .incidents .line { stroke: var(--line) }
.incidents .sheet { fill: var(--sheet) }
.incidents .climb { fill: var(--climb) } .incidents .block { fill: var(--block) }
.incidents .cluster { fill: var(--cluster) } .incidents .chip { fill: var(--chip) }
.incidents .down { fill: var(--failed) } .incidents .lost { fill: var(--path) }
.incidents .spoilt { fill: var(--degraded) }
.incidents .stem { stroke: var(--soft) } .incidents .noticed { fill: var(--paper); stroke: var(--soft) }
.incidents a { text-decoration: none } .incidents a:hover rect, .incidents a:hover circle { stroke: var(--ink) }
"""


@frozen
class Mark:
    """One incident in its lane.

    Attributes:
        row: of the lane, from 0.
        said: what stands beside it; empty where there is no room.
    """

    incident: Incident
    left: float
    right: float
    row: int
    said: str


@frozen
class Lane:
    """Where: the incidents whose root is of one block type, or the chip."""

    name: str
    top: float
    rows: int
    marks: tuple[Mark, ...]

    @property
    def bottom(self) -> float:
        """Where it ends."""
        return self.top + self.rows * ROW


def incidents_drawn(incidents: Sequence[Incident], types: Mapping[str, str], end_s: float) -> str:
    """Return the SVG.

    Args:
        types: the type of each block, in the order of the chip.
        end_s: when the service ended.
    """
    sheet = _Sheet(incidents, types, end_s)
    title = f"{count(len(incidents), 'incident')} in {said_time(end_s)}"
    return "".join((
        f'<svg xmlns="http://www.w3.org/2000/svg" class="incidents" width="{WIDTH}" height="{sheet.height:.0f}" '
        f'viewBox="0 0 {WIDTH} {sheet.height:.0f}" role="img" aria-label="{text(title)}"><style>{STYLE}</style>',
        *sheet.background(), *sheet.where(), *sheet.how_long(), *sheet.lost(), *_legend(sheet.height - 10), "</svg>\n",
    ))  # fmt: skip


def said_time(seconds: float) -> str:
    """Return a time of an axis: `45 s`, `1 min 30 s`, `2 h`."""
    if seconds < 60 or seconds != floor(seconds):
        return duration(seconds)
    minutes, rest = divmod(int(seconds), 60)
    parts = ((minutes // 60, "h"), (minutes % 60, "min"), (rest, "s"))
    return " ".join(f"{number} {unit}" for number, unit in parts if number)


def went(incident: Incident) -> str:
    """Say how an incident went, in a few words."""
    if incident.recovered_after_s is None or not incident.recovered:
        return "not in service again"
    return f"in service again after {duration(incident.recovered_after_s)}"


def kind(incident: Incident) -> str:
    """Return the class of an incident's marks: its level, or that it did not end well."""
    return incident.level if incident.recovered and incident.level in LEVELS else "down"


class _Sheet:
    """The three parts on their axis."""

    def __init__(self, incidents: Sequence[Incident], types: Mapping[str, str], end_s: float) -> None:
        self.incidents = incidents
        self.end_s = max([end_s, *(i.ended_s for i in incidents if i.ended_s is not None)], default=0.0) or 1.0
        self.lanes = self._lanes(types)
        self.long_top = (self.lanes[-1].bottom if self.lanes else TOP) + APART
        self.lost_max = max((max(incident.lost, incident.corrupt) for incident in incidents), default=0)
        self.lost_top = self.long_top + LONG_HIGH + APART
        self.bottom = self.lost_top + LOST_HIGH if self.lost_max else self.long_top + LONG_HIGH
        self.height = self.bottom + 40
        took = [
            max(s, SHORTEST_S) for i in incidents for s in (i.detected_after_s, i.recovered_after_s) if s is not None
        ]
        self.shortest = 10.0 ** floor(log10(min(took, default=1e-3)) + 1e-9)
        self.longest = max(10.0 ** ceil(log10(max(took, default=1.0)) - 1e-9), 10 * self.shortest)

    def x(self, time_s: float) -> float:
        """Return where a time stands."""
        return LEFT + (WIDTH - LEFT - RIGHT) * min(max(time_s / self.end_s, 0.0), 1.0)

    def y(self, seconds: float) -> float:
        """Return how high a time that something took stands in the second part."""
        part = log10(max(seconds, self.shortest) / self.shortest) / log10(self.longest / self.shortest)
        return self.long_top + LONG_HIGH * (1 - min(part, 1.0))

    def _lanes(self, types: Mapping[str, str]) -> list[Lane]:
        held: dict[str, list[Incident]] = {name: [] for name in (CHIP, *dict.fromkeys(types.values()))}
        for incident in self.incidents:
            held[types.get(incident.root, CHIP)].append(incident)
        lanes: list[Lane] = []
        top = float(TOP)
        for name, there in held.items():
            if there:
                marks = self._packed(there)
                lanes.append(Lane(name, top, 1 + max(mark.row for mark in marks), marks))
                top = lanes[-1].bottom + GAP
        return lanes

    def _packed(self, incidents: Sequence[Incident]) -> tuple[Mark, ...]:
        """Give each incident the first row in which neither it nor its name covers another."""
        free: list[float] = []  # where each row is free again
        marks: list[Mark] = []
        for incident in sorted(incidents, key=lambda i: i.began_s):
            begin_s = incident.began_s if incident.injected_s is None else incident.injected_s
            left = self.x(begin_s)
            right = max(self.x(self.end_s if incident.ended_s is None else incident.ended_s), left + MARK_MIN)
            said = str(incident.number) if incident.level == LEVELS[0] else f"{incident.number} {incident.level}"
            fits = [row for row, at in enumerate(free) if at <= left]
            row = fits[0] if fits else min(len(free), ROWS_MAX - 1)
            if row == len(free):
                free.append(0.0)
            said = said if free[row] <= left else ""
            free[row] = max(free[row], right + 4 + LETTER * len(said) + 4)
            marks.append(Mark(incident, left, right, row, said))
        return tuple(marks)

    def background(self) -> Iterator[str]:
        """Draw the axis of time, and the lanes."""
        for number, lane in enumerate(self.lanes):
            if number % 2 == 0:
                yield (
                    f'<rect class="sheet" x="0" y="{lane.top - GAP / 2:.1f}" width="{WIDTH}" '
                    f'height="{lane.bottom - lane.top + GAP:.1f}"/>'
                )
        for tick in self._ticks():
            x = self.x(tick)
            yield f'<line class="line" x1="{x:.1f}" x2="{x:.1f}" y1="{TOP - 8}" y2="{self.bottom:.1f}"/>'
            yield f'<text class="soft" x="{x:.1f}" y="{TOP - 14}" text-anchor="middle">{said_time(tick) or "0"}</text>'

    def _ticks(self) -> Sequence[float]:
        raw = self.end_s / ((WIDTH - LEFT - RIGHT) / TICK_PIXELS)
        small = 10.0 ** floor(log10(raw))
        steps = STEPS_S if raw > 0.5 else tuple(small * factor for factor in (1, 2, 5, 10))
        step = next((step for step in steps if step >= raw), 10.0 ** ceil(log10(raw)))
        return [number * step for number in range(floor(self.end_s / step * 1.0001) + 1)]

    def where(self) -> Iterator[str]:
        """Draw the marks of each lane."""
        for lane in self.lanes:
            middle = (lane.top + lane.bottom) / 2 + 4
            yield f'<text x="{LEFT - 14}" y="{middle:.1f}" text-anchor="end">{text(lane.name)}</text>'
            for mark in lane.marks:
                y = lane.top + mark.row * ROW + (ROW - MARK_HIGH) / 2
                room = mark.right + 4 + LETTER * len(mark.said) < WIDTH
                place = f'x="{mark.right + 4:.2f}"' if room else f'x="{mark.left - 4:.2f}" text-anchor="end"'
                yield _linked(
                    mark.incident,
                    f'<rect class="{kind(mark.incident)}" x="{mark.left:.2f}" y="{y:.2f}" rx="2" '
                    f'width="{mark.right - mark.left:.2f}" height="{MARK_HIGH}"/>'
                    f'<text class="soft" {place} y="{y + 10:.2f}" font-size="11">{mark.said}</text>',
                )

    def how_long(self) -> Iterator[str]:
        """Draw of each incident when it was noticed and when all was in service again, both after the fault."""
        yield _title("noticed, and in service again, after", self.long_top)
        seconds = self.shortest
        while seconds <= self.longest * 1.01:
            y = self.y(seconds)
            yield f'<line class="line" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
            yield f'<text class="soft" x="{LEFT - 14}" y="{y + 4:.1f}" text-anchor="end">{duration(seconds)}</text>'
            seconds *= 10
        for incident in self.incidents:
            yield _linked(incident, "".join(self._stem(incident)))

    def _stem(self, incident: Incident) -> Iterator[str]:
        noticed, ended = incident.detected_after_s, incident.recovered_after_s
        x = self.x(incident.began_s)
        if ended is None or not incident.recovered:
            y = self.long_top
            yield f'<path class="down" d="M{x - 5:.2f} {y:.2f} h10 l-5 -8 z"/>'  # it goes on above
        ys = [self.long_top if s is None else self.y(s) for s in (noticed, ended)]
        if noticed is not None:
            yield f'<line class="stem" x1="{x:.2f}" x2="{x:.2f}" y1="{ys[0]:.2f}" y2="{ys[1]:.2f}"/>'
            yield f'<circle class="noticed" cx="{x:.2f}" cy="{ys[0]:.2f}" r="3.2"/>'
        if ended is not None:
            yield f'<circle class="{kind(incident)}" cx="{x:.2f}" cy="{ys[1]:.2f}" r="4"/>'

    def lost(self) -> Iterator[str]:
        """Draw what each incident cost in traffic, where any was lost or spoilt: side by side."""
        if not self.lost_max:
            return
        yield _title("packets", self.lost_top)
        for name, said, x in (("lost", "lost", LEFT + 64.0), ("spoilt", "corrupt", LEFT + 112.0)):
            yield _patch(name, said, x, self.lost_top - 14)
        bottom = self.lost_top + LOST_HIGH
        for number in (0, self.lost_max):
            y = bottom - LOST_HIGH * number / self.lost_max
            yield f'<line class="line" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
            yield f'<text class="soft" x="{LEFT - 14}" y="{y + 4:.1f}" text-anchor="end">{number}</text>'
        for incident in self.incidents:
            at, bars = self.x(incident.began_s), list[str]()
            for name, packets, left in (("lost", incident.lost, at - BAR), ("spoilt", incident.corrupt, at)):
                if packets > 0:
                    high = max(LOST_HIGH * packets / self.lost_max, 1.0)
                    bars.append(
                        f'<rect class="{name}" x="{left:.2f}" y="{bottom - high:.2f}" width="{BAR}" '
                        f'height="{high:.2f}"/>'
                    )
            if bars:
                yield _linked(incident, "".join(bars))


def _title(said: str, top: float) -> str:
    return f'<text x="{LEFT}" y="{top - 14:.1f}" font-weight="600">{said}</text>'


def _linked(incident: Incident, drawn: str) -> str:
    """Return what leads to the incident's row of the table, and says what it is when pointed at."""
    parts = [
        f"incident {incident.number}: {incident.injected or incident.cause}",
        incident.root or CHIP,
        went(incident),
    ]
    parts += [
        f"{count(number, 'packet')} {what}"
        for what, number in (("lost", incident.lost), ("corrupt", incident.corrupt))
        if number
    ]
    return f'<a href="#i{incident.number}"><title>{text("; ".join(parts))}</title>{drawn}</a>'


def _patch(name: str, said: str, x: float, y: float) -> str:
    """Return a patch of colour, and what it says."""
    return (
        f'<rect class="{name}" x="{x:.0f}" y="{y - 9:.0f}" width="12" height="10" rx="2"/>'
        f'<text class="soft" x="{x + 17:.0f}" y="{y:.0f}">{text(said)}</text>'
    )


def _legend(y: float) -> Iterator[str]:
    x = float(LEFT)
    for name, said in (*SAID.items(), ("down", "not in service again")):
        yield _patch(name, said, x, y)
        x += 44 + LETTER * len(said)
