"""Which single accesses a person should be asked about first: those that nothing takes back.

A read with side effects consumes what another reader waits for; a write-once field is spent; a lock shuts out every
later write; a pulse starts something; a write of any value clears or sets. What no property of SystemRDL says, a
description may say itself, of a field, by user-defined properties:

    property danger { component = field; type = string; };       // why
    property danger_bits { component = field; type = number; };  // only a write that sets one of these; else any
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from registers.schema import FieldType, GroupType, NodeType, Ref, RegisterType
from registers.semantics import OnWrite

_ACTS_ANYHOW = (OnWrite.WCLR, OnWrite.WSET, OnWrite.WUSER)


def read_dangers(register: RegisterType) -> list[str]:
    """Return why reading the register should be confirmed; empty where it need not be."""
    return [f"a read changes {f.name} ({f.onread})" for f in register.fields if f.onread is not None]


def write_dangers(block: GroupType, register: RegisterType, fields: Mapping[str, int]) -> list[str]:
    """Return why writing these fields should be confirmed; empty where it need not be.

    Args:
        block: the map that the register stands in; its locks are looked up there.
        register: the register written.
        fields: the values that are written, by field.
    """
    locks = {(id(r), f) for r, f in _lock_fields(block)}
    reasons: list[str] = []
    for name, value in fields.items():
        f = register.by_name[name]
        if f.sw.once:
            reasons.append(f"{name} takes one write after a reset (sw={f.sw})")
        if f.onwrite in _ACTS_ANYHOW:
            reasons.append(f"a write of any value acts on {name} ({f.onwrite})")
        if f.singlepulse and value:
            reasons.append(f"{name} starts something (singlepulse)")
        if (id(register), name) in locks:
            reasons.append(f"{name} is a lock: other fields can no longer be written")
        reasons += _own_words(f, value)
    return reasons


def _own_words(f: FieldType, value: int) -> list[str]:
    """Return what the description itself says against writing this value."""
    why, bits = f.properties.get("danger"), f.properties.get("danger_bits")
    asked = not isinstance(bits, int) or value & bits
    return [f"{f.name}: {why}"] if isinstance(why, str) and asked else []


def _lock_fields(block: GroupType) -> Iterator[tuple[RegisterType, str]]:
    """Yield the fields that gate others (swwe, swwel), wherever they stand in the block."""
    for chain, f in _fields(block, (block,)):
        for gate in (f.swwe, f.swwel):
            if isinstance(gate, Ref) and gate.kind == "field":
                found = _resolve(chain, gate)
                if found is not None:
                    yield found


def _fields(group: GroupType, chain: tuple[NodeType, ...]) -> Iterator[tuple[tuple[NodeType, ...], FieldType]]:
    for child in group.children:
        if isinstance(child.type, RegisterType):
            for f in child.type.fields:
                yield (*chain, child.type), f
        elif isinstance(child.type, GroupType):
            yield from _fields(child.type, (*chain, child.type))


def _resolve(chain: tuple[NodeType, ...], ref: Ref) -> tuple[RegisterType, str] | None:
    """Return the register type and field that `ref`, seen from the last of `chain`, names; None outside the block."""
    if ref.up >= len(chain):
        return None
    node: NodeType = chain[-1 - ref.up]
    *groups, last = ref.path
    for step in groups:
        if not isinstance(node, GroupType) or step.name not in node.by_name:
            return None
        node = node.by_name[step.name].type
    return (node, last.name) if isinstance(node, RegisterType) and last.name in node.by_name else None
