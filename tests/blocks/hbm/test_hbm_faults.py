"""What is wrong with a stack or a channel ends in a fault that says so, or is mended and seen to be less than full."""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from blocks.chip import load_chip
from blocks.hbm_channel.regs import CodeE, HbmChannelRegs
from blocks.hbm_stack.model import HbmStackModel
from registers.access import RegisterOp
from runtime.climb import Climbed
from runtime.fault import Cause, Fault
from runtime.faults.campaign import run_shard
from runtime.faults.plan import Plan, Points
from transports.faulty.kinds import LIES

if TYPE_CHECKING:
    from blocks.chip import Chip
    from blocks.sim.chip import SimChip
    from tests.blocks.conftest import Controller, Hands, Wire
    from tests.blocks.hbm.conftest import Climber, Powered

NAME = "channel[1]"
OTHERS = {"pll", "crg", "hbm", "channel[0]", "channel[2]"}

# parameters of the stack's model; rung, cause, register, wanted, last of its fault
STACK: list[tuple[dict[str, object], tuple[str, Cause, str, str, str]]] = [
    (
        {"never_powers": "VPP"},
        ("VPP", Cause.LATE, "RAIL[0].STATUS", "power_good=0x1", "power_good=0x0 (word 0x2)"),
    ),
    (
        {"never_powers": "VDDQ"},
        ("VDDQ", Cause.LATE, "RAIL[2].STATUS", "power_good=0x1", "power_good=0x0 (word 0x2)"),
    ),
    ({"vddc_s": inf}, ("VDDC", Cause.LATE, "RAIL[1].STATUS", "power_good=0x1", "power_good=0x0 (word 0x2)")),
    ({"hold_s": inf}, ("reset held", Cause.LATE, "STATUS", "reset_held=0x1", "reset_held=0x0 (word 0x21)")),
    ({"wake_s": inf}, ("awake", Cause.LATE, "STATUS", "awake=0x1", "awake=0x0 (word 0x23)")),
    (
        {"identify_s": inf},
        ("settled", Cause.LATE, "IEEE1500_STATUS", "busy=0x0", "busy=0x1 (word 0x1)"),
    ),
    (
        {"density_gb": 24},
        (
            "known",
            Cause.LATE,
            "DEVICE_ID",
            "valid=0x1, manufacturer=0x6, density=0x10, height=0x8",
            "valid=0x1, manufacturer=0x6, density=0x18, height=0x8 (word 0x81861)",
        ),
    ),
    ({"dll_s": inf}, ("clocked", Cause.LATE, "DLL_STATUS", "lock=0x1", "lock=0x0 (word 0x0)")),
    ({"zq_s": inf}, ("calibrated", Cause.LATE, "ZQ_STATUS", "done=0x1, failed=0x0", "done=0x0, failed=0x0 (word 0x1)")),
    (
        {"never_calibrates": True},
        ("calibrated", Cause.LATE, "ZQ_STATUS", "done=0x1, failed=0x0", "done=0x0, failed=0x1 (word 0x4)"),
    ),
    (
        {"broadcast_s": inf},
        ("settled", Cause.LATE, "MODE_STATUS", "busy=0x0", "busy=0x1 (word 0x1)"),
    ),
    (
        {"catrip": True},
        (
            "healthy",
            Cause.LATE,
            "INTR_STATUS",
            "brownout=0x0, cattrip=0x0, dll_lost=0x0, zq_failed=0x0, warm=0x0",
            "brownout=0x0, cattrip=0x1, dll_lost=0x0, zq_failed=0x0, warm=0x0 (word 0x2)",
        ),
    ),
]

# parameters of one channel's model; rung, cause, register, wanted, last of its fault
CHANNEL: list[tuple[dict[str, object], tuple[str, Cause, str, str, str]]] = [
    ({"wake_s": inf}, ("awake", Cause.LATE, "STATUS", "awake=0x1", "awake=0x0 (word 0x21)")),
    ({"dll_s": inf}, ("clocked", Cause.LATE, "DLL_STATUS", "lock=0x1", "lock=0x0 (word 0x0)")),
    ({"gate_s": inf}, ("gate", Cause.LATE, "PHASE[1].STATUS", "done=0x1", "done=0x0 (word 0x1)")),
    (
        {"never_trains": True},
        ("read eye begun", Cause.UNSTABLE, "PHASE[2].STATUS", "failed=0x0", "failed=0x1 (word 0x26)"),
    ),
    (
        {"bad_lane": 3, "bad_lanes": 0x80},
        ("repaired", Cause.ACT, "BAD", "0x10000 under mask 0x1f0000", "0x20088"),
    ),
    ({"fill_s": inf}, ("filled", Cause.LATE, "INIT_STATUS", "done=0x1", "done=0x0 (word 0x1)")),
]


