"""A batch as bytes: what the engine in C runs, and what a batch is when it is stored or sent.

A program is a header, then one record for each operation, then the data words of the write bursts. All of it is
little-endian and nothing is padded.

    byte  type  header
    0     4 s   "FLP1"
    4     u32   number of records
    8     u32   number of data words

    byte  type  record (40 bytes; what a kind does not use is 0, the count 1)
    0     u8    kind: 1 READ  2 WRITE  3 MODIFY  4 CHECK  5 POLL  6 DELAY  7 FENCE  8 READ_BURST  9 WRITE_BURST
    1     u8    width of an access: 1, 2, 4 or 8 bytes; 0 of DELAY and FENCE
    2     u8    strobes of WRITE: bit k enables byte k; 0: no strobes given, all bytes
    3     u8    0
    4     u32   count: words of a burst; else 1
    8     u64   address, a multiple of the width; address + extent stays below 2**64
    16    u64   mask of MODIFY, CHECK, POLL; stride of the bursts in bytes, a multiple of the width or 0
    24    u64   value of WRITE, MODIFY, CHECK, POLL (within the mask); of WRITE_BURST the index of its first data word
    32    f64   time in seconds, finite and not negative: timeout of POLL, length of DELAY

The data words are u64, each burst's own after those of the burst before it, and none besides. So a batch has one
program and a program one batch: `pack(unpack(packed)) == packed`. Unpacked, a stride equal to the width is None.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Iterable, Iterator

from transports.batch import (
    WIDTHS,
    Check,
    Delay,
    Fence,
    Modify,
    Operation,
    Poll,
    Read,
    ReadBurst,
    Write,
    WriteBurst,
    ones,
)

FORMAT = 1  # counted up with every change of the above, together with the digit of MAGIC
MAGIC = b"FLP1"
HEADER = struct.Struct("<4sII")
RECORD = struct.Struct("<BBBBIQQQd")
# Kind n is KINDS[n - 1].
KINDS: tuple[type[Operation], ...] = (
    Read, Write, Modify, Check, Poll, Delay, Fence, ReadBurst, WriteBurst,
)  # fmt: skip
PLACES = {"kind": 0, "width": 1, "strobes": 2, "zero": 3, "count": 4, "address": 8, "mask": 16, "value": 24, "time": 32}

_KIND = {kind: number for number, kind in enumerate(KINDS, 1)}
_FIELDS = ("width", "strobes", "zero", "count", "address", "mask", "value")
_MASKED = (Modify, Check, Poll)
_BURSTS = (ReadBurst, WriteBurst)
_COUNT_MAX = (1 << 32) - 1
_ADDRESS_MAX = (1 << 64) - 1

Complain = Callable[[str, str], ValueError]


# ---- packing --------------------------------------------------------------------------------------------------


def pack(operations: Iterable[Operation]) -> bytes:
    """Return the program that stands for the operations.

    Raises:
        ValueError: an operation that the format cannot hold: an access that ends at 2**64 or beyond, a burst of
            2**32 words or more, a time that is no float. Names the operation and what there is room for.
    """
    records: list[bytes] = []
    data: list[int] = []
    for index, op in enumerate(operations):
        try:
            records.append(_record(op, len(data)))
        except (struct.error, OverflowError) as problem:
            raise ValueError(f"operation {index}, {op!r}, does not fit a program: {problem}") from problem
        if isinstance(op, WriteBurst):
            data += op.values
    head = HEADER.pack(MAGIC, len(records), len(data))
    return b"".join((head, *records, struct.pack(f"<{len(data)}Q", *data)))


def _record(op: Operation, first: int) -> bytes:
    """Return one record; `first` is the index of the next data word.

    Raises:
        struct.error, OverflowError: a number does not fit its field.
    """
    kind, count, mask, value, time_s, strobes = _KIND[type(op)], 1, 0, 0, 0.0, 0
    match op:
        case Fence():
            return RECORD.pack(kind, 0, 0, 0, 1, 0, 0, 0, 0.0)
        case Delay():
            return RECORD.pack(kind, 0, 0, 0, 1, 0, 0, 0, float(op.seconds))
        case Read():
            pass
        case Write():
            value, strobes = op.value, op.strobes or 0
        case Modify() | Check():
            mask, value = op.mask, op.value
        case Poll():
            mask, value, time_s = op.mask, op.value, float(op.timeout_s)
        case ReadBurst():
            count, mask = op.count, op.step
        case WriteBurst():
            count, mask, value = len(op.values), op.step, first
    if op.address + _extent(op.width, count, mask if isinstance(op, _BURSTS) else 0) > _ADDRESS_MAX:
        raise OverflowError(f"it ends at 2**64 or beyond (address {op.address:#x})")
    return RECORD.pack(kind, op.width, strobes, 0, count, op.address, mask, value, time_s)


def _extent(width: int, count: int, step: int) -> int:
    """Return how many bytes from its address on an access reaches."""
    return (count - 1) * step + width if count else 0


# ---- unpacking ------------------------------------------------------------------------------------------------


def unpack(packed: bytes) -> tuple[Operation, ...]:
    """Return the operations that a program stands for.

    Raises:
        ValueError: it is no program; names the record, the byte, what stands there and what was expected.
    """
    if len(packed) < HEADER.size or not packed.startswith(MAGIC):
        raise ValueError(f"byte 0: {packed[:4]!r} of {len(packed)} bytes; expected {MAGIC!r} and two counts")
    _, records, words = HEADER.unpack_from(packed)
    size = HEADER.size + records * RECORD.size + words * 8
    if len(packed) != size:
        raise ValueError(f"byte 4: {len(packed)} bytes for {records} records and {words} data words; expected {size}")
    data = struct.unpack_from(f"<{words}Q", packed, size - words * 8)
    operations: list[Operation] = []
    used = 0
    for index in range(records):
        op = _operation(packed, index, data, used)
        used += len(op.values) if isinstance(op, WriteBurst) else 0
        operations.append(op)
    if used != words:
        raise ValueError(f"byte 8: {words} data words; expected {used}, as many as the bursts write")
    return tuple(operations)


def _complain(index: int) -> Complain:
    """Return what makes the error of a record: of a field of it, and why."""

    def complain(name: str, why: str) -> ValueError:
        return ValueError(f"record {index}, byte {HEADER.size + index * RECORD.size + PLACES[name]}: {name} {why}")

    return complain


def _operation(packed: bytes, index: int, data: tuple[int, ...], used: int) -> Operation:
    """Return the operation of one record, with `data[used:]` for a burst that writes."""
    wrong = _complain(index)
    place = HEADER.size + index * RECORD.size
    number, width, strobes, zero, count, address, mask, value, time_s = RECORD.unpack_from(packed, place)
    if not 1 <= number <= len(KINDS):
        raise wrong("kind", f"is {number}; expected 1 to {len(KINDS)}")
    kind = KINDS[int(number) - 1]
    if kind in (Delay, Fence):
        _check_waits(kind, (width, strobes, zero, count, address, mask, value), wrong)
    else:
        _check_access(kind, (width, strobes, zero, count, address, mask, value), wrong)
    if kind in (Poll, Delay):
        if not 0 <= time_s < math.inf:
            raise wrong("time", f"is {time_s}; expected a finite time, 0 or more")
    elif packed[place + PLACES["time"] : place + RECORD.size] != bytes(8):
        raise wrong("time", f"is {time_s}; expected 0 of this kind")
    if kind is WriteBurst:
        _check_data(count, value, data, used, ones(width), wrong)
    return _built(kind, (width, strobes, count, address, mask, value), time_s, data)


def _check_waits(kind: type[Operation], fields: tuple[int, ...], wrong: Complain) -> None:
    """Check that a DELAY or FENCE uses nothing that belongs to an access."""
    for name, number in zip(_FIELDS, fields, strict=True):
        if number != (name == "count"):
            raise wrong(name, f"is {number:#x}; expected {int(name == 'count')} of {kind.__name__}")


def _check_access(kind: type[Operation], fields: tuple[int, ...], wrong: Complain) -> None:
    """Check all of an access but its time and its data words."""
    for name, good, expected in _access_laws(kind, fields):
        if not good:
            raise wrong(name, f"is {fields[_FIELDS.index(name)]:#x}; expected {expected}")


def _access_laws(kind: type[Operation], fields: tuple[int, ...]) -> Iterator[tuple[str, bool, str]]:
    """Yield (field, whether it is good, what was expected) of an access, in the order of the fields."""
    width, strobes, zero, count, address, mask, value = fields
    yield "width", width in WIDTHS, "1, 2, 4 or 8 bytes"
    limit = 1 << width if kind is Write else 1
    yield "strobes", strobes < limit, f"less than {limit:#x} of {kind.__name__}"
    yield "zero", zero == 0, "0"
    burst = kind in _BURSTS
    yield "count", burst or count == 1, "1 of an access that is no burst"
    yield "address", address % width == 0, f"a multiple of the width, {width} bytes"
    ends = address + _extent(width, count, mask if burst else 0)
    yield "address", ends <= _ADDRESS_MAX, "an access that ends below 2**64"
    if burst:
        yield "mask", mask % width == 0, f"a stride that is a multiple of the width, {width} bytes, or 0"
    else:
        limit = ones(width) if kind in _MASKED else 0
        yield "mask", mask <= limit, f"at most {limit:#x} of {kind.__name__}"
    within = mask if kind in _MASKED else ones(width) if kind is Write else 0
    yield "value", kind is WriteBurst or not value & ~within, f"no bits outside {within:#x}"


def _check_data(count: int, first: int, data: tuple[int, ...], used: int, limit: int, wrong: Complain) -> None:
    """Check that a burst's data words are the next ones, are there, and fit its width."""
    if first != used:
        raise wrong("value", f"is {first:#x}; expected {used:#x}, the first data word that no burst before it has")
    if count > len(data) - used:
        raise wrong("count", f"is {count:#x}; expected at most {len(data) - used:#x}, the data words that are left")
    for number in range(used, used + count):
        if data[number] > limit:
            raise wrong("count", f"reaches data word {number}, {data[number]:#x}; expected at most {limit:#x}")


def _built(kind: type[Operation], fields: tuple[int, ...], time_s: float, data: tuple[int, ...]) -> Operation:
    """Return the operation that a record's checked fields stand for."""
    width, strobes, count, address, mask, value = fields
    stride = None if mask == width else mask
    made: dict[type[Operation], Callable[[], Operation]] = {
        Read: lambda: Read(address, width=width),
        Write: lambda: Write(address, value, width=width, strobes=strobes or None),
        Modify: lambda: Modify(address, mask, value, width=width),
        Check: lambda: Check(address, mask, value, width=width),
        Poll: lambda: Poll(address, mask, value, timeout_s=time_s, width=width),
        Delay: lambda: Delay(time_s),
        Fence: Fence,
        ReadBurst: lambda: ReadBurst(address, count, width=width, stride=stride),
        WriteBurst: lambda: WriteBurst(address, data[value : value + count], width=width, stride=stride),
    }
    return made[kind]()
