"""The hardware's side of a register file: its writes, resets, locks, references, and who wins in one cycle."""

from __future__ import annotations

from itertools import pairwise, product
from pathlib import Path
from typing import Protocol

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from registers.model import Misuse, RegisterFile, UnsupportedProperty
from registers.schema import Child, Counter, FieldType, GroupType, Image, Interrupt, Ref, RegisterType, SignalType, Step
from registers.semantics import Hw, OnRead, OnWrite, Sw


class CompileText(Protocol):
    def __call__(self, text: str = "", *, file: Path | None = None, **parameters: int | bool | str) -> Image: ...


def _here(name: str, member: str = "") -> Ref:
    return Ref(up=0, path=(Step(name),), member=member)


def _signal(name: str) -> Ref:
    return Ref(up=1, path=(Step(name),), kind="signal")


def _map(*fields: FieldType, signals: tuple[SignalType, ...] = ()) -> GroupType:
    register = RegisterType(name="R", width=4, access=4, fields=fields)
    children = (Child(name="R", type=register, offset=0),)
    return GroupType(name="top", kind="addrmap", size=4, children=children, signals=signals)


def _file(*fields: FieldType, signals: tuple[SignalType, ...] = ()) -> RegisterFile:
    return RegisterFile(_map(*fields, signals=signals))


# ---- the hardware's writes ----


@pytest.mark.parametrize("hw", list(Hw))
def test_hardware_writes_only_what_it_may(hw: Hw) -> None:
    """`set` stores what the description lets the hardware write, else it is a ValueError; `force` always stores."""
    cell = _file(FieldType(name="x", lsb=4, width=4, hw=hw, reset=0)).field("R.x")
    if hw.writable:
        cell.set(9)
        assert cell.value == 9
    else:
        with pytest.raises(ValueError, match=f"hw={hw}"):
            cell.set(9)
    cell.force(3)
    assert cell.value == 3
    with pytest.raises(ValueError, match="out of range"):
        cell.force(16)


@given(st.integers(0, 15), st.integers(0, 15), st.integers(0, 15), st.booleans())
def test_qualifiers_let_bits_through(held: int, value: int, gate: int, inverted: bool) -> None:
    """`hwenable` stores the bits it has, `hwmask` the bits it has not."""
    gated = FieldType(name="x", lsb=0, width=4, hw=Hw.W)
    gated = evolve(gated, hwmask=_here("gate")) if inverted else evolve(gated, hwenable=_here("gate"))
    file = _file(gated, FieldType(name="gate", lsb=4, width=4))
    file.write(0, gate << 4 | held)
    file.field("R.x").set(value)
    open = ~gate if inverted else gate
    assert file.field("R.x").value == held & ~open | value & open


@pytest.mark.parametrize(("name", "level"), list(product(("we", "wel"), (0, 1))))
def test_write_enable_gates_the_sample(name: str, level: int) -> None:
    """`we` stores a sample while what it refers to is 1, `wel` while it is 0."""
    gated = FieldType(name="x", lsb=0, width=4, hw=Hw.W, reset=0)
    gated = evolve(gated, we=_here("gate")) if name == "we" else evolve(gated, wel=_here("gate"))
    file = _file(gated, FieldType(name="gate", lsb=4, width=1))
    file.write(0, level << 4)
    file.field("R.x").set(5)
    assert file.field("R.x").value == (5 if level == (name == "we") else 0)


def test_hwset_and_hwclr_need_to_be_described() -> None:
    """`hwset` sets and `hwclr` clears all bits of a field that has them; elsewhere each is a ValueError."""
    file = _file(FieldType(name="x", lsb=0, width=3, hwset=True, hwclr=True), FieldType(name="y", lsb=4, width=1))
    cell = file.field("R.x")
    cell.hwset()
    assert file.read(0) == 7
    cell.hwclr()
    assert file.read(0) == 0
    for verb in (file.field("R.y").hwset, file.field("R.y").hwclr):
        with pytest.raises(ValueError, match=r"R\.y has no hw"):
            verb()


