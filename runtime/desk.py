"""Answers questions on a chip in service, over a Unix socket: a line of JSON in, a line of JSON out.

    {"ask": "status"}                      {"blocks": [...], "up": 324, "degraded": 0, "open": [], "last": 61}
    {"ask": "events", "after": 40}         {"events": [...], "first": 41, "last": 61, "forgotten": 0, "more": false}
    {"ask": "incidents", "after": 2}       {"incidents": [...], "last": 3, "more": false}
    {"ask": "interrupts", "after": 0}      {"lines": [...], "numbers": {...}, "last": 350, "more": false}
    {"ask": "follow"}                      each event as it comes: {"event": {...}, "number": 62}
    {"ask": "hold", "block": "pll[3]"}     {"held": "pll[3]"}
    {"ask": "release", "block": "pll[3]"}  {"released": "pll[3]"}
    {"ask": "rest", "block": "pll[3]"}     {"resting": "pll[3]"}
    {"ask": "wake", "block": "pll[3]"}     {"woken": "pll[3]"}

Events, incidents and lines of interrupts are numbered from 1; a line that never asked is not told. What cannot be
answered gets {"error": ..., "retry": ...}; `retry` says whether the same question may be answered later. The socket is
for its owner alone; whoever can connect can hold blocks.

Nobody who asks can hold up the runtime: questions, clients and what is on its way to one are bounded, and a follower
who is so slow that events were forgotten before he had them is let go.
"""

from __future__ import annotations

import errno
import json
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from itertools import islice
from typing import Any, Protocol, cast

import trio
from attrs import Factory, define, field

from runtime.heard import Heard
from runtime.incident import Event, Incident
from runtime.summary import IN_SERVICE, State, Verdict
from transports.serve.listen import listen
from transports.wire.address import UnixAddress

CLIENTS_MAX = 16  # one more is told to come again
LINE_MAX = 4096  # bytes of a question; a longer one ends the connection
PAGE_MAX = 1000  # events of one answer, some 250 KB; whoever wants more asks again
INCIDENTS_MAX = 50  # of one answer: that of a whole chip has 20 KB
LINES_MAX = 400  # of interrupts, of one answer: some 200 KB
EVIDENCE_MAX = 16  # accesses that are told with an incident
FOLLOWED_MAX = 64  # events on their way to a follower at a time
FAREWELL_S = 1.0  # for followers to take the last events, once the service is over
AGAIN_S = 0.1  # when the system is out of descriptors, until somebody is let in again
_PASSING = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM, errno.ECONNABORTED)

# What may be asked, and the one word more that each question may have.
QUESTIONS: Mapping[str, str] = {
    "status": "", "events": "after", "incidents": "after", "interrupts": "after", "follow": "after", "hold": "block",
    "release": "block", "rest": "block", "wake": "block",
}  # fmt: skip

Answer = Mapping[str, Any]


class Watched(Protocol):
    """A chip in service, as far as it is asked."""

    @property
    def events(self) -> Sequence[Event]:
        """The last events."""
        ...

    @property
    def forgotten(self) -> int:
        """How many came before these."""
        ...

    @property
    def heard(self) -> Heard:
        """What came of its interrupts so far."""
        ...

    def status(self) -> Mapping[str, Verdict]:
        """Return every block as last looked at; no access."""
        ...

    def incidents(self, after: int = 0, most: int | None = None, lines: int | None = None) -> tuple[Incident, ...]:
        """Return incidents with higher numbers than `after`, so many at most, each with so many lines of evidence."""
        ...

    def under_way(self) -> tuple[int, ...]:
        """Return the numbers of the incidents that are not over."""
        ...

    def hold(self, block: str) -> None:
        """Leave a block as it is.

        Raises:
            ValueError: there is no such block; names what there is.
        """
        ...

    def release(self, block: str) -> None:
        """Hold a block no more.

        Raises:
            ValueError: it is not held; names what there is.
        """
        ...

    def rest(self, block: str) -> None:
        """Put a block to rest, soon, after all that stands on it.

        Raises:
            ValueError: it cannot rest, or somebody stands in the way; names it.
        """
        ...

    def wake(self, block: str) -> None:
        """Bring back a block that was put to rest.

        Raises:
            ValueError: it does not rest; names what does.
        """
        ...


class Unanswered(ValueError):
    """A question that has no answer.

    Attributes:
        retry: it may have one later.
    """

    def __init__(self, said: str, *, retry: bool = False) -> None:
        super().__init__(said)
        self.retry = retry

    def to_data(self) -> Answer:
        """Return the line that says so."""
        return {"error": str(self), "retry": self.retry}


