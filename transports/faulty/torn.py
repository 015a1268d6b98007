"""Which writes a bus can tear, and what arrives of one: one rule for every way on which faults strike.

Software may write 64 bits at once, and a bus may carry them as twice 32: of such a write the lower half arrives. A
register that is wider than its accesses takes several, and one of them is lost. Any other write is one word of the bus,
and arrives whole or not at all.
"""

from __future__ import annotations

from typing import Final

SPLIT_BYTES: Final = 8  # a write of so many bytes may be carried in two
LOWER: Final = 0x0F  # the strobes of its lower half


def tears(width: int, *, part: bool) -> bool:
    """Say whether a write of so many bytes can be torn.

    Args:
        part: it is one of those that a wider register takes.
    """
    return part or width == SPLIT_BYTES


def arriving(width: int, strobes: int | None) -> int:
    """Return the strobes of the bytes that arrive of a torn write; 0: nothing does.

    Args:
        strobes: of the bytes that were written; None: all of them.
    """
    if width != SPLIT_BYTES:
        return 0
    return LOWER if strobes is None else strobes & LOWER
