"""Keeps watch over what is out, with one task and one timer, however many flights there are.

The watchdog sleeps until what it saw last would be late. What came and went meanwhile it never sees, and a flight that
leaves wakes nobody: at most it makes the sleep shorter. A timer and a task for each flight took longer than the flight.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import anyio
from attrs import define, field

from transports.bus.figures import shape_of
from transports.bus.flight import Flight
from transports.bus.hang import LATE_S, Culprit, Diagnosis, Heard, own_waits_s, ping

ALLOWANCE = 4  # times what a transport says that an access usually takes: a megabyte over a slow link is no hang


def time_of(flight: Flight) -> float:
    """Return how many seconds a flight may be out: its deadline, its own waits, and time for all that it holds."""
    access_s = flight.transport.capabilities.access_s
    words = sum(shape_of(asked.batch).words for asked in flight.crew)
    return flight.deadline_s + own_waits_s(flight.crew[0].batch) + ALLOWANCE * access_s * words


@define(eq=False)
class Watchdog:
    """Asks why a flight is out for so long, and stops it unless that is our own fault.

    Args:
        now: the time of the event loop.
        found: called with each diagnosis.
    """

    now: Callable[[], float]
    found: Callable[[Diagnosis], None]
    _flight: Flight | None = field(default=None, init=False)
    _given_s: float = field(default=0.0, init=False)
    _due_s: float | None = field(default=None, init=False)
    _sleep: anyio.CancelScope | None = field(default=None, init=False)
    _asking: anyio.CancelScope | None = field(default=None, init=False)

    def leaves(self, flight: Flight) -> None:
        """Have an eye on a flight from now on."""
        self._flight, self._due_s = flight, None
        soonest_s = flight.start_s + flight.deadline_s
        if self._sleep is not None and soonest_s < self._sleep.deadline:
            self._sleep.deadline = soonest_s

    def is_back(self) -> None:
        """Forget the flight."""
        self._flight = None
        if self._asking is not None:
            self._asking.cancel()

    async def run(self) -> None:
        """Keep watch, until cancelled."""
        while True:
            with anyio.CancelScope(deadline=self._next_s()) as self._sleep:
                await anyio.sleep_forever()
            wanted_s, self._sleep = self._sleep.deadline, None
            if self._flight is not None and self._next_s() <= self.now():
                await self._ask(self._flight, self.now() - wanted_s)

    def _next_s(self) -> float:
        """Return when to look next: when what is out is late, at once if it is; never while nothing is out."""
        if self._flight is None:
            return math.inf
        if self._due_s is None:
            self._given_s = time_of(self._flight)
            self._due_s = self._flight.start_s + self._given_s
        return max(self._due_s, self.now())

    async def _ask(self, flight: Flight, late_s: float) -> None:
        """Ask the link, unless we were late ourselves."""
        link = Heard.NOT_ASKED
        if late_s <= LATE_S:
            with anyio.CancelScope() as self._asking:
                link, also_s = await ping(flight.transport)
                late_s += also_s
            self._asking = None
            if self._flight is not flight:
                return
        out_s = self.now() - flight.start_s
        found = Diagnosis(culprit=Culprit.US, out_s=out_s, deadline_s=self._given_s, late_s=max(0.0, late_s), link=link)
        self.found(found)
        if late_s > LATE_S:
            self._due_s = self.now() + self._given_s
            return
        self._flight = None
        flight.suspect = found
        flight.scope.cancel()
