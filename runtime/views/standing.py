"""How each block of a chip stands after a run: what the page colours and lists."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from attrs import frozen

from runtime.history import Span
from runtime.summary import IN_SERVICE, State, Summary

if TYPE_CHECKING:
    from blocks.chip import Chip

UNASKED = "not asked for"
STATES = (
    *(s.value for s in (State.UP, State.DEGRADED, State.FAILED, State.WAITING, State.RESTED, State.STOPPED)),
    UNASKED,
)


@frozen
class Standing:
    """How one block stands.

    Attributes:
        state: one of STATES.
        rung: of a block that is not well the one that does not hold.
        reason: why, in words; empty for a block that is well.
        began_s, up_s: from the session's begin: when it first climbed, and when it was up; None: never.
    """

    block: str
    type: str
    state: str
    rung: str = ""
    reason: str = ""
    began_s: float | None = None
    up_s: float | None = None


def standings(chip: Chip, summary: Summary, spans: Mapping[str, Sequence[Span]]) -> dict[str, Standing]:
    """Return how each block of the chip stands, in its order."""
    said: dict[str, tuple[str, str, str]] = {name: (State.UP.value, "", "") for name in summary.up}
    for less in summary.lessened:
        reason = f"up, but {less.register} wanted {less.wanted}, last {less.last}"
        said[less.block] = (less.counts_as, less.rung, reason)
    for waiting in summary.waiting:
        behind = [root for root in waiting.root if root not in waiting.on]
        reason = f"needs {', '.join(waiting.on)}" + (f"; behind that: {', '.join(behind)}" if behind else "")
        said[waiting.block] = (State.WAITING.value, "", reason)
    for name in summary.stopped:
        said[name] = (State.STOPPED.value, "", "the run ended before its end was known")
    for fault in summary.failed:
        said[fault.block] = (State.FAILED.value, fault.rung, fault.reason)
    found: dict[str, Standing] = {}
    for name, instance in chip.instances.items():
        state, rung, reason = said.get(name, (UNASKED, "", ""))
        row = spans.get(name, ())
        climbs = [span.start_s for span in row if span.state is State.CLIMBING]
        ups = [span.start_s for span in row if span.state in IN_SERVICE]
        found[name] = Standing(
            name, instance.type, state, rung, reason, climbs[0] if climbs else None, ups[-1] if ups else None
        )
    return found
