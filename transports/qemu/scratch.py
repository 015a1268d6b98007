"""The directory of a `qemu:` of our own: gone when it is closed, and swept by the next one when nobody could.

Whoever uses one holds a lock on it. The kernel lets go of the lock with the process, however that ends, so a
directory that can be locked has no owner any more; a number written into it could be another process's by now.
"""

from __future__ import annotations

import fcntl
import os
import tempfile
from contextlib import suppress
from pathlib import Path
from shutil import rmtree

from attrs import define

PREFIX = "firstlight-qemu-"


@define
class Scratch:
    """A directory for one QEMU, ours until `remove`."""

    directory: Path
    _lock: int | None

    def remove(self) -> None:
        """Remove it with all that is in it; idempotent."""
        if self._lock is not None:
            rmtree(self.directory, ignore_errors=True)
            os.close(self._lock)
            self._lock = None


def make_scratch() -> Scratch:
    """Make a directory, and remove those that owners of ours left behind when they were killed.

    Raises:
        OSError: none can be made.
    """
    sweep(Path(tempfile.gettempdir()))
    while True:
        directory = Path(tempfile.mkdtemp(prefix=PREFIX))
        lock = _lock(directory)
        if lock is not None:
            return Scratch(directory, lock)
        # Somebody who sweeps was quicker than our lock: the directory is gone, or will be.


def sweep(place: Path) -> None:
    """Remove every directory of ours that nobody holds; what is another user's, or no directory, stays."""
    for directory in place.glob(f"{PREFIX}*"):
        lock = _lock(directory)
        if lock is not None:
            rmtree(directory, ignore_errors=True)  # what cannot be removed stays for the next
            os.close(lock)


def _lock(directory: Path) -> int | None:
    """Return a descriptor that holds the directory; None: it is somebody's, or is not there any more."""
    try:
        lock = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError:
        return None
    with suppress(OSError):
        found = os.fstat(lock)
        if found.st_uid == os.geteuid():
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.path.samestat(found, os.stat(directory, follow_symlinks=False)):
                return lock
    os.close(lock)
    return None
