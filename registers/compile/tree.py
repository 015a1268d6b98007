"""A whole map: from systemrdl's elaborated tree to rolled types, each definition looked into once.

systemrdl copies a definition for every instance that the source writes, which costs 30 us and 1.3 kB a node (3,000
blocks of 161 nodes: 15 s). Here an instance that overrides nothing of its definition is not walked again: its type
is the one made for the first such instance.
"""

from __future__ import annotations

from operator import attrgetter
from typing import Any

from attrs import frozen
from systemrdl import node as rdl
from systemrdl.rdltypes.builtin_enums import BuiltinEnum
from systemrdl.rdltypes.user_enum import UserEnum

from registers.compile.fields import Fields, Written, description, escape, named, signal, written
from registers.compile.refs import Refuse, is_reference, place
from registers.schema import Child, GroupType, Image, MemoryType, NodeType, RegisterType, SignalType
from registers.semantics import Sw

ACCESS_BITS_MAX = 64

_overrides = attrgetter("_dyn_assigned_props", "_dyn_assigned_children")


@frozen
class Context:
    """What an instance inherits from where it stands, beside its definition."""

    parameters: tuple[object, ...] = ()
    msb0: object = False
    addressing: object = None
    alignment: object = None


@frozen
class Made:
    """A type, and what decides whether another instance may share it.

    Attributes:
        escape: levels above the instance that its references reach.
        align: the widest access inside, in bytes.
    """

    type: NodeType
    escape: int
    align: int


