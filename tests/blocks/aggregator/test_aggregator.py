"""Interrupt aggregators in whole: they come up, stay up at no cost, report what rises, and come up from wherever."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from attrs import evolve

from blocks.aggregator.driver import Aggregator, AggregatorConfig, bits
from blocks.aggregator.regs import ErrorE
from blocks.chip import load_chip
from blocks.sim.chip import SimChip
from registers.compile import compile_rdl
from registers.lint import lint
from runtime.climb import Climbed, Plan
from runtime.fault import Cause, Fault
from runtime.faults.campaign import run_shard
from runtime.faults.plan import Mode, Points
from runtime.faults.plan import Plan as Campaign
from transports.errors import DeviceLost
from transports.faulty.kinds import LIES

if TYPE_CHECKING:
    from blocks.chip import Chip
    from blocks.ladder import Ladder
    from registers.access import RegisterOp
    from tests.blocks.conftest import Controller, Hands, Wire

    Climber = Callable[[Callable[[Any], Ladder], Iterable[str]], Controller]

BLOCKS = Path(__file__).parents[3] / "blocks"
ALL = ("leaf[0]", "leaf[1]", "leaf[2]", "hub")
NAME = "leaf[1]"  # levels 4 and 6, 6 is urgent; edge 9
RAISED = frozenset({7})  # lines of the target: the hub's


def expect_up(sim: SimChip, names: Iterable[str], outcomes: dict[str, Any]) -> None:
    """Expect that every block climbed to its top and serves, and that no rule was broken."""
    assert {name: type(outcomes[name]) for name in names} == dict.fromkeys(names, Climbed), outcomes
    assert sim.violations == []
    assert [name for name in names if not sim.model(name).in_service] == []


def shown(hands: Hands, register: str, name: str = NAME) -> int:
    """Return the word of one register."""
    return hands.sim.model(name).registers.field(f"{register}.sources").value


def pulse(event: str, r: Any) -> RegisterOp[None]:
    """Set a bit of INTR_TEST."""
    op: RegisterOp[None] = r.INTR_TEST.write(**{event: 1})
    return op


def count_of(source: int, r: Any) -> RegisterOp[Any]:
    """Read how often one source rose."""
    op: RegisterOp[Any] = r.EVENTS[source].read()
    return op


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"sources": (4, 32, 0)}, r"sources has \[0, 32\]; expected numbers in 1..31; 0 is its own"),
        ({"sources": (4,), "edges": (5,)}, r"edges has \[5\]; expected some of sources, \[4\]"),
        ({"sources": (4,), "urgent": (3, 4)}, r"urgent has \[3\]; expected some of sources"),
        ({"priority": 0}, "priority is 0; expected 1..7"),
        ({"priority": 2, "threshold": 2}, "priority is 2; expected more than the threshold, 2"),
        ({"threshold": 7}, "threshold is 7; expected 0..6"),
        ({"storm_limit": 256}, "storm_limit is 256; expected 0..255"),
        ({"storm_window_us": 0}, "storm_window_us is 0; expected 1..65535"),
    ],
)
def test_what_would_report_nothing_is_no_configuration(values: dict[str, Any], message: str) -> None:
    """Sources that do not exist, or that would never be reported, are refused before any register is written."""
    with pytest.raises(ValueError, match=message):
        AggregatorConfig(**values)


def test_sources_are_those_whose_lines_name_it(tree: Chip) -> None:
    """The chip's lines say what an aggregator reports, unless its configuration does; its own events always."""
    configs = {name: tree.instances[name].block.config for name in ALL}
    assert {name: config.sources for name, config in configs.items()} == {
        "leaf[0]": (1, 2, 3, 5), "leaf[1]": (4, 6, 9), "leaf[2]": (31,), "hub": (1, 2, 3),
    }  # fmt: skip
    assert [bits(()), bits((4, 6, 9)), bits((0, 31))] == [1, 0x251, 0x8000_0001]


@pytest.mark.parametrize("seed", range(8))
def test_it_comes_up_and_a_second_climb_writes_nothing(
    tree: Chip, rising: Controller, wire_to: type[Wire], seed: int
) -> None:
    """Whatever the latencies, all blocks come up and no rule is broken; then a climb only reads, and takes no time."""
    sim = SimChip(tree, seed=seed)
    assert not any(sim.model(name).serves for name in ALL)
    expect_up(sim, tree.instances, rising.run(wire_to(sim)))
    came_up_s = sim.now_s
    again = wire_to(sim)
    expect_up(sim, tree.instances, rising.run(again))
    assert (again.writes, sim.now_s) == (0, came_up_s)
    assert sim.raised == frozenset()


