"""A failing schedule made small: the fewest faults, each as early as it still fails."""

from __future__ import annotations

import re
from collections.abc import Callable

from attrs import evolve

from runtime.faults.trial import Trial

_FIGURES = re.compile(r"0x[0-9a-f]+|(?<![\w\[])\d+(?:\.\d+)?(?![\w\]])")  # an index in brackets is of a name
TRIES_MAX = 200  # trials of one schedule; what is small enough for a person by then is not worth more
ALONE_MAX = 48  # of these, of single faults near their own accesses


def shrink(trial: Trial, fails: Callable[[Trial], bool], tries: int = TRIES_MAX) -> Trial:
    """Return the smallest trial that still fails, as far as it is found in so many tries.

    Faults are left out one by one; then each is put to half its access, to a quarter less, and so on down to one less;
    and all that again, until nothing changes. Where more than one is left then, each is tried alone around its access:
    the one that it struck has another number without the others.

    Args:
        fails: runs a trial and says whether it fails, for the same reason; of `trial` it is known.
    """
    left = tries

    def still(other: Trial) -> bool:
        nonlocal left
        left -= 1
        return left >= 0 and fails(other)

    was = None
    while was != trial and left > 0:
        was, trial = trial, _fewer(trial, still)
        for index in range(len(trial.shots)):
            trial = _earlier(trial, index, still)
        if was == trial and len(trial.shots) > 1 and left > 2 * ALONE_MAX:
            trial = _alone(trial, still)
    return trial


def alike(one: str, other: str) -> bool:
    """Say whether two trials fail for the same reason: of the same blocks and registers, whatever the figures are."""
    return bool(other) and _FIGURES.sub("", one) == _FIGURES.sub("", other)


def _fewer(trial: Trial, still: Callable[[Trial], bool]) -> Trial:
    """Leave out every fault that it does not take, the last ones first."""
    for index in reversed(range(len(trial.shots))):
        if len(trial.shots) > 1:
            other = evolve(trial, shots=trial.shots[:index] + trial.shots[index + 1 :])
            if still(other):
                trial = other
    return trial


def _alone(trial: Trial, still: Callable[[Trial], bool]) -> Trial:
    """Return one fault alone that fails as well, as near its access as there is one; else all of them."""
    for step in range(ALONE_MAX // (2 * len(trial.shots)) + 1):
        for shot in trial.shots:
            for number in dict.fromkeys((shot.number + step, shot.number - step)):
                if number > 0 and still(other := evolve(trial, shots=(evolve(shot, number=number),))):
                    return other
    return trial


def _earlier(trial: Trial, index: int, still: Callable[[Trial], bool]) -> Trial:
    """Put one fault as early as it fails, by steps that are halved."""
    step = trial.shots[index].number // 2
    while step:
        shot = trial.shots[index]
        if shot.number > step:
            shots = (*trial.shots[:index], evolve(shot, number=shot.number - step), *trial.shots[index + 1 :])
            if still(other := evolve(trial, shots=shots)):
                trial = other
                continue
        step //= 2
    return trial
