"""Every wait has a deadline: a peer that stops answering ends as device, link, or nobody knows who."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
import trio
from attrs import define, evolve

from runtime.bringup import bring_up, status
from runtime.session import DEADLINE_S
from runtime.summary import State
from tests.runtime.conftest import ToyTransport
from transports.base import Capabilities
from transports.batch import Batch, Read, Results
from transports.bus.hang import IDENTITY_S, PING_S
from transports.errors import Indeterminate

if TYPE_CHECKING:
    from tests.runtime.conftest import ToyChip

NEEDS = {"a": [], "b": ["a"], "c": ["a"]}
BATCHES = 12  # of a bring-up of these three, at least
IDENTITY = Read(0x9000)
WORD = 0x1DE0
RETRIES_S_MAX = 100.0


@define(eq=False)
class Mute(ToyTransport):
    """The device behind a link: from execute `at` on it is silent; its identity and the link answer as told."""

    at: int = 0
    identity: bool = True
    link: bool = True
    asked: int = 0

    async def execute(self, batch: Batch) -> Results:
        """Answer, or never."""
        if batch.operations == (IDENTITY,):
            await trio.sleep(0.0 if self.identity else 1e9)
            return Results((WORD,))
        self.asked += 1
        if self.asked >= self.at:
            await trio.sleep_forever()
        return await super().execute(batch)

    async def ping(self) -> None:
        """Answer, or never."""
        await trio.sleep(0.0 if self.link else 1e9)


def mute(toy: ToyChip, at: int, *, identity: bool = True, link: bool = True) -> Mute:
    """Return a transport in real time to the device of a toy."""
    return Mute(toy.device, Capabilities(real_time=True), at=at, identity=identity, link=link)


async def test_a_silent_device_is_lost(toy_chips: Callable[..., ToyChip], autojump_clock: object) -> None:
    """Whenever a device falls silent behind a link that answers, the run ends in its loss within one deadline."""
    for at in range(1, BATCHES):
        toy = toy_chips(NEEDS)
        transport = mute(toy, at=at, identity=False)
        start_s = trio.current_time()
        summary = await bring_up(evolve(toy.chip, identity=IDENTITY), transport)
        assert summary.lost is not None
        assert "the link answered, the device did not answer" in summary.lost.reason
        assert transport.asked == at
        assert trio.current_time() - start_s == pytest.approx(DEADLINE_S + IDENTITY_S, abs=0.1)


@pytest.mark.parametrize(("link", "culprit"), [(False, "the link is at fault"), (True, "the device is at fault")])
async def test_a_silent_way_fails_the_blocks_and_ends(
    link: bool, culprit: str, toy_chips: Callable[..., ToyChip], autojump_clock: object
) -> None:
    """Where the device is not known to be gone each block looks again, a bounded number of times, and then says why."""
    toy = toy_chips(NEEDS)
    transport = mute(toy, at=4, link=link)
    with trio.fail_after(RETRIES_S_MAX):
        summary = await bring_up(evolve(toy.chip, identity=IDENTITY), transport)
    assert summary.lost is None
    assert summary.failed
    assert isinstance(summary.failed[0].error, Indeterminate)
    assert culprit in summary.failed[0].error.reason


@pytest.mark.parametrize(("link", "culprit"), [(False, "the link is at fault"), (True, "the device is at fault")])
async def test_a_look_at_a_silent_device_ends_too(
    link: bool, culprit: str, toy_chips: Callable[..., ToyChip], autojump_clock: object
) -> None:
    """`status` ends as well: each block that the way did not let it see is failed, and says who is at fault."""
    toy = toy_chips({"a": []})
    start_s = trio.current_time()
    seen = await status(evolve(toy.chip, identity=IDENTITY), mute(toy, at=1, link=link))
    assert [verdict.state for verdict in seen.verdicts] == [State.FAILED]
    assert culprit in seen.verdicts[0].reason
    assert trio.current_time() - start_s < RETRIES_S_MAX


async def test_a_simulated_chip_is_not_watched(toy_chips: Callable[..., ToyChip], autojump_clock: object) -> None:
    """What answers in this process has no deadline: time that jumps is no silence."""
    toy = toy_chips({"a": []})
    transport = Mute(toy.device, at=3)
    with trio.move_on_after(100 * (DEADLINE_S + PING_S)) as scope:
        await bring_up(evolve(toy.chip, identity=IDENTITY), transport)
    assert scope.cancelled_caught
