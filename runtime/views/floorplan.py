"""The floor plan of a chip as HTML: a tile for each block, coloured by its state, where the chip's file places it.

A map without a plan of its own shows its arrays one after the other, in the order of the file.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import ceil, sqrt

from blocks.chip.floorplan import Drawing, Element, FloorPlan, elements, folded
from runtime.views.markup import text
from runtime.views.standing import Standing

WIDE = 1.9  # how much wider than high a cell of a plan is, roughly


def floorplan(name: str, plan: FloorPlan, standings: Mapping[str, Standing]) -> str:
    """Return the plan of a chip as one HTML element."""
    return "".join(_Drawer(plan, standings).group("", name))


class _Drawer:
    def __init__(self, plan: FloorPlan, standings: Mapping[str, Standing]) -> None:
        self.plan, self.standings = plan, standings
        self.numbers = {name: number for number, name in enumerate(standings)}

    def group(self, group: str, title: str) -> Iterator[str]:
        """Draw a map: what lies right below it, by its plan or one after the other."""
        there = elements(group, self.standings)
        drawing = self.plan.of(group)
        yield f'<section class="map" aria-label="{text(title)}"><h3>{text(title)}</h3>'
        yield from self._flowing(there) if drawing is None else self._placed(there, drawing)
        yield "</section>"

    def _placed(self, there: Mapping[Element, str], drawing: Drawing) -> Iterator[str]:
        yield f'<div class="plan" style="grid-template-columns: repeat({drawing.columns}, 1fr)">'
        for area in drawing.areas:
            held = {element: name for element, name in there.items() if area.holds(element)}
            style = f"grid-area: {area.row + 1} / {area.column + 1} / span {area.rows} / span {area.columns}"
            yield from self._area(area.name, held, style, WIDE * area.columns / area.rows)
        yield "</div>"

    def _flowing(self, there: Mapping[Element, str]) -> Iterator[str]:
        yield '<div class="flow">'
        arrays: dict[str, dict[Element, str]] = {}
        for element, name in there.items():
            arrays.setdefault(element[0], {})[element] = name
        for title, held in arrays.items():
            yield from self._area(title, held, "", WIDE)
        yield "</div>"

    def _area(self, title: str, held: Mapping[Element, str], style: str, shape: float) -> Iterator[str]:
        """Draw one area: the blocks in it as tiles, or the maps in it."""
        placed = f' style="{style}"' if style else ""
        maps = {element: name for element, name in held.items() if name not in self.standings}
        if maps:
            yield f'<div class="maps"{placed}>'
            for (stem, indices), name in maps.items():
                yield from self.group(name, stem + "".join(f"[{index}]" for index in indices))
            yield "</div>"
            return
        across = folded(list(held)) or _across(len(held), shape)
        yield f'<div class="area"{placed}><h4 title="{text(title)}">{text(title)}</h4>'
        yield f'<div class="tiles" style="grid-template-columns: repeat({across}, minmax(0, 1fr))">'
        yield from (self._tile(self.standings[name]) for name in held.values())
        yield "</div></div>"

    def _tile(self, block: Standing) -> str:
        said = [f"{block.block} ({block.type}): {block.state}"]
        said += [f"rung {block.rung}"] if block.rung else []
        said += [block.reason] if block.reason else []
        kind = block.state.replace(" ", "-")
        return f'<a class="tile {kind}" href="#b{self.numbers[block.block]}" title="{text("; ".join(said))}"></a>'


def _across(number: int, shape: float) -> int:
    """Return how many of so many tiles stand side by side in an area that is `shape` times as wide as high.

    Rows are full wherever that leaves the tiles less than twice as wide, or as narrow, as they would be.
    """
    ideal = max(1.0, min(number, sqrt(number * shape)))
    even = [wide for wide in range(1, number + 1) if number % wide == 0 and 0.5 < wide / ideal < 2]
    rows = max(1, round(number / ideal)) if number else 1
    return min(even, key=lambda wide: max(wide / ideal, ideal / wide), default=ceil(number / rows))
