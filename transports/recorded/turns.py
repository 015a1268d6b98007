"""Whose turn it is in a replay: the steps of a recording come in its order, whoever asks first. Nothing waits here."""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterator, Sequence
from typing import TypeAlias

import anyio
from attrs import define, field

from transports.batch import Batch
from transports.recorded.file import Executed, WasJudged, WasReset

Step: TypeAlias = Executed | WasReset | WasJudged
Key: TypeAlias = Batch | type[WasReset] | type[WasJudged]  # what is asked for, to be compared by value
Home = Callable[[int], str]


def key_of(step: Step) -> Key:
    """Return what is asked for when a step is."""
    return step.batch if isinstance(step, Executed) else type(step)


def home_of(batch: Batch, home: Home) -> str:
    """Return where a batch belongs: the home of its first address; empty when it has none."""
    addresses = (getattr(op, "address", None) for op in batch)
    return next((home(address) for address in addresses if address is not None), "")


@define(eq=False)
class Asked:
    """One who asks for a step.

    Attributes:
        called: set when it is its turn.
    """

    key: Key
    kind: int
    called: anyio.Event = field(factory=anyio.Event)


class Turns:
    """The steps that are left, and who asks for one.

    Attributes:
        at: how many steps are done.
        batches: how many of them were batches.
        taken: the step whose turn it is goes on.
    """

    def __init__(self, steps: Sequence[Step]) -> None:
        self.at = self.batches = 0
        self.taken = False
        self._steps = tuple(steps)
        self._kinds: dict[Key, int] = {}  # equal steps are one kind; a batch is hashed once, and costs by its length
        self._order = [self._kinds.setdefault(key_of(step), len(self._kinds)) for step in self._steps]
        self._left = Counter(self._order)
        self._asked: defaultdict[int, deque[Asked]] = defaultdict(deque)
        self._called: Asked | None = None

    def __len__(self) -> int:
        return len(self._steps) - self.at

    @property
    def head(self) -> Step | None:
        """The step whose turn it is; None when none is left."""
        return self._steps[self.at] if self.at < len(self._steps) else None

    def ask(self, key: Key) -> Asked | None:
        """Queue up for such a step; None when none is left. Who asks for its equal is called in the order of asking."""
        kind = self._kinds.get(key, -1)
        if not self._left[kind]:
            return None
        asked = Asked(key, kind)
        self._asked[kind].append(asked)
        self._call()
        return asked

    def leave(self, asked: Asked) -> None:
        """Ask no more."""
        if asked is self._called:
            self._called = None
            self._call()
        elif asked in self._asked[asked.kind]:
            self._asked[asked.kind].remove(asked)

    def is_called(self, key: Key) -> bool:
        """Say whether it is the turn of such a step, and somebody who asked for it knows."""
        return self._called is not None and self._called.key == key

    def take(self) -> Step:
        """Begin the step whose turn it is."""
        assert self._called is not None, "nobody was called"
        self._called, self.taken = None, True
        return self._steps[self.at]

    def done(self) -> None:
        """End the step that goes on, and call whoever asked for the next."""
        self._left[self._order[self.at]] -= 1
        self.batches += isinstance(self._steps[self.at], Executed)
        self.at += 1
        self.taken = False
        self._call()

    def call_off(self) -> None:
        """Call all who ask: no turn will come."""
        for queue in self._asked.values():
            for asked in queue:
                asked.called.set()

    def waiting(self) -> Iterator[Key]:
        """Yield what is asked for, and has not its turn."""
        return (asked.key for queue in self._asked.values() for asked in queue)

    def first_at(self, place: str, home: Home) -> tuple[int, Executed] | None:
        """Return the first batch that is left and belongs to a place, and its number among the batches."""
        number = self.batches
        for step in self._steps[self.at :]:
            if isinstance(step, Executed):
                if home_of(step.batch, home) == place:
                    return number, step
                number += 1
        return None

    def _call(self) -> None:
        if self._called is None and not self.taken and self.at < len(self._steps):
            queue = self._asked[self._order[self.at]]
            if queue:
                self._called = queue.popleft()
                self._called.called.set()
