"""The bus: order, one batch at a time, the dead latch, the epoch, the trace and the figures."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager

import anyio
import pytest
import trio
from attrs import define, field

from transports.base import Capabilities, Transport
from transports.batch import (
    Batch,
    Check,
    Delay,
    Fence,
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
from transports.bus import Bus, Record, accesses_made
from transports.engine import run
from transports.errors import (
    BusFault,
    CheckFailed,
    Denied,
    DeviceLost,
    Indeterminate,
    PollTimeout,
    TransportError,
    Unavailable,
)
from transports.memory import MemoryTransport

BASE = 0x1000
NEVER = Poll(BASE, mask=1 << 31, value=1 << 31, timeout_s=20.0)


@define
class Spy:
    """A transport that counts each access that really reaches it."""

    real_time: bool = False
    error: TransportError | None = None
    reads: int = 0
    writes: int = 0
    entered: int = 0
    order: list[int] = field(factory=list[int])

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(real_time=self.real_time)

    async def execute(self, batch: Batch) -> Results:
        self.entered += 1
        results = await run(batch, self)
        return results if self.error is None else Results(results.values[:-1], self.error)

    async def aclose(self) -> None:
        raise AssertionError("the bus does not own its transport")

    def read(self, address: int, width: int) -> int:
        self.reads += 1
        return 0

    def write(self, address: int, value: int, width: int, strobes: int | None) -> None:
        self.writes += 1
        self.order.append(value)


def spied() -> tuple[Bus, Spy]:
    spy = Spy()
    transport: Transport = spy
    return Bus(transport), spy


@pytest.mark.parametrize("backend", ["trio", "asyncio"])
def test_batches_leave_in_the_order_of_their_submits(backend: str) -> None:
    """Batches leave whole, one at a time, in the order in which they were submitted, waiting or not."""
    bus, spy = spied()
    out: list[int] = []

    async def submit(number: int) -> None:
        await bus.submit(
            batch(Write(BASE, number), Delay(0.0005 * (number % 3)), Write(BASE, number)), owner=str(number)
        )

    async def main() -> None:
        bus.observe(lambda record: out.append(bus.in_flight))
        async with anyio.create_task_group() as tasks:
            for number in range(20):
                await anyio.lowlevel.checkpoint()
                tasks.start_soon(submit, number)
                await anyio.lowlevel.checkpoint()
                await anyio.lowlevel.checkpoint()

    anyio.run(main, backend=backend)
    assert spy.order == [number for number in range(20) for _ in range(2)]
    done = bus.statistics
    assert (done.reads, done.writes, done.batches) == (0, 40, 20)
    assert (out, bus.in_flight) == ([0] * 20, 0)


@pytest.mark.parametrize("backend", ["trio", "asyncio"])
@pytest.mark.parametrize("wait", [NEVER, Delay(1000.0)])
def test_nothing_leaves_after_kill(wait: Operation, backend: str) -> None:
    """After kill the batch that is out ends at its wait, those in the queue never leave, and all are DeviceLost.

    Its wait may be over at the moment of the kill: then a poll has looked once more.
    """
    bus, spy = spied()
    outcomes: list[Results] = []
    records: list[Record] = []
    reached: list[tuple[int, int, int]] = []

    async def submit() -> None:
        outcomes.append(await bus.submit(batch(Write(BASE, 1), wait, Write(BASE, 2))))

    async def main() -> None:
        bus.observe(records.append)
        async with anyio.create_task_group() as tasks:
            for _ in range(5):
                tasks.start_soon(submit)
            await anyio.sleep(0.01)
            assert bus.in_flight == 1
            bus.kill("reset of the chip")
            bus.kill("another reason")
            reached.append((spy.reads, spy.writes, spy.entered))
        outcomes.append(await bus.submit(batch()))
        ((reads, *rest),) = reached
        assert rest == [spy.writes, spy.entered]
        assert spy.reads - reads in (0, 1)

    anyio.run(main, backend=backend)
    lost = DeviceLost("reset of the chip")
    assert outcomes == [Results((), lost)] * 6
    assert (bus.dead, spy.order, [record.results for record in records]) == (lost, [1], [Results((), lost)])


async def test_device_lost_latches_the_bus() -> None:
    """Results that say DeviceLost kill the bus before any observer or submitter hears of it."""
    bus, spy = spied()
    spy.error = DeviceLost("unplugged")
    heard: list[DeviceLost | None] = []
    bus.observe(lambda record: heard.append(bus.dead))
    await bus.submit(batch(Read(BASE)))
    assert heard == [DeviceLost("unplugged")]
    assert (await bus.submit(batch(Read(BASE)))).error == DeviceLost("unplugged")
    assert spy.entered == 1


@pytest.mark.parametrize("error", [BusFault("x"), Denied("x"), Unavailable("x"), Indeterminate("x"), CheckFailed("x")])
async def test_other_errors_do_not_latch(error: TransportError) -> None:
    """Any error but DeviceLost fails its batch alone."""
    bus, spy = spied()
    spy.error = error
    assert (await bus.submit(batch(Read(BASE)))).error == error
    spy.error = None
    assert (await bus.submit(batch(Read(BASE)))).values == (0,)
    assert bus.dead is None


async def test_fence_stops_the_older_epoch(autojump_clock: object) -> None:
    """After fence no access of an older epoch leaves: not from the queue, not from the batch that is out."""
    bus, spy = spied()
    outcomes: list[Results] = []

    async def submit(epoch: int | None) -> None:
        outcomes.append(await bus.submit(batch(Write(BASE, 1), Delay(10.0), Write(BASE, 2)), epoch=epoch))

    old = bus.epoch
    async with trio.open_nursery() as nursery:
        nursery.start_soon(submit, old)
        await trio.sleep(1)
        nursery.start_soon(submit, old)
        await trio.sleep(1)
        assert bus.fence() == old + 1 == bus.epoch
    assert spy.order == [1]
    assert [(len(results), type(results.error)) for results in outcomes] == [(0, Denied)] * 2
    assert "done in part" in str(outcomes[0].error)
    assert f"epoch {old} is over: the bus is in epoch {old + 1}" in str(outcomes[1].error)
    assert (await bus.submit(batch(Write(BASE, 3)), epoch=bus.epoch)).error is None
    assert bus.dead is None


async def test_fence_spares_who_has_no_epoch(autojump_clock: object) -> None:
    """A batch that was submitted without an epoch is not stopped by a fence."""
    bus, spy = spied()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(bus.submit, batch(Write(BASE, 1), Delay(10.0), Write(BASE, 2)))
        await trio.sleep(1)
        bus.fence()
    assert spy.order == [1, 2]


async def test_a_cancelled_submit_is_in_the_trace(autojump_clock: object) -> None:
    """Who is cancelled while its batch is out leaves a record that what happened is not known, and a free bus."""
    bus, _ = spied()
    records: list[Record] = []
    bus.observe(records.append)
    with trio.move_on_after(1):
        await bus.submit(batch(Write(BASE, 1), Delay(10.0)), owner="pll0")
    assert [(record.owner, type(record.results.error)) for record in records] == [("pll0", Indeterminate)]
    assert (await bus.submit(batch(Write(BASE, 2)))).error is None
    assert bus.in_flight == 0


async def test_a_cancelled_wait_for_the_turn_leaves_nothing(autojump_clock: object) -> None:
    """Who is cancelled in the queue was never out: no record, no access, and the next one has its turn."""
    bus, spy = spied()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(bus.submit, batch(Write(BASE, 1), Delay(10.0)))
        await trio.sleep(1)
        with trio.move_on_after(1):
            await bus.submit(batch(Write(BASE, 2)))
        nursery.start_soon(bus.submit, batch(Write(BASE, 3)))
    assert (spy.order, bus.statistics.batches) == ([1, 3], 2)


@pytest.mark.parametrize("real_time", [True, False])
async def test_hold_while_out(real_time: bool, autojump_clock: object) -> None:
    """hold is entered while a batch is out on a transport that answers in real time, and only then."""
    held: list[str] = []

    @contextmanager
    def hold() -> Generator[None]:
        held.append("enter")
        yield
        held.append("exit")

    bus = Bus(Spy(real_time=real_time), hold=hold)
    assert held == []
    await bus.submit(batch(Read(BASE)))
    assert held == (["enter", "exit"] if real_time else [])


async def test_the_trace_is_complete_and_in_order(autojump_clock: object) -> None:
    """Each batch that leaves gives one record: numbered without gaps, with owner, batch, results and times."""
    bus, _ = spied()
    records: list[Record] = []
    bus.observe(records.append)
    asked = [batch(Read(BASE), Delay(float(number))) for number in range(3)]
    start_s = trio.current_time()
    results = [await bus.submit(one, owner=f"owner{number}") for number, one in enumerate(asked)]
    begins = [start_s, start_s, start_s + 1]
    assert records == [
        Record(number, f"owner{number}", asked[number], results[number], begins[number], begins[number] + number)
        for number in range(3)
    ]


EVERY: list[Operation] = [
    Read(BASE),
    Write(BASE, 1),
    Modify(BASE, mask=1, value=1),
    Check(BASE, mask=1, value=0),
    Poll(BASE, mask=1, value=0, timeout_s=1.0),
    ReadBurst(BASE, 3),
    WriteBurst(BASE, (1, 2, 3, 4)),
    Delay(0.001),
    Fence(),
]


@define
class Failing(Spy):
    """A transport whose access `failing` is made, and answered with an error."""

    failing: int = 0
    kind: type[TransportError] = BusFault

    def _fail(self) -> None:
        if self.reads + self.writes == self.failing:
            raise self.kind("no")

    def read(self, address: int, width: int) -> int:
        super().read(address, width)
        self._fail()
        return 0

    def write(self, address: int, value: int, width: int, strobes: int | None) -> None:
        super().write(address, value, width, strobes)
        self._fail()


@pytest.mark.parametrize("failing", [number for number in range(14) if number != 4])
async def test_figures_are_exact(failing: int, autojump_clock: object) -> None:
    """Reads and writes are what really reached the device, whichever access is answered with an error.

    Except at a modify's write (access 4): no error says whether the read or the write was answered so.
    """
    spy = Failing(failing=failing)
    bus = Bus(spy)
    await bus.submit(Batch(EVERY))
    done = bus.statistics
    assert (done.reads, done.writes, done.batches, done.round_trips) == (spy.reads, spy.writes, 1, 1)
    assert spy.reads + spy.writes == (failing or 14 - 1)


@pytest.mark.parametrize("op", [NEVER, Check(BASE, mask=1, value=1)])
async def test_failed_conditions_are_counted(op: Operation, autojump_clock: object) -> None:
    """All reads of a poll that times out, and the read of a check that fails, are counted."""
    bus, spy = spied()
    results = await bus.submit(batch(Read(BASE), op, Read(BASE)))
    assert isinstance(results.error, (PollTimeout, CheckFailed))
    assert bus.statistics.reads == spy.reads == 2 + results.poll_reads


@pytest.mark.parametrize(
    ("op", "error", "made"),
    [
        (Read(BASE), Denied("x"), (0, 0)),
        (Write(BASE, 1), DeviceLost("x"), (0, 0)),
        (Write(BASE, 1), Unavailable("x"), (0, 0)),
        (Write(BASE, 1), Indeterminate("x"), (0, 1)),
        (Modify(BASE, mask=1, value=1), Indeterminate("x"), (1, 1)),
        (Modify(BASE, mask=1, value=1), BusFault("x"), (1, 0)),
        (ReadBurst(BASE, 4, stride=0), BusFault("x", address=BASE), (1, 0)),
        (WriteBurst(BASE, (1, 2), stride=8), BusFault("x", address=BASE + 8), (0, 2)),
        (WriteBurst(BASE, (1, 2), stride=0), BusFault("x", address=BASE), (0, 1)),
        (Delay(1.0), BusFault("x"), (0, 0)),
    ],
)
def test_a_failed_operation_counts_by_its_error(op: Operation, error: TransportError, made: tuple[int, int]) -> None:
    """Of the operation that failed, what the error says was made is counted, and nothing after it."""
    assert accesses_made(batch(op, Write(BASE, 1)), Results((), error)) == made


@define(eq=False)
class Steps(trio.abc.Instrument):
    """Counts how often a task is run."""

    task: trio.lowlevel.Task
    count: int = 0

    def before_task_step(self, task: trio.lowlevel.Task) -> None:
        self.count += task is self.task


def dead_bus() -> Bus:
    bus = Bus(MemoryTransport())
    bus.kill("dead")
    return bus


@pytest.mark.parametrize("make", [lambda: Bus(MemoryTransport()), dead_bus], ids=["alive", "dead"])
async def test_one_checkpoint_a_batch(make: Callable[[], Bus]) -> None:
    """A submit that has not to wait for its turn is one checkpoint, however long its batch, also when refused."""
    bus = make()
    asked = Batch([Write(0, 1)] * 100)
    steps = Steps(trio.lowlevel.current_task())
    await trio.lowlevel.checkpoint()
    trio.lowlevel.add_instrument(steps)
    for _ in range(50):
        await bus.submit(asked)
        await bus.submit_all([(asked, "", 0.0)])
        await bus.submit_all([])
    trio.lowlevel.remove_instrument(steps)
    assert steps.count == 150
