"""Who goes next: urgency, order within an owner, and that nobody starves."""

from __future__ import annotations

from collections import Counter
from itertools import count

from hypothesis import given
from hypothesis import strategies as st

from transports.batch import Batch
from transports.bus.queue import INTERRUPT, Asked, Queue

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
        self.overtaken: Counter[int] = Counter()

    def add(self, owner: str, urgency: float) -> None:
        self.waiting.append(asked(owner, urgency))
        self.queue.add(self.waiting[-1])

    def discard(self, place: int) -> None:
        if self.waiting:
            self.queue.discard(self.waiting.pop(place % len(self.waiting)))

    def take(self) -> None:
        first = self.queue.peek()
        taken = self.queue.take()
        assert taken is first
        if taken is None:
            assert not self.waiting
            return
        place = self.waiting.index(taken)
        before = self.waiting[:place]
        assert taken.owner not in [other.owner for other in before]
        for other in before:
            if other.number >= 0:  # the bound counts from when it came in
                self.overtaken[id(other)] += 1
                assert self.overtaken[id(other)] <= self.overtakes
        del self.waiting[place]


@given(steps=STEPS, size=st.integers(1, 40), overtakes=st.integers(0, 8))
def test_every_batch_leaves_once_or_is_discarded(
    steps: list[tuple[str, float] | int | None], size: int, overtakes: int
) -> None:
    """Nothing is lost or doubled; within an owner the order stands; none is overtaken more often than is allowed."""
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
    """Under interrupt work without end, a batch goes after no more than the overtakes that are allowed."""
    queue = Queue(overtakes=5)
    queue.add(asked("pll0"))
    queue.add(asked("pll1"))
    order: list[str] = []
    for number in range(12):
        queue.add(asked(f"irq{number}", INTERRUPT))
        taken = queue.take()
        assert taken is not None
        order.append(taken.owner)
    assert order == [*(f"irq{number}" for number in range(5)), "pll0", "pll1", *(f"irq{n}" for n in range(5, 10))]


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
