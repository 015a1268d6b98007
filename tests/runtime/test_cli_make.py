"""`make up` gives the command the words as they were typed, and says what it has installed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from transports.native import choose

ROOT = Path(__file__).parents[2]


@pytest.fixture
def made(tmp_path: Path) -> list[str]:
    """Return a `make up` in which the command only says its words, one a line."""
    if shutil.which("make") is None:
        pytest.skip("no make here")
    if not (ROOT / "Makefile").is_file():
        pytest.skip("no Makefile here: not a checkout")
    (tmp_path / "made").touch()
    (tmp_path / "has-cli").touch()
    command = tmp_path / "firstlight"
    command.write_text('#!/bin/sh\nfor word; do echo "<$word>"; done\n')
    command.chmod(0o755)
    return ["make", "--silent", "--no-print-directory", "up", f"VENV={tmp_path}", f"BIN={tmp_path}"]


@pytest.mark.parametrize(
    ("chip", "target"),
    [
        ("my chips/a b.toml", "sim:?pll[2].lock_s=inf&x=1"),
        ("*", "sim:; echo no"),
        ("it's", '"; `echo no`'),
    ],
)
def test_words_stay_whole(made: list[str], chip: str, target: str) -> None:
    """Spaces, patterns and quotes in CHIP and ON reach the command as they are."""
    done = subprocess.run([*made, f"CHIP={chip}", f"ON={target}"], cwd=ROOT, capture_output=True, text=True, check=True)

    assert done.stdout.splitlines() == [
        f"Bringing up {chip} on {target}", "<up>", f"<{chip}>", "<--on>", f"<{target}>"
    ]  # fmt: skip


def test_without_words(made: list[str]) -> None:
    """Without words `make up` brings up mini where the command would."""
    done = subprocess.run(made, cwd=ROOT, capture_output=True, text=True, check=True)

    assert done.stdout.splitlines() == ["Bringing up mini", "<up>", "<mini>"]


def test_what_is_installed_says_which_engine_it_has(made: list[str], tmp_path: Path) -> None:
    """An install that succeeds without the engine in C does not pass in silence, whatever engine the shell asks for."""
    (tmp_path / "has-cli").unlink()
    python = tmp_path / "python"
    python.write_text(f'#!/bin/sh\n[ "$1" = -m ] || exec "{sys.executable}" "$@"\n')
    python.chmod(0o755)
    env = {**os.environ, "FIRSTLIGHT_ENGINE": "rust"}
    done = subprocess.run(made, cwd=ROOT, env=env, capture_output=True, text=True, check=True)

    engine, reason = choose({})
    assert done.stdout.splitlines()[1:3] == [f"Engine: {engine}: {reason}", "Bringing up mini"]
