"""Atlas in service, and resets behind its back: chip, cluster, interrupt controller; and a link that drops."""

from __future__ import annotations

import pytest

from blocks.sim.faults import ChipReset, ClusterReset, Fault, LinkDown, LocalReset, Upset
from blocks.sim.faults.kinds import Answer
from runtime.incident import What
from tests.chips.atlas_service import CHIP, SWEEP_S, Live, closure, run, serving

SEED = 6
EVERYBODY = frozenset(CHIP.instances)
BACK_S = 2 * SWEEP_S + 1.0  # to notice, to find the chip again with tries up to 1 s apart, to bring all up
HEARD_S = 1e-3  # an interrupt is heard at once; the sweep would come later
CONTROLLERS = ("die[0].hub", "die[1].aggregator[0]", "die[0].aggregator[6]", "die[1].aggregator[10]")
BEHIND = {  # of each controller a block that tells it, and what it will tell
    "die[0].hub": Upset(block="die[0].engine[1][2]", name="brownout"),
    "die[1].aggregator[0]": Upset(block="die[1].refpll", name="lock_lost"),
    "die[0].aggregator[6]": Upset(block="die[0].engine[0][3]", name="brownout"),
    "die[1].aggregator[10]": Upset(block="die[1].pcie[0]", name="link_down"),
}


def test_a_chip_that_was_reset_is_brought_up_again() -> None:
    """A reset of the whole chip under the service is found by looking: all is up again, and no rule was broken."""

    async def main() -> None:
        async with serving(SEED) as live:
            felt = await live.struck((0.0, ChipReset()))
            assert felt.wrong(EVERYBODY) == [], f"seed {SEED}"
            assert felt.noticed_after_s <= SWEEP_S
            assert {write.block for write in felt.writes} == EVERYBODY

    run(main, SEED)


def test_a_cluster_that_was_reset_is_brought_up_again() -> None:
    """All that a generator resets is up again; what stands on it and was not reset is not written to needlessly."""

    async def main() -> None:
        async with serving(SEED) as live:
            for block in ("die[0].compute_crg[2]", "die[1].hbm_crg[1]", "die[0].noc_crg"):
                felt = await live.struck((0.0, ClusterReset(block=block)))
                assert felt.wrong(closure(block)) == [], f"{block}, seed {SEED}"
                assert felt.noticed_after_s <= SWEEP_S, f"{block}, seed {SEED}"

    run(main, SEED)


@pytest.mark.parametrize("controllers", [CONTROLLERS[:2], CONTROLLERS[2:]], ids=["hub", "leaf"])
def test_a_controller_that_was_reset_hears_again(controllers: tuple[str, ...]) -> None:
    """A controller alone is reset: enables and masks are restored; the next interrupt behind it is heard at once."""

    async def main() -> None:
        async with serving(SEED) as live:
            for name in controllers:
                before = masks(live, name)
                felt = await live.struck((0.0, LocalReset(block=name)))
                assert felt.wrong({name}) == [], f"{name}, seed {SEED}"
                assert masks(live, name) == before
                upset = BEHIND[name]
                felt = await live.struck((0.3, upset))
                assert felt.wrong(closure(upset.block)) == [], f"{upset}, seed {SEED}"
                assert felt.noticed_after_s - 0.3 <= HEARD_S, f"{upset}, seed {SEED}"

    run(main, SEED)


def masks(live: Live, name: str) -> tuple[int, int]:
    """Return what a controller lets through, and what of it is masked."""
    registers = live.sim.model(name).registers
    return registers.field("ENABLE.sources").value, registers.field("MASK_SET.sources").value


LINKS = [
    pytest.param([(0.0, LinkDown(for_s=0.7, answer=answer)), *more], id=f"{answer.value}{'-and-reset' * bool(more)}")
    for answer in Answer
    for more in ([], [(0.35, ChipReset())])
]


@pytest.mark.parametrize("faults", LINKS)
def test_a_link_that_comes_back_is_no_incident_of_any_block(faults: list[tuple[float, Fault]]) -> None:
    """The link drops and returns: not one write if the chip went on meanwhile; if it was reset, all is brought up."""

    async def main() -> None:
        async with serving(SEED) as live:
            felt = await live.struck(*faults, for_s=BACK_S)
            was_reset = len(faults) > 1
            assert felt.wrong(EVERYBODY if was_reset else ()) == [], f"seed {SEED}"
            told = {event.what for event in felt.events}
            assert {What.LINK_LOST, What.LINK_BACK} <= told
            if was_reset:
                assert {write.block for write in felt.writes} == EVERYBODY
            else:
                assert (felt.writes, felt.lost, felt.corrupt) == ((), 0, 0)

    run(main, SEED)
