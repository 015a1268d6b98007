"""A device at the other end of a socket: the contract holds, and when the socket vanishes nobody concludes too much."""

from __future__ import annotations

import socket
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path
from typing import Any

import anyio
import anyio.lowlevel
import pytest
import trio
from attrs import define, evolve, field
from trio.testing import MockClock

from blocks.chip import load_chip
from blocks.sim import SimChip, SimTransport
from transports.base import Capabilities, Judge, Judgement, Notifier, Resettable, Transport
from transports.batch import Batch, Delay, Modify, Read, ReadBurst, Results, Write, WriteBurst, batch
from transports.conformance import check_transport
from transports.errors import Denied, DeviceLost, Indeterminate, Unavailable
from transports.memory import MemoryTransport
from transports.open import Target, TargetError, open_transport
from transports.remote import RemoteTransport, connect_to, own_name
from transports.remote.talk import UNANSWERED_MAX
from transports.serve import Server, listen
from transports.wire import NAME_MAX, Frames, decode, encode, pack
from transports.wire.address import Address, TcpAddress, UnixAddress
from transports.wire.messages import Ask, Cancel, End, Hello, Message, Ran, Reset, Rose, Run, Welcome
from transports.wire.operations import BURST_BYTES_MAX

ASKED: tuple[type[Message], ...] = (Hello, Run, Reset, Ask, Cancel)
WELCOME = Welcome(1, Capabilities(), frozenset({"notifier", "resettable", "judge"}))
WRITING = batch(Read(0), Write(4, 1))
LOOKING = batch(Read(0), Delay(1))
NUMBERS = count()


def both(test: Callable[[Path], Coroutine[Any, Any, None]]) -> Callable[[Path, str], None]:
    """Run a test under trio and under asyncio."""

    @pytest.mark.parametrize("backend", ["trio", "asyncio"])
    def test_under(tmp_path: Path, backend: str) -> None:
        async def main() -> None:
            with anyio.fail_after(30):
                await test(tmp_path)

        anyio.run(main, backend=backend)

    test_under.__doc__ = test.__doc__
    return test_under


@asynccontextmanager
async def serving(device: Transport, address: Address) -> AsyncGenerator[tuple[Server, Address]]:
    """Serve a device."""
    listener = await listen(address)
    server = Server(device)
    try:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(server.serve, listener)
            yield server, listener.address
            tasks.cancel_scope.cancel()
    finally:
        listener.close()


# ---- the contract -----------------------------------------------------------------------------


@pytest.mark.parametrize("backend", ["trio", "asyncio"])
@pytest.mark.parametrize("scheme", ["unix", "tcp"])
def test_a_served_memory_keeps_the_contract(tmp_path: Path, scheme: str, backend: str) -> None:
    """Memory at the other end of a socket passes check_transport."""
    place: Address = UnixAddress(str(tmp_path / "s")) if scheme == "unix" else TcpAddress("127.0.0.1", 0)

    async def main() -> None:
        async with serving(MemoryTransport(0x1000, 0x8000_0000), place) as (server, address):

            async def make() -> Transport:
                return await open_transport(str(address))

            await check_transport(make, base=0x8000_0000, size=0x1000)
            assert server.controllers == 2

    anyio.run(main, backend=backend)


@both
async def test_a_served_server_keeps_the_contract(tmp_path: Path) -> None:
    """A remote transport may itself be served: two sockets in a row pass check_transport."""
    async with serving(MemoryTransport(0x1000), UnixAddress(str(tmp_path / "one"))) as (_, first):
        middle = await connect_to(first)
        async with serving(middle, UnixAddress(str(tmp_path / "two"))) as (_, second):
            await check_transport(lambda: connect_to(second), base=0, size=0x1000)
        await middle.aclose()


