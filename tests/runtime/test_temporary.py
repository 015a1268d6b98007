"""A temporary block stays down after its own failure, and only then."""

from __future__ import annotations

import pytest
import trio
from attrs import evolve

from blocks.chip.supervision import Restart
from blocks.sim.chip import SimChip
from blocks.sim.faults.kinds import BitFlip, LinkDown, LocalReset
from runtime.service import Service
from runtime.summary import IN_SERVICE, State
from tests.runtime.mini import MINI, Watched, ruled, serving
from tests.runtime.serving import run

TEMPORARY = ruled(MINI, {"crg[1]": evolve(MINI.supervision["crg[1]"], restart=Restart.TEMPORARY)})
DRIFT = BitFlip(block="pll[1]", register="TEST.drive")  # to mend it, all that stands on it is put to rest


def test_who_was_put_to_rest_for_a_repair_comes_back() -> None:
    """A repair of what a temporary block stands on puts it to rest and gives it back: then it comes up again."""

    async def main() -> None:
        async with serving(TEMPORARY) as it:
            for number in (1, 2):
                it.inject(DRIFT)
                await trio.sleep(3)
                assert it.down == set()
                assert "crg[1]" in it.transport.written
                assert len(it.incidents) == number
            it.inject(LocalReset(block="crg[1]"))
            await trio.sleep(1)
            assert it.service.status()["crg[1]"].state is State.FAILED
            it.inject(DRIFT)
            await trio.sleep(3)
            assert it.service.status()["crg[1]"].state is State.FAILED, "by its own failure, before that"

    run(main)


@pytest.mark.parametrize("writes", range(1, 30, 4))
def test_who_was_put_to_rest_comes_back_over_another_connection(writes: int) -> None:
    """A link that is lost while a temporary block rests for a repair changes nothing: it comes up again."""

    async def main() -> None:
        async with serving(TEMPORARY) as it:
            plain, left = it.transport.write, [writes]

            def write(address: int, value: int, width: int, strobes: int | None) -> None:
                plain(address, value, width, strobes)
                left[0] -= 1
                if not left[0]:
                    it.inject(LinkDown(for_s=0.1))

            it.transport.write = write
            it.inject(DRIFT)
            await trio.sleep(5)
            assert left[0] <= 0
            assert it.down == set()

    run(main)


@pytest.mark.parametrize("held", ["crg[1]", "pll[1]"])
@pytest.mark.parametrize("part", range(8))
def test_who_was_cut_short_on_its_way_up_comes_up_when_released(held: str, part: int) -> None:
    """A hold in the first bring-up, of a temporary block or of what it stands on: released, all are in service."""

    async def main() -> None:
        service = Service(TEMPORARY, Watched(SimChip(TEMPORARY)), sweep_s=0.1)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(service.run)
            await trio.sleep(0.0001 + part * 4e-5)
            service.hold(held)
            await trio.sleep(1)
            service.release(held)
            await trio.sleep(1)
            assert {name for name, it in service.status().items() if it.state not in IN_SERVICE} == set()
            nursery.cancel_scope.cancel()

    run(main)


def test_what_fell_by_itself_is_woken_at_once_after_a_release() -> None:
    """A temporary block that fell stays down, and can be released and woken in one go."""

    async def main() -> None:
        async with serving(TEMPORARY) as it:
            it.inject(LocalReset(block="crg[1]"))
            await trio.sleep(2)
            assert it.service.status()["crg[1]"].state is State.FAILED
            it.service.release("crg[1]")
            it.service.wake("crg[1]")
            await trio.sleep(1)
            assert it.down == set()

    run(main)
