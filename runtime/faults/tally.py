"""What came of many trials: counts that add up in any order, so that shards of a campaign can be put together."""

from __future__ import annotations

import re
from bisect import insort
from collections import Counter
from collections.abc import Mapping
from math import floor, log10
from typing import Any

from attrs import asdict, define, evolve, field, frozen

FAILURES_MAX = 100  # told; a bug in a ladder that all channels climb has thousands
SLOWEST_MAX = 10
STEPS = 5  # of a histogram of times, to each decade


@frozen(order=True)
class Slow:
    """A recovery that took its time.

    Attributes:
        patience_s: is allowed for it beyond the limit: a climb was in the midst of a wait.
    """

    elapsed_s: float
    replay: str
    block: str
    patience_s: float = 0.0


@frozen
class Failed:
    """A trial that did not end well.

    Attributes:
        kind, type: the cell that its points are counted in.
        block: whose access was struck.
        points: that it answers for.
        broken: what must not be, one sentence.
        drawn: the schedule that was made small to this one; empty: nobody has.
    """

    replay: str
    kind: str
    block: str
    type: str
    broken: str
    points: int = 1
    drawn: str = ""

    @property
    def order(self) -> tuple[Any, ...]:
        """Its place among others: first what failed without a fault, then by the faults; figures by their size."""
        words = re.split(r"(\d+)", self.replay.replace("-", "*"))  # before an access (-) comes before after it (+)
        by_size = tuple(int(word) if word.isdigit() else word for word in words)
        return not self.replay.endswith(":"), by_size, self.kind, self.type, self.block, self.broken


@define
class Cell:
    """All trials of one kind of fault at blocks of one type.

    Attributes:
        points: that were tried, of which `failed` did not end well; `trials` of these points.
        misled: points where a rule was broken and all ended well, under a fault that no software can see through.
        reset: points after which no look could mend what a lie had left, so that it was reset.
        times: how many trials that ended well took how long, each once: by `step_of` of seconds.
        slowest_s: of these, and of those that were tried once more with the whole chip.
        patience_s: the longest that was allowed one of them beyond the limit.
    """

    points: int = 0
    trials: int = 0
    failed: int = 0
    misled: int = 0
    reset: int = 0
    times: Counter[int] = field(factory=Counter[int])
    slowest_s: float = 0.0
    patience_s: float = 0.0

    def add(self, other: Cell) -> None:
        """Take another's counts in."""
        self.points += other.points
        self.trials += other.trials
        self.failed += other.failed
        self.misled += other.misled
        self.reset += other.reset
        self.times.update(other.times)
        self.slowest_s = max(self.slowest_s, other.slowest_s)
        self.patience_s = max(self.patience_s, other.patience_s)


def step_of(seconds: float) -> int:
    """Return in which step of the histogram a time is: STEPS to each decade, 0 at a second; 1 ns is the least."""
    return floor(log10(max(seconds, 1e-9)) * STEPS)


def seconds_of(step: int) -> float:
    """Return where a step begins, in seconds."""
    return float(10 ** (step / STEPS))


