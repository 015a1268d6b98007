"""Resets of the controller, and of the one that recovers from that: twice within one bring-up.

Which pairs need no trial is what makes this possible:

- **Disjoint footprints.** A recovery touches the registers of its own part alone: a batch that would reach further is
  refused, nets to other blocks are cut, and what is up is not written (`parts`). So a second reset in another part than
  the first is a first reset there, and those are tried by themselves.
- **Alike.** States whose parts recover by the same accesses (the same drivers with the same configuration at the same
  places of the part, the same registers, read or written, in the same order, and the same words), and hold the same of
  what software wrote where that recovery does not look before it writes, are one class. One of each class is tried, and
  of some classes a second, drawn at random, which must come to the same: a check, no trial.
- **Each instance.** What a driver does once it was cut off a second time may depend on which block it is. So each
  other part of a class is tried as well: at all states where a type has few blocks, at some where it has hundreds. One
  that comes to something else is a class of its own, and is tried at all.

Where many blocks climb together, as the routers of a mesh, their states are many and each recovery is long: of these
some are tried, in another turn for each class, and only their points count.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from hashlib import blake2b
from math import ceil

from attrs import define, evolve, field

from blocks.sim.chip import SimChip
from registers.schema import RegisterType
from runtime.faults.engines import Unproved
from runtime.faults.heap import Bringup, Controller, ours
from runtime.faults.judged import kept
from runtime.faults.notes import Notes
from runtime.faults.parts import Parts
from runtime.faults.recovery import IN_PART, Verdict
from runtime.faults.scene import Alike, Scene
from runtime.faults.trial import Trial, Workload
from transports.faulty.kinds import Kind, Shot

TOGETHER = 4  # in a part of n times as many blocks every n-th state is tried
FEW = 8  # blocks of a type, of which each is tried at all states; of n times as many each is at every n-th
SECOND = 0.02  # of the states whose class was tried: tried as well
FAILED_MAX = 4  # trials in doubt of a class that fail with the whole chip, too; the others in doubt count as failed
DOUBLE = "reset twice"
UNTRIED = "in its part, and not tried with the whole chip"


class NotAlike(Unproved):
    """Two states that recover by the same accesses did not come to the same: ours is the fault, nothing is proved."""


Traced = tuple[str, bool, int, int, int]  # whose, whether it writes, address, width, word


@define
class _Class:
    """States that recover alike.

    Attributes:
        mine: this shard tries one.
        accesses: of that recovery; each is a point before and one after.
        every: state of it is tried, beginning with that of its `turn`.
        points: of the states.
        seconds: what came of each second reset, in their order.
        sizes: points of the states in which these were.
        failed: of those in doubt, with the whole chip.
        parts: that were tried, and the class that each belongs to: this one, or one of its own.
    """

    mine: bool
    accesses: int
    every: int
    turn: int
    points: int = 0
    seconds: list[Verdict] = field(factory=list[Verdict])
    sizes: list[int] = field(factory=list[int])
    failed: int = 0
    parts: dict[tuple[str, ...], _Class] = field(factory=dict[tuple[str, ...], "_Class"])

    def all(self) -> list[_Class]:
        """Return it, and the classes of parts that came to something else."""
        return [self, *(of for of in self.parts.values() if of is not self)]

    def answers(self) -> Iterator[tuple[Verdict, int]]:
        """Yield the verdict of each second reset, and the pairs of points that it answers for in all the class."""
        for verdict, size in zip(self.seconds, self.sizes, strict=True):
            yield verdict, size * self.points


@define(eq=False)
class _Trace:
    """The way of a recovery: its accesses are noted, and what its blocks held until then where it did not look.

    Who is cut off may have left that for the second recovery to read.
    """

    sim: SimChip
    run: Bringup | None = None
    accesses: list[Traced] = field(factory=list[Traced])
    _unread: dict[str, dict[int, int]] = field(factory=dict[str, dict[int, int]])
    _written: set[tuple[str, int]] = field(factory=set[tuple[str, int]])

    def read(self, address: int, width: int) -> int:
        """Read one word."""
        block, offset = self._at(address)
        unread = self._of(block)
        word = self.sim.read(address, width)
        self.accesses.append((block, False, address, width, word))
        for byte in range(offset, offset + width):
            if (block, byte) not in self._written:
                unread.pop(byte, None)
        return word

    def write(self, address: int, value: int, width: int, strobes: int | None) -> None:
        """Write one word."""
        block, offset = self._at(address)
        self._of(block)
        self._written.update((block, byte) for byte in range(offset, offset + width))
        self.accesses.append((block, True, address, width, value))
        self.sim.write(address, value, width, strobes)

    def unread(self, blocks: Sequence[str]) -> list[list[tuple[int, int]]]:
        """Return what each block held of what software wrote, where that was not read before it was written: bytes."""
        return [sorted(self._of(block).items()) for block in blocks]

    def _at(self, address: int) -> tuple[str, int]:
        assert self.run is not None, "an access before the run"
        return self.run.owner, address - self.sim.chip.instances[self.run.owner].address

    def _of(self, block: str) -> dict[int, int]:
        if block not in self._unread:
            self._unread[block] = _kept(self.sim, block)
        return self._unread[block]


def _kept(sim: SimChip, block: str) -> dict[int, int]:
    """Return what the registers of a block hold of what software wrote, where that is not 0: bytes, by offset."""
    found: dict[int, int] = {}
    for store in sim.model(block).registers.fabric.bank.stores():
        held = store.value & _mask(store.register)
        if held:
            offset = store.place.offset
            found.update(
                (offset + at, byte) for at, byte in enumerate(held.to_bytes(store.register.width, "little")) if byte
            )
    return found


@cache
def _mask(register: RegisterType) -> int:
    """Return the bits of a register that keep what software writes, and that no hardware sets."""
    return sum(one.mask for one in register.fields if kept(one) and not one.hw.writable)


@define(eq=False)
class Cut:
    """The way of a recovery that is cut off at the states of the hardware.

    Such are before the first access, after each write, and wherever time passed or a read may have changed something.

    Attributes:
        every: state is cut off, beginning with that of its `turn`.
        sizes: points before and after accesses, of each state where it was.
    """

    sim: SimChip
    at: Callable[[Bringup, Shot], None]
    every: int
    turn: int
    run: Bringup | None = None
    sizes: list[int] = field(factory=list[int])
    _counts: dict[str, int] = field(factory=dict[str, int])
    _passed: int = -1
    _states: int = 0
    _cut: bool = False

    def read(self, address: int, width: int) -> int:
        """Read one word."""
        run = self._before()
        word = self.sim.read(address, width)  # the first of a register makes it known
        idle = self.sim.model(run.owner).registers.idle(address - self.sim.chip.instances[run.owner].address, width)
        self._point(run, after=True, changed=not idle)
        return word

    def write(self, address: int, value: int, width: int, strobes: int | None) -> None:
        """Write one word."""
        run = self._before()
        self.sim.write(address, value, width, strobes)
        self._point(run, after=True, changed=True)

    def _before(self) -> Bringup:
        run = self.run
        assert run is not None, "an access before the run"
        self._counts[run.owner] = self._counts.get(run.owner, 0) + 1
        self._point(run, after=False, changed=run.passed != self._passed)
        self._passed = run.passed
        return run

    def _point(self, run: Bringup, *, after: bool, changed: bool) -> None:
        if changed:
            self._cut = self._states % self.every == self.turn
            self._states += 1
        if self._cut:
            if changed:
                self.sizes.append(0)
                with ours():
                    self.at(run, Shot(Kind.RESET, self._counts[run.owner], after, run.owner))
            self.sizes[-1] += 1


class Doubles:
    """Pairs of resets.

    Args:
        mine: says of a class, by its number, whether it is of this shard.
    """

    def __init__(self, scene: Scene, notes: Notes, mine: Callable[[int], bool]) -> None:
        self.scene, self.notes, self.tally, self._mine = scene, notes, notes.tally, mine
        self._third = Controller(scene.load())
        self._classes: dict[bytes, _Class] = {}
        self._of_type = Counter(instance.type for instance in scene.chip.instances.values())

    def visit(self, parts: Parts, run: Bringup, points: int, first: Shot) -> None:
        """Try a state, or know it for one of a class that was tried.

        Args:
            points: of the state.
            first: the reset there.

        Raises:
            NotAlike: it is another than the one of its class that was tried.
        """
        key, blocks, accesses = self._class_of(parts, run, first)
        known = self._classes.get(key)
        if known is None:
            number, every = len(self._classes), max(1, len(blocks) // TOGETHER)
            known = _Class(self._mine(number), accesses, every, number % every)
            self._classes[key] = known
            if known.mine:
                self._fill(known, parts, run, first)
                known.parts[blocks] = known
        elif known.mine:
            known = self._belongs(known, blocks, parts, run, first)
        known.points += points

    def _class_of(self, parts: Parts, run: Bringup, first: Shot) -> Alike:
        """Return what class a state is of: kept with the scene, for the next shard that this process runs."""
        known = self.scene.alike.get(first)
        if known is None:
            trace = _Trace(run.sim)
            part = parts.recover(run.owner, trace)
            known = self._key(part.blocks, trace), part.blocks, len(trace.accesses)
            self.scene.alike[first] = known
        return known

    def _fill(self, known: _Class, parts: Parts, run: Bringup, first: Shot) -> None:
        """Try the first state of a class."""
        known.seconds, known.sizes = self._try(parts, run, first, known.every, known.turn)
        self._count(known.seconds)

    def _count(self, seconds: Sequence[Verdict]) -> None:
        for second in seconds:
            self.notes.count(DOUBLE, second.block, 0)

    def _belongs(self, known: _Class, blocks: tuple[str, ...], parts: Parts, run: Bringup, first: Shot) -> _Class:
        """Return the class that a state of some part is of: that whose first recovery it shares, or the part's own.

        Raises:
            NotAlike: it was drawn, and is another than the one of its part that was tried.
        """
        draw, of = random.Random(f"{self.scene.seed}/doubles/{first}"), known.parts.get(blocks)
        if of is None:
            step = max(1, ceil(self._of_type[self.scene.chip.instances[run.owner].type] / FEW))
            offset = draw.randrange(step)
            every, turn = known.every * step, known.turn + known.every * offset
            seconds, sizes = self._try(parts, run, first, every, turn)
            self._count(seconds)
            of = known
            if _alike(seconds, sizes) != _alike(known.seconds[offset::step], known.sizes[offset::step]):
                of = _Class(True, known.accesses, known.every, known.turn)
                self._fill(of, parts, run, first)
            known.parts[blocks] = of
        elif draw.random() < SECOND:
            said = _alike(*self._try(parts, run, first, of.every, of.turn))
            if said != (expected := _alike(of.seconds, of.sizes)):
                raise NotAlike(f"{first}: {said}; another of this part that recovers alike had {expected}")
        return of

    def _try(self, parts: Parts, run: Bringup, first: Shot, every: int, turn: int) -> tuple[list[Verdict], list[int]]:
        """Reset once more at the states of a recovery; return what came of it, and the points of each state."""
        seconds: list[Verdict] = []

        def at(inner: Bringup, second: Shot) -> None:
            found = parts.within(inner, self._third).recover(inner.owner)
            trial = Trial(Workload.BRINGUP, self.scene.seed, (first, second))
            self.tally.recovered_accesses += found.accesses
            seconds.append(evolve(found.verdict(trial, run.owner), kind=DOUBLE))

        cut = Cut(run.sim, at, every, turn)
        parts.recover(run.owner, cut)
        return seconds, cut.sizes

    def finish(self) -> None:
        """Count the points of all classes, and run with the whole chip what is in doubt."""
        for first in self._classes.values():
            for known in first.all() if first.mine else ():
                self.tally.there[DOUBLE] += 2 * known.accesses * known.points
                for verdict, points in known.answers():
                    self.notes.answer(DOUBLE, verdict.block, points)
                    self.notes.note(self._decided(known, verdict) if verdict.broken else verdict, points)

    def _decided(self, known: _Class, doubted: Verdict) -> Verdict:
        """Return what the whole chip says of what is in doubt; what its part says where it makes no such access.

        Where the whole chip has said often enough that the class fails, it is not asked any more. No other class, which
        may be of another shard, has a part in that.
        """
        self.tally.doubted += 1
        if known.failed >= FAILED_MAX:
            return evolve(doubted, broken=f"{UNTRIED}: {doubted.broken}")
        told = self.scene.trial(Trial.parse(doubted.replay), strict=False)
        self.notes.whole(told.verdict)
        if told.verdict.broken or told.all_struck:
            decided = evolve(told.verdict, kind=DOUBLE, block=doubted.block)
        else:
            decided = evolve(doubted, broken=f"{IN_PART}: {doubted.broken}")
        known.failed += bool(decided.broken)
        return decided

    def _key(self, blocks: Sequence[str], trace: _Trace) -> bytes:
        places = {name: index for index, name in enumerate(blocks)}
        instances = self.scene.chip.instances
        digest = blake2b(digest_size=16)
        blocks_there = [instances[name].block for name in blocks]
        whose = [(type(block).__module__, type(block).__qualname__, block.config) for block in blocks_there]
        digest.update(repr(whose).encode())
        digest.update(repr(trace.unread(blocks)).encode())
        for owner, write, address, width, word in trace.accesses:
            offset = address - instances[owner].address
            digest.update(b"%d %d %d %d %d," % (places[owner], write, offset, width, word))
        return digest.digest()


def _alike(seconds: Sequence[Verdict], sizes: Sequence[int]) -> str:
    """Say what is the same of states that recover alike: how many second resets, at which points, with what end."""
    doubts = [index for index, second in enumerate(seconds) if second.broken]
    return f"{len(seconds)} second resets, of states with {list(sizes)} points, {doubts} of them in doubt"
