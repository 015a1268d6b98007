"""`make up` for real, in a fresh clone: an environment of its own, pip, and mini."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PATIENCE_S = 240.0  # it takes 20 s on an idle machine; this is for a busy one, or one far from the packages


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """Return a fresh clone of what is committed, in a folder that has a space in its name."""
    for program in ("git", "make"):
        if shutil.which(program) is None:
            pytest.skip(f"no {program} here")
    if not (ROOT / ".git").exists():
        pytest.skip("not a clone, so there is nothing to clone again")
    folder = tmp_path / "a fresh clone"
    subprocess.run(["git", "clone", "--quiet", ROOT, folder], capture_output=True, timeout=PATIENCE_S, check=True)
    return folder


def make_up(folder: Path) -> str:
    """Say `make up` there, as somebody does who has no environment active; return what it printed."""
    private = ("VIRTUAL_ENV", "PYTHON", "CHIP", "ON", "MAKE", "MFLAGS")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(private)}
    done = subprocess.run(
        ["make", "up"], cwd=folder, env=environment,
        capture_output=True, text=True, timeout=PATIENCE_S, check=False,
    )  # fmt: skip
    if done.returncode:
        pytest.fail(f"make up: exit status {done.returncode}\n{done.stdout}{done.stderr}", pytrace=False)
    return done.stdout


def test_make_up_twice_in_a_fresh_clone(clone: Path) -> None:
    """The first `make up` installs and brings mini up; the second brings it up and installs nothing."""
    first, second = make_up(clone), make_up(clone)
    assert "Installing" in first
    assert "13 of 13 blocks of mini up" in first
    assert second.startswith("Bringing up mini\n")
    assert "13 of 13 blocks of mini up" in second
    assert "Installing" not in second
    status = subprocess.run(["git", "status", "--porcelain"], cwd=clone, capture_output=True, text=True, check=True)
    assert status.stdout == "", "make up left something that is not ignored"
