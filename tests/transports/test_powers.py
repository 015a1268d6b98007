"""Optional powers by name: a stand-in has those of the transport that it stands for, and no others."""

from __future__ import annotations

from itertools import chain, combinations

import anyio.lowlevel
import pytest

from transports.base import Judge, Judgement, Notifier, Resettable
from transports.memory import MemoryTransport
from transports.powers import POWERS, endowed, powers_of


class Notifying(MemoryTransport):
    async def wait(self) -> frozenset[int]:
        await anyio.lowlevel.checkpoint()
        return frozenset({1})


class Resetting(MemoryTransport):
    async def reset(self) -> None:
        await anyio.lowlevel.checkpoint()


class Judging(MemoryTransport):
    async def judge(self) -> Judgement:
        await anyio.lowlevel.checkpoint()
        return Judgement(("a rule",))


MIXINS = {"notifier": Notifying, "resettable": Resetting, "judge": Judging}
SETS = [frozenset(names) for names in chain.from_iterable(combinations(sorted(POWERS), n) for n in range(4))]


@pytest.mark.parametrize("powers", SETS, ids=lambda names: "+".join(sorted(names)) or "none")
async def test_a_stand_in_has_these_powers_and_no_others(powers: frozenset[str]) -> None:
    """Asked with isinstance, it is what was said, whatever the combination; and it still does what it did."""
    made = endowed(MemoryTransport, MIXINS, powers)
    transport = made(64)
    assert powers_of(transport) == powers
    there = (isinstance(transport, Judge), isinstance(transport, Notifier), isinstance(transport, Resettable))
    assert there == tuple(name in powers for name in sorted(POWERS))
    assert made.__name__ == "MemoryTransport"
    assert endowed(MemoryTransport, MIXINS, powers) is made
    if isinstance(transport, Judge):
        assert (await transport.judge()).violations == ("a rule",)
