"""A simulated chip whose own work is accounted apart, and a clock that stands still during it.

What a simulated chip takes, its models and the engine that walks batches over them in Python, a chip of silicon takes
none of: there it is hardware, and the engine in C, which `bench_batch` measures. So both are taken out of the runtime's
CPU time and, by `SiliconClock`, out of the time on the wall.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Generator, Sequence
from typing import Any, Generic, TypeVar

from blocks.sim import SimTransport
from blocks.sim.chip import SimChip
from runtime.clock import RealClock
from transports.base import Judgement
from transports.batch import Batch, Results

T = TypeVar("T")

PAIRS = 2000  # of looks at the clock, to find what one costs


class SiliconClock(RealClock):
    """The machine's own time, without that in which the simulated chip worked."""

    __slots__ = ("_away_s", "_since_s")

    def __init__(self) -> None:
        super().__init__()
        self._away_s = 0.0
        self._since_s: float | None = None

    def current_time(self) -> float:
        """Return the seconds since the start of the run that the chip did not take."""
        now = super().current_time() if self._since_s is None else self._since_s
        return now - self._away_s

    def stop(self) -> None:
        """Stand still."""
        self._since_s = super().current_time()

    def go(self) -> None:
        """Go on from where it stood."""
        assert self._since_s is not None, "the clock goes already"
        self._away_s += super().current_time() - self._since_s
        self._since_s = None


class Account:
    """What a simulated chip took of the CPU.

    Attributes:
        spent_ns: CPU time of its thread.
        steps: how often it was called or went on after a wait.
    """

    def __init__(self, clock: SiliconClock | None = None) -> None:
        self.spent_ns = 0
        self.steps = 0
        self._clock = clock
        self._since_ns: int | None = None

    def begin(self) -> None:
        """The chip works."""
        if self._clock is not None:
            self._clock.stop()
        self._since_ns = time.thread_time_ns()

    def end(self) -> None:
        """It is the runtime's turn."""
        assert self._since_ns is not None, "the chip did not work"
        self.spent_ns += time.thread_time_ns() - self._since_ns
        self._since_ns = None
        self.steps += 1
        if self._clock is not None:
            self._clock.go()

    def others_ns(self, thread_ns: int) -> int:
        """Return what is not the chip's of the CPU time of its thread, also while the chip works."""
        since = self._since_ns
        return (thread_ns if since is None else since) - self.spent_ns


def cost_ns() -> float:
    """Return what it costs beyond what is accounted to account one step: it is not the runtime's."""
    account = Account()
    began = time.thread_time_ns()
    for _ in range(PAIRS):
        account.begin()
        account.end()
    return (time.thread_time_ns() - began - account.spent_ns) / PAIRS


class Apart(Generic[T]):
    """Something to be awaited whose every step is accounted, and not the waits between them."""

    def __init__(self, doing: Awaitable[T], account: Account) -> None:
        self._steps = doing.__await__()
        self._account = account

    def __await__(self) -> Generator[Any, Any, T]:
        """Do it."""
        sent: Any = None
        while True:
            self._account.begin()
            try:
                asked = self._steps.send(sent)
            except StopIteration as done:
                value: T = done.value
                return value
            finally:
                self._account.end()
            sent = yield asked


class Timed(SimTransport):
    """A simulated chip whose work is accounted, flight by flight."""

    def __init__(self, chip: SimChip, account: Account) -> None:
        super().__init__(chip)
        self._account = account

    async def judge(self) -> Judgement:
        """Say what the models know, and account it."""
        return await Apart(super().judge(), self._account)

    async def execute(self, batch: Batch) -> Results:
        """Run a batch, and account it."""
        return await Apart(super().execute(batch), self._account)

    async def execute_all(self, batches: Sequence[Batch]) -> list[Results]:
        """Run batches, and account them."""
        return await Apart(super().execute_all(batches), self._account)
