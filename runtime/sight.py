"""What a keeper sees of its blocks: each behind its ground, and without what was left as it is."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from functools import partial
from typing import TypeVar

import trio
from attrs import evolve

from blocks.look import Look, Shortfall, Wrong
from runtime.climb import RETRIES_MAX, Steps
from runtime.fault import Cause, Fault
from runtime.graph import Graph
from runtime.guard import Ground, Sentries, Sentry
from runtime.policy import Kind, Trouble
from runtime.requests import Purpose, Run
from runtime.trouble import bug_of, evidence_of, missing_of
from runtime.unit import Unit
from runtime.wider import Fleet
from runtime.witness import besides, drifted, proves
from transports.batch import Batch, Results
from transports.bus import Bus
from transports.errors import DeviceLost, Indeterminate, TransportError, Unavailable

T = TypeVar("T")


class Sight:
    """The looks at the blocks of one chip, and what they say.

    Args:
        bus: the chip's own.
        lose: called when the chip does not answer any more.

    Attributes:
        left: the rungs that are left as they are, and what was seen there.
        spare: by block, the rungs that were found to drift at the begin, and of which nobody has decided yet.
    """

    def __init__(
        self, fleet: Fleet, graph: Graph, sentries: Sentries, bus: Bus, lose: Callable[[DeviceLost], None]
    ) -> None:
        self._fleet, self._graph, self._sentries, self._bus, self._lose = fleet, graph, sentries, bus, lose
        self.left: Mapping[tuple[str, int], str] = {}
        self.spare: dict[str, tuple[int, ...]] = {}
        self._wrong: dict[str, tuple[Wrong, ...]] = {}  # the fields for which something is left as it is

    def bare(self, unit: Unit) -> tuple[Batch, Callable[[Results], object]]:
        """Return the look at a block without its ground and what is left as it is, and what judges it."""
        if unit.ignored:
            sentry = self._sentries.of(unit.name, self._graph.ladders, self.left)
            return sentry.batch, sentry.judge
        look = unit.plan.whole
        return look.batch.prepared.at(unit.seat.offset), partial(look.judge, owner=unit.name)

    def sentry(self, unit: Unit, *, acting: bool = False) -> Sentry:
        """Return the look at a block behind its ground, in which what others left as it is does not count.

        Args:
            acting: but for what it lacks for that.
        """
        lacking = self.lacking if acting else ()
        left = (place for place in self.taken if place[0] != unit.name and place not in lacking)
        return self._sentries.of(unit.name, left=left)

    @property
    def taken(self) -> Collection[tuple[str, int]]:
        """The rungs that are taken as they are: what stands on them stands."""
        if not self.spare:
            return self.left
        return (*self.left, *((name, index) for name, indices in self.spare.items() for index in indices))

    @property
    def lacking(self) -> Collection[tuple[str, int]]:
        """Those of them that whoever stands on it lacks, as after an act that disturbs: no act counts on these."""
        return [place for place in self.taken if place[1] in self._fleet.units[place[0]].plan.undone]

    def reach(self, unit: Unit) -> int:
        """Return up to which rung of a block that serves its users may count on it."""
        return min((index for name, index in self.lacking if name == unit.name), default=len(unit.plan.ladder))

    def forget(self, unit: Unit, seen: Shortfall) -> bool:
        """Leave the rungs below the lowest that does not hold no more as they are; say whether there were any."""
        back = [index for name, index in self.left if name == unit.name and index < seen.index]
        self.left = {place: was for place, was in self.left.items() if place[0] != unit.name or place[1] not in back}
        unit.left.forget([unit.plan.ladder[index].name for index in back])
        return bool(back)

    async def look(
        self, unit: Unit, *, ground: bool = False, acting: bool = False
    ) -> Ground | Shortfall | Fault | None:
        """Look at a block and its ground, and note how many of its rungs stand."""
        seen = await self._seen(self.sentry(unit, acting=acting).look(trio.current_time(), ground=ground), unit)
        left = unit.ignored and isinstance(seen, Shortfall) and self.known(unit, seen)
        if left:  # and what is above?
            steps = self._sentries.of(unit.name, left=self.left).look(trio.current_time())
            above = await self.drive(steps, unit)
            left, seen = above is None, above or seen
        if not (ground or left) and (seen is None or isinstance(seen, Shortfall)):
            self._fleet.board.stands(unit.name, len(unit.plan.ladder) if seen is None else seen.index)
        return seen

    async def drive(self, steps: Steps[T], unit: Unit) -> T | Fault:
        """Drive a climb, or a look; what the block's own code raises is its fault."""
        try:
            return await self._fleet.pilot.drive(steps, unit.port)
        except Exception as bug:
            return bug_of(unit, bug)

    async def reachable(self, why: TransportError) -> None:
        """Lose the device when its identity register does not answer either."""
        identity = self._bus.identity
        if identity is None:
            return
        came = await self._bus.submit(Batch((identity,)), owner="")
        if isinstance(came.error, (Unavailable, Indeterminate)):
            self._lose(DeviceLost(f"the chip does not answer: {why.reason}"))

    def ignore(self, unit: Unit, seen: Shortfall | None) -> None:
        """Leave a rung as it is, too, or none any more: the block, and what stands on it, stand without it."""
        unit.ignored = seen is not None
        if seen is None:
            self.left = {place: was for place, was in self.left.items() if place[0] != unit.name}
            self._wrong.pop(unit.name, None)
            return
        same = {(unit.name, index): evidence_of(seen) for index in besides(unit.plan.ladder, seen)}
        self.left = {**self.left, **same}
        self._wrong[unit.name] = (*self._wrong.get(unit.name, ()), *seen.wrong)

    def known(self, unit: Unit, seen: Shortfall | Fault) -> bool:
        """Say whether what was seen is what was left as it is."""
        if not self.left and not unit.left.evidence:
            return False
        was = evidence_of(seen)
        if unit.left.again:  # it is tried again after a pause
            return unit.left.rests(was, missing_of(seen), trio.current_time())
        left = isinstance(seen, Shortfall) and self._is_left(unit, seen, was)
        return left or unit.left.rests(was, missing_of(seen), trio.current_time())

    def _is_left(self, unit: Unit, seen: Shortfall, was: str) -> bool:
        """Say whether a rung is left as it is, as it is now; where others fell for the same fields, with those."""
        known, told = self.left.get((unit.name, seen.index)), self._wrong.get(unit.name, ())
        return known == was or (known is not None and bool(seen.wrong) and all(wrong in told for wrong in seen.wrong))

    async def trouble(self, unit: Unit, seen: Shortfall | Fault) -> Trouble:
        """Say what kind of trouble it is: a field that drifted while the block serves, or a state that is lost."""
        if isinstance(seen, Fault):
            return Trouble(Kind.FAULT, seen.cause, unseen=seen.cause is Cause.BUS)
        rung = unit.plan.ladder[seen.index]
        if unit.served and drifted(seen) and await self._still_serves(unit, seen.index):
            return Trouble(Kind.DRIFT, disturbs=rung.disturbs, barred=await self._bars(unit, seen.index))
        return Trouble(Kind.LOST, disturbs=rung.disturbs)

    async def _still_serves(self, unit: Unit, index: int) -> bool:
        """Say whether a block serves but for this rung: it was not reset, and no act that disturbs was left half-way.

        A rung that only an act can have made hold says the one, the rungs that such acts undo say the other. What
        hardware moves of the rung itself has to hold.
        """
        ladder = unit.plan.ladder
        above = [at for at in range(index + 1, len(ladder)) if (unit.name, at) not in self.left]
        looked = {at for at in above if at in unit.plan.undone}
        if not any(proves(rung) for rung in ladder.rungs[:index]):
            if not (proofs := [at for at in above if proves(ladder[at])]):
                return False
            looked.add(proofs[-1])
        return await self._stand(unit, unit.plan.moved(index), *map(unit.plan.alone, sorted(looked)))

    async def spares(self, unit: Unit) -> Shortfall | None:
        """Return the first field that drifted of a block in service, if all serves but for such; it is spared."""
        unit.served = True  # as the hardware says: or nobody would have asked
        drifts = await self.drifts(unit)
        unit.served = bool(drifts) and await self.works(unit) is True
        if not unit.served:
            return None
        self.spare[unit.name] = tuple(index for seen in drifts for index in besides(unit.plan.ladder, seen))
        return drifts[0]

    async def drifts(self, unit: Unit) -> tuple[Shortfall, ...]:
        """Return all that drifted while a block serves; nothing where it lacks anything else."""
        found: list[Shortfall] = []
        known: set[tuple[str, int]] = set()
        while True:
            others = (place for place in self.taken if place[0] != unit.name)
            steps = self._sentries.of(unit.name, left=(*others, *known)).look(trio.current_time())
            seen = await self._seen(steps, unit)
            if seen is None:
                return tuple(found)
            if not isinstance(seen, Shortfall) or (await self.trouble(unit, seen)).kind is not Kind.DRIFT:
                return ()
            found.append(seen)
            known.update((unit.name, index) for index in besides(unit.plan.ladder, seen))

    async def _stand(self, unit: Unit, *looks: Look) -> bool:
        """Say whether some looks at a block, behind its ground, see what they should."""
        return await self._judged(unit, *looks) is None

    async def _judged(self, unit: Unit, *looks: Look) -> Ground | Shortfall | TransportError | Fault | None:
        """Return what some looks at a block, behind its ground, do not see as it should be, or why they do not see."""
        sees = [look for look in looks if look.places]
        if not sees:
            return None
        sentry = self.sentry(unit).before(*sees)
        came = await self.drive(_once(sentry.batch), unit)
        await trio.lowlevel.checkpoint_if_cancelled()  # frozen meanwhile: nothing is noted after that
        if isinstance(came, Fault):
            return came
        try:
            return sentry.judge(came)
        except TransportError as error:
            return error

    async def _bars(self, unit: Unit, index: int) -> str:
        """Return what bars the act of a rung: the first that it checks and that does not hold; empty: nothing."""
        short = await self._judged(unit, unit.plan.demanded(index))
        return f"{short.register} wanted {short.wanted}, last {short.last}" if isinstance(short, Shortfall) else ""

    async def works(self, unit: Unit) -> Ground | bool:
        """Say whether all that hardware moves is as it should be: the block serves, whatever software wrote elsewhere.

        Returns:
            What it stands on, where that does not stand: the block was not touched.

        Raises:
            DeviceLost: the device is gone.
        """
        ladder = unit.plan.ladder
        moved = [look for at in range(len(ladder)) if (look := unit.plan.moved(at)).places]
        if not moved:
            return True
        sentry = self.sentry(unit).before(*moved)
        came = await bus_of(unit).submit(sentry.batch, owner=unit.name)
        try:
            seen = sentry.judge(came)
        except DeviceLost:
            raise
        except TransportError:
            return False
        return seen if isinstance(seen, Ground) else seen is None

    async def failed(self, unit: Unit, fault: Fault, drift: Trouble) -> Trouble | Ground:
        """Return what a climb that would have mended a drift has left, or what fell below the block meanwhile."""
        if fault.cause is Cause.BUG:
            return Trouble(Kind.FAULT, fault.cause)
        works = await self.works(unit)
        if isinstance(works, Ground):
            return works
        if not works:
            return Trouble(Kind.FAULT, fault.cause)
        return evolve(drift, cause=fault.cause) if fault.cause is Cause.WITHHELD else drift

    async def full(self, unit: Unit) -> Ground | Shortfall | Fault | None:
        """Look whether a block that is up is full, behind its ground; None: it is, or has no ladder that says it."""
        if unit.full is None:
            return None
        sentry = self.sentry(unit).before(unit.full.whole)
        return await self._seen(sentry.look(trio.current_time(), retries_max=RETRIES_MAX), unit)

    async def _seen(
        self, steps: Steps[Ground | Shortfall | Fault | None], unit: Unit
    ) -> Ground | Shortfall | Fault | None:
        """Return what a look saw; where nothing answered, ask the chip whether it is there."""
        seen = await self.drive(steps, unit)
        await trio.lowlevel.checkpoint_if_cancelled()  # what came before it was frozen is not acted on after that
        if isinstance(seen, (Fault, Ground)) and isinstance(seen.error, (Unavailable, Indeterminate)):
            await self.reachable(seen.error)
        return seen


def _once(batch: Batch) -> Steps[Results]:
    """Run a batch that looks, with those of others."""
    reply = yield Run(batch, Purpose.LOOK, "")
    assert reply.results is not None, "a batch without results"
    return reply.results


def bus_of(unit: Unit) -> Bus:
    """Return the bus that leads to a block."""
    assert isinstance(unit.port.bus, Bus), "a port without a bus"
    return unit.port.bus
