"""The verb `faults`: campaigns of resets on a simulated chip, and the replay of one of them."""

from __future__ import annotations

import json
import os
import sys
from argparse import Namespace
from collections.abc import Callable

from blocks.chip import load_chip
from runtime.cli.exits import NOT_WELL, OK, asked
from runtime.faults.campaign import Campaign, CampaignError, Points, Replay, Report
from runtime.faults.golden import NotWell
from runtime.faults.heap import NotAlone
from runtime.words import count, duration

TOLD = 10  # failures that are told one by one
SHOWN = 16  # states, from one line of progress to the next
RECOVERED = 40  # accesses of a recovery that a replay shows


def run_faults(arguments: Namespace) -> int:
    """Run a campaign, or one point of one, and say what came of it.

    Raises:
        UsageError: the points, or the replay, name nothing; or the chip cannot have a campaign.
    """
    with asked(CampaignError, NotWell, NotAlone):
        replay = None if arguments.replay is None else Replay.parse(arguments.replay)
        which = Points.parse(arguments.points, arguments.only or "*")
        seed = arguments.seed if replay is None else replay.seed
        campaign = Campaign(lambda: load_chip(arguments.chip), seed)
        if replay is not None:
            return _replay(campaign, replay, as_json=arguments.json)
        shows = sys.stderr.isatty() and not arguments.json
        jobs = arguments.jobs or os.cpu_count() or 1
        report = campaign.run(which, whole=arguments.whole, jobs=jobs, on_state=_progress() if shows else None)
    if arguments.json:
        print(json.dumps(report.to_data()))
    else:
        _print(report)
    return NOT_WELL if report.failures else OK


def _progress() -> Callable[[Report, int], None]:
    def show(report: Report, states: int) -> None:
        if report.states % SHOWN and report.states != states:
            return
        rate = report.states / report.wall_s if report.wall_s else 0.0
        left = duration((states - report.states) / rate) if rate else "?"
        end = "\n" if report.states == states else "\r"
        said = f"{report.states} of {states} states, {count(report.failures, 'failure')}, {rate:.0f}/s, {left} left"
        print(f"{said:<70}", end=end, file=sys.stderr, flush=True)

    return show


def _print(report: Report) -> None:
    for verdict, replay in list(zip(report.failed, report.replay, strict=True))[:TOLD]:
        print(f"{verdict.block}: {verdict.broken}")
        print(f"  firstlight faults {report.chip} --replay {replay}")
    said = f"{report.chip}: the controller was reset at {count(report.points, 'point')}"
    print(f"{said} of {count(report.accesses, 'access')}, which are {count(report.states, 'state')} of the hardware")
    print(f"from {count(report.whole, 'state')} the whole chip recovered, from the others the part that was touched")
    if report.differed:
        print(f"{count(report.differed, 'state')} failed whose part did not: try --whole")
    print(f"{count(report.failures, 'failure')}; slowest recovery {duration(report.slowest_s)}", end=" ")
    print(f"of {duration(report.limit_s)} allowed")
    print(f"{report.cpu_s:.1f} CPU-s, {report.points_per_cpu_hour:,.0f} points a CPU-hour")


def _replay(campaign: Campaign, replay: Replay, *, as_json: bool) -> int:
    verdict, before, after = campaign.replay(replay.point)
    if as_json:
        log = {"before": [str(a) for a in before], "after": [str(a) for a in after]}
        print(json.dumps({**verdict.to_data(), "replay": str(replay), **log}))
    else:
        for access in before:
            print(f"  {access}")
        print(f"  ---- reset at {replay.point}")
        for access in after[:RECOVERED]:
            print(f"  {access}")
        if len(after) > RECOVERED:
            print(f"  ... and {count(len(after) - RECOVERED, 'access')} more")
        print(verdict.broken or f"recovered in {duration(verdict.elapsed_s)}")
    return NOT_WELL if verdict.broken else OK
