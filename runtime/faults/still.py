"""The state of simulated blocks at one moment: taken, compared, and put back.

State is what a model holds in its own attributes, however deep, in its nets and in its registers. What a model only
refers to is no state: other models, the chip, its parameters, hooks. A kind of object that is not known here is an
error and not overlooked.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from functools import partial
from types import BuiltinFunctionType, FunctionType, MethodType
from typing import Any

from attrs import frozen

from blocks.model import BlockModel, ModelParams, Net
from blocks.sim.chip import Event, SimChip
from registers.model import Cell, Memory, RegisterFile, Signal
from registers.model.reset import power_on
from registers.model.state import Live, Store

PLAIN: tuple[type[Any], ...] = (int, float, str, bytes, frozenset, type(None), type)
REFERRED: tuple[type[Any], ...] = (
    BlockModel, ModelParams, SimChip, RegisterFile, Cell, Memory, Signal, FunctionType, MethodType, BuiltinFunctionType,
    partial,
)  # fmt: skip
CONTAINERS: tuple[type[Any], ...] = (dict, list, set, deque, bytearray)
REFERRED_BY_NAME = frozenset({"registers", "name", "params", "sim"})  # by a model: never another
_ABSENT = object()  # a slot that nothing was put into yet

Held = tuple[Any, Any, "_Shape"]  # a mutable object, what it held, and how that is put back


@frozen(eq=False)
class _Shape:
    """Where objects of a type hold what is state; types are few, and a campaign looks at a million objects.

    Attributes:
        kind: `plain` is no state, and holds none; `tuple`; one of the containers; `attributes`; `unknown`.
        names: of slots that are state; `own`: of attributes in a dictionary of its own those that are not.
    """

    kind: str
    names: tuple[str, ...] = ()
    own: frozenset[str] | None = None


_SHAPES: dict[type[Any], _Shape] = {}
_TOLD: dict[type[object], bool] = {}  # whether it may be state, or hold some


def _shape(kind: type[Any]) -> _Shape:
    """Return the shape of a type that was not seen before."""
    if issubclass(kind, tuple):
        return _Shape("tuple")
    if (container := next((one for one in CONTAINERS if issubclass(kind, one)), None)) is not None:
        return _Shape(container.__name__)
    if not kind.__module__.startswith("blocks."):
        return _Shape("unknown")
    if issubclass(kind, Net):
        return _Shape("attributes", ("value",))
    if issubclass(kind, Event):
        return _Shape("attributes", ("cancelled",))
    mro: tuple[type[Any], ...] = kind.__mro__
    slots = [base.__dict__.get("__slots__", ()) for base in mro]
    names = dict.fromkeys(name for some in slots for name in ((some,) if isinstance(some, str) else some))
    without = REFERRED_BY_NAME if issubclass(kind, BlockModel) else frozenset[str]()
    kept = tuple(name for name in names if name not in {"__weakref__", "__dict__", *without})
    return _Shape("attributes", kept, without if kind.__dictoffset__ else None)


def _kind(node: object) -> str:
    kind = type(node)
    return f"{kind.__module__}.{kind.__qualname__}"


def _known(node: object) -> _Shape | None:
    """Return the shape of an object; None: it is no state, and holds none."""
    kind = type(node)
    if kind not in _TOLD:
        _TOLD[kind] = not issubclass(kind, (*PLAIN, *REFERRED))
        if _TOLD[kind]:
            _SHAPES[kind] = _shape(kind)
    return _SHAPES[kind] if _TOLD[kind] else None


def _attributes(node: Any, shape: _Shape) -> tuple[dict[str, object] | None, tuple[object, ...]]:
    """Return the attributes of an object of the blocks' own that are its state: in its dictionary, and in its slots."""
    own: dict[str, object] | None = None
    if shape.own is not None:
        own = dict(node.__dict__)
        for name in shape.own:
            own.pop(name, None)
    return own, tuple([getattr(node, name, _ABSENT) for name in shape.names])


