"""A chip's interrupts, from its description to its blocks, on the simulated chip."""

from __future__ import annotations

import random
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from functools import partial

import pytest
import trio
from attrs import define, evolve, field
from trio.testing import MockClock

from blocks.chip import Chip, LineSpec, load_chip
from blocks.port import Port
from blocks.sifive_uart.driver import SifiveUart
from blocks.sifive_uart.model import SifiveUartModel
from blocks.sim import SimTransport
from blocks.sim.chip import SimChip
from blocks.sim.faults import InterruptStorm
from interrupts.wiring import Wiring
from runtime.incident import Event, What
from runtime.service import Service, Terms
from runtime.session import Session
from runtime.summary import State
from transports.bus import Bus

UARTS = ("uart0", "uart1")
PLIC_LINE = 11
SWEEP_S = 1.0


@define(eq=False)
class Unreliable:
    """A source of hints that loses some, and doubles others."""

    inner: SimTransport
    choose: random.Random
    _again: list[frozenset[int]] = field(factory=list[frozenset[int]])

    async def wait(self) -> frozenset[int]:
        if self._again:
            await trio.lowlevel.checkpoint()
            return self._again.pop()
        while True:
            numbers = await self.inner.wait()
            match self.choose.randrange(3):
                case 0:
                    continue
                case 1:
                    self._again.append(numbers)
                    return numbers
                case _:
                    return numbers


@define(eq=False)
class Lab:
    """The simulated chip, kept up."""

    chip: Chip
    transport: SimTransport
    wiring: Wiring

    def uart(self, name: str) -> SifiveUart:
        block = self.chip.instances[name].block
        assert isinstance(block, SifiveUart)
        return block

    def receive(self, name: str, data: bytes) -> None:
        model = self.transport.chip.model(name)
        assert isinstance(model, SifiveUartModel)
        self.transport.chip.advance(trio.current_time())
        model.receive(data)


@asynccontextmanager
async def kept_up(seed: int | None = None) -> AsyncGenerator[Lab]:
    """Give sifive_u, up, with its interrupts; a seed makes them unreliable."""
    chip = load_chip("sifive_u")
    transport = SimTransport(SimChip(chip))
    source = None if seed is None else Unreliable(transport, random.Random(seed))
    wirings: list[Wiring] = []

    def wire(session: Session) -> Wiring:
        wirings.append(Wiring(session.chip, transport, session.port, source=source, sweeps=False))
        return wirings[-1]

    async with trio.open_nursery() as nursery:
        service = Service(chip, transport, sweep_s=SWEEP_S, terms=Terms(wire=wire))
        summary = await nursery.start(service.run)
        assert summary.well, summary
        await trio.sleep(0.01)
        yield Lab(chip, transport, wirings[0])
        assert [str(violation) for violation in transport.violations] == []
        nursery.cancel_scope.cancel()
    await transport.aclose()


async def test_bytes_wake_the_port_they_came_to(autojump_clock: MockClock) -> None:
    """What either serial port receives its block has taken out within microseconds of chip time, no sweep needed."""
    async with kept_up() as lab:
        for number in range(20):
            name = UARTS[number % 2]
            sent = bytes([number] * (number % 8 + 1))
            lab.receive(name, sent)
            await trio.sleep(1e-4)
            assert lab.uart(name).take() == sent
        counts = lab.wiring.counts
        assert (counts.claimed, counts.unhandled, counts.swept, counts.errors) == (20, 0, 0, 0)


@pytest.mark.parametrize("seed", range(5))
async def test_unreliable_hints_lose_no_byte(autojump_clock: MockClock, seed: int) -> None:
    """With hints lost and doubled every byte is there within two sweeps."""
    async with kept_up(seed) as lab:
        for number in range(10):
            sent = {name: bytes([number, position]) for position, name in enumerate(UARTS)}
            for name, data in sent.items():
                lab.receive(name, data)
            await trio.sleep(2 * SWEEP_S + 0.01)
            assert {name: lab.uart(name).take() for name in UARTS} == sent
        assert lab.wiring.counts.swept > 0


def wiring_of(chip: Chip) -> Wiring:
    transport = SimTransport(SimChip(chip if chip.name == "tree" else load_chip("sifive_u")))
    return Wiring(chip, transport, partial(Port, Bus(transport)))


async def test_lines_are_those_of_the_description() -> None:
    """Each block that names a controller has a line; a controller's own line is not for its block."""
    wiring = wiring_of(load_chip("sifive_u"))
    lines = {name: wiring.line(name) for name in load_chip("sifive_u").instances}
    assert {name: (line.controller, line.source) for name, line in lines.items() if line is not None} == {
        "uart0": ("plic", 4),
        "uart1": ("plic", 5),
    }


async def test_each_line_is_told_with_its_owner(tree: Chip) -> None:
    """Blocks' lines, those of a controller's own events, those behind which it stands, and what nobody waits for."""
    wiring = wiring_of(tree)
    wiring.counts.unknown["hub", 30] = 2
    own = [name for name in tree.instances if wiring.line(name) is not None]
    told = wiring.figures()
    assert [line.block for line in told if not line.relays] == [*own, ""]
    assert {line.block: (line.controller, line.source) for line in told if line.relays} == {
        name: (relay.controller, relay.source) for name, relay in wiring.dispatch.relays.items()
    }
    assert (told[-1].place, told[-1].masked, told[-1].counts.hints) == ("hub 30", True, 2)
    assert [line for line in told if line.spoke] == [told[-1]]


async def test_what_cannot_be_driven_is_refused() -> None:
    """A line that ends at a block that is no controller, or at a controller behind another, is refused by name."""
    chip = load_chip("sifive_u")
    for name, line, complaint in (
        ("uart1", LineSpec("gpio", 5), "gpio is a sifive_gpio, which is no interrupt controller"),
        ("plic", LineSpec("gpio", 1), "gpio is a sifive_gpio"),
        ("plic", LineSpec("plic", 1), "plic reports to plic"),
    ):
        instances = {**chip.instances, name: evolve(chip.instances[name], line=line)}
        with pytest.raises(ValueError, match=complaint):
            wiring_of(evolve(chip, instances=instances))


@pytest.mark.parametrize(("name", "block"), [("sifive_u", "uart1"), ("mini", "pll[0]")])
async def test_a_storm_is_told_once(name: str, block: str, autojump_clock: MockClock) -> None:
    """A line that asks too often is told as a storm of its block, once until it was calm; the block serves on."""
    chip = load_chip(name)
    transport, told, events = SimTransport(SimChip(chip)), list[str](), list[Event]()
    service = Service(chip, transport, watch=events.append)
    async with trio.open_nursery() as nursery:
        await nursery.start(service.run)
        for _ in range(2):
            transport.chip.advance(trio.current_time())
            transport.chip.inject(InterruptStorm(block=block, every_s=1e-5, for_s=0.05))
            await trio.sleep(5)
            told += [event.block for event in events if event.what is What.STORM]
        assert told == [block, block, block], "one, and then two"
        assert {verdict.state for verdict in service.status().values()} == {State.UP}
        assert service.incidents() == ()
        nursery.cancel_scope.cancel()
