"""The laws of the pilot: whoever drives a climb, it asks the same; what is gathered is lost by nobody else."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from itertools import chain, pairwise
from typing import TYPE_CHECKING, Any

import pytest
import trio
from attrs import define, evolve, field
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from blocks.ladder import Act, Ladder, Rung
from blocks.model import ModelFault
from registers.handles import AnyMap, AnyRegister
from runtime import determinism
from runtime.board import Board
from runtime.climb import Climbed, Plan, climb
from runtime.clock import VirtualClock
from runtime.drive import BlockPort, drive
from runtime.graph import Graph, Node
from runtime.pilot import FAIR, FLIGHT_MAX, Pilot
from runtime.session import Session
from runtime.summary import Summary
from runtime.supervisor import Supervisor
from tests.runtime.conftest import make_chip, simple
from tests.runtime.slow import (
    WAYS,
    Access,
    Alone,
    Gathering,
    Slow,
    Step,
    Struck,
    Toys,
    errors,
    toys,
    whose,
    writes,
)
from transports.batch import Batch, Delay, Poll, Read
from transports.bus import Bus
from transports.errors import BusFault, DeviceLost

if TYPE_CHECKING:
    from tests.runtime.conftest import ToyChip


class Ties(Board):
    """A board that notes when a need was asked for in the moment in which it came to stand: who is first is chance."""

    def __init__(self, graph: Graph) -> None:
        super().__init__(graph)
        self.stood: dict[Node, float] = {}
        self.asked: dict[Node, float] = {}
        self.tied = False

    def missing(self, block: str, names: Iterable[str]) -> tuple[str, ...]:
        names = tuple(names)
        for name in names:
            node = self.graph.resolve(name, block)
            self.asked[node] = trio.current_time()
            self.tied |= self.stood.get(node) == trio.current_time()
        return super().missing(block, names)

    def stands(self, block: str, count: int) -> None:
        for index in range(self.standing[block] + 1, count + 1):
            self.stood[block, index] = trio.current_time()
            self.tied |= self.asked.get((block, index)) == trio.current_time()
        super().stands(block, count)


def up(toy: ToyChip, *, piloted: bool) -> tuple[Summary, bool]:
    """Bring a toy chip up, driven by the pilot or by the blocks' own tasks; say also whether a need was tied."""

    async def main() -> tuple[Summary, bool]:
        session = Session(toy.chip, toy.transport)
        board = session.board = Ties(session.graph)
        pilot = Pilot(session.root, board, session.graph.remaining()) if piloted else Pilot(None, board)
        units = list(session.supervisor().units.values())
        supervisor = Supervisor(units, board, session.recorder, kill=session.kill, pilot=pilot)
        await supervisor.run()
        return await session.summary(supervisor, target="", seed=0), board.tied

    return determinism.run(main, seed=0, clock=VirtualClock())


def verdict(summary: Summary) -> Summary:
    """Return a summary without what depends on the machine, on how many flights there were, and on their order."""
    failed = tuple(sorted(summary.failed, key=lambda fault: fault.block))
    summary = evolve(summary, failed=failed, batches=0, wall_s=0.0, cpu_s=0.0, trace_hash="")
    if summary.lost is None:
        return summary
    return evolve(summary, lost=DeviceLost(summary.lost.reason), failed=(), stopped=(), reads=0, writes=0)


@pytest.mark.parametrize("way", WAYS)
@settings(max_examples=40)
@given(given_toys=toys())
def test_whoever_drives_every_block_comes_to_the_same_verdict(way: str, given_toys: Toys) -> None:
    """Driven by the pilot each block has the verdict and makes the accesses, at the times, as by its own task.

    Not where a need is asked for in the very moment in which it comes to stand. When the device is lost, how far
    the others were in that moment, and who tells, is chance. Of batches made one, an error that tells of no access is
    of all.
    """
    if way == "dear":
        told = {at: struck for at, struck in given_toys.struck.items() if isinstance(struck[0], (BusFault, DeviceLost))}
        given_toys = evolve(given_toys, struck=told)
    own_toy, own_device = given_toys.make(Alone)
    own, tied = up(own_toy, piloted=False)
    toy, device = given_toys.make(WAYS[way])
    driven, also_tied = up(toy, piloted=True)
    assume(not tied and not also_tied)
    assert verdict(driven) == verdict(own)
    if own.lost is None:
        assert device.story == own_device.story
    else:
        for block, story in device.story.items():
            other = own_device.story.get(block, [])
            assert all(mine == theirs for mine, theirs in zip(story, other, strict=False))


