"""The sweep: a look at all blocks in rows, each row after those it stands on; and whether each makes progress.

It finds what no interrupt told of. Whoever does not show what it should is hinted, and looks by itself.
"""

from __future__ import annotations

from collections.abc import Callable

import trio

from runtime.found import By
from runtime.graph import Graph
from runtime.guard import Ground, Sentries
from runtime.pilot import FLIGHT_MAX
from runtime.sight import Sight
from runtime.summary import IN_SERVICE, State
from runtime.trouble import cause_of, serves_itself
from runtime.unit import PROGRESS_S_MAX, Unit
from runtime.wider import Fleet
from transports.batch import Batch, Results
from transports.bus import Bus
from transports.errors import DeviceLost, Indeterminate, Unavailable

TRIES = 2  # of the last look, at a block that one try did not show to be well
WATCH_S = PROGRESS_S_MAX / 20  # so much later it is ended at most


class Sweep:
    """Looks at all that is in service.

    Args:
        bus: the chip's own; what is behind another block is looked at by its own task.
        ended: called with a block whose step takes too long, and why; it ends that.
    """

    def __init__(
        self,
        fleet: Fleet,
        graph: Graph,
        sentries: Sentries,
        sight: Sight,
        bus: Bus,
        ended: Callable[[Unit, str], None],
    ) -> None:
        self._fleet, self._sentries, self._sight, self._bus, self._ended = fleet, sentries, sight, bus, ended
        self._levels = graph.rows()

    async def once(self, swept: Callable[[], None]) -> None:
        """Look at all, those first that others stand on; then call `swept`, and hint who does not show it."""
        good: set[str] = set()
        await self._rows(good)
        self._fleet.board.doubted.update(self._fleet.units.keys() - good)
        swept()
        for unit in self._fleet.units.values():
            if unit.name not in good or unit.ignored:
                unit.hint(By.SWEEP)

    async def last(self, bus: Bus, found: dict[str, str]) -> None:
        """Look at all that is in service, hint nobody, and note in `found` who does not show what it should, and why.

        Args:
            bus: the chip's own, made anew when nothing leaves by the other any more.

        Raises:
            DeviceLost: the chip does not answer any more.
        """
        good: set[str] = set()
        for level in self._levels:
            units = [unit for name in level if self._serves(unit := self._fleet.units[name])]
            seen = [unit for unit in units if self._may(unit, good)]
            for first in range(0, len(seen), FLIGHT_MAX):
                await self._flight(seen[first : first + FLIGHT_MAX], good, bus, guarded=True)
            for unit in units:
                if unit.name in good:
                    continue
                if why := await self._alone(unit, bus):
                    unit.by, found[unit.name] = unit.by or By.SWEEP, why
                else:
                    good.add(unit.name)

    async def _alone(self, unit: Unit, bus: Bus) -> str:
        """Look, behind its ground, at a block that was not seen to be well among many; say why it is not."""
        sentry, why = self._sight.sentry(unit), ""
        for _ in range(TRIES):
            came = await bus.submit(sentry.batch, owner=unit.name)
            try:
                seen = sentry.judge(came)
            except DeviceLost:
                raise
            except Exception as error:  # of the bus, or of the block's own code
                why = f"cannot be read: {error}"
                continue
            if isinstance(seen, Ground):
                return f"stands on {seen.block}, which {seen.said}"
            return "" if seen is None or self._sight.known(unit, seen) else cause_of(seen)
        return why

    def _serves(self, unit: Unit) -> bool:
        """Say whether a block on this bus is in service, and neither it nor its ground held or in a wider recovery."""
        if self._fleet.board.states[unit.name] not in IN_SERVICE or unit.port.bus is not self._bus:
            return False
        below = [self._fleet.units[name] for name, _ in self._sentries.ground(unit.name)]
        return not any(other.frozen or other.held for other in (unit, *below))

    async def watch(self) -> None:
        """See that every block's own task makes progress, from its first climb on, until cancelled."""
        units = list(self._fleet.units.values())
        while True:
            await trio.sleep(WATCH_S)
            now = trio.current_time()
            for unit in units:
                if unit.busy_s is not None:  # of 324 hardly one: 0.7 ms to ask each
                    self._watch(unit, now, unit.busy_s)

    async def _rows(self, good: set[str]) -> None:
        """Look at row after row, as far as all stands; those that show what they should are good.

        What fell may have taken with it what was seen to stand before: the rest look by themselves. So may what falls
        while others have the bus: who waits for it looks behind its ground.
        """
        for level in self._levels:
            units = [self._fleet.units[name] for name in level]
            seen = [unit for unit in units if self._may(unit, good)]
            for first in range(0, len(seen), FLIGHT_MAX):
                some = seen[first : first + FLIGHT_MAX]
                await self._flight(some, good, self._bus, guarded=self._bus.in_flight > 0 or self._bus.waiting > 0)
                if any(unit.name not in good and not unit.ignored for unit in some):
                    return

    async def _flight(self, some: list[Unit], good: set[str], bus: Bus, *, guarded: bool = False) -> None:
        """Look at some blocks together; those that show what they should are good.

        Args:
            guarded: each behind its ground, in one batch: where that falls meanwhile, the block is not touched.
        """
        looks: list[tuple[Batch, Callable[[Results], object]]] = []
        for unit in some:
            if guarded:
                sentry = self._sight.sentry(unit)
                looks.append((sentry.batch, sentry.judge))
            else:
                looks.append(self._sight.bare(unit))
        asked = [(batch, unit.name, 0.0) for unit, (batch, _) in zip(some, looks, strict=True)]
        came = await bus.submit_all(asked)
        judged = zip(some, looks, came, strict=True)
        good |= {unit.name for unit, (_, judge), results in judged if _holds(judge, results)}
        silent = [results.error for results in came if isinstance(results.error, (Unavailable, Indeterminate))]
        if silent and bus is self._bus:
            await self._sight.reachable(silent[0])

    def _may(self, unit: Unit, good: set[str]) -> bool:
        """Say whether the sweep may look at a block: in service, alone, and its ground was just seen to stand."""
        if unit.frozen or unit.held or unit.port.bus is not self._bus or serves_itself(unit):
            return False
        if self._fleet.board.states[unit.name] not in IN_SERVICE:
            return False
        return all(other in good for other, _ in self._sentries.ground(unit.name))

    def _watch(self, unit: Unit, now: float, since_s: float) -> None:
        """End a block's step that takes too long; to wait for others is no lack of progress."""
        if self._fleet.board.states[unit.name] is State.WAITING:
            unit.busy_s = now
        elif now - since_s > PROGRESS_S_MAX:
            self._ended(unit, f"no progress for {now - since_s:.3g} s: its step was ended")


def _holds(judge: Callable[[Results], object], results: Results) -> bool:
    try:
        return judge(results) is None
    except Exception:  # its own look tells what it is
        return False
