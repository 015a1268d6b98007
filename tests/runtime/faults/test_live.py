"""Campaigns on the runtime of production: it comes through any one fault anywhere, and what is wrong is found."""

from __future__ import annotations

import gc
import shutil
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import pytest
import trio
from attrs import evolve

from blocks.chip import Chip, load_chip
from blocks.sim import SimChip, SimTransport
from runtime.faults.golden import Point, Watched
from runtime.faults.heap import Bringup, Controller, registers_of
from runtime.faults.limits import SWEEP_S
from runtime.faults.live import KEPT_MAX, LiveCampaign
from runtime.faults.play import lives
from runtime.faults.scene import Scene
from runtime.faults.schedule import FAULTS_MAX
from runtime.faults.trial import CampaignError, Trial, Workload
from tests.runtime.faults.planted import Loose
from transports.faulty.kinds import OF_INTERRUPTS, OF_WRITES, UNSEEN, Kind, Shot
from transports.qemu.machines import SIFIVE_U
from transports.serve import Server, listen
from transports.wire.address import UnixAddress

ALL = frozenset(Kind)
PLANTED = "pll[2]"


def mini() -> Chip:
    return load_chip("mini")


@cache
def campaign(workload: Workload, seed: int = 0) -> LiveCampaign:
    """Return a campaign on mini with all kinds; the tests of this file share it."""
    return LiveCampaign(mini, workload, seed, ALL)


def planted() -> Chip:
    """Return mini with another driver for one of its PLLs."""
    chip = mini()
    instance = chip.instances[PLANTED]
    block = Loose(PLANTED, instance.block.regs, instance.block.config)
    return evolve(chip, instances={**chip.instances, PLANTED: evolve(instance, block=block, like=None)})


def trial(workload: Workload, shots: str, seed: int = 0) -> Trial:
    return Trial.parse(f"{workload}:{seed}:{shots}")


# ---- what holds -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("workload", "seed", "drawn"),
    [
        (Workload.BRINGUP, 0, 8),
        (Workload.SERVICE, 0, 12),
        (Workload.RECOVERY, 0, 8),
        (Workload.RECOVERY, 3, 8),
        (Workload.STOP, 0, 8),
    ],
)
def test_one_fault_is_come_through(workload: Workload, seed: int, drawn: int) -> None:
    """Whatever goes wrong at whatever access, mini is up again in time, no rule is broken and all is as it was.

    The points are drawn from all there are.
    """
    tally = campaign(workload, seed).tally("nth", drawn=drawn)

    assert (tally.failures, tally.failed) == (0, [])
    assert tally.trials == drawn
    assert 0 < tally.points <= drawn
    assert tally.points == sum(cell.points for cell in tally.cells.values())


@pytest.mark.parametrize("kind", sorted(ALL - OF_INTERRUPTS - {Kind.TORN}))  # mini has nothing to tear
def test_every_kind_strikes(kind: Kind) -> None:
    """Each kind of fault strikes where it is aimed, and the chip comes up."""
    running = campaign(Workload.BRINGUP)
    one = next(one for one in running.trials("nth") if one.shots[0].kind is kind)

    replayed = running.replay(one)

    assert replayed.broken == "" or replayed.broken.startswith("the runtime was misled: ")
    assert any(line.startswith(f"  ---- {one.shots[0]}: ") for line in replayed.log)


SERVED = [Workload.SERVICE, Workload.RECOVERY, Workload.STOP]


@pytest.mark.parametrize("kind", sorted(OF_INTERRUPTS))
@pytest.mark.parametrize("workload", SERVED)
def test_interrupts_go_wrong_wherever_somebody_waits_for_them(workload: Workload, kind: Kind) -> None:
    """A line is heard for no reason, again and again, or not at all: there are points for each, and mini is well."""
    running = campaign(workload)
    trials = [one for one in running.trials("nth") if one.shots[0].kind is kind]
    assert trials

    for one in trials[:4]:
        said = running.replay(one)
        assert said.broken == "", one


def test_a_lost_interrupt_is_made_good_by_the_sweep() -> None:
    """Each rise of a chip in service may be lost; what no other line tells of is found by a sweep, in time."""
    running = LiveCampaign(mini, Workload.SERVICE, 1, frozenset({Kind.LOST}))
    tally = running.tally("nth")

    assert (tally.failures, tally.failed) == (0, [])
    assert tally.points == tally.trials == running.rises > 0
    assert tally.slowest_s > 0.3 * SWEEP_S
    assert all(slow.elapsed_s <= running.limit_s + slow.patience_s for slow in tally.slowest)


