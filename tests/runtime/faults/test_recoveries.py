"""Recoveries under trio: of each type of block, from each upset that it knows, and what is wrong with one is found."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import pytest
from attrs import evolve

from blocks.chip import Chip, load_chip
from blocks.crg.driver import Crg
from blocks.ladder import Act, Ladder
from blocks.pll.driver import Pll
from blocks.port import Port
from runtime.faults.campaign import local, run
from runtime.faults.course import InTurn
from runtime.faults.live import LiveCampaign
from runtime.faults.plan import Plan, Points
from runtime.faults.trial import CampaignError, Trial, Workload
from tests.runtime.faults.planted import PLL, Loose
from tests.runtime.faults.test_live_verdicts import planted
from transports.errors import TransportError
from transports.faulty.kinds import Kind, Shot

CRG = "crg[2]"  # has its clock from that PLL
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


class Grateful(Crg):
    """A generator that lost its clock, and sets the PLL that makes it once more, which is up and well again."""

    def up(self) -> Ladder:
        rungs = {rung.name: rung for rung in super().up()}
        healthy = rungs["healthy"].reach
        assert not callable(healthy)
        rungs["healthy"] = evolve(rungs["healthy"], reach=partial(self._heal, healthy))
        return Ladder(*rungs.values())

    async def _heal(self, acts: Sequence[Act], port: Port) -> None:
        await self._thank(port)
        await port.submit(*acts)

    async def _thank(self, port: Port) -> None:
        await port.run(load_chip("mini").instances[PLL].block.regs.INTR_ENABLE.write(lock_lost=1, ref_lost=1))


class Startled(Grateful):
    """A generator that does so where an act of its own failed."""

    async def _heal(self, acts: Sequence[Act], port: Port) -> None:
        try:
            await port.submit(*acts)
        except TransportError:
            await self._thank(port)
            raise


def all_plls(driver: type[Pll]) -> Chip:
    """Return mini with another driver for its PLLs."""
    chip = load_chip("mini")
    changed = {
        name: evolve(one, block=driver(name, one.block.regs, one.block.config), like=None)
        for name, one in chip.instances.items()
        if one.type == "pll"
    }
    return evolve(chip, instances={**chip.instances, **changed})


def written(running: LiveCampaign, text: str, block: str) -> tuple[int, int]:
    """Return which access of a trial is the first write to a block, and which of that block's accesses."""
    log = running.accesses(Trial.parse(text))[running.golden.first :]
    number = next(at for at, access in enumerate(log) if access.write and access.block == block)
    return number + 1, sum(access.block == block for access in log[: number + 1])


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


def test_who_is_up_again_is_not_written_where_nothing_strikes() -> None:
    """A block that was upset, and was seen up again, is well: who writes it after that fails without a fault."""
    running = LiveCampaign(partial(planted, Grateful, CRG), Workload.RECOVERY, 0, frozenset({Kind.LATE}))

    said = running.replay(Trial.parse(f"recovery/{PLL}.lock_lost:0:"))

    assert said.broken.startswith(f"safety: {PLL} was in service, and was written: ")
    assert said.log


@pytest.mark.parametrize("before", ["", "error@{own}+,", "dropped-write@{own},"])
def test_who_is_up_again_is_not_written_where_something_strikes(before: str) -> None:
    """So it is where the write comes of a fault, and where a write to that block was struck before it came up."""
    upset = f"recovery/{PLL}.lock_lost:0"
    running = LiveCampaign(partial(planted, Startled, CRG), Workload.RECOVERY, 0, frozenset(Kind))
    own, _ = written(running, f"{upset}:", PLL)
    struck = before.format(own=own)
    _, shot = written(running, f"{upset}:{struck or 'late@1,'}"[:-1], CRG)

    said = running.replay(Trial.parse(f"{upset}:{struck}error@{CRG}:{shot}-")).broken

    assert said.startswith(f"safety: {PLL} was in service, and was written: ")


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
