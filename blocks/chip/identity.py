"""The register that says whether the chip is there: `[chip] identity = "refpll.ID"`.

A bus answers reads with all ones when there is no device any more. A register that never holds all ones, and answers
whatever else is in reset, tells that from a value.
"""

from __future__ import annotations

from blocks.chip.table import Table
from registers.handles import AnyMap, AnyRegister
from registers.schema import GroupType
from registers.semantics import Hw
from transports.batch import Read, ones


def read_identity(head: Table, root: GroupType) -> Read | None:
    """Return the read of the chip's identity register; None where its file names none.

    Raises:
        ChipError: no such register, it may hold all ones, or its read changes something.
    """
    path = head.get("identity", str, "")
    if not path:
        return None
    try:
        found = AnyMap(root).at(path)
    except (ValueError, IndexError) as problem:
        raise head.error("identity", str(problem), "the path of a register: refpll.ID") from problem
    if not isinstance(found, AnyRegister):
        raise head.error("identity", f"{path!r}, which is no register", "the path of a register: refpll.ID")
    type_ = found.register
    fields = [f for f in type_.fields if f.sw.readable]
    if any(f.onread is not None for f in fields):
        raise head.error("identity", f"{path!r}, which a read changes", "a register whose read changes nothing")
    width = type_.access
    kept = [f for f in fields if not f.sw.writable and f.hw in (Hw.R, Hw.NA) and isinstance(f.reset, int)]
    if not any(f.reset != f.max and f.mask & ones(width) for f in kept):
        raise head.error("identity", f"{path!r}, which may hold all ones", "a register with a fixed field that has a 0")
    return Read(found.address, width=width)
