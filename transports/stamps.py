"""When each operation of a batch was done: for a trace, where somebody has asked for it (`base.Stamping`)."""

from __future__ import annotations

import time
from array import array
from collections.abc import Callable, Generator, Iterable, Sequence
from typing import Any

from transports.batch import Results, Value
from transports.errors import TransportError


class StampedResults(Results):
    """Results with the time of each operation that completed; equal to the same without.

    Attributes:
        stamps: when it was done, on the clock of the event loop.
    """

    __slots__ = ("stamps",)

    def __init__(
        self,
        values: Iterable[Value] = (),
        error: TransportError | None = None,
        poll_reads: int = 0,
        *,
        stamps: Sequence[float] = (),
    ) -> None:
        super().__init__(values, error, poll_reads)
        self.stamps = stamps


class Stamps:
    """The times of one run of an engine, which stops where it has to wait and then goes on.

    The engine's clock is the system's and `now` may be another, even one that stands still while the engine runs. So
    each stretch between two waits is put between what `now` said before it and says behind it.

    Attributes:
        words: where the engine in C puts the system's time in ns at which each operation was done.
        times: of those done, by `now`.
    """

    __slots__ = ("_begun_ns", "_begun_s", "_now", "times", "words")

    def __init__(self, count: int, now: Callable[[], float]) -> None:
        self.words = array("Q", bytes(8 * count))
        self.times: list[float] = []
        self._now = now

    def begin(self) -> None:
        """Note that the engine begins, or goes on."""
        self._begun_s, self._begun_ns = self._now(), time.monotonic_ns()

    def end(self, done: int) -> None:
        """Take over the times of what the engine has done since; `done` operations are done in all."""
        until_s = self._now()
        for stamp_ns in self.words[len(self.times) : done]:
            self.times.append(min(self._begun_s + (stamp_ns - self._begun_ns) / 1e9, until_s))

    def over(self, run: Any) -> Any:
        """Return a run of the engine in C, of which the times are taken whenever it goes on."""
        return _Going(run, self)

    def values(self) -> list[Value]:
        """Return a list that takes the time of each value as it is appended: what the engine in Python does."""
        return _Timed(self.times, self._now)

    def on(self, results: Results) -> Results:
        """Return results with these times."""
        return StampedResults(
            results.values, results.error, results.poll_reads, stamps=tuple(self.times[: len(results)])
        )

    def kept(self, steps: Generator[float, None, Results]) -> Generator[float, None, Results]:
        """Go on with a run to its end, and return its results with these times."""
        return self.on((yield from steps))


class _Going:
    """A run of the engine in C."""

    def __init__(self, run: Any, stamps: Stamps) -> None:
        self._run = run
        self._stamps = stamps

    def __getattr__(self, name: str) -> Any:
        return getattr(self._run, name)

    def step(self) -> None:
        self._stamps.begin()
        self._run.step()
        self._stamps.end(self._run.index)


class _Timed(list[Value]):
    """Values, each with the time at which it came."""

    def __init__(self, times: list[float], now: Callable[[], float]) -> None:
        super().__init__()
        self._times = times
        self._now = now

    def append(self, value: Value) -> None:
        super().append(value)
        self._times.append(self._now())
