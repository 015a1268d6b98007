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


@pytest.mark.parametrize("width", WIDTHS)
def test_one_access_of_the_right_width(width: int, touches: Touches) -> None:
    """Each operation makes one access of its width (modify two, a burst one for each word), and no other."""
    read, write = ["read", width], ["write", width]
    expected = {
        "Read": [read],
        "Write": [write],
        "Modify": [read, write],
        "Check": [read],
        "Poll": [read],
        "ReadBurst": [read] * 3,
        "ReadBurst fifo": [read] * 3,
        "WriteBurst": [write] * 3,
        "WriteBurst fifo": [write] * 3,
    }
    assert {name: touches[f"{name} {width}"] for name in expected} == expected


@pytest.mark.parametrize(("run", "width"), [(run, width) for width in WIDTHS for run in WIDTHS if run <= width])
def test_strobes_are_one_narrower_access(run: int, width: int, touches: Touches) -> None:
    """A write with strobes of one aligned run is one write of that run's width, and reads nothing."""
    assert touches[f"Write {run} of {width}"] == [["write", run]]


def test_the_watcher_sees_what_is_wrong(touches: Touches) -> None:
    """Of a ctypes store it sees the read that nobody asked for; of a slice it sees more than one write."""
    assert touches["wrong: ctypes store"] == [["read", 4], ["write", 4]]
    assert len(touches["wrong: slice store"]) > 1
