"""The run without a fault: its accesses, the states of the hardware between them, and what it ends with.

A point is a moment before or after an access. Points between which the hardware did not change are one state: no time
passed, and no access left the block, its wires, its lines or what is due otherwise than they were, which is looked at
where it is not known beforehand. What follows from a reset is the same at all points of a state.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping
from enum import StrEnum
from functools import cached_property

from attrs import define, field, frozen

from blocks.sim.chip import SimChip
from runtime.faults.heap import Bringup, Controller, held_by, registers_of, value_of
from runtime.faults.still import Still
from transports.engine import Port as Words
from transports.faulty import DOWN_S

ENDLESS = 50  # times as much as without a fault: a climb tries each act three times, and a bus eight times
NONE: Mapping[str, int] = {}


class Side(StrEnum):
    """Of an access."""

    BEFORE = "before"
    AFTER = "after"


@frozen(order=True)
class Point:
    """A moment of the run without a fault: before or after its access `number`, counted from 1."""

    number: int
    after: bool

    def __str__(self) -> str:
        return f"{self.number}{'+' if self.after else '-'}"


@frozen
class Access:
    """One access of the run without a fault.

    Attributes:
        width: in bytes; `tears`: it can be torn.
        register: what it reaches, where somebody asked for that.
    """

    block: str
    write: bool
    address: int
    value: int
    time_s: float
    width: int = 4
    tears: bool = False
    register: str = ""

    def __str__(self) -> str:
        where = f"{self.address:#x} {self.register}".rstrip()
        how = f"write {where} = {self.value:#x}" if self.write else f"read {where}: {self.value:#x}"
        return f"{self.time_s * 1e6:.3f} us {self.block} {how}"


@frozen
class State:
    """A state of the hardware: the first of its points, and how many it has.

    Attributes:
        block: whose access makes it, or follows.
    """

    first: Point
    points: int
    block: str


@define(eq=False)
class Golden:
    """The run without a fault.

    Attributes:
        sim: the chip as it ended.
        states: in their order; every point belongs to one.
        critical_s: what the hardware of this chip takes when nothing else does.
        down_s: so long a link is down in trials.
        registers: what they hold at the end, by block and path; `up`: of each block when it was seen to be up.
    """

    seed: int
    sim: SimChip
    accesses: list[Access]
    states: list[State]
    critical_s: float
    elapsed_s: float
    registers: Mapping[str, Mapping[str, int]]
    up: Mapping[str, Mapping[str, int]]
    down_s: float = DOWN_S

    @property
    def points(self) -> int:
        """Before and after every access."""
        return 2 * len(self.accesses)

    def most(self, blocks: Collection[str] | None = None) -> int:
        """Return the requests after which some blocks, or all, are taken to come to no end."""
        return ENDLESS * sum(self._counts[block] for block in (self.up if blocks is None else blocks))

    @cached_property
    def _counts(self) -> Counter[str]:
        return Counter(access.block for access in self.accesses)

    def volatile(self, block: str) -> Mapping[str, int]:
        """Return the bits of a block's registers that may end otherwise after a fault, as the chip says."""
        chip = self.sim.chip
        return chip.volatile.get(chip.instances[block].type, NONE)

    def unlike(self, registers: Mapping[str, Mapping[str, int]], at_reset: Callable[[str, str], int]) -> str:
        """Return the first register that holds something else than in this run's end, in words; empty: none does.

        Args:
            at_reset: returns what a register of a block holds that nothing has touched.
        """
        for name, held in registers.items():
            known = self.registers[name]
            for path in held if held.keys() >= known.keys() else {**held, **known}:
                seen, wanted = (one[path] if path in one else at_reset(name, path) for one in (held, known))
                if (seen ^ wanted) & ~self.volatile(name).get(path, 0):
                    return f"{name}.{path} ends as {seen:#x}, expected {wanted:#x}"
        return ""

    def differences(self, sim: SimChip) -> list[tuple[str, str, int, int]]:
        """Return the registers that hold something else than in another run's end: block, path, both values."""
        found: list[tuple[str, str, int, int]] = []
        for name, held in registers_of(sim).items():
            known, volatile = self.registers[name], self.volatile(name)
            for path in held if held.keys() >= known.keys() else {**held, **known}:
                wanted = known[path] if path in known else value_of(self.sim, name, path)
                seen = held[path] if path in held else value_of(sim, name, path)
                if (wanted ^ seen) & ~volatile.get(path, 0):
                    found.append((name, path, wanted, seen))
        return found


