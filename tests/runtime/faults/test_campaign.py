"""The laws of a campaign of resets: it finds what is wrong, at exactly the points where it is, and nothing else."""

from __future__ import annotations

import json
import pickle
import re
import signal
from collections.abc import Callable
from functools import partial

import pytest
from attrs import evolve

from blocks.chip import Chip, load_chip
from blocks.ladder import US, Ladder, Rung
from blocks.pll.driver import Pll
from blocks.sim import SimChip, SimTransport
from runtime import determinism
from runtime.bringup import bring_up
from runtime.cli import faults
from runtime.cli.main import main
from runtime.clock import VirtualClock
from runtime.faults.campaign import WHOLE, local, run_shard
from runtime.faults.campaign import run as run_plan
from runtime.faults.forked import Disturbed
from runtime.faults.golden import Golden, NotWell, Point, Watched, golden
from runtime.faults.heap import Bringup, Controller
from runtime.faults.parts import Parts
from runtime.faults.plan import SHARDS, Mode, Plan, Points
from runtime.faults.report import Report
from runtime.faults.scene import Scene
from runtime.faults.still import Still
from runtime.faults.strike import OF_HEAP
from runtime.faults.tally import FAILURES_MAX
from runtime.faults.trial import CampaignError, Trial, Workload
from runtime.summary import Summary
from tests.runtime.faults.drawn import serially, shards
from tests.runtime.faults.planted import PLL as PLANTED
from tests.runtime.faults.planted import Hasty, Loose, Trusting, planted
from transports.faulty.kinds import Kind

EVERY = Points()


def run(
    load: Callable[[], Chip], points: Points = EVERY, *, whole: bool = False, jobs: int = 2, seed: int = 0
) -> Report:
    """Run a campaign of resets."""
    return run_plan(Plan(load, "a chip", points=points, whole=whole, seed=seed, agree=0), jobs=jobs)


def seeded(drawn: int, only: str = "*") -> Points:
    """Draw so many."""
    return Points(Mode.SEEDED, drawn, only=only)


def reset(point: str, seed: int = 0) -> Trial:
    """Return the trial of a reset at a point of the run without a fault."""
    return Trial.parse(f"bring-up:{seed}:reset@{point}")


def mini() -> Chip:
    """Return the chip mini."""
    return load_chip("mini")


def between(run: Golden, first: str, second: str) -> set[str]:
    """Return the points after a write to one register of the planted block and before the next to another."""
    chip = run.sim.chip
    regs = chip.instances[PLANTED].block.regs
    at = {name: getattr(regs, name).address for name in (first, second)}
    numbers = [n for n, a in enumerate(run.accesses, 1) if a.write and a.block == PLANTED]
    last = {name: max(n for n in numbers if run.accesses[n - 1].address == at[name]) for name in at}
    inside = range(last[first] + 1, last[second])
    points = {f"{last[first]}+", f"{last[second]}-"}
    return points | {f"{number}{side}" for number in inside for side in "-+"}


@pytest.mark.parametrize("whole", [True, False])
def test_no_moment_is_a_bad_one(*, whole: bool) -> None:
    """On mini a controller may be reset before and after every access of a bring-up: the next one always recovers."""
    scene = Scene(mini)

    report = run(mini, whole=whole)

    tally = report.tally
    assert tally.points == 2 * tally.accesses == scene.golden.points
    assert tally.trials == len(scene.golden.states)
    assert tally.whole == (tally.trials if whole else WHOLE)
    assert (tally.failures, tally.failed, tally.doubted, tally.differed) == (0, [], 0, 0)
    assert 0 < tally.slowest_s <= report.limit_s


@pytest.mark.parametrize(("kind", "first", "second", "said", "whole"), [
    (Hasty, "LOCK", "INTR_ENABLE", "pll[2] failed: rung frozen: its act failed, 3 times", True),
    (Hasty, "LOCK", "INTR_ENABLE", "pll[2] failed: rung frozen: its act failed, 3 times", False),
    (Loose, "CTRL", "INTR_ENABLE", "pll[2].INTR_ENABLE ends as 0x0, without the fault as 0x3", False),
])  # fmt: skip
def test_a_planted_bug_is_found_at_exactly_its_points(
    kind: type[Pll], first: str, second: str, said: str, *, whole: bool
) -> None:
    """A ladder that cannot be gone on with between two of its writes fails at all points between, and at no other."""
    expected = between(Scene(planted(kind)).golden, first, second)

    report = run(planted(kind), Points(only=PLANTED) if whole else EVERY, whole=whole)

    tally = report.tally
    assert tally.failures == len(expected)
    assert {failed.replay for failed in tally.failed} <= {str(reset(point)) for point in expected}
    assert all(said in failed.broken for failed in tally.failed)
    assert report.to_data()["replay"] == [failed.replay for failed in tally.failed]


