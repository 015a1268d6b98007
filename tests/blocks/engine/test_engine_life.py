"""The engine's life: what fails and how it says so, what it recovers from, another firmware, and the tasks it does."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from math import inf
from typing import TYPE_CHECKING, Any

import pytest

from blocks.engine.driver import EngineConfig
from blocks.engine.firmware import HEAD, MASK, checksum, firmware
from blocks.engine.model import EngineModel
from blocks.engine.regs import BootE, CauseE, EngineRegs
from registers.access import RegisterOp
from runtime.climb import Climbed
from runtime.fault import Cause, Fault
from runtime.witness import witness
from transports.errors import DeviceLost

if TYPE_CHECKING:
    from blocks.chip import Chip
    from blocks.ladder import Rung
    from tests.blocks.conftest import Controller, Hands, Wire
    from tests.blocks.engine.conftest import Climber, Powered

Op = Callable[[EngineRegs], RegisterOp[Any]]

NAME = "engine[0]"


def data(word: int) -> Op:
    return lambda r: r.CORE.IMEM_DATA.write(word=word)


def denied(_block: str, _rung: Rung) -> bool:
    return False


def running(on: bool) -> Op:
    return lambda r: r.CTRL.write(run=on)


def operations(lane: int) -> Op:
    return lambda r: r.CORE.LANE[lane].OPERATIONS.read()


def model_of(hands: Hands) -> EngineModel:
    model = hands.sim.model(NAME)
    assert isinstance(model, EngineModel)
    return model


def expect_mended(hands: Hands, outcome: Climbed | Fault) -> tuple[str, ...]:
    """Expect a block that is up again with no rule broken; return the rungs that were acted on."""
    assert isinstance(outcome, Climbed), str(outcome)
    assert hands.broken == []
    assert model_of(hands).in_service
    return outcome.acted


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"firmware_words": 4}, "firmware_words is 4; expected 5..64"),
        ({"firmware_words": 65}, "firmware_words is 65"),
        ({"entry": 2}, "entry is 2; expected 3..63"),
        ({"entry": 47}, "entry is 47; expected less than firmware_words - 1, 47"),
        ({"lanes": 0}, "lanes is 0; expected 1..255"),
        ({"first_page": 5, "last_page": 4}, "last_page is 0x4; expected first_page, 0x5, or more"),
        ({"priority": 8}, "priority is 8"),
        ({"outstanding": 0}, "outstanding is 0"),
        ({"watchdog_us": 65536}, "watchdog_us is 65536"),
        ({"stagger": 0}, "stagger is 0"),
    ],
)
def test_what_no_engine_can_do_is_no_configuration(values: dict[str, Any], message: str) -> None:
    """A configuration outside of what the engine can do is refused before any register is written."""
    with pytest.raises(ValueError, match=message):
        EngineConfig(**values)


@pytest.mark.parametrize("count", [5, 48, 64])
def test_firmware_is_what_the_boot_code_wants(count: int) -> None:
    """Firmware begins with its head, says how long it is, adds up to 0, and is another for each version."""
    made = firmware("v1", count)
    assert (len(made.words), made.words[0], made.words[2]) == (count, HEAD, count)
    assert sum(made.words) & MASK == 0
    assert made.mark
    assert made.crc == checksum(made.words)
    other = firmware("v2", count)
    assert (other.mark != made.mark, other.crc != made.crc) == (True, True)


FAULTS: list[tuple[dict[str, object], str, str, str, str]] = [
    # parameters; rung, register, what was wanted, what was there
    ({"brownout": True}, "powered", "PG_STATUS", "good=0x1", "good=0x0"),
    ({"gate_s": inf}, "gate at rest", "PG_STATUS", "changing=0x0", "changing=0x1"),
    ({"bist_s": inf}, "tested", "CORE.BIST_STATUS", "done=0x1", "done=0x0"),
    ({"bad_sram": True}, "test passed", "CORE.BIST_STATUS", "done=0x1, failed=0x0", "done=0x1, failed=0x1"),
    ({"never_boots": True}, "booted", "CORE.RUN_STATUS", "boot=READY", "boot=STARTING"),
    ({"boot_s": inf}, "booted", "CORE.RUN_STATUS", "boot=READY", "boot=STARTING"),
]


@pytest.mark.parametrize(("parameters", "rung", "register", "wanted", "last"), FAULTS)
def test_what_fails_is_named(
    powered: Powered, rising: Controller, wire_to: type[Wire],
    parameters: dict[str, object], rung: str, register: str, wanted: str, last: str,
) -> None:  # fmt: skip
    """Each fault ends the climb at the rung that says so, with evidence, breaking no rule; the others come up."""
    hands = powered({NAME: parameters})
    outcomes = rising.run(wire_to(hands.sim))
    fault = outcomes.pop(NAME)
    assert isinstance(fault, Fault)
    assert (fault.rung, fault.cause, fault.register, fault.wanted) == (rung, Cause.LATE, register, wanted)
    assert fault.last.startswith(last)
    assert all(isinstance(outcome, Climbed) for outcome in outcomes.values())
    assert hands.broken == []
    assert not model_of(hands).serves


@pytest.mark.parametrize(
    ("parameters", "rung", "wanted", "last"),
    [
        ({"bad_lanes": 0x14}, "every lane", "lanes=0xff", "lanes=0xeb"),
        ({"weak_row": True}, "unrepaired", "repaired=0x0", "repaired=0x1"),
    ],
)
def test_less_than_all_of_it_is_up_but_not_full(
    powered: Powered, rising: Controller, climber: Climber, wire_to: type[Wire],
    parameters: dict[str, object], rung: str, wanted: str, last: str,
) -> None:  # fmt: skip
    """An engine with a lane that does not work, or a row that was replaced, is up, and `full` says what it lacks."""
    hands = powered({NAME: parameters})
    expect_mended(hands, rising.run(wire_to(hands.sim))[NAME])
    full = climber(lambda block: block.full(), NAME, "engine[1]")
    outcomes = full.run(wire_to(hands.sim))
    fault = outcomes[NAME]
    assert isinstance(fault, Fault)
    assert (fault.rung, fault.register, fault.wanted) == (rung, "STATUS", wanted)
    assert fault.last.startswith(last)
    assert isinstance(outcomes["engine[1]"], Climbed)


def test_a_repaired_row_is_named(powered: Powered, rising: Controller, wire_to: type[Wire]) -> None:
    """The bank says which row a spare stands in for; a failed one is in the log."""
    hands = powered({NAME: {"weak_row": True, "bad_sram": True}})
    rising.run(wire_to(hands.sim))
    weak = hands.do(NAME, lambda r: r.CORE.BANK[1].STATUS.read())
    assert (weak.failed, weak.repaired, weak.row) == (0, 1, 0x5A)
    bad = hands.do(NAME, lambda r: r.CORE.BANK[2].STATUS.read())
    assert (bad.failed, bad.repaired) == (1, 0)
    assert hands.do(NAME, lambda r: r.CORE.BIST_STATUS.read()).banks == 0b100


# ---- what it recovers from ----

ANEW = ("powered", "unclamped", "clocked", "released", "tested", "loaded", "booted")


def test_firmware_that_hangs_is_started_again(serving: Hands, rising: Controller, wire_to: type[Wire]) -> None:
    """Firmware without a sign of life is halted by the watchdog, which raises the line; the next climb starts it."""
    model_of(serving).hang()
    assert not model_of(serving).serves
    serving.wait(1.9e-3)
    assert serving.sim.raised == frozenset()
    serving.wait(0.2e-3)
    assert serving.sim.raised == {2}
    log = serving.do(NAME, lambda r: r.ERR_LOG.read())
    assert (log.valid, log.cause) == (1, CauseE.WATCHDOG)
    assert serving.do(NAME, lambda r: r.CTRL.read()).run == 0
    assert expect_mended(serving, rising.run(wire_to(serving.sim))[NAME]) == ("healthy", "booted")
    assert serving.sim.raised == frozenset()


def test_a_firmware_that_always_hangs_does_so_again(
    powered: Powered, rising: Controller, wire_to: type[Wire]
) -> None:
    """The time until it hangs begins with each start, and the watchdog waits its limit from there."""
    hands = powered({NAME: {"hangs_s": 10e-3}})
    for _ in range(3):
        expect_mended(hands, rising.run(wire_to(hands.sim))[NAME])
        hands.wait(11e-3)
        assert hands.sim.raised == frozenset()
        assert not model_of(hands).serves
        hands.wait(2e-3)
        assert hands.sim.raised == {2}


def test_a_sagging_supply_opens_the_gate(serving: Hands, rising: Controller, wire_to: type[Wire]) -> None:
    """When the supply sags, the hardware opens the gate behind clamps and says so; the next climb begins with power."""
    model_of(serving).brown_out()
    assert serving.sim.raised == {2}
    assert serving.do(NAME, lambda r: r.ERR_LOG.read()).cause == CauseE.BROWNOUT
    status = serving.do(NAME, lambda r: r.STATUS.read())
    assert (status.alive, status.running, status.ready, status.lanes) == (0, 0, 0, 0)
    assert serving.do(NAME, lambda r: r.ISOLATION.read()).clamp == 1
    assert expect_mended(serving, rising.run(wire_to(serving.sim))[NAME]) == ("healthy", *ANEW)


def test_a_supply_that_is_off_does_not_sag(powered: Powered) -> None:
    """Nothing happens to a supply that is not there."""
    hands = powered()
    model_of(hands).brown_out()
    assert hands.do(NAME, lambda r: r.INTR_STATUS.read()).brownout == 0


def test_a_core_that_lost_its_cluster_is_loaded_again(
    serving: Hands, rising: Controller, wire_to: type[Wire]
) -> None:
    """When the cluster's core domain is held, the core forgets its firmware and says so; it is tested and loaded."""
    serving.do("crg", lambda r: r.RESET.write(noc=0, sram=0, core=1))
    serving.broke("crg.RESET")
    assert serving.do(NAME, lambda r: r.INTR_STATUS.read()).clock_lost == 1
    assert serving.do(NAME, lambda r: r.ERR_LOG.read()).cause == CauseE.CLOCK
    acted = expect_mended(serving, rising.run(wire_to(serving.sim))[NAME])
    assert acted == ("healthy", "tested", "loaded", "booted")


