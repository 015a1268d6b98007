"""The PeakRDL exporter writes what `firstlight registers generate` writes; PeakRDL itself is played by a stand-in."""

from __future__ import annotations

import importlib
import sys
from argparse import Namespace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from attrs import evolve
from systemrdl.compiler import RDLCompiler
from systemrdl.messages import RDLCompileError

from registers.compile import compile_rdl
from registers.generate import generate
from registers.image import load, pack

RDL = Path(__file__).parent / "rdl"


class Subcommand:
    """The base class that PeakRDL asks for."""

    short_desc = "overridden"


@pytest.fixture
def exporter(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return an exporter, as PeakRDL would make it."""
    stand_in = ModuleType("peakrdl.plugins.exporter")
    vars(stand_in)["ExporterSubcommandPlugin"] = Subcommand
    for name in ("peakrdl", "peakrdl.plugins"):
        monkeypatch.setitem(sys.modules, name, ModuleType(name))
    monkeypatch.setitem(sys.modules, "peakrdl.plugins.exporter", stand_in)
    monkeypatch.delitem(sys.modules, "registers.peakrdl", raising=False)
    return importlib.import_module("registers.peakrdl").Exporter()


def elaborate(path: Path) -> Any:
    """Return the top node of a file."""
    compiler: Any = RDLCompiler()
    compiler.compile_file(str(path))
    return compiler.elaborate().top


def test_the_exporter_writes_what_the_command_writes(exporter: Any, tmp_path: Path) -> None:
    """Exported by PeakRDL, module and image are those of our own command."""
    assert issubclass(type(exporter), Subcommand)
    assert "regs.py" in exporter.short_desc
    exporter.do_export(elaborate(RDL / "everything.rdl"), Namespace(output=str(tmp_path / "out")))
    expected = compile_rdl(RDL / "everything.rdl")
    found = load(tmp_path / "out" / "everything.image")
    assert pack(evolve(found, source_hash="")) == pack(evolve(expected, source_hash=""))
    module = (tmp_path / "out" / "regs.py").read_text()
    assert module == generate(expected, image_file="everything.image")


@pytest.mark.parametrize("bad", ["bigendian;", "reg { field {} f; constraint c { f < 4; }; } C;"])
def test_what_cannot_be_expressed_is_refused_and_nothing_written(exporter: Any, tmp_path: Path, bad: str) -> None:
    """An unsupported property or a constraint stops the export before any file is made."""
    source = tmp_path / "map.rdl"
    source.write_text(f"addrmap a {{ {bad} reg {{ field {{}} f; }} R; }};")
    with pytest.raises(RDLCompileError, match="previous errors"):
        exporter.do_export(elaborate(source), Namespace(output=str(tmp_path / "out")))
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("source", ["regs.py", "a.image"])
def test_an_export_replaces_no_source(exporter: Any, tmp_path: Path, source: str) -> None:
    """An export into the folder of a source that is called like an output is refused, and the source stays."""
    text = "addrmap a { reg { field {} f; } R; };"
    (tmp_path / source).write_text(text)
    with pytest.raises(RDLCompileError, match=f"{source} would replace .*{source}, a source"):
        exporter.do_export(elaborate(tmp_path / source), Namespace(output=str(tmp_path)))
    assert (tmp_path / source).read_text() == text
    assert list(tmp_path.iterdir()) == [tmp_path / source]


def test_an_output_that_cannot_be_written_leaves_nothing(exporter: Any, tmp_path: Path) -> None:
    """Where one of the two files cannot be written, neither is."""
    (tmp_path / "regs.py").mkdir()
    with pytest.raises(RDLCompileError, match=r"regs\.py: is a directory"):
        exporter.do_export(elaborate(RDL / "everything.rdl"), Namespace(output=str(tmp_path)))
    assert list(tmp_path.iterdir()) == [tmp_path / "regs.py"]
