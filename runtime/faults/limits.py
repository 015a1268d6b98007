"""How long trials on the runtime of production are waited for."""

from __future__ import annotations

from runtime.faults.lives import LIVENESS
from runtime.faults.trial import Workload

SWEEP_S = 0.02  # of a chip in service: a trial takes so long at least
BACK_OFF_S = 1e-3  # of the policy, after a climb that failed
REAL_S = 5.0  # so long a target that takes real time may take


def allowed_s(workload: Workload, critical_s: float, *, simulated: bool) -> float:
    """Return how long a trial waits for all to be well, once what struck is over.

    In service a sweep may find it, and a climb that failed by it is tried again after the first back-off; what an
    incident may take of that, `runtime.faults.times` says.
    """
    if not simulated:
        return REAL_S
    return LIVENESS * critical_s + (0.0 if workload is Workload.BRINGUP else SWEEP_S + BACK_OFF_S)
