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
from typing import Generic, TypeVar

from attrs import field, frozen

from registers.schema import FieldType, RegisterType
from registers.semantics import OnWrite, neutral_bit
from transports.batch import Check, Modify, Operation, Poll, Read, Value, Write

V = TypeVar("V")


class UnsafeAccess(ValueError):
    """The operation could change bits that were not named; nothing was sent."""


@frozen(eq=False)
class RegisterOp(Generic[V]):
    """One register operation as data: what goes to the bus, and the names to explain it by.

    Attributes:
        path: the register's, from the block down: `LANE[3].CTRL`.
        type: the register's.
        verb: "read", "write", "modify", "check" or "poll".
        fields: the values named, by field.
        operations: what goes to the bus, one for each access word involved.
        shifts: for each operation, the bit of the register at which its word begins.
        convert: makes the typed result from the register's raw value.
    """

    path: str
    type: RegisterType
    verb: str
    fields: Mapping[str, int]
    operations: tuple[Operation, ...]
    shifts: tuple[int, ...]
    convert: Callable[[int], V] = field(repr=False)

    def raw(self, results: Sequence[Value]) -> int:
        """Return the register's value from the results of `operations` (words not involved read as 0)."""
        value = 0
        for word, shift in zip(results, self.shifts, strict=True):
            if isinstance(word, int):
                value |= word << shift
        return value

    def decode(self, results: Sequence[Value]) -> V:
        """Return the typed value from the results of `operations`."""
        return self.convert(self.raw(results))

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
            raise ValueError(f"{path}.{name}: {value:#x} is out of range; expected 0..{f.max:#x} ({f.width} bits)")
        found[name] = f
    return found


def _words(register: RegisterType, address: int, mask: int | None) -> list[tuple[int, int]]:
    """Return (address, lowest bit) of each access word that holds bits of `mask` (None: every word)."""
    bits = 8 * register.access
    ones = (1 << bits) - 1
    return [
        (address + shift // 8, shift)
        for shift in range(0, 8 * register.width, bits)
        if mask is None or (mask >> shift) & ones
    ]


def _insert(fields: Mapping[str, FieldType], values: Mapping[str, int]) -> tuple[int, int]:
    """Return the (mask, value) of the named fields within the register."""
    mask = value = 0
    for name, f in fields.items():
        mask |= f.mask
        value |= values[name] << f.lsb
    return mask, value


def read(register: RegisterType, address: int, path: str, convert: Callable[[int], V]) -> RegisterOp[V]:
    """Read the whole register, side effects included."""
    if not any(f.sw.readable for f in register.fields):
        raise ValueError(f"{path} has no field that software can read")
    words = _words(register, address, None)
    operations = tuple(Read(at, width=register.access) for at, _ in words)
    return RegisterOp(path, register, "read", {}, operations, tuple(s for _, s in words), convert)


def write(register: RegisterType, address: int, path: str, values: Mapping[str, int]) -> RegisterOp[None]:
    """Write the whole register.

    Raises:
        ValueError: an unknown or read-only field, or a value out of range.
        UnsafeAccess: a field without neutral value was not given.
    """
    fields = _named(register, path, values, writing=True)
    rule = rules(register)
    if missing := sorted(rule.required - set(fields)):
        raise UnsafeAccess(f"{path}: a write would also set {', '.join(missing)}; give a value for each")
    if not fields and not rule.neutral_mask:
        raise ValueError(f"{path} has no field that software can write")
    mask, value = _insert(fields, values)
    word = value | (rule.neutral_value & ~mask)
    ones = (1 << 8 * register.access) - 1
    words = _words(register, address, None)
    operations = tuple(Write(at, (word >> shift) & ones, width=register.access) for at, shift in words)
    return RegisterOp(path, register, "write", dict(values), operations, tuple(s for _, s in words), _nothing)


def modify(
    register: RegisterType, address: int, path: str, values: Mapping[str, int], convert: Callable[[int], V]
) -> RegisterOp[V]:
    """Change the named fields and no other bit; the typed result is the value before.

    Raises:
        ValueError: no field, an unknown or read-only one, or a value out of range.
        UnsafeAccess: the read has side effects, or a sibling without neutral value was not given.
    """
    fields = _named(register, path, values, writing=True)
    if not fields:
        raise ValueError(f"{path}: modify names no field")
    rule = rules(register)
    if rule.read_effects:
        raise UnsafeAccess(f"{path}: modify would read it, and a read changes {', '.join(rule.read_effects)}")
    mask, value = _insert(fields, values)
    words = _words(register, address, mask)
    ones = (1 << 8 * register.access) - 1
    touched = sum(ones << shift for _, shift in words)
    unnamed = [n for n in sorted(rule.forced - set(fields)) if register.by_name[n].mask & touched]
    if unnamed:
        raise UnsafeAccess(f"{path}: modify would also write {', '.join(unnamed)}, which no written value preserves")
    mask, value = mask | rule.neutral_mask, value | (rule.neutral_value & ~mask)
    operations = tuple(
        Modify(at, (mask >> shift) & ones, (value >> shift) & ones, width=register.access) for at, shift in words
    )
    return RegisterOp(path, register, "modify", dict(values), operations, tuple(s for _, s in words), convert)


def check(
    register: RegisterType, address: int, path: str, values: Mapping[str, int], convert: Callable[[int], V]
) -> RegisterOp[V]:
    """Compare the named fields with what they should be; the batch stops where they differ.

    Fields in several access words are compared word by word, each as it stands at its own access.

    Raises:
        ValueError: no field, an unknown or unreadable one, or a value out of range.
        UnsafeAccess: the read has side effects.
    """
    mask, value = _look("check", register, path, values)
    words = _words(register, address, mask)
    ones = (1 << 8 * register.access) - 1
    operations = tuple(Check(at, (mask >> s) & ones, (value >> s) & ones, width=register.access) for at, s in words)
    return RegisterOp(path, register, "check", dict(values), operations, tuple(s for _, s in words), convert)


def one_word(register: RegisterType, f: FieldType) -> bool:
    """Say whether one access holds the whole field: only then can it be polled."""
    bits = 8 * register.access
    return f.lsb // bits == (f.lsb + f.width - 1) // bits


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
    mask, value = _look("poll", register, path, values)
    words = _words(register, address, mask)
    if len(words) > 1:
        raise ValueError(
            f"{path}: poll of {', '.join(values)} spans {len(words)} access words of {8 * register.access} bits, which "
            "no access reads at once; poll fields of one word, or check"
        )
    ((at, shift),) = words
    word = Poll(at, mask >> shift, value >> shift, width=register.access, timeout_s=timeout_s)
    return RegisterOp(path, register, "poll", dict(values), (word,), (shift,), convert)


def _look(verb: str, register: RegisterType, path: str, values: Mapping[str, int]) -> tuple[int, int]:
    """Return the (mask, value) that a look compares, within the register."""
    fields = _named(register, path, values, writing=False)
    if not fields:
        raise ValueError(f"{path}: {verb} names no field")
    if effects := rules(register).read_effects:
        raise UnsafeAccess(f"{path}: {verb} would read it, and a read changes {', '.join(effects)}")
    return _insert(fields, values)


def _nothing(_raw: int) -> None:
    """A write brings no value."""


def pulses(f: FieldType) -> bool:
    """Say whether writing the field acts without leaving a value to read back."""
    return f.singlepulse or f.onwrite is OnWrite.WUSER or not f.sw.readable
