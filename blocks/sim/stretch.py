"""Packets of one flow that fare as the one before: they are not sent one by one, but counted when somebody asks."""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from typing import Protocol, runtime_checkable

from attrs import define, field

from blocks.passing import Passing

LATENCY_S = 0.5e-6  # of one packet from its source to the memory


@runtime_checkable
class Ledger(Protocol):
    """What a memory is that can take the packets of a stretch at once."""

    def turn_over(self, packets: int) -> None:
        """Count so many packets, each stored and an earlier one fetched."""
        ...

    def keep(self, slot: int, data: bytes) -> None:
        """Keep one packet that was counted."""
        ...


@define(eq=False)
class Repeat:
    """A stretch of one flow: every packet takes the same way, arrives, and an earlier one is read back as it was sent.

    Attributes:
        hops: the way, with the node where a packet leaves a mesh.
        size, period_s: of the flow.
        until: the time up to which packets have moved.
        wake: ends the stretch.
        due_s: when the next packet sets out.
        sent, arrived: packets since the stretch began.
        landing_s: when the last one arrives; inf: it has.
    """

    hops: tuple[tuple[Passing, int | None], ...]
    memory: Ledger
    size: int
    period_s: float
    until: Callable[[], float]
    wake: Callable[[], None]
    due_s: float
    sent: int = 0
    arrived: int = 0
    landing_s: float = inf
    _booked: int = field(default=0, init=False)

    def go_on(self) -> None:
        """Send what is due, and let it arrive."""
        until_s, due_s, period_s = self.until(), self.due_s, self.period_s
        last_s, sent = 0.0, 0
        while due_s <= until_s:  # added up as if one by one, to the last bit
            last_s, due_s, sent = due_s, due_s + period_s, sent + 1
        if sent:
            self.due_s, self.landing_s = due_s, last_s + LATENCY_S
            self.sent += sent
        if self.landing_s <= until_s:
            self.landing_s = inf
        self.arrived = self.sent - (self.landing_s < inf)

    def aloft(self, model: Passing) -> int:
        """Return how many packets left a model and have not arrived: none but the source sends any."""
        if model is not self.hops[0][0]:
            return 0
        self.go_on()
        return self.sent - self.arrived

    def book(self) -> None:
        """Have counted in each model, and in the memory, what has arrived until now."""
        self.go_on()
        packets, self._booked = self.arrived - self._booked, self.arrived
        if packets:
            for model, node in self.hops:
                model.tally(packets, self.size, node)
            self.memory.turn_over(packets)
