"""From an interrupt to the block that looks: our dispatch, a memory channel for each block, a task for each interrupt.

    python -m bench.bench_dispatch [--json] [--small]

The work: 300 blocks; the controller has 1, 16 or 300 sources that ask, each of another block; all of these blocks
look, then the next as many ask. Each way has the same controller (a list) and the same hint (an event), which wakes one
task that drains the controller. Ours alone also completes each source when its block has looked, coalesces, watches for
storms, and keeps counters and two histograms of each line; `line` is what of it a hint and a block's wait cost alone,
and `trio alone` what no program of trio can do without.
bench/README.md says why that is fair.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, TypeAlias

import trio
from attrs import asdict, define, field, frozen
from trio.testing import wait_all_tasks_blocked

from bench.measure import SMALL, Pace, Spread, Taken, Timed, aligned, in_loop, take
from interrupts.dispatch import Dispatch
from interrupts.line import DispatchLine

BLOCKS = 300
BATCHES = (1, 16, 300)
SAMPLES, SAMPLES_SMALL = 6000, 600  # interrupts whose latency is taken, of each way and batch
TOP, LINE, OURS = "line: top half", "line: woken task", "dispatch: woken task"
BARE, CHANNEL, SPAWN = "trio alone: a task switched to", "memory channel a block", "task an interrupt"
TOP_NS_MAX, WOKEN_NS_MAX = 300, 4000  # the goals: CPU of a top half; CPU up to a woken task in a batch of 16


@define
class Looks:
    """Hears of each look, and says when all that are awaited were there.

    Attributes:
        seen: how often each block looked.
        stamps: where wall and CPU time of each look are noted, ns; None: nowhere, since that takes time itself.
    """

    left: int = 0
    seen: list[int] = field(factory=lambda: [0] * BLOCKS)
    stamps: list[tuple[int, int]] | None = None
    done: trio.Event = field(factory=trio.Event)

    def expect(self, count: int) -> None:
        """Begin to wait for so many looks."""
        self.left, self.done = count, trio.Event()

    def looked(self, block: int) -> None:
        """Hear of one."""
        if self.stamps is not None:
            self.stamps.append((time.perf_counter_ns(), time.thread_time_ns()))
        self.seen[block] += 1
        self.left -= 1
        if self.left == 0:
            self.done.set()


@define(eq=False)
class Asking:
    """A controller whose sources are a list, and the hint that tells of it; a `Controller` and a `Source` in one."""

    sources: Sequence[int] = ()
    completed: int = 0
    _bell: trio.Event = field(factory=trio.Event)

    def ask(self, sources: Sequence[int]) -> None:
        """Let these sources ask, and hint."""
        self.sources = sources
        self._bell.set()

    def drain(self) -> Sequence[int]:
        """Return what asks; it asks no more."""
        asking, self.sources = self.sources, ()
        return asking

    async def wait(self) -> frozenset[int]:
        """Wait for the hint."""
        await self._bell.wait()
        self._bell = trio.Event()
        return frozenset()

    async def claim(self, take: Callable[[int], None]) -> None:
        """Hand over what asks."""
        for source in self.drain():
            take(source)

    async def complete(self, sources: Iterable[int]) -> None:
        """Count what is completed."""
        self.completed += sum(1 for _ in sources)


Ask: TypeAlias = Callable[[Sequence[int]], None]
Way: TypeAlias = Callable[[Looks], AbstractAsyncContextManager[Ask]]


async def _waits(line: DispatchLine, looks: Looks, block: int) -> None:
    while True:
        await line.wait()
        looks.looked(block)


@asynccontextmanager
async def dispatch(looks: Looks) -> AsyncGenerator[Ask]:
    """Ours, all the way: hint, claim, line, block, completion."""
    asking = Asking()
    ours = Dispatch(asking, {"hub": asking}, sweep_s=3600.0)
    async with trio.open_nursery() as nursery:
        for block in range(BLOCKS):
            nursery.start_soon(_waits, ours.line(block, "hub"), looks, block)
        nursery.start_soon(ours.run)
        await wait_all_tasks_blocked()
        yield asking.ask
        assert ours.counts.storms == ours.counts.unhandled == 0
        nursery.cancel_scope.cancel()


@asynccontextmanager
async def line(looks: Looks) -> AsyncGenerator[Ask]:
    """Our lines, with nobody behind them: a hint, and the block."""
    lines = [DispatchLine("hub", block, lambda _line: None) for block in range(BLOCKS)]

    def ask(sources: Sequence[int]) -> None:
        now_s = trio.current_time()
        for source in sources:
            lines[source].hint(now_s)

    async with trio.open_nursery() as nursery:
        for block in range(BLOCKS):
            nursery.start_soon(_waits, lines[block], looks, block)
        await wait_all_tasks_blocked()
        yield ask
        nursery.cancel_scope.cancel()


@asynccontextmanager
async def bare(looks: Looks) -> AsyncGenerator[Ask]:
    """What trio takes to switch to a task that waits, and nothing beside: no counts, no histogram, no hint kept."""
    waiting: dict[int, trio.lowlevel.Task] = {}

    async def waits(block: int) -> None:
        def gives_up(_raise_cancel: object) -> trio.lowlevel.Abort:
            del waiting[block]
            return trio.lowlevel.Abort.SUCCEEDED

        while True:
            waiting[block] = trio.lowlevel.current_task()
            await trio.lowlevel.wait_task_rescheduled(gives_up)
            looks.looked(block)

    def ask(sources: Sequence[int]) -> None:
        for source in sources:
            trio.lowlevel.reschedule(waiting.pop(source))

    async with trio.open_nursery() as nursery:
        for block in range(BLOCKS):
            nursery.start_soon(waits, block)
        await wait_all_tasks_blocked()
        yield ask
        nursery.cancel_scope.cancel()


@asynccontextmanager
async def channel(looks: Looks) -> AsyncGenerator[Ask]:
    """A memory channel for each block, which holds one hint; one more is thrown away, as ours coalesces it."""
    asking = Asking()
    ends = [trio.open_memory_channel[int](1) for _ in range(BLOCKS)]

    async def receives(block: int) -> None:
        receive = ends[block][1]
        while True:
            await receive.receive()
            looks.looked(block)

    async def drains() -> None:
        while True:
            await asking.wait()
            for source in asking.drain():
                try:
                    ends[source][0].send_nowait(source)
                except trio.WouldBlock:
                    continue

    async with trio.open_nursery() as nursery:
        for block in range(BLOCKS):
            nursery.start_soon(receives, block)
        nursery.start_soon(drains)
        await wait_all_tasks_blocked()
        yield asking.ask
        nursery.cancel_scope.cancel()


@asynccontextmanager
async def spawn(looks: Looks) -> AsyncGenerator[Ask]:
    """A task for each interrupt, which looks and ends."""
    asking = Asking()

    async def look(block: int) -> None:
        looks.looked(block)

    async with trio.open_nursery() as nursery:

        async def drains() -> None:
            while True:
                await asking.wait()
                for source in asking.drain():
                    nursery.start_soon(look, source)

        nursery.start_soon(drains)
        await wait_all_tasks_blocked()
        yield asking.ask
        nursery.cancel_scope.cancel()


WAYS: dict[str, Way] = {OURS: dispatch, LINE: line, CHANNEL: channel, SPAWN: spawn, BARE: bare}


def timed(way: Way, batch: int) -> Timed:
    """Return rounds of one batch each, to be timed without what it takes to begin and to end."""

    def rounds(count: int) -> tuple[int, int, Any]:
        return trio.run(_rounds, way, batch, count, Looks())

    return rounds


async def _rounds(way: Way, batch: int, count: int, looks: Looks) -> tuple[int, int, Looks]:
    """Let `batch` sources ask, `count` times, each time others; the next when all blocks have looked."""
    rounds = [[(at * batch + source) % BLOCKS for source in range(batch)] for at in range(count)]
    async with way(looks) as ask:
        looks.seen = [0] * BLOCKS  # at first every block looks once
        cpu, wall = time.thread_time_ns(), time.perf_counter_ns()
        for sources in rounds:
            looks.expect(batch)
            ask(sources)
            await looks.done.wait()
        cpu, wall = time.thread_time_ns() - cpu, time.perf_counter_ns() - wall
    return cpu, wall, looks


async def _latencies(way: Way, batch: int, count: int) -> tuple[list[int], list[int]]:
    """Return wall and CPU ns from the hint to each of the looks, of `count` interrupts and some."""
    looks, walls, cpus = Looks(), list[int](), list[int]()
    async with way(looks) as ask:
        for at in range(0, count, batch):
            stamps: list[tuple[int, int]] = []
            looks.stamps = stamps
            looks.expect(batch)
            wall, cpu = time.perf_counter_ns(), time.thread_time_ns()
            ask([(at + source) % BLOCKS for source in range(batch)])
            await looks.done.wait()
            walls += [seen - wall for seen, _ in stamps]
            cpus += [seen - cpu for _, seen in stamps]
    return walls, cpus


def proved(name: str, way: Way, batch: int) -> int:
    """See that each block looks once for each interrupt of its own, and not otherwise; return how many that were.

    Raises:
        AssertionError: it does not; the bench would compare unlike things.
    """
    count = 2 * BLOCKS // batch
    seen: list[int] = timed(way, batch)(count)[2].seen
    expected = [sum((at % BLOCKS) == block for at in range(count * batch)) for block in range(BLOCKS)]
    assert seen == expected, f"{name}, batch {batch}: blocks looked {seen} times"
    return sum(seen)


@frozen
class Share:
    """Half of all latencies are within `p50`, 99 of 100 within `p99`. Nanoseconds."""

    p50: float
    p99: float

    @classmethod
    def of(cls, times: Sequence[int]) -> Share:
        """Return them of some hundred or more."""
        cuts = statistics.quantiles(times, n=100, method="inclusive")
        return cls(cuts[49], cuts[98])

    def __str__(self) -> str:
        return f"{self.p50 / 1e3:,.1f} / {self.p99 / 1e3:,.1f}"


@frozen
class Row:
    """What one way took for one interrupt of a batch: nanoseconds; latencies from the hint until the block looks."""

    way: str
    batch: int
    taken: Taken
    wall: Share | None
    cpu: Share | None

    @property
    def cpu_ns(self) -> Spread:
        """CPU of one interrupt."""
        return self.taken.cpu.over(self.batch)

    @property
    def rate_hz(self) -> float:
        """Interrupts a second."""
        return 1e9 * self.batch / self.taken.wall.median


def top_halves(batch: int) -> Timed:
    """Return a batch of hints to lines whose top half counts them, and spares the block the look."""
    counted = [0]

    def top(_line: DispatchLine) -> bool:
        counted[0] += 1
        return True

    lines = [DispatchLine("hub", block, lambda _line: None) for block in range(batch)]
    for made in lines:
        made.top = top

    def hints() -> int:
        for each in lines:
            each.hint(0.0)
        return counted[0]

    return in_loop(hints)


def found(batches: Sequence[int], pace: Pace, samples: int) -> list[Row]:
    """Measure every way, each batch in turns."""
    rows: list[Row] = []
    for batch in batches:
        for name, way in WAYS.items():
            proved(name, way, batch)
        things = {TOP: top_halves(batch)} | {name: timed(way, batch) for name, way in WAYS.items()}
        for name, taken in take(things, pace).items():
            times = trio.run(_latencies, WAYS[name], batch, samples) if name in WAYS else None
            shares = (Share.of(times[0]), Share.of(times[1])) if times else (None, None)
            rows.append(Row(name, batch, taken, *shares))
        print(f"measured batches of {batch}", file=sys.stderr)
    return rows


def goals(rows: Sequence[Row]) -> list[str]:
    """Return what was aimed for, and what was reached."""
    lines: list[str] = []
    for name, batch, most_ns in ((TOP, 16, TOP_NS_MAX), (LINE, 16, WOKEN_NS_MAX), (OURS, 16, WOKEN_NS_MAX)):
        for row in rows:
            if (row.way, row.batch) == (name, batch):
                ns = row.cpu_ns.median
                verdict = "met" if ns <= most_ns else "MISSED"
                lines.append(f"{verdict}: {name}, batch of {batch}: {ns / 1e3:.2f} us CPU (<= {most_ns / 1e3:.1f})")
    return lines


def text(rows: Sequence[Row]) -> str:
    """Return all as text: a table for each batch, then the goals."""
    parts: list[str] = []
    for batch in dict.fromkeys(row.batch for row in rows):
        lines = [("batch of " + str(batch), "CPU ns", "interrupts/s", "wall us p50 / p99", "CPU us p50 / p99")]
        lines += [
            (row.way, str(row.cpu_ns), f"{row.rate_hz:,.0f}", str(row.wall or "-"), str(row.cpu or "-"))
            for row in rows
            if row.batch == batch
        ]
        parts.append(aligned(lines))
    return "\n\n".join([*parts, "\n".join(["Goals", *(f"  {line}" for line in goals(rows))])])


def main(argv: Sequence[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.bench_dispatch", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--json", action="store_true", help="print what was found as JSON")
    parser.add_argument("--small", action="store_true", help="few and short runs")
    given = parser.parse_args(argv)
    rows = found(BATCHES, *((SMALL, SAMPLES_SMALL) if given.small else (Pace(), SAMPLES)))
    data = [asdict(row) | {"rate_hz": row.rate_hz} for row in rows]
    print(json.dumps(data, indent=2) if given.json else text(rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())
