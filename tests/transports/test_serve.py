"""Serving: one controller at a time, none ever refused because of a dead one, and a stranger disturbs nobody."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import anyio
import pytest

from tests.transports.sockets import (
    SIZE,
    Raw,
    Watched,
    both,
    serving_watched,
    settled,
)
from transports.batch import Batch, Delay, Modify, Read, Results, Write, batch
from transports.errors import Denied, DeviceLost, Indeterminate
from transports.memory import MemoryTransport
from transports.remote import connect_to
from transports.serve import Server, listen
from transports.wire import encode, pack
from transports.wire.address import Address, UnixAddress
from transports.wire.messages import Ask, Cancel, Done, Hello, Judged, Ran, Reset, Run, Welcome

LONG = batch(Write(0, 1), Delay(60), Write(0, 2))
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


# ---- one controller at a time -----------------------------------------------------------------


@both
async def test_a_second_controller_is_refused_by_the_first_ones_name(tmp_path: Path) -> None:
    """While one holds the device, another is Denied, is told who holds it, and does not disturb it."""
    async with serving_watched(tmp_path) as place:
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
    async with serving_watched(tmp_path) as place, anyio.create_task_group() as tasks:
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
        assert "taken over: second has the device now, in epoch 2" in str(lost)
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
    async with serving_watched(tmp_path) as place:

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

    async with serving_watched(tmp_path, Stubborn()) as place, anyio.create_task_group() as tasks:
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
    async with serving_watched(tmp_path) as place:
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
    async with serving_watched(tmp_path) as place:
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
        async with serving_watched(tmp_path) as place:
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
    async with serving_watched(tmp_path) as place:
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


# ---- what is asked for ------------------------------------------------------------------------


@both
async def test_what_is_cancelled_is_answered_and_goes_no_further(tmp_path: Path) -> None:
    """Cancelled while it is out or before, a request is answered in its place; a number that is unknown is nothing."""
    async with serving_watched(tmp_path) as place:
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
    async with serving_watched(tmp_path) as place:
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

    async with serving_watched(tmp_path, Wordy()) as place:
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
    async with serving_watched(tmp_path, device) as place:
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
    async with serving_watched(tmp_path) as place:
        for _ in range(3):
            transport = await place.connect()
            await transport.execute(batch(Write(0, 1), Modify(0, mask=1, value=0), Read(0)))
            await transport.aclose()
        done = place.server.statistics
        assert (done.reads, done.writes, done.batches) == (6, 6, 3)
        assert not place.device.closed


@both
async def test_a_server_that_ends_says_so(tmp_path: Path) -> None:
    """When serving is cancelled, the holder is told that the server ends, and the socket file is gone."""
    async with serving_watched(tmp_path) as place:
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


