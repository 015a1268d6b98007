"""A batch as a conversation over qtest: what to send, when to wait for the replies, what they mean.

A pure generator: it yields what is to be exchanged or waited for, is sent the answers, and returns the results.

Reads and writes cannot fail while the peer lives, so any run of them goes out without looking. A batch stops at its
first failing operation and not one access is made behind it, so nothing is sent behind a `Check` before its reply has
been seen: a look costs a round trip a check (100 us), and what is counted is what the device saw.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import TypeAlias

from attrs import define, field, frozen

from transports.batch import (
    Access,
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
    Value,
    Write,
    WriteBurst,
    ones,
)
from transports.engine import strobed_run
from transports.errors import CheckFailed, DeviceLost, PollTimeout, TransportError
from transports.qemu.qtest import Refusal, Reply, read_line, write_line

POLL_PAUSE_S = (0.0001, 0.005)
"""First and longest pause between two looks of a `Poll`; each is twice the one before."""


@frozen
class Exchange:
    """Send these lines; answer with their replies."""

    lines: Sequence[bytes]


@frozen
class Pause:
    """Let `seconds` pass."""

    seconds: float


Request: TypeAlias = Exchange | Pause


@frozen
class Answer:
    """What a request brought.

    Attributes:
        replies: one for each line, in order; fewer when the device was lost.
        now: clock reading when the last of them was there.
        error: why replies are missing.
    """

    replies: Sequence[Reply]
    now: float
    error: TransportError | None = None


@frozen
class _Part:
    """Lines that belong together: `count` of them, on behalf of `operation`.

    Attributes:
        reads: each of their replies is a word.
        looks: the operation goes on by the word read; it is not complete with it.
        before: the operation's result, known already (the write of a `Modify`).
    """

    operation: Access
    count: int
    reads: bool
    looks: bool = False
    before: int | None = None


@define
class _Run:
    """A batch under way; its methods say False when the batch ends here, and why stands in `error`.

    Attributes:
        parts: what is queued and not yet sent, `lines` the lines of all of it.
        word: the last word read.
        now: clock reading at the last answer.
    """

    values: list[Value] = field(factory=list[Value])
    error: TransportError | None = None
    poll_reads: int = 0
    lines: list[bytes] = field(factory=list[bytes])
    parts: list[_Part] = field(factory=list[_Part])
    word: int = 0
    now: float = 0.0

    def queue(self, part: _Part, lines: Sequence[bytes]) -> None:
        """Add lines to what goes out next."""
        self.lines.extend(lines)
        self.parts.append(part)

    def stop(self, error: TransportError, op: Access) -> bool:
        """End the batch at the operation whose result would be next."""
        self.error = error.at(index=len(self.values), address=op.address)
        return False

    def flush(self) -> Steps:
        """Exchange what is queued and take the replies."""
        if not self.parts:
            return True
        lines, parts = self.lines, self.parts
        self.lines, self.parts = [], []
        answer = yield Exchange(lines)
        self.now = answer.now
        taken = 0
        for part in parts:
            replies = answer.replies[taken : taken + part.count]
            taken += part.count
            if len(replies) < part.count:
                return self.stop(answer.error or DeviceLost("replies are missing"), part.operation)
            if not self.take(part, replies):
                return False
        return True

    def take(self, part: _Part, replies: Sequence[Reply]) -> bool:
        """Understand the replies to one part and note the operation's result."""
        op = part.operation
        for reply in replies:
            if isinstance(reply, Refusal) or (reply is not None) != part.reads:
                said = reply.text if isinstance(reply, Refusal) else "OK"
                return self.stop(DeviceLost(f"QEMU answered {said!r} to such an access"), op)
        words = tuple(reply for reply in replies if isinstance(reply, int))
        self.word = words[-1] if words else self.word
        if part.looks:
            return True
        match op:
            case Check() if self.word & op.mask != op.value:
                return self.stop(CheckFailed(self.found(op), mask=op.mask, wanted=op.value, last=self.word), op)
            case Read() | Check():
                self.values.append(self.word)
            case ReadBurst():
                self.values.append(words)
            case _:
                self.values.append(part.before)
        return True

    def found(self, op: Check | Poll) -> str:
        """Say what was read and what was wanted."""
        return f"read {self.word:#x}, wanted {op.value:#x} under mask {op.mask:#x}"

    def modify(self, op: Modify) -> Steps:
        """Read now; the write travels with what comes next."""
        self.queue(_Part(op, 1, reads=True, looks=True), [read_line(op.address, op.width)])
        if not (yield from self.flush()):
            return False
        new = self.word & ~op.mask & ones(op.width) | op.value
        self.queue(_Part(op, 1, reads=False, before=self.word), [write_line(op.address, op.width, new)])
        return True

    def poll(self, op: Poll) -> Steps:
        """Look again and again, and once more after time is up: a late wake is no timeout."""
        line = [read_line(op.address, op.width)]
        self.queue(_Part(op, 1, reads=True, looks=True), line)
        if not (yield from self.flush()):
            return False
        pause, deadline = POLL_PAUSE_S[0], self.now + op.timeout_s
        while self.word & op.mask != op.value:
            if self.now >= deadline:
                reason = f"{self.found(op)} for {op.timeout_s:g} s"
                late = PollTimeout(reason, mask=op.mask, wanted=op.value, last=self.word, timeout_s=op.timeout_s)
                return self.stop(late, op)
            yield Pause(min(pause, deadline - self.now))
            pause = min(2 * pause, POLL_PAUSE_S[1])
            self.poll_reads += 1
            self.queue(_Part(op, 1, reads=True, looks=True), line)
            if not (yield from self.flush()):
                return False
        self.values.append(self.word)
        return True

    def step(self, op: Operation) -> Steps:
        """Take one operation in: queue it, or see it through when the next may depend on it."""
        match op:
            case Modify():
                return (yield from self.modify(op))
            case Poll():
                return (yield from self.poll(op))
            case Delay() | Fence():  # one server, in order: what was answered has reached the device
                if not (yield from self.flush()):
                    return False
                if isinstance(op, Delay):
                    yield Pause(op.seconds)
                self.values.append(None)
            case _:
                lines = _lines(op)
                reads = not isinstance(op, (Write, WriteBurst))
                self.queue(_Part(op, len(lines), reads=reads), lines)
                if isinstance(op, Check):
                    return (yield from self.flush())
        return True


Steps: TypeAlias = Generator[Request, Answer, bool]


def _lines(op: Read | Check | Write | ReadBurst | WriteBurst) -> list[bytes]:
    """Return the commands of an operation that needs no decision on the way."""
    address, width = op.address, op.width
    match op:
        case Read() | Check():
            return [read_line(address, width)]
        case Write():
            return [_write(op)]
        case ReadBurst():
            return [read_line(address + k * op.step, width) for k in range(op.count)]
        case WriteBurst():
            values = enumerate(op.values)
            return [write_line(address + k * op.step, width, value) for k, value in values]


def _write(op: Write) -> bytes:
    """Return the one access that writes just the strobed bytes; the map has refused what no single access does."""
    run = None if op.strobes is None else strobed_run(op.strobes)
    if run is None:
        return write_line(op.address, op.width, op.value)
    first, width = run
    return write_line(op.address + first, width, op.value >> (8 * first))


def converse(batch: Batch) -> Generator[Request, Answer, Results]:
    """Run a batch that the machine's map has passed."""
    run = _Run()
    for op in batch:
        if not (yield from run.step(op)):
            break
    else:
        yield from run.flush()
    return Results(tuple(run.values), run.error, run.poll_reads)
