"""Drives all climbs of a chip from one task: what they ask of the bus in one moment leaves together.

Each climb still belongs to the task of its block, which waits here for the verdict, is cancelled on its own, and holds
the dialogues. A task switch for each batch would cost more than the batch: 300 blocks that look at once are one flight.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from heapq import heappop, heappush
from typing import Any, TypeVar, cast

import trio
from attrs import define, field

from blocks.port import Port
from runtime import garbage, timer
from runtime.board import Board
from runtime.climb import Steps
from runtime.drive import answer, drive
from runtime.requests import Need, Purpose, Reply, Request, Run, Stands, Wait, Watch
from transports.batch import Delay, Operation, Poll, Results
from transports.bus import Bus
from transports.errors import Indeterminate
from transports.joined import joins

T = TypeVar("T")
Q = TypeVar("Q")

FLIGHT_MAX = 32  # batches that leave together, 2 ms of work; between two flights everything else has its turn
FAIR = 4  # of so many full flights one takes the oldest, so that nobody starves


class Parked:
    """A task that waits to be woken: half of what an event takes for each wait, a quarter of a scope."""

    __slots__ = ("_task",)

    def __init__(self) -> None:
        self._task: trio.lowlevel.Task | None = None  # rescheduled in `wake` alone, and once: twice breaks trio

    async def wait(self) -> None:
        """Wait in the calling task, the only one; cancelled, it is not woken any more."""
        self._task = trio.lowlevel.current_task()
        await trio.lowlevel.wait_task_rescheduled(self._gives_up)

    def wake(self) -> None:
        """Let it go on, if it waits."""
        if self._task is not None:
            task, self._task = self._task, None
            trio.lowlevel.reschedule(task)

    def _gives_up(self, _raise_cancel: object) -> trio.lowlevel.Abort:
        self._task = None
        return trio.lowlevel.Abort.SUCCEEDED


@define(eq=False)
class _Climber:
    """One climb on its way.

    Attributes:
        ours: the pilot's bus is its own.
        urgency: seconds of work that wait for it.
        flies: what it asks of the bus, with the pilot; a `Watch` until there is something to see.
        looks: how often a `Watch` has looked.
        asks: what its own task is to do; None while the pilot has it.
        over: nobody waits for it any more.
        value, error: how it ended.
    """

    steps: Steps[Any]
    port: Port
    ours: bool
    urgency: float
    flies: Run | Watch | None = None
    looks: int = 0
    asks: Request | None = None
    done: bool = False
    over: bool = False
    value: Any = None
    error: BaseException | None = None
    _turn: bool = field(default=False, init=False)
    _parked: Parked = field(factory=Parked, init=False)

    async def turn(self) -> None:
        """Wait, in its own task, until that is to go on."""
        while not self._turn:
            await self._parked.wait()
        self._turn = False

    def yields(self, asks: Request | None = None) -> None:
        """Give the turn to its own task."""
        self.asks, self._turn = asks, True
        self._parked.wake()

    def fails(self, problem: BaseException) -> None:
        """End it with what its own task is to raise."""
        self.error = problem
        self.yields()


def _urgency(climber: _Climber) -> float:
    return climber.urgency


def _ready_urgency(ready: tuple[_Climber, Reply | None]) -> float:
    return ready[0].urgency


def _waits(operations: tuple[Operation, ...]) -> bool:
    """Say whether a batch keeps the device busy for a time: others do not fly with it."""
    return any(isinstance(op, (Poll, Delay)) for op in operations)


joins(_waits, lambda parts: any(waits for waits, _ in parts))


class Pilot:
    """The climbs of the blocks on one bus.

    Args:
        bus: the one whose batches are gathered; None: each block's task does everything itself.
        urgency: seconds of work that wait for each block, by name.
    """

    def __init__(self, bus: Bus | None, board: Board, urgency: Mapping[str, float] | None = None) -> None:
        self._bus, self._board = bus, board
        self._urgency: Mapping[str, float] = {} if urgency is None else urgency
        self._ready: deque[tuple[_Climber, Reply | None]] = deque()
        self._asked: deque[_Climber] = deque()
        self._full = 0  # times that more waited than fly together
        self._timers: list[tuple[float, int, _Climber]] = []
        self._count = self._begun = 0
        self._nap: trio.CancelScope | None = None
        self._parked = Parked()

    async def drive(self, steps: Steps[T], port: Port) -> T:
        """Run a climb, or a look, to its end and return what it returns.

        Raises:
            DeviceLost: the device is gone.
            Exception: whatever the block's own code raised, other than a TransportError.
        """
        if self._bus is None:
            return await drive(steps, port, self._board)
        self._begun += 1
        if self._begun % garbage.CLIMBS == 0:
            garbage.sweep()
        climber = _Climber(steps, port, port.bus is self._bus, self._urgency.get(port.owner, 0.0))
        reply: Reply | None = None
        try:
            while True:
                self._ready.append((climber, reply))
                self._wake()
                await climber.turn()
                if climber.error is not None:
                    raise climber.error
                if climber.done:
                    return cast("T", climber.value)
                assert climber.asks is not None, "a turn without a reason"
                reply = await answer(climber.asks, port, self._board)
        finally:
            climber.over = True
            steps.close()

    async def run(self) -> None:
        """Drive what there is, until cancelled."""
        while True:
            now = trio.current_time()
            self._due(now)
            self._advance(now)
            if self._asked:
                await self._fly()
            elif self._ready:
                await trio.lowlevel.checkpoint()
            else:
                await self._rest()

    def _due(self, now: float) -> None:
        """Let those whose time has come go on, a flight of them at most."""
        timers = self._timers
        for _ in range(FLIGHT_MAX):
            if not timers or timers[0][0] > now:
                return
            climber = heappop(timers)[2]
            if climber.flies is None:
                self._ready.append((climber, Reply(now)))
            else:
                self._asked.append(climber)

    def _at(self, due_s: float, climber: _Climber) -> None:
        self._count += 1
        heappush(self._timers, (due_s, self._count, climber))

    def _wake(self) -> None:
        if self._nap is None:
            self._parked.wake()
        else:
            self._nap.cancel()

    async def _rest(self) -> None:
        """Wait for the next timer, or for what a block's own task brings."""
        if not self._timers:
            await self._parked.wait()
            return
        with trio.CancelScope() as self._nap:
            await timer.sleep_until(self._timers[0][0])
        self._nap = None

    def _advance(self, now: float) -> None:
        """Let climbs that have their answers go on to the next request that takes time, a flight of them at most."""
        at_once = Reply(now)
        for climber, reply in self._next(self._ready, _ready_urgency):
            if not climber.over:
                self._step(climber, reply, at_once)

    def _step(self, climber: _Climber, reply: Reply | None, at_once: Reply) -> None:
        steps, now = climber.steps, at_once.time_s
        try:
            request = next(steps) if reply is None else steps.send(reply)
            while self._answered(climber, request):
                request = steps.send(at_once)
            self._begin(climber, request, now)
        except StopIteration as stop:
            climber.value, climber.done = stop.value, True
            climber.yields()
        except Exception as problem:  # it belongs to the block's own task, which contains it
            climber.fails(problem)

    def _answered(self, climber: _Climber, request: Request) -> bool:
        """Do what takes no time; say whether that was all."""
        if isinstance(request, Stands):
            self._board.stands(climber.port.owner, request.count)
            return True
        return isinstance(request, Need) and not self._board.missing(climber.port.owner, request.names)

    def _begin(self, climber: _Climber, request: Request, now: float) -> None:
        """Begin what takes time: on the bus, on the clock, or in the block's own task."""
        if isinstance(request, Run):
            if climber.ours and not request.batch.prepared.once(_waits):
                climber.flies = request
                self._asked.append(climber)
                return
        elif isinstance(request, Watch):
            if climber.ours:
                climber.flies, climber.looks = request, 0
                self._at(now + request.first_s, climber)
                return
        elif isinstance(request, Wait):
            self._at(now + request.seconds, climber)
            return
        climber.yields(request)

    def _next(self, queue: deque[Q], urgency: Callable[[Q], float]) -> list[Q]:
        """Take a flight of those that wait: the longest remaining paths; now and then the oldest."""
        if len(queue) <= FLIGHT_MAX:
            taken = list(queue)
            queue.clear()
            return taken
        self._full += 1
        if self._full % FAIR:
            ordered = sorted(queue, key=urgency, reverse=True)  # among equals, the oldest first
            queue.clear()
            queue.extend(ordered)
        return [queue.popleft() for _ in range(FLIGHT_MAX)]

    async def _fly(self) -> None:
        """Send what was asked for; what came back is ready."""
        assert self._bus is not None, "a batch was gathered without a bus"
        flight: list[tuple[_Climber, Run | Watch]] = []
        urgency = 0.0  # one for all: who has less would fly later, and all would wait for that
        for climber in self._next(self._asked, _urgency):
            if climber.flies is not None and not climber.over:
                flight.append((climber, climber.flies))
                urgency = max(urgency, climber.urgency)
        wanted = [(flies.batch, climber.port.owner, urgency) for climber, flies in flight]
        try:
            came = await self._bus.submit_all(wanted)
        except Exception as problem:  # of a transport that is at fault itself, as a simulation can be
            self._strike(flight, problem)
            return
        now = trio.current_time()
        for (climber, flies), results in zip(flight, came, strict=True):
            looks = 0
            if isinstance(flies, Watch):
                looks = climber.looks = climber.looks + 1
                seconds = flies.again(results, now)
                if seconds is not None:
                    self._at(now + seconds, climber)
                    continue
            climber.flies = None
            self._ready.append((climber, Reply(now, results, looks=looks)))

    def _strike(self, flight: list[tuple[_Climber, Run | Watch]], problem: Exception) -> None:
        """End the climb that an exception names, or all in the flight; the others look again, at no charge."""
        now = trio.current_time()
        named = [climber for climber, _ in flight if climber.port.owner == getattr(problem, "block", "")]
        for climber, flies in flight:
            if climber in named or not named:
                climber.fails(problem)
            elif isinstance(flies, Run) and flies.purpose is Purpose.ACT:
                climber.flies = None
                self._ready.append((climber, Reply(now, Results((), Indeterminate(str(problem))), struck=True)))
            else:
                self._asked.append(climber)
