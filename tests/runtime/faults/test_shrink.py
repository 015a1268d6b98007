"""The laws of shrinking: what comes out fails as well, and nothing smaller beside it does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from runtime.faults import small as smaller
from runtime.faults.campaign import local, make_small, run, run_shard
from runtime.faults.live import LiveCampaign
from runtime.faults.plan import Mode, Plan, Points
from runtime.faults.play import lives
from runtime.faults.report import Report
from runtime.faults.scene import Scene
from runtime.faults.shrink import TRIES_MAX, alike, shrink
from runtime.faults.small import GROUPS_MAX
from runtime.faults.tally import FAILURES_MAX, Failed, Tally
from runtime.faults.trial import Trial, Workload
from tests.runtime.faults import planted
from transports.faulty.kinds import OF_WRITES, Kind, Shot

KINDS = (Kind.DROPPED, Kind.TWICE, Kind.FLIP)


@given(
    st.lists(st.tuples(st.sampled_from(KINDS), st.integers(1, 500)), min_size=1, max_size=5),
    st.integers(1, 500),
)
def test_only_what_it_takes_is_left(schedule: list[tuple[Kind, int]], least: int) -> None:
    """Where a dropped write from some access on is what fails, that alone is left, and at that access."""
    trial = Trial(Workload.BRINGUP, 0, tuple(Shot(kind, number) for kind, number in schedule))

    def fails(other: Trial) -> bool:
        return any(shot.kind is Kind.DROPPED and shot.number >= least for shot in other.shots)

    small = shrink(trial, fails) if fails(trial) else trial

    if fails(trial):
        assert small.shots == (Shot(Kind.DROPPED, least),)


@pytest.mark.parametrize("moved", [-9, -1, 1, 9])
@pytest.mark.parametrize("more", [(), (Shot(Kind.LATE, 500),)])
def test_a_fault_that_fails_alone_at_another_number_is_left(moved: int, more: tuple[Shot, ...]) -> None:
    """Without the hang before it the write that is lost has another number, and what is lost alone is told."""

    def fails(other: Trial) -> bool:
        lost = 84 if Shot(Kind.HANG, 78) in other.shots else 84 + moved
        return Shot(Kind.DROPPED, lost) in other.shots

    small = shrink(Trial(Workload.BRINGUP, 0, (Shot(Kind.HANG, 78), Shot(Kind.DROPPED, 84), *more)), fails)

    assert small.shots == (Shot(Kind.DROPPED, 84 + moved),)


@given(st.integers(0, 30))
def test_it_ends_after_so_many_tries(tries: int) -> None:
    """No more trials are run than that, and what is returned is known to fail."""
    ran: list[Trial] = []

    def fails(other: Trial) -> bool:
        ran.append(other)
        return True

    small = shrink(Trial(Workload.BRINGUP, 0, (Shot(Kind.FLIP, 10**6), Shot(Kind.FLIP, 10**6))), fails, tries)

    assert len(ran) <= tries
    assert not ran or small in ran


HEAP = Plan(
    planted.planted(planted.Timed),
    "mini",
    kinds=(Kind.DROPPED, Kind.TWICE, Kind.LATE),
    points=Points(Mode.SEEDED, 60, 4, only=planted.PLL),
    agree=0,
)
SINGLE = evolve(
    HEAP,
    load=planted.planted(planted.Trusting),
    kinds=(Kind.ERROR, Kind.HANG),
    points=Points(Mode.SEEDED, 20, only=planted.PLL),
)
SERVICE = Plan(
    planted.planted(planted.Cached), "mini", Workload.SERVICE, kinds=(Kind.DEVICE, Kind.LATE),
    points=Points(Mode.SEEDED, 6, 2),
)  # fmt: skip


def again(plan: Plan) -> Callable[[Trial], tuple[str, str]]:
    """Return what runs a trial of a campaign by itself, and says what is broken."""
    if plan.live:
        return LiveCampaign(plan.load, plan.workload, plan.seed, frozenset(plan.kinds)).again
    return Scene(plan.load).again


@pytest.mark.parametrize("plan", [HEAP, SINGLE, SERVICE], ids=["heap", "single", "in-service"])
def test_a_campaign_tells_the_smallest_schedule(plan: Plan) -> None:
    """Each line fails as it says; without any of its faults it does not, nor with one put earlier by a halved step."""
    report = run(plan)
    broken = again(plan)

    assert report.told
    assert sum(failed.points for failed in report.told) == report.tally.failures
    for failed in report.told:
        trial = Trial.parse(failed.replay)
        assert failed.drawn
        assert broken(trial) == (failed.block, failed.broken)
        for index, shot in enumerate(trial.shots):
            before, behind = trial.shots[:index], trial.shots[index + 1 :]
            steps = [shot.number // 2**power for power in range(1, shot.number.bit_length())]
            others = [(*before, evolve(shot, number=shot.number - step), *behind) for step in steps]
            others += [(*before, *behind)] * bool(before or behind)
            for shots in others:
                assert not alike(failed.broken, broken(evolve(trial, shots=shots))[1]), shots


def test_schedules_are_counted_as_they_were_drawn() -> None:
    """A schedule of several faults is counted as such, whatever it comes down to; its line has the fault it takes."""
    report = run(HEAP)

    assert {kind for kind, _ in report.tally.cells} == {"several"}
    assert [[shot.kind for shot in Trial.parse(failed.replay).shots] for failed in report.told] == [[Kind.DROPPED]]


@pytest.mark.parametrize("plan", [HEAP, SINGLE, SERVICE], ids=["heap", "single", "in-service"])
def test_a_campaign_that_fails_is_the_same_in_shards(plan: Plan) -> None:
    """In any number of shards, put together in any order, all is counted, kept and told as in one piece."""
    one = run(plan)
    shards = plan.shards(2)
    tally = Tally()
    for shard in reversed(shards):
        tally.add(Tally.from_data(run_shard(shard).to_data()))
    make_small(plan, tally)

    def told(report: Report) -> dict[str, Any]:
        """Return all but what the time of machines decides."""
        return {
            name: value for name, value in report.to_data().items() if not name.endswith(("cpu_s", "hour", "wall_s"))
        }

    assert one.tally.failures
    assert told(evolve(one, tally=tally)) == told(one)


def test_what_is_told_first_is_the_same_in_any_order() -> None:
    """Of more failures than are kept the same are, with all their points, whatever came first."""
    failures = [Failed(f"stop:0:late@{number}", "late", "refpll", "pll", "safety: one") for number in range(1, 251)] * 2
    forth, back = Tally(), Tally()
    for failed in failures:
        forth.fail(failed)
    for failed in reversed(failures):
        back.fail(failed)

    assert forth.failed == back.failed == [evolve(failed, points=2) for failed in failures[:FAILURES_MAX]]


def drawn(number: int) -> Failed:
    """Return a schedule that failed for a reason of its own."""
    return Failed(f"stop:0:late@{number},late@7", "several", "refpll", "pll", f"safety: pll[{number}]")


def test_what_is_not_made_small_is_told_as_drawn() -> None:
    """Only so many reasons have a small line, and none for which there was no time; which were not is said."""
    tally, small = Tally(), Plan(local("mini"), "mini", Workload.STOP, points=Points(Mode.SEEDED, 20, 2))
    without = Failed("stop:0:", "no-fault", "chip", "chip", "safety: one")
    for failed in (without, *map(drawn, range(1, GROUPS_MAX + 4))):
        tally.fail(failed)
    late = Tally.from_data(tally.to_data())

    of_one = {f"late@{number}": f"safety: pll[{number}]" for number in range(1, GROUPS_MAX + 4)}
    smaller.make_small(tally, lambda trial: ("refpll", of_one.get(str(trial.shots[0]), "")))
    smaller.make_small(late, lambda _trial: ("", ""), lambda: True)

    report = Report(small, tally, 0.0, 0.0)
    assert [(one.replay, report.how(one)) for one in report.told] == [
        ("stop:0:", ""),
        *((f"stop:0:late@{number}", "") for number in range(1, GROUPS_MAX + 1)),
        *((f"stop:0:late@{number},late@7", " (as drawn)") for number in range(GROUPS_MAX + 1, GROUPS_MAX + 4)),
    ]
    assert late.failed == [without, *map(drawn, range(1, GROUPS_MAX + 4))]
    assert all(report.how(one) == " (as drawn)" for one in late.failed[1:])


def test_how_far_it_is_is_told() -> None:
    """What is made small tells of each trial that it runs, and of each reason that is done, to the last step."""
    tally, told, ran = Tally(), list[tuple[int, int, int]](), list[Trial]()
    for number in range(1, GROUPS_MAX + 3):
        tally.fail(drawn(number))

    def run_again(trial: Trial) -> tuple[str, str]:
        ran.append(trial)
        return "refpll", f"safety: pll[{number}]" if (number := trial.shots[0].number) > 3 else ""

    def watch(done: int, steps: int, trials: int) -> None:
        told.append((done, steps, trials))

    smaller.make_small(tally, run_again, watch=watch)

    steps = GROUPS_MAX * TRIES_MAX
    assert (told[0], told[-1]) == ((0, steps, 0), (steps, steps, len(ran)))
    assert told == sorted(set(told))
    assert len(told) == 1 + len(ran) + GROUPS_MAX


def test_alike_schedules_are_told_once() -> None:
    """Each cell of schedules that fail alike keeps its points; their line is told once, with how many there are."""
    tally = Tally()
    for number, (kind, of) in enumerate([("several", "crg"), ("late", "pll"), ("several", "crg")], 1):
        tally.fail(Failed(f"stop:0:late@{number + 4}", kind, of, of, f"safety: 0x{number}"))
    smaller.make_small(tally, lambda trial: ("refpll", "safety: 0x9" if trial.shots[0].number >= 2 else ""))

    small = Failed("stop:0:late@2", "several", "refpll", "crg", "safety: 0x9", 2, "stop:0:late@5")
    assert tally.failed == [small, evolve(small, kind="late", type="pll", points=1)]
    report = Report(Plan(local("mini"), "mini", Workload.STOP, points=Points(Mode.SEEDED, 3)), tally, 0.0, 0.0)
    assert report.told == [evolve(small, kind="late, several", type="crg, pll", points=3)]
    assert report.how(report.told[0]) == " (3 schedules fail alike)"
    assert report.untold() == 0


def test_another_failure_is_not_the_same() -> None:
    """A smaller schedule that fails for another reason is none; figures, as times and words, may be others."""
    late = "liveness: pll[2] in service after 500.1 us; expected 363.2 us at most"
    assert alike(late, "liveness: pll[2] in service after 401 us; expected 363.2 us at most")
    assert not alike(late, "liveness: pll[3] in service after 500.1 us; expected 363.2 us at most")
    assert not alike(late, "")
    word = "liveness: pll[2].INTR_ENABLE ends as 0x0, without a fault as 0x300"
    assert alike(word, "liveness: pll[2].INTR_ENABLE ends as 0x100, without a fault as 0x300")
    assert not alike(word, "liveness: pll[2].BAND ends as 0x0, without a fault as 0x300")


def test_what_is_made_small_fails_for_the_same_reason() -> None:
    """Of a schedule with two faults that break different things, the one that broke the first is told."""
    tally = Tally()
    tally.fail(Failed("stop:0:late@5,error@7-", "several", "refpll", "pll", "safety: one"))

    def run_again(trial: Trial) -> tuple[str, str]:
        kinds = [shot.kind for shot in trial.shots]
        return "refpll", "safety: one" if Kind.LATE in kinds else "safety: other" if kinds else ""

    smaller.make_small(tally, run_again)

    assert [(failed.replay, failed.broken) for failed in tally.failed] == [("stop:0:late@1", "safety: one")]


def test_a_failure_is_told_once() -> None:
    """Schedules that come down to the same trial are one line with the points of all, in shards as well."""
    failed = Failed("stop:0:late@1", Kind.LATE, "refpll", "pll", "safety: one")
    one, other = Tally(), Tally()
    for tally in (one, one, other):
        tally.fail(failed)
    one.add(other)

    assert one.failed == [evolve(failed, points=3)]
    assert (one.failures, one.cells[Kind.LATE, "pll"].failed) == (3, 3)


@pytest.mark.parametrize("workload", [Workload.SERVICE, Workload.STOP])
def test_schedules_strike_where_there_is_something_to_strike(workload: Workload) -> None:
    """No fault of writes is drawn where nothing is written, and none behind the reset that ends its controller."""
    running = LiveCampaign(local("mini"), workload, 0, frozenset(Kind))
    for one in running.trials("seeded", 200, 3):
        for life in lives(one.shots):
            kinds = [shot.kind for shot in life]
            assert not OF_WRITES.intersection(kinds) or any(shot.kind is Kind.DEVICE for shot in one.shots), one
            met = [shot.number for shot in life if shot.kind is not Kind.LOST]
            if Kind.RESET in kinds and max(met) < running.golden.count:
                assert life[-1].number == max(met), one
