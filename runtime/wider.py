"""Recoveries that reach further than one block: put to rest in order, reset, and let each climb again.

One task does them, one after the other. The blocks are taken from their own tasks first, so that nobody touches them
meanwhile; nobody is waited for: what a task was at is dropped, and each looks for itself when it is given back.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from functools import partial
from typing import Protocol

import trio
from attrs import frozen

from blocks.chip.supervision import Drift, Level, Supervision
from runtime import timer
from runtime.board import Board
from runtime.climb import Climbed, Plan, climb, granted, silent
from runtime.fault import Cause, Fault
from runtime.footing import Footing, Needs
from runtime.found import By
from runtime.graph import Graph
from runtime.guard import Sentries
from runtime.incident import What
from runtime.ledger import Ledger
from runtime.pilot import Pilot
from runtime.policy import Vote, backoff_s, merge
from runtime.summary import IN_SERVICE
from runtime.unit import PROGRESS_S_MAX, Unit
from transports.base import Resettable
from transports.bus import Bus
from transports.errors import CheckFailed, DeviceLost, TransportError, ended


class Fleet(Protocol):
    """The blocks, and what drives their climbs."""

    @property
    def units(self) -> Mapping[str, Unit]:
        """The blocks, by name."""
        ...

    @property
    def board(self) -> Board:
        """Where each block's state is noted."""
        ...

    @property
    def pilot(self) -> Pilot:
        """What drives the climbs."""
        ...

    async def contained(self, unit: Unit, step: Callable[[Unit], Awaitable[None]]) -> Fault | None:
        """Take one step of a block; what goes wrong in it stays with the block, and is returned."""
        ...


@frozen
class _Job:
    block: str
    level: Level  # CLIMB: nothing is reset, its users are only put to rest
    stays: bool = False  # what was put to rest does not come back by itself

    @property
    def vote(self) -> Vote:
        """What it asks for."""
        return Vote[self.level.name]


