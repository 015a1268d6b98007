"""Show: a word in words."""

from __future__ import annotations

import re
from collections import Counter
from math import prod
from typing import cast

from hypothesis import given
from hypothesis import strategies as st

from registers.handles import AnyMap, registers_below
from registers.schema import Child, EnumMember, EnumType, FieldType, GroupType, Image, RegisterType
from registers.semantics import OnRead, OnWrite, Sw
from registers.show import RESERVED, UNKNOWN, rolled, rows, text

MODE = EnumType("mode", (EnumMember("IDLE", 0), EnumMember("RUN", 2)))
CTRL = RegisterType(
    name="ctrl",
    width=4,
    access=4,
    fields=(
        FieldType(name="mode", lsb=0, width=2, encode=MODE, description="What\n it does."),
        FieldType(name="go", lsb=4, width=1, singlepulse=True),
        FieldType(name="key", lsb=8, width=8, sw=Sw.W),
        FieldType(name="seen", lsb=16, width=4, onread=OnRead.RCLR, onwrite=OnWrite.WOCLR),
    ),
)


def test_each_field_has_its_value_and_what_it_means() -> None:
    """Fields come highest first, with numbers, encoded names, access and side effects."""
    shown = [(r.name, r.bits, r.value, r.meaning, r.access, r.on_read, r.on_write) for r in rows(CTRL, 0x000A_FF12)]
    assert shown == [
        ("seen", "[19:16]", 0xA, "", "rw", "rclr", "woclr"),
        ("key", "[15:8]", None, "", "w", "", ""),
        ("go", "[4]", 1, "", "rw", "", "singlepulse"),
        ("mode", "[1:0]", 2, "RUN", "rw", "", ""),
    ]
    assert rows(CTRL, 0)[-1].description == "What it does."


def test_a_value_without_name_is_marked() -> None:
    """A value that the encoding does not have is shown as such, not left blank."""
    assert rows(CTRL, 1)[-1].meaning == UNKNOWN
    assert "0x1    ?" in text(CTRL, 1)


def test_reserved_bits_that_are_set_are_shown() -> None:
    """Runs of bits that belong to no field are told when set, and only then."""
    assert [(r.name, r.bits, r.value) for r in rows(CTRL, 0x0000_00EC)[4:]] == [
        (RESERVED, "[3:2]", 3),
        (RESERVED, "[7:5]", 7),
    ]
    assert len(rows(CTRL, 0x000F_FF13)) == 4


@given(st.integers(0, (1 << 32) - 1))
def test_every_set_bit_is_in_some_row(raw: int) -> None:
    """No set bit of a word is left unsaid: readable fields and reserved runs add up to it."""
    total = 0
    for row in rows(CTRL, raw):
        total |= (row.value or 0) << int(row.bits.strip("[]").rpartition(":")[2])
    assert total == raw & ~0xFF00  # the write-only key


def test_the_table_is_plain_text() -> None:
    """The text has a head with the word, one line a field, and no blanks at the ends."""
    assert text(CTRL, 0x0000_0012).splitlines() == [
        "ctrl = 0x00000012",
        "bits     field  value       sw  r     w",
        "[19:16]  seen   0x0         rw  rclr  woclr",
        "[15:8]   key    -           w",
        "[4]      go     0x1         rw        singlepulse",
        "[1:0]    mode   0x2    RUN  rw",
    ]


def test_wide_registers_are_shown_whole(everything: Image) -> None:
    """A register of several words is shown as one number."""
    wide = cast("RegisterType", everything.root.by_name["VERY_WIDE"].type)
    word = (1 << 127) | 1
    assert text(wide, word).splitlines()[0].endswith(f" = {word:#034x}")


def test_a_map_is_shown_rolled() -> None:
    """Each register of the description is one line, however many there are of it, and says where all of them stand."""
    word = RegisterType(name="word", width=4, access=4, fields=())
    lane = GroupType(
        name="lane",
        kind="regfile",
        size=0x20,
        children=(
            Child(name="CTRL", type=word, offset=0),
            Child(name="W", type=word, offset=8, dimensions=(2, 3), stride=4),
        ),
    )
    top = GroupType(
        name="top",
        kind="addrmap",
        size=1 << 40,
        children=(
            Child(name="ID", type=word, offset=4),
            Child(name="LANE", type=lane, offset=0x100, dimensions=(4,), stride=0x20),
            Child(name="A", type=word, offset=0x1000, dimensions=(100_000_000,), stride=8),
        ),
    )
    shown = list(rolled(top))
    assert [(r.path, r.span, r.offset, r.dimensions, r.strides) for r in shown] == [
        ("ID", "ID", 4, (), ()),
        ("LANE[].CTRL", "LANE[0..3].CTRL", 0x100, (4,), (0x20,)),
        ("LANE[].W[][]", "LANE[0..3].W[0..1][0..2]", 0x108, (4, 2, 3), (0x20, 12, 4)),
        ("A[]", "A[0..99999999]", 0x1000, (100_000_000,), (8,)),
    ]
    for line in shown:
        for indices in {tuple(d - 1 for d in line.dimensions), tuple(0 for _ in line.dimensions)}:
            path = re.sub(r"\[\]", "[{}]", line.path).format(*indices)
            at = AnyMap(top).at(path).address
            assert at == line.offset + sum(i * stride for i, stride in zip(indices, line.strides, strict=True))


def test_a_rolled_map_names_every_register_once(everything: Image) -> None:
    """The elements that the lines stand for are, in number and by type, the registers of the map."""
    shown = Counter[int]()
    for line in rolled(everything.root):
        shown[id(line.type)] += prod(line.dimensions)
    assert shown == Counter(id(register.type) for register in registers_below(AnyMap(everything.root)))
