"""Dotted paths: what they lead to, and what is said of one that leads nowhere."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registers.handles import AnyMap, AnyRegister
from registers.paths import instead, parse, path_of, steps_of
from registers.schema import Child, FieldType, GroupType, MemoryType, RegisterType, Step

NAMES = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,8}", fullmatch=True)
STEPS = st.lists(
    st.builds(Step, NAMES, st.lists(st.integers(0, 1 << 40), max_size=3).map(tuple)), min_size=1, max_size=5
).map(tuple)

WORD = RegisterType(name="word", width=4, access=4, fields=(FieldType(name="x", lsb=0, width=32),))
LANE = GroupType(
    name="lane",
    kind="regfile",
    size=8,
    children=(Child(name="CTRL", type=WORD, offset=0), Child(name="STATUS", type=WORD, offset=4)),
)
ROOT = AnyMap(
    GroupType(
        name="plic",
        kind="addrmap",
        size=0x1000,
        children=(
            Child(name="PRIORITY", type=WORD, offset=0, dimensions=(54,), stride=4),
            Child(name="GRID", type=WORD, offset=0x100, dimensions=(2, 3), stride=4),
            Child(name="LANE", type=LANE, offset=0x200, dimensions=(4,), stride=8),
            Child(name="RAM", type=MemoryType(name="ram", entries=4, width=4), offset=0x400),
        ),
    )
)


@given(STEPS)
def test_a_path_and_its_steps_are_one(steps: tuple[Step, ...]) -> None:
    """Steps printed and parsed are the same steps."""
    assert steps_of(path_of(steps)) == steps


@given(st.text("aB[].*0x-_ ", max_size=12))
def test_what_is_parsed_is_all_that_was_written(path: str) -> None:
    """A text is a path only when its parts, put together again, are that text: nothing is dropped or overlooked."""
    try:
        levels = parse(path)
    except ValueError:
        return
    assert ".".join(name + "".join(f"[{text}]" for text in texts) for name, texts in levels) == path


@pytest.mark.parametrize("path", ["PRIORITY[4]", "PRIORITY[0x4]", "GRID[1][2]", "LANE[3].STATUS"])
def test_a_path_leads_to_its_register(path: str) -> None:
    """A path with every index leads to one register, whose own path is in decimal."""
    found = ROOT.at(path)
    assert isinstance(found, AnyRegister)
    assert found.path == path.replace("0x", "")


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("PRIORITY[4", "'PRIORITY[4' in 'PRIORITY[4' is no name with indices, like LANE[3]"),
        ("PRIORITY4]", "no name with indices"),
        ("PRIORITY[4]]", "no name with indices"),
        ("PRIORITY[[4]", "no name with indices"),
        ("PRIORITY[]", "no name with indices"),
        ("PRIORITY[4]x", "no name with indices"),
        ("PRIORITY[4]x[5]", "no name with indices"),
        ("[4]", "no name with indices"),
        ("", "no name with indices"),
        ("LANE[1].", "no name with indices"),
        ("LANE[1]..CTRL", "no name with indices"),
        ("PRIORITY[four]", "['four'] in 'PRIORITY[four]' are no indices"),
        ("PRIORITY[ 4]", "are no indices"),
        ("PRIORITY[1_0]", "are no indices"),
        ("PRIORITY[04]", "are no indices"),
        ("PRIORTY[4]", "plic has no 'PRIORTY'; did you mean PRIORITY?"),
        ("priority[4]", "plic has no 'priority'; did you mean PRIORITY?"),
        ("LANE[1].STATE", "LANE[1] has no 'STATE'; did you mean STATUS?"),
        ("XYZ", "plic has no 'XYZ'; it has PRIORITY, GRID, LANE, RAM"),
        ("LANE[1].CTRL.x", "LANE[1].CTRL is a register; nothing stands below it but its fields"),
        ("RAM.x", "RAM has no 'x'; it has none"),
    ],
)
def test_a_path_that_leads_nowhere_says_why(path: str, words: str) -> None:
    """What is no path, or names what is not there, is a ValueError that says what to write."""
    with pytest.raises(ValueError, match=re.escape(words)):
        ROOT.at(path)


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("PRIORITY", "PRIORITY is an array; expected PRIORITY[0] to PRIORITY[53]"),
        ("PRIORITY[54]", "there is no PRIORITY[54]; expected PRIORITY[0] to PRIORITY[53]"),
        ("PRIORITY[-1]", "there is no PRIORITY[-1]; expected PRIORITY[0] to PRIORITY[53]"),
        ("PRIORITY[1][2]", "there is no PRIORITY[1][2]; expected PRIORITY[0] to PRIORITY[53]"),
        ("GRID[1]", "there is no GRID[1]; expected GRID[0][0] to GRID[1][2]"),
        ("LANE[4].CTRL", "there is no LANE[4]; expected LANE[0] to LANE[3]"),
        ("LANE.CTRL", "LANE is an array; expected LANE[0] to LANE[3]"),
        ("LANE[1].CTRL[0]", "CTRL is no array, and takes no index"),
    ],
)
def test_an_index_that_is_not_there_says_the_range(path: str, words: str) -> None:
    """An index that is missing, too many or outside is an IndexError with the first and the last element."""
    with pytest.raises(IndexError, match=re.escape(words)):
        ROOT.at(path)


def test_a_long_list_of_names_is_cut() -> None:
    """Of many names a message has a dozen, and their number."""
    said = instead("zzz", [f"R{k}" for k in range(40)])
    assert said == "; it has " + ", ".join(f"R{k}" for k in range(12)) + ", ... (40 in all)"
