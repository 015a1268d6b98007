"""One trial of a campaign, run again: its accesses around each fault, and what came of it."""

from __future__ import annotations

import json
from argparse import Namespace
from collections.abc import Iterator, Sequence

from blocks.chip import load_chip
from runtime.cli.exits import NOT_WELL, OK
from runtime.faults.again import in_part
from runtime.faults.agree import Agreement, of_blocks
from runtime.faults.campaign import local
from runtime.faults.golden import Access
from runtime.faults.live import LiveCampaign
from runtime.faults.plan import behind, check_down
from runtime.faults.scene import Scene, Told
from runtime.faults.trial import CampaignError, Trial, Workload
from runtime.words import count, duration
from transports.faulty import DOWN_S

AROUND = 8  # accesses before a fault that are shown
RECOVERED = 40  # and after it


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
    return _on_heap(arguments.chip, trial, down_s, as_json=arguments.json)


def _down_s(arguments: Namespace) -> float:
    return DOWN_S if arguments.link_down is None else arguments.link_down


def _campaign(chip: str, trial: Trial, down_s: float, url: str | None = None) -> LiveCampaign:
    kinds = frozenset(shot.kind for shot in trial.shots)
    return LiveCampaign(local(chip), trial.workload, trial.seed, kinds, url, down_s)


def _under_trio(arguments: Namespace, trial: Trial) -> int:
    told = _campaign(arguments.chip, trial, _down_s(arguments), arguments.on or None).replay(trial)
    if arguments.json:
        how = "" if told.failed else told.how
        print(json.dumps({"replay": str(trial), "broken": told.broken, "how": how, "log": told.log}))
    else:
        print(told)
    return NOT_WELL if told.failed else OK


def _on_heap(chip: str, trial: Trial, down_s: float, *, as_json: bool) -> int:
    scene = Scene(local(chip), trial.seed, down_s)
    told = _told(scene, trial)
    verdict = told.verdict
    differs = _difference(scene, trial, told)
    if as_json:
        said = [{"shot": str(shot), "at": at - len(told.before)} for at, shot in told.marks]
        log = {"before": [str(a) for a in told.before[-AROUND:]], "after": [str(a) for a in told.after]}
        print(json.dumps({**verdict.to_data(), **log, "struck": said, "differs_under_trio": differs}))
    else:
        print(*_lines(told), sep="\n")
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


def _lines(told: Told) -> Iterator[str]:
    """Yield the accesses around each fault, and the fault between them."""
    accesses, begin = [*told.before, *told.after], 0
    for at, shot in told.marks:
        yield from _cut(accesses[begin:at], RECOVERED if begin else 0, AROUND)
        yield f"  ---- {shot}"
        begin = at
    yield from _cut(accesses[begin:], RECOVERED, 0)


def _cut(accesses: Sequence[Access], first: int, last: int) -> Iterator[str]:
    """Yield the first of some accesses, and the last of them; where others are between, their number."""
    if len(accesses) <= first + last:
        yield from (f"  {access}" for access in accesses)
        return
    yield from (f"  {access}" for access in accesses[:first])
    if first:
        yield f"  ... and {count(len(accesses) - first - last, 'access')} more"
    yield from (f"  {access}" for access in accesses[len(accesses) - last :])
