"""The laws of a transport that may only be read; where writing is allowed too, they are asked more strictly."""

from __future__ import annotations

from collections.abc import Iterator

import anyio

from transports.base import Capabilities, Gathering, Notifier
from transports.batch import (
    WIDTHS,
    Access,
    Batch,
    Check,
    Delay,
    Fence,
    Modify,
    Poll,
    Read,
    ReadBurst,
    Write,
    WriteBurst,
    batch,
    ones,
)
from transports.conformance.storage import LONG_S, ROUNDING_S, SHORT_S, Storage, expect, without_reason
from transports.errors import CheckFailed, DeviceLost, PollTimeout


async def what_it_can(device: Storage) -> None:
    """Capabilities tell the truth: the widths that were promised, and the optional powers that are there."""
    there = device.transport.capabilities
    expect(type(there), Capabilities, "capabilities")
    expect(there.widths, device.widths, "widths")
    expect(there.notifier, isinstance(device.transport, Notifier), "capabilities.notifier")
    expect(device.transport.capabilities, there, "capabilities asked again")


async def any_length(device: Storage) -> None:
    """A batch may have no operation, or thousands, and may be run again."""
    expect((await device.done()).values, (), "an empty batch")
    width = max(device.widths)
    address = device.at(0, width)
    word = await device.word(address, width)
    many = Batch([Read(address, width=width)] * device.longest)
    for _ in range(2):
        results = await device.transport.execute(many)
        expect((results.values, results.error), ((word,) * device.longest, None), f"{device.longest} reads in a batch")


async def bytes_in_order(device: Storage) -> None:
    """Byte k of a word is at its address + k, whatever the width it is read in; the first bytes are a narrower word."""
    widest = max(device.widths)
    address = device.at(4, widest)
    word = await device.known(address, widest, int.from_bytes(range(1, widest + 1), "little"))
    for width in device.widths:
        places = range(0, widest, width) if device.spacing is None else range(1)
        values = (await device.done(*(Read(address + place, width=width) for place in places))).values
        expect(
            values,
            tuple(word >> 8 * place & ones(width) for place in places),
            f"{width}-byte words of the {widest}-byte word {word:#x}",
        )


async def checks_stop(device: Storage) -> None:
    """A check that holds returns the word; one that does not stops the batch there, and says what it saw."""
    for address, width, word in device.words():
        word = await device.known(address, width, word)
        good = Check(address, mask=ones(width), value=word, width=width)
        bad = Check(address, mask=1, value=~word & 1, width=width)
        expect((await device.done(good, good)).values, (word, word), "checks that hold")
        results = await device.run(Read(address, width=width), good, bad, Read(address, width=width))
        wanted = CheckFailed("", address=address, index=2, mask=1, wanted=bad.value, last=word)
        expect(without_reason(results.error), wanted, "a check that does not hold")
        expect(results.values, (word, word), "values before the check that does not hold")


async def polls_end(device: Storage) -> None:
    """A poll returns the word when its value is there; otherwise it ends after its time, with one last look."""
    for address, width, word in device.words():
        word = await device.known(address, width, word)
        met = Poll(address, mask=ones(width), value=word, timeout_s=LONG_S, width=width)
        expect((await device.done(met)).values, (word,), "a poll that is met")
        for timeout_s in (0.0, SHORT_S):
            never = Poll(address, mask=1, value=~word & 1, timeout_s=timeout_s, width=width)
            start_s = anyio.current_time()
            results = await device.run(Fence(), never, Read(address, width=width))
            if (waited_s := anyio.current_time() - start_s) < timeout_s - ROUNDING_S:
                raise AssertionError(f"a poll gave up after {waited_s} s, expected {timeout_s} s or more")
            wanted = PollTimeout(
                "", address=address, index=1, mask=1, wanted=never.value, last=word, timeout_s=timeout_s
            )
            expect(without_reason(results.error), wanted, "a poll that is not met")
            if results.poll_reads < 0:
                raise AssertionError(f"poll_reads is {results.poll_reads}")


async def delays_last(device: Storage) -> None:
    """A delay lasts at least as long as it says, and returns nothing; nor does a fence."""
    address, width, _ = next(device.words())
    start_s = anyio.current_time()
    results = await device.done(Delay(SHORT_S), Fence(), Read(address, width=width), Delay(0.0))
    if (waited_s := anyio.current_time() - start_s) < SHORT_S - ROUNDING_S:
        raise AssertionError(f"a delay of {SHORT_S} s lasted {waited_s} s")
    expect(len(results), 4, "results of delay, fence, read, delay")


