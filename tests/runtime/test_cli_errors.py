"""What the command refuses, and by which name; a bug of ours is no refusal and keeps its traceback."""

from __future__ import annotations

import json
from pathlib import Path
from typing import NoReturn

import pytest

import runtime.cli.up as verb
from runtime.cli.exits import OK, USAGE
from runtime.cli.main import main

BLOCKS = Path(__file__).parents[2] / "blocks"
PLL = BLOCKS / "pll" / "pll.rdl"


def refused(capsys: pytest.CaptureFixture[str], words: str) -> str:
    """Run a command that is refused as bad input; return its one line."""
    given = [str(BLOCKS / word[1:]) if word.startswith("@") else word for word in words.split()]
    assert main(given) == USAGE
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("firstlight: ")
    assert err.count("\n") == 1, err
    return err


@pytest.mark.parametrize("bug", [ValueError("planted"), IndexError("planted"), OSError(2, "planted", "a.file")])
def test_a_bug_keeps_its_traceback(bug: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    """An error of a common type inside a bring-up is a bug of ours, not bad input."""

    async def bring_up(*_words: object, **_more: object) -> NoReturn:
        raise bug

    monkeypatch.setattr(verb, "bring_up", bring_up)

    with pytest.raises(type(bug), match="planted"):
        main(["up", "mini"])


@pytest.mark.parametrize(
    "words", ["frob --json", "--json", "up --json", "up mini --seed x --json", "registers --json", "read x --json y z"]
)
def test_words_that_do_not_parse_json(words: str, capsys: pytest.CaptureFixture[str]) -> None:
    """With --json even a command line that does not parse is answered in JSON, and for people on standard error."""
    assert main(words.split()) == USAGE
    out, err = capsys.readouterr()
    data = json.loads(out)

    assert data["exit"] == USAGE
    assert "--help" in data["error"]
    assert err == f"firstlight: {data['error']}\n"


@pytest.mark.parametrize(
    ("words", "parts"),
    [
        ("registers compile @pll/pll.rdl -I /nope -o /nope/x.image", "-I /nope"),
        ("registers lint @pll/pll.rdl -I /nope", "-I /nope"),
        ("registers show @pll/pll.image --top pll", "--top pll.image"),
        ("registers show @pll/pll.image -I /", "-I pll.image"),
        ("registers show @pll/pll.rdl STATU", "'STATU' STATUS mean"),
        ("registers show @pll/pll.rdl status", "'status' STATUS mean"),
        ("registers show @plic/plic.image PRIORITY", "PRIORITY[ array"),
        ("registers show @plic/plic.image PRIORITY[9999]", "PRIORITY[9999] PRIORITY[0]"),
        ("registers show @plic/plic.image PRIORITY[x]", "'PRIORITY[x]' LANE[3]"),
        ("registers show @plic/plic.image PRIORITY[1", "'PRIORITY[1' LANE[3]"),
        ("registers show @pll/pll.image ID[0]", "ID array"),
        ("registers show @pll/pll.image ID.ID.ID", "ID register"),
        ("registers show @pll/pll.image ID many", "'many' number"),
        ("read mini refpll.STATU", "refpll 'STATU' STATUS mean"),
        ("read mini refpll.STATUS.LOCKED", "'LOCKED' lock mean"),
        ("read mini pll.DIV", "'pll' pll[0] pll[3]"),
        ("read mini pll[9].DIV", "'pll[9]' pll[0] pll[3]"),
        ("read sifive_u plic.PRIORITY", "plic.PRIORITY array plic.PRIORITY[0]"),
        ("read sifive_u plic.CONTEXT.CLAIM", "plic.CONTEXT array plic.CONTEXT[0]"),
        ("read sifive_u plic.CONTEXT[0]", "group"),
        ("write mini refpll.ID 0", "ID software write"),
        ("up mini --on memory:x", "memory:x"),
        ("up mini --on qtest:", "qtest:"),
    ],
)
def test_refused_by_name(words: str, parts: str, capsys: pytest.CaptureFixture[str]) -> None:
    """What cannot be is refused by its name, with what there is instead."""
    line = refused(capsys, words)

    assert all(part in line for part in parts.split()), line


def test_include_is_used(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A folder that is there is taken for `include."""
    (tmp_path / "top.rdl").write_text('`include "pll.rdl"\naddrmap top { pll pll @ 0; };\n')
    words = ["registers", "compile", str(tmp_path / "top.rdl"), "--json"]

    assert main([*words, "-I", str(PLL.parent)]) == OK
    assert json.loads(capsys.readouterr().out)["top"] == "top"
    assert main(words) == USAGE


def test_a_write_that_resets_the_board_is_asked_about(capsys: pytest.CaptureFixture[str]) -> None:
    """Driving the pin that is wired to the board's reset takes --yes; any other pin does not."""
    assert "--yes" in refused(capsys, "write sifive_u gpio.OUTPUT_EN.pins 0x400")
    assert main(["write", "sifive_u", "gpio.OUTPUT_EN.pins", "0x3ff"]) == OK
