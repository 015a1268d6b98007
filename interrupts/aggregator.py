"""An interrupt aggregator, claimed and completed through the registers of its block.

A claim reads what is reported and masks that; to complete is to unmask. A read takes nothing, so no claim is lost with
the access that made it: what was not masked is simply read again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from blocks.aggregator.driver import OWN, SOURCES, Aggregator, bits
from blocks.port import Port
from registers.handles import Register

CLAIMS_MAX = SOURCES  # reads that find something, in one go: each masks a source at least, or masks mask nothing


class AggregatorController:
    """One aggregator; its own events are its source `own`.

    Args:
        aggregator: the block; its configuration names the edges, and what is urgent.
        port: the block's way to its registers.
    """

    own = OWN

    @staticmethod
    def written(aggregator: Aggregator) -> list[Register]:
        """Return the registers that are written to claim and to complete; no rung writes them, nor looks at them."""
        r = aggregator.regs
        return [r.PENDING, r.MASK_SET, r.MASK_CLR]

    def __init__(self, aggregator: Aggregator, port: Port) -> None:
        self._regs, self._config, self._port = aggregator.regs, aggregator.config, port
        self._edges = bits(aggregator.config.edges) & ~bits(())

    async def claim(self, take: Callable[[int], None]) -> None:
        """Read what is reported, urgent sources first, and mask it; again in the same batch, until it is nothing.

        An edge is cleared once it is masked: another one from then on is kept, and asks when it is completed.
        """
        r, read = self._regs, self._regs.CLAIM.read()
        asking = (await self._port.run(read)).sources
        for _ in range(CLAIMS_MAX):
            if not asking:
                return
            for source in self._in_order(asking):
                take(source)
            act = [r.MASK_SET.write(sources=asking)]
            if edges := asking & self._edges:
                act.append(r.PENDING.write(sources=edges))
            results = await self._port.submit(*act, read)
            asking = read.decode(results.values[-1:]).sources

    async def complete(self, sources: Iterable[int]) -> None:
        """Unmask these sources, all in one write."""
        await self._port.submit(self._regs.MASK_CLR.write(sources=sum(1 << source for source in set(sources))))

    async def release(self, sources: Iterable[int]) -> None:
        """Unmask those of these sources that are masked; where none is, nothing is written."""
        masked = await self._port.run(self._regs.MASK_SET.read())
        if wanted := masked.sources & sum(1 << source for source in set(sources)):
            await self._port.submit(self._regs.MASK_CLR.write(sources=wanted))

    def _in_order(self, asking: int) -> list[int]:
        found = [source for source in range(SOURCES) if asking >> source & 1]
        return sorted(found, key=lambda source: source not in self._config.urgent)
