"""Which accesses the processor makes, counted at the page itself; see watch_accesses.py."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from pathlib import Path

import pytest

from transports.batch import WIDTHS
from transports.native import ENGINE, ENGINE_REASON

REPOSITORY = Path(__file__).parents[2]
NOT_ALLOWED = 3  # exit status of watch_accesses.py where tracing is forbidden

Touches = dict[str, list[list[object]]]


@pytest.fixture(scope="module")
def touches() -> Touches:
    """Run every operation under the watcher once."""
    if (sys.platform, platform.machine()) != ("linux", "x86_64"):
        pytest.skip("the watcher knows the instructions of x86-64 Linux only")
    done = subprocess.run(
        [sys.executable, Path(__file__).with_name("watch_accesses.py")],
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    if done.returncode == NOT_ALLOWED:
        pytest.skip(done.stdout.strip())
    assert done.returncode == 0, done.stderr
    found: Touches = json.loads(done.stdout)
    return found


@pytest.fixture(params=["c", "python"])
def engine(request: pytest.FixtureRequest) -> str:
    """Return which engine is looked at."""
    name: str = request.param
    if name == "c" and ENGINE != "c":
        pytest.skip(f"the engine in C is not used: {ENGINE_REASON}")
    return name


@pytest.mark.parametrize("width", WIDTHS)
def test_one_access_of_the_right_width(width: int, engine: str, touches: Touches) -> None:
    """Each operation makes one access of its width (modify two, a burst one for each word), in order, and no other."""
    at = 3 * width
    read, write = ["read", width, at], ["write", width, at]
    expected = {
        "Read": [read],
        "Write": [write],
        "Modify": [read, write],
        "Check": [read],
        "Poll": [read],
        "ReadBurst": [["read", width, at + n * width] for n in range(3)],
        "ReadBurst fifo": [read] * 3,
        "ReadBurst apart": [["read", width, at + 2 * n * width] for n in range(3)],
        "WriteBurst": [["write", width, at + n * width] for n in range(3)],
        "WriteBurst fifo": [write] * 3,
        "WriteBurst apart": [["write", width, at + 2 * n * width] for n in range(3)],
        "each once": [write, write, read, read],
    }
    assert {name: touches[f"{engine}: {name} {width}"] for name in expected} == expected


@pytest.mark.parametrize("width", WIDTHS)
def test_no_access_where_none_is_due(width: int, engine: str, touches: Touches) -> None:
    """Fences, delays and empty bursts touch nothing, nor does what is refused; and nothing after a stop is touched."""
    assert touches[f"{engine}: waits {width}"] == []
    assert touches[f"{engine}: refused {width}"] == []
    read = ["read", width, 3 * width]
    assert touches[f"{engine}: failing {width}"] == [read]
    assert touches[f"{engine}: unmet {width}"] == [read]


@pytest.mark.parametrize("width", WIDTHS)
def test_all_ones_cost_one_look_at_the_identity(width: int, engine: str, touches: Touches) -> None:
    """A word of all ones is confirmed by one 4-byte read of the identity register; a lost device is not written."""
    assert touches[f"{engine}: lost {width}"] == [["read", width, 0x100], ["read", 4, 0x108]]


@pytest.mark.parametrize(("run", "width"), [(run, width) for width in WIDTHS for run in WIDTHS if run <= width])
def test_strobes_are_one_narrower_access(run: int, width: int, engine: str, touches: Touches) -> None:
    """A write with strobes of one aligned run is one write of that run's width at its place, and reads nothing."""
    assert touches[f"{engine}: Write {run} of {width}"] == [["write", run, 3 * width + width - run]]


def test_the_watcher_sees_what_is_wrong(touches: Touches) -> None:
    """Of a ctypes store it sees the read that nobody asked for; of a slice it sees more than one write."""
    assert touches["wrong: ctypes store"] == [["read", 4, 0], ["write", 4, 0]]
    assert len(touches["wrong: slice store"]) > 1
