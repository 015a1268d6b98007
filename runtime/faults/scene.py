"""What trials of one chip's bring-up start from: the chip, two controllers, and the run without a fault."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from attrs import evolve, field, frozen

from blocks.sim.chip import SimChip
from registers.paths import instead
from runtime.faults.golden import Access, Golden, golden
from runtime.faults.heap import Controller, held_by, value_of
from runtime.faults.lives import WRITTEN, World, live
from runtime.faults.recovery import Verdict, verdict_of
from runtime.faults.strike import Struck
from runtime.faults.trial import CampaignError, Trial, see_heard
from runtime.words import count
from transports.faulty import DOWN_S, Strike
from transports.faulty.kinds import OF_READS, OF_WRITES, Kind, Shot

if TYPE_CHECKING:
    from blocks.chip import Chip

Alike = tuple[bytes, tuple[str, ...], int]  # a class of states that recover alike, the part, and how many accesses
KEPT_MAX = 4  # trials whose chips are let go of together: each is one circle of many things


@frozen
class Told:
    """A trial, access by access.

    Attributes:
        before: accesses that reached the chip before the first fault; `after`: and then.
        all_struck: every fault of it struck.
        broke: rules that were broken, and blocks that were up and were written; each behind how many of these accesses.
        marks: the faults that struck, and behind how many of these accesses; `strikes`: what became of theirs.
        sim: the chip as the whole of it ended; None: a part was tried.
    """

    verdict: Verdict
    before: list[Access]
    after: list[Access]
    all_struck: bool = True
    marks: tuple[tuple[int, Shot], ...] = ()
    strikes: tuple[Strike, ...] = ()
    broke: tuple[tuple[int, str], ...] = ()
    sim: SimChip | None = field(default=None, eq=False)

    @property
    def wrong(self) -> list[int]:
        """Behind which access a rule was broken, or a block written, that the verdict tells of; of others none."""
        broken = self.verdict.broken
        misled = self.verdict.misled and not broken  # then it tells that a rule was broken, and not which
        return [at for at, said in self.broke if misled or said in broken][:1]


class Scene:
    """What trials start from.

    Args:
        load: gives the chip; called twice, so that who recovers has blocks that remember nothing.
        down_s: so long a link is down.

    Attributes:
        controller: of the run without a fault; `fresh` of those that recover.
        alike: the class of each state that was looked at, by the reset there: see `runtime.faults.doubles`.
        cpu_s: that it took to make.

    Raises:
        NotWell: the chip does not come up without a fault.
        NotAlone: a block stands behind another.
    """

    def __init__(self, load: Callable[[], Chip], seed: int = 0, down_s: float = DOWN_S) -> None:
        began_s = time.process_time()
        self.load, self.seed = load, seed
        self.controller, self.fresh = Controller(load()), Controller(load())
        self.chip = self.controller.chip
        self.golden: Golden = golden(self.controller, seed, self._make)
        self.golden.down_s = down_s
        self.cpu_s = time.process_time() - began_s
        self.alike: dict[Shot, Alike] = {}
        self._tried = 0

    def _make(self, seed: int) -> SimChip:
        return SimChip(self.chip, seed=seed)

    def make(self) -> SimChip:
        """Return the chip as it is at power-on."""
        return self._make(self.seed)

    def world(self, sim: SimChip) -> World:
        """Return the whole chip, with a controller that remembers nothing."""
        return World(self.fresh, sim, None, lambda name: self._well(sim, name), sim.power_on, self.golden.most())

    def _well(self, sim: SimChip, name: str) -> bool:
        """Say whether a block holds what it held when it was up without a fault."""
        held, known = held_by(sim, name), self.golden.up[name]
        return all(
            (held[path] if path in held else value_of(sim, name, path)) == wanted for path, wanted in known.items()
        )

    def trial(self, trial: Trial, *, strict: bool = True) -> Told:
        """Run a trial of the whole chip from power-on.

        Args:
            strict: each of its faults must strike.

        Raises:
            CampaignError: one of them never did: there was no such block or access, or it is another kind of access; or
                nobody waits for what it is a fault of.
        """
        see_heard(trial)
        sim = self.make()
        way = Struck(sim, trial.shots, self.seed, down_s=self.golden.down_s)
        log = Log(way)
        ended = live(self.world(sim), way)
        if strict and len(way.fired) < len(trial.shots):
            missed = next(shot for shot in trial.shots if shot not in way.fired)
            raise CampaignError(f"{missed}: {self._missed(way, missed, trial)}")
        self.let_go()
        return evolve(log.told(verdict_of(self.golden, trial, ended)), sim=sim)

    def again(self, trial: Trial) -> tuple[str, str]:
        """Run a trial again; return whose access was struck, and what is broken.

        Empty: nothing is, or a fault of it found no access.
        """
        told = self.trial(trial, strict=False)
        return told.verdict.block, told.verdict.broken if told.all_struck else ""

    def let_go(self) -> None:
        """Note that a chip was tried and is not wanted any more; collect some together where nobody else does."""
        self._tried += 1
        if self._tried % KEPT_MAX == 0 and not gc.isenabled():
            gc.collect()

    def _missed(self, way: Struck, shot: Shot, trial: Trial) -> str:
        """Say why a shot of a trial struck nothing."""
        if shot.block and shot.block not in self.chip.instances:
            return f"{self.chip.name} has no block {shot.block}{instead(shot.block, self.chip.instances)}"
        whose = f"{shot.block} of {self.chip.name}" if shot.block else self.chip.name
        if shot in way.unfit:
            return f"such a fault does not strike that access of {whose}: it is no {_STRIKES[shot.kind]}"
        reset = any(other.kind is Kind.RESET for other in trial.shots[: trial.shots.index(shot)])
        since = " after the last reset" if reset else ""
        return f"there is no such access; {whose} makes {count(way.made(shot.block), 'access')}{since} in this run"


_STRIKES = {kind: "write" for kind in OF_WRITES} | {kind: "read" for kind in OF_READS} | {Kind.TORN: "write in halves"}


class Log:
    """The accesses that reach a chip by a way on which faults strike, before the first of these and after it."""

    def __init__(self, way: Struck) -> None:
        self._way = way
        self._before, self._after = list[Access](), list[Access]()
        self._broke: list[tuple[int, str]] = []
        self._told = len(way.rules.sim.violations)
        self._disturbed = ""
        way.log = self._take

    def _take(self, write: bool, address: int, value: int) -> None:
        run = self._way.run
        assert run is not None, "an access before the run"
        to = self._after if self._way.hit else self._before
        to.append(Access(run.owner, write, address, value, run.now_s))
        self._see(run.now_s)

    def _see(self, now_s: float) -> None:
        """Note what was broken by now: by the last access, or before it where that was earlier."""
        way, number = self._way, len(self._before) + len(self._after)
        told = way.rules.sim.violations[self._told :]
        self._told += len(told)
        self._broke += [(number - (rule.time_s < now_s), str(rule)) for rule in told]
        if way.health.disturbed != self._disturbed:
            self._disturbed = way.health.disturbed
            self._broke.append((number, f"{self._disturbed} {WRITTEN}"))

    def told(self, verdict: Verdict) -> Told:
        """Return what is told of the trial that has ended."""
        way = self._way
        self._see(0.0)
        struck = not way.left and not way.unfit
        shots = tuple(way.marks), tuple(way.strikes)
        return Told(verdict, self._before, self._after, struck, *shots, tuple(self._broke))
