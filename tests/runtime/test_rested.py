"""The laws of a block that a person puts to rest and wakes: who rests with it, who keeps off, and who comes back."""

from __future__ import annotations

from typing import Any

import pytest
import trio
from attrs import evolve

from blocks.chip.supervision import Disturb, Restart
from blocks.ladder import Ladder, Rung
from blocks.sim.faults.kinds import ChipReset, Fault, LinkDown, LocalReset, Upset
from registers.handles import AnyMap
from runtime.incident import What
from runtime.summary import IN_SERVICE, State
from runtime.verdicts import RESTED
from tests.runtime.mini import GRAPH, MINI, Mini, ruled, serving
from tests.runtime.serving import ToyChips, kept, run
from tests.runtime.test_wider import rested, resting

BLOCK = "crg[2]"
USERS = {*GRAPH.blocks_after(BLOCK)}
RESTING = {BLOCK} | USERS


def at_rest(it: Mini) -> set[str]:
    return {name for name, verdict in it.service.status().items() if verdict.state is State.RESTED}


def up(it: Mini) -> bool:
    return {verdict.state for verdict in it.service.status().values()} == {State.UP}


def test_a_block_rests_after_all_that_stands_on_it_until_it_is_woken() -> None:
    """From the top down they come to rest, nothing accesses them meanwhile, and woken all are up; no incident."""

    async def main() -> None:
        async with serving() as it:
            it.service.rest(BLOCK)
            await trio.sleep(0.05)
            assert at_rest(it) == RESTING
            firsts = list(dict.fromkeys(block for _, kind, block in it.transport.log if kind == "w"))
            assert {*firsts} == RESTING
            assert all(firsts.index(user) < firsts.index(name) for name in firsts for user in GRAPH.blocks_after(name))
            said = {name: it.service.status()[name].reason for name in RESTING}
            assert said.pop(BLOCK) == RESTED
            assert {*said.values()} == {f"put to rest for {BLOCK}, until that is woken"}
            it.transport.log.clear()
            it.inject(Upset(block="pll[1]", name="lock_lost"))
            await trio.sleep(5)
            assert at_rest(it) == RESTING
            assert it.transport.accessed == MINI.instances.keys() - RESTING, "the others are looked at"
            assert {block for incident in it.incidents for block in incident.fell} == {"pll[1]", "crg[1]"}
            before = len(it.incidents)
            it.transport.log.clear()
            it.service.wake(BLOCK)
            await trio.sleep(1)
            assert up(it)
            assert it.transport.written == RESTING
            assert len(it.incidents) == before
            assert [event.block for event in it.told(What.WOKEN)] == [BLOCK]
            assert {event.block for event in it.told(What.RESTED)} == RESTING

    run(main)


def test_both_ends_of_a_link_rest_together() -> None:
    """A link with one end at rest is down at both: the other end rests with it, as no incident, and comes back too."""
    rules = {
        name: evolve(MINI.supervision[name], partner=partner)
        for name, partner in (("io_crg[0]", "io_crg[1]"), ("io_crg[1]", "io_crg[0]"))
    }
    both = {"io_crg[0]", "io_crg[1]"}

    async def main() -> None:
        async with serving(ruled(MINI, rules)) as it:
            it.service.rest("io_crg[0]")
            await trio.sleep(0.05)
            assert at_rest(it) == both
            with pytest.raises(ValueError, match=r"io_crg\[1\] does not rest by itself, but for io_crg\[0\]"):
                it.service.wake("io_crg[1]")
            it.service.wake("io_crg[0]")
            await trio.sleep(1)
            assert up(it)
            it.service.hold("io_crg[1]")
            with pytest.raises(ValueError, match=r"io_crg\[0\] is not put to rest: io_crg\[1\] is held for a person"):
                it.service.rest("io_crg[0]")
            assert it.incidents == ()

    run(main)


TYPES: dict[Restart, tuple[State, State]] = {  # restart: after a rest on purpose, and after a fall
    Restart.PERMANENT: (State.UP, State.UP),
    Restart.TRANSIENT: (State.RESTED, State.UP),
    Restart.TEMPORARY: (State.RESTED, State.FAILED),
}


