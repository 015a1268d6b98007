"""A device that is gone reads as all ones: that is found out by its identity register, and nothing more leaves."""

from __future__ import annotations

import pytest
import trio
from attrs import define, evolve

from blocks.chip import load_chip
from blocks.sim import SimChip, SimTransport
from runtime.bringup import bring_up
from runtime.clock import VirtualClock
from runtime.determinism import run
from runtime.summary import Summary
from transports.base import Capabilities
from transports.batch import Batch, Results
from transports.engine import Region
from transports.engine import run as run_batch
from transports.errors import DeviceLost


@define(eq=False)
class Pulled:
    """A simulated chip behind a bus that answers all ones, and swallows writes, from access `at` on."""

    inner: SimTransport
    at: int
    count: int = 0

    @property
    def capabilities(self) -> Capabilities:
        return evolve(self.inner.capabilities, real_time=True, notifier=False)

    async def execute(self, batch: Batch) -> Results:
        self.inner.chip.advance(trio.current_time())
        return await run_batch(batch, self, Region(strobes=True))

    async def aclose(self) -> None:
        await self.inner.aclose()

    def read(self, address: int, width: int) -> int:
        self.count += 1
        return self.inner.read(address, width) if self.count < self.at else (1 << 8 * width) - 1

    def write(self, address: int, value: int, width: int, strobes: int | None) -> None:
        self.count += 1
        if self.count < self.at:
            self.inner.write(address, value, width, strobes)


def pulled(at: int) -> tuple[Summary, Pulled]:
    """Bring mini up on a device that is pulled out at an access."""
    chip = load_chip("mini")

    async def main() -> tuple[Summary, Pulled]:
        transport = Pulled(SimTransport(SimChip(chip)), at)
        return await bring_up(chip, transport), transport

    return run(main, seed=0, clock=VirtualClock())


@pytest.mark.parametrize("at", [1, 2, 3, 20, 77, 150, 301, 402])
def test_a_device_that_is_pulled_out_is_lost(at: int) -> None:
    """Whenever it is pulled, the loss is told; after the first ones come at most its batch and the identity read."""
    summary, transport = pulled(at)
    assert isinstance(summary.lost, DeviceLost)
    assert "identity" in summary.lost.reason
    assert summary.failed == ()
    longest = max(len(load_chip("mini").instances[name].variant.up) for name in ("refpll", "sys_crg")) * 3
    assert transport.count <= at + longest + 1


def test_ones_from_a_device_that_is_there_are_believed() -> None:
    """A chip that is not pulled comes up, whatever it reads."""
    summary, _ = pulled(1 << 30)
    assert summary.well
    assert summary.lost is None
