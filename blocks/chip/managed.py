"""Whether a chip's file speaks of every block in the register map: a forgotten one stays at reset, unseen."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from blocks.chip.layout import NoPlace, spots
from blocks.chip.table import Table
from registers.schema import GroupType


def check_named(root: GroupType, named: Collection[str], top: Table) -> None:
    """Refuse a block of the map that has no table in [blocks] and is not `unmanaged`.

    Raises:
        ChipError: names the first such block; or the entry of `unmanaged` under which nothing stands.
    """
    head = top.table("chip")
    spoken = set(named)
    for position, pattern in enumerate(head.texts("unmanaged")):
        try:
            spoken.update(spot.name for spot in spots(root, pattern))
        except NoPlace as problem:
            found, expected = problem.args
            raise head.error(f"unmanaged[{position}]", found, expected) from None
    for name in _forgotten(root, spoken):
        expected = f'a table [blocks."{name}"], or "{name}" in `unmanaged` of [chip]'
        raise top.error("blocks", f"nothing about {name}, which stands in the register map", expected)


def _forgotten(root: GroupType, spoken: set[str]) -> Iterator[str]:
    """Yield each block that nobody spoke of; a group that holds blocks somebody spoke of is none itself."""
    paths = {re.sub(r"\[\d+\]", "", name) for name in spoken}
    above = {path[: found.start()] for path in paths for found in re.finditer(r"\.", path)}
    todo: list[tuple[str, str, GroupType]] = [("", "", root)]
    while todo:
        path, pattern, group = todo.pop()
        for child in group.children:
            if not isinstance(child.type, GroupType):
                continue
            here = f"{path}.{child.name}" if path else child.name
            every = (f"{pattern}." if pattern else "") + child.name + "[*]" * len(child.dimensions)
            if here in paths:
                yield from (spot.name for spot in spots(root, every) if spot.name not in spoken)
            elif here in above:
                todo.append((here, every, child.type))
            else:
                yield every
