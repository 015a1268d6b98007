"""Mailboxes and sensors in whole: up whatever the latencies, at no cost a second time, and from any interruption."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from blocks.sim.chip import SimChip
from registers.compile import compile_rdl
from registers.lint import lint
from runtime.climb import Climbed
from runtime.fault import Fault
from runtime.witness import witness
from transports.errors import DeviceLost

if TYPE_CHECKING:
    from blocks.chip import Chip
    from registers.access import RegisterOp
    from tests.blocks.conftest import Controller, Hands, Wire
    from tests.blocks.mailbox_sensor.conftest import Climber, Powered

KINDS = ("mailbox", "sensor")
OWN = ("mailbox[0]", "mailbox[1]", "sensor[0]", "sensor[1]")


def expect_up(sim: SimChip, outcomes: dict[str, Climbed | Fault]) -> None:
    """Expect that every block climbed to its top, and that no rule was broken."""
    assert [str(fault) for fault in outcomes.values() if isinstance(fault, Fault)] == []
    assert outcomes
    assert [str(violation) for violation in sim.violations] == []


@pytest.mark.parametrize("seed", range(12))
def test_it_comes_up_and_a_second_climb_writes_nothing(
    mail: Chip, rising: Controller, climber: Climber, wire_to: type[Wire], seed: int
) -> None:
    """Whatever the latencies, all comes up in full and breaks no rule; then a climb only reads, and takes no time."""
    sim = SimChip(mail, seed=seed)
    assert not any(sim.model(name).serves for name in OWN)
    outcomes = rising.run(wire_to(sim))
    expect_up(sim, outcomes)
    assert set(outcomes) == set(mail.instances)
    assert all(sim.model(name).in_service for name in OWN)
    came_up_s = sim.now_s
    again = wire_to(sim)
    expect_up(sim, rising.run(again))
    expect_up(sim, climber(lambda block: block.full(), *OWN).run(again))
    assert (again.writes, sim.now_s) == (0, came_up_s)
    assert 0 < again.reads < 35 * len(mail.instances)


def test_a_stage_is_waited_for_by_the_rung_of_its_name(serving: Hands) -> None:
    """Each time that the hardware took is noted under a rung of the ladder, which looks from the fastest on."""
    expected = {"mailbox[0]": {"flushed", "linked"}, "sensor[0]": {"biased", "measuring"}}
    for name, waited in expected.items():
        stages = serving.sim.model(name).stages
        rungs = {rung.name: rung for rung in serving.sim.chip.instances[name].block.up()}
        assert set(stages) == waited
        for stage, taken_s in stages.items():
            assert rungs[stage].settles <= taken_s <= 1.5 * rungs[stage].settles < rungs[stage].within / 2


@pytest.mark.parametrize("name", ["mailbox[0]", "sensor[1]"])
def test_from_every_access_on_it_can_be_brought_up(
    powered: Powered, climber: Climber, wire_to: type[Wire], name: str
) -> None:
    """However many accesses a controller made before it died, the next one brings the block up, breaking no rule."""
    hands, below = powered(seed=4), climber(lambda block: block.up(), "pll", "crg")
    up, limit = climber(lambda block: block.up(), name), 0
    while True:
        hands.sim.power_on()
        below.run(wire_to(hands.sim))
        try:
            up.run(wire_to(hands.sim, limit))
        except DeviceLost:
            expect_up(hands.sim, up.run(wire_to(hands.sim)))
            assert hands.sim.model(name).in_service
            limit += 1
        else:
            break
    assert limit > 60


@pytest.mark.parametrize("name", ["mailbox[0]", "sensor[1]"])
def test_from_every_access_on_the_way_down_it_comes_up_again(
    serving: Hands, climber: Climber, wire_to: type[Wire], name: str
) -> None:
    """However many accesses a controller made on the way to rest before it died, the next one brings the block up."""
    up, down = climber(lambda block: block.up(), name), climber(lambda block: block.rest(), name)
    limit = 0
    while True:
        try:
            expect_up(serving.sim, down.run(wire_to(serving.sim, limit)))
        except DeviceLost:
            expect_up(serving.sim, up.run(wire_to(serving.sim)))
            assert serving.sim.model(name).in_service
            limit += 1
        else:
            break
    assert limit > 8


@pytest.mark.parametrize("name", OWN)
def test_at_rest_it_serves_nobody_and_comes_up_again(
    serving: Hands, climber: Climber, wire_to: type[Wire], name: str
) -> None:
    """A block at rest passes nothing, is left alone by a second climb to rest, and comes up again."""
    up, down = climber(lambda block: block.up(), name), climber(lambda block: block.rest(), name)
    expect_up(serving.sim, down.run(wire_to(serving.sim)))
    assert not serving.sim.model(name).serves
    again = wire_to(serving.sim)
    expect_up(serving.sim, down.run(again))
    assert again.writes == 0
    expect_up(serving.sim, up.run(wire_to(serving.sim)))
    assert serving.sim.model(name).in_service


@pytest.mark.parametrize("name", ["mailbox[0]", "sensor[0]"])
def test_its_interrupts_prove_that_it_was_in_service(mail: Chip, name: str) -> None:
    """What tells that a block serves, before an act that disturbs it, is the last rung on the way up."""
    ladder = mail.instances[name].block.up()
    assert any(rung.disturbs for rung in ladder)
    proof = witness(ladder)
    assert proof is not None
    assert (proof, ladder[proof].name) == (len(ladder) - 1, "watched")


def test_what_never_came_up_can_be_laid_down(clocked: Hands, climber: Climber, wire_to: type[Wire]) -> None:
    """A block just out of reset is at rest already: nothing is written to it."""
    wire = wire_to(clocked.sim)
    expect_up(clocked.sim, climber(lambda block: block.rest(), *OWN).run(wire))
    assert wire.writes == 0


def pulse(register: str, event: str, r: Any) -> RegisterOp[None]:
    """Write 1 to one bit."""
    op: RegisterOp[None] = getattr(r, register).write(**{event: 1})
    return op


def mask_all(r: Any) -> RegisterOp[None]:
    """Let nothing raise the line."""
    op: RegisterOp[None] = r.INTR_ENABLE.write(**dict.fromkeys(r.INTR_ENABLE.type.by_name, 0))
    return op


@pytest.mark.parametrize("name", ["mailbox[1]", "sensor[0]"])
def test_an_interrupt_test_raises_the_line(serving: Hands, name: str) -> None:
    """Each bit of INTR_TEST raises the line as the event would, until it is cleared."""
    instance = serving.sim.chip.instances[name]
    assert instance.line is not None
    for event in instance.block.regs.INTR_TEST.type.by_name:
        serving.do(name, partial(pulse, "INTR_TEST", event))
        assert serving.do(name, lambda r: r.INTR_STATUS.read()).field(event) == 1
        assert serving.sim.raised == {instance.line.source}
        serving.do(name, partial(pulse, "INTR_STATUS", event))
        assert serving.sim.raised == frozenset()
    serving.do(name, mask_all)
    for event in instance.block.regs.INTR_TEST.type.by_name:
        serving.do(name, partial(pulse, "INTR_TEST", event))
    assert serving.sim.raised == frozenset()


def test_a_reset_is_mended(serving: Hands, rising: Controller, wire_to: type[Wire]) -> None:
    """After the domain's reset went and came back everything comes up anew: nothing stayed locked or logged."""
    for name in OWN:
        serving.do(name, lambda r: r.SCRATCH.write(value=0xDEADBEEF))
    serving.do("crg", lambda r: r.RESET.write(noc=1, sram=1, core=1))
    serving.broke("crg.RESET")
    assert not any(serving.sim.model(name).serves for name in OWN)
    expect_up(serving.sim, rising.run(wire_to(serving.sim)))
    for name in OWN:
        assert serving.sim.model(name).in_service
        assert serving.do(name, lambda r: r.SCRATCH.read()).value == 0
        assert serving.do(name, lambda r: r.ERR_LOG.read()).valid == 0


@pytest.mark.parametrize("kind", KINDS)
def test_the_descriptions_are_clean(repository: dict[str, Path], kind: str) -> None:
    """Nothing that lint knows of is wrong with the register descriptions."""
    assert [str(finding) for finding in lint(compile_rdl(repository[f"blocks/{kind}/{kind}.rdl"]))] == []
