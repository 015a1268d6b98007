"""Several transports behind one address space, by range: a BAR, another one, a slow port beside them.

    routed(Route(bar0, 0x0, 0x10_0000), Route(bar2, 0x4000_0000, 0x1000, at=0), Route(spi, 0x8000_0000, 0x100, at=0))

A batch that spans ranges is cut where it changes from one to the next, and the parts go one after the other; so a batch
stays one batch, in its order, and stops at its first failure wherever that is. All that can be known before the first
access is looked at for all parts before the first of them leaves.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from functools import reduce
from itertools import pairwise

import anyio
import anyio.lowlevel
from attrs import Factory, define, evolve, field, frozen

from transports.base import Capabilities, Judge, Judgement, Notifier, Pinging, Resettable, Transport
from transports.batch import Access, Batch, Delay, Fence, Operation, ReadBurst, Results, Value, WriteBurst
from transports.engine import Region, refusal
from transports.errors import Denied, TransportError
from transports.powers import endowed, powers_of


def _base(route: Route) -> int:
    return route.base


@frozen(eq=False)
class Route:
    """A range of addresses and who answers there.

    Attributes:
        base: first address, a multiple of 8; `size` in bytes, as well.
        at: the transport's own address of `base`; default: the same.
        writable: False where what would write is refused here already.
    """

    transport: Transport
    base: int
    size: int
    at: int = field(default=Factory(_base, takes_self=True), kw_only=True)
    writable: bool = field(default=True, kw_only=True)

    def __attrs_post_init__(self) -> None:
        if self.base < 0 or self.base % 8 or self.size <= 0 or self.size % 8 or self.at < 0 or self.at % 8:
            raise ValueError(f"route {self}, at {self.at:#x}: expected multiples of 8, and a size above 0")

    def __str__(self) -> str:
        return f"{self.base:#x}..{self.base + self.size - 1:#x}"

    @property
    def end(self) -> int:
        """The address behind the last."""
        return self.base + self.size

    @property
    def region(self) -> Region:
        """What may be asked for here."""
        there = self.transport.capabilities
        return Region(self.base, self.size, widths=there.widths, strobes=there.strobes, writable=self.writable)


@define
class _Part:
    """What goes to one transport: operations, and of which operation of the batch each is (a part of)."""

    route: Route
    operations: list[Operation]
    of: list[int]


class RoutedTransport:
    """One address space over several transports, which it owns.

    Its optional powers are those that any of them has; each is the first one's that has it, but `Pinging`, which asks
    all that can. Where a round trip is dear a bus makes one batch of several, so it needs no `Gathering`.
    """

    def __init__(self, routes: tuple[Route, ...]) -> None:
        self.routes = tuple(sorted(routes, key=lambda route: route.base))
        self._bases = [route.base for route in self.routes]
        self._regions = {route: route.region for route in self.routes}
        self._turn = anyio.Lock(fast_acquire=True)  # a batch of several parts still goes as one
        self._capabilities = _together([route.transport.capabilities for route in routes], powers_of_all(routes))
        self._given = routes

    @property
    def capabilities(self) -> Capabilities:
        """What all of them can do, in the time of the slowest. A range may have more widths than those named here."""
        return self._capabilities

    @property
    def transports(self) -> tuple[Transport, ...]:
        """Each transport once, in the order given."""
        return tuple({id(route.transport): route.transport for route in self._given}.values())

    async def execute(self, batch: Batch) -> Results:
        """Run the operations in order up to the first that fails; see `Transport`.

        What a transport alone can refuse (a window of its own that is smaller than its range) is refused when its part
        comes, after all that is before it was done.
        """
        parts, hole = self._parts(batch)
        if refused := self._refusal(batch, parts) or hole:
            await anyio.lowlevel.checkpoint()
            return Results((), refused)
        async with self._turn:
            if len(parts) == 1 and parts[0].route.at == parts[0].route.base:
                return await parts[0].route.transport.execute(batch)
            return await self._run(parts)

    async def aclose(self) -> None:
        """Close all of them. Idempotent, as they are."""
        for transport in self.transports:
            await transport.aclose()

    # ---- which way ----

    def route(self, address: int) -> Route | None:
        """Return the route of an address; None in a hole."""
        number = bisect_right(self._bases, address) - 1
        return self.routes[number] if number >= 0 and address < self.routes[number].end else None

    def _refusal(self, batch: Batch, parts: list[_Part]) -> Denied | None:
        """Return why the parts may not be begun (the first reason), or None when they may."""
        for part in parts:
            if refused := refusal(Batch(part.operations), self._regions[part.route]):
                index = part.of[refused.index or 0]
                return refused.at(index=index, address=getattr(batch.operations[index], "address", None))
        return None

    def _pieces(self, op: Access) -> Iterator[tuple[Route | None, Access]]:
        """Yield an operation, a burst cut at the ends of ranges, with the route of each piece."""
        if not isinstance(op, (ReadBurst, WriteBurst)):
            yield self.route(op.address), op
            return
        count = op.count if isinstance(op, ReadBurst) else len(op.values)
        done = 0
        while True:
            address = op.address + done * op.step
            route = self.route(address)
            here = count - done
            if route is not None and op.step:
                here = min(here, -(-(route.end - address) // op.step))
            yield route, _piece(op, address, done, here)
            done += here
            if done >= count or route is None:
                return

    def _parts(self, batch: Batch) -> tuple[list[_Part], Denied | None]:
        """Return the batch in parts, of which each goes to one transport, up to the first hole, and that.

        A delay and a fence go with what is before them.
        """
        parts = [_Part(self.routes[0], [], [])]
        chosen = False
        for index, op in enumerate(batch):
            if isinstance(op, (Delay, Fence)):
                parts[-1].operations.append(op)
                parts[-1].of.append(index)
                continue
            for route, piece in self._pieces(op):
                if route is None:
                    ranges = ", ".join(map(str, self.routes))
                    reason = f"nothing answers at address {piece.address:#x}; there are {ranges}"
                    return parts, Denied(reason, address=op.address, index=index)
                if chosen and route is not parts[-1].route:
                    parts.append(_Part(route, [], []))
                chosen = True
                parts[-1].route = route
                parts[-1].operations.append(piece)
                parts[-1].of.append(index)
        return parts, None

    # ---- and back ----

    async def _run(self, parts: list[_Part]) -> Results:
        values: list[Value] = []
        poll_reads = 0
        burst: tuple[int, ...] = ()
        for number, part in enumerate(parts):
            came = await _carry(part.route, part.operations)
            refused = came.error
            if number and not len(came) and isinstance(refused, Denied) and refused.index:
                # Refused whole for what is at `index`; but the parts before it were done, so what is before it is too.
                came = await _carry(part.route, part.operations[: refused.index])
                came = came if came.error else Results(came.values, refused, came.poll_reads)
            poll_reads += came.poll_reads
            goes_on = parts[number + 1].of[0] if number + 1 < len(parts) else None
            for index, value in zip(part.of, came.values, strict=False):
                whole = burst + value if isinstance(value, tuple) else value
                burst = ()
                if index == goes_on and index == part.of[-1]:
                    burst = whole if isinstance(whole, tuple) else ()
                else:
                    values.append(whole)
            if came.error is not None:
                return Results(values, _placed(came.error, part, len(came)), poll_reads)
        return Results(values, None, poll_reads)


async def _carry(route: Route, operations: list[Operation]) -> Results:
    """Run operations at the addresses of the transport of a route."""
    moved = Batch(operations)
    if any(not isinstance(op, (Delay, Fence)) for op in operations):
        moved = moved.rebased(route.at - route.base)
    return await route.transport.execute(moved)


def _piece(op: ReadBurst | WriteBurst, address: int, first: int, count: int) -> Access:
    """Return `count` words of a burst from its word `first` on."""
    if isinstance(op, ReadBurst):
        return evolve(op, address=address, count=count)
    return evolve(op, address=address, values=op.values[first : first + count])


def _placed(error: TransportError, part: _Part, done: int) -> TransportError:
    """Return an error with the place that it has in the whole batch and in our address space."""
    if not part.of:
        return error
    index = error.index if error.index is not None else done
    address = error.address
    if address is not None:
        address += part.route.base - part.route.at
    return error.at(index=part.of[min(index, len(part.of) - 1)], address=address)


def powers_of_all(routes: tuple[Route, ...]) -> frozenset[str]:
    """Return the names of the optional powers that any of the transports has."""
    return frozenset[str]().union(*(powers_of(route.transport) for route in routes))


def _together(all_of_them: list[Capabilities], powers: frozenset[str]) -> Capabilities:
    def both(one: Capabilities, other: Capabilities) -> Capabilities:
        return Capabilities(
            widths=one.widths & other.widths,
            strobes=one.strobes and other.strobes,
            burst=one.burst and other.burst,
            poll=one.poll and other.poll,
            atomic_modify=one.atomic_modify and other.atomic_modify,
            real_time=one.real_time or other.real_time,
            access_s=max(one.access_s, other.access_s),
            round_trip_s=max(one.round_trip_s, other.round_trip_s),
        )

    return evolve(reduce(both, all_of_them), notifier="notifier" in powers)


class _Notifying(RoutedTransport):
    async def wait(self) -> frozenset[int]:
        """Wait for lines of the first transport that has any; see `Notifier`."""
        return await next(there for there in self.transports if isinstance(there, Notifier)).wait()


class _Resetting(RoutedTransport):
    async def reset(self) -> None:
        """Reset the device by the first transport that can; see `Resettable`. No batch is out meanwhile."""
        async with self._turn:
            await next(there for there in self.transports if isinstance(there, Resettable)).reset()


class _Judging(RoutedTransport):
    async def judge(self) -> Judgement:
        """Ask the first transport that can tell; see `Judge`."""
        return await next(there for there in self.transports if isinstance(there, Judge)).judge()


class _Pinging(RoutedTransport):
    async def ping(self) -> None:
        """Ask every way that can be asked, one after the other; see `Pinging`."""
        for there in self.transports:
            if isinstance(there, Pinging):
                await there.ping()


_MIXINS = {
    "notifier": _Notifying, "resettable": _Resetting, "judge": _Judging,
    "pinging": _Pinging,
}  # fmt: skip


def routed(*routes: Route) -> RoutedTransport:
    """Return one address space over several transports, with the optional powers of each.

    Raises:
        ValueError: there is no route, or two of them overlap.
    """
    if not routes:
        raise ValueError("an address space without a route: expected one or more")
    ordered = sorted(routes, key=lambda route: route.base)
    for one, other in pairwise(ordered):
        if other.base < one.end:
            raise ValueError(f"routes {one} and {other} overlap")
    ways = frozenset({"pinging"} if any(isinstance(route.transport, Pinging) for route in routes) else ())
    return endowed(RoutedTransport, _MIXINS, powers_of_all(routes) | ways)(routes)
