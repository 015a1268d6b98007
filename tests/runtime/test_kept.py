"""Laws of what is left, held or released when others are in trouble: a link that was away, a repair, a second drift."""

from __future__ import annotations

from typing import Any

import pytest
import trio
from attrs import evolve

from blocks.chip.supervision import Drift, Level, Restart
from blocks.sim.chip import SimChip
from blocks.sim.faults.kinds import BitFlip, DroppedWrite, Fault, LinkDown, LocalReset, Upset
from runtime.incident import What
from runtime.service import Service
from runtime.summary import Progress, State
from tests.runtime.mini import GRAPH, MINI, Mini, Watched, ruled, serving
from tests.runtime.serving import run

AWAY = LinkDown(for_s=0.25)
LOCKED = BitFlip(block="crg[2]", register="MONITOR.window")  # no climb mends it
DRIFT = BitFlip(block="pll[2]", register="TEST.drive")  # its repair puts the users to rest
USERS = {*GRAPH.blocks_after("pll[2]")}


def rules(**said: dict[str, Any]) -> Any:
    """Return mini with these rules, by block: `pll_2` is `pll[2]`."""
    names = {f"{key[:-2]}[{key[-1]}]" if key[-1].isdigit() else key: rule for key, rule in said.items()}
    return ruled(MINI, {name: evolve(MINI.supervision[name], **rule) for name, rule in names.items()})


def others(it: Mini, state: State = State.UP) -> set[str]:
    """Return the blocks that are told in another state."""
    return {name for name, verdict in it.service.status().items() if verdict.state is not state}


async def strike(it: Mini, *faults: Fault, then_s: float = 1.0) -> None:
    for fault in faults:
        it.inject(fault)
    await trio.sleep(then_s)


@pytest.mark.parametrize("away", [False, True])
def test_two_drifts_of_one_block_are_found_when_the_link_is_back(away: bool) -> None:
    """However many fields of a block drifted, and whoever climbs: the service goes on, and writes nothing."""
    drifts = BitFlip(block="refpll", register="LOCK_WINDOW.slips"), BitFlip(block="refpll", register="LOCK.config")
    chip = rules(refpll={"drift": Drift.REPORT}, pll_1={"restart": Restart.TEMPORARY})

    async def main() -> None:
        async with serving(chip) as it:
            if not away:
                await strike(it, *drifts)
            await strike(it, AWAY, then_s=0.1)
            if away:
                await strike(it, *drifts)
            await trio.sleep(2)
            assert others(it) == {"refpll"}
            assert it.service.status()["refpll"].state is State.DEGRADED
            assert it.transport.written == set()
            await strike(it, LocalReset(block="crg[3]"))
            assert it.transport.written, "it is looked at, and mended"
            assert others(it) == {"refpll"}

    run(main)


def test_who_is_held_in_trouble_is_not_held_for_a_rest() -> None:
    """A block that its rule holds in trouble was in none when it rested for a neighbour: it comes back with all."""

    async def main() -> None:
        async with serving(rules(crg_2={"hold": True})) as it:
            await strike(it, DRIFT)
            assert others(it) == set()
            assert it.told(What.HELD) == []

    run(main)


@pytest.mark.parametrize("asked", [True, False])
def test_a_held_block_is_known_over_a_loss_of_the_link(asked: bool) -> None:
    """What a person or a rule holds, and what stands on it, is told as it was last seen; nobody touches it."""
    drift = BitFlip(block="sys_crg", register="MONITOR.window")

    async def main() -> None:
        async with serving(MINI if asked else rules(sys_crg={"hold": True})) as it:
            if asked:
                it.service.hold("sys_crg")
            else:
                await strike(it, drift)
            before = {name: verdict.state for name, verdict in it.service.status().items()}
            it.transport.log.clear()
            await strike(it, AWAY, then_s=2.0)
            assert {name: verdict.state for name, verdict in it.service.status().items()} == before
            assert not {"sys_crg", *GRAPH.blocks_after("sys_crg")} & it.transport.accessed
            it.service.release("sys_crg")
            await trio.sleep(1)
            assert {verdict.state for verdict in it.service.status().values()} <= {State.UP, State.DEGRADED}

    run(main)


def test_a_drift_that_is_left_and_waited_for_what_it_stands_on_is_degraded_again() -> None:
    """A block that is left as it is, and waited for a repair below, is told as before when that is done."""

    async def main() -> None:
        async with serving(rules(crg_0={"drift": Drift.REPORT})) as it:
            await strike(it, BitFlip(block="crg[0]", register="TEST.observe"))
            await strike(it, BitFlip(block="pll[0]", register="LOCK.config"), then_s=5.0)
            assert others(it) == {"crg[0]"}
            assert it.service.status()["crg[0]"].state is State.DEGRADED
            assert it.service.under_way() == ()

    run(main)


@pytest.mark.parametrize("register", ["INTR_ENABLE.switch_late", "MONITOR.window"])
def test_a_temporary_block_that_serves_has_not_failed(register: str) -> None:
    """A field that drifted while the link was away, the last rung's too, leaves a temporary block degraded."""

    async def main() -> None:
        async with serving(rules(sys_crg={"restart": Restart.TEMPORARY})) as it:
            await strike(it, AWAY, then_s=0.2)
            await strike(it, BitFlip(block="sys_crg", register=register), then_s=2.0)
            assert others(it) == {"sys_crg"}
            assert it.service.status()["sys_crg"].state is State.DEGRADED

    run(main)


