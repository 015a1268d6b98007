"""Lets the chip's interrupt sources through to one context of the platform-level interrupt controller.

Which sources is the chip's business: its loader fills `sources` from the lines of its instances. Claim and complete
are no matter of a ladder; `interrupts/plic.py` does them.
"""

from __future__ import annotations

from collections.abc import Iterable

from attrs import Attribute, field, frozen

from blocks.base import Block
from blocks.ladder import US, Ladder, Rung
from blocks.limits import between
from blocks.plic.regs import PlicRegs

SOURCES_MAX = 53  # FU540-C000 manual, PLIC
CONTEXTS = 9  # FU540-C000 manual, PLIC: hart 0 machine; harts 1 to 4 machine and supervisor
PRIORITY_MAX = 7  # FU540-C000 manual, PLIC


def _in_order(sources: Iterable[int]) -> tuple[int, ...]:
    return tuple(sorted(set(sources)))


def _exist(_instance: object, _attribute: Attribute[tuple[int, ...]], sources: tuple[int, ...]) -> None:
    if wrong := [source for source in sources if not 1 <= source <= SOURCES_MAX]:
        raise ValueError(f"sources has {wrong}; expected numbers in 1..{SOURCES_MAX}")


@frozen(kw_only=True)
class PlicConfig:
    """What interrupts whom.

    Attributes:
        context: whose claim register is used: 0 is machine mode of hart 0.
        threshold: sources of this priority and below are held back.
        priority: of all sources alike; above the threshold, or nothing would ever interrupt.
        sources: those let through; all others are shut.
    """

    context: int = field(default=0, validator=between(0, CONTEXTS - 1))
    threshold: int = field(default=0, validator=between(0, PRIORITY_MAX - 1))
    priority: int = field(default=1, validator=between(1, PRIORITY_MAX))
    sources: tuple[int, ...] = field(default=(), converter=_in_order, validator=_exist)

    def __attrs_post_init__(self) -> None:
        if self.priority <= self.threshold:
            raise ValueError(f"priority is {self.priority}; expected more than the threshold, {self.threshold}")


class Plic(Block[PlicRegs]):
    """Platform-level interrupt controller: arbitrates by priority, hands out by claim.

    Source: FU540-C000 manual, PLIC.
    """

    config: PlicConfig

    def up(self) -> Ladder:
        """The chip's sources have a priority, they and no others are enabled, and the threshold lets them through."""
        r, c = self.regs, self.config
        priorities = [r.PRIORITY[source] for source in c.sources]
        rungs = [self._enabled(c.sources)]
        if priorities:
            prioritised = Rung(
                "prioritised",
                holds=[priority.check(priority=c.priority) for priority in priorities],
                reach=[priority.write(priority=c.priority) for priority in priorities],
                within=5 * US,
            )
            rungs.insert(0, prioritised)
        return Ladder(*rungs)

    def rest(self) -> Ladder:
        """Nothing is enabled; what is pending stays pending."""
        return Ladder(self._enabled(()))

    def _enabled(self, sources: tuple[int, ...]) -> Rung:
        """Enable these sources and no others.

        The threshold closes first and opens last: an act that was cut short is seen and done again, and QEMU, which
        does not look at its output again when an enable is written, does so when a threshold is (docs/errata.md).
        """
        context, threshold = self.config.context, self.config.threshold
        gate = self.regs.CONTEXT[context].THRESHOLD
        enables = list(zip(self.regs.ENABLES[context].WORD, words(sources), strict=True))
        return Rung(
            "enabled",
            holds=[*(word.check(sources=bits) for word, bits in enables), gate.check(priority=threshold)],
            reach=[
                gate.write(priority=PRIORITY_MAX),
                *(word.write(sources=bits) for word, bits in enables),
                gate.write(priority=threshold),
            ],
            within=5 * US,
        )


def words(sources: tuple[int, ...]) -> tuple[int, int]:
    """Return the enable words that have exactly the bits of these sources."""
    bits = sum(1 << source for source in sources)
    return bits & 0xFFFF_FFFF, bits >> 32
