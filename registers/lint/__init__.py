"""Finds what a register description gets wrong though it compiles. The rules stand in RULES, by name.

Each was met in a published chip or its tools; a finding says where, and why it matters. `firstlight registers lint`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from attrs import frozen

from registers.access import rules
from registers.lint.layout import aperture, overlap
from registers.lint.walk import Place, places, registers, reset_domain, target
from registers.schema import FieldType, Image, Ref, RegisterType
from registers.semantics import OnRead, OnWrite

Rule = Callable[[Image], Iterator[tuple[Place, str]]]


@frozen
class Finding:
    """One breach of a rule.

    Attributes:
        rule: its name.
        path: what is wrong, from the top map down; an array's name ends in `[]`.
        what: what is wrong with it, and what follows.
        source: `file:line` of the definition, where it is known.
    """

    rule: str
    path: str
    what: str
    source: str = ""

    def __str__(self) -> str:
        return f"{self.source}: {self.path}: {self.what} [{self.rule}]".removeprefix(": ")


def _write_once(image: Image) -> Iterator[tuple[Place, str]]:
    """Software's first write alone should count, which RTL generators do not build."""
    for place, register in registers(image):
        for f in register.fields:
            if f.sw.once:
                yield place, f"{f.name} has sw={f.sw}: generated RTL takes every write, not the first alone"


def _lock_domain(image: Image) -> Iterator[tuple[Place, str]]:
    """A lock that another reset opens leaves its target writable while it still holds what was to be protected."""
    for place, register in registers(image):
        for f in register.fields:
            for lock in (f.swwe, f.swwel):
                found = target(place, lock) if isinstance(lock, Ref) else None
                if found is None or f.reset is None:
                    continue
                here, there = reset_domain(place, f), reset_domain(*found)
                if here != there:
                    name = f"{found[0].path}.{found[1].name}"
                    yield place, (
                        f"{f.name} is reset by {here or 'the default reset'}, its lock {name} by "
                        f"{there or 'the default reset'}"
                    )


_CLEARING = {None, OnWrite.WOCLR, OnWrite.WOT, OnWrite.WZC, OnWrite.WZT, OnWrite.WCLR, OnWrite.WUSER}


def _clears(f: FieldType) -> bool:
    """Say whether an access or the hardware can take a latched bit back."""
    by_write = f.sw.writable and f.onwrite in _CLEARING and not f.singlepulse
    return by_write or f.onread in (OnRead.RCLR, OnRead.RUSER) or f.hwclr is not None


def _stuck_interrupt(image: Image) -> Iterator[tuple[Place, str]]:
    """A latched interrupt that nothing clears fires for ever."""
    for place, register in registers(image):
        parent = place.above[-1].type
        siblings = () if isinstance(parent, RegisterType) else parent.children
        name = place.path.rpartition(".")[2].removesuffix("[]")
        aliases = [
            c.type for c in siblings if isinstance(c.type, RegisterType) and c.type.alias_of == name
        ]
        for f in register.fields:
            if f.intr is None or not f.intr.sticky or register.alias_of:
                continue
            seen = [f, *(alias.by_name[f.name] for alias in aliases if f.name in alias.by_name)]
            if not any(_clears(one) for one in seen):
                yield place, f"{f.name} latches an interrupt that no access and no hardware clears"


def _updated_by_hardware(f: FieldType) -> bool:
    return f.volatile and not f.singlepulse


def _modify_race(image: Image) -> Iterator[tuple[Place, str]]:
    """Reading, changing one field and writing back undoes what the hardware did to a plain sibling in between."""
    for place, register in registers(image):
        if rules(register).read_effects:
            continue
        bits, racing = 8 * register.access, list[str]()
        for f in register.fields:
            plain = f.sw.readable and f.sw.writable and f.onwrite is None
            if not plain or not _updated_by_hardware(f):
                continue
            words = {bit // bits for bit in (f.lsb, f.lsb + f.width - 1)}
            mask = sum(((1 << bits) - 1) << word * bits for word in range(min(words), max(words) + 1))
            if any(o is not f and o.sw.writable and o.mask & mask for o in register.fields):
                racing.append(f.name)
        if racing:
            yield place, (
                f"hardware writes {', '.join(racing)} too: modifying another field writes back what may be out of date"
            )


def _enum_value(image: Image) -> Iterator[tuple[Place, str]]:
    """An encoding whose values do not fit the field, or mean two things, decodes wrong."""
    for place, register in registers(image):
        for f in register.fields:
            members = f.encode.members if f.encode is not None else ()
            for member in members:
                if member.value > f.max:
                    yield place, f"{f.name}: {member.name} = {member.value:#x} does not fit {f.width} bits"
            seen: dict[int, str] = {}
            for member in members:
                if seen.setdefault(member.value, member.name) != member.name:
                    yield place, f"{f.name}: {member.name} and {seen[member.value]} are both {member.value:#x}"


def _read_effect(image: Image) -> Iterator[tuple[Place, str]]:
    """Configuration beside a field that reading changes can neither be modified nor checked."""
    for place, register in registers(image):
        effects = rules(register).read_effects
        held = [
            f.name
            for f in register.fields
            if f.sw.readable and f.sw.writable and f.onread is None and f.onwrite is None and not f.singlepulse
        ]
        if effects and held:
            yield place, f"reading {', '.join(held)} changes {', '.join(effects)}: no look at it is harmless"


RULES: Mapping[str, Rule] = {
    "write-once": _write_once,
    "overlap": overlap,
    "lock-domain": _lock_domain,
    "stuck-interrupt": _stuck_interrupt,
    "aperture": aperture,
    "modify-race": _modify_race,
    "enum-value": _enum_value,
    "read-effect": _read_effect,
}


def lint(image: Image) -> list[Finding]:
    """Return what the rules find, in the order of the map; one finding for a type, however many instances it has."""
    order = {place.path: index for index, place in enumerate(places(image))}
    found: dict[tuple[str, int, str], Finding] = {}
    for name, rule in RULES.items():
        for place, what in rule(image):
            key = (name, id(place.type), what)
            found.setdefault(key, Finding(name, place.path or image.root.name, what, place.type.source))
    return sorted(found.values(), key=lambda finding: (order.get(finding.path, 0), finding.rule))
