"""Recoveries under trio: of each type of block, from each upset that it knows, and what is wrong with one is found."""

from __future__ import annotations

from functools import partial

import pytest
from attrs import evolve

from blocks.chip import Chip, load_chip
from blocks.ladder import Ladder
from blocks.pll.driver import Pll
from runtime.faults.campaign import local, run
from runtime.faults.course import InTurn
from runtime.faults.live import LiveCampaign
from runtime.faults.plan import Plan, Points
from runtime.faults.trial import CampaignError, Trial, Workload
from tests.runtime.faults.planted import Loose
from transports.faulty.kinds import Kind, Shot

FOUND_IN = 8  # trials of a run that is asked for nothing but the workload


class Silent(Pll):
    """An interrupt enable that is cleared with the evidence, and that nobody sets again."""

    def up(self) -> Ladder:
        r = self.regs
        rungs = {rung.name: rung for rung in super().up()}
        healthy, frozen, watched = (rungs[name].reach for name in ("healthy", "frozen", "watched"))
        assert not callable(healthy)
        assert not callable(frozen)
        assert not callable(watched)
        rungs["healthy"] = evolve(rungs["healthy"], reach=[*healthy, r.INTR_ENABLE.write(lock_lost=0, ref_lost=0)])
        rungs["frozen"] = evolve(rungs["frozen"], reach=[*frozen, *watched])
        del rungs["watched"]
        return Ladder(*rungs.values())


def all_plls(driver: type[Pll]) -> Chip:
    """Return mini with another driver for its PLLs."""
    chip = load_chip("mini")
    changed = {
        name: evolve(one, block=driver(name, one.block.regs, one.block.config), like=None)
        for name, one in chip.instances.items()
        if one.type == "pll"
    }
    return evolve(chip, instances={**chip.instances, **changed})


def recoveries(seed: int = 0) -> LiveCampaign:
    return LiveCampaign(local("mini"), Workload.RECOVERY, seed, frozenset({Kind.RESET}))


@pytest.mark.parametrize("seed", [0, 1])
def test_each_type_of_block_is_brought_back_from_each_of_its_upsets(seed: int) -> None:
    """One block of each type, drawn by the seed, is reset and upset in each way that it knows, in turn."""
    tally = recoveries(seed).tally("nth", drawn=3)

    types = load_chip("mini").instances
    found = [upset.rpartition(".") for upset in tally.disturbed]
    assert {(types[block].type, name) for block, _, name in found} == {
        ("crg", "local_reset"), ("pll", "local_reset"), ("pll", "lock_lost")
    }  # fmt: skip
    assert len({block for block, _, _ in found}) == 2
    assert set(tally.disturbed.values()) == {1}


def test_a_pattern_narrows_what_is_upset() -> None:
    """Only blocks that a pattern names are upset, and only their accesses struck."""
    trials = recoveries().trials("nth", only="pll[3]")
    assert {one.upset for one in trials} == {"pll[3].local_reset", "pll[3].lock_lost"}
    with pytest.raises(CampaignError, match="no block matches 'pl'"):
        recoveries().trials("nth", only="pl")


def test_each_trial_is_there_once_and_made_when_it_is_asked_for() -> None:
    """The trials of a chip with millions of points are some bytes each, and still each shot of each recovery is one."""
    running = recoveries()
    trials = running.trials("nth", only="pll[3]")

    assert isinstance(trials, InTurn)
    assert len(set(trials)) == len(trials) > 0
    for upset in running.upsets("pll[3]"):
        shots = {one.shots[0] for one in trials if one.upset == upset}
        numbers = {shot.number for shot in shots}
        assert shots == {Shot(Kind.RESET, number, after) for number in numbers for after in (False, True)}
        assert {running.counted(number, upset)[0] for number in numbers} == {"pll[3]"}
    assert trials[1:4] == [trials[1], trials[2], trials[3]]
    assert trials.index(trials[5]) == 5


def test_what_a_budget_did_not_upset_is_told() -> None:
    """What is brought back from in how many trials is told, and where in none for want of time, that as well."""
    report = run(Plan(local("mini"), "mini", Workload.RECOVERY, points=Points(only="pll[3]"), budget_s=1e-6))
    assert report.tally.left > 0
    assert report.disturbed == "pll[3].local_reset in 0 trials, pll[3].lock_lost in 0 trials"
    assert report.to_data()["disturbed"] == {"pll[3].local_reset": 0, "pll[3].lock_lost": 0}


def test_an_enable_that_a_recovery_may_forget_is_found() -> None:
    """A run that is asked for nothing but the workload finds early what a reset amid a recovery leaves forgotten."""
    plan = Plan(partial(all_plls, Loose), "mini", Workload.RECOVERY)
    running = LiveCampaign(plan.load, plan.workload, plan.seed, frozenset(plan.kinds))

    tally = running.tally("nth", drawn=FOUND_IN)

    assert tally.failures > 0
    for failed in tally.failed:
        assert failed.type == "pll"
        assert failed.broken.endswith("INTR_ENABLE ends as 0x0, without a fault as 0x300")
        assert running.replay(Trial.parse(failed.replay)).broken == failed.broken


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("recovery:0:late@1", "expected what a block is upset by, recovery/BLOCK.UPSET"),
        ("stop/pll[2].lock_lost:0:late@1", "expected what a block is upset by, recovery/BLOCK.UPSET"),
        ("recovery/pl[2].lock_lost:0:late@1", "no block 'pl[2]'"),
        ("recovery/pll[2].burnt:0:late@1", "expected of pll[2] local_reset or lock_lost"),
    ],
)
def test_an_upset_that_is_none_is_refused(text: str, said: str) -> None:
    """A trial names what a block is upset by where it is of a recovery, and nowhere else."""
    with pytest.raises(CampaignError) as refused:
        recoveries().replay(Trial.parse(text))
    assert said in str(refused.value)
