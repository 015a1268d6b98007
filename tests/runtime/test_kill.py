"""The controller is killed with SIGKILL in the middle of a bring-up, and the next one goes on from the hardware."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from signal import SIGKILL
from typing import Any

import pytest
import trio

from runtime.cli.main import main
from transports.base import Resettable
from transports.open import open_transport
from transports.qemu.machines import SIFIVE_U

ROOT = Path(__file__).resolve().parents[2]
MOMENTS = 20
SEED = 0xF1257
PATIENCE_S = 60.0  # a whole bring-up takes 0.5 s; this is for a machine that is busy with other things
# The command itself, which says when its bring-up begins: what comes before is the start of Python.
MARKED = """
import sys
import runtime.cli.up as verb
from runtime.cli.main import main
begin = verb.bring_up
async def marked(*given, **named):
    print("begin", file=sys.stderr, flush=True)
    return await begin(*given, **named)
verb.bring_up = marked
sys.exit(main(sys.argv[1:]))
"""

needs_qemu = pytest.mark.skipif(
    shutil.which(SIFIVE_U.program) is None,
    reason=f"{SIFIVE_U.program} is not installed; on Debian: apt install {SIFIVE_U.package}",
)


def firstlight(*words: str) -> tuple[int, dict[str, Any], float]:
    """Run the command to its end; return its status, its JSON, and how long its bring-up took on the wall."""
    done = subprocess.run(
        [sys.executable, "-c", MARKED, *words, "--json"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert done.stdout, done.stderr
    data: dict[str, Any] = json.loads(done.stdout)
    return done.returncode, data, data.get("wall_s", 0.0)


def kill_within(after_s: float, *words: str) -> bool:
    """Start the command, kill it `after_s` into its bring-up; say whether it was still at it."""
    with subprocess.Popen(
        [sys.executable, "-c", MARKED, *words], cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        assert process.stderr.readline() == "begin\n"
        end = time.perf_counter() + after_s
        while time.perf_counter() < end:  # a sleep would be later than the whole bring-up is long
            pass
        process.send_signal(SIGKILL)
        process.communicate(timeout=PATIENCE_S)
    return process.returncode == -SIGKILL


def up_here(chip: str, url: str, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    """Bring a chip up there, from this process: a start of Python takes longer than the bring-up."""
    status = main(["up", chip, "--on", url, "--json"])
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert (status, found["up"], found["failed"]) == (0, found["blocks"], []), f"seed {SEED:#x}"
    return found


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Generator[tuple[str, subprocess.Popen[str]]]:
    """Give the URL of a QEMU that outlives whoever attaches to it, and its keeper."""
    directory = tmp_path_factory.mktemp("lab")
    words = [sys.executable, "-m", "transports.qemu", "sifive_u", "--directory", str(directory)]
    with subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, text=True) as keeper:
        try:
            assert keeper.stdout is not None
            told = json.loads(keeper.stdout.readline())
            yield f"qtest:{told['qtest']}?qmp={told['qmp']}", keeper
        finally:
            keeper.terminate()


def reset(url: str) -> None:
    """Reset the whole machine."""

    async def body() -> None:
        transport = await open_transport(url)
        try:
            assert isinstance(transport, Resettable)
            await transport.reset()
        finally:
            await transport.aclose()

    trio.run(body)


@needs_qemu
def test_killed_on_qemu(lab: tuple[str, subprocess.Popen[str]], capsys: pytest.CaptureFixture[str]) -> None:
    """Killed at 20 seeded moments of a bring-up on QEMU, the next `up` has all up, and the one after writes nothing."""
    url, keeper = lab
    chance = random.Random(SEED)
    reset(url)
    status, whole, wall_s = firstlight("up", "sifive_u", "--on", url)
    assert (status, whole["up"]) == (0, whole["blocks"])
    cut = partial = 0
    for moment in range(MOMENTS):
        reset(url)
        cut += kill_within(chance.uniform(0, wall_s), "up", "sifive_u", "--on", url)
        again = up_here("sifive_u", url, capsys)
        partial += 0 < again["writes"] < whole["writes"]
        assert up_here("sifive_u", url, capsys)["writes"] == 0, f"seed {SEED:#x}, moment {moment}"
    assert keeper.poll() is None, "QEMU did not live"
    assert cut > MOMENTS / 2, f"only {cut} kills came in time: they prove nothing"
    assert partial, "no kill left a half-done bring-up behind"


@contextmanager
def simulated(tmp_path: Path) -> Generator[tuple[str, subprocess.Popen[str]]]:
    """Give the URL of a simulated mini that outlives whoever attaches to it, and its process."""
    url = f"unix:{tmp_path}/s"
    words = [sys.executable, "-m", "runtime.cli.main", "sim", "mini", "--listen", url, "--json"]
    with subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert json.loads(process.stdout.readline())["listening"] == url
            yield url, process
        finally:
            process.kill()


def seen_by(process: subprocess.Popen[str]) -> dict[str, Any]:
    """End a simulated chip; return what it saw."""
    process.terminate()
    out, _ = process.communicate(timeout=PATIENCE_S)
    seen: dict[str, Any] = json.loads(out)
    return seen


def test_killed_on_the_simulator(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Killed at 20 seeded moments of a bring-up of a chip that lives on, the next `up` writes only what was left."""
    chance = random.Random(SEED)
    cut = partial = 0
    with simulated(tmp_path) as (url, chip):
        status, whole, wall_s = firstlight("up", "mini", "--on", url)
        assert (status, whole["up"]) == (0, whole["blocks"])
        for moment in range(MOMENTS):
            reset(url)
            cut += kill_within(chance.uniform(0, wall_s), "up", "mini", "--on", url)
            again = up_here("mini", url, capsys)
            partial += 0 < again["writes"] < whole["writes"]
            assert up_here("mini", url, capsys)["writes"] == 0, f"seed {SEED:#x}, moment {moment}"
        reset(url)
        anew = up_here("mini", url, capsys)
        assert anew["writes"] == whole["writes"], "a reset leaves something up, so it proves nothing"
        seen = seen_by(chip)
    assert (chip.returncode, seen["violations"]) == (0, [])
    assert cut > MOMENTS / 2, f"only {cut} kills came in time: they prove nothing"
    assert partial >= MOMENTS / 2, f"only {partial} kills left a half-done chip behind: they prove nothing"


@needs_qemu
def test_qemu_dies(tmp_path: Path) -> None:
    """When QEMU dies while the controller works, the command says so in one line and exits with 3."""
    words = [sys.executable, "-m", "transports.qemu", "sifive_u", "--directory", str(tmp_path)]
    with subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, text=True) as keeper:
        assert keeper.stdout is not None
        told = json.loads(keeper.stdout.readline())
        loop = [sys.executable, "-c", MARKED, "up", "sifive_u", "--on", f"qtest:{told['qtest']}"]
        with subprocess.Popen(loop, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
            assert process.stderr is not None
            assert process.stderr.readline() == "begin\n"
            subprocess.run(["kill", "-9", str(told["pid"])], check=True)
            out, err = process.communicate(timeout=PATIENCE_S)
        keeper.terminate()

    assert process.returncode == 3, out + err
    assert "device lost" in out + err
    assert "Traceback" not in out + err