@define(eq=False)
class Desk:
    """Answers for one service, which calls `note` for each event once that is among its `events`."""

    service: Watched
    _clients: int = 0
    _followers: int = 0
    _over: bool = False
    _bell: trio.Event = Factory(trio.Event)

    def note(self, _event: Event) -> None:
        """Wake who follows; they fetch what is new by themselves."""
        self._ring()

    def _ring(self) -> None:
        bell, self._bell = self._bell, trio.Event()
        bell.set()

    @asynccontextmanager
    async def open_at(self, address: UnixAddress) -> AsyncGenerator[None]:
        """Answer at a socket while the context is open; at its end followers get what they lack, and all are let go.

        Raises:
            Unavailable: somebody listens there already, something else has the file's name, or the system refuses.
        """
        listener = await listen(address)
        try:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self._admit, trio.socket.from_stdlib_socket(listener.socket), nursery)
                yield
                await self._bid_farewell()
                nursery.cancel_scope.cancel()
        finally:
            listener.close()

    async def _bid_farewell(self) -> None:
        self._over = True
        self._ring()
        with trio.move_on_after(FAREWELL_S):
            while self._followers:
                await self._bell.wait()

    async def _admit(self, door: trio.socket.SocketType, nursery: trio.Nursery) -> None:
        while True:
            try:
                sock, _ = await door.accept()
            except OSError as problem:
                if problem.errno not in _PASSING:
                    raise
                await trio.sleep(AGAIN_S)
                continue
            stream = trio.SocketStream(sock)
            if self._clients < CLIENTS_MAX:
                self._clients += 1
                nursery.start_soon(self._attend, stream)
                continue
            full = Unanswered(f"found {self._clients} others asking; expected fewer than {CLIENTS_MAX}", retry=True)
            nursery.start_soon(_turn_away, stream, full)

    async def _attend(self, stream: trio.SocketStream) -> None:
        """Answer one client until it leaves."""
        try:
            async with stream:
                await self._converse(stream)
        except* trio.BrokenResourceError:
            pass  # it left before it had its answer
        finally:
            self._clients -= 1

    async def _converse(self, stream: trio.SocketStream) -> None:
        lines = _Lines(stream)
        while True:
            try:
                line = await lines.following()
                if line is None:
                    return
                question = _question(line)
                if question["ask"] == "follow":
                    return await self._follow(stream, min(question.get("after", self._last), self._last))
                answer = self._answer(question)
            except Unanswered as problem:
                answer = problem.to_data()
            await _send(stream, answer)
            if lines.broken:
                return

    def _answer(self, question: Mapping[str, Any]) -> Answer:
        service, asked = self.service, question["ask"]
        if asked == "status":
            return self._status()
        if asked == "events":
            return self._page(question.get("after", 0))
        if asked == "incidents":
            return self._incidents(question.get("after", 0))
        if asked == "interrupts":
            return self._lines(question.get("after", 0))
        act, done = {
            "hold": (service.hold, "held"),
            "release": (service.release, "released"),
            "rest": (service.rest, "resting"),
            "wake": (service.wake, "woken"),
        }[asked]
        try:
            act(question["block"])
        except ValueError as problem:
            raise Unanswered(str(problem)) from problem
        return {done: question["block"]}

    @property
    def _last(self) -> int:
        """The number of the last event."""
        return self.service.forgotten + len(self.service.events)

    def _status(self) -> Answer:
        verdicts = self.service.status().values()
        return {
            "blocks": [verdict.to_data() for verdict in verdicts],
            "up": sum(verdict.state in IN_SERVICE for verdict in verdicts),
            "degraded": sum(verdict.state is State.DEGRADED for verdict in verdicts),
            "open": list(self.service.under_way()),
            "last": self._last,
        }

    def _page(self, after: int) -> Answer:
        forgotten = self.service.forgotten
        first = min(max(after, forgotten), self._last)
        events = self._events(first, PAGE_MAX)
        last = first + len(events)
        return {
            "events": [event.to_data() for event in events],
            "first": first + 1,
            "last": last,
            "forgotten": forgotten,
            "more": last < self._last,
        }

    def _incidents(self, after: int) -> Answer:
        found = self.service.incidents(after, INCIDENTS_MAX + 1, EVIDENCE_MAX)
        page = found[:INCIDENTS_MAX]
        return {
            "incidents": [incident.to_data() for incident in page],
            "last": page[-1].number if page else after,
            "more": len(page) < len(found),
        }

    def _lines(self, after: int) -> Answer:
        """Return what was heard of lines; their numbers do not change while others begin to speak."""
        found = self.service.heard.lines
        spoke = [(number, line) for number, line in enumerate(found, 1) if number > after and line.spoke]
        page = spoke[:LINES_MAX]
        return {
            "lines": [line.to_data() for _, line in page],
            "numbers": self.service.heard.numbers,
            "last": page[-1][0] if page else after,
            "more": len(page) < len(spoke),
        }

    def _events(self, after: int, most: int) -> list[Event]:
        """Return events that are not forgotten, the first of them with the number `after` + 1."""
        start = after - self.service.forgotten
        return list(islice(self.service.events, start, start + most))

    async def _follow(self, stream: trio.SocketStream, after: int) -> None:
        """Tell events as they come, until the follower leaves, is too slow, or the service is over."""
        self._followers += 1
        try:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(_until_gone, stream, nursery.cancel_scope)
                await self._tell(stream, after)
                nursery.cancel_scope.cancel()
        finally:
            self._followers -= 1
            self._ring()

    async def _tell(self, stream: trio.SocketStream, after: int) -> None:
        while True:
            if after < self.service.forgotten:
                said = f"event {after + 1} is forgotten; the first that is not is {self.service.forgotten + 1}"
                return await _send(stream, Unanswered(said, retry=True).to_data())
            events = self._events(after, FOLLOWED_MAX)
            if events:
                await _send(stream, *({"event": e.to_data(), "number": n} for n, e in enumerate(events, after + 1)))
                after += len(events)
            elif self._over:
                return
            else:
                await self._bell.wait()


