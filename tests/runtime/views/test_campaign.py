"""The laws of what is said of a campaign, as a page, as JUnit XML and as JSON: nothing is left out, all agree."""

from __future__ import annotations

import json
import re
import shlex
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree

import pytest
from attrs import evolve
from hypothesis import example, given
from hypothesis import strategies as st

from runtime.cli.faults import show
from runtime.faults.campaign import local
from runtime.faults.plan import Mode, Plan, Points
from runtime.faults.report import Report, quantile_s
from runtime.faults.tally import FAILURES_MAX, STEPS, Failed, Tally
from runtime.faults.trial import NO_FAULT, Workload
from runtime.views.campaign import campaign_page
from runtime.views.histogram import Span, histogram, small
from runtime.views.junit import junit
from runtime.words import count
from tests.runtime.faults.drawn import serially, shards
from tests.runtime.views.test_browser import asked, complaints, showing
from tests.runtime.views.test_page import HOSTILE, HTML
from transports.faulty.kinds import Kind

SVG = "{http://www.w3.org/2000/svg}"
BYTES_MAX = 2_000_000
WORDS_WIDE, LETTER_HIGH = 95.0, 14.0  # of words at a mark, in pixels: `half in 99.9 us` is 88 wide
FEW, MANY = 3, 40  # shards: with some failures, and with more than are told


def reported(tally: Tally, chip: str = "atlas") -> Report:
    return Report(Plan(local(chip), chip, seed=7), tally, 0.1, 12.5)


def of(number: int, chip: str = "atlas") -> Report:
    return reported(serially(shards(number)), chip)


def parsed(report: Report) -> ElementTree.Element:
    return ElementTree.fromstring(campaign_page(report).encode())


def words(element: ElementTree.Element) -> str:
    return "".join(element.itertext())


def found(root: ElementTree.Element, tag: str, look: str) -> list[ElementTree.Element]:
    return [element for element in root.iter(HTML + tag) if look in element.get("class", "").split()]


@pytest.mark.parametrize("number", [FEW, MANY])
def test_every_failure_is_on_the_page(number: int) -> None:
    """Each failure that a tally tells of has its line, which repeats it; how many it does not tell of is said."""
    report = of(number)
    root = parsed(report)
    lines = Counter(words(line) for line in found(root, "code", "line"))

    wanted = [*(failed.replay for failed in report.tally.failed), *(slow.replay for slow in report.tally.slowest)]
    assert lines == Counter(f"firstlight faults atlas --replay {replay}" for replay in wanted)
    assert f"{report.tally.failures} failures" in [words(title) for title in root.iter(f"{HTML}h2")]
    assert (report.untold() > 0) == (number == MANY)
    assert (f"{report.untold()} more points failed; these are the first" in words(root)) == (number == MANY)


def test_a_line_is_a_command_of_a_shell() -> None:
    """A chip by a path with a space in it stays one word of the line."""
    assert of(FEW, "my chips/lab.toml").command("bring-up:0:reset@4+") == (
        "firstlight faults 'my chips/lab.toml' --replay bring-up:0:reset@4+"
    )


def test_the_matrix_adds_up() -> None:
    """Each kind at each type has its square with its numbers, which leads to its row; the sums are of its squares."""
    tally = of(MANY).tally
    root = parsed(of(MANY))
    [matrix] = found(root, "table", "matrix")
    heads, whole, *rows = [list(row) for row in matrix.iter(f"{HTML}tr")]
    anchors = {row.get("id"): [words(cell) for cell in row] for row in root.iter(f"{HTML}tr") if row.get("id")}

    squares: dict[tuple[str, str], tuple[int, int]] = {}
    for kind, _, *there in rows:
        for head, square in zip(heads[2:], there, strict=True):
            if square.get("class") != "none":
                squares[words(kind), words(head)] = numbers(square)
                [link] = square
                assert anchors[link.get("href", "").removeprefix("#")][:2] == [words(kind), words(head)]
    assert squares == {key: (cell.points, cell.failed) for key, cell in tally.cells.items()}
    assert len(anchors) == len(squares)
    assert numbers(whole[1]) == (tally.points, tally.failures)
    for head, square in zip(heads[2:], whole[2:], strict=True):
        those = [number for (_, name), number in squares.items() if name == words(head)]
        assert numbers(square) == (sum(points for points, _ in those), sum(failed for _, failed in those))
    for kind, square, *_ in rows:
        those = [number for (name, _), number in squares.items() if name == words(kind)]
        assert numbers(square) == (sum(points for points, _ in those), sum(failed for _, failed in those))


