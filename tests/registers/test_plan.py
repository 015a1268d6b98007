"""What is worked out once is as good as what is worked out each time, and no more of it is kept than may be."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from registers import access
from registers.handles import AnyRegister, ArrayMember, Member, RegisterMap
from registers.plan import KEPT_MAX, keep
from registers.schema import Child, FieldType, GroupType, RegisterType
from registers.semantics import OnWrite, Sw
from transports.batch import Poll

FIELDS = (
    FieldType(name="plain", lsb=0, width=4),
    FieldType(name="event", lsb=4, width=4, onwrite=OnWrite.WOCLR),
    FieldType(name="high", lsb=12, width=8),
    FieldType(name="seen", lsb=24, width=2, sw=Sw.R),
)
REGISTER = RegisterType(name="R", width=4, access=4, fields=FIELDS)
WIDE = evolve(REGISTER, access=1)

CALLS = st.tuples(
    st.sampled_from(["write", "modify", "check", "poll"]),
    st.sampled_from([0, 4, 6, 8, -4]),
    st.dictionaries(st.sampled_from(["plain", "event", "high", "seen", "other"]), st.integers(-1, 18), max_size=3),
)


def _raw(raw: int) -> int:
    return raw


def _call(verb: str, register: RegisterType, address: int, values: Mapping[str, Any]) -> object:
    """Return what an operation is made of, or what is said instead."""
    more = {"timeout_s": 0.5} if verb == "poll" else {}
    convert = () if verb == "write" else (_raw,)
    try:
        op = getattr(access, verb)(register, address, "b.R", values, *convert, **more)
    except (TypeError, ValueError) as error:
        return type(error), str(error)
    return op.path, op.type.name, op.verb, dict(op.fields), op.operations, op.shifts


@given(st.lists(CALLS, min_size=1, max_size=6), st.sampled_from([REGISTER, WIDE]))
def test_an_operation_is_the_same_the_second_time(
    calls: list[tuple[str, int, dict[str, int]]], register: RegisterType
) -> None:
    """Whatever was asked before: operations, names and errors are those of a type that was never asked."""
    for verb, address, values in calls + calls:
        assert _call(verb, register, address, values) == _call(verb, evolve(register), address, values)


@pytest.mark.parametrize("value", [1.0, None, "1"])
def test_what_is_no_whole_number_is_refused_beside_one_that_is(value: object) -> None:
    """1.0 is equal to 1, and is refused all the same, before and after an operation with 1."""
    for _ in range(2):
        refused = _call("modify", REGISTER, 0, {"plain": value})
        assert isinstance(refused, tuple)
        assert refused[0] is TypeError
        assert _call("modify", REGISTER, 0, {"plain": 1}) == _call("modify", REGISTER, 0, {"plain": True})


def test_a_timeout_belongs_to_its_poll() -> None:
    """Polls that differ in nothing but the timeout are different; one that cannot be is refused each time."""

    def timeout_s(asked_s: float) -> float:
        (poll,) = access.poll(REGISTER, 0, "b.R", {"plain": 1}, _raw, timeout_s=asked_s).operations
        assert isinstance(poll, Poll)
        return poll.timeout_s

    assert [timeout_s(asked_s) for asked_s in (0.5, 0.25, 0.5)] == [0.5, 0.25, 0.5]
    for _ in range(2):
        with pytest.raises(ValueError, match="timeout_s is -1"):
            timeout_s(-1.0)


def test_an_operation_has_the_names_of_who_asked() -> None:
    """Two registers of one type at one address, as aliases are, get operations with their own paths and values."""

    def double(raw: int) -> int:
        return 2 * raw

    one = access.modify(REGISTER, 0, "a.R", {"plain": 1}, _raw)
    two = access.modify(REGISTER, 0, "b.R", {"plain": 1}, double)
    assert one.operations == two.operations
    assert (str(one), one.decode([3])) == ("modify a.R(plain=0x1)", 3)
    assert (str(two), two.decode([3])) == ("modify b.R(plain=0x1)", 6)


def test_what_is_kept_has_a_bound() -> None:
    """However much is kept, there are never more than KEPT_MAX, and the last is among them."""
    kept: dict[int, int] = {}
    for number in range(2 * KEPT_MAX + 2):
        assert keep(kept, number, -number) == -number
        assert len(kept) <= KEPT_MAX
        assert kept[number] == -number


class Part(RegisterMap):
    """What the generator makes of a group with one register."""

    __slots__ = ()

    CTRL = Member(AnyRegister)


class Whole(RegisterMap):
    """And of one with that group, alone and as an array."""

    __slots__ = ()

    ONE = Member(Part)
    LANE = ArrayMember(Part)


PART = GroupType(name="part", kind="regfile", size=8, children=(Child(name="CTRL", type=REGISTER, offset=4),))
WHOLE = GroupType(
    name="whole",
    kind="addrmap",
    size=0x100,
    children=(
        Child(name="ONE", type=PART, offset=0x80),
        Child(name="LANE", type=PART, offset=0, dimensions=(2, 3), stride=8),
    ),
)


@given(
    st.lists(
        st.tuples(st.integers(0, 2), st.integers(0, 1), st.integers(0, 2), st.sampled_from([None, 0, 0x1000])),
        max_size=12,
    )
)
def test_a_handle_is_where_its_parent_is_now(steps: list[tuple[int, int, int, int | None]]) -> None:
    """Asked for in any order, through any of several maps, one of which moves: place and path are always right."""
    maps = [Whole(WHOLE, 0x1000 * n, f"m{n}") for n in range(3)]
    lanes = [top.LANE for top in maps]
    for which, row, column, moved in steps:
        top = maps[which]
        top.address = top.address if moved is None else moved
        for _ in range(2):
            lane, one = top.LANE[row, column].CTRL, top.ONE.CTRL
            assert lanes[which][row, column].CTRL.address == lane.address
            assert (lane.address, lane.path) == (
                top.address + 8 * (3 * row + column) + 4,
                f"m{which}.LANE[{row}][{column}].CTRL",
            )
            assert (one.address, one.path) == (top.address + 0x84, f"m{which}.ONE.CTRL")


def test_no_handle_is_kept_but_the_last() -> None:
    """A name and an array keep one handle each, however many were asked for."""
    tops = [Whole(WHOLE, 0x1000 * n) for n in range(4)]
    assert tops[0].ONE is tops[0].ONE
    first = tops[0].ONE
    assert all(top.ONE.address == top.address + 0x80 for top in tops)
    assert tops[0].ONE is not first
    lanes = tops[0].LANE
    again = lanes[0, 1]
    assert lanes[0, 1] is again
    assert lanes[0, 2] is not again
    assert lanes[0, 1] is not again
