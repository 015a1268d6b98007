"""Interrupt aggregators in whole: they come up, stay up at no cost, report what rises, and come up from wherever."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from blocks.sim.chip import SimChip
from runtime.climb import Climbed

if TYPE_CHECKING:
    from blocks.chip import Chip
    from blocks.ladder import Ladder
    from tests.blocks.conftest import Controller, Wire

    Climber = Callable[[Callable[[Any], Ladder], Iterable[str]], Controller]

BLOCKS = Path(__file__).parents[3] / "blocks"
ALL = ("leaf[0]", "leaf[1]", "leaf[2]", "hub")
LINE = 7  # of the target: the hub's


def expect_up(sim: SimChip, names: Iterable[str], outcomes: dict[str, Any]) -> None:
    """Expect that every block climbed to its top and serves, and that no rule was broken."""
    assert {name: type(outcomes[name]) for name in names} == dict.fromkeys(names, Climbed), outcomes
    assert sim.violations == []
    assert [name for name in names if not sim.model(name).in_service] == []


@pytest.mark.parametrize("seed", range(8))
def test_it_comes_up_and_a_second_climb_writes_nothing(
    tree: Chip, rising: Controller, wire_to: type[Wire], seed: int
) -> None:
    """Whatever the latencies, all blocks come up and no rule is broken; then a climb only reads, and takes no time."""
    sim = SimChip(tree, seed=seed)
    assert not any(sim.model(name).serves for name in ALL)
    expect_up(sim, tree.instances, rising.run(wire_to(sim)))
    came_up_s = sim.now_s
    again = wire_to(sim)
    expect_up(sim, tree.instances, rising.run(again))
    assert (again.writes, sim.now_s) == (0, came_up_s)
    assert sim.raised == frozenset()
    assert all(sim.model(name).registers.field("EVENTS[0].count").value == 0 for name in ALL)
