"""SystemRDL to schema: nothing lost, nothing guessed, nothing dropped in silence."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from attrs import asdict
from systemrdl.compiler import RDLCompiler

from registers.compile import RdlError
from registers.compile.properties import PROPERTIES
from registers.handles import AnyMap, AnyRegister
from registers.schema import (
    Counter,
    FieldType,
    Image,
    Interrupt,
    MemoryType,
    Ref,
    RegisterType,
    SignalType,
    Step,
)
from registers.semantics import Hw, OnRead, OnWrite, Sw

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


# ---- access triples --------------------------------------------------------------------------------------------

READS = (None, *OnRead)
WRITES = (None, *OnWrite)


def legal() -> Iterator[tuple[Sw, OnRead | None, OnWrite | None]]:
    """Yield the combinations that software can see: 75, and those with the two effects of external registers."""
    for sw, onread, onwrite in itertools.product(Sw, READS, WRITES):
        if sw is not Sw.NA and (sw.readable or onread is None) and (sw.writable or onwrite is None):
            yield sw, onread, onwrite


def triple_text(sw: Sw, onread: OnRead | None, onwrite: OnWrite | None, name: str) -> str:
    """Return RDL for a register with one field of a triple; user effects need an external register."""
    effects = "".join(f" {kind} = {value};" for kind, value in (("onread", onread), ("onwrite", onwrite)) if value)
    external = "external " if onread is OnRead.RUSER or onwrite is OnWrite.WUSER else ""
    return f"{external}reg {{ field {{ sw = {sw}; hw = r;{effects} }} f[7:0] = 8'h0; }} {name};"


def test_every_legal_triple_comes_through(compile_text: CompileText) -> None:
    """Each (sw, onread, onwrite) that SystemRDL allows stands in the image as it was written."""
    triples = {f"R{index}": triple for index, triple in enumerate(legal())}
    own = [t for t in triples.values() if t[1] is not OnRead.RUSER and t[2] is not OnWrite.WUSER]
    assert len(own) == 75
    image = compile_text("addrmap a {" + "\n".join(triple_text(*t, name) for name, t in triples.items()) + "};")
    found = {name: (f.sw, f.onread, f.onwrite) for name in triples for f in register(image, name).fields}
    assert found == triples


@pytest.mark.parametrize(
    ("properties", "complaint"),
    [
        ("sw = r; onwrite = woclr;", "does not have software write access"),
        ("sw = w; onread = rclr;", "does not have software read access"),
        ("sw = rw; onread = ruser;", "is not external"),
        ("hw = rw1;", "hw access property value of rw1 is meaningless"),
        ("sw = w; hw = w;", "access property combination is meaningless"),
    ],
)
def test_an_illegal_combination_is_refused(compile_text: CompileText, properties: str, complaint: str) -> None:
    """What the standard forbids does not compile, and the message says where."""
    with pytest.raises(RdlError) as caught:
        compile_text(f"addrmap a {{ reg {{ field {{ {properties} }} f[7:0]; }} R; }};")
    assert any(complaint in line and "map.rdl:1:" in line for line in caught.value.messages)


# ---- everything that is kept -----------------------------------------------------------------------------------


def test_no_property_of_the_compiler_is_missing_from_the_table() -> None:
    """Every property that systemrdl-compiler knows has a fate here, and the table names no other."""
    compiler: Any = RDLCompiler()
    assert set(PROPERTIES) == set(compiler.env.property_rules.rdl_properties)


FIELDS: dict[str, dict[str, Any]] = {
    "CTRL.mode": {"lsb": 0, "width": 2, "reset": 1, "sw": Sw.RW, "hw": Hw.RW, "description": "Mode."},
    "CTRL.start": {"singlepulse": True, "volatile": True},
    "CTRL.count_to": {"we": True, "precedence": "hw", "properties": {"swmod": True, "swacc": True}},
    "CTRL.warm_only": {"resetsignal": Ref(1, (Step("warm"),), kind="signal"), "reset": 1},
    "CTRL.guarded": {"properties": {"paritycheck": True}},
    "CTRL.tested": {"properties": {"dontcompare": 0x0F, "donttest": 0x30}},
    "KEY.key": {"sw": Sw.W, "hw": Hw.R, "width": 32},
    "INTR.done": {"intr": Interrupt(enable=Ref(1, (Step("ENABLE"), Step("done")))), "onwrite": OnWrite.WOCLR},
    "INTR.edge_up": {"intr": Interrupt(edge="posedge", mask=Ref(1, (Step("ENABLE"), Step("edge_up"))))},
    "INTR.edge_down": {
        "intr": Interrupt(edge="negedge", haltenable=Ref(1, (Step("ENABLE"), Step("edge_down")))),
        "onwrite": OnWrite.WZC,
    },
    "INTR.edge_both": {"intr": Interrupt(edge="bothedge"), "onwrite": OnWrite.WOT},
    "INTR.live": {"intr": Interrupt(sticky=""), "sw": Sw.R},
    "INTR.cause": {
        "intr": Interrupt(sticky="sticky", haltmask=Ref(1, (Step("ENABLE"), Step("cause")))),
        "onread": OnRead.RCLR,
    },
    "INTR.seen": {"intr": None, "properties": {"sticky": "stickybit"}, "hwclr": True},
    "SUMMARY.any": {"next": Ref(1, (Step("INTR"),), "intr", "register"), "reset": None, "volatile": True},
    "SUMMARY.halted": {"next": Ref(1, (Step("INTR"),), "halt", "register")},
    "COUNT.up": {"counter": Counter(incrvalue=2, incrsaturate=200, incrthreshold=100), "volatile": True},
    "COUNT.down": {"counter": Counter(decrsaturate=True, decrthreshold=4, up=False, down=True)},
    "COUNT.both": {
        "counter": Counter(incr=Ref(1, (Step("CTRL"), Step("start"))), incrwidth=3, decrwidth=2, down=True),
        "onread": OnRead.RCLR,
    },
    "COUNT.wraps": {
        "counter": Counter(down=True),
        "properties": {"overflow": True, "underflow": True, "anded": True, "ored": True, "xored": True},
    },
    "GUARDED.by_signal": {"swwe": Ref(1, (Step("unlock"),), kind="signal")},
    "GUARDED.from_hardware": {"we": Ref(1, (Step("unlock"),), kind="signal")},
    "GUARDED.from_hardware_unless": {"wel": True, "we": None},
    "GUARDED.stuck": {"swwel": True, "swwe": None},
    "GUARDED.pushed": {"hwset": True, "hwclr": True, "volatile": True},
    "GUARDED.masked": {"hwmask": Ref(0, (Step("enables"),))},
    "GUARDED.gated": {"hwenable": Ref(0, (Step("enables"),))},
    "LOCKED.by_field": {
        "swwe": Ref(1, (Step("LOCK"), Step("open"))),
        "properties": {"partner": Ref(1, (Step("LOCK"), Step("open")))},
    },
    "LOCKED.unless_field": {"swwel": Ref(1, (Step("LANE", (2,)), Step("LOCK"), Step("open")))},
    "LOCKED.from_sibling": {"reset": Ref(0, (Step("copied"),))},
    "INPUTS.request": {"next": Ref(1, (Step("request"),), kind="signal")},
    "NARROW.octet": {"reset": 0x5A},
    "WIDE.low": {"width": 40, "reset": 0x12_3456_789A},
    "WIDE.high": {"lsb": 40, "width": 24},
    "VERY_WIDE.whole": {"width": 128, "reset": 0xFFFF_EEEE_DDDD_CCCC_BBBB_AAAA_9999_8888},
    "LANE[1].SHIELDED.value": {"swwe": Ref(1, (Step("LOCK"), Step("open")))},
    "LANE[3].BIT[1].f": {"properties": {"donttest": True}},
    "USER.u": {"onread": OnRead.RUSER, "onwrite": OnWrite.WUSER},
    "SCALED_12.VALUE.value": {"width": 12},
    "SCALED_20.VALUE.value": {"width": 20},
    "SCALED_8.VALUE.value": {"width": 8},
    "MSB.FLAGS.top": {"lsb": 0, "width": 1, "reset": 1},
}


@pytest.mark.parametrize("path", FIELDS)
def test_a_field_keeps_what_was_written(everything: Image, path: str) -> None:
    """What the source says about a field stands in the schema, under the name that the table gives."""
    found = field(everything, path)
    assert {name: getattr(found, name) for name in FIELDS[path]} == FIELDS[path]


def test_encodings_are_kept(everything: Image) -> None:
    """An encoding keeps names, values, and what each is."""
    encode = field(everything, "CTRL.mode").encode
    assert encode is not None
    assert [(m.name, m.value, m.description) for m in encode.members] == [
        ("IDLE", 0, "Nothing runs."),
        ("RUN", 1, "Running"),
        ("None", 3, ""),
    ]


def test_registers_keep_their_shape(everything: Image) -> None:
    """Width, access, place and kind of registers of every size are as written."""
    shapes = {
        name: (kind.width, kind.access, everything.root.by_name[name].offset)
        for name in ("NARROW", "HALF", "WIDE", "VERY_WIDE", "CTRL")
        for kind in [register(everything, name)]
    }
    expected = {"NARROW": (1, 1, 0x28), "HALF": (2, 2, 0x2A), "WIDE": (8, 4, 0x30), "VERY_WIDE": (16, 4, 0x40)}
    assert shapes == {**expected, "CTRL": (4, 4, 0)}
    assert register(everything, "USER").external
    assert not register(everything, "CTRL").external
    assert register(everything, "GRID[1][2].ROW[0].CELL[0]").external
    assert register(everything, "STATUS_SET").alias_of == "STATUS"
    assert register(everything, "CTRL").properties == {"owner": "software"}
    assert register(everything, "CTRL").source.startswith("everything.rdl:")


def test_memories_keep_their_shape(everything: Image) -> None:
    """Memories keep entries and width, whole words at least, and the virtual registers over them."""
    store, odd, table = (everything.root.by_name[name].type for name in ("STORE", "ODD", "TABLE"))
    assert isinstance(store, MemoryType)
    assert isinstance(odd, MemoryType)
    assert isinstance(table, MemoryType)
    assert (store.entries, store.width, store.sw, store.description) == (64, 4, Sw.RW, "A store.")
    assert (odd.entries, odd.width, odd.sw, odd.properties) == (16, 2, Sw.R, {"memwidth": 12})
    assert AnyMap(everything.root).at("TABLE.ENTRY[3]").address == 0x130C
    assert [f.name for f in register(everything, "TABLE.ENTRY[3]").fields] == ["tag", "body"]


def test_signals_are_kept(everything: Image) -> None:
    """Signals keep polarity, timing and role; those outside every map belong to the top one."""
    expected = (
        SignalType(name="warm", description="Warm reset."),
        SignalType(name="request", width=4),
        SignalType(name="unlock"),
        SignalType(
            name="cold_n",
            active_low=True,
            asynchronous=True,
            cpuif_reset=True,
            field_reset=True,
            description="Cold reset of the whole chip.",
        ),
    )
    assert [asdict(signal) for signal in everything.root.signals] == [asdict(signal) for signal in expected]


def test_the_map_keeps_its_own_properties(everything: Image) -> None:
    """Properties of the address map are kept by name; what is not present is left out."""
    root = everything.root
    assert (root.kind, root.description) == ("addrmap", "One of everything.")
    assert root.properties == {"name": "Everything", "owner": "nobody", "littleendian": True, "rsvdset": True}
    assert "ABSENT" not in root.by_name


# ---- what is refused -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("addrmap a { bigendian; reg { field {} f; } R; };", "'bigendian' is not supported"),
        ("addrmap a { reg { shared; field {} f; } R; };", "'shared' is not supported"),
        ("reg q { field {} f; }; addrmap b { bridge; addrmap { q R; } x; addrmap { q R; } y; };", "'bridge' is not"),
        ("addrmap a { reg { regwidth = 128; field {} f[128]; } R; };", "accesswidth 128 is not supported"),
        ("addrmap a { external mem { mementries = 2; memwidth = 128; } M; };", "memwidth 128 is not supported"),
        ("addrmap a { reg { field {} f[0:7]; } R; };", "(msb0) order is not supported"),
        ("addrmap a { reg { field {} f[8]; constraint c { f < 4; }; } R; };", "constraint is not supported"),
    ],
)
def test_what_is_not_supported_is_refused_by_name(compile_text: CompileText, text: str, named: str) -> None:
    """A feature that the schema cannot express stops the compilation with its name and place."""
    with pytest.raises(RdlError) as caught:
        compile_text(text)
    assert len(caught.value.messages) == 1
    assert named in caught.value.messages[0]
    assert "map.rdl:1:" in caught.value.messages[0]


def test_the_word_constraint_elsewhere_is_no_constraint(compile_text: CompileText) -> None:
    """Comments, texts and property definitions may use the word."""
    image = compile_text(
        """// constraint c { f < 4; };
        property limit { component = field; type = longint unsigned; constraint = componentwidth; };
        addrmap a { desc = "constraint c { f < 4; }"; reg { field { limit = 3; } f[8]; } R; };"""
    )
    assert field(image, "R.f").properties == {"limit": 3}


def test_all_messages_are_kept_with_their_places(compile_text: CompileText) -> None:
    """Two things refused are two lines, each with file, line and column."""
    with pytest.raises(RdlError) as caught:
        compile_text("addrmap a {\n  bigendian;\n  reg { shared; field {} f; } R;\n};")
    assert [line.split(": ")[0].rpartition("/")[2] for line in caught.value.messages] == ["map.rdl:2:3", "map.rdl:3:9"]
    assert str(caught.value).count("\n") == 1


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("addrmap a {\n  reg { field {} f } R;\n};", "map.rdl:2:20: missing ';' at '}'"),
        ("addrmap a {\n  reg { field {} f; } R;\n", "map.rdl:2:25: extraneous input '<EOF>'"),
        ("addrmap a { oops R; };", "map.rdl:1:13: Type 'oops' is not defined"),
        ("reg one { field {} f; };", "no addrmap is defined"),
        ('`include "nowhere.rdl"\n', "map.rdl:1:"),
    ],
)
def test_a_syntax_error_is_one_line_with_its_place(compile_text: CompileText, text: str, place: str) -> None:
    """Wrong RDL gives lines that an editor can jump to."""
    with pytest.raises(RdlError) as caught:
        compile_text(text)
    assert place in caught.value.messages[0]
    assert all("\n" not in line for line in caught.value.messages)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("addrmap a { reg { field {} f; } r };", "'#', 'external', 'internal', ID"),
        ("addrmap a { reg { field {} f; } r;", "'}', 'alias', 'external', 'internal', 'addrmap', 'regfile', ..."),
        ("addrmap a { reg { field { sw = ; } f; } r; };", "'{', '(', ''', 'boolean', 'bit', 'longint', ..."),
    ],
)
def test_a_syntax_error_names_a_few_of_the_expected_tokens(
    compile_text: CompileText, text: str, expected: str
) -> None:
    """Of what the parser would have taken instead, at most six tokens are named; `...` stands for the others."""
    with pytest.raises(RdlError) as refused:
        compile_text(text)
    lists = [found for line in refused.value.messages for found in re.findall(r" expecting \{(.*)\}$", line)]
    assert expected in lists
    assert all(len(line.rpartition("map.rdl:")[2]) < 160 for line in refused.value.messages)
