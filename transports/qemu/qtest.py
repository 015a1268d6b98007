"""The qtest wire: lines to send, events that come back. No input or output happens here.

QEMU's qtest server takes one command a line and answers each with one line. It aborts QEMU on any malformed line,
so nothing leaves but what `GRAMMAR` matches. Interrupt edges come as lines of their own, anywhere between replies.

Source: docs/devel/qtest.rst and softmmu/qtest.c of QEMU 7.2; replies as observed with Debian's 7.2.22.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple, TypeAlias

from attrs import define, field, frozen

from transports.batch import ones

WINDOW_BYTES = 1024
"""Most bytes that may be unanswered.

QEMU reads up to 1024 bytes at a time and keeps an unfinished line; were more under way when a client is killed,
that half line would be put before the next client's first command, and QEMU would abort on it.
"""

LINE_BYTES_MAX = 256  # no reply of QEMU 7.2 is half as long; a longer line means that the peer is no qtest server

_ORDER = rb"(?:read[bwlq] 0x[0-9a-f]{1,16}|write[bwlq] 0x[0-9a-f]{1,16} 0x[0-9a-f]{1,16})"
_INTERCEPT = rb"irq_intercept_in /[A-Za-z0-9_./\[\]-]{1,200}"
GRAMMAR = re.compile(rb"(?:(?:%s|%s)\n)+" % (_ORDER, _INTERCEPT))
"""All that we ever send: whole lines of these."""

_READ = {1: b"readb 0x%x\n", 2: b"readw 0x%x\n", 4: b"readl 0x%x\n", 8: b"readq 0x%x\n"}
_WRITE = {1: b"writeb 0x%x 0x%x\n", 2: b"writew 0x%x 0x%x\n", 4: b"writel 0x%x 0x%x\n", 8: b"writeq 0x%x 0x%x\n"}
_WORD = re.compile(rb"OK 0x([0-9a-f]{1,16})")
_EDGE = re.compile(rb"IRQ (raise|lower) ([0-9]{1,3})")


def read_line(address: int, width: int) -> bytes:
    """Return the command that reads one word of `width` bytes."""
    return _READ[width] % address


def write_line(address: int, width: int, value: int) -> bytes:
    """Return the command that writes one word of `width` bytes."""
    return _WRITE[width] % (address, value & ones(width))


def intercept_line(path: str) -> bytes:
    """Return the command that makes the input pins of the device at a QOM path heard."""
    return b"irq_intercept_in %s\n" % path.encode()


class Window(NamedTuple):
    """What is sent in one go, and how many replies it will bring."""

    data: bytes
    replies: int


def windows(lines: Iterable[bytes]) -> Iterator[Window]:
    """Group whole lines into windows of at most `WINDOW_BYTES`, in order.

    Raises:
        ValueError: a line would make QEMU abort; windows before it may have been taken already.
    """
    held: list[bytes] = []
    size = 0
    for line in lines:
        if held and size + len(line) > WINDOW_BYTES:
            yield _window(held)
            held, size = [], 0
        held.append(line)
        size += len(line)
    if held:
        yield _window(held)


def _window(lines: list[bytes]) -> Window:
    data = b"".join(lines)
    if not GRAMMAR.fullmatch(data) or data.count(b"\n") != len(lines):
        bad = next((line for line in lines if not GRAMMAR.fullmatch(line)), data)
        raise ValueError(f"QEMU would abort on {bad!r}")
    return Window(data, len(lines))


@frozen
class Refusal:
    """A reply that says no: `FAIL Unknown device`."""

    text: str


Reply: TypeAlias = int | Refusal | None
"""What one command brought: the word of a read, None for anything else that went well, or a refusal."""


class Edge(NamedTuple):
    """An interrupt line changed."""

    number: int
    high: bool


@define
class Received:
    """What some bytes held: replies in order, edges in order, and the first line that is no qtest, if any."""

    replies: list[Reply] = field(factory=list[Reply])
    edges: list[Edge] = field(factory=list[Edge])
    nonsense: bytes | None = None


@define
class Parser:
    """Turns the server's bytes, in pieces of any size, into replies and edges.

    After a line that is no qtest it understands nothing more: which reply belongs to which command is then unknown.
    """

    _tail: bytes = b""
    _dead: bool = False

    def feed(self, data: bytes) -> Received:
        """Return what the bytes completed; an unfinished line is kept for the next call."""
        received = Received()
        if self._dead:
            return received
        *lines, self._tail = (self._tail + data).split(b"\n")
        for line in lines:
            if not self._take(line, received):
                return received
        if len(self._tail) > LINE_BYTES_MAX:
            self._take(self._tail, received)
        return received

    def _take(self, line: bytes, received: Received) -> bool:
        """Sort one line in; False when it is nonsense."""
        if len(line) <= LINE_BYTES_MAX:
            if line == b"OK":
                received.replies.append(None)
                return True
            if word := _WORD.fullmatch(line):
                received.replies.append(int(word[1], 16))
                return True
            if edge := _EDGE.fullmatch(line):
                received.edges.append(Edge(int(edge[2]), edge[1] == b"raise"))
                return True
            if line.startswith((b"FAIL ", b"ERR ")):
                received.replies.append(Refusal(line.decode("ascii", "backslashreplace")))
                return True
        received.nonsense = line[: LINE_BYTES_MAX + 1]
        self._dead = True
        return False
