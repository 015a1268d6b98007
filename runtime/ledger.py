"""The book of incidents: which troubles belong together, from the first that was seen until all is in service again.

Sixteen channels that fail because of one PLL are one incident. A trouble belongs to an open one when it, or the other
end of its link, stands on what fell there, when what fell there stands on it, when it is the other end of a link that
fell there, or when it shares a fault domain with it and comes within its burst. So it does to one that ended within its
grace, whose root it is or stands on, be it by the other end of its link: a PLL locks sooner than is seen what it took.
Written for people; the supervisor asks it only who belongs to whom.
"""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Callable, Iterable
from itertools import islice
from typing import TypeAlias

from attrs import define, evolve, field

from blocks.chip.supervision import Supervision
from runtime.incident import Event, Incident, What
from runtime.words import count, duration

EVENTS_MAX = 10_000  # the last ones are kept: a day of a chip that has ten incidents an hour
INCIDENTS_MAX = 10_000
STEPS_MAX = 100  # of an incident, the first and the last of them: one that nobody ends has a few at each sweep
EVIDENCE_MAX = 16  # accesses of a block that are kept when it falls
EVIDENCE_BLOCKS_MAX = 16  # the first that fall in an incident: of a chip that is reset 324 do, all for one reason
EVIDENT_MAX = 100  # incidents whose evidence is kept: the last ones, some megabytes
EVIDENCE_S_MAX = 5e-3  # the CPU time that an incident may take for that; the blocks that fall later have none


Evidence: TypeAlias = Callable[[], "tuple[str, ...]"]


