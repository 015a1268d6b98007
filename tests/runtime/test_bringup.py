"""The laws of bring-up: what fails fails alone, everything is told, and no moment of it is a bad one to be cut off."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
import trio
from attrs import define, field

from blocks.ladder import Ladder, Rung
from blocks.model import ModelFault
from blocks.port import Port
from registers.handles import AnyMap, AnyRegister
from runtime.bringup import bring_up, status
from runtime.clock import VirtualClock
from runtime.fault import Cause
from runtime.graph import GraphError
from runtime.summary import Progress, State, Summary
from transports.base import Capabilities
from transports.batch import Batch, Check, Modify, Read, Results, Value, Write, WriteBurst, batch
from transports.errors import BusFault, CheckFailed, Denied, DeviceLost, Indeterminate, TransportError, Unavailable
from transports.memory import MemoryTransport
from transports.readonly import ReadOnly

if TYPE_CHECKING:
    from tests.runtime.conftest import Device, ToyChip

ToyChips = Callable[..., "ToyChip"]
Ladders = Callable[..., Callable[[AnyMap], Ladder]]

NEEDS: dict[str, tuple[str, ...]] = {"a": (), "b": ("a",), "c": ("b:r0",), "d": ("c", "b"), "e": ()}


def run(toy: ToyChip, **options: Any) -> Summary:
    async def main() -> Summary:
        return await bring_up(toy.chip, toy.transport, **options)

    return trio.run(main, clock=VirtualClock())


def never(regs: AnyMap) -> Ladder:
    """A ladder whose second rung never holds."""
    low, high = regs.at("W[0]"), regs.at("W[1]")
    assert isinstance(low, AnyRegister)
    assert isinstance(high, AnyRegister)
    return Ladder(
        Rung("r0", holds=[low.check(v=1)], reach=[low.write(v=1)], within=1e-3),
        Rung("stuck", holds=[high.check(v=2)], reach=[high.write(v=1)], within=1e-3),
    )


def bug(regs: AnyMap) -> Ladder:
    """A ladder whose act has a bug."""
    low = regs.at("W[0]")
    assert isinstance(low, AnyRegister)

    async def dialogue(port: Port) -> None:
        await port.run(low.read())
        raise KeyError("a mistake of ours")

    return Ladder(Rung("r0", holds=[low.check(v=1)], reach=dialogue, within=1e-3))


def test_what_came_up_while_it_was_waited_for_is_not_acted_on(toy_chips: ToyChips, ladders: Ladders) -> None:
    """A rung that begins to hold while its block waits for another is seen to hold, and is not written to."""

    def waits(regs: AnyMap) -> Ladder:
        own = regs.at("W[0]")
        assert isinstance(own, AnyRegister)
        return Ladder(Rung("r0", holds=[own.check(v=1)], reach=[own.write(v=1)], within=1e-3, needs=("a",)))

    toy = toy_chips({"a": (), "b": ()}, {"a": ladders(2, settles=1e-4), "b": waits})

    def written(device: Device, address: int, _value: int) -> None:
        if address == toy.address("a", 1):
            device.words[toy.address("b")] = 1

    toy.device.written = written
    assert run(toy).up == ("a", "b")
    assert [address for kind, address, _ in toy.device.log if kind == "w"] == [toy.address("a"), toy.address("a", 1)]


def test_everything_comes_up_in_the_order_of_its_needs(toy_chips: ToyChips) -> None:
    """All blocks come up, each after what it needs, a rung's need as soon as that rung stands."""
    toy = toy_chips(NEEDS)
    moves: list[Progress] = []
    summary = run(toy, on_event=moves.append, target="toy:", seed=9)
    assert summary.well
    assert summary.up == ("a", "b", "c", "d", "e")
    touched = [address >> 12 for _, address, _ in toy.device.log]
    assert touched.index(1) < touched.index(2) < touched.index(3) < touched.index(4)
    story = [(move.state, move.rung) for move in moves if move.block == "b"]
    assert story == [
        (State.WAITING, ""), (State.CLIMBING, ""), (State.CLIMBING, "r0"), (State.CLIMBING, "r1"), (State.UP, ""),
    ]  # fmt: skip


