"""What campaigns excuse is what a fault explains: a bug that stands beside it is found."""

from __future__ import annotations

from functools import partial

import pytest
import trio
from attrs import evolve

from blocks.chip import load_chip
from blocks.chip.supervision import Supervision
from blocks.ladder import US, Ladder, Rung
from blocks.pll.driver import Pll
from blocks.port import Port
from runtime.climb import Steps
from runtime.faults.live import LiveCampaign
from runtime.faults.scene import Scene
from runtime.faults.trial import Trial, Workload
from runtime.footing import Footing
from tests.runtime.faults import planted
from tests.runtime.faults.test_live import mini
from transports.faulty import Kind

ALL = frozenset(Kind)


def test_an_error_explains_no_write_to_the_block_that_was_read() -> None:
    """A sibling that is set again since a look at it failed was well: an error at a read excuses no write."""
    running = LiveCampaign(planted.planted(planted.Nervous), Workload.RECOVERY, 0, frozenset({Kind.ERROR}))

    said = running.replay(Trial.parse(f"recovery/{planted.PLL}.local_reset:0:error@{planted.SIBLING}:87-")).broken

    assert said.startswith(f"safety: {planted.SIBLING} was in service, and was written")


class Moody(Pll):
    """A PLL that does not come up in service, for no reason, so often that it is given up; and then it does."""

    tries = 0

    def up(self) -> Ladder:
        rungs = {rung.name: rung for rung in super().up()}
        rungs["watched"] = evolve(rungs["watched"], reach=self._watch)
        return Ladder(*rungs.values())

    async def _watch(self, port: Port) -> None:
        self.tries += (serves := trio.current_time() > 0)
        if serves and self.tries <= Supervision().attempts:
            raise ValueError("not now")
        await port.run(self.regs.INTR_ENABLE.write(lock_lost=1, ref_lost=1))


def test_only_what_a_batch_under_way_wrote_may_be_given_up() -> None:
    """A block that is given up is a failure where the batch that was under way at a reset of the device wrote to
    another one."""
    trial = Trial.parse("in-service:3:device-reset@51-,device-reset@195+")  # it wrote to refpll

    assert LiveCampaign(mini, Workload.SERVICE, 3, ALL).replay(trial).broken == ""
    said = LiveCampaign(planted.planted(Moody), Workload.SERVICE, 3, ALL).replay(trial).broken
    assert said.startswith("liveness: incident of refpll is not over")


def test_who_acts_behind_a_reset_without_a_look_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    """A device that is reset behind a round trip is read in the next one at most: an act there breaks a rule."""
    trial = Trial.parse("in-service:3:device-reset@51-,device-reset@167+")
    running = LiveCampaign(mini, Workload.SERVICE, 3, ALL)
    assert running.replay(trial).broken == ""

    def blind(_footing: Footing, steps: Steps[object], _block: str, _needs: object = None) -> Steps[object]:
        return steps

    monkeypatch.setattr(Footing, "sure", blind)
    said = running.replay(trial).broken
    assert said.startswith("safety: ")
    assert said.endswith("refpll.CTRL: bypass released without lock")


class Stubborn(Pll):
    """A PLL that believes what it reads and writes a locked register, reads once more, and writes it all the same."""

    def up(self) -> Ladder:
        rungs = {rung.name: rung for rung in super().up()}
        rungs["healthy"] = evolve(rungs["healthy"], reach=self._heal)
        return Ladder(*rungs.values())

    async def _heal(self, port: Port) -> None:
        r, c = self.regs, self.config
        other = r.DIV.write(fbdiv=c.fbdiv + 1, refdiv=c.refdiv, postdiv1=c.postdiv1, postdiv2=c.postdiv2)
        if (await port.run(r.TEST.read())).drive:
            await port.run(other)
            await port.run(r.TEST.read())
            await port.run(other)
        await port.submit(r.CTRL.modify(bypass=1), r.STATUS.write(lock_lost=1, ref_lost=1))


def test_a_rule_is_excused_each_time_for_itself() -> None:
    """A rule that a lie broke, and that is broken again at the same instant by who knows better, is a failure."""
    upset = f"recovery/{planted.PLL}.lock_lost:0"
    running = LiveCampaign(planted.planted(Stubborn), Workload.RECOVERY, 0, frozenset({Kind.ONES}))
    looked = planted.planted(Stubborn)().instances[planted.PLL].block.regs.TEST.address
    log = running.accesses(Trial.parse(f"{upset}:"))[running.golden.first :]
    number = 1 + next(at for at, access in enumerate(log) if access.address == looked)

    said = running.replay(Trial.parse(f"{upset}:all-ones@{number}"))

    assert said.failed
    assert said.broken.endswith(f"{planted.PLL}.DIV.fbdiv: locked: written while its lock is closed")