@define(eq=False)
class Alive:
    """A pilot at work on the bus of a toy chip, and the climbs that are begun on it."""

    toy: ToyChip
    bus: Bus
    pilot: Pilot
    board: Board
    ends: dict[str, object] = field(factory=dict[str, object])

    async def climb(self, name: str, **options: Any) -> None:
        """Climb a block's ladder; note how that ended."""
        steps = climb(Plan(self.toy.blocks[name].up()), name, trio.current_time(), watching=True, **options)
        try:
            self.ends[name] = await self.pilot.drive(steps, BlockPort(self.bus, name))
        except Exception as problem:
            self.ends[name] = problem


def alive(
    toy: ToyChip, main: Callable[[Alive, trio.Nursery], Any], urgency: Mapping[str, float] | None = None
) -> Alive:
    """Run a test beside a pilot; it ends when its climbs have."""
    ladders = {name: block.up() for name, block in toy.blocks.items()}

    async def run() -> Alive:
        board = Board(Graph(ladders, dict.fromkeys(ladders, ()), {}))
        bus = Bus(toy.transport)
        it = Alive(toy, bus, Pilot(bus, board, urgency), board)
        async with trio.open_nursery() as pilots:
            pilots.start_soon(it.pilot.run)
            await trio.lowlevel.checkpoint()  # now it rests, and what is begun in one moment is one flight
            async with trio.open_nursery() as climbs:
                await main(it, climbs)
            pilots.cancel_scope.cancel()
        return it

    return determinism.run(run, seed=0, clock=VirtualClock())


def gathered(count: int, ladder: Callable[[AnyMap], Ladder] | None = None) -> tuple[ToyChip, Gathering, Slow]:
    """Return a toy chip of so many equal blocks, on a bus whose batches fly together."""
    names = [f"b{number}" for number in range(count)]
    toy = make_chip(dict.fromkeys(names, ()), dict.fromkeys(names, simple(2) if ladder is None else ladder))
    toy.device = device = Slow()
    toy.transport = transport = Gathering(device)
    return toy, transport, device


@settings(max_examples=40)
@given(
    steps=st.lists(
        st.builds(
            Step,
            settles=st.integers(0, 50),
            late=st.sampled_from([0.0, 0.5, 1.0, 1.2, 1.65, 1.9, math.inf]),
            how=st.sampled_from(["data", "delay", "talk", "none"]),
            needs=st.none(),
        ),
        min_size=1,
        max_size=4,
    ),
    struck=st.dictionaries(st.integers(1, 30), st.tuples(errors, st.booleans()), max_size=3),
)
def test_to_watch_is_to_wait_and_look(steps: list[Step], struck: dict[int, Struck]) -> None:
    """A climb that has its looks made for it makes the same accesses, at the same times, and ends alike."""

    def climbed(watching: bool, piloted: bool) -> tuple[object, list[Access]]:
        toy, device = Toys(((tuple(steps), ()),), {(1, n): error for n, error in struck.items()}).make(Alone)

        async def main(it: Alive, _climbs: trio.Nursery) -> None:
            made = climb(Plan(it.toy.blocks["b0"].up()), "b0", 0.0, watching=watching)
            port = BlockPort(it.bus, "b0")
            try:
                doing = it.pilot.drive(made, port) if piloted else drive(made, port, it.board)
                it.ends["b0"] = await doing
            except DeviceLost as lost:
                it.ends["b0"] = lost

        return alive(toy, main).ends["b0"], device.story.get(1, [])

    expected = climbed(watching=False, piloted=False)
    assert climbed(watching=True, piloted=False) == expected
    assert climbed(watching=True, piloted=True) == expected
    assert climbed(watching=False, piloted=True) == expected


