"""The compiler as a process: what goes in, what comes out, and what is left when it fails."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import registers.compile
from registers.compile import RdlError, compile_full, compile_rdl, compile_to_file
from registers.handles import AnyMap, AnyRegister
from registers.image import load
from registers.schema import (
    FieldType,
    GroupType,
    Image,
    NodeType,
    RegisterType,
)

RDL = Path(__file__).parent / "rdl"
CompileText = Callable[..., Image]


def register(image: Image, path: str) -> RegisterType:
    """Return the type of the register at a path."""
    found = AnyMap(image.root).at(path)
    assert isinstance(found, AnyRegister)
    return found.register


def field(image: Image, path: str) -> FieldType:
    """Return the type of the field at a path."""
    at, _, name = path.rpartition(".")
    return register(image, at).by_name[name]


def test_the_process_gives_what_the_library_gives(everything: Image) -> None:
    """The door of the compiler gives the same map, with the files that it read."""
    made = compile_full(RDL / "everything.rdl")
    assert [Path(name).name for name in made.files] == ["everything.rdl", "shapes.rdl"]
    assert (made.image.source, made.warnings) == ("everything.rdl", ())
    assert names(made.image.root) == names(everything.root)


def names(kind: NodeType) -> list[Any]:
    """Return all the names in a map, as a tree."""
    if isinstance(kind, RegisterType):
        return [f.name for f in kind.fields]
    return [(child.name, child.offset, names(child.type)) for child in kind.children]


def test_parameters_defines_and_top_reach_the_compiler(tmp_path: Path) -> None:
    """Top map, parameters (numbers or RDL text), macros and include folders are as given."""
    folder = tmp_path / "more"
    folder.mkdir()
    (folder / "part.rdl").write_text("reg part { field {} f[`BITS] = 0; };")
    source = tmp_path / "map.rdl"
    maps = "addrmap a #(longint unsigned N = 1) { part P[N]; };\naddrmap b { part Q; };"
    source.write_text('`include "part.rdl"\n' + maps)
    made = compile_rdl(source, top="a", include=[folder], parameters={"N": "2 + 1"}, defines={"BITS": "5"})
    assert (made.root.name, made.root.by_name["P"].dimensions) == ("a", (3,))
    assert field(made, "P[0].f").width == 5


def test_the_source_hash_follows_every_source(tmp_path: Path) -> None:
    """A changed included file, parameter or macro gives another hash; the same sources the same."""
    (tmp_path / "part.rdl").write_text("reg part { field {} f = 0; };")
    source = tmp_path / "map.rdl"
    source.write_text('`include "part.rdl"\naddrmap a #(longint unsigned N = 1) { part P[N]; };')
    first = compile_rdl(source).source_hash
    assert compile_rdl(source).source_hash == first
    assert compile_rdl(source, parameters={"N": 2}).source_hash != first
    (tmp_path / "part.rdl").write_text("reg part { field {} f = 0; }; // changed")
    assert compile_rdl(source).source_hash != first


def test_wrong_input_writes_nothing(tmp_path: Path) -> None:
    """A description that does not compile leaves an older image as it was."""
    source = tmp_path / "map.rdl"
    source.write_text("addrmap a { reg { field {} f = 0; } R; };")
    target, made = compile_to_file(source)
    assert target == tmp_path / "map.image"
    assert load(target).source_hash == made.image.source_hash
    before = target.read_bytes()
    source.write_text("addrmap a { reg { field {} f = 0 } R; };")
    with pytest.raises(RdlError):
        compile_to_file(source)
    assert target.read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["map.image", "map.rdl"]


def test_missing_and_binary_files_are_named(tmp_path: Path) -> None:
    """A file that is not there, or is no text, gives one line with its name."""
    with pytest.raises(RdlError, match=r"nowhere\.rdl: no such file"):
        compile_rdl(tmp_path / "nowhere.rdl")
    (tmp_path / "map.rdl").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(RdlError, match=r"map\.rdl: not UTF-8 text"):
        compile_rdl(tmp_path / "map.rdl")
    with pytest.raises(RdlError, match="0 RDL files were given"):
        compile_rdl([])


MAPS = """addrmap one { reg { field {} f = 0; } R; };
regfile part { reg { field {} f = 0; } R; };
addrmap two { one A; };"""


@pytest.mark.parametrize(
    ("text", "top", "said"),
    [
        (MAPS, "nope", "no addrmap 'nope'; there are one, two"),
        (MAPS, "on", "no addrmap 'on'; there are one, two"),
        (MAPS, "part", "'part' is a regfile, not an addrmap; there are one, two"),
        ("regfile part { reg { field {} f = 0; } R; };", None, "no addrmap is defined, so there is no map to compile"),
        ("regfile part { reg { field {} f = 0; } R; };", "one", "no addrmap 'one'; there are none"),
        ("", None, "no addrmap is defined, so there is no map to compile"),
        ("\n".join(f"addrmap m{k} {{ reg {{ field {{}} f = 0; }} R; }};" for k in range(14)), "x",
         f"no addrmap 'x'; there are {', '.join(f'm{k}' for k in range(12))}, ... (14 in all)"),
    ],
)
def test_a_missing_top_says_which_there_are(tmp_path: Path, text: str, top: str | None, said: str) -> None:
    """A map that is not there, or is no map, is one line with the file and the maps that are."""
    source = tmp_path / "map.rdl"
    source.write_text(text)
    with pytest.raises(RdlError) as caught:
        compile_rdl(source, top=top)
    assert caught.value.messages == (f"{source}: {said}",)


def test_an_error_without_a_place_has_its_file(tmp_path: Path) -> None:
    """What the compiler says of no line in particular begins with the file that it was given last."""
    source = tmp_path / "map.rdl"
    source.write_text(MAPS)
    for parameters in ({"N": 1}, {"N": "1 +"}):
        with pytest.raises(RdlError) as caught:
            compile_rdl(source, parameters=parameters)
        assert all(message.startswith(f"{source}: ") for message in caught.value.messages)


def test_without_the_compiler_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where systemrdl-compiler is not installed, the message says what to install."""

    def missing(_name: str) -> None:
        return None

    monkeypatch.setattr(registers.compile, "find_spec", missing)
    with pytest.raises(RdlError, match=r"pip install 'firstlight\[rdl\]', .* pip install -e '\.\[rdl\]'"):
        compile_rdl(RDL / "everything.rdl")


def test_a_group_is_as_large_as_what_it_holds(everything: Image) -> None:
    """A group reaches to the end of its furthest child."""
    lane = everything.root.by_name["LANE"].type
    assert isinstance(lane, GroupType)
    assert lane.size == 0x14


def test_a_compilation_without_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """The compiling process has a deadline, and missing it is one line."""
    monkeypatch.setattr(registers.compile, "COMPILE_S_MAX", 0.001)
    with pytest.raises(RdlError, match=r"everything\.rdl: no end after 0 s; gave up"):
        compile_rdl(RDL / "everything.rdl")


def test_a_compiler_that_dies_is_told_by_its_last_words(monkeypatch: pytest.MonkeyPatch) -> None:
    """When the process ends without an answer, the message holds what it said last."""
    monkeypatch.setattr(sys, "executable", "false")
    with pytest.raises(RdlError, match=r"everything\.rdl: the RDL compiler failed: exit status 1"):
        compile_rdl(RDL / "everything.rdl")
