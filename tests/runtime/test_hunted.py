"""Laws that the hunt found broken (`tests/runtime/hunt.py`), each as small as it came to be."""

from __future__ import annotations

import pytest
import trio
from attrs import evolve

from blocks.chip.supervision import Drift, Level, Restart
from blocks.sim.faults.kinds import BitFlip, DroppedWrite, ErrorResponse, LinkDown, LocalReset, StuckBit, Upset
from runtime.incident import What
from runtime.summary import State
from tests.runtime.mini import MINI, ruled, serving
from tests.runtime.serving import run

ABLE = ruled(MINI, {name: evolve(rule, highest=Level.CHIP) for name, rule in MINI.supervision.items()})
LOCKED = BitFlip(block="io_crg[0]", register="MONITOR", bit=15)  # only a reset of its registers mends it


def test_what_was_left_as_it_is_is_left_no_more_once_it_was_at_rest() -> None:
    """A block that served with a wrong field, and does not come up again with it, is recovered as any other."""

    async def main() -> None:
        async with serving(ABLE) as it:
            it.inject(LOCKED)
            await trio.sleep(1)
            assert it.service.status()["io_crg[0]"].state is State.DEGRADED
            it.service.rest("fabric_crg")
            await trio.sleep(1)
            it.service.wake("fabric_crg")
            await trio.sleep(1)
            assert it.service.status()["io_crg[0]"].state is State.UP
            assert all(incident.recovered for incident in it.incidents)

    run(main)


def test_what_does_not_come_to_rest_is_not_disturbed_by_a_repair() -> None:
    """A drift whose repair would disturb a block that is held is left, and mended once that is released."""

    async def main() -> None:
        async with serving() as it:
            it.service.hold("fabric_crg")
            it.inject(BitFlip(block="crg[1]", register="TEST.observe"))
            await trio.sleep(2)
            assert it.transport.written == set()
            assert it.service.status()["crg[1]"].state is State.DEGRADED
            it.service.release("fabric_crg")
            await trio.sleep(1)
            assert {verdict.state for verdict in it.service.status().values()} == {State.UP}
            assert all(incident.recovered for incident in it.incidents)

    run(main)


def test_what_was_put_to_rest_by_a_recovery_does_not_serve() -> None:
    """A frozen field that took the lock along is no drift once the block was reset for it: it comes to an end."""
    chip = ruled(ABLE, {"pll[3]": evolve(ABLE.supervision["pll[3]"], drift=Drift.HOLD)})

    async def main() -> None:
        async with serving(chip) as it:
            it.inject(BitFlip(block="pll[3]", register="LOCKDET", bit=6))
            await trio.sleep(2)
            assert len(it.transport.log) < 40_000
            assert it.down == set()
            assert all(incident.recovered for incident in it.incidents)

    run(main)


@pytest.mark.parametrize("count", [5, 20, 100])
def test_nobody_is_reset_while_what_stands_on_it_cannot_be_seen(count: int) -> None:
    """Errors that pass, of a block that clocks others, end in no reset that takes the clock of who serves."""

    async def main() -> None:
        async with serving(ABLE, sweep_s=1.0) as it:
            it.inject(ErrorResponse(block="sys_crg", count=count))
            it.service.look("sys_crg")
            await trio.sleep(300)
            assert it.down == set()
            assert all(incident.recovered for incident in it.incidents)

    run(main)


def test_who_is_clocked_is_put_to_rest_whatever_else_is_wrong_with_his_clock() -> None:
    """What stands on a block that serves with another identity than is expected comes to rest before its reset."""

    async def main() -> None:
        async with serving(ABLE) as it:
            it.inject(StuckBit(block="sys_crg", register="ID", bit=1, value=1, for_s=0.9))
            it.inject(Upset(block="pll[0]", name="lock_lost"))
            await trio.sleep(30)
            assert it.down == set()
            assert all(incident.recovered for incident in it.incidents)

    run(main)


def test_a_trouble_that_ends_with_the_link_is_over_for_the_policy_as_well() -> None:
    """Troubles of a block that was found well when the link was back are not one trouble that goes on and on."""
    rule = evolve(MINI.supervision["refpll"], attempts=2)

    async def main() -> None:
        async with serving(ruled(MINI, {"refpll": rule}), sweep_s=1.0) as it:
            for number in range(1, 4):
                it.inject(LocalReset(block="refpll"))
                it.inject(DroppedWrite(block="refpll", for_s=0.5e-3))
                it.service.look("refpll")
                await trio.sleep(0.5e-3)
                it.inject(LinkDown(for_s=0.5))
                await trio.sleep(100)
                assert len(it.told(What.FAILED)) == len(it.incidents) == number
            assert {incident.level for incident in it.incidents} == {"climb"}
            assert it.down == set()

    run(main)


def test_a_rest_that_was_asked_for_before_the_link_was_lost_comes_when_it_is_back() -> None:
    """Who was told that a block will rest finds it at rest once the chip can be reached again."""

    async def main() -> None:
        async with serving(sweep_s=1.0) as it:
            it.service.rest("io_crg[0]")
            it.inject(LinkDown(for_s=0.5))
            await trio.sleep(3)
            assert it.service.status()["io_crg[0]"].state is State.RESTED
            assert it.down == {"io_crg[0]"}

    run(main)


def test_what_is_brought_up_once_stays_down_where_it_fell_while_the_link_was_down() -> None:
    """A temporary block is not brought up again by the look at all when the link is back, but by whoever wakes it."""
    chip = ruled(MINI, {"io_crg[0]": evolve(MINI.supervision["io_crg[0]"], restart=Restart.TEMPORARY)})

    async def main() -> None:
        async with serving(chip, sweep_s=1.0) as it:
            for fell in (False, True, True):
                it.inject(LinkDown(for_s=0.5))
                if fell:
                    it.inject(LocalReset(block="io_crg[0]"))
                await trio.sleep(3)
                assert it.down == ({"io_crg[0]"} if fell else set())
                assert it.transport.written == set()
            it.service.wake("io_crg[0]")
            await trio.sleep(1)
            assert it.down == set()

    run(main)


def test_what_was_given_up_is_reset_again_where_nobody_serves() -> None:
    """A second locked field that takes the function along within the grace of a reset of the chip is outlived, too."""

    async def main() -> None:
        async with serving(ABLE) as it:
            it.inject(BitFlip(block="refpll", register="LOCKDET", bit=3))
            await trio.sleep(0.5)
            it.inject(BitFlip(block="refpll", register="SSC", bit=28))
            await trio.sleep(60)
            assert it.down == set()
            assert all(incident.recovered for incident in it.incidents)

    run(main)


@pytest.mark.parametrize(
    "fault", [Upset(block="pll[2]", name="lock_lost"), BitFlip(block="crg[2]", register="TEST.observe")]
)
def test_a_gate_is_shut_on_what_was_seen_to_be_held(fault: Upset | BitFlip) -> None:
    """A write that was to hold the domains of a clock, and is lost, is written again before their gates are shut."""

    async def main() -> None:
        async with serving() as it:
            it.inject(DroppedWrite(block="crg[2]", register="RESET", count=1))
            it.inject(fault)
            await trio.sleep(2)
            assert "crg[2]" in it.transport.written
            assert it.down == set()

    run(main)
