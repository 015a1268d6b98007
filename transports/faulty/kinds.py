"""What can go wrong at one access: the kinds of fault, and a fault of some kind at some access.

A shot is a text as well: `bit-flip@12`, `reset@400+`, `hang@hbm[3]:7-`. The number counts accesses from 1 on: those of
everybody, or those made for one block, and in both cases since the controller was last reset. `+` is after the access,
when it was done and nobody has heard of it yet, `-` before it; of a kind that happens in the midst of one is neither.
"""

from __future__ import annotations

import re
from enum import StrEnum

from attrs import frozen


class Kind(StrEnum):
    """A kind of fault.

    Of an access: RESET is of the controller, which sends nothing more; DEVICE resets the whole device; an ERROR is an
    error response; a HANG has no answer before the deadline; a DROPPED write is lost and looks done; of a TORN one only
    the lower half arrives; a FLIP inverts one bit of what a read brings; ONES is what a device that has gone brings; a
    TWICE write is done twice; LATE is an answer that takes its time.
    Of an interrupt: a LOST one rises and is not heard; at an access a SPURIOUS one is heard that never rose, or a STORM
    of them begins. Of the link: DOWN, for a time.
    """

    RESET = "reset"
    DEVICE = "device-reset"
    ERROR = "error"
    HANG = "hang"
    DROPPED = "dropped-write"
    TORN = "torn-write"
    FLIP = "bit-flip"
    ONES = "all-ones"
    TWICE = "duplicated-write"
    LATE = "late"
    LOST = "lost-interrupt"
    SPURIOUS = "spurious-interrupt"
    STORM = "interrupt-storm"
    DOWN = "link-down"


OF_WRITES = frozenset({Kind.DROPPED, Kind.TORN, Kind.TWICE})
OF_READS = frozenset({Kind.FLIP, Kind.ONES})
OF_INTERRUPTS = frozenset({Kind.LOST, Kind.SPURIOUS, Kind.STORM})
OF_LINES = frozenset({Kind.SPURIOUS, Kind.STORM})  # these strike at an access, and a line is heard for no reason
TWO_SIDED = frozenset({Kind.RESET, Kind.DEVICE, Kind.ERROR, Kind.HANG})  # before the access is another thing than after
# No software can see through these at once: a read that lies, a write that the bus itself repeats, a device that is
# another from one access to the next.
UNSEEN = frozenset({Kind.FLIP, Kind.ONES, Kind.TWICE, Kind.DEVICE})
LIES = frozenset({Kind.FLIP, Kind.ONES})

_SHOT = re.compile(r"(?P<kind>[a-z-]+)@(?:(?P<block>[^:,@]+):)?(?P<number>[1-9]\d*)(?P<side>[+-]?)")


class ShotError(ValueError):
    """A text is no shot."""


@frozen(order=True)
class Shot:
    """One fault.

    Attributes:
        number: of the access, from 1 on, since the controller was last reset; of a LOST interrupt, of the rise.
        after: the access was done; of kinds that are not TWO_SIDED always False.
        block: only accesses made for this block are counted; empty: all.
    """

    kind: Kind
    number: int
    after: bool = False
    block: str = ""

    def __attrs_post_init__(self) -> None:
        if self.number < 1:
            raise ShotError(f"{self.kind} at access {self.number}: expected 1 or more")
        if self.after and self.kind not in TWO_SIDED:
            raise ShotError(f"{self.kind} after an access: it happens in the midst of one; expected no '+'")

    def __str__(self) -> str:
        side = ("-", "+")[self.after] if self.kind in TWO_SIDED else ""
        return f"{self.kind}@{self.block}{':' if self.block else ''}{self.number}{side}"

    @classmethod
    def parse(cls, text: str) -> Shot:
        """Take such a text.

        Raises:
            ShotError: it is none; says what was expected.
        """
        found = _SHOT.fullmatch(text)
        if found is None:
            raise ShotError(f"shot {text!r}: expected KIND@NUMBER, KIND@BLOCK:NUMBER, and - or + for before or after")
        if found["kind"] not in set(Kind):
            raise ShotError(f"shot {text!r}: no kind of fault {found['kind']!r}; there are {', '.join(Kind)}")
        if Kind(found["kind"]) in TWO_SIDED and not found["side"]:
            raise ShotError(f"shot {text!r}: expected {text}- before the access, or {text}+ after it")
        return cls(Kind(found["kind"]), int(found["number"]), found["side"] == "+", found["block"] or "")