def test_a_fault_that_goes_on_is_given_its_time() -> None:
    """What a recovery takes, and what it may take, is told from when its fault is over, however long that goes on."""
    running = LiveCampaign(mini, Workload.SERVICE, 0, frozenset({Kind.DOWN, Kind.ERROR}))
    tally = running.tally("nth", drawn=12)

    assert any(":link-down@" in slow.replay for slow in tally.slowest)
    assert all(slow.elapsed_s <= running.limit_s + slow.patience_s for slow in tally.slowest)
    assert all(slow.patience_s < SWEEP_S for slow in tally.slowest), "nothing was found by a sweep"


def test_a_budget_has_some_of_each_kind() -> None:
    """Kinds come in turn: the first trials have one of each, so that what is left of a budget is not all of a kind."""
    trials = campaign(Workload.SERVICE).trials("nth")
    kinds = {one.shots[0].kind for one in trials}
    assert {one.shots[0].kind for one in trials[: len(kinds)]} == kinds == ALL - OF_WRITES  # it writes nothing


def test_arms_of_the_policy_are_all_told() -> None:
    """Of a chip in service each arm that its rules have is possible, and each rung that a climb acts for: what no trial
    came to is told as unreached."""
    running = LiveCampaign(mini, Workload.SERVICE, 0, frozenset({Kind.DEVICE}))
    tally = running.tally("nth", drawn=2)

    assert tally.arms["policy.climb"] > 0
    assert tally.arms["pll.configured"] > 0
    assert {"pll.out of test", "policy.block-reset", "policy.give-up", "policy.report"} <= set(tally.unreached)
    assert tally.arms.keys() <= tally.possible


def test_in_a_bring_up_nobody_waits_for_interrupts() -> None:
    """A bring-up looks by itself: it has no points for interrupts, and a replay of one is refused by its name."""
    running = campaign(Workload.BRINGUP)
    assert not {one.shots[0].kind for one in running.trials("nth")} & OF_INTERRUPTS
    with pytest.raises(CampaignError, match="interrupt-storm@3: nobody waits for interrupts in a bring-up"):
        running.replay(trial(Workload.BRINGUP, "interrupt-storm@3"))


@pytest.mark.parametrize("workload", list(Workload))
def test_behind_the_last_access_nothing_strikes(workload: Workload) -> None:
    """The points are all there are: at one access more than the run without a fault makes, it completes unfaulted."""
    running = campaign(workload)
    late = next(one for one in running.trials("nth") if one.shots[0].kind is Kind.LATE)
    last = sum(one.shots[0].kind is Kind.LATE and one.upset == late.upset for one in running.trials("nth"))

    assert running.replay(evolve(late, shots=(Shot(Kind.LATE, last),))).broken == ""
    with pytest.raises(CampaignError, match=f"no such access to strike; mini makes {last} accesses"):
        running.replay(evolve(late, shots=(Shot(Kind.LATE, last + 1),)))


@pytest.mark.parametrize("shots", ["error@15+,hang@40-", "reset@30+,reset@9-", "link-down@21,late@60"])
@pytest.mark.parametrize("workload", [Workload.BRINGUP, Workload.SERVICE])
def test_more_faults_in_one_run_are_come_through(workload: Workload, shots: str) -> None:
    """Two faults in a run, of which the second may strike the controller that comes after the first, end well."""
    assert campaign(workload).replay(trial(workload, shots)).broken == ""


@pytest.mark.parametrize("number", [369, 396, 480])
def test_what_tells_a_drift_from_a_loss_makes_sure_of_its_ground(number: int) -> None:
    """A device that is reset behind a look is not touched at the block's proof of service, whose clock is gone."""
    one = Trial.parse(f"recovery/crg[2].local_reset:0:device-reset@{number}-")
    assert campaign(Workload.RECOVERY).replay(one).broken == ""


@pytest.mark.parametrize(
    ("seed", "upset", "number"),
    [(3, "pll[1].local_reset", 1022), (5, "pll[2].lock_lost", 284), (5, "pll[2].lock_lost", 313)],
)
def test_what_tells_whether_a_block_is_full_makes_sure_of_its_ground(seed: int, upset: str, number: int) -> None:
    """A device that is reset behind a good look is not touched to see whether the block is full: its clock is gone."""
    one = Trial.parse(f"recovery/{upset}:{seed}:device-reset@{number}-")
    assert campaign(Workload.RECOVERY, seed).replay(one).broken == ""


@pytest.mark.parametrize("number", [54, 94, 121])
def test_a_sweep_ends_where_something_fell(number: int) -> None:
    """A device that is reset in the midst of a sweep is not swept further: what stood below was seen before that."""
    assert campaign(Workload.SERVICE).replay(trial(Workload.SERVICE, f"device-reset@{number}-")).broken == ""


