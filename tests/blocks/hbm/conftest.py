"""A stack of memory and three of its channels: a chip made for their tests."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import attrs
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

Overrides = Mapping[str, Mapping[str, object]]
CHANNELS = ("channel[0]", "channel[1]", "channel[2]")


class Powered(Protocol):
    """Lays hands on the chip, just powered on, with parameters of models changed."""

    def __call__(self, overrides: Overrides | None = None, *, seed: int = 0) -> Hands: ...


class Climber(Protocol):
    """Makes a controller that climbs one ladder of some blocks; what they need beside each other stands."""

    def __call__(self, ladder: Callable[[Any], Ladder], *names: str) -> Controller: ...


@pytest.fixture(scope="session")
def memory(tmp_path_factory: pytest.TempPathFactory) -> Chip:
    """The chip, its register map compiled anew."""
    folder = tmp_path_factory.mktemp("memory")
    (folder / "memory.image").write_bytes(pack(compile_rdl(HERE / "memory.rdl", include=[BLOCKS])))
    return load_chip(Path(shutil.copy(HERE / "memory.toml", folder)))


@pytest.fixture(scope="session")
def climber(memory: Chip, bringing_up: Controller) -> Climber:
    """Make a controller that climbs one ladder of some blocks; what they need beside each other stands."""

    def make(ladder: Callable[[Any], Ladder], *names: str) -> Controller:
        plans = {name: Plan(ladder(memory.instances[name].block)) for name in names}
        needs = {name: tuple(need for need in memory.instances[name].needs if need in plans) for name in plans}
        return type(bringing_up)(plans, needs)

    return make


@pytest.fixture(scope="session")
def rising(memory: Chip, climber: Climber) -> Controller:
    """A controller that brings all of it up."""
    return climber(lambda block: block.up(), *memory.instances)


@pytest.fixture(scope="session")
def resting(climber: Climber) -> Controller:
    """A controller that lays down the channels, then the stack; clock and reset stay."""
    made = climber(lambda block: block.rest(), *CHANNELS, "hbm")
    return attrs.evolve(made, needs={**dict.fromkeys(CHANNELS, ()), "hbm": CHANNELS})


@pytest.fixture(scope="session")
def powered(memory: Chip, hands_on: type[Hands]) -> Powered:
    """Lay hands on the chip, just powered on, with parameters of models changed."""

    def make(overrides: Overrides | None = None, *, seed: int = 0) -> Hands:
        return hands_on(SimChip(memory, seed=seed, overrides=overrides))

    return make


@pytest.fixture
def clocked(powered: Powered, climber: Climber, wire_to: type[Wire]) -> Hands:
    """The chip with its clock and its resets up, and nothing else touched."""
    hands = powered()
    climber(lambda block: block.up(), "pll", "crg").run(wire_to(hands.sim))
    return hands


@pytest.fixture
def stacked(clocked: Hands, climber: Climber, wire_to: type[Wire]) -> Hands:
    """The chip with the stack up, and no channel touched."""
    climber(lambda block: block.up(), "hbm").run(wire_to(clocked.sim))
    return clocked


@pytest.fixture
def serving(powered: Powered, rising: Controller, wire_to: type[Wire]) -> Hands:
    """The chip in service."""
    hands = powered()
    rising.run(wire_to(hands.sim))
    return hands
