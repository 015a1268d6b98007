"""Where hints come from: the transport, descriptors of the kernel, or the clock where nothing tells of edges."""

from __future__ import annotations

import os
import select
from collections.abc import Mapping
from types import TracebackType
from typing import Protocol

import trio

from transports.base import Notifier, Transport
from transports.errors import DeviceLost

POLL_S = 0.01  # without a notifier an interrupt waits 5 ms on average, and an idle chip costs 100 looks a second
READ_BYTES = (
    4096  # what one read takes of a descriptor: an eventfd has 8, and of GPIO edges this is 85; the rest is next
)


class Source(Protocol):
    """Says when to look, and where it knows, at which lines of the target."""

    async def wait(self) -> frozenset[int]:
        """Wait for a hint and return the target's lines that rose; empty: any of them may have.

        Cancelled, it loses no hint.

        Raises:
            DeviceLost: no hint will come any more.
        """
        ...


class PeriodicSource:
    """The clock as a source, for targets that tell of no edges: every `period_s` anything may have happened."""

    def __init__(self, period_s: float = POLL_S) -> None:
        if period_s <= 0:
            raise ValueError(f"period_s is {period_s}; expected more than 0")
        self.period_s = period_s

    async def wait(self) -> frozenset[int]:
        """Let one period pass."""
        await trio.sleep(self.period_s)
        return frozenset()


class DescriptorSource:
    """Descriptors that become readable: an eventfd for each vector of a device, a UIO device, a pipe.

    What is read is thrown away, so a descriptor that was written to many times is one hint, as an eventfd does anyway.
    They stay the caller's, who closes them after this; they are set to not block.

    Args:
        lines: by descriptor, the line of the target that rises when it becomes readable.

    Raises:
        ValueError: no descriptor, or one that cannot be waited for.
    """

    def __init__(self, lines: Mapping[int, int]) -> None:
        if not lines:
            raise ValueError("no descriptor to wait for; expected one for each line")
        self._lines = dict(lines)
        self._epoll = select.epoll()  # itself readable when any of them is, so that 300 cost one wait
        for descriptor in self._lines:
            try:
                os.set_blocking(descriptor, False)
                self._epoll.register(descriptor, select.EPOLLIN)
            except OSError as error:
                self._epoll.close()
                raise ValueError(f"descriptor {descriptor} cannot be waited for: {error.strerror}") from None

    async def wait(self) -> frozenset[int]:
        """Wait until any is readable, empty all that are, and return their lines.

        Raises:
            DeviceLost: one of them ended, or could not be read; the others were emptied.
        """
        while True:
            await trio.lowlevel.wait_readable(self._epoll.fileno())
            ready = [descriptor for descriptor, _ in self._epoll.poll(0)]
            if lines := frozenset([self._lines[descriptor] for descriptor in ready if emptied(descriptor)]):
                return lines

    def __enter__(self) -> DescriptorSource:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._epoll.close()


def emptied(descriptor: int) -> bytes:
    """Return what a descriptor that does not block has to say now; nothing: nothing.

    Raises:
        DeviceLost: it has ended, or cannot be read.
    """
    try:
        said = os.read(descriptor, READ_BYTES)
    except BlockingIOError:
        return b""
    except OSError as error:
        raise DeviceLost(
            f"descriptor {descriptor}, which brings interrupts, cannot be read: {error.strerror}"
        ) from error
    if not said:
        raise DeviceLost(f"descriptor {descriptor}, which brings interrupts, has ended")
    return said


def source_of(transport: Transport, *, poll_s: float = POLL_S) -> Source:
    """Return the transport's own hints where it is a `Notifier`, else the clock's."""
    if transport.capabilities.notifier and isinstance(transport, Notifier):
        return transport
    return PeriodicSource(poll_s)