@given(st.lists(st.tuples(st.integers(0, 1), st.integers(0, 1)), max_size=8))
def test_hwset_and_hwclr_by_reference(levels: list[tuple[int, int]]) -> None:
    """While a field that `hwset` refers to is 1 the field is set; by `hwclr` it is cleared; `hwset` goes first."""
    driven = FieldType(name="x", lsb=0, width=2, sw=Sw.R, reset=0, hwset=_here("s"), hwclr=_here("c"))
    file = _file(driven, FieldType(name="s", lsb=4, width=1), FieldType(name="c", lsb=5, width=1))
    held = 0
    for set_, clear in levels:
        file.write(0, set_ << 4 | clear << 5)
        held = 3 if set_ else 0 if clear else held
        assert file.field("R.x").value == held


@pytest.mark.parametrize("look", ["field", "read", "output"])
def test_a_first_look_finds_what_follows(look: str) -> None:
    """A field that follows another holds its value when first looked at, in whatever way."""
    file = _file(
        FieldType(name="x", lsb=0, width=4, hw=Hw.W, sw=Sw.R, reset=0, next=_here("y")),
        FieldType(name="y", lsb=4, width=4, reset=5),
    )
    match look:
        case "field":
            assert file.field("R.x").value == 5
        case "read":
            assert file.read(0) == 0x55
        case _:
            assert file.output("R.x", "") == 5


@pytest.mark.parametrize("active_low", [False, True])
@given(levels=st.lists(st.integers(0, 1), max_size=6))
def test_signals_drive_fields(active_low: bool, levels: list[int]) -> None:
    """`next` follows a signal's level, `hwset` its meaning, `incr` each rise of its meaning; touched before or not."""
    fields = (
        FieldType(name="x", lsb=0, width=1, hw=Hw.W, sw=Sw.R, reset=0, next=_signal("wire")),
        FieldType(name="y", lsb=1, width=1, sw=Sw.R, reset=0, hwset=_signal("wire")),
        FieldType(name="n", lsb=4, width=8, sw=Sw.R, reset=0, counter=Counter(incr=_signal("wire"))),
    )
    file = _file(*fields, signals=(SignalType(name="wire", active_low=active_low),))
    wire = [int(active_low)]
    for level in levels:
        file.signal("wire").set(level)
        wire.append(level)
    means = [level ^ active_low for level in wire]
    rises = sum(before < after for before, after in pairwise(means))
    assert file.read(0) == wire[-1] | int(any(means)) << 1 | rises << 4


def test_next_follows_and_overrules_software() -> None:
    """A field whose `next` refers to another follows it, and what software writes there does not last."""
    file = _file(
        FieldType(name="x", lsb=0, width=4, hw=Hw.W, next=_here("y")), FieldType(name="y", lsb=4, width=4, reset=0)
    )
    file.write(0, 0x5F)
    assert file.read(0) == 0x55


@pytest.mark.parametrize(("member", "values"), [("anded", "0001"), ("ored", "0111"), ("xored", "0110")])
def test_reductions(member: str, values: str) -> None:
    """`anded`, `ored` and `xored` of two bits are their truth tables."""
    file = _file(FieldType(name="x", lsb=3, width=2))
    found: list[str] = []
    for value in range(4):
        file.write(0, value << 3)
        found.append(str(file.output("R.x", member)))
    assert "".join(found) == values


def test_a_watched_field_is_told_of_every_change() -> None:
    """Who watches a field's value is called with the new one at each change by either side, and only then."""
    file, seen = _file(FieldType(name="x", lsb=2, width=3, hw=Hw.RW, reset=0)), list[int]()
    file.write(0, 4)
    file.on_line("R.x", seen.append, member="")
    file.write(0, 8)
    file.write(0, 8)
    file.field("R.x").set(5)
    file.reset()
    assert seen == [2, 5, 0]


