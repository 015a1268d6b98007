"""The last look at a chip in service: what is not well at its end, and nobody has noticed yet, is told, not mended."""

from __future__ import annotations

import trio

from runtime.fault import Cause, Fault
from runtime.keeper import Keeper
from runtime.session import Session
from transports.batch import Batch, ones
from transports.bus import Bus
from transports.errors import DeviceLost, Indeterminate, Unavailable

LAST_S = 1.0  # whoever says to stop waits no longer: a look at 324 blocks takes a tenth of it


async def last_look(session: Session, keeper: Keeper) -> str:
    """Look once more at all that is in service, when nothing else leaves any more, and note who does not stand.

    No write can leave. It ends after LAST_S; who was not looked at by then counts as it did.

    Returns:
        Why the chip cannot be reached; empty: it answers.
    """
    bus, found, answered, lost = session.again(), dict[str, str](), False, ""
    with trio.move_on_after(LAST_S):
        try:
            await _reach(bus)
            answered = True
            await keeper.sweep.last(bus, found)
        except DeviceLost as gone:
            lost = gone.reason
    lost = lost or ("" if answered else f"no answer within {LAST_S:g} s")
    if lost:
        return lost
    for block, why in found.items():
        keeper.ledger.fell(block, why)
        reason = f"{why}; seen at the end, and not mended"
        session.board.fail(Fault(block=block, rung="", cause=Cause.LATE, reason=reason, time_s=trio.current_time()))
    return ""


async def _reach(bus: Bus) -> None:
    """Ask the chip who it is, where that can be told.

    Raises:
        DeviceLost: it does not answer.
    """
    if (identity := bus.identity) is None:
        return
    came = await bus.submit(Batch((identity,)))
    if isinstance(came.error, (Unavailable, Indeterminate)):  # once may be chance
        came = await bus.submit(Batch((identity,)))
    if isinstance(came.error, (Unavailable, Indeterminate, DeviceLost)):
        raise DeviceLost(came.error.reason)
    if came.error is None and came.word(0) == ones(identity.width):
        raise DeviceLost("its identity reads as all ones")
