"""Two compute engines and the fuses of their die: a chip made for their tests."""

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


class Powered(Protocol):
    """Lays hands on the chip with its clock and resets up, and parameters of models changed."""

    def __call__(self, overrides: Overrides | None = None, *, seed: int = 0) -> Hands: ...


class Climber(Protocol):
    """Makes a controller that climbs one ladder of some blocks, with other configuration where given."""

    def __call__(self, ladder: Callable[[Any], Ladder], *names: str, **config: object) -> Controller: ...


@pytest.fixture(scope="session")
def part(tmp_path_factory: pytest.TempPathFactory) -> Chip:
    """The chip, its register map compiled anew."""
    folder = tmp_path_factory.mktemp("part")
    (folder / "part.image").write_bytes(pack(compile_rdl(HERE / "part.rdl", include=[BLOCKS])))
    return load_chip(Path(shutil.copy(HERE / "part.toml", folder)))


@pytest.fixture(scope="session")
def climber(part: Chip, bringing_up: Controller) -> Climber:
    """Make a controller that climbs one ladder of some blocks; what they need beside each other stands."""

    def make(ladder: Callable[[Any], Ladder], *names: str, **config: object) -> Controller:
        plans: dict[str, Plan] = {}
        for name in names:
            block = part.instances[name].block
            given = attrs.evolve(block.config, **config) if config else block.config
            plans[name] = Plan(ladder(type(block)(name, block.regs, given)))
        needs = {name: tuple(need for need in part.instances[name].needs if need in plans) for name in plans}
        return type(bringing_up)(plans, needs)

    return make


@pytest.fixture(scope="session")
def rising(part: Chip, climber: Climber) -> Controller:
    """A controller that brings all of it up."""
    return climber(lambda block: block.up(), *part.instances)


@pytest.fixture(scope="session")
def powered(part: Chip, climber: Climber, hands_on: type[Hands], wire_to: type[Wire]) -> Powered:
    """Lay hands on the chip with its clock and resets up, and nothing else touched."""

    def make(overrides: Overrides | None = None, *, seed: int = 0) -> Hands:
        hands = hands_on(SimChip(part, seed=seed, overrides=overrides))
        climber(lambda block: block.up(), "pll", "crg").run(wire_to(hands.sim))
        return hands

    return make


@pytest.fixture
def serving(powered: Powered, rising: Controller, wire_to: type[Wire]) -> Hands:
    """The chip in service."""
    hands = powered()
    rising.run(wire_to(hands.sim))
    return hands
