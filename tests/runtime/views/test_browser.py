"""The page in a real browser: it loads without a word of complaint, asks nobody for anything, and can be used."""

from __future__ import annotations

import fcntl
import json
import os
import resource
import select
import shutil
import signal
from collections import Counter
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from attrs import define, field

from blocks.chip import load_chip
from runtime.cli.exits import NOT_WELL
from runtime.cli.main import main
from runtime.incident import Served
from runtime.views.page import page
from runtime.views.served import served_page

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = (
    "--headless --no-sandbox --disable-gpu --no-first-run --remote-debugging-pipe --disable-background-networking "
    "--disable-component-update --disable-sync --disable-quic --disable-default-apps --window-size=1360,1500"
).split()
ANSWER_S = 60.0  # a browser on a busy machine; it needs one second
FD = 10  # ours are moved up to here, out of the way of the two that the browser wants: 3 and 4


@define(eq=False)
class Browser:
    """A browser with one page, spoken to in the DevTools protocol over two pipes: a JSON object and a zero byte each.

    Attributes:
        events: what it told unasked, in order.
    """

    pid: int
    write_fd: int
    read_fd: int
    session: str = ""
    number: int = 0
    held: bytes = b""
    events: list[dict[str, Any]] = field(factory=list[dict[str, Any]])

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        self.number += 1
        message = {"id": self.number, "method": method, "params": params}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.write_fd, json.dumps(message).encode() + b"\0")
        while (answer := self._receive()).get("id") != self.number:
            self.events.append(answer)
        assert "error" not in answer, answer
        result: dict[str, Any] = answer["result"]
        return result

    def until(self, event: str) -> None:
        while all(seen.get("method") != event for seen in self.events):
            self.events.append(self._receive())

    def _receive(self) -> dict[str, Any]:
        while b"\0" not in self.held:
            assert select.select([self.read_fd], [], [], ANSWER_S)[0], "the browser does not answer"
            more = os.read(self.read_fd, 1 << 16)
            assert more, "the browser has gone"
            self.held += more
        message, _, self.held = self.held.partition(b"\0")
        received: dict[str, Any] = json.loads(message)
        return received

    def ask(self, script: str) -> Any:
        """Return the value of a JavaScript expression in the page."""
        answer = self.call("Runtime.evaluate", expression=script, returnByValue=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def open(self, file: Path) -> None:
        self.session = ""
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")
        self.call("Page.navigate", url=file.as_uri())
        self.until("Page.loadEventFired")


def started(folder: Path) -> Browser:
    """Start a browser that keeps everything of its own in a folder."""
    assert CHROMIUM is not None
    pipes = [fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, FD) for fd in (*os.pipe(), *os.pipe())]
    moves = [(os.POSIX_SPAWN_DUP2, pipes[0], 3), (os.POSIX_SPAWN_DUP2, pipes[3], 4),
             (os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0)]  # fmt: skip
    words = [CHROMIUM, *FLAGS, f"--user-data-dir={folder}", "about:blank"]
    pid = os.posix_spawn(CHROMIUM, words, dict(os.environ, HOME=str(folder)), file_actions=moves, setpgroup=0)
    os.close(pipes[0])
    os.close(pipes[3])
    return Browser(pid, pipes[1], pipes[2])


@contextmanager
def showing(file: Path) -> Generator[Browser]:
    """Run a browser that shows a file, and keeps what is its own beside it."""
    if CHROMIUM is None:
        pytest.skip("no chromium here (Debian: apt-get install chromium)")
    if resource.getrlimit(resource.RLIMIT_AS)[0] != resource.RLIM_INFINITY:
        pytest.skip("chromium reserves a terabyte of address space, and here that is limited (ulimit -v)")
    running = started(file.parent)
    try:
        running.open(file)
        yield running
    finally:
        with suppress(ProcessLookupError):
            os.killpg(running.pid, signal.SIGKILL)
        os.waitpid(running.pid, 0)
        os.close(running.write_fd)
        os.close(running.read_fd)


