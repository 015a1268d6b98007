"""Generated from sifive_uart.rdl by firstlight registers generate; do not edit."""

from __future__ import annotations

from registers.access import RegisterOp
from registers.handles import Bit, Bits, Member, Register, RegisterValue, TopMap


class TxdataValue(RegisterValue):
    """The word of TXDATA."""

    __slots__ = ()

    data = Bits(int)
    full = Bits(int)


class Txdata(Register):
    """Transmit FIFO. Source: FU540-C000 manual, UART.

    - `data` [7:0] rw wuser: Written: queued unless full. Reads 0.
    - `full` [31] r: No room: a write is dropped.
    """

    __slots__ = ()

    def _value(self, raw: int) -> TxdataValue:
        return TxdataValue(self.register, raw)

    def read(self) -> RegisterOp[TxdataValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, data: int) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(("data",), (data,))

    def modify(self, *, data: int) -> RegisterOp[TxdataValue]:
        """Change the fields given and no other bit."""
        return self._modify(("data",), (data,), self._value)

    def check(self, *, data: int | None = None, full: Bit | None = None) -> RegisterOp[TxdataValue]:
        """Compare the fields given."""
        return self._check(("data", "full"), (data, full), self._value)

    def poll(self, *, timeout_s: float, data: int | None = None, full: Bit | None = None) -> RegisterOp[TxdataValue]:
        """Wait until the fields are as given."""
        return self._poll(("data", "full"), (data, full), self._value, timeout_s=timeout_s)


class RxdataValue(RegisterValue):
    """The word of RXDATA."""

    __slots__ = ()

    data = Bits(int)
    empty = Bits(int)


class Rxdata(Register):
    """Receive FIFO. Source: FU540-C000 manual, UART.

    - `data` [7:0] r ruser: The oldest byte, taken out by this read.
    - `empty` [31] r: There was none: data means nothing.
    """

    __slots__ = ()

    def _value(self, raw: int) -> RxdataValue:
        return RxdataValue(self.register, raw)

    def read(self) -> RegisterOp[RxdataValue]:
        """Read every field; that changes data."""
        return self._read(self._value)


class TxctrlValue(RegisterValue):
    """The word of TXCTRL."""

    __slots__ = ()

    txen = Bits(int)
    nstop = Bits(int)
    txcnt = Bits(int)


class Txctrl(Register):
    """Transmitter. Source: FU540-C000 manual, UART.

    - `txen` [0] rw, 0x0 after reset: Sends; when 0 the line idles and the FIFO fills.
    - `nstop` [1] rw, 0x0 after reset: Stop bits, less one.
    - `txcnt` [18:16] rw, 0x0 after reset: Watermark: IP.txwm while fewer bytes wait.
    """

    __slots__ = ()

    def _value(self, raw: int) -> TxctrlValue:
        return TxctrlValue(self.register, raw)

    def read(self) -> RegisterOp[TxctrlValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, txen: Bit, nstop: Bit, txcnt: int) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(("txen", "nstop", "txcnt"), (txen, nstop, txcnt))

    def modify(
        self,
        *,
        txen: Bit | None = None,
        nstop: Bit | None = None,
        txcnt: int | None = None,
    ) -> RegisterOp[TxctrlValue]:
        """Change the fields given and no other bit."""
        return self._modify(("txen", "nstop", "txcnt"), (txen, nstop, txcnt), self._value)

    def check(
        self,
        *,
        txen: Bit | None = None,
        nstop: Bit | None = None,
        txcnt: int | None = None,
    ) -> RegisterOp[TxctrlValue]:
        """Compare the fields given."""
        return self._check(("txen", "nstop", "txcnt"), (txen, nstop, txcnt), self._value)

    def poll(
        self,
        *,
        timeout_s: float,
        txen: Bit | None = None,
        nstop: Bit | None = None,
        txcnt: int | None = None,
    ) -> RegisterOp[TxctrlValue]:
        """Wait until the fields are as given."""
        return self._poll(("txen", "nstop", "txcnt"), (txen, nstop, txcnt), self._value, timeout_s=timeout_s)


class RxctrlValue(RegisterValue):
    """The word of RXCTRL."""

    __slots__ = ()

    rxen = Bits(int)
    rxcnt = Bits(int)


class Rxctrl(Register):
    """Receiver. Source: FU540-C000 manual, UART.

    - `rxen` [0] rw, 0x0 after reset: Receives; when 0 the line is not looked at.
    - `rxcnt` [18:16] rw, 0x0 after reset: Watermark: IP.rxwm while more bytes wait.
    """

    __slots__ = ()

    def _value(self, raw: int) -> RxctrlValue:
        return RxctrlValue(self.register, raw)

    def read(self) -> RegisterOp[RxctrlValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, rxen: Bit, rxcnt: int) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(("rxen", "rxcnt"), (rxen, rxcnt))

    def modify(self, *, rxen: Bit | None = None, rxcnt: int | None = None) -> RegisterOp[RxctrlValue]:
        """Change the fields given and no other bit."""
        return self._modify(("rxen", "rxcnt"), (rxen, rxcnt), self._value)

    def check(self, *, rxen: Bit | None = None, rxcnt: int | None = None) -> RegisterOp[RxctrlValue]:
        """Compare the fields given."""
        return self._check(("rxen", "rxcnt"), (rxen, rxcnt), self._value)

    def poll(self, *, timeout_s: float, rxen: Bit | None = None, rxcnt: int | None = None) -> RegisterOp[RxctrlValue]:
        """Wait until the fields are as given."""
        return self._poll(("rxen", "rxcnt"), (rxen, rxcnt), self._value, timeout_s=timeout_s)


