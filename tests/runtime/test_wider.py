"""The laws of recoveries that reach further than one block: who is put to rest, in which order, and who keeps off."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
import trio
from attrs import define
from hypothesis import given, settings
from hypothesis import strategies as st

from blocks.chip.supervision import Level, Supervision
from blocks.ladder import Ladder, Rung
from registers.handles import AnyMap
from runtime.keeper import Keeper
from runtime.ledger import Ledger
from runtime.session import Session
from runtime.summary import IN_SERVICE, State
from runtime.supervisor import Supervisor
from runtime.unit import PROGRESS_S_MAX
from tests.runtime.conftest import ToyTransport
from tests.runtime.serving import Bells, Ladders, ToyChips, run
from transports.errors import Unavailable

if TYPE_CHECKING:
    from tests.runtime.conftest import Device, ToyChip

REST = 8  # the word that holds 1 while a block is at rest
REST_S = 0.2


def resting(regs: AnyMap, *, takes_s: float = 0.0) -> Ladder:
    """A ladder to rest: a word of its own says that the block is there, and none of the ladder `up` holds then."""
    word: Any = regs.at(f"W[{REST}]")
    return Ladder(Rung("rested", holds=[word.check(v=1)], reach=[word.write(v=1)], settles=takes_s, within=1.0))


def rested(device: Device, address: int, value: int) -> None:
    """Let a block that comes to rest lose what it stands for, and one that climbs leave its rest."""
    block, word = address & ~0xFFF, address & 0xFFF
    if word == 4 * REST and value:
        device.words |= {block: 0, block + 4: 0}
    elif word < 4 * REST and value:
        device.words[block + 4 * REST] = 0


@define(eq=False)
class Crew:
    """A toy chip that is kept up, and its parts."""

    toy: ToyChip
    session: Session
    supervisor: Supervisor
    keeper: Keeper

    def number(self, name: str) -> int:
        return list(self.toy.blocks).index(name) + 1

    def rests(self) -> list[str]:
        """Return the blocks that were put to rest, in the order in which that was."""
        names = list(self.toy.blocks)
        return [
            names[(address >> 12) - 1]
            for kind, address, value in self.toy.device.log
            if kind == "w" and address & 0xFFF == 4 * REST and value
        ]

    def in_service(self) -> set[str]:
        return {name for name, state in self.session.board.states.items() if state in IN_SERVICE}


@asynccontextmanager
async def crewed(toy: ToyChip, *, sweep_s: float = 1000.0, bells: Bells | None = None) -> AsyncGenerator[Crew]:
    """Bring a toy chip up and keep it so, inside the block, with all parts at hand."""
    session = Session(toy.chip, toy.transport)
    supervisor = session.supervisor()
    graph, rules = session.graph, toy.chip.supervision

    def below(block: str) -> set[str]:
        return graph.needed_by([block]) - {block}

    ledger = Ledger(below, lambda name: rules.get(name, Supervision()), trio.current_time)
    supervisor.keeper = keeper = session.keeper(supervisor, ledger, sweep_s=sweep_s)
    for unit in supervisor.units.values():
        unit.line = None if bells is None else bells.line(unit.name)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(supervisor.run)
        await session.board.settled.wait()
        await trio.sleep(0.01)
        toy.device.log.clear()
        yield Crew(toy, session, supervisor, keeper)
        nursery.cancel_scope.cancel()


@st.composite
def graphs(draw: st.DrawFn) -> dict[str, tuple[str, ...]]:
    count = draw(st.integers(1, 8))
    names = [f"b{number}" for number in range(count)]
    return {
        name: tuple(sorted(draw(st.sets(st.sampled_from(names[:number]), max_size=3)))) if number else ()
        for number, name in enumerate(names)
    }


def above(needs: Mapping[str, Sequence[str]], block: str) -> set[str]:
    """Return, the slow way, all that stands on a block."""
    found = {name for name, others in needs.items() if block in others}
    return found.union(*(above(needs, name) for name in found)) if found else found


@settings(max_examples=60)
@given(needs=graphs(), data=st.data())
def test_a_reset_puts_to_rest_what_stands_on_the_block_first(
    toy_chips: ToyChips, needs: dict[str, tuple[str, ...]], data: st.DataObject
) -> None:
    """Exactly a block and all that stands on it come to rest, each after all that stand on it, and all come back."""
    block = data.draw(st.sampled_from(sorted(needs)))
    toy = toy_chips(needs, rests=dict.fromkeys(needs, resting))
    toy.device.written = rested

    async def main() -> None:
        async with crewed(toy) as crew:
            crew.keeper.wider.reset(block, Level.BLOCK)
            await trio.sleep(1.0)
            order = crew.rests()
            assert {*order} == {block, *above(needs, block)}
            assert len(order) == len({*order})
            for place, name in enumerate(order):
                assert above(needs, name) <= {*order[:place]}
            ground = {name for name in needs if not above(needs, name).isdisjoint(order)}
            assert {address >> 12 for _, address, _ in toy.device.log} <= {crew.number(n) for n in ground.union(order)}
            written = {address >> 12 for kind, address, _ in toy.device.log if kind == "w"}
            assert written == {crew.number(name) for name in order}
            assert crew.in_service() == {*needs}
            assert crew.keeper.ledger.open() == ()

    run(main)


def chain(toy_chips: ToyChips, takes_s: float = 0.0, rules: Mapping[str, Supervision] | None = None) -> ToyChip:
    """Return ref <- crg <- a, b; and other, which stands on ref alone."""
    needs = {"ref": (), "crg": ("ref",), "a": ("crg",), "b": ("crg",), "other": ("ref",)}
    toy = toy_chips(needs, rests=dict.fromkeys(needs, partial(resting, takes_s=takes_s)), rules=rules)
    toy.device.written = rested
    return toy


def test_blocks_that_do_not_stand_on_each_other_rest_together(toy_chips: ToyChips) -> None:
    """A row of equals takes the time of one; rows follow one another."""
    toy = chain(toy_chips, takes_s=REST_S)
    when: dict[int, float] = {}

    def written(device: Device, address: int, value: int) -> None:
        rested(device, address, value)
        if address & 0xFFF == 4 * REST:
            when.setdefault(address >> 12, trio.current_time())

    toy.device.written = written

    async def main() -> None:
        async with crewed(toy) as crew:
            crew.keeper.wider.reset("crg", Level.BLOCK)
            await trio.sleep(2)
            row_a, row_b, below = (when[crew.number(name)] for name in ("a", "b", "crg"))
            assert row_a == row_b
            assert below - row_a == pytest.approx(REST_S, rel=0.01)
            assert {crew.number("other"), crew.number("ref")}.isdisjoint(when)

    run(main)


def test_nobody_elses_task_touches_a_frozen_block(toy_chips: ToyChips) -> None:
    """While blocks are put to rest neither hints nor sweeps make anybody access them, counted at the transport."""
    toy = chain(toy_chips, takes_s=REST_S)

    async def main() -> None:
        bells = Bells(*toy.blocks)
        async with crewed(toy, sweep_s=0.05, bells=bells) as crew:
            crew.keeper.wider.reset("crg", Level.BLOCK)
            await trio.sleep(1e-3)
            toy.device.log.clear()
            frozen = {name for name, unit in crew.supervisor.units.items() if unit.frozen}
            assert frozen == {"crg", "a", "b"}
            for _ in range(15):  # the first row rests meanwhile, and is looked at once it may be there
                await trio.sleep(REST_S / 20)
                for bell in bells.bells.values():
                    bell.ring()
            touched = {address for _, address, _ in toy.device.log}
            own = {toy.address(name, REST) for name in ("a", "b")}
            assert {address for address in touched if address >> 12 in {crew.number(name) for name in frozen}} <= own
            assert {crew.number("ref"), crew.number("other")} <= {address >> 12 for address in touched}, (
                "others went on"
            )
            await trio.sleep(2)
            assert crew.in_service() == {*toy.blocks}

    run(main)


@pytest.mark.parametrize("access", range(1, 9))
def test_what_ends_in_an_older_generation_changes_nothing(toy_chips: ToyChips, ladders: Ladders, access: int) -> None:
    """Frozen at any access of its recovery, a block is not touched again before it is given back; then it comes up."""
    toy = toy_chips({"a": ()}, {"a": ladders(3, settles=1e-3)})
    bells, left, states = Bells("a"), [0], list[State]()

    async def main() -> None:
        async with crewed(toy, bells=bells) as crew:
            unit = crew.supervisor.units["a"]

            def at(_device: object, _address: int, _value: int = 0) -> None:
                left[0] -= 1
                if left[0] == 0:
                    unit.freeze()
                    states.append(crew.session.board.states["a"])

            toy.device.words = {toy.address("a"): 0}
            toy.device.seen, toy.device.written, left[0] = at, at, access
            generation = unit.generation
            bells.bells["a"].ring()
            await trio.sleep(1e-6)
            await trio.sleep(1.0)
            assert (unit.frozen, unit.generation) == (True, generation + 1)
            made, acted = len(toy.device.log), set(crew.supervisor.acted)
            bells.bells["a"].ring()
            await trio.sleep(10)
            assert len(toy.device.log) == made
            assert made <= access + 3, "what was out came back, and nothing followed"
            assert states == [crew.session.board.states["a"]]
            assert crew.supervisor.acted == acted
            unit.thaw()
            await trio.sleep(0.1)
            assert crew.session.board.states["a"] is State.UP
            assert crew.keeper.ledger.open() == ()

    run(main)


def test_whatever_turn_of_the_loop_it_is_frozen_in_nothing_is_noted_after(toy_chips: ToyChips) -> None:
    """A climb that has ended when its block is frozen, and whose task had no turn yet, is as if it had not been."""

    async def main(turns: int) -> bool:
        toy = toy_chips({"a": ()})
        bells = Bells("a")
        async with crewed(toy, bells=bells) as crew:
            unit, acted = crew.supervisor.units["a"], crew.supervisor.acted
            toy.device.words[toy.address("a")] = 0
            acted.clear()
            bells.bells["a"].ring()
            for _ in range(turns):
                await trio.lowlevel.checkpoint()
            unit.freeze()
            was, noted = crew.session.board.states["a"], (set(acted), len(crew.keeper.ledger.events))
            await trio.sleep(1.0)
            assert (acted, len(crew.keeper.ledger.events)) == noted, f"{turns} turns"
            assert crew.session.board.states["a"] in (was, State.CLIMBING), f"{turns} turns"
            unit.thaw()
            await trio.sleep(0.1)
            assert crew.in_service() == {"a"}
            assert toy.device.words[toy.address("a")] == 1
            return bool(noted[0])

    ended = [run(partial(main, turns)) for turns in range(25) for _ in range(4)]  # whose turn it is first is chance
    assert not ended[0], "before"
    assert ended[-1], "and after the end of it"


def test_a_wider_recovery_does_for_the_narrower_ones(toy_chips: ToyChips) -> None:
    """Of several that are asked for, the one that reaches furthest is done; what it covers is not done again."""
    toy = chain(toy_chips, rules={"a": Supervision(domain="crg")})

    async def main() -> None:
        async with crewed(toy) as crew:
            for block, level in (("b", Level.BLOCK), ("a", Level.CLUSTER), ("crg", Level.BLOCK)):
                crew.keeper.wider.reset(block, level)
            crew.keeper.wider.quiesce("a")
            await trio.sleep(1)
            assert sorted(crew.rests()) == ["a", "b", "crg"]
            assert not any(unit.frozen for unit in crew.supervisor.units.values())
            assert crew.in_service() == {*toy.blocks}

    run(main)


def test_of_two_that_reach_as_far_the_larger_does_for_the_other(toy_chips: ToyChips) -> None:
    """A block's reset that is asked for after that of one above it does for both: nobody rests twice."""
    toy = chain(toy_chips)

    async def main() -> None:
        async with crewed(toy) as crew:
            crew.keeper.wider.reset("a", Level.BLOCK)
            crew.keeper.wider.reset("crg", Level.BLOCK)
            await trio.sleep(1)
            assert sorted(crew.rests()) == ["a", "b", "crg"]
            assert crew.in_service() == {*toy.blocks}

    run(main)


