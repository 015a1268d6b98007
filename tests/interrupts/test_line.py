"""One line: what its top half may do, how long it is shut, and what is counted."""

from __future__ import annotations

import pytest
import trio
from trio.testing import MockClock, wait_all_tasks_blocked

from interrupts.line import SHUT_S, STORM_MAX, STORM_S, DispatchLine
from interrupts.tally import BUCKETS, Histogram


def line_of(served: list[DispatchLine] | None = None) -> DispatchLine:
    return DispatchLine("plic", 4, ([] if served is None else served).append)


async def test_a_top_half_runs_before_the_wake(autojump_clock: MockClock) -> None:
    """The top half is called with its line, at each hint, before the block's task goes on."""
    line, order = line_of(), list[str]()

    def top(given: DispatchLine) -> bool:
        order.append(f"top {given.source}")
        return False

    async def block() -> None:
        await line.wait()
        order.append("block")

    line.top = top
    async with trio.open_nursery() as nursery:
        nursery.start_soon(block)
        await wait_all_tasks_blocked()
        line.hint(trio.current_time())
        assert order == ["top 4"]
    assert order == ["top 4", "block"]


async def test_a_top_half_may_spare_the_look(autojump_clock: MockClock) -> None:
    """What a top half dealt with wakes nobody and is completed at once; a sweep wakes the block all the same."""
    served: list[DispatchLine] = []
    line = line_of(served)
    line.top = lambda _line: True
    line.held = True
    line.hint(0.0)
    assert (line.pending, served, line.counts.topped) == (False, [line], 1)
    line.ring()
    assert line.pending
    line.hint(0.0)
    assert served == [line], "the block has yet to look, and is waited for"


async def test_a_top_half_that_raises_is_contained(autojump_clock: MockClock) -> None:
    """An exception in a top half is kept and counted, goes no further, and its block looks."""
    line, error = line_of(), ZeroDivisionError("no gain")

    def top(_line: DispatchLine) -> bool:
        raise error

    line.top = top
    for _ in range(3):
        line.hint(0.0)
    assert (line.counts.top_errors, line.counts.topped, line.top_error, line.pending) == (3, 0, error, True)


async def test_times_are_from_the_first_hint(autojump_clock: MockClock) -> None:
    """Several hints before a look are one, as old as the first; it ends when the block waits again."""
    line = line_of()
    line.hint(trio.current_time())
    await trio.sleep(1.0)
    line.hint(trio.current_time())
    await line.wait()
    await trio.sleep(2.5)
    with trio.move_on_after(0):
        await line.wait()
    counts = line.counts
    assert (counts.hints, counts.looks) == (2, 1)
    assert (counts.woken.count, counts.looked.count) == (1, 1)
    assert 1.0 <= counts.woken.within_s(0.5) <= 2.0
    assert 3.5 <= counts.looked.within_s(0.5) <= 7.0


async def test_a_line_has_one_block(autojump_clock: MockClock) -> None:
    """A second task that waits is refused, and the first goes on waiting and is woken."""
    line = line_of()
    with trio.fail_after(1.0):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(line.wait)
            await wait_all_tasks_blocked()
            with pytest.raises(trio.BusyResourceError, match="source 4 of plic is waited for"):
                await line.wait()
            line.hint(trio.current_time())
    assert line.counts.woken.count == 1


async def test_what_nobody_hinted_at_takes_no_time(autojump_clock: MockClock) -> None:
    """A look that no hint led to is counted, and no time of it; a hint that comes before it begins is timed."""
    line = line_of()
    for hinted in (False, True):
        line.ring()
        if hinted:
            line.hint(trio.current_time())
        await trio.sleep(1.0)
        await line.wait()
    with trio.move_on_after(0):
        await line.wait()
    counts = line.counts
    assert (counts.looks, counts.woken.count, counts.looked.count) == (2, 1, 1)
    assert counts.woken.within_s(0.5) >= 1.0


def test_a_histogram_is_bounded() -> None:
    """Each time is in the bucket that doubles up to it, and whatever is longer than the last in the last."""
    times = Histogram()
    for took_s in (-1.0, 0.0, 1e-9, 2e-9, 3e-9, 4e-9, 1e9, 1e30):
        times.add(took_s)
    assert len(times.buckets) == BUCKETS
    assert (times.buckets[:4], times.buckets[-1], times.count) == ([2, 1, 2, 1], 2, 8)


def test_a_share_is_rounded_up() -> None:
    """The time within which a share was done is the end of the bucket where it was reached, and 0 for nothing."""
    times = Histogram()
    assert times.within_s(0.99) == 0.0
    for took_s in [1e-6] * 98 + [1e-3] * 2:
        times.add(took_s)
    assert times.within_s(0.5) == 1024e-9
    assert times.within_s(0.98) == 1024e-9
    assert times.within_s(0.99) == pytest.approx(2**20 / 1e9)


def storm(line: DispatchLine, at_s: float) -> int:
    """Claim until that is too often, and return how many it took."""
    claims = 1
    while not line.storms(at_s):
        claims += 1
    return claims


def test_each_storm_that_follows_doubles_the_time_shut() -> None:
    """A line that storms as soon as it is open is shut for twice as long each time, up to the bound."""
    line, at_s, shut = line_of(), 5.0, list[float]()
    for _ in range(9):
        assert storm(line, at_s) == STORM_MAX + 1
        opens_s = line.shut(at_s, 1.0)
        shut.append(round(opens_s - at_s, 6))
        at_s = opens_s
    assert shut == [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.0, 1.0]
    assert line.counts.storms == 9


def test_a_line_that_kept_quiet_begins_anew() -> None:
    """A line that was open for more than twice as long as it had been shut is shut as at first when it storms again."""
    line, at_s = line_of(), 5.0
    for _ in range(4):
        at_s = line.shut(at_s, 1.0)
    assert line.shut(at_s + 0.17, 1.0) - (at_s + 0.17) == pytest.approx(SHUT_S)


def test_claims_that_come_slowly_are_no_storm() -> None:
    """As many claims in a window as are allowed, window after window, never shut a line."""
    line = line_of()
    for window in range(100):
        assert not any(line.storms(window * 1.001 * STORM_S) for _ in range(STORM_MAX))
