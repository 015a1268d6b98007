"""The laws of a block that is held for a person with a probe: nobody touches it, and everybody is told."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
import trio
from attrs import evolve

from blocks.chip.supervision import Drift
from blocks.sim.faults.kinds import BitFlip, Fault, Upset
from runtime.incident import What
from runtime.summary import IN_SERVICE, State
from runtime.verdicts import HELD
from tests.runtime.mini import GRAPH, MINI, ruled, serving
from tests.runtime.serving import run

DRIFT = BitFlip(block="pll[2]", register="INTR_ENABLE.lock_lost")
USERS = {*GRAPH.blocks_after("pll[2]")}


@pytest.mark.parametrize("struck", [(), (DRIFT,), (Upset(block="pll[2]", name="lock_lost"),)])
def test_the_status_says_that_nobody_looks(struck: tuple[Fault, ...]) -> None:
    """Whatever becomes of a held block, its status is that of the last look, and says that there are no more."""

    async def main() -> None:
        async with serving() as it:
            it.service.hold("pll[2]")
            for fault in struck:
                it.inject(fault)
            await trio.sleep(5)
            verdict = it.service.status()["pll[2]"]
            assert (verdict.state, verdict.reason) == (State.UP, HELD)
            assert "pll[2]" not in it.transport.accessed
            assert it.told(What.DRIFTED) == it.told(What.FELL) == []
            it.service.release("pll[2]")
            await trio.sleep(1)
            assert it.service.status()["pll[2]"].reason == ""
            assert it.down == set()

    run(main)


@pytest.mark.parametrize("fault", [DRIFT, Upset(block="pll[2]", name="lock_lost")])
def test_a_rule_to_hold_holds_whatever_the_trouble(fault: Fault) -> None:
    """A block that its rule holds in trouble is not accessed from then to its release, though it may still serve."""
    chip = ruled(MINI, {"pll[2]": evolve(MINI.supervision["pll[2]"], hold=True)})

    async def main() -> None:
        async with serving(chip) as it:
            it.inject(fault)
            await trio.sleep(1)
            assert [event.block for event in it.told(What.HELD)] == ["pll[2]"]
            verdict = it.service.status()["pll[2]"]
            assert verdict.state is (State.DEGRADED if fault is DRIFT else State.FAILED)
            assert verdict.reason.startswith(HELD)
            assert ("lock_lost bit 0 is 0" if fault is DRIFT else "lock_lost=0x1") in verdict.reason
            it.transport.log.clear()
            await trio.sleep(5)
            assert ({"pll[2]"} | USERS) & it.transport.accessed == set()
            assert {"pll[0]", "crg[1]"} <= it.transport.accessed, "the others went on"
            if fault is DRIFT:
                it.inject(fault)  # the person with the probe puts it right
                it.service.release("pll[2]")
                await trio.sleep(1)
                assert {verdict.state for verdict in it.service.status().values()} <= {*IN_SERVICE}
                assert it.transport.written == set()

    run(main)


def test_what_is_held_while_its_drift_is_mended_is_left() -> None:
    """Held at any moment of the repair of a drift, a block is not accessed before its release."""

    async def main(after_s: float) -> None:
        async with serving() as it:
            it.inject(BitFlip(block="crg[1]", register="TEST.observe"))
            await trio.sleep(0.1 + after_s)
            it.service.hold("crg[1]")
            it.transport.log.clear()
            await trio.sleep(2)
            assert "crg[1]" not in it.transport.accessed
            it.service.release("crg[1]")
            await trio.sleep(1)
            assert {verdict.state for verdict in it.service.status().values()} == {State.UP}

    for number in range(20):
        run(partial(main, -0.06 + number * 4e-3))
    for number in range(20):
        run(partial(main, -0.05 + number * 1e-6))


@pytest.mark.parametrize("rule", [{"hold": True}, {"drift": Drift.HOLD}])
@pytest.mark.parametrize("fault", [DRIFT, Upset(block="pll[2]", name="lock_lost")])
def test_a_release_is_leave_to_mend(fault: Fault, rule: dict[str, Any]) -> None:
    """What its rule has held for a person is mended at the release, once: the next trouble is held again."""
    chip = ruled(MINI, {"pll[2]": evolve(MINI.supervision["pll[2]"], **rule)})
    holds = "hold" in rule or fault is DRIFT

    async def main() -> None:
        async with serving(chip) as it:
            for times in (1, 2):
                it.inject(fault)
                await trio.sleep(1)
                assert len(it.told(What.HELD)) == (times if holds else 0)
                if holds:
                    it.service.release("pll[2]")
                await trio.sleep(1)
                assert {verdict.state for verdict in it.service.status().values()} == {State.UP}
                assert all(incident.recovered for incident in it.incidents)

    run(main)


@pytest.mark.parametrize("block", ["pll[2]", "sys_crg"])
def test_who_stands_on_a_block_that_is_held_for_a_drift_serves(block: str) -> None:
    """Whatever found a drift, and whoever looked meanwhile: what stands on the held block is told as it was."""
    chip = ruled(MINI, {block: evolve(MINI.supervision[block], hold=True)})

    async def main() -> None:
        async with serving(chip) as it:
            it.inject(BitFlip(block=block, register="TEST.drive" if block == "pll[2]" else "TEST.observe"))
            await trio.sleep(1)
            assert {name for name, verdict in it.service.status().items() if verdict.state is not State.UP} == {block}

    run(main)