def test_those_that_share_nothing_are_all_done(toy_chips: ToyChips) -> None:
    """Recoveries of which none covers another follow one another."""
    toy = chain(toy_chips)

    async def main() -> None:
        async with crewed(toy) as crew:
            for name in ("a", "b", "other"):
                crew.keeper.wider.reset(name, Level.BLOCK)
            await trio.sleep(1)
            assert sorted(crew.rests()) == ["a", "b", "other"]
            assert crew.in_service() == {*toy.blocks}

    run(main)


def test_to_quiesce_rests_the_users_and_not_the_block(toy_chips: ToyChips) -> None:
    """What stands on a block is put to rest, the block is only given back, and its users come up again behind it."""
    toy = chain(toy_chips)

    async def main() -> None:
        async with crewed(toy) as crew:
            crew.keeper.wider.quiesce("crg")
            await trio.sleep(1)
            assert sorted(crew.rests()) == ["a", "b"]
            assert {address >> 12 for kind, address, _ in toy.device.log if kind == "w"} == {3, 4}
            assert crew.in_service() == {*toy.blocks}

    run(main)


def test_what_cannot_be_put_to_rest_is_left_behind(toy_chips: ToyChips) -> None:
    """A block that does not come to rest holds nobody up, and is told; one without a ladder is passed over."""
    needs = {"crg": (), "a": ("crg",), "b": ("crg",)}
    toy = toy_chips(needs, rests={"crg": resting, "a": resting})

    def written(device: Device, address: int, value: int) -> None:
        rested(device, address, value)
        if address == toy.address("a", REST):
            device.words[address] = 0

    toy.device.written = written

    async def main() -> None:
        async with crewed(toy) as crew:
            crew.keeper.ledger.fell("a", "for the book")
            crew.keeper.wider.reset("crg", Level.BLOCK)
            await trio.sleep(10)
            assert {*crew.rests()} == {"a", "crg"}
            assert crew.rests()[-1] == "crg"
            said = [event.detail for event in crew.keeper.ledger.events if event.block == "a"]
            assert any(detail.startswith("did not come to rest: rung rested") for detail in said)
            assert crew.in_service() == {*toy.blocks}

    run(main)


