"""Generated from sifive_spi.rdl by firstlight registers generate; do not edit."""

from __future__ import annotations

from enum import IntEnum

from registers.access import RegisterOp
from registers.handles import Bit, Bits, Member, Register, RegisterValue, TopMap


class SckdivValue(RegisterValue):
    """The word of SCKDIV."""

    __slots__ = ()

    div = Bits(int)


class Sckdiv(Register):
    """SCK = bus clock / (2 * (div + 1)). Source: FU540-C000 manual, SPI.

    - `div` [11:0] rw, 0x3 after reset: Divisor, less one.
    """

    __slots__ = ()

    def _value(self, raw: int) -> SckdivValue:
        return SckdivValue(self.register, raw)

    def read(self) -> RegisterOp[SckdivValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, div: int) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(("div",), (div,))

    def modify(self, *, div: int | None = None) -> RegisterOp[SckdivValue]:
        """Change the fields given and no other bit."""
        return self._modify(("div",), (div,), self._value)

    def check(self, *, div: int | None = None) -> RegisterOp[SckdivValue]:
        """Compare the fields given."""
        return self._check(("div",), (div,), self._value)

    def poll(self, *, timeout_s: float, div: int | None = None) -> RegisterOp[SckdivValue]:
        """Wait until the fields are as given."""
        return self._poll(("div",), (div,), self._value, timeout_s=timeout_s)


class SckmodeValue(RegisterValue):
    """The word of SCKMODE."""

    __slots__ = ()

    pha = Bits(int)
    pol = Bits(int)


class Sckmode(Register):
    """Phase and polarity: SPI modes 0 to 3. Source: FU540-C000 manual, SPI.

    - `pha` [0] rw, 0x0 after reset: 0 samples on the leading edge of SCK, 1 on the trailing.
    - `pol` [1] rw, 0x0 after reset: Level of SCK while idle.
    """

    __slots__ = ()

    def _value(self, raw: int) -> SckmodeValue:
        return SckmodeValue(self.register, raw)

    def read(self) -> RegisterOp[SckmodeValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, pha: Bit, pol: Bit) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(("pha", "pol"), (pha, pol))

    def modify(self, *, pha: Bit | None = None, pol: Bit | None = None) -> RegisterOp[SckmodeValue]:
        """Change the fields given and no other bit."""
        return self._modify(("pha", "pol"), (pha, pol), self._value)

    def check(self, *, pha: Bit | None = None, pol: Bit | None = None) -> RegisterOp[SckmodeValue]:
        """Compare the fields given."""
        return self._check(("pha", "pol"), (pha, pol), self._value)

    def poll(self, *, timeout_s: float, pha: Bit | None = None, pol: Bit | None = None) -> RegisterOp[SckmodeValue]:
        """Wait until the fields are as given."""
        return self._poll(("pha", "pol"), (pha, pol), self._value, timeout_s=timeout_s)


class CsidValue(RegisterValue):
    """The word of CSID."""

    __slots__ = ()

    csid = Bits(int)


class Csid(Register):
    """Which chip select is used. Source: FU540-C000 manual, SPI.

    - `csid` [31:0] rw, 0x0 after reset: Index; QSPI0 has only one.
    """

    __slots__ = ()

    def _value(self, raw: int) -> CsidValue:
        return CsidValue(self.register, raw)

    def read(self) -> RegisterOp[CsidValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, csid: int) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(("csid",), (csid,))

    def modify(self, *, csid: int | None = None) -> RegisterOp[CsidValue]:
        """Change the fields given and no other bit."""
        return self._modify(("csid",), (csid,), self._value)

    def check(self, *, csid: int | None = None) -> RegisterOp[CsidValue]:
        """Compare the fields given."""
        return self._check(("csid",), (csid,), self._value)

    def poll(self, *, timeout_s: float, csid: int | None = None) -> RegisterOp[CsidValue]:
        """Wait until the fields are as given."""
        return self._poll(("csid",), (csid,), self._value, timeout_s=timeout_s)


class CsdefValue(RegisterValue):
    """The word of CSDEF."""

    __slots__ = ()

    csdef = Bits(int)


