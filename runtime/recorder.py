"""The flight recorder: what each block last did on the bus, and a hash of all that was ever done.

Evidence for people; nothing reads it back to decide anything. Records are kept as they come and put into words only
when someone asks.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from hashlib import blake2b
from itertools import chain, repeat
from typing import Any, TypeAlias

import msgpack
from attrs import define, evolve, field, frozen

from runtime.fault import Access
from runtime.places import Places
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
    Value,
    Write,
    WriteBurst,
)
from transports.bus import Bus, Record
from transports.errors import ConditionError
from transports.joined import Made, joins
from transports.stamps import StampedResults

BATCHES_MAX = 32  # of each block; earlier ones are counted and forgotten, so a fault tells the last few rungs, not all
ACCESSES_MAX = 32  # in the evidence of a fault; more would hide what matters. Of a longer batch only the end is kept

_PACKED: dict[type[Any], Callable[[Any], tuple[Any, ...]]] = {
    Read: lambda op: (0, op.address, op.width),
    Write: lambda op: (1, op.address, op.width, op.value, op.strobes),
    Modify: lambda op: (2, op.address, op.width, op.mask, op.value),
    Check: lambda op: (3, op.address, op.width, op.mask, op.value),
    Poll: lambda op: (4, op.address, op.width, op.mask, op.value, op.timeout_s),
    ReadBurst: lambda op: (5, op.address, op.width, op.count, op.step),
    WriteBurst: lambda op: (6, op.address, op.width, op.values, op.step),
    Delay: lambda op: (7, op.seconds),
    Fence: lambda _op: (8,),
}


@frozen
class _Told:
    """What is worked out once about operations that are run often.

    Attributes:
        digest: a hash of them.
        count: how many they are.
        large: they may hold many words, so only the end is kept.
    """

    digest: bytes
    count: int
    large: bool


def _told(operations: tuple[Operation, ...]) -> _Told:
    packed: bytes = msgpack.packb([_PACKED[op.__class__](op) for op in operations])
    count = len(operations)
    large = count > LONG or any(isinstance(op, (ReadBurst, WriteBurst)) for op in operations)
    return _Told(blake2b(packed, digest_size=16).digest(), count, large)


def _told_together(parts: Made[_Told]) -> _Told:
    packed: bytes = msgpack.packb([(told.digest, offset) for told, offset in parts])
    count = sum(told.count for told, _ in parts)
    large = count > LONG or any(told.large for told, _ in parts)
    return _Told(blake2b(packed, digest_size=16).digest(), count, large)


joins(_told, _told_together)

FRESH_MAX = 128  # batches that are kept as they came: a millisecond's work, and little memory
LONG = 512  # operations; of a longer batch only the end is kept

# A batch as it came; of one that moved much, which would fill the memory, only the words.
_Kept: TypeAlias = "tuple[Places, Record] | list[Access]"


@define
class _Past:
    """What one block did: its last batches, and how many operations there were in all."""

    kept: deque[_Kept] = field(factory=lambda: deque[_Kept](maxlen=BATCHES_MAX))
    operations: int = 0


class Recorder:
    """Remembers the last batches of each block, on whichever of the watched buses they went."""

    def __init__(self) -> None:
        self._pasts: dict[str, _Past] = {}
        self._hash = blake2b(digest_size=16)
        self._pack: Callable[[Any], bytes] = msgpack.Packer().pack
        self._buses = 0
        self._fresh: list[tuple[int, Places, _Told, Record]] = []  # as they came; they are worked on many at a time

    def watch(self, bus: Bus, places: Places) -> None:
        """Record what goes over a bus from now on; `places` names its addresses."""
        number = self._buses
        self._buses += 1

        def note(record: Record) -> None:
            told = record.batch.prepared.once(_told)
            self._fresh.append((number, places, told, record))
            if told.large or len(self._fresh) >= FRESH_MAX:
                self._settle()

        bus.observe(note)

    def _settle(self) -> None:
        """Hash what came since the last time, and put it to its block's past."""
        fresh, self._fresh = self._fresh, []
        pack, update, pasts = self._pack, self._hash.update, self._pasts
        for bus, places, told, record in fresh:
            batch, results, owner = record.batch, record.results, record.owner
            error = results.error
            written = None if batch.values is None else batch.values.tobytes()
            came = (record.start_s, record.end_s, results.values, None if error is None else error.__class__.__name__)
            update(pack((bus, owner, told.digest, batch.offset, written, came)))
            past = pasts.get(owner)
            if past is None:
                past = pasts[owner] = _Past()
            past.operations += min(told.count, len(results) + (error is not None))
            past.kept.append(_end(places, record) if told.large else (places, record))

    @property
    def trace_hash(self) -> str:
        """The hash of every batch so far: bus, time, owner, operations and results, in the order of the bus."""
        self._settle()
        return self._hash.hexdigest()

    def last(self, owner: str, most: int = ACCESSES_MAX) -> tuple[Access, ...]:
        """Return the last accesses of a block, so many at most, oldest first."""
        return self.recent(owner, most)()

    def recent(self, owner: str, most: int = ACCESSES_MAX) -> Callable[[], tuple[Access, ...]]:
        """Return what tells the last accesses that a block has made until now, whenever it is called."""
        self._settle()
        past = self._pasts.get(owner)
        kept = [] if past is None else list(past.kept)

        def told() -> tuple[Access, ...]:
            found: list[Access] = []
            for item in reversed(kept):
                left = most - len(found)
                if not left:
                    break
                found[:0] = (item if isinstance(item, list) else _end(*item, left))[-left:]
            return tuple(found)

        return told

    def forgotten(self, owner: str) -> int:
        """Return how many accesses a block made before those that `last` tells of."""
        self._settle()
        past = self._pasts.get(owner)
        return 0 if past is None else past.operations - len(self.last(owner))


