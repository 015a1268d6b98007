"""What a person sees while a chip comes up: one line a block type, counted; in a pipe, one line a block."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from runtime.cli.output import width
from runtime.summary import Progress, State

_COUNTED = (State.UP, State.CLIMBING, State.WAITING, State.FAILED)
_NARROW = (State.UP, State.FAILED)
_NARROW_COLUMNS = 60  # a terminal of fewer columns has no room for more than is needed
_ENDS = (State.UP, State.FAILED, State.STOPPED)


class Quiet:
    """Shows nothing: for --json."""

    def __call__(self, progress: Progress) -> None:
        """Take note of one block's move."""

    def shown(self) -> AbstractContextManager[object]:
        """Show the progress while the context is open."""
        return nullcontext()


class Lines(Quiet):
    """One line for each block that came to its end, in the order in which it did, timed from the first move."""

    def __init__(self) -> None:
        self._begin_s: float | None = None

    def __call__(self, progress: Progress) -> None:
        """Print the block's end; what lies between is for a terminal."""
        if self._begin_s is None:
            self._begin_s = progress.time_s
        if progress.state in _ENDS:
            where = f" at rung {progress.rung}" if progress.rung else ""  # why, the summary says
            after_us = (progress.time_s - self._begin_s) * 1e6
            print(f"{after_us:12.1f} us  {progress.state.value:8} {progress.block}{where}", flush=True)


class Live(Quiet):
    """A table that is drawn anew some times a second: block type, how many are where, what is climbed now.

    Args:
        types: the block type of each block.
        table: makes an empty table with these titles.
        live: what draws.
        narrow: leave out all but how many are up and how many failed.
    """

    def __init__(
        self,
        types: Mapping[str, str],
        table: Callable[[Sequence[str]], Any],
        live: Callable[..., Any],
        *,
        narrow: bool,
    ) -> None:
        self._types = types
        self._table, self._live = table, live
        self._counted = _NARROW if narrow else _COUNTED
        self._last = () if narrow else ("now",)
        self._at: dict[str, Progress] = {}

    def __call__(self, progress: Progress) -> None:
        """Take note of one block's move; drawing is done elsewhere, at its own pace."""
        self._at[progress.block] = progress

    def shown(self) -> AbstractContextManager[object]:
        """Draw from now on, and once more at the end."""
        shown: AbstractContextManager[object] = self._live(
            get_renderable=self._draw, refresh_per_second=8, transient=False
        )
        return shown

    def _draw(self) -> Any:
        table = self._table(("type", "blocks", *(state.value for state in self._counted), *self._last))
        counts: dict[str, Counter[State]] = {name: Counter() for name in sorted(set(self._types.values()))}
        newest: dict[str, Progress] = {}
        for block, progress in list(self._at.items()):
            counts[self._types[block]][progress.state] += 1
            if progress.state is State.CLIMBING:
                newest[self._types[block]] = progress
        for name, states in counts.items():
            now = newest.get(name)
            doing = [": ".join(filter(None, (now.block, now.rung))) if now else ""] if self._last else []
            total = sum(1 for kind in self._types.values() if kind == name)
            table.add_row(name, str(total), *(str(states[state] or "") for state in self._counted), *doing)
        return table


def watcher(types: Mapping[str, str], *, quiet: bool) -> Quiet:
    """Return what shows the progress here: nothing, a live table on a terminal, or lines.

    Args:
        types: the block type of each block that is brought up.
        quiet: for --json: standard output belongs to the result.
    """
    if quiet:
        return Quiet()
    if not sys.stdout.isatty():
        return Lines()
    try:
        from rich.live import Live as RichLive
        from rich.table import Table
    except ImportError:
        return Lines()

    def table(titles: Sequence[str]) -> Any:
        made = Table(box=None, header_style="bold", pad_edge=False)
        for title in titles:
            made.add_column(title, justify="left" if title in ("type", "now") else "right", no_wrap=True)
        return made

    return Live(types, table, RichLive, narrow=(width() or _NARROW_COLUMNS) < _NARROW_COLUMNS)
