"""`firstlight run` as a process: it keeps a chip in service, is asked meanwhile, is told to stop, leaves the chip."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from runtime.cli.exits import LOST, NOT_WELL, OK, TERMINATED, USAGE
from runtime.cli.main import main
from runtime.verdicts import HELD, RESTED

ROOT = Path(__file__).resolve().parents[2]
FIRSTLIGHT = [sys.executable, "-m", "runtime.cli.main"]
UPSET = '[[fault]]\nat = 5\nkind = "upset"\nblock = "pll[2]"\nname = "lock_lost"\n'


class Command:
    """The command at work, as far as its first line."""

    def __init__(self, *words: str) -> None:
        self.process = subprocess.Popen(
            [*FIRSTLIGHT, *words], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        assert self.process.stdout is not None
        self.first = self.process.stdout.readline()

    def end(self, number: int = signal.SIGTERM) -> tuple[int, str, str]:
        """Send a signal; return the exit status, and what else was printed."""
        self.process.send_signal(number)
        out, err = self.process.communicate(timeout=60)
        return self.process.returncode, out, err


@contextmanager
def command(*words: str) -> Generator[Command]:
    """Run a command until it is ended, and kill it if it is not."""
    made = Command(*words)
    try:
        yield made
    finally:
        if made.process.poll() is None:
            made.process.kill()
        made.process.communicate()


def data(capsys: pytest.CaptureFixture[str], *words: str, status: int = OK) -> dict[str, Any]:
    """Run a command here, and return its JSON."""
    ended = main([*words, "--json"])
    out, err = capsys.readouterr()
    found: dict[str, Any] = json.loads(out)
    assert ended == status, (found, err)
    return found


def test_it_is_told_to_stop_and_the_chip_runs_on(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """After SIGTERM all is in service, status 0, and whoever comes next finds nothing to write; so again after that."""
    url = f"unix:{tmp_path}/chip"
    with command("sim", "mini", "--listen", url, "--json") as chip:
        for time in range(2):
            with command("run", "mini", "--on", url) as kept:
                assert "13 of 13 blocks of mini" in kept.first
                assert (" 0 writes" in kept.first) is (time > 0)
                status, out, err = kept.end()
            assert (status, err) == (OK, "")
            assert "13 of 13 blocks of mini in service" in out.splitlines()[-1]
        assert data(capsys, "up", "mini", "--on", url)["writes"] == 0
        assert chip.end()[0] == OK


def test_the_json_is_whole_after_a_signal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With --json a signal leaves one JSON object on standard output and nothing else, and it says what ended it."""
    path = str(tmp_path / "s")
    words = [*FIRSTLIGHT, "run", "mini", "--socket", path, "--json"]
    with subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        up = 0
        while process.poll() is None and up < 13:  # it prints nothing while it runs
            asked = main(["ask", path, "status", "--json"])
            up = json.loads(capsys.readouterr().out)["up"] if asked == OK else 0
            capsys.readouterr()
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=60)
    found = json.loads(out)
    assert (process.returncode, err) == (OK, "")
    assert (found["stopped"], found["up"], found["unrecovered"]) == ("signal", 13, [])


def test_who_reads_may_leave() -> None:
    """A service whose reader leaves goes on to its end, and its status says how it ended."""
    line = '"$PYTHON" -m runtime.cli.main run mini --for 60 | head -n 1; exit ${PIPESTATUS[0]}'
    done = subprocess.run(
        ["bash", "-c", line],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env={**os.environ, "PYTHON": sys.executable},
    )
    assert (done.returncode, done.stderr) == (OK, "")
    assert done.stdout.count("\n") == 1


def until(holds: Callable[[], bool]) -> None:
    """Ask until something holds: a rest is asked for, and done a little later."""
    for _ in range(1000):
        if holds():
            return
    pytest.fail("asked 1000 times, and it does not hold")


