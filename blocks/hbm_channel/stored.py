"""What a memory channel stores: the packets of the workload, and the counts of them."""

from __future__ import annotations

from typing import ClassVar

from blocks.hbm_channel.params import HbmChannelParams
from registers.model import RegisterFile


class Stored:
    """The part of a channel that takes packets of a stretch at once."""

    registers: RegisterFile
    params: HbmChannelParams
    counted: ClassVar[tuple[str, ...]] = ("WRITES", "READS")
    _contents: dict[int, bytes]

    def calm(self, node: int | None) -> bool:
        """What is fetched is what was stored."""
        return not (self.params.uncorrectable_p or self.params.corrected_p)

    def turn_over(self, packets: int) -> None:
        """Count packets that were stored, each with one that was fetched."""
        self.registers.increment("WRITES.count", packets)
        self.registers.increment("READS.count", packets)

    def keep(self, slot: int, data: bytes) -> None:
        """Keep one that was counted."""
        self._contents[slot] = data
