"""The laws of the climb, without any event loop: it asks, the toy answers."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blocks.ladder import Ladder, Rung, Where
from blocks.port import Port
from runtime import climb as module
from runtime import requests
from runtime.climb import Climbed, Plan, climb, granted, look
from runtime.fault import Cause, Fault
from runtime.requests import Purpose, pause
from transports.errors import BusFault, CheckFailed, Denied, DeviceLost, Indeterminate, TransportError, Unavailable

if TYPE_CHECKING:
    from tests.runtime.conftest import Device, Toy

Toys = Callable[..., "Toy"]


def up(toy: Toy, ladder: Ladder, **options: Any) -> Any:
    return toy.drive(climb(Plan(ladder), "toy", toy.device.now, **options))


def held(count: int) -> dict[int, int]:
    return {4 * index: 1 for index in range(count)}


def test_a_block_that_is_up_costs_one_look_and_no_write(toys: Toys) -> None:
    """A ladder that holds is read once, every check, and nothing is written."""
    toy = toys(words=held(7))
    assert up(toy, toy.ladder(7)) == Climbed((), 1, 0.0)
    assert (toy.device.reads, toy.device.writes) == (7, 0)
    assert toy.stands == [7]


def test_an_empty_ladder_is_up_without_an_access(toys: Toys) -> None:
    """What has no rungs asks nothing of the bus."""
    toy = toys()
    assert up(toy, Ladder()) == Climbed((), 0, 0.0)
    assert toy.runs == []


def test_from_reset_every_rung_is_acted_on_once_in_order(toys: Toys) -> None:
    """From reset a climb acts on each rung once, lowest first, and ends with a look at them all."""
    toy = toys()
    outcome = up(toy, toy.ladder(5))
    assert outcome.acted == ("r0", "r1", "r2", "r3", "r4")
    assert toy.device.writes == 5
    assert [run.purpose for run in toy.runs] == [Purpose.LOOK, *[Purpose.ACT] * 5, Purpose.LOOK]
    assert len(toy.runs[-1].batch) == 5


def test_a_rung_that_settles_at_once_costs_one_round_trip(toys: Toys) -> None:
    """From reset n rungs take n + 2 batches: the first look, one for each act, the last look."""
    for count in range(2, 12):
        toy = toys()
        up(toy, toy.ladder(count))
        assert len(toy.runs) == count + 2


def test_a_climb_from_reset_is_linear(toys: Toys) -> None:
    """Each further rung costs as many accesses as the one before: no climb looks at all rungs for each rung."""
    for settles in (0.0, 1e-6):
        costs: list[int] = []
        for count in range(2, 40):
            toy = toys()
            assert isinstance(up(toy, toy.ladder(count, settles=settles)), Climbed)
            costs.append(toy.device.asked)
        assert len({after - before for before, after in pairwise(costs)}) == 1


@given(st.lists(st.booleans(), min_size=1, max_size=30))
def test_only_what_does_not_hold_is_acted_on(toys: Toys, pattern: list[bool]) -> None:
    """Whatever rungs hold already, a climb acts on exactly the others, at a linear cost, and ends up."""
    toy = toys(words={4 * index: int(holds) for index, holds in enumerate(pattern)})
    outcome = up(toy, toy.ladder(len(pattern)))
    assert outcome.acted == tuple(f"r{index}" for index, holds in enumerate(pattern) if not holds)
    assert toy.device.writes == pattern.count(False)
    assert toy.device.reads <= 5 * len(pattern)


@given(st.floats(0, 1), st.floats(0, 1), st.floats(1e-5, 1.0))
def test_a_rung_that_holds_late_is_seen_soon(toys: Toys, settles: float, late: float, within: float) -> None:
    """A rung that holds at time t is seen by t plus a part of it, small up to twice the usual time; by few looks."""
    usual = settles * within
    due = min(usual + late * (within - usual), within)  # the sum may round to just behind the deadline

    def seen(device: Device, _address: int) -> None:
        device.words[0] = int(device.now >= due)

    toy = toys(seen=seen)
    outcome = up(toy, Ladder(toy.rung(0, reach=[toy.word(1).write(v=1)], settles=usual, within=within)))
    assert isinstance(outcome, Climbed)
    slack = max(due * requests.SOON, 1e-6)
    if due * (1 + requests.SOON) >= 2 * usual:
        first = 0.0 if usual else within * requests.FIRST_OF_WITHIN
        slack = max(slack, first, due * requests.LATE / (1 - requests.LATE))
    assert due <= outcome.time_s <= due + slack * 1.0001
    assert outcome.looks < 220


def a_millisecond_after_the_write(device: Device, _address: int) -> None:
    """Let word 0 become 1 a millisecond after the batch that wrote word 1; word 2 keeps when that ended."""
    if device.words.get(4):
        started = device.words.setdefault(8, round((device.now + device.access_s) * 1e9))
        device.words[0] = int(device.now * 1e9 > started + 1e6)


@given(st.floats(0, 2e-3))
def test_the_last_look_is_at_the_deadline_or_later(toys: Toys, access_s: float) -> None:
    """A rung that begins to hold exactly at its deadline is up, however slow the bus is."""
    toy = toys(access_s=access_s, seen=a_millisecond_after_the_write)
    outcome = up(toy, Ladder(toy.rung(0, reach=[toy.word(1).write(v=1)], within=1.0001e-3)))
    assert isinstance(outcome, Climbed)
    assert toy.device.writes == 1


@given(st.floats(0, 4), st.floats(0, 1), st.floats(1e-5, 1.0), st.floats(0, 1e4))
def test_a_pause_is_a_part_of_the_time_since_the_act(
    toys: Toys, part: float, settles: float, within: float, now: float
) -> None:
    """Looks stand a 24th of the time since the act apart in usual times, else an eighth; 1 us at least; on ticks."""
    rung = toys().rung(0, within=within, settles=settles * within)
    elapsed = part * within
    usual = elapsed <= 2 * rung.settles
    longest = elapsed * (requests.SOON if usual else requests.LATE)
    if not rung.settles:
        longest = max(longest, within * requests.FIRST_OF_WITHIN)
    longest = max(longest, requests.LOOK_S_MIN)
    found = pause(rung, elapsed, now)
    assert requests.LOOK_S_MIN <= found <= longest + 1e-11
    tick = 2.0 ** math.floor(math.log2(longest))
    assert tick > longest / 2
    ticks = (now + found) / tick
    assert found == requests.LOOK_S_MIN or ticks == pytest.approx(round(ticks), abs=1e-5)


def test_a_rung_that_never_holds_is_a_fault_with_evidence(toys: Toys) -> None:
    """A rung that stays down is acted on three times, then told: register, wanted, last, attempts, elapsed."""
    toy = toys(words=held(2) | {12: 7})
    never = Rung("stuck", holds=[toy.word(3).check(v=9)], reach=[toy.word(5).write(v=1)], within=1e-3, settles=1e-4)
    fault = up(toy, Ladder(toy.rung(0), toy.rung(1), never, toy.rung(4)))
    assert isinstance(fault, Fault)
    assert (fault.block, fault.rung, fault.cause) == ("toy", "stuck", Cause.LATE)
    assert (fault.register, fault.wanted, fault.last) == ("W[3]", "v=0x9", "v=0x7 (word 0x7)")
    assert fault.attempts == toy.device.writes == module.ATTEMPTS_MAX
    assert 1e-3 <= fault.elapsed_s < 1.001e-3
    assert fault.time_s == toy.device.now == pytest.approx(3e-3, rel=1e-3)
    assert fault.reason == (
        "rung stuck: did not hold within 1 ms of its act, 3 times: W[3] wanted v=0x9, last v=0x7 (word 0x7)"
    )
    assert toy.stands == [2]


def test_a_fault_at_the_first_look_speaks_of_no_act(toys: Toys) -> None:
    """A block that cannot be looked at was not acted on: no attempt, no time since one, and so it is told."""
    toy = toys(always=BusFault("hole"), now=5.0)
    fault = up(toy, toy.ladder(2))
    assert (fault.attempts, fault.elapsed_s, fault.effort) == (0, 0.0, "before any act on it")


def test_a_fault_after_acts_says_how_many_and_how_long_ago(toys: Toys) -> None:
    """The attempts at the rung are counted and the time runs from the last act; the wait for a bus is no act."""
    toy = toys()
    fault = up(toy, Ladder(toy.rung(0, reach=[toy.word(1).write(v=1)], within=1e-3)))
    assert fault.effort == "3 attempts; 1 ms after the last act"
    toy = toys(always=Unavailable("away"))
    fault = up(toy, toy.ladder(2))
    assert (fault.time_s > 0.025, fault.elapsed_s, fault.effort) == (True, 0.0, "before any act on it")


def test_what_only_time_makes_hold_is_waited_for_once(toys: Toys) -> None:
    """A rung without an act has one `within`: there is nothing to repeat, and nothing is written."""
    toy = toys()
    fault = up(toy, Ladder(toy.rung(0, reach=(), within=2e-3, settles=1e-4)))
    assert (fault.cause, fault.attempts, toy.device.writes) == (Cause.LATE, 1, 0)
    assert fault.elapsed_s == pytest.approx(2e-3, rel=1e-3)


def test_a_lower_rung_that_fell_is_acted_on_again(toys: Toys) -> None:
    """When an act undoes a lower rung once, the look at the top sees it, and the climb ends up."""
    toy = toys()
    struck: list[int] = []

    def written(device: Device, address: int, _value: int) -> None:
        if address == 8 and not struck:
            struck.append(address)
            device.words[0] = 0

    toy.device.written = written
    outcome = up(toy, toy.ladder(4))
    assert outcome.acted == ("r0", "r1", "r2", "r3", "r0")
    assert toy.device.words == held(4)
    assert toy.stands == [0, 1, 2, 3, 0, 3, 4]  # never all of them before the look at all


def test_two_rungs_that_undo_each_other_are_a_fault(toys: Toys) -> None:
    """Without progress a climb ends: the rung that held and fell three times is named, at a bounded cost."""
    toy = toys()
    toy.device.written = lambda device, address, _value: device.words.update({0: 0} if address == 8 else {8: 0})
    fault = up(toy, toy.ladder(3))
    assert (fault.cause, fault.rung, fault.attempts) == (Cause.UNSTABLE, "r0", 3)
    assert fault.reason == "rung r0: held, and fell again, 3 times: W[0] wanted v=0x1, last v=0x0 (word 0x0)"
    assert toy.device.writes <= 3 * 3


def test_time_begins_again_after_a_lower_rung_fell(toys: Toys) -> None:
    """A rung that only time makes hold has its whole `within` again after the rung below it was acted on again."""

    def seen(device: Device, _address: int) -> None:
        powered = [kind for kind, address, _ in device.log if (kind, address) == ("w", 0)]
        if len(powered) == 1 and device.now > 0.5e-3:
            device.words[0] = 0  # the first power-on does not last
        device.words[4] = int(len(powered) == 2 and device.now > 1.8e-3)

    toy = toys(seen=seen)
    outcome = up(toy, Ladder(toy.rung(0), toy.rung(1, reach=(), within=1e-3)))
    assert outcome.acted == ("r0", "r0")
    assert 1.8e-3 < outcome.time_s < 2.0e-3


def test_an_act_that_was_refused_once_is_no_reason_later(toys: Toys) -> None:
    """The fault tells why the last act did not help, not why an earlier one did not."""
    toy = toys()
    toy.device.seen = lambda device, address: device.words.update({32: 5 * (device.asked > 4)})
    fault = up(toy, Ladder(toy.rung(0, reach=[toy.word(8).check(v=5), toy.word(1).write(v=1)])))
    assert (fault.cause, fault.attempts, fault.register) == (Cause.LATE, 3, "W[0]")


def test_a_bus_that_is_busy_is_no_attempt(toys: Toys) -> None:
    """An act that the bus did not take is no act: it may be tried more often than an act that does not help."""
    toy = toys(strikes={access: (Unavailable("busy"), False) for access in range(2, 12, 2)})
    assert up(toy, toy.ladder(2)).acted == ("r0",) * 6 + ("r1",)


def strikes() -> list[tuple[TransportError, bool]]:
    return [
        (Unavailable("busy"), False),
        (Indeterminate("lost before"), False),
        (Indeterminate("lost after"), True),
    ]


def ladder_of_all_kinds(toy: Toy) -> Ladder:
    """A ladder with several writes in an act, a settling rung, a dialogue, a wait and a condition in Python."""

    async def dialogue(port: Port) -> None:
        await port.run(toy.word(8).write(v=5))
        value = await port.run(toy.word(8).read())
        await port.run(toy.word(4).write(v=value.raw - 4))

    a, b = toy.word(10), toy.word(11)
    return Ladder(
        toy.rung(0),
        Rung("two", holds=[a.check(v=3), b.check(v=4)], reach=[a.write(v=3), b.modify(v=4)], within=1e-3),
        toy.rung(2, settles=1e-4),
        toy.rung(4, reach=dialogue),
        Rung("odd", holds=[Where("odd", (toy.word(5).read(),), _odd)], reach=[toy.word(5).write(v=7)], within=1e-3),
    )


RUNG_OF = {
    "W[0]": "r0", "W[10]": "two", "W[11]": "two", "W[2]": "r2", "W[4]": "r4", "W[8]": "r4", "W[5]": "odd",
}  # fmt: skip


def _odd(value: Any) -> bool:
    return bool(value.raw % 2)


@pytest.mark.parametrize(("error", "landed"), strikes())
def test_an_access_that_fails_once_does_no_harm(toys: Toys, error: TransportError, landed: bool) -> None:
    """Whichever access of a climb is not answered, the climb ends up with the registers of an undisturbed one."""
    calm = toys()
    assert isinstance(up(calm, ladder_of_all_kinds(calm)), Climbed)
    assert calm.device.asked > 15
    for access in range(1, calm.device.asked + 1):
        toy = toys(strikes={access: (error, landed)})
        outcome = up(toy, ladder_of_all_kinds(toy))
        assert isinstance(outcome, Climbed), (access, outcome)
        assert toy.device.words == calm.device.words


def test_a_climb_that_is_killed_anywhere_is_finished_by_the_next(toys: Toys) -> None:
    """After a kill at any access a new climb, knowing nothing, reaches the same registers; the next one only reads."""
    calm = toys()
    up(calm, ladder_of_all_kinds(calm))
    for access in range(1, calm.device.asked + 1):
        toy = toys(strikes={access: (DeviceLost("killed"), False)})
        with pytest.raises(DeviceLost):
            up(toy, ladder_of_all_kinds(toy))
        toy.device.strikes.clear()
        assert isinstance(up(toy, ladder_of_all_kinds(toy)), Climbed)
        assert toy.device.words == calm.device.words
        writes = toy.device.writes
        assert isinstance(up(toy, ladder_of_all_kinds(toy)), Climbed)
        assert toy.device.writes == writes


@pytest.mark.parametrize("kind", [BusFault, Denied])
def test_an_answered_refusal_ends_the_climb_at_once(toys: Toys, kind: type[TransportError]) -> None:
    """After an error that no retry mends not one access follows, and the fault names block, rung and register."""
    calm = toys()
    up(calm, ladder_of_all_kinds(calm))
    for access in range(1, calm.device.asked + 1):
        toy = toys(strikes={access: (kind("no"), True)})
        fault = up(toy, ladder_of_all_kinds(toy))
        assert isinstance(fault, Fault)
        assert (fault.cause, type(fault.error)) == (Cause.BUS, kind)
        assert toy.device.asked == access
        assert RUNG_OF[fault.register] == fault.rung
        assert fault.error is not None
        assert fault.error.where == f"toy.{fault.register}"


def test_a_bus_that_stays_away_is_given_up(toys: Toys) -> None:
    """Retries are bounded: eight, with waits that double from 0.1 ms, 25 ms in all."""
    toy = toys(always=Unavailable("away"))
    fault = up(toy, toy.ladder(3))
    assert fault.cause is Cause.BUS
    assert toy.device.asked == module.RETRIES_MAX + 1
    assert sum(toy.waits) == pytest.approx(25.5e-3)
    assert "9 times" in fault.reason


def test_the_loss_of_the_device_is_no_fault_of_the_block(toys: Toys) -> None:
    """DeviceLost leaves the climb as it is, for whoever runs the chip."""
    toy = toys(strikes={2: (DeviceLost("gone"), False)})
    with pytest.raises(DeviceLost, match="gone"):
        up(toy, toy.ladder(3))


def test_needs_of_a_rung_are_waited_for_before_its_act(toys: Toys) -> None:
    """A rung's needs are asked for before anything of it is written, and only when it does not hold."""
    toy = toys(words=held(1))
    ladder = Ladder(toy.rung(0, needs=("a",)), toy.rung(1), toy.rung(2, needs=("b:x", "c")))
    steps = climb(Plan(ladder), "toy", 0.0)
    assert isinstance(toy.drive(steps), Climbed)
    assert toy.needs == [("b:x", "c")]