@define
class Tally:
    """What came of some trials.

    Attributes:
        accesses: of the run without a fault.
        there: how many points there are of each kind of fault, of which `sampled` says how many were tried.
        points: that the trials answer for; trials between which nothing differs are one.
        trials: that were run; `whole` of them with the whole chip, `doubted` because its part was in doubt.
        agreed: trials that were run under trio as well; where they did not come to the same, they failed.
        differed: of those drawn to be run with the whole chip, which failed though the part was in no doubt: such a
            campaign proves nothing.
        complete: schedules of several faults, every one of which struck.
        left: trials that were not begun, for the budget was used.
        disturbed: of recoveries how many trials there were of each, `BLOCK.UPSET`: 0 where none was begun.
        failures: points that did not end well; `failed` tells of the first, in their order, whoever ran what.
        cells: by kind of fault and type of block.
        arms: rungs that were acted to recover, `TYPE.rung`, and steps of the policy: how often.
        possible: all arms there are.
        unjudged: what of the trials nobody could judge on this target, in words.
        recovered_accesses: of all recoveries.
        cpu_s: that it took.
    """

    accesses: int = 0
    there: Counter[str] = field(factory=Counter[str])
    points: int = 0
    trials: int = 0
    whole: int = 0
    doubted: int = 0
    differed: int = 0
    agreed: int = 0
    complete: int = 0
    left: int = 0
    disturbed: Counter[str] = field(factory=Counter[str])
    failures: int = 0
    failed: list[Failed] = field(factory=list[Failed])
    slowest: list[Slow] = field(factory=list[Slow])
    cells: dict[tuple[str, str], Cell] = field(factory=dict[tuple[str, str], Cell])
    arms: Counter[str] = field(factory=Counter[str])
    possible: set[str] = field(factory=set[str])
    unjudged: set[str] = field(factory=set[str])
    recovered_accesses: int = 0
    cpu_s: float = 0.0

    @property
    def unreached(self) -> list[str]:
        """Arms that no recovery came to."""
        return sorted(self.possible - self.arms.keys())

    @property
    def misled(self) -> int:
        """Points where a rule was broken and all ended well, under a fault that no software can see through."""
        return sum(cell.misled for cell in self.cells.values())

    @property
    def reset(self) -> int:
        """Points after which no look could mend what was left, so that it was reset."""
        return sum(cell.reset for cell in self.cells.values())

    @property
    def sampled(self) -> dict[str, tuple[int, int]]:
        """Of each kind of fault how many points were tried, and how many there are."""
        tried = Counter[str]()
        for (kind, _), cell in self.cells.items():
            tried[kind] += cell.points
        return {kind: (tried[kind], there) for kind, there in self.there.items()}

    @property
    def slowest_s(self) -> float:
        """The longest recovery, on the chip's clock."""
        return max((cell.slowest_s for cell in self.cells.values()), default=0.0)

    def cell(self, kind: str, type_name: str) -> Cell:
        """Return the cell of a kind and a type."""
        return self.cells.setdefault((kind, type_name), Cell())

    def took(
        self, kind: str, type_name: str, block: str, elapsed_s: float, replay: str, patience_s: float = 0.0
    ) -> None:
        """Note how long a recovery took."""
        self.cell(kind, type_name).times[step_of(elapsed_s)] += 1
        self.slow(kind, type_name, Slow(elapsed_s, replay, block, patience_s))

    def slow(self, kind: str, type_name: str, one: Slow) -> None:
        """Note a recovery for the slowest ones alone: how long its trial took is counted already."""
        cell = self.cell(kind, type_name)
        cell.slowest_s = max(cell.slowest_s, one.elapsed_s)
        cell.patience_s = max(cell.patience_s, one.patience_s)
        if len(self.slowest) < SLOWEST_MAX or one.elapsed_s >= self.slowest[-1].elapsed_s:
            self._slow([one])

    def fail(self, failed: Failed) -> None:
        """Note a trial that did not end well; its points are counted here as failed, and not as tried."""
        self.failures += failed.points
        self.cell(failed.kind, failed.type).failed += failed.points
        self._tell(failed)

    def add(self, other: Tally) -> None:
        """Take another's counts in."""
        self.accesses = max(self.accesses, other.accesses)
        self.there.update(other.there)
        self.points += other.points
        self.trials += other.trials
        self.whole += other.whole
        self.doubted += other.doubted
        self.differed += other.differed
        self.agreed += other.agreed
        self.complete += other.complete
        self.left += other.left
        self.disturbed.update(other.disturbed)
        self.failures += other.failures
        for failed in other.failed:
            self._tell(failed)
        self._slow(other.slowest)
        for (kind, type_name), cell in other.cells.items():
            self.cell(kind, type_name).add(cell)
        self.arms.update(other.arms)
        self.possible |= other.possible
        self.unjudged |= other.unjudged
        self.recovered_accesses += other.recovered_accesses
        self.cpu_s += other.cpu_s

    def _tell(self, failed: Failed) -> None:
        """Keep a failure among the first, by their order; one that is told already has its points."""
        for at, told in enumerate(self.failed):
            if evolve(told, points=failed.points) == failed:
                self.failed[at] = evolve(told, points=told.points + failed.points)
                return
        insort(self.failed, failed, key=lambda one: one.order)
        del self.failed[FAILURES_MAX:]

    def _slow(self, more: list[Slow]) -> None:
        self.slowest = sorted({*self.slowest, *more}, key=lambda slow: (-slow.elapsed_s, slow.replay, slow.block))[
            :SLOWEST_MAX
        ]

    def to_data(self) -> dict[str, Any]:
        """Return it as JSON can say it; `from_data` takes it back."""
        data = asdict(self, recurse=False)
        return data | {
            "failed": [asdict(failed) for failed in self.failed],
            "slowest": [asdict(slow) for slow in self.slowest],
            "cells": [
                {"kind": kind, "type": type_name, **asdict(cell), "times": sorted(cell.times.items())}
                for (kind, type_name), cell in sorted(self.cells.items())
            ],
            "there": dict(sorted(self.there.items())),
            "disturbed": dict(sorted(self.disturbed.items())),
            "arms": dict(sorted(self.arms.items())),
            "possible": sorted(self.possible),
            "unjudged": sorted(self.unjudged),
        }

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Tally:
        """Rebuild what `to_data` said."""
        cells: dict[tuple[str, str], Cell] = {}
        for told in data["cells"]:
            held: dict[str, Any] = {**told, "times": Counter(dict(told["times"]))}
            key = held.pop("kind"), held.pop("type")
            cells[key] = Cell(**held)
        rest: dict[str, Any] = {
            "failed": [Failed(**failed) for failed in data["failed"]],
            "slowest": [Slow(**slow) for slow in data["slowest"]],
            "cells": cells,
            "there": Counter(data["there"]),
            "disturbed": Counter(data["disturbed"]),
            "arms": Counter(data["arms"]),
            "possible": set(data["possible"]),
            "unjudged": set(data["unjudged"]),
        }
        return cls(**{**data, **rest})
