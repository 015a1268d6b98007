"""Atlas at its real size, in virtual time on its models: all up, in the time of its hardware, and truthfully told."""

from __future__ import annotations

import pytest
import trio

from blocks.chip import load_chip
from blocks.sim import SimTransport, overrides
from blocks.sim.chip import SimChip
from runtime import determinism
from runtime.bringup import bring_up, status
from runtime.clock import VirtualClock
from runtime.summary import State, Status, Summary

CHIP = load_chip("atlas")
BLOCKS, TYPES = 324, 13


def connected(sim: SimChip, seed: int = 0, only: str | None = None) -> Summary:
    """Bring a chip up over a connection of its own; the chip's own record has no broken rule either."""

    async def main() -> Summary:
        return await bring_up(CHIP, SimTransport(sim), seed=seed, only=only)

    summary = determinism.run(main, seed=seed, clock=VirtualClock())
    assert [str(violation) for violation in sim.violations] == []
    return summary


def looked_at(sim: SimChip) -> Status:
    async def main() -> Status:
        return await status(CHIP, SimTransport(sim))

    return trio.run(main, clock=VirtualClock())


def test_atlas_has_the_size_of_a_real_chip() -> None:
    """At least 300 blocks of at least 11 types, each with a place of its own, and a line to the hub of its die."""
    assert len(CHIP.instances) == BLOCKS >= 300
    assert len({instance.type for instance in CHIP.instances.values()}) == TYPES >= 11
    assert len({instance.address for instance in CHIP.instances.values()}) == BLOCKS
    for instance in CHIP.instances.values():
        assert instance.line is not None
        up = instance
        while up.line is not None and up.line.controller is not None:
            up = CHIP.instances[up.line.controller]
        assert up.name == f"{instance.name.partition('.')[0]}.hub"


@pytest.mark.parametrize("seed", [0, 1])
def test_atlas_comes_up_in_the_time_of_its_hardware(seed: int) -> None:
    """All up within 1.02 of the critical path of drawn times, no rule broken; then 0 writes, and no traffic lost."""
    sim = SimChip(CHIP, seed=seed, workload=True)
    first = connected(sim, seed)
    assert (first.verdict, len(first.up), first.failed, first.waiting) == ("up", BLOCKS, (), ())
    assert first.violations == ()
    assert first.critical_path_s > 0.02
    assert first.critical_path_s <= first.elapsed_s <= 1.02 * first.critical_path_s
    assert first.traffic["lost"] == first.traffic["corrupt"] == 0
    sim.advance(sim.now_s + 3.0)
    second = connected(sim, seed)
    assert (second.well, second.writes, len(second.up)) == (True, 0, BLOCKS)
    assert second.traffic["checked"] > 100
    assert second.traffic["lost"] == second.traffic["corrupt"] == 0
    assert looked_at(sim).well
    assert sim.violations == []


# what is wrong; the verdict; failed (block, rung); degraded; blocks that wait
WRONG = [
    ("die[0].channel[1][3].never_trains=true", "degraded", {"die[0].channel[1][3]"}, set[str]()),
    ("die[1].pcie[0].lanes=4", "degraded", set[str](), {"die[1].pcie[0]"}),
    ("die[0].pcie[1].max_speed=3", "degraded", set[str](), {"die[0].pcie[1]"}),
    ("die[0].channel[0][0].bad_lane=5", "up", set[str](), {"die[0].channel[0][0]"}),
    ("die[0].ucie[2].bad_lanes=1", "degraded", set[str](), {"die[0].ucie[2]", "die[1].ucie[2]"}),
    ("die[1].dma[2][1].hung=true", "failed", {"die[1].dma[2][1]"}, set[str]()),
    ("die[0].engine[1][2].never_boots=true", "degraded", {"die[0].engine[1][2]"}, set[str]()),
    ("die[1].sensor[4].stuck=true", "degraded", {"die[1].sensor[4]"}, set[str]()),
    ("die[0].pcie[0].partner_absent=true", "failed", {"die[0].pcie[0]"}, set[str]()),
    ("die[0].mailbox[1].peer_absent=true", "failed", {"die[0].mailbox[1]"}, set[str]()),
    ("die[1].fuse.bad_ecc=7", "failed", {"die[1].fuse"}, set[str]()),
]


