"""Trials of a bring-up that run on the heap and under trio as well: both must come to the same, to the last register.

A trial is the same for both where its faults are counted among the accesses of one block, as `reset@pll[2]:7+`: a block
makes the same accesses here and there. Which of other blocks come between differs, for production gathers batches.
"""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping

from attrs import evolve, frozen

from blocks.sim.chip import SimChip
from runtime import determinism
from runtime.faults.golden import Golden
from runtime.faults.heap import registers_of, value_of
from runtime.faults.judged import judge
from runtime.faults.lives import ENDLESS
from runtime.faults.plan import Mode, Plan
from runtime.faults.play import Play
from runtime.faults.scene import Scene, Told
from runtime.faults.site import Firmware, Site, is_half
from runtime.faults.strike import OF_HEAP, sides, strikes
from runtime.faults.trial import CampaignError, Trial, Workload
from transports.faulty.kinds import Kind, Shot

EVERY = 12_500  # accesses, of which one is struck under trio as well
LEAST = 4  # trials of a campaign: 0.1 CPU-s each on mini, 2 on atlas
MOST = 32
# These strike otherwise here and there: which bit flips is drawn among others, and a link that is down may answer.
OTHERWISE = frozenset({Kind.FLIP, Kind.DOWN})
BOTH = tuple(kind for kind in OF_HEAP if kind not in OTHERWISE)

_REASON = re.compile(r"(?P<law>safety|liveness): (?:[\d.]+ us )?(?P<where>[^\s:]+)")


def sample(plan: Plan, golden: Golden, blocks: Collection[str]) -> list[Trial]:
    """Return the trials of a campaign that are run under trio as well, of all its shards: kinds in turn, drawn.

    Each strikes once, where the campaign does; of `double` the recovery is reset, too, at the same block.

    Args:
        blocks: whose accesses are struck.
    """
    there = {kind: found for kind in plan.kinds if kind in BOTH and (found := list(_fit(golden, kind, blocks)))}
    if not there:
        return []
    draw = random.Random(f"{plan.seed}/agree")
    trials: list[Trial] = []
    for turn in range(_share(plan, there) if plan.agree is None else plan.agree):
        kind = list(there)[turn % len(there)]
        block, number = draw.choice(there[kind])
        shots = [Shot(kind, number, draw.choice(sides(kind)), block)]
        if plan.points.mode is Mode.DOUBLE:
            shots.append(Shot(kind, draw.randint(1, number), draw.choice(sides(kind)), block))
        trials.append(Trial(Workload.BRINGUP, plan.seed, tuple(shots)))
    return trials


def _share(plan: Plan, there: Mapping[Kind, Collection[object]]) -> int:
    """Return how many that are by default, by the accesses that each kind of fault can strike: one of each at least."""
    share = min(MOST, max(LEAST, len(there), sum(map(len, there.values())) // EVERY))
    return min(share, plan.points.drawn) if plan.points.mode is Mode.SEEDED else share


def _fit(golden: Golden, kind: Kind, blocks: Collection[str]) -> Iterator[tuple[str, int]]:
    """Yield the accesses that a kind of fault can strike: whose, and which of that block's."""
    made = Counter[str]()
    for access in golden.accesses:
        made[access.block] += 1
        if access.block in blocks:
            half = kind is Kind.TORN and is_half(golden.sim.chip, access.block, access.address, access.width)
            if strikes(kind, access.width, write=access.write, half=half):
                yield access.block, made[access.block]


def of_blocks(golden: Golden, trial: Trial) -> Trial | None:
    """Return a trial with each fault counted among the accesses of its block; None: nobody knows whose one is.

    That of the first is known, by the run without a fault; what follows it is not.
    """
    first, *rest = trial.shots
    if any(not shot.block for shot in rest) or any(shot.kind not in BOTH for shot in trial.shots):
        return None
    if first.block:
        return trial
    if first.number > len(golden.accesses):
        return None
    block = golden.accesses[first.number - 1].block
    number = sum(access.block == block for access in golden.accesses[: first.number])
    return evolve(trial, shots=(evolve(first, block=block, number=number), *rest))


@frozen
class _End:
    """How a trial ended, one way or the other.

    Attributes:
        broken: what must not be, one sentence; empty: nothing.
        mended: only a reset could mend what the fault had left.
        struck: how many of its faults did.
    """

    broken: str
    mended: bool
    struck: int
    sim: SimChip
    registers: Mapping[str, Mapping[str, int]]

    def __str__(self) -> str:
        return self.broken or f"recovered{' by a reset' if self.mended else ''} from {self.struck} of the faults"

    def like(self, other: _End) -> bool:
        """Say whether another ended the same: the same law is broken at the same place, or none."""
        mine, theirs = (_REASON.match(one.broken) for one in (self, other))
        same = mine is not None and theirs is not None and mine.groups() == theirs.groups()
        return same if self.broken or other.broken else (self.mended, self.struck) == (other.mended, other.struck)


class Agreement:
    """Runs trials on the heap and under trio.

    Args:
        scene: of the heap.
    """

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._site = Site(Firmware(scene.load), scene.seed, None, workload=False, up=False)

    def compare(self, trial: Trial, told: Told) -> str:
        """Run a trial under trio; return what is otherwise than on the heap, in words.

        That is empty where all is the same: whether it recovered, else which law was broken where, and every register,
        but for the bits that the chip calls volatile. What comes to no end on the heap is not run.

        Args:
            told: of the heap, of the whole chip.

        Raises:
            CampaignError: nothing struck there.
        """
        if not told.marks:
            raise CampaignError(f"{trial.shots[0]}: there is no such access")
        if ENDLESS in told.verdict.broken:  # nor does it under trio
            return ""
        assert told.sim is not None, "a part has no end of its own"
        heap = _End(told.verdict.broken, told.verdict.reset, len(told.marks), told.sim, registers_of(told.sim))
        trio = self._under_trio(trial)
        self._scene.let_go()
        if not trio.like(heap):
            return f"under trio: {trio}; on the heap: {heap}"
        return next(self._otherwise(trio, heap), "")

    def _under_trio(self, trial: Trial) -> _End:
        site, golden = self._site, self._scene.golden
        play = Play(site, trial, golden.critical_s)
        ran = determinism.run(play.run, seed=trial.seed, clock=site.clock())
        assert site.sim is not None, "a trial without a chip"
        unlike = golden.unlike(ran.registers, site.at_reset)
        broken = judge(ran, site, None).broken or (unlike and f"liveness: {unlike}")
        return _End(broken, ran.mended is not None, len(ran.strikes), site.sim, ran.registers)

    def _otherwise(self, trio: _End, heap: _End) -> Iterator[str]:
        """Yield the registers that end otherwise; one that nothing touched holds what it holds at reset."""
        for block, held in trio.registers.items():
            volatile, known = self._scene.golden.volatile(block), heap.registers[block]
            for path in {**held, **known}:
                seen = held[path] if path in held else value_of(trio.sim, block, path)
                wanted = known[path] if path in known else value_of(heap.sim, block, path)
                if (seen ^ wanted) & ~volatile.get(path, 0):
                    yield f"{block}.{path} ends as {seen:#x} under trio, on the heap as {wanted:#x}"