def test_it_is_asked_while_it_runs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Another process asks for states, holds a block and lets it go, and reads of that in the events."""
    path = str(tmp_path / "s")
    with command("run", "mini", "--clock", "real", "--socket", path) as kept:
        assert "13 of 13" in kept.first
        assert data(capsys, "ask", path, "status")["up"] == 13
        for _ in range(2):  # held it stays held
            assert data(capsys, "ask", path, "hold", "pll[0]") == {"held": "pll[0]"}
        reasons = {block["block"]: block["reason"] for block in data(capsys, "ask", path, "status")["blocks"]}
        assert {block: reason for block, reason in reasons.items() if reason} == {"pll[0]": HELD}
        assert main(["ask", path, "release", "pll[1]"]) == USAGE
        assert "held or given up: pll[0]" in capsys.readouterr().err
        assert data(capsys, "ask", path, "release", "pll[0]") == {"released": "pll[0]"}
        events = data(capsys, "ask", path, "events")["events"]
        assert [(e["what"], e["block"]) for e in events] == [("held", "pll[0]"), ("released", "pll[0]")]
        assert main(["ask", path, "hold", "pill[0]"]) == USAGE
        assert "pll" in capsys.readouterr().err
        with command("ask", path, "status") as other:
            assert "13 of 13 blocks in service" in other.first
        assert kept.end()[0] == OK
    assert not Path(path).exists()


def test_a_block_is_put_to_rest_and_woken_while_it_runs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Another process puts a block to rest, sees it rest, and wakes it; one that rests at the end is not well."""
    path = str(tmp_path / "s")

    def resting() -> dict[str, str]:
        blocks = data(capsys, "ask", path, "status")["blocks"]
        return {block["block"]: block["reason"] for block in blocks if block["state"] == "rested"}

    with command("run", "mini", "--clock", "real", "--socket", path) as kept:
        assert data(capsys, "ask", path, "rest", "io_crg[0]") == {"resting": "io_crg[0]"}
        until(lambda: resting() == {"io_crg[0]": RESTED})
        assert main(["ask", path, "rest", "io_crg[0]"]) == USAGE
        assert "io_crg[0] rests already" in capsys.readouterr().err
        assert data(capsys, "ask", path, "wake", "io_crg[0]") == {"woken": "io_crg[0]"}
        until(lambda: data(capsys, "ask", path, "status")["up"] == 13)
        data(capsys, "ask", path, "rest", "io_crg[0]")
        until(lambda: bool(resting()))
        status, out, _ = kept.end()
        assert status == NOT_WELL
        assert f"down     io_crg[0]: {RESTED}" in out


