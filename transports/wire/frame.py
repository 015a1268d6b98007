"""A frame: length, checksum, body. Nothing of a body is kept before its length is known to be allowed.

    4 bytes  length of the body, little-endian
    4 bytes  crc32c of the length's four bytes and the body, little-endian
    body     one msgpack item
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import crc32c
import msgpack

from transports.wire.errors import Unfit, WireError
from transports.wire.shape import ITEMS_MAX, measure

HEAD_BYTES = 8
FRAME_BYTES_MAX = 4 << 20  # a firmware image of a few megabytes goes in one burst
HELLO_BYTES_MAX = 4096  # a stranger may make us keep no more

# Text that is no text (a path of other bytes) still crosses, as it crosses inside Python.
_TEXT = "surrogatepass"


def pack(body: Any, *, limit: int = FRAME_BYTES_MAX) -> bytes:
    """Return the frame of a body of at most `limit` bytes.

    Raises:
        Unfit: it is larger than a frame may be, or holds a number of more than 64 bits.
    """
    return seal(pack_item(body), limit=limit)


def pack_item(item: Any) -> bytes:
    """Return an item as it stands in a body.

    Raises:
        Unfit: it holds a number of more than 64 bits.
    """
    try:
        packed: bytes = msgpack.packb(item, unicode_errors=_TEXT)
    except OverflowError as problem:
        raise Unfit("a number of more than 64 bits") from problem
    return packed


def pack_list(items: Sequence[bytes]) -> bytes:
    """Return a list, whose items are packed, as it stands in a body. Source: msgpack specification, "array format"."""
    count = len(items)
    if count < 16:
        head = bytes((0x90 | count,))
    elif count < 1 << 16:
        head = b"\xdc" + count.to_bytes(2, "big")
    else:
        head = b"\xdd" + count.to_bytes(4, "big")
    return head + b"".join(items)


def seal(packed: bytes, *, limit: int = FRAME_BYTES_MAX) -> bytes:
    """Return the frame of a body that is packed.

    Raises:
        Unfit: it is larger than a frame may be.
    """
    if len(packed) > limit:
        raise Unfit(f"{len(packed)} bytes; a frame takes {limit}")
    length = len(packed).to_bytes(4, "little")
    return length + crc32c.crc32c(packed, crc32c.crc32c(length)).to_bytes(4, "little") + packed


def unpack(packed: bytes) -> Any:
    """Return the body that was packed.

    Raises:
        WireError: it is no body of ours.
    """
    measure(packed)
    try:
        return msgpack.unpackb(
            packed, use_list=True, raw=False, strict_map_key=True, unicode_errors=_TEXT, max_array_len=ITEMS_MAX
        )
    except ValueError as problem:  # text that is none, a key that is no text
        raise WireError(f"the message does not decode: {problem}") from problem


class Frames:
    """Cuts a stream of bytes into bodies.

    Attributes:
        limit: bytes that a body may have.
    """

    def __init__(self, limit: int = FRAME_BYTES_MAX) -> None:
        self.limit = limit
        self._held = bytearray()

    @property
    def held(self) -> int:
        """Bytes of a frame that is not whole yet."""
        return len(self._held)

    def feed(self, data: bytes) -> None:
        """Take bytes in, in any pieces."""
        self._held += data

    def take(self) -> list[Any]:
        """Return the next body in a list of one; an empty list when there is no whole one.

        Raises:
            WireError: the next frame is too long, is damaged, or holds no body of ours.
        """
        held = self._held
        if len(held) < HEAD_BYTES:
            return []
        length = int.from_bytes(held[:4], "little")
        if length > self.limit:
            raise WireError(f"a frame of {length} bytes; at most {self.limit} are allowed here")
        end = HEAD_BYTES + length
        if len(held) < end:
            return []
        packed = bytes(held[HEAD_BYTES:end])
        if crc32c.crc32c(packed, crc32c.crc32c(bytes(held[:4]))) != int.from_bytes(held[4:HEAD_BYTES], "little"):
            raise WireError(f"a frame of {length} bytes whose checksum is wrong")
        del held[:end]
        return [unpack(packed)]
