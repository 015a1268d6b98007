"""The QEMU transports against QEMU itself."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import anyio
import pytest
import trio
from attrs import evolve

from transports.base import Notifier, Resettable
from transports.batch import Check, Delay, Modify, Operation, Poll, Read, ReadBurst, Results, Write, WriteBurst, batch
from transports.conformance import check_transport
from transports.errors import BusFault, CheckFailed, Denied, DeviceLost, PollTimeout, Unavailable
from transports.open import TargetError, open_transport
from transports.qemu import QtestTransport, attach
from transports.qemu.machines import SIFIVE_U
from transports.qemu.process import Sockets, start

ROOT = Path(__file__).resolve().parents[2]
RAM = 0x8000_0000
PRCI, PLIC, UART, SPI = 0x1000_0000, 0x0C00_0000, 0x1001_0000, 0x1004_0000
COREPLLCFG0, DDRPLLCFG1, CORECLKSEL = PRCI + 4, PRCI + 0x10, PRCI + 0x24
UART_IE = UART + 0x10
PRIORITY, PENDING, ENABLE = PLIC + 0x10, PLIC + 0x1000, PLIC + 0x2000
THRESHOLD, CLAIM = PLIC + 0x20_0000, PLIC + 0x20_0004
MACHINE_EXTERNAL = 11
UART_SOURCE = 4

pytestmark = pytest.mark.skipif(
    shutil.which(SIFIVE_U.program) is None,
    reason=f"{SIFIVE_U.program} is not installed; on Debian: apt install {SIFIVE_U.package}",
)


@contextmanager
def python(*words: str, **environment: str) -> Generator[tuple[subprocess.Popen[str], str]]:
    """Give a Python process and the first line that it says."""
    with subprocess.Popen(
        [sys.executable, *words], cwd=ROOT, env={**os.environ, **environment}, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            yield process, process.stdout.readline()
        finally:
            process.kill()


@pytest.fixture
def lab(tmp_path: Path) -> Generator[dict[str, Any]]:
    """Give a QEMU that is not ours, as `python -m transports.qemu` starts it."""
    with python("-m", "transports.qemu", "sifive_u", "--directory", str(tmp_path)) as (keeper, said):
        yield json.loads(said)
        keeper.terminate()
        assert keeper.wait(20) == 0


@asynccontextmanager
async def opened(target: str | QtestTransport) -> AsyncGenerator[QtestTransport]:
    transport = await open_transport(target) if isinstance(target, str) else target
    assert isinstance(transport, QtestTransport)
    try:
        yield transport
    finally:
        await transport.aclose()


async def run(transport: QtestTransport, *operations: Operation) -> Results:
    return (await transport.execute(batch(operations))).check()


def alive(pid: int) -> bool:
    """Say whether a process runs; one that has ended and was not waited for does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


async def gone(pid: int) -> None:
    """Wait until a process, anybody's, has ended."""
    try:
        watch = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    try:
        with trio.fail_after(20):
            await trio.lowlevel.wait_readable(watch)
    finally:
        os.close(watch)


async def test_a_qemu_of_our_own() -> None:
    """`qemu:sifive_u` answers as the chip's manual says, one access each, and is gone with its files after a close."""
    async with opened("qemu:sifive_u") as transport:
        assert isinstance(transport, Notifier)
        assert isinstance(transport, Resettable)
        process = transport.process
        assert process is not None
        results = await run(
            transport,
            Read(COREPLLCFG0),
            Modify(COREPLLCFG0, 0x3F, 0x05),
            Check(COREPLLCFG0, 0x8000003F, 0x80000005),
            Write(DDRPLLCFG1, 1 << 31),
            Read(DDRPLLCFG1),
            ReadBurst(PRCI, 2),
            Poll(COREPLLCFG0, 1 << 31, 1 << 31, timeout_s=1),
        )
        assert results.values[:3] == (0x820187C1, 0x820187C1, 0x820187C5)
        assert results.values[3:] == (None, 1 << 31, (0xC0000000, 0x820187C5), 0x820187C5)
        assert process.sockets.directory.exists()
    assert not alive(process.pid)
    assert not process.sockets.directory.exists()
    assert isinstance((await transport.execute(batch(Read(RAM)))).error, DeviceLost)