def test_the_input_of_an_interrupt_may_be_referred_to() -> None:
    """A field whose `next` is an interrupt's `next` follows that input, not what was latched."""
    status = FieldType(name="s", lsb=0, width=1, hw=Hw.W, onwrite=OnWrite.WOCLR, reset=1, intr=Interrupt())
    there = Ref(up=1, path=(Step("S"), Step("s")), member="next")
    raw = FieldType(name="raw", lsb=0, width=1, sw=Sw.R, hw=Hw.W, reset=0, next=there)
    children = tuple(
        Child(name=name, type=RegisterType(name=name, width=4, access=4, fields=(f,)), offset=4 * k)
        for k, (name, f) in enumerate((("S", status), ("RAW", raw)))
    )
    file = RegisterFile(GroupType(name="top", kind="addrmap", size=8, children=children))
    for level in (1, 0, 1):
        file.field("S.s").set(level)
        assert (file.read(0), file.read(4)) == (1, level)


def test_software_accesses_are_told() -> None:
    """`swacc` happens at each access to the field, `swmod` at each write or read that may change it."""
    told: list[str] = []
    file = _file(FieldType(name="x", lsb=0, width=8, properties={"swmod": True, "swacc": True}))
    file.on_event("R.x", "swacc", lambda: told.append("acc"))
    file.on_event("R.x", "swmod", lambda: told.append("mod"))
    file.read(0)
    assert told == ["acc"]
    file.write(0, 0, strobes=0b0010)
    assert told == ["acc"]
    file.write(0, 0, strobes=0b0001)
    assert sorted(told[1:]) == ["acc", "mod"]


def test_a_loop_that_never_rests_is_named() -> None:
    """Two fields that change places at every clock neither hang the model nor pass in silence."""
    a = FieldType(name="a", lsb=0, width=2, reset=1, hw=Hw.W, next=_here("b"))
    b = FieldType(name="b", lsb=2, width=2, reset=2, hw=Hw.W, next=_here("a"))
    with pytest.raises(RuntimeError, match="R never come to rest"):
        _file(a, b).read(0)


# ---- locks ----


@pytest.mark.parametrize(("name", "level", "value"), list(product(("swwe", "swwel"), (0, 1), (0, 5))))
def test_lock_by_reference_ignores_and_reports(name: str, level: int, value: int) -> None:
    """A closed lock keeps the field; the write is reported if it would have changed it, and only then."""
    locked = FieldType(name="x", lsb=0, width=4, reset=0)
    locked = evolve(locked, swwe=_here("lock")) if name == "swwe" else evolve(locked, swwel=_here("lock"))
    file, misuses = _file(locked, FieldType(name="lock", lsb=4, width=1)), list[Misuse]()
    file.watch(misuses.append)
    file.field("R.lock").force(level)
    file.write(0, level << 4 | value)
    opens = level == (name == "swwe")
    assert file.field("R.x").value == (value if opens else 0)
    assert [(m.rule, m.path) for m in misuses] == ([] if opens or not value else [("locked", "R.x")])


@pytest.mark.parametrize("active_low", [False, True])
def test_lock_by_signal_and_by_input(active_low: bool) -> None:
    """A signal locks by its meaning, not its level; an input without reference is driven by `lock`, and open before."""
    signal = SignalType(name="open", active_low=active_low)
    by_signal = FieldType(name="x", lsb=0, width=4, reset=0, swwe=_signal("open"))
    file = _file(by_signal, FieldType(name="y", lsb=4, width=4, reset=0, swwel=True), signals=(signal,))
    file.write(0, 0x11)
    assert file.read(0) == 0x10
    file.signal("open").set(not active_low)
    file.field("R.y").lock(True)
    file.write(0, 0x22)
    assert file.read(0) == 0x12
    file.field("R.y").lock(False)
    file.write(0, 0x33)
    assert file.read(0) == 0x33
    with pytest.raises(ValueError, match="no swwe or swwel input"):
        file.field("R.x").lock(True)


