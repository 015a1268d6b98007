"""A flash that answers commands, byte by byte, to whoever selects it."""

from __future__ import annotations

from attrs import field, frozen

from blocks.limits import between
from blocks.model import BlockModel, ModelParams, Simulation
from registers.model import RegisterFile
from registers.schema import RegisterType


@frozen(kw_only=True)
class SpiNorParams(ModelParams):
    """Which part this is; by default an ISSI IS25WP256.

    Attributes:
        manufacturer, memory_type, capacity: the three bytes of its JEDEC ID; the capacity is the power of two of bytes.
    """

    manufacturer: int = field(default=0x9D, validator=between(0, 0xFF))
    memory_type: int = field(default=0x70, validator=between(0, 0xFF))
    capacity: int = field(default=0x19, validator=between(0, 0xFF))


class SpiNorModel(BlockModel):
    """Takes the first byte after its selection as an opcode, and answers the next ones with what it stands for."""

    params: SpiNorParams

    def __init__(self, name: str, registers: RegisterFile, params: SpiNorParams, sim: Simulation) -> None:
        super().__init__(name, registers, params, sim)
        registers_there = ((child.offset, child.type) for child in registers.group.children)
        self._widths = {offset: kind.access for offset, kind in registers_there if isinstance(kind, RegisterType)}
        self._opcode: int | None = None
        self._answer: list[int] = []

    def update(self) -> None:
        """Show the part's identification."""
        for name in ("manufacturer", "memory_type", "capacity"):
            self.registers.field(f"JEDEC_ID.{name}").set(getattr(self.params, name))

    def cleared(self) -> None:
        """Nothing is under way."""
        self.deselect()

    def deselect(self) -> None:
        """End the command."""
        self._opcode, self._answer = None, []

    def exchange(self, byte: int) -> int:
        """Take a byte and give one: nothing for an opcode, then the answer, lowest byte first, and again."""
        if self._opcode is None:
            self._opcode = byte
            return 0xFF
        if not self._answer:
            self._answer = self._read(self._opcode)
        return self._answer.pop(0)

    def _read(self, opcode: int) -> list[int]:
        width = self._widths.get(8 * opcode)
        if width is None:
            self.violate(f"{8 * opcode:#x}", f"command {opcode:#04x}, which the part does not have")
            return [0xFF]
        return list(self.registers.read(8 * opcode, width).to_bytes(width, "little"))
