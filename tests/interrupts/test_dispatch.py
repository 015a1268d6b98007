"""Dispatch, against a controller that follows the manual and one that forgets levels as QEMU's does."""

from __future__ import annotations

import random
from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import asynccontextmanager

import pytest
import trio
from attrs import define, field
from hypothesis import given, settings
from hypothesis import strategies as st
from trio.testing import MockClock, wait_all_tasks_blocked

from interrupts.dispatch import Dispatch
from interrupts.line import SHUT_S, STORM_MAX, DispatchLine
from transports.errors import BusFault, Denied, DeviceLost, Indeterminate, TransportError, Unavailable

SWEEP_S = 1.0
SOON_S = 0.01  # whatever is going to happen without a sweep has happened by then


@define(eq=False)
class Hardware:
    """Sources with levels, a gateway for each, and one line out of it; a `Controller` and a `Source` in one.

    Attributes:
        forgets: completing a source whose level still stands does not make it ask again.
        deaf: hints are lost.
        failing: raised by the next access, once.
    """

    forgets: bool = False
    deaf: bool = False
    failing: TransportError | None = None
    levels: set[int] = field(factory=set[int])
    pending: set[int] = field(factory=set[int])
    claimed: set[int] = field(factory=set[int])
    completions: list[int] = field(factory=list[int])
    claims: int = 0
    lost: DeviceLost | None = None
    _hints: trio.Semaphore = field(factory=lambda: trio.Semaphore(0))

    def raise_(self, source: int) -> None:
        """Let a source's level rise."""
        if source not in self.levels:
            self.levels.add(source)
            self._edge(source)

    def lower(self, source: int) -> None:
        self.levels.discard(source)

    def hint(self) -> None:
        self._hints.release()

    def _edge(self, source: int) -> None:
        self.pending.add(source)
        if source not in self.claimed and not self.deaf:
            self.hint()

    async def wait(self) -> frozenset[int]:
        await self._hints.acquire()
        if self.lost is not None:
            raise self.lost
        return frozenset({11})

    async def claim(self, take: Callable[[int], None]) -> None:
        self.claims += 1
        while ready := sorted(self.pending - self.claimed):
            await self._access()
            self.pending.discard(ready[0])
            self.claimed.add(ready[0])
            take(ready[0])
        await self._access()

    async def complete(self, sources: Iterable[int]) -> None:
        for source in sources:
            await self._access()
            self.completions.append(source)
            if source in self.claimed:
                self.claimed.discard(source)
                if source in self.pending or (source in self.levels and not self.forgets):
                    self._edge(source)

    async def _access(self) -> None:
        await trio.lowlevel.checkpoint()
        if self.failing is not None:
            error, self.failing = self.failing, None
            raise error


@define(eq=False)
class Block:
    """Waits on its line again and again; each time it looks, and lowers its source's level when told to serve."""

    line: DispatchLine
    hardware: Hardware
    looks: int = 0
    serves: bool = True
    service_s: float = 0.0

    async def run(self) -> None:
        while True:
            await self.line.wait()
            self.looks += 1
            await trio.sleep(self.service_s)
            if self.serves:
                self.hardware.lower(self.line.source)


@asynccontextmanager
async def running(hardware: Hardware, *sources: int) -> AsyncGenerator[tuple[Dispatch, dict[int, Block]]]:
    """Give a dispatch at work, past its beginning, with a block for each source."""
    dispatch = Dispatch(hardware, {"plic": hardware}, told_by={"plic": 11}, sweep_s=SWEEP_S)
    blocks = {source: Block(dispatch.line(source, "plic"), hardware) for source in sources}
    async with trio.open_nursery() as nursery:
        nursery.start_soon(dispatch.run)
        for block in blocks.values():
            nursery.start_soon(block.run)
        await trio.sleep(SOON_S)
        yield dispatch, blocks
        nursery.cancel_scope.cancel()


async def test_at_first_everything_is_pending(autojump_clock: MockClock) -> None:
    """Nobody knows what came before: every block looks once, and every source is completed once."""
    hardware = Hardware(claimed={4})  # claimed by a controller that died
    hardware.levels.add(4)
    async with running(hardware, 4, 5) as (_, blocks):
        assert [block.looks for block in blocks.values()] == [2, 1]  # once at first, once for the level that stood
        assert set(hardware.completions) == {4, 5}
        assert hardware.claimed == set()


async def test_a_claim_wakes_its_block_alone(autojump_clock: MockClock) -> None:
    """A source that asks wakes the block it belongs to, once, and no other."""
    hardware = Hardware()
    async with running(hardware, 4, 5) as (dispatch, blocks):
        hardware.raise_(5)
        await trio.sleep(SOON_S)
        assert [block.looks for block in blocks.values()] == [1, 2]
        assert (dispatch.counts.claimed, dispatch.counts.spurious, dispatch.counts.unhandled) == (1, 0, 0)


