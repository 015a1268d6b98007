"""What the tests of blocks share: a controller without an event loop, for chips that know no clock, and a bus to cut."""

from __future__ import annotations

import heapq
from collections.abc import Mapping
from itertools import count
from math import inf

import pytest
from attrs import define, field

from blocks.chip import Chip, load_chip
from blocks.sim_chip import SimChip
from runtime.climb import Climbed, Plan, Reply, Request, Run, Steps, Wait, climb
from runtime.fault import Fault
from transports.batch import Results
from transports.engine import interpret
from transports.errors import DeviceLost

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
                    steps = climb(plan, name, wire.sim.now_s)
                    heapq.heappush(ready, (wire.sim.now_s, next(order), name, steps, next(steps)))

        start()
        while ready:
            time_s, _, name, steps, request = heapq.heappop(ready)
            wire.sim.advance(time_s)
            reply = Reply(time_s, self._answer(request, wire))
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

    def _answer(self, request: Request, wire: Wire) -> Results | None:
        if not isinstance(request, Run):
            return None
        steps = interpret(request.batch, wire, lambda: wire.sim.now_s)
        try:
            wait_s = next(steps)
        except StopIteration as stop:
            results: Results = stop.value
            return results
        raise AssertionError(f"{request.batch} waits {wait_s} s; a ladder's acts and looks do not")


@pytest.fixture(scope="session")
def mini() -> Chip:
    return load_chip("mini")


@pytest.fixture
def wire_to() -> type[Wire]:
    return Wire


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
