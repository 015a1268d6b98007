"""A stack of memory and three of its channels: a chip made for their tests."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from blocks.chip import Chip, load_chip
from blocks.sim.chip import SimChip
from registers.compile import compile_rdl
from registers.image import pack
from runtime.climb import Plan

if TYPE_CHECKING:
    from tests.blocks.conftest import Controller, Hands, Wire

HERE = Path(__file__).parent
BLOCKS = HERE.parents[2] / "blocks"

Overrides = Mapping[str, Mapping[str, object]]
Powered = Callable[..., "Hands"]


@pytest.fixture(scope="session")
def memory(tmp_path_factory: pytest.TempPathFactory) -> Chip:
    """The chip, its register map compiled anew."""
    folder = tmp_path_factory.mktemp("memory")
    (folder / "memory.image").write_bytes(pack(compile_rdl(HERE / "memory.rdl", include=[BLOCKS])))
    return load_chip(Path(shutil.copy(HERE / "memory.toml", folder)))


@pytest.fixture(scope="session")
def rising(memory: Chip, bringing_up: Controller) -> Controller:
    """A controller that brings all of it up."""
    plans = {name: Plan(instance.block.up()) for name, instance in memory.instances.items()}
    return type(bringing_up)(plans, {name: instance.needs for name, instance in memory.instances.items()})


@pytest.fixture(scope="session")
def resting(memory: Chip, bringing_up: Controller) -> Controller:
    """A controller that lays down the channels, then the stack; clock and reset stay."""
    names = [name for name in memory.instances if name not in ("pll", "crg")]
    needs: dict[str, tuple[str, ...]] = {name: () for name in names}
    needs["hbm"] = tuple(name for name in names if name != "hbm")
    return type(bringing_up)({name: Plan(memory.instances[name].block.rest()) for name in names}, needs)


@pytest.fixture(scope="session")
def powered(memory: Chip, hands_on: type[Hands]) -> Powered:
    """Lay hands on the chip, just powered on, with parameters of models changed."""

    def make(overrides: Overrides | None = None, *, seed: int = 0) -> Hands:
        return hands_on(SimChip(memory, seed=seed, overrides=overrides))

    return make


@pytest.fixture
def still(powered: Powered) -> Hands:
    """The chip, just powered on."""
    return powered()


@pytest.fixture
def serving(powered: Powered, rising: Controller, wire_to: type[Wire]) -> Hands:
    """The chip in service."""
    hands = powered()
    rising.run(wire_to(hands.sim))
    return hands