def numbers(square: ElementTree.Element) -> tuple[int, int]:
    """Return the points of a square of the matrix, and how many failed; whether any did is its colour, too."""
    points, failed = [*(words(part) for part in square.iter() if part.tag in (f"{HTML}b", f"{HTML}small")), "0 failed"][
        :2
    ]
    assert ("bad" in square.get("class", "").split()) == (failed != "0 failed")
    return int(points.replace(",", "")), int(failed.removesuffix(" failed").replace(",", ""))


def test_every_arm_is_told_and_the_unreached_are_framed() -> None:
    """Arms that no recovery came to are marked, and no others."""
    report = of(FEW)
    root = parsed(report)

    assert {words(arm) for arm in found(root, "li", "unreached")} == {"taken not reached"}
    assert report.tally.unreached == ["never.taken"]
    assert len(found(root, "li", "reached")) == len(report.tally.arms)
    report.tally.arms["never.taken"] = 1
    assert found(parsed(report), "li", "unreached") == []


@pytest.mark.parametrize("number", [0, FEW, MANY])
def test_the_page_needs_nothing_else(number: int) -> None:
    """The page is one small file of well-formed XML that names nothing which would have to be fetched, nor a script."""
    text = campaign_page(of(number))

    assert len(text.encode()) < BYTES_MAX
    for element in ElementTree.fromstring(text.encode()).iter():
        assert element.tag != f"{HTML}script"
        for name in ("src", "href", "action", "data", "{http://www.w3.org/1999/xlink}href"):
            assert element.get(name, "#").startswith("#") or element.get(name) == "data:,"
    assert not re.search(r"url\(|@import|https?://(?!www\.w3\.org/)", text)


def hostile(said: str) -> Report:
    tally = Tally(points=1, possible={f"pll.{said}", said})
    tally.cell("reset", said).points += 1
    tally.fail(Failed(said, "reset", said, said, said))
    tally.took("reset", said, said, 1e-3, said)
    return reported(tally, said)


def test_hostile_words_are_only_words() -> None:
    """What a chip's file or a block says is shown as text, in the page and in the XML: it makes no element."""
    for write in (campaign_page, junit):
        shapes = [
            [element.tag for element in ElementTree.fromstring(write(hostile(said)).encode()).iter()]
            for said in ("tame", HOSTILE)
        ]
        assert shapes[0] == shapes[1]
        assert "alert(1)" in words(ElementTree.fromstring(write(hostile(HOSTILE)).encode()))


def test_nothing_tried_is_a_page_too() -> None:
    """A campaign without a point proves nothing: it has failed, and says that nothing was tried."""
    report = reported(Tally())

    assert report.verdict == "failed"
    assert "Nothing was tried." in words(parsed(report))
    assert junit(report).startswith("<?xml")


def test_whole_and_part_that_disagree_fail() -> None:
    """Where a whole recovery failed whose part did not, the campaign has failed, and says why."""
    report = reported(Tally(differed=2))

    assert report.verdict == "failed"
    assert "2 trials failed with the whole chip" in words(parsed(report))


