"""One block under supervision: what it is, where it climbs, and what wakes its task."""

from __future__ import annotations

from collections.abc import Collection, Generator
from contextlib import contextmanager
from typing import Any

import trio
from attrs import define, evolve, field

from blocks.base import Block
from blocks.chip import Verdict
from blocks.chip.supervision import Drift, Restart, Supervision
from blocks.line import Line
from blocks.look import Shortfall
from blocks.port import Port
from runtime.climb import Plan, Seat
from runtime.found import By
from runtime.policy import History
from runtime.summary import State

PROGRESS_S_MAX = 60.0  # a step of a block that takes longer is ended: no ladder here takes a second
AGAIN_S_MAX = 3600.0  # what never shows the same twice is tried once an hour at last


@define(eq=False)
class Left:
    """What was seen of a block when it was left as it is.

    Attributes:
        evidence: to the bit; empty: it is not left. Until something else is seen nothing is done about it, but for
            what is tried `again`: that climbs, and does no more, once `again_s` has come.
        missing: the conditions that did not hold, at any time since it was last well. With another one it is a new
            trouble at once; with one of these whose value alone is another it is, but not before `again_s`.
        pause_s: until then; doubled each time.
    """

    evidence: str = ""
    missing: set[str] = field(factory=set[str])
    again_s: float = 0.0
    pause_s: float = 0.0
    again: bool = False

    def leave(self, evidence: str, missing: str, now: float, pause_s: float, *, again: bool) -> None:
        """Leave it.

        Args:
            pause_s: the first, and the shortest.
            again: try it again after each pause, whatever is seen.
        """
        known = missing in self.missing
        self.pause_s = max(pause_s, min(2 * self.pause_s, AGAIN_S_MAX) if known else self.pause_s)
        self.evidence, self.again_s, self.again = evidence, now + self.pause_s, again
        self.missing.add(missing)

    def forget(self, rungs: Collection[str]) -> None:
        """Some rungs hold again: to miss them is a new trouble."""
        self.missing = {
            missing for missing in self.missing if not any(missing.startswith(f"{rung} ") for rung in rungs)
        }

    def rests(self, evidence: str, missing: str, now: float) -> bool:
        """Say whether what is seen now is no reason to do anything about it."""
        if not self.evidence:
            return False
        early = now < self.again_s
        return early or not self.again if evidence == self.evidence else early and missing in self.missing


