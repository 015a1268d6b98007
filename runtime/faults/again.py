"""A trial that is made in a part alone, run again: the run without a fault goes on to where that part begins."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from attrs import define, evolve, field

from blocks.sim.chip import SimChip
from runtime.faults.doubles import DOUBLE
from runtime.faults.forked import Forked
from runtime.faults.golden import Access, Point
from runtime.faults.heap import Bringup, Controller, ours
from runtime.faults.parts import Parts
from runtime.faults.recovery import IN_PART, Verdict
from runtime.faults.scene import Log, Scene, Told
from runtime.faults.strike import Struck
from runtime.faults.trial import Trial
from transports.faulty import Strike
from transports.faulty.kinds import Kind, Shot


def in_part(scene: Scene, trial: Trial) -> Told | None:
    """Run a trial in its part, and tell of it; None: no part makes such a trial, or it has no such access.

    A part is struck at an access of its block, or the controller is reset at a point of the run without a fault, and at
    an access of that recovery once more.
    """
    match trial.shots:
        case (Shot(block=block) as shot,) if block:
            return _visited(scene, lambda _point, run: run.owner == block, lambda parts, _: _struck(parts, trial, shot))
        case (Shot(Kind.RESET, number, after, ""), Shot(Kind.RESET, block=block)) if block:
            point = Point(number, after)
            return _visited(scene, lambda at, _: at == point, lambda parts, run: _twice(scene, parts, run, trial))
        case _:
            return None


def _visited(
    scene: Scene, here: Callable[[Point, Bringup], bool], tell: Callable[[Parts, Bringup], Told | None]
) -> Told | None:
    """Go through the run without a fault, and let a part tell at the first point that is the one."""
    told: list[Told | None] = []

    def decide(point: Point, run: Bringup) -> Sequence[Shot]:
        if not told and here(point, run):
            told.append(tell(Parts(scene.golden, run, scene.fresh), run))
        return ()

    Forked(scene).run(decide, lambda _: None)
    return told[0] if told else None


def _in_part(verdict: Verdict) -> Verdict:
    return evolve(verdict, broken=verdict.broken and f"{IN_PART}: {verdict.broken}")


def _struck(parts: Parts, trial: Trial, shot: Shot) -> Told | None:
    logs: list[Log] = []

    def watch(way: Struck) -> None:
        logs.append(Log(way))

    found = next(parts.strike(shot.block, (), one=shot, watch=watch), None)
    return None if found is None else logs[0].told(_in_part(found.verdict(trial)))


@define(eq=False)
class _Noted:
    """The way of a recovery, whose accesses are noted; it is told of each moment before one, and after it."""

    sim: SimChip
    at: Callable[[Shot, Strike], None]
    run: Bringup | None = None
    accesses: list[Access] = field(factory=list[Access])
    _counts: Counter[str] = field(factory=Counter[str])

    def read(self, address: int, width: int) -> int:
        """Read one word."""
        run = self._before(address, width)
        word = self.sim.read(address, width)
        self._after(run, Access(run.owner, False, address, word, run.now_s, width))
        return word

    def write(self, address: int, value: int, width: int, strobes: int | None) -> None:
        """Write one word."""
        run = self._before(address, width, value)
        self.sim.write(address, value, width, strobes)
        self._after(run, Access(run.owner, True, address, value, run.now_s, width))

    def _before(self, address: int, width: int, value: int | None = None) -> Bringup:
        assert self.run is not None, "an access before the run"
        self._counts[self.run.owner] += 1
        shot = Shot(Kind.RESET, self._counts[self.run.owner], False, self.run.owner)
        with ours():
            self.at(shot, Strike(self.run.now_s, shot, address, "read" if value is None else "write", width, value))
        return self.run

    def _after(self, run: Bringup, access: Access) -> None:
        self.accesses.append(access)
        shot = Shot(Kind.RESET, self._counts[run.owner], True, run.owner)
        with ours():
            self.at(shot, _reset(shot, access))


def _reset(shot: Shot, access: Access) -> Strike:
    """Return what became of an access of the run without a fault where the controller was reset before or after it."""
    what, word = ("write", access.value) if access.write else ("read", access.value if shot.after else None)
    return Strike(access.time_s, shot, access.address, what, access.width, word, times=int(shot.after))


def _twice(scene: Scene, parts: Parts, run: Bringup, trial: Trial) -> Told | None:
    """Let the part at a point recover, and at an access of that once more."""
    first, second = trial.shots
    before = scene.golden.accesses[: first.number - (not first.after)]
    third, told = Controller(scene.load()), list[Told]()

    def at(shot: Shot, strike: Strike) -> None:
        if shot == second and not told:
            inner = _Noted(run.sim, lambda _, __: None)
            assert outer.run is not None, "an access before the run"
            found = parts.within(outer.run, third).recover(second.block, inner)
            verdict = evolve(_in_part(found.verdict(trial, run.owner)), kind=DOUBLE)
            marks = (len(before), first), (len(before) + len(outer.accesses), second)
            strikes = _reset(first, scene.golden.accesses[first.number - 1]), strike
            told.append(Told(verdict, before, [*outer.accesses, *inner.accesses], True, marks, strikes))

    outer = _Noted(run.sim, at)
    parts.recover(run.owner, outer)
    return told[0] if told else None
