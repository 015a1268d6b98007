"""The DMA engine's rules: its model notices each one that is broken, and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import pytest

from blocks.dma.regs import DmaRegs
from registers.access import RegisterOp

if TYPE_CHECKING:
    from tests.blocks.conftest import Hands

Op = Callable[[DmaRegs], RegisterOp[Any]]
Broken = list[tuple[str, str]]

NAME = "dma[0]"
READY_S, DRAINED_S, FETCHED_S = 30e-6, 15e-6, 5e-6  # by then
ALL = "0, 1, 2, 3"
LOCKED = "locked: written while its lock is closed"
BUSY = "with packets on their way: pause comes first, and idle"


def control(**fields: bool) -> Op:
    return lambda r: r.CTRL.modify(**fields)


def channel(index: int, on: bool = True) -> Op:
    return lambda r: r.CH[index].CTRL.write(enable=on)


def ring(index: int, base: int) -> Op:
    return lambda r: r.CH[index].RING_LO.write(base=base)


def order(index: int, value: int) -> Op:
    return lambda r: r.CH[index].RING_SIZE.write(order=value)


def doorbell(index: int, tail: int = 1) -> Op:
    return lambda r: r.CH[index].DOORBELL.write(tail=tail)


def permit(index: int, readable: bool = True) -> Op:
    return lambda r: r.WINDOW[index].PERMIT.write(readable=readable, writable=0)


READY: list[Op | float] = [control(soft_reset=False), READY_S]
WINDOWED: list[Op | float] = [*READY, permit(0)]  # it holds page 0, and no other
RINGED: list[Op | float] = [*WINDOWED, order(0, 2)]
ENABLED: list[Op | float] = [*RINGED, channel(0), control(enable=True)]
RUNNING: list[Op | float] = [*ENABLED, doorbell(0), FETCHED_S]  # and nothing is locked
RESTING: list[Op | float] = [*RUNNING, control(pause=True), DRAINED_S]

# From power-on: operations, and the rules that they break.
FROM_RESET: list[tuple[Sequence[Op | float], Broken]] = [
    (RUNNING, []),
    ([*RESTING, channel(0, False), control(enable=False), control(soft_reset=True)], []),
    ([*RESTING, channel(0, False), ring(0, 64), permit(0, False), permit(0)], []),
    ([*RESTING, control(pause=False), control(pause=True), DRAINED_S, channel(0, False)], []),
    ([control(enable=True)], [("CTRL", "enabled before its buffers are ready")]),
    ([control(soft_reset=False), control(enable=True)], [("CTRL", "enabled before its buffers are ready")]),
    ([*READY, control(soft_reset=True), control(enable=True)], [("CTRL", "enabled before its buffers are ready")]),
    (
        [permit(0), order(0, 2), channel(0)],
        [("CH[0].CTRL", "channel 0 enabled before the buffers are ready")],
    ),
    ([*READY, order(0, 2), channel(0)], [("CH[0].CTRL", "channel 0 enabled before any window permits reading")]),
    (
        [*RINGED, ring(0, 4096), channel(0)],
        [("CH[0].CTRL", "channel 0 enabled with its ring outside of every window that permits reading")],
    ),
    (
        [*RINGED, ring(0, 4096 - 64), channel(0)],
        [("CH[0].CTRL", "channel 0 enabled with its ring outside of every window that permits reading")],
    ),
    (
        [*RINGED, ring(0, 32), channel(0)],
        [("CH[0].CTRL", "channel 0 enabled with its ring at 0x20, no multiple of 64")],
    ),
    ([*WINDOWED, channel(1)], [("CH[1].CTRL", "channel 1 enabled with a ring of 2^0 descriptors")]),
    ([*RINGED, doorbell(0)], [("CH[0].DOORBELL", "doorbell of channel 0 rung while its channel is disabled")]),
    (
        [*RINGED, channel(0), doorbell(0)],
        [("CH[0].DOORBELL", "doorbell of channel 0 rung while the engine is disabled")],
    ),
    (
        [*ENABLED, doorbell(0, 4)],
        [("CH[0].DOORBELL", "doorbell of channel 0 rung for a descriptor beyond the end of its ring")],
    ),
    (
        [*ENABLED, doorbell(0, 4), doorbell(0, 1)],
        [
            ("CH[0].DOORBELL", "doorbell of channel 0 rung for a descriptor beyond the end of its ring"),
            ("CH[0].DOORBELL", "doorbell of channel 0 rung while the channel is halted: clear its errors first"),
        ],
    ),
    ([*ENABLED, doorbell(0, 3)], []),
    ([*RUNNING, channel(0, False)], [("CH[0].CTRL", f"channel 0 disabled {BUSY}")]),
    ([*ENABLED, doorbell(0), channel(0, False)], [("CH[0].CTRL", f"channel 0 disabled {BUSY}")]),
    ([*RUNNING, control(pause=True), channel(0, False)], [("CH[0].CTRL", f"channel 0 disabled {BUSY}")]),
    ([*RESTING, control(pause=False), channel(0, False)], [("CH[0].CTRL", f"channel 0 disabled {BUSY}")]),
    ([*RUNNING, control(enable=False)], [("CTRL", f"disabled {BUSY}")]),
    ([*RESTING, control(enable=False)], []),
    ([*RESTING, control(soft_reset=True)], [("CTRL", "soft reset of an engine with enabled channels: 0")]),
    ([*RUNNING, permit(0, False)], [("WINDOW[0].PERMIT", "WINDOW[0].PERMIT changed while channels are enabled: 0")]),
    (
        [*RUNNING, lambda r: r.WINDOW[3].BASE.write(page=1), lambda r: r.WINDOW[3].LIMIT.write(page=1)],
        [
            ("WINDOW[3].BASE", "WINDOW[3].BASE changed while channels are enabled: 0"),
            ("WINDOW[3].LIMIT", "WINDOW[3].LIMIT changed while channels are enabled: 0"),
        ],
    ),
    ([*RUNNING, lambda r: r.WINDOW[3].BASE.write(page=0)], []),
    ([*RUNNING, ring(0, 64)], [("CH[0].RING_LO", "ring of channel 0 changed while it is enabled")]),
    ([*RUNNING, order(0, 3)], [("CH[0].RING_SIZE", "ring of channel 0 changed while it is enabled")]),
    ([*RUNNING, ring(1, 64), order(1, 3), lambda r: r.CH[1].RING_HI.write(base=1)], []),
    (
        [*RUNNING, lambda r: r.ARBITER.write(weight0=2, weight1=1, weight2=1, weight3=1)],
        [("ARBITER", "ARBITER changed while channels are enabled: 0")],
    ),
    (
        [*RUNNING, lambda r: r.LIMITS.write(reads=9, writes=8)],
        [("LIMITS", "LIMITS changed while channels are enabled: 0")],
    ),
    (
        [*RUNNING, lambda r: r.WATERMARK.write(packets=5)],
        [("WATERMARK", "WATERMARK changed while channels are enabled: 0")],
    ),
    (
        [lambda r: r.LIMITS.write(reads=0, writes=0)],
        [
            ("LIMITS", "the limit of reads is 0: nothing would ever move"),
            ("LIMITS", "the limit of writes is 0: nothing would ever move"),
        ],
    ),
    ([lambda r: r.LOCK.write(config=1)], [("LOCK", "locked before any window permits reading")]),
    ([permit(0), lambda r: r.LOCK.write(config=1)], []),
]

# In service.
IN_SERVICE: list[tuple[Sequence[Op], Broken]] = [
    ([lambda r: r.WINDOW[1].LIMIT.write(page=7)], [("WINDOW[1].LIMIT.page", LOCKED)]),
    ([permit(2)], [("WINDOW[2].PERMIT.readable", LOCKED)]),
    ([lambda r: r.LIMITS.write(reads=16, writes=1)], [("LIMITS.writes", LOCKED)]),
    ([lambda r: r.ARBITER.write(weight0=1, weight1=1, weight2=1, weight3=2)], [("ARBITER.weight3", LOCKED)]),
    ([ring(3, 64)], [("CH[3].RING_LO.base", LOCKED)]),
    ([order(2, 1)], [("CH[2].RING_SIZE.order", LOCKED)]),
    ([lambda r: r.LOCK.write(config=0), permit(2)], [("WINDOW[2].PERMIT.readable", LOCKED)]),
    ([lambda r: r.TEST.write(flip=1)], [("TEST", f"TEST changed while channels are enabled: {ALL}")]),
    ([control(pause=True), control(pause=False)], []),
    ([doorbell(0, 7)], []),
    ([channel(3, False)], [("CH[3].CTRL", f"channel 3 disabled {BUSY}")]),
    ([lambda r: r.INTR_ENABLE.write(window=0, descriptor=0, parity=0, watermark=0)], []),
    ([lambda r: r.CH[0].COMPLETED.read(), lambda r: r.CH[0].RESIDUE.read(), lambda r: r.CH[0].HEAD.read()], []),
]


def broken_at(hands: Hands) -> Broken:
    """Return what was violated at the engine under test; nothing else may have been."""
    assert {v.block for v in hands.sim.violations} <= {NAME}
    return [(v.register, v.rule) for v in hands.sim.violations]


@pytest.mark.parametrize(("steps", "broken"), FROM_RESET)
def test_rules_from_reset(idle_mesh: Hands, steps: Sequence[Op | float], broken: Broken) -> None:
    """Each rule on the way up is noticed when it is broken, and not when it is kept."""
    for step in steps:
        if callable(step):
            idle_mesh.do(NAME, step)
        else:
            idle_mesh.wait(step)
    assert broken_at(idle_mesh) == broken


@pytest.mark.parametrize(("ops", "broken"), IN_SERVICE)
def test_rules_in_service(live_mesh: Hands, ops: Sequence[Op], broken: Broken) -> None:
    """Each change that would disturb an engine which sends packets is noticed, and nothing else is."""
    for op in ops:
        live_mesh.do(NAME, op)
    assert broken_at(live_mesh) == broken


def test_a_soft_reset_opens_no_lock(live_mesh: Hands) -> None:
    """A soft reset stops the channels and leaves windows, rings and lock; a reset of the block clears them."""
    live_mesh.do(NAME, control(pause=True))
    live_mesh.wait(DRAINED_S)
    for op in (*(channel(k, False) for k in range(4)), control(soft_reset=True)):
        live_mesh.do(NAME, op)
    assert live_mesh.do(NAME, lambda r: r.STATUS.read()).ready == 0
    assert live_mesh.do(NAME, lambda r: r.LOCK.read()).config == 1
    assert live_mesh.do(NAME, lambda r: r.WINDOW[0].LIMIT.read()).page == 0x1FF
    assert live_mesh.broken == []
    live_mesh.sim.power_on()
    live_mesh.do(NAME, lambda r: r.WINDOW[0].LIMIT.write(page=3))
    assert live_mesh.do(NAME, lambda r: r.WINDOW[0].LIMIT.read()).page == 3
    assert live_mesh.broken == []
