"""What hangs on an SPI bus, as an address space of commands: a `Transport` made of another block's registers.

The register of opcode OP stands at address 8 * OP. A read selects the device, sends the opcode and takes as many bytes
as the word has, the first on the wire lowest; a write sends them behind the opcode. A burst with stride 0 is one long
answer or one long argument. Address 0x1000 is no command: it is the clock divider of the bus, the controller's SCKDIV.

A read and a write of one opcode are different commands, so `Modify` exists for the clock divider only.
"""

from __future__ import annotations

import anyio
import anyio.lowlevel
from attrs import evolve

from blocks.port import Port
from blocks.sifive_spi.frame import FrameFailed, exchange
from blocks.sifive_spi.regs import SifiveSpiRegs
from transports.base import Capabilities
from transports.batch import (
    Access,
    Batch,
    Check,
    Delay,
    Fence,
    Modify,
    Operation,
    Poll,
    Read,
    ReadBurst,
    Results,
    Value,
    Write,
    WriteBurst,
    ones,
)
from transports.errors import (
    BusFault,
    CheckFailed,
    ConditionError,
    Denied,
    DeviceLost,
    Indeterminate,
    PollTimeout,
    TransportError,
    Unavailable,
)

STRIDE = 8  # addresses from one opcode to the next
OPCODES = 256
CLOCK = 0x1000
FRAME_BYTES_MAX = 1024  # a frame is one batch of the chip's bus, so this is how long it keeps all others waiting

POLL_PAUSE_S = (0.0002, 0.01)  # first and longest between two looks; a flash is busy for milliseconds