@pytest.mark.parametrize("whole", [True, False])
def test_a_healthy_block_is_not_written(*, whole: bool) -> None:
    """A block that was up and is written by the next controller is broken safety, though all ends well."""
    tally = run(planted(Trusting), seeded(8) if whole else EVERY).tally

    assert tally.failed
    assert {failed.broken for failed in tally.failed} == {f"safety: {PLANTED} was up, and was written"}


def test_points_may_be_those_of_some_blocks() -> None:
    """A pattern takes the points beside accesses of the blocks that it names; one that names none is refused."""
    tally = run(mini, Points(only="crg[*]")).tally

    assert {of for _, of in tally.cells} == {"crg"}
    assert 0 < tally.trials < len(Scene(mini).golden.states)
    with pytest.raises(CampaignError, match="no block matches 'hbm'"):
        run(mini, Points(only="hbm"))


def test_a_recovery_under_trio_ends_the_same() -> None:
    """Whatever the access after which the controller is reset, the next one under trio leaves the same registers."""
    chip = load_chip("mini")
    run_of = golden(Controller(chip), 0, lambda seed: SimChip(chip, seed=seed))
    for number in range(1, len(run_of.accesses), 97):
        sim = SimChip(chip)
        cut_off(Bringup(Controller(chip), sim), number)

        async def again(sim: SimChip = sim) -> Summary:
            return await bring_up(load_chip("mini"), SimTransport(sim))

        summary = determinism.run(again, seed=number, clock=VirtualClock())

        assert summary.well
        assert sim.broken == 0
        assert run_of.differences(sim) == []


class Cut(BaseException):
    """The controller is reset."""


def cut_off(run: Bringup, number: int) -> None:
    """Run a bring-up to the moment after one of its accesses."""

    def at(point: Point) -> None:
        if point == Point(number, after=True):
            raise Cut

    run.words = Watched(run.sim, at)
    with pytest.raises(Cut):
        run.run()


def test_a_replay_is_the_recovery_again() -> None:
    """A failure's replay fails in the same words, and shows the accesses before the reset and after it."""
    failed = run(planted(Hasty)).tally.failed[0]

    told = Scene(planted(Hasty)).trial(Trial.parse(failed.replay))

    assert (told.verdict.replay, told.verdict.broken) == (failed.replay, failed.broken)
    assert told.before[-1].block == PLANTED
    assert told.before[-1].write
    assert len(told.after) == told.verdict.accesses


def test_a_run_that_is_another_each_time_proves_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where a trial that is run again is another, the campaign ends with an error and no report."""
    ran: list[float] = []
    made = Scene.make

    def moody(scene: Scene) -> SimChip:
        sim = made(scene)
        ran.append(sim.now_s)
        if len(ran) % 2:
            sim.advance(1e-6)
        return sim

    monkeypatch.setattr(Scene, "make", moody)

    with pytest.raises(Disturbed):
        run_plan(Plan(mini, "mini", points=Points(only="refpll")))
    assert main(["faults", "mini", "--only", "refpll"]) == 1
    assert re.match("firstlight: not finished: .* ran twice, and was another the second time", capsys.readouterr().err)


def test_a_bug_of_ours_is_no_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a campaign itself does wrong in the midst of an access ends it with that error, and fails no block."""

    def wrong(_parts: Parts, _block: str) -> None:
        raise KeyError("a bug of the campaign")

    monkeypatch.setattr(Parts, "recover", wrong)

    with pytest.raises(KeyError, match="a bug of the campaign"):
        run_plan(Plan(mini, "mini", points=Points(only="refpll")))


