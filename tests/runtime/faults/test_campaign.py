"""The laws of a campaign of resets: it finds what is wrong, at exactly the points where it is, and nothing else."""

from __future__ import annotations

import json

import pytest
from attrs import evolve

from blocks.chip import Chip, load_chip
from blocks.hbm_channel.driver import HbmChannel
from blocks.ladder import US, Act, Ladder, Rung, Where
from blocks.pll.driver import Pll
from blocks.port import Port
from blocks.sim import SimChip, SimTransport
from runtime import determinism
from runtime.bringup import bring_up
from runtime.cli.main import main
from runtime.clock import VirtualClock
from runtime.faults.campaign import WHOLE, Campaign, CampaignError, Points, Replay, no_register
from runtime.faults.golden import Golden, NotWell, Point, Watched, golden
from runtime.faults.heap import Bringup, Controller
from runtime.summary import Summary

PLANTED = "pll[2]"


class Hasty(Pll):
    """A PLL whose loop is frozen by an act that does not work twice: it finds the lock open, and leaves it closed."""

    def up(self) -> Ladder:
        r = self.regs
        rungs = {rung.name: rung for rung in super().up()}
        rungs["frozen"] = Rung(
            "frozen",
            holds=[r.LOCK.check(config=1), r.INTR_ENABLE.check(lock_lost=1, ref_lost=1)],
            reach=[r.LOCK.check(config=0), r.LOCK.write(config=1), r.INTR_ENABLE.write(lock_lost=1, ref_lost=1)],
            within=5 * US,
        )
        return Ladder(*rungs.values())


class Loose(Pll):
    """A PLL that writes two registers where it looks at one: what is cut off between is never made good."""

    def up(self) -> Ladder:
        r = self.regs
        rungs = {rung.name: rung for rung in super().up()}
        del rungs["watched"]
        rungs["driving"] = Rung(
            "driving",
            holds=[r.CTRL.check(bypass=0)],
            reach=[r.CTRL.modify(bypass=0), r.INTR_ENABLE.write(lock_lost=1, ref_lost=1)],
            within=5 * US,
        )
        return Ladder(*rungs.values())


def planted(kind: type[Pll]) -> Chip:
    """Return mini with another driver for one of its PLLs."""
    chip = load_chip("mini")
    instance = chip.instances[PLANTED]
    block = kind(PLANTED, instance.block.regs, instance.block.config)
    return evolve(chip, instances={**chip.instances, PLANTED: evolve(instance, block=block, like=None)})


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
    campaign = Campaign(lambda: load_chip("mini"))

    report = campaign.run(Points(), whole=whole, jobs=2)

    assert report.points == 2 * report.accesses == campaign.golden.points
    assert report.states == len(campaign.golden.states)
    assert report.whole == (report.states if whole else WHOLE)
    assert (report.failures, report.failed, report.doubted, report.differed) == (0, [], 0, 0)
    assert 0 < report.slowest_s <= report.limit_s


def test_whole_recoveries_on_atlas_end_as_without_a_reset() -> None:
    """A few resets drawn from all of atlas: each time the whole chip comes up, and no register ends otherwise."""
    report = Campaign(lambda: load_chip("atlas")).run(Points(drawn=3))

    assert (report.whole, report.failures, report.failed) == (3, 0, [])


@pytest.mark.parametrize(("kind", "first", "second", "said", "whole"), [
    (Hasty, "LOCK", "INTR_ENABLE", "pll[2] failed: rung frozen: its act failed, 3 times", True),
    (Hasty, "LOCK", "INTR_ENABLE", "pll[2] failed: rung frozen: its act failed, 3 times", False),
    (Loose, "CTRL", "INTR_ENABLE", "pll[2].INTR_ENABLE ends as 0x0, without the reset as 0x3", False),
])  # fmt: skip
def test_a_planted_bug_is_found_at_exactly_its_points(
    kind: type[Pll], first: str, second: str, said: str, *, whole: bool
) -> None:
    """A ladder that cannot be gone on with between two of its writes fails at all points between, and at no other."""
    campaign = Campaign(lambda: planted(kind))
    expected = between(campaign.golden, first, second)

    report = campaign.run(Points(), whole=whole, jobs=2)

    assert report.failures == len(expected)
    assert {verdict.point for verdict in report.failed} <= expected
    assert all(said in verdict.broken for verdict in report.failed)
    assert report.replay == [f"reset:0:{verdict.point}" for verdict in report.failed]


class Forgetful(HbmChannel):
    """A channel that is watched by the act that freezes it, which is not looked at: cut off between, nobody watches."""

    def up(self) -> Ladder:
        r = self.regs
        rungs = {rung.name: rung for rung in super().up()}
        watched = rungs.pop("watched")
        assert not callable(watched.reach)
        frozen: list[Act] = [r.LOCK.write(config=1), *watched.reach]
        rungs["frozen"] = Rung("frozen", holds=[r.LOCK.check(config=1)], reach=frozen, within=5 * US)
        return Ladder(*rungs.values())


