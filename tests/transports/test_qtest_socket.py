"""The qtest transport over a socket whose other end the test holds: cancellation, edges, loss."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Coroutine, Generator, Iterable
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import anyio
import pytest
import trio
import trio.testing
from attrs import define, field
from trio.testing import MockClock

from runtime.clock import VirtualClock
from transports.batch import Batch, Delay, Poll, Read, Results, Write, batch
from transports.bus import Bus
from transports.errors import DeviceLost
from transports.qemu import QtestTransport, ResettableQtestTransport
from transports.qemu.machines import SIFIVE_U
from transports.qemu.qtest_socket import ANSWER_S, QtestSocket

RAM = 0x8000_0000
MANY = batch(Read(RAM + 4 * k) for k in range(150))  # three windows
LINES = 60  # of these fit the first


@define
class Server:
    """The other end: answers each read with its own address, when told to."""

    stream: trio.SocketStream
    _held: bytes = b""
    answered: int = 0
    waiting: list[bytes] = field(factory=list[bytes])

    async def hear(self) -> None:
        """Wait for at least one whole command."""
        while not self.waiting:
            self._held += await self.stream.receive_some(65536)
            *lines, self._held = self._held.split(b"\n")
            self.waiting += lines

    async def answer(self, commands: int) -> None:
        """Answer so many commands, waiting for each; a reply leaves before the next command is looked at."""
        for _ in range(commands):
            await self.hear()
            words = self.waiting.pop(0).split()
            reply = b"OK 0x%016x\n" % int(words[1], 16) if words[0].startswith(b"read") else b"OK\n"
            await self.stream.send_all(reply)
            self.answered += 1

    async def serve(self) -> None:
        """Answer until cancelled."""
        while True:
            await self.answer(1)


@contextmanager
def connected(lines: Iterable[int] = (), answer_s: float = ANSWER_S) -> Generator[tuple[QtestTransport, Server]]:
    """Give a transport and its peer; a descriptor that stays open is a warning, and so a failure."""
    ours, theirs = socket.socketpair()
    with trio.socket.from_stdlib_socket(theirs) as peer:
        wire = QtestSocket(ours, frozenset(lines), answer_s)
        try:
            yield QtestTransport(SIFIVE_U, wire), Server(trio.SocketStream(peer))
        finally:
            wire.close()


def words(results: Results) -> list[int]:
    results.check()
    return [results.word(k) for k in range(len(results))]


def addresses(work: Batch) -> list[int]:
    return [op.address for op in work if isinstance(op, (Read, Poll))]


async def test_a_window_is_answered_before_the_next_leaves() -> None:
    """Never more is unanswered than one window, and a window is sent in one piece."""
    with connected() as (transport, server):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(transport.execute, MANY)
            await server.hear()
            await trio.testing.wait_all_tasks_blocked()
            assert len(server.waiting) == LINES
            await server.answer(LINES - 1)
            await trio.testing.wait_all_tasks_blocked()
            with trio.move_on_after(0) as late:
                server.waiting.pop(0)
                await server.hear()
            assert late.cancelled_caught, "the last of the window is unanswered, and more came"
            nursery.cancel_scope.cancel()


@pytest.mark.parametrize("answered", [0, 1, LINES - 1, LINES, LINES + 1, 2 * LINES, 149])
async def test_cancelled_batches_leave_no_replies_behind(answered: int) -> None:
    """Cancel a batch after any number of replies: the next batch gets its own words, not what the first left."""
    with connected() as (transport, server):
        async with trio.open_nursery() as nursery:
            scope = trio.CancelScope()

            async def first() -> None:
                with scope:
                    await transport.execute(MANY)

            nursery.start_soon(first)
            await server.answer(answered)
            scope.cancel()
            await trio.testing.wait_all_tasks_blocked()
            assert scope.cancelled_caught
            nursery.start_soon(server.serve)
            probe = batch(Read(RAM + 0x1000), Read(RAM + 0x2000))
            assert words(await transport.execute(probe)) == addresses(probe)
            nursery.cancel_scope.cancel()


async def test_a_cancelled_drain_is_taken_up_again(autojump_clock: MockClock) -> None:
    """Cancel also the batch that waits for the first one's replies: it has sent nothing, and the third is right."""
    with connected() as (transport, server):
        for work in (MANY, batch(Write(RAM, 1)), batch(Write(RAM, 2))):
            with trio.move_on_after(1):
                await transport.execute(work)
        await server.hear()
        assert {line.split()[0] for line in server.waiting} == {b"readl"}, "a write left before the drain was done"
        async with trio.open_nursery() as nursery:
            nursery.start_soon(server.serve)
            assert words(await transport.execute(batch(Read(RAM + 8)))) == [RAM + 8]
            nursery.cancel_scope.cancel()
        assert server.answered == LINES + 1


