"""The laws of a chip in service: links that go and return, blocks that are held, and how it ends."""

from __future__ import annotations

from functools import partial
from math import inf
from typing import TYPE_CHECKING

import pytest
import trio
from attrs import define, evolve

from blocks.chip.supervision import Drift
from blocks.sim.chip import SimChip
from blocks.sim.faults.kinds import Answer, BitFlip, ChipReset, Fault, LinkDown, LocalReset, Upset
from runtime.incident import What
from runtime.service import BACK_S_MAX, Service
from runtime.summary import IN_SERVICE, State
from tests.runtime.conftest import ToyTransport
from tests.runtime.mini import GRAPH, MINI, Watched, ruled, serving
from tests.runtime.serving import Bells, ToyChips, given, kept, run
from transports.batch import Batch, Modify, Results, Write
from transports.errors import DeviceLost

if TYPE_CHECKING:
    from tests.runtime.conftest import Device

# ---- links ----


class Other(Watched):
    """A connection to what says that it is another chip."""

    @property
    def device_name(self) -> str:
        return "atlas, 324 blocks"


@pytest.mark.parametrize("answer", Answer)
@pytest.mark.parametrize(
    ("meanwhile", "touched"),
    [
        (None, set[str]()),
        (LocalReset(block="pll[2]"), {"pll[2]", *GRAPH.blocks_after("pll[2]")}),
        (ChipReset(), {*MINI.instances}),
    ],
)
def test_a_link_that_returns_is_resumed(answer: Answer, meanwhile: Fault | None, touched: set[str]) -> None:
    """However the loss shows, all is up when the link is back, and what stood all the while was not written to."""

    async def main() -> None:
        async with serving() as it:
            it.inject(LinkDown(for_s=2.0, answer=answer))
            await trio.sleep(1.0)
            assert [event.what for event in it.events][-1] is not What.LINK_BACK
            if meanwhile is not None:
                it.inject(meanwhile)
            await trio.sleep(4.0)
            assert it.down == set()
            assert it.transport.written <= touched
            assert bool(it.transport.written) is bool(touched)
            assert (len(it.told(What.LINK_LOST)), len(it.told(What.LINK_BACK))) == (1, 1)
            assert all(incident.recovered for incident in it.incidents)
            (incident,) = it.incidents
            assert (incident.root, {*incident.touched}) == ("", it.transport.written)
            before = len(it.transport.log)
            await trio.sleep(1.0)
            assert len(it.transport.log) > before, "the sweep goes on"

    run(main)


@pytest.mark.parametrize("answer", Answer)
def test_a_chip_that_does_not_answer_is_asked_ever_more_seldom(answer: Answer) -> None:
    """While the link is down the identity alone is read, at last once in BACK_S_MAX, and nothing is written."""

    async def main() -> None:
        async with serving() as it:
            it.inject(LinkDown(for_s=200.0, answer=answer))
            await trio.sleep(100)
            it.transport.log.clear()
            await trio.sleep(50)
            assert it.transport.accessed == {"refpll"}
            assert 50 / (BACK_S_MAX + 0.02) - 1 <= len(it.transport.log) <= 50 / BACK_S_MAX + 1
            assert it.transport.written == set()
            assert it.service.status().keys() == MINI.instances.keys()
            await trio.sleep(60)
            assert it.down == set()

    run(main)


def test_a_link_that_stays_away_is_told_at_the_end() -> None:
    """When the time is over before the link is back, the report says that it ended lost, and what was not recovered."""

    async def main() -> None:
        async with serving(for_s=10.0) as it:
            it.inject(LinkDown(for_s=1000.0))
            await trio.sleep(20)
            (end,) = it.ends
            assert (end.stopped, end.well) == ("time", False)
            assert end.for_s == pytest.approx(10.0)
            assert "all ones" in end.lost
            assert [incident.recovered for incident in end.incidents] == [False]

    run(main)


def test_a_chip_that_cannot_be_reached_at_first_is_brought_up_when_it_can() -> None:
    """A link that is down at the begin delays the bring-up, and is no end."""

    async def main() -> None:
        async with serving(before=LinkDown(for_s=1.0)) as it:
            assert 1.0 < trio.current_time() < 1.0 + 2 * BACK_S_MAX
            assert it.down == set()
            assert all(incident.recovered for incident in it.incidents)

    run(main)


