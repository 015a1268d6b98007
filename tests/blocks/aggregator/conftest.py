"""Three interrupt aggregators and a hub, with PLLs and crgs behind them: a chip for their tests."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from blocks.chip import Chip, load_chip
from blocks.ladder import Ladder
from blocks.sim.chip import SimChip
from registers.compile import compile_rdl
from registers.image import pack
from runtime.climb import Plan

if TYPE_CHECKING:
    from tests.blocks.conftest import Controller, Hands, Wire

HERE = Path(__file__).parent
BLOCKS = HERE.parents[2] / "blocks"

Climber = Callable[[Callable[[Any], Ladder], Iterable[str]], "Controller"]


@pytest.fixture(scope="session")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Chip:
    """The chip, its register map compiled anew."""
    folder = tmp_path_factory.mktemp("tree")
    (folder / "tree.image").write_bytes(pack(compile_rdl(HERE / "tree.rdl", include=[BLOCKS])))
    return load_chip(Path(shutil.copy(HERE / "tree.toml", folder)))


@pytest.fixture(scope="session")
def climber(tree: Chip, bringing_up: Controller) -> Climber:
    """Make a controller that climbs one ladder of some blocks; what they need among others is not awaited."""

    def make(ladder: Callable[[Any], Ladder], names: Iterable[str]) -> Controller:
        chosen = tuple(names)
        plans = {name: Plan(ladder(tree.instances[name].block)) for name in chosen}
        needs = {name: tuple(need for need in tree.instances[name].needs if need in chosen) for name in chosen}
        return type(bringing_up)(plans, needs)

    return make


@pytest.fixture(scope="session")
def rising(tree: Chip, climber: Climber) -> Controller:
    """A controller that brings all of it up."""
    return climber(lambda block: block.up(), tree.instances)


@pytest.fixture
def idle_tree(tree: Chip, climber: Climber, wire_to: type[Wire], hands_on: type[Hands]) -> Hands:
    """The chip with its aggregators answering, and as they were made."""
    hands = hands_on(SimChip(tree))
    clocked = [name for name, instance in tree.instances.items() if instance.type != "aggregator" and name != "far"]
    climber(lambda block: block.up(), clocked).run(wire_to(hands.sim))
    assert hands.broken == []
    return hands


@pytest.fixture
def live_tree(tree: Chip, rising: Controller, hands_on: type[Hands], wire_to: type[Wire]) -> Hands:
    """The chip in service."""
    hands = hands_on(SimChip(tree))
    rising.run(wire_to(hands.sim))
    return hands
