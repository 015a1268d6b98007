"""The mailbox: how it opens and closes, what fails, and how what is received reaches its reader."""

from __future__ import annotations

from contextlib import nullcontext
from functools import partial
from math import inf
from typing import TYPE_CHECKING, Any

import pytest
from attrs import define, evolve, field
from trio.testing import MockClock

from blocks.ladder import Ladder
from blocks.mailbox.driver import FIFO_MESSAGES, SERVICE_ROUNDS_MAX, Mailbox, MailboxConfig
from blocks.mailbox.model import MailboxModel
from blocks.port import Port
from blocks.sim import SimTransport
from blocks.sim.chip import SimChip
from runtime.climb import Climbed, Plan
from runtime.fault import Cause, Fault
from transports.batch import Batch, Read, Results
from transports.bus import Bus
from transports.errors import DeviceLost, Indeterminate

if TYPE_CHECKING:
    from blocks.chip import Chip
    from registers.access import RegisterOp
    from tests.blocks.conftest import Controller, Hands, Wire
    from tests.blocks.mailbox_sensor.conftest import Climber, Powered

NAME = "mailbox[0]"


def up(block: Any) -> Ladder:
    ladder: Ladder = block.up()
    return ladder


def model_of(hands: Hands) -> MailboxModel:
    model = hands.sim.model(NAME)
    assert isinstance(model, MailboxModel)
    return model


def send(message: int, r: Any) -> RegisterOp[None]:
    op: RegisterOp[None] = r.OUT.write(data=message)
    return op


def mailbox(chip: Chip, **config: Any) -> Mailbox:
    """Return the mailbox under test anew, with another configuration: as its next controller has it."""
    block = chip.instances[NAME].block
    assert isinstance(block, Mailbox)
    return Mailbox(NAME, block.regs, evolve(block.config, **config))


@define(eq=False)
class Desk:
    """A bus to the chip, which gives out after so many accesses: the one that it breaks at reaches the chip or not."""

    sim: SimChip
    left: float = inf
    lands: bool = False
    batches: list[Batch] = field(factory=list[Batch])

    async def submit(self, batch: Batch, *, owner: str = "") -> Results:
        self.batches.append(batch)
        values: list[Any] = []
        for operation in batch:
            if self.left <= 0:
                if self.lands:
                    self._do(operation)
                return Results(tuple(values), Indeterminate("the bus gave out"))
            self.left -= 1
            values.append(self._do(operation))
        return Results(tuple(values))

    def _do(self, operation: Any) -> int | None:
        if hasattr(operation, "value"):
            self.sim.write(operation.address, operation.value, operation.width, None)
            return None
        return self.sim.read(operation.address, operation.width)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"owner": 0}, "owner is 0; expected 1..65535"),
        ({"major": 0}, "major is 0; expected 1..255"),
        ({"minor": 256}, "minor is 256; expected 0..255"),
        ({"watermark": 0}, "watermark is 0; expected 1..16"),
        ({"watermark": 17}, "watermark is 17; expected 1..16"),
        ({"slots": 256}, "slots is 256; expected 0..255"),
        ({"kept": 15}, "kept is 15; expected 16"),
    ],
)
def test_what_no_mailbox_can_do_is_no_configuration(values: dict[str, Any], message: str) -> None:
    """A configuration outside of what the mailbox can do is refused before any register is written."""
    with pytest.raises(ValueError, match=message):
        MailboxConfig(**values)


FAULTS: list[tuple[dict[str, object], str, str, str, str]] = [
    # parameters; rung, register, what was wanted, what was there
    ({"flush_s": inf}, "flushed", "STATUS", "flushed=0x1", "flushed=0x0"),
    ({"peer_absent": True}, "linked", "HANDSHAKE", "request=0x1, acknowledged=0x1", "request=0x0, acknowledged=0x0"),
    ({"link_s": inf}, "linked", "HANDSHAKE", "request=0x1, acknowledged=0x1", "request=0x0, acknowledged=0x0"),
    ({"peer_major": 2}, "agreed", "PEER_VERSION", "major=0x1", "major=0x2"),
]


@pytest.mark.parametrize(("parameters", "rung", "register", "wanted", "last"), FAULTS)
def test_what_fails_is_named(
    powered: Powered, rising: Controller, wire_to: type[Wire],
    parameters: dict[str, object], rung: str, register: str, wanted: str, last: str,
) -> None:  # fmt: skip
    """Each fault ends the climb at the rung that says so, with evidence, breaking no rule; the others come up."""
    hands = powered({NAME: parameters})
    outcomes = rising.run(wire_to(hands.sim))
    fault = outcomes.pop(NAME)
    assert isinstance(fault, Fault)
    assert (fault.rung, fault.cause, fault.register, fault.wanted) == (rung, Cause.LATE, register, wanted)
    assert fault.last.startswith(last)
    assert all(isinstance(outcome, Climbed) for outcome in outcomes.values())
    assert hands.broken == []
    assert not hands.sim.model(NAME).serves


