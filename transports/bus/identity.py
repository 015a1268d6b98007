"""All ones: what a device reads, and what a bus answers with when there is no device any more.

Only another register tells the two apart: one that is known to hold something else, the chip's identity. Where nobody
can read that one, nobody knows.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from operator import eq

from transports.base import Transport
from transports.batch import (
    Batch,
    Check,
    Delay,
    Fence,
    Modify,
    Operation,
    Poll,
    Read,
    ReadBurst,
    Results,
    Write,
    WriteBurst,
    ones,
)
from transports.bus.carry import Outcome
from transports.errors import ConditionError, DeviceLost, Indeterminate, TransportError
from transports.joined import Made, joins

_ONES = frozenset(ones(width) for width in (1, 2, 4, 8))


def first_ones(batch: Batch, results: Results) -> int | None:
    """Return the first operation that read all ones (a burst: as its last word); None when none did."""
    failed = results.error.last if isinstance(results.error, ConditionError) else None
    values = results.values
    if failed not in _ONES and _ONES.isdisjoint(values) and tuple not in map(type, values):
        return None
    if (
        failed not in _ONES
        and tuple not in map(type, values)
        and True not in map(eq, values, batch.prepared.once(_all))
    ):
        return None
    for index, (op, value) in enumerate(zip(batch.operations, (*values, failed), strict=False)):
        match op:
            case Read() | Modify() | Check() | Poll():
                word = value
            case ReadBurst():
                word = value[-1] if isinstance(value, tuple) and value else None
            case _:
                continue
        if word == ones(op.width):
            return index
    return None


def _all(operations: tuple[Operation, ...]) -> tuple[int | None, ...]:
    """Return all ones as wide as each operation reads."""
    return tuple([None if isinstance(op, (Write, WriteBurst, Delay, Fence)) else ones(op.width) for op in operations])


def _all_of(parts: Made[tuple[int | None, ...]]) -> tuple[int | None, ...]:
    return tuple(chain.from_iterable([part for part, _ in parts]))


joins(_all, _all_of)


def doubtful(batch: Batch, results: Results | None) -> bool:
    """Say whether all ones were read."""
    return results is not None and first_ones(batch, results) is not None


async def ask_identity(transport: Transport, identity: Read) -> TransportError | None:
    """Return what words of all ones are, by the identity register: its word, None; else the loss, or not known."""
    came = await transport.execute(Batch((identity,)))
    said = f"all ones were read, and the identity register at {identity.address:#x}"
    if came.error is None:
        word = came.word(0)
        return (
            DeviceLost(f"{said} reads {word:#x} as well: the device is gone") if word == ones(identity.width) else None
        )
    if isinstance(came.error, DeviceLost):
        return DeviceLost(f"{said} cannot be read ({came.error.reason}): the device is gone")
    return Indeterminate(f"{said} could not be read: {came.error}")


def believed(batches: Sequence[Batch], came: Outcome, doubt: TransportError) -> Outcome:
    """Return what batches of one flight brought, each up to the first word of all ones; behind a loss, nothing."""
    outcome: Outcome = []
    lost = False
    for batch, results in zip(batches, came, strict=True):
        assert results is not None, "a batch came back without results"
        index = first_ones(batch, results)
        if lost:
            outcome.append(Results((), doubt))
        elif index is None:
            outcome.append(results)
        else:
            error = doubt.at(address=getattr(batch.operations[index], "address", None), index=index)
            outcome.append(Results(results.values[:index], error, results.poll_reads))
            lost = isinstance(doubt, DeviceLost)
    return outcome
