"""What a service carries from one connection to a chip to the next: what people asked for, and what was tried."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import trio
from attrs import define, field

from blocks.chip.supervision import Restart, Supervision
from blocks.look import Shortfall
from runtime.board import Board
from runtime.incident import What
from runtime.ledger import Ledger
from runtime.policy import History
from runtime.summary import IN_SERVICE, State
from runtime.supervisor import Supervisor
from runtime.unit import Unit


@define(eq=False)
class Carried:
    """The memory of a service; that of the hardware is the hardware.

    Attributes:
        held: the blocks that are held for a person.
        rested: the blocks that rest on purpose, and for which block each does.
        asked: the blocks that somebody asked to put to rest, and of which no keeper knows that by now.
        woken: the blocks that somebody asked to wake, and that are not up yet.
        due: the blocks that are to come up again whatever their rules.
        released: the blocks that somebody released, and that are not well yet.
        seen: how each block was last seen, and what it lacked.
        histories: of the blocks' troubles.
    """

    held: set[str] = field(factory=set[str])
    rested: Mapping[str, str] = field(factory=dict[str, str])
    asked: tuple[str, ...] = ()
    woken: set[str] = field(factory=set[str])
    due: set[str] = field(factory=set[str])
    released: set[str] = field(factory=set[str])
    seen: Mapping[str, tuple[State, Shortfall | None]] = field(factory=dict[str, tuple[State, Shortfall | None]])
    histories: Mapping[str, History] = field(factory=dict[str, History])

    def give(
        self,
        units: Iterable[Unit],
        rule: Callable[[str], Supervision],
        below: Callable[[str], frozenset[str]],
        *,
        again: bool,
    ) -> None:
        """Tell the blocks of a new connection.

        Args:
            rule: how a block is supervised.
            below: what it stands on.
            again: over an earlier one the chip was up.
        """
        for unit in units:
            unit.history, unit.held = self.histories.get(unit.name, unit.history), unit.name in self.held
            unit.rested = self.rested.get(unit.name, "")
            unit.once = again and (rule(unit.name).restart is Restart.TEMPORARY or rule(unit.name).hold)
            unit.released = unit.name in self.released
            seen = self.seen.get(unit.name)
            unit.served = again and seen is not None and seen[0] in IN_SERVICE
            if unit.served and self.held & {unit.name, *below(unit.name)}:
                unit.known = seen
            unit.woken = unit.once and unit.name in self.woken  # any other comes up by itself
            unit.due = unit.once and unit.name in self.due

    def ask(self, rest: Callable[[str], None], ledger: Ledger) -> None:
        """Ask the keeper of a new connection for what an earlier one did not come to."""
        asked, self.asked = self.asked, ()
        for name in asked:
            try:
                rest(name)
            except ValueError as problem:  # it is another chip by now, as far as it is at rest
                ledger.tell(What.FAILED, name, str(problem))

    def take(self, units: Mapping[str, Unit], board: Board, asked: tuple[str, ...]) -> None:
        """Note what the blocks of a connection that is over know.

        Args:
            board: how they were last seen.
            asked: the blocks that its keeper was to put to rest.
        """
        self.histories = {name: unit.history for name, unit in units.items()}
        self.held = {name for name, unit in units.items() if unit.held}
        self.rested = {name: unit.rested for name, unit in units.items() if unit.rested}
        self.woken = {name for name, unit in units.items() if unit.woken}
        self.released = {name for name, unit in units.items() if unit.released}
        self.seen = {name: (board.states[name], board.lessened.get(name)) for name in units}
        self.due = {name for name, unit in units.items() if unit.due}
        self.asked = (*self.asked, *(name for name in dict.fromkeys(asked) if name not in self.asked))


def resumed(supervisor: Supervisor, ledger: Ledger) -> None:
    """Note in the book of incidents what was found when the chip was back, and that what is up is well."""
    states = supervisor.board.states
    for name in states:
        if name in supervisor.acted:
            ledger.fell(name, "found down when the chip was back")
            ledger.touched(name)
    for name, state in states.items():
        if state in IN_SERVICE and not supervisor.units[name].held:
            ledger.rose(name)
            unit = supervisor.units[name]
            unit.history = unit.history.end(trio.current_time()) if unit.history.open else unit.history
    ledger.rose("")