def test_an_absent_peer_keeps_nothing_from_rest(powered: Powered, climber: Climber, wire_to: type[Wire]) -> None:
    """A mailbox that nobody answered is laid down like any other, and comes up when somebody does."""
    hands = powered({NAME: {"peer_absent": True}})
    assert isinstance(climber(up, NAME).run(wire_to(hands.sim))[NAME], Fault)
    hands.do(NAME, lambda r: r.HANDSHAKE.write(request=1))
    assert isinstance(climber(lambda block: block.rest(), NAME).run(wire_to(hands.sim))[NAME], Climbed)
    assert hands.do(NAME, lambda r: r.CTRL.read()).enable == 0
    hands.sim.model(NAME).params = evolve(hands.sim.model(NAME).params, peer_absent=False)
    assert isinstance(climber(up, NAME).run(wire_to(hands.sim))[NAME], Climbed)
    assert hands.broken == []


def test_an_old_peer_is_up_but_not_full(powered: Powered, climber: Climber, wire_to: type[Wire]) -> None:
    """A peer that speaks a lower minor can be talked to, and `full` says that it does not do all."""
    hands = powered({NAME: {"peer_minor": 1}})
    assert isinstance(climber(up, NAME).run(wire_to(hands.sim))[NAME], Climbed)
    fault = climber(lambda block: block.full(), NAME).run(wire_to(hands.sim))[NAME]
    assert isinstance(fault, Fault)
    assert (fault.rung, fault.register, fault.wanted) == ("as new", "PEER_VERSION", "minor 2 or higher")
    assert hands.sim.model(NAME).serves


def test_a_peer_that_was_lost_is_found_again(serving: Hands, climber: Climber, wire_to: type[Wire]) -> None:
    """A peer that went away raises the line and is asked anew; messages that it had not taken are counted."""
    serving.do(NAME, lambda r: r.OUT.write(data=1))
    model_of(serving).lose_peer()
    assert not model_of(serving).serves
    assert serving.sim.raised == {0}
    assert serving.do(NAME, lambda r: r.ERR_LOG.read()).error.name == "PEER_LOST"
    assert serving.do(NAME, lambda r: r.DROPPED.read()).count == 1
    outcome = climber(up, NAME).run(wire_to(serving.sim))[NAME]
    assert isinstance(outcome, Climbed)
    assert outcome.acted == ("healthy", "settled", "linked")
    assert model_of(serving).serves
    assert serving.broken == []


def test_loopback_in_service_is_ended_in_good_order(serving: Hands, climber: Climber, wire_to: type[Wire]) -> None:
    """A mailbox put into test in service is quiesced and parted before the test is ended, and then linked again."""
    serving.do(NAME, lambda r: r.TEST.write(loopback=1))
    serving.sim.violations.clear()
    outcome = climber(up, NAME).run(wire_to(serving.sim))[NAME]
    assert isinstance(outcome, Climbed)
    assert outcome.acted == ("quiesced", "apart", "stopped", "out of test", "enabled", "linked")
    assert model_of(serving).serves
    assert serving.broken == []


def test_what_somebody_else_opened_is_closed_first(clocked: Hands, climber: Climber, wire_to: type[Wire]) -> None:
    """A mailbox that is linked and not frozen is let finish, parted and configured anew; unread messages stay."""
    do = clocked.do
    do(NAME, lambda r: r.FLUSH.write(inbound=1, outbound=1))
    clocked.wait(2e-6)
    do(NAME, lambda r: r.VERSION.write(major=1, minor=9))
    do(NAME, lambda r: r.OWNER.write(id=3))
    do(NAME, lambda r: r.WATERMARK.write(inbound=16))
    do(NAME, lambda r: r.CTRL.modify(enable=1))
    do(NAME, lambda r: r.HANDSHAKE.write(request=1))
    clocked.wait(8e-6)
    assert model_of(clocked).receive([7, 8]) == 2
    outcome = climber(up, NAME).run(wire_to(clocked.sim))[NAME]
    assert isinstance(outcome, Climbed)
    assert outcome.acted == (
        "quiesced", "apart", "stopped", "versioned", "allotted", "frozen", "enabled", "linked", "watched",
    )  # fmt: skip
    rungs = {rung.name: rung for rung in clocked.sim.chip.instances[NAME].block.up()}
    for stage in ("quiesced", "settled"):
        assert rungs[stage].settles <= model_of(clocked).stages[stage] <= rungs[stage].within / 2
    assert do(NAME, lambda r: r.STATUS.read()).in_level == 2
    assert clocked.broken == []


