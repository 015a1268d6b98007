"""Strangers at the door: whatever they say, they are told why they go, and nobody else notices."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import anyio

from tests.transports.sockets import (
    Raw,
    both,
    serving_watched,
)
from transports.batch import Delay, Read, ReadBurst, Results, Write, batch
from transports.errors import Denied
from transports.serve import STRANGERS_MAX
from transports.serve.controller import UNANSWERED_MAX
from transports.wire import FRAME_BYTES_MAX, HELLO_BYTES_MAX, encode, pack
from transports.wire.messages import Ask, Hello, Ran, Run, Welcome

LONG = batch(Write(0, 1), Delay(60), Write(0, 2))

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
    async with serving_watched(tmp_path) as place:
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
async def test_a_stranger_may_not_announce_a_long_frame(tmp_path: Path) -> None:
    """A stranger's frame of one byte too many is refused by its length alone; the same length is a holder's right."""

    def head(size: int) -> bytes:
        return size.to_bytes(4, "little") + bytes(4)

    async with serving_watched(tmp_path) as place:
        for size in (HELLO_BYTES_MAX + 1, FRAME_BYTES_MAX):
            stranger = Raw(place.address)
            stranger.sock.send(head(size))  # no byte of the body follows
            with anyio.fail_after(5):
                error = await stranger.last_words()
            assert f"a frame of {size} bytes; at most {HELLO_BYTES_MAX} are allowed here" in str(error)
        allowed = Raw(place.address)
        allowed.sock.send(head(HELLO_BYTES_MAX) + bytes(HELLO_BYTES_MAX))
        assert f"a frame of {HELLO_BYTES_MAX} bytes whose checksum is wrong" in str(await allowed.last_words())
        holder = Raw(place.address)
        holder.say(Hello("holder"))
        assert isinstance(await holder.hear(), Welcome)
        holder.sock.send(head(HELLO_BYTES_MAX + 1) + bytes(HELLO_BYTES_MAX + 1))
        assert f"a frame of {HELLO_BYTES_MAX + 1} bytes whose checksum is wrong" in str(await holder.last_words())


@both
async def test_a_hostile_frame_of_the_holder_ends_it_and_frees_the_device(tmp_path: Path) -> None:
    """A holder that says nonsense is told which, what it has out stops, and the next controller is let in."""
    async with serving_watched(tmp_path) as place:
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
    async with serving_watched(tmp_path) as place:
        cut = Raw(place.address)
        cut.sock.send(pack(encode(Hello("x")))[:-1])
        cut.sock.shutdown(socket.SHUT_WR)
        assert "in the middle of a frame" in str(await cut.last_words())
        await anyio.lowlevel.checkpoint()
        assert place.server.controllers == 0


@both
async def test_numbers_go_up_and_so_many_at_once(tmp_path: Path) -> None:
    """A number that was used, and one request too many at once, end the connection."""
    async with serving_watched(tmp_path) as place:
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
    async with serving_watched(tmp_path) as place:
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
    async with serving_watched(tmp_path) as place:
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
