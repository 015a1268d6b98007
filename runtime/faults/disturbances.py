"""What is done to a simulated chip in service beside faults on the way: a block loses its state, or its line rises."""

from __future__ import annotations

import random

from blocks.sim.faults.kinds import LocalReset, Upset
from runtime.faults.site import Site
from runtime.graph import graph_of

ALARMED_MAX = (
    3  # blocks of a trial in which an interrupt is lost: after each disturbance comes a sweep, which costs reads
)


def disturbance(site: Site, seed: int) -> LocalReset | Upset:
    """Return what happens to a block in a recovery, both drawn by the seed."""
    sim = site.sim
    assert sim is not None, "no simulated chip"
    draw = random.Random(f"{seed}/recovery")
    block = draw.choice(list(site.chip.instances))
    found: list[LocalReset | Upset] = [LocalReset(block=block)]
    found += [Upset(block=block, name=name) for name in sim.model(block).upsets()]
    return draw.choice(found)


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


def closure(site: Site, *blocks: str) -> set[str]:
    """Return what may be written when blocks fall: they, what needs them, and what is wired to any of those."""
    fallen = {*blocks, *graph_of(site.chip).blocks_after(*blocks)}
    wired = {
        name
        for name, one in site.chip.instances.items()
        if any(str(value).rpartition(".")[0] in fallen for value in one.model.values())
    }
    return fallen | wired
