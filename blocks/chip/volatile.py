"""Registers that tell what happened on the way: `[campaign.volatile]`, what campaigns of faults do not compare."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, cast

from blocks.base import Block
from blocks.chip.table import Table, choice
from registers.handles import registers_below
from registers.paths import matching


def read_volatile(top: Table, blocks: Mapping[str, Block[Any]]) -> dict[str, frozenset[str]]:
    """Return the paths of the volatile registers, by type of block.

    Args:
        blocks: one of each type.

    Raises:
        ChipError: no block is of the type, or no register of it matches a pattern.
    """
    campaign = top.table("campaign")
    campaign.only("volatile")
    table = campaign.table("volatile")
    table.only(*blocks)
    return {name: _paths(table, name, blocks[name]) for name in table.values}


def _paths(table: Table, name: str, block: Block[Any]) -> frozenset[str]:
    known = [register.path for register in registers_below(block.regs)]
    found: set[str] = set()
    patterns = cast("list[object]", table.need(name, list))
    for pattern in patterns:
        matched: Collection[str] = matching(pattern, known) if isinstance(pattern, str) else ()
        if not matched:
            raise table.error(name, repr(pattern), f"a list of registers of it, {choice(str(pattern), known)}")
        found.update(matched)
    return frozenset(found)
