"""Recordings: what was recorded is what was done, a cut file loses only its end, and a replay notices a difference."""

from __future__ import annotations

import errno
import io
import os
from collections.abc import Awaitable, Callable
from pathlib import Path

import anyio
import pytest
import trio
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st
from trio.testing import MockClock

from runtime.clock import VirtualClock
from runtime.determinism import run
from transports.base import Judge, Judgement, Notifier, Resettable, Transport
from transports.batch import Batch, Check, Delay, Operation, Poll, Read, ReadBurst, Results, Write, WriteBurst, batch
from transports.conformance import check_transport
from transports.errors import CheckFailed, Denied, DeviceLost, Indeterminate, TransportError
from transports.memory import MemoryTransport
from transports.open import Target, TargetError, open_transport
from transports.recorded import (
    CutOff,
    Differs,
    Header,
    ReplayTransport,
    open_recorded,
    read_recording,
    record,
)
from transports.recorded.file import END_BYTES_MAX, Executed, LinesRose, WasJudged, WasReset

HEADER = Header(chip="toy", target="memory:", date="2026-01-31", versions={"firstlight": "0.1.0"})
WORK = (
    batch(Write(0x10, 5), Read(0x10), ReadBurst(0, 3)),
    batch(WriteBurst(0x20, (1, 2, 3, 4))),
    batch(Check(0x10, mask=0xF, value=6), Read(0)),
    batch(Delay(0.5), Read(0x2C)),
)
Body = Callable[[Transport], Awaitable[None]]


async def work(transport: Transport) -> None:
    """Run the batches of WORK, whatever comes back."""
    for each in WORK:
        await transport.execute(each)


def recorded(path: Path, body: Body, make: Callable[[], Transport] = MemoryTransport) -> None:
    """Record what `body` does, under a clock that jumps."""

    async def main() -> None:
        with path.open("wb", buffering=0) as file:
            transport = record(make(), file, HEADER)
            await body(transport)
            assert not transport.problem
            await transport.aclose()
            transport.end()  # once more, for nothing

    run(main, seed=1, clock=VirtualClock())


def replayed(path: Path, body: Body) -> ReplayTransport:
    """Do the same on the recording."""

    async def main() -> ReplayTransport:
        transport = await open_recorded(Target.parse(f"recorded:{path}"))
        await body(transport)
        return transport

    return run(main, seed=1, clock=VirtualClock())


class Powered(MemoryTransport):
    """Memory with every optional power."""

    rises = 0

    def __init__(self) -> None:
        super().__init__()
        self._capabilities = evolve(self._capabilities, notifier=True)

    async def wait(self) -> frozenset[int]:
        if self.rises:
            await anyio.sleep_forever()
        self.rises += 1
        await anyio.sleep(0.25)
        return frozenset({3, 5})

    async def reset(self) -> None:
        await anyio.sleep(0.125)
        raise Denied("not now")

    async def judge(self) -> Judgement:
        await anyio.lowlevel.checkpoint()
        faults = ((anyio.current_time() - 0.25, "hang pll0"),)
        return Judgement(("a rule",), {"pll0": {"lock": 5e-5}}, {"sent": 3}, 1, faults, {"hbm": 2})


def test_a_recording_holds_what_was_done(tmp_path: Path) -> None:
    """The file has the header, and every batch with its results and times, in order."""
    recorded(tmp_path / "r", work)
    found = read_recording(tmp_path / "r")
    assert evolve(found.header, capabilities=HEADER.capabilities) == HEADER
    assert found.header.capabilities == MemoryTransport().capabilities
    steps = [step for step in found.happened if isinstance(step, Executed)]
    assert tuple(step.batch for step in steps) == WORK
    assert [step.results.values for step in steps] == [(None, 5, (0, 0, 0)), (None,), (), (None, 4)]
    assert isinstance(steps[2].results.error, CheckFailed)
    assert [(step.start_s, step.end_s) for step in steps] == [(0, 0), (0, 0), (0, 0), (0, 0.5)]


