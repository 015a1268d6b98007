"""The critical path that is told is the hardware's, and adds up; the run's own way is drawn where it went along it."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import trio
from attrs import evolve

from blocks.chip import load_chip
from blocks.sim import SimTransport
from blocks.sim.chip import SimChip
from runtime.bringup import bring_up
from runtime.cli.main import main
from runtime.cli.report import print_summary
from runtime.clock import VirtualClock
from runtime.history import History
from runtime.summary import State, Summary
from runtime.views.critical import followed, needed
from runtime.views.page import page


@pytest.fixture(scope="module")
def run() -> tuple[Summary, History]:
    """Return a bring-up of the small chip."""

    async def body() -> tuple[Summary, History]:
        chip, history = load_chip("mini"), History()
        return await bring_up(chip, SimTransport(SimChip(chip)), target="sim:", history=history), history

    return trio.run(body, clock=VirtualClock())


def test_the_legs_add_up(run: tuple[Summary, History], capsys: pytest.CaptureFixture[str]) -> None:
    """The legs take what the hardware needs in all, in the values, in words and on the page."""
    summary, history = run
    assert summary.critical_path_s > 0
    assert sum(summary.critical_path_takes_s) == pytest.approx(summary.critical_path_s)
    path = needed(summary)
    assert sum(took for leg in path for _, took in leg.rungs) == pytest.approx(summary.critical_path_s)
    print_summary(summary, whole=13)
    said = ", then ".join(map(str, path))
    assert f" of the hardware: {said}\n" in capsys.readouterr().out
    assert said in page(load_chip("mini"), summary, history)


def test_a_run_that_was_held_up_is_not_drawn_along_it(run: tuple[Summary, History]) -> None:
    """A run that took many times what its hardware needs, or went another way, has no path drawn through it."""
    summary, history = run
    spans = history.spans()
    assert followed(summary, spans) == summary.critical_path
    late = {b: [evolve(s, start_s=20 * s.start_s, end_s=20 * s.end_s) for s in row] for b, row in spans.items()}
    assert followed(summary, late) == ()
    assert followed(evolve(summary, critical_path=summary.critical_path[::-1]), spans) == ()
    far = evolve(summary, elapsed_s=116.664 * summary.critical_path_s)
    shown = page(load_chip("mini"), far, History())
    assert "the run took 117 times that" in shown
    assert "as this run climbed it" not in shown
    assert "as this run climbed it" in page(load_chip("mini"), summary, history)


def test_numbers_add_up(ill: Any, staged: Callable[..., Any]) -> None:
    """What is up, failed, waiting and stopped is all there is; degraded blocks are up, and counted once."""
    for one in (ill, staged("atlas")):
        shown = page(one.chip, one.summary, one.history)
        found = dict(re.findall(r"<dt>(blocks up|failed|waiting|stopped)</dt><dd>(\d+) ", shown))
        assert sum(map(int, found.values())) == len(one.chip.instances)
        up, less = len(one.summary.up), one.summary.degraded
        assert f'class="tile up"></span>{up} up</span>' in shown
        assert (f"{less} of them degraded" in shown) == bool(less)
        assert "<dt>degraded</dt>" not in shown
    assert ill.summary.degraded == 1
    assert State.DEGRADED in {move[-1].state for move in ill.history.spans().values()}


def test_the_drawing_names_chip_and_target(tmp_path: Path) -> None:
    """The title ends the target before it goes on."""
    assert main(["up", "mini", "--on", "sim:", "--timeline", f"{tmp_path}/t.svg", "--json"]) == 0
    assert 'aria-label="mini on sim:, 13 of 13 blocks up"' in (tmp_path / "t.svg").read_text(encoding="utf-8")