@pytest.mark.parametrize("change", [{8: 1}, {0: 0}])
def test_after_a_wait_the_climb_looks_again(toys: Toys, change: dict[int, int]) -> None:
    """What the hardware did while a rung's needs were waited for is seen before the act: no act on an old look."""
    toy = toys(words=held(2))
    waits = [True, False]

    def waited(device: Device) -> bool:
        first = waits.pop(0)
        device.words.update(change if first else {})
        return first

    toy.waited = waited
    outcome = up(toy, Ladder(toy.rung(0), toy.rung(1), toy.rung(2, needs=("a",))))
    acted = {8: (), 0: ("r0", "r2")}
    assert outcome.acted == acted[next(iter(change))]
    writes = [address for kind, address, _ in toy.device.log if kind == "w"]
    assert [f"r{address // 4}" for address in writes] == list(outcome.acted)


def test_needs_that_stand_already_cost_no_look(toys: Toys) -> None:
    """A climb that did not have to wait for a need asks the bus for no more than one without needs."""
    costs: list[int] = []
    for needs in ((), ("a",)):
        toy = toys()
        up(toy, toy.ladder(3, needs=needs))
        costs.append(toy.device.asked)
    assert costs[0] == costs[1]


def test_needs_that_fall_again_while_they_are_waited_for_are_no_attempt(toys: Toys) -> None:
    """However often a need falls again, the climb looks once for each time that it stood, and acts once."""
    toy = toys(words=held(1))
    toy.waited = lambda _device: len(toy.needs) < 10
    assert up(toy, Ladder(toy.rung(0), toy.rung(1, needs=("a",)))).acted == ("r1",)
    assert (len(toy.needs), toy.device.writes) == (10, 1)


