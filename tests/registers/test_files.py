"""Files that are written whole: what is refused, what is followed, and whose name an error has."""

from __future__ import annotations

import errno
import os
import stat
import tempfile
from pathlib import Path
from typing import NoReturn

import pytest

from registers.compile import compile_full, compile_to_file
from registers.files import OutputRefused, check_outputs, write_atomically
from registers.generate import generate_to_files

RDL = "addrmap a { reg { field {} f = 0; } R; };"


def test_a_file_is_written_only_where_it_changes(tmp_path: Path) -> None:
    """New data replaces the old and keeps the mode; equal data leaves the file alone; nothing is left beside it."""
    path = tmp_path / "map.image"
    assert write_atomically(path, b"one")
    path.chmod(0o640)
    before = path.stat().st_ino
    assert not write_atomically(path, b"one")
    assert path.stat().st_ino == before
    assert write_atomically(path, b"two")
    assert path.read_bytes() == b"two"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert [entry.name for entry in tmp_path.iterdir()] == ["map.image"]


@pytest.mark.parametrize("there", [True, False])
def test_a_link_is_followed(tmp_path: Path, there: bool) -> None:
    """What a symbolic link points to is written, there already or not; the link stays a link."""
    (tmp_path / "real").mkdir()
    real, link, second = tmp_path / "real" / "map.image", tmp_path / "link.image", tmp_path / "second.image"
    if there:
        real.write_bytes(b"old")
    link.symlink_to("real/map.image")
    second.symlink_to(link)
    assert write_atomically(second, b"new")
    assert second.is_symlink()
    assert link.is_symlink()
    assert real.read_bytes() == b"new"
    assert not write_atomically(link, b"new")


def test_what_is_no_regular_file_is_refused(tmp_path: Path) -> None:
    """A FIFO, also behind a link, and a folder stay what they are; the error has the name that was given."""
    fifo, link, folder = tmp_path / "fifo", tmp_path / "link", tmp_path / "folder"
    os.mkfifo(fifo)
    link.symlink_to(fifo)
    folder.mkdir()
    for path, kind, words in ((fifo, OSError, "no regular file"), (link, OSError, "no regular file"),
                              (folder, IsADirectoryError, "is a directory")):
        with pytest.raises(kind) as caught:
            write_atomically(path, b"data")
        assert (caught.value.filename, words in str(caught.value)) == (str(path), True)
    assert stat.S_ISFIFO(fifo.stat().st_mode)
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["fifo", "folder", "link"]


def test_a_read_only_file_is_refused(tmp_path: Path) -> None:
    """A file that nobody may write is not replaced, though its folder would let us; equal data needs no write."""
    path = tmp_path / "map.image"
    path.write_bytes(b"kept")
    path.chmod(0o444)
    with pytest.raises(PermissionError, match="read-only") as caught:
        write_atomically(path, b"data")
    assert caught.value.filename == str(path)
    assert path.read_bytes() == b"kept"
    assert not write_atomically(path, b"kept")


@pytest.mark.parametrize(
    ("name", "kind"),
    [("missing/map.image", FileNotFoundError), ("file/map.image", NotADirectoryError), ("loop", OSError)],
)
def test_a_place_that_cannot_be_has_the_name_that_was_given(tmp_path: Path, name: str, kind: type[OSError]) -> None:
    """A folder that is missing or is a file, and a link to itself, are errors that name the path as given."""
    (tmp_path / "file").write_bytes(b"")
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(kind) as caught:
        write_atomically(tmp_path / name, b"data")
    assert caught.value.filename == str(tmp_path / name)
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["file", "loop"]


@pytest.mark.parametrize("call", ["mkstemp", "replace"])
def test_no_error_names_the_temporary_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str) -> None:
    """A folder that may not be written, or a disk that is full, is told of the user's path; the old file is whole."""
    path = tmp_path / "map.image"
    path.write_bytes(b"old")

    def refuse(*_given: object, **_named: object) -> NoReturn:
        raise PermissionError(errno.EACCES, "Permission denied", str(tmp_path / ".map.image.x1"))

    monkeypatch.setattr(tempfile if call == "mkstemp" else os, call, refuse)
    with pytest.raises(PermissionError) as caught:
        write_atomically(path, b"data")
    assert (caught.value.filename, caught.value.strerror) == (str(path), "Permission denied")
    assert path.read_bytes() == b"old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["map.image"]


def test_an_output_is_no_source_and_no_other_output(tmp_path: Path) -> None:
    """Outputs that are a source, by any name of it, or one file, are refused; files apart are let pass."""
    source, link, hard = tmp_path / "map.rdl", tmp_path / "link", tmp_path / "hard"
    source.write_text(RDL)
    link.symlink_to(source)
    os.link(source, hard)
    for output in (source, link, hard, tmp_path / "." / ".." / tmp_path.name / "map.rdl"):
        with pytest.raises(OutputRefused, match=r"would replace .*map\.rdl, a source"):
            check_outputs([tmp_path / "ok", output], [source])
    with pytest.raises(OutputRefused, match="two outputs would be one file"):
        check_outputs([tmp_path / "x", tmp_path / "." / "x"], [source])
    check_outputs([tmp_path / "x", tmp_path / "y"], [source])


def test_compiling_leaves_its_sources_alone(tmp_path: Path) -> None:
    """The image may replace neither the .rdl nor a file that it includes; nothing is written."""
    source, part = tmp_path / "map.rdl", tmp_path / "part.rdl"
    part.write_text("reg part { field {} f = 0; };")
    source.write_text('`include "part.rdl"\naddrmap a { part P; };')
    for output in (source, part):
        before = output.read_bytes()
        with pytest.raises(OutputRefused, match="would replace"):
            compile_to_file(source, output)
        assert output.read_bytes() == before
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["map.rdl", "part.rdl"]


def test_generating_writes_both_files_or_none(tmp_path: Path) -> None:
    """The module and its image are checked before either is written: against sources, each other, and the disk."""
    source = tmp_path / "map.rdl"
    source.write_text(RDL)
    made = compile_full(source)
    os.mkfifo(tmp_path / "fifo")
    for name in ("map.rdl", "map.image"):
        with pytest.raises(OutputRefused):
            generate_to_files(made.image, tmp_path / name, sources=made.files)
    with pytest.raises(OSError, match="no regular file"):
        generate_to_files(made.image, tmp_path / "fifo", sources=made.files)
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["fifo", "map.rdl"]
    assert source.read_text() == RDL
    assert generate_to_files(made.image, tmp_path / "regs.py", sources=made.files) == tmp_path / "map.image"
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["fifo", "map.image", "map.rdl", "regs.py"]
    assert 'IMAGE = "map.image"' in (tmp_path / "regs.py").read_text()