class Helpful(Pll):
    """A PLL whose climb sets its sibling again, whether that is up or not."""

    def up(self) -> Ladder:
        rungs = {rung.name: rung for rung in super().up()}
        rungs["watched"] = evolve(rungs["watched"], reach=self._watch)
        return Ladder(*rungs.values())

    async def _watch(self, port: Port) -> None:
        sibling = load_chip("mini").instances[planted.SIBLING].block.regs
        await port.run(sibling.INTR_ENABLE.write(lock_lost=1, ref_lost=1))
        await port.run(self.regs.INTR_ENABLE.write(lock_lost=1, ref_lost=1))


def test_who_came_up_behind_a_reset_of_the_device_is_not_written() -> None:
    """A device that was reset excuses no write to a block that was seen up after that, but those before."""
    trial = Trial.parse("in-service:0:device-reset@78-")
    assert LiveCampaign(mini, Workload.SERVICE, 0, ALL).replay(trial).broken == ""

    said = LiveCampaign(planted.planted(Helpful), Workload.SERVICE, 0, ALL).replay(trial).broken

    assert said.startswith(f"safety: {planted.SIBLING} was in service, and was written: ")


class Untidy(Pll):
    """A PLL that leaves a note wrong when it first came back: it serves, and who looks next puts it right."""

    left = False

    def up(self) -> Ladder:
        r, rungs = self.regs, {rung.name: rung for rung in super().up()}
        noted = Rung("noted", holds=[r.SCRATCH.check(value=5)], reach=[r.SCRATCH.write(value=5)], within=5 * US)
        watched = evolve(rungs.pop("watched"), reach=self._watch)
        frozen = [*rungs].index("frozen")
        above = [*rungs.values()]
        return Ladder(*above[:frozen], noted, *above[frozen:], watched)

    async def _watch(self, port: Port) -> None:
        await port.run(self.regs.INTR_ENABLE.write(lock_lost=1, ref_lost=1))
        if not self.left:
            self.left = True
            await port.run(self.regs.SCRATCH.write(value=6))


def test_who_serves_and_has_drifted_may_be_put_right() -> None:
    """A block that counts as degraded since a field of its ladder drifted is not well: the next controller finds it so,
    and writes it."""
    upset = f"recovery/{planted.PLL}.local_reset:0"
    running = LiveCampaign(planted.planted(Untidy), Workload.RECOVERY, 0, frozenset({Kind.RESET}))
    log = running.accesses(Trial.parse(f"{upset}:"))[running.golden.first :]
    note = planted.planted(Untidy)().instances[planted.PLL].block.regs.SCRATCH.address
    number = 1 + next(at for at, one in enumerate(log) if one.write and (one.address, one.value) == (note, 6))

    assert running.replay(Trial.parse(f"{upset}:reset@{number}+")).broken == ""


# ---- on the heap ------------------------------------------------------------------------------

LOST = f"dropped-write@{planted.PLL}:37"  # the write that powers it; who waits a time goes on without lock


@pytest.mark.parametrize("beside", [
    f"{LOST},bit-flip@345",  # when the rule was broken
    f"bit-flip@{planted.PLL}:5,{LOST}", f"bit-flip@{planted.PLL}:17,{LOST}",  # and it was looked at again
    f"bit-flip@pll[1]:6,{LOST}", f"all-ones@pll[1]:6,{LOST}",  # of another block, on which nothing of this one stands
    f"duplicated-write@{planted.PLL}:33,{LOST}", f"duplicated-write@pll[1]:33,{LOST}",  # and broke nothing itself
    f"device-reset@1-,reset@200-,{LOST}",  # and another controller looked at all
])  # fmt: skip
def test_what_nobody_could_see_excuses_no_rule_that_it_did_not_break(beside: str) -> None:
    """A broken rule is excused where a fault that nobody sees came before it, is of its block or of what that stands
    on, and was not looked at again; where one of these is not so, it is a failure, as without that fault."""
    told = Scene(planted.planted(planted.Timed)).trial(Trial.parse(f"bring-up:0:{beside}"))

    assert told.all_struck
    assert told.verdict.broken.endswith(f"{planted.PLL}.CTRL: bypass released without lock")


@pytest.mark.parametrize("shot", [f"all-ones@{planted.PLL}:36", f"bit-flip@{planted.PLL}:36", "device-reset@320+"])
def test_a_rule_that_is_broken_by_what_nobody_could_see_is_told_apart(shot: str) -> None:
    """Where a read of a lock lied, or the device was reset under a climb, the rule that it breaks is no failure."""
    verdict = Scene(mini).trial(Trial.parse(f"bring-up:0:{shot}")).verdict

    assert (verdict.broken, verdict.misled) == ("", True)


def test_what_one_round_trip_brings_is_judged_at_once() -> None:
    """A word that lies is believed though the same batch reads that register once more, for another of its fields."""
    scene = Scene(partial(load_chip, "atlas"))

    told = scene.trial(Trial.parse("bring-up:0:all-ones@die[0].fuse:17"))

    look, act = [access for access in told.after if access.block == "die[0].fuse"][:2]
    assert look.address == scene.chip.instances["die[0].fuse"].block.regs.STATUS.address
    assert (look.write, act.write) == (False, True)
    assert (told.verdict.broken, told.verdict.misled) == ("", True)
