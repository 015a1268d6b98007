"""Which rules of the hardware were broken once faults struck a bring-up on the heap, and which nobody could keep.

No software can see through a read that lies, a write that the bus repeats, or a reset of the device in the midst of a
climb. What is broken by that, before anybody has looked again, is nobody's fault; all else that is broken is.
"""

from __future__ import annotations

from attrs import define, field, frozen

from blocks.model import Violation
from blocks.sim.chip import SimChip
from runtime.faults.disturbances import closure
from runtime.faults.health import Hit
from transports.faulty.kinds import UNSEEN, Kind

_Access = tuple[tuple[int, int], int, bool]  # its life and batch, its address, and whether it writes


@frozen
class _Broke:
    """A rule that was broken, in which life, and how many accesses of the trail there were by then."""

    rule: Violation
    life: int
    at: int


@frozen
class _Blind:
    """Something that no software can see through.

    Attributes:
        life, at: when it struck; `first`: of the rules, the first that may have been broken by it.
    """

    hit: Hit
    life: int
    at: int
    first: int


@define(eq=False)
class Rules:
    """The rules that were broken on one chip since this was made."""

    sim: SimChip
    _life: int = 0
    _trail: list[_Access] = field(factory=list[_Access])
    _broke: list[_Broke] = field(factory=list[_Broke])
    _blind: list[_Blind] = field(factory=list[_Blind])
    _told: int = field(init=False)
    _count: int = field(init=False)
    _seen: int | None = None
    _untold: int = 0

    def __attrs_post_init__(self) -> None:
        self._told, self._count = len(self.sim.violations), self.sim.broken

    def reached(self, address: int, batch: int, *, write: bool) -> None:
        """Note an access that has reached the chip since the first fault struck.

        Args:
            batch: number of its batch in this life.
        """
        self._trail.append(((self._life, batch), address, write))
        self.note()

    def note(self) -> None:
        """Note what was broken by now."""
        if self.sim.broken != self._count:
            told = self.sim.violations[self._told :]
            self._broke += [_Broke(rule, self._life, len(self._trail)) for rule in told]
            self._untold += self.sim.broken - self._count - len(told)
            self._told, self._count = len(self.sim.violations), self.sim.broken

    def struck(self, hit: Hit) -> None:
        """Note that a fault takes effect now."""
        self.note()
        if hit.shot.kind in UNSEEN:
            self._blind.append(_Blind(hit, self._life, len(self._trail), len(self._broke)))

    def over(self) -> None:
        """Let the next life begin: another controller looks at all anew."""
        self.note()
        self._life += 1

    def looked(self) -> None:
        """Excuse nothing from now on: all is looked at once more."""
        self.note()
        if self._seen is None:
            self._seen = len(self._broke)

    def judged(self) -> tuple[str, str]:
        """Return the first rule that was broken and should not be, and the first that nobody could keep."""
        self.note()
        excused = set[int]().union(*map(self._excused, self._blind))
        hard, soft = (
            next((str(broke.rule) for at, broke in enumerate(self._broke) if (at in excused) is wanted), "")
            for wanted in (False, True)
        )
        return hard or (f"{self._untold} rules more were broken than are told" if self._untold else ""), soft

    def _excused(self, blind: _Blind) -> set[int]:
        """Return the rules that were broken by something that nobody could see."""
        hit, last = blind.hit, len(self._broke) if self._seen is None else self._seen
        theirs = [(at, self._broke[at]) for at in range(blind.first, last)]
        if not theirs:
            return set()
        if hit.shot.kind is Kind.DEVICE:
            return {at for at, broke in theirs if broke.life == blind.life}
        if hit.shot.kind is Kind.TWICE:
            return {at for at, broke in theirs if broke.at <= blind.at + 1 and broke.rule.block == hit.block}
        until, fallen = self._read_again(blind), closure(self.sim, *{hit.block, hit.owner} - {""})
        return {at for at, broke in theirs if broke.at <= until and broke.rule.block in fallen}

    def _read_again(self, blind: _Blind) -> int:
        """Return until which access nobody has looked at a register again.

        What one round trip brings is judged at once, when it is over: so a read of the batch that was lied to is no
        other look, nor is one that its write follows.
        """
        trail, address = self._trail, blind.hit.address
        for number in range(blind.at, len(trail)):
            batch, at, write = trail[number]
            if at != address or write or batch == (blind.life, blind.hit.batch):
                continue
            if trail[number + 1 : number + 2] != [(batch, address, True)]:
                return next((over for over in range(number, len(trail)) if trail[over][0] != batch), len(trail))
        return len(trail)
