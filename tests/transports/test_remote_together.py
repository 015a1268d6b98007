"""Batches of many tasks in one frame, and a ping that passes whatever the device does."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

import anyio
import pytest

from tests.transports.sockets import Raw, Watched, both, peer, serving_watched, settled
from transports.base import Gathering, Pinging
from transports.batch import Batch, Check, Delay, Fence, Modify, Read, ReadBurst, Results, Write, WriteBurst, batch
from transports.bus import Bus
from transports.errors import (
    CheckFailed,
    Denied,
    DeviceLost,
    Indeterminate,
    TransportError,
    Unavailable,
)
from transports.serve.controller import PONGS_MAX
from transports.wire import encode, pack
from transports.wire.messages import Ask, Cancel, Hello, Ping, Pong, RanAll, Run, RunAll, Welcome
from transports.wire.operations import BURST_BYTES_MAX, OPERATIONS_MAX


async def ask(remote: Any, work: list[Batch], found: list[Results]) -> None:
    found.extend(await remote.execute_all(work))


@both
async def test_batches_of_one_frame_are_each_as_if_alone(tmp_path: Path) -> None:
    """A frame's batches run in order, each with its own results; a failed, refused or empty one stops no other."""
    asked = [
        batch(Write(0, 1), Read(0)),
        batch(Read(0), Check(0, 1, 0), Write(0, 9)),
        batch(Write(8, 5), Read(0x10000)),
        batch(),
        batch(Write(0, 2), ReadBurst(0, 2), Fence()),
        batch(Read(8)),
    ]
    async with serving_watched(tmp_path) as place:
        remote = await place.connect()
        assert isinstance(remote, Gathering)
        assert isinstance(remote, Pinging)
        found = await remote.execute_all(asked)
        assert [results.values for results in found] == [(None, 1), (1,), (), (), (None, (2, 0), None), (0,)]
        assert [type(results.error) for results in found] == [type(None), CheckFailed, Denied, *[type(None)] * 3]
        assert place.server.statistics.batches == 6
        assert await remote.execute_all([]) == []
        await remote.aclose()


