"""A run as one HTML page: verdict and numbers, floor plan with states, failures, timeline, table of all blocks.

One file that needs nothing else and asks nobody: no network, no fonts, no frameworks. Light and dark as the viewer's
system is. It is well-formed XML too, so that programs can read it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from runtime.fault import Fault
from runtime.history import History
from runtime.summary import IN_SERVICE, State, Summary, loss, of_them_degraded
from runtime.views.critical import followed, needed
from runtime.views.floorplan import floorplan
from runtime.views.markup import text
from runtime.views.page_script import SCRIPT
from runtime.views.page_style import STYLE
from runtime.views.standing import STATES, Standing, standings
from runtime.views.timeline import timeline
from runtime.words import count, duration

if TYPE_CHECKING:
    from blocks.chip import Chip

NOTHING_ELSE = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:"
ACCESSES_ALL = 40  # faults with all their accesses; of further ones the last ACCESSES_FEW, or the page grows large
ACCESSES_FEW = 6
COLUMNS = ("block", "type", "state", "rung", "began", "up after", "why")


def page(chip: Chip, summary: Summary, history: History) -> str:
    """Return the page of a run."""
    spans = history.spans()
    blocks = standings(chip, summary, spans)
    types = {name: instance.type for name, instance in chip.instances.items()}
    title = f"{summary.chip}: {summary.verdict}"
    return "".join((
        '<!DOCTYPE html>\n<html xmlns="http://www.w3.org/1999/xhtml" lang="en"><head><meta charset="utf-8"/>',
        f'<meta http-equiv="Content-Security-Policy" content="{text(NOTHING_ELSE)}"/>',
        '<meta name="viewport" content="width=device-width, initial-scale=1"/><link rel="icon" href="data:,"/>',
        f"<title>{text(title)}</title><style>{STYLE}</style></head><body>",
        *_head(chip, summary), *_numbers(summary, len(chip.instances)),
        "<h2>Floor plan</h2>", *_key(blocks), floorplan(chip.name, chip.floorplan, blocks),
        *_ills(summary),
        "<h2>Timeline</h2>", *_path(summary), '<div class="scroll">',
        timeline("every block's rungs over time", spans, types, followed(summary, spans)), "</div>",
        "<h2>Blocks</h2>", *_table(blocks),
        f"<script>//<![CDATA[\n{SCRIPT}//]]></script></body></html>\n",
    ))  # fmt: skip


def _head(chip: Chip, summary: Summary) -> Iterator[str]:
    yield f'<header><h1>{text(chip.name)} <span class="badge {summary.verdict}">{text(summary.verdict)}</span></h1>'
    traced = f", trace {summary.trace_hash[:12]}" if summary.trace_hash else ""
    run = f"on {summary.target}, seed {summary.seed}{traced}"
    yield f'<div class="soft">{text(chip.description)}; {text(run)}</div></header>'


def _numbers(summary: Summary, whole: int) -> Iterator[str]:
    """Say how many, how long, and how much."""
    asked = "" if summary.blocks == whole else f", of {whole} on the chip"
    said = [("blocks up", str(len(summary.up)), f"of {summary.blocks}{asked}{of_them_degraded(summary.degraded)}")]
    counted = (("failed", summary.failed), ("waiting", summary.waiting),
               ("stopped", summary.stopped), ("violations", range(summary.broken)))  # fmt: skip
    said += [(name, str(len(held)), "") for name, held in counted if held or name == "failed"]
    said.append(("chip time", duration(summary.elapsed_s), ""))
    if summary.critical_path_s:
        said.append(("critical path", duration(summary.critical_path_s), f"the run took {_ratio(summary)} that"))
    said.append(("accesses", str(summary.reads + summary.writes), f"{summary.reads} read, {summary.writes} written"))
    said.append(("batches", str(summary.batches), ""))
    if any(summary.traffic.values()):
        lost = summary.traffic.get("lost", 0) + summary.traffic.get("corrupt", 0)
        said.append(("traffic", str(summary.traffic.get("sent", 0)), f"packets, {lost} lost or corrupt"))
    said.append(("of this machine", duration(summary.wall_s), f"{duration(summary.cpu_s)} of CPU"))
    yield '<dl class="numbers">'
    for name, number, more in said:
        yield f"<div><dt>{text(name)}</dt><dd>{text(number)} <small>{text(more)}</small></dd></div>"
    yield "</dl>"


def _ratio(summary: Summary) -> str:
    ratio = summary.elapsed_s / summary.critical_path_s
    return f"{ratio:.0f} times" if ratio >= 100 else f"{ratio:.3g} times"


def _key(blocks: Mapping[str, Standing]) -> Iterator[str]:
    states = Counter(block.state for block in blocks.values())
    up = sum(states[state] for state in IN_SERVICE)  # degraded ones are up, too, with a tile of their own
    said = {state: f"{states[state]} {state}" for state in STATES}
    said |= {State.UP: f"{up} up", State.DEGRADED: f"{states[State.DEGRADED]} of them degraded"}
    yield '<div class="key">'
    for state in STATES:
        if states[state]:
            yield f'<span><span class="tile {state.replace(" ", "-")}"></span>{text(said[state])}</span>'
    yield "<span>point at a tile for its block; click it for its row below</span></div>"


def _ills(summary: Summary) -> Iterator[str]:
    """Tell of everything that is not well, with the evidence."""
    if summary.lost is not None:
        yield f'<h2>{loss(summary.target).capitalize()}</h2><div class="fault">{text(str(summary.lost))}</div>'
    if summary.failed:
        yield f"<h2>{count(len(summary.failed), 'failure')}</h2>"
        for number, fault in enumerate(summary.failed):
            yield from _fault(fault, len(fault.accesses) if number < ACCESSES_ALL else ACCESSES_FEW)
    if summary.lessened:
        yield "<h2>Up, but not full</h2>"
        rows = ((b.block, b.rung, b.register, b.wanted, b.last, b.counts_as) for b in summary.lessened)
        yield from _plain_table(("block", "is not", "check", "wanted", "last", "counts as"), rows)
    if summary.broken:
        yield f"<h2>{count(summary.broken, 'broken rule')} of the hardware</h2><ul>"
        yield from (f"<li>{text(violation)}</li>" for violation in summary.violations)
        yield "</ul>"


def _fault(fault: Fault, accesses: int) -> Iterator[str]:
    yield from _evidence(str(fault), {
        "rung": fault.rung, "check": fault.register, "wanted": fault.wanted, "last": fault.last,
        "cause": fault.cause.value, "effort": fault.effort, "at": duration(fault.time_s),
    })  # fmt: skip
    kept = fault.accesses[len(fault.accesses) - accesses :] if accesses else ()
    if kept:
        before = fault.forgotten + len(fault.accesses) - len(kept)
        lines = [f"{access.time_s * 1e6:14.3f}  {access.what}" for access in kept]
        head = [f"{before} accesses before these"] if before else []
        head = ["in us from the begin of the run:", *head]
        yield f"<details><summary>last accesses</summary><pre>{text(chr(10).join([*head, *lines]))}</pre></details>"
    if fault.traceback:
        yield f"<pre>{text(fault.traceback)}</pre>"
    yield "</div>"


def _plain_table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> Iterator[str]:
    heads = "".join(f"<th>{text(name)}</th>" for name in head)
    yield f'<div class="scroll"><table class="plain"><thead><tr>{heads}</tr></thead><tbody>'
    for row in rows:
        yield f"<tr>{''.join(f'<td>{text(cell)}</td>' for cell in row)}</tr>"
    yield "</tbody></table></div>"


def _evidence(title: str, said: Mapping[str, str]) -> Iterator[str]:
    yield f'<div class="fault"><strong>{text(title)}</strong><dl>'
    yield from (f"<dt>{text(name)}</dt><dd>{text(value)}</dd>" for name, value in said.items() if value)
    yield "</dl>"


def _path(summary: Summary) -> Iterator[str]:
    if path := ", then ".join(map(str, needed(summary))):
        whole = f"Critical path, {duration(summary.critical_path_s)} of the hardware"
        yield f'<p>{whole}: <span class="path">{text(path)}</span></p>'


def _table(blocks: Mapping[str, Standing]) -> Iterator[str]:
    """List all blocks; the script makes the list sortable and shows the tools."""
    there = [state for state in STATES if any(block.state == state for block in blocks.values())]
    yield '<div class="tools" id="tools" hidden=""><input id="words" type="search"'
    yield ' placeholder="words, like pcie failed" aria-label="filter by words"/>'
    yield '<select id="state" aria-label="filter by state"><option value="">every state</option>'
    yield from (f'<option value="{text(state)}">{text(state)}</option>' for state in there)
    yield '</select><span id="shown" class="soft" aria-live="polite"></span></div><div class="scroll">'
    yield '<table id="blocks"><thead><tr>'
    yield from (f'<th scope="col"><button type="button">{text(name)}</button></th>' for name in COLUMNS)
    yield "</tr></thead><tbody>"
    for number, block in enumerate(blocks.values()):
        yield from _row(number, block)
    yield "</tbody></table></div>"


def _row(number: int, block: Standing) -> Iterator[str]:
    yield f'<tr id="b{number}" data-state="{text(block.state)}"><td class="name" data-key="{number}">'
    yield f"{text(block.block)}</td><td>{text(block.type)}</td>"
    yield f'<td class="state"><span class="tile {block.state.replace(" ", "-")}"></span>{text(block.state)}</td>'
    yield f"<td>{text(block.rung)}</td>"
    for time_s in (block.began_s, block.up_s):
        said = "" if time_s is None else duration(time_s)
        yield f'<td class="time" data-key="{-1 if time_s is None else time_s:.9f}">{said}</td>'
    yield f"<td>{text(block.reason)}</td></tr>"
