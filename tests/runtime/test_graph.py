"""The laws of the needs: order, circles, the hardware's own time."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blocks.chip import load_chip
from blocks.ladder import Ladder
from runtime.graph import Graph, GraphError, checked, critical_path, graph_of

if TYPE_CHECKING:
    from tests.runtime.conftest import Toy, ToyChip

Toys = Callable[..., "Toy"]


def graph(toys: Toys, needs: dict[str, tuple[str, ...]], rungs: dict[str, Ladder] | None = None) -> Graph:
    toy = toys()
    ladders = {name: (rungs or {}).get(name, toy.ladder(2, settles=1e-3, within=1.0)) for name in needs}
    return Graph(ladders, needs, {})


@given(st.lists(st.sets(st.integers(0, 11)), min_size=1, max_size=12), st.randoms(use_true_random=False))
def test_an_order_has_everything_after_what_it_needs(toys: Toys, picks: list[set[int]], chance: Random) -> None:
    """Whatever the needs, as long as they do not go round, each block stands after all it needs."""
    needs = {f"b{index}": tuple(f"b{other}" for other in pick if other < index) for index, pick in enumerate(picks)}
    names = list(needs)
    chance.shuffle(names)
    order = graph(toys, {name: needs[name] for name in names}).block_order()
    assert sorted(order) == sorted(needs)
    assert all(order.index(other) < order.index(name) for name in needs for other in needs[name])


def test_among_equals_the_order_is_that_of_the_chip(toys: Toys) -> None:
    """What does not need each other stands in the order of the file."""
    assert graph(toys, {"z": (), "a": (), "m": ("a",)}).block_order() == ("z", "a", "m")


@pytest.mark.parametrize(
    ("needs", "circle"),
    [
        ({"a": ("b",), "b": ("c",), "c": ("a",), "d": ("a",)}, "a -> b -> c -> a"),
        ({"a": ("a",)}, "a -> a"),
        ({"a": ("b:r0",), "b": ("a:r1",)}, "a -> b:r0 -> a"),
    ],
)
def test_a_circle_is_named(toys: Toys, needs: dict[str, tuple[str, ...]], circle: str) -> None:
    """Needs that go round are refused with the blocks and rungs of the circle."""
    with pytest.raises(GraphError) as caught:
        checked(graph(toys, needs))
    assert str(caught.value) == f"needs go round in a circle: {circle}"


def test_rungs_may_need_each_other_without_a_circle(toys: Toys) -> None:
    """Two blocks may need rungs of each other, as long as no rung needs itself."""
    toy = toys()
    ladders = {
        "a": Ladder(toy.rung(0, settles=1.0, within=9), toy.rung(1, settles=10.0, within=90, needs=("b:r0",))),
        "b": Ladder(toy.rung(0, settles=2.0, within=9, needs=("a:r0",)), toy.rung(1, settles=5.0, within=9)),
    }
    seconds, blocks = checked(graph(toys, {"a": (), "b": ()}, ladders)).critical_path()
    assert (seconds, blocks) == (13.0, ("a", "b", "a"))


@pytest.mark.parametrize(
    ("need", "said"),
    [
        ("pl", "b needs 'pl', and there is no block 'pl'; did you mean pll?"),
        ("pll:lokked", "b needs 'pll:lokked', and pll has no rung 'lokked'; it has r0, r1"),
    ],
)
def test_a_need_that_does_not_exist_is_named(toys: Toys, need: str, said: str) -> None:
    """A need for a missing block or rung says who needs it and what there is."""
    with pytest.raises(GraphError) as caught:
        checked(graph(toys, {"pll": (), "b": (need,)}))
    assert str(caught.value) == said


def test_the_critical_path_is_the_longest_chain(toys: Toys) -> None:
    """The hardware's own time is the longest sum of `settles`; a need on a rung counts only up to that rung."""
    toy = toys()
    slow = Ladder(toy.rung(0, settles=1.0, within=9), toy.rung(1, settles=100.0, within=900))
    needs: dict[str, tuple[str, ...]] = {"slow": (), "early": ("slow:r0",), "side": ()}
    found = graph(toys, needs, {"slow": slow})
    assert found.critical_path() == (101.0, ("slow",))
    late = graph(toys, {**needs, "early": ("slow",)}, {"slow": slow})
    seconds, blocks = late.critical_path()
    assert seconds == pytest.approx(101.002)
    assert blocks == ("slow", "early")


def test_the_hardwares_own_times_take_the_place_of_the_usual_ones(toys: Toys) -> None:
    """Where the target knows what its hardware took, that decides, rung by rung; what took no time is not shown."""
    found = graph(toys, {"a": (), "b": ("a",), "c": ()})
    assert found.critical_rungs({"a": {"r1": 3.0}, "b": {"r0": 0.5}, "c": {"r0": 3.4}}) == (
        3.5,
        (("a", "r1"), ("b", "r0")),
    )
    assert found.critical_rungs({"a": {"r1": 3.0}, "b": {"r0": 0.5}, "c": {"r0": 3.6}}) == (3.6, (("c", "r0"),))
    assert found.critical_steps({"a": {"r1": 3.0}, "b": {"r0": 0.5}, "c": {"r0": 3.6}}) == (3.6, (("c", "r0", 3.6),))
    assert found.critical_path({}) == (0.0, ())


