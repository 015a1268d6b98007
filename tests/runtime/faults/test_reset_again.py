"""A device that is reset while a service comes back from something else: a death, a link that was down, a reset."""

from __future__ import annotations

import pytest
from attrs import evolve

from blocks.chip import load_chip
from blocks.chip.supervision import Restart
from runtime.faults.live import LiveCampaign
from runtime.faults.replayed import Replayed
from runtime.faults.trial import Trial, Workload
from tests.runtime.faults.test_live import mini
from tests.runtime.mini import ruled
from transports.faulty import Kind

FOUND = (
    "in-service:1:error@4+,device-reset@203+,device-reset@90+",
    "in-service:1:device-reset@86-,link-down@41",
    "in-service:1:reset@1+,device-reset@8+",
    "in-service:2:device-reset@23-,link-down@8",
    "in-service:2:device-reset@192-,link-down@144,lost-interrupt@19",
    "in-service:3:device-reset@51-,device-reset@53+",
    "in-service:3:device-reset@51-,device-reset@153+",
    "stop:1:reset@1+,device-reset@74+",
    "recovery/pll[2].local_reset:1:reset@582+,device-reset@61+",
    "recovery/refpll.local_reset:1:hang@7880-,device-reset@8366-",
    "recovery/io_crg[1].local_reset:2:late@226,link-down@1,lost-interrupt@1",
)


def replayed(text: str) -> Replayed:
    """Return what a trial of mini comes to."""
    trial = Trial.parse(text)
    return LiveCampaign(mini, trial.workload, trial.seed, frozenset(Kind)).replay(trial)


@pytest.mark.parametrize("text", FOUND)
def test_what_a_campaign_found_is_come_through(text: str) -> None:
    """What schedules of three faults have found, where a second reset met a bring-up in service, is recovered from."""
    assert replayed(text).broken == ""


@pytest.mark.parametrize("first", ["reset@1+", "link-down@1", "device-reset@51-"])
def test_a_reset_amid_a_return_breaks_no_rule(first: str) -> None:
    """At whatever access the device is reset while a service comes back, it recovers, and touches nothing unclocked."""
    running = LiveCampaign(mini, Workload.SERVICE, 3, frozenset({Kind.RESET, Kind.DOWN, Kind.DEVICE}))
    for number in range(60, 900, 97):
        again = Trial.parse(f"in-service:3:{first},device-reset@{number}+")
        assert running.replay(again).broken == "", again


def test_who_gives_up_for_nothing_is_a_failure() -> None:
    """The device is reset by hand only where a batch wrote to it after its reset; who else gives up, fails."""
    locked = replayed("in-service:3:device-reset@51-,device-reset@178+")
    assert locked.broken == ""

    chip = load_chip("mini")
    never = ruled(chip, {"pll[3]": evolve(chip.supervision["pll[3]"], restart=Restart.TEMPORARY)})
    running = LiveCampaign(lambda: never, Workload.SERVICE, 0, frozenset({Kind.DEVICE}))
    said = running.replay(Trial.parse("in-service:0:device-reset@50-")).broken
    assert said.startswith("liveness: incident of refpll is not over")
