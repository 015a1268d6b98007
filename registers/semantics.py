"""What a read or a write does to a field: SystemRDL's own triple (sw, onread, onwrite), never a UVM policy string.

Of the 75 triples that software can see, only 25 map to UVM policies without loss (research on SystemRDL 2.0,
systemrdl-compiler 1.33); so the triple stays whole from the source to the generated Python and the model.

Source: SystemRDL 2.0, 9.4 (access), 9.6 (software access properties).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum


class Sw(StrEnum):
    """What software may do; `rw1` and `w1` take only the first write after a reset."""

    RW = "rw"
    RW1 = "rw1"
    R = "r"
    W = "w"
    W1 = "w1"
    NA = "na"

    @property
    def readable(self) -> bool:
        """A read by software brings the field's value."""
        return self in (Sw.RW, Sw.RW1, Sw.R)

    @property
    def writable(self) -> bool:
        """A write by software can change the field."""
        return self in (Sw.RW, Sw.RW1, Sw.W, Sw.W1)

    @property
    def once(self) -> bool:
        """Only the first write after a reset counts."""
        return self in (Sw.RW1, Sw.W1)


class Hw(StrEnum):
    """What the hardware may do on its own side of the field."""

    RW = "rw"
    R = "r"
    W = "w"
    NA = "na"

    @property
    def writable(self) -> bool:
        """The hardware can change the field."""
        return self in (Hw.RW, Hw.W)


class OnRead(StrEnum):
    """The side effect of a read by software."""

    RCLR = "rclr"
    RSET = "rset"
    RUSER = "ruser"


class OnWrite(StrEnum):
    """The side effect that replaces storing the written value."""

    WOSET = "woset"
    WOCLR = "woclr"
    WOT = "wot"
    WZS = "wzs"
    WZC = "wzc"
    WZT = "wzt"
    WCLR = "wclr"
    WSET = "wset"
    WUSER = "wuser"


# The written bit value that does nothing. wclr, wset and wuser are absent: any write acts.
_NEUTRAL_BIT = {
    OnWrite.WOSET: 0,
    OnWrite.WOCLR: 0,
    OnWrite.WOT: 0,
    OnWrite.WZS: 1,
    OnWrite.WZC: 1,
    OnWrite.WZT: 1,
}


def neutral_bit(onwrite: OnWrite | None, *, singlepulse: bool) -> int | None:
    """Return the bit value that a write may carry without effect; None where there is none.

    Plain storage has none either: what preserves it is its own value, not a constant.
    """
    if onwrite is not None:
        return _NEUTRAL_BIT.get(onwrite)
    return 0 if singlepulse else None


_STORES: Mapping[OnWrite | None, Callable[[int, int], int]] = {
    None: lambda _old, written: written,
    OnWrite.WOSET: lambda old, written: old | written,
    OnWrite.WOCLR: lambda old, written: old & ~written,
    OnWrite.WOT: lambda old, written: old ^ written,
    OnWrite.WZS: lambda old, written: old | ~written,
    OnWrite.WZC: lambda old, written: old & written,
    OnWrite.WZT: lambda old, written: old ^ ~written,
    OnWrite.WCLR: lambda _old, _written: 0,
    OnWrite.WSET: lambda _old, _written: ~0,
    OnWrite.WUSER: lambda old, _written: old,
}


def after_write(onwrite: OnWrite | None, old: int, written: int, mask: int) -> int:
    """Return what a field holds after software wrote `written` over `old`; `mask` is its bits that are strobed.

    `wuser` stores nothing here: its effect belongs to whoever models the external register.
    """
    return (old & ~mask) | (_STORES[onwrite](old, written) & mask)


def after_read(onread: OnRead | None, old: int, mask: int) -> int:
    """Return what a field holds after software read it; `mask` is the field's bits that were in the access."""
    match onread:
        case OnRead.RCLR:
            return old & ~mask
        case OnRead.RSET:
            return old | mask
        case OnRead.RUSER | None:
            return old