async def bursts_are_words(device: Storage) -> None:
    """A burst is its words one after the other, `stride` bytes apart; stride 0 stays on one word."""
    for address, width, word in device.words():
        values = tuple(word ^ number for number in range(5))
        for stride in (None, width, 2 * width, 0) if device.spacing is None else (0,):
            step = width if stride is None else stride
            places = [address + number * step for number in range(5)]
            if device.writable:
                await device.done(WriteBurst(address, values, width=width, stride=stride))
                wanted = values if step else (values[-1],) * 5
                singles = await device.done(*(Read(place, width=width) for place in places))
                expect(singles.values, wanted, f"words after a burst of {width} bytes, stride {stride}")
            singles = await device.done(*(Read(place, width=width) for place in places))
            burst = await device.done(ReadBurst(address, 5, width=width, stride=stride))
            expect(burst.values, (singles.values,), f"burst of {width} bytes, stride {stride}")
        expect((await device.done(ReadBurst(address, 0, width=width))).values, ((),), "a burst of no words")


def _outside(device: Storage) -> Iterator[Access]:
    """Give accesses that are not, or not wholly, in the window."""
    end = device.base + device.size
    for width in sorted(device.widths):
        yield Read(end, width=width)
        yield Write(end, 1, width=width)
        yield Modify(end + 8 * width, mask=1, value=1, width=width)
        yield Check(end, mask=0, value=0, width=width)
        yield Poll(end, mask=0, value=0, timeout_s=0.0, width=width)
        yield ReadBurst(end - 2 * width, 3, width=width)
        yield WriteBurst(end - 2 * width, (1, 2, 3), width=width)
        yield ReadBurst(end - 4 * width, 2, width=width, stride=4 * width)
        if device.base:
            yield Read(device.base - width, width=width)
        if device.spacing is not None and width < device.spacing:
            yield Read(device.at(0, width) + width, width=width)
            yield Read(device.at(1, width) - width, width=width)


async def guards_first(device: Storage) -> None:
    """What cannot be done is refused before the first access: an address outside, a width or a write there is not.

    Nor is a burst of more words than a batch may read.
    """
    width = max(device.widths)
    address = device.at(0, width)
    bad: list[Access] = [Read(device.base, width=other) for other in WIDTHS if other not in device.widths]
    bad.append(ReadBurst(address, (1 << 32) - 1, width=width, stride=0))
    if device.bounded:
        bad += _outside(device)
    if device.writable:
        await device.done(Write(address, 1, width=width))
    elif device.writable is False:
        bad += [
            Write(address, 1, width=width),
            Modify(address, mask=1, value=1, width=width),
            WriteBurst(address, (1,), width=width),
        ]
    before = await device.word(address, width)
    first = Write(address, 0, width=width) if device.writable else Read(address, width=width)
    for op in bad:
        await device.refused(1, first, op, first)
        await device.refused(2, first, Check(address, mask=1, value=~before & 1, width=width), op)
        expect(await device.word(address, width), before, f"the word written in a batch refused for {op}")


async def cancelled_batches_end(device: Storage) -> None:
    """Cancelled in a long wait, a batch ends there and goes no further, and the transport is as good as before."""
    width = max(device.widths)
    address = device.at(0, width)
    if device.writable:
        await device.done(Write(address, 0, width=width))
    word = await device.word(address, width)
    never = Poll(address, mask=1, value=~word & 1, timeout_s=LONG_S, width=width)
    for wait in (never, Delay(LONG_S)):
        after = Write(address, 1, width=width) if device.writable else Read(address, width=width)
        start_s = anyio.current_time()
        with anyio.move_on_after(SHORT_S) as scope:
            results = await device.run(Read(address, width=width), wait, after)
            raise AssertionError(f"{wait} was over before it was cancelled: {results}")
        if not scope.cancelled_caught or anyio.current_time() - start_s > LONG_S / 2:
            raise AssertionError(f"{wait} did not end when it was cancelled")
        await anyio.sleep(SHORT_S)
        expect(await device.word(address, width), word, f"the word that stands after {wait} in a cancelled batch")
    with anyio.CancelScope() as scope:
        scope.cancel()
        await device.run(Read(address, width=width))
    expect(scope.cancelled_caught, True, "execute is a checkpoint: in a cancelled scope it is cancelled")


async def closed_is_lost(device: Storage) -> None:
    """A transport that was closed may be closed again, and every batch after that finds the device lost."""
    await device.transport.aclose()
    address, width, _ = next(device.words())
    for asked in (batch(Read(address, width=width)), batch()):
        results = await device.transport.execute(asked)
        expect((results.values, type(results.error)), ((), DeviceLost), f"{asked} after aclose")
    if isinstance(device.transport, Gathering):
        found = await device.transport.execute_all([batch(Read(address, width=width))] * 2)
        expect([type(results.error) for results in found], [DeviceLost] * 2, "two batches together after aclose")
