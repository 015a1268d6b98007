"""The order of a replay is that of the recording, whoever asks first, and a turn that nobody takes is a difference."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import TypeVar

import anyio
import pytest
import trio
from attrs import define, evolve, field
from hypothesis import given
from hypothesis import strategies as st

from runtime.clock import VirtualClock
from runtime.determinism import run
from tests.transports.rounds import SHARED, TRIP_S, Near
from transports.base import Capabilities, Gathering, Judge, Judgement, Pinging, Transport
from transports.batch import Batch, Check, Delay, Read, Results, Write, batch
from transports.bus import Bus
from transports.errors import Indeterminate
from transports.memory import MemoryTransport
from transports.recorded import Differs, Header, ReplayTransport, Writer, read_recording, record, replay
from transports.recorded.file import Executed, decode_header, encode_header
from transports.recorded.replay import LATE_S
from transports.wire import WireError

T = TypeVar("T")
Delays = Mapping[str, Sequence[float]]  # of each task, before each of its batches
Seen = dict[str, list[tuple[float, Results]]]
HEADER = Header(chip="toy", target="memory:")
SIZE = 0x100  # of a block; block a stands at 0, b behind it


@define
class Tickets:
    """A device that tells in what order its batches came, and takes its time for each."""

    takes_s: float = 2**-4
    given: int = 0
    capabilities: Capabilities = field(factory=Capabilities)

    async def execute(self, batch: Batch) -> Results:
        await anyio.sleep(self.takes_s)
        self.given += 1
        return Results((self.given,) * len(batch))

    async def judge(self) -> Judgement:
        await anyio.lowlevel.checkpoint()
        return Judgement()

    async def aclose(self) -> None:
        await anyio.lowlevel.checkpoint()


def place(name: str) -> int:
    return SIZE * "abc".index(name)


def home(address: int) -> str:
    return "abc"[address // SIZE]


async def asks(bus: Bus, delays: Delays, change: Callable[[Batch], Batch | None] = lambda same: same) -> Seen:
    """Have each task wait and ask, batch after batch; `change` makes another batch of one, or leaves it out."""
    seen: Seen = {name: [] for name in delays}

    async def task(name: str) -> None:
        for number, delay in enumerate(delays[name]):
            await trio.sleep(delay)
            asked = change(batch(Write(place(name) + 4 * number, number)))
            if asked is not None:
                results = await bus.submit(asked, owner=name)
                seen[name].append((trio.current_time(), results))

    async with trio.open_nursery() as nursery:
        for name in delays:
            nursery.start_soon(task, name)
    return seen


def timed(body: Callable[[], Awaitable[T]], seed: int = 1) -> T:
    return run(body, seed=seed, clock=VirtualClock())


def taken(path: Path, delays: Delays, seed: int = 1) -> Seen:
    """Record the tasks."""

    async def main() -> Seen:
        with path.open("wb", buffering=0) as file:
            recorder = record(Tickets(), file, HEADER)
            seen = await asks(Bus(recorder), delays)
            recorder.end()
            return seen

    return timed(main, seed)


def again(
    path: Path, delays: Delays, change: Callable[[Batch], Batch | None] = lambda same: same, seed: int = 1
) -> tuple[Seen, ReplayTransport, float]:
    """Replay the tasks; return also what is left, and when all was over."""

    async def main() -> tuple[Seen, ReplayTransport, float]:
        transport = replay(read_recording(path))
        transport.home = home
        seen = await asks(Bus(transport), delays, change)
        return seen, transport, trio.current_time()

    return timed(main, seed)


def ended(seen: Seen, name: str) -> Differs:
    """Return the difference that a task met."""
    (error,) = (results.error for _, results in seen[name] if isinstance(results.error, Differs))
    assert isinstance(error, Differs)
    return error


@given(late=st.fixed_dictionaries({name: st.lists(st.tuples(*[st.integers(0, 8)] * 2), max_size=4) for name in "abc"}))
def test_whoever_comes_early_waits_for_its_turn(
    tmp_path_factory: pytest.TempPathFactory, late: dict[str, list[tuple[int, int]]]
) -> None:
    """Tasks whose timers were late in the recording, and are not now, get the same at the same times."""
    path = tmp_path_factory.mktemp("early") / "r"
    then = taken(path, {name: [(soon + more) / 16 for soon, more in pairs] for name, pairs in late.items()})
    now, transport, _ = again(path, {name: [soon / 16 for soon, _ in pairs] for name, pairs in late.items()})
    assert now == then
    assert transport.remaining == 0


@pytest.mark.parametrize("seed", range(8))
def test_any_seed_comes_to_the_same(tmp_path: Path, seed: int) -> None:
    """Tasks that ask in one moment get what they got, however they are scheduled now."""
    delays = {name: (0.0, 0.0, 0.0) for name in "abc"}
    then = taken(tmp_path / "r", delays)
    now, transport, _ = again(tmp_path / "r", delays, seed=seed)
    assert (now, transport.remaining) == (then, 0)


def test_equal_batches_go_in_the_order_of_asking(tmp_path: Path) -> None:
    """Of tasks that ask the very same, the first gets what was brought first."""

    async def twice(transport: Transport) -> list[int]:
        bus, found = Bus(transport), list[int]()

        async def task(wait_s: float) -> None:
            await trio.sleep(wait_s)
            found.append((await bus.submit(batch(Read(0)))).word(0))

        async with trio.open_nursery() as nursery:
            for number in range(4):
                nursery.start_soon(task, number / 64)
        return found

    async def recorded() -> list[int]:
        with (tmp_path / "r").open("wb", buffering=0) as file:
            return await twice(record(Tickets(), file, HEADER))

    async def replayed() -> list[int]:
        return await twice(replay(read_recording(tmp_path / "r")))

    assert timed(recorded) == timed(replayed) == [1, 2, 3, 4]


DELAYS = {"a": (0.5, 0.5, 0.5), "b": (0.6, 0.6, 0.6)}


def test_a_change_is_told_against_its_own_block(tmp_path: Path) -> None:
    """What is asked otherwise is compared with what was recorded of its block, though another's turn comes before."""
    taken(tmp_path / "r", DELAYS)
    early = {"a": DELAYS["a"], "b": (0.1, 0.1, 0.1)}
    seen, _, _ = again(
        tmp_path / "r", early, lambda same: batch(Write(SIZE, 7)) if same == batch(Write(SIZE, 0)) else same
    )
    error = ended(seen, "b")
    assert (error.expected, error.got) == ("write 0x100 = 0x0", "write 0x100 = 0x7")
    assert error.batch == 1
    assert "(value 0x0 recorded, 0x7 now, bits 0x7)" in str(error)
    assert seen["b"][0][0] == 0.1


