"""A connection that speaks frames: sends what it can at once and keeps the rest, takes in what is there, never blocks.

Both ends use it. Sending does not wait, so a task that is being cancelled can still say so to the other end, and a
frame is never left half sent: what the system did not take goes before whatever comes next.
"""

from __future__ import annotations

import select
import socket
from collections import deque
from contextlib import suppress

import anyio

from transports.wire.frame import FRAME_BYTES_MAX, Frames, seal
from transports.wire.messages import Message, decode, packed

CHUNK_BYTES = 1 << 16
DRAINED_BYTES_MAX = 1 << 20  # thrown away at the end, so that what we said last is not lost with what we did not read
_GONE = select.POLLHUP | select.POLLERR | getattr(select, "POLLRDHUP", 0)


class Link:
    """One end of a connection. It owns the socket.

    Args:
        sock: connected; becomes non-blocking.
        limit: bytes that a frame from the other end may have.

    Attributes:
        ended: why nothing more will be received; empty while something may.
        taken: bytes that the system has taken from us since the beginning.
        posted: bytes that we wanted it to take.
    """

    def __init__(self, sock: socket.socket, limit: int = FRAME_BYTES_MAX) -> None:
        sock.setblocking(False)
        if sock.family != socket.AF_UNIX:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._sock = sock
        self._frames = Frames(limit)
        self._out: deque[memoryview] = deque()
        self._broken = False
        self.ended = ""
        self.posted = 0
        self.taken = 0

    @property
    def unsent(self) -> bool:
        """Whether something waits for the system to take it."""
        return bool(self._out)

    def allow(self, limit: int) -> None:
        """Take frames of so many bytes from now on."""
        self._frames.limit = limit

    # ---- out ----

    def post(self, message: Message) -> None:
        """Send a message, or as much of it as the system takes now; the rest goes before anything else.

        Raises:
            Unfit: it does not fit a frame; nothing was sent.
        """
        frame = seal(packed(message))
        self.posted += len(frame)
        self._out.append(memoryview(frame))
        self.push()

    def push(self) -> None:
        """Send what the system takes now."""
        while self._out and not self._broken:
            try:
                sent = self._sock.send(self._out[0])
            except BlockingIOError:
                return
            except OSError:  # the other end is gone; what it said before that can still be received
                self._broken = True
                return
            self.taken += sent
            if sent == len(self._out[0]):
                self._out.popleft()
            else:
                self._out[0] = self._out[0][sent:]

    def drop(self) -> None:
        """Send nothing of what the system has not taken yet; a frame of which it has taken a part stays a part."""
        self._out.clear()

    async def sent(self) -> None:
        """Wait until the system has taken everything, or never will."""
        while self._out and not self._broken:
            await anyio.wait_writable(self._sock)
            self.push()

    # ---- in ----

    def receive(self) -> bool:
        """Take in what is there, without waiting, up to about a frame; return whether that was anything."""
        took = False
        while not self.ended and self._frames.held <= self._frames.limit:
            try:
                data = self._sock.recv(CHUNK_BYTES)
            except BlockingIOError:
                break
            except OSError as problem:
                self.ended = f"the connection broke: {problem.strerror or problem}"
                break
            if not data:
                self.ended = "the other end closed the connection"
                break
            took = True
            self._frames.feed(data)
            if len(data) < CHUNK_BYTES:  # that was all, or the next look will tell
                break
        return took or bool(self.ended)

    def take(self, *kinds: type[Message]) -> Message | None:
        """Return the next message that has been received, one of these kinds; None when there is none.

        Raises:
            WireError: the frame is none of ours.
        """
        for body in self._frames.take():
            return decode(body, *kinds)
        if self.ended and self._frames.held:
            self.ended, self._frames = f"{self.ended} in the middle of a frame", Frames()
        return None

    async def readable(self) -> None:
        """Wait until there is something to take in."""
        await anyio.wait_readable(self._sock)

    async def movable(self) -> None:
        """Wait until there is something to take in; or, while something is unsent, the system takes more of it."""
        if not self._out or self._broken:
            await self.readable()
            return
        async with anyio.create_task_group() as either:

            async def writable() -> None:
                await anyio.wait_writable(self._sock)
                either.cancel_scope.cancel()

            either.start_soon(writable)
            await self.readable()
            either.cancel_scope.cancel()
        self.push()

    # ---- the end ----

    def gone(self) -> bool:
        """Say whether the other end has hung up, though what it said before may not have been received yet."""
        if self.ended or self._broken:
            return True
        look = select.poll()
        look.register(self._sock, _GONE)
        return bool(look.poll(0))

    def close(self) -> None:
        """Hang up. What left before reaches the other end; what it sent and we did not read is thrown away."""
        if self._sock.fileno() < 0:
            return
        with suppress(OSError):  # the other end was first
            self._sock.shutdown(socket.SHUT_WR)
            for _ in range(DRAINED_BYTES_MAX // CHUNK_BYTES):
                if not self._sock.recv(CHUNK_BYTES):
                    break
        self._sock.close()
        self.ended = self.ended or "the connection is closed"
