"""Edges of GPIO lines, as Linux tells of them: where a chip's interrupt pin is wired to a pin of the board's processor.

Source: Linux, include/uapi/linux/gpio.h, version 2 of the interface (5.10 and later).
"""

from __future__ import annotations

import fcntl
import os
import struct
from collections.abc import Mapping, Sequence
from types import TracebackType

import trio
from attrs import frozen

from interrupts.source import emptied
from transports.errors import Unavailable

LINES_MAX = 64  # GPIO_V2_LINES_MAX
CONSUMER = b"firstlight"  # who has the line, as gpioinfo shows it
ACTIVE_LOW, INPUT, EDGE_RISING = 1 << 1, 1 << 2, 1 << 4  # GPIO_V2_LINE_FLAG_*
GET_LINE = 0xC250B407  # GPIO_V2_GET_LINE_IOCTL: _IOWR(0xB4, 0x07, struct gpio_v2_line_request), 592 bytes
REQUEST = struct.Struct("=64I32sQI20x240xII20xi")  # offsets, consumer, flags, no attributes, lines, buffer, descriptor
EVENT = struct.Struct("=QIIII24x")  # struct gpio_v2_line_event: timestamp, id, offset, seqno, line_seqno


@frozen
class Edge:
    """One edge as the kernel tells of it.

    Attributes:
        at_ns: when, by the kernel's monotonic clock.
        offset: of the line on its GPIO chip.
        sequence: counts the edges of all lines of the request, from 1; 32 bits.
    """

    at_ns: int
    offset: int
    sequence: int


def edges(said: bytes) -> list[Edge]:
    """Return the edges in what was read; the kernel gives whole ones only."""
    return [Edge(at_ns, offset, sequence) for at_ns, _, offset, sequence, _ in EVENT.iter_unpack(said)]


class GpioSource:
    """Lines of one GPIO chip, each a line of the target; a rising edge of the signal is a hint.

    The kernel keeps 16 edges a line and throws away the oldest. A gap in their count is seen, and then any line may
    have risen.

    Args:
        descriptor: of a line request, which must not block; closed with this.
        lines: by the offset on the GPIO chip, the line of the target.

    Attributes:
        last: the edge that came last; None: none yet.
        gaps: times that edges were missing.
    """

    def __init__(self, descriptor: int, lines: Mapping[int, int]) -> None:
        self.last: Edge | None = None
        self.gaps = 0
        self._descriptor, self._lines = descriptor, dict(lines)

    async def wait(self) -> frozenset[int]:
        """Wait for edges and return the lines that rose; empty: some were lost, so that any may have.

        Raises:
            DeviceLost: the GPIO chip is gone.
        """
        while True:
            await trio.lowlevel.wait_readable(self._descriptor)
            found = edges(emptied(self._descriptor))
            if found:
                return self._rose(found)

    def _rose(self, found: Sequence[Edge]) -> frozenset[int]:
        before = self.last.sequence if self.last is not None else 0
        self.last = found[-1]
        if (self.last.sequence - before) & 0xFFFF_FFFF != len(found):
            self.gaps += 1
            return frozenset()
        return frozenset([self._lines[edge.offset] for edge in found])

    def __enter__(self) -> GpioSource:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        os.close(self._descriptor)


def request_of(offsets: Sequence[int], active_low: bool) -> bytes:
    """Return the request for these lines as the kernel reads it, its descriptor not yet filled in.

    Raises:
        ValueError: no line, too many, or one twice.
    """
    if not 1 <= len(offsets) <= LINES_MAX or len(set(offsets)) < len(offsets):
        raise ValueError(f"offsets are {list(offsets)}; expected 1 to {LINES_MAX} of them, each once")
    flags = INPUT | EDGE_RISING | (ACTIVE_LOW if active_low else 0)
    padded = [*offsets, *[0] * (LINES_MAX - len(offsets))]
    return REQUEST.pack(*padded, CONSUMER, flags, 0, len(offsets), 0, -1)


def open_gpio(path: str, lines: Mapping[int, int], *, active_low: bool = False) -> GpioSource:
    """Ask the kernel for the rising edges of lines of one GPIO chip; with `active_low`, of the pin's falling ones.

    Raises:
        ValueError: no line, or too many.
        Unavailable: there is no such GPIO chip, or it does not give us these lines.
    """
    request = bytearray(request_of([*lines], active_low))
    try:
        chip = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        try:
            fcntl.ioctl(chip, GET_LINE, request)
        finally:
            os.close(chip)
    except OSError as error:
        raise Unavailable(f"{path} gives no edges of lines {[*lines]}: {error.strerror}") from error
    descriptor: int = REQUEST.unpack(request)[-1]
    os.set_blocking(descriptor, False)
    return GpioSource(descriptor, lines)
