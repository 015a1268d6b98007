"""The bench of recovery measures what it says: blocks fall and rise, nobody else is touched."""

from __future__ import annotations

import json

import pytest

from bench import bench_recovery
from bench.bench_recovery import KINDS, Fall, Resume


def test_it_runs_small(capsys: pytest.CaptureFixture[str]) -> None:
    """Small, it finds other blocks untouched, a resume that writes nothing, and says all of it as JSON."""
    assert bench_recovery.main(["--small", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["one"]["others"], found["resume"]["writes"]) == (0, 0)
    assert found["one"]["accesses"] > 0
    assert found["storm"]["blocks"] > 200
    assert found["storm"]["recovery_s"] > found["one"]["recovery_s"] > 0
    for fall in (found["one"], found["storm"]):
        assert list(fall["parts"]) == list(KINDS)
        assert min(fall["parts"].values()) > 0
    assert found["one"]["begun_s"] > 0


def fall(blocks: int, times: int, recovery_s: float, climb_s: float) -> Fall:
    """Return what might be measured."""
    return Fall(
        blocks=blocks,
        times=times,
        recovery_s=recovery_s,
        climb_s=climb_s,
        bare_s=climb_s / 2,
        restart_s=recovery_s - climb_s,
        parts=dict.fromkeys(KINDS, recovery_s / 4),
        accesses=50.0,
        others=0,
    )


def test_it_says_so_for_people(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """The table names what is measured beside its goal."""

    def one(times: int) -> Fall:
        return fall(1, times, 2e-3, 1e-3)

    def storm(times: int) -> Fall:
        return fall(232, times, 0.5, 0.3)

    def begun(_times: int) -> float:
        return 6e-5

    def resume(times: int) -> Resume:
        return Resume(times, 0.4, 0.1, 11908, 0)

    for stand_in in (one, storm, begun, resume):
        monkeypatch.setattr(bench_recovery, stand_in.__name__, stand_in)
    assert bench_recovery.main([]) == 0
    said = capsys.readouterr().out
    for expected in ("restart itself", "1 ms", "232 blocks at once", "11,908, 0", "25 us", *KINDS):
        assert expected in said
