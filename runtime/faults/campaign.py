"""A campaign: faults strike a simulated chip at many points of a bring-up, and each time it must recover."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from attrs import evolve, frozen

from registers.paths import instead, matching
from runtime.faults import budgeted, small
from runtime.faults.agree import Agreement, sample
from runtime.faults.budgeted import Watch
from runtime.faults.doubles import Doubles
from runtime.faults.forked import Disturbed, Forked, uncollected
from runtime.faults.golden import Point
from runtime.faults.heap import Bringup
from runtime.faults.lives import LIVENESS
from runtime.faults.notes import Notes, typed
from runtime.faults.parts import Parts
from runtime.faults.plan import Mode, Plan
from runtime.faults.recovery import IN_PART, Verdict
from runtime.faults.report import Report
from runtime.faults.scene import Scene, Told
from runtime.faults.site import is_half
from runtime.faults.small import is_drawn
from runtime.faults.strike import sides, strikes
from runtime.faults.tally import Tally
from runtime.faults.trial import CampaignError, Trial, Workload
from transports.faulty.kinds import UNSEEN, Kind, Shot

WHOLE = 8  # trials drawn to be run with the whole chip as well; 0.4 CPU-s each on atlas
TWICE = 2  # trials that are run once more, and must be the same to the last access
OF_ALL = (Kind.DEVICE, Kind.DOWN)  # faults of the whole chip: a part shows nothing of them
OF_ALL_MAX = 256  # trials of each of these kinds of `nth`, spread evenly over the run; 0.7 CPU-s each on atlas


def run(plan: Plan, *, jobs: int = 1, watch: Watch | None = None, watch_small: small.Watch = small.silent) -> Report:
    """Run a campaign in this process.

    Args:
        jobs: trials of the whole chip at once, each in a process of its own.
        watch: called after each trial with the tally so far, how many of its steps are done, and how many there are.
        watch_small: then called while failures are made small, as `runtime.faults.small` says.

    Raises:
        CampaignError: the points name no block.
        NotWell: the chip does not come up without a fault.
        NotAlone: a block stands behind another.
    """
    began_s = time.perf_counter()
    if plan.live:
        limit_s, tally = budgeted.run(plan, watch)
        make_small(plan, tally, watch=watch_small)
        return Report(plan, tally, limit_s, time.perf_counter() - began_s)
    with uncollected():
        scene = Scene(plan.load, plan.seed, plan.down_s)
        tally = _Running(plan, scene, jobs, watch).run()
    tally.cpu_s += scene.cpu_s
    make_small(plan, tally, scene, watch_small)
    return Report(plan, tally, LIVENESS * scene.golden.critical_s, time.perf_counter() - began_s)


@lru_cache(maxsize=1)
def _scene(load: Callable[[], Any], seed: int, down_s: float) -> Scene:
    return Scene(load, seed, down_s)


@lru_cache(maxsize=1)
def _agreement(scene: Scene) -> Agreement:
    return Agreement(scene)


def allowed_s(plan: Plan) -> float:
    """Return what a recovery may take, on the chip's clock; what it is found by is kept for the shards.

    Raises:
        NotWell, NotAlone: as `run`.
    """
    if plan.live:
        return budgeted.allowed_s(plan)
    return LIVENESS * _scene(plan.load, plan.seed, plan.down_s).golden.critical_s


def run_shard(plan: Plan) -> Tally:
    """Run one shard of a campaign, in any process; what the chip's run without a fault is, is kept for the next.

    Raises:
        CampaignError, NotWell, NotAlone: as `run`.
    """
    if plan.live:
        return budgeted.run_shard(plan)
    made = _scene.cache_info().misses
    with uncollected():
        scene = _scene(plan.load, plan.seed, plan.down_s)
        tally = _Running(plan, scene, 1, None).run()
    if _scene.cache_info().misses > made:
        tally.cpu_s += scene.cpu_s
    return tally


def make_small(plan: Plan, tally: Tally, scene: Scene | None = None, watch: small.Watch = small.silent) -> None:
    """Make schedules small that were drawn and failed, once all shards are together; of other points none is drawn.

    Args:
        scene: what trials start from, where it is made already.
        watch: told how far it is.
    """
    if plan.points.mode is not Mode.SEEDED or not any(map(is_drawn, tally.failed)):
        return
    began_s = time.process_time()
    if plan.live:
        budgeted.make_small(plan, tally, watch)
    else:
        made = scene or _scene(plan.load, plan.seed, plan.down_s)
        with uncollected():
            small.make_small(tally, made.again, watch=watch)
    tally.cpu_s += time.process_time() - began_s


class _Running:
    """One shard that runs.

    Attributes:
        tally: so far.
        steps, done: what there is to do, for progress.
    """

    def __init__(self, plan: Plan, scene: Scene, jobs: int, watch: Watch | None) -> None:
        self.plan, self.scene, self.chip, self.golden = plan, scene, scene.chip, scene.golden
        self.blocks = self._named()
        self.notes = Notes(Tally(accesses=len(self.golden.accesses)), typed(self.chip))
        self.tally = self.notes.tally
        self.tally.possible = self._arms()
        self.forked = Forked(scene, jobs)
        self._began, self._watch, self.steps, self.done = time.process_time(), watch, 0, 0

    def run(self) -> Tally:
        """Do it all."""
        points, kinds = self.plan.points, self.plan.kinds
        match points.mode:
            case Mode.DOUBLE:
                self._doubles()
            case Mode.SEEDED:
                self._seeded()
            case Mode.EXHAUSTIVE | Mode.NTH:
                if Kind.RESET in kinds:
                    self._resets()
                if set(kinds) - {Kind.RESET, *OF_ALL}:
                    self._strikes([kind for kind in kinds if kind is not Kind.RESET and kind not in OF_ALL])
                if set(kinds) & set(OF_ALL):
                    self._of_all([kind for kind in kinds if kind in OF_ALL])
        self._checks()
        self._time()
        return self.tally

    def _checks(self) -> None:
        """Run a sample of trials with the whole chip, the first TWICE of all shards twice, and each under trio as well.

        Raises:
            Disturbed: one of them was another the second time.
        """
        trials = sample(self.plan, self.golden, self.blocks)
        for number, trial in enumerate(trials):
            if self._mine(number):
                told = self._twice(trial) if number < TWICE else self.scene.trial(trial, strict=False)
                self.notes.agreed(told.verdict, _agreement(self.scene).compare(trial, told))
        for number in range(len(trials), TWICE):
            draw = random.Random(f"{self.plan.seed}/twice/{number}")
            at = draw.randint(1, len(self.golden.accesses))
            if self._mine(number) and (kinds := self._can(at)):
                kind = draw.choice(kinds)
                self._twice(self._trial(Shot(kind, at, draw.choice(sides(kind)))))

    def _twice(self, trial: Trial) -> Told:
        """Run a trial with the whole chip two times, and return what came of it.

        Raises:
            Disturbed: it was another the second time.
        """
        first, again = (self.scene.trial(trial, strict=False) for _ in range(2))
        if first != again:
            raise Disturbed(f"{trial} ran twice, and was another the second time: {first.verdict}, {again.verdict}")
        return again

    # ---- what all have in common ----

    def _named(self) -> frozenset[str]:
        only = self.plan.points.only
        blocks = frozenset(matching(only, self.chip.instances))
        if not blocks:
            raise CampaignError(f"no block matches {only!r}{instead(only, self.chip.instances)}")
        return blocks

    def _arms(self) -> set[str]:
        """Return the arms of recovery that these faults can reach: what is acted, and what else is done."""
        arms = {
            f"{self.notes.type_of(name)}.{rung.name}"
            for name in self.blocks
            if name in self.scene.controller.plans
            for rung in self.scene.controller.plans[name].ladder
            if rung.reach
        }
        kinds = set(self.plan.kinds)
        if Kind.RESET in kinds:
            arms.add("policy.left alone")
        if kinds - {Kind.RESET}:
            arms.add("policy.next look")
        return arms | ({"policy.reset"} if kinds & UNSEEN else set())

    def _mine(self, number: int) -> bool:
        """Say whether a trial is of this shard."""
        index, of = self.plan.part
        return number % of == index

    def _step(self, more: int = 0) -> None:
        """Say how far it is."""
        self.steps += more
        self.done += not more
        if self._watch is not None and not more:
            self._time()
            self._watch(self.tally, self.done, self.steps)

    def _time(self) -> None:
        self.tally.cpu_s = time.process_time() - self._began + self.forked.cpu_s

    def _take(self, verdict: Verdict) -> None:
        """Count and note a trial of the whole chip; one in which nothing struck answers for no point."""
        if not verdict.block:
            self.tally.trials += 1
            return
        self.notes.whole(verdict)
        self.notes.count(verdict.kind, verdict.block)
        self.notes.note(verdict)

    def _trial(self, *shots: Shot) -> Trial:
        return Trial(Workload.BRINGUP, self.plan.seed, shots)

    # ---- resets of the controller ----

    def _resets(self) -> None:
        """Reset the controller in each state of the hardware."""
        states = {str(state.first): state.points for state in self.golden.states if state.block in self.blocks}
        drawn = set(self._drawn(list(states)))
        states = {name: points for number, (name, points) in enumerate(states.items()) if self._mine(number)}
        drawn = set(states) if self.plan.whole else drawn & states.keys()
        doubted = set[str]()
        parts: list[Parts] = []
        tally = self.tally
        self._step(len(states))

        def decide(point: Point, run: Bringup) -> Sequence[Shot]:
            name = str(point)
            if name not in states:
                return ()
            shot = Shot(Kind.RESET, point.number, point.after)
            self.notes.count(Kind.RESET, run.owner, states[name])
            if not self.plan.whole:
                if not parts:
                    parts.append(Parts(self.golden, run, self.scene.fresh))
                part = parts[0].recover(run.owner)
                tally.recovered_accesses += part.accesses
                if part.doubt:
                    doubted.add(name)
                    tally.doubted += 1
                else:
                    self.notes.note(part.verdict(self._trial(shot), run.owner), states[name])
            self._step()
            return (shot,) if name in drawn or name in doubted else ()

        def take(verdict: Verdict) -> None:
            name = str(_point(verdict))
            self.notes.whole(verdict)
            if self.plan.whole or name in doubted:
                self.notes.note(verdict, states[name])
            else:
                self.notes.agree(verdict, states[name])

        tally.there[Kind.RESET] += sum(states.values())
        self.forked.run(decide, take)

    def _drawn(self, names: Sequence[Any]) -> Sequence[Any]:
        """Draw what is run with the whole chip in any case."""
        return random.Random(f"{self.plan.seed}/whole").sample(names, min(WHOLE, len(names)))

    # ---- faults of single accesses ----

    def _strikes(self, kinds: Sequence[Kind]) -> None:
        """Let faults strike the first access of each block, the second, and so on, in the part that it belongs to."""
        order = list(dict.fromkeys(access.block for access in self.golden.accesses if access.block in self.blocks))
        mine = {block: number for number, block in enumerate(order) if self._mine(number)}
        again: list[tuple[Verdict, bool]] = []
        share = WHOLE / max(1, len(self.golden.accesses) * len(kinds))
        parts: list[Parts] = []
        self._step(len(mine))

        def decide(point: Point, run: Bringup) -> Sequence[Shot]:
            block = run.owner
            if block in mine:
                turn = mine.pop(block)
                if not parts:
                    parts.append(Parts(self.golden, run, self.scene.fresh))
                for struck in parts[0].strike(block, kinds, turn):
                    verdict = struck.verdict(self._trial(struck.shot))
                    open_ = self._struck(verdict)
                    if open_ or random.Random(f"{self.plan.seed}/whole/{struck.shot}").random() < share:
                        again.append((verdict, open_))
                self._step()
            return ()

        self.forked.run(decide, self._take)
        for verdict, open_ in again:
            self._once_more(verdict, open_=open_)
        self.tally.there.update(*(part.there for part in parts))

    def _struck(self, verdict: Verdict) -> bool:
        """Count a trial of a part; say whether a trial of the whole chip decides what came of it."""
        self.notes.count(verdict.kind, verdict.block)
        self.tally.recovered_accesses += verdict.accesses
        self.tally.doubted += bool(verdict.broken)
        if verdict.broken or self.plan.whole:
            return True
        self.notes.note(verdict)
        return False

    def _once_more(self, part: Verdict, *, open_: bool) -> None:
        """Let the fault of a part strike the whole chip, where other blocks share the bus, and polls last otherwise.

        Where there is no such access then, what was seen in the part counts.

        Args:
            open_: what came of it is not noted yet.
        """
        whole = self.scene.trial(Trial.parse(part.replay), strict=False).verdict
        if not whole.block:
            if open_:
                self.notes.note(evolve(part, broken=part.broken and f"{IN_PART}: {part.broken}"))
            return
        self.notes.whole(whole)
        if open_:
            self.notes.note(whole)
        else:
            self.notes.agree(whole)

    def _of_all(self, kinds: Sequence[Kind]) -> None:
        """Let faults of the whole chip strike every access, or of `nth` some that are spread evenly over the run."""
        theirs = [number for number, access in enumerate(self.golden.accesses, 1) if access.block in self.blocks]
        every = self.plan.points.mode is Mode.EXHAUSTIVE
        chosen = [
            Shot(kind, number, after)
            for kind in kinds
            for after in sides(kind)
            for number in theirs[:: 1 if every else -(-len(theirs) * len(sides(kind)) // OF_ALL_MAX)]
        ]
        if self.plan.part[0] == 0:
            self.tally.there.update({kind: len(theirs) * len(sides(kind)) for kind in kinds})
        self._whole([shot for number, shot in enumerate(chosen) if self._mine(number)])

    def _whole(self, shots: Sequence[Shot]) -> None:
        """Let each of some faults strike the whole chip."""
        at: dict[int, list[Shot]] = {}
        for shot in shots:
            at.setdefault(shot.number, []).append(shot)
        self._step(len(shots))

        def decide(point: Point, _run: Bringup) -> Sequence[Shot]:
            return () if point.after else at.get(point.number, ())

        def take(verdict: Verdict) -> None:
            self._take(verdict)
            self._step()

        self.forked.run(decide, take)

    # ---- resets of the controller, and of the one that recovers ----

    def _doubles(self) -> None:
        """Reset the controller in each state, and at each state of the recovery once more."""
        states = {str(state.first): state.points for state in self.golden.states if state.block in self.blocks}
        doubles = Doubles(self.scene, self.notes, self._mine)
        parts: list[Parts] = []
        self._step(len(states))

        def decide(point: Point, run: Bringup) -> Sequence[Shot]:
            if str(point) in states:
                if not parts:
                    parts.append(Parts(self.golden, run, self.scene.fresh))
                first = Shot(Kind.RESET, point.number, point.after)
                doubles.visit(parts[0], run, states[str(point)], first)
                self._step()
            return ()

        self.forked.run(decide, self._take)
        doubles.finish()

    # ---- schedules drawn at random ----

    def _seeded(self) -> None:
        """Draw schedules of one fault or several, for the whole chip."""
        points = self.plan.points
        theirs = [number for number, access in enumerate(self.golden.accesses, 1) if access.block in self.blocks]
        drawn = (self._schedule(index, theirs) for index in range(points.drawn) if self._mine(index))
        schedules = [shots for shots in drawn if shots]
        if points.faults == 1:
            counts = Counter(shots[0] for shots in schedules)
            self._whole(list(counts.elements()))
            return
        self._step(len(schedules))
        for shots in schedules:
            told = self.scene.trial(self._trial(*shots), strict=False)
            self.tally.complete += told.all_struck and len(shots) == self.plan.points.faults
            struck = self._trial(*(shot for _, shot in told.marks))  # what struck nothing is no part of the line
            self._take(evolve(told.verdict, replay=str(struck)))
            self._step()

    def _schedule(self, index: int, theirs: Sequence[int]) -> tuple[Shot, ...]:
        """Draw one schedule: faults in their order, each counted since the last reset of the controller."""
        draw = random.Random(f"{self.plan.seed}/schedule/{index}")
        shots: list[Shot] = []
        since, reset = 0, False
        for _ in range(self.plan.points.faults):
            after = [number for number in theirs if number > since] if not reset else []
            number = draw.choice(after) if after else since + draw.randint(1, len(self.golden.accesses) // 2)
            kinds = self._can(number) if after else self.plan.kinds
            if not kinds:
                continue  # another access, for the next one
            kind = draw.choice(kinds)
            shots.append(Shot(kind, number, draw.choice(sides(kind))))
            since, reset = (0, True) if kind is Kind.RESET else (number, reset)
        return tuple(shots)

    def _can(self, number: int) -> Sequence[Kind]:
        """Return the kinds that can strike an access of the run without a fault."""
        access = self.golden.accesses[number - 1]
        half = access.write and is_half(self.golden.sim.chip, access.block, access.address, access.width)
        return [kind for kind in self.plan.kinds if strikes(kind, access.width, write=access.write, half=half)]


def _point(verdict: Verdict) -> Point:
    shot = Trial.parse(verdict.replay).shots[0]
    return Point(shot.number, shot.after)


@frozen
class _Local:
    """What loads a chip by name or path; equal wherever it is unpickled, so that a process loads the chip once.

    Attributes:
        stamp: of a file: when it was written, in nanoseconds; another one is loaded anew.
    """

    chip: str
    stamp: int = 0

    def __call__(self) -> Any:
        from blocks.chip import load_chip  # what it imports imports this floor's neighbours

        return load_chip(self.chip)


def local(chip: str) -> Callable[[], Any]:
    """Return what loads a chip by name or path, in this process or in another."""
    return _Local(chip, Path(chip).stat().st_mtime_ns if Path(chip).is_file() else 0)
