"""A serial port with FIFOs that fill and drain; what comes in from outside, the simulation's owner puts there."""

from __future__ import annotations

from collections import deque
from typing import Final

from attrs import field, frozen

from blocks.limits import between
from blocks.model import BlockModel, ModelParams, Simulation
from registers.model import RegisterFile, Written

FIFO_BYTES: Final = 8  # FU540-C000 manual, UART
EMPTY = FULL = 1 << 31
SENT_BYTES_MAX: Final = 4096  # of what went out the latest is kept, for tests to look at


@frozen(kw_only=True)
class SifiveUartParams(ModelParams):
    """What this port is like.

    Attributes:
        clock_hz: of the bus.
    """

    clock_hz: float = field(default=500e6, validator=between(1e6, 1e9))


class SifiveUartModel(BlockModel):
    """Sends a byte in ten bit times; keeps eight received ones.

    Attributes:
        sent: what went out.
        overrun: bytes that came while the FIFO was full.
    """

    params: SifiveUartParams

    def __init__(self, name: str, registers: RegisterFile, params: SifiveUartParams, sim: Simulation) -> None:
        super().__init__(name, registers, params, sim)
        self.sent: deque[int] = deque(maxlen=SENT_BYTES_MAX)
        self.overrun = 0
        cell = registers.field
        self.div, self.txen, self.rxen = cell("DIV.div"), cell("TXCTRL.txen"), cell("RXCTRL.rxen")
        self.txcnt, self.rxcnt = cell("TXCTRL.txcnt"), cell("RXCTRL.rxcnt")
        self.txwm, self.rxwm = cell("IP.txwm"), cell("IP.rxwm")
        self.txwm_raises, self.rxwm_raises = cell("IE.txwm"), cell("IE.rxwm")

    def connect(self) -> None:
        """Serve the FIFOs, and look at the watermarks whenever a setting changes."""
        self.registers.on_read("RXDATA", lambda _reading: self._taken())
        self.registers.on_read("TXDATA", lambda _reading: FULL if len(self._out) >= FIFO_BYTES else 0)
        self.registers.on_write("TXDATA", self._queued)
        self.registers.on_write("DIV", self._rated)
        for register in ("TXCTRL", "RXCTRL", "IE"):
            self.registers.on_write(register, lambda _written: self.update())

    def cleared(self) -> None:
        """Both FIFOs are empty."""
        self._in: deque[int] = deque()
        self._out: deque[int] = deque()
        self._sending = False

    def receive(self, data: bytes) -> None:
        """Let bytes come in from outside, all at once."""
        if self.rxen.value:
            room = FIFO_BYTES - len(self._in)
            self._in.extend(data[:room])
            self.overrun += len(data[room:])
        self.update()

    def _taken(self) -> int:
        word = self._in.popleft() if self._in else EMPTY
        self.update()
        return word

    def _queued(self, written: Written) -> None:
        byte = written.written("data")
        if byte is None:
            return
        if len(self._out) >= FIFO_BYTES:
            self.violate("TXDATA", "written while the transmit FIFO is full; the byte is lost")
        else:
            self._out.append(byte)
        self.update()

    def _rated(self, written: Written) -> None:
        if self.div.value < 16:
            self.violate("DIV", f"a divisor of {self.div.value}; the receiver samples 16 times a bit")
        if written.old != written.new and self._out:
            self.violate("DIV", "changed while bytes are sent")

    def _shifted(self) -> None:
        self._sending = False
        self.sent.append(self._out.popleft())
        self.update()

    def update(self) -> None:
        """Send what waits, and say where the FIFOs stand."""
        if self._out and self.txen.value and not self._sending:
            self._sending = True
            self.after(10 * (self.div.value + 1) / self.params.clock_hz, self._shifted)
        self.txwm.set(int(len(self._out) < self.txcnt.value))
        self.rxwm.set(int(len(self._in) > self.rxcnt.value))
        raised = (self.txwm.value and self.txwm_raises.value) or (self.rxwm.value and self.rxwm_raises.value)
        self.sim.line(self.name, bool(raised))
