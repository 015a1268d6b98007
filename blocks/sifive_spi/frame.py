"""One frame on the bus of an SPI controller: select, send and receive, deselect, in one batch of the chip's own bus.

One batch, because a batch goes undivided: nobody's frame begins in the middle of another's, and who finds the
controller not idle at its turn has found what a cancelled or killed one left behind.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from blocks.ladder import US
from blocks.port import Port
from blocks.sifive_spi.regs import CsMode, SifiveSpiRegs
from registers.access import RegisterOp
from transports.batch import Delay
from transports.errors import BusFault, ConditionError, Denied, DeviceLost, TransportError

FIFO_BYTES = 8  # FU540-C000 manual, SPI
SHIFT_S = 10 * US  # a byte in the shift register is through in 4 us at the slowest clock in use, 2 MHz
CHUNK_S = 0.05  # a FIFO's depth takes 32 us at 2 MHz; a simulation that is stopped for this long has more to tell


class FrameFailed(Exception):
    """A frame did not complete.

    Attributes:
        error: what the chip's bus said.
        sent: bytes may have gone out before it did.
    """

    def __init__(self, error: TransportError, *, sent: bool) -> None:
        super().__init__(str(error))
        self.error = error
        self.sent = sent


async def exchange(regs: SifiveSpiRegs, port: Port, out: bytes) -> bytes:
    """Send bytes in one selection and return those received meanwhile, one for each.

    A controller that is not idle is made so first. One that was reset drives memory-mapped reads: it is left as it is.

    Raises:
        FrameFailed: the controller is selected no more, if it could still be reached.
    """
    guards = _guards(regs)
    items = [*guards, *_frame(regs, out)]
    for attempt in (1, 2):
        try:
            results = await port.submit(*items)
        except TransportError as error:
            early = error.index is not None and error.index < len(guards)
            if early and error.index and isinstance(error, ConditionError) and attempt == 1:
                await _quiesce(regs, port)
                continue
            if not early and not isinstance(error, (DeviceLost, Denied)):
                with suppress(TransportError):  # the frame's own error says more; what this leaves, the ladder sees
                    await quiesce(regs, port)
            raise FrameFailed(error, sent=not early) from error
        return _received(regs, items, results.values)
    raise AssertionError("two attempts, and neither returned nor raised")


async def _quiesce(regs: SifiveSpiRegs, port: Port) -> None:
    try:
        await quiesce(regs, port)
    except TransportError as error:
        raise FrameFailed(error, sent=False) from error


async def quiesce(regs: SifiveSpiRegs, port: Port) -> None:
    """Deselect, let what was queued go out unheard, and empty the receive FIFO.

    Raises:
        TransportError: the bus failed, or the transmit FIFO did not run empty.
    """
    await port.submit(
        regs.CSMODE.write(mode=CsMode.AUTO),
        regs.TXMARK.write(txmark=1),
        regs.RXMARK.write(rxmark=0),
        regs.IP.poll(txwm=1, timeout_s=CHUNK_S),
        Delay(SHIFT_S),
        *[regs.RXDATA.read()] * FIFO_BYTES,
    )


def _guards(regs: SifiveSpiRegs) -> list[RegisterOp[Any]]:
    """Say that frames go by FIFO, nobody is selected and nothing was received: checked before anything is sent."""
    return [
        regs.FCTRL.check(en=0),
        regs.CSMODE.check(mode=CsMode.AUTO),
        regs.RXMARK.check(rxmark=0),
        regs.IP.check(rxwm=0),
    ]


def _frame(regs: SifiveSpiRegs, out: bytes) -> Iterator[RegisterOp[Any]]:
    """Yield what moves the bytes, a FIFO's depth at a time."""
    yield regs.CSMODE.write(mode=CsMode.HOLD)
    marked = 0
    for start in range(0, len(out), FIFO_BYTES):
        chunk = out[start : start + FIFO_BYTES]
        if marked != len(chunk) - 1:
            marked = len(chunk) - 1
            yield regs.RXMARK.write(rxmark=marked)
        for byte in chunk:
            yield regs.TXDATA.write(data=byte)
        yield regs.IP.poll(rxwm=1, timeout_s=CHUNK_S)
        for _ in chunk:
            yield regs.RXDATA.read()
    yield regs.CSMODE.write(mode=CsMode.AUTO)
    if marked:
        yield regs.RXMARK.write(rxmark=0)


def _received(regs: SifiveSpiRegs, items: list[RegisterOp[Any]], words: tuple[Any, ...]) -> bytes:
    """Return the bytes that the reads of RXDATA brought."""
    values = [
        op.decode((word,)) for op, word in zip(items, words, strict=True) if op.path == regs.RXDATA.path
    ]
    if any(value.empty for value in values):
        raise FrameFailed(BusFault("the receive FIFO was emptied by somebody else"), sent=True)
    return bytes(value.data for value in values)
