"""From a target's URL to an open transport, ours or a plug-in's.

A scheme is the name of an entry point in the group `firstlight.transports`; it leads to
`async def open_x(target: Target) -> Transport`, imported only when it is asked for.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from importlib.metadata import EntryPoint, entry_points

from attrs import frozen

from transports.base import Transport

GROUP = "firstlight.transports"


class TargetError(ValueError):
    """The target cannot be opened as it is written, or as things are installed; nothing was started."""


@frozen(kw_only=True)
class Target:
    """Where the hardware is, as its URL says, and what a simulation of it needs to know.

    Attributes:
        rest: the URL after `scheme:`, for the opener alone to understand.
        chip: the product that is expected there; None when the caller does not know.
        look: the caller only reads, and does not need the device for itself.
        description: the same, where the caller has it loaded: for an opener of a floor that knows what it is.
        seed: of everything random, where the target is simulated.
    """

    url: str
    scheme: str
    rest: str
    chip: str | None = None
    look: bool = False
    description: object = None
    seed: int = 0

    @staticmethod
    def parse(
        url: str, *, chip: str | None = None, look: bool = False, description: object = None, seed: int = 0
    ) -> Target:
        """Split a URL at its first colon.

        Raises:
            TargetError: there is no scheme; the message lists those that there are.
        """
        found = re.fullmatch(r"([a-z][a-z0-9+.-]*):(.*)", url, re.DOTALL)
        if found is None:
            raise TargetError(f"target {url!r} does not begin with a scheme and a colon; {_schemes_there_are()}")
        return Target(url=url, scheme=found[1], rest=found[2], chip=chip, look=look, description=description, seed=seed)


Opener = Callable[[Target], Awaitable[Transport]]


@frozen
class Scheme:
    """A scheme that is installed.

    Attributes:
        distributions: who brings it; more than one is an error for whoever opens it.
        problem: why it cannot be opened; empty when it can.
    """

    name: str
    distributions: tuple[str, ...]
    problem: str = ""


def _installed() -> dict[str, list[EntryPoint]]:
    """Return the entry points by scheme, sorted: the order on the path must not decide anything."""
    schemes: dict[str, list[EntryPoint]] = {}
    for point in sorted(entry_points(group=GROUP), key=lambda point: (point.name, _distribution(point))):
        schemes.setdefault(point.name, []).append(point)
    return schemes


def _distribution(point: EntryPoint) -> str:
    return point.dist.name if point.dist is not None else "an unnamed distribution"


def _schemes_there_are() -> str:
    return f"known schemes: {', '.join(f'{name}:' for name in _installed()) or 'none (is firstlight installed?)'}"


def _load(points: list[EntryPoint]) -> Opener:
    """Import the opener of a scheme.

    Raises:
        TargetError: two distributions want the scheme, or the one that has it does not import.
    """
    if len(points) > 1:
        owners = " and ".join(_distribution(point) for point in points)
        raise TargetError(f"scheme {points[0].name}: is brought by {owners}; uninstall all but one")
    (point,) = points
    try:
        opener: Opener = point.load()  # that it takes a Target and gives a Transport shows when it runs
    except Exception as problem:  # whatever a stranger's module raises while it is imported
        raise TargetError(
            f"scheme {point.name}: {_distribution(point)} does not import: {type(problem).__name__}: {problem}"
        ) from problem
    if not callable(opener):
        raise TargetError(f"scheme {point.name}: {point.value} of {_distribution(point)} is not a function")
    return opener


def known_schemes() -> tuple[Scheme, ...]:
    """Return what is installed, and whether it loads (which imports all of it)."""
    schemes: list[Scheme] = []
    for name, points in _installed().items():
        problem = ""
        try:
            _load(points)
        except TargetError as error:
            problem = str(error)
        schemes.append(Scheme(name, tuple(_distribution(point) for point in points), problem))
    return tuple(schemes)


async def open_transport(
    url: str, *, chip: str | None = None, look: bool = False, description: object = None, seed: int = 0
) -> Transport:
    """Open the target that the URL names.

    Raises:
        TargetError: no such scheme (the message lists those that there are), two of it, or one that does not import;
            or its opener does not understand the rest of the URL.
        TransportError: the opener did not reach its device.
    """
    target = Target.parse(url, chip=chip, look=look, description=description, seed=seed)
    points = _installed().get(target.scheme)
    if points is None:
        raise TargetError(f"target {url!r} has an unknown scheme, {target.scheme}:; {_schemes_there_are()}")
    return await _load(points)(target)
