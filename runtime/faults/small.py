"""Failing schedules that were drawn, made small: once, when all of a campaign is together, whoever ran what of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from attrs import evolve

from runtime.faults.notes import UNDER_TRIO
from runtime.faults.shrink import TRIES_MAX, alike, shrink
from runtime.faults.tally import Failed, Tally
from runtime.faults.trial import Trial

GROUPS_MAX = 10  # reasons, a schedule of each of which is made small; it takes TRIES_MAX trials at most

Watch = Callable[[int, int, int], None]
Run = Callable[[Trial], tuple[str, str]]  # a trial again: whose access was struck, and what is broken; empty: nothing


def is_drawn(failed: Failed) -> bool:
    """Say whether what failed in a seeded campaign is one of its schedules: no run without a fault, and no check."""
    return failed.kind != UNDER_TRIO and bool(Trial.parse(failed.replay).shots)


def silent(_done: int, _steps: int, _trials: int) -> None:
    """Tell nobody how far it is."""


def make_small(tally: Tally, run: Run, over: Callable[[], bool] = lambda: False, watch: Watch = silent) -> None:
    """Tell schedules that fail for the same reason by one line: the first of them, made small.

    Points, kinds and types are those that were drawn: a group has an entry for each kind and type, with its points.

    Args:
        over: there is no time left: what is not small by then is told as it was drawn.
        watch: called at the begin, after each trial and each reason with how many steps are done, how many there are at
            most, TRIES_MAX for each reason, and how many trials that took so far.
    """
    groups: list[list[Failed]] = []
    for failed in filter(is_drawn, tally.failed):
        like = next((group for group in groups if alike(group[0].broken, failed.broken)), None)
        if like is None:
            groups.append([failed])
        else:
            like.append(failed)
    told = [failed for failed in tally.failed if not is_drawn(failed)]
    reasons, ran = min(len(groups), GROUPS_MAX), 0
    watch(0, reasons * TRIES_MAX, 0)
    for number, group in enumerate(groups):
        first = group[0]
        if number < reasons:

            def counted(trial: Trial, begun: int = number * TRIES_MAX - ran) -> tuple[str, str]:
                nonlocal ran
                came, ran = run(trial), ran + 1
                watch(begun + ran, reasons * TRIES_MAX, ran)
                return came

            first = _smallest(first, counted, over)
            watch((number + 1) * TRIES_MAX, reasons * TRIES_MAX, ran)
        points = Counter[tuple[str, str]]()
        for failed in group:
            points[failed.kind, failed.type] += failed.points
        told += [evolve(first, kind=kind, type=of, points=there) for (kind, of), there in points.items()]
    tally.failed = told


def _smallest(failed: Failed, run: Run, over: Callable[[], bool]) -> Failed:
    """Return what failed with the smallest schedule that fails so; as drawn, where that was not found in time."""
    tries, seen = 0, dict[Trial, tuple[str, str]]()

    def fails(trial: Trial) -> bool:
        nonlocal tries
        tries = TRIES_MAX if over() else tries + 1
        if tries >= TRIES_MAX:
            return False
        seen[trial] = seen.get(trial) or run(trial)
        return alike(failed.broken, seen[trial][1])

    drawn = Trial.parse(failed.replay)
    small = shrink(drawn, fails)
    if tries >= TRIES_MAX:
        return failed
    block, broken = seen.get(small, (failed.block, failed.broken))
    return evolve(failed, replay=str(small), block=block, broken=broken, drawn=failed.replay)
