"""Sets which pins are driven, and how; reads the others; raises no line."""

from __future__ import annotations

from collections.abc import Iterable

from attrs import Attribute, field, frozen

from blocks.base import Block
from blocks.ladder import US, Ladder, Rung
from blocks.sifive_gpio.regs import SifiveGpioRegs

PINS = 16  # FU540-C000 manual, GPIO

# HiFive Unleashed schematic: the pin pulls the board's reset. QEMU resets the whole machine when it is driven low.
RESTART_PIN = 10


def _numbers(given: Iterable[int]) -> tuple[int, ...]:
    return tuple(sorted(set(given)))


def _free(_instance: object, attribute: Attribute[tuple[int, ...]], pins: tuple[int, ...]) -> None:
    if RESTART_PIN in pins:
        raise ValueError(
            f"{attribute.name} has pin {RESTART_PIN}, which is wired to the board's reset; expected any other pin"
        )
    if wrong := [pin for pin in pins if not 0 <= pin < PINS]:
        raise ValueError(f"{attribute.name} has pins {wrong}; expected numbers in 0..{PINS - 1}")


@frozen(kw_only=True)
class SifiveGpioConfig:
    """What each pin is, by its number. A pin that is not named is an input that nobody reads.

    Attributes:
        inputs: pins that are read.
        outputs: pins that are driven.
        high: of the outputs, those that are driven high.
        pull_ups: pins with the internal pull-up.
        strong: of the outputs, those with the greater drive strength.
    """

    inputs: tuple[int, ...] = field(default=(), converter=_numbers, validator=_free)
    outputs: tuple[int, ...] = field(default=(), converter=_numbers, validator=_free)
    high: tuple[int, ...] = field(default=(), converter=_numbers, validator=_free)
    pull_ups: tuple[int, ...] = field(default=(), converter=_numbers, validator=_free)
    strong: tuple[int, ...] = field(default=(), converter=_numbers, validator=_free)

    def __attrs_post_init__(self) -> None:
        for name in ("high", "strong"):
            if idle := sorted(set(getattr(self, name)) - set(self.outputs)):
                raise ValueError(f"{name} has pins {idle}; expected only some of the outputs, {list(self.outputs)}")


def mask(pins: Iterable[int]) -> int:
    """Return the word that has the bits of these pins."""
    return sum(1 << pin for pin in pins)


class SifiveGpio(Block[SifiveGpioRegs]):
    """SiFive GPIO: 16 pins.

    Source: FU540-C000 manual, GPIO.
    """

    config: SifiveGpioConfig

    def up(self) -> Ladder:
        """Levels first, then drivers: no pin shows a level that nobody asked for."""
        r, c = self.regs, self.config
        quiet = [r.RISE_IE, r.FALL_IE, r.HIGH_IE, r.LOW_IE]
        shape = [
            (r.OUTPUT_VAL, mask(c.high)),
            (r.OUT_XOR, 0),
            (r.PUE, mask(c.pull_ups)),
            (r.DS, mask(c.strong)),
        ]
        outputs, inputs = mask(c.outputs), mask(c.inputs)
        return Ladder(
            Rung(
                "quiet",
                holds=[register.check(pins=0) for register in quiet],
                reach=[register.write(pins=0) for register in quiet],
                within=5 * US,
            ),
            Rung(
                "shaped",
                holds=[register.check(pins=pins) for register, pins in shape],
                reach=[register.write(pins=pins) for register, pins in shape],
                within=5 * US,
                disturbs=True,
            ),
            Rung(
                "directed",
                holds=[r.OUTPUT_EN.check(pins=outputs), r.INPUT_EN.check(pins=inputs)],
                reach=[r.OUTPUT_EN.write(pins=outputs), r.INPUT_EN.write(pins=inputs)],
                within=5 * US,
                disturbs=True,
            ),
        )

    def rest(self) -> Ladder:
        """No pin is driven."""
        enables = self.regs.OUTPUT_EN
        return Ladder(
            Rung("released", holds=[enables.check(pins=0)], reach=[enables.write(pins=0)], within=5 * US, disturbs=True)
        )
