"""Batches one behind the other, as one that stops at the first operation that fails, wherever it stands.

A block that climbs in service has some 23 of them, each a look at its ground and then its own part; both are shared by
many others, and only together they are new. What is worked out about operations is therefore put together from what is
known of the parts, where somebody has said how: 60 us a batch of 80 operations, else.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import chain
from typing import Any, TypeAlias, TypeVar

from transports.batch import Batch, Operation, Prepared

T = TypeVar("T")

Made: TypeAlias = "Sequence[tuple[T, int]]"  # of each part, and the bytes by which that is moved

_JOINS: dict[Callable[[tuple[Operation, ...]], Any], Callable[[Made[Any]], Any]] = {}


def joins(make: Callable[[tuple[Operation, ...]], T], join: Callable[[Made[T]], T]) -> None:
    """Say how what `make` makes of a whole is put together from what it made of the parts."""
    _JOINS[make] = join


class Joined(Prepared):
    """What a joined batch holds; its operations are listed when somebody asks."""

    __slots__ = ("_parts",)

    def __init__(self, parts: Sequence[Batch]) -> None:
        self._parts = tuple([part if part.values is None else Batch(part.operations) for part in parts])
        self.shape = tuple(chain.from_iterable([part.prepared.shape for part in self._parts]))
        self._made = {}

    def __getattr__(self, name: str) -> tuple[Operation, ...]:
        if name != "operations":
            raise AttributeError(f"{type(self).__name__} has no {name}")
        self.operations = tuple([op for part in self._parts for op in part.operations])
        return self.operations

    def once(self, make: Callable[[tuple[Operation, ...]], T]) -> T:
        """Return what `make` makes of the operations, made once, where it can be of what it made of the parts."""
        join = _JOINS.get(make)
        if make not in self._made and join is not None:
            self._made[make] = join([(part.prepared.once(make), part.offset) for part in self._parts])
        return super().once(make)


def joined(*parts: Batch) -> Batch:
    """Return batches as one, in that order."""
    return Batch.of(Joined(parts), 0, None)