@pytest.mark.parametrize("restart", Restart)
def test_the_restart_says_when_a_block_comes_back(restart: Restart) -> None:
    """Permanent: always. Transient: from a fall, which is no normal end. Temporary: never; only a person wakes it."""
    chip = ruled(MINI, {"io_crg[1]": evolve(MINI.supervision["io_crg[1]"], restart=restart)})
    after_rest, after_fall = TYPES[restart]

    async def main() -> None:
        async with serving(chip) as it:
            it.service.rest("io_crg[1]")
            await trio.sleep(5)
            assert it.service.status()["io_crg[1]"].state is after_rest
            assert {event.block for event in it.told(What.RESTED)} == {"io_crg[1]"}
            assert "io_crg[1]" in it.transport.written
            if after_rest is State.RESTED:
                it.service.wake("io_crg[1]")
                await trio.sleep(1)
            assert up(it)
            assert not it.told(What.OPENED)
            it.inject(LocalReset(block="io_crg[1]"))
            await trio.sleep(5)
            assert it.service.status()["io_crg[1]"].state is after_fall
            assert len(it.incidents) == 1
            if after_fall is State.FAILED:
                it.service.wake("io_crg[1]")
                await trio.sleep(1)
            assert up(it)
            assert all(incident.recovered for incident in it.incidents)

    run(main)


def test_what_is_temporary_comes_back_with_a_permanent_one() -> None:
    """A permanent block that was put to rest comes back with all that rested for it: none of those has failed."""
    rules = {
        BLOCK: evolve(MINI.supervision[BLOCK], restart=Restart.PERMANENT),
        "io_crg[0]": evolve(MINI.supervision["io_crg[0]"], restart=Restart.TEMPORARY),
    }

    async def main() -> None:
        async with serving(ruled(MINI, rules)) as it:
            it.service.rest(BLOCK)
            await trio.sleep(5)
            assert {event.block for event in it.told(What.RESTED)} == RESTING
            assert up(it)

    run(main)


def test_a_rest_within_another_stays() -> None:
    """Each is woken by itself: what was put to rest first rests on, and is not woken while its ground rests."""

    async def main() -> None:
        async with serving() as it:
            it.service.rest(BLOCK)
            await trio.sleep(1)
            it.service.rest("refpll")
            await trio.sleep(1)
            assert at_rest(it) == {*MINI.instances}
            with pytest.raises(ValueError, match=r"crg\[2\] stands on refpll, which rests for refpll: wake that first"):
                it.service.wake(BLOCK)
            it.service.wake("refpll")
            await trio.sleep(1)
            assert at_rest(it) == RESTING
            it.service.wake(BLOCK)
            await trio.sleep(1)
            assert up(it)
            assert it.incidents == ()

    run(main)


@pytest.mark.parametrize("fault", [ChipReset(), LinkDown(for_s=2.0), LocalReset(block="sys_crg")])
def test_what_rests_is_left_at_rest_whatever_befalls_the_others(fault: Fault) -> None:
    """A chip that was reset, or could not be reached, comes back without what rests; woken, that is up as well."""

    async def main() -> None:
        async with serving() as it:
            it.service.rest(BLOCK)
            await trio.sleep(1)
            it.inject(fault)
            if isinstance(fault, LinkDown):
                await trio.sleep(1)
                with pytest.raises(ValueError, match="mini cannot be reached"):
                    it.service.wake(BLOCK)
            it.transport.log.clear()
            await trio.sleep(5)
            assert at_rest(it) == it.down == RESTING
            assert it.transport.accessed & RESTING == set()
            it.service.wake(BLOCK)
            await trio.sleep(1)
            assert up(it)

    run(main)


def test_who_stands_in_the_way_of_a_rest_is_named() -> None:
    """What is held, and what serves and is never to be disturbed, is not put to rest with another; no write."""
    never = evolve(MINI.supervision["io_crg[0]"], disturb=Disturb.NEVER)

    async def main() -> None:
        async with serving(ruled(MINI, {"io_crg[0]": never})) as it:
            with pytest.raises(ValueError, match=r"not put to rest: io_crg\[0\] serves, its rule is never to disturb"):
                it.service.rest(BLOCK)
            it.service.hold("io_crg[1]")
            with pytest.raises(ValueError, match=r"io_crg\[1\] is not put to rest: io_crg\[1\] is held for a person"):
                it.service.rest("io_crg[1]")
            it.service.release("io_crg[1]")
            with pytest.raises(ValueError, match="mini has no block 'crg'"):
                it.service.rest("crg")
            with pytest.raises(ValueError, match=r"pll\[0\] does not rest; at rest: none"):
                it.service.wake("pll[0]")
            await trio.sleep(1)
            assert it.transport.written == set()
            it.service.rest("io_crg[0]")  # itself it may be, by who asks for it
            await trio.sleep(1)
            assert at_rest(it) == {"io_crg[0]"}
            with pytest.raises(ValueError, match=r"io_crg\[0\] rests already, for io_crg\[0\]"):
                it.service.rest("io_crg[0]")
            with pytest.raises(ValueError, match=r"io_crg\[0\] is not held, it rests"):
                it.service.release("io_crg[0]")

    run(main)


