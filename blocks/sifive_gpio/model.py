"""Sixteen pins, with whatever the outside puts on those that are not driven."""

from __future__ import annotations

from typing import Final

from blocks.model import BlockModel, ModelParams, Simulation
from registers.model import RegisterFile

RESTART_PIN: Final = 10  # wired to the board's reset


class SifiveGpioModel(BlockModel):
    """Drives the pins that are enabled, and shows the level of those that are read.

    Attributes:
        outside: levels that the board puts on the pins.
    """

    params: ModelParams

    def __init__(self, name: str, registers: RegisterFile, params: ModelParams, sim: Simulation) -> None:
        super().__init__(name, registers, params, sim)
        self.outside = 0
        names = ("INPUT_VAL", "INPUT_EN", "OUTPUT_EN", "OUTPUT_VAL", "OUT_XOR", "PUE")
        self.pins = {register: registers.field(f"{register}.pins") for register in names}

    def connect(self) -> None:
        """Follow what software writes."""
        for register in ("INPUT_EN", "OUTPUT_EN", "OUTPUT_VAL", "OUT_XOR", "PUE"):
            self.registers.on_write(register, lambda _written: self.update())

    def update(self) -> None:
        """Work out the levels."""
        value = {name: cell.value for name, cell in self.pins.items()}
        driven = (value["OUTPUT_VAL"] ^ value["OUT_XOR"]) & value["OUTPUT_EN"]
        if value["OUTPUT_EN"] & ~driven & 1 << RESTART_PIN:
            self.violate("OUTPUT_EN", f"pin {RESTART_PIN} driven low: it resets the board")
        level = driven | (self.outside | value["PUE"]) & ~value["OUTPUT_EN"]
        self.pins["INPUT_VAL"].set(level & value["INPUT_EN"])
