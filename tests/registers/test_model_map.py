"""A register file's map: arrays, groups, memories, aliases, holes; what costs nothing until it is touched."""

from __future__ import annotations

import tracemalloc
from pathlib import Path
from typing import Protocol

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registers.model import Misuse, RegisterFile, UnsupportedProperty, Written
from registers.schema import Child, FieldType, GroupType, Image, MemoryType, RegisterType
from registers.semantics import OnWrite, Sw
from transports.errors import BusFault


class CompileText(Protocol):
    def __call__(self, text: str = "", *, file: Path | None = None, **parameters: int | bool | str) -> Image: ...


def _register(name: str = "R", width: int = 4, access: int = 4, sw: Sw = Sw.RW) -> RegisterType:
    return RegisterType(
        name=name, width=width, access=access, fields=(FieldType(name="x", lsb=0, width=8 * width, sw=sw, reset=0),)
    )


def _group(name: str, size: int, *children: Child, kind: str = "addrmap", **properties: bool) -> GroupType:
    return GroupType(name=name, kind=kind, size=size, children=children, properties=properties)


@st.composite
def _trees(draw: st.DrawFn, depth: int = 2) -> GroupType:
    """Return a group of registers, arrays of any rank and groups, with gaps between them."""
    children: list[Child] = []
    at = 0
    for k in range(draw(st.integers(1, 3))):
        at += draw(st.sampled_from((0, 0, 8, 24)))
        inner = depth > 0 and draw(st.booleans())
        width = draw(st.sampled_from((1, 2, 4, 8)))
        type = draw(_trees(depth - 1)) if inner else _register(f"r{k}", width, draw(st.sampled_from((1, width))))
        size = type.size if isinstance(type, GroupType) else 8
        dimensions = tuple(draw(st.lists(st.integers(1, 3), max_size=3)))
        stride = size + draw(st.sampled_from((0, 8))) if dimensions else 0
        child = Child(name=f"c{k}", type=type, offset=at, dimensions=dimensions, stride=stride)
        children.append(child)
        at += (child.count - 1) * stride + size
    return _group("g", at, *children)


def _unrolled(group: GroupType, base: int = 0, above: str = "") -> list[tuple[str, int, RegisterType]]:
    """Return (path, offset, type) of every register, by plain counting."""
    found: list[tuple[str, int, RegisterType]] = []
    for child in group.children:
        elements = [("", 0)]
        for dimension in child.dimensions:
            elements = [(f"{text}[{i}]", flat * dimension + i) for text, flat in elements for i in range(dimension)]
        for text, flat in elements:
            path, at = f"{above}{child.name}{text}", base + child.offset + flat * child.stride
            if isinstance(child.type, GroupType):
                found += _unrolled(child.type, at, path + ".")
            elif isinstance(child.type, RegisterType):
                found.append((path, at, child.type))
    return found


@given(_trees(), st.data())
def test_every_offset_is_the_register_that_counting_finds(group: GroupType, data: st.DataObject) -> None:
    """A write at a register's offset reaches the field at its path, and no other; all else faults."""
    file, registers = RegisterFile(group), _unrolled(group)
    path, at, type = data.draw(st.sampled_from(registers))
    values = {p: data.draw(st.integers(0, 255)) for p, _, _ in registers[:20]}
    values[path] = 0xA5
    for p, value in values.items():
        file.field(f"{p}.x").force(value)
    assert file.read(at, type.access) == 0xA5
    file.write(at, 0x5A, type.access)
    assert {p: file.field(f"{p}.x").value for p in values} == {**values, path: 0x5A}
    taken = {o for _, a, t in registers for o in range(a, a + t.width)}
    hole = data.draw(st.integers(0, group.size + 8).filter(lambda o: o not in taken))
    with pytest.raises(BusFault, match="nothing stands there"):
        file.read(hole, 1)


