"""The rules of a UCIe link: each is noticed at its register when it is broken, and not when it is kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import pytest

from blocks.model import Clock
from blocks.ucie.regs import FlitE, ModeE, ProtocolE, RateE, StateE, UcieRegs, WidthE
from registers.access import RegisterOp

if TYPE_CHECKING:
    from tests.blocks.conftest import Hands
    from tests.blocks.links.conftest import Links

Op = Callable[[UcieRegs], RegisterOp[Any]]
Broken = list[tuple[str, str]]

ENDS = ("ucie[0]", "ucie[1]")
READY_S = 1e-3  # power and lock are there by then, and adapters have agreed
TRAINED_S = 15e-3


def ctrl(**bits: bool) -> Op:
    return lambda r: r.CTRL.modify(**bits)


def asked(rate: int, width: int) -> Op:
    return lambda r: r.LINK_CTRL.write(rate=RateE(rate), width=WidthE(width))


def offered(protocol: ProtocolE, flit: FlitE, *, retry: bool) -> Op:
    return lambda r: r.ADAPTER_CTRL.write(protocol=protocol, flit=flit, retry=retry)


def noted(r: UcieRegs) -> RegisterOp[Any]:
    return r.ERR_LOG.write(valid=1)


START = ctrl(start=True)
POWERED: list[Op | float] = [ctrl(power=True), READY_S]
ACTIVE: list[Op | float] = [*POWERED, START, TRAINED_S]
PASSING: list[Op | float] = [*ACTIVE, ctrl(adapter=True), READY_S]
DOWN: list[Op | float] = [ctrl(adapter=False), READY_S, ctrl(start=False), noted, ctrl(power=False)]

EARLY = ("CTRL", "adapter switched on before the link is active")
NO_LINK = ("LINK_CTRL", "training started for a rate or a width that there is not")
NO_OFFER = ("ADAPTER_CTRL", "training started with an adapter that offers what cannot be")
MAPPED = "lane map changed while the link is started"
UNPOWERED = "a lane touched while the PHY has no power"

# From power-on, done to both ends at once: operations and waits, and the rules that they break at each.
FROM_RESET: list[tuple[Sequence[Op | float], Broken]] = [
    (PASSING, []),
    ([*PASSING, *DOWN, *PASSING], []),
    ([*PASSING, ctrl(adapter=False), ctrl(adapter=True)], []),
    ([*PASSING, ctrl(adapter=False), ctrl(start=False), noted, READY_S, START, TRAINED_S, ctrl(adapter=True)], []),
    ([*POWERED, START, ctrl(start=False), START, TRAINED_S, ctrl(adapter=True)], []),
    ([START], [("CTRL", "training started while the PHY has no power")]),
    ([ctrl(power=True), 30e-6, START], [("CTRL", "training started while the PHY has no lock")]),
    (
        [*POWERED, lambda r: r.TEST.write(mode=ModeE.PATTERN), START],
        [("CTRL", "training started in a mode of the laboratory")],
    ),
    ([*POWERED, asked(0, 16), START], [NO_LINK]),
    ([*POWERED, asked(1, 0), START], [NO_LINK]),
    ([*POWERED, asked(4, 8), START], []),
    (
        [*POWERED, asked(5, 16), START],
        [("PHY_CTRL", "training started for more than 16 GT/s without termination")],
    ),
    ([*POWERED, offered(ProtocolE.NONE, FlitE.FLIT_68, retry=False), START], [NO_OFFER]),
    ([*POWERED, offered(ProtocolE.CXL, FlitE.RAW, retry=True), START], [NO_OFFER]),
    ([*POWERED, offered(ProtocolE.CXL, FlitE.RAW, retry=False), START], []),
    ([ctrl(adapter=True)], [EARLY]),
    ([*POWERED, ctrl(adapter=True)], [EARLY]),
    ([*POWERED, START, 5e-3, ctrl(adapter=True)], [EARLY]),
    ([*ACTIVE, ctrl(start=False), ctrl(adapter=True)], [EARLY]),
    ([*POWERED, ctrl(retrain=True)], [("CTRL", "retrained while the link is not active")]),
    ([*POWERED, START, 5e-3, ctrl(power=False)], [("CTRL", "PHY powered down while the link is started")]),
    ([*POWERED, START, asked(2, 16)], [("LINK_CTRL", "LINK_CTRL changed while the link is started")]),
    ([*POWERED, lambda r: r.LANE[3].MAP.write(logical=4)], []),
    ([*POWERED, START, lambda r: r.LANE[3].MAP.write(logical=4)], [("LANE[3].MAP", MAPPED)]),
    ([lambda r: r.LANE[17].STATUS.read()], [("LANE[17].STATUS", UNPOWERED)]),
    ([lambda r: r.LANE[0].MAP.read()], [("LANE[0].MAP", UNPOWERED)]),
    ([lambda r: r.LANE[0].MAP.write(logical=4)], [("LANE[0].MAP", UNPOWERED)]),
    ([*POWERED, lambda r: r.LANE[0].MAP.read(), lambda r: r.LANE[0].STATUS.read()], []),
]

# In service: one operation on one end, and the rule that it breaks.
IN_SERVICE: list[tuple[Op, Broken]] = [
    (ctrl(start=False), [("CTRL", "link stopped while its adapter is on")]),
    (ctrl(start=False, adapter=False), []),
    (ctrl(power=False), [("CTRL", "PHY powered down while the link is started")]),
    (ctrl(retrain=True), [("CTRL", "retrained while its adapter is on")]),
    (ctrl(adapter=False), []),
    (asked(2, 16), [("LINK_CTRL", "LINK_CTRL changed while the link is started")]),
    (asked(1, 16), []),
    (lambda r: r.PHY_CTRL.modify(drive=1), [("PHY_CTRL", "PHY_CTRL changed while the link is started")]),
    (
        offered(ProtocolE.CXL, FlitE.FLIT_68, retry=False),
        [("ADAPTER_CTRL", "ADAPTER_CTRL changed while the link is started")],
    ),
    (lambda r: r.TIMEOUT.write(us=1), [("TIMEOUT", "TIMEOUT changed while the link is started")]),
    (lambda r: r.TEST.write(mode=ModeE.LOOPBACK), [("TEST", "TEST changed while the link is started")]),
    (lambda r: r.LANE[5].MAP.write(logical=6), [("LANE[5].MAP", MAPPED)]),
    (lambda r: r.LANE[5].MAP.write(logical=5), []),
    (lambda r: r.LANE[5].STATUS.read(), []),
    (lambda r: r.INTR_ENABLE.modify(link_down=1), []),
    (lambda r: r.SCRATCH.write(value=7), []),
    (lambda r: r.LOCK.write(config=1), []),
]

# Configuration under a closed lock.
LOCKED: list[tuple[Op, str]] = [
    (lambda r: r.LINK_CTRL.modify(rate=RateE.GT_8), "LINK_CTRL.rate"),
    (lambda r: r.LINK_CTRL.modify(width=WidthE.X8), "LINK_CTRL.width"),
    (lambda r: r.PHY_CTRL.modify(drive=1), "PHY_CTRL.drive"),
    (lambda r: r.PHY_CTRL.modify(terminated=1), "PHY_CTRL.terminated"),
    (lambda r: r.PHY_CTRL.modify(quadrature=1), "PHY_CTRL.quadrature"),
    (lambda r: r.ADAPTER_CTRL.modify(protocol=ProtocolE.CXL), "ADAPTER_CTRL.protocol"),
    (lambda r: r.ADAPTER_CTRL.modify(flit=FlitE.FLIT_68), "ADAPTER_CTRL.flit"),
    (lambda r: r.ADAPTER_CTRL.modify(retry=0), "ADAPTER_CTRL.retry"),
    (lambda r: r.TIMEOUT.write(us=1), "TIMEOUT.us"),
    (lambda r: r.TEST.write(mode=ModeE.LOOPBACK), "TEST.mode"),
]


def run(hands: Hands, steps: Sequence[Op | float], ends: Sequence[str] = ENDS) -> None:
    """Do what a person would, to both ends at once."""
    for step in steps:
        if callable(step):
            for end in ends:
                hands.do(end, step)
        else:
            hands.wait(step)


def rules(hands: Hands, end: str) -> Broken:
    return [(v.register, v.rule) for v in hands.sim.violations if v.block == end]


@pytest.mark.parametrize(("steps", "broken"), FROM_RESET)
def test_rules_from_reset(idle: Hands, steps: Sequence[Op | float], broken: Broken) -> None:
    """Each rule on the way up and down is noticed when it is broken, at the end that broke it, and not when kept."""
    run(idle, steps)
    assert [rules(idle, end) for end in ENDS] == [broken, broken]


@pytest.mark.parametrize(("op", "broken"), IN_SERVICE)
def test_rules_in_service(idle: Hands, op: Op, broken: Broken) -> None:
    """Each change that would disturb a link in service is noticed, and nothing else is; the other end did nothing."""
    run(idle, PASSING)
    assert idle.sim.model(ENDS[0]).serves
    run(idle, [op], ENDS[:1])
    assert [rules(idle, end) for end in ENDS] == [broken, []]


@pytest.mark.parametrize(("op", "path"), LOCKED)
def test_a_closed_lock_is_respected(idle: Hands, op: Op, path: str) -> None:
    """Under a closed lock no field of the configuration changes, and the attempt is noticed; a reset opens it."""
    told = [(path, "locked: written while its lock is closed")]
    idle.do(ENDS[0], lambda r: r.LOCK.write(config=1))
    run(idle, [op])
    assert [rules(idle, end) for end in ENDS] == [told, []]
    idle.sim.power_on()
    run(idle, [op])
    assert [rules(idle, end) for end in ENDS] == [told, []]


def test_a_phy_needs_its_reference(idle: Hands) -> None:
    """Powering the PHY without a stable reference is a violation."""
    idle.sim.model(ENDS[0]).inputs["clock"].drive(Clock(100e6, stable=False))
    run(idle, POWERED)
    told = [("CTRL", "PHY powered without a stable reference clock")]
    assert [rules(idle, end) for end in ENDS] == [told, []]
    assert [idle.do(end, lambda r: r.STATUS.read()).phy_lock for end in ENDS] == [0, 1]


def test_an_error_is_taken_note_of_before_training_starts_anew(idle: Hands) -> None:
    """Starting over a log that still holds an error is a violation; clearing the log clears all of it."""
    run(idle, ACTIVE)
    run(idle, [ctrl(start=False)], ENDS[:1])
    assert idle.do(ENDS[1], lambda r: r.STATE.read()).state == StateE.TRAINERROR
    run(idle, [ctrl(start=False), START], ENDS[1:])
    told = [("CTRL", "training started over an error that nobody has taken note of")]
    assert [rules(idle, end) for end in ENDS] == [[], told]
    run(idle, [lambda r: r.ERR_LOG.write(valid=1)], ENDS[1:])
    assert idle.do(ENDS[1], lambda r: r.ERR_LOG.read()).raw == 0


def test_one_end_may_have_both_train_again(idle: Hands) -> None:
    """Asking for training anew breaks no rule where the adapter of that end is off, whatever the other one's is."""
    run(idle, PASSING)
    run(idle, [ctrl(adapter=False), ctrl(retrain=True), TRAINED_S, ctrl(adapter=True), READY_S], ENDS[:1])
    assert [rules(idle, end) for end in ENDS] == [[], []]
    assert [idle.sim.model(end).serves for end in ENDS] == [True, True]
    assert idle.do(ENDS[1], lambda r: r.RETRAINS.read()).count == 1


def test_a_link_that_was_just_lost_is_no_fault_of_software(idle: Hands) -> None:
    """An adapter switched on after the link came up breaks no rule, though the other end has left meanwhile."""
    run(idle, ACTIVE)
    run(idle, [ctrl(start=False)], ENDS[:1])
    run(idle, [ctrl(adapter=True)], ENDS[1:])
    assert [rules(idle, end) for end in ENDS] == [[], []]
    assert not idle.sim.model(ENDS[1]).serves


def test_states_are_passed_in_their_order(links: Links, idle: Hands) -> None:
    """From SBINIT on both ends pass every state of the specification once, in order, repair and error left out."""
    run(idle, [*POWERED, START])
    seen: list[list[int]] = [[], []]
    while seen[0][-1:] != [StateE.ACTIVE]:
        for end, states in zip(ENDS, seen, strict=True):
            state = int(idle.do(end, lambda r: r.STATE.read()).state)
            if states[-1:] != [state]:
                states.append(state)
        idle.wait(20e-6)
        assert idle.sim.now_s < 50e-3
    expected = [s for s in StateE if StateE.SBINIT <= s <= StateE.ACTIVE and s is not StateE.MBTRAIN_REPAIR]
    assert seen == [expected, expected]
