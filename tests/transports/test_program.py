"""The format of programs: what goes in comes out, and what is none is named by record and byte."""

from __future__ import annotations

import math
import re
import struct
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from tests.transports.programs import BASE, EVERY, needs_engine, operations
from transports.batch import Delay, Fence, Operation, Poll, Read, ReadBurst, Write, WriteBurst
from transports.native import ENGINE
from transports.program import HEADER, MAGIC, PLACES, RECORD, pack, unpack

if TYPE_CHECKING or ENGINE == "c":
    from transports import _engine

Judge = Callable[[bytes], object]


@pytest.fixture(params=["python", pytest.param("c", marks=needs_engine)])
def judge(request: pytest.FixtureRequest) -> Judge:
    """Return what checks packed programs: `unpack`, or the engine in C, which says the same."""
    return unpack if request.param == "python" else _engine.Program


def plain(op: Operation) -> Operation:
    """Return the operation with a stride that says no more than its width left out, as `unpack` gives it."""
    return evolve(op, stride=None) if isinstance(op, (ReadBurst, WriteBurst)) and op.stride == op.width else op


def edited(packed: bytes, record: int, name: str, form: str, value: float) -> bytes:
    """Return the program with one field of one record replaced."""
    place = HEADER.size + record * RECORD.size + PLACES[name]
    field = struct.pack(f"<{form}", value)
    return packed[:place] + field + packed[place + len(field) :]


def test_the_bytes_are_these() -> None:
    """A program is the bytes that its description says, field by field."""
    packed = pack([Write(0x1004, 0xAB, strobes=0b1), Poll(0x10, mask=3, value=1, timeout_s=0.5, width=8)])
    assert packed[:12] == b"FLP1" + bytes([2, 0, 0, 0, 0, 0, 0, 0])
    assert packed[12:52] == (
        bytes([2, 4, 1, 0, 1, 0, 0, 0]) + (0x1004).to_bytes(8, "little") + bytes(8) + b"\xab" + bytes(7) + bytes(8)
    )
    assert packed[52:60] == bytes([5, 8, 0, 0, 1, 0, 0, 0])
    assert packed[84:] == struct.pack("<d", 0.5)
    bursts = pack([WriteBurst(0, (1, 2)), WriteBurst(8, (3,), stride=0)])
    assert bursts[8:12] == bytes([3, 0, 0, 0])
    assert bursts[-24:] == b"".join(word.to_bytes(8, "little") for word in (1, 2, 3))
    assert (bursts[36], bursts[76]) == (0, 2)  # the index of each burst's first data word


@given(st.lists(operations(), max_size=12))
def test_what_is_packed_is_unpacked(asked: list[Operation]) -> None:
    """Unpacking returns the operations that were packed, and packing those the same bytes."""
    packed = pack(asked)
    assert unpack(packed) == tuple(map(plain, asked))
    assert pack(unpack(packed)) == packed