async def test_completed_when_served(autojump_clock: MockClock) -> None:
    """A source stays claimed while its block looks, and is completed when the block waits again."""
    hardware = Hardware()
    async with running(hardware, 4) as (_, blocks):
        hardware.completions.clear()
        blocks[4].service_s = 0.1
        hardware.raise_(4)
        await trio.sleep(0.05)
        assert (hardware.claimed, hardware.completions) == ({4}, [])
        await trio.sleep(0.1)
        assert (hardware.claimed, hardware.completions) == (set(), [4])


async def test_a_level_that_stays_does_not_storm(autojump_clock: MockClock) -> None:
    """A level that its block does not lower costs one claim for each look, however often the controller asks."""
    hardware = Hardware()
    async with running(hardware, 4) as (dispatch, blocks):
        blocks[4].serves, blocks[4].service_s = False, 0.1
        hardware.raise_(4)
        await trio.sleep(0.95)
        assert dispatch.counts.claimed <= blocks[4].looks + 1 <= 12


async def test_a_hint_before_the_wait_counts(autojump_clock: MockClock) -> None:
    """A line that rang while nobody waited makes the next wait return at once; the one after that waits."""
    hardware = Hardware()
    async with running(hardware) as (dispatch, _):
        line = dispatch.line(4, "plic")
        hardware.raise_(4)
        await trio.sleep(SOON_S)
        with trio.fail_after(SOON_S):
            await line.wait()
        hardware.lower(4)
        with trio.move_on_after(SOON_S) as waited:
            await line.wait()
        assert waited.cancelled_caught


async def test_a_cancelled_wait_forgets_nothing(autojump_clock: MockClock) -> None:
    """A hint that comes as the wait is cancelled is there for the next one."""
    hardware = Hardware()
    async with running(hardware) as (dispatch, _):
        line = dispatch.line(4, "plic")
        with trio.CancelScope() as scope:
            line.ring()
            scope.cancel()
            await line.wait()
        assert scope.cancelled_caught
        with trio.fail_after(SOON_S):
            await line.wait()
        with trio.move_on_after(SOON_S) as waiting:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(line.wait)
                await wait_all_tasks_blocked()
                nursery.cancel_scope.cancel()
                line.ring()
        assert not waiting.cancelled_caught
        with trio.fail_after(SOON_S):
            await line.wait()


async def test_a_lost_hint_costs_a_sweep(autojump_clock: MockClock) -> None:
    """A source that asks unheard is claimed at the next sweep, and the block looks."""
    hardware = Hardware(deaf=True)
    async with running(hardware, 4) as (dispatch, blocks):
        hardware.raise_(4)
        await trio.sleep(SWEEP_S / 4)
        assert (blocks[4].looks, hardware.levels) == (1, {4})
        await trio.sleep(SWEEP_S)
        assert hardware.levels == set()
        assert dispatch.counts.swept == 1


async def test_a_forgotten_level_costs_a_sweep(autojump_clock: MockClock) -> None:
    """A level that stood when its source was completed, and was forgotten, is found by a sweep's look, the second's."""
    hardware = Hardware(forgets=True)
    async with running(hardware, 4) as (_, blocks):
        blocks[4].serves = False
        hardware.raise_(4)
        await trio.sleep(SOON_S)
        blocks[4].serves = True
        assert (hardware.levels, hardware.pending, hardware.claimed) == ({4}, set(), set())
        await trio.sleep(2 * SWEEP_S)
        assert hardware.levels == set()


async def test_who_looks_by_itself_is_left_alone(autojump_clock: MockClock) -> None:
    """The sweep wakes only blocks that did not look since the last one: a quiet block once a period."""
    hardware = Hardware()
    async with running(hardware, 4) as (dispatch, blocks):
        line = dispatch.line(5, "plic")
        woken = 0
        with trio.move_on_after(5 * SWEEP_S):
            while True:  # as a supervisor does, which has a sweep of its own
                with trio.move_on_after(SWEEP_S / 3):
                    await line.wait()
                    woken += 1
        assert woken == 0
        assert blocks[4].looks == 1 + 5, "five periods, and a look in each"


async def test_a_source_without_owner_stays_shut(autojump_clock: MockClock) -> None:
    """A source that nobody waits for is counted once and left claimed: it cannot storm."""
    hardware = Hardware()
    async with running(hardware, 4) as (dispatch, blocks):
        hardware.raise_(9)
        await trio.sleep(3 * SWEEP_S)
        assert (dispatch.counts.unhandled, hardware.claimed) == (1, {9})
        hardware.raise_(4)
        await trio.sleep(SOON_S)
        assert hardware.levels == {9}, f"{blocks[4].looks} looks"


