"""What a simulated end of a UCIe link is like: how long it takes, and what is wrong with it."""

from __future__ import annotations

from typing import Final

from attrs import field, frozen

from blocks.limits import between
from blocks.model import ModelParams, wire
from blocks.ucie.ltsm import LANES
from blocks.ucie.regs import RateE

INF: Final = float("inf")


@frozen(kw_only=True)
class UcieParams(ModelParams):
    """What this end is like. Times are typical; inf: it never happens.

    Attributes:
        clock: the net of the PHY's reference; empty: one that always runs.
        partner: the net of the other end's sideband, `die[1].ucie[0].sideband`; empty: there is no other end.
        power_s: until the PHY's supply is good.
        lock_s: until the PHY's PLL follows.
        sideband_s, mbinit_s, mbtrain_s, linkinit_s: of the states of those names, all together.
        exchange_s: of the adapters' exchange of parameters.
        max_rate: highest rate of this end: 1 is 4 GT/s, 6 is 32 GT/s.
        clean_rate: highest rate at which its receivers see open eyes; training falls back to it.
        bad_lanes: lanes that fail, one bit each, the spare ones are 16 and 17.
        weak_lanes: lanes that fail only when all are tested at the rate.
        crc_p: of a flit that arrives spoilt.
    """

    clock: str = wire()
    partner: str = wire()
    power_s: float = field(default=20e-6, validator=between(0.0, INF))
    lock_s: float = field(default=50e-6, validator=between(0.0, INF))
    sideband_s: float = field(default=2e-3, validator=between(0.0, INF))
    mbinit_s: float = field(default=2e-3, validator=between(0.0, INF))
    mbtrain_s: float = field(default=5e-3, validator=between(0.0, INF))
    linkinit_s: float = field(default=200e-6, validator=between(0.0, INF))
    exchange_s: float = field(default=20e-6, validator=between(0.0, INF))
    max_rate: int = field(default=int(RateE.GT_32), validator=between(1, 6))
    clean_rate: int = field(default=int(RateE.GT_32), validator=between(1, 6))
    bad_lanes: int = field(default=0, validator=between(0, (1 << LANES) - 1))
    weak_lanes: int = field(default=0, validator=between(0, (1 << LANES) - 1))
    crc_p: float = field(default=0.0, validator=between(0.0, 1.0))
