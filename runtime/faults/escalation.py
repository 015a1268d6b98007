"""What comes back: a block loses its state again whenever its climb writes, so often that wider recoveries are tried.

So the reset of the block, of its cluster and of the chip are come to, and giving up, as far as the block's rule goes.
Nothing is struck on the way. Judged are the rules of the hardware, who was written, how long it took, and what is left.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import trio
from attrs import define, field, frozen

from blocks.sim.faults.kinds import LocalReset
from runtime import determinism
from runtime.bringup import bring_up
from runtime.faults import serving
from runtime.faults.arms import DEFAULT, Arms, rungs_of
from runtime.faults.course import Course, Wrong, broke_at
from runtime.faults.disturbances import closure, disturbance, stands
from runtime.faults.heap import registers_of
from runtime.faults.judged import borne, judge
from runtime.faults.limits import SWEEP_S
from runtime.faults.ran import Ran
from runtime.faults.reasons import told
from runtime.faults.replayed import Replayed, around
from runtime.faults.site import LoggedChip, Site
from runtime.faults.tally import Tally
from runtime.faults.times import Times
from runtime.faults.trial import COMES_BACK, CampaignError, Trial, Workload
from runtime.faults.tried import TWICE, Tried, see_same
from runtime.incident import Event, Incident, What
from runtime.service import Service
from runtime.summary import Progress
from runtime.words import count
from transports.batch import Batch, Results, Write
from transports.faulty import faulty

TIMES = (3, 6, 9, 81)  # that it comes back: a level is left after 3 climbs; what is given up is tried no more often
ENDS_S = 60.0  # what is neither mended nor given up by then hangs
SEEN_S = 2 * SWEEP_S  # what nobody has seen by then did not fall
LEFT = frozenset({What.GAVE_UP, What.HELD})  # nothing more is done


@define(eq=False)
class Escalated:
    """How it ended.

    Attributes:
        fell: it lost what its ladder looks at, or stopped to serve; else there is nothing to be noticed.
        came: how often that came back.
        gave_up: the blocks for which nothing more was tried.
        levels: how wide its recoveries were.
        ran: what was seen.
        falls: of the log, where the block fell.
        wrong: what must not be.
    """

    trial: Trial
    block: str
    fell: bool = False
    came: int = 0
    gave_up: frozenset[str] = frozenset()
    levels: frozenset[str] = frozenset()
    ran: Ran = field(factory=Ran)
    falls: list[int] = field(factory=list[int])
    wrong: Wrong = field(factory=Wrong)

    @property
    def broken(self) -> str:
        """What must not be, one sentence; empty: nothing."""
        return self.wrong.broken

    @property
    def how(self) -> str:
        """How it ended where nothing is wrong, in words."""
        if not self.fell:
            return "lost nothing that anybody looks at"
        by = " and ".join(sorted(self.levels))
        fell = f"fell {count(1 + self.came, 'time')}, met by {by}; "
        return fell + ("given up, and well when it was released" if self.gave_up else "recovered")


class Escalation:
    """One block of a simulated chip in service that loses its state again and again.

    Args:
        limit_s: what a climb from reset may take.
        course: the run in which it does so once.
    """

    def __init__(self, site: Site, trial: Trial, block: str, times: int, limit_s: float, course: Course) -> None:
        self.site, self._trial, self._block, self._most, self._course = site, trial, block, times, course
        self.ended = Escalated(trial, block)
        self._ran = self.ended.ran
        self._arms, self._rungs = Arms(site.chip, self._ran.arms), rungs_of(site.chip)
        self._times = Times(site.chip, limit_s, lambda _strike: 0.0)
        self._noticed_s: float | None = None
        self._over = trio.Event()
        self._offset_s = 0.0

    async def run(self) -> Escalated:
        """Run it to its end, and judge it."""
        self.site.renew()
        incidents: tuple[Incident, ...] = ()
        self._offset_s = self._sim.now_s - trio.current_time()
        try:
            incidents = await self._serve()
            self._arms.ended(incidents)
            self._ran.took += [self._times.of(one, ()) for one in incidents if one.ended_s is not None]
            await self._look()
        except Exception as problem:  # whatever the runtime raises, its bugs too
            self._ran.problem = told(problem)
        self.ended.levels = frozenset(incident.level for incident in incidents)
        self.ended.wrong = next(self._wrong(incidents), Wrong())
        return self.ended

    async def _serve(self) -> tuple[Incident, ...]:
        """Let the block fall until it is mended or given up; return what the service tells of it."""
        way = faulty(await self.site.connect(), (), seed=self._trial.seed, block_of=self.site.whose)
        service = serving.made(self.site, way, self._trial.seed, self._happened, self._moved, self._arms.rests)
        stop = trio.Event()
        async with trio.open_nursery() as nursery:
            self._times.begin(trio.current_time())
            await nursery.start(serving.serve, service, stop)
            self._ran.first, way.observe = len(self._sim.log), self._fall_again
            self._fall()
            self._times.anew(trio.current_time())
            with trio.move_on_after(ENDS_S if self.ended.fell else SEEN_S):
                await self._over.wait()
            way.observe = None
            self.ended.gave_up = frozenset(block for one in service.incidents() for block in one.gave_up)
            await self._released(service)
            stop.set()
        await way.aclose()
        return service.incidents()

    @property
    def _sim(self) -> LoggedChip:
        assert self.site.sim is not None, "no simulated chip"
        return self.site.sim

    def _happened(self, event: Event) -> None:
        """Take what the service tells; its troubles end with an incident that does, or with giving up."""
        self._arms.happened(event)
        self._times.happened(event)
        now_s = trio.current_time()
        if event.what is What.OPENED and self._noticed_s is None:
            self._noticed_s = now_s
        if event.what in LEFT and self._noticed_s is not None:
            self._ran.took.append(self._times.until(f"{event.block} {event.what}", self._noticed_s, now_s, ()))
        if event.what is What.CLOSED or event.what in LEFT:
            self._over.set()

    def _moved(self, progress: Progress) -> None:
        arm = f"{self.site.chip.instances[progress.block].type}.{progress.rung}"
        if self.ended.falls and arm in self._rungs:
            self._ran.arms[arm] += 1

    async def _released(self, service: Service) -> None:
        """Have the service take back what it has given up, as a person would: nothing falls any more."""
        if not self.ended.gave_up:
            return
        self._over = trio.Event()
        self._times.anew(trio.current_time())
        for block in sorted(self.ended.gave_up):
            service.release(block)
        with trio.move_on_after(ENDS_S):
            await self._over.wait()

    def _fall(self) -> None:
        self.ended.falls.append(len(self._sim.log))
        self._sim.advance(trio.current_time() + self._offset_s)
        stood = stands(self._sim, self._block)
        self._sim.inject(LocalReset(block=self._block))
        self.ended.fell |= stood and not stands(self._sim, self._block)

    def _fall_again(self, batch: Batch, came: Results) -> None:
        """Take its state away again behind each batch that wrote a register of it, so often as it is to be."""
        done = batch.operations[: len(came)]
        wrote = any(isinstance(op, Write) and self.site.whose(op.address) == self._block for op in done)
        if wrote and self.ended.came < self._most:
            self.ended.came += 1
            self._fall()

    async def _look(self) -> None:
        """Have a new controller look, which finds nothing to do."""
        sim, ran = self._sim, self._ran
        ran.resumed, ran.registers = len(sim.log), registers_of(sim)
        way = await self.site.connect()
        try:
            ran.summary = await bring_up(self.site.firmware.fresh(), way)
        finally:
            await way.aclose()
        ran.rules = {at: rule for at, rule in enumerate(map(str, sim.violations)) if ": traffic " not in rule}

    def _wrong(self, incidents: tuple[Incident, ...]) -> Iterator[Wrong]:
        """Yield what must not be: a rule that was broken, another block that was touched, what is late or left."""
        sim, ran = self._sim, self._ran
        golden = None if self._course.broken else self._course.golden
        said = judge(ran, self.site, golden).broken
        if (at := broke_at(sim, said)) is not None:
            yield Wrong(said, at)
        may, known = self._may(incidents), borne(self.site)
        for at, access in enumerate(sim.accesses(ran.first, ran.resumed), ran.first + 1):
            if access.write and access.block not in may and access.address not in known:
                yield Wrong(f"safety: {access.block} was in service, and was written: {access}", at)
        if ran.problem:
            yield Wrong(said)
        if not incidents and self.ended.fell:
            yield Wrong(f"liveness: nobody noticed that {self._block} fell")
        if others := sorted(self.ended.gave_up - {self._block}):
            yield Wrong(f"liveness: {', '.join(others)} given up, which had not failed")
        for one in (one for one in incidents if one.ended_s is None):
            how = "released, and not up" if self.ended.gave_up else "neither mended nor given up"
            yield Wrong(f"liveness: {one.root} is {how} after {ENDS_S:g} s: {one.cause}; {one.steps[-1:]}")
        if said:
            yield Wrong(said)

    def _may(self, incidents: tuple[Incident, ...]) -> set[str]:
        """Return the blocks that recoveries as wide as these may write."""
        levels = {incident.level for incident in incidents}
        domain = self.site.chip.supervision.get(self._block, DEFAULT).domain
        if "chip" in levels:
            return set(self.site.chip.instances)
        return closure(self.site, self._block, *([domain] if "cluster" in levels and domain else ()))


@frozen
class Escalations:
    """What comes back, of one campaign.

    Attributes:
        limit_s: what a climb from reset may take.
        course: gives the run in which a block is upset once.
    """

    site: Site
    limit_s: float
    course: Callable[[str], Course]

    def one(self, trial: Trial) -> Escalated:
        """Run such a trial.

        Raises:
            CampaignError: there is no such block, or something else than its reset comes back.
        """
        upset, _, times = trial.upset.partition("*")
        if not isinstance(fault := disturbance(self.site, upset), LocalReset):
            raise CampaignError(f"upset {trial.upset}: expected {fault.block}.{LocalReset.kind} to come back")
        run = Escalation(self.site, trial, fault.block, int(times), self.limit_s, self.course(upset)).run
        return determinism.run(run, seed=trial.seed, clock=self.site.clock())

    def replay(self, trial: Trial, *, every: bool = False) -> Replayed:
        """Run such a trial, and tell what came of it.

        Args:
            every: with all of its accesses.

        Raises:
            CampaignError: as `one`.
        """
        ended = self.one(trial)
        marks = ended.falls + ([] if ended.wrong.at is None else [ended.wrong.at])
        log = tuple(around(ended.ran, self.site, marks, every=every))
        return Replayed(trial, ended.broken, log, bool(ended.broken), ended.how)

    def run(self, upsets: Iterable[str], seed: int, tally: Tally, over: Callable[[], bool]) -> None:
        """Let each block that loses its state lose it again, more often each time, until it is given up; count it all.

        The first TWICE are run twice.

        Args:
            upsets: `BLOCK.UPSET`; of these the resets of blocks come back.
            over: there is no time left.

        Raises:
            Disturbed: a trial that was run twice was another the second time.
        """
        for upset in upsets:
            block, _, name = upset.rpartition(".")
            for number, times in enumerate(TIMES if name == LocalReset.kind else ()):
                if over():
                    tally.left += len(TIMES) - number
                    tally.there[COMES_BACK] += len(TIMES) - number
                    break
                trial = Trial(Workload.RECOVERY, seed, (), f"{upset}*{times}")
                ended = self._twice(trial) if tally.trials < TWICE else self.one(trial)
                tally.trials, tally.whole = tally.trials + 1, tally.whole + 1
                if not (ended.fell or ended.broken):
                    break
                tally.there[COMES_BACK] += 1
                of = self.site.chip.instances[block].type
                Tried(trial, ended.ran, COMES_BACK, block, of, ended.broken).count(tally, self.limit_s)
                if ended.gave_up or not ended.came:  # or its climb writes no whole register, behind which it would fall
                    break

    def _twice(self, trial: Trial) -> Escalated:
        """Run a trial twice, and see that it is the same."""
        first, sim = self.one(trial), self.site.sim
        again = self.one(trial)
        assert sim is not None, "no simulated chip"
        assert self.site.sim is not None, "no simulated chip"
        see_same(trial, (sim, first.ran), (self.site.sim, again.ran))
        return again
