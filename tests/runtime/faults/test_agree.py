"""The laws of the sample under trio: drawn by the seed, of each kind, the same in all shards, to the last register."""

from __future__ import annotations

from collections import Counter
from functools import cache

import pytest
from attrs import evolve

from blocks.ladder import Ladder
from blocks.pll.driver import Pll
from runtime.cli.main import main
from runtime.faults.agree import BOTH, LEAST, MOST, OTHERWISE, Agreement, of_blocks, sample
from runtime.faults.campaign import local, run, run_shard
from runtime.faults.notes import UNDER_TRIO
from runtime.faults.plan import Mode, Plan, Points
from runtime.faults.play import Play
from runtime.faults.ran import Ran
from runtime.faults.scene import Scene
from runtime.faults.strike import OF_HEAP
from runtime.faults.tally import Tally
from runtime.faults.trial import CampaignError, Trial, Workload
from tests.runtime.faults.planted import PLL, Hasty, Loose, planted
from transports.faulty.kinds import Kind, Shot

MINI = local("mini")
PLAN = Plan(MINI, "mini", points=Points(only="refpll"))
SPLIT = 3  # shards


class Scribbling(Pll):
    """A PLL that writes a register once, with its last act, at which nobody looks."""

    def up(self) -> Ladder:
        *rungs, last = super().up()
        assert not callable(last.reach)
        return Ladder(*rungs, evolve(last, reach=[self.regs.SCRATCH.write(value=1), *last.reach]))


@cache
def scene() -> Scene:
    return Scene(MINI)


def drawn(plan: Plan) -> list[Trial]:
    """Return the sample of a plan on mini."""
    return sample(plan, scene().golden, frozenset(scene().chip.instances))


def test_every_bring_up_has_a_sample() -> None:
    """Without a word a campaign on the heap runs some trials under trio as well, and they come to the same."""
    tally = run(PLAN).tally

    assert (tally.agreed, tally.failures) == (LEAST, 0)
    assert tally.points == run(evolve(PLAN, agree=0)).tally.points, "a check, and no point"


def test_a_sample_has_each_kind_in_turn() -> None:
    """Each kind that strikes the same both ways is drawn as often; there are no more than schedules."""
    found = Counter(trial.shots[0].kind for trial in drawn(evolve(PLAN, kinds=OF_HEAP, agree=36)))

    assert set(found) == set(BOTH) - {Kind.TORN}, "mini writes no register in halves"
    assert max(found.values()) - min(found.values()) <= 1
    assert not found.keys() & OTHERWISE
    assert LEAST == len(drawn(PLAN)) <= MOST
    assert drawn(evolve(PLAN, kinds=tuple(OTHERWISE))) == []
    assert {trial.shots[0].kind for trial in drawn(evolve(PLAN, kinds=OF_HEAP))} == set(found)
    assert len(drawn(evolve(PLAN, points=Points(Mode.SEEDED, 3)))) == 3, "no more than there are schedules"


def test_a_seed_draws_the_same_sample() -> None:
    """A sample follows from the seed, and another seed draws another one."""
    assert drawn(PLAN) == drawn(PLAN) != drawn(evolve(PLAN, seed=1))


@pytest.mark.parametrize("points", ["nth", "double", "seeded:9"])
def test_shards_have_the_sample_of_the_whole(points: str) -> None:
    """Whatever the number of shards, all together run the sample under trio that one piece runs, each once."""
    plan = evolve(PLAN, points=Points.parse(points, "refpll"))
    whole = Tally()
    for shard in plan.shards(SPLIT):
        whole.add(run_shard(shard))

    assert whole.agreed == run(plan).tally.agreed == LEAST
    assert whole.failures == 0


@pytest.mark.parametrize("kind", BOTH)
def test_a_fault_comes_to_the_same_both_ways(kind: Kind) -> None:
    """A fault at the same access of the same block ends with the same registers on the heap and under trio."""
    both = Agreement(scene())
    for trial in drawn(evolve(PLAN, kinds=(kind,), agree=4, seed=7)):
        here = evolve(trial, seed=0)
        assert both.compare(here, scene().trial(here)) == "", here


