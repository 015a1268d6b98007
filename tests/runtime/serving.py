"""Toy chips in service, with interrupts that a test rings by hand."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import trio
from attrs import define, field

from blocks.ladder import Ladder, Rung
from blocks.line import Line
from registers.handles import AnyMap
from runtime.clock import VirtualClock
from runtime.incident import Event, Incident, Served, What
from runtime.service import Service, Terms
from runtime.session import Session
from runtime.summary import Progress, State, Summary
from transports.errors import TransportError

if TYPE_CHECKING:
    from tests.runtime.conftest import ToyChip

Ladders = Callable[..., Callable[[AnyMap], Ladder]]
ToyChips = Callable[..., "ToyChip"]


def run(main: Callable[[], Any]) -> Any:
    return trio.run(main, clock=VirtualClock())


class Bell:
    """A line that a test rings, and that says how often its block came back to wait."""

    def __init__(self) -> None:
        self.rung = trio.Event()
        self.waits = 0

    def ring(self) -> None:
        self.rung.set()

    async def wait(self) -> None:
        self.waits += 1
        await self.rung.wait()
        self.rung = trio.Event()


class Bells:
    """Interrupts by hand; `ends` is what the dispatch ends with, once."""

    def __init__(self, *names: str, ends: TransportError | None = None) -> None:
        self.bells = {name: Bell() for name in names}
        self.began: list[float] = []
        self.sweeps = 0
        self._ends = ends

    def line(self, block: str) -> Line | None:
        return self.bells.get(block)

    def sweep(self) -> None:
        self.sweeps += 1

    async def run(self) -> None:
        self.began.append(trio.current_time())
        ends, self._ends = self._ends, None
        if ends is not None:
            raise ends
        await trio.sleep_forever()


def given(bells: Bells) -> Callable[[Session], Bells]:
    """Return what makes these interrupts for a session."""
    return lambda session: bells


@define(eq=False)
class Kept:
    """A toy chip in service."""

    toy: ToyChip
    service: Service
    stop: trio.Event
    summary: Summary
    moves: list[Progress]
    events: list[Event] = field(factory=list[Event])
    ends: list[Served] = field(factory=list[Served])

    def state(self, name: str) -> State:
        return [move.state for move in self.moves if move.block == name][-1]

    def detail(self, name: str) -> str:
        return [move.detail for move in self.moves if move.block == name][-1]

    def told(self, what: What, block: str = "") -> list[Event]:
        return [event for event in self.events if event.what is what and block in ("", event.block)]

    @property
    def incidents(self) -> tuple[Incident, ...]:
        return self.service.incidents()


@asynccontextmanager
async def kept(toy: ToyChip, *, sweep_s: float = 10.0, **terms: Any) -> AsyncGenerator[Kept]:
    """Bring a toy chip up and keep it so, inside the block; without `wire` only the sweep looks."""
    moves, events, ends, stop = list[Progress](), list[Event](), list[Served](), trio.Event()
    how = Terms(**{"wire": None, **terms})
    service = Service(toy.chip, toy.transport, sweep_s=sweep_s, watch=events.append, on_event=moves.append, terms=how)
    async with trio.open_nursery() as nursery:

        async def serve(task_status: trio.TaskStatus[Summary]) -> None:
            ends.append(await service.run(stop=stop, task_status=task_status))

        yield Kept(toy, service, stop, await nursery.start(serve), moves, events, ends)
        nursery.cancel_scope.cancel()


def stuck(regs: AnyMap) -> Ladder:
    """A ladder that no act of ours raises."""
    word: Any = regs.at("W[0]")
    return Ladder(Rung("r0", holds=[word.check(v=5)], reach=[word.write(v=1)], within=1e-3))
