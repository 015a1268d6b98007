"""A UCIe link whose controller was reset: the new one finds that an end has fallen which it saw to stand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import trio
from attrs import evolve

from blocks.chip.supervision import Supervision
from blocks.sim import SimTransport
from blocks.sim.chip import SimChip
from blocks.sim.faults import LocalReset
from runtime.clock import VirtualClock
from runtime.service import Service, Terms
from runtime.summary import Progress, State

if TYPE_CHECKING:
    from tests.blocks.links.conftest import Links

NEAR, FAR = "ucie[0]", "ucie[1]"
BACK_S = 0.2  # more than all takes from reset; an end that is alone waits for 10 s


def test_an_end_that_fell_behind_its_look_comes_back_with_the_other(links: Links) -> None:
    """An end that falls after a new controller saw it up is looked at anew when the other one waits for it."""
    near = evolve(links.chip.instances[NEAR], needs=("pcie",))  # so it is looked at later than the other
    ends = {NEAR: Supervision(partner=FAR), FAR: Supervision(partner=NEAR)}
    instances = {**links.chip.instances, NEAR: near}
    chip = evolve(links.chip, instances=instances, supervision={**links.chip.supervision, **ends})
    sim = SimChip(chip)
    links.up(sim, (NEAR, FAR))

    async def main() -> None:
        far_up = trio.Event()
        await trio.sleep(sim.now_s)

        def moved(progress: Progress) -> None:
            if (progress.block, progress.state) == (FAR, State.UP):
                far_up.set()

        service = Service(chip, SimTransport(sim), sweep_s=100.0, on_event=moved, terms=Terms(wire=None, only="*cie*"))
        async with trio.open_nursery() as nursery:
            nursery.start_soon(service.run)
            await far_up.wait()
            sim.advance(trio.current_time())
            sim.inject(LocalReset(block=NEAR))
            assert service.status()[NEAR].state is State.WAITING
            await trio.sleep(BACK_S)
            status = service.status()
            assert {status[end].state for end in (NEAR, FAR)} == {State.UP}, f"{status[NEAR]}, {status[FAR]}"
            assert sim.violations == []
            nursery.cancel_scope.cancel()

    trio.run(main, clock=VirtualClock())
