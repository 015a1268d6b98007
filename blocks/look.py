"""The look: a ladder's checks as one read-only batch, and what its results say.

Checks stand in the order of the rungs and a batch stops at the first that fails, so the results end at the lowest rung
that does not hold, with the value that said so.
"""

from __future__ import annotations

from typing import Any

from attrs import frozen

from blocks.ladder import Condition, Ladder, Rung, Where
from blocks.port import named
from registers.access import RegisterOp
from registers.handles import bits_of
from registers.schema import RegisterType
from transports.batch import Batch, Operation, Results
from transports.errors import ConditionError


@frozen
class Shortfall:
    """The lowest rung that does not hold, and the evidence.

    Attributes:
        index: of the rung in its ladder.
        rung: its name.
        register: the register that was read.
        wanted: the condition, `lock=1`.
        last: what was there instead, `lock=0 (word 0x0)`.
    """

    index: int
    rung: str
    register: str
    wanted: str
    last: str


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

    def judge(self, results: Results, owner: str, *, first: int = 0) -> Shortfall | None:
        """Return what does not hold, or None when every rung looked at holds.

        Args:
            results: of a batch whose operations from `first` on are this look's.
            owner: the block's name, for errors.

        Raises:
            TransportError: the look itself failed; its `where` names block and register.
        """
        for index, condition, start, stop in self.places:
            words = results.values[first + start : first + stop]
            if len(words) == stop - start:
                if isinstance(condition, Where) and not _satisfied(condition, words):
                    return _where_shortfall(index, self.ladder[index], condition, words)
                continue
            error = results.error
            assert error is not None, "a batch ended early without an error"
            if not isinstance(error, ConditionError) or isinstance(condition, Where):
                path = condition.path if isinstance(condition, RegisterOp) else condition.reads[0].path
                raise named(error, owner, {len(results.values): path}, len(results.values))
            shift = condition.shifts[len(words)]
            return _check_shortfall(index, self.ladder[index], condition, error.last << shift)
        return None


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
    last = ", ".join(repr(value) for value in _values(condition, words))
    return Shortfall(index, rung.name, ", ".join(op.path for op in condition.reads), condition.text, last)


def _check_shortfall(index: int, rung: Rung, condition: RegisterOp[Any], raw: int) -> Shortfall:
    wanted = ", ".join(_said(condition.type, name, value) for name, value in condition.fields.items())
    last = ", ".join(_said(condition.type, n, bits_of(condition.type.by_name[n], raw)) for n in condition.fields)
    return Shortfall(index, rung.name, condition.path, wanted, f"{last} (word {raw:#x})")


def _said(register: RegisterType, name: str, value: int) -> str:
    encode = register.by_name[name].encode
    member = next((m.name for m in encode.members if m.value == value), "") if encode else ""
    return f"{name}={member or hex(value)}"
