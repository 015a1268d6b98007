"""`firstlight ask`: what a runtime answers, for people and as JSON; and what does not answer."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
import trio
from attrs import define, field

import runtime.cli.ask as verb
from interrupts.dispatch import Counts
from interrupts.figures import LineFigures
from interrupts.tally import LineCounts
from runtime.cli.exits import NOT_WELL, OK, USAGE
from runtime.cli.main import main
from runtime.desk import CLIENTS_MAX, PAGE_MAX, Desk
from runtime.heard import Heard
from runtime.incident import Event, Incident, What
from runtime.summary import State, Verdict
from transports.wire.address import UnixAddress


@define(eq=False)
class Watched:
    """A service of two blocks, of which one fell."""

    events: list[Event] = field(factory=list[Event])
    forgotten: int = 0
    held: list[str] = field(factory=list[str])
    rested: list[str] = field(factory=list[str])
    heard: Heard = field(factory=Heard)

    def status(self) -> Mapping[str, Verdict]:
        return {
            "pll": Verdict(block="pll", state=State.UP),
            "link": Verdict(block="link", state=State.DOWN, rung="trained", reason="trained does not hold"),
        }

    def incidents(self, after: int = 0, most: int | None = None, lines: int | None = None) -> tuple[Incident, ...]:
        assert lines is not None
        return (
            Incident(number=1, root="pll", cause="lock lost", began_s=1.0, ended_s=1.002, touched=("pll",), lost=3),
            Incident(number=2, root="link", cause="down", began_s=5.0, fell=("link",), found_by="sweep"),
        )[after:most]

    def under_way(self) -> tuple[int, ...]:
        return (2,)

    def hold(self, block: str) -> None:
        if block not in self.status():
            raise ValueError(f"no block {block!r}; there are pll and link")
        self.held.append(block)

    def release(self, block: str) -> None:
        self.held.remove(block)

    def rest(self, block: str) -> None:
        self.rested.append(block)

    def wake(self, block: str) -> None:
        self.rested.remove(block)


@define(eq=False)
class Chatter:
    """Interrupts that came."""

    counts: Counts
    lines: tuple[LineFigures, ...]

    def figures(self) -> tuple[LineFigures, ...]:
        return self.lines


@define(eq=False)
class Served:
    """A desk in a thread of its own, as that of another process would be."""

    path: str
    service: Watched
    desk: Desk
    ending: trio.Event
    token: trio.lowlevel.TrioToken
    thread: threading.Thread

    def do(self, act: Callable[[], object]) -> None:
        trio.from_thread.run_sync(act, trio_token=self.token)

    def happens(self, event: Event) -> None:
        def add() -> None:
            self.service.events.append(event)
            self.desk.note(event)

        self.do(add)

    def end(self) -> None:
        with suppress(trio.RunFinishedError):
            self.do(self.ending.set)
        self.thread.join()


@contextmanager
def served(path: Path, service: Watched | None = None) -> Generator[Served]:
    """Serve until the end of the context."""
    watched = service or Watched()
    ready = threading.Event()
    made: dict[str, Any] = {}

    async def serve() -> None:
        made["desk"], made["ending"] = Desk(watched), trio.Event()
        made["token"] = trio.lowlevel.current_trio_token()
        async with made["desk"].open_at(UnixAddress(str(path))):
            ready.set()
            await made["ending"].wait()

    thread = threading.Thread(target=trio.run, args=(serve,))
    thread.start()
    assert ready.wait(30)
    there = Served(str(path), watched, thread=thread, **made)
    try:
        yield there
    finally:
        there.end()


def test_status_names_what_is_not_well(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """For people a row for each block that is not in service, and counts; as JSON every block."""
    with served(tmp_path / "s") as there:
        assert main(["ask", there.path, "status"]) == OK
        assert capsys.readouterr().out.splitlines() == [
            "block  state  why",
            "link   down   trained does not hold",
            "1 of 2 blocks in service; not over: incident 2; 0 events",
        ]
        assert main(["ask", there.path, "status", "--json"]) == OK
    found = json.loads(capsys.readouterr().out)
    assert [block["block"] for block in found["blocks"]] == ["pll", "link"]


def test_incidents_are_a_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A row for each incident, what is not known or not over yet as a dash; as JSON all that is known."""
    with served(tmp_path / "s") as there:
        assert main(["ask", there.path, "incidents"]) == OK
        lines = [line.split() for line in capsys.readouterr().out.splitlines()]
        assert lines[1] == ["1", "lock", "lost", "pll", "-", "-", "2", "ms", "1", "block", "3", "0"]
        assert lines[2] == ["2", "down", "link", "sweep", "-", "-", "0", "blocks", "0", "0"]
        assert lines[3] == ["2", "incidents"]
        assert main(["ask", there.path, "incidents", "--json"]) == OK
    found = json.loads(capsys.readouterr().out)
    assert found["incidents"] == [incident.to_data() for incident in Watched().incidents(lines=0)]


