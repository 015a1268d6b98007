"""What people see: no line is wider than the terminal, nothing is said twice, and things have their own names."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.cli.main import main
from runtime.cli.output import laid_out, wrapped

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


def test_a_failure_is_explained_once(capsys: pytest.CaptureFixture[str]) -> None:
    """Into a pipe too the reason of a failure is given once, where all failures are listed."""
    main(["up", "mini", "--on", NEVER_LOCKS])
    out = capsys.readouterr().out

    assert out.count("did not hold within") == 1
    assert "failed   pll[2] at rung locked\n" in out
    assert "did not hold within 210 us" in out
    assert "; 210 us after the last act, at 320 us\n" in out


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
    assert "8 registers in 1 group (8 register types)" in capsys.readouterr().out


def test_findings_name_the_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A finding begins with the path of its file as an editor can open it, of an included one too."""
    (tmp_path / "inner").mkdir()
    inner, outer = tmp_path / "inner" / "once.rdl", tmp_path / "top.rdl"
    inner.write_text("reg once_r { field { sw = rw1; hw = r; } key[8] = 0; };\n")
    outer.write_text('`include "inner/once.rdl"\naddrmap top { once_r R @ 0; };\n')

    assert main(["registers", "lint", str(outer)]) == 1
    assert capsys.readouterr().out.splitlines()[0].startswith(f"{inner}:1: ")
