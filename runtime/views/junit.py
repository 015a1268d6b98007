"""A campaign as JUnit XML, for those who read that: a test case for each kind of fault at each block type."""

from __future__ import annotations

from xml.etree import ElementTree

from runtime.faults.report import Report, peculiar, said
from runtime.faults.tally import Failed
from runtime.views.markup import printable
from runtime.words import count, duration, many


def junit(report: Report) -> str:
    """Return the XML: a suite of the campaign's cells, and one for the arms that it came to or did not.

    A case has failed where a point of it did; its lines say what was broken, and repeat it. A kind of fault that struck
    nothing and an arm that was not reached are skipped, not failed: the campaign says nothing of them. Where the
    campaign has failed as a whole, and no point of it, that is an error. A class has the chip's name, and no path: who
    reads it takes dots for folders.
    """
    tally = report.tally
    root = ElementTree.Element("testsuites", name="firstlight faults")
    silent, failed = report.silent, sum(cell.failed > 0 for cell in tally.cells.values())
    amiss = report.verdict == "failed" and not failed
    suite = _suite(root, report.chip, len(tally.cells) + len(silent) + amiss, failed, len(silent), int(amiss))
    suite.set("time", f"{report.wall_s:.3f}")
    held = ElementTree.SubElement(suite, "properties")
    for name, value in _properties(report).items():
        ElementTree.SubElement(held, "property", name=name, value=printable(value))
    for (kind, type_name), cell in sorted(tally.cells.items()):
        case = _case(suite, f"{report.name}.{kind}", type_name)
        if cell.failed:
            message = f"{cell.failed:,} of {many(cell.points, 'point')} failed"
            told = [failed for failed in tally.failed if (failed.kind, failed.type) == (kind, type_name)]
            failure = ElementTree.SubElement(case, "failure", message=message, type=printable(kind))
            lines = [_line(report, failed) for failed in told] + _more(cell.failed, told)
            failure.text = printable("\n".join(lines))
        elif cell.times:
            ElementTree.SubElement(case, "system-out").text = f"{count(cell.points, 'point')}{peculiar(cell)}"
    if amiss:
        why = report.why_nothing or f"{count(tally.differed, 'trial')} with the whole chip differed from the part's"
        ElementTree.SubElement(_case(suite, f"{report.name}.campaign", "whole"), "error", message=printable(why))
    for kind in silent:
        case = _case(suite, f"{report.name}.{kind}", "any block")
        ElementTree.SubElement(case, "skipped", message="it struck nothing")
    arms = sorted({*tally.possible, *tally.arms})
    suite = _suite(root, f"{report.chip} arms", len(arms), 0, len(tally.unreached))
    for arm in arms:
        case = _case(suite, f"{report.name}.arm", arm)
        if arm not in tally.arms:
            ElementTree.SubElement(case, "skipped", message="no recovery came to it")
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def _suite(
    root: ElementTree.Element, name: str, tests: int, failures: int, skipped: int, errors: int = 0
) -> ElementTree.Element:
    counts = {"tests": str(tests), "failures": str(failures), "errors": str(errors), "skipped": str(skipped)}
    return ElementTree.SubElement(root, "testsuite", {"name": printable(name), **counts})


def _case(suite: ElementTree.Element, classname: str, name: str) -> ElementTree.Element:
    return ElementTree.SubElement(suite, "testcase", classname=printable(classname), name=printable(name))


def _properties(report: Report) -> dict[str, str]:
    tally = report.tally
    return {
        "asked": said(report.plan), "verdict": report.verdict, "points": str(tally.points),
        "why nothing": report.why_nothing,
        "failures": str(tally.failures), "trials": str(tally.trials), "differed": str(tally.differed),
        "whole": str(tally.whole), "doubted": str(tally.doubted), "agreed": str(tally.agreed),
        "misled": str(tally.misled), "needed a reset": str(tally.reset), "unreached": ", ".join(tally.unreached),
        "struck nothing": ", ".join(report.silent), "brought back": report.disturbed, "left": report.left,
        "not tried": report.not_tried, "not judged": report.not_judged,
        "slowest": f"{duration(tally.slowest_s)} {report.allowed}".rstrip(),
        "cpu_s": f"{tally.cpu_s:.3f}", "points_per_cpu_hour": f"{report.points_per_cpu_hour:.0f}",
        **{f"sampled {kind}": told for kind, told in report.sampled.items()},
    }  # fmt: skip


def _line(report: Report, failed: Failed) -> str:
    of = report.how(failed) or (f" ({count(failed.points, 'point')})" if failed.points != 1 else "")
    return f"{failed.block}: {failed.broken}{of}\n  {report.command(failed.replay)}"


def _more(failures: int, told: list[Failed]) -> list[str]:
    more = failures - sum(failed.points for failed in told)
    return [f"and {count(more, 'point')} more"] if more else []
