"""Verbs that touch no device: chips, transports."""

from __future__ import annotations

import json
from argparse import Namespace
from collections.abc import Mapping
from math import inf
from typing import TYPE_CHECKING, Any

from attrs import asdict

from runtime.cli.exits import UsageError
from runtime.cli.output import print_table
from runtime.cli.paths import find_block

if TYPE_CHECKING:
    from blocks.chip import Chip


def run_chips(arguments: Namespace) -> int:
    """List the chips that are described here, and what is wrong with one that cannot be used."""
    from blocks.chip import BlockError, ChipError, list_chips, load_chip
    from registers.image import ImageError

    if arguments.params is not None:
        return _run_params(arguments)
    if arguments.chip is not None:
        return _print_chips(arguments, [_row(load_chip(arguments.chip))])
    rows: list[dict[str, Any]] = []
    for name in list_chips():
        try:
            rows.append(_row(load_chip(name)))
        except (BlockError, ChipError, ImageError) as problem:
            rows.append({"chip": name, "error": str(problem)})
    return _print_chips(arguments, rows)


def _row(chip: Chip) -> dict[str, Any]:
    types = sorted({instance.type for instance in chip.instances.values()})
    return {"chip": chip.name, "blocks": len(chip.instances), "types": types, "description": chip.description}


def _print_chips(arguments: Namespace, rows: list[dict[str, Any]]) -> int:
    if arguments.json:
        print(json.dumps(rows))
    else:
        print_table(
            ("chip", "blocks", "types", "what it is"),
            [
                (r["chip"], "-", "-", f"cannot be used: {r['error']}")
                if "error" in r
                else (r["chip"], str(r["blocks"]), ", ".join(r["types"]), r["description"])
                for r in rows
            ],
        )
    return 0


def _run_params(arguments: Namespace) -> int:
    """List what the models of a chip's blocks can be told."""
    from blocks.chip import load_chip
    from blocks.model import model_type, params_of
    from blocks.sim.params import parameters

    if arguments.chip is None:
        raise UsageError("--params is of one chip; expected firstlight chips CHIP --params [BLOCK]")
    chip = load_chip(arguments.chip)
    wanted: str = arguments.params
    found = {i.type for i in chip.instances.values() if wanted in ("*", i.type)}
    said: Mapping[str, object] = {}
    if not found:
        instance = find_block(chip, wanted)
        found, said = {instance.type}, instance.model
    rows: list[dict[str, Any]] = []
    for name in sorted(found):
        kind = model_type(name)
        for parameter in [] if kind is None else parameters(params_of(kind)):
            value = said.get(parameter.name, parameter.default)
            rows.append({"type": name, **asdict(parameter), "default": plain(value)})
    if arguments.json:
        print(json.dumps(rows))
    else:
        print_table(
            ("type", "parameter", "values", "default", "what it is"),
            [(r["type"], r["name"], r["kind"], _shown(r["default"]), r["meaning"]) for r in rows],
        )
    return 0


def plain(value: object) -> object:
    """Return a value as JSON has it: what is never, inf, has no number there."""
    return "inf" if value == inf else value


def _shown(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else f"{value:g}" if isinstance(value, float) else str(value)


def run_transports(arguments: Namespace) -> int:
    """List the targets that can be opened, and why not where they cannot."""
    rows = transport_rows()
    if arguments.json:
        print(json.dumps(rows))
    else:
        print_table(
            ("scheme", "from", "loads"),
            [(f"{r['scheme']}:", r["distribution"], f"no: {r['problem']}" if r["problem"] else "yes") for r in rows],
        )
    return 1 if any(r["problem"] for r in rows) else 0


def transport_rows() -> list[dict[str, Any]]:
    """Return the targets that can be opened, each with why not where it cannot."""
    from transports.open import known_schemes

    return [
        {"scheme": s.name, "distribution": ", ".join(s.distributions), "problem": s.problem} for s in known_schemes()
    ]
