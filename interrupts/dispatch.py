"""From a hint to the blocks that should look: claim, note, wake, and complete when the block has looked.

An interrupt carries no state. What is noted here is only that there may be something to see, so a hint that is lost or
comes twice costs time and nothing else: a sweep wakes every block that did not look for a period.

A claimed source is completed when its block waits again, that is, after it was served: completed at once, a real PLIC
would let the level that still stands ask again, and again, until the block's task had its turn. QEMU's PLIC forgets a
level that still stands when its source is completed (docs/errata.md); after service it stands no more, and where it
does, the sweep comes.

Controllers stand on two levels at most: a leaf's line is a source of another controller. What is claimed there sends
the claim on to the leaf, and is completed when the leaf has been drained. A source that asks again as fast as it is
completed, or a leaf that tells of nothing time after time, would keep dispatch busy for ever: it is shut, that is,
stays claimed for a while, and for twice as long each time that it storms again, at most for a sweep's period. So it
costs a bounded number of claims, and no other line waits for it. A line without a controller is not heard for as long,
and its block looks when it is open again.
"""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from types import MappingProxyType

import trio
from attrs import define, field

from interrupts.controller import Careful, Controller
from interrupts.line import DispatchLine
from interrupts.source import Source
from transports.errors import Denied, DeviceLost, TransportError

SWEEP_S = 1.0  # a hint that was lost is made up for within this time
UNKNOWN_MAX = 64  # sources without owner that are told apart; those beyond are counted in `unhandled` alone


@define
class Counts:
    """What was seen so far.

    Attributes:
        hints: times that the source said something.
        claimed: sources that a controller handed over; `relayed`, those behind which another controller stands.
        spurious: hints behind which there was nothing.
        unhandled: claims of sources that no block waits for; they are left claimed, so each is counted once.
        unknown: of these, how many of each controller and source, for the first UNKNOWN_MAX of them.
        sweeps: sweeps, two a period; `swept` the sources that were found then, with no hint to tell of them.
        storms: times that a source asked too often, and was shut for a while.
        errors: times that a controller could not be reached.
    """

    hints: int = 0
    claimed: int = 0
    relayed: int = 0
    spurious: int = 0
    unhandled: int = 0
    sweeps: int = 0
    swept: int = 0
    storms: int = 0
    errors: int = 0
    unknown: dict[tuple[str, int], int] = field(factory=dict[tuple[str, int], int])


