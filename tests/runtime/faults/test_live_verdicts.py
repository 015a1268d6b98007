"""Verdicts of campaigns under trio: what stays wrong is a failure, what is counted was done, what is left is told."""

from __future__ import annotations

import json
import re
from abc import abstractmethod
from collections.abc import Callable
from functools import cache, partial
from typing import Any

import pytest
from attrs import evolve

from blocks.base import Block
from blocks.chip import Chip, load_chip
from blocks.crg.driver import Crg
from blocks.ladder import US, Condition, Ladder, Rung, Where
from blocks.pll.driver import Pll
from blocks.pll.regs import ScratchValue
from blocks.port import Port
from registers.access import RegisterOp
from runtime.cli.main import main
from runtime.faults.campaign import local, run, run_shard
from runtime.faults.forked import Disturbed
from runtime.faults.live import LiveCampaign
from runtime.faults.lives import LIVENESS
from runtime.faults.plan import Plan, Points
from runtime.faults.site import LoggedChip, Site
from runtime.faults.small import make_small
from runtime.faults.trial import CampaignError, Trial, Workload
from runtime.faults.tried import TWICE
from tests.runtime.faults.test_live import planted as hopeful
from transports.errors import TransportError
from transports.faulty.kinds import LIES, Kind

ALL = frozenset(Kind)
PLANTED = "pll[2]"
ABOVE = "io_crg[0]"  # stands on it by way of others, and is clocked by another
SEED = 3  # whose flip of a measured frequency leaves it near enough
TIME = r"[\d.]+ m?s"


def mini() -> Chip:
    return load_chip("mini")


@cache
def campaign(workload: Workload, *kinds: Kind) -> LiveCampaign:
    """Return a campaign on mini; the tests of this file share it."""
    return LiveCampaign(mini, workload, 0, frozenset(kinds) or ALL)


def planted(driver: type[Block[Any]], name: str) -> Chip:
    """Return mini with another driver for one of its blocks."""
    chip = mini()
    instance = chip.instances[name]
    block = driver(name, instance.block.regs, instance.block.config)
    return evolve(chip, instances={**chip.instances, name: evolve(instance, block=block, like=None)})


class Careless(Pll):
    """A PLL that changes a register by what it reads there, and looks at one bit of it: what else changed stays."""

    def up(self) -> Ladder:
        r = self.regs
        rungs = {rung.name: rung for rung in super().up()}
        rungs["watched"] = Rung(
            "watched",
            holds=[r.INTR_ENABLE.check(lock_lost=1)],
            reach=[r.INTR_ENABLE.modify(lock_lost=1)],
            within=5 * US,
        )
        return Ladder(*rungs.values())


class Narrow(Crg):
    """A generator that releases a domain, and does not look whether those outside of it are still released."""

    def up(self) -> Ladder:
        r = self.regs
        alone: dict[str, list[Condition]] = {
            "memories": [r.RESET.check(sram=0), r.RESET_STATUS.check(sram=0)],
            "cores": [r.RESET.check(core=0), r.RESET_STATUS.check(core=0)],
        }
        rungs = [evolve(rung, holds=alone[rung.name]) if rung.name in alone else rung for rung in super().up()]
        return Ladder(*rungs)


class Hurt(Pll):
    """A PLL that does one thing more when an act of its own failed."""

    def up(self) -> Ladder:
        rungs = {rung.name: rung for rung in super().up()}
        rungs["watched"] = evolve(rungs["watched"], reach=self._watch)
        return Ladder(*rungs.values())

    async def _watch(self, port: Port) -> None:
        try:
            await port.run(self.regs.INTR_ENABLE.write(lock_lost=1, ref_lost=1))
        except TransportError:
            await port.run(self.more())
            raise

    @abstractmethod
    def more(self) -> RegisterOp[Any]:
        """Return what it does then."""


class Scribbling(Hurt):
    """It leaves a note of that in a register that nothing else touches."""

    def more(self) -> RegisterOp[Any]:
        return self.regs.SCRATCH.write(value=7)


class Rude(Hurt):
    """It takes the power from what it drives."""

    def more(self) -> RegisterOp[Any]:
        return self.regs.CTRL.modify(power_down=1)


