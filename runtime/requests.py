"""What a climb asks for, and what it is told: the words between it and whoever drives it.

Nobody changes them; they are not frozen, since to make a frozen one takes three times as long.
"""

from __future__ import annotations

import math
from enum import StrEnum
from typing import TypeAlias

from attrs import define

from blocks.ladder import Dialogue, Rung
from transports.batch import Batch, Results
from transports.errors import CheckFailed, TransportError

SOON, LATE = 1 / 24, 1 / 8  # parts of the time since the act: what holds in twice the usual time is seen SOON after
FIRST_OF_WITHIN = 1 / 256  # of a rung whose usual time is not known, the first looks stand so far apart
LOOK_S_MIN = 1e-6  # no two looks are closer, so a deadline of 5 us costs at most 6; no bus answers much faster


def pause(rung: Rung, elapsed: float, now: float) -> float:
    """Return the seconds from one look to the next, `elapsed` after the act.

    A rung whose usual time is known is looked at closely until twice that time: chains of them are the critical path.
    The next look falls on a tick of the clock, and ticks are a power of two apart: what many blocks wait for at one
    time is then looked at in one go.
    """
    longest = elapsed * SOON
    if elapsed > 2 * rung.settles:
        longest = max(elapsed * LATE, 0.0 if rung.settles else rung.within * FIRST_OF_WITHIN)
    tick = 2.0 ** math.floor(math.log2(max(longest, LOOK_S_MIN)))
    return max((math.floor(now / tick) + 1) * tick - now, LOOK_S_MIN)


class Purpose(StrEnum):
    """Why a batch is run."""

    LOOK = "look"
    ACT = "act"


@define
class Run:
    """Run a batch; the reply carries its results."""

    batch: Batch
    purpose: Purpose
    rung: str


@define
class Wait:
    """Let time pass."""

    seconds: float


@define
class Watch:
    """Run a batch of checks again and again; the reply carries what it last brought, and how often it was run.

    It is over when the batch comes `stop` operations far, when anything but a check stopped it, or at the deadline.

    Attributes:
        rung: that its first operations are about.
        stop: how many of them are.
        first_s: seconds until the first time.
        acted_s, deadline_s: on the runtime's clock.
        first: operations before those of the rung: they must complete, or it is over.
    """

    batch: Batch
    rung: Rung
    stop: int
    first_s: float
    acted_s: float
    deadline_s: float
    first: int = 0

    def again(self, results: Results, now: float) -> float | None:
        """Return the seconds to the next look; None when it is over."""
        if (
            now >= self.deadline_s
            or len(results) < self.first
            or len(results) >= self.stop
            or not isinstance(results.error, CheckFailed)
        ):
            return None
        return min(pause(self.rung, now - self.acted_s, now), self.deadline_s - now)


@define
class Talk:
    """Hold a dialogue with the block; the reply carries the TransportError that ended it early, if one did.

    Attributes:
        silence_s: without an access or a sleep for this long it hangs: it is ended, as a `PollTimeout`.
    """

    dialogue: Dialogue
    rung: str
    silence_s: float


@define
class Need:
    """Wait until blocks, or rungs of blocks, stand."""

    names: tuple[str, ...]
    rung: str


@define
class Stands:
    """Nothing is asked: the `count` lowest rungs were seen to hold; all of them only after a look at all."""

    count: int


Request: TypeAlias = Run | Wait | Watch | Talk | Need | Stands


@define
class Reply:
    """What came of a request.

    Attributes:
        time_s: on the runtime's clock, when it was done.
        results: of a Run.
        error: of a Talk.
        waited: of a Need: it did not stand at once, so the hardware may be another by now.
        looks: of a Watch: how often its batch was run.
        struck: of a Run: it ended with another's, through no fault of the bus; what it did is not known.
    """

    time_s: float
    results: Results | None = None
    error: TransportError | None = None
    waited: bool = False
    looks: int = 0
    struck: bool = False
