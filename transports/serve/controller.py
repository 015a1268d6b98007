"""One controller that holds the device: what it asked for, done in its order, until one of the two ends leaves."""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from typing import TypeVar

import anyio
import anyio.lowlevel
from attrs import define, field

from transports.base import Judge, Judgement, Resettable, Transport
from transports.batch import Results
from transports.bus import Bus
from transports.errors import Denied, DeviceLost, Indeterminate, TransportError
from transports.wire import Link, Unfit, WireError
from transports.wire.messages import (
    Answer,
    Ask,
    Cancel,
    Done,
    End,
    Judged,
    Ping,
    Pong,
    Ran,
    RanAll,
    Request,
    Reset,
    Rose,
    Run,
    RunAll,
)

T = TypeVar("T")

UNANSWERED_MAX = 64  # requests of one controller at once; a frame has 4 MB, so at the very most 256 MB are held for it
PONGS_MAX = 64  # that nobody has taken; one more, and whoever only asks is told to go
CANCELLED = "the controller cancelled it; what was done until then is not known"


@define(eq=False)
class Controller:
    """A connection that was let in.

    Attributes:
        name: as it calls itself.
        epoch: of the bus, when it was let in: nothing of an older epoch reaches the device.
        over: why the connection is over; None while it is not.
        ended: set when nothing of it is out at the device any more.
    """

    link: Link
    name: str
    epoch: int
    over: TransportError | None = None
    ended: anyio.Event = field(factory=anyio.Event)
    _asked: deque[Request] = field(factory=deque[Request])
    _more: anyio.Event = field(factory=anyio.Event)
    _last: int = -1
    _out: int | None = None
    _scope: anyio.CancelScope = field(factory=anyio.CancelScope)
    _step: anyio.CancelScope | None = None
    _risen: set[int] = field(factory=set[int])
    _pongs: int = 0  # since all that was said was taken

    def end(self, error: TransportError) -> None:
        """End the connection and say why; what is out at the device stops at its next wait. The first reason stands."""
        if self.over is None:
            self.over = error
            self.link.post(End(error))
            self._scope.cancel()

    def rise(self, lines: frozenset[int]) -> None:
        """Pass a hint on: at once, or together with others as soon as the connection takes it."""
        self._risen |= lines
        if self.over is None and self._risen and not self.link.unsent:
            self.link.post(Rose(frozenset(self._risen)))
            self._risen.clear()

    # ---- what it asks for ----

    async def hear(self) -> None:
        """Take requests in until the connection is over."""
        while self.over is None:
            self.link.receive()
            try:
                while (message := self.link.take(Run, RunAll, Reset, Ask, Ping, Cancel)) is not None:
                    self._note(message)
            except WireError as problem:
                self.end(Denied(f"{problem}; the connection is closed"))
                return
            if self.link.ended:
                self.end(DeviceLost(f"the controller {self.name} is gone: {self.link.ended}"))
                return
            await self.link.readable()

    def _note(self, message: object) -> None:
        """Put a request into the queue, or cancel one that is there or out.

        Raises:
            WireError: it is numbered as an earlier one, or one too many.
        """
        match message:
            case Cancel(number):
                if number == self._out and self._step is not None:
                    self._step.cancel()
                for asked in [asked for asked in self._asked if asked.number == number]:
                    self._asked.remove(asked)
                    self.link.post(_cancelled(asked))
            case Ping(number):
                self._follows(number)
                self._pongs = self._pongs + 1 if self.link.unsent else 1
                if self._pongs > PONGS_MAX:
                    raise WireError(f"more than {PONGS_MAX} pings whose answers are not taken")
                self.link.post(Pong(number))
            case Run(number) | RunAll(number) | Reset(number) | Ask(number):
                self._follows(number)
                if len(self._asked) >= UNANSWERED_MAX:
                    raise WireError(f"more than {UNANSWERED_MAX} requests at once")
                self._asked.append(message)
                self._more.set()
            case _:
                raise AssertionError(f"{message} is not among what was asked for")

    def _follows(self, number: int) -> None:
        """Note the number of a request.

        Raises:
            WireError: it is no later one than those before.
        """
        if number <= self._last:
            raise WireError(f"request {number} after request {self._last}")
        self._last = number

    # ---- what it gets ----

    async def serve(self, bus: Bus, transport: Transport, hold: Callable[[], AbstractContextManager[object]]) -> None:
        """Do what is asked for, in order, until the connection is over."""
        try:
            with self._scope:
                async with anyio.create_task_group() as tasks:
                    tasks.start_soon(self.hear)
                    while True:
                        await self._next()
                        request = self._asked.popleft()
                        self._answer(request, await self._do(request, bus, transport, hold))
                        await self.link.sent()
                        self.rise(frozenset())
        finally:
            self.ended.set()

    async def _next(self) -> None:
        """Wait until something is asked for."""
        await anyio.lowlevel.checkpoint_if_cancelled()
        while not self._asked:
            self._more = anyio.Event()
            await self._more.wait()

    async def _do(
        self, request: Request, bus: Bus, transport: Transport, hold: Callable[[], AbstractContextManager[object]]
    ) -> Answer:
        """Do one thing; cancelled alone, it is answered all the same."""
        self._out = request.number
        try:
            with anyio.CancelScope() as self._step, hold():
                match request:
                    case Run(number, batch):
                        return Ran(number, await bus.submit(batch, owner=self.name, epoch=self.epoch))
                    case RunAll(number, batches):
                        asked = [(batch, self.name, 0.0) for batch in batches]
                        return RanAll(number, tuple(await bus.submit_all(asked, epoch=self.epoch)))
                    case Reset(number):
                        return Done(number, await _reset(transport))
                    case Ask(number):
                        return Judged(number, await _judge(transport))
                    case Cancel() | Ping():
                        raise AssertionError(f"{request} is never queued")
            return _cancelled(request)
        finally:
            self._out = self._step = None

    def _answer(self, request: Request, answer: Answer) -> None:
        """Send an answer; one that does not fit a frame is an error of its own."""
        try:
            self.link.post(answer)
        except Unfit as problem:
            error = Indeterminate(f"the answer cannot be carried: {problem}")
            if isinstance(request, (Run, RunAll)):
                self.link.post(_failed(request, error))
            else:
                self.end(error)


def _cancelled(request: Request) -> Answer:
    return _failed(request, Indeterminate(CANCELLED))


def _failed(request: Request, error: TransportError) -> Answer:
    match request:
        case Run(number):
            return Ran(number, Results((), error))
        case RunAll(number, batches):
            return RanAll(number, tuple(Results((), error) for _ in batches))
        case Ask(number):
            return Judged(number, Judgement())
        case Reset(number) | Cancel(number) | Ping(number):
            return Done(number, error)


async def _reset(transport: Transport) -> TransportError | None:
    return await _raised(transport.reset) if isinstance(transport, Resettable) else Denied("this device has no reset")


async def _raised(action: Callable[[], Awaitable[object]]) -> TransportError | None:
    """Do something; return the error that it raised."""
    try:
        await action()
    except TransportError as error:
        return error
    return None


async def _judge(transport: Transport) -> Judgement:
    """Return a judgement; on its way its faults are told by how long ago they began, and so below 0."""
    if not isinstance(transport, Judge):
        return Judgement()
    return (await transport.judge()).moved(-anyio.current_time())
