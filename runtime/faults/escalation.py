"""What comes back: a block loses its state again whenever its climb writes, so often that wider recoveries are tried.

So the reset of the block, of its cluster and of the chip are come to, and giving up, as far as the block's rule goes.
Nothing is struck on the way. Judged are the rules of the hardware, who was written, and how it ended.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator

import trio
from attrs import define, field

from blocks.sim.faults.kinds import LocalReset
from runtime import determinism
from runtime.bringup import bring_up
from runtime.faults.arms import DEFAULT, Arms
from runtime.faults.disturbances import closure, disturbance
from runtime.faults.limits import SWEEP_S
from runtime.faults.reasons import told
from runtime.faults.site import LoggedChip, Site
from runtime.faults.tally import Failed, Tally
from runtime.faults.trial import CampaignError, Trial, Workload
from runtime.incident import Event, Incident, What
from runtime.service import Service
from runtime.summary import Summary
from transports.batch import Batch, Results, Write
from transports.faulty import faulty

TIMES = (3, 6, 9, 81)  # that it comes back: a level is left after 3 climbs; what is given up is tried no more often
ENDS_S = 5.0  # in which it is mended, or given up
KIND = "comes-back"


@define(eq=False)
class Escalated:
    """How it ended.

    Attributes:
        came: how often it came back.
        gave_up: the blocks for which nothing more was tried.
        broken: what must not be, one sentence; empty: nothing.
        arms: of the policy, how often.
    """

    block: str
    times: int
    came: int = 0
    gave_up: frozenset[str] = frozenset()
    broken: str = ""
    arms: Counter[str] = field(factory=Counter[str])

    @property
    def trial(self) -> str:
        """What the text of its trial says that it is upset by."""
        return f"{self.block}.{LocalReset.kind}*{self.times}"


class Escalation:
    """One block of a simulated chip in service that loses its state again and again."""

    def __init__(self, site: Site, block: str, times: int, seed: int) -> None:
        self.site, self._block, self._seed = site, block, seed
        self.ended = Escalated(block, times)
        self._arms = Arms(site.chip, self.ended.arms)
        self._over = trio.Event()
        self._offset_s = 0.0

    async def run(self) -> Escalated:
        """Run it to its end, and judge it."""
        self.site.renew()
        sim = self._sim
        self._offset_s = sim.now_s - trio.current_time()
        way = faulty(await self.site.connect(), (), seed=self._seed, block_of=self.site.whose)
        service = Service(self.site.firmware.fresh(), way, seed=self._seed, sweep_s=SWEEP_S, watch=self._happened)
        stop, began = trio.Event(), len(sim.log)
        try:
            async with trio.open_nursery() as nursery:
                await nursery.start(_serving, service, stop)
                began, way.observe = len(sim.log), self._fall_again
                self._fall()
                with trio.move_on_after(ENDS_S):
                    await self._over.wait()
                way.observe = None
                self.ended.gave_up = frozenset(block for one in service.incidents() for block in one.gave_up)
                await self._released(service)
                stop.set()
            incidents = service.incidents()
            self._arms.ended(incidents)
            await way.aclose()
            self.ended.broken = next(self._wrong(incidents, began), "") or await self._left()
        except Exception as problem:  # whatever the runtime raises, its bugs too
            self.ended.broken = f"liveness: {told(problem)}"
        return self.ended

    @property
    def _sim(self) -> LoggedChip:
        assert self.site.sim is not None, "no simulated chip"
        return self.site.sim

    def _happened(self, event: Event) -> None:
        """Take what the service tells; its troubles end with an incident that does, or with giving up."""
        self._arms.happened(event)
        if event.what in (What.CLOSED, What.GAVE_UP):
            self._over.set()

    async def _released(self, service: Service) -> None:
        """Have the service take back what it has given up, as a person would: nothing falls any more."""
        self._over = trio.Event()
        for block in sorted(self.ended.gave_up):
            service.release(block)
        if self.ended.gave_up:
            with trio.move_on_after(ENDS_S):
                await self._over.wait()

    def _fall(self) -> None:
        self._sim.advance(trio.current_time() + self._offset_s)
        self._sim.inject(LocalReset(block=self._block))

    def _fall_again(self, batch: Batch, came: Results) -> None:
        """Take its state away again behind each batch that wrote to it, so often as it is to be."""
        done = batch.operations[: len(came)]
        wrote = any(isinstance(op, Write) and self.site.whose(op.address) == self._block for op in done)
        if wrote and self.ended.came < self.ended.times:
            self.ended.came += 1
            self._fall()

    def _wrong(self, incidents: tuple[Incident, ...], began: int) -> Iterator[str]:
        """Yield what must not be: a rule that was broken, another block that was touched, or an end without a word."""
        sim, block = self._sim, self._block
        yield from (f"safety: {rule}" for rule in sim.violations if ": traffic " not in str(rule))
        may = self._may(incidents)
        for access in sim.accesses(began):
            if access.write and access.block not in may:
                yield f"safety: {access.block} was in service, and was written: {access}"
        if not incidents:
            yield f"liveness: nobody noticed that {block} fell"
        if self.ended.gave_up - {block}:
            yield f"liveness: {', '.join(sorted(self.ended.gave_up - {block}))} given up, which had not failed"
        if not _over(incidents):
            yield f"liveness: neither mended nor given up after {ENDS_S:g} s: {incidents[-1].steps[-1:]}"

    def _may(self, incidents: tuple[Incident, ...]) -> set[str]:
        """Return the blocks that recoveries as wide as these may write, and those that hear lines of others."""
        instances = self.site.chip.instances
        heard = {one.line.controller for one in instances.values() if one.line is not None and one.line.controller}
        levels = {incident.level for incident in incidents}
        domain = self.site.chip.supervision.get(self._block, DEFAULT).domain
        if "chip" in levels:
            return set(instances)
        return heard | closure(self.site, self._block, *([domain] if "cluster" in levels and domain else ()))

    async def _left(self) -> str:
        """Have a new controller look, which finds nothing to do; say what is wrong with what was left."""
        way = await self.site.connect()
        try:
            summary = await bring_up(self.site.firmware.fresh(), way)
        finally:
            await way.aclose()
        if summary.writes:
            return f"liveness: a new controller writes {summary.writes} times; expected all to stand"
        if summary.lost is not None or len(summary.up) < summary.blocks:
            return f"liveness: {len(summary.up)} of {summary.blocks} blocks are up at the end"
        return f"safety: {self._sim.violations[0]}" if self._sim.violations else ""


def escalated(site: Site, trial: Trial) -> Escalated:
    """Run such a trial.

    Raises:
        CampaignError: there is no such block, or something else than its reset comes back.
    """
    upset, _, times = trial.upset.partition("*")
    if not isinstance(fault := disturbance(site, upset), LocalReset):
        raise CampaignError(f"upset {trial.upset}: expected {fault.block}.{LocalReset.kind} to come back")
    run = Escalation(site, fault.block, int(times), trial.seed).run
    return determinism.run(run, seed=trial.seed, clock=site.clock())


def escalate(site: Site, upsets: Iterable[str], seed: int, tally: Tally, over: Callable[[], bool]) -> None:
    """Let each block that loses its state lose it again, more often each time, until it is given up; count it all.

    Args:
        upsets: `BLOCK.UPSET`; of these the resets of blocks come back.
        over: there is no time left.
    """
    for upset in upsets:
        block, _, name = upset.rpartition(".")
        for number, times in enumerate(TIMES if name == LocalReset.kind else ()):
            if over():
                tally.left += len(TIMES) - number
                tally.there[KIND] += len(TIMES) - number
                break
            trial = Trial(Workload.RECOVERY, seed, (), f"{upset}*{times}")
            ended, of = escalated(site, trial), site.chip.instances[block].type
            cell = tally.cell(KIND, of)
            tally.trials, tally.whole, tally.points = tally.trials + 1, tally.whole + 1, tally.points + 1
            cell.points, cell.trials = cell.points + 1, cell.trials + 1
            tally.there[KIND] += 1
            tally.arms.update(ended.arms)
            if ended.broken:
                tally.fail(Failed(str(trial), KIND, block, of, ended.broken))
            if ended.gave_up:
                break


def _over(incidents: tuple[Incident, ...]) -> bool:
    """Say whether all that fell is mended, or given up."""
    return bool(incidents) and all(one.gave_up or one.ended_s is not None for one in incidents)


async def _serving(
    service: Service, stop: trio.Event, task_status: trio.TaskStatus[Summary] = trio.TASK_STATUS_IGNORED
) -> None:
    await service.run(stop=stop, task_status=task_status)
