"""An aggregator as a controller, on the simulated one."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest
from attrs import define, field
from trio.testing import MockClock

from blocks.aggregator.driver import Aggregator
from blocks.aggregator.model import AggregatorModel
from blocks.chip import Chip
from blocks.port import Port
from blocks.sim import SimTransport
from blocks.sim.chip import SimChip
from interrupts.aggregator import CLAIMS_MAX, AggregatorController
from runtime.bringup import bring_up
from transports.base import Capabilities
from transports.batch import Batch, Read, Results
from transports.bus import Bus
from transports.errors import BusFault, Indeterminate

NAME = "leaf[1]"  # levels 4 and 6, 6 is urgent; edge 9
ALL = {4, 6, 9}


@define(eq=False)
class Faulty:
    """A transport with one fault.

    Attributes:
        cut: (batch, operations): this batch, counted from 0, fails after so many, one more than it tells of.
        ignores: writes do nothing, as those of a part that is broken.
        asleep: it does not answer.
    """

    inner: SimTransport
    cut: tuple[int, int] | None = None
    ignores: bool = False
    asleep: bool = False
    batches: int = 0

    @property
    def capabilities(self) -> Capabilities:
        return self.inner.capabilities

    async def execute(self, batch: Batch) -> Results:
        number, self.batches = self.batches, self.batches + 1
        if self.asleep:
            return Results((), BusFault("asleep"))
        if self.ignores:
            reads = [operation for operation in batch if isinstance(operation, Read)]
            values = iter((await self.inner.execute(Batch(reads))).values)
            return Results(tuple(next(values) if isinstance(operation, Read) else None for operation in batch))
        if self.cut is None or self.cut[0] != number:
            return await self.inner.execute(batch)
        after = self.cut[1]
        results = await self.inner.execute(Batch(batch.operations[: after + 1]))
        return Results(results.values[:after], Indeterminate("the wire was cut"))

    async def aclose(self) -> None:
        await self.inner.aclose()


@define(eq=False)
class Lab:
    """An aggregator in service, and what was claimed from it."""

    bus: Bus
    wire: Faulty
    model: AggregatorModel
    controller: AggregatorController
    found: list[int] = field(factory=list[int])

    async def claim(self) -> list[int]:
        self.found.clear()
        await self.controller.claim(self.found.append)
        return self.found

    def word(self, register: str) -> int:
        return self.model.registers.field(f"{register}.sources").value


@asynccontextmanager
async def aggregator(chip: Chip) -> AsyncGenerator[Lab]:
    sim = SimChip(chip)
    wire = Faulty(SimTransport(sim))
    summary = await bring_up(chip, wire.inner, only=NAME)
    assert summary.well, summary
    model, block = sim.model(NAME), chip.instances[NAME].block
    assert isinstance(model, AggregatorModel)
    assert isinstance(block, Aggregator)
    bus = Bus(wire)
    yield Lab(bus, wire, model, AggregatorController(block, Port(bus, NAME)))
    assert sim.violations == []
    await wire.aclose()


async def test_claims_until_nothing_asks(tree: Chip, autojump_clock: MockClock) -> None:
    """Everything that asks is claimed once, what is urgent first; the line falls."""
    async with aggregator(tree) as lab:
        for source in ALL:
            lab.model.sink(source, True)
        assert await lab.claim() == [6, 4, 9]
        assert (lab.word("CLAIM"), lab.word("MASK_SET"), lab.model.high.value) == (0, 0x250, 0)
        assert await lab.claim() == []


@pytest.mark.parametrize(("asking", "batches"), [(set[int](), 1), ({4}, 2), (ALL, 2)])
async def test_few_batches(tree: Chip, autojump_clock: MockClock, asking: set[int], batches: int) -> None:
    """Nothing costs one batch, whatever asks two."""
    async with aggregator(tree) as lab:
        for source in asking:
            lab.model.sink(source, True)
        assert set(await lab.claim()) == asking
        assert lab.bus.statistics.batches == batches


async def test_own_events_are_a_source(tree: Chip, autojump_clock: MockClock) -> None:
    """The aggregator's own events are claimed as its source `own`."""
    async with aggregator(tree) as lab:
        lab.model.events[1].raise_event()
        assert await lab.claim() == [lab.controller.own]


async def test_a_claimed_level_asks_again_when_it_is_completed(tree: Chip, autojump_clock: MockClock) -> None:
    """A level that stays asks again when it is completed, and not before; one that fell does not ask."""
    async with aggregator(tree) as lab:
        for source in (4, 6):
            lab.model.sink(source, True)
        assert await lab.claim() == [6, 4]
        lab.model.sink(6, False)
        before = lab.bus.statistics.batches
        await lab.controller.complete([4, 6, 6])
        assert lab.bus.statistics.batches - before == 1
        assert await lab.claim() == [4]


async def test_no_edge_is_lost(tree: Chip, autojump_clock: MockClock) -> None:
    """An edge that comes while its source is claimed asks when it is completed; one that was claimed does not."""
    async with aggregator(tree) as lab:
        for _ in range(2):
            lab.model.sink(9, True)
            lab.model.sink(9, False)
            assert await lab.claim() == [9]
            await lab.controller.complete([9])
            assert await lab.claim() == []
        lab.model.sink(9, True)
        assert await lab.claim() == [9]
        lab.model.sink(9, False)
        lab.model.sink(9, True)
        assert await lab.claim() == []
        await lab.controller.complete([9])
        assert await lab.claim() == [9]
        assert lab.model.events[2].value == 0, "nothing was lost"


async def test_completing_what_was_not_claimed_changes_nothing(tree: Chip, autojump_clock: MockClock) -> None:
    """All sources may be completed at any time: who waits to be claimed still waits, once."""
    async with aggregator(tree) as lab:
        lab.model.sink(4, True)
        await lab.controller.complete(range(32))
        assert await lab.claim() == [4]


@pytest.mark.parametrize("after", [0, 1, 2])
async def test_a_cut_claim_loses_nothing(tree: Chip, autojump_clock: MockClock, after: int) -> None:
    """Wherever the bus fails while what was claimed is masked, all of it was handed over; levels ask again."""
    async with aggregator(tree) as lab:
        for source in ALL:
            lab.model.sink(source, True)
        lab.wire.cut = (1, after)
        with pytest.raises(Indeterminate) as raised:
            await lab.claim()
        assert set(lab.found) == ALL
        assert raised.value.where == f"{NAME}.{('MASK_SET', 'PENDING', 'CLAIM')[after]}"
        await lab.controller.complete(ALL)
        assert set(await lab.claim()) == (ALL if after == 0 else ALL - {9})


async def test_a_claim_ends_though_masks_do_nothing(tree: Chip, autojump_clock: MockClock) -> None:
    """Where masking does not work a claim ends all the same."""
    async with aggregator(tree) as lab:
        lab.wire.ignores = True
        lab.model.sink(4, True)
        assert await lab.claim() == [4] * CLAIMS_MAX


async def test_errors_name_the_register(tree: Chip, autojump_clock: MockClock) -> None:
    """An aggregator that does not answer is named, with the register that was read."""
    async with aggregator(tree) as lab:
        lab.wire.asleep = True
        with pytest.raises(BusFault) as raised:
            await lab.claim()
        assert (raised.value.where, lab.found) == (f"{NAME}.CLAIM", [])
