"""A configuration field that flips is drift, whatever form the condition has that holds it."""

from __future__ import annotations

from functools import partial

import pytest
import trio
from attrs import evolve

from blocks.chip.supervision import Disturb, Supervision
from blocks.sim import SimTransport
from blocks.sim.chip import SimChip
from blocks.sim.faults.kinds import BitFlip
from runtime import determinism
from runtime.clock import VirtualClock
from runtime.incident import Event, What
from runtime.service import Service
from runtime.summary import State
from tests.runtime.schedules import chip_of

CORNER = chip_of("atlas")
NEVER = evolve(
    CORNER,
    supervision={
        name: evolve(CORNER.supervision.get(name, Supervision()), disturb=Disturb.NEVER) for name in CORNER.instances
    },
)


class Written(SimTransport):
    """A connection that notes the addresses that were written."""

    def __init__(self, chip: SimChip) -> None:
        super().__init__(chip)
        self.written: list[int] = []
        plain = self.write

        def write(address: int, value: int, width: int, strobes: int | None) -> None:
            self.written.append(address)
            plain(address, value, width, strobes)

        self.write = write


@pytest.mark.parametrize(
    ("block", "register", "bit"),
    [
        ("die[0].pcie[0]", "CLASS.code", 3),  # a condition over values: off, or as intended
        ("die[0].pcie[0]", "BAR[2].size", 0),
        ("die[0].sensor[0]", "TEST.inject", 0),  # one that hardware can make fall, too
        ("die[0].engine[0][0]", "TRAFFIC.priority", 0),  # a rung of which hardware moves a part
        ("die[0].mailbox[0]", "LOCK.config", 0),  # several such conditions, one above the other
        ("die[0].engine[0][0]", "LOCK.config", 0),
        ("die[0].refpll", "LOCK_WINDOW.slips", 0),  # a check
    ],
)
def test_a_configuration_field_that_flips_is_drift(block: str, register: str, bit: int) -> None:
    """It is told to the bit, once; where nothing may be disturbed its block serves on, degraded, and is not written."""
    events: list[Event] = []

    async def main() -> None:
        sim = SimChip(NEVER)
        transport = Written(sim)
        service = Service(NEVER, transport, sweep_s=0.5, watch=events.append)
        async with trio.open_nursery() as nursery:
            await nursery.start(partial(service.run, for_s=4.0))
            await trio.sleep(0.2)
            sim.advance(trio.current_time())
            transport.written.clear()
            sim.inject(BitFlip(block=block, register=register, bit=bit))
            await trio.sleep(3.0)
            states = {name: verdict.state for name, verdict in service.status().items()}
            assert {name: state for name, state in states.items() if state is not State.UP} == {block: State.DEGRADED}
            assert transport.written == []
            assert sim.violations == []
        told = [(event.block, event.detail) for event in events if event.what is What.DRIFTED]
        assert [name for name, _ in told] == [block], told
        assert f"{register.rpartition('.')[2]} bit {bit} is " in told[0][1]

    determinism.run(main, seed=0, clock=VirtualClock())