@define(eq=False)
class Unit:
    """One block under supervision.

    Attributes:
        needs: what must stand before it is touched.
        seat: where it climbs its plan.
        full: what the block shows when nothing about it is lessened; None: its ladder says it all.
        rest: the plan of its ladder to rest; None: it has none.
        lessened: what it counts as when it is up and not full.
        line: its interrupt; without one, only the sweep and the return of what it needs make it look.
        served: it was seen up since the supervisor began. Whether it is in service is read from the hardware
            (`runtime.witness`); this answers only for an act on the rung that would be the proof, or on one above it,
            and so a restarted controller does not ask before such an act.
        generation: of its handle: whatever was begun in an older one is dropped when it ends.
        frozen: a wider recovery has it; its own task does nothing until that is over.
        held: for a person with a probe; nothing of it is touched.
        released: by a person, and not well since: a rule to hold it does not count.
        rested: the block for which it was put to rest on purpose, itself or one that it stands on; empty: it was not.
        woken: it was at rest, and comes up for the first time since: that is no incident, and disturbs nobody.
        once: its rule is not to bring it up again, or to hold it; it was up over an earlier connection.
        known: how it was last seen over an earlier connection, in service; of what nobody may look at now.
        due: it was put to rest for another, or its way up was cut short: it comes up again whatever its rule.
        left: what was seen when it was left as it is.
        ignored: it does not show what it should, serves, and stays so by policy: what stands on it goes on.
        by: what has its task look now; None: it waits.
        quieted: the generation in which what stands on it was put to rest, for the next climb; None: not yet.
        busy_s: since when its task is at one step; None: it waits, for something to see or for others.
        history: of its troubles.
    """

    name: str
    block: Block[Any]
    plan: Plan
    port: Port
    needs: tuple[str, ...]
    seat: Seat
    full: Plan | None = None
    rest: Plan | None = None
    lessened: Verdict = Verdict.DEGRADED
    line: Line | None = None
    served: bool = False
    generation: int = 0
    frozen: bool = False
    held: bool = False
    released: bool = False
    rested: str = ""
    woken: bool = False
    once: bool = False
    known: tuple[State, Shortfall | None] | None = None
    due: bool = False
    left: Left = field(factory=Left)
    ignored: bool = False
    by: By | None = By.RETURN
    quieted: int | None = None
    busy_s: float | None = None
    history: History = field(factory=History)
    _nap: trio.CancelScope | None = field(default=None, init=False)
    _step: trio.CancelScope | None = field(default=None, init=False)
    _hinted: By | None = field(default=None, init=False)

    @property
    def quiet(self) -> bool:
        """What stands on it is at rest, for the climb that is next: nothing came between."""
        return self.quieted == self.generation

    @property
    def told_by(self) -> By:
        """What has it looked at, now or soon; where nothing told it, it is another block that looks at it."""
        return self.by or self._hinted or By.NEIGHBOUR

    def ruled(self, rule: Supervision) -> Supervision:
        """Return how it is supervised now: what is to come up, or was released, does so whatever its rule."""
        if not (self.due or self.released):
            return rule
        restart = Restart.TRANSIENT if rule.restart is Restart.TEMPORARY else rule.restart
        drift = Drift.REPAIR if self.released and rule.drift is Drift.HOLD else rule.drift
        return evolve(rule, restart=restart, hold=False, drift=drift)

    def hint(self, by: By = By.REQUEST) -> None:
        """There may be something to see."""
        self._hinted = self._hinted or by
        if self._nap is not None:
            self._nap.cancel()

    async def nap(self) -> None:
        """Wait for a hint or an interrupt.

        The block's own task waits on its line: to wait again says that it has looked.
        """
        if not self._hinted:
            self.by = None
            with trio.CancelScope() as self._nap:
                if self.line is not None:
                    await self.line.wait()
                else:
                    await trio.sleep_forever()
            self._nap = None
        self.by, self._hinted = self._hinted or By.INTERRUPT, None

    @contextmanager
    def step(self, now: float) -> Generator[None]:
        """Take one step of its own task, which `freeze` and `stop` end."""
        with trio.CancelScope() as self._step:
            self.busy_s = now
            yield
        self._step, self.busy_s = None, None

    @contextmanager
    def idle(self) -> Generator[None]:
        """Let its step wait for what is not its own: that is no lack of progress."""
        self.busy_s = None
        yield
        self.busy_s = trio.current_time()

    def stop(self) -> None:
        """End the step that its own task is at; what that began is of an older generation."""
        self.generation += 1
        if self._step is not None:
            self._step.cancel()

    def freeze(self) -> None:
        """Take it from its own task, until `thaw`."""
        self.frozen = True
        self.stop()

    def stay(self, block: str) -> None:
        """Give it back where it rests, for that block."""
        self.frozen, self.served, self.woken, self.due = False, False, False, False
        self.rested = self.rested or block
        self.generation += 1
        self.left = Left()

    def wake(self) -> None:
        """Let its task bring it up again."""
        self.rested, self.served, self.woken = "", False, True
        self.left = Left()
        self.hint()

    def thaw(self, *, rested: bool = False) -> None:
        """Give it back; its task looks what became of it. What came to rest, or was reset, does not serve."""
        self.frozen, self.served = False, self.served and not rested
        self.generation += 1
        self.left = Left(missing=self.left.missing, pause_s=self.left.pause_s)
        self.hint()