@pytest.mark.parametrize("number", [FEW, MANY])
def test_the_xml_counts_as_the_tally(number: int) -> None:
    """A case for each cell and each arm; what a suite counts is there; what failed has its lines."""
    report = of(number)
    tally = report.tally
    root = ElementTree.fromstring(junit(report).encode())
    cells, arms = root.iter("testsuite")

    cases = {(case.get("classname"), case.get("name")): case for case in cells.iter("testcase")}
    assert cases.keys() == {(f"atlas.{kind}", name) for kind, name in tally.cells}
    assert len(list(arms.iter("testcase"))) == len(tally.possible | tally.arms.keys())
    for suite in (cells, arms):
        counted = {"tests": "testcase", "failures": "failure", "errors": "error", "skipped": "skipped"}
        assert {name: int(suite.get(name, "-1")) for name in counted} == {
            name: len(list(suite.iter(tag))) for name, tag in counted.items()
        }
    for (kind, name), cell in tally.cells.items():
        failure = cases[f"atlas.{kind}", name].find("failure")
        assert (failure is not None) == (cell.failed > 0)
        if failure is not None:
            assert (failure.get("message") or "").startswith(f"{cell.failed:,} of {cell.points:,} point")
            told = [failed for failed in tally.failed if (failed.kind, failed.type) == (kind, name)]
            lines = (failure.text or "").splitlines()
            assert [line.strip() for line in lines if line.startswith("  firstlight")] == [
                report.command(failed.replay) for failed in told
            ]
            more = cell.failed - sum(failed.points for failed in told)
            assert (lines[-1] == f"and {count(more, 'point')} more") == (more > 0)


@pytest.mark.parametrize(("chip", "name"), [
    ("/tmp/x y/lab.toml", "lab"), ("../a.b/lab.v2.toml", "lab_v2"), ("./lab.toml?die=4", "lab?die=4"), ("mini", "mini"),
])  # fmt: skip
def test_a_class_of_the_xml_has_the_name_of_the_chip(chip: str, name: str) -> None:
    """CI viewers split a class at its dots: it has one, whatever the path of the chip; the lines have the path."""
    report = evolve(of(FEW), plan=Plan(local("mini"), chip))
    cases = list(ElementTree.fromstring(junit(report).encode()).iter("testcase"))

    classes = {str(case.get("classname")) for case in cases}
    assert all(said.startswith(f"{name}.") and said.count(".") == 1 for said in classes)
    assert shlex.quote(chip) in words(next(case for case in cases if case.find("failure") is not None))


def test_what_was_not_tried_or_not_judged_is_in_each_report(capsys: pytest.CaptureFixture[str]) -> None:
    """What is wrong without a fault, so that no fault of it was tried, and what a target does not let anybody judge, is
    in the JSON, on the page and in the XML; that is no part of the points that were tried."""
    tally = peculiar().tally
    assert (reported(tally).untried, reported(tally).not_tried, reported(tally).not_judged) == ([], "", "")
    tally.there[NO_FAULT], tally.unjudged = 1, {"registers", "packets"}
    tally.cell(NO_FAULT, "throttle").points += 1
    tally.fail(Failed("recovery/throttle[0].limit_lost:7:", NO_FAULT, "throttle[0]", "throttle", "liveness: late"))
    report = reported(Tally.from_data(json.loads(json.dumps(tally.to_data()))))
    data, page = report.to_data(), words(parsed(report))
    root = ElementTree.fromstring(junit(report).encode())
    held = {held.get("name"): held.get("value") for held in root.iter("property")}

    assert (data["not_tried"], data["not_judged"]) == (["recovery/throttle[0].limit_lost"], ["packets", "registers"])
    said = "faults in recovery/throttle[0].limit_lost, which is wrong without a fault"
    assert (held["not tried"], held["not judged"]) == (said, "packets, registers")
    assert f"Not tried: {said}." in page
    assert "Not judged on this target: packets, registers." in page
    show(report)
    screen = capsys.readouterr().out
    assert f"not tried: {said}\ntried of the others: bit-flip 1,234 of 3,000 points, reset 5 of 5 points\n" in screen
    assert "not judged on this target: packets, registers\n" in screen
    assert "Tried of the other points: bit-flip: 1,234 of 3,000 points; reset: 5 of 5 points." in page


