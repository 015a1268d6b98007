"""The bench of sizes measures what it says, and its ratios are a block's."""

from __future__ import annotations

import json

import pytest
from attrs import evolve

from bench.bench_scale import apart, main
from bench.costs import Row, table

FIRST = Row(
    dies=2, instances=324, load_wall_s=1.0, load_s=1.0, make_s=2.0, up_s=8.0, models_s=3.0,
    loaded_bytes=1 << 20, made_bytes=5 << 20, peak_bytes=9 << 20,
    up=324, violations=0, reads=10, writes=5, batches=4, slowness=1.0, trace_hash="",
)  # fmt: skip


def test_a_size_is_measured_in_a_process_of_its_own() -> None:
    """The smallest chip comes up whole, in the time of its hardware; every cost is there, and models are a part."""
    row = apart(2)
    assert (row.instances, row.up, row.violations) == (324, 324, 0)
    assert 1.0 <= row.slowness < 1.02
    assert 0 < row.models_s < row.up_s
    assert 0 < row.loaded_bytes < row.made_bytes < row.peak_bytes
    assert min(row.load_s, row.make_s, row.writes, row.batches) > 0


def test_a_cost_that_follows_the_number_of_blocks_has_the_ratio_one() -> None:
    """Ten times the blocks for ten times the cost is 1.00; for twenty times the cost it is 2.00."""
    tenfold = evolve(FIRST, instances=3240, load_s=10.0, make_s=20.0, up_s=80.0, models_s=60.0)
    line = next(line for line in table([FIRST, tenfold]).splitlines() if line.split()[:2] == ["3,240", "1.00"])
    assert line.split()[1:6] == ["1.00", "1.00", "1.00", "2.00", "0.40"]


def test_one_size_is_printed_as_data(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """`--one` prints a row that becomes the same row again."""

    def measure(dies: int) -> Row:
        return evolve(FIRST, dies=dies)

    monkeypatch.setattr("bench.bench_scale.measure", measure)
    assert main(["--one", "6"]) == 0
    assert Row(**json.loads(capsys.readouterr().out)) == evolve(FIRST, dies=6)
