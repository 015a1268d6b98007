"""A run as one HTML page: verdict and numbers, floor plan with states, failures, timeline, table of all blocks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from runtime.fault import Fault
from runtime.history import History
from runtime.summary import Summary, loss, of_them_degraded
from runtime.views.block_table import block_table, key
from runtime.views.critical import followed, needed
from runtime.views.document import document, heading, numbers, plain_table
from runtime.views.floorplan import floorplan
from runtime.views.markup import text
from runtime.views.standing import standings
from runtime.views.timeline import timeline
from runtime.words import count, duration

if TYPE_CHECKING:
    from blocks.chip import Chip

ACCESSES_ALL = 40  # faults with all their accesses; of further ones the last ACCESSES_FEW, or the page grows large
ACCESSES_FEW = 6


def page(chip: Chip, summary: Summary, history: History) -> str:
    """Return the page of a run."""
    spans = history.spans()
    blocks = standings(chip, summary, spans)
    types = {name: instance.type for name, instance in chip.instances.items()}
    title = f"{summary.chip}: {summary.verdict}"
    return document(title, (
        *_head(chip, summary), *_numbers(summary, len(chip.instances)),
        "<h2>Floor plan</h2>", *key(blocks), floorplan(chip.name, chip.floorplan, blocks),
        *_ills(summary),
        "<h2>Timeline</h2>", *_path(summary), '<div class="scroll">',
        timeline("every block's rungs over time", spans, types, followed(summary, spans)), "</div>",
        "<h2>Blocks</h2>", *block_table(blocks),
    ))  # fmt: skip


def _head(chip: Chip, summary: Summary) -> Iterator[str]:
    traced = f", trace {summary.trace_hash[:12]}" if summary.trace_hash else ""
    run = f"on {summary.target}, seed {summary.seed}{traced}"
    yield from heading(chip.name, summary.verdict, f"{chip.description}; {run}")


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
    yield from numbers(said)


def _ratio(summary: Summary) -> str:
    ratio = summary.elapsed_s / summary.critical_path_s
    return f"{ratio:.0f} times" if ratio >= 100 else f"{ratio:.3g} times"


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
        yield from plain_table(("block", "is not", "check", "wanted", "last", "counts as"), rows)
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


def _evidence(title: str, said: Mapping[str, str]) -> Iterator[str]:
    yield f'<div class="fault"><strong>{text(title)}</strong><dl>'
    yield from (f"<dt>{text(name)}</dt><dd>{text(value)}</dd>" for name, value in said.items() if value)
    yield "</dl>"


def _path(summary: Summary) -> Iterator[str]:
    if path := ", then ".join(map(str, needed(summary))):
        whole = f"Critical path, {duration(summary.critical_path_s)} of the hardware"
        yield f'<p>{whole}: <span class="path">{text(path)}</span></p>'