@pytest.mark.parametrize("name", ["leaf[1]", "hub"])
def test_from_every_access_on_it_can_be_brought_up(
    idle_tree: Hands, climber: Climber, wire_to: type[Wire], name: str
) -> None:
    """However many accesses a controller made before it died, the next one brings it up, breaking no rule."""
    sim, up, limit = idle_tree.sim, climber(lambda block: block.up(), [name]), 0
    while True:
        sim.model(name).reset()
        sim.model(name).update()
        try:
            up.run(wire_to(sim, limit))
        except DeviceLost:
            expect_up(sim, [name], up.run(wire_to(sim)))
            limit += 1
        else:
            break
    assert limit > 60


def test_from_every_access_on_the_way_down_it_comes_up_again(
    live_tree: Hands, climber: Climber, wire_to: type[Wire]
) -> None:
    """However many accesses a controller made on the way to rest before it died, the next one has it in service."""
    sim, limit = live_tree.sim, 0
    up, down = climber(lambda block: block.up(), [NAME]), climber(lambda block: block.rest(), [NAME])
    while True:
        expect_up(sim, [NAME], up.run(wire_to(sim)))
        try:
            down.run(wire_to(sim, limit))
        except DeviceLost:
            limit += 1
        else:
            break
    assert limit > 10
    assert (sim.violations, sim.model(NAME).serves) == ([], False)
    again = wire_to(sim)
    down.run(again)
    assert again.writes == 0
    expect_up(sim, [NAME], up.run(wire_to(sim)))


FAULTS: list[tuple[dict[str, object], str, str, str]] = [
    # parameters; rung, register, what was wanted
    ({"init_s": inf}, "ready", "STATUS", "ready=0x1"),
]


@pytest.mark.parametrize(("parameters", "rung", "register", "wanted"), FAULTS)
def test_what_fails_is_named(
    tree: Chip, rising: Controller, wire_to: type[Wire],
    parameters: dict[str, object], rung: str, register: str, wanted: str,
) -> None:  # fmt: skip
    """Each fault ends the climb at the rung that says so, breaking no rule; the others come up."""
    sim = SimChip(tree, overrides={NAME: parameters})
    outcomes = rising.run(wire_to(sim))
    fault = outcomes.pop(NAME)
    assert isinstance(fault, Fault)
    assert (fault.rung, fault.cause, fault.register, fault.wanted) == (rung, Cause.LATE, register, wanted)
    assert fault.last.startswith("ready=0x0")
    assert all(isinstance(outcome, Climbed) for outcome in outcomes.values())
    assert (sim.violations, sim.model(NAME).serves) == ([], False)


@pytest.mark.parametrize(
    ("parameters", "rung", "register", "last"),
    [
        ({"faulty_source": 6}, "whole", "FAULTY", "sources=0x40"),
        ({"noisy_source": 12}, "calm", "SHUT", "sources=0x1000"),
    ],
)
def test_what_is_lessened_is_told_by_full(
    tree: Chip, rising: Controller, climber: Climber, wire_to: type[Wire],
    parameters: dict[str, object], rung: str, register: str, last: str,
) -> None:  # fmt: skip
    """A line that is not heard, or was shut for its noise, leaves the aggregator up and not full."""
    sim = SimChip(tree, overrides={NAME: parameters})
    expect_up(sim, tree.instances, rising.run(wire_to(sim)))
    sim.advance(sim.now_s + 1e-3)
    expect_up(sim, tree.instances, rising.run(wire_to(sim)))
    outcomes = climber(lambda block: block.full(), ALL).run(wire_to(sim))
    fault = outcomes.pop(NAME)
    assert isinstance(fault, Fault)
    assert (fault.rung, fault.register, fault.last.split()[0]) == (rung, register, last)
    assert all(isinstance(outcome, Climbed) for outcome in outcomes.values())


def test_noise_is_shut_logged_and_forgiven_at_rest(
    tree: Chip, rising: Controller, climber: Climber, hands_on: type[Hands], wire_to: type[Wire]
) -> None:
    """A source that rises too often is shut at the limit and logged; it is heard again after rest, and not before."""
    hands = hands_on(SimChip(tree, overrides={NAME: {"noisy_source": 4}}))
    rising.run(wire_to(hands.sim))
    hands.wait(1e-3)
    log = hands.do(NAME, lambda r: r.ERR_LOG.read())
    assert (log.valid, log.error, log.source) == (1, ErrorE.STORM, 4)
    assert shown(hands, "ERR_LOG_RAW") & 1 << 4
    assert hands.do(NAME, partial(count_of, 4)).count == 65
    assert hands.do(NAME, partial(count_of, 4)).count == 0
    hands.sim.model(NAME).sink(4, True)
    assert (shown(hands, "CLAIM"), shown(hands, "SHUT")) == (1, 1 << 4)
    hands.sim.model(NAME).sink(4, False)
    rising.run(wire_to(hands.sim))
    assert (shown(hands, "CLAIM"), shown(hands, "SHUT")) == (0, 1 << 4)
    climber(lambda block: block.rest(), [NAME]).run(wire_to(hands.sim))
    assert shown(hands, "SHUT") == 0
    assert hands.broken == []


