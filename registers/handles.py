"""Handles: where a register is, and its operations by name. Lazy, small, and never holding a value.

A handle is made when it is asked for. The one made last is kept, one for each name in a generated map and one for each
array: code that stays with one block makes none, and ten thousand blocks keep no more than one.

Generated maps (`blocks/pll/regs.py`) subclass `RegisterMap` and `Register` and give each operation typed keyword
arguments; `AnyMap` and `AnyRegister` are the same over names that are known only at run time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from enum import IntEnum
from typing import Any, ClassVar, Generic, Literal, Self, TypeAlias, TypeVar, cast, overload

from registers import access
from registers.access import Names, RegisterOp, Values, nothing, operation
from registers.image import load_resource
from registers.paths import Steps, instead, steps_of
from registers.schema import Child, FieldType, GroupType, MemoryType, NodeType, RegisterType
from transports.batch import ReadBurst, WriteBurst

N = TypeVar("N", bound="Node")
T = TypeVar("T", bound=int)
V = TypeVar("V")

Bit: TypeAlias = Literal[0, 1] | bool  # what a field of one bit takes


class Node:
    """Something at an address: `type` says what, `address` where (absolute), `path` its name from the block down."""

    __slots__ = ("address", "path", "type")

    def __init__(self, type: NodeType, address: int = 0, path: str = "") -> None:
        self.type = type
        self.address = address
        self.path = path

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.path or '(root)'} at {self.address:#x}>"


class Array(Generic[N]):
    """An array of equal nodes: `a[3]`, `a[1, 2]` for more than one dimension; iterates row-major."""

    __slots__ = ("_last", "_make", "_name", "_parent")

    def __init__(self, parent: Parent, name: str, make: type[N]) -> None:
        self._parent, self._name, self._make = parent, name, make
        self._last: tuple[int | tuple[int, ...], int, N] | None = None

    def __getitem__(self, indices: int | tuple[int, ...]) -> N:
        parent, last = self._parent, self._last
        if last is not None and last[0] == indices and last[1] == parent.address:
            return last[2]
        made = parent.child(self._name, self._make, (indices,) if isinstance(indices, int) else indices)
        self._last = (indices, parent.address, made)
        return made

    def __len__(self) -> int:
        return self._parent.records[self._name].count

    @property
    def dimensions(self) -> tuple[int, ...]:
        """The length of each dimension, outermost first."""
        return self._parent.records[self._name].dimensions

    def __iter__(self) -> Iterator[N]:
        for flat in range(len(self)):
            yield self[self._parent.records[self._name].indices_of(flat)]


class Parent(Node):
    """Something with children at offsets: a group of registers, or a memory with virtual registers."""

    __slots__ = ()

    @property
    def records(self) -> Mapping[str, Child]:
        """The children by name, as the type holds them."""
        return cast("GroupType | MemoryType", self.type).by_name

    def child(self, name: str, make: type[N], indices: tuple[int, ...] = ()) -> N:
        """Return the handle of one child.

        Raises:
            ValueError: no such child.
            IndexError: the indices are outside its dimensions.
        """
        record = self.records.get(name)
        if record is None:
            raise ValueError(f"{self.path or self.type.name} has no {name!r}{instead(name, self.records)}")
        above = f"{self.path}." if self.path else ""
        if not indices and not record.dimensions:
            return make(record.type, self.address + record.offset, above + name)
        path = above + name + "".join([f"[{i}]" for i in indices])
        return make(record.type, self.address + record.offset_of(indices, above), path)


class RegisterMap(Parent):
    """A group of registers at an address."""

    __slots__ = ()

    @property
    def group(self) -> GroupType:
        """This map's type."""
        return cast("GroupType", self.type)


class TopMap(RegisterMap):
    """A whole map: knows the image that describes it."""

    __slots__ = ()

    PACKAGE: ClassVar[str]
    IMAGE: ClassVar[str]

    @classmethod
    def at(cls, address: int = 0, path: str = "") -> Self:
        """Return the map at `address`; its image is loaded once a process.

        Raises:
            ImageError: the image is not there, not whole, or of another version.
        """
        return cls(load_resource(cls.PACKAGE, cls.IMAGE).root, address, path)


