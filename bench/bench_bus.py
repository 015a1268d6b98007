"""Many tasks on one Unix socket: operations a second through the bus, beside the most and the least one could have.

    python -m bench.bench_bus [--json] [--small]

The device is memory, served by another process. 1, 64 and 300 tasks each submit batches of 16 operations (8 reads, 4
writes, 2 modifies, 2 checks), one after the other, made before the clock starts. Four ways:

- coalesced: each task submits to the bus, which carries together what waits, and is watched as a session's is.
- stream: one task, no bus; all the tasks' operations written into one batch by hand, or into batches of 1,000, or of
  250, whichever is fastest.
- own: one task, no bus; the tasks' own batches in one call (`execute_all`), as the bus carries them: the limit.
- lock: each task takes a lock for each operation and executes it alone: what one would write first.

The four take turns, so that other work on the machine strikes them alike. Medians, with the least and the most. The
coalesced way has its tasks go on while the server works, so it loses most where both have to share one processor.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Generator, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import chain
from pathlib import Path

import trio
from attrs import asdict, frozen

from transports.base import Gathering, Transport
from transports.batch import Batch, Check, Modify, Operation, Read, Write
from transports.bus import Bus
from transports.memory import MemoryTransport
from transports.remote import RemoteTransport, connect_to
from transports.serve import Server, listen
from transports.wire.address import UnixAddress

DEADLINE_S = 5.0  # as a session has it; nothing here comes near
OPERATIONS = 16  # of a batch: a look at a few rungs, or an act with it
OWN_BYTES = 4 * OPERATIONS
TASKS, TASKS_SMALL = (1, 64, 300), (1, 8)
STREAM = (250, 1000, 100_000)  # operations of a batch made by hand, at most


@frozen(kw_only=True)
class Row:
    """What was measured of so many tasks. Rates are operations a second: the median, the least, the most.

    Attributes:
        stream_length: operations of each batch of the fastest stream.
        cpu_us: of this process, for an operation of the coalesced way.
        trip_batches: batches of a round trip, on average, of the coalesced way.
        queue_us: that a batch waited for its turn, on average.
        load: of the machine at the end: how many processes wanted a processor in the last minute.
    """

    tasks: int
    coalesced: tuple[float, float, float]
    stream: tuple[float, float, float]
    own: tuple[float, float, float]
    lock: tuple[float, float, float]
    stream_length: int
    cpu_us: float
    trip_batches: float
    queue_us: float
    load: float

    @property
    def of_stream(self) -> float:
        """The coalesced way, as a share of one stream written by hand."""
        return self.coalesced[0] / self.stream[0]

    @property
    def of_own(self) -> float:
        """The coalesced way, as a share of the limit."""
        return self.coalesced[0] / self.own[0]

    @property
    def of_lock(self) -> float:
        """The coalesced way, as a multiple of the naive one."""
        return self.coalesced[0] / self.lock[0]


def work(task: int) -> Batch:
    """Return the batch of a task, on words of its own."""
    base = task * OWN_BYTES
    operations: list[Operation] = []
    for quarter in range(2):
        at = base + quarter * OWN_BYTES // 2
        operations += [Read(at + 4 * word) for word in range(4)]
        operations += [Write(at, 0x1234_5600 + quarter), Modify(at + 4, 0xFF, 0x5A), Check(at + 4, 0xFF, 0x5A)]
        operations += [Write(at + 8, task)]
    return Batch(operations)


async def coalesced(bus: Bus, works: Sequence[Batch], rounds: int) -> None:
    """Have each task submit to the bus."""

    async def task(number: int) -> None:
        for _ in range(rounds):
            (await bus.submit(works[number], owner=str(number))).check()

    async with trio.open_nursery() as nursery:
        for number in range(len(works)):
            nursery.start_soon(task, number)


async def stream(transport: Transport, batches: Sequence[Batch], rounds: int) -> None:
    """Have one task execute what was put together by hand."""
    for _ in range(rounds):
        for batch in batches:
            (await transport.execute(batch)).check()


async def own(transport: Gathering, works: Sequence[Batch], rounds: int) -> None:
    """Have one task execute the tasks' own batches in one call."""
    for _ in range(rounds):
        for results in await transport.execute_all(works):
            results.check()


async def lock(transport: Transport, works: Sequence[Batch], rounds: int) -> None:
    """Have each task lock and execute each operation."""
    turn = trio.Lock()

    async def task(alone: Sequence[Batch]) -> None:
        for _ in range(rounds):
            for batch in alone:
                async with turn:
                    (await transport.execute(batch)).check()

    async with trio.open_nursery() as nursery:
        for batch in works:
            nursery.start_soon(task, [Batch((op,)) for op in batch])


def together(works: Sequence[Batch], length: int) -> list[Batch]:
    """Return all operations in batches of at most so many."""
    operations = list(chain.from_iterable(works))
    return [Batch(operations[at : at + length]) for at in range(0, len(operations), length)]


async def rate(way: Callable[[], Awaitable[None]], operations: int) -> float:
    """Return how many operations a second a way does."""
    start_s = time.perf_counter()
    await way()
    return operations / (time.perf_counter() - start_s)


def spread(rates: Sequence[float]) -> tuple[float, float, float]:
    """Return the median, the least and the most."""
    return statistics.median(rates), min(rates), max(rates)


