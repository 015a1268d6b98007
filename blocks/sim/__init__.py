"""`sim:`, a simulated chip as a target: `sim:`, or with parameters of models, `sim:?pll[3].lock_s=inf`.

`sim:?workload=true` lets the chip's workload run.

Simulated time is the time of the event loop, so a virtual clock makes it virtual. Accesses take none of it.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import inf
from urllib.parse import parse_qsl

import anyio
import anyio.lowlevel
import attrs

from blocks.chip import Chip, list_chips, load_chip
from blocks.chip.table import choice
from blocks.model import ModelFault, Violation, model_type, params_of
from blocks.sim.chip import SimChip
from transports.base import Capabilities, Judgement
from transports.batch import Batch, Results
from transports.engine import Region, run
from transports.errors import DeviceLost
from transports.open import Target, TargetError

__all__ = ["ModelFault", "SimChip", "SimTransport", "open_sim"]

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
        self._offset_s = chip.attach(self, anyio.current_time())

    @property
    def capabilities(self) -> Capabilities:
        """All widths that the registers have, any strobes, interrupt hints."""
        return CAPABILITIES

    @property
    def violations(self) -> list[Violation]:
        """The rules that software broke since the chip was made, whoever did it."""
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
            return await run(batch, self, WHOLE_BUS)

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
            self._wake = anyio.Event()
            delay_s = self.chip.next_event_s - self.chip.now_s
            with anyio.move_on_after(delay_s if delay_s < inf else None):
                await self._wake.wait()

    async def judge(self) -> Judgement:
        """Return the broken rules, and the seconds that each block's hardware took since its reset, as drawn."""
        await anyio.lowlevel.checkpoint()
        self._advance()
        return Judgement(
            violations=tuple(str(violation) for violation in self.chip.violations),
            stages=self.chip.stages,
            traffic=self.chip.traffic,
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
            self.chip.detach(self)
            self._wake.set()
        await anyio.lowlevel.checkpoint()

    # ---- as a port of the engine ----

    def read(self, address: int, width: int) -> int:
        """Read one word, after everything that happened before it."""
        self._advance()
        return self.chip.read(address, width)

    def write(self, address: int, value: int, width: int, strobes: int | None) -> None:
        """Write one word, after everything that happened before it."""
        self._advance()
        self.chip.write(address, value, width, strobes)

    def _advance(self) -> None:
        if self._lost is not None:
            raise self._lost
        self.chip.advance(anyio.current_time() + self._offset_s)

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
        ChipError: the chip's description is wrong, or it cannot be simulated.
        ImageError: as `load_chip`.
    """
    if target.chip is None:
        raise TargetError(f"target {target.url!r} simulates a chip, and none was named; {choice('', list_chips())}")
    chip = load_chip(target.chip)
    given, workload = options(target, chip)
    sim = SimChip(chip, seed=target.seed, overrides=given, workload=workload)
    await anyio.lowlevel.checkpoint()
    return SimTransport(sim)


def options(target: Target, chip: Chip) -> tuple[dict[str, dict[str, object]], bool]:
    """Return what the target's URL asks for: parameters of models by instance, and whether the workload runs.

    Raises:
        TargetError: names the option that cannot be, and what there is instead.
    """
    mark, _, query = target.rest.partition("?")
    if mark:
        raise TargetError(f"target {target.url!r}: found {mark!r}; expected sim: or sim:?BLOCK.PARAMETER=VALUE&...")
    items: list[str] = []
    workload = False
    for item in query.split("&") if query else []:
        pairs = parse_qsl(item, keep_blank_values=True)
        if len(pairs) != 1 or "=" not in item:
            raise TargetError(f"target {target.url!r}: option {item!r} is not BLOCK.PARAMETER=VALUE")
        ((key, text),) = pairs
        if key != "workload":
            items.append(f"{key}={text}")
        elif text in ("true", "false"):
            workload = text == "true"
        else:
            raise TargetError(f"target {target.url!r}: workload is {text!r}; expected true or false")
    try:
        return overrides(items, chip), workload
    except TargetError as problem:
        raise TargetError(f"target {target.url!r}: {problem}") from None


def overrides(items: Iterable[str], chip: Chip) -> dict[str, dict[str, object]]:
    """Return parameters of models by instance, from texts BLOCK.PARAMETER=VALUE.

    Raises:
        TargetError: names the one that cannot be, and what there is instead.
    """
    found: dict[str, dict[str, object]] = {}
    for item in items:
        key, _, text = item.partition("=")
        name, _, parameter = key.rpartition(".")
        if name not in chip.instances:
            raise TargetError(f"option {key}: no block {name!r}; {choice(name, chip.instances)}")
        kind = model_type(chip.instances[name].type)
        known = [] if kind is None else [a.alias for a in attrs.fields(params_of(kind))]
        if parameter not in known:
            raise TargetError(f"option {key}: no parameter {parameter!r}; {choice(parameter, known)}")
        found.setdefault(name, {})[parameter] = literal(text)
    return found


def literal(text: str) -> object:
    """Return the value that a text stands for, as TOML would read it; what TOML would not read is text."""
    if text in ("true", "false"):
        return text == "true"
    for kind in (lambda: int(text, 0), lambda: float(text)):
        try:
            return kind()
        except ValueError:
            continue
    return text
