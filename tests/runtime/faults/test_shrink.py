"""The laws of shrinking: what comes out fails as well, and nothing smaller beside it does."""

from __future__ import annotations

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from runtime.faults.campaign import local, run
from runtime.faults.judged import Judged
from runtime.faults.live import LiveCampaign
from runtime.faults.plan import Mode, Plan, Points
from runtime.faults.play import lives
from runtime.faults.ran import Ran
from runtime.faults.scene import Scene
from runtime.faults.shrink import alike, shrink
from runtime.faults.tally import Failed, Tally
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


def test_a_campaign_tells_the_smallest_schedule() -> None:
    """Of a schedule of four faults that finds a planted bug, the one fault is told that it takes."""
    load = planted.planted(planted.Timed)
    points = Points(Mode.SEEDED, 60, 4, only=planted.PLL)

    tally = run(Plan(load, "mini", kinds=(Kind.DROPPED, Kind.TWICE, Kind.LATE), points=points)).tally

    assert tally.failed
    trial = Trial.parse(tally.failed[0].replay)
    assert [shot.kind for shot in trial.shots] == [Kind.DROPPED]
    assert Scene(load).trial(trial).verdict.broken == tally.failed[0].broken


def test_another_failure_is_not_the_same() -> None:
    """A smaller schedule that fails for another reason is none; figures, as times and words, may be others."""
    late = "liveness: pll[2] in service after 500.1 us; expected 363.2 us at most"
    assert alike(late, "liveness: pll[2] in service after 401 us; expected 363.2 us at most")
    assert not alike(late, "liveness: pll[3] in service after 500.1 us; expected 363.2 us at most")
    assert not alike(late, "")
    word = "liveness: pll[2].INTR_ENABLE ends as 0x0, without a fault as 0x300"
    assert alike(word, "liveness: pll[2].INTR_ENABLE ends as 0x100, without a fault as 0x300")
    assert not alike(word, "liveness: pll[2].BAND ends as 0x0, without a fault as 0x300")


def test_what_is_made_small_fails_for_the_same_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a schedule with two faults that break different things, the one that broke the first is told."""
    running = LiveCampaign(local("mini"), Workload.STOP, 0, frozenset({Kind.LATE, Kind.ERROR}))

    def judged(trial: Trial, _ran: Ran) -> Judged:
        kinds = [shot.kind for shot in trial.shots]
        return Judged("safety: one" if Kind.LATE in kinds else "safety: other" if kinds else "")

    monkeypatch.setattr(running, "_judged", judged)
    both = [one for one in running.trials("seeded", 40, 2) if len({shot.kind for shot in one.shots}) == 2]
    tally = running.tally("seeded", 40, part=(running.trials("seeded", 40, 2).index(both[0]), 40), faults=2)

    (failed,) = tally.failed
    assert (failed.broken, failed.kind) == ("safety: one", Kind.LATE)


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
