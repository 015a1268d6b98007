"""How long something takes, beside others that do the same: taken in turns, as medians with their spread."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from attrs import frozen

Timed: TypeAlias = Callable[[int], tuple[int, int, Any]]  # how often -> CPU ns of this thread, wall ns, what came last

RUNS = 9  # odd, so that the median is one of them
RUN_S = 0.02  # one run lasts that long: some 50,000 times what reading the CPU clock costs
CALL_S_MAX = 1.0  # one call; what will take longer is left out: its runs alone would take longer than all else


@frozen
class Spread:
    """The middle of several runs, and the quarters below and above it. Nanoseconds.

    As text: the median, and behind ~ the distance between the quarters as a share of it.
    """

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, runs: Sequence[float]) -> Spread:
        """Return the spread of two runs or more."""
        low, median, high = statistics.quantiles(runs, n=4, method="inclusive")
        return cls(median, low, high)

    def over(self, count: int) -> Spread:
        """Return the same for one of `count` things that were done in each."""
        return Spread(self.median / count, self.low / count, self.high / count)

    def __str__(self) -> str:
        share = (self.high - self.low) / self.median if self.median else 0.0
        return f"{self.median:.1f} ~{share:.0%}" if self.median < 100 else f"{self.median:,.0f} ~{share:.0%}"


@frozen
class Taken:
    """What one call took: CPU time of the calling thread, and time on the wall."""

    cpu: Spread
    wall: Spread


@frozen
class Pace:
    """How much is measured."""

    runs: int = RUNS
    run_s: float = RUN_S
    call_s_max: float = CALL_S_MAX


SMALL = Pace(runs=3, run_s=0.001, call_s_max=0.2)


def in_loop(action: Callable[[], Any]) -> Timed:
    """Return an action to be timed as it is called by any Python program: in a loop."""

    def timed(count: int) -> tuple[int, int, Any]:
        last: Any = None
        cpu, wall = time.thread_time_ns(), time.perf_counter_ns()
        for _ in range(count):
            last = action()
        return time.thread_time_ns() - cpu, time.perf_counter_ns() - wall, last

    return timed


def take(things: Mapping[str, Timed], pace: Pace) -> dict[str, Taken]:
    """Return what one call of each thing took, timed in turns: what else the machine does at a time strikes all."""
    counts = {name: _count(timed, pace.run_s) for name, timed in things.items()}
    runs: dict[str, list[tuple[float, float]]] = {name: [] for name in counts}
    for _ in range(pace.runs):
        gc.collect()  # what the last round left over is nobody's cost; the collector stays on
        for name, count in counts.items():
            cpu, wall, _last = things[name](count)
            runs[name].append((cpu / count, wall / count))
    return {
        name: Taken(Spread.of([cpu for cpu, _ in found]), Spread.of([wall for _, wall in found]))
        for name, found in runs.items()
    }


def _count(timed: Timed, run_s: float) -> int:
    """Return how many calls a run of that length has."""
    timed(1)  # the first call also imports and allocates
    count = 1
    while (wall_s := timed(count)[1] / 1e9) < run_s / 4:
        count = max(2 * count, min(16 * count, int(count * run_s / max(wall_s, 1e-9))))
    return max(1, round(count * run_s / wall_s))


def aligned(lines: Sequence[Sequence[str]]) -> str:
    """Return lines of cells as text: the first column to the left, all others to the right."""
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]

    def cell(text: str, column: int) -> str:
        return text.ljust(widths[column]) if column == 0 else text.rjust(widths[column])

    return "\n".join("  ".join(cell(text, column) for column, text in enumerate(line)).rstrip() for line in lines)
