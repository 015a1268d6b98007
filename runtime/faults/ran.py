"""What was seen of one trial on the runtime of production."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from attrs import define, field

from runtime.faults.times import Took
from runtime.summary import Summary
from transports.batch import Batch, Results
from transports.faulty import Kind, Shot, Strike


@define
class Transfer:
    """A batch that was struck at a block others are reached through.

    Attributes:
        first: of the chip's log, where it was struck; `back`: where it was over; None: it was not.
    """

    block: str
    first: int
    back: int | None = None


@define
class Well:
    """A block that was up and well.

    Attributes:
        first: of the chip's log, where that was seen; `last`: where something was done to it; None: nothing was.
    """

    block: str
    first: int
    last: int | None = None

    def at(self, number: int) -> bool:
        """Say whether it is well at an access."""
        return self.first <= number and (self.last is None or number < self.last)


@define(eq=False)
class Ran:
    """What was seen of one trial.

    Attributes:
        strikes: the shots that struck; `missed` those that could not, where they should have.
        refused: why the way cannot have faults of some kinds.
        count: accesses that the first controller asked for since shots were counted; `rises` of interrupts.
        first: of the chip's log, the first access since then; `struck` since the first strike, `resumed` of the look at
            the end; `marks` those since each strike, `backs` since each round trip after the first of them,
            `trips` how many of these were over at each strike; `well`: the blocks that were up and well, from where to
            where.
        looks: of the log, where each bring-up began, or resume at the end; `transfers`: batches that were struck at a
            block others are reached through.
        again: bring-ups that had to be tried again; `mended`: of the log, where the device was reset, for no look could
            mend what the fault had left.
        up_s: when all was up, where somebody waited for that.
        took: what had to be done in time; empty: nothing had fallen.
        summary: of the resume at the end; nothing was to be done.
        before: what registers held in service, before anything happened; none of a bring-up.
        registers: at the end, before that look; `lost` and `corrupt` packets since the strike.
        rules: that were broken by then, each by its number among all that the chip tells, but for those that nobody
            could keep: by what was out already when the whole device was reset.
        spoilt: the blocks that a batch which was under way when the whole device was reset wrote to after that.
        judges: the target itself tells which rules were broken.
        guarded: the runtime keeps the chip up, and makes sure of what a block stands on by the same batch.
        disturbed: what may be written since something was done to a block; `fell`: what it brought down at once,
            and `down`, without a fault: from where of the log one of these does not stand as its ladder wants.
        wrote: the blocks that were written to.
        raised: the blocks whose line is high in the end, and was not before anything happened; of a bring-up none.
        problem: what the runtime ended with, and should not.
        arms: what of the policy, and which rungs, were come to since the first strike.
        batches: of a target that tells no accesses, each and its results; `turns`: how many there were at each strike.
    """

    strikes: list[Strike] = field(factory=list[Strike])
    missed: list[Shot] = field(factory=list[Shot])
    refused: dict[Kind, str] = field(factory=dict[Kind, str])
    count: int = 0
    rises: int = 0
    first: int = 0
    struck: int = 0
    marks: list[int] = field(factory=list[int])
    backs: list[int] = field(factory=list[int])
    trips: list[int] = field(factory=list[int])
    resumed: int = 0
    well: list[Well] = field(factory=list[Well])
    zombies: int = 0
    looks: list[int] = field(factory=list[int])
    transfers: list[Transfer] = field(factory=list[Transfer])
    again: int = 0
    mended: int | None = None
    up_s: float | None = None
    took: list[Took] = field(factory=list[Took])
    summary: Summary | None = None
    before: Mapping[str, Mapping[str, int]] = field(factory=dict[str, Mapping[str, int]])
    registers: Mapping[str, Mapping[str, int]] = field(factory=dict[str, Mapping[str, int]])
    rules: Mapping[int, str] = field(factory=dict[int, str])
    lost: int = 0
    corrupt: int = 0
    problem: str = ""
    spoilt: frozenset[str] = frozenset()
    judges: bool = False
    guarded: bool = True
    disturbed: frozenset[str] = frozenset()
    fell: frozenset[str] = frozenset()
    down: dict[str, int] = field(factory=dict[str, int])
    wrote: frozenset[str] = frozenset()
    raised: frozenset[str] = frozenset()
    arms: Counter[str] = field(factory=Counter[str])
    batches: list[tuple[Batch, Results]] = field(factory=list[tuple[Batch, Results]])
    turns: list[int] = field(factory=list[int])