def test_levels_ask_while_they_are_high(live_tree: Hands) -> None:
    """A level that rises raises both lines up to the target, and nothing is left of it when it falls."""
    leaf = live_tree.sim.model(NAME)
    leaf.sink(4, True)
    assert (shown(live_tree, "RAW"), shown(live_tree, "PENDING"), shown(live_tree, "CLAIM")) == (16, 16, 16)
    assert (shown(live_tree, "CLAIM", "hub"), live_tree.sim.raised) == (1 << 2, RAISED)
    leaf.sink(6, True)
    assert live_tree.do(NAME, lambda r: r.STATUS.read()).best == 6, "which is urgent"
    leaf.sink(6, False)
    assert live_tree.do(NAME, lambda r: r.STATUS.read()).best == 4
    leaf.sink(4, False)
    assert (shown(live_tree, "CLAIM"), live_tree.sim.raised) == (0, frozenset())
    leaf.sink(12, True)
    assert (shown(live_tree, "PENDING"), shown(live_tree, "CLAIM")) == (1 << 12, 0), "which is not admitted"
    assert live_tree.broken == []


def test_edges_ask_until_they_are_cleared(live_tree: Hands) -> None:
    """An edge is kept when its line falls; another one before it is cleared is lost, and that is told."""
    leaf, do = live_tree.sim.model(NAME), live_tree.do
    leaf.sink(9, True)
    leaf.sink(9, False)
    assert (shown(live_tree, "RAW"), shown(live_tree, "CLAIM")) == (0, 1 << 9)
    leaf.sink(9, True)
    assert shown(live_tree, "CLAIM") == 1 << 9 | 1, "its own event too"
    log = do(NAME, lambda r: r.ERR_LOG.read())
    assert (log.valid, log.error, log.source) == (1, ErrorE.LOST, 9)
    do(NAME, lambda r: r.PENDING.write(sources=1 << 9))
    assert shown(live_tree, "PENDING") == 1, "high, and asking no more"
    do(NAME, lambda r: r.INTR_STATUS.write(lost=1))
    assert (shown(live_tree, "CLAIM"), live_tree.sim.raised) == (0, frozenset())
    assert live_tree.broken == []


def test_masks_are_set_and_opened_bit_by_bit(live_tree: Hands) -> None:
    """A masked source stays pending and is not reported; two registers show the same masks, each opens or shuts."""
    leaf, do = live_tree.sim.model(NAME), live_tree.do
    leaf.sink(4, True)
    leaf.sink(6, True)
    do(NAME, lambda r: r.MASK_SET.write(sources=1 << 4))
    assert (shown(live_tree, "PENDING"), shown(live_tree, "CLAIM")) == (0x50, 0x40)
    do(NAME, lambda r: r.MASK_SET.write(sources=1 << 6))
    assert (do(NAME, lambda r: r.MASK_CLR.read()).sources, live_tree.sim.raised) == (0x50, frozenset())
    do(NAME, lambda r: r.MASK_CLR.write(sources=1 << 4))
    assert (do(NAME, lambda r: r.MASK_SET.read()).sources, shown(live_tree, "CLAIM")) == (0x40, 0x10)
    assert live_tree.sim.raised == RAISED
    assert live_tree.broken == []


def test_a_line_that_is_high_at_release_asks_at_once(live_tree: Hands, climber: Climber, wire_to: type[Wire]) -> None:
    """What rose while an aggregator rested is reported when it is back, if it is a level and high still."""
    leaf = live_tree.sim.model(NAME)
    climber(lambda block: block.rest(), [NAME]).run(wire_to(live_tree.sim))
    for source in (4, 9):
        leaf.sink(source, True)
    assert (shown(live_tree, "RAW"), live_tree.sim.raised) == (0, frozenset())
    climber(lambda block: block.up(), [NAME]).run(wire_to(live_tree.sim))
    assert (shown(live_tree, "CLAIM"), live_tree.sim.raised) == (1 << 4, RAISED)
    assert live_tree.broken == []


