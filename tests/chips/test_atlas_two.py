"""Two controllers at one Atlas: there is never more than one, and the chip's own record of batches says so."""

from __future__ import annotations

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
# The command itself, ready to go when it is told to: a start of Python takes longer than its part of this.
READY = """
import sys
import runtime.cli.up
from runtime.cli.main import main
print("ready", file=sys.stderr, flush=True)
sys.stdin.readline()
sys.exit(main(sys.argv[1:]))
"""
IN_THE_MIDDLE = 2_000  # batches of the first, of some 20,000


def ready(atlas: Atlas, query: str) -> subprocess.Popen[str]:
    """Return a controller that has started and does nothing yet."""
    process = atlas.controller(query=query, program=READY)
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


def test_a_second_controller_is_refused_or_takes_over(tmp_path: Path) -> None:
    """One that comes in mid bring-up is refused; one that takes over ends the first, and never do both write."""
    told = tmp_path / "told"
    with told.open("w") as errors, living(tmp_path, program=TELLING, errors=errors) as atlas:
        other, second = ready(atlas, "?name=other"), ready(atlas, "?name=second&take_over=1")
        first = atlas.controller(query="?name=first")
        until_s = time.monotonic() + PATIENCE_S
        while len(batches(told)) < IN_THE_MIDDLE:
            assert time.monotonic() < until_s
            time.sleep(0.02)

        go(other)
        refused = ended(other, status=1)
        assert "the device is held by first (epoch 1)" in refused["error"]
        assert first.poll() is None, "the first had finished by then"
        go(second)
        taken, finished = ended(first, status=3), ended(second)
        assert "second has taken the device over: it is in epoch 2" in taken["lost"]["reason"]
        assert (taken["up"], len(taken["stopped"]), taken["failed"]) == (0, BLOCKS, [])
        assert (finished["verdict"], finished["up"], finished["violated"]) == ("up", BLOCKS, [])
        seen = atlas.end()

    assert (seen["violations"], seen["controllers"]) == ([], 2)
    turns = [owner for owner, _ in groupby(owner for owner, _ in batches(told))]
    assert turns == ["first", "second"]
    writes = Counter[str]()
    for owner, count in batches(told):
        writes[owner] += count
    assert all(writes[owner] > 1_000 for owner in turns), writes
