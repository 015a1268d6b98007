"""What is done about a block in trouble: from its rule, its trouble and its history to one decision. Pure.

An interrupt or a sweep is a hint to look; a block whose look shows a shortfall is in trouble. Top to bottom, the first
line that fits decides (n climbs failed at this level; "soon" is after min(backoff_s * 2**(n-1), backoff_max_s), at
once while n is 0):

    restart is temporary, and it is not due             LEAVE
    RESTED   restart is transient, or hold              LEAVE
    hold                                                HOLD
    DRIFT    drift is report, or hold                   REPORT, or HOLD
    DRIFT    the repair disturbs, disturb is never      HOLD
    DRIFT, FAULT    WITHHELD                            HOLD: a DRIFT serves, and goes on as it is
    DRIFT    barred                                     REPORT: the act that would mend it can only fail
    RESTED   n < attempts, not too many incidents       CLIMB soon
    DRIFT    the same                                   CLIMB soon; quiesce when it disturbs, disturb is quiesce
    RESTED, DRIFT                                       REPORT: what serves, or rests on purpose, is never reset
    FAULT    unseen, waited less than patience_s        CLIMB soon, however many incidents there were
    FAULT    BUG, n < attempts, not too many incidents  CLIMB soon
    FAULT    BUG                                        GIVE_UP: no reset mends our own code
    LOST     n < attempts, not too many incidents       CLIMB soon
    FAULT    any other, the same                        CLIMB soon
    LOST, FAULT                                         RESET at the next level that can, up to highest; none: GIVE_UP

A block is due that was put to rest for another, or whose way up was cut short: it never failed, and is decided of as if
its `restart` were transient.

A fault is unseen where the block's registers answer with errors: it may serve, and a reset would take that from others.
So each level but the last is left only after `patience_s` of waits; climbs that fail unseen are counted apart.

More than `intensity` incidents within `period_s` are too many: each begins one level above the one before it. What
falls again within `grace_s` had no recovery: its incident goes on, with one failure more. So each level is left after
`attempts` failures, no level comes twice, and after at most 4 * attempts failures a block is given up. What is seen of
it then, and was not before, is a trouble of its own; for what was, it climbs once more after `backoff_max_s`, after
twice as long, and so on, in case that what stood in its way has passed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from enum import IntEnum, StrEnum
from math import ceil, inf, ldexp, log2
from typing import TYPE_CHECKING

from attrs import evolve, frozen

from blocks.chip.supervision import Disturb, Drift, Level, Restart, Strategy, Supervision
from runtime.fault import Cause
from runtime.words import count, duration

if TYPE_CHECKING:
    from runtime.graph import Graph

__all__ = [
    "Action",
    "Decision",
    "Disturb",
    "Drift",
    "History",
    "Kind",
    "Level",
    "Restart",
    "Strategy",
    "Supervision",
    "Trouble",
    "Vote",
    "backoff_s",
    "consents",
    "decide",
    "looked_at",
    "merge",
    "scope",
    "waited_s",
]

DOUBLINGS_MAX = 60  # of a back-off; with more, a count of failures that nobody bounds would overflow the float
SPARING = " and to what disturbs nobody"
WHAT = {Level.BLOCK: "the block", Level.CLUSTER: "its cluster", Level.CHIP: "the chip"}


class Action(StrEnum):
    """What the supervisor does."""

    CLIMB = "climb"
    RESET = "reset"  # at the decision's level, then climb
    HOLD = "hold"  # freeze the block for a person with a probe
    REPORT = "report"  # tell it, and let the block be
    LEAVE = "leave"  # nothing
    GIVE_UP = "give up"  # loudly: the block has failed, and stays so until somebody brings it back


class Kind(StrEnum):
    """What is wrong with a block."""

    LOST = "lost"  # a condition that hardware moves does not hold any more
    DRIFT = "drift"  # a configuration field is not as intended, and the block serves
    FAULT = "fault"  # a climb ended with a fault
    RESTED = "rested"  # somebody put it to rest on purpose


@frozen
class Trouble:
    """One shortfall.

    Attributes:
        cause: of a FAULT; of a DRIFT only WITHHELD: consent to the act that would mend it was not given.
        disturbs: the act that would mend it disturbs the traffic of others.
        barred: of a DRIFT: what its act checks first, and does not hold: a lock that is closed; empty: nothing.
        unseen: of a FAULT whose cause is BUS: its registers answer with errors, so nobody saw that it is broken.
    """

    kind: Kind
    cause: Cause | None = None
    disturbs: bool = False
    unseen: bool = False
    barred: str = ""

    def __attrs_post_init__(self) -> None:
        refused = self.kind is Kind.DRIFT and self.cause is Cause.WITHHELD
        assert refused or (self.cause is not None) is (self.kind is Kind.FAULT), f"a {self.kind}, cause {self.cause}"
        assert not self.unseen or self.cause is Cause.BUS, f"{self.cause}, unseen"


@frozen
class History:
    """What a block went through; forgets what no decision needs.

    Attributes:
        begins: when its incidents began, oldest first: at most `intensity` + 1, all within `period_s` of the last.
        failed: climbs that failed at this level in this incident.
        level: reached in this incident.
        ended_s: when the last incident ended; None: one is open, or there was none.
        crowded: this incident is one too many within the period, and has not gone up a level for that yet.
        tried: it was given up before in this incident: no reset that disturbs others for what none has mended.
        blind: climbs that failed at this level in this incident, and nobody saw why.
    """

    begins: tuple[float, ...] = ()
    failed: int = 0
    level: Level = Level.CLIMB
    ended_s: float | None = None
    crowded: bool = False
    tried: bool = False
    blind: int = 0

    @property
    def open(self) -> bool:
        """Whether an incident is going on."""
        return bool(self.begins) and self.ended_s is None

    def begin(self, rule: Supervision, now: float) -> History:
        """A trouble was found: an open incident goes on, and one that ended within the grace with one failure more."""
        if self.open:
            return self
        if self.ended_s is not None and now - self.ended_s <= rule.grace_s:
            return evolve(self, failed=self.failed + 1, ended_s=None)
        recent = [begun for begun in self.begins if now - begun <= rule.period_s]
        begins = (*recent, now)[-(rule.intensity + 1) :]
        crowded = len(begins) > rule.intensity
        return History(begins, level=self.level if crowded else Level.CLIMB, crowded=crowded)

    def fail(self, *, unseen: bool = False) -> History:
        """A climb failed."""
        return evolve(self, blind=self.blind + 1) if unseen else evolve(self, failed=self.failed + 1)

    def at(self, level: Level) -> History:
        """A reset at this level begins; no incident goes back to a lower one."""
        return evolve(self, level=max(level, self.level), failed=0, crowded=False, blind=0)

    def end(self, now: float) -> History:
        """The block is up again."""
        return evolve(self, ended_s=now)

    def leave(self) -> History:
        """Nothing more is done: no recovery that a next trouble could speak against, however soon it comes."""
        return evolve(self, failed=0, level=Level.CLIMB, ended_s=-inf, blind=0)

    def again(self, rule: Supervision) -> History:
        """What was given up has one climb more, and then what resets disturb nobody."""
        return History(self.begins, failed=rule.attempts - 1, tried=True)


@frozen
class Decision:
    """What is done next.

    Attributes:
        level: of a RESET, how far it reaches; else the level that this incident has reached.
        delay_s: wait so long first.
        reason: one sentence for a person, with the figures behind it.
        quiesce: of a CLIMB: put to rest those that send through the block first. A RESET always does.
    """

    action: Action
    level: Level
    delay_s: float
    reason: str
    quiesce: bool = False


def decide(rule: Supervision, trouble: Trouble, history: History, can: Collection[Level]) -> Decision:
    """Return what is done about a block in trouble: the table above.

    Args:
        history: with this trouble in it: `begin` was called, and `fail` when a climb failed.
        can: the levels at which this block can be reset now: BLOCK with a ladder `rest`, CLUSTER with a domain, CHIP
            where the transport can.
    """
    if (kept := _kept(rule, trouble)) is not None:
        return Decision(kept[0], history.level, 0.0, kept[1])
    if trouble.unseen:
        history = evolve(history, failed=history.failed + history.blind)
        if not history.tried and history.level < Level.CHIP and waited_s(rule, history.failed) < rule.patience_s:
            return _climb(rule, trouble, history)
    if history.failed < rule.attempts and not history.crowded:
        return _climb(rule, trouble, history)
    reason = _too_much(rule, history)
    if trouble.kind in (Kind.DRIFT, Kind.RESTED):
        state = "the block serves" if trouble.kind is Kind.DRIFT else "it was put to rest on purpose"
        return Decision(Action.REPORT, history.level, 0.0, f"{reason}; {state}, so it is not reset")
    if trouble.cause is Cause.BUG:
        return Decision(Action.GIVE_UP, history.level, 0.0, f"{reason}; a reset does not mend our own code")
    level = min((level for level in can if history.level < level <= rule.highest), default=None)
    if level is None:
        left = f"no reset is left, its rule goes up to {rule.highest.name.lower()}{SPARING if history.tried else ''}"
        return Decision(Action.GIVE_UP, history.level, 0.0, f"{reason}; {left}")
    return Decision(Action.RESET, level, 0.0, f"{reason}; {WHAT[level]} is reset next")


def _kept(rule: Supervision, trouble: Trouble) -> tuple[Action, str] | None:
    """Return why the block is not touched, whatever its history, and what is done instead; None: it may be."""
    match trouble.kind:
        case _ if rule.restart is Restart.TEMPORARY:
            return Action.LEAVE, "its rule is not to bring it up again (restart is temporary)"
        case Kind.RESTED if rule.hold or rule.restart is Restart.TRANSIENT:
            return Action.LEAVE, "it was put to rest on purpose"
        case _ if rule.hold:
            return Action.HOLD, "its rule is to hold it for a person when it is in trouble"
        case Kind.DRIFT if rule.drift is Drift.REPORT:
            return Action.REPORT, "a field is not as intended; its rule is to report that"
        case Kind.DRIFT if rule.drift is Drift.HOLD:
            return Action.HOLD, "a field is not as intended; its rule is to hold the block for a person"
        case Kind.DRIFT if trouble.disturbs and rule.disturb is Disturb.NEVER:
            return Action.HOLD, "to mend the field would disturb traffic, which its rule never allows"
        case _ if trouble.cause is Cause.WITHHELD:
            return Action.HOLD, "the act that would mend it disturbs traffic, and consent was withheld"
        case Kind.DRIFT if trouble.barred:
            why = f"the act that would mend the field can only fail: {trouble.barred}"
            return Action.REPORT, f"{why}; the block serves, so it is not reset"
        case _:
            return None


def backoff_s(rule: Supervision, failed: int) -> float:
    """Return how long to wait after so many failures in a row."""
    return min(ldexp(rule.backoff_s, min(failed - 1, DOUBLINGS_MAX)), rule.backoff_max_s) if failed else 0.0


def waited_s(rule: Supervision, failed: int) -> float:
    """Return how long was waited in all before the last of so many failures in a row."""
    if not failed:
        return 0.0
    waits = failed - 1
    doubled = min(waits, max(0, ceil(log2(rule.backoff_max_s / rule.backoff_s))), DOUBLINGS_MAX)
    return rule.backoff_s * (ldexp(1.0, doubled) - 1) + (waits - doubled) * rule.backoff_max_s


def _climb(rule: Supervision, trouble: Trouble, history: History) -> Decision:
    delay_s = backoff_s(rule, history.failed)
    what = trouble.kind.value if trouble.cause is None else f"{trouble.kind.value}, {trouble.cause.value}"
    tried = f"{history.failed} of {count(rule.attempts, 'climb')} failed"
    if trouble.unseen and history.failed >= rule.attempts:
        tried = f"{count(history.failed, 'climb')} failed, it cannot be seen, and may serve"
    when = f"after {duration(delay_s)}" if delay_s else "at once"
    quiesce = trouble.kind is Kind.DRIFT and trouble.disturbs and rule.disturb is Disturb.QUIESCE
    reason = f"{what}; {tried}; it climbs {when}{', when its traffic is at rest' if quiesce else ''}"
    return Decision(Action.CLIMB, history.level, delay_s, reason, quiesce)


def _too_much(rule: Supervision, history: History) -> str:
    """Say why it is not enough to climb again."""
    if history.failed >= rule.attempts:
        return f"{count(history.failed, 'climb')} failed"
    begun, period = count(len(history.begins), "incident"), duration(rule.period_s)
    return f"{begun} within {period}, and {rule.intensity} may be"


def consents(rule: Supervision, trouble: Trouble) -> Disturb:
    """Return what is said to an act that would disturb a block which has been in service.

    What lost its function has no traffic left to disturb; what may still serve is for the rule to say; and what must
    not be touched is never disturbed.
    """
    if rule.hold or rule.restart is Restart.TEMPORARY or trouble.cause is Cause.WITHHELD or trouble.barred:
        return Disturb.NEVER
    match trouble.kind:
        case Kind.RESTED:
            return Disturb.ALLOW if rule.restart is Restart.PERMANENT else Disturb.NEVER
        case Kind.DRIFT:
            return rule.disturb if rule.drift is Drift.REPAIR else Disturb.NEVER
        case _:
            return rule.disturb if trouble.cause is Cause.BUG else Disturb.ALLOW


class Vote(IntEnum):
    """What one block asks of a recovery that it shares with others; a higher one gives what all lower ones ask.

    A block that has given up asks for nothing more, and does not keep others from theirs; one that is held keeps
    everything as it is. Source: Linux, drivers/pci/pcie/err.c, merge_result: a device that is gone is outvoted by one
    that needs a reset, one without a driver by none.
    """

    NONE = 0
    GIVE_UP = 1
    CLIMB = 2
    BLOCK = 3
    CLUSTER = 4
    CHIP = 5
    HOLD = 6


def merge(votes: Iterable[Vote]) -> Vote:
    """Return the least destructive recovery that gives all what they ask; in any order, however often each is told."""
    return max(votes, default=Vote.NONE)


def scope(strategy: Strategy, block: str, graph: Graph, domain: Collection[str] = ()) -> tuple[str, ...]:
    """Return the blocks that are looked at, or stopped, when one is in trouble: each before all that it needs.

    Args:
        domain: the blocks of its fault domain.
    """
    match strategy:
        case Strategy.BLOCK:
            return (block,)
        case Strategy.CLOSURE:
            return graph.stop_order([block, *graph.blocks_after(block)])
        case Strategy.DOMAIN:
            roots = {block, *domain}
            return graph.stop_order([*roots, *graph.blocks_after(*roots)])


def looked_at(rules: Mapping[str, Supervision], graph: Graph, block: str, usual: Supervision) -> tuple[str, ...]:
    """Return the others that look when one is in trouble, or back, as its strategy says.

    Args:
        usual: the rule of a block that has none.
    """
    rule = rules.get(block, usual)
    domain = [name for name, other in rules.items() if rule.domain and other.domain == rule.domain]
    members = [name for name in domain if name in graph.ladders]
    return tuple(name for name in scope(rule.strategy, block, graph, members) if name != block)
