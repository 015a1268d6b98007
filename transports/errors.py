"""What went wrong on the way to the hardware, named for what the caller may conclude.

Errors are data: attrs classes that compare by value, cross the wire unchanged (`to_data`, `from_data`) and
gain the block, register and field names one floor up (`at`). Foreign errors (OSError, a closed socket) are
mapped at one door in each transport; above transports/ nobody sees them.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, ClassVar, Self, cast

import attrs
from attrs import define, field


@define(kw_only=True)
class TransportError(Exception):
    """An operation did not complete.

    Attributes:
        reason: one sentence for a person.
        address: of the operation, where there is one.
        index: of the operation in its batch.
        where: the names one floor up, `pll0.CTRL.bypass`.
    """

    KINDS: ClassVar[dict[str, type[TransportError]]] = {}

    reason: str = field(kw_only=False)
    address: int | None = None
    index: int | None = None
    where: str = ""

    def __init_subclass__(cls) -> None:
        TransportError.KINDS[cls.__name__] = cls

    def __str__(self) -> str:
        place = [self.where] if self.where else []
        if self.address is not None:
            place.append(f"address {self.address:#x}")
        if self.index is not None:
            place.append(f"operation {self.index}")
        return f"{self.reason} ({', '.join(place)})" if place else self.reason

    # attrs gives exceptions identity; ours are data and compare by value (a replay must equal its run).
    def __eq__(self, other: object) -> bool:
        return isinstance(other, TransportError) and self.to_data() == other.to_data()

    def __hash__(self) -> int:
        return hash((type(self), self.reason, self.address, self.index))

    def at(self, **places: Any) -> Self:
        """Return the same error with `where`, `address` or `index` filled in."""
        given = {name: getattr(self, name) for name in _names(cast("Any", type(self)))}
        return type(self)(**given | places)

    def to_data(self) -> dict[str, Any]:
        """Return plain values that msgpack and JSON can carry."""
        return {"kind": type(self).__name__, **attrs.asdict(self, recurse=False)}

    @staticmethod
    def from_data(data: Mapping[str, Any]) -> TransportError:
        """Rebuild the error that `to_data` described.

        Raises:
            ValueError: the kind is not one of ours, or its fields do not fit.
        """
        values = dict(data)
        kind = values.pop("kind", None)
        try:
            return TransportError.KINDS[kind](**values)
        except (KeyError, TypeError) as problem:
            raise ValueError(f"not a transport error: {data!r} ({problem})") from problem


@cache
def _names(kind: Any) -> tuple[str, ...]:
    """Return the fields of a kind of error; `attrs.evolve` finds them anew each time, and a look fails often."""
    return tuple(field.name for field in attrs.fields(kind))


@define(kw_only=True)
class DeviceLost(TransportError):
    """The device is gone, or is no longer ours, or was given back: stop. This transport carries nothing more."""


@define(kw_only=True)
class Unavailable(TransportError):
    """Nothing happened: a retry is safe.

    Attributes:
        over: the connection has ended, so that a retry is of use over a new one only; this one carries nothing more.
    """

    over: bool = False


@define(kw_only=True)
class Denied(TransportError):
    """The access was refused (locked, fenced, stale epoch): do not retry."""


@define(kw_only=True)
class Indeterminate(TransportError):
    """It may have been done, in part or whole, and nobody knows: look at the hardware before retrying.

    A write may have landed. So may a read, and to read some registers changes them.
    """


@define(kw_only=True)
class BusFault(TransportError):
    """The access itself was answered with an error (a hole, a slave error)."""


@define(kw_only=True)
class ConditionError(TransportError):
    """The hardware answered, and not what was asked for: the access was good, the value was not.

    Attributes:
        mask: bits that were compared.
        wanted: their expected value.
        last: the whole word as last read.
    """

    mask: int = 0
    wanted: int = 0
    last: int = 0


@define(kw_only=True)
class CheckFailed(ConditionError):
    """A `Check` found another value."""


@define(kw_only=True)
class PollTimeout(ConditionError):
    """A `Poll` never saw its value within its time."""

    timeout_s: float = 0.0


def ended(error: TransportError) -> bool:
    """Say whether a transport that failed so carries nothing more."""
    return isinstance(error, DeviceLost) or (isinstance(error, Unavailable) and error.over)
