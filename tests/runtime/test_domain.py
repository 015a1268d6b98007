"""The laws of a fault domain: who is looked at when one of it is in trouble."""

from __future__ import annotations

import pytest
import trio
from attrs import evolve

from blocks.chip.supervision import Strategy
from blocks.sim.faults.kinds import DroppedWrite, LocalReset
from tests.runtime.mini import MINI, ruled, serving
from tests.runtime.serving import run

SWEEP_S = 10.0


@pytest.mark.parametrize("strategy", Strategy)
def test_one_that_falls_has_all_of_its_domain_looked_at(strategy: Strategy) -> None:
    """Where what one loses its neighbours miss, all are looked at when one falls; else the silent wait for a sweep."""
    pair = ("io_crg[0]", "io_crg[1]")
    rules = {name: evolve(MINI.supervision[name], strategy=strategy) for name in pair}

    async def main() -> None:
        async with serving(ruled(MINI, rules), sweep_s=SWEEP_S) as it:
            for name in pair:
                it.inject(LocalReset(block=name))
            it.inject(DroppedWrite(block=pair[0], for_s=1.0))  # so it is not back, and has nobody looked at for that
            it.service.look(pair[0])
            await trio.sleep(0.5)
            assert pair[0] in it.down
            assert (pair[1] in it.transport.written) is (strategy is Strategy.DOMAIN)
            await trio.sleep(2 * SWEEP_S)
            assert it.down == set()

    run(main)
