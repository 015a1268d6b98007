"""What no bus can do, put into words: the guards of the operations of a batch, for when one of them has failed.

What is asked again and again stands with the operations, as one expression each.
"""

from __future__ import annotations

import math
import operator
from array import array
from collections.abc import Sequence
from typing import Any, cast

from attrs import Attribute

WIDTHS = (1, 2, 4, 8)


def refuse_kind(**given: object) -> None:
    """Refuse what is no integer.

    Raises:
        TypeError: names the first that is none.
    """
    for name, number in given.items():
        try:
            operator.index(cast("Any", number))  # integers of others count as well
        except TypeError:
            raise TypeError(f"{name} is {number!r}; expected an integer") from None


def refuse_width(width: int) -> None:
    """Refuse a width that no access has.

    Raises:
        ValueError: names it.
    """
    if width not in WIDTHS:
        raise ValueError(f"width is {width} bytes; expected one of {WIDTHS}")


def refuse(address: int, width: int, name: str = "", word: int = 0, value: int = 0) -> None:
    """Say what is wrong: a kind, the width, the word called `name`, a value outside that as a mask, or the address.

    Raises:
        TypeError: one of them is no integer.
        ValueError: no access has such a width, word, value or address.
    """
    refuse_kind(address=address, width=width, **{name or "word": word, "mask's value": value})
    refuse_width(width)
    if word >> 8 * width:  # also of a negative one: its sign stays
        raise ValueError(f"{name} {word:#x} at address {address:#x} does not fit {width} bytes")
    if name == "mask" and value & ~word:
        raise ValueError(f"value {value:#x} at address {address:#x} has bits outside mask {word:#x}")
    if address < 0 or address % width:
        raise ValueError(f"address {address:#x} is not a multiple of the access width, {width} bytes")


def check_time(_instance: Any, attribute: Attribute[float], seconds: float) -> None:
    """Refuse, as a validator, what is no time.

    Raises:
        TypeError: it is no number.
        ValueError: it is below 0, or without end.
    """
    try:
        good = 0 <= seconds < math.inf
    except TypeError:
        raise TypeError(f"{attribute.name} is {seconds!r}; expected seconds, as a number") from None
    if not good:
        raise ValueError(f"{attribute.name} is {seconds} s; expected a finite time, 0 or more")


def check_count(_instance: Any, _attribute: Attribute[int], count: int) -> None:
    """Refuse, as a validator, what is no count.

    Raises:
        TypeError: it is no integer.
        ValueError: it is below 0.
    """
    refuse_kind(count=count)
    if count < 0:
        raise ValueError(f"count is {count}; expected 0 or more")


def check_stride(instance: Any, _attribute: Attribute[int | None], stride: int | None) -> None:
    """Refuse, as a validator of what has a `width`, what is no stride.

    Raises:
        TypeError: it is no integer, and not None.
        ValueError: it is below 0, or no multiple of the width.
    """
    refuse_width(instance.width)
    refuse_kind(stride=0 if stride is None else stride)
    if stride is not None and (stride < 0 or stride % instance.width):
        raise ValueError(f"stride is {stride} bytes; expected a multiple of the width, {instance.width}, or 0")


def words_of(values: Sequence[int]) -> array[int]:
    """Return values as words of 8 bytes.

    Raises:
        TypeError: one of them is no integer.
        ValueError: one is below 0, or has more bits than a word.
    """
    try:
        return array("Q", values)
    except OverflowError:
        at, word = next((at, word) for at, word in enumerate(values) if not 0 <= word < 1 << 64)
        raise ValueError(f"value {at} is {word:#x}; expected 0 to 2**64 - 1") from None
    except TypeError:
        for at, word in enumerate(values):
            refuse_kind(**{f"value {at}": word})
        raise