@pytest.mark.parametrize(("own", "backend"), [(True, "trio"), (False, "trio"), (False, "asyncio")])
def test_keeps_the_contract(lab: dict[str, Any], own: bool, backend: str) -> None:
    """Both transports pass the published conformance suite on QEMU's RAM; more RAM lies on both sides."""
    url = "qemu:sifive_u" if own else f"qtest:{lab['qtest']}"

    async def main() -> None:
        await check_transport(lambda: open_transport(url), base=RAM + 0x1000, size=0x1000, bounded=False)

    anyio.run(main, backend=backend)


async def test_widths_and_strobes_in_ram(lab: dict[str, Any]) -> None:
    """Each width reads and writes its own bytes, and an aligned run of strobes is a narrower write."""
    async with opened(f"qtest:{lab['qtest']}") as transport:
        results = await run(
            transport,
            Write(RAM, 0x8877665544332211, width=8),
            *(Read(RAM, width=width) for width in (1, 2, 4, 8)),
            Write(RAM + 1, 0xAA, width=1),
            Write(RAM + 2, 0xBBCC, width=2),
            Write(RAM + 4, 0xDDDD0000, strobes=0b1100),
            Read(RAM, width=8),
            WriteBurst(RAM, tuple(range(300)), width=2),
            ReadBurst(RAM, 300, width=2),
        )
        assert results.values[1:5] == (0x11, 0x2211, 0x44332211, 0x8877665544332211)
        assert results[8] == 0xDDDD6655BBCCAA11
        assert results[10] == tuple(range(300))


async def test_a_refused_batch_touches_nothing(lab: dict[str, Any]) -> None:
    """A hole or an impossible width anywhere in a batch is found before the first access, and says what is near."""
    async with opened(f"qtest:{lab['qtest']}") as transport:
        await run(transport, Write(RAM, 7))
        for bad, kind in ((Read(0x4000_0000), BusFault), (Read(PRCI, width=2), Denied)):
            results = await transport.execute(batch(Write(RAM, 9), bad))
            assert results.values == ()
            assert isinstance(results.error, kind)
            assert (results.error.index, results.error.address) == (1, bad.address)
        assert (await run(transport, Read(RAM))).values == (7,)


async def test_a_batch_stops_where_it_fails(lab: dict[str, Any]) -> None:
    """Nothing behind a failed check, or a poll that timed out, reaches the device."""
    async with opened(f"qtest:{lab['qtest']}") as transport:
        await run(transport, Write(RAM, 7))
        checked = await transport.execute(batch(Read(RAM), Check(RAM, 0xF, 8), Write(RAM, 9)))
        assert checked.values == (7,)
        assert isinstance(checked.error, CheckFailed)
        assert (checked.error.last, checked.error.index) == (7, 1)
        polled = await transport.execute(batch(Poll(RAM, 0xF, 8, timeout_s=0.02), Write(RAM, 9)))
        assert isinstance(polled.error, PollTimeout)
        assert polled.poll_reads > 1
        assert (await run(transport, Read(RAM))).values == (7,)


async def test_the_uart_interrupts_through_the_plic(lab: dict[str, Any]) -> None:
    """A UART interrupt raises hart 0's external pin; claiming lowers it; the claim names the UART."""
    async with opened(f"qtest:{lab['qtest']}") as transport:
        assert await transport.wait() == SIFIVE_U.lines, "after attach all lines may have risen"
        await run(transport, Write(PRIORITY, 1), Write(ENABLE, 1 << UART_SOURCE), Write(THRESHOLD, 0))
        async with trio.open_nursery() as nursery:

            async def enable() -> None:
                await trio.sleep(0.01)
                await run(transport, Write(UART_IE, 1))

            nursery.start_soon(enable)
            with trio.fail_after(10):
                assert await transport.wait() == {MACHINE_EXTERNAL}
        assert transport.lines_high == {MACHINE_EXTERNAL}
        results = await run(transport, Read(PENDING), Read(CLAIM), Read(PENDING), Write(UART_IE, 0))
        assert results.values[:3] == (1 << UART_SOURCE, UART_SOURCE, 0)
        assert transport.lines_high == set()
        await run(transport, Write(CLAIM, UART_SOURCE))
        with trio.move_on_after(0.05) as quiet:
            await transport.wait()
        assert quiet.cancelled_caught


