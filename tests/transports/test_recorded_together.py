"""A recording of batches that flew together is one of each of them, and is replayed as such."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import trio
import trio.testing

from tests.transports.rounds import SHARED, TRIP_S, Gather, Near
from transports.base import Gathering, Pinging
from transports.batch import Check, Read, Results, Write, batch
from transports.bus import Bus
from transports.memory import MemoryTransport
from transports.recorded import Header, read_recording, record, replay
from transports.recorded.file import Executed

HEADER = Header(chip="toy", target="memory:", date="2026-01-31", versions={"firstlight": "0.1.0"})


async def use(bus: Bus) -> dict[str, Results]:
    """Have many tasks ask at once."""
    found: dict[str, Results] = {}

    async def one(number: int) -> None:
        place = 8 * number
        work = batch(Write(place, number), Read(place), Check(place, 3, 3), Read(place))
        found[str(number)] = await bus.submit(work, owner=str(number))

    async with trio.open_nursery() as nursery:
        for number in range(9):
            nursery.start_soon(one, number)
            await trio.testing.wait_all_tasks_blocked()
    return found


@SHARED
async def test_what_flew_together_is_replayed_one_by_one(
    kind: type[Near], tmp_path: Path, autojump_clock: object
) -> None:
    """A recorder leaves the round trips few; each batch stands in the file, and a replay answers each, as then."""
    path = tmp_path / "run.flr"
    transport = kind()
    with path.open("wb", buffering=0) as file:
        recorder = record(transport, file, HEADER)
        bus = Bus(recorder)
        found = await use(bus)
    assert bus.statistics.batches == 9
    assert trio.current_time() < 9 * TRIP_S
    recording = read_recording(path)
    assert [len(step.batch) for step in recording.happened if isinstance(step, Executed)] == [4] * 9
    again = replay(recording)
    assert await use(Bus(again)) == found
    assert again.remaining == 0


async def test_those_of_a_flight_that_was_cancelled_are_recorded_so(tmp_path: Path, autojump_clock: object) -> None:
    """Of a flight that was given up, each batch is written down as cancelled."""
    path = tmp_path / "run.flr"
    with path.open("wb", buffering=0) as file:
        recorder = record(Gather(), file, HEADER)
        assert isinstance(recorder, Gathering)
        with trio.move_on_after(TRIP_S / 2):
            await recorder.execute_all([batch(Read(0)), batch(Write(0, 1))])
    steps = [step for step in read_recording(path).happened if isinstance(step, Executed)]
    assert [(step.cancelled, step.batch) for step in steps] == [(True, batch(Read(0))), (True, batch(Write(0, 1)))]


async def test_a_recorder_gathers_where_a_bus_would(tmp_path: Path) -> None:
    """Over what is near a recorder is no Gathering, and without a link no Pinging: batches go as without it."""

    class Linked(MemoryTransport):
        pings = 0

        async def ping(self) -> None:
            await trio.lowlevel.checkpoint()
            self.pings += 1

    near, linked = record(MemoryTransport(64), BytesIO(), HEADER), Linked(64)
    assert not isinstance(near, Gathering)
    assert not isinstance(near, Pinging)
    recorder = record(linked, BytesIO(), HEADER)
    assert isinstance(recorder, Pinging)
    await recorder.ping()
    assert linked.pings == 1