@both
async def test_the_powers_are_those_of_the_device(tmp_path: Path) -> None:
    """A served transport's optional powers are there at the other end, and no others; and it is in real time."""
    async with serving(MemoryTransport(64), UnixAddress(str(tmp_path / "s"))) as (_, address):
        plain = await connect_to(address)
        assert not isinstance(plain, (Notifier, Resettable, Judge))
        there = MemoryTransport(64).capabilities
        here = plain.capabilities
        assert evolve(here, real_time=False, access_s=0.0, round_trip_s=0.0) == there
        assert (here.real_time, here.round_trip_s > there.round_trip_s) == (True, True)
        await plain.aclose()
    sim = SimTransport(SimChip(load_chip("mini")))
    async with serving(sim, UnixAddress(str(tmp_path / "s"))) as (_, address):
        remote = await connect_to(address)
        assert isinstance(remote, Notifier)
        assert isinstance(remote, Resettable)
        assert isinstance(remote, Judge)
        assert remote.capabilities.notifier
        await remote.execute(batch(Write(0x04, 0x12345678)))
        judged = await remote.judge()
        assert judged == await sim.judge()
        assert isinstance(judged.violations, tuple)
        await remote.reset()
        await remote.aclose()


class Ringing(MemoryTransport):
    """Memory with lines that a test raises."""

    def __init__(self) -> None:
        super().__init__(64)
        self._capabilities = evolve(self._capabilities, notifier=True)
        self.send, self.rises = anyio.create_memory_object_stream[frozenset[int]](100)
        self.resets = 0

    async def wait(self) -> frozenset[int]:
        return await self.rises.receive()

    async def reset(self) -> None:
        self.resets += 1
        await anyio.sleep(0.01)
        if self.resets > 1:
            raise Denied("once is enough")

    async def judge(self) -> Judgement:
        await anyio.lowlevel.checkpoint()
        return Judgement(("late",), {"pll": {"lock": float("inf")}}, {"lost": 2})


@both
async def test_hints_resets_and_judgements_cross(tmp_path: Path) -> None:
    """Lines that rise wake who waits, also with a batch out; to a new controller all that ever rose count as risen."""
    device = Ringing()
    async with serving(device, UnixAddress(str(tmp_path / "s"))) as (_, address):
        remote: Any = await connect_to(address)
        with anyio.move_on_after(0.01) as early:
            await remote.wait()
        assert early.cancelled_caught
        async with anyio.create_task_group() as tasks:
            found: list[frozenset[int]] = []

            async def listen_() -> None:
                found.append(await remote.wait())

            tasks.start_soon(listen_)
            await anyio.sleep(0.01)
            tasks.start_soon(remote.execute, batch(Delay(0.05)))
            await anyio.sleep(0.01)
            device.send.send_nowait(frozenset({3, 9}))
        assert found == [{3, 9}]
        device.send.send_nowait(frozenset({1}))
        device.send.send_nowait(frozenset({2}))
        await remote.reset()
        assert await remote.wait() == {1, 2}
        with pytest.raises(Denied, match="once is enough"):
            await remote.reset()
        assert await remote.judge() == Judgement(("late",), {"pll": {"lock": float("inf")}}, {"lost": 2})
        await remote.aclose()
        with pytest.raises(DeviceLost):
            await remote.wait()
        with pytest.raises(DeviceLost):
            await remote.reset()
        with pytest.raises(DeviceLost):
            await remote.judge()
        again: Any = await connect_to(address)
        assert await again.wait() == {1, 2, 3, 9}
        await again.aclose()
    device.send.close()
    device.rises.close()


# ---- many at once -----------------------------------------------------------------------------


