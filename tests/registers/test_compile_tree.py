"""SystemRDL to schema, as a tree: where everything is, what refers to what, and what is one type."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from systemrdl.compiler import RDLCompiler
from systemrdl.node import FieldNode, Node, RegNode

from registers.compile.tree import Tree
from registers.handles import AnyMap, AnyRegister
from registers.schema import (
    FieldType,
    Image,
    Ref,
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


# ---- against systemrdl's own view of the same tree -------------------------------------------------------------


def elaborated(path: Path, **options: Any) -> Any:
    """Return systemrdl's own top node."""
    compiler: Any = RDLCompiler()
    compiler.compile_file(str(path))
    return compiler.elaborate(**options).top


def unrolled(node: Node) -> Iterator[RegNode]:
    """Yield every register below a node, arrays element by element."""
    for child in node.children(unroll=True):
        if isinstance(child, RegNode):
            yield child
        elif not isinstance(child, FieldNode):
            yield from unrolled(child)


def relative(node: Node) -> str:
    """Return a node's path below the top map."""
    return node.get_path(array_suffix="[{index:d}]").partition(".")[2]


def test_every_register_and_field_is_where_the_compiler_says(everything: Image) -> None:
    """Unrolled by systemrdl itself, each register has the address, and each field the bits, that handles give."""
    top = AnyMap(everything.root)
    seen = 0
    for node in unrolled(elaborated(RDL / "everything.rdl")):
        found = top.at(relative(node))
        assert isinstance(found, AnyRegister)
        assert (found.address, found.register.width) == (node.absolute_address, node.size)
        fields: list[FieldNode] = list(node.fields())
        expected = [(f.inst_name, f.low, f.width, f.get_property("sw").name) for f in fields]
        assert [(f.name, f.lsb, f.width, str(f.sw)) for f in found.register.fields] == expected
        assert [f.volatile for f in found.register.fields] == [bool(f.is_volatile) for f in fields]
        seen += 1
    assert seen == 21 + 4 * 5 + 6 * 4 + 8 + 3 + 1


def resolve(path: str, ref: Ref) -> str:
    """Return where a reference leads from the register at `path`, as a path below the top map."""
    above = path.split(".")[: len(path.split(".")) - ref.up]
    steps = [step.name + "".join(f"[{i}]" for i in step.indices) for step in ref.path]
    return ".".join([*above, *steps])


def test_every_reference_leads_where_the_compiler_says(everything: Image) -> None:
    """Followed by names from its register, each reference ends at the component that systemrdl resolved."""
    names = "swwe swwel we wel next resetsignal hwmask hwenable reset".split()
    seen = 0
    for node in unrolled(elaborated(RDL / "everything.rdl")):
        found = register(everything, relative(node))
        for f in node.fields():
            for name in names:
                value: Any = f.get_property(name)
                ref = getattr(found.by_name[f.inst_name], name)
                if isinstance(ref, Ref):
                    target = value.node if ref.member else value
                    assert resolve(relative(node), ref) == relative(target)
                    seen += 1
    assert seen >= 10


# ---- types, not instances --------------------------------------------------------------------------------------

BLOCK = """
addrmap block {
    signal { activelow; } rst;
    reg { field { resetsignal = rst; } f[8] = 0; } A @ 0x0;
    reg two { field {} x[4] = 0; field {} y[4] = 0; };
    two B @ 0x4; two C[4] @ 0x10;
    regfile { two D; } RF @ 0x40;
};
"""


def walk(text: str, tmp_path: Path) -> tuple[Tree, Image]:
    """Compile a text and return the tree that walked it."""
    source = tmp_path / "map.rdl"
    source.write_text(text, encoding="utf-8")
    tree = Tree(lambda what, _where: pytest.fail(what))
    return tree, tree.image(elaborated(source))


def kinds(image: Image) -> set[int]:
    """Return the identities of the types of the root's children."""
    return {id(child.type) for child in image.root.children}


