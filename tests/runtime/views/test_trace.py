"""The trace is what the Trace Event Format says it is."""

from __future__ import annotations

import json
from typing import Any

import pytest
import trio

from blocks.chip import load_chip
from blocks.sim import SimTransport
from blocks.sim.chip import SimChip
from runtime.bringup import bring_up
from runtime.clock import VirtualClock
from runtime.history import History
from runtime.places import Places
from runtime.summary import Summary
from runtime.views.trace import trace
from transports.batch import Check, Delay, Read, Write, batch
from transports.bus import Bus
from transports.memory import MemoryTransport

NEEDED = {"M": {"name", "pid", "tid", "args"}, "X": {"name", "cat", "pid", "tid", "ts", "dur"},
          "i": {"name", "pid", "tid", "ts", "s"}}  # fmt: skip


@pytest.fixture(scope="module")
def run() -> tuple[Summary, History]:
    """Return a bring-up of the small chip, begun at an odd time."""

    async def main() -> tuple[Summary, History]:
        await trio.sleep(12.5)
        chip, history = load_chip("mini"), History()
        return await bring_up(chip, SimTransport(SimChip(chip)), history=history), history

    return trio.run(main, clock=VirtualClock())


@pytest.fixture(scope="module")
def events(run: tuple[Summary, History]) -> list[dict[str, Any]]:
    data = json.loads(json.dumps(trace(run[1], "mini")))
    assert data["displayTimeUnit"] in ("ms", "ns")
    found: list[dict[str, Any]] = data["traceEvents"]
    return found


def test_events_have_what_the_format_asks_for(events: list[dict[str, Any]]) -> None:
    """Each event has the keys of its phase, its times in microseconds from the begin of the run, none below 0."""
    assert {event["ph"] for event in events} == set(NEEDED)
    for event in events:
        assert NEEDED[event["ph"]] <= set(event)
        assert event["ph"] == "M" or event["ts"] >= 0
        assert event.get("dur", 0) >= 0
        assert event.get("s", "t") == "t"


def test_names_come_first_and_times_in_order(events: list[dict[str, Any]]) -> None:
    """Metadata stands before all else; the rest is sorted by time."""
    kinds = [event["ph"] == "M" for event in events]
    assert kinds == sorted(kinds, reverse=True)
    times = [event["ts"] for event in events if event["ph"] != "M"]
    assert times == sorted(times)


def test_a_track_for_each_block_and_bus(run: tuple[Summary, History], events: list[dict[str, Any]]) -> None:
    """Blocks and buses are threads with names; every batch and every access of the run is there, once."""
    names = {(e["pid"], e["tid"]): e["args"]["name"] for e in events if e["name"] == "thread_name"}
    assert set(names.values()) == {*run[0].up, "the chip's bus"}
    assert all((event["pid"], event["tid"]) in names for event in events if event["ph"] != "M")
    assert sum(event.get("cat") == "batch" for event in events) == run[0].batches
    accesses = [event["name"].split(" ")[0] for event in events if event["ph"] == "i"]
    assert accesses.count("write") + accesses.count("modify") == run[0].writes
    assert any(event["name"] == "check refpll.STATUS" for event in events)


def test_the_end_is_the_end_of_the_run(run: tuple[Summary, History], events: list[dict[str, Any]]) -> None:
    """The last thing ends when the run did, and spans of a track follow each other without overlap."""
    lasting = [event for event in events if event["ph"] == "X"]
    ends = [event["ts"] + event["dur"] for event in lasting]
    assert max(ends) == pytest.approx(run[0].elapsed_s * 1e6, abs=1e-2)
    last: dict[tuple[int, int], float] = {}
    for event in lasting:
        track = event["pid"], event["tid"]
        assert event["ts"] >= last.get(track, 0.0) - 1e-6
        last[track] = event["ts"] + event["dur"]


def test_what_a_mapped_window_did_is_shown_when_it_did_it() -> None:
    """Accesses through a mapped window stand at their own times in their batch, what failed at the end of it."""

    async def main() -> History:
        history, bus = History(), Bus(MemoryTransport(0x100))
        history.zero_s = trio.current_time()
        history.watch(bus, Places([]))
        await bus.submit(batch(Write(0, 1), Delay(0.25), Read(4), Delay(0.5), Check(8, 1, 1)), owner="pll0")
        return history

    events = trace(trio.run(main, clock=VirtualClock()), "none")["traceEvents"]
    (whole,) = (event for event in events if event.get("cat") == "batch")
    times = [(event["name"].split(" ")[0], event["ts"]) for event in events if event["ph"] == "i"]
    assert (whole["ts"], whole["dur"]) == (0, 750e3)
    assert times == [("write", 0), ("delay", 250e3), ("read", 250e3), ("delay", 750e3), ("check", 750e3)]
