"""The GICv2 as a block and as a controller, on the simulated one, which follows the manual."""

from __future__ import annotations

import shutil
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

import pytest
import trio
from attrs import define, evolve, field
from trio.testing import MockClock

from blocks.chip import Chip, load_chip
from blocks.gicv2.driver import Gicv2, Gicv2Config
from blocks.gicv2.model import IDLE, Gicv2Model
from blocks.gicv2.regs import Gicv2Regs
from blocks.ladder import Act, Ladder
from blocks.look import compile_look
from blocks.port import Port
from blocks.sim import SimTransport
from blocks.sim.chip import SimChip
from interrupts.gicv2 import Gicv2Controller
from interrupts.wiring import Wiring
from registers.compile import compile_rdl
from registers.image import pack
from runtime.climb import granted
from runtime.service import Service, Terms
from runtime.session import Session
from runtime.summary import Progress, State
from transports.base import Capabilities
from transports.batch import Batch, Results
from transports.bus import Bus
from transports.errors import Indeterminate

HERE = Path(__file__).parent
BLOCKS = HERE.parents[1] / "blocks"
SOURCES = (40, 41, 70, 71, 80, 287)
LINE = 3


@pytest.fixture(scope="module")
def chip(tmp_path_factory: pytest.TempPathFactory) -> Chip:
    """The chip, its register map compiled anew."""
    folder = tmp_path_factory.mktemp("gic")
    (folder / "gic.image").write_bytes(pack(compile_rdl(HERE / "gic.rdl", include=[BLOCKS])))
    return load_chip(Path(shutil.copy(HERE / "gic.toml", folder)))


@define(eq=False)
class Cut:
    """A transport whose batch after some that go well fails after its first operation, which was done."""

    inner: SimTransport
    after: int = -1

    @property
    def capabilities(self) -> Capabilities:
        return self.inner.capabilities

    async def execute(self, batch: Batch) -> Results:
        self.after -= 1
        if self.after != -1:
            return await self.inner.execute(batch)
        await self.inner.execute(Batch(batch.operations[:1]))
        return Results((), Indeterminate("the wire was cut"))

    async def aclose(self) -> None:
        await self.inner.aclose()


@define(eq=False)
class Lab:
    """A GIC that lets some sources through, and what was claimed from it."""

    sim: SimChip
    cut: Cut
    bus: Bus
    gic: Gicv2
    port: Port
    controller: Gicv2Controller
    claimed: list[int] = field(factory=list[int])

    @property
    def model(self) -> Gicv2Model:
        model = self.sim.model("gic")
        assert isinstance(model, Gicv2Model)
        return model

    async def claim(self) -> list[int]:
        self.claimed.clear()
        await self.controller.claim(self.claimed.append)
        return self.claimed

    async def climb(self, ladder: Ladder) -> None:
        for rung in ladder:
            await self.port.submit(*cast("tuple[Act, ...]", rung.reach))

    async def holds(self, ladder: Ladder) -> bool:
        look = compile_look(ladder)
        return look.judge(await self.cut.execute(look.batch), "gic") is None


@asynccontextmanager
async def gic(chip: Chip, **config: Any) -> AsyncGenerator[Lab]:
    """Give a GIC that came up by its ladder; without breaking a rule, unless the test says so."""
    sim = SimChip(chip)
    cut = Cut(SimTransport(sim))
    bus, there = Bus(cut), chip.instances["gic"].block
    assert isinstance(there, Gicv2)
    values: dict[str, Any] = {"sources": SOURCES, "edges": (80, 287)}
    block = Gicv2("gic", there.regs, Gicv2Config(**(values | config)))
    port = Port(bus, "gic")
    lab = Lab(sim, cut, bus, block, port, Gicv2Controller(block, port))
    await lab.climb(block.up())
    assert sim.violations == []
    yield lab
    await cut.aclose()


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ({"sources": (40, 31, 288)}, r"sources has \[31, 288\]; expected numbers in 32..287"),
        ({"edges": (3,)}, r"edges has \[3\]; expected numbers in 32..287"),
        ({"cpu": 8}, "cpu is 8; expected 0..7"),
        ({"priority": 0xA1}, "priority is 0xa1; expected a multiple of 16"),
        ({"priority": 0x80, "threshold": 0x80}, "priority is 0x80; expected less than the threshold, 0x80"),
    ],
)
def test_what_would_never_interrupt_is_refused(given: dict[str, Any], complaint: str) -> None:
    """A source or processor that does not exist is refused, and a priority that is held back or may not be built."""
    with pytest.raises(ValueError, match=complaint):
        Gicv2Config(**given)


