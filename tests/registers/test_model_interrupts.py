"""Interrupt fields of a register file: edges, latching, gates, lines, cascades."""

from __future__ import annotations

from itertools import pairwise, product

import pytest
from attrs import define, field
from hypothesis import given, settings
from hypothesis import strategies as st

from registers.model import RegisterFile
from registers.schema import Child, FieldType, GroupType, Interrupt, Ref, RegisterType, Step
from registers.semantics import Hw, OnWrite, Sw

WIDTH, LSB = 3, 5
STATUS, ENABLE, HALT = 0, 4, 8
KINDS = [
    (edge, sticky)
    for edge, sticky in product(("level", "posedge", "negedge", "bothedge"), ("stickybit", "sticky", ""))
    if sticky != "sticky" or edge == "level"
]


def _other(register: str) -> Ref:
    return Ref(up=1, path=(Step(register), Step("x")))


def _gate(name: str, offset: int) -> Child:
    register = RegisterType(name=name, width=4, access=4, fields=(FieldType(name="x", lsb=0, width=WIDTH, reset=0),))
    return Child(name=name, type=register, offset=offset)


def _file(edge: str, sticky: str, gate: str = "", halt: str = "") -> RegisterFile:
    refs = {name: _other(register) for name, register in ((gate, "ENABLE"), (halt, "HALT")) if name}
    intr = Interrupt(edge=edge, sticky=sticky, **refs)
    x = FieldType(name="x", lsb=LSB, width=WIDTH, hw=Hw.W, onwrite=OnWrite.WOCLR, reset=0, intr=intr)
    status = RegisterType(name="STATUS", width=4, access=4, fields=(x,))
    children = (Child(name="STATUS", type=status, offset=STATUS), _gate("ENABLE", ENABLE), _gate("HALT", HALT))
    return RegisterFile(GroupType(name="top", kind="addrmap", size=16, children=children))


@define
class Oracle:
    """The same in single bits, written apart."""

    edge: str
    sticky: str
    held: list[int] = field(factory=lambda: [0] * WIDTH)
    wire: list[int] = field(factory=lambda: [0] * WIDTH)

    def _clock(self, events: list[int]) -> None:
        if self.sticky == "stickybit":
            self.held = [h or e for h, e in zip(self.held, events, strict=True)]
        elif self.sticky == "sticky":
            self.held = self.held if any(self.held) else events
        else:
            self.held = events if self.edge == "level" else [0] * WIDTH

    def drive(self, value: int) -> None:
        """Change the input."""
        new = [value >> k & 1 for k in range(WIDTH)]
        seen = {
            "level": new,
            "posedge": [int(n > w) for n, w in zip(new, self.wire, strict=True)],
            "negedge": [int(n < w) for n, w in zip(new, self.wire, strict=True)],
            "bothedge": [int(n != w) for n, w in zip(new, self.wire, strict=True)],
        }[self.edge]
        self.wire = new
        self._clock(seen)

    def clear(self, value: int) -> None:
        """Software writes 1 to clear; the input is still there."""
        self.held = [0 if value >> k & 1 else h for k, h in enumerate(self.held)]
        self._clock(self.wire if self.edge == "level" else [0] * WIDTH)

    @property
    def value(self) -> int:
        """The field."""
        return sum(h << k for k, h in enumerate(self.held))


ACTS = st.lists(
    st.tuples(st.sampled_from(("drive", "clear", "enable", "halt")), st.integers(0, (1 << WIDTH) - 1)), max_size=12
)


@pytest.mark.parametrize(("edge", "sticky"), KINDS)
@pytest.mark.parametrize(("gate", "halt"), [("enable", "haltenable"), ("mask", "haltmask"), ("", "haltmask")])
@settings(max_examples=40)  # of each of 21 kinds
@given(acts=ACTS)
def test_status_and_outputs_follow_the_oracle(
    edge: str, sticky: str, gate: str, halt: str, acts: list[tuple[str, int]]
) -> None:
    """After any inputs, clears and gates, the field, `intr` and `halt` are what single-bit rules say; lines tell it."""
    file, oracle = _file(edge, sticky, gate, halt), Oracle(edge, sticky)
    levels: list[int] = [0]
    file.on_line("STATUS", levels.append)
    cell, enable, haltable = file.field("STATUS.x"), 0, 0
    for act, value in acts:
        match act:
            case "drive":
                cell.set(value)
                oracle.drive(value)
            case "clear":
                file.write(STATUS, value << LSB)
                oracle.clear(value)
            case "enable":
                file.write(ENABLE, value)
                enable = value
            case _:
                file.write(HALT, value)
                haltable = value
        assert cell.value == file.read(STATUS) >> LSB == oracle.value
        opened = {"enable": enable, "mask": ~enable, "": -1}[gate]
        assert file.intr("STATUS") is bool(oracle.value & opened)
        assert file.halt("STATUS") is bool(oracle.value & (haltable if halt == "haltenable" else ~haltable))
        assert levels[-1] == file.intr("STATUS")
    assert all(a != b for a, b in pairwise(levels))


