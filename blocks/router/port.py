"""One port of a simulated router: its registers, and the wires to the port at its other end."""

from __future__ import annotations

from collections.abc import Callable

from attrs import define, frozen

from blocks.model import Event, Net
from registers.model import Cell


@frozen
class Link:
    """What a port gives to the one at its other end.

    Attributes:
        ready: the port is enabled.
        depth: flits of buffer that it offers.
    """

    ready: bool = False
    depth: int = 0


@frozen
class Control:
    """What a word of a port's CTRL says."""

    enabled: bool
    isolated: bool


@define(eq=False, init=False)
class Port:
    """One port.

    Attributes:
        net, partner: what it gives to the other end, and what that gives to it.
        connected: there is another end at all.
        present, credited, open, shallow: its STATUS.
        counting: the credits that are being counted.
    """

    index: int
    side: str
    net: Net[Link]
    partner: Net[Link]
    connected: bool
    enable: Cell
    isolate: Cell
    depth: Cell
    held: Cell
    present: Cell
    credited: Cell
    open: Cell
    shallow: Cell
    packets: Cell
    dropped: Cell
    counting: Event | None
    _summary: tuple[tuple[Cell, Cell], ...]

    def __init__(self, find: Callable[[str], Cell], index: int, side: str, net: Net[Link]) -> None:
        self.index, self.side, self.net = index, side, net
        self.partner, self.connected, self.counting = Net("not connected", Link()), False, None
        at = f"PORT[{index}]"
        self.enable, self.isolate = find(f"{at}.CTRL.enable"), find(f"{at}.CTRL.isolate")
        self.depth, self.held = find(f"{at}.CREDITS.depth"), find(f"{at}.HELD.held")
        self.present, self.credited = find(f"{at}.STATUS.partner"), find(f"{at}.STATUS.credited")
        self.open, self.shallow = find(f"{at}.STATUS.open"), find(f"{at}.STATUS.shallow")
        self.packets, self.dropped = find(f"{at}.PACKETS.count"), find(f"{at}.DROPPED.count")
        shown = {"ENABLED": self.enable, "CREDITED": self.credited, "OPEN": self.open, "SHALLOW": self.shallow}
        self._summary = tuple((find(f"{name}.{side}"), cell) for name, cell in shown.items())

    def forget(self) -> None:
        """Nothing is being counted."""
        self.counting = None

    def decoded(self, word: int) -> Control:
        """Say what a word of CTRL says."""
        return Control(bool(word & self.enable.type.mask), bool(word & self.isolate.type.mask))

    def uncount(self) -> None:
        """Forget the credits, and those that are being counted."""
        if self.counting is not None:
            self.counting.cancel()
            self.counting = None
        self.credited.set(0)
        self.held.set(0)

    def show(self) -> None:
        """Bring status and summaries up to date."""
        self.open.set(int(bool(self.enable.value) and not self.isolate.value))
        for summary, cell in self._summary:
            summary.set(cell.value)
