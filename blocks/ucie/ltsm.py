"""The way of the link training state machine, what one end tells the other, and what becomes of lanes that fail.

Source: UCIe Specification 1.1, 4.5 (states and their order), 4.3 (lane repair, width degradation).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from attrs import field, frozen

from blocks.ucie.regs import ErrorE, RateE, StateE

DATA_LANES: Final = 16
LANES: Final = 18  # the spare ones last
HALF: Final = DATA_LANES // 2
HALVES: Final = (range(HALF), range(HALF, DATA_LANES))
UNUSED: Final = 31  # ucie.rdl LANE.MAP.logical

MBINIT: Final = tuple(s for s in StateE if s.name.startswith("MBINIT_"))
MBTRAIN: Final = tuple(s for s in StateE if s.name.startswith("MBTRAIN_") and s is not StateE.MBTRAIN_REPAIR)
ORDER: Final = (StateE.SBINIT, *MBINIT, *MBTRAIN, StateE.LINKINIT, StateE.ACTIVE)
STAGE: Final = {
    StateE.SBINIT: "sideband up",
    **dict.fromkeys(MBINIT, "main band initialised"),
    **dict.fromkeys((*MBTRAIN, StateE.MBTRAIN_REPAIR), "main band trained"),
    StateE.LINKINIT: "active",
    StateE.PHYRETRAIN: "active",
}  # the states that both ends leave together, by the driver's rung that waits for them


@frozen(kw_only=True)
class End:
    """What one end tells the other over the sideband.

    Attributes:
        takes_s: what this end needs for the state that it is in.
        error, failed: why it is in TRAINERROR, and the data lanes that did it.
        rate, width: the most that it asks for.
        clean_rate: the highest at which its receivers see open eyes.
        bad: lanes that fail at every rate, one bit each, the spare ones last.
        weak: lanes that fail at the rate only.
        adapter: whether its adapter is on; the exchange of its parameters takes `exchange_s`.
        offer: protocol, flit format, retry.
    """

    state: StateE = StateE.RESET
    takes_s: float = 0.0
    error: ErrorE = ErrorE.NONE
    failed: int = 0
    rate: int = 0
    width: int = 0
    clean_rate: int = int(RateE.GT_32)
    bad: int = 0
    weak: int = 0
    adapter: bool = False
    exchange_s: float = 0.0
    offer: tuple[int, int, int] = (0, 0, 0)


def following(state: StateE, *, too_fast: bool, unrepaired: bool) -> StateE:
    """Return the state behind one that was passed.

    Args:
        too_fast: the eyes are shut at the rate, which must be lower.
        unrepaired: lanes fail at the rate that were not repaired at it.
    """
    if state is StateE.MBTRAIN_LINKSPEED and too_fast:
        return StateE.MBTRAIN_SPEEDIDLE
    if state is StateE.MBTRAIN_LINKSPEED and unrepaired:
        return StateE.MBTRAIN_REPAIR
    return ORDER[ORDER.index(state) + 1] if state in ORDER else StateE.MBTRAIN_TXSELFCAL


def way(rate: int, clean_rate: int, *, weak: bool) -> Iterator[StateE]:
    """Yield the states from SBINIT on to the door of ACTIVE.

    Args:
        rate: that both ends ask for; each round of training with shut eyes lowers it.
        clean_rate: the highest at which both ends see open eyes.
        weak: lanes fail at the rate only.
    """
    state, tested_at = StateE.SBINIT, 0
    while state is not StateE.ACTIVE:
        yield state
        too_fast = rate > clean_rate
        then = following(state, too_fast=too_fast, unrepaired=weak and tested_at != rate)
        if state is StateE.MBTRAIN_REPAIR:
            tested_at = rate
        elif state is StateE.MBTRAIN_LINKSPEED and too_fast:
            rate -= 1
        state = then


@frozen
class Lanes:
    """Which lanes a link uses.

    Attributes:
        logical: for each lane the logical lane it carries, or UNUSED.
        repaired: lanes that a spare stands in for.
        left_out: lanes that failed and that nothing stands in for.
    """

    width: int
    logical: tuple[int, ...] = field(converter=tuple[int, ...])
    repaired: int
    left_out: int


def arranged(bad: int, widest: int) -> Lanes | None:
    """Return how a link does without some lanes; None when neither half can be made whole.

    A half with one failed lane takes its spare one. A half with more is left out, and the link is as wide as the other.
    """
    whole: list[tuple[int, ...]] = []
    repaired = left_out = 0
    for half, lanes in enumerate(HALVES):
        spare = DATA_LANES + half
        failed = [lane for lane in lanes if bad >> lane & 1]
        if len(whole) * HALF >= widest:
            break
        if len(failed) > 1 or (failed and bad >> spare & 1):
            left_out += len(failed)
        else:
            repaired += len(failed)
            whole.append(tuple(spare if lane in failed else lane for lane in lanes))
    if not whole:
        return None
    logical = [UNUSED] * LANES
    for number, lane in enumerate(lane for half in whole for lane in half):
        logical[lane] = number
    return Lanes(len(whole) * HALF, tuple(logical), repaired, left_out)