ACCESS = "1, 2, 4 or 8, of a delay or fence 0"
STROBED = "a bit for each byte of a write, else 0"
MASKED = "a mask within the width, of a burst a stride that is a multiple of it, else 0"
WITHIN = "bits within mask and width, else 0"
TIMED = "a finite time, 0 or more, of a poll or delay, else 0"
IN_BURSTS = "at most 2**20 words read in bursts, of all of a program"
REFUSED = [
    (0, "kind", "B", 0, "kind is 0x0; expected 1 to 9"),
    (0, "kind", "B", 10, "kind is 0xa; expected 1 to 9"),
    (0, "width", "B", 3, f"width is 0x3; expected {ACCESS}"),
    (4, "width", "B", 4, f"width is 0x4; expected {ACCESS}"),
    (0, "strobes", "B", 1, f"strobes is 0x1; expected {STROBED}"),
    (1, "strobes", "B", 4, f"strobes is 0x4; expected {STROBED}"),
    (0, "zero", "B", 1, "zero is 0x1; expected 0"),
    (0, "count", "I", 2, "count is 0x2; expected 1 of what is no burst"),
    (7, "count", "I", 0, "count is 0x0; expected 1 of what is no burst"),
    (7, "address", "Q", 8, "address is 0x8; expected a multiple of the width"),
    (2, "address", "Q", 0x1002, "address is 0x1002; expected a multiple of the width"),
    (2, "address", "Q", 2**64 - 4, "address is 0xfffffffffffffffc; expected an access that ends below 2**64"),
    (6, "mask", "Q", 2**63, "address is 0x1014; expected an access that ends below 2**64"),
    (6, "mask", "Q", 6, f"mask is 0x6; expected {MASKED}"),
    (0, "mask", "Q", 1, f"mask is 0x1; expected {MASKED}"),
    (2, "mask", "Q", 2**32, f"mask is 0x100000000; expected {MASKED}"),
    (2, "value", "Q", 2, f"value is 0x2; expected {WITHIN}"),
    (1, "value", "Q", 2**16, f"value is 0x10000; expected {WITHIN}"),
    (6, "count", "I", 2**20 + 1, f"count is 0x100001; expected {IN_BURSTS}"),
    (9, "count", "I", 2**20 - 2, f"count is 0xffffe; expected {IN_BURSTS}"),
    (10, "value", "Q", 2, "value is 0x2; expected the first data word that no burst before it has"),
    (10, "count", "I", 3, "count is 0x3; expected at most as many data words as are left"),
    (5, "time", "d", math.inf, f"time is 0x7ff0000000000000; expected {TIMED}"),
    (4, "time", "d", -1.0, f"time is 0xbff0000000000000; expected {TIMED}"),
    (4, "time", "d", math.nan, f"time is 0x7ff8000000000000; expected {TIMED}"),
    (0, "time", "d", -0.0, f"time is 0x8000000000000000; expected {TIMED}"),
]


@pytest.mark.parametrize(("record", "name", "form", "value", "reason"), REFUSED)
def test_a_wrong_field_is_named(record: int, name: str, form: str, value: float, reason: str, judge: Judge) -> None:
    """A field that cannot be is refused with its record, its byte, what stands there and what was expected."""
    at = HEADER.size + record * RECORD.size + PLACES[reason.split()[0]]
    with pytest.raises(ValueError, match=f"^record {record}, byte {at}: {re.escape(reason)}$"):
        judge(edited(pack(EVERY), record, name, form, value))


def test_a_data_word_that_does_not_fit_is_named(judge: Judge) -> None:
    """A data word wider than its burst is refused at the burst."""
    packed = pack([WriteBurst(BASE, (1, 2), width=1)])
    with pytest.raises(ValueError, match=r"^record 0, byte 16: count is 0x102; expected data words within the width$"):
        judge(packed[:-7] + b"\1" + packed[-6:])


@pytest.mark.parametrize(
    ("packed", "reason"),
    [
        (b"", "^byte 0: no header; expected b'FLP1' and two counts$"),
        (b"FLP2" + bytes(8), "^byte 0: no header"),
        (MAGIC + bytes(7), "^byte 0: no header"),
        (HEADER.pack(MAGIC, 1, 0), "^byte 4: 12 bytes; expected 52 by the counts$"),
        (HEADER.pack(MAGIC, 0, 0) + b"\0", "^byte 4: 13 bytes"),
        (HEADER.pack(MAGIC, 0, 1) + bytes(8), "^byte 8: 1 data words; expected 0$"),
    ],
)
def test_what_is_no_program_is_refused(packed: bytes, reason: str, judge: Judge) -> None:
    """Bytes without a whole header, cut short, too long, or with data that nobody writes, are no program."""
    with pytest.raises(ValueError, match=reason):
        judge(packed)


@pytest.mark.parametrize(
    "op",
    [
        Read(1 << 64),
        Read((1 << 64) - 4),
        ReadBurst(0, 1 << 32),
        ReadBurst(0, (1 << 20) + 1, stride=0),
        ReadBurst(0, 3, stride=1 << 63),
        WriteBurst(0, (1,), stride=1 << 64),
        Delay(10**400),
    ],
)
@pytest.mark.parametrize("engine", ["python", pytest.param("c", marks=needs_engine)])
def test_what_has_no_room_is_refused(op: Operation, engine: str) -> None:
    """An operation that the fields cannot hold is refused by its index, not cut off."""
    with pytest.raises(
        ValueError, match=r"^(operation|record) 1, .*(does not fit a program|ends below 2|read in bursts)"
    ):
        pack([Fence(), op]) if engine == "python" else _engine.pack((Fence(), op))
