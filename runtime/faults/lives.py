"""The lives of a controller on one chip: it is reset, others follow it, and the last one looks at all once more.

A chip, or a part of it, is brought up while faults strike. When they have stopped, what is not up is looked at again,
as a sweep in service does, or whoever calls `firstlight up` a second time. `Ended.broken` judges what came of it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection
from typing import Any

from attrs import define, field, frozen

from blocks.sim.chip import SimChip
from runtime.climb import RETRIES_MAX, RETRY_S
from runtime.faults.health import Health, whose
from runtime.faults.heap import Bringup, Controller, Share
from runtime.faults.strike import ControllerReset, Log, Struck
from runtime.summary import IN_SERVICE
from transports.faulty.kinds import LIES, Kind

WRITTEN = "was up, and was written"
ENDLESS = "does not come to an end"  # a climb that takes more requests than any that is well
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


class After:
    """The way of a controller that takes over: its accesses are counted."""

    def __init__(self, sim: SimChip) -> None:
        self.sim = sim
        self.accesses = self.writes = 0

    def read(self, address: int, width: int) -> int:
        """Read one word."""
        self.accesses += 1
        return self.sim.read(address, width)

    def write(self, address: int, value: int, width: int, strobes: int | None) -> None:
        """Write one word."""
        self.accesses += 1
        self.writes += 1
        self.sim.write(address, value, width, strobes)

    def power_on(self) -> None:
        """Reset the chip."""
        self.sim.power_on()


class Again(After):
    """The way of another look, on which no fault strikes: a write to a block that holds what it should is noted.

    Args:
        well: says of a block that it does.
        health: is told the first that was written.
    """

    def __init__(self, sim: SimChip, well: Callable[[str], bool], log: Log | None, health: Health) -> None:
        super().__init__(sim)
        self._well, self._log, self._health = well, log, health

    def read(self, address: int, width: int) -> int:
        """Read one word."""
        word = super().read(address, width)
        if self._log is not None:
            self._log(False, address, word)
        return word

    def write(self, address: int, value: int, width: int, strobes: int | None) -> None:
        """Write one word."""
        health = self._health
        if not health.disturbed and (block := whose(self.sim.chip)(address)) and self._well(block):
            health.disturbed = block
        super().write(address, value, width, strobes)
        if self._log is not None:
            self._log(True, address, value)


@define(eq=False)
class Ended:
    """How the lives of a controller ended.

    Attributes:
        run: the last life.
        owner: whose access was struck first; empty: none.
        fired: how many faults struck.
        begun_s: the end of the last fault; or the next look, where that had to mend it, or the reset, where only that
            did. From then on it counts until all was up: `elapsed_s`.
        patience_s: is allowed beyond the limit: a climb was waiting for its next try when the last fault was over.
        arms: how often each rung was acted to recover, by block and rung.
        accesses, writes: after the first fault, of those that took over.
        rule: that was broken; `excused`: one that nobody could keep, for no software can see through what struck.
        failed: of each life or look that left something to the next one: seconds from the end of the last fault, or
            from its own begin, until it could do no more, and those that are allowed beyond the limit.
        looked: faults were survived by the controller itself, and another look followed.
        swept: that look had something to do.
        endless: whose climb would have gone on before that look, so that there would have been none.
        escalated: it did not help, and what was concerned was reset.
        refused: a batch that reached beyond its own block, where only a part of the chip is brought up: whose, and why.
    """

    run: Bringup
    owner: str = ""
    fired: int = 0
    begun_s: float = 0.0
    accesses: int = 0
    writes: int = 0
    zombies: int = 0
    disturbed: str = ""
    rule: str = ""
    excused: str = ""
    patience_s: float = 0.0
    failed: list[tuple[float, float]] = field(factory=list[tuple[float, float]])
    looked: bool = False
    swept: bool = False
    escalated: bool = False
    endless: str = ""
    refused: str = ""
    arms: Counter[tuple[str, str]] = field(factory=Counter[tuple[str, str]])

    @property
    def elapsed_s(self) -> float:
        """Seconds until all was up."""
        return self.run.now_s - self.begun_s

    def broken(self, limit_s: float) -> str:
        """Return what must not be, one sentence: safety first, then what is not up; empty: nothing."""
        return self.refused or self._unsafe() or self._down() or self._late(limit_s)

    def _unsafe(self) -> str:
        if self.zombies:
            return f"safety: {self.zombies} accesses of the controller that was reset"
        if self.rule:
            return f"safety: {self.rule}"
        return self.disturbed and f"safety: {self.disturbed} {WRITTEN}"

    def _down(self) -> str:
        run = self.run
        if endless := self.endless or run.endless:
            return f"liveness: {endless} {ENDLESS}"
        if run.lost is not None:
            return f"liveness: the device was lost: {run.lost}"
        for name, state in run.states.items():
            if name in run.faults:
                return f"liveness: {name} failed: {run.faults[name].reason}"
            if state not in IN_SERVICE and not run.faults:
                return f"liveness: {name} is {state}"
        return ""

    def _late(self, limit_s: float) -> str:
        for took_s, beside_s in self.failed:
            if took_s > limit_s + beside_s:
                return (
                    f"liveness: had failed after {took_s * 1e6:.1f} us; "
                    f"expected {(limit_s + beside_s) * 1e6:.1f} us at most"
                )
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
    run = world.bring_up(way, now_s)
    way.live(run)
    return follow(world, way, run, on_up, reset=_dies(run))


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
    on_up: Callable[[str], None] | None = None,
    *,
    reset: bool,
) -> Ended:
    """Let others follow a controller that has done what it could, or was reset."""
    lives = _Lives(world, way, on_up, Ended(run, begun_s=run.now_s))
    while reset:
        reset = lives.take_over()
    lives.survive()
    return lives.told()


@define(eq=False)
class _Lives:
    """The lives of controllers after the first.

    Attributes:
        ended: how they end; its run is the last one so far.
        after: the ways of those that took over, and of looks; `dead` of those that were reset.
    """

    world: World
    way: Struck
    on_up: Callable[[str], None] | None
    ended: Ended
    after: list[After] = field(factory=list[After])
    dead: list[Dead] = field(factory=list[Dead])

    def take_over(self) -> bool:
        """Let another controller follow one that was reset; say whether it is reset, too."""
        run, way = self.ended.run, After(self.world.sim)
        run.words = dead = Dead()
        self.dead.append(dead)
        self.after.append(way)
        self.way.way = way
        self.ended.begun_s = run.now_s
        run = self._next(self.world.bring_up(self.way, run.now_s, self.on_up))
        self.way.live(run)
        return _dies(run)

    def _next(self, run: Bringup) -> Bringup:
        self.ended.refused = self.ended.refused or self.ended.run.refused
        self.ended.run = run
        return run

    def survive(self) -> None:
        """Let the last controller look at all once more, where more than resets of controllers struck."""
        ended, way, world = self.ended, self.way, self.world
        run = ended.run
        ended.arms.update(run.arms if self.dead else {arm: count - 1 for arm, count in run.arms.items() if count > 1})
        kinds = {shot.kind for shot in way.fired}
        if not kinds - {Kind.RESET}:
            return
        looked_s = max(run.now_s, way.over_s)  # the link may be down for longer
        ended.endless = run.endless
        way.rules.looked()
        self._look()
        ended.looked, ended.swept = True, bool(ended.run.arms)
        if ended.swept:
            ended.failed.append((looked_s - way.over_s, retry_s(way) + tries_s(run, way.over_s, way.alone)))
            ended.begun_s = looked_s
        else:
            ended.patience_s, ended.begun_s = patience_s(way, run), way.over_s
        if not ended.run.well and world.reset is not None and kinds & MISLEADING:
            ended.failed.append((ended.elapsed_s, ended.patience_s + tries_s(ended.run, ended.begun_s, "")))
            world.reset()
            ended.begun_s, ended.patience_s, ended.escalated = ended.run.now_s, 0.0, True
            self._look()

    def _look(self) -> None:
        """Let a controller look at all once more, and bring up what is not up; no fault strikes any more."""
        run, way = self.ended.run, Again(self.world.sim, self.world.well, self.way.log, self.way.health)
        self.after.append(way)
        now_s = max(run.now_s, self.way.over_s)
        self.way.run = run = self._next(self.world.bring_up(way, now_s, self.on_up, run.controller))
        run.run()
        self.ended.arms.update(run.arms)

    def told(self) -> Ended:
        """Return how it ended."""
        ended, way = self.ended, self.way
        ended.owner, ended.fired = way.struck, len(way.fired)
        ended.refused = "" if self.world.share is None else ended.refused or ended.run.refused
        ended.accesses = sum(after.accesses for after in self.after)
        ended.writes = sum(after.writes for after in self.after)
        ended.zombies = sum(dead.zombies for dead in self.dead)
        ended.disturbed = way.health.disturbed
        ended.rule, ended.excused = way.rules.judged()
        return ended


def patience_s(way: Struck, run: Bringup) -> float:
    """Return how long climbs that came up may have waited for their next try, from the end of the last fault on.

    One that was misled waits for its rung until the time of that is over.
    """
    misled = any(shot.kind in MISLEADING for shot in way.fired)
    return retry_s(way) + (vain_s(run, way.over_s) if misled else 0.0)


def retry_s(way: Struck) -> float:
    """Return the longest wait of a climb that nobody answered: before each retry twice as long as before the last."""
    times = max(way.unanswered.values(), default=0)
    return RETRY_S * 2 ** (min(times, RETRIES_MAX) - 1) if times else 0.0


def vain_s(run: Bringup, from_s: float) -> float:
    """Return the longest wait for a rung that did not come, from a moment on."""
    return max((until - max(since, from_s) for _, since, until in run.vain if until > from_s), default=0.0)


def tries_s(run: Bringup, from_s: float, alone: str) -> float:
    """Return how long rungs were waited for that did not come, from a moment on: of one that is tried thrice each.

    Args:
        alone: the only block that was struck, and could see it, so that it waits for nobody; empty: there is none.
    """
    waited_s, until_s = 0.0, from_s
    for since, until in sorted((since, until) for block, since, until in run.vain if block != alone):
        waited_s += max(0.0, until - max(since, until_s))
        until_s = max(until_s, until)
    return waited_s
