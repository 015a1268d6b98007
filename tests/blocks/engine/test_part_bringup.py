"""Engines and fuses in whole: up whatever the latencies, at no cost a second time, and from any interruption."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from registers.compile import compile_rdl
from registers.lint import lint
from runtime.climb import Climbed
from runtime.fault import Fault
from transports.errors import DeviceLost

if TYPE_CHECKING:
    from pathlib import Path

    from blocks.sim.chip import SimChip
    from tests.blocks.conftest import Controller, Hands, Wire
    from tests.blocks.engine.conftest import Climber, Powered

OWN = ("engine[0]", "engine[1]", "fuse")
BOTH = pytest.mark.parametrize("name", ["engine[0]", "fuse"])


def expect_up(sim: SimChip, outcomes: dict[str, Climbed | Fault]) -> None:
    assert [str(fault) for fault in outcomes.values() if isinstance(fault, Fault)] == []
    assert outcomes
    assert [str(violation) for violation in sim.violations] == []


@pytest.mark.parametrize("seed", range(10))
def test_it_comes_up_and_a_second_climb_writes_nothing(
    powered: Powered, rising: Controller, wire_to: type[Wire], seed: int
) -> None:
    """Whatever the latencies, all comes up, no rule is broken, and then a climb only reads and takes no time."""
    hands = powered(seed=seed)
    outcomes = rising.run(wire_to(hands.sim))
    expect_up(hands.sim, outcomes)
    assert set(outcomes) == set(hands.sim.chip.instances)
    came_up_s = hands.sim.now_s
    again = wire_to(hands.sim)
    expect_up(hands.sim, rising.run(again))
    assert (again.writes, hands.sim.now_s) == (0, came_up_s)
    assert 0 < again.reads < 150


@pytest.mark.parametrize("seed", range(5))
def test_a_stage_is_waited_for_by_the_rung_of_its_name(
    powered: Powered, rising: Controller, wire_to: type[Wire], seed: int
) -> None:
    """Each time that the hardware took is noted under a rung of the ladder, and lies between what the rung expects."""
    serving = powered(seed=seed)
    rising.run(wire_to(serving.sim))
    for name in OWN:
        stages = serving.sim.model(name).stages
        rungs = {rung.name: rung for rung in serving.sim.chip.instances[name].block.up()}
        for stage, taken_s in stages.items():
            assert rungs[stage].settles <= taken_s <= 1.5 * rungs[stage].settles < rungs[stage].within
        asking = {"quiesced", "halted for another"}  # of what another controller left behind
        assert {rung for rung, said in rungs.items() if said.settles} - asking == set(stages)


@BOTH
def test_it_serves_while_it_is_up(
    powered: Powered, rising: Controller, climber: Climber, wire_to: type[Wire], name: str
) -> None:
    """It serves when it is up, and neither before nor at rest; a second climb to rest writes nothing."""
    hands = powered()
    model = hands.sim.model(name)
    resting = climber(lambda block: block.rest(), name)
    assert not model.serves
    expect_up(hands.sim, rising.run(wire_to(hands.sim)))
    assert model.in_service
    expect_up(hands.sim, resting.run(wire_to(hands.sim)))
    assert not model.serves
    again = wire_to(hands.sim)
    expect_up(hands.sim, resting.run(again))
    assert again.writes == 0
    expect_up(hands.sim, rising.run(wire_to(hands.sim)))
    assert model.in_service
    expect_up(hands.sim, climber(lambda block: block.full(), name).run(wire_to(hands.sim)))


@pytest.mark.parametrize(("name", "accesses"), [("engine[0]", range(100, 200)), ("fuse", range(40, 120))])
def test_from_every_access_on_it_can_be_brought_up(
    powered: Powered, climber: Climber, wire_to: type[Wire], name: str, accesses: range
) -> None:
    """However many accesses a controller made before it died, the next one brings the block up, breaking no rule."""
    hands = powered(seed=4)
    below = climber(lambda block: block.up(), "pll", "crg")
    above = climber(lambda block: block.up(), name)
    limit = 0
    while True:
        hands.sim.power_on()
        below.run(wire_to(hands.sim))
        try:
            above.run(wire_to(hands.sim, limit))
        except DeviceLost:
            expect_up(hands.sim, above.run(wire_to(hands.sim)))
            assert hands.sim.model(name).in_service
            limit += 1
        else:
            break
    assert limit in accesses


@BOTH
def test_from_every_access_on_the_way_down_it_comes_up_again(
    serving: Hands, climber: Climber, wire_to: type[Wire], name: str
) -> None:
    """However many accesses a controller made on the way to rest before it died, the next one brings it up again."""
    up, resting = climber(lambda block: block.up(), name), climber(lambda block: block.rest(), name)
    limit = 0
    while True:
        try:
            resting.run(wire_to(serving.sim, limit))
        except DeviceLost:
            expect_up(serving.sim, up.run(wire_to(serving.sim)))
            assert serving.sim.model(name).in_service
            limit += 1
        else:
            break
    assert 8 < limit < 100
    assert serving.sim.violations == []


def test_a_reset_of_the_cluster_is_mended(serving: Hands, rising: Controller, wire_to: type[Wire]) -> None:
    """After clock and reset of the cluster went and came back, everything comes up anew: nothing stayed locked."""
    serving.do("crg", lambda r: r.RESET.write(noc=1, sram=1, core=1))
    serving.broke("crg.RESET")
    assert not any(serving.sim.model(name).serves for name in OWN)
    expect_up(serving.sim, rising.run(wire_to(serving.sim)))
    assert all(serving.sim.model(name).in_service for name in OWN)


@pytest.mark.parametrize("kind", ["engine", "fuse"])
def test_the_descriptions_are_clean(repository: dict[str, Path], kind: str) -> None:
    """Nothing that lint knows of is wrong with the register descriptions."""
    assert [str(finding) for finding in lint(compile_rdl(repository[f"blocks/{kind}/{kind}.rdl"]))] == []
