"""Bit-safe register operations: from fields by name to bus operations, refused where a write could harm a sibling.

The rules, for every register:

- `write` covers the whole register. Plain storage must be given; a field whose write has a side effect defaults to
  the value that does nothing (0 to woclr, woset, wot and singlepulse; 1 to wzc, wzs, wzt). Reserved bits are written 0.
- `modify` reads, replaces the named fields, writes the neutral value to siblings with side effects and everything
  else (reserved bits too) back as read. It is refused where the read has side effects, and where a sibling in the
  same access has no neutral value (wclr, wset, wuser, write-only storage, write-once) and was not named.
- `check` and `poll` are refused where the read has side effects: a look changes nothing.

A `modify` is a read and a write: what the hardware changes in a plain sibling between the two is lost. Lint finds the
registers where that can be (`modify-race`); `atomic_modify` closes the gap against other software only.

A register wider than its access width is moved in several accesses, lowest address first. Nothing holds it still
between them: what a `read` or a `check` of several words saw may never have stood at one time. A `poll` would wait for
just that, so it takes fields of one access word only.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from operator import index
from typing import Generic, TypeAlias, TypeVar

from attrs import frozen

from registers.plan import PLANS_MAX, Form, Plan, keep, out_of_range
from registers.schema import FieldType, NodeType, RegisterType
from registers.semantics import OnWrite, neutral_bit
from transports.batch import Operation, Value

V = TypeVar("V")

Names: TypeAlias = tuple[str, ...]
Values: TypeAlias = tuple[int | None, ...]  # one for each name; None: not given


class UnsafeAccess(ValueError):
    """The operation could change bits that were not named; nothing was sent."""


class RegisterOp(Generic[V]):
    """One register operation as data, immutable: what goes to the bus, and the names to explain it by.

    Attributes:
        path: the register's, from the block down: `LANE[3].CTRL`.
        operations: what goes to the bus, one for each access word involved.
        convert: makes the typed result from the register's raw value.
    """

    __slots__ = ("_plan", "convert", "operations", "path")

    def __init__(self, plan: Plan, path: str, operations: tuple[Operation, ...], convert: Callable[[int], V]) -> None:
        self._plan = plan
        self.path = path
        self.operations = operations
        self.convert = convert

    @property
    def type(self) -> RegisterType:
        """The register's type."""
        return self._plan.type

    @property
    def verb(self) -> str:
        """One of "read", "write", "modify", "check" and "poll"."""
        return self._plan.verb

    @property
    def fields(self) -> Mapping[str, int]:
        """The values named, by field."""
        return self._plan.fields

    @property
    def shifts(self) -> tuple[int, ...]:
        """For each operation, the bit of the register at which its word begins."""
        return self._plan.shifts

    def raw(self, results: Sequence[Value]) -> int:
        """Return the register's value from the results of `operations` (words not involved read as 0)."""
        value = 0
        for word, shift in zip(results, self._plan.shifts, strict=True):
            if isinstance(word, int):
                value |= word << shift
        return value

    def decode(self, results: Sequence[Value]) -> V:
        """Return the typed value from the results of `operations`."""
        return self.convert(self.raw(results))

    def __repr__(self) -> str:
        return f"RegisterOp({str(self)!r}, operations={self.operations!r})"

    def __str__(self) -> str:
        sign = "==" if self.verb in ("check", "poll") else "="
        given = ", ".join(f"{name}{sign}{value:#x}" for name, value in self.fields.items())
        return f"{self.verb} {self.path}({given})"


@frozen
class Rules:
    """What a register's fields allow, worked out once a type.

    Attributes:
        required: fields that a `write` must be given.
        forced: fields that a `modify` of the same access word must be given.
        neutral_mask, neutral_value: the bits a `modify` sets to do nothing, and to what.
        read_effects: fields that a read changes.
    """

    required: frozenset[str]
    forced: frozenset[str]
    neutral_mask: int
    neutral_value: int
    read_effects: tuple[str, ...]


@cache
def rules(register: RegisterType) -> Rules:
    """Return the bit-safety rules of a register type."""
    required: set[str] = set()
    forced: set[str] = set()
    mask = value = 0
    for f in register.fields:
        if not f.sw.writable:
            continue
        bit = None if f.sw.once else neutral_bit(f.onwrite, singlepulse=f.singlepulse)
        if bit is None:
            required.add(f.name)
            if f.onwrite is not None or f.sw.once or not f.sw.readable:
                forced.add(f.name)
        else:
            mask |= f.mask
            value |= f.mask if bit else 0
    return Rules(
        required=frozenset(required),
        forced=frozenset(forced),
        neutral_mask=mask,
        neutral_value=value,
        read_effects=tuple(f.name for f in register.fields if f.onread is not None),
    )