class Member(Generic[N]):
    """The descriptor of one child in a generated map; `name` is the child's where Python cannot use it."""

    def __init__(self, make: type[N], name: str = "") -> None:
        self._make, self._name = make, name
        self._last: tuple[Parent, int, N] | None = None

    def __set_name__(self, owner: type[Parent], name: str) -> None:
        self._name = self._name or name

    @overload
    def __get__(self, instance: None, owner: type[Any]) -> Member[N]: ...
    @overload
    def __get__(self, instance: Parent, owner: type[Any]) -> N: ...
    def __get__(self, instance: Parent | None, owner: type[Any]) -> Member[N] | N:
        if instance is None:
            return self
        last = self._last
        if last is not None and last[0] is instance and last[1] == instance.address:
            return last[2]
        made = instance.child(self._name, self._make)
        self._last = (instance, instance.address, made)
        return made


class ArrayMember(Generic[N]):
    """The descriptor of an array of children in a generated map; `name` as for `Member`."""

    def __init__(self, make: type[N], name: str = "") -> None:
        self._make, self._name = make, name
        self._last: tuple[Parent, int, Array[N]] | None = None

    def __set_name__(self, owner: type[Parent], name: str) -> None:
        self._name = self._name or name

    @overload
    def __get__(self, instance: None, owner: type[Any]) -> ArrayMember[N]: ...
    @overload
    def __get__(self, instance: Parent, owner: type[Any]) -> Array[N]: ...
    def __get__(self, instance: Parent | None, owner: type[Any]) -> ArrayMember[N] | Array[N]:
        if instance is None:
            return self
        last = self._last
        if last is not None and last[0] is instance and last[1] == instance.address:
            return last[2]
        made = Array(instance, self._name, self._make)
        self._last = (instance, instance.address, made)
        return made


class RegisterValue:
    """A register's word, decoded on demand."""

    __slots__ = ("raw", "register")

    def __init__(self, register: RegisterType, raw: int) -> None:
        self.register = register
        self.raw = raw

    def field(self, name: str) -> int:
        """Return the number in one field."""
        f = self.register.by_name[name]
        return self.raw >> f.lsb & (1 << f.width) - 1

    def __eq__(self, other: object) -> bool:
        return isinstance(other, RegisterValue) and (self.register, self.raw) == (other.register, other.raw)

    def __hash__(self) -> int:
        return hash((self.register, self.raw))

    def __repr__(self) -> str:
        fields = ", ".join(f"{f.name}={self.field(f.name):#x}" for f in self.register.fields)
        return f"{self.register.name}({fields})"


class Bits(Generic[T]):
    """The descriptor of one field in a generated value class: `value.lock`, an int or an enum member.

    A value that the enum does not encode stays a plain int. `name` is the field's where Python cannot use it.
    """

    def __init__(self, make: type[T], name: str = "") -> None:
        self._make, self._name = make, name
        self._members: Mapping[int, T] = {int(m): m for m in make} if issubclass(make, IntEnum) else {}

    def __set_name__(self, owner: type[RegisterValue], name: str) -> None:
        self._name = self._name or name

    @overload
    def __get__(self, instance: None, owner: type[Any]) -> Bits[T]: ...
    @overload
    def __get__(self, instance: RegisterValue, owner: type[Any]) -> T: ...
    def __get__(self, instance: RegisterValue | None, owner: type[Any]) -> Bits[T] | T:
        if instance is None:
            return self
        number = instance.field(self._name)
        return self._members.get(number, cast("T", number)) if self._members else self._make(number)


class Register(Node):
    """One register; subclasses give `read`, `write`, `modify`, `check` and `poll` their typed arguments."""

    __slots__ = ()

    @property
    def register(self) -> RegisterType:
        """This register's type."""
        return cast("RegisterType", self.type)

    def _value(self, raw: int) -> RegisterValue:
        return RegisterValue(self.register, raw)

    def _read(self, convert: Callable[[int], V]) -> RegisterOp[V]:
        return operation("read", self.type, self.address, self.path, (), (), convert)

    def _write(self, names: Names, values: Values) -> RegisterOp[None]:
        return operation("write", self.type, self.address, self.path, names, values, nothing)

    def _modify(self, names: Names, values: Values, convert: Callable[[int], V]) -> RegisterOp[V]:
        return operation("modify", self.type, self.address, self.path, names, values, convert)

    def _check(self, names: Names, values: Values, convert: Callable[[int], V]) -> RegisterOp[V]:
        return operation("check", self.type, self.address, self.path, names, values, convert)

    def _poll(self, names: Names, values: Values, convert: Callable[[int], V], *, timeout_s: float) -> RegisterOp[V]:
        return operation("poll", self.type, self.address, self.path, names, values, convert, timeout_s)