def test_30_000_instances_cost_nothing_until_touched() -> None:
    """A register file over 30,000 blocks of 32 registers takes the memory of those that were touched."""
    block = _group("block", 128, Child(name="R", type=_register(), offset=0, dimensions=(32,), stride=4))
    group = _group("top", 30_000 * 128, Child(name="B", type=block, offset=0, dimensions=(300, 100), stride=128))
    tracemalloc.start()
    file = RegisterFile(group)
    for k in range(100):
        file.write(k * 9_601 * 4, k)
    used = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert used < 400_000
    assert file.field("B[2][34].R[9].x").value == file.read(234 * 128 + 9 * 4)


@given(st.integers(0, 63), st.integers(0, 2**16 - 1), st.integers(1, 3))
def test_memory_keeps_its_words(index: int, value: int, strobes: int) -> None:
    """A memory holds each word, by software's offset and by the hardware's index; strobes choose its bytes."""
    memory = MemoryType(name="RAM", entries=64, width=2)
    file = RegisterFile(_group("top", 256, Child(name="RAM", type=memory, offset=0x40)))
    seen: list[tuple[int, int, int]] = []
    file.memory("RAM").on_write(lambda index, old, new: seen.append((index, old, new)))
    file.memory("RAM").write(index, 0xFFFF)
    file.write(0x40 + 2 * index, value, 2, strobes)
    lanes = {1: 0xFF, 2: 0xFF00, 3: 0xFFFF}[strobes]
    word = 0xFFFF & ~lanes | value & lanes
    assert file.read(0x40 + 2 * index, 2) == file.memory("RAM").read(index) == word
    assert file.read(0x40 + 2 * (index ^ 1), 2) == 0
    assert seen == [(index, 0xFFFF, word)]
    file.reset()
    assert file.read(0x40 + 2 * index, 2) == 0


@pytest.mark.parametrize("seed", [None, 1, 2])
def test_a_memory_word_keeps_its_own_bits(seed: int | None) -> None:
    """Of a 24-bit word the top byte is not there: it reads 0 after power-on, after any write, and cannot be put."""
    memory = MemoryType(name="RAM", entries=64, width=4, properties={"memwidth": 24})
    file = RegisterFile(_group("top", 256, Child(name="RAM", type=memory, offset=0)), seed=seed)
    drawn = [file.read(4 * index) for index in range(64)]
    assert all(word < 1 << 24 for word in drawn)
    assert any(word >> 16 for word in drawn) is (seed is not None)
    seen: list[tuple[int, int, int]] = []
    file.memory("RAM").on_write(lambda index, old, new: seen.append((index, old, new)))
    file.write(4, 0xAB_123456)
    file.write(4, 0xCD_000000, strobes=0b1000)
    assert file.read(4) == file.memory("RAM").read(1) == 0x123456
    assert seen == [(1, drawn[1], 0x123456), (1, 0x123456, 0x123456)]
    file.memory("RAM").write(1, 0xFFFFFF)
    with pytest.raises(ValueError, match=r"RAM\[1\]: 0x1000000 does not fit 24 bits"):
        file.memory("RAM").write(1, 0x1000000)


def test_memory_has_rights_width_and_an_end() -> None:
    """A write to a read-only memory is reported, another width and a place beyond its end fault."""
    memory = MemoryType(name="ROM", entries=4, width=4, sw=Sw.R)
    file, misuses = RegisterFile(_group("top", 64, Child(name="ROM", type=memory, offset=0))), list[Misuse]()
    file.watch(misuses.append)
    file.memory("ROM").on_read(lambda index: 100 + index)
    file.write(4, 5)
    assert file.read(4) == 101
    for offset, width in ((0, 2), (2, 4), (16, 4)):
        with pytest.raises(BusFault):
            file.read(offset, width)
    assert [m.rule for m in misuses] == ["read-only", "width", "width", "hole"]
    with pytest.raises(IndexError, match="4 entries"):
        file.memory("ROM").write(4, 0)


def test_wide_memory_is_refused() -> None:
    """A memory whose words no bus access moves is refused by name when the register file is made."""
    with pytest.raises(UnsupportedProperty, match="WIDE"):
        RegisterFile(_group("top", 64, Child(name="WIDE", type=MemoryType(name="M", entries=4, width=16), offset=0)))