@pytest.mark.parametrize("known", [True, False])
def test_a_step_that_is_left_out_is_missed(tmp_path: Path, known: bool) -> None:
    """A turn that nobody takes ends the replay, and what its block asks for instead is told; if nothing, so is that."""
    taken(tmp_path / "r", DELAYS)
    left_out = {batch(Write(4, 1)), *(() if known else (batch(Write(8, 2)),))}
    seen, transport, at_s = again(tmp_path / "r", DELAYS, lambda same: None if same in left_out else same)
    error = ended(seen, "b")
    assert error.got == ("write 0x8 = 0x2" if known else "nothing more of a")
    assert error.where == ""
    assert "write 0x4 = 0x1" in error.expected
    assert error.batch == 2
    assert transport.remaining == 4
    assert at_s >= LATE_S


def test_more_of_a_block_than_was_recorded_is_told(tmp_path: Path) -> None:
    """A block that goes on after its last recorded batch is named, while another block still has some to come."""
    taken(tmp_path / "r", DELAYS)
    seen, _, _ = again(tmp_path / "r", {**DELAYS, "a": (0.5, 0.5, 0.5, 0.0)})
    error = ended(seen, "a")
    assert (error.expected, error.got) == ("nothing more of a", "a batch of 1: write 0xc = 0x3")


def test_a_run_that_ends_early_is_a_difference(tmp_path: Path) -> None:
    """Whoever says that the run is over while the recording goes on is told what is missing; after it all, nothing."""
    taken(tmp_path / "r", DELAYS)
    _, transport, _ = again(tmp_path / "r", {"a": DELAYS["a"][:1]})
    with pytest.raises(Differs, match="expected a batch of 1: write 0x100 = 0x0, got the end of the run"):
        transport.finish()
    _, transport, _ = again(tmp_path / "r", DELAYS)
    transport.finish()


def test_a_judgement_has_its_turn_too(tmp_path: Path) -> None:
    """A judgement that was asked after a batch waits for it; when the batch never comes, that is the difference."""

    async def recorded() -> None:
        with (tmp_path / "r").open("wb", buffering=0) as file:
            transport = record(Tickets(), file, HEADER)
            await transport.execute(batch(Read(0)))
            assert isinstance(transport, Judge)
            await transport.judge()

    timed(recorded)

    async def replayed(*, skip: bool) -> int:
        transport = replay(read_recording(tmp_path / "r"))
        assert isinstance(transport, Judge)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(transport.judge)
            await trio.sleep(0.25)
            if not skip:
                await transport.execute(batch(Read(0)))
        return transport.remaining

    assert timed(lambda: replayed(skip=False)) == 0
    with pytest.RaisesGroup(pytest.RaisesExc(Differs, match="expected a batch of 1: read 0x0, got nothing")):
        timed(lambda: replayed(skip=True))