def test_consent_is_asked_when_the_needs_stand(toys: Toys) -> None:
    """Consent is for the moment of the act: it is asked once, after the wait for what the act needs."""
    toy = toys()
    waits = [True, False]
    asked: list[int] = []
    toy.waited = lambda _device: waits.pop(0)

    def consent(_block: str, _rung: Rung) -> bool:
        asked.append(len(toy.needs))
        return True

    ladder = Ladder(toy.rung(0, needs=("a",), disturbs=True))
    assert isinstance(up(toy, ladder, in_service=True, consent=consent), Climbed)
    assert asked == [2]


def test_others_hear_how_far_the_climb_is(toys: Toys) -> None:
    """Each rung that is seen to hold is told at once, and the whole only after a look at the whole."""
    toy = toys()
    up(toy, toy.ladder(3))
    assert toy.stands == [0, 1, 2, 3]


def test_an_act_that_disturbs_needs_consent_in_service(toys: Toys) -> None:
    """On a block in service a disturbing act is done only with consent; from reset nobody is asked."""
    toy = toys()
    ladder = Ladder(toy.rung(0, disturbs=True))
    fault = up(toy, ladder, in_service=True)
    assert (fault.cause, fault.rung, toy.device.writes) == (Cause.WITHHELD, "r0", 0)
    asked: list[str] = []

    def consent(block: str, _rung: Rung) -> bool:
        asked.append(block)
        return True

    assert isinstance(up(toy, ladder, in_service=True, consent=consent), Climbed)
    assert asked == ["toy"]
    toy = toys()
    assert isinstance(up(toy, ladder), Climbed)


