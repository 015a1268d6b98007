"""An MSI-X table that sends, holds back what is masked, and sends it once unmasked.

Source: PCI Express Base 5.0, 6.1.4.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final

from blocks.model import BlockModel, ModelParams, Simulation
from registers.model import RegisterFile, Written

VECTORS: Final = 64
DESCRIBES: Final = ("ADDRESS", "ADDRESS_UPPER", "DATA")


class MsixModel(BlockModel):
    """Sends a message when a vector's line rises.

    Attributes:
        listener: is given address and data of each message; None: the chip sends it out, as the vector that it is.
    """

    params: ModelParams

    def __init__(self, name: str, registers: RegisterFile, params: ModelParams, sim: Simulation) -> None:
        super().__init__(name, registers, params, sim)
        cell = registers.field
        self.listener: Callable[[int, int], None] | None = None
        self.levels = 0
        self.masks = [cell(f"VECTOR[{n}].CONTROL.mask") for n in range(VECTORS)]
        self.messages = [
            (
                cell(f"VECTOR[{n}].ADDRESS.low"),
                cell(f"VECTOR[{n}].ADDRESS_UPPER.high"),
                cell(f"VECTOR[{n}].DATA.data"),
            )
            for n in range(VECTORS)
        ]
        self.pendings = [cell(f"PENDING[{n}].vectors") for n in range(2)]

    def connect(self) -> None:
        """Judge what is written, and send what waited for its mask."""
        for vector in range(VECTORS):
            for register in DESCRIBES:
                self.registers.on_write(f"VECTOR[{vector}].{register}", partial(self._described, vector))
            self.registers.on_write(f"VECTOR[{vector}].CONTROL", partial(self._masked, vector))

    def cleared(self) -> None:
        """Nothing is pending, and no line is high: this block is reset with its sources."""
        self.levels = 0

    def sink(self, source: int, level: bool) -> None:
        """Take the level of a vector's line; only its rise asks."""
        rose = level and not self.levels >> source & 1
        self.levels = self.levels & ~(1 << source) | int(level) << source
        if rose and self.masks[source].value:
            self._pend(source, True)
        elif rose:
            self._send(source)

    def _described(self, vector: int, written: Written) -> None:
        if not self.masks[vector].value:
            self.violate(written.path, "changed while the vector is not masked")
        if written.path.endswith(".ADDRESS") and written.new % 4:
            self.violate(written.path, f"{written.new:#x} is no multiple of 4")

    def _masked(self, vector: int, written: Written) -> None:
        if not written.new & 1 and self.pendings[vector // 32].value >> vector % 32 & 1:
            self._pend(vector, False)
            self._send(vector)

    def _pend(self, vector: int, pends: bool) -> None:
        cell, bit = self.pendings[vector // 32], 1 << vector % 32
        cell.set(cell.value | bit if pends else cell.value & ~bit)

    def _send(self, vector: int) -> None:
        low, high, data = (cell.value for cell in self.messages[vector])
        if not low and not high:
            self.violate(f"VECTOR[{vector}].ADDRESS", "a message is sent to address 0")
        if self.listener is not None:
            self.listener(high << 32 | low, data)
        else:
            self.sim.message(self.name, vector)
