"""When a service is over; what may wait for ever waits no longer than that."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from math import inf

import trio
from attrs import define, field


@define(eq=False)
class Ending:
    """When a service is over: somebody says so, or its time is.

    Attributes:
        stop: ends it when set.
        by: what ended it: "time", "signal", or "lost" where the connection was and none is made anew.
    """

    stop: trio.Event = field(factory=trio.Event)
    by: str = "time"
    _deadline_s: float = field(default=inf, init=False)
    _until: trio.CancelScope = field(factory=trio.CancelScope, init=False)

    @property
    def over(self) -> bool:
        """It is."""
        return self.stop.is_set() or trio.current_time() >= self._deadline_s

    def due(self, at_s: float) -> None:
        """Let the time be over then, on trio's clock; whoever waits for the end is told."""
        self._until.deadline = self._deadline_s = at_s

    async def wait(self, most_s: float = inf) -> None:
        """Wait for the end, or for so long."""
        with trio.CancelScope(deadline=min(trio.current_time() + most_s, self._deadline_s)) as self._until:
            await self.stop.wait()
            self.by = "signal"

    async def unless(self, act: Callable[[], Awaitable[None]], most_s: float = inf) -> bool:
        """Do what may wait for ever, unless the service is over meanwhile, or so long; say whether it was done."""
        done = False

        async def ends(scope: trio.CancelScope) -> None:
            await self.wait(most_s)
            scope.cancel()

        async with trio.open_nursery() as nursery:
            nursery.start_soon(ends, nursery.cancel_scope)
            await act()
            done = True
            nursery.cancel_scope.cancel()
        return done
