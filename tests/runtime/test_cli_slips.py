"""Slips of who writes a block type, and chips that cannot be used: told in a line or two, never as a traceback."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import blocks.chip
from blocks.chip import BlockError, Chip, load_chip
from blocks.chip.slips import slips
from blocks.pll.driver import Pll
from blocks.pll.model import PllModel
from registers.image import ImageError
from runtime.cli.exits import OK, USAGE
from runtime.cli.main import main

FOLDER = Path(__file__).resolve().parents[2] / "blocks" / "pll"
UP = "def slip(self):\n    return self.regs.STATUS.check(setled=1)\n"
RESET = "def slip(self):\n    self.registers.field('LIMITS.trip')\n"


def written(source: str, file: str) -> Any:
    """Return the function `slip` as if it stood in a file of blocks/pll/."""
    made: dict[str, Any] = {}
    exec(compile(source, str(FOLDER / file), "exec"), made)
    return made["slip"]


@pytest.mark.parametrize(
    ("kind", "method", "source", "file", "parts"),
    [
        (Pll, "up", UP, "driver.py", ("TypeError: ", "'setled'")),
        (Pll, "up", "def slip(self):\n    return self.regs.NOPE\n", "driver.py", ("AttributeError: ", "'NOPE'")),
        (PllModel, "reset", RESET, "model.py", ("'LIMITS'",)),
    ],
)
def test_a_slip_is_told_by_type_file_and_line(
    kind: type[Any],
    method: str,
    source: str,
    file: str,
    parts: tuple[str, ...],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """What a driver or model raises names chip, block type, file, line and the message, with status 2."""
    monkeypatch.setattr(kind, method, written(source, file))
    monkeypatch.delenv("FIRSTLIGHT_DEBUG", raising=False)

    assert main(["up", "mini"]) == USAGE
    first, second = capsys.readouterr().err.splitlines()

    assert first.startswith(f"firstlight: chip mini, block type pll, blocks/pll/{file}:2: ")
    assert all(part in first for part in parts), first
    assert "FIRSTLIGHT_DEBUG=1" in second
    monkeypatch.setenv("FIRSTLIGHT_DEBUG", "1")
    with pytest.raises(BlockError):
        main(["up", "mini"])


def test_a_mistake_of_syntax_is_told_by_its_line() -> None:
    """A driver that does not parse is told by file and line; code of another place keeps its error."""
    with pytest.raises(BlockError) as told, slips("blocks.pll.driver"):
        compile("x = 1\ny = = 2\n", str(FOLDER / "driver.py"), "exec")

    assert (told.value.type, told.value.place) == ("pll", "blocks/pll/driver.py:2")
    assert told.value.problem == "SyntaxError: invalid syntax"
    with pytest.raises(ZeroDivisionError), slips("elsewhere.driver"):
        raise ZeroDivisionError


@pytest.mark.parametrize("name", ["", ".", "/", "..", "?die=2"])
@pytest.mark.parametrize("verb", ["up {}", "status {}", "sim {} --listen unix:/s"])
def test_a_name_that_is_none(verb: str, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A chip named by nothing, or by a folder, is refused in a line."""
    assert main([name if word == "{}" else word for word in verb.split()]) == USAGE
    out, err = capsys.readouterr()

    assert out == ""
    assert err.count("\n") == 1
    assert ("a directory" if name in (".", "/", "..") else "no chip ''") in err


def test_a_chip_that_cannot_be_used_hides_no_other(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`chips` lists the others, and that one with what is wrong; the status is 0."""

    def load(name: str) -> Chip:
        if name == "mini":
            raise ImageError("chips/mini.image", "cannot be read")
        return load_chip(name)

    monkeypatch.setattr(blocks.chip, "load_chip", load)

    assert main(["chips", "--json"]) == OK
    found = {row["chip"]: row for row in json.loads(capsys.readouterr().out)}
    assert "chips/mini.image: cannot be read" in found["mini"]["error"]
    assert found["atlas"]["blocks"] >= 300
    assert main(["chips"]) == OK
    assert "cannot be used: chips/mini.image" in capsys.readouterr().out


def test_an_image_of_another_text_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A chip whose .rdl was changed since its image was made is refused, with what to run."""
    chips = FOLDER.parents[1] / "chips"
    for end in ("toml", "rdl", "image"):
        (tmp_path / f"mini.{end}").write_bytes((chips / f"mini.{end}").read_bytes())
    source = tmp_path / "mini.rdl"
    source.write_text(source.read_text().replace('"../blocks', f'"{chips.parent}/blocks'))
    chip = str(tmp_path / "mini.toml")

    assert main(["status", chip]) == USAGE
    err = capsys.readouterr().err
    assert "mini.image: was made of another mini.rdl" in err
    assert f"firstlight registers compile {source}" in err
    assert main(["registers", "compile", str(source)]) == OK
    capsys.readouterr()
    assert main(["up", chip]) == OK
