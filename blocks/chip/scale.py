"""A chip in another size: `atlas?die=20` is atlas with twenty dies, where its file lists `die` as `scalable`."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import evolve

from blocks.chip.table import ChipError, Table, choice
from registers.schema import GroupType, Image

COUNT_MAX = 1 << 20


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
        ChipError: an array that is not listed, or no one-dimensional array of the map, or one that would run into
            what stands behind it.
    """
    root = image.root
    size_of = {c.name: c.type.size for c in root.children if isinstance(c.type, GroupType) and len(c.dimensions) == 1}
    arrays = {c.name: c for c in root.children if c.name in size_of}
    scalable = head.texts("scalable")
    for position, name in enumerate(scalable):
        if name not in arrays:
            raise head.error(f"scalable[{position}]", repr(name), f"an array of blocks or maps: {choice(name, arrays)}")
    size = root.size
    for name, count in counts.items():
        if name not in scalable:
            raise head.error("scalable", f"nothing that allows {name}={count}", choice(name, scalable))
        child = arrays[name]
        end = child.offset + (count - 1) * child.stride + size_of[name]
        for other in root.children:
            if child.offset < other.offset < end:
                room = (other.offset - child.offset) // child.stride
                raise head.error(
                    "scalable", f"no room for {name}={count}", f"{room} or fewer, before {other.name} begins"
                )
        size = max(size, end)
    children = (evolve(c, dimensions=(counts[c.name],)) if c.name in counts else c for c in root.children)
    return evolve(image, root=evolve(root, children=tuple(children), size=size)) if counts else image
