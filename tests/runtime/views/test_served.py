"""The page of a time in service: each incident is on the timeline and in the table; what is not well comes first."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree

import pytest
from attrs import evolve

from blocks.chip import load_chip
from runtime.incident import Incident, Served
from runtime.views.incidents import TOP, incidents_drawn, said_time
from runtime.views.served import EVIDENCE_MAX, SHOWN_MAX, VIOLATED_MAX, most_telling, served_page

HTML, SVG = "{http://www.w3.org/1999/xhtml}", "{http://www.w3.org/2000/svg}"
BYTES_MAX = 2_000_000
HOSTILE = "</script><script>alert(1)</script><!-- ]]> & \"' \x00 \ud800"


def parsed(served: Served, name: str = "atlas") -> ElementTree.Element:
    return ElementTree.fromstring(served_page(load_chip(name), served).encode())


def one(number: int = 1, **given: Any) -> Incident:
    made = Incident(number=number, root="pll[0]", cause="STATUS.lock wanted 1, was 0", began_s=1.0)
    return evolve(made, **given)


def marks(root: ElementTree.Element, part: str = "rect") -> list[ElementTree.Element]:
    return [link for link in root.iter(f"{SVG}a") if link.find(f"{SVG}{part}") is not None]


def attribute(link: ElementTree.Element, part: str, name: str) -> float:
    found = link.find(f"{SVG}{part}")
    assert found is not None
    return float(found.get(name, "nan"))


def test_each_incident_is_drawn_and_listed(hours: Callable[..., Served]) -> None:
    """Every incident has a mark at its time, in the lane of its block's type, that leads to its row of the table."""
    served = hours(number=30)
    root = parsed(served)
    rows = {f"#{row.get('id')}": row for row in root.iter(f"{HTML}tr") if (row.get("id") or "").startswith("i")}
    assert list(rows) == [f"#i{incident.number}" for incident in served.incidents]
    drawn = [link for link in marks(root) if link.find(f"{SVG}text") is not None]
    assert {link.get("href") for link in drawn} == set(rows)
    at = {link.get("href"): attribute(link, "rect", "x") for link in drawn}
    assert sorted(at, key=lambda href: at[href]) == list(rows)
    lanes = {text.text for text in root.iter(f"{SVG}text")}
    types = {name: instance.type for name, instance in load_chip("atlas").instances.items()}
    assert {types.get(incident.root, "the chip") for incident in served.incidents} <= lanes


def test_what_an_incident_cost_is_told(hours: Callable[..., Served]) -> None:
    """Of each incident stands in its row what found it, and how many packets were lost and how many corrupt."""
    served = hours(number=30)
    root = parsed(served)
    (heads,) = [row for row in root.iter(f"{HTML}tr") if "corrupt" in [cell.text for cell in row]]
    names = [cell.text for cell in heads]
    for incident in served.incidents:
        (row,) = [row for row in root.iter(f"{HTML}tr") if row.get("id") == f"i{incident.number}"]
        cells = dict(zip(names, ["".join(cell.itertext()) for cell in row], strict=True))
        said = (cells["found by"], cells["lost"], cells["corrupt"])
        assert said == (incident.found_by, str(incident.lost or ""), str(incident.corrupt or ""))
    bars = [link for link in marks(root) if link.find(f"{SVG}rect[@class='spoilt']") is not None]
    assert {link.get("href") for link in bars} == {f"#i{i.number}" for i in served.incidents if i.corrupt}


def test_marks_and_their_names_do_not_cover_each_other() -> None:
    """Incidents of one lane that are close together stand in rows, each with its name, as long as there are rows."""
    incidents = [one(number, began_s=100.0 + number / 100, ended_s=200.0) for number in range(1, 9)]
    svg = ElementTree.fromstring(incidents_drawn(incidents, {"pll[0]": "pll"}, 3600.0))
    drawn = [link for link in marks(svg) if attribute(link, "rect", "y") > TOP]
    ys = [attribute(link, "rect", "y") for link in drawn if link.find(f"{SVG}text") is not None]
    assert len(set(ys)) == len(incidents)
    names = [text.text for link in drawn for text in link.iter(f"{SVG}text")]
    assert names == [str(number) for number in range(1, 9)]


def test_a_longer_recovery_stands_higher() -> None:
    """In the second part what took longer is higher, what did not end is marked above it, and noticing is below."""
    incidents = [
        one(1, began_s=10.0, ended_s=10.001),
        one(2, began_s=20.0, ended_s=21.0),
        one(3, began_s=30.0, injected_s=29.9, ended_s=30.01),
        one(4, began_s=40.0),
    ]
    svg = ElementTree.fromstring(incidents_drawn(incidents, {"pll[0]": "pll"}, 60.0))
    links = marks(svg, "circle")
    tops = {
        (link.get("href"), circle.get("class")): float(circle.get("cy", "nan"))
        for link in links
        for circle in link.iter(f"{SVG}circle")
    }
    assert tops["#i2", "climb"] < tops["#i3", "climb"] < tops["#i3", "noticed"] < tops["#i1", "climb"]
    assert [link.get("href") for link in marks(svg, "path")] == ["#i4"]


def test_what_is_not_well_is_told_first(hours: Callable[..., Served]) -> None:
    """Blocks that are down at the end, broken rules and a lost device are told above the timeline, with why."""
    ill = evolve(hours(ill=True), violations=1, violated=("pll[0] enabled in reset",))
    lost = evolve(ill, lost="the link is down")
    for served, told in ((ill, ("1 block not in service", "locked does not hold")), (lost, ("Device lost", "link is"))):
        before, _, after = "".join(parsed(served).itertext()).partition("30 incidents")
        for why in (*told, "enabled in reset"):
            assert why in before
        assert "not yet" in after


