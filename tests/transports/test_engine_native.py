"""The engine in C does what its twin in Python does: the same results, memory, errors and looks, for any program."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from typing import TYPE_CHECKING

import pytest
from attrs import evolve, frozen
from hypothesis import given
from hypothesis import strategies as st

import transports.engine
from tests.transports.programs import BASE, SIZE, needs_engine, operations
from transports.base import Transport
from transports.batch import (
    WIDTHS,
    Batch,
    Delay,
    Fence,
    Modify,
    Operation,
    Poll,
    ReadBurst,
    Results,
    Write,
    WriteBurst,
    count_accesses,
)
from transports.conformance import check_transport
from transports.engine import Window, run
from transports.errors import Denied
from transports.memory import MemoryTransport
from transports.native import ENGINE
from transports.program import HEADER, KINDS, RECORD, pack, unpack

if TYPE_CHECKING or ENGINE == "c":
    from transports import _engine

pytestmark = needs_engine

Steps = Generator[float, None, Results]


# ---- the two sides of every comparison ------------------------------------------------------------------------


@frozen
class World:
    """Where a batch runs: what the memory holds at first, and what a device puts there at each wait."""

    content: bytes
    later: tuple[bytes, ...]
    writable: bool
    widths: frozenset[int]
    identity: int | None

    def memory(self) -> bytearray:
        return bytearray(self.content)

    def window(self, memory: bytearray) -> Window:
        view = memoryview(memory) if self.writable else memoryview(memory).toreadonly()
        return Window(view, BASE, widths=self.widths, identity=self.identity)


def twin(world: World, memory: bytearray) -> Window:
    """Return the same window, of the engine in Python."""
    window = world.window(memory)
    assert window.native is not None
    window.native.close()
    window.native = None
    return window


def driven(
    begin: Callable[[Callable[[], float]], Steps | Results], memory: bytearray, later: Sequence[bytes]
) -> Results:
    """Run to the end on a clock of its own; at each wait the next content of the memory appears."""
    now_s, changes = 0.0, list(later)
    steps = begin(lambda: now_s)
    if isinstance(steps, Results):
        return steps
    while True:
        try:
            now_s += next(steps)
        except StopIteration as stop:
            results: Results = stop.value
            return results
        if changes:
            memory[:] = changes.pop(0)


def in_python(asked: Batch, world: World) -> tuple[Results, bytearray]:
    """Return what the engine in Python makes of a batch, and the memory after it."""
    memory = world.memory()
    window = twin(world, memory)
    plain = Batch(asked.operations)
    return driven(lambda now: window.start(plain, now), memory, world.later), memory


def in_c(asked: Batch, world: World) -> tuple[Results, bytearray]:
    """Return the same of the engine in C."""
    memory = world.memory()
    window = world.window(memory)
    assert window.native is not None
    return driven(lambda now: window.start(asked, now), memory, world.later), memory


contents = st.one_of(
    st.binary(min_size=SIZE, max_size=SIZE),
    st.lists(st.sampled_from([b"\xff" * 8, bytes(8), b"\xff\0\0\0\xff\xff\xff\xff"]), min_size=8, max_size=8).map(
        b"".join
    ),
)
worlds = st.builds(
    World,
    content=contents,
    later=st.lists(contents, max_size=4).map(tuple),
    writable=st.sampled_from([True, True, True, False]),
    widths=st.sampled_from([frozenset(WIDTHS)] * 4 + [frozenset({4}), frozenset({1, 2, 4})]),
    identity=st.sampled_from([None, BASE, BASE + SIZE - 4]),
)
asked_for = st.lists(operations(), max_size=8).map(Batch)


def constants(op: Operation) -> tuple[int, ...]:
    """Return the values of an operation that may be given apart."""
    match op:
        case Write() | Modify():
            return (op.value,)
        case WriteBurst():
            return op.values
        case _:
            return ()


def cleared(op: Operation) -> Operation:
    """Return the same operation without its values."""
    match op:
        case Write() | Modify():
            return evolve(op, value=0)
        case WriteBurst():
            return evolve(op, values=[0] * len(op.values))
        case _:
            return op


# ---- the same for any program ---------------------------------------------------------------------------------


@given(asked=asked_for, world=worlds)
def test_c_and_python_agree(asked: Batch, world: World) -> None:
    """Any batch brings the same values, error and looks in C and in Python, and leaves the same memory."""
    assert in_c(asked, world) == in_python(asked, world)


@given(asked=asked_for, world=worlds, offset=st.integers(-SIZE // 8, SIZE // 8) | st.integers(-BASE // 8, 2**62))
def test_moved_by_an_offset_they_agree(asked: Batch, world: World, offset: int) -> None:
    """A prepared batch that is moved does what the batch made there would do, and so does one moved far away."""
    if all(isinstance(op, (Delay, Fence)) for op in asked):
        offset = abs(offset)
    assert in_c(asked.prepare().at(8 * offset), world) == in_python(asked.rebased(8 * offset), world)


@given(asked=asked_for, world=worlds)
def test_given_its_values_apart_they_agree(asked: Batch, world: World) -> None:
    """A prepared batch that is given all its values does what the batch made with these values does."""
    values = [value for op in asked for value in constants(op)]
    bare = Batch(map(cleared, asked)).prepare().at(0, values)
    assert in_c(bare, world) == in_python(asked, world)


@given(asked=asked_for, world=worlds)
async def test_run_gives_what_interpret_gives(asked: Batch, world: World) -> None:
    """Through `run`, on a window, the engine in C is used and the results are the twin's."""
    memory = world.memory()
    still = Batch(op for op in asked if not isinstance(op, (Poll, Delay)))
    results = await run(still, world.window(memory))
    assert (results, memory) == in_python(still, world)


