"""One source as dispatch keeps it: rung from one side, waited on from the other, shut when it asks too often."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import trio

from interrupts.tally import LineCounts

STORM_MAX = 16  # claims of one source in STORM_S; one more, and it is shut
STORM_S = 1e-3
SHUT_S = 0.01  # how long at first; each storm that follows soon doubles it: 16 claims cost 1.6 % of a core at the most

TopHalf: TypeAlias = Callable[["DispatchLine"], bool]


class DispatchLine:
    """One source of a controller, or of the target, as dispatch keeps it; for its block a `blocks.line.Line`.

    Attributes:
        controller: that collects it; None: the target's own line.
        top: called at each hint, before the wake; True: the block need not look. What it raises is counted, and the
            block looks. It is not called by a sweep, so that a block with a top half looks from time to time, too.
        counts: what was seen so far; `top_error` what the top half raised last.
        pending: there may be something to see, and the block has not been told.
        held: claimed, and not yet completed.
        heard: the block was told, or looked by itself, since the last sweep.
    """

    __slots__ = (
        "_claims", "_hint_s", "_looks", "_now_s", "_open_s", "_served", "_shut_s", "_since_s", "_task", "_told_s",
        "controller", "counts", "heard", "held", "pending", "source", "top", "top_error",
    )  # fmt: skip

    def __init__(self, controller: str | None, source: int, served: Callable[[DispatchLine], None]) -> None:
        self.controller = controller
        self.source = source
        self.top: TopHalf | None = None
        self.top_error: Exception | None = None
        self.counts = LineCounts()
        self.pending = self.held = self.heard = False
        self._served = served
        self._task: trio.lowlevel.Task | None = None  # who waits; rescheduled here alone, and once: twice breaks trio
        self._claims, self._since_s = 0, -STORM_S
        self._shut_s, self._open_s = 0.0, 0.0
        self._hint_s: float | None = None  # when the oldest hint came that the block has not been told of
        self._now_s: Callable[[], float] | None = (
            None  # the clock of trio, found at the first wait: a third of its cost
        )
        self._told_s: float | None = None  # and when that came which it looks at now; None: it was rung without one
        self._looks = False

    def hint(self, at_s: float) -> None:
        """Take a hint that came at that time: the top half has it first, and may spare the block the look."""
        self.counts.hints += 1
        if self.top is None or not self._topped(self.top):
            self.ring(at_s)
        else:
            self.heard = True
            if self.held and not self.pending:
                self._served(self)

    def ring(self, at_s: float | None = None) -> None:
        """Note that there may be something to see, and wake who waits; None: no hint told of it, so no time is kept."""
        self.heard = True
        if not self.pending or self._hint_s is None:
            self.pending, self._hint_s = True, at_s
        if self._task is not None:
            task, self._task = self._task, None
            trio.lowlevel.reschedule(task)

    def _topped(self, top: TopHalf) -> bool:
        """Run the top half; whatever it raises is contained, since dispatch serves all other lines too."""
        try:
            done = top(self)
        except Exception as error:
            self.top_error = error
            self.counts.top_errors += 1
            return False
        self.counts.topped += done
        return done

    def storms(self, now_s: float) -> bool:
        """Count one more claim, and say whether that is too many for the time in which they came."""
        if now_s - self._since_s >= STORM_S:
            self._claims, self._since_s = 0, now_s
        self._claims += 1
        return self._claims > STORM_MAX

    @property
    def storming(self) -> bool:
        """Say whether it was shut more than once for what is one storm."""
        return self._shut_s > SHUT_S

    def shut(self, now_s: float, longest_s: float) -> float:
        """Count a storm and return until when the source stays shut: twice as long as before where that was just now.

        A source that was open for as long as it had been shut, and then longer again, begins anew.
        """
        self.counts.storms += 1
        again = self._shut_s > 0 and now_s - self._open_s <= 2 * self._shut_s
        self._shut_s = min(2 * self._shut_s if again else SHUT_S, longest_s)
        self._open_s = now_s + self._shut_s
        self._claims, self._since_s = 0, self._open_s
        return self._open_s

    def _gives_up(self, _raise_cancel: object) -> trio.lowlevel.Abort:
        self._task = None
        return trio.lowlevel.Abort.SUCCEEDED

    async def wait(self) -> None:
        """Wait until there may be something to see; a hint that came before the call counts.

        The call says, too, that what the last hint was about has been looked at. Cancelled, it forgets no hint.

        Raises:
            BusyResourceError: another task waits already; a line has one block.
        """
        if self._task is not None:
            raise trio.BusyResourceError(f"source {self.source} of {self.controller or 'the target'} is waited for")
        if self._now_s is None:
            self._now_s = trio.lowlevel.current_clock().current_time
        self.heard = True
        if self._looks:
            self._looks = False
            self.counts.looks += 1
            if self._told_s is not None:
                self.counts.looked.add(self._now_s() - self._told_s)
        if self.held and not self.pending:
            self._served(self)
        if self.pending:
            await trio.lowlevel.checkpoint()
        while not self.pending:  # a third cheaper than an event for each wait
            self._task = trio.lowlevel.current_task()
            await trio.lowlevel.wait_task_rescheduled(self._gives_up)
        self.pending, self._looks = False, True
        self._told_s = self._hint_s
        if self._told_s is not None:
            self.counts.woken.add(self._now_s() - self._told_s)
