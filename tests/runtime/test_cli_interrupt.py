"""The command when it is told to stop: one line, a status of its own, and the target given back."""

from __future__ import annotations

import json
import signal
from typing import Any, NoReturn

import pytest
import trio

import runtime.cli.up as verb
from runtime.cli.exits import INTERRUPTED, TERMINATED
from runtime.cli.main import main
from runtime.cli.parser import EPILOG
from transports.errors import DeviceLost

ENDINGS = [(signal.SIGINT, INTERRUPTED, "interrupted"), (signal.SIGTERM, TERMINATED, "terminated")]


def struck_by(number: signal.Signals, problem: Exception | None = None) -> Any:
    """Return a bring-up that is hit by a signal while its tasks run; they may end badly when they are cancelled."""

    async def ends() -> None:
        try:
            await trio.sleep_forever()
        finally:
            if problem is not None:
                raise problem

    async def bring_up(*_words: Any, **_more: Any) -> NoReturn:
        async with trio.open_nursery() as outer, trio.open_nursery() as inner:
            outer.start_soon(ends)
            inner.start_soon(trio.sleep_forever)
            await trio.lowlevel.checkpoint()
            signal.raise_signal(number)
            await trio.sleep_forever()
        raise AssertionError("the signal did not arrive")

    return bring_up


@pytest.mark.parametrize(("number", "status", "word"), ENDINGS)
def test_stopped(
    number: signal.Signals, status: int, word: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A signal in the middle of a bring-up is one line on standard error and 128 + its number, as shells have it."""
    monkeypatch.setattr(verb, "bring_up", struck_by(number))

    assert main(["up", "mini"]) == status == 128 + number
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(f"firstlight: {word}")
    assert err.count("\n") == 1


def test_a_job_in_the_background_ends_as_well(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where SIGINT is ignored it stays so, before, during and after the command; SIGTERM ends it in good order."""

    async def bring_up(*_words: Any, **_more: Any) -> NoReturn:
        signal.raise_signal(signal.SIGINT)
        await trio.sleep(1e-3)
        seen.append("deaf")
        signal.raise_signal(signal.SIGTERM)
        await trio.sleep_forever()
        raise AssertionError("the signal did not arrive")

    seen: list[str] = []
    monkeypatch.setattr(verb, "bring_up", bring_up)
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        assert main(["up", "mini"]) == TERMINATED
        signal.raise_signal(signal.SIGINT)
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
        assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, ())
    finally:
        signal.signal(signal.SIGINT, before)
    assert seen == ["deaf"]
    assert capsys.readouterr().err.startswith("firstlight: terminated")


@pytest.mark.parametrize(("number", "status", "word"), ENDINGS)
def test_stopped_json(
    number: signal.Signals, status: int, word: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With --json the result of a stopped command is JSON as well."""
    monkeypatch.setattr(verb, "bring_up", struck_by(number))

    assert main(["up", "mini", "--json"]) == status
    data = json.loads(capsys.readouterr().out)
    assert data["exit"] == status
    assert word in data["error"]


def test_the_bus_may_break_while_it_stops(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """A device that goes as the command is interrupted is part of the interruption: a QEMU hears Ctrl-C as well."""
    monkeypatch.setattr(verb, "bring_up", struck_by(signal.SIGINT, DeviceLost("gone")))

    assert main(["up", "mini"]) == INTERRUPTED
    assert capsys.readouterr().err.count("\n") == 1


def test_a_bug_is_not_hidden_by_an_interrupt(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is no part of an interruption keeps its traceback."""
    monkeypatch.setattr(verb, "bring_up", struck_by(signal.SIGINT, KeyError("a bug")))

    with pytest.raises(BaseExceptionGroup) as raised:
        main(["up", "mini"])
    assert raised.group_contains(KeyError)


def test_sigterm_is_given_back(capsys: pytest.CaptureFixture[str]) -> None:
    """After the command SIGTERM is what it was before: who calls `main` keeps its process."""
    before = signal.getsignal(signal.SIGTERM)

    assert main(["chips"]) == 0
    assert "mini" in capsys.readouterr().out
    assert signal.getsignal(signal.SIGTERM) is before


def test_help_names_the_statuses() -> None:
    """The statuses of a stopped command stand in --help with the others."""
    assert str(INTERRUPTED) in EPILOG
    assert str(TERMINATED) in EPILOG
