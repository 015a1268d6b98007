"""One supervised task a block: brings it up, and keeps it up when asked to stay.

A block that fails, fails alone: its error is contained and told with evidence, and all others go on. Only the loss of
the device stops everything. The supervisor never awaits what it supervises; it waits until nothing moves any more.
"""

from __future__ import annotations

import traceback
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar, cast

import trio
from attrs import define, evolve, field

from blocks.base import Block
from blocks.chip import Verdict
from blocks.line import Line
from blocks.model import ModelFault
from blocks.port import Port
from runtime.board import Board
from runtime.climb import Consent, Plan, Seat, climb, look
from runtime.fault import Cause, Fault
from runtime.pilot import Pilot
from runtime.recorder import Recorder
from runtime.summary import IN_SERVICE, State
from transports.errors import DeviceLost, Indeterminate, TransportError, Unavailable

E = TypeVar("E", bound=Exception)

SLICE = 64  # blocks that are begun, or ended, in one go: a task costs trio 30 us, and nobody is served meanwhile
SWEEP_S = 1.0  # a block is looked at this often without any hint, so a lost hint costs a second at most


@define(eq=False)
class Unit:
    """One block under supervision.

    Attributes:
        needs: what must stand before it is touched.
        seat: where it climbs its plan.
        full: what the block shows when nothing about it is lessened; None: its ladder says it all.
        lessened: what it counts as when it is up and not full.
        line: its interrupt; without one, only the sweep and the return of what it needs make it look.
        served: it was seen up since the supervisor began. Whether it is in service is read from the hardware
            (`runtime.witness`); this answers only for an act on the rung that would be the proof, or on one above it,
            and so a restarted controller does not ask before such an act.
    """

    name: str
    block: Block[Any]
    plan: Plan
    port: Port
    needs: tuple[str, ...]
    seat: Seat
    full: Plan | None = None
    lessened: Verdict = Verdict.DEGRADED
    line: Line | None = None
    served: bool = False
    _nap: trio.CancelScope | None = field(default=None, init=False)
    _hinted: bool = field(default=False, init=False)

    def hint(self) -> None:
        """There may be something to see."""
        self._hinted = True
        if self._nap is not None:
            self._nap.cancel()

    async def nap(self, seconds: float) -> None:
        """Wait for a hint or an interrupt, `seconds` at most.

        The block's own task waits on its line: to wait again says that it has looked.
        """
        if not self._hinted:
            with trio.move_on_after(seconds) as self._nap:
                if self.line is not None:
                    await self.line.wait()
                else:
                    await trio.sleep_forever()
            self._nap = None
        self._hinted = False


