"""What a chip counts as follows from its rules and from what came of each block, and from nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blocks.chip import Rule, Verdict
from runtime.rating import of_block, of_chip

ORDER = [Verdict.UP, Verdict.DEGRADED, Verdict.FAILED]
BLOCKS = [f"channel[{k}]" for k in range(4)]
Some = st.lists(st.sampled_from(BLOCKS), unique=True)
Rules = st.dictionaries(
    st.sampled_from(BLOCKS),
    st.builds(
        Rule,
        degraded=st.sampled_from(ORDER),
        failed=st.sampled_from(ORDER[1:]),
        group=st.sampled_from(["a", "b"]),
        at_most=st.integers(0, 3),
    ),
)


def test_without_rules_a_failure_fails_and_a_lessening_degrades() -> None:
    """The default is the strict one; all well is up."""
    assert of_chip({}, [], []) is Verdict.UP
    assert of_chip({}, ["pll"], []) is Verdict.FAILED
    assert of_chip({}, [], ["pcie"]) is Verdict.DEGRADED
    assert of_block({}, "pcie") is Verdict.DEGRADED


@pytest.mark.parametrize("failed", range(5))
def test_so_many_of_a_group_may_fail(failed: int) -> None:
    """Up to `at_most` failures of a group degrade the chip, one more fails it; other groups count apart."""
    rules = {name: Rule(failed=Verdict.DEGRADED, group="stack", at_most=2) for name in BLOCKS}
    rules["dma"] = Rule(failed=Verdict.DEGRADED, group="dma", at_most=1)
    wanted = Verdict.FAILED if failed > 2 else Verdict.DEGRADED
    assert of_chip(rules, [*BLOCKS[:failed], "dma"], []) is wanted


@given(Rules, Some, Some, st.sampled_from(BLOCKS))
def test_worse_is_never_better(rules: dict[str, Rule], failed: list[str], lessened: list[str], more: str) -> None:
    """One more block that is not well never makes the chip count as better, nor does the order matter."""
    before = of_chip(rules, failed, lessened)
    assert of_chip(rules, reversed(failed), reversed(lessened)) is before
    assert ORDER.index(of_chip(rules, {*failed, more}, lessened)) >= ORDER.index(before)
    assert ORDER.index(of_chip(rules, failed, {*lessened, more})) >= ORDER.index(before)
