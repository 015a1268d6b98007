"""Brings a simulated chip up without an event loop: the climbs of production, on a heap of times.

What pilot, board and bus do under trio is done here by one plain loop, so that a bring-up costs its accesses and little
else. Time is the chip's own: it stands still while anything can be done, and jumps to the next thing due.
"""

from __future__ import annotations

import traceback
from collections import Counter, deque
from collections.abc import Callable, Collection, Coroutine, Generator, Iterable, Mapping
from contextlib import contextmanager
from heapq import heappop, heappush
from math import inf
from types import coroutine
from typing import TYPE_CHECKING, Any, cast

from attrs import define, frozen

from blocks.base import Block
from blocks.chip import Verdict
from blocks.ladder import Ladder
from blocks.look import Shortfall
from blocks.port import Port
from blocks.sim.chip import SimChip
from runtime.climb import Climbed, Consent, Plan, Seat, climb, look
from runtime.fault import Cause, Fault
from runtime.faults.memory import Memory
from runtime.graph import graph_of
from runtime.rating import of_block
from runtime.requests import Need, Purpose, Reply, Request, Run, Stands, Talk, Wait, Watch
from runtime.summary import IN_SERVICE, State
from transports.batch import Batch, Results
from transports.engine import Port as Words
from transports.engine import Region, interpret, refusal
from transports.errors import DeviceLost, TransportError

if TYPE_CHECKING:
    from blocks.chip import Chip

WHOLE_BUS = Region(strobes=True)  # where nothing stands, the bus itself answers with an error

Asked = Run | Wait


class NotAlone(ValueError):
    """A block is reached through another's registers, which takes an event loop."""


class Escaped(BaseException):
    """A bug of what watches a bring-up, on its way out: a bring-up takes any Exception for one of a block, or a model.

    Attributes:
        bug: what it was.
    """

    def __init__(self, bug: Exception) -> None:
        super().__init__(str(bug))
        self.bug = bug


@contextmanager
def ours() -> Generator[None]:
    """Hold what is done in the midst of an access, and is of no block.

    Raises:
        Escaped: it raised an Exception.
    """
    try:
        yield
    except Exception as bug:  # whatever it is: to be raised again where the bring-up was begun
        raise Escaped(bug) from bug


class Controller:
    """The firmware of a chip: its needs and its ladders, compiled. It can be run again and again.

    Raises:
        NotAlone: an address space stands behind a block.
        CampaignError: a driver keeps what cannot be copied, and so not be forgotten.
    """

    def __init__(self, chip: Chip) -> None:
        self.chip = chip
        self.graph = graph_of(chip)
        if self.graph.behind:
            block, parent = next(iter(self.graph.behind.items()))
            raise NotAlone(f"{block} stands behind {parent}; expected a chip whose blocks are all on its own bus")
        plans: dict[Ladder, Plan] = {}

        def plan(ladder: Ladder) -> Plan:
            if ladder not in plans:
                plans[ladder] = Plan(ladder)
            return plans[ladder]

        self.plans: dict[str, Plan] = {}
        self.full: dict[str, Plan] = {}
        self.seats: dict[str, Seat] = {}
        self.needs: dict[str, tuple[tuple[str, int], ...]] = {}
        for name, ladder in self.graph.ladders.items():
            instance = chip.instances[name]
            self.plans[name] = plan(ladder)
            if len(instance.variant.full):
                self.full[name] = plan(instance.variant.full)
            own = instance.variant.block is instance.block
            self.seats[name] = Seat(name) if own else Seat(name, instance.offset, instance.block)
            self.needs[name] = tuple(self.graph.resolve(need, name) for need in self.graph.needs[name])
        blocks = {name: self._blocks(name) for name in self.plans}
        self._born = {id(block): Memory(block) for both in blocks.values() for block in both}
        self._of = {name: [self._born[id(block)] for block in both] for name, both in blocks.items()}

    def _blocks(self, name: str) -> tuple[Block[Any], Block[Any]]:
        """Return a block, and the one whose ladder it climbs."""
        instance = self.chip.instances[name]
        return instance.block, instance.variant.block

    def forget(self, names: Iterable[str] | None = None) -> None:
        """Let drivers, of all blocks or of some, remember nothing, as after a reset of the controller."""
        for memory in self._born.values() if names is None else [one for name in names for one in self._of[name]]:
            memory.put_back()


