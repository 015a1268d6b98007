"""`firstlight run`: what it is told, what it says meanwhile and at the end, and how it ends."""

from __future__ import annotations

import json
import signal
import socket
from collections.abc import Callable, Mapping, Sequence
from math import inf
from pathlib import Path
from typing import Any, NoReturn

import pytest
import trio
from attrs import define, evolve, field

import runtime.cli.incidents as told
import runtime.cli.run as verb
from blocks.chip import Chip
from interrupts.figures import LineFigures
from interrupts.tally import LineCounts
from runtime.cli.exits import INTERRUPTED, LOST, NOT_WELL, OK, TERMINATED, USAGE
from runtime.cli.incidents import DOWN_MAX, VIOLATED_MAX, print_event
from runtime.cli.main import main
from runtime.cli.parser import parse
from runtime.incident import Event, Incident, Served, What
from runtime.service import SWEEP_S, SWEEP_S_MIN
from runtime.summary import State, Summary, Verdict
from transports.base import Transport
from transports.errors import DeviceLost

UP_S = 0.04
FELL = Event(60.0, What.FELL, "pll[2]", "STATUS.lock wanted 1, was 0", 1)


@define(eq=False)
class Kept:
    """What a test's service was given, does, and comes to.

    Attributes:
        does: awaited once the chip is up: what happens to it.
    """

    given: dict[str, Any] = field(factory=dict[str, Any])
    does: Callable[[Fake], Any] | None = None
    comes_to: dict[str, Any] = field(factory=dict[str, Any])
    up: dict[str, Any] = field(factory=dict[str, Any])
    never_up: bool = False


class Fake:
    """A service that brings nothing up and has happen what a test says, in the time of its clock."""

    kept: Kept

    def __init__(self, chip: Chip, transport: Transport, **given: Any) -> None:
        self.chip, self.transport = chip, transport
        self.kept.given |= given
        self.events: list[Event] = []
        self.forgotten = 0
        self.held: list[str] = []

    def status(self) -> Mapping[str, Verdict]:
        return {name: Verdict(block=name, state=State.UP) for name in self.chip.instances}

    def incidents(self) -> Sequence[Incident]:
        return ()

    def hold(self, block: str) -> None:
        self.held.append(block)

    def release(self, block: str) -> None:
        self.held.remove(block)

    def rest(self, block: str) -> None:
        self.held.append(block)

    def wake(self, block: str) -> None:
        self.held.remove(block)

    def happens(self, event: Event) -> None:
        self.events.append(event)
        self.kept.given["watch"](event)

    async def run(
        self,
        *,
        for_s: float = inf,
        stop: trio.Event,
        task_status: trio.TaskStatus[Summary] = trio.TASK_STATUS_IGNORED,
    ) -> Served:
        names = tuple(self.chip.instances)
        up = Summary(
            chip=self.chip.name, target=self.kept.given["target"], blocks=len(names), up=names, failed=(), waiting=(),
            reads=20, writes=10, elapsed_s=UP_S,
        )  # fmt: skip
        await trio.sleep(UP_S)
        if self.kept.never_up:
            await stop.wait()
            raise DeviceLost("the service was stopped before the chip was up")
        task_status.started(evolve(up, **self.kept.up))
        begin_s = trio.current_time()
        with trio.move_on_after(for_s):
            if self.kept.does is not None:
                await self.kept.does(self)
            await stop.wait()
        states = dict.fromkeys(names, "up")
        made = Served(
            up=up, for_s=trio.current_time() - begin_s, states=states, stopped="signal" if stop.is_set() else "time"
        )
        return evolve(made, **self.kept.comes_to)


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> Kept:
    made = Kept()
    monkeypatch.setattr(Fake, "kept", made, raising=False)
    monkeypatch.setattr(verb, "Service", Fake)
    return made


def incident(number: int = 1, **given: Any) -> Incident:
    made = Incident(number=number, root="pll[2]", cause="STATUS.lock wanted 1, was 0", began_s=60.0, ended_s=60.002)
    return evolve(made, **given)


