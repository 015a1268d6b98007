"""What is wrong with a block, as evidence: in words, to compare with what was seen before, and as a fault."""

from __future__ import annotations

import traceback
from typing import Any, TypeVar, cast

import trio
from attrs import evolve

from blocks.base import Block
from blocks.look import Shortfall
from blocks.model import ModelFault
from runtime.fault import Cause, Fault
from runtime.policy import Decision, Kind, Trouble
from runtime.unit import Unit
from transports.errors import DeviceLost, Indeterminate, TransportError, Unavailable

E = TypeVar("E", bound=Exception)


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


def missing_of(seen: Shortfall | Fault) -> str:
    """Return which condition does not hold, whatever was there instead."""
    return f"{seen.rung} {seen.register}" if isinstance(seen, Shortfall) else evidence_of(seen)


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


def as_trouble(fault: Fault, seen: Trouble, asked: Kind) -> Trouble:
    """Return the trouble of a climb that ended with a fault.

    Args:
        seen: as the block is now.
        asked: what consent was asked about: what was withheld about a drift alone says nothing of what is lost.
    """
    if fault.cause is Cause.WITHHELD and asked is Kind.DRIFT and seen.kind is not Kind.DRIFT:
        return seen
    return Trouble(Kind.FAULT, fault.cause, unseen=fault.cause is Cause.BUS and seen.unseen)


def bug_of(unit: Unit, bug: Exception) -> Fault:
    """Return what a block's own code raised as its fault.

    Raises:
        DeviceLost: that was behind it.
    """
    lost = _inside(bug, DeviceLost)
    if lost is not None:
        raise lost
    text = "".join(traceback.format_exception(bug))
    simulated = _inside(bug, ModelFault)
    reason = f"bug in {type(unit.block).__name__}: {type(bug).__name__}: {bug}"
    if simulated is not None:
        reason = f"bug in the simulation: {simulated}"
    now = trio.current_time()
    return Fault(block=unit.name, rung="", cause=Cause.BUG, reason=reason, time_s=now, traceback=text)


def _inside(problem: BaseException, kind: type[E]) -> E | None:
    """Return the error of that kind, when it is what was raised, alone or in a group."""
    if isinstance(problem, kind):
        return problem
    if isinstance(problem, BaseExceptionGroup):
        parts = cast("BaseExceptionGroup[BaseException]", problem).exceptions
        return next((found for part in parts if (found := _inside(part, kind)) is not None), None)
    return None


async def serve(unit: Unit) -> Fault | None:
    """Serve an interrupt; return why the block cannot be reached, or what its own code raised."""
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
    except Exception as bug:
        return bug_of(unit, bug)
    return None


def serves_itself(unit: Unit) -> bool:
    """Say whether a block has something of its own to do at an interrupt."""
    inherited: Any = Block
    return type(unit.block).service is not inherited.service
