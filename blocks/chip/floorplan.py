"""Where the blocks of a chip lie, for people to look at: `[floorplan]`.

    [floorplan]                          # the chip itself
    areas = ["die[0] die[1]"]

    [floorplan."die[*]"]                 # each die
    areas = [
        "hbm[0] channel[0] router",      # columns; a name again beside or below itself makes its area wider or higher
        "hbm[1] channel[1] router",      # an index takes a part of an array: channel[1] is its sixteen channels
        "pcie   pcie       .",           # a dot is nothing
    ]

A table speaks of every block and map at its level, once. What has no table is laid out without one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import pairwise
from typing import TypeAlias, cast

from attrs import field, frozen

from blocks.chip.table import Table, choice, shown

Element: TypeAlias = tuple[str, tuple[int, ...]]  # name and indices of one block or map, within the map above it
_WORD = re.compile(r"\.|([A-Za-z_]\w*)((?:\[\d{1,6}\])*)")
_LEVEL = re.compile(r"([^.\[\]]+)((?:\[\d+\])*)")
SIDE_MAX = 64  # rows and columns; nobody sees more


@frozen
class Area:
    """A rectangle of the plan, and what lies in it.

    Attributes:
        name: as the file has it: `channel[1]`.
        row, column: of its upper left corner, from 0.
        rows, columns: how far it reaches.
    """

    name: str
    row: int
    column: int
    rows: int
    columns: int

    def holds(self, element: Element) -> bool:
        """Say whether a block or map of the plan's level lies here."""
        name, indices = _word(self.name)
        return element[0] == name and element[1][: len(indices)] == indices


@frozen
class Drawing:
    """One table of the floor plan.

    Attributes:
        rows, columns: of all areas together.
    """

    areas: tuple[Area, ...]
    rows: int
    columns: int


@frozen
class FloorPlan:
    """The tables, by the map that they are the plan of: `die[*]`, and the empty one for the chip."""

    drawings: Mapping[str, Drawing] = field(factory=dict[str, Drawing])

    def of(self, group: str) -> Drawing | None:
        """Return the plan of one map, `die[3]`; None when the file has none."""
        return self.drawings.get(group) or self.drawings.get(re.sub(r"\[\d+\]", "[*]", group))


def elements(group: str, blocks: Iterable[str]) -> dict[Element, str]:
    """Return the blocks and maps right below a map, each with its whole name, in the order of the blocks."""
    start = f"{group}." if group else ""
    found: dict[Element, str] = {}
    for block in blocks:
        if block.startswith(start):
            level = _LEVEL.match(block, len(start))
            assert level is not None, f"{block} has an empty level"
            found.setdefault((level[1], _indices(level[2])), start + level[0])
    return found


def read_floorplan(top: Table, blocks: Sequence[str]) -> FloorPlan:
    """Return what the file says of where things lie.

    Raises:
        ChipError: a table for what is no map, rows of different length, a name that is not there or is no rectangle,
            or a block that lies nowhere or twice.
    """
    table = top.table("floorplan")
    drawings: dict[str, Drawing] = {}
    if "areas" in table.values:
        drawings[""] = _drawing(table, [""], blocks)
    for pattern in table.values:
        if pattern != "areas":
            drawings[pattern] = _drawing(table.table(pattern), _groups(pattern, table, blocks), blocks)
            table.table(pattern).only("areas")
    return FloorPlan(drawings)


def _groups(pattern: str, table: Table, blocks: Iterable[str]) -> list[str]:
    """Return the maps that the key of a table stands for."""
    above = dict.fromkeys(block[: dot.start()] for block in blocks for dot in re.finditer(r"\.", block))
    fits = re.compile(re.escape(pattern).replace(r"\[\*\]", r"\[\d+\]"))
    found = [group for group in above if fits.fullmatch(group)]
    if not found:
        known = {re.sub(r"\[\d+\]", "[*]", group) for group in above}
        raise table.error(pattern, "no map of blocks under that name", choice(pattern, {*known, "areas"}))
    return found


