"""Clocks on trio's public Clock interface: the machine's own, and one that jumps when nothing runs."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from contextlib import contextmanager

import trio
import trio.abc


class RealClock(trio.abc.Clock):
    """The machine's own steady time, from 0 at the start of the run."""

    __slots__ = ("_start",)

    def __init__(self) -> None:
        self._start = 0.0

    def start_clock(self) -> None:
        """Begin at 0."""
        self._start = time.monotonic()

    def current_time(self) -> float:
        """Return the seconds since the start of the run."""
        return time.monotonic() - self._start

    def deadline_to_sleep_time(self, deadline: float) -> float:
        """Return the real seconds until a deadline."""
        return deadline - self.current_time()

    @contextmanager
    def hold(self) -> Generator[None]:
        """Do nothing: real time does not jump."""
        yield


class StepClock(RealClock, trio.abc.Instrument):
    """The machine's own time, which stands still while a task runs from one wait to the next.

    All that is decided between two waits is decided by one time. A recorded run has that time in its file, and a replay
    decides the same even where a deadline was met or missed by a microsecond. It must be added to the run as an
    instrument.
    """

    __slots__ = ("_now",)

    def __init__(self) -> None:
        super().__init__()
        self._now = 0.0

    def current_time(self) -> float:
        """Return the seconds from the start of the run to the last time that a task began to run."""
        return self._now

    def deadline_to_sleep_time(self, deadline: float) -> float:
        """Return the real seconds until a deadline."""
        self._look()
        return deadline - self._now

    def after_io_wait(self, timeout: float) -> None:
        """Let time go on: trio asks next whose deadline is over."""
        self._look()

    def before_task_step(self, task: trio.lowlevel.Task) -> None:
        """Let time go on, to where it stands until the task waits."""
        self._look()

    def _look(self) -> None:
        self._now = super().current_time()


class VirtualClock(trio.abc.Clock):
    """Time that stands still while anything runs and jumps to the next deadline when nothing does.

    trio asks how long to sleep only when no task is runnable, and that is the moment of the jump. While something is
    out at a real peer (`hold`) time passes as it does for the peer and never jumps, or the answer would always be late.
    So a run without holds depends on nothing but its own code. trio's `wait_all_tasks_blocked` is of no use under this
    clock: it waits for a moment without a next deadline.

    Attributes:
        still: while this says so, time stands still and only what comes from outside goes on.
    """

    __slots__ = ("_held_since", "_holds", "_now", "still")

    def __init__(self) -> None:
        self.still: Callable[[], bool] = bool
        self._now = 0.0
        self._holds = 0
        self._held_since = 0.0

    def start_clock(self) -> None:
        """Begin at 0."""
        self._now = 0.0

    def current_time(self) -> float:
        """Return the virtual seconds since the start of the run."""
        return self._now + (time.monotonic() - self._held_since) if self._holds else self._now

    def deadline_to_sleep_time(self, deadline: float) -> float:
        """Jump to the deadline, and say that there is nothing to sleep; while held, return the real seconds to it."""
        if self.still() and not self._holds:
            return float("inf")
        if self._holds or deadline == float("inf"):
            return deadline - self.current_time()
        self._now = max(self._now, deadline)
        return 0.0

    @contextmanager
    def hold(self) -> Generator[None]:
        """Let virtual time pass as real time does, without jumps, until the end of the block; holds may overlap."""
        if not self._holds:
            self._held_since = time.monotonic()
        self._holds += 1
        try:
            yield
        finally:
            self._holds -= 1
            if not self._holds:
                self._now += time.monotonic() - self._held_since
