"""A controller that finds the hardware as another left it: what it does about it, and whether that is right."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from attrs import asdict, frozen

from blocks.sim.chip import SimChip
from runtime.faults.golden import Golden, Point
from runtime.faults.heap import Bringup, Controller
from runtime.summary import IN_SERVICE

LIVENESS = 2.0  # of the hardware's critical path: a recovery may do all over again, and no more


class Dead:
    """The way of a controller that was reset: what it sends after that is counted, and goes nowhere."""

    def __init__(self) -> None:
        self.zombies = 0

    def read(self, _address: int, _width: int) -> int:
        """Count a read."""
        self.zombies += 1
        return 0

    def write(self, _address: int, _value: int, _width: int, _strobes: int | None) -> None:
        """Count a write."""
        self.zombies += 1


@frozen
class Verdict:
    """What came of one reset.

    Attributes:
        block: whose access was next to it.
        broken: what must not be, one sentence; empty: nothing.
        elapsed_s: from the reset until all was up.
        accesses, writes: of the recovery.
    """

    point: str
    block: str
    broken: str
    elapsed_s: float
    accesses: int
    writes: int

    def to_data(self) -> dict[str, Any]:
        """Return it as JSON can say it."""
        return asdict(self)


class _Judged:
    """The way of the new controller: its accesses are counted, and writes to what was up are noted."""

    def __init__(self, sim: SimChip, healthy: frozenset[str]) -> None:
        self.sim, self.healthy = sim, healthy
        self.accesses = self.writes = 0
        self.disturbed = ""
        self.run: Bringup | None = None
        self.log: Callable[[bool, int, int], None] | None = None

    def read(self, address: int, width: int) -> int:
        """Read one word."""
        self.accesses += 1
        word = self.sim.read(address, width)
        if self.log is not None:
            self.log(False, address, word)
        return word

    def write(self, address: int, value: int, width: int, strobes: int | None) -> None:
        """Write one word."""
        self.accesses += 1
        self.writes += 1
        assert self.run is not None, "a write before the run"
        if self.run.owner in self.healthy:
            self.disturbed = self.disturbed or self.run.owner
        self.sim.write(address, value, width, strobes)
        if self.log is not None:
            self.log(True, address, value)


def recover(
    golden: Golden,
    before: Bringup,
    fresh: Controller,
    point: Point,
    volatile: Callable[[str, str], bool],
    log: Callable[[str, bool, int, int, float], None] | None = None,
) -> Verdict:
    """Let a new controller bring up what a reset one left behind, and judge that.

    Args:
        before: the bring-up that was cut off; its way to the chip is dead from now on.
        fresh: whose blocks remember nothing.
        volatile: says which registers may differ at the end.
        log: called with each access of the recovery.
    """
    sim, begun_s = before.sim, before.now_s
    before.words = dead = Dead()
    healthy = frozenset(name for name, state in before.states.items() if state in IN_SERVICE)
    way = _Judged(sim, healthy)
    run = way.run = Bringup(fresh, sim, way, now_s=begun_s)
    if log is not None:
        way.log = lambda write, address, value: log(run.owner, write, address, value, run.now_s)
    run.run()
    elapsed_s = run.now_s - begun_s
    broken = _broken(golden, run, way, dead.zombies, elapsed_s) or _unlike(golden, sim, volatile)
    return Verdict(str(point), before.owner, broken, elapsed_s, way.accesses, way.writes)


def _broken(golden: Golden, run: Bringup, way: _Judged, zombies: int, elapsed_s: float) -> str:
    """Return what must not be: safety first, then what is not up."""
    sim = run.sim
    if zombies:
        return f"safety: {zombies} accesses of the controller that was reset"
    if sim.broken:
        return f"safety: {next(map(str, sim.violations), 'a rule was broken')}"
    if way.disturbed:
        return f"safety: {way.disturbed} was up, and was written"
    if run.lost is not None:
        return f"liveness: the device was lost: {run.lost}"
    for name, state in run.states.items():
        if name in run.faults:
            return f"liveness: {name} failed: {run.faults[name].reason}"
        if state not in IN_SERVICE and not run.faults:
            return f"liveness: {name} is {state}"
    limit_s = LIVENESS * golden.critical_s
    if elapsed_s > limit_s:
        return f"liveness: up after {elapsed_s * 1e6:.1f} us; expected {limit_s * 1e6:.1f} us at most"
    return ""


def _unlike(golden: Golden, sim: SimChip, volatile: Callable[[str, str], bool]) -> str:
    found = golden.differences(sim, volatile)
    if not found:
        return ""
    block, path, wanted, seen = found[0]
    more = f" and {len(found) - 1} more" if found[1:] else ""
    return f"liveness: {block}.{path} ends as {seen:#x}, without the reset as {wanted:#x}{more}"