def test_another_configuration_is_reached_as_long_as_nothing_is_frozen(
    mail: Chip, powered: Powered, climber: Climber, wire_to: type[Wire]
) -> None:
    """From each place on the way up another configuration is reached, or refused by the lock; no rule is broken."""
    hands, below, limit = powered(seed=9), climber(up, "pll", "crg"), 0
    first = climber(up, NAME)
    other = type(first)({NAME: Plan(mailbox(mail, owner=9, slots=0xF0, watermark=4).up())}, {NAME: ()})
    ends: set[str] = set()
    while True:
        hands.sim.power_on()
        below.run(wire_to(hands.sim))
        try:
            first.run(wire_to(hands.sim, limit))
        except DeviceLost:
            limit += 1
        else:
            break
        frozen = bool(hands.sim.model(NAME).registers.field("LOCK.config").value)
        outcome = other.run(wire_to(hands.sim))[NAME]
        ends.add(outcome.rung if isinstance(outcome, Fault) else "up")
        assert isinstance(outcome, Fault) == frozen
        if isinstance(outcome, Fault):
            assert (outcome.cause, outcome.register, outcome.last) == (Cause.ACT, "LOCK", "0x1")
    assert ends == {"up", "versioned"}
    assert hands.broken == []


# ---- messages ----


@pytest.mark.parametrize("count", [0, 1, 5, 16])
async def test_service_takes_all_and_reads_nothing_twice(serving: Hands, mail: Chip, count: int) -> None:
    """Service reads just what is there, in its order, and lowers the line."""
    block, model = mailbox(mail), model_of(serving)
    assert model.receive(range(100, 100 + count)) == count
    assert (serving.sim.raised == {0}) == (count > 0)
    await block.service(Port(Desk(serving.sim), NAME))
    assert block.take() == list(range(100, 100 + count))
    assert block.take() == []
    assert (block.lost, block.missed) == (0, 0)
    assert serving.sim.raised == frozenset()
    assert serving.do(NAME, lambda r: r.RECEIVED.read()).count == count
    assert serving.broken == []


async def test_numbers_tell_what_is_missing(powered: Powered, climber: Climber, wire_to: type[Wire]) -> None:
    """A peer that sends into a full FIFO loses messages: that is logged, and the reader counts how many are missing."""
    hands = powered({NAME: {"babbles": True}})
    climber(up, NAME).run(wire_to(hands.sim))
    block, model = mailbox(hands.sim.chip), model_of(hands)
    port = Port(Desk(hands.sim), NAME)
    for begin in (0, 20, 200):
        assert model.receive(range(begin, begin + 20)) == 20
        await block.service(port)
    assert block.take() == [begin + k for begin in (0, 20, 200) for k in range(FIFO_MESSAGES)]
    assert (block.missed, block.lost) == (8, 0)  # those of the last round would be seen with the next message
    log = hands.do(NAME, lambda r: r.ERR_LOG.read())
    assert (log.valid, log.error.name, log.sequence) == (1, "OVERRUN", 16)
    assert hands.do(NAME, lambda r: r.DROPPED.read()).count == 12
    outcome = climber(up, NAME).run(wire_to(hands.sim))[NAME]
    assert isinstance(outcome, Climbed)
    assert outcome.acted == ("healthy",)


async def test_numbers_go_round(serving: Hands, mail: Chip) -> None:
    """After 128 messages numbers begin anew, and nothing counts as missing."""
    block, port = mailbox(mail), Port(Desk(serving.sim), NAME)
    for begin in range(0, 320, 16):
        assert model_of(serving).receive(range(begin, begin + 16)) == 16
        await block.service(port)
    assert block.take() == list(range(320))
    assert block.missed == 0


def test_a_peer_waits_for_room(serving: Hands) -> None:
    """A peer that behaves sends no more than there is room for, and nothing is lost."""
    assert model_of(serving).receive(range(20)) == FIFO_MESSAGES
    status = serving.do(NAME, lambda r: r.STATUS.read())
    assert (status.in_full, status.in_empty, status.in_level) == (1, 0, 16)
    assert serving.do(NAME, lambda r: r.DROPPED.read()).count == 0


