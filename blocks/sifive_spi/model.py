"""A serial bus master with FIFOs; each byte takes eight periods of its clock."""

from __future__ import annotations

from collections import deque
from typing import Final, Protocol, runtime_checkable

from attrs import field, frozen

from blocks.limits import between
from blocks.model import BlockModel, ModelParams, Simulation, WireError
from registers.model import RegisterFile, Written

FIFO_FRAMES: Final = 8  # FU540-C000 manual, SPI
EMPTY = FULL = 1 << 31
HOLD: Final = 2  # sifive_spi.rdl cs_mode


@runtime_checkable
class Device(Protocol):
    """What hangs on the bus: every model that has these two."""

    def exchange(self, byte: int) -> int:
        """Take a byte and give one."""
        ...

    def deselect(self) -> None:
        """The chip select went away."""
        ...


@frozen(kw_only=True)
class SifiveSpiParams(ModelParams):
    """What this controller is like, and what it is wired to.

    Attributes:
        clock_hz: of the bus that it stands on.
        device: the block that it selects; empty: nothing, and the line floats high.
    """

    clock_hz: float = field(default=500e6, validator=between(1e6, 1e9))
    device: str = ""


class SifiveSpiModel(BlockModel):
    """Shifts what is queued, one byte after the other, and queues what comes back.

    Attributes:
        device: what it selects; None: nothing.
    """

    params: SifiveSpiParams

    def __init__(self, name: str, registers: RegisterFile, params: SifiveSpiParams, sim: Simulation) -> None:
        super().__init__(name, registers, params, sim)
        self.device: Device | None = None
        cell = registers.field
        self.div, self.mode, self.dir = cell("SCKDIV.div"), cell("CSMODE.mode"), cell("FMT.dir")
        self.txmark, self.rxmark, self.flash = cell("TXMARK.txmark"), cell("RXMARK.rxmark"), cell("FCTRL.en")
        self.txwm, self.rxwm = cell("IP.txwm"), cell("IP.rxwm")
        self.txwm_raises, self.rxwm_raises = cell("IE.txwm"), cell("IE.rxwm")

    def connect(self) -> None:
        """Find the device, serve the FIFOs, and look at the watermarks whenever a setting changes."""
        if self.params.device:
            found: object = self.sim.model(self.params.device)
            if not isinstance(found, Device):
                raise WireError(f"device = {self.params.device!r}: expected a block that hangs on such a bus")
            self.device = found
        self.registers.on_read("RXDATA", lambda _reading: self._taken())
        self.registers.on_read("TXDATA", lambda _reading: FULL if len(self._out) >= FIFO_FRAMES else 0)
        self.registers.on_write("TXDATA", self._queued)
        self.registers.on_write("CSMODE", self._moded)
        for register in ("TXMARK", "RXMARK", "IE"):
            self.registers.on_write(register, lambda _written: self.update())
        for register in ("SCKMODE", "SCKDIV", "FMT", "CSID", "CSDEF", "DELAY0", "DELAY1"):
            self.registers.on_write(register, self._formatted)

    def cleared(self) -> None:
        """Both FIFOs are empty, and nobody is selected."""
        self._in: deque[int] = deque()
        self._out: deque[int] = deque()
        self._shifting = False
        self._deselect()

    def _deselect(self) -> None:
        if self.device is not None:
            self.device.deselect()

    def _taken(self) -> int:
        word = self._in.popleft() if self._in else EMPTY
        self.update()
        return word

    def _queued(self, written: Written) -> None:
        byte = written.written("data")
        if byte is None:
            return
        if self.flash.value:
            self.violate("TXDATA", "written while memory-mapped reads drive the bus")
        elif len(self._out) >= FIFO_FRAMES:
            self.violate("TXDATA", "written while the transmit FIFO is full; the byte is lost")
        else:
            self._out.append(byte)
        self.update()

    def _moded(self, _written: Written) -> None:
        if self.mode.value != HOLD:
            self._deselect()
        self.update()

    def _formatted(self, written: Written) -> None:
        if written.old != written.new and self._shifting:
            self.violate(written.path, "changed while a byte is shifted")

    def _shifted(self) -> None:
        """End a byte: what came back is stored, unless the format says to drop it."""
        self._shifting = False
        byte = self._out.popleft()
        back = 0xFF if self.device is None else self.device.exchange(byte)
        if self.mode.value != HOLD:
            self._deselect()
        if not self.dir.value:
            if len(self._in) < FIFO_FRAMES:
                self._in.append(back)
            else:
                self.violate("RXDATA", "a byte came while the receive FIFO was full; it is lost")
        self.update()

    def update(self) -> None:
        """Shift what waits, and say where the FIFOs stand."""
        if self._out and not self._shifting:
            self._shifting = True
            self.after(8 * 2 * (self.div.value + 1) / self.params.clock_hz, self._shifted)
        self.txwm.set(int(len(self._out) < self.txmark.value))
        self.rxwm.set(int(len(self._in) > self.rxmark.value))
        raised = (self.txwm.value and self.txwm_raises.value) or (self.rxwm.value and self.rxwm_raises.value)
        self.sim.line(self.name, bool(raised))