def test_the_summary_counts_what_left(toy_chips: ToyChips) -> None:
    """Reads, writes and batches are those of the chip's own transport, and the JSON says all the summary does."""
    toy = toy_chips(NEEDS)
    summary = run(toy, target="toy:", seed=9)
    assert (summary.reads, summary.writes) == (toy.device.reads, toy.device.writes)
    data = json.loads(json.dumps(summary.to_data()))
    assert {name: data[name] for name in ("chip", "target", "blocks", "up", "failed", "waiting", "lost", "seed")} == {
        "chip": "toys", "target": "toy:", "blocks": 5, "up": 5, "failed": [], "waiting": [], "lost": None, "seed": 9,
    }  # fmt: skip
    assert (data["reads"], data["writes"], data["violations"]) == (summary.reads, 10, 0)
    assert len(data["trace_hash"]) == 32


def test_a_second_bring_up_only_reads(toy_chips: ToyChips) -> None:
    """What is up costs one batch of reads a block, and not one write."""
    toy = toy_chips(NEEDS)
    run(toy)
    summary = run(toy)
    assert (summary.up, summary.writes, summary.batches) == (("a", "b", "c", "d", "e"), 0, 5)


def test_a_block_that_fails_fails_alone(toy_chips: ToyChips) -> None:
    """A stuck block is told with its last accesses by name, what needs it waits, at whatever remove; all else is up."""
    toy = toy_chips({**NEEDS, "f": ("d", "e")}, {"b": never})
    summary = run(toy)
    assert not summary.well
    assert summary.up == ("a", "c", "e")
    (fault,) = summary.failed
    assert (fault.block, fault.rung, fault.cause, fault.attempts) == ("b", "stuck", Cause.LATE, 3)
    assert (fault.register, fault.wanted, fault.last) == ("W[1]", "v=0x2", "v=0x1 (word 0x1)")
    assert [str(access)[12:] for access in fault.accesses[-3:]] == [
        "check b.W[1] 0x1 wanted 0x2 under 0xffffffff: CheckFailed",
        "check b.W[0] 0x1 wanted 0x1 under 0xffffffff",
        "check b.W[1] 0x1 wanted 0x2 under 0xffffffff: CheckFailed",
    ]
    assert fault.forgotten > 0
    assert [(w.block, w.on, w.root) for w in summary.waiting] == [("d", ("b",), ("b",)), ("f", ("d",), ("b",))]
    assert summary.elapsed_s == pytest.approx(3e-3, rel=1e-2)


def test_a_bug_in_a_model_is_no_bug_of_the_block(toy_chips: ToyChips) -> None:
    """When the simulation fails, the fault names the model and not the driver that met it."""

    def written(_device: Device, _address: int, _value: int) -> None:
        raise ModelFault("pll[3]", "time passed", "KeyError: 'x'")

    toy = toy_chips({"a": ()})
    toy.device.written = written
    (fault,) = run(toy).failed
    said = "bug in the simulation: the model of pll[3] failed while time passed: KeyError: 'x'"
    assert (fault.block, fault.cause, fault.reason) == ("a", Cause.BUG, said)
    assert "ModelFault" in fault.traceback
    assert fault.effort == "before any act"


def test_a_bug_in_a_block_stays_in_the_block(toy_chips: ToyChips) -> None:
    """An exception of a block's own code is a fault of that block, with its traceback; all others are up."""
    summary = run(toy_chips(NEEDS, {"e": bug}))
    assert summary.up == ("a", "b", "c", "d")
    (fault,) = summary.failed
    assert (fault.block, fault.cause) == ("e", Cause.BUG)
    assert fault.reason == "bug in ToyBlock: KeyError: 'a mistake of ours'"
    assert "in dialogue" in fault.traceback
    assert [access.verb for access in fault.accesses] == ["check", "read"]


def waiting_for(event: trio.Event | None, sleeps: int = 0) -> Callable[[AnyMap], Ladder]:
    """Return a ladder with a dialogue that sleeps and then waits for something that never comes."""

    def ladder(regs: AnyMap) -> Ladder:
        low = regs.at("W[0]")
        assert isinstance(low, AnyRegister)

        async def dialogue(port: Port) -> None:
            for _ in range(sleeps):
                await port.sleep(20.0)
            if event is not None:
                await event.wait()
            await port.run(low.write(v=1))

        return Ladder(Rung("r0", holds=[low.check(v=1)], reach=dialogue, within=1e-3))

    return ladder