def test_what_has_no_ground_is_not_put_to_rest(toy_chips: ToyChips) -> None:
    """A block whose need has fallen is not accessed on the way to rest: it may have no clock to answer with."""
    toy = chain(toy_chips)

    async def main() -> None:
        async with crewed(toy) as crew:
            toy.device.words[toy.address("crg", 1)] = 0
            crew.keeper.wider.reset("crg", Level.BLOCK)
            await trio.sleep(1)
            assert crew.rests() == ["crg"]
            assert crew.in_service() == {*toy.blocks}

    run(main)


@define(eq=False)
class Resettable(ToyTransport):
    """A toy transport that can reset its chip."""

    resets: int = 0
    fails: bool = False
    hangs: bool = False
    before: int = 0  # accesses

    async def reset(self) -> None:
        await trio.lowlevel.checkpoint()
        self.resets += 1
        self.before = len(self.device.log)
        if self.hangs:
            await trio.sleep_forever()
        if self.fails:
            raise Unavailable("the reset line is not ours")
        self.device.words.clear()


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ({}, ""),
        ({"fails": True}, "the reset failed: the reset line is not ours"),
        ({"hangs": True}, "the reset failed: it took longer than 60 s"),
    ],
)
def test_a_reset_of_the_chip_rests_first_whoever_can_be(toy_chips: ToyChips, how: dict[str, Any], said: str) -> None:
    """The chip is reset once for all that ask, all at rest by then from the top; a failure is told, and all come up."""
    toy = chain(toy_chips)
    made = toy.transport = Resettable(toy.device, **how)

    async def main() -> None:
        async with crewed(toy) as crew:
            crew.keeper.ledger.fell("a", "for the book")
            for name in ("a", "b", "crg"):
                crew.keeper.wider.reset(name, Level.CHIP)
            await trio.sleep(PROGRESS_S_MAX + 1)
            assert made.resets == 1
            rests = crew.rests()
            assert sorted(rests) == sorted(toy.blocks)
            assert rests.index("ref") == 4
            assert rests.index("crg") > max(rests.index("a"), rests.index("b"))
            last = max(n for n, (kind, at, _) in enumerate(toy.device.log) if kind == "w" and at & 0xFFF == 4 * REST)
            assert last < made.before
            assert crew.in_service() == {*toy.blocks}
            assert crew.keeper.ledger.open() == ()
            steps = [step for incident in crew.keeper.ledger.incidents() for step in incident.steps]
            assert "a: 5 put to rest" in steps
            failed = [step for step in steps if "the reset failed" in step]
            assert failed == ([f"a: {said}"] if said else [])

    run(main)