async def test_a_batch_cancelled_before_it_begins_sends_nothing(autojump_clock: MockClock) -> None:
    """A batch whose task is cancelled already, or while it waits for its turn or a pause, performs nothing more."""
    with connected() as (transport, server):
        with trio.CancelScope() as scope:
            scope.cancel()
            await transport.execute(batch(Write(RAM, 1)))
        async with trio.open_nursery() as nursery:
            nursery.start_soon(transport.execute, batch(Read(RAM)))
            await trio.testing.wait_all_tasks_blocked()
            with trio.move_on_after(1) as turn:
                await transport.execute(batch(Write(RAM, 1)))
            await server.answer(1)
        assert turn.cancelled_caught
        with trio.move_on_after(1) as pause:
            await transport.execute(batch(Delay(60), Write(RAM, 1)))
        assert pause.cancelled_caught
        with trio.move_on_after(1):
            await server.hear()
        assert server.waiting == []


async def test_a_cancellation_between_windows_sends_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """A cancellation that comes with the last reply of a window is heeded before the next window leaves."""
    with connected() as (transport, server):
        receive, scope = transport.wire.receive, trio.CancelScope()

        def receive_and_cancel() -> None:
            receive()
            if len(transport.wire.replies) == LINES:
                scope.cancel()

        monkeypatch.setattr(transport.wire, "receive", receive_and_cancel)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(server.serve)
            with scope:
                await transport.execute(MANY)
            await trio.testing.wait_all_tasks_blocked()
            assert (server.answered, server.waiting) == (LINES, [])
            nursery.cancel_scope.cancel()


async def test_edges_reach_the_waiter_whoever_reads() -> None:
    """An edge wakes `wait` when nobody executes, while an exchange is under way, and while a batch pauses."""
    with connected() as (transport, server):
        heard, risen = trio.open_memory_channel[frozenset[int]](1)

        async def listen() -> None:
            while True:
                await heard.send(await transport.wait())

        async def rises(number: int) -> None:
            await trio.testing.wait_all_tasks_blocked()
            await server.stream.send_all(b"IRQ raise %d\n" % number)
            with trio.fail_after(5):
                assert await risen.receive() == {number}

        async with trio.open_nursery() as nursery:
            nursery.start_soon(listen)
            await rises(11)
            nursery.start_soon(transport.execute, batch(Read(RAM), Delay(60)))
            await server.hear()
            await rises(3)
            await server.answer(1)
            await rises(7)
            nursery.cancel_scope.cancel()


