"""The interrupt aggregator's rules: its model notices each one that is broken, and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import pytest

from blocks.aggregator.regs import AggregatorRegs, RouteE
from registers.access import RegisterOp

if TYPE_CHECKING:
    from tests.blocks.conftest import Hands

Op = Callable[[AggregatorRegs], RegisterOp[Any]]
Broken = list[tuple[str, str]]

NAME = "leaf[1]"
READY_S = 5e-6  # by then
LOCKED = "locked: written while its lock is closed"


def control(**fields: bool) -> Op:
    return lambda r: r.CTRL.modify(**fields)


def source(index: int, priority: int = 1, route: RouteE = RouteE.LINE, edge: bool = False) -> Op:
    return lambda r: r.SOURCE[index].write(priority=priority, route=route, edge=edge)


def admit(word: int) -> Op:
    return lambda r: r.ENABLE.write(sources=word)


def threshold(priority: int) -> Op:
    return lambda r: r.THRESHOLD.write(priority=priority)


def storm(limit: int, window: int) -> Op:
    return lambda r: r.STORM.write(limit=limit, window=window)


def clear(word: int) -> Op:
    return lambda r: r.PENDING.write(sources=word)


def inject(word: int) -> Op:
    return lambda r: r.INJECT.write(sources=word)


def lock(r: AggregatorRegs) -> RegisterOp[Any]:
    return r.LOCK.write(config=1)


def hold(r: AggregatorRegs) -> RegisterOp[Any]:
    return r.TEST.write(hold=1)


READY: list[Op | float] = [control(soft_reset=False), READY_S]
ADMITTED: list[Op | float] = [*READY, source(1), source(2, edge=True), admit(0b110)]
REPORTING: list[Op | float] = [*ADMITTED, control(enable=True)]  # and nothing is locked

# From reset: operations, and the rules that they break.
FROM_RESET: list[tuple[Sequence[Op | float], Broken]] = [
    ([*REPORTING, lock], []),
    ([*REPORTING, control(enable=False), control(soft_reset=True), *READY, control(enable=True)], []),
    ([*REPORTING, control(enable=False), admit(0), source(1, 2), threshold(1), storm(4, 4), admit(2)], []),
    ([control(enable=True)], [("CTRL", "enabled before its lines are sampled")]),
    ([control(soft_reset=False), control(enable=True)], [("CTRL", "enabled before its lines are sampled")]),
    ([*READY, control(soft_reset=True), control(enable=True)], [("CTRL", "enabled before its lines are sampled")]),
    ([*READY, admit(2), control(enable=True)], [("CTRL", "enabled with source 1 admitted, which is routed nowhere")]),
    (
        [*ADMITTED, threshold(1), control(enable=True)],
        [
            ("CTRL", "enabled with source 1 admitted, which is held back: priority 1 at threshold 1"),
            ("CTRL", "enabled with source 2 admitted, which is held back: priority 1 at threshold 1"),
        ],
    ),
    (
        [*READY, source(3, 0), admit(8), control(enable=True)],
        [("CTRL", "enabled with source 3 admitted, which is held back: priority 0 at threshold 0")],
    ),
    ([*READY, source(3, 1, RouteE.LOCAL), admit(8), control(enable=True)], []),
    ([*REPORTING, control(soft_reset=True)], [("CTRL", "soft reset while it reports")]),
    ([source(1), admit(2)], [("ENABLE", "sources admitted before lines are sampled")]),
    ([control(soft_reset=False), admit(2)], [("ENABLE", "sources admitted before lines are sampled")]),
    ([*REPORTING, admit(0b10)], [("ENABLE", "ENABLE changed while it reports")]),
    ([*REPORTING, admit(0b110)], []),
    ([*REPORTING, threshold(1)], [("THRESHOLD", "THRESHOLD changed while it reports")]),
    ([*REPORTING, storm(1, 1)], [("STORM", "STORM changed while it reports")]),
    ([*REPORTING, hold], [("TEST", "TEST changed while it reports")]),
    ([hold], []),
    ([storm(1, 0)], [("STORM", "a limit of rises in a window of no length")]),
    ([storm(0, 0), storm(0, 9)], []),
    ([*ADMITTED, source(1, 2)], [("SOURCE[1]", "source 1 changed while it is admitted")]),
    ([*ADMITTED, source(2)], [("SOURCE[2]", "source 2 changed while it is admitted")]),
    ([*ADMITTED, source(1)], []),
    ([*REPORTING, source(3)], []),
    ([lock], [("LOCK", "locked before any source is admitted")]),
    ([*READY, lock], [("LOCK", "locked before any source is admitted")]),
    (
        [*REPORTING, inject(0b110), clear(0b110)],
        [("PENDING", "cleared sources that ask by level: 1: only what stands behind lowers them")],
    ),
    ([*REPORTING, inject(0b110), clear(0b100), inject(0), clear(0b010)], []),
    ([*REPORTING, lambda r: r.MASK_SET.write(sources=6), lambda r: r.MASK_CLR.write(sources=0xFF)], []),
]

# In service.
IN_SERVICE: list[tuple[Sequence[Op], Broken]] = [
    ([source(4, 3)], [("SOURCE[4].priority", LOCKED)]),
    ([source(7, route=RouteE.LOCAL)], [(f"SOURCE[7].{field}", LOCKED) for field in ("priority", "route")]),
    ([admit(0)], [("ENABLE.sources", LOCKED)]),
    ([threshold(1)], [("THRESHOLD.priority", LOCKED)]),
    ([storm(3, 1000)], [("STORM.limit", LOCKED)]),
    ([storm(64, 1)], [("STORM.window", LOCKED)]),
    ([lambda r: r.LOCK.write(config=0), threshold(1)], [("THRESHOLD.priority", LOCKED)]),
    ([hold], [("TEST", "TEST changed while it reports")]),
    ([control(soft_reset=True)], [("CTRL", "soft reset while it reports")]),
    ([control(enable=False), control(soft_reset=True)], []),
    ([lambda r: r.INTR_ENABLE.write(storm=0, lost=0), lambda r: r.INTR_TEST.write(storm=1, lost=1)], []),
    ([lambda r: r.EVENTS[4].read(), lambda r: r.CLAIM.read(), lambda r: r.SHUT.write(sources=0xFFFF)], []),
    ([lambda r: r.SCRATCH.write(value=0xDEADBEEF)], []),
]


def broken_at(hands: Hands) -> Broken:
    """Return what was violated at the aggregator under test; nothing else may have been."""
    assert {v.block for v in hands.sim.violations} <= {NAME}
    return [(v.register, v.rule) for v in hands.sim.violations]


@pytest.mark.parametrize(("steps", "broken"), FROM_RESET)
def test_rules_from_reset(idle_tree: Hands, steps: Sequence[Op | float], broken: Broken) -> None:
    """Each rule on the way up is noticed when it is broken, and not when it is kept."""
    for step in steps:
        if callable(step):
            idle_tree.do(NAME, step)
        else:
            idle_tree.wait(step)
    assert broken_at(idle_tree) == broken


@pytest.mark.parametrize(("ops", "broken"), IN_SERVICE)
def test_rules_in_service(live_tree: Hands, ops: Sequence[Op], broken: Broken) -> None:
    """Each change that would disturb an aggregator which reports is noticed, and nothing else is."""
    for op in ops:
        live_tree.do(NAME, op)
    assert broken_at(live_tree) == broken


def test_a_soft_reset_opens_no_lock(live_tree: Hands) -> None:
    """A soft reset forgets lines, and leaves configuration, masks and lock; a reset of the block clears them."""
    for op in (control(enable=False), control(soft_reset=True)):
        live_tree.do(NAME, op)
    live_tree.do(NAME, lambda r: r.MASK_SET.write(sources=4))
    assert live_tree.do(NAME, lambda r: r.STATUS.read()).ready == 0
    assert live_tree.do(NAME, lambda r: r.LOCK.read()).config == 1
    assert live_tree.do(NAME, lambda r: r.SOURCE[6].read()).priority == 7
    assert live_tree.broken == []
    live_tree.sim.model(NAME).reset()
    live_tree.sim.model(NAME).update()
    live_tree.do(NAME, threshold(3))
    assert live_tree.do(NAME, lambda r: r.THRESHOLD.read()).priority == 3
    assert live_tree.do(NAME, lambda r: r.MASK_SET.read()).sources == 0
    assert live_tree.broken == []