def test_a_replay_answers_as_then(tmp_path: Path) -> None:
    """The same batches bring the same results, errors too, and take as long."""
    recorded(tmp_path / "r", work)
    steps = [step for step in read_recording(tmp_path / "r").happened if isinstance(step, Executed)]
    took: list[float] = []

    async def body(transport: Transport) -> None:
        for each, step in zip(WORK, steps, strict=True):
            assert await transport.execute(each) == step.results
        took.append(trio.current_time())

    assert replayed(tmp_path / "r", body).remaining == 0
    assert took == [0.5]


@pytest.mark.parametrize("seed", range(3))
def test_a_replay_keeps_the_contract(tmp_path: Path, seed: int) -> None:
    """A recording of the conformance suite on memory passes the conformance suite."""
    number = 0

    async def make_recorded() -> Transport:
        nonlocal number
        number += 1
        file = (tmp_path / f"{number}").open("wb", buffering=0)  # the transport writes until the suite is over
        files.append(file)
        return record(MemoryTransport(0x400, 0x1000), file, HEADER)

    async def make_replayed() -> Transport:
        nonlocal number
        number += 1
        return await open_recorded(Target.parse(f"recorded:{tmp_path}/{number}"))

    for make in (make_recorded, make_replayed):
        number, files = 0, list[io.FileIO]()

        async def main(make: Callable[[], Awaitable[Transport]] = make) -> None:
            await check_transport(make, base=0x1000, size=0x400)

        try:
            run(main, seed=seed, clock=VirtualClock())
        finally:
            for file in files:
                file.close()
        assert number == 2


def test_powers_are_recorded_and_replayed(tmp_path: Path) -> None:
    """Hints, resets (with their errors) and judgements come again, at their times; powers that were not, are not."""
    seen: list[tuple[float, object]] = []

    async def body(transport: Transport) -> None:
        assert isinstance(transport, Notifier)
        assert isinstance(transport, Resettable)
        assert isinstance(transport, Judge)
        begin = trio.current_time()
        seen.append((trio.current_time() - begin, await transport.wait()))
        with pytest.raises(Denied, match="not now"):
            await transport.reset()
        judgement = await transport.judge()
        (began_s, what), *_ = judgement.faults
        seen.append((trio.current_time() - begin, judgement.broken))
        seen.append((round(began_s - begin, 6), what))

    recorded(tmp_path / "r", body, Powered)
    assert [type(step) for step in read_recording(tmp_path / "r").happened] == [LinesRose, WasReset, WasJudged]
    transport = replayed(tmp_path / "r", body)
    assert transport.capabilities.notifier
    assert len(seen) == 6
    assert seen[:3] == seen[3:]
    recorded(tmp_path / "plain", work)
    plain = replayed(tmp_path / "plain", work)
    assert not isinstance(plain, (Notifier, Resettable, Judge))


def test_a_replay_without_more_hints_waits(tmp_path: Path) -> None:
    """After the last recorded hint nothing rises, until the transport is closed: then the device is lost."""

    async def body(transport: Transport) -> None:
        assert isinstance(transport, Notifier)
        await transport.wait()
        with trio.move_on_after(100) as late:
            await transport.wait()
        assert late.cancelled_caught
        await transport.aclose()
        with pytest.raises(DeviceLost):
            await transport.wait()

    async def once(transport: Transport) -> None:
        assert isinstance(transport, Notifier)
        await transport.wait()

    recorded(tmp_path / "r", once, Powered)
    replayed(tmp_path / "r", body)


