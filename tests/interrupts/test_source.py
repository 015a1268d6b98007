"""Where hints come from."""

from __future__ import annotations

import pytest
import trio
from attrs import define, field
from trio.testing import MockClock

from interrupts.source import PeriodicSource, source_of
from transports.base import Capabilities
from transports.batch import Batch, Results
from transports.memory import MemoryTransport


@define(eq=False)
class Telling:
    """A transport that has lines, or has the method only."""

    capabilities: Capabilities = field(factory=lambda: Capabilities(notifier=True))

    async def execute(self, batch: Batch) -> Results:
        raise NotImplementedError(batch)

    async def aclose(self) -> None:
        await trio.lowlevel.checkpoint()

    async def wait(self) -> frozenset[int]:
        await trio.lowlevel.checkpoint()
        return frozenset({3})


async def test_a_notifier_is_its_own_source() -> None:
    """A transport that tells of edges is the source, unless its capabilities say that it does not."""
    telling = Telling()
    assert source_of(telling) is telling
    assert isinstance(source_of(Telling(Capabilities(notifier=False))), PeriodicSource)


async def test_without_edges_the_clock_hints(autojump_clock: MockClock) -> None:
    """Where a transport tells of no edges, anything may have happened once a period."""
    source = source_of(MemoryTransport(256), poll_s=0.25)
    start_s = trio.current_time()
    for _ in range(4):
        assert await source.wait() == frozenset()
    assert trio.current_time() - start_s == pytest.approx(1.0)


@pytest.mark.parametrize("period_s", [0.0, -1.0])
def test_a_period_is_more_than_nothing(period_s: float) -> None:
    """A period of nothing would never let anybody else run, and is refused."""
    with pytest.raises(ValueError, match="expected more than 0"):
        PeriodicSource(period_s)
