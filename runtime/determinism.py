"""The same seed, the same schedule: the only module that touches names of trio which trio does not promise.

By default trio runs the tasks of one moment in one of two orders, by chance. With its deterministic flag it sorts them
by age and shuffles them with its own random generator: a seed fixes the schedule, and another seed tries another one.
Both names are private (asked for in trio#2022, closed into trio#32), so they are tried out before they are trusted.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Generator, MutableMapping
from contextlib import contextmanager
from functools import cache
from importlib import import_module
from random import Random
from typing import Any, TypeVar

import trio
import trio.abc

T = TypeVar("T")

_FLAG, _RANDOM = "_ALLOW_DETERMINISTIC_SCHEDULING", "_r"


class SchedulerChanged(RuntimeError):
    """This trio does not schedule by seed as it used to: runs would not repeat."""

    def __init__(self, found: str) -> None:
        super().__init__(f"trio {trio.__version__} {found}; runtime/determinism.py must learn how it schedules now")


Names = MutableMapping[str, Any]


def scheduler(module: str = "trio._core._run") -> Names:
    """Return the names of the module that schedules, seen to be those we know.

    Raises:
        SchedulerChanged: they are not.
    """
    try:
        names = vars(import_module(module))
    except ImportError as problem:
        raise SchedulerChanged(f"has no module {module}") from problem
    if not isinstance(names.get(_FLAG), bool) or not isinstance(names.get(_RANDOM), Random):
        raise SchedulerChanged(f"has no {_FLAG} and {_RANDOM} in {module}")
    return names


@contextmanager
def seeded(seed: int) -> Generator[None]:
    """Fix the schedule of the trio runs begun inside; afterwards trio is as it was."""
    names = scheduler()
    flag, state = names[_FLAG], names[_RANDOM].getstate()
    names[_FLAG] = True
    names[_RANDOM].seed(seed)
    try:
        yield
    finally:
        names[_FLAG] = flag
        names[_RANDOM].setstate(state)


def schedule(seed: int, tasks: int = 6) -> tuple[int, ...]:
    """Return the order in which equal tasks run under a seed, tried out now."""
    order: list[int] = []

    async def step(number: int) -> None:
        for _ in range(2):
            order.append(number)
            await trio.lowlevel.checkpoint()

    async def main() -> None:
        async with trio.open_nursery() as nursery:
            for number in range(tasks):
                nursery.start_soon(step, number)

    with seeded(seed):
        trio.run(main)
    return tuple(order)


@cache
def self_test(schedule: Callable[[int], tuple[int, ...]] = schedule) -> None:
    """Try out that a seed fixes the schedule and that seeds differ; once a process.

    Raises:
        SchedulerChanged: they do not.
    """
    first = schedule(1)
    if schedule(1) != first:
        raise SchedulerChanged("gives one seed two schedules")
    if schedule(2) == first:
        raise SchedulerChanged("gives two seeds one schedule")


def run(function: Callable[[], Awaitable[T]], *, seed: int, clock: trio.abc.Clock) -> T:
    """Run an async function under trio with a schedule that the seed fixes.

    Raises:
        SchedulerChanged: this trio cannot.
    """
    self_test()
    with seeded(seed):
        return trio.run(function, clock=clock)
