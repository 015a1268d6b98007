"""From the name of a block, wildcards included, to where it stands in the chip's register map."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import TypeAlias

from attrs import frozen

from blocks.chip.table import choice
from registers.paths import parse
from registers.schema import Child, GroupType

Indices: TypeAlias = tuple[int, ...]


class NoPlace(Exception):
    """Nothing stands under a name; the arguments are what was found and what was expected."""


@frozen(eq=False)
class Spot:
    """One block in the map: `indices` are those of every level of its name, in order."""

    name: str
    indices: Indices
    address: int
    layout: GroupType


def spots(root: GroupType, pattern: str) -> Iterator[Spot]:
    """Yield every block that a pattern like `die[*].pll[3]` stands for, in order of address within each array.

    Raises:
        NoPlace: the pattern is no name, or no block stands there.
    """
    try:
        levels = parse(pattern)
    except ValueError as problem:
        raise NoPlace(str(problem), "the name of a block, like pll[3] or pll[*]") from None
    yield from _below(Spot("", (), 0, root), levels)


def _below(above: Spot, levels: tuple[tuple[str, tuple[str, ...]], ...]) -> Iterator[Spot]:
    (name, brackets), *rest = levels
    child = above.layout.by_name.get(name)
    if child is None:
        groups = [c.name for c in above.layout.children if isinstance(c.type, GroupType)]
        raise NoPlace(f"no block {name!r} in {above.name or 'the register map'}", choice(name, groups))
    if not isinstance(child.type, GroupType):
        raise NoPlace(f"a {type(child.type).__name__.removesuffix('Type').lower()}", "an address map of a block type")
    for indices in product(*_choices(child, brackets)):
        path = name + "".join(f"[{index}]" for index in indices)
        spot = Spot(
            name=f"{above.name}.{path}" if above.name else path,
            indices=(*above.indices, *indices),
            address=above.address + child.offset_of(indices),
            layout=child.type,
        )
        yield from _below(spot, tuple(rest)) if rest else (spot,)


def _choices(child: Child, brackets: tuple[str, ...]) -> list[range]:
    """Return the indices that each pair of brackets stands for."""
    example = child.name + "".join(f"[0..{size - 1}]" for size in child.dimensions)
    if len(brackets) != len(child.dimensions):
        found = f"{child.name} with {len(brackets)} indices" if brackets else f"{child.name} without index"
        raise NoPlace(found, f"{example}{' or [*]' if child.dimensions else ''}")
    ranges: list[range] = []
    for text, size in zip(brackets, child.dimensions, strict=True):
        if text == "*":
            ranges.append(range(size))
        elif text.isdecimal() and int(text) < size:
            ranges.append(range(int(text), int(text) + 1))
        else:
            raise NoPlace(f"index {text!r}", f"{example} or [*]")
    return ranges
