"""A device at the other end of a socket: the contract holds, and when the socket vanishes nobody concludes too much."""

from __future__ import annotations

import socket
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import anyio.lowlevel
import pytest
from attrs import evolve

from blocks.chip import load_chip
from blocks.sim import SimChip, SimTransport
from tests.transports.sockets import (
    both,
)
from transports.base import Judge, Judgement, Notifier, Resettable, Transport
from transports.batch import Batch, Delay, Modify, Read, ReadBurst, Results, Write, WriteBurst, batch
from transports.conformance import check_transport
from transports.errors import Denied, DeviceLost, Unavailable
from transports.memory import MemoryTransport
from transports.open import Target, TargetError, open_transport
from transports.remote import connect_to, own_name
from transports.remote.talk import UNANSWERED_MAX
from transports.serve import Server, listen
from transports.wire import NAME_MAX
from transports.wire.address import Address, TcpAddress, UnixAddress
from transports.wire.operations import BURST_BYTES_MAX


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
        found: list[frozenset[int]] = []
        async with anyio.create_task_group() as tasks:

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


class Faulty(MemoryTransport):
    """Memory whose fault began so many seconds before it is asked for."""

    def __init__(self, ago_s: float) -> None:
        super().__init__(bytearray(64))
        self.ago_s = ago_s

    async def judge(self) -> Judgement:
        await anyio.lowlevel.checkpoint()
        return Judgement(faults=((anyio.current_time() - self.ago_s, "hang pll"),))


@both
async def test_faults_are_told_by_the_clock_of_who_asks(tmp_path: Path) -> None:
    """When a fault began is told so that it can be compared with what the controller's own clock showed."""
    async with serving(Faulty(50.0), UnixAddress(str(tmp_path / "s"))) as (_, address):
        remote: Any = await connect_to(address)
        before_s = anyio.current_time()
        ((began_s, what),) = (await remote.judge()).faults
        assert before_s <= began_s + 50.0 + 1e-6
        assert began_s + 50.0 <= anyio.current_time() + 1e-6
        assert what == "hang pll"
        await remote.aclose()