@pytest.mark.parametrize(
    ("comes_to", "status"),
    [
        ({}, OK),
        ({"incidents": (incident(),)}, OK),
        ({"unrecovered": {"pll[2]": "not locked"}}, NOT_WELL),
        ({"violations": 1}, NOT_WELL),
        ({"lost": "the link is down", "stopped": "lost"}, LOST),
        ({"lost": "the link is down", "unrecovered": {"pll[2]": "not known"}}, LOST),
    ],
)
def test_the_status_says_how_it_ended(
    kept: Kept, capsys: pytest.CaptureFixture[str], comes_to: dict[str, Any], status: int
) -> None:
    """0 when all is in service, 1 when something is not or a rule was broken, 3 when the device is lost; JSON alike."""
    kept.comes_to = comes_to
    assert main(["run", "mini", "--for", "300", "--json"]) == status
    out, err = capsys.readouterr()
    found = json.loads(out)
    assert err == ""
    assert (found["chip"], found["for_s"]) == ("mini", 300.0)
    assert (len(found["unrecovered"]) > 0) is ("unrecovered" in comes_to)


def test_what_is_asked_reaches_the_service(kept: Kept) -> None:
    """Target with what only a simulator can be told, seed, sweep, and consent where disturbing is allowed."""
    words = "--workload --inject demo --seed 7 --sweep 2.5 --disturb --for 1"
    assert main(["run", "atlas", *words.split(), "--on", "sim:?die[0].refpll.lock_s=1e-4"]) == OK
    given = kept.given
    assert given["target"] == "sim:?die[0].refpll.lock_s=1e-4&workload=true&inject=demo"
    assert (given["seed"], given["sweep_s"], given["terms"].reopen) == (7, 2.5, None)
    assert given["terms"].consent is not None
    kept.given.clear()
    assert main(["run", "mini", "--for", "1"]) == OK
    assert (given["target"], given["seed"], given["sweep_s"], given["terms"].consent) == ("sim:", 0, 10.0, None)


