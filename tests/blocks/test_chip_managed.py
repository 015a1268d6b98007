"""No block of a register map is forgotten, at whatever depth it stands."""

from __future__ import annotations

import pytest

from blocks.chip.managed import check_named
from blocks.chip.table import ChipError, Table
from registers.schema import Child, GroupType, MemoryType

LEAF = GroupType(name="leaf", kind="addrmap", size=0x100, children=())
DIE = GroupType(
    name="die",
    kind="addrmap",
    size=0x1000,
    children=(
        Child(name="pll", type=LEAF, offset=0, dimensions=(2,), stride=0x100),
        Child(name="crg", type=LEAF, offset=0x400),
    ),
)
ROOT = GroupType(
    name="chip",
    kind="addrmap",
    size=0x4000,
    children=(
        Child(name="die", type=DIE, offset=0, dimensions=(2,), stride=0x1000),
        Child(name="top", type=LEAF, offset=0x3000),
        Child(name="scratch", type=MemoryType(name="scratch", entries=4, width=4), offset=0x3800),
    ),
)
ALL = ["top", *(f"die[{die}].{name}" for die in (0, 1) for name in ("pll[0]", "pll[1]", "crg"))]


def table(*unmanaged: str) -> Table:
    return Table("f.toml", "", {"chip": {"unmanaged": list(unmanaged)}})


def test_a_map_of_which_all_is_named_is_whole() -> None:
    """Blocks below others are enough for the group that holds them; a memory is no block."""
    check_named(ROOT, ALL, table())
    check_named(ROOT, ["top"], table("die[*]"))
    check_named(ROOT, ["top", "die[0].crg"], table("die[*].pll[*]", "die[1].crg"))
    with pytest.raises(ChipError):
        check_named(ROOT, ["top"], table("die[0]"))


@pytest.mark.parametrize("name", ALL)
def test_each_block_that_is_left_out_is_named(name: str) -> None:
    """Whichever block nobody speaks of, the error says which, and speaking of it is enough."""
    others = [other for other in ALL if other != name]
    with pytest.raises(ChipError, match="nothing about") as caught:
        check_named(ROOT, others, table())
    assert f"nothing about {name}," in caught.value.found
    check_named(ROOT, others, table(name))