@pytest.mark.parametrize("bug", [Hasty, Loose])
def test_what_fails_both_ways_fails_alike(bug: type[Hasty | Loose]) -> None:
    """Where a planted bug is met, both ways break the same law at the same block and register."""
    load = planted(bug)
    failed = run(Plan(load, "mini", agree=0)).tally.failed
    there = Scene(load)
    both = Agreement(there)
    for one in failed[:4]:
        trial = of_blocks(there.golden, Trial.parse(one.replay))
        assert trial is not None
        told = there.trial(trial)
        assert told.verdict.broken
        assert both.compare(trial, told) == ""


def test_one_other_register_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """A register that ends otherwise under trio than on the heap is named, with both values, though both came up."""
    ran = Play.run

    async def measured(play: Play) -> Ran:
        seen = await ran(play)
        held = seen.registers["refpll"]
        seen.registers = {**seen.registers, "refpll": {**held, "REF_FREQ": held["REF_FREQ"] + 1}}
        return seen

    monkeypatch.setattr(Play, "run", measured)

    tally = run(PLAN).tally

    assert (tally.agreed, tally.failures) == (LEAST, LEAST)
    assert all("refpll.REF_FREQ ends as 0x61a9, expected 0x61a8" in failed.broken for failed in tally.failed)
    assert {failed.kind for failed in tally.failed} == {UNDER_TRIO}


def test_a_register_whose_only_write_was_lost_is_as_at_reset() -> None:
    """What a trial never touches is compared as well: the heap's failure for it is the same under trio."""
    scene = Scene(planted(Scribbling))
    mine = [access for access in scene.golden.accesses if access.block == PLL]
    address = scene.chip.instances[PLL].block.regs.SCRATCH.address
    number = 1 + next(n for n, access in enumerate(mine) if access.write and access.address == address)
    trial = Trial(Workload.BRINGUP, 0, (Shot(Kind.DROPPED, number, False, PLL),))

    told = scene.trial(trial)

    assert told.verdict.broken == f"liveness: {PLL}.SCRATCH ends as 0x0, without the fault as 0x1"
    assert Agreement(scene).compare(trial, told) == ""


def test_two_failures_are_not_the_same_for_that(monkeypatch: pytest.MonkeyPatch) -> None:
    """A trial that fails both ways, at other places or by other laws, is told as different."""
    load = planted(Hasty)
    failed = run(Plan(load, "mini", agree=0)).tally.failed[0]
    there = Scene(load)
    trial = of_blocks(there.golden, Trial.parse(failed.replay))
    assert trial is not None
    ran = Play.run

    async def elsewhere(play: Play) -> Ran:
        seen = await ran(play)
        seen.problem = "refpll failed: of something else"
        return seen

    monkeypatch.setattr(Play, "run", elsewhere)

    differs = Agreement(there).compare(trial, there.trial(trial))

    assert differs.startswith("under trio: liveness: refpll failed: of something else; on the heap: liveness: pll[2]")


def test_faults_are_counted_in_their_blocks() -> None:
    """Whose the n-th access of all is, is known up to the first reset, and of kinds that strike the same both ways."""
    golden = scene().golden
    access = golden.accesses[399]
    trial = of_blocks(golden, Trial.parse("bring-up:0:reset@400+"))

    assert trial is not None
    (shot,) = trial.shots
    assert shot.block == access.block
    assert [a for a in golden.accesses if a.block == shot.block][shot.number - 1] is access
    for text in ("reset@400+,reset@7-", "bit-flip@523", "reset@99999-"):
        assert of_blocks(golden, Trial.parse(f"bring-up:0:{text}")) is None


def test_what_strikes_nothing_is_refused() -> None:
    """A trial whose access there is not on the heap is compared with nothing."""
    trial = Trial.parse("bring-up:0:error@refpll:900-")
    with pytest.raises(CampaignError, match="no such access"):
        Agreement(scene()).compare(trial, scene().trial(trial, strict=False))


def test_the_command_says_how_many(capsys: pytest.CaptureFixture[str]) -> None:
    """`--agree N` sets how many, 0 none; where all runs under trio there is nothing to choose."""
    for number in (0, 2):
        assert main(["faults", "mini", "--only", "refpll", "--agree", str(number)]) == 0
        assert ("2 trials ran under trio as well" in capsys.readouterr().out) is bool(number)
    assert main(["faults", "mini", "--workload", "stop", "--agree", "1"]) == 2
    assert "agree, of stop" in capsys.readouterr().err
    with pytest.raises(CampaignError):
        Plan(MINI, "mini", workload=Workload.SERVICE, agree=0)
