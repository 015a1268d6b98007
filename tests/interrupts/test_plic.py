"""The PLIC as a controller, on the simulated one, which follows the manual."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import cast

import pytest
from attrs import define, field

from blocks.chip import load_chip
from blocks.ladder import Act
from blocks.plic.driver import Plic, PlicConfig
from blocks.plic.model import PlicModel
from blocks.port import Port
from blocks.sim import SimTransport
from blocks.sim.chip import SimChip
from interrupts.plic import CLAIMS_FIRST, PlicController
from transports.base import Capabilities
from transports.batch import Batch, Results
from transports.bus import Bus
from transports.errors import Indeterminate

SOURCES = range(1, 54)


@define(eq=False)
class Cut:
    """A transport whose next batch fails after some of its operations have been done, one more than it tells of."""

    inner: SimTransport
    after: int | None = None

    @property
    def capabilities(self) -> Capabilities:
        return self.inner.capabilities

    async def execute(self, batch: Batch) -> Results:
        after, self.after = self.after, None
        if after is None:
            return await self.inner.execute(batch)
        results = await self.inner.execute(Batch(batch.operations[: after + 1]))
        return Results(results.values[:after], Indeterminate("the wire was cut"))

    async def aclose(self) -> None:
        await self.inner.aclose()


@define(eq=False)
class Lab:
    """A PLIC with all its sources let through, and what was claimed from it."""

    bus: Bus
    cut: Cut
    model: PlicModel
    controller: PlicController
    claimed: list[int] = field(factory=list[int])

    async def claim(self) -> list[int]:
        self.claimed.clear()
        await self.controller.claim(self.claimed.append)
        return self.claimed


@asynccontextmanager
async def plic() -> AsyncGenerator[Lab]:
    chip = load_chip("sifive_u")
    sim = SimChip(chip)
    model = sim.model("plic")
    assert isinstance(model, PlicModel)
    cut = Cut(SimTransport(sim))
    bus = Bus(cut)
    block = chip.instances["plic"].block
    assert isinstance(block, Plic)
    block = Plic("plic", block.regs, PlicConfig(sources=tuple(SOURCES)))
    port = Port(bus, "plic")
    for rung in block.up():
        await port.submit(*cast("tuple[Act, ...]", rung.reach))
    yield Lab(bus, cut, model, PlicController(block, port))
    await cut.aclose()


async def test_claims_until_nothing_asks() -> None:
    """Everything that asks is claimed, each source once, the lower number first where priorities are equal."""
    async with plic() as lab:
        for source in (51, 4, 17):
            lab.model.sink(source, True)
        assert await lab.claim() == [4, 17, 51]
        assert await lab.claim() == []


@pytest.mark.parametrize(("asking", "batches"), [(0, 1), (1, 1), (CLAIMS_FIRST - 1, 1), (CLAIMS_FIRST, 2), (53, 4)])
async def test_few_batches(asking: int, batches: int) -> None:
    """One source costs one batch, and all of them four."""
    async with plic() as lab:
        for source in range(1, asking + 1):
            lab.model.sink(source, True)
        before = lab.bus.statistics.batches
        assert await lab.claim() == list(range(1, asking + 1))
        assert lab.bus.statistics.batches - before == batches


async def test_a_claimed_source_is_shut_until_completed() -> None:
    """A source whose level stays asks again when it is completed, and not before; one that fell does not ask."""
    async with plic() as lab:
        for source in (4, 5):
            lab.model.sink(source, True)
        assert await lab.claim() == [4, 5]
        lab.model.sink(5, False)
        assert await lab.claim() == []
        before = lab.bus.statistics.batches
        await lab.controller.complete([4, 5])
        assert lab.bus.statistics.batches - before == 1
        assert await lab.claim() == [4]


async def test_completing_what_was_not_claimed_changes_nothing() -> None:
    """All sources may be completed at any time: who waits to be claimed still waits, once."""
    async with plic() as lab:
        lab.model.sink(4, True)
        await lab.controller.complete(SOURCES)
        assert await lab.claim() == [4]


async def test_a_cut_claim_hands_over_what_it_knows() -> None:
    """When the bus fails between two claims, those before are handed over; completing all brings back the lost one."""
    async with plic() as lab:
        for source in (4, 5, 6):
            lab.model.sink(source, True)
        lab.cut.after = 1
        with pytest.raises(Indeterminate) as raised:
            await lab.claim()
        assert lab.claimed == [4]
        assert raised.value.where == "plic.CONTEXT[0].CLAIM"
        assert await lab.claim() == [6], "5 was claimed by the access that failed"
        await lab.controller.complete([4, 5, 6])
        assert await lab.claim() == [4, 5, 6]
