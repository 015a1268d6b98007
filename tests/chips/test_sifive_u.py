"""The chip sifive_u on a QEMU whose device models nobody here wrote."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import trio
from attrs import define, field

from blocks.chip import Chip, load_chip
from blocks.port import Port
from blocks.sifive_uart.driver import SifiveUart
from blocks.spi_nor.driver import SpiNor
from interrupts.wiring import Wiring
from runtime.bringup import bring_up, status
from runtime.fault import Cause
from runtime.service import Service, Terms
from runtime.session import Session
from runtime.summary import Summary
from transports.base import Capabilities, Resettable, Transport
from transports.batch import Batch, Modify, Operation, Read, ReadBurst, Results, Write, WriteBurst, count_accesses
from transports.bus import Bus
from transports.errors import DeviceLost
from transports.open import open_transport
from transports.qemu.machines import SIFIVE_U

ROOT = Path(__file__).resolve().parents[2]
SCKDIV = 0x1004_0000
ANSWER_S = 10.0  # a claim and a FIFO take 1 ms; this is for a machine that is busy with other things

pytestmark = pytest.mark.skipif(
    shutil.which(SIFIVE_U.program) is None,
    reason=f"{SIFIVE_U.program} is not installed; on Debian: apt install {SIFIVE_U.package}",
)


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Generator[dict[str, Any]]:
    """Give a QEMU that outlives its clients; each test resets it first."""
    directory = tmp_path_factory.mktemp("lab")
    words = [sys.executable, "-m", "transports.qemu", "sifive_u", "--directory", str(directory)]
    with subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, text=True) as keeper:
        try:
            assert keeper.stdout is not None
            yield json.loads(keeper.stdout.readline())
        finally:
            keeper.terminate()


@define
class Counted:
    """A transport that counts accesses and is lost, in the middle of a batch if need be, after `limit` of them."""

    inner: Transport
    limit: int | None = None
    reads: int = field(default=0, init=False)
    writes: int = field(default=0, init=False)

    @property
    def capabilities(self) -> Capabilities:
        return self.inner.capabilities

    async def execute(self, batch: Batch) -> Results:
        whole, part = self._allowed(batch)
        results = await self.inner.execute(Batch([*whole, *part]))
        reads, writes = count_accesses([*whole, *part][: len(results) + (results.error is not None)])
        self.reads, self.writes = self.reads + reads + results.poll_reads, self.writes + writes
        if results.error is not None or len(whole) == len(batch):
            return results
        return Results(results.values[: len(whole)], DeviceLost("the wire was cut"))

    def _allowed(self, batch: Batch) -> tuple[list[Operation], list[Operation]]:
        """Return the operations that may go whole, and what may go of the next one."""
        whole: list[Operation] = []
        left = sum(count_accesses(batch.operations)) if self.limit is None else self.limit - self.reads - self.writes
        for op in batch:
            count = sum(count_accesses([op]))
            if count > left:
                return whole, _first(op, left)
            left -= count
            whole.append(op)
        return whole, []

    async def aclose(self) -> None:
        await self.inner.aclose()


def _first(op: Operation, count: int) -> list[Operation]:
    """Return an operation that makes the first `count` accesses of another."""
    match op:
        case Modify() if count:
            return [Read(op.address, width=op.width)]
        case ReadBurst() if count:
            return [ReadBurst(op.address, count, width=op.width, stride=op.stride)]
        case WriteBurst() if count:
            return [WriteBurst(op.address, op.values[:count], width=op.width, stride=op.stride)]
        case _:
            return []


@asynccontextmanager
async def attached(lab: dict[str, Any], *, fresh: bool) -> AsyncGenerator[Transport]:
    """Give a transport to the lab's QEMU, reset first where wanted."""
    transport = await open_transport(f"qtest:{lab['qtest']}")
    try:
        if fresh:
            assert isinstance(transport, Resettable)
            await transport.reset()
        yield transport
    finally:
        await transport.aclose()


def all_up(summary: Summary) -> bool:
    """Say whether every block is up, and show why where one is not."""
    assert [str(fault) for fault in summary.failed] == []
    return summary.well and len(summary.up) == 7


async def identification(chip: Chip, transport: Transport) -> tuple[int, int, int]:
    """Read the flash's identification through the SPI block."""
    spi, flash = chip.instances["spi0"].block, chip.instances["flash0"].block
    assert isinstance(flash, SpiNor)
    commands = Bus(spi.offer(Port(Bus(transport), "spi0")))
    value = await Port(commands, "flash0").run(flash.regs.JEDEC_ID.read())
    return value.manufacturer, value.memory_type, value.capacity


async def test_comes_up_and_stays_up(lab: dict[str, Any]) -> None:
    """From reset every block comes up; another controller that finds it so writes nothing and reads little."""
    chip = load_chip("sifive_u")
    async with attached(lab, fresh=True) as transport:
        first = Counted(transport)
        assert all_up(await bring_up(chip, first))
        assert first.writes > 0
    async with attached(lab, fresh=False) as transport:
        second = Counted(transport)
        summary = await bring_up(load_chip("sifive_u"), second)
        assert all_up(summary)
        assert (second.writes, summary.writes) == (0, 0)
        assert summary.reads == second.reads < 50
        assert (await status(chip, transport)).well


