"""The state of simulated blocks at one moment: taken, compared, and put back.

State is what a model holds in its own attributes, however deep, in its nets and in its registers. What a model only
refers to is no state: other models, the chip, its parameters, hooks. A kind of object that is not known here is an
error and not overlooked.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
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
_HELD: dict[type[object], bool] = {}  # what `_held` said of a type
REFERRED_BY_NAME = {"registers", "name", "params", "sim"}  # by a model: never another


def _is(node: Any, *kinds: type[Any]) -> bool:
    return isinstance(node, kinds)


@frozen(eq=False)
class _Kept:
    """One mutable object and what it held."""

    node: Any
    held: Any

    def put_back(self) -> None:
        """Make it hold that again."""
        if _is(self.node, dict, set):
            self.node.clear()
            self.node.update(self.held)
        elif _is(self.node, list, bytearray):
            self.node[:] = self.held
        elif _is(self.node, deque):
            self.node.clear()
            self.node.extend(self.held)
        else:
            for name, value in self.held.items():
                object.__setattr__(self.node, name, value)


def _held(node: object) -> bool:
    """Say whether something may be state, or hold some."""
    kind = type(node)
    known = _HELD.get(kind)
    if known is None:
        known = _HELD[kind] = not issubclass(kind, (*PLAIN, *REFERRED))
    return known


def _kind(node: object) -> str:
    kind = type(node)
    return f"{kind.__module__}.{kind.__qualname__}"


def _attributes(node: Any) -> dict[str, Any]:
    """Return the attributes of an object of the blocks' own that are its state."""
    if _is(node, Net):
        return {"value": node.value}
    if _is(node, Event):
        return {"cancelled": node.cancelled}
    found: dict[str, Any] = dict(getattr(node, "__dict__", {}))
    kinds: tuple[type[Any], ...] = type(node).__mro__
    for base in kinds:
        slots: str | tuple[str, ...] = base.__dict__.get("__slots__", ())
        for name in (slots,) if isinstance(slots, str) else slots:
            if name not in ("__weakref__", "__dict__") and hasattr(node, name):
                found[name] = getattr(node, name)
    if _is(node, BlockModel):
        for name in REFERRED_BY_NAME:
            del found[name]
    return found


def _parts(model: BlockModel) -> Iterator[_Kept]:
    """Yield the mutable objects that a model holds."""
    seen: set[int] = set()
    todo: list[Any] = [model]
    while todo:
        node = todo.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if _is(node, tuple):
            todo.extend(filter(_held, node))
        elif _is(node, *CONTAINERS):
            held = node.copy()
            yield _Kept(node, held)
            if not _is(node, bytearray):
                todo.extend(filter(_held, held.values() if _is(node, dict) else held))
        elif (kind := _kind(node)).startswith("blocks."):
            held = _attributes(node)
            yield _Kept(node, held)
            todo.extend(filter(_held, held.values()))
        else:
            raise TypeError(f"{model.name} holds a {kind}; expected plain state")


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
        kept = all(a.node is b.node and a.held == b.held for a, b in zip(self._kept, other._kept, strict=True))
        return kept and [r.held() for r in self._registers] == [r.held() for r in other._registers]

    def put_back(self) -> None:
        """Put the blocks into that state."""
        for part in self._kept:
            part.put_back()
        for registers in self._registers:
            registers.put_back()