class IeValue(RegisterValue):
    """The word of IE."""

    __slots__ = ()

    txwm = Bits(int)
    rxwm = Bits(int)


class Ie(Register):
    """What raises the line. Source: FU540-C000 manual, UART.

    - `txwm` [0] rw, 0x0 after reset: IP.txwm does.
    - `rxwm` [1] rw, 0x0 after reset: IP.rxwm does.
    """

    __slots__ = ()

    def _value(self, raw: int) -> IeValue:
        return IeValue(self.register, raw)

    def read(self) -> RegisterOp[IeValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, txwm: Bit, rxwm: Bit) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(("txwm", "rxwm"), (txwm, rxwm))

    def modify(self, *, txwm: Bit | None = None, rxwm: Bit | None = None) -> RegisterOp[IeValue]:
        """Change the fields given and no other bit."""
        return self._modify(("txwm", "rxwm"), (txwm, rxwm), self._value)

    def check(self, *, txwm: Bit | None = None, rxwm: Bit | None = None) -> RegisterOp[IeValue]:
        """Compare the fields given."""
        return self._check(("txwm", "rxwm"), (txwm, rxwm), self._value)

    def poll(self, *, timeout_s: float, txwm: Bit | None = None, rxwm: Bit | None = None) -> RegisterOp[IeValue]:
        """Wait until the fields are as given."""
        return self._poll(("txwm", "rxwm"), (txwm, rxwm), self._value, timeout_s=timeout_s)


class IpValue(RegisterValue):
    """The word of IP."""

    __slots__ = ()

    txwm = Bits(int)
    rxwm = Bits(int)


class Ip(Register):
    """Levels, gone when the FIFO is back behind its watermark. Source: FU540-C000 manual, UART.

    - `txwm` [0] r: Fewer bytes wait to be sent than TXCTRL.txcnt.
    - `rxwm` [1] r: More bytes were received than RXCTRL.rxcnt.
    """

    __slots__ = ()

    def _value(self, raw: int) -> IpValue:
        return IpValue(self.register, raw)

    def read(self) -> RegisterOp[IpValue]:
        """Read every field."""
        return self._read(self._value)

    def check(self, *, txwm: Bit | None = None, rxwm: Bit | None = None) -> RegisterOp[IpValue]:
        """Compare the fields given."""
        return self._check(("txwm", "rxwm"), (txwm, rxwm), self._value)

    def poll(self, *, timeout_s: float, txwm: Bit | None = None, rxwm: Bit | None = None) -> RegisterOp[IpValue]:
        """Wait until the fields are as given."""
        return self._poll(("txwm", "rxwm"), (txwm, rxwm), self._value, timeout_s=timeout_s)


class DivValue(RegisterValue):
    """The word of DIV."""

    __slots__ = ()

    div = Bits(int)


class Div(Register):
    """Baud rate = bus clock / (div + 1). Source: FU540-C000 manual, UART.

    - `div` [15:0] rw, 0x121 after reset: At least 16: the receiver samples 16 times a bit.
    """

    __slots__ = ()

    def _value(self, raw: int) -> DivValue:
        return DivValue(self.register, raw)

    def read(self) -> RegisterOp[DivValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, div: int) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(("div",), (div,))

    def modify(self, *, div: int | None = None) -> RegisterOp[DivValue]:
        """Change the fields given and no other bit."""
        return self._modify(("div",), (div,), self._value)

    def check(self, *, div: int | None = None) -> RegisterOp[DivValue]:
        """Compare the fields given."""
        return self._check(("div",), (div,), self._value)

    def poll(self, *, timeout_s: float, div: int | None = None) -> RegisterOp[DivValue]:
        """Wait until the fields are as given."""
        return self._poll(("div",), (div,), self._value, timeout_s=timeout_s)


class SifiveUartRegs(TopMap):
    """8N1 or 8N2, FIFOs of 8 bytes both ways. Source: FU540-C000 manual, UART."""

    __slots__ = ()

    PACKAGE = __name__.rpartition(".")[0]
    IMAGE = "sifive_uart.image"

    TXDATA = Member(Txdata)  # 0x0
    RXDATA = Member(Rxdata)  # 0x4
    TXCTRL = Member(Txctrl)  # 0x8
    RXCTRL = Member(Rxctrl)  # 0xc
    IE = Member(Ie)  # 0x10
    IP = Member(Ip)  # 0x14
    DIV = Member(Div)  # 0x18
