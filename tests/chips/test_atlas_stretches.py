"""Packets that are counted in stretches, beside the same chip whose packets are sent one by one."""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import partial
from math import ceil

import pytest

from blocks.chip import load_chip
from blocks.engine.model import EngineModel
from blocks.model import ModelFault
from blocks.router.model import RouterModel
from blocks.sim import SimTransport
from blocks.sim.chip import SimChip
from blocks.sim.faults import BitFlip, ChipReset, ClusterReset, Fault, LocalReset, Upset
from registers.handles import AnyRegister, registers_below
from registers.schema import RegisterType
from runtime import determinism
from runtime.bringup import bring_up
from runtime.clock import VirtualClock
from transports.errors import TransportError

Deed = Callable[[SimChip], object]

# What may happen, and how often one beside the other.
DEEDS = {"look": 6.0, "write": 2.0, "upset": 2.0, "flip": 2.0, "local": 1.0, "cluster": 0.5, "chip": 0.2, "own": 1.0}
CHIP = load_chip("atlas")
ROUNDS, STEPS = 3, 14
HOUR_S = 3600.0
CALM_S = 1.8  # in which each flow has sent enough to rest
TICK_S = 50e-3  # the flows of atlas send together, every one of these or every fourth
# A register that packets move, by block type.
COUNTS = {
    "dma": "CH[0].COMPLETED.count", "engine": "CORE.TASKS.count", "router": "PORT[4].PACKETS.count",
    "ucie": "FLITS.count", "pcie": "TLPS.count", "channel": "READS.count",
}  # fmt: skip
CARRIERS = [name for name in CHIP.instances if name.split(".")[-1].partition("[")[0] in COUNTS]
GENERATORS = [name for name, instance in CHIP.instances.items() if instance.type == "crg"]


def carrier(name: str) -> str:
    return COUNTS[name.split(".")[-1].partition("[")[0]]


def restless(node: int | None) -> bool:
    """Be what a model is that is never calm."""
    return False


def mended(sim: SimChip) -> None:
    async def main() -> None:
        transport = SimTransport(sim)
        await bring_up(CHIP, transport, seed=0)
        await transport.aclose()

    determinism.run(main, seed=0, clock=VirtualClock())


def state(sim: SimChip) -> dict[str, object]:
    """Return everything that can be seen of the blocks that carry packets."""
    seen: dict[str, object] = {}
    for name in CARRIERS:
        model = sim.model(name)
        seen[name] = (model.registers.field(carrier(name)).value, model.in_flight, model.in_service, model.torn)
        for store in model.registers.fabric.bank.stores():
            seen[f"{name}.{store.place.path}"] = store.value
    return seen