def test_a_dialogue_that_hangs_is_ended(toy_chips: ToyChips) -> None:
    """A dialogue that waits for nothing is ended after a second, thrice, and told; one that sleeps long is not."""
    toy = toy_chips({"a": (), "b": ()}, {"a": waiting_for(trio.Event()), "b": waiting_for(None, sleeps=3)})
    summary = run(toy)
    assert summary.up == ("b",)
    (fault,) = summary.failed
    assert (fault.cause, fault.attempts, fault.time_s) == (Cause.ACT, 3, 3.0)
    assert fault.reason == "rung r0: its act failed, 3 times: the dialogue was silent for 1 s (a)"
    assert (fault.register, fault.wanted, fault.last) == ("", "", "")


@pytest.mark.parametrize(
    ("error", "landed"),
    [(Unavailable("busy"), False), (Indeterminate("before"), False), (Indeterminate("after"), True)],
)
def test_no_access_is_a_bad_one_to_fail(toy_chips: ToyChips, error: TransportError, landed: bool) -> None:
    """Whichever access of a bring-up is not answered, all blocks come up with the registers of an undisturbed run."""
    calm = toy_chips(NEEDS)
    run(calm)
    for access in range(1, calm.device.asked + 1):
        toy = toy_chips(NEEDS)
        toy.device.strikes[access] = (error, landed)
        assert run(toy).well, access
        assert toy.device.words == calm.device.words


def test_a_bus_fault_takes_one_block_only(toy_chips: ToyChips) -> None:
    """Whichever access is answered with an error, one block fails with it, what needs it waits, and all else is up."""
    calm = toy_chips(NEEDS)
    run(calm)
    for access in range(1, calm.device.asked + 1):
        toy = toy_chips(NEEDS)
        toy.device.strikes[access] = (BusFault("slave error"), True)
        summary = run(toy)
        (fault,) = summary.failed
        assert (fault.cause, fault.accesses[-1].error) == (Cause.BUS, "BusFault")
        waiting = {w.block for w in summary.waiting}
        assert {*summary.up, fault.block, *waiting} == set(NEEDS)
        assert all(w.root == (fault.block,) for w in summary.waiting)
        assert len(summary.up) + 1 + len(waiting) == len(NEEDS)


def test_a_lost_device_stops_everything(toy_chips: ToyChips) -> None:
    """Whichever access loses the device, not one leaves after it, and nothing is called up; the next run finishes."""
    calm = toy_chips(NEEDS)
    run(calm)
    for access in range(1, calm.device.asked + 1):
        toy = toy_chips(NEEDS)
        toy.device.strikes[access] = (DeviceLost("gone"), False)
        summary = run(toy)
        assert summary.lost is not None
        assert summary.lost.reason == "gone"
        assert (toy.device.asked, summary.up, summary.failed, summary.waiting) == (access, (), (), ())
        assert summary.stopped == ("a", "b", "c", "d", "e")
        assert not summary.well
        assert json.dumps(summary.to_data())
        toy.device.strikes.clear()
        assert run(toy).well
        assert toy.device.words == calm.device.words


@pytest.mark.parametrize("cut", [True, False])
def test_a_connection_that_is_over_stops_everything(toy_chips: ToyChips, cut: bool) -> None:
    """Whichever access finds the connection over, or is cut by its end, at most one more is asked for: it is lost."""
    calm = toy_chips(NEEDS)
    run(calm)
    over = Unavailable("closed there", over=True)
    for access in range(1, calm.device.asked + 1):
        toy = toy_chips(NEEDS)
        toy.device.strikes = {access: (Indeterminate("cut") if cut else over, False), access + 1: (over, False)}
        summary = run(toy)
        assert summary.lost is not None
        assert summary.lost.reason == "closed there"
        assert (toy.device.asked, summary.up, summary.failed) == (access + cut, (), ())
        assert summary.stopped == tuple(NEEDS)
        toy.device.strikes.clear()
        assert run(toy).well
        assert toy.device.words == calm.device.words


