"""python-periphery: one 32-bit access for each call; it knows no fields, so a field is masked by hand."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from bench.measure import Timed
from bench.peers import wanted
from bench.peers.calls import calls
from bench.peers.device import CTRL_OFFSET, GAIN_LSB, REGISTERS, SIZE_BYTES, Device, Step


class Periphery:
    """`MMIO` over the file that holds the memory."""

    name = "python-periphery MMIO"
    clock = "cpu"

    def __init__(self, device: Device) -> None:
        self._mmio: Any = wanted("periphery").MMIO(0, SIZE_BYTES, path=device.path)

    def program(self, steps: Sequence[Step]) -> Timed:
        """Return a loop of calls."""
        read, write = self._mmio.read32, self._mmio.write32
        places = [4 * register for register in range(REGISTERS)]

        def modify(at: int, value: int) -> None:
            write(at, read(at) & 0xFFFF00FF | value << 8)

        def low(at: int) -> int:
            word: int = read(at)
            return word & 0xFF

        def high(at: int) -> int:
            word: int = read(at)
            return word >> 16

        return calls(
            steps,
            read=[partial(read, at) for at in places],
            write=[partial(write, at) for at in places],
            modify=[partial(modify, at) for at in places],
            low=[partial(low, at) for at in places],
            high=[partial(high, at) for at in places],
        )

    def words(self, result: Any) -> Sequence[int]:
        """They are the result."""
        found: Sequence[int] = result
        return found

    def set_gain(self, value: int) -> None:
        """Set `gain` of CTRL by hand: read, mask, write."""
        word = self._mmio.read32(CTRL_OFFSET)
        self._mmio.write32(CTRL_OFFSET, word & ~(0xF << GAIN_LSB) | value << GAIN_LSB)

    def close(self) -> None:
        """Unmap."""
        self._mmio.close()
