"""The hour that ships with Atlas: `--inject demo`."""

from __future__ import annotations

from collections import Counter

import trio

from blocks.chip import load_chip
from blocks.sim import SimTransport, simulated
from blocks.sim.chip import SimChip
from blocks.sim.faults.kinds import AccessFault, BlockFault, StuckBit
from runtime.bringup import bring_up
from runtime.clock import VirtualClock
from runtime.determinism import run
from runtime.found import By
from runtime.incident import Served
from runtime.service import SWEEP_S, Service

HOUR_S = 3600.0
INCIDENTS_MIN = 20
LATE_S = 0.5  # of an interrupt that the script holds back
SOON_S = 0.05  # a cluster's memories are trained anew
CHIP = load_chip("atlas")


def brought_up() -> SimChip:
    sim = simulated(CHIP, [], said="--set", inject="demo")

    async def main() -> bool:
        with trio.fail_after(1.0):
            return (await bring_up(CHIP, SimTransport(sim))).well

    assert run(main, seed=0, clock=VirtualClock())
    return sim


def stored(sim: SimChip) -> dict[str, int]:
    """Return what every register that was touched holds, without touching it."""
    return {
        f"{name}.{store.place.path}": store.value
        for name in CHIP.instances
        for store in sim.model(name).registers.fabric.bank.stores()
    }


def test_an_hour_goes_wrong_in_many_ways() -> None:
    """On a chip that nobody mends each fault of the script begins within the hour, and no model fails of it."""
    sim = brought_up()
    sim.advance(HOUR_S)
    assert all(fault.began_s is not None and fault.ended_s is not None for fault in sim.injected)
    assert len({fault.fault for fault in sim.injected}) >= INCIDENTS_MIN
    assert len({fault.fault.kind for fault in sim.injected}) == 14, "a kind that the demonstration leaves out"


def test_each_incident_is_felt() -> None:
    """Every fault that strikes at once changes the block that it names, on a chip that is up, and says so there."""
    struck = [fault.fault for fault in brought_up().injected if fault.fault.times == 1]
    assert len(struck) >= INCIDENTS_MIN / 2
    sim = brought_up()
    for fault in struck:
        if not isinstance(fault, BlockFault) or isinstance(fault, AccessFault | StuckBit):
            continue
        if fault.kind in ("cluster_reset", "interrupt_late"):
            continue  # not felt in the block that it names
        before = stored(sim)
        sim.inject(fault)
        sim.advance(sim.now_s + 1.0)
        after = stored(sim)
        assert {n for n in after if before.get(n) != after[n] and n.startswith(f"{fault.block}.")}, fault


def test_no_moment_is_chosen() -> None:
    """Faults fall at any time between two sweeps: each tenth of that time has some, and none has a third of them."""
    sim = simulated(CHIP, [], said="--set", inject="demo")
    sim.advance(HOUR_S)
    moments = Counter(int(fault.began_s % SWEEP_S) for fault in sim.injected if fault.began_s is not None)
    assert set(moments) == set(range(int(SWEEP_S)))
    assert max(moments.values()) < sum(moments.values()) / 3


def test_the_hour_is_survived() -> None:
    """In service, with its workload, all that the hour brings is recovered, and no rule is broken on the way.

    An incident costs no more packets than were due until it was over, and one that an interrupt told of is over soon.
    """
    sim = simulated(CHIP, [], said="--set", workload=True, inject="demo")

    async def main() -> Served:
        return await Service(CHIP, SimTransport(sim)).run(for_s=HOUR_S)

    served = run(main, seed=0, clock=VirtualClock())
    assert served.well, served.unrecovered
    assert len(served.incidents) == served.recovered
    assert len({incident.injected for incident in served.incidents}) >= INCIDENTS_MIN
    assert {By.INTERRUPT, By.SWEEP, By.ACCESS} <= {incident.found_by for incident in served.incidents}
    due = sum(1 / flow.period_s for flow in CHIP.flows)
    for incident in served.incidents:
        assert incident.detected_after_s is not None
        assert incident.recovered_after_s is not None
        assert incident.lost <= due * incident.recovered_after_s + len(CHIP.flows), incident
        if incident.found_by == By.INTERRUPT:
            assert incident.recovered_after_s <= LATE_S + SOON_S, incident
        elif incident.found_by == By.SWEEP:
            assert incident.detected_after_s <= SWEEP_S, incident
    assert {incident.level for incident in served.incidents} >= {"climb", "block", "cluster"}
    assert served.traffic["lost"] == sum(incident.lost for incident in served.incidents)
    assert served.traffic["corrupt"] == sum(incident.corrupt for incident in served.incidents) > 0
    chip = [incident for incident in served.incidents if incident.injected == "chip_reset"]
    assert all(incident.corrupt >= len(CHIP.flows) for incident in chip), "what lay in its memories"
    for incident in served.incidents:
        memories = [block for block in incident.fell if "channel" in block]
        assert memories or not incident.corrupt, f"incident {incident.number} reset no memory"
    assert 0 < served.traffic["lost"] < served.traffic["sent"] / 100
