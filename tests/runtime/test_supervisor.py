"""The laws of keeping up: what falls is raised again, hints wake, failures are contained, and nobody is awaited."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
import trio
from attrs import define, field

from blocks.ladder import Ladder, Rung
from blocks.line import Line
from blocks.port import Port
from registers.handles import AnyMap
from runtime.bringup import Keeping, keep_up
from runtime.clock import VirtualClock
from runtime.fault import Cause, Fault
from runtime.session import Session
from runtime.summary import Progress, State, Summary
from runtime.supervisor import SLICE
from transports.batch import Read, batch
from transports.errors import BusFault, Denied, DeviceLost, TransportError, Unavailable

if TYPE_CHECKING:
    from tests.runtime.conftest import ToyChip

ToyChips = Callable[..., "ToyChip"]
Ladders = Callable[..., Callable[[AnyMap], Ladder]]
Body = Callable[[], Any]


def run(main: Callable[[], Any]) -> Any:
    return trio.run(main, clock=VirtualClock())


@define(eq=False)
class Kept:
    """A toy chip that is kept up."""

    toy: ToyChip
    summary: Summary
    moves: list[Progress]
    ends: list[Summary] = field(factory=list[Summary])

    def state(self, name: str) -> State:
        return [move.state for move in self.moves if move.block == name][-1]

    def detail(self, name: str) -> str:
        return [move.detail for move in self.moves if move.block == name][-1]


@asynccontextmanager
async def kept(toy: ToyChip, **keeping: Any) -> AsyncGenerator[Kept]:
    """Bring a toy chip up and keep it so, inside the block."""
    moves: list[Progress] = []
    async with trio.open_nursery() as nursery:
        ends: list[Summary] = []

        async def keep(task_status: trio.TaskStatus[Summary]) -> None:
            given = Keeping(**keeping)
            ends.append(
                await keep_up(toy.chip, toy.transport, on_event=moves.append, keeping=given, task_status=task_status)
            )

        yield Kept(toy, await nursery.start(keep), moves, ends)
        nursery.cancel_scope.cancel()


def test_a_healthy_chip_that_is_kept_costs_reads_only(toy_chips: ToyChips) -> None:
    """Each block is looked at once a sweep, in one batch, and nothing is written."""

    async def main() -> None:
        toy = toy_chips({"a": (), "b": ("a",)})
        async with kept(toy, sweep_s=1.0) as it:
            assert it.summary.well
            await trio.sleep(0.5)
            reads, writes = toy.device.reads, toy.device.writes
            assert (reads, writes) == (it.summary.reads, it.summary.writes)
            assert it.summary.batches == 2 * 4
            await trio.sleep(10)
            assert toy.device.writes == writes
            assert toy.device.reads - reads == 10 * 2 * 2

    run(main)


def test_what_fell_is_found_by_the_sweep_and_raised(toy_chips: ToyChips) -> None:
    """A rung that falls without a hint holds again within a sweep, by its own act alone; others are not written to."""

    async def main() -> None:
        toy = toy_chips({"a": (), "b": ("a",)})
        async with kept(toy, sweep_s=0.5) as it:
            await trio.sleep(0.1)
            toy.device.words[toy.address("a", 1)] = 0
            writes = toy.device.writes
            await trio.sleep(0.5)
            assert toy.device.words[toy.address("a", 1)] == 1
            assert toy.device.writes == writes + 1
            assert it.state("a") is State.UP
            assert [move.state for move in it.moves if move.block == "a"][-2:] == [State.CLIMBING, State.UP]

    run(main)


class Bell:
    """A line that a test rings, and that says how often its block came back to wait."""

    def __init__(self) -> None:
        self.rung = trio.Event()
        self.waits = 0

    def ring(self) -> None:
        self.rung.set()

    async def wait(self) -> None:
        self.waits += 1
        await self.rung.wait()
        self.rung = trio.Event()


class Bells:
    """Interrupts by hand; `ends` is what the dispatch ends with."""

    def __init__(self, *names: str, ends: TransportError | None = None) -> None:
        self.bells = {name: Bell() for name in names}
        self.began = 0.0
        self._ends = ends

    def line(self, block: str) -> Line | None:
        return self.bells.get(block)

    async def run(self) -> None:
        self.began = trio.current_time()
        if self._ends is not None:
            raise self._ends
        await trio.sleep_forever()


def given(bells: Bells) -> Callable[[Session], Bells]:
    """Return what makes these interrupts for a session."""
    return lambda session: bells


def test_what_needs_a_fallen_block_looks_when_it_is_back(toy_chips: ToyChips) -> None:
    """When a block is up again, what needs it looks at once, not at its own next sweep; nothing else does."""

    async def main() -> None:
        toy = toy_chips({"pll": (), "user": ("pll",), "other": ()})
        bells = Bells("pll")
        async with kept(toy, sweep_s=1000.0, wire=given(bells)):
            await trio.sleep(1)
            toy.device.log.clear()
            toy.device.words[toy.address("pll")] = 0
            toy.device.words[toy.address("user", 1)] = 0
            bells.bells["pll"].ring()
            await trio.sleep(1e-3)
            assert toy.device.words[toy.address("pll")] == toy.device.words[toy.address("user", 1)] == 1
            assert {address >> 12 for _, address, _ in toy.device.log} == {1, 2}

    run(main)


def test_an_interrupt_wakes_its_block_and_no_other(toy_chips: ToyChips) -> None:
    """A hint makes its block serve and look at once, in that order; no other block does anything."""

    async def main() -> None:
        toy = toy_chips({"a": (), "b": ()})
        bells = Bells("a", "b")
        order: list[str] = []

        async def serve(port: Port) -> None:
            order.append("serve")
            await port.submit(Read(toy.address("a", 9)))

        async with kept(toy, sweep_s=1000.0, wire=given(bells)):
            toy.blocks["a"].serve = serve
            await trio.sleep(1)
            toy.device.log.clear()
            bells.bells["a"].ring()
            await trio.sleep(1e-3)
            assert [address for _, address, _ in toy.device.log] == [toy.address("a", n) for n in (9, 0, 1)]
            assert (toy.blocks["a"].served, toy.blocks["b"].served) == (1, 0)
            assert bells.bells["a"].waits == 2
            assert toy.blocks["a"].line is bells.bells["a"]

    run(main)


def test_a_hint_that_was_lost_costs_a_sweep(toy_chips: ToyChips) -> None:
    """A block whose interrupt never comes is served at the next sweep."""

    async def main() -> None:
        toy = toy_chips({"a": ()})
        async with kept(toy, sweep_s=1.0, wire=given(Bells("a"))):
            await trio.sleep(3.5)
            assert toy.blocks["a"].served == 3

    run(main)


def test_interrupts_are_heard_when_all_has_settled(toy_chips: ToyChips, ladders: Ladders) -> None:
    """No interrupt controller is touched before the blocks are up; the hints of before are made up for by looks."""

    async def main() -> None:
        toy = toy_chips({"a": ()}, {"a": ladders(2, settles=1e-4)})
        bells = Bells("a")
        async with kept(toy, wire=given(bells)) as it:
            await trio.lowlevel.checkpoint()
            assert bells.began == it.summary.elapsed_s > 0

    run(main)


def test_a_disturbing_act_needs_consent_once_a_block_was_up(toy_chips: ToyChips, ladders: Ladders) -> None:
    """A block that was up is not disturbed without consent: it fails, nothing written; with consent it is raised."""

    async def main(consent: Callable[[str, Rung], bool] | None) -> tuple[State, str, int]:
        toy = toy_chips({"a": ()}, {"a": ladders(2, disturbs=True)})
        async with kept(toy, sweep_s=1.0, consent=consent) as it:
            assert it.summary.well
            toy.device.words[toy.address("a")] = 0
            await trio.sleep(1.5)
            return it.state("a"), it.detail("a"), toy.device.writes

    state, detail, writes = run(partial(main, None))
    assert (state, writes) == (State.FAILED, 2)
    assert detail.startswith("rung r0: its act would disturb running traffic: W[0] wanted v=0x1")
    assert run(partial(main, lambda block, rung: (block, rung.name) == ("a", "r0")))[::2] == (State.UP, 3)


def stuck(regs: AnyMap) -> Ladder:
    """A ladder that no act of ours raises."""
    word: Any = regs.at("W[0]")
    return Ladder(Rung("r0", holds=[word.check(v=5)], reach=[regs_write(regs, 1)], within=1e-3))


def regs_write(regs: AnyMap, index: int) -> Any:
    word: Any = regs.at(f"W[{index}]")
    return word.write(v=1)


def test_a_failed_block_is_only_looked_at(toy_chips: ToyChips) -> None:
    """A block that failed is not acted on again; when it holds by itself it is up, and what waited for it comes up."""

    async def main() -> None:
        toy = toy_chips({"a": (), "b": ("a",)}, {"a": stuck})
        async with kept(toy, sweep_s=1.0) as it:
            assert (it.state("a"), it.state("b")) == (State.FAILED, State.WAITING)
            writes = toy.device.writes
            await trio.sleep(5)
            assert toy.device.writes == writes
            toy.device.words[toy.address("a")] = 5
            await trio.sleep(1.1)
            assert (it.state("a"), it.state("b")) == (State.UP, State.UP)

    run(main)


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (Unavailable("busy"), State.UP),
        (BusFault("slave error"), State.FAILED),
        (ValueError("a mistake of ours"), State.FAILED),
        (ExceptionGroup("several", [ValueError("a mistake of ours")]), State.FAILED),
    ],
)
def test_a_service_that_fails_stays_with_its_block(toy_chips: ToyChips, error: Exception, state: State) -> None:
    """A service that fails takes at most its own block down; that is looked at again, and up when the cause is gone."""

    async def main() -> None:
        toy = toy_chips({"a": (), "b": ()})

        async def serve(_port: Port) -> None:
            raise error

        async with kept(toy, sweep_s=1.0) as it:
            toy.blocks["a"].serve = serve
            await trio.sleep(1.2)
            assert (it.state("a"), it.state("b")) == (state, State.UP)
            toy.blocks["a"].serve = None
            await trio.sleep(1)
            assert (it.state("a"), toy.blocks["b"].served) == (State.UP, 2)

    run(main)


def test_a_device_lost_while_it_is_kept_ends_the_keeping(toy_chips: ToyChips) -> None:
    """When the device is lost not one access follows, `keep_up` returns, and its summary says why."""

    async def main() -> None:
        toy = toy_chips({"a": (), "b": ()})
        async with kept(toy, sweep_s=1.0, wire=given(Bells("a"))) as it:
            await trio.sleep(1.5)
            toy.device.strikes[toy.device.asked + 2] = (DeviceLost("unplugged"), False)
            asked = toy.device.asked
            await trio.sleep(10)
            assert toy.device.asked == asked + 2
            (end,) = it.ends
            assert end.lost is not None
            assert (end.lost.reason, end.up, end.stopped) == ("unplugged", (), ("a", "b"))

    run(main)


def test_a_service_may_lose_the_device(toy_chips: ToyChips) -> None:
    """A device that is lost while a block is served is lost for the chip."""

    async def main() -> None:
        toy = toy_chips({"a": (), "b": ()})

        async def serve(port: Port) -> None:
            toy.device.strikes[toy.device.asked + 1] = (DeviceLost("unplugged"), False)
            await port.submit(Read(toy.address("a")))

        async with kept(toy, sweep_s=1.0) as it:
            toy.blocks["a"].serve = serve
            await trio.sleep(5)
            assert [end.lost.reason for end in it.ends if end.lost] == ["unplugged"]

    run(main)


def test_interrupts_may_tell_that_the_device_is_lost(toy_chips: ToyChips) -> None:
    """A dispatch that loses the device stops the chip; one that is refused leaves it to the sweep."""

    async def main(ends: TransportError) -> tuple[int, int]:
        toy = toy_chips({"a": ()})
        async with kept(toy, sweep_s=1.0, wire=given(Bells("a", ends=ends))) as it:
            await trio.sleep(3.5)
            return len(it.ends), toy.blocks["a"].served

    assert run(partial(main, DeviceLost("unplugged"))) == (1, 0)
    assert run(partial(main, Denied("fenced"))) == (0, 3)


def test_a_device_lost_before_all_has_settled_is_told_at_once(toy_chips: ToyChips) -> None:
    """A loss during the bring-up of `keep_up` is in the summary that it starts with, and it ends."""

    async def main() -> None:
        toy = toy_chips({"a": (), "b": ("a",)})
        toy.device.strikes[3] = (DeviceLost("unplugged"), False)
        async with kept(toy) as it:
            await trio.sleep(1)
            assert it.summary.lost is not None
            assert [end.lost for end in it.ends] == [it.summary.lost]

    run(main)


def test_a_fault_is_remembered_until_the_block_is_up(toy_chips: ToyChips) -> None:
    """The summary tells the faults of now: of a block that came up again there is none."""

    async def main() -> None:
        toy = toy_chips({"a": ()}, {"a": stuck})
        session = Session(toy.chip, toy.transport)
        supervisor = session.supervisor(keep=True, sweep_s=1.0)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(supervisor.run)
            await session.board.settled.wait()
            (fault,) = session.board.faults.values()
            assert isinstance(fault, Fault)
            assert fault.cause is Cause.LATE
            toy.device.words[toy.address("a")] = 5
            await trio.sleep(1.5)
            summary = await session.summary(supervisor, target="", seed=0)
            assert (summary.well, summary.failed) == (True, ())
            supervisor.lose(DeviceLost("enough"))
            results = await session.root.submit(batch(Read(0)))
            assert isinstance(results.error, DeviceLost)

    run(main)


def test_blocks_are_ended_in_slices(toy_chips: ToyChips) -> None:
    """However many blocks there are, whatever else runs has its turn after each SLICE that is cancelled, or two."""
    count = 4 * SLICE + 1
    alive: list[int] = [0]

    async def main() -> None:
        toy = toy_chips({f"b{number}": () for number in range(count)})
        async with trio.open_nursery() as watching:
            root = trio.lowlevel.current_root_task()
            assert root is not None

            async def watch() -> None:
                while True:
                    alive.append(_blocks(root))
                    await trio.lowlevel.checkpoint()

            async with kept(toy) as it:
                assert it.summary.well
                await trio.sleep(0.5)
                watching.start_soon(watch)
                await trio.lowlevel.checkpoint()
            watching.cancel_scope.cancel()

    run(main)
    assert max(alive) == count
    falls = [before - after for before, after in pairwise([*alive[1:], 0])]
    assert 0 < max(falls) <= 2 * SLICE


def _blocks(task: trio.lowlevel.Task) -> int:
    """Count the tasks of blocks below one."""
    return task.name.startswith("block ") + sum(_blocks(t) for n in task.child_nurseries for t in n.child_tasks)
