"""Where things stand in a register map: from an offset or a dotted path to one instance, without unrolling anything.

A search costs the depth of the map times the logarithm of a group's children. What was found is remembered here, once
for all instances of a map, and where these stand is one `Place` for all of them.
"""

from __future__ import annotations

from bisect import bisect_right
from functools import cache, cached_property, lru_cache

from attrs import frozen

from registers.paths import Steps, instead, path_of, steps_of
from registers.schema import Child, GroupType, MemoryType, NodeType, RegisterType, Step

KNOWN_MAX = 1 << 15  # searches whose results are kept: every register and field of dozens of types


@frozen(eq=False)
class Place:
    """One instance: the steps from the root, what stands there, and at which offset.

    Attributes:
        groups: the groups from the root down to the one that holds it.
    """

    steps: Steps
    type: NodeType
    offset: int
    groups: tuple[GroupType, ...]

    @cached_property
    def path(self) -> str:
        """The dotted path, indices included."""
        return path_of(self.steps)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The path without indices: equal for every element of an array."""
        return tuple(step.name for step in self.steps)


def locate(root: GroupType, steps: Steps) -> tuple[Place, Steps]:
    """Follow the steps as far as groups, registers and memories go; return the place and the steps that remain.

    What remains names a field of the register, or is empty.

    Raises:
        ValueError: no such child, or no steps.
        IndexError: an index outside its array.
    """
    group, offset = root, 0
    groups: tuple[GroupType, ...] = (root,)
    for depth, step in enumerate(steps, start=1):
        child = group.by_name.get(step.name)
        if child is None:
            above = path_of(steps[: depth - 1]) or root.name
            raise ValueError(f"{above} has no {step.name!r}{instead(step.name, group.by_name)}")
        offset += child.offset_of(step.indices)
        if not isinstance(child.type, GroupType):
            return Place(steps[:depth], child.type, offset, groups), steps[depth:]
        group = child.type
        groups = (*groups, group)
    if not steps:
        raise ValueError("an empty path names nothing")
    return Place(steps, group, offset, groups[:-1]), ()


def size_of(type: NodeType) -> int:
    """Return the bytes that one instance occupies."""
    return type.width if isinstance(type, RegisterType) else type.size


@frozen(eq=False)
class _Index:
    """A group's children by offset; `ends[i]` is the furthest end of children 0..i."""

    starts: tuple[int, ...]
    ends: tuple[int, ...]
    children: tuple[Child, ...]


@cache
def _index(group: GroupType) -> _Index:
    children = tuple(sorted(group.children, key=lambda child: child.offset))
    ends: list[int] = []
    furthest = 0
    for child in children:
        furthest = max(furthest, child.offset + (child.count - 1) * child.stride + size_of(child.type))
        ends.append(furthest)
    return _Index(tuple(child.offset for child in children), tuple(ends), children)


def decode(root: GroupType, offset: int) -> list[Place]:
    """Return every register or memory that occupies the byte at `offset` (two where one is read and one written)."""
    return list(_decoded(root, offset))


@lru_cache(maxsize=KNOWN_MAX)
def _decoded(root: GroupType, offset: int) -> tuple[Place, ...]:
    found: list[Place] = []
    _search(root, offset, 0, (), (root,), found)
    return tuple(found)


def _search(
    group: GroupType, offset: int, base: int, above: Steps, groups: tuple[GroupType, ...], found: list[Place]
) -> None:
    index = _index(group)
    at = bisect_right(index.starts, offset) - 1
    while at >= 0 and index.ends[at] > offset:
        child = index.children[at]
        at -= 1
        flat, inside = divmod(offset - child.offset, child.stride) if child.stride else (0, offset - child.offset)
        if flat >= child.count or inside >= size_of(child.type):
            continue
        steps = (*above, Step(child.name, _unflatten(flat, child.dimensions)))
        start = base + offset - inside
        if isinstance(child.type, GroupType):
            _search(child.type, inside, start, steps, (*groups, child.type), found)
        else:
            found.append(Place(steps, child.type, start, groups))


def _unflatten(flat: int, dimensions: tuple[int, ...]) -> tuple[int, ...]:
    indices: list[int] = []
    for dimension in reversed(dimensions):
        flat, index = divmod(flat, dimension)
        indices.append(index)
    return tuple(reversed(indices))


@lru_cache(maxsize=KNOWN_MAX)
def register_under(root: GroupType, path: str) -> tuple[Place, RegisterType, Steps]:
    """Return what `register_at` does of a dotted path.

    Raises:
        ValueError, IndexError: as `register_at`; or the path is none.
    """
    return register_at(root, steps_of(path))


@lru_cache(maxsize=KNOWN_MAX)
def register_at(root: GroupType, steps: Steps) -> tuple[Place, RegisterType, Steps]:
    """Return the register that the steps name or stand in, its type, and the steps that remain (its field).

    Raises:
        ValueError: the steps do not lead to a register.
        IndexError: an index outside its array.
    """
    place, rest = locate(root, steps)
    if not isinstance(place.type, RegisterType):
        kind = "a memory" if isinstance(place.type, MemoryType) else "a group"
        raise ValueError(f"{path_of(steps)} is {kind}, not a register or a field")
    return place, place.type, rest
