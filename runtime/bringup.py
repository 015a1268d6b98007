"""Brings a chip up, or only looks at it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import trio

from blocks.chip import Verdict as Rated
from blocks.look import Shortfall
from runtime.climb import Consent, look
from runtime.drive import drive
from runtime.fit import check_device, check_fit
from runtime.history import History
from runtime.rating import of_block
from runtime.session import Session
from runtime.summary import Progress, State, Status, Summary, Verdict
from transports.base import Transport
from transports.errors import DeviceLost
from transports.readonly import read_only

if TYPE_CHECKING:
    from blocks.chip import Chip


AS_STATE = {Rated.UP: State.UP, Rated.DEGRADED: State.DEGRADED, Rated.FAILED: State.FAILED}


async def bring_up(
    chip: Chip,
    transport: Transport,
    *,
    target: str = "",
    only: str | None = None,
    seed: int = 0,
    on_event: Callable[[Progress], None] | None = None,
    consent: Consent | None = None,
    history: History | None = None,
) -> Summary:
    """Bring up all blocks, or those that a pattern names and what they need.

    Returns when nothing moves any more: each block is up, has failed, or waits for one that failed; or the device is
    lost. Runs under any clock of trio; under a `VirtualClock` time jumps, and not while a real peer answers.

    Args:
        target: the URL of the transport, for the summary.
        seed: that of the schedule (`determinism.run`), for the summary.
        on_event: called whenever a block moves; must not wait.
        consent: asked before an act that disturbs a block which the hardware shows to be in service; without it such
            acts are not done, and the block fails as withheld. At reset nothing is in service, and nobody is asked.
        history: collects the run, for pictures of it.

    Raises:
        GraphError: the needs cannot be met, or the pattern names no block; nothing was touched.
        TargetError: the target's URL names a QEMU machine that is another chip; nothing was touched.
    """
    if target:
        check_fit(chip, target)
    check_device(chip, transport, target)
    session = Session(chip, transport, only=only, watch=on_event, history=history)
    try:
        await session.begin()
        supervisor = session.supervisor(consent=consent)
        await supervisor.run()
        return await session.summary(supervisor, target=target, seed=seed)
    finally:
        await session.aclose()


async def status(chip: Chip, transport: Transport, *, target: str = "", only: str | None = None) -> Status:
    """Look at all blocks, lowest needs first, and write nothing: a batch that would write is refused.

    A block whose needs do not stand is not touched: it may have no clock to answer with. When the device is lost, what
    was not looked at by then is STOPPED.

    Raises:
        GraphError, TargetError: as `bring_up`.
    """
    if target:
        check_fit(chip, target)
    check_device(chip, transport, target)
    session = Session(chip, read_only(transport), only=only)
    verdicts = {
        name: Verdict(block=name, state=State.STOPPED, reason="not looked at: the device was lost")
        for name in session.graph.ladders
    }
    lost: DeviceLost | None = None
    try:
        for name in session.graph.block_order():
            verdicts[name] = await _verdict(session, name)
    except DeviceLost as error:
        lost = error
    finally:
        await session.aclose()
    done = session.root.statistics
    return Status(
        chip=chip.name,
        target=target,
        verdicts=tuple(verdicts.values()),
        reads=done.reads,
        writes=done.writes,
        batches=done.batches,
        lost=lost,
    )


async def _verdict(session: Session, name: str) -> Verdict:
    missing = session.board.missing(name, session.graph.needs[name])
    if missing:
        return Verdict(block=name, state=State.WAITING, on=missing, reason=f"needs {', '.join(missing)}")
    steps = look(session.plan(session.graph.ladders[name]), session.seat(name), trio.current_time())
    match await drive(steps, session.port(name), session.board):
        case None:
            return await _fullness(session, name)
        case Shortfall(_, rung, register, wanted, last):
            reason = f"rung {rung}: {register} wanted {wanted}, last {last}"
            return Verdict(
                block=name, state=State.DOWN, rung=rung, register=register, wanted=wanted, last=last, reason=reason
            )
        case fault:
            return Verdict(
                block=name, state=State.FAILED, rung=fault.rung, register=fault.register, reason=fault.reason
            )


async def _fullness(session: Session, name: str) -> Verdict:
    """Return what a block that is up counts as: up, or by what is lessened."""
    full = session.chip.instances[name].variant.full
    if not len(full):
        return Verdict(block=name, state=State.UP)
    steps = look(session.plan(full), session.seat(name), trio.current_time(), tell=False)
    match await drive(steps, session.port(name), session.board):
        case None:
            return Verdict(block=name, state=State.UP)
        case Shortfall(_, rung, register, wanted, last):
            state = AS_STATE[of_block(session.chip.policy, name)]
            reason = f"up, but not {rung}: {register} wanted {wanted}, last {last}"
            return Verdict(
                block=name, state=state, rung=rung, register=register, wanted=wanted, last=last, reason=reason
            )
        case fault:
            return Verdict(
                block=name, state=State.FAILED, rung=fault.rung, register=fault.register, reason=fault.reason
            )
