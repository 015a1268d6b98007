"""Ends of sockets for the tests of serving and of remote devices: by hand, and with a device that notes all.

Not a test: imported by them.
"""

from __future__ import annotations

import socket
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path
from typing import Any

import anyio
import pytest
from attrs import define, field

from transports.base import Capabilities
from transports.batch import Batch, Results
from transports.engine import Window, run
from transports.errors import TransportError
from transports.remote import RemoteTransport, connect_to
from transports.serve import Server, listen
from transports.wire import Frames, decode, encode, pack
from transports.wire.address import Address, UnixAddress
from transports.wire.messages import (
    Ask,
    Cancel,
    Done,
    End,
    Hello,
    Judged,
    Message,
    Ping,
    Pong,
    Ran,
    RanAll,
    Reset,
    Rose,
    Run,
    RunAll,
    Welcome,
)

SIZE = 0x400
ASKED: tuple[type[Message], ...] = (Hello, Run, RunAll, Reset, Ask, Ping, Cancel)
ANSWERS: tuple[type[Message], ...] = (Welcome, Ran, RanAll, Done, Judged, Pong, Rose, End)
WELCOME = Welcome(1, Capabilities(), frozenset({"notifier", "resettable", "judge"}))
NUMBERS = count()


def both(test: Callable[[Path], Coroutine[Any, Any, None]]) -> Callable[[Path, str], None]:
    """Run a test under trio and under asyncio."""

    @pytest.mark.parametrize("backend", ["trio", "asyncio"])
    def run_under(tmp_path: Path, backend: str) -> None:
        async def main() -> None:
            with anyio.fail_after(30):
                await test(tmp_path)

        anyio.run(main, backend=backend)

    run_under.__doc__ = test.__doc__
    return run_under


@define(eq=False)
class Watched:
    """Memory that notes each access, and how many batches are in it at once."""

    window: Window = field(factory=lambda: Window(bytearray(SIZE)))
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
async def serving_watched(path: Path, device: Any = None) -> AsyncGenerator[Place]:
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
