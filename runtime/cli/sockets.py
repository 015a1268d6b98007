"""What has the name of a socket: for messages that say what was found where one was expected."""

from __future__ import annotations

import os
import stat

SOCKET = "a socket"


def what_is(path: str) -> str:
    """Return what stands at a path, or at the end of its links.

    Raises:
        OSError: nothing does, or nobody may know.
    """
    mode = os.stat(path).st_mode
    if stat.S_ISSOCK(mode):
        return SOCKET
    if stat.S_ISDIR(mode):
        return "a folder"
    return "a file" if stat.S_ISREG(mode) else "a device or FIFO"