# ---- resets ----

DOMAINS = """
signal { activelow; async; field_reset; } rst_n;
addrmap top {
    signal { activelow; } por_n;
    reg {
        field {} cold = 1;
        field {} warm = 1;
        field {} never;
        field { sw = rw1; } fuse[4] = 0;
    } R;
    R.cold->resetsignal = por_n;
    R.fuse->resetsignal = por_n;
};
"""


@pytest.mark.parametrize(("domain", "left"), [("rst_n", 0b1010110), ("por_n", 0b0000101), (None, 0b0000011)])
def test_a_reset_reaches_its_domain_alone(compile_text: CompileText, domain: str | None, left: int) -> None:
    """A named reset restores its own fields; a field without reset value keeps its value but at power-on."""
    file = RegisterFile(compile_text(DOMAINS).root)
    assert file.read(0) == 0b0000011
    file.write(0, 0b1010100)
    file.reset(domain)
    assert file.read(0) == left


def test_an_asserted_reset_holds_its_fields(compile_text: CompileText) -> None:
    """While a reset signal is asserted its fields stay at reset, whatever software and hardware do."""
    file = RegisterFile(compile_text(DOMAINS).root)
    file.signal("por_n").set(0)
    file.write(0, 0)
    assert file.read(0) == 0b1
    file.signal("por_n").set(1)
    file.write(0, 0)
    assert file.read(0) == 0


def test_a_plain_register_is_held_and_released() -> None:
    """A register of plain storage alone, written before, is held by its reset and takes writes again after it."""
    file = _file(FieldType(name="x", lsb=0, width=4, reset=1), signals=(SignalType(name="rst", cpuif_reset=True),))
    for level, held in ((0, False), (1, True), (0, False)):
        file.signal("rst").set(level)
        file.write(0, 6)
        assert file.read(0) == (1 if held else 6)


def test_a_register_first_touched_in_reset_is_held(compile_text: CompileText) -> None:
    """A register that nobody touched before its reset was asserted is held as well."""
    file = RegisterFile(compile_text(DOMAINS).root)
    file.signal("rst_n").set(0)
    file.write(0, 0b1010100)
    assert file.read(0) == 0b1010110


def test_an_unknown_reset_is_named() -> None:
    """A reset or signal that the map does not have is a ValueError that lists what it has."""
    file = _file(FieldType(name="x", lsb=0, width=1), signals=(SignalType(name="rst"),))
    with pytest.raises(ValueError, match=r"no signal 'reset'; it has rst"):
        file.reset("reset")


@given(st.integers(0, 15), st.integers(0, 15))
def test_reset_value_by_reference(strap: int, later: int) -> None:
    """A reset puts the value that the referred field or signal has at that moment."""
    fields = (
        FieldType(name="x", lsb=0, width=4, reset=_here("base")),
        FieldType(name="base", lsb=4, width=4, reset=6),
        FieldType(name="y", lsb=8, width=4, reset=_signal("strap")),
    )
    file = _file(*fields, signals=(SignalType(name="strap", width=4),))
    file.signal("strap").set(strap)
    file.write(0, later << 4)
    file.reset("")
    assert file.read(0) == strap << 8 | 6 << 4 | later
    file.reset()
    assert file.read(0) == strap << 8 | 0x66


def test_power_up_values_are_drawn_from_the_seed() -> None:
    """Fields without reset hold 0, or what the seed says: the same each time, other with another seed."""
    group = _map(FieldType(name="x", lsb=0, width=32))
    words = [RegisterFile(group, seed=seed).read(0) for seed in (None, 1, 1, 2)]
    assert words[0] == 0
    assert words[1] == words[2] != words[3]
    file = RegisterFile(group, seed=1)
    file.write(0, 5)
    file.reset("")
    assert file.read(0) == 5
    file.reset()
    assert file.read(0) == words[1]


