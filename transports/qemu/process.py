"""Starts a QEMU whose processors stand still and whose buses answer us, and ends that one only.

Everything it needs stands in one directory: sockets, flash image, its log. Debian's QEMU has no qtest accelerator,
so it runs TCG with every processor powered off: they use no time, and no guest code is needed.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import anyio
from attrs import define, frozen

from transports.errors import Unavailable
from transports.qemu.machines import MACHINES, Machine, machine
from transports.qemu.qmp import monitor

START_S = 30.0  # 0.2 s on a quiet machine; a start that takes longer than this is not going to come
_LOOK_S = 0.005
_SOCKET_PATH_BYTES_MAX = 107  # sun_path of Linux, without the final zero

_TIED = """
import ctypes, os, sys
ctypes.CDLL(None, use_errno=True).prctl(1, 9)
if os.getppid() == int(sys.argv[1]):
    os.execv(sys.argv[2], sys.argv[2:])
"""
"""Ask the kernel to kill us with our parent (PR_SET_PDEATHSIG, SIGKILL), make sure it still lives, become QEMU.

`setpriv --pdeathsig` does the first only: a parent that died before it would leave a QEMU behind.
The tie is to the thread that forks. So QEMU is started by the caller's own thread: `anyio.open_process` would fork
in a worker thread of trio's, which ends after ten idle seconds, and QEMU with it.
"""


@frozen
class Sockets:
    """Where a QEMU is reached, in its directory."""

    directory: Path

    @property
    def qtest(self) -> Path:
        """The bus: one client at a time."""
        return self.directory / "qtest.sock"

    @property
    def qmp(self) -> Path:
        """The monitor: one client at a time."""
        return self.directory / "qmp.sock"

    def serial(self, index: int) -> Path:
        """The other end of a serial port."""
        return self.directory / f"serial{index}.sock"


def command(machine: Machine) -> list[str]:
    """Return QEMU's arguments for a machine, to be run in its directory: no path needs quoting so."""
    words = ["-accel", "tcg", "-display", "none", "-nodefaults", "-no-user-config"]
    words += ["-global", "cpu.start-powered-off=on", *machine.arguments]
    for name in ("qtest", "qmp", *(f"serial{k}" for k in range(machine.serials))):
        words += ["-chardev", f"socket,id={name},path={name}.sock,server=on,wait=off"]
    words += ["-qtest", "chardev:qtest", "-qtest-log", "none", "-mon", "chardev=qmp,mode=control"]
    for k in range(machine.serials):
        words += ["-serial", f"chardev:serial{k}"]
    if machine.flash_bytes:
        words += ["-drive", "file=flash.img,if=mtd,format=raw"]
    return words


@define
class Process:
    """A QEMU that we started."""

    machine: Machine
    sockets: Sockets
    _popen: subprocess.Popen[bytes]

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._popen.pid

    @property
    def running(self) -> bool:
        """Whether it still is."""
        return self._popen.poll() is None

    def describe(self) -> dict[str, Any]:
        """Return what another process needs to use it, as plain data."""
        return {
            "machine": self.machine.name,
            "pid": self.pid,
            "qtest": str(self.sockets.qtest),
            "qmp": str(self.sockets.qmp),
            "serial": [str(self.sockets.serial(k)) for k in range(self.machine.serials)],
        }

    def epitaph(self) -> str:
        """Return how it ended and its last words; that it runs, when it does."""
        status = self._popen.poll()
        if status is None:
            return f"process {self.pid} still runs"
        end = f"signal {signal.Signals(-status).name}" if status < 0 else f"exit status {status}"
        words = last_words(self.machine, self.sockets.directory)
        return f"{end}: {words}" if words else end

    async def ended(self) -> None:
        """Wait until it has ended."""
        if self.running:
            watch = os.pidfd_open(self.pid)
            try:
                await anyio.wait_readable(watch)
            finally:
                os.close(watch)
            self._popen.wait()

    async def end(self) -> None:
        """End it, and wait until it has; also when cancelled."""
        self._popen.kill()
        with anyio.CancelScope(shield=True):
            await self.ended()


def last_words(machine: Machine, directory: Path) -> str:
    """Return the last complaint of the QEMU in this directory; hints and the warnings of every start are none."""
    lines = (directory / "qemu.log").read_text(errors="backslashreplace").splitlines()
    complaints = (line for line in reversed(lines) if line.startswith(machine.program) and ": warning: " not in line)
    return next(complaints, "")


