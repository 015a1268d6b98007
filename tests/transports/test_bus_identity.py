"""All ones: believed when the identity register holds something else, and the end of the bus when it does not."""

from __future__ import annotations

import pytest
import trio
import trio.testing
from attrs import define
from hypothesis import given
from hypothesis import strategies as st

from tests.transports.rounds import KINDS, SHARED, TRIP_S, Dear, Near
from transports.batch import (
    WIDTHS,
    Batch,
    Check,
    Delay,
    Modify,
    Operation,
    Poll,
    Read,
    ReadBurst,
    Results,
    Write,
    batch,
    ones,
)
from transports.bus import Bus, Record
from transports.bus.identity import first_ones
from transports.errors import (
    BusFault,
    CheckFailed,
    Denied,
    DeviceLost,
    Indeterminate,
    PollTimeout,
    TransportError,
    Unavailable,
)

IDENTITY = Read(0x80)
ONES = 0xFFFF_FFFF


@define
class Removable:
    """A port in front of a memory that can be pulled out, and then reads as ones."""

    near: Near
    there: bool = True
    reads: int = 0
    writes: int = 0
    after: int | None = None  # accesses until it is pulled out

    def _gone(self) -> bool:
        if self.after is not None and self.reads + self.writes > self.after:
            self.there = False
        return not self.there

    def read(self, address: int, width: int) -> int:
        self.reads += 1
        return ones(width) if self._gone() else self.near.window.read(address, width)

    def write(self, address: int, value: int, width: int, strobes: int | None) -> None:
        self.writes += 1
        if not self._gone():
            self.near.window.write(address, value, width, strobes)


def removable(kind: type[Near]) -> tuple[Bus, Near, Removable]:
    transport = kind()
    transport.window.write(IDENTITY.address, 0x1DE0, 4, None)
    port = transport.port = Removable(transport)
    return Bus(transport, identity=IDENTITY), transport, port


@KINDS
async def test_ones_of_a_device_that_is_there_are_believed(kind: type[Near], autojump_clock: object) -> None:
    """A register that holds all ones costs one more read, of the identity, and is what it is."""
    bus, _, port = removable(kind)
    results = await bus.submit(batch(Write(0, ONES), Read(0), Read(4)))
    assert results.values == (None, ONES, 0)
    assert (bus.dead, port.reads) == (None, 3)
    assert (bus.statistics.reads, bus.statistics.round_trips) == (2, 2)
    await bus.submit(batch(Read(4)))
    assert (port.reads, bus.statistics.round_trips) == (4, 3)


LOOKS: list[tuple[Operation, int]] = [
    (Read(0), 1),
    (Read(0, width=1), 1),
    (Modify(0, 1, 0), 1),
    (Check(0, 1, 1), 1),
    (Check(0, 1, 0), 1),
    (Poll(0, 1, 1, timeout_s=0.01), 1),
    (Poll(0, 1, 0, timeout_s=0.0), 1),
    (ReadBurst(0, 3), 3),
]


@KINDS
@pytest.mark.parametrize(("op", "reads"), LOOKS, ids=lambda each: repr(each)[:40])
async def test_ones_of_a_device_that_is_gone_end_the_bus(
    kind: type[Near], op: Operation, reads: int, autojump_clock: object
) -> None:
    """Whatever read them, all ones are the loss of a device whose identity is all ones too; then nothing leaves."""
    bus, _, port = removable(kind)
    records: list[Record] = []
    bus.observe(records.append)
    port.there = False
    results = await bus.submit(batch(Write(8, 1), op, Write(8, 2)))
    assert results.values == (None,)
    assert isinstance(results.error, DeviceLost)
    assert (results.error.index, results.error.address) == (1, 0)
    assert "the identity register at 0x80 reads 0xffffffff as well: the device is gone" in results.error.reason
    assert records[0].results is results
    assert port.reads == reads + 1
    before = port.reads + port.writes
    assert isinstance((await bus.submit(batch(Read(0)))).error, DeviceLost)
    assert port.reads + port.writes == before
    assert bus.dead is not None