async def test_a_batch_alone_reads() -> None:
    """While a batch is out it alone listens to the socket: of two listeners one could miss what the other took."""
    with connected() as (transport, server):
        wire = transport.wire
        async with trio.open_nursery() as nursery:
            nursery.start_soon(transport.wait)
            await trio.testing.wait_all_tasks_blocked()
            assert wire.parked == 1
            nursery.start_soon(transport.execute, batch(Read(RAM), Delay(60)))
            await server.hear()
            await trio.testing.wait_all_tasks_blocked()
            assert wire.parked == 1, "both listen"
            await server.answer(1)
            await trio.testing.wait_all_tasks_blocked()
            assert wire.parked == 1, "nobody listens in the pause"
            nursery.cancel_scope.cancel()
        assert wire.parked == 0
        async with trio.open_nursery() as nursery:
            nursery.start_soon(transport.wait)
            nursery.start_soon(server.answer, 1)
            await transport.execute(batch(Read(RAM)))
            await trio.testing.wait_all_tasks_blocked()
            assert wire.parked == 1, "nobody listens after the batch"
            nursery.cancel_scope.cancel()


async def test_a_reply_that_came_unasked_is_nobodys() -> None:
    """A reply that was there before the question is not taken for its answer."""
    with connected() as (transport, server):
        await server.stream.send_all(b"OK 0x5\n")
        results = await transport.execute(batch(Read(RAM)))
        assert results.values == ()
        assert isinstance(results.error, DeviceLost)


async def test_edges_are_kept_until_asked_for(autojump_clock: MockClock) -> None:
    """Lines that rose before `wait` was called come at once and together; falling is no hint but is seen."""
    with connected({3, 7}) as (transport, server):
        assert await transport.wait() == {3, 7}, "after attach every line may have risen"
        await server.stream.send_all(b"IRQ raise 11\nIRQ raise 9\nIRQ lower 11\n")
        async with trio.open_nursery() as nursery:
            nursery.start_soon(server.answer, 1)
            await transport.execute(batch(Read(RAM)))
        assert transport.lines_high == {9}
        assert await transport.wait() == {9, 11}
        with trio.move_on_after(1) as silent:
            await transport.wait()
        assert silent.cancelled_caught


async def test_a_flood_that_nobody_reads_blocks_nobody_for_good() -> None:
    """A server that cannot send any more edges, because nobody reads, is freed by the next batch."""
    with connected() as (transport, server):

        async def flood() -> None:
            await server.stream.send_all(b"IRQ raise 11\nIRQ lower 11\n" * 40_000)
            await server.answer(1)

        async with trio.open_nursery() as nursery:
            nursery.start_soon(flood)
            await trio.testing.wait_all_tasks_blocked()
            assert words(await transport.execute(batch(Read(RAM)))) == [RAM]
        assert await transport.wait() == {11}


async def test_a_reset_reads_on(tmp_path: Path) -> None:
    """A QEMU that must get rid of more edges than a socket holds before it can reset, does reset."""
    monitor = trio.socket.socket(trio.socket.AF_UNIX)
    await monitor.bind(str(tmp_path / "qmp.sock"))
    monitor.listen()

    async def reset_after_a_flood(flood: Server) -> None:
        peer, _ = await monitor.accept()
        with peer:
            await peer.send(b'{"QMP": {}}\n')
            for answer in (b'{"return": {}}\n', b'{"return": {}}\n{"event": "RESET"}\n'):
                if b"system_reset" in await peer.recv(4096):
                    await flood.stream.send_all(b"IRQ raise 11\nIRQ lower 11\n" * 40_000)
                await peer.send(answer)

    with connected() as (transport, server), monitor:
        resettable = ResettableQtestTransport(SIFIVE_U, transport.wire, qmp=tmp_path / "qmp.sock")
        async with trio.open_nursery() as nursery:
            nursery.start_soon(reset_after_a_flood, server)
            await resettable.reset()
        assert await resettable.wait() == SIFIVE_U.lines


