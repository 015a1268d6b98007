"""Atlas and its controllers as processes, started as a user starts them. Not a test: imported by some."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from attrs import define

FIRSTLIGHT = [str(Path(sys.executable).with_name("firstlight"))]
BLOCKS = 324
PATIENCE_S = 300.0  # for a machine that is busy with other things


def start(*words: str, program: str = "", errors: IO[str] | int = subprocess.PIPE) -> subprocess.Popen[str]:
    """Start the command; `program` is Python text that does so in a way of its own."""
    command = [sys.executable, "-c", program] if program else FIRSTLIGHT
    return subprocess.Popen([*command, *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True)


def ended(process: subprocess.Popen[str], status: int = 0) -> Any:
    """Wait for a command's end; return what it printed as JSON, of several lines the last."""
    out, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == status, (process.returncode, out[-2000:], err)
    return json.loads(out.splitlines()[-1])


@define(eq=False)
class Atlas:
    """A simulated Atlas that runs."""

    address: str
    process: subprocess.Popen[str]

    def controller(self, *more: str, query: str = "", program: str = "") -> subprocess.Popen[str]:
        """Start `up` on it; `query` goes with the address."""
        return start("up", "atlas", "--on", f"{self.address}{query}", "--json", *more, program=program)

    def up(self, status: int = 0) -> dict[str, Any]:
        """Bring it up to the end; return what came of it."""
        found: dict[str, Any] = ended(self.controller(), status)
        return found

    def end(self, status: int = 0) -> dict[str, Any]:
        """End the chip; return what it saw."""
        self.process.send_signal(signal.SIGTERM)
        found: dict[str, Any] = ended(self.process, status)
        return found


@contextmanager
def living(folder: Path, *more: str, program: str = "", errors: IO[str] | int = subprocess.PIPE) -> Generator[Atlas]:
    """Run a simulated Atlas, its socket in a folder."""
    address = f"unix:{folder}/s"
    process = start("sim", "atlas", "--listen", address, "--json", *more, program=program, errors=errors)
    try:
        assert process.stdout is not None
        assert json.loads(process.stdout.readline())["listening"] == address
        yield Atlas(address, process)
    finally:
        process.kill()
        process.communicate()