async def test_a_reset_is_made_good(lab: dict[str, Any]) -> None:
    """After the machine was reset behind our back everything comes up again, the flash identified anew."""
    chip = load_chip("sifive_u")
    async with attached(lab, fresh=True) as transport:
        assert all_up(await bring_up(chip, transport))
        assert isinstance(transport, Resettable)
        await transport.reset()
        assert not (await status(chip, transport)).well
        assert all_up(await bring_up(chip, transport))
        assert (await transport.execute(Batch([Read(SCKDIV)]))).values == (4,)


async def test_the_flash_identifies_itself_through_the_spi_block(lab: dict[str, Any]) -> None:
    """The address space behind the SPI block is the flash's: its identification reads 9d 70 19, as often as asked."""
    chip = load_chip("sifive_u")
    async with attached(lab, fresh=True) as transport:
        assert all_up(await bring_up(chip, transport))
        for _ in range(3):
            assert await identification(chip, transport) == (0x9D, 0x70, 0x19)


async def test_another_flash_fails_alone(lab: dict[str, Any], tmp_path: Path) -> None:
    """A flash that is not the product's is refused with what it says it is; its clock stays slow, all else is up."""
    text = (ROOT / "chips" / "sifive_u.toml").read_text()
    (tmp_path / "sifive_u.toml").write_text(text.replace("capacity = 0x19", "capacity = 0x18"))
    shutil.copy(ROOT / "chips" / "sifive_u.image", tmp_path)
    chip = load_chip(tmp_path / "sifive_u.toml")
    async with attached(lab, fresh=True) as transport:
        summary = await bring_up(chip, transport)
        (fault,) = summary.failed
        assert (fault.block, fault.rung, fault.register) == ("flash0", "identified", "JEDEC_ID")
        assert fault.cause is Cause.ACT
        assert (fault.wanted, fault.last) == ("0x18709d under mask 0xffffff", "0x19709d")
        assert sorted(summary.up) == ["gpio", "plic", "prci", "spi0", "uart0", "uart1"]
        assert (await transport.execute(Batch([Read(SCKDIV)]))).values == (3,)


async def test_cut_anywhere_it_comes_up_again(lab: dict[str, Any]) -> None:
    """Lost after any access of the way up, the chip comes up at the next attempt, with the flash readable."""
    chip = load_chip("sifive_u")
    async with attached(lab, fresh=True) as transport:
        whole = Counted(transport)
        assert all_up(await bring_up(chip, whole))
        total = whole.reads + whole.writes
        for limit in range(total):
            assert isinstance(transport, Resettable)
            await transport.reset()
            cut = await bring_up(chip, Counted(transport, limit))
            assert cut.lost is not None, f"not cut after {limit} accesses"
            summary = await bring_up(chip, transport)
            assert all_up(summary), f"cut after {limit} accesses"
            assert await identification(chip, transport) == (0x9D, 0x70, 0x19), f"cut after {limit} accesses"


async def test_a_frame_that_was_cut_is_cleaned_up(lab: dict[str, Any]) -> None:
    """A controller that died in the middle of a frame leaves the flash selected; the SPI block's ladder mends it."""
    chip = load_chip("sifive_u")
    async with attached(lab, fresh=True) as transport:
        assert all_up(await bring_up(chip, transport))
        frame = Batch([Write(SCKDIV + 0x18, 2), *[Write(SCKDIV + 0x48, byte) for byte in (0x9F, 0, 0)]])
        assert (await transport.execute(frame)).error is None
        verdicts = {verdict.block: verdict for verdict in (await status(chip, transport)).verdicts}
        assert verdicts["spi0"].rung == "idle"
        assert all_up(await bring_up(chip, transport))
        assert await identification(chip, transport) == (0x9D, 0x70, 0x19)


async def test_a_frame_cleans_up_for_itself(lab: dict[str, Any]) -> None:
    """A command that finds the controller in another's frame ends that first, and brings its own answer."""
    chip = load_chip("sifive_u")
    async with attached(lab, fresh=True) as transport:
        assert all_up(await bring_up(chip, transport))
        frame = Batch([Write(SCKDIV + 0x18, 2), *[Write(SCKDIV + 0x48, byte) for byte in (0x9F, 0, 0)]])
        assert (await transport.execute(frame)).error is None
        assert await identification(chip, transport) == (0x9D, 0x70, 0x19)


async def test_bytes_from_outside_wake_the_uart(lab: dict[str, Any]) -> None:
    """Bytes at the serial port raise the UART's line; through the PLIC it wakes the block, whose service takes them."""
    chip = load_chip("sifive_u")
    uart = chip.instances["uart0"].block
    assert isinstance(uart, SifiveUart)
    wirings: list[Wiring] = []

    def wire(session: Session) -> Wiring:
        wirings.append(Wiring(session.chip, session.transport, session.port, sweeps=False))
        return wirings[-1]

    async def received(count: int) -> bytes:
        data = b""
        with trio.fail_after(ANSWER_S):
            while len(data) < count:
                await trio.sleep(0.001)
                data += uart.take()
        return data

    async with attached(lab, fresh=True) as transport, trio.open_nursery() as nursery:
        service = Service(chip, transport, sweep_s=600.0, terms=Terms(wire=wire))
        assert all_up(await nursery.start(service.run))
        async with await trio.open_unix_socket(lab["serial"][0]) as line:
            for word in (b"first light\n", b"x", bytes(range(256))):
                await line.send_all(word)
                assert await received(len(word)) == word
        (wiring,) = wirings
        assert wiring.counts.claimed > 0
        assert (wiring.counts.unhandled, wiring.counts.errors, uart.lost) == (0, 0, 0)
        nursery.cancel_scope.cancel()
