"""What people see: no line is wider than the terminal, nothing is said twice, and things have their own names."""

from __future__ import annotations

import os
import pty
import re
import shutil
import subprocess
import sys
import termios
from collections import Counter
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.cli.main import main
from runtime.cli.output import laid_out, wrapped
from runtime.cli.parser import VERBS

BLOCKS = Path(__file__).parents[2] / "blocks"
NEVER_LOCKS = "sim:?pll[2].lock_s=inf"
WORD = st.text("abcdefgh:;=-", min_size=1, max_size=12)
CELL = st.lists(WORD, max_size=30).map(" ".join)


@given(st.lists(st.tuples(WORD, CELL, WORD, CELL), max_size=8), st.integers(min_value=40, max_value=160))
def test_a_table_fits(rows: list[tuple[str, ...]], width: int) -> None:
    """At any width of a terminal no line of a table is wider, and every word of every cell is there, unbroken."""
    lines = laid_out(("block", "types", "state", "why"), rows, width)

    assert all(len(line) <= width for line in lines)
    words = Counter(word for row in rows for cell in row for word in cell.split())
    assert not words - Counter(" ".join(lines).split())


def test_a_table_into_a_pipe_is_one_line_a_row() -> None:
    """Where there is no terminal a row is one line, for `grep`."""
    long = " ".join(["word"] * 50)
    assert laid_out(("a", "b"), [("x", long), ("", "y")], None) == ["a  b", f"x  {long}", "   y"]


def test_a_narrow_table_is_stacked() -> None:
    """Where columns would be too narrow to read, each row is a heading with its cells below."""
    rows = [("pll[2]", "down", "rung locked: STATUS wanted lock=0x1, last lock=0x0"), ("crg[2]", "up", "")]

    assert laid_out(("block", "state", "why"), rows, 30) == [
        "pll[2]",
        "  state  down",
        "  why    rung locked: STATUS",
        "         wanted lock=0x1, last",
        "         lock=0x0",
        "crg[2]",
        "  state  up",
    ]


@pytest.mark.parametrize("width", [40, 60, 80])
def test_a_sentence_fits(width: int) -> None:
    """A long sentence is broken between words and indented, and only on a terminal."""
    said = "failed   pll[2]: " + "word " * 60 + "end"

    assert all(len(line) <= width for line in wrapped(said, width, indent=9).splitlines())
    assert wrapped(said, width, indent=9).splitlines()[1].startswith(" " * 9 + "w")
    assert wrapped(said, None, indent=9) == said


def test_a_number_keeps_its_unit() -> None:
    """A time is not broken between number and unit."""
    assert wrapped("wall 46.1 ms, cpu 44 ms", 10, indent=0).splitlines() == ["wall", "46.1 ms,", "cpu 44 ms"]


def test_a_failure_is_explained_once(capsys: pytest.CaptureFixture[str]) -> None:
    """Into a pipe too the reason of a failure is given once, where all failures are listed."""
    main(["up", "mini", "--on", NEVER_LOCKS])
    out = capsys.readouterr().out

    assert out.count("did not hold within") == 1
    assert "failed   pll[2] at rung locked\n" in out
    assert "did not hold within 210 us" in out
    assert re.search(r"; 210 us after the last act, at \d+ us; its last accesses, in us from the begin:\n", out)


def test_only_names_the_whole(capsys: pytest.CaptureFixture[str]) -> None:
    """With --only the sum says of how many blocks these were picked."""
    main(["up", "mini", "--only", "crg[1]"])
    assert "4 of mini's 13 blocks up on sim: in " in capsys.readouterr().out
    main(["up", "mini", "--only", "crg[2]", "--on", NEVER_LOCKS])
    assert "2 of the 4 asked for of mini's 13 blocks up on" in capsys.readouterr().out


def test_registers_go_by_their_own_names(capsys: pytest.CaptureFixture[str]) -> None:
    """A value's heading is the path that was asked for, not a type of the description."""
    main(["read", "mini", "refpll.STATUS"])
    assert capsys.readouterr().out.splitlines()[0] == "refpll.STATUS = 0x00000002"
    main(["registers", "show", str(BLOCKS / "pll" / "pll.image"), "STATUS", "1"])
    assert capsys.readouterr().out.splitlines()[:2] == ["STATUS at 0x14, 32 bits", "STATUS = 0x00000001"]


