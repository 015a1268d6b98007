"""Counter fields of a register file."""

from __future__ import annotations

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from registers.model import RegisterFile
from registers.schema import Child, Counter, FieldType, GroupType, Ref, RegisterType, Step
from registers.semantics import Hw, OnRead, Sw


def _file(counter: Counter, *more: FieldType, width: int = 4, **properties: bool) -> RegisterFile:
    count = FieldType(name="n", lsb=8, width=width, reset=0, counter=counter, properties=properties)
    register = RegisterType(name="R", width=4, access=4, fields=(*more, count))
    children = (Child(name="R", type=register, offset=0),)
    return RegisterFile(GroupType(name="top", kind="addrmap", size=4, children=children))


def _here(name: str, member: str = "") -> Ref:
    return Ref(up=0, path=(Step(name),), member=member)


@given(
    st.integers(1, 6),
    st.lists(st.tuples(st.booleans(), st.integers(0, 40)), max_size=8),
    st.integers(1, 7),
    st.integers(1, 7),
)
def test_counter_wraps_and_tells(width: int, acts: list[tuple[bool, int]], up: int, down: int) -> None:
    """A counter without saturation counts modulo its width; each call that wraps is one overflow or underflow."""
    counter = Counter(incrvalue=up, decrvalue=down, up=True, down=True)
    file = _file(counter, width=width, overflow=True, underflow=True)
    events: list[str] = []
    file.on_event("R.n", "overflow", lambda: events.append("over"))
    file.on_event("R.n", "underflow", lambda: events.append("under"))
    held, expected = 0, list[str]()
    for rises, times in acts:
        total = held + times * up if rises else held - times * down
        (file.increment if rises else file.decrement)("R.n", times)
        held = total % (1 << width)
        expected += [] if total == held else ["over" if rises else "under"]
        assert file.field("R.n").value == held
    assert events == expected


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 20)), max_size=8), st.integers(8, 15), st.integers(0, 7))
def test_counter_saturates(acts: list[tuple[bool, int]], top: int, bottom: int) -> None:
    """A saturating counter stops at its bounds, and says that it stands there."""
    file = _file(Counter(incrsaturate=top, decrsaturate=bottom, up=True, down=True))
    cell = file.field("R.n")
    cell.force(bottom)
    held = bottom
    for rises, times in acts:
        (cell.increment if rises else cell.decrement)(times)
        held = min(top, held + times) if rises else max(bottom, held - times)
        assert cell.value == held
        assert file.output("R.n", "incrsaturate") == int(held >= top)
        assert file.output("R.n", "decrsaturate") == int(held <= bottom)


def test_true_means_the_end_of_the_range() -> None:
    """`incrsaturate` and `decrthreshold` without a value are the largest and the smallest the field holds."""
    file = _file(Counter(incrsaturate=True, decrthreshold=True))
    assert file.output("R.n", "decrthreshold") == 1
    file.increment("R.n", 100)
    assert file.read(0) == 0xF00
    assert file.output("R.n", "decrthreshold") == 0


@given(st.integers(0, 15), st.integers(0, 15))
def test_threshold_may_be_another_field(held: int, limit: int) -> None:
    """A threshold that refers to a field follows it: at or above the one, at or below the other."""
    bound = FieldType(name="limit", lsb=0, width=4, reset=0)
    file = _file(Counter(incrthreshold=_here("limit"), decrthreshold=_here("limit")), bound)
    file.write(0, held << 8 | limit)
    assert file.output("R.n", "incrthreshold") == int(held >= limit)
    assert file.output("R.n", "decrthreshold") == int(held <= limit)


def test_amount_may_be_another_field_or_the_hardwares() -> None:
    """`incrvalue` by reference is that field's value at each count; `incrwidth` lets the hardware give the amount."""
    step = FieldType(name="step", lsb=0, width=3, reset=3)
    file = _file(Counter(incrvalue=_here("step")), step)
    file.increment("R.n", 2)
    assert file.field("R.n").value == 6
    given_by_hardware = _file(Counter(incrwidth=3))
    given_by_hardware.increment("R.n", 7)
    assert given_by_hardware.field("R.n").value == 7
    with pytest.raises(ValueError, match="3 bits"):
        given_by_hardware.increment("R.n", 8)


