"""The pins."""

from __future__ import annotations

import pytest
from trio.testing import MockClock

from blocks.chip import load_chip
from blocks.sifive_gpio.driver import RESTART_PIN, SifiveGpioConfig
from blocks.sifive_gpio.model import SifiveGpioModel
from blocks.sim import SimTransport
from blocks.sim.chip import SimChip
from registers.model import Written
from runtime.bringup import bring_up
from transports.batch import Batch, Read, Write

INPUT_VAL, OUTPUT_EN, OUTPUT_VAL = 0x1006_0000, 0x1006_0008, 0x1006_000C


@pytest.mark.parametrize("use", ["inputs", "outputs", "high", "pull_ups", "strong"])
def test_the_reset_pin_is_never_touched(use: str) -> None:
    """Pin 10 is wired to the board's reset: every use of it is refused, with that reason."""
    with pytest.raises(ValueError, match=f"{use} has pin 10, which is wired to the board's reset"):
        SifiveGpioConfig(**{use: (1, RESTART_PIN)})


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ({"inputs": (3, 16)}, r"inputs has pins \[16\]; expected numbers in 0..15"),
        ({"outputs": (1,), "high": (1, 2)}, r"high has pins \[2\]; expected only some of the outputs, \[1\]"),
        ({"strong": (4,)}, r"strong has pins \[4\]; expected only some of the outputs, \[\]"),
    ],
)
def test_what_a_pin_cannot_be_is_refused(given: dict[str, tuple[int, ...]], complaint: str) -> None:
    """A pin that does not exist is refused, and a level for a pin that is not driven."""
    with pytest.raises(ValueError, match=complaint):
        SifiveGpioConfig(**given)


async def test_no_pin_shows_a_level_by_chance(autojump_clock: MockClock) -> None:
    """Levels stand before pins are driven: no pin ever shows the level that a former owner left for it."""
    sim = SimChip(load_chip("sifive_u"))
    transport, model = SimTransport(sim), sim.model("gpio")
    assert isinstance(model, SifiveGpioModel)
    await transport.execute(Batch([Write(OUTPUT_VAL, 0xFBFF)]))
    config = SifiveGpioConfig(outputs=(0, 1, 2), high=(1,), inputs=(4, 5), pull_ups=(4,))
    chip = load_chip("sifive_u").with_config("gpio", config)
    driven: set[tuple[int, int]] = set()

    def note(_written: Written) -> None:
        value = {name: cell.value for name, cell in model.pins.items()}
        driven.add((value["OUTPUT_EN"], value["OUTPUT_VAL"] & value["OUTPUT_EN"]))

    for register in ("OUTPUT_EN", "OUTPUT_VAL"):
        model.registers.on_write(register, note)
    assert (await bring_up(chip, transport, only="gpio")).well
    assert driven == {(0, 0), (0b111, 0b010)}
    assert (await transport.execute(Batch([Read(INPUT_VAL)]))).values == (1 << 4,), "the one that is pulled up"
    model.outside = 1 << 5
    model.update()
    assert (await transport.execute(Batch([Read(INPUT_VAL)]))).values == (0b11 << 4,)
    assert (await bring_up(chip, transport, only="gpio")).writes == 0
    assert transport.violations == []
    await transport.aclose()


async def test_driving_the_reset_pin_low_is_seen(autojump_clock: MockClock) -> None:
    """The model minds what the driver refuses to do."""
    transport = SimTransport(SimChip(load_chip("sifive_u")))
    await transport.execute(Batch([Write(OUTPUT_EN, 1 << RESTART_PIN)]))
    assert [violation.rule for violation in transport.violations] == ["pin 10 driven low: it resets the board"]
    await transport.aclose()
