"""The flash, on the simulated chip: known before it is believed."""

from __future__ import annotations

from typing import Any

import pytest
from trio.testing import MockClock

from blocks.chip import load_chip
from blocks.look import compile_look
from blocks.sifive_spi.command import CLOCK
from blocks.sim import SimTransport
from blocks.sim.chip import SimChip
from blocks.spi_nor.driver import SpiNorConfig
from runtime.bringup import bring_up
from runtime.fault import Cause
from transports.batch import Batch, Check, Read, Write
from transports.open import open_transport

SCKDIV = 0x1004_0000
PART: dict[str, Any] = {"manufacturer": 0x9D, "memory_type": 0x70, "capacity": 0x19}


def test_its_mark_is_no_reset_value() -> None:
    """The clock divider says that the part is known, so it must not be what a reset leaves; and it must fit."""
    with pytest.raises(ValueError, match="clock_divider is 3; expected another"):
        SpiNorConfig(**PART, clock_divider=3)
    with pytest.raises(ValueError, match=r"clock_divider is 4096; expected 0\.\.4095"):
        SpiNorConfig(**PART, clock_divider=4096)
    assert SpiNorConfig(**PART, clock_divider=4).clock_divider == 4


def test_its_look_sends_no_frame() -> None:
    """Looking at the flash reads one register and sends nothing on its bus."""
    look = compile_look(load_chip("sifive_u").instances["flash0"].block.up())
    (check,) = look.batch
    assert isinstance(check, Check)
    assert check.address == CLOCK, "which is the controller's divider, no command"


@pytest.mark.parametrize(("option", "said"), [("capacity=0x18", "0x18709d"), ("manufacturer=0xff", "0x1970ff")])
async def test_another_part_fails_alone(autojump_clock: MockClock, option: str, said: str) -> None:
    """A part that says it is another is refused with what it said, and its clock was not touched."""
    transport = await open_transport(f"sim:?flash0.{option}", chip="sifive_u")
    summary = await bring_up(load_chip("sifive_u"), transport)
    (fault,) = summary.failed
    assert (fault.block, fault.cause, fault.register) == ("flash0", Cause.ACT, "JEDEC_ID")
    assert said in fault.last
    assert len(summary.up) == 6
    assert (await transport.execute(Batch([Read(SCKDIV)]))).values == (3,)
    assert summary.violations == ()
    await transport.aclose()


async def test_a_reset_of_its_controller_makes_it_unknown(autojump_clock: MockClock) -> None:
    """When the divider is at its reset again the part is identified again; otherwise nothing is sent."""
    transport = SimTransport(SimChip(load_chip("sifive_u")))
    chip = load_chip("sifive_u")
    assert (await bring_up(chip, transport)).well
    assert (await bring_up(chip, transport)).writes == 0
    await transport.execute(Batch([Write(SCKDIV, 3)]))
    summary = await bring_up(chip, transport)
    assert summary.well
    assert summary.writes > 1
    assert (await transport.execute(Batch([Read(SCKDIV)]))).values == (4,)
    await transport.aclose()
