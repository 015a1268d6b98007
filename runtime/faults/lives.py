"""The lives of a controller on one chip: it is reset, others follow it, and the last one looks at all once more.

A chip, or a part of it, is brought up while faults strike. When they have stopped, what is not up is looked at again,
as a sweep in service does, or whoever calls `firstlight up` a second time. `Ended.broken` judges what came of it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection
from typing import Any, Protocol

from attrs import define, field, frozen

from blocks.sim.chip import SimChip
from runtime.climb import RETRIES_MAX, RETRY_S
from runtime.faults.heap import Bringup, Controller, Share
from runtime.faults.strike import ControllerReset, Struck
from runtime.summary import IN_SERVICE
from transports.faulty.kinds import LIES, Kind

LIVENESS = 2.0  # of the hardware's critical path: a recovery may do all over again, and no more
# After these a climb may wait for what cannot come any more, and no look may be able to mend what they have left.
MISLEADING = LIES | {Kind.DEVICE}


def nobody(_block: str) -> bool:
    """Say that a block is not to be left alone."""
    return False


class Dead:
    """The way of a controller that was reset: what it sends after that is counted, and goes nowhere.

    On the heap nobody steps its climbs any more, so none of them sends: the count is a check that it stays so.
    """

    def __init__(self) -> None:
        self.zombies = 0

    def read(self, _address: int, _width: int) -> int:
        """Count a read."""
        self.zombies += 1
        return 0

    def write(self, _address: int, _value: int, _width: int, _strobes: int | None) -> None:
        """Count a write."""
        self.zombies += 1


class Owned(Protocol):
    """Whose accesses go by."""

    @property
    def owner(self) -> str:
        """Whose batch runs."""
        ...


class Judged:
    """The way of a controller that takes over: writes to what was up, and was well, are noted.

    Args:
        healthy: says of a block that it is to be left alone.
    """

    def __init__(self, sim: SimChip, healthy: Callable[[str], bool]) -> None:
        self.sim, self._healthy = sim, healthy
        self.accesses = self.writes = 0
        self.disturbed = ""
        self.run: Owned | None = None
        self.log: Callable[[bool, int, int], None] | None = None

    def read(self, address: int, width: int) -> int:
        """Read one word."""
        self.accesses += 1
        word = self.sim.read(address, width)
        if self.log is not None:
            self.log(False, address, word)
        return word

    def write(self, address: int, value: int, width: int, strobes: int | None) -> None:
        """Write one word."""
        self.accesses += 1
        self.writes += 1
        assert self.run is not None, "a write before the run"
        if not self.disturbed and self._healthy(self.run.owner):
            self.disturbed = self.run.owner
        self.sim.write(address, value, width, strobes)
        if self.log is not None:
            self.log(True, address, value)

    def power_on(self) -> None:
        """Reset the chip; nothing is healthy any more."""
        self.sim.power_on()
        self._healthy = nobody


@define(eq=False)
class Ended:
    """How the lives of a controller ended.

    Attributes:
        run: the last life.
        owner: whose access was struck last; empty: none.
        fired: how many faults struck.
        elapsed_s: until all was up, from the end of the last fault; or from the next look, where that had to mend it.
        patience_s: is allowed beyond the limit: a climb was waiting for its next try when the last fault was over.
        arms: how often each rung was acted to recover, by block and rung.
        accesses, writes: after the first fault, of those that took over.
        early: no rule was broken but before the next look.
        misled: something struck that no software can see through; a rule that was broken then is nobody's fault.
        looked: faults were survived by the controller itself, and another look followed.
        swept: that look had something to do.
        endless: whose climb would have gone on before that look, so that there would have been none.
        escalated: it did not help, and what was concerned was reset.
    """

    run: Bringup
    owner: str = ""
    fired: int = 0
    elapsed_s: float = 0.0
    accesses: int = 0
    writes: int = 0
    zombies: int = 0
    disturbed: str = ""
    rule: str = ""
    early: bool = False
    misled: bool = False
    patience_s: float = 0.0
    looked: bool = False
    swept: bool = False
    escalated: bool = False
    endless: str = ""
    arms: Counter[tuple[str, str]] = field(factory=Counter[tuple[str, str]])

    def broken(self, limit_s: float) -> str:
        """Return what must not be, one sentence: safety first, then what is not up; empty: nothing."""
        run = self.run
        if self.zombies:
            return f"safety: {self.zombies} accesses of the controller that was reset"
        if self.rule and not (self.misled and self.early):
            return f"safety: {self.rule}"
        if self.disturbed:
            return f"safety: {self.disturbed} was up, and was written"
        if endless := self.endless or run.endless:
            return f"liveness: {endless} does not come to an end"
        if run.lost is not None:
            return f"liveness: the device was lost: {run.lost}"
        for name, state in run.states.items():
            if name in run.faults:
                return f"liveness: {name} failed: {run.faults[name].reason}"
            if state not in IN_SERVICE and not run.faults:
                return f"liveness: {name} is {state}"
        limit_s += self.patience_s
        if self.elapsed_s > limit_s:
            return f"liveness: up after {self.elapsed_s * 1e6:.1f} us; expected {limit_s * 1e6:.1f} us at most"
        return ""


@frozen
class World:
    """What is brought up, and how.

    Attributes:
        share: a part of the chip; None: all of it.
        well: says of a block that is up whether it holds what it should, so that nobody may write it.
        reset: resets what is brought up, as the last step of the policy does.
        most: requests of one life, after which it is taken to come to no end.
    """

    controller: Controller
    sim: SimChip
    share: Share | None = None
    well: Callable[[str], bool] = nobody
    reset: Callable[[], None] | None = None
    most: int | None = None

    @property
    def names(self) -> Collection[str]:
        """The blocks that are brought up."""
        return self.controller.plans if self.share is None else self.share.blocks

    def bring_up(
        self,
        words: Any,
        now_s: float | None,
        on_up: Callable[[str], None] | None = None,
        same: Controller | None = None,
    ) -> Bringup:
        """Return a new life, or another look of the `same` controller; it has not begun.

        A new controller remembers nothing, and the same one all.
        """
        if same is None:
            self.controller.forget(self.names)
        controller = same or self.controller
        return Bringup(controller, self.sim, words, now_s=now_s, share=self.share, on_up=on_up, most=self.most)


def live(world: World, way: Struck, now_s: float | None = None, on_up: Callable[[str], None] | None = None) -> Ended:
    """Let controllers live, one after the other, until all faults are over and all that can be is up.

    Args:
        way: strikes; it goes to the world's chip.
        on_up: called with each block that a life after the first has seen to be up.
    """
    before = len(world.sim.violations), world.sim.broken
    run = world.bring_up(way, now_s)
    way.live(run)
    return follow(world, way, run, before, on_up, reset=_dies(run))


def _dies(run: Bringup) -> bool:
    """Let a controller do all that it can; say whether it was reset before it had done that."""
    try:
        run.run()
    except ControllerReset:
        return True
    return False


def follow(
    world: World,
    way: Struck,
    run: Bringup,
    before: tuple[int, int],
    on_up: Callable[[str], None] | None = None,
    *,
    reset: bool,
) -> Ended:
    """Let others follow a controller that has done what it could, or was reset.

    Args:
        before: how many broken rules were told, and how many there were, at the beginning.
    """
    judges: list[Judged] = []
    dead: list[Dead] = []
    arms: Counter[tuple[str, str]] = Counter()
    begun_s = run.now_s
    while reset:
        up = frozenset(name for name, state in run.states.items() if state in IN_SERVICE)
        dead.append(Dead())
        run.words = dead[-1]
        judges.append(Judged(world.sim, up.__contains__))
        way.way = judges[-1]
        begun_s = run.now_s
        run = judges[-1].run = world.bring_up(way, begun_s, on_up)
        way.live(run)
        reset = _dies(run)
    arms.update(run.arms if judges else {arm: count - 1 for arm, count in run.arms.items() if count > 1})
    ended = Ended(run, way.struck, len(way.fired), misled=way.unseen())
    if any(shot.kind is not Kind.RESET for shot in way.fired):
        looked_s, early = run.now_s, world.sim.broken
        ended.endless, survivor = run.endless, run
        run = _look(world, way, run, judges, on_up)
        ended.looked, ended.swept = True, bool(run.arms)
        ended.patience_s = 0.0 if ended.swept else patience_s(way, survivor)
        begun_s = looked_s if ended.swept else way.over_s
        arms.update(run.arms)
        if not run.well and world.reset is not None and any(shot.kind in MISLEADING for shot in way.fired):
            world.reset()
            begun_s, ended.patience_s = run.now_s, 0.0
            run = _look(world, way, run, judges, on_up)
            ended.escalated = True
            arms.update(run.arms)
        ended.early = world.sim.broken == early
    ended.run, ended.elapsed_s, ended.arms = run, run.now_s - begun_s, arms
    ended.accesses = sum(judge.accesses for judge in judges)
    ended.writes = sum(judge.writes for judge in judges)
    ended.zombies = sum(way.zombies for way in dead)
    ended.disturbed = next((judge.disturbed for judge in judges if judge.disturbed), "")
    told, broken = before
    if world.sim.broken > broken:
        ended.rule = next(map(str, world.sim.violations[told:]), "a rule was broken")
    return ended


def patience_s(way: Struck, run: Bringup) -> float:
    """Return how long climbs may have waited for their next try, from the end of the last fault on.

    A climb that nobody answered waits before each retry, twice as long as before the last one. One that was misled
    waits for its rung until the time of that is over.
    """
    times = max(way.unanswered.values(), default=0)
    retry_s = RETRY_S * 2 ** (min(times, RETRIES_MAX) - 1) if times else 0.0
    if not any(shot.kind in MISLEADING for shot in way.fired):
        return retry_s
    rung_s = max((until - max(since, way.over_s) for since, until in run.vain), default=0.0)
    return retry_s + max(0.0, rung_s)


def _look(
    world: World, way: Struck, run: Bringup, judges: list[Judged], on_up: Callable[[str], None] | None
) -> Bringup:
    """Let a controller look at all once more, and bring up what is not up; no fault strikes any more."""
    judge = Judged(world.sim, lambda block: block != way.struck and world.well(block))
    judge.log = way.log
    judges.append(judge)
    run = judge.run = way.run = world.bring_up(judge, run.now_s, on_up, run.controller)
    run.run()
    return run