@pytest.fixture(scope="module")
def browser(ill: Any, tmp_path_factory: pytest.TempPathFactory) -> Generator[Browser]:
    """Open the page of a run that did not go well."""
    file = tmp_path_factory.mktemp("browser") / "page.html"
    file.write_text(page(ill.chip, ill.summary, ill.history), encoding="utf-8")
    with showing(file) as running:
        yield running


def complaints(browser: Browser) -> set[str]:
    """Return what the page had to complain of."""
    told = {event["method"] for event in browser.events}
    return told & {"Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Log.entryAdded"}


def asked(browser: Browser) -> list[str]:
    """Return the kind of each address that was asked for."""
    sent = [event["params"] for event in browser.events if event["method"] == "Network.requestWillBeSent"]
    urls = [params["request"]["url"] for params in sent]
    return [url.partition(":")[0] for url in urls if not url.startswith("data:")]


def test_the_page_that_up_writes_is_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What `up --html` wrote of a real run opens: no complaint, one request, the table and the plan as JSON has it."""
    file = tmp_path / "out.html"
    ills = "die[0].channel[1][3].never_trains=true&die[1].pcie[0].lanes=4"
    assert main(["up", "atlas", "--on", f"sim:?{ills}", "--json", "--html", str(file)]) == NOT_WELL
    told = json.loads(capsys.readouterr().out)
    states = {"failed": len(told["failed"]), "degraded": 1, "up": told["up"] - 1}

    with showing(file) as browser:
        assert (complaints(browser), asked(browser)) == (set(), ["file"])
        tiles = browser.ask("[...document.querySelectorAll('a.tile')].map((tile) => tile.className)")
        assert Counter(tiles) == {f"tile {state}": number for state, number in states.items()}
        assert browser.ask("[...body.rows].filter((row) => row.getBoundingClientRect().height > 0).length") == 324
        browser.ask("document.querySelector('a.tile.failed').click()")
        assert "die[0].channel[1][3]" in browser.ask("document.querySelector('tr:target').textContent")
        assert browser.ask("document.querySelector('svg').getBoundingClientRect().height") > 100


def test_nothing_is_complained_of_and_nobody_is_asked(browser: Browser) -> None:
    """The page loads without a message on the console, and without any request but that for itself."""
    assert complaints(browser) == set()
    assert asked(browser) == ["file"]


def test_every_block_is_a_tile_that_can_be_seen(ill: Any, browser: Browser) -> None:
    """Each block has one tile in the floor plan, of a size that can be pointed at, and beside all others."""
    boxes = browser.ask(
        "[...document.querySelectorAll('a.tile')].map((tile) => {"
        " const box = tile.getBoundingClientRect(); return [box.left, box.top, box.width, box.height] })"
    )
    assert len(boxes) == len(ill.chip.instances)
    assert all(width >= 8 and height >= 8 for _, _, width, height in boxes)
    assert len({(left, top) for left, top, _, _ in boxes}) == len(boxes)


def test_states_have_their_colours(browser: Browser) -> None:
    """Tiles of different states differ in colour, of one state they do not."""
    colours = browser.ask(
        "[...document.querySelectorAll('a.tile')].map((t) => t.className + ' ' + getComputedStyle(t).backgroundColor)"
    )
    kinds = {said.partition(" rgb")[0]: said for said in colours}
    assert set(kinds) == {"tile up", "tile degraded", "tile failed", "tile waiting"}
    assert len(set(colours)) == 4


def test_the_filter_filters(browser: Browser) -> None:
    """Words and a state leave the rows that fit, and say how many; emptied, they leave all."""

    def filtered(words: str, state: str) -> tuple[int, str]:
        browser.ask(f"words.value = {words!r}; state.value = {state!r}; words.dispatchEvent(new Event('input'))")
        visible = browser.ask("rows.filter((row) => row.getBoundingClientRect().height > 0).length")
        return visible, browser.ask("shown.textContent")

    whole = browser.ask("rows.length")
    assert filtered("PCIE die[0]", "") == (2, f"2 of {whole} blocks")
    assert filtered("", "failed") == (2, f"2 of {whole} blocks")
    assert filtered("pll", "failed")[0] == 1
    assert filtered("no such block", "")[0] == 0
    assert filtered("", "") == (whole, f"{whole} of {whole} blocks")


def test_a_tile_leads_to_its_row(browser: Browser) -> None:
    """A click on a tile shows the row of its block, though a filter hid it."""
    browser.ask("words.value = 'ucie'; words.dispatchEvent(new Event('input'))")
    browser.ask("document.querySelector('a.tile.failed').click()")

    assert browser.ask("document.querySelector('tr:target').dataset.state") == "failed"
    assert browser.ask("document.querySelector('tr:target').getBoundingClientRect().height") > 0


def test_the_table_sorts(browser: Browser) -> None:
    """A click on a heading sorts by it, another one the other way; numbers as numbers."""
    column = "rows.map((row) => row.cells[5].dataset.key).map(Number)"
    button = "table.tHead.querySelectorAll('button')[5].click()"
    before = browser.ask(column)
    browser.ask(button)
    assert browser.ask(column) == sorted(before)
    browser.ask(button)
    assert browser.ask(column) == sorted(before, reverse=True)
    assert browser.ask("[...body.rows].map((row) => row.id)[0] === rows[0].id")


def test_dark_is_dark(browser: Browser) -> None:
    """In a dark scheme page and timeline are dark with light words, in a light one the other way."""

    def brightness(element: str, what: str) -> float:
        said = browser.ask(f"getComputedStyle(document.querySelector('{element}')).{what}")
        return sum(int(part) for part in said.removeprefix("rgb(").removesuffix(")").split(",")) / 3

    found: dict[str, list[float]] = {}
    for scheme in ("light", "dark"):
        browser.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        found[scheme] = [brightness(e, w) for e in ("body", "svg") for w in ("backgroundColor", "color")]
    assert all(paper > 200 > 100 > ink for paper, ink in (found["light"][:2], found["light"][2:]))
    assert all(ink > 200 > 100 > paper for paper, ink in (found["dark"][:2], found["dark"][2:]))


def test_nothing_is_wider_than_the_window(browser: Browser) -> None:
    """On a screen as narrow as a tablet's nothing has to be scrolled sideways but what scrolls by itself."""
    for width in (1360, 800):
        browser.call("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=False)
        assert browser.ask("document.documentElement.scrollWidth") <= width


def test_the_page_of_a_service_is_shown(hours: Callable[..., Served], tmp_path: Path) -> None:
    """It loads as any page of ours; each mark is seen, apart from others, and leads to its incident; dark is dark."""
    file = tmp_path / "served.html"
    file.write_text(served_page(load_chip("atlas"), hours(ill=True)), encoding="utf-8")
    with showing(file) as browser:
        assert (complaints(browser), asked(browser)) == (set(), ["file"])
        marks = browser.ask(
            "[...document.querySelectorAll('svg.incidents a:has(text) rect')].map((mark) => {"
            " const box = mark.getBoundingClientRect(); return [box.left, box.top, box.width, box.height] })"
        )
        assert len({(left, top) for left, top, _, _ in marks}) == len(marks) == 30
        assert all(width >= 5 and height >= 10 for _, _, width, height in marks)
        browser.ask("document.querySelector('svg.incidents a[href=\"#i7\"]').dispatchEvent(new MouseEvent('click'))")
        assert browser.ask("document.querySelector('tr:target').cells[0].textContent") == "7"
        inks: dict[str, int] = {}
        for scheme in ("light", "dark"):
            browser.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
            said = browser.ask("getComputedStyle(document.querySelector('svg.incidents text')).fill")
            inks[scheme] = sum(int(part) for part in said.removeprefix("rgb(").removesuffix(")").split(",")) // 3
        assert inks["light"] < 120 < inks["dark"]
        for width in (1360, 800):
            browser.call(
                "Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=False
            )
            assert browser.ask("document.documentElement.scrollWidth") <= width
