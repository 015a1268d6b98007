"""The synthetic workload of a simulated chip, and what its failures mean for the product: `[workload]`, `[policy]`."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from enum import StrEnum

from attrs import frozen

from blocks.chip.entry import filled
from blocks.chip.layout import Indices, NoPlace, spots
from blocks.chip.table import Table, choice
from registers.schema import GroupType

PERIOD_S_MIN, PERIOD_S_MAX = 1e-6, 10.0
PACKET_MAX = 4096


@frozen
class Flow:
    """Traffic from one block through others into a memory and back.

    Attributes:
        source: the block that sends.
        via: the blocks it goes by, in order; from one router to another its way is what the route tables say.
        memory: the block that keeps it until it is read again.
        period_s: one packet each.
        size: bytes of a packet.
    """

    source: str
    via: tuple[str, ...]
    memory: str
    period_s: float
    size: int


class Verdict(StrEnum):
    """What one block, or the whole chip, counts as."""

    UP = "up"
    DEGRADED = "degraded"
    FAILED = "failed"


@frozen
class Rule:
    """What it means for the chip when one block is not wholly well.

    Attributes:
        degraded: what the block counts as when it is up but lessened.
        failed: what the chip counts as when the block failed or waits for one that did.
        group: blocks of one group share `at_most`.
        at_most: so many of a group may fail; with one more the chip counts as failed.
    """

    degraded: Verdict = Verdict.DEGRADED
    failed: Verdict = Verdict.FAILED
    group: str = ""
    at_most: int = 0


def read_flows(top: Table, root: GroupType, blocks: Collection[str]) -> tuple[Flow, ...]:
    """Return the flows of `[workload."SOURCE"]` tables, one for each block that the key stands for.

    Raises:
        ChipError: a block that is not there, an unknown key, or a value out of range.
    """
    return tuple(
        _flow(name, indices, table, blocks)
        for table, name, indices in each_block(
            top.table("workload"), root, blocks, "via", "memory", "period_s", "bytes"
        )
    )


def read_policy(top: Table, root: GroupType, blocks: Collection[str]) -> dict[str, Rule]:
    """Return the rules of `[policy."BLOCKS"]` tables by block; a later table replaces an earlier one.

    Raises:
        ChipError: as `read_flows`.
    """
    found: dict[str, Rule] = {}
    keys = ("degraded", "failed", "at_most", "per")
    for table, name, indices in each_block(top.table("policy"), root, blocks, *keys):
        at_most = table.get("at_most", int, len(blocks))
        if at_most < 0:
            raise table.error("at_most", str(at_most), "a number of blocks, from 0 up")
        found[name] = Rule(
            degraded=table.one_of("degraded", Verdict.DEGRADED),
            failed=table.one_of("failed", Verdict.FAILED, Verdict.DEGRADED, Verdict.FAILED),
            group=f"{table.path} {filled(table.get('per', str, ''), indices, table)}",
            at_most=at_most,
        )
    return found


def each_block(
    tables: Table, root: GroupType, blocks: Collection[str], *keys: str
) -> Iterator[tuple[Table, str, Indices]]:
    """Yield each block that the keys of `[tables."BLOCKS"]` stand for, with its table and its indices.

    Raises:
        ChipError: a block that is not there, or a key of a table that is none of `keys`.
    """
    for pattern in tables.values:
        table = tables.table(pattern)
        table.only(*keys)
        try:
            found = list(spots(root, pattern))
        except NoPlace as problem:
            what, expected = problem.args
            raise tables.error(pattern, what, expected) from None
        for spot in found:
            if spot.name not in blocks:
                raise tables.error(pattern, f"{spot.name}, which is not in [blocks]", "blocks of this chip")
            yield table, spot.name, spot.indices


def _flow(name: str, indices: Indices, table: Table, blocks: Collection[str]) -> Flow:
    via = tuple(filled(text, indices, table) for text in table.texts("via"))
    memory = filled(table.need("memory", str), indices, table)
    for key, block in (*((f"via[{i}]", block) for i, block in enumerate(via)), ("memory", memory)):
        if block not in blocks:
            raise table.error(key, repr(block), f"a block of this chip: {choice(block, blocks)}")
    period_s, size = table.need("period_s", float), table.need("bytes", int)
    if not PERIOD_S_MIN <= period_s <= PERIOD_S_MAX:
        raise table.error("period_s", str(period_s), f"{PERIOD_S_MIN:g}..{PERIOD_S_MAX:g} seconds")
    if not 1 <= size <= PACKET_MAX:
        raise table.error("bytes", str(size), f"1..{PACKET_MAX}")
    return Flow(name, via, memory, period_s, size)
