"""A desk answers what it is asked of a chip in service, and nobody who asks can hold the service up."""

from __future__ import annotations

import json
import socket
import stat
from collections import deque
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import trio
import trio.testing
from attrs import define, evolve, field

from interrupts.dispatch import Counts
from interrupts.figures import LineFigures
from interrupts.tally import LineCounts
from runtime.desk import CLIENTS_MAX, EVIDENCE_MAX, INCIDENTS_MAX, LINE_MAX, LINES_MAX, PAGE_MAX, QUESTIONS, Desk
from runtime.heard import Heard
from runtime.incident import Event, Incident, What
from runtime.summary import State, Verdict
from transports.errors import Unavailable
from transports.wire.address import UnixAddress

KEPT = 3000  # events


@define(eq=False)
class Watched:
    """A service of two blocks, to which a test has things happen."""

    events: deque[Event] = field(factory=deque[Event])
    forgotten: int = 0
    held: set[str] = field(factory=set[str])
    rested: set[str] = field(factory=set[str])
    heard: Heard = field(factory=Heard)
    troubles: tuple[Incident, ...] = ()

    def status(self) -> Mapping[str, Verdict]:
        return {
            "pll": Verdict(block="pll", state=State.UP),
            "link": Verdict(block="link", state=State.DOWN, rung="trained", reason="not trained"),
        }

    def incidents(self, after: int = 0, most: int | None = None, lines: int | None = None) -> tuple[Incident, ...]:
        found = [incident for incident in self.troubles if incident.number > after]
        return tuple(evolve(incident, evidence=incident.evidence[:lines]) for incident in found[:most])

    def under_way(self) -> tuple[int, ...]:
        return tuple(incident.number for incident in self.troubles if incident.ended_s is None)

    def hold(self, block: str) -> None:
        if block not in self.status():
            raise ValueError(f"no block {block!r}; there are pll and link")
        self.held.add(block)

    def release(self, block: str) -> None:
        if block not in self.held:
            raise ValueError(f"{block!r} is not held; nothing is")
        self.held.remove(block)

    def rest(self, block: str) -> None:
        self.rested.add(block)

    def wake(self, block: str) -> None:
        if block not in self.rested:
            raise ValueError(f"{block!r} does not rest; nothing does")
        self.rested.remove(block)

    def happens(self, desk: Desk, number: int = 1) -> None:
        for _ in range(number):
            count = self.forgotten + len(self.events)
            event = Event(float(count), What.FELL, "link", "x" * 100)
            self.events.append(event)
            if len(self.events) > KEPT:
                self.events.popleft()
                self.forgotten += 1
            desk.note(event)


class Client:
    """Somebody who asks."""

    def __init__(self, stream: trio.SocketStream) -> None:
        self.stream = stream
        self._held = b""

    async def line(self) -> Any:
        """Return the next answer; None: the desk has hung up, and so do we."""
        while b"\n" not in self._held:
            try:
                more = await self.stream.receive_some(1 << 16)
            except trio.BrokenResourceError:
                more = b""
            if not more:
                await self.stream.aclose()
                return None
            self._held += more
        line, _, self._held = self._held.partition(b"\n")
        return json.loads(line)

    async def ask(self, **question: Any) -> Any:
        return await self.raw(json.dumps(question).encode() + b"\n")

    async def raw(self, said: bytes) -> Any:
        await self.stream.send_all(said)
        return await self.line()


@define
class Office:
    """A desk at work."""

    service: Watched
    desk: Desk
    path: str
    clients: list[Client] = field(factory=list[Client])

    async def client(self) -> Client:
        client = Client(await trio.open_unix_socket(self.path))
        self.clients.append(client)
        return client


@define(eq=False)
class Chattering:
    """Interrupts of which each line but the first has asked as often as its number says."""

    number: int
    counts: Counts = field(factory=lambda: Counts(hints=5, storms=0))

    def figures(self) -> tuple[LineFigures, ...]:
        return tuple(
            LineFigures(block=f"b{n}", controller="", source=n, counts=LineCounts(hints=n)) for n in range(self.number)
        )


