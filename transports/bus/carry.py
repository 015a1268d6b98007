"""Carries several batches to a transport in as few round trips as it takes, each as if it had gone alone.

A transport that is `Gathering` does that itself. For another the batches become one; where one of them fails, the rest
goes in another round trip.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import chain
from typing import cast

from transports.base import Gathering, Transport
from transports.batch import Batch, Results
from transports.errors import (
    BusFault,
    ConditionError,
    Denied,
    DeviceLost,
    Indeterminate,
    TransportError,
    Unavailable,
)

Outcome = list[Results | None]

DEAR_S = 20e-6  # a round trip longer than this is shared: to hand a bus from task to task takes about as long
# A flight works as long as so many round trips take: 6 ms over a socket, and what is urgent waits no longer. With half
# of that 300 tasks do 8 % less, since each flight begins and ends with one of them alone; with more they do no more.
ROUND_TRIPS = 40
WORDS_MAX = 8192  # of a flight on a transport that does not say what an access takes


def words_together(transport: Transport) -> int:
    """Return how many words of several batches go in one flight; 0 where each batch flies alone."""
    there = transport.capabilities
    if not isinstance(transport, Gathering) and there.round_trip_s < DEAR_S:
        return 0
    worth = ROUND_TRIPS * there.round_trip_s / there.access_s if there.access_s else WORDS_MAX
    return int(min(worth, WORDS_MAX))


async def carry(transport: Transport, batches: Sequence[Batch], outcome: Outcome) -> int:
    """Run batches, one after the other, and put what each brought into `outcome`; return the number of round trips.

    A batch that fails stops no other, unless it says that the device is lost: then the later ones are lost with it.

    Args:
        batches: none of them waits at the device.
        outcome: a place for each. Cancelled, it has what was known until then.
    """
    if _gathers(type(transport)):
        came_all = await cast("Gathering", transport).execute_all(batches)
        if len(came_all) != len(batches):
            raise ValueError(f"{type(transport).__name__} brought {len(came_all)} results of {len(batches)} batches")
        outcome[:] = came_all
        return 1
    trips = 0
    left = list(range(len(batches)))
    while left:
        trips += 1
        if len(left) == 1:
            outcome[left[0]] = await transport.execute(batches[left[0]])
            break
        came = await transport.execute(Batch(chain.from_iterable(batches[number].operations for number in left)))
        left, alone = _share(came, batches, left, outcome)
        if alone:
            trips += await _one_by_one(transport, batches, left, outcome)
            break
    return trips


@lru_cache(64)
def _gathers(kind: type[Transport]) -> bool:
    """Say whether transports of a class are `Gathering`: to look takes as long as three batches."""
    return issubclass(kind, Gathering)


async def _one_by_one(transport: Transport, batches: Sequence[Batch], left: list[int], outcome: Outcome) -> int:
    for number in left:
        outcome[number] = await transport.execute(batches[number])
    return len(left)


def _share(came: Results, batches: Sequence[Batch], tried: list[int], outcome: Outcome) -> tuple[list[int], bool]:
    """Give each batch that was tried its part of what came; return those to try again, and whether each alone."""
    error, done = came.error, len(came.values)
    if error is None:
        _cut(came, batches, tried, outcome)
        return [], False
    place = error.index
    if place is not None and place > done:  # it was refused whole, because of one of the batches
        refused, before = _holder(batches, tried, place)
        left = _not_begun(came, batches, tried, outcome)
        outcome[refused] = Results(came.values[before:], error.at(index=place - before))
        return [number for number in left if number != refused], False
    if done == 0 and place is None and not isinstance(error, (BusFault, ConditionError)):
        return _without_a_place(error, tried, outcome)
    failed, before = _holder(batches, tried, done)
    at = tried.index(failed)
    _cut(came, batches, tried[:at], outcome)
    outcome[failed] = Results(came.values[before:], error if place is None else error.at(index=place - before))
    return _after(error, tried[at + 1 :], outcome), False


def _not_begun(came: Results, batches: Sequence[Batch], tried: list[int], outcome: Outcome) -> list[int]:
    """Give each batch that was begun what it has, and return the others: all, where a transport keeps its contract."""
    left: list[int] = []
    start, done = 0, len(came.values)
    for number in tried:
        end = start + len(batches[number])
        if start < done:
            stopped = Indeterminate("the transport stopped within this batch, and tells of a failure behind it")
            outcome[number] = Results(came.values[start:end], stopped if end > done else None)
        else:
            left.append(number)
        start = end
    return left


def _without_a_place(error: TransportError, tried: list[int], outcome: Outcome) -> tuple[list[int], bool]:
    """Share an error that says nothing of where: it is of all, or of nothing but their being together."""
    if isinstance(error, Denied) or (isinstance(error, Unavailable) and not error.over):
        return tried, True  # nothing happened, and alone each may be let pass
    for number in tried:
        outcome[number] = Results((), error)
    return [], False


def _after(error: TransportError, later: list[int], outcome: Outcome) -> list[int]:
    """Return what may still be tried after an error."""
    if not isinstance(error, DeviceLost):
        return later
    for number in later:
        outcome[number] = Results((), error)
    return []


def _cut(came: Results, batches: Sequence[Batch], tried: list[int], outcome: Outcome) -> None:
    """Give batches that completed their values."""
    start = 0
    for number in tried:
        end = start + len(batches[number])
        outcome[number] = Results(came.values[start:end])
        start = end


def _holder(batches: Sequence[Batch], tried: list[int], place: int) -> tuple[int, int]:
    """Return which batch holds an operation of all those tried, and how many operations are before that batch."""
    before = 0
    for number in tried[:-1]:
        if place < before + len(batches[number]):
            return number, before
        before += len(batches[number])
    return tried[-1], before
