"""Who goes next: urgency, order within an owner, and that nobody starves."""

from __future__ import annotations

from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transports.batch import Batch
from transports.bus.queue import INTERRUPT, OVERTAKES_MAX, QUEUE_MAX, Asked, Queue

NOTHING = Batch(())
URGENCIES = st.sampled_from([0.0, 1e-3, 0.5, INTERRUPT])
OWNERS = st.sampled_from(["", "pll0", "hbm3", "dma"])
# Add a batch, take the next, or discard the one that waits at this place.
STEPS = st.lists(st.one_of(st.tuples(OWNERS, URGENCIES), st.none(), st.integers(0, 30)), max_size=120)


def asked(owner: str = "", urgency: float = 0.0) -> Asked:
    return Asked(NOTHING, owner=owner, urgency=urgency)


class Model:
    """A queue and what must be in it.

    Args:
        size, overtakes: of the queue.
    """

    def __init__(self, size: int, overtakes: int) -> None:
        self.queue = Queue(size, overtakes)
        self.overtakes = overtakes
        self.waiting: list[Asked] = []  # by arrival
        self.passed = 0  # taken since the oldest left

    def add(self, owner: str, urgency: float) -> None:
        self.waiting.append(asked(owner, urgency))
        self.queue.add(self.waiting[-1])

    @property
    def inside(self) -> list[Asked]:
        """What is weighed, the oldest first."""
        return sorted([one for one in self.waiting if one.number >= 0], key=lambda one: one.number)

    def wanted(self) -> Asked:
        """Return what goes next: the oldest in its turn, else whoever stands before the most urgent."""
        if self.passed >= self.overtakes:
            return self.inside[0]
        urgent = max(self.inside, key=lambda one: (one.urgency, -one.number))
        return next(one for one in self.inside if one.owner == urgent.owner)

    def discard(self, place: int) -> None:
        if self.waiting:
            dropped = self.waiting[place % len(self.waiting)]
            self.passed *= dropped is not self.inside[0]
            self.waiting.remove(dropped)
            self.queue.discard(dropped)

    def take(self) -> None:
        first = self.queue.peek()
        wanted, oldest = (self.wanted(), self.inside[0]) if self.waiting else (None, None)
        taken = self.queue.take()
        assert taken is first
        if taken is None:
            assert not self.waiting
            return
        place = self.waiting.index(taken)
        assert taken.owner not in [other.owner for other in self.waiting[:place]]
        assert taken is wanted
        self.passed = 0 if taken is oldest else self.passed + 1
        assert self.passed <= self.overtakes
        del self.waiting[place]


@given(steps=STEPS, size=st.integers(1, 40), overtakes=st.integers(0, 8))
def test_every_batch_leaves_once_or_is_discarded(
    steps: list[tuple[str, float] | int | None], size: int, overtakes: int
) -> None:
    """Nothing is lost or doubled, an owner's order stands, and urgency decides but for the turns of the oldest."""
    model = Model(size, overtakes)
    for step in steps:
        match step:
            case None:
                model.take()
            case int():
                model.discard(step)
            case owner, urgency:
                model.add(owner, urgency)
        assert len(model.queue) == len(model.waiting)
    while model.waiting:
        model.take()
    assert model.queue.take() is None


@given(st.lists(URGENCIES, max_size=40))
def test_of_many_owners_the_most_urgent_goes_first(urgencies: list[float]) -> None:
    """Interrupt work goes before all, then the longest remaining path, then whoever came first."""
    queue = Queue()
    for number, urgency in enumerate(urgencies):
        queue.add(asked(str(number), urgency))
    order = [found.owner for found in iter(queue.take, None)]
    assert order == [str(number) for number in sorted(range(len(urgencies)), key=lambda number: -urgencies[number])]


def test_what_is_urgent_pulls_ahead_what_its_owner_asked_before() -> None:
    """An urgent batch does not wait behind others for an earlier batch of its own owner."""
    queue = Queue()
    for owner, urgency in (("a", 1.0), ("b", 0.0), ("c", 0.5), ("b", 2.0)):
        queue.add(asked(owner, urgency))
    assert [found.owner for found in iter(queue.take, None)] == ["b", "b", "a", "c"]


def test_in_a_storm_work_of_no_urgency_has_its_turn() -> None:
    """Under interrupt work without end, the oldest batch goes after as many others as may, and then the next."""
    queue = Queue(overtakes=5)
    queue.add(asked("pll0"))
    queue.add(asked("pll1"))
    order: list[str] = []
    for number in range(12):
        queue.add(asked(f"irq{number}", INTERRUPT))
        taken = queue.take()
        assert taken is not None
        order.append(taken.owner)
    irqs = [f"irq{number}" for number in range(10)]
    assert order == [*irqs[:5], "pll0", *irqs[5:], "pll1"]


@pytest.mark.parametrize("bulk", [10, 1000, 2 * QUEUE_MAX])
def test_interrupt_work_goes_before_all_however_much_waits(bulk: int) -> None:
    """Of interrupts that come at once, number k goes after k others and one old batch in 65, whatever waits."""
    queue = Queue()
    for number in range(bulk):
        queue.add(asked(f"block{number}", float(number % 7)))
    for number in range(200):
        queue.add(asked(f"irq{number}", INTERRUPT))
    order = [found.owner for found in iter(queue.take, None)]
    assert len(order) == bulk + 200
    assert [order.index(f"irq{number}") for number in range(200)] == [
        number + number // OVERTAKES_MAX for number in range(200)
    ]


def test_outside_waits_who_finds_no_room_and_interrupt_work_does_not() -> None:
    """A full queue admits in order of arrival; interrupt work is admitted at once, unless its owner waits outside."""
    queue = Queue(size=2)
    names = count()
    for urgency in (0.0, 0.0, 3.0, 5.0):
        queue.add(asked(f"block{next(names)}", urgency))
    queue.add(asked("irq", INTERRUPT))
    queue.add(asked("block3", INTERRUPT))
    assert [found.owner for found in iter(queue.take, None)] == [
        "irq", "block0", "block2", "block3", "block3", "block1",
    ]  # fmt: skip


def test_a_storm_leaves_nothing_behind() -> None:
    """What the queue holds is what waits in it, however much went through: no memory grows."""
    queue = Queue(overtakes=3)
    for number in range(10_000):
        queue.add(asked(f"slow{number}"))
        queue.add(asked("irq", INTERRUPT))
        queue.take()
        queue.take()
    assert len(queue) == 0
    assert queue.places <= 64
