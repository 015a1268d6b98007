"""What is told of each line: whose it is, how often it asked, and how long that took; over connections and as JSON."""

from __future__ import annotations

import json
from typing import Any

from attrs import evolve

from interrupts.figures import LineFigures, busiest, merged
from interrupts.tally import NUMBERS, LineCounts


def counted(**numbers: int) -> LineCounts:
    counts = LineCounts()
    for name, number in numbers.items():
        setattr(counts, name, number)
    for took_s in (0.0, 1e-6, 3e-3, 1e9):
        counts.woken.add(took_s)
        counts.looked.add(2 * took_s)
    return counts


def line(block: str = "pll[0]", source: int = 3, **given: Any) -> LineFigures:
    return evolve(LineFigures(block=block, controller="plic", source=source), **given)


def test_what_is_told_as_json_is_understood() -> None:
    """A line that was told as JSON is the same line to whoever reads it, and what a newer runtime adds is left out."""
    numbers = {name: number for number, name in enumerate(NUMBERS, 1)}
    told = line(masked=True, relays=True, counts=counted(**numbers))
    data = json.loads(json.dumps(told.to_data()))
    assert LineFigures.from_data(data) == told
    assert LineFigures.from_data({**data, "colour": "blue", "woken": {**data["woken"], "p12_s": 1}}) == told
    assert (data["woken"]["count"], data["woken"]["p50_s"]) == (4, told.counts.woken.within_s(0.5))
    assert LineFigures.from_data(json.loads(json.dumps(line().to_data()))) == line()


def test_figures_of_two_connections_add_up() -> None:
    """Each line is told once, with the sum of all that was counted of it; whether it is masked, the last one says."""
    first, second = counted(hints=3, lost=1, storms=1), counted(hints=4, looks=2)
    before = [line(masked=True, counts=first), line("dma", 4, counts=counted(hints=9))]
    both, other, late = merged([*before, line(counts=second), line("uart", 5)])
    assert (both.masked, both.counts.hints, both.counts.lost, both.counts.storms) == (False, 7, 1, 1)
    assert (both.counts.looks, both.counts.woken.count, both.counts.looked.count) == (2, 8, 8)
    assert (other, late) == (before[1], line("uart", 5))
    assert (first.hints, second.hints, first.woken.count) == (3, 4, 4), "what was merged is left as it was"


def test_the_busiest_come_first() -> None:
    """What was not well is told first, then who asked most; a controller comes after, and who was silent not at all."""
    calm, busy = line("calm", 1, counts=counted(hints=1)), line("busy", 2, counts=counted(hints=50))
    relay = line("leaf", 3, relays=True, counts=counted(hints=99))
    stormy = line("stormy", 4, counts=counted(hints=2, storms=1))
    nobodys = line("", 5, masked=True, counts=LineCounts(hints=1))
    assert busiest([calm, relay, line("silent", 6), busy, nobodys, stormy]) == [stormy, nobodys, busy, calm, relay]
