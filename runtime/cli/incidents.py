"""What people read of a chip in service: events as they come, incidents as a table, and what came of it all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from attrs import define, evolve, field

from runtime.cli.output import print_table, say
from runtime.cli.report import INDENT, VIOLATIONS_MAX, said_traffic
from runtime.incident import Event, Incident, Served, What
from runtime.summary import of_them_degraded
from runtime.words import count, duration, lost_line

SHOWN_MAX = 3  # events of one kind in one incident; of more, the number
TIME_COLUMNS = 12
WHAT_COLUMNS = max(len(what) for what in What)
HEAD = ("incident", "what", "where", "detected after", "recovered after", "touched", "lost")
UNKNOWN = "-"  # when a fault began that nobody injected, and when one ends that has not ended
CHIP = "the chip"


def clocked(time_s: float) -> str:
    """Return a time of an hour to the millisecond: what follows on an event comes that soon."""
    return f"{time_s:.3f} s"


def event_line(event: Event) -> str:
    """Return one event as one line: when, what, whom about, why."""
    said = ": ".join(part for part in (event.block, event.detail) if part)
    number = "" if event.incident is None else f" (incident {event.incident})"
    return f"{clocked(event.time_s):>{TIME_COLUMNS}}  {event.what.value:{WHAT_COLUMNS}}  {said}{number}".rstrip()


def print_event(event: Event) -> None:
    """Print one event."""
    say(event_line(event), indent=TIME_COLUMNS + WHAT_COLUMNS + 4)


@define(eq=False)
class Events:
    """Prints events as they come: of many alike in one incident the first few, and how many more when it closes.

    What belongs to no incident and comes again and again is told at its 1st, 2nd, 4th, 8th time.
    """

    _alike: Counter[tuple[int, What]] = field(factory=Counter[tuple[int, What]])
    _again: Counter[tuple[What, str]] = field(factory=Counter[tuple[What, str]])

    def __call__(self, event: Event) -> None:
        """Print, or count."""
        if event.incident is None:
            self._again[event.what, event.block] += 1
            times = self._again[event.what, event.block]
            if times & (times - 1) == 0:
                print_event(event if times == 1 else evolve(event, detail=f"{event.detail} ({times} times by now)"))
        elif event.what is What.CLOSED:
            print_event(
                evolve(event, detail="; ".join([*([event.detail] if event.detail else []), *self._rest(event)]))
            )
        else:
            self._alike[event.incident, event.what] += 1
            if self._alike[event.incident, event.what] <= SHOWN_MAX:
                print_event(event)

    def _rest(self, event: Event) -> Iterable[str]:
        """Forget an incident; yield what was counted of it and not told."""
        assert event.incident is not None
        for what in What:
            more = self._alike.pop((event.incident, what), 0) - SHOWN_MAX
            if more > 0:
                yield f"{more} more {what.value}"


def print_incidents(incidents: Sequence[Incident]) -> None:
    """Print a table of incidents, where there are any."""
    if incidents:
        print_table(HEAD, [_row(incident) for incident in incidents])


def _row(incident: Incident) -> Sequence[str]:
    ends = (incident.detected_after_s, incident.recovered_after_s if incident.recovered else None)
    return (
        str(incident.number),
        incident.injected or incident.cause,
        incident.root or CHIP,
        *(UNKNOWN if seconds is None else duration(seconds) for seconds in ends),
        count(len(incident.touched), "block"),
        str(incident.lost),
    )


def print_served(served: Served) -> None:
    """Say what came of a time in service: the incidents, what is not well, the verdict, and what it cost."""
    print_incidents(served.incidents)
    for block, reason in served.unrecovered.items():
        say(f"down     {block}: {reason}", indent=INDENT)
    for violation in served.violated[:VIOLATIONS_MAX]:
        say(f"violated {violation}", indent=INDENT)
    if more := served.violations - min(len(served.violated), VIOLATIONS_MAX):
        say(f"violated {more} more; --json has those that the chip told", indent=INDENT)
    if served.lost:
        say(lost_line("device lost", served.lost), indent=INDENT)
    if any(served.traffic.values()):
        say(f"traffic  packets: {said_traffic(served.traffic)}", indent=INDENT)
    say(f"verdict  {served.verdict}{_because(served)}", indent=INDENT)
    states = Counter(served.states.values())
    done = (
        f"{states['up'] + states['degraded']} of {len(served.states)} blocks of {served.up.chip} in service"
        f"{of_them_degraded(states['degraded'])} on {served.up.target} after {duration(served.for_s)}"
    )
    dispatched = served.interrupts.get("claimed")
    asked = "" if dispatched is None else f"{count(dispatched, 'interrupt')}, "
    say(
        f"{done}; {count(len(served.incidents), 'incident')}, {served.recovered} recovered; {asked}"
        f"{count(served.reads, 'read')}, {count(served.writes, 'write')} in {count(served.batches, 'batch')}; "
        f"wall {duration(served.wall_s)}, cpu {duration(served.cpu_s)}; seed {served.up.seed}"
    )


def _because(served: Served) -> str:
    """Say what speaks against the best verdict."""
    parts = [f"{len(served.unrecovered)} not in service"] if served.unrecovered else []
    if served.violations:
        parts.append(count(served.violations, "violation"))
    return f": {', '.join(parts)}" if parts else ""
