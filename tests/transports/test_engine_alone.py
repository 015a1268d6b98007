"""The engine in C by itself: runs that stop and go on, stamps, values, closing, threads; and which engine it is."""

from __future__ import annotations

import gc
import importlib
import re
import sys
import threading
import time
from array import array
from collections.abc import Callable
from importlib.machinery import EXTENSION_SUFFIXES, PathFinder
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import transports
from tests.transports.programs import BASE, EVERY, SIZE, needs_engine, operations
from transports.batch import (
    WIDTHS,
    Batch,
    Check,
    Delay,
    Fence,
    Modify,
    Poll,
    Read,
    ReadBurst,
    Results,
    Write,
    WriteBurst,
    batch,
    ones,
)
from transports.engine import Window, refusal, run
from transports.errors import CheckFailed, Denied, DeviceLost
from transports.native import ENGINE, choose
from transports.program import FORMAT, KINDS, pack

if TYPE_CHECKING or ENGINE == "c":
    from transports import _engine

pytestmark = needs_engine


def open_window(memory: bytearray | None = None, *, identity: int | None = None) -> _engine.Window:
    """Return a window over memory, zeroed when none is given."""
    return _engine.Window(bytearray(SIZE) if memory is None else memory, BASE, identity=identity)


def stopped(done: bytes | _engine.Run) -> _engine.Run:
    """Return the run, which has stopped."""
    assert isinstance(done, _engine.Run)
    return done


OFFSETS = [
    -(2**63),
    -(2**32),
    -BASE - 8,
    -BASE,
    -8,
    -1,
    1,
    4,
    8,
    SIZE,
    2**32,
    2**63,
    2**64 - BASE,
    2**64 - 8,
    2**64 - 1,
]


@given(
    asked=st.lists(operations(), max_size=8).map(Batch),
    offset=st.sampled_from(OFFSETS) | st.integers(-(2**63), 2**64 - 1),
)
@example(asked=Batch([Write(BASE + 8, 0)]), offset=2**64 - 8)
def test_no_offset_leads_outside(asked: Batch, offset: int) -> None:
    """Wherever a program is moved, it runs just when each of its addresses, in whole numbers, is aligned and inside."""
    plain = Batch(Write(op.address, 0, width=op.width) for op in asked if isinstance(op, (Write, Poll, Check)))
    done = open_window().run(_engine.Program.of(plain.operations), offset)
    places = [(op.address + offset, op.width) for op in plain if isinstance(op, Write)]
    if any(place % width for place, width in places):
        assert stopped(done).code == _engine.UNALIGNED
    elif any(not BASE <= place <= BASE + SIZE - width for place, width in places):
        assert stopped(done).code == _engine.OUTSIDE
    else:
        assert isinstance(done, bytes)


def word_list(run: _engine.Run) -> list[int]:
    """Return the result words of a run."""
    return memoryview(run.words).cast("Q").tolist()


def test_a_run_goes_on_from_its_stops() -> None:
    """A run stops at each wait with what it has so far, goes on when told to, and at its end does nothing more."""
    run = stopped(open_window(bytearray(range(SIZE))).run(_engine.Program.of(tuple(EVERY))))
    assert (run.code, run.index, len(run.words)) == (_engine.WAIT_DELAY, 4, 4 * 8)
    assert (run.step(), run.index, word_list(run)[-1]) == (_engine.DONE, len(EVERY), 0)
    assert len(run.words) == 8 * (len(EVERY) + 2 + 1)  # a burst of three reads, one of two
    words = run.words
    assert (run.step(), run.words) == (_engine.DONE, words)


def test_a_poll_counts_its_looks() -> None:
    """Each step looks once more; the look that is met ends the wait."""
    memory = bytearray(SIZE)
    program = _engine.Program.of((Poll(BASE, mask=1, value=1, timeout_s=1.0), Read(BASE + 4)))
    run = stopped(open_window(memory).run(program))
    assert (run.code, run.last, run.address, run.poll_reads) == (_engine.WAIT_POLL, 0, BASE, 0)
    assert (run.step(), run.poll_reads) == (_engine.WAIT_POLL, 1)
    memory[0] = 3
    assert (run.step(), run.poll_reads, word_list(run)) == (_engine.DONE, 2, [3, 0])