@pytest.mark.parametrize("after_s", [0.0, 1e-6, 1e-5, 1e-4, 1e-3])
def test_who_is_held_on_the_way_to_rest_ends_it(after_s: float) -> None:
    """A block that is held while others come to rest is left, and the others come back."""

    async def main() -> None:
        async with serving() as it:
            it.service.rest("pll[2]")
            await trio.sleep(after_s)
            it.service.hold("pll[2]")
            it.transport.log.clear()
            await trio.sleep(2)
            assert "pll[2]" not in it.transport.accessed
            with pytest.raises(ValueError, match=r"pll\[2\]"):
                it.service.wake("pll[2]")
            it.service.release("pll[2]")
            await trio.sleep(1)
            if at_rest(it):
                assert "pll[2]" not in it.transport.accessed
                it.service.wake("pll[2]")
                await trio.sleep(1)
            assert up(it)

    run(main)


def stubborn(regs: AnyMap) -> Ladder:
    """A ladder to rest that no act of ours climbs."""
    word: Any = regs.at("W[9]")
    return Ladder(Rung("rested", holds=[word.check(v=1)], reach=[word.write(v=2)], within=1e-3))


def test_what_does_not_come_to_rest_keeps_its_ground(toy_chips: ToyChips) -> None:
    """A block is not put to rest under one that did not come to rest: it is told, and all are in service again."""

    async def main() -> None:
        toy = toy_chips({"a": (), "b": ("a",), "c": ("b",)}, rests={"a": resting, "b": stubborn, "c": resting})
        toy.device.written = rested
        async with kept(toy, sweep_s=1.0) as it:
            it.service.rest("a")
            await trio.sleep(3)
            assert {verdict.state for verdict in it.service.status().values()} <= {*IN_SERVICE}
            said = [event.detail for event in it.told(What.DECIDED, "a")]
            assert said[-1] == "not put to rest: b did not come to rest"
            assert it.told(What.RESTED) == []
            assert it.incidents == ()

    run(main)


def test_who_is_lost_on_the_way_to_rest_comes_to_it_when_the_link_is_back() -> None:
    """Of a block that was to rest when the link went nobody says that it rests before it was put to rest."""

    async def main() -> None:
        async with serving() as it:
            it.inject(LinkDown(for_s=0.01))
            it.service.rest("io_crg[0]")
            await trio.sleep(2)
            assert at_rest(it) == {"io_crg[0]"}
            (back,), (rested,) = it.told(What.LINK_BACK), it.told(What.RESTED)
            assert back.time_s < rested.time_s
            assert it.transport.written == {"io_crg[0]"}

    run(main)


@pytest.mark.parametrize("fault", [LocalReset(block="pll[0]"), LocalReset(block="refpll"), LinkDown(for_s=0.3)])
def test_who_cannot_be_reached_for_now_keeps_his_ground(fault: Fault) -> None:
    """Nobody counts as at rest who was only out of reach: while his ground is mended a rest is left off."""

    async def main() -> None:
        async with serving() as it:
            it.inject(fault)
            it.service.rest("pll[2]")
            await trio.sleep(2)
            rest = at_rest(it)
            assert rest in ({"pll[2]", *GRAPH.blocks_after("pll[2]")}, set())
            if not rest:
                assert up(it)
                it.service.rest("pll[2]")
                await trio.sleep(1)
            it.service.wake("pll[2]")
            await trio.sleep(1)
            assert up(it)

    run(main)


def test_what_has_no_ladder_to_rest_is_said(toy_chips: ToyChips) -> None:
    """A block that cannot rest is refused; where it stands on one that rests, it is left alone until that is up."""

    async def main() -> None:
        toy = toy_chips({"a": (), "b": ("a",)}, rests={"a": resting})
        toy.device.written = rested
        async with kept(toy, sweep_s=1.0) as it:
            with pytest.raises(ValueError, match="b has no ladder to rest; it can be held"):
                it.service.rest("b")
            it.service.rest("a")
            await trio.sleep(3)
            assert {verdict.state for verdict in it.service.status().values()} == {State.RESTED}
            log = len(toy.device.log)
            await trio.sleep(3)
            assert len(toy.device.log) == log
            it.service.wake("a")
            await trio.sleep(1)
            assert {verdict.state for verdict in it.service.status().values()} == {State.UP}
            assert it.incidents == ()

    run(main)


def test_what_rests_at_the_end_is_not_well() -> None:
    """A block that rests when the time is over is told as that, and the chip is not well."""

    async def main() -> None:
        async with serving() as it:
            it.service.rest("io_crg[0]")
            await trio.sleep(1)
            it.stop.set()
            await trio.sleep(1)
            (end,) = it.ends
            assert (end.well, end.unrecovered) == (False, {"io_crg[0]": RESTED})
            assert end.states["io_crg[0]"] == "rested"

    run(main)
