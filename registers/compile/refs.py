"""References and property values: from systemrdl's nodes to values that hold no node."""

from __future__ import annotations

from collections.abc import Callable
from types import MappingProxyType
from typing import Any, TypeGuard

from systemrdl import node as rdl
from systemrdl.rdltypes.builtin_enums import BuiltinEnum
from systemrdl.rdltypes.references import PropertyReference
from systemrdl.rdltypes.user_enum import UserEnum
from systemrdl.rdltypes.user_struct import UserStruct
from systemrdl.source_ref import DetailedFileSourceRef, SourceRefBase

from registers.schema import Ref, Step

Refuse = Callable[[str, "SourceRefBase | None"], None]


def place(source: SourceRefBase | None) -> str:
    """Return where a definition stands, `pll.rdl:12`, without the folder: the same wherever it is compiled."""
    if not isinstance(source, DetailedFileSourceRef):
        return ""
    return f"{source.path.replace(chr(92), '/').rpartition('/')[2]}:{source.line}"


def _chain(node: rdl.Node) -> list[rdl.Node]:
    """Return the nodes from the top address map down to this one."""
    found: list[rdl.Node] = []
    at: rdl.Node | None = node
    while at is not None and not isinstance(at, rdl.RootNode):
        found.append(at)
        at = at.parent
    found.reverse()
    return found


def _indices(node: rdl.Node) -> tuple[int, ...]:
    if isinstance(node, rdl.AddressableNode) and node.current_idx is not None:
        return tuple(node.current_idx)
    return ()


def _kind(node: rdl.Node) -> str:
    if isinstance(node, rdl.FieldNode):
        return "field"
    if isinstance(node, rdl.RegNode):
        return "register"
    if isinstance(node, rdl.SignalNode):
        return "signal"
    return "memory" if isinstance(node, rdl.MemNode) else "group"


def reference(target: Any, register: rdl.Node) -> Ref:
    """Return the way from `register` (or another node) to what a property refers to.

    An element of an array that is named by its index is another place than the array in general, so the way leads
    through what contains the array. A signal outside every address map counts as one of the top map.
    """
    member = ""
    if isinstance(target, PropertyReference):
        member, target = target.name, target.node
    there, here = _chain(target), _chain(register)
    shared = 0
    for a, b in zip(there[:-1], here, strict=False):
        if a.inst is not b.inst or _indices(a):
            break
        shared += 1
    shared = shared or 1
    down = there if isinstance(target.parent, rdl.RootNode) else there[shared:]
    return Ref(
        up=len(here) - shared,
        path=tuple(Step(node.inst_name, _indices(node)) for node in down),
        member=member,
        kind=_kind(target),
    )


def is_reference(value: Any) -> TypeGuard[rdl.Node | PropertyReference]:
    """Say whether a property's value names another component."""
    return isinstance(value, (rdl.Node, PropertyReference))


def _is_list(value: Any) -> TypeGuard[list[Any]]:
    return isinstance(value, list)


def plain(value: Any, node: rdl.Node) -> object:
    """Return a property's value as plain data: numbers, text, references, tuples and mappings of them."""
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if is_reference(value):
        return reference(value, node)
    if _is_list(value):
        return tuple(plain(item, node) for item in value)
    if isinstance(value, UserEnum):
        return f"{type(value).__name__}::{value.name}"
    if isinstance(value, BuiltinEnum):
        return value.name
    if isinstance(value, UserStruct):
        return MappingProxyType({name: plain(item, node) for name, item in value.members.items()})
    return None  # a user-defined property that was bound without a value
