"""Toy chips whose rungs hold late and whose accesses fail where a test says, whoever else is on the bus."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, TypeVar

import trio
from attrs import define, field, frozen
from hypothesis import strategies as st

from blocks.ladder import Act, Ladder, Rung
from blocks.port import Port
from registers.handles import AnyMap, AnyRegister
from tests.runtime.conftest import Device, ToyTransport, make_chip
from transports.base import Capabilities
from transports.batch import Batch, Delay, Fence, Poll, Results, Value, Write
from transports.errors import BusFault, Denied, DeviceLost, Indeterminate, TransportError, Unavailable

if TYPE_CHECKING:
    from tests.runtime.conftest import ToyChip

Access = tuple[float, str, int, int]
T = TypeVar("T")
Struck = tuple[TransportError, bool]


def block_at(address: int) -> int:
    return address >> 12


def whose(batch: Batch) -> int:
    return next(block_at(op.address) for op in batch if not isinstance(op, (Delay, Fence)))


def writes(batch: Batch) -> bool:
    return any(isinstance(op, Write) for op in batch)


@define(eq=False)
class Slow(Device):
    """Words that begin to hold late, and accesses of one block that fail, whatever others do.

    Attributes:
        delays: seconds from the write of a word until it holds what was written.
        struck: by block and the number of its access (from 1): the error, and whether the access was made before it.
        story: every access made, by block: when, "r" or "w", where, what.
    """

    delays: dict[int, float] = field(factory=dict[int, float])
    due: dict[int, tuple[float, int]] = field(factory=dict[int, "tuple[float, int]"])
    struck: Mapping[tuple[int, int], Struck] = field(factory=dict[tuple[int, int], Struck])
    counts: dict[int, int] = field(factory=dict[int, int])
    story: dict[int, list[Access]] = field(factory=dict[int, "list[Access]"])

    def read(self, address: int) -> int:
        due = self.due.get(address)
        if due is not None and self.now >= due[0]:
            self.words[address] = due[1]
        return self._made(address, partial(super().read, address))

    def write(self, address: int, value: int) -> None:
        delay = self.delays.get(address, 0.0)
        before = self.words.get(address, 0)
        self._made(address, partial(super().write, address, value))
        if delay and before != value:
            self.words[address] = before
            self.due.setdefault(address, (self.now + delay, value))

    def _do(self, op: object) -> Value:
        return self.read(op.address) if isinstance(op, Poll) else super()._do(op)

    def _made(self, address: int, make: Callable[[], T]) -> T:
        block = block_at(address)
        self.counts[block] = self.counts.get(block, 0) + 1
        error, done = self.struck.get((block, self.counts[block]), (None, False))
        if error is not None and not done:
            raise error
        value = make()
        kind, where, what = self.log[-1]
        self.story.setdefault(block, []).append((self.now, kind, where, what))
        if error is not None:
            raise error
        return value


@define(eq=False)
class Alone(ToyTransport):
    """Each batch flies alone.

    Attributes:
        flights: the batches of each flight.
        out_s: how long one is out; with a batch that waits at the device, `held_s` longer.
        over_s: when the last came back.
    """

    flights: list[tuple[Batch, ...]] = field(factory=list["tuple[Batch, ...]"])
    out_s: float = 0.0
    held_s: float = 0.0
    over_s: float = 0.0
    failing: Callable[[Batch], Exception | None] = lambda _batch: None

    async def execute(self, batch: Batch) -> Results:
        return (await self._fly([batch]))[0]

    async def _fly(self, batches: Sequence[Batch]) -> list[Results]:
        held = any(isinstance(op, (Poll, Delay)) for batch in batches for op in batch)
        await trio.sleep(self.out_s + self.held_s * held)
        self.flights.append(tuple(batches))
        self.device.now = self.over_s = trio.current_time()
        came: list[Results] = []
        for batch in batches:
            problem = self.failing(batch)
            if problem is not None:
                raise problem
            came.append(self.device.execute(batch))
        return came


@define(eq=False)
class Gathering(Alone):
    """Batches fly together, as they are."""

    async def execute_all(self, batches: Sequence[Batch]) -> list[Results]:
        return await self._fly(batches)


def dear(device: Device) -> Alone:
    """Return a way whose round trip is dear, so that batches of a flight are made one."""
    return Alone(device, Capabilities(real_time=False, round_trip_s=1e-3, access_s=1e-6))


WAYS: dict[str, Callable[[Device], Alone]] = {"alone": Alone, "gathering": Gathering, "dear": dear}


@frozen
class Step:
    """One rung of a toy block; times in units of the test."""

    settles: int
    late: float
    how: str
    needs: int | None


@frozen
class Toys:
    """A toy chip: for each block its steps and the earlier blocks it needs; and the accesses that fail."""

    blocks: tuple[tuple[tuple[Step, ...], tuple[int, ...]], ...]
    struck: Mapping[tuple[int, int], Struck]

    def make(self, way: Callable[[Device], Alone]) -> tuple[ToyChip, Slow]:
        needs: dict[str, Sequence[str]] = {
            f"b{number}": [f"b{other}" for other in needed] for number, (_, needed) in enumerate(self.blocks)
        }
        ladders: dict[str, Callable[[AnyMap], Ladder]] = {
            f"b{number}": partial(_ladder, number, steps) for number, (steps, _) in enumerate(self.blocks)
        }
        toy = make_chip(needs, ladders)
        delays: dict[int, float] = {}
        for number, (steps, _) in enumerate(self.blocks):
            for index, step in enumerate(steps):
                delays[toy.address(f"b{number}", index)] = _usual(number, index, step) * step.late
        device = Slow(delays=delays, struck=dict(self.struck))
        toy.device, toy.transport = device, way(device)
        return toy, device


def _usual(block: int, index: int, step: Step) -> float:
    """Return the seconds that a rung usually takes; no two rungs of a chip take the same."""
    return step.settles * 1e-5 * (1 + 0.0137 * (7 * block + index + 1))


def _ladder(block: int, steps: Sequence[Step], regs: AnyMap) -> Ladder:
    return Ladder(*(_rung(block, index, step, regs) for index, step in enumerate(steps)))


def _rung(block: int, index: int, step: Step, regs: AnyMap) -> Rung:
    word = regs.at(f"W[{index}]")
    assert isinstance(word, AnyRegister)
    usual = _usual(block, index, step)

    async def talk(port: Port) -> None:
        await port.run(word.read())
        await port.sleep(3e-6)
        await port.run(word.write(v=1))

    acts: dict[str, list[Act]] = {"data": [word.write(v=1)], "delay": [Delay(1e-6), word.write(v=1)], "none": []}
    return Rung(
        f"r{index}",
        holds=[word.check(v=1)],
        reach=talk if step.how == "talk" else acts[step.how],
        settles=usual,
        within=usual * 1.7 + 5e-6,
        needs=() if step.needs is None else (f"b{step.needs}:r0",),
    )


errors: st.SearchStrategy[TransportError] = st.sampled_from(
    [BusFault("no answer"), Unavailable("busy"), Indeterminate("cut"), Denied("locked"), DeviceLost("gone")]
)


@st.composite
def toys(draw: st.DrawFn) -> Toys:
    """Draw a toy chip of up to six blocks."""
    count = draw(st.integers(1, 6))
    blocks: list[tuple[tuple[Step, ...], tuple[int, ...]]] = []
    for number in range(count):
        others = st.none() | st.integers(0, number - 1) if number else st.none()
        step = st.builds(
            Step,
            settles=st.integers(0, 4),
            late=st.sampled_from([0.0, 1.0, 1.3, 2.1, math.inf]),
            how=st.sampled_from(["data", "data", "data", "delay", "talk", "none"]),
            needs=others,
        )
        first = st.builds(
            Step, settles=st.integers(1, 4), late=st.sampled_from([0.0, 1.0, 1.3]), how=st.just("data"), needs=st.none()
        )
        steps = (draw(first), *draw(st.lists(step, max_size=4)))
        needed = draw(st.sets(st.integers(0, number - 1), max_size=2)) if number else set[int]()
        blocks.append((steps, tuple(sorted(needed))))
    where = st.tuples(st.integers(1, count), st.integers(1, 12))
    struck = draw(st.dictionaries(where, st.tuples(errors, st.booleans()), max_size=4))
    return Toys(tuple(blocks), struck)
