"""Flights that fail: kill, fence, loss and refusal are of those that they strike."""

from __future__ import annotations

from collections.abc import Sequence

import anyio
import pytest
import trio
import trio.testing
from attrs import frozen

from tests.transports.rounds import KINDS, SHARED, SIZE, TRIP_S, Dear, Gather, Near
from transports.batch import (
    Batch,
    Operation,
    Read,
    Results,
    Write,
    batch,
)
from transports.bus import Bus, Record
from transports.engine import Window
from transports.errors import (
    BusFault,
    Denied,
    DeviceLost,
    Indeterminate,
    TransportError,
    Unavailable,
)


@KINDS
async def test_nothing_leaves_the_queue_after_kill(kind: type[Near], autojump_clock: object) -> None:
    """After kill, of a flight and of all that waits, not one access reaches the device; each is DeviceLost."""
    transport = kind()
    transport.trip_s = TRIP_S
    bus = Bus(transport)
    found: list[Results] = []

    async def one(number: int) -> None:
        found.append(await bus.submit(batch(Write(4 * number, 1)), owner=str(number % 3)))

    async with trio.open_nursery() as nursery:
        for number in range(12):
            nursery.start_soon(one, number)
        await trio.sleep(1.5 * TRIP_S)
        entered = len(transport.flights)
        landed = [transport.window.read(4 * number, 4) for number in range(12)]
        bus.kill("reset of the chip")
    assert [type(results.error) for results in found].count(DeviceLost) == 11
    assert len(transport.flights) == entered
    assert [transport.window.read(4 * number, 4) for number in range(12)] == landed
    assert sum(landed) == 1


@SHARED
async def test_epochs_do_not_share_a_flight(kind: type[Near], autojump_clock: object) -> None:
    """A fence stops the batches of an older epoch, in a flight or waiting, and no other."""
    bus = Bus(kind())
    found: dict[str, Results] = {}

    async def one(name: str, epoch: int | None) -> None:
        found[name] = await bus.submit(batch(Write(0, 1)), owner=name, epoch=epoch)

    async with trio.open_nursery() as nursery:
        for name, epoch in {"first": None, "old1": 0, "old2": 0, "any": None, "old3": 0}.items():
            nursery.start_soon(one, name, epoch)
            await trio.testing.wait_all_tasks_blocked()
        await trio.sleep(1.5 * TRIP_S)
        assert bus.in_flight == 2
        bus.fence()
    kinds = {name: type(results.error) for name, results in found.items()}
    assert kinds == {"first": type(None), "any": type(None), "old1": Denied, "old2": Denied, "old3": Denied}


@frozen
class Broken:
    """Memory where address 4 answers with an error."""

    window: Window
    error: TransportError

    def read(self, address: int, width: int) -> int:
        if address == 4:
            raise self.error
        return self.window.read(address, width)

    def write(self, address: int, value: int, width: int, strobes: int | None) -> None:
        self.window.write(address, value, width, strobes)


async def fly_over(kind: type[Near], error: TransportError) -> tuple[Bus, Near, dict[str, Results]]:
    """Have four batches in one flight, of which the second is answered with an error."""
    transport = kind()
    transport.port = Broken(transport.window, error)
    bus = Bus(transport)
    found: dict[str, Results] = {}

    async def one(name: str, ops: Sequence[Operation]) -> None:
        found[name] = await bus.submit(Batch(ops), owner=name)

    async with trio.open_nursery() as nursery:
        for name, ops in {
            "first": (Write(0, 1),),
            "before": (Write(8, 2),),
            "struck": (Write(12, 3), Read(4), Write(12, 4)),
            "after": (Write(16, 5), Read(16)),
            "last": (Write(20, 6),),
        }.items():
            nursery.start_soon(one, name, ops)
            await trio.testing.wait_all_tasks_blocked()
    return bus, transport, found


@SHARED
@pytest.mark.parametrize("error", [BusFault("no"), Unavailable("no"), Indeterminate("no"), Denied("no")])
async def test_a_failure_is_of_its_batch_alone(kind: type[Near], error: TransportError, autojump_clock: object) -> None:
    """An error stops its batch where it struck, with its place in that batch; all others bring what they would."""
    bus, transport, found = await fly_over(kind, error)
    assert found["struck"] == Results((None,), error.at(index=1, address=4))
    assert [found[name].values for name in ("first", "before", "after", "last")] == [
        (None,),
        (None,),
        (None, 5),
        (None,),
    ]
    assert [transport.window.read(address, 4) for address in (0, 8, 12, 16, 20)] == [1, 2, 3, 5, 6]
    assert bus.dead is None


async def test_a_loss_is_the_loss_of_all_that_follows(autojump_clock: object) -> None:
    """A batch that finds the device lost ends the bus: what shares its flight is lost after it, and nothing leaves."""
    bus, transport, found = await fly_over(Dear, DeviceLost("unplugged"))
    assert found["before"].error is None
    assert [type(found[name].error) for name in ("struck", "after", "last")] == [DeviceLost] * 3
    assert [transport.window.read(address, 4) for address in (0, 8, 12, 16, 20)] == [1, 2, 3, 0, 0]
    assert (bus.dead, transport.flights) == (DeviceLost("unplugged"), [1, 1])