@SHARED
async def test_of_a_flight_what_came_before_the_loss_stands(kind: type[Near], autojump_clock: object) -> None:
    """Of a device pulled out in the middle of a flight, what was read before stands; all from there on is lost."""
    bus, _, port = removable(kind)
    found: dict[int, Results] = {}

    async def one(number: int) -> None:
        found[number] = await bus.submit(batch(Read(8 * number), Read(8 * number)), owner=str(number))

    async with trio.open_nursery() as nursery:
        for number in range(5):
            nursery.start_soon(one, number)
            await trio.testing.wait_all_tasks_blocked()
        port.after = 5
    assert [found[number].values for number in range(5)] == [(0, 0), (0, 0), (0,), (), ()]
    assert [type(found[number].error) for number in range(2, 5)] == [DeviceLost] * 3
    assert bus.statistics.reads == 10


async def test_a_batch_that_is_killed_while_it_is_doubted_is_not_believed(autojump_clock: object) -> None:
    """Ones that nobody could confirm are not results."""
    bus, transport, port = removable(Dear)
    port.there = False
    found: list[Results] = []

    async def one() -> None:
        found.append(await bus.submit(batch(Read(0))))

    async with trio.open_nursery() as nursery:
        nursery.start_soon(one)
        await trio.sleep(1.5 * TRIP_S)
        assert len(transport.flights) == 2
        bus.kill("reset")
    assert found == [Results((), DeviceLost("reset"))]
    assert port.reads == 1


@given(
    st.lists(st.tuples(st.sampled_from(WIDTHS), st.sampled_from([0, 1, 0xFF, 0xFFFF, ONES, ones(8)])), max_size=8),
    st.sampled_from([None, CheckFailed("x", last=ONES), PollTimeout("x", last=1), CheckFailed("x", last=ones(8))]),
)
def test_the_first_that_read_ones_is_found(pairs: list[tuple[int, int]], error: CheckFailed | None) -> None:
    """The first operation whose word is all ones of its own width is found, also where it failed for it."""
    ops: list[Operation] = [Delay(0.0), *(Read(0, width=width) for width, _ in pairs), Check(0, 1, 0)]
    read = [value & ones(width) for width, value in pairs]
    wanted = [1 + at for at, (width, _) in enumerate(pairs) if read[at] == ones(width)]
    wanted += [len(ops) - 1] if error is not None and error.last == ONES else []
    found = first_ones(Batch(ops), Results((None, *read), error))
    assert found == (wanted[0] if wanted else None)


UNREADABLE = pytest.mark.parametrize(
    "error", [Unavailable("no link", over=True), Denied("not now"), Indeterminate("no answer"), BusFault("no")]
)


@KINDS
@UNREADABLE
async def test_ones_are_not_believed_while_the_identity_cannot_be_read(
    kind: type[Near], error: TransportError, autojump_clock: object
) -> None:
    """Where the identity register brings no word, all ones are neither a value nor the end of the bus: not known."""
    bus, transport, _ = removable(kind)
    transport.window.write(0, ONES, 4, None)
    transport.errors = {1: error}
    results = await bus.submit(batch(Write(8, 1), Read(0), Write(8, 2)))
    reason = f"all ones were read, and the identity register at 0x80 could not be read: {error}"
    assert results == Results((None,), Indeterminate(reason, address=0, index=1))
    assert bus.dead is None
    assert (await bus.submit(batch(Read(0)))).values == (ONES,)


@SHARED
@UNREADABLE
async def test_of_a_flight_only_what_read_ones_is_not_known(
    kind: type[Near], error: TransportError, autojump_clock: object
) -> None:
    """In a flight with unread identity, a batch without all ones stands, before and behind one that has them."""
    bus, transport, _ = removable(kind)
    transport.window.write(0, ONES, 4, None)
    transport.errors = {1: error}
    asked = [(batch(Read(address), Read(4)), str(number), 0.0) for number, address in enumerate((4, 0, 8))]
    before, struck, after = await bus.submit_all(asked)
    assert (before.values, struck.values, after.values) == ((0, 0), (), (0, 0))
    assert isinstance(struck.error, Indeterminate)
    assert before.error is after.error is bus.dead is None
