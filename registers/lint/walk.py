"""Walks a map for the lint rules: each instance as the source writes it, arrays once, with what stands around it."""

from __future__ import annotations

from collections.abc import Iterator

from attrs import frozen

from registers.schema import Child, FieldType, GroupType, Image, MemoryType, NodeType, Ref, RegisterType


@frozen
class Place:
    """A type where it stands.

    Attributes:
        path: from the top map down; an array's name ends in `[]`.
        above: the places that contain it, the top map first.
    """

    type: NodeType
    path: str
    above: tuple[Place, ...] = ()

    def within(self, child: Child) -> Place:
        """Return the place of a child."""
        name = f"{child.name}[]" if child.dimensions else child.name
        return Place(child.type, f"{self.path}.{name}" if self.path else name, (*self.above, self))


def places(image: Image) -> Iterator[Place]:
    """Yield every place of a map, what contains before what is contained."""
    pending = [Place(image.root, "")]
    while pending:
        place = pending.pop()
        yield place
        if not isinstance(place.type, RegisterType):
            pending.extend(place.within(child) for child in reversed(place.type.children))


def target(place: Place, ref: Ref) -> tuple[Place, FieldType] | None:
    """Return the register and the field that a reference from register `place` names; None where it names no field."""
    line = (*place.above, place)
    if ref.kind != "field" or ref.up >= len(line) or not ref.path:
        return None
    at = line[len(line) - 1 - ref.up]
    for step in ref.path[:-1]:
        if isinstance(at.type, RegisterType) or step.name not in at.type.by_name:
            return None
        at = at.within(at.type.by_name[step.name])
    if not isinstance(at.type, RegisterType):
        return None
    found = at.type.by_name.get(ref.path[-1].name)
    return None if found is None else (at, found)


def reset_domain(place: Place, f: FieldType) -> str:
    """Return the path of the signal that resets a field of register `place`; empty for a reset that nobody named.

    A field that names none belongs to the nearest `field_reset` above it, else the nearest `cpuif_reset`.
    """
    line = (*place.above, place)
    if f.resetsignal is not None:
        if f.resetsignal.up >= len(line):
            return ""
        base = line[len(line) - 1 - f.resetsignal.up].path
        return ".".join([base, *(step.name for step in f.resetsignal.path)]).lstrip(".")
    for role in ("field_reset", "cpuif_reset"):
        for around in reversed(line):
            signals = () if isinstance(around.type, MemoryType) else around.type.signals
            for signal in signals:
                if getattr(signal, role):
                    return f"{around.path}.{signal.name}".lstrip(".")
    return ""


def groups(image: Image) -> Iterator[tuple[Place, GroupType]]:
    """Yield every group of a map."""
    for place in places(image):
        if isinstance(place.type, GroupType):
            yield place, place.type


def registers(image: Image) -> Iterator[tuple[Place, RegisterType]]:
    """Yield every register of a map."""
    for place in places(image):
        if isinstance(place.type, RegisterType):
            yield place, place.type
