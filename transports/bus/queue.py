"""Who goes next: a pure decision, apart from the tasks that wait for it.

The most urgent goes first, in order of arrival among equals. Two things are stronger than urgency: batches of one owner
never change places, and of OVERTAKES_MAX + 1 that go one after the other one at least is the oldest. So what is urgent
pulls ahead what its owner asked for before it, and in a storm whoever is at place k of all that wait goes k turns of
OVERTAKES_MAX + 1 later at most, while all other turns stay those of urgency, however many wait.
"""

from __future__ import annotations

import math
from collections import Counter, deque
from heapq import heapify, heappop, heappush

import anyio
from attrs import define

from transports.batch import Batch, Results

QUEUE_MAX = 4096  # batches weighed against each other; more wait outside, first come first served
OVERTAKES_MAX = 64  # in a storm the oldest batch goes after 64 others: some 10 ms on a socket
INTERRUPT = math.inf  # the urgency of interrupt work, which goes before all other


class Bell:
    """Wakes a task that waits for several batches, each time that one of them is answered, or is to lead."""

    def __init__(self) -> None:
        self._event = anyio.Event()

    def set(self) -> None:
        """Ring."""
        self._event.set()

    async def wait(self) -> None:
        """Wait until it rings, or has since the last time."""
        await self._event.wait()
        self._event = anyio.Event()


@define(eq=False)
class Asked:
    """One batch on its way: in the queue, out at the device, or answered.

    Attributes:
        urgency: seconds of work that cannot begin before this; INTERRUPT for interrupt work.
        deadline_s: how long it may be out before somebody asks why; inf: for ever.
        event: set when it has its results, or when it is to lead; None while it has not to wait for either. Batches of
            one task that waits for all of them share it.
        asked_s: when it was submitted; 0 when it did not wait.
        number: in the order of arrival, once it is in the queue.
        gone: it was in the queue and is not any more.
        leads: its task carries the next flight.
        out: it has left for the device.
    """

    batch: Batch
    owner: str = ""
    epoch: int | None = None
    urgency: float = 0.0
    deadline_s: float = math.inf
    event: anyio.Event | Bell | None = None
    asked_s: float = 0.0
    number: int = -1
    gone: bool = False
    leads: bool = False
    out: bool = False
    results: Results | None = None

    @property
    def brought(self) -> Results:
        """Its results, once it is answered."""
        assert self.results is not None, "a batch came back without results"
        return self.results

    def wake(self) -> None:
        """Have its task go on."""
        if self.event is not None:
            self.event.set()


class Queue:
    """Batches that wait for the bus.

    Bounded is what is weighed; how many wait outside is not, and nobody is refused. Back-pressure is that `submit`
    returns when its batch is back, so a task has one batch here, and whoever uses `submit_all` what it gave.

    Args:
        size: how many are weighed against each other; interrupt work comes in beyond that.
        overtakes: how many may go one after the other before the oldest of all.
    """

    def __init__(self, size: int = QUEUE_MAX, overtakes: int = OVERTAKES_MAX) -> None:
        self._size = size
        self._overtakes = overtakes
        self._next = 0  # number of the next to come in
        self._gone = 0  # how many have left the queue
        self._passed = 0  # how many were taken since the oldest of all last left
        self._urgent = 0  # how many inside are interrupt work, and take no room
        self._order: deque[Asked] = deque()  # all inside by arrival; those that are gone are dropped at the front
        self._lanes: dict[str, deque[Asked]] = {}  # the same by owner
        self._heap: list[tuple[float, int, Asked]] = []  # by urgency, and some that are gone
        self._outside: deque[Asked] = deque()  # some of them gone, none of these at the front
        self._owners_outside: Counter[str] = Counter()

    def __len__(self) -> int:
        return self._next - self._gone + self._owners_outside.total()

    @property
    def places(self) -> int:
        """How many places it keeps, some of them of batches that are gone; a few for each that waits."""
        lanes = sum(map(len, self._lanes.values()))
        return lanes + len(self._order) + len(self._heap) + len(self._outside)

    def add(self, asked: Asked) -> None:
        """Take a batch in, or let it wait outside while there is no room or one of its owner waits there."""
        if asked.owner in self._owners_outside or not self._room(asked):
            self._outside.append(asked)
            self._owners_outside[asked.owner] += 1
        else:
            self._admit(asked)

    def peek(self) -> Asked | None:
        """Return the batch that goes next; None when there is none."""
        if not self._order:
            return None
        if self._passed >= self._overtakes:
            return self._order[0]
        while self._heap[0][2].gone:
            heappop(self._heap)
        return self._lanes[self._heap[0][2].owner][0]

    def take(self) -> Asked | None:
        """Remove the batch that goes next, and return it; None when there is none."""
        asked = self.peek()
        if asked is not None:
            self.remove(asked)
        return asked

    def remove(self, asked: Asked) -> None:
        """Remove a batch that is inside, as `peek` has just said."""
        self._passed += 1
        self._drop(asked)

    def _drop(self, asked: Asked) -> None:
        if asked is self._order[0]:
            self._passed = 0
        asked.gone = True
        self._gone += 1
        if asked.urgency == INTERRUPT:
            self._urgent -= 1
        _drop_gone(self._order)
        lane = self._lanes[asked.owner]
        _drop_gone(lane)
        if not lane:
            del self._lanes[asked.owner]
        there = self._next - self._gone
        if len(self._heap) > 2 * there + 64:  # a storm would leave the places of what was forced ahead there for ever
            self._heap = [entry for entry in self._heap if not entry[2].gone]
            heapify(self._heap)
        if self._outside:
            self._let_in()

    def discard(self, asked: Asked) -> None:
        """Remove a batch wherever it waits."""
        if asked.gone:
            return
        if asked.number >= 0:
            self._drop(asked)
            return
        asked.gone = True
        self._leave_outside(asked)
        self._let_in()

    def _room(self, asked: Asked) -> bool:
        return asked.urgency == INTERRUPT or self._next - self._gone - self._urgent < self._size

    def _admit(self, asked: Asked) -> None:
        asked.number = self._next
        self._next += 1
        self._urgent += asked.urgency == INTERRUPT
        self._order.append(asked)
        lane = self._lanes.get(asked.owner)
        if lane is None:
            lane = self._lanes[asked.owner] = deque()
        lane.append(asked)
        heappush(self._heap, (-asked.urgency, asked.number, asked))

    def _let_in(self) -> None:
        """Let those outside come in as far as there is room."""
        _drop_gone(self._outside)
        while self._outside and self._room(self._outside[0]):
            first = self._outside.popleft()
            self._leave_outside(first)
            self._admit(first)
            _drop_gone(self._outside)

    def _leave_outside(self, asked: Asked) -> None:
        self._owners_outside[asked.owner] -= 1
        if not self._owners_outside[asked.owner]:
            del self._owners_outside[asked.owner]


def _drop_gone(waiting: deque[Asked]) -> None:
    while waiting and waiting[0].gone:
        waiting.popleft()
