"""`make up` gives the command the words as they were typed."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

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
    command.write_text("#!/bin/sh\nfor word; do echo \"<$word>\"; done\n")
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
