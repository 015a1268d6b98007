"""Whose the CPU time of a loop is: each task's by its name, and the loop's own between two steps of tasks."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable

import trio

from bench.silicon import Account

BETWEEN = "trio, between steps"


class Parts(trio.abc.Instrument):
    """Adds up what the steps of tasks take, without what a simulated chip takes in them.

    To read the clock before and after each step takes some 2 us, which these figures hold.

    Args:
        account: the chip's.
        kind: of a task, by its name.
    """

    def __init__(self, account: Account, kind: Callable[[str], str]) -> None:
        self._spent_ns: Counter[str] = Counter()
        self._account, self._kind = account, kind
        self._now_ns = self._ours_ns()

    def before_task_step(self, task: trio.lowlevel.Task) -> None:
        """A task begins a step."""
        self._add(BETWEEN)

    def after_task_step(self, task: trio.lowlevel.Task) -> None:
        """It ended it."""
        self._add(self._kind(task.name))

    def of_s(self, kind: str) -> float:
        """Return the seconds of one kind, or BETWEEN."""
        return self._spent_ns[kind] / 1e9

    def _ours_ns(self) -> int:
        return self._account.others_ns(time.thread_time_ns())

    def _add(self, kind: str) -> None:
        before, self._now_ns = self._now_ns, self._ours_ns()
        self._spent_ns[kind] += self._now_ns - before
