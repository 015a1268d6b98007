"""One thing is no plural, and what is not told is counted, wherever a campaign is told of."""

from __future__ import annotations

import re

import pytest

from runtime.cli import faults
from runtime.faults.campaign import local
from runtime.faults.plan import Plan
from runtime.faults.report import Report
from runtime.faults.tally import FAILURES_MAX, Failed, Tally
from runtime.faults.trial import Workload
from runtime.views.campaign import LINES, campaign_page
from runtime.views.junit import junit

PLURAL = re.compile(r"(?<![\d.,:])1 (?:more )?(?:trials|points|failures|lines|recoveries|accesses|resets)\b")


def told(failures: int, points: int = 1) -> Report:
    """Return the report of a campaign with so many failed trials, each of so many points."""
    tally = Tally(accesses=1, trials=1, whole=1, differed=1, agreed=1)
    tally.took("reset", "crg", "crg[0]", 1e-5, "bring-up:0:reset@1-")
    for number in range(failures):
        tally.points += points
        tally.cell("reset", "pll").points += points
        tally.fail(Failed(f"bring-up:0:reset@{number + 2}-", "reset", "pll[1]", "pll", "liveness: late", points))
    return Report(Plan(local("mini"), "mini"), tally, 1e-4, 1.0)


def lines(text: str) -> str:
    """Return what people read of markup, with a bar between its pieces."""
    return re.sub("<[^>]*>", " | ", text)


@pytest.mark.parametrize("failures", [1, LINES + 1, FAILURES_MAX + 1])
def test_one_is_no_plural_on_the_page_and_in_junit(failures: int) -> None:
    """`1 trials` is said nowhere."""
    for text in (lines(campaign_page(told(failures))), lines(junit(told(failures)))):
        assert not PLURAL.findall(" ".join(text.split()))


@pytest.mark.parametrize(("left", "said"), [
    (1, "1 trial left: the budget of 30 s was used"), (131214, "131,214 trials left: the budget of 30 s was used"),
])  # fmt: skip
def test_what_a_budget_left_is_told_everywhere(left: int, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    """What no time was left for is told on the screen, the page and in JUnit; where there was time, nothing is."""
    plan = Plan(local("mini"), "mini", Workload.SERVICE, budget_s=30.0)
    report, whole = (Report(plan, Tally(points=1, trials=1, left=number), 1e-4, 1.0) for number in (left, 0))

    for one, times in ((report, 1), (whole, 0)):
        faults.show(one)
        for text in (capsys.readouterr().out, campaign_page(one), junit(one)):
            assert text.count(said) == times
    assert report.to_data()["left"] == left


def test_what_has_no_line_is_counted_everywhere(capsys: pytest.CaptureFixture[str]) -> None:
    """Of more failures than are kept, or shown, the screen, the page and JUnit say how many points more there are."""
    report = told(FAILURES_MAX + 3, points=2)

    faults.show(report)

    assert f"... and {2 * (FAILURES_MAX + 3 - faults.TOLD)} more points failed" in capsys.readouterr().out
    assert "6 more points failed; these are the first." in campaign_page(report)
    assert "and 6 points more" in junit(report)
    assert report.to_data()["untold"] == 6
    assert campaign_page(report).count("--replay") - 1 == junit(report).count("--replay") == FAILURES_MAX  # the slowest
