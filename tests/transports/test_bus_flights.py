"""Flights: batches of many tasks in one round trip, each as if it were alone, and none lost with whoever leads."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import partial
from types import FrameType
from typing import Any

import pytest
import trio
import trio.testing
from attrs import define, evolve, field, frozen
from hypothesis import given
from hypothesis import strategies as st

from tests.transports.rounds import KINDS, SHARED, SIZE, TRIP_S, Gather, Near
from transports.batch import (
    Batch,
    Check,
    Delay,
    Modify,
    Operation,
    Poll,
    Read,
    ReadBurst,
    Results,
    Write,
    WriteBurst,
    batch,
)
from transports.bus import INTERRUPT, Bus, Record
from transports.bus.queue import OVERTAKES_MAX
from transports.errors import (
    Indeterminate,
)

OWN = 0x40  # bytes of each owner
OWNERS = 4


@frozen
class Task:
    """One task of one submit; times in milliseconds."""

    owner: int
    start: int
    cancel: int | None
    urgency: float
    kinds: tuple[str, ...]


tasks_strategy = st.lists(
    st.builds(
        Task,
        owner=st.integers(0, OWNERS - 1),
        start=st.integers(0, 4),
        cancel=st.one_of(st.none(), st.none(), st.integers(0, 6)),
        urgency=st.sampled_from([0.0, 0.1, 7.0, INTERRUPT]),
        kinds=st.lists(
            st.sampled_from(["read", "write", "modify", "check", "wrong", "bursts", "outside", "delay", "poll"]),
            max_size=5,
        ).map(tuple),
    ),
    max_size=25,
)


def work(task: Task, number: int) -> Batch:
    """Return the batch of a task, on nothing but the memory of its owner."""
    base = task.owner * OWN
    ops: dict[str, list[Operation]] = {
        "read": [Read(base)],
        "write": [Write(base, number + 1)],
        "modify": [Modify(base + 4, 0xFF, number)],
        "check": [Check(base, 0, 0)],
        "wrong": [Check(base + 8, 1, 1)],
        "bursts": [WriteBurst(base + 16, (number, 7)), ReadBurst(base + 16, 2)],
        "outside": [Read(SIZE + 64)],
        "delay": [Delay(0.5e-3)],
        "poll": [Poll(base, 0, 0, timeout_s=1.0)],
    }
    return Batch(op for kind in task.kinds for op in ops[kind])


@define
class Run:
    """What came of many tasks: records by the bus, results by number of the task, the order of submits."""

    records: list[Record] = field(factory=list[Record])
    results: dict[int, Results] = field(factory=dict[int, Results])
    submitted: list[int] = field(factory=list[int])
    in_flight: list[int] = field(factory=list[int])


async def run_all(bus: Bus, tasks: Sequence[Task], batches: Sequence[Batch]) -> Run:
    """Submit all, each from a task of its own."""
    done = Run()
    bus.observe(done.records.append)

    async def one(number: int, task: Task) -> None:
        await trio.sleep(task.start * TRIP_S)
        with trio.CancelScope() as scope:
            if task.cancel is not None:
                scope.deadline = trio.current_time() + task.cancel * TRIP_S
                if task.cancel == 0:
                    scope.cancel()
            if not scope.cancel_called:
                done.submitted.append(number)
            done.results[number] = await bus.submit(batches[number], owner=str(task.owner), urgency=task.urgency)

    async with trio.open_nursery() as nursery:
        for number, task in enumerate(tasks):
            nursery.start_soon(one, number, task)
    done.in_flight.append(bus.in_flight + bus.waiting)
    return done


async def run_crews(bus: Bus, tasks: Sequence[Task], batches: Sequence[Batch], size: int) -> Run:
    """Submit all, `size` at a time from one task; those of one crew start and are cancelled together."""
    done = Run()
    bus.observe(done.records.append)

    async def crew(numbers: range) -> None:
        await trio.sleep(tasks[numbers[0]].start * TRIP_S)
        cancel = tasks[numbers[0]].cancel
        with trio.CancelScope() as scope:
            if cancel is not None:
                scope.deadline = trio.current_time() + cancel * TRIP_S
                if cancel == 0:
                    scope.cancel()
            if not scope.cancel_called:
                done.submitted.extend(numbers)
            asked = [(batches[number], str(tasks[number].owner), tasks[number].urgency) for number in numbers]
            done.results.update(zip(numbers, await bus.submit_all(asked), strict=True))

    async with trio.open_nursery() as nursery:
        for first in range(0, len(tasks), size):
            nursery.start_soon(crew, range(first, min(first + size, len(tasks))))
    done.in_flight.append(bus.in_flight + bus.waiting)
    return done


def alone(batches: Sequence[Batch]) -> list[Results]:
    """Return what batches bring that go one after the other and alone."""

    async def main() -> list[Results]:
        there = Near()
        return [await there.execute(one) for one in batches]

    return trio.run(main, clock=trio.testing.MockClock(autojump_threshold=0))


@KINDS
@given(tasks=tasks_strategy)
def test_each_batch_brings_what_it_would_alone(kind: type[Near], tasks: list[Task]) -> None:
    """Whatever flies with it, fails or is cancelled: a batch brings what it would alone, in its owner's order."""
    batches = [work(task, number) for number, task in enumerate(tasks)]
    transport = kind()
    clock = trio.testing.MockClock(autojump_threshold=0)
    done = trio.run(run_all, Bus(transport), tasks, batches, clock=clock)
    hold_as_alone(done, tasks, batches)


