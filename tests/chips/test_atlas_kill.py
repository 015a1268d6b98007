"""Atlas as a process of its own, and controllers that are killed: whatever they left half done, the next one finishes.

Real processes, real sockets and kill -9; the moments are drawn from seeds.
"""

from __future__ import annotations

import time
from collections.abc import Generator
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tests.chips.atlas_process import BLOCKS, Atlas, living

# The command itself, which says when it is connected: what comes before is the start of Python.
MARKED = """
import sys
import runtime.cli.up as verb
from runtime.cli.main import main
begin = verb.bring_up
async def marked(*given, **named):
    print("begin", file=sys.stderr, flush=True)
    return await begin(*given, **named)
verb.bring_up = marked
sys.exit(main(sys.argv[1:]))
"""
KILLS = 10  # in each life of the chip, before anybody may finish
LIVES = 5  # so 50 moments of bring-up
LOOKS = 10  # controllers killed while the workload runs, in the first of the lives
LOOKED_AT = 2  # so 20 moments with the workload running
PART = 0.12  # of a whole bring-up that a killed controller has at most
HALF_DONE: list[bool] = []  # of each life, whether the killed ones left it so


def kill_one(chip: Atlas, after_s: float) -> None:
    """Start a controller and kill it so long after it is connected."""
    process = chip.controller(program=MARKED)
    assert process.stderr is not None
    assert process.stderr.readline() == "begin\n"
    time.sleep(after_s)
    process.kill()
    process.communicate()


@pytest.fixture
def chip(request: pytest.FixtureRequest, tmp_path: Path) -> Generator[Atlas]:
    """Run a simulated Atlas; the parameter is its seed."""
    with living(tmp_path, "--workload", "--seed", str(request.param)) as running:
        yield running


def well(summary: dict[str, Any]) -> None:
    """Everything is up, no rule was broken and no packet was lost."""
    assert (summary["verdict"], summary["up"], summary["blocks"]) == ("up", BLOCKS, BLOCKS)
    assert summary["violated"] == []
    assert (summary["traffic"]["lost"], summary["traffic"]["corrupt"]) == (0, 0)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Bring one chip up at once, by nobody disturbed: how many writes that is, and how long it takes here."""
    with living(tmp_path_factory.mktemp("whole"), "--workload", "--seed", "99") as chip:
        found = chip.up()
        well(found)
        looked = chip.up()
        return {"writes": found["writes"], "wall_s": found["wall_s"], "look_s": looked["wall_s"]}


@pytest.mark.parametrize("chip", range(LIVES), indirect=True)
def test_whatever_a_killed_controller_left_the_next_one_finishes(
    chip: Atlas, whole: dict[str, Any], request: pytest.FixtureRequest
) -> None:
    """After ten kills in bring-up, and ten more under traffic: all up, no rule broken, no traffic lost, 0 writes."""
    seed: int = request.node.callspec.params["chip"]
    random = Random(seed)
    for _ in range(KILLS):
        kill_one(chip, random.uniform(0, PART * whole["wall_s"]))
    finished = chip.up()
    well(finished)
    HALF_DONE.append(0 < finished["writes"] < whole["writes"])
    if seed < LOOKED_AT:
        for _ in range(LOOKS):
            kill_one(chip, random.uniform(0, 0.5 * whole["look_s"]))
    again = chip.up()
    well(again)
    assert again["writes"] == 0
    assert again["traffic"]["sent"] > finished["traffic"]["sent"] > 0
    seen = chip.end()
    assert (seen["violations"], seen["traffic"]["lost"], seen["traffic"]["corrupt"]) == ([], 0, 0)
    assert seen["controllers"] == KILLS + 2 + (LOOKS if seed < LOOKED_AT else 0)


def test_the_killed_ones_left_it_half_done() -> None:
    """In most lives the last controller found some of the work done, and some not: the kills above were real ones."""
    if len(HALF_DONE) < LIVES:
        pytest.skip("only some of the lives were run")
    assert sum(HALF_DONE) > LIVES // 2, HALF_DONE
