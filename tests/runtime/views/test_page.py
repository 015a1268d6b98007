"""The page tells of every block, needs nothing from elsewhere, and shows what others wrote as it is."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree

import pytest
from attrs import evolve

from runtime.history import History
from runtime.summary import State, Summary
from runtime.views.page import page
from transports.errors import DeviceLost

HTML = "{http://www.w3.org/1999/xhtml}"
BYTES_MAX = 2_000_000
HOSTILE = "</script><script>alert(1)</script><!-- ]]> & \"' \x00 \ud800"


def parsed(run: Any) -> ElementTree.Element:
    return ElementTree.fromstring(page(run.chip, run.summary, run.history).encode())


def tiles(root: ElementTree.Element) -> list[ElementTree.Element]:
    return [link for link in root.iter(f"{HTML}a") if "tile" in link.get("class", "").split()]


def rows(root: ElementTree.Element) -> list[ElementTree.Element]:
    return [row for row in root.iter(f"{HTML}tr") if row.get("data-state")]


@pytest.mark.parametrize("name", ["mini", "sifive_u", "atlas"])
def test_every_block_has_one_tile_and_one_row(staged: Callable[..., Any], name: str) -> None:
    """With a floor plan or without, each block of the chip is one tile, which leads to its row."""
    run = staged(name)
    root = parsed(run)

    titles = sorted(tile.get("title", "").partition(" ")[0] for tile in tiles(root))
    assert titles == sorted(run.chip.instances)
    anchors = {f"#{row.get('id')}": (row[0].text or "") for row in rows(root)}
    assert [anchors[tile.get("href", "")] for tile in tiles(root)] == [
        tile.get("title", "").partition(" ")[0] for tile in tiles(root)
    ]
    assert list(anchors.values()) == list(run.chip.instances)


def test_states_are_told_alike(ill: Any) -> None:
    """Tile, row and number of a state agree, and each failure comes with its evidence."""
    root = parsed(ill)
    states = [row.get("data-state") for row in rows(root)]
    counted = {state: states.count(state) for state in ("failed", "waiting", "degraded")}

    assert counted == {"failed": 2, "waiting": 2, "degraded": 1}
    for state, number in counted.items():
        assert sum(state in tile.get("class", "").split() for tile in tiles(root)) == number
    said = "".join(root.itertext())
    assert said.count("last accesses") == 2
    assert "die[1].hbm_pll[2]: no answer" in said
    assert "2 failures" in said
    (badge,) = (e for e in root.iter(f"{HTML}span") if "badge" in e.get("class", ""))
    assert (badge.text, badge.get("class")) == ("failed", "badge failed")


def test_the_page_is_one_small_file(ill: Any) -> None:
    """At 324 blocks with failures it is below 2 MB, and names nothing that would have to be fetched."""
    text = page(ill.chip, ill.summary, ill.history)

    assert len(text.encode()) < BYTES_MAX
    for element in ElementTree.fromstring(text.encode()).iter():
        for name in ("src", "href", "action", "data", "{http://www.w3.org/1999/xlink}href"):
            assert element.get(name, "#").startswith("#") or element.get(name) == "data:,"
    assert not re.search(r"url\(|@import|https?://(?!www\.w3\.org/)", text)


def test_many_failures_stay_below_the_bound(staged: Callable[..., Any]) -> None:
    """Though every block of the large chip failed, with 32 accesses each, the page is below 2 MB."""
    run = staged("atlas", dict.fromkeys(staged("atlas").chip.instances, State.FAILED))
    assert len(page(run.chip, run.summary, run.history).encode()) < BYTES_MAX


def test_hostile_words_are_only_words(staged: Callable[..., Any]) -> None:
    """What a chip's file, a target or a device says is shown as text: it makes no element and ends none."""
    tame, wild = staged("mini", {"pll[2]": State.FAILED}), staged("mini", {"pll[2]": State.FAILED}, said=HOSTILE)
    wild = evolve(wild, summary=evolve(wild.summary, target=HOSTILE, violations=(HOSTILE,)))
    tame = evolve(tame, summary=evolve(tame.summary, target="x", violations=("x",)))
    shapes = [[element.tag for element in parsed(run).iter()] for run in (tame, wild)]

    assert shapes[0] == shapes[1]
    assert "alert(1)" in "".join(parsed(wild).itertext())


def test_a_run_that_was_ended_is_a_page_too(staged: Callable[..., Any]) -> None:
    """Blocks that nobody asked for, a lost device and a run without any move are told of."""
    run = staged("mini")
    summary = Summary(
        chip="mini", target="sim:", blocks=2, verdict="failed", up=(), failed=(), waiting=(),
        stopped=("refpll", "sys_crg"), lost=DeviceLost("it went away"),
    )  # fmt: skip
    root = ElementTree.fromstring(page(run.chip, summary, History()).encode())

    assert "it went away" in "".join(root.itertext())
    assert [row.get("data-state") for row in rows(root)][:3] == ["stopped", "stopped", "not asked for"]