@both
async def test_what_no_frame_holds_goes_in_several(tmp_path: Path) -> None:
    """Limits hold for a frame: beyond them batches go in the next one; what none carries is refused alone."""
    many = Batch([Fence()] * (OPERATIONS_MAX // 2 + 1))
    burst = batch(WriteBurst(0, [7] * 64), *[ReadBurst(0, 64)] * (BURST_BYTES_MAX // 256))
    heavy = batch(WriteBurst(0, range(100), stride=0), *[WriteBurst(0, [3] * 60_000, stride=0)] * 10)
    async with serving_watched(tmp_path) as place:
        remote = await place.connect()
        found = await remote.execute_all(
            [many, many, Batch([Fence()] * (OPERATIONS_MAX + 1)), burst, burst, heavy, heavy, batch(Read(0))]
        )
        kinds = [type(results.error) for results in found]
        assert kinds == [type(None)] * 2 + [Denied] + [type(None)] * 5
        assert found[3] == found[4]
        assert found[7].values == (3,)
        await remote.aclose()


@both
async def test_many_batches_go_in_several_frames_at_once(tmp_path: Path) -> None:
    """A long row of batches goes in several frames, all on the way at once and in order; what fits none is refused."""
    asked = [batch(Modify(0, 0xFFFF, number + 1), *[Fence()] * 99) for number in range(40)]
    huge = batch(*[WriteBurst(0, [3] * 60_000, stride=0)] * 20)
    async with serving_watched(tmp_path) as place:
        remote = await place.connect()
        found = list(await remote.execute_all([*asked[:17], huge, *asked[17:]]))
        assert isinstance(found.pop(17).error, Denied)
        assert [results.word(0) for results in found] == list(range(40))
        await remote.aclose()
    async with peer(tmp_path) as (server, remote):
        results: list[Results] = []
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(ask, remote, asked[:12], results)
            heard = [await server.hear() for _ in range(3)]
            assert [len(part.batches) for part in heard if isinstance(part, RunAll)] == [4, 4, 4]
            tasks.cancel_scope.cancel()
        assert [await server.hear() for _ in range(3)] == [Cancel(0), Cancel(1), Cancel(2)]
        assert results == []


@both
async def test_a_lost_device_is_lost_for_what_follows_in_the_frame(tmp_path: Path) -> None:
    """Behind a batch that finds the device lost, nothing of the frame reaches it."""

    class Losing(Watched):
        def read(self, address: int, width: int) -> int:
            super().read(address, width)
            if address == 4:
                raise DeviceLost("unplugged")
            return 0

    async with serving_watched(tmp_path, Losing()) as place:
        remote = await place.connect()
        found = await remote.execute_all([batch(Read(0)), batch(Read(4)), batch(Write(0, 1)), batch(Read(0))])
        assert [type(results.error) for results in found] == [type(None), *[DeviceLost] * 3]
        assert place.device.accesses == [("read", 0, 0), ("read", 4, 0)]
        await remote.aclose()


@both
async def test_a_frame_that_is_cancelled_goes_no_further(tmp_path: Path) -> None:
    """Cancelled, the batches of a frame stop at their next wait, and the next request is done."""
    async with serving_watched(tmp_path) as place:
        remote = await place.connect()
        with anyio.move_on_after(0.05):
            await remote.execute_all([batch(Write(0, 1)), batch(Delay(60), Write(4, 1)), batch(Write(8, 1))])
        await remote.execute(batch(Read(0)))
        assert place.device.accesses[0] == ("write", 0, 1)
        assert place.device.accesses[1:] == [("read", 0, 0)]
        await remote.aclose()


@both
async def test_an_answer_for_another_number_of_batches_is_none(tmp_path: Path) -> None:
    """A server that answers for more or fewer batches than were asked is no server of ours."""
    for count in (1, 3):
        async with peer(tmp_path) as (server, remote):
            found: list[Results] = []
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(ask, remote, [batch(Read(0)), batch(Read(4))], found)
                asked = await server.hear()
                assert isinstance(asked, RunAll)
                server.say(RanAll(asked.number, (Results((1,)),) * count))
            assert [type(results.error) for results in found] == [Indeterminate] * 2
            assert (await remote.execute(batch())).error == DeviceLost(
                f"{server.address} does not say what a server of ours says: an answer to request 0 that is not one"
            )


@both
async def test_when_the_connection_vanishes_nothing_is_concluded_of_a_frame(tmp_path: Path) -> None:
    """Batches that had left are Indeterminate when the server vanishes; what only waits did nothing."""
    for work, kind in (([batch(Read(0)), batch(Fence())], Indeterminate), ([batch(Fence())] * 2, Unavailable)):
        async with peer(tmp_path) as (server, remote):
            found: list[Results] = []
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(ask, remote, work, found)
                await server.hear()
                server.vanish()
            assert [type(results.error) for results in found] == [kind] * 2


@both
async def test_a_ping_passes_what_is_out(tmp_path: Path) -> None:
    """A ping is answered while a batch is out and others wait for it, and reaches no device."""
    async with serving_watched(tmp_path) as place:
        remote = await place.connect()
        async with anyio.create_task_group() as tasks:
            for _ in range(20):
                tasks.start_soon(remote.execute, batch(Delay(60)))
            await settled()
            await remote.ping()
            tasks.cancel_scope.cancel()
        assert place.device.accesses == []
        await remote.aclose()
        with pytest.raises(TransportError):
            await remote.ping()


@both
async def test_a_ping_of_a_dead_link_ends_with_it(tmp_path: Path) -> None:
    """A ping whose answer will not come says so."""
    async with peer(tmp_path) as (server, remote):

        async def end() -> None:
            assert isinstance(await server.hear(), Ping)
            server.vanish()

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(end)
            with pytest.raises(Unavailable, match="does nothing to the device"):
                await remote.ping()


@both
async def test_pings_that_nobody_takes_are_bounded(tmp_path: Path) -> None:
    """A controller that asks without end and never listens is hung up on, and free for the next."""
    async with serving_watched(tmp_path) as place:
        raw = Raw(place.address)
        raw.say(Hello("deaf"))
        assert isinstance(await raw.hear(), Welcome)
        asked = memoryview(b"".join(pack(encode(Ping(number))) for number in range(100_000)))
        with suppress(BrokenPipeError):
            while asked:
                try:
                    asked = asked[raw.sock.send(asked) :]
                except BlockingIOError:
                    await settled()
        answered = 0
        while isinstance(await raw.hear(), Pong):
            answered += 1
        raw.sock.close()
        assert PONGS_MAX < answered < 100_000
        await (await place.connect()).aclose()


@both
async def test_many_tasks_on_one_bus_share_frames(tmp_path: Path) -> None:
    """Over a socket a bus carries in one frame what waits, and the server runs and counts each batch of it."""
    async with serving_watched(tmp_path) as place:
        remote = await place.connect()
        bus = Bus(remote)
        found: dict[int, Results] = {}

        async def one(number: int) -> None:
            found[number] = await bus.submit(batch(Write(8 * number, number), Read(8 * number)), owner=str(number))

        async with anyio.create_task_group() as tasks:
            for number in range(100):
                tasks.start_soon(one, number)
        assert {number: results.values for number, results in found.items()} == {n: (None, n) for n in range(100)}
        assert (bus.statistics.batches, bus.statistics.round_trips) == (100, 2)
        assert place.server.statistics.batches == 100
        assert (place.server.statistics.reads, place.server.statistics.writes) == (100, 100)
        await remote.aclose()


@both
async def test_one_who_asks_before_the_hello_of_a_ping_is_no_controller(tmp_path: Path) -> None:
    """A ping, like all else, may only come from who was let in."""
    async with serving_watched(tmp_path) as place:
        raw = Raw(place.address)
        raw.say(Ping(0))
        assert isinstance(await raw.last_words(), Denied)
        raw = Raw(place.address)
        raw.say(Hello("early"), Run(0, batch(Delay(60))), Ping(1), Ask(2))
        assert isinstance(await raw.hear(), Welcome)
        assert await raw.hear() == Pong(1)
        raw.sock.close()
