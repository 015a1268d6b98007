"""Atlas in service under its workload, and links that a person puts to rest: what takes them is lost, and no more."""

from __future__ import annotations

import trio

from runtime.summary import State
from tests.chips.atlas_service import run, serving

REST_S = 12.0  # longer than the end of a link waits for the other one
BACK_S = 1.0
BLOCK = "die[1].io_crg"  # four links stand on it


def test_a_link_rests_at_both_ends() -> None:
    """Who rests takes the other end of each link along: no incident, no other rule is broken, and both come back."""

    async def main() -> None:
        async with serving(3, sweep_s=4.0) as live:
            live.service.rest(BLOCK)
            await trio.sleep(REST_S)
            rests = {name for name, verdict in live.service.status().items() if verdict.state is State.RESTED}
            ends = {(name[4] == "0", name[6:]) for name in rests if ".ucie" in name}
            assert len(ends) == 8
            assert all((not left, name) in ends for left, name in ends), f"half a link rests: {ends}"
            assert {*await live.bad()} == rests
            live.service.wake(BLOCK)
            await trio.sleep(BACK_S)
            assert await live.bad() == {}
            broken = [rule for rule in live.sim.violations if not rule.rule.startswith("traffic ")]
            assert (live.service.incidents(), broken) == ((), [])

    run(main, 3)