@KINDS
@given(tasks=tasks_strategy, size=st.integers(1, 8))
def test_crews_bring_what_each_batch_would_alone(kind: type[Near], tasks: list[Task], size: int) -> None:
    """Batches that one task submits together are as if each had a task of its own."""
    together = [
        evolve(tasks[n - n % size], owner=t.owner, urgency=t.urgency, kinds=t.kinds) for n, t in enumerate(tasks)
    ]
    batches = [work(task, number) for number, task in enumerate(together)]
    clock = trio.testing.MockClock(autojump_threshold=0)
    done = trio.run(run_crews, Bus(kind()), together, batches, size, clock=clock)
    hold_as_alone(done, together, batches)


def hold_as_alone(done: Run, tasks: Sequence[Task], batches: Sequence[Batch]) -> None:
    """Check that each batch did, and was told of, what it would have been alone."""
    assert done.in_flight == [0]
    numbers = {id(one): number for number, one in enumerate(batches)}
    left = [numbers[id(record.batch)] for record in done.records]
    assert len(set(left)) == len(left)
    assert [record.sequence for record in done.records] == list(range(len(left)))
    assert {number for number in done.submitted if tasks[number].cancel is None} <= set(left)
    assert set(left) <= set(done.submitted)
    for owner in range(OWNERS):
        mine = [record for record in done.records if record.owner == str(owner)]
        places = [done.submitted.index(numbers[id(record.batch)]) for record in mine]
        assert places == sorted(places)
        whole = [record for record in mine if not isinstance(record.results.error, Indeterminate)]
        assert all(tasks[numbers[id(record.batch)]].cancel is not None for record in mine if record not in whole)
        if not any(len(record.batch) and record not in whole for record in mine):
            assert [record.results for record in whole] == alone([record.batch for record in whole])
    for record in done.records:
        if (number := numbers[id(record.batch)]) in done.results:
            assert done.results[number] is record.results


@SHARED
async def test_what_came_during_a_flight_flies_together_next(kind: type[Near], autojump_clock: object) -> None:
    """Whoever finds the bus idle flies; all that came meanwhile is one round trip."""
    transport = kind()
    bus = Bus(transport)
    async with trio.open_nursery() as nursery:
        for number in range(9):
            nursery.start_soon(partial(bus.submit, batch(Write(8 * number, 1), Read(8 * number)), owner=str(number)))
    done = bus.statistics
    assert (done.batches, done.round_trips, done.coalesced) == (9, 2, 8)
    assert trio.current_time() == pytest.approx(2 * TRIP_S)
    assert done.queue_s == pytest.approx(8 * TRIP_S)
    assert (done.reads, done.writes, done.size_bytes) == (9, 9, 72)


