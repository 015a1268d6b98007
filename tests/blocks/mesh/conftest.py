"""Four routers and two DMA engines: a chip made for their tests."""

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
def mesh(tmp_path_factory: pytest.TempPathFactory) -> Chip:
    """The chip, its register map compiled anew."""
    folder = tmp_path_factory.mktemp("mesh")
    (folder / "mesh.image").write_bytes(pack(compile_rdl(HERE / "mesh.rdl", include=[BLOCKS])))
    return load_chip(Path(shutil.copy(HERE / "mesh.toml", folder)))


@pytest.fixture(scope="session")
def climber(mesh: Chip, bringing_up: Controller) -> Climber:
    """Make a controller that climbs one ladder of some blocks, which need nobody."""

    def make(ladder: Callable[[Any], Ladder], names: Iterable[str]) -> Controller:
        plans = {name: Plan(ladder(mesh.instances[name].block)) for name in names}
        return type(bringing_up)(plans, dict.fromkeys(plans, ()))

    return make


@pytest.fixture(scope="session")
def rising(mesh: Chip, climber: Climber) -> Controller:
    """A controller that brings all of it up."""
    return climber(lambda block: block.up(), mesh.instances)


@pytest.fixture
def idle_mesh(mesh: Chip, hands_on: type[Hands]) -> Hands:
    """The chip, just powered on."""
    return hands_on(SimChip(mesh))


@pytest.fixture
def live_mesh(mesh: Chip, rising: Controller, hands_on: type[Hands], wire_to: type[Wire]) -> Hands:
    """The chip in service."""
    hands = hands_on(SimChip(mesh))
    rising.run(wire_to(hands.sim))
    return hands