@both
async def test_many_batches_are_on_the_way_at_once(tmp_path: Path) -> None:
    """Batches of many tasks leave before the first is answered, are done in order, and each gets its own results."""
    async with serving(MemoryTransport(0x1000), UnixAddress(str(tmp_path / "s"))) as (_, address):
        remote = await connect_to(address)
        found: dict[int, Results] = {}

        async def task(number: int) -> None:
            for turn in range(5):
                word = number << 8 | turn
                found[word] = await remote.execute(batch(Write(4 * number, word), Delay(1e-4), Read(4 * number)))

        async with anyio.create_task_group() as tasks:
            for number in range(3 * UNANSWERED_MAX):
                tasks.start_soon(task, number)
        assert len(found) == 15 * UNANSWERED_MAX
        assert all(results.values == (None, None, word) for word, results in found.items())
        await remote.aclose()


@both
async def test_a_cancelled_batch_leaves_the_others_alone(tmp_path: Path) -> None:
    """Cancel any of several batches that are out: the others end as if it had not been there, in order."""
    async with serving(MemoryTransport(0x1000), UnixAddress(str(tmp_path / "s"))) as (_, address):
        remote = await connect_to(address)
        found: list[tuple[int, Results]] = []

        async def task(number: int, scope: anyio.CancelScope, wait_s: float) -> None:
            with scope:
                found.append((number, await remote.execute(batch(Write(0, number), Delay(wait_s), Read(0)))))

        for cancelled in range(5):
            scopes = [anyio.CancelScope() for _ in range(5)]
            found.clear()
            async with anyio.create_task_group() as tasks:
                for number, scope in enumerate(scopes):
                    tasks.start_soon(task, number, scope, 60 if number == cancelled else 0.002)
                await anyio.sleep(0.02)
                scopes[cancelled].cancel()
            wanted = [(number, (None, None, number)) for number in range(5) if number != cancelled]
            assert sorted((number, results.values) for number, results in found) == wanted
        await remote.aclose()


@both
async def test_a_large_batch_goes_while_others_wait(tmp_path: Path) -> None:
    """Frames larger than the connection holds go both ways at once."""
    words = tuple(range(200_000))
    async with serving(MemoryTransport(1 << 20), UnixAddress(str(tmp_path / "s"))) as (_, address):
        remote = await connect_to(address)
        done: list[bool] = []

        async def task() -> None:
            results = await remote.execute(batch(WriteBurst(0, words), ReadBurst(0, len(words))))
            done.append(results.values == (None, words))

        async with anyio.create_task_group() as tasks:
            for _ in range(4):
                tasks.start_soon(task)
        assert done == [True] * 4
        await remote.aclose()