@pytest.mark.parametrize("event", ["brownout", "watchdog", "clock_lost", "parity"])
def test_each_interrupt_can_be_tried(serving: Hands, rising: Controller, wire_to: type[Wire], event: str) -> None:
    """A test of an interrupt sets its status and raises the line, and the next climb clears it and nothing else."""
    wanted = {name: int(name == event) for name in ("brownout", "watchdog", "clock_lost", "parity")}
    serving.do(NAME, lambda r: r.INTR_TEST.write(**wanted))
    assert serving.sim.raised == {2}
    assert getattr(serving.do(NAME, lambda r: r.INTR_STATUS.read()), event) == 1
    assert expect_mended(serving, rising.run(wire_to(serving.sim))[NAME]) == ("healthy",)
    assert serving.sim.raised == frozenset()


# ---- configured otherwise ----


def test_another_firmware_is_loaded_from_service(serving: Hands, climber: Climber, wire_to: type[Wire]) -> None:
    """Another version is reached from service: halted, loaded and started, with power and tests left alone."""
    other = climber(lambda block: block.up(), NAME, firmware="v2", firmware_words=64)
    acted = expect_mended(serving, other.run(wire_to(serving.sim))[NAME])
    assert acted == ("halted for another", "loaded", "booted")
    assert serving.do(NAME, lambda r: r.CORE.IMAGE_MARK.read()).version == firmware("v2", 64).mark
    rung = next(r for r in serving.sim.chip.instances[NAME].block.up() if r.name == "halted for another")
    assert rung.settles > 0


