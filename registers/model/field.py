"""One field's next state, as the hardware computes it: latching, counting, qualifiers. Pure; numbers are the field's.

Where one clock brings several, the hardware's value goes before `hwset`, that before `hwclr`; counting is added last.

Source: SystemRDL 2.0, 9.7 to 9.9; the order within a clock is PeakRDL-regblock's, for the standard gives none.
"""

from __future__ import annotations

from attrs import frozen

from registers.schema import Interrupt


@frozen
class Latched:
    """What an input did to a latching field: the bits it acts on, and their value."""

    touched: int
    value: int


def latch(how: Interrupt, *, old: int, before: int, now: int, events: int, full: int) -> Latched:
    """Latch an interrupt's input.

    Args:
        old: what the field holds.
        before, now: the input, one bit each, at the last clock and at this.
        events: bits that happen at this clock whatever the input does.
        full: all bits of the field.
    """
    match how.edge:
        case "posedge":
            events |= now & ~before
        case "negedge":
            events |= before & ~now
        case "bothedge":
            events |= before ^ now
        case _:
            events |= now
    match how.sticky:
        case "stickybit":
            return Latched(events, events)
        case "sticky":
            return Latched(full if events and not old else 0, events)
        case _:
            return Latched(full, events)


def qualify(touched: int, *, open: bool, enable: int | None, mask: int | None) -> int:
    """Return the bits that pass `we`/`wel` (`open`), `hwenable` and `hwmask`."""
    if not open:
        return 0
    if enable is not None:
        touched &= enable
    return touched if mask is None else touched & ~mask


def count_up(old: int, amount: int, *, full: int, saturate: int | None) -> tuple[int, bool]:
    """Return the value after adding `amount`, and whether it wrapped."""
    total = old + amount
    if saturate is not None:
        return min(total, saturate), False
    return total & full, total > full


def count_down(old: int, amount: int, *, full: int, saturate: int | None) -> tuple[int, bool]:
    """Return the value after taking `amount` away, and whether it wrapped."""
    total = old - amount
    if saturate is not None:
        return max(total, saturate), False
    return total & full, total < 0


def reduce(member: str, value: int, full: int) -> int:
    """Return `anded`, `ored` or `xored` of a field's bits."""
    match member:
        case "anded":
            return int(value == full)
        case "ored":
            return int(value != 0)
        case _:
            return value.bit_count() & 1
