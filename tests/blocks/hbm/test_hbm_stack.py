"""The stack manager's model notices each rule that is broken, and does what hardware does when something goes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import pytest

from blocks.hbm_stack.driver import MODE_DEFAULT, HbmStackConfig
from blocks.hbm_stack.model import HbmStackModel
from blocks.hbm_stack.regs import CauseE, HbmStackRegs, InstructionE
from blocks.model import Clock, Net
from registers.access import RegisterOp
from transports.errors import BusFault

if TYPE_CHECKING:
    from tests.blocks.conftest import Controller, Hands, Wire
    from tests.blocks.hbm.conftest import Powered

Op = Callable[[HbmStackRegs], RegisterOp[Any]]
MS = 1e-3


def rail(index: int, on: bool) -> Op:
    return lambda r: r.RAIL[index].CTRL.write(enable=on)


def limit(index: int, target: int = 1100) -> Op:
    return lambda r: r.RAIL[index].LIMIT.write(target=target, window=50)


def reset(release: bool) -> Op:
    return lambda r: r.RESET.write(release=release)


def dll(on: bool) -> Op:
    return lambda r: r.DLL_CTRL.write(enable=on)


def zq(run: bool) -> Op:
    return lambda r: r.ZQ_CTRL.write(run=run)


def ask(instruction: InstructionE) -> Op:
    return lambda r: r.IEEE1500.write(instruction=instruction, start=1)


def broadcast(r: HbmStackRegs) -> RegisterOp[Any]:
    return r.MODE_CTRL.write(broadcast=1)


def sense(r: HbmStackRegs) -> RegisterOp[Any]:
    return r.TEMP_CTRL.write(enable=1)


LIMITS: list[Op | float] = [limit(0), limit(1), limit(2)]
POWER: list[Op | float] = [*LIMITS, rail(0, True), MS, rail(1, True), MS, rail(2, True), MS]
AWAKE: list[Op | float] = [*POWER, reset(True), MS]
CLOCKED: list[Op | float] = [*AWAKE, dll(True), MS]
CALIBRATED: list[Op | float] = [*CLOCKED, zq(True), 2 * MS]

# With clock and reset up, the stack untouched: operations and waits, and the rules that they break.
FROM_RESET: list[tuple[Sequence[Op | float], list[tuple[str, str]]]] = [
    ([*CALIBRATED, broadcast, MS], []),
    ([limit(0), rail(0, True), rail(0, False)], []),
    ([rail(0, True)], [("RAIL[0].CTRL", "VPP switched on without a target")]),
    ([*LIMITS, rail(1, True)], [("RAIL[1].CTRL", "VDDC switched on before VPP is good")]),
    ([*LIMITS, rail(0, True), rail(1, True)], [("RAIL[1].CTRL", "VDDC switched on before VPP is good")]),
    (
        [*LIMITS, rail(0, True), MS, rail(1, True), rail(2, True)],
        [("RAIL[2].CTRL", "VDDQ switched on before VDDC is good")],
    ),
    ([*POWER, rail(0, False)], [("RAIL[0].CTRL", "VPP switched off under VDDC, VDDQ")]),
    ([*POWER, rail(2, False), rail(0, False)], [("RAIL[0].CTRL", "VPP switched off under VDDC")]),
    ([*AWAKE, rail(2, False)], [("RAIL[2].CTRL", "VDDQ switched off while the stack is out of reset")]),
    ([limit(0), rail(0, True), limit(0, 1000)], [("RAIL[0].LIMIT", "RAIL[0].LIMIT changed under power")]),
    ([limit(0), rail(0, True), limit(0)], []),
    (
        [limit(0), rail(0, True), lambda r: r.TEMP_LIMIT.write(warn=70, trip=90)],
        [("TEMP_LIMIT", "TEMP_LIMIT changed under power")],
    ),
    ([limit(0), rail(0, True), lambda r: r.CTRL.modify(trip=0)], [("CTRL", "CTRL changed under power")]),
    ([lambda r: r.TEMP_LIMIT.write(warn=90, trip=90)], [("TEMP_LIMIT", "trip is not above warn")]),
    ([reset(True)], [("RESET", "reset released without power")]),
    ([*POWER[:-1], 0.25 * MS, reset(True)], [("RESET", "reset released before it was held for 200 us of power")]),
    ([ask(InstructionE.DEVICE_ID)], [("IEEE1500", "instruction sent to a stack that does not answer")]),
    ([*AWAKE, ask(InstructionE.DEVICE_ID), MS, ask(InstructionE.TEMPERATURE)], []),
    (
        [*AWAKE, ask(InstructionE.DEVICE_ID), ask(InstructionE.TEMPERATURE)],
        [("IEEE1500", "instruction sent while another runs")],
    ),
    ([sense], [("TEMP_CTRL", "sensor started on a stack that does not answer")]),
    ([*POWER, dll(True)], [("DLL_CTRL", "PHY clock started before the stack is awake")]),
    ([*AWAKE, zq(True)], [("ZQ_CTRL", "calibration begun without a locked PHY clock")]),
    ([*AWAKE, dll(True), zq(True)], [("ZQ_CTRL", "calibration begun without a locked PHY clock")]),
    ([*CLOCKED, broadcast], [("MODE_CTRL", "mode registers sent before the interface is calibrated")]),
    ([*CALIBRATED, broadcast, broadcast], [("MODE_CTRL", "mode registers sent while they are being sent")]),
]

# With channels in service.
IN_SERVICE: list[tuple[Op, list[tuple[str, str]]]] = [
    (reset(False), [("RESET", "reset taken low while channels run")]),
    (dll(False), [("DLL_CTRL", "PHY clock stopped while channels run")]),
    (zq(False), [("ZQ_CTRL", "calibration dropped while channels run")]),
    (broadcast, [("MODE_CTRL", "mode registers sent while channels run")]),
    (ask(InstructionE.LANE_TEST), [("IEEE1500", "lanes tested while channels run")]),
    (ask(InstructionE.TEMPERATURE), []),
    (lambda r: r.TEST.write(loopback=1, observe=0), [("TEST", "test mode entered in service")]),
    (lambda r: r.MODE[3].write(data=1), [("MODE[3].data", "locked")]),
    (lambda r: r.CHANNELS.write(mask=1), [("CHANNELS.mask", "locked")]),
    (limit(1, 900), [("RAIL[1].LIMIT.target", "locked")]),
    (lambda r: r.SCRATCH.write(value=0xA5A5A5A5), []),
    (lambda r: r.INTR_ENABLE.write(brownout=0, cattrip=0, dll_lost=0, zq_failed=0, warm=0), []),
    (
        rail(2, False),
        [
            ("RAIL[2].CTRL", "VDDQ switched off while the stack is out of reset"),
            ("RAIL[2].CTRL", "VDDQ switched off while channels run"),
        ],
    ),
]


def rules(hands: Hands) -> list[tuple[str, str]]:
    assert all(v.block == "hbm" for v in hands.sim.violations)
    return [(v.register, v.rule) for v in hands.sim.violations]


@pytest.mark.parametrize(("steps", "broken"), FROM_RESET)
def test_rules_from_reset(clocked: Hands, steps: Sequence[Op | float], broken: list[tuple[str, str]]) -> None:
    """Each rule on the way up is noticed when it is broken, and not when it is kept."""
    for step in steps:
        if callable(step):
            clocked.do("hbm", step)
        else:
            clocked.wait(step)
    assert rules(clocked) == broken


@pytest.mark.parametrize(("op", "broken"), IN_SERVICE)
def test_rules_in_service(serving: Hands, op: Op, broken: list[tuple[str, str]]) -> None:
    """Each touch that would disturb channels in service is noticed, and nothing else is."""
    serving.do("hbm", op)
    found = [(register, "locked" if rule.startswith("locked:") else rule) for register, rule in rules(serving)]
    assert found[: len(broken)] == broken
    assert {rule for _, rule in found} <= {rule for _, rule in broken}


def test_mode_registers_are_not_changed_under_channels(stacked: Hands, serving: Hands) -> None:
    """A mode register that is changed is no longer what the stack has; under running channels that is a violation."""
    stacked.do("hbm", lambda r: r.MODE[3].write(data=0x55))
    assert stacked.do("hbm", lambda r: r.MODE_STATUS.read()).sent == 1  # locked: the write did nothing
    stack = serving.sim.model("hbm")
    stack.registers.field("LOCK.config").force(0)
    serving.do("hbm", lambda r: r.MODE[3].write(data=0x55))
    assert rules(serving) == [("MODE[3]", "MODE[3] changed while channels run")]
    assert not stack.serves


def test_the_part_says_what_it_is(stacked: Hands) -> None:
    """The identification is read once, through the test port, and stands in DEVICE_ID until power goes."""
    found = stacked.do("hbm", lambda r: r.DEVICE_ID.read())
    assert (found.valid, found.manufacturer, found.density, found.height, found.serial) == (1, 6, 16, 8, 0x5EED0001)
    stacked.do("hbm", reset(False))
    assert stacked.do("hbm", lambda r: r.DEVICE_ID.read()).valid == 0
    assert stacked.broken == []


def test_an_unstable_clock_is_not_followed(clocked: Hands) -> None:
    """Starting the PHY clock on a reference that is not stable is a violation, and it does not lock."""
    for step in AWAKE:
        if callable(step):
            clocked.do("hbm", step)
        else:
            clocked.wait(step)
    stack = clocked.sim.model("hbm")
    assert isinstance(stack, HbmStackModel)
    stack.clock = Net("shaky", Clock(1e9, stable=False))
    clocked.do("hbm", dll(True))
    clocked.wait(MS)
    assert rules(clocked) == [("DLL_CTRL", "PHY clock started on a reference that is not stable")]
    assert clocked.do("hbm", lambda r: r.DLL_STATUS.read()).lock == 0


def test_without_its_domain_it_does_not_answer(powered: Powered) -> None:
    """Touching the manager before its domain is out of reset is a bus fault and a violation."""
    still = powered()
    with pytest.raises(BusFault, match=r"crg\.noc has no clock"):
        still.do("hbm", lambda r: r.ID.read())
    assert still.broken == [("hbm.ID", "touched while its domain crg.noc has no clock")]


@pytest.mark.parametrize("event", ["brownout", "cattrip", "dll_lost", "zq_failed", "warm"])
def test_each_bit_of_the_test_register_raises_the_line(serving: Hands, event: str) -> None:
    """INTR_TEST raises its bit of INTR_STATUS, the line follows while it is enabled, and writing 1 clears it."""
    serving.do("hbm", lambda r: r.INTR_TEST.write(**{event: 1}))
    assert getattr(serving.do("hbm", lambda r: r.INTR_STATUS.read()), event) == 1
    assert 2 in serving.sim.raised
    serving.do("hbm", lambda r: r.INTR_STATUS.write(**{event: 1}))
    assert serving.sim.raised == frozenset()


@pytest.mark.parametrize("index", [0, 1, 2])
def test_a_brownout_takes_all_down_and_is_mended(
    serving: Hands, rising: Controller, wire_to: type[Wire], index: int
) -> None:
    """A supply that leaves its window takes stack and channels down, is logged, and the next climb has all back."""
    stack = serving.sim.model("hbm")
    assert isinstance(stack, HbmStackModel)
    stack.brown_out(index)
    assert not any(serving.sim.model(name).serves for name in ("hbm", "channel[0]", "channel[1]", "channel[2]"))
    assert serving.sim.raised == frozenset({2, 3, 4, 5})
    logged = serving.do("hbm", lambda r: r.ERR_LOG.read())
    assert (logged.valid, logged.cause, logged.rail, logged.celsius) == (1, CauseE.BROWNOUT, index, 45)
    outcomes = rising.run(wire_to(serving.sim))
    assert all(hasattr(outcome, "acted") for outcome in outcomes.values())
    assert (len(outcomes), serving.broken, serving.sim.raised) == (6, [], frozenset())
    assert serving.do("hbm", lambda r: r.EVENTS.read()).brownouts == 1
    assert serving.do("hbm", lambda r: r.POWER_CYCLES.read()).count == 2
    assert serving.do("hbm", lambda r: r.POWER_CYCLES.read()).count == 0


def test_a_lost_clock_is_told_and_mended(serving: Hands, rising: Controller, wire_to: type[Wire]) -> None:
    """When the PHY's reference goes, lock and channels go with it, and the next climb has all back."""
    net = serving.sim.model("hbm").inputs["clock"]
    before = net.value
    net.drive(Clock())
    assert not serving.sim.model("hbm").serves
    net.drive(before)
    assert serving.do("hbm", lambda r: r.INTR_STATUS.read()).dll_lost == 1
    assert serving.do("hbm", lambda r: r.ERR_LOG.read()).cause == CauseE.DLL
    outcomes = rising.run(wire_to(serving.sim))
    assert all(hasattr(outcome, "acted") for outcome in outcomes.values())
    assert all(serving.sim.model(name).in_service for name in ("hbm", "channel[0]", "channel[2]"))
    assert serving.broken == []


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"vpp_mv": 1200}, "vpp_mv is 1200; expected 1700..1950"),
        ({"vddq_mv": 1150}, "vddq_mv is 1150; expected vddc_mv, 1100, or less"),
        ({"trip_c": 85}, "trip_c is 85; expected more than warn_c, 85"),
        ({"mode": (0,) * 15}, "mode is .*; expected 16 numbers of 0..255"),
        ({"mode": (*MODE_DEFAULT[:15], 256)}, "expected 16 numbers of 0..255"),
        ({"channels": 0}, "channels is 0; expected 1..65535"),
    ],
)
def test_what_no_stack_can_take_is_no_configuration(values: dict[str, Any], message: str) -> None:
    """A configuration outside what a stack can take is refused before any register is written."""
    with pytest.raises(ValueError, match=message):
        HbmStackConfig(**values)
