"""What a trial on the runtime of production must have done in time, how long that took, and how long it may take."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from attrs import frozen

from runtime.faults.arms import DEFAULT
from runtime.faults.limits import SWEEP_S
from runtime.found import By
from runtime.incident import Event, Incident, What
from runtime.policy import backoff_s
from transports.faulty import Kind, Strike

if TYPE_CHECKING:
    from blocks.chip import Chip


@frozen
class Took:
    """What was to be done in time.

    Attributes:
        what: in words.
        elapsed_s: until it was done, from when nothing was in its way any more.
    """

    what: str
    elapsed_s: float
    allowed_s: float

    @property
    def late(self) -> str:
        """By how much it took too long, in words; empty: it did not."""
        if self.elapsed_s <= self.allowed_s:
            return ""
        return f"{self.what} after {self.elapsed_s * 1e6:.1f} us; expected {self.allowed_s * 1e6:.1f} us at most"


class Times:
    """The times of one trial in service, on the clock of the event loop.

    Args:
        limit_s: what a climb from reset may take.
        lasts: how long what struck goes on.
    """

    def __init__(self, chip: Chip, limit_s: float, lasts: Callable[[Strike], float]) -> None:
        self._rules, self._limit_s, self._lasts = chip.supervision, limit_s, lasts
        self._anew: list[float] = []  # when a block was upset, or the device was reset by hand
        self._zero_s = 0.0
        self._decided: list[tuple[float, str, int | None]] = []

    def begin(self, zero_s: float) -> None:
        """Another controller begins; its events count their time from here."""
        self._zero_s = zero_s
        self._decided.clear()

    def anew(self, now_s: float) -> None:
        """Something was done to the hardware, beside what strikes accesses."""
        self._anew.append(now_s)

    def happened(self, event: Event) -> None:
        """Take what a service tells."""
        if event.what is What.DECIDED:
            self._decided.append((self._zero_s + event.time_s, event.block, event.incident))

    def of(self, incident: Incident, strikes: Sequence[Strike]) -> Took:
        """Return how long an incident that is over took, since the last that happened to the hardware before its end.

        A sweep is waited for where one found it, or where an interrupt was lost that would have told of it.
        """
        assert incident.ended_s is not None, "an incident that is not over"
        until_s = self._zero_s + incident.ended_s
        since_s = self._clear_s(until_s, strikes, incident.began_s + self._zero_s)
        lost = [strike.time_s for strike in strikes if strike.shot.kind is Kind.LOST]
        swept = incident.found_by == By.SWEEP or any(since_s - SWEEP_S < lost_s <= until_s for lost_s in lost)
        took = self._took(f"{incident.root or 'the chip'} in service", since_s, until_s, incident.number)
        return Took(took.what, took.elapsed_s, took.allowed_s + swept * SWEEP_S)

    def until(self, what: str, since_s: float, now_s: float, strikes: Sequence[Strike]) -> Took:
        """Return how long something took that is done by now, since it was asked for, or since what struck was over."""
        return self._took(what, max(since_s, self._clear_s(now_s, strikes, since_s)), now_s, None)

    def _clear_s(self, until_s: float, strikes: Sequence[Strike], else_s: float) -> float:
        """Return when the last that had happened by then was over."""
        over = [min(until_s, at.time_s + self._lasts(at)) for at in strikes if at.time_s <= until_s]
        return max([*over, *(at_s for at_s in self._anew if at_s <= until_s)], default=else_s)

    def _took(self, what: str, since_s: float, until_s: float, incident: int | None) -> Took:
        """Return how long it took: each round of decisions may take as long as the first climb, and wait before it.

        Args:
            incident: whose decisions; None: all.
        """
        tried, rounds = Counter[str](), Counter[str]()
        waited_s, waits_s = 0.0, since_s
        for at_s, block, number in self._decided:
            if at_s > until_s or incident not in (None, number):
                continue
            tried[block] += 1
            rounds[block] += at_s >= since_s
            over_s = min(until_s, at_s + backoff_s(self._rules.get(block, DEFAULT), tried[block]))
            waited_s += max(0.0, over_s - max(at_s, waits_s))
            waits_s = max(waits_s, over_s)
        climbs = 1 + max(rounds.values(), default=0)
        return Took(what, until_s - since_s, round(climbs * self._limit_s + waited_s, 9))
