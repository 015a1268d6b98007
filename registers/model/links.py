"""Who is driven by whom: references between components, found once a map without unrolling its arrays.

An edge leads from what is referred to (a register or a signal) to the register that holds the reference. Both ends are
paths without indices; the indices of one holder follow from those of its target.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from itertools import product
from typing import TypeAlias

from attrs import frozen

from registers.model.plan import UnsupportedProperty, plan, references
from registers.paths import Steps
from registers.schema import FieldType, GroupType, Ref, RegisterType, Step

Names: TypeAlias = tuple[str, ...]

LEVELS = frozenset("intr halt anded ored xored incrthreshold decrthreshold incrsaturate decrsaturate".split())
EVENTS = frozenset("swmod swacc overflow underflow".split())
SOURCES = frozenset(
    "next hwset hwclr we wel hwenable hwmask swwe swwel reset enable mask haltenable haltmask incr decr".split()
)
_PULLED = frozenset(
    "swwe swwel incrvalue decrvalue incrsaturate decrsaturate incrthreshold decrthreshold".split()
)  # looked at when needed; a change of the target changes nothing by itself


@frozen
class Edge:
    """One reference, seen from its target.

    Attributes:
        holder: the path of the register that holds it.
        shared: levels that both paths have in common, with the same indices.
        fixed: the target's indices below those levels.
        free: the dimensions of the holder's levels below them: every element refers so.
        field: the field that is referred to; empty: the register as a whole, or a signal.
        reset: it gives a reset value, and drives nothing.
    """

    holder: Names
    shared: int
    fixed: tuple[tuple[int, ...], ...]
    free: tuple[tuple[int, ...], ...]
    field: str
    reset: bool

    def holders(self, target: Steps) -> Iterator[Steps]:
        """Return every register that refers so to one element of the target."""
        if tuple(step.indices for step in target[self.shared :]) != self.fixed:
            return
        names = self.holder[self.shared :]
        for flat in product(*(product(*(range(d) for d in dimensions)) for dimensions in self.free)):
            yield (*target[: self.shared], *(Step(n, i) for n, i in zip(names, flat, strict=True)))


def resolve(register: Steps, ref: Ref) -> Steps:
    """Return the steps from the root to what a reference in a register names.

    Raises:
        ValueError: the reference leads up beyond the root.
    """
    if ref.up > len(register):
        raise ValueError(f"a reference leads {ref.up} levels up from a register {len(register)} levels deep")
    return (*register[: len(register) - ref.up], *ref.path)


@cache
def network(root: GroupType) -> Mapping[Names, tuple[Edge, ...]]:
    """Return the edges of a map by the path of their target.

    Raises:
        UnsupportedProperty: a reference to a property whose value the model does not know.
        ValueError: a reference to nothing.
    """
    edges: dict[Names, list[Edge]] = {}
    _walk(root, root, (), (), edges)
    return {target: tuple(found) for target, found in edges.items()}


@cache
def _refers(group: GroupType) -> bool:
    """Say whether anything in a group refers to anything."""
    for child in group.children:
        if isinstance(child.type, GroupType):
            if _refers(child.type):
                return True
        elif isinstance(child.type, RegisterType) and any(references(f) for f in child.type.fields):
            return True
    return False


def _walk(
    root: GroupType,
    group: GroupType,
    above: Names,
    dimensions: tuple[tuple[int, ...], ...],
    edges: dict[Names, list[Edge]],
) -> None:
    if not _refers(group):
        return
    for child in group.children:
        names, sizes = (*above, child.name), (*dimensions, child.dimensions)
        if isinstance(child.type, GroupType):
            _walk(root, child.type, names, sizes, edges)
        elif isinstance(child.type, RegisterType) and not child.type.alias_of:
            for f in child.type.fields:
                for name, ref in references(f).items():
                    _edge(root, names, sizes, f, name, ref, edges)


def _edge(
    root: GroupType,
    holder: Names,
    dimensions: tuple[tuple[int, ...], ...],
    f: FieldType,
    name: str,
    ref: Ref,
    edges: dict[Names, list[Edge]],
) -> None:
    where = f"{'.'.join(holder)}.{f.name}->{name}"
    if ref.up > len(holder):
        raise ValueError(f"{where} leads {ref.up} levels up, beyond the map")
    shared = len(holder) - ref.up
    steps = (*(Step(n) for n in holder[:shared]), *ref.path)
    target, register = _target(root, steps, ref, where)
    if ref.member in SOURCES and register is not None:
        _check_source(register, ref, where)
    if name in _PULLED:
        return
    edge = Edge(
        holder=holder,
        shared=min(shared, len(target)),
        fixed=tuple(step.indices for step in ref.path[: len(target) - shared]),
        free=dimensions[shared:],
        field=steps[-1].name if ref.kind == "field" and ref.member not in SOURCES else "",
        reset=name == "reset",
    )
    edges.setdefault(target, []).append(edge)


def _target(root: GroupType, steps: Steps, ref: Ref, where: str) -> tuple[Names, RegisterType | None]:
    """Return the path of the register or signal that a reference names, and the register's type."""
    to = ".".join(step.name for step in steps)
    group = root
    for depth, step in enumerate(steps, start=1):
        last = depth == len(steps)
        if last and ref.kind == "signal" and any(s.name == step.name for s in group.signals):
            return tuple(s.name for s in steps), None
        child = group.by_name.get(step.name)
        if child is None:
            break
        if isinstance(child.type, GroupType):
            group = child.type
            continue
        names = tuple(s.name for s in steps[:depth])
        if isinstance(child.type, RegisterType):
            _check_member(child.type, steps[depth:], ref, f"{where} = {to}")
            return (*names[:-1], child.type.alias_of or names[-1]), child.type
        break
    raise ValueError(f"{where} refers to {to}, which is no {ref.kind} of the map")


def _check_member(register: RegisterType, rest: Steps, ref: Ref, where: str) -> None:
    if (len(rest) == 1) != (ref.kind == "field") or (rest and rest[0].name not in register.by_name):
        raise ValueError(f"{where} is no {ref.kind} of the map")
    known = {"", "intr", "halt"} if ref.kind == "register" else {"", *LEVELS - {"intr", "halt"}, *EVENTS, *SOURCES}
    if ref.member not in known:
        raise UnsupportedProperty(f"{where}->{ref.member}: the model does not know the value of {ref.member}")
    counter = ref.member in ("overflow", "underflow") or ref.member.startswith(("incr", "decr"))
    if counter and register.by_name[rest[0].name].counter is None:
        raise ValueError(f"{where}->{ref.member}: {rest[0].name} is no counter")
    if ref.member == "intr" and not plan(register).latches:
        raise ValueError(f"{where}->intr: {register.name} holds no interrupt")


def _check_source(register: RegisterType, ref: Ref, where: str) -> None:
    """A property may be referred to where something in the map, or an input that the model has, gives its value."""
    f = register.by_name[ref.path[-1].name]
    if ref.member in references(f) or (ref.member in ("hwset", "hwclr") and getattr(f, ref.member)):
        return
    if ref.member == "next" and f.name in plan(register).latches:
        return
    raise UnsupportedProperty(f"{where} refers to {f.name}->{ref.member}, to which nothing in the map gives a value")