class Csdef(Register):
    """Levels of the chip selects while idle. Source: FU540-C000 manual, SPI.

    - `csdef` [0] rw, 0x1 after reset: One bit each; 1 means active low. QSPI0 has only one.
    """

    __slots__ = ()

    def _value(self, raw: int) -> CsdefValue:
        return CsdefValue(self.register, raw)

    def read(self) -> RegisterOp[CsdefValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, csdef: Bit) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(("csdef",), (csdef,))

    def modify(self, *, csdef: Bit | None = None) -> RegisterOp[CsdefValue]:
        """Change the fields given and no other bit."""
        return self._modify(("csdef",), (csdef,), self._value)

    def check(self, *, csdef: Bit | None = None) -> RegisterOp[CsdefValue]:
        """Compare the fields given."""
        return self._check(("csdef",), (csdef,), self._value)

    def poll(self, *, timeout_s: float, csdef: Bit | None = None) -> RegisterOp[CsdefValue]:
        """Wait until the fields are as given."""
        return self._poll(("csdef",), (csdef,), self._value, timeout_s=timeout_s)


class CsMode(IntEnum):
    """Values of cs_mode."""

    AUTO = 0  # Selected for each frame, with the delays of DELAY0.
    HOLD = 2  # Selected from the next frame on, until the mode changes.
    OFF = 3  # The hardware leaves the chip selects alone.


class CsmodeValue(RegisterValue):
    """The word of CSMODE."""

    __slots__ = ()

    mode = Bits(CsMode)


class Csmode(Register):
    """What the chip select does between frames. Source: FU540-C000 manual, SPI.

    - `mode` [1:0] rw, 0x0 after reset: Mode.
    """

    __slots__ = ()

    def _value(self, raw: int) -> CsmodeValue:
        return CsmodeValue(self.register, raw)

    def read(self) -> RegisterOp[CsmodeValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, mode: CsMode) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(("mode",), (mode,))

    def modify(self, *, mode: CsMode | None = None) -> RegisterOp[CsmodeValue]:
        """Change the fields given and no other bit."""
        return self._modify(("mode",), (mode,), self._value)

    def check(self, *, mode: CsMode | None = None) -> RegisterOp[CsmodeValue]:
        """Compare the fields given."""
        return self._check(("mode",), (mode,), self._value)

    def poll(self, *, timeout_s: float, mode: CsMode | None = None) -> RegisterOp[CsmodeValue]:
        """Wait until the fields are as given."""
        return self._poll(("mode",), (mode,), self._value, timeout_s=timeout_s)


class Delay0Value(RegisterValue):
    """The word of DELAY0."""

    __slots__ = ()

    cssck = Bits(int)
    sckcs = Bits(int)


class Delay0(Register):
    """Delays around the chip select, in periods of SCK. Source: FU540-C000 manual, SPI.

    - `cssck` [7:0] rw, 0x1 after reset: From select to the first edge of SCK.
    - `sckcs` [23:16] rw, 0x1 after reset: From the last edge of SCK to deselect.
    """

    __slots__ = ()

    def _value(self, raw: int) -> Delay0Value:
        return Delay0Value(self.register, raw)

    def read(self) -> RegisterOp[Delay0Value]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, cssck: int, sckcs: int) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(("cssck", "sckcs"), (cssck, sckcs))

    def modify(self, *, cssck: int | None = None, sckcs: int | None = None) -> RegisterOp[Delay0Value]:
        """Change the fields given and no other bit."""
        return self._modify(("cssck", "sckcs"), (cssck, sckcs), self._value)

    def check(self, *, cssck: int | None = None, sckcs: int | None = None) -> RegisterOp[Delay0Value]:
        """Compare the fields given."""
        return self._check(("cssck", "sckcs"), (cssck, sckcs), self._value)

    def poll(self, *, timeout_s: float, cssck: int | None = None, sckcs: int | None = None) -> RegisterOp[Delay0Value]:
        """Wait until the fields are as given."""
        return self._poll(("cssck", "sckcs"), (cssck, sckcs), self._value, timeout_s=timeout_s)


class Delay1Value(RegisterValue):
    """The word of DELAY1."""

    __slots__ = ()

    intercs = Bits(int)
    interxfr = Bits(int)


class Delay1(Register):
    """Delays between frames, in periods of SCK. Source: FU540-C000 manual, SPI.

    - `intercs` [7:0] rw, 0x1 after reset: From deselect to select.
    - `interxfr` [23:16] rw, 0x0 after reset: Between two frames of one selection.
    """

    __slots__ = ()

    def _value(self, raw: int) -> Delay1Value:
        return Delay1Value(self.register, raw)

    def read(self) -> RegisterOp[Delay1Value]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, intercs: int, interxfr: int) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(("intercs", "interxfr"), (intercs, interxfr))

    def modify(self, *, intercs: int | None = None, interxfr: int | None = None) -> RegisterOp[Delay1Value]:
        """Change the fields given and no other bit."""
        return self._modify(("intercs", "interxfr"), (intercs, interxfr), self._value)

    def check(self, *, intercs: int | None = None, interxfr: int | None = None) -> RegisterOp[Delay1Value]:
        """Compare the fields given."""
        return self._check(("intercs", "interxfr"), (intercs, interxfr), self._value)

    def poll(self, *, timeout_s: float, intercs: int | None = None, interxfr: int | None = None) -> RegisterOp[Delay1Value]:
        """Wait until the fields are as given."""
        return self._poll(("intercs", "interxfr"), (intercs, interxfr), self._value, timeout_s=timeout_s)