@asynccontextmanager
async def office(tmp_path: Path, *, staying: bool = False) -> AsyncGenerator[Office]:
    """Open a desk; `staying` clients are still there when it has closed."""
    service = Watched()
    desk = Desk(service)
    there = Office(service, desk, str(tmp_path / "s"))
    with trio.fail_after(60):
        async with desk.open_at(UnixAddress(there.path)):
            yield there
        for client in there.clients if not staying else ():
            await client.stream.aclose()


async def test_every_question_has_an_answer(tmp_path: Path) -> None:
    """All questions there are are answered one after the other on one connection, in JSON lines."""
    async with office(tmp_path) as there:
        there.service.happens(there.desk, 3)
        there.service.troubles = (Incident(number=1, root="link", cause="fell", began_s=1.0),)
        client = await there.client()
        status = await client.ask(ask="status")
        assert [block["state"] for block in status.pop("blocks")] == ["up", "down"]
        assert status == {"up": 1, "degraded": 0, "open": [1], "last": 3}
        events = await client.ask(ask="events", after=1)
        assert [event["time_s"] for event in events.pop("events")] == [1.0, 2.0]
        assert events == {"first": 2, "last": 3, "forgotten": 0, "more": False}
        incidents = await client.ask(ask="incidents")
        assert incidents == {"incidents": [there.service.troubles[0].to_data()], "last": 1, "more": False}
        assert await client.ask(ask="incidents", after=1) == {"incidents": [], "last": 1, "more": False}
        there.service.heard.begin(Chattering(2))
        interrupts = await client.ask(ask="interrupts")
        assert interrupts["lines"] == [Chattering(2).figures()[1].to_data()], "the first never asked"
        assert (interrupts["numbers"]["hints"], interrupts["last"], interrupts["more"]) == (5, 2, False)
        assert await client.ask(ask="hold", block="pll") == {"held": "pll"}
        assert there.service.held == {"pll"}
        assert await client.ask(ask="release", block="pll") == {"released": "pll"}
        assert await client.ask(ask="rest", block="pll") == {"resting": "pll"}
        assert there.service.rested == {"pll"}
        assert await client.ask(ask="wake", block="pll") == {"woken": "pll"}
        assert await client.ask(ask="wake", block="pll") == {
            "error": "'pll' does not rest; nothing does", "retry": False,
        }  # fmt: skip
        assert there.service.held == set()


NO_QUESTIONS = [
    b"",
    b"status",
    b"[1]",
    b"\xff\xfe",
    b"[" * 3000,
    b"1" * 4000,
    b'{"ask": "reboot"}',
    b'{"ask": ["status"]}',
    b'{"ask": {}}',
    b"{}",
    b'{"ask": "status", "after": 1}',
    b'{"ask": "events", "block": "pll"}',
    b'{"ask": "events", "after": -1}',
    b'{"ask": "events", "after": true}',
    b'{"ask": "events", "after": "1"}',
    b'{"ask": "follow", "after": 1.5}',
    b'{"ask": "hold"}',
    b'{"ask": "hold", "block": 3}',
    b'{"ask": "hold", "block": "pill"}',
    b'{"ask": "release", "block": "pll"}',
    b'{"ask": "hold", "block": "\\ud800"}',
]


@pytest.mark.parametrize("said", NO_QUESTIONS)
async def test_what_is_no_question_is_told_so(tmp_path: Path, said: bytes) -> None:
    """Whatever else is said is answered by what was found and what is expected, and the next question is answered."""
    async with office(tmp_path) as there:
        client = await there.client()
        answer = await client.raw(said + b"\n")
        assert answer.keys() == {"error", "retry"}
        assert "expected" in answer["error"] or "there are" in answer["error"] or "nothing is" in answer["error"]
        assert not answer["retry"]
        assert (await client.ask(ask="status"))["up"] == 1


