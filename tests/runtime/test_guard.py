"""The laws of the guarded look: a block whose ground does not stand is not accessed, and the lowest fallen is named."""

from __future__ import annotations

import gc
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import pytest
import trio
from attrs import define
from hypothesis import given, settings
from hypothesis import strategies as st

from blocks.chip.supervision import Supervision
from blocks.look import Shortfall
from runtime.climb import Plan, Seat
from runtime.fault import Cause, Fault
from runtime.graph import Graph, graph_of
from runtime.guard import MADE_MAX, RETRIES_MAX, Ground, Sentries, Sentry
from runtime.summary import IN_SERVICE
from tests.runtime.serving import kept, run
from transports.errors import BusFault, DeviceLost, Indeterminate, Unavailable

if TYPE_CHECKING:
    from tests.runtime.conftest import Toy, ToyChip

BLOCKS_MAX = 7
RUNGS_MAX = 3


@define
class Shape:
    """A chip: the rungs of each block, and what each needs: of earlier blocks, so many of their rungs."""

    rungs: Sequence[int]
    needs: Sequence[Sequence[tuple[int, int]]]

    def names(self) -> list[str]:
        return [f"b{number}" for number in range(len(self.rungs))]

    def ground(self, number: int) -> dict[int, int]:
        """Return, the slow way, what must stand below a block: blocks, and how many rungs of each."""
        found: dict[int, int] = {}
        for other, count in self.needs[number]:
            for below, least in [*self.ground(other).items(), (other, count)]:
                found[below] = max(least, found.get(below, 0))
        return found


@st.composite
def shapes(draw: st.DrawFn) -> Shape:
    rungs = draw(st.lists(st.integers(1, RUNGS_MAX), min_size=1, max_size=BLOCKS_MAX))
    needs: list[list[tuple[int, int]]] = []
    for number in range(len(rungs)):
        others = draw(st.sets(st.integers(0, number - 1), max_size=3)) if number else set[int]()
        needs.append([(other, draw(st.integers(1, rungs[other]))) for other in sorted(others)])
    return Shape(rungs, needs)


def made(shape: Shape, toy_chips: Callable[..., ToyChip], ladders: Callable[..., Any], **options: Any) -> ToyChip:
    names = shape.names()
    needs = {
        names[number]: [names[other] + ("" if count == shape.rungs[other] else f":r{count - 1}") for other, count in on]
        for number, on in enumerate(shape.needs)
    }
    return toy_chips(needs, {name: ladders(count) for name, count in zip(names, shape.rungs, strict=True)}, **options)


def stand(toy: ToyChip, shape: Shape, fallen: set[tuple[int, int]]) -> None:
    """Let every rung hold but some."""
    for number, name in enumerate(shape.names()):
        for rung in range(shape.rungs[number]):
            toy.device.words[toy.address(name, rung)] = int((number, rung) not in fallen)


def lowest(shape: Shape, fallen: set[tuple[int, int]], number: int) -> int:
    """Return how many rungs of a block stand."""
    return next((rung for rung in range(shape.rungs[number]) if (number, rung) in fallen), shape.rungs[number])


def sentries(graph: Graph) -> Sentries:
    plans = {name: Plan(ladder) for name, ladder in graph.ladders.items()}
    return Sentries(graph, plans.__getitem__, Seat)


@st.composite
def fallen_shapes(draw: st.DrawFn) -> tuple[Shape, set[tuple[int, int]]]:
    shape = draw(shapes())
    rungs = [(number, rung) for number, count in enumerate(shape.rungs) for rung in range(count)]
    return shape, draw(st.sets(st.sampled_from(rungs), max_size=3))


