"""Why a block is not up, with all that a person needs to find out: a value, like everything else here."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from attrs import evolve, field, frozen

from runtime.words import count, duration
from transports.errors import TransportError


class Cause(StrEnum):
    """What a fault says of the block."""

    LATE = "late"  # the act was done, and the rung did not hold in time
    UNSTABLE = "unstable"  # the rung held, and fell again and again
    ACT = "act"  # the act itself met a value that it refuses
    BUS = "bus"  # the registers could not be reached
    WITHHELD = "withheld"  # the act would disturb running traffic, and consent was not given
    LESSENED = "lessened"  # it is up, but less than a full block, and the chip's policy calls that failed
    BUG = "bug"  # the block's own code, or a simulated model, raised: our mistake, not the hardware's


@frozen(kw_only=True)
class Access:
    """One register access, as evidence.

    Attributes:
        time_s: when its batch was answered, or where that was asked for and is known, when it was done itself; on the
            runtime's clock, in a summary from the session's begin.
        verb: "read", "write", "modify", "check", "poll", "delay" or "fence"; of a burst its first word.
        place: `pll[3].CTRL`, or the bare address where no register is known.
        value: the word read or written; None where nothing came back.
        wanted: for a check or a poll, the value compared with, else None.
        mask: the bits that were compared or changed, else None.
        count: words moved.
        error: what stopped the batch here; empty when nothing did.
    """

    time_s: float
    verb: str
    place: str
    value: int | None = None
    wanted: int | None = None
    mask: int | None = None
    count: int = 1
    error: str = ""

    def to_data(self) -> dict[str, Any]:
        """Return plain values that JSON can carry, without those that say nothing."""
        data: dict[str, Any] = {"time_s": self.time_s, "op": self.verb, "place": self.place}
        data.update({name: given for name in ("value", "wanted", "mask") if (given := getattr(self, name)) is not None})
        if self.count != 1:
            data["count"] = self.count
        if self.error:
            data["error"] = self.error
        return data

    @property
    def what(self) -> str:
        """What was done, and what came of it."""
        shown = "" if self.value is None else f" {self.value:#x}"
        if self.wanted is not None:
            shown += f" wanted {self.wanted:#x} under {self.mask:#x}"
        elif self.mask is not None:
            shown += f" under {self.mask:#x}"
        if self.count != 1:
            shown += f" and {self.count - 1} more"
        return f"{self.verb} {self.place}{shown}{f': {self.error}' if self.error else ''}"

    def __str__(self) -> str:
        return f"{self.time_s:.9f} {self.what}"


@frozen(kw_only=True)
class Fault:
    """One block is not up, and this is why.

    Attributes:
        rung: the rung that could not be made to hold; empty when none was reached.
        register: the register that said so.
        wanted: the condition, `lock=0x1`.
        last: what was there instead, `lock=0x0 (word 0x0)`; empty when nothing could be read.
        time_s: when it was decided, on the runtime's clock; in a summary from the session's begin.
        elapsed_s: from the climb's last act to then; 0 when it had not acted yet.
        attempts: acts on the rung in this climb; waiting for a rung that only time makes hold counts as one.
        reason: one sentence for a person.
        error: what the bus said, where it was the bus.
        traceback: of a bug, else empty.
        accesses: the block's last accesses, oldest first.
        forgotten: accesses before those, no longer remembered.
    """

    block: str
    rung: str
    cause: Cause
    reason: str
    register: str = ""
    wanted: str = ""
    last: str = ""
    time_s: float = 0.0
    elapsed_s: float = 0.0
    attempts: int = 0
    error: TransportError | None = None
    traceback: str = ""
    accesses: tuple[Access, ...] = field(default=(), repr=False)
    forgotten: int = 0

    def since(self, begin_s: float) -> Fault:
        """Return the same with its times, and those of its accesses, counted from a time of the runtime's clock."""
        accesses = tuple(evolve(access, time_s=access.time_s - begin_s) for access in self.accesses)
        return evolve(self, time_s=self.time_s - begin_s, accesses=accesses)

    @property
    def effort(self) -> str:
        """How often the rung was tried, and how long ago: `3 attempts; 1 ms after the last act`."""
        if not self.attempts:
            return "before any act on it" if self.rung else "before any act"
        return f"{count(self.attempts, 'attempt')}; {duration(self.elapsed_s)} after the last act"

    def to_data(self) -> dict[str, Any]:
        """Return plain values that JSON can carry; `check` is the register."""
        return {
            "block": self.block,
            "rung": self.rung,
            "cause": self.cause.value,
            "reason": self.reason,
            "check": self.register,
            "wanted": self.wanted,
            "last": self.last,
            "time_s": self.time_s,
            "elapsed_s": self.elapsed_s,
            "attempts": self.attempts,
            "error": None if self.error is None else self.error.to_data(),
            "traceback": self.traceback,
            "accesses": [access.to_data() for access in self.accesses],
            "accesses_forgotten": self.forgotten,
        }

    def __str__(self) -> str:
        return f"{self.block}: {self.reason}"
