"""The ways of the link training state machine: from Detect to L0, from L0 to a higher speed, and how wide it comes out.

Source: PCI Express Base Specification 5.0, 4.2.6 (LTSSM rules); equalisation straight to the highest speed: 4.2.3.
"""

from __future__ import annotations

from typing import Final

from attrs import frozen

from blocks.pcie.regs import LtssmE, SpeedE

LANES: Final = 16
WIDTHS: Final = (16, 8, 4, 2, 1)
QUIET_S: Final = 12e-3  # Detect.Quiet ends with a timer, not with an event
PHASE_S: Final = 9e-3  # what an equalisation phase that tunes a far transmitter tries for, of the 24 ms it may take


@frozen
class Stay:
    """A state, and how long the link stays in it.

    Attributes:
        stage: the driver's rung that waits meanwhile.
        typical_s: what of the time differs from part to part.
        counted_s: what of it a timer counts.
    """

    state: LtssmE
    stage: str
    typical_s: float
    counted_s: float = 0.0


def to_l0(detect_s: float, polling_s: float, configuration_s: float) -> tuple[Stay, ...]:
    """Return the states from Detect to the door of L0."""
    configuration = (
        LtssmE.CONFIGURATION_LINKWIDTH_START,
        LtssmE.CONFIGURATION_LINKWIDTH_ACCEPT,
        LtssmE.CONFIGURATION_LANENUM_WAIT,
        LtssmE.CONFIGURATION_LANENUM_ACCEPT,
        LtssmE.CONFIGURATION_COMPLETE,
        LtssmE.CONFIGURATION_IDLE,
    )
    return (
        Stay(LtssmE.DETECT_QUIET, "detected", 0.0, QUIET_S),
        Stay(LtssmE.DETECT_ACTIVE, "detected", detect_s),
        Stay(LtssmE.POLLING_ACTIVE, "polled", polling_s * 0.75),
        Stay(LtssmE.POLLING_CONFIGURATION, "polled", polling_s * 0.25),
        *(Stay(state, "link configured", configuration_s / len(configuration)) for state in configuration),
    )


def to_speed(speed: int, recovery_s: float, equalization_s: float) -> tuple[Stay, ...]:
    """Return the states from L0 at 2.5 GT/s back to L0 at `speed`; equalisation is for 8 GT/s and more."""
    if speed <= SpeedE.GT_2_5:
        return ()
    stage = "at speed"
    equalization = (
        Stay(LtssmE.RECOVERY_EQUALIZATION_PHASE0, stage, equalization_s / 8),
        Stay(LtssmE.RECOVERY_EQUALIZATION_PHASE1, stage, equalization_s / 8),
        Stay(LtssmE.RECOVERY_EQUALIZATION_PHASE2, stage, equalization_s * 3 / 8, PHASE_S),
        Stay(LtssmE.RECOVERY_EQUALIZATION_PHASE3, stage, equalization_s * 3 / 8, PHASE_S),
    )
    return (
        Stay(LtssmE.RECOVERY_RCVRLOCK, stage, recovery_s / 5),
        Stay(LtssmE.RECOVERY_RCVRCFG, stage, recovery_s / 5),
        Stay(LtssmE.RECOVERY_SPEED, stage, recovery_s / 5),
        Stay(LtssmE.RECOVERY_RCVRLOCK, stage, recovery_s / 5),
        *(equalization if speed >= SpeedE.GT_8 else ()),
        Stay(LtssmE.RECOVERY_RCVRCFG, stage, recovery_s / 10),
        Stay(LtssmE.RECOVERY_IDLE, stage, recovery_s / 10),
    )


def negotiated(found: int, lanes: int, widest: int) -> tuple[int, bool]:
    """Return the width that a link gets, and whether its lanes are numbered from the far side.

    A link holds consecutive lanes from lane 0 on, or from the host's last lane down. Width 0: neither is there.

    Args:
        found: lanes with a receiver, one bit each.
        lanes: how many the host has.
        widest: the widest link that is asked for.
    """
    order = range(lanes)
    straight = next((n for n in order if not found >> n & 1), lanes)
    backward = next((n for n in order if not found >> (lanes - 1 - n) & 1), lanes)
    fits = [next((w for w in WIDTHS if w <= min(run, widest)), 0) for run in (straight, backward)]
    return max(fits), fits[1] > fits[0]
