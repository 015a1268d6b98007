"""A time in service as one HTML page: verdict and numbers, timeline of incidents, table of them, states at the end."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from runtime.incident import Incident, Served
from runtime.summary import IN_SERVICE
from runtime.views.block_table import block_table, key
from runtime.views.document import document, heading, numbers, plain_table
from runtime.views.floorplan import floorplan
from runtime.views.incidents import CHIP, incidents_drawn, kind, said_time
from runtime.views.lines import lines_shown
from runtime.views.markup import text
from runtime.views.standing import UNASKED, Standing
from runtime.words import count, duration

if TYPE_CHECKING:
    from blocks.chip import Chip

VIOLATED_MAX = 6  # broken rules that are shown at once
EVIDENCE_MAX = 16  # accesses of one incident
SHOWN_MAX = 500  # incidents, or the page grows large
COLUMNS = (
    "", "at", "what", "where", "level", "found by", "detected after", "recovered after",
    "fell", "written to", "lost", "corrupt",
)  # fmt: skip
WORDS = ("what", "where", "level", "found by")  # all other columns are numbers
NUMERIC = ' class="time"'


def served_page(chip: Chip, served: Served) -> str:
    """Return the page of a time in service."""
    shown = most_telling(served.incidents)
    blocks = _standings(chip, served)
    types = {name: instance.type for name, instance in chip.instances.items()}
    return document(f"{chip.name}: {served.verdict}", (
        *_head(chip, served), *_numbers(served), *_ills(served),
        f"<h2>{_how_many(served)}</h2>", *_drawn(shown, served, types), *_table(shown), *lines_shown(served.lines),
        "<h2>States at the end</h2>", *key(blocks), floorplan(chip.name, chip.floorplan, blocks),
        "<h2>Blocks</h2>", *block_table(blocks),
    ))  # fmt: skip


def most_telling(incidents: Sequence[Incident]) -> list[Incident]:
    """Return the incidents, in their order; of too many those that did not end well, and those that took longest."""
    if len(incidents) <= SHOWN_MAX:
        return list(incidents)
    worst = sorted(incidents, key=lambda i: (i.recovered, -(i.recovered_after_s or 0.0)))[:SHOWN_MAX]
    return sorted(worst, key=lambda i: i.number)


def _head(chip: Chip, served: Served) -> Iterator[str]:
    run = f"in service for {said_time(served.for_s)} on {served.up.target}, seed {served.up.seed}"
    yield from heading(chip.name, served.verdict, f"{chip.description}; {run}")


def _numbers(served: Served) -> Iterator[str]:
    there = sum(state in IN_SERVICE for state in served.states.values())
    incidents = served.incidents
    said = [
        ("in service at the end", str(there), f"of {count(len(served.states), 'block')}"),
        ("incidents", str(len(incidents)), f"{served.recovered} recovered"),
    ]
    for name, took in (
        ("detected after", [i.detected_after_s for i in incidents if i.detected_after_s is not None]),
        ("recovered after", [i.recovered_after_s for i in incidents if i.recovered_after_s is not None]),
    ):
        if took:
            middle = sorted(took)[len(took) // 2]
            said.append((name, duration(middle), f"half of {len(took)}; {duration(max(took))} all of these"))
    if any(served.traffic.values()):
        lost = served.traffic.get("lost", 0)
        spoilt = f"; {served.traffic['corrupt']} corrupt" if served.traffic.get("corrupt") else ""
        said.append(("packets lost", str(lost), f"of {served.traffic.get('sent', 0)} sent{spoilt}"))
    said += [
        ("violations", str(served.violations), ""),
        ("accesses", str(served.reads + served.writes), f"{served.reads} read, {served.writes} written"),
    ]
    if served.interrupts:
        asked = sum(line.counts.hints for line in served.lines if not line.relays)
        named = (("spurious", "spurious"), ("unhandled", "unhandled"), ("swept", "lost, found by a sweep"))
        more = [f"{served.interrupts[name]} {told}" for name, told in named if served.interrupts.get(name)]
        said.append(("interrupts", str(asked), ", ".join(more)))
    said.append(("of this machine", duration(served.wall_s), f"{duration(served.cpu_s)} of CPU"))
    yield from numbers(said)


def _ills(served: Served) -> Iterator[str]:
    """Tell of everything that is not well at the end."""
    if served.lost:
        yield f'<h2>Device lost</h2><div class="fault">{text(served.lost)}</div>'
    elif served.unrecovered:
        yield f"<h2>{count(len(served.unrecovered), 'block')} not in service at the end</h2>"
        yield from plain_table(("block", "why"), served.unrecovered.items())
    if served.violations:
        yield f"<h2>{count(served.violations, 'broken rule')} of the hardware</h2>"
        yield from _listed(served.violated[:VIOLATED_MAX])
        if more := served.violated[VIOLATED_MAX:]:
            yield f"<details><summary>{len(more)} more</summary>{''.join(_listed(more))}</details>"


def _listed(said: Iterable[str]) -> Iterator[str]:
    yield f"<ul>{''.join(f'<li>{text(one)}</li>' for one in said)}</ul>"


def _how_many(served: Served) -> str:
    total = len(served.incidents)
    more = f", the {SHOWN_MAX} worst of which are shown" if total > SHOWN_MAX else ""
    return f"{count(total, 'incident')} in {said_time(served.for_s)}{more}" if total else "No incidents"


def _drawn(shown: Sequence[Incident], served: Served, types: Mapping[str, str]) -> Iterator[str]:
    if shown:
        end_s = served.up.elapsed_s + served.for_s
        yield f'<div class="scroll">{incidents_drawn(shown, types, end_s)}</div>'


def _table(shown: Sequence[Incident]) -> Iterator[str]:
    if not shown:
        return
    heads = "".join(f"<th{'' if name in WORDS else NUMERIC}>{text(name)}</th>" for name in COLUMNS)
    yield f'<div class="scroll"><table class="plain incident-table"><thead><tr>{heads}</tr></thead><tbody>'
    for incident in shown:
        yield from _row(incident)
    yield "</tbody></table></div>"


def _row(incident: Incident) -> Iterator[str]:
    noticed, ended = incident.detected_after_s, incident.recovered_after_s if incident.recovered else None
    yield f'<tr id="i{incident.number}"><td class="time">{incident.number}</td>'
    yield f'<td class="time">{incident.began_s:.3f} s</td>'
    yield f"<td>{text(incident.injected or incident.cause)}</td>"
    yield f"<td>{text(incident.root or CHIP)}</td>"
    yield f'<td class="state"><span class="level {kind(incident)}"></span>{text(incident.level)}</td>'
    yield f"<td>{text(incident.found_by)}</td>"
    for seconds, unknown in ((noticed, ""), (ended, "not yet")):
        yield f'<td class="time">{unknown if seconds is None else duration(seconds)}</td>'
    for number in (len(incident.fell), len(incident.touched), incident.lost, incident.corrupt):
        yield f'<td class="time">{number or ""}</td>'
    yield f'</tr><tr class="more"><td colspan="2"></td><td colspan="{len(COLUMNS) - 2}">'
    yield from _more(incident)
    yield "</td></tr>"


def _more(incident: Incident) -> Iterator[str]:
    """Return what is known beyond its row: what was seen, what was decided, and whom it concerned."""
    lines = [f"seen: {incident.cause}"] if incident.injected else []
    lines += incident.steps
    for said, blocks in (("fell", incident.fell), ("written to", incident.touched), ("given up", incident.gave_up)):
        if len(blocks) > 1 or (blocks and said == "given up"):
            lines.append(f"{said}: {', '.join(blocks)}")
    if incident.evidence:
        lines += ["its last accesses:", *(f"  {access}" for access in incident.evidence[:EVIDENCE_MAX])]
        if more := incident.evidence[EVIDENCE_MAX:]:
            lines.append(f"  and {len(more)} more; --json has them")
    if lines:
        yield f"<details><summary>more</summary><pre>{text(chr(10).join(lines))}</pre></details>"


def _standings(chip: Chip, served: Served) -> dict[str, Standing]:
    """Return how each block of the chip stands at the end, and which incidents it was part of."""
    part: dict[str, list[int]] = {}
    for incident in served.incidents:
        for block in dict.fromkeys((*incident.fell, *incident.touched)):
            part.setdefault(block, []).append(incident.number)
    found: dict[str, Standing] = {}
    for name, instance in chip.instances.items():
        said = [served.unrecovered[name]] if name in served.unrecovered else []
        if name in part:
            said.append(f"{'incident' if len(part[name]) == 1 else 'incidents'} {', '.join(map(str, part[name]))}")
        found[name] = Standing(name, instance.type, served.states.get(name, UNASKED), reason="; ".join(said))
    return found