def test_a_runtime_that_was_killed_leaves_no_lock(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """After kill -9 the next one serves at the same socket, and the chip stands as it was."""
    url, path = f"unix:{tmp_path}/chip", str(tmp_path / "s")
    with command("sim", "mini", "--listen", url, "--json"):
        with command("run", "mini", "--on", url, "--socket", path) as killed:
            assert "13 of 13" in killed.first
            killed.end(signal.SIGKILL)
        assert Path(path).exists()
        assert main(["ask", path, "status"]) == NOT_WELL
        with command("run", "mini", "--on", url, "--socket", path) as kept:
            assert " 0 writes" in kept.first
            assert data(capsys, "ask", path, "status")["up"] == 13
            assert kept.end()[0] == OK


def test_a_fault_is_one_incident_with_its_end(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A lock that is lost five seconds on is one incident at its block, recovered; page and JSON tell the same."""
    (tmp_path / "f.toml").write_text(UPSET)
    words = ("run", "mini", "--inject", str(tmp_path / "f.toml"), "--for", "60", "--report", str(tmp_path / "o.html"))
    found = data(capsys, *words)
    (incident,) = found["incidents"]
    assert (incident["root"], incident["recovered"], found["recovered"]) == ("pll[2]", True, 1)
    assert 5 <= incident["began_s"] < incident["ended_s"] < 16
    assert (found["up"], found["violations"], found["stopped"]) == (13, 0, "time")
    assert 'href="#i1"' in (tmp_path / "o.html").read_text()


def test_a_second_signal_does_not_wait(tmp_path: Path) -> None:
    """While the first is being followed, the second ends the process at once with that signal's status."""
    path = tmp_path / "s"
    with command("run", "mini", "--clock", "real", "--socket", str(path)) as kept:
        kept.process.send_signal(signal.SIGTERM)
        status, _, err = kept.end()
    assert status in (OK, TERMINATED)  # the first may have been enough
    assert ("terminated" in err) is (status == TERMINATED)
    assert not path.exists()


def test_a_chip_that_is_replaced_is_brought_up_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The process behind the link dies and another one listens there: an incident, after which all is up again."""
    url, path = f"unix:{tmp_path}/chip", str(tmp_path / "s")
    with (
        command("sim", "mini", "--listen", url, "--json") as first,
        command("run", "mini", "--on", url, "--socket", path) as kept,
    ):
        assert kept.process.stdout is not None
        first.end(signal.SIGKILL)
        assert "opened" in kept.process.stdout.readline()
        assert data(capsys, "ask", path, "status")["up"] == 0
        with command("sim", "mini", "--listen", url, "--json") as second:
            assert "link back" in kept.process.stdout.readline()
            while kept.process.poll() is None and data(capsys, "ask", path, "status")["up"] < 13:
                pass
            status, out, err = kept.end()
            assert second.end()[0] == OK
    assert (status, err) == (OK, "")
    assert "13 of 13 blocks of mini in service" in out


def test_packets_that_a_fault_costs_are_no_broken_rules(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Under traffic a lock that is lost loses packets, which are charged to its incident; all is well in the end."""
    block = "die[0].compute_pll[1]"
    (tmp_path / "f.toml").write_text(UPSET.replace("pll[2]", block))
    found = data(capsys, "run", "atlas", "--workload", "--inject", str(tmp_path / "f.toml"), "--for", "20")
    (incident,) = found["incidents"]
    assert (incident["root"], incident["injected"]) == (block, f"upset {block}: lock_lost")
    assert incident["traffic_lost"] == found["traffic_lost"] > 0
    assert (found["violations"], found["violated"], found["unrecovered"]) == (0, [], [])


def test_what_others_broke_is_not_held_against_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A rule that was broken before it came is not counted; and over a socket virtual time keeps to what was asked."""
    url = f"unix:{tmp_path}/chip"
    with command("sim", "mini", "--listen", url, "--json") as chip:
        assert main(["read", "mini", "io_crg[0].STATUS", "--on", url]) == NOT_WELL  # which has no clock yet
        capsys.readouterr()
        found = data(capsys, "run", "mini", "--on", url, "--clock", "virtual", "--for", "600")
        assert (found["up"], found["violations"], found["violated"]) == (13, 0, [])
        assert found["for_s"] == pytest.approx(600, abs=1)
        status, out, _ = chip.end()
    assert (status, json.loads(out)["broken"] > 0) == (NOT_WELL, True)


def test_a_link_that_stays_down_is_a_lost_device(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Of a chip that cannot be reached at the end no block is said to be in service, and the status is 3."""
    (tmp_path / "f.toml").write_text('[[fault]]\nat = 5\nkind = "link_down"\nfor = 1000\n')
    found = data(capsys, "run", "mini", "--inject", str(tmp_path / "f.toml"), "--for", "60", status=LOST)
    assert (found["up"], len(found["unrecovered"]), found["verdict"], found["recovered"]) == (0, 13, "failed", 0)
    assert found["lost"]
    assert main(["run", "mini", "--inject", str(tmp_path / "f.toml"), "--for", "60"]) == LOST
    out = capsys.readouterr().out
    assert out.count("device lost: ") == 1
    assert not [line for line in out.splitlines() if line.startswith("down ")]
    assert "0 of 13 blocks of mini in service" in out
