"""Atlas in service, and a controller of interrupts that is held: not even a claim touches it."""

from __future__ import annotations

import trio

from blocks.sim.faults import InterruptSpurious, Upset
from runtime.graph import graph_of
from tests.chips.atlas_service import CHIP, PLACES, run, serving
from transports.batch import Delay, Fence

HELD = "die[0].aggregator[6]"
SPAN = next((start, end) for start, end, name in PLACES if name == HELD)
BEHIND = next(i.name for i in CHIP.instances.values() if i.line is not None and i.line.controller == HELD)
NO_SWEEP_S = 20.0


def test_a_held_controller_is_not_asked() -> None:
    """While an aggregator is held its interrupts come, and no access reaches it; released, it is in service again."""
    assert BEHIND not in graph_of(CHIP).blocks_after(HELD)

    async def main() -> None:
        async with serving(7, sweep_s=NO_SWEEP_S) as live:
            live.service.hold(HELD)
            since = len(live.records)
            live.sim.inject(InterruptSpurious(block=HELD, count=50, for_s=1.0), at_s=live.now_s)
            name = next(iter(live.sim.model(BEHIND).upsets()))
            live.sim.inject(Upset(block=BEHIND, name=name), at_s=live.now_s + 0.1)
            await trio.sleep(2 * NO_SWEEP_S)
            addresses = {
                op.address
                for record in live.records[since:]
                for op in record.batch.operations[: len(record.results) + 1]
                if not isinstance(op, Fence | Delay)
            }
            assert [address for address in addresses if SPAN[0] <= address < SPAN[1]] == []
            assert len(addresses) > 1000, "the others are looked at"
            live.service.release(HELD)
            await trio.sleep(2 * NO_SWEEP_S)
            assert await live.bad() == {}

    run(main, 7)
