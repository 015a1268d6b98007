"""Joined batches: whatever is told of them is what is told of their operations in one batch."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from transports.batch import Batch, Check, Delay, Modify, Operation, Poll, Read, ReadBurst, Results, Write, WriteBurst
from transports.bus.figures import Figures, shape_of
from transports.bus.identity import first_ones
from transports.errors import CheckFailed, TransportError, Unavailable
from transports.joined import joined

OPERATIONS: tuple[Operation, ...] = (
    Read(0),
    Read(8, width=8),
    Check(4, 1, 1),
    Write(12, 3, width=2),
    Modify(16, 1, 1, width=1),
    Poll(20, 1, 1, timeout_s=1.0),
    ReadBurst(24, 3),
    WriteBurst(32, (1, 2)),
    Delay(1.0),
)
PARTS = st.lists(
    st.tuples(st.lists(st.sampled_from(OPERATIONS), max_size=5), st.sampled_from([0, 64])), min_size=1, max_size=3
)
ERRORS: tuple[TransportError, ...] = (CheckFailed("no", mask=1, wanted=1, last=0), Unavailable("no"))
WORDS = st.sampled_from([0, 1, 0xFF, 0xFFFF_FFFF, (1 << 64) - 1])


def both(parts: list[tuple[list[Operation], int]]) -> tuple[Batch, Batch]:
    """Return batches joined, and their operations in one."""
    batches = [Batch(operations).rebased(offset) for operations, offset in parts]
    return joined(*batches), Batch([op for each in batches for op in each.operations])


@given(parts=PARTS, data=st.data())
def test_a_joined_batch_is_its_operations_one_behind_the_other(
    parts: list[tuple[list[Operation], int]], data: st.DataObject
) -> None:
    """Length, shape, figures and where all ones were read are those of the whole, however far a batch came."""
    made, whole = both(parts)
    assert (len(made), made.prepared.shape) == (len(whole), whole.prepared.shape)
    kinds, expected = shape_of(made), shape_of(whole)
    assert (kinds.waits, kinds.done, kinds.refused) == (expected.waits, expected.done, expected.refused)
    assert kinds.words == expected.words
    done = data.draw(st.integers(0, len(whole)))
    error = None if done == len(whole) else data.draw(st.sampled_from(ERRORS))
    values = [(data.draw(WORDS),) * size if size and size > 0 else data.draw(WORDS) for size in whole.prepared.shape]
    came = Results(values[:done], error)
    assert first_ones(made, came) == first_ones(whole, came)
    figures = [Figures(), Figures()]
    for counted, work in zip(figures, (made, whole), strict=True):
        counted.add(work, came)
    assert figures[0].read() == figures[1].read()
    assert made.operations == whole.operations
    assert made == whole


def test_a_part_that_writes_other_values_than_it_was_made_with_keeps_them() -> None:
    """What stands in a batch is joined, and not what it was prepared with."""
    changed = Batch([Write(0, 1)]).prepared.at(8, [2])
    assert joined(changed, Batch([Read(0)])).operations == (Write(8, 2), Read(0))


def test_a_joined_batch_can_be_moved_and_joined_again() -> None:
    """It is a batch as any other."""
    made = joined(Batch([Read(0)]), Batch([Read(4)]).rebased(8))
    assert joined(made.rebased(16), made).operations == (Read(16), Read(28), Read(0), Read(12))
