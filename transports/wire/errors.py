"""What a frame can be but a frame of ours."""

from __future__ import annotations


class WireError(ValueError):
    """The bytes are not what this wire carries; the connection ends, and nothing of the frame is acted upon."""


class Unfit(ValueError):
    """What should be sent does not fit a frame; nothing was sent."""
