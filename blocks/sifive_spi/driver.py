"""Makes an SPI controller ready for commands: frames by FIFO, one format, no frame left half sent.

SCKDIV is not among its rungs: how fast the bus may run is known by what hangs on it (`CLOCK` of the address space that
this block offers).
"""

from __future__ import annotations

from attrs import field, frozen

from blocks.base import Block
from blocks.ladder import MS, US, Ladder, Rung
from blocks.limits import between
from blocks.port import Port
from blocks.sifive_spi.command import SpiCommandTransport
from blocks.sifive_spi.frame import quiesce
from blocks.sifive_spi.regs import BitOrder, CsMode, Direction, Protocol, SifiveSpiRegs
from transports.base import Transport


@frozen(kw_only=True)
class SifiveSpiConfig:
    """How the bus is used; times are in periods of SCK.

    Attributes:
        mode: SPI mode, 0..3: polarity times two plus phase.
        cs: index of the chip select.
        select_delay, deselect_delay: around the selection.
        idle_delay: from one selection to the next.
        frame_delay: between two frames of one selection.
    """

    mode: int = field(default=0, validator=between(0, 3))
    cs: int = field(default=0, validator=between(0, 0xFFFF_FFFF))
    select_delay: int = field(default=1, validator=between(0, 255))
    deselect_delay: int = field(default=1, validator=between(0, 255))
    idle_delay: int = field(default=1, validator=between(0, 255))
    frame_delay: int = field(default=0, validator=between(0, 255))


class SifiveSpi(Block[SifiveSpiRegs]):
    """SiFive SPI controller: one master, FIFOs of 8 frames both ways.

    Source: FU540-C000 manual, SPI.
    """

    config: SifiveSpiConfig

    def up(self) -> Ladder:
        """Frames by FIFO, 8 bits, one line; nobody selected, nothing left in the FIFOs."""
        r = self.regs
        return Ladder(
            Rung(
                "programmed",
                holds=[r.FCTRL.check(en=0)],
                reach=[r.FCTRL.write(en=0)],
                within=5 * US,
                disturbs=True,
            ),
            self._formatted(),
            Rung(
                "watermarked",  # so that IP says: nothing to send, nothing received
                holds=[r.TXMARK.check(txmark=1), r.RXMARK.check(rxmark=0), r.IE.check(txwm=0, rxwm=0)],
                reach=[r.IE.write(txwm=0, rxwm=0), r.TXMARK.write(txmark=1), r.RXMARK.write(rxmark=0)],
                within=5 * US,
            ),
            Rung(
                "idle",
                holds=[r.CSMODE.check(mode=CsMode.AUTO), r.IP.check(txwm=1, rxwm=0)],
                reach=lambda port: quiesce(r, port),
                within=1 * MS,
            ),
        )

    def _formatted(self) -> Rung:
        r, c = self.regs, self.config
        pol, pha = c.mode >= 2, c.mode % 2 == 1
        return Rung(
            "formatted",
            holds=[
                r.SCKMODE.check(pha=pha, pol=pol),
                r.FMT.check(proto=Protocol.SINGLE, endian=BitOrder.MSB_FIRST, dir=Direction.RX, len=8),
                r.DELAY0.check(cssck=c.select_delay, sckcs=c.deselect_delay),
                r.DELAY1.check(intercs=c.idle_delay, interxfr=c.frame_delay),
                r.CSDEF.check(csdef=1),
                r.CSID.check(csid=c.cs),
            ],
            reach=[
                r.SCKMODE.write(pha=pha, pol=pol),
                r.FMT.write(proto=Protocol.SINGLE, endian=BitOrder.MSB_FIRST, dir=Direction.RX, len=8),
                r.DELAY0.write(cssck=c.select_delay, sckcs=c.deselect_delay),
                r.DELAY1.write(intercs=c.idle_delay, interxfr=c.frame_delay),
                r.CSDEF.write(csdef=1),
                r.CSID.write(csid=c.cs),
            ],
            within=5 * US,
            disturbs=True,
        )

    def offer(self, port: Port) -> Transport:
        """Return the address space of the commands of what is selected.

        Args:
            port: this block's own.
        """
        return SpiCommandTransport(self.regs, port)
