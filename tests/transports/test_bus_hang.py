"""A batch that is out for too long: the device, the link, or we ourselves; and what may be concluded."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
import trio
import trio.testing
from attrs import define, field

from transports.base import Capabilities, Transport
from transports.batch import Batch, Delay, Operation, Poll, Read, Results, Write, batch
from transports.bus import Bus, Culprit, Diagnosis, Heard
from transports.bus.hang import IDENTITY_S, PING_S
from transports.errors import (
    BusFault,
    DeviceLost,
    Indeterminate,
    TransportError,
    Unavailable,
)

IDENTITY = Read(0x80)
DEADLINE_S = 0.5
WORD = 0x1DE0


@define(eq=False)
class Silent:
    """A device that answers nothing but its identity, and that only as told; seconds are those of its answers."""

    identity_s: float = 0.01
    identity: Results = field(factory=lambda: Results((WORD,)))
    asked: list[Operation] = field(factory=list[Operation])
    answers_s: float = 1e9
    access_s: float = 0.0

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(round_trip_s=1e-3, access_s=self.access_s)

    async def execute(self, batch: Batch) -> Results:
        self.asked += batch.operations
        if batch.operations == (IDENTITY,):
            await trio.sleep(self.identity_s)
            return self.identity
        waits_s = sum(op.seconds for op in batch if isinstance(op, Delay))
        await trio.sleep(waits_s or self.answers_s)
        return Results([None if isinstance(op, (Delay, Write)) else 1 for op in batch])

    async def aclose(self) -> None:
        raise AssertionError("the bus does not own its transport")


@define(eq=False)
class Linked(Silent):
    """The same behind a link."""

    ping_s: float = 0.001
    broken: bool = False

    async def ping(self) -> None:
        await trio.sleep(self.ping_s)
        if self.broken:
            raise Unavailable("the cable", over=True)


async def ask(transport: Transport, *ops: Operation, identity: Read | None = IDENTITY) -> tuple[Results, Diagnosis]:
    """Submit a batch and return what is concluded."""
    bus = Bus(transport, identity=identity, deadline_s=DEADLINE_S)
    results = await bus.submit(batch(*ops))
    assert bus.diagnosis is not None
    assert bus.in_flight == 0
    assert (bus.dead is not None) == isinstance(results.error, DeviceLost)
    return results, bus.diagnosis


async def test_a_link_that_is_silent_is_at_fault(autojump_clock: object) -> None:
    """No answer to a ping: the link; the device is not asked, and what had left may have been done."""
    transport = Linked(ping_s=1e9)
    results, found = await ask(transport, Write(0, 1))
    assert found == Diagnosis(
        culprit=Culprit.LINK, out_s=DEADLINE_S + PING_S, deadline_s=DEADLINE_S, late_s=0.0, link=Heard.SILENT
    )
    assert isinstance(results.error, Indeterminate)
    assert results.error.reason.startswith(
        "no answer for 1.5 s, and 0.5 s were given; the link did not answer, the device was not asked, "
        "our event loop was 0 s late: the link is at fault"
    )
    assert IDENTITY not in transport.asked
    assert (await ask(Linked(broken=True), Read(0)))[1].culprit is Culprit.LINK


async def test_a_device_that_is_silent_behind_a_link_that_is_not_is_lost(autojump_clock: object) -> None:
    """The link answers and the identity register does not: the device is lost, and the bus with it."""
    results, found = await ask(Linked(identity_s=1e9), Read(0))
    assert isinstance(results.error, DeviceLost)
    assert (found.culprit, found.link, found.device, found.lost) == (
        Culprit.DEVICE, Heard.ANSWERED, Heard.SILENT, True,
    )  # fmt: skip
    assert trio.current_time() == pytest.approx(DEADLINE_S + 0.001 + IDENTITY_S)


@pytest.mark.parametrize(
    ("said", "culprit", "error"),
    [
        (Results((0xFFFF_FFFF,)), Culprit.DEVICE, DeviceLost),
        (Results((), DeviceLost("unplugged")), Culprit.DEVICE, DeviceLost),
        (Results((WORD,)), Culprit.DEVICE, Indeterminate),
        (Results((), BusFault("slave error")), Culprit.DEVICE, Indeterminate),
        (Results((), Unavailable("the cable", over=True)), Culprit.LINK, Indeterminate),
    ],
)
async def test_what_the_device_says_decides(
    said: Results, culprit: Culprit, error: type[TransportError], autojump_clock: object
) -> None:
    """All ones or its loss end the bus; an answer means that a block hangs: look before a retry, and go on."""
    results, found = await ask(Linked(identity=said), Write(0, 1), Read(0))
    assert found.culprit is culprit
    assert type(results.error) is error


async def test_nobody_can_tell_where_nobody_can_be_asked(autojump_clock: object) -> None:
    """Without a ping and an identity the answer is that there is none; with a silent identity alone as well."""
    for transport, identity in ((Silent(), None), (Silent(identity_s=1e9), IDENTITY)):
        results, found = await ask(transport, Read(0), identity=identity)
        assert (found.culprit, found.lost) == (Culprit.UNKNOWN, False)
        assert isinstance(results.error, Indeterminate)
    results, found = await ask(Linked(), Read(0), identity=None)
    assert (found.culprit, found.device) == (Culprit.DEVICE, Heard.NOT_ASKED)


async def test_a_batch_that_only_waits_does_nothing(autojump_clock: object) -> None:
    """A batch without an access is Unavailable when it is given up: a retry is safe."""

    class Deaf(Linked):
        async def execute(self, batch: Batch) -> Results:
            return await super().execute(batch if batch.operations == (IDENTITY,) else Batch((Read(0),)))

    results, _ = await ask(Deaf(), Delay(0.1))
    assert isinstance(results.error, Unavailable)


async def test_what_a_batch_waits_for_is_not_counted(autojump_clock: object) -> None:
    """The deadline of a batch begins behind its own delays and polls; within it nobody is asked."""
    transport = Linked()
    bus = Bus(transport, identity=IDENTITY, deadline_s=DEADLINE_S)
    assert (await bus.submit(batch(Delay(100.0)))).error is None
    found = [bus.diagnosis]
    start_s = trio.current_time()
    await bus.submit(batch(Poll(0, 1, 1, timeout_s=30.0)))
    found.append(bus.diagnosis)
    assert [each is None for each in found] == [True, False]
    assert trio.current_time() - start_s == pytest.approx(30.0 + DEADLINE_S + 0.001 + 0.01)


async def test_an_answer_within_its_time_is_not_asked_about(autojump_clock: object) -> None:
    """A slow answer before the deadline is an answer; a submit may have a deadline of its own."""
    transport = Linked(answers_s=DEADLINE_S * 0.9)
    bus = Bus(transport, deadline_s=DEADLINE_S)
    assert (await bus.submit(batch(Read(0)))).values == (1,)
    assert bus.diagnosis is None
    assert isinstance((await bus.submit(batch(Read(0)), deadline_s=0.1)).error, Indeterminate)
    assert bus.diagnosis is not None


async def test_when_we_are_late_the_batch_has_its_time_again(mock_clock: trio.testing.MockClock) -> None:
    """An event loop that slept over the deadline is our own fault: nothing is stopped, and the answer is taken."""
    transport = Linked(answers_s=DEADLINE_S * 20.4)
    bus = Bus(transport, deadline_s=DEADLINE_S)
    found: list[Results] = []

    async def one() -> None:
        found.append(await bus.submit(batch(Write(0, 1))))

    async with trio.open_nursery() as nursery:
        nursery.start_soon(one)
        await trio.testing.wait_all_tasks_blocked()
        mock_clock.jump(DEADLINE_S * 20)
        await trio.testing.wait_all_tasks_blocked()
        assert bus.diagnosis is not None
        assert bus.diagnosis.culprit is Culprit.US
        assert bus.diagnosis.late_s == pytest.approx(DEADLINE_S * 19)
        assert found == []
        mock_clock.jump(DEADLINE_S * 0.5)
    assert found[0].error is None


@define(eq=False)
class Gathered(Linked):
    """Carries several batches at once, silently."""

    async def execute_all(self, batches: Sequence[Batch]) -> Sequence[Results]:
        await trio.sleep_forever()
        raise AssertionError("slept for ever")


async def test_each_of_a_flight_is_told_by_what_it_holds(autojump_clock: object) -> None:
    """Of a flight that hangs, each batch has its own conclusion, and those behind it go on."""
    transport = Gathered(answers_s=0.01)
    bus = Bus(transport, identity=IDENTITY, deadline_s=DEADLINE_S)
    found: dict[str, Results] = {}

    async def one(name: str, work: Batch) -> None:
        found[name] = await bus.submit(work, owner=name)

    async with trio.open_nursery() as nursery:
        for name, work in {"first": batch(Read(0)), "a": batch(Read(0)), "b": batch(), "c": batch(Write(0, 1))}.items():
            nursery.start_soon(one, name, work)
            await trio.testing.wait_all_tasks_blocked()
    kinds = {name: type(results.error) for name, results in found.items()}
    assert kinds == {"first": type(None), "a": Indeterminate, "b": Unavailable, "c": Indeterminate}
    assert (await bus.submit(batch(Read(0)))).values == (1,)


async def test_a_kill_while_somebody_asks_is_a_kill(autojump_clock: object) -> None:
    """A bus that is killed while the device is asked asks no more, and all it held is lost."""
    transport = Linked(identity_s=0.9)
    bus = Bus(transport, identity=IDENTITY, deadline_s=DEADLINE_S)
    found: list[Results] = []

    async def one() -> None:
        found.append(await bus.submit(batch(Read(0))))

    async with trio.open_nursery() as nursery:
        nursery.start_soon(one)
        await trio.sleep(DEADLINE_S + 0.1)
        assert transport.asked[-1] == IDENTITY
        bus.kill("reset")
    assert found == [Results((), DeviceLost("reset"))]
    assert trio.current_time() == pytest.approx(DEADLINE_S + 0.1)


async def test_what_a_transport_raises_comes_through_a_deadline(autojump_clock: object) -> None:
    """A transport's own fault is raised as it is, not in a group, also where a watch is kept."""

    class Faulty(Linked):
        async def execute(self, batch: Batch) -> Results:
            await trio.lowlevel.checkpoint()
            raise ZeroDivisionError("a model")

    bus = Bus(Faulty(), deadline_s=DEADLINE_S)
    with pytest.raises(ZeroDivisionError, match="a model"):
        await bus.submit(batch(Read(0)))
    assert bus.in_flight == 0
