"""The SPI controller, and the address space of commands that it offers, on the simulated chip."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest
import trio
from attrs import define, field
from trio.testing import MockClock

from blocks.chip import load_chip
from blocks.port import Port
from blocks.sifive_spi.command import CLOCK, FRAME_BYTES_MAX
from blocks.sifive_spi.driver import SifiveSpi, SifiveSpiConfig
from blocks.sifive_spi.model import SifiveSpiModel
from blocks.sim import SimTransport
from blocks.sim.chip import SimChip
from runtime.bringup import bring_up
from transports.base import Capabilities, Transport
from transports.batch import (
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
    Write,
    WriteBurst,
    batch,
)
from transports.bus import Bus
from transports.conformance import check_transport
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

SPI = 0x1004_0000
STATUS, JEDEC_ID = 8 * 0x05, 8 * 0x9F
ID = 0x19709D


@define
class Listener:
    """What hangs on the bus in place of the flash: it answers each byte with the count of those before it."""

    heard: list[bytes] = field(factory=list[bytes])
    now: bytearray = field(factory=bytearray)

    def exchange(self, byte: int) -> int:
        self.now.append(byte)
        return len(self.now) - 1 & 0xFF

    def deselect(self) -> None:
        if self.now:
            self.heard.append(bytes(self.now))
            self.now = bytearray()


@define(eq=False)
class Failing:
    """A transport that fails at one operation of one batch: those before it are done, it and those behind are not."""

    inner: SimTransport
    error: TransportError | None = None
    at: int = 0
    batches: int = 0
    failed: int = 0

    @property
    def capabilities(self) -> Capabilities:
        return self.inner.capabilities

    async def execute(self, batch: Batch) -> Results:
        self.batches += 1
        if self.error is None or len(batch) <= self.at:
            return await self.inner.execute(batch)
        error, self.error = self.error, None
        self.failed += 1
        results = await self.inner.execute(Batch(batch.operations[: self.at]))
        return results if results.error is not None else Results(results.values, error.at(index=self.at))

    async def aclose(self) -> None:
        await self.inner.aclose()


@define(eq=False)
class Lab:
    """A controller that is up, the flash behind it, and a way to make its bus fail."""

    wire: Failing
    model: SifiveSpiModel
    spi: SifiveSpi
    commands: Transport

    async def run(self, *operations: Operation) -> Results:
        return await self.commands.execute(batch(*operations))

    async def word(self, address: int, width: int = 4) -> int:
        return (await self.run(Read(address, width=width))).word(0)

    def listen(self) -> Listener:
        """Put a listener in the flash's place."""
        self.model.device = listener = Listener()
        return listener

    @property
    def rules(self) -> list[str]:
        return [str(violation) for violation in self.wire.inner.violations]


@asynccontextmanager
async def lab() -> AsyncGenerator[Lab]:
    chip = load_chip("sifive_u")
    sim = SimChip(chip)
    wire, model, block = Failing(SimTransport(sim)), sim.model("spi0"), chip.instances["spi0"].block
    assert isinstance(model, SifiveSpiModel)
    assert isinstance(block, SifiveSpi)
    assert (await bring_up(chip, wire, only="spi0")).well
    yield Lab(wire, model, block, block.offer(Port(Bus(wire), "spi0")))
    await wire.aclose()


def test_what_the_bus_cannot_be_is_refused() -> None:
    """A mode or a delay that no register holds is refused by name."""
    with pytest.raises(ValueError, match=r"mode is 4; expected 0\.\.3"):
        SifiveSpiConfig(mode=4)
    with pytest.raises(ValueError, match=r"idle_delay is 256; expected 0\.\.255"):
        SifiveSpiConfig(idle_delay=256)


async def test_a_read_is_a_command(autojump_clock: MockClock) -> None:
    """A word comes with its first byte lowest, in every width; each read is one selection and one batch."""
    async with lab() as it:
        before = it.wire.batches
        assert (await it.run()).values == ()
        results = await it.run(*(Read(JEDEC_ID, width=width) for width in (1, 2, 4)), Read(STATUS, width=1))
        assert results.values == (0x9D, 0x709D, ID, 0)
        assert it.wire.batches - before == 4
        listener = it.listen()
        assert await it.word(8 * 0xAB, 8) == int.from_bytes(range(1, 9), "little")
        assert listener.heard == [bytes([0xAB, *bytes(8)])]
        assert it.rules == []


async def test_a_write_sends_its_bytes(autojump_clock: MockClock) -> None:
    """What is written goes behind the opcode, lowest byte first; the answer to it is dropped."""
    async with lab() as it:
        listener = it.listen()
        results = await it.run(
            Write(8, 0x7F, width=1),
            Write(8 * 0x02, 0x0403_0201),
            WriteBurst(8 * 0x03, range(20), width=1, stride=0),
            Read(8 * 0x04, width=1),
        )
        assert results.values == (None, None, None, 1)
        assert listener.heard == [b"\x01\x7f", bytes([2, 1, 2, 3, 4]), bytes([3, *range(20)]), b"\x04\x00"]
        assert it.rules == []