ALIAS = """
reg main { field {} a[4] = 3; field { sw = r; hw = w; } b = 1; };
reg setter { field { sw = w; onwrite = woset; } a[4] = 3; field { sw = rw; onwrite = woclr; hw = w; } b = 1; };
addrmap top { main MAIN; alias MAIN setter SET @ 8; };
"""


def test_alias_shares_the_flops_with_rights_of_its_own(compile_text: CompileText) -> None:
    """A write through an alias acts by the alias's properties on the primary's flops; hooks are by address."""
    file, told = RegisterFile(compile_text(ALIAS).root), list[str]()
    file.on_write("MAIN", lambda event: told.append(event.path))
    file.on_write("SET", lambda event: told.append(event.path))
    assert (file.read(0), file.read(8)) == (0x13, 0x10)
    file.write(8, 0x04)
    assert (file.read(0), file.read(8)) == (0x17, 0x10)
    file.write(8, 0x10)
    file.write(0, 0x1A)
    assert file.read(0) == 0x0A
    assert file.field("SET.a").value == file.field("MAIN.a").value == 0xA
    assert told == ["SET", "SET", "MAIN"]


@pytest.mark.parametrize("names", [("RX", "TX"), ("TX", "RX")])
@pytest.mark.parametrize("first", ["read", "write", "RX.x", "TX.x"])
def test_two_registers_may_share_an_offset(first: str, names: tuple[str, str]) -> None:
    """Where one register is only read and one only written, a read reaches the one and a write the other.

    It does not matter which the description has first, nor which was touched first.
    """
    rights = {"RX": Sw.R, "TX": Sw.W}
    children = (Child(name=name, type=_register(name, sw=rights[name]), offset=0) for name in names)
    file, misuses = RegisterFile(_group("top", 4, *children)), list[Misuse]()
    file.watch(misuses.append)
    if first == "read":
        file.read(0)
    elif first != "write":
        file.field(first)
    file.write(0, 7)
    file.field("RX.x").force(9)
    assert (file.read(0), file.field("TX.x").value, misuses) == (9, 7, [])


def test_reserved_bits_read_as_the_map_says() -> None:
    """Bits that no field holds read 0, or 1 where the nearest address map says `rsvdset`."""
    register = RegisterType(name="R", width=1, access=1, fields=(FieldType(name="x", lsb=2, width=2, reset=0),))
    part = _group("part", 1, Child(name="R", type=register, offset=0), kind="regfile")
    for ones in (False, True):
        file = RegisterFile(_group("top", 1, Child(name="P", type=part, offset=0), rsvdset=ones))
        file.write(0, 0xFF, 1)
        assert file.read(0, 1) == (0xFF if ones else 0x0C)
        assert file.field("P.R.x").value == 3


def test_writing_what_is_only_read_is_reported() -> None:
    """A write to a register without writable field changes nothing and is reported."""
    children = (Child(name="ID", type=_register("ID", sw=Sw.R), offset=0),)
    file, misuses = RegisterFile(_group("top", 4, *children)), list[Misuse]()
    file.watch(misuses.append)
    file.write(0, 5)
    assert file.read(0) == 0
    assert [(m.rule, m.path) for m in misuses] == [("read-only", "ID")]


def test_hooks_with_an_open_index_reach_every_element() -> None:
    """A hook on `LANE[*].R[1].x` is called for each element that matches, touched before or after."""
    lane = _group("lane", 8, Child(name="R", type=_register(), offset=0, dimensions=(2,), stride=4))
    file = RegisterFile(_group("top", 64, Child(name="LANE", type=lane, offset=0, dimensions=(4,), stride=16)))
    told: list[str] = []

    def tell(event: Written) -> None:
        told.append(event.path)

    file.write(0x14, 1)
    file.on_write("LANE[*].R[1].x", tell)
    for k in range(4):
        file.write(16 * k, 0)
        file.write(16 * k + 4, 0)
    assert told == [f"LANE[{k}].R[1]" for k in range(4)]
    with pytest.raises(ValueError, match="no field 'y'"):
        file.on_write("LANE[*].R[*].y", tell)


