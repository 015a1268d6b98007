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

# Blocks, and how many accesses lie between two cuts: a chain that has each kind of block in each place is cut at every
# access; the whole chip climbs side by side, and 17 meets each block at many places of its ladder.
CHAIN = ("refpll", "sys_crg", "pll[0]", "crg[0]")
CUTS = [pytest.param(CHAIN, 1, id="chain"), pytest.param(None, 17, id="all")]


def some(controller: Controller, names: tuple[str, ...] | None) -> Controller:
    """Return the controller of these blocks only."""
    chosen = names or tuple(controller.plans)
    needs = {name: tuple(need for need in controller.needs[name] if need in chosen) for name in chosen}
    return type(controller)({name: controller.plans[name] for name in chosen}, needs)


def expect_up(sim: SimChip, outcomes: dict[str, Climbed | Fault]) -> None:
    assert [fault for fault in outcomes.values() if isinstance(fault, Fault)] == []
    assert set(outcomes) in (set(sim.chip.instances), set(CHAIN))
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
    assert 0 < again.reads < 24 * len(mini.instances)


def test_it_takes_what_its_longest_chain_takes(mini: Chip, bringing_up: Controller, wire_to: type[Wire]) -> None:
    """Blocks that do not need each other come up at the same time: the whole takes one chain, not their sum."""
    sim = SimChip(mini, seed=3)
    expect_up(sim, bringing_up.run(wire_to(sim)))
    settles = {name: instance.block.up().settles for name, instance in mini.instances.items()}
    chain = sum(settles[name] for name in ("refpll", "sys_crg", "pll[0]", "crg[0]", "fabric_crg", "io_crg[0]"))
    assert chain < sum(settles.values()) / 2
    assert sim.now_s == pytest.approx(chain, rel=0.5)


@pytest.mark.parametrize(("names", "step"), CUTS)
def test_from_every_access_on_it_can_be_brought_up(
    mini: Chip, bringing_up: Controller, wire_to: type[Wire], names: tuple[str, ...] | None, step: int
) -> None:
    """However many accesses a controller made before it died, the next one brings everything up, breaking no rule."""
    sim, up, limit = SimChip(mini, seed=5), some(bringing_up, names), 0
    while True:
        sim.power_on()
        try:
            up.run(wire_to(sim, limit))
        except DeviceLost:
            expect_up(sim, up.run(wire_to(sim)))
            limit += step
        else:
            break
    assert 100 < limit < 2000


@pytest.mark.parametrize(("names", "step"), CUTS)
def test_from_every_access_on_the_way_down_it_comes_up_again(
    mini: Chip, bringing_up: Controller, laying_down: Controller, wire_to: type[Wire],
    names: tuple[str, ...] | None, step: int,
) -> None:  # fmt: skip
    """However many accesses a controller made on the way to rest before it died, the next one brings everything up."""
    sim, up, down, limit = SimChip(mini, seed=6), some(bringing_up, names), some(laying_down, names), 0
    while True:
        expect_up(sim, up.run(wire_to(sim)))
        try:
            down.run(wire_to(sim, limit))
        except DeviceLost:
            limit += step
        else:
            break
    assert 50 < limit < 1000
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
    mini: Chip, thawed: Hands, wire_to: type[Wire], bringing_up: Controller
) -> None:
    """Dividers that are not the intended ones are put right from any state that hardware allows them to be wrong in."""
    thawed.do("pll[2]", lambda r: r.CTRL.modify(bypass=1))
    thawed.do("pll[2]", lambda r: r.DIV.write(fbdiv=30, refdiv=2, postdiv1=2, postdiv2=2))
    expect_up(thawed.sim, bringing_up.run(wire_to(thawed.sim)))
    assert thawed.do("pll[2]", lambda r: r.FREQ.read()).khz == 1_000_000
    assert thawed.sim.chip is mini