def test_a_bug_in_one_block_of_hundreds_is_found_at_its_points() -> None:
    """A channel of 128 that forgets an interrupt when it is cut off between two writes fails there, and only there."""
    odd = "die[1].channel[2][5]"

    def load() -> Chip:
        chip = load_chip("atlas")
        instance = chip.instances[odd]
        block = Forgetful(odd, instance.block.regs, instance.block.config)
        return evolve(chip, instances={**chip.instances, odd: evolve(instance, block=block, like=None)})

    campaign = Campaign(load)
    regs = campaign.chip.instances[odd].block.regs
    lock = max(n for n, a in enumerate(campaign.golden.accesses, 1) if a.write and a.address == regs.LOCK.address)

    report = campaign.run(Points(only="die[1].channel[2][*]"), jobs=2)

    assert report.doubted == 1
    assert [verdict.point for verdict in report.failed] == [f"{lock}+"]
    assert f"{odd}.INTR_ENABLE ends as 0x0" in report.failed[0].broken
    assert report.failures == 2, "after the one write, and before the other"


class Trusting(Pll):
    """A PLL that believes what it remembers: whoever comes after it writes once more."""

    remembered = False

    def up(self) -> Ladder:
        told = Where("it was told", [self.regs.ID.read()], self._told)
        return Ladder(*super().up(), Rung("told", holds=[told], reach=self._tell, within=5 * US))

    def _told(self, _read: object) -> bool:
        return self.remembered

    async def _tell(self, port: Port) -> None:
        await port.run(self.regs.INTR_ENABLE.write(lock_lost=1, ref_lost=1))
        self.remembered = True


@pytest.mark.parametrize("whole", [True, False])
def test_a_healthy_block_is_not_written(*, whole: bool) -> None:
    """A block that was up and is written by the next controller is broken safety, though all ends well."""
    report = Campaign(lambda: planted(Trusting)).run(Points(drawn=8 if whole else None), whole=whole, jobs=2)

    assert report.failed
    assert {verdict.broken for verdict in report.failed} == {f"safety: {PLANTED} was up, and was written"}


def test_points_may_be_those_of_some_blocks() -> None:
    """A pattern takes the points beside accesses of the blocks that it names; one that names none is refused."""
    campaign = Campaign(lambda: load_chip("mini"))

    report = campaign.run(Points(only="crg[*]"))

    assert set(report.by_type) == {"crg"}
    assert 0 < report.states < len(campaign.golden.states)
    with pytest.raises(CampaignError, match="no block matches 'hbm'"):
        campaign.run(Points(only="hbm"))


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
        assert run_of.differences(sim, no_register) == []


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
    campaign = Campaign(lambda: planted(Hasty))
    failed = campaign.run(Points()).failed[0]

    verdict, before, after = campaign.replay(Replay.parse(f"reset:0:{failed.point}").point)

    assert verdict == failed
    assert before[-1].block == PLANTED
    assert before[-1].write
    assert len(after) == verdict.accesses


def test_every_point_belongs_to_one_state() -> None:
    """The states of the run without a fault have all its points, each once, and a write always makes a new one."""
    run = golden(Controller(load_chip("mini")), 0, lambda seed: SimChip(load_chip("mini"), seed=seed))

    assert sum(state.points for state in run.states) == run.points
    firsts = {state.first for state in run.states}
    assert all(Point(n, after=True) in firsts for n, access in enumerate(run.accesses, 1) if access.write)


def test_points_of_one_state_have_one_recovery() -> None:
    """A reset at the last point of a state is followed by the same accesses as at its first."""
    campaign = Campaign(lambda: load_chip("mini"))
    states = campaign.golden.states
    for index in range(40, len(states), 60):
        first, size = states[index].first, states[index].points
        at = 2 * (first.number - 1) + first.after + size - 1
        last = Point(1 + at // 2, after=bool(at % 2))

        assert campaign.replay(first)[2] == campaign.replay(last)[2]


def test_a_seed_draws_the_same_points() -> None:
    """Points that are drawn follow from the seed, and another seed draws others."""
    reports = [Campaign(lambda: load_chip("mini"), seed).run(Points(drawn=12)) for seed in (1, 1, 2)]

    told = [(report.by_type, report.recovered_accesses, report.slowest_s) for report in reports]
    assert told[0] == told[1] != told[2]
    assert [report.points for report in reports] == [12, 12, 12]


def test_a_chip_that_does_not_come_up_has_no_campaign() -> None:
    """A chip that does not come up without a fault is refused with the reason."""

    class Never(Pll):
        def up(self) -> Ladder:
            return Ladder(Rung("never", holds=[self.regs.ID.check(part=1)], within=1 * US))

    with pytest.raises(NotWell, match="rung never: did not hold"):
        Campaign(lambda: planted(Never))


@pytest.mark.parametrize("text", ["", "nth", "seeded", "seeded:0", "exhaustive "])
def test_points_that_are_none_are_refused(text: str) -> None:
    """What names no set of points is refused, and what does is said."""
    with pytest.raises(CampaignError, match="expected exhaustive or seeded:N"):
        Points.parse(text)


def test_the_verb_tells_what_came_of_it(capsys: pytest.CaptureFixture[str]) -> None:
    """`firstlight faults` ends well where nothing failed, and tells points and rate; a replay tells accesses."""
    assert main(["faults", "mini", "--points", "seeded:3", "--json", "--jobs", "1"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["points"], told["failures"]) == (3, 0)
    assert told["points_per_cpu_hour"] > 0

    assert main(["faults", "mini", "--only", "refpll"]) == 0
    assert "\n0 failures; slowest recovery" in capsys.readouterr().out

    assert main(["faults", "mini", "--replay", "reset:0:400+"]) == 0
    assert "---- reset at 400+" in capsys.readouterr().out

    assert main(["faults", "mini", "--replay", "reset:0:9999+"]) == 2
    assert "expected 1 to" in capsys.readouterr().err
