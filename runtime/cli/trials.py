"""One trial of a campaign, run again: its accesses around each fault, and what came of it."""

from __future__ import annotations

import json
from argparse import Namespace
from collections.abc import Iterator
from typing import Any

from blocks.chip import load_chip
from runtime.cli.exits import NOT_WELL, OK, UsageError
from runtime.faults.again import in_part
from runtime.faults.agree import Agreement, of_blocks
from runtime.faults.campaign import local
from runtime.faults.live import LiveCampaign
from runtime.faults.plan import behind, check_down
from runtime.faults.scene import Scene, Told
from runtime.faults.shown import AROUND, Names, shown
from runtime.faults.trial import CampaignError, Trial, Workload
from runtime.words import duration
from transports.faulty import DOWN_S

IN_THE_LINE = "workload", "seed", "faults", "points", "only"  # options that say what stands in a line of a replay
OF_CAMPAIGNS = "budget", "whole", "agree", "jobs", "results", "engine", "shards", "report", "junit"
RECOVERED = 40  # accesses after a fault that are shown


def refuse(arguments: Namespace) -> None:
    """Refuse what is of campaigns alone.

    Raises:
        UsageError: names the first such option, and why a replay has none.
    """
    for name in (*IN_THE_LINE, *OF_CAMPAIGNS):
        given = vars(arguments)[name]
        if given is not None and given is not False:  # 0 is given
            line = f"the line of a replay says that already, {arguments.replay}"
            said = line if name in IN_THE_LINE else "a replay is one trial, and of campaigns that is"
            raise UsageError(f"--{name}: {said}; expected no --{name} beside --replay")


def replay(arguments: Namespace, trial: Trial) -> int:
    """Run a trial again; where it is one that both can run, on the heap and under trio.

    Raises:
        CampaignError: a fault of it strikes nothing.
        NotWell, NotAlone: the chip has no such campaign.
    """
    check_down(down_s := _down_s(arguments), {shot.kind for shot in trial.shots})
    of_trio = not trial.shots or trial.workload is not Workload.BRINGUP
    if arguments.on or of_trio or behind(load_chip(arguments.chip)):
        return _under_trio(arguments, trial)
    return _on_heap(arguments, trial, down_s)


def _down_s(arguments: Namespace) -> float:
    return DOWN_S if arguments.link_down is None else arguments.link_down


def _campaign(chip: str, trial: Trial, down_s: float, url: str | None = None) -> LiveCampaign:
    kinds = frozenset(shot.kind for shot in trial.shots)
    return LiveCampaign(local(chip), trial.workload, trial.seed, kinds, url, down_s)


def _under_trio(arguments: Namespace, trial: Trial) -> int:
    campaign = _campaign(arguments.chip, trial, _down_s(arguments), arguments.on or None)
    told = campaign.replay(trial, every=arguments.all_accesses)
    if arguments.json:
        how = "" if told.failed else told.how
        print(
            json.dumps(
                {"replay": str(trial), "broken": told.broken, "how": how, "log": told.log, "struck": told.struck}
            )
        )
    else:
        print(told)
    return NOT_WELL if told.failed else OK


def _on_heap(arguments: Namespace, trial: Trial, down_s: float) -> int:
    scene, every = Scene(local(arguments.chip), trial.seed, down_s), arguments.all_accesses
    told = _told(scene, trial)
    verdict = told.verdict
    differs = _difference(scene, trial, told)
    names = Names(scene.chip)
    if arguments.json:
        print(json.dumps({**verdict.to_data(), **_data(told, names, every=every), "differs_under_trio": differs}))
    else:
        print(*_lines(told, names, every=every), sep="\n")
        misled = "a rule was broken, which no software could prevent; " if verdict.misled else ""
        misled += "it needed a reset; " if verdict.reset else ""
        print(verdict.broken or f"{misled}recovered in {duration(verdict.elapsed_s)}")
        if differs is not None:
            print(differs or "under trio: the same, with the same registers")
    return NOT_WELL if verdict.broken or differs else OK


def _told(scene: Scene, trial: Trial) -> Told:
    """Run it with the whole chip; in its part, where only that makes such an access."""
    try:
        return scene.trial(trial)
    except CampaignError:
        if (told := in_part(scene, trial)) is None:
            raise
        return told


def _difference(scene: Scene, trial: Trial, told: Told) -> str | None:
    """Return how it ends otherwise under trio; None: there its faults strike otherwise, or nothing."""
    same = of_blocks(scene.golden, trial)
    if same is None or not told.all_struck:
        return None
    try:
        return Agreement(scene).compare(same, scene.trial(same, strict=False))
    except CampaignError:
        return None  # the whole chip makes no such access: its part did


def _lines(told: Told, names: Names, *, every: bool) -> Iterator[str]:
    """Yield the accesses around each fault and what is wrong, and what became of those that were struck."""
    struck = [(at, names.strike(strike)) for (at, _), strike in zip(told.marks, told.strikes, strict=True)]
    accesses = [*told.before, *told.after]
    ends = [len(accesses)] if told.verdict.broken and not told.wrong else []
    return shown(names, accesses, struck, told.wrong, beside=ends, after=RECOVERED, every=every)


def _data(told: Told, names: Names, *, every: bool) -> dict[str, Any]:
    """Return the accesses, and what became of each that was struck, as JSON can say it."""
    first = 0 if every else len(told.before) - AROUND
    before, after = ([str(names.access(one)) for one in some] for some in (told.before[max(0, first) :], told.after))
    struck = [
        {**names.data(strike), "at": at - len(told.before)}
        for (at, _), strike in zip(told.marks, told.strikes, strict=True)
    ]
    return {"before": before, "after": after, "struck": struck, "wrong": [at - len(told.before) for at in told.wrong]}
