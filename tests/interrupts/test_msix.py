"""The MSI-X table as a block, as a controller and under dispatch, on the simulated one."""

from __future__ import annotations

import shutil
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

import pytest
import trio
from attrs import define, field
from trio.testing import MockClock, wait_all_tasks_blocked

from blocks.chip import Chip, load_chip
from blocks.ladder import Act, Ladder
from blocks.look import compile_look
from blocks.msix.driver import Msix, MsixConfig
from blocks.msix.model import MsixModel
from blocks.msix.regs import MsixRegs
from blocks.port import Port
from blocks.sim import SimTransport
from blocks.sim.chip import SimChip
from interrupts.dispatch import Dispatch
from interrupts.line import DispatchLine
from interrupts.msix import MsixController
from registers.compile import compile_rdl
from registers.image import pack
from runtime.service import Service
from transports.bus import Bus

HERE = Path(__file__).parent
BLOCKS = HERE.parents[1] / "blocks"
ADDRESS, DATA, LINE = 0x1_FEE0_0000, 0x40, 9
SWEEP_S = 1.0


@pytest.fixture(scope="module")
def chip(tmp_path_factory: pytest.TempPathFactory) -> Chip:
    """The chip, its register map compiled anew."""
    folder = tmp_path_factory.mktemp("msix")
    (folder / "msix.image").write_bytes(pack(compile_rdl(HERE / "msix.rdl", include=[BLOCKS])))
    return load_chip(Path(shutil.copy(HERE / "msix.toml", folder)))


@define(eq=False)
class Messages:
    """The host's side: which vectors sent a message, as it knows from their data.

    Attributes:
        deaf: messages are lost.
        blind: the host does not know which vectors they were.
    """

    deaf: bool = False
    blind: bool = False
    sent: list[tuple[int, int]] = field(factory=list[tuple[int, int]])
    _came: set[int] = field(factory=set[int])
    _bell: trio.Event = field(factory=trio.Event)

    def hear(self, address: int, data: int) -> None:
        self.sent.append((address, data))
        if not self.deaf:
            self._came.add(data - DATA)
            self._bell.set()

    async def wait(self) -> frozenset[int]:
        await self._bell.wait()
        self._bell, came = trio.Event(), frozenset(self._came)
        self._came.clear()
        return frozenset() if self.blind else came


@define(eq=False)
class Lab:
    """A table that lets vectors 3 and 40 send, and what was claimed from it."""

    sim: SimChip
    bus: Bus
    table: Msix
    port: Port
    model: MsixModel
    messages: Messages
    controller: MsixController
    claimed: list[int] = field(factory=list[int])

    async def hear(self) -> None:
        assert await self.controller.wait() == (set() if self.messages.blind else {LINE})

    async def claim(self) -> list[int]:
        self.claimed.clear()
        await self.controller.claim(self.claimed.append)
        return self.claimed

    async def climb(self, ladder: Ladder) -> None:
        for rung in ladder:
            await self.port.submit(*cast("tuple[Act, ...]", rung.reach))

    async def holds(self, ladder: Ladder) -> bool:
        look = compile_look(ladder)
        return look.judge(await self.bus.submit(look.batch), "table") is None


@asynccontextmanager
async def table(chip: Chip) -> AsyncGenerator[Lab]:
    """Give a table that came up by its ladder."""
    sim = SimChip(chip)
    transport = SimTransport(sim)
    bus, block, model = Bus(transport), chip.instances["table"].block, sim.model("table")
    assert isinstance(block, Msix)
    assert isinstance(model, MsixModel)
    port, messages = Port(bus, "table"), Messages()
    model.listener = messages.hear
    lab = Lab(sim, bus, block, port, model, messages, MsixController(block, port, messages, line=LINE))
    await lab.climb(block.up())
    assert await lab.holds(block.up())
    yield lab
    await transport.aclose()


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ({"address": 0x1002}, "address is 0x1002; expected a multiple of 4"),
        ({"address": 0, "data": 2**32 - 1}, "data is 4294967295; expected 0..4294967232"),
        ({"address": 0, "sources": (3, 64)}, r"sources has \[64\]; expected numbers in 0..63"),
    ],
)
def test_what_cannot_be_sent_is_refused(given: dict[str, Any], complaint: str) -> None:
    """An address between words, data that runs over, and a vector that does not exist are refused."""
    with pytest.raises(ValueError, match=complaint):
        MsixConfig(**given)


