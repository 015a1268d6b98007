"""Campaigns on the runtime of production, under trio: any kind of fault, at any access or interrupt, of any target.

A simulated chip is judged by all that it knows; of a target that we did not write only what can be seen from here: that
it comes up, that a new controller then writes nothing, and that nothing of a controller that was reset goes out.
"""

from __future__ import annotations

import gc
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Literal

from attrs import evolve

from registers.model.place import decode
from registers.paths import instead, matching
from runtime import determinism
from runtime.faults.arms import arms_of, rests_of, rungs_of
from runtime.faults.course import Course, InTurn, wrong
from runtime.faults.disturbances import disturbance, disturbances
from runtime.faults.escalation import Escalations
from runtime.faults.golden import Access, NotWell
from runtime.faults.judged import Judged, judge, unjudged
from runtime.faults.limits import REAL_S
from runtime.faults.lives import LIVENESS
from runtime.faults.play import Play
from runtime.faults.ran import Ran
from runtime.faults.recovery import kind_of
from runtime.faults.replayed import Replayed, around, wrong_at
from runtime.faults.schedule import Schedule
from runtime.faults.shown import Names
from runtime.faults.site import Firmware, LoggedChip, Site
from runtime.faults.tally import Tally
from runtime.faults.trial import NO_FAULT, CampaignError, Trial, Workload, see_heard
from runtime.faults.tried import NOBODY, TWICE, Tried, see_same
from runtime.graph import graph_of
from runtime.words import count
from transports.faulty import DOWN_S
from transports.faulty.kinds import Kind, Shot

if TYPE_CHECKING:
    from blocks.chip import Chip

MEASURED_S_MAX = 1.0  # to come up without a fault, where that is measured
KEPT_MAX = 4  # trials whose chips are let go of together: each is one circle of many things


