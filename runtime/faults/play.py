"""One trial under trio, on the runtime of production: what goes on, what goes wrong, and what was seen of it."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator

import trio

from blocks.sim.faults.kinds import LocalReset, Upset
from runtime.bringup import bring_up
from runtime.faults import serving
from runtime.faults.arms import Arms, rungs_of
from runtime.faults.disturbances import alarms, closure, disturbance, stands
from runtime.faults.heap import registers_of
from runtime.faults.limits import Limits
from runtime.faults.lives import MISLEADING
from runtime.faults.ran import Ran, Transfer, Well
from runtime.faults.reasons import told, why
from runtime.faults.site import LoggedChip, Site
from runtime.faults.times import Times, Took
from runtime.faults.trial import Trial, Workload
from runtime.graph import graph_of
from runtime.incident import Event
from runtime.service import BACK_S_MIN, Service
from runtime.summary import IN_SERVICE, Progress
from transports.base import Judge, Resettable, Transport
from transports.batch import Batch, Results
from transports.errors import PollTimeout
from transports.faulty import FaultyTransport, Kind, Manner, Shot, Strike, faulty
from transports.open import TargetError

AGAIN_S = BACK_S_MIN  # after a bring-up that did not end well another one is tried
SPOILT = "lost", "corrupt"  # packets
ENDS_S = 60.0  # a trial that goes on for longer, beyond what it is given, hangs


def lives(shots: Iterable[Shot]) -> Iterator[tuple[Shot, ...]]:
    """Yield the shots of each controller: a reset is the last of one."""
    life: list[Shot] = []
    for shot in shots:
        life.append(shot)
        if shot.kind is Kind.RESET:
            yield tuple(life)
            life = []
    yield tuple(life)


class Play:
    """One trial.

    Args:
        critical_s: what the hardware of the whole chip takes from reset.
        keep: keep what each batch brought, for a replay of a target that has no log.
        alarmed: lines are made to rise, as they are wherever an interrupt is to be lost.
    """

    def __init__(
        self, site: Site, trial: Trial, critical_s: float, *, keep: bool = False, alarmed: bool = False
    ) -> None:
        self.site, self.trial, self._keep = site, trial, keep
        self._alarmed = alarmed or any(shot.kind is Kind.LOST for shot in trial.shots)
        self.ran = Ran(guarded=trial.workload is not Workload.BRINGUP)
        self._chip = site.chip
        self._manner = self._drawn_manner()
        self._offset_s = 0.0
        self._before: dict[str, int] = {}  # packets, by what became of them
        self._low = set[str]()  # whose line was low when it began
        self._since = False  # a fault has struck
        self._touched: set[str] = set()  # blocks to which something was done
        self._reset_at: tuple[int, int] | None = None  # rules and accesses until the device was reset
        self._was_reset = False  # the device was, by a fault
        self._behind = False  # that came behind all of a round trip
        self._ways = frozenset(graph_of(site.chip).behind.values())  # blocks that others are reached through
        self._transferred = False  # a fault struck one of these
        self._excused: set[int] = set()  # rules, by their number among the chip's
        self._alive: FaultyTransport | None = None  # the way of the controller that lives
        self._arms = Arms(site.chip, self.ran.arms)
        self._rungs = rungs_of(site.chip)
        self._told_s: float | None = None  # to stop
        self._limits = Limits(site.chip, trial.workload, critical_s, self._manner, simulated=site.url is None)
        self._times = Times(site.chip, self._limits.limit_s, self._limits.lasts_s)

    def _drawn_manner(self) -> Manner:
        lines = [one.line.source for one in self._chip.instances.values() if one.line and one.line.controller is None]
        ones = random.Random(f"{self.trial.seed}/{','.join(map(str, self.trial.shots))}/down").random() < 0.5
        return Manner(ones=ones, lines=frozenset(lines), down_s=self.site.down_s)

    # ---- what goes on ----

    async def run(self) -> Ran:
        """Run the trial to its end, and look what it has left."""
        self.site.renew()
        self._offset_s = 0.0 if self.site.sim is None else self.site.sim.now_s - trio.current_time()
        try:
            with trio.fail_after(ENDS_S + self._limits.window_s):
                if self.trial.workload is Workload.BRINGUP:
                    await self._bring_up()
                else:
                    await self._serve()
                if self._unnoticed:
                    await self._taken_over()
                await self._look()
        except TargetError:  # there is nothing to run on
            raise
        except Exception as problem:  # whatever the runtime or a model raises, its bugs too: a trial is to find that
            self.ran.problem = self.ran.problem or told(problem)
            self._note_struck()
        finally:
            with trio.CancelScope(shield=True):
                await self.site.aclose()
        return self.ran

    async def _bring_up(self) -> None:
        for number, shots in enumerate(lives(self.trial.shots)):
            way = await self._way(shots)
            with trio.CancelScope() as life:
                way.when_reset(life.cancel)
                if not number:
                    self._begin(way, shots)
                await self._until_up(way)
            await self._over(way)
            if not life.cancelled_caught:
                return

    @property
    def _unnoticed(self) -> bool:
        """Whether something fell that nobody looks at any more.

        A service that was stopped looks no more, nor does a bring-up at what it has brought up: when the whole device
        was reset, a block fell, or a transfer was struck, whose controller was up before.
        """
        reset = any(strike.shot.kind is Kind.DEVICE for strike in self.ran.strikes)
        if self.trial.workload is Workload.BRINGUP:
            return reset or self._transferred
        return self.trial.workload is Workload.STOP and (reset or bool(self.ran.disturbed))

    async def _taken_over(self) -> None:
        """Have a new controller bring up what nobody keeps up; what it may disturb, of a chip in service, rules say."""
        way = await self.site.connect()
        self._looks()
        if self.ran.guarded:
            service, stop = serving.made(self.site, way, self.trial.seed), trio.Event()
            async with trio.open_nursery() as nursery:
                await nursery.start(serving.serve, service, stop)
                await trio.sleep(self._limits.allowed_s)
                if self._given_up(service, way):
                    await self._mended(service, way)
                    await trio.sleep(self._limits.allowed_s)
                stop.set()
        else:
            began_s = trio.current_time()
            await bring_up(self.site.firmware.fresh(), way)
            self.ran.took.append(Took("up once more", trio.current_time() - began_s, self._limits.allowed_s))
        if self.site.sim is not None:
            await way.aclose()

    async def _until_up(self, way: FaultyTransport) -> None:
        """Bring it up, again and again until it is, or should be: the next look mends what was under way at a fault."""
        limits, looked = self._limits, 0  # behind so many faults
        while True:
            began_s, limits.vain_s = trio.current_time(), 0.0
            strikes = self._strikes(way)
            if self.ran.again and len(strikes) > looked and began_s >= limits.ended_s(strikes):
                looked, limits.over_s = len(strikes), began_s
            self._looks()
            summary = await bring_up(self.site.firmware.fresh(), way, on_event=self._moved)
            now_s, strikes = trio.current_time(), self._strikes(way)
            if summary.lost is None and len(summary.up) == summary.blocks:
                self.ran.up_s = now_s
                if strikes:
                    since_s = strikes[0].time_s
                    self.ran.took.append(Took("up", now_s - since_s, limits.due_s(strikes) - since_s))
                return
            if late := limits.too_late(summary, began_s, now_s, strikes):
                self.ran.problem = f"{why(summary)}; {late}"
                return
            if began_s < limits.ended_s(strikes) or now_s <= limits.due_s(strikes):
                self.ran.again += 1
                await trio.sleep(AGAIN_S)
            elif self._locked(way):
                await self._reset(way)
            else:
                self.ran.problem = why(summary)
                return

    def _locked(self, way: FaultyTransport) -> bool:
        """Whether what struck may have left what no look can mend: a configuration that is locked and wrong."""
        struck = {strike.shot.kind for strike in self._strikes(way)}
        return self.ran.mended is None and bool(struck & MISLEADING) and isinstance(way, Resettable)

    def _given_up(self, service: Service, way: Transport) -> bool:
        """Whether a service has given up blocks that only a reset of the device may mend, and no other.

        A batch that was under way when that was reset may lock what it then left at reset.
        """
        given_up = {block for incident in service.incidents() for block in incident.gave_up}
        return (
            bool(given_up) and given_up <= self.ran.spoilt and self.ran.mended is None and isinstance(way, Resettable)
        )

    async def _mended(self, service: Service, way: Transport) -> None:
        """Reset the device, and have the service take back what it has given up, as a person would."""
        await self._reset(way)
        for block in sorted({block for incident in service.incidents() for block in incident.gave_up}):
            service.release(block)

    async def _reset(self, way: Transport) -> None:
        """Reset the device, as the policy of a chip in service does at last."""
        assert isinstance(way, Resettable), "a device that cannot be reset"
        self.ran.mended = 0 if self.site.sim is None else len(self.site.sim.log)
        self._limits.over_s = trio.current_time()
        self._times.anew(self._limits.over_s)
        await way.reset()

    async def _serve(self) -> None:
        for number, shots in enumerate(lives(self.trial.shots)):
            way, stop = await self._way(() if not number else shots), trio.Event()
            service = serving.made(self.site, way, self.trial.seed, self._happened, self._moved, self._arms.rests)
            with trio.CancelScope() as life:
                way.when_reset(life.cancel)
                async with trio.open_nursery() as nursery:
                    self._times.begin(trio.current_time())
                    await nursery.start(serving.serve, service, stop)
                    if number:
                        self._took("resumed", self.ran.strikes[-1].time_s, way)
                    else:
                        await trio.sleep(self._limits.settle_s(traffic=self.site.workload))
                        self._begin(way, shots)
                    if self.trial.workload is Workload.STOP:
                        self._stop_soon(way, stop)
                    else:
                        await self._through(way, service)
                        if not (self.ran.strikes or way.struck):  # what strikes the look at the end is of a stop
                            self.ran.count, self.ran.rises = way.count, way.rises
                        way.arm(())
                        stop.set()
            if self._told_s is not None and not life.cancelled_caught:
                self._took("stopped", self._told_s, way)
            await self._over(way)
            if not life.cancelled_caught:
                self._served(service)
                return

    async def _through(self, way: FaultyTransport, service: Service) -> None:
        """Let the service go on until all should be well again, or for its time if nothing struck."""
        await trio.sleep_until(trio.current_time() + self._limits.window_s)
        for fault in self._alarms():
            if any(strike.shot.kind is Kind.LOST for strike in way.struck):  # a sweep, and no other line, must find it
                break
            self._disturb(fault)
            await trio.sleep_until(trio.current_time() + self._limits.window_s)
        while True:
            left_s = self._limits.due_s(self._strikes(way)) - trio.current_time()
            if left_s > 0:
                await trio.sleep(left_s)
            elif self._given_up(service, way):
                await self._mended(service, way)
            else:
                return

    def _stop_soon(self, way: FaultyTransport, stop: trio.Event) -> None:
        """Tell the service to stop when it has made some accesses more, drawn by the seed."""
        told = 1 + random.Random(f"{self.trial.seed}/stop").randrange(2 * len(self._chip.instances))
        kept = way.observe

        def observe(batch: Batch, came: Results) -> None:
            if kept is not None:
                kept(batch, came)
            if way.count >= told and not stop.is_set():
                self._told_s = trio.current_time()
                stop.set()

        way.observe = observe

    def _strikes(self, way: FaultyTransport) -> list[Strike]:
        """Return what has struck so far."""
        return [*self.ran.strikes, *way.struck]

    # ---- what is seen ----

    async def _way(self, shots: tuple[Shot, ...]) -> FaultyTransport:
        """Return the next controller's way to the hardware."""
        way = faulty(
            await self.site.connect(),
            shots,
            seed=self.trial.seed,
            manner=self._manner,
            block_of=self.site.whose,
            part_of=self.site.part,
        )
        self._alive = way
        self.ran.refused = {kind: refusal for kind in Kind if (refusal := way.refusal(Shot(kind, 1)))}
        way.when_struck(self._struck)
        way.landed = self._landed
        way.observe = self._brought
        return way

    def _brought(self, batch: Batch, came: Results) -> None:
        if self._keep:
            self.ran.batches.append((batch, came))
        if self._transferred and isinstance(came.error, PollTimeout):  # of a word that was lost no answer comes
            self._limits.vain_s += came.error.timeout_s

    def _begin(self, way: FaultyTransport, shots: tuple[Shot, ...]) -> None:
        """Count from now on."""
        sim, ran = self.site.sim, self.ran
        self._limits.armed_s = trio.current_time()
        if sim is not None:
            ran.first = len(sim.log)
            ran.before = registers_of(sim) if ran.guarded else {}
            self._low = {name for name in self._chip.instances if ran.guarded and not sim.level(name)}
        if self.trial.workload is Workload.RECOVERY:
            self._disturb(disturbance(self.site, self.trial.upset))
        way.arm(shots)
        if self.trial.workload is Workload.STOP:
            for fault in self._alarms()[:1]:
                self._disturb(fault)

    def _alarms(self) -> list[LocalReset | Upset]:
        """Return what makes lines rise in this trial."""
        return alarms(self.site, self.trial.seed) if self._alarmed and self.site.sim is not None else []

    def _disturb(self, fault: LocalReset | Upset) -> None:
        """Let something happen to a block now."""
        sim = self.site.sim
        assert sim is not None, "nobody can disturb what is not simulated"
        ran, concerned = self.ran, closure(self.site, fault.block)
        sim.advance(trio.current_time() + self._offset_s)
        served = {name for name in concerned if sim.model(name).in_service}
        sim.inject(fault)
        ran.fell |= {fault.block, *(name for name in served if not sim.model(name).in_service)}
        ran.disturbed |= concerned
        self._not_well(concerned)
        self._note_down(sim)
        self._times.anew(trio.current_time())

    def _struck(self, strike: Strike) -> None:
        """Note how the chip is when the first fault strikes."""
        sim, ran = self.site.sim, self.ran
        ran.turns.append(len(ran.batches))
        if sim is not None:
            ran.marks.append(len(sim.log))
            ran.trips.append(len(ran.backs))
        if strike.shot.kind is Kind.DEVICE and sim is not None:
            told = len(sim.violations) if self._reset_at is None else self._reset_at[0]
            self._reset_at = told, len(sim.log) + strike.shot.after
            self._was_reset = True
            self._not_well(set(self._chip.instances))
        if strike.address is not None and (block := self.site.whose(strike.address)) in self._ways:
            self._transferred = True
            ran.transfers.append(Transfer(block, 0 if sim is None else len(sim.log)))
        if strike.what == "write" and strike.address is not None and strike.shot.kind is not Kind.DEVICE:
            self._not_well({self.site.whose(strike.address)})
        if self.ran.guarded:
            self._seen_well(*sorted(self._chip.instances.keys() - self._touched))
        if self._since:
            return
        self._since = True
        ran.struck = 0 if sim is None else len(sim.log)
        self._before = {} if sim is None else dict(sim.traffic)

    def _seen_well(self, *blocks: str) -> None:
        """Note that blocks are up and well from now on."""
        ran, now = self.ran, 0 if self.site.sim is None else len(self.site.sim.log)
        known = {one.block for one in ran.well if one.last is None}
        ran.well += [Well(name, now) for name in blocks if name not in known]

    def _not_well(self, blocks: set[str]) -> None:
        """Note that something was done to blocks: they are well once they have come up again."""
        now = 0 if self.site.sim is None else len(self.site.sim.log)
        self._touched |= blocks
        for one in self.ran.well:
            if one.block in blocks and one.last is None:
                one.last = now

    def _landed(self) -> None:
        """Excuse what was out when the device was reset. What it wrote after that may stay.

        If that came behind all of it, what the next one reads is excused, and nothing that it writes: a sweep looks at
        blocks by what it saw of those below them in the round trip before; whoever acts makes sure in the same one.
        """
        sim = self.site.sim
        if sim is not None:
            self._note_down(sim)
            self.ran.backs += [len(sim.log)] if self.ran.marks else []
            for transfer in self.ran.transfers:
                transfer.back = len(sim.log) if transfer.back is None else transfer.back
        if sim is None or self._reset_at is None:
            return
        self._not_well(set(self._chip.instances))
        told, accesses = self._reset_at
        broken = enumerate(sim.broke[told:], told)
        self._excused |= {rule for rule, at in broken if not (self._behind and sim.log[at - 1][2])}
        if not self._behind:
            self.ran.spoilt |= {access.block for access in sim.accesses(accesses) if access.write}
        self._behind = len(sim.log) <= accesses
        if not self._behind:
            self._reset_at = None

    def _note_down(self, sim: LoggedChip) -> None:
        """Note what has fallen by now of what may be written, where no fault strikes that would explain more."""
        if not self.trial.shots:
            fallen = (name for name in self.ran.disturbed - self.ran.down.keys() if not stands(sim, name))
            self.ran.down.update(dict.fromkeys(fallen, len(sim.log)))

    def _looks(self) -> None:
        """Note that all is looked at from here on."""
        if self.site.sim is not None:
            self.ran.looks.append(len(self.site.sim.log))

    def _moved(self, progress: Progress) -> None:
        """Take what a controller says of a block: one that shows its whole ladder is well from now on.

        So is one that is degraded for it is not full, as on the heap (`health`), for no act follows from that. Who is
        degraded since a field of the ladder drifted is not: it serves, and is written once the rest is up.
        """
        arm = f"{self._chip.instances[progress.block].type}.{progress.rung}"
        if progress.state in IN_SERVICE and arm not in self._rungs and self._stands(progress.block):
            self._seen_well(progress.block)
        if (self._since or self.ran.disturbed) and arm in self._rungs:
            self.ran.arms[arm] += 1

    def _stands(self, block: str) -> bool:
        """Whether a block is up that is said to be: the look may be from before the whole device was reset."""
        sim = self.site.sim
        return sim is not None and sim.model(block).in_service and (not self._was_reset or stands(sim, block))

    def _happened(self, event: Event) -> None:
        self._arms.happened(event)
        self._times.happened(event)

    def _took(self, what: str, since_s: float, way: FaultyTransport) -> None:
        """Note how long something took that is done now."""
        self.ran.took.append(self._times.until(what, since_s, trio.current_time(), self._strikes(way)))

    def _served(self, service: Service) -> None:
        """Note what the service knows of its troubles."""
        ran = self.ran
        incidents = service.incidents()
        self._arms.ended(incidents)
        ran.took += [self._times.of(one, ran.strikes) for one in incidents if one.ended_s is not None]
        still = [incident for incident in incidents if not incident.recovered]
        if still and self.trial.workload is not Workload.STOP:
            ran.problem = f"incident of {still[0].root or 'the chip'} is not over: {still[0].cause}; {still[0].steps}"

    async def _over(self, way: FaultyTransport) -> None:
        """Note what struck a controller that has ended, and end its way."""
        self._note_struck()
        if self.site.sim is not None:
            await way.aclose()

    def _note_struck(self) -> None:
        ran, way = self.ran, self._alive
        self._alive = None
        if way is None:
            return
        if not (ran.strikes or ran.count):
            ran.count, ran.rises = way.count, way.rises
        ran.strikes += way.struck
        ran.missed += way.missed
        ran.zombies += way.zombies

    async def _look(self) -> None:
        """Have a new controller resume what was left, over a way without faults."""
        sim, ran = self.site.sim, self.ran
        way = await self.site.connect()
        if sim is not None:
            ran.resumed = len(sim.log)
            ran.registers = registers_of(sim)
            ran.raised = frozenset(name for name in self._low if sim.level(name))
            ran.wrote = frozenset(access.block for access in sim.accesses(ran.first) if access.write)
            if ran.struck:
                ran.lost, ran.corrupt = (sim.traffic.get(what, 0) - self._before.get(what, 0) for what in SPOILT)
        ran.judges = isinstance(way, Judge)
        ran.rules = {at: rule for at, rule in (await _rules(way)).items() if at not in self._excused}
        ran.summary = await bring_up(self.site.firmware.fresh(), way)
        if sim is not None:
            await way.aclose()


async def _rules(way: Transport) -> dict[int, str]:
    """Return the rules of the hardware that were broken, each by its number; what became of packets is told apart."""
    if not isinstance(way, Judge):
        return {}
    return {at: rule for at, rule in enumerate((await way.judge()).violations) if ": traffic " not in rule}
