"""Atlas in service, and controllers killed with SIGKILL at counted accesses: the next one goes on from the hardware."""

from __future__ import annotations

from math import inf
from pathlib import Path
from random import Random

import pytest
import trio
from attrs import define, field, frozen

from blocks.chip import Flow
from blocks.sim.chip import SimChip
from blocks.sim.faults import ClusterReset, LocalReset, Upset
from runtime import determinism
from runtime.cli.exits import OK
from runtime.clock import RealClock
from tests.chips.atlas_killed import Controllers, CountingChip, down, served
from tests.chips.atlas_service import CHIP, CLAIMS, FADE_S, WINDOW_S, closure

MOMENTS = 25  # of each life: 50 in all
LIVES = 2
IN_RESUME = 0.3  # of the controllers are killed before they have looked at everything
RESUME_READS = 11_000  # of a whole chip, about
ACCESSES_MAX = 2_000  # of a recovery, about; the moment is drawn over their decades
LOOK_S = 0.02
IDLE_S = 0.1  # so long without that access, and the controller is killed as it stands
BARK_S = 5e-3  # an engine that hangs falls by then: its watchdog has a limit of 2 ms
RESUME_S = 2.0  # and so long for that access in a resume
BACK_S = 20.0  # for a recovery on a machine that is busy with other things
TYPES = sorted({instance.type for instance in CHIP.instances.values()})
SIM = SimChip(CHIP)  # to ask for the names of upsets


def drawn(random: Random) -> Upset | LocalReset | ClusterReset | None:
    """Return what happens before a kill: mostly an upset, which interrupts tell of; sometimes nothing at all."""
    kind = random.choice(TYPES)
    block = random.choice([i.name for i in CHIP.instances.values() if i.type == kind])
    names = [*SIM.model(block).upsets()]
    match random.randrange(8):
        case 0:
            return None
        case 1:
            return LocalReset(block=block)
        case 2:
            return ClusterReset(block=random.choice([i.name for i in CHIP.instances.values() if i.type == "crg"]))
        case _:
            return Upset(block=block, name=random.choice(names)) if names else LocalReset(block=block)


def ways(flow: Flow) -> set[str]:
    """Return the blocks that a flow goes by; between two routers it may be any of their die."""
    named = {flow.source, *flow.via, flow.memory}
    dies = {name.partition(".")[0] for name in named if CHIP.instances[name].type == "router"}
    routers = {i.name for i in CHIP.instances.values() if i.type == "router" and i.name.partition(".")[0] in dies}
    return named | routers


WAYS = {flow.source: ways(flow) for flow in CHIP.flows}


@frozen
class Struck:
    """One moment.

    Attributes:
        began_s: when the fault struck, in the chip's time; `ended_s` when all was up again.
        reach: of the fault: what it, and whatever it takes along, may have stopped.
        moved: the blocks that were not up when the controller was dead.
    """

    began_s: float
    ended_s: float
    reach: frozenset[str]
    moved: frozenset[str]


@define(eq=False)
class Life:
    """One chip and its controllers."""

    chip: CountingChip
    controllers: Controllers
    random: Random
    struck: list[Struck] = field(factory=list[Struck])

    async def killed_at(self, access: int, within_s: float) -> frozenset[str]:
        """Kill the controller at that access from now on, or after so long; return what is not up then."""
        gone = trio.Event()

        def kill() -> None:
            self.controllers.kill()
            gone.set()

        self.chip.call_at(access, kill)
        with trio.move_on_after(within_s):
            await gone.wait()
        self.chip.call_at(inf, bool)
        self.controllers.kill()
        await self.controllers.killed()
        found = down(self.chip)
        await trio.sleep(BARK_S)
        self.chip.catch_up()
        return frozenset(found | down(self.chip))

    async def up_again(self) -> None:
        """Look again and again until all is up."""
        with trio.fail_after(BACK_S):
            while True:
                if not down(self.chip):
                    return
                await trio.sleep(LOOK_S)

    async def moment(self) -> None:
        """Let something happen, kill the controller meanwhile, and see what the next one makes of it."""
        chip, random = self.chip, self.random
        fault = drawn(random)
        access = int(ACCESSES_MAX ** random.random())
        resumed_to = random.randrange(1, RESUME_READS) if random.random() < IN_RESUME else 0
        told = len(chip.violations)
        chip.catch_up()
        if fault is not None:
            chip.inject(fault)
        began_s, reach = chip.now_s, frozenset(closure(fault.block) if fault is not None else ())
        moved = await self.killed_at(access, IDLE_S)
        kills = [moved]
        written = len(chip.writes)
        if resumed_to:
            await self.controllers.begin()
            kills.append(await self.killed_at(resumed_to, RESUME_S))
            moved |= kills[-1]
        await self.controllers.begin()
        await self.controllers.until("blocks of atlas")
        await self.up_again()
        self.struck += [Struck(began_s, chip.now_s, reach, found) for found in kills]
        allowed = closure(*moved)  # a PLL that locks anew takes its links along, and those their other ends
        said = f"{fault}, killed at {access}, {resumed_to}"
        strange = [
            write
            for write in chip.written(written)
            if write.block not in allowed
            and not (write.register in CLAIMS and CHIP.instances[write.block].type == "aggregator")
        ]
        assert strange == [], f"{said}: written to, and not in motion: {strange[:4]} of {len(strange)}"
        self.judge(told, said)

    def judge(self, told: int, said: str) -> None:
        """No rule was broken, and only flows through what faults have stopped have lost packets."""
        for violation in self.chip.violations[told:]:
            assert violation.rule.startswith("traffic "), f"{said}: {violation}"
            source = violation.rule.rpartition("the flow of ")[2].partition(",")[0]
            # What a fault took from a memory is missed when it is read back.
            faults = [s.reach for s in self.struck if s.began_s <= violation.time_s <= s.ended_s + FADE_S]
            assert any(WAYS[source] & reach for reach in faults), f"{said}: {violation}"


@pytest.mark.parametrize("seed", range(LIVES))
def test_a_killed_controller_costs_nothing(seed: int, tmp_path: Path) -> None:
    """Killed at 25 moments in service: no rule broken, only what moved written to, no flow lost but by the faults."""

    async def main() -> None:
        chip, random = CountingChip(seed), Random(seed)
        async with served(chip, tmp_path) as controllers:
            life = Life(chip, controllers, random)
            await controllers.begin()
            await controllers.until("blocks of atlas")
            await trio.sleep(FADE_S / 2)  # every flow has begun
            while len(life.struck) < MOMENTS:
                await life.moment()
            await trio.sleep(FADE_S)
            chip.catch_up()
            before = dict(chip.traffic)
            await trio.sleep(WINDOW_S)
            chip.catch_up()
            flows = {name: count - before[name] for name, count in chip.traffic.items()}
            assert flows["delivered"] > 0
            assert (flows["lost"], flows["corrupt"]) == (0, 0)
            assert chip.broken == len(chip.violations)
            moving = sum(bool(moment.moved) for moment in life.struck)
            assert MOMENTS / 2 < moving < len(life.struck), f"{moving} of {len(life.struck)} in motion"
            assert await controllers.end() == OK

    determinism.run(main, seed=seed, clock=RealClock())
