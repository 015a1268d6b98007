"""When the socket vanishes, or the other end talks nonsense or nothing, nobody concludes too much."""

from __future__ import annotations

import socket
from contextlib import suppress
from pathlib import Path
from typing import Any

import anyio
import anyio.lowlevel
import pytest
import trio
from trio.testing import MockClock

from tests.transports.sockets import WELCOME, both, peer, serving_watched
from transports.batch import Batch, Delay, Poll, Read, Results, Write, WriteBurst, batch
from transports.errors import Denied, DeviceLost, Indeterminate, TransportError, Unavailable, ended
from transports.remote import RemoteTransport, connect_to
from transports.remote.talk import ANSWER_S, UNANSWERED_MAX, Talk
from transports.wire import Link, encode, pack
from transports.wire.address import UnixAddress, connect
from transports.wire.messages import Ask, End, Hello, Ran, Reset, Rose, Run

WRITING = batch(Read(0), Write(4, 1))
LOOKING = batch(Read(0), Delay(1e-6))
POLLING = batch(Poll(0, 0, 0, timeout_s=1.0))
WAITING = batch(Delay(1e-6))
BULKY = batch(WriteBurst(0, [0] * 100_000))
CLOSED = "the other end closed the connection"


# ---- a socket that vanishes -------------------------------------------------------------------


class Narrow:
    """A socket of which the system takes only so many bytes more.

    Attributes:
        room: how many.
    """

    def __init__(self, sock: socket.socket, room: int) -> None:
        self.sock = sock
        self.room = room

    def __getattr__(self, name: str) -> Any:
        return getattr(self.sock, name)

    def send(self, data: memoryview) -> int:
        if not self.room:
            raise BlockingIOError
        sent = self.sock.send(data[: self.room])
        self.room -= sent
        return sent


async def narrowed(sock: socket.socket, room: int) -> tuple[RemoteTransport, Talk, Narrow]:
    """Be let in by the server at the other end of a socket, and let only so many bytes leave after that."""
    narrow: Any = Narrow(sock, 1000)
    talk = Talk(Link(narrow), "narrow")
    welcome = await talk.begin(Hello("narrow"))
    narrow.room = room
    return RemoteTransport(talk, welcome), talk, narrow


@both
async def test_a_request_that_is_cut_has_touched_nothing(tmp_path: Path) -> None:
    """Cut at each byte of a request: Unavailable until the last has left, and no access is made; then Indeterminate.

    What was Unavailable is done once when it is asked for again over a new connection.
    """
    for work in (WRITING, LOOKING, POLLING, WAITING):
        size = len(pack(encode(Run(0, work))))
        for cut in range(size + 1):
            async with serving_watched(tmp_path) as place:
                remote, _, narrow = await narrowed(await connect(place.address), cut)
                found: list[Results] = []

                async def execute(remote: Any = remote, found: list[Results] = found, work: Batch = work) -> None:
                    found.append(await remote.execute(work))

                async with anyio.create_task_group() as tasks:
                    tasks.start_soon(execute)
                    while narrow.room:
                        await anyio.lowlevel.checkpoint()
                    narrow.sock.shutdown(socket.SHUT_RDWR)
                error = found[0].error
                assert isinstance(error, Indeterminate if cut == size and work is not WAITING else Unavailable), cut
                await remote.aclose()
                again = await place.connect()  # is let in when nothing of the first is out any more
                assert cut == size or not place.device.accesses
                if isinstance(error, Unavailable):
                    assert error.over
                    assert (await again.execute(work)).error is None
                    assert len(place.device.accesses) == sum(not isinstance(op, Delay) for op in work)
                await again.aclose()