def test_interrupts_are_a_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A row for each line that asked, what nobody waits for first, and what all come to; as JSON all that is known."""
    service, counts = Watched(), LineCounts(hints=3, lost=1)
    counts.woken.add(0.0)
    counts.looked.add(3e-6)
    lines = (
        LineFigures(block="pll", controller="hub", source=4, counts=counts),
        LineFigures(block="", controller="hub", source=9, masked=True, counts=LineCounts(hints=1)),
        LineFigures(block="link", controller="hub", source=5),
    )
    service.heard.begin(Chatter(Counts(spurious=7, unhandled=1, swept=1), lines))
    with served(tmp_path / "s", service) as there:
        assert main(["ask", there.path, "interrupts"]) == OK
        assert capsys.readouterr().out.splitlines() == [
            "interrupts of  line   asked  lost  storms  masked  woken 50%  woken 99%  looked 50%  looked 99%",
            "nobody         hub 9  1      0     0       yes     -          -          -           -",
            "pll            hub 4  3      1     0       no      at once    at once    4.1 us      4.1 us",
            "4 interrupts of 2 lines, 7 spurious, 1 unhandled, 1 lost and found by a sweep",
        ]
        assert main(["ask", there.path, "interrupts", "--json"]) == OK
    found = json.loads(capsys.readouterr().out)
    assert [line["block"] for line in found["lines"]] == ["pll", ""]
    assert found["numbers"] == service.heard.numbers


def test_events_are_told_to_the_last(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """However many pages they take: a line each, and how many came before those that are kept."""
    events = [Event(float(n), What.FELL, "link", "down", 2) for n in range(PAGE_MAX + 5)]
    with served(tmp_path / "s", Watched(events, forgotten=7)) as there:
        assert main(["ask", there.path, "events"]) == OK
        first, *_, last = capsys.readouterr().out.splitlines()
        assert first == "     0.000 s  fell       link: down (incident 2)"
        assert last == f"{PAGE_MAX + 5} events; 7 before these are forgotten"
        assert main(["ask", there.path, "events", "--json"]) == OK
    found = json.loads(capsys.readouterr().out)
    assert len(found.pop("events")) == PAGE_MAX + 5
    assert found == {"first": 8, "last": PAGE_MAX + 12, "forgotten": 7, "more": False}


@pytest.mark.parametrize("as_json", [False, True])
def test_a_follower_hears_until_the_runtime_ends(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *, as_json: bool
) -> None:
    """Each event is a line as it comes, and the end of the runtime is the end of the command, with status 0."""
    first = Event(1.0, What.FELL, "pll", "STATUS.lock wanted 1, was 0")
    with served(tmp_path / "s", Watched([first])) as there:
        told: list[Event] = []

        def left() -> bool:  # asked after each event
            told.append(there.service.events[-1])
            there.happens(Event(2.0, What.ROSE, "pll")) if len(told) == 1 else there.do(there.ending.set)
            return False

        monkeypatch.setattr(verb, "reader_left", left)
        monkeypatch.setattr(Desk, "_last", 0)  # the first came after he asked
        assert main(["ask", there.path, "follow", *(["--json"] if as_json else [])]) == OK
    lines = capsys.readouterr().out.splitlines()
    if as_json:
        assert [json.loads(line)["number"] for line in lines] == [1, 2]
        assert json.loads(lines[0])["event"] == first.to_data()
    else:
        assert lines == [
            "     1.000 s  fell       pll: STATUS.lock wanted 1, was 0",
            "     2.000 s  rose       pll",
        ]


def test_a_follower_whose_reader_left_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Once nobody reads what it prints, the next event ends it."""
    with served(tmp_path / "s", Watched([Event(1.0, What.ROSE, "pll")])) as there:
        monkeypatch.setattr(verb, "reader_left", lambda: True)
        monkeypatch.setattr(Desk, "_last", 0)
        assert main(["ask", there.path, "follow"]) == OK
        assert there.thread.is_alive()