async def test_an_interrupt_from_outside_wakes(lab: dict[str, Any]) -> None:
    """A byte that arrives at the serial port wakes who waits for lines, while nobody executes anything."""
    async with opened(f"qtest:{lab['qtest']}") as transport:
        await transport.wait()
        await run(transport, Write(PRIORITY, 1), Write(ENABLE, 1 << UART_SOURCE), Write(UART_IE, 2))
        async with await trio.open_unix_socket(lab["serial"][0]) as line:
            await line.send_all(b"A")
            with trio.fail_after(10):
                assert await transport.wait() == {MACHINE_EXTERNAL}
            results = await run(transport, Read(UART + 4), Write(UART, ord("z")), Read(UART + 4))
            assert results.values == (ord("A"), None, 1 << 31)
            assert await line.receive_some(1) == b"z"


async def test_the_flash_answers_on_spi0(lab: dict[str, Any]) -> None:
    """The flash behind SPI0 gives its JEDEC id, 9d 70 19, to bytes clocked by hand."""
    async with opened(f"qtest:{lab['qtest']}") as transport:
        exchange = [op for byte in (0x9F, 0, 0, 0) for op in (Write(SPI + 0x48, byte), Read(SPI + 0x4C))]
        results = await run(transport, Write(SPI + 0x18, 2), *exchange, Write(SPI + 0x18, 0))
        assert [results[k] for k in (4, 6, 8)] == [0x9D, 0x70, 0x19]


@pytest.mark.parametrize("own", [True, False])
async def test_a_reset_is_a_reset(lab: dict[str, Any], own: bool) -> None:
    """A reset brings registers to their reset values, keeps RAM, and makes every line a hint again."""
    async with opened("qemu:sifive_u" if own else f"qtest:{lab['qtest']}") as transport:
        assert isinstance(transport, Resettable)
        await transport.wait()
        await run(transport, Write(RAM, 0xCAFEF00D), Write(CORECLKSEL, 0), Write(UART_IE, 3))
        await transport.reset()
        results = await run(transport, Read(RAM), Read(CORECLKSEL), Read(UART_IE))
        assert results.values == (0xCAFEF00D, 1, 0)
        assert await transport.wait() == SIFIVE_U.lines


async def test_without_a_monitor_there_is_no_reset(lab: dict[str, Any], tmp_path: Path) -> None:
    """A socket with no monitor known gives no `Resettable`; a monitor that is not there is an error that names it."""
    qtest = Path(lab["qtest"])
    async with opened(await attach(SIFIVE_U, qtest)) as transport:
        assert not isinstance(transport, Resettable)
    for missing in (tmp_path / "none.sock", tmp_path / "qemu.log"):
        with pytest.raises(Unavailable, match=f"no QEMU monitor listens at {missing}"):
            await open_transport(f"qtest:{qtest}?qmp={missing}")
    async with opened(await attach(SIFIVE_U, qtest, tmp_path / "none.sock")) as transport:
        assert isinstance(transport, Resettable)
        with pytest.raises(Unavailable, match=r"none\.sock is not there"):
            await transport.reset()
        assert (await run(transport, Read(COREPLLCFG0))).error is None


async def test_state_outlives_the_client(lab: dict[str, Any]) -> None:
    """What one client wrote the next one reads: a close leaves the QEMU alone, and interrupts are heard again."""
    async with opened(f"qtest:{lab['qtest']}") as transport:
        await run(transport, Write(RAM, 0x600D), Write(PRIORITY, 1), Write(ENABLE, 1 << UART_SOURCE))
    async with opened(f"qtest:{lab['qtest']}?machine=sifive_u&qmp={lab['qmp']}") as transport:
        assert await transport.wait() == SIFIVE_U.lines
        assert (await run(transport, Read(RAM), Read(PRIORITY), Write(UART_IE, 1))).values == (0x600D, 1, None)
        assert await transport.wait() == {MACHINE_EXTERNAL}


async def test_a_second_client_waits_its_turn(lab: dict[str, Any]) -> None:
    """While one client is attached a second gives up in bounded time and says why; after the close it is served."""
    qtest = Path(lab["qtest"])
    first = await attach(SIFIVE_U, qtest)
    with pytest.raises(Unavailable, match="another client"):
        await attach(SIFIVE_U, qtest, within_s=0.2)
    await first.aclose()
    async with opened(f"qtest:{qtest}") as second:
        await run(second, Read(COREPLLCFG0))


async def test_another_machine_is_noticed(lab: dict[str, Any]) -> None:
    """Attaching as another machine, whose interrupt pins are not there, is refused; QEMU lives on."""
    other = evolve(SIFIVE_U, name="other", intercept="/machine/soc/cpu[0]")
    with pytest.raises(Unavailable, match="it is no other; name its machine"):
        await attach(other, Path(lab["qtest"]))
    async with opened(f"qtest:{lab['qtest']}"):
        pass
    with pytest.raises(Unavailable, match="listens to another device"):
        await attach(evolve(SIFIVE_U, intercept="/machine/soc/e-cluster"), Path(lab["qtest"]))


