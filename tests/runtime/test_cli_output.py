"""The command's output when nobody takes it: what happens to the chip never hangs on who reads of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from runtime.cli.exits import NOT_WELL, OK
from runtime.cli.incidents import Events
from runtime.incident import Event, What

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


def test_what_a_person_asked_for_is_told_each_time(capsys: pytest.CaptureFixture[str]) -> None:
    """What comes again and again is folded, with a true count of just that; what a person asked for never is."""
    told = Events()
    for number in range(3):
        told(Event(float(number), What.DECIDED, "pll[2]", "put to rest on purpose"))
        told(Event(float(number), What.DECIDED, "pll[2]", "1 put to rest"))
        told(Event(float(number), What.WOKEN, "pll[2]", ""))
    said = [" ".join(line.split()[2:]) for line in capsys.readouterr().out.splitlines()]
    assert said.count("woken pll[2]") == 3
    assert said.count("decided pll[2]: put to rest on purpose (2 times by now)") == 1
    assert len(said) == 3 + 2 * 2
