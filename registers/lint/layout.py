"""Lint rules about places: what overlaps, and what takes more room than it decodes."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from functools import cache

from registers.access import rules
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
    """A block in more room than its address bits decode may answer at other addresses too, side effects included.

    Blocks at 4 KiB each are the custom, and copies of registers that a read leaves alone do no harm to who reads. So
    a block is told, once a type, only where a read of some register in it changes something: then a dump of memory,
    or a read ahead, of addresses at which nothing is documented, pops a queue or takes a lock.

    The room is the stride of an array, or the way to what stands next. The last block of a map has the least room
    that any other block beside it has; where it is alone, nothing says how much it has, and nothing is told. Decoders
    take whole powers of two, so room up to the next one is not counted.

    Source: Caliptra, issue 1184: 6 of 12 address bits decoded, and the read of a copy took the mailbox's lock.
    """
    told: set[int] = set()
    for place, group in groups(image):
        for child, kind, room in _rooms(group):
            decoded = 1 << (kind.size - 1).bit_length()
            changes = _changed_by_reads(kind) if room > decoded and id(kind) not in told else ""
            if changes:
                told.add(id(kind))
                yield place.within(child), (
                    f"has {room:#x} bytes of room and decodes {decoded:#x}: where the rest answers as copies of it, "
                    f"a stray read changes {changes}"
                )


def _rooms(group: GroupType) -> list[tuple[Child, GroupType, int]]:
    """Return the blocks of a group and the room that each has; 0 where nothing says."""
    starts = sorted({child.offset for child in group.children})
    found: list[tuple[Child, GroupType, int]] = []
    for child in group.children:
        if not isinstance(child.type, GroupType) or not child.type.size:
            continue
        following = bisect_right(starts, child.offset)
        after = starts[following] if following < len(starts) else child.offset
        found.append((child, child.type, child.stride if child.count > 1 else after - child.offset))
    least = min((room for _, _, room in found if room), default=0)
    return [(child, kind, room or least) for child, kind, room in found]


@cache
def _changed_by_reads(group: GroupType) -> str:
    """Return the path of the first register in a block that a read changes; empty where there is none."""
    for child in group.children:
        name = f"{child.name}[]" if child.dimensions else child.name
        if isinstance(child.type, RegisterType) and rules(child.type).read_effects:
            return name
        if isinstance(child.type, GroupType) and (below := _changed_by_reads(child.type)):
            return f"{name}.{below}"
    return ""