async def test_a_flight_is_no_longer_than_it_is_worth(autojump_clock: object) -> None:
    """A flight works as long as some round trips take; the rest flies next, and a longer batch alone."""
    transport = Gather()
    bus = Bus(transport)  # 40 words
    async with trio.open_nursery() as nursery:
        for number, length in enumerate((1, 16, 16, 16, 60, 1)):
            nursery.start_soon(partial(bus.submit, Batch([Read(0)] * length), owner=str(number)))
            await trio.testing.wait_all_tasks_blocked()
    assert transport.flights == [1, 2, 1, 1, 1]
    assert bus.statistics.reads == 110


@SHARED
@pytest.mark.parametrize("wait", [Delay(0.01), Poll(0, 1, 1, timeout_s=0.01)])
async def test_a_batch_that_waits_flies_alone(kind: type[Near], wait: Operation, autojump_clock: object) -> None:
    """Nobody waits for what another batch waits for at the device but in the order of the queue."""
    transport = kind()
    bus = Bus(transport)
    ends: dict[str, float] = {}

    async def one(name: str, ops: Sequence[Operation]) -> None:
        await bus.submit(Batch(ops), owner=name)
        ends[name] = trio.current_time()

    async with trio.open_nursery() as nursery:
        for name, ops in {"first": (Read(0),), "a": (Read(0),), "waits": (Read(0), wait), "b": (Read(0),)}.items():
            nursery.start_soon(one, name, ops)
            await trio.testing.wait_all_tasks_blocked()
    assert ends["a"] == pytest.approx(2 * TRIP_S)
    assert ends["waits"] == pytest.approx(3 * TRIP_S + 0.01)
    assert ends["b"] == pytest.approx(4 * TRIP_S + 0.01)


@SHARED
async def test_a_leader_that_is_cancelled_loses_nobody(kind: type[Near], autojump_clock: object) -> None:
    """Cancelled in the middle of a flight, its leader comes back with it, and the others have their results."""
    transport = kind()
    bus = Bus(transport)
    records: list[Record] = []
    bus.observe(records.append)
    found: dict[str, Results] = {}
    cancelled: list[float] = []

    async def one(name: str, word: int) -> None:
        found[name] = await bus.submit(batch(Write(0, word), Read(0)), owner=name)

    async def leader() -> None:
        with trio.CancelScope(deadline=trio.current_time() + 1.5 * TRIP_S) as scope:
            await one("leader", 1)
        assert scope.cancelled_caught
        cancelled.append(trio.current_time())

    async with trio.open_nursery() as nursery:
        nursery.start_soon(one, "first", 9)
        await trio.testing.wait_all_tasks_blocked()
        nursery.start_soon(leader)
        await trio.testing.wait_all_tasks_blocked()
        nursery.start_soon(one, "a", 2)
        nursery.start_soon(one, "b", 3)
    assert {name: results.values for name, results in found.items()} == {
        "first": (None, 9), "a": (None, 2), "b": (None, 3),
    }  # fmt: skip
    assert cancelled == [pytest.approx(2 * TRIP_S)]
    assert [(record.owner, record.results.values) for record in records][:2] == [
        ("first", (None, 9)), ("leader", (None, 1)),
    ]  # fmt: skip
    assert bus.statistics.round_trips == 2