def disturbing(toy: Toy) -> Ladder:
    """A ladder whose lowest act and one between disturb."""
    return Ladder(toy.rung(0, disturbs=True), toy.rung(1), toy.rung(2, disturbs=True), toy.rung(3))


@pytest.mark.parametrize("fallen", [0, 2])
def test_a_block_found_in_service_is_not_disturbed(toys: Toys, fallen: int) -> None:
    """A controller that remembers nothing sees that the block is in service: it asks before an act that disturbs."""
    toy = toys(words={**held(4), 4 * fallen: 0})
    fault = up(toy, disturbing(toy))
    assert (fault.cause, fault.rung, toy.device.writes) == (Cause.WITHHELD, f"r{fallen}", 0)
    assert up(toy, disturbing(toy), consent=granted).acted == (f"r{fallen}",)


def test_a_bring_up_that_was_killed_is_not_service(toys: Toys) -> None:
    """After a kill at any access of a first bring-up, no act of the next one needs consent."""
    calm = toys()
    up(calm, disturbing(calm))
    for access in range(1, calm.device.asked + 1):
        toy = toys()
        toy.drive(climb(Plan(disturbing(toy)), "toy", 0.0), cut=access)
        assert isinstance(up(toy, disturbing(toy)), Climbed), access
        assert toy.device.words == calm.device.words