class Tree:
    """Makes the types of one elaborated map."""

    def __init__(self, refuse: Refuse) -> None:
        self.refuse = refuse
        self.walked = 0  # components that were looked into; tests see that it follows types, not instances
        self._fields = Fields(refuse)
        self._made: dict[object, Made] = {}
        self._keep: list[Any] = []  # what the keys above hold by identity

    def image(self, top: rdl.AddrmapNode, *, source: str = "", source_hash: str = "") -> Image:
        """Return the image of the map under `top`."""
        made = self._group(top, Context())
        assert isinstance(made.type, GroupType)
        return Image(made.type, source_hash, source)

    def _share(self, node: rdl.AddressableNode, context: Context) -> Made:
        """Return the type of an instance, made now or for an earlier one."""
        inst = node.inst
        own = _parameters(node)
        context = Context((*context.parameters, *own), context.msb0, context.addressing, context.alignment)
        alias = node.alias_primary.inst_name if isinstance(node, rdl.RegNode) and node.is_alias else ""
        key: tuple[object, ...] | None = None
        if inst.original_def is not None and _unchanged(inst):
            key = (id(inst.original_def), inst.external, alias, context)
            found = self._made.get(key) or self._made.get((*key, id(_inst(node))))
            if found is not None:
                return found
        made = self._make(node, context, alias)
        if key is not None:
            self._made[(*key, id(_inst(node))) if made.escape > 0 else key] = made
            self._keep.append((inst.original_def, _inst(node)))
        return made

    def _make(self, node: rdl.AddressableNode, context: Context, alias: str) -> Made:
        if isinstance(node, rdl.RegNode):
            return self._register(node, alias)
        if isinstance(node, rdl.MemNode):
            return self._memory(node, context)
        assert isinstance(node, (rdl.AddrmapNode, rdl.RegfileNode))
        return self._group(node, context)

    def _register(self, node: rdl.RegNode, alias: str) -> Made:
        self.walked += 1
        given = written(node, self.refuse)
        width, access = node.get_property("regwidth"), node.get_property("accesswidth")
        if access > ACCESS_BITS_MAX:
            self.refuse(
                f"{node.inst_name}: accesswidth {access} is not supported: one access moves at most "
                f"{ACCESS_BITS_MAX} bits",
                node.property_src_ref.get("accesswidth", node.inst_src_ref),
            )
            access = ACCESS_BITS_MAX
        children = node.children()
        made = RegisterType(
            name=node.orig_type_name or node.inst_name,
            width=width // 8,
            access=access // 8,
            fields=tuple(self._fields.make(c, node) for c in children if isinstance(c, rdl.FieldNode)),
            signals=tuple(signal(c, self.refuse) for c in children if isinstance(c, rdl.SignalNode)),
            external=bool(node.external),
            alias_of=alias,
            description=description(given),
            properties=named(node, given),
            source=place(node.def_src_ref),
        )
        self.walked += len(made.fields)
        return Made(made, max(escape(made), _escape(node, given)), access // 8)

    def _memory(self, node: rdl.MemNode, context: Context) -> Made:
        self.walked += 1
        given = written(node, self.refuse)
        bits, entries = node.get_property("memwidth"), node.get_property("mementries")
        if bits > ACCESS_BITS_MAX:
            self.refuse(
                f"{node.inst_name}: memwidth {bits} is not supported: one access moves at most {ACCESS_BITS_MAX} bits",
                node.property_src_ref.get("memwidth", node.inst_src_ref),
            )
            bits = ACCESS_BITS_MAX
        width = max(1, (1 << (bits - 1).bit_length()) // 8)
        more = {} if bits == 8 * width else {"memwidth": bits}
        children, reach, align = self._children(node, context)
        made = MemoryType(
            name=node.orig_type_name or node.inst_name,
            entries=entries,
            width=width,
            sw=Sw(node.get_property("sw").name),
            children=children,
            external=bool(node.external),
            description=description(given),
            properties=named(node, given, **more),
            source=place(node.def_src_ref),
        )
        return Made(made, max(reach, _escape(node, given)), max(align, width))

    def _group(self, node: rdl.AddrmapNode | rdl.RegfileNode, context: Context) -> Made:
        self.walked += 1
        given = written(node, self.refuse)
        alignment = given.get("alignment")
        if isinstance(node, rdl.AddrmapNode):
            context = Context(context.parameters, node.get_property("msb0"), node.get_property("addressing"), alignment)
        elif alignment is not None:
            context = Context(context.parameters, context.msb0, context.addressing, alignment)
        children, reach, align = self._children(node, context)
        above = node.parent
        top = isinstance(above, rdl.RootNode)
        outside = self._signals(above) if isinstance(above, rdl.RootNode) else ()
        made = GroupType(
            name=node.orig_type_name or node.inst_name,
            kind=node.component_type_name,
            size=max((c.offset + (c.count - 1) * c.stride + extent(c.type) for c in children), default=0),
            children=children,
            signals=(*self._signals(node), *outside),
            external=bool(node.external) and not top,
            description=description(given),
            properties=named(node, given),
            source=place(node.def_src_ref),
        )
        return Made(made, max(reach, _escape(node, given)), align)

    def _signals(self, node: rdl.Node) -> tuple[SignalType, ...]:
        return tuple(signal(s, self.refuse) for s in node.signals())

    def _children(self, node: rdl.Node, context: Context) -> tuple[tuple[Child, ...], int, int]:
        """Return the children, how far above `node` their references reach, and their widest access."""
        found: list[Child] = []
        reach, align = 0, 1
        for child in node.children():
            if not isinstance(child, rdl.AddressableNode):
                continue
            made = self._share(child, context)
            reach, align = max(reach, made.escape - 1), max(align, made.align)
            offset, stride = child.raw_address_offset, child.array_stride or 0
            for what, value in (("offset", offset), ("stride", stride)):
                if value % made.align:
                    self.refuse(
                        f"{child.inst_name}: {what} {value:#x} is not a multiple of its access width, "
                        f"{made.align} bytes",
                        child.inst_src_ref,
                    )
            dimensions = tuple(child.array_dimensions or ())
            found.append(
                Child(name=child.inst_name, type=made.type, offset=offset, dimensions=dimensions, stride=stride)
            )
        return tuple(found), reach, align


def extent(kind: NodeType) -> int:
    """Return the bytes that one instance of a type spans."""
    return kind.width if isinstance(kind, RegisterType) else kind.size


def _inst(node: rdl.Node) -> object:
    """Return the instance that contains a node's."""
    return node.parent.inst if node.parent is not None else None


def _unchanged(inst: Any) -> bool:
    """Say whether nothing outside the definition's own text assigned to this instance or anything in it.

    systemrdl-compiler notes such assignments on the instance. Where a version of it does not, no instance counts as
    unchanged: slower, never wrong.
    """
    try:
        return bool(_overrides(inst) == _overrides(inst.original_def))
    except AttributeError:
        return False


def _parameters(node: rdl.AddressableNode) -> tuple[object, ...]:
    """Return the values of the instance's parameters; what cannot be compared by value equals nothing."""
    values: list[object] = []
    for value in node.parameters.values():
        comparable = isinstance(value, (bool, int, str, BuiltinEnum, UserEnum))
        values.append(value if comparable else object())
    return tuple(values)


def _escape(node: rdl.Node, given: Written) -> int:
    """Return how far above a register or group its own user-defined properties refer; far, when at all."""
    return 1 << 16 if any(is_reference(value) for value in given.values()) else 0


def make_image(top: rdl.AddrmapNode, refuse: Refuse, *, source: str = "", source_hash: str = "") -> Image:
    """Return the image of an elaborated map; what cannot be expressed is told to `refuse`."""
    return Tree(refuse).image(top, source=source, source_hash=source_hash)

