"""Small values as plain data, and back only when each is what it should be: errors, capabilities, judgements."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, TypeGuard, cast

import attrs

from transports.base import Capabilities, Judgement
from transports.batch import WIDTHS
from transports.errors import Indeterminate, TransportError
from transports.wire.errors import WireError

TEXT_MAX = 1 << 20  # characters of a reason or a name
LINE_MAX = 1 << 20  # the highest number of an interrupt line


def _is_list(value: Any) -> TypeGuard[list[Any]]:
    return isinstance(value, list)


def _is_mapping(value: Any) -> TypeGuard[dict[Any, Any]]:
    return isinstance(value, dict)


def number(value: Any) -> int:
    """Return a number that is not negative, or refuse."""
    if type(value) is not int or value < 0:
        raise WireError(f"expected a number from 0 up, found {_seen(value)}")
    return value


def seconds(value: Any) -> float:
    """Return a time that is finite and not negative, or refuse."""
    if type(value) not in (int, float) or not 0 <= value < math.inf:
        raise WireError(f"expected seconds, found {_seen(value)}")
    return cast("float", value)


def text(value: Any) -> str:
    """Return a text, or refuse."""
    if not isinstance(value, str) or len(value) > TEXT_MAX:
        raise WireError(f"expected a text of at most {TEXT_MAX} characters, found {_seen(value)}")
    return value


def flag(value: Any) -> bool:
    """Return a truth value, or refuse."""
    if type(value) is not bool:
        raise WireError(f"expected true or false, found {_seen(value)}")
    return value


def items_of(value: Any, what: str) -> list[Any]:
    """Return a list, or refuse."""
    if not _is_list(value):
        raise WireError(f"expected {what}, found {_seen(value)}")
    return value


def record(value: Any, length: int, what: str) -> list[Any]:
    """Return a list of just this length, or refuse."""
    items = items_of(value, what)
    if len(items) != length:
        raise WireError(f"{what} of {len(items)} items, expected {length}")
    return items


def mapping(value: Any, what: str) -> dict[str, Any]:
    """Return a mapping from text, or refuse."""
    if not _is_mapping(value):
        raise WireError(f"expected {what}, found {_seen(value)}")
    return {text(key): item for key, item in value.items()}


def lines(value: Any) -> frozenset[int]:
    """Return the numbers of interrupt lines, or refuse."""
    found = frozenset(number(line) for line in items_of(value, "interrupt lines"))
    if any(line > LINE_MAX for line in found):
        raise WireError(f"an interrupt line beyond {LINE_MAX}")
    return found


def _seen(value: Any) -> str:
    """Return a short word for what was found instead."""
    shown = repr(value)
    return f"{type(value).__name__} {shown[:37]}..." if len(shown) > 40 else f"{type(value).__name__} {shown}"


# ---- errors ----


def _scalar(value: Any) -> object:
    if value is not None and type(value) not in (bool, int, float, str):
        raise WireError(f"expected one plain value, found {_seen(value)}")
    return cast("object", value)


def _or_nothing(value: Any) -> int | None:
    return None if value is None else number(value)


def _real(value: Any) -> float:
    if type(value) not in (int, float):
        raise WireError(f"expected a real number, found {_seen(value)}")
    return cast("float", value)


# By the annotation of the field. Another kind's fields (a plug-in's) may be any plain value.
_FIELDS: dict[str, Callable[[Any], object]] = {
    "str": text, "bool": flag, "int": number, "int | None": _or_nothing, "float": _real,
}  # fmt: skip


def error_from(value: Any) -> TransportError:
    """Return the error that `to_data` described.

    A kind that is not known here (a plug-in's, at the other end only) becomes `Indeterminate`, which concludes least.

    Raises:
        WireError: it describes none.
    """
    data = mapping(value, "an error")
    kind = text(data.get("kind"))
    text(data.get("reason"))
    known = TransportError.KINDS.get(kind)
    if known is None:
        reason = f"{kind}, which is not known here: {data['reason']}"
        return Indeterminate(
            reason, address=_or_nothing(data.get("address")), index=_or_nothing(data.get("index")),
            where=text(data.get("where", "")),
        )  # fmt: skip
    for field in attrs.fields(known):
        if field.name in data:
            _FIELDS.get(str(field.type), _scalar)(data[field.name])
    try:
        return TransportError.from_data(data)
    except ValueError as problem:
        raise WireError(str(problem)) from problem


# ---- capabilities and judgements ----


def encode_capabilities(there: Capabilities) -> dict[str, Any]:
    """Return capabilities as plain data."""
    return attrs.asdict(there, recurse=False) | {"widths": sorted(there.widths)}


def decode_capabilities(value: Any) -> Capabilities:
    """Return the capabilities that plain data describes.

    Raises:
        WireError: it describes none.
    """
    data = mapping(value, "capabilities")
    names = {field.name for field in attrs.fields(Capabilities)}
    if set(data) != names:
        raise WireError(f"capabilities {', '.join(sorted(set(data) ^ names))}: given and unknown, or not given")
    widths = frozenset(number(width) for width in items_of(data.pop("widths"), "widths"))
    if not widths <= set(WIDTHS):
        raise WireError(f"widths {sorted(widths)} of capabilities")
    access_s, round_trip_s = seconds(data.pop("access_s")), seconds(data.pop("round_trip_s"))
    flags = {name: flag(item) for name, item in data.items()}
    return Capabilities(widths=widths, access_s=access_s, round_trip_s=round_trip_s, **flags)


def encode_judgement(judgement: Judgement) -> list[Any]:
    """Return a judgement as plain data."""
    stages = {block: dict(taken) for block, taken in judgement.stages.items()}
    faults = [list(fault) for fault in judgement.faults]
    spoilt = dict(judgement.spoilt)
    return [list(judgement.violations), stages, dict(judgement.traffic), judgement.broken, faults, spoilt]


def decode_judgement(value: Any) -> Judgement:
    """Return the judgement that plain data describes.

    An old recording does not tell where packets were spoilt; an older one no faults; the oldest counts no broken rules
    either, it tells each.

    Raises:
        WireError: it describes none.
    """
    items = items_of(value, "a judgement")
    if len(items) == 3:
        items = [*items, len(items_of(items[0], "violations"))]
    if len(items) == 4:
        items = [*items, list[Any]()]
    if len(items) == 5:
        items = [*items, dict[Any, Any]()]
    violations, stages, traffic, broken, faults, spoilt = record(items, 6, "a judgement")
    taken: dict[str, Mapping[str, float]] = {
        block: {stage: _real(spent) for stage, spent in mapping(of_block, "stages").items()}
        for block, of_block in mapping(stages, "stages by block").items()
    }
    return Judgement(
        tuple(text(violation) for violation in items_of(violations, "violations")),
        taken,
        {name: number(count) for name, count in mapping(traffic, "traffic").items()},
        number(broken),
        tuple(_fault(fault) for fault in items_of(faults, "faults")),
        {text(block): number(count) for block, count in mapping(spoilt, "spoilt packets").items()},
    )


def _fault(value: Any) -> tuple[float, str]:
    began_s, what = record(value, 2, "a fault")
    return _real(began_s), text(what)
