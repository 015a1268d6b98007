"""The laws of the bring-up without an event loop: it does what the one under trio does."""

from __future__ import annotations

import anyio
import pytest
from attrs import evolve

from blocks.chip import Chip, load_chip
from blocks.ladder import US, Ladder, Rung, Where
from blocks.pll.driver import Pll
from blocks.port import Port
from blocks.sim import SimChip, SimTransport
from runtime import determinism
from runtime.bringup import bring_up
from runtime.clock import VirtualClock
from runtime.faults.heap import Bringup, Controller, NotAlone, registers_of
from runtime.summary import Summary


def under_trio(chip: Chip, sim: SimChip, seed: int) -> Summary:
    async def main() -> Summary:
        return await bring_up(chip, SimTransport(sim))

    return determinism.run(main, seed=seed, clock=VirtualClock())


@pytest.mark.parametrize(("name", "seed"), [("mini", 0), ("mini", 1), ("mini", 2), ("atlas", 0), ("atlas", 3)])
def test_it_ends_as_under_trio(name: str, seed: int) -> None:
    """After a bring-up on the heap every register of every block holds what it holds after one under trio."""
    chip = load_chip(name)
    theirs, ours = SimChip(chip, seed=seed), SimChip(chip, seed=seed)

    summary = under_trio(chip, theirs, seed)
    run = Bringup(Controller(load_chip(name)), ours)
    run.run()

    assert run.well
    assert {block for block, state in run.states.items() if state == "up"} <= set(summary.up)
    assert ours.broken == theirs.broken == 0
    assert run.now_s == summary.elapsed_s
    assert registers_of(ours) == registers_of(theirs)


def test_what_is_up_costs_no_write() -> None:
    """A second controller that finds a chip up writes nothing and takes no time."""
    sim = SimChip(load_chip("mini"))
    Bringup(Controller(load_chip("mini")), sim).run()
    before, begun_s = registers_of(sim), sim.now_s

    again = Bringup(Controller(load_chip("mini")), sim)
    again.run()

    assert again.well
    assert not again.acted
    assert again.now_s == begun_s
    assert registers_of(sim) == before


def test_a_failure_is_the_same_as_under_trio() -> None:
    """A block that does not come up fails for the same reason, and the same blocks wait for it."""
    chip = load_chip("mini")
    sims = [SimChip(chip, overrides={"pll[2]": {"lock_s": float("inf")}}) for _ in range(2)]

    summary = under_trio(chip, sims[0], 0)
    run = Bringup(Controller(chip), sims[1])
    run.run()

    assert [(f.block, f.rung, f.reason) for f in summary.failed] == [
        (f.block, f.rung, f.reason) for f in run.faults.values()
    ]
    assert {w.block for w in summary.waiting} == {name for name, state in run.states.items() if state == "waiting"}
    assert not run.well


class Talker(Pll):
    """A PLL that is driven by a dialogue, and has one more that finds nothing to do."""

    def up(self) -> Ladder:
        rungs = {rung.name: rung for rung in super().up()}
        asked = Where("asked twice", [self.regs.ID.read()], self._asked)
        idle = Rung("idle", holds=[asked], reach=self._idle, within=5 * US)
        driving = Rung("driving", holds=rungs["driving"].holds, reach=self._drive, within=50 * US)
        return Ladder(idle, *{**rungs, "driving": driving}.values())

    quiet = 0

    def _asked(self, _read: object) -> bool:
        return self.quiet > 1

    async def _idle(self, port: Port) -> None:
        self.quiet += 1

    async def _drive(self, port: Port) -> None:
        await port.sleep(10 * US)
        await port.run(self.regs.CTRL.modify(bypass=0))


def test_a_dialogue_is_held_as_under_trio() -> None:
    """A dialogue that sleeps, accesses, or does neither is held to its end, and takes the time that it slept."""
    runs: list[tuple[float, object]] = []
    for way in ("trio", "heap"):
        chip = load_chip("mini")
        instance = chip.instances["pll[2]"]
        block = Talker("pll[2]", instance.block.regs, instance.block.config)
        chip = evolve(chip, instances={**chip.instances, "pll[2]": evolve(instance, block=block, like=None)})
        sim = SimChip(chip)
        if way == "trio":
            summary = under_trio(chip, sim, 0)
            assert summary.well
            runs.append((summary.elapsed_s, registers_of(sim)))
        else:
            run = Bringup(Controller(chip), sim)
            run.run()
            assert run.well
            runs.append((run.now_s, registers_of(sim)))

    assert runs[0] == runs[1]


def test_a_dialogue_with_another_loop_fails_its_block() -> None:
    """A dialogue that awaits anything but its port fails its own block alone."""

    class Sleeper(Talker):
        async def _drive(self, port: Port) -> None:
            await anyio.sleep(1)

    chip = load_chip("mini")
    instance = chip.instances["pll[2]"]
    block = Sleeper("pll[2]", instance.block.regs, instance.block.config)
    chip = evolve(chip, instances={**chip.instances, "pll[2]": evolve(instance, block=block, like=None)})
    run = Bringup(Controller(chip), SimChip(chip))
    run.run()

    assert list(run.faults) == ["pll[2]"]
    assert run.states["pll[1]"] == "up"


def test_a_chip_behind_a_block_is_refused() -> None:
    """A chip with a block that is reached through another's registers is refused, and both are named."""
    with pytest.raises(NotAlone, match="flash0 stands behind spi0"):
        Controller(load_chip("sifive_u"))