@pytest.mark.parametrize("count", [0, 1, 3, 6, 7, 8, 14, 15, 16, 1000])
async def test_a_burst_is_one_selection(autojump_clock: MockClock, count: int) -> None:
    """A burst longer than the FIFOs is one frame in one batch, with nothing lost between."""
    async with lab() as it:
        listener, before = it.listen(), it.wire.batches
        results = await it.run(ReadBurst(8 * 0x0B, count, width=1, stride=0))
        assert results.values == (tuple(number & 0xFF for number in range(1, count + 1)),)
        assert listener.heard == [bytes([0x0B, *bytes(count)])]
        assert it.wire.batches - before == 1
        assert it.rules == []


async def test_the_clock_is_the_controllers(autojump_clock: MockClock) -> None:
    """The register behind the commands is the divider of the bus; no frame is sent for it."""
    async with lab() as it:
        listener = it.listen()
        poll = Poll(CLOCK, 1, 1, timeout_s=1.0)
        results = await it.run(Read(CLOCK), Write(CLOCK, 7), Modify(CLOCK, 0xF, 9), Check(CLOCK, 0xFFF, 9), poll)
        assert results.values == (3, None, 7, 9, 9)
        assert (await it.wire.execute(batch(Read(SPI)))).values == (9,)
        failed = (await it.run(Fence(), Check(CLOCK, 0xFFF, 4))).error
        assert failed == CheckFailed(
            failed.reason if failed else "", address=CLOCK, index=1, mask=0xFFF, wanted=4, last=9
        )
        assert listener.heard == []


REFUSED: list[tuple[Operation, str]] = [
    (Read(JEDEC_ID + 4), "no command stands at 0x4fc"),
    (Read(8 * 256), "no command stands at 0x800"),
    (Read(CLOCK + 8), "no command stands at 0x1008"),
    (Read(CLOCK, width=1), "one word of 4 bytes"),
    (ReadBurst(CLOCK, 2, stride=0), "one word of 4 bytes"),
    (Modify(8, 1, 1), "two commands"),
    (Write(8, 0xFF, strobes=1), "byte strobes 0x1 would leave bytes out"),
    (ReadBurst(JEDEC_ID, 2), "stride 4 is no one command"),
    (WriteBurst(8, (1, 2), stride=8), "stride 8 is no one command"),
    (ReadBurst(JEDEC_ID, FRAME_BYTES_MAX, width=1, stride=0), "too long; at most 1024"),
]


@pytest.mark.parametrize(("op", "complaint"), REFUSED)
async def test_what_is_no_command_is_refused_first(autojump_clock: MockClock, op: Operation, complaint: str) -> None:
    """A batch with one operation that is no command is refused whole, before anything is sent."""
    async with lab() as it:
        listener, before = it.listen(), it.wire.batches
        results = await it.run(Write(8, 1), op)
        assert results.values == ()
        assert isinstance(results.error, Denied)
        assert complaint in str(results.error)
        assert results.error.index == 1
        assert (listener.heard, it.wire.batches) == ([], before)


@define
class Constant:
    """What hangs on the bus in place of the flash: it answers each byte with the same, whatever it was sent."""

    answer: int

    def exchange(self, byte: int) -> int:
        return self.answer if 0 <= byte <= 0xFF else 0

    def deselect(self) -> None:
        pass


async def test_keeps_the_contract(autojump_clock: MockClock) -> None:
    """The published suite passes whole on 256 commands, 8 addresses apart, whose answers are no storage."""
    async with lab() as it:
        it.model.device = Constant(0xA6)

        async def make() -> Transport:
            return it.spi.offer(Port(Bus(it.wire), "spi0"))

        await check_transport(make, base=0, size=8 * 256, writable=None, spacing=8)
        assert it.rules == []


async def test_says_what_it_can(autojump_clock: MockClock) -> None:
    """A virtual clock may jump, for it is the chip's own bus that knows about time."""
    async with lab() as it:
        assert not it.commands.capabilities.real_time


async def test_a_poll_asks_again(autojump_clock: MockClock) -> None:
    """A poll sends its command until the answer is the wanted one, or its time is over."""
    async with lab() as it:
        wip = it.model.sim.model("flash0").registers.field("STATUS.wip")
        wip.set(1)
        async with trio.open_nursery() as nursery:

            async def finish() -> None:
                await trio.sleep(0.05)
                wip.set(0)

            nursery.start_soon(finish)
            results = await it.run(Poll(STATUS, 1, 0, width=1, timeout_s=1.0))
        assert results.values == (0,)
        assert 2 <= results.poll_reads <= 20
        wip.set(1)
        failed = (await it.run(Poll(STATUS, 1, 0, width=1, timeout_s=0.1))).error
        assert isinstance(failed, PollTimeout)
        assert (failed.last, failed.index, failed.address) == (1, 0, STATUS)


