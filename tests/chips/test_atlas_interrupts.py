"""Atlas in service, and interrupts that do not come, come for nothing, or without end: nobody depends on one."""

from __future__ import annotations

from random import Random

import pytest
import trio

from blocks.sim.chip import SimChip
from blocks.sim.faults import InterruptLost, InterruptSpurious, InterruptStorm, Upset
from tests.chips.atlas_service import CHIP, CLIMB_S, SWEEP_S, Live, SlowTransport, closure, run, serving

SEED = 7
HUBS = ("die[0].hub", "die[1].hub")
SIM = SimChip(CHIP)  # to ask for the names of upsets
UPSETS = [(i.name, name) for i in CHIP.instances.values() for name in SIM.model(i.name).upsets()]
TYPES = sorted({CHIP.instances[block].type for block, _ in UPSETS})

UPSET = 24
APART_S = 1.3  # longer than a sweep's period and a climb: one is over before the next
EPSILON_S = 1e-9  # sums of times are not exact
HEARD_S = 5e-3  # an interrupt that is heard is served by then, also that of a watchdog

SPURIOUS = {"die[1].hub": 4000, "die[0].aggregator[6]": 3000, "die[0].sensor[2]": 3000}

STORM_S = 50e-3
NO_SWEEP_S = 20.0  # none comes before a storm is over
STORM_ON = ("die[0].sensor[2]", "die[0].aggregator[2]", "die[0].pcie[0]")  # behind a leaf, a leaf itself, at the hub
QUIET = [  # other blocks: in that cluster, in others of the die, on the other die
    Upset(block="die[0].channel[0][3]", name="lock_lost"),
    Upset(block="die[0].engine[0][2]", name="brownout"),
    Upset(block="die[1].pcie[1]", name="hot_reset"),
    Upset(block="die[0].channel[2][3]", name="lock_lost"),
    Upset(block="die[0].channel[0][3]", name="lock_lost"),
]


def drawn(random: Random) -> Upset:
    """Return an upset of some block; each type of block is as likely."""
    kind = random.choice(TYPES)
    block, name = random.choice([(b, n) for b, n in UPSETS if CHIP.instances[b].type == kind])
    return Upset(block=block, name=name)


def test_interrupts_that_are_lost_cost_a_sweep_and_no_more() -> None:
    """Three of ten interrupts do not come: each of a series of upsets is noticed within a sweep, and mended."""
    random = Random(SEED)
    upsets = [(number * APART_S, drawn(random)) for number in range(UPSET)]
    losses = [(0.0, InterruptLost(block=hub, share=0.3, for_s=UPSET * APART_S)) for hub in HUBS]

    async def main() -> None:
        async with serving(SEED) as live:
            felt = await live.struck(*losses, *upsets, for_s=APART_S)
            assert felt.wrong(closure(*(upset.block for _, upset in upsets))) == [], f"seed {SEED}"
            late = 0
            for after_s, upset in upsets:
                begun = felt.began_s + after_s - EPSILON_S
                own = [told for told in felt.incidents if begun <= told.began_s < begun + APART_S]
                assert own, f"nobody noticed {upset}"
                noticed_s, ended_s = own[0].began_s - begun, max(told.ended_s or 0.0 for told in own) - begun
                assert noticed_s <= SWEEP_S, upset
                assert ended_s <= SWEEP_S + CLIMB_S, upset
                late += noticed_s > HEARD_S
            assert 0 < late < UPSET / 2, f"{late} of {UPSET} interrupts were not heard: this proves nothing"

    run(main, SEED)


def test_interrupts_for_nothing_change_nothing() -> None:
    """10,000 spurious interrupts, of hub, leaf and block: all are looked for, and not even a mask is written."""
    assert sum(SPURIOUS.values()) == 10_000

    async def main() -> None:
        async with serving(SEED) as live:
            before, lasts_s = len(live.records), max(SPURIOUS.values()) * 1e-4
            rises = [(0.0, InterruptSpurious(block=b, count=count, every_s=1e-4)) for b, count in SPURIOUS.items()]
            felt = await live.struck(*rises, for_s=lasts_s + SWEEP_S)
            assert (felt.wrong(()), felt.writes, felt.incidents, felt.lost) == ([], (), (), 0)
            looks = sum(record.owner in HUBS for record in live.records[before:])
            assert looks >= 7_000, f"{looks} looks: most of them were not heard"

    run(main, SEED)


async def latencies(
    live: Live, moments_s: list[float], others: list[Upset], storm: InterruptStorm | None
) -> list[float]:
    """Let each of some blocks be upset, in a storm or not; return how long after that it was first looked at."""
    begin_s, before = live.now_s, len(live.records)
    if storm is not None:
        live.sim.inject(storm, at_s=begin_s)
    for moment_s, upset in zip(moments_s, others, strict=True):
        live.sim.inject(upset, at_s=begin_s + moment_s)
    await trio.sleep(STORM_S + CLIMB_S)
    assert await live.bad() == {}
    found: list[float] = []
    for moment_s, upset in zip(moments_s, others, strict=True):
        at_s = begin_s + moment_s
        looks = [r.end_s for r in live.records[before:] if r.owner == upset.block and r.start_s >= at_s]
        found.append(looks[0] - at_s)
    return found


@pytest.mark.parametrize("storm_on", STORM_ON)
@pytest.mark.parametrize("every_s", [2e-6, 10e-6, 20e-6])
def test_a_storm_on_one_line_is_not_heard_by_others(every_s: float, storm_on: str) -> None:
    """From fault to first look, each access 1 us: for blocks behind other lines at most twice as long in a storm."""
    random = Random(SEED)
    lines = {upset.block: CHIP.instances[upset.block].line for upset in QUIET}
    others = [upset for upset in QUIET if (line := lines[upset.block]) is None or line.controller != storm_on]
    assert len(others) >= 3, "too few to tell"
    moments_s = [STORM_S * (number + random.uniform(0.2, 0.8)) / len(others) for number in range(len(others))]

    async def main() -> None:
        async with serving(SEED, sweep_s=NO_SWEEP_S, connect=SlowTransport) as live:
            quiet = await latencies(live, moments_s, others, None)
            struck = InterruptStorm(block=storm_on, every_s=every_s, for_s=STORM_S)
            storm = await latencies(live, moments_s, others, struck)
            assert all(0 < calm <= HEARD_S for calm in quiet), quiet
            assert all(loud <= 2 * calm for calm, loud in zip(quiet, storm, strict=True)), (quiet, storm)
            assert (
                sum(f.happened for f in live.sim.injected if isinstance(f.fault, InterruptStorm))
                >= STORM_S / every_s - 1
            )

    run(main, SEED)
