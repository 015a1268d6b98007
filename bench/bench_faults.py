"""What a reset of the controller at every access costs: by parts of the chip, by all of it, and under trio.

    python -m bench.bench_faults [--json] [--small]

- *in CI*: `firstlight faults atlas` as it is, with its share under trio; the goal is 60 CPU seconds.
- *parts*: the same without that share: of each state of the hardware one part recovers alone.
- *whole*: the whole chip recovers, on the heap, in a process that is forked there: what `--whole` does in each state.
- *under trio*: the whole chip from power-on, reset there, on the runtime of production.

The last two are tried at some states, drawn by the seed, and their cost is taken for all of them: that is the column
`all of it`. All are run one after the other in this process, by CPU time. `--small` takes mini instead of atlas.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from collections.abc import Callable, Sequence

from attrs import asdict, evolve, frozen

from blocks.chip import Chip
from runtime.faults.campaign import local, run
from runtime.faults.forked import Forked
from runtime.faults.golden import Point
from runtime.faults.heap import Bringup
from runtime.faults.live import LiveCampaign
from runtime.faults.plan import Plan
from runtime.faults.recovery import Verdict
from runtime.faults.scene import Scene
from runtime.faults.trial import Workload
from runtime.faults.tried import TWICE
from transports.faulty.kinds import Kind, Shot

GOAL_S = 60.0  # of CPU, for all resets of atlas
TRIED = 12  # states, of those ways that take too long for all; some 20 s
SEED = 0

Load = Callable[[], Chip]


@frozen(kw_only=True)
class Row:
    """One way.

    Attributes:
        trials: that were run, and `failures` of them; they took `cpu_s`.
        all_s: CPU seconds for all points of the chip, of which there are `points`.
        times: as much as parts take.
    """

    way: str
    trials: int
    failures: int
    cpu_s: float
    points: int
    all_s: float
    times: float = 1.0

    @property
    def points_per_cpu_hour(self) -> float:
        """Points of the chip by what all of them take."""
        return self.points / self.all_s * 3600


def campaign(way: str, load: Load, agree: int | None) -> Row:
    """Run every reset; the share under trio is `agree`, or what is usual."""
    tally = run(Plan(load, "a chip", seed=SEED, agree=agree)).tally
    return Row(
        way=way, trials=tally.trials + tally.agreed, failures=tally.failures, cpu_s=tally.cpu_s, points=tally.points,
        all_s=tally.cpu_s,
    )  # fmt: skip


def whole(load: Load, tried: int) -> Row:
    """Let the whole chip recover in some states."""
    scene = Scene(load, SEED)
    states = [str(state.first) for state in scene.golden.states]
    drawn = set(random.Random(SEED).sample(states, tried))
    verdicts: list[Verdict] = []

    def decide(point: Point, _run: Bringup) -> Sequence[Shot]:
        return (Shot(Kind.RESET, point.number, point.after),) if str(point) in drawn else ()

    forked = Forked(scene)
    forked.run(decide, verdicts.append)
    cpu_s, failures = forked.cpu_s, sum(bool(verdict.broken) for verdict in verdicts)
    all_s = cpu_s / len(verdicts) * len(states)
    return Row(
        way="whole", trials=len(verdicts), failures=failures, cpu_s=cpu_s, points=scene.golden.points, all_s=all_s
    )


def under_trio(load: Load, tried: int, states: int) -> Row:
    """Reset the controller under trio at some accesses; the first of these are run twice, as in any campaign."""
    resets = LiveCampaign(load, Workload.BRINGUP, SEED, frozenset({Kind.RESET}))
    began_s = time.process_time()
    tally = resets.tally("nth", drawn=tried)
    cpu_s = time.process_time() - began_s
    return Row(
        way="under trio", trials=tally.trials, failures=tally.failures, cpu_s=cpu_s, points=2 * tally.accesses,
        all_s=cpu_s / (tally.trials + TWICE) * states,
    )  # fmt: skip


def measure(chip: str, tried: int) -> list[Row]:
    """Measure all ways, one after the other; parts are what the others are compared with."""
    load: Load = local(chip)
    parts = campaign("parts", load, 0)
    rows = [campaign("in CI", load, None), parts, whole(load, tried), under_trio(load, tried, parts.trials)]
    return [evolve(row, times=row.all_s / parts.all_s) for row in rows]


def table(rows: Sequence[Row]) -> str:
    """Return the rows as text."""
    head = ("way", "trials", "failures", "CPU s", "all of it s", "points a CPU-hour", "times")
    lines = [head, *(_cells(row) for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    return "\n".join("  ".join(cell.rjust(width) for cell, width in zip(line, widths, strict=True)) for line in lines)


def _cells(row: Row) -> tuple[str, ...]:
    costs = f"{row.cpu_s:.1f}", f"{row.all_s:,.1f}", f"{row.points_per_cpu_hour:,.0f}", f"{row.times:.1f}"
    return (row.way, f"{row.trials:,}", str(row.failures), *costs)


def main(argv: Sequence[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.bench_faults", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--json", action="store_true", help="print the rows as JSON")
    parser.add_argument("--small", action="store_true", help="mini instead of atlas, in seconds")
    given = parser.parse_args(argv)
    rows = measure("mini" if given.small else "atlas", TRIED)
    if given.json:
        print(json.dumps([{**asdict(row), "points_per_cpu_hour": row.points_per_cpu_hour} for row in rows], indent=2))
        return 0
    print(table(rows))
    if not given.small:
        print(f"goal: {GOAL_S:g} CPU s in CI")
    return 0


if __name__ == "__main__":
    sys.exit(main())
