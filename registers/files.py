"""Writes whole files or nothing: a reader never meets half of one, and nothing is replaced that is more than a file."""

from __future__ import annotations

import errno
import os
import stat
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path


class OutputRefused(ValueError):
    """An output would replace a source or another output; nothing was written."""


def check_outputs(outputs: Sequence[Path], sources: Iterable[str | Path] = ()) -> None:
    """Say what stands against writing the outputs, before any of them is written.

    Raises:
        OutputRefused: an output is one of the sources, by whatever name, or two outputs are one file.
        OSError: as `write_atomically` would raise, as far as it can be known.
    """
    known = list(sources)
    for index, output in enumerate(outputs):
        for source in known:
            if _same(output, source):
                raise OutputRefused(f"{output} would replace {source}, a source; write to another file")
        for other in outputs[:index]:
            if _same(output, other):
                raise OutputRefused(f"two outputs would be one file, {output}; name one otherwise")
    for output in outputs:
        _target(output)


def _same(one: str | Path, other: str | Path) -> bool:
    if os.path.realpath(one) == os.path.realpath(other):
        return True
    return os.path.exists(one) and os.path.exists(other) and os.path.samefile(one, other)


def write_atomically(path: Path, data: bytes) -> bool:
    """Put `data` at `path` in one step; say whether that changed anything.

    A file that already holds `data` is left alone, its time too. A link stays, and what it points to is written. A
    failure leaves the old file whole.

    Raises:
        OSError: the folder is not there, is full, or may not be written; the file is read-only, a folder, a device or
            a FIFO. Names `path` as it was given.
    """
    if path.is_file() and path.read_bytes() == data:
        return False
    target, mode = _target(path)
    try:
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
            os.chmod(name, mode)
            os.replace(name, target)
        except BaseException:
            os.unlink(name)
            raise
    except OSError as problem:
        raise OSError(problem.errno, problem.strerror or str(problem), str(path)) from problem
    return True


def _target(path: Path) -> tuple[Path, int]:
    """Return the file that a path leads to through links, and the mode that it shall have.

    Raises:
        OSError: it cannot or must not be written; names `path`.
    """
    target = Path(os.path.realpath(path))
    if path.exists() and not path.is_dir() and (not path.is_file() or _open_here(path)):
        raise OSError(errno.EINVAL, "is no regular file, and stays what it is", str(path))
    if not target.parent.is_dir():
        number = errno.ENOTDIR if target.parent.exists() else errno.ENOENT
        what = "is no folder" if number == errno.ENOTDIR else "is not there"
        raise OSError(number, f"its folder {what}", str(path))
    try:
        mode = target.stat().st_mode
    except FileNotFoundError:
        return target, 0o666 & ~_umask()
    except OSError as problem:
        raise OSError(problem.errno, problem.strerror, str(path)) from problem
    if stat.S_ISDIR(mode):
        raise OSError(errno.EISDIR, "is a directory", str(path))
    if not stat.S_ISREG(mode):
        raise OSError(errno.EINVAL, "is no regular file, and stays what it is", str(path))
    # The bits too: to root every file seems writable.
    if not mode & 0o222 or not os.access(target, os.W_OK):
        raise OSError(errno.EACCES, "is read-only", str(path))
    return target, stat.S_IMODE(mode)


def _open_here(path: Path) -> bool:
    """Say whether the name is that of an open file of this process: /dev/stdout, /dev/fd/1."""
    name = os.path.abspath(path)
    return name in ("/dev/stdin", "/dev/stdout", "/dev/stderr") or name.startswith(("/dev/fd/", "/proc/"))


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
