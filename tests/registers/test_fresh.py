"""An image that its RDL has left behind is refused, without a compiler and without a word where none can be said."""

from __future__ import annotations

from pathlib import Path

import pytest

from registers.build import main
from registers.compile import compile_to_file
from registers.fresh import check_fresh
from registers.image import ImageError, load

PART = "reg part { field {} f = 0; };\n"
MAP = '`include "part.rdl"\naddrmap lamp { part P; };\n'


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Return a map in a folder chips/, which includes a part beside it; its image is made."""
    folder = tmp_path / "chips"
    folder.mkdir()
    (folder / "part.rdl").write_text(PART)
    (folder / "lamp.rdl").write_text(MAP)
    compile_to_file(folder / "lamp.rdl")
    return folder / "lamp.rdl"


def check(image: Path) -> None:
    check_fresh(load(image), image)


@pytest.mark.parametrize("name", ["lamp.rdl", "part.rdl"])
def test_a_changed_text_is_seen(source: Path, name: str) -> None:
    """A change of the file, or of one that it includes, is refused with what to do; made again the image is taken."""
    image, changed = source.with_suffix(".image"), source.with_name(name)
    check(image)
    changed.write_text(changed.read_text() + "// more\n")
    with pytest.raises(
        ImageError, match=r"lamp\.image: was made of another lamp\.rdl .*: firstlight registers compile"
    ):
        check(image)
    assert main(["--check", "--root", str(source.parents[1])]) == 1
    main(["--root", str(source.parents[1])])
    check(image)


def test_line_ends_do_not_count(source: Path) -> None:
    """A checkout that writes lines otherwise has the same text."""
    source.write_bytes(source.read_bytes().replace(b"\n", b"\r\n"))
    check(source.with_suffix(".image"))
    assert b"\r\n" in source.read_bytes()


def test_where_nothing_can_be_said(source: Path, tmp_path: Path) -> None:
    """No .rdl beside the image, or parts that were found with -I: the image is taken."""
    image = source.with_suffix(".image")
    alone = tmp_path / "lamp.image"
    alone.write_bytes(image.read_bytes())
    check(alone)
    (tmp_path / "elsewhere").mkdir()
    source.with_name("part.rdl").rename(tmp_path / "elsewhere" / "part.rdl")
    check(image)  # the part may be anywhere
    target, _ = compile_to_file(source, include=[tmp_path / "elsewhere"])
    source.write_text(MAP + "// more\n")
    check(target)
    assert load(target).source == "lamp.rdl"
