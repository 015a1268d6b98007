"""The serial port."""

from __future__ import annotations

from typing import Any, cast

import pytest
from attrs import define, evolve
from hypothesis import given
from hypothesis import strategies as st
from trio.testing import MockClock

from blocks.chip import Chip, load_chip
from blocks.ladder import Act
from blocks.port import Port
from blocks.sifive_uart.driver import FIFO_BYTES, SERVICE_ROUNDS_MAX, SifiveUart, SifiveUartConfig
from blocks.sifive_uart.model import SifiveUartModel
from blocks.sim import SimTransport
from blocks.sim.chip import SimChip
from runtime.bringup import bring_up
from transports.batch import Batch, Results
from transports.bus import Bus
from transports.errors import Indeterminate

EMPTY = 1 << 31


def uart(chip: Chip | None = None, **config: Any) -> SifiveUart:
    """Return the first serial port, with another configuration."""
    block = (chip or load_chip("sifive_u")).instances["uart0"].block
    assert isinstance(block, SifiveUart)
    return SifiveUart("uart0", block.regs, evolve(block.config, **config))


@define
class Talker:
    """A bus whose receive FIFO holds so many bytes, each the low byte of a count; None: no end of them."""

    left: int | None
    batches: int = 0
    given: int = 0

    async def submit(self, batch: Batch, *, owner: str = "") -> Results:
        self.batches += 1
        return Results(tuple(self._byte() for _ in batch))

    def _byte(self) -> int:
        if self.left is not None and self.given >= self.left:
            return EMPTY
        self.given += 1
        return (self.given - 1) & 0xFF


@given(st.integers(1, 20_000_000), st.floats(1e6, 1e9))
def test_a_rate_that_is_accepted_is_met(baud: int, clock_hz: float) -> None:
    """A baud rate is accepted just where a divider that the receiver can sample with makes it within 2 %."""
    div = round(clock_hz / baud) - 1
    met = 16 <= div <= 0xFFFF and clock_hz / (div + 1) == pytest.approx(baud, rel=0.02)
    if met and baud <= 10_000_000:
        assert SifiveUartConfig(clock_hz=clock_hz, baud=baud).div == div
    else:
        with pytest.raises(ValueError, match=r"^baud is "):
            SifiveUartConfig(clock_hz=clock_hz, baud=baud)


async def test_comes_up_and_sends(autojump_clock: MockClock) -> None:
    """The port comes up without breaking a rule; what is queued goes out; at rest it hears nothing."""
    chip = load_chip("sifive_u")
    sim = SimChip(chip)
    transport, model = SimTransport(sim), sim.model("uart0")
    assert isinstance(model, SifiveUartModel)
    assert (await bring_up(chip, transport, only="uart0")).well
    block, port = uart(chip), Port(Bus(transport), "uart0")
    await port.submit(*(block.regs.TXDATA.write(data=byte) for byte in b"light"))
    await port.sleep(1e-3)
    assert not (await port.run(block.regs.TXDATA.read())).full
    assert bytes(model.sent) == b"light"
    model.receive(b"heard")
    await block.service(port)
    assert block.take() == b"heard"
    for rung in block.rest():
        await port.submit(*cast("tuple[Act, ...]", rung.reach))
    model.receive(b"unheard")
    await block.service(port)
    assert block.take() == b""
    assert transport.violations == []
    await transport.aclose()


@pytest.mark.parametrize("count", [0, 1, 7, 8, 9, 100])
async def test_service_takes_all(count: int) -> None:
    """Service takes what the FIFO has, in its order, a FIFO's depth a batch."""
    block, bus = uart(), Talker(count)
    await block.service(Port(bus, "uart0"))
    assert block.take() == bytes(range(count))
    assert block.take() == b""
    assert bus.batches == count // FIFO_BYTES + 1


async def test_what_does_not_fit_is_counted() -> None:
    """When nobody takes the bytes the latest are dropped, and how many is known."""
    block = uart(kept_bytes=20)
    for bus in (Talker(15), Talker(15)):
        await block.service(Port(bus, "uart0"))
    assert (block.take(), block.lost) == (bytes(range(15)) + bytes(range(5)), 10)
    await block.service(Port(Talker(3), "uart0"))
    assert (block.take(), block.lost) == (bytes(range(3)), 10)


async def test_a_talker_without_end_is_left() -> None:
    """A peer that never pauses keeps the service for a bounded number of batches."""
    block, bus = uart(), Talker(None)
    await block.service(Port(bus, "uart0"))
    assert bus.batches == SERVICE_ROUNDS_MAX
    assert len(block.take()) + block.lost == SERVICE_ROUNDS_MAX * FIFO_BYTES


async def test_a_bus_that_fails_is_told() -> None:
    """An error of the bus comes through with the register named; all bytes read before it are kept and counted."""

    class Failing(Talker):
        async def submit(self, batch: Batch, *, owner: str = "") -> Results:
            results = await super().submit(batch, owner=owner)
            return results if self.batches == 1 else Results(results.values[:2], Indeterminate("cut"))

    for kept_bytes, kept in ((4096, 10), (9, 9)):
        block = uart(kept_bytes=kept_bytes)
        with pytest.raises(Indeterminate) as raised:
            await block.service(Port(Failing(20), "uart0"))
        assert (raised.value.where, raised.value.index) == ("uart0.RXDATA", 2)
        assert (block.take(), block.lost) == (bytes(range(kept)), 10 - kept)
