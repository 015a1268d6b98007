"""The laws of the recovery of a part: it sees what a whole recovery sees, and leaves the run as it was."""

from __future__ import annotations

import pytest
from attrs import evolve

from blocks.chip import Chip, load_chip
from blocks.ladder import US, Ladder, Rung
from blocks.pll.driver import Pll
from blocks.sim import SimChip
from runtime.faults.campaign import run as run_plan
from runtime.faults.forked import Disturbed
from runtime.faults.golden import Golden, Point, Watched, golden
from runtime.faults.heap import Bringup, Controller, registers_of
from runtime.faults.parts import Part, Parts
from runtime.faults.plan import Plan
from runtime.faults.still import Still


def parts_of(chip: Chip, every: int, name: str = "") -> tuple[Golden, Bringup, list[tuple[str, Part]]]:
    """Let the parts recover at each of some states of a run; return that run at its end, and what came of them."""
    control = Controller(chip)
    run_of = golden(control, 0, lambda seed: SimChip(chip, seed=seed))
    firsts = {state.first for state in run_of.states[::every]}
    found: list[tuple[str, Part]] = []

    def at(point: Point) -> None:
        if point in firsts and run.owner.startswith(name):
            found.append((run.owner, parts.recover(run.owner)))

    sim = SimChip(chip)
    run = Bringup(control, sim, Watched(sim, at))
    parts = Parts(run_of, run, Controller(chip))
    run.run()
    return run_of, run, found


@pytest.mark.parametrize(("name", "every"), [("mini", 1), ("atlas", 97)])
def test_the_run_goes_on_as_if_nothing_had_been_tried(name: str, every: int) -> None:
    """A run in which parts were let recover ends at the same time with the same registers as one without."""
    run_of, run, found = parts_of(load_chip(name), every)

    assert found
    assert not [part.doubt for _, part in found if part.doubt]
    assert run.well
    assert run.now_s == run_of.elapsed_s
    assert run.sim.broken == 0
    assert registers_of(run.sim) == run_of.registers


def test_a_part_is_what_a_block_hangs_on() -> None:
    """Routers that are coming up recover together with those that they are wired to; what is up is in no part."""
    _, _, found = parts_of(load_chip("atlas"), 41, "die[0].router")

    assert found
    for owner, part in found:
        assert owner in part.blocks
        assert all(block.startswith("die[0].router") for block in part.blocks)
    assert any(len(part.blocks) > 1 for _, part in found)


class Meddler(Pll):
    """A PLL whose ladder reads a register of a neighbour, which it has no business with."""

    def up(self) -> Ladder:
        other = load_chip("mini").instances["refpll"].block.regs
        return Ladder(*super().up(), Rung("meddling", holds=[other.ID.check(version=1)], within=5 * US))


def test_an_access_to_another_block_is_a_doubt() -> None:
    """A ladder that reaches beyond its own block is no part: the whole chip is let recover, which decides."""

    def load() -> Chip:
        chip = load_chip("mini")
        instance = chip.instances["pll[2]"]
        block = Meddler("pll[2]", instance.block.regs, instance.block.config)
        return evolve(chip, instances={**chip.instances, "pll[2]": evolve(instance, block=block, like=None)})

    tally = run_plan(Plan(load, "mini"), jobs=2).tally

    assert tally.doubted > 0
    assert tally.whole >= tally.doubted
    assert tally.failures == tally.differed == 0


def test_a_run_that_was_changed_proves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a part is not put back, the campaign ends with an error and no report."""

    def nothing(_still: Still) -> None:
        pass

    monkeypatch.setattr(Still, "put_back", nothing)

    with pytest.raises(Disturbed, match="registers differ"):
        run_plan(Plan(lambda: load_chip("mini"), "mini"), jobs=2)


def test_time_that_passes_for_a_few_is_taken_back() -> None:
    """What a chip does while only some blocks go on is forgotten: time, broken rules and events are as before."""
    chip = load_chip("mini")
    sim = SimChip(chip)
    sim.advance(1e-6)
    later: list[str] = []
    sim.after("pll[0]", 5e-6, lambda: later.append("pll[0]"))
    sim.after("pll[1]", 5e-6, lambda: later.append("pll[1]"))
    before = sim.now_s, sim.next_event_s, sim.broken

    with sim.alone(["pll[1]"]):
        sim.advance(1e-5)
        sim.violate("pll[1]", "CTRL", "a rule")

    assert later == ["pll[1]"]
    assert (sim.now_s, sim.next_event_s, sim.broken) == before
    assert sim.violations == []
    sim.advance(1e-5)
    assert later == ["pll[1]", "pll[0]", "pll[1]"]
