"""Torn writes on any transport: of 64 bits the lower half arrives, of a wider register one access is lost."""

from __future__ import annotations

import pytest

from tests.transports.programs import BASE, SIZE
from tests.transports.test_faulty import ran, shot
from transports.batch import Operation, Read, Write, WriteBurst
from transports.faulty import faulty
from transports.memory import MemoryTransport


@pytest.mark.parametrize(
    ("asked", "arrives"),
    [
        ([Write(BASE, 0x1111_1111_2222_2222, width=8)], 0x2222_2222),
        ([WriteBurst(BASE, (0x1111_1111_2222_2222,), width=8)], 0x2222_2222),
        ([Write(BASE, 0x1111_2222)], 0x1111_2222),
        ([Write(BASE, 0x11, width=1)], 0x11),
    ],
)
async def test_of_a_torn_write_the_lower_half_arrives(asked: list[Operation], arrives: int) -> None:
    """The upper half of 64 bits is lost, and the write looks done; what is narrower is whole: the shot has missed."""
    transport = faulty(MemoryTransport(SIZE, BASE), [shot("torn-write@1")])
    assert (await ran(transport, *asked)).error is None
    assert (await ran(transport, Read(BASE, width=8))).values == (arrives,)
    assert (transport.missed == [shot("torn-write@1")]) == (arrives != 0x2222_2222)


@pytest.mark.parametrize("number", [1, 2])
@pytest.mark.parametrize("asked", [[Write(BASE, 1), Write(BASE + 4, 2)], [WriteBurst(BASE, (1, 2))]])
async def test_a_wide_register_is_torn_between_its_words(asked: list[Operation], number: int) -> None:
    """Of two words of one register the one that is struck is lost whole; of two registers neither is."""
    shots = [shot(f"torn-write@{number}")]
    transport = faulty(
        MemoryTransport(SIZE, BASE), shots, part_of=lambda address, width: address < BASE + 8 and width < 8
    )
    assert (await ran(transport, *asked)).error is None
    assert (await ran(transport, Read(BASE, width=8))).values == ({1: 2 << 32, 2: 1}[number],)

    apart = faulty(MemoryTransport(SIZE, BASE), shots)
    assert (await ran(apart, *asked)).error is None
    assert ((await ran(apart, Read(BASE, width=8))).values, apart.missed) == ((2 << 32 | 1,), shots)