def test_a_connection_that_is_over_is_made_anew() -> None:
    """Where the connection itself ended, another is opened as often as it takes, and nothing is written over it."""
    made: list[Watched] = []
    tries = [0]

    async def main() -> None:
        sim: list[SimChip] = []

        async def reopen() -> Watched:
            await trio.lowlevel.checkpoint()
            tries[0] += 1
            if tries[0] < 3:
                raise OSError("connection refused")
            made.append(Watched(sim[0]))
            return made[0]

        async with serving(reopen=reopen) as it:
            sim.append(it.transport.chip)
            await it.transport.aclose()
            await trio.sleep(5)
            assert (tries, len(made)) == ([3], 1)
            assert it.down == set()
            assert made[0].written == set()
            assert made[0].accessed == {*MINI.instances}
            assert all(incident.recovered for incident in it.incidents)

    run(main)


@pytest.mark.parametrize("comes", [False, True])
def test_another_chip_at_the_old_place_is_not_touched(comes: bool) -> None:
    """Where another chip answers when the connection is made anew, it is not accessed, and ours is waited for."""
    others: list[Other] = []

    async def main() -> None:
        sim: list[SimChip] = []

        async def reopen() -> Watched:
            await trio.lowlevel.checkpoint()
            if comes and len(others) == 3:
                return Watched(sim[0])
            others.append(Other(SimChip(MINI)))
            return others[-1]

        async with serving(reopen=reopen) as it:
            sim.append(it.transport.chip)
            await it.transport.aclose()
            await trio.sleep(5)
            assert len(others) >= 3
            assert [other.log for other in others] == [[]] * len(others)
            assert (it.down == set()) is comes
            it.stop.set()
            await trio.sleep(2)
            assert it.ends[0].lost == ("" if comes else "target 'given' is atlas, 324 blocks; expected mini, 13 blocks")

    run(main)


@pytest.mark.parametrize("for_s", [inf, 8.0])
def test_a_place_that_does_not_answer_holds_up_no_end(for_s: float) -> None:
    """Told to stop, or its time over, while a connection is being made, it ends at once."""

    async def main() -> None:
        async def reopen() -> Watched:
            await trio.sleep_forever()
            raise AssertionError

        async with serving(reopen=reopen, for_s=for_s) as it:
            await it.transport.aclose()
            await trio.sleep(5)
            assert it.ends == []
            if for_s == inf:
                it.stop.set()
            await trio.sleep(0.1 if for_s == inf else 3)
            (end,) = it.ends
            assert end.stopped == ("signal" if for_s == inf else "time")
            assert end.lost

    run(main)


def test_histories_outlive_a_link() -> None:
    """What fell before the link was lost counts when it falls again after that: the policy bounds its tries."""
    chip = ruled(MINI, {"pll[2]": evolve(MINI.supervision["pll[2]"], intensity=1)})

    async def main(lose: bool) -> list[str]:
        async with serving(chip) as it:
            it.inject(Upset(block="pll[2]", name="lock_lost"))
            await trio.sleep(3)
            if lose:
                it.inject(LinkDown(for_s=0.5))
            await trio.sleep(3)
            it.inject(Upset(block="pll[2]", name="lock_lost"))
            await trio.sleep(3)
            assert it.down == set()
            return [incident.level for incident in it.incidents if incident.root]

    assert run(partial(main, False)) == run(partial(main, True)) == ["climb", "block"]


# ---- holding ----