def test_each_controller_has_its_own_shots() -> None:
    """A reset of the controller is the last of its shots: the next are those of the one that comes after it."""
    a, b, c = Shot(Kind.LATE, 3), Shot(Kind.RESET, 5, True), Shot(Kind.ERROR, 1)
    assert list(lives([a, b, c])) == [(a, b), (c,)]
    assert list(lives([])) == [()]


def test_seeded_trials_are_drawn_by_the_seed() -> None:
    """Random schedules have one to FAULTS_MAX faults, the same for the same seed, and parts share them out."""
    running = campaign(Workload.SERVICE)
    drawn = running.trials("seeded", 40)

    assert drawn == running.trials("seeded", 40)
    assert drawn != [evolve(one, seed=0) for one in campaign(Workload.SERVICE, 1).trials("seeded", 40)]
    assert {len(one.shots) for one in drawn} == set(range(1, FAULTS_MAX + 1))
    whole = running.tally("seeded", drawn=6)
    parts = [running.tally("seeded", drawn=6, part=(index, 3)) for index in range(3)]
    assert [part.trials for part in parts] == [2, 2, 2]
    for part in parts[1:]:
        parts[0].add(part)
    assert parts[0].points == whole.points
    assert parts[0].failures == whole.failures == 0


@pytest.mark.parametrize(
    "text", ["bring-up:0:bit-flip@77", "in-service:0:device-reset@50+", "recovery/crg[2].local_reset:0:hang@9+"]
)
def test_a_trial_repeats_access_by_access(text: str) -> None:
    """The same trial twice makes the same accesses at the same times, with the same words."""
    one = Trial.parse(text)
    running = campaign(one.workload)

    first = running.accesses(one)
    second = running.accesses(one)

    assert first == second
    assert len(first) > 200


# ---- the heap ---------------------------------------------------------------------------------


def on_the_heap(shot: Shot | None) -> SimChip:
    """Bring mini up on the heap, with a reset of the controller or without one."""

    class Here(BaseException):
        pass

    def at(point: Point) -> None:
        if shot is not None and (point.number, point.after) == (shot.number, shot.after):
            raise Here

    sim = SimChip(mini(), seed=0)
    run = Bringup(Controller(mini()), sim, Watched(sim, at))
    try:
        run.run()
    except Here:
        run = Bringup(Controller(mini()), sim, now_s=run.now_s)
        run.run()
    assert run.well
    return sim


@pytest.mark.parametrize(
    "text", ["", "reset@1-", "reset@40+", "reset@333-", "reset@700+", "reset@1100-", "reset@1164+"]
)
def test_it_ends_as_on_the_heap(text: str) -> None:
    """A bring-up under trio and one on the heap, with a reset at the same access, agree to the last register."""
    shots = (Shot.parse(text),) if text else ()
    heap = on_the_heap(shots[0] if shots else None)
    live = campaign(Workload.BRINGUP).registers(Trial(Workload.BRINGUP, 0, shots))

    assert {name: dict(held) for name, held in live.items()} == {
        name: dict(held) for name, held in registers_of(heap).items()
    }


@cache
def on_heap() -> Scene:
    return Scene(mini)


SAME = sorted(ALL - OF_INTERRUPTS - UNSEEN - {Kind.TORN})  # of which mini has none


@pytest.mark.parametrize("kind", SAME)
def test_a_fault_of_one_block_comes_to_the_same_on_the_heap(kind: Kind) -> None:
    """A fault at the same access of the same block is come through under trio and on the heap alike."""
    running = campaign(Workload.BRINGUP)
    for one in [one for one in running.trials("nth") if one.shots[0].kind is kind][:3]:
        (shot,) = one.shots
        block, number = running.counted(shot.number)
        of_block = evolve(one, shots=(evolve(shot, number=number, block=block),))

        assert on_heap().trial(of_block).verdict.broken == "", of_block
        assert running.replay(of_block).broken == "", of_block


# ---- what is wrong is found -------------------------------------------------------------------


def test_a_planted_bug_is_found() -> None:
    """A write that nothing looks at is found where it is dropped, and told by its register and a line that repeats."""
    running = LiveCampaign(planted, Workload.BRINGUP, 0, frozenset({Kind.DROPPED}))
    bad = [one for one in running.trials("nth") if running.written(one.shots[0].number) == f"{PLANTED}.INTR_ENABLE"]
    assert len(bad) == 1

    said = running.replay(bad[0])

    assert said.broken == "liveness: pll[2].INTR_ENABLE ends as 0x0, without a fault as 0x300"
    assert str(said).startswith(f"{bad[0]}: liveness")
    others = [one for one in running.trials("nth") if one not in bad]
    assert [running.replay(one).broken for one in others[:10]] == [""] * 10


