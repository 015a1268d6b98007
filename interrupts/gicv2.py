"""The generic interrupt controller, version 2: acknowledged through its CPU interface, deactivated in its distributor.

What was acknowledged stays active, and so shut, until it is deactivated; but its priority would shut all others as
well, so that is dropped at once (EOIR, which with `eoi_drops` does no more). To deactivate, ICACTIVER is written rather
than DIR: one write does 32 sources, and one that is not active is left alone, where DIR promises nothing.

Source: ARM IHI 0048B 3.2.1 (priority drop and deactivation), 4.3.10, 4.4.4, 4.4.5.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from blocks.gicv2.driver import SOURCES_MAX, Gicv2, words
from blocks.port import Port
from registers.handles import Register

IDLE = 0xFF  # no priority is running. Source: IHI 0048B 4.4.6
SPECIAL_FIRST = 1020  # from here on no source. Source: IHI 0048B 3.2.5
CLAIMS_MAX = 4 * SOURCES_MAX  # in one go; a source that asks again and again leaves the rest to the next hint or sweep


class Gicv2Controller:
    """One CPU interface of a GICv2; messages that come through its v2m frame are sources like any other.

    Args:
        gic: the block; its configuration names the processor.
        port: the block's way to its registers, as that processor.
    """

    @staticmethod
    def written(gic: Gicv2) -> list[Register]:
        """Return the registers that are written to claim and to complete; no rung writes them, nor looks at them."""
        return [gic.regs.GICC.EOIR, *gic.regs.GICC.APR, *gic.regs.GICD.ICACTIVER]

    def __init__(self, gic: Gicv2, port: Port) -> None:
        self._regs, self._port = gic.regs, port
        self._doubtful = True  # whoever came before us, or an access that failed, may have left a priority running

    async def claim(self, take: Callable[[int], None]) -> None:
        """Acknowledge until nothing asks, and drop each priority with the access that asks for the next.

        A priority that may have been left running holds back everything, so it is forgotten first.
        """
        c = self._regs.GICC
        if self._doubtful and (await self._port.run(c.RPR.read())).priority != IDLE:
            await self._port.submit(*(c.APR[n].write(active=0) for n in range(4)))
        self._doubtful = True  # should an access fail now
        read = c.IAR.read()
        said = await self._port.run(read)
        for _ in range(CLAIMS_MAX):
            if said.source >= SPECIAL_FIRST:
                break
            take(said.source)
            results = await self._port.submit(c.EOIR.write(source=said.source, cpu=said.cpu), read)
            said = read.decode(results.values[-1:])
        else:
            take(said.source)
            await self._port.submit(c.EOIR.write(source=said.source, cpu=said.cpu))
        self._doubtful = False

    async def complete(self, sources: Iterable[int]) -> None:
        """Deactivate these sources, up to 32 in one write, all in one batch."""
        deactivate = self._regs.GICD.ICACTIVER
        await self._port.submit(
            *(deactivate[word].write(sources=bits) for word, bits in enumerate(words(set(sources))) if bits)
        )