class Protocol(IntEnum):
    """Values of protocol."""

    SINGLE = 0  # DQ0 out, DQ1 in.
    DUAL = 1  # DQ0 and DQ1, both ways.
    QUAD = 2  # DQ0 to DQ3, both ways.


class BitOrder(IntEnum):
    """Values of bit_order."""

    MSB_FIRST = 0  # The highest bit of a byte first.
    LSB_FIRST = 1  # The lowest bit of a byte first.


class Direction(IntEnum):
    """Values of direction."""

    RX = 0  # Received bytes are stored; dual and quad lines are not driven.
    TX = 1  # Received bytes are dropped.


class FmtValue(RegisterValue):
    """The word of FMT."""

    __slots__ = ()

    proto = Bits(Protocol)
    endian = Bits(BitOrder)
    dir = Bits(Direction)
    len = Bits(int)


class Fmt(Register):
    """Format of a frame. Source: FU540-C000 manual, SPI.

    - `proto` [1:0] rw, 0x0 after reset: Lines used.
    - `endian` [2] rw, 0x0 after reset: Order of bits.
    - `dir` [3] rw, 0x0 after reset: Direction.
    - `len` [19:16] rw, 0x8 after reset: Bits of a frame, 0..8.
    """

    __slots__ = ()

    def _value(self, raw: int) -> FmtValue:
        return FmtValue(self.register, raw)

    def read(self) -> RegisterOp[FmtValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, proto: Protocol, endian: BitOrder, dir: Direction, len: int) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(("proto", "endian", "dir", "len"), (proto, endian, dir, len))

    def modify(
        self,
        *,
        proto: Protocol | None = None,
        endian: BitOrder | None = None,
        dir: Direction | None = None,
        len: int | None = None,
    ) -> RegisterOp[FmtValue]:
        """Change the fields given and no other bit."""
        return self._modify(("proto", "endian", "dir", "len"), (proto, endian, dir, len), self._value)

    def check(
        self,
        *,
        proto: Protocol | None = None,
        endian: BitOrder | None = None,
        dir: Direction | None = None,
        len: int | None = None,
    ) -> RegisterOp[FmtValue]:
        """Compare the fields given."""
        return self._check(("proto", "endian", "dir", "len"), (proto, endian, dir, len), self._value)

    def poll(
        self,
        *,
        timeout_s: float,
        proto: Protocol | None = None,
        endian: BitOrder | None = None,
        dir: Direction | None = None,
        len: int | None = None,
    ) -> RegisterOp[FmtValue]:
        """Wait until the fields are as given."""
        return self._poll(
            ("proto", "endian", "dir", "len"), (proto, endian, dir, len), self._value, timeout_s=timeout_s
        )


class TxdataValue(RegisterValue):
    """The word of TXDATA."""

    __slots__ = ()

    data = Bits(int)
    full = Bits(int)


