"""The one loop: look; act on the lowest rung that does not hold; look again, until the whole ladder holds.

A pure generator: it yields what is to be done and is sent what came of it. It reads no clock and touches no device, so
the same code runs under trio, under a virtual clock, and without any event loop at all.

The whole ladder is looked at on entry and again at the top. Between, the batch of an act also carries the look at its
own rung and the next (or that look follows when the rung takes time to settle), so a climb costs accesses in proportion
to its rungs. Whatever goes otherwise than expected, an error, a rung that stays down or a wait for another block, leads
back to the look at the whole ladder: what to do next is read from the hardware and never remembered.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from typing import Any, TypeAlias, TypeVar

from attrs import frozen

from blocks.base import Block
from blocks.chip.variant import of_block
from blocks.ladder import Ladder, Rung, Where
from blocks.look import Look, Shortfall, compile_look
from blocks.port import flatten, named
from runtime.fault import Cause, Fault
from runtime.requests import Need, Purpose, Reply, Request, Run, Stands, Talk, Wait, Watch, pause
from runtime.witness import demanded, drifted, moved, undone, witness
from runtime.words import count, duration
from transports.batch import Batch, Operation, Results
from transports.errors import ConditionError, DeviceLost, Indeterminate, TransportError, Unavailable

ATTEMPTS_MAX = 3  # acts on one rung in one climb; the next faults the block, so n rungs cost at most 3 n acts
RETRIES_MAX = 8  # accesses that the bus did not take, in one climb; the next faults the block
RETRY_S = 100e-6  # the wait before the first retry, doubled for each: a bus may be away for 25 ms in one climb
SILENCE_S_MIN = 1.0  # a dialogue that neither accesses nor sleeps for longer, and than `within`, hangs and is ended


@frozen
class Climbed:
    """Every rung was seen to hold.

    Attributes:
        acted: the rungs that were acted on, in order; empty when the block was up already.
        looks: batches that looked.
        time_s: of the last look.
    """

    acted: tuple[str, ...]
    looks: int
    time_s: float


T = TypeVar("T")
Steps: TypeAlias = Generator[Request, Reply, T]
Consent: TypeAlias = Callable[[str, Rung], bool]


@frozen
class Step:
    """One rung, compiled.

    Attributes:
        act: its operations; `names` gives their registers.
        look: at this rung and the next.
        checks: how many operations of it are about this rung; 0 where more than checks must judge it.
        batch: the act, with the look behind it when the rung settles at once.
    """

    rung: Rung
    act: tuple[Operation, ...]
    names: Mapping[int, str]
    look: Look
    checks: int
    batch: Batch


class Plan:
    """A ladder, compiled: each part once, when it is first needed, for all climbs."""

    __slots__ = ("_alone", "_moved", "_rests", "_steps", "ladder", "undone", "whole", "witness")

    def __init__(self, ladder: Ladder) -> None:
        self.ladder = ladder
        self.whole = compile_look(ladder)
        self.witness = witness(ladder)
        self.undone = undone(ladder) if any(rung.disturbs for rung in ladder) else frozenset[int]()
        self._alone: dict[int, Look] = {}
        self._moved: dict[int, Look] = {}
        self._steps: dict[int, Step] = {}
        self._rests: dict[int, Look] = {}

    def step(self, index: int) -> Step:
        """Return one rung, compiled."""
        found = self._steps.get(index)
        if found is None:
            rung = self.ladder[index]
            act, names = flatten(() if callable(rung.reach) else rung.reach)
            look = compile_look(self.ladder, index, index + 2)
            batch = Batch((*act, *look.batch)) if act and not rung.settles else Batch(act)
            plain = not any(isinstance(condition, Where) for condition in rung.holds)
            checks = max(stop for place, _, _, stop in look.places if place == index) if plain else 0
            found = self._steps[index] = Step(rung, act, names, look, checks, batch)
        return found

    @property
    def proof(self) -> Look:
        """The look at the rung that is the witness."""
        assert self.witness is not None, "a ladder without a witness"
        return self.alone(self.witness)

    def alone(self, index: int) -> Look:
        """Return the look at one rung alone."""
        if index not in self._alone:
            self._alone[index] = compile_look(self.ladder, index, index + 1)
        return self._alone[index]

    def demanded(self, index: int) -> Look:
        """Return the look at what the act of one rung checks before it does anything."""
        return compile_look(self.ladder, index, index + 1, of=demanded)

    def moved(self, index: int) -> Look:
        """Return the look at what hardware may make fall of one rung."""
        if index not in self._moved:
            self._moved[index] = compile_look(self.ladder, index, index + 1, of=moved)
        return self._moved[index]

    def rest(self, index: int) -> Look:
        """Return the look at the rungs from `index` to the top."""
        if index not in self._rests:
            self._rests[index] = compile_look(self.ladder, index)
        return self._rests[index]


@frozen
class Seat:
    """Whose climb it is, where a plan serves many blocks.

    Attributes:
        name: the block's, for the evidence.
        offset: bytes from the plan's addresses to the block's.
        block: holds the dialogues that the plan names; None: the plan's own do.
    """

    name: str
    offset: int = 0
    block: Block[Any] | None = None


def climb(
    plan: Plan,
    block: str | Seat,
    now: float,
    *,
    in_service: bool = False,
    consent: Consent | None = None,
    sparing: bool = False,
    watching: bool = False,
) -> Steps[Climbed | Fault]:
    """Climb a ladder to its top.

    Args:
        plan: the ladder.
        block: whose climb it is, or its name where the plan is its own.
        now: the time, on the clock of the replies.
        in_service: whether the block has been up, where its hardware does not tell: no rung above the one that is to
            be acted on proves it (`runtime.witness`).
        consent: asked with the block's name and the rung before an act that disturbs a block in service; without it,
            refused.
        sparing: do nothing about a block in service that lacks no more than what software wrote: WITHHELD.
        watching: ask for a `Watch` where time must pass; else for each `Wait` and each look.

    Returns:
        What was done, or why the top was not reached.

    Raises:
        DeviceLost: the device is gone, which is not this block's fault.
    """
    return _Climb(plan, block, now, consent or _refused, in_service=in_service, watching=watching).run(sparing=sparing)


def look(plan: Plan, block: str | Seat, now: float, *, tell: bool = True) -> Steps[Shortfall | Fault | None]:
    """Look at a whole ladder and do nothing about it.

    Args:
        tell: say how many rungs stand; not of a ladder that others do not wait for.

    Returns:
        The lowest rung that does not hold, None when all do, or why the bus did not let it see.

    Raises:
        DeviceLost: the device is gone.
    """
    return _Climb(plan, block, now, _refused).look(tell=tell)


def silent(steps: Steps[T], acts: Callable[[str], None]) -> Steps[T]:
    """Return a climb that tells nobody how many rungs stand: others wait for ladders `up` alone.

    Args:
        acts: called with each rung that is to be acted on.
    """
    try:
        request = next(steps)
        while True:
            if isinstance(request, Talk) or (isinstance(request, Run) and request.purpose is Purpose.ACT):
                acts(request.rung)
            request = steps.send(Reply(0.0) if isinstance(request, Stands) else (yield request))
    except StopIteration as done:
        value: T = done.value
        return value
    finally:
        steps.close()


def granted(_block: str, _rung: Rung) -> bool:
    """Consent to every act: nobody uses the chip, or somebody decided that it may be disturbed."""
    return True


def _refused(_block: str, _rung: Rung) -> bool:
    return False


class _Stopped(Exception):
    """Ends a climb from inside."""

    def __init__(self, fault: Fault) -> None:
        self.fault = fault


class _Climb:
    """One climb under way."""

    __slots__ = (
        "acted", "acted_at", "attempts", "block", "consent", "held", "ladder", "late", "looks", "plan",
        "refused", "retries", "rungs", "seat", "serves", "stands", "time", "told", "top", "watching",
    )  # fmt: skip

    def __init__(
        self,
        plan: Plan,
        block: str | Seat,
        now: float,
        consent: Consent,
        *,
        in_service: bool = False,
        watching: bool = False,
    ) -> None:
        self.seat = Seat(block) if isinstance(block, str) else block
        self.plan, self.ladder, self.block, self.consent = plan, plan.ladder, self.seat.name, consent
        self.rungs, self.top = plan.ladder.rungs, len(plan.ladder)
        self.told, self.watching = in_service, watching
        self.serves: bool | None = None  # what the hardware said before the first act of this climb that disturbs
        self.acted: list[str] = []
        self.attempts = [0] * self.top
        self.held: set[int] = set()
        self.late: int | None = None  # the rung last acted on, when its time went by
        self.refused: ConditionError | None = None  # what the last act met and would not go on with
        self.looks = self.retries = 0
        self.stands = -1
        self.time = self.acted_at = now

    def run(self, *, sparing: bool = False) -> Steps[Climbed | Fault]:
        """Climb; the generator that `climb` returns."""
        try:
            while True:
                short = yield from self._look(self.plan.whole)
                stands = self.top if short is None else short.index
                if stands != self.stands:
                    self.stands = stands
                    yield Stands(stands)
                if short is None:
                    return Climbed(tuple(self.acted), self.looks, self.time)
                if sparing and (yield from self._spares(short)):
                    raise self._stopped(Cause.WITHHELD, short.index, "it drifted while the block serves", short)
                sparing = False
                yield from self._ascend(short)
        except _Stopped as stopped:
            return stopped.fault

    def look(self, *, tell: bool) -> Steps[Shortfall | Fault | None]:
        """Look once; the generator that `look` returns."""
        try:
            short = yield from self._look(self.plan.whole)
            if tell:
                yield Stands(self.top if short is None else short.index)
        except _Stopped as stopped:
            return stopped.fault
        return short

    def _ascend(self, short: Shortfall | None) -> Steps[None]:
        """Act on one rung after the other; return at the top, or when something went otherwise than expected."""
        top = self.top - 1
        while short is not None:
            index = short.index
            rung = self.rungs[index]
            if self.attempts[index]:
                self._admit(short)
            if rung.needs:
                stood = yield Need(rung.needs, rung.name)
                self.time = stood.time_s
                if stood.waited:
                    return  # what was seen is older than the wait
            if rung.disturbs:
                yield from self._permit(short)
            reply = yield from self._act(index)
            if reply is None:
                return
            short = yield from self._await(index, reply)
            if short is not None and short.index == index:
                self.late = index
                return
            self.held.add(index)
            if short is None and index + 2 <= top:
                short = yield from self._look(self.plan.rest(index + 2))
            stands = top if short is None else short.index
            if stands != self.stands:
                self.stands = stands
                yield Stands(stands)

    def _spares(self, short: Shortfall) -> Steps[bool]:
        """Say whether a block in service lacks no more than what software wrote; not what an act of ours undoes."""
        if not drifted(short) or short.index in self.plan.undone:
            return False
        return (yield from self._in_service(short.index))

    def _permit(self, short: Shortfall) -> Steps[None]:
        """Refuse an act that would disturb a block in service without consent."""
        rung = self.ladder[short.index]
        if (yield from self._in_service(short.index)) and not self.consent(self.block, rung):
            raise self._stopped(Cause.WITHHELD, short.index, "its act would disturb running traffic", short)

    def _in_service(self, index: int) -> Steps[bool]:
        """Say whether the block has been up: from the hardware where a rung above proves it, else as we were told."""
        if self.serves is None:
            proof = self.plan.witness
            if proof is None or proof <= index:
                return self.told
            self.serves = (yield from self._look(self.plan.proof)) is None
        return self.serves

    def _admit(self, short: Shortfall) -> None:
        """Refuse to act once more on a rung that showed no progress."""
        rung, tried = self.ladder[short.index], self.attempts[short.index]
        if tried >= ATTEMPTS_MAX or (not rung.reach and self.late == short.index):
            if self.refused is not None:
                raise self._stopped(Cause.ACT, short.index, f"its act failed, {count(tried, 'time')}", self.refused)
            if self.late != short.index and short.index in self.held:
                raise self._stopped(Cause.UNSTABLE, short.index, f"held, and fell again, {count(tried, 'time')}", short)
            how = f"did not hold within {duration(rung.within)}"
            how += f" of its act, {count(tried, 'time')}" if rung.reach else ""
            raise self._stopped(Cause.LATE, short.index, how, short)

    def _act(self, index: int) -> Steps[Reply | None]:
        """Do the act of a rung; None when it did not complete and the ladder must be looked at."""
        step = self.plan.step(index)
        rung = step.rung
        self.attempts[index] += 1
        self.late, self.refused = None, None
        error: TransportError | None = None
        if callable(rung.reach):
            own = rung.reach if self.seat.block is None else of_block(rung.reach, self.seat.block)
            reply = yield Talk(own, rung.name, max(rung.within, SILENCE_S_MIN))
            error = reply.error
        elif step.act:
            reply = yield Run(self._here(step.batch), Purpose.ACT, rung.name)
            results = _results(reply)
            if len(results) < len(step.act) and results.error is not None:
                error = named(results.error, self.block, step.names, len(results))
        else:
            reply = Reply(self.time)
        self.time = self.acted_at = reply.time_s
        if rung.reach:
            self.acted.append(rung.name)
        if reply.struck:
            self.attempts[index] -= 1
            return None
        if error is None:
            return reply
        if isinstance(error, ConditionError):
            self.refused = error
            return None
        if isinstance(error, (Unavailable, Indeterminate)):
            self.attempts[index] -= 1  # the bus failed, not the rung; `retries` bounds it
        yield from self._excuse(error, index)
        return None

    def _await(self, index: int, reply: Reply) -> Steps[Shortfall | None]:
        """Look at the rung and the next until it holds or its time is over.

        The look at the whole ladder that follows a late one begins after the deadline, so a rung that held in time is
        never called late.
        """
        step = self.plan.step(index)
        rung, deadline = step.rung, self.acted_at + step.rung.within
        if step.act and not rung.settles:
            results, first = _results(reply), len(step.act)
            self.looks += 1
            try:
                short = step.look.judge(results, self.block, first=first)
            except TransportError as error:
                short = yield from self._again(step.look, results, first, error)
        else:
            short = yield from self._later(step, rung.settles, deadline)
        while short is not None and short.index == index and self.time < deadline:
            seconds = min(pause(rung, self.time - self.acted_at, self.time), deadline - self.time)
            short = yield from self._later(step, seconds, deadline)
        return short

    def _later(self, step: Step, seconds: float, deadline: float) -> Steps[Shortfall | None]:
        """Look after a time; where the driver watches, go on looking until there is something to see."""
        if self.watching and step.checks:
            batch = self._here(step.look.batch)
            reply = yield Watch(batch, step.rung, step.checks, seconds, self.acted_at, deadline)
            self.time = reply.time_s
            self.looks += reply.looks
            results = _results(reply)
            try:
                return step.look.judge(results, self.block)
            except TransportError as error:
                return (yield from self._again(step.look, results, 0, error))
        if seconds:
            self.time = (yield Wait(seconds)).time_s
        return (yield from self._look(step.look))

    def _here(self, batch: Batch) -> Batch:
        return batch.prepared.at(self.seat.offset) if self.seat.offset else batch

    def _look(self, look: Look) -> Steps[Shortfall | None]:
        if not look.places:
            return None
        reply = yield Run(self._here(look.batch), Purpose.LOOK, self.rungs[look.places[0][0]].name)
        self.time = reply.time_s
        self.looks += 1
        results = _results(reply)
        try:
            return look.judge(results, self.block)
        except TransportError as error:
            return (yield from self._again(look, results, 0, error))

    def _again(self, look: Look, results: Results, first: int, error: TransportError) -> Steps[Shortfall | None]:
        """Look again where the bus did not let a look see."""
        index = look.places[0][0]
        for place in look.places:
            if first + place[2] <= len(results):
                index = place[0]
        yield from self._excuse(error, index)
        return (yield from self._look(look))

    def _excuse(self, error: TransportError, index: int) -> Steps[None]:
        """Wait before what a retry may mend; stop the climb for the rest."""
        if isinstance(error, DeviceLost):
            raise error
        if not isinstance(error, (Unavailable, Indeterminate)):
            raise self._stopped(Cause.BUS, index, type(error).__name__, error)
        if self.retries >= RETRIES_MAX:
            how = f"the bus failed {count(self.retries + 1, 'time')}, last with {type(error).__name__}"
            raise self._stopped(Cause.BUS, index, how, error)
        self.retries += 1
        self.time = (yield Wait(RETRY_S * 2 ** (self.retries - 1))).time_s

    def _stopped(self, cause: Cause, index: int, how: str, why: Shortfall | TransportError) -> _Stopped:
        """Return what ends the climb, with the evidence."""
        register, wanted, last = "", "", ""
        if isinstance(why, Shortfall):
            register, wanted, last = why.register, why.wanted, why.last
            how = f"{how}: {register} wanted {wanted}, last {last}"
        else:
            register = why.where.removeprefix(self.block).removeprefix(".")
            if isinstance(why, ConditionError) and why.mask:
                wanted, last = f"{why.wanted:#x} under mask {why.mask:#x}", f"{why.last:#x}"
            how = f"{how}: {why}"
        return _Stopped(
            Fault(
                block=self.block,
                rung=self.ladder[index].name,
                cause=cause,
                reason=f"rung {self.ladder[index].name}: {how}",
                register=register,
                wanted=wanted,
                last=last,
                time_s=self.time,
                elapsed_s=self.time - self.acted_at if any(self.attempts) else 0.0,
                attempts=self.attempts[index],
                error=why if isinstance(why, TransportError) else None,
            )
        )


def _results(reply: Reply) -> Results:
    assert reply.results is not None, "a Run was answered without results"
    return reply.results
