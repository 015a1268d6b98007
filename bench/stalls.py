"""How long an event loop serves nobody: a task that ticks, and a thread that looks how late it is and at what.

Counted is the CPU time of the loop's thread, without the simulated chip's, from one tick to the next: a machine that is
busy with something else does not stall the loop, and a thread that holds the interpreter (a collection, one long call)
is seen when it lets go.
"""

from __future__ import annotations

import gc
import sys
import threading
import time
from collections.abc import Mapping
from contextlib import AbstractContextManager
from types import FrameType, TracebackType
from typing import Any

from attrs import define, field, frozen

from bench.silicon import Account
from runtime import timer

TICK_S = 0.5e-3
LOOK_S = 1e-3  # a thread that looked more often would take the interpreter from the loop
LONG_S = 5e-3  # what the loop's thread is at after so long is worth a name


@frozen
class Stall:
    """The longest time that the loop served nobody. Seconds.

    Attributes:
        cpu_s: CPU time from one tick to the next: the time that a quiet machine would take.
        collected_s: the longest collection of garbage.
        at: what the loop's thread was at, when the thread that looks could see it.
    """

    cpu_s: float = 0.0
    collected_s: float = 0.0
    at: str = ""


@define(eq=False)
class Watchdog(AbstractContextManager["Watchdog"]):
    """Watches the loop of the thread that enters it. `tick` must run in that loop meanwhile."""

    account: Account
    _longest_ns: int = 0
    _collected_ns: int = 0
    _at: tuple[int, str] = (0, "")
    _beat_ns: int = 0
    _began_ns: int = 0
    _over: threading.Event = field(factory=threading.Event)
    _thread: threading.Thread | None = None
    _clock: int = 0
    _watched: int = 0

    def __enter__(self) -> Watchdog:
        self._watched = threading.get_ident()
        self._clock = time.pthread_getcpuclockid(self._watched)
        self._beat_ns = self._ours_ns()
        gc.callbacks.append(self._collects)
        self._thread = threading.Thread(target=self._look, name="watchdog", daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        if self._thread is not None:
            self._thread.join()
        gc.callbacks.remove(self._collects)

    async def tick(self) -> None:
        """Tick, until cancelled."""
        while True:
            self._beat()
            await timer.sleep(TICK_S)

    def take(self) -> Stall:
        """Return the longest stall since the last call, and begin anew."""
        self._beat()
        found = Stall(self._longest_ns / 1e9, self._collected_ns / 1e9, self._at[1])
        self._longest_ns, self._collected_ns, self._at = 0, 0, (0, "")
        return found

    def _ours_ns(self) -> int:
        """Return the CPU time of the watched thread, without the chip's; from any thread."""
        return self.account.others_ns(time.clock_gettime_ns(self._clock))

    def _beat(self) -> None:
        now = self._ours_ns()
        self._longest_ns = max(self._longest_ns, now - self._beat_ns)
        self._beat_ns = now

    def _look(self) -> None:
        while not self._over.wait(LOOK_S):
            late = self._ours_ns() - self._beat_ns
            if late > max(LONG_S * 1e9, self._at[0]):
                self._at = (late, _said(vars(sys)["_current_frames"]().get(self._watched)))

    def _collects(self, phase: str, _info: Mapping[str, Any]) -> None:
        now = time.thread_time_ns()
        if phase == "start":
            self._began_ns = now
        else:
            self._collected_ns = max(self._collected_ns, now - self._began_ns)


def _said(frame: FrameType | None) -> str:
    """Return who called whom, innermost first, as far as it is told quickly."""
    names: list[str] = []
    while frame is not None and len(names) < 6:
        names.append(frame.f_code.co_qualname)
        frame = frame.f_back
    return " < ".join(names)
