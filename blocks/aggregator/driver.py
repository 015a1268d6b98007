"""Lets the sources of one cluster through to one line, and shuts that line.

Which sources is the chip's business: its loader fills `sources` from the lines of its instances. Claim and complete
are no matter of a ladder; `interrupts/aggregator.py` does them.
"""

from __future__ import annotations

from collections.abc import Iterable

from attrs import Attribute, field, frozen

from blocks.aggregator.regs import AggregatorRegs, RouteE
from blocks.base import Block
from blocks.ladder import US, Ladder, Rung
from blocks.limits import between

OWN = 0  # aggregator.rdl: the source that is the aggregator itself
SOURCES = 32  # aggregator.rdl SOURCE
PRIORITY_MAX = 7  # aggregator.rdl SOURCE.priority
INIT_S = 2 * US


def _in_order(sources: Iterable[int]) -> tuple[int, ...]:
    return tuple(sorted(set(sources)))


def _exist(_instance: object, attribute: Attribute[tuple[int, ...]], sources: tuple[int, ...]) -> None:
    if wrong := [source for source in sources if not OWN < source < SOURCES]:
        raise ValueError(f"{attribute.name} has {wrong}; expected numbers in 1..{SOURCES - 1}; 0 is its own")


@frozen(kw_only=True)
class AggregatorConfig:
    """What is reported, and how.

    Attributes:
        sources: those that are reported, beside the aggregator's own events; all others are shut.
        edges: those of them that ask once when they rise; the others ask while they are high.
        urgent: those of them that have the highest priority.
        priority: of the others; above the threshold, or they would never be reported.
        threshold: sources of this priority and below are held back.
        storm_limit: a source that rises more often in one window is shut; 0: none ever is.
        storm_window_us: length of that window, in microseconds.
    """

    sources: tuple[int, ...] = field(default=(), converter=_in_order, validator=_exist)
    edges: tuple[int, ...] = field(default=(), converter=_in_order, validator=_exist)
    urgent: tuple[int, ...] = field(default=(), converter=_in_order, validator=_exist)
    priority: int = field(default=1, validator=between(1, PRIORITY_MAX))
    threshold: int = field(default=0, validator=between(0, PRIORITY_MAX - 1))
    storm_limit: int = field(default=64, validator=between(0, 255))
    storm_window_us: int = field(default=1000, validator=between(1, 0xFFFF))

    def __attrs_post_init__(self) -> None:
        for name, chosen in (("edges", self.edges), ("urgent", self.urgent)):
            if others := sorted(set(chosen) - set(self.sources)):
                raise ValueError(f"{name} has {others}; expected some of sources, {list(self.sources)}")
        if self.priority <= self.threshold:
            raise ValueError(f"priority is {self.priority}; expected more than the threshold, {self.threshold}")

    def priority_of(self, source: int) -> int:
        """Return the priority of one source."""
        return PRIORITY_MAX if source in self.urgent else self.priority