@define(eq=False)
class _Lines:
    """What a client says, line by line.

    Attributes:
        broken: a line was so long that where the next one begins is not known.
    """

    _stream: trio.SocketStream
    _held: bytearray = field(factory=bytearray)
    broken: bool = False

    async def following(self) -> bytes | None:
        """Return the next line; None: the client says no more.

        Raises:
            Unanswered: it is longer than a line may be.
        """
        while (end := self._held.find(b"\n")) < 0 and len(self._held) <= LINE_MAX:
            more = await self._stream.receive_some(LINE_MAX)
            if not more:  # a last line may lack its end
                line, self._held = bytes(self._held), bytearray()
                return line or None
            self._held += more
        if not 0 <= end <= LINE_MAX:
            self.broken = True
            raise Unanswered(f"found a line of more than {LINE_MAX} bytes; expected {_EXPECTED}")
        line = bytes(self._held[:end])
        del self._held[: end + 1]
        return line


_EXPECTED = f'{{"ask": ...}} with one of {", ".join(QUESTIONS)}'


def _question(line: bytes) -> Mapping[str, Any]:
    """Return what a line asks, in which nothing is missing or too much.

    Raises:
        Unanswered: it asks nothing that there is; names what was expected.
    """
    try:
        found: object = json.loads(line)
    except (ValueError, RecursionError) as problem:
        raise Unanswered(f"found no JSON; expected {_EXPECTED}") from problem
    if not isinstance(found, dict):
        raise Unanswered(f"found a {type(found).__name__}; expected {_EXPECTED}")
    question = cast("dict[str, Any]", found)
    asked = question.get("ask")
    if not isinstance(asked, str) or asked not in QUESTIONS:
        raise Unanswered(f"found {_short(asked)} to ask; expected {_EXPECTED}")
    word = QUESTIONS[asked]
    if strange := [name for name in question if name not in ("ask", word)]:
        raise Unanswered(f"{asked}: found {_short(strange[0])}; expected {f'at most {word!r}' if word else 'no more'}")
    if word == "block" and not isinstance(question.get(word), str):
        raise Unanswered(f"{asked}: found {_short(question.get(word))} as block; expected the name of a block")
    after = question.get("after", 0)
    if isinstance(after, bool) or not isinstance(after, int) or after < 0:
        raise Unanswered(
            f"{asked}: found {_short(after)} as after; expected the number of an event, incident or line, or 0"
        )
    return question


def _short(value: object) -> str:
    said = json.dumps(value)
    return said if len(said) <= 40 else f"{said[:37]}..."


async def _send(stream: trio.SocketStream, *answers: Answer) -> None:
    """Send lines; a client that does not read them keeps only itself waiting."""
    await stream.send_all("".join(f"{json.dumps(answer)}\n" for answer in answers).encode())


async def _turn_away(stream: trio.SocketStream, why: Unanswered) -> None:
    """Say why, and close: a new socket has room for that."""
    try:
        async with stream:
            await _send(stream, why.to_data())
    except trio.BrokenResourceError:
        pass  # it did not wait for it


async def _until_gone(stream: trio.SocketStream, scope: trio.CancelScope) -> None:
    """Cancel what is told to a client once it has left; what a follower says is not listened to."""
    while await stream.receive_some(LINE_MAX):
        pass
    scope.cancel()
