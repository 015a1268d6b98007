"""The history of a run is what its blocks said, without gaps."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from runtime.history import History
from runtime.summary import Progress, State

STATES = [State.WAITING, State.CLIMBING, State.UP]
MOVES = st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from(STATES), st.sampled_from("xy"), st.integers(0, 3)))


@given(MOVES)
def test_spans_have_no_gaps_and_no_equal_neighbours(moves: list[tuple[str, State, str, int]]) -> None:
    """The spans of a block follow each other from its first move to the end of the run, each with its last word."""
    history, now = History(), 0.0
    told: dict[str, tuple[State, str]] = {}
    first: dict[str, float] = {}
    for block, state, rung, later in moves:
        now += later
        first.setdefault(block, now)
        told[block] = state, rung
        history.move(Progress(block, state, rung, now))

    spans = history.spans()
    assert set(spans) == set(told)
    for block, row in spans.items():
        assert row[0].start_s == first[block]
        assert row[-1].end_s == history.end_s == now
        assert (row[-1].state, row[-1].rung) == told[block]
        assert all(one.end_s == other.start_s for one, other in pairwise(row))
        assert all((one.state, one.rung) != (other.state, other.rung) for one, other in pairwise(row))
        assert all(span.end_s > span.start_s for span in row[:-1])


def test_nothing_happened() -> None:
    """A history of nothing begins and ends at 0, and has no spans."""
    history = History()
    assert (history.end_s, history.spans()) == (0.0, {})
