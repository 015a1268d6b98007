"""The socket to a qtest server: sends windows, takes replies and edges in, knows when the device is lost.

Source: behaviour of QEMU 7.2's qtest server as measured with Debian's 7.2.22.
"""

from __future__ import annotations

import socket
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import anyio
from anyio.lowlevel import checkpoint, checkpoint_if_cancelled

from transports.errors import DeviceLost, Unavailable
from transports.qemu.qtest import Parser, Reply, windows

CHUNK_BYTES = 65536
CLOSED = "QEMU closed its qtest socket"
ANSWER_S = 10.0  # QEMU answers a window in 1 ms; a machine so loaded that this is too short would be of no use


def connect(path: Path) -> socket.socket:
    """Return a socket that QEMU has queued, if not yet served.

    Raises:
        Unavailable: nobody listens there.
    """
    sock = socket.socket(socket.AF_UNIX)
    try:
        sock.setblocking(False)
        sock.connect(str(path))
    except BlockingIOError:
        sock.close()
        raise Unavailable(f"too many clients wait for {path} already") from None
    except OSError as problem:
        sock.close()
        raise Unavailable(f"no QEMU at {path}: {problem.strerror or problem}") from problem
    return sock


class QtestSocket:
    """The socket to a qtest server, and the one reader of it.

    Whoever waits, reads: there is no task of its own, so edges are taken in while somebody executes or waits for
    lines, and are kept; while nobody does either they queue in the socket, and QEMU stands still when that is full
    (about 250 edges) until somebody reads again.

    While a batch is out, it alone reads, and tells who waits for lines: were both woken by the same bytes, the
    slower would find nothing and might sleep on though what it waits for is there. Under asyncio the one leaves its
    descriptor a moment after the other has begun to wait, so the socket has two of them.

    Args:
        answer_s: a window that is not answered whole within this long loses the device, and the socket is closed. It
            is the event loop's time, and so real time under a virtual clock too: a bus holds that clock meanwhile.
    """

    def __init__(self, sock: socket.socket, lines: frozenset[int], answer_s: float = ANSWER_S) -> None:
        sock.setblocking(False)
        self.answer_s = answer_s
        self._sock = sock
        self._ear = sock.dup()
        self._parser = Parser()
        self._closed = False
        self._busy = False
        self._waiter: anyio.CancelScope | None = None
        self.parked = 0  # tasks that wait on a descriptor
        self.lost: DeviceLost | None = None
        self.replies: list[Reply] = []
        self.owed = 0  # replies still to come, counting those that nobody waits for any more
        self.risen = set(lines)  # nobody knows what rose before we came, so all may have
        self.high: set[int] = set()

    def receive(self) -> None:
        """Take in what has arrived; never waits."""
        while self.lost is None:
            try:
                data = self._sock.recv(CHUNK_BYTES)
            except BlockingIOError:
                return
            except OSError as problem:
                self._fail(problem)
                return
            if not data:
                self.lose(CLOSED)
                return
            self._take(data)
            if len(data) < CHUNK_BYTES:  # that was all; asking once more would cost as much as a reply
                return

    def _take(self, data: bytes) -> None:
        received = self._parser.feed(data)
        self.owed -= len(received.replies)
        self.replies += received.replies
        for edge in received.edges:
            if edge.high:
                self.risen.add(edge.number)
                self.high.add(edge.number)
            else:
                self.high.discard(edge.number)
        if received.nonsense is not None:
            self.lose(f"not a qtest server: it says {received.nonsense!r}")
        elif self.owed < 0:
            self.replies = []  # which of them is the stranger is unknown
            self.lose("the qtest server answered what nobody asked")
        if received.edges:
            self.tell()

    def _fail(self, problem: OSError) -> None:
        """Give the device up for what the system says of its socket."""
        self.lose(CLOSED if isinstance(problem, ConnectionError) else f"the qtest socket failed: {problem.strerror}")

    def lose(self, reason: str) -> None:
        """Give the device up; the first reason stays."""
        if self.lost is None:
            self.lost = DeviceLost(reason)
        self.tell()

    def tell(self) -> None:
        """Wake who waits for lines, to look again."""
        if self._waiter is not None:
            self._waiter.cancel()

    def read_alone(self, alone: bool) -> None:
        """Take the reading over from who waits for lines, or leave it to him."""
        self._busy = alone
        self.tell()

    async def _readable(self, sock: socket.socket) -> None:
        """Wait until there is something to read; a close in the meantime wakes us, too."""
        self.parked += 1
        try:
            await anyio.wait_readable(sock)
        finally:
            self.parked -= 1
            self._release()

    def _send(self, data: bytes) -> None:
        """Send a window, in one piece: with nothing unanswered the socket is empty and takes it whole."""
        try:
            sent = self._sock.send(data)
        except OSError as problem:
            self._fail(problem)
        else:
            if sent < len(data):
                self.lose(f"the qtest socket took {sent} of {len(data)} bytes")

    async def settle(self) -> None:
        """Wait until nothing is unanswered: replies that a cancelled batch left behind are dropped here."""
        self.receive()
        await self._answered()
        self.replies = []

    async def _answered(self) -> None:
        """Wait until nothing is unanswered; a peer that is silent for too long is given up.

        A late wake is no silence: when time is up, what has arrived meanwhile is looked at first.
        """
        if self.owed <= 0 or self.lost is not None:
            return
        with anyio.move_on_after(self.answer_s):
            while self.owed > 0 and self.lost is None:
                await self._readable(self._sock)
                self.receive()
            return
        self.receive()
        if self.owed > 0:
            self.lose(f"QEMU did not answer within {self.answer_s:g} s")
            self.close()

    async def exchange(self, lines: Sequence[bytes]) -> list[Reply]:
        """Send lines, window by window, and return the replies; fewer than lines when the device was lost.

        Cancelled, it leaves replies unanswered, for the next `settle`; there is no wait between the bytes of a window.
        """
        await self.settle()
        for window in windows(lines):
            await checkpoint_if_cancelled()
            if self.lost is not None:
                break
            self.owed += window.replies
            self._send(window.data)
            await self._answered()
        replies, self.replies = self.replies, []
        return replies

    async def keep_reading(self) -> None:
        """Read until cancelled or lost, so that QEMU cannot stand still on a full socket."""
        while self.lost is None:
            await self._readable(self._sock)
            self.receive()

    async def rise(self) -> frozenset[int]:
        """Wait for lines that rose; see `Notifier`."""
        await checkpoint()
        while not self.risen:
            if self.lost is not None:
                raise self.lost.at()
            with anyio.CancelScope() as self._waiter:
                try:
                    if self._busy:
                        await anyio.sleep_forever()
                    await self._readable(self._ear)
                finally:
                    self._waiter = None
            if not self._busy:
                self.receive()
        risen, self.risen = frozenset(self.risen), set[int]()
        return risen

    def close(self) -> None:
        """Hang up; who waits is woken and finds the device lost."""
        self.lose("the transport is closed")
        if not self._closed:
            self._closed = True
            with suppress(OSError):  # the peer was first; there is nothing left to hang up
                self._sock.shutdown(socket.SHUT_RDWR)
            self._release()

    def _release(self) -> None:
        """Close both descriptors once nobody waits on them."""
        if self._closed and not self.parked:
            self._sock.close()
            self._ear.close()
