"""`example:SIZE`: a device of another make, whose 2-byte words live in a dictionary.

A transport is a `Port` (one word in or out), the `Region` that it answers in, and the engine's `run` between them;
`check_transport` says when it is done.
"""

from __future__ import annotations

import anyio
import anyio.lowlevel

from transports.base import Capabilities
from transports.batch import Batch, Results
from transports.engine import Region, run
from transports.errors import DeviceLost
from transports.open import Target

WIDTHS = frozenset({2})


class ExampleTransport:
    """Words of 2 bytes that are made when they are first written."""

    def __init__(self, size_bytes: int) -> None:
        self._words: dict[int, int] = {}
        self._region = Region(0, size_bytes, widths=WIDTHS, strobes=True)
        self._turn = anyio.Lock()
        self._open = True

    @property
    def capabilities(self) -> Capabilities:
        """One width, and any strobes."""
        return Capabilities(widths=WIDTHS, strobes=True, real_time=False)

    async def execute(self, batch: Batch) -> Results:
        """Run the operations in order up to the first that fails."""
        async with self._turn:
            if not self._open:
                return Results((), DeviceLost("the example is closed"))
            return await run(batch, self, self._region)

    async def aclose(self) -> None:
        """Forget the words."""
        self._open = False
        self._words.clear()
        await anyio.lowlevel.checkpoint()

    def read(self, address: int, width: int) -> int:
        """Return the word; one that was never written is 0."""
        return self._words.get(address, 0)

    def write(self, address: int, value: int, width: int, strobes: int | None) -> None:
        """Store the bytes of the word that `strobes` enables."""
        mask = {None: 0xFFFF, 1: 0x00FF, 2: 0xFF00, 3: 0xFFFF}[strobes]
        self._words[address] = self._words.get(address, 0) & ~mask | value & mask


async def open_example(target: Target) -> ExampleTransport:
    """Open `example:SIZE`, in bytes.

    Raises:
        ValueError: the size is not a number.
    """
    return ExampleTransport(int(target.rest))
