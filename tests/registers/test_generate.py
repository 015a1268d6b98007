"""Generated Python: what its signatures allow is what the access rules allow, under names that Python takes."""

from __future__ import annotations

import builtins
import inspect
import itertools
import keyword
from collections.abc import Mapping
from enum import IntEnum
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from registers import access
from registers.access import RegisterOp, UnsafeAccess
from registers.generate import generate, generate_to_file
from registers.generate.names import enum_members
from registers.handles import AnyMap, Member, RegisterMap
from registers.image import save
from registers.schema import Child, EnumMember, EnumType, FieldType, GroupType, Image, RegisterType
from registers.semantics import OnRead, OnWrite, Sw
from transports.batch import Write


def module(image: Image) -> dict[str, Any]:
    """Return what the generated module defines."""
    namespace: dict[str, Any] = {"__name__": "generated.regs"}
    exec(compile(generate(image, image_file="top.image"), "regs.py", "exec"), namespace)
    return namespace


def top(image: Image) -> RegisterMap:
    """Return the generated map, at address 0x1000."""
    made: RegisterMap = module(image)["TopRegs"](image.root, 0x1000)
    return made


def image_of(*fields: FieldType, width: int = 4, access: int = 4, name: str = "CTRL") -> Image:
    """Return a map of one register."""
    register = RegisterType(name=name, width=width, access=access, fields=fields)
    return Image(GroupType(name="top", kind="addrmap", size=8, children=(Child(name=name, type=register, offset=4),)))


def methods(register: object) -> set[str]:
    """Return which of the five operations a register has."""
    return {name for name in ("read", "write", "modify", "check", "poll") if hasattr(register, name)}


def required(method: Any) -> set[str]:
    """Return the arguments that a call must give."""
    parameters = inspect.signature(method).parameters
    return {name for name, p in parameters.items() if p.default is inspect.Parameter.empty and name != "timeout_s"}


def optional(method: Any) -> set[str]:
    """Return the arguments that a call may leave out."""
    parameters = inspect.signature(method).parameters
    return {name for name, p in parameters.items() if p.default is not inspect.Parameter.empty}


TRIPLES = [
    (sw, onread, onwrite)
    for sw, onread, onwrite in itertools.product(Sw, (None, *OnRead), (None, *OnWrite))
    if (sw.readable or onread is None) and (sw.writable or onwrite is None)
]


@pytest.mark.parametrize("triple", TRIPLES)
def test_the_signatures_say_what_the_rules_say(triple: tuple[Sw, OnRead | None, OnWrite | None]) -> None:
    """For every access triple beside a plain field, each operation is there exactly when a call of it can succeed."""
    sw, onread, onwrite = triple
    f = FieldType(name="f", lsb=0, width=8, sw=sw, onread=onread, onwrite=onwrite)
    image = image_of(f, FieldType(name="plain", lsb=8, width=8))
    made = top(image)
    register: Any = vars(type(made))["CTRL"].__get__(made, type(made))
    kind = image.root.children[0].type
    assert isinstance(kind, RegisterType)
    rule = access.rules(kind)
    expected = {"read", "write"} | (set[str]() if onread else {"modify", "check", "poll"})
    assert methods(register) == expected
    assert required(register.write) == rule.required
    assert required(register.write) | optional(register.write) == {n.name for n in kind.fields if n.sw.writable}
    if "modify" in expected:
        assert required(register.modify) == rule.forced
        assert required(register.check) == set()
        assert optional(register.check) == {n.name for n in kind.fields if n.sw.readable}
        assert optional(register.poll) == optional(register.check)


@pytest.mark.parametrize("triple", TRIPLES)
def test_no_call_that_the_signatures_allow_is_unsafe(triple: tuple[Sw, OnRead | None, OnWrite | None]) -> None:
    """Given its required arguments and any others, no generated operation is refused as unsafe."""
    sw, onread, onwrite = triple
    f = FieldType(name="f", lsb=0, width=8, sw=sw, onread=onread, onwrite=onwrite)
    made: Any = top(image_of(f, FieldType(name="plain", lsb=8, width=8)))
    for name in methods(made.CTRL) - {"read"}:
        method = getattr(made.CTRL, name)
        extra = {"timeout_s": 1.0} if name == "poll" else {}
        for more in ({"plain"} & optional(method), optional(method)):
            chosen = required(method) | more
            if chosen:
                op = method(**dict.fromkeys(chosen, 1), **extra)
                assert isinstance(op, RegisterOp)
                assert set(op.fields) == chosen


def test_a_register_without_readable_fields_has_only_write() -> None:
    """What cannot be read can be neither looked at nor modified, and what cannot be written not written."""
    made: Any = top(image_of(FieldType(name="key", lsb=0, width=32, sw=Sw.W)))
    assert methods(made.CTRL) == {"write"}
    made = top(image_of(FieldType(name="state", lsb=0, width=32, sw=Sw.R)))
    assert methods(made.CTRL) == {"read", "check", "poll"}
    made = top(image_of(FieldType(name="nothing", lsb=0, width=32, sw=Sw.NA)))
    assert methods(made.CTRL) == set()


