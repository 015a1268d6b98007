"""What holds for all blocks together: edges that are lost, hints of nothing, and one line at full rate."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from statistics import mean

import pytest
import trio
from attrs import define, field
from trio.testing import MockClock

from blocks.chip import load_chip
from blocks.sim import SimTransport
from blocks.sim.chip import SimChip
from interrupts.dispatch import Dispatch
from interrupts.line import DispatchLine
from interrupts.wiring import Wiring
from runtime.service import Service, Terms
from runtime.session import Session

SWEEP_S = 1.0
ACCESS_S = 1e-6
LINE = 11


@define(eq=False)
class Edges:
    """A controller whose sources are edges, each access to which takes its time; a `Controller` and a `Source` in one.

    Attributes:
        drops: whether the edge that comes now is lost: it asks nobody, and leaves nothing behind.
        full: sources that ask again as soon as they are completed.
    """

    drops: Callable[[], bool] = lambda: False
    full: set[int] = field(factory=set[int])
    pending: set[int] = field(factory=set[int])
    claimed: set[int] = field(factory=set[int])
    claims: int = 0
    _bell: trio.Event = field(factory=trio.Event)

    def edge(self, source: int) -> None:
        if not self.drops():
            self.pending.add(source)
            self._bell.set()

    async def wait(self) -> frozenset[int]:
        await self._bell.wait()
        self._bell = trio.Event()
        return frozenset({LINE})

    async def claim(self, take: Callable[[int], None]) -> None:
        while ready := sorted(self.pending - self.claimed):
            await trio.sleep(ACCESS_S)
            self.claims += 1
            self.pending.discard(ready[0])
            self.claimed.add(ready[0])
            take(ready[0])
        await trio.sleep(ACCESS_S)

    async def complete(self, sources: Iterable[int]) -> None:
        await trio.sleep(ACCESS_S)
        self.claimed -= {*sources}
        for source in sources:
            if source in self.full:
                self.pending.add(source)
                self._bell.set()


@define(eq=False)
class Watched:
    """A block that notes how long it was from its event until it looked."""

    line: DispatchLine
    edges: Edges
    since_s: float | None = None
    took_s: list[float] = field(factory=list[float])

    def happen(self) -> None:
        if self.since_s is None:
            self.since_s = trio.current_time()
        self.edges.edge(self.line.source)

    async def run(self) -> None:
        while True:
            await self.line.wait()
            if self.since_s is not None:
                self.took_s.append(trio.current_time() - self.since_s)
                self.since_s = None


@pytest.mark.parametrize("seed", range(5))
async def test_dropped_edges_are_looked_at_within_one_period(autojump_clock: MockClock, seed: int) -> None:
    """With 30 % of all edges dropped, whatever happened was looked at within one period of the sweep."""
    choose = random.Random(seed)
    dropped = [0]

    def drops() -> bool:
        lost = choose.random() < 0.3
        dropped[0] += lost
        return lost

    edges = Edges(drops=drops)
    dispatch = Dispatch(edges, {"hub": edges}, told_by={"hub": LINE}, sweep_s=SWEEP_S)
    blocks = [Watched(dispatch.line(source, "hub"), edges) for source in range(50)]
    async with trio.open_nursery() as nursery:
        nursery.start_soon(dispatch.run)
        for block in blocks:
            nursery.start_soon(block.run)
        await trio.sleep(0.01)
        for _ in range(1000):
            choose.choice(blocks).happen()
            await trio.sleep(choose.expovariate(1 / 0.02))
        await trio.sleep(SWEEP_S)
        nursery.cancel_scope.cancel()
    assert dropped[0] > 200, f"seed {seed}"
    assert [block.line.source for block in blocks if block.since_s is not None] == [], f"seed {seed}"
    longest_s = max(took_s for block in blocks for took_s in block.took_s)
    assert SWEEP_S / 4 < longest_s <= SWEEP_S + 100 * ACCESS_S, f"seed {seed}"


async def latencies_s(full: bool) -> tuple[list[float], Edges]:
    """Return how long 500 events of 9 blocks took to be looked at, while another line is at full rate or quiet."""
    edges, choose = Edges(), random.Random(0)
    dispatch = Dispatch(edges, {"hub": edges}, told_by={"hub": LINE}, sweep_s=SWEEP_S)
    blocks = [Watched(dispatch.line(source, "hub"), edges) for source in range(10)]
    async with trio.open_nursery() as nursery:
        nursery.start_soon(dispatch.run)
        for block in blocks:
            nursery.start_soon(block.run)
        await trio.sleep(0.01)
        if full:
            edges.full.add(0)
            edges.edge(0)
        for _ in range(500):
            choose.choice(blocks[1:]).happen()
            await trio.sleep(choose.expovariate(1 / 0.002))
        await trio.sleep(SWEEP_S)
        nursery.cancel_scope.cancel()
    return sorted(took_s for block in blocks[1:] for took_s in block.took_s), edges


async def test_one_line_at_full_rate_delays_nobody(autojump_clock: MockClock) -> None:
    """Beside a line that asks as fast as it is completed, the others' latency is within 2 x of quiet."""
    quiet, _ = await latencies_s(full=False)
    full, edges = await latencies_s(full=True)
    assert edges.claims > 600, "the line was at full rate while it was open"
    assert edges.claims < 800, "and was shut most of the time"
    assert len(full) == len(quiet)
    assert mean(full) <= 2 * mean(quiet)
    assert full[495] <= 2 * quiet[495], "99 of 100"


@define(eq=False)
class Spurious:
    """The simulated chip's hints, and as many of nothing as one likes."""

    inner: SimTransport
    left: int = 0

    async def wait(self) -> frozenset[int]:
        if self.left:
            self.left -= 1
            await trio.sleep(1e-4)  # so that each of them is asked after
            return frozenset({LINE}) if self.left % 2 else frozenset()
        with trio.move_on_after(0.01):
            return await self.inner.wait()
        return frozenset({LINE + 1})


async def test_spurious_hints_write_nothing(autojump_clock: MockClock) -> None:
    """10,000 hints behind which there is nothing change nothing: not one write, and every block stays up."""
    chip = load_chip("sifive_u")
    transport = SimTransport(SimChip(chip))
    source, sessions = Spurious(transport), list[Session]()

    def wire(session: Session) -> Wiring:
        sessions.append(session)
        return Wiring(session.chip, transport, session.port, source=source, sweeps=False)

    async with trio.open_nursery() as nursery:
        await nursery.start(Service(chip, transport, sweep_s=SWEEP_S, terms=Terms(wire=wire)).run)
        await trio.sleep(0.1)
        before = sessions[0].bus(None).statistics
        source.left = 10_000
        await trio.sleep(3 * SWEEP_S)
        assert source.left == 0
        after = sessions[0].bus(None).statistics
        assert after.writes - before.writes == 0
        assert after.reads - before.reads >= 10_000, "each was asked after"
        assert transport.violations == []
        nursery.cancel_scope.cancel()
    await transport.aclose()
