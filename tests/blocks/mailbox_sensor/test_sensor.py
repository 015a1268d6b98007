"""The sensor: how it starts, what it says of the place where it stands, what fails, and how it says so."""

from __future__ import annotations

from functools import partial
from math import inf
from typing import TYPE_CHECKING, Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from blocks.ladder import Ladder
from blocks.sensor.driver import Sensor, SensorConfig, celsius_of, code_of
from blocks.sensor.model import SensorModel
from runtime.climb import Climbed, Plan
from runtime.fault import Cause, Fault
from transports.errors import DeviceLost

if TYPE_CHECKING:
    from blocks.chip import Chip
    from registers.access import RegisterOp
    from tests.blocks.conftest import Controller, Hands, Wire
    from tests.blocks.mailbox_sensor.conftest import Climber, Powered

NAME = "sensor[0]"
LINE = 2
PERIOD_S = 1e-3


def up(block: Any) -> Ladder:
    ladder: Ladder = block.up()
    return ladder


def full(block: Any) -> Ladder:
    ladder: Ladder = block.full()
    return ladder


def model_of(hands: Hands) -> SensorModel:
    model = hands.sim.model(NAME)
    assert isinstance(model, SensorModel)
    return model


def sample(index: int, r: Any) -> RegisterOp[Any]:
    op: RegisterOp[Any] = r.SAMPLE[index].read()
    return op


def read(register: str, r: Any) -> RegisterOp[Any]:
    op: RegisterOp[Any] = getattr(r, register).read()
    return op


def newest(hands: Hands) -> Any:
    """Return the newest sample."""
    index = hands.do(NAME, lambda r: r.NEWEST.read()).index
    return hands.do(NAME, partial(sample, index))


def status(hands: Hands) -> Any:
    return hands.do(NAME, lambda r: r.STATUS.read())


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"gain": 0}, "gain is 0; expected 1024..4095"),
        ({"offset": 128}, "offset is 128; expected -128..127"),
        ({"period_us": 19}, "period_us is 19; expected 20.."),
        ({"low_c": -65.0}, "low_c is -65.0; expected -64.0..447.0"),
        ({"high_c": -12.0}, "high_c is -12.0; expected low_c, -20.0, and twice hysteresis_c, or more"),
        ({"critical_c": 95.0}, "critical_c is 95.0; expected more than high_c, 95.0"),
        ({"hysteresis_c": 0.1}, "hysteresis_c is 0.1; expected 0.125.."),
        ({"low_mv": 900}, "high_mv is 900; expected more than low_mv, 900"),
        ({"droop_mv": 701}, "droop_mv is 701; expected low_mv, 700, or less"),
    ],
)
def test_what_no_sensor_can_do_is_no_configuration(values: dict[str, Any], message: str) -> None:
    """A configuration outside of what the sensor can do is refused before any register is written."""
    with pytest.raises(ValueError, match=message):
        SensorConfig(**values)


@given(st.integers(0, 4095))
def test_codes_are_temperatures(code: int) -> None:
    """Each code means one temperature, and that temperature has this code."""
    assert code_of(celsius_of(code)) == code