def test_a_poll_spins_no_longer_than_its_timeout() -> None:
    """Spinning looks more than once in one step, and ends at the poll's own timeout however long it was allowed."""
    memory = bytearray(SIZE)
    run = stopped(open_window(memory).run(_engine.Program.of((Poll(BASE, mask=1, value=1, timeout_s=1e-3),))))
    assert run.step(2**62) == _engine.WAIT_POLL
    assert run.poll_reads > 1


def test_other_threads_run_while_one_spins() -> None:
    """A step that takes long lets other threads run; they can neither close the window nor take over the run."""
    memory = bytearray(SIZE)
    window = open_window(memory)
    run = stopped(window.run(_engine.Program.of((Poll(BASE, mask=1, value=1, timeout_s=60.0),))))
    codes: list[int] = []
    spinning = threading.Thread(target=lambda: codes.append(run.step(60 * 10**9)))
    spinning.start()
    try:
        while run.poll_reads < 100:
            time.sleep(0)
        with pytest.raises(BufferError, match="in another thread"):
            window.close()
        with pytest.raises(RuntimeError, match="another thread"):
            run.step()
        assert not window.closed
    finally:
        memory[0] = 1
        spinning.join()
    assert codes == [_engine.DONE]
    window.close()
    assert window.closed


@pytest.mark.parametrize("access_ns", [0, 10**6])
def test_stamps_are_times_of_completion(access_ns: int) -> None:
    """Each completed operation is stamped once, in order, within the call; what did not complete has no stamp."""
    asked = batch(Read(BASE), Write(BASE, 1), Fence(), ReadBurst(BASE, 4), Check(BASE, mask=1, value=0), Read(BASE))
    stamps = array("Q", bytes(8 * len(asked)))
    window = _engine.Window(bytearray(SIZE), BASE, access_ns=access_ns)
    before_ns = time.monotonic_ns()
    run = stopped(window.run(_engine.Program.of(asked.operations), 0, None, stamps))
    after_ns = time.monotonic_ns()
    assert (run.code, run.index) == (_engine.CHECK_FAILED, 4)
    assert [before_ns, *stamps[:4], after_ns] == sorted([before_ns, *stamps[:4], after_ns])
    assert list(stamps[4:]) == [0, 0]


def test_values_are_checked_before_the_first_access() -> None:
    """A value with bits that its operation cannot write is refused by its number, and nothing was written."""
    memory = bytearray(SIZE)
    window = open_window(memory)
    operations = (Write(BASE, 0, width=1), Modify(BASE, mask=0xF0, value=0), WriteBurst(BASE, (0, 0), width=2))
    program = _engine.Program.of(operations)
    for number, value in enumerate((0x100, 0x01, 0x1_0000, 0x1_0000)):
        values = array("Q", [0xFF, 0xF0, 1, 2])
        values[number] = value
        with pytest.raises(ValueError, match=f"value {number} is {value:#x}; expected no bits outside"):
            window.run(program, 0, values)
    assert memory == bytes(SIZE)
    for wrong in (b"", bytes(8 * 3), bytes(8 * 5), bytes(31)):
        with pytest.raises(ValueError, match=r"values: .* bytes; expected 4 words"):
            window.run(program, 0, wrong)
    with pytest.raises(ValueError, match="stamps: 8 bytes; expected 3 words"):
        window.run(program, 0, None, bytearray(8))
    with pytest.raises(BufferError):
        window.run(program, 0, None, bytes(24))  # cannot be written


def test_no_answer_is_told_from_all_ones() -> None:
    """All ones are a value while the identity register has one, and the device is gone when that reads ones as well."""
    operations = (Read(BASE + 8, width=1), Modify(BASE + 8, mask=1, value=0))
    memory = bytearray(b"\xff" * SIZE)
    memory[:4] = b"\1\0\0\0"
    window = Window(memory, BASE, identity=BASE)
    assert window.start(Batch(operations), lambda: 0.0) == Results((0xFF, 0xFFFF_FFFF))
    memory[:] = b"\xff" * SIZE
    rest = window.start(Batch(operations), lambda: 0.0)
    assert not isinstance(rest, Results)
    with pytest.raises(StopIteration) as stop:
        next(rest)
    reason = "read 0xff, and the identity register reads all ones as well"
    assert stop.value.value == Results((), DeviceLost(reason, address=BASE + 8, index=0))
    assert memory == b"\xff" * SIZE