@define(eq=False)
class _Climber:
    """One climb on its way; `talk` is the dialogue that it holds, `flies` what it asks of the bus."""

    name: str
    steps: Generator[Request, Reply, Any]
    full: bool = False
    talk: Coroutine[Any, Any, None] | None = None
    flies: Run | Watch | None = None
    looks: int = 0


@coroutine
def _ask(request: Asked) -> Generator[Asked, Reply, Reply]:
    return (yield request)


class _Bus:
    """The way of a dialogue to the chip."""

    async def submit(self, batch: Batch, *, owner: str = "") -> Results:
        reply = await _ask(Run(batch, Purpose.LOOK, rung=""))
        assert reply.results is not None, "a Run was answered without results"
        return reply.results


class _Talking(Port):
    """The port of a dialogue."""

    async def sleep(self, seconds: float) -> None:
        """Let time pass."""
        await _ask(Wait(seconds))


@frozen
class Share:
    """Some blocks, which are brought up among others that are left as they are.

    Attributes:
        stand: how many rungs of each block stand; none of a block that is to be brought up is believed.
        regions: what the batches of each block may reach.
    """

    blocks: Collection[str]
    stand: Mapping[str, int]
    regions: Mapping[str, Region]

    def standing(self) -> dict[str, int]:
        """Return how many rungs of each block are believed to stand."""
        return {**self.stand, **dict.fromkeys(self.blocks, 0)}


