"""A program for libraries that know one call for each operation: a list of calls, made in a loop."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from bench.measure import Timed, in_loop
from bench.peers.device import Step

Call: TypeAlias = Callable[[], Any]
Write: TypeAlias = Callable[[int], Any]


def calls(
    steps: Sequence[Step],
    *,
    read: Sequence[Call],
    write: Sequence[Write],
    modify: Sequence[Write],
    low: Sequence[Call],
    high: Sequence[Call],
) -> Timed:
    """Return the steps as calls of one library's functions.

    Args:
        read, write: of each register as a whole.
        modify: of its field `mid`.
        low, high: reads of these fields.
    """
    kinds = {step.kind for step in steps}
    if kinds == {"read"}:
        readers = [read[step.register] for step in steps]
        return in_loop(lambda: [one() for one in readers])
    writers: Mapping[str, Sequence[Write]] = {"write": write, "modify": modify}
    if len(kinds) == 1 and kinds <= set(writers):
        pairs = [(writers[step.kind][step.register], step.value) for step in steps]
        return in_loop(lambda: _written(pairs))
    each: Mapping[str, Sequence[Any]] = {**writers, "read": read, "check": low, "poll": high}
    mixed = [(step.kind, each[step.kind][step.register], step.value) for step in steps]
    return in_loop(lambda: _mixed(mixed))


def _written(pairs: Sequence[tuple[Write, int]]) -> list[int]:
    for one, value in pairs:
        one(value)
    return []


def _mixed(steps: Sequence[tuple[str, Any, int]]) -> list[int]:
    found: list[int] = []
    for kind, one, value in steps:
        if kind == "read":
            found.append(one())
        elif kind == "write" or kind == "modify":
            one(value)
        elif kind == "check":
            if one() != value:
                raise ValueError("a field is not as wanted")
        else:
            while one() != value:
                pass
    return found
