"""What is wrong with a block, as evidence: in words, to compare with what was seen before, and as a fault."""

from __future__ import annotations

from typing import Any

import trio
from attrs import evolve

from blocks.base import Block
from blocks.look import Shortfall
from runtime.fault import Cause, Fault
from runtime.policy import Decision
from runtime.unit import Unit
from transports.errors import DeviceLost, Indeterminate, TransportError, Unavailable


def cause_of(seen: Shortfall | Fault) -> str:
    """Return what was seen, one sentence; of fields, to the bit."""
    if isinstance(seen, Fault):
        return str(seen.reason)
    bits = f"; {seen.bits}" if seen.bits else ""
    return f"{seen.rung}: {seen.register} wanted {seen.wanted}, last {seen.last}{bits}"


def evidence_of(seen: Shortfall | Fault) -> str:
    """Return what was seen, without its times."""
    if isinstance(seen, Fault):
        return f"{seen.rung} {seen.cause} {seen.register} {type(seen.error).__name__}"
    return f"{seen.rung} {seen.register} {seen.wanted} {seen.last}"


def as_fault(unit: Unit, seen: Shortfall | Fault, decision: Decision) -> Fault:
    """Return what was seen as a fault, with what was decided about it."""
    if isinstance(seen, Fault):
        return evolve(seen, reason=f"{seen.reason}; {decision.reason}")
    return Fault(
        block=unit.name,
        rung=seen.rung,
        cause=Cause.LATE,
        reason=f"{cause_of(seen)}; {decision.reason}",
        register=seen.register,
        wanted=seen.wanted,
        last=seen.last,
        time_s=trio.current_time(),
    )


async def serve(unit: Unit) -> Fault | None:
    """Serve an interrupt; return why the block cannot be reached."""
    try:
        await unit.block.service(unit.port)
    except DeviceLost:
        raise
    except (Unavailable, Indeterminate):
        return None  # the look tells what came of it, and the next hint or sweep serves again
    except TransportError as error:
        register = error.where.removeprefix(unit.name).removeprefix(".")
        reason = f"service: {type(error).__name__}: {error}"
        now = trio.current_time()
        return Fault(
            block=unit.name, rung="", cause=Cause.BUS, reason=reason, register=register, time_s=now, error=error
        )
    return None


def serves_itself(unit: Unit) -> bool:
    """Say whether a block has something of its own to do at an interrupt."""
    inherited: Any = Block
    return type(unit.block).service is not inherited.service
