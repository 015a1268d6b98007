"""The laws of time: virtual time costs nothing and never overtakes a real peer; short waits are short."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from contextlib import nullcontext
from functools import partial
from pathlib import Path

import pytest
import trio

from runtime import timer
from runtime.clock import RealClock, StepClock, VirtualClock

PEER = """
import os, sys, time
link = int(sys.argv[1])
os.write(link, b"!")
while os.read(link, 1):
    time.sleep(0.002)
    os.write(link, b"!")
"""


def test_an_hour_of_sleeps_costs_nothing() -> None:
    """Virtual time jumps from deadline to deadline: an hour, one second at a time, takes less than a real second."""

    async def main() -> float:
        async with trio.open_nursery() as nursery:
            for _ in range(5):
                nursery.start_soon(sleep_often)
        return trio.current_time()

    async def sleep_often() -> None:
        for _ in range(720):
            await trio.sleep(5)

    begin = time.monotonic()
    assert trio.run(main, clock=VirtualClock()) == 3600
    assert time.monotonic() - begin < 2


def test_time_stands_still_while_anything_runs() -> None:
    """However long code takes, no virtual time passes."""

    async def main() -> float:
        begin = time.monotonic()
        while time.monotonic() - begin < 0.002:
            await trio.lowlevel.checkpoint()
        return trio.current_time()

    assert trio.run(main, clock=VirtualClock()) == 0


def test_deadlines_expire_in_their_order_and_exactly() -> None:
    """Each sleeper wakes at exactly its own time, the earliest first."""
    woken: list[tuple[float, float]] = []

    async def sleeper(seconds: float) -> None:
        await trio.sleep(seconds)
        woken.append((seconds, trio.current_time()))

    async def main() -> None:
        async with trio.open_nursery() as nursery:
            for seconds in (3e-6, 1e-9, 5.0, 1e-3):
                nursery.start_soon(sleeper, seconds)

    trio.run(main, clock=VirtualClock())
    assert woken == [(seconds, seconds) for seconds in (1e-9, 3e-6, 1e-3, 5.0)]


@pytest.mark.skipif(sys.platform == "win32", reason="descriptors are handed down on Unix only")
def test_a_real_peer_is_never_late() -> None:
    """While a transaction is out to another process, its timeout of 1 s does not expire in the 2 ms that it takes.

    A ticker goes on in virtual time all the while. With a clock that jumps regardless, nearly all answers are late.
    """
    late, elapsed = ask_often(500, held=True)
    assert late == 0
    assert 500 < elapsed < 510
    late, _ = ask_often(20, held=False)
    assert late > 10


def ask_often(times: int, *, held: bool) -> tuple[int, float]:
    """Ask a peer in another process, once a second; return how often it seemed late, and the time it took."""
    clock = VirtualClock()

    async def main(link: socket.socket) -> tuple[int, float]:
        late = 0
        link.setblocking(False)
        stream = trio.SocketStream(trio.socket.from_stdlib_socket(link))
        with clock.hold():
            await stream.receive_some(1)  # the peer is there
        async with trio.open_nursery() as nursery:
            nursery.start_soon(tick)
            begin = trio.current_time()
            for _ in range(times):
                with trio.move_on_after(1) as scope, clock.hold() if held else nullcontext():
                    await stream.send_all(b"?")
                    await stream.receive_some(1)
                late += scope.cancelled_caught
                await trio.sleep(1)
            elapsed = trio.current_time() - begin
            nursery.cancel_scope.cancel()
        return late, elapsed

    async def tick() -> None:
        for _ in range(10**9):
            await trio.sleep(10)

    here, there = socket.socketpair()
    command = [sys.executable, "-c", PEER, str(there.fileno())]
    with here, there, subprocess.Popen(command, pass_fds=[there.fileno()]) as peer:
        there.close()
        try:
            return trio.run(main, here, clock=clock)
        finally:
            here.close()
            peer.wait(10)


def test_holds_may_overlap() -> None:
    """Time passes as real time until the last of several holds ends, and then jumps again."""

    async def main() -> float:
        clock = trio.lowlevel.current_clock()
        assert isinstance(clock, VirtualClock)
        with clock.hold():
            await trio.sleep(0.001)
            with clock.hold():
                await trio.sleep(0.001)
            assert trio.current_time() >= 0.002
        await trio.sleep(100)
        return trio.current_time()

    begin = time.monotonic()
    elapsed = trio.run(main, clock=VirtualClock())
    assert 0.002 < time.monotonic() - begin < 1
    assert 100.002 <= elapsed < 101


async def median_of_waits(seconds: float) -> float:
    waits: list[float] = []
    for _ in range(15):
        begin = trio.current_time()
        await timer.sleep(seconds)
        waits.append(trio.current_time() - begin)
    return sorted(waits)[7]


@pytest.mark.skipif(sys.platform != "linux", reason="timerfd is of Linux")
def test_a_short_wait_is_short_and_never_early() -> None:
    """Under the real clock 50 us take at least 50 us and, by half, less than the millisecond of trio's own timers."""
    assert 50e-6 <= trio.run(median_of_waits, 50e-6, clock=RealClock()) < 900e-6
    assert 2e-3 <= trio.run(median_of_waits, 2e-3, clock=RealClock()) < 2.9e-3


