"""What people read of a chip's interrupts: a table of its lines, and what all of them come to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from interrupts.figures import LineFigures, busiest
from interrupts.tally import Histogram
from runtime.cli.output import print_table
from runtime.words import count, took

HEAD = (
    "interrupts of", "line", "asked", "lost", "storms", "masked",
    "woken 50%", "woken 99%", "looked 50%", "looked 99%",
)  # fmt: skip
NONE = "-"  # never: nobody was woken by it
NOBODY = "nobody"


def print_lines(figures: Iterable[LineFigures], most: int | None = None) -> int:
    """Print a table of the lines that spoke, where there are any, so many at most; return how many it leaves out."""
    shown = busiest(figures)
    if shown:
        print_table(HEAD, [_row(line) for line in shown[:most]])
    return len(shown) - len(shown[:most])


def said_interrupts(numbers: Mapping[str, int], figures: Iterable[LineFigures]) -> str:
    """Say what all interrupts come to."""
    asked = [line.counts.hints for line in figures if line.counts.hints and not line.relays]
    parts = [f"{count(sum(asked), 'interrupt')} of {count(len(asked), 'line')}"]
    parts += [f"{numbers[name]} {name}" for name in ("spurious", "unhandled") if numbers.get(name)]
    if lost := numbers.get("swept"):
        parts.append(f"{lost} lost and found by a sweep")
    if storms := numbers.get("storms"):
        parts.append(count(storms, "storm"))
    return ", ".join(parts)


def _row(line: LineFigures) -> Sequence[str]:
    counts = line.counts
    return (
        line.block or NOBODY,
        line.place,
        str(counts.hints),
        str(counts.lost),
        str(counts.storms),
        "yes" if line.masked else "no",
        *_times(counts.woken),
        *_times(counts.looked),
    )


def _times(times: Histogram) -> Iterable[str]:
    for share in (0.5, 0.99):
        yield took(times.within_s(share)) if times.count else NONE
