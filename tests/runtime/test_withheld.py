"""A block in service whose field is not as intended, and whose repair nobody consents to: it goes on as it is."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
import trio
from attrs import evolve

from blocks.chip import Chip
from blocks.chip.supervision import Disturb
from blocks.ladder import Ladder
from blocks.pll.driver import Pll
from blocks.port import Port
from blocks.sim.chip import SimChip
from blocks.sim.faults.kinds import BitFlip, Upset
from runtime.climb import granted
from runtime.incident import Event, Served, What
from runtime.service import Service, Terms
from runtime.summary import IN_SERVICE, State
from tests.runtime.mini import GRAPH, MINI, Watched, ruled, serving
from tests.runtime.serving import run

BLOCK = "crg[1]"
UNDER_TEST = BitFlip(block=BLOCK, register="TEST.observe")  # to mend it shuts the clock of all that stands on it
NEVER = ruled(MINI, {BLOCK: evolve(MINI.supervision[BLOCK], disturb=Disturb.NEVER)})


def refused(*_asked: object) -> bool:
    return False


REFUSALS: list[tuple[Chip, dict[str, Any]]] = [(NEVER, {}), (MINI, {"consent": refused})]


@pytest.mark.parametrize(("chip", "terms"), REFUSALS)
def test_a_drift_that_must_not_be_mended_degrades_its_block(chip: Chip, terms: dict[str, Any]) -> None:
    """It is degraded and held, not failed; what stands on it goes on, nothing is written, and the status says why."""

    async def main() -> None:
        async with serving(chip, **terms) as it:
            it.inject(UNDER_TEST)
            await trio.sleep(2)
            verdict = it.service.status()[BLOCK]
            assert (verdict.state, verdict.rung, it.down) == (State.DEGRADED, "out of test", set())
            assert "observe bit 0 is 1" in verdict.reason
            assert it.transport.written == set()
            assert [event.block for event in it.told(What.HELD)] == [BLOCK], "once"
            it.inject(UNDER_TEST)
            await trio.sleep(1)
            assert it.service.status()[BLOCK].state is State.UP
            assert all(incident.recovered for incident in it.incidents)

    run(main)


async def resumed(chip: Chip, terms: dict[str, Any]) -> tuple[Served, Watched, list[Event]]:
    """Let a field drift while no controller is there, and serve for a second."""
    first, events = Watched(SimChip(chip)), list[Event]()
    assert (await Service(chip, first, sweep_s=0.1).run(for_s=1.0)).well
    first.chip.advance(trio.current_time())
    first.chip.inject(UNDER_TEST)
    again = Watched(first.chip)
    service = Service(chip, again, sweep_s=0.1, watch=events.append, terms=Terms(**terms))
    return await service.run(for_s=1.0), again, events


@pytest.mark.parametrize(("chip", "terms"), REFUSALS)
def test_a_restarted_runtime_finds_a_drift_that_must_not_be_mended(chip: Chip, terms: dict[str, Any]) -> None:
    """A field that drifted while nobody was there is no reason to disturb either: degraded from the begin, no write."""

    async def main() -> None:
        served, transport, events = await resumed(chip, terms)
        assert (served.up.failed, served.up.waiting) == ((), ())
        assert [lessened.block for lessened in served.up.lessened] == [BLOCK]
        assert served.states[BLOCK] == State.DEGRADED
        assert {name for name, state in served.states.items() if state not in IN_SERVICE} == set()
        assert served.unrecovered.keys() == {BLOCK}
        assert transport.written == set()
        assert [event.block for event in events if event.what is What.HELD] == [BLOCK]
        assert transport.violations == []

    run(main)


@pytest.mark.parametrize("consent", [None, granted])
def test_a_restarted_runtime_mends_a_drift_as_one_that_was_there(consent: Any) -> None:
    """Where the rules consent, what stands on the block is put to rest first, as in service; then all is up."""

    async def main() -> None:
        served, transport, events = await resumed(MINI, {"consent": consent})
        assert (served.up.failed, served.unrecovered, {*served.states.values()}) == ((), {}, {State.UP})
        assert transport.written <= {BLOCK, *GRAPH.blocks_after(BLOCK)}
        assert transport.violations == []
        rested = [event for event in events if event.what is What.DECIDED and "put to rest" in event.detail]
        assert len(rested) == 1

    run(main)


@pytest.mark.parametrize("how", Disturb)
def test_what_has_lost_more_than_the_field_is_no_drift(how: Disturb) -> None:
    """A field that drifted beside a clock that was lost is no reason to leave the block down, whatever its rule."""
    chip = ruled(MINI, {BLOCK: evolve(MINI.supervision[BLOCK], disturb=how)})

    async def main() -> None:
        first = Watched(SimChip(chip))
        assert (await Service(chip, first, sweep_s=0.1).run(for_s=1.0)).well
        first.chip.advance(trio.current_time())
        first.chip.inject(UNDER_TEST)
        first.chip.inject(Upset(block="pll[1]", name="lock_lost"))
        served = await Service(chip, Watched(first.chip), sweep_s=0.1).run(for_s=1.0)
        assert (served.unrecovered, {*served.states.values()}) == ({}, {State.UP})

    run(main)


class Asked(Pll):
    """A PLL which does about what it has lost what the other does, in a function."""

    def up(self) -> Ladder:
        return Ladder(*(evolve(rung, reach=self._heal) if rung.name == "healthy" else rung for rung in super().up()))

    async def _heal(self, port: Port) -> None:
        await port.submit(self.regs.CTRL.modify(bypass=1), self.regs.STATUS.write(lock_lost=1, ref_lost=1))


def asked(name: str) -> Chip:
    """Return mini with such a PLL."""
    instance = MINI.instances[name]
    block = Asked(name, instance.block.regs, instance.block.config)
    return evolve(MINI, instances={**MINI.instances, name: evolve(instance, block=block, like=None)})


class Lying(Watched):
    """A connection that answers all ones, once, to a read that is named."""

    def __init__(self, chip: SimChip, address: int) -> None:
        super().__init__(chip)
        self.lies, read = 0, self.read

        def lied(at: int, width: int) -> int:
            value = read(at, width)
            if at != address or not self.lies:
                return value
            self.lies -= 1
            return (1 << 8 * width) - 1

        self.read = lied


def test_a_drift_that_was_misread_withholds_nothing_of_what_is_lost() -> None:
    """A block that seemed to drift, and has lost its lock, is brought back: what serves nobody is not disturbed."""
    chip = asked("pll[2]")

    async def main() -> None:
        transport = Lying(SimChip(chip), chip.instances["pll[2]"].address)
        service = Service(chip, transport, sweep_s=0.1)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(partial(service.run, for_s=2.0))
            await trio.sleep(1)
            transport.chip.advance(trio.current_time())
            transport.chip.inject(Upset(block="pll[2]", name="lock_lost"))
            transport.lies = 1
        assert transport.lies == 0, "it was misread"
        assert {name: v.reason for name, v in service.status().items() if v.state is not State.UP} == {}
        assert all(incident.recovered for incident in service.incidents())
        assert transport.violations == []

    run(main)


def test_who_refuses_is_heard_whatever_was_lost() -> None:
    """Whoever refuses every act is not passed over because more than a field is lost: the block is held, untouched."""
    chip = asked("pll[2]")

    async def main() -> None:
        transport = Lying(SimChip(chip), chip.instances["pll[2]"].address)
        service = Service(chip, transport, sweep_s=0.1, terms=Terms(consent=refused))
        async with trio.open_nursery() as nursery:
            nursery.start_soon(partial(service.run, for_s=2.0))
            await trio.sleep(1)
            transport.chip.advance(trio.current_time())
            transport.chip.inject(Upset(block="pll[2]", name="lock_lost"))
            transport.lies, transport.log[:] = 1, []
        assert transport.lies == 0, "it was misread"
        verdict = service.status()["pll[2]"]
        assert "withheld" in verdict.reason
        assert "pll[2]" not in transport.written

    run(main)
