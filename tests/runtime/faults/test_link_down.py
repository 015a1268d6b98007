"""How long a link is down: one number for the heap and for trio, which a user may set, and which a replay repeats."""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence
from itertools import pairwise

import pytest
from attrs import evolve

from blocks.chip import Chip, load_chip
from runtime.cli.main import main
from runtime.faults.campaign import local, run
from runtime.faults.golden import Access
from runtime.faults.live import LiveCampaign
from runtime.faults.plan import Plan, Points
from runtime.faults.report import Report
from runtime.faults.scene import Scene
from runtime.faults.tally import Failed, Tally
from runtime.faults.trial import CampaignError, Trial, Workload
from transports.faulty import DOWN_S, Manner
from transports.faulty.kinds import Kind

SHOT = "bring-up:0:link-down@400"
LONGER = 1.2  # times that: whoever waits looks again after twice the time before, at most


def silent_s(accesses: Sequence[Access]) -> float:
    """Return the longest time in which nothing reached the chip."""
    return max(later.time_s - access.time_s for access, later in pairwise(accesses))


@pytest.mark.parametrize("down_s", [DOWN_S, 0.06, 0.4])
def test_a_link_is_down_for_as_long_as_was_said(down_s: float) -> None:
    """On the heap and under trio nothing reaches the chip for that time, and then the chip comes up."""
    trial = Trial.parse(SHOT)
    assert Manner().down_s == DOWN_S

    told = Scene(local("mini"), 0, down_s).trial(trial)
    running = LiveCampaign(local("mini"), Workload.BRINGUP, 0, frozenset({Kind.DOWN}), down_s=down_s)

    assert (told.verdict.broken, running.replay(trial).broken) == ("", "")
    for accesses in ([*told.before, *told.after], running.accesses(trial)):
        assert down_s <= silent_s(accesses) <= LONGER * down_s + 0.02


def test_the_time_is_of_the_campaign_and_of_its_lines() -> None:
    """Results with another time are of another campaign; the report tells the time, and so does each line."""
    plan = Plan(local("mini"), "mini", kinds=(Kind.DOWN, Kind.LATE), points=Points.parse("seeded:2"), down_s=0.05)
    usual = Plan(plan.load, "mini", kinds=plan.kinds, points=plan.points)
    assert plan.key != usual.key
    tally = Tally(points=1)
    tally.fail(Failed(SHOT, Kind.DOWN, "pll[2]", "pll", "not up"))
    report = Report(plan, tally, 1.0, 1.0)

    line = report.command(SHOT)

    assert shlex.split(line) == ["firstlight", "faults", "mini", "--link-down", "0.05", "--replay", SHOT]
    assert report.command("bring-up:0:late@4") == "firstlight faults mini --replay bring-up:0:late@4"
    assert report.to_data()["link_down_s"] == 0.05
    assert Report(usual, tally, 1.0, 1.0).command(SHOT) == f"firstlight faults mini --replay {SHOT}"


def test_a_replay_has_the_time_of_its_line(capsys: pytest.CaptureFixture[str]) -> None:
    """`--link-down` of a replay is the time that the link is down; without it that is the usual time."""
    found: dict[str, list[str]] = {}
    for seconds in ("0.3", "0.3", ""):
        assert main(["faults", "mini", "--json", "--replay", SHOT, *(("--link-down", seconds) if seconds else ())]) == 0
        told = json.loads(capsys.readouterr().out)["after"]
        assert found.setdefault(seconds, told) == told
        assert float(told[0].split()[0]) >= 1e6 * float(seconds or DOWN_S)
    assert found["0.3"] != found[""]


@pytest.mark.parametrize(
    ("down_s", "kinds", "said"),
    [
        (0.0, (Kind.DOWN,), "link down for 0 s: expected more than 0, and 10 s at most"),
        (11.0, (Kind.DOWN,), "link down for 11 s: expected more than 0, and 10 s at most"),
        (0.1, (Kind.LATE,), "link down for 0.1 s: expected link-down among the faults"),
    ],
)
def test_a_time_that_cannot_be_is_refused(down_s: float, kinds: tuple[Kind, ...], said: str) -> None:
    """A link is down for some time, of which a trial can see the end, and where it goes down."""
    with pytest.raises(CampaignError) as refused:
        Plan(local("mini"), "mini", kinds=kinds, down_s=down_s)
    assert str(refused.value) == said


def test_a_campaign_is_run_with_its_time() -> None:
    """Points of a campaign whose link is down for longer than climbs try are mended by the next look."""
    plan = Plan(local("mini"), "mini", kinds=(Kind.DOWN,), points=Points.parse("seeded:6"), down_s=0.3)
    tally = run(plan).tally
    assert (tally.points, tally.failures) == (6, 0)


def alone() -> Chip:
    """Return mini with nothing but its reference PLL: twice what that takes is less than the wait for a next try."""
    mini = load_chip("mini")
    return evolve(mini, instances={"refpll": mini.instances["refpll"]}, supervision={})


@pytest.mark.parametrize("down", [67, 71])
def test_a_climb_that_waits_for_its_next_try_may_fail_after_it(down: int) -> None:
    """Where only a reset mends what was reset behind a climb, its wait for the next try is patience, as ever."""
    told = Scene(alone, 0, DOWN_S).trial(Trial.parse(f"bring-up:0:device-reset@65-,link-down@{down}"))
    assert told.verdict.broken == ""
    assert told.verdict.reset
