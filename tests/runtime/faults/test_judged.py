"""What excuses a rule ends where somebody could know better; and what broke it is told as the first that did."""

from __future__ import annotations

import pytest
from attrs import evolve

from blocks.ladder import Ladder
from blocks.pll.driver import Pll
from blocks.port import Port
from runtime.faults.health import Hit
from runtime.faults.judged import judge
from runtime.faults.live import LiveCampaign
from runtime.faults.ran import Ran
from runtime.faults.rules import Rules
from runtime.faults.site import Firmware, LoggedChip, Site
from runtime.faults.trial import Trial, Workload
from tests.runtime.faults import planted
from tests.runtime.faults.test_live import mini
from transports.faulty import Kind, Shot, Strike

LIED = mini().instances[planted.PLL].block.regs.STATUS.address
ELSE = mini().instances[planted.SIBLING].block.regs.STATUS.address
WRITTEN = mini().instances[planted.PLL].block.regs.CTRL.address


def chip() -> tuple[Site, LoggedChip]:
    """Return a chip that nobody has touched."""
    site = Site(Firmware(mini), 0, None, workload=False, up=False)
    site.renew()
    assert site.sim is not None, "no simulated chip"
    return site, site.sim


def lied(kind: Kind, at: int, trip: int, *trips: tuple[int, ...]) -> str:
    """Judge a read that lied, and who then breaks a rule by a write; say what is wrong of it, or by what it was misled.

    Args:
        at: how many accesses there were by then; `trip`: in which round trip it lied.
        trips: which accesses each round trip has that reached a register.
    """
    site, sim = chip()
    accesses = [address for one in trips for address in one]
    sim.log[:] = [(0.0, address, address == WRITTEN, 0) for address in accesses]
    sim.violate(planted.PLL, "CTRL", "powered down while it drives its output")
    sim.broke[:] = [accesses.index(WRITTEN) + 1]
    backs = [sum(map(len, trips[: number + 1])) for number in range(len(trips))]
    strike = Strike(0.0, Shot(kind, 1), LIED, "read")
    ran = Ran(strikes=[strike], marks=[at], trips=[trip], backs=backs, rules={0: str(sim.violations[0])})
    ran.resumed = len(sim.log)
    said = judge(ran, site, None)
    return f"misled: {said.misled}" if said.misled else said.broken


def lied_on_the_heap(trips: list[tuple[int, ...]]) -> str:
    """Say what is wrong where the first read of the second round trip lied, or by what somebody was misled."""
    _, sim = chip()
    rules = Rules(sim)
    rules.struck(Hit(Shot(Kind.FLIP, 1), planted.PLL, LIED, planted.PLL, write=False, batch=1))
    for batch, addresses in enumerate(trips[1:], 1):
        for address in addresses:
            if address == WRITTEN:
                sim.violate(planted.PLL, "CTRL", "powered down while it drives its output")
            rules.reached(address, batch, write=address == WRITTEN)
    hard, soft = rules.judged()
    return f"misled: safety: {soft}" if soft else f"safety: {hard}"


@pytest.mark.parametrize(("kind", "trips"), [
    (Kind.ONES, [(ELSE,), (LIED,), (WRITTEN,), (LIED,)]),  # its own read reached nothing; the batch has another
    (Kind.FLIP, [(ELSE,), (LIED, LIED), (WRITTEN,), (LIED,)]),
])  # fmt: skip
def test_a_read_that_lied_is_excused_until_its_own_round_trip_is_over(kind: Kind, trips: list[tuple[int, ...]]) -> None:
    """A batch that begins with the read that lied judges by all that it brings: that it reads the register once more is
    no other look, and it was not over when the one before it was."""
    assert lied(kind, 1, 1, *trips).startswith("misled: safety: ")


def test_a_round_trip_that_was_nothing_but_a_lie_is_over_at_once() -> None:
    """Where all ones come of the one read of a batch, the next one looks again, and who breaks a rule then knows."""
    assert lied(Kind.ONES, 1, 1, (ELSE,), (), (LIED,), (WRITTEN,)).startswith("safety: ")


@pytest.mark.parametrize(("trips", "told"), [
    ([(ELSE,), (LIED,), (LIED, WRITTEN)], "misled: safety: "),  # what was sent before the look came back
    ([(ELSE,), (LIED,), (LIED,), (WRITTEN,)], "safety: "),
])  # fmt: skip
def test_who_was_lied_to_knows_when_the_round_trip_is_over_that_reads_it_again(
    trips: list[tuple[int, ...]], told: str
) -> None:
    """A batch that reads the register again, and then breaks the rule, was sent by who could not know; the next one was
    not: under trio, and on the heap."""
    assert lied(Kind.FLIP, 1, 1, *trips).startswith(told)
    assert lied_on_the_heap(trips).startswith(told)


def test_each_strike_has_its_mark() -> None:
    """On a simulation nothing strikes without a note of where: what is judged by it would be another strike's."""
    site, _ = chip()

    with pytest.raises(ValueError, match="shorter"):
        judge(Ran(strikes=[Strike(0.0, Shot(Kind.FLIP, 1), LIED, "read")]), site, None)


class Twice(Pll):
    """A recovery that writes a locked register twice at the same instant, and to no avail."""

    def up(self) -> Ladder:
        rungs = {rung.name: rung for rung in super().up()}
        rungs["watched"] = evolve(rungs["watched"], reach=self._watch)
        return Ladder(*rungs.values())

    async def _watch(self, port: Port) -> None:
        r, c = self.regs, self.config
        one, other = (
            r.DIV.write(fbdiv=c.fbdiv + more, refdiv=c.refdiv, postdiv1=c.postdiv1, postdiv2=c.postdiv2)
            for more in (1, 2)
        )
        mark = mini().instances[planted.SIBLING].block.regs.SCRATCH
        if (await port.run(mark.read())).value:
            await port.run(one)
            await port.run(other)
        else:  # when it first came up
            await port.run(mark.write(value=1))
        await port.run(r.INTR_ENABLE.write(lock_lost=1, ref_lost=1))


@pytest.mark.parametrize("upset", ["local_reset", "local_reset*1"])
def test_the_first_access_that_breaks_a_rule_is_shown(upset: str) -> None:
    """Of accesses that break one rule at one instant a replay marks the first, where one block fell as where it falls
    again and again."""
    running = LiveCampaign(planted.planted(Twice), Workload.RECOVERY, 0, frozenset({Kind.RESET}))
    regs, config = mini().instances[planted.PLL].block.regs, mini().instances[planted.PLL].block.config

    said = running.replay(Trial.parse(f"recovery/{planted.PLL}.{upset}:0:"))

    assert said.broken.endswith(f"{planted.PLL}.DIV.fbdiv: locked: written while its lock is closed")
    marked = [line for line in said.log if line.startswith(">") and f"write {regs.DIV.address:#x}" in line]
    assert [int(line.rpartition(" ")[2], 16) & 0xFFF for line in marked] == [config.fbdiv + 1]
