"""What was seen of each line of a chip, for people: whose it is, how often it asked, how long that took."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from attrs import evolve, field, frozen

from interrupts.tally import BUCKETS, NUMBERS, Histogram, LineCounts


@frozen(kw_only=True)
class LineFigures:
    """One line of a controller, or of the target.

    Attributes:
        block: whose; empty: nobody's, and it was left claimed.
        controller: that collects it; empty: the target itself.
        source: its number there.
        relays: the block is a controller, for whose sources it asks.
        masked: it was not heard when this was told: claimed and not yet completed, or shut since it asked too often.
    """

    block: str
    controller: str
    source: int
    relays: bool = False
    masked: bool = False
    counts: LineCounts = field(factory=LineCounts)

    @property
    def place(self) -> str:
        """Where it ends: the controller and its source there."""
        return f"{self.controller or 'the target'} {self.source}"

    @property
    def spoke(self) -> bool:
        """Whether there is anything to tell of it."""
        return bool(self.counts.hints or self.counts.storms or self.masked)

    def to_data(self) -> dict[str, Any]:
        """Return plain values that JSON can carry.

        `woken` and `looked` are as `LineCounts` has them: how many took less than 2 ** k ns, from k = 0 on, and not
        half of that; `p50_s` and `p99_s` the ends of the buckets where a half, and 99 of 100, are reached.
        """
        counts = self.counts
        return {
            "block": self.block,
            "controller": self.controller,
            "source": self.source,
            "relays": self.relays,
            "masked": self.masked,
            **{name: getattr(counts, name) for name in NUMBERS},
            "woken": _told(counts.woken),
            "looked": _told(counts.looked),
        }

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> LineFigures:
        """Return what was told as JSON; a newer runtime may tell more."""
        counts = LineCounts(woken=_heard(data["woken"]), looked=_heard(data["looked"]))
        for name in NUMBERS:
            setattr(counts, name, data[name])
        given: dict[str, Any] = {name: data[name] for name in ("block", "controller", "source", "relays", "masked")}
        return cls(counts=counts, **given)


def merged(figures: Iterable[LineFigures]) -> tuple[LineFigures, ...]:
    """Return each line once, with all that was counted of it; whether it is masked, the last one says."""
    found: dict[tuple[str, int], LineFigures] = {}
    for one in figures:
        counts = LineCounts()
        if (known := found.get((one.controller, one.source))) is not None:
            counts.merge(known.counts)
        counts.merge(one.counts)
        found[one.controller, one.source] = evolve(one, counts=counts)
    return tuple(found.values())


def busiest(figures: Iterable[LineFigures]) -> list[LineFigures]:
    """Return the lines that spoke: those first that are not well, then those that asked most, and controllers last."""
    spoke = [one for one in figures if one.spoke]
    return sorted(spoke, key=lambda one: (one.relays, not (one.counts.storms or not one.block), -one.counts.hints))


def _told(times: Histogram) -> dict[str, Any]:
    last = max((bucket for bucket, count in enumerate(times.buckets) if count), default=-1)
    return {
        "count": times.count,
        "p50_s": times.within_s(0.5),
        "p99_s": times.within_s(0.99),
        "buckets": times.buckets[: last + 1],
    }


def _heard(data: Mapping[str, Any]) -> Histogram:
    buckets = data["buckets"]
    return Histogram([*buckets[:BUCKETS], *[0] * (BUCKETS - len(buckets))])
