"""The bench of campaigns measures what it says: every point where all are tried, and each way recovers."""

from __future__ import annotations

import json

import pytest

from bench.bench_faults import TRIED, Row, main, table
from runtime.faults.agree import LEAST


def test_all_ways_recover_at_the_same_points(capsys: pytest.CaptureFixture[str]) -> None:
    """Small, all ways are there, for the same number of points, and none of their trials fails."""
    assert main(["--small", "--json"]) == 0

    rows = json.loads(capsys.readouterr().out)
    assert [row["way"] for row in rows] == ["in CI", "parts", "whole", "under trio"]
    assert len({row["points"] for row in rows}) == 1
    assert not any(row["failures"] for row in rows)
    assert [row["trials"] for row in rows[2:]] == [TRIED, TRIED]
    assert rows[0]["trials"] - rows[1]["trials"] == LEAST
    assert rows[1]["times"] == 1.0


def test_a_row_says_what_all_points_take() -> None:
    """Points by the hour are those of the chip by what all of them take, not by what was tried."""
    row = Row(way="whole", trials=2, failures=0, cpu_s=1.0, points=7200, all_s=360.0, times=6.0)

    assert row.points_per_cpu_hour == 72_000
    assert table([row]).splitlines()[1].split() == ["whole", "2", "0", "1.0", "360.0", "72,000", "6.0"]
