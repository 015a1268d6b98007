"""Numbers in sentences."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.words import count, duration, many

SIZES = {"s": 1.0, "ms": 1e-3, "us": 1e-6, "ns": 1e-9}


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0.0, "0 s"), (0.00036096, "361 us"), (0.00021024, "210 us"), (1e-3, "1 ms"), (0.0507, "50.7 ms"),
        (1.0, "1 s"), (12345.6, "12346 s"), (5e-8, "50 ns"), (0.0009996, "1 ms"), (0.9996, "1 s"),
        (float("inf"), "inf s"),
    ],
)  # fmt: skip
def test_a_time_is_said_in_the_unit_of_its_size(seconds: float, said: str) -> None:
    """A time has the unit that leaves one to three digits before the point, and three digits in all."""
    assert duration(seconds) == said


@given(st.floats(min_value=1e-9, max_value=1e6))
def test_a_time_is_said_right(seconds: float) -> None:
    """What is said is within half of the third digit, and never in exponents."""
    number, unit = duration(seconds).split()
    assert "e" not in number
    assert float(number) * SIZES[unit] == pytest.approx(seconds, rel=5.01e-3)


def test_one_is_no_plural() -> None:
    """One thing is said in the singular, none and several in the plural."""
    assert [count(n, "read") for n in (0, 1, 2)] == ["0 reads", "1 read", "2 reads"]
    assert count(2, "batch") == "2 batches"
    assert [many(n, "recovery") for n in (1, 2328)] == ["1 recovery", "2,328 recoveries"]