class Supervisor:
    """Supervises the units of one chip.

    Args:
        board: where each block's state is noted.
        recorder: where the evidence of faults comes from.
        kill: called with the reason when the device is lost: not one access may leave after that.
        keep: stay when nothing moves any more, and keep up what is up.
        consent: asked before an act that disturbs a block in service.
        pilot: drives the climbs; default: each block's own task does.

    Attributes:
        lost: why the device is gone; None while it is there.
        acted: the blocks on which a rung was acted; a healthy chip leaves it empty.
        beside: what else runs meanwhile, until cancelled; an error of it is an error of `run`.
    """

    def __init__(
        self,
        units: Sequence[Unit],
        board: Board,
        recorder: Recorder,
        *,
        kill: Callable[[str], None],
        keep: bool = False,
        consent: Consent | None = None,
        sweep_s: float = SWEEP_S,
        pilot: Pilot | None = None,
    ) -> None:
        self.units = {unit.name: unit for unit in units}
        self.lost: DeviceLost | None = None
        self.acted: set[str] = set()
        self._board, self._recorder = board, recorder
        self._keep, self._consent, self._sweep_s, self._kill = keep, consent, sweep_s, kill
        self._pilot = Pilot(None, board) if pilot is None else pilot
        self.beside: list[Callable[[], Awaitable[None]]] = []
        self._scope = trio.CancelScope()
        self._slices: list[trio.CancelScope] = []

    async def run(self) -> None:
        """Supervise; returns when nothing moves any more, or when the device is lost. With `keep`, only then.

        Cancelled, it ends the blocks slice by slice: whatever else runs in this loop has its turn between two.
        """
        units = list(self.units.values())
        with self._scope:
            async with trio.open_nursery() as nursery:
                for other in (self._pilot.run, *self.beside):
                    nursery.start_soon(other)
                try:
                    for first in range(0, len(units), SLICE):
                        self._slices.append(trio.CancelScope(shield=True))
                        nursery.start_soon(self._together, self._slices[-1], units[first : first + SLICE])
                        await trio.lowlevel.checkpoint()
                    await self._board.settled.wait()
                    if self._keep:
                        await trio.sleep_forever()
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
        self._board.settled.set()
        self._scope.cancel()

    async def _supervise(self, unit: Unit) -> None:
        await self._board.wait(unit.name, unit.needs)
        await self._contained(unit, self._climb)
        while self._keep:
            await unit.nap(self._sweep_s)
            await self._contained(unit, self._attend)

    async def _contained(self, unit: Unit, step: Callable[[Unit], Awaitable[None]]) -> None:
        """Take one step of a block; what goes wrong in it stays with the block."""
        try:
            await step(unit)
        except Exception as bug:
            lost = _inside(bug, DeviceLost)
            if lost is not None:
                self.lose(lost)
                return
            text = "".join(traceback.format_exception(bug))
            simulated = _inside(bug, ModelFault)
            reason = f"bug in {type(unit.block).__name__}: {type(bug).__name__}: {bug}"
            if simulated is not None:
                reason = f"bug in the simulation: {simulated}"
            now = trio.current_time()
            self._fail(Fault(block=unit.name, rung="", cause=Cause.BUG, reason=reason, time_s=now, traceback=text))

    async def _climb(self, unit: Unit) -> None:
        now, served = trio.current_time(), unit.served
        steps = climb(unit.plan, unit.seat, now, in_service=served, consent=self._consent, watching=True)
        outcome = await self._pilot.drive(steps, unit.port)
        if isinstance(outcome, Fault):
            self._fail(outcome)
            return
        if outcome.acted:
            self.acted.add(unit.name)
        await self._rises(unit)

    async def _rises(self, unit: Unit) -> None:
        """Note that a block is up; when it had been up before and fell, what needs it looks at itself."""
        again = unit.served and self._board.states[unit.name] not in IN_SERVICE
        unit.served = True
        if not await self._full(unit):
            return
        if again:
            for other in self.units.values():
                if unit.name in self._board.graph.blocks_before(other.name):
                    other.hint()

    async def _full(self, unit: Unit) -> bool:
        """Look whether a block that is up is full, and note what it counts as; say whether it is in service."""
        if unit.full is None:
            self._board.up(unit.name)
            return True
        seen = await self._pilot.drive(look(unit.full, unit.seat, trio.current_time(), tell=False), unit.port)
        if isinstance(seen, Fault):
            self._fail(seen)
            return False
        if seen is None or unit.lessened is not Verdict.FAILED:
            self._board.up(unit.name, seen, state=State.UP if unit.lessened is Verdict.UP else State.DEGRADED)
            return True
        reason = f"up, but not {seen.rung}: {seen.register} wanted {seen.wanted}, last {seen.last}; policy: failed"
        self._fail(
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

    async def _attend(self, unit: Unit) -> None:
        """Serve the interrupt there may be, look, and climb when something fell; a failed block is only looked at."""
        if self._board.states[unit.name] in IN_SERVICE:
            if await self._service(unit):
                await self._climb(unit)
            return
        seen = await self._pilot.drive(look(unit.plan, unit.seat, trio.current_time()), unit.port)
        if seen is None:
            await self._rises(unit)

    async def _service(self, unit: Unit) -> bool:
        """Serve an interrupt; say whether the block can still be reached."""
        try:
            await unit.block.service(unit.port)
        except (DeviceLost, Unavailable, Indeterminate) as error:
            if isinstance(error, DeviceLost):
                raise
            return True  # the look tells what came of it, and the next hint or sweep serves again
        except TransportError as error:
            register = error.where.removeprefix(unit.name).removeprefix(".")
            reason = f"service: {type(error).__name__}: {error}"
            now = trio.current_time()
            fault = Fault(
                block=unit.name, rung="", cause=Cause.BUS, reason=reason, register=register, time_s=now, error=error
            )
            self._fail(fault)
            return False
        return True

    def _fail(self, fault: Fault) -> None:
        last, forgotten = self._recorder.last(fault.block), self._recorder.forgotten(fault.block)
        self._board.fail(evolve(fault, accesses=last, forgotten=forgotten))


def _inside(problem: BaseException, kind: type[E]) -> E | None:
    """Return the error of that kind, when it is what was raised, alone or in a group."""
    if isinstance(problem, kind):
        return problem
    if isinstance(problem, BaseExceptionGroup):
        parts = cast("BaseExceptionGroup[BaseException]", problem).exceptions
        return next((found for part in parts if (found := _inside(part, kind)) is not None), None)
    return None
