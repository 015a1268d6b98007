"""`sim:`, a simulated chip as a target: `sim:`, or with parameters of models, `sim:?pll[3].lock_s=inf`.

`sim:?pll*.lock_s=1e-3` is for all that match; `sim:?workload=true` lets the chip's workload run;
`sim:?inject=FILE.toml` lets it have the faults of a script, `sim:?inject=demo` those of one that the chip ships
(blocks/sim/faults/).

Simulated time is the time of the event loop, so a virtual clock makes it virtual. Accesses take none of it,
unless a fault keeps one waiting.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import inf
from typing import NoReturn
from urllib.parse import unquote_plus

import anyio
import anyio.lowlevel

from blocks.chip import Chip, list_chips, load_chip
from blocks.chip.table import choice
from blocks.model import ModelFault, Violation
from blocks.sim.chip import SimChip
from blocks.sim.settings import FORM, overrides, simulated
from transports.base import Capabilities, Judgement
from transports.batch import Batch, Results
from transports.engine import Region, interpret, refusal
from transports.errors import DeviceLost
from transports.open import Target, TargetError

__all__ = ["ModelFault", "SimChip", "SimTransport", "open_sim", "overrides", "simulated"]

CAPABILITIES = Capabilities(strobes=True, burst=True, poll=True, atomic_modify=True, notifier=True, real_time=False)
WHOLE_BUS = Region(strobes=True)  # where nothing stands, the bus itself answers with an error


class SimTransport:
    """A controller's connection to a simulated chip; the chip outlives it.

    Args:
        chip: may have other connections, now or before.
    """

    def __init__(self, chip: SimChip) -> None:
        self.chip = chip
        self._turn = anyio.Lock(fast_acquire=True)  # a batch that waits still goes as one
        self._pending = set(chip.raised)  # after a connection every line that is high counts as risen
        self._wake = anyio.Event()
        self._lost: DeviceLost | None = None
        self.read: Callable[[int, int], int] = chip.read  # as a port of the engine, while the connection stands
        self.write: Callable[[int, int, int, int | None], None] = chip.write
        self._offset_s = chip.attach(self, anyio.current_time())

    @property
    def capabilities(self) -> Capabilities:
        """All widths that the registers have, any strobes, interrupt hints."""
        return CAPABILITIES

    @property
    def violations(self) -> list[Violation]:
        """The rules that software broke since the chip was made, whoever did it: the first of them."""
        return self.chip.violations

    async def execute(self, batch: Batch) -> Results:
        """Run the operations in order up to the first that fails.

        Raises:
            ModelFault: a model failed; the simulation is at fault.
        """
        async with self._turn:
            if self._lost is not None:
                await anyio.lowlevel.checkpoint()
                return Results((), self._lost)
            await anyio.lowlevel.checkpoint()
            return await self._run(batch)

    async def execute_all(self, batches: Sequence[Batch]) -> list[Results]:
        """Run batches one after the other, each as `execute` does.

        Raises:
            ModelFault: as `execute`.
        """
        async with self._turn:
            if self._lost is not None:
                await anyio.lowlevel.checkpoint()
                return [Results((), self._lost) for _ in batches]
            await anyio.lowlevel.checkpoint()
            return [await self._run(batch) for batch in batches]

    async def _run(self, batch: Batch) -> Results:
        """Run a batch, with no checkpoint but its own waits: between them no time passes."""
        if refused := refusal(batch, WHOLE_BUS):
            return Results((), refused)
        steps = interpret(batch, self, anyio.current_time)
        while True:
            self._pass_time()
            try:
                wait_s = next(steps)
            except StopIteration as stop:
                results: Results = stop.value
                await self._catch_up()
                return results
            await anyio.sleep(wait_s)

    async def _catch_up(self) -> None:
        """Let the time pass that accesses had to wait for an answer; that is none, where no fault was injected."""
        behind_s = self.chip.stalled_s - self._offset_s - anyio.current_time()
        if behind_s > 0 and self._lost is None:
            await anyio.sleep(behind_s)

    async def wait(self) -> frozenset[int]:
        """Wait until at least one interrupt line rose since the last call; return the numbers of those that did.

        Raises:
            DeviceLost: the transport was closed.
        """
        await anyio.lowlevel.checkpoint()
        while True:
            self._advance()
            if self._pending:
                risen = frozenset(self._pending)
                self._pending.clear()
                return risen
            now_s, due_s = anyio.current_time(), self.chip.next_event_s - self._offset_s
            if due_s <= now_s:  # by rounding: no clock could come any nearer
                self.chip.advance(self.chip.next_event_s)
                continue
            self._wake = anyio.Event()
            with anyio.move_on_after(due_s - now_s if due_s < inf else None):
                await self._wake.wait()

    async def judge(self) -> Judgement:
        """Return the broken rules, the seconds that each block's hardware takes from reset, and the faults so far.

        Faults began on the clock of this connection's event loop; the rules tell the chip's own time.
        """
        await anyio.lowlevel.checkpoint()
        self._advance()
        return Judgement(
            violations=tuple(str(violation) for violation in self.chip.violations),
            stages=self.chip.stages,
            traffic=self.chip.traffic,
            broken=self.chip.broken,
            spoilt=self.chip.spoilt,
            faults=tuple((began_s - self._offset_s, what) for began_s, what in self.chip.begun),
        )

    async def reset(self) -> None:
        """Reset the chip as its power-on does."""
        self._advance()
        self.chip.power_on()
        await anyio.lowlevel.checkpoint()

    async def aclose(self) -> None:
        """Let go of the chip, which goes on by itself. A batch that is waiting finds the device lost."""
        if self._lost is None:
            self._lost = DeviceLost("the connection to the simulated chip is closed")
            self.read = self.write = self._gone
            self.chip.detach(self)
            self._wake.set()
        await anyio.lowlevel.checkpoint()

    def _gone(self, *_access: object) -> NoReturn:
        """Refuse an access of a batch that was waiting when the connection was closed."""
        assert self._lost is not None
        raise self._lost

    def _pass_time(self) -> None:
        """Let everything happen that happened until now, if anybody still asks."""
        if self._lost is None:
            self.chip.advance(anyio.current_time() + self._offset_s)

    def _advance(self) -> None:
        if self._lost is not None:
            raise self._lost
        self._pass_time()

    # ---- as a listener of the chip ----

    def rose(self, line: int) -> None:
        """Remember a line that rose, for `wait`."""
        self._pending.add(line)
        self._wake.set()

    def scheduled(self) -> None:
        """Have `wait` look again how long it may sleep."""
        self._wake.set()


async def open_sim(target: Target) -> SimTransport:
    """Open a new simulated chip, fresh from power-on.

    Raises:
        TargetError: the target names no chip, or an option that the chip does not have.
        ChipError: the chip's description or the script of faults is wrong, or it cannot be simulated.
        ImageError: as `load_chip`.
    """
    if target.chip is None:
        raise TargetError(f"target {target.url!r} simulates a chip, and none was named; {choice('', list_chips())}")
    chip = target.description if isinstance(target.description, Chip) else load_chip(target.chip)
    said = f"target {target.url!r}"
    items, workload, inject = _options(target.rest, said)
    sim = simulated(chip, items, said=f"{said}: option", seed=target.seed, workload=workload, asked=said, inject=inject)
    await anyio.lowlevel.checkpoint()
    return SimTransport(sim)


def _options(rest: str, said: str) -> tuple[list[str], bool, str]:
    """Return what the target's URL asks for: parameters of models, whether the workload runs, a script of faults.

    Raises:
        TargetError: names the option that cannot be, and what there is instead.
    """
    mark, _, query = rest.partition("?")
    if mark:
        raise TargetError(f"{said}: found {mark!r}; expected sim: or sim:?{FORM}&...")
    items = [unquote_plus(item) for item in query.split("&")] if query else []
    asked = [item for item in items if item.partition("=")[0] == "workload"]
    for item in asked:
        if item not in ("workload=true", "workload=false"):
            raise TargetError(f"{said}: option {item!r}; expected workload=true or workload=false")
    scripts = [item for item in items if item.partition("=")[0] == "inject"]
    script = scripts[0].partition("=")[2] if len(scripts) == 1 else ""
    if scripts and not script:
        raise TargetError(f"{said}: option {scripts[-1]!r}; expected one inject=FILE.toml")
    return [item for item in items if item not in (*asked, *scripts)], asked[-1:] == ["workload=true"], script
