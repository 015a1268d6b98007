"""The laws of what keeps a wider recovery off: a block that is held, and one that is never to be disturbed."""

from __future__ import annotations

import pytest
import trio

from blocks.chip.supervision import Disturb, Level, Supervision
from tests.runtime.serving import ToyChips, run
from tests.runtime.test_wider import REST_S, Resettable, chain, crewed


@pytest.mark.parametrize("level", [Level.BLOCK, Level.CLUSTER])
def test_who_asked_for_less_than_what_is_refused_has_his_own(toy_chips: ToyChips, level: Level) -> None:
    """Where a block that is held refuses the widest recovery, what others asked for is done, or refused, by itself."""
    toy = chain(toy_chips, rules={"a": Supervision(domain="crg"), "b": Supervision(domain="crg")})

    async def main() -> None:
        async with crewed(toy) as crew:
            toy.device.words[toy.address("a")] = 0
            crew.keeper.hold("a")
            crew.keeper.wider.reset("crg", Level.BLOCK)
            crew.keeper.wider.reset("b", level)
            await trio.sleep(1)
            assert crew.rests() == (["b"] if level is Level.BLOCK else [])
            assert not any(unit.frozen for unit in crew.supervisor.units.values())

    run(main)


@pytest.mark.parametrize("level", [Level.CLUSTER, Level.CHIP])
@pytest.mark.parametrize(
    ("disturb", "serves"), [(Disturb.NEVER, True), (Disturb.NEVER, False), (Disturb.QUIESCE, True)]
)
def test_what_serves_and_is_never_to_be_disturbed_is_not_reset_with_another(
    toy_chips: ToyChips, level: Level, disturb: Disturb, serves: bool
) -> None:
    """A reset that reaches a serving block whose rule is `never` is refused, and says who; others are not spared."""
    toy = chain(toy_chips, rules={"a": Supervision(domain="crg"), "b": Supervision(domain="crg", disturb=disturb)})
    made = toy.transport = Resettable(toy.device)

    async def main() -> None:
        async with crewed(toy) as crew:
            crew.keeper.ledger.fell("a", "for the book")
            if not serves:
                crew.session.board.stands("b", 0)
            crew.keeper.wider.reset("a", level)
            await trio.sleep(1)
            refused = serves and disturb is Disturb.NEVER
            assert (made.resets > 0 or crew.rests() != []) is not refused
            (incident,) = crew.keeper.ledger.incidents()
            assert any("not reset: b serves" in step for step in incident.steps) is refused
            assert crew.in_service() == {*toy.blocks}

    run(main)


@pytest.mark.parametrize("held", ["a", "b", "crg"])
@pytest.mark.parametrize("after_s", [0.5 * REST_S, 1.5 * REST_S])
def test_who_is_held_in_the_midst_of_it_is_left_as_it_is(toy_chips: ToyChips, held: str, after_s: float) -> None:
    """Held while a wider recovery is under way, a block is not accessed any more, and nothing it needs is reset."""
    toy = chain(toy_chips, takes_s=REST_S, rules={"a": Supervision(domain="crg")})

    async def main() -> None:
        async with crewed(toy) as crew:
            crew.keeper.ledger.fell("a", "for the book")
            crew.keeper.wider.reset("a", Level.CLUSTER)
            await trio.sleep(after_s)
            crew.keeper.hold(held)
            log, rests = len(toy.device.log), crew.rests()
            await trio.sleep(10)
            assert [entry for entry in toy.device.log[log:] if entry[1] >> 12 == crew.number(held)] == []
            assert crew.rests() == rests
            (incident,) = crew.keeper.ledger.incidents()
            assert f"a: left off: {held} is held for a person" in incident.steps
            crew.keeper.release(held)
            await trio.sleep(10)
            assert crew.in_service() == {*toy.blocks}

    run(main)