async def test_hints_of_nothing_are_harmless(autojump_clock: MockClock) -> None:
    """Hints behind which there is nothing are counted and wake nobody."""
    hardware = Hardware()
    async with running(hardware, 4) as (dispatch, blocks):
        for _ in range(10):
            hardware.hint()
            await trio.sleep(SOON_S)
        assert (blocks[4].looks, dispatch.counts.spurious, dispatch.counts.claimed) == (1, 10, 0)


async def test_lines_of_the_target_need_no_controller(autojump_clock: MockClock) -> None:
    """A line that the target tells of itself rings when its number rose, and for a hint without a number."""
    send, receive = trio.open_memory_channel[frozenset[int]](10)

    class Edges:
        async def wait(self) -> frozenset[int]:
            return await receive.receive()

    hardware = Hardware()
    dispatch = Dispatch(Edges(), {"plic": hardware}, told_by={"plic": 11}, sweep_s=60.0)
    lines = [dispatch.line(1), dispatch.line(2)]
    async with trio.open_nursery() as nursery:
        nursery.start_soon(dispatch.run)
        await trio.sleep(SOON_S)
        claims = hardware.claims
        for numbers, rung in ((frozenset({2, 7}), [False, True]), (frozenset[int](), [True, True]), ({7}, [False] * 2)):
            for line in lines:
                line.pending = False
            await send.send(frozenset(numbers))
            await trio.sleep(SOON_S)
            assert [line.pending for line in lines] == rung
        assert hardware.claims == claims + 1, "a controller that is told of by 11 is not asked for 2 and 7"
        assert dispatch.counts.spurious == 2
        nursery.cancel_scope.cancel()


@pytest.mark.parametrize("error", [Unavailable("busy"), Indeterminate("cut"), BusFault("a hole")])
async def test_a_claim_that_failed_is_made_good(autojump_clock: MockClock, error: TransportError) -> None:
    """What a failed access claimed unseen is completed, and so asks again; dispatch goes on."""
    hardware = Hardware()
    async with running(hardware, 4, 5) as (dispatch, blocks):
        for block in blocks.values():
            block.serves = False
        hardware.claimed.add(4)  # the access claimed it, and then failed
        hardware.levels.add(4)
        hardware.failing = error
        hardware.hint()
        await trio.sleep(SOON_S)
        assert (dispatch.counts.errors, dispatch.last_error) == (1, error)
        for block in blocks.values():
            block.serves = True
        await trio.sleep(2 * SWEEP_S)
        assert (hardware.levels, hardware.claimed) == (set(), set())


@pytest.mark.parametrize("error", [DeviceLost("gone"), Denied("epoch 0 is over")])
async def test_what_is_final_ends_it(autojump_clock: MockClock, error: TransportError) -> None:
    """When the device is gone, or the bus is somebody else's, dispatch ends with that error, and touches nothing."""
    hardware = Hardware(failing=error)
    dispatch = Dispatch(hardware, {"plic": hardware}, sweep_s=SWEEP_S)
    dispatch.line(4, "plic")
    with pytest.raises(type(error)) as raised:
        await dispatch.run()
    assert raised.value == error
    assert (hardware.completions, hardware.claims) == ([], 0)


async def test_a_source_that_ends_ends_it(autojump_clock: MockClock) -> None:
    """When no hint will come any more dispatch ends with the source's error."""
    hardware = Hardware()
    dispatch = Dispatch(hardware, {"plic": hardware}, sweep_s=SWEEP_S)
    hardware.lost = DeviceLost("closed")
    hardware.hint()
    with pytest.raises(DeviceLost, match="closed"):
        await dispatch.run()