def test_a_block_that_was_reset_is_not_in_service(toys: Toys) -> None:
    """What the hardware shows outweighs what the controller remembers: a block at reset is brought up again."""
    toy = toys()
    assert isinstance(up(toy, disturbing(toy), in_service=True), Climbed)


def test_service_is_looked_at_once_a_climb(toys: Toys) -> None:
    """From reset a ladder with acts that disturb costs one look at one rung more than the same ladder without."""
    toy, plain = toys(), toys()
    up(toy, disturbing(toy))
    up(plain, plain.ladder(4))
    assert (toy.device.asked, len(toy.runs)) == (plain.device.asked + 1, len(plain.runs) + 1)


def test_an_act_that_refuses_is_told_with_what_it_met(toys: Toys) -> None:
    """A dialogue or an act that meets a wrong value is tried three times; the fault names what it met, not the rung."""
    toy = toys(words={32: 6})

    async def dialogue(port: Port) -> None:
        await port.run(toy.word(8).check(v=5))

    for reach in (dialogue, [toy.word(8).check(v=5), toy.word(0).write(v=1)]):
        fault = up(toy, Ladder(toy.rung(0, reach=reach)))
        assert (fault.cause, fault.attempts) == (Cause.ACT, 3)
        assert (fault.register, fault.wanted, fault.last) == ("W[8]", "0x5 under mask 0xffffffff", "0x6")
        assert isinstance(fault.error, CheckFailed)
        assert toy.device.writes == 0


def test_a_look_alone_writes_nothing(toys: Toys) -> None:
    """`look` tells the lowest rung that does not hold, or why it cannot, and writes nothing."""
    toy = toys(words=held(2))
    short = toy.drive(look(Plan(toy.ladder(4)), "toy", 0.0))
    assert (short.index, short.rung) == (2, "r2")
    assert toy.drive(look(Plan(toy.ladder(2)), "toy", 0.0)) is None
    toy.device.always = BusFault("hole")
    assert toy.drive(look(Plan(toy.ladder(2)), "toy", 0.0)).cause is Cause.BUS
    assert toy.device.writes == 0
