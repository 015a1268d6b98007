"""What a service carries from one connection to a chip to the next: what people asked for, and what was tried."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from attrs import define, field

from blocks.chip.supervision import Restart, Supervision
from runtime.policy import History
from runtime.unit import Unit


@define(eq=False)
class Carried:
    """The memory of a service; that of the hardware is the hardware.

    Attributes:
        held: the blocks that are held for a person.
        rested: the blocks that rest on purpose, and for which block each does.
        asked: the blocks that somebody asked to put to rest, and that are not at rest yet.
        histories: of the blocks' troubles.
    """

    held: set[str] = field(factory=set[str])
    rested: Mapping[str, str] = field(factory=dict[str, str])
    asked: tuple[str, ...] = ()
    histories: Mapping[str, History] = field(factory=dict[str, History])

    def give(self, units: Iterable[Unit], rule: Callable[[str], Supervision], *, again: bool) -> None:
        """Tell the blocks of a new connection.

        Args:
            rule: how a block is supervised.
            again: over an earlier one the chip was up.
        """
        for unit in units:
            unit.history, unit.held = self.histories.get(unit.name, unit.history), unit.name in self.held
            unit.rested = self.rested.get(unit.name, "")
            unit.once = again and rule(unit.name).restart is Restart.TEMPORARY

    def take(self, units: Mapping[str, Unit], asked: tuple[str, ...]) -> None:
        """Note what the blocks of a connection that is over know."""
        self.histories = {name: unit.history for name, unit in units.items()}
        self.held = {name for name, unit in units.items() if unit.held}
        self.rested = {name: unit.rested for name, unit in units.items() if unit.rested}
        self.asked = asked