def test_a_loss_inside_a_group_is_a_loss(toy_chips: ToyChips) -> None:
    """A dialogue with tasks of its own that loses the device loses it for the chip, not as a bug of its block."""

    def ladder(regs: AnyMap) -> Ladder:
        low = regs.at("W[0]")
        assert isinstance(low, AnyRegister)

        async def lose() -> None:
            await trio.lowlevel.checkpoint()
            raise DeviceLost("gone")

        async def dialogue(_port: Port) -> None:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(lose)

        return Ladder(Rung("r0", holds=[low.check(v=1)], reach=dialogue, within=1e-3))

    toy = toy_chips({"a": (), "b": ("a",)}, {"a": ladder})
    summary = run(toy)
    assert summary.lost == DeviceLost("gone")
    assert summary.failed == ()


def test_a_pattern_brings_up_what_it_names_and_needs(toy_chips: ToyChips) -> None:
    """With `only` the blocks named and their needs are brought up, and nothing else is touched."""
    toy = toy_chips(NEEDS)
    summary = run(toy, only="c")
    assert (summary.up, summary.blocks) == (("a", "b", "c"), 3)
    assert {address >> 12 for _, address, _ in toy.device.log} == {1, 2, 3}
    with pytest.raises(GraphError, match="no block matches 'x'"):
        run(toy, only="x")


def test_an_empty_chip_is_up(toy_chips: ToyChips) -> None:
    """A chip without blocks needs nothing to be well."""
    assert run(toy_chips({})).well


def test_circles_are_refused_before_anything_is_touched(toy_chips: ToyChips) -> None:
    """Needs that go round are refused by name, and not one access is made."""
    toy = toy_chips({"a": ("b",), "b": ("a",)})
    with pytest.raises(GraphError, match="a -> b -> a"):
        run(toy)
    assert toy.device.log == []


def test_a_status_looks_and_writes_nothing(toy_chips: ToyChips) -> None:
    """`status` tells of each block whether it is up, where it is down, or what it waits for, and touches no more."""
    toy = toy_chips(NEEDS, {"b": never})
    run(toy, only="b")
    done = len(toy.device.log)
    found = trio.run(status, toy.chip, toy.transport)
    assert [(v.block, v.state, v.rung, v.on) for v in found.verdicts] == [
        ("a", State.UP, "", ()),
        ("b", State.DOWN, "stuck", ()),
        ("c", State.DOWN, "r0", ()),
        ("d", State.WAITING, "", ("c", "b")),
        ("e", State.DOWN, "r0", ()),
    ]
    assert (found.writes, found.reads, found.well) == (0, len(toy.device.log) - done, False)
    assert all(kind == "r" and address >> 12 != 4 for kind, address, _ in toy.device.log[done:])
    assert json.loads(json.dumps(found.to_data()))["up"] == 1


@define(eq=False)
class Window:
    """An address space behind a block: every access to it is one write and one read of the block's own registers."""

    port: Port
    select: int
    capabilities: Capabilities = field(factory=partial(Capabilities, real_time=False))
    closed: bool = False

    async def execute(self, batch: Batch) -> Results:
        values: list[Value] = []
        for op in batch:
            assert isinstance(op, (Check, Write))
            word = op.value if isinstance(op, Write) else 0
            try:
                results = await self.port.submit(Write(self.select, op.address + (word << 16)), Read(self.select + 4))
            except TransportError as error:
                return Results(tuple(values), error)
            if isinstance(op, Check) and results.word(1) != op.value:
                return Results(tuple(values), CheckFailed("no", mask=op.mask, wanted=op.value, last=results.word(1)))
            values.append(results.word(1))
        return Results(tuple(values))

    async def aclose(self) -> None:
        self.closed = True
        await trio.lowlevel.checkpoint()


def windowed(toy_chips: ToyChips) -> tuple[ToyChip, list[Window]]:
    """Return a toy chip where block `far` stands behind `near`, at the address that `other` has on the chip's bus."""
    toy = toy_chips({"near": (), "far": (), "other": ()}, behind={"far": "near"})
    far, other = toy.blocks["far"], toy.blocks["other"]
    far.regs.address = other.regs.address
    windows: list[Window] = []

    def offer(port: Port) -> Window:
        windows.append(Window(port, toy.address("near", 8)))
        return windows[-1]

    toy.blocks["near"].offers = offer
    inside: dict[int, int] = {}

    def written(device: Device, address: int, value: int) -> None:
        if address == toy.address("near", 8):
            inside[value & 0xFFFF] = value >> 16 or inside.get(value & 0xFFFF, 0)
            device.words[address + 4] = inside[value & 0xFFFF]

    toy.device.written = written
    return toy, windows