def eye_of(lane: int) -> Callable[[HbmChannelRegs], RegisterOp[Any]]:
    return lambda r: r.LANE[lane].EYE.read()


def evidence(outcome: object) -> tuple[str, Cause, str, str, str]:
    assert isinstance(outcome, Fault)
    return outcome.rung, outcome.cause, outcome.register, outcome.wanted, outcome.last


def looked_at_in_full(sim: SimChip, climber: Climber, wire_to: type[Wire], name: str) -> str:
    """Return the rung of `full` that does not hold; empty: all do."""
    outcome: Any = climber(lambda block: block.full(), name).run(wire_to(sim))[name]
    return outcome.rung if isinstance(outcome, Fault) else ""


@pytest.mark.parametrize(("parameters", "expected"), STACK)
def test_a_stack_that_cannot_be_brought_up_says_why(
    powered: Powered, rising: Controller, wire_to: type[Wire],
    parameters: dict[str, object], expected: tuple[str, Cause, str, str, str],
) -> None:  # fmt: skip
    """Each thing that is wrong with a stack is the fault of its rung; channels wait; no rule is broken."""
    hands = powered({"hbm": parameters})
    outcomes = rising.run(wire_to(hands.sim))
    assert set(outcomes) == {"pll", "crg", "hbm"}
    assert evidence(outcomes["hbm"]) == expected
    assert hands.broken == []


@pytest.mark.parametrize(("parameters", "expected"), CHANNEL)
def test_a_channel_that_cannot_be_brought_up_says_why(
    powered: Powered, rising: Controller, wire_to: type[Wire],
    parameters: dict[str, object], expected: tuple[str, Cause, str, str, str],
) -> None:  # fmt: skip
    """Each thing that is wrong with a channel is the fault of its rung; all others come up; no rule is broken."""
    hands = powered({NAME: parameters})
    outcomes = rising.run(wire_to(hands.sim))
    assert evidence(outcomes[NAME]) == expected
    assert {name for name, outcome in outcomes.items() if isinstance(outcome, Climbed)} == OTHERS
    assert hands.broken == []


def test_a_sound_chip_is_full(serving: Hands, climber: Climber, wire_to: type[Wire]) -> None:
    """Nothing is less than full when nothing is wrong."""
    for name in ("hbm", "channel[0]", "channel[1]", "channel[2]"):
        assert looked_at_in_full(serving.sim, climber, wire_to, name) == ""


@pytest.mark.parametrize("lane", [0, 9, 15])
def test_one_bad_lane_is_mapped_out(
    powered: Powered, rising: Controller, climber: Climber, wire_to: type[Wire], lane: int
) -> None:
    """The spare stands in for a bad lane: the channel is up with its margins, and less than full."""
    hands = powered({NAME: {"bad_lane": lane}})
    outcome = rising.run(wire_to(hands.sim))[NAME]
    assert isinstance(outcome, Climbed)
    assert "repaired" in outcome.acted
    assert outcome.acted.count("read eye begun") == 3
    repair = hands.do(NAME, lambda r: r.REPAIR.read())
    assert (repair.used, repair.lane) == (1, lane)
    eye = hands.do(NAME, eye_of(lane))
    assert (eye.mapped, eye.failed) == (1, 0)
    assert min(eye.rx, eye.tx) >= 40
    assert hands.do(NAME, lambda r: r.RETRIES.read()).count == 2
    assert looked_at_in_full(hands.sim, climber, wire_to, NAME) == "unrepaired"
    again = wire_to(hands.sim)
    rising.run(again)
    assert (again.writes, hands.broken) == (0, [])


