"""What is counted of a trial under trio that was judged; and that one which was run twice was the same."""

from __future__ import annotations

from attrs import frozen

from runtime.faults.forked import Disturbed
from runtime.faults.ran import Ran
from runtime.faults.site import LoggedChip
from runtime.faults.tally import Failed, Tally
from runtime.faults.trial import NO_FAULT, Trial

NOBODY = "chip"  # the block of what strikes no access, and its type
TWICE = 2  # trials that are run twice, and must be the same to the last access


@frozen
class Tried:
    """A trial under trio that answers for a point.

    Attributes:
        block: whose access was struck, or what was upset; `type_name`: of it.
        broken: what must not be, one sentence; empty: nothing. `misled`: a rule was broken that nobody could keep.
    """

    trial: Trial
    ran: Ran
    kind: str
    block: str
    type_name: str
    broken: str
    misled: bool = False

    def count(self, tally: Tally, limit_s: float) -> None:
        """Count its point, and what came of it.

        Args:
            limit_s: what a recovery may take; what was allowed beyond that is patience.
        """
        ran, cell = self.ran, tally.cell(self.kind, self.type_name)
        tally.points += 1
        cell.points, cell.trials = cell.points + 1, cell.trials + 1
        tally.arms.update(ran.arms)
        tally.recovered_accesses += ran.resumed - (ran.struck or ran.first)
        if self.broken:
            tally.fail(Failed(str(self.trial), self.kind, self.block, self.type_name, self.broken))
            return
        if ran.took:
            longest = max(ran.took, key=lambda took: took.elapsed_s)
            patience_s = max(0.0, round(longest.allowed_s - limit_s, 9))
            tally.took(self.kind, self.type_name, self.block, longest.elapsed_s, str(self.trial), patience_s)
        cell.misled += self.misled
        cell.reset += ran.mended is not None


def broke(trial: Trial, broken: str) -> Tally:
    """Return what a campaign comes to whose run without a fault is wrong: one point, which failed."""
    tally = Tally(trials=1, whole=1)
    tally.there[NO_FAULT] += 1
    Tried(trial, Ran(), NO_FAULT, NOBODY, NOBODY, broken).count(tally, 0.0)
    return tally


def see_same(trial: Trial, one: tuple[LoggedChip, Ran], other: tuple[LoggedChip, Ran]) -> None:
    """See that a trial was the same when it was run a second time.

    Raises:
        Disturbed: it was another.
    """
    (sim, ran), (again, ran_again) = one, other
    if sim.log != again.log or ran.registers != ran_again.registers:
        pairs = enumerate(zip(sim.log, again.log, strict=False), 1)
        first = next((number for number, (a, b) in pairs if a != b), min(len(sim.log), len(again.log)) + 1)
        raise Disturbed(f"{trial} ran twice, and was another the second time, from access {first} on")
