"""What people read: sentences and tables as wide as the terminal; and readers who leave."""

from __future__ import annotations

import io
import itertools
import os
import re
import shutil
import sys
import textwrap
from collections.abc import Generator, Sequence
from contextlib import contextmanager, redirect_stdout
from typing import TYPE_CHECKING, BinaryIO, TextIO

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

GAP = "  "
STICKY = "\N{NO-BREAK SPACE}"
TEXT_MIN = 20  # columns; a text in fewer is a ladder of single words
WIDTH_MIN = 30  # columns; a terminal that claims fewer does not know


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


def reader_left() -> bool:
    """Say whether what is printed reaches nobody any more: for a verb that would print for ever."""
    raw = getattr(getattr(sys.stdout, "buffer", None), "raw", None)
    return isinstance(raw, Guard) and raw.problem is not None


def complain(line: str) -> None:
    """Say a line on standard error, where there is one."""
    if not given_up(sys.stderr):
        print(wrapped(f"firstlight: {line}", width(sys.stderr), indent=2), file=sys.stderr)


def width(stream: TextIO | None = None) -> int | None:
    """Return the columns of the terminal; None where the stream (default: standard output) is none.

    Lines may have any length there.
    """
    return max(shutil.get_terminal_size().columns, WIDTH_MIN) if (stream or sys.stdout).isatty() else None


def say(line: str, *, indent: int = 0) -> None:
    """Print a sentence, on a terminal broken between words; `indent` is that of its further lines."""
    print(wrapped(line, width(), indent=indent))


def wrapped(line: str, columns: int | None, *, indent: int) -> str:
    """Return the sentence as lines of at most so many columns."""
    if columns is None:
        return line
    held = re.sub(r"(\d) ((?:[mun]?s)\b)", rf"\1{STICKY}\2", line)  # a number keeps its unit
    lines = textwrap.wrap(held, columns, subsequent_indent=" " * indent, break_on_hyphens=False)
    return "\n".join(lines).replace(STICKY, " ")


def print_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table, on a terminal as wide as that."""
    print("\n".join(laid_out(head, rows, width())))


def laid_out(head: Sequence[str], rows: Sequence[Sequence[str]], columns: int | None) -> list[str]:
    """Return the lines of a table: in columns, long texts broken, or where that is too narrow, row by row."""
    widths = [max(len(row[column]) for row in (head, *rows)) for column in range(len(head))]
    if columns is not None and sum(widths) + len(GAP) * (len(widths) - 1) > columns:
        fitted = _fitted(widths, columns - len(GAP) * (len(widths) - 1))
        if fitted is None:
            return _stacked(head, rows, columns)
        widths = fitted
    lines: list[str] = []
    for row in (head, *rows):
        cells = [
            [cell] if len(cell) <= width else _broken(cell, width) for cell, width in zip(row, widths, strict=True)
        ]
        for parts in itertools.zip_longest(*cells, fillvalue=""):
            padded = (part.ljust(width) for part, width in zip(parts, widths, strict=True))
            lines.append(GAP.join(padded).rstrip())
    return lines


def _fitted(widths: Sequence[int], columns: int) -> list[int] | None:
    """Return narrower widths that fit, taken from the columns of text; None where those would be too narrow."""
    texts = sorted((column for column, width in enumerate(widths) if width > TEXT_MIN), key=lambda c: widths[c])
    left = columns - sum(width for width in widths if width <= TEXT_MIN)
    fitted = list(widths)
    for position, column in enumerate(texts):
        fitted[column] = min(widths[column], left // (len(texts) - position))
        left -= fitted[column]
        if fitted[column] < TEXT_MIN:
            return None
    return fitted if left >= 0 else None


def _stacked(head: Sequence[str], rows: Sequence[Sequence[str]], columns: int) -> list[str]:
    lines: list[str] = []
    broad = max(len(title) for title in head)
    for row in rows:
        lines += _broken(row[0], columns)
        for title, cell in zip(head[1:], row[1:], strict=True):
            titles = [title, *[""] * len(cell)]
            below = _broken(cell, columns - len(GAP) * 2 - broad)
            lines += [f"{GAP}{title.ljust(broad)}{GAP}{part}" for title, part in zip(titles, below, strict=False)]
    return lines


def _broken(cell: str, columns: int) -> list[str]:
    return textwrap.wrap(cell, columns, break_on_hyphens=False)
