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

The bursts that read have 2**20 words at most, all together. The data words are u64, each burst's own after those of the
burst before it, and none besides. So a batch has one program and a program one batch: `pack(unpack(packed)) == packed`.
Unpacked, a stride equal to the width is None.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Iterable, Iterator, Sequence

from attrs import frozen

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
from transports.bounds import BURST_WORDS_MAX, excess

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
_MASKED = (Modify, Check, Poll)
_BURSTS = (ReadBurst, WriteBurst)
_ADDRESS_MAX = (1 << 64) - 1


# ---- packing --------------------------------------------------------------------------------------------------


def pack(operations: Iterable[Operation]) -> bytes:
    """Return the program that stands for the operations.

    Raises:
        ValueError: an operation that the format cannot hold: an access that ends at 2**64 or beyond, a write burst of
            2**32 words or more, a time that is no float; or more words read in bursts than a batch may. Names the
            operation and what there is room for.
    """
    operations = tuple(operations)
    if too_much := excess(operations):
        raise ValueError(f"operation {too_much.index}, {operations[too_much.index or 0]!r}: {too_much.reason}")
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
        raise ValueError(f"byte 0: no header; expected {MAGIC!r} and two counts")
    _, records, words = HEADER.unpack_from(packed)
    size = HEADER.size + records * RECORD.size + words * 8
    if len(packed) != size:
        raise ValueError(f"byte 4: {len(packed)} bytes; expected {size} by the counts")
    data = struct.unpack_from(f"<{words}Q", packed, size - words * 8)
    operations: list[Operation] = []
    used = read = 0
    for index in range(records):
        record = Record(*RECORD.unpack_from(packed, HEADER.size + index * RECORD.size))
        _check(index, record.laws())
        if record.kind == _KIND[WriteBurst]:
            _check(index, record.data_laws(data, used))
            used += record.count
        elif record.kind == _KIND[ReadBurst]:
            read += record.count
            _check(index, record.read_laws(read))
        operations.append(record.operation(data))
    if used != words:
        raise ValueError(f"byte 8: {words} data words; expected {used}")
    return tuple(operations)


Law = tuple[str, int, bool, str]  # field, what stands there, whether it is good, what was expected


def _check(index: int, laws: Iterable[Law]) -> None:
    """Raise for the first law that a record breaks."""
    for name, number, good, expected in laws:
        if not good:
            place = HEADER.size + index * RECORD.size + PLACES[name]
            raise ValueError(f"record {index}, byte {place}: {name} is {number:#x}; expected {expected}")


@frozen
class Record:
    """The fields of a record, as they stand there."""

    kind: int
    width: int
    strobes: int
    zero: int
    count: int
    address: int
    mask: int
    value: int
    time_s: float

    def laws(self) -> Iterator[Law]:
        """Yield what must hold of a record by itself. The engine in C has the same laws, in this order."""
        yield "kind", self.kind, 1 <= self.kind <= len(KINDS), f"1 to {len(KINDS)}"
        kind, width, mask = KINDS[self.kind - 1], self.width, self.mask
        access, burst, masked = kind not in (Delay, Fence), kind in _BURSTS, kind in _MASKED
        yield "width", width, width in (WIDTHS if access else (0,)), "1, 2, 4 or 8, of a delay or fence 0"
        within = mask if masked else ones(width) if kind is Write else 0
        strobes = 1 << width if kind is Write else 1
        yield "strobes", self.strobes, self.strobes < strobes, "a bit for each byte of a write, else 0"
        yield "zero", self.zero, self.zero == 0, "0"
        yield "count", self.count, burst or self.count == 1, "1 of what is no burst"
        aligned = self.address % width == 0 if access else self.address == 0
        yield "address", self.address, aligned, "a multiple of the width"
        ends = self.address + _extent(width, self.count, mask if burst else 0)
        yield "address", self.address, ends <= _ADDRESS_MAX, "an access that ends below 2**64"
        good = mask % width == 0 if burst else mask <= (ones(width) if masked else 0)
        yield "mask", mask, good, "a mask within the width, of a burst a stride that is a multiple of it, else 0"
        good = kind is WriteBurst or not self.value & ~within
        yield "value", self.value, good, "bits within mask and width, else 0"
        bits = int.from_bytes(struct.pack("<d", self.time_s), "little")
        good = 0 <= self.time_s < math.inf if kind in (Poll, Delay) else bits == 0
        yield "time", bits, good, "a finite time, 0 or more, of a poll or delay, else 0"

    def read_laws(self, read: int) -> Iterator[Law]:
        """Yield what must hold of a READ_BURST, with which `read` words are read in bursts."""
        most = "at most 2**20 words read in bursts, of all of a program"
        yield "count", self.count, read <= BURST_WORDS_MAX, most

    def data_laws(self, data: Sequence[int], used: int) -> Iterator[Law]:
        """Yield what must hold of a WRITE_BURST and the data words, of which `used` are used up."""
        yield "value", self.value, self.value == used, "the first data word that no burst before it has"
        yield "count", self.count, self.count <= len(data) - used, "at most as many data words as are left"
        for word in data[used : used + self.count]:
            yield "count", word, word <= ones(self.width), "data words within the width"

    def operation(self, data: tuple[int, ...]) -> Operation:
        """Return the operation that a record stands for, of which all laws hold."""
        address, width, mask, value = self.address, self.width, self.mask, self.value
        stride = None if mask == width else mask
        made: dict[type[Operation], Callable[[], Operation]] = {
            Read: lambda: Read(address, width=width),
            Write: lambda: Write(address, value, width=width, strobes=self.strobes or None),
            Modify: lambda: Modify(address, mask, value, width=width),
            Check: lambda: Check(address, mask, value, width=width),
            Poll: lambda: Poll(address, mask, value, timeout_s=self.time_s, width=width),
            Delay: lambda: Delay(self.time_s),
            Fence: Fence,
            ReadBurst: lambda: ReadBurst(address, self.count, width=width, stride=stride),
            WriteBurst: lambda: WriteBurst(address, data[value : value + self.count], width=width, stride=stride),
        }
        return made[KINDS[self.kind - 1]]()