@pytest.mark.parametrize("width", WIDTHS)
def test_a_modify_of_a_lost_device_writes_nothing(width: int) -> None:
    """A modify that reads all ones from a bus where nobody answers makes no write."""
    memory = bytearray(b"\xff" * SIZE)
    program = _engine.Program.of((Modify(BASE + 8, mask=1, value=0, width=width),))
    run = stopped(open_window(memory, identity=BASE).run(program))
    assert (run.code, run.last, bytes(memory)) == (_engine.ONES, ones(width), b"\xff" * SIZE)


@pytest.mark.parametrize("where", [0, 1, 2])
def test_a_lost_device_ends_a_burst_where_it_is_lost(where: int) -> None:
    """A burst that meets it has no results, and says at which word it was."""
    memory = bytearray(SIZE)
    memory[:4] = b"\xff" * 4
    memory[8 + 4 * where : 12 + 4 * where] = b"\xff" * 4
    run = stopped(open_window(memory, identity=BASE).run(_engine.Program.of((Fence(), ReadBurst(BASE + 8, 3)))))
    assert (run.code, run.index, run.address, word_list(run)) == (_engine.ONES, 1, BASE + 8 + 4 * where, [0])


def test_a_closed_window_makes_no_access() -> None:
    """After close a program gets as far as its first access; the memory is free; a run under way ends there too."""
    memory = bytearray(SIZE)
    window = open_window(memory)
    run = stopped(window.run(_engine.Program.of((Delay(1.0), Fence(), ReadBurst(BASE, 0), Write(BASE, 1)))))
    window.close()
    window.close()
    memory.append(0)  # a bytearray that somebody holds cannot grow
    assert (run.step(), run.code, run.index, run.address) == (_engine.FAILED, _engine.CLOSED, 3, BASE)
    assert word_list(run) == [0, 0]
    late = stopped(window.run(_engine.Program.of((Fence(), Read(BASE)))))
    assert (late.code, late.index, bytes(memory)) == (_engine.CLOSED, 1, bytes(SIZE + 1))


@pytest.mark.parametrize(
    ("memory", "base", "options"),
    [
        (bytearray(12), BASE, {}),
        (bytearray(0), BASE, {}),
        (memoryview(bytearray(24))[4:20], BASE, {}),
        (bytearray(16), BASE + 4, {}),
        (bytearray(16), 2**64 - 8, {}),
        (bytearray(16), BASE, {"widths": 16}),
        (bytearray(16), BASE, {"identity": BASE + 2}),
        (bytearray(16), BASE, {"identity": BASE + 16}),
        (bytearray(16), BASE, {"identity": BASE - 4}),
        (bytearray(16), BASE, {"identity": -4}),
        (bytearray(16), -8, {}),
        (bytearray(16), 2**64, {}),
    ],
)
def test_windows_that_cannot_be_are_refused(memory: bytearray, base: int, options: dict[str, int]) -> None:
    """A window that is not whole words at their places, or whose identity is not in it, is refused and lets go."""
    with pytest.raises(ValueError, match=r"window of|identity|base -?[0-9]+: expected 0 to"):
        _engine.Window(memory, base, **options)


def test_the_last_window_may_end_where_addresses_do() -> None:
    """A window at the end of all addresses is one, and what the format can name of it can be reached."""
    window = _engine.Window(bytearray(16), 2**64 - 16)
    assert isinstance(window.run(_engine.Program.of((Read(2**64 - 8),))), bytes)
    for address, offset in ((2**64 - 24, 0), (0, -8)):
        run = stopped(window.run(_engine.Program.of((Read(address),)), offset))
        assert run.code == _engine.OUTSIDE


def test_what_it_was_not_made_for_is_a_type_error() -> None:
    """Arguments of other types are named, and do no harm."""
    untyped: Any = _engine
    window: Any = open_window()
    program: Any = _engine.Program.of(())
    calls: list[Callable[[], object]] = [
        lambda: window.run(),
        lambda: window.run(b""),
        lambda: window.run(program, "0"),
        lambda: window.run(program, 0, 1),
        lambda: window.run(program, 0, None, None, None),
        lambda: untyped.Program("FLP1"),
        lambda: untyped.Program.of([]),
        lambda: untyped.Program.of((1,)),
        lambda: untyped.register_types((Read,)),
        lambda: untyped.register_types(KINDS[::-1]),
        lambda: untyped.Run(),
    ]
    for call in calls:
        with pytest.raises((TypeError, AttributeError)):
            call()
    assert _engine.pack(tuple(EVERY)) == pack(EVERY)


