"""Keeps up what is up: what is done when a block does not show what it should.

Each block's own task looks when something hints at it, and the sweep looks at all, those first that others stand on.
No block is touched before its ground was seen to stand, by the same batch (`runtime.guard`). What to do about a trouble
is `runtime.policy`'s to say; a wider recovery is another task's (`runtime.wider`), which no block waits for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

import trio
from attrs import evolve

from blocks.chip.supervision import Disturb, Drift, Level, Restart, Strategy, Supervision
from blocks.ladder import Rung
from blocks.look import Shortfall
from runtime import timer
from runtime.climb import Climbed, Consent, Steps, climb
from runtime.crew import Crew
from runtime.fault import Cause, Fault
from runtime.footing import Footing
from runtime.found import By
from runtime.graph import Graph
from runtime.guard import Ground, Sentries
from runtime.incident import What
from runtime.ledger import Ledger
from runtime.policy import Action, Decision, History, Kind, Trouble, consents, decide, looked_at
from runtime.sight import Sight
from runtime.summary import IN_SERVICE, State
from runtime.sweep import Sweep
from runtime.trouble import as_fault, as_trouble, cause_of, evidence_of, missing_of, serve, serves_itself
from runtime.unit import Left, Unit
from runtime.wider import Wider
from runtime.witness import configures
from transports.bus import Bus
from transports.errors import Indeterminate, Unavailable

DEFAULT = Supervision()

T = TypeVar("T")


class Keeper:
    """Keeps the blocks of one chip up.

    Args:
        rules: how each block is supervised; none: as `Supervision()` says.
        bus: the chip's own.
        sweep_s: every block is looked at this often.
        ledger: the book of incidents.
        consent: asked instead of the rules before an act that disturbs a block in service.

    Attributes:
        sweep: looks at all.
        swept: called at the end of each sweep, and when a block stands that was doubted.
    """

    def __init__(
        self,
        crew: Crew,
        graph: Graph,
        rules: Mapping[str, Supervision],
        bus: Bus,
        ledger: Ledger,
        *,
        sweep_s: float,
        consent: Consent | None = None,
    ) -> None:
        self._crew, self._graph, self._rules = crew, graph, rules
        self._sentries = Sentries(graph, lambda name: crew.units[name].plan, lambda name: crew.units[name].seat)
        self._footing = Footing(graph, self._sentries, lambda name: crew.units[name].seat, lambda: self._sight.taken)
        self.ledger, self._sweep_s, self._granted = ledger, sweep_s, consent
        self.swept: Callable[[], None] = lambda: None
        self._refused: set[str] = set()  # those for which others were to be put to rest, or reset, and were not
        self._doubted: set[str] = set()
        self._kinds: dict[str, Kind] = {}
        self._users = {name: looked_at(rules, graph, name, DEFAULT) for name in graph.ladders}
        self._sight = Sight(crew, graph, self._sentries, bus, crew.lose)
        self.sweep = Sweep(crew, graph, self._sentries, self._sight, bus, self._ended)
        self.wider = Wider(crew, graph, self._sentries, self._footing, ledger, bus, self._rule, self._spared)
        self.wider.stayed, self.wider.quieted, self.wider.refused = self._stayed, self._quieted, self._refuse
        self._footing.waits, self.wider.lapsed = self.wider.waits, lambda unit: self._sight.ignore(unit, None)

    async def run(self) -> None:
        """Sweep, and do the wider recoveries, until cancelled."""
        for name in self._sight.spare:
            self._crew.units[name].hint(By.RETURN)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self.wider.run)
            while True:
                await trio.sleep(self._sweep_s)
                await self.sweep.once(lambda: self.swept())

    async def watch(self) -> None:
        """See that every block's own task makes progress, until cancelled."""
        await self.sweep.watch()

    async def keep(self, unit: Unit) -> None:
        """Attend to a block whenever there may be something to see, for ever: its own task."""
        board = self._crew.board
        if unit.once and not (unit.rested or unit.held):
            with unit.step(trio.current_time()), unit.idle():
                await board.wait(unit.name, unit.needs)
            await self._crew.contained(unit, self._found)
        while unit.name in self._sight.spare and not board.settled.is_set() and board.states[unit.name] in IN_SERVICE:
            await unit.nap()  # only then is there anybody to put others to rest
        if unit.name in self._sight.spare or board.states[unit.name] not in IN_SERVICE:
            unit.hint(By.RETURN)
        while True:
            await unit.nap()
            if unit.frozen or unit.rested or self.wider.kept_off(unit):
                continue
            with unit.step(trio.current_time()):
                await self._crew.contained(unit, self._attend)
            if self._sight.spare.pop(unit.name, None):  # by now it is decided what is done about the first of them
                unit.hint(By.RETURN)

    def consent(self, block: str, rung: Rung) -> bool:
        """Say whether an act may disturb a block in service."""
        if self._crew.units[block].woken:  # it was at rest, and what stands on it, too
            return True
        if self._granted is not None:
            return self._granted(block, rung)
        drifted = self._kinds[block] is Kind.DRIFT if block in self._kinds else configures(rung)
        said = consents(
            self._rule_of(self._crew.units[block]), Trouble(Kind.DRIFT if drifted else Kind.LOST, disturbs=True)
        )
        return said is Disturb.ALLOW or (said is Disturb.QUIESCE and self._crew.units[block].quiet)

    async def spared(self, unit: Unit) -> bool:
        """Say whether a block in service, about which nothing was done yet, serves as it is.

        Then it counts as degraded, and once nothing moves any more the policy says what is done about it.
        """
        seen = await self._sight.spares(unit)
        if seen is not None:
            self._serves(unit, seen)
        return seen is not None

    async def _found(self, unit: Unit) -> None:
        """See whether a block that served, and is not brought up again, serves though it drifted meanwhile."""
        if unit.served and isinstance(await self._sight.look(unit), Shortfall):
            await self.spared(unit)

    def sure(self, steps: Steps[T | Fault], block: str) -> Steps[T | Fault]:
        """Return a climb, or a look, whose batches touch the block only where what it stands on stands."""
        return self._footing.sure(steps, block)

    def _serves(self, unit: Unit, seen: Shortfall) -> None:
        """Note that a block serves, though it does not show all that it should.

        Whoever waits looks once more; no act of theirs counts on what they lack by that.
        """
        whole, reach = len(unit.plan.ladder), self._sight.reach(unit)
        for rungs in (whole, reach) if reach < whole else (whole,):
            self._crew.board.stands(unit.name, rungs)
        self._crew.board.up(unit.name, seen, state=State.DEGRADED)

    def look(self, block: str) -> None:
        """Have a block looked at soon."""
        self._crew.units[block].hint()

    def hold(self, block: str) -> None:
        """Leave a block as it is, for a person with a probe; what stands on it is not looked at meanwhile either."""
        unit = self._crew.units[block]
        self._hold(unit)
        unit.stop()
        self.ledger.gave_up(block, "held for a person", What.HELD)

    def release(self, block: str) -> None:
        """Take a block back into service, by what a look says."""
        unit = self._crew.units[block]
        unit.held, unit.released, unit.left, unit.history = False, True, Left(), History()
        self._sight.ignore(unit, None)
        self.ledger.tell(What.RELEASED, block)
        for name in self._refused:  # it may have been in their way
            self._crew.units[name].left = Left()
            self._sight.ignore(self._crew.units[name], None)
        for name in (*self._refused, block, *self._graph.blocks_after(block)):
            self._crew.units[name].hint()

    def rest(self, block: str) -> None:
        """Put a block to rest, soon, after all that stands on it, and with the other ends of its links.

        Raises:
            ValueError: it has no ladder to rest, rests already, is held, or somebody stands in the way.
        """
        unit = self._crew.units[block]
        if unit.rested:
            raise ValueError(f"{block} rests already, for {unit.rested}")
        if unit.rest is None:
            raise ValueError(f"{block} has no ladder to rest; it can be held")
        self.wider.rest(block)

    def wake(self, block: str) -> None:
        """Bring back a block that rests, with all that rests for it, or one that its rule does not bring up again.

        Raises:
            ValueError: it does not rest, is held, or what it stands on rests.
        """
        units = self._crew.units
        if units[block].held:
            raise ValueError(f"{block} is held for a person: release it first")
        fallen = block in self._crew.board.faults and self._rule(block).restart is Restart.TEMPORARY
        if units[block].rested != block and not fallen:
            roots = sorted({unit.rested for unit in units.values()} - {""})
            why = f" by itself, but for {units[block].rested}" if units[block].rested else ""
            raise ValueError(f"{block} does not rest{why}; at rest: {', '.join(roots) or 'none'}")
        if below := next((name for name, _ in self._sentries.ground(block) if units[name].rested), ""):
            raise ValueError(f"{block} stands on {below}, which rests for {units[below].rested}: wake that first")
        self._wake(block)

    def _wake(self, block: str) -> None:
        """Bring back what rests for a block."""
        self.ledger.tell(What.WOKEN, block)
        for unit in [unit for unit in self._crew.units.values() if block in (unit.name, unit.rested)]:
            unit.wake()
            self._crew.board.wake(unit.name)

    def _stayed(self, block: str) -> None:
        """A block was put to rest on purpose: a permanent one comes back at once."""
        decision = decide(self._rule(block), Trouble(Kind.RESTED), History(), self.wider.can(self._crew.units[block]))
        self.ledger.step(block, decision.reason)
        if decision.action is Action.CLIMB:
            self._wake(block)

    def _quieted(self, unit: Unit) -> None:
        """What stands on a block is at rest for it."""
        self._refused.discard(unit.name)
        unit.quieted = unit.generation

    def _refuse(self, unit: Unit, level: Level) -> None:
        """What a block asked for was not done; where others were only to rest for it, a climb has failed."""
        self._refused.add(unit.name)
        if level is Level.CLIMB:
            unit.history = unit.history.fail()

    def _hold(self, unit: Unit) -> None:
        unit.held, unit.released = True, False
        self.wider.leave_off(unit.name)
        users = self._graph.blocks_after(unit.name)
        self._crew.board.doubted.update((unit.name, *users))  # nor does a dispatch ask them for interrupts
        board, serves = self._crew.board, self._crew.board.states[unit.name] in IN_SERVICE
        for name in users:
            user = self._crew.units[name]
            user.stop()
            if serves and user.served and self.ledger.number(name) is None:
                board.again(name)
            elif not serves and board.states[name] in IN_SERVICE:
                self._fell(user, f"stands on {unit.name}, which is held as it fell")
                board.lacks(name)

    def doubt(self, block: str) -> None:
        """Have a block look that an interrupt controller found not to stand; once it stands, sweep those."""
        self._doubted.add(block)
        self._crew.units[block].hint()

    # ---- attending ----

    async def _attend(self, unit: Unit) -> None:
        """Serve the interrupt there may be, look, and do what is to be done."""
        if unit.woken:
            await self._rise(unit)
        serves = self._crew.board.states[unit.name] in IN_SERVICE
        if serves and serves_itself(unit):
            seen = await self._sight.look(unit, ground=True)
            if seen is None and (fault := await serve(unit)) is not None:
                await self._recover(unit, fault)
                return
        seen = await self._sight.look(unit)
        while isinstance(seen, Ground):
            await self._grounded(unit, seen)
            seen = await self._sight.look(unit)
        if seen is None:
            await self._well(unit)
        elif not self._sight.known(unit, seen):
            await self._recover(unit, seen)
        elif isinstance(seen, Shortfall) and (self._sight.forget(unit, seen) or self._waited(unit)):
            self._serves(unit, seen)
            if not self.ledger.given_up(unit.name):
                self.ledger.rose(unit.name)

    def _waited(self, unit: Unit) -> bool:
        """Say whether a block that is left as it is waited for what it stands on, and serves again."""
        return unit.ignored and self._crew.board.states[unit.name] not in IN_SERVICE

    async def _rise(self, unit: Unit) -> None:
        """Bring up a block that was at rest: that is no incident, unless it fails."""
        await self._stood(unit)
        if await self._sight.look(unit) is not None and (fault := await self._climb(unit)) is not None:
            self.ledger.tell(What.FAILED, unit.name, fault.reason)
        unit.woken = False

    async def _well(self, unit: Unit) -> None:
        """A block shows what it should: it is in service, if it was not."""
        serves = self._crew.board.states[unit.name] in IN_SERVICE and not unit.ignored
        unit.left, unit.released, unit.due = Left(), False, False
        self._refused.discard(unit.name)
        self._kinds.pop(unit.name, None)
        self._sight.ignore(unit, None)
        if unit.name in self._doubted:
            self._doubted.discard(unit.name)
            self.swept()
        if serves and self.ledger.number(unit.name) is None:
            return
        seen = await self._sight.full(unit)
        if isinstance(seen, Ground):  # it fell meanwhile: whatever was well is looked at anew
            unit.hint()
            return
        if not self._crew.counts(unit, seen):
            return
        unit.served = True
        if unit.history.open:
            unit.history = unit.history.end(trio.current_time())
        self.ledger.rose(unit.name)
        for name in self._users[unit.name]:
            if self._crew.board.states[name] in IN_SERVICE:
                self._crew.units[name].hint()

    async def _grounded(self, unit: Unit, seen: Ground) -> None:
        """Wait until what a block stands on stands again; whoever fell is told, and looks itself."""
        if await self._told(unit, seen):
            with unit.idle():
                await self._crew.board.wait(unit.name, self._sight.sentry(unit).needs)

    async def _told(self, unit: Unit, seen: Ground) -> bool:
        """Tell of what a block stands on, and does not stand; say whether it is not left as it is by now."""
        below = self._crew.units[seen.block]
        kind = self._kinds.get(seen.block)
        if below.served and self.ledger.number(seen.block) is None:
            if seen.short is None:
                self._fell(below, seen.reason)
            else:
                kind = self._kinds[seen.block] = (await self._begins(below, seen.short)).kind
        elif kind is None and below.ignored and seen.short is not None:  # beside what is left there
            kind = (await self._sight.trouble(below, seen.short)).kind
        if (seen.block, seen.index) in self._sight.left:
            return False
        self._crew.board.stands(seen.block, min(seen.index, len(below.plan.ladder) - 1))
        below.hint()
        if unit.served and kind is not Kind.DRIFT:
            self._fell(unit, f"stands on {seen.block}, which {seen.said}")
        return True

    async def _stood(self, unit: Unit) -> None:
        """Wait until what a block stands on was seen to stand, and lacks nothing that an act counts on."""
        while isinstance(seen := await self._sight.look(unit, ground=True, acting=True), Ground):
            if (seen.block, seen.index) in self._sight.lacking or await self._told(unit, seen):
                with unit.idle():
                    await self._crew.board.wait(unit.name, self._sight.sentry(unit).needs)

    def _fell(self, unit: Unit, cause: str, what: What = What.FELL) -> None:
        """Note that a block is in trouble; what fell with others is not held against it later."""
        anew = self.ledger.number(unit.name) is None or bool(unit.left.evidence)
        self.ledger.fell(unit.name, cause, what)
        if anew and not self.ledger.root(unit.name):
            unit.history = History(unit.history.begins, ended_s=unit.history.ended_s)

    def _ended(self, unit: Unit, reason: str) -> None:
        """End a block's step, which counts as a climb that failed."""
        unit.stop()
        now = trio.current_time()
        self._fell(unit, reason)
        self.ledger.tell(What.FAILED, unit.name, reason)
        if self.ledger.root(unit.name):
            unit.history = unit.history.begin(self._rule(unit.name), now).fail()
        self._crew.fail(Fault(block=unit.name, rung="", cause=Cause.BUG, reason=reason, time_s=now))

    # ---- recovering ----

    async def _recover(self, unit: Unit, seen: Shortfall | Fault) -> None:
        """Do what the policy says about a trouble, until the block is in service or nothing more is to be done."""
        given_up = unit.left.again and unit.left.evidence == evidence_of(seen)
        trouble = await self._begins(unit, seen)
        if given_up:
            unit.history = unit.history.again(self._rule(unit.name))
        self._kinds[unit.name] = trouble.kind
        served = trouble.kind is Kind.DRIFT and unit.history.level is Level.CLIMB  # it has lost nothing so far
        while True:
            decision = decide(self._rule_of(unit), trouble, unit.history, self.wider.can(unit))
            if trouble.kind is not Kind.LOST or decision.action is not Action.CLIMB or unit.history.failed:
                self.ledger.step(unit.name, decision.reason)
            if not self._climbs(unit, seen, trouble, decision):
                return
            await self._back_off(unit, decision.delay_s)
            fault = await self._climb(unit)
            again = await self._sight.look(unit)
            while isinstance(again, Ground):  # not its own fault, if it was one
                await self._grounded(unit, again)
                fault, again = None, await self._sight.look(unit)
            if again is None:
                await self._well(unit)
                return
            seen, trouble = again, await self._sight.trouble(unit, again)
            asked, served = self._kinds[unit.name], served and trouble.kind is Kind.DRIFT
            if fault is not None:
                came = await self._sight.failed(unit, fault, trouble) if served else as_trouble(fault, trouble, asked)
                if isinstance(came, Ground):  # it fell meanwhile, which the next climb is told before it touches
                    continue
                trouble = came
                self.ledger.tell(What.FAILED, unit.name, fault.reason)
            self._kinds[unit.name], unit.due = trouble.kind, False
            unit.history = unit.history.fail(unseen=trouble.unseen)

    async def _back_off(self, unit: Unit, delay_s: float) -> None:
        """Wait, and until what the block stands on was seen to stand, where it may have fallen or lacks something."""
        if delay_s:
            with unit.idle():
                await timer.sleep(delay_s)
        if delay_s or self._sight.lacking:
            await self._stood(unit)

    async def _begins(self, unit: Unit, seen: Shortfall | Fault) -> Trouble:
        """Note a trouble, with the evidence of before anything is done about it."""
        rule, trouble = self._rule_of(unit), await self._sight.trouble(unit, seen)
        if self._sight.known(unit, seen):  # by now: another one looked at it
            return trouble
        if trouble.kind is Kind.DRIFT and trouble.disturbs and isinstance(seen, Shortfall):
            if self._granted is not None and not self._granted(unit.name, unit.plan.ladder[seen.index]):
                trouble = evolve(trouble, cause=Cause.WITHHELD)  # so nobody is put to rest for it
        if rule.strategy is Strategy.DOMAIN and self.ledger.number(unit.name) is None:
            for name in self._users[unit.name]:  # it may only miss what another of its domain has lost
                self._crew.units[name].hint()
        if trouble.kind is not Kind.DRIFT or rule.drift is not Drift.REPORT:
            self._fell(unit, cause_of(seen), What.DRIFTED if trouble.kind is Kind.DRIFT else What.FELL)
        if self.ledger.root(unit.name):
            unit.history = unit.history.begin(rule, trio.current_time())
        return trouble

    def _climbs(self, unit: Unit, seen: Shortfall | Fault, trouble: Trouble, decision: Decision) -> bool:
        """Do all of a decision but the climb; say whether a climb is next."""
        if trouble.kind is not Kind.DRIFT or decision.action in (Action.CLIMB, Action.RESET):
            self._sight.ignore(unit, None)
        if decision.action is Action.RESET:
            unit.history = unit.history.at(decision.level)
            self.wider.reset(unit.name, decision.level)
        elif decision.action is not Action.CLIMB:
            self._leave(unit, seen, trouble, decision)
        elif decision.quiesce and not unit.quiet:
            self.wider.quiesce(unit.name)
        else:
            return True
        return False

    async def _climb(self, unit: Unit) -> Fault | None:
        """Climb; return why the top was not reached."""
        generation = unit.generation
        steps = climb(
            unit.plan, unit.seat, trio.current_time(), in_service=unit.served, consent=self.consent, watching=True
        )
        outcome = await self._sight.drive(self.sure(steps, unit.name), unit)
        unit.quieted = None
        if generation != unit.generation:
            return None
        if isinstance(outcome, Climbed):
            if outcome.acted:
                self._crew.acted.add(unit.name)
                self.ledger.touched(unit.name)
            return None
        if outcome.attempts or outcome.cause is Cause.BUG:
            self.ledger.touched(unit.name)
        if isinstance(outcome.error, (Unavailable, Indeterminate)):
            await self._sight.reachable(outcome.error)
        return outcome

    def _leave(self, unit: Unit, seen: Shortfall | Fault, trouble: Trouble, decision: Decision) -> None:
        """Let a block be as it is, loudly; it is looked at, and anything else that is seen is a new trouble."""
        pause_s = self._rule(unit.name).backoff_max_s
        untried = decision.action is Action.REPORT and unit.name in self._refused
        again = untried or (decision.action is Action.GIVE_UP and trouble.cause is not Cause.BUG)
        unit.left.leave(evidence_of(seen), missing_of(seen), trio.current_time(), pause_s, again=again)
        self._kinds.pop(unit.name, None)
        if trouble.kind is Kind.DRIFT:  # it serves, and what stands on it goes on
            assert isinstance(seen, Shortfall), "a drift without a rung"
            self._sight.ignore(unit, seen)
            self._serves(unit, seen)
            if decision.action is Action.REPORT:
                self.ledger.tell(What.DRIFTED, unit.name, cause_of(seen))
                self.ledger.rose(unit.name)
                if unit.history.open:
                    unit.history = History(unit.history.begins, ended_s=trio.current_time())
                return
        else:
            self._crew.fail(as_fault(unit, seen, decision))
        if decision.action is Action.HOLD and (trouble.kind is not Kind.DRIFT or self._rule_of(unit).hold):
            self._hold(unit)
        unit.history = unit.history.leave()
        what = What.HELD if decision.action is Action.HOLD else What.GAVE_UP
        self.ledger.gave_up(unit.name, decision.reason, what)

    def _rule(self, block: str) -> Supervision:
        return self._rules.get(block, DEFAULT)

    def _rule_of(self, unit: Unit) -> Supervision:
        return unit.ruled(self._rule(unit.name))

    def _spared(self, block: str) -> bool:
        return self._granted is None and self._rule(block).disturb is Disturb.NEVER
