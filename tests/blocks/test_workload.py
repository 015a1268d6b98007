"""Traffic of a simulated chip: it flows when all on its way serve, and what is lost or spoilt is told."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from blocks.chip import Chip, Flow, load_chip
from blocks.model import BlockModel, Event
from blocks.sim.chip import SimChip
from blocks.sim.workload import Workload

PERIOD_S = 10e-6


class Part(BlockModel):
    """A block that serves when told to, and keeps or spoils what it carries."""

    serving = True
    spoils = False
    forgets = False
    told_to_rest = False
    kept: dict[int, bytes]

    @property
    def serves(self) -> bool:
        return self.serving

    @property
    def quiesced(self) -> bool:
        return self.told_to_rest

    def carry(self, data: bytes) -> bytes:
        return bytes([data[0] ^ 1]) + data[1:] if self.spoils else data

    def store(self, slot: int, data: bytes) -> None:
        self.kept[slot] = data

    def fetch(self, slot: int) -> bytes | None:
        return None if self.forgets else self.kept.get(slot)


class Bench:
    """Mini with three parts in place of models that carry no traffic, and one flow from the first to the last."""

    def __init__(self, chip: Chip) -> None:
        self.sim = SimChip(chip)
        self.parts = [self._part(name) for name in ("pll[0]", "pll[1]", "pll[2]")]
        self.named = {part.name: part for part in self.parts}
        self.load = Workload([Flow("pll[0]", ("pll[1]",), "pll[2]", PERIOD_S, 64)], self)
        self.load.start()

    def _part(self, name: str) -> Part:
        old = self.sim.model(name)
        part = Part(name, old.registers, old.params, self.sim)
        part.kept = {}
        return part

    def run(self, packets: int) -> None:
        self.sim.advance(self.sim.now_s + packets * PERIOD_S)

    # ---- as the simulation that the workload knows ----

    @property
    def now_s(self) -> float:
        return self.sim.now_s

    def after(self, block: str, delay_s: float, action: Callable[[], object]) -> Event:
        return self.sim.after(block, delay_s, action)

    def at(self, block: str, time_s: float, action: Callable[[], object], *, rank: int = 0) -> Event:
        return self.sim.at(block, time_s, action, rank=rank)

    def draw(self, block: str, what: str) -> float:
        return self.sim.draw(block, what)

    def intended(self, block: str) -> Mapping[str, int]:
        return self.sim.intended(block)

    def violate(self, block: str, register: str, rule: str) -> None:
        self.sim.violate(block, register, rule)

    def model(self, name: str) -> BlockModel:
        return self.named[name]

    def line(self, block: str, level: bool) -> None:
        self.sim.line(block, level)

    def message(self, block: str, number: int) -> None:
        raise NotImplementedError

    @property
    def told(self) -> list[tuple[str, str]]:
        return [(v.block, v.rule.partition(":")[0]) for v in self.sim.violations]


@pytest.fixture
def bench(mini: Chip) -> Bench:
    return Bench(mini)


def test_what_is_sent_arrives_and_is_read_back(bench: Bench) -> None:
    """With every block on the way in service nothing is lost and nothing spoilt."""
    bench.run(100)
    load = bench.load
    assert (load.lost, load.corrupt, bench.told) == (0, 0, [])
    assert load.sent >= 99
    assert load.sent - load.delivered in (0, 1)
    assert load.delivered - load.checked in range(1, 9)


@pytest.mark.parametrize("part", [0, 1, 2])
def test_nothing_flows_before_all_on_the_way_serve(bench: Bench, part: int) -> None:
    """A flow begins when its last block comes into service, and what did not flow before was not lost."""
    bench.parts[part].serving = False
    bench.run(20)
    assert bench.load.sent == bench.load.lost == 0
    bench.parts[part].serving = True
    bench.run(20)
    assert bench.load.sent in (19, 20)
    assert bench.told == []


@pytest.mark.parametrize("part", [1, 2])
def test_a_disturbed_block_loses_traffic_and_is_named_once(bench: Bench, part: int) -> None:
    """Each packet that meets it counts as lost; the outage is one violation; afterwards traffic flows again."""
    bench.run(20)
    bench.parts[part].serving = False
    bench.run(5)
    assert bench.load.lost in (5, 6)
    assert bench.told == [(f"pll[{part}]", "traffic lost")]
    bench.parts[part].serving = True
    lost = bench.load.lost
    bench.run(20)
    assert bench.load.lost == lost
    assert bench.load.delivered >= 38


def test_a_source_at_rest_loses_nothing(bench: Bench) -> None:
    """What a source that was brought to rest does not send is not lost, whatever the blocks behind it do meanwhile."""
    bench.run(20)
    bench.parts[0].serving, bench.parts[0].told_to_rest = False, True
    bench.run(1)
    bench.parts[1].serving = bench.parts[2].serving = False
    bench.parts[2].kept.clear()
    bench.run(20)
    for part in bench.parts:
        part.serving = True
    bench.run(20)
    assert (bench.load.lost, bench.load.corrupt, bench.told) == (0, 0, [])


@pytest.mark.parametrize("how", ["spoils", "forgets"])
def test_a_packet_that_comes_back_otherwise_is_corrupt(bench: Bench, how: str) -> None:
    """A spoilt or forgotten packet is found by its checksum and told at the memory."""
    bench.run(20)
    setattr(bench.parts[1 if how == "spoils" else 2], how, True)
    bench.run(20)
    assert bench.load.corrupt >= 10
    assert bench.told == [("pll[2]", "traffic corrupt")]


def test_a_source_that_stops_out_of_order_loses_what_was_due(bench: Bench) -> None:
    """A source that was not brought to rest owes each packet until it is back, and is named once."""
    bench.run(20)
    bench.parts[0].serving = False
    bench.run(20)
    assert bench.load.lost in range(19, 22)
    assert bench.told == [("pll[0]", "traffic lost")]
    lost, bench.parts[0].serving = bench.load.lost, True
    bench.run(20)
    assert (bench.load.lost, bench.load.corrupt) == (lost, 0)


def test_a_source_reset_in_service_does_not_look_at_rest(bench: Bench) -> None:
    """After a reset its registers say that it rests: what was due is lost all the same, until it has served again."""
    bench.run(20)
    bench.parts[0].reset()
    bench.parts[0].serving, bench.parts[0].told_to_rest = False, True
    bench.run(20)
    assert bench.load.lost in range(19, 22)
    bench.parts[0].serving = True
    bench.run(2)
    lost, bench.parts[0].serving = bench.load.lost, False
    bench.run(20)
    assert bench.load.lost == lost


def test_a_source_that_is_reset_loses_what_is_on_its_way(bench: Bench) -> None:
    """Packets that had not arrived when the source was reset are lost, and told at the source."""
    bench.run(20)
    bench.parts[0].reset()
    bench.run(1)
    assert bench.load.lost == 1
    assert bench.told == [("pll[0]", "traffic lost")]


def test_a_flow_ends_in_a_memory() -> None:
    """A chip whose flow ends in a block that keeps nothing is refused, by the block's name."""
    sim = SimChip(load_chip("mini"))
    with pytest.raises(TypeError, match=r"pll\[1\] \(PllModel\) keeps no packets"):
        Workload([Flow("pll[0]", (), "pll[1]", PERIOD_S, 64)], sim)
