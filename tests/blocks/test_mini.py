"""The chip mini in whole: it comes up, stays up at no cost, comes up from wherever a controller died, and lies down."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING

import pytest

from blocks.model import Clock
from blocks.sim.chip import SimChip
from runtime.climb import Climbed
from runtime.fault import Cause, Fault
from transports.errors import DeviceLost

if TYPE_CHECKING:
    from blocks.chip import Chip
    from tests.blocks.conftest import Controller, Hands, Wire


def expect_up(sim: SimChip, outcomes: dict[str, Climbed | Fault]) -> None:
    assert [fault for fault in outcomes.values() if isinstance(fault, Fault)] == []
    assert set(outcomes) == set(sim.chip.instances)
    assert sim.violations == []


@pytest.mark.parametrize("seed", range(20))
def test_it_comes_up_and_a_second_climb_writes_nothing(
    mini: Chip, bringing_up: Controller, wire_to: type[Wire], seed: int
) -> None:
    """Whatever the latencies, all blocks come up and no rule is broken; then a climb only reads, and takes no time."""
    sim = SimChip(mini, seed=seed)
    expect_up(sim, bringing_up.run(wire_to(sim)))
    came_up_s = sim.now_s
    again = wire_to(sim)
    expect_up(sim, bringing_up.run(again))
    assert (again.writes, sim.now_s) == (0, came_up_s)
    assert 0 < again.reads < 20 * len(mini.instances)


def test_it_takes_what_its_longest_chain_takes(mini: Chip, bringing_up: Controller, wire_to: type[Wire]) -> None:
    """Blocks that do not need each other come up at the same time: the whole takes one chain, not their sum."""
    sim = SimChip(mini, seed=3)
    expect_up(sim, bringing_up.run(wire_to(sim)))
    settles = {name: instance.block.up().settles for name, instance in mini.instances.items()}
    chain = sum(settles[name] for name in ("refpll", "sys_crg", "pll[0]", "crg[0]", "fabric_crg", "io_crg[0]"))
    assert chain < sum(settles.values()) / 2
    assert sim.now_s == pytest.approx(chain, rel=0.5)


def test_from_every_access_on_it_can_be_brought_up(mini: Chip, bringing_up: Controller, wire_to: type[Wire]) -> None:
    """However many accesses a controller made before it died, the next one brings everything up, breaking no rule."""
    sim = SimChip(mini, seed=5)
    limit = 0
    while True:
        sim.power_on()
        try:
            bringing_up.run(wire_to(sim, limit))
        except DeviceLost:
            expect_up(sim, bringing_up.run(wire_to(sim)))
            limit += 1
        else:
            break
    assert 100 < limit < 1000


def test_from_every_access_on_the_way_down_it_comes_up_again(
    mini: Chip, bringing_up: Controller, laying_down: Controller, wire_to: type[Wire]
) -> None:
    """However many accesses a controller made on the way to rest before it died, the next one brings everything up."""
    sim = SimChip(mini, seed=6)
    limit = 0
    while True:
        expect_up(sim, bringing_up.run(wire_to(sim)))
        try:
            laying_down.run(wire_to(sim, limit))
        except DeviceLost:
            limit += 1
        else:
            break
    assert 100 < limit < 1000
    assert sim.violations == []
    assert {name: sim.model(name).nets["clock"].value.hz for name in ("refpll", "pll[0]")} == {
        "refpll": 25e6,
        "pll[0]": 25e6,
    }


def test_one_that_never_locks_fails_alone(mini: Chip, bringing_up: Controller, wire_to: type[Wire]) -> None:
    """A PLL without lock fails with evidence, who needs it waits, everything else comes up, and no rule is broken."""
    sim = SimChip(mini, overrides={"pll[3]": {"lock_s": inf}})
    outcomes = bringing_up.run(wire_to(sim))
    fault = outcomes.pop("pll[3]")
    assert isinstance(fault, Fault)
    assert (fault.rung, fault.cause, fault.register, fault.wanted) == ("locked", Cause.LATE, "STATUS", "lock=0x1")
    assert {"crg[3]", "fabric_crg", "io_crg[0]", "io_crg[1]", "pll[3]"} == set(mini.instances) - set(outcomes)
    assert all(isinstance(outcome, Climbed) for outcome in outcomes.values())
    assert sim.violations == []


@pytest.mark.parametrize("name", ["refpll", "pll[1]", "sys_crg"])
def test_from_every_access_on_a_lost_clock_is_mended(
    mini: Chip, bringing_up: Controller, wire_to: type[Wire], name: str
) -> None:
    """A reference that fails at any moment of bring-up costs the blocks behind it, and the next climb has them back."""
    sim = SimChip(mini, seed=8)
    parameter = "clock" if name == "sys_crg" else "reference"
    for limit in range(0, 600, 13):
        sim.power_on()
        try:
            bringing_up.run(wire_to(sim, limit))
        except DeviceLost:
            net = sim.model(name).inputs[parameter]
            before = net.value
            net.drive(Clock())
            net.drive(before)
        expect_up(sim, bringing_up.run(wire_to(sim)))


def test_another_configuration_is_reached_from_service(
    mini: Chip, live: Hands, wire_to: type[Wire], bringing_up: Controller
) -> None:
    """Dividers that are not the intended ones are put right from any state that hardware allows them to be wrong in."""
    live.do("pll[2]", lambda r: r.CTRL.modify(bypass=1))
    live.do("pll[2]", lambda r: r.DIV.write(fbdiv=30, refdiv=2, postdiv1=2, postdiv2=2))
    expect_up(live.sim, bringing_up.run(wire_to(live.sim)))
    assert live.do("pll[2]", lambda r: r.FREQ.read()).khz == 1_000_000
    assert live.sim.chip is mini
