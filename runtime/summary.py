"""What came of a bring-up, and of a look at a chip: the values that the command prints, as a table or as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from attrs import Factory, field, frozen

from runtime.fault import Fault
from transports.errors import DeviceLost


class State(StrEnum):
    """Where one block is."""

    WAITING = "waiting"  # for what it needs
    CLIMBING = "climbing"
    DOWN = "down"  # looked at only: some rung does not hold
    UP = "up"
    DEGRADED = "degraded"  # up, and less than a wholly well block shows
    FAILED = "failed"
    RESTED = "rested"  # put to rest on purpose
    STOPPED = "stopped"  # the device was lost before its end was known


IN_SERVICE = (State.UP, State.DEGRADED)


def of_them_degraded(number: int) -> str:
    """Say how many of the blocks that are up count as degraded; nothing where none does."""
    return f", {number} of them degraded" if number else ""


def loss(target: str) -> str:
    """Say what is over when a target is lost: a recording that ends, or is another run's, says nothing of a device."""
    return "replay over" if target.startswith("recorded:") else "device lost"


@frozen
class Progress:
    """One block moved: for whoever watches while it happens.

    Attributes:
        rung: the lowest that does not hold yet; empty when up, or before the first look.
        time_s: seconds from the session's begin.
        detail: of a failed block the reason, of a waiting one what it waits for.
    """

    block: str
    state: State
    rung: str
    time_s: float
    detail: str = ""


@frozen
class Waiting:
    """A block that was not brought up because something it needs is not.

    Attributes:
        on: what it needs itself and does not have, `pll[0]` or `pll[0]:locked`.
        root: the failed blocks behind that.
    """

    block: str
    on: tuple[str, ...]
    root: tuple[str, ...]

    def to_data(self) -> dict[str, Any]:
        """Return plain values that JSON can carry."""
        return {"block": self.block, "on": list(self.on), "root": list(self.root)}


@frozen
class Lessened:
    """A block that is up, and shows less than a full one.

    Attributes:
        rung: of the block's `full` ladder, the lowest that does not hold.
        counts_as: what the chip's policy makes of it: "up" or "degraded".
    """

    block: str
    rung: str
    register: str
    wanted: str
    last: str
    counts_as: str

    def to_data(self) -> dict[str, Any]:
        """Return plain values that JSON can carry; `check` is the register."""
        return {
            "block": self.block,
            "rung": self.rung,
            "check": self.register,
            "wanted": self.wanted,
            "last": self.last,
            "counts_as": self.counts_as,
        }


def _told(summary: Summary) -> int:
    return len(summary.violations)