def _parts(model: BlockModel) -> list[Held]:
    """Return the mutable objects that a model holds."""
    parts: list[Held] = []
    seen: set[int] = set()
    told = _TOLD
    todo: list[Any] = [model]
    while todo:
        node = todo.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        shape = _known(node) if node is not model else _model(node)
        if shape is None:
            continue
        match shape.kind:
            case "attributes":
                own, slots = held = _attributes(node, shape)
                parts.append((node, held, shape))
                todo += [one for one in slots if told.get(type(one), True)]
                todo += [one for one in own.values() if told.get(type(one), True)] if own else ()
            case "tuple":
                within: Iterable[object] = node
                todo += [one for one in within if told.get(type(one), True)]
            case "unknown":
                raise TypeError(f"{model.name} holds a {_kind(node)}; expected plain state")
            case _:
                held = node.copy()
                parts.append((node, held, shape))
                if shape.kind != "bytearray":
                    within = held.values() if shape.kind == "dict" else held
                    todo += [one for one in within if told.get(type(one), True)]
    return parts


def _model(model: BlockModel) -> _Shape:
    """Return the shape of a model, which is no state of another."""
    kind = type(model)
    if kind not in _SHAPES:
        _SHAPES[kind], _TOLD[kind] = _shape(kind), False
    return _SHAPES[kind]


def _put_back(node: Any, held: Any, shape: _Shape) -> None:
    """Make an object hold what it held."""
    match shape.kind:
        case "attributes":
            own, slots = held
            if own is not None:
                node.__dict__.update(own)
            for name, value in zip(shape.names, slots, strict=True):
                if value is not _ABSENT:
                    object.__setattr__(node, name, value)
        case "dict" | "set":
            node.clear()
            node.update(held)
        case "deque":
            node.clear()
            node.extend(held)
        case _:
            node[:] = held


class _Registers:
    """What the registers of one map held."""

    def __init__(self, registers: RegisterFile) -> None:
        self.registers = registers
        bank = registers.fabric.bank
        self._ports = len(bank.ports)
        self._stores = [(store, store.value, store.spent, store.held) for store in bank.stores()]
        self._live = [(store, _lively(store.was_live)) for store, *_ in self._stores if store.was_live is not None]
        self._memories = [(memory, memory.words()) for memory in registers.memories]

    def held(self) -> tuple[Any, ...]:
        """Return all of it, to compare."""
        return self._stores, self._live, self._memories

    def put_back(self) -> None:
        """Make them hold that again; a register first touched since is as at power-on."""
        bank = self.registers.fabric.bank
        for store, value, spent, held in self._stores:
            store.value, store.spent = value, spent
            if store.held != held:
                store.held = held
                store.tune()
        for store, lively in self._live:
            _enliven(store.live, lively)
        if len(bank.ports) > self._ports:
            known = {id(store) for store, *_ in self._stores}
            done: set[Store] = set()
            for store in bank.stores():
                if id(store) not in known:
                    power_on(bank, store, done)
        for memory, words in self._memories:
            memory.put_back(words)


def _lively(live: Live | None) -> tuple[Any, ...]:
    assert live is not None, "a register without hardware"
    lines = [(line, line.level) for line in live.lines]
    memories = live.happening, live.inputs, live.injected, live.seen, live.closed
    return live.falling, lines, [memory.copy() for memory in memories]


def _enliven(live: Live, held: tuple[Any, ...]) -> None:
    live.falling = held[0]
    for line, level in held[1]:
        line.level = level
    memories: list[Any] = [live.happening, live.inputs, live.injected, live.seen, live.closed]
    for memory, copy in zip(memories, held[2], strict=True):
        memory.clear()
        memory.update(copy)


class Still:
    """The state of some blocks of a simulated chip at one moment."""

    def __init__(self, models: Iterable[BlockModel]) -> None:
        self.models = tuple(models)
        self._kept = [part for model in self.models for part in _parts(model)]
        self._registers = [_Registers(model.registers) for model in self.models]

    def same(self, other: Still) -> bool:
        """Say whether the same blocks were in the same state at both moments."""
        if len(self._kept) != len(other._kept):
            return False
        kept = all(a[0] is b[0] and a[1] == b[1] for a, b in zip(self._kept, other._kept, strict=True))
        return kept and [r.held() for r in self._registers] == [r.held() for r in other._registers]

    def put_back(self) -> None:
        """Put the blocks into that state."""
        for node, held, shape in self._kept:
            _put_back(node, held, shape)
        for registers in self._registers:
            registers.put_back()
