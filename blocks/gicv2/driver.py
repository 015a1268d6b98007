"""Lets the chip's interrupt sources through to one processor of a generic interrupt controller, version 2.

Which sources is the chip's business: its loader fills `sources` from the lines of its instances. To acknowledge and to
deactivate is no matter of a ladder; `interrupts/gicv2.py` does it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from attrs import Attribute, field, frozen

from blocks.base import Block
from blocks.gicv2.regs import Gicv2Regs
from blocks.ladder import US, Act, Ladder, Rung
from blocks.limits import between
from registers.access import RegisterOp

SHARED_FIRST = (
    32  # sources below are each processor's own, and asked for by nothing outside it. Source: IHI 0048B 2.2.1
)
WORDS = 9  # gicv2.rdl
SOURCES_MAX = 32 * WORDS - 1
PRIORITY_MAX = 0xF0  # the last one of a controller that has 16, the fewest there may be. Source: IHI 0048B 3.3


def _in_order(sources: Iterable[int]) -> tuple[int, ...]:
    return tuple(sorted(set(sources)))


def _exist(_instance: object, attribute: Attribute[tuple[int, ...]], sources: tuple[int, ...]) -> None:
    if wrong := [source for source in sources if not SHARED_FIRST <= source <= SOURCES_MAX]:
        raise ValueError(f"{attribute.name} has {wrong}; expected numbers in {SHARED_FIRST}..{SOURCES_MAX}")


def _built(_instance: object, attribute: Attribute[int], priority: int) -> None:
    if priority % 16:
        raise ValueError(
            f"{attribute.name} is {priority:#x}; expected a multiple of 16, as other bits may not be built"
        )


@frozen(kw_only=True)
class Gicv2Config:
    """What interrupts whom.

    All sources have one priority: what is acknowledged is served in no order, so none need wait for another.

    Attributes:
        cpu: the processor that is interrupted, and reads the CPU interface.
        group: of all sources: 0, or 1 as a system with security has it for normal software.
        threshold: sources of this priority and any larger number are held back.
        priority: of all sources alike; 0 goes first.
        sources: those let through; all other shared ones are shut.
        edges: sources that ask by an edge, as every message through the v2m frame does; those that are not let through
            do not matter.
    """

    cpu: int = field(default=0, validator=between(0, 7))
    group: int = field(default=0, validator=between(0, 1))
    threshold: int = field(default=PRIORITY_MAX, validator=[between(0, 0xFF), _built])
    priority: int = field(default=0xA0, validator=[between(0, PRIORITY_MAX), _built])
    sources: tuple[int, ...] = field(default=(), converter=_in_order, validator=_exist)
    edges: tuple[int, ...] = field(default=(), converter=_in_order, validator=_exist)

    def __attrs_post_init__(self) -> None:
        if self.priority >= self.threshold:
            raise ValueError(f"priority is {self.priority:#x}; expected less than the threshold, {self.threshold:#x}")


class Gicv2(Block[Gicv2Regs]):
    """Generic interrupt controller, version 2: a distributor, and the interface of one processor.

    Source: ARM IHI 0048B.
    """

    config: Gicv2Config

    def up(self) -> Ladder:
        """Sources described while shut, the interface open, then these sources and no other shared ones enabled."""
        r, c = self.regs, self.config
        first, second, control = c.group == 0, c.group == 1, r.GICC.CTLR
        return Ladder(
            self._described(),
            Rung(
                "heard",
                holds=[
                    r.GICC.PMR.check(priority=c.threshold),
                    control.check(group0=first, group1=second, ack_both=second, eoi_drops=1),
                ],
                reach=[
                    r.GICC.PMR.write(priority=c.threshold),
                    control.write(group0=first, group1=second, ack_both=second, eoi_drops=1),
                ],
                within=5 * US,
                disturbs=True,
            ),
            self._enabled(c.sources),
        )

    def rest(self) -> Ladder:
        """Nothing is forwarded or enabled; what is pending stays pending."""
        return Ladder(self._enabled(()))

    def _described(self) -> Rung:
        """Return the rung of what must not change while a source is enabled. Source: IHI 0048B 4.3.4, 4.3.13."""
        d, c = self.regs.GICD, self.config
        groups = words(c.sources if c.group else ())
        kinds = sum(2 << 2 * source for source in c.edges)
        said: list[RegisterOp[Any]] = [
            *(d.IPRIORITYR[source].check(priority=c.priority) for source in c.sources),
            *(d.ITARGETSR[source].check(cpus=1 << c.cpu) for source in c.sources),
            *(d.IGROUPR[word].check(sources=groups[word]) for word in range(1, WORDS)),
            *(d.ICFGR[word].check(kinds=kinds >> 32 * word & 0xFFFF_FFFF) for word in range(2, 2 * WORDS)),
        ]
        acts: list[Act] = [
            *(d.ICENABLER[word].write(sources=0xFFFF_FFFF) for word in range(1, WORDS)),
            *(d.IPRIORITYR[source].write(priority=c.priority) for source in c.sources),
            *(d.ITARGETSR[source].write(cpus=1 << c.cpu) for source in c.sources),
            *(d.IGROUPR[word].write(sources=groups[word]) for word in range(1, WORDS)),
            *(d.ICFGR[word].write(kinds=kinds >> 32 * word & 0xFFFF_FFFF) for word in range(2, 2 * WORDS)),
        ]
        return Rung("described", holds=said, reach=acts, within=5 * US, disturbs=True)

    def _enabled(self, sources: tuple[int, ...]) -> Rung:
        """Enable these shared sources and no others; what forwards them is opened last, and shut for none."""
        d, group = self.regs.GICD, self.config.group
        enables = words(sources)
        first, second = bool(sources) and group == 0, bool(sources) and group == 1
        shared = range(1, WORDS)
        return Rung(
            "enabled",
            holds=[
                *(d.ISENABLER[word].check(sources=enables[word]) for word in shared),
                d.CTLR.check(group0=first, group1=second),
            ],
            reach=[
                d.CTLR.write(group0=0, group1=0),
                *(d.ICENABLER[word].write(sources=~enables[word] & 0xFFFF_FFFF) for word in shared),
                *(d.ISENABLER[word].write(sources=enables[word]) for word in shared),
                d.CTLR.write(group0=first, group1=second),
            ],
            within=5 * US,
            disturbs=True,
        )


def words(sources: Iterable[int]) -> list[int]:
    """Return the words that have exactly the bits of these sources."""
    bits = sum(1 << source for source in sources)
    return [bits >> 32 * word & 0xFFFF_FFFF for word in range(WORDS)]