def test_two_bad_lanes_are_shown(powered: Powered, rising: Controller, wire_to: type[Wire]) -> None:
    """With two bad lanes nothing is mapped out, both are named, and a second use of the spare is a violation."""
    hands = powered({NAME: {"bad_lanes": 0x0088}})
    rising.run(wire_to(hands.sim))
    status = hands.do(NAME, lambda r: r.PHASE[2].STATUS.read())
    assert (status.done, status.failed, status.code, status.lanes) == (1, 1, CodeE.LANE, 0x0088)
    assert hands.do(NAME, lambda r: r.REPAIR.read()).used == 0
    for lane, failed in ((2, 0), (3, 1), (7, 1)):
        assert hands.do(NAME, eye_of(lane)).failed == failed
    assert hands.do(NAME, lambda r: r.LANE[3].DELAY.read()).rx > 0
    hands.do(NAME, lambda r: r.REPAIR.write(used=1, lane=3))
    assert hands.do(NAME, lambda r: r.BAD.read()).lanes == 0x0080
    assert hands.broken == []
    hands.do(NAME, lambda r: r.REPAIR.write(used=1, lane=7))
    assert hands.broken == [(f"{NAME}.REPAIR", "the spare used twice")]


def test_a_failed_attempt_is_made_again(
    powered: Powered, rising: Controller, climber: Climber, wire_to: type[Wire]
) -> None:
    """Attempts that fail by chance are made again at once; less than full lasts until the count is cleared."""
    hands = powered({NAME: {"retry_p": 1.0}})
    outcome = rising.run(wire_to(hands.sim))[NAME]
    assert isinstance(outcome, Climbed)
    for phase in ("write levelling", "gate", "read eye", "write eye"):
        assert outcome.acted.count(f"{phase} begun") == 2
    took_s = sum(hands.sim.model(NAME).stages.values()) + sum(hands.sim.model("hbm").stages.values())
    assert hands.sim.now_s < 1.1 * took_s
    assert hands.do(NAME, lambda r: r.RETRIES.read()).count == 4
    assert looked_at_in_full(hands.sim, climber, wire_to, NAME) == "trained at once"
    hands.do(NAME, lambda r: r.RETRIES.write(count=0))
    assert looked_at_in_full(hands.sim, climber, wire_to, NAME) == ""
    assert hands.broken == []


def test_a_warm_stack_is_up_but_not_full(
    powered: Powered, rising: Controller, climber: Climber, wire_to: type[Wire]
) -> None:
    """Between warning and trip a stack comes up, and is seen to be less than full."""
    hands = powered({"hbm": {"temperature_c": 95.0}})
    assert isinstance(rising.run(wire_to(hands.sim))["hbm"], Climbed)
    assert looked_at_in_full(hands.sim, climber, wire_to, "hbm") == "cool"


def test_a_tripped_stack_is_off(powered: Powered, rising: Controller, wire_to: type[Wire]) -> None:
    """A stack that is too hot has been switched off by its manager, whatever was written, and counted."""
    hands = powered({"hbm": {"temperature_c": 105.0}})
    assert isinstance(rising.run(wire_to(hands.sim))["hbm"], Fault)
    stack = hands.sim.model("hbm")
    assert isinstance(stack, HbmStackModel)
    assert [rail.value for rail in stack.enables] == [0, 0, 0]
    assert hands.do("hbm", lambda r: r.STATUS.read()).hot == 1
    assert hands.do("hbm", lambda r: r.EVENTS.read()).trips == 1


@pytest.mark.parametrize(
    ("name", "field", "value", "rung"),
    [
        ("hbm", "RAIL[1].LIMIT.target", 900, "configured"),
        ("hbm", "MODE[2].data", 0, "mode set"),
        (NAME, "REFRESH_TIMES.trefi", 7800, "configured"),
        (NAME, "ECC_CTRL.enable", 0, "configured"),
    ],
)
def test_wrong_behind_the_lock_is_told_and_left(
    serving: Hands, climber: Climber, wire_to: type[Wire], name: str, field: str, value: int, rung: str
) -> None:
    """Configuration that is wrong under a set lock ends the climb at the lock, and nothing is written."""
    serving.sim.model(name).registers.field(field).force(value)
    wire = wire_to(serving.sim)
    outcome = climber(lambda block: block.up(), name).run(wire)[name]
    assert evidence(outcome) == (rung, Cause.ACT, "LOCK", "0x0 under mask 0x1", "0x1")
    assert (wire.writes, serving.broken) == (0, [])


def test_a_read_that_lies_breaks_no_rule_once_it_was_read_again(memory: Chip) -> None:
    """Whatever read of a channel or its stack lies, no rule is broken by it after that register was looked at again."""
    plan = Plan(lambda: load_chip(Path(memory.source)), "memory", kinds=tuple(LIES), points=Points.parse("nth"))

    tally = run_shard(plan)

    assert tally.misled > 0, "rules are broken, before that"
    assert [failed for failed in tally.failed if failed.broken.startswith("safety")] == []
