"""The sensor's rules: its model notices each one that is broken, and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import pytest

from blocks.sensor.regs import SensorRegs
from registers.access import RegisterOp

if TYPE_CHECKING:
    from tests.blocks.conftest import Hands

Op = Callable[[SensorRegs], RegisterOp[Any]]
Steps = Sequence[Op | float]
Broken = list[tuple[str, str]]

NAME = "sensor[0]"
BIASED_S, MEASURED_S, STOPPED_S = 30e-6, 150e-6, 12e-6  # by then
LOCKED = "locked: written while its lock is closed"
UNDER = "under a conversion"


def control(**fields: bool) -> Op:
    return lambda r: r.CTRL.modify(**fields)


def trim(gain: int = 2048, offset: int = 128) -> Op:
    return lambda r: r.TRIM.write(gain=gain, offset=offset)


def period(us: int = 100) -> Op:
    return lambda r: r.RATE.write(period=us)


def limit(name: str, code: int) -> Op:
    return lambda r: getattr(r, f"LIMIT_{name}").write(code=code)


def hysteresis(codes: int = 8) -> Op:
    return lambda r: r.HYSTERESIS.write(codes=codes)


def voltage(low: int = 700, high: int = 900) -> Op:
    return lambda r: r.VOLTAGE_LIMIT.write(low=low, high=high)


def inject(r: SensorRegs) -> RegisterOp[Any]:
    return r.TEST.write(code=0xFFF, inject=1)


def droop(r: SensorRegs) -> RegisterOp[Any]:
    return r.DROOP_LIMIT.write(millivolts=640)


def lock(r: SensorRegs) -> RegisterOp[Any]:
    return r.LOCK.write(config=1)


def unpower(r: SensorRegs) -> RegisterOp[Any]:
    return r.CTRL.modify(power=0)


TRIMMED: list[Op | float] = [trim(), period()]
LIMITED: list[Op | float] = [*TRIMMED, limit("LOW", 400), limit("HIGH", 1200), limit("CRITICAL", 1300)]
RIGHT: list[Op | float] = [*LIMITED, hysteresis(), voltage()]
BIASED: list[Op | float] = [*RIGHT, control(power=True), BIASED_S]
CONVERTING: list[Op | float] = [*BIASED, control(enable=True)]
MEASURING: list[Op | float] = [*CONVERTING, MEASURED_S]  # and nothing is locked
STOPPED: list[Op | float] = [*MEASURING, control(enable=False), STOPPED_S]
TAKEN = "bias taken away under a conversion: stop it, and wait until it is inactive"

# From power-on: operations, and the rules that they break.
FROM_RESET: list[tuple[Steps, Broken]] = [
    (MEASURING, []),
    ([*STOPPED, trim(2000), period(50), hysteresis(9), inject, unpower], []),
    ([*STOPPED, control(enable=True)], []),
    ([*RIGHT, lock], []),
    ([*RIGHT, control(power=True), control(enable=True)], [("CTRL", "enabled before its bias has settled")]),
    ([*RIGHT, control(enable=True)], [("CTRL", "enabled before its bias has settled")]),
    ([*BIASED, trim(0), control(enable=True)], [("CTRL", "enabled before it is trimmed")]),
    (
        [*BIASED, period(19), control(enable=True)],
        [("CTRL", "enabled with a period of 19 us, shorter than a conversion")],
    ),
    ([*BIASED, period(20), control(enable=True)], []),
    (
        [*TRIMMED, control(power=True), BIASED_S, control(enable=True)],
        [("CTRL", "enabled with limits out of order: low 0, high 0, critical 0")],
    ),
    (
        [*BIASED, limit("LOW", 1200), control(enable=True)],
        [("CTRL", "enabled with limits out of order: low 1200, high 1200, critical 1300")],
    ),
    (
        [*BIASED, limit("HIGH", 1300), control(enable=True)],
        [("CTRL", "enabled with limits out of order: low 400, high 1300, critical 1300")],
    ),
    (
        [*BIASED, hysteresis(0), control(enable=True)],
        [("CTRL", "enabled with a hysteresis of 0 between limits of 400 and 1200")],
    ),
    (
        [*BIASED, limit("LOW", 1000), hysteresis(100), control(enable=True)],
        [("CTRL", "enabled with a hysteresis of 100 between limits of 1000 and 1200")],
    ),
    ([*BIASED, limit("LOW", 1000), hysteresis(99), control(enable=True)], []),
    (
        [*BIASED, voltage(900, 900), control(enable=True)],
        [("CTRL", "enabled with limits of voltage out of order: low 900, high 900")],
    ),
    (
        [*MEASURING, control(enable=False), control(enable=True)],
        [("CTRL", "enabled before the last conversion has ended")],
    ),
    ([*MEASURING, unpower], [("CTRL", TAKEN)]),
    ([*CONVERTING, unpower], [("CTRL", TAKEN)]),
    ([*MEASURING, control(enable=False), unpower], [("CTRL", TAKEN)]),
    ([*MEASURING, control(enable=False, power=False)], [("CTRL", TAKEN)]),
    ([*CONVERTING, trim(2000)], [("TRIM", f"TRIM changed {UNDER}")]),
    ([*MEASURING, trim(2000)], [("TRIM", f"TRIM changed {UNDER}")]),
    ([*MEASURING, trim()], []),
    ([*MEASURING, control(enable=False), trim(2000)], [("TRIM", f"TRIM changed {UNDER}")]),
    ([*MEASURING, period(50)], [("RATE", f"RATE changed {UNDER}")]),
    ([*MEASURING, limit("LOW", 1)], [("LIMIT_LOW", f"LIMIT_LOW changed {UNDER}")]),
    ([*MEASURING, limit("HIGH", 1250)], [("LIMIT_HIGH", f"LIMIT_HIGH changed {UNDER}")]),
    ([*MEASURING, limit("CRITICAL", 1250)], [("LIMIT_CRITICAL", f"LIMIT_CRITICAL changed {UNDER}")]),
    ([*MEASURING, hysteresis(9)], [("HYSTERESIS", f"HYSTERESIS changed {UNDER}")]),
    ([*MEASURING, voltage(1, 2)], [("VOLTAGE_LIMIT", f"VOLTAGE_LIMIT changed {UNDER}")]),
    ([*MEASURING, droop], [("DROOP_LIMIT", f"DROOP_LIMIT changed {UNDER}")]),
    ([*MEASURING, inject], [("TEST", f"TEST changed {UNDER}")]),
    ([*RIGHT, trim(0), lock], [("LOCK", "locked before it is trimmed")]),
    ([*TRIMMED, lock], [("LOCK", "locked with limits out of order: low 0, high 0, critical 0")]),
]

# In service.
IN_SERVICE: list[tuple[Sequence[Op], Broken]] = [
    ([trim(1, 133)], [("TRIM.gain", LOCKED)]),
    ([period(50)], [("RATE.period", LOCKED)]),
    ([limit("LOW", 1)], [("LIMIT_LOW.code", LOCKED)]),
    ([limit("HIGH", 1)], [("LIMIT_HIGH.code", LOCKED)]),
    ([limit("CRITICAL", 1)], [("LIMIT_CRITICAL.code", LOCKED)]),
    ([hysteresis(1)], [("HYSTERESIS.codes", LOCKED)]),
    ([voltage(1, 900)], [("VOLTAGE_LIMIT.low", LOCKED)]),
    ([droop], [("DROOP_LIMIT.millivolts", LOCKED)]),
    ([lambda r: r.LOCK.write(config=0), hysteresis(1)], [("HYSTERESIS.codes", LOCKED)]),
    ([inject], [("TEST", f"TEST changed {UNDER}")]),
    ([lambda r: r.HOTTEST.read(), lambda r: r.SAMPLE[3].read(), lambda r: r.CONVERSIONS.read()], []),
]


def broken_at(hands: Hands) -> Broken:
    """Return what was violated at the sensor under test; nothing else may have been."""
    assert {v.block for v in hands.sim.violations} <= {NAME}
    return [(v.register, v.rule) for v in hands.sim.violations]


@pytest.mark.parametrize(("steps", "broken"), FROM_RESET)
def test_rules_from_reset(clocked: Hands, steps: Steps, broken: Broken) -> None:
    """Each rule on the way up and down is noticed when it is broken, and not when it is kept."""
    for step in steps:
        if callable(step):
            clocked.do(NAME, step)
        else:
            clocked.wait(step)
    assert broken_at(clocked) == broken


@pytest.mark.parametrize(("ops", "broken"), IN_SERVICE)
def test_rules_in_service(serving: Hands, ops: Sequence[Op], broken: Broken) -> None:
    """Each change that would disturb a sensor which measures is noticed, and nothing else is."""
    for op in ops:
        serving.do(NAME, op)
    assert broken_at(serving) == broken
