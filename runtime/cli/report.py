"""What people read after a bring-up or a look: what is not well and why, the verdict, and what it cost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeVar

from runtime.cli.output import print_table, say
from runtime.fault import Cause, Fault
from runtime.summary import IN_SERVICE, State, Status, Summary, Waiting, loss, of_them_degraded
from runtime.views.critical import needed
from runtime.words import count, duration, lost_line

INDENT = 9  # columns, as wide as the word that begins a line
SHOWN_ACCESSES = 5  # of a failed block, for people; --json has all that the recorder kept
NAMED_MAX = 4  # blocks that share one line; of more, the number
VIOLATIONS_MAX = 20  # --json has all that the chip told
TRAFFIC = ("sent", "delivered", "checked", "lost", "corrupt")

T = TypeVar("T")


def print_summary(summary: Summary, *, whole: int) -> None:
    """Say what came of a bring-up.

    Args:
        whole: the blocks that the chip has, asked for or not.
    """
    print_ills(summary)
    if path := ", then ".join(map(str, needed(summary))):
        say(f"critical path  {duration(summary.critical_path_s)} of the hardware: {path}", indent=INDENT)
    if any(summary.traffic.values()):
        say(f"traffic  packets: {said_traffic(summary.traffic)}", indent=INDENT)
    say(f"verdict  {summary.verdict}{_because(summary)}", indent=INDENT)
    up, asked = len(summary.up), summary.blocks
    if asked == whole:
        done = f"{up} of {asked} blocks of {summary.chip}"
    else:
        done = f"{up} of {f'the {asked} asked for of ' if up < asked else ''}{summary.chip}'s {whole} blocks"
    say(
        f"{done} up{of_them_degraded(summary.degraded)} on {summary.target} in "
        f"{duration(summary.elapsed_s)} of chip time (critical path {duration(summary.critical_path_s)}); "
        f"{count(summary.reads, 'read')}, {count(summary.writes, 'write')} in {count(summary.batches, 'batch')}; "
        f"wall {duration(summary.wall_s)}, cpu {duration(summary.cpu_s)}; "
        f"seed {summary.seed}, trace {summary.trace_hash[:12]}"
    )


def said_traffic(traffic: Mapping[str, int]) -> str:
    """Return the packets of a workload, how many of which kind, and in how many outages they were lost or spoilt."""
    outages = f" in {count(traffic['outages'], 'outage')}" if traffic.get("outages") else ""
    return ", ".join(f"{traffic[word]} {word}" for word in TRAFFIC if word in traffic) + outages


def print_ills(summary: Summary) -> None:
    """Say what a bring-up left that is not well, with the evidence."""
    for alike in _alike(summary.failed, lambda fault: (fault.rung, fault.reason)):
        _print_fault(alike)
    for less in _alike(summary.lessened, lambda one: (one.rung, one.register, one.wanted, one.last, one.counts_as)):
        first = less[0]
        said = f"not {first.rung}: {first.register} wanted {first.wanted}, last {first.last}"
        counted = "" if first.counts_as == State.DEGRADED else f" (counts as {first.counts_as})"
        word = "degraded" if first.counts_as == State.DEGRADED else "lessened"
        say(f"{word} {names(one.block for one in less)}: up, but {said}{counted}", indent=INDENT)
    for group in _alike(summary.waiting, lambda one: one.root or one.on):
        _print_waiting(group)
    if summary.stopped:
        say(f"stopped  {names(summary.stopped)}: how they stand is not known", indent=INDENT)
    print_violations(summary.violations, summary.broken)
    if summary.lost is not None:
        say(lost_line(loss(summary.target), summary.lost), indent=INDENT)


def print_violations(told: Sequence[str], broken: int, *, most: int = VIOLATIONS_MAX) -> None:
    """Say which rules of the hardware were broken: the first of those that the chip told, and how many more.

    Args:
        broken: how many they are, told or not.
        most: so many are named.
    """
    for violation in told[:most]:
        say(f"violated {violation}", indent=INDENT)
    if more := len(told) - min(len(told), most):
        say(f"violated {more} more; --json has them", indent=INDENT)
    if more := broken - len(told):
        say(f"violated {more} more; the chip had told too many by then to tell which", indent=INDENT)


def _because(summary: Summary) -> str:
    """Say what speaks against the best verdict."""
    counted = {
        "failed": len(summary.failed), "waiting": len(summary.waiting), "degraded": summary.degraded,
        "lessened but counted as up": len(summary.lessened) - summary.degraded, "stopped": len(summary.stopped),
    }  # fmt: skip
    parts = [f"{number} {word}" for word, number in counted.items() if number]
    if summary.broken:
        parts.append(count(summary.broken, "violation"))
    return f": {', '.join(parts)}" if parts else ""


def names(blocks: Iterable[str]) -> str:
    """Return the names of a few blocks, or the first ones and how many more."""
    listed = list(blocks)
    if len(listed) <= NAMED_MAX:
        return ", ".join(listed)
    return f"{', '.join(listed[: NAMED_MAX - 1])} and {len(listed) - NAMED_MAX + 1} more"


def _alike(things: Iterable[T], key: Callable[[T], object]) -> Iterable[list[T]]:
    """Return the things that have one key together, in the order of the first of each."""
    found: dict[object, list[T]] = {}
    for thing in things:
        found.setdefault(key(thing), []).append(thing)
    return found.values()


def _print_fault(alike: Sequence[Fault]) -> None:
    """Say why a block failed, with its last accesses; and which others failed just so."""
    fault, *others = alike
    margin = " " * INDENT
    say(f"failed   {fault}", indent=INDENT)
    shown = fault.accesses[-SHOWN_ACCESSES:]
    last = "; its last accesses, in us from the begin:" if shown else ""
    say(f"{margin}{fault.effort}, at {duration(fault.time_s)}{last}", indent=INDENT)
    for access in shown:
        say(f"{margin}{access.time_s * 1e6:.3f}  {access.what}", indent=INDENT + 2)
    if fault.cause is Cause.WITHHELD:
        say(f"{margin}--disturb does it all the same", indent=INDENT)
    if fault.traceback:
        print(fault.traceback)
    if others:
        say(f"{margin}just so: {names(other.block for other in others)}", indent=INDENT)


def _print_waiting(alike: Sequence[Waiting]) -> None:
    """Say which blocks wait for the same failed ones: a few each for itself, many together."""
    if len(alike) > NAMED_MAX:
        behind = names(alike[0].root or alike[0].on)
        say(f"waiting  {names(one.block for one in alike)}: behind {behind}", indent=INDENT)
        return
    for one in alike:
        roots = [root for root in one.root if root not in one.on]
        behind = f" (behind that: {names(roots)})" if roots else ""
        say(f"waiting  {one.block}: needs {names(one.on)}{behind}", indent=INDENT)


def print_status(found: Status, types: Mapping[str, str]) -> None:
    """Say how the blocks of each type stand, how each block does, and how many are well."""
    for kind in dict.fromkeys(types[verdict.block] for verdict in found.verdicts):
        counted = Counter(verdict.state for verdict in found.verdicts if types[verdict.block] == kind)
        said = f"{sum(counted[state] for state in IN_SERVICE)} of {counted.total()} up"
        said += of_them_degraded(counted[State.DEGRADED])
        rest = [f"{counted[state]} {state.value}" for state in State if state not in IN_SERVICE and counted[state]]
        say(f"{kind}: {', '.join([said, *rest])}", indent=INDENT)
    print()
    print_table(
        ("block", "type", "state", "why"),
        [(v.block, types[v.block], v.state.value, v.reason) for v in found.verdicts],
    )
    if found.lost is not None:
        say(lost_line(loss(found.target), found.lost), indent=INDENT)
    states = Counter(verdict.state for verdict in found.verdicts)
    up = sum(states[state] for state in IN_SERVICE)
    degraded = of_them_degraded(states[State.DEGRADED])
    others = "".join(f", {states[state]} {state.value}" for state in State if state not in IN_SERVICE and states[state])
    say(
        f"{up} of {len(found.verdicts)} blocks of {found.chip} up{degraded}{others} on {found.target}; "
        f"{count(found.reads, 'read')}, {count(found.writes, 'write')}"
    )
