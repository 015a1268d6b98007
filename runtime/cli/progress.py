"""What a person sees while a chip comes up: on a terminal a table of block groups, in a pipe a line a group."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

from attrs import define, field

from runtime.cli.output import width
from runtime.summary import IN_SERVICE, Progress, State, of_them_degraded
from runtime.words import duration

_COUNTED = (State.UP, State.CLIMBING, State.WAITING, State.FAILED)
_NARROW = (State.UP, State.FAILED)
_NARROW_COLUMNS = 60  # a terminal of fewer columns has no room for more than is needed
_BROAD_COLUMNS = 76  # one of as many has room for the rung that most are at
_ENDS = (*IN_SERVICE, State.FAILED, State.STOPPED)


class Quiet:
    """Shows nothing: for --json."""

    def __call__(self, progress: Progress) -> None:
        """Take note of one block's move."""

    def shown(self) -> AbstractContextManager[object]:
        """Show the progress while the context is open."""
        return nullcontext()


@define
class _Kind:
    """The blocks of one type: where each is."""

    name: str
    total: int = 0
    at: dict[str, Progress] = field(factory=dict[str, Progress])

    def states(self) -> Counter[State]:
        """Count the blocks by state; lessened ones are up."""
        found = Counter(progress.state for progress in list(self.at.values()))
        found[State.UP] += found[State.DEGRADED]
        return found

    def busiest(self) -> str:
        """Return the rung that most of those who climb are at, and how many they are."""
        rungs = Counter(p.rung for p in list(self.at.values()) if p.state is State.CLIMBING and p.rung)
        return next((f"{rung} ({number})" for rung, number in rungs.most_common(1)), "")

    @property
    def ended(self) -> bool:
        """Whether each block came to its end."""
        return len(self.at) == self.total and all(progress.state in _ENDS for progress in self.at.values())


@define
class _Kinds:
    """All blocks by type, in the order of the chip."""

    types: Mapping[str, str]
    kinds: dict[str, _Kind] = field(factory=dict[str, _Kind])
    since: dict[str, float] = field(factory=dict[str, float])
    now_s: float = 0.0

    def __attrs_post_init__(self) -> None:
        for kind in self.types.values():
            self.kinds.setdefault(kind, _Kind(kind)).total += 1

    def take(self, progress: Progress) -> _Kind:
        """Take note of one block's move; return its type."""
        self.now_s = progress.time_s
        kind = self.kinds[self.types[progress.block]]
        kind.at[progress.block] = progress
        if progress.state is State.CLIMBING:
            self.since.setdefault(progress.block, progress.time_s)
        else:
            self.since.pop(progress.block, None)
        return kind

    def slowest(self) -> str:
        """Say which block climbs longest, how long, and at which rung; empty when none climbs."""
        block, since = min(list(self.since.items()), key=lambda item: item[1], default=("", 0.0))
        if not block:
            return ""
        rung = self.kinds[self.types[block]].at[block].rung
        return f"slowest, {duration(self.now_s - since)}: {block}{f', rung {rung}' if rung else ''}"


class Lines(Quiet):
    """One line for each type whose blocks all came to their end, and for each block that failed, as it happens.

    Times are counted from the session's begin.
    """

    def __init__(self, types: Mapping[str, str]) -> None:
        self._kinds = _Kinds(types)
        self._told: set[str] = set()

    def __call__(self, progress: Progress) -> None:
        """Print what came to an end; what lies between is for a terminal."""
        kind = self._kinds.take(progress)
        if progress.state is State.FAILED:
            where = f" at rung {progress.rung}" if progress.rung else ""  # why, the summary says
            self._print(f"failed   {progress.block}{where}")
        if kind.ended and kind.name not in self._told:
            self._tell(kind)

    @contextmanager
    def shown(self) -> Generator[None]:
        """Print; at the end also the types of which some blocks never came to theirs."""
        yield
        for kind in self._kinds.kinds.values():
            if kind.name not in self._told and kind.at:
                self._tell(kind)

    def _tell(self, kind: _Kind) -> None:
        self._told.add(kind.name)
        states = kind.states()
        others = [f"{states[s]} {s.value}" for s in State if s not in IN_SERVICE and states[s]]
        up = f"{states[State.UP]} of {kind.total} up{of_them_degraded(states[State.DEGRADED])}"
        end = "up" if states[State.UP] == kind.total else "ended"
        self._print(f"{end:8} {kind.name}: {', '.join([up, *others])}")

    def _print(self, said: str) -> None:
        print(f"{duration(self._kinds.now_s):>7}  {said}", flush=True)


class Live(Quiet):
    """A table that is drawn anew some times a second: type, how many are where, the rung most are at; who is slowest.

    Args:
        types: the block type of each block.
        drawn: makes what can be drawn of titles, rows and the line below.
        live: what draws it.
        columns: of the terminal; what has no room is left out.
    """

    def __init__(
        self,
        types: Mapping[str, str],
        drawn: Callable[[Sequence[str], Sequence[Sequence[str]], str], Any],
        live: Callable[..., Any],
        *,
        columns: int,
    ) -> None:
        self._kinds = _Kinds(types)
        self._drawn, self._live, self._columns = drawn, live, columns
        self._counted = _NARROW if columns < _NARROW_COLUMNS else _COUNTED

    def __call__(self, progress: Progress) -> None:
        """Take note of one block's move; drawing is done elsewhere, at its own pace."""
        self._kinds.take(progress)

    def shown(self) -> AbstractContextManager[object]:
        """Draw from now on, and once more at the end."""
        shown: AbstractContextManager[object] = self._live(
            get_renderable=self._draw, refresh_per_second=8, transient=False
        )
        return shown

    def _draw(self) -> Any:
        counts = {kind.name: kind.states() for kind in self._kinds.kinds.values()}
        broad = self._columns >= _BROAD_COLUMNS
        counted: list[State] = list(self._counted)
        if broad and any(states[State.DEGRADED] for states in counts.values()):
            counted.append(State.DEGRADED)
        titles = ["type", "blocks", *(state.value for state in counted), *(["most at"] if broad else [])]
        rows: list[list[str]] = []
        for name, states in counts.items():
            kind = self._kinds.kinds[name]
            most = [kind.busiest()] if broad else []
            rows.append([name, str(kind.total), *(str(states[state] or "") for state in counted), *most])
        return self._drawn(titles, rows, self._kinds.slowest())


def watcher(types: Mapping[str, str], *, quiet: bool) -> Quiet:
    """Return what shows the progress here: nothing, a live table on a terminal, or lines.

    Args:
        types: the block type of each block that is brought up, in the order of the chip.
        quiet: for --json: standard output belongs to the result.
    """
    if quiet:
        return Quiet()
    columns = width()
    if columns is None:
        return Lines(types)
    try:
        from rich.console import Group
        from rich.live import Live as RichLive
        from rich.table import Table
        from rich.text import Text
    except ImportError:
        return Lines(types)

    def drawn(titles: Sequence[str], rows: Sequence[Sequence[str]], below: str) -> Any:
        table = Table(box=None, header_style="bold", pad_edge=False)
        for title in titles:
            table.add_column(title, justify="left" if title in ("type", "most at") else "right", no_wrap=True)
        for row in rows:
            table.add_row(*row)
        return Group(table, Text(below, style="dim", no_wrap=True, overflow="ellipsis")) if below else table

    return Live(types, drawn, RichLive, columns=columns)
