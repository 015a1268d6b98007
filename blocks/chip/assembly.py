"""From the entries of a chip's file and its register map to one block for each instance."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping

import attrs

from blocks.chip.entry import Draft, Entry
from blocks.chip.layout import NoPlace, Spot, spots
from blocks.chip.table import ChipError, choice
from blocks.chip.types import BlockType, block_type, block_types, hash_of
from blocks.chip.values import build
from blocks.chip.variant import Variant
from registers.schema import GroupType


def assemble(root: GroupType, entries: list[Entry]) -> Mapping[str, Draft]:
    """Return a draft with its block for each instance, by name, in the order of the file.

    Raises:
        ChipError: an entry does not fit the register map, its block type, or the type's configuration.
    """
    known = tuple(block_types())
    drafts, layouts = _lay(root, entries)
    sources = _sources(drafts.values())
    variants: dict[tuple[str, Hashable], Variant] = {}
    for draft in drafts.values():
        kind = _type(draft, known)
        if draft.behind is None and hash_of(layouts[draft.name]) != kind.layout_hash:
            raise draft.origin("type").error(
                "type",
                f"{draft.type!r}, whose registers are not those that the chip's register map has at {draft.name}",
                f"the same (compile both again, or correct the type): a {layouts[draft.name].name} stands there",
            )
        config = _config(draft, kind, sources.get(draft.name))
        layout = kind.layout if draft.behind is not None else layouts[draft.name]
        draft.like = like = _like(variants, kind, layout, config)
        draft.block = kind.block(draft.name, kind.regs(layout, draft.address), like.block.config)
    return drafts


def _like(variants: dict[tuple[str, Hashable], Variant], kind: BlockType, layout: GroupType, config: object) -> Variant:
    """Return what blocks of one type and configuration share; of one that cannot be compared, a new one."""
    key = (kind.name, config if isinstance(config, Hashable) else id(config))
    try:
        return variants.setdefault(key, variants.get(key) or Variant(kind.block(kind.name, kind.regs(layout), config)))
    except TypeError:  # it holds something that has no hash
        return Variant(kind.block(kind.name, kind.regs(layout), config))


def _lay(root: GroupType, entries: list[Entry]) -> tuple[dict[str, Draft], dict[str, GroupType]]:
    """Return the drafts, and the register maps of those that stand on the chip's bus."""
    drafts: dict[str, Draft] = {}
    layouts: dict[str, GroupType] = {}
    found: dict[int, list[Spot]] = {}
    for entry in entries:  # in the order of the file
        found[id(entry)] = _spots(root, entry)
        for spot in found[id(entry)]:
            drafts.setdefault(spot.name, Draft(spot.name, spot.indices, address=spot.address))
            layouts[spot.name] = spot.layout
    for entry in sorted(entries, key=lambda entry: -entry.wildcards):  # a more specific one has the last word
        for number, spot in enumerate(found[id(entry)]):
            drafts[spot.name].lay(entry, number)
    return drafts, layouts


def _spots(root: GroupType, entry: Entry) -> list[Spot]:
    """Return where the entry's blocks stand; one behind another block stands nowhere on the chip's bus."""
    if entry.behind is not None:
        if "[" in entry.pattern:
            raise entry.table.error("", "an array", "one block: what stands `behind` another is in no register map")
        return [Spot(entry.pattern, (), 0, root)]
    try:
        return list(spots(root, entry.pattern))
    except NoPlace as problem:
        found, expected = problem.args
        raise entry.table.error("", found, expected) from None


def _sources(drafts: Iterable[Draft]) -> dict[str, tuple[int, ...]]:
    """Return the sources that each controller collects."""
    found: dict[str, list[int]] = {}
    for draft in drafts:
        if draft.line is not None and draft.line.controller is not None:
            found.setdefault(draft.line.controller, []).append(draft.line.source)
    return {name: tuple(sorted(numbers)) for name, numbers in found.items()}


def _type(draft: Draft, known: tuple[str, ...]) -> BlockType:
    if not draft.type:
        raise draft.origin("").error("type", "nothing", f"a block type: one of {', '.join(sorted(known))}")
    if draft.type not in known:
        raise draft.origin("type").error("type", repr(draft.type), f"a block type: {choice(draft.type, known)}")
    return block_type(draft.type)


def _config(draft: Draft, kind: BlockType, sources: tuple[int, ...] | None) -> object:
    """Return the configuration; a controller's `sources` are those of the lines that name it, unless given."""
    values = dict(draft.config)
    if sources is not None and attrs.has(kind.config) and "sources" in attrs.fields_dict(kind.config):
        values.setdefault("sources", list(sources))

    def complain(key: str, found: str, expected: str) -> ChipError:
        table = draft.origin(f"config.{key}")
        return table.table("config").error(key, found, expected)

    return build(kind.config, values, complain)
