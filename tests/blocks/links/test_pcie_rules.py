"""The rules of a PCIe endpoint: each is noticed at its register when it is broken, and not when it is kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import pytest

from blocks.model import Clock
from blocks.pcie.regs import ModeE, PcieRegs, SizeE, SpeedE, WidthE
from blocks.sim.chip import SimChip
from registers.access import RegisterOp

if TYPE_CHECKING:
    from tests.blocks.conftest import Hands
    from tests.blocks.links.conftest import Links

Op = Callable[[PcieRegs], RegisterOp[Any]]
Broken = list[tuple[str, str]]

READY_S = 1e-3  # power, lock and host are there by then
TRAINED_S = 60e-3


def ctrl(**bits: bool) -> Op:
    return lambda r: r.CTRL.modify(**bits)


def bar(index: int, size: int, *, wide: bool = False) -> Op:
    return lambda r: r.BAR[index].write(size=size, wide=wide, prefetch=0)


def somebody(r: PcieRegs) -> RegisterOp[Any]:
    return r.DEVICE.write(vendor=0x1AF7, device=1)


def asked(speed: int, width: int) -> Op:
    return lambda r: r.LINK_CTRL.write(speed=SpeedE(speed), width=WidthE(width))


POWERED: list[Op | float] = [somebody, ctrl(power=True), READY_S]
TRAINED: list[Op | float] = [*POWERED, ctrl(ltssm=True), TRAINED_S]
PASSING: list[Op | float] = [*TRAINED, ctrl(traffic=True)]

EARLY = ("CTRL", "traffic let through before the link is up and at speed")

# From power-on: operations and waits, and the rules that they break.
FROM_RESET: list[tuple[Sequence[Op | float], Broken]] = [
    (PASSING, []),
    ([*PASSING, ctrl(traffic=False), ctrl(ltssm=False), READY_S, ctrl(power=False)], []),
    ([*TRAINED, ctrl(retrain=True), READY_S, READY_S, ctrl(traffic=True)], []),
    ([*PASSING, ctrl(traffic=False), ctrl(ltssm=False), ctrl(ltssm=True), TRAINED_S, ctrl(traffic=True)], []),
    ([*PASSING, ctrl(traffic=False), ctrl(traffic=True)], []),
    ([somebody, ctrl(ltssm=True)], [("CTRL", "link switched on while the PHY has no power")]),
    (
        [somebody, ctrl(power=True), 25e-6, ctrl(ltssm=True)],
        [("CTRL", "link switched on while the PHY has no lock")],
    ),
    ([ctrl(power=True), READY_S, ctrl(ltssm=True)], [("CTRL", "link switched on by nobody: no vendor is configured")]),
    (
        [*POWERED, lambda r: r.DEVICE.write(vendor=0xFFFF, device=1), ctrl(ltssm=True)],
        [("CTRL", "link switched on by nobody: no vendor is configured")],
    ),
    (
        [*POWERED, lambda r: r.TEST.write(mode=ModeE.LOOPBACK), ctrl(ltssm=True)],
        [("CTRL", "link switched on in a mode of the laboratory")],
    ),
    (
        [*POWERED, asked(1, 0), ctrl(ltssm=True)],
        [("LINK_CTRL", "link switched on for a speed or a width that there is not")],
    ),
    (
        [*POWERED, asked(0, 16), ctrl(ltssm=True)],
        [("LINK_CTRL", "link switched on for a speed or a width that there is not")],
    ),
    ([*POWERED, bar(1, 6), ctrl(ltssm=True)], [("BAR[1]", "2^6 bytes do not fit what it is")]),
    ([*POWERED, bar(1, 32), ctrl(ltssm=True)], [("BAR[1]", "2^32 bytes do not fit what it is")]),
    ([*POWERED, bar(0, 32, wide=True), bar(2, 20), ctrl(ltssm=True)], []),
    (
        [*POWERED, bar(0, 32, wide=True), bar(1, 20), ctrl(ltssm=True)],
        [("BAR[1]", "stands where the upper half of the one before belongs")],
    ),
    ([*POWERED, bar(5, 32, wide=True), ctrl(ltssm=True)], [("BAR[5]", "wide, and none is behind it")]),
    ([*POWERED, ctrl(traffic=True)], [EARLY]),
    ([*POWERED, ctrl(ltssm=True), 14e-3, ctrl(traffic=True)], [EARLY]),
    ([*POWERED, ctrl(retrain=True)], [("CTRL", "retrained while the link is not in L0")]),
    ([*TRAINED, ctrl(retrain=True), ctrl(retrain=True)], [("CTRL", "retrained while the link is not in L0")]),
    ([*TRAINED, ctrl(retrain=True), ctrl(traffic=True)], []),
    ([*TRAINED, ctrl(ltssm=False), ctrl(traffic=True)], [EARLY]),
    ([*TRAINED, ctrl(ltssm=False), ctrl(ltssm=True), 5e-3, ctrl(traffic=True)], [EARLY]),
    ([*TRAINED, ctrl(power=False)], [("CTRL", "PHY powered down while the link is on")]),
    (
        [*TRAINED, ctrl(ltssm=False), ctrl(power=False)],
        [("CTRL", "PHY powered down while the link is on")],
    ),
    ([lambda r: r.LANE[3].STATUS.read()], [("LANE[3].STATUS", "LANE[3].STATUS touched while the PHY has no power")]),
    ([lambda r: r.LANE[15].EQ.read()], [("LANE[15].EQ", "LANE[15].EQ touched while the PHY has no power")]),
    ([*POWERED, lambda r: r.LANE[3].STATUS.read()], []),
]

# In service: one operation, and the rule that it breaks.
IN_SERVICE: list[tuple[Op, Broken]] = [
    (ctrl(ltssm=False), [("CTRL", "link switched off while traffic is let through")]),
    (ctrl(ltssm=False, traffic=False), []),
    (ctrl(power=False), [("CTRL", "PHY powered down while the link is on")]),
    (ctrl(retrain=True), [("CTRL", "retrained while traffic is let through")]),
    (ctrl(traffic=False), []),
    (somebody, []),
    (
        lambda r: r.DEVICE.write(vendor=1, device=1),
        [("DEVICE", "DEVICE changed while the link is on")],
    ),
    (
        lambda r: r.CLASS.write(revision=9, code=1),
        [("CLASS", "CLASS changed while the link is on")],
    ),
    (
        lambda r: r.SUBSYSTEM.write(vendor=1, board=1),
        [("SUBSYSTEM", "SUBSYSTEM changed while the link is on")],
    ),
    (
        lambda r: r.DEV_CTRL.modify(payload=SizeE.B_4096),
        [("DEV_CTRL", "DEV_CTRL changed while the link is on")],
    ),
    (asked(5, 16), [("LINK_CTRL", "LINK_CTRL changed while the link is on")]),
    (
        lambda r: r.EQ_CTRL.write(tx_preset=1, rx_hint=0),
        [("EQ_CTRL", "EQ_CTRL changed while the link is on")],
    ),
    (
        lambda r: r.TEST.write(mode=ModeE.COMPLIANCE),
        [("TEST", "TEST changed while the link is on")],
    ),
    (bar(4, 20), [("BAR[4]", "BAR[4] changed while the link is on")]),
    (lambda r: r.INTR_ENABLE.modify(link_down=1), []),
    (lambda r: r.SCRATCH.write(value=7), []),
    (lambda r: r.LOCK.write(config=1), []),
    (lambda r: r.LANE[0].EQ.read(), []),
]

# Configuration under a closed lock.
LOCKED: list[tuple[Op, str]] = [
    (lambda r: r.DEVICE.modify(vendor=1), "DEVICE.vendor"),
    (lambda r: r.DEVICE.modify(device=2), "DEVICE.device"),
    (lambda r: r.CLASS.modify(revision=9), "CLASS.revision"),
    (lambda r: r.CLASS.modify(code=9), "CLASS.code"),
    (lambda r: r.SUBSYSTEM.modify(vendor=9), "SUBSYSTEM.vendor"),
    (lambda r: r.SUBSYSTEM.modify(board=9), "SUBSYSTEM.board"),
    (lambda r: r.DEV_CTRL.modify(payload=SizeE.B_4096), "DEV_CTRL.payload"),
    (lambda r: r.DEV_CTRL.modify(read_request=SizeE.B_128), "DEV_CTRL.read_request"),
    (lambda r: r.DEV_CTRL.modify(extended_tag=1), "DEV_CTRL.extended_tag"),
    (lambda r: r.DEV_CTRL.modify(relaxed_order=1), "DEV_CTRL.relaxed_order"),
    (lambda r: r.LINK_CTRL.modify(speed=SpeedE.GT_8), "LINK_CTRL.speed"),
    (lambda r: r.LINK_CTRL.modify(width=WidthE.X1), "LINK_CTRL.width"),
    (lambda r: r.EQ_CTRL.modify(tx_preset=1), "EQ_CTRL.tx_preset"),
    (lambda r: r.EQ_CTRL.modify(rx_hint=1), "EQ_CTRL.rx_hint"),
    (lambda r: r.TEST.write(mode=ModeE.LOOPBACK), "TEST.mode"),
    (lambda r: r.BAR[2].modify(size=20), "BAR[2].size"),
    (lambda r: r.BAR[3].modify(wide=1), "BAR[3].wide"),
    (lambda r: r.BAR[5].modify(prefetch=1), "BAR[5].prefetch"),
]


def run(hands: Hands, steps: Sequence[Op | float]) -> Broken:
    """Do what a person would, and return the rules broken."""
    for step in steps:
        if callable(step):
            hands.do("pcie", step)
        else:
            hands.wait(step)
    assert all(v.block == "pcie" for v in hands.sim.violations)
    return [(v.register, v.rule) for v in hands.sim.violations]


@pytest.mark.parametrize(("steps", "broken"), FROM_RESET)
def test_rules_from_reset(idle: Hands, steps: Sequence[Op | float], broken: Broken) -> None:
    """Each rule on the way up and down is noticed when it is broken, and not when it is kept."""
    assert run(idle, steps) == broken


@pytest.mark.parametrize(("op", "broken"), IN_SERVICE)
def test_rules_in_service(idle: Hands, op: Op, broken: Broken) -> None:
    """Each change that would disturb a link in service is noticed, and nothing else is."""
    assert run(idle, [*PASSING, op]) == broken


@pytest.mark.parametrize(("op", "path"), LOCKED)
def test_a_closed_lock_is_respected(idle: Hands, op: Op, path: str) -> None:
    """Under a closed lock no field of the configuration changes, and the attempt is noticed; a reset opens it."""
    idle.do("pcie", lambda r: r.LOCK.write(config=1))
    assert run(idle, [op]) == [(path, "locked: written while its lock is closed")]
    idle.sim.power_on()
    assert len(run(idle, [op])) == 1


def test_a_phy_needs_its_reference(idle: Hands) -> None:
    """Powering the PHY without a stable reference is a violation."""
    idle.sim.model("pcie").inputs["clock"].drive(Clock(100e6, stable=False))
    assert run(idle, [ctrl(power=True)]) == [("CTRL", "PHY powered without a stable reference clock")]


def test_a_host_in_reset_has_no_link(links: Links, hands_on: type[Hands]) -> None:
    """Switching the link on while PERST# is held is a violation, and nothing trains."""
    hands = hands_on(SimChip(links.chip, overrides={"pcie": {"perst_s": float("inf")}}))
    told = [("CTRL", "link switched on while the PHY has no host that is out of reset")]
    assert run(hands, [*POWERED, ctrl(ltssm=True), TRAINED_S]) == told
    assert hands.do("pcie", lambda r: r.LTSSM.read()).raw == 0