class Marking(Pll):
    """A PLL that finds itself half done, finishes, and leaves a mark, which whoever comes next takes away."""

    froze = mine = False

    def up(self) -> Ladder:
        rungs = {rung.name: rung for rung in super().up()}
        rungs["frozen"] = evolve(rungs["frozen"], reach=self._freeze)
        rungs["watched"] = evolve(rungs["watched"], reach=self._watch)
        scratch = self.regs.SCRATCH
        clean = Where("it has no mark of another", [scratch.read()], self._clean)
        return Ladder(*rungs.values(), Rung("clean", holds=[clean], reach=[scratch.write(value=0)], within=5 * US))

    def _clean(self, read: ScratchValue) -> bool:
        return not read.value or self.mine

    async def _freeze(self, port: Port) -> None:
        self.froze = True
        await port.run(self.regs.LOCK.write(config=1))

    async def _watch(self, port: Port) -> None:
        if not self.froze:
            self.mine = True
            await port.run(self.regs.SCRATCH.write(value=7))
        await port.run(self.regs.INTR_ENABLE.write(lock_lost=1, ref_lost=1))


class Meddling(Hurt):
    """It sets a clock generator again, though that was well."""

    def more(self) -> RegisterOp[Any]:
        note: RegisterOp[Any] = mini().instances[ABOVE].block.regs.SCRATCH.write(value=1)
        return note


def read_before_the_write(running: LiveCampaign, trial: Trial | None, register: str) -> int:
    """Return which access for PLANTED, of a trial or of the run without a fault, is read to change a register."""
    trial = trial or Trial(running.workload, 0, ())
    log = [access for access in running.accesses(trial)[running.golden.first :] if access.block == PLANTED]
    address = getattr(mini().instances[PLANTED].block.regs, register).address
    return next(number for number, access in enumerate(log) if access.write and access.address == address)


# ---- what stays wrong -------------------------------------------------------------------------


def test_what_a_lie_leaves_behind_in_a_bring_up_is_a_failure() -> None:
    """A register that a read that lied has spoilt, and that nobody mends, is a failure, and not excused."""
    running = LiveCampaign(partial(planted, Careless, PLANTED), Workload.BRINGUP, 0, LIES)
    number = read_before_the_write(running, None, "INTR_ENABLE")

    said = running.replay(Trial.parse(f"bring-up:0:all-ones@{PLANTED}:{number}"))

    assert said.broken == f"liveness: {PLANTED}.INTR_ENABLE ends as 0x300, without a fault as 0x100"


def test_what_a_lie_leaves_behind_in_service_is_a_failure() -> None:
    """In service, too, what the sweeps do not mend stays wrong: the recovery from a reset is lied to."""
    running = LiveCampaign(partial(planted, Careless, PLANTED), Workload.SERVICE, 0, ALL)
    reset = Trial.parse("in-service:0:device-reset@50-")
    number = read_before_the_write(running, reset, "INTR_ENABLE")
    assert running.replay(reset).broken == ""

    said = running.replay(Trial.parse(f"{reset},all-ones@{PLANTED}:{number}"))

    assert said.broken == f"liveness: {PLANTED}.INTR_ENABLE ends as 0x300, without a fault as 0x100"


def test_a_register_that_only_a_recovery_touches_is_compared() -> None:
    """What a recovery leaves in a register that the run without a fault never touches is a failure; so it is where the
    whole device was reset, for the register is not as at reset."""
    running = LiveCampaign(partial(planted, Scribbling, PLANTED), Workload.SERVICE, 0, ALL)
    reset = Trial.parse("in-service:0:device-reset@50-")
    number = read_before_the_write(running, reset, "INTR_ENABLE")
    assert running.replay(reset).broken == ""

    said = running.replay(Trial.parse(f"{reset},error@{PLANTED}:{number}-"))

    assert said.broken == f"liveness: {PLANTED}.SCRATCH ends as 0x7, without a fault as 0x0"


def test_a_rule_that_is_broken_after_the_next_look_is_a_failure() -> None:
    """What a lie made wrong is misled until its register is looked at again; who goes on after that breaks a rule."""
    name, shot = "io_crg[0]", "bring-up:0:all-ones@1083"
    assert campaign(Workload.BRINGUP).replay(Trial.parse(shot)).broken.startswith("the runtime was misled: safety: ")

    running = LiveCampaign(partial(planted, Narrow, name), Workload.BRINGUP, 0, LIES)

    said = running.replay(Trial.parse(shot)).broken
    assert said.startswith("safety: ")
    assert said.endswith(f"{name}.RESET: core released while noc is in reset")