def test_a_reset_of_its_domain_lowers_no_line_from_outside(
    live_tree: Hands, climber: Climber, wire_to: type[Wire]
) -> None:
    """A leaf that was reset with its cluster reports nothing, and hears what is high when it is up again."""
    leaf = live_tree.sim.model("leaf[2]")
    leaf.sink(31, True)
    assert live_tree.sim.raised == RAISED
    climber(lambda block: block.rest(), ["crg[1]"]).run(wire_to(live_tree.sim))
    live_tree.broke("crg[1].RESET")
    assert (live_tree.sim.raised, leaf.in_service) == (frozenset(), False)
    climber(lambda block: block.up(), ["crg[1]", "leaf[2]"]).run(wire_to(live_tree.sim))
    assert (shown(live_tree, "CLAIM", "leaf[2]"), live_tree.sim.raised) == (1 << 31, RAISED)
    assert live_tree.broken == []


def test_a_broken_line_loses_what_is_reported(tree: Chip, rising: Controller, wire_to: type[Wire]) -> None:
    """An aggregator whose line never rises claims what asks, and nobody is told."""
    sim = SimChip(tree, overrides={NAME: {"deaf": True}})
    expect_up(sim, tree.instances, rising.run(wire_to(sim)))
    sim.model(NAME).sink(4, True)
    assert sim.model(NAME).registers.field("CLAIM.sources").value == 16
    assert sim.raised == frozenset()


@pytest.mark.parametrize("event", ["storm", "lost"])
def test_an_interrupt_test_raises_the_line(live_tree: Hands, event: str, climber: Climber, wire_to: type[Wire]) -> None:
    """Each bit of INTR_TEST raises source 0 and the line as the event would, until a climb clears it."""
    live_tree.do("hub", partial(pulse, event))
    assert (shown(live_tree, "CLAIM", "hub"), live_tree.sim.raised) == (1, RAISED)
    outcome = climber(lambda block: block.up(), ["hub"]).run(wire_to(live_tree.sim))["hub"]
    assert isinstance(outcome, Climbed)
    assert outcome.acted == ("healthy",)
    assert (live_tree.sim.raised, live_tree.broken) == (frozenset(), [])


def test_a_line_left_forced_is_let_go(live_tree: Hands, climber: Climber, wire_to: type[Wire]) -> None:
    """INJECT raises a line as its block would; the next climb takes that back, and disturbs nothing."""
    live_tree.do(NAME, lambda r: r.INJECT.write(sources=1 << 4))
    assert live_tree.sim.raised == RAISED
    outcome = climber(lambda block: block.up(), [NAME]).run(wire_to(live_tree.sim))[NAME]
    assert isinstance(outcome, Climbed)
    assert (outcome.acted, live_tree.sim.raised) == (("unforced",), frozenset())
    assert live_tree.broken == []


def test_what_is_frozen_is_reached_only_by_a_reset(
    tree: Chip, live_tree: Hands, rising: Controller, wire_to: type[Wire]
) -> None:
    """Another configuration is refused by a closed lock, and reached from power-on."""
    block = tree.instances[NAME].block
    config = evolve(block.config, sources=(4, 6, 9, 10), threshold=2, priority=3, storm_limit=0)
    other = type(rising)({NAME: Plan(Aggregator(NAME, block.regs, config).up())}, {NAME: ()})
    fault = other.run(wire_to(live_tree.sim))[NAME]
    assert isinstance(fault, Fault)
    assert (fault.rung, fault.cause, fault.register, fault.last) == ("configured", Cause.ACT, "LOCK", "0x1")
    assert live_tree.sim.model(NAME).serves
    live_tree.sim.model(NAME).reset()
    live_tree.sim.model(NAME).update()
    assert isinstance(other.run(wire_to(live_tree.sim))[NAME], Climbed)
    assert shown(live_tree, "ENABLE") == bits((4, 6, 9, 10))
    assert live_tree.broken == []


@pytest.mark.parametrize("name", ALL)
def test_what_the_hardware_takes_is_what_a_rung_waits_for(live_tree: Hands, name: str) -> None:
    """Each time that the hardware took in bring-up is noted under a rung, and the rung looks from the fastest on."""
    rungs = {rung.name: rung for rung in live_tree.sim.chip.instances[name].block.up()}
    stages = live_tree.sim.model(name).stages
    assert list(stages) == ["ready"]
    assert rungs["ready"].settles <= stages["ready"] <= rungs["ready"].within / 2


def test_nothing_in_the_description_is_doubtful() -> None:
    """The lint of registers finds nothing in the description."""
    assert list(lint(compile_rdl(BLOCKS / "aggregator" / "aggregator.rdl"))) == []


def test_a_lie_about_one_field_does_not_set_another(tree: Chip) -> None:
    """Whatever read of an aggregator lies, no source is admitted, and no output opened, before lines are sampled."""
    points = Points(Mode.NTH, only="leaf*")
    tally = run_shard(Campaign(lambda: load_chip(Path(tree.source)), "tree", kinds=tuple(LIES), points=points))

    assert tally.points > 0
    assert [failed for failed in tally.failed if failed.broken.startswith("safety")] == []