async def test_what_does_not_fit_is_counted(serving: Hands, mail: Chip) -> None:
    """When nobody takes the messages the latest are dropped, and how many is known."""
    block, port = mailbox(mail, kept=20), Port(Desk(serving.sim), NAME)
    for begin in (0, 15):
        assert model_of(serving).receive(range(begin, begin + 15)) == 15
        await block.service(port)
    assert (block.take(), block.lost) == (list(range(20)), 10)


@pytest.mark.parametrize("lands", [False, True])
@pytest.mark.parametrize("left", range(12))
async def test_a_bus_that_gives_out_loses_one_message_at_most(
    serving: Hands, mail: Chip, left: int, lands: bool
) -> None:
    """Wherever the bus fails in a service, the next has all messages but one whose read landed; that one is known."""
    block, model = mailbox(mail), model_of(serving)
    assert model.receive([0]) == 1
    await block.service(Port(Desk(serving.sim), NAME))
    assert model.receive([1, 2, 3, 4]) == 4
    assert model.ring(6, 60)
    with pytest.raises(Indeterminate) if left < 10 else nullcontext() as raised:
        await block.service(Port(Desk(serving.sim, left, lands), NAME))
    assert raised is None or raised.value.where.startswith(f"{NAME}.")
    await block.service(Port(Desk(serving.sim), NAME))
    assert model.receive([5]) == 1
    await block.service(Port(Desk(serving.sim), NAME))
    got = block.take()
    assert [k for k in range(6) if k in got] == got
    assert block.missed == 6 - len(got) == int(lands and left in (1, 2, 3, 4))
    assert block.rung() == {6}
    assert block.rung() == frozenset()
    assert serving.sim.raised == frozenset()
    assert serving.broken == []


async def test_a_talker_without_end_is_left(mail: Chip) -> None:
    """A peer that never pauses keeps the service for a bounded number of batches, and loses nothing uncounted."""
    block = mailbox(mail)

    @define
    class Talker:
        given: int = 0

        async def submit(self, batch: Batch, *, owner: str = "") -> Results:
            regs = block.regs
            values: list[int] = []
            for operation in batch:
                assert isinstance(operation, Read)
                if operation.address == regs.IN.address:
                    values.append(self.given % 128 << 24 | self.given)
                    self.given += 1
                else:
                    values.append(16 << 8 if operation.address == regs.STATUS.address else 0)
            return Results(tuple(values))

    talker = Talker()
    await block.service(Port(talker, NAME))
    assert talker.given == SERVICE_ROUNDS_MAX * FIFO_MESSAGES
    assert len(block.take()) + block.lost == talker.given
    assert block.missed == 0


def test_the_line_comes_back_while_messages_wait(serving: Hands) -> None:
    """Clearing the event while messages wait raises it again: no message waits unheard."""
    assert model_of(serving).receive([1]) == 1
    serving.do(NAME, lambda r: r.INTR_STATUS.write(received=1))
    assert serving.sim.raised == {0}
    serving.do(NAME, lambda r: r.IN.read())
    serving.do(NAME, lambda r: r.INTR_STATUS.write(received=1))
    assert serving.sim.raised == frozenset()


def test_doorbells_ring_both_ways(serving: Hands) -> None:
    """Each end rings in its own slots only; a doorbell holds the line until it is cleared."""
    model = model_of(serving)
    assert (model.ring(2), model.ring(5, 0x1234)) == (False, True)
    assert serving.sim.raised == {0}
    assert serving.do(NAME, lambda r: r.DOORBELLS.read()).rung == 1 << 5
    assert serving.do(NAME, lambda r: r.SLOT[5].PEER_DATA.read()).value == 0x1234
    serving.do(NAME, lambda r: r.INTR_STATUS.write(doorbell=1))
    assert serving.sim.raised == {0}
    serving.do(NAME, lambda r: r.DOORBELLS.write(rung=1 << 5))
    serving.do(NAME, lambda r: r.INTR_STATUS.write(doorbell=1))
    assert serving.sim.raised == frozenset()
    serving.do(NAME, lambda r: r.SLOT[2].DATA.write(value=77))
    serving.do(NAME, lambda r: r.SLOT[2].DOORBELL.write(ring=1))
    assert list(model.heard) == [(2, 77)]
    assert serving.broken == []


def test_a_watermark_waits_for_more(mail: Chip, powered: Powered, climber: Climber, wire_to: type[Wire]) -> None:
    """The line rises when as many messages wait as the watermark says, and not before."""
    hands, made = powered(), climber(up, NAME)
    type(made)({NAME: Plan(mailbox(mail, watermark=3).up())}, {NAME: ()}).run(wire_to(hands.sim))
    assert model_of(hands).receive([1, 2]) == 2
    assert hands.sim.raised == frozenset()
    assert model_of(hands).receive([3]) == 1
    assert hands.sim.raised == {0}


