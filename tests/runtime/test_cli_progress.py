"""Progress is told by type of block: how many are where, the rung most are at, and who is slowest."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from typing import Any

import pytest

from runtime.cli.progress import Lines, Live, Quiet
from runtime.summary import Progress, State

TYPES = {f"channel[{n}]": "channel" for n in range(300)} | {"pll": "pll", "link": "link"}


def told(shows: Quiet, *moves: tuple[str, State, str, float]) -> None:
    for block, state, rung, time_s in moves:
        shows(Progress(block, state, rung, time_s))


def everyone(state: State, rung: str, time_s: float) -> list[tuple[str, State, str, float]]:
    return [(block, state, rung, time_s) for block, kind in TYPES.items() if kind == "channel"]


def test_a_pipe_gets_a_line_a_type_and_one_for_each_failure(capsys: pytest.CaptureFixture[str]) -> None:
    """Three hundred blocks that come up are one line; a failure is told at once, types that never ended at the end."""
    lines = Lines(TYPES)
    with lines.shown():
        told(lines, ("pll", State.CLIMBING, "locked", 1e-6), ("pll", State.UP, "", 0.00001))
        told(lines, *everyone(State.CLIMBING, "train", 0.001), ("channel[7]", State.FAILED, "train", 0.0024))
        told(lines, *[m for m in everyone(State.UP, "", 0.003) if m[0] not in ("channel[7]", "channel[8]")])
        told(lines, ("channel[8]", State.DEGRADED, "unrepaired", 0.133), ("link", State.WAITING, "", 5.85786))

    assert [line.split(maxsplit=2) for line in capsys.readouterr().out.splitlines()] == [
        ["10", "us", "up       pll: 1 of 1 up"],
        ["2.4", "ms", "failed   channel[7] at rung train"],
        ["133", "ms", "ended    channel: 299 of 300 up, 1 of them degraded, 1 failed"],
        ["5.86", "s", "ended    link: 0 of 1 up, 1 waiting"],
    ]


class Drawn:
    """Takes what would be drawn."""

    titles: Sequence[str] = ()
    rows: Sequence[Sequence[str]] = ()
    below = ""

    def __call__(self, titles: Sequence[str], rows: Sequence[Sequence[str]], below: str) -> Any:
        self.titles, self.rows, self.below = titles, rows, below
        return self

    def live(self, **options: Any) -> Any:
        self.draw = options["get_renderable"]
        return nullcontext()


def drawn(columns: int, *moves: tuple[str, State, str, float]) -> Drawn:
    """Return what stands on a terminal of so many columns after these moves."""
    shown = Drawn()
    live = Live(TYPES, shown, shown.live, columns=columns)
    told(live, *moves)
    with live.shown():
        shown.draw()
    return shown


def test_a_terminal_shows_counts_rungs_and_the_slowest() -> None:
    """Each type is a row in the chip's order: counts, the rung that most are at; below, who climbs longest."""
    shown = drawn(
        100,
        ("link", State.CLIMBING, "detected", 1.0),
        *everyone(State.CLIMBING, "train", 1.001),
        *everyone(State.CLIMBING, "fill", 1.002)[:100],
        ("channel[0]", State.UP, "", 1.003),
        ("pll", State.FAILED, "locked", 1.004),
        ("link", State.CLIMBING, "polled", 1.005),
    )
    assert shown.titles == ["type", "blocks", "up", "climbing", "waiting", "failed", "most at"]
    assert shown.rows == [
        ["channel", "300", "1", "299", "", "", "train (200)"],
        ["pll", "1", "", "", "", "1", ""],
        ["link", "1", "", "1", "", "", "polled (1)"],
    ]
    assert shown.below == "slowest, 5 ms: link, rung polled"


def test_who_waited_has_not_climbed() -> None:
    """The time of a block that waited in between counts from when it climbed again; when none climbs nobody is slow."""
    waited = [("link", State.CLIMBING, "a", 0.0), ("link", State.WAITING, "b", 1.0), ("link", State.CLIMBING, "b", 3.0)]
    assert drawn(100, *waited, ("pll", State.UP, "", 4.0)).below == "slowest, 1 s: link, rung b"
    assert drawn(100, *waited, ("link", State.UP, "", 4.0)).below == ""


@pytest.mark.parametrize(
    ("columns", "titles"),
    [
        (40, "type blocks up failed"),
        (60, "type blocks up climbing waiting failed"),
        (76, "type blocks up climbing waiting failed degraded most at"),
    ],
)
def test_narrow_terminals_show_less(columns: int, titles: str) -> None:
    """What has no room is left out, whole columns at a time; lessened blocks are up, and counted where they can be."""
    shown = drawn(columns, ("pll", State.DEGRADED, "x", 0.0))
    assert " ".join(shown.titles) == titles
    assert shown.rows[1][:3] == ["pll", "1", "1"]
