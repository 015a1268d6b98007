"""One `[blocks."..."]` table of a chip's file, and several of them laid over each other for one block."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, cast

from attrs import Factory, define, field, frozen

from blocks.base import Block
from blocks.chip.layout import Indices
from blocks.chip.table import Table


@frozen
class LineSpec:
    """An interrupt line.

    Attributes:
        controller: the block that collects it; None: the target itself, as its own line `source`.
        source: its number there.
    """

    controller: str | None
    source: int


@frozen
class Entry:
    """A table that was read; what it does not say is None or empty.

    Attributes:
        pattern: its key: a block's name, `[*]` allowed.
        line: the line of the first block that the pattern stands for; each further one has it `step` higher.
    """

    pattern: str
    table: Table
    type: str | None
    needs: tuple[str, ...] | None
    behind: str | None
    line: LineSpec | None
    step: int
    config: Mapping[str, object]
    model: Mapping[str, object]

    @property
    def wildcards(self) -> int:
        """How unspecific the pattern is."""
        return self.pattern.count("*")


def read_entries(top: Table) -> list[Entry]:
    """Return the entries of a chip's file, in its order.

    Raises:
        ChipError: an unknown key or a value of the wrong kind.
    """
    blocks = top.table("blocks")
    return [_entry(pattern, blocks.table(pattern)) for pattern in blocks.values]


def _entry(pattern: str, table: Table) -> Entry:
    table.only("type", "needs", "behind", "line", "config", "model")
    line = table.table("line")
    line.only("controller", "source", "step")
    spec = LineSpec(line.get("controller", str, "") or None, line.need("source", int)) if line.values else None
    if spec is not None and spec.source < 0:
        raise line.error("source", str(spec.source), "a number from 0 up")
    step = line.get("step", int, 0)
    if step < 0:
        raise line.error("step", str(step), "a number from 0 up")
    return Entry(
        pattern=pattern,
        table=table,
        type=table.get("type", str, "") or None,
        needs=table.texts("needs") if "needs" in table.values else None,
        behind=table.get("behind", str, "") or None,
        line=spec,
        step=step,
        config=table.table("config").values,
        model=table.table("model").values,
    )


@define(eq=False)
class Draft:
    """What the entries say of one block so far.

    Attributes:
        origins: for each thing said, the table that said it last: `type`, `line`, `config.fbdiv`.
    """

    name: str
    indices: Indices
    type: str = ""
    needs: tuple[str, ...] = ()
    behind: str | None = None
    line: LineSpec | None = None
    config: dict[str, object] = Factory(dict[str, object])
    model: dict[str, object] = Factory(dict[str, object])
    origins: dict[str, Table] = Factory(dict[str, Table])
    address: int = 0
    block: Block[Any] = field(init=False)

    def lay(self, entry: Entry, number: int) -> None:
        """Take what one more entry says; `number` counts the blocks that its pattern stands for."""
        table = entry.table
        self.origins.setdefault("", table)
        if entry.type is not None:
            self.type, self.origins["type"] = entry.type, table
        if entry.needs is not None:
            self.needs = tuple(filled(need, self.indices, table) for need in entry.needs)
            self.origins["needs"] = table
        if entry.behind is not None:
            self.behind, self.origins["behind"] = filled(entry.behind, self.indices, table), table
        if entry.line is not None:
            controller = entry.line.controller and filled(entry.line.controller, self.indices, table)
            self.line = LineSpec(controller, entry.line.source + entry.step * number)
            self.origins["line"] = table
        for part, said, held in (("config", entry.config, self.config), ("model", entry.model, self.model)):
            for key, value in said.items():
                held[key] = filled_in(value, self.indices, table)
                self.origins[f"{part}.{key}"] = table

    def origin(self, thing: str) -> Table:
        """Return the table that said a thing, or the first that spoke of this block."""
        return self.origins.get(thing) or self.origins[""]


def filled(text: str, indices: Indices, table: Table) -> str:
    """Return the text with `{0}`, `{1}` replaced by the indices.

    Raises:
        ChipError: the block's name has fewer indices.
    """

    def index(found: re.Match[str]) -> str:
        if int(found[1]) >= len(indices):
            has = f"a name of {len(indices)} indices" if indices else "a name without indices"
            raise table.error("", f"{found[0]} in {text!r} under {has}", "{0} for the first index, {1} for the second")
        return str(indices[int(found[1])])

    return re.sub(r"\{(\d+)\}", index, text)


def filled_in(value: object, indices: Indices, table: Table) -> object:
    """Return a TOML value with every text in it `filled`."""
    if isinstance(value, str):
        return filled(value, indices, table)
    if isinstance(value, list):
        return [filled_in(item, indices, table) for item in cast("list[object]", value)]
    if isinstance(value, dict):
        return {key: filled_in(item, indices, table) for key, item in cast("dict[str, object]", value).items()}
    return value
