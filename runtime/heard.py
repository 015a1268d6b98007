"""What was heard of a chip's interrupts in one service, over all connections that it had."""

from __future__ import annotations

from collections import Counter
from typing import Any, Protocol

from attrs import asdict, define, field

from interrupts.dispatch import Counts
from interrupts.figures import LineFigures, merged


class Counted(Protocol):
    """The interrupts of one connection."""

    @property
    def counts(self) -> Counts:
        """What was seen so far."""
        ...

    def figures(self) -> tuple[LineFigures, ...]:
        """Return what was seen of each line so far."""
        ...


@define(eq=False)
class Heard:
    """The figures of all connections: those that are over, and the one of now."""

    _now: Counted | None = None
    _kept: Counter[str] = field(factory=Counter[str])
    _kept_lines: tuple[LineFigures, ...] = ()

    def begin(self, wiring: Counted) -> None:
        """Go on with the interrupts of another connection."""
        self.end()
        self._now = wiring

    def end(self) -> None:
        """Keep what was heard over the connection that ends."""
        self._kept, self._kept_lines, self._now = Counter(self.numbers), self.lines, None

    @property
    def numbers(self) -> dict[str, int]:
        """What dispatch counted: hints, claimed, spurious, unhandled, swept, storms and more; empty: it never ran."""
        counts: dict[str, Any] = {} if self._now is None else asdict(self._now.counts)
        total = self._kept.copy()
        total.update({name: number for name, number in counts.items() if isinstance(number, int)})  # a 0 is told, too
        return dict(total)

    @property
    def lines(self) -> tuple[LineFigures, ...]:
        """What was seen of each line."""
        return self._kept_lines if self._now is None else merged((*self._kept_lines, *self._now.figures()))
