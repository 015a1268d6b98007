"""Serving: one controller at a time, none ever refused because of a dead one, and a stranger disturbs nobody."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import AsyncGenerator, Callable, Coroutine, Generator
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import anyio.lowlevel
import pytest
from attrs import define, field

from transports.base import Capabilities
from transports.batch import Batch, Delay, Modify, Read, ReadBurst, Results, Write, batch
from transports.bus import Statistics
from transports.engine import Window, run
from transports.errors import Denied, DeviceLost, Indeterminate, TransportError, Unavailable
from transports.memory import MemoryTransport
from transports.remote import RemoteTransport, connect_to
from transports.serve import STRANGERS_MAX, Listener, Server, listen
from transports.serve.controller import UNANSWERED_MAX
from transports.wire import Frames, decode, encode, pack
from transports.wire.address import Address, TcpAddress, UnixAddress, parse_address
from transports.wire.messages import Ask, Cancel, Done, End, Hello, Judged, Message, Ran, Reset, Rose, Run, Welcome

SIZE = 0x400
LONG = batch(Write(0, 1), Delay(60), Write(0, 2))
ANSWERS: tuple[type[Message], ...] = (Welcome, Ran, Done, Judged, Rose, End)
KILLED = """
import anyio, sys
from transports.batch import Delay, Write, batch
from transports.remote import connect_to
from transports.wire.address import parse_address

async def main():
    transport = await connect_to(parse_address(sys.argv[1]))
    print("in", flush=True)
    await transport.execute(batch(*[op for k in range(1000) for op in (Write(0, k), Write(4, k), Delay(0.001))]))

