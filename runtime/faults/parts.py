"""Recoveries of a part of a chip: the block whose access was next to the reset, with what it hangs on.

A recovery of a whole chip is that of its parts: each climb touches the registers of its own block alone (a batch that
would touch others is refused here), and a block sees no other but by the nets that it is wired to. So a part is a block
and all that is not up of what it needs or is wired to, however far. What is up around it stays so: a healthy block is
not written. The part is let recover alone, judged, and put back as it was.

What a part does not show: another block that was in the midst of its climb is at that moment as far as the time since
its own last access has brought it. Resets at its own accesses try it just before and after; between these two it is
tried by whole recoveries alone, which are drawn at random.

What is not the same as in the run without a fault is no verdict: a recovery of the whole chip gives that.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Generator, Iterator, Mapping
from contextlib import contextmanager
from copy import copy
from types import MethodType
from typing import Any, Protocol

from attrs import frozen

from blocks.model import BlockModel, Net
from blocks.sim.chip import SimChip
from runtime.faults.golden import Golden
from runtime.faults.heap import Bringup, Controller, Share, held_by, value_of
from runtime.faults.lives import LIVENESS, Ended, World, live
from runtime.faults.recovery import Verdict, joined, told
from runtime.faults.site import is_half
from runtime.faults.still import Still
from runtime.faults.strike import Struck, sides, strikes
from runtime.faults.trial import Trial
from runtime.summary import IN_SERVICE, State
from transports.engine import Port as Words
from transports.engine import Region
from transports.faulty.kinds import Kind, Shot

TOGETHER = 2  # blocks of a part in which the same access is struck: a mesh takes a hundred times as long as a block

Arms = Mapping[tuple[str, str], int]


@frozen
class Part:
    """What came of the recovery of a part.

    Attributes:
        doubt: what is not as without a reset, one sentence; empty: nothing.
        arms: what was acted, and how often: block and rung, or `policy` and its step.
    """

    blocks: tuple[str, ...]
    doubt: str
    elapsed_s: float
    accesses: int
    arms: Arms

    def verdict(self, trial: Trial, block: str) -> Verdict:
        """Return what came of the trial, in which the controller was reset beside an access of a block."""
        return Verdict(
            str(trial), Kind.RESET, block, self.doubt, self.elapsed_s, self.accesses, 0, arms=joined(self.arms)
        )


@frozen
class Touch:
    """An access that a block's climb makes: what can strike it.

    Attributes:
        idle: a read that changes nothing, so that before it is as after.
        half: one of those that make up a wider register.
    """

    write: bool
    width: int
    idle: bool = False
    half: bool = False

    def shots(self, kind: Kind, number: int, block: str) -> Iterator[Shot]:
        """Yield the faults of a kind at this access, which is the block's `number`-th."""
        if strikes(kind, self.width, write=self.write, half=self.half):
            for after in sides(kind)[: 1 if self.idle else 2]:
                yield Shot(kind, number, after, block)


class Traced(Words, Protocol):
    """The way to a chip of a bring-up that it is told of."""

    run: Bringup | None


class _Touched:
    """The way to a chip, where the accesses of one block are noted."""

    def __init__(self, sim: SimChip, block: str) -> None:
        self.sim, self.block = sim, block
        self.touches: list[Touch] = []
        self.run: Bringup | None = None
        self._model = sim.model(block)
        self._base = sim.chip.instances[block].address

    def read(self, address: int, width: int) -> int:
        """Read one word."""
        if self.run is not None and self.run.owner == self.block:
            self.touches.append(Touch(False, width, self._model.registers.idle(address - self._base, width)))
        return self.sim.read(address, width)

    def write(self, address: int, value: int, width: int, strobes: int | None) -> None:
        """Write one word."""
        if self.run is not None and self.run.owner == self.block:
            self.touches.append(Touch(True, width, half=is_half(self.sim.chip, self.block, address, width)))
        self.sim.write(address, value, width, strobes)

    def climb(self, world: World, now_s: float) -> None:
        """Let all that is brought up climb without a fault."""
        self.run = world.bring_up(self, now_s)
        self.run.run()

    def shots(self, kinds: Collection[Kind]) -> Iterator[Shot]:
        """Yield the faults that can strike these accesses, kind by kind."""
        for kind in kinds:
            for number, touch in enumerate(self.touches, 1):
                yield from touch.shots(kind, number, self.block)


