"""One `[blocks."..."]` table of a chip's file, and several of them laid over each other for one block."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, cast

from attrs import Factory, define, field, frozen

from blocks.base import Block
from blocks.chip.layout import Indices
from blocks.chip.table import BITS_MAX, Table, shown
from blocks.chip.variant import Variant

SOURCE_MAX = (1 << 20) - 1  # no interrupt controller has more
SOURCES = f"a number of 0..{SOURCE_MAX}"
SUMS: Mapping[str, Callable[[int, int], int]] = {
    "+": int.__add__,
    "-": int.__sub__,
    "*": int.__mul__,
    "//": int.__floordiv__,
    "%": int.__mod__,
    "^": int.__xor__,
}
PLACEHOLDER = re.compile(r"\{(\d{1,3})((?:(?://|[-+*%^])\d{1,9})*)\}")


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
class LineTable:
    """A `line` table that was read.

    Attributes:
        source: of the first block that the pattern stands for, each further one has it `step` higher; or a text with
            the block's own indices in it, and nothing to add.
    """

    controller: str | None
    source: int | str
    step: int

    def of(self, indices: Indices, number: int, table: Table) -> LineSpec:
        """Return the line of the block with these indices, number `number` of its pattern."""
        controller = self.controller and filled(self.controller, indices, table)
        if isinstance(self.source, int):
            source = self.source + self.step * number
            if source > SOURCE_MAX:
                raise table.table("line").error("step", f"{self.step}, which makes source {source}", SOURCES)
            return LineSpec(controller, source)
        text = filled(self.source, indices, table)
        if not text.isdecimal() or len(text) > len(str(SOURCE_MAX)) or int(text) > SOURCE_MAX:
            raise table.table("line").error("source", shown(text), SOURCES)
        return LineSpec(controller, int(text))


@frozen
class Entry:
    """A table that was read; what it does not say is None or empty.

    Attributes:
        pattern: its key: a block's name, `[*]` allowed.
    """

    pattern: str
    table: Table
    type: str | None
    needs: tuple[str, ...] | None
    behind: str | None
    line: LineTable | None
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
    top.need("blocks", dict)
    blocks = top.table("blocks")
    return [_entry(pattern, blocks.table(pattern)) for pattern in blocks.values]


def _entry(pattern: str, table: Table) -> Entry:
    table.only("type", "needs", "behind", "line", "config", "model")
    return Entry(
        pattern=pattern,
        table=table,
        type=table.get("type", str, "") or None,
        needs=table.texts("needs") if "needs" in table.values else None,
        behind=table.get("behind", str, "") or None,
        line=_line(table.table("line")) if "line" in table.values else None,
        config=table.table("config").values,
        model=table.table("model").values,
    )


def _line(line: Table) -> LineTable:
    line.only("controller", "source", "step")
    if "source" not in line.values:
        raise line.error("source", "nothing", f"{SOURCES}, or a text with indices in it")
    text = isinstance(line.values.get("source"), str)
    source = line.need("source", str) if text else line.need("source", int)
    if isinstance(source, int) and not 0 <= source <= SOURCE_MAX:
        raise line.error("source", str(source), SOURCES)
    step = line.get("step", int, 0)
    if not 0 <= step <= SOURCE_MAX or (step and text):
        expected = "nothing beside a text as source" if text else SOURCES
        raise line.error("step", str(step), expected)
    return LineTable(line.get("controller", str, "") or None, source, step)


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
    like: Variant | None = None

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
            self.line = entry.line.of(self.indices, number, table)
            self.origins["line"] = table
        for part, said, held in (("config", entry.config, self.config), ("model", entry.model, self.model)):
            for key, value in said.items():
                held[key] = filled_in(value, self.indices, table)
                self.origins[f"{part}.{key}"] = table

    def origin(self, thing: str) -> Table:
        """Return the table that said a thing, or the first that spoke of this block."""
        return self.origins.get(thing) or self.origins[""]


def filled(text: str, indices: Indices, table: Table) -> str:
    """Return the text with `{0}`, `{1}`, `{0+1}` replaced by the indices, or what the sum makes of them.

    Raises:
        ChipError: the block's name has fewer indices, or the sum has no result.
    """

    def index(found: re.Match[str]) -> str:
        if int(found[1]) >= len(indices):
            has = f"a name of {len(indices)} indices" if indices else "a name without indices"
            raise table.error("", f"{found[0]} in {text!r} under {has}", "{0} for the first index, {1} for the second")
        value = indices[int(found[1])]
        parts: list[tuple[str, str]] = re.findall(r"(//|[-+*%^])(\d+)", found[2])
        for sign, number in parts:
            if not int(number) and sign in ("//", "%"):
                raise table.error("", f"{found[0]} in {text!r}", "a number other than 0 to divide by")
            value = SUMS[sign](value, int(number))
            if value.bit_length() > BITS_MAX:
                raise table.error("", f"{shown(found[0])}, which makes more than {BITS_MAX} bits", "a smaller number")
        return str(value)

    return PLACEHOLDER.sub(index, text)


def filled_in(value: object, indices: Indices, table: Table) -> object:
    """Return a TOML value with every text in it `filled`; a text that is one sum and no more becomes a number."""
    if isinstance(value, str):
        text = filled(value, indices, table)
        return int(text) if PLACEHOLDER.fullmatch(value) else text
    if isinstance(value, list):
        return [filled_in(item, indices, table) for item in cast("list[object]", value)]
    if isinstance(value, dict):
        return {key: filled_in(item, indices, table) for key, item in cast("dict[str, object]", value).items()}
    return value
