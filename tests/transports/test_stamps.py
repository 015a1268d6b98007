"""When each operation was done: by both engines, on the clock that a run waits by, and only where somebody asks."""

from __future__ import annotations

import pytest
import trio

from tests.transports.rounds import Near
from transports.base import Stamping
from transports.batch import Batch, Check, Delay, Fence, Modify, Poll, Read, ReadBurst, Write, batch
from transports.bus import Bus, Record
from transports.engine import ENGINE, Window, run
from transports.errors import PollTimeout
from transports.memory import MemoryTransport

SIZE = 0x100


@pytest.fixture(params=["c", "python"])
def window(request: pytest.FixtureRequest) -> Window:
    """Return a window that is stamped, over each engine that is there."""
    made = Window(bytearray(SIZE))
    made.stamping = True
    if request.param == "python":
        made.native = None
    elif ENGINE != "c":
        pytest.skip("the engine in C is not there")
    return made


def both(window: Window) -> Window:
    """Return the same without stamps."""
    plain = Window(bytearray(SIZE))
    plain.native = plain.native if window.native is not None else None
    return plain


WORKS: list[tuple[Batch, int]] = [  # and how many operations complete
    (batch(Write(0, 1), Read(0), Modify(4, 1, 1), Fence(), ReadBurst(0, 3)), 5),
    (batch(Read(0), Check(0, 1, 1), Read(0)), 1),
    (batch(Read(0), Delay(0.25), Read(4), Poll(0, 1, 1, timeout_s=0.5), Read(4)), 3),
    (batch(Write(0, 1), Poll(0, 1, 1, timeout_s=0.5), Delay(0.25), Read(4)), 4),
    (batch(Read(0), Read(SIZE)), 0),
    (batch(), 0),
]


@pytest.mark.parametrize(("work", "done"), WORKS)
async def test_each_operation_that_completed_has_its_time(
    window: Window, work: Batch, done: int, autojump_clock: object
) -> None:
    """Results with stamps are those without, and one time more for each value, in order, within the run."""
    began_s = trio.current_time()
    results = await run(work, window, window.region)
    assert results == await run(work, both(window), window.region)
    assert len(results.stamps) == len(results) == done
    assert [began_s, *results.stamps] == sorted([began_s, *results.stamps])


async def test_what_is_behind_a_wait_is_stamped_behind_it(window: Window, autojump_clock: object) -> None:
    """Where the clock stands still while the engine runs, all between two waits has the time at which that was."""
    began_s = trio.current_time()
    results = await run(batch(Read(0), Read(4), Delay(0.25), Read(0), Delay(0.5), Read(4)), window, window.region)
    assert [stamp - began_s for stamp in results.stamps] == pytest.approx([0, 0, 0.25, 0.25, 0.75, 0.75], abs=1e-9)
    late = await run(batch(Read(0), Poll(0, 1, 1, timeout_s=1.0)), window, window.region)
    assert isinstance(late.error, PollTimeout)
    assert list(late.stamps) == [pytest.approx(began_s + 0.75)]


async def test_under_the_real_clock_stamps_lie_apart(window: Window) -> None:
    """With time that passes, the operations of one stretch have times of their own, from the first to the last."""
    before_s = trio.current_time()
    results = await run(Batch([Read(0)] * 20_000), window, window.region)
    assert before_s <= results.stamps[0] < results.stamps[10_000] < results.stamps[-1] <= trio.current_time()


async def test_a_bus_asks_for_stamps_when_an_observer_does(autojump_clock: object) -> None:
    """Without an observer that wants them results have no stamps; with one they have, over what comes later as well."""
    bus = Bus(MemoryTransport(SIZE))
    assert isinstance(bus.transport, Stamping)
    records: list[Record] = []
    bus.observe(records.append)
    await bus.submit(batch(Read(0)))
    bus.observe(lambda record: None, stamps=True)
    await bus.submit(batch(Read(0), Delay(0.5)))
    await bus.swap(MemoryTransport(SIZE))
    await bus.submit_all([(batch(Read(0)), "a", 0.0), (batch(Read(0), Check(0, 1, 1)), "b", 0.0)])
    await bus.swap(Near())
    await bus.submit(batch(Read(0)))
    assert [len(record.results.stamps) for record in records] == [0, 2, 1, 1, 0]
    assert list(records[1].results.stamps) == [pytest.approx(records[1].start_s), pytest.approx(records[1].end_s)]
