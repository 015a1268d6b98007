"""A chip in service: brought up, or resumed, and kept so until somebody says that it is enough.

A link that is lost is no end: when the chip answers again everything is looked at anew, by the same climbs as after a
restart of the controller, and what still stands is left alone. Nothing is carried from one connection to the next but
the histories of troubles, by which the policy bounds its tries, and what people asked for (`runtime.carried`).
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from math import inf
from typing import TYPE_CHECKING, Any

import trio
from attrs import frozen

from interrupts.wiring import Wiring
from registers.paths import instead
from runtime.blame import Account, blamed, seen_between
from runtime.carried import Carried, resumed
from runtime.climb import Consent
from runtime.ending import Ending
from runtime.fit import check_device, check_fit
from runtime.found import By
from runtime.garbage import only_new
from runtime.graph import graph_of
from runtime.heard import Heard
from runtime.incident import Event, Incident, Served, What
from runtime.keeper import DEFAULT, Keeper
from runtime.last import last_look
from runtime.ledger import EVIDENCE_MAX, Evidence, Ledger
from runtime.rating import of_chip
from runtime.session import Session
from runtime.summary import IN_SERVICE, Progress, State, Summary, Verdict
from runtime.supervisor import Supervisor
from runtime.unit import Unit
from runtime.verdicts import verdict_of
from runtime.wired import Wired, ring, wired
from transports.base import Judge, Judgement, Transport
from transports.batch import Batch, ones
from transports.errors import DeviceLost, TransportError, ended
from transports.open import TargetError

if TYPE_CHECKING:
    from blocks.chip import Chip

SWEEP_S = 10.0  # a hint that was lost costs so long at most; a look at 324 blocks is 12,000 reads
SWEEP_S_MIN = 0.01  # as long as a look at 100 simulated blocks takes: swept more often, there is time for nothing else
BEGIN_S_MAX = 10.0  # what was there before is told in some ms, or the connection counts as lost
BACK_S_MIN, BACK_S_MAX = 0.01, 1.0  # between two tries to reach a chip that does not answer: doubled each time


@frozen
class Terms:
    """On what terms a chip is served.

    Attributes:
        only: the blocks that this pattern names, and what they need; None: all.
        consent: asked instead of the chip's rules before an act that disturbs a block in service.
        wire: makes the interrupts of a session; None: only the sweep looks.
        reopen: connects anew where the connection itself is over; None: that is the end.
    """

    only: str | None = None
    consent: Consent | None = None
    wire: Callable[[Session], Wired] | None = wired
    reopen: Callable[[], Awaitable[Transport]] | None = None


TERMS = Terms()


class Service:
    """One chip in service.

    Args:
        target: the URL of the transport, for the report.
        seed: that of the schedule, for the report.
        sweep_s: every block is looked at this often, without any hint; at least SWEEP_S_MIN.
        watch: called with each event; must not wait.
        on_event: called whenever a block moves; must not wait.

    Attributes:
        heard: what came of its interrupts so far.

    Raises:
        TargetError: the target's URL names another chip; nothing was touched.
    """

    def __init__(
        self,
        chip: Chip,
        transport: Transport,
        *,
        target: str = "",
        seed: int = 0,
        sweep_s: float = SWEEP_S,
        watch: Callable[[Event], None] | None = None,
        on_event: Callable[[Progress], None] | None = None,
        terms: Terms = TERMS,
    ) -> None:
        if target:
            check_fit(chip, target)
        check_device(chip, transport, target)
        if not sweep_s >= SWEEP_S_MIN:
            raise ValueError(f"sweep_s is {sweep_s}; expected {SWEEP_S_MIN} seconds or more")
        self.chip, self.transport, self.target, self.seed = chip, transport, target, seed
        self._terms, self._sweep_s, self._watch, self._on_event = terms, sweep_s, watch, on_event
        self._wall, self._cpu = time.perf_counter(), time.process_time()
        self._zero: float | None = None
        graph = graph_of(chip) if terms.only is None else graph_of(chip).only(terms.only)
        below: dict[str, frozenset[str]] = {}

        def stands_on(block: str) -> frozenset[str]:
            if block not in below:
                below[block] = frozenset(graph.needed_by([block]) - {block}) if block else frozenset()
            return below[block]

        def rule(block: str) -> Any:
            return chip.supervision.get(block, DEFAULT)

        self._below = stands_on
        self.ledger = Ledger(stands_on, rule, self._now, self._told, evidence=self._last, found=self._found_by)
        self._rule, self._carried = rule, Carried()
        self._session: Session | None = None
        self._keeper: Keeper | None = None
        self._up: Summary | None = None
        self._before: Judgement | None = None  # at the begin, before the first access
        self._began_s = 0.0
        self._ending, self._lost = Ending(), ""
        self._reads, self._writes, self._batches = 0, 0, 0
        self.heard, self._charged, self._bell = Heard(), Account(), trio.Event()
        self._units: Mapping[str, Unit] = {}  # of the connection of now

    # ---- for whoever asks meanwhile ----

    @property
    def events(self) -> Sequence[Event]:
        """The last events."""
        return self.ledger.events

    @property
    def forgotten(self) -> int:
        """How many came before those."""
        return self.ledger.forgotten

    def incidents(self, after: int = 0, most: int | None = None, lines: int | None = None) -> tuple[Incident, ...]:
        """Return the incidents so far, as `Ledger.incidents` does."""
        return self.ledger.incidents(after, most, lines)

    def under_way(self) -> tuple[int, ...]:
        """Return the numbers of the incidents that are not over."""
        return self.ledger.open()

    def status(self) -> Mapping[str, Verdict]:
        """Return what is known of every block from the last look at it; nothing is accessed."""
        if self._session is None:
            return {
                name: Verdict(block=name, state=State.STOPPED, reason="not connected") for name in self.chip.instances
            }
        if self._lost:
            return {
                name: Verdict(block=name, state=State.STOPPED, reason=self._lost) for name in self._session.board.states
            }
        board, held = self._session.board, {name for name, unit in self._units.items() if unit.held}
        below = {name: min(self._below(name) & held, default="") for name in board.states} if held else {}
        return {name: verdict_of(board, name, self._units.get(name), below.get(name, "")) for name in board.states}

    @property
    def session(self) -> Session | None:
        """The connection of now; None before the first."""
        return self._session

    def look(self, block: str) -> None:
        """Have a block looked at soon.

        Raises:
            ValueError: no such block, or the chip is not in service.
        """
        self._known(block).look(block)

    def hold(self, block: str) -> None:
        """Leave a block as it is, for a person with a probe; nothing of it is touched until `release`.

        One that is held already stays held.

        Raises:
            ValueError: no such block, or the chip is not in service.
        """
        keeper = self._known(block)
        self._carried.held.add(block)  # if the chip cannot be reached now: when it is back
        if not self._units[block].held:
            keeper.hold(block)

    def release(self, block: str) -> None:
        """Take a block back into service that is held, or for which nothing more is tried.

        Raises:
            ValueError: no such block, it is neither, or the chip is not in service; names those that are.
        """
        keeper = self._known(block)
        held = [name for name, unit in self._units.items() if unit.held or unit.left.evidence]
        if (why := self._units[block].rested) and block not in held:
            raise ValueError(f"{block} is not held, it rests; `wake` {why}, and it comes back")
        if block not in held and self.status()[block].state in IN_SERVICE:
            raise ValueError(f"{block} is in service, and not held; held or given up: {', '.join(held) or 'none'}")
        self._carried.held.discard(block)
        self._carried.released.add(block)  # if the chip cannot be reached now
        keeper.release(block)

    def rest(self, block: str) -> None:
        """Put a block to rest, soon, and before it all that stands on it; it rests until `wake`.

        The other ends of their links rest with them.

        Raises:
            ValueError: no such block, it cannot rest, somebody stands in the way, or the chip is not in service.
        """
        self._reachable(block).rest(block)

    def wake(self, block: str) -> None:
        """Bring back a block that was put to rest, and all that was put to rest for it.

        Raises:
            ValueError: no such block, it does not rest, or the chip is not in service; names those that rest.
        """
        self._reachable(block).wake(block)

    def _reachable(self, block: str) -> Keeper:
        keeper = self._known(block)
        if self._lost:
            raise ValueError(f"{self.chip.name} cannot be reached: {self._lost}")
        return keeper

    def _known(self, block: str) -> Keeper:
        there = self._units or self.chip.instances
        if block not in there:
            raise ValueError(f"{self.chip.name} has no block {block!r}{instead(block, there)}")
        if self._keeper is None:
            raise ValueError(f"{self.chip.name} is not in service yet")
        return self._keeper

    # ---- running ----

    async def run(
        self,
        *,
        for_s: float = inf,
        stop: trio.Event | None = None,
        task_status: trio.TaskStatus[Summary] = trio.TASK_STATUS_IGNORED,
    ) -> Served:
        """Bring the chip up, say so to `nursery.start`, and keep it up.

        Args:
            for_s: so long, from when nothing moved any more.
            stop: ends it when set: nothing more leaves, what is out is waited for, and the chip runs on.

        Raises:
            GraphError: the needs cannot be met; nothing was touched.
            DeviceLost: the chip was never in service: it was lost, or the stop came, before it was up.
        """
        self._zero = trio.current_time()
        self._ending = Ending() if stop is None else Ending(stop)
        session: Session | None = (first := self._connected())
        await first.begin()  # whoever is lost here was never there
        while session is not None and not await self._serve(session, for_s, task_status):
            session = await self._back()
        if self._up is None:
            raise DeviceLost(self._lost or "the service was stopped before the chip was up")
        await self._charge()
        if self._ending.by == "signal":
            self.ledger.tell(What.STOPPED)
        return await self._report()

    def _connected(self) -> Session:
        return Session(self.chip, self.transport, only=self._terms.only, watch=self._on_event)

    async def _begun(self) -> Session | None:
        """Return a session over the connection of now that has begun; None: it is lost again, or it is all over."""
        session, failed = self._connected(), ""

        async def begin() -> None:
            nonlocal failed
            try:
                await session.begin()
            except TransportError as error:
                failed = error.reason

        if await self._ending.unless(begin, BEGIN_S_MAX) and not failed:
            return session
        if not self._ending.over:
            self._lost = failed or f"no answer in {BEGIN_S_MAX:.3g} s to what was there before"
        return None

    async def _serve(self, session: Session, for_s: float, task_status: trio.TaskStatus[Summary]) -> bool:
        """Serve over one connection; say whether that was all."""
        self._session, supervisor = session, session.supervisor()
        self._units = supervisor.units
        wiring: Wired | None = None
        try:
            self._before = self._before or session.before
            keeper = session.keeper(supervisor, self.ledger, sweep_s=self._sweep_s, consent=self._terms.consent)
            supervisor.keeper = self._keeper = keeper
            self._carried.give(supervisor.units.values(), self._rule, self._below, again=self._up is not None)
            if self._lost:  # who asks for something from now on asks the new keeper
                self._lost = ""
                self.ledger.tell(What.LINK_BACK, "", "the chip answers again")
            wiring = None if self._terms.wire is None else self._terms.wire(session)
            if wiring is not None:
                keeper.swept, session.doubt = wiring.sweep, keeper.doubt
                if isinstance(wiring, Wiring):
                    wiring.tell_storms(self._stormed)
                    self.heard.begin(wiring)
                for unit in supervisor.units.values():
                    unit.line = unit.block.line = wiring.line(unit.name)
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self._supervise, supervisor, nursery)
                nursery.start_soon(self._ends, session, nursery)
                with only_new():
                    await session.board.settled.wait()
                if supervisor.lost is None:
                    await self._settled(session, supervisor, for_s, task_status)
                    nursery.start_soon(self._account)
                    if wiring is not None:
                        nursery.start_soon(ring, wiring, supervisor.lose)
            self._lost = await last_look(session, keeper) if self._ending.over and self._up else ""
        finally:
            self._keep_figures(session, supervisor)
            if supervisor.lost is not None and not self._ending.over:
                self._lost = supervisor.lost.reason  # at once: nobody carries what is asked for after this
            await session.aclose()
        if not self._lost:
            assert self._ending.over, "a service that ended for no reason"
            return True
        self.ledger.fell("", f"the chip cannot be reached: {self._lost}", What.LINK_LOST)
        return False

    async def _settled(
        self, session: Session, supervisor: Supervisor, for_s: float, task_status: trio.TaskStatus[Summary]
    ) -> None:
        """Note what came of the bring-up, or of the resume."""
        if self._up is None:
            self._up = await session.summary(supervisor, target=self.target, seed=self.seed)
            self._began_s = trio.current_time()
            self._ending.due(self._began_s + for_s)
            self._charged.begin(await self._judgement())
            self._reads, self._writes, self._batches = -self._up.reads, -self._up.writes, -self._up.batches
            self.ledger.rose("")
            task_status.started(self._up)
            return
        resumed(supervisor, self.ledger)
        self._carried.ask(self.rest, self.ledger)

    async def _supervise(self, supervisor: Supervisor, nursery: trio.Nursery) -> None:
        await supervisor.run()
        nursery.cancel_scope.cancel()

    async def _ends(self, session: Session, nursery: trio.Nursery) -> None:
        """End it when the time is over or somebody says so, between two batches."""
        await self._ending.wait()
        await session.quiesce("the service was told to stop" if self._ending.stop.is_set() else "the service is over")
        nursery.cancel_scope.cancel()

    async def _back(self) -> Session | None:
        """Wait until the chip answers, and begin anew; None: it will not, or the time is over."""
        identity, delay_s = self.chip.identity, BACK_S_MIN
        while not self._ending.over:
            await self._ending.wait(delay_s)
            delay_s = min(2 * delay_s, BACK_S_MAX)
            try:
                if identity is None:  # then it was the connection itself that was over
                    raise DeviceLost(self._lost)
                came = await self.transport.execute(Batch((identity,)))
                if came.error is None and came.word(0) == ones(identity.width):
                    continue
                if came.error is not None:
                    raise came.error
            except TransportError as error:
                if not ended(error):
                    continue
                if self._terms.reopen is None:
                    self._ending.by = "lost"
                    return None
                if not await self._reopened(self._terms.reopen):
                    continue
            if (session := await self._begun()) is not None:
                return session
        return None

    async def _reopened(self, reopen: Callable[[], Awaitable[Transport]]) -> bool:
        """Connect anew, unless it is over meanwhile; say whether the chip is there."""
        found: Transport | None = None

        async def connect() -> None:
            nonlocal found
            try:
                found = await reopen()
                check_device(self.chip, found, self.target)
                self.transport = found
            except (TransportError, OSError, TargetError) as problem:  # the last: it is another chip
                self._lost = str(problem) if isinstance(problem, TargetError) else self._lost
                found = None

        await self._ending.unless(connect)
        return found is not None

    # ---- accounts ----

    def _last(self, block: str) -> Evidence:
        if self._session is None:
            return tuple
        told = self._session.recorder.recent(block, EVIDENCE_MAX)
        return lambda: tuple(str(access) for access in told())

    def _found_by(self, block: str) -> str:
        return self._units[block].told_by if block in self._units else By.ACCESS

    def _now(self) -> float:
        assert self._zero is not None, "a time before the begin"
        return trio.current_time() - self._zero

    def _stormed(self, block: str) -> None:
        self.ledger.tell(What.STORM, block, "its interrupt asks too often: shut for ever longer, until it is calm")

    def _told(self, event: Event) -> None:
        self._bell.set()
        if self._watch is not None:
            self._watch(event)

    async def _account(self) -> None:
        """Charge incidents with the packets that were lost, as they end; what is read back later, before the next."""
        while True:
            with trio.move_on_after(self._sweep_s) as silence:
                await self._bell.wait()
            self._bell = trio.Event()
            await self._charge(unnoticed=silence.cancelled_caught and not self.under_way())

    async def _charge(self, *, unnoticed: bool = False) -> None:
        """Charge the incidents with the packets that were lost or spoilt since."""
        judgement = None if self.ledger.current() is None else await self._judgement()
        if judgement is not None:
            self._charged.charge(self.ledger, judgement, unnoticed=unnoticed)

    async def _judgement(self) -> Judgement | None:
        session = self._session
        if session is None or not isinstance(session.transport, Judge):
            return None
        try:
            return await session.asked(session.transport)
        except TransportError:
            return None

    def _keep_figures(self, session: Session, supervisor: Supervisor) -> None:
        done = session.root.statistics
        self._reads, self._writes = self._reads + done.reads, self._writes + done.writes
        self._batches += done.batches
        asked = () if self._keeper is None else self._keeper.wider.resting
        self._carried.take(supervisor.units, supervisor.board, asked)
        self.heard.end()

    async def _report(self) -> Served:
        assert self._up is not None, "a report without a bring-up"
        for_s = trio.current_time() - self._began_s
        judgement = await self._judgement()
        seen = seen_between(self._before, judgement)
        told: Sequence[tuple[float, str]] = () if judgement is None else getattr(judgement, "faults", ())
        zero = self._zero or 0.0
        faults = tuple((at_s - zero, text) for at_s, text in told)
        for number, at_s, text in blamed(self.ledger.incidents(), faults, self._below, self._sweep_s):
            self.ledger.blame(number, text, at_s)
        status, incidents = self.status(), self.ledger.incidents()
        states = {name: verdict.state for name, verdict in status.items()}
        down = {name: status[name].reason or state.value for name, state in states.items() if state not in IN_SERVICE}
        left = self._carried.held.union(*(incident.gave_up for incident in incidents if incident.ended_s is None))
        kept = [name for name in states if name in left - down.keys()]
        held = {name: "held for a person" if name in self._carried.held else "left as its rule says" for name in kept}
        degraded = [name for name, state in states.items() if state is State.DEGRADED]
        return Served(
            up=self._up,
            for_s=for_s,
            incidents=incidents,
            states={name: state.value for name, state in states.items()},
            unrecovered=down | held,
            verdict=of_chip(self.chip.policy, down, degraded).value,
            reads=self._reads,
            writes=self._writes,
            batches=self._batches,
            interrupts=self.heard.numbers,
            lines=tuple(line for line in self.heard.lines if line.spoke),
            violations=seen.violations,
            violated=seen.violated,
            traffic=seen.traffic,
            stopped=self._ending.by,
            lost=self._lost,
            wall_s=time.perf_counter() - self._wall,
            cpu_s=time.process_time() - self._cpu,
        )
