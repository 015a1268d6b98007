"""The look: a ladder's checks as one read-only batch, and what its results say.

Checks stand in the order of the rungs and a batch stops at the first that fails, so the results end at the lowest rung
that does not hold, with the value that said so.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from functools import cached_property
from typing import Any

from attrs import frozen

from blocks.ladder import Condition, Ladder, Rung, Where
from blocks.port import named
from registers.access import RegisterOp
from registers.handles import bits_of
from registers.schema import RegisterType
from transports.batch import Batch, Operation, Results
from transports.errors import ConditionError


class Shortfall:
    """The lowest rung that does not hold, and the evidence, which is put into words when somebody asks.

    Attributes:
        index: of the rung in its ladder.
        rung: its name.
    """

    __slots__ = ("_bits", "_said", "_tell", "index", "rung")
    __match_args__ = ("index", "rung", "register", "wanted", "last")

    def __init__(self, index: int, rung: str, register: str = "", wanted: str = "", last: str = "") -> None:
        self.index, self.rung = index, rung
        self._said: tuple[str, str, str] | None = (register, wanted, last)
        self._tell: Callable[[], tuple[str, str, str]] | None = None
        self._bits: Callable[[], str] | None = None

    @classmethod
    def telling(
        cls, index: int, rung: str, tell: Callable[[], tuple[str, str, str]], bits: Callable[[], str] | None = None
    ) -> Shortfall:
        """Return one whose `register`, `wanted` and `last` are what `tell` returns, and `bits` what `bits` does."""
        made = cls(index, rung)
        made._said, made._tell, made._bits = None, tell, bits
        return made

    @property
    def bits(self) -> str:
        """The bits that are not as intended: `fbdiv bit 2 is 0`; empty where none can be named."""
        return "" if self._bits is None else self._bits()

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


def compile_look(ladder: Ladder, first: int = 0, stop: int | None = None) -> Look:
    """Compile the checks of rungs `first` to `stop` (default: to the top)."""
    operations: list[Operation] = []
    places: list[tuple[int, Condition, int, int]] = []
    for index in range(first, len(ladder) if stop is None else min(stop, len(ladder))):
        for condition in ladder[index].holds:
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
    def tell() -> tuple[str, str, str]:
        last = ", ".join(repr(value) for value in _values(condition, words))
        return ", ".join(op.path for op in condition.reads), condition.text, last

    return Shortfall.telling(index, rung.name, tell)


def _check_shortfall(index: int, rung: Rung, condition: RegisterOp[Any], raw: int) -> Shortfall:
    def tell() -> tuple[str, str, str]:
        wanted = ", ".join(_said(condition.type, name, value) for name, value in condition.fields.items())
        last = ", ".join(_said(condition.type, n, bits_of(condition.type.by_name[n], raw)) for n in condition.fields)
        return condition.path, wanted, f"{last} (word {raw:#x})"

    def bits() -> str:
        said: list[str] = []
        for name, value in condition.fields.items():
            found = bits_of(condition.type.by_name[name], raw)
            wrong = found ^ int(value)
            said += [f"{name} bit {bit} is {found >> bit & 1}" for bit in range(wrong.bit_length()) if wrong >> bit & 1]
        return ", ".join(said)

    return Shortfall.telling(index, rung.name, tell, bits)


def _said(register: RegisterType, name: str, value: int) -> str:
    encode = register.by_name[name].encode
    member = next((m.name for m in encode.members if m.value == value), "") if encode else ""
    return f"{name}={member or hex(value)}"
