"""The way to a simulated chip on which faults strike: what transports.faulty does to a transport, for the bare heap."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Final, Protocol

from blocks.sim.chip import SimChip
from blocks.sim.faults import ANSWER_S
from registers.model.place import decode
from registers.schema import RegisterType
from runtime.faults.health import Health, Hit, whose
from runtime.faults.rules import Rules
from runtime.faults.site import is_half
from runtime.summary import State
from transports.batch import ones
from transports.engine import Port as Words
from transports.errors import BusFault, Indeterminate, Unavailable
from transports.faulty.kinds import LIES, OF_INTERRUPTS, OF_READS, OF_WRITES, TWO_SIDED, Kind, Shot
from transports.faulty.strike import Strike
from transports.faulty.torn import arriving, tears
from transports.faulty.way import DOWN_S, LATE_S

BLINDING: Final = LIES | {Kind.DEVICE, Kind.DOWN}  # what these do may concern all, or cannot be seen where it was done
OF_HEAP: Final = tuple(kind for kind in Kind if kind not in OF_INTERRUPTS)  # a bring-up on the heap looks by itself

Log = Callable[[bool, int, int], None]


class ControllerReset(BaseException):
    """The controller is reset here; no handler for errors may have it."""


class Life(Protocol):
    """A bring-up that goes on, as far as a fault needs to know it."""

    @property
    def owner(self) -> str:
        """Whose batch runs."""
        ...

    @property
    def now_s(self) -> float:
        """The time of the runtime."""
        ...

    @property
    def batches(self) -> int:
        """How many were begun, with that which runs."""
        ...

    @property
    def states(self) -> Mapping[str, State]:
        """Of each block."""
        ...

    def stall(self, seconds: float) -> None:
        """Let time pass in the midst of an access."""
        ...


def sides(kind: Kind) -> tuple[bool, ...]:
    """Return where a kind of fault may strike an access: before, and after where that is another thing."""
    return (False, True) if kind in TWO_SIDED else (False,)


def strikes(kind: Kind, width: int, *, write: bool, half: bool) -> bool:
    """Say whether a kind of fault can happen to such an access.

    Args:
        half: it is one of those that make up a wider register.
    """
    if kind is Kind.TORN:
        return write and tears(width, part=half)
    return write if kind in OF_WRITES else not write if kind in OF_READS else kind not in OF_INTERRUPTS


def looked_at(sim: SimChip, block: str, address: int, width: int) -> Sequence[int]:
    """Return the bits of a word that the ladder of its block looks at; empty: it looks at none."""
    instance = sim.chip.instances[block]
    intended = sim.intended(block)
    bits: list[int] = []
    for place in decode(instance.block.regs.group, address - instance.address):
        if isinstance(place.type, RegisterType) and place.type.width == width:
            looked = [f for f in place.type.fields if f"{place.path}.{f.name}" in intended]
            bits += [bit for f in looked for bit in range(f.lsb, f.lsb + f.width)]
    return bits


class Way(Words, Protocol):
    """Where accesses go: a simulated chip, or what stands before it."""

    def power_on(self) -> None:
        """Reset the chip."""
        ...


class Struck:
    """The way to a simulated chip, until all shots are fired and after.

    Args:
        log: called with each access that reaches the chip: whether it writes, address and word.
        before: accesses that were made already.
        down_s: so long a link is down.

    Attributes:
        fired: the shots that struck.
        struck: whose access was struck first.
        over_s: when the last fault was over.
        hit: what reaches the chip from now on comes after the first fault.
        run: whose accesses these are.
        way: where accesses go.
        marks: of each that struck, how many accesses had reached the chip; `strikes`: what became of its access.
        unfit: shots whose access came, and is none that such a fault can strike.
        unanswered: accesses of each block, of this controller, that nobody answered.
        health: of the blocks, since the first fault; `rules` that were broken.
    """

    def __init__(
        self,
        sim: SimChip,
        shots: Sequence[Shot],
        seed: int,
        log: Log | None = None,
        before: int = 0,
        down_s: float = DOWN_S,
    ) -> None:
        self.way: Way = sim
        self.health, self.rules = Health(sim.chip), Rules(sim)
        self._sim = sim
        self.struck, self.over_s, self.hit = "", 0.0, False
        self.fired: list[Shot] = []
        self.unfit: list[Shot] = []
        self.marks: list[tuple[int, Shot]] = []
        self.strikes: list[Strike] = []
        self._owners: set[str] = set()
        self._reached = 0
        self.run: Life | None = None
        self.log, self._seed = log, seed
        self._left = list(shots)
        self._counts: Counter[str] = Counter({"": before})
        self.unanswered: Counter[str] = Counter()
        self._down_s = -1.0
        self._lasts_s = {Kind.HANG: ANSWER_S, Kind.LATE: LATE_S, Kind.DOWN: down_s}

    @property
    def alone(self) -> str:
        """The only block of which something was struck, if it can see by itself what is wrong; else empty.

        A read that lied, or a reset of the device, may leave it to wait for what cannot come; a link that is down
        strikes all blocks.
        """
        blind = any(shot.kind in BLINDING for shot in self.fired)
        return next(iter(self._owners)) if len(self._owners) == 1 and not blind else ""

    @property
    def left(self) -> Sequence[Shot]:
        """The shots that have not struck."""
        return self._left

    def live(self, run: Life) -> None:
        """Let another controller be the one; accesses are counted anew, but for the first."""
        if self.run is not None:
            self._counts.clear()
            self.unanswered.clear()
            self.health.over(self.run.states)
            self.rules.over()
        self.run = run

    def made(self, block: str) -> int:
        """Return how many accesses the last controller made for a block, or for all, while a shot was left."""
        return self._counts[block]

    def read(self, address: int, width: int) -> int:
        """Read one word, or what a fault makes of it."""
        hit = self._due(address, width)
        if hit is None:
            return self._read(address, width)
        shot, strike = hit.shot, self.strikes[-1]
        self._before(hit)
        if shot.kind is Kind.ONES:
            self.rules.struck(hit)
            strike.told = ones(width)
            return strike.told
        strike.word, strike.times = self._read(address, width), 1
        self._after(hit)
        if shot.kind is Kind.FLIP:
            self.rules.struck(hit)
            bits = looked_at(self._sim, self._alive().owner, address, width) or range(8 * width)
            strike.told = strike.word ^ 1 << random.Random(f"{self._seed}/{shot}").choice(bits)
            return strike.told
        return strike.word

    def write(self, address: int, value: int, width: int, strobes: int | None) -> None:
        """Write one word, or what a fault makes of it."""
        hit = self._due(address, width, value)
        if hit is None:
            self._write(address, value, width, strobes)
            return
        shot, strike = hit.shot, self.strikes[-1]
        self._before(hit)
        if shot.kind is Kind.TORN:
            strobes = arriving(width, strobes)
        if shot.kind is Kind.DROPPED or (shot.kind is Kind.TORN and not strobes):
            return
        self._write(address, value, width, strobes)
        strike.times = 1
        if shot.kind is Kind.TWICE:
            self.rules.struck(hit)
            self._write(address, value, width, strobes)
            strike.times = 2
        self._after(hit)

    def _read(self, address: int, width: int) -> int:
        if self.fired:
            self.rules.note()
        word = self.way.read(address, width)
        self._reached += 1
        if self.fired:
            self.rules.reached(address, self._alive().batches, write=False)
        if self.log is not None:
            self.log(False, address, word)
        return word

    def _write(self, address: int, value: int, width: int, strobes: int | None) -> None:
        if self.fired:
            self.health.wrote(address, self._alive().states)
            self.rules.note()
        self.way.write(address, value, width, strobes)
        self._reached += 1
        if self.fired:
            self.rules.reached(address, self._alive().batches, write=True)
        if self.log is not None:
            self.log(True, address, value)

    def _due(self, address: int, width: int, value: int | None = None) -> Hit | None:
        """Count an access, which writes a value or reads, and return what strikes it."""
        run = self._alive()
        if self._down_s > run.now_s:
            self._stall(min(ANSWER_S, self._down_s - run.now_s))
            raise Unavailable("the link to the chip is down: nothing went out")
        if not self._left:
            return None
        shot, counts = self._left[0], self._counts
        counts[""] += 1
        if shot.block:
            counts[run.owner] += 1
        if counts[shot.block] != shot.number or (shot.block and run.owner != shot.block):
            return None
        del self._left[0]
        half = shot.kind is Kind.TORN and is_half(self._sim.chip, run.owner, address, width)
        if not strikes(shot.kind, width, write=value is not None, half=half):
            self.unfit.append(shot)
            return None
        what = "read" if value is None else "write"
        self.strikes.append(
            Strike(run.now_s, shot, address, what, width, value, lasts_s=self._lasts_s.get(shot.kind, 0.0))
        )
        block = whose(self._sim.chip)(address)
        return self._fired(Hit(shot, run.owner, address, block, value is not None, run.batches))

    def strike(self, shot: Shot) -> None:
        """Let a reset of the controller strike that is due now, after an access that this did not see."""
        assert shot.kind is Kind.RESET, f"{shot}: nobody knows what it strikes"
        self._left.remove(shot)
        self.strikes.append(Strike(self._alive().now_s, shot, None, "reset", times=1))
        self._strike(self._fired(Hit(shot, self._alive().owner, 0, "", write=False)))

    def _fired(self, hit: Hit) -> Hit:
        run, shot = self._alive(), hit.shot
        self.health.struck(hit)
        self.rules.note()
        self.fired.append(shot)
        self._owners.update([] if shot.kind is Kind.RESET else [run.owner])
        self.marks.append((self._reached + shot.after, shot))
        self.struck = self.struck or run.owner
        self.over_s = run.now_s + self._lasts_s.get(shot.kind, 0.0)
        return hit

    def _stall(self, seconds: float) -> None:
        """Let time pass in which nobody answers."""
        run = self._alive()
        self.unanswered[run.owner] += 1
        run.stall(seconds)

    def _before(self, hit: Hit) -> None:
        """Do what strikes before the access, or in its place."""
        shot = hit.shot
        self.hit = self.hit or not shot.after
        match shot.kind:
            case Kind.DOWN:
                self._down_s = self.over_s
                self._stall(ANSWER_S)
                raise Unavailable("the link to the chip went down: nothing went out")
            case _ if not shot.after:
                self._strike(hit)
            case _:
                pass

    def _after(self, hit: Hit) -> None:
        self.hit = True
        if hit.shot.kind is Kind.LATE:
            self._alive().stall(LATE_S)
        elif hit.shot.after:
            self._strike(hit)

    def _strike(self, hit: Hit) -> None:
        match hit.shot.kind:
            case Kind.RESET:
                raise ControllerReset
            case Kind.DEVICE:
                self.rules.struck(hit)
                self.way.power_on()
            case Kind.ERROR:
                raise BusFault("answered with an error")
            case Kind.HANG:
                self._stall(ANSWER_S)
                raise Indeterminate(f"no answer within {ANSWER_S:g} s")
            case _:
                pass

    def _alive(self) -> Life:
        assert self.run is not None, "an access before the run"
        return self.run
