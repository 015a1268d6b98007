"""Which arms of the policy a trial came to: what was done counts, and not what was to be done."""

from __future__ import annotations

from collections import Counter

import pytest

from blocks.chip import load_chip
from runtime import determinism
from runtime.faults.arms import Arms, rests_of
from runtime.faults.campaign import local
from runtime.faults.play import Play
from runtime.faults.site import Firmware, Site
from runtime.faults.trial import Trial
from runtime.incident import Event, What

WRITES = 350  # of a PLL, at which three of its climbs fail where each is lost; the reset that follows mends it
CRITICAL_S = 2e-4  # mini's, and a little
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


@pytest.mark.parametrize("writes", [1, WRITES])
def test_a_trial_tells_the_rungs_that_blocks_rest_by(writes: int) -> None:
    """Where climbs fail so often that the block is reset, what stands on it is put to rest, and what that acted on is
    counted; where a climb mends it nothing is."""
    lost = ",".join(f"dropped-write@pll[2]:{number}" for number in range(1, writes + 1))
    site = Site(Firmware(local("mini")), 0, None, workload=False, up=True)
    play = Play(site, Trial.parse(f"recovery/pll[2].local_reset:0:{lost}"), CRITICAL_S)
    ran = determinism.run(play.run, seed=0, clock=site.clock())

    came = rests_of(site.chip) & ran.arms.keys()
    assert ran.problem == ""
    assert ran.arms["policy.block-reset"] == (writes == WRITES)
    assert ("crg.rest: gated" in came) == (writes == WRITES)
    assert came == {arm for arm in ran.arms if ".rest: " in arm}
