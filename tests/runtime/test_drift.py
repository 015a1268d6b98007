"""The laws of looking at a chip in service: how often, fields that are not as intended, and what lost its state."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
import trio
from attrs import evolve

from blocks.chip.supervision import Drift
from blocks.sim.faults.kinds import BitFlip, ChipReset, Fault, LinkDown, LocalReset, Upset
from runtime.climb import granted
from runtime.incident import What
from runtime.summary import State
from tests.runtime.mini import GRAPH, MINI, ruled, serving
from tests.runtime.serving import Bells, ToyChips, given, kept, run

if TYPE_CHECKING:
    from tests.runtime.conftest import Device


def test_each_block_is_looked_at_once_a_period(toy_chips: ToyChips) -> None:
    """Two looks at a block are a period apart, whatever is in service or waits, and whoever hints at others."""

    async def main() -> None:
        toy = toy_chips({"a": (), "b": ("a",), "c": (), "d": ("b", "c")})
        bells = Bells("c")
        looks: dict[int, list[float]] = {}

        def seen(_device: Device, address: int) -> None:
            if address & 0xFFF == 0:
                looks.setdefault(address >> 12, []).append(trio.current_time())

        async with kept(toy, sweep_s=2.0, wire=given(bells)):
            toy.device.seen = seen
            for _ in range(50):
                await trio.sleep(1.0)
                if trio.current_time() > 25:
                    bells.bells["c"].ring()
            for number in (1, 2, 4):
                assert looks[number] == pytest.approx([2.0 * count for count in range(1, len(looks[number]) + 1)])
            assert len(looks[1]) in (24, 25)
            assert len(looks[3]) > len(looks[1])

    run(main)


DRIFTED = BitFlip(block="pll[2]", register="INTR_ENABLE.lock_lost")
SAID = (
    "watched: INTR_ENABLE wanted lock_lost=0x1, ref_lost=0x1, last lock_lost=0x0, ref_lost=0x1 (word 0x200); "
    "lock_lost bit 0 is 0"
)


@pytest.mark.parametrize("drift", Drift)
def test_a_field_that_drifted_is_repaired_held_or_reported(drift: Drift) -> None:
    """A field that is not as intended is told to the bit, once; by its rule it is repaired, by one write, or left."""
    rule = evolve(MINI.supervision["pll[2]"], drift=drift)

    async def main() -> None:
        async with serving(ruled(MINI, {"pll[2]": rule})) as it:
            it.inject(DRIFTED)
            await trio.sleep(1)
            assert [event.detail for event in it.told(What.DRIFTED)] == [SAID]
            writes = [block for _, kind, block in it.transport.log if kind == "w"]
            assert writes == (["pll[2]"] if drift is Drift.REPAIR else [])
            assert it.down == set(), "it serves, and so does what stands on it"
            state = it.service.status()["pll[2]"].state
            assert state is (State.UP if drift is Drift.REPAIR else State.DEGRADED)
            assert [event.block for event in it.told(What.HELD)] == (["pll[2]"] if drift is Drift.HOLD else [])
            assert [(i.root, i.recovered) for i in it.incidents] == {
                Drift.REPAIR: [("pll[2]", True)],
                Drift.HOLD: [("pll[2]", False)],
                Drift.REPORT: [],
            }[drift]

    run(main)


@pytest.mark.parametrize("drift", [Drift.HOLD, Drift.REPORT])
def test_a_field_that_is_back_is_forgotten(drift: Drift) -> None:
    """What was left as it was is wholly up when it shows what it should, and told anew when it drifts again."""
    rule = evolve(MINI.supervision["pll[2]"], drift=drift)

    async def main() -> None:
        async with serving(ruled(MINI, {"pll[2]": rule})) as it:
            for number in (1, 2):
                it.inject(DRIFTED)
                await trio.sleep(1)
                assert it.service.status()["pll[2]"].state is State.DEGRADED
                assert len(it.told(What.DRIFTED)) == number
                it.inject(DRIFTED)
                await trio.sleep(1)
                assert it.service.status()["pll[2]"].state is State.UP
            assert it.transport.written == set()
            assert all(incident.recovered for incident in it.incidents)

    run(main)


def test_a_lost_block_whose_field_is_wrong_too_is_not_asked_for_consent() -> None:
    """A field that is locked and wrong, and the lock lost by it: the block is not held as if it still served."""

    async def main() -> None:
        async with serving() as it:
            it.inject(BitFlip(block="pll[2]", register="DIV.fbdiv", bit=3))
            await trio.sleep(3)
            assert it.told(What.HELD) == []
            assert [event.block for event in it.told(What.GAVE_UP)] == ["pll[2]"], "no reset up to the block mends it"
            (incident,) = it.incidents
            assert incident.level == "block"

    run(main)


def test_a_locked_field_that_drifted_is_reported_and_what_serves_is_not_reset() -> None:
    """A field that is wrong and locked, of a block that works: it is told to the bit, and nobody rests for it."""

    async def main() -> None:
        async with serving() as it:
            it.inject(BitFlip(block="pll[2]", register="LOCK_WINDOW.slips"))
            await trio.sleep(3)
            verdict = it.service.status()["pll[2]"]
            assert (verdict.state, it.down) == (State.DEGRADED, set())
            assert it.told(What.GAVE_UP) == []
            assert it.transport.written == set()
            assert any("LOCK wanted config=0x0, last config=0x1" in event.detail for event in it.told(What.DECIDED))
            assert "slips bit 0 is 1" in [event.detail for event in it.told(What.DRIFTED)][-1]
            (incident,) = it.incidents
            assert (incident.level, incident.ended_s is not None) == ("climb", True)

    run(main)


@pytest.mark.parametrize("drift", [Drift.HOLD, Drift.REPORT])
def test_no_act_counts_on_what_a_drift_that_is_left_takes_away(drift: Drift) -> None:
    """A PLL that is bypassed and left so: who needs its clock waits, is not written, and comes back with the field."""
    rule = evolve(MINI.supervision["pll[2]"], drift=drift)
    bypassed = BitFlip(block="pll[2]", register="CTRL.bypass")

    async def main() -> None:
        async with serving(ruled(MINI, {"pll[2]": rule})) as it:
            it.inject(bypassed)
            await trio.sleep(1)
            assert it.service.status()["pll[2]"].state is State.DEGRADED
            assert it.down == {"crg[2]", *GRAPH.blocks_after("crg[2]")}
            it.inject(LocalReset(block="crg[2]"))
            await trio.sleep(1)
            assert it.transport.written == set()
            it.inject(bypassed)
            await trio.sleep(1)
            assert it.down == set()
            assert all(incident.recovered for incident in it.incidents)

    run(main)


@pytest.mark.parametrize("drift", [Drift.HOLD, Drift.REPORT])
def test_a_field_that_is_back_is_told_when_it_drifts_again_though_another_is_left(drift: Drift) -> None:
    """Of two fields that are left, the lower is forgotten when it is back: it is told anew, and its users go on."""
    rule = evolve(MINI.supervision["pll[2]"], drift=drift)
    bypassed = BitFlip(block="pll[2]", register="CTRL.bypass")

    async def main() -> None:
        async with serving(ruled(MINI, {"pll[2]": rule})) as it:
            it.inject(bypassed)
            it.inject(DRIFTED)
            await trio.sleep(1)
            it.inject(bypassed)
            await trio.sleep(1)
            assert it.down == set()
            assert it.service.status()["pll[2]"].state is State.DEGRADED
            it.inject(bypassed)
            await trio.sleep(1)
            decided = [event.block for event in it.told(What.DECIDED)]
            assert decided.count("pll[2]") == 3
            assert "crg[2]" in it.down

    run(main)


@pytest.mark.parametrize("drift", [Drift.HOLD, Drift.REPORT])
def test_several_fields_that_drifted_are_each_told_once(drift: Drift) -> None:
    """A second field that drifts is told beside the first, whichever is lower, and neither is told again."""
    rule = evolve(MINI.supervision["pll[2]"], drift=drift)
    fields = ("INTR_ENABLE.ref_lost", "TEST.drive")

    async def main(registers: tuple[str, ...]) -> None:
        async with serving(ruled(MINI, {"pll[2]": rule})) as it:
            for number, register in enumerate(registers, 1):
                it.inject(BitFlip(block="pll[2]", register=register))
                await trio.sleep(1)
                told = [event.detail.split(" ")[1] for event in it.events if event.what in (What.DRIFTED, What.HELD)]
                assert len(told) == number if drift is Drift.REPORT else number <= len(told) <= 2 * number
            before = len(it.events)
            await trio.sleep(2)
            assert len(it.events) == before
            assert it.service.status()["pll[2]"].state is State.DEGRADED
            assert (it.down, it.transport.written) == (set(), set())
            for register in registers:
                it.inject(BitFlip(block="pll[2]", register=register))
                await trio.sleep(1)
            assert it.service.status()["pll[2]"].state is State.UP
            assert all(incident.recovered for incident in it.incidents)

    run(partial(main, fields))
    run(partial(main, fields[::-1]))


@pytest.mark.parametrize(
    ("drifted", "lost"),
    [
        (DRIFTED, LocalReset(block="pll[2]")),
        (DRIFTED, Upset(block="pll[2]", name="lock_lost")),
        (BitFlip(block="pll[2]", register="TEST.drive"), Upset(block="pll[2]", name="lock_lost")),
    ],
)
def test_what_lost_its_state_beside_a_field_that_was_left_is_brought_back(drifted: Fault, lost: Fault) -> None:
    """A block whose drift is only reported is climbed all the same when it falls, above or below that field."""
    rule = evolve(MINI.supervision["pll[2]"], drift=Drift.REPORT)

    async def main() -> None:
        async with serving(ruled(MINI, {"pll[2]": rule})) as it:
            it.inject(drifted)
            await trio.sleep(1)
            assert it.service.status()["pll[2]"].state is State.DEGRADED
            it.inject(lost)
            await trio.sleep(2)
            assert it.down == set()
            assert it.service.status()["pll[2]"].state is State.UP
            assert it.transport.written <= {"pll[2]", *GRAPH.blocks_after("pll[2]")}

    run(main)


FAULTS: list[Callable[[], Fault]] = [
    partial(Upset, block="pll[1]", name="lock_lost"),
    partial(Upset, block="refpll", name="lock_lost"),
    partial(LocalReset, block="pll[0]"),
    partial(LocalReset, block="crg[2]"),
    partial(LocalReset, block="io_crg[1]"),
    ChipReset,
]


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("consent", [None, granted])
def test_what_fell_comes_back_and_others_are_not_written_to(fault: Callable[[], Fault], consent: Any) -> None:
    """A block that loses its state is raised with what stands on it; all else is only read; no rule is broken."""
    made = fault()
    block = getattr(made, "block", "")
    allowed = {block, *GRAPH.blocks_after(block)} if block else {*MINI.instances}

    async def main() -> None:
        async with serving(consent=consent) as it:
            it.inject(made)
            await trio.sleep(1)
            assert it.down == set()
            assert it.transport.written <= allowed
            assert it.transport.written
            assert it.incidents
            assert all(incident.recovered for incident in it.incidents)

    run(main)


@pytest.mark.parametrize("name", ["refpll", "sys_crg", "pll[0]", "pll[2]"])
def test_a_drift_is_no_fall_of_what_stands_on_it(name: str) -> None:
    """A field that drifted while its block serves is an incident in which nobody fell, however many stand on that."""
    field = "clock_lost" if name == "sys_crg" else "lock_lost"

    async def main() -> None:
        async with serving() as it:
            it.inject(BitFlip(block=name, register=f"INTR_ENABLE.{field}"))
            await trio.sleep(1)
            (incident,) = it.incidents
            assert (incident.root, incident.recovered) == (name, True)
            assert {event.block for event in it.service.events if event.what is What.FELL} == set()

    run(main)


@pytest.mark.parametrize("drift", [Drift.HOLD, Drift.REPORT])
@pytest.mark.parametrize("fields", [("LOCK_WINDOW.slips", "MONITOR.window"), ("TEST.drive", "TEST.observe")])
def test_two_that_drifted_are_left_when_the_link_is_back(drift: Drift, fields: tuple[str, str]) -> None:
    """Two fields that are left by rule, one block on the other, stay so over a link that drops: nothing is written."""
    chip = ruled(MINI, {name: evolve(rule, drift=drift) for name, rule in MINI.supervision.items()})

    async def main() -> None:
        async with serving(chip) as it:
            it.inject(BitFlip(block="pll[2]", register=fields[0]))
            it.inject(BitFlip(block="crg[2]", register=fields[1]))
            await trio.sleep(1)
            it.transport.log.clear()
            it.inject(LinkDown(for_s=0.25))
            await trio.sleep(2)
            assert any(event.what is What.LINK_BACK for event in it.service.events)
            assert it.transport.written == set()
            states = {name: verdict.state for name, verdict in it.service.status().items()}
            assert {name for name in states if states[name] is not State.UP} == {"pll[2]", "crg[2]"}
            assert {states["pll[2]"], states["crg[2]"]} == {State.DEGRADED}

    run(main)