async def test_bad_urls_are_refused_by_name(tmp_path: Path) -> None:
    """An unknown machine or option and a socket that is not there: each one line that says what is meant."""
    with pytest.raises(TargetError, match="there are: sifive_u"):
        await open_transport("qemu:")
    with pytest.raises(TargetError, match="has no option 'machin'"):
        await open_transport("qtest:/a?machin=sifive_u")
    with pytest.raises(Unavailable, match=r"no QEMU at .*: No such file"):
        await open_transport(f"qtest:{tmp_path}/none.sock")


async def test_no_directory_for_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no directory can be made for its sockets, or its parent is missing, the error names the place."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "none"))
    with pytest.raises(Unavailable, match=r"no directory for QEMU's sockets can be made: .*none"):
        await open_transport("qemu:sifive_u")
    with pytest.raises(Unavailable, match=f"{tmp_path}/none is no directory, so lab cannot be made in it"):
        await start(SIFIVE_U, tmp_path / "none" / "lab")
    assert not (tmp_path / "none").exists()


async def test_a_qemu_that_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the program the error names the Debian package that brings it."""
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(Unavailable, match="apt install qemu-system-misc"):
        await open_transport("qemu:sifive_u")


async def test_a_qemu_that_refuses(tmp_path: Path) -> None:
    """A QEMU that refuses to start: its own complaint is in the error, and nothing is left running."""
    with pytest.raises(Unavailable, match=r"refused to start, exit status 1: .*unsupported machine type"):
        await start(evolve(SIFIVE_U, arguments=("-M", "sifive_x")), tmp_path / "a")
    long = tmp_path / ("x" * 90)
    with pytest.raises(Unavailable, match="too long a path"):
        await start(SIFIVE_U, long)


async def test_a_qemu_that_never_answers(tmp_path: Path) -> None:
    """A QEMU that neither ends nor answers is ended after a bounded time."""
    fake = tmp_path / "qemu-fake"
    fake.write_text("#!/bin/sh\necho $$ > pid\nexec sleep 60\n")
    fake.chmod(0o755)
    with pytest.raises(Unavailable, match=r"did not answer within 2 s"):
        await start(evolve(SIFIVE_U, program=str(fake)), tmp_path / "d", within_s=2)
    assert not alive(int((tmp_path / "d" / "pid").read_text()))


async def test_two_qemus_do_not_share_a_directory(lab: dict[str, Any], tmp_path: Path) -> None:
    """A second QEMU in a directory where one runs is refused: it would take the first one's sockets away."""
    assert lab["qtest"] == str(Sockets(tmp_path).qtest)
    with pytest.raises(Unavailable, match=r"runs in .* already"):
        await start(SIFIVE_U, tmp_path)
    assert alive(lab["pid"])


@pytest.mark.parametrize("seed", range(4))
async def test_a_qemu_that_dies_within_a_batch(tmp_path: Path, seed: int) -> None:
    """Results before the death stand, the next operation is lost with the reason, and so is all that comes later."""
    process = await start(SIFIVE_U, tmp_path)
    transport = await attach(SIFIVE_U, process.sockets.qtest, process=process)
    delay_s = random.Random(seed).uniform(0, 0.05)
    work = batch(ReadBurst(RAM, 2000) for _ in range(500))
    done: list[Results] = []

    async def execute() -> None:
        done.append(await transport.execute(work))

    with trio.fail_after(30):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(execute)
            await trio.sleep(delay_s)
            os.kill(process.pid, signal.SIGKILL)
    (results,) = done
    assert isinstance(results.error, DeviceLost)
    assert len(results.values) < len(work)
    assert set(results.values) <= {(0,) * 2000}
    assert results.error.index == len(results.values)
    assert results.error.reason == "QEMU closed its qtest socket, signal SIGKILL"
    assert (await transport.execute(work)).error == results.error.at(index=0)
    await transport.aclose()


