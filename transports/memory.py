"""`memory:`, plain memory as a device: the honest fake, and the shape of every transport over a mapped window."""

from __future__ import annotations

import re
from collections.abc import Sequence

import anyio
import anyio.lowlevel

from transports.base import Capabilities
from transports.batch import Batch, Results
from transports.engine import Window, run, run_all
from transports.errors import DeviceLost
from transports.open import Target, TargetError

SIZE_BYTES = 0x1_0000  # of `memory:`, when the URL does not say


class MemoryTransport:
    """Words in memory of this process: storage, with no behaviour of its own.

    Args:
        memory: how many bytes (zeroed), or the bytes themselves; a read-only object makes a read-only device.
        base: the address of the first byte, a multiple of 8.
    """

    def __init__(self, memory: int | bytes | bytearray | memoryview = SIZE_BYTES, base: int = 0) -> None:
        self._window = Window(bytearray(memory) if isinstance(memory, int) else memory, base)
        self._turn = anyio.Lock(fast_acquire=True)  # a batch that waits still goes as one
        self._capabilities = Capabilities(
            widths=self._window.region.widths, burst=True, poll=True, atomic_modify=True, real_time=False
        )

    @property
    def capabilities(self) -> Capabilities:
        """All widths; strobes only as one aligned run; nothing else reaches the memory in the middle of a modify."""
        return self._capabilities

    async def execute(self, batch: Batch) -> Results:
        """Run the operations in order up to the first that fails."""
        async with self._turn:
            if self._window.closed:
                await anyio.lowlevel.checkpoint()
                return Results((), DeviceLost("the memory is closed"))
            return await run(batch, self._window, self._window.region)

    async def execute_all(self, batches: Sequence[Batch]) -> Sequence[Results]:
        """Run batches one after the other, in one go; see `Gathering`."""
        async with self._turn:
            if self._window.closed:
                await anyio.lowlevel.checkpoint()
                return [Results((), DeviceLost("the memory is closed")) for _ in batches]
            return await run_all(batches, self._window, self._window.region)

    def stamp(self) -> None:
        """Have the results from now on tell when each operation was done; see `Stamping`."""
        self._window.stamping = True

    async def aclose(self) -> None:
        """Let go of the memory. A batch that is waiting finds the device lost at its next access."""
        self._window.close()
        await anyio.lowlevel.checkpoint()


async def open_memory(target: Target) -> MemoryTransport:
    """Open `memory:[SIZE][@BASE]`, both numbers as Python writes them (`memory:0x1000@0x80000000`).

    Raises:
        TargetError: the text is not of this form, or size or base is not a multiple of 8.
    """
    number = "(?:0[xX][0-9a-fA-F]+|[0-9]+)"
    found = re.fullmatch(f"({number})?(?:@({number}))?", target.rest)
    if found is None:
        raise TargetError(f"{target.url!r} is not memory:[SIZE][@BASE], as in memory:0x1000@0x80000000")
    size, base = found.groups()
    try:
        return MemoryTransport(int(size or str(SIZE_BYTES), 0), int(base or "0", 0))
    except ValueError as problem:
        raise TargetError(f"{target.url!r}: {problem}") from problem
