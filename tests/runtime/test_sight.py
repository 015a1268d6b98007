"""What a keeper sees of its blocks, it sees from firm ground: each look at one makes sure of what it stands on."""

from __future__ import annotations

from typing import Any

import trio
from attrs import define, field

from blocks.chip.supervision import Drift, Supervision
from blocks.ladder import Ladder, Rung, Where
from registers.handles import AnyMap
from runtime.summary import State
from tests.runtime.conftest import Device, ToyTransport
from tests.runtime.serving import Bells, ToyChips, given, kept, run
from transports.batch import Batch, Results

FALL_S, MENDED_S, WELL_S = 1.0, 2.0, 9.0
FULL = 9  # the word that says of a block that it is full


def _zero(word: Any) -> bool:
    return not word.raw


def drifting(regs: AnyMap) -> Ladder:
    """A ladder of which hardware moves the middle, between two rungs that only software changes."""
    words: list[Any] = [regs.at(f"W[{index}]") for index in range(3)]
    low, mid, high = words
    return Ladder(
        Rung("low", holds=[low.check(v=1)], reach=[low.write(v=1)], within=2e-6),
        Rung("moved", holds=[Where("word 1 is 0", [mid.read()], _zero)], within=1e-3),
        Rung("high", holds=[high.check(v=1)], reach=[high.write(v=1)], within=1e-3),
    )


@define(eq=False)
class Falling(ToyTransport):
    """A device of which some words fall to 0 before one batch."""

    number: int = field(kw_only=True)
    words: list[int] = field(kw_only=True)
    batches: int = 0

    async def execute(self, batch: Batch) -> Results:
        if trio.current_time() >= FALL_S:
            self.batches += 1
            if self.batches == self.number:
                self.device.words |= dict.fromkeys(self.words, 0)
        return await super().execute(batch)


def falls_before(toy_chips: ToyChips, number: int) -> tuple[int, list[int]]:
    """Let a block drift and be mended, and what it stands on lose all before one batch of that.

    Returns:
        How many batches there were, and the words of the block that were accessed while its ground did not stand.
    """
    rules = {"user": Supervision(backoff_s=0.3, attempts=20)}
    toy = toy_chips({"pll": (), "user": ("pll",)}, {"user": drifting}, rules=rules)
    user = toy.blocks["user"]
    full: Any = user.regs.at(f"W[{FULL}]")
    user.whole = Ladder(Rung("full", holds=[full.check(v=0)], within=1e-3))
    below, drifts = [toy.address("pll", rung) for rung in range(2)], toy.address("user")
    toy.transport = falling = Falling(toy.device, number=number, words=below)
    bells, wrong = Bells("user"), list[int]()

    def accessed(device: Device, address: int) -> None:
        if address >> 12 == 2 and trio.current_time() >= FALL_S and not all(device.words[word] for word in below):
            wrong.append((address & 0xFFF) // 4)

    def written(device: Device, address: int, _value: int) -> None:
        accessed(device, address)
        if address == drifts and FALL_S <= trio.current_time() < MENDED_S:
            device.words[address] = 0

    async def main() -> None:
        async with kept(toy, sweep_s=1000.0, wire=given(bells)) as it:
            await trio.sleep_until(FALL_S)
            toy.device.seen, toy.device.written = accessed, written
            toy.device.words[drifts] = 0
            bells.bells["user"].ring()
            await trio.sleep_until(WELL_S)
            assert {verdict.state for verdict in it.service.status().values()} == {State.UP}
            assert all(incident.recovered for incident in it.incidents)

    run(main)
    return falling.batches, wrong


def test_no_batch_touches_a_block_whose_ground_fell_before_it(toy_chips: ToyChips) -> None:
    """Before whichever batch of a recovery its ground falls, the block is not touched until that stands; then it is up.

    Also not by the looks whether it works, still serves, or is full.
    """
    batches, wrong = falls_before(toy_chips, 0)
    assert wrong == []
    assert batches > 10
    assert {number: wrong for number in range(1, batches + 1) if (wrong := falls_before(toy_chips, number)[1])} == {}


def test_a_block_climbs_on_ground_of_which_a_rung_is_left_as_it_is(toy_chips: ToyChips) -> None:
    """A block whose ground drifted, and is only reported by its rule, is brought up when it falls; the drift stays."""
    rules = {"pll": Supervision(drift=Drift.REPORT), "user": Supervision(backoff_s=0.1, attempts=5)}

    async def main() -> None:
        toy = toy_chips({"pll": (), "user": ("pll",)}, rules=rules)
        async with kept(toy, sweep_s=1.0) as it:
            toy.device.words[toy.address("pll", 1)] = 0
            await trio.sleep(3)
            toy.device.words |= {toy.address("user", rung): 0 for rung in range(2)}
            await trio.sleep(3)
            states = {name: verdict.state for name, verdict in it.service.status().items()}
            assert states == {"pll": State.DEGRADED, "user": State.UP}
            assert toy.device.words[toy.address("pll", 1)] == 0
            assert all(incident.recovered for incident in it.incidents)

    run(main)
