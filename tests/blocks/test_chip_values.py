"""What a configuration's class refuses is told as one found and one expected."""

from __future__ import annotations

import pytest
from attrs import frozen

from blocks.chip.table import ChipError
from blocks.chip.values import build


@frozen
class Pair:
    """Two numbers that must not be equal."""

    low: int
    high: int

    def __attrs_post_init__(self) -> None:
        if self.low == self.high:
            raise ValueError("the two are equal; expected two numbers that differ")


def test_a_refusal_of_the_whole_says_expected_once() -> None:
    """A message about the whole table that says what it expects is not followed by another expectation."""
    with pytest.raises(ChipError) as told:
        build(Pair, {"low": 1, "high": 1}, lambda key, found, expected: ChipError("x.toml", key, found, expected))

    assert str(told.value).count("expected") == 1
    assert str(told.value).endswith("(the two are equal); expected two numbers that differ")