def _named(register: RegisterType, path: str, values: Mapping[str, int], *, writing: bool) -> dict[str, FieldType]:
    """Return the fields named, each checked to exist, to be usable so, and to hold its value."""
    found: dict[str, FieldType] = {}
    for name, value in values.items():
        f = register.by_name.get(name)
        if f is None:
            raise ValueError(f"{path} has no field {name!r}; it has {', '.join(register.by_name)}")
        if writing and not f.sw.writable:
            raise ValueError(f"{path}.{name} is not writable by software (sw={f.sw})")
        if not writing and not f.sw.readable:
            raise ValueError(f"{path}.{name} is not readable by software (sw={f.sw})")
        if not 0 <= value <= f.max:
            raise out_of_range(path, name, value, f.max)
        found[name] = f
    return found


def _words(register: RegisterType, mask: int | None) -> tuple[tuple[int, int], ...]:
    """Return (lowest bit, bits of `mask`) of each access word that holds any of them (None: every word, all bits)."""
    bits = 8 * register.access
    ones = (1 << bits) - 1
    shifts = range(0, 8 * register.width, bits)
    if mask is None:
        return tuple((shift, ones) for shift in shifts)
    return tuple((shift, mask >> shift & ones) for shift in shifts if mask >> shift & ones)


def _form(verb: str, fields: Mapping[str, FieldType], register: RegisterType, mask: int | None, base: int = 0) -> Form:
    named = tuple((name, f.lsb, f.max) for name, f in fields.items())
    return Form(register, verb, named, base, _words(register, mask))


def _bits(fields: Mapping[str, FieldType]) -> int:
    """Return the bits of the register that fields hold."""
    mask = 0
    for f in fields.values():
        mask |= f.mask
    return mask


def _form_read(register: RegisterType, path: str, values: Mapping[str, int]) -> Form:
    if not any(f.sw.readable for f in register.fields):
        raise ValueError(f"{path} has no field that software can read")
    return _form("read", {}, register, None)


def _form_write(register: RegisterType, path: str, values: Mapping[str, int]) -> Form:
    fields = _named(register, path, values, writing=True)
    rule = rules(register)
    if missing := sorted(rule.required - set(fields)):
        raise UnsafeAccess(f"{path}: a write would also set {', '.join(missing)}; give a value for each")
    if not fields and not rule.neutral_mask:
        raise ValueError(f"{path} has no field that software can write")
    return _form("write", fields, register, None, rule.neutral_value & ~_bits(fields))


def _form_modify(register: RegisterType, path: str, values: Mapping[str, int]) -> Form:
    fields = _named(register, path, values, writing=True)
    if not fields:
        raise ValueError(f"{path}: modify names no field")
    rule = rules(register)
    if rule.read_effects:
        raise UnsafeAccess(f"{path}: modify would read it, and a read changes {', '.join(rule.read_effects)}")
    mask = _bits(fields)
    ones = (1 << 8 * register.access) - 1
    touched = sum(ones << shift for shift, _ in _words(register, mask))
    unnamed = [n for n in sorted(rule.forced - set(fields)) if register.by_name[n].mask & touched]
    if unnamed:
        raise UnsafeAccess(f"{path}: modify would also write {', '.join(unnamed)}, which no written value preserves")
    return _form("modify", fields, register, mask | rule.neutral_mask & touched, rule.neutral_value & ~mask)


def _form_check(register: RegisterType, path: str, values: Mapping[str, int]) -> Form:
    fields = _look("check", register, path, values)
    return _form("check", fields, register, _bits(fields))


def _form_poll(register: RegisterType, path: str, values: Mapping[str, int]) -> Form:
    fields = _look("poll", register, path, values)
    form = _form("poll", fields, register, _bits(fields))
    if len(form.words) > 1:
        raise ValueError(
            f"{path}: poll of {', '.join(values)} spans {len(form.words)} access words of {8 * register.access} bits, "
            "which no access reads at once; poll fields of one word, or check"
        )
    return form


def _look(verb: str, register: RegisterType, path: str, values: Mapping[str, int]) -> dict[str, FieldType]:
    """Return the fields that a look names."""
    fields = _named(register, path, values, writing=False)
    if not fields:
        raise ValueError(f"{path}: {verb} names no field")
    if effects := rules(register).read_effects:
        raise UnsafeAccess(f"{path}: {verb} would read it, and a read changes {', '.join(effects)}")
    return fields


