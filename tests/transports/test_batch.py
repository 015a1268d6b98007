"""A batch as a value: what may be built, how it moves, and how its results are read."""

from __future__ import annotations

from collections.abc import Callable

import pytest

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
