"""A transport that only looks: what would write is refused before it leaves."""

from __future__ import annotations

import anyio.lowlevel

from transports.base import Capabilities, Pinging, Transport
from transports.batch import Batch, Delay, Modify, Operation, Poll, Results, Write, WriteBurst
from transports.errors import Denied

_WRITES = (Write, Modify, WriteBurst)
_WAITS = (Poll, Delay)


class ReadOnly:
    """Another transport, for reading only. It does not close the other one.

    Args:
        waits: polls and delays are let through, which keep the other one busy.
    """

    def __init__(self, transport: Transport, *, waits: bool = True) -> None:
        self._transport = transport
        self._waits = waits

    @property
    def capabilities(self) -> Capabilities:
        """Those of the other transport."""
        return self._transport.capabilities

    async def execute(self, batch: Batch) -> Results:
        """Run the batch, or nothing of it when one of its operations is refused."""
        for index, op in enumerate(batch):
            if refused := self._refused(op):
                await anyio.lowlevel.checkpoint()
                return Results((), refused.at(index=index))
        return await self._transport.execute(batch)

    def _refused(self, op: Operation) -> Denied | None:
        if isinstance(op, _WRITES):
            return Denied("this would write, and only looks are allowed", address=op.address)
        if not self._waits and isinstance(op, _WAITS):
            address = op.address if isinstance(op, Poll) else None
            return Denied("this would wait, and whoever only looks may not keep the device busy", address=address)
        return None

    async def aclose(self) -> None:
        """Do nothing: the other transport belongs to whoever opened it."""
        await anyio.lowlevel.checkpoint()


class _Pinging(ReadOnly):
    async def ping(self) -> None:
        """Ask the way to the device, as the other transport does; see `Pinging`."""
        assert isinstance(self._transport, Pinging)
        await self._transport.ping()


def read_only(transport: Transport) -> ReadOnly:
    """Return another transport for reading only, which can ping where that can."""
    return _Pinging(transport) if isinstance(transport, Pinging) else ReadOnly(transport)
