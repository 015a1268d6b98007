"""The bench of the bus measures what it says: the same work four ways, over a socket to another process."""

from __future__ import annotations

import json

import pytest
import trio

from bench.bench_bus import OPERATIONS, Row, coalesced, lock, main, own, stream, table, together, work
from transports.batch import count_accesses
from transports.bus import Bus
from transports.memory import MemoryTransport


def test_a_small_run_measures_each_way(capsys: pytest.CaptureFixture[str]) -> None:
    """For one task and for some, each way has a rate between its least and its most, and many tasks share trips."""
    assert main(["--small", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [row["tasks"] for row in rows] == [1, 8]
    for row in rows:
        for way in ("coalesced", "stream", "own", "lock"):
            median, least, most = row[way]
            assert 0 < least <= median <= most
        assert row["of_stream"] == pytest.approx(row["coalesced"][0] / row["stream"][0])
        assert row["of_lock"] == pytest.approx(row["coalesced"][0] / row["lock"][0])
    assert rows[0]["trip_batches"] == 1.0
    assert 1.0 < rows[1]["trip_batches"] <= 8.0


def test_the_four_ways_do_the_same_work() -> None:
    """Whichever way it goes, the memory sees the same accesses, and holds the same in the end."""
    works = [work(task) for task in range(5)]
    assert {len(batch) for batch in works} == {OPERATIONS}
    assert count_accesses(works[0].operations) == (8 + 2 + 2, 4 + 2)
    memories = [bytearray(0x200) for _ in range(4)]

    async def use() -> None:
        await coalesced(Bus(MemoryTransport(memories[0])), works, 2)
        by_hand = together(works, 24)
        assert [len(batch) for batch in by_hand] == [24, 24, 24, 8]
        await stream(MemoryTransport(memories[1]), by_hand, 2)
        await lock(MemoryTransport(memories[2]), works, 2)
        await own(MemoryTransport(memories[3]), works, 2)

    trio.run(use)
    assert memories[0] == memories[1] == memories[2] == memories[3]
    assert any(memories[0])


def test_the_table_has_a_line_for_each_number_of_tasks() -> None:
    """For people the rows are a table with both ratios."""
    row = Row(
        tasks=300, coalesced=(80e3, 70e3, 90e3), stream=(100e3, 90e3, 110e3), own=(160e3, 90e3, 170e3),
        lock=(4e3, 3e3, 5e3),
        stream_length=1000, cpu_us=2.0, trip_batches=40.0, queue_us=1000.0, load=5.5,
    )  # fmt: skip
    head, line = table([row]).splitlines()
    assert len(head) == len(line)
    assert "80,000 (70,000-90,000)" in line
    assert " 0.80 " in line
    assert line.endswith(" 5.5")
    assert " 0.50 " in line
    assert " 20.0 " in line
