"""How long trials on the runtime of production are waited for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from runtime.climb import RETRIES_MAX, RETRY_S
from runtime.fault import Cause, Fault
from runtime.faults.health import whose
from runtime.faults.lives import LIVENESS, MISLEADING
from runtime.faults.trial import Workload
from runtime.service import BACK_S_MIN
from transports.faulty.kinds import UNSEEN, Kind

if TYPE_CHECKING:
    from blocks.chip import Chip
    from runtime.summary import Summary
    from transports.faulty import Manner, Strike

SWEEP_S = 0.02  # of a chip in service: a trial takes so long at least
BACK_OFF_S = 1e-3  # of the policy, after a climb that failed
REAL_S = 5.0  # so long a target that takes real time may take
SETTLE_S = 0.01  # of a chip that has no traffic; of one that has, its slowest flow has begun
PACKETS = 2  # of each flow, before a trial and while it goes on
SILENT = UNSEEN | {Kind.HANG, Kind.DOWN}  # under these nobody answers, or what a climb waits for does not come
PATIENCE_S: float = RETRY_S * 2 ** (RETRIES_MAX - 1)  # so long a climb may wait for its next try then


class Limits:
    """The times of one trial, on the clock of the event loop.

    Args:
        critical_s: what the hardware of the whole chip takes from reset.
        simulated: its time is virtual.
        manner: how faults go on.

    Attributes:
        limit_s: what a climb from reset may take.
        armed_s: shots were counted from here on; `over_s`: all was looked at anew.
        vain_s: of one bring-up, the time of polls in vain since a transfer was struck.
    """

    def __init__(self, chip: Chip, workload: Workload, critical_s: float, manner: Manner, *, simulated: bool) -> None:
        self._chip, self._workload, self._manner, self._simulated = chip, workload, manner, simulated
        self._whose = whose(chip)
        self.limit_s = LIVENESS * critical_s
        self.armed_s = self.over_s = self.vain_s = 0.0

    def settle_s(self, *, traffic: bool) -> float:
        """Return how long a chip in service is left alone before anything strikes."""
        return max([SETTLE_S, *(PACKETS * flow.period_s for flow in self._chip.flows if traffic)])

    @property
    def window_s(self) -> float:
        """How long a trial in service goes on for anything to strike: a sweep is in it."""
        return SWEEP_S + self.limit_s

    @property
    def allowed_s(self) -> float:
        """How long a trial waits for all to be well, once what struck is over.

        In service a sweep may find it, and a climb that failed by it is tried again after the first back-off; what an
        incident may take of that, `runtime.faults.times` says.
        """
        if not self._simulated:
            return REAL_S
        return self.limit_s + (0.0 if self._workload is Workload.BRINGUP else SWEEP_S + BACK_OFF_S)

    def lasts_s(self, strike: Strike) -> float:
        """Return how long what struck goes on by itself, and until anybody asks again."""
        manner = self._manner
        match strike.shot.kind:
            case Kind.HANG:
                return manner.answer_s
            case Kind.LATE:
                return manner.late_s
            case Kind.STORM:
                return manner.storm_s
            case Kind.DOWN:  # the next try comes after twice the time of all tries before
                return 2 * (manner.down_s + manner.answer_s) + BACK_S_MIN
            case _:
                return 0.0

    def ended_s(self, strikes: Sequence[Strike]) -> float:
        """Return when what has struck is over; when it began to count, if nothing has."""
        return max((strike.time_s + self.lasts_s(strike) for strike in strikes), default=self.armed_s)

    def due_s(self, strikes: Sequence[Strike]) -> float:
        """Return when all must be well after what has struck."""
        due_s = max(self.ended_s(strikes), self.over_s) + self.allowed_s
        silent = any(strike.shot.kind in SILENT for strike in strikes)
        return due_s + PATIENCE_S * (silent and self._simulated and self._workload is Workload.BRINGUP)

    def too_late(self, summary: Summary, began_s: float, now_s: float, strikes: Sequence[Strike]) -> str:
        """Return by how much a bring-up that has failed now took too long to fail, in words; empty: it did not.

        A rung that cannot come is waited for to its own deadline, in each of its tries: after a read that lied, a reset
        of the device, or a transfer that was struck, and beside another block that was struck.
        """
        over_s = max(self.ended_s(strikes), self.over_s)
        may_s = self.due_s(strikes) - over_s + self.vain_s
        misled = any(strike.shot.kind in MISLEADING for strike in strikes)
        beside = [one for one in summary.failed if one.cause is Cause.LATE and one.block != self._alone(strikes)]
        may_s += max(map(self._waited_s, summary.failed if misled else beside), default=0.0)
        took_s = now_s - max(began_s, over_s)
        if not self._simulated or took_s <= may_s:
            return ""
        return f"that took {took_s * 1e6:.1f} us; expected {may_s * 1e6:.1f} us at most"

    def _alone(self, strikes: Sequence[Strike]) -> str:
        """Return the only block whose accesses were struck; empty: there is none, or the link was down for all."""
        if any(strike.shot.kind is Kind.DOWN for strike in strikes):
            return ""
        addresses = [one.address for one in strikes if one.shot.kind is not Kind.RESET and one.address is not None]
        struck = {self._whose(address) for address in addresses}
        return struck.pop() if len(struck) == 1 else ""

    def _waited_s(self, fault: Fault) -> float:
        """Return how long the rung that a block failed at may have been waited for."""
        within = {rung.name: rung.within for rung in self._chip.instances[fault.block].variant.up}
        return max(1, fault.attempts) * within.get(fault.rung, 0.0)
