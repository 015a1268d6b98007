"""Resets of the controller, and of the one that recovers from that: twice within one bring-up.

Which pairs need no trial is what makes this possible:

- **Disjoint footprints.** A recovery touches the registers of its own part alone: a batch that would reach further is
  refused, nets to other blocks are cut, and what is up is not written (`parts`). So a second reset in another part than
  the first is a first reset there, and those are tried by themselves.
- **Alike.** States whose parts recover by the same accesses (the same types of block at the same places of the part,
  the same registers, read or written, in the same order, and the same words) are one class. One of each class is tried,
  and of some classes a second, drawn at random, which must come to the same.

Where many blocks climb together, as the routers of a mesh, their states are many and each recovery is long: of these
some are tried, in another turn for each class, and only their points count.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Collection, Sequence
from hashlib import blake2b

from attrs import define, field, frozen

from blocks.sim.chip import SimChip
from runtime.faults.heap import Bringup, Controller
from runtime.faults.parts import Parts
from runtime.faults.scene import Scene
from runtime.faults.tally import Failed, Tally
from runtime.faults.trial import Trial, Workload
from transports.faulty.kinds import Kind, Shot

TOGETHER = 4  # in a part of n times as many blocks every n-th state is tried
SECOND = 0.02  # of the states whose class was tried: tried as well
CONFIRMED_MAX = 200  # trials in doubt that are run with the whole chip; the others count as failed
DOUBLE = "reset twice"
IN_PART = "its part, alone, does not end as without a reset; the whole chip was not tried there"


class NotAlike(RuntimeError):
    """Two states that recover by the same accesses did not come to the same: ours is the fault, nothing is proved."""


Traced = tuple[str, bool, int, int, int]  # whose, whether it writes, address, width, word


@frozen
class _Found:
    """What second resets in one recovery came to.

    Attributes:
        points: before and after its accesses, that the trials answer for.
        trials: second resets, of which `doubts` did not end as they should.
    """

    points: int
    trials: int
    doubts: int


@define
class _Class:
    """States that recover alike.

    Attributes:
        mine: this shard tries one.
        type: of the block whose access is next to the first reset.
        every: state of that recovery is tried, beginning with that of its `turn`.
        points: of the states.
        found: by the one that was tried.
    """

    mine: bool
    type: str
    every: int
    turn: int
    points: int = 0
    found: _Found | None = None


@define(eq=False)
class _Trace:
    """The way of a recovery, whose accesses are noted."""

    sim: SimChip
    run: Bringup | None = None
    accesses: list[Traced] = field(factory=list[Traced])

    def read(self, address: int, width: int) -> int:
        """Read one word."""
        word = self.sim.read(address, width)
        self._note(False, address, width, word)
        return word

    def write(self, address: int, value: int, width: int, strobes: int | None) -> None:
        """Write one word."""
        self._note(True, address, width, value)
        self.sim.write(address, value, width, strobes)

    def _note(self, write: bool, address: int, width: int, word: int) -> None:
        assert self.run is not None, "an access before the run"
        self.accesses.append((self.run.owner, write, address, width, word))


@define(eq=False)
class Cut:
    """The way of a recovery that is cut off at the states of the hardware.

    Such are before the first access, after each write, and wherever time passed or a read may have changed something.

    Attributes:
        every: state is cut off, beginning with that of its `turn`.
        points: before and after accesses, in the states where it was.
    """

    sim: SimChip
    at: Callable[[Bringup, Shot], None]
    every: int
    turn: int
    run: Bringup | None = None
    points: int = 0
    _counts: dict[str, int] = field(factory=dict[str, int])
    _passed: int = -1
    _states: int = 0
    _cut: bool = False

    def read(self, address: int, width: int) -> int:
        """Read one word."""
        run = self._before()
        idle = self.sim.model(run.owner).registers.idle(address - self.sim.chip.instances[run.owner].address, width)
        word = self.sim.read(address, width)
        if idle:
            self.points += self._cut
        else:
            self._after(run)
        return word

    def write(self, address: int, value: int, width: int, strobes: int | None) -> None:
        """Write one word."""
        run = self._before()
        self.sim.write(address, value, width, strobes)
        self._after(run)

    def _before(self) -> Bringup:
        run = self.run
        assert run is not None, "an access before the run"
        self._counts[run.owner] = number = self._counts.get(run.owner, 0) + 1
        if run.passed != self._passed:
            self._passed = run.passed
            self._state(run, Shot(Kind.RESET, number, False, run.owner))
        self.points += self._cut
        return run

    def _after(self, run: Bringup) -> None:
        self._state(run, Shot(Kind.RESET, self._counts[run.owner], True, run.owner))
        self.points += self._cut

    def _state(self, run: Bringup, second: Shot) -> None:
        self._cut = self._states % self.every == self.turn
        self._states += 1
        if self._cut:
            self.at(run, second)


class Doubles:
    """Pairs of resets.

    Args:
        mine: says of a class, by its number, whether it is of this shard.
    """

    def __init__(self, scene: Scene, tally: Tally, mine: Callable[[int], bool]) -> None:
        self.scene, self.tally, self._mine = scene, tally, mine
        self._third = Controller(scene.load())
        self._classes: dict[bytes, _Class] = {}
        self._doubted: list[tuple[Trial, str]] = []

    def visit(self, parts: Parts, run: Bringup, points: int, first: Shot) -> None:
        """Try a state, or know it for one of a class that was tried.

        Args:
            points: of the state.
            first: the reset there.

        Raises:
            NotAlike: it is another than the one of its class that was tried.
        """
        trace = _Trace(run.sim)
        part = parts.recover(run.owner, trace)
        key = self._key(part.blocks, trace.accesses)
        known = self._classes.get(key)
        if known is None:
            number, every = len(self._classes), max(1, len(part.blocks) // TOGETHER)
            type_name = self.scene.chip.instances[run.owner].type
            known = _Class(self._mine(number), type_name, every, number % every)
            self._classes[key] = known
            if known.mine:
                known.found = self._try(parts, run, first, known)
        elif known.mine and random.Random(f"{self.scene.seed}/doubles/{first}").random() < SECOND:
            again = self._try(parts, run, first, known)
            if again != known.found:
                raise NotAlike(f"{first}: {again}; another that recovers alike had {known.found}")
        known.points += points

    def _try(self, parts: Parts, run: Bringup, first: Shot, known: _Class) -> _Found:
        """Reset once more at the states of a recovery."""
        tally, trials, doubts = self.tally, 0, 0

        def at(inner: Bringup, second: Shot) -> None:
            nonlocal trials, doubts
            found = parts.within(inner, self._third).recover(inner.owner)
            trial = Trial(Workload.BRINGUP, self.scene.seed, (first, second))
            type_name = self.scene.chip.instances[inner.owner].type
            trials += 1
            tally.recovered_accesses += found.accesses
            tally.took(DOUBLE, type_name, inner.owner, found.elapsed_s, str(trial))
            for (block, rung), times in found.arms.items():
                instance = self.scene.chip.instances.get(block)
                tally.arms[f"{block if instance is None else instance.type}.{rung}"] += times
            if found.doubt:
                doubts += 1
                self._doubted.append((trial, inner.owner))

        cut = Cut(run.sim, at, known.every, known.turn)
        parts.recover(run.owner, cut)
        tally.trials += trials
        return _Found(cut.points, trials, doubts)

    def finish(self) -> None:
        """Count the points of all classes, and run with the whole chip what is in doubt."""
        for known in self._classes.values():
            if known.found is not None:
                points = known.found.points * known.points
                self.tally.points += points
                self.tally.cell(DOUBLE, known.type).points += points
        for trial, block in self._doubted[:CONFIRMED_MAX]:
            told = self.scene.trial(trial, strict=False)
            self.tally.whole += 1
            broken = told.verdict.broken or ("" if told.all_struck else IN_PART)
            if broken:
                type_name = self.scene.chip.instances[block].type
                self.tally.fail(Failed(str(trial), DOUBLE, block, type_name, broken))
        self.tally.doubted += len(self._doubted)
        for trial, block in self._doubted[CONFIRMED_MAX:]:
            type_name = self.scene.chip.instances[block].type
            self.tally.fail(Failed(str(trial), DOUBLE, block, type_name, IN_PART))

    def _key(self, blocks: Sequence[str], accesses: Collection[Traced]) -> bytes:
        places = {name: index for index, name in enumerate(blocks)}
        instances = self.scene.chip.instances
        digest = blake2b(digest_size=16)
        digest.update(repr([instances[name].type for name in blocks]).encode())
        for owner, write, address, width, word in accesses:
            offset = address - instances[owner].address
            digest.update(b"%d %d %d %d %d," % (places[owner], write, offset, width, word))
        return digest.digest()
