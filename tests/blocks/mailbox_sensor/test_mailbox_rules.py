"""The mailbox's rules: its model notices each one that is broken, and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import pytest

from blocks.mailbox.model import MailboxModel
from blocks.mailbox.regs import MailboxRegs
from registers.access import RegisterOp

if TYPE_CHECKING:
    from tests.blocks.conftest import Hands

Op = Callable[[MailboxRegs], RegisterOp[Any]]
Broken = list[tuple[str, str]]

NAME = "mailbox[0]"
FLUSHED_S, ANSWERED_S, QUIET_S = 2e-6, 8e-6, 8e-6  # by then
LOCKED = "locked: written while its lock is closed"


def control(**fields: bool) -> Op:
    return lambda r: r.CTRL.modify(**fields)


def ask(on: bool = True) -> Op:
    return lambda r: r.HANDSHAKE.write(request=on)


def send(message: int = 0) -> Op:
    return lambda r: r.OUT.write(data=message)


def loop(on: bool = True) -> Op:
    return lambda r: r.TEST.write(loopback=on)


def flush(inbound: bool = True, outbound: bool = True) -> Op:
    return lambda r: r.FLUSH.write(inbound=inbound, outbound=outbound)


def version(major: int = 1) -> Op:
    return lambda r: r.VERSION.write(major=major, minor=0)


def owner(value: int = 7) -> Op:
    return lambda r: r.OWNER.write(id=value)


def watermark(level: int = 1) -> Op:
    return lambda r: r.WATERMARK.write(inbound=level)


def ours(slot: int, on: bool = True) -> Op:
    return lambda r: r.SLOT[slot].CTRL.write(ours=on)


def word(slot: int) -> Op:
    return lambda r: r.SLOT[slot].DATA.write(value=5)


def ring(slot: int) -> Op:
    return lambda r: r.SLOT[slot].DOORBELL.write(ring=1)


def lock(r: MailboxRegs) -> RegisterOp[Any]:
    return r.LOCK.write(config=1)


def pop(r: MailboxRegs) -> RegisterOp[Any]:
    return r.IN.read()


Steps = Sequence[Op | float]

FLUSHED: list[Op | float] = [flush(), FLUSHED_S]
READY: list[Op | float] = [*FLUSHED, version(), owner(), watermark(), ours(1)]
ENABLED: list[Op | float] = [*READY, control(enable=True)]
LINKED: list[Op | float] = [*ENABLED, ask(), ANSWERED_S]  # and nothing is locked
PARTED: list[Op | float] = [*LINKED, ask(False), ANSWERED_S]

# From power-on: operations, and the rules that they break.
FROM_RESET: list[tuple[Steps, Broken]] = [
    (LINKED, []),
    ([*PARTED, control(enable=False), flush(), FLUSHED_S], []),
    ([*PARTED, ask()], []),
    ([*READY, lock], []),
    (
        [version(), owner(), watermark(), control(enable=True)],
        [("CTRL", "enabled before its FIFOs were flushed")],
    ),
    (
        [flush(outbound=False), FLUSHED_S, version(), owner(), watermark(), control(enable=True)],
        [("CTRL", "enabled before its FIFOs were flushed")],
    ),
    (
        [flush(outbound=False), flush(inbound=False), FLUSHED_S, version(), owner(), watermark(), control(enable=True)],
        [],
    ),
    (
        [flush(), version(), owner(), watermark(), control(enable=True)],
        [("CTRL", "enabled before its FIFOs were flushed")],
    ),
    ([*FLUSHED, owner(), watermark(), control(enable=True)], [("CTRL", "enabled before a protocol version was set")]),
    ([*FLUSHED, version(), watermark(), control(enable=True)], [("CTRL", "enabled without an owner")]),
    (
        [*FLUSHED, version(), owner(), watermark(17), control(enable=True)],
        [("CTRL", "enabled with a watermark of 17 in a FIFO of 16")],
    ),
    (
        [*FLUSHED, version(), owner(), control(enable=True)],
        [("CTRL", "enabled with a watermark of 0 in a FIFO of 16")],
    ),
    ([lock], [("LOCK", "locked before a protocol version was set")]),
    ([version(), owner(), lock], [("LOCK", "locked with a watermark of 0 in a FIFO of 16")]),
    ([*ENABLED, flush()], [("FLUSH", "flushed in service")]),
    ([*READY, ask()], [("HANDSHAKE", "asked for a link while disabled")]),
    ([*LINKED, ask(False), ask()], [("HANDSHAKE", "asked again before the peer took its answer back")]),
    ([*ENABLED, ask(), ask(False), ask(), ask(False)], []),
    ([*LINKED, send(), ask(False)], [("HANDSHAKE", "link given up with messages on their way: 1")]),
    ([*LINKED, send(), ANSWERED_S, ask(False)], []),
    (
        [*LINKED, control(enable=False)],
        [("CTRL", "disabled while the peer is linked: the handshake is taken back first")],
    ),
    (
        [*LINKED, ask(False), control(enable=False)],
        [("CTRL", "disabled while the peer is linked: the handshake is taken back first")],
    ),
    ([send()], [("OUT", "message sent while the mailbox is disabled; it is lost")]),
    ([*ENABLED, ask(), send()], [("OUT", "message sent while no peer is linked; it is lost")]),
    ([*PARTED, send()], [("OUT", "message sent while no peer is linked; it is lost")]),
    ([*LINKED, control(pause=True), send()], [("OUT", "message sent while paused; it is lost")]),
    ([*LINKED, control(pause=True), QUIET_S, control(pause=False), send()], []),
    ([*LINKED, *[send()] * 16], []),
    ([*LINKED, *[send()] * 17], [("OUT", "message sent into a full FIFO; it is lost")]),
    ([pop], [("IN", "read while nothing has been received")]),
    ([*READY, loop(), control(enable=True), send(), pop], []),
    ([*READY, loop(), control(enable=True), *[send()] * 17], [("OUT", "message sent into a full FIFO; it is lost")]),
    (
        [*READY, loop(), control(enable=True), send(), pop, pop],
        [("IN", "read while nothing has been received")],
    ),
    ([*ENABLED, loop()], [("TEST", "TEST changed while enabled")]),
    ([*ENABLED, version(2)], [("VERSION", "VERSION changed while enabled")]),
    ([*ENABLED, version(1)], []),
    ([*ENABLED, owner(8)], [("OWNER", "OWNER changed while enabled")]),
    ([*ENABLED, watermark(3)], [("WATERMARK", "WATERMARK changed while enabled")]),
    ([*ENABLED, ours(5)], [("SLOT[5].CTRL", "SLOT[5].CTRL changed while enabled")]),
    ([*LINKED, word(1), ring(1)], []),
    ([*LINKED, word(2)], [("SLOT[2].DATA", "word of slot 2 written, which is the peer's")]),
    ([*LINKED, ring(2)], [("SLOT[2].DOORBELL", "doorbell of slot 2 rung, which is the peer's")]),
    ([*ENABLED, ring(1)], [("SLOT[1].DOORBELL", "doorbell of slot 1 rung while no peer is linked")]),
    ([*LINKED, lambda r: r.SLOT[2].DOORBELL.write(ring=0)], []),
]

# In service.
IN_SERVICE: list[tuple[Sequence[Op], Broken]] = [
    ([version(2)], [("VERSION.minor", LOCKED), ("VERSION.major", LOCKED)]),
    ([owner(8)], [("OWNER.id", LOCKED)]),
    ([watermark(2)], [("WATERMARK.inbound", LOCKED)]),
    ([ours(7)], [("SLOT[7].CTRL.ours", LOCKED)]),
    ([lambda r: r.LOCK.write(config=0), owner(8)], [("OWNER.id", LOCKED)]),
    ([flush(outbound=False)], [("FLUSH", "flushed in service")]),
    ([loop()], [("TEST", "TEST changed while enabled")]),
    ([word(0), ring(0), send(1), control(pause=True), control(pause=False)], []),
    ([lambda r: r.RECEIVED.read(), lambda r: r.SENT.read(), lambda r: r.DROPPED.read(), lambda r: r.OUT.read()], []),
]


def broken_at(hands: Hands) -> Broken:
    """Return what was violated at the mailbox under test; nothing else may have been."""
    assert {v.block for v in hands.sim.violations} <= {NAME}
    return [(v.register, v.rule) for v in hands.sim.violations]


@pytest.mark.parametrize(("steps", "broken"), FROM_RESET)
def test_rules_from_reset(clocked: Hands, steps: Steps, broken: Broken) -> None:
    """Each rule on the way up and down is noticed when it is broken, and not when it is kept."""
    for step in steps:
        if callable(step):
            clocked.do(NAME, step)
        else:
            clocked.wait(step)
    assert broken_at(clocked) == broken


@pytest.mark.parametrize(("ops", "broken"), IN_SERVICE)
def test_rules_in_service(serving: Hands, ops: Sequence[Op], broken: Broken) -> None:
    """Each change that would disturb a mailbox in service is noticed, and nothing else is."""
    for op in ops:
        serving.do(NAME, op)
    assert broken_at(serving) == broken


def test_its_domain_in_reset_it_is_out_of_reach(serving: Hands) -> None:
    """Whoever touches a mailbox whose domain is in reset is told, and so is the record."""
    serving.do("crg", lambda r: r.RESET.write(noc=1, sram=1, core=1))
    serving.broke("crg.RESET")
    with pytest.raises(Exception, match="does not answer"):
        serving.do(NAME, lambda r: r.STATUS.read())
    assert [register for register, _ in broken_at(serving)] == ["STATUS"]


def test_the_first_error_is_logged(serving: Hands) -> None:
    """The log keeps the first error and the number of its message; all that were lost are counted."""
    model = serving.sim.model(NAME)
    assert isinstance(model, MailboxModel)
    for _ in range(19):
        serving.do(NAME, send())
    serving.do(NAME, pop)
    log = serving.do(NAME, lambda r: r.ERR_LOG.read())
    assert (log.valid, log.error.name, log.sequence) == (1, "OVERFLOW", 16)
    status = serving.do(NAME, lambda r: r.INTR_STATUS.read())
    assert (status.overflow, status.underflow, status.overrun) == (1, 1, 0)
    assert serving.do(NAME, lambda r: r.DROPPED.read()).count == 3
    assert serving.do(NAME, lambda r: r.DROPPED.read()).count == 0
    assert serving.sim.raised == {0}