def test_power_on_clears_inputs_and_latches() -> None:
    """After power-on an interrupt's input is 0 until the model drives it again, so nothing latches by itself."""
    file = _file(FieldType(name="x", lsb=0, width=1, hw=Hw.W, onwrite=OnWrite.WOCLR, reset=0, intr=Interrupt()))
    levels: list[int] = []
    file.on_line("R", levels.append)
    file.field("R.x").set(1)
    file.reset()
    assert file.read(0) == 0
    file.field("R.x").set(1)
    assert levels == [1, 0, 1]


@pytest.mark.parametrize("level", [0, 1])
def test_a_named_reset_clears_what_is_latched_and_not_the_input(level: int) -> None:
    """A reset of its domain takes an interrupt down, and its line; a level that is still there latches again."""
    x = FieldType(name="x", lsb=0, width=1, hw=Hw.W, onwrite=OnWrite.WOCLR, reset=0, intr=Interrupt())
    file, levels = _file(x), list[int]()
    file.on_line("R", levels.append)
    file.field("R.x").set(1)
    file.field("R.x").set(level)
    file.reset("")
    assert file.read(0) == level
    assert levels == [1, 0, 1][: 2 + level]


# ---- one cycle ----


@pytest.mark.parametrize(("precedence", "onwrite"), list(product(("sw", "hw"), (None, *OnWrite))))
@given(held=st.integers(0, 15), written=st.integers(0, 15), value=st.integers(0, 15), enable=st.integers(0, 15))
def test_precedence_decides_bit_by_bit(
    precedence: str, onwrite: OnWrite | None, held: int, written: int, value: int, enable: int
) -> None:
    """In one cycle a bit that both write takes its `precedence`'s; a bit that one writes takes that one's."""
    x = FieldType(
        name="x", lsb=0, width=4, hw=Hw.W, onwrite=onwrite, precedence=precedence, hwenable=_here("gate")
    )
    register = RegisterType(
        name="R", width=4, access=4, fields=(x, FieldType(name="gate", lsb=8, width=4)), external=True
    )
    children = (Child(name="R", type=register, offset=0),)
    file = RegisterFile(GroupType(name="top", kind="addrmap", size=4, children=children))
    file.field("R.x").force(held)
    file.field("R.gate").force(enable)
    with file.cycle():
        file.field("R.x").set(value)
        file.write(0, enable << 8 | written)
        assert file.field("R.x").value == held
    for k in range(4):
        bit, w, v = held >> k & 1, written >> k & 1, value >> k & 1
        acts, result = {
            None: (True, w),
            OnWrite.WOSET: (w, 1),
            OnWrite.WOCLR: (w, 0),
            OnWrite.WOT: (w, 1 - bit),
            OnWrite.WZS: (not w, 1),
            OnWrite.WZC: (not w, 0),
            OnWrite.WZT: (not w, 1 - bit),
            OnWrite.WCLR: (True, 0),
            OnWrite.WSET: (True, 1),
            OnWrite.WUSER: (False, bit),
        }[onwrite]
        software = result if acts else None
        hardware = v if enable >> k & 1 else None
        first, second = (software, hardware) if precedence == "sw" else (hardware, software)
        expected = next((one for one in (first, second) if one is not None), bit)
        assert file.field("R.x").value >> k & 1 == expected


@pytest.mark.parametrize(("precedence", "written", "left"), [("sw", 9, 0), ("hw", 9, 9), ("hw", 5, 5)])
def test_a_read_that_clears_as_hardware_writes(precedence: str, written: int, left: int) -> None:
    """A read that clears in the cycle in which hardware writes brings the old value; `precedence` says what stays."""
    x = FieldType(name="x", lsb=4, width=4, hw=Hw.W, onread=OnRead.RCLR, reset=5, precedence=precedence)
    file = _file(x, FieldType(name="y", lsb=0, width=4, reset=3))
    with file.cycle():
        file.field("R.x").set(written)
        assert file.read(0) == 0x53
    assert file.read(0) == left << 4 | 3


