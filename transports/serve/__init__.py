"""Serves a transport over a socket: one controller at a time, whichever connects, under trio and asyncio.

    server = Server(transport)
    listener = await listen(parse_address("unix:/run/chip.sock"))
    await server.serve(listener)  # until cancelled

The device has one holder. Another controller is refused, by the holder's name, unless it takes over; a holder that was
killed is found out before anybody is refused because of it. The next one is let in when nothing of the one before is
out any more, and in a new epoch of the bus, so that nothing of the one before can come late.

Whoever only looks is let in beside the holder: its reads are made between what the holder asks for.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

import anyio

from transports.base import Notifier, Transport
from transports.bus import Bus, Statistics
from transports.errors import Denied, DeviceLost, TransportError
from transports.powers import powers_of
from transports.readonly import ReadOnly
from transports.serve.controller import Controller
from transports.serve.listen import Listener, listen
from transports.serve.shared import Shared
from transports.wire import FRAME_BYTES_MAX, HELLO_BYTES_MAX, Link, WireError
from transports.wire.messages import End, Hello, Look, Welcome

__all__ = ["Controller", "Listener", "Server", "listen"]

ONLOOKERS_MAX = 16  # at once; each may keep the device busy for one batch of reads before the holder's next
STRANGERS_MAX = 32  # connections that have not said hello; one more, and the oldest is closed
PAUSE_S = 0.1  # the system had no descriptor for a connection: until we ask again


class _Refused(Exception):
    """A controller is not let in."""

    def __init__(self, error: TransportError) -> None:
        super().__init__(str(error))
        self.error = error


class Server:
    """A transport that is there for one controller at a time, and for some that look. It does not close the transport.

    Args:
        device: what it is, in words, for controllers that want to know; empty: nobody knows.
        hold: entered while a request is out at the transport: for a clock that must not jump meanwhile.

    Attributes:
        controllers: how many were let in so far.
    """

    def __init__(
        self,
        transport: Transport,
        *,
        device: str = "",
        hold: Callable[[], AbstractContextManager[object]] = nullcontext,
    ) -> None:
        self._transport = transport
        self._device = device
        self._hold = hold
        self._bus = Bus(transport)
        self._powers = powers_of(transport)
        self._holder: Controller | None = None
        self._door = anyio.Lock()  # one is let in at a time
        self._lines: frozenset[int] = frozenset()
        self._onlookers: set[Controller] = set()
        self._strangers: dict[Link, anyio.CancelScope] = {}
        self.controllers = 0
        self._connections = 0

    @property
    def holder(self) -> str:
        """The name of the controller that has the device; empty while none has."""
        return "" if self._holder is None else self._holder.name

    @property
    def connected(self) -> bool:
        """Whether anybody is, to hold the device, to look at it or to say what it wants."""
        return bool(self._connections)

    @property
    def epoch(self) -> int:
        """Of the bus: how many controllers have had it."""
        return self._bus.epoch

    @property
    def statistics(self) -> Statistics:
        """The accesses that were made for all controllers so far."""
        return self._bus.statistics

    async def serve(self, *listeners: Listener) -> None:
        """Let controllers in until cancelled. What the device's interrupt lines do is heard all the time.

        Raises:
            Exception: whatever the transport raised that is no TransportError.
        """
        async with anyio.create_task_group() as tasks:
            if isinstance(self._transport, Notifier):
                tasks.start_soon(self._hear, self._transport)
            for listener in listeners:
                tasks.start_soon(self._accept, listener)

    async def _hear(self, notifier: Notifier) -> None:
        """Pass the device's hints on, as long as it has any. Waiting for them is what lets a simulation's time pass."""
        try:
            while True:
                lines = await notifier.wait()
                self._lines |= lines
                if self._holder is not None:
                    self._holder.rise(lines)
        except TransportError as lost:
            self._bus.kill(lost.reason)
            for controller in (self._holder, *self._onlookers):
                if controller is not None:
                    controller.end(lost)

    async def _accept(self, listener: Listener) -> None:
        """Take connections in, each into a task of its own."""
        async with anyio.create_task_group() as connections:
            while True:
                await anyio.wait_readable(listener.socket)
                try:
                    sock, _ = listener.socket.accept()
                except (BlockingIOError, ConnectionError):  # it left before it was let in
                    continue
                except OSError:
                    await anyio.sleep(PAUSE_S)
                    continue
                connections.start_soon(self._connection, sock)

    async def _connection(self, sock: socket.socket) -> None:
        """Serve one connection to its end; whatever is wrong with it is told there and nowhere else."""
        link = Link(sock, HELLO_BYTES_MAX)
        self._connections += 1
        try:
            hello = await self._hello(link)
            if isinstance(hello, Look):
                await self._let_look(link, hello)
                return
            controller = await self._let_in(link, hello)
            try:
                await controller.serve(self._bus, self._transport, self._hold)
            finally:
                controller.end(DeviceLost("the server ends"))
                if self._holder is controller:
                    self._holder = None
        except WireError as problem:
            link.post(End(Denied(f"{problem}; the connection is closed")))
        except _Refused as refused:
            link.post(End(refused.error))
        finally:
            self._connections -= 1
            link.close()

    async def _hello(self, link: Link) -> Hello | Look:
        """Wait for the first word.

        Raises:
            WireError: it is another one, or the connection ended before it.
            _Refused: too many wait to speak.
        """
        with anyio.CancelScope() as scope:
            if len(self._strangers) >= STRANGERS_MAX:
                next(iter(self._strangers.values())).cancel()
            self._strangers[link] = scope
            try:
                while True:
                    link.receive()
                    if isinstance(hello := link.take(Hello, Look), (Hello, Look)):
                        return hello
                    if link.ended:
                        raise WireError(f"{link.ended} before it said hello")
                    await link.readable()
            finally:
                del self._strangers[link]
        raise _Refused(Denied(f"more than {STRANGERS_MAX} connections say nothing, and this is the oldest of them"))

    async def _let_look(self, link: Link, hello: Look) -> None:
        """Serve one that only looks, to its end.

        Raises:
            _Refused: too many do, or the device is lost.
        """
        if self._bus.dead is not None:
            raise _Refused(self._bus.dead)
        if len(self._onlookers) >= ONLOOKERS_MAX:
            raise _Refused(Denied(f"{ONLOOKERS_MAX} look at the device already; one must leave first"))
        view = ReadOnly(Shared(self._bus, self._transport.capabilities, hello.name), waits=False)
        bus = Bus(view)
        onlooker = Controller(link, hello.name, bus.epoch)
        self._onlookers.add(onlooker)
        link.allow(FRAME_BYTES_MAX)
        link.post(Welcome(self._bus.epoch, view.capabilities, frozenset(), self._device))
        try:
            await onlooker.serve(bus, view, self._hold)
        finally:
            onlooker.end(DeviceLost("the server ends"))
            self._onlookers.discard(onlooker)

    async def _let_in(self, link: Link, hello: Hello) -> Controller:
        """Give the device to a controller, once nothing of the one before is out.

        Raises:
            _Refused: another one has it, or it is lost.
        """
        async with self._door:
            if link.gone():
                raise _Refused(DeviceLost("the controller left before it was let in"))
            if self._bus.dead is not None:
                raise _Refused(self._bus.dead)
            before = self._holder
            if before is not None and not before.link.gone() and not hello.take_over:
                raise _Refused(
                    Denied(
                        f"the device is held by {before.name} (epoch {before.epoch}); it must leave first, or be "
                        "taken over: ?take_over=1"
                    )
                )
            epoch = self._bus.fence()
            if before is not None:
                before.end(DeviceLost(f"taken over: {hello.name} has the device now, in epoch {epoch}"))
                await before.ended.wait()
            controller = self._holder = Controller(link, hello.name, epoch)
            self.controllers += 1
            link.allow(FRAME_BYTES_MAX)
            link.post(Welcome(epoch, self._transport.capabilities, self._powers, self._device))
            controller.rise(self._lines)  # nobody knows which are high by now, so all may be
            return controller
