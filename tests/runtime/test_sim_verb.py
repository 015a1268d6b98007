"""`firstlight sim`: a chip as a process of its own, for controllers that come, go, and are killed."""

from __future__ import annotations

import json
import math
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import trio

import runtime.cli.up as verb
from blocks.chip import load_chip
from blocks.sim import SimChip, SimTransport
from runtime.bringup import bring_up
from runtime.cli.exits import LOST
from runtime.cli.main import main
from runtime.clock import RealClock, VirtualClock
from runtime.determinism import run
from runtime.summary import Summary
from transports.batch import Delay, Operation, Read, Results, Write, batch
from transports.errors import Denied
from transports.open import open_transport
from transports.remote import connect_to
from transports.serve import Server, listen
from transports.wire.address import UnixAddress

ROOT = Path(__file__).resolve().parents[2]
FIRSTLIGHT = [sys.executable, "-m", "runtime.cli.main"]
MOMENTS = 6  # kills in the middle of a bring-up; each is a process that starts
SEED = 0x51D
CTRL, STATUS, POWERED = 0x04, 0x14, 0x12  # of refpll, which stands at 0: pll.rdl; bypass, charge pump as after reset


class Sim:
    """The command at work."""

    def __init__(self, *words: str) -> None:
        self.process = subprocess.Popen(
            [*FIRSTLIGHT, "sim", *words], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        assert self.process.stdout is not None
        self.first = self.process.stdout.readline()

    def end(self, number: int = signal.SIGTERM) -> tuple[int, str, str]:
        """Send a signal; return the exit status, and what else was printed."""
        self.process.send_signal(number)
        out, err = self.process.communicate(timeout=30)
        return self.process.returncode, out, err


@contextmanager
def sim(*words: str) -> Generator[Sim]:
    """Run `firstlight sim` until it is ended, and kill it if it is not."""
    made = Sim(*words)
    try:
        yield made
    finally:
        if made.process.poll() is None:
            made.process.kill()
        made.process.communicate()


def up(url: str, capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    """Bring mini up there, and return what the command says."""
    status = main(["up", "mini", "--on", url, "--json", *words])
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert status == 0, found
    return found


@pytest.mark.parametrize("clock", ["real", "virtual"])
def test_a_chip_outlives_its_controllers(tmp_path: Path, capsys: pytest.CaptureFixture[str], clock: str) -> None:
    """The first `up` brings all blocks up, the second writes nothing; at the end the verb says what it saw."""
    url = f"unix:{tmp_path}/s"
    with sim("mini", "--listen", url, "--clock", clock, "--seed", "3", "--json") as served:
        said = json.loads(served.first)
        assert said == {"listening": url, "chip": "mini", "blocks": 13, "pid": served.process.pid}
        first, second = up(url, capsys), up(url, capsys)
        assert (first["up"], second["up"]) == (13, 13)
        assert first["writes"] > 0
        assert second["writes"] == 0
        status, out, err = served.end()
    seen = json.loads(out)
    assert (status, err) == (0, "")
    assert not (tmp_path / "s").exists()
    assert (seen["chip"], seen["listen"], seen["controllers"], seen["seed"]) == ("mini", url, 2, 3)
    assert (seen["violations"], seen["traffic"]) == ([], {})
    assert seen["writes"] == first["writes"]
    assert seen["reads"] == first["reads"] + second["reads"]
    assert seen["elapsed_s"] > 0


def test_a_controller_whose_own_clock_jumps_is_served(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Under a virtual clock a controller waits for what it asked for, also when no batch is out: it is not silence."""
    url = f"unix:{tmp_path}/s"
    with sim("mini", "--listen", url, "--json"):
        found = up(url, capsys, "--clock", "virtual")
    assert (found["up"], found["lost"]) == (13, None)


@pytest.mark.parametrize("clock", ["real", "virtual"])
def test_a_chip_that_falls_silent_before_its_first_judgement_is_lost(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, clock: str
) -> None:
    """A chip that is stopped once a controller is connected: the command ends by itself, and says device lost."""
    assert connect_to.__kwdefaults__ is not None
    monkeypatch.setitem(connect_to.__kwdefaults__, "answer_s", 0.2)
    url = f"unix:{tmp_path}/s"
    with sim("mini", "--listen", url, "--json") as served:

        async def stopped(*given: Any, **named: Any) -> Summary:
            served.process.send_signal(signal.SIGSTOP)
            with trio.fail_after(60):
                return await bring_up(*given, **named)

        monkeypatch.setattr(verb, "bring_up", stopped)
        assert main(["up", "mini", "--on", url, "--clock", clock, "--json"]) == LOST
    err = capsys.readouterr().err
    assert "device lost" in err
    assert "has answered nothing for 0.2 s" in err


def test_a_controller_that_is_killed_is_followed_by_the_next(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """kill -9 at seeded moments of a bring-up, then `up`: all up, no rule broken, and the device was free at once."""
    url = f"unix:{tmp_path}/s"
    choose = random.Random(SEED)
    for moment in range(MOMENTS):
        with sim("mini", "--listen", url, "--json") as served:
            words = [*FIRSTLIGHT, "up", "mini", "--on", url]
            with subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as controller:
                assert controller.stdout is not None
                controller.stdout.readline()  # its first block moved
                time.sleep(choose.uniform(0, 0.2))  # a real process is killed at a real moment
                controller.kill()
            assert up(url, capsys)["up"] == 13, f"seed {SEED}, moment {moment}"
            status, out, _ = served.end()
            assert (status, json.loads(out)["violations"]) == (0, []), f"seed {SEED}, moment {moment}"


def test_a_chip_that_is_killed_is_told_as_lost(tmp_path: Path) -> None:
    """kill -9 of the chip's process at seeded moments of `up`: exit status 3, a line that says so, no traceback."""
    url = f"unix:{tmp_path}/s"
    choose = random.Random(SEED)
    lost = 0
    for moment in range(MOMENTS):
        with sim("mini", "--listen", url, "--json") as served:
            words = [*FIRSTLIGHT, "up", "mini", "--on", url]
            pipe = subprocess.PIPE
            with subprocess.Popen(words, cwd=ROOT, stdout=pipe, stderr=pipe, text=True) as controller:
                assert controller.stdout is not None
                controller.stdout.readline()  # its first block moved
                time.sleep(choose.uniform(0, 0.02))  # a real process is killed at a real moment
                served.process.kill()
                out, err = controller.communicate(timeout=30)
        if controller.returncode != 0:
            lost += 1
            assert controller.returncode == 3, f"seed {SEED}, moment {moment}: {out}{err}"
            assert f"device lost: {url}: the " in out + err
            assert "Traceback" not in out + err
    assert lost >= MOMENTS / 2, f"only {lost} kills came in time: they prove nothing"


@pytest.mark.parametrize(
    "words",
    [["up", "atlas"], ["status", "atlas"], ["read", "sifive_u", "plic.PRIORITY[4]"], ["show", "atlas", "die[0].hub"]],
)
def test_another_chip_is_refused_before_anything_is_touched(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    """What is there is named beside what was expected, it is bad input, and not one access is made."""
    url = f"unix:{tmp_path}/s"
    with sim("mini", "--listen", url, "--json") as served:
        assert main([*words, "--on", url]) == 2
        said = capsys.readouterr().err
        assert f"target {url!r} is mini, 13 blocks; expected {words[1]}, " in said
        status, out, _ = served.end()
    seen = json.loads(out.splitlines()[-1])
    assert (status, seen["reads"], seen["writes"]) == (0, 0, 0)


def test_people_read_it_too(tmp_path: Path) -> None:
    """Without --json: a line when it listens, a line at the end; SIGINT ends it in good order as well."""
    with sim("mini", "--listen", f"unix:{tmp_path}/s") as served:
        assert served.first == f"mini, 13 blocks, listens at unix:{tmp_path}/s (seed 0)\n"
        status, out, err = served.end(signal.SIGINT)
    assert (status, err) == (0, "")
    assert out.startswith("mini saw 0 controllers in ")
    assert out.endswith("0 reads, 0 writes in 0 batches, 0 broken rules; seed 0\n")


def test_broken_rules_are_told_and_are_the_exit_status(tmp_path: Path) -> None:
    """A controller that breaks a rule of the hardware is found out by the chip, not by the controller."""

    async def misuse(url: str) -> None:
        transport = await open_transport(url)
        await transport.execute(batch(Read(0x0FFF_FFF0)))
        await transport.aclose()

    with sim("mini", "--listen", "tcp:127.0.0.1:0", "--json") as served:
        url: str = json.loads(served.first)["listening"]
        assert not url.endswith(":0")
        trio.run(misuse, url)
        status, out, _ = served.end()
    assert status == 1
    (violation,) = json.loads(out)["violations"]
    assert "read where nothing stands" in violation


def test_a_socket_that_is_served_is_refused_and_a_stale_one_replaced(tmp_path: Path) -> None:
    """A second chip at the same place is refused, and the first goes on; after kill -9 the place is free."""
    words = ("mini", "--listen", f"unix:{tmp_path}/s")
    with sim(*words) as first:
        with sim(*words) as second:
            assert second.first == ""
            _, err = second.process.communicate()
            assert second.process.returncode == 1
            assert "a server listens there already" in err
        first.end(signal.SIGKILL)
        assert (tmp_path / "s").exists()
    with sim(*words) as third:
        assert "listens at" in third.first
        assert third.end()[0] == 0


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["mini", "--listen", "pipe:/x"], "expected unix:PATH or tcp:HOST:PORT"),
        (["mini", "--listen", "tcp:here"], "expected tcp:HOST:PORT"),
        (["mini"], "--listen"),
        (["nochip", "--listen", "unix:/s"], "nochip"),
    ],
)
def test_bad_input_is_said_in_a_line(capsys: pytest.CaptureFixture[str], words: list[str], reason: str) -> None:
    """An address or a chip that cannot be is exit status 2, and nothing is served."""
    assert main(["sim", *words]) == 2
    assert reason in capsys.readouterr().err


@contextmanager
def started(*, background: bool) -> Generator[None]:
    """Start processes as a shell starts its jobs: those in the background ignore SIGINT, and no others."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN if background else signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def test_a_job_in_the_background_ignores_interrupts(tmp_path: Path) -> None:
    """Where SIGINT is ignored it does not end the verb; SIGTERM does."""
    with started(background=True), sim("mini", "--listen", f"unix:{tmp_path}/s") as served:
        os.kill(served.process.pid, signal.SIGINT)
        with pytest.raises(subprocess.TimeoutExpired):
            served.process.wait(0.2)
        assert served.end()[0] == 0


@pytest.mark.parametrize("background", [False, True])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_more_signals_change_nothing(tmp_path: Path, number: signal.Signals, background: bool) -> None:
    """Signals without pause, from the first until the process is gone: it says what it saw, and its status stands."""
    with (
        started(background=background),
        sim("mini", "--listen", f"unix:{tmp_path}/s") as served,
    ):
        if background:
            served.process.terminate()
        while served.process.poll() is None:
            served.process.send_signal(number)
        out, err = served.process.communicate()
    assert (served.process.returncode, err) == (0, "")
    assert out.startswith("mini saw 0 controllers in ")


def test_what_was_injected_is_told_at_the_end(tmp_path: Path) -> None:
    """`--inject` lets the chip have faults; those that began are told, with time, kind and place."""
    path = tmp_path / "f.toml"
    path.write_text(
        '[[fault]]\nat = 0\nkind = "error"\nblock = "refpll"\ncount = 9\n[[fault]]\nat = 1e6\nkind = "chip_reset"\n'
    )
    with sim("mini", "--listen", f"unix:{tmp_path}/s", "--inject", str(path)) as served:
        status, out, err = served.end()
    assert (status, err) == (0, "")
    assert out.splitlines()[0] == "injected  0.000000 s error refpll"
    assert "chip_reset" not in out
    with sim("mini", "--listen", f"unix:{tmp_path}/s", "--inject", str(path), "--json") as served:
        assert json.loads(served.end()[1])["injected"] == ["0.000000 s error refpll"]


def test_a_script_of_faults_that_cannot_be_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A mistake in it is told in one line before anything listens."""
    path = tmp_path / "f.toml"
    path.write_text('[[fault]]\nat = 0\nkind = "errors"\n')
    assert main(["sim", "mini", "--listen", f"unix:{tmp_path}/s", "--inject", str(path)]) == 2
    said = capsys.readouterr().err
    assert f"{path}: fault[0].kind: found 'errors'; expected `error`, perhaps" in said
    assert not (tmp_path / "s").exists()


def test_help_says_how_it_ends(capsys: pytest.CaptureFixture[str]) -> None:
    """`sim --help` names both signals, and the one that a script's background job hears."""
    assert main(["sim", "--help"]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "until Ctrl-C (SIGINT) or SIGTERM" in said
    assert "--inject FILE.toml faults, a list of [[fault]] tables" in said
    assert "job in a script's background ignores SIGINT: send SIGTERM" in said


def asleep(chip: SimChip, path: Path) -> int:
    """Power a PLL, leave for half a second of real time, and return its status then; the clock is virtual."""
    clock = VirtualClock()

    async def ask(*operations: Operation) -> Results:
        with clock.hold():  # a controller's own clock, here the same one, must not jump over the server's answer
            transport = await connect_to(UnixAddress(str(path / "s")))
            results = await transport.execute(batch(*operations))
            await transport.aclose()
        return results.check()

    async def body() -> int:
        listener = await listen(UnixAddress(str(path / "s")))
        async with trio.open_nursery() as nursery:
            nursery.start_soon(Server(SimTransport(chip), hold=clock.hold).serve, listener)
            assert not (await ask(Write(CTRL, POWERED), Read(STATUS))).word(1) & 1
            await trio.to_thread.run_sync(time.sleep, 0.5)  # no deadline of ours: only the chip's own events are there
            assert chip.next_event_s == math.inf, "what the chip does by itself is still to come"
            status = (await ask(Read(STATUS))).word(0)
            nursery.cancel_scope.cancel()
        listener.close()
        return status

    return run(body, seed=1, clock=clock)


@pytest.mark.parametrize("lock_s", [20.0, 3000.0])
def test_time_goes_on_while_nobody_is_connected(tmp_path: Path, lock_s: float) -> None:
    """Under the virtual clock a PLL locks between two controllers, however long it takes, and nobody looks."""
    chip = SimChip(load_chip("mini"), overrides={"refpll": {"lock_s": lock_s}})
    assert asleep(chip, tmp_path) & 1
    assert 0.8 * lock_s <= chip.now_s <= 1.2 * lock_s + 10


def test_a_workload_stands_still_while_nobody_is_connected(tmp_path: Path) -> None:
    """Under the virtual clock no packet's time comes that nobody could see: half a second of waiting is none to it."""
    url = f"unix:{tmp_path / 'sim'}"
    with sim("atlas", "--listen", url, "--clock", "virtual", "--workload", "--json") as served:
        time.sleep(0.5)
        _, out, _ = served.end()
    assert json.loads(out)["elapsed_s"] == 0.0


def test_time_does_not_jump_while_a_request_is_out(tmp_path: Path) -> None:
    """Under the virtual clock a delay in a batch takes its real time: the chip's time passes as its controller's."""

    async def body() -> float:
        transport = await open_transport(url)
        begin = time.monotonic()
        await transport.execute(batch(Delay(0.2)))
        took = time.monotonic() - begin
        await transport.aclose()
        return took

    url = f"unix:{tmp_path}/s"
    with sim("mini", "--listen", url, "--clock", "virtual", "--json") as served:
        assert run(body, seed=1, clock=RealClock()) >= 0.2
        _, out, _ = served.end()
    assert json.loads(out)["elapsed_s"] < 100


def test_two_controllers_never_at_once(tmp_path: Path) -> None:
    """The command's device has one holder: a second is refused by the first one's name, or takes over."""

    async def body() -> None:
        first = await open_transport(f"{url}?name=first")
        with pytest.raises(Denied, match="held by first"):
            await open_transport(url)
        second = await open_transport(f"{url}?take_over=1")
        assert "epoch 2" in str((await first.execute(batch(Read(0)))).error)
        assert (await second.execute(batch(Read(0)))).error is None
        await first.aclose()
        await second.aclose()

    url = f"unix:{tmp_path}/s"
    with sim("mini", "--listen", url, "--json") as served:
        run(body, seed=1, clock=RealClock())
        status, out, _ = served.end()
    assert (status, json.loads(out)["controllers"]) == (0, 2)
