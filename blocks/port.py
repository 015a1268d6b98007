"""A block's way to its registers: typed operations in, typed values out, one batch on the bus each time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol, TypeVar

import anyio

from registers.access import RegisterOp
from transports.batch import Batch, Operation, Results
from transports.errors import TransportError

V = TypeVar("V")


class Submit(Protocol):
    """What a port needs of the bus."""

    async def submit(self, batch: Batch, *, owner: str = "") -> Results:
        """Run a batch in its turn."""
        ...


class Port:
    """The registers of one block, as seen by its own code. Holds no value."""

    def __init__(self, bus: Submit, owner: str) -> None:
        self.bus = bus
        self.owner = owner

    async def run(self, op: RegisterOp[V]) -> V:
        """Run one register operation and return its typed value.

        Raises:
            TransportError: with block and register named; the operations before the failing one have happened.
        """
        return op.decode((await self.submit(op)).values)

    async def submit(self, *items: RegisterOp[Any] | Operation) -> Results:
        """Run several operations in one batch, every one of which must complete.

        Raises:
            TransportError: as `run`.
        """
        operations, names = flatten(items)
        results = await self.bus.submit(Batch(operations), owner=self.owner)
        if results.error is not None:
            raise named(results.error, self.owner, names, len(results.values))
        return results

    async def sleep(self, seconds: float) -> None:
        """Let time pass on this runtime's clock."""
        await anyio.sleep(seconds)


def flatten(items: tuple[RegisterOp[Any] | Operation, ...]) -> tuple[tuple[Operation, ...], Mapping[int, str]]:
    """Return the bus operations of `items` in order, and the register path of each that has one."""
    operations: list[Operation] = []
    names: dict[int, str] = {}
    for item in items:
        if isinstance(item, RegisterOp):
            names.update({len(operations) + i: item.path for i in range(len(item.operations))})
            operations.extend(item.operations)
        else:
            operations.append(item)
    return tuple(operations), names


def named(error: TransportError, owner: str, names: Mapping[int, str], index: int) -> TransportError:
    """Return the error with the block and, where known, the register it struck."""
    register = names.get(index)
    return error.at(where=f"{owner}.{register}" if register else owner, index=index)


