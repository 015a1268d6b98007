"""Measuring: medians and spreads are those of the runs, each thing is called as often as is said, in turns."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bench.measure import Pace, Spread, Timed, aligned, in_loop, take


@given(st.lists(st.floats(1, 1e9), min_size=3, max_size=15))
def test_a_spread_is_in_order(runs: list[float]) -> None:
    """Low, median and high are in order, within the runs; over a count they are as many times smaller."""
    spread = Spread.of(runs)
    assert min(runs) <= spread.low <= spread.median <= spread.high <= max(runs)
    assert spread.over(4) == Spread(spread.median / 4, spread.low / 4, spread.high / 4)


def test_a_spread_as_text_is_its_median_and_its_share() -> None:
    """The quarters of 1, 2, 3, 4, 5 are 2 and 4: two thirds of the median."""
    assert str(Spread.of([1, 2, 3, 4, 5])) == "3.0 ~67%"
    assert str(Spread.of([1000, 2000, 3000, 4000, 5000])) == "3,000 ~67%"


def test_an_action_is_called_as_often_as_is_asked() -> None:
    """in_loop calls it that often and returns what came last; both clocks have run."""
    cpu, wall, last = in_loop(iter(range(10)).__next__)(5)
    assert last == 4
    assert min(cpu, wall) > 0


def test_things_are_timed_in_turns_and_by_the_call() -> None:
    """Runs of several things alternate; what one call takes does not depend on how many are in a run."""
    order: list[str] = []

    def thing(name: str, ns: int) -> Timed:
        def timed(count: int) -> tuple[int, int, None]:
            order.append(name)
            return ns * count, 2 * ns * count, None

        return timed

    taken = take({"a": thing("a", 10), "b": thing("b", 30)}, Pace(runs=5, run_s=1e-6))
    assert "".join(order).endswith("ab" * 5)
    assert (taken["a"].cpu, taken["b"].cpu) == (Spread(10, 10, 10), Spread(30, 30, 30))
    assert taken["b"].wall.median == 60


def test_cells_stand_below_each_other() -> None:
    """The first column begins at the left, every other ends at one place."""
    assert aligned([("a", "1"), ("long", "100")]) == "a       1\nlong  100"
