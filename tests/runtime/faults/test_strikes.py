"""The laws of faults that strike single accesses: each strikes where it is told to, and mini survives them all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import cache, partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from blocks.chip import Chip, load_chip
from runtime.climb import RETRY_S
from runtime.faults import campaign
from runtime.faults.campaign import run, run_shard
from runtime.faults.doubles import Cut
from runtime.faults.golden import Access
from runtime.faults.heap import Bringup
from runtime.faults.plan import Plan, Points, kinds_of
from runtime.faults.scene import Scene
from runtime.faults.strike import OF_HEAP, sides, strikes
from runtime.faults.tally import FAILURES_MAX, Tally
from runtime.faults.trial import CampaignError, Trial, Workload
from tests.runtime.faults import planted
from transports.faulty.kinds import UNSEEN, Kind, Shot

MINI = partial(load_chip, "mini")
OF_ALL_MAX = 80  # trials of a fault of the whole device: some 45 ms each
PLAIN = tuple(kind for kind in OF_HEAP if kind is not Kind.TORN)  # mini has no register wider than an access


@cache
def scene() -> Scene:
    """Return mini's."""
    return Scene(MINI)


def seen(accesses: list[Access]) -> list[tuple[str, bool, int, int]]:
    """Return what of accesses does not depend on when they were."""
    return [(access.block, access.write, access.address, access.value) for access in accesses]


@st.composite
def shots(draw: st.DrawFn) -> Shot:
    golden = scene().golden.accesses
    number = draw(st.integers(1, len(golden)))
    can = [kind for kind in PLAIN if strikes(kind, 4, write=golden[number - 1].write, half=False)]
    kind = draw(st.sampled_from(can))
    return Shot(kind, number, draw(st.sampled_from(sides(kind))))


@given(shots())
@settings(max_examples=60, deadline=None)
def test_a_fault_strikes_its_access_and_none_before(shot: Shot) -> None:
    """Up to the access that is struck the chip sees what it sees without a fault, and then what the kind says."""
    golden = scene().golden.accesses
    struck = golden[shot.number - 1]

    told = scene().trial(Trial(Workload.BRINGUP, 0, (shot,)))

    done = shot.number - (not shot.after)
    assert seen(told.before) == seen(golden[:done])
    assert told.verdict.block == struck.block
    first = seen(told.after)[:2]
    match shot.kind:
        case Kind.TWICE:
            assert first == seen([struck, struck])
        case Kind.FLIP | Kind.LATE:
            assert first[0] == seen([struck])[0]
        case Kind.DROPPED:
            assert first[0] != seen([struck])[0]
        case _:
            pass
    assert not told.verdict.broken or shot.kind in UNSEEN


