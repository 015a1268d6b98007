"""A block's interrupt line, seen from the block: a hint to look, nothing more."""

from __future__ import annotations

from typing import Protocol


class Line(Protocol):
    """Wakes its block. Who is behind it (a PLIC, an MSI, a timer) the block does not know."""

    async def wait(self) -> None:
        """Wait until there may be something to see; a hint that came before the call counts."""
        ...