@pytest.mark.parametrize("lied", ["pll[3]", PLANTED])
def test_a_lie_excuses_what_stands_on_what_it_was_about(lied: str) -> None:
    """A rule that a block breaks is a failure where the lie, which nobody has looked behind yet, was about another
    block that it does not stand on."""
    running = LiveCampaign(partial(planted, Rude, PLANTED), Workload.BRINGUP, SEED, ALL)
    number = read_before_the_write(running, None, "INTR_ENABLE") + 1

    said = running.replay(Trial.parse(f"bring-up:{SEED}:bit-flip@{lied}:4,error@{PLANTED}:{number}-"))

    assert said.broken.endswith(f"{PLANTED}.CTRL: powered down while it drives its output")
    assert said.failed is (lied != PLANTED)


@pytest.mark.parametrize("shot", ["all-ones@276", "bit-flip@256"])
def test_what_a_lie_has_locked_is_mended_by_a_reset(shot: str) -> None:
    """A configuration that is locked and wrong is tried again in vain, then reset, and told apart."""
    running = campaign(Workload.BRINGUP)
    trials = running.trials("nth")
    index = trials.index(Trial.parse(f"bring-up:0:{shot}"))

    tally = running.tally("nth", part=(index, len(trials)))

    assert (tally.trials, tally.points, tally.failures) == (1, 1, 0)
    assert [cell.reset for cell in tally.cells.values()] == [1]


def test_what_comes_to_no_end_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    """A trial that does not end is a point that failed, with what struck it."""
    running = campaign(Workload.BRINGUP)
    trials = running.trials("nth")
    index = next(n for n, one in enumerate(trials) if one.shots[0].kind is Kind.HANG and n >= TWICE)
    monkeypatch.setattr("runtime.faults.play.ENDS_S", -0.015)  # so that what takes 10 ms does not end in its time

    tally = running.tally("nth", part=(index, len(trials)))

    assert (tally.trials, tally.points, tally.failures) == (1, 1, 1)
    assert tally.failed[0].kind == Kind.HANG
    assert "TooSlowError" in tally.failed[0].broken


# ---- what is well -----------------------------------------------------------------------------


def test_what_the_second_controller_brought_up_is_not_written_by_the_third() -> None:
    """A block that came up behind the first fault, and was well at another, is well from then on."""
    running = LiveCampaign(partial(planted, Marking, PLANTED), Workload.BRINGUP, 0, ALL)
    number = read_before_the_write(running, None, "INTR_ENABLE") + 1
    first = f"bring-up:0:reset@{PLANTED}:{number}-"
    assert running.replay(Trial.parse(first)).broken.startswith(f"liveness: a new controller finds {PLANTED} not up: ")

    said = running.replay(Trial.parse(f"{first},reset@900-")).broken

    assert said.startswith(f"safety: {PLANTED} was in service, and was written: ")


def test_what_an_upset_did_not_bring_down_is_not_written() -> None:
    """In a recovery no block may be written that fell not, and that nobody writes where no fault strikes, though it
    stands on the one that fell."""
    upset = f"recovery/{PLANTED}.local_reset:0"
    running = LiveCampaign(partial(planted, Meddling, PLANTED), Workload.RECOVERY, 0, ALL)
    number = read_before_the_write(running, Trial.parse(f"{upset}:late@1"), "INTR_ENABLE") + 1

    said = running.replay(Trial.parse(f"{upset}:error@{PLANTED}:{number}-")).broken

    assert said.startswith(f"safety: {ABOVE} was in service, and was written: ")


def test_packets_that_are_spoilt_for_nothing_are_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    """Packets that are corrupt are judged as those that are lost: by how many there were since the first fault."""
    monkeypatch.setattr(LoggedChip, "traffic", property(lambda chip: {"lost": 5, "corrupt": len(chip.log)}))
    running = campaign(Workload.SERVICE)

    said = running.replay(Trial.parse("in-service:0:error@5-")).broken

    assert re.fullmatch(r"safety: \d+ packets corrupt, and no block was disturbed", said)
    assert running.replay(Trial.parse("in-service:0:device-reset@5-")).broken == ""


# ---- what is counted --------------------------------------------------------------------------