@frozen(kw_only=True)
class Summary:
    """What a bring-up did, and what it cost.

    Attributes:
        target: the URL, as given.
        blocks: how many were asked for.
        types: of how many block types those are.
        verdict: what the chip counts as, by its policy: "up", "degraded" or "failed".
        up: names of those whose whole ladder was seen to hold; none once the device is lost.
        lessened: those of them that are not full.
        stopped: blocks whose end is not known because the device was lost.
        reads, writes, batches: on the chip's own transport. What goes to an address space behind a block counts as
            the accesses that it becomes there.
        violations: rules of the hardware that a simulated chip saw broken in this run, a sentence each; a chip that has
            told many tells no more.
        broken: how many they are, told or not.
        traffic: packets of a simulated chip's workload: sent, delivered, checked, lost, corrupt.
        critical_path_s: seconds that the hardware itself needs for what was not up: the longest way through the needs.
            What a stage takes is what a simulated chip draws for it, told before the first access; else the usual
            time, from the ladders. How the run went has no part in it, but for which blocks had to be acted on: each
            of those counts whole, from reset; 0 when there was none.
        critical_path: the rungs that take them, in order: (block, rung).
        critical_path_takes_s: the seconds that each of these takes; they add up to `critical_path_s`.
        elapsed_s: seconds on the runtime's clock, virtual or not, from the session's begin, as all times here.
        wall_s, cpu_s: seconds of the machine that ran it.
        trace_hash: of every access in order, with its time and result.
        lost: why the device is gone; None while it is there.
    """

    chip: str
    target: str
    blocks: int
    types: int = 0
    verdict: str = "up"
    up: tuple[str, ...]
    lessened: tuple[Lessened, ...] = ()
    failed: tuple[Fault, ...]
    waiting: tuple[Waiting, ...]
    stopped: tuple[str, ...] = ()
    reads: int = 0
    writes: int = 0
    batches: int = 0
    violations: tuple[str, ...] = ()
    broken: int = Factory(_told, takes_self=True)
    traffic: Mapping[str, int] = field(factory=dict[str, int])
    critical_path_s: float = 0.0
    critical_path: tuple[tuple[str, str], ...] = ()
    critical_path_takes_s: tuple[float, ...] = ()
    elapsed_s: float = 0.0
    wall_s: float = 0.0
    cpu_s: float = 0.0
    seed: int = 0
    trace_hash: str = ""
    lost: DeviceLost | None = None

    @property
    def degraded(self) -> int:
        """How many of the blocks that are up count as degraded."""
        return sum(less.counts_as == State.DEGRADED for less in self.lessened)

    @property
    def well(self) -> bool:
        """Everything that was asked for is up, as the policy counts, and no rule was broken on the way."""
        return self.lost is None and self.verdict == "up" and len(self.up) == self.blocks and not self.broken

    def to_data(self) -> dict[str, Any]:
        """Return the JSON of `firstlight up`."""
        return {
            "chip": self.chip,
            "target": self.target,
            "blocks": self.blocks,
            "types": self.types,
            "verdict": self.verdict,
            "up": len(self.up),
            "degraded": [lessened.to_data() for lessened in self.lessened],
            "failed": [fault.to_data() for fault in self.failed],
            "waiting": [waiting.to_data() for waiting in self.waiting],
            "stopped": list(self.stopped),
            "lost": None if self.lost is None else self.lost.to_data(),
            "reads": self.reads,
            "writes": self.writes,
            "batches": self.batches,
            "violations": self.broken,
            "violated": list(self.violations),
            "traffic": dict(self.traffic),
            "critical_path_s": self.critical_path_s,
            "critical_path": [f"{block}:{rung}" for block, rung in self.critical_path],
            "critical_path_takes_s": list(self.critical_path_takes_s),
            "elapsed_s": self.elapsed_s,
            "wall_s": self.wall_s,
            "cpu_s": self.cpu_s,
            "seed": self.seed,
            "trace_hash": self.trace_hash,
        }


@frozen(kw_only=True)
class Verdict:
    """What one look at one block says.

    Attributes:
        state: UP when the whole ladder holds; DOWN when it does not; WAITING when the block was not touched, because
            what it needs does not stand; FAILED when it could not be looked at; STOPPED when the device was lost.
        rung: the lowest that does not hold.
        on: what is missing, when waiting.
    """

    block: str
    state: State
    rung: str = ""
    register: str = ""
    wanted: str = ""
    last: str = ""
    on: tuple[str, ...] = ()
    reason: str = ""

    def to_data(self) -> dict[str, Any]:
        """Return plain values that JSON can carry; `check` is the register."""
        return {
            "block": self.block,
            "state": self.state.value,
            "rung": self.rung,
            "check": self.register,
            "wanted": self.wanted,
            "last": self.last,
            "on": list(self.on),
            "reason": self.reason,
        }


@frozen(kw_only=True)
class Status:
    """What a look at the whole chip says; nothing was written."""

    chip: str
    target: str
    verdicts: tuple[Verdict, ...]
    reads: int = 0
    writes: int = 0
    batches: int = 0
    lost: DeviceLost | None = None

    @property
    def well(self) -> bool:
        """Every block is up."""
        return self.lost is None and all(verdict.state is State.UP for verdict in self.verdicts)

    def to_data(self) -> dict[str, Any]:
        """Return the JSON of `firstlight status`."""
        return {
            "chip": self.chip,
            "target": self.target,
            "blocks": [verdict.to_data() for verdict in self.verdicts],
            "up": sum(verdict.state in IN_SERVICE for verdict in self.verdicts),
            "degraded": sum(verdict.state is State.DEGRADED for verdict in self.verdicts),
            "lost": None if self.lost is None else self.lost.to_data(),
            "reads": self.reads,
            "writes": self.writes,
            "batches": self.batches,
        }