def test_what_is_wrong_is_told_and_holds_nothing_else_up() -> None:
    """Eleven faults at once: each block is told as what it is, by its own policy, and every other block is up."""
    sim = SimChip(CHIP, overrides=overrides([item for item, *_ in WRONG], CHIP))
    summary = connected(sim)
    failed = {block for _, _, blocks, _ in WRONG for block in blocks}
    lessened = {block for _, _, _, blocks in WRONG for block in blocks}
    assert {fault.block for fault in summary.failed} == failed
    assert {told.block for told in summary.lessened} == lessened
    assert set(summary.up) == set(CHIP.instances) - failed
    assert (summary.waiting, summary.verdict, summary.violations) == ((), "failed", ())
    for fault in summary.failed:
        assert fault.rung
        assert fault.register
        assert fault.wanted
        assert fault.last
        assert fault.accesses
    seen = looked_at(sim)
    assert seen.writes == 0
    assert sim.violations == []
    assert {v.block for v in seen.verdicts if v.state is not State.UP} >= failed


@pytest.mark.parametrize(("item", "verdict", "failed", "lessened"), WRONG)
def test_the_policy_decides_what_one_fault_means(item: str, verdict: str, failed: set[str], lessened: set[str]) -> None:
    """One block that is not well makes the chip up, degraded or failed: as the chip's file says."""
    block = item.rpartition(".")[0].removeprefix("die[0]").removeprefix("die[1]")
    only = None if "dma" in block else f"die[?]{block}"  # a DMA engine's router needs the others at its other ends
    summary = connected(SimChip(CHIP, overrides=overrides([item], CHIP)), only=only)
    assert (summary.verdict, summary.waiting, summary.violations) == (verdict, (), ())
    assert {fault.block for fault in summary.failed} == failed
    assert {told.block for told in summary.lessened} == lessened


# what is brought up; which of it are dead, and how; the verdict
DEAD = [
    ("die[0].channel[0][?]", "never_trains", ["0.channel[0][1]", "0.channel[0][2]"], "degraded"),
    ("die[0].channel[0][?]", "never_trains", ["0.channel[0][1]", "0.channel[0][2]", "0.channel[0][3]"], "failed"),
    (
        "die[0].channel[?][1]*",
        "never_trains",
        ["0.channel[0][1]", "0.channel[1][1]", "0.channel[2][1]", "0.channel[3][1]"],
        "degraded",
    ),
    ("die[?].engine[?][1]", "never_boots", ["0.engine[0][1]", "0.engine[3][1]", "1.engine[0][1]"], "degraded"),
    ("die[0].engine[?][1]", "never_boots", ["0.engine[0][1]", "0.engine[1][1]", "0.engine[3][1]"], "failed"),
    ("die[?].sensor[?]", "stuck", ["0.sensor[4]", "1.sensor[4]"], "degraded"),
    ("die[0].sensor[?]", "stuck", ["0.sensor[4]", "0.sensor[9]"], "failed"),
]


@pytest.mark.parametrize(("only", "parameter", "names", "verdict"), DEAD)
def test_so_many_may_fail_and_not_one_more(only: str, parameter: str, names: list[str], verdict: str) -> None:
    """Two channels of a stack, two engines of a die and one sensor of a die may fail; with one more the chip failed."""
    dead = [f"die[{name[0]}]{name[1:]}" for name in names]
    sim = SimChip(CHIP, overrides=overrides([f"{name}.{parameter}=true" for name in dead], CHIP))
    summary = connected(sim, only=only)
    assert (summary.verdict, summary.waiting, summary.violations) == (verdict, (), ())
    assert {fault.block for fault in summary.failed} == set(dead)
