"""What happened to a chip in service: events, incidents as what belongs together, and the report of it all.

Evidence for people: nothing here is read to decide what to do.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from attrs import field, frozen

from interrupts.figures import LineFigures
from runtime.summary import Summary


class What(StrEnum):
    """What an event tells."""

    FELL = "fell"  # a block that was in service does not show what it should
    DRIFTED = "drifted"  # a field of its configuration is not as intended, and it serves
    FAILED = "failed"  # a climb ended with a fault
    DECIDED = "decided"  # what the policy makes of it
    ROSE = "rose"  # it is in service again
    HELD = "held"  # it is left as it is, for a person with a probe
    RELEASED = "released"  # nobody holds it any more
    RESTED = "rested"  # it was put to rest on purpose
    WOKEN = "woken"  # what rested is brought back
    GAVE_UP = "gave up"  # nothing more will be tried
    OPENED = "opened"  # an incident
    CLOSED = "closed"  # an incident
    LINK_LOST = "link lost"  # the chip cannot be reached
    LINK_BACK = "link back"  # it answers again
    STORM = "storm"  # an interrupt source asks too often and is shut for a while
    STOPPED = "stopped"  # the runtime was told to stop, and did


@frozen
class Event:
    """One thing that happened.

    Attributes:
        time_s: seconds from the begin of the service.
        block: whom it is about; empty: the chip, or the way to it.
        incident: the number of the incident that it belongs to; None: to none.
        detail: one sentence: of what fell, the register, what was wanted and what was there.
    """

    time_s: float
    what: What
    block: str = ""
    detail: str = ""
    incident: int | None = None

    def to_data(self) -> dict[str, Any]:
        """Return plain values that JSON can carry."""
        return {
            "time_s": self.time_s,
            "what": self.what.value,
            "block": self.block,
            "detail": self.detail,
            "incident": self.incident,
        }


@frozen(kw_only=True)
class Incident:
    """Troubles that belong together: of a block, of what stands on it, and of what shares its fault domain.

    Attributes:
        number: from 1.
        root: the block that all of it stands on; empty: the chip, or the way to it.
        cause: one sentence: what was seen first.
        began_s: when it was noticed, in seconds from the begin of the service; `ended_s`: when all was in service
            again; None: it is not.
        found_by: what led to the look that saw it, one word of `runtime.found.By`; empty: nobody knows.
        fell: the blocks that were in trouble, in the order in which it was seen.
        touched: the blocks that were written to; all others were only read.
        steps: what was decided, in order, a sentence each; of many, the first and the last.
        level: the widest recovery that it took: "climb", "block", "cluster" or "chip".
        gave_up: the blocks for which nothing more is tried, or that are held.
        evidence: the last accesses of the root before anything was done about it, oldest first.
        lost: packets of a simulated chip's workload that were lost meanwhile; `corrupt`: those that were read back
            otherwise than they were sent, since their memory was reset in it.
        injected: the fault behind it, where the target injects faults and tells; `injected_s`: when it began, on the
            same clock.
    """

    number: int
    root: str
    cause: str
    began_s: float
    ended_s: float | None = None
    found_by: str = ""
    fell: tuple[str, ...] = ()
    touched: tuple[str, ...] = ()
    steps: tuple[str, ...] = ()
    level: str = "climb"
    gave_up: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()
    lost: int = 0
    corrupt: int = 0
    injected: str = ""
    injected_s: float | None = None

    @property
    def recovered(self) -> bool:
        """All that fell is in service again."""
        return self.ended_s is not None and not self.gave_up

    @property
    def detected_after_s(self) -> float | None:
        """Seconds from the fault until it was noticed; None where nobody knows when it began."""
        return None if self.injected_s is None else self.began_s - self.injected_s

    @property
    def recovered_after_s(self) -> float | None:
        """Seconds from the fault, or from when it was noticed where nobody knows, until all was in service again."""
        if self.ended_s is None:
            return None
        return self.ended_s - (self.began_s if self.injected_s is None else self.injected_s)

    def to_data(self) -> dict[str, Any]:
        """Return plain values that JSON can carry."""
        return {
            "number": self.number,
            "root": self.root,
            "cause": self.cause,
            "injected": self.injected,
            "injected_s": self.injected_s,
            "began_s": self.began_s,
            "ended_s": self.ended_s,
            "detected_after_s": self.detected_after_s,
            "recovered_after_s": self.recovered_after_s,
            "recovered": self.recovered,
            "found_by": self.found_by,
            "level": self.level,
            "fell": list(self.fell),
            "touched": list(self.touched),
            "steps": list(self.steps),
            "gave_up": list(self.gave_up),
            "evidence": list(self.evidence),
            "traffic_lost": self.lost,
            "traffic_corrupt": self.corrupt,
        }


@frozen(kw_only=True)
class Served:
    """What came of a time in service.

    Attributes:
        up: what came of the bring-up, or the resume, that it began with.
        for_s: seconds in service, from then on, on the runtime's clock.
        incidents: in the order in which they were noticed.
        states: of every block at the end.
        unrecovered: the blocks that are not in service at the end, or are held, and why, a sentence each.
        verdict: what the chip counts as at the end, by its policy: "up", "degraded" or "failed".
        reads, writes, batches: since the bring-up, without the last look.
        interrupts: what dispatch counted: hints, claimed, spurious, unhandled, swept, storms.
        lines: what it saw of each line that spoke.
        violations: rules of the hardware that a simulated chip saw broken since the begin, all in all; `violated`: the
            first of them. What became of its packets is not among them.
        traffic: packets of a simulated chip's workload: sent, delivered, checked, lost, corrupt; and outages.
        stopped: why it ended: "time", "signal" or "lost"; `lost` says more of the last.
        accounted: wall and CPU seconds of it all.
    """

    up: Summary
    for_s: float
    incidents: tuple[Incident, ...] = ()
    states: Mapping[str, str] = field(factory=dict[str, str])
    unrecovered: Mapping[str, str] = field(factory=dict[str, str])
    verdict: str = "up"
    reads: int = 0
    writes: int = 0
    batches: int = 0
    interrupts: Mapping[str, int] = field(factory=dict[str, int])
    lines: tuple[LineFigures, ...] = ()
    violations: int = 0
    violated: tuple[str, ...] = ()
    traffic: Mapping[str, int] = field(factory=dict[str, int])
    stopped: str = "time"
    lost: str = ""
    wall_s: float = 0.0
    cpu_s: float = 0.0

    @property
    def recovered(self) -> int:
        """How many incidents ended with all in service again."""
        return sum(incident.recovered for incident in self.incidents)

    @property
    def well(self) -> bool:
        """Nothing is left that is not in service, or is held, and no rule was broken."""
        return not self.unrecovered and not self.violations and not self.lost

    def to_data(self) -> dict[str, Any]:
        """Return the JSON of `firstlight run`."""
        return {
            "chip": self.up.chip,
            "target": self.up.target,
            "seed": self.up.seed,
            "blocks": self.up.blocks,
            "up": sum(state in ("up", "degraded") for state in self.states.values()),
            "verdict": self.verdict,
            "for_s": self.for_s,
            "stopped": self.stopped,
            "lost": self.lost,
            "incidents": [incident.to_data() for incident in self.incidents],
            "recovered": self.recovered,
            "unrecovered": [{"block": block, "reason": reason} for block, reason in self.unrecovered.items()],
            "violations": self.violations,
            "violated": list(self.violated),
            "traffic": dict(self.traffic),
            "traffic_lost": self.traffic.get("lost", 0),
            "reads": self.reads,
            "writes": self.writes,
            "batches": self.batches,
            "interrupts": dict(self.interrupts),
            "interrupt_lines": [line.to_data() for line in self.lines],
            "bring_up": {
                "elapsed_s": self.up.elapsed_s,
                "reads": self.up.reads,
                "writes": self.up.writes,
                "failed": len(self.up.failed),
            },
            "wall_s": self.wall_s,
            "cpu_s": self.cpu_s,
        }
