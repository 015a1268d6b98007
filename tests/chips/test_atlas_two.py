"""Two controllers at one Atlas: there is never more than one, and the chip's own record of batches says so."""

from __future__ import annotations

import signal
import subprocess
import time
from collections import Counter
from itertools import groupby
from pathlib import Path

from tests.chips.atlas_process import BLOCKS, PATIENCE_S, Atlas, ended, living

# The command itself, whose bus tells of each batch: who asked for it, and the writes in it.
TELLING = """
import sys
from runtime.cli.main import main
from transports.batch import count_accesses
from transports.bus import Bus
begin = Bus.__init__
def tell(record):
    print(record.owner, count_accesses(record.batch)[1], file=sys.stderr, flush=True)
def telling(self, *given, **named):
    begin(self, *given, **named)
    self.observe(tell)
Bus.__init__ = telling
sys.exit(main(sys.argv[1:]))
"""
# The command itself, which stops before it connects until it is told to go: what comes before is the start of Python.
AT_THE_DOOR = """
import sys
import runtime.cli.target as target
from runtime.cli.main import main
enter = target.open_transport
async def wait(*given, **named):
    print("ready", file=sys.stderr, flush=True)
    sys.stdin.readline()
    return await enter(*given, **named)
target.open_transport = wait
sys.exit(main(sys.argv[1:]))
"""
IN_THE_MIDDLE = 1_500  # writes of the first, of some 11,000


def ready(atlas: Atlas, query: str) -> subprocess.Popen[str]:
    """Return a controller that has started and is not connected yet."""
    process = atlas.controller(query=query, program=AT_THE_DOOR)
    assert process.stderr is not None
    assert process.stderr.readline() == "ready\n"
    return process


def go(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.write("go\n")
    process.stdin.flush()


def batches(told: Path) -> list[tuple[str, int]]:
    """Return who asked for each batch so far, in order, and the writes in it."""
    lines = told.read_text(encoding="utf-8").rpartition("\n")[0].splitlines()
    return [(owner, int(writes)) for owner, writes in (line.split() for line in lines)]


def writes(told: Path) -> Counter[str]:
    """Return how many writes each controller has had done so far."""
    found = Counter[str]()
    for owner, count in batches(told):
        found[owner] += count
    return found


def test_a_second_controller_is_refused_or_takes_over(tmp_path: Path) -> None:
    """One that comes in mid bring-up is refused; one that takes over ends the first, and never do both write."""
    told = tmp_path / "told"
    with told.open("w") as errors, living(tmp_path, program=TELLING, errors=errors) as atlas:
        other, second = ready(atlas, "?name=other"), ready(atlas, "?name=second&take_over=1")
        first = atlas.controller(query="?name=first")
        until_s = time.monotonic() + PATIENCE_S
        while writes(told)["first"] < IN_THE_MIDDLE:
            assert time.monotonic() < until_s
            time.sleep(0.01)

        first.send_signal(signal.SIGSTOP)  # so it is there still, however fast it is
        go(other)
        refused = ended(other, status=1)
        assert "the device is held by first (epoch 1)" in refused["error"]
        first.send_signal(signal.SIGCONT)
        go(second)
        taken, finished = ended(first, status=3), ended(second)
        assert "taken over: second has the device now, in epoch 2" in taken["lost"]["reason"]
        assert (taken["up"], len(taken["stopped"]), taken["failed"]) == (0, BLOCKS, [])
        assert (finished["verdict"], finished["up"], finished["violated"]) == ("up", BLOCKS, [])
        seen = atlas.end()

    assert (seen["violations"], seen["controllers"]) == ([], 2)
    turns = [owner for owner, _ in groupby(owner for owner, _ in batches(told))]
    assert turns == ["first", "second"]
    assert all(writes(told)[owner] > 1_000 for owner in turns), writes(told)
