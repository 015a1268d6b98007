"""Several transports as one address space: the contract holds across their borders, and holes are named."""

from __future__ import annotations

from collections.abc import Sequence

import anyio
import pytest
from attrs import define, field
from hypothesis import given
from hypothesis import strategies as st

from transports.base import Capabilities, Judge, Judgement, Notifier, Pinging, Resettable, Transport
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
from transports.bus import Bus, Culprit
from transports.conformance import check_transport
from transports.engine import Region, run
from transports.errors import BusFault, CheckFailed, Denied, DeviceLost, Unavailable
from transports.memory import MemoryTransport
from transports.route import Route, RoutedTransport, routed

BASE = 0x1000


@define(eq=False)
class Part:
    """Memory behind a range that notes what it was asked, and faults at one address of its own."""

    size: int = 0x40
    base: int = 0
    widths: frozenset[int] = frozenset({1, 2, 4, 8})
    fault: int | None = None
    asked: list[Batch] = field(factory=list[Batch])
    closed: int = 0
    memory: bytearray = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.memory = bytearray(self.size)

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(widths=self.widths, strobes=True, burst=True, real_time=False, access_s=self.size * 1e-9)

    def read(self, address: int, width: int) -> int:
        if self.fault is not None and address <= self.fault < address + width:
            raise BusFault("slave error")
        return int.from_bytes(self.memory[address - self.base : address - self.base + width], "little")

    def write(self, address: int, value: int, width: int, strobes: int | None) -> None:
        self.read(address, width)
        for byte in range(width):
            if strobes is None or strobes >> byte & 1:
                self.memory[address - self.base + byte] = value >> 8 * byte & 0xFF

    async def execute(self, batch: Batch) -> Results:
        self.asked.append(batch)
        return await run(batch, self, Region(self.base, self.size, widths=self.widths, strobes=True))

    async def aclose(self) -> None:
        self.closed += 1


def three() -> tuple[RoutedTransport, Part, Part, Part]:
    """Two ranges side by side, then a hole of 0x40 bytes, then a third; each transport begins at its own 0 or base."""
    one, two, far = Part(), Part(base=BASE + 0x40), Part()
    routes = (Route(far, BASE + 0xC0, 0x40, at=0), Route(one, BASE, 0x40, at=0), Route(two, BASE + 0x40, 0x40))
    return routed(*routes), one, two, far


@pytest.mark.parametrize("backend", ["trio", "asyncio"])
def test_ranges_side_by_side_keep_the_contract(backend: str) -> None:
    """Memory cut into three ranges, two of them moved, passes check_transport; bursts cross the borders."""

    async def make() -> Transport:
        return routed(
            Route(MemoryTransport(0x28), BASE, 0x28, at=0),
            Route(MemoryTransport(0x58, BASE + 0x28), BASE + 0x28, 0x58),
            Route(MemoryTransport(0x1000), BASE + 0x80, 0x380, at=0x400),
        )

    anyio.run(lambda: check_transport(make, base=BASE, size=0x400), backend=backend)