@define(eq=False)
class _Open:
    """An incident under way.

    Attributes:
        under: the ground of the blocks that are down, and how many of them stand on each.
    """

    told: Incident
    down: dict[str, None] = field(factory=dict[str, None])
    under: Counter[str] = field(factory=Counter[str])
    fell: dict[str, None] = field(factory=dict[str, None])
    touched: dict[str, None] = field(factory=dict[str, None])
    gave_up: dict[str, None] = field(factory=dict[str, None])
    steps: list[str] = field(factory=list[str])
    forgotten: int = 0  # steps in the midst of them
    dumped: list[tuple[str, Evidence]] = field(factory=list[tuple[str, Evidence]])
    dumped_s: float = 0.0

    def decided(self, step: str) -> None:
        """Keep a step; of many, the first half and the last."""
        if len(self.steps) == STEPS_MAX:
            del self.steps[STEPS_MAX // 2]
            self.forgotten += 1
        self.steps.append(step)

    def now(self, lines: int | None = None) -> Incident:
        """Return it as it stands, with so many lines of evidence at most."""
        half = STEPS_MAX // 2 if self.forgotten else 0
        more = [f"and {count(self.forgotten, 'step')} more"] if self.forgotten else []
        evidence = (f"{block}: {line}" for block, tell in self.dumped for line in tell()[-EVIDENCE_MAX:])
        return evolve(
            self.told,
            fell=tuple(self.fell),
            touched=tuple(self.touched),
            steps=(*self.steps[:half], *more, *self.steps[half:]),
            gave_up=tuple(self.gave_up),
            evidence=tuple(islice(evidence, lines)),
        )


class Ledger:
    """The incidents of one service.

    Args:
        below: what each block stands on, however far; None: nothing is known of it.
        rule: how a block is supervised: its fault domain, within which burst what shares it belongs to one incident,
            and within which grace an incident goes on.
        now: seconds from the begin of the service.
        tell: called with each event.
        evidence: keeps a block's last accesses, and tells them when called; `cpu`: seconds that were spent, by which
            their keeping is bounded.
        found: says what has a block looked at, one word of `runtime.found.By`.

    Attributes:
        rests: called with a block and each rung of its way to rest that is to be acted on.
    """

    def __init__(
        self,
        below: Callable[[str], Iterable[str]],
        rule: Callable[[str], Supervision],
        now: Callable[[], float],
        tell: Callable[[Event], None] | None = None,
        *,
        evidence: Callable[[str], Evidence] = lambda _block: tuple,
        found: Callable[[str], str] = lambda _block: "",
        cpu: Callable[[], float] = time.thread_time,
    ) -> None:
        self.events: deque[Event] = deque(maxlen=EVENTS_MAX)
        self.forgotten = 0
        self.rests: Callable[[str, str], None] = lambda _block, _rung: None
        self._below, self._rule = below, rule
        self._now, self._watch, self._evidence, self._found, self._cpu = now, tell, evidence, found, cpu
        self._book: dict[int, _Open] = {}
        self._of: dict[str, int] = {}
        self._latest: dict[str, int] = {}
        self._opened: dict[int, None] = {}
        self._ended: dict[str, int] = {}  # by its root, the last that ended
        self._count = 0

    def incidents(self, after: int = 0, most: int | None = None, lines: int | None = None) -> tuple[Incident, ...]:
        """Return the incidents with numbers above `after`, in the order in which they were noticed.

        Args:
            most: so many at most; `lines`: with so many lines of evidence each at most.
        """
        there = (entry for number, entry in self._book.items() if number > after)
        return tuple(entry.now(lines) for entry in islice(there, most))

    def open(self) -> tuple[int, ...]:
        """Return the numbers of those that are not over."""
        return tuple(self._opened)

    def current(self) -> int | None:
        """Return the number of the first that is open, else of the last; None: there was none."""
        return next(iter(self._opened), self._count or None)

    def number(self, block: str) -> int | None:
        """Return the open incident that a block belongs to."""
        return self._of.get(block)

    def root(self, block: str) -> bool:
        """Say whether an open incident began with this block."""
        number = self._of.get(block)
        return number is not None and self._book[number].told.root == block

    def tell(self, what: What, block: str = "", detail: str = "", incident: int | None = None) -> None:
        """Note an event."""
        if len(self.events) == EVENTS_MAX:
            self.forgotten += 1
        number = self._of.get(block) if incident is None else incident
        event = Event(self._now(), what, block, detail, number)
        self.events.append(event)
        if self._watch is not None:
            self._watch(event)

    def fell(self, block: str, cause: str, what: What = What.FELL) -> int:
        """Note that a block is in trouble, and its last accesses; return the number of the incident."""
        if block in self._of:
            return self._of[block]
        number = self._related(block)
        if number is None:
            number = self._begin(block, cause)
        entry = self._book[number]
        self._dump(block, entry)
        self._opened[number] = entry.down[block] = entry.fell[block] = None
        entry.under.update(self._ground(block))
        self._of[block] = self._latest[block] = number
        self.tell(what, block, cause)
        return number

    def step(self, block: str, sentence: str, level: str = "") -> None:
        """Note what was decided about a block, and the widest recovery so far."""
        entry = self._entry(block)
        if entry is not None:
            entry.decided(f"{block}: {sentence}")
            if level:
                entry.told = evolve(entry.told, level=level)
        self.tell(What.DECIDED, block, sentence)

    def touched(self, block: str) -> None:
        """Note that a block was written to."""
        entry = self._entry(block)
        if entry is not None:
            entry.touched[block] = None

    def gave_up(self, block: str, reason: str, what: What = What.GAVE_UP) -> None:
        """Note that nothing more is done about a block."""
        entry = self._entry(block)
        if entry is not None:
            entry.gave_up[block] = None
        self.tell(what, block, reason)

    def given_up(self, block: str) -> bool:
        """Say whether nothing more is done about a block, in the open incident that it belongs to."""
        entry = self._entry(block)
        return entry is not None and block in entry.gave_up

    def rose(self, block: str) -> None:
        """Note that a block is in service; the last of an incident ends it."""
        number = self._of.get(block)
        if number is None:
            return
        entry = self._book[number]
        self.tell(What.ROSE, block)
        del self._of[block]
        del entry.down[block]
        entry.under.subtract(self._ground(block))
        entry.gave_up.pop(block, None)
        if not entry.down:
            del self._opened[number]
            self._ended[entry.told.root] = number
            entry.told = evolve(entry.told, ended_s=self._now())
            self.tell(What.CLOSED, entry.told.root, self._over(entry), incident=number)

    def latest(self, block: str) -> int | None:
        """Return the number of the last incident in which a block fell; None: it is not known to have."""
        number = self._latest.get(block)
        return number if number in self._book else None

    def charge(self, number: int, lost: int = 0, corrupt: int = 0) -> None:
        """Add packets that were lost, or spoilt, to an incident."""
        entry = self._book[number]
        entry.told = evolve(entry.told, lost=entry.told.lost + lost, corrupt=entry.told.corrupt + corrupt)

    def blame(self, number: int, injected: str, injected_s: float) -> None:
        """Note which injected fault stands behind an incident, and since when."""
        entry = self._book[number]
        entry.told = evolve(entry.told, injected=injected, injected_s=injected_s)

    # ---- inside ----

    def _entry(self, block: str) -> _Open | None:
        number = self._of.get(block)
        return None if number is None else self._book[number]

    def _dump(self, block: str, entry: _Open) -> None:
        """Keep a block's last accesses, before anything is done about it; as long as there is time for it."""
        begin_s = self._cpu()
        full = len(entry.dumped) >= EVIDENCE_BLOCKS_MAX or entry.dumped_s >= EVIDENCE_S_MAX
        if block in entry.fell or full:
            return
        entry.dumped.append((block, self._evidence(block)))
        entry.dumped_s += self._cpu() - begin_s

    def _begin(self, block: str, cause: str) -> int:
        again = self._again(block)
        if again is not None:
            self._book[again].told = evolve(self._book[again].told, ended_s=None)
            self.tell(What.OPENED, block, f"goes on: {cause}", incident=again)
            return again
        self._count = number = self._count + 1
        begun = Incident(number=number, root=block, cause=cause, began_s=self._now(), found_by=self._found(block))
        self._book[number] = _Open(begun)
        if (old := self._book.get(number - EVIDENT_MAX)) is not None:
            old.dumped.clear()
        if len(self._book) > INCIDENTS_MAX:
            oldest = next((n for n in self._book if n not in self._opened and n != number), None)
            if oldest is not None:
                del self._book[oldest]
        self.tell(What.OPENED, block, cause, incident=number)
        return number

    def _again(self, block: str) -> int | None:
        """Return the incident of this block, or the last of what it stands on, that ended just now: it goes on.

        That of others only once: who falls in it again has a trouble of its own, and is to be tried for that.
        """
        since_s = self._now() - self._rule(block).grace_s
        found: list[tuple[bool, float, int]] = []
        for root in (block, *self._ground(block)):
            entry = self._book.get(self._ended.get(root, 0))
            if entry is None or entry.told.ended_s is None or (root != block and block in entry.fell):
                continue
            if entry.told.ended_s >= since_s:
                found.append((root == block, entry.told.ended_s, entry.told.number))
        return max(found)[2] if found else None

    def _ground(self, block: str) -> frozenset[str]:
        """Return what a block stands on, however far, and the other end of its link with what that stands on."""
        partner = self._rule(block).partner
        return frozenset((*self._below(block), *((partner, *self._below(partner)) if partner else ())))

    def _related(self, block: str) -> int | None:
        """Return the open incident that a trouble belongs to; its root may turn out to lie below."""
        ground = self._ground(block)
        for number in self.open():
            entry = self._book[number]
            root = entry.told.root
            if not root or root == block or root in ground or not ground.isdisjoint(entry.down):
                return number
            if block in self._ground(root):
                entry.told = evolve(entry.told, root=block)
                return number
            if self._now() - entry.told.began_s <= self._rule(block).burst_s:
                if self._rule(block).domain and self._rule(block).domain == self._rule(root).domain:
                    return number
                if not set(self._below(block)) and not set(self._below(root)):  # two that stand on nothing: the chip
                    entry.told = evolve(entry.told, root="")
                    return number
            if entry.under[block]:
                return number
        return None

    def _over(self, entry: _Open) -> str:
        took = self._now() - entry.told.began_s
        fell = sum(block != "" for block in entry.fell)  # the chip itself is none of its blocks
        what = f"{fell} in service again" if fell else "it is over"
        return f"{what} after {duration(took)}, {len(entry.touched)} written to"
