"""The `[targets.*]` tables of a chip's file: where else than in the simulator the chip stands."""

from __future__ import annotations

from collections.abc import Mapping

from blocks.chip.table import Table

# target: what its table must say, and nothing else. What reads it: runtime/fit.py.
KNOWN: Mapping[str, tuple[str, ...]] = {"qemu": ("machine",)}


def read_targets(targets: Table) -> Mapping[str, Mapping[str, str]]:
    """Return what is said of each target.

    Raises:
        ChipError: a target or key that nothing reads, or a value that is missing or no text.
    """
    targets.only(*KNOWN)
    found: dict[str, Mapping[str, str]] = {}
    for name in targets.values:
        table = targets.table(name)
        table.only(*KNOWN[name])
        found[name] = {key: table.need(key, str) for key in KNOWN[name]}
    return found