async def test_a_vector_sends_its_own_message(autojump_clock: MockClock, chip: Chip) -> None:
    """Each vector that asks sends its data to the address, and is claimed; one that the chip does not use is masked."""
    async with table(chip) as lab:
        for vector in (40, 3, 5):
            lab.model.sink(vector, True)
        assert lab.messages.sent == [(ADDRESS, DATA + 40), (ADDRESS, DATA + 3)]
        await lab.hear()
        before = lab.bus.statistics.batches
        assert await lab.claim() == [3, 40]
        assert lab.bus.statistics.batches - before == 2
        assert await lab.claim() == []
        assert lab.sim.violations == []


async def test_an_edge_behind_the_mask_is_sent_when_completed(autojump_clock: MockClock, chip: Chip) -> None:
    """A claimed vector sends nothing; what it asked meanwhile it sends once it is completed, and only once."""
    async with table(chip) as lab:
        lab.model.sink(3, True)
        await lab.hear()
        assert await lab.claim() == [3]
        for _ in range(3):
            lab.model.sink(3, False)
            lab.model.sink(3, True)
        assert len(lab.messages.sent) == 1
        assert await lab.claim() == [], "it is known already"
        await lab.controller.complete([3])
        assert len(lab.messages.sent) == 2
        await lab.hear()
        assert await lab.claim() == [3]
        await lab.controller.complete([3])
        assert len(lab.messages.sent) == 2


async def test_a_mask_left_by_a_dead_controller_hides_nothing(autojump_clock: MockClock, chip: Chip) -> None:
    """A vector that somebody else masked, and that asked since, is claimed with no message, by what is pending."""
    async with table(chip) as lab:
        await lab.port.submit(lab.table.regs.VECTOR[40].CONTROL.write(mask=1))
        lab.model.sink(40, True)
        assert lab.messages.sent == []
        assert await lab.claim() == [40]
        await lab.controller.complete([40])
        assert len(lab.messages.sent) == 1


async def test_a_message_during_the_claim_is_not_lost(autojump_clock: MockClock, chip: Chip) -> None:
    """A vector that sends again before its mask is set is handed over again: its block may have looked in between."""
    async with table(chip) as lab:
        lab.model.sink(3, True)
        await lab.hear()
        again: list[int] = []

        def take(vector: int) -> None:
            again.append(vector)
            lab.model.sink(3, False)
            lab.model.sink(3, True)

        await lab.controller.claim(take)
        await lab.hear()
        assert again == [3]
        assert await lab.claim() == [3]


async def test_a_host_that_does_not_know_asks_all(autojump_clock: MockClock, chip: Chip) -> None:
    """Where a message does not say which vector it was, every vector that the chip uses may have sent it."""
    async with table(chip) as lab:
        lab.messages.blind = True
        lab.model.sink(40, True)
        await lab.hear()
        assert await lab.claim() == [3, 40]


async def test_a_table_that_was_reset_comes_up_unmasked(autojump_clock: MockClock, chip: Chip) -> None:
    """At rest all is masked; a table that lost its messages does not hold, and is up and open when climbed again."""
    async with table(chip) as lab:
        await lab.climb(lab.table.rest())
        assert await lab.holds(lab.table.rest())
        lab.model.sink(3, True)
        assert lab.messages.sent == []
        await lab.port.submit(lab.table.regs.VECTOR[3].DATA.write(data=0))
        assert not await lab.holds(lab.table.up())
        await lab.climb(lab.table.up())
        assert await lab.holds(lab.table.up())
        assert lab.messages.sent == [(ADDRESS, DATA + 3)]
        assert lab.sim.violations == []


