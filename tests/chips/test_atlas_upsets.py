"""Atlas in service, and each thing that may happen to one block of each type: it recovers, and nobody else notices."""

from __future__ import annotations

from random import Random

import pytest

from blocks.sim.chip import SimChip
from blocks.sim.faults import LocalReset, Upset
from tests.chips.atlas_service import CHIP, SWEEP_S, closure, run, serving

SEED = 5
GROUPS = (
    ("pll", "crg", "sensor", "fuse", "mailbox", "aggregator"),
    ("router", "pcie", "ucie"),
    ("hbm_stack", "hbm_channel", "engine", "dma"),
)
SIM = SimChip(CHIP)  # to ask for the names of upsets


def happens(kind: str) -> list[Upset | LocalReset]:
    """Return all that may happen to one block of a type, which the seed chooses: its upsets, and its own reset."""
    block = Random(f"{SEED} {kind}").choice([i.name for i in CHIP.instances.values() if i.type == kind])
    return [*(Upset(block=block, name=name) for name in SIM.model(block).upsets()), LocalReset(block=block)]


@pytest.mark.parametrize("kinds", GROUPS, ids=lambda kinds: kinds[0])
def test_what_happens_to_one_block_is_its_own_affair(kinds: tuple[str, ...]) -> None:
    """Each upset, and a reset of the block: noticed within a sweep, recovered, no rule broken, no other written to."""

    async def main() -> None:
        async with serving(SEED) as live:
            for kind in kinds:
                for fault in happens(kind):
                    felt = await live.struck((0.0, fault))
                    assert felt.wrong(closure(fault.block)) == [], f"{fault}, seed {SEED}"
                    assert felt.noticed_after_s <= SWEEP_S, f"{fault}, seed {SEED}"

    run(main, SEED)


def test_no_type_of_block_is_left_out() -> None:
    """Every type that atlas has stands in a group above, once."""
    kinds = [kind for group in GROUPS for kind in group]
    assert sorted(kinds) == sorted({instance.type for instance in CHIP.instances.values()})
