"""A stack and its channels in whole: up whatever the latencies, at no cost a second time, and from any interruption."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from blocks.hbm_channel.model import HbmChannelModel
from registers.compile import compile_rdl
from registers.lint import lint
from runtime.climb import Climbed
from runtime.fault import Fault
from transports.errors import DeviceLost

if TYPE_CHECKING:
    from pathlib import Path

    from blocks.sim.chip import SimChip
    from tests.blocks.conftest import Controller, Hands, Wire
    from tests.blocks.hbm.conftest import Climber, Powered

OWN = ("hbm", "channel[0]", "channel[1]", "channel[2]")


def expect_up(sim: SimChip, outcomes: dict[str, Climbed | Fault]) -> None:
    assert [str(fault) for fault in outcomes.values() if isinstance(fault, Fault)] == []
    assert outcomes
    assert [str(violation) for violation in sim.violations] == []


@pytest.mark.parametrize("seed", range(8))
def test_it_comes_up_and_a_second_climb_writes_nothing(
    powered: Powered, rising: Controller, wire_to: type[Wire], seed: int
) -> None:
    """Whatever the latencies and failed attempts, all comes up, no rule is broken, and then a climb only reads."""
    retrying = {f"channel[{index}]": {"retry_p": 0.5} for index in range(3)}
    hands = powered(retrying, seed=seed)
    outcomes = rising.run(wire_to(hands.sim))
    expect_up(hands.sim, outcomes)
    assert set(outcomes) == set(hands.sim.chip.instances)
    came_up_s = hands.sim.now_s
    again = wire_to(hands.sim)
    expect_up(hands.sim, rising.run(again))
    assert (again.writes, hands.sim.now_s) == (0, came_up_s)
    assert 0 < again.reads < 250


def test_a_stage_is_waited_for_by_the_rung_of_its_name(serving: Hands) -> None:
    """Each time that the hardware took is noted under a rung of the ladder, and the climb took little longer."""
    total_s = 0.0
    for name in ("hbm", "channel[0]"):
        stages = serving.sim.model(name).stages
        rungs = {rung.name: rung for rung in serving.sim.chip.instances[name].block.up()}
        assert set(stages) <= set(rungs)
        for stage, taken_s in stages.items():
            assert rungs[stage].settles <= taken_s <= 1.5 * rungs[stage].settles < rungs[stage].within
        assert {name for name, rung in rungs.items() if rung.settles} == set(stages)
        total_s += sum(stages.values())
    assert 20e-3 < total_s < 28e-3


def test_traffic_passes_while_it_is_up(
    clocked: Hands, rising: Controller, resting: Controller, wire_to: type[Wire]
) -> None:
    """No block serves before it is up, every block does then, and none at rest."""
    models = [clocked.sim.model(name) for name in OWN]
    assert not any(model.serves for model in models)
    expect_up(clocked.sim, rising.run(wire_to(clocked.sim)))
    assert all(model.in_service for model in models)
    expect_up(clocked.sim, resting.run(wire_to(clocked.sim)))
    assert not any(model.serves for model in models)


def test_from_rest_it_comes_up_again(
    serving: Hands, rising: Controller, resting: Controller, wire_to: type[Wire]
) -> None:
    """The stack lies down behind its channels, and comes up again with its configuration locked as it was."""
    expect_up(serving.sim, resting.run(wire_to(serving.sim)))
    assert serving.do("hbm", lambda r: r.RAIL[0].STATUS.read()).discharged == 1
    again = wire_to(serving.sim)
    expect_up(serving.sim, resting.run(again))
    assert again.writes == 0
    expect_up(serving.sim, rising.run(wire_to(serving.sim)))


def test_a_channel_at_rest_keeps_training_and_memory(
    serving: Hands, climber: Climber, rising: Controller, wire_to: type[Wire]
) -> None:
    """A channel that lay down refreshes its own cells: up again, what was stored is there, and nothing is trained."""
    model = serving.sim.model("channel[1]")
    assert isinstance(model, HbmChannelModel)
    model.store(3, b"kept")
    expect_up(serving.sim, climber(lambda block: block.rest(), "channel[1]").run(wire_to(serving.sim)))
    serving.wait(1.0)
    assert model.fetch(3) is None
    began_s = serving.sim.now_s
    outcomes = rising.run(wire_to(serving.sim))
    expect_up(serving.sim, outcomes)
    assert serving.sim.now_s - began_s < 100e-6
    assert model.fetch(3) == b"kept"


@pytest.mark.parametrize(("name", "least"), [("hbm", 100), ("channel[0]", 150)])
def test_from_every_access_on_it_can_be_brought_up(
    powered: Powered, climber: Climber, wire_to: type[Wire], name: str, least: int
) -> None:
    """However many accesses a controller made before it died, the next one brings the block up, breaking no rule."""
    hands = powered({"channel[0]": {"retry_p": 0.3, "bad_lane": 5}}, seed=4)
    below = climber(lambda block: block.up(), *(("pll", "crg") if name == "hbm" else ("pll", "crg", "hbm")))
    above = climber(lambda block: block.up(), name)
    limit = 0
    while True:
        hands.sim.power_on()
        below.run(wire_to(hands.sim))
        try:
            above.run(wire_to(hands.sim, limit))
        except DeviceLost:
            expect_up(hands.sim, above.run(wire_to(hands.sim)))
            limit += 1
        else:
            break
    assert least < limit < 500


def test_from_every_access_on_the_way_down_it_comes_up_again(
    serving: Hands, rising: Controller, resting: Controller, wire_to: type[Wire]
) -> None:
    """However many accesses a controller made on the way to rest before it died, the next one brings everything up."""
    limit = 0
    while True:
        try:
            resting.run(wire_to(serving.sim, limit))
        except DeviceLost:
            expect_up(serving.sim, rising.run(wire_to(serving.sim)))
            limit += 1
        else:
            break
    assert 40 < limit < 200
    assert serving.sim.violations == []


def test_a_reset_of_the_cluster_is_mended(serving: Hands, rising: Controller, wire_to: type[Wire]) -> None:
    """After clock and reset of the cluster went and came back, everything comes up anew: nothing stayed locked."""
    serving.do("crg", lambda r: r.RESET.write(noc=1, sram=1, core=1))
    serving.broke("crg.RESET")
    assert not serving.sim.model("hbm").serves
    expect_up(serving.sim, rising.run(wire_to(serving.sim)))
    assert serving.sim.model("channel[2]").in_service


@pytest.mark.parametrize("kind", ["hbm_stack", "hbm_channel"])
def test_the_descriptions_are_clean(repository: dict[str, Path], kind: str) -> None:
    """Nothing that lint knows of is wrong with the register descriptions, and every field has a reset value."""
    image = compile_rdl(repository[f"blocks/{kind}/{kind}.rdl"])
    assert [str(finding) for finding in lint(image)] == []
