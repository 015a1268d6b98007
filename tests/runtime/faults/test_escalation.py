"""What comes back at each climb is met by wider recoveries, and given up aloud; nobody else is touched."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from itertools import count

import pytest
import trio
from attrs import evolve

from blocks.chip import Chip, load_chip
from blocks.chip.supervision import Level
from blocks.ladder import US, Ladder
from blocks.pll.driver import Pll
from blocks.port import Port
from runtime.faults.escalation import TIMES
from runtime.faults.forked import Disturbed
from runtime.faults.live import LiveCampaign
from runtime.faults.trial import COMES_BACK, CampaignError, Trial, Workload
from tests.runtime.faults import planted
from tests.runtime.faults.test_live import mini
from tests.runtime.mini import ruled
from transports.faulty import Kind

ONE_CLIMB_S = 4e-4  # mini's limit, and a little


def reaching(level: Level) -> Chip:
    """Return mini, whose rules go as far as a level."""
    chip = mini()
    return ruled(chip, {name: evolve(rule, highest=level) for name, rule in chip.supervision.items()})


CLUSTER, CHIP = partial(reaching, Level.CLUSTER), partial(reaching, Level.CHIP)


def campaign(load: Callable[[], Chip]) -> LiveCampaign:
    return LiveCampaign(load, Workload.RECOVERY, 0, frozenset({Kind.RESET}))


@cache
def sifive() -> LiveCampaign:
    """Return a campaign on a chip with a block behind another; the tests of this file share it."""
    return campaign(partial(load_chip, "sifive_u"))


def again(times: int, block: str = planted.PLL) -> Trial:
    return Trial.parse(f"recovery/{block}.local_reset*{times}:0:")


@pytest.mark.parametrize(("load", "times", "arm"), [
    (CLUSTER, 1, "climb"), (CLUSTER, 3, "block"), (CLUSTER, 6, "cluster"), (CLUSTER, 81, "cluster"), (CHIP, 9, "chip"),
    (CHIP, 81, "chip"),
])  # fmt: skip
def test_what_comes_back_is_met_by_wider_recoveries(load: Callable[[], Chip], times: int, arm: str) -> None:
    """A PLL that loses its state as often as a level is tried for is mended by the next, and at last given up."""
    said = campaign(load).replay(again(times))

    levels = 3 if load is CLUSTER else 4
    assert said.broken == ""
    assert said.how == (
        f"fell {1 + min(times, 3 * levels)} times, met by {arm}; "
        + ("given up, and well when it was released" if times > 3 * levels else "recovered")
    )


@pytest.mark.parametrize(("upset", "said"), [
    ("spi0.local_reset", "well without a fault"), ("prci.local_reset*3", "fell 1 time, met by climb; recovered"),
    ("spi0.local_reset*3", "fell 4 times, met by climb; recovered"),
    ("flash0.local_reset*3", "lost nothing that anybody looks at"),
])  # fmt: skip
def test_what_stands_behind_another_comes_back(upset: str, said: str) -> None:
    """Transfers through a block that is up again are none of its recoveries; who writes no whole register falls once;
    of a flash nothing falls that its ladder sees."""
    told = sifive().replay(Trial.parse(f"recovery/{upset}:0:"))

    assert (told.broken, told.how) == ("", said)


def test_what_nobody_can_see_fall_is_no_point() -> None:
    """A block whose reset takes nothing that its ladder looks at is tried once, and not counted."""
    tally = sifive().escalate("flash0", None)

    assert (tally.points, tally.failures, tally.there[COMES_BACK]) == (0, 0, 0)


@pytest.mark.parametrize(("load", "arms"), [
    (CLUSTER, {"block-reset", "cluster-reset", "give-up"}),
    (CHIP, {"block-reset", "cluster-reset", "chip-reset", "give-up"}),
])  # fmt: skip
def test_a_campaign_of_recoveries_comes_to_every_level(load: Callable[[], Chip], arms: set[str]) -> None:
    """A campaign lets a block of each type come back, until it is given up: no level that its rules have is left, and
    one that no time was left for is told as unreached."""
    running = campaign(load)

    tally, broke = running.escalate("*", None), running.escalate("*", 0.0)

    wanted = {f"policy.{arm}" for arm in arms}
    assert (tally.failures, tally.failed) == (0, [])
    assert {kind for kind, _ in tally.cells} == {COMES_BACK}
    assert wanted <= tally.arms.keys() <= tally.possible
    assert not wanted & set(tally.unreached)
    assert wanted <= set(broke.unreached)
    assert all(slow.elapsed_s <= running.limit_s + slow.patience_s for slow in tally.slowest)
    assert tally.slowest[0].elapsed_s > 0


def test_rungs_of_a_way_to_rest_are_arms() -> None:
    """A campaign in which blocks are reset comes to the rungs of their ways to rest that had to be acted on; one for
    which no time was left tells all of them as unreached. A rung of a way up that is called alike is another arm."""
    running = campaign(CLUSTER)
    rests = {"pll.rest: unwatched", "pll.rest: bypassed", "pll.rest: down", "crg.rest: gated", "crg.rest: cores held"}

    tally, broke = running.escalate("pll[2]", None), running.escalate("*", 0.0)

    assert rests <= tally.arms.keys() <= tally.possible
    assert {"crg.rest: out of test"} == {arm for arm in tally.unreached if ".rest: " in arm}
    assert {*rests, "crg.rest: out of test"} <= set(broke.unreached)
    assert "crg.out of test" in broke.possible


def test_what_comes_back_is_a_reset() -> None:
    """Nothing else does: a trial that says so is refused."""
    with pytest.raises(CampaignError, match=r"expected refpll\.local_reset to come back"):
        campaign(mini).replay(Trial.parse("recovery/refpll.lock_lost*3:0:"))


def test_a_replay_shows_each_time() -> None:
    """The accesses around each time that the block loses its state again are shown; the last before that is marked."""
    said = campaign(mini).replay(again(3))

    marked = [line for line in said.log if line.startswith(">")]
    assert len(marked) == 3
    assert all(planted.PLL in line for line in marked)
    assert len(said.log) > 2 * len(marked)


class _Counting(Pll):
    """A PLL that knows how often it was configured in service."""

    tries = 0
    within_s = 5 * US

    def up(self) -> Ladder:
        rungs = {rung.name: rung for rung in super().up()}
        rungs["configured"] = evolve(rungs["configured"], reach=self._configure, within=self.within_s)
        return Ladder(*rungs.values())

    async def _configure(self, port: Port) -> None:
        r, c = self.regs, self.config
        self.tries += trio.current_time() > 0
        await self.spoil(port)
        await port.submit(
            r.CTRL.modify(bypass=1, fractional=bool(c.frac), charge_pump=c.charge_pump),
            r.DIV.write(fbdiv=c.fbdiv, refdiv=c.refdiv, postdiv1=c.postdiv1, postdiv2=c.postdiv2),
            r.FRAC.write(frac=c.frac),
            r.BAND.write(search=0, band=c.band, trim=c.trim),
        )

    async def spoil(self, port: Port) -> None:
        """Do otherwise."""


class Weary(_Counting):
    """A PLL that waits longer each time it is tried again."""

    within_s = 10 * ONE_CLIMB_S

    async def spoil(self, port: Port) -> None:
        if self.tries > 1:
            await port.sleep(ONE_CLIMB_S * self.tries)


class Leaving(_Counting):
    """A PLL that notes how often it was tried, when it was tried again."""

    async def spoil(self, port: Port) -> None:
        if self.tries > 1:
            await port.run(self.regs.SCRATCH.write(value=self.tries))


class Moody(_Counting):
    """A PLL that is read more often each time."""

    moods = count()

    async def spoil(self, port: Port) -> None:
        for _ in range(next(self.moods)):
            await port.run(self.regs.ID.read())


class Meddling(_Counting):
    """A PLL that sets a sibling again before it is configured itself."""

    async def spoil(self, port: Port) -> None:
        if self.tries:
            sibling = mini().instances[planted.SIBLING].block.regs
            await port.run(sibling.INTR_ENABLE.write(lock_lost=1, ref_lost=1))


def test_what_takes_longer_than_its_rounds_may_is_late() -> None:
    """Each round of the policy may take what a climb from reset may, and what was waited before it; no more."""
    running = campaign(planted.planted(Weary))
    assert running.replay(Trial.parse("recovery/pll[2].local_reset:0:")).broken == ""

    said = running.replay(again(3)).broken

    assert said.startswith(f"liveness: {planted.PLL} in service after ")
    assert running.replay(again(81)).broken.startswith(f"liveness: {planted.PLL} gave up after ")


def test_what_is_left_otherwise_than_by_one_recovery_is_a_failure() -> None:
    """In the end each register holds what it holds where the block lost its state once."""
    running = campaign(planted.planted(Leaving))
    assert running.replay(Trial.parse("recovery/pll[2].local_reset:0:")).broken == ""

    assert running.replay(again(2)).broken == f"liveness: {planted.PLL}.SCRATCH ends as 0x2, without a fault as 0x0"


def test_what_comes_back_is_the_same_a_second_time() -> None:
    """The first are run twice, and must be the same to the last access."""
    with pytest.raises(Disturbed, match=r"local_reset\*3:0: ran twice, and was another the second time, from access"):
        campaign(planted.planted(Moody)).escalate(planted.PLL, None)


def test_who_touches_another_in_a_wider_recovery_is_a_failure() -> None:
    """A block that was well, and is written while one that comes back is reset, is told with a line that repeats it."""
    running = campaign(planted.planted(Meddling))

    tally = running.escalate(planted.PLL, None)

    assert [failed.replay for failed in tally.failed] == [str(again(times)) for times in TIMES[: len(tally.failed)]]
    assert len(tally.failed) == tally.trials > 1
    for failed in tally.failed:
        assert failed.broken.startswith(f"safety: {planted.SIBLING} was in service, and was written")
        said = running.replay(Trial.parse(failed.replay))
        assert said.broken == failed.broken
        words = next(line for line in said.log if f"{planted.SIBLING} write" in line)[2:].split()
        assert failed.broken.endswith(" ".join(words[:5] + words[6:])), "but for the register's name"