def test_a_wait_under_the_virtual_clock_is_exact() -> None:
    """Under any other clock the wait is trio's: virtual, to the last digit, at no cost."""
    assert trio.run(median_of_waits, 0.5, clock=VirtualClock()) == 0.5


def test_a_wait_without_a_timer_is_late_but_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no timer can be had, the wait is trio's own."""

    def full(_seconds: float) -> int:
        raise OSError(24, "too many open files")

    for broken in (None, full):
        monkeypatch.setattr(timer, "_armed", broken)
        assert trio.run(median_of_waits, 1e-4, clock=RealClock()) >= 1e-4


def test_a_wait_can_be_cancelled() -> None:
    """A cancelled wait ends at once and leaves no descriptor behind."""

    def descriptors() -> list[str]:
        return sorted(path.name for path in Path("/proc/self/fd").glob("*"))

    async def main() -> float:
        before = descriptors()
        for _ in range(20):
            with trio.CancelScope() as scope:
                scope.cancel()
                await timer.sleep(0.9)
        assert descriptors() == before
        return trio.current_time()

    assert trio.run(main, clock=RealClock()) < 0.9


def test_a_wait_of_nothing_is_a_checkpoint() -> None:
    """Zero and negative waits let others run and take no time."""

    async def main() -> float:
        await timer.sleep(0)
        await timer.sleep(-1)
        return trio.current_time()

    assert trio.run(main, clock=VirtualClock()) == 0


def test_a_step_has_one_time() -> None:
    """Under a StepClock a task sees one time from one wait to the next, and after it the machine's."""

    async def main() -> list[float]:
        trio.lowlevel.add_instrument(clock)
        seen: list[float] = []
        await trio.lowlevel.checkpoint()
        for wait in (trio.lowlevel.checkpoint, partial(trio.sleep, 0.002), partial(timer.sleep, 0.002)):
            begin_s, real_s = trio.current_time(), time.monotonic()
            while time.monotonic() - real_s < 0.001:
                assert trio.current_time() == begin_s
            await wait()
            seen.append(trio.current_time() - begin_s)
        return seen

    clock = StepClock()
    checkpoint, slept, short = trio.run(main, clock=clock)
    assert checkpoint >= 0.001
    assert min(slept, short) >= 0.002  # a timer counts from the time that its task sees


def test_deadlines_hold_under_a_step_clock() -> None:
    """A deadline under a StepClock ends what waits, never early, as under the machine's own."""

    async def main() -> float:
        trio.lowlevel.add_instrument(clock)
        with trio.move_on_after(0.01) as scope:
            await trio.sleep_forever()
        assert scope.cancelled_caught
        return trio.current_time()

    clock = StepClock()
    assert trio.run(main, clock=clock) >= 0.01


def test_time_that_stands_still_goes_on_when_it_may() -> None:
    """While nobody is there to see it no deadline passes, and none is jumped to; afterwards time jumps again."""
    clock, away = VirtualClock(), True
    clock.still = lambda: away
    assert clock.deadline_to_sleep_time(5.0) == float("inf")
    assert clock.current_time() == 0.0
    with clock.hold():
        assert clock.deadline_to_sleep_time(5.0) <= 5.0
    away = False
    assert clock.deadline_to_sleep_time(5.0) == 0.0
    assert clock.current_time() == 5.0
