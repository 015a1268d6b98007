"""Where hints come from: an edge that the transport tells of, or the clock where it tells of none."""

from __future__ import annotations

from typing import Protocol

import trio

from transports.base import Notifier, Transport

POLL_S = 0.01  # without a notifier an interrupt waits 5 ms on average, and an idle chip costs 100 looks a second


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


def source_of(transport: Transport, *, poll_s: float = POLL_S) -> Source:
    """Return the transport's own hints where it is a `Notifier`, else the clock's."""
    if transport.capabilities.notifier and isinstance(transport, Notifier):
        return transport
    return PeriodicSource(poll_s)
