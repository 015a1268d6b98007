"""A look at a ladder: one read-only batch, and the lowest rung that does not hold, with what stands there instead."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blocks.ladder import US, Ladder, Rung, Where
from blocks.look import Look, Shortfall, compile_look
from registers.handles import AnyRegister, RegisterValue
from registers.schema import EnumMember, EnumType, FieldType, RegisterType
from transports.batch import Batch, Read, Results, batch, count_accesses
from transports.engine import Window, interpret
from transports.errors import BusFault, DeviceLost

SOURCE = EnumType("source_e", (EnumMember("REFERENCE", 0), EnumMember("PLL", 1)))


def register(name: str, address: int, *, width: int = 4) -> AnyRegister:
    fields = (
        FieldType(name="source", lsb=0, width=2, encode=SOURCE),
        FieldType(name="count", lsb=8 * width - 16, width=16),
    )
    return AnyRegister(RegisterType(name=name, width=width, access=4, fields=fields), address, name)


A, B, WIDE = register("A", 0), register("B", 4), register("WIDE", 8, width=8)


def below(a: RegisterValue, b: RegisterValue) -> bool:
    return a.raw < b.raw


BELOW = Where("A is below B", (A.read(), B.read()), below)

LADDER = Ladder(
    Rung("first", holds=[A.check(source=1), B.check(count=7)], within=US),
    Rung("second", holds=[BELOW], within=US),
    Rung("third", holds=[WIDE.check(source=0, count=0x1234)], within=US),
)
COUNT = "count=0x1234"
UP = (1, 7 << 16, 0, 0x1234 << 16)  # the words of a device on which all of it holds


def run(look: Look, words: tuple[int, ...], before: Batch | None = None) -> Results:
    """Run a look, after another batch, on a device that holds these words."""
    window = Window(bytearray(b"".join(word.to_bytes(4, "little") for word in words)))
    try:
        next(interpret(Batch((*(before or ()), *look.batch)), window, lambda: 0.0))
    except StopIteration as stop:
        results: Results = stop.value
        return results
    raise AssertionError("a look waits")


def test_a_look_only_reads() -> None:
    """All conditions of a ladder compile to one batch that writes nothing, one read for each word compared."""
    assert count_accesses(compile_look(LADDER).batch.operations) == (6, 0)


def test_what_holds_is_not_short() -> None:
    """Where every condition holds, nothing is short."""
    look = compile_look(LADDER)
    assert look.judge(run(look, UP), "pll0") is None


@pytest.mark.parametrize(
    ("place", "word", "short"),
    [
        (0, 0, Shortfall(0, "first", "A", "source=PLL", "source=REFERENCE (word 0x0)")),
        (0, 3, Shortfall(0, "first", "A", "source=PLL", "source=0x3 (word 0x3)")),
        (1, 8 << 16, Shortfall(0, "first", "B", "count=0x7", "count=0x8 (word 0x80000)")),
        (
            0, 1 << 30 | 1,
            Shortfall(1, "second", "A, B", "A is below B", "A(source=0x1, count=0x4000), B(source=0x0, count=0x7)"),
        ),
        (2, 1, Shortfall(2, "third", "WIDE", f"source=REFERENCE, {COUNT}", "source=PLL, count=0x0 (word 0x1)")),
        (3, 0, Shortfall(2, "third", "WIDE", f"source=REFERENCE, {COUNT}", "source=REFERENCE, count=0x0 (word 0x0)")),
    ],
)  # fmt: skip
def test_the_lowest_rung_that_does_not_hold_is_found(place: int, word: int, short: Shortfall) -> None:
    """A shortfall says which rung, which register, what was wanted and what stood there, in the RDL's own names."""
    look = compile_look(LADDER)
    words = (*UP[:place], word, *UP[place + 1 :])
    assert look.judge(run(look, words), "pll0") == short


@given(st.tuples(*(st.sampled_from([0, good]) for good in UP)))
def test_a_look_agrees_with_looking_at_each_rung(words: tuple[int, ...]) -> None:
    """The look at a ladder finds the first of its rungs whose own look finds it short."""
    whole = compile_look(LADDER)
    each = [compile_look(LADDER, index, index + 1) for index in range(len(LADDER))]
    shorts = (look.judge(run(look, words), "pll0") for look in each)
    assert whole.judge(run(whole, words), "pll0") == next((short for short in shorts if short is not None), None)


def test_a_condition_over_values_names_the_fields_it_does_not_hold_for() -> None:
    """Where with each field as intended a condition would hold, those are told; where it would not, all it reads is."""
    intended = [A.check(source=1), WIDE.check(count=0x1234)]
    reads = (B.read(), A.read(), WIDE.read())

    def holds(b: RegisterValue, a: RegisterValue, wide: RegisterValue) -> bool:
        return b.raw == 7 << 16 and a.raw == 1 and wide.raw == 0x1234 << 48

    look = compile_look(Ladder(Rung("only", holds=[Where("all of it", reads, holds, intended=intended)], within=US)))
    short = look.judge(run(look, (0, 7 << 16, 0, 0x1235 << 16)), "pll0")
    assert short is not None
    assert (short.register, short.wanted) == ("A, WIDE", "source=PLL, count=0x1234")
    assert short.bits == "source bit 0 is 0, count bit 0 is 1"
    short = look.judge(run(look, (0, 8 << 16, 0, 0x1234 << 16)), "pll0")
    assert short is not None
    assert (short.register, short.wanted, short.wrong) == ("B, A, WIDE", "all of it", ())


def test_a_look_at_some_rungs_keeps_their_places() -> None:
    """A look from a rung on, up to another or beyond the top, names rungs by their places in the ladder."""
    look = compile_look(LADDER, 1, 9)
    short = look.judge(run(look, (1, 7 << 16, 0, 0)), "pll0")
    assert short is not None
    assert (short.index, short.rung) == (2, "third")
    assert compile_look(LADDER, 3).places == ()


def test_a_look_behind_other_operations_is_judged_from_there() -> None:
    """In a batch that acts first, the look begins at the operation it is told."""
    look = compile_look(LADDER)
    act = batch(Read(0), Read(4), Read(8))
    assert look.judge(run(look, UP, act), "pll0", first=3) is None
    short = look.judge(run(look, (1, 7 << 16, 0, 0), act), "pll0", first=3)
    assert short is not None
    assert short.rung == "third"


def test_an_error_is_raised_with_the_register_it_struck() -> None:
    """Where the bus failed instead of answering, the error names block and register, in a check and in a condition."""
    look = compile_look(LADDER)
    for done, where in ((0, "pll0.A"), (1, "pll0.B"), (2, "pll0.A"), (5, "pll0.WIDE")):
        values = (1, 7 << 16, 1, 7 << 16, 0)[:done]
        with pytest.raises(BusFault) as caught:
            look.judge(Results(values, BusFault("no answer", index=done)), "pll0")
        assert (caught.value.where, caught.value.index) == (where, done)
    with pytest.raises(DeviceLost):
        look.judge(Results((), DeviceLost("gone")), "pll0", first=0)


def test_a_condition_is_given_typed_values() -> None:
    """A condition over values is called with one decoded value for each of its reads."""
    seen: list[tuple[RegisterValue, ...]] = []

    def holds(*values: RegisterValue) -> bool:
        seen.append(values)
        return True

    look = compile_look(Ladder(Rung("only", holds=[Where("anything", (WIDE.read(), A.read()), holds)], within=US)))
    assert look.judge(run(look, UP), "pll0") is None
    assert [[value.field("count") for value in values] for values in seen] == [[0x1234, 0]]
