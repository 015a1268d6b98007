"""Another transport under load: begin over SPI, go on over the BAR, and nothing is lost or out of order."""

from __future__ import annotations

import pytest
import trio
import trio.testing
from hypothesis import given
from hypothesis import strategies as st

from tests.transports.rounds import KINDS, TRIP_S, Dear, Gather, Near
from transports.batch import Modify, Read, Results, Write, batch
from transports.bus import Bus, Record
from transports.errors import DeviceLost

OWNERS = 6


@pytest.mark.parametrize("first", [Near, Dear, Gather])
@pytest.mark.parametrize("second", [Near, Dear, Gather])
@given(swap_ms=st.integers(0, 12), rounds=st.integers(1, 5))
def test_a_swap_under_load_loses_and_reorders_nothing(
    first: type[Near], second: type[Near], swap_ms: int, rounds: int
) -> None:
    """Over two ways to one memory, every owner's counter counts each of its batches once and in its order."""
    slow, fast = first(), second()
    slow.trip_s = TRIP_S
    fast.window = slow.window
    found: dict[str, list[int]] = {}
    records: list[Record] = []
    late: list[int] = []

    async def owner(bus: Bus, number: int) -> None:
        for _ in range(rounds):
            results = await bus.submit(batch(Modify(4 * number, 0xFF, 7), Read(4 * number)), owner=str(number))
            found.setdefault(str(number), []).append(results.word(0))
            await bus.submit(batch(Modify(4 * number, 0xFF00, len(found[str(number)]) << 8)), owner=str(number))

    async def main() -> None:
        bus = Bus(slow)
        bus.observe(records.append)
        async with trio.open_nursery() as nursery:
            for number in range(OWNERS):
                nursery.start_soon(owner, bus, number)
            await trio.sleep(swap_ms * TRIP_S / 2)
            entered = len(fast.flights)
            assert entered == 0
            assert await bus.swap(fast) is slow
            late.append(len(slow.flights))
        assert bus.transport is fast
        assert bus.waiting == bus.in_flight == 0

    trio.run(main, clock=trio.testing.MockClock(autojump_threshold=0))
    assert late == [len(slow.flights)]
    for number in range(OWNERS):
        assert found[str(number)] == [0, *((turn << 8) + 7 for turn in range(1, rounds))]
    assert len(records) == 2 * OWNERS * rounds
    assert all(record.results.error is None for record in records)


@KINDS
async def test_what_is_out_comes_back_from_where_it_went(kind: type[Near], autojump_clock: object) -> None:
    """The flight that is out ends on the old transport, and swap returns then; what waited goes to the new one."""
    old, new = kind(), Dear()
    old.trip_s = 10 * TRIP_S
    bus = Bus(old)
    found: list[Results] = []

    async def one(number: int) -> None:
        found.append(await bus.submit(batch(Modify(0, 0xFF, number), Read(0)), owner=str(number)))

    async with trio.open_nursery() as nursery:
        for number in (1, 2, 3):
            nursery.start_soon(one, number)
            await trio.testing.wait_all_tasks_blocked()
        await trio.sleep(TRIP_S)
        assert await bus.swap(new) is old
        assert trio.current_time() == pytest.approx(10 * TRIP_S)
        assert [results.values for results in found] in ([], [(0, 1)])
    assert sorted(results.values for results in found) == [(0, 1), (0, 2), (2, 3)]
    assert (old.flights, new.flights) == ([1], [1])
    assert old.window.read(0, 4) == 1


async def test_a_swap_that_is_not_waited_for_has_happened(autojump_clock: object) -> None:
    """Cancelled, a swap does not go back; and on an idle bus it is done at once."""
    old, new, last = Dear(), Dear(), Near()
    old.trip_s = 1000.0
    bus = Bus(old)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(bus.submit, batch(Read(0)))
        await trio.sleep(TRIP_S)
        with trio.move_on_after(TRIP_S) as scope:
            await bus.swap(new)
        assert scope.cancelled_caught
        nursery.cancel_scope.cancel()
    assert (await bus.submit(batch(Read(0)))).error is None
    assert (len(old.flights), len(new.flights)) == (1, 1)
    assert await bus.swap(last) is new
    await bus.submit(batch(Read(0)))
    assert (len(new.flights), len(last.flights)) == (1, 1)


@KINDS
async def test_a_loss_on_the_way_before_is_of_what_was_out_there(kind: type[Near], autojump_clock: object) -> None:
    """A device lost on the old transport after the swap ends its batch only; lost on the new one, it ends the bus."""
    old, new = kind(), Dear()
    old.trip_s = 10 * TRIP_S
    old.errors, new.errors = {0: DeviceLost("closed")}, {1: DeviceLost("unplugged")}
    bus = Bus(old)
    found: dict[str, Results] = {}

    async def one(name: str) -> None:
        found[name] = await bus.submit(batch(Write(0, 1)), owner=name)

    async with trio.open_nursery() as nursery:
        for name in ("out", "waits"):
            nursery.start_soon(one, name)
            await trio.testing.wait_all_tasks_blocked()
        await bus.swap(new)
    assert found == {"out": Results((), DeviceLost("closed")), "waits": Results((None,))}
    assert bus.dead is None
    await one("last")
    assert bus.dead == found["last"].error == DeviceLost("unplugged")