def _end(places: Places, record: Record, most: int = ACCESSES_MAX) -> list[Access]:
    """Return the last accesses alone that a batch made."""
    operations, results = record.batch.operations, record.results
    made = len(results) + (results.error is not None)
    first = max(0, min(len(operations), made) - most)
    values = StampedResults(results.values[first:], results.error, stamps=results.stamps[first:])
    return accesses_of(places, evolve(record, batch=Batch(operations[first:made]), results=values))


def accesses_of(places: Places, record: Record) -> list[Access]:
    """Return the accesses that a batch made, in words; each at its time, where the results tell it."""
    results = record.results
    times = chain(results.stamps, repeat(record.end_s))
    found = [
        _access(places, time_s, op, value)
        for op, value, time_s in zip(record.batch.operations, results.values, times, strict=False)
    ]
    if results.error is not None and len(results.values) < len(record.batch):
        last = results.error.last if isinstance(results.error, ConditionError) else None
        op = record.batch.operations[len(results.values)]
        found.append(_access(places, record.end_s, op, last, type(results.error).__name__))
    return found


def _access(places: Places, time_s: float, op: Operation, value: Value, error: str = "") -> Access:
    verb = type(op).__name__.lower().removesuffix("burst")
    if isinstance(op, (Delay, Fence)):
        return Access(time_s=time_s, verb=verb, place="", error=error)
    words = value if isinstance(value, tuple) else (value,)
    wanted, mask, count = None, None, 1
    if isinstance(op, (Check, Poll)):
        wanted, mask = op.value, op.mask
    elif isinstance(op, Modify):
        words, mask = (op.value,), op.mask
    elif isinstance(op, Write):
        words = (op.value,)
    elif isinstance(op, WriteBurst):
        words, count = op.values, len(op.values)
    elif isinstance(op, ReadBurst):
        count = op.count
    return Access(
        time_s=time_s,
        verb=verb,
        place=places.name(op.address),
        value=words[0] if words else None,
        wanted=wanted,
        mask=mask,
        count=count,
        error=error,
    )