CHANGES: list[tuple[int, int, Operation, str]] = [
    (0, 0, Write(0x10, 4), "expected write 0x10 = 0x5, got write 0x10 = 0x4 (value 0x5 recorded, 0x4 now, bits 0x1)"),
    (0, 1, Read(0x14), "expected read 0x10, got read 0x14 (address 0x10 recorded, 0x14 now)"),
    (0, 1, Read(0x10, width=2), "expected read 0x10, got read 0x10 (width 0x4 recorded, 0x2 now)"),
    (0, 2, ReadBurst(0, 3, stride=8), "read 3 words from 0x0 (stride None recorded, 8 now)"),
    (1, 0, WriteBurst(0x20, (1, 2, 7, 4)), "(word 2 0x3 recorded, 0x7 now, bits 0x4)"),
    (1, 0, WriteBurst(0x20, (1, 2)), "(4 words recorded, 2 now)"),
    (2, 0, Poll(0x10, mask=0xF, value=6, timeout_s=0.1), "expected check 0x10: 0x6 under mask 0xf, got poll 0x10"),
    (3, 0, Delay(0.25), "expected delay 0.5 s, got delay 0.25 s (seconds 0.5 recorded, 0.25 now)"),
]


@pytest.mark.parametrize(("number", "index", "op", "words"), CHANGES)
def test_the_first_difference_ends_the_replay(
    tmp_path: Path, number: int, index: int, op: Operation, words: str
) -> None:
    """An operation that was not recorded loses the device, and the error says which it is and how it differs."""
    recorded(tmp_path / "r", work)
    results: list[Results] = []

    async def body(transport: Transport) -> None:
        for at, each in enumerate(WORK):
            changed = Batch(op if (at, place) == (number, index) else old for place, old in enumerate(each))
            results.append(await transport.execute(changed))

    transport = replayed(tmp_path / "r", body)
    assert [type(one.error) for one in results[number:]] == [Differs] * (len(WORK) - number)
    error = results[number].error
    assert isinstance(error, Differs)
    assert (error.batch, error.index, results[number].values) == (number, index, ())
    assert words in str(error)
    assert transport.remaining == len(WORK) - number


async def test_lengths_differ_too(tmp_path: Path) -> None:
    """A batch that is longer or shorter than the recorded one, a batch too many, a reset: each is a difference."""
    path = tmp_path / "r"
    with path.open("wb", buffering=0) as file:
        await work(recorder := record(Powered(), file, HEADER))
        recorder.end()
    for changed, words in (
        (batch(*WORK[0], Read(4)), "operation 3"),
        (batch(*WORK[0].operations[:2]), "expected read 3 words from 0x0, got nothing more"),
        (batch(), "expected write 0x10 = 0x5, got nothing more"),
    ):
        transport = await open_recorded(Target.parse(f"recorded:{path}"))
        assert words in str((await transport.execute(changed)).error)
    transport = await open_recorded(Target.parse(f"recorded:{path}"))
    assert isinstance(transport, Resettable)
    with pytest.raises(Differs, match="expected a batch of 3: write 0x10 = 0x5, got a reset"):
        await transport.reset()
    transport = await open_recorded(Target.parse(f"recorded:{path}"))
    await work(transport)
    error = (await transport.execute(batch(Read(0)))).error
    assert "expected nothing more (the recording ends here), got a batch of 1: read 0x0" in str(error)


async def test_names_come_from_above(tmp_path: Path) -> None:
    """The floors above say what an operation is called; the difference is told in their words."""
    path = tmp_path / "r"
    with path.open("wb", buffering=0) as file:
        await work(record(MemoryTransport(), file, HEADER))
    transport = await open_recorded(Target.parse(f"recorded:{path}"))

    def names(op: Operation) -> str:
        return f"pll0.CTRL.bypass={op.value}" if isinstance(op, Write) else "?"

    transport.describe = names
    error = (await transport.execute(batch(Write(0x10, 4)))).error
    assert isinstance(error, Differs)
    assert (error.expected, error.got) == ("pll0.CTRL.bypass=5", "pll0.CTRL.bypass=4")
    assert TransportError.from_data(error.to_data()) == error