def test_a_block_behind_another_is_reached_through_it(toy_chips: ToyChips) -> None:
    """A block in another one's address space comes up through that one, and the space is given back at the end."""
    toy, windows = windowed(toy_chips)
    summary = run(toy)
    assert summary.well
    assert (summary.reads, summary.writes) == (toy.device.reads, toy.device.writes)
    assert [window.closed for window in windows] == [True]


def test_a_fault_behind_another_block_names_what_stands_there(toy_chips: ToyChips) -> None:
    """The evidence of a block names its own registers, whatever stands at the same address on the chip's bus."""
    toy, _ = windowed(toy_chips)

    def refuse(_device: Device, address: int, value: int) -> None:
        if (address, value & 0xFFFF) == (toy.address("near", 8), toy.address("far", 1)):
            raise BusFault("slave error")

    toy.device.written = refuse
    toy.device.words.update({toy.address(name, word): 1 for name in ("near", "other") for word in (0, 1)})
    toy.device.words[toy.address("near", 9)] = 1
    summary = run(toy)
    (fault,) = summary.failed
    assert (fault.block, fault.register, [access.place for access in fault.accesses]) == (
        "far", "W[1]", ["far.W[0]", "far.W[1]"],
    )  # fmt: skip


def test_a_status_writes_nothing_through_another_block_either(toy_chips: ToyChips) -> None:
    """A look that could only be had by writing is refused, and told as such; what can be read is told."""
    toy, _ = windowed(toy_chips)
    assert run(toy).well
    writes = toy.device.writes
    found = trio.run(status, toy.chip, toy.transport)
    assert (toy.device.writes, found.writes) == (writes, 0)
    assert [verdict.state for verdict in found.verdicts] == [State.UP, State.FAILED, State.UP]
    assert "this would write, and only looks are allowed" in found.verdicts[1].reason


def test_time_does_not_jump_while_a_real_peer_answers(toy_chips: ToyChips) -> None:
    """On a transport that answers in real time, virtual time passes with it, whatever else could happen meanwhile."""
    toy = toy_chips({"a": (), "b": ("a",)})

    @define(eq=False)
    class Slow:
        capabilities: Capabilities = field(factory=Capabilities)

        async def execute(self, batch: Batch) -> Results:
            await trio.to_thread.run_sync(time.sleep, 1e-3)
            return toy.device.execute(batch)

        async def aclose(self) -> None:
            await trio.lowlevel.checkpoint()

    async def main() -> Summary:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(trio.sleep, 3600)
            summary = await bring_up(toy.chip, Slow())
            nursery.cancel_scope.cancel()
        return summary

    summary = trio.run(main, clock=VirtualClock())
    assert summary.well
    assert 1e-3 * summary.batches <= summary.elapsed_s < 60


@pytest.mark.parametrize("error", [DeviceLost("gone"), Unavailable("gone", over=True)])
def test_a_status_of_a_lost_device_says_so(toy_chips: ToyChips, error: TransportError) -> None:
    """A device that is lost during a look is told as lost, with what was seen before; the rest are named as unknown."""
    toy = toy_chips(NEEDS)
    run(toy)
    toy.device.strikes[toy.device.asked + 3] = (error, False)
    found = trio.run(status, toy.chip, toy.transport)
    assert found.lost is not None
    assert [v.block for v in found.verdicts] == list(NEEDS)
    assert [v.block for v in found.verdicts if v.state is State.UP] == ["a"]
    assert {v.state for v in found.verdicts if v.block != "a"} == {State.STOPPED}
    assert all("not looked at" in v.reason for v in found.verdicts if v.block != "a")


def test_a_read_only_transport_writes_nothing() -> None:
    """A batch that would write anything is refused whole, before its first access; others pass."""

    async def main() -> None:
        memory = MemoryTransport(0x100)
        await memory.execute(batch(Write(0, 7)))
        only = ReadOnly(memory)
        assert only.capabilities == memory.capabilities
        assert (await only.execute(batch(Read(0)))).word(0) == 7
        for op in (Write(0, 1), Modify(0, 1, 0), WriteBurst(0, (1,))):
            results = await only.execute(batch(Read(0), op))
            assert results.values == ()
            assert isinstance(results.error, Denied)
            assert results.error.index == 1
        await only.aclose()
        assert (await memory.execute(batch(Read(0)))).word(0) == 7

    trio.run(main)