def _drawing(table: Table, groups: Sequence[str], blocks: Sequence[str]) -> Drawing:
    rows = [_words(row, number, table) for number, row in enumerate(table.texts("areas"))]
    if not rows:
        raise table.error("areas", "nothing", "rows of names, a text each")
    for number, row in enumerate(rows):
        if len(row) != len(rows[0]):
            raise table.error(f"areas[{number}]", f"a row of {len(row)}", f"one of {len(rows[0])}, as the first is")
    if max(len(rows), len(rows[0])) > SIDE_MAX:
        raise table.error("areas", f"{len(rows)} x {len(rows[0])} cells", f"at most {SIDE_MAX} each way")
    drawing = Drawing(tuple(_areas(rows, table)), len(rows), len(rows[0]))
    fine: set[tuple[Element, ...]] = set()  # a hundred equal dies are looked at once
    for group, inside in _inside(groups, blocks).items():
        there = tuple(elements(group, inside))
        if there not in fine:
            _check_whole(drawing, there, group, table)
            fine.add(there)
    return drawing


def _inside(groups: Iterable[str], blocks: Sequence[str]) -> dict[str, list[str]]:
    """Return the blocks of each map, however far below."""
    found: dict[str, list[str]] = {group: [] for group in groups}
    for block in blocks:
        for end in (0, *(dot.start() for dot in re.finditer(r"\.", block))):
            if block[:end] in found:
                found[block[:end]].append(block)
    return found


def _words(row: str, number: int, table: Table) -> list[str]:
    words = row.split()
    for word in words:
        if not _WORD.fullmatch(word):
            raise table.error(f"areas[{number}]", shown(word), "names with indices, like hbm[0], and dots")
    if not words:
        raise table.error(f"areas[{number}]", "an empty row", "names with indices, like hbm[0], and dots")
    return words


def _areas(rows: Sequence[Sequence[str]], table: Table) -> Iterator[Area]:
    """Yield one area for each name; it must fill its rectangle."""
    cells: dict[str, list[tuple[int, int]]] = {}
    for row, words in enumerate(rows):
        for column, word in enumerate(words):
            cells.setdefault(word, []).append((row, column))
    cells.pop(".", None)
    for name, places in cells.items():
        top, left = places[0][0], min(column for _, column in places)
        high, wide = places[-1][0] - top + 1, max(column for _, column in places) - left + 1
        if len(places) != high * wide:
            found = f"{len(places)} cells of {name}, spread over {high} x {wide}"
            raise table.error("areas", found, "a rectangle")
        yield Area(name, top, left, high, wide)


def _check_whole(drawing: Drawing, there: Sequence[Element], group: str, table: Table) -> None:
    """Refuse an area in which nothing lies, and what lies in none or in two."""
    names = {text for element in there for text in _texts(element)}
    for area in drawing.areas:
        if not any(area.holds(element) for element in there):
            where = group or "the chip"
            raise table.error("areas", f"{area.name}, which {where} does not have", choice(area.name, names))
    for element in there:
        holding = [area.name for area in drawing.areas if area.holds(element)]
        name = list(_texts(element))[-1]
        if not holding:
            raise table.error("areas", f"no area of {name}", "one for every block and map of this level")
        if len(holding) > 1:
            raise table.error("areas", f"{name} in {' and in '.join(holding)}", "one area of each block and map")


def _texts(element: Element) -> Iterator[str]:
    """Yield what may stand for an element, the least specific first: `channel`, `channel[1]`, `channel[1][3]`."""
    text, indices = element
    yield text
    for index in indices:
        text += f"[{index}]"
        yield text


@cache
def _word(text: str) -> Element:
    found = cast("re.Match[str]", _WORD.fullmatch(text))
    return found[1], _indices(found[2])


def _indices(brackets: str) -> tuple[int, ...]:
    return tuple(int(index) for index in re.findall(r"\d+", brackets))


def folded(there: Sequence[Element]) -> int | None:
    """Return how many elements of a two-dimensional part of an array are in a row; None when it is no such part."""
    indices = [element[1] for element in there]
    differing = [level for level, values in enumerate(zip(*indices, strict=True)) if len(set(values)) > 1]
    if len(differing) != 2:
        return None
    rows = [tuple(values[: differing[1]]) for values in indices]
    width = rows.count(rows[0])
    whole = len(rows) % width == 0 and sum(a != b for a, b in pairwise(rows)) == len(rows) // width - 1
    return width if whole else None