def test_another_firmware_is_withheld_without_consent(
    part: Chip, serving: Hands, climber: Climber, wire_to: type[Wire], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The engine can be seen to be in service, so what would disturb it there is not done unless somebody agrees."""
    block = part.instances[NAME].block
    assert {rung.name for rung in block.up() if rung.disturbs} == {"quiesced", "configured", "halted for another"}
    proof = witness(block.up())
    assert proof is not None
    assert block.up()[proof].name == "watched"
    other = climber(lambda block: block.up(), NAME, firmware="v2")
    monkeypatch.setattr(sys.modules[type(other).__module__], "granted", denied)
    wire = wire_to(serving.sim)
    fault = other.run(wire)[NAME]
    assert isinstance(fault, Fault)
    assert (fault.rung, fault.cause, wire.writes) == ("halted for another", Cause.WITHHELD, 0)
    assert model_of(serving).serves


@pytest.mark.parametrize("seed", [1, 2])
def test_another_configuration_is_reached_as_long_as_nothing_is_frozen(
    powered: Powered, climber: Climber, wire_to: type[Wire], seed: int
) -> None:
    """From each place on the way up another configuration is reached, or refused by the lock; no rule is broken."""
    hands = powered(seed=seed)
    below = climber(lambda block: block.up(), "pll", "crg")
    up = climber(lambda block: block.up(), NAME)
    other = climber(lambda block: block.up(), NAME, lanes=0x0F, entry=4, outstanding=9, watchdog_us=0, firmware="v3")
    ends: set[str] = set()
    limit = 0
    while True:
        hands.sim.power_on()
        below.run(wire_to(hands.sim))
        try:
            up.run(wire_to(hands.sim, limit))
        except DeviceLost:
            pass
        else:
            break
        frozen = bool(model_of(hands).registers.field("LOCK.config").value)
        outcome = other.run(wire_to(hands.sim))[NAME]
        ends.add(outcome.rung if isinstance(outcome, Fault) else "up")
        assert isinstance(outcome, Fault) == frozen
        if isinstance(outcome, Fault):
            assert (outcome.cause, outcome.register, outcome.last) == (Cause.ACT, "LOCK", "0x1")
        else:
            assert model_of(hands).in_service
        limit += 1
    assert ends == {"up", "configured"}
    assert hands.broken == []


def started_by_hand(hands: Hands, words: Sequence[int]) -> None:
    """Start what nobody froze."""
    do = hands.do
    do(NAME, lambda r: r.PG_TIMES.write(stagger=1))
    do(NAME, lambda r: r.PG_CTRL.write(request=1))
    hands.wait(25e-6)
    do(NAME, lambda r: r.ISOLATION.write(clamp=0))
    do(NAME, lambda r: r.CLOCK.write(enable=1))
    do(NAME, lambda r: r.RESET.write(hold=0))
    do(NAME, lambda r: r.CORE.BIST_CTRL.write(run=1))
    hands.wait(250e-6)
    for word in words:
        do(NAME, data(word))
    do(NAME, lambda r: r.CORE.IMAGE_LENGTH.write(words=len(words)))
    do(NAME, lambda r: r.CORE.IMAGE_MARK.write(version=1))
    do(NAME, lambda r: r.ENTRY.write(word=3))
    do(NAME, lambda r: r.LANES.write(enable=3))
    do(NAME, lambda r: r.TRAFFIC.write(priority=0, outstanding=1))
    do(NAME, lambda r: r.CTRL.write(run=1))
    hands.wait(650e-6)


def test_what_somebody_else_started_is_halted_first(
    powered: Powered, rising: Controller, wire_to: type[Wire]
) -> None:
    """A core that runs without being frozen is halted, switched off and begun anew, breaking no rule."""
    hands = powered()
    started_by_hand(hands, firmware("theirs", 9).words)
    assert model_of(hands).serves
    acted = expect_mended(hands, rising.run(wire_to(hands.sim))[NAME])
    assert acted == ("quiesced", "configured", "frozen", *ANEW, "watched")


# ---- the core ----

GOOD = firmware("v1", 8).words


@pytest.mark.parametrize(
    ("words", "boot"),
    [
        (GOOD, BootE.READY),
        ((HEAD + 1, *GOOD[1:]), BootE.BAD_HEAD),
        ((*GOOD[:2], 9, *GOOD[3:]), BootE.BAD_HEAD),
        ((*GOOD[:5], GOOD[5] ^ 1, *GOOD[6:]), BootE.BAD_SUM),
    ],
)
def test_what_is_no_firmware_is_not_run(powered: Powered, words: Sequence[int], boot: BootE) -> None:
    """The boot code says why it runs nothing: another head, another length, or a word that is not what it was."""
    hands = powered()
    started_by_hand(hands, words)
    assert hands.do(NAME, lambda r: r.CORE.IMAGE_CRC.read()).crc == checksum(tuple(words))
    assert hands.do(NAME, lambda r: r.CORE.RUN_STATUS.read()).boot == boot
    assert model_of(hands).serves == (boot is BootE.READY)


def test_signs_of_life_come_while_it_runs(serving: Hands) -> None:
    """The heartbeat counts while the firmware runs, stands while it is halted, and goes on from there."""

    def count() -> int:
        beats: int = serving.do(NAME, lambda r: r.CORE.HEARTBEAT.read()).count
        return beats

    begin = count()
    serving.wait(1e-3)
    assert count() - begin == pytest.approx(20, abs=1)
    serving.do(NAME, lambda r: r.CTRL.write(run=0))
    stood = count()
    serving.wait(1e-3)
    assert count() == stood
    assert serving.do(NAME, lambda r: r.CORE.RUN_STATUS.read()).halted == 1
    serving.do(NAME, lambda r: r.CTRL.write(run=1))
    assert model_of(serving).serves
    serving.wait(1e-3)
    assert count() - stood == pytest.approx(20, abs=1)
    assert serving.broken == []


def test_a_halted_core_can_be_stepped(serving: Hands) -> None:
    """Each step of a halted core moves it by one word, and round at the end of its firmware."""
    serving.do(NAME, lambda r: r.CTRL.write(run=0))
    serving.wait(3e-6)
    for _ in range(46):
        serving.do(NAME, lambda r: r.STEP.write(once=1))
    assert serving.do(NAME, lambda r: r.CORE.PC.read()).word == (3 + 46) % 48
    assert serving.broken == []


def test_a_start_that_was_halted_begins_anew(powered: Powered, climber: Climber, wire_to: type[Wire]) -> None:
    """A core that is halted in its boot code begins with it again when it is let run."""
    hands = powered()
    started_by_hand(hands, GOOD)
    hands.do(NAME, running(False))
    hands.wait(3e-6)
    hands.do(NAME, lambda r: r.CORE.IMEM_ADDRESS.write(word=0))
    for word in GOOD:
        hands.do(NAME, data(word))
    hands.do(NAME, lambda r: r.CORE.IMAGE_MARK.write(version=1))
    for run, wait_s, ready in ((True, 200e-6, 0), (False, 1e-3, 0), (True, 350e-6, 0), (True, 300e-6, 1)):
        hands.do(NAME, running(run))
        hands.wait(wait_s)
        assert hands.do(NAME, lambda r: r.STATUS.read()).ready == ready
    assert hands.broken == []


def test_tasks_are_counted_by_lane(powered: Powered, climber: Climber, wire_to: type[Wire]) -> None:
    """Each task is counted, by one active lane after the other, and a read clears a count."""
    hands = powered()
    climber(lambda block: block.up(), NAME, lanes=0b1010).run(wire_to(hands.sim))
    assert model_of(hands).carry(b"data") == b"data"
    for _ in range(7):
        assert model_of(hands).carry(bytes(16)) == bytes(16)
    counts = [hands.do(NAME, operations(lane)).count for lane in range(8)]
    assert (sum(counts), {lane for lane, count in enumerate(counts) if count}) == (29, {1, 3})
    assert [hands.do(NAME, lambda r: r.CORE.TASKS.read()).count for _ in range(2)] == [8, 0]
    hands.do(NAME, running(False))
    hands.wait(3e-6)
    assert model_of(hands).carry(b"stray") == b"stray"
    assert hands.do(NAME, lambda r: r.CORE.TASKS.read()).count == 0


def test_it_is_halted_when_what_it_sent_has_arrived(serving: Hands) -> None:
    """A core that is asked to halt sends no more, and runs until nothing that it sent is on its way."""
    model = model_of(serving)
    model.in_flight = 2
    assert not model.draining
    serving.do(NAME, running(False))
    assert (model.serves, model.draining) == (False, True)
    serving.wait(1e-3)
    assert serving.do(NAME, lambda r: r.STATUS.read()).running == 1
    assert model.carry(b"late") == b"late"
    assert serving.do(NAME, lambda r: r.CORE.TASKS.read()).count == 1
    model.in_flight = 0
    assert serving.do(NAME, lambda r: r.STATUS.read()).running == 0
    assert not model.draining
    assert serving.broken == []


def test_what_was_on_its_way_is_lost_with_the_core(serving: Hands) -> None:
    """A core that loses its supply has nothing on its way any more: what it sent did not arrive."""
    model_of(serving).in_flight = 3
    model_of(serving).brown_out()
    assert model_of(serving).in_flight == 0


def test_a_spoilt_result_is_told(powered: Powered) -> None:
    """While a test turns the last bit of each result over, it leaves so, raises the event and is logged."""
    hands = powered()
    started_by_hand(hands, GOOD)
    hands.do(NAME, lambda r: r.CTRL.write(run=0))
    hands.wait(3e-6)
    hands.do(NAME, lambda r: r.TEST.write(flip=1))
    hands.do(NAME, lambda r: r.CTRL.write(run=1))
    assert model_of(hands).carry(b"\x00\x00") == b"\x00\x01"
    assert hands.do(NAME, lambda r: r.INTR_STATUS.read()).parity == 1
    assert hands.do(NAME, lambda r: r.ERR_LOG.read()).cause == CauseE.PARITY
    assert hands.broken == []


def test_the_log_keeps_the_first_error(serving: Hands) -> None:
    """A second error leaves the log as it is."""
    model_of(serving).hang()
    serving.wait(2.1e-3)
    model_of(serving).brown_out()
    status = serving.do(NAME, lambda r: r.INTR_STATUS.read())
    assert (status.watchdog, status.brownout) == (1, 1)
    assert serving.do(NAME, lambda r: r.ERR_LOG.read()).cause == CauseE.WATCHDOG