@pytest.mark.parametrize("answered", [0, 1, LINES, 149])
async def test_a_peer_that_hangs_up(answered: int) -> None:
    """A peer that goes after any number of replies: results stand, the first unanswered operation is lost, then all."""
    with connected() as (transport, server):
        done: list[Results] = []

        async def work() -> None:
            done.append(await transport.execute(MANY))

        async with trio.open_nursery() as nursery:
            nursery.start_soon(work)
            await server.answer(answered)
            server.stream.socket.shutdown(socket.SHUT_RDWR)
        assert done[0].values == tuple(addresses(MANY)[:answered])
        error = DeviceLost("QEMU closed its qtest socket", index=answered, address=RAM + 4 * answered)
        assert done[0].error == error
        assert (await transport.execute(MANY)).error == error.at(index=0, address=RAM)
        with pytest.raises(DeviceLost, match="QEMU closed"):
            await transport.wait()


@pytest.mark.parametrize("answered", [0, 1, LINES - 1, LINES, 149])
async def test_a_peer_that_falls_silent(autojump_clock: MockClock, answered: int) -> None:
    """A peer that leaves a window unanswered for `answer_s` is given up: what it said stands, and it sees us go."""
    with connected(answer_s=2.0) as (transport, server):
        done: list[tuple[float, Results]] = []

        async def work() -> None:
            results = await transport.execute(MANY)
            done.append((trio.current_time(), results))

        with trio.fail_after(60):
            async with trio.open_nursery() as nursery:
                nursery.start_soon(work)
                await server.answer(answered)
                start_s = trio.current_time()
        ((end_s, results),) = done
        assert results.values == tuple(addresses(MANY)[:answered]), f"after {end_s - start_s} s"
        assert end_s - start_s == pytest.approx(2.0)
        error = DeviceLost("QEMU did not answer within 2 s", index=answered, address=RAM + 4 * answered)
        assert results.error == error
        assert (await transport.execute(MANY)).error == error.at(index=0, address=RAM)
        with pytest.raises(DeviceLost, match="did not answer"):
            await transport.wait()
        while await server.stream.receive_some(65536):
            pass


async def test_silence_is_measured_whoever_waits(autojump_clock: MockClock) -> None:
    """Edges are no answer, a pause of the batch is no silence, and what a cancelled batch left must be answered too."""
    with connected(answer_s=2.0) as (transport, server):

        async def edges() -> None:
            while True:
                await trio.sleep(0.7)  # never at the moment of a reply, which would be two senders at once
                await server.stream.send_all(b"IRQ raise 11\n")

        async with trio.open_nursery() as nursery:
            nursery.start_soon(edges)
            nursery.start_soon(server.answer, 2)
            slow = batch(Read(RAM), Delay(60), Read(RAM + 4))
            assert words(Results((await transport.execute(slow)).values[::2])) == [RAM, RAM + 4]
            with trio.move_on_after(1):
                await transport.execute(MANY)
            with trio.fail_after(2.5):
                assert isinstance((await transport.execute(batch(Read(RAM)))).error, DeviceLost)
            nursery.cancel_scope.cancel()


async def test_a_late_look_is_no_silence(autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch) -> None:
    """A reply that is there when time is up counts: who was stopped himself does not blame the peer."""
    with connected(answer_s=2.0) as (transport, server):

        async def overslept(_sock: object) -> None:
            await server.answer(1)
            await trio.sleep_forever()

        monkeypatch.setattr(transport.wire, "_readable", overslept)
        assert words(await transport.execute(batch(Read(RAM)))) == [RAM]


def test_silence_is_real_time_under_a_virtual_clock() -> None:
    """While a batch is out virtual time passes as real time does: a peer that takes its time is not given up."""
    clock = VirtualClock()

    async def main() -> None:
        with connected(answer_s=5.0) as (transport, server):
            bus = Bus(transport, hold=clock.hold)

            async def answers_late() -> None:
                await server.hear()
                await trio.to_thread.run_sync(time.sleep, 0.05)  # of the peer's time, which is none of ours
                await server.answer(1)

            async with trio.open_nursery() as nursery:
                nursery.start_soon(answers_late)
                nursery.start_soon(trio.sleep, 1000)
                assert words(await bus.submit(batch(Read(RAM)))) == [RAM]
                assert 0.05 <= trio.current_time() < 5
                nursery.cancel_scope.cancel()
        with connected(answer_s=0.05) as (transport, _silent):
            bus, start_s = Bus(transport, hold=clock.hold), time.monotonic()
            assert isinstance((await bus.submit(batch(Read(RAM)))).error, DeviceLost)
            assert time.monotonic() - start_s >= 0.05, "it was given up before its time"
            assert bus.dead is not None

    trio.run(main, clock=clock)