def test_a_cut_recording_is_whole_to_its_last_record(tmp_path: Path) -> None:
    """Cut at each byte, a file gives every record that it has whole, says how it ends, and replays that far."""
    path = tmp_path / "r"
    recorded(path, work)
    data = path.read_bytes()
    whole = read_recording(path).happened
    found: set[int] = set()
    head = 8 + int.from_bytes(data[:4], "little")
    for length in range(head):
        (tmp_path / "cut").write_bytes(data[:length])
        with pytest.raises(ValueError, match="within its header"):
            read_recording(tmp_path / "cut")
    for length in range(head, len(data) + 1):
        (tmp_path / "cut").write_bytes(data[:length])
        recording = read_recording(tmp_path / "cut")
        count = len(recording.happened)
        assert recording.happened == whole[:count]
        assert count >= max(found, default=0)
        assert recording.cut == (length < len(data)) == ("cut off" in recording.ends)
        assert not recording.damage
        found.add(count)
    assert found == set(range(len(whole) + 1))
    (tmp_path / "cut").write_bytes(data[:-60])
    last: list[Results] = []

    async def body(transport: Transport) -> None:
        last.extend([await transport.execute(each) for each in WORK])

    replayed(tmp_path / "cut", body)
    assert str(last[-1].error) == "the recording ends here, after 3 batches: its writer was cut off"
    assert isinstance(last[-1].error, CutOff)
    assert not any(isinstance(one.error, DeviceLost) for one in last[:-1])


@given(at=st.integers(0), bit=st.integers(0, 7))
def test_a_damaged_recording_gives_nothing_wrong(tmp_path_factory: pytest.TempPathFactory, at: int, bit: int) -> None:
    """With any bit flipped, a file is refused, or gives records that were recorded and stops before the damage."""
    folder = tmp_path_factory.mktemp("damaged")
    recorded(folder / "r", work)
    data = bytearray((folder / "r").read_bytes())
    whole = read_recording(folder / "r").happened
    data[at % len(data)] ^= 1 << bit
    (folder / "r").write_bytes(data)
    try:
        recording = read_recording(folder / "r")
    except ValueError:
        return
    assert recording.happened == whole[: len(recording.happened)]
    assert bool(recording.damage) != recording.cut
    # Only where the mark itself is hit may a damaged file seem cut off.
    assert recording.damage or at % len(data) >= len(data) - END_BYTES_MAX
    assert len(recording.happened) < len(whole) or at % len(data) >= len(data) - END_BYTES_MAX


def test_a_damaged_recording_is_refused_at_open(tmp_path: Path) -> None:
    """A flipped bit anywhere, or bytes after the end, are told with their place before anything is replayed."""
    recorded(tmp_path / "r", work)
    data = (tmp_path / "r").read_bytes()
    first = 8 + int.from_bytes(data[:4], "little")
    second = first + 8 + int.from_bytes(data[first : first + 4], "little")
    for at, words in ((second + 9, "checksum"), (second, "checksum|length is wrong"), (second + 3, "at most")):
        changed = bytearray(data)
        changed[at] ^= 0x40
        (tmp_path / "r").write_bytes(changed)
        place = f"damaged in the record at byte {second}: .*({words}).*; 1 batch stands before it"
        with pytest.raises(TargetError, match=place):
            trio.run(open_transport, f"recorded:{tmp_path}/r")
    (tmp_path / "r").write_bytes(data + b"more")
    with pytest.raises(TargetError, match=f"at byte {len(data)}: 4 bytes after the end mark; 4 batches stand before"):
        trio.run(open_transport, f"recorded:{tmp_path}/r")