class Txdata(Register):
    """Transmit FIFO. Source: FU540-C000 manual, SPI.

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
    """Receive FIFO. Source: FU540-C000 manual, SPI.

    - `data` [7:0] r ruser: The oldest frame, taken out by this read.
    - `empty` [31] r: There was none: data means nothing.
    """

    __slots__ = ()

    def _value(self, raw: int) -> RxdataValue:
        return RxdataValue(self.register, raw)

    def read(self) -> RegisterOp[RxdataValue]:
        """Read every field; that changes data."""
        return self._read(self._value)


class TxmarkValue(RegisterValue):
    """The word of TXMARK."""

    __slots__ = ()

    txmark = Bits(int)


class Txmark(Register):
    """Transmit watermark. Source: FU540-C000 manual, SPI.

    - `txmark` [2:0] rw, 0x1 after reset: IP.txwm while fewer frames wait.
    """

    __slots__ = ()

    def _value(self, raw: int) -> TxmarkValue:
        return TxmarkValue(self.register, raw)

    def read(self) -> RegisterOp[TxmarkValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, txmark: int) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(("txmark",), (txmark,))

    def modify(self, *, txmark: int | None = None) -> RegisterOp[TxmarkValue]:
        """Change the fields given and no other bit."""
        return self._modify(("txmark",), (txmark,), self._value)

    def check(self, *, txmark: int | None = None) -> RegisterOp[TxmarkValue]:
        """Compare the fields given."""
        return self._check(("txmark",), (txmark,), self._value)

    def poll(self, *, timeout_s: float, txmark: int | None = None) -> RegisterOp[TxmarkValue]:
        """Wait until the fields are as given."""
        return self._poll(("txmark",), (txmark,), self._value, timeout_s=timeout_s)


class RxmarkValue(RegisterValue):
    """The word of RXMARK."""

    __slots__ = ()

    rxmark = Bits(int)


class Rxmark(Register):
    """Receive watermark. Source: FU540-C000 manual, SPI.

    - `rxmark` [2:0] rw, 0x0 after reset: IP.rxwm while more frames wait.
    """

    __slots__ = ()

    def _value(self, raw: int) -> RxmarkValue:
        return RxmarkValue(self.register, raw)

    def read(self) -> RegisterOp[RxmarkValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, rxmark: int) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(("rxmark",), (rxmark,))

    def modify(self, *, rxmark: int | None = None) -> RegisterOp[RxmarkValue]:
        """Change the fields given and no other bit."""
        return self._modify(("rxmark",), (rxmark,), self._value)

    def check(self, *, rxmark: int | None = None) -> RegisterOp[RxmarkValue]:
        """Compare the fields given."""
        return self._check(("rxmark",), (rxmark,), self._value)

    def poll(self, *, timeout_s: float, rxmark: int | None = None) -> RegisterOp[RxmarkValue]:
        """Wait until the fields are as given."""
        return self._poll(("rxmark",), (rxmark,), self._value, timeout_s=timeout_s)


class FctrlValue(RegisterValue):
    """The word of FCTRL."""

    __slots__ = ()

    en = Bits(int)


class Fctrl(Register):
    """Who drives the bus. Source: FU540-C000 manual, SPI.

    - `en` [0] rw, 0x1 after reset: 1: memory-mapped flash reads; 0: the FIFOs.
    """

    __slots__ = ()

    def _value(self, raw: int) -> FctrlValue:
        return FctrlValue(self.register, raw)

    def read(self) -> RegisterOp[FctrlValue]:
        """Read every field."""
        return self._read(self._value)

    def write(self, *, en: Bit) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(("en",), (en,))

    def modify(self, *, en: Bit | None = None) -> RegisterOp[FctrlValue]:
        """Change the fields given and no other bit."""
        return self._modify(("en",), (en,), self._value)

    def check(self, *, en: Bit | None = None) -> RegisterOp[FctrlValue]:
        """Compare the fields given."""
        return self._check(("en",), (en,), self._value)

    def poll(self, *, timeout_s: float, en: Bit | None = None) -> RegisterOp[FctrlValue]:
        """Wait until the fields are as given."""
        return self._poll(("en",), (en,), self._value, timeout_s=timeout_s)


class FfmtValue(RegisterValue):
    """The word of FFMT."""

    __slots__ = ()

    cmd_en = Bits(int)
    addr_len = Bits(int)
    pad_cnt = Bits(int)
    cmd_proto = Bits(Protocol)
    addr_proto = Bits(Protocol)
    data_proto = Bits(Protocol)
    cmd_code = Bits(int)
    pad_code = Bits(int)


class Ffmt(Register):
    """The command of memory-mapped reads. Source: FU540-C000 manual, SPI.

    - `cmd_en` [0] rw, 0x1 after reset: A command byte is sent.
    - `addr_len` [3:1] rw, 0x3 after reset: Bytes of address, 0..4.
    - `pad_cnt` [7:4] rw, 0x0 after reset: Dummy cycles.
    - `cmd_proto` [9:8] rw, 0x0 after reset: Lines of the command.
    - `addr_proto` [11:10] rw, 0x0 after reset: Lines of the address.
    - `data_proto` [13:12] rw, 0x0 after reset: Lines of the data.
    - `cmd_code` [23:16] rw, 0x3 after reset: The command byte.
    - `pad_code` [31:24] rw, 0x0 after reset: First bits sent in dummy cycles.
    """

    __slots__ = ()

    def _value(self, raw: int) -> FfmtValue:
        return FfmtValue(self.register, raw)

    def read(self) -> RegisterOp[FfmtValue]:
        """Read every field."""
        return self._read(self._value)

    def write(
        self,
        *,
        cmd_en: Bit,
        addr_len: int,
        pad_cnt: int,
        cmd_proto: Protocol,
        addr_proto: Protocol,
        data_proto: Protocol,
        cmd_code: int,
        pad_code: int,
    ) -> RegisterOp[None]:
        """Write the whole register."""
        return self._write(
            ("cmd_en", "addr_len", "pad_cnt", "cmd_proto", "addr_proto", "data_proto", "cmd_code", "pad_code"),
            (cmd_en, addr_len, pad_cnt, cmd_proto, addr_proto, data_proto, cmd_code, pad_code),
        )

    def modify(
        self,
        *,
        cmd_en: Bit | None = None,
        addr_len: int | None = None,
        pad_cnt: int | None = None,
        cmd_proto: Protocol | None = None,
        addr_proto: Protocol | None = None,
        data_proto: Protocol | None = None,
        cmd_code: int | None = None,
        pad_code: int | None = None,
    ) -> RegisterOp[FfmtValue]:
        """Change the fields given and no other bit."""
        return self._modify(
            ("cmd_en", "addr_len", "pad_cnt", "cmd_proto", "addr_proto", "data_proto", "cmd_code", "pad_code"),
            (cmd_en, addr_len, pad_cnt, cmd_proto, addr_proto, data_proto, cmd_code, pad_code),
            self._value,
        )

    def check(
        self,
        *,
        cmd_en: Bit | None = None,
        addr_len: int | None = None,
        pad_cnt: int | None = None,
        cmd_proto: Protocol | None = None,
        addr_proto: Protocol | None = None,
        data_proto: Protocol | None = None,
        cmd_code: int | None = None,
        pad_code: int | None = None,
    ) -> RegisterOp[FfmtValue]:
        """Compare the fields given."""
        return self._check(
            ("cmd_en", "addr_len", "pad_cnt", "cmd_proto", "addr_proto", "data_proto", "cmd_code", "pad_code"),
            (cmd_en, addr_len, pad_cnt, cmd_proto, addr_proto, data_proto, cmd_code, pad_code),
            self._value,
        )

    def poll(
        self,
        *,
        timeout_s: float,
        cmd_en: Bit | None = None,
        addr_len: int | None = None,
        pad_cnt: int | None = None,
        cmd_proto: Protocol | None = None,
        addr_proto: Protocol | None = None,
        data_proto: Protocol | None = None,
        cmd_code: int | None = None,
        pad_code: int | None = None,
    ) -> RegisterOp[FfmtValue]:
        """Wait until the fields are as given."""
        return self._poll(
            ("cmd_en", "addr_len", "pad_cnt", "cmd_proto", "addr_proto", "data_proto", "cmd_code", "pad_code"),
            (cmd_en, addr_len, pad_cnt, cmd_proto, addr_proto, data_proto, cmd_code, pad_code),
            self._value,
            timeout_s=timeout_s,
        )


class IeValue(RegisterValue):
    """The word of IE."""

    __slots__ = ()

    txwm = Bits(int)
    rxwm = Bits(int)


class Ie(Register):
    """What raises the line. Source: FU540-C000 manual, SPI.

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
    """Levels, gone when the FIFO is back behind its watermark. Source: FU540-C000 manual, SPI.

    - `txwm` [0] r: Fewer frames wait to be sent than TXMARK.
    - `rxwm` [1] r: More frames were received than RXMARK.
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


class SifiveSpiRegs(TopMap):
    """Master of one serial bus; frames by FIFO. Source: FU540-C000 manual, SPI."""

    __slots__ = ()

    PACKAGE = __name__.rpartition(".")[0]
    IMAGE = "sifive_spi.image"

    SCKDIV = Member(Sckdiv)  # 0x0
    SCKMODE = Member(Sckmode)  # 0x4
    CSID = Member(Csid)  # 0x10
    CSDEF = Member(Csdef)  # 0x14
    CSMODE = Member(Csmode)  # 0x18
    DELAY0 = Member(Delay0)  # 0x28
    DELAY1 = Member(Delay1)  # 0x2c
    FMT = Member(Fmt)  # 0x40
    TXDATA = Member(Txdata)  # 0x48
    RXDATA = Member(Rxdata)  # 0x4c
    TXMARK = Member(Txmark)  # 0x50
    RXMARK = Member(Rxmark)  # 0x54
    FCTRL = Member(Fctrl)  # 0x60
    FFMT = Member(Ffmt)  # 0x64
    IE = Member(Ie)  # 0x70
    IP = Member(Ip)  # 0x74
