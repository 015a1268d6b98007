"""A serial NOR flash: the part is the one that the product has, and its bus runs at full speed.

The identification is read at the clock that a reset leaves, which is slow. What was read is not believed twice: the
clock divider, written last, says that it was, and goes back to its reset when the controller does.
"""

from __future__ import annotations

from attrs import field, frozen

from blocks.base import Block
from blocks.ladder import US, Ladder, Rung
from blocks.limits import between
from blocks.spi_nor.regs import SpiNorRegs

CLOCK_RESET = 3  # blocks/spi_nor/spi_nor.rdl, CLOCK


@frozen(kw_only=True)
class SpiNorConfig:
    """Which part it is, and how fast it is talked to once it is known.

    Attributes:
        manufacturer, memory_type, capacity: the three bytes of its identification, in the order they come.
        clock_divider: of the controller, in its own units; any but its reset.
    """

    manufacturer: int = field(validator=between(0, 0xFF))
    memory_type: int = field(validator=between(0, 0xFF))
    capacity: int = field(validator=between(0, 0xFF))
    clock_divider: int = field(validator=between(0, 0xFFF))

    def __attrs_post_init__(self) -> None:
        if self.clock_divider == CLOCK_RESET:
            raise ValueError(f"clock_divider is {CLOCK_RESET}; expected another: it marks the part as known")


class SpiNor(Block[SpiNorRegs]):
    """Serial NOR flash: answers commands, one selection each.

    Source: JESD216; IS25WP256 datasheet, device operation.
    """

    config: SpiNorConfig

    def up(self) -> Ladder:
        """The part is the one expected; another one is refused, and then nothing was written.

        The look reads the clock divider only: an identification would be a frame on the bus, and so writes.
        """
        r, c = self.regs, self.config
        expected = r.JEDEC_ID.check(manufacturer=c.manufacturer, memory_type=c.memory_type, capacity=c.capacity)
        return Ladder(
            Rung(
                "identified",
                holds=[r.CLOCK.check(divider=c.clock_divider)],
                reach=[expected, r.CLOCK.write(divider=c.clock_divider)],
                within=5 * US,  # the divider is read back at once; one that was lost is not waited for
            ),
        )
