"""What had a block looked at when an incident began: for people, and nothing is decided by it."""

from __future__ import annotations

from enum import StrEnum


class By(StrEnum):
    """What led to the look that found the first trouble of an incident."""

    INTERRUPT = "interrupt"  # the block's own
    NEIGHBOUR = "neighbour"  # nothing told the block: another one, which stands on it or waits for it, was looking
    SWEEP = "sweep"  # no interrupt came for it
    RETURN = "return"  # the looks at all when the chip was back, or at the begin
    REQUEST = "request"  # somebody asked, or what it stands on had come back
    ACCESS = "access"  # an access to the chip was not answered
