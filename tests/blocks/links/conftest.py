"""A PCIe endpoint and both ends of a UCIe link: a chip made for their tests."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from attrs import define

from blocks.chip import Chip, load_chip
from blocks.ladder import Ladder
from blocks.sim.chip import SimChip
from registers.compile import compile_rdl
from registers.image import pack
from runtime.climb import Climbed, Plan
from runtime.fault import Fault

if TYPE_CHECKING:
    from tests.blocks.conftest import Controller, Hands, Wire

HERE = Path(__file__).parent
BLOCKS = HERE.parents[2] / "blocks"

Outcomes = Mapping[str, Climbed | Fault]


@define(eq=False)
class Links:
    """Climbs ladders of the chip's blocks, which need nobody, all at once."""

    chip: Chip
    controller: type[Controller]
    wire: type[Wire]

    def up(self, sim: SimChip, names: Iterable[str], limit: float = inf) -> Wire:
        """Bring blocks up, none of which may fail; return the wire that it took, cut after `limit` accesses.

        Raises:
            DeviceLost: the wire was cut.
        """
        wire = self.wire(sim, limit)
        outcomes = self.climb(wire, {name: self.chip.instances[name].block.up() for name in names})
        assert [fault for fault in outcomes.values() if isinstance(fault, Fault)] == []
        assert sim.violations == []
        return wire

    def rest(self, sim: SimChip, names: Iterable[str], limit: float = inf) -> Wire:
        """Lay blocks down; as `up`."""
        wire = self.wire(sim, limit)
        outcomes = self.climb(wire, {name: self.chip.instances[name].block.rest() for name in names})
        assert [fault for fault in outcomes.values() if isinstance(fault, Fault)] == []
        assert sim.violations == []
        return wire

    def faults(self, sim: SimChip, names: Iterable[str]) -> dict[str, Fault]:
        """Bring blocks up, and return the faults of those that fail."""
        outcomes = self.climb(self.wire(sim), {name: self.chip.instances[name].block.up() for name in names})
        return {name: fault for name, fault in outcomes.items() if isinstance(fault, Fault)}

    def lacks(self, sim: SimChip, name: str) -> tuple[str, str, str] | None:
        """Return (rung, wanted, last) of the lowest rung of `full` that does not hold."""
        fault = self.climb(self.wire(sim), {name: self.chip.instances[name].block.full()})[name]
        return (fault.rung, fault.wanted, fault.last) if isinstance(fault, Fault) else None

    def climb(self, wire: Wire, ladders: Mapping[str, Ladder]) -> Outcomes:
        """Climb; blocks that fail do not stop the others."""
        plans = {name: Plan(ladder) for name, ladder in ladders.items()}
        return self.controller(plans, dict.fromkeys(plans, ())).run(wire)


@pytest.fixture(scope="session")
def links(tmp_path_factory: pytest.TempPathFactory, bringing_up: Controller, wire_to: type[Wire]) -> Links:
    """The chip, its register map compiled anew."""
    folder = tmp_path_factory.mktemp("links")
    (folder / "links.image").write_bytes(pack(compile_rdl(HERE / "links.rdl", include=[BLOCKS])))
    chip = load_chip(Path(shutil.copy(HERE / "links.toml", folder)))
    return Links(chip, type(bringing_up), wire_to)


@pytest.fixture
def idle(links: Links, hands_on: type[Hands]) -> Hands:
    """The chip, just powered on."""
    return hands_on(SimChip(links.chip))
