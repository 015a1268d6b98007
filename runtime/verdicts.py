"""What is told of a block in service to whoever asks, from the last look at it."""

from __future__ import annotations

from runtime.board import Board
from runtime.summary import IN_SERVICE, State, Verdict
from runtime.trouble import cause_of
from runtime.unit import Unit

HELD = "held for a person: nobody touches it, and it is not looked at"
RESTED = "put to rest on purpose, until it is woken"


def verdict_of(board: Board, name: str, unit: Unit | None, below: str = "") -> Verdict:
    """Return what is known of a block, and why it is not in service; nothing is accessed.

    Args:
        below: a block that it stands on, and that is held.
    """
    state, fault, seen = board.states[name], board.faults.get(name), board.lessened.get(name)
    held = HELD if unit is not None and unit.held else ""
    if unit is not None and unit.rested:
        why = RESTED if unit.rested == name else f"put to rest for {unit.rested}, until that is woken"
        return Verdict(block=name, state=state, reason="; ".join(filter(None, (held, why))))
    if fault is not None:
        why = fault.reason if not held or fault.reason == "held for a person" else f"{held}; {fault.reason}"
        return Verdict(block=name, state=state, rung=fault.rung, register=fault.register, reason=why)
    if state is State.WAITING:
        on = board.awaited(name)
        if not board.missing(name, on) and not below:
            return Verdict(block=name, state=state, reason="waits until nothing else climbs")
        return Verdict(block=name, state=state, on=on, reason=f"needs {', '.join(on)}")
    if unit is not None and unit.ignored and seen is not None:
        return Verdict(
            block=name,
            state=state,
            rung=seen.rung,
            register=seen.register,
            wanted=seen.wanted,
            last=seen.last,
            reason=f"{held or 'left as it is'}: {cause_of(seen)}",
        )
    waits = f"not looked at: {below}, which it stands on, is held" if below and state not in IN_SERVICE else ""
    return Verdict(block=name, state=state, reason=held or waits)