class Watched:
    """The way to a simulated chip, where every access is seen.

    Args:
        on_point: called at each point.

    Attributes:
        way: where accesses go: to the chip.
    """

    def __init__(self, sim: SimChip, on_point: Callable[[Point], None]) -> None:
        self.count, self._on_point = 0, on_point
        self.way: Words = sim

    def read(self, address: int, width: int) -> int:
        """Read one word."""
        self.count += 1
        self._on_point(Point(self.count, after=False))
        word = self.way.read(address, width)
        self._on_point(Point(self.count, after=True))
        return word

    def write(self, address: int, value: int, width: int, strobes: int | None) -> None:
        """Write one word."""
        self.count += 1
        self._on_point(Point(self.count, after=False))
        self.way.write(address, value, width, strobes)
        self._on_point(Point(self.count, after=True))


@define(eq=False)
class _Recording:
    """The way to a chip, where every access and every new state is noted."""

    sim: SimChip
    run: Bringup | None = None
    accesses: list[Access] = field(factory=list[Access])
    states: list[State] = field(factory=list[State])
    _passed: int = -1
    _changed: bool = True
    _first: Point = Point(1, after=False)
    _block: str = ""
    _points: int = 0
    _due: int = 0

    def rose(self, line: int) -> None:
        """Hear of nothing: whose line it is, is looked at."""

    def scheduled(self) -> None:
        """Count what is due."""
        self._due += 1

    def read(self, address: int, width: int) -> int:
        """Read one word, and see whether that changed anything."""
        run = self._before()
        offset = address - self.sim.chip.instances[run.owner].address
        before = None if self.sim.model(run.owner).registers.idle(offset, width) else self._held(run.owner)
        word = self.sim.read(address, width)
        self.accesses.append(Access(run.owner, False, address, word, run.now_s, width))
        self._changed = before is not None and not self._same(run.owner, before)
        self._point(after=True)
        return word

    def write(self, address: int, value: int, width: int, strobes: int | None) -> None:
        """Write one word, and see whether that changed anything.

        What is no register of the block has changed. So has what another block was the last to change, for a part is
        that of the block whose access makes a state.
        """
        run = self._before()
        instance = self.sim.chip.instances[run.owner]
        inside = instance.address <= address < instance.address + instance.block.regs.group.size
        before = self._held(run.owner) if inside and run.owner == self._block else None
        self.sim.write(address, value, width, strobes)
        self.accesses.append(Access(run.owner, True, address, value, run.now_s, width))
        self._changed = before is None or not self._same(run.owner, before)
        self._point(after=True)

    def _held(self, block: str) -> tuple[Still, object]:
        """Return what one access to a block can change: others hear of it by its wires, which it holds, and lines."""
        return Still([self.sim.model(block)]), (self._due, self.sim.level(block))

    def _same(self, block: str, before: tuple[Still, object]) -> bool:
        still, besides = self._held(block)
        return before[0].same(still) and before[1] == besides

    def _before(self) -> Bringup:
        run = self.run
        assert run is not None, "an access before the run"
        self._changed = self._changed or run.passed != self._passed
        self._passed = run.passed
        self._point(after=False)
        return run

    def _point(self, *, after: bool) -> None:
        run = self.run
        assert run is not None
        if self._changed:
            self.close()
            self._first, self._block = Point(len(self.accesses) + (not after), after), run.owner
            self._changed = False
        self._points += 1

    def close(self) -> None:
        """End the state that is open."""
        if self._points:
            self.states.append(State(self._first, self._points, self._block))
        self._points = 0


class NotWell(ValueError):
    """The run without a fault does not bring the chip up, so no fault tells anything."""


class Broke(NotWell):
    """It brings the chip up, and breaks a rule of the hardware.

    Attributes:
        rule: the first.
    """

    def __init__(self, chip: str, rule: str) -> None:
        super().__init__(chip, rule)  # as it is made again behind another process
        self.chip, self.rule = chip, rule

    def __str__(self) -> str:
        return f"{self.chip} breaks a rule as it comes up without a fault: {self.rule}"


def golden(controller: Controller, seed: int, make: Callable[[int], SimChip]) -> Golden:
    """Run without a fault.

    Raises:
        NotWell: not all blocks came up.
        Broke: they did, and rules were broken.
    """
    sim = make(seed)
    way = _Recording(sim)
    ended: dict[str, Mapping[str, int]] = {}

    def up(block: str) -> None:
        ended[block] = held_by(sim, block)

    controller.forget()
    run = way.run = Bringup(controller, sim, way, on_up=up)
    sim.attach(way, sim.now_s)
    run.run()
    sim.detach(way)
    way.close()
    if not run.well:
        failed = (f"{name} failed: {fault.reason}" for name, fault in run.faults.items())
        said = next(failed, "") or next(map(str, sim.violations), "a need is not met")
        raise NotWell(f"{controller.chip.name} does not come up without a fault: {said}")
    if sim.broken:
        raise Broke(controller.chip.name, next(map(str, sim.violations), "which is not told"))
    critical_s, _ = controller.graph.critical_path(sim.stages)
    return Golden(seed, sim, way.accesses, way.states, critical_s, run.now_s, registers_of(sim), ended)
