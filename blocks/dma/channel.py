"""One channel of a simulated DMA engine: its registers, and what they say."""

from __future__ import annotations

from collections.abc import Callable

from attrs import define

from blocks.model import Event
from registers.model import Cell

RING_ALIGN = 64  # dma.rdl RING_LO
ORDERS = range(1, 13)  # dma.rdl RING_SIZE
DESCRIPTOR_BYTES = 32
PAYLOAD_BYTES = 4096  # that one descriptor moves


@define(eq=False, init=False)
class Channel:
    """One channel.

    Attributes:
        fetching: its first descriptors, on their way.
        sent: packets since the watermark was last reached.
    """

    index: int
    enable: Cell
    running: Cell
    halted: Cell
    low: Cell
    high: Cell
    order: Cell
    tail: Cell
    head: Cell
    residue: Cell
    errors: dict[str, Cell]
    completed: Cell
    fetching: Event | None
    sent: int

    def __init__(self, find: Callable[[str], Cell], index: int) -> None:
        self.index, self.fetching, self.sent = index, None, 0
        at = f"CH[{index}]"
        self.enable = find(f"{at}.CTRL.enable")
        self.running, self.halted = find(f"{at}.STATUS.running"), find(f"{at}.STATUS.halted")
        self.low, self.high = find(f"{at}.RING_LO.base"), find(f"{at}.RING_HI.base")
        self.order, self.tail = find(f"{at}.RING_SIZE.order"), find(f"{at}.DOORBELL.tail")
        self.head, self.residue = find(f"{at}.HEAD.head"), find(f"{at}.RESIDUE.bytes")
        self.errors = {error: find(f"{at}.ERROR.{error}") for error in ("window", "descriptor")}
        self.completed = find(f"{at}.COMPLETED.count")

    @property
    def base(self) -> int:
        """Address of its ring."""
        return self.high.value << 32 | self.low.value

    @property
    def entries(self) -> int:
        """Descriptors in its ring."""
        return 1 << self.order.value

    @property
    def end(self) -> int:
        """Address of the last byte of its ring."""
        return self.base + self.entries * DESCRIPTOR_BYTES - 1

    def stop(self) -> None:
        """Fetch no more, and begin anew when started again."""
        if self.fetching is not None:
            self.fetching.cancel()
            self.fetching = None
        for cell in (self.running, self.head, self.residue):
            cell.set(0)

    def start(self) -> None:
        """Work on the first descriptor."""
        self.fetching = None
        self.running.set(1)
        self.residue.set(PAYLOAD_BYTES)

    def move(self, size: int, packets: int = 1) -> None:
        """Count packets, and go on to the next descriptor whenever one is done."""
        if not packets:
            return
        self.completed.increment(packets)
        self.sent += packets
        left = self.residue.value
        last = max(-(-left // size), 1) if size else packets + 1  # the packet by which this descriptor is done
        if packets < last:
            left -= packets * size
        else:
            done, more = divmod(packets - last, -(-PAYLOAD_BYTES // size))
            self.head.set((self.head.value + 1 + done) % self.entries)
            left = PAYLOAD_BYTES - more * size
        self.residue.set(left)