def test_who_gives_up_its_turn_leaves_no_trace(tmp_path: Path) -> None:
    """A task that is cancelled while it waits for its turn may ask again, and nobody else notices."""
    delays = {"a": (0.5,), "b": (0.75,)}
    then = taken(tmp_path / "r", delays)

    async def main() -> Seen:
        bus = Bus(replay(read_recording(tmp_path / "r")))
        for wait_s in (0.125, 0.0, 0.25):
            with trio.move_on_after(wait_s) as scope:
                await bus.submit(batch(Write(SIZE, 0)))
            assert scope.cancelled_caught
        with trio.move_on_after(0.0625) as scope:  # it is its turn, and not yet its time
            await bus.submit(batch(Write(0, 0)))
        assert scope.cancelled_caught
        return await asks(bus, {"a": (0,), "b": (0,)})

    assert timed(main) == then


def test_a_recording_of_a_replay_is_the_recording(tmp_path: Path) -> None:
    """A replay that is recorded writes what was recorded, in its order and with its times."""
    delays = {name: (0.25, 0.0) for name in "abc"}
    taken(tmp_path / "r", delays)

    async def main() -> None:
        with (tmp_path / "again").open("wb", buffering=0) as file:
            recorder = record(replay(read_recording(tmp_path / "r")), file, HEADER)
            await asks(Bus(recorder), {name: (0.0, 0.0) for name in "abc"})

    timed(main, seed=5)
    assert read_recording(tmp_path / "again").happened == read_recording(tmp_path / "r").happened


@SHARED
def test_what_is_recorded_flies_alone(tmp_path: Path, kind: type[Near]) -> None:
    """Where a bus would carry batches together, a recorder has each go by itself, and the file has them so."""

    async def main() -> tuple[list[int], float]:
        near = kind()
        with (tmp_path / "r").open("wb", buffering=0) as file:
            recorder = record(near, file, HEADER)
            assert not isinstance(recorder, Gathering)
            await asks(Bus(recorder), {"a": (0.0,)})
            async with trio.open_nursery() as nursery:
                bus = Bus(recorder)
                for number in range(9):
                    nursery.start_soon(bus.submit, batch(Read(4 * number), Check(4 * number, 1, 1)))
        return near.flights, trio.current_time()

    flights, at_s = timed(main)
    assert flights == [1] * 10
    assert at_s == pytest.approx(10 * TRIP_S)
    steps = [step for step in read_recording(tmp_path / "r").happened if isinstance(step, Executed)]
    assert sorted(len(step.batch) for step in steps) == [1] + [2] * 9


async def test_a_recorder_can_ping_where_the_other_can() -> None:
    """A link is asked through a recorder as without it, and where there is none, there is none."""

    class Linked(MemoryTransport):
        pings = 0

        async def ping(self) -> None:
            await trio.lowlevel.checkpoint()
            self.pings += 1

    assert not isinstance(record(MemoryTransport(64), BytesIO(), HEADER), Pinging)
    linked = Linked(64)
    recorder = record(linked, BytesIO(), HEADER)
    assert isinstance(recorder, Pinging)
    await recorder.ping()
    assert linked.pings == 1


def test_a_header_tells_of_the_run(tmp_path: Path) -> None:
    """Seed, blocks and consent of the recorded run are read back; a header of before has none, and reads as none."""
    header = evolve(HEADER, seed=-7, only="pll*", disturb=True)
    with (tmp_path / "r").open("wb", buffering=0) as file:
        Writer(file, header)
    assert read_recording(tmp_path / "r").header == header
    mark, version, said = encode_header(HEADER)
    before = {name: value for name, value in said.items() if name not in ("seed", "only", "disturb")}
    assert decode_header([mark, version, before]) == HEADER
    for wrong in ({"seed": "1"}, {"seed": True}, {"only": 3}, {"disturb": 1}):
        with pytest.raises(WireError):
            decode_header([mark, version, said | wrong])


def test_a_batch_given_up_in_its_turn_hands_it_on(tmp_path: Path) -> None:
    """What was cancelled while it was out is cancelled again, and then the next has its turn."""

    async def body(bus: Bus) -> Results:
        with trio.move_on_after(1):
            await bus.submit(batch(Delay(60)))
        return await bus.submit(batch(Read(0)))

    async def recorded() -> Results:
        with (tmp_path / "r").open("wb", buffering=0) as file:
            return await body(Bus(record(MemoryTransport(), file, HEADER)))

    async def replayed() -> Results:
        return await body(Bus(replay(read_recording(tmp_path / "r"))))

    assert timed(recorded) == timed(replayed) == Results((0,))
    steps = [step for step in read_recording(tmp_path / "r").happened if isinstance(step, Executed)]
    assert [type(step.results.error) for step in steps] == [Indeterminate, type(None)]