@pytest.mark.parametrize("said", [b"HTTP/1.1 400 Bad Request\n", b"OK\n", b"FAIL what\n", b"OK 0x1\nOK 0x1\n"])
async def test_a_peer_that_is_no_qtest_server(said: bytes) -> None:
    """Nonsense, a reply too many or of the wrong kind loses the device, and says what was said."""
    with connected() as (transport, server):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(server.stream.send_all, said)
            error = (await transport.execute(batch(Read(RAM)))).error
        assert isinstance(error, DeviceLost), error


async def test_close_wakes_whoever_waits() -> None:
    """A close ends waits and batches that are under way with DeviceLost; a second close is nothing."""
    with connected() as (transport, server):
        seen: list[BaseException | None] = []

        async def executes() -> None:
            seen.append((await transport.execute(MANY)).error)

        async def waits() -> None:
            with pytest.raises(DeviceLost) as lost:
                await transport.wait()
            seen.append(lost.value)

        async with trio.open_nursery() as nursery:
            nursery.start_soon(executes)
            nursery.start_soon(waits)
            await server.answer(3)
            await transport.aclose()
            await transport.aclose()
        assert [getattr(error, "reason", None) for error in seen] == ["the transport is closed"] * 2
        assert (await transport.execute(batch())).error == DeviceLost("the transport is closed", index=0)


async def test_one_task_waits_for_lines() -> None:
    """A second task that waits for lines is refused: each edge would reach only one of them."""
    with connected() as (transport, _server):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(transport.wait)
            await trio.testing.wait_all_tasks_blocked()
            with pytest.raises(anyio.BusyResourceError):
                await transport.wait()
            nursery.cancel_scope.cancel()


async def test_every_batch_checkpoints() -> None:
    """A batch without an access, a refused one and one after the loss still let other tasks run."""
    with connected() as (transport, _server):
        for work in (batch(), batch(Delay(0)), batch(Read(0))):
            with trio.testing.assert_checkpoints():
                await transport.execute(work)
        await transport.aclose()
        with trio.testing.assert_checkpoints():
            await transport.execute(MANY)


@pytest.mark.parametrize("backend", ["trio", "asyncio"])
def test_runs_under_both_event_loops(backend: str) -> None:
    """Waiting for lines and executing at once works alike under trio and asyncio."""
    ours, theirs = socket.socketpair()

    def serve() -> None:
        with theirs, theirs.makefile("rb") as commands:
            for line in commands:
                theirs.sendall(b"IRQ raise 11\nOK 0x%016x\n" % int(line.split()[1], 16))

    async def main() -> None:
        transport = QtestTransport(SIFIVE_U, QtestSocket(ours, frozenset()))
        risen: set[int] = set()

        async def listen() -> None:
            while True:
                risen.update(await transport.wait())

        await _beside(listen, lambda: _work(transport))
        assert risen == {11}
        await transport.aclose()

    thread = threading.Thread(target=serve)
    thread.start()
    anyio.run(main, backend=backend)
    thread.join()


Task = Callable[[], Coroutine[Any, Any, None]]


async def _beside(task: Task, work: Task) -> None:
    async with anyio.create_task_group() as group:
        group.start_soon(task)
        await work()
        group.cancel_scope.cancel()


async def _work(transport: QtestTransport) -> None:
    for _ in range(5):
        assert words(await transport.execute(MANY)) == addresses(MANY)
        with anyio.move_on_after(0):
            await transport.execute(MANY)
