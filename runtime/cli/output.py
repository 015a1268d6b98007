"""What people read: tables by rich where it is installed, plain lines where it is not; and readers who leave."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Generator, Sequence
from contextlib import contextmanager, redirect_stdout
from typing import TYPE_CHECKING, BinaryIO, TextIO

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer


class Guard(io.RawIOBase):
    """Standard output that takes everything: what it cannot pass on is dropped, and why is kept.

    A bring-up must go on to its end and give its own exit status though whoever reads of it has left.

    Attributes:
        problem: what the first write that failed met.
    """

    def __init__(self, below: BinaryIO) -> None:
        super().__init__()
        self._below = below
        self.problem: OSError | None = None

    def writable(self) -> bool:
        """Take what is written."""
        return True

    def isatty(self) -> bool:
        """Be a terminal where the output is one."""
        return self._below.isatty()

    def fileno(self) -> int:
        """Be the file that the output is."""
        return self._below.fileno()

    def write(self, data: ReadableBuffer, /) -> int:
        """Pass on; after a failure drop."""
        held = bytes(data)
        if self.problem is None:
            try:
                self._below.write(held)
                self._below.flush()
            except OSError as problem:
                self.problem = problem
                # What the buffer below still holds would fail once more as Python ends.
                os.dup2(os.open(os.devnull, os.O_WRONLY), self._below.fileno())
        return len(held)


@contextmanager
def guarded() -> Generator[Guard]:
    """Guard standard output while the context is open."""
    below = sys.stdout
    below.flush()
    guard = Guard(below.buffer)
    own = io.TextIOWrapper(
        io.BufferedWriter(guard), encoding=below.encoding, errors=below.errors, line_buffering=below.isatty()
    )
    try:
        with redirect_stdout(own):
            yield guard
    finally:
        own.flush()


def given_up(stream: TextIO | None) -> bool:
    """Say whether whoever started us closed this stream (`>&-`)."""
    return stream is None


def complain(line: str) -> None:
    """Say a line on standard error, where there is one."""
    if not given_up(sys.stderr):
        print(f"firstlight: {line}", file=sys.stderr)


def print_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table; without rich, or into a pipe, in plain columns."""
    if sys.stdout.isatty() and _rich_table(head, rows):
        return
    widths = [max(len(row[column]) for row in (head, *rows)) for column in range(len(head))]
    for row in (head, *rows):
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def _rich_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> bool:
    try:
        from rich.console import Console
        from rich.table import Table
        from rich.text import Text
    except ImportError:
        return False
    table = Table(box=None, header_style="bold", pad_edge=False)
    for title in head:
        table.add_column(title, overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    Console().print(table)
    return True
