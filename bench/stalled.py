"""The longest stalls of a bring-up and of its cancellation, with the garbage collector set in different ways."""

from __future__ import annotations

import gc
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

import trio
from attrs import define, field, frozen

from bench.measure import aligned
from bench.silicon import Account, SiliconClock, Timed
from bench.stalls import Stall, Watchdog
from blocks.chip import Chip, load_chip
from blocks.sim.chip import SimChip
from runtime.bringup import bring_up
from runtime.determinism import run
from runtime.garbage import only_new
from runtime.summary import Progress, State

PHASES = ("making", "climbing", "ending", "cancelled")


@contextmanager
def _frozen() -> Generator[None]:
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


@contextmanager
def _seldom() -> Generator[None]:
    before = gc.get_threshold()
    gc.set_threshold(50_000, 20, 100)
    try:
        yield
    finally:
        gc.set_threshold(*before)


GARBAGE: Mapping[str, Callable[[], AbstractContextManager[None]]] = {
    "as it is": nullcontext,
    "gc.freeze()": _frozen,
    "high thresholds": _seldom,
    "only what is new": only_new,
}


@frozen
class Stalls:
    """The longest stalls, with the garbage collector set in one way.

    Attributes:
        making: until the first block moves: the session, its needs, its plans. Nothing was touched.
        climbing: until the last block is up.
        ending: the summary.
        cancelled: after everything is cancelled, when half of the blocks are up, until all of it is gone.
    """

    garbage: str
    instances: int
    making: Stall
    climbing: Stall
    ending: Stall
    cancelled: Stall


@define(eq=False)
class _Phases:
    """Takes the longest stall of each phase of a bring-up from a watchdog.

    Attributes:
        enough: blocks that are up at the end of the phase `climbing`.
    """

    watchdog: Watchdog
    enough: int
    taken: list[Stall] = field(factory=list[Stall])
    enough_up: trio.Event = field(factory=trio.Event)
    up: set[str] = field(factory=set[str])

    def moved(self, progress: Progress) -> None:
        """Take note of a block that moves."""
        if not self.taken:
            self.next()
        if progress.state is State.UP:
            self.up.add(progress.block)
            if len(self.up) == self.enough:
                self.next()
                self.enough_up.set()

    def next(self) -> None:
        """Begin the next phase."""
        self.taken.append(self.watchdog.take())


def stalls(garbage: str, dies: int, seed: int = 0) -> Stalls:
    """Bring a chip up under watch, then once more and cancel all when half of it is up."""
    chip = load_chip(f"atlas?die={dies}")
    simulated = SimChip(chip, seed=seed)
    count = len(chip.instances)
    with GARBAGE[garbage]():
        making, climbing, ending = _watched(chip, simulated, count, seed, cancel=False)
    simulated.power_on()
    with GARBAGE[garbage]():
        *_, cancelled = _watched(chip, simulated, count // 2, seed, cancel=True)
    return Stalls(garbage, count, making, climbing, ending, cancelled)


def _watched(chip: Chip, simulated: SimChip, enough: int, seed: int, *, cancel: bool) -> list[Stall]:
    clock = SiliconClock()
    account = Account(clock)

    async def main() -> list[Stall]:
        transport = Timed(simulated, account)
        with Watchdog(account) as watchdog:
            phases = _Phases(watchdog, enough)
            async with trio.open_nursery() as watching:
                watching.start_soon(watchdog.tick)
                async with trio.open_nursery() as bringing:
                    if cancel:
                        bringing.start_soon(_cancel, phases.enough_up, bringing.cancel_scope)
                    summary = await bring_up(chip, transport, seed=seed, on_event=phases.moved)
                    if len(summary.up) < enough:
                        why = summary.failed[0].reason if summary.failed else "none of them has failed"
                        raise RuntimeError(f"{len(summary.up)} of {enough} blocks are up; {why}")
                phases.next()
                watching.cancel_scope.cancel()
        with trio.CancelScope(shield=True):
            await transport.aclose()
        return phases.taken

    return run(main, seed=seed, clock=clock)


async def _cancel(when: trio.Event, scope: trio.CancelScope) -> None:
    await when.wait()
    scope.cancel()


def said(found: Sequence[Mapping[str, Any]]) -> str:
    """Return stalls as a table, and what the longest of them were at."""
    lines: list[tuple[str, ...]] = [("stalls, ms", "blocks", *PHASES, *(f"garbage {phase}" for phase in PHASES))]
    for one in found:
        cells = (f"{1e3 * one[phase][key]:.1f}" for key in ("cpu_s", "collected_s") for phase in PHASES)
        lines.append((one["garbage"], f"{one['instances']:,}", *cells))
    at = [
        f"{one['garbage']}, {phase}, {1e3 * one[phase]['cpu_s']:.1f} ms: {one[phase]['at']}"
        for one in found
        for phase in PHASES
        if one[phase]["at"]
    ]
    return "\n".join([aligned(lines), *at])
