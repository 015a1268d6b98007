"""What a simulated chip knows of a service, for the report only: faults behind incidents, broken rules, packets."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from math import inf

from attrs import define, field, frozen

from runtime.incident import Incident
from runtime.ledger import Ledger
from transports.base import Judgement

EPSILON_S = 1e-9
OF_TRAFFIC = ": traffic "  # in what a chip tells of a flow whose packets do not arrive: an outage, and no broken rule
ANSWERS = ("ones", "nothing")  # of a link that is down: the whole chip's
BY_ITSELF = frozenset({"upset", "bit_flip", "local_reset", "cluster_reset", "chip_reset"})  # no access is needed
HARMLESS = frozenset(  # no block in service falls by these alone
    {"dropped_write", "interrupt_late", "interrupt_lost", "interrupt_spurious", "interrupt_storm"}
)
NOTHING = Judgement()


@define
class Account:
    """The packets that incidents, or the time before the first, have been charged with."""

    lost: int = 0
    spoilt: Mapping[str, int] = field(factory=dict[str, int])

    def begin(self, judgement: Judgement | None) -> None:
        """What was lost until now is nobody's."""
        if judgement is not None:
            self.lost, self.spoilt = judgement.traffic.get("lost", 0), judgement.spoilt

    def charge(self, ledger: Ledger, judgement: Judgement, *, unnoticed: bool = False) -> None:
        """Charge the incidents with what was lost and spoilt since.

        What is lost is of the first that is open, or of the last; what was spoilt, and is noticed when it is read back,
        of the last in which its memory fell.

        Args:
            unnoticed: nothing has happened for long: what is lost now is of an incident that has yet to be noticed.
        """
        current = ledger.current()
        if current is None:
            return
        lost = self.lost if unnoticed else judgement.traffic.get("lost", 0)
        if lost != self.lost:
            ledger.charge(current, lost=lost - self.lost)
        for block, count in judgement.spoilt.items():
            if (more := count - self.spoilt.get(block, 0)) > 0:
                ledger.charge(ledger.latest(block) or current, corrupt=more)
        self.lost, self.spoilt = lost, judgement.spoilt


@frozen
class Seen:
    """What a simulated chip saw from one judgement to another.

    Attributes:
        violations: broken rules; `violated`: the first of them, a sentence each.
        traffic: packets by what became of them.
    """

    violations: int
    violated: tuple[str, ...]
    traffic: dict[str, int]


def seen_between(before: Judgement | None, after: Judgement | None) -> Seen:
    """Return what happened between two judgements; with another chip behind the link since, what that one saw."""
    first, last = before or NOTHING, after or NOTHING
    if first.broken > last.broken or any(number > last.traffic.get(name, 0) for name, number in first.traffic.items()):
        first = NOTHING
    traffic = {name: number - first.traffic.get(name, 0) for name, number in last.traffic.items()}
    told = last.violations[len(first.violations) :]
    return Seen(
        violations=last.broken - first.broken - traffic.get("outages", 0),
        violated=tuple(violation for violation in told if OF_TRAFFIC not in violation),
        traffic=traffic,
    )


def blamed(
    incidents: Sequence[Incident],
    faults: Sequence[tuple[float, str]],
    below: Callable[[str], Collection[str]],
    sweep_s: float,
) -> Iterator[tuple[int, float, str]]:
    """Yield number, time and text of the fault behind each incident, where one is.

    One that names the root, then one that names what fell with it, then its ground; of those what changes hardware by
    itself before what waits for an access, and the earliest. Where none names any of them, the last one elsewhere.

    Args:
        faults: the time at which each began and `kind block: more`, on the clock of the incidents.
        below: what a block stands on.
        sweep_s: every block was seen this often: what began two sweeps before the incident was seen to do no harm. An
            earlier incident of the same blocks that has ended since speaks against a fault, too, if there is another.
    """
    ordered, good_s = sorted(faults), dict[str, float]()
    for incident in incidents:
        began_s = incident.began_s + EPSILON_S
        until = bisect_right(ordered, began_s, key=_time)
        young = ordered[bisect_left(ordered, incident.began_s - 2 * sweep_s - EPSILON_S, key=_time) : until]
        names = {*incident.fell, incident.root} - {""}
        since_s = max((at_s for name in names if (at_s := good_s.get(name, -inf)) <= began_s), default=-inf)
        if incident.ended_s is not None:
            good_s.update(dict.fromkeys(names, incident.ended_s))
        if near := _nearest(young, incident.root, names, below, since_s):
            yield incident.number, *near
        elif young and incident.began_s - young[-1][0] <= sweep_s:
            yield incident.number, *young[-1]


def _time(fault: tuple[float, str]) -> float:
    return fault[0]


def _nearest(
    faults: Sequence[tuple[float, str]],
    root: str,
    names: Collection[str],
    below: Callable[[str], Collection[str]],
    since_s: float,
) -> tuple[float, str] | None:
    """Return the fault that is nearest to an incident; None: all are elsewhere. Of those before `since_s` the last."""
    on, roots = {name for block in names for name in below(block)}, {*below(root), root}
    ranked: list[tuple[bool, tuple[bool, int, bool], float, tuple[float, str]]] = []
    for at_s, text in faults:
        if (rank := _rank(text, root, names, on, roots)) is not None:
            ranked.append((at_s < since_s, rank, at_s if at_s >= since_s else -at_s, (at_s, text)))
    return min(ranked)[-1] if ranked else None


def _rank(
    text: str, root: str, names: Collection[str], on: Collection[str], roots: Collection[str]
) -> tuple[bool, int, bool] | None:
    """Say how near a fault is to an incident, nearest first; None: it is elsewhere."""
    kind, _, place = text.partition(" ")
    part = place.split(":")[0].split(" ")[0]
    if part in ("", *ANSWERS):  # a reset of the chip is one of the root
        distance = 0 if not part or not root else 2
    elif _names(part, {root}) or (kind == "cluster_reset" and part in roots):
        distance = 0
    elif _names(part, names):
        distance = 1
    elif _names(part, on):
        distance = 2
    else:
        return None
    return kind in HARMLESS, distance, kind not in BY_ITSELF


def _names(part: str, blocks: Collection[str]) -> bool:
    """Say whether a fault's place is one of these blocks, or a register of one."""
    return any(name == part or part.startswith(f"{name}.") for name in blocks if name)
