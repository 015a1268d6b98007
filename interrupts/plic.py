"""The platform-level interrupt controller, claimed and completed through the registers of its block.

Source: FU540-C000 manual, PLIC (claim and completion).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from blocks.plic.driver import SOURCES_MAX, Plic
from blocks.port import Port, named
from registers.handles import Register
from transports.batch import Batch

CLAIMS_FIRST = 4  # claims in the first batch: three sources at once and the 0 behind them cost one round trip
CLAIMS_MAX = 4 * SOURCES_MAX  # in one go; a source that asks again and again leaves the rest to the next hint or sweep


class PlicController:
    """One context of a PLIC.

    Args:
        plic: the block; its configuration names the context.
        port: the block's way to its registers.
    """

    @staticmethod
    def written(plic: Plic) -> list[Register]:
        """Return the registers that are written to claim and to complete; no rung writes them, nor looks at them."""
        return [plic.regs.CONTEXT[plic.config.context].CLAIM]

    def __init__(self, plic: Plic, port: Port) -> None:
        self._claim = plic.regs.CONTEXT[plic.config.context].CLAIM
        self._port = port

    async def claim(self, take: Callable[[int], None]) -> None:
        """Read the claim register until it says 0, several reads a batch, twice as many each time."""
        read = self._claim.read()
        count, left = CLAIMS_FIRST, CLAIMS_MAX
        while left > 0:
            results = await self._port.bus.submit(Batch(read.operations * count), owner=self._port.owner)
            sources = [read.decode((word,)).source for word in results.values]
            for source in filter(None, sources):
                take(source)
            if results.error is not None:
                raise named(results.error, self._port.owner, dict.fromkeys(range(count), read.path), len(results))
            if 0 in sources:
                return
            left -= count
            count = min(2 * count, left)

    async def complete(self, sources: Iterable[int]) -> None:
        """Write each source to the claim register, all in one batch."""
        await self._port.submit(*(self._claim.write(source=source) for source in sources))
