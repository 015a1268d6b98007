"""The laws of a block for which nothing more is tried: what makes it a new trouble, and how often."""

from __future__ import annotations

from itertools import count, pairwise
from typing import TYPE_CHECKING, Any

import pytest
import trio
from attrs import evolve

from blocks.chip.supervision import Drift, Level, Supervision
from blocks.ladder import Ladder, Rung
from blocks.sim.faults.kinds import DroppedWrite, ErrorResponse, LocalReset
from registers.handles import AnyMap
from runtime.incident import What
from runtime.summary import State
from runtime.unit import AGAIN_S_MAX
from tests.runtime.mini import MINI, ruled, serving
from tests.runtime.serving import Kept, ToyChips, kept, run, stuck

if TYPE_CHECKING:
    from tests.runtime.conftest import Device

RULE = Supervision(attempts=2, backoff_s=0.1, backoff_max_s=4.0, grace_s=0.1)
SWEEP_S = 1.0


def two_stuck(regs: AnyMap) -> Ladder:
    """A ladder of two rungs that no act of ours raises."""
    words: list[Any] = [regs.at("W[0]"), regs.at("W[1]")]
    last = words[-1]
    return Ladder(
        *(Rung(f"r{n}", holds=[w.check(v=5)], reach=[last.write(v=1)], within=1e-3) for n, w in enumerate(words))
    )


def pauses(it: Kept) -> list[float]:
    return [after.time_s - before.time_s for before, after in pairwise(it.told(What.GAVE_UP, "a"))]


def test_evidence_that_is_never_the_same_is_a_new_trouble_ever_more_seldom(toy_chips: ToyChips) -> None:
    """A value that is another at each look makes a block be tried again after pauses that double, to an hour."""

    async def main() -> None:
        toy = toy_chips({"a": ()}, {"a": stuck}, rules={"a": RULE})
        values = count(10)

        def seen(device: Device, address: int) -> None:
            device.words[address] = next(values)

        toy.device.seen = seen
        async with kept(toy, sweep_s=10 * SWEEP_S) as it:
            await trio.sleep(30_000)
            assert it.state("a") is State.FAILED
            wanted = [min(RULE.backoff_max_s * 2**n, AGAIN_S_MAX) for n in range(len(pauses(it)))]
            assert len(wanted) > 11
            for pause_s, least_s in zip(pauses(it), wanted, strict=True):
                assert least_s <= pause_s <= least_s + 11 * SWEEP_S
            assert len(it.incidents) == 1

    run(main)


def test_what_was_not_missing_before_is_a_new_trouble_at_once(toy_chips: ToyChips) -> None:
    """Another condition that does not hold is decided at the next sweep; one that comes back waits for its pause."""

    async def main() -> None:
        toy = toy_chips({"a": ()}, {"a": two_stuck}, rules={"a": RULE})
        async with kept(toy, sweep_s=SWEEP_S) as it:
            await trio.sleep(3)
            assert len(it.told(What.GAVE_UP)) == 1
            toy.device.words[toy.address("a")] = 5
            await trio.sleep(SWEEP_S + 0.5)
            assert [event.detail.split(";")[0] for event in it.told(What.GAVE_UP)] == ["2 climbs failed"] * 2
            for value in range(100):
                toy.device.words[toy.address("a")] = 5 * (value % 2)
                await trio.sleep(2 * SWEEP_S)
            assert 2 < len(pauses(it)) < 8
            toy.device.words[toy.address("a")] = toy.device.words[toy.address("a", 1)] = 5
            await trio.sleep(SWEEP_S + 0.5)
            assert it.state("a") is State.UP
            gave_up = len(it.told(What.GAVE_UP))
            toy.device.words[toy.address("a")] = 0
            await trio.sleep(SWEEP_S + 1.5)
            assert len(it.told(What.GAVE_UP)) == gave_up + 1, "once it was well, all is new"

    run(main)


def test_a_release_is_a_new_trouble_at_once(toy_chips: ToyChips) -> None:
    """Somebody who takes a block back that was given up does not wait for any pause."""

    async def main() -> None:
        toy = toy_chips({"a": ()}, {"a": stuck}, rules={"a": evolve(RULE, backoff_max_s=1000.0)})
        async with kept(toy, sweep_s=SWEEP_S) as it:
            await trio.sleep(3)
            for number in range(1, 4):
                assert len(it.told(What.GAVE_UP)) == number
                it.service.release("a")
                await trio.sleep(0.5)

    run(main)


@pytest.mark.parametrize("drift", [Drift.HOLD, Drift.REPORT])
def test_a_field_that_drifts_on_is_told_ever_more_seldom(toy_chips: ToyChips, drift: Drift) -> None:
    """A field whose value is another at each look, and which is left, is told of after pauses that double."""

    async def main() -> None:
        toy = toy_chips({"a": ()}, rules={"a": evolve(RULE, drift=drift)})
        values = count(10)
        async with kept(toy, sweep_s=SWEEP_S) as it:

            def seen(device: Device, address: int) -> None:
                if address == toy.address("a"):
                    device.words[address] = next(values)

            toy.device.seen = seen
            await trio.sleep(500)
            assert it.state("a") is State.DEGRADED
            what = What.HELD if drift is Drift.HOLD else What.DRIFTED
            assert 5 <= len(it.told(what)) <= 9
            assert toy.device.writes == 2, "the bring-up's"

    run(main)


def test_who_is_given_up_while_nothing_answers_is_brought_up_once_it_does() -> None:
    """What is seen when the errors of a bus are over is a new trouble, and is climbed for, however soon that is."""
    chip = ruled(MINI, {"io_crg[0]": evolve(MINI.supervision["io_crg[0]"], patience_s=0.0)})

    async def main() -> None:
        async with serving(chip, sweep_s=0.1) as it:
            it.inject(LocalReset(block="io_crg[0]"))
            it.inject(ErrorResponse(block="io_crg[0]", for_s=0.15))
            it.service.look("io_crg[0]")
            await trio.sleep(0.12)
            assert it.told(What.GAVE_UP)
            await trio.sleep(0.2)
            assert it.down == set()
            (incident,) = it.incidents
            assert incident.recovered

    run(main)


def test_what_was_given_up_climbs_again_ever_more_seldom_and_disturbs_nobody() -> None:
    """A fault that shows no sign when it is over is outlived: a climb after each pause, which doubles, alone."""
    chip = ruled(MINI, {"io_crg[0]": evolve(MINI.supervision["io_crg[0]"], highest=Level.CLUSTER)})

    async def main() -> None:
        async with serving(chip) as it:
            it.inject(LocalReset(block="io_crg[0]"))
            it.inject(DroppedWrite(block="io_crg[0]", for_s=100.0))
            it.service.look("io_crg[0]")
            await trio.sleep(5)
            assert it.told(What.GAVE_UP)
            others = it.transport.written - {"io_crg[0]"}
            assert others, "its cluster was reset for it, once"
            it.transport.log.clear()
            await trio.sleep(90)
            assert it.down == {"io_crg[0]"}
            assert it.transport.written == {"io_crg[0]"}
            tried = [event.time_s for event in it.told(What.GAVE_UP)]
            assert [round(later - sooner) for sooner, later in pairwise(tried)] == [10, 20, 40]
            await trio.sleep(80)
            assert it.down == set()
            assert all(incident.recovered for incident in it.incidents)

    run(main)