@given(asked=asked_for)
def test_programs_are_the_same_bytes(asked: Batch) -> None:
    """Both engines pack the same bytes, and the sums of a program are those of its batch."""
    assert _engine.pack(asked.operations) == pack(asked)
    program = _engine.Program(pack(asked))
    assert (program.reads, program.writes) == count_accesses(asked.operations)
    assert program.accesses == program.reads + program.writes
    assert program.operations == len(asked)
    assert program.values == sum(len(constants(op)) for op in asked)
    assert program.words == sum(op.count if isinstance(op, ReadBurst) else 1 for op in asked)
    assert program.waits == any(isinstance(op, (Poll, Delay)) for op in asked)
    touched = [op for op in asked if not isinstance(op, (Delay, Fence))]
    assert program.align == max((op.width for op in touched), default=0)
    assert program.low == min((op.address for op in touched), default=0)


def verdict(judge: Callable[[bytes], object], packed: bytes) -> str:
    """Return what is said of a program, or nothing when it is one."""
    try:
        judge(packed)
    except ValueError as problem:
        return str(problem)
    return ""


bytes_of_places = st.sampled_from([0, 1, 2, 3, 4, 7, 8, 9, 0x10, 0x7F, 0x80, 0xF0, 0xFF]) | st.integers(0, 255)


@given(
    asked=asked_for,
    edits=st.lists(st.tuples(st.integers(0, 39), st.integers(0, 8), bytes_of_places), max_size=3),
    cut=st.sampled_from([None] * 9 + [-1]),
)
def test_they_refuse_the_same_bytes(asked: Batch, edits: list[tuple[int, int, int]], cut: int | None) -> None:
    """Of a program with some bytes changed both say the same: that it is one, or in which place it is none, and why."""
    packed = bytearray(pack(asked))
    for place, record, byte in edits:
        at = HEADER.size + record * RECORD.size + place
        packed[min(at, len(packed) - 1)] = byte
    edited = bytes(packed[:cut])
    assert verdict(_engine.Program, edited) == verdict(unpack, edited)


@given(packed=st.binary(max_size=100) | st.binary(max_size=100).map(lambda rest: b"FLP1" + rest))
def test_they_refuse_the_same_noise(packed: bytes) -> None:
    """Of any bytes both say the same."""
    assert verdict(_engine.Program, packed) == verdict(unpack, packed)


@pytest.mark.parametrize("kind", [st.just(ReadBurst), st.just(WriteBurst)])
@given(data=st.data())
def test_bursts_that_wrap_are_refused_alike(kind: st.SearchStrategy[type[Operation]], data: st.DataObject) -> None:
    """Counts and strides whose product leaves 64 bits are found by both."""
    high = st.sampled_from([0, 1, 2**31, 2**32 - 1, 2**61, 2**63, 2**64 - 8])
    number = KINDS.index(data.draw(kind)) + 1
    count = (
        data.draw(st.sampled_from([0, 1, 2, 3, 2**31, 2**32 - 1]))
        if number == 8
        else data.draw(st.sampled_from([0, 2]))
    )
    record = RECORD.pack(number, 8, 0, 0, count, data.draw(high) & ~7, data.draw(high) & ~7, 0, 0.0)
    words = count if number == 9 else 0
    packed = HEADER.pack(b"FLP1", 1, words) + record + bytes(8 * words)
    assert verdict(_engine.Program, packed) == verdict(unpack, packed)


@pytest.mark.parametrize("engine", ["c", "python"])
@pytest.mark.parametrize(("counts", "index"), [([2**32 - 1], 1), ([2**20 + 1], 1), ([2**20 - 1, 2], 2), ([2**40], 1)])
async def test_bursts_without_bound_are_refused_alike(
    counts: list[int], index: int, engine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A batch that reads more than 2**20 words in bursts is Denied whole, by either engine, before the first access."""
    monkeypatch.setattr(transports.engine, "ENGINE", engine)
    memory = bytearray(16)
    asked: list[Operation] = [Write(8, 1), *(ReadBurst(0, count, stride=0) for count in counts)]
    results = await run(Batch(asked), Window(memory))
    reason = f"{sum(counts)} words read in bursts; a batch reads 1048576 at most"
    assert results == Results((), Denied(reason, address=0, index=index))
    assert memory == bytes(16)
    assert (await run(Batch([ReadBurst(8, 2**20, stride=0)]), Window(memory))).values == ((0,) * 2**20,)


@pytest.mark.parametrize("engine", ["c", "python"])
@pytest.mark.parametrize("base", [0, 0x8000_0000])
async def test_both_keep_the_contract(
    engine: str, base: int, monkeypatch: pytest.MonkeyPatch, autojump_clock: object
) -> None:
    """Over memory, the conformance suite passes on either engine."""
    monkeypatch.setattr(transports.engine, "ENGINE", engine)

    async def make() -> Transport:
        return MemoryTransport(0x1000, base)

    await check_transport(make, base=base, size=0x1000)
