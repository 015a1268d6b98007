"""Lint rules about places: what overlaps, and what takes more room than it decodes."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator

from registers.lint.walk import Place, groups
from registers.schema import Child, GroupType, Image, RegisterType


def overlap(image: Image) -> Iterator[tuple[Place, str]]:
    """Two registers at one address, one read and one written: legal, and how an array at a wrong offset hides."""
    for place, group in groups(image):
        ordered = sorted((c for c in group.children if isinstance(c.type, RegisterType)), key=lambda c: c.offset)
        open_: list[Child] = []
        for child in ordered:
            open_ = [other for other in open_ if _end(other) > child.offset]
            for other in open_:
                at = _meet(other, child)
                if at is not None:
                    yield place.within(child), f"stands on {other.name}, from offset {at:#x} on"
            open_.append(child)


def _size(child: Child) -> int:
    return child.type.width if isinstance(child.type, RegisterType) else child.type.size


def _end(child: Child) -> int:
    return child.offset + (child.count - 1) * child.stride + _size(child)


def _meet(first: Child, second: Child) -> int | None:
    """Return the lowest offset that elements of both cover; arrays may interleave without meeting."""
    few, many = sorted((first, second), key=lambda child: child.count)
    for index in range(few.count):
        start = few.offset + index * few.stride
        end = start + _size(few)
        # The first element of the other that ends after our start.
        element = 0
        if many.count > 1:
            element = max(0, (start - many.offset - _size(many)) // many.stride + 1)
        if element < many.count:
            there = many.offset + element * many.stride
            if there < end and there + _size(many) > start:
                return max(start, there)
    return None


def aperture(image: Image) -> Iterator[tuple[Place, str]]:
    """A block in more room than its address bits decode answers at other addresses too, side effects included.

    The room is the stride of an array, or the way to what stands next. Decoders take whole powers of two, so room up
    to the next one is not counted.
    """
    for place, group in groups(image):
        starts = sorted({child.offset for child in group.children})
        for child in group.children:
            if not isinstance(child.type, GroupType) or not child.type.size:
                continue
            following = bisect_right(starts, child.offset)
            after = starts[following] if following < len(starts) else child.offset
            room = child.stride if child.count > 1 else after - child.offset
            decoded = 1 << (child.type.size - 1).bit_length()
            if room > decoded:
                yield place.within(child), (
                    f"has {room:#x} bytes of room and decodes {decoded:#x}: the rest may answer as copies of it"
                )
