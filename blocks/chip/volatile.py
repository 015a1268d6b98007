"""Fields that tell what happened on the way: `[campaign.volatile]`, what campaigns of faults do not compare."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, cast

from blocks.base import Block
from blocks.chip.table import Table, choice
from registers.handles import registers_below
from registers.paths import matching
from transports.batch import ones


def read_volatile(top: Table, blocks: Mapping[str, Block[Any]]) -> dict[str, dict[str, int]]:
    """Return the volatile bits, by type of block and path of register.

    Args:
        blocks: one of each type.

    Raises:
        ChipError: no block is of the type, or neither a register nor a field of it matches a pattern.
    """
    campaign = top.table("campaign")
    campaign.only("volatile")
    table = campaign.table("volatile")
    table.only(*blocks)
    return {name: _bits(table, name, blocks[name]) for name in table.values}


def _bits(table: Table, name: str, block: Block[Any]) -> dict[str, int]:
    """Return the bits that the patterns of a type stand for: all of a register, or of a field, by `REGISTER.field`."""
    known: dict[str, tuple[str, int]] = {}
    for register in registers_below(block.regs):
        kind = register.register
        known[register.path] = register.path, ones(kind.width)
        known.update({f"{register.path}.{field.name}": (register.path, field.mask) for field in kind.fields})
    found: dict[str, int] = {}
    patterns = cast("list[object]", table.need(name, list))
    for pattern in patterns:
        matched: Collection[str] = matching(pattern, known) if isinstance(pattern, str) else ()
        if not matched:
            expected = f"a list of registers and fields of it, {choice(str(pattern), known)}"
            raise table.error(name, repr(pattern), expected)
        for path in matched:
            register_path, mask = known[path]
            found[register_path] = found.get(register_path, 0) | mask
    return found