@pytest.mark.parametrize("own", [True, False])
async def test_a_qemu_that_is_stopped(lab: dict[str, Any], own: bool) -> None:
    """A QEMU that does not answer within `answer_s` is lost, with the reason; ours is ended, another's serves on."""
    target = "qemu:sifive_u" if own else f"qtest:{lab['qtest']}"
    async with opened(f"{target}?answer_s=0.3") as transport:
        pid = transport.process.pid if transport.process else lab["pid"]
        assert (await run(transport, Read(COREPLLCFG0))).error is None
        os.kill(pid, signal.SIGSTOP)
        with trio.fail_after(10):
            error = (await transport.execute(batch(Read(COREPLLCFG0)))).error
        assert isinstance(error, DeviceLost)
        running = f", process {pid} still runs" if own else ""
        assert error.reason == f"QEMU did not answer within 0.3 s{running}"
    if own:
        assert not alive(pid)
    else:
        os.kill(pid, signal.SIGCONT)
        async with opened(target) as transport:
            assert (await run(transport, Read(COREPLLCFG0))).error is None


CLIENT = """
import os, random, sys, trio
from transports.batch import Check, Modify, Read, Write, batch
from transports.open import open_transport

async def main():
    transport = await open_transport("qtest:" + sys.argv[1])
    ops, seeded = [], random.Random(int(sys.argv[2]))
    for _ in range(400):
        address = 0x80000000 + 4 * seeded.randrange(1000)
        ops += [Write(address, seeded.randrange(1 << 32)), Read(address)]
        ops += [Modify(address, 255, 1), Check(address, 255, 1)]
    work = batch(ops)
    print("go", flush=True)
    while True:
        (await transport.execute(work)).check()

trio.run(main)
"""


async def test_clients_may_be_killed_at_any_moment(lab: dict[str, Any]) -> None:
    """Kill -9 a client in the middle of its batches, ten times: QEMU lives and serves the next client rightly."""
    for seed in range(10):
        with python("-c", CLIENT, lab["qtest"], str(seed)) as (client, said):
            assert said == "go\n"
            await trio.sleep(random.Random(seed).uniform(0, 0.03))
            client.kill()
        assert client.returncode == -signal.SIGKILL, "it had ended before"
        async with opened(f"qtest:{lab['qtest']}") as transport:
            results = await run(transport, Read(COREPLLCFG0), Write(RAM, seed), Read(RAM))
            assert results.values == (0x820187C1, None, seed)
    assert alive(lab["pid"])


OWNER = """
import trio
from transports.open import open_transport

async def main():
    transport = await open_transport("qemu:sifive_u")
    print(transport.process.pid, flush=True)
    await trio.sleep_forever()

trio.run(main)
"""


async def test_our_qemu_ends_with_us(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Kill -9 the process that opened `qemu:`: its QEMU is gone, and its directory with the next `qemu:`."""
    with python("-c", OWNER, TMPDIR=str(tmp_path)) as (owner, said):
        pid = int(said)
        assert alive(pid)
        owner.kill()
    await gone(pid)
    assert not alive(pid)
    (left,) = os.listdir(tmp_path)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    async with opened("qemu:sifive_u"):
        assert left not in os.listdir(tmp_path)
    assert os.listdir(tmp_path) == []


def test_a_detached_qemu_outlives_its_starter(tmp_path: Path) -> None:
    """`--detach` prints where the QEMU is and ends; the QEMU stays until somebody ends it."""
    words = [sys.executable, "-m", "transports.qemu", "sifive_u", "--directory", str(tmp_path / "lab"), "--detach"]
    found = json.loads(subprocess.run(words, cwd=ROOT, stdout=subprocess.PIPE, check=True, timeout=60).stdout)
    try:
        assert alive(found["pid"])
        again = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
        assert (again.returncode, again.stdout) == (1, "")
        assert again.stderr == f"a QEMU runs in {tmp_path}/lab already\n"
    finally:
        os.kill(found["pid"], signal.SIGKILL)


@pytest.mark.parametrize("backend", ["trio", "asyncio"])
def test_serves_both_event_loops(backend: str) -> None:
    """Start, interrupt, reset and close work alike under trio and asyncio."""

    async def main() -> None:
        async with opened("qemu:sifive_u") as transport:
            assert await transport.wait() == SIFIVE_U.lines
            await run(transport, Write(PRIORITY, 1), Write(ENABLE, 1 << UART_SOURCE), Delay(0.001), Write(UART_IE, 1))
            assert await transport.wait() == {MACHINE_EXTERNAL}
            assert isinstance(transport, Resettable)
            await transport.reset()
            assert (await run(transport, Read(UART_IE))).values == (0,)

    anyio.run(main, backend=backend)