async def test_messages_are_sent_as_far_as_there_is_room(serving: Hands, mail: Chip) -> None:
    """Sending says how many messages went; the peer takes them in order, and then there is room again."""
    block, port, model = mailbox(mail), Port(Desk(serving.sim), NAME), model_of(serving)
    assert await block.send(port, []) == 0
    assert await block.send(port, range(10)) == 10
    assert await block.send(port, range(10, 20)) == 6
    assert await block.send(port, [20]) == 0
    assert serving.do(NAME, lambda r: r.SEQUENCE.read()).outbound == 16
    serving.wait(30e-6)
    assert list(model.taken) == list(range(16))
    assert serving.do(NAME, lambda r: r.SENT.read()).count == 16
    assert await block.send(port, [16]) == 1
    for message in (-1, 1 << 24):
        with pytest.raises(ValueError, match="does not fit"):
            await block.send(port, [0, message])
    serving.wait(5e-6)
    assert list(model.taken) == list(range(17))
    assert serving.broken == []


def test_what_was_sent_and_received_is_not_lost_on_the_way_to_rest(
    mail: Chip, serving: Hands, climber: Climber, wire_to: type[Wire]
) -> None:
    """On the way to rest the peer takes all that was sent to it, and what it has sent is read; it sends no more."""
    for message in range(9):
        serving.do(NAME, partial(send, message))
    model, block = model_of(serving), mailbox(mail)
    assert model.receive([40, 41, 42]) == 3
    made = climber(up, NAME)
    rest = type(made)({NAME: Plan(block.rest())}, {NAME: ()})
    assert isinstance(rest.run(wire_to(serving.sim))[NAME], Climbed)
    assert list(model.taken) == list(range(9))
    assert block.take() == [40, 41, 42]
    assert (model.receive([43]), model.ring(6)) == (0, False)
    assert serving.do(NAME, lambda r: r.DROPPED.read()).count == 0
    assert serving.broken == []


async def test_after_a_reset_numbers_begin_anew(
    serving: Hands, mail: Chip, climber: Climber, wire_to: type[Wire]
) -> None:
    """A controller that brings a mailbox up after a reset expects the first number, and counts nothing as missing."""
    block, port = mailbox(mail), Port(Desk(serving.sim), NAME)
    assert model_of(serving).receive([1, 2, 3]) == 3
    await block.service(port)
    serving.sim.power_on()
    climber(up, "pll", "crg").run(wire_to(serving.sim))
    made = climber(up, NAME)
    type(made)({NAME: Plan(block.up())}, {NAME: ()}).run(wire_to(serving.sim))
    assert model_of(serving).receive([4]) == 1
    await block.service(port)
    assert (block.take(), block.missed) == ([1, 2, 3, 4], 0)


async def test_it_is_served_through_a_real_bus(serving: Hands, mail: Chip, autojump_clock: MockClock) -> None:
    """Through the simulation's transport, as a runtime uses it, messages go both ways."""
    transport = SimTransport(serving.sim)
    block, port = mailbox(mail), Port(Bus(transport), NAME)
    assert await block.send(port, [5, 6]) == 2
    assert model_of(serving).receive([7]) == 1
    await block.service(port)
    await port.sleep(10e-6)
    assert (await port.run(block.regs.STATUS.read())).out_empty == 1
    assert (block.take(), list(model_of(serving).taken)) == ([7], [5, 6])
    assert transport.violations == []
    await transport.aclose()


def is_quiet(hands: Hands) -> int:
    quiet: int = hands.do(NAME, lambda r: r.STATUS.read()).quiet
    return quiet


def test_an_end_that_is_paused_is_quiet_when_all_was_taken(serving: Hands) -> None:
    """While it is paused nothing passes; quiet is the peer's word, and taken back with the pause."""
    model = model_of(serving)
    for message in range(12):
        serving.do(NAME, partial(send, message))
    serving.do(NAME, lambda r: r.CTRL.modify(pause=1))
    assert model.receive([1]) == 1  # it has not heard of it yet
    serving.wait(7e-6)
    assert (model.receive([2]), is_quiet(serving)) == (0, 0)
    serving.wait(10e-6)
    assert (is_quiet(serving), model.serves) == (1, False)
    serving.do(NAME, lambda r: r.CTRL.modify(pause=0))
    assert (is_quiet(serving), model.serves, model.receive([3])) == (0, True, 1)
