"""Which arms of the policy a trial came to: what was done counts, and not what was to be done."""

from __future__ import annotations

from collections import Counter

import pytest

from blocks.chip import load_chip
from runtime.faults.arms import Arms
from runtime.incident import Event, What

SEEN, DECIDED, ROSE = What.DRIFTED, What.DECIDED, What.ROSE


@pytest.mark.parametrize(
    ("told", "arms"),
    [
        ((SEEN,), {}),
        ((SEEN, DECIDED), {}),
        ((SEEN, DECIDED, ROSE), {"policy.drift-repair": 1}),
        ((SEEN, DECIDED, What.FAILED, DECIDED, ROSE), {"policy.drift-repair": 1}),
        ((SEEN, DECIDED, ROSE) * 2, {"policy.drift-repair": 2}),
        ((SEEN, DECIDED, SEEN, ROSE), {"policy.report": 1}),
        ((SEEN, DECIDED, What.HELD, ROSE), {"policy.hold": 1}),
        ((SEEN, DECIDED, What.GAVE_UP), {"policy.give-up": 1}),
        ((SEEN, ROSE), {}),
        ((SEEN, What.FELL, DECIDED, ROSE), {}),
        ((What.FELL, DECIDED, ROSE), {}),
    ],
)
def test_a_drift_is_repaired_once_the_block_is_in_service_again(told: tuple[What, ...], arms: dict[str, int]) -> None:
    """The repair of a drift counts when it is done; what is left, held or given up is no repair."""
    found = Arms(load_chip("mini"), Counter())
    for what in told:
        found.happened(Event(time_s=0.0, what=what, block="pll[2]"))
    assert found.counts == arms
