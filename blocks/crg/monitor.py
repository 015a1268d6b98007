"""The monitor of the simulated clock and reset generator: counts a clock with the reference, and compares."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from blocks.model import Event
from registers.model import RegisterFile

POINTS: Final = ("", "noc", "sram", "core")  # crg.rdl point_e: behind the multiplexer, and behind each gate
WINDOW_CYCLES: Final = 16  # crg.rdl MONITOR.window: its unit


class Monitor:
    """Counts for one window when it is started, and again when what it counts has changed: a steady clock counts alike.

    `wait` does something after so many seconds, `missed` is told when the count is out of range.
    """

    def __init__(
        self,
        registers: RegisterFile,
        reference_hz: float,
        wait: Callable[[float, Callable[[], object]], Event],
        missed: Callable[[], object],
    ) -> None:
        cell = registers.field
        self.enabled, self.point, self.window = cell("CTRL.monitor"), cell("MONITOR.point"), cell("MONITOR.window")
        self.fewest, self.most = cell("COUNT_MIN.count"), cell("COUNT_MAX.count")
        self.count, self.valid, self.in_range = cell("COUNT.count"), cell("COUNT.valid"), cell("STATUS.in_range")
        self._reference_hz = reference_hz
        self._wait, self._missed = wait, missed
        self.cleared()

    def cleared(self) -> None:
        """Nothing is being counted."""
        self._hz: float | None = None
        self._counting: Event | None = None

    @property
    def runs(self) -> bool:
        """Whether it counts, or has counted and looks on."""
        return bool(self.enabled.value)

    @property
    def blind(self) -> bool:
        """Whether it would count for no time."""
        return not self.window.value

    @property
    def missed(self) -> bool:
        """Whether it has counted a clock that is out of range."""
        return bool(self.valid.value and not self.in_range.value)

    def follow(self, hz_of: Callable[[str], float]) -> None:
        """Begin to count when it was started or its clock is another; forget all when it was stopped."""
        hz = hz_of(POINTS[self.point.value]) if self.runs and not self.blind else None
        if hz == self._hz:
            return
        self._hz = hz
        if self._counting is not None:
            self._counting.cancel()
            self._counting = None
        self.valid.set(0)
        self.in_range.set(0)
        if hz is None:
            return
        window_s = self.window_s(self.window.value)
        self._counting = self._wait(window_s, lambda: self._counted(round(hz * window_s)))

    def window_s(self, window: int) -> float:
        """Return how long it counts."""
        return window * WINDOW_CYCLES / self._reference_hz

    def _counted(self, count: int) -> None:
        self._counting = None
        self.count.set(min(count, self.count.type.max))
        good = self.fewest.value <= self.count.value <= self.most.value
        self.valid.set(1)
        self.in_range.set(int(good))
        if not good:
            self._missed()
