"""The interrupts on the page of a time in service: each line that asked is a row, and all times are drawn."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from xml.etree import ElementTree

from interrupts.figures import LineFigures
from interrupts.tally import BUCKETS, LineCounts
from runtime.incident import Served
from runtime.views.lines import SHOWN_MAX, SMALL_WIDTH, WIDTH, lines_shown

SVG = "{http://www.w3.org/2000/svg}"


def shown(lines: Sequence[LineFigures]) -> ElementTree.Element:
    return ElementTree.fromstring(f"<page>{''.join(lines_shown(lines))}</page>")


def line(number: int = 1, *took_s: float, **given: Any) -> LineFigures:
    counts = LineCounts(hints=len(took_s))
    for seconds in took_s:
        counts.woken.add(seconds)
        counts.looked.add(seconds)
    return LineFigures(block=f"pll[{number}]", controller="hub", source=number, counts=counts, **given)


def test_each_line_that_asked_is_a_row(hours: Callable[..., Served]) -> None:
    """Whose it is, where it ends, how often it asked, was lost, stormed and took; who never asked is left out."""
    lines = (*hours().lines[:SHOWN_MAX], hours().lines[-1])
    rows = {row[1].text: ["".join(cell.itertext()) for cell in row] for row in shown(lines).iter("tr") if row[1].text}
    rows.pop("line")
    assert set(rows) == {line.place for line in lines if line.spoke}
    for told in (line for line in lines if line.spoke and line.block):
        cells, counts = rows[told.place], told.counts
        assert cells[:1] == [told.block]
        assert cells[2:5] == [str(number or "") for number in (counts.hints, counts.lost, counts.storms)]
        assert (cells[6] != "") == (counts.hints > 0)
    assert rows["hub 31"][0].startswith("nobody")
    assert rows["hub 31"][5] == "yes"


def test_every_time_is_drawn_inside_the_picture() -> None:
    """From no time to longer than can be told, each has its bar, which says what it means."""
    times = (0.0, 1.5e-9, 1e-6, 1e-3, 1e9)
    page = shown([line(1, *times), line(2, 1e-6)])
    large, *small = page.iter(f"{SVG}svg")
    bars = [*large.iter(f"{SVG}rect")]
    assert len(bars) == 2 * len(times)
    told = ["".join(bar.itertext()) for bar in bars[: len(times)]]
    assert told == ["at once: 1", "2 ns: 1", "1.02 us: 2", "1.05 ms: 1", f"over {2 ** (BUCKETS - 2) / 1e9:.0f} s: 1"]
    for svg, width in ((large, WIDTH), *((one, SMALL_WIDTH) for one in small)):
        for bar in svg.iter(f"{SVG}rect"):
            left, wide = float(bar.get("x", "nan")), float(bar.get("width", "nan"))
            assert 0 <= left < left + wide <= width
            assert float(bar.get("height", "nan")) > 0


def test_lines_without_times_have_no_picture() -> None:
    """Where nobody was woken there is a table, and no histogram of nothing; where nobody asked there is nothing."""
    nobodys = LineFigures(block="", controller="hub", source=9, masked=True, counts=LineCounts(hints=2))
    page = shown([nobodys])
    assert page.find(f".//{SVG}svg") is None
    assert len([*page.iter("tr")]) == 2
    assert shown([line()]).find("*") is None


def test_of_too_many_the_busiest_are_shown() -> None:
    """The table is bounded, and says of how many lines it is."""
    page = shown([line(number, *[1e-6] * (1 + number % 3)) for number in range(SHOWN_MAX + 30)])
    assert len([*page.iter("tr")]) == SHOWN_MAX + 1
    assert f"of {SHOWN_MAX + 30} lines; {SHOWN_MAX} of them are shown" in "".join(page.itertext())


def test_what_others_wrote_is_text() -> None:
    """A block's name is shown as it is, and the page stays well-formed."""
    name = "</td><script>alert(1)</script> & \"'"
    page = shown([LineFigures(block=name, controller=name, source=1, counts=LineCounts(hints=1))])
    assert page.find(".//script") is None
    assert name in "".join(page.itertext())
