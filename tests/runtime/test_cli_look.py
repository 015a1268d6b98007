"""Verbs that only read look at a device that another controller holds; those that write are told who holds it."""

from __future__ import annotations

import json
import select
import signal
import subprocess
import sys
from collections.abc import Generator
from pathlib import Path

import pytest

from runtime.cli.exits import NOT_WELL, OK
from runtime.cli.main import main
from tests.transports.sockets import Raw
from transports.wire.address import UnixAddress
from transports.wire.messages import Hello

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def held(tmp_path: Path) -> Generator[str]:
    """Serve mini, and hold it; return its URL. At the end not one write was made, and one controller came."""
    url = f"unix:{tmp_path}/s"
    words = [sys.executable, "-m", "runtime.cli.main", "sim", "mini", "--listen", url, "--json"]
    with subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            server.stdout.readline()
            holder = Raw(UnixAddress(f"{tmp_path}/s"))
            holder.say(Hello("the night shift"))
            assert select.select([holder.sock], [], [], 30)[0], "the holder is not let in"
            yield url
            holder.sock.close()
        finally:
            server.send_signal(signal.SIGTERM)
        seen = json.loads(server.stdout.read())
    assert (seen["controllers"], seen["writes"]) == (1, 0)


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        ("status mini", NOT_WELL, '"block": "refpll"'),
        ("show mini refpll", OK, '"register": "DIV"'),
        ("read mini refpll.DIV", OK, '"path": "refpll.DIV"'),
    ],
)
def test_a_reader_looks(held: str, words: str, status: int, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    """What only reads is answered while another controller holds the device, and takes it from nobody."""
    for option in ("", "?take_over=1"):
        assert main([*words.split(), "--on", f"{held}{option}", "--json"]) == status
        assert said in capsys.readouterr().out


@pytest.mark.parametrize("words", ["up mini", "write mini refpll.DIV.fbdiv 5"])
def test_a_writer_is_told_who_holds_it(held: str, words: str, capsys: pytest.CaptureFixture[str]) -> None:
    """What writes is refused by the holder's name, and told what would let it in."""
    assert main([*words.split(), "--on", held]) == NOT_WELL
    said = capsys.readouterr().err
    assert "the device is held by the night shift (epoch 1)" in said
    assert "?take_over=1" in said
