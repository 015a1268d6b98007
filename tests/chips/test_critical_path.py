"""The time that a chip's hardware needs is known before it is touched, and a run is measured against that."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pytest
from attrs import evolve

from blocks.chip import Chip, load_chip
from blocks.pll.model import PllModel
from blocks.sim import SimTransport, overrides
from blocks.sim.chip import SimChip
from runtime import determinism
from runtime.bringup import bring_up
from runtime.clock import VirtualClock
from runtime.graph import Graph, graph_of
from runtime.summary import Summary
from transports.batch import Batch, Results

CHIPS = {name: load_chip(name) for name in ("mini", "atlas")}


def brought_up(chip: Chip, transport: type[SimTransport], sim: SimChip, only: str | None = None) -> Summary:
    async def main() -> Summary:
        return await bring_up(chip, transport(sim), seed=sim.seed, only=only)

    return determinism.run(main, seed=sim.seed, clock=VirtualClock())


def noted(sim: SimChip, names: Iterable[str]) -> dict[str, Mapping[str, float]]:
    """Return what the hardware took in the run that there was, where it took any time."""
    return {name: took for name in names if (took := sim.model(name).stages)}


def foretold(sim: SimChip, graph: Graph) -> dict[str, Mapping[str, float]]:
    """Return what the hardware is said to take, and check that a rung waits for each stage."""
    told = {name: takes for name, takes in sim.stages.items() if name in graph.ladders}
    for name, takes in told.items():
        assert takes.keys() <= {rung.name for rung in graph.ladders[name]}
    return told


@pytest.mark.parametrize(
    ("name", "seed", "at_most"),
    [*(("mini", seed, 1.2) for seed in range(5)), *(("atlas", seed, 1.02) for seed in range(3))],
)
def test_the_path_is_known_before_the_first_access(name: str, seed: int, at_most: float) -> None:
    """What models say beforehand is what their hardware then takes, to the last bit, and the path is made of that."""
    chip = CHIPS[name]
    sim, graph = SimChip(chip, seed=seed), graph_of(chip)
    told = foretold(sim, graph)
    seconds, rungs = graph.critical_rungs(told)
    summary = brought_up(chip, SimTransport, sim)
    assert summary.well
    assert noted(sim, chip.instances) == told
    assert told.keys() == {name for name, instance in chip.instances.items() if instance.type != "plic"}
    assert (summary.critical_path_s, summary.critical_path) == (seconds, rungs)
    assert seconds <= summary.elapsed_s <= at_most * seconds


# What changes the way through the stages, and still leads up.
OTHER_WAYS = {
    "die[0].channel[0][?]": ["channel[0][0].retry_p=0.5", "channel[0][1].retry_p=1.0", "channel[0][2].bad_lane=5"],
    "die[0].router[?][?]": ["router[0][0].bad_port=1", "router[1][1].credit_s=5e-6", "router[2][1].commit_s=2e-6"],
    "die[0].pcie[?]": ["pcie[0].max_speed=1", "pcie[1].max_speed=2", "pcie[1].lanes=4"],
    "die[?].ucie[?]": [
        "ucie[0].clean_rate=3", "ucie[1].weak_lanes=8", "ucie[1].max_rate=4", "ucie[1].clean_rate=3",
        "ucie[2].weak_lanes=8", "ucie[3].mbtrain_s=9e-3", "ucie[3].exchange_s=1e-3",
    ],
}  # fmt: skip


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("only", OTHER_WAYS)
def test_attempts_and_fallbacks_are_foretold(only: str, seed: int) -> None:
    """Training that is tried again, a spare lane, a lower rate: the hardware draws them, so they are known as well."""
    chip = CHIPS["atlas"]
    given = overrides([f"die[0].{item}" for item in OTHER_WAYS[only]], chip)
    sim, graph = SimChip(chip, seed=seed, overrides=given), graph_of(chip).only(only)
    told = foretold(sim, graph)
    summary = brought_up(chip, SimTransport, sim, only)
    assert len(summary.up) == len(graph.ladders)
    assert noted(sim, graph.ladders) == told
    assert summary.critical_path_s == graph.critical_rungs(told)[0]


class Shaken(SimTransport):
    """A board that shakes: twice the reference PLL loses its lock just as somebody looks."""

    slips = 2

    async def execute(self, batch: Batch) -> Results:
        """Run the operations, after a slip where one is left."""
        await self.judge()  # which lets happen what happens until now
        pll = self.chip.model("refpll")
        assert isinstance(pll, PllModel)
        if self.slips and pll.lock.value:
            self.slips -= 1
            pll.slip(255)
        return await super().execute(batch)


def test_what_a_run_repeats_makes_no_path_longer() -> None:
    """A PLL that locks three times costs the run two locks, and the path none: it was known before."""
    chip = CHIPS["mini"]
    smooth = brought_up(chip, SimTransport, SimChip(chip))
    shaken = brought_up(chip, Shaken, SimChip(chip))
    assert shaken.well
    assert shaken.critical_path_s == smooth.critical_path_s
    assert shaken.elapsed_s > smooth.elapsed_s + 2 * 0.8 * 80e-6


def test_what_was_asked_first_changes_no_answer() -> None:
    """The times are the same before a run, behind it, and after a reset: nothing that was drawn moves them."""
    chip = CHIPS["mini"]
    sim = SimChip(chip, seed=3)
    brought_up(chip, SimTransport, sim)
    behind = {name: sim.model(name).times() for name in chip.instances}
    sim.power_on()
    again = {name: sim.model(name).times() for name in chip.instances}
    assert behind == again == SimChip(chip, seed=3).stages
    assert behind != SimChip(chip, seed=4).stages


def test_a_clock_that_hangs_on_itself_promises_nothing() -> None:
    """Two PLLs that are each other's reference never lock: no time is told for it, and the question ends."""
    chip = CHIPS["mini"]
    rings = {"pll[0]": "pll[1].clock", "pll[1]": "pll[0].clock"}
    ring = {name: evolve(chip.instances[name], model={"reference": wire}) for name, wire in rings.items()}
    stages = SimChip(evolve(chip, instances={**chip.instances, **ring})).stages
    assert "pll[2]" in stages
    assert not {"pll[0]", "pll[1]"} & stages.keys()
