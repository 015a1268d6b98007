"""Whose the CPU time of a loop is: each task's by its name, and the loop's own between two steps of tasks."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable

import trio

from bench.silicon import Account


class Parts(trio.abc.Instrument):
    """Adds up what each step of a task takes, without what a simulated chip takes in it; in a run of its own.

    Reading the clock at each step takes time itself, some 1 us of those that it tells.

    Args:
        account: the chip's.
        kind: of a task, by its name.

    Attributes:
        spent_ns: CPU time by kind; `steps`, how many.
        between_ns: from the end of a step to the begin of the next: trio's loop.
    """

    def __init__(self, account: Account, kind: Callable[[str], str]) -> None:
        self.spent_ns: Counter[str] = Counter()
        self.steps: Counter[str] = Counter()
        self.between_ns = 0
        self._account, self._kind = account, kind
        self._now_ns = self._ours()

    def _ours(self) -> int:
        return self._account.others_ns(time.thread_time_ns())

    def before_task_step(self, task: trio.lowlevel.Task) -> None:
        """A task begins a step."""
        before, self._now_ns = self._now_ns, self._ours()
        self.between_ns += self._now_ns - before

    def after_task_step(self, task: trio.lowlevel.Task) -> None:
        """It ended it."""
        before, self._now_ns = self._now_ns, self._ours()
        kind = self._kind(task.name)
        self.spent_ns[kind] += self._now_ns - before
        self.steps[kind] += 1