def test_a_sample_is_run_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first trials of a campaign are run twice, and one that is another the second time ends the campaign."""
    running = campaign(Workload.STOP)
    renew, made = Site.renew, list[int]()

    def counting(site: Site) -> None:
        made.append(site.seed)
        renew(site)

    monkeypatch.setattr(Site, "renew", counting)
    assert running.tally("nth", drawn=4).trials == 4
    assert len(made) == 4 + TWICE

    def other(site: Site) -> None:
        site.seed += 1
        renew(site)

    monkeypatch.setattr(Site, "renew", other)
    with pytest.raises(Disturbed, match=r"stop:0:\S+ ran twice, and was another the second time, from access \d+ on"):
        LiveCampaign(mini, Workload.STOP, 0, ALL).tally("nth", drawn=1)


def test_what_a_budget_leaves_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    """A campaign that ends with its budget says how many trials it has left, in words and in JSON."""
    running = campaign(Workload.STOP)
    assert running.tally("nth", drawn=7, budget_s=0.0).left == 7

    words = ["faults", "mini", "--workload", "stop", "--faults", "late", "--points", "nth", "--only", "io_crg[0]"]
    assert main([*words, "--json"]) == 0
    whole = json.loads(capsys.readouterr().out)
    assert main([*words, "--budget", "0.3", "--json"]) == 0
    some = json.loads(capsys.readouterr().out)
    assert whole["left"] == 0
    assert 0 < some["left"] < whole["trials"]
    assert some["trials"] + some["left"] == whole["trials"]
    assert main([*words, "--budget", "0.3"]) == 0
    assert " left: the budget of 0.3 s was used" in capsys.readouterr().out


def test_a_budget_that_is_used_before_the_first_trial_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    """A campaign that tried nothing has not passed, and says how much of which budget the runs without a fault took."""
    words = ["faults", "mini", "--workload", "recovery", "--points", "nth", "--only", "io_crg[0]", "--budget", "0.001"]
    assert main([*words, "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert (told["trials"], told["points"], told["verdict"]) == (0, 0, "failed")
    assert told["left"] > 0
    assert told["cpu_s"] > 0.001
    why = rf"nothing was tried: the runs without a fault took {TIME} of CPU, the budget is 0\.001 s"
    assert re.fullmatch(why, told["why_nothing"])

    assert main([*words, "--seed", "1"]) == 1  # the runs of seed 0 are known by now, and take no time
    text = capsys.readouterr().out
    assert re.search(f"(?m)^{why}$", text)
    assert "failures" not in text


def test_one_point_is_no_points(capsys: pytest.CaptureFixture[str]) -> None:
    """Each row of a campaign says `1 point` of one, and `points` of more."""
    assert main(["faults", "mini", "--points", "seeded:9", "--faults", "reset,error,late,hang", "--jobs", "1"]) == 0
    said = re.findall(r"(?m)^  [a-z-]+ +\w+ +(\d+) (points?)\b", capsys.readouterr().out)
    assert {noun for _, noun in said} == {"point", "points"}
    assert all((noun == "point") == (number == "1") for number, noun in said)


@pytest.mark.parametrize("faults", [1, 3])
def test_schedules_have_as_many_faults_as_were_asked_for(faults: int) -> None:
    """`seeded:NxK` under trio draws N schedules of K faults, and counts those of which all have struck."""
    points = Points.parse(f"seeded:6x{faults}")
    kinds = (Kind.ERROR, Kind.LATE)
    plan = Plan(local("mini"), "mini", Workload.STOP, 0, kinds, points)
    trials = campaign(Workload.STOP, *kinds).trials("seeded", 6, faults)
    assert {len(one.shots) for one in trials} == {faults}

    tally = run(plan).tally

    assert tally.trials == 6
    assert tally.complete <= tally.points <= 6
    assert (tally.complete > 0) is (faults > 1)
    assert {kind for kind, _ in tally.cells} <= ({"several"} if faults > 1 else set(kinds))
    parts = [run_shard(shard) for shard in plan.shards(2)]
    assert sum(part.complete for part in parts) == tally.complete


def test_a_schedule_that_fails_is_made_small() -> None:
    """Of three faults the one that breaks it is left, at its access; it is counted as the schedule that was drawn."""
    running = LiveCampaign(hopeful, Workload.BRINGUP, 0, frozenset({Kind.DROPPED}))
    trials = running.trials("seeded", 400, 3)
    bad = next(n for n in range(1, 1 + running.golden.count) if running.written(n) == f"{PLANTED}.INTR_ENABLE")
    hit = (n for n, one in enumerate(trials) if any(shot.number == bad for shot in one.shots))
    index = next(n for n in hit if running.again(trials[n])[1])  # of another write that was lost it is not this one

    tally = running.tally("seeded", 400, part=(index, 400), faults=3)
    make_small(tally, running.again)

    assert [failed.replay for failed in tally.failed] == [f"bring-up:0:dropped-write@{bad}"]
    (failed,) = tally.failed
    assert (failed.kind, failed.block, failed.drawn) == ("several", PLANTED, str(trials[index]))
    assert tally.failures == tally.points == failed.points == 1


def test_only_some_blocks_are_struck() -> None:
    """A pattern leaves the accesses of the blocks that it names, and no rise; one that names none is refused."""
    running = campaign(Workload.SERVICE)
    for trials in (running.trials("nth", only="pll*"), running.trials("seeded", 20, 1, only="pll*")):
        shots = [one.shots[0] for one in trials]
        assert Kind.LOST not in {shot.kind for shot in shots}
        assert {running.counted(shot.number)[0].partition("[")[0] for shot in shots} == {"pll"}
    with pytest.raises(CampaignError, match="no block matches 'pl'"):
        running.trials("nth", only="pl")


# ---- blocks behind others ---------------------------------------------------------------------


def sifive(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    """Run a campaign on the simulated sifive_u, and return what its JSON says."""
    assert main(["faults", "sifive_u", "--json", *words]) == 0
    told = capsys.readouterr()
    assert "flash0 stands behind spi0, so it is brought up under trio" in told.err
    found: dict[str, Any] = json.loads(told.out)
    return found


def test_a_chip_with_a_block_behind_another_has_a_campaign(capsys: pytest.CaptureFixture[str]) -> None:
    """`firstlight faults sifive_u` says that it runs under trio, tries each access between, and finds nothing."""
    running = LiveCampaign(lambda: load_chip("sifive_u"), Workload.BRINGUP, 0, frozenset({Kind.RESET}))

    found = sifive(capsys, "--only", "spi0")

    assert found["points"] == len(running.trials("nth", only="spi0")) >= 100
    assert (found["failures"], found["left"]) == (0, 0)
    assert found["limit_s"] > 0


@pytest.mark.parametrize(
    "shots",
    ["dropped-write@133", "dropped-write@135", "dropped-write@145", "dropped-write@146", "dropped-write@147",
     "duplicated-write@136", "device-reset@43+", "device-reset@95-", "hang@9-", "reset@139-"],
)  # fmt: skip
def test_a_transfer_that_is_struck_is_come_through(capsys: pytest.CaptureFixture[str], shots: str) -> None:
    """A word of an SPI transfer that is lost or sent twice, or a reset in its midst, is mended by the next look."""
    status = main(["faults", "sifive_u", "--replay", f"bring-up:0:{shots}", "--json"])
    broken = json.loads(capsys.readouterr().out)["broken"]
    assert broken == "" or broken.startswith("the runtime was misled: "), broken
    assert status == 0


def told_of(load: Callable[[], Chip]) -> float:
    """Return what a chip's hardware takes from reset, as a campaign in service has it."""
    return LiveCampaign(load, Workload.SERVICE, 0, frozenset({Kind.LATE})).limit_s / LIVENESS


def test_the_limit_is_measured_where_transfers_take_time() -> None:
    """What a chip with transfers takes is what its run without a fault takes; else it is the critical path."""
    assert LIVENESS * told_of(mini) == pytest.approx(campaign(Workload.BRINGUP).limit_s)
    running = LiveCampaign(lambda: load_chip("sifive_u"), Workload.BRINGUP, 0, frozenset({Kind.LATE}))
    assert LIVENESS * (running.golden.up_s or 0.0) == running.limit_s > 0
    assert running.golden.up_s == pytest.approx(told_of(lambda: load_chip("sifive_u")))


@pytest.mark.parametrize("number", [40, 80, 120, 160, 200, 240])
def test_a_reset_amid_the_last_look_has_nobody_touched_without_clock(number: int) -> None:
    """A device that is reset while a service that was told to stop looks once more is looked at behind its ground."""
    replayed = campaign(Workload.STOP, Kind.DEVICE).replay(Trial.parse(f"stop:0:device-reset@{number}-"))
    assert not replayed.failed, replayed.broken
