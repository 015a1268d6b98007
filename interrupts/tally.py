"""What is counted of one line: how often, and how long it took, in buckets that double."""

from __future__ import annotations

from attrs import define, field, fields

BUCKETS = 40  # the last one takes whatever is longer than 2 ** 38 ns, some 275 s


@define
class Histogram:
    """How long something took, counted in buckets that double; what it keeps does not grow.

    Attributes:
        buckets: `buckets[k]` counts what took less than 2 ** k ns and did not fit the one before.
    """

    buckets: list[int] = field(factory=lambda: [0] * BUCKETS)

    def add(self, took_s: float) -> None:
        """Count one; what seems to have taken less than nothing took nothing."""
        bucket = int(took_s * 1e9).bit_length() if took_s > 0 else 0
        self.buckets[bucket if bucket < BUCKETS else -1] += 1

    def merge(self, other: Histogram) -> None:
        """Count all that another one counted."""
        self.buckets = [mine + theirs for mine, theirs in zip(self.buckets, other.buckets, strict=True)]

    @property
    def count(self) -> int:
        """How many were counted."""
        return sum(self.buckets)

    def within_s(self, share: float) -> float:
        """Return the time in which that share of all was done, rounded up to the bucket's end; 0 when there is none."""
        wanted, seen = share * self.count, 0
        for bucket, count in enumerate(self.buckets):
            seen += count
            if count and seen >= wanted:
                return float(1 << bucket) / 1e9
        return 0.0


@define
class LineCounts:
    """What was seen of one line so far.

    Attributes:
        hints: claims of it, or hints of the target, that reached it.
        lost: of these, claims in a sweep: no hint had told of them.
        swept: times that a sweep rang it, since its block had not looked for long.
        looks: times that its block came back, having looked.
        topped: hints of which its top half said that no block need look.
        top_errors: times that its top half raised.
        storms: times that it was shut because it asked too often.
        woken: from the hint to the block's task at work.
        looked: from the hint to the block waiting again, having looked.
    """

    hints: int = 0
    lost: int = 0
    swept: int = 0
    looks: int = 0
    topped: int = 0
    top_errors: int = 0
    storms: int = 0
    woken: Histogram = field(factory=Histogram)
    looked: Histogram = field(factory=Histogram)

    def merge(self, other: LineCounts) -> None:
        """Count all that another one counted."""
        for name in NUMBERS:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.woken.merge(other.woken)
        self.looked.merge(other.looked)


NUMBERS = tuple(attribute.name for attribute in fields(LineCounts) if attribute.name not in ("woken", "looked"))
