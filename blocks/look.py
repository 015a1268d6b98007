"""The look: a ladder's checks as one read-only batch, and what its results say.

Checks stand in the order of the rungs and a batch stops at the first that fails, so the results end at the lowest rung
that does not hold, with the value that said so.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable
from functools import cached_property
from typing import Any

from attrs import frozen

from blocks.ladder import Condition, Ladder, Rung, Where
from blocks.port import named
from registers.access import RegisterOp
from registers.handles import bits_of
from registers.schema import FieldType, RegisterType
from transports.batch import Batch, Check, Operation, Results
from transports.errors import ConditionError


@frozen
class Wrong:
    """One field that is not as intended.

    Attributes:
        register: its path in the block.
        wanted, found: its values.
    """

    register: str
    field: FieldType
    wanted: int
    found: int

    @property
    def bits(self) -> str:
        """The bits that differ: `fbdiv bit 2 is 0`."""
        wrong = self.found ^ self.wanted
        places = [bit for bit in range(wrong.bit_length()) if wrong >> bit & 1]
        return ", ".join(f"{self.field.name} bit {bit} is {self.found >> bit & 1}" for bit in places)


class Shortfall:
    """The lowest rung that does not hold, and the evidence, which is put into words when somebody asks.

    Attributes:
        index: of the rung in its ladder.
        rung: its name.
    """

    __slots__ = ("_said", "_tell", "_wrong", "index", "rung")
    __match_args__ = ("index", "rung", "register", "wanted", "last")

    def __init__(self, index: int, rung: str, register: str = "", wanted: str = "", last: str = "") -> None:
        self.index, self.rung = index, rung
        self._said: tuple[str, str, str] | None = (register, wanted, last)
        self._tell: Callable[[], tuple[str, str, str]] | None = None
        self._wrong: Callable[[], tuple[Wrong, ...]] | None = None

    @classmethod
    def telling(
        cls,
        index: int,
        rung: str,
        tell: Callable[[], tuple[str, str, str]],
        wrong: Callable[[], tuple[Wrong, ...]] | None = None,
    ) -> Shortfall:
        """Return one whose `register`, `wanted` and `last` are what `tell` returns, and `wrong` what `wrong` does."""
        made = cls(index, rung)
        made._said, made._tell, made._wrong = None, tell, wrong
        return made

    @property
    def wrong(self) -> tuple[Wrong, ...]:
        """The fields that are not as intended, and for which alone the condition does not hold; empty: for others."""
        return () if self._wrong is None else self._wrong()

    @property
    def bits(self) -> str:
        """The bits that are not as intended: `fbdiv bit 2 is 0`; empty where none can be named."""
        return ", ".join(filter(None, (wrong.bits for wrong in self.wrong)))

    def _words(self) -> tuple[str, str, str]:
        if self._said is None:
            assert self._tell is not None, "a shortfall without words"
            self._said = self._tell()
        return self._said

    @property
    def register(self) -> str:
        """The register that was read."""
        return self._words()[0]

    @property
    def wanted(self) -> str:
        """The condition: `lock=1`."""
        return self._words()[1]

    @property
    def last(self) -> str:
        """What was there instead: `lock=0 (word 0x0)`."""
        return self._words()[2]

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Shortfall):
            return NotImplemented
        return (self.index, self.rung, self._words()) == (other.index, other.rung, other._words())

    def __hash__(self) -> int:
        return hash((self.index, self.rung))

    def __repr__(self) -> str:
        register, wanted, last = self._words()
        return f"Shortfall({self.index}, {self.rung!r}, {register!r}, {wanted!r}, {last!r})"


@frozen(eq=False)
class Look:
    """The checks of some rungs of a ladder, as a batch.

    Attributes:
        batch: read-only, lowest rung first.
        places: for each condition: rung index, condition, first operation, first operation behind it.
    """

    ladder: Ladder
    batch: Batch
    places: tuple[tuple[int, Condition, int, int], ...]

    @cached_property
    def _asked(self) -> tuple[int, ...]:
        """The numbers of the conditions that the engine cannot judge."""
        return tuple(number for number, place in enumerate(self.places) if isinstance(place[1], Where))

    def judge(self, results: Results, owner: str, *, first: int = 0) -> Shortfall | None:
        """Return what does not hold, or None when every rung looked at holds.

        What checks can say the engine has compared: on the way up no value is looked at here.

        Args:
            results: of a batch whose operations from `first` on are this look's.
            owner: the block's name, for errors.

        Raises:
            TransportError: the look itself failed; its `where` names block and register.
        """
        done = len(results) - first
        stopped = len(self.places) if done >= len(self.batch) else self._holder(max(0, done))
        for number in self._asked:
            if number >= stopped:
                break
            index, condition, start, stop = self.places[number]
            words = results.values[first + start : first + stop]
            assert isinstance(condition, Where), "a check is the engine's"
            if not _satisfied(condition, words):
                return _where_shortfall(index, self.ladder[index], condition, words)
        return None if stopped == len(self.places) else self._short(stopped, done, results, owner)

    @cached_property
    def _firsts(self) -> tuple[int, ...]:
        """The first operation of each condition."""
        return tuple(place[2] for place in self.places)

    def _holder(self, operation: int) -> int:
        """Return the number of the condition that an operation belongs to."""
        return bisect_right(self._firsts, operation) - 1

    def _short(self, number: int, done: int, results: Results, owner: str) -> Shortfall:
        """Return what does not hold, where a condition ended the batch."""
        index, condition, start, _ = self.places[number]
        error = results.error
        assert error is not None, "a batch ended early without an error"
        if not isinstance(error, ConditionError) or isinstance(condition, Where):
            path = condition.path if isinstance(condition, RegisterOp) else condition.reads[0].path
            raise named(error, owner, {len(results): path}, len(results))
        shift = condition.shifts[max(done - start, 0)]
        return _check_shortfall(index, self.ladder[index], condition, error.last << shift)


def compile_look(
    ladder: Ladder,
    first: int = 0,
    stop: int | None = None,
    *,
    of: Callable[[Rung], Iterable[Condition]] = lambda rung: rung.holds,
) -> Look:
    """Compile the checks of rungs `first` to `stop` (default: to the top).

    Args:
        of: returns the conditions of a rung that are looked at.
    """
    operations: list[Operation] = []
    places: list[tuple[int, Condition, int, int]] = []
    for index in range(first, len(ladder) if stop is None else min(stop, len(ladder))):
        for condition in of(ladder[index]):
            start = len(operations)
            for op in condition.reads if isinstance(condition, Where) else (condition,):
                operations.extend(op.operations)
            places.append((index, condition, start, len(operations)))
    return Look(ladder, Batch(operations), tuple(places))


def _values(condition: Where, words: tuple[Any, ...]) -> list[Any]:
    values: list[Any] = []
    position = 0
    for op in condition.reads:
        values.append(op.decode(words[position : position + len(op.operations)]))
        position += len(op.operations)
    return values


def _satisfied(condition: Where, words: tuple[Any, ...]) -> bool:
    return condition.holds(*_values(condition, words))


def _where_shortfall(index: int, rung: Rung, condition: Where, words: tuple[Any, ...]) -> Shortfall:
    blamed = _blamed(condition, words)

    def tell() -> tuple[str, str, str]:
        if blamed:
            said = [_told(check, raw) for check, raw in blamed]
            return ", ".join(s[0] for s in said), ", ".join(s[1] for s in said), ", ".join(s[2] for s in said)
        last = ", ".join(repr(value) for value in _values(condition, words))
        return ", ".join(op.path for op in condition.reads), condition.text, last

    return Shortfall.telling(index, rung.name, tell, lambda: tuple(w for b in blamed for w in _differ(*b)))


def _blamed(condition: Where, words: tuple[Any, ...]) -> list[tuple[RegisterOp[Any], int]]:
    """Return the checks of what is intended that do not pass, each with the register's value; none: it is not for them.

    With each as intended the condition would hold: that is tried.
    """
    found: list[tuple[RegisterOp[Any], int]] = []
    mended, position = list(words), 0
    for op in condition.reads:
        raw = op.raw(words[position : position + len(op.operations)])
        for check in condition.intended:
            if check.path != op.path or not _differ(check, raw):
                continue
            found.append((check, raw))
            for shift, part in zip(check.shifts, check.operations, strict=True):
                assert isinstance(part, Check), f"{part} in a check"
                at = position + op.shifts.index(shift)
                mended[at] = mended[at] & ~part.mask | part.value
        position += len(op.operations)
    return found if found and _satisfied(condition, tuple(mended)) else []


def _check_shortfall(index: int, rung: Rung, condition: RegisterOp[Any], raw: int) -> Shortfall:
    return Shortfall.telling(index, rung.name, lambda: _told(condition, raw), lambda: _differ(condition, raw))


def _told(check: RegisterOp[Any], raw: int) -> tuple[str, str, str]:
    """Return the register of a check, what it wanted, and what was there instead."""
    wanted = ", ".join(_said(check.type, name, value) for name, value in check.fields.items())
    last = ", ".join(_said(check.type, name, bits_of(check.type.by_name[name], raw)) for name in check.fields)
    return check.path, wanted, f"{last} (word {raw:#x})"


def _differ(check: RegisterOp[Any], raw: int) -> tuple[Wrong, ...]:
    """Return the fields of a check that are not as it wants."""
    fields = ((check.type.by_name[name], int(value)) for name, value in check.fields.items())
    found = ((field, value, bits_of(field, raw)) for field, value in fields)
    return tuple(Wrong(check.path, field, value, seen) for field, value, seen in found if seen != value)


def _said(register: RegisterType, name: str, value: int) -> str:
    encode = register.by_name[name].encode
    member = next((m.name for m in encode.members if m.value == value), "") if encode else ""
    return f"{name}={member or hex(value)}"