@settings(max_examples=150)
@given(case=fallen_shapes(), ground_only=st.booleans())
def test_a_block_is_accessed_only_where_its_ground_stands(
    toys: Callable[..., Toy],
    toy_chips: Callable[..., ToyChip],
    ladders: Callable[..., Any],
    case: tuple[Shape, set[tuple[int, int]]],
    ground_only: bool,
) -> None:
    """No word of a block is read while anything below it has fallen; what is told is the lowest of that."""
    shape, fallen = case
    toy, toy_ = made(shape, toy_chips, ladders), toys()
    graph = graph_of(toy.chip)
    looks, order = sentries(graph), graph.block_order()
    stand(toy, shape, fallen)
    toy_.device = toy.device
    for number, name in enumerate(shape.names()):
        toy.device.log.clear()
        seen = toy_.drive(looks.of(name).look(0.0, ground=ground_only))
        read = {address // 0x1000 - 1 for _, address, _ in toy.device.log}
        below = shape.ground(number)
        down = [other for other, count in below.items() if lowest(shape, fallen, other) < count]
        if down:
            first = min(down, key=lambda other: order.index(f"b{other}"))
            assert isinstance(seen, Ground)
            assert (seen.block, seen.index) == (f"b{first}", lowest(shape, fallen, first))
            assert f"W[{seen.index}] wanted v=0x1" in seen.reason
            assert read <= {*below}
        elif ground_only:
            assert (seen, read) == (None, {*below})
        else:
            assert read == {*below, number}
            assert (None if seen is None else seen.index) == (
                None if lowest(shape, fallen, number) == shape.rungs[number] else lowest(shape, fallen, number)
            )
    assert toy.device.writes == 0


@st.composite
def histories(draw: st.DrawFn) -> tuple[Shape, list[tuple[int, int, int]]]:
    """A chip, and what happens: when (in tenths of seconds), to which block, and which rung falls."""
    shape = draw(shapes())
    falls = st.tuples(st.integers(1, 40), st.integers(0, len(shape.rungs) - 1), st.integers(0, RUNGS_MAX - 1))
    return shape, draw(st.lists(falls, min_size=1, max_size=6))


@settings(max_examples=40)
@given(history=histories(), broken_s=st.integers(0, 25))
def test_in_service_no_block_is_accessed_where_its_ground_does_not_stand(
    toy_chips: Callable[..., ToyChip],
    ladders: Callable[..., Any],
    history: tuple[Shape, list[tuple[int, int, int]]],
    broken_s: int,
) -> None:
    """Whatever falls, and takes no write for a time, each access of the service finds all below its block standing."""
    shape, falls = history
    rules = dict.fromkeys(shape.names(), Supervision(backoff_s=0.3, backoff_max_s=0.6, intensity=100, attempts=20))
    toy = made(shape, toy_chips, ladders, rules=rules)
    wrong: list[tuple[float, str, int]] = []
    watching = [False]
    dead: dict[int, float] = {}

    def word(number: int, rung: int) -> int:
        return toy.address(f"b{number}", rung)

    def accessed(device: Any, address: int) -> None:
        number = address // 0x1000 - 1
        for other, count in shape.ground(number).items():
            if watching[0] and not all(device.words.get(word(other, rung)) for rung in range(count)):
                wrong.append((trio.current_time(), f"b{number}", other))

    def written(device: Any, address: int, _value: int) -> None:
        accessed(device, address)
        if trio.current_time() < dead.get(address, 0.0):
            device.words[address] = 0

    toy.device.seen, toy.device.written = accessed, written

    async def main() -> None:
        async with kept(toy, sweep_s=1.0) as it:
            watching[0] = True
            for at, number, rung in sorted(falls):
                await trio.sleep_until(at / 10)
                address = word(number, min(rung, shape.rungs[number] - 1))
                dead[address] = trio.current_time() + broken_s / 10
                toy.device.words[address] = 0
            await trio.sleep(30)
            assert wrong == []
            assert {verdict.state for verdict in it.service.status().values()} <= {*IN_SERVICE}
            assert all(incident.recovered for incident in it.incidents)

    run(main)


def test_a_block_that_waits_for_its_next_try_makes_sure_of_its_ground(
    toy_chips: Callable[..., ToyChip], ladders: Callable[..., Any]
) -> None:
    """What falls while a block waits to climb again keeps that block waiting: it is not accessed until it stands."""
    rules = dict.fromkeys(("pll", "user"), Supervision(backoff_s=0.3, attempts=20))
    toy = toy_chips({"pll": (), "user": ("pll",)}, {"user": ladders(1)}, rules=rules)
    wrong: list[int] = []

    def seen(device: Any, address: int) -> None:
        if address >> 12 == 2 and not device.words.get(toy.address("pll"), 1):
            wrong.append(address)

    def stuck(device: Any, address: int, _value: int) -> None:
        if trio.current_time() < 3:
            device.words[address] = int(trio.current_time() < 0.5)

    toy.device.seen, toy.device.written = seen, stuck

    async def main() -> None:
        async with kept(toy, sweep_s=1.0) as it:
            await trio.sleep(0.9)
            toy.device.words[toy.address("user")] = 0
            await trio.sleep(0.2)
            assert it.service.status()["user"].state not in IN_SERVICE, "it waits for its second try"
            toy.device.words[toy.address("pll")] = 0
            toy.device.log.clear()
            await trio.sleep(1)
            assert wrong == []
            assert toy.device.log, "it looked at what it stands on"
            await trio.sleep(10)
            assert {verdict.state for verdict in it.service.status().values()} <= {*IN_SERVICE}

    run(main)


def guarded(toy_chips: Callable[..., ToyChip]) -> tuple[ToyChip, Sentry]:
    toy = toy_chips({"pll": (), "user": ("pll",)})
    for name in ("pll", "user"):
        for rung in range(2):
            toy.device.words[toy.address(name, rung)] = 1
    return toy, sentries(graph_of(toy.chip)).of("user")


def drive(toys: Callable[..., Toy], toy: ToyChip, sentry: Sentry) -> tuple[Any, list[float]]:
    hands = toys()
    hands.device = toy.device
    return hands.drive(sentry.look(0.0)), hands.waits


def test_ground_that_answers_with_an_error_does_not_stand(
    toys: Callable[..., Toy], toy_chips: Callable[..., ToyChip]
) -> None:
    """A block below that cannot be read is what fell; the block itself is not accessed."""
    toy, sentry = guarded(toy_chips)
    toy.device.strikes[2] = (BusFault("slave error"), False)
    seen, _ = drive(toys, toy, sentry)
    assert isinstance(seen, Ground)
    assert (seen.block, seen.index) == ("pll", 0)
    assert "slave error" in seen.reason
    assert toy.device.asked == 2


def test_a_block_that_answers_with_an_error_is_at_fault_itself(
    toys: Callable[..., Toy], toy_chips: Callable[..., ToyChip]
) -> None:
    """When the ground stands, an error at the block is its own fault, by the register."""
    toy, sentry = guarded(toy_chips)
    toy.device.strikes[4] = (BusFault("slave error"), False)
    seen, _ = drive(toys, toy, sentry)
    assert isinstance(seen, Fault)
    assert (seen.block, seen.cause, seen.register) == ("user", Cause.BUS, "W[1]")


@pytest.mark.parametrize(
    ("error", "kind", "block"),
    [(Unavailable("busy"), Fault, "user"), (Indeterminate("no answer"), Ground, "pll")],
)
def test_what_the_bus_does_not_take_is_tried_again(
    toys: Callable[..., Toy],
    toy_chips: Callable[..., ToyChip],
    error: Unavailable | Indeterminate,
    kind: type[Fault | Ground],
    block: str,
) -> None:
    """A bus that is away is asked RETRIES_MAX times more, later each time; then it says why; back, it is as before."""
    toy, sentry = guarded(toy_chips)
    toy.device.always = error
    seen, waits = drive(toys, toy, sentry)
    assert isinstance(seen, kind)
    assert (seen.block, type(seen.error)) == (block, type(error))
    assert (toy.device.asked, waits) == (RETRIES_MAX + 1, sorted(set(waits)))
    assert len(waits) == RETRIES_MAX
    toy.device.always = None
    toy.device.strikes[toy.device.asked + 1] = (error, False)
    assert drive(toys, toy, sentry)[0] is None


@pytest.mark.parametrize("retries", range(RETRIES_MAX + 1))
def test_ground_that_gives_no_answer_does_not_stand(
    toys: Callable[..., Toy], toy_chips: Callable[..., ToyChip], retries: int
) -> None:
    """A block below that does not answer is what fell, after RETRIES_MAX tries more; the one above is not accessed."""
    toy, sentry = guarded(toy_chips)
    silent = Indeterminate("no answer")
    toy.device.strikes |= {2 * (time + 1): (silent, False) for time in range(retries + 1)}
    seen, waits = drive(toys, toy, sentry)
    assert len(waits) == min(retries + 1, RETRIES_MAX)
    if retries < RETRIES_MAX:
        assert seen is None
        return
    assert isinstance(seen, Ground)
    assert (seen.block, seen.index, type(seen.error)) == ("pll", 0, Indeterminate)
    assert "no answer" in seen.reason
    assert all(address >> 12 == 1 for _, address, _ in toy.device.log), "the block above was not accessed"


def test_a_lost_device_is_nobodys_fault(toys: Callable[..., Toy], toy_chips: Callable[..., ToyChip]) -> None:
    """A look that loses the device says that, wherever in the ground it was."""
    for access in range(1, 5):
        toy, sentry = guarded(toy_chips)
        toy.device.strikes[access] = (DeviceLost("unplugged"), False)
        with pytest.raises(DeviceLost):
            drive(toys, toy, sentry)
        assert toy.device.asked == access


def test_what_is_left_as_it_is_holds_nobody_up(toys: Callable[..., Toy], toy_chips: Callable[..., ToyChip]) -> None:
    """A rung of the ground that is left as it is is not looked at; all the others are, and so is what it stands on."""
    toy = toy_chips({"ref": (), "pll": ("ref",), "user": ("pll",)})
    toy.device.words |= {toy.address(name, rung): 1 for name in ("ref", "pll", "user") for rung in range(2)}
    looks = sentries(graph_of(toy.chip))
    for rung in range(2):
        toy.device.words |= {toy.address("pll", rung): 0, toy.address("pll", 1 - rung): 1}
        assert isinstance(drive(toys, toy, looks.of("user"))[0], Ground)
        toy.device.log.clear()
        assert drive(toys, toy, looks.of("user", left=[("pll", rung)]))[0] is None
        assert drive(toys, toy, looks.of("pll", left=[("pll", rung)]))[0] is None
        assert toy.address("pll", rung) not in {address for _, address, _ in toy.device.log}
        assert len(toy.device.log) == 5 + 3
        toy.device.words[toy.address("pll", 1 - rung)] = 0
        seen, _ = drive(toys, toy, looks.of("user", left=[("pll", rung)]))
        assert isinstance(seen, Ground)
        assert (seen.block, seen.index) == ("pll", 1 - rung)
        seen, _ = drive(toys, toy, looks.of("pll", left=[("pll", rung)]))
        assert isinstance(seen, Shortfall)
        assert seen.index == 1 - rung
    assert drive(toys, toy, looks.of("user", left=[("pll", 0), ("pll", 1)]))[0] is None
    toy.device.words |= {toy.address("pll", rung): 1 for rung in range(2)}
    toy.device.words[toy.address("user", 1)] = 0
    seen, _ = drive(toys, toy, looks.of("user", left=[("pll", 0)]))
    assert isinstance(seen, Shortfall)
    assert (seen.index, seen.register) == (1, "W[1]")


def test_the_ground_ends_at_the_block_that_offers_the_address_space(toy_chips: Callable[..., ToyChip]) -> None:
    """A block behind another stands, for a look, on those of its own address space alone."""
    toy = toy_chips({"pll": (), "spi": ("pll",), "a": (), "b": ("a", "pll")}, behind={"a": "spi", "b": "spi"})
    looks = sentries(graph_of(toy.chip))
    assert looks.ground("spi") == (("pll", 2),)
    assert looks.ground("a") == ()
    assert looks.ground("b") == (("a", 2),)


def test_looks_are_kept_in_bounds(toy_chips: Callable[..., ToyChip], ladders: Callable[..., Any]) -> None:
    """However many sets of rungs were left as they are one after another, only a few looks of each block are kept."""
    needs = {f"b{number}": (f"b{number - 1}",) if number else () for number in range(4)}
    toy = toy_chips(needs, dict.fromkeys(needs, ladders(6)))
    graph = graph_of(toy.chip)
    plans = {name: Plan(ladder) for name, ladder in graph.ladders.items()}
    sentries = Sentries(graph, plans.__getitem__, Seat)
    before = sum(isinstance(thing, Sentry) for thing in gc.get_objects())
    for index in range(6):
        for other in range(6):
            for name in needs:
                first = sentries.of(name, left=[("b0", index), ("b1", other)])
                assert sentries.of(name, left=[("b1", other), ("b0", index)]) is first
        kept = sum(isinstance(thing, Sentry) for thing in gc.get_objects()) - before  # a look at all that is there
        assert kept <= MADE_MAX * len(needs) + 1
