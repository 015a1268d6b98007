"""All ones: what a device reads, and what a bus answers with when there is no device any more.

Only another register tells the two apart: one that is known to hold something else, the chip's identity.
"""

from __future__ import annotations

from transports.base import Transport
from transports.batch import Batch, Check, Modify, Poll, Read, ReadBurst, Results, ones
from transports.errors import ConditionError, DeviceLost

_ONES = frozenset(ones(width) for width in (1, 2, 4, 8))


def first_ones(batch: Batch, results: Results) -> int | None:
    """Return the first operation that read all ones (a burst: as its last word); None when none did."""
    failed = results.error.last if isinstance(results.error, ConditionError) else None
    values = results.values
    if failed not in _ONES and _ONES.isdisjoint(values) and tuple not in map(type, values):
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


def doubtful(batch: Batch, results: Results | None) -> bool:
    """Say whether all ones were read."""
    return results is not None and first_ones(batch, results) is not None


def believed(batch: Batch, results: Results, identity: Read, what: str) -> Results:
    """Return the results as they are, up to the first that read all ones from a device that was not there.

    Args:
        what: the identity register read.
    """
    index = first_ones(batch, results)
    if index is None:
        return results
    op = batch.operations[index]
    address = getattr(op, "address", None)
    reason = f"all ones were read, and the identity register at {identity.address:#x} {what}: the device is gone"
    return Results(results.values[:index], DeviceLost(reason, address=address, index=index), results.poll_reads)


async def absent(transport: Transport, identity: Read) -> str:
    """Return what the identity register says, when that is that no device is there; an empty text when one is."""
    came = await transport.execute(Batch((identity,)))
    if isinstance(came.error, DeviceLost):
        return f"cannot be read ({came.error.reason})"
    if came.error is None and came.word(0) == ones(identity.width):
        return f"reads {came.word(0):#x} as well"
    return ""
