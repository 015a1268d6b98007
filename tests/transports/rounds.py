"""Memory at the end of a round trip, in three kinds, for tests of who flies with whom.

Not a test: imported by them.
"""

from __future__ import annotations

from collections.abc import Sequence

import anyio
import pytest
from attrs import define, field

from transports.base import Capabilities
from transports.batch import Batch, Results
from transports.engine import Port, Window, run
from transports.errors import TransportError

SIZE = 0x100
TRIP_S = 1e-3


@define(eq=False)
class Near:
    """Memory whose round trip is free: its batches fly alone."""

    trip_s: float = 0.0
    window: Window = field(factory=lambda: Window(bytearray(SIZE)))
    port: Port | None = None  # in front of the memory
    flights: list[int] = field(factory=list[int])  # batches in each, where it can tell
    errors: dict[int, TransportError] = field(factory=dict[int, TransportError])  # by execute, from 0

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(round_trip_s=self.trip_s, access_s=self.trip_s, real_time=False)

    async def execute(self, batch: Batch) -> Results:
        self.flights.append(1)
        await anyio.sleep(self.trip_s)
        if (error := self.errors.get(len(self.flights) - 1)) is not None:
            return Results((), error)
        return await self.run(batch)

    async def run(self, batch: Batch) -> Results:
        return await run(batch, self.port or self.window, self.window.region)

    async def aclose(self) -> None:
        raise AssertionError("the bus does not own its transport")


class Dear(Near):
    """Memory at the end of a round trip, which batches share by becoming one."""

    def __init__(self) -> None:
        super().__init__(TRIP_S)


class Gather(Dear):
    """The same, and it carries several batches by itself."""

    async def execute_all(self, batches: Sequence[Batch]) -> Sequence[Results]:
        self.flights.append(len(batches))
        await anyio.sleep(self.trip_s)
        return [await self.run(one) for one in batches]


KINDS = pytest.mark.parametrize("kind", [Near, Dear, Gather])
SHARED = pytest.mark.parametrize("kind", [Dear, Gather])
