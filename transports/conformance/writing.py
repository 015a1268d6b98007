"""The laws of a transport that may be written."""

from __future__ import annotations

import random

import anyio

from transports.base import Gathering
from transports.batch import (
    WIDTHS,
    Batch,
    Check,
    Delay,
    Fence,
    Modify,
    Operation,
    Poll,
    Read,
    ReadBurst,
    Write,
    WriteBurst,
    ones,
)
from transports.conformance.oracle import Oracle
from transports.conformance.storage import SHORT_S, SIZE_BYTES_MIN, Storage, expect
from transports.errors import CheckFailed

RANDOM_BATCHES = 60


async def words_return(device: Storage) -> None:
    """A word that is written is read again, in each width, and its neighbours stay as they are."""
    for address, width, word in device.words():
        for value in (word, 0, ones(width), word):
            around = [address - width, address + width]
            before = [await device.word(place, width) for place in around]
            results = await device.done(Write(address, value, width=width), Read(address, width=width))
            expect(results.values, (None, value), f"write and read of {width} bytes")
            expect([await device.word(place, width) for place in around], before, f"neighbours of {width} bytes")


async def modify_returns_before(device: Storage) -> None:
    """Modify changes the bits of its mask, no others, and returns the word as it was before."""
    for address, width, word in device.words():
        mask = 0x3C << 8 * (width - 1)
        value = 0x24 << 8 * (width - 1)
        results = await device.done(
            Write(address, word, width=width),
            Modify(address, mask=mask, value=value, width=width),
            Read(address, width=width),
        )
        expect(results.values, (None, word, word & ~mask | value), f"modify of {width} bytes")


async def failure_stops(device: Storage) -> None:
    """A batch stops at its first failure, wherever that is: what is before it has landed, what is after has not."""
    width = max(device.widths)
    places = [device.at(number, width) for number in range(5)]
    for failing in range(5):
        await device.done(*(Write(place, 0, width=width) for place in places))
        writes: list[Operation] = [Write(place, 1, width=width) for place in places]
        results = await device.run(
            *writes[:failing], Check(places[failing], mask=1, value=1, width=width), *writes[failing:]
        )
        expect(type(results.error), CheckFailed, f"failure at operation {failing}")
        landed = [await device.word(place, width) for place in places]
        expect(landed, [1] * failing + [0] * (5 - failing), f"what landed with operation {failing} failing")


async def strobes_select(device: Storage) -> None:
    """Strobes write just their bytes; what cannot be had as one access is refused before the first access."""
    any_strobes = device.transport.capabilities.strobes
    for address, width, word in device.words():
        for strobes in range(1, 1 << width):
            memory = bytearray(word.to_bytes(width, "little"))
            oracle = Oracle(memory, address, widths=device.widths, strobes=any_strobes)
            await device.done(Write(address, word, width=width))
            strobed = [Write(address, ones(width) ^ word, width=width, strobes=strobes)]
            if oracle.run(Batch(strobed)).error is None:
                await device.done(*strobed)
            else:
                error = await device.refused(1, Write(address, 0, width=width), *strobed)
                if "strobes" not in str(error):
                    raise AssertionError(f"strobes are refused with {str(error)!r}, which does not name the capability")
            wanted = int.from_bytes(memory, "little")
            expect(await device.word(address, width), wanted, f"strobes {strobes:#x} of {width} bytes")


async def batches_take_turns(device: Storage) -> None:
    """Batches of many tasks run one after the other, each as a whole, also while one of them waits."""
    width = max(device.widths)
    address = device.at(0, width)
    outcomes: list[tuple[int, object]] = []

    async def task(number: int) -> None:
        results = await device.run(
            Write(address, number, width=width),
            Delay(SHORT_S / 10),
            Read(address, width=width),
            Poll(address, mask=0xFF, value=0xFF, timeout_s=SHORT_S / 10, width=width),
        )
        outcomes.append((number, results[2]))

    async with anyio.create_task_group() as tasks:
        for number in range(1, 5):
            tasks.start_soon(task, number)
    expect(sorted(outcomes), [(number, number) for number in range(1, 5)], "(own word, word read back)")


async def together_as_alone(device: Storage) -> None:
    """Batches that a Gathering carries together each bring what they would alone, whatever became of those before."""
    transport = device.transport
    if not isinstance(transport, Gathering):
        return
    width = max(device.widths)
    here, there = device.at(0, width), device.at(1, width)
    asked = [
        Batch((Write(here, 1, width=width), Read(here, width=width))),
        Batch((Check(here, 1, 0, width=width), Write(there, 9, width=width))),
        Batch(),
        Batch((Read(here, width=max(set(WIDTHS) - device.widths, default=width)), Write(there, 8, width=width))),
        Batch((Read(there, width=width), Write(here, 2, width=width))),
        Batch((ReadBurst(here, 2, width=width),)),
    ]
    outcomes: list[list[tuple[object, ...]]] = []
    for together in (True, False):
        await device.done(Write(here, 0, width=width), Write(there, 5, width=width))
        came = await transport.execute_all(asked) if together else [await transport.execute(one) for one in asked]
        outcomes.append([(results.values, type(results.error), results.error) for results in came])
    expect(outcomes[0], outcomes[1], "together, and one by one")


def _random_operation(choose: random.Random, device: Storage) -> Operation:
    width = choose.choice(sorted(device.widths))
    address = device.base + choose.randrange(0, SIZE_BYTES_MIN // 2, width)
    mask = choose.getrandbits(8 * width) & choose.getrandbits(8 * width)
    word = choose.getrandbits(8 * width)
    count = choose.randrange(4)
    stride = choose.choice([None, 0, width, 3 * width])
    rarely = choose.randrange(8) == 0
    kinds: list[Operation] = [
        Read(address, width=width),
        Write(address, word, width=width),
        Write(address, word, width=width, strobes=choose.choice([None, 1, (1 << width) - 1])),
        Modify(address, mask=mask, value=word & mask, width=width),
        Check(address, mask=mask if rarely else 0, value=word & mask if rarely else 0, width=width),
        Poll(address, mask=0, value=0, timeout_s=0.0, width=width),
        ReadBurst(address, count, width=width, stride=stride),
        WriteBurst(address, [word ^ number & 1 for number in range(count)], width=width, stride=stride),
        Fence(),
    ]
    return choose.choice(kinds)


async def random_batches_agree(device: Storage) -> None:
    """Random batches bring what the contract's oracle says, and leave the same memory."""
    unit = max(device.widths)
    cells = [Read(device.base + place, width=unit) for place in range(0, SIZE_BYTES_MIN, unit)]

    async def content() -> bytes:
        values = (await device.done(*cells)).values
        return b"".join(value.to_bytes(unit, "little") for value in values if isinstance(value, int))

    for seed in range(RANDOM_BATCHES):
        choose = random.Random(seed)
        memory = bytearray(await content())
        oracle = Oracle(memory, device.base, widths=device.widths, strobes=device.transport.capabilities.strobes)
        asked = Batch(_random_operation(choose, device) for _ in range(choose.randrange(30)))
        wanted = oracle.run(asked)
        results = await device.run(*asked)
        got = results.values, type(results.error), results.error and results.error.index
        expect(got, (wanted.values, wanted.error or type(None), wanted.index), f"seed {seed}, {asked}")
        expect(await content(), bytes(memory), f"memory after seed {seed}, {asked}")
