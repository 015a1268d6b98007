"""One watch over all that leaves: it finds what a task for each flight would, and costs a flight nothing."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager

import pytest
import trio
import trio.testing
from attrs import define, field

from tests.transports.test_bus_hang import DEADLINE_S, IDENTITY, Linked, Silent
from transports.batch import Batch, Delay, Operation, Poll, Read, Results, Write, WriteBurst, batch
from transports.bus import Bus, Culprit, Diagnosis, Heard
from transports.bus.watch import ALLOWANCE
from transports.errors import Indeterminate, TransportError, Unavailable


@asynccontextmanager
async def watched(bus: Bus) -> AsyncGenerator[None]:
    """Have a bus watched for a time."""
    async with trio.open_nursery() as nursery:
        nursery.start_soon(bus.watch)
        await trio.testing.wait_all_tasks_blocked()
        yield
        nursery.cancel_scope.cancel()


async def told(make: Callable[[], Silent], work: Batch) -> tuple[Results, Diagnosis | None, float]:
    """Return what comes of a batch under a watch, and when."""
    bus = Bus(make(), identity=IDENTITY, deadline_s=DEADLINE_S)
    async with watched(bus):
        start_s = trio.current_time()
        results = await bus.submit(work)
        return results, bus.diagnosis, trio.current_time() - start_s


@pytest.mark.parametrize(
    "make",
    [
        Linked,
        Silent,
        lambda: Linked(ping_s=1e9),
        lambda: Linked(broken=True),
        lambda: Linked(identity_s=1e9),
        lambda: Silent(identity_s=1e9),
        lambda: Linked(identity=Results((0xFFFF_FFFF,))),
        lambda: Linked(identity=Results((), Unavailable("the cable", over=True))),
        lambda: Linked(answers_s=DEADLINE_S * 0.9),
    ],
)
@pytest.mark.parametrize("operation", [Write(0, 1), Read(0), Poll(0, 1, 1, timeout_s=3.0), Delay(0.2)])
async def test_a_watch_finds_what_a_task_for_the_flight_would(
    make: Callable[[], Silent], operation: Operation, autojump_clock: object
) -> None:
    """The same results, the same diagnosis and the same time, whoever keeps watch."""
    found = await told(make, batch(operation))
    bus = Bus(make(), identity=IDENTITY, deadline_s=DEADLINE_S)
    start_s = trio.current_time()
    results = await bus.submit(batch(operation))
    assert (found[0], str(found[1])) == (results, str(bus.diagnosis))
    assert found[2] == pytest.approx(trio.current_time() - start_s)


@define(eq=False)
class Steps(trio.abc.Instrument):
    """Counts how often each task runs."""

    taken: dict[str, int] = field(factory=dict[str, int])

    def before_task_step(self, task: trio.lowlevel.Task) -> None:
        """Count."""
        self.taken[task.name] = self.taken.get(task.name, 0) + 1


async def test_flights_wake_no_watchdog(autojump_clock: object) -> None:
    """Of a thousand flights in a hundred deadlines the watchdog sees one in nine: those out when it looks."""
    steps = Steps()
    trio.lowlevel.add_instrument(steps)
    bus = Bus(Linked(answers_s=DEADLINE_S / 10), deadline_s=DEADLINE_S)
    async with watched(bus):
        for _ in range(1000):
            assert (await bus.submit(batch(Read(0)))).values == (1,)
    trio.lowlevel.remove_instrument(steps)
    watchdog = next(count for name, count in steps.taken.items() if name.endswith("Bus.watch"))
    assert 1 < watchdog <= 1000 / 9 + 2


async def test_an_idle_bus_has_no_timer(autojump_clock: object) -> None:
    """When nothing is out the watchdog sleeps until something leaves, after one look at most."""
    bus = Bus(Linked(answers_s=0.1), deadline_s=DEADLINE_S)
    async with watched(bus):
        await bus.submit(batch(Read(0)))
        await trio.sleep(2 * DEADLINE_S)
        assert trio.lowlevel.current_statistics().seconds_to_next_deadline == float("inf")


async def test_a_short_deadline_is_kept_while_the_watchdog_sleeps_longer(autojump_clock: object) -> None:
    """A submit with a deadline of its own is asked about at that, not when the watchdog would have looked."""
    transport = Linked(answers_s=0.01)
    bus = Bus(transport, identity=IDENTITY, deadline_s=DEADLINE_S)
    async with watched(bus):
        await bus.submit(batch(Read(0)))
        transport.answers_s = 1e9
        start_s = trio.current_time()
        results = await bus.submit(batch(Read(0)), deadline_s=0.1)
    assert isinstance(results.error, Indeterminate)
    assert trio.current_time() - start_s == pytest.approx(0.1 + 0.001 + 0.01)


async def test_after_a_hang_the_next_is_watched_too(autojump_clock: object) -> None:
    """A flight that was stopped leaves the watch as it was."""
    transport = Linked()
    bus = Bus(transport, identity=IDENTITY, deadline_s=DEADLINE_S)
    found: list[type[TransportError] | None] = []
    async with watched(bus):
        for answers_s in (1e9, 0.01, 1e9, 0.01):
            transport.answers_s = answers_s
            error = (await bus.submit(batch(Read(0)))).error
            found.append(None if error is None else type(error))
    assert found == [Indeterminate, None, Indeterminate, None]


async def test_an_answer_that_comes_during_the_ping_is_taken(autojump_clock: object) -> None:
    """What is back before the link has answered is no hang, and neither is what leaves next."""
    transport = Linked(ping_s=0.9, answers_s=DEADLINE_S + 0.5)
    bus = Bus(transport, identity=IDENTITY, deadline_s=DEADLINE_S)
    async with watched(bus):
        assert (await bus.submit(batch(Read(0)))).values == (1,)
        transport.answers_s = DEADLINE_S * 0.9
        assert (await bus.submit(batch(Read(0)))).values == (1,)
        assert bus.diagnosis is None


@pytest.mark.parametrize("watch", [False, True])
async def test_long_work_has_more_time(watch: bool, autojump_clock: object) -> None:
    """Beyond its deadline a flight has four times what the transport says that its accesses take."""
    work = batch(WriteBurst(0, [0] * 1000))
    access_s = 2e-3
    more_s = ALLOWANCE * access_s * 1000
    for answers_s, error in ((DEADLINE_S + more_s - 0.01, None), (1e9, Indeterminate)):
        bus = Bus(Linked(answers_s=answers_s, access_s=access_s), identity=IDENTITY, deadline_s=DEADLINE_S)
        start_s = trio.current_time()
        if watch:
            async with watched(bus):
                results = await bus.submit(work)
        else:
            results = await bus.submit(work)
        assert (None if results.error is None else type(results.error)) is error
    assert trio.current_time() - start_s == pytest.approx(DEADLINE_S + more_s + 0.001 + 0.01)


async def test_a_watch_that_comes_late_is_our_own_fault(mock_clock: trio.testing.MockClock) -> None:
    """A loop that slept over the deadline gives a flight its time again, also where the watchdog meant to look before.

    It had meant to look for the sake of an earlier flight, and found this one late by less than it was itself.
    """
    transport = Linked(answers_s=DEADLINE_S * 0.1)
    bus = Bus(transport, identity=IDENTITY, deadline_s=DEADLINE_S)
    found: list[Results] = []

    async def two() -> None:
        found.append(await bus.submit(batch(Read(0))))
        transport.answers_s = DEADLINE_S * 3
        found.append(await bus.submit(batch(Read(0))))

    async with watched(bus):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(two)
            await trio.testing.wait_all_tasks_blocked()
            mock_clock.jump(DEADLINE_S * 0.1)
            await trio.testing.wait_all_tasks_blocked()
            mock_clock.jump(DEADLINE_S * 1.01)
            await trio.testing.wait_all_tasks_blocked()
            assert bus.diagnosis is not None
            assert (bus.diagnosis.culprit, bus.diagnosis.link) == (Culprit.US, Heard.NOT_ASKED)
            assert len(found) == 1
            mock_clock.jump(DEADLINE_S * 1.99)
            await trio.testing.wait_all_tasks_blocked()
    assert [results.error for results in found] == [None, None]


async def test_nobody_watches_twice(autojump_clock: object) -> None:
    """A second watch over a bus is a mistake, and the first goes on."""
    bus = Bus(Linked(), identity=IDENTITY, deadline_s=DEADLINE_S)
    async with watched(bus):
        with pytest.raises(AssertionError, match="somebody keeps watch already"):
            await bus.watch()
        assert isinstance((await bus.submit(batch(Read(0)))).error, Indeterminate)