def test_a_call_does_what_it_says(everything: Image) -> None:
    """A generated operation has the address of its instance, the path from the block down, and neutral siblings."""
    made: Any = module(everything)["EverythingRegs"](everything.root, 0x8000)
    lane = made.LANE[2].CTRL.modify(on=1)
    assert (lane.path, lane.operations[0].address, lane.operations[0].mask) == ("LANE[2].CTRL", 0x8180, 1)
    assert made.GRID[1, 2].ROW[1].CELL[0].read().operations[0].address == 0x8000 + 0x400 + 5 * 0x20 + 8
    assert made.INTR.write(done=1, cause=0).operations == (Write(0x8008, 0b101),)  # edge_down is wzc: 1 does nothing
    assert made.TABLE.ENTRY[3].write(tag=1, body=2).operations[0].address == 0x930C
    assert made.STORE.read(1, 2).address == 0x9004


def test_values_are_decoded_by_name(everything: Image) -> None:
    """A value has an attribute for each readable field; an encoded one is a member, or a number it does not know."""
    names = module(everything)
    made: Any = names["EverythingRegs"](everything.root, 0)
    value = made.CTRL.read().decode([0x8002_2001])
    assert value.mode is names["ModeE"].RUN
    assert (value.count_to, value.lambda_, value.tested) == (0x20, 1, 0x20)
    assert made.CTRL.read().decode([2]).mode == 2
    assert made.CTRL.read().decode([3]).mode.name == "None_"


