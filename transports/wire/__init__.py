"""What two Firstlight programs say to each other: frames, and the messages in them.

`messages` has the conversation, `frame` the layout, `shape` the limits that hold before anything is decoded, `link` a
connection that speaks it. A frame that is not one of ours (damaged, too long, too deep, unknown, out of range) raises
`WireError` and ends its connection; nothing of it is acted upon.
"""

from __future__ import annotations

from transports.wire.errors import Unfit, WireError
from transports.wire.frame import FRAME_BYTES_MAX, HELLO_BYTES_MAX, Frames, pack, unpack
from transports.wire.link import Link
from transports.wire.messages import NAME_MAX, VERSION, decode, encode

__all__ = [
    "FRAME_BYTES_MAX",
    "HELLO_BYTES_MAX",
    "NAME_MAX",
    "VERSION",
    "Frames",
    "Link",
    "Unfit",
    "WireError",
    "decode",
    "encode",
    "pack",
    "unpack",
]
