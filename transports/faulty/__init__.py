"""Faults on the way to a device, as data: which kind, and at which access."""

from __future__ import annotations

from transports.faulty.kinds import Kind, Shot, ShotError

__all__ = ["Kind", "Shot", "ShotError"]
