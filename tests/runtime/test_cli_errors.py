"""What the command refuses, and by which name; a bug of ours is no refusal and keeps its traceback."""

from __future__ import annotations

import json
from pathlib import Path
from typing import NoReturn

import pytest

import runtime.cli.inspect as inspect
import runtime.cli.up as verb
from runtime.cli.exits import NOT_WELL, OK, USAGE
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
        ("sim mini --listen foo", "--listen 'foo' unix:PATH tcp:HOST:PORT"),
        ("sim mini --listen tcp:localhost:99999", "99999 0..65535"),
        ("up mini --html /dev/stdout", "/dev/stdout regular file"),
        ("up mini --html /dev/full", "/dev/full regular file"),
        ("write mini refpll.CTRL.bypass yes", "'yes' 0 or 1"),
        ("sim mini --listen tcp:lab7", "--listen 'tcp:lab7' tcp:HOST:PORT"),
        ("up mini --html -", "--html '-' ./-"),
        ("up mini --record=", "--record '' file"),
        ("registers compile @pll/pll.rdl -o -", "-o '-' ./-"),
        ("registers compile @pll/pll.rdl --output=", "-o '' file"),
        ("registers show /dev/zero", "/dev/zero regular file"),
        ("registers compile @pll/pll.rdl --include=", "--include '' file"),
        ("up mini mini", "'mini' firstlight up --help"),
        ("up mini --dsturb --only pll", "'--dsturb' mean --disturb firstlight up --help"),
        ("registers lint @pll/pll.rdl --jsn", "'--jsn' mean --json firstlight registers lint --help"),
        ("show mini refpll.STATUS", "'refpll.STATUS' more block firstlight read mini refpll.STATUS"),
        ("up mini --only nope", "'nope' it has refpll"),
        ("sim mini --listen unix:/s --set x=1", "--set 'x=1' BLOCK.PARAMETER=VALUE"),
        ("sim mini --listen unix:/s --set refpll.lock_s=soon", "--set 'refpll.lock_s=soon' number"),
        ("sim mini --listen unix:/s --workload", "--workload mini traffic"),
        ("up mini --on sim:?workload=true", "'sim:?workload=true' mini traffic"),
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


def test_what_it_needs_is_not_up(capsys: pytest.CaptureFixture[str]) -> None:
    """A read that fails behind a block that is not up says so first: that is what is to be mended."""
    assert main(["read", "sifive_u", "flash0.JEDEC_ID", "--json"]) == NOT_WELL
    data = json.loads(capsys.readouterr().out)

    assert data["error"].startswith("bus fault: flash0 needs prci and spi0, which are not up: ")
    assert "command 0x9f did not complete" in data["error"]


def test_show_says_what_it_needs(capsys: pytest.CaptureFixture[str]) -> None:
    """`show` of a block that does not answer names what it needs and does not have; of one that answers, nothing."""
    assert main(["show", "mini", "crg[0]", "--json"]) == NOT_WELL
    assert "sys_crg" in json.loads(capsys.readouterr().out)["not_up"]
    assert main(["show", "mini", "crg[0]"]) == NOT_WELL
    out = capsys.readouterr().out
    assert "crg[0] needs " in out
    assert out.count("does not answer") == 1  # one reason for all is told once
    assert main(["show", "mini", "refpll", "--json"]) == OK
    assert json.loads(capsys.readouterr().out)["not_up"] == []


@pytest.mark.parametrize(
    ("path", "value", "reads", "status"),
    [
        ("refpll.DIV.fbdiv", "0x50", 0x0110_1064, NOT_WELL),
        ("refpll.DIV.fbdiv", "0x64", 0x0110_1064, OK),
        ("refpll.STATUS.lock_lost", "1", 0x002, OK),  # written 1 to clear, and cleared
    ],
)
def test_a_value_that_did_not_stick(
    path: str, value: str, reads: int, status: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A write after which something else reads back says what, and is not well; one that clears bits is well."""

    def on_block(*_words: object) -> int:
        return reads

    monkeypatch.setattr(inspect, "on_block", on_block)

    assert main(["write", "mini", path, value]) == status
    out, err = capsys.readouterr()
    remark = f"firstlight: {path} reads 0x64 after {value} was written: it did not keep it\n"
    assert err == (remark if status else "")
    assert main(["write", "mini", path, value, "--json"]) == status
    out, err = capsys.readouterr()
    assert json.loads(out)["not_kept"] == ({"fbdiv": 0x64} if status else {})