def test_a_script_may_have_any_name(kept: Kept, tmp_path: Path) -> None:
    """The path of a script of faults reaches the simulator whatever letters it has."""
    script = tmp_path / "a & b=c%20+.toml"
    script.write_text('[[fault]]\nat = 1\nkind = "upset"\nblock = "pll[2]"\nname = "lock_lost"\n')
    assert main(["run", "mini", "--inject", str(script), "--for", "1"]) == OK
    assert kept.given["target"].startswith("sim:?inject=")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("--inject nope", "demo"),
        ("--inject", "expected one argument"),
        ("--inject nope.toml", "no such file"),
        ("--workload --on unix:/tmp/none", "--workload: found the target unix:/tmp/none; expected sim:"),
        ("--inject demo --on qemu:sifive_u", "--inject: found the target qemu:sifive_u; expected sim:"),
        ("--on recorded:run.rec", "a recording is no chip"),
        ("--on nope:", "unknown scheme"),
        ("--for 0", "found '0'; expected a number of seconds, more than 0"),
        ("--for -3", "--for"),
        ("--for inf", "expected a number of seconds"),
        ("--for nan", "expected a number of seconds"),
        ("--for soon", "found 'soon'; expected a number of seconds"),
        ("--sweep 0", "expected a number of seconds"),
        ("--sweep -1", "--sweep"),
        ("--sweep=-1", "found '-1'; expected a number of seconds, more than 0"),
        ("--sweep 1e-9", "found '1e-9'; expected 0.01 seconds or more"),
        ("--sweep 0.0099", "found '0.0099'; expected 0.01 seconds or more"),
        ("--sweep nan", "expected a number of seconds"),
        ("--sweep inf", "expected a number of seconds"),
        ("--socket ''", "names no file"),
        (f"--socket {'x' * 200}", "1 to 107 bytes"),
        ("--socket none/s", "none/s: its folder is not there"),
        ("--socket pyproject.toml/s", "pyproject.toml/s: its folder is no folder"),
        ("--socket pyproject.toml", "pyproject.toml: found a file; expected a name for a socket, or an old socket"),
        ("--socket tests", "tests: found a folder; expected a name for a socket"),
        ("--report none/here.html", "its folder is not there"),
        ("--report -", "'-' is no file"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_done(
    kept: Kept, capsys: pytest.CaptureFixture[str], words: str, said: str
) -> None:
    """Bad input is one line that names what was found and what there is, with its own status; nothing was begun."""
    split = ["" if word == "''" else word for word in words.split()]
    assert main(["run", "atlas", *split]) == USAGE
    out, err = capsys.readouterr()
    assert said in err
    assert (out, kept.given) == ("", {})


async def an_hour(service: Fake) -> None:
    """Have one incident, and somebody who holds a block again and again."""
    await trio.sleep(60 - UP_S)
    service.happens(evolve(FELL, what=What.OPENED))
    service.happens(FELL)
    for number in range(8):
        service.happens(evolve(FELL, block=f"crg[{number}]", detail="needs pll[2]"))
    service.happens(Event(60.0, What.DECIDED, "pll[2]", "climb at once", 1))
    await trio.sleep(0.002)
    for number in range(8):
        service.happens(Event(60.002, What.ROSE, f"crg[{number}]", incident=1))
    service.happens(Event(60.002, What.CLOSED, "pll[2]", "9 in service again after 2 ms", 1))
    for number in range(5):
        service.happens(Event(70.0 + number, What.STORM, "pll[3]", "its interrupt is masked"))


def test_people_read_what_happens_and_what_came_of_it(kept: Kept, capsys: pytest.CaptureFixture[str]) -> None:
    """The bring-up, each event as a line with its time first and noisy ones folded, a table of incidents, totals."""
    kept.does = an_hour
    troubles = (
        incident(
            injected="upset pll[2]: lock_lost",
            injected_s=59.9,
            found_by="interrupt",
            touched=("pll[2]",),
            lost=3,
            corrupt=2,
        ),
        incident(2, root="", cause="the link is down", ended_s=None),
    )
    kept.comes_to = {
        "incidents": troubles,
        "traffic": {"sent": 10, "lost": 3, "outages": 1},
        "reads": 5,
        "interrupts": {"hints": 3, "spurious": 1},
        "lines": (LineFigures(block="pll[2]", controller="hub", source=4, counts=LineCounts(hints=2)),),
    }
    assert main(["run", "mini", "--for", "3600"]) == OK
    out = capsys.readouterr().out.splitlines()
    assert out == [
        "     0.040 s  up         13 of 13 blocks of mini: 20 reads, 10 writes",
        "    60.000 s  opened     pll[2]: STATUS.lock wanted 1, was 0 (incident 1)",
        "    60.000 s  fell       crg[0]: needs pll[2] (incident 1)",
        "    60.000 s  fell       crg[1]: needs pll[2] (incident 1)",
        "    60.000 s  fell       crg[2]: needs pll[2] (incident 1)",
        "    60.000 s  decided    pll[2]: climb at once (incident 1)",
        "    60.002 s  closed     pll[2]: 9 in service again after 2 ms; 5 more fell (incident 1)",
        "    70.000 s  storm      pll[3]: its interrupt is masked",
        "    71.000 s  storm      pll[3]: its interrupt is masked (2 times by now)",
        "    73.000 s  storm      pll[3]: its interrupt is masked (4 times by now)",
        "incident  what                     where     found by   detected after  recovered after  touched   lost  "
        "corrupt",
        "1         upset pll[2]: lock_lost  pll[2]    interrupt  100 ms          102 ms           1 block   3     2",
        "2         the link is down         the chip  -          -               -                0 blocks  0     0",
        "interrupts of  line   asked  lost  storms  masked  woken 50%  woken 99%  looked 50%  looked 99%",
        "pll[2]         hub 4  2      0     0       no      -          -          -           -",
        "traffic  packets: 10 sent, 3 lost in 1 outage",
        "heard    2 interrupts of 1 line, 1 spurious",
        "verdict  up",
        *out[-1:],
    ]
    assert out[-1].startswith("13 of 13 blocks of mini in service on sim: after 3600 s; 2 incidents, 1 recovered; ")
    assert "2 incidents, 1 recovered; 5 reads, 0 writes in 0 batches" in out[-1]


def test_an_event_is_one_line(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """However much there is to say, on a terminal an event is one line of it, and keeps its incident's number."""
    monkeypatch.setattr(told, "width", lambda: 100)
    print_event(evolve(FELL, detail="a field of many: " * 50))
    print_event(evolve(FELL, detail="x" * 500))
    for line in capsys.readouterr().out.splitlines():
        assert len(line) <= 100
        assert line.startswith("    60.000 s  fell       ")
        assert line.endswith(" ... (incident 1)")


def test_a_file_has_all_that_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    """Where there is no terminal an event is one line still, and nothing of it is left out."""
    detail = "a field of many: " * 50 + "its end"
    print_event(evolve(FELL, detail=detail))
    print_event(evolve(FELL, detail="of two\nlines"))
    assert capsys.readouterr().out.splitlines() == [
        f"    60.000 s  fell       pll[2]: {detail} (incident 1)",
        "    60.000 s  fell       pll[2]: of two lines (incident 1)",
    ]


def test_what_is_not_well_is_named(kept: Kept, capsys: pytest.CaptureFixture[str]) -> None:
    """Broken rules and a lost device have a line each, and count in the verdict; blocks of a lost device have none."""
    kept.comes_to = {
        "unrecovered": {"pll[2]": "STATUS.lock wanted 1, was 0"},
        "violations": 2,
        "violated": ("pll[2] was enabled in reset",),
        "lost": "the link is down",
        "verdict": "failed",
    }
    assert main(["run", "mini", "--for", "1"]) == LOST
    out = capsys.readouterr().out.splitlines()
    assert out[1:-1] == [
        "violated pll[2] was enabled in reset",
        "violated 1 more; the chip had told too many by then to tell which",
        "device lost: the link is down",
        "verdict  failed: 1 not in service, 2 violations",
    ]


def test_of_many_that_are_not_well_a_few_are_named(kept: Kept, capsys: pytest.CaptureFixture[str]) -> None:
    """When all blocks are down and a hundred rules broken, the first are named and the others counted."""
    down = {f"channel[{number}]": "needs pll" for number in range(324)}
    kept.comes_to = {"unrecovered": down, "violations": 100, "violated": tuple(f"rule {n}" for n in range(60))}
    assert main(["run", "mini", "--for", "1"]) == NOT_WELL
    out = capsys.readouterr().out.splitlines()
    assert [line for line in out if line.startswith("down")][-2:] == [
        f"down     channel[{DOWN_MAX - 1}]: needs pll",
        f"down     {324 - DOWN_MAX} more blocks; --json has them",
    ]
    assert [line for line in out if line.startswith("violated")][-2:] == [
        f"violated {60 - VIOLATED_MAX} more; --json has them",
        "violated 40 more; the chip had told too many by then to tell which",
    ]


ENDINGS = [(signal.SIGTERM, TERMINATED), (signal.SIGINT, INTERRUPTED)]


@pytest.mark.parametrize(("number", "status"), ENDINGS)
def test_a_signal_ends_it_in_good_order(
    kept: Kept, capsys: pytest.CaptureFixture[str], number: signal.Signals, status: int
) -> None:
    """The first signal stops the service, which says how it stands; the status is that of what it says."""

    async def struck(service: Fake) -> None:
        service.happens(FELL)
        signal.raise_signal(number)

    kept.does = struck
    assert main(["run", "mini", "--for", "3600", "--json"]) == OK != status
    assert json.loads(capsys.readouterr().out)["stopped"] == "signal"


@pytest.mark.parametrize(("number", "status"), ENDINGS)
@pytest.mark.parametrize("echo_s", [0.0, 1e3])
def test_a_second_signal_ends_it_at_once(
    kept: Kept, monkeypatch: pytest.MonkeyPatch, number: signal.Signals, status: int, echo_s: float
) -> None:
    """While it comes to its end, a second signal ends it as it does any verb; the same one at once came by two ways."""
    monkeypatch.setattr(verb, "ECHO_S", echo_s)
    same = bool(echo_s) and number is signal.SIGTERM

    async def struck(_service: Fake) -> None:
        for one in (signal.SIGTERM, number):
            signal.raise_signal(one)
            for _ in range(20):
                await trio.lowlevel.checkpoint()
        if not same:
            await trio.sleep_forever()

    kept.does = struck
    assert main(["run", "mini", "--for", "3600"]) == (OK if same else status)


@pytest.mark.parametrize(("number", "status"), ENDINGS)
def test_a_signal_before_the_chip_is_up(
    kept: Kept, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], number: int, status: int
) -> None:
    """A service that is stopped before there was anything to keep ends as any verb: with the signal's status."""
    kept.never_up = True
    sleep = trio.sleep

    async def struck(seconds: float) -> None:
        await sleep(seconds)
        signal.raise_signal(number)

    monkeypatch.setattr(trio, "sleep", struck)
    assert main(["run", "mini", "--for", "3600"]) == status
    assert "device lost" not in capsys.readouterr().err


def test_a_device_that_is_lost_before_it_is_up(
    kept: Kept, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without any signal that is a lost device."""

    class Gone(Fake):
        async def run(self, **_given: Any) -> NoReturn:
            await trio.sleep(UP_S)
            raise DeviceLost("no answer")

    monkeypatch.setattr(verb, "Service", Gone)
    assert main(["run", "mini", "--for", "1"]) == LOST
    assert kept.given
    assert "device lost: no answer" in capsys.readouterr().err


def test_no_end_means_real_time(
    kept: Kept, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without --for a simulated chip lives in real time, for jumping time has no end to jump to, and is refused."""
    clocks: list[str | None] = []

    def on_target(arguments: Any, _chip: Chip, _body: object, *, lasting: bool) -> Served:
        assert lasting, "the collector is held back for as long as it serves"
        clocks.append(arguments.clock)
        raise DeviceLost("enough")

    monkeypatch.setattr(verb, "on_target", on_target)
    for words in ([], ["--for", "3"], ["--clock", "virtual", "--for", "3"], ["--clock", "real", "--for", "3"]):
        assert main(["run", "mini", *words]) == LOST
    assert clocks == ["real", None, "virtual", "real"]
    assert main(["run", "mini", "--clock", "virtual"]) == USAGE
    assert "--clock virtual: found no end; expected --for SECONDS" in capsys.readouterr().err
    assert len(clocks) == 4


def test_a_chip_that_is_not_reached_is_lost(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Where nobody serves the chip, every verb on it ends with the status of a lost device, and says why."""
    for words in (("run", "mini", "--for", "1"), ("up", "mini"), ("status", "mini")):
        assert main([*words, "--on", f"unix:{tmp_path}/none"]) == LOST
        assert "device lost: no server at" in capsys.readouterr().err


def test_a_report_is_written(kept: Kept, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The page has the incidents; where it cannot be written any more, that is said and the status is not 0."""
    kept.comes_to = {"incidents": (incident(cause="a loose wire"),)}
    report = tmp_path / "out.html"
    assert main(["run", "mini", "--for", "300", "--report", str(report)]) == OK
    assert "a loose wire" in report.read_text()

    async def full(_service: Fake) -> None:
        report.unlink()
        report.mkdir()

    kept.does = full
    assert main(["run", "mini", "--for", "300", "--report", str(report)]) == NOT_WELL
    assert "directory" in capsys.readouterr().err


def test_the_socket_answers_while_it_runs(kept: Kept, tmp_path: Path) -> None:
    """At --socket the service is asked and told, as long as it runs."""
    path = str(tmp_path / "s")
    answers: list[Any] = []
    held: list[str] = []

    async def asks(service: Fake) -> None:
        service.happens(FELL)
        async with await trio.open_unix_socket(path) as stream:
            for question in ('{"ask": "events"}', '{"ask": "hold", "block": "pll[2]"}'):
                await stream.send_all(f"{question}\n".encode())
                answers.append(json.loads(await stream.receive_some(1 << 16)))
        held.extend(service.held)
        signal.raise_signal(signal.SIGTERM)

    kept.does = asks
    assert main(["run", "mini", "--clock", "real", "--socket", path]) == OK
    assert answers[0]["events"] == [FELL.to_data()]
    assert answers[1] == {"held": "pll[2]"}
    assert held == ["pll[2]"]
    assert not (tmp_path / "s").exists()


def test_a_socket_that_is_served_is_left_alone(kept: Kept, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Where another runtime listens, nothing is done; that is no bad input, for later it may be free."""

    async def never(_service: Fake) -> None:
        pytest.fail("the service was begun")

    kept.does = never
    path = tmp_path / "s"
    with socket.socket(socket.AF_UNIX) as other:
        other.bind(str(path))
        other.listen()
        assert main(["run", "mini", "--for", "1", "--socket", str(path)]) == NOT_WELL
        assert path.exists()
    assert "a server listens there already" in capsys.readouterr().err


def test_the_usual_sweep_is_the_services() -> None:
    """Without --sweep a chip is swept as often as a service does by itself, and no oftener than that may be."""
    assert parse(["run", "mini"], "0").sweep == SWEEP_S
    assert parse(["run", "mini", "--sweep", str(SWEEP_S_MIN)], "0").sweep == SWEEP_S_MIN
