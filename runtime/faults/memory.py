"""What the driver of a block remembers, however deep, at one moment; and how that is put back.

Each thing that can change stays the one that it is, for a rung may have hold of it, and holds again what it held. What
has state that cannot be seen from here gives way to a copy.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from contextlib import suppress
from copy import deepcopy
from enum import Enum
from functools import cache, partial
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType
from typing import Any, cast

from attrs import define, frozen

from blocks.base import Block
from registers.handles import Array, Node
from runtime.faults.trial import CampaignError

FIXED: tuple[type[Any], ...] = (
    int, float, complex, str, bytes, type(None), type, Enum, FunctionType, BuiltinFunctionType, ModuleType,
    Node, Array, Block,
)  # fmt: skip
HOLDING: tuple[type[Any], ...] = (tuple, frozenset, MethodType, partial)  # these do not change, what they hold may
CONTAINERS: tuple[type[Any], ...] = (dict, list, set, deque, bytearray)

Held = tuple[dict[str, Any] | None, dict[str, Any], Any]  # attributes in a dictionary, and in slots; what is contained


@frozen
class _Frozen:
    """An example of a class that attrs froze."""


FROZEN: Any = _Frozen.__setattr__  # of all of them


def _slots(node: Any) -> tuple[str, ...]:
    """Return the slots of a thing."""
    return _slots_of(cast("Any", type(node)))


@cache
def _slots_of(kind: Any) -> tuple[str, ...]:
    """Return the slots of a type, by the names that they have outside of its classes."""
    names: list[str] = []
    for base in kind.__mro__:
        own = base.__dict__.get("__slots__", ())
        for name in (own,) if isinstance(own, str) else own:
            private = name.startswith("__") and not name.endswith("__")
            names.append(f"_{base.__name__.lstrip('_')}{name}" if private else name)
    return tuple(dict.fromkeys(name for name in names if name not in {"__dict__", "__weakref__"}))


def _held(node: Any) -> Held:
    """Return what a thing that can change holds now."""
    own = getattr(node, "__dict__", None)
    slots: dict[str, Any] = {}
    for name in _slots(node):
        with suppress(AttributeError):  # nothing was put there yet
            slots[name] = object.__getattribute__(node, name)
    items: Any = None
    if isinstance(node, CONTAINERS):
        whole: Any = node
        items = dict[Any, Any](whole) if isinstance(node, dict) else list[Any](whole)
    return (None if own is None else dict(own)), slots, items


def _put(node: Any, held: Held) -> None:
    """Let a thing hold what it held then."""
    own, slots, items = held
    if own is not None:
        node.__dict__.clear()
        node.__dict__.update(own)
    for name in _slots(node):
        if name in slots:
            object.__setattr__(node, name, slots[name])
        else:
            with suppress(AttributeError):
                object.__delattr__(node, name)
    if isinstance(node, (list, bytearray)):
        node[:] = items
    elif isinstance(node, (dict, set, deque)):
        whole = cast("Any", node)
        whole.clear()
        (whole.extend if isinstance(node, deque) else whole.update)(items)


def _within(node: Any) -> Iterable[Any]:
    """Return what a thing holds, itself."""
    if isinstance(node, (tuple, frozenset)):
        return cast("Iterable[Any]", node)
    if isinstance(node, MethodType):
        return (node.__self__,)
    if isinstance(node, partial):
        return (node.func, *node.args, *node.keywords.values())
    own, slots, items = _held(node)
    whole: Any = items
    contained: tuple[Any, ...] = (*whole.keys(), *whole.values()) if isinstance(items, dict) else tuple(whole or ())
    return (*(own or {}).values(), *slots.values(), *contained)


def _seen(node: Any) -> bool:
    """Say whether all that a thing holds is in its attributes, or in it as a container.

    Who says itself how it is pickled may have more.
    """
    if isinstance(node, CONTAINERS):
        return True
    kind = cast("Any", type(node))
    if (kind.__reduce_ex__, kind.__reduce__) != (object.__reduce_ex__, object.__reduce__):
        return False
    try:
        object.__reduce_ex__(node, 2)
    except Exception:  # TypeError: it has state of its own; else whatever its own __getstate__ raises
        return False
    return True


@define(eq=False)
class _Walk:
    """A walk through what a block remembers.

    Attributes:
        parts: what can change.
        hidden: what has state that is not seen, and by which attribute it was come to.
        same: by identity, all that is no copy in a copy.
    """

    block: Block[Any]
    parts: list[Any]
    hidden: list[tuple[Any, str]]
    same: dict[int, Any]

    def go(self) -> None:
        """Walk through it all."""
        own, slots, _ = _held(self.block)
        self.same[id(self.block)] = self.block
        seen: set[int] = set()
        todo = [(value, name) for name, value in ((own or {}) | slots).items()]
        while todo:
            node, name = todo.pop()
            if id(node) in seen:
                continue
            seen.add(id(node))
            if isinstance(node, FIXED):
                self.same[id(node)] = node
            elif isinstance(node, HOLDING):
                todo += [(one, name) for one in _within(node)]
            elif _seen(node):
                self.same[id(node)] = node
                self.parts.append(node)
                todo += [(one, name) for one in _within(node)]
            else:
                self.hidden.append((node, name))


class Memory:
    """What the driver of a block remembers now.

    Raises:
        CampaignError: something that it keeps cannot be copied.
    """

    def __init__(self, block: Block[Any]) -> None:
        walk = _Walk(block, [], [], {})
        walk.go()
        for node, name in walk.hidden:
            _copied(node, walk.same, f"{type(block).__name__}.{name} of {block.name}")
        self._own, self._born = vars(block), dict(vars(block))
        self._same = walk.same if walk.hidden else {}
        parts = [one for one in walk.parts if walk.hidden or type(one).__setattr__ is not FROZEN]
        self._parts = [block, *parts] if walk.hidden or _slots(block) else parts
        self._held = self._copies([_held(part) for part in self._parts])

    def put_back(self) -> None:
        """Let the driver remember that, and nothing else."""
        self._own.clear()
        self._own.update(self._born)
        if self._parts:
            for part, held in zip(self._parts, self._copies(self._held), strict=True):
                _put(part, held)

    def _copies(self, held: list[Held]) -> list[Held]:
        return deepcopy(held, dict(self._same)) if self._same else held


def _copied(node: Any, same: dict[int, Any], where: str) -> None:
    """See that something can be copied.

    Raises:
        CampaignError: it cannot.
    """
    try:
        deepcopy(node, dict(same))
    except Exception as problem:  # a copy is made by whatever the type says
        kind = f"{type(node).__module__}.{type(node).__qualname__}"
        raise CampaignError(
            f"{where} keeps a {kind}, so a controller that is reset cannot be made to forget it ({problem}); expected "
            "what copy.deepcopy can copy"
        ) from problem