@pytest.mark.parametrize("group", [0, 1])
async def test_claims_until_nothing_asks(autojump_clock: MockClock, chip: Chip, group: int) -> None:
    """Everything that asks is claimed, each source once, the lower number first; n sources cost n + 1 round trips."""
    async with gic(chip, group=group) as lab:
        assert await lab.claim() == []
        for source in (71, 40, 287):
            lab.model.sink(source, True)
        before = lab.bus.statistics.batches
        assert await lab.claim() == [40, 71, 287]
        assert lab.bus.statistics.batches - before == 4
        assert await lab.claim() == []
        assert lab.sim.violations == []


async def test_a_claimed_source_is_shut_until_completed(autojump_clock: MockClock, chip: Chip) -> None:
    """A source whose level stays asks again when it is completed, and not before; the line falls and rises with it."""
    async with gic(chip) as lab:
        for source in (40, 41):
            lab.model.sink(source, True)
        assert lab.sim.raised == {LINE}
        assert await lab.claim() == [40, 41]
        assert lab.sim.raised == frozenset()
        lab.model.sink(41, False)
        before = lab.bus.statistics
        await lab.controller.complete([40, 41])
        after = lab.bus.statistics
        assert (after.batches - before.batches, after.writes - before.writes) == (1, 1)
        assert lab.sim.raised == {LINE}
        assert await lab.claim() == [40]


async def test_an_edge_that_comes_while_claimed_is_kept(autojump_clock: MockClock, chip: Chip) -> None:
    """A message is an edge; one that comes while its source is claimed asks once that is completed, and only once."""
    async with gic(chip) as lab:
        message = lab.gic.regs.V2M.MSI_SETSPI_NS.write(source=80)
        await lab.port.submit(message)
        assert await lab.claim() == [80]
        for _ in range(3):
            await lab.port.submit(message)
        assert await lab.claim() == []
        await lab.controller.complete([80])
        assert await lab.claim() == [80]
        await lab.controller.complete([80])
        assert await lab.claim() == []
        assert lab.sim.violations == []


async def test_completing_what_was_not_claimed_changes_nothing(autojump_clock: MockClock, chip: Chip) -> None:
    """All sources may be completed at any time: who waits to be claimed still waits, once."""
    async with gic(chip) as lab:
        lab.model.sink(70, True)
        await lab.controller.complete(SOURCES)
        assert await lab.claim() == [70]
        assert lab.sim.violations == []


@pytest.mark.parametrize("after", range(4))
async def test_a_cut_claim_leaves_no_priority_running(autojump_clock: MockClock, chip: Chip, after: int) -> None:
    """Whichever access of a claim fails, done or not: what is known is handed over, the rest comes later."""
    async with gic(chip) as lab:
        assert await lab.claim() == []  # so that nothing is in doubt
        for source in (40, 41, 70):
            lab.model.sink(source, True)
        lab.cut.after = after
        with pytest.raises(Indeterminate):
            await lab.claim()
        known = [*lab.claimed]
        assert known == [40, 41, 70][:after]
        again = await lab.claim()
        assert not {*again} & {*known}
        await lab.controller.complete(SOURCES)
        assert await lab.claim() == [40, 41, 70]
        assert (lab.model.running, lab.model.priority.value, lab.sim.violations) == ([], IDLE, [])


async def test_a_priority_left_by_a_dead_controller_is_forgotten(autojump_clock: MockClock, chip: Chip) -> None:
    """Who died between acknowledge and drop held back everything; the next controller claims all the same."""
    async with gic(chip) as lab:
        lab.model.sink(40, True)
        assert (await lab.port.run(lab.gic.regs.GICC.IAR.read())).source == 40
        lab.model.sink(41, True)
        assert lab.sim.raised == frozenset(), "41 is held back"
        assert await lab.claim() == [41]
        await lab.controller.complete(SOURCES)
        assert await lab.claim() == [40, 41]


