"""The conversation with a server: many tasks ask, whoever waits reads for all, and each gets its own answer.

There is no task of its own, since a transport has none to give. One of the tasks that wait has the reading and hands
answers out; when it has its own it leaves, and another takes over.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import anyio
from anyio.lowlevel import checkpoint, checkpoint_if_cancelled
from attrs import define, field

from transports.batch import Batch, Delay, Fence, Operation, Poll
from transports.errors import DeviceLost, Indeterminate, TransportError, Unavailable
from transports.wire import Link, Unfit, WireError
from transports.wire.messages import (
    Answer,
    Ask,
    Cancel,
    Done,
    End,
    Judged,
    Message,
    Ping,
    Pong,
    Ran,
    RanAll,
    Request,
    Reset,
    Rose,
    Run,
    RunAll,
    Welcome,
)
from transports.wire.operations import answers

UNANSWERED_MAX = 16  # batches on the way at once: beyond some four nothing gets faster, and the server keeps them all
ANSWER_S = 30.0  # of silence, beyond what batches wait for by themselves, and the server is as good as dead

_KINDS: dict[type[object], type[object]] = {Run: Ran, RunAll: RanAll, Reset: Done, Ask: Judged, Ping: Pong}
_ANSWERS: tuple[type[Message], ...] = (Ran, RanAll, Done, Judged, Pong, Rose, End)


@define(eq=False)
class Asked:
    """One request, and its answer when that is there.

    Attributes:
        end: how many bytes of the connection the system must have taken for the request to have left.
        waits_s: how long it may wait at the device by itself.
    """

    request: Request
    end: int
    waits_s: float
    answer: Answer | None = None


@define(eq=False)
class _Waiting:
    """A task that waits while another one reads."""

    done: Callable[[], bool]
    event: anyio.Event = field(factory=anyio.Event)


class Talk:
    """The controller's end of a connection.

    Args:
        place: how the other end is called in errors.

    Attributes:
        lost: what whoever asks from now on is told; None while something may be answered.
        epoch: in which the device is ours.
    """

    def __init__(self, link: Link, place: str, *, answer_s: float = ANSWER_S) -> None:
        self._link = link
        self._place = place
        self._answer_s = answer_s
        self._asked: dict[int, Asked] = {}
        self._next = 0
        self._waiting: list[_Waiting] = []
        self._lead: anyio.CancelScope | None = None
        self._heard_s = 0.0
        self._risen: set[int] = set()
        self.welcome: Welcome | None = None
        self.lost: TransportError | None = None

    # ---- asking ----

    async def begin(self, hello: Message) -> Welcome:
        """Say hello and wait to be let in.

        Raises:
            TransportError: the other end does not let us in, and why; or it is no server of ours.
        """
        self._link.post(hello)
        await self._until(lambda: self.welcome is not None)
        if self.welcome is None:
            assert self.lost is not None
            raise self.lost
        return self.welcome

    async def ask(self, make: Callable[[int], Request], *, at_once: bool = False) -> Answer | TransportError:
        """Send a request and wait for its answer; or return why there is none.

        Cancelled, it has the other end go no further with it, and does not wait for that.

        Args:
            at_once: however many others are on the way.

        Raises:
            Unfit: the request does not fit a frame.
        """
        await checkpoint_if_cancelled()
        self._look()  # an end that stands there already is known before anything leaves
        if self.lost is None and len(self._asked) >= UNANSWERED_MAX and not at_once:
            await self._until(lambda: len(self._asked) < UNANSWERED_MAX)
        if self.lost is not None:
            await checkpoint()
            return self.lost.at()
        asked = self._send(make)
        try:
            await self._until(lambda: asked.answer is not None)
        finally:
            if asked.answer is None and self.lost is None:
                self._link.post(Cancel(asked.request.number))
                self._stir()
        return asked.answer or self._fate(asked)

    async def ask_all(self, makes: Sequence[Callable[[int], Request]]) -> list[Answer | TransportError]:
        """Send requests one behind the other and wait for all answers; or return why one has none.

        Up to the first that does not fit a frame: neither that nor one behind it is sent, and of those nothing is
        returned. Cancelled, it does as `ask`.
        """
        await checkpoint_if_cancelled()
        self._look()
        if self.lost is None and len(self._asked) + len(makes) > UNANSWERED_MAX:
            await self._until(lambda: len(self._asked) + len(makes) <= UNANSWERED_MAX)
        if self.lost is not None:
            await checkpoint()
            return [self.lost.at() for _ in makes]
        asked: list[Asked] = []
        try:
            for make in makes:
                try:
                    asked.append(self._send(make))
                except Unfit:
                    break
            await self._until(lambda: all(each.answer is not None for each in asked))
        finally:
            for each in asked:
                if each.answer is None and self.lost is None:
                    self._link.post(Cancel(each.request.number))
            self._stir()
        return [each.answer or self._fate(each) for each in asked]

    def _send(self, make: Callable[[int], Request]) -> Asked:
        request = make(self._next)
        self._heard_s = anyio.current_time()  # silence begins with the last request, of which there are few at once
        self._link.post(request)
        self._next += 1
        asked = self._asked[request.number] = Asked(request, self._link.posted, _waits_s(request))
        self._stir()
        return asked

    def _fate(self, asked: Asked) -> TransportError:
        """Return what may be concluded of a request without an answer."""
        assert self.lost is not None
        why = self.lost.reason
        if self._link.taken < asked.end:
            return Unavailable(f"{why}; this had not left", over=True)
        if _reaches(asked.request):
            return Indeterminate(f"{why}; this had left, and may have been done")
        return Unavailable(f"{why}; this had left, and does nothing to the device", over=True)

    async def rose(self) -> frozenset[int]:
        """Wait for lines that rose; see `Notifier`.

        Raises:
            DeviceLost: none will rise any more here.
        """
        await checkpoint()
        self._look()
        await self._until(lambda: bool(self._risen))
        if not self._risen:
            assert self.lost is not None
            raise DeviceLost(self.lost.reason)
        risen, self._risen = frozenset(self._risen), set[int]()
        return risen

    # ---- waiting, and reading for all ----

    async def _until(self, done: Callable[[], bool]) -> None:
        """Wait until something is so, or the device is lost."""
        try:
            while not done() and self.lost is None:
                if self._lead is None:
                    await self._read()
                else:
                    await self._follow(done)
        finally:
            self._hand_on()

    async def _follow(self, done: Callable[[], bool]) -> None:
        """Wait until whoever reads has what we wait for, or leaves the reading to us."""
        waiting = _Waiting(done)
        self._waiting.append(waiting)
        try:
            await waiting.event.wait()
        finally:
            self._waiting.remove(waiting)

    async def _read(self) -> None:
        """Wait until there is something to read, and read it; find out when there is too long nothing."""
        try:
            with anyio.CancelScope(deadline=self._deadline()) as self._lead:
                await self._link.movable()
        finally:
            self._lead = None
            if self.lost is not None:
                self._link.close()
        self._look()
        if self.lost is None and anyio.current_time() >= self._deadline():
            self._lose(Unavailable(f"{self._place} has answered nothing for {self._answer_s:g} s", over=True))

    def _deadline(self) -> float:
        """Return when silence is too long; never, while nothing is out but pings, whose silence their askers bound.

        A clock that jumps must be held while something is out, so that its time is the server's: a bus does so for a
        batch, whoever else asks for itself. Else the silence is over at once.
        """
        if all(isinstance(asked.request, Ping) for asked in self._asked.values()):
            return math.inf
        return self._heard_s + self._answer_s + sum(asked.waits_s for asked in self._asked.values())

    def _stir(self) -> None:
        """Have whoever reads look at what there is to send, and how long to wait."""
        if self._lead is not None:
            if self._link.unsent:
                self._lead.cancel()
            else:
                self._lead.deadline = self._deadline()

    def _hand_on(self) -> None:
        """Have another task read, when nobody does: one that was chosen before and has not run yet, or the first."""
        if self._lead is None and self._waiting and not any(waiting.event.is_set() for waiting in self._waiting):
            self._waiting[0].event.set()

    def _tell(self) -> None:
        """Wake the tasks that have what they wait for."""
        for waiting in self._waiting:
            if self.lost is not None or waiting.done():
                waiting.event.set()

    # ---- what comes ----

    def _look(self) -> None:
        """Take in what is there; never waits."""
        if self.lost is None and self._link.receive():
            self._sort()

    def _sort(self) -> None:
        """Give each message to whom it is for."""
        try:
            kinds = (Welcome, End) if self.welcome is None else _ANSWERS
            while self.lost is None and (message := self._link.take(*kinds)) is not None:
                self._heard_s = anyio.current_time()
                self._sort_one(message)
                kinds = _ANSWERS
        except WireError as problem:
            self._lose(DeviceLost(f"{self._place} does not say what a server of ours says: {problem}"))
        if self.lost is None and self._link.ended:
            self._lose(Unavailable(f"{self._place}: {self._link.ended}", over=self.welcome is not None))
        self._tell()

    def _sort_one(self, message: Message) -> None:
        match message:
            case Welcome():
                self.welcome = message
            case Rose(lines):
                self._risen |= lines
            case End(error):
                lost = error if self.welcome is None or isinstance(error, DeviceLost) else DeviceLost(str(error))
                self._lose(lost)
            case Ran(number) | RanAll(number) | Done(number) | Judged(number) | Pong(number):
                asked = self._asked.get(number)
                if asked is None or _KINDS[type(asked.request)] is not type(message):
                    raise WireError(f"an answer to request {number}, which was not asked")
                if not _fits(asked.request, message):
                    raise WireError(f"an answer to request {number} that is not one")
                del self._asked[number]
                asked.answer = message
            case _:
                raise AssertionError(f"{message} is not among what was taken")

    def _lose(self, error: TransportError) -> None:
        """Give the device up, and hang up so that it is free; the first reason stays. Who waits is told.

        Nothing leaves any more, so what was not taken until now never will be.
        """
        if self.lost is None:
            self.lost = error
            self._link.drop()
            self._tell()
            if self._lead is None:
                self._link.close()
            else:
                self._lead.cancel()  # who reads hangs up as it leaves

    def close(self) -> None:
        """Hang up; who waits is woken, and whoever asks from now on finds the device lost. Idempotent."""
        if self.lost is not None:
            self.lost = DeviceLost(self.lost.reason)
        self._lose(DeviceLost("the connection is closed"))


def _batches(request: Request) -> tuple[Batch, ...]:
    match request:
        case Run(batch=batch):
            return (batch,)
        case RunAll(batches=batches):
            return batches
        case _:
            return ()


def _fits(request: Request, answer: Answer) -> bool:
    """Return whether an answer of the right kind can be the one to a request."""
    match request, answer:
        case Run(batch=batch), Ran(results=results):
            return answers(batch, results)
        case RunAll(batches=batches), RanAll(results=results):
            return len(batches) == len(results) and all(map(answers, batches, results))
        case _:
            return True


def _waits_s(request: Request) -> float:
    """Return how long a request may wait by itself at the device."""
    return sum([batch.prepared.once(_own_waits_s) for batch in _batches(request)])


def _own_waits_s(operations: tuple[Operation, ...]) -> float:
    polls_s = sum(op.timeout_s for op in operations if isinstance(op, Poll))
    return polls_s + sum(op.seconds for op in operations if isinstance(op, Delay))


def _reaches(request: Request) -> bool:
    """Return whether a request does anything at the device; a read does, since some registers change by it."""
    if batches := _batches(request):
        return any(not isinstance(op, (Delay, Fence)) for batch in batches for op in batch)
    return isinstance(request, Reset)