async def measure(transport: RemoteTransport, tasks: int, *, least: int, repeats: int) -> Row:
    """Measure the four ways with so many tasks, under a watch.

    Args:
        least: operations in each measurement of the fast ways, at least; the lock does a tenth.
    """
    bus = Bus(transport, now=trio.current_time, deadline_s=DEADLINE_S)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(bus.watch)
        found = await _measure(transport, bus, tasks, least=least, repeats=repeats)
        nursery.cancel_scope.cancel()
    return found


async def _measure(transport: RemoteTransport, bus: Bus, tasks: int, *, least: int, repeats: int) -> Row:
    works = [work(number) for number in range(tasks)]
    rounds = -(-least // (tasks * OPERATIONS))
    slow = -(-rounds // 10)
    count = tasks * OPERATIONS
    by_hand = {length: together(works, length) for length in STREAM if length == STREAM[-1] or length < count}
    fast: list[float] = []
    naive: list[float] = []
    limit: list[float] = []
    streams: dict[int, list[float]] = {length: [] for length in by_hand}
    cpu_s = 0.0
    await coalesced(bus, works, 1)  # the first time, caches and pages are cold
    for repeat in range(repeats):
        for length, batches in by_hand.items():
            streams[length].append(await rate(partial(stream, transport, batches, rounds), rounds * count))
        limit.append(await rate(partial(own, transport, works, rounds), rounds * count))
        cpu_s -= time.process_time()
        fast.append(await rate(partial(coalesced, bus, works, rounds), rounds * count))
        cpu_s += time.process_time()
        if repeat % 3 == 0:  # it is the slowest by far
            naive.append(await rate(partial(lock, transport, works, slow), slow * count))
    best = max(streams, key=lambda length: statistics.median(streams[length]))
    done = bus.statistics
    return Row(
        tasks=tasks,
        coalesced=spread(fast),
        stream=spread(streams[best]),
        own=spread(limit),
        lock=spread(naive),
        stream_length=min(best, count),
        cpu_us=1e6 * cpu_s / (repeats * rounds * count),
        trip_batches=done.batches / done.round_trips,
        queue_us=1e6 * done.queue_s / done.batches,
        load=os.getloadavg()[0],
    )


def table(rows: Sequence[Row]) -> str:
    """Return the rows as text."""
    head = (
        "tasks", "coalesced op/s", "stream op/s", "its batch", "own op/s", "lock op/s",
        "of stream", "of own", "of lock", "CPU us/op",
        "batches/trip", "queue us", "load",
    )  # fmt: skip
    lines = [head, *(_cells(row) for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    return "\n".join("  ".join(cell.rjust(width) for cell, width in zip(line, widths, strict=True)) for line in lines)


def _cells(row: Row) -> tuple[str, ...]:
    rates = (row.coalesced, row.stream, row.own, row.lock)
    fast, by_hand, limit, naive = (f"{median:,.0f} ({least:,.0f}-{most:,.0f})" for median, least, most in rates)
    return (
        str(row.tasks), fast, by_hand, f"{row.stream_length:,}", limit, naive,
        f"{row.of_stream:.2f}", f"{row.of_own:.2f}", f"{row.of_lock:.1f}", f"{row.cpu_us:.2f}",
        f"{row.trip_batches:.1f}", f"{row.queue_us:,.0f}", f"{row.load:.1f}",
    )  # fmt: skip


async def serve(path: str) -> None:
    """Serve memory until killed; say so in one line when it can be connected to."""
    listener = await listen(UnixAddress(path))
    try:
        print(f"serving {path}", flush=True)
        await Server(MemoryTransport(max(TASKS) * OWN_BYTES)).serve(listener)
    finally:
        listener.close()


@contextmanager
def other_process() -> Generator[UnixAddress]:
    """Give the place where another process serves memory."""
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "bench.sock")
        command = [sys.executable, "-m", "bench.bench_bus", "--serve", path]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            try:
                said = process.stdout.readline()
                assert said == f"serving {path}\n", said
                yield UnixAddress(path)
            finally:
                process.terminate()


async def measure_all(address: UnixAddress, *, small: bool) -> list[Row]:
    """Measure every number of tasks."""
    transport = await connect_to(address)
    rows: list[Row] = []
    for tasks in TASKS_SMALL if small else TASKS:
        rows.append(await measure(transport, tasks, least=1000 if small else 20_000, repeats=2 if small else 15))
        print(f"measured {tasks} tasks", file=sys.stderr)
    await transport.aclose()
    return rows


def main(argv: Sequence[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.bench_bus", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--json", action="store_true", help="print the rows as JSON")
    parser.add_argument("--small", action="store_true", help="1 and 8 tasks only, in a few seconds")
    parser.add_argument("--serve", metavar="SOCKET", help="be the other process")
    given = parser.parse_args(argv)
    if given.serve is not None:
        trio.run(serve, given.serve)
        return 0
    with other_process() as address:
        rows = trio.run(partial(measure_all, address, small=given.small))
    if given.json:
        data = [
            asdict(row) | {"of_stream": row.of_stream, "of_own": row.of_own, "of_lock": row.of_lock} for row in rows
        ]
        print(json.dumps(data, indent=2))
    else:
        print(table(rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())