class Memory(Parent):
    """A memory: words by index, in bursts; virtual registers over them by name."""

    __slots__ = ()

    @property
    def memory(self) -> MemoryType:
        """This memory's type."""
        return cast("MemoryType", self.type)

    def _span(self, index: int, count: int) -> int:
        if count < 1 or not 0 <= index <= self.memory.entries - count:
            raise IndexError(f"{self.path}[{index}..{index + count - 1}] is outside its {self.memory.entries} entries")
        return self.address + index * self.memory.width

    def read(self, index: int, count: int = 1) -> ReadBurst:
        """Read `count` words from `index` on."""
        if not self.memory.sw.readable:
            raise ValueError(f"{self.path} is not readable by software (sw={self.memory.sw})")
        return ReadBurst(self._span(index, count), count, width=self.memory.width)

    def write(self, index: int, values: tuple[int, ...]) -> WriteBurst:
        """Write words from `index` on."""
        if not self.memory.sw.writable:
            raise ValueError(f"{self.path} is not writable by software (sw={self.memory.sw})")
        bits = self.memory.bits
        for place, value in enumerate(values, index):
            if not 0 <= value < 1 << bits:
                raise ValueError(f"{self.path}[{place}]: {value:#x} is out of range; a word has {bits} bits")
        return WriteBurst(self._span(index, len(values)), values, width=self.memory.width)


class AnyRegister(Register):
    """A register whose fields are known only at run time."""

    __slots__ = ()

    def read(self) -> RegisterOp[RegisterValue]:
        """Read the whole register, side effects included."""
        return access.read(self.register, self.address, self.path, self._value)

    def write(self, **values: int) -> RegisterOp[None]:
        """Write the whole register; see `registers.access`."""
        return access.write(self.register, self.address, self.path, values)

    def modify(self, **values: int) -> RegisterOp[RegisterValue]:
        """Change the named fields and no other bit."""
        return access.modify(self.register, self.address, self.path, values, self._value)

    def check(self, **values: int) -> RegisterOp[RegisterValue]:
        """Compare the named fields."""
        return access.check(self.register, self.address, self.path, values, self._value)

    def poll(self, *, timeout_s: float, **values: int) -> RegisterOp[RegisterValue]:
        """Wait for the named fields."""
        return access.poll(self.register, self.address, self.path, values, self._value, timeout_s=timeout_s)


class AnyMap(RegisterMap):
    """A map whose children are known only at run time: `regs.at("LANE[3].CTRL")`."""

    __slots__ = ()

    def at(self, path: str) -> AnyRegister | AnyMap | Memory:
        """Return the handle at a dotted path.

        Raises:
            ValueError: it is no path, or names a level that does not exist; says what could have been meant.
            IndexError: an index is missing or outside its array; says which there are.
        """
        return _find(self, steps_of(path))


def _find(parent: AnyMap | Memory, steps: Steps) -> AnyRegister | AnyMap | Memory:
    kinds: dict[type[NodeType], type[AnyRegister | AnyMap | Memory]] = {
        RegisterType: AnyRegister,
        MemoryType: Memory,
        GroupType: AnyMap,
    }
    step, *rest = steps
    record = parent.records.get(step.name)
    node = parent.child(step.name, kinds[type(record.type)] if record else AnyMap, step.indices)
    if not rest:
        return node
    if isinstance(node, AnyRegister):
        raise ValueError(f"{node.path} is a register; nothing stands below it but its fields")
    return _find(node, tuple(rest))


def registers_below(group: AnyMap) -> Iterator[AnyRegister]:
    """Yield every register of a map, arrays element by element, in the order of the description."""
    for child in group.group.children:
        if isinstance(child.type, RegisterType):
            yield from _elements(group, child, AnyRegister)
        elif isinstance(child.type, GroupType):
            for below in _elements(group, child, AnyMap):
                yield from registers_below(below)


def _elements(group: RegisterMap, child: Child, make: type[N]) -> Iterator[N]:
    for flat in range(child.count):
        yield group.child(child.name, make, child.indices_of(flat))


def bits_of(f: FieldType, raw: int) -> int:
    """Return the number that `raw`, the register's word, holds in field `f`."""
    return (raw & f.mask) >> f.lsb
