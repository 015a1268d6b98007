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

from collections.abc import Collection, Generator, Iterator
from contextlib import contextmanager
from types import MethodType
from typing import Any

from attrs import frozen

from blocks.model import BlockModel, Net
from runtime.faults.golden import Golden
from runtime.faults.heap import Bringup, Controller, Share, held_by, value_of
from runtime.faults.recovery import LIVENESS
from runtime.faults.still import Still
from runtime.summary import IN_SERVICE
from transports.engine import Region


@frozen
class Part:
    """What came of the recovery of a part.

    Attributes:
        doubt: what is not as without a reset, one sentence; empty: nothing.
    """

    blocks: tuple[str, ...]
    doubt: str
    elapsed_s: float
    accesses: int


class Parts:
    """The parts of a chip in a run that goes on.

    Args:
        fresh: whose blocks remember nothing.
    """

    def __init__(self, golden: Golden, run: Bringup, fresh: Controller) -> None:
        self._golden, self._run, self._fresh, self._sim = golden, run, fresh, run.sim
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

    def recover(self, block: str) -> Part:
        """Let the part that a block belongs to recover from here, and put it back."""
        names, sim = self.of(block), self._sim
        models = [sim.model(name) for name in names]
        still, broken, begun_s = Still(models), sim.broken, self._run.now_s
        unlike: list[str] = []

        def up(name: str) -> None:
            unlike.extend(self._unlike(name))

        with sim.alone(names), cut(models):
            share = Share(names, self._run.standing, self._regions)
            run = Bringup(self._fresh, sim, now_s=begun_s, share=share, on_up=up)
            run.run()
            rule = str(sim.violations[-1]) if sim.broken > broken else ""
            elapsed_s = run.now_s - begun_s
        still.put_back()
        self._fresh.forget(names)
        doubt = rule or self._down(run, elapsed_s) or next(iter(unlike), "")
        return Part(names, doubt, elapsed_s, run.operations)

    def _down(self, run: Bringup, elapsed_s: float) -> str:
        healthy = [name for name in run.acted if self._run.states[name] in IN_SERVICE]
        if healthy:
            return f"{healthy[0]} was up, and was acted on"
        if not run.well:
            fault = next(iter(run.faults.values()), None)
            return "not all is up" if fault is None else f"{fault.block} failed: {fault.reason}"
        return "late" if elapsed_s > LIVENESS * self._golden.critical_s else ""

    def _unlike(self, name: str) -> Iterator[str]:
        """Yield what a block that is up holds otherwise than when it was up without a reset."""
        held, known = held_by(self._sim, name), self._golden.up[name]
        for path in dict.fromkeys((*held, *known)):
            seen = held[path] if path in held else value_of(self._sim, name, path)
            wanted = known[path] if path in known else value_of(self._golden.sim, name, path)
            if seen != wanted:
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
