"""A floor plan has a place for every block, or is refused with what is wrong."""

from __future__ import annotations

from typing import Any

import pytest

from blocks.chip import load_chip
from blocks.chip.floorplan import Area, FloorPlan, elements, folded, read_floorplan
from blocks.chip.table import ChipError, Table

LANES = [("lane", (i, j)) for i in (0, 1) for j in (0, 1, 2)]
BELOW = ["pll", *(f"{name}[{i}][{j}]" for name, (i, j) in LANES)]
BLOCKS = ["top", *(f"die[{die}].{name}" for die in (0, 1) for name in BELOW)]
DIE = "die[*]"


def plan(**tables: Any) -> FloorPlan:
    return read_floorplan(Table("f.toml", "", {"floorplan": tables}), BLOCKS)


def test_a_plan_places_blocks_and_maps() -> None:
    """Areas span what repeats their name; a map has its own plan, by its exact name or by that of its array."""
    found = plan(areas=["die top", "die ."], **{DIE: {"areas": ["pll lane[0]", "pll lane[1]"]}})

    chip = found.of("")
    assert chip is not None
    assert (chip.rows, chip.columns, chip.areas) == (2, 2, (Area("die", 0, 0, 2, 1), Area("top", 0, 1, 1, 1)))
    die = found.of("die[1]")
    assert die is not None
    assert [area.name for area in die.areas] == ["pll", "lane[0]", "lane[1]"]
    assert die.areas[2].holds(("lane", (1, 2)))
    assert not die.areas[2].holds(("lane", (0, 1)))
    assert found.of("core") is None


def test_what_has_no_table_has_no_plan() -> None:
    """A chip without floor plan is laid out without one."""
    assert read_floorplan(Table("f.toml", "", {}), BLOCKS).drawings == {}


@pytest.mark.parametrize(
    ("areas", "complaint"),
    [
        ([], "areas: found nothing; expected rows of names"),
        (["pll lane", "lane"], "areas[1]: found a row of 1; expected one of 2, as the first is"),
        (["pll lane", ""], "areas[1]: found an empty row"),
        (["pll lane!"], "areas[0]: found 'lane!'; expected names with indices"),
        (["pll lane", "lane pll"], "areas: found 2 cells of pll, spread over 2 x 2; expected a rectangle"),
        (["lane . lane pll"], "areas: found 2 cells of lane, spread over 1 x 3; expected a rectangle"),
        (["pll lane usb"], "areas: found usb, which die[0] does not have; expected one of lane, "),
        (["pll lane[0] lane[1] lane[2]"], "areas: found lane[2], which die[0] does not have; expected `lane[1]`"),
        (["lane lane"], "areas: found no area of pll; expected one for every block and map of this level"),
        (["pll lane[0]"], "areas: found no area of lane[1][0]; expected one for every"),
        (["pll lane lane[1]"], "areas: found lane[1][0] in lane and in lane[1]; expected one area of each"),
        (["pll " + "lane " * 64], "areas: found 1 x 65 cells; expected at most 64 each way"),
    ],
)  # fmt: skip
def test_a_wrong_plan_is_refused(areas: list[str], complaint: str) -> None:
    """Whatever is wrong with a plan, the error says where, what stands there, and what should."""
    with pytest.raises(ChipError) as caught:
        plan(**{DIE: {"areas": areas}})
    assert str(caught.value).startswith(f'f.toml: floorplan."{DIE}".{complaint}')


@pytest.mark.parametrize(
    ("tables", "complaint"),
    [
        ({"dye[*]": {"areas": ["pll"]}}, 'floorplan."dye[*]": found no map of blocks under that name; expected `die['),
        ({DIE: {"areas": ["pll lane"], "colour": "red"}}, 'floorplan."die[*]".colour: found an unknown key'),
        ({DIE: {"areas": [3]}}, 'floorplan."die[*]".areas[0]: found 3; expected text'),
        ({"areas": "die top"}, "floorplan.areas: found 'die top'; expected a list"),
    ],
)  # fmt: skip
def test_a_wrong_table_is_refused(tables: dict[str, Any], complaint: str) -> None:
    """A table for a map that is not there, or with words that nothing reads, is refused."""
    with pytest.raises(ChipError) as caught:
        plan(**tables)
    assert str(caught.value).startswith(f"f.toml: {complaint}")


def test_elements_are_what_stands_right_below() -> None:
    """Of names of blocks, one level is taken: blocks, and maps once each."""
    assert list(elements("", BLOCKS).values()) == ["top", "die[0]", "die[1]"]
    assert list(elements("die[1]", BLOCKS)) == [("pll", ()), *LANES]


def test_a_two_dimensional_array_keeps_its_rows() -> None:
    """The rows of an array, or of a part of one, are as long as its last index goes; other shapes have no rows."""
    assert folded(LANES) == 3
    assert folded(LANES[:3]) is None
    assert folded(LANES[:5]) is None
    assert folded([("pll", ())]) is None


def test_the_large_chip_has_a_plan() -> None:
    """atlas says where everything lies, whatever the number of its dies."""
    for name in ("atlas", "atlas?die=4"):
        chip = load_chip(name)
        assert chip.floorplan.of("") is not None
        assert chip.floorplan.of("die[1]") is not None