def test_many_broken_rules_are_folded(hours: Callable[..., Served]) -> None:
    """The first few are shown, all others can be unfolded."""
    rules = tuple(f"rule {number} was broken" for number in range(75))
    root = parsed(evolve(hours("mini", number=0), violations=75, violated=rules), "mini")
    assert [item.text for item in root.iter(f"{HTML}li")] == list(rules)
    (folded,) = root.iter(f"{HTML}details")
    assert len(list(folded.iter(f"{HTML}li"))) == 75 - VIOLATED_MAX


def test_the_evidence_can_be_unfolded(hours: Callable[..., Served]) -> None:
    """Of each incident what was seen, decided and accessed last stands folded in its row."""
    seen = one(1, injected="upset pll[0]", steps=("climb at once",), evidence=("read pll[0].STATUS 0x1",) * 20)
    root = parsed(evolve(hours("mini", number=0), incidents=(seen,)), "mini")
    (folded,) = root.iter(f"{HTML}pre")
    lines = (folded.text or "").splitlines()
    assert lines == [
        "seen: STATUS.lock wanted 1, was 0",
        "climb at once",
        "its last accesses:",
        *["  read pll[0].STATUS 0x1"] * EVIDENCE_MAX,
        f"  and {20 - EVIDENCE_MAX} more; --json has them",
    ]


def test_an_hour_without_incidents(hours: Callable[..., Served]) -> None:
    """Nothing happened: no timeline, no table of incidents, all blocks in service."""
    root = parsed(hours("mini", number=0), "mini")
    assert "No incidents" in "".join(root.itertext())
    assert root.find(f".//{SVG}svg") is None
    tiles = [link.get("class") for link in root.iter(f"{HTML}a") if "tile" in (link.get("class") or "").split()]
    assert tiles == ["tile up"] * 13


def test_blocks_name_their_incidents(hours: Callable[..., Served]) -> None:
    """Each block's row says in which incidents it was."""
    served = evolve(
        hours("mini", number=0), incidents=(one(1, ended_s=2.0, fell=("pll[0]", "pll[1]")), one(2, touched=("pll[1]",)))
    )
    rows = {
        row[0].text: "".join(row.itertext())
        for row in parsed(served, "mini").iter(f"{HTML}tr")
        if row.get("data-state")
    }
    assert "incident 1" in rows["pll[0]"]
    assert "incidents 1, 2" in rows["pll[1]"]
    assert "incident" not in rows["pll[2]"]


def test_the_page_is_one_small_file(hours: Callable[..., Served]) -> None:
    """Though thousands of incidents happened it is below 2 MB, and names nothing that would have to be fetched."""
    text = served_page(load_chip("atlas"), hours(number=9000, ill=True))
    assert len(text.encode()) < BYTES_MAX
    for element in ElementTree.fromstring(text.encode()).iter():
        for name in ("src", "href", "action", "data", "{http://www.w3.org/1999/xlink}href"):
            assert element.get(name, "#").startswith("#") or element.get(name) == "data:,"
    assert not re.search(r"url\(|@import|https?://(?!www\.w3\.org/)", text)


def test_of_too_many_the_worst_are_shown(hours: Callable[..., Served]) -> None:
    """What did not end well is shown before all, then what took longest; in the order in which it happened."""
    incidents = hours(number=2 * SHOWN_MAX, ill=True).incidents
    shown = most_telling(incidents)
    assert len(shown) == SHOWN_MAX
    assert shown == sorted(shown, key=lambda incident: incident.number)
    assert incidents[-1] in shown
    left = set(incidents) - set(shown)
    assert max(i.recovered_after_s or 0 for i in left) <= min(i.recovered_after_s or 0 for i in shown if i.recovered)


def test_what_others_wrote_is_text(hours: Callable[..., Served]) -> None:
    """Whatever stands in causes, steps and reasons is shown as it is, and the page stays well-formed."""
    ill = one(1, cause=HOSTILE, steps=(HOSTILE,), injected=HOSTILE, level="chip")
    served = evolve(hours("mini", number=0), incidents=(ill,), unrecovered={"pll[0]": HOSTILE}, lost=HOSTILE)
    root = parsed(served, "mini")
    scripts = [element.text or "" for element in root.iter(f"{HTML}script")]
    assert len(scripts) == 1
    assert "alert" not in scripts[0]
    assert "".join(root.itertext()).count("alert(1)") >= 4


@pytest.mark.parametrize("end_s", [0.0, 1e-6, 0.3, 1.0, 7.0, 59.0, 300.0, 3600.0, 86400.0, 1e6])
def test_the_axis_has_ticks_for_any_time(end_s: float) -> None:
    """From no time to weeks in service, the axis has a few ticks and its marks stand inside the picture."""
    svg = ElementTree.fromstring(incidents_drawn([one(began_s=end_s / 2, ended_s=end_s)], {"pll[0]": "pll"}, end_s))
    ticks = [text for text in svg.iter(f"{SVG}text") if text.get("y") == str(TOP - 14)]
    assert 2 <= len(ticks) <= 16
    for link in marks(svg):
        assert 0 <= attribute(link, "rect", "x") <= float(svg.get("width", "nan"))


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "0 s"),
        (0.25, "250 ms"),
        (45, "45 s"),
        (60, "1 min"),
        (3600, "1 h"),
        (5400, "1 h 30 min"),
        (90, "1 min 30 s"),
        (3601, "1 h 1 s"),
        (100.5, "100 s"),
    ],
)
def test_times_of_an_axis(seconds: float, said: str) -> None:
    """Whole minutes and hours are said as that."""
    assert said_time(seconds) == said