class Dispatch:
    """One task that listens, drains the controllers, and wakes the blocks.

    Args:
        source: where hints come from.
        controllers: by the name of their block.
        told_by: the target's line that tells of a controller; one without is looked at with every hint.
        leaves: controllers that are told of by a source of another one, and that one and the source.
        reachable: whether a controller may be touched now; one that may not has no interrupts.
        sweep_s: the longest that a block goes without a look; a sweep comes twice in that time, since a block that
            looked just after one is passed over by the next.
        sweeps: by itself; else only when `sweep` says so, and blocks are not woken then: who says so looks at them.

    Attributes:
        stormed: called with a line that asks too often, once for each storm; must not wait.
        relays: by the name of each leaf, the line behind which it stands.

    Raises:
        ValueError: the controller that tells of a leaf is not there, or is a leaf itself.
    """

    def __init__(
        self,
        source: Source,
        controllers: Mapping[str, Controller],
        *,
        told_by: Mapping[str, int] = MappingProxyType({}),
        leaves: Mapping[str, tuple[str, int]] = MappingProxyType({}),
        reachable: Callable[[str], bool] = lambda _name: True,
        sweep_s: float = SWEEP_S,
        sweeps: bool = True,
    ) -> None:
        self.counts = Counts()
        self.last_error: TransportError | None = None
        self.stormed: Callable[[DispatchLine], None] = lambda _line: None
        self._source = source
        self._tops = [name for name in controllers if name not in leaves]
        self._controllers = {name: controllers[name] for name in (*self._tops, *leaves)}  # a leaf after who tells of it
        self._told_by, self._reachable = told_by, reachable
        self._sweep_s, self._sweeps, self._asked = sweep_s, sweeps, False
        self._lines: dict[tuple[str | None, int], DispatchLine] = {}
        self._own: dict[int, DispatchLine] = {}  # of these, the target's
        self._completable: dict[DispatchLine, None] = {}
        self._shut: dict[DispatchLine, float] = {}  # until when; infinity: until the next sweep
        self._hint_s = 0.0  # when the last hint came
        self._claim_s, self._from_s = 0.0, 0.0  # when the claim under way began, and when the hint came behind it
        self._told = True  # there was a hint
        self._behind: dict[str, tuple[float, bool]] = {}  # both, of a claim that led to a leaf
        self.relays: dict[str, DispatchLine] = {}
        self._leaf_of: dict[tuple[str | None, int], str] = {}
        self._uncertain = set(self._controllers)  # who came before us may have claimed and not completed
        self._hinted: set[str] = set()  # controllers that may have something
        self._bell: trio.Event | None = None
        self._timer, self._due_s = trio.CancelScope(), math.inf  # rings the bell; one for all, as a scope costs 5 us
        self._ended: TransportError | None = None
        for leaf, (hub, number) in leaves.items():
            if hub in leaves:
                raise ValueError(f"{leaf} reports to {hub}, which reports to {leaves[hub][0]}: two levels at most")
            self.relays[leaf] = self.line(number, hub)
            self._leaf_of[hub, number] = leaf

    def line(self, source: int, controller: str | None = None) -> DispatchLine:
        """Return the line of one block, to be given to it before `run`.

        Raises:
            ValueError: the controller is unknown, or the line is taken.
        """
        if controller is not None and controller not in self._controllers:
            there_are = ", ".join(self._controllers) or "none"
            raise ValueError(f"no interrupt controller {controller!r}; there are: {there_are}")
        if (controller, source) in self._lines:
            raise ValueError(f"source {source} of {controller or 'the target'} has an owner already")
        made = self._lines[controller, source] = DispatchLine(controller, source, self._complete_soon)
        if controller is None:
            self._own[source] = made
        return made

    def masked(self, line: DispatchLine) -> bool:
        """Say whether a line is not heard now: claimed and not yet completed, or shut since it asked too often."""
        return line.held or line in self._shut

    def sweep(self) -> None:
        """Sweep soon: claim from every controller that can be reached."""
        self._asked = True
        self._wake()

    async def run(self) -> None:
        """Dispatch until cancelled. At first every interrupt counts as pending: nobody knows what came before.

        Raises:
            DeviceLost, Denied: no interrupt will be served on this bus any more.
        """
        self._due_s = math.inf
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._listen)
            nursery.start_soon(self._tick)
            try:
                await self._serve()
            except (DeviceLost, Denied) as error:
                self._ended = self._ended or error
            nursery.cancel_scope.cancel()
        assert self._ended is not None
        raise self._ended

    async def _listen(self) -> None:
        """Note the hints; never touches the bus, so that an edge is not missed while it is busy."""
        while self._ended is None:
            try:
                numbers = await self._source.wait()
            except TransportError as error:
                self._ended = error
            else:
                self._heard(numbers)
            self._wake()

    async def _tick(self) -> None:
        """Ring the bell when a sweep is due, or a line was shut for long enough."""
        while True:
            with trio.CancelScope(deadline=self._due_s) as self._timer:
                await trio.sleep_forever()
            self._due_s = math.inf
            self._wake()

    def _heard(self, numbers: frozenset[int]) -> None:
        """Ring the target's own lines that may have risen, and note the controllers that may have something."""
        self.counts.hints += 1
        self._hint_s = trio.current_time()
        lines = [self._own[number] for number in numbers if number in self._own] if numbers else [*self._own.values()]
        for line in lines:
            if line in self._shut:  # what it tells of is looked at when it opens
                continue
            if line.storms(self._hint_s):
                self._shut_for_a_while(line, self._hint_s)
            else:
                line.hint(self._hint_s)
        told = {name for name in self._tops if not numbers or self._told_by.get(name, -1) in {*numbers, -1}}
        self._hinted |= told
        if not lines and not told:
            self.counts.spurious += 1

    def _wake(self) -> None:
        if self._bell is not None:
            self._bell.set()
            self._bell = None

    def _complete_soon(self, line: DispatchLine) -> None:
        """Complete a line that was served with the next batch; one that was shut stays so."""
        if line not in self._shut:
            self._completable[line] = None
        self._wake()

    def _open(self, swept: bool) -> None:
        """Let lines be completed that were shut for long enough; what the target's own told meanwhile is looked at."""
        now_s = trio.current_time()
        for line, until_s in [*self._shut.items()]:
            if until_s <= now_s or (swept and until_s == math.inf):
                del self._shut[line]
                if line.controller is None:
                    line.ring()
                else:
                    self._completable[line] = None

    async def _serve(self) -> None:
        """Do what is to be done on the bus: complete, claim, and sweep when a period is over."""
        for line in self._lines.values():
            line.ring()
        sweep_s = trio.current_time()
        while self._ended is None:
            swept = trio.current_time() >= sweep_s or self._asked
            self._asked = False
            if self._shut:
                self._open(swept)
            await self._complete()
            for name in self._controllers:
                if name in self._hinted or swept:
                    await self._claim(name)
            if swept:
                self._sweep()
                sweep_s = trio.current_time() + self._sweep_s / 2 if self._sweeps else math.inf
            if self._ended is None and not (self._hinted or self._completable or self._asked):
                due_s = min((sweep_s, *self._shut.values())) if self._shut else sweep_s
                if due_s != self._due_s:
                    self._due_s = self._timer.deadline = due_s
                self._bell = trio.Event()
                await self._bell.wait()

    async def _complete(self) -> None:
        """Complete what was served, a batch a controller; and all there is, where nobody knows what is claimed."""
        lines, self._completable = self._completable, {}
        for name, controller in self._controllers.items():
            doubtful = name in self._uncertain
            served = [line for line in (self._lines.values() if doubtful else lines) if line.controller == name]
            if not served:
                continue
            if not self._reachable(name):
                self._uncertain.add(name)
                continue
            complete = controller.complete
            if doubtful and isinstance(controller, Careful):
                complete = controller.release
            if await self._reached(name, complete([line.source for line in served])):
                self._uncertain.discard(name)
                for line in served:
                    line.held = False

    async def _claim(self, name: str) -> None:
        """Claim from a controller until nothing asks; then let who told of it tell again."""
        hinted = name in self._hinted
        self._hinted.discard(name)
        before = self.counts.claimed + self.counts.relayed
        self._claim_s = trio.current_time()
        itself = (self._hint_s, True) if hinted else (self._claim_s, False)
        self._from_s, self._told = self._behind.pop(name, itself)
        claim = self._controllers[name].claim
        reached = self._reachable(name) and await self._reached(name, claim(partial(self._take, name)))
        found = self.counts.claimed + self.counts.relayed - before
        if not hinted:
            self.counts.swept += found
        elif reached and not found:
            self.counts.spurious += 1
        relay = self.relays.get(name)
        if relay is None or not relay.held:
            return
        if not reached:
            self._shut.setdefault(relay, math.inf)
        elif not found and relay.storms(self._claim_s):
            self._shut_for_a_while(relay, self._claim_s)
        else:
            self._complete_soon(relay)

    def _shut_for_a_while(self, line: DispatchLine, now_s: float) -> None:
        self.counts.storms += 1
        if line not in self._shut:
            self._shut[line] = line.shut(now_s, self._sweep_s)
            if not line.storming:
                self.stormed(line)

    def _take(self, controller: str, source: int) -> None:
        """Note a claimed source and wake its block; one without owner stays claimed, and so shut."""
        line, leaf = self._lines.get((controller, source)), self._leaf_of.get((controller, source))
        if line is not None:
            line.held = True
            line.counts.lost += not self._told
        if leaf is not None:
            if line is not None:
                line.counts.hints += 1
            self.counts.relayed += 1
            self._hinted.add(leaf)
            self._behind[leaf] = self._from_s, self._told
            return
        self.counts.claimed += 1
        if line is None:
            self.counts.unhandled += 1
            unknown, known = self.counts.unknown, (controller, source)
            if known in unknown or len(unknown) < UNKNOWN_MAX:
                unknown[known] = unknown.get(known, 0) + 1
            return
        if line.storms(self._claim_s):
            self._shut_for_a_while(line, self._claim_s)
        line.hint(self._from_s)

    def _sweep(self) -> None:
        """Wake every block that did not look for a period: its hint may have been lost."""
        self.counts.sweeps += 1
        if not self._sweeps:
            return
        for line in self._lines.values():
            if not line.heard:
                line.counts.swept += 1
                line.ring()
            line.heard = False

    async def _reached(self, name: str, act: Awaitable[None]) -> bool:
        """Let a controller act and say whether it did; where it did not, nobody knows what is claimed.

        Raises:
            DeviceLost, Denied: it never will.
        """
        try:
            await act
        except TransportError as error:
            self.counts.errors += 1
            self.last_error = error
            if isinstance(error, (DeviceLost, Denied)):
                raise
            self._uncertain.add(name)
            return False
        return True