def test_json_says_all_that_the_issue_asks() -> None:
    """The object has the totals, lines, arms and cells; its cells add up to its totals, and JSON can say it."""
    report = of(MANY)
    data = json.loads(json.dumps(report.to_data()))

    assert data["points"] == sum(cell["points"] for cell in data["cells"]) == report.tally.points
    assert data["failures"] == sum(cell["failed"] for cell in data["cells"]) == report.tally.failures
    assert all(cell["points"] == cell["recovered"] + cell["failed"] for cell in data["cells"])
    assert len(data["replay"]) == FAILURES_MAX
    assert data["unreached"] == ["never.taken"]
    assert data["points_per_cpu_hour"] == pytest.approx(report.tally.points / report.tally.cpu_s * 3600)
    assert data["wall_s"] == 12.5


def peculiar() -> Report:
    """Return a campaign in which points were sampled, misled and needed a reset, and the slowest was given patience."""
    tally = Tally(there=Counter({"bit-flip": 3000, "reset": 5}), agreed=2, possible={"pll.on", "never.taken"})
    for kind, points in (("bit-flip", 1234), ("reset", 5)):
        tally.cell(kind, "pll").points += points
        tally.points += points
        tally.took(kind, "pll", "pll[0]", 0.05, f"bring-up:7:{kind}@1")
    tally.cell("bit-flip", "pll").misled, tally.cell("bit-flip", "pll").reset = 21, 17
    tally.took("bit-flip", "pll", "pll[0]", 0.15, "bring-up:7:bit-flip@2", patience_s=0.08)
    return reported(tally)


def test_what_was_peculiar_is_in_each_report() -> None:
    """What was sampled, misled, needed a reset or was given patience is in the JSON, on the page and in the XML."""
    report = peculiar()
    data = json.loads(json.dumps(report.to_data()))
    root = ElementTree.fromstring(junit(report).encode())
    held = {held.get("name"): held.get("value") for held in root.iter("property")}
    lines = {case.get("classname"): words(case) for case in root.iter("testcase")}
    page = words(parsed(report))

    assert data["sampled"] == {"bit-flip": {"points": 1234, "of": 3000}, "reset": {"points": 5, "of": 5}}
    assert (data["misled"], data["reset"], data["agreed"]) == (21, 17, 2)
    assert [(cell["reset"], cell["patience_s"]) for cell in data["cells"]] == [(17, 0.08), (0, 0.0)]
    assert data["allowed_s"] == pytest.approx(0.18)
    assert held["sampled bit-flip"] == "1,234 of 3,000 points"
    assert held["sampled reset"] == "5 of 5 points"
    assert (held["misled"], held["needed a reset"], held["agreed"]) == ("21", "17", "2")
    assert held["unreached"] == "never.taken, pll.on"
    assert "patience 80 ms, 21 misled, 17 needed a reset" in lines["atlas.bit-flip"]
    assert "bit-flip: 1,234 of 3,000 points" in page
    assert "of 180 ms allowed, 80 ms of it patience" in page
    there = evolve(report, plan=evolve(report.plan, url="unix:s")).sampled  # nobody knows before what is a read
    assert there == {"bit-flip": "1,234 of 3,000 points at most", "reset": "5 of 5 points"}
    [row] = [row for row in parsed(report).iter(f"{HTML}tr") if row.get("id") == "bit-flip/pll"]
    assert [words(cell) for cell in row][5:7] == ["21", "17"]


