"""Each verdict of a campaign has a bug that it alone finds: whoever takes the verdict away lets the bug through."""

from __future__ import annotations

from functools import partial
from math import inf
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as some

from blocks.chip import load_chip
from blocks.sim import SimChip
from runtime import determinism
from runtime.faults.campaign import run
from runtime.faults.heap import Bringup, Controller, registers_of
from runtime.faults.judged import Judged, evidence, judge
from runtime.faults.live import LiveCampaign
from runtime.faults.lives import LIVENESS, Ended, World, follow, live, tries_s
from runtime.faults.plan import Plan, Points
from runtime.faults.play import Play
from runtime.faults.scene import Scene
from runtime.faults.site import Firmware, Site
from runtime.faults.strike import ControllerReset, Struck
from runtime.faults.trial import Trial, Workload
from tests.runtime.faults import planted
from tests.runtime.faults.test_parts import parts_of
from transports.faulty.kinds import Kind, Shot

MINI = Controller(load_chip("mini"))
MINI_S = 1e-3  # more than mini's hardware takes


def told(bug: Any, kind: Kind, register: str, *, after: bool) -> str:
    """Return what is said under trio of a fault at the first write of a register of the block that has a bug."""
    running = LiveCampaign(planted.planted(bug), Workload.BRINGUP, 0, frozenset({kind}))
    path = f"{planted.PLL}.{register}"
    number = next(n for n in range(1, 1 + running.golden.count) if running.written(n) == path)
    return running.replay(Trial(Workload.BRINGUP, 0, (Shot(kind, number, after),))).broken


# ---- under trio -------------------------------------------------------------------------------


def test_who_goes_on_behind_a_reset_is_a_failure() -> None:
    """A driver that swallows its cancellation, and writes once more, is found by that access, which went nowhere."""
    said = told(planted.Undead, Kind.RESET, "INTR_ENABLE", after=False)

    assert said == "safety: 1 accesses of a controller that was reset"


@pytest.mark.parametrize("after", [False, True])
def test_who_writes_a_block_in_service_is_a_failure(after: bool) -> None:
    """A driver whose act fails, and that writes what its sibling holds already, is found by that write."""
    said = told(planted.Nervous, Kind.ERROR, "INTR_ENABLE", after=after)

    assert said.startswith(f"safety: {planted.SIBLING} was in service, and was written: ")


def test_who_waits_too_long_is_a_failure() -> None:
    """A driver that comes up well, and waits for three times the critical path before, is found by the time alone."""
    assert told(planted.Slow, Kind.RESET, "DIV", after=False) == "", "it was not begun, and nothing is waited for"

    assert told(planted.Slow, Kind.RESET, "DIV", after=True) == "liveness: up after 684.2 us; expected 391.3 us at most"


def test_packets_that_are_lost_for_nothing_are_a_failure() -> None:
    """Packets may be lost where a block was disturbed, or the device was reset, and by nothing else that struck."""

    def judged(shot: str, **seen: Any) -> Judged:
        site = Site(Firmware(lambda: load_chip("mini")), 0, None, workload=False, up=True)
        play = Play(site, Trial.parse(f"in-service:0:{shot}"), MINI_S)
        ran = determinism.run(play.run, seed=0, clock=site.clock())
        assert len(ran.strikes) == 1
        return judge(evolve(ran, **seen), site, None)

    assert judged("error@5-") == judged("error@5-", lost=0) == Judged()
    assert judged("error@5-", lost=3) == Judged("safety: 3 packets lost, and no block was disturbed")
    assert judged("error@5-", lost=3, disturbed=frozenset({planted.PLL})) == Judged()
    assert judged("device-reset@5-", lost=3) == Judged()


@pytest.mark.parametrize("name", ["mini", "atlas", "sifive_u"])
def test_what_software_sets_is_no_evidence(name: str) -> None:
    """A register at which a ladder looks, or that keeps what software writes, is never the hardware's own account."""
    sim = SimChip(load_chip(name))
    kinds = set[bool]()
    for one in {one.type: one for one in sim.chip.instances.values()}.values():
        looked = {field.rpartition(".")[0] for field in sim.intended(one.name)}
        for store in sim.model(one.name).registers.fabric.bank.stores():
            own = [f for f in store.register.fields if f.sw.writable and not f.onwrite and not f.singlepulse]
            told = evidence(sim, one.name, store.place.path)
            assert not told or not (own or store.place.path in looked), f"{one.name}.{store.place.path}"
            kinds.add(told)
    assert kinds == {False, True}


# ---- on the heap ------------------------------------------------------------------------------


def test_who_waits_too_long_is_in_doubt_in_its_part() -> None:
    """A part that comes up well, and after more than twice the critical path, is late; no other is in doubt."""
    run_of, going, found = parts_of(planted.planted(planted.Slow)(), 1, planted.PLL)

    assert going.well
    late = [part.elapsed_s > LIVENESS * run_of.critical_s for _, part in found]
    assert {part.doubt for _, part in found} == {"", "late"}
    assert [part.doubt == "late" for _, part in found] == late


