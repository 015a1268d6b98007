"""A transport that only looks: what would write is refused before it leaves."""

from __future__ import annotations

import anyio.lowlevel

from transports.base import Capabilities, Transport
from transports.batch import Batch, Modify, Results, Write, WriteBurst
from transports.errors import Denied


def _refused(address: int, index: int) -> Denied:
    return Denied("this would write, and only looks are allowed", address=address, index=index)


class ReadOnly:
    """Another transport, for reading only. It does not close the other one."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    @property
    def capabilities(self) -> Capabilities:
        """Those of the other transport."""
        return self._transport.capabilities

    async def execute(self, batch: Batch) -> Results:
        """Run the batch, or nothing of it when one of its operations writes."""
        for index, op in enumerate(batch):
            if isinstance(op, (Write, Modify, WriteBurst)):
                await anyio.lowlevel.checkpoint()
                return Results((), _refused(op.address, index))
        return await self._transport.execute(batch)

    async def aclose(self) -> None:
        """Do nothing: the other transport belongs to whoever opened it."""
        await anyio.lowlevel.checkpoint()
