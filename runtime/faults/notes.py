"""What trials came to, counted: each trial once, whether it was run in its part, with the whole chip, or both."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from attrs import evolve, frozen

from runtime.faults.recovery import Verdict, arms_told
from runtime.faults.tally import Failed, Slow, Tally

if TYPE_CHECKING:
    from blocks.chip import Chip

UNDER_TRIO = "under trio"  # the kind of trials that come to something else there


def typed(chip: Chip) -> Callable[[str], str]:
    """Return what gives the type of a block; of anything else its own name."""
    return lambda block: chip.instances[block].type if block in chip.instances else block


@frozen
class Notes:
    """Takes the verdicts of a campaign.

    Attributes:
        type_of: gives the type of a block.
    """

    tally: Tally
    type_of: Callable[[str], str]

    def count(self, kind: str, block: str, points: int = 1) -> None:
        """Count a trial, and the points that it answers for."""
        self.tally.trials += 1
        self.tally.cell(kind, self.type_of(block)).trials += 1
        self.answer(kind, block, points)

    def answer(self, kind: str, block: str, points: int) -> None:
        """Count points that a trial answers for."""
        self.tally.points += points
        self.tally.cell(kind, self.type_of(block)).points += points

    def note(self, verdict: Verdict, points: int = 1) -> None:
        """Note what came of a trial that was counted, and answers for so many points."""
        for (block, rung), times in arms_told(verdict).items():
            self.tally.arms[f"{self.type_of(block)}.{rung}"] += times
        if verdict.broken:
            self.fail(verdict, points)
            return
        kind, of = verdict.kind, self.type_of(verdict.block)
        cell = self.tally.cell(kind, of)
        cell.misled += points * verdict.misled
        cell.reset += points * verdict.reset
        self.tally.took(kind, of, verdict.block, verdict.elapsed_s, verdict.replay, verdict.patience_s)

    def fail(self, verdict: Verdict, points: int = 1) -> None:
        """Note that points did not end well."""
        of = self.type_of(verdict.block)
        self.tally.fail(Failed(verdict.replay, verdict.kind, verdict.block, of, verdict.broken, points))

    def agree(self, verdict: Verdict, points: int = 1) -> None:
        """See that a trial ends well with the whole chip as it did in its part; how long it took there is told, too."""
        if verdict.broken:
            self.tally.differed += 1
            self.fail(verdict, points)
        else:
            slow = Slow(verdict.elapsed_s, verdict.replay, verdict.block, verdict.patience_s)
            self.tally.slow(verdict.kind, self.type_of(verdict.block), slow)

    def agreed(self, verdict: Verdict, differs: str) -> None:
        """Count a trial that was run under trio as well, a check and no point; where it differs it is one, and failed.

        Args:
            verdict: of the heap.
            differs: in which way, in words; empty: not.
        """
        self.tally.agreed += 1
        if differs:
            self.answer(UNDER_TRIO, verdict.block, 1)
            self.fail(evolve(verdict, kind=UNDER_TRIO, broken=differs))

    def whole(self, verdict: Verdict) -> None:
        """Count what a trial of the whole chip cost."""
        self.tally.whole += 1
        self.tally.recovered_accesses += verdict.accesses
