"""A block that is up and shows less than a full one: told, holding nothing up, and counted as the policy says."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
import trio
from attrs import evolve

from blocks.chip import Rule, Verdict
from blocks.ladder import Ladder, Rung
from runtime.bringup import bring_up, status
from runtime.clock import VirtualClock
from runtime.fault import Cause
from runtime.summary import State, Summary

Make = Callable[..., Any]
WIDTH = 9  # the word of a toy that tells how wide its link came up


def toy(toy_chips: Make, width: int, rule: Rule | None) -> Any:
    """Return a chip whose block `link` has a width, and `user` needs it."""
    made = toy_chips({"link": (), "user": ("link",)})
    link = made.blocks["link"]
    word = link.regs.at(f"W[{WIDTH}]")
    link.whole = Ladder(Rung("wide", holds=[word.check(v=16)], within=1e-3))
    made.device.words[made.address("link", WIDTH)] = width
    policy = {} if rule is None else {"link": rule}
    made.chip = evolve(made.chip, policy=policy)
    return made


def brought_up(made: Any) -> Summary:
    summary: Summary = trio.run(partial(bring_up, made.chip, made.transport), clock=VirtualClock())
    return summary


RULES = [
    (None, "degraded", "degraded"),
    (Rule(degraded=Verdict.UP), "up", "up"),
    (Rule(degraded=Verdict.DEGRADED), "degraded", "degraded"),
    (Rule(degraded=Verdict.FAILED), "failed", ""),
]


@pytest.mark.parametrize(("rule", "verdict", "counts_as"), RULES)
def test_a_lessened_block_is_told_and_holds_nothing_up(
    toy_chips: Make, rule: Rule | None, verdict: str, counts_as: str
) -> None:
    """What is not full is named with register, wanted and last; its user comes up; the policy decides the verdict."""
    summary = brought_up(toy(toy_chips, 8, rule))
    assert (summary.verdict, summary.well) == (verdict, verdict == "up")
    assert summary.waiting == ()
    if counts_as:
        assert summary.up == ("link", "user")
        (told,) = summary.lessened
        assert (told.block, told.rung, told.register, told.counts_as) == ("link", "wide", f"W[{WIDTH}]", counts_as)
        assert ("0x10" in told.wanted, "0x8" in told.last) == (True, True)
    else:
        assert summary.up == ("user",)
        (fault,) = summary.failed
        assert (fault.block, fault.rung, fault.cause) == ("link", "wide", Cause.LESSENED)
        assert (fault.register, "0x10" in fault.wanted, "0x8" in fault.last) == (f"W[{WIDTH}]", True, True)


@pytest.mark.parametrize("rule", [rule for rule, _, _ in RULES])
def test_a_full_block_is_up_whatever_the_policy(toy_chips: Make, rule: Rule | None) -> None:
    """Policy speaks of what is not well, and of nothing else."""
    summary = brought_up(toy(toy_chips, 16, rule))
    assert (summary.verdict, summary.up, summary.lessened, summary.failed) == ("up", ("link", "user"), (), ())
    assert summary.well


@pytest.mark.parametrize(("rule", "verdict", "_counts_as"), RULES)
def test_a_look_tells_the_same(toy_chips: Make, rule: Rule | None, verdict: str, _counts_as: str) -> None:
    """Status says of a lessened block what bring-up says, with a second bring-up and the look writing nothing."""
    made = toy(toy_chips, 8, rule)
    brought_up(made)
    assert brought_up(made).writes == 0
    found = trio.run(partial(status, made.chip, made.transport), clock=VirtualClock())
    assert {v.block: v.state for v in found.verdicts} == {"link": State(verdict), "user": State.UP}
    assert found.writes == 0


def test_a_failure_that_the_policy_allows_degrades_the_chip(toy_chips: Make) -> None:
    """A block that fails, and what waits for it, count by their own rules."""
    rule = Rule(failed=Verdict.DEGRADED, group="g", at_most=2)
    made = toy_chips({"a": (), "b": ("a",), "c": ()}, {"a": _stuck})
    for policy, verdict in [({}, "failed"), ({"a": rule}, "failed"), ({"a": rule, "b": rule}, "degraded")]:
        chip = evolve(made.chip, policy=policy)
        summary: Summary = trio.run(partial(bring_up, chip, made.transport), clock=VirtualClock())
        assert (summary.verdict, summary.well) == (verdict, False)
        assert ([f.block for f in summary.failed], [w.block for w in summary.waiting]) == (["a"], ["b"])


def _stuck(regs: Any) -> Ladder:
    return Ladder(Rung("stuck", holds=[regs.at("W[3]").check(v=9)], within=1e-3))