async def test_what_may_be_asked_is_named(tmp_path: Path) -> None:
    """Who asks for what there is not learns of all that there is."""
    async with office(tmp_path) as there:
        answer = await (await there.client()).ask(ask="help")
        assert all(question in answer["error"] for question in QUESTIONS)


async def test_a_line_has_a_bound(tmp_path: Path) -> None:
    """A line that has no end is refused at its bound, and the connection ends; other clients notice nothing."""
    async with office(tmp_path) as there:
        client, other = await there.client(), await there.client()
        answer = await client.raw(b"x" * (LINE_MAX + 1))
        assert str(LINE_MAX) in answer["error"]
        assert await client.line() is None
        assert (await other.ask(ask="status"))["up"] == 1


async def test_a_question_may_come_in_pieces_and_in_crowds(tmp_path: Path) -> None:
    """Lines are answered in order however they arrive: byte by byte, many at once, the last one without its end."""
    async with office(tmp_path) as there:
        client = await there.client()
        for byte in b'{"ask": "hold", "block": "pll"}':
            await client.stream.send_all(bytes([byte]))
        assert await client.raw(b"\n") == {"held": "pll"}
        crowd = b'{"ask": "hold", "block": "link"}\n' * 200 + b'{"ask": "release", "block": "link"}'
        await client.stream.send_all(crowd)
        await client.stream.send_eof()
        assert [await client.line() for _ in range(200)] == [{"held": "link"}] * 200
        assert await client.line() == {"released": "link"}
        assert await client.line() is None


async def test_events_come_in_pages(tmp_path: Path) -> None:
    """One answer has so many events and no more; page after page has all that are kept, each once and in order."""
    async with office(tmp_path) as there:
        there.service.happens(there.desk, KEPT + 10)
        client = await there.client()
        times: list[float] = []
        after, more = 0, True
        while more:
            page = await client.ask(ask="events", after=after)
            assert len(page["events"]) <= PAGE_MAX
            assert (page["first"], page["forgotten"]) == (max(after, 10) + 1, 10)
            times += [event["time_s"] for event in page["events"]]
            after, more = page["last"], page["more"]
        assert times == [float(number) for number in range(10, KEPT + 10)]
        assert (await client.ask(ask="events", after=10**30))["events"] == []


async def test_incidents_come_in_pages(tmp_path: Path) -> None:
    """One answer has so many incidents, each with so much evidence, and no more; page after page has all of them."""
    async with office(tmp_path) as there:
        there.service.troubles = tuple(
            Incident(number=number, root="link", cause="down", began_s=1.0, evidence=("read",) * 5000)
            for number in range(1, 2 * INCIDENTS_MAX + 2)
        )
        client = await there.client()
        numbers: list[int] = []
        after, more = 0, True
        while more:
            page = await client.ask(ask="incidents", after=after)
            assert len(page["incidents"]) <= INCIDENTS_MAX
            assert {len(incident["evidence"]) for incident in page["incidents"]} == {EVIDENCE_MAX}
            numbers += [incident["number"] for incident in page["incidents"]]
            after, more = page["last"], page["more"]
        assert numbers == list(range(1, 2 * INCIDENTS_MAX + 2))


async def test_lines_come_in_pages(tmp_path: Path) -> None:
    """One answer has so many lines of interrupts and no more; page after page has all, whichever speak up meanwhile."""
    async with office(tmp_path) as there:
        client = await there.client()
        sources: list[int] = []
        after, more = 0, True
        for number in (LINES_MAX + 9, LINES_MAX + 20):
            there.service.heard = Heard(Chattering(number))
            page = await client.ask(ask="interrupts", after=after)
            assert len(page["lines"]) <= LINES_MAX
            sources += [line["source"] for line in page["lines"]]
            after, more = page["last"], page["more"]
        assert not more
        assert sources == list(range(1, LINES_MAX + 20))


