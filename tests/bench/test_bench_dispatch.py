"""The bench of dispatch measures what it says: each way wakes the blocks that it should."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager

import pytest

from bench.bench_dispatch import (
    BATCHES,
    BLOCKS,
    LINE,
    OURS,
    TOP,
    WAYS,
    Ask,
    Looks,
    Row,
    Share,
    goals,
    line,
    main,
    proved,
    text,
    top_halves,
)
from bench.measure import Spread, Taken


def test_a_small_run_measures_each_way(capsys: pytest.CaptureFixture[str]) -> None:
    """Each way has a cost, a rate and latencies at each batch; the top half has no latency, as nobody is woken."""
    assert main(["--small", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [(row["way"], row["batch"]) for row in rows] == [(way, batch) for batch in BATCHES for way in (TOP, *WAYS)]
    for row in rows:
        assert row["taken"]["cpu"]["median"] > 0
        assert row["rate_hz"] == pytest.approx(1e9 * row["batch"] / row["taken"]["wall"]["median"])
        for clock in ("wall", "cpu"):
            assert (row[clock] is None) == (row["way"] == TOP)
            assert row[clock] is None or 0 < row[clock]["p50"] <= row[clock]["p99"]


@pytest.mark.parametrize("name", WAYS)
@pytest.mark.parametrize("batch", [1, 7, 300])
def test_each_way_wakes_whom_it_should(name: str, batch: int) -> None:
    """Each block looks once for each interrupt of its own, whichever way."""
    assert proved(name, WAYS[name], batch) == 2 * BLOCKS // batch * batch


def test_a_way_that_wakes_another_block_is_found_out() -> None:
    """A way that is quick since it wakes the wrong block is refused."""

    @asynccontextmanager
    async def wrong(looks: Looks) -> AsyncGenerator[Ask]:
        async with line(looks) as ask:

            def first(sources: Sequence[int]) -> None:
                ask(range(len(sources)))

            yield first

    with pytest.raises(AssertionError, match="wrong, batch 16: blocks looked"):
        proved("wrong", wrong, 16)


def test_top_halves_run() -> None:
    """Each call of the timed loop runs one top half for each line of the batch."""
    assert top_halves(16)(3)[2] == 48


def test_goals_are_judged_by_cpu_of_one_interrupt() -> None:
    """What is within the bound is met, more is missed, whatever the wall says; the table has each way."""

    def row(way: str, ns: float) -> Row:
        spread, wall = Spread(16 * ns, 16 * ns, 16 * ns), Spread(1e9, 1e9, 1e9)
        return Row(way, 16, Taken(spread, wall), Share(1500.0, 2e6), None)

    rows = [row(TOP, 300), row(LINE, 4001), row(OURS, 3999)]
    assert [verdict.split(":")[0] for verdict in goals(rows)] == ["met", "MISSED", "met"]
    assert "1.5 / 2,000.0" in text(rows)
    assert all(way in text(rows) for way in (TOP, LINE, OURS))