def test_a_stopped_campaign_says_that_nothing_is_kept(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A campaign in one piece that is told to stop says that nothing of it is left, and what would have kept it."""

    def told(*_words: object, **_more: object) -> Report:
        signal.raise_signal(signal.SIGTERM)
        raise AssertionError("it went on")

    monkeypatch.setattr(faults, "run", told)

    assert main(["faults", "mini"]) == 128 + signal.SIGTERM
    assert capsys.readouterr().err == (
        "firstlight: terminated; nothing was kept: a campaign with --results FILE goes on from what is done\n"
    )


def test_a_target_of_no_known_scheme_is_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    """A target that cannot be is told as such, and not as a chip that does not come up."""
    assert main(["faults", "mini", "--on", "nonsense:"]) == 2
    assert capsys.readouterr().err.startswith("firstlight: target 'nonsense:' has an unknown scheme, nonsense:; known")


def test_every_point_belongs_to_one_state() -> None:
    """The states of the run without a fault have all its points, each once."""
    run = golden(Controller(load_chip("mini")), 0, lambda seed: SimChip(load_chip("mini"), seed=seed))

    assert sum(state.points for state in run.states) == run.points
    assert len({state.first for state in run.states}) == len(run.states)


@pytest.mark.parametrize(("name", "every"), [("mini", 1), ("atlas", 400)])
def test_at_points_of_one_state_no_block_has_changed(name: str, every: int) -> None:
    """Every block of the chip holds the same at all points of a state: a write that makes none has changed nothing."""
    scene = Scene(partial(load_chip, name))
    firsts = {str(state.first) for state in scene.golden.states}
    sim, quiet = scene.make(), 0
    models = [sim.model(block) for block in scene.chip.instances]

    def levels() -> dict[str, bool]:
        return {name: sim.level(name) for name in scene.chip.instances}

    before: list[tuple[Still, object, int]] = []

    def at(point: Point) -> None:
        nonlocal quiet
        access = scene.golden.accesses[point.number - 1]
        if point.after and before:
            still, lines, passed = before.pop()
            assert still.same(Still(models)), access
            assert (lines, passed) == (levels(), going.passed), access
        elif not point.after and access.write and f"{point.number}+" not in firsts:
            quiet += 1
            if quiet % every == 0:
                before.append((Still(models), levels(), going.passed))

    going = Bringup(scene.controller, sim, Watched(sim, at))
    scene.controller.forget()
    going.run()

    assert quiet > every


def test_points_of_one_state_have_one_recovery() -> None:
    """A reset at the last point of a state is followed by the same accesses as at its first."""
    scene = Scene(mini)
    states = scene.golden.states
    for index in range(40, len(states), 60):
        first, size = states[index].first, states[index].points
        at = 2 * (first.number - 1) + first.after + size - 1
        last = Point(1 + at // 2, after=bool(at % 2))

        recoveries = [scene.trial(reset(str(point))).after for point in (first, last)]
        assert recoveries[0] == recoveries[1]


def test_a_seed_draws_the_same_points() -> None:
    """Points that are drawn follow from the seed, and another seed draws others."""
    tallies = [run(mini, seeded(12), seed=seed).tally for seed in (1, 1, 2)]

    told = [(sorted(tally.cells), tally.recovered_accesses, tally.slowest) for tally in tallies]
    assert told[0] == told[1] != told[2]
    assert [tally.points for tally in tallies] == [12, 12, 12]


def test_a_chip_that_does_not_come_up_has_no_campaign() -> None:
    """A chip that does not come up without a fault is refused with the reason."""

    class Never(Pll):
        def up(self) -> Ladder:
            return Ladder(Rung("never", holds=[self.regs.ID.check(part=1)], within=1 * US))

    with pytest.raises(NotWell, match="rung never: did not hold"):
        run(planted(Never))


def test_the_verb_tells_how_many_failures_it_does_not_tell(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of more failures than are told, or kept, the points of those that have no line are counted."""
    whole = serially(shards(40))

    def told_of(*_words: object, **_more: object) -> Report:
        return Report(Plan(mini, "mini"), whole, 0.1, 1.0)

    monkeypatch.setattr(faults, "run", told_of)

    assert main(["faults", "mini"]) == 1
    text = capsys.readouterr().out
    assert text.count("--replay") == faults.TOLD < FAILURES_MAX < whole.failures
    more = whole.failures - sum(failed.points for failed in whole.failed[: faults.TOLD])
    assert f"\n... and {more} more points failed; these are the first\n" in text

    assert main(["faults", "mini", "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert told["untold"] == whole.failures - sum(failed["points"] for failed in told["failed"]) > 0


@pytest.mark.parametrize("text", ["", "n", "seeded", "seeded:0", "seeded:3x0", "exhaustive "])
def test_points_that_are_none_are_refused(text: str) -> None:
    """What names no set of points is refused, and what does is said."""
    with pytest.raises(CampaignError, match="expected exhaustive, nth, double, seeded:N"):
        Points.parse(text)


@pytest.mark.parametrize(("words", "said"), [
    (["--only", ""], "no block matches ''"),
    (["--workload", "stop", "--only", ""], "no block matches ''"),
    (["--points", "seeded:1000001"], "points 'seeded:1000001': expected 1,000,000 schedules at most"),
    (["--points", "seeded:" + "9" * 5000], "expected 1,000,000 schedules at most"),
    (["--points", "seeded:3x101"], "points 'seeded:3x101': expected 100 faults in one at most"),
    (["--shards", "10001"], "10,001 shards: expected 10,000 at most"),
])  # fmt: skip
def test_what_is_beyond_all_bounds_is_bad_input(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """No block at all, or more than a campaign comes to the end of, is refused with the bound."""
    assert main(["faults", "mini", *words]) == 2
    assert said in capsys.readouterr().err


def test_the_bounds_can_be_had() -> None:
    """What is at its bound is taken."""
    points = Points.parse("seeded:1000000x100")
    assert (points.drawn, points.faults) == (1_000_000, 100)
    assert len(Plan(mini, "mini", digest="0").shards(10_000)) == 10_000


def test_whoever_has_no_double_says_what_there_is() -> None:
    """Under trio `double` is refused, and each form that is said instead is taken."""
    said: list[str] = []
    for workload in set(Workload) - {Workload.BRINGUP}:
        with pytest.raises(CampaignError) as refused:
            Plan(mini, "mini", workload, points=Points.parse("double"))
        said += re.findall(r"expected (.*);", str(refused.value))
    [forms] = set(said)
    taken = [form.replace("N", "3").replace("K", "2") for form in re.split(r", (?:or )?", forms)]
    modes = {Plan(mini, "mini", Workload.STOP, points=Points.parse(text)).points.mode for text in taken}
    assert modes == set(Mode) - {Mode.DOUBLE}


def test_the_verb_tells_what_came_of_it(capsys: pytest.CaptureFixture[str]) -> None:
    """`firstlight faults` ends well where nothing failed, and tells points and rate; a replay tells accesses."""
    assert main(["faults", "mini", "--points", "seeded:3", "--json", "--jobs", "1"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["points"], told["failures"]) == (3, 0)
    assert told["points_per_cpu_hour"] > 0

    assert main(["faults", "mini", "--only", "refpll"]) == 0
    assert "\n0 failures; slowest recovery" in capsys.readouterr().out

    assert main(["faults", "mini", "--replay", "bring-up:0:reset@400+"]) == 0
    assert "---- reset@400+" in capsys.readouterr().out

    assert main(["faults", "mini", "--replay", "bring-up:0:reset@9999+"]) == 2
    assert "there is no such access" in capsys.readouterr().err


BRINGUP, SERVICE = Workload.BRINGUP, Workload.SERVICE


@pytest.mark.parametrize(
    ("chip", "workload", "points", "budget_s", "shards"),
    [
        ("mini", BRINGUP, "exhaustive", 0.0, 1),
        ("mini", BRINGUP, "double", 0.0, 1),
        ("atlas", BRINGUP, "exhaustive", 0.0, 1),
        ("atlas", BRINGUP, "double", 0.0, SHARDS),
        ("atlas", BRINGUP, "nth", 0.0, SHARDS),
        ("atlas", BRINGUP, "seeded:8", 0.0, 1),
        ("mini", SERVICE, "nth", 0.0, SHARDS),
        ("mini", SERVICE, "nth", 60.0, 3),
        ("mini", SERVICE, "nth", 5.0, 1),
    ],
)
def test_what_takes_minutes_is_shards(chip: str, workload: Workload, points: str, budget_s: float, shards: int) -> None:
    """A campaign that takes minutes runs in shards by a pool of processes without being told to, and one that takes
    seconds, or that one target or one process runs, does not."""
    kinds = (Kind.RESET,) if points in ("double", "exhaustive") else OF_HEAP
    load = partial(load_chip, chip)
    plan = Plan(load, chip, workload, kinds=kinds, points=Points.parse(points), budget_s=budget_s)

    assert plan.pieces(3) == shards
    assert plan.pieces(1) == 1
    if points != "double":  # which needs a simulation
        assert evolve(plan, url="unix:/run/rtl").pieces(3) == 1


def test_a_process_makes_the_run_without_a_fault_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shards that come to a process one by one, each a copy, load the chip no more often than one of them does."""
    loaded: list[str] = []

    def load(name: str) -> Chip:
        loaded.append(name)
        return load_chip(name)

    monkeypatch.setattr("blocks.chip.load_chip", load)
    plan = Plan(local("mini"), "mini", seed=77, points=Points(only="refpll"))
    first, second = (pickle.loads(pickle.dumps(shard)) for shard in plan.shards(2))

    run_shard(first)
    once = len(loaded)
    run_shard(second)

    assert len(loaded) == once > 0