async def fate(path: Path, work: Batch, answer: bytes, cut: int) -> list[Results]:
    """Have the socket vanish after `cut` bytes of an answer; return what came of the batch, and of two after it.

    The second of those comes after aclose.
    """
    found: list[Results] = []
    async with peer(path) as (server, remote):

        async def execute() -> None:
            found.append(await remote.execute(work))

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(execute)
            await server.hear()
            assert server.sock is not None
            if cut:
                server.sock.send(answer[:cut])
            server.vanish()
        found.append(await remote.execute(work))
        await remote.aclose()
        found.append(await remote.execute(work))
    return found


@both
async def test_an_answer_that_is_cut_says_nothing(tmp_path: Path) -> None:
    """Cut at each byte of the answer: Indeterminate for what may have reached the device; the whole answer stands.

    After that nothing leaves, so it is Unavailable; and after aclose the device is lost, as for every transport.
    """
    for work, values in ((WRITING, (5, None)), (LOOKING, (5, None)), (POLLING, (5,)), (WAITING, (None,))):
        answer = pack(encode(Ran(0, Results(values))))
        for cut in range(len(answer) + 1):
            first, second, last = await fate(tmp_path, work, answer, cut)
            if cut == len(answer):
                assert first == Results(values)
            else:
                assert (first.values, type(first.error)) == ((), Unavailable if work is WAITING else Indeterminate)
                assert "closed the connection" in str(first.error)
            assert second.values == ()
            assert isinstance(second.error, Unavailable)
            assert second.error.over
            assert (CLOSED in second.error.reason, "in the middle" in second.error.reason) == (
                True,
                0 < cut < len(answer),
            )
            assert last == Results((), DeviceLost(second.error.reason))


@both
async def test_a_welcome_that_is_cut_is_unavailable(tmp_path: Path) -> None:
    """A server that leaves at any byte before it lets us in: Unavailable, and the same connection is worth a retry."""
    welcome = pack(encode(WELCOME))
    for cut in range(len(welcome)):
        with socket.socket(socket.AF_UNIX) as listener:
            place = UnixAddress(str(tmp_path / f"w{cut}"))
            listener.bind(place.path)
            listener.listen()
            listener.setblocking(False)

            async def greet(listener: socket.socket = listener, cut: int = cut) -> None:
                await anyio.wait_readable(listener)
                sock, _ = listener.accept()
                with sock:
                    sock.recv(1000)
                    sock.send(welcome[:cut])

            async with anyio.create_task_group() as tasks:
                tasks.start_soon(greet)
                with pytest.raises(Unavailable, match=CLOSED) as refused:
                    await connect_to(place)
                assert not refused.value.over


@both
async def test_what_did_not_leave_is_unavailable(tmp_path: Path) -> None:
    """Of the batches that were on the way, those that the system had not taken whole are safe to repeat."""
    async with peer(tmp_path) as (server, remote):
        found: dict[int, Results] = {}

        async def execute(number: int) -> None:
            found[number] = await remote.execute(BULKY)

        async with anyio.create_task_group() as tasks:
            for number in range(UNANSWERED_MAX + 4):
                tasks.start_soon(execute, number)
                await anyio.sleep(0.001)
            assert isinstance(await server.hear(), Run)
            await anyio.sleep(0.01)
            server.vanish()
        errors = [found[number].error for number in sorted(found)]
        left = [isinstance(error, Indeterminate) for error in errors]
        assert left[0]
        assert left == sorted(left, reverse=True)
        assert not left[3]
        assert all(isinstance(error, Unavailable) and error.over for error in errors[sum(left) :])
        assert "had not left" in str(errors[3])
        assert isinstance((await remote.execute(BULKY)).error, Unavailable)