def test_a_held_block_is_not_accessed() -> None:
    """From hold to release neither hint nor sweep, nor what stands on the block, makes anybody access it, counted."""

    async def main() -> None:
        async with serving() as it:
            it.service.hold("crg[0]")
            it.inject(BitFlip(block="crg[0]", register="INTR_ENABLE.clock_lost"))
            it.inject(Upset(block="pll[1]", name="lock_lost"))
            await trio.sleep(10)
            assert "crg[0]" not in it.transport.accessed
            assert {"pll[0]", "pll[1]", "crg[1]"} <= it.transport.accessed, "the others went on"
            it.transport.log.clear()
            it.service.release("crg[0]")
            await trio.sleep(1)
            assert {"crg[0]"} < it.transport.written <= {"crg[0]", *GRAPH.blocks_after("pll[1]")}
            assert it.down == set()
            assert [event.block for event in it.told(What.HELD)] == ["crg[0]"]
            assert [event.block for event in it.told(What.RELEASED)] == ["crg[0]"]

    run(main)


def test_a_block_is_held_in_the_midst_of_its_recovery(toy_chips: ToyChips) -> None:
    """Held after any access of its climb, a block is not accessed again before it is released; then it comes up."""

    async def main(access: int) -> bool:
        toy = toy_chips({"a": (), "b": ("a",)})
        bells, made, at = Bells("a"), [0], [0]
        async with kept(toy, sweep_s=1.0, wire=given(bells)) as it:

            def count(device: Device, address: int, _value: int = 0) -> None:
                made[0] += address >> 12 == 1
                if made[0] == access:
                    it.service.hold("a")
                    at[0] = device.asked
                    made[0] += 1

            toy.device.words[toy.address("a")] = 0
            toy.device.seen, toy.device.written = count, count
            bells.bells["a"].ring()
            await trio.sleep(1e-3)
            if not at[0]:
                return False
            log = len(toy.device.log)
            await trio.sleep(5)
            assert [entry for entry in toy.device.log[log:] if entry[1] >> 12 == 1] == []
            it.service.release("a")
            await trio.sleep(1)
            assert (it.state("a"), it.state("b")) == (State.UP, State.UP)
            assert toy.device.words[toy.address("a")] == 1
            return True

    access = 1
    while run(partial(main, access)):
        access += 1
    assert access > 5


@pytest.mark.parametrize("meanwhile", [False, True])
def test_a_hold_outlives_a_link(meanwhile: bool) -> None:
    """A block that is held before the link is back is held then, and is not accessed until its release."""

    async def main() -> None:
        async with serving() as it:
            it.service.hold("pll[2]")
            if not meanwhile:
                it.service.hold("pll[3]")
            it.inject(LinkDown(for_s=0.5))
            await trio.sleep(0.4)
            assert {verdict.state for verdict in it.service.status().values()} == {State.STOPPED}
            it.service.release("pll[2]")
            it.transport.log.clear()
            if meanwhile:
                it.service.hold("pll[3]")
            await trio.sleep(5)
            assert "pll[3]" not in it.transport.accessed
            assert "pll[2]" in it.transport.accessed
            it.service.release("pll[3]")
            await trio.sleep(1)
            assert it.down == set()
            assert it.transport.written == set()

    run(main)


@pytest.mark.parametrize("by_rule", [False, True])
def test_what_is_held_at_the_end_is_not_well(by_rule: bool) -> None:
    """A block that is held at the end, by a person or for a field that drifted, is told as that, though it serves."""
    drift = BitFlip(block="crg[0]", register="INTR_ENABLE.clock_lost")
    chip = ruled(MINI, {"crg[0]": evolve(MINI.supervision["crg[0]"], drift=Drift.HOLD)}) if by_rule else MINI

    async def main() -> None:
        async with serving(chip) as it:
            if by_rule:
                it.inject(drift)
            else:
                it.service.hold("crg[0]")
            await trio.sleep(1)
            it.stop.set()
            await trio.sleep(1)
            (end,) = it.ends
            why = "left as its rule says" if by_rule else "held for a person"
            assert (end.well, end.unrecovered) == (False, {"crg[0]": why})
            assert end.states["crg[0]"] in IN_SERVICE

    run(main)


def test_who_can_be_held_is_said() -> None:
    """A block that is not there, or a chip that is not in service yet, is refused by name; nothing is accessed."""
    transport = Watched

    async def main() -> None:
        made = transport(SimChip(MINI))
        service = Service(MINI, made)
        with pytest.raises(ValueError, match="mini has no block 'pll'"):
            service.hold("pll")
        with pytest.raises(ValueError, match="mini is not in service yet"):
            service.hold("refpll")
        assert {verdict.state for verdict in service.status().values()} == {State.STOPPED}
        assert made.log == []
        with pytest.raises(ValueError, match=r"sweep_s is 0; expected 0\.01 seconds or more"):
            Service(MINI, made, sweep_s=0)

    run(main)


