"""The bus of a server as a transport, for those who look at the device while another one holds it."""

from __future__ import annotations

import anyio.lowlevel
from attrs import frozen

from transports.base import Capabilities
from transports.batch import Batch, Results
from transports.bus import Bus


@frozen(eq=False)
class Shared:
    """A way to a bus that is somebody else's, outside its epochs: no change of hands ends it, the end of the bus does.

    Attributes:
        owner: who asks, for those who observe the bus.
    """

    bus: Bus
    capabilities: Capabilities
    owner: str

    async def execute(self, batch: Batch) -> Results:
        """Run the batch when its turn on the bus comes."""
        return await self.bus.submit(batch, owner=self.owner)

    async def aclose(self) -> None:
        """Do nothing: the bus is its server's."""
        await anyio.lowlevel.checkpoint()