@frozen
class PartTrial:
    """What came of a fault at an access of a block, in its part.

    Attributes:
        doubt: what is not as without a fault, one sentence; empty: nothing.
    """

    shot: Shot
    doubt: str
    ended: Ended

    def verdict(self, trial: Trial) -> Verdict:
        """Return what came of the trial; what is in doubt is told as broken."""
        return told(trial, self.ended, self.doubt)


class Going(Protocol):
    """A bring-up that goes on, as far as its parts need to know it."""

    @property
    def states(self) -> Mapping[str, State]:
        """Of each block."""
        ...

    @property
    def standing(self) -> Mapping[str, int]:
        """How many rungs of each block were last seen to hold."""
        ...

    @property
    def now_s(self) -> float:
        """The time of the runtime."""
        ...


class _Inner:
    """A recovery of a part within a bring-up that stands still."""

    def __init__(self, outer: Going, run: Bringup) -> None:
        self._outer, self._run = outer, run

    @property
    def states(self) -> Mapping[str, State]:
        return {**self._outer.states, **self._run.states}

    @property
    def standing(self) -> Mapping[str, int]:
        return self._run.standing

    @property
    def now_s(self) -> float:
        return self._run.now_s


class Parts:
    """The parts of a chip in a run that goes on.

    Args:
        fresh: whose blocks remember nothing.

    Attributes:
        there: how many faults of each kind can strike the blocks that were struck; some of them did.
    """

    def __init__(self, golden: Golden, run: Bringup, fresh: Controller) -> None:
        self._golden, self._fresh, self._sim = golden, fresh, run.sim
        self._run: Going = run
        self.there: Counter[str] = Counter()
        self._regions = {name: self._region(name) for name in fresh.plans}
        self._hangs_on = {name: self._drivers(name) for name in fresh.plans}

    def _region(self, name: str) -> Region:
        instance = self._fresh.chip.instances[name]
        return Region(instance.address, instance.block.regs.group.size, strobes=True)

    def _drivers(self, name: str) -> tuple[str, ...]:
        """Return the blocks that one needs, or whose nets it is wired to."""
        model = self._sim.model(name)
        nets = [net.name for net in model.inputs.values()] + [model.params.domain]
        wired = [net.rpartition(".")[0] for net in nets]
        needed = self._fresh.graph.blocks_before(name)
        return tuple(
            block for block in dict.fromkeys((*wired, *needed)) if block in self._fresh.plans and block != name
        )

    def of(self, block: str) -> tuple[str, ...]:
        """Return the part that a block belongs to now."""
        states, found, todo = self._run.states, {block: None}, [block]
        while todo:
            for other in self._hangs_on[todo.pop()]:
                if other not in found and states[other] not in IN_SERVICE:
                    found[other] = None
                    todo.append(other)
        return tuple(found)

    def within(self, run: Bringup, fresh: Controller) -> Parts:
        """Return the same parts for a recovery of one of them, to be cut off once more.

        Args:
            fresh: whose blocks remember nothing of that recovery.
        """
        inner = copy(self)
        inner._run, inner._fresh = _Inner(self._run, run), fresh
        return inner

    def recover(self, block: str, way: Traced | None = None) -> Part:
        """Let the part that a block belongs to recover from here, and put it back.

        Args:
            way: goes to the chip; default: straight.
        """
        names, sim = self.of(block), self._sim
        models = [sim.model(name) for name in names]
        still, broken, begun_s = Still(models), sim.broken, self._run.now_s
        unlike: list[str] = []

        def up(name: str) -> None:
            unlike.extend(self._unlike(name))

        with sim.alone(names), cut(models):
            share = Share(names, self._run.standing, self._regions)
            most = self._golden.most(names)
            run = Bringup(self._fresh, sim, way, now_s=begun_s, share=share, on_up=up, most=most)
            if way is not None:
                way.run = run
            run.run()
            rule = str(sim.violations[-1]) if sim.broken > broken else ""
            elapsed_s = run.now_s - begun_s
        still.put_back()
        self._fresh.forget(names)
        doubt = rule or run.refused or self._down(run, elapsed_s) or next(iter(unlike), "")
        arms = Counter(run.arms)
        if not arms:
            arms["policy", "left alone"] += 1
        return Part(names, doubt, elapsed_s, run.operations, arms)

    def strike(
        self,
        block: str,
        kinds: Collection[Kind],
        turn: int = 0,
        one: Shot | None = None,
        watch: Callable[[Struck], object] | None = None,
    ) -> Iterator[PartTrial]:
        """Let the part that a block belongs to climb from here, and each time a fault strikes another of its accesses.

        For each kind that is at the first access of the block, then at the second, until there are no more; the part is
        put back each time. Where many blocks climb together, as those of a mesh, each of their accesses is struck in
        two of them. Kinds that concern all of the chip show nothing here.

        Args:
            turn: of the block among those that are struck.
            one: this fault alone.
            watch: called with the way of each trial before it begins.
        """
        names, sim = self.of(block), self._sim
        every = max(1, len(names) // TOGETHER)
        models = [sim.model(name) for name in names]
        still, begun_s = Still(models), self._run.now_s
        share = Share(names, self._run.standing, self._regions)

        def reset() -> None:
            for model in models:
                sim.disturb(model.name, model.restart)

        world = World(
            self._fresh, sim, share, lambda name: not any(self._unlike(name)), reset, self._golden.most(names)
        )

        @contextmanager
        def alone() -> Generator[None]:
            with sim.alone(names), cut(models):
                yield
            still.put_back()
            self._fresh.forget(names)

        touched = _Touched(sim, block)
        with alone():
            touched.climb(world, begun_s)
        unlike: dict[str, str] = {}

        def up(name: str) -> None:
            unlike[name] = next(self._unlike(name), "")

        for shot in touched.shots(kinds if one is None else (one.kind,)):
            self.there[shot.kind] += 1
            if shot != one if one is not None else (shot.number + turn) % every:
                continue
            unlike.clear()
            with alone():
                way = Struck(sim, [shot], self._golden.seed, down_s=self._golden.down_s)
                if watch is not None:
                    watch(way)
                ended = live(world, way, begun_s, up)
            doubt = ended.broken(LIVENESS * self._golden.critical_s) or next(filter(None, unlike.values()), "")
            yield PartTrial(shot, doubt, ended)

    def _down(self, run: Bringup, elapsed_s: float) -> str:
        healthy = [name for name in run.acted if self._run.states[name] in IN_SERVICE]
        if healthy:
            return f"{healthy[0]} was up, and was acted on"
        if run.endless:
            return f"{run.endless} does not come to an end"
        if not run.well:
            fault = next(iter(run.faults.values()), None)
            return "not all is up" if fault is None else f"{fault.block} failed: {fault.reason}"
        return "late" if elapsed_s > LIVENESS * self._golden.critical_s else ""

    def _unlike(self, name: str) -> Iterator[str]:
        """Yield what a block that is up holds otherwise than when it was up without a reset."""
        held, known = held_by(self._sim, name), self._golden.up[name]
        volatile = self._golden.volatile(name)
        for path in dict.fromkeys((*held, *known)):
            seen = held[path] if path in held else value_of(self._sim, name, path)
            wanted = known[path] if path in known else value_of(self._golden.sim, name, path)
            if (seen ^ wanted) & ~volatile.get(path, 0):
                yield f"{name}.{path} is {seen:#x}, without the reset {wanted:#x}"


@contextmanager
def cut(models: Collection[BlockModel]) -> Generator[None]:
    """Let the nets of some models be heard by these alone.

    Raises:
        TypeError: a net calls back something whose owner cannot be told.
    """
    kept: list[tuple[Net[Any], Any]] = []
    inside = {id(model) for model in models}
    for model in models:
        for net in model.nets.values():
            listeners = net.listeners
            if any(not isinstance(call, MethodType) for call in listeners):
                raise TypeError(f"{net.name} calls back a function; expected a method of a model")
            kept.append((net, listeners))
            net.listeners = [call for call in listeners if id(getattr(call, "__self__", None)) in inside]
    try:
        yield
    finally:
        for net, listeners in kept:
            net.listeners = listeners