async def test_a_follower_has_each_event_once_and_in_order(tmp_path: Path) -> None:
    """From where he begins on, until the service is over; what came last he has before the desk closes."""
    async with office(tmp_path, staying=True) as there:
        there.service.happens(there.desk, 5)
        late, early = await there.client(), await there.client()
        await late.stream.send_all(b'{"ask": "follow"}\n')
        assert (await early.ask(ask="follow", after=3))["number"] == 4
        assert (await early.line())["number"] == 5
        await trio.testing.wait_all_tasks_blocked()
        there.service.happens(there.desk, 300)
        assert [(await late.line())["number"] for _ in range(250)] == list(range(6, 256))
        there.service.happens(there.desk, 7)
    for client, first in ((late, 256), (early, 6)):
        for number in range(first, 313):
            line = await client.line()
            assert (line["number"], line["event"]["time_s"]) == (number, float(number - 1))
        assert await client.line() is None


async def test_a_slow_follower_is_let_go(tmp_path: Path) -> None:
    """One who does not read holds nobody up and costs no memory; once events were forgotten he is told so, and let go.

    Others have every event meanwhile.
    """
    async with office(tmp_path) as there:
        slow, quick = await there.client(), await there.client()
        slow.stream.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        for client in (slow, quick):
            await client.stream.send_all(b'{"ask": "follow"}\n')
        await trio.testing.wait_all_tasks_blocked()
        for batch in range(20):
            there.service.happens(there.desk, 500)
            for number in range(500):
                assert (await quick.line())["number"] == batch * 500 + number + 1
        lines: list[Any] = []
        while (line := await slow.line()) is not None:
            lines.append(line)
        numbers = [line["number"] for line in lines[:-1]]
        assert numbers == list(range(1, len(numbers) + 1))
        assert len(numbers) < 10_000 - KEPT
        assert lines[-1]["retry"]
        assert f"event {len(numbers) + 1} is forgotten" in lines[-1]["error"]


async def test_clients_have_a_bound(tmp_path: Path) -> None:
    """One client more than the bound is told to come again; as soon as one has left another is let in."""
    async with office(tmp_path) as there:
        clients = [await there.client() for _ in range(CLIENTS_MAX)]
        for client in clients:
            assert (await client.ask(ask="status"))["up"] == 1
        answer = await (await there.client()).line()
        assert answer["retry"]
        assert str(CLIENTS_MAX) in answer["error"]
        await clients[3].stream.aclose()
        await trio.testing.wait_all_tasks_blocked()
        assert (await (await there.client()).ask(ask="status"))["up"] == 1


@pytest.mark.parametrize("said", [b'{"ask": "follow"}\n', b'{"ask": "ev', b'{"ask": "events"}\n' * 300, b""])
async def test_a_client_that_is_gone_has_left(tmp_path: Path, said: bytes) -> None:
    """Wherever a client vanishes, its place is free at once, and the rest goes on."""
    async with office(tmp_path) as there:
        there.service.happens(there.desk, 1000)
        for _ in range(3 * CLIENTS_MAX):
            client = await there.client()
            await client.stream.send_all(said)
            await client.stream.aclose()
            await trio.testing.wait_all_tasks_blocked()
            there.service.happens(there.desk)
        assert (await (await there.client()).ask(ask="status"))["up"] == 1


async def test_the_socket_is_its_owners(tmp_path: Path) -> None:
    """The file has mode 0600, is never taken from a living server, replaces a dead one's, and is gone at the end."""
    path = tmp_path / "s"
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))
    async with office(tmp_path) as there:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        with pytest.raises(Unavailable, match="a server listens there already"):
            async with Desk(Watched()).open_at(UnixAddress(str(path))):
                pytest.fail("two servers at one path")
        assert (await (await there.client()).ask(ask="status"))["up"] == 1
    assert not path.exists()