@both
async def test_what_is_said_not_to_have_left_never_leaves(tmp_path: Path) -> None:
    """Close at any step of another task that reads and sends, just as there is room: what is Unavailable stays here."""
    hello, request = (len(pack(encode(message))) for message in (Hello("narrow"), Run(0, WRITING)))
    kinds: set[type[Any]] = set()
    for steps in range(40):
        ours, theirs = socket.socketpair()
        theirs.sendall(pack(encode(WELCOME)))
        remote, talk, narrow = await narrowed(ours, request // 2)
        found: list[Results] = []

        async def execute(remote: Any = remote, found: list[Results] = found) -> None:
            found.append(await remote.execute(WRITING))

        async def wait(talk: Talk = talk) -> None:
            with suppress(DeviceLost):
                await talk.rose()

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(wait)
            await anyio.lowlevel.checkpoint()
            await anyio.lowlevel.checkpoint()
            tasks.start_soon(execute)
            while narrow.room:
                await anyio.lowlevel.checkpoint()
            for _ in range(steps // 4):
                await anyio.lowlevel.checkpoint()
            theirs.sendall(pack(encode(Rose(frozenset({1})))))
            for _ in range(steps % 4):
                await anyio.lowlevel.checkpoint()
            narrow.room = request
            await remote.aclose()
        with theirs:
            arrived = len(theirs.recv(1000)) == hello + request
            assert isinstance(found[0].error, Indeterminate) or not arrived, steps
        kinds.add(type(found[0].error))
    assert Unavailable in kinds


@both
async def test_a_socket_that_vanished_before_takes_nothing(tmp_path: Path) -> None:
    """When the other end is known to be gone before a batch leaves, nothing leaves; no hint will come any more."""
    async with peer(tmp_path) as (server, remote):
        server.vanish()
        for work in (WRITING, LOOKING):
            results = await remote.execute(work)
            assert (results.values, type(results.error)) == ((), Unavailable)
        with pytest.raises(DeviceLost, match=CLOSED):
            await remote.wait()
        with pytest.raises(Unavailable, match=CLOSED):
            await remote.reset()


@both
async def test_a_reset_that_vanishes_is_indeterminate(tmp_path: Path) -> None:
    """A reset changes the device, a judgement does not."""
    for ask, kind in (("reset", Indeterminate), ("judge", Unavailable)):
        async with peer(tmp_path) as (server, remote), anyio.create_task_group() as tasks:

            async def raises(remote: Any = remote, ask: str = ask, kind: type[Exception] = kind) -> None:
                with pytest.raises(kind):
                    await getattr(remote, ask)()

            tasks.start_soon(raises)
            await server.hear()
            server.vanish()


NONSENSE: list[tuple[bytes, str]] = [
    (b"\xff\xff\xff\xff" + bytes(4), "a frame of 4294967295 bytes"),
    (pack(["what"]), "unknown kind"),
    (pack(encode(WELCOME)), "may not come now"),
    (pack(encode(Ran(7, Results(())))), "an answer to request 7, which was not asked"),
    (pack(encode(Ran(0, Results((5,))))), "an answer to request 0 that is not one"),
    (pack(encode(Ran(0, Results((5, 6))))), "an answer to request 0 that is not one"),
    (pack(["done", 0, None]), "an answer to request 0, which was not asked"),
]


@both
async def test_a_server_that_says_nonsense_is_left(tmp_path: Path) -> None:
    """What no server of ours says ends the connection; what was out may have landed, and what waits is told."""
    for data, reason in NONSENSE:
        async with peer(tmp_path) as (server, remote):
            found: list[Results] = []

            async def execute(remote: Any = remote, found: list[Results] = found) -> None:
                found.append(await remote.execute(WRITING))

            async def wait(remote: Any = remote, reason: str = reason) -> None:
                with pytest.raises(DeviceLost, match=reason):
                    await remote.wait()

            async with anyio.create_task_group() as tasks:
                tasks.start_soon(execute)
                tasks.start_soon(wait)
                await server.hear()
                assert server.sock is not None
                server.sock.send(data)
            assert isinstance(found[0].error, Indeterminate)
            assert reason in str(found[0].error)
            assert server.sock is not None
            assert server.sock.recv(10) == b""


@both
async def test_the_last_word_is_the_reason(tmp_path: Path) -> None:
    """A server's reason for the end is what every batch is told from then on."""
    async with peer(tmp_path) as (server, remote):
        server.say(End(DeviceLost("moved to epoch 7")))
        error = (await remote.execute(batch(Read(0)))).error
        assert error == DeviceLost("moved to epoch 7")
    async with peer(tmp_path) as (server, remote):
        server.say(Rose(frozenset({4})))
        server.say(End(Denied("that was no frame")))
        assert await remote.wait() == {4}
        error = (await remote.execute(batch(Read(0)))).error
        assert error == DeviceLost("that was no frame")


@both
async def test_silence_is_not_waited_for_for_ever(tmp_path: Path) -> None:
    """A server that answers nothing for too long, beyond what a batch itself waits, is given up."""
    async with peer(tmp_path, answer_s=0.05) as (server, remote):
        start_s = anyio.current_time()
        results = await remote.execute(batch(Write(0, 1), Delay(0.1)))
        assert anyio.current_time() - start_s >= 0.15
        assert isinstance(results.error, Indeterminate)
        assert "has answered nothing for 0.05 s" in str(results.error)
        assert isinstance((await remote.execute(batch())).error, Unavailable)
        assert isinstance(await server.hear(), Run)


@pytest.mark.parametrize(("ask", "kind"), [("judge", Unavailable), ("reset", Indeterminate)])
async def test_silence_ends_whatever_was_asked(
    tmp_path: Path, autojump_clock: MockClock, ask: str, kind: type[TransportError]
) -> None:
    """A server that falls silent is given up after 30 s, also when only a judgement or a reset was asked for."""
    async with peer(tmp_path) as (server, remote):
        start_s = trio.current_time()
        with trio.fail_after(10_000), pytest.raises(kind, match=f"has answered nothing for {ANSWER_S:g} s") as given_up:
            await getattr(remote, ask)()
        assert trio.current_time() - start_s == pytest.approx(ANSWER_S)
        assert isinstance(given_up.value, Indeterminate) or ended(given_up.value)
        assert isinstance(await server.hear(), Ask if ask == "judge" else Reset)


async def test_waiting_for_hints_has_no_end(tmp_path: Path, autojump_clock: MockClock) -> None:
    """Nobody is given up because no line rises."""
    async with peer(tmp_path) as (_, remote):
        with trio.move_on_after(10_000) as late:
            await remote.wait()
        assert late.cancelled_caught


@both
async def test_closing_wakes_who_waits(tmp_path: Path) -> None:
    """Close the transport while a batch is out and a task waits for hints: both end, and the socket is closed."""
    async with peer(tmp_path) as (server, remote):
        found: list[Results] = []

        async def execute() -> None:
            found.append(await remote.execute(WRITING))

        async def wait() -> None:
            with pytest.raises(DeviceLost):
                await remote.wait()

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(wait)
            tasks.start_soon(execute)
            await server.hear()
            await remote.aclose()
        assert [type(results.error) for results in found] == [Indeterminate]
        assert server.sock is not None
        assert server.sock.recv(10) == b""


@both
async def test_a_reader_that_is_cancelled_leaves_the_reading_to_another(tmp_path: Path) -> None:
    """Cancel the tasks that wait in any order: the answer still reaches the one that is left."""
    for order in ((0, 1), (1, 0)):
        async with peer(tmp_path) as (server, remote):
            scopes = [anyio.CancelScope() for _ in range(2)]
            found: list[Results] = []

            async def wait(scope: anyio.CancelScope, remote: Any = remote) -> None:
                with scope:
                    await remote.wait()

            async def execute(remote: Any = remote, found: list[Results] = found) -> None:
                found.append(await remote.execute(LOOKING))

            async with anyio.create_task_group() as tasks:
                for scope in scopes:
                    tasks.start_soon(wait, scope)
                await anyio.sleep(0.001)
                tasks.start_soon(execute)
                await server.hear()
                for number in order:
                    scopes[number].cancel()
                    await anyio.sleep(0.001)
                server.say(Ran(0, Results((1, None))))
            assert found == [Results((1, None))]