@pytest.mark.parametrize("precedence", ["sw", "hw"])
def test_an_event_as_software_clears(precedence: str) -> None:
    """An event in the cycle in which software clears its bit survives with `precedence = hw`, and is lost with sw."""
    x = FieldType(name="x", lsb=0, width=2, hw=Hw.W, onwrite=OnWrite.WOCLR, reset=0, intr=Interrupt("posedge"))
    file = _file(evolve(x, precedence=precedence))
    file.raise_event("R.x", 0b01)
    with file.cycle():
        file.write(0, 0b01)
        file.raise_event("R.x", 0b11)
    assert file.read(0) == (0b10 if precedence == "sw" else 0b11)


def test_cycles_do_not_nest() -> None:
    """A cycle within a cycle is an error of the model; the outer one still ends."""
    file = _file(FieldType(name="x", lsb=0, width=1))
    with file.cycle():
        file.write(0, 1)
        with pytest.raises(RuntimeError, match="open already"):
            file.cycle().__enter__()
    assert file.read(0) == 1


# ---- what is refused ----


@pytest.mark.parametrize(
    ("ref", "error", "words"),
    [
        (_here("gone"), ValueError, r"top|R\.x->next = R\.gone"),
        (Ref(up=3, path=(Step("y"),)), ValueError, "3 levels up"),
        (Ref(up=1, path=(Step("wire"),), kind="signal"), ValueError, "no signal"),
        (_here("y", "reset"), UnsupportedProperty, "nothing in the map gives a value"),
        (_here("y", "encode"), UnsupportedProperty, "encode"),
        (_here("y", "overflow"), ValueError, "no counter"),
        (Ref(up=1, path=(Step("R"),), member="intr", kind="register"), ValueError, "no interrupt"),
    ],
)
def test_a_reference_to_nothing_is_refused_at_once(ref: Ref, error: type[ValueError], words: str) -> None:
    """A reference that leads nowhere, or to what has no value, is refused when the register file is made."""
    x = FieldType(name="x", lsb=0, width=1, hw=Hw.W, next=ref)
    with pytest.raises(error, match=words):
        _file(x, FieldType(name="y", lsb=1, width=1))


@pytest.mark.parametrize("name", ["bigendian", "bridge", "shared", "msb0"])
def test_unsupported_property_is_named(name: str) -> None:
    """A property that the model does not simulate is refused by name when the register file is made."""
    group = _map(FieldType(name="x", lsb=0, width=1))
    with pytest.raises(UnsupportedProperty, match=name):
        RegisterFile(evolve(group, properties={name: True}))


def test_what_is_refused_is_refused_at_any_depth() -> None:
    """A register deep in the map is looked at when the register file is made, not when it is first touched."""
    inner = _map(FieldType(name="x", lsb=30, width=4))
    for external in (False, True):
        group = GroupType(
            name="outer", kind="addrmap", size=8, external=external, children=(Child(name="G", type=inner, offset=0),)
        )
        with pytest.raises(ValueError, match=r"R\.x does not fit"):
            RegisterFile(group)


@pytest.mark.parametrize(
    ("field", "words"),
    [
        (FieldType(name="x", lsb=30, width=4), "does not fit"),
        (FieldType(name="x", lsb=0, width=4, reset=16), "reset value"),
        (FieldType(name="x", lsb=0, width=4, precedence="both"), "precedence"),
        (FieldType(name="x", lsb=8, width=4), "shares bits"),
        (FieldType(name="x", lsb=0, width=4, onwrite=OnWrite.WUSER), "external"),
        (FieldType(name="x", lsb=0, width=4, properties={"sticky": "forever"}), "sticky"),
    ],
)
def test_an_impossible_field_is_named(field: FieldType, words: str) -> None:
    """A field that cannot be is refused by its path when the register file is made."""
    with pytest.raises(ValueError, match=words):
        _file(FieldType(name="other", lsb=10, width=1), field)
