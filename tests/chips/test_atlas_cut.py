"""Atlas, and controllers whose wire is cut in mid bring-up, at an access that a seed names: in virtual time.

On one chip fifteen controllers are cut one after another, each further on, and the last one finishes: the cuts lie all
over the bring-up, and cost little more than one bring-up together.
"""

from __future__ import annotations

from bisect import bisect_right
from itertools import pairwise
from math import inf
from random import Random

import pytest
from attrs import frozen

from blocks.chip import load_chip
from blocks.sim import SimTransport
from blocks.sim.chip import SimChip
from runtime import determinism
from runtime.bringup import bring_up
from runtime.clock import VirtualClock
from runtime.summary import IN_SERVICE, Progress, Summary
from transports.errors import DeviceLost

CHIP = load_chip("atlas")
CHIPS = 2  # simulated, each with a seed of its own
CUTS = 15  # of each: so 30 in all
WRITES = 11_000  # of a whole bring-up at least; what was half done and is begun anew comes on top
MORE = 40  # accesses after the last write that a wire may still carry

PLACES = sorted((instance.address, name) for name, instance in CHIP.instances.items())
STARTS = [address for address, _ in PLACES]


class Wire(SimTransport):
    """A connection that is cut `more` accesses after so many writes, wherever in a batch that is.

    Attributes:
        written: blocks that were written to.
    """

    def __init__(self, chip: SimChip, writes: float, more: int) -> None:
        super().__init__(chip)
        self.writes_left = writes
        self.more = more
        self.written: set[str] = set()
        self.read, self.write = self._carry_read, self._carry_write

    def _carry_read(self, address: int, width: int) -> int:
        self._pass()
        return self.chip.read(address, width)

    def _carry_write(self, address: int, value: int, width: int, strobes: int | None) -> None:
        self._pass()
        self.writes_left -= 1
        self.written.add(PLACES[bisect_right(STARTS, address) - 1][1])
        self.chip.write(address, value, width, strobes)

    def _pass(self) -> None:
        if self.writes_left <= 0:
            if not self.more:
                raise DeviceLost("the wire was cut")
            self.more -= 1


@frozen
class Life:
    """One controller from its start to its end, or its cut.

    Attributes:
        up: blocks that it saw up.
        written: blocks that it wrote to.
    """

    summary: Summary
    up: frozenset[str]
    written: frozenset[str]


def lived(sim: SimChip, seed: int, writes: float = inf, more: int = 0) -> Life:
    """Bring the chip up over a connection of its own, which may be cut."""
    up: set[str] = set()

    def watch(progress: Progress) -> None:
        if progress.state in IN_SERVICE:
            up.add(progress.block)

    async def main() -> Life:
        wire = Wire(sim, writes, more)
        summary = await bring_up(CHIP, wire, seed=seed, on_event=watch)
        await wire.aclose()
        return Life(summary, frozenset(up), frozenset(wire.written))

    return determinism.run(main, seed=seed, clock=VirtualClock())


@pytest.mark.parametrize("seed", range(CHIPS))
def test_what_a_cut_wire_leaves_the_next_controller_finishes(seed: int) -> None:
    """After each of 15 cuts the next one goes on, writes to no block that was up, and the last has all up."""
    sim = SimChip(CHIP, seed=seed, workload=True)
    random = Random(seed)
    moments = sorted(random.sample(range(WRITES), CUTS))
    up: frozenset[str] = frozenset()
    for begin, end in pairwise([0, *moments]):
        more = random.randrange(MORE)
        life = lived(sim, random.randrange(1000), end - begin, more)
        where = f"seed {seed}, cut {more} accesses after write {end}"
        assert (life.summary.lost is None, life.summary.failed) == (False, ()), where
        assert not life.written & up, where
        up |= life.up
        assert len(up) < len(CHIP.instances), where
    last = lived(sim, seed)
    assert last.summary.well, f"seed {seed}: {last.summary}"
    assert not last.written & up
    assert lived(sim, seed).written == frozenset()
    assert sim.violations == []
    assert sim.traffic["lost"] == sim.traffic["corrupt"] == 0
