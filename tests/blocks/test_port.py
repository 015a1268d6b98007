"""A port: typed operations in, typed values out, and errors that name block and register."""

from __future__ import annotations

import pytest
import trio
from attrs import define, field
from trio.testing import MockClock

from blocks.crg.regs import CrgRegs, SourceE
from blocks.port import Port, flatten
from transports.batch import Batch, Delay, Results
from transports.engine import Window, run
from transports.errors import BusFault, CheckFailed

REGS = CrgRegs.at(0x100)


@define(eq=False)
class Bus:
    """Memory that remembers what was submitted by whom."""

    window: Window = field(factory=lambda: Window(bytearray(0x40), 0x100))
    submitted: list[tuple[str, int]] = field(factory=list[tuple[str, int]])

    async def submit(self, batch: Batch, *, owner: str = "") -> Results:
        self.submitted.append((owner, len(batch)))
        return await run(batch, self.window)


async def test_values_come_back_typed() -> None:
    """One operation is one batch in the block's name, and its value has the register's fields and enumerations."""
    bus = Bus()
    port = Port(bus, "crg[0]")
    await port.run(REGS.CLK_SEL.write(source=SourceE.PLL))
    value = await port.run(REGS.CLK_SEL.read())
    assert value.source is SourceE.PLL
    assert bus.submitted == [("crg[0]", 1), ("crg[0]", 1)]


async def test_several_operations_are_one_batch() -> None:
    """Operations submitted together leave together, bus operations among them too."""
    bus = Bus()
    results = await Port(bus, "crg[0]").submit(REGS.CLK_DIV.write(divider=5), Delay(0.0), REGS.CLK_DIV.read())
    assert results.word(2) == 5
    assert bus.submitted == [("crg[0]", 3)]


async def test_errors_name_block_and_register() -> None:
    """What stops a batch is raised with block, register and operation, and the operations before it have happened."""
    bus = Bus()
    port = Port(bus, "crg[0]")
    with pytest.raises(CheckFailed) as caught:
        await port.submit(Delay(0.0), REGS.CLK_DIV.write(divider=5), REGS.CLK_SEL.check(source=SourceE.PLL))
    assert (caught.value.where, caught.value.index) == ("crg[0].CLK_SEL", 2)
    assert (await port.run(REGS.CLK_DIV.read())).divider == 5


async def test_an_operation_without_register_is_named_by_its_block() -> None:
    """Where the failing operation belongs to no register, the error still names the block."""

    class Broken:
        async def submit(self, batch: Batch, *, owner: str = "") -> Results:
            return Results((), BusFault(f"{len(batch)} operations of {owner}, and no answer"))

    with pytest.raises(BusFault) as caught:
        await Port(Broken(), "crg[0]").submit(Delay(1.0))
    assert caught.value.where == "crg[0]"


async def test_a_port_sleeps_on_the_loop_s_clock(autojump_clock: MockClock) -> None:
    """Sleeping takes the time of the loop, real or virtual."""
    await Port(Bus(), "crg[0]").sleep(3.0)
    assert trio.current_time() == 3.0


def test_flattening_keeps_the_order_and_the_names() -> None:
    """Every bus operation keeps its place, and those of a register its path."""
    write, check = REGS.CLK_DIV.write(divider=5), REGS.STATUS.check(switching=0)
    operations, names = flatten((write, Delay(1.0), check))
    assert operations == (*write.operations, Delay(1.0), *check.operations)
    assert names == {0: "CLK_DIV", 2: "STATUS"}