def test_what_is_no_campaign_is_refused() -> None:
    """A block of a target cannot be disturbed; a trial of another workload, a part that is none: each is refused."""
    with pytest.raises(CampaignError, match="simulated chip"):
        LiveCampaign(mini, Workload.RECOVERY, 0, ALL, url="unix:/nowhere")
    running = campaign(Workload.BRINGUP)
    with pytest.raises(CampaignError, match="this campaign is bring-up"):
        running.replay(trial(Workload.SERVICE, "late@1"))
    with pytest.raises(CampaignError, match="expected 0 to 1"):
        running.tally("nth", part=(2, 2))
    with pytest.raises(CampaignError, match="how many"):
        running.tally("seeded")


# ---- targets that we did not write ------------------------------------------------------------


@contextmanager
def served(path: Path, make: Callable[[], SimChip]) -> Generator[str]:
    """Serve a simulated chip in a thread of its own."""
    ready, end = threading.Event(), threading.Event()

    async def main() -> None:
        listener = await listen(UnixAddress(str(path)))
        async with trio.open_nursery() as nursery:
            nursery.start_soon(Server(SimTransport(make())).serve, listener)
            ready.set()
            await trio.to_thread.run_sync(end.wait)
            nursery.cancel_scope.cancel()
        listener.close()

    thread = threading.Thread(target=trio.run, args=(main,))
    thread.start()
    try:
        assert ready.wait(10)
        yield f"unix:{path}"
    finally:
        end.set()
        thread.join(10)


def test_behind_a_socket_a_chip_comes_through(tmp_path: Path) -> None:
    """A chip at the other end of a socket, in real time, comes up through faults, and is judged by what is seen."""
    with served(tmp_path / "s", lambda: SimChip(mini())) as url:
        kinds = frozenset({Kind.RESET, Kind.ERROR, Kind.DROPPED, Kind.HANG})
        running = LiveCampaign(mini, Workload.BRINGUP, 0, kinds, url=url)
        tally = running.tally("nth", drawn=6)

    assert (tally.failures, tally.failed) == (0, [])
    assert tally.points > 0


def test_a_reset_that_a_bring_up_cannot_notice_is_the_next_ones_to_mend(tmp_path: Path) -> None:
    """A device that is reset behind the last access of a bring-up is brought up by the next; then none writes."""
    running = campaign(Workload.BRINGUP)
    assert running.replay(trial(Workload.BRINGUP, f"device-reset@{running.golden.count}+")).broken == ""
    with served(tmp_path / "s", lambda: SimChip(mini())) as url:
        running = LiveCampaign(mini, Workload.BRINGUP, 0, frozenset({Kind.DEVICE}), url=url)
        assert running.replay(trial(Workload.BRINGUP, f"device-reset@{running.golden.count}+")).broken == ""


WITH_QEMU = pytest.mark.skipif(
    shutil.which(SIFIVE_U.program) is None,
    reason=f"{SIFIVE_U.program} is not installed; on Debian: apt install {SIFIVE_U.package}",
)


@WITH_QEMU
def test_on_qemu_a_reset_under_a_bring_up_is_come_through() -> None:
    """QEMU's sifive_u, reset under a bring-up at any of a few accesses and behind the last, is up in the end."""
    kinds = frozenset({Kind.DEVICE})
    running = LiveCampaign(lambda: load_chip("sifive_u"), Workload.BRINGUP, 0, kinds, url="qemu:sifive_u")
    last = running.golden.count
    for number in (1, last // 2, last):
        assert running.replay(trial(Workload.BRINGUP, f"device-reset@{number}+")).broken == ""


@WITH_QEMU
def test_on_qemu_a_bring_up_is_come_through() -> None:
    """QEMU's sifive_u, whose device models nobody here wrote, comes up through a few faults of several kinds."""
    kinds = frozenset({Kind.RESET, Kind.ERROR, Kind.LATE, Kind.HANG})
    running = LiveCampaign(lambda: load_chip("sifive_u"), Workload.BRINGUP, 0, kinds, url="qemu:sifive_u")
    tally = running.tally("nth", drawn=4)

    assert (tally.failures, tally.failed) == (0, [])
    assert tally.points > 0


def test_chips_of_trials_are_let_go_of() -> None:
    """However many trials there were, as many chips are kept as a campaign lets go of together, and its own."""
    running = LiveCampaign(mini, Workload.SERVICE, 0, frozenset({Kind.DEVICE}))
    gc.collect()
    before = sum(isinstance(thing, SimChip) for thing in gc.get_objects())
    for number in range(1, 2 * KEPT_MAX + 1):
        running.replay(trial(Workload.SERVICE, f"device-reset@{number}-"))
        assert sum(isinstance(thing, SimChip) for thing in gc.get_objects()) <= before + KEPT_MAX + 1
