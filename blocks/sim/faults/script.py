"""A script of faults: a TOML file of `[[fault]]` tables, each with a kind, a place and a time.

    [[fault]]
    at = 12.5                    # seconds of chip time; or after = 1000: when so many accesses were made
    kind = "error"               # see KINDS
    block = "die[*].refpll"      # a pattern: each block that it stands for has the fault
    register = "CTRL"
    for = 1e-3                   # or count = 3: so many accesses; neither: once

A chip may ship scripts beside its file: `demo` of atlas is `chips/atlas.demo.toml`. A script is checked whole before
anything runs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from importlib import resources
from math import inf
from pathlib import Path, PurePosixPath
from typing import Any, cast

import attrs
from attrs import frozen

from blocks.chip import Chip
from blocks.chip.table import ChipError, Table, choice, read_table
from blocks.chip.values import build
from blocks.sim.chip import SimChip
from blocks.sim.faults.kinds import KINDS, Fault, FaultError
from blocks.sim.faults.places import check
from registers.paths import matching

SECONDS = {"for": "for_s", "by": "by_s", "every": "every_s"}  # of the file, whose times are all seconds: of the classes
WRITTEN = {name: key for key, name in SECONDS.items()}


@frozen
class Planned:
    """One fault, and when it begins: at a time, or after so many accesses."""

    fault: Fault
    at_s: float = 0.0
    after: int | None = None


def inject_script(sim: SimChip, asked: str) -> None:
    """Let a chip have the faults of a script: the path of a `.toml` file, or the name of one that the chip ships.

    Raises:
        ChipError: there is no such script, or something in it cannot be: names file, table and key. Nothing is
            injected.
    """
    for planned in read_script(*_text(asked, sim.chip), sim):
        sim.inject(planned.fault, at_s=planned.at_s, after=planned.after)


def read_script(text: str, file: str, sim: SimChip) -> list[Planned]:
    """Return the faults of a script, in its order, each for one block.

    Raises:
        ChipError: something in it cannot be, on this chip.
    """
    top = read_table(text, file)
    top.only("fault")
    tables = cast("list[object]", top.need("fault", list))
    if not tables:
        raise top.error("fault", "none", "one [[fault]] or more")
    return [planned for index, values in enumerate(tables) for planned in _planned(_table(values, file, index), sim)]


def _table(values: object, file: str, index: int) -> Table:
    path = f"fault[{index}]"
    if not isinstance(values, dict):
        raise ChipError(file, path, repr(values), "a table, [[fault]]")
    return Table(file, path, cast("dict[str, object]", values))


def _planned(table: Table, sim: SimChip) -> Iterator[Planned]:
    kind = table.need("kind", str)
    if kind not in KINDS:
        raise table.error("kind", repr(kind), choice(kind, KINDS))
    at_s, after = _begins(table)
    fields: list[str] = [a.name for a in attrs.fields(cast("Any", KINDS[kind]))]
    known = sorted(WRITTEN.get(name, name) for name in fields)
    table.only("kind", "at", "after", *known)
    values = {SECONDS.get(key, key): value for key, value in table.values.items() if key in known}
    for chosen in _each_block(table, values, sim.chip):
        fault = build(KINDS[kind], chosen, lambda key, found, wanted: _error(table, FaultError(key, found, wanted)))
        try:
            check(fault, sim)
        except FaultError as problem:
            raise _error(table, problem) from None
        yield Planned(fault, at_s, after)


def _error(table: Table, problem: FaultError) -> ChipError:
    return table.error(WRITTEN.get(problem.key, problem.key), problem.found, problem.expected)


def _begins(table: Table) -> tuple[float, int | None]:
    """Return when a fault begins."""
    if ("at" in table.values) is ("after" in table.values):
        found = "both `at` and `after`" if "at" in table.values else "neither `at` nor `after`"
        raise table.error("", found, "`at`, seconds of chip time, or `after`, a number of accesses")
    if "after" in table.values:
        after = table.need("after", int)
        if after < 0:
            raise table.error("after", str(after), "0 or more accesses")
        return 0.0, after
    at_s = float(table.need("at", int) if isinstance(table.values["at"], int) else table.need("at", float))
    if not 0.0 <= at_s < inf:
        raise table.error("at", str(at_s), "a time: 0 s or later")
    return at_s, None


def _each_block(table: Table, values: Mapping[str, object], chip: Chip) -> Iterable[Mapping[str, object]]:
    """Yield the values of each fault that a table stands for."""
    pattern = values.get("block")
    if not isinstance(pattern, str):
        return [values]
    blocks = matching(pattern, chip.instances)
    if not blocks:
        raise table.error("block", repr(pattern), choice(pattern, chip.instances))
    return [{**values, "block": name} for name in blocks]


def _text(asked: str, chip: Chip) -> tuple[str, str]:
    """Return a script, and what it is called in errors."""
    if asked.endswith(".toml"):
        try:
            return Path(asked).read_text(encoding="utf-8"), asked
        except (OSError, UnicodeDecodeError) as problem:
            found = (getattr(problem, "strerror", None) or "text that is not UTF-8").lower()
            raise ChipError(asked, "", found, "a script of faults") from problem
    shipped = _shipped(chip)
    if asked not in shipped:
        expected = f"{choice(asked, shipped)}, or the path of a .toml file" if shipped else "the path of a .toml file"
        raise ChipError(chip.source, "", f"no script {asked!r} beside it", expected)
    name = PurePosixPath(chip.source).with_suffix(f".{asked}.toml")
    return shipped[asked], str(name)


def _shipped(chip: Chip) -> Mapping[str, str]:
    """Return the scripts beside a chip's file, by name."""
    source = PurePosixPath(chip.source)
    installed = resources.files("chips")
    folder = installed if str(source.parent) == "chips" and installed.joinpath(source.name).is_file() else None
    items = list(Path(source.parent).iterdir() if folder is None else folder.iterdir())
    start, end = f"{source.stem}.", ".toml"
    found = [i for i in items if i.name.startswith(start) and i.name.endswith(end) and i.name != source.name]
    return {i.name[len(start) : -len(end)]: i.read_text(encoding="utf-8") for i in found}