@pytest.mark.parametrize("kind", PLAIN)
def test_mini_survives_every_fault_at_every_access(kind: Kind, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever strikes whichever access of mini's bring-up: in the end all is up, and no rule was broken that software
    could have kept. What strikes the whole device does so at a sample of accesses."""
    monkeypatch.setattr(campaign, "OF_ALL_MAX", OF_ALL_MAX)
    tally = run(Plan(MINI, "mini", kinds=(kind,), points=Points.parse("nth"), agree=0), jobs=2).tally

    assert tally.points > 0
    assert (tally.failures, tally.failed, tally.differed) == (0, [], 0)
    assert tally.misled == 0 or kind in UNSEEN
    assert {of for of, _ in tally.cells} == {kind}


@pytest.mark.parametrize("only", ["pll[1]", "*"])
def test_a_second_reset_is_survived_as_the_first(only: str) -> None:
    """A controller that recovers may be reset at any access as well; classes of like states answer for all pairs."""
    tally = run(Plan(MINI, "mini", points=Points.parse("double", only), agree=0)).tally

    assert tally.points > tally.trials > 0
    assert (tally.failures, tally.doubted) == (0, 0)


@pytest.mark.parametrize("every", [1, 2, 3, 7])
def test_the_turns_together_cut_a_recovery_at_each_state_once(every: int) -> None:
    """Where some states of a recovery are tried, those of all turns are all, and so are their points."""
    cut: list[Counter[str]] = []
    points = 0
    for turn in range(every):
        seconds = Counter[str]()

        def at(_run: Bringup, shot: Shot, seconds: Counter[str] = seconds) -> None:
            seconds[str(shot)] += 1

        sim = scene().make()
        way = Cut(sim, at, every, turn)
        way.run = scene().world(sim).bring_up(way, 0.0)
        way.run.run()
        cut.append(seconds)
        points += sum(way.sizes)

    states = sum(cut, Counter[str]())
    assert set(states.values()) == {1}
    assert max(map(len, cut)) - min(map(len, cut)) <= 1
    assert points == 2 * len(scene().golden.accesses)


def states(*, known: bool) -> list[str]:
    """Return where a recovery is cut off, on a chip whose registers were all read before, or not."""
    cut: list[str] = []
    sim = scene().make()
    for access in scene().golden.accesses if known else ():
        if not access.write:
            sim.model(access.block).registers.read(access.address - sim.chip.instances[access.block].address)
    way = Cut(sim, lambda _run, shot: cut.append(str(shot)), 1, 0)
    way.run = scene().world(sim).bring_up(way, 0.0)
    way.run.run()
    return cut


def test_a_recovery_has_the_same_states_whoever_read_its_registers_before() -> None:
    """A read that changes nothing makes no state, be it the first of its register on this chip or not: or a shard would
    come to other trials in a process that has run something else."""
    assert states(known=False) == states(known=True)


@pytest.mark.parametrize(("points", "only", "kinds"), [
    ("exhaustive", "*", "reset"), ("nth", "io_crg[*]", "error,bit-flip,device-reset"), ("double", "crg[*]", "reset"),
    ("seeded:9x3", "*", "all"),
])  # fmt: skip
def test_shards_together_are_the_campaign(points: str, only: str, kinds: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever a campaign is cut into, the tallies of its shards add up to that of the whole."""
    monkeypatch.setattr(campaign, "OF_ALL_MAX", OF_ALL_MAX // 4)
    plan = Plan(MINI, "mini", kinds=kinds_of(kinds), points=Points.parse(points, only))
    together = Tally()

    shards = plan.shards(2)
    for shard in shards:
        together.add(run_shard(shard))

    whole = run(plan).tally
    for name in ("points", "trials", "whole", "doubted", "failures", "there", "arms"):
        assert getattr(together, name) == getattr(whole, name), name
    assert {cell: c.points for cell, c in together.cells.items()} == {cell: c.points for cell, c in whole.cells.items()}
    assert together.unreached == whole.unreached
    assert len({shard.key for shard in shards}) == len(shards)


@pytest.mark.parametrize(("load", "points", "kinds"), [
    (MINI, "nth", "error,bit-flip,late"), (planted.planted(planted.Loose), "exhaustive", "reset"),
    (planted.planted(planted.Deaf), "nth", "error"), (planted.planted(planted.Marked), "double", "reset"),
    (planted.planted(planted.Loose), "seeded:20", "reset"),
])  # fmt: skip
@pytest.mark.parametrize("whole", [True, False])
def test_a_trial_is_counted_once(load: Callable[[], Chip], points: str, kinds: str, *, whole: bool) -> None:
    """Whether a trial runs in its part, with the whole chip or both: it counts once, and is timed if it ended well."""
    plan = Plan(load, "mini", kinds=kinds_of(kinds), points=Points.parse(points, planted.PLL), whole=whole, agree=0)

    tally = run(plan, jobs=2).tally

    cells = tally.cells.values()
    assert len(tally.failed) < FAILURES_MAX
    assert sum(cell.points for cell in cells) == tally.points
    assert sum(cell.trials for cell in cells) == tally.trials
    assert sum(cell.times.total() for cell in cells) == tally.trials - len(tally.failed)
    assert sum(cell.failed for cell in cells) == sum(failed.points for failed in tally.failed) == tally.failures
    for kind, (tried, there) in tally.sampled.items():
        assert tried == there, kind


@pytest.mark.parametrize(("shot", "longest_s"), [
    ("hang@pll[2]:7-", RETRY_S), ("link-down@refpll:7", 4 * RETRY_S), ("hang@pll[2]:7-,reset@pll[2]:20-", 0.0),
    ("duplicated-write@pll[2]:26", 0.0), ("error@pll[2]:7-", 0.0), ("late@pll[2]:7", 0.0), ("reset@pll[2]:7-", 0.0),
])  # fmt: skip
def test_patience_is_for_waits_alone(shot: str, longest_s: float) -> None:
    """More than the limit is allowed where a climb waits for its next try as the fault ends: as long as it does."""
    verdict = scene().trial(Trial.parse(f"bring-up:0:{shot}")).verdict

    assert verdict.patience_s == longest_s


def test_a_rung_that_cannot_come_is_waited_for_once() -> None:
    """Where the device is reset under a climb its wait for a rung is allowed: from then on to the rung's deadline."""
    waits = [rung.within for one in scene().chip.instances.values() for rung in one.variant.up]

    allowed = [
        scene().trial(Trial.parse(f"bring-up:0:device-reset@{number}-")).verdict.patience_s for number in range(31, 61)
    ]

    assert 0.0 == min(allowed) < max(allowed) <= max(waits)


def test_a_schedule_of_faults_follows_from_the_seed() -> None:
    """The same seed draws the same schedules, which end the same; another seed draws others."""
    points = Points.parse("seeded:6x4")

    tallies = [run(Plan(MINI, "mini", seed=seed, kinds=OF_HEAP, points=points, agree=0)).tally for seed in (1, 1, 2)]

    assert tallies[0].slowest == tallies[1].slowest != tallies[2].slowest
    assert Counter(tallies[0].arms) == tallies[1].arms


@pytest.mark.parametrize(("text", "said"), [
    ("melt", "'melt' is no kind of fault; expected all, or of reset, device-reset"),
    ("reset,lost-interrupt", "'lost-interrupt' does not strike in this workload"),
    ("", "'' is no kind of fault"),
])  # fmt: skip
def test_kinds_that_are_none_are_refused(text: str, said: str) -> None:
    """What names no kind of fault, or one that cannot strike here, is refused, and what there is is said."""
    with pytest.raises(CampaignError, match=said):
        kinds_of(text)