class Wider:
    """Does the resets that one block's own task may not do.

    Args:
        rule: how a block is supervised; its domain is the block that clocks and resets its cluster.
        spared: says of a block whether it may not be disturbed while it serves.

    Attributes:
        stayed: called with a block that was put to rest on purpose, once it rests.
        lapsed: called with each block that came to rest, or was reset: what was left of it as it is, is so no more.
        quieted: called with a block for which others were to be put to rest, once they rest.
        refused: called with a block for which a recovery was not done, or not to its end, and how far it was to reach.
    """

    def __init__(
        self,
        fleet: Fleet,
        graph: Graph,
        sentries: Sentries,
        footing: Footing,
        ledger: Ledger,
        bus: Bus,
        rule: Callable[[str], Supervision],
        spared: Callable[[str], bool],
    ) -> None:
        self._fleet, self._graph, self._sentries, self._ledger = fleet, graph, sentries, ledger
        self._footing, self._bus, self._rule, self._spared = footing, bus, rule, spared
        self._jobs: deque[_Job] = deque()
        self._now: _Job | None = None  # the one under way; where that was cut short, the last
        self._bell = trio.Event()
        self._reached: tuple[str, ...] = ()  # by the recovery under way, as far as it can be left off
        self._act = trio.CancelScope()
        self._restless: list[str] = []  # in the recovery under way: what did not come to rest
        self._unseen: set[str] = set()  # of these, what may serve or not: nobody knows
        self._came: set[str] = set()  # and what did, or was reset
        self.stayed: Callable[[str], None] = lambda _block: None
        self.lapsed: Callable[[Unit], None] = lambda _unit: None
        self.quieted: Callable[[Unit], None] = lambda _unit: None
        self.refused: Callable[[Unit, Level], None] = lambda _unit, _level: None

    def reset(self, block: str, level: Level) -> None:
        """Reset a block, its cluster or the chip, soon; until then and meanwhile its own task does nothing."""
        self._add(_Job(block, level))

    def rest(self, block: str) -> None:
        """Put a block to rest, soon, with the other ends of its links, and before them what stands on it; it stays so.

        Raises:
            ValueError: somebody stands in the way.
        """
        job = _Job(block, Level.BLOCK, stays=True)
        if why := next(filter(None, (self._kept(self._fleet.units[name], job) for name in self._scope(job))), ""):
            raise ValueError(f"{block} is not put to rest: {why}")
        self._add(job)

    @property
    def resting(self) -> tuple[str, ...]:
        """The blocks that are to be put to rest on purpose, and do not rest yet."""
        return tuple(job.block for job in (self._now, *self._jobs) if job is not None and job.stays)

    def disturbs(self, unit: Unit, level: Level) -> bool:
        """Say whether a reset at this level would reach somebody else who serves."""
        others = (name for name in self._scope(_Job(unit.name, level)) if name != unit.name)
        return any(self._fleet.board.states[name] in IN_SERVICE for name in others)

    def quiesce(self, block: str) -> None:
        """Put to rest what stands on a block, soon, and let it go on."""
        self._add(_Job(block, Level.CLIMB))

    def leave_off(self, block: str) -> None:
        """Leave off the recovery under way where it reaches a block that is held from now on."""
        if block in self._reached:
            self._act.cancel()

    async def run(self) -> None:
        """Do what is asked for, until cancelled."""
        while True:
            await self._bell.wait()
            self._bell = trio.Event()
            while self._jobs:
                self._now = self._widest()
                await self._do(self._now)
                self._now = None

    def kept_off(self, unit: Unit) -> bool:
        """Say whether a block, or what it stands on, is held for a person: to look at it would touch that."""
        return unit.held or any(self._fleet.units[name].held for name, _ in self._sentries.ground(unit.name))

    def can(self, unit: Unit) -> frozenset[Level]:
        """Return the levels at which a block can be reset; once it was given up, where that disturbs nobody else."""
        levels: set[Level] = set()
        if unit.rest is not None:
            levels.add(Level.BLOCK)
        if domain := self._rule(unit.name).domain:
            if self._fleet.units[domain].rest is not None:
                levels.add(Level.CLUSTER)
        if isinstance(self._bus.transport, Resettable):
            levels.add(Level.CHIP)
        return frozenset(level for level in levels if not (unit.history.tried and self.disturbs(unit, level)))

    def waits(self, block: str) -> None:
        """Have the other end of a block's link looked at, if it is in service: the block may have taken it along."""
        for name in self._other_ends((block,)):
            if self._fleet.board.states[name] in IN_SERVICE:
                self._fleet.units[name].hint(By.NEIGHBOUR)

    def _add(self, job: _Job) -> None:
        self._fleet.units[job.block].frozen = True
        self._fleet.board.put_off(job.block)
        self._jobs.append(job)
        self._bell.set()

    def _widest(self) -> _Job:
        """Take the job that the blocks agree on."""
        agreed = merge(job.vote for job in self._jobs)
        widest = next(job for job in self._jobs if job.vote is agreed)
        self._jobs.remove(widest)
        return widest

    def _top(self, job: _Job) -> str:
        return self._rule(job.block).domain if job.level is Level.CLUSTER else job.block

    def _scope(self, job: _Job) -> tuple[str, ...]:
        """Return the blocks that are put to rest, those first that stand on others."""
        if job.level is Level.CHIP:
            return self._graph.stop_order(self._graph.ladders)
        top = self._top(job)
        found = {top, *self._graph.blocks_after(top)}
        while job.stays and (ends := self._other_ends(found)):
            found.update(ends, self._graph.blocks_after(*ends))
        return self._graph.stop_order(found)

    def _other_ends(self, blocks: Collection[str]) -> set[str]:
        """Return the other ends of the links of some blocks: a link with one end at rest is down at both."""
        return {self._rule(name).partner for name in blocks} & self._graph.ladders.keys() - {*blocks}

    async def _do(self, job: _Job) -> None:
        scope = self._scope(job)
        units = [self._fleet.units[name] for name in scope]
        kept = [why for unit in units if (why := self._kept(unit, job))]
        if merge([job.vote, *(Vote.HOLD for _ in kept)]) is Vote.HOLD:
            what = "put to rest" if job.stays else "reset"
            self._ledger.step(job.block, f"not {what}: {kept[0]}, and would be {what} with it")
            self._fleet.units[job.block].thaw()
            self._ends(job, done=False)
            return
        self._jobs = deque(other for other in self._jobs if other.block not in scope or other.stays)  # done with it
        for unit in reversed(units):
            unit.freeze()
            if self._falls(unit, job):
                why = "the chip is reset" if job.level is Level.CHIP else f"put to rest for {self._top(job)}"
                self._ledger.fell(unit.name, why)  # with what it did last before anything is done to it
        self._restless, self._unseen, self._came, calm, done = [], set(), set(), False, False
        try:
            resting = [unit for unit in units if job.level is not Level.CLIMB or unit.name != job.block]
            self._reached = scope
            with trio.CancelScope() as self._act:
                calm = await self._rest(resting, job)
                await trio.lowlevel.checkpoint_if_cancelled()  # who was lost meanwhile has not come to rest
                if job.level is Level.CHIP:
                    self._reached = ()  # who asks by now to hold a block comes too late
                    if await self._chip(job):
                        self._came.update(scope)
            held = [unit.name for unit in units if unit.held]
            if self._act.cancelled_caught and held:
                self._ledger.step(job.block, f"left off: {held[0]} is held for a person")
            done = calm and not self._act.cancelled_caught
        finally:
            self._reached = ()
            for unit in reversed(units):
                self._back(unit, job, done=done)
            self._ends(job, done=done)

    def _back(self, unit: Unit, job: _Job, *, done: bool) -> None:
        """Give a block back."""
        if unit.name in self._came:
            self.lapsed(unit)
        if job.stays:
            self._stay(unit, job, done=done)
        elif unit.name == job.block and job.level is Level.CLIMB:
            unit.thaw()
        else:
            self._fleet.board.stands(unit.name, 0)
            unit.due = unit.due or unit.name not in self._fleet.board.faults
            unit.thaw(rested=unit.name in self._came)

    def _ends(self, job: _Job, *, done: bool) -> None:
        """Tell whoever asked."""
        unit = self._fleet.units[job.block]
        if job.stays and done:
            self.stayed(job.block)
        elif not job.stays and not done:
            self.refused(unit, job.level)
        elif job.level is Level.CLIMB:
            self.quieted(unit)

    def _kept(self, unit: Unit, job: _Job) -> str:
        """Return why a block has to stay as it is; empty: it may be put to rest, and reset."""
        if unit.held:
            return f"{unit.name} is held for a person"
        board, ground = self._fleet.board, self._sentries.ground(unit.name)
        if unit.name != job.block and board.states[unit.name] in IN_SERVICE and self.kept_off(unit):
            return f"{unit.name} stands on one that is held for a person"
        serves = board.states[unit.name] in IN_SERVICE
        if job.level is Level.CLIMB:  # what drifted serves, and so does who only waits for that
            ground = tuple(need for need in ground if need[0] != job.block)
            fell = self._ledger.number(unit.name) is not None and not self._ledger.given_up(unit.name)
            serves = serves or (unit.served and unit.name not in board.faults and not fell)
        serves = serves and all(board.standing[name] >= least for name, least in ground)
        if not serves or unit.name == job.block:
            return ""
        if self._spared(unit.name):
            return f"{unit.name} serves, its rule is never to disturb that"
        return "" if job.stays or not unit.ignored else self._left(unit, job)

    def _left(self, unit: Unit, job: _Job) -> str:
        """Return why a block that is left as it is, and serves, has to stay so."""
        rule = unit.ruled(self._rule(unit.name))
        if rule.drift is Drift.HOLD:
            return f"{unit.name} is held by its rule"
        mends = rule.drift is Drift.REPAIR and job.level is Level.CLIMB
        return f"{unit.name} serves with a field that no climb mends, so it would not come back" if mends else ""

    def _stay(self, unit: Unit, job: _Job, *, done: bool) -> None:
        """Give back a block that was put to rest to stay so; if that was not done, it comes up again."""
        if unit.rested:
            unit.frozen = False
        elif done:
            unit.stay(job.block)
            self._fleet.board.rest(unit.name)
            why = "on purpose" if unit.name == job.block else f"for {job.block}"
            self._ledger.gave_up(unit.name, f"put to rest {why}", What.RESTED)
        else:
            unit.thaw()
            self._fleet.board.stands(unit.name, 0)
            unit.wake()

    def _falls(self, unit: Unit, job: _Job) -> bool:
        """Say whether a recovery takes a block out of service."""
        if job.stays or (unit.name == job.block and job.level is Level.CLIMB):
            return False
        return self._fleet.board.states[unit.name] in IN_SERVICE or unit.served

    async def _chip(self, job: _Job) -> bool:
        """Reset the chip; say whether that was done."""
        transport, done = self._bus.transport, False
        assert isinstance(transport, Resettable), "a chip that cannot be reset"
        self._ledger.step(job.block, "the chip is reset", Level.CHIP.name.lower())
        with trio.move_on_after(PROGRESS_S_MAX) as scope:
            try:
                await transport.reset()
                done = True
            except TransportError as error:
                self._ledger.step(job.block, f"the reset failed: {error}")
        if scope.cancelled_caught:
            self._ledger.step(job.block, f"the reset failed: it took longer than {PROGRESS_S_MAX:.3g} s")
        return done

    async def _rest(self, units: Sequence[Unit], job: _Job) -> bool:
        """Put blocks to rest, row by row; what is not clocked has nothing to bring to rest, and is passed over.

        Returns:
            Whether all came to rest that may serve. Where one did not, nobody below it is touched: it would lose its
            clock. A reset of the chip goes on beside it.
        """
        what = "quiesced" if job.level is Level.CLIMB else job.level.name.lower()
        said = f"{len(units)} put to rest" if units else "nothing stands on it"
        self._ledger.step(job.block, said, "" if job.level is Level.CLIMB else what)
        done: set[str] = set()
        waiting = list(units)
        while waiting:
            users = {name: set(self._graph.blocks_after(name)) for name in (unit.name for unit in waiting)}
            left = {unit.name for unit in waiting}
            row = [unit for unit in waiting if not (users[unit.name] & left)]
            async with trio.open_nursery() as nursery:
                for unit in row:
                    if not any(self._stops(name, job) for name in users[unit.name].intersection(self._restless)):
                        nursery.start_soon(self._rested, unit, job)
            if job.level is not Level.CHIP and (serving := [name for name in self._restless if self._stops(name, job)]):
                what = "put to rest" if job.stays else "quiesced" if job.level is Level.CLIMB else "reset"
                self._ledger.step(job.block, f"not {what}: {serving[0]} did not come to rest")
                return False
            done |= {unit.name for unit in row}
            waiting = [unit for unit in waiting if unit.name not in done]
        return True

    def _stops(self, block: str, job: _Job) -> bool:
        """Say whether a recovery goes no further where a block did not come to rest.

        What has failed serves nobody; and who can be seen, and does not rest, keeps nobody from a reset.
        """
        if job.stays or block == job.block or block in self._fleet.board.faults:
            return job.stays
        return block in self._unseen or job.level is Level.CLIMB

    def _clocks(self, block: str) -> Needs:
        """Return what clocks a block, what clocks that, and so on down to what the last stands on.

        That is enough for its registers to answer; what it works with need not stand.
        """
        chain = [block]
        while domain := self._rule(chain[-1]).domain:
            chain.append(domain)
        enough = {*chain, *(name for name, _ in self._sentries.ground(chain[-1]))}
        first = chain[min(1, len(chain) - 1)]
        ground = self._sentries.ground(first)
        needs = tuple((name, rungs) for name, rungs in ground if name in enough)
        if first != block:
            needs += ((first, len(self._graph.ladders[first])),)
        return needs

    async def _rested(self, unit: Unit, job: _Job) -> None:
        with trio.move_on_after(PROGRESS_S_MAX) as scope:
            fault = await self._fleet.contained(unit, partial(self._one, job))
            if fault is not None:
                self._restive(unit, fault.reason)
        if scope.cancelled_caught:
            self._restive(unit, f"it took longer than {PROGRESS_S_MAX:.3g} s, and was ended")

    def _restive(self, unit: Unit, reason: str) -> None:
        self._restless.append(unit.name)
        self._ledger.step(unit.name, f"did not come to rest: {reason}")

    async def _one(self, job: _Job, unit: Unit) -> None:
        if unit.rest is None or unit.rested:
            return
        if self.kept_off(unit):
            if job.stays:
                self._restive(unit, "what it stands on is held for a person")
            return
        needs = self._clocks(unit.name)
        fell = await self._fleet.pilot.drive(self._footing.look(needs), unit.port)
        if isinstance(fell, CheckFailed):  # it has no clock
            if job.stays and not self._fleet.board.down(unit.name):
                self._restive(unit, "what it stands on is not up now")
            return
        if fell is not None:
            _still_there(fell)
            self._restive(unit, f"what clocks it cannot be seen: {fell}")
            self._unseen.add(unit.name)
            return
        outcome = await self._quiesced(unit, unit.rest, needs)
        if isinstance(outcome, Fault):
            _still_there(outcome.error)
            self._restive(unit, outcome.reason)
            return
        self._came.add(unit.name)
        if outcome.acted:
            self._ledger.touched(unit.name)

    async def _quiesced(self, unit: Unit, plan: Plan, needs: Needs) -> Climbed | Fault:
        """Put one block to rest; one that answers with errors is tried as often as its rule has attempts."""
        rule, tried = self._rule(unit.name), 0
        acts = partial(self._ledger.rests, unit.name)
        while True:
            steps = silent(climb(plan, unit.seat, trio.current_time(), consent=granted, watching=True), acts)
            outcome = await self._fleet.pilot.drive(self._footing.sure(steps, unit.name, needs), unit.port)
            tried += 1
            if isinstance(outcome, Climbed) or outcome.cause is not Cause.BUS or tried >= rule.attempts:
                return outcome
            await timer.sleep(backoff_s(rule, tried))


def _still_there(error: TransportError | None) -> None:
    """See that the connection is not over: who was to rest then is so over the next one.

    Raises:
        DeviceLost: it is.
    """
    if error is not None and ended(error):
        raise DeviceLost(error.reason)
