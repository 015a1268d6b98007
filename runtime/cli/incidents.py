"""What people read of a chip in service: events as they come, incidents as a table, and what came of it all."""

from __future__ import annotations

import sys
import textwrap
from collections import Counter
from collections.abc import Iterable, Sequence

from attrs import define, evolve, field

from runtime.cli.lines import print_lines, said_interrupts
from runtime.cli.output import print_table, say, width
from runtime.cli.report import INDENT, print_ills, print_violations, said_traffic
from runtime.incident import Event, Incident, Served, What
from runtime.summary import Summary, of_them_degraded
from runtime.words import count, duration, lost_line

SHOWN_MAX = 3  # events of one kind in one incident; of more, the number
TIME_COLUMNS = 12
WHAT_COLUMNS = max(len(what) for what in What)
ROOM_MIN = 30  # letters of whom and why, however narrow the terminal
DOWN_MAX = 20  # blocks that are named
VIOLATED_MAX = 5  # broken rules that are named: an hour of faults breaks some by itself
LINES_MAX = 10  # of interrupts: those that were not well, then the busiest
WHAT_MAX = 70  # letters of what an incident is, in the table
MARGIN = TIME_COLUMNS + WHAT_COLUMNS + 4
HEAD = ("incident", "what", "where", "found by", "detected after", "recovered after", "touched", "lost", "corrupt")
UNKNOWN = "-"  # when a fault began that nobody injected, and when one ends that has not ended
CHIP = "the chip"
ASKED = (What.HELD, What.RELEASED, What.RESTED, What.WOKEN)  # by a person


def clocked(time_s: float) -> str:
    """Return a time of an hour to the millisecond: what follows on an event comes that soon."""
    return f"{time_s:.3f} s"


def event_line(event: Event, columns: int | None) -> str:
    """Return one event as one line: when, what, whom about, why; of a why longer than the line its begin."""
    said = " ".join(": ".join(part for part in (event.block, event.detail) if part).split())
    number = "" if event.incident is None else f" (incident {event.incident})"
    if columns is not None:
        said = shorten(said, max(columns - MARGIN - len(number), ROOM_MIN))
    return f"{clocked(event.time_s):>{TIME_COLUMNS}}  {event.what.value:{WHAT_COLUMNS}}  {said}{number}".rstrip()


def shorten(said: str, letters: int) -> str:
    """Return a text, of one that is longer than so many letters its first words."""
    return said if len(said) <= letters else textwrap.shorten(said, letters, placeholder=" ...")


def print_event(event: Event) -> None:
    """Print one event, at once: whoever reads of a chip in service wants to know now."""
    print(event_line(event, width()), flush=True)


def print_up(summary: Summary) -> None:
    """Say what came of the bring-up, or the resume, that a service begins with."""
    print_ills(summary)
    what = "up" if len(summary.up) == summary.blocks else "ended"
    say(
        f"{clocked(summary.elapsed_s):>{TIME_COLUMNS}}  {what:{WHAT_COLUMNS}}  {len(summary.up)} of {summary.blocks} "
        f"blocks of {summary.chip}{of_them_degraded(summary.degraded)}: "
        f"{count(summary.reads, 'read')}, {count(summary.writes, 'write')}",
        indent=MARGIN,
    )
    sys.stdout.flush()


@define(eq=False)
class Events:
    """Prints events as they come: of an incident how it began, the first few of a kind, and how it ended.

    What belongs to no incident and comes again and again is told at its 1st, 2nd, 4th, 8th time; what a person
    asked for is told each time.
    """

    _alike: Counter[tuple[int, What]] = field(factory=Counter[tuple[int, What]])
    _again: Counter[tuple[What, str, str]] = field(factory=Counter[tuple[What, str, str]])
    _opened: Event | None = None

    def __call__(self, event: Event) -> None:
        """Print, or count."""
        if event.incident is None:
            self._alone(event)
        elif event.what is What.OPENED:
            self._opened = event
            print_event(event)
        elif event.what is What.CLOSED:
            print_event(evolve(event, detail="; ".join(filter(None, (event.detail, *self._rest(event.incident))))))
        elif event.what is not What.ROSE and not self._is_said(event):
            self._alike[event.incident, event.what] += 1
            if self._alike[event.incident, event.what] <= SHOWN_MAX:
                print_event(event)

    def _is_said(self, event: Event) -> bool:
        """Whether this is the fall that opened its incident."""
        opened, self._opened = self._opened, None
        return opened is not None and evolve(event, what=opened.what, time_s=opened.time_s) == opened

    def _alone(self, event: Event) -> None:
        if event.what in ASKED:
            print_event(event)
            return
        key = event.what, event.block, event.detail
        self._again[key] += 1
        times = self._again[key]
        if times & (times - 1) == 0:
            print_event(event if times == 1 else evolve(event, detail=f"{event.detail} ({times} times by now)"))

    def _rest(self, incident: int) -> Iterable[str]:
        """Forget an incident; yield what was counted of it and not told."""
        for what in What:
            more = self._alike.pop((incident, what), 0) - SHOWN_MAX
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
        shorten(incident.injected or incident.cause, WHAT_MAX),
        incident.root or CHIP,
        incident.found_by or UNKNOWN,
        *(UNKNOWN if seconds is None else duration(seconds) for seconds in ends),
        count(len(incident.touched), "block"),
        str(incident.lost),
        str(incident.corrupt),
    )


def print_served(served: Served) -> None:
    """Say what came of a time in service: the incidents, what is not well, the verdict, and what it cost."""
    print_incidents(served.incidents)
    more_lines = print_lines([line for line in served.lines if not line.relays], LINES_MAX)
    down = [] if served.lost else [f"{block}: {reason}" for block, reason in served.unrecovered.items()]
    for said in down[:DOWN_MAX]:
        say(f"down     {said}", indent=INDENT)
    if more := len(down) - min(len(down), DOWN_MAX):
        say(f"down     {count(more, 'more block')}; --json has them", indent=INDENT)
    print_violations(served.violated, served.violations, most=VIOLATED_MAX)
    if served.lost:
        say(lost_line("device lost", served.lost), indent=INDENT)
    if any(served.traffic.values()):
        say(f"traffic  packets: {said_traffic(served.traffic)}", indent=INDENT)
    if served.interrupts:
        others = f"; {count(more_lines, 'more line')}, --json has them" if more_lines else ""
        say(f"heard    {said_interrupts(served.interrupts, served.lines)}{others}", indent=INDENT)
    say(f"verdict  {served.verdict}{_because(served)}", indent=INDENT)
    states = Counter(served.states.values())
    done = (
        f"{states['up'] + states['degraded']} of {len(served.states)} blocks of {served.up.chip} in service"
        f"{of_them_degraded(states['degraded'])} on {served.up.target} after {duration(served.for_s)}"
    )
    say(
        f"{done}; {count(len(served.incidents), 'incident')}, {served.recovered} recovered; "
        f"{count(served.reads, 'read')}, {count(served.writes, 'write')} in {count(served.batches, 'batch')}; "
        f"wall {duration(served.wall_s)}, cpu {duration(served.cpu_s)}; seed {served.up.seed}"
    )


def _because(served: Served) -> str:
    """Say what speaks against the best verdict."""
    parts = [f"{len(served.unrecovered)} not in service"] if served.unrecovered else []
    if served.violations:
        parts.append(count(served.violations, "violation"))
    return f": {', '.join(parts)}" if parts else ""
