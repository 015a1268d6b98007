"""Faults that a simulated chip is told to have, as data: what breaks, where, from when on, and for how long.

`SimChip.inject(LocalReset(block="die[0].fuse"), at_s=2.5)` from a test, a script of `[[fault]]` tables from a command
line (see `script`). A fault changes what it says and nothing else: the same seed draws the same numbers with it and
without, and once it is cleared the hardware is as sound as before; what it did meanwhile was done.
"""

from __future__ import annotations

from blocks.sim.faults.board import ANSWER_S, Injected
from blocks.sim.faults.kinds import (
    KINDS,
    BitFlip,
    ChipReset,
    ClusterReset,
    DroppedWrite,
    ErrorResponse,
    Fault,
    FaultError,
    Hang,
    InterruptLate,
    InterruptLost,
    InterruptSpurious,
    InterruptStorm,
    LinkDown,
    LocalReset,
    StuckBit,
    Upset,
)

__all__ = [
    "ANSWER_S",
    "KINDS",
    "BitFlip",
    "ChipReset",
    "ClusterReset",
    "DroppedWrite",
    "ErrorResponse",
    "Fault",
    "FaultError",
    "Hang",
    "Injected",
    "InterruptLate",
    "InterruptLost",
    "InterruptSpurious",
    "InterruptStorm",
    "LinkDown",
    "LocalReset",
    "StuckBit",
    "Upset",
]