anyio.run(main, backend="trio")
"""


@define(eq=False)
class Watched:
    """Memory that notes each access, and how many batches are in it at once."""

    window: Window = field(factory=partial(Window, bytearray(SIZE)))
    accesses: list[tuple[str, int, int]] = field(factory=list[tuple[str, int, int]])
    inside: int = 0
    most: int = 0
    closed: bool = False

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(strobes=True, real_time=False)

    def read(self, address: int, width: int) -> int:
        self.accesses.append(("read", address, 0))
        return self.window.read(address, width)

    def write(self, address: int, value: int, width: int, strobes: int | None) -> None:
        self.accesses.append(("write", address, value))
        self.window.write(address, value, width, strobes)

    async def execute(self, batch: Batch) -> Results:
        self.inside += 1
        self.most = max(self.most, self.inside)
        try:
            return await run(batch, self, self.window.region)
        finally:
            self.inside -= 1

    async def aclose(self) -> None:
        self.closed = True

    async def reached(self, count: int) -> None:
        """Wait until so many accesses were made."""
        for _ in range(20_000):
            if len(self.accesses) >= count:
                return
            await anyio.sleep(0.001)
        raise AssertionError(f"{len(self.accesses)} accesses, expected {count}")


@define
class Place:
    """A server at work: what it serves, and where."""

    server: Server
    device: Watched
    address: Address

    async def connect(self, **options: Any) -> RemoteTransport:
        return await connect_to(self.address, **options)


@asynccontextmanager
async def serving(path: Path, device: Any = None) -> AsyncGenerator[Place]:
    """Serve a device at a Unix socket."""
    device = Watched() if device is None else device
    listener = await listen(UnixAddress(str(path / "s")))
    server = Server(device)
    try:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(server.serve, listener)
            yield Place(server, device, listener.address)
            tasks.cancel_scope.cancel()
    finally:
        listener.close()


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


class Raw:
    """A connection by hand, which can say anything."""

    def __init__(self, address: Address) -> None:
        assert isinstance(address, UnixAddress)
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(address.path)
        self.sock.setblocking(False)
        self.frames = Frames()

    def say(self, *messages: Message) -> None:
        self.sock.send(b"".join(pack(encode(message)) for message in messages))

    async def hear(self) -> Message | None:
        """Return the next message; None when the connection is closed."""
        while True:
            for body in self.frames.take():
                return decode(body, *ANSWERS)
            await anyio.wait_readable(self.sock)
            try:
                data = self.sock.recv(65536)
            except ConnectionResetError:
                return None
            if not data:
                return None
            self.frames.feed(data)

    async def last_words(self) -> TransportError:
        """Return why the server ends the connection, which it then does."""
        while not isinstance(said := await self.hear(), End):
            assert said is not None, "the connection is closed without a word"
        assert await self.hear() is None
        self.sock.close()
        return said.error


async def settled() -> None:
    """Let the server take in what is there."""
    for _ in range(30):
        await anyio.lowlevel.checkpoint()


# ---- one controller at a time -----------------------------------------------------------------


@both
async def test_a_second_controller_is_refused_by_the_first_ones_name(tmp_path: Path) -> None:
    """While one holds the device, another is Denied, is told who holds it, and does not disturb it."""
    async with serving(tmp_path) as place:
        first = await place.connect(name="the night shift")
        assert place.server.holder == "the night shift"
        with pytest.raises(Denied, match=r"held by the night shift \(epoch 1\).*take_over=1"):
            await place.connect()
        assert (await first.execute(batch(Write(0, 3), Read(0)))).values == (None, 3)
        await first.aclose()
        second = await place.connect(name="the day shift")
        assert (await second.execute(batch(Read(0)))).values == (3,)
        assert (place.server.holder, place.server.controllers, place.server.epoch) == ("the day shift", 2, second.epoch)
        await second.aclose()


@both
async def test_after_a_take_over_not_one_access_of_the_first_reaches_the_device(tmp_path: Path) -> None:
    """The one that took over is let in when the first is out; the first is lost, and is told the new epoch."""
    async with serving(tmp_path) as place, anyio.create_task_group() as tasks:
        first = await place.connect(name="first")
        out: list[Results] = []

        async def work() -> None:
            out.append(await first.execute(LONG))

        async def more() -> None:
            out.append(await first.execute(batch(Write(8, 1))))

        tasks.start_soon(work)
        await place.device.reached(1)
        tasks.start_soon(more)
        await settled()
        assert place.device.accesses == [("write", 0, 1)]
        second = await place.connect(take_over=True, name="second")
        assert second.epoch == first.epoch + 1
        lost = (await first.execute(batch(Read(0)))).error
        assert isinstance(lost, DeviceLost)
        assert "second has taken the device over: it is in epoch 2" in str(lost)
        assert (await second.execute(batch(Read(0)))).values == (1,)
        await anyio.sleep(0.05)
        assert place.device.accesses == [("write", 0, 1), ("read", 0, 0)]
        assert [type(results.error) for results in out] == [Indeterminate, Indeterminate]
        assert all("epoch 2" in str(results.error) for results in out)
        await second.aclose()


@both
async def test_two_controllers_are_never_in_the_device_at_once(tmp_path: Path) -> None:
    """Controllers that take the device from each other, at any moment: their batches never interleave."""
    pair = batch(Write(0, 1), Delay(0.001), Modify(4, mask=1, value=1), Delay(0.001), Write(0, 0))
    async with serving(tmp_path) as place:

        async def controller(number: int) -> None:
            for round_ in range(6):
                transport = await place.connect(take_over=True, name=f"controller {number}")
                await anyio.sleep(0.0007 * ((number * 7 + round_ * 3) % 5))
                for _ in range(3):
                    if (await transport.execute(pair)).error is not None:
                        break
                await transport.aclose()

        async with anyio.create_task_group() as tasks:
            for number in range(3):
                tasks.start_soon(controller, number)
        assert place.device.most == 1
        assert place.server.controllers == 18
        assert place.device.accesses


@both
async def test_a_batch_that_does_not_stop_is_waited_for(tmp_path: Path) -> None:
    """When what the first has out cannot be cancelled, the second is let in only when it has come to its end."""

    class Stubborn(Watched):
        async def execute(self, batch: Batch) -> Results:
            results = Results(())
            with anyio.CancelScope(shield=True):
                results = await super().execute(batch)
            return results

    async with serving(tmp_path, Stubborn()) as place, anyio.create_task_group() as tasks:
        first = await place.connect()
        tasks.start_soon(first.execute, batch(Write(0, 1), Delay(0.05), Write(0, 2)))
        await place.device.reached(1)
        second = await place.connect(take_over=True)
        assert place.device.accesses == [("write", 0, 1), ("write", 0, 2)]
        assert (await second.execute(batch(Read(0)))).values == (2,)
        assert place.device.most == 1
        await second.aclose()


# ---- controllers that die ---------------------------------------------------------------------


@both
async def test_a_dead_controller_never_has_another_refused(tmp_path: Path) -> None:
    """A holder whose connection is gone frees the device at once, also with a batch out or much still unread."""
    async with serving(tmp_path) as place:
        for work in ((), (Run(1, LONG),), tuple(Run(number, LONG) for number in range(1, 20))):
            dead = Raw(place.address)
            dead.say(Hello("dead"))
            assert isinstance(await dead.hear(), Welcome)
            if work:
                dead.say(*work)
                await place.device.reached(1)
                dead.sock.send(b"half a frame")
            dead.sock.close()
            alive = await place.connect()
            place.device.accesses.clear()
            await anyio.sleep(0.01)
            assert (await alive.execute(batch(Read(0)))).error is None
            assert place.device.accesses == [("read", 0, 0)]
            place.device.accesses.clear()
            await alive.aclose()


@both
async def test_a_controller_that_died_before_it_was_heard_is_not_let_in(tmp_path: Path) -> None:
    """What a controller asked for and then died, all before the server looked, is not done, and stands in no way."""
    async with serving(tmp_path) as place:
        dead = Raw(place.address)
        dead.say(Hello("dead"))
        dead.sock.close()
        alive = await place.connect()
        assert (place.server.controllers, alive.epoch) == (1, 1)
        await alive.aclose()


@contextmanager
def controller(address: Address) -> Generator[None]:
    """Run a controller in a process of its own, and kill it at the end."""
    root = Path(__file__).parents[2]
    with subprocess.Popen([sys.executable, "-c", KILLED, str(address)], stdout=subprocess.PIPE, cwd=root) as process:
        try:
            yield
        finally:
            process.kill()


@pytest.mark.parametrize("seed", range(4))
def test_a_killed_controller_frees_the_device(tmp_path: Path, seed: int) -> None:
    """kill -9 in the middle of a batch: the next is let in at once, and nothing of the first comes after that."""

    async def main() -> None:
        async with serving(tmp_path) as place:
            with controller(place.address):
                await place.device.reached(1 + 7 * seed)
            transport = await place.connect()
            before = len(place.device.accesses)
            assert (await transport.execute(batch(Read(0), Delay(0.02), Read(0)))).error is None
            assert place.device.accesses[before:] == [("read", 0, 0)] * 2
            await transport.aclose()

    anyio.run(main, backend="trio")


@both
async def test_a_connection_that_is_cut_at_any_byte_leaves_the_next_one_alone(tmp_path: Path) -> None:
    """Whatever part of hello and two batches arrives: whole batches are done or not, no part of one, and none later."""
    hello, work = pack(encode(Hello("cut"))), [pack(encode(Run(n, batch(Write(0, n), Write(4, n))))) for n in (1, 2)]
    async with serving(tmp_path) as place:
        for length in range(0, len(hello) + sum(map(len, work)) + 1):
            place.device.accesses.clear()
            cut = Raw(place.address)
            cut.sock.send(hello[:length])
            if length > len(hello):
                assert isinstance(await cut.hear(), Welcome)
                cut.sock.send(b"".join(work)[: length - len(hello)])
                await settled()
            cut.sock.close()
            alive = await place.connect()
            assert (await alive.execute(batch(Read(8)))).values == (0,)
            whole = sum(length >= len(hello) + end for end in (len(work[0]), len(work[0]) + len(work[1])))
            writes = [("write", address, number) for number in (1, 2)[:whole] for address in (0, 4)]
            assert place.device.accesses == [*writes, ("read", 8, 0)]
            await alive.aclose()


# ---- strangers --------------------------------------------------------------------------------


def nested(depth: int) -> list[Any]:
    return [nested(depth - 1)] if depth else []


RUN_1 = pack(encode(Run(1, batch(Read(0)))))
STRANGE: list[tuple[str, bytes, str]] = [
    ("4 GB", b"\xff\xff\xff\xff" + bytes(4), "a frame of 4294967295 bytes"),
    ("checksum", RUN_1[:-1] + b"\x55", "checksum is wrong"),
    ("deep", pack(nested(60)), "nested more than 8 deep"),
    ("garbage", b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", "a frame of 542393671 bytes"),
    ("unknown", pack(["shutdown", 1]), "unknown kind 'shutdown'"),
    ("types", pack(["run", "1", []]), "expected a number from 0 up, found str '1'"),
    ("range", pack(["run", 1, [[0, 3, 4]]]), "not a multiple of the access width"),
    ("not now", pack(encode(Ran(1, Results(())))), "'ran', which may not come now"),
]


@both
async def test_a_hostile_frame_ends_its_own_connection_with_a_reason(tmp_path: Path) -> None:
    """From a stranger, each hostile frame is answered with its reason and the end; the holder notices nothing."""
    async with serving(tmp_path) as place:
        holder = await place.connect()
        for _, data, _reason in STRANGE:
            stranger = Raw(place.address)
            stranger.sock.send(data)
            error = await stranger.last_words()
            assert isinstance(error, Denied)
            assert "the connection is closed" in str(error)
            assert (await holder.execute(batch(Write(0, 1), Read(0)))).values == (None, 1)
        assert place.server.controllers == 1
        await holder.aclose()


@both
async def test_a_hostile_frame_of_the_holder_ends_it_and_frees_the_device(tmp_path: Path) -> None:
    """A holder that says nonsense is told which, what it has out stops, and the next controller is let in."""
    async with serving(tmp_path) as place:
        for _, data, reason in STRANGE:
            holder = Raw(place.address)
            holder.say(Hello("holder"))
            assert isinstance(await holder.hear(), Welcome)
            holder.say(Run(0, LONG))
            await place.device.reached(1)
            holder.sock.send(data)
            error = await holder.last_words()
            assert isinstance(error, Denied)
            assert reason in str(error)
            place.device.accesses.clear()
            transport = await place.connect()
            assert (await transport.execute(batch(Read(4)))).error is None
            assert place.device.accesses == [("read", 4, 0)]
            place.device.accesses.clear()
            await transport.aclose()


@both
async def test_a_truncated_frame_and_then_nothing_is_told(tmp_path: Path) -> None:
    """A connection whose sending side ends within a frame is answered with that reason."""
    async with serving(tmp_path) as place:
        cut = Raw(place.address)
        cut.sock.send(pack(encode(Hello("x")))[:-1])
        cut.sock.shutdown(socket.SHUT_WR)
        assert "in the middle of a frame" in str(await cut.last_words())
        await anyio.lowlevel.checkpoint()
        assert place.server.controllers == 0


@both
async def test_numbers_go_up_and_so_many_at_once(tmp_path: Path) -> None:
    """A number that was used, and one request too many at once, end the connection."""
    async with serving(tmp_path) as place:
        for said, reason in (
            ((Run(3, batch()), Run(3, batch())), "request 3 after request 3"),
            ((Run(3, batch()), Ask(2)), "request 2 after request 3"),
            ([Run(number, LONG) for number in range(UNANSWERED_MAX + 5)], f"more than {UNANSWERED_MAX} requests"),
        ):
            raw = Raw(place.address)
            raw.say(Hello("eager"))
            raw.sock.setblocking(True)
            assert isinstance(await raw.hear(), Welcome)
            raw.say(*said)
            raw.sock.setblocking(False)
            assert reason in str(await raw.last_words())


@both
async def test_silent_strangers_do_not_keep_others_out(tmp_path: Path) -> None:
    """However many connections say nothing, one that says hello is let in; the oldest silent ones are closed."""
    async with serving(tmp_path) as place:
        silent = [Raw(place.address) for _ in range(STRANGERS_MAX + 10)]
        transport = await place.connect()
        assert (await transport.execute(batch(Read(0)))).error is None
        assert "connections say nothing" in str(await silent[0].last_words())
        await transport.aclose()
        for stranger in silent:
            stranger.sock.close()


@both
async def test_a_controller_that_does_not_read_is_taken_over(tmp_path: Path) -> None:
    """Answers that nobody reads fill the connection, and nothing else: another one takes over."""
    bulky = batch(ReadBurst(0, 200_000, stride=0))
    async with serving(tmp_path) as place:
        deaf = Raw(place.address)
        deaf.say(Hello("deaf"))
        assert isinstance(await deaf.hear(), Welcome)
        for number in range(20):
            frame = pack(encode(Run(number, bulky)))
            while frame:
                try:
                    frame = frame[deaf.sock.send(frame) :]
                except BlockingIOError:
                    await anyio.sleep(0.001)
        await anyio.sleep(0.05)
        transport = await place.connect(take_over=True)
        assert (await transport.execute(batch(Read(4)))).error is None
        await transport.aclose()
        deaf.sock.close()


# ---- what is asked for ------------------------------------------------------------------------


@both
async def test_what_is_cancelled_is_answered_and_goes_no_further(tmp_path: Path) -> None:
    """Cancelled while it is out or before, a request is answered in its place; a number that is unknown is nothing."""
    async with serving(tmp_path) as place:
        raw = Raw(place.address)
        raw.say(Hello("x"))
        assert isinstance(await raw.hear(), Welcome)
        raw.say(Run(1, LONG), Run(2, batch(Write(4, 1))), Ask(3), Run(4, batch(Read(0))), Cancel(2), Cancel(99))
        second = await raw.hear()
        assert isinstance(second, Ran)
        assert (second.number, type(second.results.error)) == (2, Indeterminate)
        await place.device.reached(1)
        raw.say(Cancel(1))
        first, third, fourth = await raw.hear(), await raw.hear(), await raw.hear()
        assert isinstance(first, Ran)
        assert (first.number, type(first.results.error)) == (1, Indeterminate)
        assert isinstance(third, Judged)
        assert fourth == Ran(4, Results((1,)))
        assert place.device.accesses == [("write", 0, 1), ("read", 0, 0)]
        raw.sock.close()


@both
async def test_what_the_device_cannot_is_denied(tmp_path: Path) -> None:
    """A reset of a device that has none is an answer, not the end."""
    async with serving(tmp_path) as place:
        raw = Raw(place.address)
        raw.say(Hello("x"))
        welcome = await raw.hear()
        assert isinstance(welcome, Welcome)
        assert welcome.powers == frozenset()
        raw.say(Reset(1), Run(2, batch(Read(0))))
        done = await raw.hear()
        assert isinstance(done, Done)
        assert isinstance(done.error, Denied)
        assert isinstance(await raw.hear(), Ran)
        raw.sock.close()


@both
async def test_an_answer_that_does_not_fit_is_an_error(tmp_path: Path) -> None:
    """Results that no frame holds come back as Indeterminate, and the connection goes on."""

    class Wordy(Watched):
        async def execute(self, batch: Batch) -> Results:
            results = await super().execute(batch)
            return Results((), Denied("x" * (5 << 20))) if len(batch) > 1 else results

    async with serving(tmp_path, Wordy()) as place:
        transport = await place.connect()
        error = (await transport.execute(batch(Read(0), Read(0)))).error
        assert isinstance(error, Indeterminate)
        assert "cannot be carried" in str(error)
        assert (await transport.execute(batch(Read(0)))).error is None
        await transport.aclose()


@both
async def test_a_lost_device_is_told_to_whoever_holds_it_and_to_whoever_comes(tmp_path: Path) -> None:
    """DeviceLost of the served transport crosses as it is; the next controller is told at the door."""
    device = MemoryTransport(SIZE)
    async with serving(tmp_path, device) as place:
        transport = await place.connect()
        await device.aclose()
        error = (await transport.execute(batch(Read(0)))).error
        assert error == DeviceLost("the memory is closed")
        await transport.aclose()
        with pytest.raises(DeviceLost, match="the memory is closed"):
            await place.connect()


@both
async def test_accesses_are_counted_for_all_controllers(tmp_path: Path) -> None:
    """The server counts what was made, over all controllers."""
    async with serving(tmp_path) as place:
        for _ in range(3):
            transport = await place.connect()
            await transport.execute(batch(Write(0, 1), Modify(0, mask=1, value=0), Read(0)))
            await transport.aclose()
        assert place.server.statistics == Statistics(reads=6, writes=6, batches=3)
        assert not place.device.closed


@both
async def test_a_server_that_ends_says_so(tmp_path: Path) -> None:
    """When serving is cancelled, the holder is told that the server ends, and the socket file is gone."""
    async with serving(tmp_path) as place:
        transport = await place.connect()
    error = (await transport.execute(batch(Read(0)))).error
    assert error == DeviceLost("the server ends")
    assert not (tmp_path / "s").exists()


@both
async def test_a_request_is_held_while_it_is_out(tmp_path: Path) -> None:
    """The clock is held while a request is out at the device, and at no other time."""
    held: list[bool] = []
    now = [0]

    class Hold:
        def __enter__(self) -> None:
            now[0] += 1

        def __exit__(self, *_: object) -> None:
            now[0] -= 1

    class Looking(Watched):
        async def execute(self, batch: Batch) -> Results:
            held.append(now[0] == 1)
            return await super().execute(batch)

    listener = await listen(UnixAddress(str(tmp_path / "s")))
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(Server(Looking(), hold=Hold).serve, listener)
        transport = await connect_to(listener.address)
        assert now == [0]
        for _ in range(3):
            await transport.execute(batch(Read(0)))
            assert now == [0]
        with anyio.move_on_after(0.01):
            await transport.execute(LONG)
        await transport.execute(batch())
        assert now == [0]
        await transport.aclose()
        tasks.cancel_scope.cancel()
    listener.close()
    assert held == [True] * 5


# ---- where it listens -------------------------------------------------------------------------


async def test_a_socket_file_that_is_served_is_not_replaced(tmp_path: Path) -> None:
    """A live socket is refused and goes on; a stale one is replaced; another file is refused and stays."""
    address = UnixAddress(str(tmp_path / "s"))
    first = await listen(address)
    assert (tmp_path / "s").stat().st_mode & 0o777 == 0o600
    with pytest.raises(Unavailable, match="a server listens there already"):
        await listen(address)
    first.socket.close()  # as a kill does: the file stays
    assert (tmp_path / "s").exists()
    second = await listen(address)
    second.close()
    second.close()
    assert not (tmp_path / "s").exists()
    (tmp_path / "s").write_text("mine")
    with pytest.raises(Unavailable, match="is no socket"):
        await listen(address)
    assert (tmp_path / "s").read_text() == "mine"


async def test_a_socket_file_of_another_server_is_not_removed(tmp_path: Path) -> None:
    """A listener whose file was replaced leaves the other one's file where it is."""
    address = UnixAddress(str(tmp_path / "s"))
    first = await listen(address)
    os.rename(tmp_path / "s", tmp_path / "old")
    second = await listen(address)
    first.close()
    assert (tmp_path / "s").exists()
    second.close()
    assert not (tmp_path / "s").exists()


async def test_where_one_cannot_listen_is_told(tmp_path: Path) -> None:
    """A folder that does not exist, a port that is taken: Unavailable, with the system's reason."""
    with pytest.raises(Unavailable, match="No such file"):
        await listen(UnixAddress(str(tmp_path / "none" / "s")))
    taken = await listen(TcpAddress("127.0.0.1", 0))
    assert isinstance(taken, Listener)
    assert isinstance(taken.address, TcpAddress)
    assert taken.address.port
    with pytest.raises(Unavailable, match="Address already in use"):
        await listen(taken.address)
    taken.close()


def test_an_address_reads_as_it_is_written() -> None:
    """An address is the URL that names it."""
    for url in ("unix:/run/s", "tcp:lab7:9000", "tcp:[::1]:80"):
        assert str(parse_address(url)) == url