async def test_only_what_is_named_gets_through(autojump_clock: MockClock, chip: Chip) -> None:
    """A source that is enabled raises the output, one that is not does not; at rest none does."""
    async with gic(chip, sources=(40,)) as lab:
        lab.model.sink(41, True)
        assert lab.sim.raised == frozenset()
        lab.model.sink(40, True)
        assert lab.sim.raised == {LINE}
        await lab.climb(lab.gic.rest())
        assert await lab.holds(lab.gic.rest())
        assert not await lab.holds(lab.gic.up())
        assert lab.sim.raised == frozenset()
        await lab.climb(lab.gic.up())
        assert lab.sim.raised == {LINE}
        assert lab.sim.violations == []


async def test_an_act_cut_short_is_seen(autojump_clock: MockClock, chip: Chip) -> None:
    """However many of its writes were done, the ladder does not hold before the last, and done again breaks no rule."""
    async with gic(chip, sources=(40, 287)) as lab:
        ladder = lab.gic.up()
        acts = [act for rung in ladder for act in cast("tuple[Act, ...]", rung.reach)]
        for cut in range(0, len(acts), 3):
            await lab.climb(lab.gic.rest())
            await lab.port.submit(lab.gic.regs.GICC.PMR.write(priority=0))
            for act in acts[:cut]:
                await lab.port.submit(act)
            assert not await lab.holds(ladder), f"after {cut} of {len(acts)}"
            await lab.climb(ladder)
            assert await lab.holds(ladder)
        assert lab.sim.violations == []


FORBIDDEN: list[tuple[Callable[[Gicv2Regs], Act], str]] = [
    (lambda r: r.GICC.EOIR.write(source=40, cpu=0), "source 40 ended, and nothing was acknowledged last"),
    (lambda r: r.GICC.APR[0].write(active=4), "written 0x4, which was not read before"),
    (lambda r: r.GICD.ICFGR[2].write(kinds=2), "changed while a source of this word is enabled"),
    (lambda r: r.GICD.IGROUPR[1].write(sources=1), "changed while a source of this word is enabled"),
    (lambda r: r.V2M.MSI_SETSPI_NS.write(source=40), "a message for source 40; the frame has 80..143"),
    (lambda r: r.V2M.MSI_SETSPI_NS.write(source=81), "a message for source 81, which asks by level"),
]


@pytest.mark.parametrize(("act", "complaint"), FORBIDDEN)
async def test_what_the_manual_forbids_is_seen(
    autojump_clock: MockClock, chip: Chip, act: Callable[[Gicv2Regs], Act], complaint: str
) -> None:
    """What the manual calls unpredictable is a broken rule, each of them."""
    async with gic(chip) as lab:
        await lab.port.submit(act(lab.gic.regs))
        assert [violation.rule for violation in lab.sim.violations] == [complaint]


async def test_a_chip_is_kept_up_through_a_gic(autojump_clock: MockClock, chip: Chip) -> None:
    """A PLL that loses lock is looked at within microseconds, no sweep needed, and comes back; no rule is broken."""
    transport, moves, wirings = SimTransport(SimChip(chip)), list[Progress](), list[Wiring]()

    def wire(session: Session) -> Wiring:
        wirings.append(Wiring(session.chip, transport, session.port, sweeps=False))
        return wirings[-1]

    async with trio.open_nursery() as nursery:
        terms = Terms(consent=granted, wire=wire)
        service = Service(chip, transport, sweep_s=600.0, on_event=moves.append, terms=terms)
        summary = await nursery.start(service.run)
        assert summary.well, summary
        for name in ("pll[0]", "pll[1]"):
            await trio.sleep(0.01)
            moves.clear()
            at_s = trio.current_time()
            transport.chip.advance(at_s)
            transport.chip.model(name).registers.raise_event("STATUS.lock_lost")
            await trio.sleep(0.01)
            assert moves[0].block == name
            assert moves[0].time_s - at_s < 50e-6
            assert moves[-1].state is State.UP
        counts = wirings[0].counts
        assert (counts.claimed, counts.unhandled, counts.errors, counts.storms) == (2, 0, 0, 0)
        assert transport.violations == []
        nursery.cancel_scope.cancel()
    await transport.aclose()


def test_a_chip_names_its_sources(chip: Chip) -> None:
    """The sources that a GIC lets through are those of the lines that name it."""
    block = chip.instances["gic"].block
    assert isinstance(block, Gicv2)
    assert block.config == evolve(Gicv2Config(), sources=(40, 41, 70, 71), edges=(80,))
