"""A campaign as one HTML page: what failed and how to repeat it, kind by type, how long recoveries took, which arms."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import log10

from runtime.faults.report import AT_ONCE, Report, quantile_s, said, together
from runtime.faults.tally import Cell, Failed, seconds_of
from runtime.views.campaign_style import STYLE
from runtime.views.document import document, heading, numbers
from runtime.views.histogram import Span, histogram, small
from runtime.views.incidents import said_time
from runtime.views.markup import text
from runtime.words import duration, many
from transports.faulty.kinds import Kind

ORDER = {str(kind): number for number, kind in enumerate(Kind)}
POLICY = "policy"  # arms that are of no block type: steps of the policy
LINES = 3  # of failures that are alike, before the rest is folded away
COLUMNS = (
    "fault", "block type", "points", "recovered", "failed", "misled", "reset", "half in", "99% in", "all in",
    "how many, how fast",
)  # fmt: skip
WORDS = ("fault", "block type", "how many, how fast")  # all other columns are numbers
NUMERIC = ' class="time"'
SHADES = 5  # of the matrix, by the logarithm of the points


def campaign_page(report: Report) -> str:
    """Return the page of a campaign."""
    cells = _ordered(report.tally.cells)
    return document(f"{report.chip}: faults, {report.verdict}", (
        *heading(report.chip, report.verdict, said(report.plan)), *_numbers(report),
        "<h2>Faults and blocks</h2>", *_matrix(cells), *_silent(report), *_brought(report), *_sampled(report),
        *_ills(report),
        "<h2>Time to recover</h2>", *_times(cells), *_slowest(report),
        "<h2>Arms of recovery</h2>", *_arms(report),
        "<h2>Each fault at each block type</h2>", *_rows(cells),
    ), style=STYLE, script="")  # fmt: skip


def _ordered(cells: Mapping[tuple[str, str], Cell]) -> dict[tuple[str, str], Cell]:
    """Return the cells by kind, in the order of the kinds, and type."""
    return dict(sorted(cells.items(), key=lambda item: (ORDER.get(item[0][0], len(ORDER)), item[0])))


def _numbers(report: Report) -> Iterator[str]:
    tally = report.tally
    part = f"in {many(tally.trials, 'trial')}, {tally.whole:,} of them with the whole chip"
    shown = [
        ("points", f"{tally.points:,}", part if tally.trials else ""),
        ("failures", f"{tally.failures:,}", ""),
        ("points a CPU-hour", f"{report.points_per_cpu_hour:,.0f}", ""),
        ("CPU", _long(tally.cpu_s), ""),
        ("wall", _long(report.wall_s), ""),
    ]
    if tally.misled:
        shown.append(("misled", f"{tally.misled:,}", "recovered, but broke a rule that none could keep"))
    if tally.reset:
        shown.append(("needed a reset", f"{tally.reset:,}", "no look could mend what was left"))
    if tally.agreed:
        shown.append(("under trio as well", f"{tally.agreed:,}", ""))
    if tally.slowest_s:
        shown.append(("slowest recovery", duration(tally.slowest_s), report.allowed))
    if tally.accesses:
        shown.append(("accesses", f"{tally.accesses:,}", "without a fault"))
    if tally.possible:
        reached = len(tally.possible) - len(tally.unreached)
        shown.append(("arms reached", f"{reached:,}", f"of {len(tally.possible):,}"))
    yield from numbers(shown)


def _long(seconds: float) -> str:
    """Return a time on machines: `51 min 51 s`."""
    return duration(seconds) if seconds < 60 else said_time(round(seconds))


def _ills(report: Report) -> Iterator[str]:
    """Tell of each failure, with the line that repeats it."""
    tally = report.tally
    if tally.differed:
        yield '<h2>Parts and whole disagree</h2><div class="fault">'
        yield f"{many(tally.differed, 'trial')} failed with the whole chip, and not with the part that was touched: "
        yield "what the others say of parts proves nothing. Run it with --whole.</div>"
    if not tally.failures:
        return
    yield f"<h2>{many(tally.failures, 'failure')}</h2>"
    yield '<p class="soft">Each line repeats its trial, access by access.</p>'
    alike: dict[tuple[str, str, str], list[Failed]] = {}
    for failed in report.told:
        alike.setdefault((failed.kind, failed.type, failed.broken), []).append(failed)
    for (kind, type_name, broken), those in alike.items():
        yield f'<div class="fault"><strong>{text(type_name)}</strong> <span class="soft">{text(kind)}, '
        yield f"{_points(those)}</span><div>{text(broken + report.how(those[0]))}</div>"
        yield from _repeats(report, those)
        yield "</div>"
    if more := report.untold():
        yield f'<p class="soft">{many(more, "more point")} failed; these are the first.</p>'


def _points(those: Sequence[Failed]) -> str:
    return many(sum(failed.points for failed in those), "point")


def _repeats(report: Report, those: Sequence[Failed]) -> Iterator[str]:
    """Return the lines of failures that are alike; all but the first ones folded away."""
    lines = [
        f'<div class="repeat"><span>{text(failed.block)}</span>{_line(report.command(failed.replay))}</div>'
        for failed in those
    ]
    yield from lines[:LINES]
    if more := lines[LINES:]:
        yield f"<details><summary>{many(len(more), 'more line')}</summary>{''.join(more)}</details>"


def _line(command: str) -> str:
    """Return a command that one click selects."""
    return f'<code class="line" title="click to select">{text(command)}</code>'


def _matrix(cells: Mapping[tuple[str, str], Cell]) -> Iterator[str]:
    """Show kinds against types: points tried, and what became of them."""
    if not cells:
        yield "<p>Nothing was tried.</p>"
        return
    kinds, types = list(dict.fromkeys(kind for kind, _ in cells)), sorted({name for _, name in cells})
    rows = {kind: {name: cells.get((kind, name)) for name in types} for kind in kinds}
    most = max(cell.points for cell in cells.values())
    yield '<div class="key"><span>points tried: green where all recovered, stronger where more were tried</span>'
    yield "<span>red where some did not</span><span>click for times</span></div>"
    yield '<div class="scroll"><table class="matrix"><thead><tr><th></th>'
    yield from (f'<th scope="col">{text(name)}</th>' for name in ("all types", *types))
    yield f'</tr></thead><tbody><tr><th scope="row">all faults</th>{_square(together(list(cells.values())), 0)}'
    for name in types:
        yield _square(together([cell for (_, of), cell in cells.items() if of == name]), 0)
    yield "</tr>"
    for kind, row in rows.items():
        yield f'<tr><th scope="row">{text(kind)}</th>{_square(together([cell for cell in row.values() if cell]), 0)}'
        yield from (_square(cell, most, f"#{_anchor(kind, name)}") for name, cell in row.items())
        yield "</tr>"
    yield "</tbody></table></div>"


def _silent(report: Report) -> Iterator[str]:
    """Tell which kinds of fault the campaign says nothing of, and why where it says nothing at all."""
    if report.why_nothing:
        yield f"<p>{text(report.why_nothing)}</p>"
    if report.silent:
        yield f'<p class="soft">Struck nothing: {text(", ".join(report.silent))}.</p>'


def _brought(report: Report) -> Iterator[str]:
    """Say what blocks were brought back from, of a recovery."""
    if report.disturbed:
        yield f'<p class="soft">Brought back: {text(report.disturbed)}.</p>'


def _sampled(report: Report) -> Iterator[str]:
    """Tell how many of how many points were tried, what was not, what nobody could judge, and what was left."""
    if report.not_tried:
        yield f'<p class="soft">Not tried: {text(report.not_tried)}.</p>'
    if report.sampled:
        said = "; ".join(f"{kind}: {told}" for kind, told in report.sampled.items())
        there = "the other points" if report.untried else "all points that there are"
        yield f'<p class="soft">Tried of {there}: {text(said)}.</p>'
    if report.not_judged:
        yield f'<p class="soft">Not judged on this target: {text(report.not_judged)}.</p>'
    if report.left:
        yield f'<p class="soft">{text(report.left)}.</p>'


def _square(cell: Cell | None, most: int, to: str = "") -> str:
    """Return a cell of the matrix.

    Args:
        most: points of any cell, for its shade; 0: it has none.
        to: its row in the table of times.
    """
    if cell is None:
        return '<td class="none"></td>'
    look = "bad" if cell.failed else "good"
    if most > 1 and not cell.failed:
        look += f" s{round((SHADES - 1) * log10(max(cell.points, 1)) / log10(most))}"
    inner = f"<b>{cell.points:,}</b>" + (f"<small>{cell.failed:,} failed</small>" if cell.failed else "")
    inside = f'<a href="{to}">{inner}</a>' if to else f"<span>{inner}</span>"
    return f'<td class="{look}">{inside}</td>'


def _anchor(kind: str, type_name: str) -> str:
    return text(f"{kind}/{type_name}".replace(" ", "-"))


def _times(cells: Mapping[tuple[str, str], Cell]) -> Iterator[str]:
    """Show how long recoveries took, all together."""
    whole = together(list(cells.values()))
    if not whole.times:
        yield "<p>No recovery was timed.</p>"
        return
    total = whole.times.total()
    yield f'<div class="soft">{many(total, "recovery")} on the clock of the chip; '
    yield f'the axis is logarithmic</div><div class="scroll">{histogram(whole, "how long recoveries took")}</div>'


def _rows(cells: Mapping[tuple[str, str], Cell]) -> Iterator[str]:
    """Show of each cell how long its recoveries took, on one axis."""
    span = Span.of(cells.values())
    heads = "".join(f"<th{'' if name in WORDS else NUMERIC}>{text(name)}</th>" for name in COLUMNS)
    yield f'<div class="scroll"><table class="plain times"><thead><tr>{heads}</tr></thead><tbody>'
    for (kind, type_name), cell in cells.items():
        yield from _row(kind, type_name, cell, span)
    yield "</tbody></table></div>"


def _took(seconds: float | None) -> str:
    return "" if seconds is None else duration(seconds) if seconds > seconds_of(AT_ONCE) else "at once"


def _row(kind: str, type_name: str, cell: Cell, span: Span | None) -> Iterator[str]:
    yield f'<tr id="{_anchor(kind, type_name)}">'
    yield from (f'<td class="name">{text(name)}</td>' for name in (kind, type_name))
    for number, look in (
        (cell.points, ""),
        (cell.points - cell.failed, ""),
        (cell.failed, " bad" if cell.failed else ""),
    ):
        yield f'<td class="time{look}">{number:,}</td>'
    yield from (f'<td class="time">{f"{number:,}" if number else ""}</td>' for number in (cell.misled, cell.reset))
    for seconds in (quantile_s(cell, 0.5), quantile_s(cell, 0.99), cell.slowest_s if cell.times else None):
        yield f'<td class="time">{_took(seconds)}</td>'
    yield f"<td>{'' if span is None else small(cell, span)}</td></tr>"


def _arms(report: Report) -> Iterator[str]:
    """Show which rungs and steps of the policy some recovery came to, how often, and which none did."""
    tally = report.tally
    groups: dict[str, list[str]] = {}
    for arm in sorted({*tally.possible, *tally.arms}):
        group, dot, _ = arm.partition(".")
        groups.setdefault(group if dot else POLICY, []).append(arm)
    if not groups:
        yield "<p>None was noted.</p>"
        return
    if tally.unreached:
        yield "<p>No recovery came to those that are framed: of these the campaign says nothing.</p>"
    else:
        yield "<p>Some recovery came to each of them.</p>"
    yield '<div class="arms">'
    for group, arms in sorted(groups.items(), key=lambda item: (item[0] != POLICY, item[0])):
        yield f'<div class="map"><h3>{text(group)}</h3><ul>'
        yield from (_arm(arm, tally.arms[arm]) for arm in arms)
        yield "</ul></div>"
    yield "</div>"


def _arm(arm: str, times: int) -> str:
    name = arm.partition(".")[2] or arm
    said = f"{times:,}" if times else "not reached"
    return f'<li class="{"reached" if times else "unreached"}"><span>{text(name)}</span> <small>{said}</small></li>'


def _slowest(report: Report) -> Iterator[str]:
    if not report.tally.slowest:
        return
    yield '<h3 class="apart">The slowest</h3><div class="scroll"><table class="plain slowest"><tbody>'
    for slow in report.tally.slowest:
        yield f'<tr><td class="time">{duration(slow.elapsed_s)}</td><td class="name">{text(slow.block)}</td>'
        yield f"<td>{_line(report.command(slow.replay))}</td></tr>"
    yield "</tbody></table></div>"
