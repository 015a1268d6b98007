"""What equal blocks share: 64 channels of one configuration have one set of ladders, at 64 addresses."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any

from attrs import define

from blocks.base import Block
from blocks.chip.slips import slips
from blocks.ladder import Dialogue, Ladder


@define(eq=False)
class Variant:
    """The ladders of one block type in one configuration, each made once.

    Attributes:
        block: stands for all of them; unless it is the only one, its registers begin at address 0.
    """

    block: Block[Any]

    @cached_property
    def up(self) -> Ladder:
        """From reset to in service."""
        with slips(type(self.block).__module__):
            return self.block.up()

    @cached_property
    def full(self) -> Ladder:
        """What shows that nothing is lessened."""
        with slips(type(self.block).__module__):
            return self.block.full()

    @cached_property
    def rest(self) -> Ladder:
        """From in service to quiesced."""
        with slips(type(self.block).__module__):
            return self.block.rest()

    @cached_property
    def shareable(self) -> bool:
        """Whether the ladders serve another block: their dialogues are methods, so they can be that block's own."""
        reaches = [rung.reach for ladder in (self.up, self.full, self.rest) for rung in ladder]
        return all(_method(reach, self.block) for reach in reaches if callable(reach))


def _method(dialogue: Dialogue, block: Block[Any]) -> bool:
    return getattr(dialogue, "__self__", None) is block


def of_block(dialogue: Dialogue, block: Block[Any]) -> Dialogue:
    """Return a dialogue of a shared ladder as the block's own."""
    method: Callable[..., Any] | None = getattr(dialogue, "__func__", None)
    bound: Dialogue = dialogue if method is None else method.__get__(block)
    return bound