FORBIDDEN: list[tuple[Callable[[MsixRegs], Act], str]] = [
    (lambda r: r.VECTOR[3].DATA.write(data=1), "changed while the vector is not masked"),
    (lambda r: r.VECTOR[5].ADDRESS.write(low=6), "0x6 is no multiple of 4"),
]


@pytest.mark.parametrize(("act", "complaint"), FORBIDDEN)
async def test_what_the_standard_forbids_is_seen(
    autojump_clock: MockClock, chip: Chip, act: Callable[[MsixRegs], Act], complaint: str
) -> None:
    """What the standard leaves undefined is a broken rule."""
    async with table(chip) as lab:
        await lab.port.submit(act(lab.table.regs))
        assert [violation.rule for violation in lab.sim.violations] == [complaint]


async def test_dispatch_serves_messages(autojump_clock: MockClock, chip: Chip) -> None:
    """Under dispatch a message wakes its block alone and at once; one that was lost costs no more than a period."""
    async with table(chip) as lab:
        dispatch = Dispatch(lab.controller, {"table": lab.controller}, told_by={"table": LINE}, sweep_s=SWEEP_S)
        looks: list[tuple[int, float]] = []

        async def block(line: DispatchLine) -> None:
            while True:
                await line.wait()
                looks.append((line.source, trio.current_time()))
                lab.model.sink(line.source, False)

        async with trio.open_nursery() as nursery:
            for vector in (3, 40):
                nursery.start_soon(block, dispatch.line(vector, "table"))
            nursery.start_soon(dispatch.run)
            await trio.sleep(0.01)
            for lost in (False, True):
                looks.clear()
                lab.messages.deaf = lost
                at_s = trio.current_time()
                lab.model.sink(40, True)
                await wait_all_tasks_blocked()
                assert [source for source, _ in looks] == ([] if lost else [40])
                await trio.sleep(SWEEP_S)
                assert min(when - at_s for source, when in looks if source == 40) <= SWEEP_S
            assert (dispatch.counts.unhandled, dispatch.counts.errors) == (0, 0)
            nursery.cancel_scope.cancel()
        assert lab.sim.violations == []


async def test_messages_wake_the_blocks_of_a_chip_in_service(autojump_clock: MockClock, chip: Chip) -> None:
    """By the chip's file alone: a message reaches its block at once, which looks and recovers; no sweep is needed."""
    transport = SimTransport(SimChip(chip))
    service = Service(chip, transport, sweep_s=1e6)
    async with trio.open_nursery() as nursery:
        await nursery.start(service.run)
        for name in ("refpll",) * 3:
            await trio.sleep(1.0)
            at_s = trio.current_time()
            upset, act = next(iter(transport.chip.model(name).upsets().items()))
            transport.chip.disturb(name, act)
            await trio.sleep(0.5)
            last = service.incidents()[-1]
            assert last.recovered, upset
            assert name in last.fell
            assert last.began_s - at_s < 1e-3
        assert transport.violations == []
        nursery.cancel_scope.cancel()
    await transport.aclose()


async def test_lines_that_are_no_vectors_pass_a_table(autojump_clock: MockClock, chip: Chip) -> None:
    """A controller beside a table hears its own lines; those of the vectors become the table's one."""

    class Lines:
        async def wait(self) -> frozenset[int]:
            await trio.lowlevel.checkpoint()
            return frozenset({2, 16 + 3, 16 + 63, 16 + 64})

    bus = Bus(SimTransport(SimChip(chip)))
    block = chip.instances["table"].block
    assert isinstance(block, Msix)
    controller = MsixController(block, Port(bus, "table"), Lines(), line=16, first=16)
    assert await controller.wait() == {2, 16, 80}