def test_a_line_has_one_owner() -> None:
    """A second owner of a source, and a controller that is not there, are refused by name."""
    hardware = Hardware()
    dispatch = Dispatch(hardware, {"plic": hardware})
    dispatch.line(4, "plic")
    with pytest.raises(ValueError, match="source 4 of plic has an owner"):
        dispatch.line(4, "plic")
    with pytest.raises(ValueError, match="no interrupt controller 'gic'; there are: plic"):
        dispatch.line(4, "gic")


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), forgets=st.booleans())
def test_loss_and_duplication_are_harmless(seed: int, forgets: bool) -> None:
    """Whatever is lost, doubled or fails, every level is served within two periods after the last trouble."""
    choose = random.Random(seed)
    hardware = Hardware(forgets=forgets)

    async def trouble() -> None:
        for _ in range(40):
            hardware.deaf = choose.random() < 0.3
            match choose.randrange(4):
                case 0:
                    hardware.hint()
                case 1:
                    hardware.failing = choose.choice([Unavailable("busy"), Indeterminate("cut")])
                case _:
                    hardware.raise_(choose.randrange(1, 6))
            await trio.sleep(choose.choice([0.0, 0.001, 0.3]))
        hardware.deaf, hardware.failing = False, None

    async def main() -> None:
        async with running(hardware, 1, 2, 3, 4, 5) as (dispatch, blocks):
            for block in blocks.values():
                block.service_s = choose.choice([0.0, 0.0005, 0.2])
            await trouble()
            await trio.sleep(2 * SWEEP_S + 0.5)
            assert (hardware.levels, hardware.pending) == (set(), set()), f"seed {seed}: {dispatch.counts}"
            assert hardware.claimed == set(), f"seed {seed}: {dispatch.counts}"

    trio.run(main, clock=MockClock(autojump_threshold=0))


async def test_what_may_not_be_touched_is_completed_later(autojump_clock: MockClock) -> None:
    """A controller that is not reachable is neither claimed nor completed, and both are made up for afterwards."""
    hardware, away = Hardware(), set[str]()
    dispatch = Dispatch(
        hardware, {"plic": hardware}, told_by={"plic": 11}, reachable=lambda name: name not in away, sweep_s=SWEEP_S
    )
    block = Block(dispatch.line(4, "plic"), hardware, service_s=0.1)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(dispatch.run)
        nursery.start_soon(block.run)
        await trio.sleep(0.5)
        hardware.raise_(4)
        await trio.sleep(SOON_S)
        away.add("plic")
        claims, completions = hardware.claims, len(hardware.completions)
        await trio.sleep(2 * SWEEP_S)
        assert (hardware.claims, len(hardware.completions), hardware.claimed) == (claims, completions, {4})
        away.clear()
        await trio.sleep(SWEEP_S)
        assert (hardware.claimed, dispatch.counts.errors) == (set(), 0)
        nursery.cancel_scope.cancel()


@define(eq=False)
class Edges:
    """A target's own lines, each hint with the number of the line that rose."""

    rose: trio.Event = field(factory=trio.Event)
    numbers: set[int] = field(factory=set[int])

    def rise(self, number: int) -> None:
        self.numbers.add(number)
        self.rose.set()

    async def wait(self) -> frozenset[int]:
        await self.rose.wait()
        self.rose, numbers, self.numbers = trio.Event(), frozenset(self.numbers), set[int]()
        return numbers


async def test_a_line_of_the_target_that_storms_costs_a_bounded_number_of_looks(autojump_clock: MockClock) -> None:
    """A line without a controller that rises without end is shut for ever longer; the others are heard at once."""
    edges = Edges()
    dispatch = Dispatch(edges, {}, sweep_s=SWEEP_S, sweeps=False)
    mad, calm = (Block(dispatch.line(number), Hardware()) for number in (4, 5))
    async with trio.open_nursery() as nursery:
        for task in (dispatch.run, mad.run, calm.run):
            nursery.start_soon(task)
        await trio.sleep(SOON_S)
        begun_s, calm.looks = trio.current_time(), 0
        while trio.current_time() - begun_s < SWEEP_S:
            edges.rise(4)
            await trio.sleep(2e-5)
        assert dispatch.counts.storms in (6, 7), "it was shut for 10, 20, 40, 80, 160, 320, 640 ms"
        assert mad.looks <= 1 + (dispatch.counts.storms + 1) * (STORM_MAX + 2)
        assert calm.looks == 0
        edges.rise(5)
        await wait_all_tasks_blocked()
        assert calm.looks == 1
        nursery.cancel_scope.cancel()


async def test_what_rises_while_its_line_is_shut_is_looked_at_when_it_opens(autojump_clock: MockClock) -> None:
    """A hint to a line that was shut for a storm is late by the time shut at most, and is not lost."""
    edges = Edges()
    dispatch = Dispatch(edges, {}, sweep_s=SWEEP_S, sweeps=False)
    block = Block(dispatch.line(4), Hardware())
    async with trio.open_nursery() as nursery:
        nursery.start_soon(dispatch.run)
        nursery.start_soon(block.run)
        await trio.sleep(SOON_S)
        for _ in range(STORM_MAX + 1):
            edges.rise(4)
            await wait_all_tasks_blocked()
        before = block.looks
        assert dispatch.counts.storms == 1
        edges.rise(4)
        await trio.sleep(SHUT_S / 2)
        assert block.looks == before
        await trio.sleep(SHUT_S)
        assert block.looks == before + 1
        nursery.cancel_scope.cancel()
