"""A batch as a value: what may be built, how it moves, and how its results are read."""

from __future__ import annotations

import re
from array import array
from collections.abc import Callable
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

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
    Value,
    Write,
    WriteBurst,
    at,
    batch,
    count_accesses,
)
from transports.errors import Denied, TransportError

EVERY: list[Operation] = [
    Read(0x10),
    Write(0x10, 1, strobes=1),
    Modify(0x10, mask=1, value=1),
    Check(0x10, mask=1, value=1),
    Poll(0x10, mask=1, value=1, timeout_s=1.0),
    ReadBurst(0x10, 3),
    WriteBurst(0x10, (1, 2)),
    Delay(1.0),
    Fence(),
]


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda: Read(2), "address 0x2 is not a multiple of the access width, 4"),
        (lambda: Read(-4), "address -0x4"),
        (lambda: Read(0, width=3), "width is 3 bytes"),
        (lambda: Write(0, 1 << 32), "value 0x100000000 at address 0x0 does not fit 4 bytes"),
        (lambda: Write(0, -1), "value -0x1"),
        (lambda: Write(0, 1, strobes=0), "strobes 0x0 do not fit 4 bytes"),
        (lambda: Write(0, 1, strobes=16), "strobes 0x10"),
        (lambda: Write(1, 1), "not a multiple"),
        (lambda: Modify(0, mask=1, value=2), "value 0x2 at address 0x0 has bits outside mask 0x1"),
        (lambda: Check(0, mask=1 << 8, value=0, width=1), "mask 0x100 at address 0x0 does not fit 1 bytes"),
        (lambda: Poll(0, mask=1, value=2, timeout_s=1.0), "outside mask"),
        (lambda: Poll(0, mask=1, value=1, timeout_s=float("inf")), "timeout_s is inf s"),
        (lambda: Poll(0, mask=1, value=1, timeout_s=float("nan")), "timeout_s is nan s"),
        (lambda: Delay(-1.0), "seconds is -1.0 s"),
        (lambda: ReadBurst(0, -1), "count is -1"),
        (lambda: ReadBurst(0, 1, stride=2), "stride is 2 bytes; expected a multiple of the width, 4"),
        (lambda: WriteBurst(0, (1,), stride=-4), "stride is -4"),
        (lambda: WriteBurst(0, (1, 256), width=1), "value 0x100"),
        (lambda: WriteBurst(2, (1,)), "not a multiple"),
    ],
)
def test_what_no_bus_can_do_is_not_built(make: Callable[[], Operation], reason: str) -> None:
    """An operation that makes no sense on any device is a ValueError when it is built, and says why."""
    with pytest.raises(ValueError, match=reason):
        make()


def test_batch_flattens_what_it_is_given() -> None:
    """batch takes operations and iterables of them; equal operations make equal batches."""
    assert batch(Read(0), [Read(4), Fence()], batch(Delay(1.0))) == Batch([Read(0), Read(4), Fence(), Delay(1.0)])
    assert len(batch()) == 0


def test_rebased_moves_every_access() -> None:
    """rebased adds the offset to each address and changes nothing else; back again is the same batch."""
    moved = Batch(EVERY).rebased(0x100)
    assert [op.address for op in moved if not isinstance(op, (Delay, Fence))] == [0x110] * 7
    assert moved.rebased(-0x100) == Batch(EVERY)
    with pytest.raises(ValueError, match="multiple"):
        moved.rebased(2)


@given(st.sampled_from(EVERY), st.sampled_from([1, 2, 4, 8]), st.integers(-16, 1 << 65))
def test_an_access_elsewhere_is_as_if_made_there(op: Operation, width: int, address: int) -> None:
    """`at` gives what `evolve` gives, and refuses what that refuses, in the same words."""
    if isinstance(op, (Delay, Fence)):
        return
    access = evolve(op, address=0x40, width=width)
    try:
        expected = evolve(access, address=address)
    except ValueError as error:
        with pytest.raises(ValueError, match=re.escape(str(error))):
            at(access, address)
    else:
        assert at(access, address) == expected
        assert type(at(access, address)) is type(op)


def test_count_accesses_of_every_operation() -> None:
    """count_accesses is (reads, writes) of all operations; a poll counts one look."""
    assert [count_accesses([op]) for op in EVERY] == [
        (1, 0), (0, 1), (1, 1), (1, 0), (1, 0), (3, 0), (0, 2), (0, 0), (0, 0),
    ]  # fmt: skip
    assert count_accesses(EVERY) == (7, 4)


def test_results_stand_up_to_the_failure() -> None:
    """Results before the failure are read; any later one, and check, raise what stopped the batch."""
    error = Denied("locked", index=2)
    results = Results((5, None), error)
    assert (results[0], results[1], results.word(0)) == (5, None, 5)
    for read in (lambda: results[2], lambda: results[99], lambda: results.word(2), results.check):
        with pytest.raises(TransportError) as raised:
            read()
        assert raised.value is error


def test_results_of_a_whole_batch() -> None:
    """A batch that completed checks as itself; there is no result past its end, and a burst is not a word."""
    results = Results((1, (2, 3), None))
    assert results.check() is results
    for index in (3, -1):
        with pytest.raises(IndexError):
            results[index]
    for index in (1, 2):
        with pytest.raises(TypeError, match=f"result {index} is"):
            results.word(index)


PLACES = st.integers(0, 1 << 20).map((8).__mul__)


