"""The timeline shows every block at its times, and can be read."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.history import Span
from runtime.summary import State
from runtime.views.axis import Axis, axis_of
from runtime.views.critical import legs
from runtime.views.timeline import timeline

SVG = "{http://www.w3.org/2000/svg}"
TIMES = st.lists(st.floats(0, 1), max_size=40)


def bars(svg: str) -> list[tuple[str, str]]:
    """Return kind and words of each bar, from top to bottom and left to right as drawn."""
    rects = ElementTree.fromstring(svg).iter(f"{SVG}rect")
    return [(rect.get("class", ""), title.text or "") for rect in rects for title in rect.iter(f"{SVG}title")]


@given(TIMES, TIMES)
def test_an_axis_keeps_the_order(happened: list[float], asked: list[float]) -> None:
    """A later time never stands before an earlier one, and all stand between the margins, broken or not."""
    axis = axis_of(happened, max(happened, default=0.0), 100, 900)
    places = [axis.x(time) for time in sorted(asked)]

    assert all(100 <= place <= 900 for place in places)
    assert places == sorted(places)
    assert (axis.pieces[0].left, axis.pieces[-1].right) == (100, 900)
    assert all((a.end_s, a.right) == (b.begin_s, b.left) for a, b in pairwise(axis.pieces))
    for piece in axis.pieces:
        assert all(piece.begin_s <= tick <= piece.end_s for tick in piece.ticks())


def ticks(axis: Axis) -> list[list[float]]:
    return [list(piece.ticks()) for piece in axis.pieces]


def test_an_axis_breaks_where_most_happens_early() -> None:
    """When nine of ten moves come in the first hundredth the axis breaks at a round time after them; else not."""
    early = [n * 1e-5 for n in range(90)] + [0.01 * n for n in range(1, 10)]
    axis = axis_of(early, 0.09, 0, 1000)

    assert [piece.end_s for piece in axis.pieces] == pytest.approx([1e-3, 0.09])
    assert all(2 <= len(found) <= 12 for found in ticks(axis))
    assert len(axis_of([n / 100 for n in range(100)], 1.0, 0, 1000).pieces) == 1


def test_each_block_has_its_bars_in_the_order_of_the_chip(staged: Callable[..., Any]) -> None:
    """Groups follow the chip's file, and so do the blocks in each; a bar says block, rung, times and why."""
    run = staged("mini", {"pll[2]": State.FAILED}, said="<&> \x00\"'")
    svg = timeline("t", run.history.spans(), run.types, run.summary.critical_path)
    words = [said for _, said in bars(svg)]
    order = list(dict.fromkeys(said.partition(":")[0] for said in words))

    assert order == [n for kind in ("pll", "crg") for n, of in run.types.items() if of == kind]
    assert any(word.startswith("refpll: locked, ") and " us to " in word for word in words)
    failed = [said for kind, said in bars(svg) if kind == "failed"]
    assert len(failed) == 1
    assert failed[0].startswith("pll[2]: failed")
    assert failed[0].endswith("; <&> \N{REPLACEMENT CHARACTER}\"'")


def test_the_critical_path_is_marked_and_named(staged: Callable[..., Any]) -> None:
    """Each rung of the path that the run climbed is framed, and the path stands in words below."""
    run = staged("mini")
    spans = run.history.spans()
    svg = timeline("t", spans, run.types, [*run.summary.critical_path, ("refpll", "no such rung")])
    root = ElementTree.fromstring(svg)

    framed = [rect for rect in root.iter(f"{SVG}rect") if rect.get("class") == "path"]
    assert len(framed) == len(run.summary.critical_path) + 1  # and one in the legend
    said = [element.text or "" for element in root.iter(f"{SVG}text")]
    assert any(str(leg) in line for leg in legs(run.summary.critical_path, spans) for line in said)


def test_a_leg_says_what_took_longest() -> None:
    """A block's part of the path is one step in words, with its whole time and its longest rung."""
    row = [Span("a", State.CLIMBING, "x", 0.0, 1e-3), Span("a", State.CLIMBING, "y", 1e-3, 4e-3)]
    assert [str(leg) for leg in legs([("a", "x"), ("a", "y")], {"a": row})] == ["a to y (4 ms, of which y 3 ms)"]
    assert [str(leg) for leg in legs([("a", "y"), ("b", "z")], {"a": row})] == ["a y (3 ms)"]


def test_nothing_can_be_drawn() -> None:
    """A run in which nothing moved is an empty drawing, not an error."""
    assert bars(timeline("t", {}, {})) == []


def test_a_large_chip_stays_readable(ill: Any) -> None:
    """At hundreds of blocks a row is 4 pixels or more, and the drawing less than 2000 high."""
    run = ill
    root = ElementTree.fromstring(timeline("t", run.history.spans(), run.types))
    heights = {float(rect.get("height", 0)) for rect in root.iter(f"{SVG}rect") if rect.find(f"{SVG}title") is not None}

    assert len(run.types) >= 300
    assert min(heights) >= 3.5
    assert float(root.get("height", 0)) < 2200
