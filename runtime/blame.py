"""What a simulated chip knows of a service, for the report only: faults behind incidents, broken rules, packets."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

from attrs import define, field, frozen

from runtime.incident import Incident
from runtime.ledger import Ledger
from transports.base import Judgement

EPSILON_S = 1e-9
OF_TRAFFIC = ": traffic "  # in what a chip tells of a flow whose packets do not arrive: an outage, and no broken rule
ANSWERS = ("ones", "nothing")  # of a link that is down: the whole chip's
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
    patience_s: float,
) -> Iterator[tuple[int, float, str]]:
    """Yield number, time and text of the fault behind each incident: the last before it that concerns its blocks.

    Args:
        faults: the time at which each began and `kind block: more`, on the clock of the incidents.
        below: what a block stands on.
        patience_s: a fault that names no block of it counts when it is not older.
    """
    for incident in incidents:
        earlier = [fault for fault in faults if fault[0] <= incident.began_s + EPSILON_S]
        names = {*incident.fell, incident.root} - {""}
        on = {name for block in names for name in below(block)} | names
        near = [fault for fault in earlier if _concerns(fault[1], on)]
        if not near:
            near = [fault for fault in earlier if incident.began_s - fault[0] <= patience_s]
        if near:
            at_s, text = max(near)
            yield incident.number, at_s, text


def _concerns(text: str, names: Collection[str]) -> bool:
    """Say whether a fault is of the whole chip, of one of these blocks, or of a register of one."""
    _, _, place = text.partition(" ")
    part = place.split(":")[0].split(" ")[0]
    if part in ("", *ANSWERS):
        return True
    return any(name == part or part.startswith(f"{name}.") for name in names)