@given(PLACES, st.lists(st.integers(0, 0xFF), min_size=5, max_size=5))
def test_prepared_batches_share_their_operations(offset: int, values: list[int]) -> None:
    """A prepared batch runs at any offset with any values, and is equal to one that was made with them."""
    prepared = batch(Write(0x10, 1), Read(0x14), Modify(0x18, 0xFF, 2), WriteBurst(0x20, (3, 4, 5))).prepare()
    one, *burst = values[2:]
    made: list[Operation] = [
        Write(0x10 + offset, values[0]),
        Read(0x14 + offset),
        Modify(0x18 + offset, 0xFF, values[1]),
        WriteBurst(0x20 + offset, (one, *burst)),
    ]
    assert prepared.at(offset, values) == Batch(made)
    assert prepared.at(offset).prepared is prepared.at(offset + 8).prepared
    assert prepared.at(offset).rebased(-offset) == prepared.at()
    assert prepared.at(offset, values).prepare().at() == Batch(made)


@pytest.mark.parametrize("values", [[], [1], [1, 2, 3], [1, 0x1FF]])
def test_prepared_values_must_fit(values: list[int]) -> None:
    """As many values as words are written, each inside its word and mask; refused before anything is made."""
    with pytest.raises(ValueError, match=r"values|value"):
        batch(Write(0x10, 1), Modify(0x18, 0xFF, 2)).prepare().at(0, values)


@pytest.mark.parametrize(("value", "said"), [(-1, "-0x1"), (1 << 64, "0x10000000000000000"), (-(1 << 80), "-0x1")])
def test_a_value_that_is_no_word_is_refused_by_its_place(value: int, said: str) -> None:
    """A value below 0 or of more than 64 bits is a ValueError that says which it is, as one outside its width is."""
    with pytest.raises(ValueError, match=f"value 1 is {said}.*; expected 0 to 2"):
        batch(Write(0x10, 1), Write(0x18, 1, width=8)).prepare().at(0, [1, value])


KINDS_WRONG: list[Callable[[Any], object]] = [
    lambda it: Read(it),
    lambda it: Read(0, width=it),
    lambda it: Write(it, 1),
    lambda it: Write(0, it),
    lambda it: Write(0, 1, strobes=it),
    lambda it: Modify(it, 1, 1),
    lambda it: Check(0, it, 0),
    lambda it: Poll(0, 1, it, timeout_s=1.0),
    lambda it: ReadBurst(it, 1),
    lambda it: ReadBurst(0, it),
    lambda it: ReadBurst(0, 1, stride=it),
    lambda it: WriteBurst(it, (1,)),
    lambda it: WriteBurst(0, (1, it)),
    lambda it: at(Read(0), it),
    lambda it: batch(Write(0, 1)).prepare().at(0, [it]),
]


@pytest.mark.parametrize("make", KINDS_WRONG)
@pytest.mark.parametrize("given", [0.0, 4.0, "x", b"4"])
def test_what_is_no_integer_is_refused_by_name(make: Callable[[Any], object], given: object) -> None:
    """An address, width, mask, value, count or stride that is no integer is a TypeError that names it and says so."""
    with pytest.raises(TypeError, match=re.escape(f" is {given!r}; expected an integer")):
        make(given)


TIMES: list[Callable[[Any], object]] = [Delay, lambda it: Poll(0, 1, 1, timeout_s=it)]


@pytest.mark.parametrize("make", TIMES)
def test_a_time_that_is_no_number_is_refused_by_name(make: Callable[[Any], object]) -> None:
    """A time that is no number is a TypeError that names it; an integer is a time."""
    with pytest.raises(TypeError, match="is 'x'; expected seconds, as a number"):
        make("x")
    assert make(3) == make(3.0)


WORDS = st.integers(0, (1 << 64) - 1) | st.sampled_from([0, 0xFF, 0x100, 0xFFFF, 1 << 32])


@given(st.sampled_from([1, 2, 4, 8]), WORDS, st.lists(WORDS, min_size=4, max_size=4))
def test_a_prepared_batch_refuses_what_an_operation_refuses(width: int, mask: int, values: list[int]) -> None:
    """Other values are taken by a prepared batch exactly when an operation made with them can be built."""
    mask &= (1 << 8 * width) - 1
    one, two, *more = values

    def make(one: int, two: int, more: list[int]) -> list[Operation]:
        return [
            Write(8, one, width=width),
            Read(8),
            Modify(16, mask, two, width=width),
            WriteBurst(24, tuple(more), width=width),
        ]

    prepared = Batch(make(0, 0, [0, 0])).prepare()
    try:
        expected = Batch(make(one, two, more))
    except ValueError:
        with pytest.raises(ValueError, match=r"does not fit|outside mask"):
            prepared.at(0, values)
    else:
        assert prepared.at(0, values) == expected


def test_what_is_worked_out_of_a_batch_is_worked_out_once() -> None:
    """Each maker is called once for a prepared batch, whatever it is moved to."""
    asked: list[int] = []

    def count(operations: tuple[Operation, ...]) -> int:
        asked.append(len(operations))
        return len(operations)

    prepared = Batch([Read(0x10)]).prepare()
    assert [prepared.at(offset).prepared.once(count) for offset in (0, 8, 16)] == [1, 1, 1]
    assert asked == [1]


@given(st.lists(st.tuples(st.sampled_from([None, -1, 0, 3]), st.integers(0, (1 << 64) - 1)), max_size=8))
def test_packed_results_are_decoded_as_given(parts: list[tuple[int | None, int]]) -> None:
    """Words that an engine packed decode to one value for each operation: nothing, a word, or a tuple of words."""
    words = array("Q")
    values: list[Value] = []
    for count, word in parts:
        brought = [word] * (1 if count is None or count < 0 else count)
        words.extend(brought)
        values.append(None if count is None else word if count < 0 else tuple(brought))
    found = Results.packed(words.tobytes(), tuple(count for count, _ in parts))
    assert len(found) == len(parts)
    assert found == Results(values)
