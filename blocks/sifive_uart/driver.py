"""A serial port: sends and receives at a baud rate, raises its line while received bytes wait."""

from __future__ import annotations

from attrs import field, frozen

from blocks.base import Block
from blocks.ladder import US, Ladder, Rung
from blocks.limits import between
from blocks.line import Line
from blocks.port import Port, flatten, named
from blocks.sifive_uart.regs import RxdataValue, SifiveUartRegs
from transports.batch import Batch

FIFO_BYTES = 8  # FU540-C000 manual, UART
DIV_MIN, DIV_MAX = 16, 0xFFFF  # FU540-C000 manual, UART: the receiver takes 16 samples a bit
BAUD_ERROR_MAX = 0.02  # two ends that are off by this each still agree on the tenth bit of a frame
SERVICE_ROUNDS_MAX = 512  # a talker that never pauses is left after 4 KiB, until the next hint


@frozen(kw_only=True)
class SifiveUartConfig:
    """How fast, and how much is kept.

    Attributes:
        clock_hz: of the bus; half the core clock.
        stop_bits: 1 or 2.
        kept_bytes: received bytes that wait for a reader; those that come when it is full are counted and lost.
    """

    clock_hz: float = field(default=500e6, validator=between(1e6, 1e9))
    baud: int = field(default=115_200, validator=between(1, 10_000_000))
    stop_bits: int = field(default=1, validator=between(1, 2))
    kept_bytes: int = field(default=4096, validator=between(FIFO_BYTES, 1 << 20))

    def __attrs_post_init__(self) -> None:
        if not DIV_MIN <= self.div <= DIV_MAX:
            slowest, fastest = self.clock_hz / (DIV_MAX + 1), self.clock_hz / (DIV_MIN + 1)
            raise ValueError(f"baud is {self.baud}; expected {slowest:.0f}..{fastest:.0f} at {self.clock_hz:.0f} Hz")
        made = self.clock_hz / (self.div + 1)
        if abs(made / self.baud - 1) > BAUD_ERROR_MAX:
            raise ValueError(f"baud is {self.baud}; expected a rate within 2 % of a divided clock, as {made:.0f} is")

    @property
    def div(self) -> int:
        """The divisor, less one, that comes closest to the baud rate."""
        return round(self.clock_hz / self.baud) - 1


class SifiveUart(Block[SifiveUartRegs]):
    """SiFive UART: FIFOs of 8 bytes both ways, a line that is high while more bytes wait than the watermark says.

    Source: FU540-C000 manual, UART.

    Attributes:
        lost: received bytes that found the buffer full.
    """

    config: SifiveUartConfig

    def __init__(self, name: str, regs: SifiveUartRegs, config: SifiveUartConfig, line: Line | None = None) -> None:
        super().__init__(name, regs, config, line)
        self._received = bytearray()
        self.lost = 0

    def up(self) -> Ladder:
        """Rate and frame set, both ways open, the line raised by received bytes only."""
        r, c = self.regs, self.config
        two_stops = c.stop_bits == 2
        return Ladder(
            Rung("rated", holds=[r.DIV.check(div=c.div)], reach=[r.DIV.write(div=c.div)], within=5 * US, disturbs=True),
            Rung(
                "open",
                holds=[r.TXCTRL.check(txen=1, nstop=two_stops, txcnt=0), r.RXCTRL.check(rxen=1, rxcnt=0)],
                reach=[r.TXCTRL.write(txen=1, nstop=two_stops, txcnt=0), r.RXCTRL.write(rxen=1, rxcnt=0)],
                within=5 * US,
            ),
            self._heard(rxwm=True),
        )

    def rest(self) -> Ladder:
        """The line low, whatever comes; what was queued is still sent, and nothing more is received."""
        r = self.regs
        return Ladder(
            self._heard(rxwm=False),
            Rung("closed", holds=[r.RXCTRL.check(rxen=0)], reach=[r.RXCTRL.modify(rxen=0)], within=5 * US),
        )

    def _heard(self, *, rxwm: bool) -> Rung:
        ie = self.regs.IE
        return Rung(
            "heard" if rxwm else "silent",
            holds=[ie.check(txwm=0, rxwm=rxwm)],
            reach=[ie.write(txwm=0, rxwm=rxwm)],
            within=5 * US,
        )

    async def service(self, port: Port) -> None:
        """Take what was received out of the FIFO, a FIFO's depth a batch; that lowers the line.

        Raises:
            TransportError: the bytes read before it are kept; one that the failing access took is lost, uncounted.
        """
        drain = (self.regs.RXDATA.read(),) * FIFO_BYTES
        operations, names = flatten(drain)
        for _ in range(SERVICE_ROUNDS_MAX):
            # Not by `port.submit`, which gives all values or none: a byte that was read is in no FIFO any more.
            results = await port.bus.submit(Batch(operations), owner=port.owner)
            taken = self._keep([op.decode((word,)) for op, word in zip(drain, results.values, strict=False)])
            if results.error is not None:
                raise named(results.error, port.owner, names, len(results.values))
            if taken < FIFO_BYTES:
                return

    def _keep(self, values: list[RxdataValue]) -> int:
        """Keep the bytes among the values, as far as there is room, and return how many there were."""
        data = bytes(value.data for value in values if not value.empty)
        kept = data[: self.config.kept_bytes - len(self._received)]
        self._received += kept
        self.lost += len(data) - len(kept)
        return len(data)

    def take(self) -> bytes:
        """Return the bytes received since the last call."""
        data, self._received = bytes(self._received), bytearray()
        return data
