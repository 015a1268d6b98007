"""Generated files in the tree: made by one command, and never out of date unnoticed."""

from __future__ import annotations

from pathlib import Path

import pytest

from registers.build import main, sources
from registers.image import load

ROOT = Path(__file__).resolve().parents[2]


def test_no_generated_file_of_the_repository_is_out_of_date(capsys: pytest.CaptureFixture[str]) -> None:
    """Every image and every regs.py is what its RDL gives now."""
    assert main(["--check", "--root", str(ROOT)]) == 0, capsys.readouterr().out


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Return a tree with one block and one chip that contains it."""
    (tmp_path / "blocks" / "led").mkdir(parents=True)
    (tmp_path / "chips").mkdir()
    (tmp_path / "blocks" / "led" / "led.rdl").write_text("addrmap led { reg { field {} on = 0; } CTRL; };\n")
    (tmp_path / "blocks" / "led" / "part.rdl").write_text("// included by others only\n")
    (tmp_path / "chips" / "lamp.rdl").write_text('`include "../blocks/led/led.rdl"\naddrmap lamp { led l[2]; };\n')
    return tmp_path


def test_one_command_makes_all_and_then_nothing(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Images and regs.py are made beside their RDL; made again they are untouched."""
    assert main(["--root", str(tree)]) == 0
    made = ["blocks/led/led.image", "blocks/led/regs.py", "chips/lamp.image"]
    assert capsys.readouterr().out.splitlines() == [f"wrote {path}" for path in made]
    assert load(tree / "chips" / "lamp.image").root.by_name["l"].dimensions == (2,)
    times = [(tree / path).stat().st_mtime_ns for path in made]
    assert main(["--root", str(tree)]) == 0
    assert main(["--check", "--root", str(tree)]) == 0
    assert capsys.readouterr().out == 2 * "all 3 files are as their .rdl says\n"
    assert [(tree / path).stat().st_mtime_ns for path in made] == times


def test_what_is_out_of_date_is_named_and_left_alone(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """After a change of the RDL, or of a generated file, --check names each file and writes none."""
    main(["--root", str(tree)])
    module = tree / "blocks" / "led" / "regs.py"
    module.write_text(module.read_text().replace("write", "scribble"))
    capsys.readouterr()
    assert main(["--check", "--root", str(tree)]) == 1
    assert capsys.readouterr().out == "blocks/led/regs.py is not what led.rdl gives; make generate\n"
    assert "scribble" in module.read_text()
    (tree / "blocks" / "led" / "led.rdl").write_text("addrmap led { reg { field {} off = 0; } CTRL; };\n")
    assert main(["--check", "--root", str(tree)]) == 1
    named = [line.split()[0] for line in capsys.readouterr().out.splitlines()]
    assert named == ["blocks/led/led.image", "blocks/led/regs.py", "chips/lamp.image"]


def test_a_description_that_does_not_compile_is_told_and_the_rest_is_made(
    tree: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One wrong file is one message and status 1; what was made from it before, and all else, stands."""
    main(["--root", str(tree)])
    before = (tree / "blocks" / "led" / "led.image").read_bytes()
    (tree / "blocks" / "led" / "led.rdl").write_text("addrmap led { reg { field {} on = 0 } CTRL; };\n")
    (tree / "chips" / "lamp.rdl").write_text("addrmap lamp { reg { field {} lit = 0; } STATE; };\n")
    capsys.readouterr()
    assert main(["--root", str(tree)]) == 1
    said = capsys.readouterr()
    assert said.out == "wrote chips/lamp.image\n"
    assert "led.rdl:1:37: missing ';' at '}'" in said.err
    assert (tree / "blocks" / "led" / "led.image").read_bytes() == before


def test_a_mistake_in_a_block_is_told_once(
    tree: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What a block and a chip that includes it both meet is one line; so is a compiler that is not installed."""
    (tree / "blocks" / "led" / "led.rdl").write_text("addrmap led { reg { field {} on = 0 } CTRL; };\n")
    assert main(["--root", str(tree)]) == 1
    assert capsys.readouterr().err.count("missing ';'") == 1

    def missing(_name: str) -> None: ...

    monkeypatch.setattr("registers.compile.find_spec", missing)
    assert main(["--root", str(tree)]) == 1
    assert capsys.readouterr().err.count("\n") == 1


def test_a_folder_that_is_not_there(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A folder that is not there is named, with status 2; where there is nothing to make, that is said."""
    assert main(["--root", str(tree), "nope"]) == 2
    assert capsys.readouterr().err.startswith("nope: no such folder; expected ")
    (tree / "empty").mkdir()
    assert main(["--root", str(tree), "empty"]) == 0
    assert capsys.readouterr().out == "nothing to do: no .rdl of a block or chip in empty\n"


def test_included_parts_are_no_sources(tree: Path) -> None:
    """A block's folder has one map, named as the folder; chips are one a file."""
    assert [path.name for path in sources(tree)] == ["led.rdl", "lamp.rdl"]