def _prepare(machine: Machine, directory: Path) -> tuple[str, Path]:
    """Make the directory ready; return the program and the directory's absolute path."""
    directory = directory.absolute()
    program = shutil.which(machine.program)
    if program is None:
        raise Unavailable(f"{machine.program} is not installed; on Debian: apt install {machine.package}")
    longest = len(os.fsencode(Sockets(directory).serial(machine.serials)))
    if longest > _SOCKET_PATH_BYTES_MAX:
        raise Unavailable(f"{directory} is too long a path for a socket ({longest} > {_SOCKET_PATH_BYTES_MAX} bytes)")
    if not directory.parent.is_dir():
        raise Unavailable(f"{directory.parent} is no directory, so {directory.name} cannot be made in it")
    directory.mkdir(exist_ok=True)
    flash = directory / "flash.img"
    if machine.flash_bytes and not flash.exists():
        with flash.open("wb") as image:
            image.truncate(machine.flash_bytes)  # sparse; the flash then reads as zeros
    return program, directory


def _spawn(machine: Machine, program: str, directory: Path, *, detached: bool) -> Process:
    words: Sequence[str] = [program, *command(machine)]
    if not detached:
        words = [sys.executable, "-I", "-S", "-c", _TIED, str(os.getpid()), *words]
    with (directory / "qemu.log").open("wb") as log:
        popen = subprocess.Popen(
            words, cwd=directory, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
        )
    return Process(machine, Sockets(directory), popen)


async def start(
    machine: Machine, directory: Path, *, detached: bool = False, within_s: float = START_S
) -> Process:
    """Start a QEMU in a directory and return when its main loop answers.

    Args:
        detached: it outlives us; otherwise it ends with the thread that calls this, however that ends.
        within_s: bound on the start.

    Raises:
        Unavailable: QEMU is not installed, refuses to start, does not answer in time, or one runs there already.
    """
    try:
        program, directory = _prepare(machine, directory)
        if listens(Sockets(directory).qmp):
            raise Unavailable(f"a QEMU runs in {directory} already")
        process = _spawn(machine, program, directory, detached=detached)
    except OSError as problem:
        raise Unavailable(f"cannot start QEMU in {directory}: {problem}") from problem
    try:
        with anyio.move_on_after(within_s):
            while process.running:
                if await _answers(directory, within_s):
                    return process
                await anyio.sleep(_LOOK_S)
        if process.running:
            raise Unavailable(f"{machine.program} did not answer within {within_s:g} s")
        raise Unavailable(f"{machine.program} refused to start, {process.epitaph()}")
    except BaseException:
        await process.end()
        raise


def listens(path: Path) -> bool:
    """Say whether somebody accepts connections at a socket; a socket file that was left behind does not."""
    with socket.socket(socket.AF_UNIX) as probe:
        probe.setblocking(False)
        try:
            probe.connect(os.fspath(path))
        except BlockingIOError:
            return True  # its queue of clients is full
        except OSError:
            return False
        return True


async def _answers(directory: Path, within_s: float) -> bool:
    """Say whether a QEMU's main loop answers in this directory."""
    try:
        async with monitor(Sockets(directory).qmp, within_s=within_s):
            return True
    except Unavailable:
        return False


async def _keep(kind: Machine, directory: Path, *, detached: bool) -> int:
    """Start a QEMU for others to attach to; stay with it until a signal comes or it ends, unless detached."""
    try:
        process = await start(kind, directory, detached=detached)
    except Unavailable as problem:
        print(problem, file=sys.stderr)
        return 1
    if detached:
        print(json.dumps(process.describe()), flush=True)
        return 0
    try:
        with anyio.open_signal_receiver(signal.SIGTERM, signal.SIGINT) as signals:
            print(json.dumps(process.describe()), flush=True)  # whoever reads it may send a signal at once
            async with anyio.create_task_group() as group:
                group.start_soon(_until_signal, signals, group.cancel_scope)
                await process.ended()
                group.cancel_scope.cancel()
        stopped = process.running
    finally:
        await process.end()
    if not stopped:
        print(f"{kind.program} ended, {process.epitaph()}", file=sys.stderr)
    return 0 if stopped else 1


async def _until_signal(signals: AsyncIterator[signal.Signals], scope: anyio.CancelScope) -> None:
    async for _number in signals:
        scope.cancel()


def main(arguments: Sequence[str] | None = None) -> int:
    """Start a QEMU machine for others to attach to with `qtest:SOCKET`; print one line of JSON that says where."""
    parser = argparse.ArgumentParser(prog="python -m transports.qemu", description=main.__doc__)
    parser.add_argument("machine", choices=sorted(MACHINES))
    parser.add_argument("--directory", type=Path, required=True, help="for its sockets, flash image and log")
    parser.add_argument("--detach", action="store_true", help="leave it running; the JSON has its pid")
    chosen = parser.parse_args(arguments)
    return anyio.run(partial(_keep, machine(chosen.machine), chosen.directory, detached=chosen.detach))
