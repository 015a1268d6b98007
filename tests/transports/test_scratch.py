"""The directory of a `qemu:` of our own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from transports.qemu.scratch import PREFIX, make_scratch, sweep

ROOT = Path(__file__).resolve().parents[2]
OWNER = """
import os, signal
from transports.qemu.scratch import make_scratch
held = make_scratch()
(held.directory / "qemu.log").write_text("words")
print(held.directory, flush=True)
signal.pause()
"""


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make the directories here."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_is_removed_with_all_in_it(place: Path) -> None:
    """A directory is there until it is removed; a second removal is nothing."""
    held = make_scratch()
    (held.directory / "flash.img").write_bytes(b"1")
    assert held.directory.parent == place
    assert held.directory.stat().st_mode & 0o777 == 0o700
    for _ in range(2):
        held.remove()
        assert list(place.iterdir()) == []


def test_what_a_killed_owner_left_is_swept(place: Path) -> None:
    """The directory of an owner that lives stays, and that of one that was killed goes with the next that is made."""
    with subprocess.Popen(
        [sys.executable, "-c", OWNER], cwd=ROOT, env={**os.environ, "TMPDIR": str(place)}, stdout=subprocess.PIPE,
        text=True,
    ) as owner:
        try:
            assert owner.stdout is not None
            left = Path(owner.stdout.readline().strip())
            ours = make_scratch()
            assert {left, ours.directory} == set(place.iterdir())
        finally:
            owner.send_signal(signal.SIGKILL)
    again = make_scratch()
    assert {ours.directory, again.directory} == set(place.iterdir())
    again.remove()
    ours.remove()


def test_what_is_not_ours_stays(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another user's directory, a file, a link and what it points to, and any other name are left alone."""
    elsewhere = place / "precious"
    elsewhere.mkdir()
    (place / f"{PREFIX}link").symlink_to(elsewhere)
    (place / f"{PREFIX}file").write_text("mine")
    stale = place / f"{PREFIX}stale"
    stale.mkdir()
    before = set(place.iterdir())
    with monkeypatch.context() as another:
        another.setattr(os, "geteuid", lambda: os.getuid() + 1)
        sweep(place)
        assert set(place.iterdir()) == before
    sweep(place)
    assert set(place.iterdir()) == before - {stale}


def test_a_sweep_between_making_and_locking(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A directory that somebody swept before it was locked is made again."""
    made: list[str] = []

    def make_and_lose(prefix: str) -> str:
        made.append(original(prefix=prefix))
        if len(made) < 3:
            sweep(place)
        return made[-1]

    original = tempfile.mkdtemp
    monkeypatch.setattr(tempfile, "mkdtemp", make_and_lose)
    held = make_scratch()
    assert [str(held.directory)] == made[2:] == [str(path) for path in place.iterdir()]
    held.remove()