def test_a_chip_of_which_a_block_is_held_is_not_reset(toy_chips: ToyChips) -> None:
    """Held while others are put to rest for a reset of the chip, a block is left, the chip is not reset, all go on."""

    async def main(after_s: float) -> None:
        toy = chain(toy_chips, takes_s=REST_S)
        made = toy.transport = Resettable(toy.device)
        async with crewed(toy) as crew:
            crew.keeper.ledger.fell("a", "for the book")
            crew.keeper.wider.reset("a", Level.CHIP)
            await trio.sleep(after_s)
            crew.keeper.hold("other")
            toy.device.log.clear()
            await trio.sleep(10)
            assert made.resets == 0
            assert not any(at >> 12 == crew.number("other") for _, at, _ in toy.device.log)
            assert crew.in_service() >= {"ref", "crg", "a", "b"}

    for after_s in (0.0, 0.5 * REST_S, 1.5 * REST_S, 2.5 * REST_S):
        run(partial(main, after_s))


def test_the_incident_says_how_far_it_went(toy_chips: ToyChips) -> None:
    """What is put to rest for a block is of that block's incident, which has the level, and ends when all is back."""
    toy = chain(toy_chips, rules={"a": Supervision(domain="crg")})

    async def main() -> None:
        async with crewed(toy) as crew:
            crew.keeper.ledger.fell("a", "for the book")
            crew.keeper.wider.reset("a", Level.CLUSTER)
            await trio.sleep(1)
            (incident,) = crew.keeper.ledger.incidents()
            assert (incident.level, incident.recovered) == ("cluster", True)
            assert {*incident.fell} == {*incident.touched} == {"crg", "a", "b"}
            levels = [step for step in incident.steps if "put to rest" in step]
            assert levels == ["a: 3 put to rest"]

    run(main)


def test_rows_follow_the_needs_however_many(toy_chips: ToyChips) -> None:
    """A chain of thirty comes to rest from its end to its begin."""
    names = [f"b{number:02}" for number in range(30)]
    needs = {names[0]: (), **{name: (before,) for before, name in pairwise(names)}}
    toy = toy_chips(needs, rests=dict.fromkeys(names, resting))
    toy.device.written = rested

    async def main() -> None:
        async with crewed(toy) as crew:
            crew.keeper.wider.reset("b00", Level.BLOCK)
            await trio.sleep(1)
            assert crew.rests() == names[::-1]
            assert crew.in_service() == {*names}

    run(main)
