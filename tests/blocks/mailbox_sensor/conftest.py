"""Mailboxes and sensors on one clock and reset: a chip made for their tests."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

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
    """Lays hands on the chip, its clock and reset up, with parameters of models changed."""

    def __call__(self, overrides: Overrides | None = None, *, seed: int = 0) -> Hands: ...


class Climber(Protocol):
    """Makes a controller that climbs one ladder of some blocks; what they need beside each other stands."""

    def __call__(self, ladder: Callable[[Any], Ladder], *names: str) -> Controller: ...


@pytest.fixture(scope="session")
def mail(tmp_path_factory: pytest.TempPathFactory) -> Chip:
    """The chip, its register map compiled anew."""
    folder = tmp_path_factory.mktemp("mail")
    (folder / "mail.image").write_bytes(pack(compile_rdl(HERE / "mail.rdl", include=[BLOCKS])))
    return load_chip(Path(shutil.copy(HERE / "mail.toml", folder)))


@pytest.fixture(scope="session")
def climber(mail: Chip, bringing_up: Controller) -> Climber:
    """Make a controller that climbs one ladder of some blocks; what they need beside each other stands."""

    def make(ladder: Callable[[Any], Ladder], *names: str) -> Controller:
        plans = {name: Plan(ladder(mail.instances[name].block)) for name in names}
        needs = {name: tuple(need for need in mail.instances[name].needs if need in plans) for name in plans}
        return type(bringing_up)(plans, needs)

    return make


@pytest.fixture(scope="session")
def rising(mail: Chip, climber: Climber) -> Controller:
    """A controller that brings all of it up."""
    return climber(lambda block: block.up(), *mail.instances)


@pytest.fixture(scope="session")
def powered(mail: Chip, hands_on: type[Hands], climber: Climber, wire_to: type[Wire]) -> Powered:
    """Lay hands on the chip, its clock and reset up and nothing else touched, with parameters of models changed."""

    def make(overrides: Overrides | None = None, *, seed: int = 0) -> Hands:
        hands = hands_on(SimChip(mail, seed=seed, overrides=overrides))
        climber(lambda block: block.up(), "pll", "crg").run(wire_to(hands.sim))
        return hands

    return make


@pytest.fixture
def clocked(powered: Powered) -> Hands:
    """The chip with its clock and reset up, and nothing else touched."""
    return powered()


@pytest.fixture
def serving(powered: Powered, rising: Controller, wire_to: type[Wire]) -> Hands:
    """The chip in service."""
    hands = powered()
    rising.run(wire_to(hands.sim))
    return hands
