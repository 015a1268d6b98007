"""Whether a block has been in service, read from the hardware: a rung that only an act can have made hold.

A climb acts on its rungs from the lowest up, so the highest rung that does not hold at reset is acted on last. While it
holds, the whole ladder has been climbed, by whatever controller; while it does not, the block is at reset, in the
middle of a bring-up, or quiesced. What the hardware sets by itself proves nothing, nor does what the register
description gives no reset value for.
"""

from __future__ import annotations

from blocks.ladder import Condition, Ladder, Rung, Where
from blocks.look import Shortfall
from registers.access import RegisterOp
from registers.schema import FieldType
from registers.semantics import Hw


def witness(ladder: Ladder) -> int | None:
    """Return the highest rung that holds only because of an act, or None where no rung proves that."""
    return next((index for index in reversed(range(len(ladder))) if proves(ladder[index])), None)


def proves(rung: Rung) -> bool:
    """Say whether one field at least must have been written for the rung to hold."""
    return bool(rung.reach) and any(
        _kept(condition.type.by_name[name]) and condition.type.by_name[name].reset != value
        for condition in rung.holds
        if not isinstance(condition, Where)
        for name, value in condition.fields.items()
    )


def undone(ladder: Ladder) -> frozenset[int]:
    """Return the rungs that an act undoes which disturbs: while one of them does not hold, the block serves nobody."""
    acts = [act for rung in ladder if rung.disturbs and not callable(rung.reach) for act in rung.reach]
    written = {
        (act.path, name): value
        for act in acts
        if isinstance(act, RegisterOp) and act.verb in ("modify", "write")
        for name, value in act.fields.items()
    }
    return frozenset(
        index
        for index, rung in enumerate(ladder)
        for condition in rung.holds
        if not isinstance(condition, Where)
        for name, value in condition.fields.items()
        if written.get((condition.path, name), value) != value
    )


def configures(rung: Rung) -> bool:
    """Say whether all that a rung checks is what software wrote: hardware alone never makes it fall."""
    return not moved(rung)


def moved(rung: Rung) -> tuple[Condition, ...]:
    """Return the conditions of a rung that hardware may make fall."""
    return tuple(
        condition
        for condition in rung.holds
        if not all(
            _kept(check.type.by_name[name])
            for check in (condition.intended if isinstance(condition, Where) else (condition,))
            for name in check.fields
        )
        or (isinstance(condition, Where) and not condition.intended)
    )


def demanded(rung: Rung) -> tuple[Condition, ...]:
    """Return the checks with which the act of a rung begins: where one does not hold, nothing is done."""
    found: list[Condition] = []
    for act in () if callable(rung.reach) else rung.reach:
        if not isinstance(act, RegisterOp) or act.verb != "check":
            break
        found.append(act)
    return tuple(found)


def drifted(seen: Shortfall) -> bool:
    """Say whether a condition does not hold for fields alone that software wrote."""
    return bool(seen.wrong) and all(_kept(wrong.field) for wrong in seen.wrong)


def besides(ladder: Ladder, seen: Shortfall) -> tuple[int, ...]:
    """Return the rung that does not hold, and those above it that check one of the fields for which it does not."""
    wrong = {(field.register, field.field.name) for field in seen.wrong}
    above = (
        index
        for index in range(seen.index + 1, len(ladder))
        for condition in ladder[index].holds
        for check in (condition.intended if isinstance(condition, Where) else (condition,))
        if any((check.path, name) in wrong for name in check.fields)
    )
    return tuple(dict.fromkeys((seen.index, *above)))


def _kept(field: FieldType) -> bool:
    """Say whether a field has a known value at reset, and afterwards the one that software wrote."""
    return isinstance(field.reset, int) and field.hw in (Hw.R, Hw.NA) and not field.volatile