def test_the_map_loads_its_image_by_itself(
    everything: Image, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`at` finds the image beside the module, wherever the package is."""
    package = tmp_path / "generatedpackage"
    package.mkdir()
    (package / "__init__.py").write_text("")
    save(everything, package / "everything.image")
    assert generate_to_file(everything, package / "regs.py", image_file="everything.image")
    assert not generate_to_file(everything, package / "regs.py", image_file="everything.image")
    monkeypatch.setattr("sys.path", [str(tmp_path)])
    namespace: dict[str, Any] = {"__name__": "generatedpackage.regs"}
    exec((package / "regs.py").read_text(), namespace)
    made = namespace["EverythingRegs"].at(0x4000, "top")
    assert made.CTRL.read().path == "top.CTRL"
    assert made.WIDE.address == 0x4030
    assert type(made) is namespace["EverythingRegs"]


def test_generated_and_untyped_handles_agree(everything: Image) -> None:
    """A handle that is found by path at run time gives the same operation as the generated one."""
    made: Any = module(everything)["EverythingRegs"](everything.root, 0x8000)
    found: Any = AnyMap(everything.root, 0x8000).at("LANE[3].BIT[1]")
    assert made.LANE[3].BIT[1].write(f=1).operations == found.write(f=1).operations


# ---- names -----------------------------------------------------------------------------------------------------

HARD_NAMES = [
    *keyword.kwlist, *keyword.softkwlist, "raw", "register", "field", "address", "path", "type", "group", "child", "at",
    "read", "write", "IMAGE", "PACKAGE", "self", "int", "bool", "Bits", "Bit", "Member", "RegisterOp", "timeout_s",
    "__init__", "__slots__", "__x", "_x", "x", "x_", "x__", "l", "O", "I", "Ctrl", "CtrlValue", "TopRegs", "mro",
    "real", "name", "value", "records", "memory",
]  # fmt: skip
rdl_names = st.sampled_from(HARD_NAMES) | st.from_regex(r"[a-zA-Z_][a-zA-Z0-9_]{0,3}", fullmatch=True)


@given(st.lists(rdl_names, min_size=1, max_size=16, unique=True), rdl_names)
@settings(deadline=None, max_examples=200)
def test_any_rdl_name_can_be_generated_and_keeps_its_meaning(names: list[str], register: str) -> None:
    """Whatever fields and registers are called, the module runs and each argument and attribute is its own field."""
    fields = [FieldType(name=name, lsb=i, width=1) for i, name in enumerate(names)]
    image = image_of(*fields, name=register)
    made = top(image)
    members = [name for name, member in vars(type(made)).items() if isinstance(member, Member)]
    assert len(members) == 1
    handle: Any = getattr(made, members[0])
    arguments = [p for p in inspect.signature(handle.write).parameters]
    for bit, argument in enumerate(arguments):
        given = {other: int(other == argument) for other in arguments}
        assert handle.write(**given).operations == (Write(0x1004, 1 << bit),)
        assert getattr(handle.read().decode([1 << bit]), argument) == 1


@given(st.lists(rdl_names, min_size=1, max_size=12, unique=True))
@settings(deadline=None, max_examples=200)
def test_any_encoded_name_can_be_generated(names: list[str]) -> None:
    """Whatever the members of an encoding are called, each value has its own."""
    encode = EnumType("mode", tuple(EnumMember(name, value) for value, name in enumerate(names)))
    image = image_of(FieldType(name="mode", lsb=0, width=8, encode=encode))
    namespace = module(image)
    assert [int(member) for member in namespace["Mode"]] == list(range(len(names)))


def test_no_class_hides_a_builtin_or_an_import(everything: Image) -> None:
    """Classes take no name that the module itself uses."""
    text = generate(everything, image_file="x.image")
    classes = [line.split()[1].split("(")[0] for line in text.splitlines() if line.startswith("class ")]
    assert len(set(classes)) == len(classes)
    assert not set(classes) & set(dir(builtins))


def test_descriptions_cannot_break_out_of_docstrings() -> None:
    """Quotes, backslashes and formatting codes in a description stay text."""
    hard = 'He said """stop""" \\ [b]now[/b][br]then "'
    field = FieldType(name="f", lsb=0, width=1, description=hard)
    register = RegisterType(name="CTRL", width=4, access=4, fields=(field,), description=hard)
    children = (Child(name="CTRL", type=register, offset=0),)
    namespace = module(Image(GroupType(name="top", kind="addrmap", size=4, children=children, description=hard)))
    for name in ("TopRegs", "Ctrl"):
        assert namespace[name].__doc__.startswith("He said '''stop''' \\ now\n")


def test_types_of_one_name_are_told_apart() -> None:
    """Registers of the same name in different groups get different classes, equal ones the same."""

    def group(name: str, width: int) -> Child:
        register = RegisterType(name="CTRL", width=4, access=4, fields=(FieldType(name="f", lsb=0, width=width),))
        made = GroupType(name=name, kind="regfile", size=4, children=(Child(name="CTRL", type=register, offset=0),))
        return Child(name=name, type=made, offset=4 * width)

    children = (group("a", 1), group("b", 2), group("c", 1))
    namespace = module(Image(GroupType(name="top", kind="addrmap", size=32, children=children)))
    made: Any = namespace["TopRegs"]
    kinds: Mapping[str, Any] = {name: vars(made)[name] for name in "abc"}
    assert set(namespace) >= {"Ctrl", "BCtrl", "TopRegs", *kinds} - set(kinds)
    assert "CCtrl" not in namespace


def test_the_same_map_gives_the_same_text(everything: Image) -> None:
    """Generation depends on the map alone."""
    assert generate(everything, image_file="x.image") == generate(everything, image_file="x.image")


def test_an_unsafe_access_stays_an_error_where_types_cannot_say_it() -> None:
    """In a wide register a forced field of another access word may be left out, one of the same word may not."""
    low = FieldType(name="low", lsb=0, width=8)
    clear = FieldType(name="clear", lsb=8, width=1, onwrite=OnWrite.WCLR)
    high = FieldType(name="high", lsb=32, width=8)
    made: Any = top(image_of(low, clear, high, width=8, access=4))
    assert len(made.CTRL.modify(high=1).operations) == 1
    with pytest.raises(UnsafeAccess, match="clear"):
        made.CTRL.modify(low=1)


def test_what_spans_several_words_is_no_argument_of_poll() -> None:
    """A field in several access words is checked, never polled; two fields of different words are refused together."""
    low, high = FieldType(name="low", lsb=0, width=8), FieldType(name="high", lsb=40, width=8)
    across = FieldType(name="across", lsb=24, width=16, sw=Sw.R)
    made: Any = top(image_of(low, across, high, width=8, access=4))
    assert optional(made.CTRL.check) == {"low", "across", "high"}
    assert optional(made.CTRL.poll) == {"low", "high"}
    assert len(made.CTRL.poll(high=1, timeout_s=1.0).operations) == 1
    with pytest.raises(ValueError, match="poll of low, high spans 2 access words"):
        made.CTRL.poll(low=1, high=1, timeout_s=1.0)
    made = top(image_of(across, width=8, access=4))
    assert methods(made.CTRL) == {"read", "check"}


@pytest.mark.parametrize("names", [("_", "_0"), ("A", "_A_", "__"), ("name", "_1", "M1"), ("l", "l_", "mro")])
def test_any_names_make_an_enumeration(names: tuple[str, ...]) -> None:
    """Whatever the encoded values are called, Python takes the members, each with its value."""
    made = enum_members(names)
    body = "".join(f"    {member} = {value}\n" for value, member in enumerate(made.values()))
    module: dict[str, Any] = {"IntEnum": IntEnum}
    exec(f"class Made(IntEnum):\n{body}", module)

    assert list(made) == list(names)
    assert [member.value for member in module["Made"]] == list(range(len(names)))
