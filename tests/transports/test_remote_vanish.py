"""When the socket vanishes, or the other end talks nonsense or nothing, nobody concludes too much."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import anyio
import pytest
import trio
from trio.testing import MockClock

from tests.transports.sockets import (
    WELCOME,
    both,
    peer,
)
from transports.batch import Batch, Delay, Read, Results, Write, WriteBurst, batch
from transports.errors import Denied, DeviceLost, Indeterminate, Unavailable
from transports.wire import encode, pack
from transports.wire.messages import End, Ran, Rose, Run

WRITING = batch(Read(0), Write(4, 1))
LOOKING = batch(Read(0), Delay(1))


# ---- a socket that vanishes -------------------------------------------------------------------


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


