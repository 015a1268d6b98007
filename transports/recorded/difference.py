"""What a run did otherwise than its recording, in words: the place, what was expected, what came."""

from __future__ import annotations

from collections.abc import Callable
from itertools import zip_longest
from typing import Any, Self

import attrs
from attrs import define

from transports.batch import (
    Batch,
    Check,
    Delay,
    Fence,
    Modify,
    Operation,
    Poll,
    Read,
    ReadBurst,
    Write,
    WriteBurst,
)
from transports.errors import DeviceLost

Describe = Callable[[Operation], str]
NOTHING = "nothing more"


@define(kw_only=True)
class Differs(DeviceLost):
    """The run is not the recorded one any more: what the device would answer is not known.

    Attributes:
        batch: counts the recorded batches from 0.
        expected: the recorded operation, in words; `got` the one that came instead.
        detail: what of the two differs.
    """

    batch: int = 0
    expected: str = ""
    got: str = ""
    detail: str = ""

    def at(self, **places: Any) -> Self:
        """Return the same error: it has its place, whoever meets it; only a reason may be another."""
        return super().at(**{name: value for name, value in places.items() if name == "reason"})


@define(kw_only=True)
class CutOff(DeviceLost):
    """The recording ends, and the recorded run went on: its writer was cut off. It says nothing of the device.

    Attributes:
        batches: how many were recorded.
    """

    batches: int = 0

    def at(self, **places: Any) -> Self:
        """Return the same error: it has no place on the device; only a reason may be another."""
        return super().at(**{name: value for name, value in places.items() if name == "reason"})


def plain_words(op: Operation) -> str:
    """Return an operation in words, with addresses for names."""
    match op:
        case Read():
            return f"read {op.address:#x}"
        case Write():
            strobes = "" if op.strobes is None else f", strobes {op.strobes:#x}"
            return f"write {op.address:#x} = {op.value:#x}{strobes}"
        case Modify():
            return f"modify {op.address:#x}: {op.value:#x} under mask {op.mask:#x}"
        case Check():
            return f"check {op.address:#x}: {op.value:#x} under mask {op.mask:#x}"
        case Poll():
            return f"poll {op.address:#x}: {op.value:#x} under mask {op.mask:#x} for {op.timeout_s:g} s"
        case ReadBurst():
            return f"read {op.count} words from {op.address:#x}"
        case WriteBurst():
            return f"write {len(op.values)} words from {op.address:#x}"
        case Delay():
            return f"delay {op.seconds:g} s"
        case Fence():
            return "fence"


def difference(number: int, expected: Batch, got: Batch, describe: Describe) -> Differs | None:
    """Return the first difference between the recorded batch and the one that came; None when there is none."""
    if expected == got:
        return None
    for index, (wanted, came) in enumerate(zip_longest(expected, got)):
        if wanted == came:
            continue
        said = NOTHING if wanted is None else describe(wanted)
        instead = NOTHING if came is None else describe(came)
        detail = "" if wanted is None or came is None else _detail(wanted, came)
        return Differs(
            f"not as recorded in batch {number}: expected {said}, got {instead}{f' ({detail})' if detail else ''}",
            address=getattr(came or wanted, "address", None),
            index=index,
            batch=number,
            expected=said,
            got=instead,
            detail=detail,
        )
    raise AssertionError(f"{expected} and {got} differ, and none of their operations does")


def _detail(wanted: Operation, came: Operation) -> str:
    """Return which attributes differ, and how."""
    if type(wanted) is not type(came):
        return ""
    if isinstance(wanted, WriteBurst) and isinstance(came, WriteBurst) and wanted.values != came.values:
        for place, (one, other) in enumerate(zip(wanted.values, came.values, strict=False)):
            if one != other:
                return _apart(f"word {place}", one, other)
        return f"{len(wanted.values)} words recorded, {len(came.values)} now"
    names = [attribute.name for attribute in attrs.fields(type(wanted))]
    pairs = [(name, getattr(wanted, name), getattr(came, name)) for name in names]
    return "; ".join(_apart(name, one, other) for name, one, other in pairs if one != other)


def _apart(name: str, wanted: Any, came: Any) -> str:
    if isinstance(wanted, int) and isinstance(came, int):
        bits = f", bits {wanted ^ came:#x}" if name in ("value", "mask") or name.startswith("word") else ""
        return f"{name} {wanted:#x} recorded, {came:#x} now{bits}"
    return f"{name} {wanted} recorded, {came} now"