@pytest.mark.parametrize("error", [Denied("too long"), Unavailable("busy")])
async def test_what_is_refused_together_is_tried_alone(error: TransportError, autojump_clock: object) -> None:
    """Where batches are refused for being one, each goes by itself."""
    transport = Dear()
    transport.errors = {1: error, 3: error}
    bus = Bus(transport)
    found: list[Results] = []

    async def one(number: int) -> None:
        found.append(await bus.submit(batch(Write(0, number), Read(0)), owner=str(number)))

    async with trio.open_nursery() as nursery:
        for number in range(4):
            nursery.start_soon(one, number)
            await trio.testing.wait_all_tasks_blocked()
    assert sorted(results.values for results in found if results.error is None) == [(None, 0), (None, 1), (None, 3)]
    assert [results.error for results in found if results.error is not None] == [error]
    assert bus.statistics.round_trips == 5


@pytest.mark.parametrize("error", [Indeterminate("gone"), Unavailable("gone", over=True), DeviceLost("gone")])
async def test_an_error_without_a_place_is_of_all(error: TransportError, autojump_clock: object) -> None:
    """Where nobody knows how far a flight came, nothing of it is tried again."""
    transport = Dear()
    transport.errors = {1: error}
    bus = Bus(transport)
    found: list[Results] = []

    async def one(number: int) -> None:
        found.append(await bus.submit(batch(Write(0, number)), owner=str(number)))

    async with trio.open_nursery() as nursery:
        for number in range(4):
            nursery.start_soon(one, number)
            await trio.testing.wait_all_tasks_blocked()
    assert [results.error for results in found] == [None, error, error, error]
    assert transport.flights == [1, 1]


async def test_a_transport_that_brings_too_few_results_is_at_fault(autojump_clock: object) -> None:
    """Its error is raised where the flight was led; the others know that nothing is known, and the bus goes on."""
    transport = Gather()

    async def none(batches: Sequence[Batch]) -> Sequence[Results]:
        await anyio.sleep(TRIP_S)
        return []

    bus = Bus(transport)
    found: list[Results] = []

    async def one(number: int) -> None:
        found.append(await bus.submit(batch(Read(0)), owner=str(number)))

    async def leads() -> None:
        with pytest.raises(ValueError, match="Gather brought 0 results of 2 batches"):
            await one(1)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(one, 0)
        await trio.testing.wait_all_tasks_blocked()
        transport.__dict__["execute_all"] = none
        nursery.start_soon(leads)
        await trio.testing.wait_all_tasks_blocked()
        nursery.start_soon(one, 2)
    assert [type(results.error) for results in found] == [type(None), Indeterminate]
    assert (await bus.submit(batch(Read(0)))).error is None


@SHARED
async def test_an_observer_that_raises_keeps_no_loss_back(kind: type[Near], autojump_clock: object) -> None:
    """Before anybody is told of a flight all of it is counted, and the bus is dead if the device was lost in it."""
    transport = kind()
    transport.port = Broken(transport.window, DeviceLost("unplugged"))
    bus = Bus(transport)
    told: list[str] = []

    def observe(record: Record) -> None:
        told.append(record.owner)
        assert bus.statistics.batches == 3
        raise ArithmeticError(record.owner)

    bus.observe(observe)
    with pytest.raises(ArithmeticError, match="before"):
        await bus.submit_all(
            [(batch(Read(at)), name, 0.0) for name, at in (("before", 0), ("struck", 4), ("after", 8))]
        )
    assert told == ["before"]
    assert bus.dead is not None
    entered = len(transport.flights)
    assert isinstance((await bus.submit(batch(Read(0)))).error, DeviceLost)
    assert len(transport.flights) == entered


class Hasty(Dear):
    """Refuses what is outside when four operations are done already."""

    async def run(self, batch: Batch) -> Results:
        index = next((at for at, op in enumerate(batch) if op == Read(SIZE)), None)
        if index is None:
            return await super().run(batch)
        did = await super().run(Batch(batch.operations[: min(index, 4)]))
        return Results(did.values, Denied("outside", address=SIZE, index=index))


async def test_a_refusal_out_of_turn_is_of_its_batch_as_well(autojump_clock: object) -> None:
    """A failure told behind where a transport stopped is of its own batch; one begun is not known, others are whole.

    The contract is that an error is of the operation behind the values; whoever breaks it harms no other batch.
    """
    works: tuple[list[Operation], ...] = (
        [Read(0)], [], [Write(4, 1), Write(4, 2)], [Read(4), Write(8, 1)], [Read(SIZE)], [Write(12, 1), Read(4)],
    )  # fmt: skip
    asked = [(Batch(ops), str(number), 0.0) for number, ops in enumerate(works)]
    transport = Hasty()
    came = await Bus(transport).submit_all(asked)
    assert [results.values for results in came] == [(0,), (), (None, None), (2,), (), (None, 2)]
    assert [type(results.error) for results in came if results.error] == [Indeterminate, Denied]
    assert came[4].error == Denied("outside", address=SIZE, index=0)
    assert len(transport.flights) == 2
