"""The channel's model notices each rule that is broken, keeps what is stored, and corrects and counts its errors."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import pytest

from blocks.hbm_channel.driver import HbmChannelConfig
from blocks.hbm_channel.model import HbmChannelModel
from blocks.hbm_channel.regs import CauseE, HbmChannelRegs
from registers.access import RegisterOp
from runtime.climb import Climbed

if TYPE_CHECKING:
    from tests.blocks.conftest import Controller, Hands, Wire
    from tests.blocks.hbm.conftest import Climber, Powered

Op = Callable[[HbmChannelRegs], RegisterOp[Any]]
NAME = "channel[1]"
MS = 1e-3


def times(r: HbmChannelRegs, tras: int = 33, trc: int = 47) -> RegisterOp[Any]:
    return r.ROW_TIMES.write(trcd=14, trp=14, tras=tras, trc=trc)


def wake(r: HbmChannelRegs) -> RegisterOp[Any]:
    return r.CTRL.modify(power_down=0)


def dll(on: bool) -> Op:
    return lambda r: r.DLL_CTRL.write(enable=on)


def phase(index: int, run: bool = True) -> Op:
    return lambda r: r.PHASE[index].CTRL.write(run=run)


def refresh(enable: bool, self_refresh: bool = False) -> Op:
    return lambda r: r.REFRESH.write(enable=enable, self_refresh=self_refresh)


def fill(run: bool) -> Op:
    return lambda r: r.INIT_CTRL.write(run=run)


def isolate(on: bool) -> Op:
    return lambda r: r.CTRL.modify(isolate=on)


def enable(run: bool) -> Op:
    return lambda r: r.ENABLE.write(run=run)


def repair(lane: int) -> Op:
    return lambda r: r.REPAIR.write(used=1, lane=lane)


Steps = list[Op | float]
TIMED: Steps = [
    times,
    lambda r: r.REFRESH_TIMES.write(trfc=350, trefi=3900),
    lambda r: r.BANK_TIMES.write(trrd=4, tfaw=16, tccd=2),
    lambda r: r.TURN_TIMES.write(twr=16, twtr=8, trtp=5),
    lambda r: r.LATENCIES.write(rl=22, wl=8, txs=360),
]
CLOCKED: Steps = [*TIMED, wake, MS, dll(True), MS]
TRAINED: Steps = [*CLOCKED, *(step for index in range(4) for step in (phase(index), 8 * MS))]
FILLED: Steps = [*TRAINED, refresh(True), fill(True), 3 * MS]
NORMAL: Steps = [*FILLED, isolate(False), enable(True)]
SERVING = "normal mode entered while "

# With the stack up and the channel untouched: operations and waits, and the rules that they break.
FROM_RESET: list[tuple[Sequence[Op | float], list[tuple[str, str]]]] = [
    (NORMAL, []),
    ([*NORMAL, enable(False), MS, refresh(True, True), isolate(True), lambda r: r.CTRL.modify(power_down=1)], []),
    ([dll(True)], [("DLL_CTRL", "PHY clock started while the PHY sleeps")]),
    ([*TIMED, wake, MS, phase(0)], [("PHASE[0].CTRL", "write levelling begun without a locked clock")]),
    ([*CLOCKED, phase(1)], [("PHASE[1].CTRL", "gate begun before write levelling passed")]),
    (
        [*CLOCKED, phase(0), phase(1)],
        [
            ("PHASE[1].CTRL", "gate begun during write levelling"),
            ("PHASE[1].CTRL", "gate begun before write levelling passed"),
        ],
    ),
    ([*CLOCKED, phase(0), times], []),
    (
        [*CLOCKED, phase(0), lambda r: times(r, trc=50)],
        [("ROW_TIMES", "ROW_TIMES changed during write levelling")],
    ),
    ([*CLOCKED, phase(0), dll(False)], [("DLL_CTRL", "PHY clock stopped during write levelling")]),
    (
        [*CLOCKED, lambda r: times(r, trc=46), phase(0)],
        [("PHASE[0].CTRL", "write levelling begun with tRC below tRAS + tRP")],
    ),
    (
        [*CLOCKED, lambda r: times(r, tras=18), phase(0)],
        [("PHASE[0].CTRL", "write levelling begun with tRAS below tRCD + tRTP")],
    ),
    (
        [*CLOCKED, lambda r: r.REFRESH_TIMES.write(trfc=350, trefi=350), phase(0)],
        [("PHASE[0].CTRL", "write levelling begun with tREFI not above tRFC")],
    ),
    (
        [*CLOCKED, lambda r: r.LATENCIES.write(rl=7, wl=8, txs=350), phase(0)],
        [("PHASE[0].CTRL", "write levelling begun with tXS not above tRFC, write latency above read latency")],
    ),
    (
        [*CLOCKED, lambda r: r.BANK_TIMES.write(trrd=5, tfaw=16, tccd=2), phase(0)],
        [("PHASE[0].CTRL", "write levelling begun with tFAW below 4 tRRD")],
    ),
    (
        [*CLOCKED, lambda r: r.LATENCIES.write(rl=22, wl=0, txs=360), phase(0)],
        [("PHASE[0].CTRL", "write levelling begun with a time of 0")],
    ),
    ([*CLOCKED, repair(3)], [("REPAIR", "lane 3 mapped out, which did not fail")]),
    (
        [*CLOCKED, phase(0), repair(3)],
        [
            ("REPAIR", "lane mapped out during write levelling"),
            ("REPAIR", "lane 3 mapped out, which did not fail"),
        ],
    ),
    ([*CLOCKED, refresh(True)], [("REFRESH", "refresh begun before training")]),
    (
        [*CLOCKED, fill(True)],
        [
            ("INIT_CTRL", "memory filled before training"),
            ("INIT_CTRL", "memory filled while it is not refreshed"),
        ],
    ),
    ([*TRAINED, fill(True)], [("INIT_CTRL", "memory filled while it is not refreshed")]),
    (
        [*TRAINED, refresh(True), fill(True), lambda r: r.INIT_PATTERN.write(word=1)],
        [("INIT_PATTERN", "INIT_PATTERN changed while the memory is filled")],
    ),
    (
        [*TRAINED, refresh(True), lambda r: times(r, trc=50)],
        [("ROW_TIMES", "ROW_TIMES changed while the memory is refreshed")],
    ),
    ([*TRAINED, refresh(True), isolate(False)], [("CTRL", "port opened before the memory was filled")]),
    ([enable(True)], [("ENABLE", SERVING + "the PHY has no clock")]),
    ([*CLOCKED, enable(True)], [("ENABLE", SERVING + "lanes are not trained")]),
    ([*TRAINED, enable(True)], [("ENABLE", SERVING + "the memory is not refreshed")]),
    ([*TRAINED, refresh(True), enable(True)], [("ENABLE", SERVING + "the memory is not filled")]),
    ([*FILLED, enable(True)], [("ENABLE", SERVING + "the port is clamped")]),
    (
        [*FILLED, lambda r: r.CTRL.modify(power_down=1)],
        [("CTRL", "PHY put to sleep while cells do not refresh themselves")],
    ),
    ([*NORMAL, enable(False), isolate(True)], [("CTRL", "port clamped while requests are under way")]),
    (
        [*NORMAL, enable(False), phase(3, run=False), phase(3)],
        [("PHASE[3].CTRL", "write eye dropped in service"), ("PHASE[3].CTRL", "write eye begun in service")],
    ),
    (
        [*NORMAL, enable(False), fill(False), fill(True)],
        [("INIT_CTRL", "fill dropped in service"), ("INIT_CTRL", "memory filled in service")],
    ),
    ([*NORMAL, enable(False), refresh(True, True)], [("REFRESH", "self-refresh entered in service")]),
]

# In service, with the lock open: what is written, and the rules that this breaks.
IN_SERVICE: list[tuple[Op, list[tuple[str, str]]]] = [
    (lambda r: times(r, trc=50), [("ROW_TIMES", "ROW_TIMES changed in service")]),
    (lambda r: r.LATENCIES.write(rl=23, wl=8, txs=360), [("LATENCIES", "LATENCIES changed in service")]),
    (lambda r: r.ECC_CTRL.write(enable=0, scrub=1), [("ECC_CTRL", "ECC_CTRL changed in service")]),
    (lambda r: r.ECC_THRESHOLD.write(corrected=1), [("ECC_THRESHOLD", "ECC_THRESHOLD changed in service")]),
    (lambda r: r.TEST.write(loopback=1, observe=0), [("TEST", "TEST changed in service")]),
    (times, []),
    (phase(2, run=False), [("PHASE[2].CTRL", "read eye dropped in service")]),
    (dll(False), [("DLL_CTRL", "PHY clock stopped in service")]),
    (refresh(False), [("REFRESH", "refresh stopped in service")]),
    (fill(False), [("INIT_CTRL", "fill dropped in service")]),
    (isolate(True), [("CTRL", "port clamped while requests are under way")]),
    (
        lambda r: r.CTRL.modify(power_down=1),
        [
            ("CTRL", "PHY put to sleep while requests are under way"),
            ("CTRL", "PHY put to sleep while cells do not refresh themselves"),
        ],
    ),
    (
        repair(3),
        [("REPAIR", "lane mapped out in service"), ("REPAIR", "lane 3 mapped out, which did not fail")],
    ),
    (enable(False), []),
    (lambda r: r.SCRATCH.write(value=1), []),
    (lambda r: r.RETRIES.write(count=0), []),
]


def rules(hands: Hands) -> list[tuple[str, str]]:
    assert all(v.block == NAME for v in hands.sim.violations)
    return [(v.register, v.rule) for v in hands.sim.violations]


def model_of(hands: Hands) -> HbmChannelModel:
    model = hands.sim.model(NAME)
    assert isinstance(model, HbmChannelModel)
    return model


@pytest.mark.parametrize(("steps", "broken"), FROM_RESET)
def test_rules_from_reset(stacked: Hands, steps: Sequence[Op | float], broken: list[tuple[str, str]]) -> None:
    """Each rule on the way up is noticed when it is broken, and not when it is kept."""
    for step in steps:
        if callable(step):
            stacked.do(NAME, step)
        else:
            stacked.wait(step)
    assert rules(stacked) == broken
    assert model_of(stacked).serves == (steps is NORMAL)


@pytest.mark.parametrize(("op", "broken"), IN_SERVICE)
def test_rules_in_service(serving: Hands, op: Op, broken: list[tuple[str, str]]) -> None:
    """Each touch that would disturb a channel in service is noticed, and nothing else is."""
    model_of(serving).registers.field("LOCK.config").force(0)
    serving.do(NAME, op)
    assert rules(serving) == broken


def test_before_the_stack_is_ready_the_phy_sleeps(clocked: Hands) -> None:
    """Waking the PHY before the stack is ready is a violation, and does not wake it."""
    clocked.do(NAME, wake)
    clocked.wait(MS)
    assert rules(clocked) == [("CTRL", "PHY woken before the stack is ready")]
    assert clocked.do(NAME, lambda r: r.STATUS.read()).awake == 0


def test_locked_configuration_takes_no_write(serving: Hands) -> None:
    """Behind LOCK times, correction and repair stay as they are, and each attempt is a violation of the map."""
    serving.do(NAME, lambda r: times(r, trc=99))
    serving.do(NAME, lambda r: r.ECC_THRESHOLD.write(corrected=9))
    serving.do(NAME, repair(1))
    assert serving.do(NAME, lambda r: r.ROW_TIMES.read()).trc == 47
    assert serving.do(NAME, lambda r: r.REPAIR.read()).used == 0
    assert {rule.partition(":")[0] for _, rule in rules(serving)} == {"locked"}
    assert {"ROW_TIMES.trc", "ECC_THRESHOLD.corrected", "REPAIR.used"} <= {place for place, _ in rules(serving)}


def test_training_in_service_loses_what_is_stored(serving: Hands) -> None:
    """Training that is begun anew in service is a violation and costs what was stored."""
    model = model_of(serving)
    model.store(0, b"gone")
    serving.do(NAME, phase(3, run=False))
    serving.do(NAME, phase(3))
    serving.wait(8 * MS)
    assert rules(serving)[0] == ("PHASE[3].CTRL", "write eye dropped in service")
    assert not model.serves
    assert serving.do(NAME, lambda r: r.INIT_STATUS.read()).done == 0


def test_traffic_is_stored_counted_and_given_back(serving: Hands) -> None:
    """What is stored is fetched as it was, slot by slot, and both are counted."""
    model = model_of(serving)
    model.store(0, b"one")
    model.store(7, b"two")
    assert (model.fetch(0), model.fetch(7), model.fetch(1)) == (b"one", b"two", None)
    assert serving.do(NAME, lambda r: r.READS.read()).count == 3
    assert serving.do(NAME, lambda r: r.WRITES.read()).count == 2


def test_without_refresh_cells_forget(serving: Hands, rising: Controller, wire_to: type[Wire]) -> None:
    """Refresh that is off for longer than cells keep what is stored loses it, with a violation; the climb mends it."""
    model = model_of(serving)
    model.store(0, b"gone")
    serving.do(NAME, enable(False))
    serving.wait(MS)
    serving.do(NAME, refresh(False))
    serving.wait(31 * MS)
    assert rules(serving) == []
    serving.wait(2 * MS)
    assert rules(serving) == [("REFRESH", "memory not refreshed for longer than its cells keep what is stored")]
    assert serving.do(NAME, lambda r: r.INTR_STATUS.read()).retention == 1
    assert serving.do(NAME, lambda r: r.ERR_LOG.read()).cause == CauseE.RETENTION
    outcomes = rising.run(wire_to(serving.sim))
    assert isinstance(outcomes[NAME], Climbed)
    assert (model.serves, model.fetch(0), len(rules(serving))) == (True, None, 1)


def test_refresh_back_in_time_keeps_what_is_stored(serving: Hands) -> None:
    """A short pause of refresh costs nothing."""
    model = model_of(serving)
    model.store(0, b"kept")
    for step in (enable(False), MS, refresh(False), 20 * MS, refresh(True), 40 * MS, enable(True)):
        if callable(step):
            serving.do(NAME, step)
        else:
            serving.wait(step)
    assert (model.fetch(0), rules(serving)) == (b"kept", [])


def test_corrected_errors_are_counted_and_told_beyond_their_threshold(
    powered: Powered, rising: Controller, wire_to: type[Wire]
) -> None:
    """A corrected word is as it was; the count clears when read, and beyond the threshold it raises the line."""
    hands = powered({NAME: {"corrected_p": 1.0}})
    rising.run(wire_to(hands.sim))
    model = model_of(hands)
    model.store(0, b"kept")
    assert {model.fetch(0) for _ in range(100)} == {b"kept"}
    assert hands.sim.raised == frozenset()
    assert model.fetch(0) == b"kept"
    assert hands.sim.raised == frozenset({4})
    assert hands.do(NAME, lambda r: r.ECC_CORRECTED.read()).count == 101
    assert hands.do(NAME, lambda r: r.ECC_CORRECTED.read()).count == 0
    assert model.serves


def test_an_uncorrectable_error_stops_the_channel_and_is_mended(
    powered: Powered, rising: Controller, wire_to: type[Wire]
) -> None:
    """A word that cannot be corrected is logged with its slot and ends normal mode; the climb fills the memory anew."""
    hands = powered({NAME: {"uncorrectable_p": 1.0}})
    rising.run(wire_to(hands.sim))
    model = model_of(hands)
    model.store(6, b"gone")
    assert model.fetch(6) not in (b"gone", None)
    assert not model.serves
    assert hands.do(NAME, lambda r: r.ERR_LOG.read()).cause == CauseE.UNCORRECTABLE
    assert hands.do(NAME, lambda r: r.ERR_SLOT.read()).slot == 6
    assert hands.do(NAME, lambda r: r.ECC_UNCORRECTABLE.read()).count == 1
    outcome = rising.run(wire_to(hands.sim))[NAME]
    assert isinstance(outcome, Climbed)
    assert outcome.acted == ("healthy", "filled", "serving")
    assert (model.serves, rules(hands)) == (True, [])


def test_a_lost_lock_stops_the_channel_and_is_mended(
    serving: Hands, climber: Climber, wire_to: type[Wire]
) -> None:
    """A channel whose clock lost its lock leaves normal mode and says so; it locks anew, and keeps its training."""
    model_of(serving).unlock()
    assert serving.do(NAME, lambda r: r.INTR_STATUS.read()).dll_lost == 1
    outcome = climber(lambda block: block.up(), NAME).run(wire_to(serving.sim))[NAME]
    assert isinstance(outcome, Climbed)
    assert outcome.acted == ("healthy", "clocked", "serving")
    assert (model_of(serving).serves, rules(serving)) == (True, [])


@pytest.mark.parametrize("event", ["corrected", "uncorrectable", "retention", "stack_lost", "dll_lost"])
def test_each_bit_of_the_test_register_raises_the_line(serving: Hands, event: str) -> None:
    """INTR_TEST raises its bit of INTR_STATUS, the line follows while it is enabled, and writing 1 clears it."""
    serving.do(NAME, lambda r: r.INTR_TEST.write(**{event: 1}))
    assert getattr(serving.do(NAME, lambda r: r.INTR_STATUS.read()), event) == 1
    assert serving.sim.raised == frozenset({4})
    serving.do(NAME, lambda r: r.INTR_STATUS.write(**{event: 1}))
    assert (serving.sim.raised, model_of(serving).serves) == (frozenset(), True)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"trc": 46}, r"trc is 46; expected tras \+ trp, 47, or more"),
        ({"tras": 18}, r"tras is 18; expected trcd \+ trtp, 19, or more"),
        ({"trefi": 350}, "trefi is 350; expected more than trfc, 350"),
        ({"txs": 350}, "txs is 350; expected more than trfc, 350"),
        ({"tfaw": 15}, "tfaw is 15; expected 4 trrd, 16, or more"),
        ({"write_latency": 23}, "write_latency is 23; expected 22"),
        ({"trcd": 0}, "trcd is 0; expected 1..255"),
        ({"corrected_max": 65536}, "corrected_max is 65536"),
    ],
)
def test_times_that_no_memory_keeps_are_no_configuration(values: dict[str, Any], message: str) -> None:
    """Times that contradict each other are refused before any register is written."""
    with pytest.raises(ValueError, match=message):
        HbmChannelConfig(**values)