@pytest.mark.parametrize("budget_s", [0.0, 60.0])
def test_a_kind_that_struck_nothing_is_in_each_report(budget_s: float) -> None:
    """Of a kind of fault without any point that is said in the JSON, on the page and in the XML, budget or none."""
    tally = peculiar().tally
    kinds = (Kind.RESET, Kind.FLIP, Kind.LOST, Kind.TORN)
    plan = Plan(local("mini"), "mini", Workload.SERVICE, kinds=kinds, points=Points(Mode.NTH), budget_s=budget_s)
    report = Report(plan, tally, 0.1, 12.5)
    root = ElementTree.fromstring(junit(report).encode())
    held = {held.get("name"): held.get("value") for held in root.iter("property")}
    skipped = {case.get("classname") for case in root.iter("testcase") if case.find("skipped") is not None}

    assert report.to_data()["struck_nothing"] == ["lost-interrupt", "torn-write"]
    assert held["struck nothing"] == "lost-interrupt, torn-write"
    assert {"mini.lost-interrupt", "mini.torn-write"} <= skipped
    assert not {"mini.reset", "mini.bit-flip"} & skipped
    assert root[0].get("skipped") == "2"
    assert "Struck nothing: lost-interrupt, torn-write." in words(parsed(report))
    several = evolve(report, plan=evolve(plan, points=Points(Mode.SEEDED, 5, 3)))
    assert several.silent == []


@pytest.mark.parametrize(("tally", "why"), [
    (Tally(left=5, cpu_s=4.93), "nothing was tried: the runs without a fault took 4.93 s of CPU, the budget is 0.5 s"),
    (Tally(), "nothing was tried: torn-write can strike nothing here"),
    (Tally(trials=2), "nothing struck in 2 trials"),
])  # fmt: skip
def test_why_a_campaign_says_nothing_is_in_each_report(tally: Tally, why: str) -> None:
    """A campaign without any point has not passed; why is in the JSON, on the page and in the XML."""
    points = Points(Mode.NTH)
    plan = Plan(local("mini"), "mini", Workload.SERVICE, kinds=(Kind.TORN,), points=points, budget_s=0.5)
    report = Report(plan, tally, 0.1, 12.5)
    root = ElementTree.fromstring(junit(report).encode())
    held = {held.get("name"): held.get("value") for held in root.iter("property")}

    data = report.to_data()
    assert (data["verdict"], data["why_nothing"]) == ("failed", why)
    assert held["why nothing"] == why
    assert [error.get("message") for error in root.iter("error")] == [why]
    assert sum(int(suite.get("errors", 0)) for suite in root.iter("testsuite")) == 1
    assert why in words(parsed(report))
    assert evolve(report, tally=Tally(points=1)).why_nothing == ""


def test_json_repeats_what_was_asked_for() -> None:
    """Each part of a plan that narrows or widens a campaign is in its JSON."""
    plan = Plan(local("mini"), "mini", points=Points(only="pll[*]"), whole=True)
    other = Plan(local("mini"), "mini", Workload.BRINGUP, url="unix:a", budget_s=5.0, points=Points(Mode.NTH))

    said = [Report(one, Tally(), 0.1, 1.0).to_data() for one in (plan, other)]

    assert [(one["only"], one["whole_chip"], one["url"], one["budget_s"]) for one in said] == [
        ("pll[*]", True, "", 0.0), ("*", False, "unix:a", 5.0),
    ]  # fmt: skip


TIMES = st.lists(st.just(0.0) | st.floats(1e-8, 100), min_size=1, max_size=30)


def timed(times: list[float]) -> Tally:
    tally = Tally()
    for seconds in times:
        tally.took("reset", "pll", "pll[0]", seconds, "bring-up:0:reset@1+")
    return tally


@given(TIMES, st.sampled_from([0.5, 0.99, 1.0]))
def test_a_quantile_holds_that_part(times: list[float], part: float) -> None:
    """So many recoveries were done by then, to the width of a step; all by the last one."""
    cell = timed(times).cell("reset", "pll")
    quantile = quantile_s(cell, part)

    assert quantile is not None
    done = [seconds for seconds in times if seconds <= quantile * (1 + 1e-9)]
    assert len(done) >= part * len(times)
    assert len([seconds for seconds in done if seconds < quantile / 10 ** (1.01 / STEPS)]) <= part * len(times)
    assert quantile <= max(times)