def test_nothing_is_left_behind() -> None:
    """After any number of programs, runs, stops and refusals every object is held by as many as before."""
    memory, values = bytearray(SIZE), array("Q", [1])
    window = open_window(memory)
    programs = [_engine.Program.of(ops) for ops in ((Write(BASE, 1),), (Delay(1.0), Write(BASE, 1)), (Write(0, 1),))]

    def work() -> None:
        for program in programs:
            done = window.run(program, 0, values)
            if not isinstance(done, bytes):
                done.step()
        _engine.Program(pack(EVERY))
        with pytest.raises(ValueError, match="byte 4"):
            _engine.Program(pack(EVERY)[:-1])

    work()
    held = [sys.getrefcount(each) for each in (memory, values, window, *programs)]
    blocks: list[int] = []
    for _ in range(3):
        work()
        gc.collect()
        blocks.append(sys.getallocatedblocks())
    assert [sys.getrefcount(each) for each in (memory, values, window, *programs)] == held
    assert max(blocks) - min(blocks) < 50


async def test_what_no_program_can_say_python_does() -> None:
    """A batch that the format has no room for is refused as the engine in Python refuses it."""
    window = Window(bytearray(SIZE), BASE)
    asked = Batch([Write(BASE, 1), Read(1 << 64)])
    results = await run(asked, window)
    assert results == Results((), refusal(asked, window.region))
    assert isinstance(results.error, Denied)


async def test_a_check_is_told_as_python_tells_it() -> None:
    """The error of a check carries mask, wanted and last, whichever engine saw it."""
    results = await run(Batch([Fence(), Check(BASE, mask=0xF, value=0xA)]), Window(bytearray(b"\xab" * SIZE), BASE))
    last = 0xABABABAB
    reason = "read 0xabababab, wanted 0xa under mask 0xf"
    assert results.error == CheckFailed(reason, address=BASE, index=1, mask=0xF, wanted=0xA, last=last)


# ---- which engine it is ---------------------------------------------------------------------------------------


def test_the_twin_can_be_asked_for() -> None:
    """FIRSTLIGHT_ENGINE decides between the engines; a word that names none is refused."""
    assert choose({"FIRSTLIGHT_ENGINE": "python"}) == ("python", "FIRSTLIGHT_ENGINE=python asks for it")
    assert choose({})[0] == choose({"FIRSTLIGHT_ENGINE": "c"})[0] == "c"
    with pytest.raises(ValueError, match="expected c, python or nothing"):
        choose({"FIRSTLIGHT_ENGINE": "C"})


def test_a_library_that_is_not_there_is_told_from_one_that_does_not_load(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Without a library what to install is said, of a broken one what is wrong; asked for, neither is silent."""
    monkeypatch.delattr(transports, "_engine")
    monkeypatch.delitem(sys.modules, "transports._engine")
    monkeypatch.setattr(transports, "__path__", [str(tmp_path)])
    monkeypatch.setattr(
        sys, "meta_path", [PathFinder]
    )  # an editable install has one that looks at the checkout as well
    broken = tmp_path / f"_engine{EXTENSION_SUFFIXES[0]}"
    for said in ("install gcc libc6-dev python3-dev) and install firstlight again", f"does not load: {broken}"):
        engine, reason = choose({})
        assert (engine, said in reason) == ("python", True)
        with pytest.raises(ImportError, match=re.escape(f"asks for the engine in C, and {reason}")):
            choose({"FIRSTLIGHT_ENGINE": "c"})
        broken.write_text("no library")
        importlib.invalidate_caches()


def test_a_library_of_another_format_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """A library left over from before the format changed is not used, and what to do is said."""
    monkeypatch.setattr(_engine, "FORMAT", FORMAT + 1)
    engine, reason = choose({})
    assert (engine, "build it anew" in reason) == ("python", True)
    with pytest.raises(ImportError, match="build it anew"):
        choose({"FIRSTLIGHT_ENGINE": "c"})
