"""Verbs that touch no device: chips, transports."""

from __future__ import annotations

import json
from argparse import Namespace
from typing import Any

from runtime.cli.output import print_table


def run_chips(arguments: Namespace) -> int:
    """List the chips that are described here, and what is wrong with one that cannot be used."""
    from blocks.chip import BlockError, ChipError, list_chips, load_chip
    from registers.image import ImageError

    rows: list[dict[str, Any]] = []
    for name in list_chips():
        try:
            chip = load_chip(name)
        except (BlockError, ChipError, ImageError) as problem:
            rows.append({"chip": name, "error": str(problem)})
            continue
        types = sorted({instance.type for instance in chip.instances.values()})
        rows.append({"chip": name, "blocks": len(chip.instances), "types": types, "description": chip.description})
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
