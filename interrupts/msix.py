"""An MSI-X table, whose messages arrive as hints: masked while its blocks look, and looked into for what is pending.

A message carries no state, and one that was lost leaves none: only a vector that is masked remembers that it asked. So
a claim takes the vectors whose messages came and those that are pending behind a mask nobody here set, and masks them.

Source: PCI Express Base 5.0, 6.1.4.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from blocks.msix.driver import VECTORS, Msix
from blocks.port import Port
from interrupts.source import Source
from registers.handles import Register

ALL = frozenset(range(VECTORS))  # what else sends a message is no vector of this table


class MsixController:
    """One table; a `Source` too, since the message itself says which vector asks.

    Args:
        msix: the block; its configuration names the vectors.
        port: the block's way to its registers.
        messages: says which vectors sent one, as numbers of lines; none: any may have.
        line: the number by which dispatch is told of this controller.
        first: the line that is vector 0; lines that are no vectors of this table are passed on as they are.
    """

    @staticmethod
    def written(msix: Msix) -> list[Register]:
        """Return the registers that are written to claim and to complete.

        Rungs write them, too: those that mask who may not send, and the one that describes, which masks meanwhile.
        """
        return [vector.CONTROL for vector in msix.regs.VECTOR]

    def __init__(self, msix: Msix, port: Port, messages: Source, *, line: int, first: int = 0) -> None:
        self._regs, self._vectors, self._port = msix.regs, frozenset(msix.config.sources), port
        self._messages, self._line, self._first = messages, line, first
        self._told: set[int] = set()  # vectors whose message came and was not claimed
        self._claimed: set[int] = set()  # vectors that we masked

    async def wait(self) -> frozenset[int]:
        """Wait for messages, keep which vectors sent them, and return the number of this controller, and other lines.

        Raises:
            DeviceLost: no message will come any more.
        """
        came = await self._messages.wait()
        if not came:
            self._told |= self._vectors
            return came
        vectors = {line - self._first for line in came} & ALL
        self._told |= vectors
        others = {line for line in came if line - self._first not in vectors}
        return frozenset(others | {self._line}) if vectors else frozenset(others)

    async def claim(self, take: Callable[[int], None]) -> None:
        """Take what sent and what is pending, and mask it, all in one batch.

        A vector that sent another message while it was being masked is taken again: its block may have looked before.
        """
        told, self._told = self._told, set()
        for vector in sorted(told):
            take(vector)
        pending = [self._regs.PENDING[word].read() for word in range(2)]
        results = await self._port.submit(*pending)
        words = [read.decode((value,)).vectors for read, value in zip(pending, results.values, strict=True)]
        found = {vector for vector in self._vectors if words[vector // 32] >> vector % 32 & 1} - told - self._claimed
        for vector in sorted(found):
            take(vector)
        if fresh := sorted((told | found) - self._claimed):
            self._claimed.update(fresh)
            await self._port.submit(*(self._regs.VECTOR[vector].CONTROL.write(mask=1) for vector in fresh))

    async def complete(self, sources: Iterable[int]) -> None:
        """Unmask these vectors, all in one batch; one that asked meanwhile sends its message now."""
        vectors = sorted(set(sources))
        await self._port.submit(*(self._regs.VECTOR[vector].CONTROL.write(mask=0) for vector in vectors))
        self._claimed.difference_update(vectors)