def test_a_rule_to_hold_holds_what_fell_while_the_link_was_away() -> None:
    """What its rule holds in trouble is not written to when it is found so at a return; who needs it waits."""

    async def main() -> None:
        async with serving(rules(pll_2={"hold": True})) as it:
            await strike(it, AWAY, then_s=0.1)
            await strike(it, LocalReset(block="pll[2]"))
            assert [event.block for event in it.told(What.HELD)] == ["pll[2]"]
            assert it.transport.written == set()
            assert others(it) == {"pll[2]", *USERS}
            it.service.release("pll[2]")
            await trio.sleep(1)
            assert others(it) == set()

    run(main)


def test_a_release_outlives_a_loss_of_the_link() -> None:
    """Released while the chip cannot be reached, a block is mended when it can."""

    async def main() -> None:
        async with serving(rules(pll_2={"drift": Drift.HOLD})) as it:
            await strike(it, DRIFT)
            await strike(it, AWAY, then_s=0.1)
            it.service.release("pll[2]")
            await trio.sleep(2)
            assert others(it) == set()

    run(main)


def test_who_stands_on_a_block_that_is_held_as_it_fell_does_not_serve() -> None:
    """A block that has lost its function, and is held: all that stands on it is told so, whoever looked first."""

    async def main() -> None:
        async with serving(rules(pll_2={"hold": True})) as it:
            await strike(it, BitFlip(block="pll[2]", register="CTRL.power_down"), then_s=2.0)
            assert others(it) == {"pll[2]", *USERS}

    run(main)


def test_a_release_brings_back_a_temporary_block() -> None:
    """A person's release is leave to bring up again what its rule leaves down."""

    async def main() -> None:
        async with serving(rules(pll_2={"restart": Restart.TEMPORARY})) as it:
            await strike(it, LocalReset(block="pll[2]"))
            assert "pll[2]" in others(it)
            it.service.release("pll[2]")
            await trio.sleep(1)
            assert others(it) == set()

    run(main)


@pytest.mark.parametrize("held", [False, True])
def test_a_repair_leaves_alone_who_would_not_come_back(held: bool) -> None:
    """No drift is mended at the cost of a user who serves with one that no climb mends, or that its rule holds."""
    chip = rules(crg_2={"drift": Drift.HOLD}) if held else MINI
    above = BitFlip(block="crg[2]", register="TEST.observe") if held else LOCKED

    async def main() -> None:
        async with serving(chip) as it:
            await strike(it, above)
            it.transport.log.clear()
            await strike(it, DRIFT, then_s=12.0)  # it is tried again after 10 s
            assert others(it) == {"pll[2]", "crg[2]"}
            assert {it.service.status()[name].state for name in ("pll[2]", "crg[2]")} == {State.DEGRADED}
            assert it.transport.written == set()

    run(main)


def test_a_wider_reset_that_is_wanted_before_all_stands_is_no_deadlock() -> None:
    """A block that falls, and needs a reset, while others still climb for the first time is reset once these are up."""
    sim = SimChip(MINI, overrides={"pll[3]": {"lock_s": 5e-3}})  # it fails, after 210 us
    chip = rules(pll_0={"attempts": 1, "highest": Level.BLOCK})

    async def main() -> None:
        up = trio.Event()

        def moved(progress: Progress) -> None:
            if (progress.block, progress.state) == ("pll[0]", State.UP):
                up.set()

        service = Service(chip, Watched(sim), sweep_s=0.1, on_event=moved)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(service.run)
            await up.wait()
            sim.advance(trio.current_time())
            sim.inject(BitFlip(block="pll[0]", register="TEST.drive"))
            sim.inject(Upset(block="pll[0]", name="lock_lost"))
            sim.inject(DroppedWrite(block="pll[0]", for_s=60e-6))
            service.look("pll[0]")
            await trio.sleep(70e-6)
            assert service.status()["pll[3]"].state is State.CLIMBING
            assert service.status()["pll[0]"].reason == "waits until nothing else climbs"
            await trio.sleep(2)
            assert {verdict.state for verdict in service.status().values()} == {State.UP}
            nursery.cancel_scope.cancel()

    run(main)


def test_who_cannot_be_looked_at_is_told_why() -> None:
    """A block that was on its way up when what it stands on was held is told that it is not looked at, and for whom."""

    async def main() -> None:
        async with serving() as it:
            await strike(it, DroppedWrite(block="crg[2]", for_s=100.0), LocalReset(block="crg[2]"), then_s=0.0)
            it.service.look("crg[2]")
            await trio.sleep(1e-3)
            assert "crg[2]" in others(it)
            it.service.hold("pll[2]")
            await trio.sleep(1)
            verdict = it.service.status()["crg[2]"]
            said = "not looked at: pll[2], which it stands on, is held"
            assert (verdict.state, verdict.reason) == (State.CLIMBING, said)

    run(main)