class Pair:
    """A chip that counts in stretches, one that sends one by one, and one stream of chances for both."""

    def __init__(self, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
        self.chance = random.Random(seed)
        self.sims = [SimChip(CHIP, seed=seed, workload=True) for _ in range(2)]
        for name in CARRIERS:
            monkeypatch.setattr(self.sims[1].model(name), "calm", restless)
        for sim in self.sims:
            mended(sim)

    def pass_time(self) -> None:
        """Let time pass, half the time to where packets are on their way."""
        now_s, dice = self.sims[0].now_s, self.chance
        until_s = now_s + 10 ** dice.uniform(-7, -0.7)
        if dice.random() < 0.5:
            until_s = max(now_s, ceil(until_s / TICK_S) * TICK_S + dice.uniform(-0.2e-6, 0.8e-6))
        for sim in self.sims:
            sim.advance(until_s)

    def happens(self) -> None:
        """Let one thing happen to both."""
        deed = self._deed(self.chance, self.chance.choice(CARRIERS))
        found, expected = (outcome(deed, sim) for sim in self.sims)
        assert found == expected

    def _deed(self, dice: random.Random, name: str) -> Deed:
        register = dice.choice([*registers_below(CHIP.instances[name].block.regs)])
        assert isinstance(register.type, RegisterType)
        address, width, chosen = register.address, register.type.width, dice.choice(register.type.fields)
        fault: Fault
        match dice.choices(
            ("look", "write", "upset", "flip", "local", "cluster", "chip", "own"), (6, 2, 2, 2, 1, 0.5, 0.2, 1)
        )[0]:
            case "look":
                return lambda sim: sim.read(address, width)
            case "write":
                word = dice.getrandbits(8 * width)
                return lambda sim: sim.write(address, word, width, None)
            case "upset" if upsets := sorted(self.sims[0].model(name).upsets()):
                fault = Upset(block=name, name=dice.choice(upsets))
            case "flip":
                fault = BitFlip(block=name, register=f"{register.path}.{chosen.name}", bit=dice.randrange(chosen.width))
            case "cluster":
                fault = ClusterReset(block=dice.choice(GENERATORS))
            case "chip":
                fault = ChipReset()
            case "own":
                return partial(own, name=name, table=[dice.randrange(8) for _ in range(16)])
            case _:
                fault = LocalReset(block=name)
        return lambda sim: str(sim.inject(fault))


def own(sim: SimChip, name: str, table: list[int]) -> None:
    """Do to a model what only a test does, without a register: its firmware hangs, its routes change."""
    model = sim.model(name)
    if isinstance(model, EngineModel):
        model.hang()
    elif isinstance(model, RouterModel):
        model.lead(table)


def outcome(deed: Deed, sim: SimChip) -> object:
    try:
        return deed(sim)
    except (TransportError, ModelFault) as error:
        return str(error)


@pytest.mark.parametrize("seed", range(2))
def test_packets_in_stretches_fare_as_packets_one_by_one(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """At any moment, whatever happened before: the same counts, broken rules and registers as one by one."""
    pair = Pair(seed, monkeypatch)
    for round_ in range(ROUNDS):
        for sim in pair.sims:
            sim.advance(sim.now_s + CALM_S)
        for step in range(STEPS):
            pair.pass_time()
            pair.happens()
            where = f"seed {seed}, round {round_}, step {step}"
            if pair.chance.random() < 0.5:
                lazy, eager = pair.sims
                assert lazy.traffic == eager.traffic, where
                assert [*map(str, lazy.violations)] == [*map(str, eager.violations)], where
            if pair.chance.random() < 0.3:
                found, expected = map(state, pair.sims)
                assert {n: (found[n], e) for n, e in expected.items() if found[n] != e} == {}, where
        for sim in pair.sims:
            mended(sim)
    assert pair.sims[0].traffic["checked"] > 1000


def test_a_calm_hour_is_as_long_as_the_looks_at_it() -> None:
    """Nothing is due in an hour in which nothing happens, and every packet of it is counted."""
    sim = SimChip(CHIP, seed=1, workload=True)
    mended(sim)
    sim.advance(sim.now_s + 4.0)
    assert sim.next_event_s > sim.now_s + HOUR_S
    before = sim.traffic
    sim.advance(sim.now_s + HOUR_S)
    after = sim.traffic
    per_s = sum(1 / flow.period_s for flow in CHIP.flows)
    assert after["checked"] - before["checked"] == pytest.approx(HOUR_S * per_s, rel=1e-3)
    assert after["lost"] == after["corrupt"] == 0


@pytest.mark.parametrize("how", ["software", "hardware"])
def test_what_stirs_in_a_stretch_is_met_by_the_next_packet(how: str) -> None:
    """A source that is told to spoil packets, by a write or from within, spoils those from then on and none before."""
    sim = SimChip(CHIP, seed=1, workload=True)
    mended(sim)
    sim.advance(sim.now_s + HOUR_S)
    assert sim.traffic["corrupt"] == 0
    flip = sim.model("die[0].dma[0][0]").registers.field("TEST.flip")
    if how == "software":
        sim.write(CHIP.instances["die[0].dma[0][0]"].block.regs.child("TEST", AnyRegister).address, 1, 4, None)
    else:
        flip.force(1)
    assert flip.value == 1
    sim.advance(sim.now_s + 20 * TICK_S)
    assert sim.traffic["corrupt"] in range(10, 15)  # a packet is read back when seven more have arrived