class LiveCampaign:
    """Trials of one workload of one chip.

    Args:
        load: gives the chip; called twice, so that who recovers has blocks that remember nothing.
        url: a target instead of a simulation of our own; it is reset before each trial, where it can be.
        down_s: so long a link is down.

    Raises:
        CampaignError: the workload needs a simulated chip.
        NotWell: the chip does not come up without a fault; of a recovery that is found when it is first tried.
    """

    def __init__(
        self,
        load: Callable[[], Chip],
        workload: Workload,
        seed: int,
        kinds: frozenset[Kind],
        url: str | None = None,
        down_s: float = DOWN_S,
    ) -> None:
        if url is not None and workload is Workload.RECOVERY:
            raise CampaignError(f"{workload} on {url}: nobody can disturb a block there; expected a simulated chip")
        self.workload, self.seed, self.kinds = workload, seed, kinds
        firmware = Firmware(load)
        serves = workload is not Workload.BRINGUP
        self._site = Site(firmware, seed, url, workload=serves and bool(firmware.chip.flows), up=serves)
        self._site.down_s = down_s
        self._schedule = Schedule(firmware.chip, workload, seed, kinds, url or "sim:")
        self._played = 0
        self._critical_s = self._critical()
        self._courses: dict[str, Course] = {}
        self._asked: tuple[object, Sequence[Trial]] = (), []
        if workload is not Workload.RECOVERY:
            self._course("")

    @property
    def golden(self) -> Ran:
        """The run without a fault; of recoveries the one that was made first."""
        return self._first.golden

    @property
    def rises(self) -> int:
        """Interrupts that there are to lose in that run."""
        return self._first.rises

    @property
    def _first(self) -> Course:
        return next(iter(self._courses.values()), None) or self._course(self.upsets()[0])

    def upsets(self, only: str = "*") -> list[str]:
        """Return what a block is brought back from, of each recovery, `BLOCK.UPSET`; of another workload one, empty.

        Args:
            only: of blocks that this pattern names.

        Raises:
            CampaignError: it names none.
        """
        instances = self._site.chip.instances
        if not matching(only, instances):
            raise CampaignError(f"no block matches {only!r}{instead(only, instances)}")
        return disturbances(self._site, self.seed, only) if self.workload is Workload.RECOVERY else [""]

    def _course(self, upset: str) -> Course:
        """Return the run without a fault: of a recovery, what from.

        Raises:
            CampaignError: there is no such upset.
            NotWell: the chip does not come up.
        """
        if upset not in self._courses:
            if upset:
                disturbance(self._site, upset)
            golden = self._play(Trial(self.workload, self.seed, (), upset))
            broken = wrong(golden, self._site).broken
            if broken:
                self._well(golden)
            log = self._noted(golden)
            alarmed = (0, golden.count) if broken else self._alarmed(upset, golden.count)
            self._courses[upset] = Course(upset, golden, log, *alarmed, broken)
        return self._courses[upset]

    def _well(self, golden: Ran) -> None:
        """See that what is wrong of a run without a fault is not that the chip does not come up at all.

        Raises:
            NotWell: it is.
        """
        if self.workload is not Workload.BRINGUP:
            golden = self._brought_up(self._site.url, self._critical_s)
        if golden.up_s is None:
            raise NotWell(f"{self._site.chip.name} does not come up without a fault: {golden.problem}")

    @property
    def limit_s(self) -> float:
        """What a recovery may take from when what struck is over; what else is granted is told as patience."""
        return LIVENESS * self._critical_s if self._site.url is None else REAL_S

    def _alarmed(self, upset: str, accesses: int) -> tuple[int, int]:
        """Return how many interrupts there are to lose, where lines are made to rise, and of how many accesses then.

        There is none in a bring-up.
        """
        if Kind.LOST not in self.kinds or self.workload is Workload.BRINGUP:
            return 0, accesses
        ran = self._play(Trial(self.workload, self.seed, (), upset), alarmed=True)
        return ran.rises, ran.count

    def _critical(self) -> float:
        """Return what the hardware takes from reset: what is drawn for a simulation, else what is usual.

        A block that stands behind another is reached by transfers, whose time no ladder tells: it is measured.
        """
        self._site.renew()
        sim, graph = self._site.sim, graph_of(self._site.chip)
        path_s, _ = graph.critical_path(None if sim is None else sim.stages)
        return path_s if sim is None or not graph.behind else max(path_s, self._measured_s())

    def _measured_s(self) -> float:
        """Return how long a simulation without a fault takes from reset until all is up; 0: it does not come up."""
        return self._brought_up(None, MEASURED_S_MAX).up_s or 0.0

    def _brought_up(self, url: str | None, critical_s: float) -> Ran:
        """Return a bring-up without a fault."""
        site = Site(self._site.firmware, self.seed, url, workload=False, up=False)
        play = Play(site, Trial(Workload.BRINGUP, self.seed, ()), critical_s)
        return determinism.run(play.run, seed=self.seed, clock=site.clock())

    def _play(self, trial: Trial, *, keep: bool = False, alarmed: bool = False) -> Ran:
        """Run one trial."""
        self._played += 1
        if self._played % KEPT_MAX == 0:
            gc.collect()
        play = Play(self._site, trial, self._critical_s, keep=keep, alarmed=alarmed)
        return determinism.run(play.run, seed=self.seed, clock=self._site.clock())

    def _noted(self, ran: Ran) -> list[Access]:
        """Return the accesses that a shot of the run can strike."""
        sim = self._site.sim
        return [] if sim is None else sim.accesses(ran.first, ran.first + ran.count)

    # ---- trials ----

    def tally(
        self,
        points: Literal["nth", "seeded"],
        drawn: int | None = None,
        budget_s: float | None = None,
        part: tuple[int, int] = (0, 1),
        faults: int | None = None,
        only: str = "*",
        watch: Callable[[Tally, int, int], None] | None = None,
    ) -> Tally:
        """Run trials, in an order that the seed draws. On a simulation the first TWICE of all are run twice.

        Args:
            points: `nth`: one fault of each kind at each access of the run without one; each interrupt is lost.
                `seeded`: faults of any of the kinds.
            drawn: so many of them at most; None: all; of `seeded` it is needed.
            budget_s: no trial is begun after so much CPU time; None: all are.
            part: (index, of): every so-manyth of them from this one on.
            faults: of one seeded trial; None: 1 to FAULTS_MAX.
            only: accesses of blocks that this pattern names.
            watch: called after each trial with the tally so far, how many of them are done, and how many there are.

        Raises:
            CampaignError: there is no such part, or no such block.
            Disturbed: a trial that was run twice was another the second time.
        """
        began_s = time.process_time()
        index, of = part
        if not 0 <= index < of:
            raise CampaignError(f"part {index} of {of}: expected 0 to {of - 1}")
        all_ = self._all(points, drawn, faults, only)
        tally = Tally(accesses=self.golden.count, possible=self._possible())
        tally.unjudged = unjudged(self.golden, self._site)
        tally.disturbed.update({upset: 0 for upset in self.upsets(only) if upset})
        for course in self._sound(only, sound=False) if not index else ():
            self._add_wrong(tally, course)

        def over() -> bool:
            return budget_s is not None and time.process_time() - began_s >= budget_s

        if isinstance(all_, InTurn):
            tally.there.update(all_.kinds(range(index, len(all_), of)))
        mine = range(index, len(all_) if drawn is None else min(drawn, len(all_)), of)
        for done, number in enumerate(mine):
            if over():
                tally.left = len(mine) - done
                break
            trial = all_[number]
            ran = self._play(trial)
            if number < TWICE and self._site.sim is not None:
                ran = self._twice(trial, self._site.sim, ran)
            self._add(tally, trial, ran)
            if watch is not None:
                watch(tally, done + 1, len(mine))
        tally.cpu_s = time.process_time() - began_s
        return tally

    def _twice(self, trial: Trial, sim: LoggedChip, ran: Ran) -> Ran:
        """Run a trial a second time, and return what was seen of it.

        Raises:
            Disturbed: it was another than the first time.
        """
        again = self._play(trial)
        assert self._site.sim is not None, "a target has no log"
        see_same(trial, (sim, ran), (self._site.sim, again))
        return again

    def trials(
        self,
        points: Literal["nth", "seeded"],
        drawn: int | None = None,
        faults: int | None = None,
        only: str = "*",
    ) -> Sequence[Trial]:
        """Return the trials that `tally` runs, in order.

        Raises:
            CampaignError: the pattern names no block.
        """
        all_ = self._all(points, drawn, faults, only)
        return all_ if drawn is None else all_[:drawn]

    def _all(
        self, points: Literal["nth", "seeded"], drawn: int | None, faults: int | None, only: str
    ) -> Sequence[Trial]:
        """Return as many schedules as are to be drawn; of `nth` one trial for each point that there is."""
        asked = (points, None if points == "nth" else drawn, faults, only)
        if self._asked[0] != asked:
            self._asked = asked, self._found(points, drawn, faults, only)
        return self._asked[1]

    def _found(
        self, points: Literal["nth", "seeded"], drawn: int | None, faults: int | None, only: str
    ) -> Sequence[Trial]:
        if points == "nth":
            return self._schedule.each(self._sound(only), only)
        if drawn is None:
            raise CampaignError("seeded points: expected how many")
        courses = self._sound(only)[:drawn]  # schedules have the runs in turn
        return self._schedule.drawn(courses, drawn, faults, only) if courses else []

    def _sound(self, only: str, *, sound: bool = True) -> list[Course]:
        """Return the runs without a fault that are right; or those that are not."""
        courses = [self._course(upset) for upset in self.upsets(only)]
        return [course for course in courses if bool(course.broken) is not sound]

    def accesses(self, trial: Trial) -> list[Access]:
        """Run a trial on a simulation, and return every access that reached it."""
        self._play(trial)
        assert self._site.sim is not None, "a target has no log"
        return self._site.sim.accesses()

    def registers(self, trial: Trial) -> Mapping[str, Mapping[str, int]]:
        """Run a trial on a simulation, and return what every register holds at its end, by block and path."""
        return self._play(trial).registers

    def written(self, number: int, upset: str = "") -> str:
        """Return the register that an access of the run without a fault writes; empty: it reads."""
        access = self._course(upset).log[number - 1]
        if not access.write:
            return ""
        return decode(self._site.chip.image.root, access.address)[0].path

    def counted(self, number: int, upset: str = "") -> tuple[str, int]:
        """Return whose an access of the run without a fault is, and which of that block's accesses."""
        log = self._course(upset).log
        block = log[number - 1].block
        return block, sum(access.block == block for access in log[:number])

    def escalate(self, only: str, until_s: float | None) -> Tally:
        """Let blocks lose their state again and again, in a campaign of recoveries, up to so much CPU time."""
        tally = Tally(possible=self._possible())
        if self.workload is Workload.RECOVERY:
            over = (lambda: False) if until_s is None else (lambda: time.process_time() >= until_s)
            self._escalations.run(self.upsets(only), self.seed, tally, over)
        return tally

    @property
    def _escalations(self) -> Escalations:
        return Escalations(self._site, self.limit_s, self._course)

    # ---- what came of them ----

    def _add(self, tally: Tally, trial: Trial, ran: Ran) -> None:
        """Count a trial; one in which nothing struck, and that ended well, answers for no point."""
        tally.trials += 1
        tally.whole += 1
        tally.disturbed.update([trial.upset] if trial.upset else ())
        several = len(trial.shots) > 1
        tally.complete += several and len(ran.strikes) == len(trial.shots)
        said = self._judged(trial, ran)
        if not ran.strikes and not said.broken:
            tally.there -= Counter([kind_of(trial)])  # of a target nobody knows before what is an access of its kind
            return
        self._tried(trial, ran, self._struck(ran), said).count(tally, self.limit_s)

    def _struck(self, ran: Ran) -> str:
        """Return whose access was struck first; empty: nobody's."""
        first = ran.strikes[0] if ran.strikes else None
        return "" if first is None or first.address is None else self._site.whose(first.address)

    def again(self, trial: Trial) -> tuple[str, str]:
        """Run a trial again; return whose access was struck first, and what is broken, empty: nothing."""
        ran = self._play(trial)
        return self._struck(ran) or NOBODY, self._judged(trial, ran).broken

    def _add_wrong(self, tally: Tally, course: Course) -> None:
        """Count a run without a fault that is wrong."""
        tally.trials, tally.whole = tally.trials + 1, tally.whole + 1
        tally.there[NO_FAULT] += 1
        tally.disturbed.update([course.upset] if course.upset else ())
        trial = Trial(self.workload, self.seed, (), course.upset)
        block, _, _ = course.upset.rpartition(".")
        self._tried(trial, course.golden, block, Judged(course.broken)).count(tally, self.limit_s)

    def _tried(self, trial: Trial, ran: Ran, block: str, said: Judged) -> Tried:
        type_name = self._site.chip.instances[block].type if block else NOBODY
        return Tried(trial, ran, kind_of(trial), block or NOBODY, type_name, said.broken, bool(said.misled))

    def _judged(self, trial: Trial, ran: Ran) -> Judged:
        return judge(ran, self._site, self._course(trial.upset).golden)

    def _possible(self) -> set[str]:
        """Return the arms that there are: rungs, and where it keeps the chip up those to rest and of the policy."""
        chip = self._site.chip
        if self.workload is Workload.BRINGUP:
            return rungs_of(chip)
        return rungs_of(chip) | rests_of(chip) | arms_of(chip, resets=Kind.DEVICE not in self.golden.refused)

    def replay(self, trial: Trial, *, every: bool = False) -> Replayed:
        """Run one trial, and tell what came of it.

        Args:
            every: with all of its accesses.

        Raises:
            CampaignError: it is not of this workload or seed, or one of its faults struck nothing, and all ended well.
            NotWell: the chip does not come up without a fault.
        """
        if (trial.workload, trial.seed) != (self.workload, self.seed):
            raise CampaignError(f"replay {trial}: this campaign is {self.workload} with seed {self.seed}")
        see_heard(trial)
        if trial.comes_back:
            return self._escalations.replay(trial, every=every)
        if self._course(trial.upset).broken or not trial.shots:
            return self._without(trial, every=every)
        ran = self._play(trial, keep=self._site.url is not None)
        said = self._judged(trial, ran)
        told = said.broken or (f"the runtime was misled: {said.misled}" if said.misled else "")
        missed = next(iter(Counter(trial.shots) - Counter(strike.shot for strike in ran.strikes)), None)
        if missed is not None and not said.broken:
            raise CampaignError(f"{missed}: {self._there(trial, missed, ran)}")
        names = Names(self._site.chip)
        struck = tuple(names.data(strike) for strike in ran.strikes)
        marks = wrong_at(ran, self._site.sim, said.broken or said.misled)
        log = around(ran, self._site, marks, ends=bool(said.broken) and not marks, every=every)
        return Replayed(trial, told, tuple(log), bool(said.broken), struck=struck)

    def _without(self, trial: Trial, *, every: bool) -> Replayed:
        """Run a trial without its faults, and tell what came of it."""
        ran = self._play(evolve(trial, shots=()), keep=self._site.url is not None)
        found = wrong(ran, self._site)
        log = around(ran, self._site, [] if found.at is None else [found.at], every=every)
        told = f"without a fault: {found.broken}" if trial.shots else found.broken
        return Replayed(trial, told, tuple(log), bool(found.broken), "well without a fault")

    def _there(self, trial: Trial, missed: Shot, ran: Ran) -> str:
        """Say why a shot of a trial struck nothing."""
        name, before = self._site.chip.name, trial.shots[: trial.shots.index(missed)]
        if missed in ran.missed:
            return f"such a fault does not strike that access of {name}"
        what = "interrupt" if missed.kind is Kind.LOST else "access"
        if any(shot.kind is Kind.RESET for shot in before):
            return f"there is no such {what} to strike after the last reset of the controller"
        if missed.kind is Kind.LOST:
            return f"there is no such interrupt; {name} has {count(ran.rises, what)} in this run"
        return f"there is no such access to strike; {name} makes {count(ran.count, what)} in this run"
