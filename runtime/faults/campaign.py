"""A campaign: the controller of a simulated chip is reset at many points of a bring-up, and each time must recover."""

from __future__ import annotations

import random
import re
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from attrs import asdict, define, field, frozen

from blocks.sim.chip import SimChip
from registers.paths import instead, matching
from runtime.faults.forked import Forked
from runtime.faults.golden import Access, Golden, Point, Watched, golden
from runtime.faults.heap import Bringup, Controller
from runtime.faults.parts import Parts
from runtime.faults.recovery import LIVENESS, Verdict, recover

if TYPE_CHECKING:
    from blocks.chip import Chip

FAILURES_MAX = 100  # told; a bug in a ladder that all channels climb has thousands
WHOLE = 16  # 0.4 CPU-s each on atlas
AROUND = 8  # accesses before a reset that a replay shows

_POINTS = re.compile(r"exhaustive|seeded:([1-9]\d*)")
_ID = re.compile(r"reset:(\d+):([1-9]\d*)([+-])")


class CampaignError(ValueError):
    """What was asked for is no campaign."""


@frozen
class Points:
    """Which points: all, or so many drawn at random.

    Attributes:
        only: those beside an access of a block that this pattern names.
    """

    drawn: int | None = None
    only: str = "*"

    @classmethod
    def parse(cls, text: str, only: str = "*") -> Points:
        """Take `exhaustive` or `seeded:N`.

        Raises:
            CampaignError: it is neither.
        """
        found = _POINTS.fullmatch(text)
        if found is None:
            raise CampaignError(f"points {text!r}: expected exhaustive or seeded:N")
        return cls(None if found[1] is None else int(found[1]), only)


@frozen
class Replay:
    """One point of one run, as a text that names it: `reset:0:1234+` is after access 1234 of the run with seed 0."""

    seed: int
    point: Point

    def __str__(self) -> str:
        return f"reset:{self.seed}:{self.point}"

    @classmethod
    def parse(cls, text: str) -> Replay:
        """Take such a text.

        Raises:
            CampaignError: it is none.
        """
        found = _ID.fullmatch(text)
        if found is None:
            raise CampaignError(
                f"replay {text!r}: expected reset:SEED:ACCESS+ or reset:SEED:ACCESS-, as a failure says"
            )
        return cls(int(found[1]), Point(int(found[2]), after=found[3] == "+"))


@define
class Report:
    """What came of a campaign.

    Attributes:
        accesses: of the run without a fault.
        points: moments that were tried, each before or after an access.
        states: of the hardware, at these points; points between which it did not change share one.
        whole: states from which the whole chip was let recover: where its part was in doubt (`doubted`), and others
            drawn at random, or all.
        differed: of those drawn, which failed though their part was in no doubt: such a campaign proves nothing.
        failures: points whose recovery was not right; `replay` names the state of each.
        by_type: states by the type of the block whose access was next to the reset.
        slowest_s: the longest recovery, on the chip's clock; `limit_s` what is allowed.
        recovered_accesses: of all recoveries.
        cpu_s: of this process and of those it made.
    """

    chip: str
    seed: int
    accesses: int
    points: int = 0
    states: int = 0
    whole: int = 0
    doubted: int = 0
    differed: int = 0
    failures: int = 0
    failed: list[Verdict] = field(factory=list[Verdict])
    replay: list[str] = field(factory=list[str])
    by_type: Counter[str] = field(factory=Counter[str])
    slowest_s: float = 0.0
    limit_s: float = 0.0
    recovered_accesses: int = 0
    cpu_s: float = 0.0
    wall_s: float = 0.0

    @property
    def points_per_cpu_hour(self) -> float:
        """Points by the CPU time that they took."""
        return self.points / self.cpu_s * 3600 if self.cpu_s else 0.0

    def to_data(self) -> dict[str, Any]:
        """Return it as JSON can say it."""
        return {**asdict(self), "points_per_cpu_hour": self.points_per_cpu_hour}


def no_register(_block: str, _path: str) -> bool:
    """Nothing may differ."""
    return False


