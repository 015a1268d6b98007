"""The laws of keeping up: what falls is raised again, hints wake, failures are contained, and nobody is awaited."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import pairwise

import pytest
import trio

from blocks.chip.supervision import Level, Supervision
from blocks.ladder import Rung
from blocks.port import Port
from runtime.fault import Cause, Fault
from runtime.incident import What
from runtime.service import Service, Terms
from runtime.session import Session
from runtime.summary import State
from runtime.supervisor import SLICE
from tests.runtime.serving import Bells, Ladders, ToyChips, given, kept, run, stuck
from transports.batch import Read, batch
from transports.errors import BusFault, Denied, DeviceLost, TransportError, Unavailable


def test_a_healthy_chip_that_is_kept_costs_reads_only(toy_chips: ToyChips) -> None:
    """Each block is looked at once a sweep, in one batch, and nothing is written."""

    async def main() -> None:
        toy = toy_chips({"a": (), "b": ("a",)})
        async with kept(toy, sweep_s=1.0) as it:
            assert it.summary.well
            await trio.sleep(0.5)
            reads, writes = toy.device.reads, toy.device.writes
            assert (reads, writes) == (it.summary.reads, it.summary.writes)
            assert it.summary.batches == 2 * 5
            await trio.sleep(10)
            assert toy.device.writes == writes
            assert toy.device.reads - reads == 10 * 2 * 2
            it.stop.set()
            await trio.sleep(1)
            (end,) = it.ends
            assert (end.reads, end.writes, end.batches) == (10 * 2 * 2, 0, 10 * 2)
            assert (end.well, end.incidents) == (True, ())

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
            (incident,) = it.incidents
            assert (incident.root, incident.touched, incident.recovered) == ("a", ("a",), True)

    run(main)


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
        toy = toy_chips({"a": (), "b": ()}, served="ab")
        bells = Bells("a", "b")

        async def serve(port: Port) -> None:
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


def test_a_block_is_not_served_where_its_ground_does_not_stand(toy_chips: ToyChips) -> None:
    """A hint to a block whose need has fallen makes it look at the need alone; it is served when that is back."""

    async def main() -> None:
        toy = toy_chips({"pll": (), "user": ("pll",)}, {"pll": stuck}, served=["user"])
        toy.device.words[toy.address("pll")] = 5
        bells = Bells("user")
        async with kept(toy, sweep_s=1.0, wire=given(bells)) as it:
            assert it.summary.well
            served = toy.blocks["user"].served
            toy.device.words[toy.address("pll")] = 0
            toy.device.log.clear()
            bells.bells["user"].ring()
            await trio.sleep(0.1)
            assert {address >> 12 for _, address, _ in toy.device.log} == {1}
            assert (toy.blocks["user"].served, it.state("user")) == (served, State.WAITING)
            toy.device.words[toy.address("pll")] = 5
            await trio.sleep(2.1)
            assert (it.state("pll"), it.state("user")) == (State.UP, State.UP)
            assert toy.blocks["user"].served > served

    run(main)


def test_a_hint_that_was_lost_costs_a_sweep(toy_chips: ToyChips) -> None:
    """A block whose interrupt never comes is served at the next sweep, and so is what the controllers hold."""

    async def main() -> None:
        toy = toy_chips({"a": ()}, served="a")
        bells = Bells("a")
        async with kept(toy, sweep_s=1.0, wire=given(bells)):
            await trio.sleep(3.5)
            assert (toy.blocks["a"].served, bells.sweeps) == (3, 3)

    run(main)


def test_interrupts_are_heard_when_all_has_settled(toy_chips: ToyChips, ladders: Ladders) -> None:
    """No interrupt controller is touched before the blocks are up; the hints of before are made up for by looks."""

    async def main() -> None:
        toy = toy_chips({"a": ()}, {"a": ladders(2, settles=1e-4)})
        bells = Bells("a")
        async with kept(toy, wire=given(bells)) as it:
            await trio.lowlevel.checkpoint()
            await trio.sleep(1e-3)
            assert bells.began == [it.summary.elapsed_s]
            assert it.summary.elapsed_s > 0

    run(main)


def test_a_disturbing_act_needs_consent_once_a_block_was_up(toy_chips: ToyChips, ladders: Ladders) -> None:
    """A block that was up is not disturbed without consent: it is held, nothing written; with consent it is raised."""

    async def main(consent: Callable[[str, Rung], bool]) -> tuple[State, str, int, list[str]]:
        toy = toy_chips({"a": ()}, {"a": ladders(2, disturbs=True)})
        async with kept(toy, sweep_s=1.0, consent=consent) as it:
            assert it.summary.well
            toy.device.words[toy.address("a")] = 0
            await trio.sleep(1.5)
            return it.state("a"), it.detail("a"), toy.device.writes, [event.block for event in it.told(What.HELD)]

    state, detail, writes, held = run(partial(main, lambda block, rung: False))
    assert (state, writes, held) == (State.DEGRADED, 2, ["a"])
    assert detail == "W[0] wanted v=0x1, last v=0x0 (word 0x0)"
    state, _, writes, held = run(partial(main, lambda block, rung: (block, rung.name) == ("a", "r0")))
    assert (state, writes, held) == (State.UP, 3, [])


def test_a_failed_block_is_tried_again_and_then_given_up(toy_chips: ToyChips) -> None:
    """What fails is climbed as often as its rule says, with growing waits, then given up and only looked at."""

    async def main() -> None:
        rule = Supervision(attempts=3, backoff_s=0.1, highest=Level.CLIMB)
        toy = toy_chips({"a": (), "b": ("a",)}, {"a": stuck}, rules={"a": rule})
        async with kept(toy, sweep_s=1.0) as it:
            assert (it.state("a"), it.state("b")) == (State.FAILED, State.WAITING)
            first = toy.device.writes
            await trio.sleep(5)
            assert toy.device.writes == 4 * first, "the bring-up, and three climbs"
            failed = it.told(What.FAILED, "a")
            assert [round(after.time_s - before.time_s, 1) for before, after in pairwise(failed)] == [0.1, 0.2]
            assert all(event.detail.startswith("rung r0: did not hold") for event in failed), "the block is said once"
            assert [event.block for event in it.told(What.GAVE_UP)] == ["a"]
            assert [incident.gave_up for incident in it.incidents] == [("a",)]
            writes, reads = toy.device.writes, toy.device.reads
            await trio.sleep(5)
            assert (toy.device.writes, toy.device.reads - reads) == (writes, 5), "one look a sweep, and none at b"

    run(main)


def test_what_was_given_up_and_holds_by_itself_is_in_service(toy_chips: ToyChips) -> None:
    """A block that was given up and shows what it should is up at the next sweep; what waited for it comes up."""

    async def main() -> None:
        toy = toy_chips({"a": (), "b": ("a",)}, {"a": stuck})
        async with kept(toy, sweep_s=1.0) as it:
            await trio.sleep(5)
            assert (it.state("a"), it.state("b")) == (State.FAILED, State.WAITING)
            toy.device.words[toy.address("a")] = 5
            await trio.sleep(1.1)
            assert (it.state("a"), it.state("b")) == (State.UP, State.UP)
            (incident,) = it.incidents
            assert incident.recovered

    run(main)


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (Unavailable("busy"), False),
        (BusFault("slave error"), True),
        (ValueError("a mistake of ours"), True),
        (ExceptionGroup("several", [ValueError("a mistake of ours")]), True),
    ],
)
def test_a_service_that_fails_stays_with_its_block(toy_chips: ToyChips, error: Exception, told: bool) -> None:
    """A service that fails is an incident of its own block, which is looked at and goes on; no other hears of it."""

    async def main() -> None:
        toy = toy_chips({"a": (), "b": ()}, served="ab")

        async def serve(_port: Port) -> None:
            raise error

        async with kept(toy, sweep_s=1.0) as it:
            toy.blocks["a"].serve = serve
            await trio.sleep(1.2)
            assert (it.state("a"), it.state("b")) == (State.UP, State.UP)
            assert [incident.fell for incident in it.incidents] == ([("a",)] if told else [])
            toy.blocks["a"].serve = None
            await trio.sleep(1)
            assert (it.state("a"), toy.blocks["b"].served) == (State.UP, 2)

    run(main)


def test_a_device_lost_while_it_is_kept_ends_the_keeping(toy_chips: ToyChips) -> None:
    """When the connection is over not one access follows, the service returns, and its report says why."""

    async def main() -> None:
        toy = toy_chips({"a": (), "b": ()}, served="ab")
        async with kept(toy, sweep_s=1.0, wire=given(Bells("a"))) as it:
            await trio.sleep(1.5)
            toy.device.strikes[toy.device.asked + 2] = (DeviceLost("unplugged"), False)
            asked = toy.device.asked
            await trio.sleep(10)
            assert toy.device.asked == asked + 2
            (end,) = it.ends
            assert (end.stopped, end.lost, end.well) == ("lost", "unplugged", False)

    run(main)


def test_a_service_may_lose_the_device(toy_chips: ToyChips) -> None:
    """A device that is lost while a block is served is lost for the chip."""

    async def main() -> None:
        toy = toy_chips({"a": (), "b": ()}, served="ab")

        async def serve(port: Port) -> None:
            toy.device.strikes[toy.device.asked + 1] = (DeviceLost("unplugged"), False)
            await port.submit(Read(toy.address("a")))

        async with kept(toy, sweep_s=1.0) as it:
            toy.blocks["a"].serve = serve
            await trio.sleep(5)
            assert [end.lost for end in it.ends] == ["unplugged"]

    run(main)


def test_interrupts_may_tell_that_the_device_is_lost(toy_chips: ToyChips) -> None:
    """A dispatch that loses the device stops the chip; one that is refused leaves it to the sweep."""

    async def main(ends: TransportError) -> tuple[int, int]:
        toy = toy_chips({"a": ()}, served="a")
        async with kept(toy, sweep_s=1.0, wire=given(Bells("a", ends=ends))) as it:
            await trio.sleep(3.5)
            return len(it.ends), toy.blocks["a"].served

    assert run(partial(main, DeviceLost("unplugged"))) == (1, 0)
    assert run(partial(main, Denied("fenced"))) == (0, 3)


def test_a_device_lost_before_all_has_settled_is_told_at_once(toy_chips: ToyChips) -> None:
    """A chip lost for good before it is up was never in service: that is told, and not one access follows."""

    async def main() -> None:
        toy = toy_chips({"a": (), "b": ("a",)})
        toy.device.strikes[3] = (DeviceLost("unplugged"), False)
        with pytest.raises(DeviceLost, match="unplugged"):
            await Service(toy.chip, toy.transport, terms=Terms(wire=None)).run()
        assert toy.device.asked == 3

    run(main)


def test_a_fault_is_remembered_until_the_block_is_up(toy_chips: ToyChips) -> None:
    """The status tells the faults of now: of a block that came up again there is none."""

    async def main() -> None:
        toy = toy_chips({"a": ()}, {"a": stuck})
        async with kept(toy, sweep_s=1.0) as it:
            await trio.sleep(2)
            verdict = it.service.status()["a"]
            assert (verdict.state, verdict.rung, verdict.register) == (State.FAILED, "r0", "W[0]")
            toy.device.words[toy.address("a")] = 5
            await trio.sleep(1.5)
            verdict = it.service.status()["a"]
            assert (verdict.state, verdict.rung, verdict.reason) == (State.UP, "", "")

    run(main)


def test_without_a_keeper_the_supervisor_ends_when_nothing_moves(toy_chips: ToyChips) -> None:
    """It returns when each block is up, has failed or waits; lost, not one access leaves."""

    async def main() -> None:
        toy = toy_chips({"a": (), "b": ("a",), "c": ()}, {"a": stuck})
        session = Session(toy.chip, toy.transport)
        supervisor = session.supervisor()
        await supervisor.run()
        assert session.board.states == {"a": State.FAILED, "b": State.WAITING, "c": State.UP}
        (fault,) = session.board.faults.values()
        assert isinstance(fault, Fault)
        assert fault.cause is Cause.LATE
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
