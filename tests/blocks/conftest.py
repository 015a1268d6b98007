"""What the tests of blocks share: a controller that needs no event loop, and a wire to a simulated chip, to be cut."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Mapping
from itertools import count
from math import inf
from typing import Any

import pytest
from attrs import define, field

from blocks.chip import Chip, load_chip
from blocks.ladder import Ladder, Rung
from blocks.port import Port
from blocks.sim.chip import SimChip
from registers.access import RegisterOp
from runtime.climb import Climbed, Plan, Steps, climb, granted
from runtime.fault import Fault
from runtime.requests import Reply, Request, Run, Talk, Wait
from transports.batch import Batch, Results
from transports.engine import interpret
from transports.errors import DeviceLost, TransportError

Outcome = Climbed | Fault


@define(eq=False)
class Wire:
    """A simulated chip as a port that counts accesses and is cut after `limit` of them."""

    sim: SimChip
    limit: float = inf
    reads: int = 0
    writes: int = 0

    @property
    def accesses(self) -> int:
        return self.reads + self.writes

    def read(self, address: int, width: int) -> int:
        self._cut()
        self.reads += 1
        return self.sim.read(address, width)

    def write(self, address: int, value: int, width: int, strobes: int | None) -> None:
        self._cut()
        self.writes += 1
        self.sim.write(address, value, width, strobes)

    def _cut(self) -> None:
        if self.accesses >= self.limit:
            raise DeviceLost("the wire was cut")


@define(eq=False)
class Controller:
    """Climbs one ladder of every block of a chip at once, each block as soon as what it needs stands.

    Attributes:
        plans: the ladders, compiled.
        needs: what each block waits for.
    """

    plans: Mapping[str, Plan]
    needs: Mapping[str, tuple[str, ...]]
    outcomes: dict[str, Outcome] = field(factory=dict[str, Outcome])

    def run(self, wire: Wire) -> dict[str, Outcome]:
        """Climb until nothing is left to do; blocks that wait for one that failed have no outcome.

        Raises:
            DeviceLost: the wire was cut.
        """
        self.outcomes = {}
        ready: list[tuple[float, int, str, Steps[Outcome], Request]] = []
        order = count()
        started: set[str] = set()

        def start() -> None:
            for name, plan in self.plans.items():
                if name not in started and all(self._stands(need) for need in self.needs[name]):
                    started.add(name)
                    steps = climb(plan, name, wire.sim.now_s, consent=granted)
                    heapq.heappush(ready, (wire.sim.now_s, next(order), name, steps, next(steps)))

        start()
        while ready:
            time_s, _, name, steps, request = heapq.heappop(ready)
            wire.sim.advance(time_s)
            reply = self._answer(request, name, time_s, wire)
            try:
                following = steps.send(reply)
            except StopIteration as stop:
                self.outcomes[name] = stop.value
                start()
                continue
            pause_s = following.seconds if isinstance(following, Wait) else 0.0
            heapq.heappush(ready, (time_s + pause_s, next(order), name, steps, following))
        return self.outcomes

    def _stands(self, need: str) -> bool:
        return isinstance(self.outcomes.get(need.partition(":")[0]), Climbed)

    def _answer(self, request: Request, name: str, time_s: float, wire: Wire) -> Reply:
        if isinstance(request, Run):
            return Reply(time_s, _run(request.batch, wire))
        if isinstance(request, Talk):
            try:
                next(iter(request.dialogue(Port(_Desk(wire), name)).__await__()))
            except StopIteration:
                return Reply(time_s)
            except TransportError as error:
                return Reply(time_s, error=error)
            raise AssertionError(f"the dialogue of {name}:{request.rung} waits; here it cannot")
        return Reply(time_s)


@define(eq=False)
class _Desk:
    """A bus that runs each batch at once."""

    wire: Wire

    async def submit(self, batch: Batch, *, owner: str = "") -> Results:
        return _run(batch, self.wire)


def _run(batch: Batch, wire: Wire) -> Results:
    steps = interpret(batch, wire, lambda: wire.sim.now_s)
    try:
        wait_s = next(steps)
    except StopIteration as stop:
        results: Results = stop.value
        return results
    raise AssertionError(f"{batch} waits {wait_s} s; a ladder's acts and looks do not")


Op = Callable[[Any], RegisterOp[Any]]


@define(eq=False)
class Hands:
    """A person at the registers of a simulated chip: one operation at a time, and no ladder."""

    sim: SimChip

    def do(self, block: str, op: Op) -> Any:
        """Do one register operation on a block and return its typed value.

        Raises:
            TransportError: what the bus answered.
        """
        made = op(self.sim.chip.instances[block].block.regs)
        steps = interpret(Batch(made.operations), self.sim, lambda: self.sim.now_s)
        try:
            next(steps)
        except StopIteration as stop:
            return made.decode(stop.value.check().values)
        raise AssertionError(f"{made} waits")

    def wait(self, seconds: float) -> None:
        self.sim.advance(self.sim.now_s + seconds)

    @property
    def broken(self) -> list[tuple[str, str]]:
        """What was violated: (block.register, rule)."""
        return [(f"{v.block}.{v.register}", v.rule) for v in self.sim.violations]

    def broke(self, *registers: str) -> None:
        """Expect that rules were broken at these registers and at no other, and forget them."""
        assert {register for register, _ in self.broken} == set(registers)
        self.sim.violations.clear()


@pytest.fixture(scope="session")
def mini() -> Chip:
    return load_chip("mini")


@pytest.fixture(scope="session")
def wire_to() -> type[Wire]:
    """Make wires to a simulated chip."""
    return Wire


@pytest.fixture(scope="session")
def hands_on() -> type[Hands]:
    """Lay hands on a simulated chip."""
    return Hands


@pytest.fixture(scope="session")
def bringing_up(mini: Chip) -> Controller:
    """A controller that takes mini from anything to in service."""
    plans = {name: Plan(instance.block.up()) for name, instance in mini.instances.items()}
    return Controller(plans, {name: instance.needs for name, instance in mini.instances.items()})


@pytest.fixture(scope="session")
def laying_down(mini: Chip) -> Controller:
    """A controller that takes mini from in service to rest, users before what they use."""
    users: dict[str, tuple[str, ...]] = {
        name: tuple(user for user, instance in mini.instances.items() if name in instance.needs)
        for name in mini.instances
    }
    return Controller({name: Plan(instance.block.rest()) for name, instance in mini.instances.items()}, users)


@pytest.fixture
def fresh(mini: Chip) -> Hands:
    """Mini, just powered on."""
    return Hands(SimChip(mini))


@pytest.fixture(scope="session")
def alone(mini: Chip) -> Callable[[Any], Controller]:
    """Make a controller that brings up one block of mini, with the ladder that it is given, after all it needs."""

    def make(block: Any) -> Controller:
        plans = {name: Plan(instance.block.up()) for name, instance in mini.instances.items()}
        plans[block.name] = Plan(block.up())
        return Controller(plans, {name: instance.needs for name, instance in mini.instances.items()})

    return make


@pytest.fixture
def live(mini: Chip, bringing_up: Controller) -> Hands:
    """Mini in service."""
    hands = Hands(SimChip(mini))
    bringing_up.run(Wire(hands.sim))
    return hands


@pytest.fixture
def thawed(mini: Chip, bringing_up: Controller) -> Hands:
    """Mini in service, brought up by somebody who froze nothing."""
    hands = Hands(SimChip(mini))
    ladders = {name: Ladder(*_unfrozen(instance.block.up())) for name, instance in mini.instances.items()}
    Controller({name: Plan(ladder) for name, ladder in ladders.items()}, bringing_up.needs).run(Wire(hands.sim))
    return hands


def _unfrozen(ladder: Ladder) -> list[Rung]:
    return [rung for rung in ladder if rung.name != "frozen"]
