"""The figures of a bus: what is only counted until somebody reads it adds up to what was done."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from transports.batch import Batch, Modify, Operation, Poll, Read, ReadBurst, Results, Write, WriteBurst, batch
from transports.bus import Statistics, accesses_made
from transports.bus.figures import WHOLE_MAX, WHOLE_WORDS_MAX, Figures
from transports.errors import CheckFailed, TransportError, Unavailable

LOOK: tuple[Operation, ...] = (Read(0), Read(4, width=2), Poll(8, 1, 1, timeout_s=1.0))
ACT: tuple[Operation, ...] = (Write(0, 1), Modify(8, 1, 1, width=8))
LONG: tuple[Operation, ...] = (WriteBurst(0, (1,) * WHOLE_WORDS_MAX), ReadBurst(0, 3))
SIZES: dict[tuple[Operation, ...], int] = {LOOK: 10, ACT: 20, LONG: 4 * WHOLE_WORDS_MAX + 12}
PREPARED = {ops: Batch(ops).prepare() for ops in SIZES}

# A batch of these operations, made anew or at an offset of those made once, polls so often, and is stopped by this.
RUNS = st.lists(
    st.tuples(
        st.sampled_from(sorted(SIZES, key=len)),
        st.booleans(),
        st.integers(0, 2),
        st.sampled_from([None, None, None, Unavailable("no")]),
    ),
    max_size=30,
)


def came(ops: tuple[Operation, ...], polls: int, error: TransportError | None) -> Results:
    return Results([1] * (0 if error else len(ops)), error, polls if ops is LOOK and not error else 0)


@given(runs=RUNS, read=st.sets(st.integers(0, 29)))
def test_figures_are_the_same_whenever_they_are_read(
    runs: list[tuple[tuple[Operation, ...], bool, int, TransportError | None]], read: set[int]
) -> None:
    """Read often or only at the end, the figures are the sum over all batches, each counted once."""
    figures = Figures()
    reads = writes = size_bytes = 0
    for number, (ops, anew, polls, error) in enumerate(runs):
        work, results = Batch(ops) if anew else PREPARED[ops].at(8 * number), came(ops, polls, error)
        figures.add(work, results)
        more = accesses_made(work, results)
        reads, writes = reads + more[0], writes + more[1]
        size_bytes += 0 if error else SIZES[ops]
        if number in read:
            assert figures.read() == Statistics(reads, writes, number + 1, size_bytes=size_bytes)
    assert figures.read() == Statistics(reads, writes, len(runs), size_bytes=size_bytes)


def test_what_is_counted_only_is_bounded() -> None:
    """However many batches come that are run once, few are kept; and none that is large."""
    figures = Figures()
    for number in range(3 * WHOLE_MAX):
        figures.add(batch(Read(4 * number)), Results((0,)))
        assert figures.kinds <= WHOLE_MAX
    before = figures.kinds
    figures.add(Batch(LONG), came(LONG, 0, None))
    figures.add(batch(Read(0)), Results((), CheckFailed("x")))
    assert figures.kinds == before
    done = figures.read()
    assert (done.reads, done.writes, figures.kinds) == (3 * WHOLE_MAX + 3 + 1, WHOLE_WORDS_MAX, 0)
