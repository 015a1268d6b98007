"""Looking: whoever only reads is let in beside the holder, changes nothing, and keeps nobody waiting."""

from __future__ import annotations

from pathlib import Path

import anyio
import pytest

from tests.transports.sockets import Watched, both, serving_watched, settled
from transports.base import Judge, Notifier, Resettable
from transports.batch import Check, Delay, Modify, Poll, Read, ReadBurst, Results, Write, WriteBurst, batch
from transports.errors import Denied, DeviceLost
from transports.open import open_transport
from transports.remote import connect_to
from transports.serve import ONLOOKERS_MAX

LONG = batch(Write(0, 1), Delay(60), Write(0, 2))


@both
async def test_an_onlooker_is_let_in_beside_the_holder(tmp_path: Path) -> None:
    """It reads what the holder wrote; neither the holder nor the epoch changes, whether it comes first or later."""
    async with serving_watched(tmp_path) as place:
        before = await place.connect(look=True)
        holder = await place.connect(name="the night shift")
        later = await place.connect(look=True, take_over=True)
        assert (await holder.execute(batch(Write(0, 3)))).error is None
        for onlooker in (before, later):
            found = await onlooker.execute(batch(Read(0), Check(0, 3, 3), ReadBurst(0, 2)))
            assert (found.error, found.values[0]) == (None, 3)
        assert (place.server.holder, place.server.controllers, place.server.epoch) == ("the night shift", 1, 1)
        assert (before.epoch, later.epoch, holder.epoch) == (0, 1, 1)
        await before.aclose()
        assert (await holder.execute(batch(Write(0, 4), Read(0)))).values == (None, 4)
        second = await place.connect(take_over=True)
        assert (await later.execute(batch(Read(0)))).values == (4,)
        for one in (holder, later, second):
            await one.aclose()


@both
async def test_an_onlooker_changes_nothing_and_waits_for_nothing(tmp_path: Path) -> None:
    """Whatever is no read is Denied at its place, and nothing of its batch is done; there are no optional powers."""
    async with serving_watched(tmp_path) as place:
        onlooker = await place.connect(look=True)
        for op in (Write(8, 1), Modify(8, 1, 1), WriteBurst(8, (1, 2)), Poll(8, 1, 1, timeout_s=9), Delay(9)):
            found = await onlooker.execute(batch(Read(0), op))
            assert isinstance(found.error, Denied), op
            assert (found.error.index, found.values) == (1, ())
            assert found.error.address == (None if isinstance(op, Delay) else 8)
        assert place.device.accesses == []
        for power in (Notifier, Resettable, Judge):
            assert not isinstance(onlooker, power)
        await onlooker.aclose()


@both
async def test_an_onlooker_waits_its_turn(tmp_path: Path) -> None:
    """A look while a batch of the holder is out is answered after it; never are two in the device at once."""
    async with serving_watched(tmp_path) as place, anyio.create_task_group() as tasks:
        holder = await place.connect()
        onlooker = await place.connect(look=True)
        found: list[Results] = []
        seen = anyio.Event()

        async def look() -> None:
            found.append(await onlooker.execute(batch(Read(0))))
            seen.set()

        async def work() -> None:
            await holder.execute(LONG)

        tasks.start_soon(work)
        await place.device.reached(1)
        tasks.start_soon(look)
        await settled()
        assert found == []
        second = await place.connect(take_over=True)  # which ends what the first had out
        await seen.wait()
        assert found[0].values == (1,)
        assert place.device.most == 1
        for one in (holder, onlooker, second):
            await one.aclose()


@both
async def test_onlookers_are_bounded(tmp_path: Path) -> None:
    """One too many is refused, and why; one that left makes room."""
    async with serving_watched(tmp_path) as place:
        all_of_them = [await place.connect(look=True) for _ in range(ONLOOKERS_MAX)]
        with pytest.raises(Denied, match=f"{ONLOOKERS_MAX} look at the device already"):
            await place.connect(look=True)
        await all_of_them.pop().aclose()
        await settled()
        all_of_them += [await place.connect(look=True), await place.connect()]
        for one in all_of_them:
            await one.aclose()


class Hinting(Watched):
    """A device that hints, and is lost."""

    gone: anyio.Event

    async def wait(self) -> frozenset[int]:
        self.gone = anyio.Event()
        await self.gone.wait()
        raise DeviceLost("it fell off")


@both
async def test_an_onlooker_is_told_that_the_device_is_lost(tmp_path: Path) -> None:
    """When the device says that it is lost, those who look hear it, and no one more is let in."""
    device = Hinting()
    async with serving_watched(tmp_path, device) as place:
        onlooker = await place.connect(look=True)
        await settled()
        device.gone.set()
        await settled()
        found = await onlooker.execute(batch(Read(0)))
        assert isinstance(found.error, DeviceLost)
        with pytest.raises(DeviceLost, match="it fell off"):
            await place.connect(look=True)
        await onlooker.aclose()


@both
async def test_a_target_is_looked_at(tmp_path: Path) -> None:
    """Who opens a target for a look gets one, though another holds it; who opens it for more is refused."""
    async with serving_watched(tmp_path) as place:
        holder = await connect_to(place.address, name="the night shift")
        onlooker = await open_transport(str(place.address), look=True)
        assert (await holder.execute(batch(Write(0, 7)))).error is None
        assert (await onlooker.execute(batch(Read(0)))).values == (7,)
        assert not onlooker.capabilities.notifier
        with pytest.raises(Denied, match="held by the night shift"):
            await open_transport(str(place.address))
        await holder.aclose()
        await onlooker.aclose()
