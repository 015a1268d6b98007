"""One supervised task a block: brings it up, and goes on as its keeper says where there is one.

A block that fails, fails alone: its error is contained and told with evidence, and all others go on. Only the loss of
the device stops everything. The supervisor never awaits what it supervises; it waits until nothing moves any more.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol, TypeVar

import trio
from attrs import evolve

from blocks.chip import Verdict
from blocks.ladder import Rung
from blocks.look import Shortfall
from runtime.board import Board
from runtime.climb import Climbed, Consent, Steps, climb, look
from runtime.fault import Cause, Fault
from runtime.pilot import Pilot
from runtime.recorder import Recorder
from runtime.summary import State
from runtime.trouble import bug_of
from runtime.unit import Unit
from transports.errors import DeviceLost

SLICE = 32  # blocks that are begun, or ended, in one go: a task costs trio 30 us, and nobody is served meanwhile

T = TypeVar("T")


class Keep(Protocol):
    """What goes on once a block's first climb is over, and sees that it ends."""

    async def watch(self) -> None:
        """See that every block makes progress, from the begin until cancelled."""
        ...

    async def run(self) -> None:
        """What is beside the blocks' own tasks, until cancelled."""
        ...

    async def keep(self, unit: Unit) -> None:
        """The rest of a block's own task, until cancelled."""
        ...

    def consent(self, block: str, rung: Rung) -> bool:
        """Say whether an act may disturb a block in service."""
        ...

    async def spared(self, unit: Unit) -> bool:
        """Say whether a block in service, about which nothing was done yet, serves as it is."""
        ...

    def sure(self, steps: Steps[T | Fault], block: str) -> Steps[T | Fault]:
        """Return a climb, or a look, whose batches touch the block only where what it stands on stands."""
        ...