def test_instances_written_one_by_one_are_one_type(tmp_path: Path) -> None:
    """100 blocks cost no more looking into than one, and are one type at 100 places."""
    few, _ = walk(BLOCK + "addrmap top { block b0 @ 0x0; };", tmp_path)
    many, image = walk(
        BLOCK + "addrmap top {" + "".join(f"block b{i} @ {i * 0x100};" for i in range(100)) + "};", tmp_path
    )
    assert many.walked == few.walked
    assert len(kinds(image)) == 1
    assert [child.offset for child in image.root.children] == [i * 0x100 for i in range(100)]


def test_an_array_is_never_unrolled(tmp_path: Path) -> None:
    """An array of 30,000 blocks is looked into once."""
    few, _ = walk(BLOCK + "addrmap top { block b @ 0x0; };", tmp_path)
    many, image = walk(BLOCK + "addrmap top { block b[1000][30] @ 0x0 += 0x100; };", tmp_path)
    assert many.walked == few.walked
    assert image.root.by_name["b"].dimensions == (1000, 30)


@pytest.mark.parametrize(
    "change",
    [
        "b1.B.x->reset = 3;",
        "b1.RF.D.y->sw = r;",
        'b1->desc = "Another one.";',
        "b1.A.f->resetsignal = other;",
        "b1.C.x->ispresent = false;",
    ],
)
def test_an_instance_that_is_changed_from_outside_is_another_type(tmp_path: Path, change: str) -> None:
    """However deep an assignment reaches, its instance alone differs."""
    three = "block b0 @ 0x0; block b1 @ 0x100; block b2 @ 0x200;"
    _, image = walk(BLOCK + f"addrmap top {{ signal {{ activelow; }} other; {three} {change} }};", tmp_path)
    b0, b1, b2 = (image.root.by_name[name].type for name in ("b0", "b1", "b2"))
    assert b0 is b2
    assert b0 is not b1


def test_a_parameter_makes_another_type(tmp_path: Path) -> None:
    """Instances share a type exactly when their parameters, and those of what contains them, are equal."""
    _, image = walk(
        """addrmap leaf #(longint unsigned W = 4) { reg { field {} f[W] = 0; } R; };
        addrmap mid #(longint unsigned W = 4) { leaf #(.W(W)) l; reg { field {} g[W] = 0; } S; };
        addrmap top { mid m0 @ 0x0; mid #(.W(8)) m1 @ 0x10; mid #(.W(8)) m2 @ 0x20; mid #(.W(4)) m3 @ 0x30; };""",
        tmp_path,
    )
    m0, m1, m2, m3 = (image.root.by_name[f"m{i}"].type for i in range(4))
    assert m0 is m3
    assert m1 is m2
    assert m0 is not m1
    assert [field(image, f"m{i}.l.R.f").width for i in range(4)] == [4, 8, 8, 4]
    assert [field(image, f"m{i}.S.g").width for i in range(4)] == [4, 8, 8, 4]


def test_a_reference_upward_is_not_shared_between_depths(tmp_path: Path) -> None:
    """A register that refers to a signal above it has another way there from within a register file."""
    _, image = walk(
        """addrmap top { signal { activelow; } rst; reg one { field { resetsignal = rst; } f = 0; }; one A @ 0x0;
        regfile { one B; } RF @ 0x10; regfile { regfile { one C; } IN; } DEEP[2] @ 0x20; };""",
        tmp_path,
    )
    ups = [field(image, path).resetsignal for path in ("A.f", "RF.B.f", "DEEP[1].IN.C.f")]
    assert [ref and ref.up for ref in ups] == [1, 2, 3]


def test_external_and_alias_make_another_type(tmp_path: Path) -> None:
    """An external instance and an alias of the same definition are told apart."""
    _, image = walk(
        """reg one { field { hw = r; } f = 0; };
        addrmap top { one A @ 0x0; external one B @ 0x4; alias A one C @ 0x8; };""",
        tmp_path,
    )
    found = [register(image, name) for name in "ABC"]
    assert [(r.external, r.alias_of) for r in found] == [(False, ""), (True, ""), (False, "A")]