@pytest.mark.parametrize(("counter", "verb"), [(Counter(), "decrement"), (Counter(up=False, down=True), "increment")])
def test_counter_counts_only_as_described(counter: Counter, verb: str) -> None:
    """An up counter does not count down, nor the other way round: a ValueError that names the field."""
    with pytest.raises(ValueError, match=r"R\.n does not count"):
        getattr(_file(counter), verb)("R.n")


def test_reference_counts_once_a_rise() -> None:
    """An `incr` that refers to a field counts when that field goes from 0 to 1, and not while it stays."""
    go = FieldType(name="go", lsb=0, width=1, reset=0)
    file = _file(Counter(incr=_here("go")), go)
    for word in (1, 1, 0, 1):
        file.write(0, file.read(0) & ~1 | word)
    assert file.field("R.n").value == 2


@given(st.integers(0, 300))
def test_one_counter_carries_into_the_next(times: int) -> None:
    """Counters whose `incr` is the overflow of the one below count as one counter of all their bits."""
    low = FieldType(name="low", lsb=0, width=2, reset=0, counter=Counter())
    mid = FieldType(name="mid", lsb=2, width=2, reset=0, counter=Counter(incr=_here("low", "overflow")))
    file = _file(Counter(incr=_here("mid", "overflow")), low, mid)
    for _ in range(times):
        file.increment("R.low")
    assert file.field("R.n").value << 4 | file.read(0) & 0xF == times % 256


def test_counts_of_one_cycle_add_up() -> None:
    """In one cycle a counter counts up and down by all it is told, an overflow is one event, a pulse is seen after."""
    fire = FieldType(name="fire", lsb=0, width=1, reset=0, singlepulse=True)
    pulses = FieldType(name="pulses", lsb=1, width=3, reset=0, counter=Counter(incr=_here("fire")))
    file = _file(Counter(up=True, down=True), fire, pulses, overflow=True)
    events: list[str] = []
    file.on_event("R.n", "overflow", lambda: events.append("over"))
    with file.cycle():
        file.increment("R.n", 15)
        file.increment("R.n", 2)
        file.decrement("R.n")
        file.write(0, 1, strobes=1)
        assert file.read(0) == 0
    assert file.read(0) == 0x002
    assert events == ["over"]


def test_counting_pulse_of_a_singlepulse_field() -> None:
    """A singlepulse field counts its counter up at each write of 1, though it never reads 1."""
    fire = FieldType(name="fire", lsb=0, width=1, reset=0, singlepulse=True)
    file = _file(Counter(incr=_here("fire")), fire)
    for word in (1, 0, 1, 1):
        file.write(0, file.read(0) | word)
    assert file.read(0) == 0x300


def test_read_clears_the_count() -> None:
    """A counter that a read clears begins again at 0."""
    count = FieldType(
        name="n", lsb=0, width=8, sw=Sw.R, hw=Hw.NA, onread=OnRead.RCLR, reset=0, counter=Counter(incrsaturate=True)
    )
    register = RegisterType(name="R", width=4, access=4, fields=(count,))
    children = (Child(name="R", type=register, offset=0),)
    file = RegisterFile(GroupType(name="top", kind="addrmap", size=4, children=children))
    file.increment("R.n", 300)
    assert [file.read(0), file.read(0)] == [255, 0]


def test_no_counter_no_counting() -> None:
    """Counting a field that is no counter is a ValueError; so is an event that the description does not declare."""
    plain = evolve(FieldType(name="x", lsb=0, width=1))
    file = _file(Counter(), plain)
    with pytest.raises(ValueError, match=r"R\.x does not count up"):
        file.increment("R.x")
    with pytest.raises(ValueError, match="no swmod event"):
        file.on_event("R.x", "swmod", lambda: None)
