"""The laws of bring-up on the simulated chips: nothing is written twice, and no moment is a bad one to be cut off."""

from __future__ import annotations

import pytest
import trio
from attrs import define

from blocks.chip import load_chip
from blocks.crg.regs import CrgRegs
from registers.handles import AnyMap, registers_below
from runtime.bringup import bring_up
from runtime.climb import granted
from runtime.clock import VirtualClock
from runtime.fault import Cause
from runtime.summary import Summary
from transports.base import Capabilities, Transport
from transports.batch import Batch, Delay, Fence, Results, Value
from transports.errors import DeviceLost, Indeterminate, TransportError, Unavailable
from transports.open import open_transport

MOMENTS = {"mini": 14, "sifive_u": 40}  # of each bring-up, so many are tried: every 82nd access, every 3rd


@define(eq=False)
class Struck:
    """Another transport, where the operation with a number fails, before or after it was done."""

    inner: Transport
    at: int
    error: TransportError
    landed: bool = False
    count: int = 0

    @property
    def capabilities(self) -> Capabilities:
        return self.inner.capabilities

    async def execute(self, batch: Batch) -> Results:
        values: list[Value] = []
        for op in batch:
            self.count += not isinstance(op, (Delay, Fence))
            strikes = self.count == self.at
            if strikes and not self.landed:
                return Results(tuple(values), self.error)
            results = await self.inner.execute(Batch((op,)))
            if strikes or results.error is not None:
                return Results(tuple(values), self.error if strikes else results.error)
            values.extend(results.values)
        return Results(tuple(values))

    async def aclose(self) -> None:
        await self.inner.aclose()


async def words(name: str, transport: Transport) -> dict[str, int]:
    """Read every register of the chip's own bus that a read does not change and time does not either."""
    found: dict[str, int] = {}
    for instance in load_chip(name).instances.values():
        regs = instance.block.regs
        for register in registers_below(AnyMap(regs.type, regs.address)):
            fields = register.register.fields
            if instance.behind is None and all(f.sw.readable and not f.onread for f in fields):
                results = await transport.execute(Batch(register.read().operations))
                found[f"{instance.name}.{register.path}"] = register.read().raw(results.check().values)
    return found


Run = tuple[list[Summary], int, dict[str, int]]


def on_sim(name: str, error: TransportError | None, at: int = 0, landed: bool = False) -> Run:
    """Bring a simulated chip up, with one access that fails; again; and, when the device was lost, once more.

    Returns:
        What came of each, the operations of the first, and the registers at the end.
    """

    async def main() -> Run:
        inner = await open_transport("sim:", chip=name, seed=3)
        struck = Struck(inner, at if error else 0, error or DeviceLost(""), landed)
        first = await bring_up(load_chip(name), struck)
        summaries = [first, await bring_up(load_chip(name), inner)]
        if first.lost is not None:
            summaries.append(await bring_up(load_chip(name), inner))
        registers = await words(name, inner)
        await inner.aclose()
        return summaries, struck.count, registers

    return trio.run(main, clock=VirtualClock())


@pytest.mark.parametrize("name", ["mini", "sifive_u"])
def test_a_simulated_chip_comes_up_and_stays(name: str) -> None:
    """All blocks of a simulated chip come up, no rule of its hardware is broken, and the second time only reads."""
    (first, second), _, _ = on_sim(name, None)
    assert first.well, first
    assert (second.well, second.writes) == (True, 0)
    assert first.elapsed_s < 2 * first.critical_path_s + 1e-3


def test_a_restarted_controller_does_not_disturb_what_is_in_service() -> None:
    """A block that somebody put under test in service is left alone by the next bring-up, unless consent is given."""

    async def main() -> list[Summary]:
        transport = await open_transport("sim:", chip="mini", seed=3)
        chip = load_chip("mini")
        summaries = [await bring_up(chip, transport)]
        regs = chip.instances["io_crg[1]"].block.regs
        assert isinstance(regs, CrgRegs)
        await transport.execute(Batch(regs.TEST.write(open_gates=0, observe=1).operations))
        summaries.append(await bring_up(load_chip("mini"), transport))
        summaries.append(await bring_up(load_chip("mini"), transport, consent=granted))
        await transport.aclose()
        return summaries

    first, second, third = trio.run(main, clock=VirtualClock())
    assert first.well
    assert [(fault.block, fault.rung, fault.cause) for fault in second.failed] == [
        ("io_crg[1]", "out of test", Cause.WITHHELD)
    ]
    assert second.writes == 0
    assert third.up == first.up


@pytest.mark.parametrize(
    ("name", "error", "landed"),
    [
        ("mini", Unavailable("busy"), False),  # a frame that is cut is a BusFault to the flash of sifive_u
        ("mini", Indeterminate("after"), True),
        ("mini", DeviceLost("killed"), True),
        ("sifive_u", Indeterminate("after"), True),
        ("sifive_u", DeviceLost("killed"), False),
    ],
)
def test_a_simulated_chip_stands_a_sample_of_interruptions(name: str, error: TransportError, landed: bool) -> None:
    """At a sample of moments, evenly over the bring-up, an access fails or the controller is killed: all ends equal."""
    (calm, _), count, expected = on_sim(name, None)
    assert calm.well
    sample = range(1, count + 1, count // MOMENTS[name])
    assert len(sample) >= MOMENTS[name]
    for at in sample:
        summaries, _, registers = on_sim(name, error, at, landed)
        assert summaries[-1].well, (at, summaries[-1])
        assert summaries[-1].writes == 0
        assert (summaries[0].lost is not None) is isinstance(error, DeviceLost)
        assert registers == expected, at