# ---- ends ----


@define(eq=False)
class Slow(ToyTransport):
    """A transport whose batches take a time, all of which is before the first access."""

    takes_s: float = 0.0
    begun: int = 0
    ended: int = 0
    acts: int = 0

    async def execute(self, batch: Batch) -> Results:
        self.begun += 1
        self.acts += any(isinstance(op, (Write, Modify)) for op in batch)
        await trio.sleep(self.takes_s)
        came = await super().execute(batch)
        self.ended += 1
        return came


@pytest.mark.parametrize("fallen", [False, True])
def test_a_stop_waits_for_what_is_out(toy_chips: ToyChips, fallen: bool) -> None:
    """Told to stop in a sweep or a climb, it ends when the batch that is out is back, whole; only a look follows."""

    async def main(after_s: float) -> None:
        toy = toy_chips({"a": (), "b": ("a",)})
        slow = Slow(toy.device)
        toy.transport = slow
        async with kept(toy, sweep_s=1.0) as it:
            toy.device.words[toy.address("a", 1)] = int(not fallen)
            slow.takes_s = 0.1
            await trio.sleep(1.0 + after_s)
            begun, out, at_s = slow.acts, slow.begun - slow.ended, trio.current_time()
            it.stop.set()
            slow.takes_s = 0.0  # of what follows
            await trio.sleep(0.2)
            (end,) = it.ends
            assert (slow.begun, slow.acts) == (slow.ended, begun)
            assert out in (0, 1)
            assert end.stopped == "signal"
            assert end.for_s == pytest.approx(at_s + (0.1 - after_s % 0.1 if out else 0.0) - it.summary.elapsed_s)
            begun = slow.begun
            await trio.sleep(10)
            assert slow.begun == begun

    for tenth in range(8):
        run(partial(main, tenth / 10 + 0.05))


def test_a_stop_leaves_the_chip_as_it_is() -> None:
    """Stopped, nothing of the chip was written; another service finds it in service and writes nothing."""

    async def main() -> None:
        async with serving() as it:
            await trio.sleep(1)
            it.stop.set()
            await trio.sleep(1)
            (end,) = it.ends
            assert (end.stopped, end.well, end.writes) == ("signal", True, 0)
            assert it.events[-1].what is What.STOPPED
            assert it.transport.written == set()
            log = len(it.transport.log)
            await trio.sleep(10)
            assert len(it.transport.log) == log
            again = Watched(it.transport.chip)
            served = await Service(MINI, again, sweep_s=0.1).run(for_s=1.0)
            assert (served.well, again.written) == (True, set())

    run(main)


def test_the_time_is_counted_from_when_all_has_settled() -> None:
    """It ends by itself, so long after the bring-up, also in the midst of a recovery."""

    async def main() -> None:
        async with serving(for_s=5.0) as it:
            await trio.sleep(4.94)
            it.inject(Upset(block="pll[0]", name="lock_lost"))
            await trio.sleep(1)
            (end,) = it.ends
            assert end.stopped == "time"
            assert end.for_s == pytest.approx(5.0)
            assert end.up is it.summary

    run(main)


def test_a_stop_before_the_chip_is_up_says_so() -> None:
    """Who stops a bring-up is told that the chip was never in service; what was begun is left as it is."""

    async def main() -> None:
        transport, stop = Watched(SimChip(MINI)), trio.Event()
        async with trio.open_nursery() as nursery:

            async def after() -> None:
                await trio.sleep(1e-4)
                stop.set()

            nursery.start_soon(after)
            with pytest.raises(DeviceLost, match="stop"):
                await Service(MINI, transport).run(stop=stop)
        log = len(transport.log)
        await trio.sleep(1)
        assert len(transport.log) == log
        assert transport.violations == []

    run(main)