@st.composite
def operations(draw: st.DrawFn) -> Operation:
    """Draw an operation on the first two ranges, or a burst that runs out of them."""
    place = BASE + 4 * draw(st.integers(0, 0x7F // 4))
    word, mask = draw(st.integers(0, 0xFFFF_FFFF)), draw(st.integers(0, 0xFFFF_FFFF))
    stride = draw(st.sampled_from([None, 0, 8, 12]))
    kinds: list[Operation] = [
        Read(place),
        Write(place, word),
        Modify(place, mask, word & mask),
        Check(place, draw(st.sampled_from([0, 0, 0, 1])), 0),
        Poll(place, 0, 0, timeout_s=0.0),
        ReadBurst(place, draw(st.integers(0, 6)), stride=stride),
        WriteBurst(place, [word ^ number for number in range(draw(st.integers(0, 6)))], stride=stride),
        Fence(),
        Delay(0.0),
    ]
    return draw(st.sampled_from(kinds))


@given(
    works=st.lists(st.lists(operations(), max_size=8).map(Batch), max_size=5),
    fault=st.one_of(st.none(), st.integers(0, 0x7F)),
)
def test_cut_or_whole_a_batch_does_the_same(works: list[Batch], fault: int | None) -> None:
    """Over two ranges a batch brings, leaves and fails as it does over one memory of both, but for the end of it."""
    whole = Part(0x80, BASE, fault=None if fault is None else BASE + fault)
    space, one, two, _ = three()
    if fault is not None:
        one.fault, two.fault = (fault, None) if fault < 0x40 else (None, BASE + fault)

    async def main() -> None:
        for work in works:
            wanted, got = await whole.execute(work), await space.execute(work)
            if isinstance(wanted.error, Denied):  # beyond the one memory is a hole; in a hole is a hole
                assert isinstance(got.error, Denied)
                assert (got.values, got.error.index) == ((), wanted.error.index)
            else:
                assert got == wanted
            assert bytes(one.memory + two.memory) == bytes(whole.memory)

    anyio.run(main)


async def test_a_batch_is_cut_where_the_range_changes() -> None:
    """Operations of one range go together, in order, at the addresses of its transport; what waits goes with them."""
    space, one, two, far = three()
    work = batch(
        Delay(0.0), Write(BASE, 1), Fence(), Read(BASE), Read(BASE + 0x40), Fence(), Read(BASE + 0xC4), Read(BASE + 8)
    )
    results = await space.execute(work)
    assert results.values == (None, None, None, 1, 0, None, 0, 0)
    assert one.asked == [batch(Delay(0.0), Write(0, 1), Fence(), Read(0)), batch(Read(8))]
    assert two.asked == [batch(Read(BASE + 0x40), Fence())]
    assert far.asked == [batch(Read(4))]
    assert (await space.execute(batch())).values == ()
    assert (await space.execute(batch(Fence()))).values == (None,)


@pytest.mark.parametrize(
    ("ops", "address", "index"),
    [
        ([Write(BASE, 1), Read(BASE + 0x80)], BASE + 0x80, 1),
        ([Write(BASE, 1), Write(BASE + 0x40, 1), Read(BASE + 0xBC)], BASE + 0xBC, 2),
        ([Write(BASE, 1), Read(0)], 0, 1),
        ([Write(BASE, 1), Read(BASE + 0x100)], BASE + 0x100, 1),
        ([Write(BASE, 1), ReadBurst(BASE + 0x7C, 2)], BASE + 0x80, 1),
        ([Write(BASE, 1), WriteBurst(BASE + 0x38, (1, 2, 3), stride=0x40)], BASE + 0xB8, 1),
    ],
)
async def test_a_hole_is_named_before_the_first_access(ops: Sequence[Operation], address: int, index: int) -> None:
    """What would fall into a hole is Denied with its address and the ranges that there are, and nothing is done."""
    space, one, two, far = three()
    error = (await space.execute(Batch(ops))).error
    assert error == Denied(
        f"nothing answers at address {address:#x}; there are 0x1000..0x103f, 0x1040..0x107f, 0x10c0..0x10ff",
        address=getattr(ops[index], "address", None),
        index=index,
    )
    assert one.asked == two.asked == far.asked == []


async def test_what_one_range_cannot_do_is_refused_before_another_is_touched() -> None:
    """Widths and read-only ranges are looked at for all parts before the first leaves; the first reason is told."""
    wide, slow, fixed = Part(), Part(widths=frozenset({4})), Part()
    space = routed(Route(wide, 0, 0x40), Route(slow, 0x40, 0x40, at=0), Route(fixed, 0x80, 0x40, at=0, writable=False))
    assert space.capabilities.widths == {4}
    for op, reason in (
        (Read(0x40, width=8), "a 8-byte access: the window 0x40..0x7f has widths [4]"),
        (Write(0x80, 1), "a 4-byte write: the window 0x80..0xbf is read-only"),
    ):
        results = await space.execute(batch(Write(0, 1), op, Read(0x1000)))
        assert results == Results((), Denied(reason, address=op.address, index=1))
    assert wide.asked == slow.asked == fixed.asked == []
    assert (await space.execute(batch(Read(0, width=8), Read(0x44)))).values == (0, 0)


async def test_a_failure_is_told_in_the_addresses_of_the_space() -> None:
    """An error of a moved range comes with the index of the whole batch and the address that was asked for."""
    space, one, _, far = three()
    far.fault = 8
    results = await space.execute(batch(Read(BASE), Write(BASE + 0xC0, 1), Read(BASE + 0xC8), Write(BASE, 1)))
    assert results == Results((0, None), BusFault("slave error", address=BASE + 0xC8, index=2))
    assert one.memory == bytes(0x40)
    results = await space.execute(batch(Read(BASE + 0x40), Check(BASE + 0xC0, 1, 0)))
    assert isinstance(results.error, CheckFailed)
    assert (results.values, results.error.index, results.error.address) == ((0,), 1, BASE + 0xC0)


def narrower() -> tuple[RoutedTransport, Part, Part]:
    """Two ranges, of which the second is larger than what answers there."""
    one, two = Part(), Part()
    return routed(Route(one, 0, 0x40), Route(two, 0x1000, 0x1000, at=0)), one, two


async def test_what_only_a_transport_can_refuse_stops_a_batch_where_it_stands() -> None:
    """A part that is refused whole behind others that were done is done up to the operation that is at fault."""
    space, one, two = narrower()
    two.fault = 0x3C
    refused = Denied("a 4-byte access at address 0x800 is outside the window 0x0..0x3f", address=0x1800)
    works: list[tuple[Results, Sequence[Operation]]] = [
        (Results((0, None), refused.at(index=2)), [Read(0), Write(0x1000, 7), Read(0x1800), Write(0x1000, 8)]),
        (Results((0,), refused.at(index=1)), [Read(0), Read(0x1800)]),
        (Results((), refused.at(index=1)), [Write(0x1000, 9), Read(0x1800), Read(0)]),
        (Results((0,), BusFault("slave error", address=0x103C, index=1)), [Read(0), Read(0x103C), Read(0x1800)]),
    ]
    for wanted, work in works:
        assert await space.execute(Batch(work)) == wanted
    assert two.memory[0] == 7
    assert one.memory == bytes(0x40)


async def test_over_ranges_a_refusal_is_of_its_batch_alone(autojump_clock: object) -> None:
    """Batches that share a flight over ranges bring what they would alone, whoever is refused among them."""

    class Far(Part):
        @property
        def capabilities(self) -> Capabilities:
            return Capabilities(round_trip_s=1e-3, access_s=1e-6)

    one, two = Far(), Far()
    bus = Bus(routed(Route(one, 0, 0x40), Route(two, 0x1000, 0x1000, at=0)))
    works: tuple[Operation, ...] = (Read(0), Write(0x1000, 1), Read(0x1800), Write(0x1004, 2), Read(0x1000))
    came = await bus.submit_all([(batch(op), str(number), 0.0) for number, op in enumerate(works)])
    assert [results.values for results in came] == [(0,), (None,), (), (None,), (1,)]
    reason = "a 4-byte access at address 0x800 is outside the window 0x0..0x3f"
    assert [results.error for results in came] == [None, None, Denied(reason, address=0x1800, index=0), None, None]
    assert [len(asked) for asked in two.asked].count(1) < len(works)


async def test_a_bus_runs_over_ranges() -> None:
    """A routed transport is one like any other: a bus counts what went through it, and closing it closes each once."""
    space, one, two, far = three()
    bus = Bus(space)
    await bus.submit(batch(ReadBurst(BASE + 0x38, 4), Write(BASE + 0xC0, 1)))
    assert (bus.statistics.reads, bus.statistics.writes, bus.statistics.size_bytes) == (4, 1, 20)
    await space.aclose()
    assert (one.closed, two.closed, far.closed) == (1, 1, 1)
    both = MemoryTransport(0x100)
    space = routed(Route(both, 0, 0x40), Route(both, 0x80, 0x40))
    assert space.transports == (both,)
    await space.aclose()
    assert isinstance((await space.execute(batch(Read(0)))).error, DeviceLost)


class Ringing(MemoryTransport):
    """Memory with interrupt lines, a reset and a judgement."""

    resets = 0

    async def wait(self) -> frozenset[int]:
        await anyio.lowlevel.checkpoint()
        return frozenset({7})

    async def reset(self) -> None:
        await anyio.lowlevel.checkpoint()
        self.resets += 1

    async def judge(self) -> Judgement:
        await anyio.lowlevel.checkpoint()
        return Judgement(("late",))


async def test_the_powers_are_those_of_whoever_has_them() -> None:
    """A power of the device that one of the transports has is there, and no other."""
    plain, ringing = MemoryTransport(64), Ringing(64)
    space = routed(Route(plain, 0, 64), Route(ringing, 64, 64, at=0))
    assert isinstance(space, Notifier)
    assert isinstance(space, Resettable)
    assert isinstance(space, Judge)
    assert space.capabilities.notifier
    assert await space.wait() == {7}
    await space.reset()
    assert ringing.resets == 1
    assert (await space.judge()).violations == ("late",)
    alone = routed(Route(plain, 0, 64))
    assert not isinstance(alone, (Notifier, Resettable, Judge, Pinging))
    assert not alone.capabilities.notifier


class Linked(MemoryTransport):
    """Memory at the end of a link that answers, or not."""

    pings = 0
    broken = False

    async def ping(self) -> None:
        await anyio.lowlevel.checkpoint()
        self.pings += 1
        if self.broken:
            raise Unavailable("the cable", over=True)


async def test_a_ping_asks_every_way() -> None:
    """All transports that can be asked are asked, also while a batch is out; one that is silent is the answer."""
    one, two = Linked(64), Linked(64)
    space = routed(Route(one, 0, 64), Route(MemoryTransport(64), 64, 64, at=0), Route(two, 128, 64, at=0))
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(space.execute, batch(Poll(0, 1, 1, timeout_s=1000.0)))
        await anyio.wait_all_tasks_blocked()
        assert isinstance(space, Pinging)
        await space.ping()
        assert (one.pings, two.pings) == (1, 1)
        two.broken = True
        with pytest.raises(Unavailable, match="the cable"):
            await space.ping()
        tasks.cancel_scope.cancel()


async def test_of_a_hang_over_ranges_it_is_told_whose_it_is(autojump_clock: object) -> None:
    """A bus over ranges finds a silent link as it does over that link alone."""

    class Hung(Linked):
        async def execute(self, batch: Batch) -> Results:
            await anyio.sleep_forever()
            return Results()

    class Cut(Hung):
        async def ping(self) -> None:
            await anyio.sleep_forever()

    for transport, culprit in ((Hung(64), Culprit.DEVICE), (Cut(64), Culprit.LINK)):
        for over in (transport, routed(Route(MemoryTransport(64), 64, 64, at=0), Route(transport, 0, 64))):
            bus = Bus(over, identity=Read(8), deadline_s=0.5)
            await bus.submit(batch(Read(0)))
            assert bus.diagnosis is not None
            assert bus.diagnosis.culprit is culprit


def test_routes_that_cannot_be_are_refused() -> None:
    """Ranges that overlap, are not whole words, or are none are a ValueError that names them."""
    memory = Part()
    with pytest.raises(ValueError, match=r"routes 0x0\.\.0x3f and 0x38\.\.0x77 overlap"):
        routed(Route(memory, 0x38, 0x40), Route(memory, 0, 0x40))
    with pytest.raises(ValueError, match="one or more"):
        routed()
    for base, size, at in ((4, 8, 0), (0, 12, 0), (0, 0, 0), (0, 8, 4), (-8, 8, 0)):
        with pytest.raises(ValueError, match="multiples of 8"):
            Route(memory, base, size, at=at)