@SHARED
async def test_a_flight_that_nobody_wants_is_given_up(kind: type[Near], autojump_clock: object) -> None:
    """When all of a flight are cancelled, they are free at once, however long the link is silent."""
    transport = kind()
    transport.trip_s = 1000.0
    bus = Bus(transport)
    records: list[Record] = []
    bus.observe(records.append)
    async with trio.open_nursery() as nursery:
        for name in "abcd":
            nursery.start_soon(partial(bus.submit, batch(Write(0, 1)), owner=name))
            await trio.testing.wait_all_tasks_blocked()
        await trio.sleep(1500)
        assert bus.in_flight == 3
        nursery.cancel_scope.cancel()
    assert trio.current_time() == pytest.approx(1500)
    assert [type(record.results.error) for record in records] == [type(None), *[Indeterminate] * 3]
    assert (await bus.submit(batch(Read(0)))).values == (1,)


@SHARED
async def test_a_follower_that_is_cancelled_is_free_at_once(kind: type[Near], autojump_clock: object) -> None:
    """A follower does not wait for the flight that its batch is in; what the batch did is in the trace."""
    bus = Bus(kind())
    records: list[Record] = []
    bus.observe(records.append)
    async with trio.open_nursery() as nursery:
        for name in "abc":
            nursery.start_soon(partial(bus.submit, batch(Read(0)), owner=name))
            await trio.testing.wait_all_tasks_blocked()
        with trio.move_on_after(1.5 * TRIP_S):
            await bus.submit(batch(Write(0, 5)), owner="follower")
        assert trio.current_time() == pytest.approx(1.5 * TRIP_S)
    assert [(record.owner, record.results.error) for record in records][-1] == ("follower", None)


@SHARED
@pytest.mark.parametrize("busy", [False, True])
async def test_a_crew_that_nobody_else_flies_with_is_given_up(
    kind: type[Near], busy: bool, autojump_clock: object
) -> None:
    """Batches of one task that fly together are given up with their task, whether the bus was idle or busy."""
    transport = kind()
    bus = Bus(transport)  # 40 words
    async with trio.open_nursery() as nursery:
        if busy:
            nursery.start_soon(bus.submit, batch(Read(0)))
            await trio.testing.wait_all_tasks_blocked()
        transport.trip_s = 1000.0  # of the flight that is out it is known already
        with trio.move_on_after(3 * TRIP_S):
            await bus.submit_all([(batch(Read(0)), str(number), 0.0) for number in range(50)])
    assert trio.current_time() == pytest.approx(3 * TRIP_S)
    assert bus.waiting == bus.in_flight == 0
    assert len(transport.flights) == 1 + busy


@SHARED
@pytest.mark.parametrize("wanted", [False, True])
async def test_a_crew_that_another_flies_with_is_free_with_it(
    kind: type[Near], wanted: bool, autojump_clock: object
) -> None:
    """Cancelled, batches of one task come back when another's in their flight has its results or wants none."""
    transport = kind()
    bus = Bus(transport)
    other = trio.CancelScope()
    back_s: list[float] = []

    async def crew() -> None:
        with trio.move_on_after(2 * TRIP_S):
            await bus.submit_all([(batch(Read(0)), str(number), 1.0) for number in range(5)])
        back_s.append(trio.current_time())

    async with trio.open_nursery() as nursery:
        nursery.start_soon(bus.submit, batch(Read(0)))
        await trio.testing.wait_all_tasks_blocked()
        transport.trip_s = 10 * TRIP_S
        nursery.start_soon(crew)
        await trio.testing.wait_all_tasks_blocked()
        with other:
            if not wanted:
                other.deadline = trio.current_time() + 4 * TRIP_S
            assert (await bus.submit(batch(Read(0)))).values == (0,)
    assert other.cancelled_caught != wanted
    assert back_s == [pytest.approx((11 if wanted else 4) * TRIP_S)]