_FORMS = {
    "read": _form_read, "write": _form_write, "modify": _form_modify, "check": _form_check, "poll": _form_poll,
}  # fmt: skip
_forms: dict[tuple[object, ...], Form] = {}
_plans: dict[tuple[object, ...], Plan] = {}


def operation(
    verb: str,
    register: NodeType,
    address: int,
    path: str,
    names: Names,
    values: Values,
    convert: Callable[[int], V],
    timeout_s: float | None = None,
) -> RegisterOp[V]:
    """Return one operation; a field whose value is None is not named.

    Raises:
        ValueError, UnsafeAccess: as the function of that verb.
    """
    key = (register, verb, timeout_s, names, values)
    plan = _plans.get(key)
    if plan is None:
        assert isinstance(register, RegisterType), f"{path} is no register"
        given = {name: int(value) for name, value in zip(names, values, strict=True) if value is not None}
        plan = _plan(key, register, verb, address, path, given, timeout_s)
    return RegisterOp(plan, path, plan.at(address), convert)


def _plan(
    key: tuple[object, ...],
    register: RegisterType,
    verb: str,
    address: int,
    path: str,
    values: Mapping[str, int],
    timeout_s: float | None,
) -> Plan:
    name = (register, verb, *values)
    form = _forms.get(name) or keep(_forms, name, _FORMS[verb](register, path, values))
    plan = form.plan(address, path, values, timeout_s)
    return keep(_plans, key, plan) if form.plans <= PLANS_MAX else plan


def _whole(values: Mapping[str, int]) -> tuple[Names, Values]:
    """Return the names and the values, each of which must be a whole number."""
    return tuple(values), tuple(map(index, values.values()))


def read(register: RegisterType, address: int, path: str, convert: Callable[[int], V]) -> RegisterOp[V]:
    """Read the whole register, side effects included."""
    return operation("read", register, address, path, (), (), convert)


def write(register: RegisterType, address: int, path: str, values: Mapping[str, int]) -> RegisterOp[None]:
    """Write the whole register.

    Raises:
        ValueError: an unknown or read-only field, or a value out of range.
        UnsafeAccess: a field without neutral value was not given.
    """
    return operation("write", register, address, path, *_whole(values), nothing)


def modify(
    register: RegisterType, address: int, path: str, values: Mapping[str, int], convert: Callable[[int], V]
) -> RegisterOp[V]:
    """Change the named fields and no other bit; the typed result is the value before.

    Raises:
        ValueError: no field, an unknown or read-only one, or a value out of range.
        UnsafeAccess: the read has side effects, or a sibling without neutral value was not given.
    """
    return operation("modify", register, address, path, *_whole(values), convert)


def check(
    register: RegisterType, address: int, path: str, values: Mapping[str, int], convert: Callable[[int], V]
) -> RegisterOp[V]:
    """Compare the named fields with what they should be; the batch stops where they differ.

    Fields in several access words are compared word by word, each as it stands at its own access.

    Raises:
        ValueError: no field, an unknown or unreadable one, or a value out of range.
        UnsafeAccess: the read has side effects.
    """
    return operation("check", register, address, path, *_whole(values), convert)


def poll(
    register: RegisterType,
    address: int,
    path: str,
    values: Mapping[str, int],
    convert: Callable[[int], V],
    *,
    timeout_s: float,
) -> RegisterOp[V]:
    """Wait until the named fields are what they should be, `timeout_s` at most; they stand in one access word.

    Fields in several words are refused. Polled one after the other, word 0 may be as wanted now and word 1 later, and
    both never at once. Looking at all words again behind the last poll would not mend it: each may have changed and
    changed back, and a value that had stood and went on would fail. Where several words must hold, a rung's checks are
    looked at again until they do.

    Raises:
        ValueError: as `check`; or the fields span several access words.
        UnsafeAccess: as `check`.
    """
    return operation("poll", register, address, path, *_whole(values), convert, timeout_s)


def one_word(register: RegisterType, f: FieldType) -> bool:
    """Say whether one access holds the whole field: only then can it be polled."""
    bits = 8 * register.access
    return f.lsb // bits == (f.lsb + f.width - 1) // bits


def nothing(_raw: int) -> None:
    """A write brings no value."""


def pulses(f: FieldType) -> bool:
    """Say whether writing the field acts without leaving a value to read back."""
    return f.singlepulse or f.onwrite is OnWrite.WUSER or not f.sw.readable