class Bringup:
    """One bring-up of a simulated chip.

    Args:
        words: where accesses go, which is as a rule the chip itself.
        consent: as of `runtime.bringup.bring_up`.
        now_s: when it begins; default: now.
        share: a part of the blocks; default: all.
        on_up: called with a block that is in service from now on.
        most: requests of its climbs, after which it is taken to come to no end; None: it may go on for ever.

    Attributes:
        states: of each block.
        faults: of the failed ones.
        begun: the blocks that were touched.
        standing: how many of its lowest rungs were last seen to hold, of each block.
        acted: the blocks on which a rung was acted.
        owner: whose batch runs.
        operations: that were begun, in so many `batches`.
        passed: how often the hardware had time of its own before a batch.
        arms: how often each rung of each block was acted.
        lost: why the device is gone.
        endless: the block that would have gone on; empty: none.
        vain: whose rung was waited for that did not come in its time; from its act, and until.
        refused: a batch that was not begun, and why; empty: none.
    """

    def __init__(
        self,
        controller: Controller,
        sim: SimChip,
        words: Words | None = None,
        *,
        consent: Consent | None = None,
        now_s: float | None = None,
        share: Share | None = None,
        on_up: Callable[[str], None] | None = None,
        most: int | None = None,
    ) -> None:
        self.endless, self.refused, self._most = "", "", inf if most is None else most
        self.controller, self.sim = controller, sim
        self.words: Words = sim if words is None else words
        self.states = dict.fromkeys(controller.plans if share is None else share.blocks, State.WAITING)
        self.faults: dict[str, Fault] = {}
        self.begun: set[str] = set()
        self.acted: set[str] = set()
        self.lost: DeviceLost | None = None
        self.now_s = sim.now_s if now_s is None else now_s
        self.owner = ""  # of the batch that runs
        self.passed = self.operations = self.batches = 0
        self.arms: Counter[tuple[str, str]] = Counter()
        self.vain: list[tuple[str, float, float]] = []
        self._consent = consent
        self.standing = dict.fromkeys(controller.plans, 0) if share is None else share.standing()
        self._on_up = on_up
        self._regions = None if share is None else share.regions
        self._ready: deque[tuple[_Climber, Reply | None]] = deque()
        self._asked: deque[_Climber] = deque()
        self._timers: list[tuple[float, int, _Climber | None]] = []
        self._count = 0
        self._waits: dict[str, tuple[tuple[tuple[str, int], ...], _Climber | None]] = {}
        self._users: dict[str, list[str]] = {}
        self._flying: tuple[_Climber, Generator[float, None, Results]] | None = None

    @property
    def well(self) -> bool:
        """Whether every block is in service."""
        return self.lost is None and not self.endless and all(state in IN_SERVICE for state in self.states.values())

    def run(self) -> None:
        """Go on until nothing moves any more: each block is up, has failed, or waits for one that failed."""
        for name in self.states:
            needs = self.controller.needs[name]
            if self._stand(needs):
                self._begin(name)
            else:
                self._wait(name, needs, None)
        while self.lost is None and not self.endless:
            if self._ready:
                self._step(*self._ready.popleft())
            elif self._asked and self._flying is None:
                self._fly(self._asked.popleft())
            elif self._timers:
                self._due()
            else:
                return

    # ---- time ----

    def stall(self, seconds: float) -> None:
        """Let time pass in the midst of an access."""
        self.now_s += seconds
        self.passed += 1
        self.sim.advance(self.now_s)

    def _at(self, due_s: float, climber: _Climber | None) -> None:
        self._count += 1
        heappush(self._timers, (due_s, self._count, climber))

    def _due(self) -> None:
        """Jump to what is due next, and let all go on that is due then."""
        self.now_s = max(self.now_s, self._timers[0][0])
        while self._timers and self._timers[0][0] <= self.now_s:
            climber = heappop(self._timers)[2]
            if climber is None:
                self._go_on()
            elif climber.flies is None:
                self._ready.append((climber, Reply(self.now_s)))
            else:
                self._asked.append(climber)

    # ---- needs ----

    def _stand(self, needs: tuple[tuple[str, int], ...]) -> bool:
        return all(self.standing[other] >= count for other, count in needs)

    def _wait(self, name: str, needs: tuple[tuple[str, int], ...], climber: _Climber | None) -> None:
        """Wait until all needs stand at once; without a climber, the block has not begun."""
        self.states[name] = State.WAITING
        self._waits[name] = needs, climber
        for other in dict.fromkeys(other for other, _ in needs):
            self._users.setdefault(other, []).append(name)

    def _stands(self, name: str, count: int) -> None:
        self.standing[name] = count
        users = self._users.pop(name, ())
        still = [user for user in users if user in self._waits and not self._woken(user)]
        if still:
            self._users[name] = still

    def _woken(self, name: str) -> bool:
        needs, climber = self._waits[name]
        if not self._stand(needs):
            return False
        del self._waits[name]
        if climber is None:
            self._begin(name)
        else:
            self.states[name] = State.CLIMBING
            self._ready.append((climber, Reply(self.now_s, waited=True)))
        return True

    # ---- climbs ----

    def _begin(self, name: str) -> None:
        self.states[name] = State.CLIMBING
        self.begun.add(name)
        control = self.controller
        steps = climb(control.plans[name], control.seats[name], self.now_s, consent=self._consent, watching=True)
        self._ready.append((_Climber(name, steps), None))

    def _step(self, climber: _Climber, reply: Reply | None) -> None:
        """Let a climb go on to its next request that takes time."""
        try:
            request: Request | None = self._next(climber, reply)
            while request is not None:
                answer = self._do(climber, request)
                if isinstance(answer, Reply):
                    request = self._next(climber, answer)
                else:
                    request = answer
        except StopIteration as stop:
            self._over(climber, stop.value)
        except DeviceLost as error:
            self.lost = error
        except Exception as bug:  # of the block's own code, or of a model: it stays with the block
            text = "".join(traceback.format_exception(bug))
            reason = f"{type(bug).__name__}: {bug}"
            fault = Fault(
                block=climber.name, rung="", cause=Cause.BUG, reason=reason, time_s=self.now_s, traceback=text
            )
            self._fail(fault)

    def _next(self, climber: _Climber, reply: Reply | None) -> Request:
        if climber.talk is None:
            return next(climber.steps) if reply is None else climber.steps.send(reply)
        try:
            request = climber.talk.send(reply)
            if isinstance(request, (Run, Wait)):
                return request
            raise TypeError(f"the dialogue awaits {type(request).__name__}; expected its port's submit and sleep alone")
        except StopIteration:
            error = None
        except TransportError as ended:
            error = ended
        climber.talk = None
        return climber.steps.send(Reply(self.now_s, error=error))

    def _do(self, climber: _Climber, request: Request) -> Reply | Request | None:
        """Do what is asked for; return its answer, or None where that takes time."""
        self._most -= 1
        if self._most < 0:
            self.endless = climber.name
            return None
        match request:
            case Stands(count):
                self._stands(climber.name, count)
                return Reply(self.now_s)
            case Need(names):
                needs = tuple(self.controller.graph.resolve(need, climber.name) for need in names)
                if self._stand(needs):
                    return Reply(self.now_s)
                self._wait(climber.name, needs, climber)
            case Run():
                if request.purpose is Purpose.ACT:
                    self.arms[climber.name, request.rung] += 1
                climber.flies = request
                self._asked.append(climber)
            case Watch():
                climber.flies, climber.looks = request, 0
                self._at(self.now_s + request.first_s, climber)
            case Wait(seconds):
                self._at(self.now_s + seconds, climber)
            case Talk(dialogue, rung):
                self.arms[climber.name, rung] += 1
                climber.talk = cast("Coroutine[Any, Any, None]", dialogue(_Talking(_Bus(), climber.name)))
                return self._next(climber, None)
        return None

    def _over(self, climber: _Climber, value: Any) -> None:
        """Note how a climb ended, or the look whether a block that is up is full."""
        name = climber.name
        if isinstance(value, Fault):
            self._fail(value)
            return
        if isinstance(value, Climbed):
            if value.acted:
                self.acted.add(name)
            full = self.controller.full.get(name)
            if full is not None:
                steps = look(full, self.controller.seats[name], self.now_s, tell=False)
                self._ready.append((_Climber(name, steps, full=True), None))
                return
        self._rate(name, value if isinstance(value, Shortfall) else None)

    def _rate(self, name: str, seen: Shortfall | None) -> None:
        counts_as = of_block(self.controller.chip.policy, name)
        if seen is None or counts_as is Verdict.UP:
            self.states[name] = State.UP
        elif counts_as is Verdict.DEGRADED:
            self.states[name] = State.DEGRADED
        if self.states[name] in IN_SERVICE:
            if self._on_up is not None:
                self._on_up(name)
        elif seen is not None:
            reason = f"up, but not {seen.rung}: {seen.register} wanted {seen.wanted}, last {seen.last}"
            self._fail(Fault(block=name, rung=seen.rung, cause=Cause.LESSENED, reason=reason, time_s=self.now_s))

    def _fail(self, fault: Fault) -> None:
        self.states[fault.block] = State.FAILED
        self.faults[fault.block] = fault

    # ---- the bus ----

    def _fly(self, climber: _Climber) -> None:
        """Begin a batch; the bus takes no other before that one is over."""
        flies = climber.flies
        assert flies is not None, "a batch was asked for without a request"
        refused = refusal(flies.batch, WHOLE_BUS if self._regions is None else self._regions[climber.name])
        if refused is not None:
            self.refused = self.refused or f"{climber.name}: {refused}"
            self._came(climber, Results((), refused))
            return
        self.batches += 1
        self._flying = climber, interpret(flies.batch, self.words, self._clock)
        self._go_on()

    def _clock(self) -> float:
        return self.now_s

    def _go_on(self) -> None:
        """Let the batch on the bus go on, to its end or to its next wait."""
        assert self._flying is not None, "the bus is idle"
        climber, steps = self._flying
        self.owner = climber.name
        if self.now_s > self.sim.now_s or self.sim.next_event_s <= self.now_s:
            self.passed += 1
            self.sim.advance(self.now_s)
        try:
            wait_s = next(steps)
        except StopIteration as stop:
            self._flying = None
            self._came(climber, stop.value)
        except Exception as problem:  # whatever a model raises: it stays with the block
            self._flying = None
            self._fail(Fault(block=climber.name, rung="", cause=Cause.BUG, reason=str(problem), time_s=self.now_s))
        else:
            self._at(self.now_s + wait_s, None)

    def _came(self, climber: _Climber, results: Results) -> None:
        self.operations += len(results) + (results.error is not None)
        flies = climber.flies
        looks = 0
        if isinstance(flies, Watch):
            looks = climber.looks = climber.looks + 1
            seconds = flies.again(results, self.now_s)
            if seconds is not None:
                self._at(self.now_s + seconds, climber)
                return
            if self.now_s >= flies.deadline_s and len(results) < flies.stop:
                self.vain.append((climber.name, flies.acted_s, self.now_s))
        climber.flies = None
        self._ready.append((climber, Reply(self.now_s, results, looks=looks)))


def held_by(sim: SimChip, block: str) -> dict[str, int]:
    """Return what every register of a block holds that was touched, by path."""
    return {store.place.path: store.value for store in sim.model(block).registers.fabric.bank.stores()}


def registers_of(sim: SimChip) -> Mapping[str, Mapping[str, int]]:
    """Return what every register holds that was touched, by block and path."""
    return {name: held_by(sim, name) for name in sim.chip.instances}


def value_of(sim: SimChip, block: str, path: str) -> int:
    """Return what one register holds."""
    return sim.model(block).registers.fabric.bank.at(path)[0].store.value