def test_what_remains_is_the_longest_way_to_the_end(toys: Toys) -> None:
    """A block's remaining time is its own and that of the longest chain which needs it; it falls along every need."""
    remaining = graph(toys, {"a": (), "b": ("a",), "c": ("b",), "d": ("a",)}).remaining()
    assert remaining == pytest.approx({"a": 6e-3, "b": 4e-3, "c": 2e-3, "d": 2e-3})


def test_consumers_and_needs_reach_all_the_way(toys: Toys) -> None:
    """The closures follow needs of blocks and of rungs, in both directions."""
    toy = toys()
    ladder = Ladder(toy.rung(0), toy.rung(1, needs=("b:r0",)))
    found = graph(toys, {"a": (), "b": ("a",), "c": (), "d": ("c",), "x": ()}, {"c": ladder})
    assert found.blocks_after("a") == ("d", "c", "b")
    assert found.blocks_after("b", "c") == ("d",)
    assert found.needed_by(["d"]) == {"a", "b", "c", "d"}
    assert found.blocks_before("c") == ("b",)


def test_a_pattern_takes_what_it_names_and_needs(toys: Toys) -> None:
    """`only` takes the blocks of a shell pattern, where a bracket is a bracket, and all they need."""
    found = graph(toys, {"pll[0]": (), "pll[1]": (), "crg[0]": ("pll[0]",), "crg[1]": ("pll[1]",)})
    assert list(found.only("crg[1]").ladders) == ["pll[1]", "crg[1]"]
    assert list(found.only("pll*").ladders) == ["pll[0]", "pll[1]"]
    with pytest.raises(GraphError, match=r"no block matches 'crg\[2\]'; did you mean crg\[1\] or crg\[0\]\?"):
        found.only("crg[2]")


def test_a_block_needs_the_block_it_stands_behind() -> None:
    """A block in another one's address space needs that one, and its interrupt controller it does not."""
    chip = load_chip("sifive_u")
    found = graph_of(chip)
    behind = {name: instance.behind for name, instance in chip.instances.items() if instance.behind is not None}
    lines = {name: i.line.controller for name, i in chip.instances.items() if i.line and i.line.controller}
    assert behind
    assert lines
    assert all(parent in found.blocks_before(name) for name, parent in behind.items())
    assert all(controller not in found.blocks_before(name) for name, controller in lines.items())


def test_the_critical_path_of_a_chip_goes_through_its_blocks() -> None:
    """On mini the clock of the reference PLL comes first: its lock, a PLL's lock, then the generators one by one."""
    seconds, blocks = critical_path(load_chip("mini"))
    assert blocks[:2] == ("refpll", "sys_crg")
    assert 1e-4 < seconds < 3e-4


def test_a_toy_chip_with_no_needs_takes_as_long_as_its_slowest(toy_chips: Callable[..., ToyChip]) -> None:
    """Blocks that need nothing come up side by side."""
    assert critical_path(toy_chips({"a": (), "b": ()}).chip) == (0.0, ())


@given(st.randoms(use_true_random=False), st.integers(1, 7))
def test_the_critical_path_is_the_longest_way_through_the_needs(toys: Toys, chance: Random, count: int) -> None:
    """Whatever blocks and rungs need, the path, and what remains after each block, are the longest ways there are."""
    toy = toys()
    rungs: dict[str, Ladder] = {}
    needs: dict[str, tuple[str, ...]] = {}
    for number in range(count):
        there = [need for name, ladder in rungs.items() for need in (name, *(f"{name}:{rung.name}" for rung in ladder))]

        def some(there: list[str] = there) -> tuple[str, ...]:
            return tuple(chance.sample(there, min(len(there), chance.choice([0, 0, 1, 2]))))

        heights = range(chance.randrange(4))
        made = [toy.rung(at, settles=chance.choice([0.0, 0.25, 0.5, 1.0]), within=9.0, needs=some()) for at in heights]
        rungs[f"b{number}"], needs[f"b{number}"] = Ladder(*made), some()
    names = list(rungs)
    chance.shuffle(names)
    made_graph = checked(graph(toys, {name: needs[name] for name in names}, rungs))

    def before(node: tuple[str, int]) -> list[tuple[str, int]]:
        name, height = node
        wanted = rungs[name][height - 1].needs if height else needs[name]
        return [*([(name, height - 1)] if height else []), *(made_graph.resolve(need, name) for need in wanted)]

    nodes = [(name, height) for name in names for height in range(len(rungs[name]) + 1)]
    ends: dict[tuple[str, int], float] = {}
    tails = dict.fromkeys(nodes, 0.0)
    for _ in nodes:  # a way has at most so many steps
        for name, height in nodes:
            takes = rungs[name][height - 1].settles if height else 0.0
            ends[name, height] = takes + max((ends.get(other, 0.0) for other in before((name, height))), default=0.0)
            for other in before((name, height)):
                tails[other] = max(tails[other], takes + tails[name, height])
    total, steps = made_graph.critical_steps()
    assert total == max(ends.values()) == sum(seconds for _, _, seconds in steps)
    assert made_graph.remaining() == {name: tails[name, 0] for name in names}
