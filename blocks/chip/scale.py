"""A chip in another size: `atlas?die=20` is atlas with twenty dies, where its file lists `die` as `scalable`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import cast

from attrs import evolve, frozen

from blocks.chip.table import ChipError, Table, choice, joined, shown
from registers.model.place import size_of
from registers.schema import Child, GroupType, Image, NodeType

COUNT_MAX = 1 << 20
BLOCKS_MAX = 1 << 20  # simulated, 10,000 took 0.58 GB; more is a typing error


def split(text: str) -> tuple[str, Mapping[str, int]]:
    """Return the chip's name or path, and how many elements each array is to have.

    Raises:
        ChipError: what follows the `?` is not ARRAY=COUNT&...
    """
    name, _, query = text.partition("?")
    counts: dict[str, int] = {}
    for item in query.split("&") if query else []:
        array, _, count = item.partition("=")
        if not array or not (count.isascii() and count.isdecimal()) or not 1 <= int(count[:9]) <= COUNT_MAX:
            expected = f"ARRAY=COUNT, as in {name}?die=4, with a count of 1..{COUNT_MAX}"
            raise ChipError(name, "", f"{item!r} after the ?", expected)
        counts[array] = int(count[:9])
    return name, counts


def scaled(image: Image, counts: Mapping[str, int], head: Table) -> Image:
    """Return a register map whose scalable arrays have other counts.

    Args:
        head: the [chip] table, which lists what is `scalable`.

    Raises:
        ChipError: an array that is not listed, or no one-dimensional array of the map; a count that is no multiple of
            what is said there, would run into what stands behind it, or would make more than BLOCKS_MAX blocks.
    """
    root = image.root
    arrays = {c.name: c for c in root.children if isinstance(c.type, GroupType) and len(c.dimensions) == 1}
    scalable = _scalable(head, arrays)
    for name, count in counts.items():
        if name not in scalable:
            raise head.error("scalable", f"nothing that allows {name}={count}", choice(name, scalable))
        scalable[name].check(count)
        _check_room(root, evolve(arrays[name], dimensions=(count,)), head)
    if not counts:
        return image
    children = tuple(evolve(c, dimensions=(counts[c.name],)) if c.name in counts else c for c in root.children)
    size = max(root.size, *(_end(c) for c in children if c.name in counts))
    return evolve(image, root=evolve(root, children=children, size=size))


@frozen
class _Scalable:
    """What is said of one array.

    Attributes:
        by: a count is a multiple of it.
        why: in words, for whoever asks for another count.
    """

    name: str
    table: Table
    by: int = 1
    why: str = ""

    def check(self, count: int) -> None:
        """Refuse a count that is no multiple."""
        if count % self.by:
            expected = "an even number" if self.by == 2 else f"a multiple of {self.by}"
            raise self.table.error("", f"{self.name}={count}", f"{expected}{self.why and f': {self.why}'}")


def _scalable(head: Table, arrays: Iterable[str]) -> Mapping[str, _Scalable]:
    """Return what is said of each array that is listed: by its name alone, or by a table that has it as `array`."""
    found: dict[str, _Scalable] = {}
    nothing: list[object] = []
    for position, item in enumerate(head.get("scalable", list, nothing)):
        place = f"scalable[{position}]"
        named = {"array": item} if isinstance(item, str) else item
        if not isinstance(named, dict):
            raise head.error(place, shown(item), 'the name of an array, or { array = "NAME", by = 2, why = "..." }')
        table = Table(head.file, joined(head.path, place), cast("dict[str, object]", named))
        table.only("array", "by", "why")
        one = _Scalable(table.need("array", str), table, table.get("by", int, 1), table.get("why", str, ""))
        if one.name not in arrays:
            raise table.error("", repr(one.name), f"an array of blocks or maps: {choice(one.name, arrays)}")
        if one.by < 1:
            raise table.error("by", str(one.by), "1 or more")
        found[one.name] = one
    return found


def _check_room(root: GroupType, array: Child, head: Table) -> None:
    """Refuse an array that runs into another child of the map, or has more blocks than anybody brings up."""
    asked = f"{array.name}={array.count}"
    for other in root.children:
        if array.offset < other.offset < _end(array):
            room = (other.offset - array.offset) // array.stride
            raise head.error("scalable", f"no room for {asked}", f"{room} or fewer, before {other.name} begins")
    each = _blocks(array.type)
    if array.count * each > BLOCKS_MAX:
        raise head.error("scalable", f"{array.count * each} blocks ({asked})", f"at most {BLOCKS_MAX // each}")


def _end(array: Child) -> int:
    return array.offset + (array.count - 1) * array.stride + size_of(array.type)


def _blocks(type: NodeType) -> int:
    """Return how many address maps stand in one, itself not counted where it holds others."""
    children = type.children if isinstance(type, GroupType) else ()
    maps = (c for c in children if isinstance(c.type, GroupType) and c.type.kind == "addrmap")
    return sum(c.count * _blocks(c.type) for c in maps) or 1