class Campaign:
    """Resets of the controller of one chip.

    Args:
        load: gives the chip; called twice, so that who recovers has blocks that remember nothing.
        volatile: says of block and register whether it may end otherwise than without a reset.

    Raises:
        NotWell: the chip does not come up without a fault.
        NotAlone: a block stands behind another.
    """

    def __init__(
        self, load: Callable[[], Chip], seed: int = 0, volatile: Callable[[str, str], bool] = no_register
    ) -> None:
        self._began, self._cpu = time.perf_counter(), time.process_time()
        self._controller, self._fresh = Controller(load()), Controller(load())
        self._volatile, self.seed = volatile, seed
        self.chip = self._controller.chip
        self.golden: Golden = golden(self._controller, seed, self._make)

    def _make(self, seed: int) -> SimChip:
        return SimChip(self.chip, seed=seed)

    def run(
        self,
        which: Points,
        *,
        whole: bool = False,
        jobs: int = 1,
        on_state: Callable[[Report, int], None] | None = None,
    ) -> Report:
        """Reset at each of the points, one at a time.

        Args:
            whole: let the whole chip recover from each; default: of all points only where the part that the access
                belongs to is in doubt, and from WHOLE states drawn at random.
            jobs: whole recoveries at once.
            on_state: called after each state with the report so far and how many there will be.

        Raises:
            CampaignError: the points name no block.
        """
        states = self._states(which)
        drawn = list(states) if whole or which.drawn is not None else self._drawn(states)
        whole_ones, doubted = set(drawn), set[str]()
        report = Report(self.chip.name, self.seed, len(self.golden.accesses), limit_s=LIVENESS * self.golden.critical_s)
        forked = Forked(self.golden, self._controller, self._fresh, self._make, self._volatile, jobs)
        parts: list[Parts] = []

        def decide(point: Point, run: Bringup) -> bool:
            name = str(point)
            if name not in states:
                return False
            report.points += states[name]
            report.states += 1
            report.by_type[self.chip.instances[run.owner].type] += 1
            if len(whole_ones) < len(states):
                if not parts:
                    parts.append(Parts(self.golden, run, self._fresh))
                part = parts[0].recover(run.owner)
                report.slowest_s = max(report.slowest_s, part.elapsed_s)
                report.recovered_accesses += part.accesses
                if part.doubt:
                    doubted.add(name)
                    report.doubted += 1
            if on_state is not None:
                self._time(report, forked)
                on_state(report, len(states))
            return name in whole_ones or name in doubted

        def take(verdict: Verdict) -> None:
            report.whole += 1
            report.slowest_s = max(report.slowest_s, verdict.elapsed_s)
            report.recovered_accesses += verdict.accesses
            if verdict.broken:
                report.differed += bool(parts) and verdict.point not in doubted
                self._fail(report, verdict, states[verdict.point])

        forked.run(decide, take)
        self._time(report, forked)
        return report

    def _drawn(self, states: Mapping[str, int]) -> Sequence[str]:
        """Draw the states from which the whole chip recovers in any case."""
        return random.Random(f"{self.seed}/whole").sample(list(states), min(WHOLE, len(states)))

    def _states(self, which: Points) -> dict[str, int]:
        """Return the points at which a recovery is run, and how many it answers for.

        Raises:
            CampaignError: no block is named.
        """
        blocks = set(matching(which.only, self.chip.instances))
        if not blocks:
            raise CampaignError(f"no block matches {which.only!r}{instead(which.only, self.chip.instances)}")
        if which.drawn is None:
            return {str(state.first): state.points for state in self.golden.states if state.block in blocks}
        theirs = [number for number, access in enumerate(self.golden.accesses, 1) if access.block in blocks]
        draw = random.Random(f"{self.seed}/points")
        drawn = [draw.randrange(2 * len(theirs)) for _ in range(which.drawn)]
        return dict(Counter(str(Point(theirs[at // 2], after=bool(at % 2))) for at in drawn))

    def _fail(self, report: Report, verdict: Verdict, points: int) -> None:
        report.failures += points
        if len(report.failed) < FAILURES_MAX:
            report.failed.append(verdict)
            report.replay.append(f"reset:{self.seed}:{verdict.point}")

    def _time(self, report: Report, forked: Forked) -> None:
        report.cpu_s = time.process_time() - self._cpu + forked.cpu_s
        report.wall_s = time.perf_counter() - self._began

    def replay(self, point: Point) -> tuple[Verdict, Sequence[Access], Sequence[Access]]:
        """Reset at one point; return the verdict, the accesses before the reset, and those of the recovery.

        Raises:
            CampaignError: the run without a fault has no such access.
        """
        if point.number > len(self.golden.accesses):
            raise CampaignError(f"access {point.number}: expected 1 to {len(self.golden.accesses)}")

        def at(here: Point) -> None:
            if here == point:
                raise _Here

        sim = self._make(self.seed)
        self._controller.forget()
        self._fresh.forget()
        run = Bringup(self._controller, sim, Watched(sim, at))
        try:
            run.run()
        except _Here:
            pass
        did = self.golden.accesses[: point.number if point.after else point.number - 1]
        after: list[Access] = []

        def log(block: str, write: bool, address: int, value: int, time_s: float) -> None:
            after.append(Access(block, write, address, value, time_s))

        verdict = recover(self.golden, run, self._fresh, point, self._volatile, log)
        return verdict, did[-AROUND:], after


class _Here(BaseException):
    """The point of a replay."""
