"""All times that a run tells are counted from one moment, the session's begin, whatever the clock says then."""

from __future__ import annotations

import re
from math import inf

import pytest
import trio
from attrs import define, field

from blocks.chip import load_chip
from blocks.sim import SimTransport
from blocks.sim.chip import SimChip
from runtime.bringup import bring_up
from runtime.cli.report import print_summary
from runtime.clock import VirtualClock
from runtime.history import History
from runtime.summary import Progress, State, Summary
from runtime.views.page import page
from runtime.views.trace import trace
from transports.base import Judgement

ASKED_S = 0.03  # a peer's answer, before anything moves


class Slow(SimTransport):
    """A simulated chip that takes its time to be asked, as one over a socket does."""

    async def judge(self) -> Judgement:
        await trio.sleep(ASKED_S)
        return await super().judge()


@define
class Told:
    """What one run tells, wherever it tells it."""

    summary: Summary
    history: History
    moves: list[Progress] = field(factory=list[Progress])

    def times(self) -> list[float]:
        """Return every time that is told."""
        (fault,) = self.summary.failed
        spans = [time for row in self.history.spans().values() for span in row for time in (span.start_s, span.end_s)]
        events = [event["ts"] / 1e6 for event in trace(self.history, "mini")["traceEvents"] if "ts" in event]
        moved = [move.time_s for move in self.moves]
        return [fault.time_s, *(access.time_s for access in fault.accesses), *moved, *spans, *events]


def run(begin_s: float) -> Told:
    """Bring mini up with a PLL that never locks, on a clock that has gone on for a while."""

    async def main() -> Told:
        await trio.sleep(begin_s)
        chip, history, moves = load_chip("mini"), History(), list[Progress]()
        sim = Slow(SimChip(chip, overrides={"pll[2]": {"lock_s": inf}}))
        summary = await bring_up(chip, sim, history=history, on_event=moves.append)
        return Told(summary, history, moves)

    return trio.run(main, clock=VirtualClock())


def test_all_times_have_one_zero(capsys: pytest.CaptureFixture[str]) -> None:
    """Wherever a time is told, it lies between 0 and what the run took, whatever the clock said at its begin."""
    for told in (run(0.0), run(4096.0)):
        assert min(told.times()) >= 0
        assert max(told.times()) <= told.summary.elapsed_s + 1e-9
        (fault,) = told.summary.failed
        assert ASKED_S < fault.accesses[-1].time_s <= fault.time_s
        failed_s = [move.time_s for move in told.moves if move.state is State.FAILED]
        assert failed_s == pytest.approx([fault.time_s], abs=1e-6)
        assert min(move.time_s for move in told.moves) == pytest.approx(ASKED_S)
        print_summary(told.summary, whole=13)
        said = capsys.readouterr().out
        assert re.search(r", at 30\.\d ms; its last accesses, in us from the begin:\n +30\d\d\d\.\d{3}  ", said)
        shown = page(load_chip("mini"), told.summary, told.history)
        assert "<dt>at</dt><dd>30." in shown
        assert re.search(r"in us from the begin of the run:\n(\d+ accesses before these\n)? +30\d\d\d\.", shown)