def test_a_read_hook_refreshes_what_is_read() -> None:
    """A hook before a read may set the field that is then read; one after it sees what the read brought."""
    children = (Child(name="R", type=_register(), offset=0),)
    file, seen = RegisterFile(_group("top", 4, *children)), list[int]()
    file.on_read("R", lambda _reading: file.field("R.x").force(42))
    file.after_read("R", lambda reading: seen.append(reading.value))
    assert file.read(0) == 42
    assert seen == [42]


def test_a_write_hook_hears_of_its_field_alone() -> None:
    """A hook on a field is called when the access held bits of it; it learns old, new, written value and mask."""
    low = FieldType(name="low", lsb=0, width=8, reset=1)
    high = FieldType(name="high", lsb=8, width=8, reset=2, onwrite=OnWrite.WOCLR)
    register = RegisterType(name="R", width=2, access=2, fields=(low, high))
    file = RegisterFile(_group("top", 2, Child(name="R", type=register, offset=0)))
    told: list[tuple[int, int, int, int, int | None, int | None]] = []
    file.on_write(
        "R.high",
        lambda e: told.append((e.old, e.new, e.value, e.mask, e.written("low"), e.written("high"))),
    )
    file.write(0, 0x0302, 2, strobes=0b01)
    file.write(0, 0x0304, 2, strobes=0b10)
    assert told == [(0x0202, 0x0002, 0x0304, 0xFF00, None, 3)]


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("LANE", r"LANE is an array; expected LANE\[0\] to LANE\[3\]"),
        ("LANE[9].R.x", r"no LANE\[9\]; expected LANE\[0\] to LANE\[3\]"),
        ("LANE[0].S.x", "no 'S'; it has R"),
        ("LANE[0].R.y", "no field 'y'; it has x"),
        ("LANE[0].R.x.z", "nothing stands below"),
        ("LANE[0].R", "is a register"),
        ("LANE[zero].R", "no indices"),
        ("LANE[0.R", "no name"),
    ],
)
def test_a_wrong_path_says_what_there_is(path: str, words: str) -> None:
    """A path that leads nowhere is an error that names the level and what stands there instead."""
    lane = _group("lane", 4, Child(name="R", type=_register(), offset=0))
    file = RegisterFile(_group("top", 16, Child(name="LANE", type=lane, offset=0, dimensions=(4,), stride=4)))
    with pytest.raises((ValueError, IndexError), match=words):
        file.field(path)


SHARED = Path(__file__).resolve().parents[2] / ".." / "shared" / "rdl" / "caliptra-rtl"


def test_a_real_interrupt_block_counts_each_event_once(compile_text: CompileText) -> None:
    """In Caliptra's SHA accelerator an error, by hardware or by its test trigger, latches, counts once, and raises."""
    source = SHARED / "sha512_acc_csr.rdl"
    if not source.is_file():
        pytest.skip("the collection of real register descriptions is not beside this checkout")
    group = compile_text(file=source).root
    file, levels = RegisterFile(group), list[int]()
    block = group.by_name["intr_block_rf"]
    assert isinstance(block.type, GroupType)
    at = {child.name: block.offset + child.offset for child in block.type.children}
    file.on_line("intr_block_rf.error_global_intr_r", levels.append)
    file.write(at["error_intr_en_r"], 0xF)
    file.write(at["global_intr_en_r"], 0x3)
    for count, by_test in ((1, True), (2, False)):
        if by_test:
            file.write(at["error_intr_trig_r"], 1)
        else:
            file.field("intr_block_rf.error_internal_intr_r.error0_sts").hwset()
        assert file.read(at["error_internal_intr_r"]) == file.read(at["error_global_intr_r"]) == 1
        assert file.read(at["error0_intr_count_r"]) == count
        assert file.read(at["error_intr_trig_r"]) == file.read(at["error0_intr_count_incr_r"]) == 0
        file.write(at["error_internal_intr_r"], 1)
    assert levels == [1, 0, 1, 0]
    file.reset("cptra_rst_b")
    assert file.read(at["error0_intr_count_r"]) == 2
    file.reset("cptra_pwrgood")
    assert file.read(at["error0_intr_count_r"]) == 0
