"""Numbers as people say them."""

from __future__ import annotations

_UNITS = (("s", 1.0), ("ms", 1e-3), ("us", 1e-6), ("ns", 1e-9))


def duration(seconds: float) -> str:
    """Return a time in the unit of its size, with three digits, or all before the point: `361 us`."""
    if not seconds:
        return "0 s"
    unit, size = next((u for u in _UNITS if seconds >= 0.9995 * u[1]), _UNITS[-1])  # 999.6 us are said as 1 ms
    number = seconds / size
    return f"{number:.0f} {unit}" if number >= 100 else f"{number:.3g} {unit}"


def took(seconds: float) -> str:
    """Return how long something took; what a clock of nanoseconds does not see was done at once."""
    return "at once" if seconds <= 1e-9 else duration(seconds)


def count(number: int, noun: str) -> str:
    """Return `1 read`, `2 reads`."""
    return f"{number} {_of(number, noun)}"


def many(number: int, noun: str) -> str:
    """Return `1 read`, `22,328 reads`: as `count`, where numbers are large."""
    return f"{number:,} {_of(number, noun)}"


def _of(number: int, noun: str) -> str:
    if number == 1:
        return noun
    return f"{noun[:-1]}ies" if noun.endswith("ry") else f"{noun}es" if noun.endswith(("ch", "s")) else f"{noun}s"


def lost_line(over: str, error: object) -> str:
    """Say what is over, and why; of a device that another controller took, only that it did: the device is well."""
    why = str(error)
    return why if "taken over: " in why else f"{over}: {why}"
