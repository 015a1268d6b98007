"""What comes back at each climb is met by wider recoveries, and given up aloud; nobody else is touched."""

from __future__ import annotations

import pytest
import trio
from attrs import evolve

from blocks.chip import Chip
from blocks.chip.supervision import Level
from blocks.ladder import Ladder
from blocks.pll.driver import Pll
from blocks.port import Port
from runtime.faults import escalation
from runtime.faults.escalation import TIMES, escalate, escalated
from runtime.faults.live import LiveCampaign
from runtime.faults.site import Firmware, Site
from runtime.faults.tally import Tally
from runtime.faults.trial import CampaignError, Trial, Workload
from tests.runtime.faults import planted
from tests.runtime.faults.test_live import mini
from tests.runtime.mini import ruled
from transports.faulty import Kind


def clustered() -> Chip:
    """Return mini, whose rules go as far as the cluster."""
    chip = mini()
    return ruled(chip, {name: evolve(rule, highest=Level.CLUSTER) for name, rule in chip.supervision.items()})


@pytest.mark.parametrize(("times", "arms"), [
    (1, {"climb"}), (3, {"block-reset"}), (6, {"cluster-reset"}), (81, {"cluster-reset", "give-up"}),
])  # fmt: skip
def test_what_comes_back_is_met_by_wider_recoveries(times: int, arms: set[str]) -> None:
    """A PLL that loses its state as often as a level is tried for is mended by the next, and at last given up."""
    site = Site(Firmware(clustered), 0, None, workload=False, up=True)

    ended = escalated(site, Trial.parse(f"recovery/pll[2].local_reset*{times}:0:"))

    assert ended.broken == ""
    assert set(ended.arms) == {f"policy.{arm}" for arm in arms}
    assert ended.gave_up == ({"pll[2]"} if "give-up" in arms else set())
    assert ended.came == min(times, 9)


def test_a_campaign_of_recoveries_comes_to_every_level() -> None:
    """A campaign lets a block of each type come back, until it is given up: no level that its rules have is left."""
    running = LiveCampaign(clustered, Workload.RECOVERY, 0, frozenset({Kind.RESET}))
    tally = running.escalate("*", None)

    assert (tally.failures, tally.failed) == (0, [])
    assert {kind for kind, _ in tally.cells} == {escalation.KIND}
    assert {"policy.block-reset", "policy.cluster-reset", "policy.give-up"} <= tally.arms.keys()
    assert running.escalate("*", 0.0).trials == 0
    with pytest.raises(CampaignError, match=r"expected refpll\.local_reset to come back"):
        running.replay(Trial.parse("recovery/refpll.lock_lost*3:0:"))


class Meddling(Pll):
    """A PLL that sets a sibling again before it is configured itself."""

    def up(self) -> Ladder:
        rungs = {rung.name: rung for rung in super().up()}
        rungs["configured"] = evolve(rungs["configured"], reach=self._configure)
        return Ladder(*rungs.values())

    async def _configure(self, port: Port) -> None:
        r, c, sibling = self.regs, self.config, mini().instances[planted.SIBLING].block.regs
        if trio.current_time() > 0:
            await port.run(sibling.INTR_ENABLE.write(lock_lost=1, ref_lost=1))
        await port.submit(
            r.CTRL.modify(bypass=1, fractional=bool(c.frac), charge_pump=c.charge_pump),
            r.DIV.write(fbdiv=c.fbdiv, refdiv=c.refdiv, postdiv1=c.postdiv1, postdiv2=c.postdiv2),
            r.FRAC.write(frac=c.frac),
            r.BAND.write(search=0, band=c.band, trim=c.trim),
        )


def test_who_touches_another_in_a_wider_recovery_is_a_failure() -> None:
    """A block that was well, and is written while one that comes back is reset, is told with a line that repeats it."""
    site, tally = Site(Firmware(planted.planted(Meddling)), 0, None, workload=False, up=True), Tally()

    escalate(site, [f"{planted.PLL}.lock_lost", f"{planted.PLL}.local_reset"], 0, tally, lambda: False)

    assert [failed.replay for failed in tally.failed] == [
        f"recovery/{planted.PLL}.local_reset*{times}:0:" for times in TIMES
    ]
    for failed in tally.failed:
        assert failed.broken.startswith(f"safety: {planted.SIBLING} was in service, and was written")
        assert escalated(site, Trial.parse(failed.replay)).broken == failed.broken