class SpiCommandTransport:
    """The command address space behind an SPI controller.

    Args:
        regs: the controller's registers.
        port: the controller's own way to them.
    """

    def __init__(self, regs: SifiveSpiRegs, port: Port) -> None:
        self._regs = regs
        self._port = port
        self._closed = False
        self._turn = anyio.Lock(fast_acquire=True)  # a batch that waits still goes as one

    @property
    def capabilities(self) -> Capabilities:
        """A burst is one frame. Time is the chip's own: whoever works on it is seen on the chip's bus."""
        return Capabilities(burst=True, real_time=False)

    async def execute(self, batch: Batch) -> Results:
        """Run the operations in order up to the first that fails; each command is one batch of the chip's bus."""
        async with self._turn:
            await anyio.lowlevel.checkpoint()
            if self._closed:
                return Results((), DeviceLost(f"the commands of {self._port.owner} are closed"))
            for index, op in enumerate(batch):
                if not isinstance(op, (Delay, Fence)) and (reason := _refusal(op)):
                    return Results((), Denied(reason, address=op.address, index=index))
            return await self._run(batch)

    async def _run(self, batch: Batch) -> Results:
        values: list[Value] = []
        again = 0
        for index, op in enumerate(batch):
            try:
                value, looks = await self._perform(op)
            except TransportError as error:
                address = None if isinstance(op, (Delay, Fence)) else op.address
                return Results(tuple(values), error.at(index=index, address=address), again)
            values.append(value)
            again += looks
        return Results(tuple(values), None, again)

    async def aclose(self) -> None:
        """Take no more commands. The controller stays as it is: it is not ours."""
        self._closed = True
        await anyio.lowlevel.checkpoint()

    async def _perform(self, op: Operation) -> tuple[Value, int]:
        """Run one operation; return its result, and the reads that it made beyond one."""
        match op:
            case Delay():
                await anyio.sleep(op.seconds)
                return None, 0
            case Fence():
                return await self._pass_on(op)
            case _ if op.address == CLOCK:
                return await self._pass_on(evolve(op, address=self._regs.SCKDIV.address))
            case Write() | WriteBurst():
                words = (op.value,) if isinstance(op, Write) else op.values
                await self._send(op, words)
                return None, 0
            case ReadBurst():
                return await self._ask(op, op.count), 0
            case Read() | Check():
                (word,) = await self._ask(op, 1)
                if isinstance(op, Check) and word & op.mask != op.value:
                    raise CheckFailed("check failed", mask=op.mask, wanted=op.value, last=word)
                return word, 0
            case Poll():
                return await self._poll(op)
            case Modify():
                raise AssertionError("refused before anything was sent")

    async def _pass_on(self, op: Operation) -> tuple[Value, int]:
        """Run an operation on the chip's bus itself."""
        results = await self._port.bus.submit(Batch((op,)), owner=self._port.owner)
        return results.check().values[0], results.poll_reads

    async def _ask(self, op: Access, count: int) -> tuple[int, ...]:
        """Send an opcode and return the words that come back."""
        try:
            answer = await exchange(self._regs, self._port, bytes((op.address // STRIDE,)) + bytes(op.width * count))
        except FrameFailed as failed:
            # What was busy for a moment may be asked again: a frame that was cut is ended before the next begins.
            busy = isinstance(failed.error, Unavailable)
            raise self._said(failed, op, Indeterminate if busy else BusFault) from failed
        return tuple(
            int.from_bytes(answer[start : start + op.width], "little") for start in range(1, len(answer), op.width)
        )

    async def _send(self, op: Access, words: tuple[int, ...]) -> None:
        """Send an opcode and what belongs to it."""
        data = b"".join(word.to_bytes(op.width, "little") for word in words)
        try:
            await exchange(self._regs, self._port, bytes((op.address // STRIDE,)) + data)
        except FrameFailed as failed:
            raise self._said(failed, op, Indeterminate if failed.sent else BusFault) from failed

    async def _poll(self, op: Poll) -> tuple[int, int]:
        """Ask again and again, at growing pauses, until the answer is the wanted one."""
        deadline = anyio.current_time() + op.timeout_s
        pause, longest = POLL_PAUSE_S
        looks = 0
        while True:
            last = anyio.current_time() >= deadline
            (word,) = await self._ask(op, 1)
            if word & op.mask == op.value:
                return word, looks
            if last:
                raise PollTimeout(
                    "poll timed out", mask=op.mask, wanted=op.value, last=word, timeout_s=op.timeout_s
                )
            await anyio.sleep(min(pause, max(deadline - anyio.current_time(), 0.0)))
            pause = min(2 * pause, longest)
            looks += 1

    def _said(self, failed: FrameFailed, op: Access, kind: type[TransportError]) -> TransportError:
        """Return what the caller may conclude from a frame that did not complete.

        A device that is lost or denies is so for those behind it, too. A frame that sent nothing leaves the chip's own
        error; but never a failed check or poll of the controller's registers: the caller asked for none of them.
        """
        error = failed.error
        where = f"{error.where}: {error.reason}" if error.where else error.reason
        reason = f"command {op.address // STRIDE:#04x} did not complete: {where}"
        told = not (failed.sent or isinstance(error, ConditionError))
        if told or isinstance(error, (DeviceLost, Denied, Indeterminate)):
            return error.at(reason=reason, where="")
        return kind(reason)


def _refusal(op: Access) -> str:
    """Return why an operation is no command; empty when it is one."""
    address = op.address
    if address == CLOCK:
        if op.width != 4 or isinstance(op, (ReadBurst, WriteBurst)):
            return "the clock divider is one word of 4 bytes"
        return ""
    if address % STRIDE or address >= STRIDE * OPCODES:
        return f"no command stands at {address:#x}; opcode OP stands at 8 * OP, the clock divider at {CLOCK:#x}"
    match op:
        case Modify():
            return "reading and writing an opcode are two commands, so it cannot be modified"
        case Write(strobes=int(strobes)) if strobes != ones(1) >> (8 - op.width):
            return f"a command is sent whole; byte strobes {strobes:#x} would leave bytes out"
        case ReadBurst() | WriteBurst():
            words = op.count if isinstance(op, ReadBurst) else len(op.values)
            if op.step and words > 1:
                return f"a burst of {words} words at stride {op.step} is no one command; stride 0 is one long one"
            if words * op.width >= FRAME_BYTES_MAX:
                return f"a frame of {1 + words * op.width} bytes is too long; at most {FRAME_BYTES_MAX}"
        case _:
            pass
    return ""