async def test_what_comes_after_a_cut_waits_for_it(tmp_path: Path, autojump_clock: MockClock) -> None:
    """A block that asks early for what was recorded after the cut is no difference: the other's turns come first."""
    with (tmp_path / "r").open("wb", buffering=0) as file:
        transport = record(MemoryTransport(), file, HEADER)
        for number in range(3):
            await transport.execute(batch(Write(0, number), Delay(5)))
    again = await open_recorded(Target.parse(f"recorded:{tmp_path}/r"))
    again.home = lambda address: "one" if address < 0x20 else "other"
    ends: dict[str, tuple[float, object]] = {}

    begin_s = trio.current_time()

    async def ask(name: str, *batches: Batch) -> None:
        results = [await again.execute(each) for each in batches]
        ends[name] = (trio.current_time() - begin_s, type(results[-1].error))

    async with trio.open_nursery() as nursery:
        nursery.start_soon(ask, "other", batch(Write(0x20, 1)))
        nursery.start_soon(ask, "one", *(batch(Write(0, number), Delay(5)) for number in range(3)))
    assert ends == {"other": (15.0, CutOff), "one": (15.0, type(None))}
    again = await open_recorded(Target.parse(f"recorded:{tmp_path}/r"))
    again.home = lambda address: "one" if address < 0x20 else "other"
    assert isinstance((await again.execute(batch(Write(0, 7)))).error, Differs)
    again = await open_recorded(Target.parse(f"recorded:{tmp_path}/r"))
    again.home = lambda address: "one" if address < 0x20 else "other"
    with trio.fail_after(60):  # nobody takes the turn that comes before
        assert isinstance((await again.execute(batch(Write(0x20, 1)))).error, Differs)


async def test_a_full_disk_does_not_disturb_the_run() -> None:
    """When the file takes no more, the batch still has its results, and why the recording ends is told."""

    class Full(io.BytesIO):
        def write(self, data: object, /) -> int:
            assert isinstance(data, bytes)
            if self.tell() > 200:
                raise OSError(errno.ENOSPC, "No space left on device")
            return super().write(data)

    file = Full()
    transport = record(MemoryTransport(), file, HEADER)
    for number in range(50):
        results = await transport.execute(batch(Write(0, number), Read(0)))
        assert results.values == (None, number)
    assert transport.problem == "No space left on device"


async def test_a_cancelled_batch_is_recorded_so(tmp_path: Path, autojump_clock: MockClock) -> None:
    """A batch that was cancelled is waited for until it is cancelled again; if it is not, that is a difference."""
    path = tmp_path / "r"
    with path.open("wb", buffering=0) as file:
        transport = record(MemoryTransport(), file, HEADER)
        with trio.move_on_after(1):
            await transport.execute(batch(Delay(60)))
        await transport.execute(batch(Read(0)))
    (step, _) = read_recording(path).happened
    assert isinstance(step, Executed)
    assert step.cancelled
    assert isinstance(step.results.error, Indeterminate)
    again = await open_recorded(Target.parse(f"recorded:{path}"))
    with trio.move_on_after(1) as scope:
        await again.execute(batch(Delay(60)))
    assert scope.cancelled_caught
    assert (await again.execute(batch(Read(0)))).values == (0,)
    never = await open_recorded(Target.parse(f"recorded:{path}"))
    error = (await never.execute(batch(Delay(60)))).error
    assert "was cancelled in the recording, and is not now" in str(error)


async def test_a_target_that_is_no_recording_is_named(tmp_path: Path) -> None:
    """A file that is missing, is something else, or is of another chip is refused at open, by name."""
    with pytest.raises(TargetError, match="No such file"):
        await open_transport(f"recorded:{tmp_path}/none")
    (tmp_path / "text").write_text("GET / HTTP/1.1\r\n")
    with pytest.raises(TargetError, match="is no recording"):
        await open_transport(f"recorded:{tmp_path}/text")
    with (tmp_path / "r").open("wb", buffering=0) as file:
        record(MemoryTransport(), file, HEADER)
    with pytest.raises(TargetError, match="a recording of toy, not of mini"):
        await open_transport(f"recorded:{tmp_path}/r", chip="mini")
    for chip in ("toy", "toy?die=4", f"{tmp_path}/toy.toml?die=4"):
        assert isinstance(await open_transport(f"recorded:{tmp_path}/r", chip=chip), ReplayTransport)
    os.mkfifo(tmp_path / "pipe")
    for endless in ("/dev/zero", f"{tmp_path}/pipe"):
        with pytest.raises(TargetError, match="is no recording: it is no regular file"):
            await open_transport(f"recorded:{endless}")
    with pytest.raises(TargetError, match=r"'recorded:' names no file; expected recorded:FILE"):
        await open_transport("recorded:")