@pytest.mark.parametrize("after_s", [0.0, 0.5e-3, 1.5e-3, 2.5e-3, 3.5e-3])
def test_a_climb_that_is_cancelled_stops_alone(after_s: float) -> None:
    """A cancelled climb asks for nothing more, waits for nothing that is out, and costs nobody else an access."""
    toy, transport, device = gathered(3)
    transport.out_s = 1e-3
    ended: list[float] = []

    async def main(it: Alive, climbs: trio.Nursery) -> None:
        async def short() -> None:
            with trio.move_on_after(after_s):
                await it.climb("b1")
            ended.append(trio.current_time())

        climbs.start_soon(it.climb, "b0")
        climbs.start_soon(short)
        climbs.start_soon(it.climb, "b2")

    it = alive(toy, main)
    assert ended == [after_s]
    assert set(it.ends) == {"b0", "b2"}
    assert all(isinstance(end, Climbed) for end in it.ends.values())
    made = {block: "".join(kind for _, kind, _, _ in story) for block, story in device.story.items()}
    assert made[1] == made[3] == "rwrrwrrr"  # the first look stops at the first check that fails
    cut = device.story.get(2, [])
    assert made[1].startswith(made.get(2, ""))
    assert all(when <= after_s + transport.out_s for when, *_ in cut)
    assert bool(cut) is (after_s > 0)


@pytest.mark.parametrize("named", [True, False])
def test_an_exception_of_the_transport_strikes_whom_it_names(named: bool) -> None:
    """A simulation that fails ends the climb of the block it names, or of all in that flight; others look again."""
    toy, transport, device = gathered(4)
    struck: list[Exception] = []

    def failing(batch: Batch) -> Exception | None:
        if struck or not (writes(batch) and whose(batch) == 2):
            return None
        struck.append(ModelFault("b1", "written to", "KeyError") if named else ValueError("no model"))
        return struck[0]

    transport.failing = failing

    async def main(it: Alive, climbs: trio.Nursery) -> None:
        for name in ("b0", "b1", "b2"):
            climbs.start_soon(it.climb, name)
        await trio.sleep(1.0)
        await it.climb("b3")

    ends = alive(toy, main).ends
    hit = {"b1"} if named else {"b0", "b1", "b2"}
    assert {name for name, end in ends.items() if end in struck} == hit
    assert all(isinstance(ends[name], Climbed) for name in set(ends) - hit)
    acts = {block: [where for _, kind, where, _ in story if kind == "w"] for block, story in device.story.items()}
    for name in set(ends) - hit:
        assert len(acts[int(name[1]) + 1]) == 2  # what was done before it is seen to hold, and is not done again


@pytest.mark.parametrize("at", ["looks", "acts"])
def test_a_block_that_others_faults_strike_again_and_again_comes_up(at: str) -> None:
    """However many blocks the simulation fails on, one after the other, a block in their flights comes up."""
    count = 12
    toy, transport, _ = gathered(count)
    failed: set[int] = set()

    def failing(batch: Batch) -> Exception | None:
        block = whose(batch)
        if block in failed or block == 1 or writes(batch) is not (at == "acts"):
            return None
        failed.add(block)
        return ModelFault(f"b{block - 1}", "read", "KeyError")

    transport.failing = failing

    async def main(it: Alive, climbs: trio.Nursery) -> None:
        for name in toy.blocks:
            climbs.start_soon(it.climb, name)

    ends = alive(toy, main).ends
    assert isinstance(ends["b0"], Climbed)
    assert sum(isinstance(end, ModelFault) for end in ends.values()) == count - 1


def test_between_two_flights_others_have_their_turn() -> None:
    """However many climbs ask in one moment, FLIGHT_MAX batches leave together, and who came meanwhile goes next."""
    count = 3 * FLIGHT_MAX + 1
    toy, transport, _ = gathered(count)
    transport.out_s = 1e-3
    served: list[float] = []

    async def main(it: Alive, climbs: trio.Nursery) -> None:
        async def other() -> None:
            await trio.sleep(0.5e-3)
            await it.bus.submit(Batch([Read(0)]), owner="other")
            served.append(trio.current_time())

        climbs.start_soon(other)
        for name in toy.blocks:
            climbs.start_soon(it.climb, name)

    ends = alive(toy, main).ends
    assert all(isinstance(ends[name], Climbed) for name in toy.blocks)
    sizes = [len(flight) for flight in transport.flights]
    assert sizes[0] == FLIGHT_MAX
    assert max(sizes) <= FLIGHT_MAX + 1
    assert served == [2e-3]
    turns: dict[int, list[int]] = {}
    for place, batch in enumerate(chain.from_iterable(transport.flights)):
        turns.setdefault(whose(batch), []).append(place)
    assert len(turns) == count + 1
    for mine in turns.values():
        assert all(after - before <= count + FLIGHT_MAX for before, after in pairwise(mine))  # nobody starves


