"""What is done to a simulated chip in service beside faults on the way: a block loses its state, or its line rises."""

from __future__ import annotations

import random
from functools import lru_cache
from typing import TYPE_CHECKING, Protocol

from blocks.sim.faults.kinds import LocalReset, Upset
from registers.paths import instead, matching
from runtime.faults.site import Site
from runtime.faults.trial import CampaignError
from runtime.graph import Graph, graph_of

if TYPE_CHECKING:
    from blocks.chip import Chip
    from blocks.sim.chip import SimChip

ALARMED_MAX = (
    3  # blocks of a trial in which an interrupt is lost: after each disturbance comes a sweep, which costs reads
)


def disturbances(site: Site, seed: int, only: str = "*") -> list[str]:
    """Return what happens to blocks in recoveries: each upset that a type of block knows, and a reset of the block.

    Of each type one block, drawn by the seed, stands for all.

    Args:
        only: of blocks that this pattern names.

    Returns:
        `BLOCK.UPSET` of each, and `BLOCK.local_reset`.
    """
    blocks: dict[str, list[str]] = {}
    for name in matching(only, site.chip.instances):
        blocks.setdefault(site.chip.instances[name].type, []).append(name)
    drawn = [random.Random(f"{seed}/recovery/{of}").choice(sorted(names)) for of, names in blocks.items()]
    return [f"{block}.{name}" for block in drawn for name in (LocalReset.kind, *_upsets(site, block))]


def disturbance(site: Site, name: str) -> LocalReset | Upset:
    """Return what happens to a block in a recovery.

    Raises:
        CampaignError: there is no such block, or it knows no such upset.
    """
    block, _, upset = name.rpartition(".")
    instances = site.chip.instances
    if block not in instances:
        raise CampaignError(f"upset {name}: no block {block!r}{instead(block, instances)}; expected BLOCK.UPSET")
    if upset == LocalReset.kind:
        return LocalReset(block=block)
    if upset not in (known := _upsets(site, block)):
        raise CampaignError(f"upset {name}: expected of {block} {' or '.join((LocalReset.kind, *known))}")
    return Upset(block=block, name=upset)


def _upsets(site: Site, block: str) -> list[str]:
    assert site.sim is not None, "no simulated chip"
    return sorted(site.sim.model(block).upsets())


def alarms(site: Site, seed: int) -> list[LocalReset | Upset]:
    """Return what makes lines rise, so that interrupts can be lost: upsets and resets of blocks, drawn by the seed."""
    sim = site.sim
    assert sim is not None, "no simulated chip"
    found = [name for name, one in site.chip.instances.items() if one.line is not None and sim.model(name).upsets()]
    drawn = random.Random(f"{seed}/alarms").sample(found, min(ALARMED_MAX, len(found)))
    faults: list[LocalReset | Upset] = []
    for block in drawn:
        faults += [Upset(block=block, name=name) for name in sim.model(block).upsets()]
        faults.append(LocalReset(block=block))
    return faults


def stands(sim: SimChip, block: str) -> bool:
    """Say whether a block serves, and every field that its ladder looks at holds what it should."""
    model = sim.model(block)
    held = ((model.registers.field(path).value, value) for path, value in sim.intended(block).items())
    return model.in_service and all(value == wanted for value, wanted in held)


class OfChip(Protocol):
    """What is of one chip."""

    @property
    def chip(self) -> Chip:
        """That chip."""
        ...


def closure(site: OfChip, *blocks: str) -> set[str]:
    """Return what may be written when blocks fall: they, what needs them, and what is wired to any of those."""
    fallen = {*blocks, *_graph(site.chip).blocks_after(*blocks)}
    wired = {
        name
        for name, one in site.chip.instances.items()
        if any(str(value).rpartition(".")[0] in fallen for value in one.model.values())
    }
    return fallen | wired


@lru_cache(maxsize=4)
def _graph(chip: Chip) -> Graph:
    """Return the needs of a chip, which are asked for in many trials."""
    return graph_of(chip)
