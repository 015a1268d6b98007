"""Faults on the way to a device, as data: which kind, and at which access; and any transport with them."""

from __future__ import annotations

from transports.faulty.kinds import Kind, Shot, ShotError
from transports.faulty.strike import Strike
from transports.faulty.transport import FaultyTransport, faulty
from transports.faulty.way import DOWN_S, Manner

__all__ = ["DOWN_S", "FaultyTransport", "Kind", "Manner", "Shot", "ShotError", "Strike", "faulty"]
