"""Measures packed data before anything is decoded: how deep it nests, how many items it has, whether it is whole.

A decoder makes room for what a header announces: four bytes can ask for 32 GB, and nested ones for that many times
over. So the bytes are walked first, which makes no room for anything.
"""

from __future__ import annotations

from transports.wire.errors import WireError

DEPTH_MAX = 8  # a batch is 4 deep, a judgement 5; more is nobody's message
ITEMS_MAX = 1 << 20  # 8 MB of references at the most, and a batch of 100,000 operations

# By first byte: bytes in all of an item of fixed size; 0 for the others. Source: msgpack specification, "Formats".
_FIXED = bytearray(256)
for _first in (*range(0x80), *range(0xE0, 0x100), 0xC0, 0xC2, 0xC3):  # small integers, nil, booleans
    _FIXED[_first] = 1
for _first, _size in zip(range(0xCA, 0xD4), (5, 9, 2, 3, 5, 9, 2, 3, 5, 9), strict=True):  # floats, integers
    _FIXED[_first] = _size
# By first byte: how many bytes of length follow, of text and bytes, of arrays, of maps.
_SIZED = {0xC4: 1, 0xC5: 2, 0xC6: 4, 0xD9: 1, 0xDA: 2, 0xDB: 4}
_ARRAYS = {0xDC: 2, 0xDD: 4}
_MAPS = {0xDE: 2, 0xDF: 4}


def measure(data: bytes) -> None:
    """Walk one packed item to its end.

    Raises:
        WireError: it is cut short, followed by something, too deep, too many, or of a kind that no message has
            (extensions, and the byte that stands for nothing).
    """
    fixed, end = _FIXED, len(data)
    at = items = 0
    left = 1  # items still to come at this depth
    above: list[int] = []
    while left or above:
        if not left:
            left = above.pop()
            continue
        left -= 1
        if at >= end:
            raise WireError("the message is cut short")
        first = data[at]
        if size := fixed[first]:
            at += size
            continue
        inside: int | None = first & 0x0F
        skipped = 1
        if not 0x90 <= first <= 0x9F:  # which is an operation, looked at here since there are so many
            skipped, inside = _variable(data, at)
        at += skipped
        if inside is not None:
            above.append(left)
            left = inside
            items += inside
            if items > ITEMS_MAX or len(above) > DEPTH_MAX or inside > end - at:
                _allow(items, len(above), missing=inside > end - at)
    if at != end:
        raise WireError("the message is cut short" if at > end else f"{end - at} bytes follow the message")


def _allow(items: int, depth: int, *, missing: bool) -> None:
    """Refuse what is too many, too deep, or more than there are bytes for."""
    if items > ITEMS_MAX:
        raise WireError(f"a message of more than {ITEMS_MAX} items")
    if depth > DEPTH_MAX:
        raise WireError(f"a message nested more than {DEPTH_MAX} deep")
    if missing:
        raise WireError("the message is cut short")


def _variable(data: bytes, at: int) -> tuple[int, int | None]:
    """Return how many bytes to skip, and for an array or a map how many items are inside."""
    first = data[at]
    if 0xA0 <= first <= 0xBF:
        return 1 + (first & 0x1F), None
    if 0x80 <= first <= 0x9F:
        return 1, first & 0x0F if first >= 0x90 else 2 * (first & 0x0F)
    for table, factor in ((_SIZED, 0), (_ARRAYS, 1), (_MAPS, 2)):
        if width := table.get(first):
            if at + 1 + width > len(data):
                raise WireError("the message is cut short")
            length = int.from_bytes(data[at + 1 : at + 1 + width], "big")
            return (1 + width, factor * length) if factor else (1 + width + length, None)
    raise WireError(f"a message with the byte {first:#04x}, which no message has")