class Aggregator(Block[AggregatorRegs]):
    """Interrupt aggregator: up to 31 lines in, one out, which may end at another aggregator.

    What is reported changes only while nothing is: the output is shut first. A source that stormed stays shut until
    the aggregator was at rest, and `full` says so; the block behind it is then looked at by sweeps alone.
    """

    config: AggregatorConfig

    def up(self) -> Ladder:
        """Lines sampled, sources described and then enabled, all of that frozen, then the output opened."""
        r = self.regs
        return Ladder(
            Rung("identified", holds=[r.ID.check(part=0x4941, version=1)], within=5 * US),
            Rung(
                "healthy",
                holds=[r.INTR_STATUS.check(storm=0, lost=0), r.ERR_LOG.check(valid=0)],
                reach=[r.ERR_LOG.write(valid=1), r.INTR_STATUS.write(storm=1, lost=1)],
                within=5 * US,
            ),
            # A line that a test left raised would be taken for its block's.
            Rung("unforced", holds=[r.INJECT.check(sources=0)], reach=[r.INJECT.write(sources=0)], within=5 * US),
            Rung(
                "released",
                holds=[r.CTRL.check(soft_reset=0)],
                reach=[r.CTRL.modify(soft_reset=0)],
                within=5 * US,
            ),
            Rung("ready", holds=[r.STATUS.check(ready=1)], settles=0.8 * INIT_S, within=8 * INIT_S),
            self._configured(),
            Rung(
                "admitted",
                holds=[r.ENABLE.check(sources=bits(self.config.sources))],
                reach=[
                    r.LOCK.check(config=0),
                    r.CTRL.modify(enable=0, soft_reset=0),
                    r.ENABLE.write(sources=bits(self.config.sources)),
                ],
                within=5 * US,
                disturbs=True,
            ),
            Rung("frozen", holds=[r.LOCK.check(config=1)], reach=[r.LOCK.write(config=1)], within=5 * US),
            Rung(
                "reporting",
                holds=[r.CTRL.check(enable=1), r.STATUS.check(active=1)],
                reach=[r.CTRL.modify(enable=1, soft_reset=0)],
                within=5 * US,
            ),
            Rung(
                "watched",
                holds=[r.INTR_ENABLE.check(storm=1, lost=1)],
                reach=[r.INTR_ENABLE.write(storm=1, lost=1)],
                within=5 * US,
            ),
        )

    def _configured(self) -> Rung:
        """Return the rung of what must not change while a source is enabled; of sources that never are, nothing."""
        r, c = self.regs, self.config
        described = [
            (r.SOURCE[source], PRIORITY_MAX if source == OWN else c.priority_of(source), source in c.edges)
            for source in (OWN, *c.sources)
        ]
        return Rung(
            "configured",
            holds=[
                *(at.check(priority=priority, route=RouteE.LINE, edge=edge) for at, priority, edge in described),
                r.THRESHOLD.check(priority=c.threshold),
                r.STORM.check(limit=c.storm_limit, window=c.storm_window_us),
                r.TEST.check(hold=0),
            ],
            reach=[
                r.LOCK.check(config=0),
                r.CTRL.modify(enable=0, soft_reset=0),
                r.ENABLE.write(sources=0),
                *(at.write(priority=priority, route=RouteE.LINE, edge=edge) for at, priority, edge in described),
                r.THRESHOLD.write(priority=c.threshold),
                r.STORM.write(limit=c.storm_limit, window=c.storm_window_us),
                r.TEST.write(hold=0),
            ],
            within=5 * US,
            disturbs=True,
        )

    def full(self) -> Ladder:
        """Every line can be heard, and none was shut for its noise."""
        r = self.regs
        return Ladder(
            Rung("whole", holds=[r.FAULTY.check(sources=0)], within=5 * US),
            Rung("calm", holds=[r.SHUT.check(sources=0)], within=5 * US),
        )

    def rest(self) -> Ladder:
        """Nothing is reported, then nothing is sampled; what stormed is forgiven, what is configured stays."""
        r = self.regs
        return Ladder(
            Rung(
                "unwatched",
                holds=[r.INTR_ENABLE.check(storm=0, lost=0)],
                reach=[r.INTR_ENABLE.write(storm=0, lost=0)],
                within=5 * US,
            ),
            Rung(
                "silent",
                holds=[r.CTRL.check(enable=0), r.STATUS.check(active=0)],
                reach=[r.CTRL.modify(enable=0)],
                within=5 * US,
            ),
            Rung(
                "held",
                holds=[r.CTRL.check(soft_reset=1), r.STATUS.check(ready=0)],
                reach=[r.CTRL.modify(soft_reset=1)],
                within=5 * US,
            ),
        )


def bits(sources: Iterable[int]) -> int:
    """Return the word that has the bits of these sources, and of the aggregator's own."""
    return 1 << OWN | sum(1 << source for source in set(sources) - {OWN})
