"""What equal blocks share: the ladders of a variant, moved to a block's address, are the block's own."""

from __future__ import annotations

import pytest

from blocks.chip import Instance, load_chip
from blocks.chip.variant import Variant, of_block
from blocks.hbm_channel.driver import HbmChannel
from blocks.ladder import Condition, Ladder, Rung, Where
from registers.access import RegisterOp
from transports.batch import Batch, Delay, Operation


def operations(items: tuple[object, ...]) -> list[Operation]:
    """Return what a rung's conditions or acts put on the bus."""
    found: list[Operation] = []
    for item in items:
        for op in item.reads if isinstance(item, Where) else (item,):
            if isinstance(op, RegisterOp):
                found.extend(op.operations)
            else:
                assert isinstance(op, Delay)
                found.append(op)
    return found


def said(condition: Condition) -> str:
    """Return a condition in words."""
    return condition.text if isinstance(condition, Where) else str(condition)


def moved(items: tuple[object, ...], offset: int) -> Batch:
    """Return what the items put on the bus, elsewhere."""
    return Batch(operations(items)).rebased(offset)


def alike(shared: Rung, own: Rung, instance: Instance) -> bool:
    """Say whether a rung of the variant is, at the block's address, the block's own."""
    words = ("name", "within", "settles", "needs", "disturbs")
    assert [getattr(shared, word) for word in words] == [getattr(own, word) for word in words]
    assert [said(one) for one in shared.holds] == [said(one) for one in own.holds]
    assert moved(shared.holds, instance.offset) == Batch(operations(own.holds))
    if callable(shared.reach) or callable(own.reach):
        assert callable(shared.reach)
        shares = instance.variant.block is not instance.block
        return not shares or of_block(shared.reach, instance.block) == own.reach
    return moved(shared.reach, instance.offset) == Batch(operations(own.reach))


@pytest.mark.parametrize("name", ["mini", "sifive_u", "atlas"])
def test_shared_ladders_are_the_blocks_own(name: str) -> None:
    """Every rung of every block: same words, same dialogues, same operations at the block's address."""
    for instance in load_chip(name).instances.values():
        pairs: list[tuple[Ladder, Ladder]] = [
            (instance.variant.up, instance.block.up()),
            (instance.variant.full, instance.block.full()),
        ]
        for shared, own in pairs:
            assert len(shared) == len(own)
            assert all(alike(one, other, instance) for one, other in zip(shared, own, strict=True))


def test_equal_blocks_share_one_ladder() -> None:
    """The 128 memory channels of atlas have one ladder; PLLs of five configurations have five."""
    instances = load_chip("atlas").instances.values()
    shared = {kind: {id(i.variant.up) for i in instances if i.type == kind} for kind in ("hbm_channel", "pll")}
    assert (len(shared["hbm_channel"]), len(shared["pll"])) == (1, 5)


def test_a_dialogue_that_is_no_method_is_not_shared() -> None:
    """A closure may hold one block's registers, so each block keeps its own ladders."""
    instance = next(i for i in load_chip("atlas").instances.values() if i.type == "hbm_channel")
    assert instance.like is not None
    assert instance.like.shareable
    like = instance.like.block

    class Closed(HbmChannel):
        def up(self) -> Ladder:
            async def talk(_port: object) -> None: ...

            return Ladder(*super().up().rungs[:1], Rung("talked", holds=super().up()[1].holds, reach=talk, within=1.0))

    closed = Closed(like.name, like.regs, like.config)
    assert not Variant(closed).shareable
    other = Instance("one", "hbm_channel", 0x40, closed, like=Variant(closed))
    assert other.variant is not other.like
    assert other.variant.block is other.block
    assert other.offset == 0
