"""The command's output when nobody takes it: what happens to the chip never hangs on who reads of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from runtime.cli.exits import NOT_WELL, OK

FULL = Path("/dev/full")
PLL = Path(__file__).parents[2] / "blocks" / "pll" / "pll.rdl"
NEVER_LOCKS = "sim:?pll[2].lock_s=inf"


def shell(line: str) -> tuple[int, str, str]:
    """Run a shell line in which fl is the command; return status, output and errors."""
    done = subprocess.run(
        ["bash", "-c", f'fl() {{ "$PYTHON" -m runtime.cli.main "$@"; }}; {line}'],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHON": sys.executable, "PYTHONUNBUFFERED": ""},
        cwd=Path(__file__).parents[2],
    )
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize(("target", "status"), [("sim:", OK), (NEVER_LOCKS, NOT_WELL)])
def test_the_reader_leaves_in_the_middle(target: str, status: int) -> None:
    """A bring-up whose reader leaves goes on to its end, says nothing, and returns what came of it."""
    done = shell(f"fl up mini --on '{target}' | head -n 1; exit ${{PIPESTATUS[0]}}")

    assert (done[0], done[2]) == (status, "")
    assert done[1].count("\n") == 1


@pytest.mark.parametrize("words", ["up mini --json", "up mini", 'registers show "$PLL"', "--help", "up nope --json"])
def test_no_space(words: str) -> None:
    """Output that cannot be written is one line on standard error (after that of bad input) and a failing status."""
    if not FULL.exists():
        pytest.skip("no /dev/full here")
    status, _, err = shell(f"PLL='{PLL}'; fl {words} >/dev/full")
    *before, line = err.splitlines()

    assert status in (1, 2)
    assert "standard output" in line
    assert "No space left" in line
    assert len(before) == ("nope" in words)


@pytest.mark.parametrize("words", ["up mini --json", "up mini", "chips", "--help"])
def test_closed_output(words: str) -> None:
    """A closed standard output is refused in one line before anything is done."""
    status, _, err = shell(f"fl {words} >&-")

    assert status == NOT_WELL
    assert err == "firstlight: standard output is closed; nothing was done\n"


def test_closed_errors() -> None:
    """With standard error closed the refusal's line goes nowhere, least of all into the JSON."""
    status, out, err = shell("fl up nope --json 2>&-")

    assert (status, err) == (2, "")
    assert json.loads(out)["exit"] == status
