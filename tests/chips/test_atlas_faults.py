"""The law of the whole campaign on atlas: no moment of its bring-up is a bad one for the controller to be reset."""

from __future__ import annotations

from functools import partial

import pytest

from blocks.chip import load_chip
from runtime.cli.main import main
from runtime.faults.agree import LEAST
from runtime.faults.campaign import run
from runtime.faults.plan import Plan


def test_atlas_survives_a_reset_at_every_access() -> None:
    """Before and after each access of atlas' bring-up the controller is reset, and each time the next one recovers; a
    sample comes to the same on the runtime of production, to the last register."""
    report = run(Plan(partial(load_chip, "atlas"), "atlas"), jobs=2)

    tally = report.tally
    assert tally.points == 2 * tally.accesses > 100_000
    assert tally.agreed >= LEAST
    assert (tally.failures, tally.failed, tally.doubted, tally.differed) == (0, [], 0, 0)
    assert 0 < tally.slowest_s <= report.limit_s
    print(f"{tally.points} points, {tally.cpu_s:.1f} CPU-s, {report.points_per_cpu_hour:,.0f} points a CPU-hour")


def test_a_write_that_comes_twice_is_nobodys_fault_both_ways(capsys: pytest.CaptureFixture[str]) -> None:
    """A rule that the second of two equal writes breaks is told as misled, on the heap and under trio."""
    assert main(["faults", "atlas", "--replay", "bring-up:0:duplicated-write@die[0].fuse:21"]) == 0
    told = capsys.readouterr().out
    assert "no software could prevent" in told
    assert "under trio: the same, with the same registers" in told
