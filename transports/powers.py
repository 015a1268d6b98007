"""The optional powers of a transport, by name: for those that stand in for another one and must offer what it offers.

Powers are asked for with `isinstance`, so a stand-in may have the methods of those powers only that the other has.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, TypeVar, cast

from transports.base import Judge, Notifier, Resettable, Transport

T = TypeVar("T")

POWERS: dict[str, type] = {"judge": Judge, "notifier": Notifier, "resettable": Resettable}


def powers_of(transport: Transport) -> frozenset[str]:
    """Return the names of the powers that a transport has."""
    return frozenset(name for name, protocol in POWERS.items() if isinstance(transport, protocol))


def endowed(base: type[T], mixins: Mapping[str, type], powers: frozenset[str]) -> type[T]:
    """Return `base` with the methods of these powers and no others.

    Args:
        mixins: for each power a class with its methods, for an instance of `base`.
    """
    return cast("type[T]", _made(cast("Any", base), tuple(mixins[name] for name in sorted(powers))))


@cache
def _made(base: type, mixins: tuple[type, ...]) -> type:
    return type(base.__name__, (*mixins, base), {"__doc__": base.__doc__, "__module__": base.__module__})