@both
async def test_what_the_wire_cannot_carry_is_denied_before_it_leaves(tmp_path: Path) -> None:
    """A batch that no frame holds is refused whole, and the connection goes on."""
    async with serving(MemoryTransport(64), UnixAddress(str(tmp_path / "s"))) as (server, address):
        remote = await connect_to(address)
        for work, reason in (
            (batch(Write(0, 1), ReadBurst(8, BURST_BYTES_MAX // 4 + 1)), "read in bursts"),
            (batch(Write(0, 1), WriteBurst(0, [0] * (2 << 20))), "a frame takes"),
            (batch(Write(0, 1), Read(1 << 64)), "more than 64 bits"),
            (Batch([Read(0)] * 100_001), "100001 operations"),
        ):
            results = await remote.execute(work)
            assert isinstance(results.error, Denied)
            assert reason in str(results.error)
            assert results.values == ()
        assert (await remote.execute(batch(Read(0)))).values == (0,)
        assert server.statistics.batches == 1
        await remote.aclose()


# ---- a socket that vanishes -------------------------------------------------------------------


@define
class Peer:
    """The server's end, by hand."""

    listener: socket.socket
    address: Address
    sock: socket.socket | None = None
    frames: Frames = field(factory=Frames)

    async def accept(self, welcome: Welcome = WELCOME) -> None:
        """Let one in."""
        await anyio.wait_readable(self.listener)
        self.sock, _ = self.listener.accept()
        self.sock.setblocking(False)
        assert isinstance(await self.hear(), Hello)
        self.say(welcome)

    async def hear(self) -> Message:
        assert self.sock is not None
        while True:
            for body in self.frames.take():
                return decode(body, *ASKED)
            await anyio.wait_readable(self.sock)
            self.frames.feed(self.sock.recv(65536))

    def say(self, message: Message) -> None:
        assert self.sock is not None
        self.sock.send(pack(encode(message)))

    def vanish(self) -> None:
        assert self.sock is not None
        self.sock.close()


@asynccontextmanager
async def peer(path: Path, **options: Any) -> AsyncGenerator[tuple[Peer, Any]]:
    """Give a server's end and the transport that is connected to it."""
    with socket.socket(socket.AF_UNIX) as listener:
        place = path / f"peer-{next(NUMBERS)}"
        listener.bind(str(place))
        listener.listen()
        listener.setblocking(False)
        server = Peer(listener, UnixAddress(str(place)))
        found: list[RemoteTransport] = []

        async def connect() -> None:
            found.append(await connect_to(server.address, **options))

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(connect)
            await server.accept()
        yield server, found[0]
        await found[0].aclose()
        server.vanish()


async def fate(path: Path, work: Batch, answer: bytes | None, cut: int) -> tuple[Results, Results]:
    """Have the socket vanish after `cut` bytes of an answer; return what came of the batch and of the next one."""
    found: list[Results] = []
    async with peer(path) as (server, remote):

        async def execute() -> None:
            found.append(await remote.execute(work))

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(execute)
            await server.hear()
            assert server.sock is not None
            if answer is not None and cut:
                server.sock.send(answer[:cut])
            server.vanish()
        found.append(await remote.execute(work))
    first, second = found
    return first, second


@both
async def test_a_socket_that_vanishes_says_what_may_have_landed(tmp_path: Path) -> None:
    """Cut at each byte of the answer: Indeterminate for what wrote, DeviceLost for what only looked, and after it."""
    for work, values, kind in ((WRITING, (5, None), Indeterminate), (LOOKING, (5, None), DeviceLost)):
        answer = pack(encode(Ran(0, Results(values))))
        for cut in range(len(answer) + 1):
            first, second = await fate(tmp_path, work, answer, cut)
            if cut == len(answer):
                assert first == Results(values)
            else:
                assert (first.values, type(first.error)) == ((), kind)
                assert "closed the connection" in str(first.error)
            assert (second.values, type(second.error)) == ((), DeviceLost)


@both
async def test_what_did_not_leave_is_unavailable(tmp_path: Path) -> None:
    """Of the batches that were on the way, those that the system had not taken whole are safe to repeat."""
    bulky = batch(WriteBurst(0, [0] * 100_000))
    async with peer(tmp_path) as (server, remote):
        found: dict[int, Results] = {}

        async def execute(number: int) -> None:
            found[number] = await remote.execute(bulky)

        async with anyio.create_task_group() as tasks:
            for number in range(4):
                tasks.start_soon(execute, number)
                await anyio.sleep(0.005)
            assert isinstance(await server.hear(), Run)
            await anyio.sleep(0.01)
            server.vanish()
        left = [isinstance(found[number].error, Indeterminate) for number in range(4)]
        assert left[0]
        assert left == sorted(left, reverse=True)
        assert isinstance(found[3].error, Unavailable)
        assert all(isinstance(found[number].error, (Indeterminate, Unavailable)) for number in range(4))
        assert "had not left" in str(found[3].error)
        assert isinstance((await remote.execute(bulky)).error, DeviceLost)


@both
async def test_a_socket_that_vanished_before_takes_nothing(tmp_path: Path) -> None:
    """When the other end is known to be gone before a batch leaves, nothing leaves, and the device is lost."""
    async with peer(tmp_path) as (server, remote):
        server.vanish()
        results = await remote.execute(WRITING)
        assert (results.values, type(results.error)) == ((), DeviceLost)
        with pytest.raises(DeviceLost):
            await remote.wait()


@both
async def test_a_reset_that_vanishes_is_indeterminate(tmp_path: Path) -> None:
    """A reset changes the device, a judgement does not."""
    for ask, kind in (("reset", Indeterminate), ("judge", DeviceLost)):
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
        assert isinstance((await remote.execute(batch())).error, DeviceLost)
        assert isinstance(await server.hear(), Run)


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


# ---- opening ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("unix:", "expected unix:PATH"),
        ("unix:" + "x" * 200, "107 bytes"),
        ("unix:/s?colour=red", "the options are"),
        ("unix:/s?take_over=yes", "the options are"),
        ("unix:/s?name=" + "x" * 201, "one line of at most 200"),
        ("unix:/s?name=a%0Ab", "one line of at most 200"),
        ("tcp:host", "expected tcp:HOST:PORT"),
        ("tcp:host:http", "expected tcp:HOST:PORT"),
        ("tcp:host:70000", "expected tcp:HOST:PORT"),
        ("tcp:::1:80", "expected tcp:HOST:PORT"),
    ],
)
async def test_a_url_that_is_none_is_refused(url: str, reason: str) -> None:
    """What is no address, or no option, is a TargetError that says what is expected."""
    with pytest.raises(TargetError) as refused:
        await open_transport(url)
    assert reason in str(refused.value)


@both
async def test_where_nobody_serves_is_told(tmp_path: Path) -> None:
    """No socket, a socket that nobody serves, a closed port, a host that is none: Unavailable, with the reason."""
    taken = await listen(TcpAddress("127.0.0.1", 0))
    taken.close()
    stale = await listen(UnixAddress(str(tmp_path / "stale")))
    stale.socket.close()
    for url, reason in (
        (f"unix:{tmp_path}/none", "No such file"),
        (f"unix:{tmp_path}/stale", "Connection refused"),
        (str(taken.address), "Connection refused"),
    ):
        with pytest.raises(Unavailable) as refused:
            await open_transport(url)
        assert reason in str(refused.value)


@both
async def test_a_server_that_does_not_let_us_in_is_not_waited_for(tmp_path: Path) -> None:
    """One that accepts and says nothing is Unavailable in time; one that says something else is no server of ours."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "s"))
        listener.listen()
        with pytest.raises(Unavailable, match=r"does not let us in within 0\.05 s"):
            await connect_to(UnixAddress(str(tmp_path / "s")), within_s=0.05)
        listener.accept()[0].close()

        async def greet() -> None:
            await anyio.wait_readable(listener)
            sock, _ = listener.accept()
            sock.send(b"220 mail.example.org ESMTP\r\n")
            sock.close()

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(greet)
            with pytest.raises(DeviceLost, match="does not say what a server of ours says"):
                await connect_to(UnixAddress(str(tmp_path / "s")))


@both
async def test_the_url_says_who_asks_and_whether_to_take_over(tmp_path: Path) -> None:
    """?name= is told to whoever is refused, ?take_over=1 takes the device; without a name it is user and process."""
    async with serving(MemoryTransport(64), UnixAddress(str(tmp_path / "s"))) as (server, address):
        first = await open_transport(f"{address}?name=bench%207")
        assert server.holder == "bench 7"
        with pytest.raises(Denied, match="bench 7"):
            await open_transport(f"{address}?take_over=0")
        second = await open_transport(f"{address}?take_over=1")
        assert server.holder == own_name()
        assert isinstance((await first.execute(batch(Modify(0, mask=1, value=1)))).error, DeviceLost)
        await first.aclose()
        await second.aclose()
    assert own_name().isprintable()
    assert 0 < len(own_name()) <= NAME_MAX


def test_both_targets_are_installed() -> None:
    """unix: and tcp: are schemes, by entry points."""
    from transports.open import known_schemes

    found = {scheme.name: scheme.problem for scheme in known_schemes()}
    assert [found[name] for name in ("unix", "tcp", "recorded")] == [""] * 3
    assert Target.parse("unix:/s").scheme == "unix"