async def test_who_is_told_to_lead_and_is_cancelled_hands_on(autojump_clock: object) -> None:
    """A task that was told to fly and is cancelled before it does passes the bus on; its batch never leaves."""
    transport = Gather()
    bus = Bus(transport)
    scope = trio.CancelScope()
    done: list[str] = []

    async def one(name: str) -> None:
        await bus.submit(batch(Read(0)), owner=name)
        done.append(name)

    async def told() -> None:
        with scope:
            await one("told")

    async with trio.open_nursery() as nursery:
        bus.observe(lambda record: scope.cancel())  # called in the step in which the next one is chosen
        nursery.start_soon(one, "first")
        await trio.testing.wait_all_tasks_blocked()
        nursery.start_soon(told)
        await trio.testing.wait_all_tasks_blocked()
        nursery.start_soon(one, "last")
    assert done == ["first", "last"]
    assert bus.waiting == bus.in_flight == 0


@KINDS
async def test_nobody_starves(kind: type[Near], autojump_clock: object) -> None:
    """Beside tasks that submit interrupt work without end, a batch of no urgency leaves after a bounded number."""
    bus = Bus(kind())
    records: list[Record] = []
    bus.observe(records.append)
    async with trio.open_nursery() as nursery:

        async def storm(number: int) -> None:
            while True:
                await bus.submit(batch(Read(0), Read(0)), owner=f"irq{number}", urgency=INTERRUPT)

        for number in range(30):
            nursery.start_soon(storm, number)
        for _ in range(10):
            await trio.lowlevel.checkpoint()
        before = bus.statistics.batches
        await bus.submit(batch(Read(0)), owner="slow")
        nursery.cancel_scope.cancel()
    place = [record.owner for record in records].index("slow") - before
    assert place <= OVERTAKES_MAX + 30 + 30  # what flew already, and those that had come before it


async def test_interrupt_work_goes_first(autojump_clock: object) -> None:
    """What waits for an interrupt leaves before all that waits, and the longest path before the shorter ones."""
    bus = Bus(Near(trip_s=10e-6))
    records: list[Record] = []
    bus.observe(records.append)
    async with trio.open_nursery() as nursery:
        for owner, urgency in {"out": 0.0, "a": 0.0, "b": 2.0, "irq": INTERRUPT, "c": 3.0}.items():
            nursery.start_soon(partial(bus.submit, batch(Read(0)), owner=owner, urgency=urgency))
            await trio.testing.wait_all_tasks_blocked()
    assert [record.owner for record in records] == ["out", "irq", "c", "b", "a"]


class Steps(trio.abc.Instrument):
    """Counts how often tasks are run."""

    def __init__(self) -> None:
        self.count = 0

    def before_task_step(self, task: trio.lowlevel.Task) -> None:
        self.count += 1


async def test_a_follower_is_woken_once() -> None:
    """A batch that flies with another's task costs its own task one step more than none: its waking."""
    transport = Gather()
    transport.trip_s = 0.0
    bus = Bus(transport)
    steps = Steps()
    trio.lowlevel.add_instrument(steps)
    async with trio.open_nursery() as nursery:
        for number in range(100):
            nursery.start_soon(partial(bus.submit, batch(Read(0)), owner=str(number)))
    trio.lowlevel.remove_instrument(steps)
    assert transport.flights == [1, 99]
    assert steps.count < 2 * 100 + 99 + 20  # each begins and is woken; the flight's own batches are run by our fake


async def lines_run(count: int) -> int:
    """Return how many lines of the bus run for so many batches of one task, on a transport that takes them singly."""
    bus, lines, before = Bus(Near()), 0, sys.gettrace()
    asked = [(batch(Read(0)), str(number % 7), 0.0) for number in range(count)]

    def traced(frame: FrameType, event: str, _given: object) -> Any:
        nonlocal lines
        lines += event == "line"
        return traced if "/transports/bus/" in frame.f_code.co_filename else None

    sys.settrace(traced)
    try:
        await bus.submit_all(asked)
    finally:
        sys.settrace(before)
    return lines


async def test_a_batch_of_many_costs_as_much_as_of_few() -> None:
    """What one task submits together takes work in proportion, also where each batch is a flight of its own."""
    few, many = await lines_run(100), await lines_run(400)
    assert 0 < many < 4.2 * few