class Supervisor:
    """Supervises the units of one chip.

    Args:
        board: where each block's state is noted.
        recorder: where the evidence of faults comes from.
        kill: called with the reason when the device is lost: not one access may leave after that.
        consent: asked before an act that disturbs a block in service.
        pilot: drives the climbs; default: each block's own task does.

    Attributes:
        lost: why the device is gone; None while it is there.
        acted: the blocks on which a rung was acted; a healthy chip leaves it empty.
        beside: what else runs meanwhile, until cancelled; an error of it is an error of `run`.
        keeper: stays when nothing moves any more, and keeps up what is up; None: that is the end.
    """

    def __init__(
        self,
        units: Sequence[Unit],
        board: Board,
        recorder: Recorder,
        *,
        kill: Callable[[str], None],
        consent: Consent | None = None,
        pilot: Pilot | None = None,
    ) -> None:
        self.units = {unit.name: unit for unit in units}
        self.lost: DeviceLost | None = None
        self.acted: set[str] = set()
        self.keeper: Keep | None = None
        self.board, self._recorder = board, recorder
        self._consent, self._kill = consent, kill
        self.pilot = Pilot(None, board) if pilot is None else pilot
        self.beside: list[Callable[[], Awaitable[None]]] = []
        self._scope = trio.CancelScope()
        self._slices: list[trio.CancelScope] = []

    async def run(self) -> None:
        """Supervise; returns when nothing moves any more, or when the device is lost. With a keeper, only then.

        Cancelled, it ends the blocks slice by slice: whatever else runs in this loop has its turn between two.
        """
        units = list(self.units.values())
        with self._scope:
            async with trio.open_nursery() as nursery:
                watches = () if self.keeper is None else (self.keeper.watch,)
                for other in (self.pilot.run, *self.beside, *watches):
                    nursery.start_soon(other)
                try:
                    for first in range(0, len(units), SLICE):
                        self._slices.append(trio.CancelScope(shield=True))
                        nursery.start_soon(self._together, self._slices[-1], units[first : first + SLICE])
                        await trio.lowlevel.checkpoint()
                    await self.board.settled.wait()
                    if self.keeper is not None:
                        await self.keeper.run()
                finally:
                    with trio.CancelScope(shield=True):
                        for together in self._slices:
                            together.cancel()
                            await trio.lowlevel.checkpoint()
                self._scope.cancel()

    async def _together(self, scope: trio.CancelScope, units: Sequence[Unit]) -> None:
        """Supervise some units until their scope is cancelled, which shields them from all others'.

        Trio cancels the tasks of a scope in one go, which took 100 ms for ten thousand of them.
        """
        with scope:
            async with trio.open_nursery() as nursery:
                for unit in units:
                    nursery.start_soon(self._supervise, unit, name=f"block {unit.name}")

    def lose(self, lost: DeviceLost) -> None:
        """Stop everything: the device is gone."""
        if self.lost is None:
            self.lost = lost
        self._kill(lost.reason)
        self.board.settled.set()
        self._scope.cancel()

    async def _supervise(self, unit: Unit) -> None:
        if self.keeper is None:
            return await self._begin(unit)
        if unit.rested:
            self.board.rest(unit.name)
        elif unit.known is not None:
            self.board.known(unit.name, *unit.known)
        if unit.rested or unit.known is not None or (unit.once and not unit.held):
            return await self.keeper.keep(unit)
        if not unit.held:
            with unit.step(trio.current_time()):
                await self._begin(unit)
        state = self.board.states[unit.name]
        unit.due = unit.due or (not unit.once and state in (State.CLIMBING, State.WAITING))
        if unit.held or state is State.CLIMBING:  # whoever is cut short climbs no more
            reason = "held for a person" if unit.held else "what it stands on is held for a person"
            now = trio.current_time()
            self.fail(Fault(block=unit.name, rung="", cause=Cause.WITHHELD, reason=reason, time_s=now))
        await self.keeper.keep(unit)

    async def _begin(self, unit: Unit) -> None:
        await self.board.wait(unit.name, unit.needs)
        await self.contained(unit, self._climb)

    async def contained(self, unit: Unit, step: Callable[[Unit], Awaitable[None]]) -> Fault | None:
        """Take one step of a block; what goes wrong in it stays with the block, and is returned."""
        try:
            await step(unit)
        except Exception as bug:
            try:
                fault = bug_of(unit, bug)
            except DeviceLost as lost:
                self.lose(lost)
                return None
            self.fail(fault)
            return fault
        return None

    async def _climb(self, unit: Unit) -> None:
        outcome = await self._climbed(unit, sparing=self.keeper is not None)
        if isinstance(outcome, Fault) and outcome.cause is Cause.WITHHELD and self.keeper is not None:
            if await self.keeper.spared(unit):
                return
            outcome = await self._climbed(unit)
        if isinstance(outcome, Fault):
            unit.served = False
            self.fail(outcome)
            return
        if outcome.acted:
            self.acted.add(unit.name)
        unit.served = self.counts(unit, await self._full(unit))

    async def _climbed(self, unit: Unit, *, sparing: bool = False) -> Climbed | Fault:
        """Drive one climb of a block."""
        consent, now = self._consent if self.keeper is None else self.keeper.consent, trio.current_time()
        steps = climb(
            unit.plan, unit.seat, now, in_service=unit.served, consent=consent, sparing=sparing, watching=True
        )
        return await self.pilot.drive(self._sure(steps, unit), unit.port)

    def _sure(self, steps: Steps[T | Fault], unit: Unit) -> Steps[T | Fault]:
        """Return a climb, or a look: in service whatever the block stands on may fall meanwhile."""
        return steps if self.keeper is None else self.keeper.sure(steps, unit.name)

    async def _full(self, unit: Unit) -> Shortfall | Fault | None:
        """Look whether a block that is up is full; None: it is, or has no ladder that says it."""
        if unit.full is None:
            return None
        steps = look(unit.full, unit.seat, trio.current_time(), tell=False)
        seen = await self.pilot.drive(self._sure(steps, unit), unit.port)
        await trio.lowlevel.checkpoint_if_cancelled()  # as if it had not been looked at, where nobody wants it any more
        return seen

    def counts(self, unit: Unit, seen: Shortfall | Fault | None) -> bool:
        """Note what a block that is up counts as, by what was seen of its being full; say whether it is in service."""
        if isinstance(seen, Fault):
            self.fail(seen)
            return False
        if seen is None or unit.lessened is not Verdict.FAILED:
            self.board.up(unit.name, seen, state=State.UP if unit.lessened is Verdict.UP else State.DEGRADED)
            return True
        reason = f"up, but not {seen.rung}: {seen.register} wanted {seen.wanted}, last {seen.last}; policy: failed"
        self.fail(
            Fault(
                block=unit.name,
                rung=seen.rung,
                cause=Cause.LESSENED,
                reason=reason,
                register=seen.register,
                wanted=seen.wanted,
                last=seen.last,
                time_s=trio.current_time(),
            )
        )
        return False

    def fail(self, fault: Fault) -> None:
        """Note that a block failed, with its last accesses."""
        last, forgotten = self._recorder.last(fault.block), self._recorder.forgotten(fault.block)
        self.board.fail(evolve(fault, accesses=last, forgotten=forgotten))