@pytest.mark.parametrize("edge", ["posedge", "negedge", "bothedge"])
def test_edge_without_sticky_is_a_pulse(edge: str) -> None:
    """A nonsticky edge interrupt shows on the line for one clock and is not there when software looks."""
    file, levels = _file(edge, ""), list[int]()
    file.on_line("STATUS", levels.append)
    cell = file.field("STATUS.x")
    cell.set(1)
    cell.set(0)
    assert levels == [1, 0] * (2 if edge == "bothedge" else 1)
    assert file.read(STATUS) == 0


@pytest.mark.parametrize("edge", ["level", "posedge", "negedge", "bothedge"])
def test_raised_event_latches_whatever_the_input_does(edge: str) -> None:
    """`raise_event` latches just its bits, once: software clears them and they stay clear."""
    file = _file(edge, "stickybit")
    file.raise_event("STATUS.x", 0b101)
    assert file.read(STATUS) == 0b101 << LSB
    file.write(STATUS, 0b100 << LSB)
    assert file.read(STATUS) == 0b001 << LSB


def test_sticky_without_intr_latches_and_is_no_interrupt() -> None:
    """A sticky field that is no interrupt latches its input alike; its register has no `intr`."""
    x = FieldType(
        name="x", lsb=0, width=2, hw=Hw.W, onwrite=OnWrite.WOCLR, reset=0, properties={"sticky": "stickybit"}
    )
    register = RegisterType(name="R", width=4, access=4, fields=(x,))
    children = (Child(name="R", type=register, offset=0),)
    file = RegisterFile(GroupType(name="top", kind="addrmap", size=4, children=children))
    cell = file.field("R.x")
    cell.set(0b10)
    cell.set(0b00)
    assert file.read(0) == 0b10
    with pytest.raises(ValueError, match="has no intr"):
        file.intr("R")


def _tree() -> GroupType:
    """Two levels, twice: four leaves' interrupts are the inputs of a root status, in each of two clusters."""
    x = FieldType(name="x", lsb=0, width=1, hw=Hw.W, onwrite=OnWrite.WOCLR, intr=Interrupt(enable=_other("ENABLE")))
    leaf = GroupType(
        name="leaf",
        kind="regfile",
        size=8,
        children=(
            Child(name="STATUS", type=RegisterType(name="S", width=4, access=4, fields=(x,)), offset=0),
            _gate("ENABLE", 4),
        ),
    )
    bits = tuple(
        FieldType(
            name=f"leaf{k}",
            lsb=k,
            width=1,
            sw=Sw.R,
            hw=Hw.W,
            intr=Interrupt(sticky=""),
            next=Ref(up=1, path=(Step("LEAF", (k,)), Step("STATUS")), member="intr", kind="register"),
        )
        for k in range(4)
    )
    cluster = GroupType(
        name="cluster",
        kind="addrmap",
        size=0x40,
        children=(
            Child(name="LEAF", type=leaf, offset=0, dimensions=(4,), stride=8),
            Child(name="ROOT", type=RegisterType(name="ROOT", width=4, access=4, fields=bits), offset=0x20),
        ),
    )
    children = (Child(name="CLUSTER", type=cluster, offset=0, dimensions=(2,), stride=0x40),)
    return GroupType(name="top", kind="addrmap", size=0x80, children=children)


@given(st.integers(0, 1), st.integers(0, 3), st.booleans())
def test_cascade_reaches_the_root_of_its_own_cluster(cluster: int, leaf: int, before: bool) -> None:
    """A leaf's interrupt appears in its bit of its own cluster's root when event and enable meet, in any order."""
    file, base = RegisterFile(_tree()), 0x40 * cluster
    mine, other = list[int](), list[int]()
    file.on_line(f"CLUSTER[{cluster}].ROOT", mine.append)
    file.on_line(f"CLUSTER[{1 - cluster}].ROOT", other.append)
    for enables in (before, not before):
        assert file.read(base + 0x20) == 0
        if enables:
            file.write(base + 8 * leaf + 4, 1)
        else:
            file.raise_event(f"CLUSTER[{cluster}].LEAF[{leaf}].STATUS.x")
    assert file.read(base + 0x20) == 1 << leaf
    assert file.read((0x40 ^ base) + 0x20) == 0
    file.write(base + 8 * leaf, 1)
    assert file.read(base + 0x20) == 0
    assert (mine, other) == ([1, 0], [])
