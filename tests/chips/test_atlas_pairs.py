"""Atlas in service, and two things that go wrong at once: pairs of upsets, resets and lost links, drawn from seeds."""

from __future__ import annotations

from random import Random

import pytest

from blocks.sim.chip import SimChip
from blocks.sim.faults import ChipReset, ClusterReset, Fault, LinkDown, LocalReset, Upset
from blocks.sim.faults.kinds import Answer, BlockFault
from tests.chips.atlas_service import CHIP, SWEEP_S, closure, run, serving

PAIRS = 6  # of each seed
BACK_S = 2 * SWEEP_S + 1.0  # to notice, to find a chip again with tries up to 1 s apart, to bring all up
APART_S = (0.0, 20e-6, 1e-3, 10e-3, 30e-3, 0.5)  # so the second comes while the first is mended, or not noticed yet
GENERATORS = sorted(i.name for i in CHIP.instances.values() if i.type == "crg")
TYPES = sorted({instance.type for instance in CHIP.instances.values()})
SIM = SimChip(CHIP)  # to ask for the names of upsets


def drawn(random: Random) -> Fault:
    """Return something that goes wrong: with a block of some type as a rule, else with more than one."""
    match random.randrange(10):
        case 0:
            return LinkDown(for_s=random.uniform(0.01, 0.5), answer=random.choice([*Answer]))
        case 1:
            return ChipReset()
        case 2:
            return ClusterReset(block=random.choice(GENERATORS))
        case _:
            kind = random.choice(TYPES)
            block = random.choice([i.name for i in CHIP.instances.values() if i.type == kind])
            name = random.choice(["", *SIM.model(block).upsets()])
            return Upset(block=block, name=name) if name else LocalReset(block=block)


def reach(fault: Fault) -> set[str]:
    """Return the blocks that may be written to when it strikes."""
    if isinstance(fault, BlockFault):
        return closure(fault.block)
    return set(CHIP.instances) if isinstance(fault, ChipReset) else set()


@pytest.mark.parametrize("seed", [0, 1, 2, 20])  # of 20: a reset of the chip in the middle of climbs
def test_two_at_once_are_recovered(seed: int) -> None:
    """Whatever strikes while another is mended: all is in service again, no rule broken, nobody else written to."""
    random = Random(seed)

    async def main() -> None:
        async with serving(seed) as live:
            for number in range(PAIRS):
                pair = [(0.0, drawn(random)), (random.choice(APART_S), drawn(random))]
                felt = await live.struck(*pair, for_s=BACK_S)
                allowed = reach(pair[0][1]) | reach(pair[1][1])
                assert felt.wrong(allowed) == [], f"{pair}, number {number} of seed {seed}"

    run(main, seed)
