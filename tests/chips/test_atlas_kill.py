"""Atlas as a process of its own, and controllers that are killed: whatever they left half done, the next one finishes.

Real processes, real sockets and kill -9; the moments are drawn from seeds.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest
from attrs import define

FIRSTLIGHT = [sys.executable, "-c", "import sys; from runtime.cli.main import main; sys.exit(main())"]
BLOCKS = 324
KILLS = 5  # in each life of the chip, before anybody may finish
LIVES = 10  # so 50 moments of bring-up
LOOKS = 5  # controllers killed while the workload runs, in the first of the lives
LOOKED_AT = 4  # so 20 moments with the workload running
FIRST_S, LAST_S = 0.8, 4.0  # of a controller: it has read its chip, and it would be done soon


@define(eq=False)
class Chip:
    """A simulated Atlas that runs."""

    address: str
    process: subprocess.Popen[str]

    def controller(self, *more: str) -> subprocess.Popen[str]:
        command = [*FIRSTLIGHT, "up", "atlas", "--on", self.address, "--json", *more]
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def up(self) -> dict[str, Any]:
        """Bring it up to the end; return what came of it."""
        process = self.controller()
        out, err = process.communicate(timeout=120)
        found: dict[str, Any] = json.loads(out)
        assert process.returncode == 0, (found["verdict"], found["lost"], found["failed"], found["violated"], err)
        return found

    def kill_one(self, random: Random, last_s: float) -> bool:
        """Start a controller and kill it at some moment; say whether it was still at work."""
        process = self.controller()
        time.sleep(random.uniform(FIRST_S, last_s))
        working = process.poll() is None
        process.kill()
        process.communicate()
        return working

    def end(self) -> dict[str, Any]:
        """End the chip; return what it saw."""
        self.process.send_signal(signal.SIGTERM)
        out, err = self.process.communicate(timeout=60)
        assert self.process.returncode == 0, (out, err)
        found: dict[str, Any] = json.loads(out.splitlines()[-1])
        return found


@pytest.fixture
def chip(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Chip]:
    """Run a simulated Atlas with its workload; the parameter is its seed."""
    address = f"unix:{tmp_path}/s"
    command = [*FIRSTLIGHT, "sim", "atlas", "--listen", address, "--workload", "--seed", str(request.param), "--json"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        assert json.loads(process.stdout.readline())["listening"] == address
        yield Chip(address, process)
    finally:
        process.kill()
        process.communicate()


def well(summary: dict[str, Any]) -> None:
    """Everything is up, no rule was broken and no packet was lost."""
    assert (summary["verdict"], summary["up"], summary["blocks"]) == ("up", BLOCKS, BLOCKS)
    assert summary["violated"] == []
    assert (summary["traffic"]["lost"], summary["traffic"]["corrupt"]) == (0, 0)


@pytest.mark.parametrize("chip", range(LIVES), indirect=True)
def test_whatever_a_killed_controller_left_the_next_one_finishes(chip: Chip, request: pytest.FixtureRequest) -> None:
    """After five kills in bring-up, and five more in service: all up, no rule broken, no traffic lost, 0 writes."""
    seed: int = request.node.callspec.params["chip"]
    random = Random(seed)
    at_work = sum(chip.kill_one(random, LAST_S) for _ in range(KILLS))
    assert at_work == KILLS
    well(chip.up())
    if seed < LOOKED_AT:
        assert sum(chip.kill_one(random, 2 * FIRST_S) for _ in range(LOOKS)) >= LOOKS - 1
    again = chip.up()
    well(again)
    assert again["writes"] == 0
    assert again["traffic"]["checked"] > 0
    seen = chip.end()
    assert (seen["violations"], seen["traffic"]["lost"], seen["traffic"]["corrupt"]) == ([], 0, 0)
    assert seen["controllers"] >= 2
