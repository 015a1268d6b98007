"""The bench of recovery measures what it says: blocks fall and rise, nobody else is touched."""

from __future__ import annotations

import json

import pytest

from bench import bench_recovery
from bench.bench_recovery import One, Resume, Storm


def test_it_runs_small(capsys: pytest.CaptureFixture[str]) -> None:
    """Small, it finds other blocks untouched, a resume that writes nothing, and says all of it as JSON."""
    assert bench_recovery.main(["--small", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["one"]["others"], found["resume"]["writes"]) == (0, 0)
    assert found["one"]["accesses"] > 0
    assert found["storm"]["blocks"] > 200
    assert found["storm"]["recovery_s"] > found["one"]["recovery_s"] > 0
    assert found["one"]["restart_s"] == found["one"]["recovery_s"] - found["one"]["climb_s"]


def test_it_says_so_for_people(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """The table names what is measured beside its goal."""

    def one(times: int) -> One:
        return One(times, 2e-3, 1e-3, 50.0, 0)

    def storm(times: int) -> Storm:
        return Storm(232, times, 0.5, 0.3)

    def resume(times: int) -> Resume:
        return Resume(times, 0.4, 0.1, 11908, 0)

    for stand_in in (one, storm, resume):
        monkeypatch.setattr(bench_recovery, stand_in.__name__, stand_in)
    assert bench_recovery.main([]) == 0
    said = capsys.readouterr().out
    for expected in ("restart itself                1 ms", "232 blocks at once", "11,908, 0", "25 us"):
        assert expected in said
