"""Register descriptions that others wrote and shipped: each compiles, loads, and is what the RDL compiler says."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from attrs import frozen
from systemrdl.compiler import RDLCompiler
from systemrdl.node import FieldNode, Node, RegNode

from registers.compile import Compiled, RdlError, compile_full
from registers.generate import generate
from registers.handles import AnyMap, AnyRegister, registers_below
from registers.image import unpack
from registers.lint import lint
from registers.show import text

SHARED = Path(__file__).resolve().parents[3] / "shared" / "rdl"

pytestmark = pytest.mark.skipif(not SHARED.is_dir(), reason="no ../shared/rdl beside this checkout")


@frozen
class Top:
    """How a map is compiled, as INDEX.md in that folder says: files in order, and the map's name."""

    files: tuple[str, ...]
    name: str


TOPS = [
    Top(("caliptra-rtl/mbox_csr.rdl",), "mbox_csr"),
    Top(("caliptra-rtl/sha512_acc_csr.rdl",), "sha512_acc_csr"),
    Top(("caliptra-rtl/interrupt_regs.rdl",), "interrupt_regs"),
    Top(("caliptra-rtl/doe_reg.rdl",), "doe_reg"),
    Top(("caliptra-rtl/aes.rdl",), "aes"),
    Top(("caliptra-rtl/dv_reg.rdl",), "dv_reg"),
    Top(("caliptra-rtl/kv_def.rdl", "caliptra-rtl/hmac_reg.rdl"), "hmac_reg"),
    Top(("i3c-core/rdl/registers.rdl",), "I3CCSR"),
    Top(("opentitan/aes.rdl",), "aes"),
]
every_top = pytest.mark.parametrize("top", TOPS, ids=[f"{top.files[-1]}" for top in TOPS])


@cache
def compiled(top: Top) -> Compiled:
    """Compile one top, once."""
    return compile_full([SHARED / name for name in top.files], include=[SHARED / "caliptra-rtl"])


def test_every_file_belongs_to_some_top() -> None:
    """No description in the folder is left untried: each is a top, or read on the way to one."""
    read = {Path(name).resolve() for top in TOPS for name in compiled(top).files}
    assert {path.resolve() for path in SHARED.rglob("*.rdl")} <= read


@every_top
def test_it_compiles_and_loads(top: Top) -> None:
    """The map compiles without a warning, under its own name, and its image is read back."""
    made = compiled(top)
    assert made.warnings == ()
    assert unpack(made.data).root.name == top.name


def unrolled(node: Node) -> Iterator[RegNode]:
    """Yield every register below a node, arrays element by element."""
    for child in node.children(unroll=True):
        if isinstance(child, RegNode):
            yield child
        elif not isinstance(child, FieldNode):
            yield from unrolled(child)


@every_top
def test_every_register_is_what_the_compiler_says(top: Top) -> None:
    """Each register, array elements too, has the address, fields, accesses, effects and resets that systemrdl sees."""
    rdl: Any = RDLCompiler()
    for name in top.files:
        rdl.compile_file(str(SHARED / name), incl_search_paths=[str(SHARED / "caliptra-rtl")])
    nodes = list(unrolled(rdl.elaborate().top))
    assert nodes
    regs = AnyMap(compiled(top).image.root)
    for node in nodes:
        found = regs.at(node.get_path(array_suffix="[{index:d}]").partition(".")[2])
        assert isinstance(found, AnyRegister)
        assert (found.address, found.register.width) == (node.absolute_address, node.size)
        fields: list[Any] = list(node.fields())
        for f, ours in zip(fields, found.register.fields, strict=True):
            triple = [f.get_property(name) for name in ("sw", "onread", "onwrite")]
            names = [value and value.name for value in triple]
            assert [str(ours.sw), ours.onread and str(ours.onread), ours.onwrite and str(ours.onwrite)] == names
            assert (ours.name, ours.lsb, ours.width) == (f.inst_name, f.low, f.width)
            assert ours.reset == f.get_property("reset")
            assert (ours.swwe is not None, ours.swwel is not None) == tuple(
                bool(f.get_property(name)) for name in ("swwe", "swwel")
            )
            assert (ours.resetsignal is not None) == ("resetsignal" in f.list_properties())
            assert (ours.counter is not None, ours.singlepulse) == (
                f.get_property("counter"),
                f.get_property("singlepulse"),
            )


@every_top
def test_it_can_be_generated_shown_and_linted(top: Top) -> None:
    """Python for it parses, every register can be shown, and no lint rule stumbles."""
    image = compiled(top).image
    ast.parse(generate(image, image_file="x.image"))
    for finding in lint(image):
        assert finding.source.split(":")[0] in {Path(name).name for name in compiled(top).files}
    for register in registers_below(AnyMap(image.root)):
        assert text(register.register, 0).startswith(f"{register.register.name} = 0x0")


def test_wide_accesses_of_the_optional_part_are_refused_by_name() -> None:
    """The I3C map with its controller has registers of one 128-bit access, which no bus of ours makes."""
    with pytest.raises(RdlError) as caught:
        compile_full(SHARED / "i3c-core/rdl/registers.rdl", defines={"CONTROLLER_SUPPORT": "1"})
    assert [line.partition(": ")[2].partition(": ")[0] for line in caught.value.messages] == ["DCT", "DCT_MEMORY"]