def test_the_longest_way_flies_first_and_nobody_starves() -> None:
    """Where more ask than fit, a flight takes the most urgent; each FAIR-th the oldest, so all are served in turn."""
    count = 4 * FLIGHT_MAX
    toy, transport, _ = gathered(count)
    transport.out_s = 1e-3
    urgency = {name: float(number) for number, name in enumerate(toy.blocks)}

    async def main(it: Alive, climbs: trio.Nursery) -> None:
        for name in toy.blocks:
            climbs.start_soon(it.climb, name)

    ends = alive(toy, main, urgency).ends
    assert all(isinstance(ends[name], Climbed) for name in toy.blocks)
    flights = [[whose(batch) for batch in flight] for flight in transport.flights]
    full = [flight for flight in flights if len(flight) == FLIGHT_MAX]
    assert sorted(full[0], reverse=True) == sorted(flights[0], reverse=True)
    most = sorted({mine for flight in flights for mine in flight})[-FLIGHT_MAX:]
    assert sorted(full[0]) == most
    turns: dict[int, list[int]] = {}
    for number, flight in enumerate(flights):
        for mine in flight:
            turns.setdefault(mine, []).append(number)
    waits = [after - before for mine in turns.values() for before, after in pairwise([0, *mine])]
    assert max(waits) <= FAIR * (count // FLIGHT_MAX + 1)


def test_climbs_that_ask_for_nothing_leave_others_their_turn() -> None:
    """However many climbs end in one moment, others have their turn after FLIGHT_MAX of them, or twice as many."""
    toy, _, _ = gathered(3 * FLIGHT_MAX + 1, lambda _regs: Ladder())
    ended: list[int] = [0]

    async def main(it: Alive, climbs: trio.Nursery) -> None:
        for name in toy.blocks:
            climbs.start_soon(it.climb, name)
        while len(it.ends) < len(toy.blocks):
            ended.append(len(it.ends))
            await trio.lowlevel.checkpoint()

    it = alive(toy, main)
    ended.append(len(it.ends))
    assert 0 < max(after - before for before, after in pairwise(ended)) <= 2 * FLIGHT_MAX


@pytest.mark.parametrize("slow", ["poll", "delay"])
def test_a_batch_that_waits_at_the_device_flies_from_its_own_task(slow: str) -> None:
    """An act that holds the device for a time flies alone, and the pilot does not wait until all of them are back."""
    names = [f"b{number}" for number in range(10)]

    def waits(regs: AnyMap) -> Ladder:
        word = regs.at("W[0]")
        assert isinstance(word, AnyRegister)
        act: Act = Delay(1e-3) if slow == "delay" else word.poll(v=0, timeout_s=1e-3)
        return Ladder(Rung("r0", holds=[word.check(v=1)], reach=[act, word.write(v=1)], within=1e-3))

    toy = make_chip(dict.fromkeys(names, ()), dict.fromkeys(names[1:], waits))
    toy.device = Slow()
    toy.transport = transport = Gathering(toy.device, held_s=1e-3)
    up_at: list[float] = []

    async def main(it: Alive, climbs: trio.Nursery) -> None:
        async def urgent() -> None:
            await it.climb("b0")
            up_at.append(trio.current_time())

        climbs.start_soon(urgent)
        for name in names[1:]:
            climbs.start_soon(it.climb, name)

    ends = alive(toy, main, urgency={"b0": 1.0}).ends
    assert all(isinstance(end, Climbed) for end in ends.values())
    assert len(transport.flights[0]) == len(names)
    assert all(len(f) == 1 for f in transport.flights if any(isinstance(op, (Poll, Delay)) for b in f for op in b))
    assert up_at[0] <= 3.5e-3 < 9e-3 <= transport.over_s + 1e-9  # one of them is out at each of its three batches


def test_a_climb_that_nobody_waits_for_wakes_nobody() -> None:
    """What a cancelled climb was waiting for passes without an access."""
    toy, transport, device = gathered(1, simple(2, settles=1e-3, within=1e-2))

    async def main(it: Alive, _climbs: trio.Nursery) -> None:
        with trio.move_on_after(0.5e-3):
            await it.climb("b0")
        made = len(device.log)
        await trio.sleep(1.0)
        assert made == len(device.log) > 0

    assert alive(toy, main).ends == {}
    assert len(transport.flights) == 2