FAULTS: list[tuple[dict[str, object], str, str, str, str]] = [
    # parameters; rung, register, what was wanted, what was there
    ({"bias_s": inf}, "biased", "STATUS", "biased=0x1", "biased=0x0"),
    ({"stuck": True}, "measuring", "STATUS", "ready=0x1", "ready=0x0"),
    ({"first_s": inf}, "measuring", "STATUS", "ready=0x1", "ready=0x0"),
    ({"temperature_c": 110.0}, "cool", "STATUS", "critical=0x0", "critical=0x1"),
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


@pytest.mark.parametrize(
    "parameters",
    [{"temperature_c": 95.0}, {"temperature_c": -20.0}, {"millivolts": 699}, {"millivolts": 901}],
)
def test_beyond_its_limits_it_is_up_but_not_full(
    powered: Powered, climber: Climber, wire_to: type[Wire], parameters: dict[str, object]
) -> None:
    """A sensor that is well and finds its place beyond a limit is up, and `full` says so; nothing is written again."""
    hands = powered({NAME: parameters})
    assert isinstance(climber(up, NAME).run(wire_to(hands.sim))[NAME], Climbed)
    fault = climber(full, NAME).run(wire_to(hands.sim))[NAME]
    assert isinstance(fault, Fault)
    assert (fault.rung, fault.register) == ("within limits", "STATUS")
    again = wire_to(hands.sim)
    assert isinstance(climber(up, NAME).run(again)[NAME], Climbed)
    assert again.writes == 0
    assert model_of(hands).serves
    assert hands.broken == []


@pytest.mark.parametrize("parameters", [{"temperature_c": 94.5}, {"temperature_c": -19.5}, {"millivolts": 700}])
def test_just_within_its_limits_it_is_full(
    powered: Powered, climber: Climber, wire_to: type[Wire], parameters: dict[str, object]
) -> None:
    """A place just within its limits is well."""
    hands = powered({NAME: parameters})
    assert isinstance(climber(up, NAME).run(wire_to(hands.sim))[NAME], Climbed)
    assert isinstance(climber(full, NAME).run(wire_to(hands.sim))[NAME], Climbed)


@pytest.mark.parametrize("seen_c", [-63.0, -20.5, 25.0, 94.0])
def test_a_trimmed_sensor_tells_the_truth(serving: Hands, seen_c: float) -> None:
    """With its trim a reading is what there is, to an eighth of a degree; a trim of another part is not as good."""
    model_of(serving).place(temperature_c=seen_c, millivolts=777)
    serving.wait(PERIOD_S)
    sample = newest(serving)
    assert (celsius_of(sample.code), sample.millivolts, sample.valid) == (seen_c, 777, 1)


def test_an_untrimmed_part_is_off(powered: Powered, climber: Climber, wire_to: type[Wire]) -> None:
    """Trimmed as another part is, a sensor says something else than there is."""
    hands = powered({NAME: {"gain": 2100, "offset": -20}})
    climber(up, NAME).run(wire_to(hands.sim))
    assert celsius_of(newest(hands).code) == pytest.approx(-64 + 119 * 2012 / 2100 + 25 / 8, abs=0.125)


def test_samples_follow_each_other_in_a_ring(serving: Hands) -> None:
    """One conversion a period is kept, eight in all, and counted; whoever looks late finds what he would have seen."""
    serving.do(NAME, lambda r: r.CONVERSIONS.read())
    before = serving.do(NAME, lambda r: r.NEWEST.read()).index
    model_of(serving).place(temperature_c=60.0)
    serving.wait(3 * PERIOD_S)
    assert serving.do(NAME, lambda r: r.CONVERSIONS.read()).count == 3
    assert serving.do(NAME, lambda r: r.NEWEST.read()).index == (before + 3) % 8
    codes = [serving.do(NAME, partial(sample, (before + k) % 8)).code for k in range(4)]
    assert [celsius_of(code) for code in codes] == [55.0, 60.0, 60.0, 60.0]
    serving.wait(1003 * PERIOD_S)
    assert serving.do(NAME, lambda r: r.NEWEST.read()).index == (before + 1006) % 8
    assert serving.do(NAME, lambda r: r.CONVERSIONS.read()).count == 1003
    assert serving.do(NAME, lambda r: r.CONVERSIONS.read()).count == 0


def test_extremes_are_kept_until_they_are_read(serving: Hands) -> None:
    """The coldest and the hottest, the lowest and the highest since the last look are kept; a look begins anew."""
    model = model_of(serving)
    for celsius, millivolts in ((70.0, 790), (40.0, 820), (50.0, 800)):
        model.place(temperature_c=celsius, millivolts=millivolts)
        serving.wait(20 * PERIOD_S)
    found = {
        "COLDEST": code_of(40.0), "HOTTEST": code_of(70.0), "VOLTAGE_LOWEST": 790, "VOLTAGE_HIGHEST": 820,
    }  # fmt: skip
    for register, value in found.items():
        seen = serving.do(NAME, partial(read, register))
        assert (seen.value, seen.valid) == (value, 1)
        again = serving.do(NAME, partial(read, register))
        assert (again.value, again.valid) == (0, 0)
    serving.wait(PERIOD_S)
    assert serving.do(NAME, lambda r: r.COLDEST.read()).value == code_of(50.0)


def test_an_alarm_is_raised_once_and_needs_to_be_left(serving: Hands, climber: Climber, wire_to: type[Wire]) -> None:
    """A limit that is reached raises the line at the next conversion, once; within the hysteresis it stays reached."""
    model = model_of(serving)
    model.place(temperature_c=96.0)
    assert (status(serving).high, set(serving.sim.raised)) == (0, set())
    serving.wait(PERIOD_S)
    assert (status(serving).high, set(serving.sim.raised)) == (1, {LINE})
    log = serving.do(NAME, lambda r: r.ERR_LOG.read())
    assert (log.valid, log.alarm.name) == (1, "HIGH")
    assert serving.do(NAME, lambda r: r.ERR_LOG_SAMPLE.read()).code == code_of(96.0)
    assert isinstance(climber(up, NAME).run(wire_to(serving.sim))[NAME], Climbed)
    for celsius, high, risen in ((91.0, 1, False), (96.0, 1, False), (90.5, 0, False), (95.0, 1, True)):
        model.place(temperature_c=celsius)
        serving.wait(2 * PERIOD_S)
        assert (status(serving).high, bool(serving.sim.raised)) == (high, risen)
    assert serving.broken == []


def test_each_limit_has_its_alarm(serving: Hands) -> None:
    """Low, critical and voltage raise bits of their own, and go when the place is well again; the first is logged."""
    model = model_of(serving)
    steps: tuple[tuple[dict[str, Any], set[str]], ...] = (
        ({"temperature_c": -21.0}, {"low"}),
        ({"temperature_c": 111.0}, {"high", "critical"}),
        ({"temperature_c": 50.0}, set()),
        ({"millivolts": 950}, {"voltage"}),
        ({"millivolts": 650}, {"voltage"}),
        ({"millivolts": 800}, set()),
    )
    for changed, alarms in steps:
        model.place(**changed)
        serving.wait(PERIOD_S)
        seen = status(serving)
        assert {name for name in ("high", "low", "critical", "voltage") if seen.field(name)} == alarms
    events = serving.do(NAME, lambda r: r.INTR_STATUS.read())
    assert [events.field(name) for name in ("high", "low", "critical", "voltage", "droop")] == [1, 1, 1, 1, 0]
    assert serving.do(NAME, lambda r: r.ERR_LOG.read()).alarm.name == "LOW"


def test_a_hot_die_fails_and_is_found_well_again(serving: Hands, climber: Climber, wire_to: type[Wire]) -> None:
    """Beyond the critical limit the block fails, truthfully, and is not stopped; cooled down it is up at once."""
    model_of(serving).place(temperature_c=120.0)
    serving.wait(PERIOD_S)
    fault = climber(up, NAME).run(wire_to(serving.sim))[NAME]
    assert isinstance(fault, Fault)
    assert (fault.rung, fault.wanted) == ("cool", "critical=0x0")
    assert model_of(serving).serves
    model_of(serving).place(temperature_c=50.0)
    serving.wait(PERIOD_S)
    assert isinstance(climber(up, NAME).run(wire_to(serving.sim))[NAME], Climbed)
    assert serving.broken == []


def test_a_drifting_sensor_raises_the_alarm_by_itself(powered: Powered, climber: Climber, wire_to: type[Wire]) -> None:
    """Readings that leave the truth reach a limit in time, without anybody looking."""
    hands = powered({NAME: {"drift_c_per_s": 100.0}})
    assert isinstance(climber(up, NAME).run(wire_to(hands.sim))[NAME], Climbed)
    hands.wait(0.39)
    assert hands.sim.raised == frozenset()
    hands.wait(0.02)
    assert (set(hands.sim.raised), status(hands).high) == ({LINE}, 1)
    assert hands.do(NAME, lambda r: r.ERR_LOG_SAMPLE.read()).code == code_of(95.0)
    assert hands.do(NAME, lambda r: r.COLDEST.read()).value == code_of(55.0)
    assert celsius_of(hands.do(NAME, lambda r: r.HOTTEST.read()).value) == pytest.approx(96.0, abs=0.25)


def test_droops_are_counted_between_conversions(powered: Powered, climber: Climber, wire_to: type[Wire]) -> None:
    """The detector sees dips that no conversion does, raises the line and counts them; one above its limit is none."""
    hands = powered({NAME: {"droop_s": 300e-6, "droop_mv": 640}, "sensor[1]": {"droop_s": 300e-6, "droop_mv": 660}})
    climber(up, NAME, "sensor[1]").run(wire_to(hands.sim))
    hands.wait(1e-3)
    assert hands.sim.raised == {LINE}
    assert hands.do(NAME, lambda r: r.DROOPS.read()).count == 3
    assert hands.do(NAME, lambda r: r.DROOPS.read()).count == 0
    assert hands.do("sensor[1]", lambda r: r.DROOPS.read()).count == 0
    log = hands.do(NAME, lambda r: r.ERR_LOG.read())
    assert (log.alarm.name, hands.do(NAME, lambda r: r.ERR_LOG_SAMPLE.read()).millivolts) == ("DROOP", 640)
    assert hands.do(NAME, lambda r: r.VOLTAGE_LOWEST.read()).value == 800
    climber(lambda block: block.rest(), NAME).run(wire_to(hands.sim))
    hands.do(NAME, lambda r: r.DROOPS.read())
    hands.wait(1e-3)
    assert hands.do(NAME, lambda r: r.DROOPS.read()).count == 0


def test_a_test_in_service_is_ended_at_rest(serving: Hands, climber: Climber, wire_to: type[Wire]) -> None:
    """An injected temperature is measured instead of the true one; the next climb stops, ends that, and measures."""
    serving.do(NAME, lambda r: r.TEST.write(code=code_of(100.0), inject=1))
    assert serving.broken == [(f"{NAME}.TEST", "TEST changed under a conversion")]
    assert not model_of(serving).serves
    serving.wait(PERIOD_S)
    assert celsius_of(newest(serving).code) == 100.0
    serving.sim.violations.clear()
    outcome = climber(up, NAME).run(wire_to(serving.sim))[NAME]
    assert isinstance(outcome, Climbed)
    assert {"settled", "out of test", "measuring"} <= set(outcome.acted)
    assert celsius_of(newest(serving).code) == 55.0
    rung = next(r for r in serving.sim.chip.instances[NAME].block.up() if r.name == "settled")
    assert rung.settles <= model_of(serving).stages["settled"] <= rung.within / 2
    assert serving.broken == []


def test_what_somebody_else_started_is_stopped_first(clocked: Hands, climber: Climber, wire_to: type[Wire]) -> None:
    """A sensor that measures and is not frozen is stopped and awaited before it is configured anew."""
    do = clocked.do
    do(NAME, lambda r: r.TRIM.write(gain=2048, offset=128))
    do(NAME, lambda r: r.RATE.write(period=50))
    do(NAME, lambda r: r.LIMIT_LOW.write(code=400))
    do(NAME, lambda r: r.LIMIT_HIGH.write(code=1200))
    do(NAME, lambda r: r.LIMIT_CRITICAL.write(code=1300))
    do(NAME, lambda r: r.HYSTERESIS.write(codes=8))
    do(NAME, lambda r: r.VOLTAGE_LIMIT.write(low=700, high=900))
    do(NAME, lambda r: r.CTRL.modify(power=1))
    clocked.wait(30e-6)
    do(NAME, lambda r: r.CTRL.modify(enable=1))
    clocked.wait(150e-6)
    assert model_of(clocked).serves
    outcome = climber(up, NAME).run(wire_to(clocked.sim))[NAME]
    assert isinstance(outcome, Climbed)
    assert outcome.acted == ("settled", "trimmed", "limited", "frozen", "measuring", "watched")
    assert clocked.broken == []


def test_a_sensor_without_bias_is_started_anew(serving: Hands, climber: Climber, wire_to: type[Wire]) -> None:
    """A sensor whose bias was taken away in service is brought back, though it is enabled as it should be."""
    serving.do(NAME, lambda r: r.CTRL.modify(power=0))
    serving.sim.violations.clear()
    assert not model_of(serving).serves
    assert isinstance(climber(up, NAME).run(wire_to(serving.sim))[NAME], Climbed)
    assert model_of(serving).serves
    assert serving.broken == []


def test_another_configuration_is_reached_as_long_as_nothing_is_frozen(
    mail: Chip, powered: Powered, climber: Climber, wire_to: type[Wire]
) -> None:
    """From each place on the way up another configuration is reached, or refused by the lock; no rule is broken."""
    hands, below, limit = powered(seed=9), climber(up, "pll", "crg"), 0
    first, block = climber(up, NAME), mail.instances[NAME].block
    config = evolve(block.config, gain=1900, period_us=77, low_c=0.0, high_c=80.0, critical_c=90.0, hysteresis_c=1.0)
    other = type(first)({NAME: Plan(Sensor(NAME, block.regs, config).up())}, {NAME: ()})
    ends: set[str] = set()
    while True:
        hands.sim.power_on()
        below.run(wire_to(hands.sim))
        try:
            first.run(wire_to(hands.sim, limit))
        except DeviceLost:
            limit += 1
        else:
            break
        frozen = bool(hands.sim.model(NAME).registers.field("LOCK.config").value)
        outcome = other.run(wire_to(hands.sim))[NAME]
        ends.add(outcome.rung if isinstance(outcome, Fault) else "up")
        assert isinstance(outcome, Fault) == frozen
        if isinstance(outcome, Fault):
            assert (outcome.cause, outcome.register, outcome.last) == (Cause.ACT, "LOCK", "0x1")
    assert ends == {"up", "trimmed"}
    assert hands.broken == []


def test_samples_of_a_stopped_sensor_are_not_valid(serving: Hands, climber: Climber, wire_to: type[Wire]) -> None:
    """At rest nothing is measured, and no sample passes for a new one."""
    serving.wait(10 * PERIOD_S)
    climber(lambda block: block.rest(), NAME).run(wire_to(serving.sim))
    count = serving.do(NAME, lambda r: r.CONVERSIONS.read()).count
    assert count == 11
    serving.wait(10 * PERIOD_S)
    assert serving.do(NAME, lambda r: r.CONVERSIONS.read()).count == 0
    assert (newest(serving).valid, status(serving).ready) == (0, 0)