def test_one_group_is_no_groups(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Counts are in the singular where they are one."""
    main(["registers", "compile", str(BLOCKS / "pll" / "pll.rdl"), "-o", str(tmp_path / "pll.image")])
    assert "22 registers in 1 group (22 register types)" in capsys.readouterr().out


def terminal(columns: int, *words: str) -> list[str]:
    """Run the command on a terminal of so many columns; return the lines, without colours and movements."""
    master, slave = pty.openpty()
    termios.tcsetwinsize(slave, (50, columns))
    env = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "NO_COLOR", "CI")}
    command = [sys.executable, "-m", "runtime.cli.main", *words]
    with subprocess.Popen(command, stdout=slave, stderr=slave, stdin=slave, env=env | {"TERM": "xterm"}):
        os.close(slave)
        written = b""
        with suppress(OSError):  # how Linux says that nobody has the terminal open any more
            while more := os.read(master, 65536):
                written += more
    os.close(master)
    moved = re.sub(r"\x1b\[[0-9]*A|\r", "\n", written.decode())  # up, or back: another line is written
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", moved).splitlines()


@pytest.mark.parametrize("columns", [40, 60, 80, 140])
def test_a_terminal_is_wide_enough(columns: int) -> None:
    """On a terminal nothing is wider, headings are whole, and the progress counts only the blocks asked for."""
    lines = terminal(columns, "up", "sifive_u", "--only", "gpio")
    lines += terminal(columns, "up", "mini", "--on", NEVER_LOCKS) + terminal(columns, "status", "mini")
    lines += terminal(columns, "read", "mini", "nope.NOPE") + terminal(columns, "chips")

    assert not [line for line in lines if len(line) > columns]
    headings = [line.split() for line in lines if line.startswith("type ")]
    assert headings
    assert all(heading[:3] == ["type", "blocks", "up"] and "failed" in heading for heading in headings)
    assert not any(line.startswith("sifive_uart") for line in lines)


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("up ", ["mini", "sifive_u"]),
        ("up mi", ["mini"]),
        ("status s", ["sifive_u"]),
        ("up mini --on q", ["qemu:", "qtest:"]),
    ],
)
def test_a_shell_completes_names(words: str, found: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """bash completes the chips that there are, and the schemes of targets."""
    if shutil.which("bash") is None:
        pytest.skip("no bash here")
    assert main(["completion", "bash"]) == 0
    script = capsys.readouterr().out
    typed = ["firstlight", *words.split(" ")]
    ask = f"COMP_WORDS=({' '.join(repr(word) for word in typed)}); COMP_CWORD={len(typed) - 1}; "
    ask += "_shtab_firstlight firstlight; printf '%s\\n' \"${COMPREPLY[@]}\""
    done = subprocess.run(["bash", "-c", f"{script}\n{ask}"], capture_output=True, text=True, check=True, cwd="/")

    assert set(found) <= set(done.stdout.split())
    assert "mini" in found or "mini" not in done.stdout.split()


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_other_shells_know_the_names(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The scripts for other shells have the chips and the schemes too."""
    assert main(["completion", shell]) == 0
    script = capsys.readouterr().out

    assert " ".join(["mini", "sifive_u"]) in script
    assert "qtest:" in script


def test_every_argument_has_its_help() -> None:
    """No argument of any verb stands in --help without a word."""
    assert not [(verb.words, a.names) for verb in VERBS for a in verb.arguments if not (a.options.get("help"))]


def test_findings_name_the_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A finding begins with the path of its file as an editor can open it, of an included one too."""
    (tmp_path / "inner").mkdir()
    inner, outer = tmp_path / "inner" / "once.rdl", tmp_path / "top.rdl"
    inner.write_text("reg once_r { field { sw = rw1; hw = r; } key[8] = 0; };\n")
    outer.write_text('`include "inner/once.rdl"\naddrmap top { once_r R @ 0; };\n')

    assert main(["registers", "lint", str(outer)]) == 1
    assert capsys.readouterr().out.splitlines()[0].startswith(f"{inner}:1: ")