@given(TIMES)
def test_a_bar_is_as_high_as_its_step_is_full(times: list[float]) -> None:
    """Each step that has recoveries is a bar, inside the axis; the fullest is the highest."""
    cell = timed(times).cell("reset", "pll")
    span = Span.of([cell])
    assert span is not None
    for drawn in (histogram(cell, "times"), small(cell, span)):
        root = ElementTree.fromstring(drawn)
        bars = [bar for bar in root.iter(f"{SVG}rect") if bar.get("class") == "bar"]
        highs = [float(bar.get("height", "")) for bar in bars]
        numbers = [number for _, number in sorted(cell.times.items())]
        assert len(bars) == len(numbers)
        assert max(highs) == highs[numbers.index(max(numbers))]
        assert sorted(highs) == [high for _, high in sorted(zip(numbers, highs, strict=True))]
        ends = [float(bar.get("x", "")) + float(bar.get("width", "")) for bar in bars]
        assert all(0 <= end <= float(root.get("width", "")) for end in ends)
        assert ends == sorted(ends)
        assert ("at once" in drawn) == (0.0 in times)


@example([1e-6, *[10**-4.1] * 200, *[10**-3.9] * 20, 10**-3.56])  # half has room before all, and not before 99%
@given(TIMES)
def test_words_of_marks_are_apart(times: list[float]) -> None:
    """The words of each mark have room on the drawing, and neither other words nor another mark run through them."""
    tally = Tally()
    for seconds in times:
        tally.took("reset", "pll", "pll[0]", seconds, "bring-up:0:reset@1+")
    root = ElementTree.fromstring(histogram(tally.cells["reset", "pll"], "times"))
    marks = [mark for mark in root.iter(f"{SVG}line") if mark.get("class") == "mark"]
    at = [(float(said.get("x", "")), float(said.get("y", ""))) for said in root.iter(f"{SVG}text")
          if said.get("class") == "said"]  # fmt: skip

    assert len(marks) == len(at) <= 3
    for number, (x, y) in enumerate(at):
        assert y >= LETTER_HIGH
        assert x + WORDS_WIDE <= float(root.get("width", ""))
        for other in (*marks[:number], *marks[number + 1 :]):
            crosses = float(other.get("y1", "")) < y < float(other.get("y2", ""))
            assert not (crosses and x < float(other.get("x1", "")) < x + WORDS_WIDE)
        for there, high in (*at[:number], *at[number + 1 :]):
            assert abs(there - x) >= WORDS_WIDE or abs(high - y) >= LETTER_HIGH


def test_the_page_opens_in_a_browser(tmp_path: Path) -> None:
    """It opens without complaint or request, no wider than a narrow window; a square leads to its row; dark is dark."""
    file = tmp_path / "campaign.html"
    file.write_text(campaign_page(of(MANY)), encoding="utf-8")
    with showing(file) as browser:
        assert (complaints(browser), asked(browser)) == (set(), ["file"])
        browser.ask("document.querySelector('.matrix a').click()")
        assert browser.ask("document.querySelector('tr:target').getBoundingClientRect().height") > 0
        papers: dict[str, int] = {}
        for scheme in ("light", "dark"):
            browser.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
            said = browser.ask("getComputedStyle(document.body).backgroundColor")
            papers[scheme] = sum(int(part) for part in said.removeprefix("rgb(").removesuffix(")").split(",")) // 3
        assert papers["dark"] < 100 < 200 < papers["light"]
        for width in (1280, 500):
            browser.call(
                "Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=False
            )
            assert browser.ask("document.documentElement.scrollWidth") <= width
