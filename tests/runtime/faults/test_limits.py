"""How long trials are waited for under trio, and no longer."""

from __future__ import annotations

import pytest

from blocks.chip import load_chip
from runtime.fault import Cause, Fault
from runtime.faults.limits import Limits
from runtime.faults.trial import Workload
from runtime.summary import Summary
from tests.runtime.faults import planted
from transports.faulty import Kind, Manner, Shot, Strike

MINI = load_chip("mini")
TRIES = 3
LOCKED_S = next(rung.within for rung in MINI.instances[planted.PLL].variant.up if rung.name == "locked")


def late(block: str, cause: Cause, took_s: float) -> str:
    """Return what is said of a bring-up that failed at a block, where an error struck the sibling."""
    limits = Limits(MINI, Workload.BRINGUP, 1e-4, Manner(), simulated=True)
    strike = Strike(0.0, Shot(Kind.ERROR, 1), MINI.instances[planted.SIBLING].address, "read")
    fault = Fault(block=block, rung="locked", cause=cause, reason="", attempts=TRIES)
    summary = Summary(chip="mini", target="sim:", blocks=13, up=(), failed=(fault,), waiting=())
    return limits.too_late(summary, 0.0, limits.due_s([strike]) + took_s, [strike])


@pytest.mark.parametrize(("block", "cause", "may_s"), [
    (planted.PLL, Cause.LATE, TRIES * LOCKED_S), (planted.PLL, Cause.BUS, 0.0), (planted.SIBLING, Cause.LATE, 0.0),
])  # fmt: skip
def test_who_waits_in_vain_beside_what_was_struck_has_patience(block: str, cause: Cause, may_s: float) -> None:
    """A rung that did not come, of another block than was struck, may have been waited for in all its tries; of the one
    that was struck, or where another reason ended it, nothing is allowed beside."""
    assert late(block, cause, may_s - 1e-6) == ""
    assert late(block, cause, may_s + 1e-6).startswith("that took ")