FAILURES = [
    Unavailable("no"),
    BusFault("a hole"),
    Indeterminate("cut"),
    Denied("epoch 0 is over"),
    DeviceLost("gone"),
    CheckFailed("not so", mask=1, wanted=1),
    PollTimeout("late", mask=1, wanted=1),
]


@pytest.mark.parametrize("error", FAILURES)
@pytest.mark.parametrize("writing", [False, True])
async def test_a_frame_that_fails_says_what_may_be_concluded(
    autojump_clock: MockClock, error: TransportError, writing: bool
) -> None:
    """Wherever its bus fails, a command tells no condition that nobody asked about, and a write that may have been
    heard is indeterminate; the next command finds the controller idle."""
    op = Write(8, 1) if writing else Read(JEDEC_ID)
    guards, accesses = 4, 4 + 1 + 1 + 5 + 1 + 5 + 2
    async with lab() as it:
        for place in range(accesses):
            it.commands = it.spi.offer(Port(Bus(it.wire), "spi0"))  # a bus that lost its device stays lost
            it.wire.error, it.wire.at = error, place
            results = await it.run(op, op)
            assert it.wire.failed == place + 1, f"a frame has fewer than {place + 1} operations"
            if 0 < place < guards and isinstance(error, ConditionError):
                assert results.error is None, "the controller was made idle, and the frame sent after all"
                continue
            assert (results.values, results.error is not None) == ((), True)
            assert results.error is not None
            assert (results.error.index, results.error.address) == (0, op.address)
            expected: type[TransportError] = type(error)
            if place == 0 and isinstance(error, ConditionError):
                expected = BusFault  # another format: the controller was reset, and nothing is sent
            elif place >= guards and not isinstance(error, (DeviceLost, Denied)):
                expected = Indeterminate if writing or isinstance(error, (Indeterminate, Unavailable)) else BusFault
            assert type(results.error) is expected, f"at operation {place}"
            assert "command 0x" in results.error.reason
            after = it.spi.offer(Port(Bus(it.wire), "spi0"))
            assert (await after.execute(batch(Read(JEDEC_ID)))).values == (ID,), f"after a failure at operation {place}"


async def test_a_controller_that_was_reset_is_not_written(autojump_clock: MockClock) -> None:
    """While memory-mapped reads drive the bus a command fails, and nothing is written; the ladder brings it back."""
    async with lab() as it:
        it.model.restart()
        sim = it.model.sim
        assert isinstance(sim, SimChip)
        before = sim.broken
        (check,) = it.spi.regs.FCTRL.check(en=1).operations

        results = await it.run(Read(JEDEC_ID))

        assert isinstance(results.error, BusFault)
        assert (await it.wire.execute(Batch((check,)))).error is None
        assert sim.broken == before


async def test_a_frame_left_half_is_ended_first(autojump_clock: MockClock) -> None:
    """Selected, bytes queued and bytes received: what a dead controller left is cleaned before a command is sent."""
    async with lab() as it:
        left = [Write(SPI + 0x18, 2), *[Write(SPI + 0x48, byte) for byte in (0x9F, 0, 0, 0, 0)], Write(SPI + 0x54, 4)]
        for cut in range(1, len(left) + 1):
            assert (await it.wire.execute(Batch(left[:cut]))).error is None
            assert await it.word(JEDEC_ID) == ID
        assert it.rules == []


async def test_the_ladder_ends_it_too(autojump_clock: MockClock) -> None:
    """The rung `idle` sees a frame that was left half, ends it, and then holds."""
    async with lab() as it:
        chip = load_chip("sifive_u")
        assert (await bring_up(chip, it.wire, only="spi0")).writes == 0
        for left in (Write(SPI + 0x18, 2), Write(SPI + 0x48, 0x9F), Write(SPI + 0x54, 5), Write(SPI + 0x60, 1)):
            await it.wire.execute(batch(left, Delay(1e-3)))
            summary = await bring_up(chip, it.wire, only="spi0")
            assert summary.well, left
            assert summary.writes > 0, left
            assert (await bring_up(chip, it.wire, only="spi0")).writes == 0
        assert it.rules == []


async def test_commands_of_two_tasks_do_not_mix(autojump_clock: MockClock) -> None:
    """Two batches at once go one after the other, each as a whole."""
    async with lab() as it:
        listener = it.listen()
        async with trio.open_nursery() as nursery:
            for opcode in (1, 2, 3):
                ops = [Write(8 * opcode, number, width=1) for number in range(4)]
                nursery.start_soon(it.run, *ops)
        assert sorted(listener.heard) == [bytes([opcode, number]) for opcode in (1, 2, 3) for number in range(4)]
        assert [heard[0] for heard in listener.heard[::4]] == [heard[0] for heard in listener.heard[3::4]]
