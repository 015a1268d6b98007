"""The laws of shrinking: what comes out fails as well, and nothing smaller beside it does."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from runtime.faults.campaign import run
from runtime.faults.plan import Mode, Plan, Points
from runtime.faults.scene import Scene
from runtime.faults.shrink import shrink
from runtime.faults.trial import Trial, Workload
from tests.runtime.faults import planted
from transports.faulty.kinds import Kind, Shot

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
