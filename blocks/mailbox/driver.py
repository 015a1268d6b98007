"""Opens a mailbox to another processor, reads what comes, and closes it without losing a message."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import field, frozen

from blocks.base import Block
from blocks.ladder import US, Act, Condition, Ladder, Rung, Where
from blocks.limits import between
from blocks.line import Line
from blocks.mailbox.regs import (
    CtrlValue,
    HandshakeValue,
    InValue,
    LockValue,
    MailboxRegs,
    PeerVersionValue,
    StatusValue,
    TestValue,
)
from blocks.port import Port, flatten, named
from transports.batch import Batch

SLOTS = 8
FIFO_MESSAGES = 16
SEQUENCES = 1 << 7
MESSAGE_MAX = (1 << 24) - 1
FLUSH_S = 1 * US
LINK_S = 5 * US
PAUSE_S = 5 * US
SERVICE_ROUNDS_MAX = 256  # a peer that never pauses is left after 4096 messages, until the next hint


@frozen(kw_only=True)
class MailboxConfig:
    """How both ends talk, and how much is kept.

    Attributes:
        owner: who uses this end, as the peer is told.
        major, minor: protocol spoken; ends of different majors do not understand each other.
        watermark: received messages that are worth an interrupt.
        slots: those of the host, a bit each; the others are the peer's.
        kept: received messages that wait for a reader; those that come when so many do are counted and lost.
    """

    owner: int = field(default=0x464C, validator=between(1, 0xFFFF))
    major: int = field(default=1, validator=between(1, 255))
    minor: int = field(default=2, validator=between(0, 255))
    watermark: int = field(default=1, validator=between(1, FIFO_MESSAGES))
    slots: int = field(default=0x0F, validator=between(0, (1 << SLOTS) - 1))
    kept: int = field(default=1024, validator=between(FIFO_MESSAGES, 1 << 20))


class Mailbox(Block[MailboxRegs]):
    """Mailbox: a FIFO of 16 numbered messages each way, and eight slots with a doorbell, of one end each.

    Both ends agree before anything is sent: request, acknowledged, no request, not acknowledged, each step awaited.

    Attributes:
        lost: received messages that found the buffer full.
        missed: messages that the peer numbered and that never were received.
    """

    config: MailboxConfig

    def __init__(self, name: str, regs: MailboxRegs, config: MailboxConfig, line: Line | None = None) -> None:
        super().__init__(name, regs, config, line)
        self._received: list[int] = []
        self._rung = 0
        self._following: int | None = None  # number of the next message, where one was received
        self.lost = self.missed = 0

    def up(self) -> Ladder:
        """Flushed once after a reset, configured, frozen, enabled; then the handshake with the peer."""
        r, c = self.regs, self.config
        return Ladder(
            *self._sound(),
            *self._stopped(),
            Rung(
                "flushed",
                holds=[r.STATUS.check(flushed=1)],
                reach=self._flush,
                settles=0.8 * FLUSH_S,
                within=4 * FLUSH_S,
                disturbs=True,
            ),
            self._versioned(),
            self._allotted(),
            Rung("frozen", holds=[r.LOCK.check(config=1)], reach=[r.LOCK.write(config=1)], within=5 * US),
            # Asked and not answered, or given up and not answered: both end by asking for nothing.
            Rung(
                "settled",
                holds=[Where("asked and answered, or neither", [r.HANDSHAKE.read()], _settled)],
                reach=[r.HANDSHAKE.write(request=0)],
                settles=0.8 * LINK_S,
                within=4 * LINK_S,
            ),
            Rung(
                "enabled",
                holds=[r.CTRL.check(enable=1, pause=0)],
                reach=[r.CTRL.write(enable=1, pause=0)],
                within=5 * US,
            ),
            Rung(
                "linked",
                holds=[r.HANDSHAKE.check(request=1, acknowledged=1)],
                reach=[r.HANDSHAKE.write(request=1)],
                settles=0.8 * LINK_S,
                within=4 * LINK_S,
            ),
            Rung("agreed", holds=[r.PEER_VERSION.check(major=c.major)], within=5 * US),
            Rung(
                "watched",
                holds=[r.INTR_ENABLE.check(received=1, doorbell=1, overrun=1, overflow=1, underflow=1, peer_lost=1)],
                reach=[r.INTR_ENABLE.write(received=1, doorbell=1, overrun=1, overflow=1, underflow=1, peer_lost=1)],
                within=5 * US,
            ),
        )

    def full(self) -> Ladder:
        """The peer does all that this end may ask for."""
        minor = self.config.minor

        def as_new(peer: PeerVersionValue) -> bool:
            return peer.minor >= minor

        return Ladder(
            Rung(
                "as new",
                holds=[Where(f"minor {minor} or higher", [self.regs.PEER_VERSION.read()], as_new)],
                within=5 * US,
            )
        )

    def rest(self) -> Ladder:
        """The line low, the peer asked to send no more, what it has sent read, the link given up, all off."""
        r = self.regs
        return Ladder(
            Rung(
                "unwatched",
                holds=[r.INTR_ENABLE.check(received=0, doorbell=0, overrun=0, overflow=0, underflow=0, peer_lost=0)],
                reach=[r.INTR_ENABLE.write(received=0, doorbell=0, overrun=0, overflow=0, underflow=0, peer_lost=0)],
                within=5 * US,
            ),
            Rung(
                "quiet",
                holds=[Where("quiet, or disabled", [r.CTRL.read(), r.STATUS.read()], _quiet_or_off)],
                reach=[r.CTRL.modify(pause=1)],
                settles=0.8 * PAUSE_S,
                within=20 * PAUSE_S,
            ),
            Rung("drained", holds=[r.STATUS.check(in_empty=1)], reach=self.service, within=5 * US),
            Rung(
                "unlinked",
                holds=[r.HANDSHAKE.check(request=0, acknowledged=0)],
                reach=[r.HANDSHAKE.write(request=0)],
                settles=0.8 * LINK_S,
                within=4 * LINK_S,
            ),
            Rung(
                "disabled",
                holds=[r.CTRL.check(enable=0, pause=0)],
                reach=[r.CTRL.write(enable=0, pause=0)],
                within=5 * US,
            ),
        )

    # ---- the parts of `up` ----

    def _sound(self) -> tuple[Rung, ...]:
        r = self.regs
        return (
            Rung("identified", holds=[r.ID.check(part=0x4D42, version=1)], within=5 * US),
            Rung(
                "healthy",
                holds=[
                    r.INTR_STATUS.check(overrun=0, overflow=0, underflow=0, peer_lost=0),
                    r.ERR_LOG.check(valid=0),
                ],
                reach=[
                    r.ERR_LOG.write(valid=1),
                    r.INTR_STATUS.write(overrun=1, overflow=1, underflow=1, peer_lost=1),
                ],
                within=5 * US,
            ),
        )

    def _stopped(self) -> tuple[Rung, ...]:
        """Return the rungs that take out of service what was not put there by this ladder, or is tested.

        Frozen, configuration cannot have changed, and what runs is left alone.
        """
        r = self.regs

        def right(lock: LockValue, test: TestValue, ctrl: CtrlValue) -> bool:
            return bool((lock.config and not test.loopback) or not ctrl.enable)

        def quiet(lock: LockValue, test: TestValue, ctrl: CtrlValue, status: StatusValue) -> bool:
            return right(lock, test, ctrl) or bool(status.quiet)

        def apart(lock: LockValue, test: TestValue, ctrl: CtrlValue, handshake: HandshakeValue) -> bool:
            return right(lock, test, ctrl) or not (handshake.request or handshake.acknowledged)

        seen = (r.LOCK.read(), r.TEST.read(), r.CTRL.read())
        frozen = (r.LOCK.check(config=1), r.TEST.check(loopback=0))
        return (
            Rung(
                "quiesced",
                holds=[Where("frozen, disabled or quiet", [*seen, r.STATUS.read()], quiet, intended=frozen)],
                reach=[r.CTRL.modify(pause=1)],
                settles=0.8 * PAUSE_S,
                within=20 * PAUSE_S,
                disturbs=True,
            ),
            Rung(
                "apart",
                holds=[Where("frozen, disabled or not linked", [*seen, r.HANDSHAKE.read()], apart, intended=frozen)],
                reach=[r.HANDSHAKE.write(request=0)],
                settles=0.8 * LINK_S,
                within=4 * LINK_S,
                disturbs=True,
            ),
            Rung(
                "stopped",
                holds=[Where("frozen, or disabled", seen, right, intended=frozen)],
                reach=[r.CTRL.write(enable=0, pause=0)],
                within=5 * US,
                disturbs=True,
            ),
            Rung(
                "out of test",
                holds=[r.TEST.check(loopback=0)],
                reach=[r.CTRL.check(enable=0), r.TEST.write(loopback=0)],
                within=5 * US,
                disturbs=True,
            ),
        )

    def _versioned(self) -> Rung:
        """Return the rung of what the peer is told at the handshake."""
        r, c = self.regs, self.config
        return self._still(
            "versioned",
            [r.VERSION.check(major=c.major, minor=c.minor), r.OWNER.check(id=c.owner)],
            [r.VERSION.write(major=c.major, minor=c.minor), r.OWNER.write(id=c.owner)],
        )

    def _allotted(self) -> Rung:
        """Return the rung of watermark and slots."""
        r, c = self.regs, self.config
        checks: list[Condition] = [r.WATERMARK.check(inbound=c.watermark)]
        writes: list[Act] = [r.WATERMARK.write(inbound=c.watermark)]
        for index, slot in enumerate(r.SLOT):
            ours = bool(c.slots >> index & 1)
            checks.append(slot.CTRL.check(ours=ours))
            writes.append(slot.CTRL.write(ours=ours))
        return self._still("allotted", checks, writes)

    def _still(self, name: str, holds: list[Condition], reach: list[Act]) -> Rung:
        """Return a rung whose act finds the lock open and the mailbox off; locked and wrong, only a reset mends it."""
        act: list[Act] = [self.regs.LOCK.check(config=0), self.regs.CTRL.check(enable=0), *reach]
        return Rung(name, holds=holds, reach=act, within=5 * US, disturbs=True)

    async def _flush(self, port: Port) -> None:
        """Empty both FIFOs of a mailbox that is off; numbers of messages begin anew."""
        await port.submit(self.regs.CTRL.check(enable=0), self.regs.FLUSH.write(inbound=1, outbound=1))
        self._following = None

    # ---- messages ----

    async def service(self, port: Port) -> None:
        """Read the messages and doorbells that are there, then lower the line; it rises again where more have come.

        Raises:
            TransportError: the messages read before it are kept; one that the failing access took is counted as missed
                when the next is received.
        """
        for _ in range(SERVICE_ROUNDS_MAX):
            status = await port.run(self.regs.STATUS.read())
            if not status.in_level:
                break
            await self._pop(port, status.in_level)
        rung = (await port.run(self.regs.DOORBELLS.read())).rung
        self._rung |= rung  # before it is cleared: a doorbell may be heard twice, and never not at all
        if rung:
            await port.run(self.regs.DOORBELLS.write(rung=rung))
        events = await port.run(self.regs.INTR_STATUS.read())
        if events.received or events.doorbell:
            await port.run(self.regs.INTR_STATUS.write(received=1, doorbell=1))

    async def _pop(self, port: Port, count: int) -> None:
        """Read so many messages, all of which are there."""
        pops = (self.regs.IN.read(),) * count
        operations, names = flatten(pops)
        # Not by `port.submit`, which gives all values or none: a message that was read is in no FIFO any more.
        results = await port.bus.submit(Batch(operations), owner=port.owner)
        self._keep([op.decode((word,)) for op, word in zip(pops, results.values, strict=False)])
        if results.error is not None:
            raise named(results.error, port.owner, names, len(results.values))

    def _keep(self, values: Sequence[InValue]) -> None:
        """Keep messages as far as there is room, and count those whose number was left out."""
        for value in values:
            if self._following is not None:
                self.missed += (value.sequence - self._following) % SEQUENCES
            self._following = (value.sequence + 1) % SEQUENCES
            if len(self._received) < self.config.kept:
                self._received.append(value.data)
            else:
                self.lost += 1

    def take(self) -> list[int]:
        """Return the messages received since the last call, oldest first."""
        messages, self._received = self._received, []
        return messages

    def rung(self) -> frozenset[int]:
        """Return the slots whose doorbell the peer rang since the last call."""
        mask, self._rung = self._rung, 0
        return frozenset(slot for slot in range(SLOTS) if mask >> slot & 1)

    async def send(self, port: Port, messages: Sequence[int]) -> int:
        """Send messages of 24 bits, as many as there is room for, and return how many that were.

        Raises:
            ValueError: a message does not fit; nothing was sent.
            TransportError: messages before the failing access were sent.
        """
        if wrong := [message for message in messages if not 0 <= message <= MESSAGE_MAX]:
            raise ValueError(f"message {wrong[0]:#x} does not fit; expected 0..{MESSAGE_MAX:#x}")
        room = FIFO_MESSAGES - (await port.run(self.regs.STATUS.read())).out_level
        going = messages[:room]
        if going:
            await port.submit(*(self.regs.OUT.write(data=message) for message in going))
        return len(going)


def _settled(handshake: HandshakeValue) -> bool:
    return handshake.request == handshake.acknowledged


def _quiet_or_off(ctrl: CtrlValue, status: StatusValue) -> bool:
    return bool(status.quiet or not ctrl.enable)
