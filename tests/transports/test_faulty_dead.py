"""The laws of a controller that was reset and asks on: nothing of it goes anywhere, and who lives on is counted."""

from __future__ import annotations

import pytest
import trio
import trio.testing

from tests.transports.programs import BASE, SIZE
from transports.batch import Batch, Read, Write
from transports.faulty import Shot, faulty
from transports.memory import MemoryTransport


@pytest.mark.parametrize("cancelled", [False, True])
async def test_who_is_cancelled_later_is_no_zombie(autojump_clock: object, *, cancelled: bool) -> None:
    """A task of a controller that was reset may ask until it is cancelled, too; one that is not is counted."""
    transport = faulty(MemoryTransport(SIZE, BASE), [Shot.parse("reset@1-")])
    first, second = trio.CancelScope(), trio.CancelScope()
    transport.when_reset(first.cancel)
    with first:
        await transport.execute(Batch((Write(BASE, 1),)))

    with second:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(transport.execute, Batch((Write(BASE, 2),)))
            await trio.testing.wait_all_tasks_blocked()
            if cancelled:
                second.cancel()

    assert transport.zombies == (not cancelled)
    assert (await transport.transport.execute(Batch((Read(BASE),)))).values == (0,)