def test_who_changes_something_names_a_block(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each says what it did; of a block that there is not, what there is, with the status of bad input."""
    with served(tmp_path / "s") as there:
        assert main(["ask", there.path, "hold", "pll"]) == OK
        assert there.service.held == ["pll"]
        assert main(["ask", there.path, "release", "pll", "--json"]) == OK
        assert there.service.held == []
        out = capsys.readouterr().out
        assert out.startswith("pll is held")
        assert json.loads(out.splitlines()[-1]) == {"released": "pll"}
        assert main(["ask", there.path, "rest", "pll"]) == OK
        assert there.service.rested == ["pll"]
        assert main(["ask", there.path, "wake", "pll"]) == OK
        assert there.service.rested == []
        out = capsys.readouterr().out
        assert "pll is put to rest, after all that stands on it" in out
        assert "pll is woken" in out
        assert main(["ask", there.path, "hold", "pill"]) == USAGE
    assert "no block 'pill'; there are pll and link" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "said"),
    [("hold", "expected one"), ("rest", "expected one"), ("status pll", "expected none"), ("reboot", "invalid choice")],
)
def test_what_cannot_be_asked(tmp_path: Path, capsys: pytest.CaptureFixture[str], words: str, said: str) -> None:
    """A block where none is expected, none where one is, or a question that there is not: nobody is asked."""
    assert main(["ask", str(tmp_path / "s"), *words.split()]) == USAGE
    assert said in capsys.readouterr().err


def test_where_no_runtime_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """No file, no socket and a name too long are bad input; a socket whose runtime has ended is not there now.

    Of what is no socket it is said what was found and what was expected.
    """
    (tmp_path / "file").touch()
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(tmp_path / "dead"))
    (tmp_path / "folder").mkdir()
    expected = "expected the --socket of a `firstlight run`"
    for name, status, said in (
        ("none", USAGE, f"none: No such file or directory; {expected}"),
        ("file", USAGE, f"file: found a file; {expected}"),
        ("folder", USAGE, f"folder: found a folder; {expected}"),
        ("x" * 200, USAGE, expected),
        ("dead", NOT_WELL, "no runtime listens at"),
    ):
        assert main(["ask", str(tmp_path / name), "status"]) == status, name
        err = " ".join(capsys.readouterr().err.split())
        assert name in err
        assert said in err


def test_too_many_ask(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A runtime that has as many clients as it may is not there now, and the command says how many those are."""
    with served(tmp_path / "s") as there:
        others = [socket.socket(socket.AF_UNIX) for _ in range(CLIENTS_MAX)]
        for other in others:
            other.connect(there.path)
        status = main(["ask", there.path, "status"])
        for other in others:
            other.close()
    assert status == NOT_WELL
    assert f"expected fewer than {CLIENTS_MAX}" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("answer", "status"), [(b"", NOT_WELL), (b"220 smtp ready\n", USAGE), (b"[]\n", USAGE), (b'{"error', USAGE)]
)
def test_what_is_no_runtime(tmp_path: Path, capsys: pytest.CaptureFixture[str], answer: bytes, status: int) -> None:
    """Whatever else listens there is told from a runtime, in one line."""
    with socket.socket(socket.AF_UNIX) as door:
        door.bind(str(tmp_path / "s"))
        door.listen()

        def serve() -> None:
            client, _ = door.accept()
            with client:
                client.recv(4096)
                client.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        assert main(["ask", str(tmp_path / "s"), "status"]) == status
        thread.join()
    assert capsys.readouterr().err.count("\n") == 1


def test_a_runtime_that_says_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody waits for an answer without bound."""
    monkeypatch.setattr(verb, "ANSWER_S", 0.01)
    with socket.socket(socket.AF_UNIX) as door:
        door.bind(str(tmp_path / "s"))
        door.listen()
        assert main(["ask", str(tmp_path / "s"), "status"]) == NOT_WELL
    assert "no answer for 10 ms" in capsys.readouterr().err