@pytest.mark.parametrize("whole", [False, True])
def test_who_waits_too_long_fails_with_the_whole_chip(whole: bool) -> None:
    """The whole chip fails by the limit alone, whether its part was in doubt or nobody asked a part."""
    load = planted.planted(planted.Slow)

    tally = run(Plan(load, "mini", points=Points(only=planted.PLL), whole=whole)).tally

    assert 0 < tally.failures < tally.points
    assert tally.differed == 0, "its part was in doubt as well"
    assert {failed.broken for failed in tally.failed} == {
        "liveness: up after 684.2 us; expected 391.3 us at most"
    }  # 84 us that the hardware still takes, and 600 that were waited


def test_what_a_controller_sends_once_it_was_reset_is_a_failure() -> None:
    """On the heap, too, what comes of a controller that was reset goes nowhere, is counted and fails the trial."""
    chip = load_chip("mini")
    sims = [SimChip(chip) for _ in range(2)]
    ends: list[Ended] = []
    for sim, each in zip(sims, (0, 2), strict=True):
        world = World(Controller(chip), sim)
        way = Struck(sim, [Shot(Kind.RESET, 400, True)], 0)
        first = world.bring_up(way, None)
        way.live(first)
        with pytest.raises(ControllerReset):
            first.run()

        def undead(block: str, each: int = each, first: Any = first) -> None:
            address = chip.instances[block].address
            for _ in range(each):
                first.words.write(address, 0, 4, None)
                assert first.words.read(address, 4) == 0

        ends.append(follow(world, way, first, undead, reset=True))

    blocks = len(chip.instances)
    assert [ended.run.well for ended in ends] == [True, True]
    assert [ended.zombies for ended in ends] == [0, 4 * blocks]
    assert [ended.broken(inf) for ended in ends] == [
        "",
        f"safety: {4 * blocks} accesses of the controller that was reset",
    ]
    assert registers_of(sims[0]) == registers_of(sims[1])


def test_what_one_controller_brought_up_no_later_one_writes() -> None:
    """A third controller is judged by what the first has brought up, though the second was reset before it looked."""
    scene = Scene(planted.planted(planted.Trusting))
    trial = Trial.parse(f"bring-up:0:reset@{len(scene.golden.accesses)}+,reset@1-")

    assert scene.trial(trial).verdict.broken == f"safety: {planted.PLL} was up, and was written"


@pytest.mark.parametrize(("second", "written"), [("all-ones@237", True), ("error@237-", False)])
def test_a_lie_explains_that_its_block_is_written(second: str, written: bool) -> None:
    """Who takes over and is told by a read that a block is not as it should be may set it right, though it was well."""
    told = Scene(partial(load_chip, "mini")).trial(Trial.parse(f"bring-up:0:reset@949-,{second}"))

    assert told.verdict.broken == ""
    assert any(access.write for access in told.after if access.block == "fabric_crg") is written


@given(some.lists(some.tuples(some.sampled_from("abc"), some.integers(0, 30), some.integers(0, 12))),
       some.integers(0, 30), some.sampled_from(["", "a", "c"]))  # fmt: skip
def test_a_wait_in_vain_is_as_long_as_all_its_tries(waits: list[tuple[str, int, int]], first: int, alone: str) -> None:
    """Whoever fails beside a rung that does not come may take as long as that was waited for, in all tries together; a
    moment at which two wait counts once, one before the fault was over does not, nor does what was struck itself."""
    run = Bringup(MINI, SimChip(MINI.chip, seed=0))
    run.vain = [(block, float(since), float(since + taken)) for block, since, taken in waits]

    theirs = [(since, taken) for block, since, taken in waits if block != alone]
    waited = {second for since, taken in theirs for second in range(since, since + taken) if second >= first}
    assert tries_s(run, float(first), alone) == len(waited)


@pytest.mark.parametrize(("shots", "alone"), [
    ("error@refpll:7-", "refpll"), ("late@refpll:7,late@refpll:9", "refpll"), ("reset@400+,error@refpll:7-", "refpll"),
    ("late@refpll:7,reset@refpll:9-,late@pll[2]:7", ""), ("reset@400+", ""), ("link-down@refpll:7", ""),
    ("bit-flip@refpll:7", ""), ("late@refpll:5,all-ones@refpll:7", ""), ("device-reset@400+", ""),
])  # fmt: skip
def test_who_was_struck_alone_waits_for_nobody(shots: str, alone: str) -> None:
    """Patience for rungs that do not come has everybody but the one block that was struck, and could see it."""
    trial, sim = Trial.parse(f"bring-up:0:{shots}"), SimChip(MINI.chip)
    way = Struck(sim, trial.shots, 0)

    live(World(Controller(load_chip("mini")), sim), way)

    assert [str(shot) for shot in way.fired] == shots.split(",")
    assert way.alone == alone


def test_a_wait_in_vain_of_who_was_struck_is_no_patience() -> None:
    """A block whose write was lost, and that waits for itself in all its tries before it fails, is late, both ways."""
    load = planted.planted(planted.Brooding)

    tally = run(Plan(load, "mini", kinds=(Kind.DROPPED,), points=Points.parse("nth", planted.PLL), agree=0)).tally

    said = "liveness: had failed after 15000"
    assert [(one.points, one.block, one.broken.startswith(said)) for one in tally.failed] == [(1, planted.PLL, True)]
    assert "; that took 15000" in told(planted.Brooding, Kind.DROPPED, "INTR_ENABLE", after=False)
