"""What came of one trial of a whole chip: whether it is right, and how it was recovered."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from attrs import asdict, field, frozen

from runtime.faults.golden import Golden
from runtime.faults.lives import LIVENESS, Ended
from runtime.faults.trial import COMES_BACK, NO_FAULT, Trial

IN_PART = "in its part alone"  # what did not end well there; the whole chip makes no such access


@frozen
class Verdict:
    """What came of one trial.

    Attributes:
        replay: the trial, as a text.
        kind: of its fault; `several` where there were more, `no-fault` where there was none.
        block: whose access was struck first.
        broken: what must not be, one sentence; empty: nothing.
        reset: no look could mend it, and what was concerned was reset.
        misled: a rule was broken, and no software could have seen the fault.
        elapsed_s: from the end of the fault until all was up; `patience_s` of that is allowed beyond the limit.
        accesses, writes: of those that took over.
        arms: what was acted to recover, `BLOCK.RUNG`, and how often.
    """

    replay: str
    kind: str
    block: str
    broken: str
    elapsed_s: float
    accesses: int
    writes: int
    misled: bool = False
    reset: bool = False
    patience_s: float = 0.0
    arms: dict[str, int] = field(factory=dict[str, int])

    def to_data(self) -> dict[str, Any]:
        """Return it as JSON can say it."""
        return asdict(self)


def arms_told(verdict: Verdict) -> dict[tuple[str, str], int]:
    """Return what a verdict tells of its arms, by block and rung."""
    told: dict[tuple[str, str], int] = {}
    for arm, times in verdict.arms.items():
        block, _, rung = arm.rpartition(".")
        told[block, rung] = times
    return told


def joined(arms: Mapping[tuple[str, str], int]) -> dict[str, int]:
    """Return arms as a verdict tells them: `BLOCK.RUNG`, and how often."""
    return {".".join(arm): times for arm, times in arms.items()}


def kind_of(trial: Trial) -> str:
    """Return the kind of fault of a trial."""
    if not trial.shots:
        return COMES_BACK if trial.comes_back else NO_FAULT
    return str(trial.shots[0].kind) if len(trial.shots) == 1 else "several"


def arms_of(ended: Ended) -> Counter[tuple[str, str]]:
    """Return what was acted to recover, by block and rung, or by `policy` and its step."""
    arms = Counter(ended.arms)
    if ended.swept:
        arms["policy", "next look"] += 1
    if ended.escalated:
        arms["policy", "reset"] += 1
    if not ended.writes and not ended.arms and not ended.looked:
        arms["policy", "left alone"] += 1
    return arms


def verdict_of(golden: Golden, trial: Trial, ended: Ended) -> Verdict:
    """Judge how a trial ended.

    The registers of the chip must hold what they hold without a fault, but for those that the chip calls volatile.
    """
    return told(trial, ended, ended.broken(LIVENESS * golden.critical_s) or _unlike(golden, ended))


def told(trial: Trial, ended: Ended, broken: str) -> Verdict:
    """Return what came of a trial, of a part or of the whole chip."""
    return Verdict(
        str(trial),
        kind_of(trial),
        ended.owner,
        broken,
        ended.elapsed_s,
        ended.accesses,
        ended.writes,
        bool(ended.excused),
        ended.escalated,
        ended.patience_s,
        joined(arms_of(ended)),
    )


def _unlike(golden: Golden, ended: Ended) -> str:
    found = golden.differences(ended.run.sim)
    if not found:
        return ""
    block, path, wanted, seen = found[0]
    more = f" and {len(found) - 1} more" if found[1:] else ""
    return f"liveness: {block}.{path} ends as {seen:#x}, without the fault as {wanted:#x}{more}"
