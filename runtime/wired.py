"""Interrupts as a chip in service has them: what rings its blocks, and what ends that."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Protocol

from blocks.line import Line
from interrupts.wiring import Wiring
from runtime.footing import sure
from runtime.session import Session
from transports.errors import Denied, DeviceLost


class Wired(Protocol):
    """What interrupts are to the service: a line for each block that has one, and a task that rings them."""

    def line(self, block: str) -> Line | None:
        """Return a block's line, or None when it has none."""
        ...

    def sweep(self) -> None:
        """Look soon at every controller that can be reached."""
        ...

    async def run(self) -> None:
        """Ring the lines, until cancelled.

        Raises:
            DeviceLost: the device is gone.
            Denied: no hint will come any more; only the sweep looks.
        """
        ...


def wired(session: Session) -> Wiring:
    """Return the interrupts that a chip's description names."""
    reachable = session.board.reachable
    return Wiring(session.chip, session.transport, partial(sure, session), reachable=reachable, sweeps=False)


async def ring(wiring: Wired, lose: Callable[[DeviceLost], None]) -> None:
    """Ring the lines until cancelled, or until no hint will come any more; a lost device is told."""
    try:
        await wiring.run()
    except DeviceLost as lost:
        lose(lost)
    except Denied:
        return  # the blocks are refused as well, and each tells of it
