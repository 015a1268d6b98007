"""What is put to rest while it is under test: every type of block that atlas is made of, and each bit of its TEST."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from attrs import define, field

from blocks.chip import Chip, load_chip
from blocks.crg.regs import SourceE
from blocks.sim.chip import SimChip
from blocks.sim.faults.kinds import BitFlip, LocalReset, StuckBit
from registers.handles import registers_below
from registers.schema import RegisterType
from runtime.climb import Climbed, Plan
from runtime.fault import Cause, Fault
from runtime.graph import Graph, graph_of

if TYPE_CHECKING:
    from tests.blocks.conftest import Controller, Hands, Wire

CRG = "io_crg[1]"


@define
class Laboratory:
    """A simulated chip of which parts are laid down, users first, and brought up again."""

    chip: Chip
    wire: Wire
    controller: type[Controller]
    graph: Graph = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.graph = graph_of(self.chip)

    def up(self, names: Iterable[str]) -> bool:
        """Bring blocks up, and say whether all are."""
        plans = {name: Plan(self.chip.instances[name].block.up()) for name in names}
        needs = {name: [need.partition(":")[0] for need in self.chip.instances[name].needs] for name in plans}
        return self._climb(plans, needs)

    def rest(self, names: Iterable[str]) -> bool:
        """Lay blocks down, and say whether all are."""
        plans = {name: Plan(self.chip.instances[name].block.rest()) for name in names}
        return self._climb(plans, {name: [*self.graph.blocks_after(name)] for name in plans})

    def _climb(self, plans: dict[str, Plan], before: dict[str, list[str]]) -> bool:
        waits = {name: tuple(other for other in before[name] if other in plans) for name in plans}
        outcomes = self.controller(plans, waits).run(self.wire)
        return outcomes.keys() == plans.keys() and all(isinstance(end, Climbed) for end in outcomes.values())


def bits_of_test(chip: Chip, block: str) -> list[BitFlip]:
    """Return a fault for each bit of the fields of TEST; none where a block has no such register."""
    return [
        BitFlip(block=block, register=f"TEST.{part.name}", bit=bit)
        for register in registers_below(chip.instances[block].block.regs)
        if register.path == "TEST" and isinstance(register.type, RegisterType)
        for part in register.type.fields
        for bit in range(part.width)
    ]


def test_a_block_rests_out_of_any_test(laying_down: Controller, wire_to: type[Wire]) -> None:
    """Whichever bit of TEST turned over, its block comes to rest and, reset, up again, and no rule is broken."""
    chip = load_chip("atlas")
    sim = SimChip(chip)
    laboratory = Laboratory(chip, wire_to(sim), type(laying_down))
    assert laboratory.up(chip.instances)
    least_used: dict[str, str] = {}
    for name in sorted(chip.instances, key=lambda name: len(laboratory.graph.blocks_after(name))):
        least_used.setdefault(chip.instances[name].type, name)
    tried, wrong = set[str](), list[str]()
    for kind, name in least_used.items():
        users = laboratory.graph.blocks_after(name)
        behind = {name, *users, *(chip.supervision[block].partner for block in (name, *users))} - {""}
        for flip in bits_of_test(chip, name):
            tried.add(kind)
            assert laboratory.rest(users)
            sim.inject(flip)
            done = laboratory.rest([name])
            sim.inject(LocalReset(block=name))  # what is frozen is mended by no climb
            done &= laboratory.up(behind)
            wrong += [f"{flip}: {rule}" for rule in sim.violations] or ([] if done else [f"{flip}: it failed"])
            sim.violations.clear()
    assert tried == least_used.keys()
    assert wrong == []


def test_gates_that_stay_open_keep_their_clock(live: Hands, laying_down: Controller, wire_to: type[Wire]) -> None:
    """A generator whose test mode cannot be left comes to no rest, which says so, and its clock is not changed."""
    live.sim.inject(BitFlip(block=CRG, register="TEST.open_gates"))
    live.sim.inject(StuckBit(block=CRG, register="TEST.open_gates", value=1))
    plan = {CRG: laying_down.plans[CRG]}
    fault = type(laying_down)(plan, {CRG: ()}).run(wire_to(live.sim))[CRG]
    assert isinstance(fault, Fault)
    assert (fault.rung, fault.cause, fault.register) == ("out of test", Cause.LATE, "TEST")
    assert "open_gates=0x0" in fault.wanted
    assert live.do(CRG, lambda r: r.STATUS.read()).source is SourceE.PLL
    assert live.broken == []
